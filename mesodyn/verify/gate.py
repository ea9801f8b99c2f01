"""Section 6: the gate and what xi is, equations (8)-(10)."""

from __future__ import annotations

import numpy as np

from mesodyn.verify import fock
from mesodyn.verify.section import CONDITION, Draw, Equation, Found, Numbers, Section, labelled, matrix


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """An interacting dot with E(N) from wave functions, a gate voltage, its lever arm and a chemical potential."""
    d = fock.draw_dot(rng, sets)
    d |= {name: rng.uniform(-2, 2, sets) for name in ("voltage", "arm", "potential")}
    return d | {"energies": fock.by_hand(d)["energies"]}


def paper(d: Draw) -> Found:
    """2 xi = mu_c + mu_ext - mu for one particle, and twice that for a pair: xi = mu_c^(2) + mu_ext - mu."""
    bias = d["arm"] * d["voltage"] - d["potential"]
    one, pair = 0.5 * (_critical(d, 1) + bias), _critical(d, 2) + bias
    return {"xi_1": one, "xi_2": pair, "levels_1": _levels(one), "levels_2": _levels(pair)}


def _critical(d: Draw, k: int) -> Numbers:
    return (d["energies"][:, k] - d["energies"][:, 0]) / k


def _levels(xi: Numbers) -> Numbers:
    return np.sort(np.stack([0 * xi, 2 * xi], axis=1), axis=1)


def printed(d: Draw) -> Found:
    """(10) with the xi of (8): half of what it must be."""
    return {"xi_2": 0.5 * (_critical(d, 2) + d["arm"] * d["voltage"] - d["potential"])}


def package(d: Draw) -> Found:
    """`ND1N.from_gate`, `ND2N.from_gate`, and the levels of their Hamiltonian without a lead."""
    from mesodyn.systems.normal_lead import ND1N, ND2N

    found = {}
    for k, kind in ((1, ND1N), (2, ND2N)):
        names = {"gate_voltage": d["voltage"], "lever_arm": d["arm"], "chemical_potential": d["potential"]}
        given = names | {"critical_potential": _critical(d, k)}
        trap = kind.from_gate(stiffness=0.0, **{name: labelled(value) for name, value in given.items()})
        found[f"xi_{k}"] = trap.detuning.values
        found[f"levels_{k}"] = np.linalg.eigvalsh(matrix(trap.terms()))
    return found


def route(d: Draw) -> Found:
    """H + (mu_ext - mu) N in Fock space: half the distance of the lowest levels with 1 and 1 + k particles."""
    number = fock.counts(3)
    shift = d["arm"] * d["voltage"] - d["potential"]
    whole = fock.dot_hamiltonian(d) + shift[:, None, None] * np.diag(number)
    lowest = [fock.lowest(whole, number, n)[0] for n in (1, 2, 3)]
    found = {}
    for k in (1, 2):
        found[f"xi_{k}"] = 0.5 * (lowest[k] - lowest[0])
        found[f"levels_{k}"] = np.sort(np.stack([0 * shift, lowest[k] - lowest[0]], axis=1), axis=1)
    return found


ROUTE = "lowest levels of 1, 2, 3 particles of an interacting dot in Fock space, gate and chemical potential included"

SECTION = Section(
    title="The gate",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    printed=printed,
    equations=(
        Equation("8", "xi against gate and chemical potential", ROUTE, ("xi_1",), "Right."),
        Equation("9", "the levels without tunnelling", ROUTE, ("levels_1",), "Right."),
        Equation(
            "10",
            "xi of a pair against gate and chemical potential, and the levels",
            ROUTE,
            ("xi_2", "levels_2"),
            "Right, but the paper does not say what xi is here: xi = mu_c^(2) + mu_ext - mu, with twice the slope of "
            "(8). With the xi of (8) it fails.",
            CONDITION,
        ),
    ),
)
