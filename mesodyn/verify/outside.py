"""Section 5: a dot and a state outside it, equations (4)-(7), and the sentence after (7)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesodyn.verify import fock
from mesodyn.verify.section import MISPRINT, Draw, Equation, Found, Numbers, Section, labelled, matrix

MODES = 4  # the dot's three orbitals, then the state outside


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """An interacting dot, its tunnelling, and the numbers of (4) from its wave functions."""
    d = fock.draw_dot(rng, sets) | {"hop": 0.4 * fock.complex_normal(rng, sets, 3)}
    known = fock.by_hand(d)
    d["trap_energy"], added = known["energies"][:, 0], known["energies"][:, 1] - known["energies"][:, 0]
    d["detuning"] = rng.uniform(-1, 1, sets)
    d["outside"] = added - 2 * d["detuning"]
    d["delta"] = -(d["hop"] * known["F"]).sum(axis=1).conj()
    return d


def paper(d: Draw) -> Found:
    """(4) as a matrix, (5) as a density matrix, (6), (7)."""
    xi, delta, base = d["detuning"], d["delta"], d["trap_energy"] + d["outside"]
    radius = np.sqrt(np.abs(delta) ** 2 + xi**2)
    u2, v2 = 0.5 * (1 + xi / radius), 0.5 * (1 - xi / radius)
    uv = np.sqrt(u2 * v2) * delta / np.abs(delta)
    return {
        "matrix": _two_by_two(base, -delta.conj(), -delta, base + 2 * xi),
        "state": _two_by_two(u2, uv.conj(), uv, v2),
        "weight": v2,
        "energy": base + xi - radius,
        "purity": u2**2 + v2**2,
    }


def _two_by_two(*rows: Numbers) -> Numbers:
    return np.stack(np.broadcast_arrays(*rows), axis=-1).astype(complex).reshape(-1, 2, 2)


def printed(d: Draw) -> Found:
    """The sentence after (7): the dot's density matrix is that of a pure state."""
    return {"purity": np.ones(len(d["delta"]))}


def package(d: Draw) -> Found:
    """`ReservoirTrap`: Hamiltonian of one sector, ground state, equilibrium, fermion-safe reduced state."""
    from mesodyn import axes
    from mesodyn.systems.base import flat_values
    from mesodyn.systems.reservoir_trap import ReservoirTrap

    names = {"detuning": "detuning", "tunnelling": "delta", "outside_energy": "outside", "trap_energy": "trap_energy"}
    given: dict[str, Any] = {name: labelled(d[key]) for name, key in names.items()}
    trap = ReservoirTrap(n_c=1, **given)
    kept = trap.space.sector(2)
    found = trap.equilibrium()
    _, state = trap.prepare("conserving", "ground", flat_values(trap, axes.broadcast_axes(trap.values())))
    low, high = trap.states(2).values()
    weight = found.n_mean.values - 1
    kets = [np.sqrt(1 - w) * low + np.sqrt(w) * high for w in weight]
    reduced = np.array([trap.space.reduced(ket, ["trap"]).full() for ket in kets])
    return {
        "matrix": matrix(trap.terms())[:, kept][:, :, kept],
        "state": state,
        "weight": weight,
        "energy": found.energy.values,
        "purity": np.einsum("pij,pji->p", reduced, reduced).real,
    }


def route(d: Draw) -> Found:
    """Fock space of dot and outside: the full H between the dot's lowest levels, diagonalised; a partial trace."""
    c, dot = fock.lowering(MODES), fock.dot_hamiltonian(d, MODES)
    outer = c[3]
    hop = np.einsum("pr,ji,rjk->pik", d["hop"], outer, c[:3], optimize=True)
    total = dot + d["outside"][:, None, None] * (outer.T @ outer) + hop + fock.dagger(hop)
    number = fock.counts(MODES) - np.diag(outer.T @ outer)
    inside = np.where(np.diag(outer.T @ outer) == 0, number, -1)
    (_, low), (_, high) = (fock.lowest(dot, inside, n) for n in (1, 2))
    kets = np.stack([low @ outer, high], axis=1)  # |N_c> with the particle put outside; |N_c + 1>
    found = np.einsum("pai,pij,pbj->pab", kets.conj(), total, kets, optimize=True)
    levels, vectors = np.linalg.eigh(found)
    ground = vectors[:, :, 0]
    whole = np.einsum("pa,pai->pi", ground, kets).reshape(-1, 8, 2)  # dot, outside
    reduced = np.einsum("pix,pjx->pij", whole, whole.conj())
    return {
        "matrix": found,
        "state": ground[:, :, None] * ground[:, None, :].conj(),
        "weight": np.abs(ground[:, 1]) ** 2,
        "energy": levels[:, 0],
        "purity": np.einsum("pij,pji->p", reduced, reduced).real,
    }


ROUTE = "Fock space of three interacting orbitals and the state outside, between the lowest levels of 1 and 2 particles"

SECTION = Section(
    title="A dot and a state outside",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    printed=printed,
    equations=(
        Equation("4", "the Hamiltonian of the two charge states", ROUTE, ("matrix",), "Right."),
        Equation("5", "the ground state, as a density matrix", ROUTE, ("state",), "Right."),
        Equation("6", "the weight v^2 of N_c + 1", ROUTE, ("weight",), "Right: large xi > 0 leaves N = N_c."),
        Equation("7", "the ground energy", ROUTE, ("energy",), "Right; the upper level lies 2R above it."),
        Equation(
            "after (7)",
            "the purity of the dot by itself",
            "partial trace over the state outside in Fock space",
            ("purity",),
            "Wrong sentence: with the total number conserved the dot alone is the mixture diag(u^2, v^2), with purity "
            "u^4 + v^4; what is not zero is the correlation with the outside.",
            MISPRINT,
        ),
    ),
)
