"""Text with a unit, taken apart: one finite number and a product of unit names, by a grammar that can't be abused.

pint is only ever asked for single unit names; numbers and factors stay exact.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pint

LONGEST = 100  # characters in one quantity
Root = frozenset[tuple[str, int]]  # powers of the base units; hertz, h, hbar and k_B count as base units of their own


def root_of(**powers: int) -> Root:
    """Powers of base units by name."""
    return frozenset(powers.items())


HERTZ = root_of(hertz=1)
_ALIASES = {"h": "planck_constant", "ℏ": "hbar", "kB": "boltzmann_constant", "°": "degree"}
_CONSTANTS = {"planck_constant": "h", "dirac_constant": "hbar", "boltzmann_constant": "k_B"}

_NAME = r"[A-Za-zµμΩÅħℏ°][A-Za-zµμΩÅħℏ°_]*"
NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(rf"\s*([+-]?)\s*((?:{_NAME}\s*\*\s*)*)({NUMBER})(.*)", re.DOTALL)
_TOKEN = re.compile(rf"\s*(?:({_NAME})(?:\s*(?:\*\*|\^)\s*(-?[1-9])(?![0-9.]))?|([*/()]))\s*")


class RefusedError(Exception):
    """Why a text is refused; `_refusing` adds the argument, the demand and the value."""


class Unit(NamedTuple):
    """A product of units: as text, its factor to base units, and their powers."""

    text: str
    factor: Fraction
    root: Root


def read(text: str) -> tuple[str, Unit]:
    """Take a text apart into one finite number and a unit, by a grammar that can neither hang nor run anything."""
    if not isinstance(text, str):
        raise RefusedError("write it as text, in quotes, with its unit")
    if len(text) > LONGEST:
        raise RefusedError(f"write at most {LONGEST} characters")
    if not text.strip():
        raise RefusedError("it is empty; write a number and a unit")
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise RefusedError("begin with one finite number, then the unit")
    sign, constants, digits, rest = found.groups()
    value = float(digits)
    if math.isinf(value) or (value == 0 and re.search("[1-9]", re.split("[eE]", digits)[0])):
        raise RefusedError("the number is too large or too small; write a finite number")
    return sign + digits, unit_of(f"({constants.rstrip('* ')}) {rest}".strip() if constants else rest.strip())


@lru_cache(maxsize=1024)
def unit_of(text: str) -> Unit:
    """What a product of unit names is in base units."""
    powers = _powers(re.sub(r"^\*?\s*1\s*/", "/", text))
    factor, root = Fraction(1), Counter[str]()
    for name, power in powers.items():
        one, base = _base(name)
        factor *= one**power
        for unit, exponent in base:
            root[unit] += exponent * power
    above = "*".join(raised(name, power) for name, power in powers.items() if power > 0)
    below = "".join(f"/{raised(name, -power)}" for name, power in powers.items() if power < 0)
    result = Unit(f"{above or '1'}{below}" if powers else "", factor, root_of(**{n: p for n, p in root.items() if p}))
    if text and not result.root:
        raise RefusedError(f"the units in {text!r} cancel; write a unit that is left")
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
            raise RefusedError(f"{mark!r} doesn't fit; {_GRAMMAR}")
        at = token.end() if token else len(text)
    if expected or len(outer) > 1:
        raise RefusedError(f"it breaks off; {_GRAMMAR}")
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
            return Fraction(1), root_of(**{_CONSTANTS[full]: 1})
        zero, one = (registry.Quantity(x, full.replace("gauss", "tesla")).to_base_units() for x in (0.0, 1.0))
    except Exception:  # pint raises many types for a name that it can't use
        raise RefusedError(f"there is no unit {name!r}{_nearest(name)}") from None
    if full.startswith("delta_") or zero.magnitude != 0:
        raise RefusedError(f"{name!r} doesn't count from zero; write a unit that does, such as K")
    powers: dict[str, Any] = dict(one.unit_items())
    if not powers or any(power != int(power) for power in powers.values()):
        raise RefusedError(f"{name!r} isn't a unit that can be used here; {_GRAMMAR}")
    factor = _decimal(one.magnitude) / (10_000 if full.endswith("gauss") else 1)
    return factor, HERTZ if full.endswith("hertz") else root_of(**{base: int(power) for base, power in powers.items()})


def _decimal(factor: float) -> Fraction:
    """The short decimal that a factor stands for when it is off by rounding only, else the factor itself."""
    short = Fraction(f"{factor:.12g}")
    return short if abs(short - Fraction(factor)) <= 4 * Fraction(math.ulp(factor)) else Fraction(factor)


def _nearest(name: str) -> str:
    import difflib

    usual = [prefix + unit for unit in ("s", "Hz", "eV", "K", "J", "T", "G") for prefix in ("", *"fpnumkMG")]
    near = [unit for unit in (*usual, "rad", "deg", "turn", "hour", "min") if unit.casefold() == name.casefold()]
    near = near or difflib.get_close_matches(name, [*usual, *_registry()], n=2, cutoff=0.7)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def raised(name: str, power: int) -> str:
    """A unit with its power, as text."""
    return name if power == 1 else f"{name}**{power}"
