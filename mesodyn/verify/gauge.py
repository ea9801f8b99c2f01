"""Sections 3 and 4: the gauge transformation (1), states (2) and (3), the full turn and the reversal of time."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from mesodyn.verify import fock
from mesodyn.verify.section import CONDITION, Draw, Equation, Found, Numbers, Section, labelled

CORES = (0, 1, 2)
MODES = 6  # three orbitals with spin


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """Weights, phases, gauge angles, orbitals, and one axis of rotation."""
    axis = rng.normal(size=3)
    return {
        "weight": rng.uniform(0.05, 0.95, sets),
        "phase": rng.uniform(-np.pi, np.pi, sets),
        "angle": rng.uniform(-np.pi, np.pi, sets),
        "orbitals": fock.unitary(rng, sets, 3),
        "axis": axis / np.linalg.norm(axis),
    }


# -- the paper --------------------------------------------------------------------------------------------------------


def paper(d: Draw) -> Found:
    """N = N_c + k v**2; <Psi> and <Psi Psi> are u v exp(i phi); phi goes to phi + k f, and by pi under full turns."""
    uv = np.sqrt(d["weight"] * (1 - d["weight"])) * np.exp(1j * d["phase"])
    found = {"turned_field": np.exp(1j * d["angle"])[:, None, None, None] * fock.lowering(3)}
    for name, k in (("single", 1), ("pair", 2)):
        sign = (-1) ** k
        found |= {
            f"{name}_number": np.array([core + k * d["weight"] for core in CORES]),
            f"{name}_field": _each(uv if k == 1 else 0 * uv),
            f"{name}_pair_field": _each(uv if k == 2 else 0 * uv),
            f"{name}_gauged": _each(uv * np.exp(1j * k * d["angle"])),
            f"{name}_full_turn": _each(sign * uv),
            f"{name}_reversed_twice": _each(sign * uv),
        }
    return found


def _each(values: Numbers) -> Numbers:
    return np.stack([values] * len(CORES))


# -- the package ------------------------------------------------------------------------------------------------------


def package(d: Draw) -> Found:
    """`ReservoirTrap` prepared in (2) and (3); `gauge`, `rotation`, `time_reversal` acting on it."""
    from mesodyn.numberspace import NumberSpace, Site
    from mesodyn.ordering import gauge

    space = NumberSpace(tuple(Site(f"{core}", core, fermionic=True) for core in CORES))
    fields = np.array([space.field(f"{core}")[0].full() for core in CORES])
    turns = np.array([gauge(space, f).full() for f in d["angle"]])
    found = {
        "gauge": np.einsum("pii->pi", turns),
        "turned_field": np.einsum("pji,rjk,pkl->pril", turns.conj(), fields, turns, optimize=True),
    }
    for name, k in (("single", 1), ("pair", 2)):
        parts = [_prepared(d, core, k) for core in CORES]
        found |= {f"{name}_{key}": np.stack([part[key] for part in parts]) for key in parts[0]}
    return found


def _prepared(d: Draw, core: int, k: int) -> dict[str, Numbers]:
    from mesodyn import axes
    from mesodyn.ordering import gauge, rotation
    from mesodyn.systems.base import flat_values
    from mesodyn.systems.reservoir_trap import ReservoirTrap

    trap = ReservoirTrap(weight=labelled(d["weight"]), phase=labelled(d["phase"]), n_c=core, step=k)
    _, state = trap.prepare("superposition", "ground", flat_values(trap, axes.broadcast_axes(trap.values())))
    field, number = trap.space.local_field("trap")[0].full(), trap.space.number("trap").full()
    turns = np.array([gauge(trap.space, f).full() for f in d["angle"]])
    full = rotation(trap.space, 2 * np.pi, d["axis"].tolist()).full()

    def mean(operator: Numbers, of: Numbers) -> Numbers:
        return np.einsum("ij,pji->p", operator, of)

    amplitude = mean(field, state)
    return {
        "number": mean(number, state).real,
        "field" if k == 1 else "pair_field": amplitude,
        "gauged": mean(field, turns @ state @ turns.conj().swapaxes(1, 2)),
        "full_turn": mean(field, full @ state @ full.conj().T),
        "reversed_twice": amplitude * _sign_of_double_reversal(core, k),
    }


def _sign_of_double_reversal(core: int, k: int) -> float:
    """What T**2 makes of the coherence |N_c + k><N_c| of a trap whose spin isn't held."""
    from mesodyn.numberspace import NumberSpace, Site
    from mesodyn.ordering import time_reversal

    odd = core % 2
    spins = (0.5 * odd, 0.5 * odd if k == 2 else 0.5 * (1 - odd))
    space = NumberSpace((Site("trap", core, k, spins=spins, fermionic=True),))
    field = space.field("trap")[0]
    twice = time_reversal(space, time_reversal(space, field.dag()))
    return float(((field @ twice).tr() / (field @ field.dag()).tr()).real)


