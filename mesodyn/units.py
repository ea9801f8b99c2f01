"""Units at the border: text with a unit in, plain numbers with hbar = k_B = e = 1 and seconds inside, text out again.

A strict reader of our own takes the text apart before pint sees it, and pint is only ever asked for single unit names.
Numbers stay exact until the last step, so ``0.12 kHz`` and ``120 Hz`` are the same float.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mesodyn.errors import InputError, Shown, unknown_name

if TYPE_CHECKING:
    import pint

H = 6.62607015e-34  # J s, exact since 2019
HBAR = H / (2 * math.pi)  # J s
K_B = 1.380649e-23  # J/K, exact since 2019

LONGEST = 100  # characters in one quantity


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
}

Root = frozenset[tuple[str, int]]  # powers of the base units; hertz, h, hbar and k_B count as base units of their own


def _root(**powers: int) -> Root:
    return frozenset(powers.items())


_JOULE = _root(kilogram=1, meter=2, second=-2)
_HERTZ, _ANGULAR, _PER_SECOND = _root(hertz=1), _root(radian=1, second=-1), _root(second=-1)

_ENERGY = {
    _ANGULAR: 1.0,
    _HERTZ: 2 * math.pi,
    _JOULE: 1 / HBAR,
    _root(kelvin=1): K_B / HBAR,
    _HERTZ | {("h", 1)}: 2 * math.pi,
    _PER_SECOND | {("h", 1)}: 2 * math.pi,
    _ANGULAR | {("hbar", 1)}: 1.0,
    _PER_SECOND | {("hbar", 1)}: 1.0,
    _root(k_B=1, kelvin=1): K_B / HBAR,
}
_TESLA = _root(kilogram=1, second=-2, ampere=-1)
_SCALES: dict[str, dict[Root, float]] = {
    "energy": _ENERGY,
    "temperature": _ENERGY,
    "time": {_root(second=1): 1.0},
    "angle": {_root(radian=1): 1.0},
    "rate": {_PER_SECOND: 1.0},
    "magnetic field": {_TESLA: 1.0},
    "inertia": {_root(hbar=1, second=1): 1.0, _root(kilogram=1, meter=2): 1 / HBAR},
}
_WORDS = {
    _root(kilogram=1): "a mass",
    _root(meter=1): "a length",
    _root(second=1): "a time",
    _root(kelvin=1): "a temperature",
    _root(radian=1): "an angle",
    _root(ampere=1): "an electric current",
    _HERTZ: "a frequency in Hz",
    _ANGULAR: "an angular frequency",
    _PER_SECOND: "a rate in 1/s",
    _JOULE: "an energy",
    _TESLA: "a magnetic field",
    _root(kilogram=1, meter=2): "an inertia",
    _root(hbar=1, second=1): "an inertia",
    _root(h=1): "Planck's constant (write 'hour' for the time)",
    _root(meter=1, second=-1): "a speed",
    _root(kilogram=1, meter=1, second=-2): "a force",
    _root(ampere=1, second=1): "an electric charge",
    _root(kilogram=1, meter=2, second=-3, ampere=-1): "a voltage",
}
_HINTS = {
    ("energy", _PER_SECOND): "1/s is ambiguous for an energy: write Hz (h*f) or rad/s (hbar*omega)",
    ("temperature", _PER_SECOND): "1/s is ambiguous for an energy: write Hz (h*f) or rad/s (hbar*omega)",
    ("rate", _HERTZ): "Hz is ambiguous for a rate: write 1/s",
    ("rate", _ANGULAR): "rad/s is ambiguous for a rate: write 1/s",
}
_ALIASES = {"h": "planck_constant", "ℏ": "hbar", "kB": "boltzmann_constant", "°": "degree"}
_CONSTANTS = {"planck_constant": "h", "dirac_constant": "hbar", "boltzmann_constant": "k_B"}

_NAME = r"[A-Za-zµμΩÅħℏ°][A-Za-zµμΩÅħℏ°_]*"
_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(rf"\s*([+-]?)\s*((?:{_NAME}\s*\*\s*)*)({_NUMBER})(.*)", re.DOTALL)
_TOKEN = re.compile(rf"\s*(?:({_NAME})(?:\s*(?:\*\*|\^)\s*(-?[1-9])(?![0-9.]))?|([*/()]))\s*")


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
        fields in T, inertias in s (I/hbar). A number in the base unit (`KINDS`) comes back bit for bit.

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
        number, unit = _read(text)
        if not unit.root and kind == "angle":
            return float(number)
        if not unit.root:
            raise _RefusedError(f"it has no unit; add one: {_UNITS[kind]}")
        scale = _SCALES[kind].get(unit.root)
        if scale is None:
            hint = _HINTS.get((kind, unit.root), f"write one of the units {_UNITS[kind]}")
            raise _RefusedError(f"this is {_word(unit)}, not {_a(kind)}; {hint}")
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
        number, own = _read(text)
        into = own if unit is None else _unit(unit.strip())
        if into == own:
            return float(number), own.text
        if into.root != own.root:
            raise _RefusedError(f"this is {_word(own)}, not {_word(into)}; use units of one dimension")
        return _times(number, own.factor / into.factor, 1.0), into.text


def is_number(text: str) -> bool:
    """Tell whether a text is one plain real number.

    Examples
    --------
    >>> is_number(" -1.5e3 "), is_number("5 ms"), is_number("nan")
    (True, False, False)
    """
    return re.fullmatch(rf"\s*[+-]?{_NUMBER}\s*", text) is not None


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
    return f"{value:.6g} {KINDS[kind].base}"


class _RefusedError(Exception):
    """Why a text is refused; `_refusing` adds the argument, the demand and the value."""


class _Unit(NamedTuple):
    text: str
    factor: Fraction
    root: Root


@contextmanager
def _refusing(argument: str, must: str, text: object, form: str = "") -> Iterator[None]:
    try:
        yield
    except _RefusedError as refusal:
        long = isinstance(text, str) and len(text) > LONGEST
        was = Shown(f"a text of {len(str(text))} characters" if long else _short(text))
        raise InputError(argument, must, was, f"{refusal}; {form}" if form else str(refusal)) from None


def _read(text: str) -> tuple[str, _Unit]:
    """Take a text apart into one finite number and a unit, by a grammar that can neither hang nor run anything."""
    if not isinstance(text, str):
        raise _RefusedError("write it as text, in quotes, with its unit")
    if len(text) > LONGEST:
        raise _RefusedError(f"write at most {LONGEST} characters")
    if not text.strip():
        raise _RefusedError("it is empty; write a number and a unit")
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise _RefusedError("begin with one finite number, then the unit")
    sign, constants, digits, rest = found.groups()
    value = float(digits)
    if math.isinf(value) or (value == 0 and re.search("[1-9]", re.split("[eE]", digits)[0])):
        raise _RefusedError("the number is too large or too small; write a finite number")
    return sign + digits, _unit(f"({constants.rstrip('* ')}) {rest}".strip() if constants else rest.strip())


@lru_cache(maxsize=1024)
def _unit(text: str) -> _Unit:
    """What a product of unit names is in base units."""
    powers = _powers(re.sub(r"^\*?\s*1\s*/", "/", text))
    factor, root = Fraction(1), Counter[str]()
    for name, power in powers.items():
        one, base = _base(name)
        factor *= one**power
        for unit, exponent in base:
            root[unit] += exponent * power
    above = "*".join(_raised(name, power) for name, power in powers.items() if power > 0)
    below = "".join(f"/{_raised(name, -power)}" for name, power in powers.items() if power < 0)
    result = _Unit(f"{above or '1'}{below}" if powers else "", factor, _root(**{n: p for n, p in root.items() if p}))
    if text and not result.root:
        raise _RefusedError(f"the units in {text!r} cancel; write a unit that is left")
    return result


def _powers(text: str) -> dict[str, int]:
    """The power of each unit name in what follows a number: names, ``*``, ``/``, parentheses, small exponents."""
    powers: Counter[str] = Counter()
    outer, sign, expected, at = [1], 1, False, 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        name, exponent, mark = token.groups() if token else (None, None, text[at:].split()[0])
        if name:
            powers[name] += outer[-1] * sign * int(exponent or 1)
            sign, expected = 1, False
        elif token and mark == "(":
            outer.append(outer[-1] * sign)
            sign, expected = 1, True
        elif token and mark == ")" and len(outer) > 1 and not expected:
            outer.pop()
        elif token and mark in "*/" and not expected:
            sign, expected = (1 if mark == "*" else -1), True
        else:
            raise _RefusedError(f"{mark!r} doesn't fit; {_GRAMMAR}")
        at = token.end() if token else len(text)
    if expected or len(outer) > 1:
        raise _RefusedError(f"it breaks off; {_GRAMMAR}")
    return {name: power for name, power in powers.items() if power}


_GRAMMAR = "write one number and then its unit, such as 'Hz', 'rad/s', '1/s' or 'kg*m**2'"


@cache
def _registry() -> pint.UnitRegistry[Any]:
    """Pint's registry, read from a per-user cache where there is a usable one (0.01 s instead of 0.16 s)."""
    import pint

    try:
        import platformdirs

        folder = platformdirs.user_cache_path("mesodyn", appauthor=False) / f"pint-{pint.__version__}"
        return pint.UnitRegistry(on_redefinition="ignore", cache_folder=folder)
    except Exception:  # unwritable, full, broken or half written: the cache is only for speed
        return pint.UnitRegistry(on_redefinition="ignore")


