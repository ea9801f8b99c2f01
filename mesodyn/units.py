"""Units at the border: text with a unit in, plain numbers with hbar = k_B = e = 1 and seconds inside, text out again.

A strict reader of our own takes the text apart before pint sees it, and pint is only ever asked for single unit names.
Numbers stay exact until the last step, so ``0.12 kHz`` and ``120 Hz`` are the same float.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from mesodyn.errors import InputError, Shown, unknown_name
from mesodyn.unit_text import HERTZ, LONGEST, NUMBER, RefusedError, Root, Unit, raised, read, root_of, unit_of

if TYPE_CHECKING:
    pass

H = 6.62607015e-34  # J s, exact since 2019
HBAR = H / (2 * math.pi)  # J s
K_B = 1.380649e-23  # J/K, exact since 2019


class Kind(NamedTuple):
    """What one kind of quantity is in: the unit of the inside numbers and an example of right input."""

    base: str
    example: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "energy": Kind("rad/s", "120 Hz"),
        "temperature": Kind("rad/s", "50 nK"),
        "time": Kind("s", "5 ms"),
        "angle": Kind("rad", "180 deg"),
        "rate": Kind("1/s", "3 1/s"),
        "magnetic field": Kind("T", "20 mG"),
        "inertia": Kind("hbar*s", "1e-40 kg*m**2"),
        "length": Kind("m", "1.8 angstrom"),
        "field integral": Kind("T*m", "150 G*cm"),
    }
)

_UNITS = {
    "energy": "Hz (as h*f), rad/s (as hbar*omega), eV, J or K (as k_B*T)",
    "temperature": "K, or of an energy: Hz, rad/s, eV or J",
    "time": "s, ms, us, min or hour",
    "angle": "rad, deg or turn",
    "rate": "1/s, 1/ms or 1/min",
    "magnetic field": "T, mT, G or mG",
    "inertia": "kg*m**2 or u*um**2",
    "length": "m, cm, um, nm or angstrom",
    "field integral": "T*m or G*cm",
}
NEVER_NATURAL = frozenset({"angle", "magnetic field", "length", "field integral"})
"""Kinds whose plain numbers are in their base unit in every run, natural units or not."""

_JOULE = root_of(kilogram=1, meter=2, second=-2)
_ANGULAR, _PER_SECOND = root_of(radian=1, second=-1), root_of(second=-1)

_ENERGY = {
    _ANGULAR: 1.0,
    HERTZ: 2 * math.pi,
    _JOULE: 1 / HBAR,
    root_of(kelvin=1): K_B / HBAR,
    HERTZ | {("h", 1)}: 2 * math.pi,
    _PER_SECOND | {("h", 1)}: 2 * math.pi,
    _ANGULAR | {("hbar", 1)}: 1.0,
    _PER_SECOND | {("hbar", 1)}: 1.0,
    root_of(k_B=1, kelvin=1): K_B / HBAR,
}
_TESLA = root_of(kilogram=1, second=-2, ampere=-1)
_TESLA_METRE = root_of(kilogram=1, meter=1, second=-2, ampere=-1)
_SCALES: dict[str, dict[Root, float]] = {
    "energy": _ENERGY,
    "temperature": _ENERGY,
    "time": {root_of(second=1): 1.0},
    "angle": {root_of(radian=1): 1.0},
    "rate": {_PER_SECOND: 1.0},
    "magnetic field": {_TESLA: 1.0},
    "inertia": {root_of(hbar=1, second=1): 1.0, root_of(kilogram=1, meter=2): 1 / HBAR},
    "length": {root_of(meter=1): 1.0},
    "field integral": {_TESLA_METRE: 1.0},
}
_WORDS = {
    root_of(kilogram=1): "a mass",
    root_of(meter=1): "a length",
    root_of(second=1): "a time",
    root_of(kelvin=1): "a temperature",
    root_of(radian=1): "an angle",
    root_of(ampere=1): "an electric current",
    HERTZ: "a frequency in Hz",
    _ANGULAR: "an angular frequency",
    _PER_SECOND: "a rate in 1/s",
    _JOULE: "an energy",
    _TESLA: "a magnetic field",
    _TESLA_METRE: "a field integral",
    root_of(kilogram=1, meter=2): "an inertia",
    root_of(hbar=1, second=1): "an inertia",
    root_of(h=1): "Planck's constant (write 'hour' for the time)",
    root_of(meter=1, second=-1): "a speed",
    root_of(kilogram=1, meter=1, second=-2): "a force",
    root_of(ampere=1, second=1): "an electric charge",
    root_of(kilogram=1, meter=2, second=-3, ampere=-1): "a voltage",
}
_HINTS = {
    ("energy", _PER_SECOND): "1/s is ambiguous for an energy: write Hz (h*f) or rad/s (hbar*omega)",
    ("temperature", _PER_SECOND): "1/s is ambiguous for an energy: write Hz (h*f) or rad/s (hbar*omega)",
    ("rate", HERTZ): "Hz is ambiguous for a rate: write 1/s",
    ("rate", _ANGULAR): "rad/s is ambiguous for a rate: write 1/s",
}


def quantity(text: str, kind: str, *, argument: str = "quantity") -> float:
    """Read a text with a unit as a number in seconds-based units with hbar = k_B = e = 1.

    Parameters
    ----------
    text : str
        One number and its unit, such as ``"120 Hz"``, ``"-1.5 µeV"``, ``"h*120 Hz"``, ``"3 1/s"``. At most 100
        characters; units are joined by a blank, ``*`` or ``/`` and raised by ``**`` or ``^``.
    kind : str
        One of `KINDS`. A frequency in Hz given for an energy means h*f; a rate takes 1/s, never Hz. A bare number is
        an angle in radians; every other kind needs a unit.
    argument : str
        The name that an error message uses.

    Returns
    -------
    float
        Energies and temperatures in rad/s (E/hbar, k_B*T/hbar), times in s, angles in rad, rates in 1/s, magnetic
        fields in T, inertias in s (I/hbar), lengths in m, field integrals in T*m. A number in the base unit
        (`KINDS`) comes back bit for bit.

    Raises
    ------
    InputError
        The text isn't one finite number with a unit of that kind.

    Examples
    --------
    >>> quantity("0.12 kHz", "energy") == quantity("h*120 Hz", "energy")
    True
    >>> quantity("5 ms", "time")
    0.005
    """
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    must = f"{_a(kind)} with a unit, such as {KINDS[kind].example!r}"
    with _refusing(argument, must, text):
        number, unit = read(text)
        if not unit.root and kind == "angle":
            return float(number)
        if not unit.root:
            raise RefusedError(f"it has no unit; add one: {_UNITS[kind]}")
        scale = _SCALES[kind].get(unit.root)
        if scale is None:
            hint = _HINTS.get((kind, unit.root), f"write one of the units {_UNITS[kind]}")
            raise RefusedError(f"this is {_word(unit)}, not {_a(kind)}; {hint}")
        return _times(number, unit.factor, scale)


def measure(text: str, unit: str | None = None, *, argument: str = "quantity", form: str = "") -> tuple[float, str]:
    """Split a text into its number and its unit (``""`` for none), converted to `unit` where one is given.

    An error message ends with `form`, the right form of what the text is part of.

    Examples
    --------
    >>> measure("0.05 ms")
    (0.05, 'ms')
    >>> measure("2 s", "ms")
    (2000.0, 'ms')
    """
    must = "a number, with or without a unit" if unit is None else f"a number with a unit that converts to {unit}"
    with _refusing(argument, must, text, form):
        number, own = read(text)
        into = own if unit is None else unit_of(unit.strip())
        if into == own:
            return float(number), own.text
        if into.root != own.root:
            raise RefusedError(f"this is {_word(own)}, not {_word(into)}; use units of one dimension")
        return _times(number, own.factor / into.factor, 1.0), into.text


def is_number(text: str) -> bool:
    """Tell whether a text is one plain real number.

    Examples
    --------
    >>> is_number(" -1.5e3 "), is_number("5 ms"), is_number("nan")
    (True, False, False)
    """
    return re.fullmatch(rf"\s*[+-]?{NUMBER}\s*", text) is not None


def base_text(value: float, kind: str) -> str:
    """Write a number as text in its kind's base unit; `quantity` reads it back bit for bit.

    Examples
    --------
    >>> base_text(0.1, "energy")
    '0.1 rad/s'
    """
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    return f"{float(value)!r} {KINDS[kind].base}"


def show(value: float, kind: str, natural: bool) -> str:
    """Write a number for people: in natural units as it is, else with a unit of readable size.

    Examples
    --------
    >>> show(quantity("1500 Hz", "energy"), "energy", natural=False)
    '1.5 kHz'
    >>> show(quantity("5e-8 K", "temperature"), "temperature", natural=False)
    '50 nK'
    >>> show(0.25, "energy", natural=True)
    '0.25'
    """
    if kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    if natural:
        return f"{value:.10g}"
    match kind:
        case "energy":
            return _prefixed(value / (2 * math.pi), "Hz")
        case "temperature":
            return _prefixed(value * (HBAR / K_B), "K")
        case "time":
            return _prefixed(value, "s", largest=0)
        case "angle":
            return f"{math.degrees(value):.6g} deg"
        case "magnetic field":
            return _prefixed(value, "T") if abs(value) >= 0.1 else _prefixed(value * 1e4, "G", largest=0)
        case "inertia":
            return f"{value * HBAR:.6g} kg*m**2"
        case "length":
            atomic = 1e-11 <= abs(value) < 1e-8
            return f"{value * 1e10:.6g} angstrom" if atomic else _prefixed(value, "m", largest=0)
        case "field integral":
            return f"{value * 1e6:.6g} G*cm"
    return f"{value:.6g} {KINDS[kind].base}"


@contextmanager
def _refusing(argument: str, must: str, text: object, form: str = "") -> Iterator[None]:
    try:
        yield
    except RefusedError as refusal:
        long = isinstance(text, str) and len(text) > LONGEST
        was = Shown(f"a text of {len(str(text))} characters" if long else _short(text))
        raise InputError(argument, must, was, f"{refusal}; {form}" if form else str(refusal)) from None


def _times(number: str, factor: Fraction, scale: float) -> float:
    value = float(number)
    if value == 0:  # keeps the sign of zero, and never expands 0e999999999
        return value
    try:
        result = float(Fraction(number) * factor) * scale
    except OverflowError:
        result = math.inf
    if math.isinf(result) or result == 0:
        raise RefusedError("the number is too large or too small in base units; write a finite number")
    return result


def _word(unit: Unit) -> str:
    if not unit.root:
        return "a number without a unit"
    ordered = sorted(unit.root, key=lambda item: (-item[1], item[0]))
    dimension = "*".join(raised(name, power) for name, power in ordered)
    return _WORDS.get(unit.root, f"of dimension {dimension}")


def _short(value: object) -> str:
    return repr(value) if isinstance(value, str) else reprlib.repr(value)


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aei' else 'a'} {kind}"


def _prefixed(value: float, unit: str, largest: int = 15) -> str:
    """Six digits with the SI prefix that leaves one to three of them before the point."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g} {unit}"
    mantissa, exponent = f"{value:.5e}".split("e")
    step = min(max(int(exponent) // 3 * 3, -24), largest)
    prefix = "yzafpnµm kMGTP"[step // 3 + 8].strip()
    return f"{float(f'{mantissa}e{int(exponent) - step}'):.6g} {prefix}{unit}"
