"""What is done when: the steps of one shot with their durations, and what to check at each."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mesodyn.planning.signals.base import Signal, Step

HEADS = ("step", "what is done", "starts", "lasts", "check")


@dataclass(frozen=True)
class Line:
    """One line of the timeline, as texts; `start` and `duration` also as numbers in base units."""

    step: int
    what: str
    starts: str
    lasts: str
    check: str
    start: float
    duration: float


def timeline(signal: Signal, cycle_time: float) -> list[Line]:
    """The steps of one shot: what the cycle time leaves comes first (`Signal.begin`)."""
    steps = list(signal.steps())
    rest = cycle_time - sum(step.duration for step in steps)
    what, check = signal.begin
    first = Step(what, max(rest, 0.0), check)
    found, start = [], 0.0
    for number, step in enumerate([first, *steps], 1):
        texts = signal.made.shown("time", start), signal.made.shown("time", step.duration)
        found.append(Line(number, step.what, *texts, step.check, start, step.duration))
        start += step.duration
    return found


def write_csv(lines: Sequence[Line], path: Path) -> None:
    """One CSV file: numbers in base units, texts beside them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(asdict(lines[0])), lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(line) for line in lines)
