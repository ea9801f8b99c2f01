"""One point of the Bose junction, solved: the runs that an account is made of, and their weighted sum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ive

from mesodyn.errors import UnfinishedError
from mesodyn.experiments import bose_solvers as solvers
from mesodyn.experiments.bose_solvers import MEASURED, Array, Point, Record
from mesodyn.seeds import generator
from mesodyn.systems.bose_junction import poisson

LIGHT = 1e-9
"""Totals and phases that weigh less than this share are left out."""
SETTLED = {"quantum": 1e-5, "mean-field": 3e-3}
"""How little a record may move when the runs in a sum are doubled: mean fields have a kink at the separatrix."""
MOST_RUNS = 1024
"""Runs in a weighted sum at which one is given up."""
SHOWN = 16
"""Phases over which the fringe of a single run is averaged, where its phase is not fixed."""


def solve(point: Point) -> Record:
    """The record of one point: what is measured on average, and how large a single run's fringe is.

    Returns
    -------
    dict
        `MEASURED`, ``coherence_run`` (mean modulus over runs), ``z_error`` and ``coherence_error`` (standard
        errors, 0 without trajectories), all (moments,), and ``runs``.
    """
    if point.trajectories:
        return _drawn(point)
    found = _summed(point)
    if point.model == "quantum" and not np.isinf(point.sharpness) and not point.dephasing:
        found["coherence_run"] = _single(point)
    return found


def method_of(point: Point) -> str:
    """How a point is solved, in words."""
    how = {
        "mean-field": "explicit Runge-Kutta (DOP853)" if point.method == "auto" else "implicit Runge-Kutta (Radau)",
        "quantum": "tridiagonal spectrum" if point.method == "auto" else "explicit Runge-Kutta (DOP853)",
    }[point.model]
    if point.dephasing and not point.trajectories:
        return "master equation, " + ("Liouvillian" if solvers.master_method(point) == "auto" else "integrated")
    if point.dephasing:
        return f"{how}, noise as kicks {point.times[1] / point.kicks:.3g} apart, {point.trajectories} trajectories"
    return f"{how}, {point.trajectories} trajectories" if point.trajectories else how


# -- weighted sums ---------------------------------------------------------------------------------------------------


def _summed(point: Point) -> Record:
    """The weighted sum over totals (and in the mean field phases), with more of them until it no longer moves."""
    known: dict[int, Record] = {}
    settled = SETTLED[point.model]
    before, level = None, 0
    while True:
        found = _quantum_sum(point, level, known) if point.model == "quantum" else _field_sum(point, level)
        last = point.model == "quantum" and _totals(point, level)[2] == 1
        if last or (point.account == "conserving" and np.isinf(point.sharpness)):
            return found
        if before is not None:
            moved = max(np.abs(found[name] - before[name]).max() for name in ("z", "coherence"))
            if moved <= settled:
                return found
        if found["runs"] > MOST_RUNS:
            raise UnfinishedError(
                f"the average over totals and phases did not settle to {settled:g} with {found['runs']} runs; "
                "ask for trajectories (drawn runs), a shorter duration or fewer particles"
            )
        before, level = found, level + 1


def _totals(point: Point, level: int) -> tuple[Array, Array, int]:
    """The Poisson window of totals, every so many of them: the sum over a smooth distribution needs no more."""
    if point.account == "conserving":
        return np.array([point.particles]), np.ones(1), 1
    far = reach(point.particles)
    window = np.arange(max(0, point.particles - far), point.particles + far + 1)
    weights = poisson(point.particles, window)
    heavy = window[weights > LIGHT * weights.max()]
    stride = max(1, len(heavy) // 12 >> level)
    chosen = heavy[(heavy - point.particles) % stride == 0]
    shares = poisson(point.particles, chosen)
    return chosen, shares / shares.sum(), stride


def reach(particles: int) -> int:
    """How far totals of a Poisson distribution lie from their mean."""
    return int(7 * np.sqrt(particles) + 10)


def _quantum_sum(point: Point, level: int, known: dict[int, Record]) -> Record:
    """The sum over totals; in each the phase is averaged in the density matrix."""
    totals, shares, _ = _totals(point, level)
    for total in totals.tolist():
        if total not in known:
            alone = replace(point, particles=total)
            run = solvers.pure if np.isinf(point.sharpness) else solvers.averaged
            known[total] = _scaled(point, total, solvers.master(alone) if point.dephasing else run(alone))
    found = {
        name: np.sum([w * known[n][name] for n, w in zip(totals.tolist(), shares, strict=True)], axis=0)
        for name in (*MEASURED, "coherence_run")
    }
    return found | _certain(point, len(totals))


def _single(point: Point) -> Array:
    """The contrast of one run's fringe, averaged over phases at the start: density matrices do not hold it."""
    phases, weights = _phases(point, SHOWN)
    runs = [np.abs(solvers.pure(replace(point, phase=float(phase)))["coherence"]) for phase in phases]
    return np.asarray(weights @ np.array(runs))


