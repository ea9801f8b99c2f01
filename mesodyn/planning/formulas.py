"""The formulas by which a lab derives one number from others; a derived number shows its own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mesodyn.errors import InputError, Shown, unknown_name
from mesodyn.planning import atoms
from mesodyn.units import HBAR, H

E = 1.602176634e-19
"""C, exact since 2019."""
M_E = 9.1093837139e-31
"""kg: electron mass (CODATA 2022)."""
BCS = 1.764
"""Gap at zero temperature over k_B T_c: pi exp(-gamma) of weak coupling."""
_CALL = re.compile(r"\s*([a-z_]+)\s*\(([^()]*)\)\s*")


@dataclass(frozen=True)
class Formula:
    """How one number follows from others.

    Attributes
    ----------
    takes
        Kinds of the arguments, in order.
    gives
        Kind of the result.
    compute
        From numbers in base units to a number in base units.
    text
        The formula and its source.
    """

    takes: tuple[str, ...]
    gives: str
    compute: Callable[..., float]
    text: str


def _breit_rabi(atom: str, field: float, state: str) -> float:
    return atoms.splitting(atom, field, int(state))


def _cranking(atom: str, field: float, state: str) -> float:
    return atoms.effective_splitting(atom, field, int(state))


def _spin_of(atom: str) -> float:
    return atoms.ATOMS[atom].spin


def _box(size: float, mass: float) -> float:
    return 3 * H**2 / (8 * mass * M_E * size**2) / HBAR


def _grain(size: float, wavelength: float) -> float:
    """Both spins of a level count as one level."""
    volume, wave_number = math.pi * size**3 / 6, 2 * math.pi / wavelength
    return 2 * math.pi**2 * HBAR / (M_E * wave_number * volume)


def _pair_tunnelling(gap: float, resistance: float) -> float:
    """Half the Josephson energy: what the charge states N and N + 2 are coupled by."""
    return gap * H / (16 * E**2 * resistance)


def _plasma(period: float, interaction: float) -> float:
    return math.pi / (period * math.sqrt(1 + interaction))


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "breit_rabi": Formula(
            ("choice", "magnetic field", "choice"),
            "energy",
            _breit_rabi,
            "splitting to the next level: Breit, Rabi, Phys. Rev. 38, 2082 (1931)",
        ),
        "cranking": Formula(
            ("choice", "magnetic field", "choice"),
            "energy",
            _cranking,
            "F/I with the cranking moment of inertia I = 2 sum |<l|F_m|k>|^2/(E_l - E_k) of Breit-Rabi states: "
            "the splitting of a plain spin F with the same phase error",
        ),
        "spin_of": Formula(("choice",), "number", _spin_of, "F of the atom's lowest level"),
        "harmonic": Formula(("energy",), "energy", lambda omega: omega, "h nu of a harmonic trap"),
        "box": Formula(
            ("length", "number"), "energy", _box, "3 h^2/(8 m L^2): the two lowest levels of a box of length L"
        ),
        "grain": Formula(
            ("length", "length"),
            "energy",
            _grain,
            "2 pi^2 hbar^2/(m k_F V), k_F = 2 pi/lambda_F, V = pi d^3/6: free electrons in a sphere",
        ),
        "bcs": Formula(
            ("temperature",),
            "energy",
            lambda critical: BCS * critical,
            "1.764 k_B T_c: Bardeen, Cooper, Schrieffer, Phys. Rev. 108, 1175 (1957)",
        ),
        "pair_tunnelling": Formula(
            ("energy", "resistance"),
            "energy",
            _pair_tunnelling,
            "E_J/2 with E_J = h Delta/(8 e^2 R): Ambegaokar, Baratoff, Phys. Rev. Lett. 10, 486 (1963), at T = 0",
        ),
        "josephson_voltage": Formula(
            ("energy",),
            "energy",
            lambda gap: math.pi * gap / 2,
            "e I_c R = pi Delta/2: Ambegaokar, Baratoff, Phys. Rev. Lett. 10, 486 (1963), at T = 0",
        ),
        "charging": Formula(("capacitance",), "energy", lambda capacitance: E**2 / capacitance / HBAR, "e^2/C"),
        "electron_zeeman": Formula(
            ("number", "magnetic field"), "energy", lambda g, field: g * atoms.MU_B * field / HBAR, "|g| mu_B B"
        ),
        "electron_moment": Formula(("number",), "number", lambda g: g / 2, "|g|/2 Bohr magnetons, of one spin 1/2"),
        "plasma": Formula(
            ("time", "number"),
            "energy",
            _plasma,
            "J = h/(2 T_p sqrt(1 + Lambda)): Smerzi et al., Phys. Rev. Lett. 79, 4950 (1997)",
        ),
        "one_over": Formula(("time",), "rate", lambda time: 1 / time, "1/T"),
        "equal": Formula(("energy",), "energy", lambda other: other, "the same number"),
    }
)
"""The formulas by name, as a lab's file calls them: ``formula = "breit_rabi(atom, field, state)"``."""
_SAME = {"temperature": "energy"}


def same_kind(one: str, other: str) -> bool:
    """Whether a number of one kind may stand for the other: an energy for a temperature."""
    return _SAME.get(one, one) == _SAME.get(other, other)


def parse(text: Any, where: str) -> tuple[Formula, list[str]]:
    """Take a call such as ``"bcs(critical_temperature)"`` apart: the formula, and the names of its arguments.

    Raises
    ------
    InputError
        When it is no call of one of `FORMULAS` with the right number of names.
    """
    found = _CALL.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        must = "one call of names, such as 'bcs(critical_temperature)'"
        raise InputError(where, must, text, f"known: {', '.join(FORMULAS)}")
    if found[1] not in FORMULAS:
        raise unknown_name(where, found[1], FORMULAS)
    formula = FORMULAS[found[1]]
    names = [name.strip() for name in found[2].split(",")]
    if len(names) != len(formula.takes):
        must = f"given {len(formula.takes)} names ({', '.join(formula.takes)})"
        raise InputError(where, must, Shown(f"{text!r} with {len(names)}"))
    return formula, names