@lru_cache(maxsize=1024)
def _base(name: str) -> tuple[Fraction, Root]:
    """One unit name as a factor and powers of base units; G is 1e-4 T, and Hz isn't 1/s."""
    registry = _registry()
    try:
        full = registry.get_name(_ALIASES.get(name, name))
        if full in _CONSTANTS:
            return Fraction(1), _root(**{_CONSTANTS[full]: 1})
        zero, one = (registry.Quantity(x, full.replace("gauss", "tesla")).to_base_units() for x in (0.0, 1.0))
    except Exception:  # pint raises many types for a name that it can't use
        raise _RefusedError(f"there is no unit {name!r}{_nearest(name)}") from None
    if full.startswith("delta_") or zero.magnitude != 0:
        raise _RefusedError(f"{name!r} doesn't count from zero; write a unit that does, such as K")
    powers: dict[str, Any] = dict(one.unit_items())
    if not powers or any(power != int(power) for power in powers.values()):
        raise _RefusedError(f"{name!r} isn't a unit that can be used here; {_GRAMMAR}")
    factor = _decimal(one.magnitude) / (10_000 if full.endswith("gauss") else 1)
    return factor, _HERTZ if full.endswith("hertz") else _root(**{base: int(power) for base, power in powers.items()})


def _decimal(factor: float) -> Fraction:
    """The short decimal that a factor stands for when it is off by rounding only, else the factor itself."""
    short = Fraction(f"{factor:.12g}")
    return short if abs(short - Fraction(factor)) <= 4 * Fraction(math.ulp(factor)) else Fraction(factor)


