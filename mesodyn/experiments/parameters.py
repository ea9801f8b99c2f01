"""From what a user writes (numbers, axes, texts with units) to the values of an experiment."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mesodyn import axes, checks, units
from mesodyn.accounts import ACCOUNTS
from mesodyn.errors import InputError, Shown, unknown_name

DIMENSIONAL = {"energy": 1, "temperature": 1, "rate": 1, "time": -1, "inertia": -1}
"""Kinds that have a unit, and the power of the unit of energy in them (hbar = 1)."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of an experiment.

    Parameters
    ----------
    name, kind, meaning
        `kind` is one of `units.KINDS`, or ``number``, ``count``, ``choice``, ``angles`` (a pair).
    default
        In natural units, or a text with a unit for a kind that is never natural; None for none; a function of the
        other values where it follows from them.
    low, high, above
        The range: ``low <= value <= high`` and ``value > above``.
    choices
        For ``choice``.
    follows
        How a default that is a function reads, for example ``"30 / relaxation_rate"``.
    """

    name: str
    kind: str
    default: Any
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    choices: tuple[str, ...] = ()
    follows: str = ""

    @property
    def unit(self) -> str:
        """The unit in words, for tables."""
        if self.kind in units.KINDS:
            return str(units.KINDS[self.kind].base)
        return {"angles": "rad"}.get(self.kind, "")

    @property
    def range(self) -> str:
        """The range in words."""
        if self.choices:
            return " | ".join(self.choices)
        left = f"> {self.above:g}" if self.above > -math.inf else f">= {self.low:g}" if self.low > -math.inf else ""
        right = f"<= {self.high:g}" if self.high < math.inf else ""
        return ", ".join(part for part in (left, right) if part) or "any"

    @property
    def default_text(self) -> str:
        """The default in words."""
        if self.follows:
            return self.follows
        if self.default is None:
            return "none"
        if isinstance(self.default, float):
            return f"{self.default:.10g}" + ("*" if self.default and self.kind in DIMENSIONAL else "")
        if isinstance(self.default, tuple):
            return "[" + ", ".join(f"{part:g}" for part in self.default) + "]"
        return str(self.default)


def account_parameter(default: str, meaning: str = "what is assumed of the start") -> Parameter:
    """The choice of an account."""
    return Parameter("account", "choice", default, meaning, choices=tuple(ACCOUNTS))


@dataclass(frozen=True)
class Values:
    """An experiment's values: numbers and labelled axes by name, and whether they are in natural units."""

    resolved: Mapping[str, Any]
    given: Mapping[str, Any]
    natural: bool

    def __getitem__(self, name: str) -> Any:
        return self.resolved[name]


def resolve(parameters: Sequence[Parameter], given: Mapping[str, Any], scale: str) -> Values:
    """Check and convert what was given, and fill in the defaults.

    Parameters
    ----------
    parameters
        All that the experiment has.
    given
        Numbers, labelled axes, or texts by name.
    scale
        The energy whose modulus is the unit of the defaults when values carry units.

    Raises
    ------
    InputError
        For an unknown name, a value that is not what it must be, or plain numbers mixed with units.
    """
    import numpy as np

    known = {parameter.name: parameter for parameter in parameters}
    for name in given:
        if name not in known:
            raise unknown_name("parameter", name, known)
    read = {name: _read(known[name], value) for name, value in given.items() if value is not None}
    natural = _one_system_of_units(known, read, given)
    resolved = _on_one_axis(given, {name: _ranged(known[name], read[name][0], given[name]) for name in read})
    unit: Any = 1.0
    if not natural:
        missing = [p.name for p in parameters if p.name not in read and _follows_scale(p)]
        if missing and scale not in read:
            must = f"given with a unit when other parameters are: the default of {missing[0]} is a multiple of it"
            example = "100 Hz" if known[scale].kind == "energy" else units.KINDS[known[scale].kind].example
            raise InputError(scale, must, Shown("not given"), f"add --set {scale}='{example}'")
        own = known[scale].default if scale in known else 1.0
        unit = abs(resolved.get(scale, own)) / own
        if scale in known and DIMENSIONAL[known[scale].kind] == -1:
            unit = 1 / unit  # hbar over a time or an inertia
        if missing and not np.all(unit):
            must = f"other than 0 when values have units: the default of {missing[0]} is a multiple of it"
            raise InputError(scale, must, Shown("0"), f"give a unit to {', '.join(missing)} too")
    for parameter in parameters:
        if parameter.name not in resolved:
            resolved[parameter.name] = _default(parameter, resolved, unit)
    return Values({p.name: _ranged(p, resolved[p.name]) for p in parameters}, dict(given), natural)


def _on_one_axis(given: Mapping[str, Any], read: Mapping[str, Any]) -> dict[str, Any]:
    """Where one parameter's axis was converted to base units, convert it for the others that vary along it."""
    import numpy as np

    labelled = [(name, dim) for name, value in read.items() for dim in getattr(value, "dims", ())]
    before = {key: given[key[0]].coords[key[1]] for key in labelled if hasattr(given[key[0]], "dims")}
    found = dict(read)
    for (name, dim), old in before.items():
        for (other, same), coordinate in before.items():
            new = read[name].coords[dim].values
            if same == dim and np.array_equal(old, coordinate) and not np.array_equal(old, new):
                found[other] = found[other].assign_coords({dim: new})
    return found


def _follows_scale(parameter: Parameter) -> bool:
    """Whether the default is a multiple of the scale."""
    return parameter.kind in DIMENSIONAL and bool(parameter.default) and not callable(parameter.default)


