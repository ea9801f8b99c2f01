"""Section 6: a trap on a normal lead, equations (15)-(20) and (24), and their temperature."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesodyn.verify import fock, numerics
from mesodyn.verify.section import CONDITION, Draw, Equation, Found, Numbers, Section, labelled, matrix


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """Two lead modes (their energies and couplings make xi0), detunings in and out of the ordered range, kT."""
    coupling, energies = fock.complex_normal(rng, sets, 2), rng.uniform(0.5, 3.0, (sets, 2))
    stiffness = 0.5 * (np.abs(coupling) ** 2 / energies).sum(axis=1)
    scale = rng.uniform(0.4, 1.6, sets) / stiffness
    coupling, stiffness = coupling * np.sqrt(scale)[:, None], stiffness * scale
    ratio = np.where(rng.random(sets) < 0.8, rng.uniform(-0.8, 0.8, sets), rng.choice([-1, 1], sets) * 1.3)
    share = rng.uniform(0.2, 0.85, sets)
    onset = np.where(np.abs(ratio) < 1, np.abs(ratio) / np.arctanh(np.minimum(np.abs(ratio), 0.9)), 0.8)
    return {
        "coupling": coupling,
        "lead": energies,
        "stiffness": stiffness,
        "detuning": ratio * stiffness,
        "temperature": share * onset * stiffness,
        "phase": rng.uniform(-np.pi, np.pi, sets),
        "trial": fock.complex_normal(rng, sets),
    }


# -- the paper --------------------------------------------------------------------------------------------------------


def paper(d: Draw) -> Found:
    """(15)-(20), (24) at kT = 0; with temperature R = xi0 tanh(R/kT) as a condition that the route's R must obey."""
    xi, xi0, trial = d["detuning"], d["stiffness"], d["trial"]
    inside = np.abs(xi) < xi0
    order = np.where(inside, np.sqrt(np.maximum(xi0**2 - xi**2, 0)), 0.0)
    radius = np.where(inside, xi0, np.abs(xi))
    turn = np.exp(1j * d["phase"])
    filling = np.where(inside, (xi0 - xi) / (2 * xi0), np.where(xi > 0, 0.0, 1.0))
    coherence = 0.5 * order / radius * turn
    return {
        "matrix": _matrix(order**2 / (2 * xi0), xi, order * turn),
        "micro_energy": np.where(inside, -((xi0 - xi) ** 2) / (2 * xi0), np.minimum(2 * xi, 0)),
        "state": _state(1 - filling, coherence, filling),
        "functional": np.abs(trial) ** 2 / (2 * xi0) - np.sqrt(np.abs(trial) ** 2 + xi**2) + xi,
        "order": order,
        "energy": np.where(inside, -((xi0 - xi) ** 2) / (2 * xi0), np.minimum(2 * xi, 0)),
        "filling": filling,
        "number_of_pairs": np.where(inside, (xi0 - xi) / xi0, np.where(xi > 0, 0.0, 2.0)),
        "anomalous": order * turn / (2 * xi0),
        "condition": np.zeros(len(xi)),
        "warm_filling": np.where(inside, filling, 0.5 * (1 - np.tanh(xi / d["temperature"]))),
        "onset": np.where(inside, xi / np.arctanh(np.where(inside, xi / xi0, 0.5)), 0.0),
    }


def _matrix(lead: Numbers, xi: Numbers, order: Numbers) -> Numbers:
    return numerics.two_states(xi, order) + lead[:, None, None] * np.eye(2)


def _state(low: Numbers, coherence: Numbers, high: Numbers) -> Numbers:
    return np.stack([low, coherence.conj(), coherence, high], axis=-1).reshape(-1, 2, 2)


# -- the package ------------------------------------------------------------------------------------------------------


