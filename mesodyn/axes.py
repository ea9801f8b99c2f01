"""Labelled axes: how a parameter that takes many values is made, read from text, and laid out point by point."""

from __future__ import annotations

import math
import numbers
import operator
import re
import reprlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex, cast, overload

from mesodyn import units
from mesodyn.errors import InputError, Shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from xarray import DataArray

LONGEST = 10_000_000  # points on one axis

_CALL = 'write axis("turns", 0, 4, 401) or axis("turns", [1, 2, 4])'
_TEXT = "write START:STOP:COUNT, such as '0:4:401' or '0.05 ms:5 ms:50', or a list, such as '[1, 2, 4]'"
_COMPLEX = re.compile(r"[-+0-9.eE ]+j")


@overload
def axis(name: str, start: float | str, /, stop: float | str, n: SupportsIndex) -> DataArray: ...
@overload
def axis(name: str, values: Iterable[complex | str]) -> DataArray: ...
def axis(name: str, values: Any, stop: Any = None, n: Any = None) -> DataArray:
    """Make a labelled axis: ``axis(name, start, stop, n)`` evenly spaced or ``axis(name, values)``.

    Parameters
    ----------
    name : str
        The name of the dimension and its coordinate, an identifier.
    start, stop : float or str
        The first and the last value: two different finite real numbers or two texts with units of one dimension.
    n : int
        How many values, both ends included; 1 only when start equals stop.
    values : iterable of float, complex or str
        Finite values in one dimension, each once: all numbers (complex ones too) or all texts with units.

    Returns
    -------
    xarray.DataArray
        The values with the one dimension and the coordinate `name`. Of texts it holds the numbers in the unit of the
        first text, which is in ``attrs["units"]``.

    Raises
    ------
    InputError
        The values aren't an axis.

    Examples
    --------
    >>> axis("turns", 0, 4, 5).values.tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]
    >>> times = axis("rotation_time", ["500 us", "5 ms"])
    >>> times.values.tolist(), times.attrs["units"]
    ([500.0, 5000.0], 'us')
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError("the axis name", "an identifier such as 'turns'", name, _CALL)
    if stop is None and n is None:
        return _listed(name, values, _CALL)
    return _spaced(name, values, stop, n, _CALL)


def parse_axis(name: str, text: str) -> DataArray | None:
    """Read an axis as ``--set`` and TOML write it; None for a plain scalar (neither colon nor bracket).

    Parameters
    ----------
    name : str
        The name of the parameter, which the axis takes.
    text : str
        ``"0:4:401"`` (start:stop:count), ``"0.05 ms:5 ms:50"``, ``"[1, 2, 4]"`` or ``"[1 ms, 2 ms]"``.

    Raises
    ------
    InputError
        The text has a colon or a bracket but isn't an axis.

    Examples
    --------
    >>> parse_axis("turns", "0:4:3").values.tolist()
    [0.0, 2.0, 4.0]
    >>> parse_axis("turns", "4") is None
    True
    """
    text = text.strip()
    if text.startswith("[") and text.endswith("]") and len(text) > 1:
        inside = text[1:-1].strip()
        return _listed(name, inside.removesuffix(",").split(",") if inside else [], _TEXT)
    if ":" not in text and "[" not in text and "]" not in text:
        return None
    parts = text.split(":")
    if len(parts) != 3 or not re.fullmatch(r"\s*[+-]?[0-9]{1,9}\s*", parts[2]):
        raise InputError(name, "a range with a whole number of points or a list", _short(text), _TEXT)
    return _spaced(name, parts[0], parts[1], int(parts[2]), _TEXT)


def to_kind(data: DataArray, kind: str, argument: str) -> DataArray:
    """Turn an axis with units into base numbers of a kind, each as `units.quantity` reads it; else leave it as it is.

    A coordinate that holds the same values is converted with them.

    Examples
    --------
    >>> to_kind(axis("time", ["1 ms", "2 ms"]), "time", "time").values.tolist()
    [0.001, 0.002]
    """
    import numpy as np

    unit = data.attrs.get("units")
    if unit is None:
        return data
    known = kind in units.KINDS and unit == units.KINDS[kind].base and data.dtype.kind == "f"
    if known and np.isfinite(data.values).all():  # `quantity` reads those as they are
        values = data.values.copy()
    else:
        read = [_of_kind(value, f"{unit}", kind, argument) for value in data.values.ravel().tolist()]
        values = np.array(read).reshape(data.shape)
    out = data.copy(data=values)
    del out.attrs["units"]
    own = [name for name in data.dims if name in data.coords and np.array_equal(data.coords[name].values, data.values)]
    return out.assign_coords({name: (name, values) for name in own})


def broadcast_axes(values: Mapping[str, complex | DataArray]) -> dict[str, DataArray]:
    """Collect the axes of all parameters, in the order in which they appear first.

    Dimensions called ``component...`` belong to vectors and tensors and aren't axes.

    Parameters
    ----------
    values : mapping of str to float, complex or xarray.DataArray
        The parameters by name.

    Returns
    -------
    dict of str to xarray.DataArray
        The coordinate of each axis.

    Raises
    ------
    InputError
        Two parameters have an axis of the same name with other values, or an axis has no coordinate.

    Examples
    --------
    >>> axes = broadcast_axes({"detuning": axis("detuning", -2, 2, 5), "phase": 0.5, "turns": axis("turns", [1, 2])})
    >>> {name: len(coordinate) for name, coordinate in axes.items()}
    {'detuning': 5, 'turns': 2}
    """
    import numpy as np

    axes: dict[str, DataArray] = {}
    owners: dict[str, str] = {}
    for parameter, value in values.items():
        for name in _dims(value):
            coordinates = cast("DataArray", value).coords
            if name not in coordinates:
                must = f"labelled along its dimension {name!r}"
                raise InputError(parameter, must, Shown("without a coordinate"), "make it with md.axis")
            coordinate = coordinates[name]
            known = axes.setdefault(name, coordinate)
            owner = owners.setdefault(name, parameter)
            if not np.array_equal(known.values, coordinate.values):
                lengths = f"one axis name, two sets of values ({known.size} and {coordinate.size} of them)"
                must = f"equal along the axis {name!r} that they share"
                raise InputError(f"{owner} and {parameter}", must, Shown(lengths), "give one axis another name")
    return axes


def flatten(value: complex | NDArray[Any] | DataArray, axes: Mapping[str, DataArray]) -> NDArray[Any]:
    """Lay a parameter out over all points of `axes`, the last axis fastest.

    Returns
    -------
    numpy.ndarray
        Float or complex, of shape (points,); components of vectors and tensors follow. No axes make one point.

    Examples
    --------
    >>> a, b = axis("a", [1, 2]), axis("b", [10, 20])
    >>> flatten(b, {"a": a, "b": b}).tolist()
    [10.0, 20.0, 10.0, 20.0]
    """
    import numpy as np

    sizes = _sizes(axes)
    if isinstance(value, float | complex):
        return np.full(math.prod(sizes), value)
    own = _dims(value)
    strange = [name for name in own if name not in axes]
    if strange:
        raise InputError("a parameter", f"on the axes {', '.join(axes) or '(none)'}", Shown(f"on {strange[0]!r} too"))
    ordered = cast("DataArray", value).transpose(*(name for name in axes if name in own), ...) if own else value
    array = np.asarray(ordered)
    if array.dtype.kind in "iub":
        array = array.astype(float)
    inner = array.shape[len(own) :]
    array = array.reshape((*(coordinate.size if name in own else 1 for name, coordinate in axes.items()), *inner))
    return np.broadcast_to(array, (*sizes, *inner)).reshape((math.prod(sizes), *inner)).copy()


def unflatten(array: NDArray[Any], axes: Mapping[str, DataArray]) -> NDArray[Any]:
    """Give an array whose first index counts the points of `axes` one index per axis: (n1, n2, ..., rest).

    Examples
    --------
    >>> import numpy as np
    >>> unflatten(np.zeros((6, 4)), {"a": axis("a", [1, 2]), "b": axis("b", [1, 2, 3])}).shape
    (2, 3, 4)
    """
    return array.reshape((*_sizes(axes), *array.shape[1:]))


def _spaced(name: str, start: Any, stop: Any, n: Any, form: str) -> DataArray:
    import numpy as np

    try:
        count = -1 if isinstance(n, bool) else operator.index(n)
    except TypeError:
        count = -1
    if not 1 <= count <= LONGEST:
        raise InputError(name, f"an axis of 1 to {LONGEST} points", Shown(f"one of {_short(n)} points"), form)
    (first, last), unit = _numbers(name, [start, stop], form)
    if isinstance(first, complex) or isinstance(last, complex):
        raise InputError(name, "an axis from one real number to another", Shown(f"{start!r} to {stop!r}"), form)
    if (count == 1) != (first == last):
        was = f"{count} point{'s' if count > 1 else ''} from {start!r} to {stop!r}"
        raise InputError(name, "an axis of one point, or of more from one value to another", Shown(was), form)
    with np.errstate(all="ignore"):  # an overflow is refused with the result
        return _made(name, np.linspace(first, last, count), unit, form)


def _listed(name: str, values: Any, form: str) -> DataArray:
    import numpy as np

    try:
        items = None if isinstance(values, str | bytes | Mapping | set | frozenset) else list(values)
    except TypeError:
        items = None
    if not items:
        raise InputError(name, "an axis of one or more values", _short(values), form)
    read, unit = _numbers(name, items, form)
    unit = unit or getattr(values, "attrs", {}).get("units", "")  # of an axis that is made anew
    return _made(name, np.array(read), unit, form)


def _made(name: str, values: NDArray[np.generic], unit: str, form: str) -> DataArray:
    import numpy as np
    import xarray as xr

    if not np.isfinite(values).all():
        raise InputError(name, "an axis of finite values", Shown("not finite everywhere"), form)
    once, times = np.unique(values, return_counts=True)
    if once.size < values.size:
        was = Shown(f"one with {once[times > 1][0]} more than once")
        raise InputError(name, "an axis that has each value once", was, form)
    attrs = {"units": unit} if unit else {}
    return xr.DataArray(values, dims=name, coords={name: (name, values, attrs)}, name=name, attrs=attrs)


def _numbers(name: str, items: list[Any], form: str) -> tuple[list[float | complex], str]:
    """The items as numbers in the unit of the first."""
    first = _number(name, items[0], None, form)
    unit = first[1]
    read = [first, *(_number(name, item, unit or None, form) for item in items[1:])]
    for item, (_, own) in zip(items, read, strict=True):
        if own != unit:
            was = Shown(f"{_short(items[0])} with {_short(item)}")
            raise InputError(name, "an axis of numbers only or of texts with units only", was, form)
    return [number for number, _ in read], unit


def _number(name: str, item: Any, unit: str | None, form: str) -> tuple[float | complex, str]:
    """One value and its unit, `unit` if it has one and `unit` is given; ``""`` for a plain number."""
    if isinstance(item, str):
        if _COMPLEX.fullmatch(item.strip()):
            try:
                return complex(item.replace(" ", "")), ""
            except ValueError:
                raise InputError(name, "an axis of finite numbers", _short(item), form) from None
        return units.measure(item, None if units.is_number(item) else unit, argument=name, form=form)
    if getattr(item, "ndim", None) == 0:  # a scalar of numpy or xarray
        item = item.item()
    if isinstance(item, bool) or not isinstance(item, numbers.Complex):
        must = "an axis of numbers, or of texts with units, in one dimension"
        raise InputError(name, must, Shown(f"one with {_short(item)}"), form)
    try:
        return (float(item) if isinstance(item, numbers.Real) else complex(item)), ""
    except OverflowError:
        return math.inf, ""


def _of_kind(value: Any, unit: str, kind: str, argument: str) -> Any:
    if isinstance(value, complex):
        return complex(*(_of_kind(part, unit, kind, argument) for part in (value.real, value.imag)))
    return units.quantity(f"{value!r} {unit}", kind, argument=argument)


def _dims(value: object) -> list[str]:
    """The dimensions of a parameter that are axes."""
    return [str(name) for name in getattr(value, "dims", ()) if not str(name).startswith("component")]


def _sizes(axes: Mapping[str, DataArray]) -> list[int]:
    return [coordinate.size for coordinate in axes.values()]


def _short(value: object) -> Shown:
    return Shown(reprlib.repr(value))