# -- the route --------------------------------------------------------------------------------------------------------


def route(d: Draw) -> Found:
    """Six modes with spin: states built by creation operators; exponentials of the number and of the spin."""
    c, total = fock.lowering(3), fock.counts(3)[None] + sum(CORES)
    turns = np.array([expm(1j * f * np.diag(total[0])) for f in d["angle"]])
    found = {
        "gauge": np.einsum("pii->pi", turns),
        "turned_field": np.einsum("pji,rjk,pkl->pril", turns.conj(), c, turns, optimize=True),
    }
    for name, k in (("single", 1), ("pair", 2)):
        parts = [_built(d, core, k) for core in CORES]
        found |= {f"{name}_{key}": np.stack([part[key] for part in parts]) for key in parts[0]}
    return found


def _built(d: Draw, core: int, k: int) -> dict[str, Numbers]:
    """The state of N_c + 0 or k particles, all in the orbitals of this set, and what the operators say about it."""
    f, g, h = np.moveaxis(d["orbitals"], 2, 0)
    empty = np.zeros((len(f), 2**MODES), complex)
    empty[:, 0] = 1
    low = empty
    for spin in range(core):
        low = _filled(low, g, spin)
    high = _filled(low, f, 0) if k == 1 else _filled(_filled(low, h, 1), f, 0)
    amplitude = np.sqrt(d["weight"]) * np.exp(1j * d["phase"])
    ket = np.sqrt(1 - d["weight"])[:, None] * low + amplitude[:, None] * high
    number, x_y_z = fock.counts(MODES), fock.spin(MODES)
    full = expm(-2j * np.pi * np.einsum("x,xij->ij", d["axis"], x_y_z))
    reversal = expm(-1j * np.pi * x_y_z[1])  # times the complex conjugation
    twice = reversal @ reversal.conj()
    gauged = np.exp(1j * d["angle"][:, None] * number) * ket
    own = _field if k == 1 else _pair_field
    return {
        "number": (np.abs(ket) ** 2 * number).sum(axis=1),
        "field": _field(ket, f, h),
        "pair_field": _pair_field(ket, f, h),
        "gauged": own(gauged, f, h),
        "full_turn": own(ket @ full.T, f, h),
        "reversed_twice": own(ket @ twice.T, f, h),
    }


def _filled(ket: Numbers, orbital: Numbers, spin: int) -> Numbers:
    c = fock.lowering(MODES)[spin::2]
    return np.einsum("pr,rji,pj->pi", orbital, c, ket, optimize=True)


def _emptied(ket: Numbers, orbital: Numbers, spin: int) -> Numbers:
    c = fock.lowering(MODES)[spin::2]
    return np.einsum("pr,rij,pj->pi", orbital.conj(), c, ket, optimize=True)


def _field(ket: Numbers, f: Numbers, h: Numbers) -> Numbers:
    """<Psi(r)> along F: sum_r F(r)* <Psi(r)>."""
    return np.einsum("pi,pi->p", ket.conj(), _emptied(ket, f, 0))


def _pair_field(ket: Numbers, f: Numbers, h: Numbers) -> Numbers:
    """<Psi Psi> along F(r, r')."""
    return np.einsum("pi,pi->p", ket.conj(), _emptied(_emptied(ket, f, 0), h, 1))


ROUTE = "states of 6 spinful fermion modes, exponentials of number and spin operators, -i pi S_y and conjugation"
KEYS = ("number", "field", "pair_field", "gauged", "full_turn", "reversed_twice")

SECTION = Section(
    title="Superpositions of number",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    equations=(
        Equation(
            "1",
            "exp(iNf) and the fields it turns",
            "explicit fermion operators and the exponential of their number",
            ("gauge", "turned_field"),
            "Right: U^+ Psi U = exp(if) Psi.",
        ),
        Equation(
            "2",
            "<N>, <Psi>, <Psi Psi> of the state; its phase under a gauge turn, a full turn, T twice",
            ROUTE,
            tuple(f"single_{key}" for key in KEYS),
            "Right as algebra: N = N_c + v^2, phi goes to phi + f, and to phi + pi under R(2 pi) or T^2, for either "
            "parity of N_c. At mu_c every mixture has the same energy; nothing there selects this state.",
            CONDITION,
        ),
        Equation(
            "3",
            "the same for steps of two",
            ROUTE,
            tuple(f"pair_{key}" for key in KEYS),
            "Right: N = N_c + 2 v^2, <Psi> = 0, phi goes to phi + 2f, and stays under R(2 pi) and T^2.",
        ),
    ),
)
