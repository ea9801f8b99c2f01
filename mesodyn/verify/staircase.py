"""Section 4: Fig. 1, the number against the chemical potential, with parity and temperature."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesodyn.verify import numerics
from mesodyn.verify.section import CONDITION, Draw, Equation, Found, Numbers, Section, labelled

NUMBERS = np.arange(40)
LISTED = ((0.0, 1.5, 1.0, 4.5, 4.0, 9.0, 11.0), (0.0, 0.4, 1.3, 2.9, 5.0, 7.7))
"""Energies E(0), E(1), ...: the first with odd plateaus that parity has taken away."""


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """Parabolas with a parity term of either sign, weak and strong; chemical potentials off the steps; kT."""
    return {
        "charging": rng.uniform(0.5, 1.5, sets),
        "offset": rng.uniform(8, 12, sets),
        "parity": rng.uniform(-1, 1, sets),
        "potential": rng.uniform(-2, 2, sets),
        "temperature": rng.uniform(0.15, 0.6, sets),
    }


def paper(d: Draw) -> Found:
    """The steps mu_c = E(N') - E(N) per particle: of one particle between lasting plateaus, else of two."""
    charging, offset, parity = d["charging"], d["offset"], d["parity"]
    n = 2 * np.round(offset / 2)  # an even number
    single = np.abs(parity) < charging / 2
    kept = np.where(parity > 0, n, n + 1)  # the parity that stays
    one = charging * (n - offset + 0.5) + parity
    return {"step": np.where(single, one, charging * (kept + 1 - offset))}


def package(d: Draw) -> Found:
    """`Staircase`: equilibrium cold and warm, and its list of steps."""
    from mesodyn.systems.staircase import Staircase

    names = {"charging_energy": "charging", "offset": "offset", "parity_shift": "parity"}
    given: dict[str, Any] = {name: labelled(d[key]) for name, key in names.items()} | {
        "chemical_potential": labelled(d["potential"])
    }
    cold = Staircase(**given).equilibrium()
    warm = Staircase(**given, temperature=labelled(d["temperature"])).equilibrium()
    points: list[dict[str, Any]] = [{k: float(v[p]) for k, v in given.items()} for p in range(len(d["charging"]))]
    steps = [_next_step(Staircase(**point)) for point in points]
    return {
        "energy": cold.energy.values,
        "number": cold.n_mean.values,
        "warm_number": warm.n_mean.values,
        "number_slope": warm.n_mean.values,
        "free_energy": warm.free_energy.values,
        "step": np.array(steps),
        "listed": np.array([mu for energies in LISTED for _, _, mu in Staircase(energies=energies).transitions()]),
    }


def _next_step(system: Any) -> float:
    """The potential of the step that the paper's formula is about: from the even number next to the offset."""
    steps = system.transitions(0, 30)
    n = 2 * round(system.offset / 2)
    found = [mu for low, _, mu in steps if low == n] or [mu for low, _, mu in steps if low == n + 1]
    return float(found[0])


def route(d: Draw) -> Found:
    """Minima and sums over all N; steps by halving on the lowest N; differences in mu."""
    mu, kT = d["potential"], d["temperature"]
    lines = _energies(d) - mu[:, None] * NUMBERS
    return {
        "energy": lines.min(axis=1),
        "number": NUMBERS[lines.argmin(axis=1)],
        "warm_number": _mean(lines, kT),
        "number_slope": -numerics.derivative(lambda x: _grand(_energies(d) - (mu + x)[:, None] * NUMBERS, kT), 0.0),
        "free_energy": _grand(lines, kT),
        "step": _step(d),
        "listed": np.concatenate([_all_steps(np.array(energies)) for energies in LISTED]),
    }


def _energies(d: Draw) -> Numbers:
    away = NUMBERS - d["offset"][:, None]
    return 0.5 * d["charging"][:, None] * away**2 + d["parity"][:, None] * (NUMBERS % 2)


def _mean(lines: Numbers, kT: Numbers) -> Numbers:
    weights = np.exp(-(lines - lines.min(axis=1, keepdims=True)) / kT[:, None])
    return (weights * NUMBERS).sum(axis=1) / weights.sum(axis=1)


def _grand(lines: Numbers, kT: Numbers) -> Numbers:
    low = lines.min(axis=1)
    return low - kT * np.log(np.exp(-(lines - low[:, None]) / kT[:, None]).sum(axis=1))


def _step(d: Draw) -> Numbers:
    """Where the lowest N first exceeds the even number next to the offset (or the odd one above it)."""
    energies, n = _energies(d), 2 * np.round(d["offset"] / 2)
    start = np.where(d["parity"] <= -d["charging"] / 2, n + 1, n)

    def above(mu: Numbers) -> Numbers:
        return (energies - mu[:, None] * NUMBERS).argmin(axis=1) - start - 0.5

    return numerics.bisected(above, np.full(len(n), -12.0), np.full(len(n), 12.0))


def _all_steps(energies: Numbers) -> Numbers:
    """All potentials at which the lowest N changes, by halving between a fine grid's points."""
    numbers = np.arange(len(energies))

    def lowest(mu: Numbers) -> Numbers:
        return (energies - mu[:, None] * numbers).argmin(axis=1)

    grid = np.linspace(-1.01, 8.03, 2000)
    at = np.flatnonzero(np.diff(lowest(grid)))
    before = lowest(grid[at])
    return numerics.bisected(lambda mu: lowest(mu) - before - 0.5, grid[at], grid[at + 1])


SECTION = Section(
    title="The staircase",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    equations=(
        Equation(
            "Fig. 1",
            "the lower broken line, <N>, the steps; with parity and temperature",
            "minima and grand-canonical sums over all N, halving on the lowest N, differences in mu",
            ("energy", "number", "step", "listed", "warm_number", "number_slope", "free_energy"),
            "Right for convex E(N): E(N+1) + E(N-1) > 2 E(N). Where parity takes the odd plateaus away steps "
            "are of two.",
            CONDITION,
            1e-9,
        ),
    ),
)