def _times(number: str, factor: Fraction, scale: float) -> float:
    value = float(number)
    if value == 0:  # keeps the sign of zero, and never expands 0e999999999
        return value
    try:
        result = float(Fraction(number) * factor) * scale
    except OverflowError:
        result = math.inf
    if math.isinf(result) or result == 0:
        raise _RefusedError("the number is too large or too small in base units; write a finite number")
    return result


def _nearest(name: str) -> str:
    import difflib

    usual = [prefix + unit for unit in ("s", "Hz", "eV", "K", "J", "T", "G") for prefix in ("", *"fpnumkMG")]
    near = [unit for unit in (*usual, "rad", "deg", "turn", "hour", "min") if unit.casefold() == name.casefold()]
    near = near or difflib.get_close_matches(name, [*usual, *_registry()], n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _word(unit: _Unit) -> str:
    if not unit.root:
        return "a number without a unit"
    ordered = sorted(unit.root, key=lambda item: (-item[1], item[0]))
    dimension = "*".join(_raised(name, power) for name, power in ordered)
    return _WORDS.get(unit.root, f"of dimension {dimension}")


def _short(value: object) -> str:
    return repr(value) if isinstance(value, str) else reprlib.repr(value)


def _raised(name: str, power: int) -> str:
    return name if power == 1 else f"{name}**{power}"


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