def _field_sum(point: Point, level: int) -> Record:
    """The sum over totals and phases, all side by side."""
    totals, shares, _ = _totals(point, level)
    phases, weights = _phases(point, 32 << level)
    counts, turned = (grid.ravel() for grid in np.meshgrid(totals, phases, indexing="ij"))
    weight = np.multiply.outer(shares, weights).ravel()
    states = solvers.field_flow(point, counts, turned, point.times)
    runs = _scaled(point, counts, solvers.field_measured(point, counts, states))
    return {name: value @ weight for name, value in runs.items()} | _certain(point, len(weight))


def _certain(point: Point, runs: int) -> Record:
    zero = np.zeros(len(point.times))
    return {"z_error": zero, "coherence_error": zero, "runs": np.array(runs)}


def _phases(point: Point, count: int) -> tuple[Array, Array]:
    """Phases at the start, evenly spaced, weighted by Boltzmann's factor of the link's energy."""
    sharp = point.sharpness
    if np.isinf(sharp):
        return np.array([point.phase]), np.ones(1)
    wide = min(np.pi, 7 / np.sqrt(sharp)) if sharp > 0 else np.pi
    away = wide * (np.arange(count) * 2 / count - 1)
    weights = np.exp(sharp * (np.cos(away) - 1))
    return point.phase + away, weights / weights.sum()


# -- drawn runs ------------------------------------------------------------------------------------------------------


def _drawn(point: Point) -> Record:
    """The mean over runs, each with its own total, phase and noise, all drawn from its own generator."""
    sources = [generator(point.seed, point.index, run) for run in range(point.trajectories)]
    totals, phases = (np.array(each) for each in zip(*(_draw(point, source) for source in sources), strict=True))
    angles = np.zeros((len(point.times) - 1, point.kicks, len(sources)))
    if point.dephasing:
        size = np.sqrt(2 * point.dephasing * (point.times[1] - point.times[0]) / point.kicks)
        angles = size * np.stack([source.standard_normal(angles.shape[:2]) for source in sources], axis=-1)
    runs = _quantum_drawn(point, totals, phases, angles)
    if point.model == "mean-field":
        states = solvers.field_kicked(point, totals, phases, angles)
        runs = solvers.field_measured(point, totals, states)
    runs = _scaled(point, totals, runs)
    found = {name: value.mean(axis=1) for name, value in runs.items()}
    root = np.sqrt(max(len(sources) - 1, 1))
    found |= {f"{name}_error": runs[name].std(axis=1) / root for name in ("z", "coherence")}
    return found | {"runs": np.array(len(sources))}


def _draw(point: Point, source: np.random.Generator) -> tuple[int, float]:
    """A run of the account: how many particles it has, and with which phase it starts."""
    total = point.particles if point.account == "conserving" else int(source.poisson(point.particles))
    away = 0.0 if np.isinf(point.sharpness) else float(source.vonmises(0.0, point.sharpness))
    return total, point.phase + away


def _quantum_drawn(point: Point, totals: Array, phases: Array, angles: Array) -> Record:
    """What is measured on kets (moments, runs), those with the same total side by side."""
    if point.model != "quantum":
        return {}
    shape = (len(point.times), len(totals))
    found: Record = {name: np.zeros(shape, complex if name == "coherence" else float) for name in MEASURED}
    for total in np.unique(totals):
        here = np.flatnonzero(totals == total)
        parts = solvers.quantum_kicked(replace(point, particles=int(total)), phases[here], angles[:, :, here])
        for moment, part in enumerate(parts):
            for name in MEASURED:
                found[name][moment, here] = part[name]
    return found


def _scaled(point: Point, totals: Any, run: Record) -> Record:
    """What runs with their own totals add to averages that are counted per mean particle."""
    share = totals / point.particles
    powers = {"z": 1, "z_squared": 2, "coherence": 1}
    found = {name: value * share ** powers.get(name, 0) for name, value in run.items()}
    return {"coherence_run": np.abs(run["coherence"])} | found


def thermal_contrast(sharpness: float) -> float:
    """``I_1/I_0``: what a thermal spread of the phase leaves of a fringe."""
    if np.isinf(sharpness):
        return 1.0
    return float(ive(1, sharpness) / ive(0, sharpness))