def package(d: Draw) -> Found:
    """`ND1N` and `ND2N`: equilibrium, Hamiltonian and ground state, cold and warm."""
    from mesodyn.systems.mean_field import spread
    from mesodyn.systems.normal_lead import ND1N, ND2N

    given: dict[str, Any] = {name: labelled(d[name]) for name in ("detuning", "stiffness", "phase")}
    trap, pair = ND1N(**given), ND2N(n_c=4, **given)
    _, values = spread(trap.values())
    cold = trap.equilibrium()
    hot = ND1N(**given, temperature=labelled(d["temperature"])).equilibrium()
    return {
        "matrix": matrix(trap.terms()),
        "micro_energy": cold.energy.values,
        "state": trap.prepare("superposition", "ground", values)[1],
        "order": cold.order_parameter.values,
        "energy": cold.energy.values,
        "filling": cold.n_mean.values,
        "number_of_pairs": pair.equilibrium().n_mean.values - 4,
        "anomalous": cold.anomalous_average.values,
        "warm_order": hot.order_parameter.values,
        "warm_filling": hot.n_mean.values,
        "warm_free_energy": hot.free_energy.values,
        "warm_energy": hot.energy.values,
        "onset": hot.critical_temperature.values,
        "entropy": hot.entropy.values,
        "heat": hot.specific_heat.values,
    }


# -- the route --------------------------------------------------------------------------------------------------------


def route(d: Draw) -> Found:
    """Brute minimisation over complex Delta of energies from diagonalised matrices; a microscopic lead for (15)."""
    xi, xi0, kT = d["detuning"], d["stiffness"], d["temperature"]
    turn = np.exp(1j * d["phase"])
    order, energy, state = minimum(xi, xi0, 0.0, turn)
    warm_order, free, warm_state = minimum(xi, xi0, kT, turn)
    radius = np.hypot(warm_order, xi)
    condition = np.where(warm_order > 0, radius - xi0 * np.tanh(radius / kT), 0.0)
    lead = warm_order**2 / (2 * xi0)
    filling = state[:, 1, 1].real
    return {
        "matrix": _matrix(order**2 / (2 * xi0), xi, order * turn),
        "micro_energy": _microscopic(d),
        "state": state,
        "functional": np.abs(d["trial"]) ** 2 / (2 * xi0)
        + np.linalg.eigvalsh(numerics.two_states(xi, d["trial"]))[:, 0],
        "order": order,
        "energy": energy,
        "filling": filling,
        "number_of_pairs": numerics.derivative(lambda x: minimum(xi + x, xi0, 0.0, turn)[1], 0.0),
        "anomalous": state[:, 1, 0],
        "warm_order": warm_order,
        "warm_filling": warm_state[:, 1, 1].real,
        "warm_free_energy": free,
        "warm_energy": lead + numerics.gibbs(numerics.two_states(xi, warm_order), kT)[1],
        "condition": condition,
        "onset": _onset(xi, xi0),
        "entropy": -numerics.derivative(lambda x: minimum(xi, xi0, kT + x, turn)[1], 0.0),
        "heat": numerics.derivative(lambda x: _mean_energy(xi, xi0, kT + x), 0.0),
    }


