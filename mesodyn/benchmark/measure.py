"""How a job is timed: mesodyn on all points, QuTiP's loop on some of them, in one process."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

HEADER = (
    *("job", "plain QuTiP", "tuned QuTiP", "mesodyn", "ratio", "wanted", "to tuned"),
    *("off plain", "off tuned", "allowed"),
)
FEW = 3
"""How many points QuTiP solves when it is to be quick."""
ROUNDS, MANY = 3, 30
"""How often what is short is repeated at least and at most."""
SHORT = 0.1
"""Seconds of calls that are enough for a median."""
LONG = 3.0
"""Seconds after which nothing is repeated."""


def spread(points: int, sample: int) -> list[int]:
    """Some places among points, with both ends."""
    return sorted({int(k) for k in np.linspace(0, points - 1, sample).round()})


@dataclass(frozen=True)
class Problem:
    """One job, three ways.

    Parameters
    ----------
    ours
        mesodyn on all points.
    at
        From what `ours` returns and a point's place to the values of this point.
    plain, tuned
        The values of one point from its place: QuTiP as one would write it, and as an expert would.
    points, sample
        How many points there are, and how many of them QuTiP solves.
    off
        From our values of a point and theirs to a deviation; the largest difference if left out.
    note
        Called at the end: what else there is to say.
    keep
        What must last as long as the problem.
    """

    ours: Callable[[], Any]
    at: Callable[[Any, int], Any]
    plain: Callable[[int], Any]
    tuned: Callable[[int], Any] | None = None
    points: int = 1
    sample: int = 1
    off: Callable[[Any, Any], float] | None = None
    note: Callable[[], str] | None = None
    keep: object = None


@dataclass(frozen=True)
class Job:
    """A line of the table.

    Parameters
    ----------
    name, title
        For ``--only``, and for the table.
    plain, tuned
        What the two loops are.
    wanted
        How many times faster than the plain loop mesodyn must be.
    allowed
        The largest deviation from tuned QuTiP (from plain QuTiP where there is no other).
    prepare
        Makes the problem; its time does not count.
    """

    name: str
    title: str
    plain: str
    tuned: str
    wanted: float
    allowed: float
    prepare: Callable[[], Problem]


@dataclass(frozen=True)
class Row:
    """What was measured: seconds for all points, ratios to mesodyn, deviations from mesodyn.

    `sampled` says how many of `points` QuTiP solved; its seconds are scaled to all of them.
    """

    name: str
    title: str
    points: int
    sampled: int
    plain_seconds: float
    tuned_seconds: float | None
    seconds: float
    wanted: float
    off_plain: float
    off_tuned: float | None
    allowed: float
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times faster than the plain loop mesodyn is."""
        return self.plain_seconds / self.seconds

    @property
    def tuned_ratio(self) -> float | None:
        """The same for the tuned loop."""
        return None if self.tuned_seconds is None else self.tuned_seconds / self.seconds

    @property
    def exact(self) -> bool:
        """Whether the deviation is allowed."""
        return (self.off_plain if self.off_tuned is None else self.off_tuned) <= self.allowed

    @property
    def passed(self) -> bool:
        """Whether it is fast enough and exact enough."""
        return self.exact and self.ratio >= self.wanted

    def as_json(self) -> dict[str, Any]:
        """All fields, the ratios and the verdict."""
        more = {"ratio": self.ratio, "tuned_ratio": self.tuned_ratio, "passed": self.passed}
        return asdict(self) | more

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        sampled = f" ({self.sampled} of {self.points} timed)" if self.sampled < self.points else ""
        return (
            self.title + sampled,
            *(_seconds(found) for found in (self.plain_seconds, self.tuned_seconds, self.seconds)),
            f"{self.ratio:.0f}" if self.ratio >= 9.95 else f"{self.ratio:.1f}",
            f"{self.wanted:g}",
            "-" if self.tuned_ratio is None else f"{self.tuned_ratio:.1f}",
            *("-" if found is None else f"{found:.2g}" for found in (self.off_plain, self.off_tuned)),
            f"{self.allowed:g}",
        )


def measure(job: Job, quick: bool = False) -> Row:
    """Time a job in the three ways, in turn and on one thread each, and compare what they give."""
    with ThreadpoolController().limit(limits=1):
        return _measured(job, quick)


def _measured(job: Job, quick: bool) -> Row:
    problem = job.prepare()
    ours = problem.ours()
    chosen = spread(problem.points, problem.sample)
    if quick and len(chosen) > FEW:
        chosen = [chosen[k] for k in spread(len(chosen), FEW)]
    spent: dict[str, list[float]] = {"ours": [], "plain": [], "tuned": []}
    off = {"plain": 0.0, "tuned": 0.0}
    loops = {"plain": problem.plain} | ({} if problem.tuned is None else {"tuned": problem.tuned})
    gc.collect()
    for point in chosen if problem.points > 1 else chosen * ROUNDS:
        for name, solve in loops.items():
            seconds, found = _timed(lambda: solve(point))  # noqa: B023 (called at once)
            spent[name].append(seconds)
            off[name] = max(off[name], (problem.off or _largest)(problem.at(ours, point), found))
        if sum(spent["ours"]) < LONG:
            spent["ours"] += _repeated(problem.ours)
        if problem.points == 1 and sum(spent["plain"]) > LONG:
            break
    tuned = statistics.mean(spent["tuned"]) * problem.points if spent["tuned"] else None
    return Row(
        job.name,
        job.title,
        problem.points,
        len(chosen),
        statistics.mean(spent["plain"]) * problem.points,
        tuned,
        statistics.median(spent["ours"]),
        job.wanted,
        off["plain"],
        off["tuned"] if tuned is not None else None,
        job.allowed,
        "" if problem.note is None else problem.note(),
    )


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, which other work on the machine hardly changes, and what was returned."""
    begin = time.process_time()
    found = call()
    return time.process_time() - begin, found


def _repeated(call: Callable[[], Any]) -> list[float]:
    """Seconds of some calls, of more where they are short."""
    spent: list[float] = []
    while len(spent) < ROUNDS or (len(spent) < MANY and sum(spent) < SHORT):
        spent.append(_timed(call)[0])
    return spent


def _largest(ours: Any, theirs: Any) -> float:
    return float(np.abs(np.asarray(ours) - np.asarray(theirs)).max())


def _seconds(found: float | None) -> str:
    if found is None:
        return "-"
    return f"{found:.3g} s" if found >= 1 else f"{1e3 * found:.3g} ms"