def _default(parameter: Parameter, resolved: Mapping[str, Any], unit: Any) -> Any:
    """The default, in the units of the run."""
    if callable(parameter.default):
        found: Callable[[Mapping[str, Any]], Any] = parameter.default
        return found(resolved)
    if isinstance(parameter.default, str) and parameter.kind in units.KINDS:
        return units.quantity(parameter.default, parameter.kind, argument=parameter.name)
    if _follows_scale(parameter):
        return parameter.default * unit ** DIMENSIONAL[parameter.kind]
    return parameter.default


def _one_system_of_units(
    known: Mapping[str, Parameter], read: Mapping[str, tuple[Any, bool | None]], given: Mapping[str, Any]
) -> bool:
    """True for plain numbers, False for units; an error for both."""
    plain = [name for name, (_, with_unit) in read.items() if with_unit is False and known[name].kind in DIMENSIONAL]
    with_unit = [name for name, (_, flag) in read.items() if flag and known[name].kind in DIMENSIONAL]
    if plain and with_unit:
        must = "both with units or both plain numbers (natural units)"
        was = Shown(f"{_brief(given[plain[0]])} and {_brief(given[with_unit[0]])}")
        raise InputError(f"{plain[0]} and {with_unit[0]}", must, was, f"give {plain[0]} a unit too")
    return not with_unit


def _brief(value: Any) -> str:
    return "an axis" if hasattr(value, "dims") else repr(value)


def _read(parameter: Parameter, value: Any) -> tuple[Any, bool | None]:
    """The number or axis, and whether it came with a unit (None: it could be either, as a zero)."""
    if parameter.kind == "choice":
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        return checks.choice(parameter.name, value, parameter.choices), None
    if parameter.kind == "count":
        return checks.whole(parameter.name, _plain(parameter, value), low=int(max(0, parameter.low))), None
    if parameter.kind == "angles":
        return _pair(parameter, value), None
    if isinstance(value, str):
        axis = axes.parse_axis(parameter.name, value)
        if axis is None:
            return _scalar(parameter, value)
        value = axis
    elif isinstance(value, (list, tuple)):
        value = axes.axis(parameter.name, value)
    if hasattr(value, "dims"):
        _check_axes(parameter.name, value)
        value = value.assign_coords({dim: value[dim].astype(float) for dim in value.dims})
    if hasattr(value, "dims") and value.attrs.get("units"):
        if parameter.kind not in units.KINDS:
            raise InputError(parameter.name, "plain numbers", Shown(f"in {value.attrs['units']}"), "drop the unit")
        return axes.to_kind(value, parameter.kind, parameter.name), True
    value = checks.number(parameter.name, value, complex_allowed=False)
    if hasattr(value, "dims"):
        return value.astype(float), False
    return float(value), None if value == 0 else False


def _check_axes(name: str, value: Any) -> None:
    """Refuse a labelled array whose axes are not numbers, each once."""
    import numpy as np

    for dim in value.dims:
        if str(dim).startswith("component"):
            raise InputError(name, "on an axis with another name than a vector's", str(dim), "rename the axis")
        labels = value.coords[dim].values if dim in value.coords else np.zeros(0)
        if (
            not labels.size
            or labels.dtype.kind not in "iuf"
            or np.unique(labels[np.isfinite(labels)]).size < labels.size
        ):
            must = f"labelled along {dim!r} by finite numbers, each once"
            raise InputError(name, must, Shown(np.array2string(labels, threshold=5)), "make it with md.axis")


def _scalar(parameter: Parameter, text: str) -> tuple[float, bool | None]:
    """A text that is no axis: a plain number, or one with a unit."""
    half = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
    if half and parameter.kind == "number" and int(half[2]):
        return int(half[1]) / int(half[2]), None
    if units.is_number(text):
        number = float(text)
        return number, None if number == 0 else False
    if parameter.kind not in units.KINDS:
        form = "write one such as 1.5, or an axis such as 0:4:401 or [1, 2, 4]"
        raise InputError(parameter.name, "a plain finite number (it takes no unit)", text, form)
    return units.quantity(text, parameter.kind, argument=parameter.name), True


def _plain(parameter: Parameter, value: Any) -> Any:
    """A number from a text such as ``"3"``; other things as they are."""
    return float(value) if isinstance(value, str) and units.is_number(value) else value


def _pair(parameter: Parameter, value: Any) -> tuple[Any, Any]:
    """Two angles, each a number, an axis or a text: ``(0, 1.57)`` or ``"[0, 90 deg]"``."""
    if isinstance(value, str):
        text = value.strip()
        if not (text.startswith("[") and text.endswith("]")):
            raise InputError(parameter.name, "two angles such as '[0, 1.57]'", value)
        value = text[1:-1].split(",")
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise InputError(parameter.name, "two angles such as (0, 1.57)", value)
    single = Parameter(parameter.name, "angle", 0.0, parameter.meaning)
    first, second = (_read(single, part)[0] for part in value)
    return first, second


def _ranged(parameter: Parameter, value: Any, given: Any = None) -> Any:
    """The value, if it lies in the parameter's range; what was given is shown if it does not."""
    if value is None or parameter.kind in ("choice", "count"):
        return value
    if parameter.kind == "angles":
        return tuple(_ranged(Parameter(parameter.name, "angle", 0.0, ""), part) for part in value)
    shown = Shown(repr(given)) if isinstance(given, str) else None
    try:
        return checks.number(
            parameter.name, value, low=parameter.low, high=parameter.high, above=parameter.above, shown=shown
        )
    except InputError as error:
        if parameter.kind not in units.NEVER_NATURAL:
            raise
        base, example = units.KINDS[parameter.kind]
        hint = "radians are meant; write degrees as '90 deg'"
        raise InputError(*error.parts, hint if base == "rad" else f"{base} is meant; write {example!r}") from None
