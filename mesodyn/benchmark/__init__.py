"""The benchmark: mesodyn against a plain and a well-tuned QuTiP loop, in one process, with their deviations.

What a job solves, and how QuTiP solves it, stands in `closed`, `opened` and `drawn`; how it is timed in `measure`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mesodyn.benchmark import closed, drawn, opened
from mesodyn.benchmark.measure import HEADER, Job, Row, measure
from mesodyn.errors import unknown_name

JOBS = {job.name: job for job in (*closed.JOBS, *opened.JOBS, *drawn.JOBS)}


@dataclass(frozen=True)
class Benchmark:
    """What was measured.

    Attributes
    ----------
    rows
        One for each job.
    load
        How many processes wanted the processors meanwhile, on average, over their number; None where not known.
    """

    rows: tuple[Row, ...]
    load: float | None

    @property
    def passed(self) -> bool:
        """Whether every job is fast enough and exact enough."""
        return all(row.passed for row in self.rows)

    def cells(self) -> list[tuple[str, ...]]:
        """The table, its header first."""
        return [HEADER, *(row.cells() for row in self.rows)]

    def remarks(self) -> list[str]:
        """What there is to say about jobs and load."""
        found = [f"{row.name}: {row.note}" for row in self.rows if row.note]
        if self.load is not None:
            found.append(f"processes that wanted a processor, per processor: {self.load:.1f}")
        return found

    def as_json(self) -> dict[str, Any]:
        """Rows and load."""
        return {"passed": self.passed, "load": self.load, "rows": [row.as_json() for row in self.rows]}

    def markdown(self) -> str:
        """The table for the documentation."""
        lines = ["| " + " | ".join(cells) + " |" for cells in self.cells()]
        return "\n".join([lines[0], "|---" + "|---:" * (len(HEADER) - 1) + "|", *lines[1:]])


def benchmark(only: Sequence[str] = (), quick: bool = False, tell: Callable[[Row], None] | None = None) -> Benchmark:
    """Measure some jobs or all.

    Parameters
    ----------
    only
        Names out of `JOBS`; all if empty.
    quick
        Solve at most three points by QuTiP, and time mesodyn once.
    tell
        Called with each row as soon as it is measured.

    Raises
    ------
    InputError
        For a name that is not in `JOBS`.
    """
    for name in only:
        if name not in JOBS:
            raise unknown_name("only", name, list(JOBS))
    rows = []
    for name, job in JOBS.items():
        if not only or name in only:
            rows.append(measure(job, quick))
            if tell is not None:
                tell(rows[-1])
    return Benchmark(tuple(rows), _load())


def _load() -> float | None:
    """How busy the machine is, where the system tells."""
    if not hasattr(os, "getloadavg"):
        return None
    return os.getloadavg()[0] / (os.cpu_count() or 1)


__all__ = ["JOBS", "Benchmark", "Job", "Row", "benchmark", "measure"]
