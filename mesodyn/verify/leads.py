"""What (15) and (27) take from their leads: where xi0 comes from, what entanglement gains, what beta needs."""

from __future__ import annotations

import numpy as np

from mesodyn.verify import fock, numerics
from mesodyn.verify.section import CONDITION, Draw, Equation, Found, Numbers, Section, labelled

MODES = 4


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """Gapped levels with tunnelling, states of them, and a superconductor of two sites in fields."""
    states = fock.complex_normal(rng, sets, 2**MODES)
    levels = rng.uniform(0.6, 2.0, (sets, 2))
    return {
        "levels": np.concatenate([levels, -levels], axis=1),
        "hop": 0.5 * fock.complex_normal(rng, sets, MODES),
        "symmetric_hop": np.tile(rng.uniform(0.3, 1.0, (sets, 2)), 2),
        "states": states / np.linalg.norm(states, axis=1, keepdims=True),
        "fields": rng.uniform(0.3, 0.8, (sets, 2)),
        "pairing": rng.uniform(0.5, 1.0, (sets, 2)),
        "across": rng.uniform(0.3, 0.6, sets),
        "source": rng.uniform(0.5, 1.0, sets),
    }


def paper(d: Draw) -> Found:
    """xi0 = sum |t|**2/|e|/2; no more than 1/4 of a field; an entangled lead gains xi0; no beta with conserved spin."""
    none = np.zeros(len(d["source"]))
    return {
        "stiffness": 0.5 * (np.abs(d["hop"]) ** 2 / np.abs(d["levels"])).sum(axis=1),
        "excess": none,
        "entangled": -_symmetric(d),
        "product": -0.5 * _symmetric(d),
        "pull": none,
    }


def _symmetric(d: Draw) -> Numbers:
    return 0.5 * (d["symmetric_hop"] ** 2 / np.abs(d["levels"])).sum(axis=1)


def printed(d: Draw) -> Found:
    """Mean field for the whole energy; no pull on the phase in any field."""
    return {"entangled": -0.5 * _symmetric(d), "pull_across": np.zeros(len(d["source"]))}


def package(d: Draw) -> Found:
    """`ND1N` on resonance."""
    from mesodyn.systems.normal_lead import ND1N

    return {"product": ND1N(detuning=0.0, stiffness=labelled(_symmetric(d))).equilibrium().energy.values}


def route(d: Draw) -> Found:
    """Explicit leads in Fock space, exact one-particle levels of dot and lead together."""
    at = numerics.nodes(0.004)
    exact = np.stack([_together(d, np.sqrt(y)) for y in at], axis=-1)
    response = np.stack([_sourced(d, np.sqrt(y))[0] for y in at], axis=-1)
    means = [np.einsum("pi,kij,pj->pk", s.conj(), fock.lowering(MODES), s) for s in (d["states"], _sourced(d, 1.0)[1])]
    fields = np.max([(np.abs(mean) ** 2).sum(axis=1) for mean in means], axis=0)
    response_at_one = numerics.coefficients(response, at, 2)[:, 1]
    symmetric = np.stack([_sourced(d | {"hop": d["symmetric_hop"]}, np.sqrt(y))[0] for y in at], axis=-1)
    return {
        "stiffness": -0.5 * response_at_one,
        "excess": np.maximum(fields - 0.25, 0),
        "entangled": numerics.coefficients(exact, at, 2)[:, 1],
        "product": 0.25 * numerics.coefficients(symmetric, at, 2)[:, 1],
        "pull": _pull(d, 0.0 * d["across"]),
        "pull_across": _pull(d, d["across"]),
    }


def _together(d: Draw, strength: float) -> Numbers:
    """What the dot's level at 0 gains from the lead: the sum of the filled exact one-particle levels."""
    whole = np.zeros((len(d["levels"]), MODES + 1, MODES + 1))
    whole[:, 1:, 1:] = d["levels"][:, :, None] * np.eye(MODES)
    whole[:, 0, 1:] = whole[:, 1:, 0] = strength * d["symmetric_hop"]
    filled = np.sort(np.linalg.eigvalsh(whole), axis=1)[:, : MODES // 2]
    return filled.sum(axis=1) - np.minimum(d["levels"], 0).sum(axis=1)


def _sourced(d: Draw, strength: float) -> tuple[Numbers, Numbers]:
    """What the lead gains from a number in the place of the dot's field, and its ground state."""
    c = fock.lowering(MODES)
    source = np.einsum("pk,kij->pij", strength * d["hop"], c)
    whole = np.einsum("pk,kji,kjl->pil", d["levels"], c, c, optimize=True) + source + fock.dagger(source)
    levels, kets = np.linalg.eigh(whole)
    return levels[:, 0] - np.minimum(d["levels"], 0).sum(axis=1), kets[:, :, 0]


def _pull(d: Draw, across: Numbers) -> Numbers:
    """How far the energy of a superconductor depends on the phase of a source of spin up, as cos(2 phi)."""
    c = fock.lowering(MODES)  # site 1 up, down, site 2 up, down
    s = fock.local_spin(MODES)
    hop = c[0].T @ c[2] + c[1].T @ c[3]
    pairs = np.array([c[0] @ c[1], c[2] @ c[3]])
    whole = np.einsum("pr,rij->pij", d["pairing"], pairs + pairs.swapaxes(1, 2)) + 0.7 * (hop + hop.T)
    whole = whole + np.einsum("pr,rij->pij", d["fields"], s[:, 2]) + across[:, None, None] * s[0, 0]
    energies = []
    for phase in (0.0, 0.5 * np.pi):
        source = d["source"][:, None, None] * np.exp(1j * phase) * c[0]
        energies.append(np.linalg.eigvalsh(whole + source + fock.dagger(source))[:, 0])
    return energies[1] - energies[0]


SECTION = Section(
    title="Leads",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    printed=printed,
    equations=(
        Equation(
            "a fermion lead",
            "xi0 of a lead of four levels; the sum of |<c_k>|^2 in random states",
            "the lead with a number for the dot's field, in Fock space, to second order",
            ("stiffness", "excess"),
            "xi0 = sum |t_k|^2/|e_k| / 2: it grows as a logarithm when the levels reach the Fermi level. No state has "
            "a sum of |<c_k>|^2 above 1/4: a field of single fermions is never large.",
            CONDITION,
            1e-8,
        ),
        Equation(
            "an entangled lead",
            "the energy of dot and lead on resonance, to second order",
            "exact one-particle levels of dot and lead together; a product of dot and lead",
            ("entangled", "product"),
            "Mean field gains xi0/2; the exact ground state of a fermion lead gains xi0, and entangles dot and lead.",
            CONDITION,
            1e-8,
        ),
        Equation(
            "the source's spin",
            "the dependence of a superconductor's energy on the phase of a source of spin up",
            "two superconducting sites with source in Fock space, in fields along and across the spin",
            ("pull", "pull_across"),
            "beta of (27) is 0 while the spin along the dot's polarisation is conserved, and not with a field across.",
            CONDITION,
        ),
    ),
)
