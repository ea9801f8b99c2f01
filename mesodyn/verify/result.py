"""What `verify` returns: a row per equation, as data, text, Markdown and HTML."""

from __future__ import annotations

import html
import math
from dataclasses import asdict, dataclass
from typing import Any

HEADER = ("equation", "verdict", "difference", "tolerance", "printed form", "passed", "what was computed")
BELOW = ("by which route", "what there is to say")
FINITE = 1e-3
"""A printed form counts as wrong when it misses the route by at least this (all parameters are of order one)."""


@dataclass(frozen=True)
class Row:
    """One equation, proved or not.

    Attributes
    ----------
    equation
        Its number in the paper, or where the statement stands.
    section
        What the equation is about.
    computed
        What was computed.
    route
        The independent way by which it was computed as well.
    sets
        How many random parameter sets.
    difference
        The largest difference from the route, of the paper's formula (as corrected) and of the package's system.
    worst
        The quantity with that difference, and whose it is.
    tolerance
        What it may be: rounding, and what the route's differences and extrapolations cost.
    printed_difference
        How far the printed form is from the route where it fails; None where it doesn't.
    verdict
        ``right``, ``right with a condition`` or ``misprint``.
    sentence
        What there is to say.
    """

    equation: str
    section: str
    computed: str
    route: str
    sets: int
    difference: float
    worst: str
    tolerance: float
    printed_difference: float | None
    verdict: str
    sentence: str

    @property
    def passed(self) -> bool:
        """Whether the right form agrees, and the printed one, if it is wrong, doesn't."""
        shown = self.printed_difference is None or self.printed_difference >= FINITE
        return bool(self.difference <= self.tolerance and shown)

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data; a difference that is no number is None."""
        difference = self.difference if math.isfinite(self.difference) else None
        return asdict(self) | {"difference": difference, "passed": self.passed}

    def cells(self) -> tuple[str, ...]:
        """The row under `HEADER`."""
        missed = "" if self.printed_difference is None else f"{self.printed_difference:.1g}"
        numbers = (f"{self.difference:.1e}", f"{self.tolerance:.0e}", missed)
        return (self.equation, self.verdict, *numbers, "pass" if self.passed else "FAIL", self.computed)

    def all_cells(self) -> tuple[str, ...]:
        """The row under `HEADER` and `BELOW`."""
        return (*self.cells(), self.route, self.sentence)


@dataclass(frozen=True)
class Verification:
    """The rows of one `verify`."""

    rows: tuple[Row, ...]
    sets: int
    seed: int

    @property
    def passed(self) -> bool:
        """Whether all rows do."""
        return all(row.passed for row in self.rows)

    @property
    def summary(self) -> str:
        """One line."""
        failed = [row.equation for row in self.rows if not row.passed]
        counts = {word: sum(row.verdict == word for row in self.rows) for word in dict.fromkeys(self._verdicts())}
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        ending = f"FAILED: {', '.join(failed)}" if failed else "all agree with their independent route"
        return f"{len(self.rows)} statements, {self.sets} parameter sets, seed {self.seed} ({words}): {ending}"

    def _verdicts(self) -> list[str]:
        return [row.verdict for row in self.rows]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        rows = [row.as_dict() for row in self.rows]
        return {"passed": self.passed, "sets": self.sets, "seed": self.seed, "rows": rows}

    def table(self) -> str:
        """All of it as text: a line of columns per row, below it the route and what there is to say."""
        cells = [HEADER, *(row.cells() for row in self.rows)]
        widths = [max(len(line[k]) for line in cells) for k in range(len(HEADER) - 1)]
        lines = ["  ".join([*(c.ljust(w) for c, w in zip(line, widths, strict=False)), line[-1]]) for line in cells]
        under = "  ".join("-" * width for width in (*widths, len(HEADER[-1])))
        told = [
            f"{line}\n    by {row.route}\n    {row.sentence}" for line, row in zip(lines[1:], self.rows, strict=True)
        ]
        return "\n".join([lines[0], under, *told, "", self.summary])

    def markdown(self) -> str:
        """All of it as a table for the documentation."""
        head = (*HEADER, *BELOW)
        lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
        for row in self.rows:
            cells = [cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") for cell in row.all_cells()]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join([*lines, "", f"{self.summary}."])

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        head = "".join(f"<th>{word}</th>" for word in (*HEADER, *BELOW))
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.all_cells()) + "</tr>" for row in self.rows
        )
        caption = f"<caption>{html.escape(self.summary)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
