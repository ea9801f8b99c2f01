"""The best that a lab can do: the numbers it may choose, searched within its limits, and the map of two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesodyn import seeds
from mesodyn.errors import InputError
from mesodyn.planning.deciding import Demand, rough_duration
from mesodyn.planning.signals.base import Array, Seen, Signal

POPULATION, GENERATIONS = 4, 8
"""Of the search: points per number in each generation."""
WORTH = 1.005
"""Less than this factor is no gain."""
SEARCH = 8
"""The place of the search in the tree of seeds."""
CELLS = 9
"""Cells of the map along each of its numbers."""

Reach = Mapping[str, tuple[float, float]]
"""The range of each number that the lab may choose, in base units."""


@dataclass(frozen=True)
class Choice:
    """What another read-out (or other choice) would give, everything else the same.

    Attributes
    ----------
    name, value
        The choice, and what it would be.
    before, after
        How long the measurement takes at the planned and at the best numbers; inf where it can't be done.
    reason
        Why it can't be planned; '' where it can.
    """

    name: str
    value: str
    before: float
    after: float
    reason: str


@dataclass(frozen=True)
class Optimum:
    """The best numbers within the limits, and what is gained.

    Attributes
    ----------
    start, best
        By name, in base units.
    before, after
        How long the measurement takes, by the normal approximation; inf where it can't be done.
    contrast_before, contrast_after
        Of the signal.
    choices
        The same numbers with another read-out.
    """

    start: Mapping[str, float]
    best: Mapping[str, float]
    before: float
    after: float
    contrast_before: float
    contrast_after: float
    choices: tuple[Choice, ...] = ()

    @property
    def gain(self) -> float:
        """By what factor the time becomes shorter."""
        return self.before / self.after if np.isfinite(self.before) else np.inf

    @property
    def better(self) -> Choice | None:
        """The other choice that is fastest, if it is faster than this one."""
        found = min(self.choices, key=lambda choice: choice.after, default=None)
        return found if found is not None and found.after * WORTH < self.after else None


@dataclass(frozen=True)
class Window:
    """A map over two numbers.

    Attributes
    ----------
    x_name, y_name, x, y
        What is varied, in base units: shapes (columns,) and (rows,).
    contrast, time
        Shape (rows, columns): the signal, and how long the measurement takes (inf where it can't be done).
    open
        Whether the target is met anywhere.
    open_from, open_to
        Where along x it is met at the planned y; None where it isn't: no window.
    """

    x_name: str
    y_name: str
    x: Array
    y: Array
    contrast: Array
    time: Array
    open: bool
    open_from: float | None
    open_to: float | None


def times(signal: Signal, known: Mapping[str, Seen], demand: Demand, changes: Mapping[str, Any]) -> tuple[Array, Array]:
    """How long the measurement takes with some numbers changed (points,), and its contrast."""
    seen = signal.see(signal.case(signal.truth), changes)
    return rough_duration(seen, signal.rivals(seen, known), demand), signal.contrast(seen)


def optimum(signal: Signal, known: Mapping[str, Seen], demand: Demand, reach: Reach, seed: int) -> Optimum | None:
    """Differential evolution over the numbers within reach, on a logarithmic scale; None where nothing can move.

    The start is one of the first points, so the result is never worse.
    """
    from scipy import optimize

    names = [name for name, (low, high) in reach.items() if high > low > 0]
    if not names:
        return None
    bounds = np.log([reach[name] for name in names])
    start = np.clip(np.log([signal.free(name) for name in names]), bounds[:, 0], bounds[:, 1])

    def cost(x: Any) -> Any:
        changes = {name: np.exp(row) for name, row in zip(names, np.atleast_2d(x.T).T, strict=True)}
        time, contrast = times(signal, known, demand, changes)
        return np.where(np.isfinite(time), np.log(np.where(np.isfinite(time), time, 1.0)), 1e3 - contrast)

    with signal.coarsely():
        found = optimize.differential_evolution(  # type: ignore[attr-defined]
            cost,
            bounds,
            x0=start,
            popsize=POPULATION,
            maxiter=GENERATIONS,
            vectorized=True,
            updating="deferred",
            polish=False,
            tol=1e-3,
            rng=seeds.generator(seed, SEARCH),
        )
    both = {name: np.exp([s, b]) for name, s, b in zip(names, start, found.x, strict=True)}
    time, contrast = times(signal, known, demand, both)
    ends = [{name: float(pair[k]) for name, pair in both.items()} for k in (0, 1)]
    k = int(time[0] > WORTH * time[1])  # the search averaged noises more coarsely
    best = {name: float(pair[k]) for name, pair in both.items()}
    others = tuple(_chosen(signal, demand, name, value, ends[0], best) for name, value in signal.alternatives())
    return Optimum(ends[0], best, float(time[0]), float(time[k]), float(contrast[0]), float(contrast[k]), others)


def _chosen(
    signal: Signal, demand: Demand, name: str, value: str, start: Mapping[str, float], best: Mapping[str, float]
) -> Choice:
    """How long another choice takes at the planned and at the best numbers."""
    try:
        other = signal.altered({name: value})
    except InputError as error:
        return Choice(name, value, np.inf, np.inf, str(error))
    with other.coarsely():
        known = {case.name: other.see(case, {}) for case in other.cases if not case.null}
        time, _ = times(other, known, demand, {n: np.array([start[n], best[n]]) for n in start})
    return Choice(name, value, float(time[0]), float(time[1]), "")


def window(signal: Signal, known: Mapping[str, Seen], demand: Demand, x: Any, y: Any) -> Window:
    """The map over two numbers, each ``(name, low, high)``, on logarithmic scales."""
    (x_name, *x_ends), (y_name, *y_ends) = x, y
    columns, rows = (np.geomspace(low, high, CELLS) for low, high in (x_ends, y_ends))
    grid = np.meshgrid(columns, rows)
    with signal.coarsely():
        time, contrast = times(signal, known, demand, {x_name: grid[0].ravel(), y_name: grid[1].ravel()})
        line = np.geomspace(x_ends[0], x_ends[1], 3 * CELLS)
        along, _ = times(signal, known, demand, {x_name: line})
    shape = grid[0].shape
    fits = bool(np.any(time <= demand.time))
    inside = line[along <= demand.time]
    ends = (float(inside[0]), float(inside[-1])) if len(inside) else (None, None)
    return Window(x_name, y_name, columns, rows, contrast.reshape(shape), time.reshape(shape), fits, *ends)
