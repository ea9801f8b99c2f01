"""What `certify` returns: a row per question, with its number, its bound and a verdict."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray

HEADER = ("question", "value", "bound", "passed", "meaning")
WORDS = {True: "pass", False: "FAIL", None: "-"}
TINY = 1e-6
"""Pure numbers and angles smaller than this are compared absolutely."""


@dataclass(frozen=True)
class Row:
    """One question to a record.

    Attributes
    ----------
    name
        What is asked.
    value
        The number found; None where the question makes no sense.
    bound
        The largest value that passes; None where nothing is asked.
    meaning
        What the number is, or why there is none.
    """

    name: str
    value: float | None
    bound: float | None
    meaning: str

    @property
    def passed(self) -> bool | None:
        """Whether the value is within its bound (one that is no number is not); None where nothing is asked."""
        if self.value is None or self.bound is None:
            return None
        return bool(self.value <= self.bound)

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data; a number that is not finite is None."""
        finite = self.value is not None and math.isfinite(self.value)
        value = self.value if finite else None
        return {"name": self.name, "value": value, "bound": self.bound, "passed": self.passed, "meaning": self.meaning}

    def cells(self) -> tuple[str, ...]:
        """The row under `HEADER`."""
        value, bound = ("n/a" if number is None else f"{number:.1e}" for number in (self.value, self.bound))
        return (self.name, value, bound, WORDS[self.passed], self.meaning)


@dataclass(frozen=True)
class Certificate:
    """Numbers and a verdict on one record.

    Examples
    --------
    >>> rows = Row("norm", 2e-16, 1e-9, "furthest from 1"), missing("larger basis", "the basis is complete")
    >>> found = Certificate("a beat", rows)
    >>> found.passed, found.summary
    (True, 'a beat: 1 of 1 questions passed')
    """

    subject: str
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether no row fails, and at least one passes."""
        verdicts = [row.passed for row in self.rows]
        return False not in verdicts and True in verdicts

    @property
    def failed(self) -> tuple[Row, ...]:
        """The rows that fail."""
        return tuple(row for row in self.rows if row.passed is False)

    @property
    def summary(self) -> str:
        """One line."""
        asked = [row for row in self.rows if row.passed is not None]
        text = f"{self.subject}: {len(asked) - len(self.failed)} of {len(asked)} questions passed"
        return f"{text}; FAILED: {', '.join(row.name for row in self.failed)}" if self.failed else text

    def __getitem__(self, name: str) -> Row:
        """The row of that name."""
        return {row.name: row for row in self.rows}[name]

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {"subject": self.subject, "passed": self.passed, "rows": [row.as_dict() for row in self.rows]}

    def table(self) -> str:
        """All of it as text."""
        lines = [HEADER, *(row.cells() for row in self.rows)]
        widths = [max(len(line[k]) for line in lines) for k in range(len(HEADER) - 1)]
        shown = ["  ".join([*(c.ljust(w) for c, w in zip(line, widths, strict=False)), line[-1]]) for line in lines]
        under = "  ".join("-" * width for width in (*widths, len(HEADER[-1])))
        return "\n".join([shown[0], under, *shown[1:], "", self.summary])

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        head = "".join(f"<th>{word}</th>" for word in HEADER)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.cells()) + "</tr>" for row in self.rows
        )
        caption = f"<caption>{html.escape(self.summary)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def missing(name: str, why: str) -> Row:
    """A row for a question that makes no sense here."""
    return Row(name, None, None, why)


def change(
    first: xarray.Dataset, second: xarray.Dataset, floors: Mapping[str, float] | None = None
) -> tuple[float, str]:
    """The largest change between two records, and the variable in which it is.

    The change of a variable counts relative to the largest modulus in the first record among the variables of the same
    unit (the time apart), so that a difference of two energies is not asked for more digits than they have. Real and
    complex variables are compared; the estimate ``error`` is not.

    Parameters
    ----------
    first, second
        Records of the same moments.
    floors
        Smallest moduli by unit; those of pure numbers and angles are `TINY` unless given.

    Returns
    -------
    tuple
        inf for a variable that only one of them has, of another shape, or with a number where the other has none.
    """
    least = {"": TINY, "1": TINY, "rad": TINY} | dict(floors or {})
    names = [n for n, v in first.data_vars.items() if v.dtype.kind in "fc" and n != "error"]
    gone = [str(n) for n, v in second.data_vars.items() if v.dtype.kind in "fc" and n != "error" and n not in names]
    if gone or not names:
        return math.inf, (gone or ["nothing to compare"])[0]
    groups = {n: "time" if n == "time" else str(first[n].attrs.get("units", "")) for n in names}
    sizes: dict[str, float] = {}
    for name, group in groups.items():
        sizes[group] = max(sizes.get(group, least.get(group, 0.0)), _largest(first[name].values))
    found = {str(n): _apart(first, second, str(n), sizes[group]) for n, group in groups.items()}
    worst = max(found, key=lambda name: found[name])
    return found[worst], worst if found[worst] else "no variable"


def _largest(values: Any) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0))


def _apart(first: xarray.Dataset, second: xarray.Dataset, name: str, size: float) -> float:
    """The largest difference of one variable, relative to `size`."""
    if name not in second or first[name].dims != second[name].dims or first[name].shape != second[name].shape:
        return math.inf
    one, other = first[name].values, second[name].values
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    if same.all():
        return 0.0
    if not (np.isfinite(one[~same]).all() and np.isfinite(other[~same]).all()) or size == 0:
        return math.inf
    return float(np.abs(one - other)[~same].max() / size)