def minimum(xi: Numbers, xi0: Numbers, kT: Numbers | float, turn: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """|Delta|, free energy and state at the minimum over complex Delta.

    The root of the slope, from the numerical state, along one direction of the plane; then no point of a grid over the
    plane may lie lower.
    """

    def free(order: Numbers) -> tuple[Numbers, Numbers]:
        value, _, state = numerics.gibbs(numerics.two_states(xi, order), kT)
        return np.abs(order) ** 2 / (2 * xi0) + value, state

    def slope(size: Numbers) -> Numbers:
        return size / xi0 - 2 * (free(size * turn)[1][:, 1, 0] / turn).real

    tiny = 1e-6 * xi0
    size = np.where(slope(tiny) < 0, numerics.bisected(slope, tiny, 1.5 * xi0, 54), 0.0)
    energy, state = free(size * turn)
    for angle in (0.0, 0.9, 2.1, 3.3, 4.4, 5.5):
        for share in np.linspace(0.0, 1.5, 13):
            energy = np.minimum(energy, free(share * xi0 * np.exp(1j * angle))[0])
    return size, energy, state


def _mean_energy(xi: Numbers, xi0: Numbers, kT: Numbers) -> Numbers:
    size = minimum(xi, xi0, kT, np.ones(len(xi)))[0]
    return size**2 / (2 * xi0) + numerics.gibbs(numerics.two_states(xi, size), kT)[1]


def _onset(xi: Numbers, xi0: Numbers) -> Numbers:
    """The kT at which Delta = 0 stops being a maximum: halving on the slope at a small Delta."""
    tiny = 1e-5 * xi0

    def upwards(kT: Numbers) -> Numbers:
        state = numerics.gibbs(numerics.two_states(xi, tiny), kT)[2]
        return tiny / xi0 - 2 * state[:, 1, 0].real

    low = 1e-3 * xi0
    return np.where(upwards(low) < 0, numerics.bisected(upwards, low, 2 * xi0, 50), 0.0)


def _microscopic(d: Draw) -> Numbers:
    """The lowest energy of the dot and two classical lead modes: sum of w |eta|**2 + the lowest level."""
    eta = 0.3 * np.ones(d["coupling"].shape, complex)
    for _ in range(120):
        delta = -(eta * d["coupling"]).sum(axis=1)
        lowering = numerics.gibbs(numerics.two_states(d["detuning"], delta), 0.0)[2][:, 1, 0]
        eta = -d["coupling"].conj() / d["lead"] * lowering[:, None]
    delta = -(eta * d["coupling"]).sum(axis=1)
    stored = (d["lead"] * np.abs(eta) ** 2).sum(axis=1)
    return stored + np.linalg.eigvalsh(numerics.two_states(d["detuning"], delta))[:, 0]


BRUTE = "brute minimisation over complex Delta of an energy from diagonalised 2x2 matrices"
WARM = ("warm_order", "warm_filling", "warm_free_energy", "warm_energy", "condition", "onset")

SECTION = Section(
    title="A trap on a normal lead",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    equations=(
        Equation(
            "15",
            "the energy of dot and lead, with xi0 from the lead's modes; the Hamiltonian at the minimum",
            "minimisation over the amplitudes of two explicit lead modes; " + BRUTE,
            ("micro_energy", "matrix"),
            "Right as a product-state functional with 2 xi0 = sum |t_k|^2/w_k. A gapless fermion lead makes xi0 "
            "diverge as a logarithm, and entanglement with a fermion lead gains as much energy again.",
            CONDITION,
            1e-9,
        ),
        Equation("16", "the ground state, as a density matrix", BRUTE, ("state",), "Right.", tolerance=1e-9),
        Equation("17", "the energy at any Delta, and at its minimum", BRUTE, ("functional", "energy"), "Right."),
        Equation("18", "|Delta|", BRUTE, ("order",), "Right; 0 for |xi| >= xi0.", tolerance=1e-9),
        Equation(
            "19",
            "the energy and <N>",
            f"{BRUTE}; the weight in the numerical ground state",
            ("energy", "filling"),
            "Right; outside of |xi| < xi0 the energy is 0 or 2 xi. A transition of second order.",
            tolerance=1e-9,
        ),
        Equation("20", "<Psi>/F", f"{BRUTE}; its coherence", ("anomalous",), "Right.", tolerance=1e-9),
        Equation(
            "18-20 at T > 0",
            "|Delta|, <N>, energies, kT_c; R = xi0 tanh(R/kT)",
            "the same with free energies; kT_c by halving on the slope at a small Delta",
            WARM,
            "With the lead's constants independent of T: <N> of the ordered phase does not depend on T, and "
            "kT_c = |xi|/artanh(|xi|/xi0).",
            tolerance=1e-8,
        ),
        Equation(
            "entropy and heat",
            "entropy and specific heat",
            "differences in T of sixth order of the brute minima",
            ("entropy", "heat"),
            "Derivatives of the minimum over Delta; the heat jumps at T_c.",
            tolerance=1e-6,
        ),
        Equation(
            "24",
            "<N> of the trap on a lead of pairs",
            "dE/dxi by differences of sixth order of the brute minimum",
            ("number_of_pairs",),
            "Right: N_c + (xi0 - xi)/xi0, twice the slope of (19).",
            tolerance=1e-8,
        ),
    ),
)
