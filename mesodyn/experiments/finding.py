"""A number measured from a record, beside what theory says for these very parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray

LARGEST_LIST = 10_000
"""Values up to this number of points are printed; of more, a summary."""


@dataclass(frozen=True)
class Finding:
    """One measured number, for every point of the axes.

    Parameters
    ----------
    name, meaning
        One word, and what it is.
    value
        Measured from the record (0-d without axes).
    unit
        A kind of `units.KINDS` ("energy", "angle", "time"), or "" for a pure number.
    expected
        What theory says, nan where no formula is valid; None where none is.
    tolerance
        The bound of what the formula neglects.
    equation
        Where the formula stands.
    period
        For angles: the value is compared modulo this.
    """

    name: str
    meaning: str
    value: xarray.DataArray
    unit: str = ""
    expected: xarray.DataArray | None = None
    tolerance: xarray.DataArray | float = 0.0
    equation: str = ""
    period: float | None = None

    @property
    def deviation(self) -> xarray.DataArray | None:
        """``|value - expected|``, nan where nothing is expected."""
        if self.expected is None:
            return None
        difference = self.value - self.expected
        if self.period is not None:
            difference = (difference + self.period / 2) % self.period - self.period / 2
        return abs(difference)

    @property
    def passed(self) -> bool | None:
        """Whether every point with an expectation is within its tolerance; None where there is none."""
        deviation = self.deviation
        if deviation is None or self.expected is None or not bool(self.expected.notnull().any()):
            return None
        return bool(((deviation <= self.tolerance) | self.expected.isnull()).all())

    def as_dict(self, unit: str) -> dict[str, Any]:
        """The finding as plain data: nested lists, None for nan."""
        return {
            "name": self.name,
            "value": listed(self.value),
            "unit": unit,
            "expected": None if self.passed is None else listed(self.expected),
            "tolerance": None if self.passed is None else listed(self.tolerance),
            "passed": self.passed,
            "equation": self.equation,
            "meaning": self.meaning,
        }


def listed(value: Any) -> Any:
    """A number, nested lists, or beyond `LARGEST_LIST` points a summary; nan becomes None."""
    import numpy as np

    array = np.asarray(value)
    if array.size > LARGEST_LIST:
        finite = array[np.isfinite(array)]
        ends = (finite.min(), finite.max(), finite.mean()) if finite.size else (None, None, None)
        words = zip(("smallest", "largest", "mean"), ends, strict=True)
        return {"points": array.size} | {word: None if end is None else float(end) for word, end in words}
    return _plain(array.tolist())


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
