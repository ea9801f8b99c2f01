"""One line of demand per argument: numbers in a range, names of a list, whole numbers."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from mesodyn.errors import InputError, Shown, unknown_name

if TYPE_CHECKING:
    import xarray

    Number = float | complex | xarray.DataArray


def number(
    argument: str,
    value: Any,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    above: float = -math.inf,
    complex_allowed: bool = False,
    shown: Shown | None = None,
) -> Any:
    """A finite number, or a labelled axis of them, within ``low <= value <= high`` and ``value > above``.

    `shown` is what a message gives as the value, where that was converted.

    Raises
    ------
    InputError
        When `value` is no number (a text, True, None), not finite, complex where real is needed, or out of range.
    """
    import numpy as np

    demand = _demand(low, high, above, complex_allowed)
    labelled = hasattr(value, "dims") and hasattr(value, "coords")
    if isinstance(value, str):
        raise InputError(argument, demand, value, "turn text with a unit into a number by md.quantity(text, kind)")
    if not labelled and (isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Number)):
        raise InputError(argument, demand, value, "give a number or md.axis(name, start, stop, n)")
    array = np.asarray(value)
    if array.dtype.kind not in "iufc":
        raise InputError(argument, demand, Shown(f"an array of {array.dtype}"), "give numbers")
    if array.dtype.kind == "c" and not complex_allowed:
        if np.any(array.imag != 0):
            raise InputError(argument, demand, _first(array, array.imag != 0), "drop the imaginary part")
        value, array = value.real, array.real
    wrong = ~np.isfinite(array)
    if array.dtype.kind != "c":
        wrong = wrong | (array < low) | (array > high) | (array <= above)
    if np.any(wrong):
        raise InputError(argument, demand, shown or _first(array, wrong))
    return value


def whole(argument: str, value: Any, *, low: int = 0, high: int | None = None) -> int:
    """A whole number of at least `low` (and at most `high`)."""
    limit = f"a whole number of at least {low}" + ("" if high is None else f" and at most {high}")
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, numbers.Real) else float(value)
    except OverflowError:
        number = math.inf
    if not number.is_integer() or number < low or (high is not None and number > high):
        raise InputError(argument, limit, value)
    return int(number)


def choice(argument: str, value: Any, options: Collection[str]) -> str:
    """One of the names in `options`."""
    if not isinstance(value, str) or value not in options:
        raise unknown_name(argument, value, options)
    return value


def _demand(low: float, high: float, above: float, complex_allowed: bool) -> str:
    word = "a finite number" if complex_allowed else "a finite real number"
    bounds = []
    if above > -math.inf:
        bounds.append(f"above {above:g}")
    if low > -math.inf:
        bounds.append(f"at least {low:g}")
    if high < math.inf:
        bounds.append(f"at most {high:g}")
    return " and ".join([word, *bounds])


def _first(array: Any, wrong: Any) -> Shown:
    """The first value that is wrong, as text."""
    return Shown(f"{array[wrong].flat[0].item() if array.ndim else array.item()!r}")
