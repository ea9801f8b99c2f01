"""What is measured of a dot and the field of its lead after a jump of the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import quench_theory as theory
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.settling import turning_rate

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.self_consistent import SelfConsistent

FAINT = 1e-7
"""Below this modulus, in stiffnesses, a field has no phase."""
SEPARATRIX = 1e-6
"""Closer than this to m = 1 the period is that of what rounding started."""
COARSE = 0.15
"""The longest step of a record from which a period is read, in periods of the fastest swing."""
KEPT = 100
"""How many tolerances what is conserved may drift by."""
SOURCE = "PHYSICS 3f"


def findings(experiment: SelfConsistent, record: xarray.Dataset) -> dict[str, Finding]:
    """All findings of a record."""
    v = experiment.flat_values()
    own = {"instantaneous": _turning, "relaxing": _settling, "hamiltonian": _swinging}[experiment.lead]
    found = [*own(experiment, record, v), *_shared(experiment, record, v)]
    return {finding.name: finding for finding in found}


def _shared(e: SelfConsistent, record: xarray.Dataset, v: Any) -> list[Finding]:
    """Energy at both ends, and what every lead keeps."""
    energy = e.flat(record.energy)
    length = 1 + np.abs(e.flat(record.length) - 1).max(axis=0)
    text = "|a|² + |b|², furthest from 1"
    speed = np.array([float(np.linalg.norm(dot.slope(0.0, start))) for dot, start in e.dots()])
    still = "rate of change at the start; 0 where there is neither a field nor a coherence to make one"
    return [
        e.finding("start_speed", still, speed, "energy", equation=SOURCE),
        e.finding("energy_start", "energy just after the jump", energy[0], "energy", equation="(15)"),
        e.finding("length", text, length, "", np.ones_like(length), KEPT * e.tolerance, "norm"),
    ]


def _drift(e: SelfConsistent, name: str, text: str, values: Any, scale: Any, unit: str = "") -> Finding:
    """The largest change of what is conserved."""
    off = np.abs(values - values[0]).max(axis=0)
    return e.finding(name, text, off, unit, np.zeros_like(off), KEPT * e.tolerance * scale, SOURCE)


def _turning(e: SelfConsistent, record: xarray.Dataset, v: Any) -> list[Finding]:
    """An instantaneous lead: nothing but a phase moves."""
    time, field, weight = e.flat(record.time), e.flat(record.field), e.flat(record.number)
    alive = np.abs(field[0]) > FAINT * v["stiffness"]
    turned = np.where(alive, -turning_rate(time, field), np.nan)
    expected = np.where(alive, theory.precession(v["stiffness"], v["detuning"], v["weight"]), np.nan)
    text = "angular frequency at which the field turns; 0 only in equilibrium"
    loose = KEPT * e.tolerance * v["stiffness"]
    return [
        e.finding("precession", text, turned, "energy", expected, loose, f"{SOURCE}: 2[ξ - ξ0(u² - v²)]/ħ"),
        _drift(e, "weight_drift", "largest change of v²: a wrong number never relaxes", weight, 1.0),
        _drift(
            e,
            "energy_drift",
            "largest change of the energy",
            e.flat(record.energy),
            v["stiffness"] + np.abs(v["detuning"]),
            "energy",
        ),
    ]


def _settling(e: SelfConsistent, record: xarray.Dataset, v: Any) -> list[Finding]:
    """A relaxing lead: the energy falls to that of the ground state."""
    energy, field, made = (e.flat(record[n]) for n in ("energy", "field", "coherence"))
    ends = theory.ground(v["stiffness"], v["detuning"])
    lost = e.flat(record.dissipated)[-1]
    size = v["stiffness"] + np.abs(v["detuning"])
    distance = np.maximum(np.abs(1 - np.abs(v["detuning"]) / v["stiffness"]), 0.1)
    moving = np.abs(field).max(axis=0) > FAINT * v["stiffness"]
    settled = np.abs(field[-1] - 2 * v["stiffness"] * made[-1]) < 1e-6 * v["stiffness"]
    slow = (1 / v["relaxation_rate"] + v["relaxation_rate"] / (4 * v["stiffness"] ** 2)) / distance
    known = np.where(
        moving
        & settled
        & (e.flat(record.time)[-1] > 10 * slow)
        & (np.abs(np.abs(v["detuning"]) / v["stiffness"] - 1) > 0.05),
        1.0,
        np.nan,
    )
    rise = np.maximum(np.diff(energy, axis=0).max(axis=0), 0.0)
    rates = np.array([dot.growth() for dot, _ in e.dots()])
    growth = e.flat(record.growth)
    names = ("energy_end", "weight_end", "order_end")
    texts = ("energy at the end", "v² at the end", "|Δ| at the end")
    units, loose = ("energy", "", "energy"), (v["stiffness"], 1.0, v["stiffness"])
    values = (energy[-1], e.flat(record.number)[-1], np.abs(field[-1]))
    sources = ("(19)", "(19)", "(18)")
    found = [
        e.finding(n, t, x, u, end * known, 1e-5 * s, eq)
        for n, t, x, u, end, s, eq in zip(names, texts, values, units, ends, loose, sources, strict=True)
    ]
    return [
        *found,
        e.finding(
            "growth",
            "rate at which a small field at |N_c> grows, fitted to Δ(t); below 0 it fades",
            growth,
            "energy",
            np.where(np.isfinite(growth), rates[:, 0].real, np.nan),
            2e-4 * np.abs(rates).max(axis=1),
            f"{SOURCE}: (iħλ - 2ξ)(1 + λτ) + 2ξ0 = 0",
        ),
        e.finding(
            "energy_rise",
            "largest rise of the energy between two moments",
            rise,
            "energy",
            0.0 * rise,
            KEPT * e.tolerance * size,
            f"{SOURCE}: dE/dt ≤ 0",
        ),
        e.finding(
            "energy_balance",
            "energy lost, minus |Δ - 2ξ0 a*b|²/τξ0 summed over the record",
            energy[0] - energy[-1] - lost,
            "energy",
            0.0 * lost,
            KEPT * e.tolerance * size,
            f"{SOURCE}: dE/dt = -|Δ - 2ξ0 a*b|²/τξ0",
        ),
    ]


def _swinging(e: SelfConsistent, record: xarray.Dataset, v: Any) -> list[Finding]:
    """A Hamiltonian lead: v² is an elliptic function, and two quantities are kept."""
    time, energy, weight, field = (e.flat(record[n]) for n in ("time", "energy", "number", "field"))
    charge = weight + np.abs(field) ** 2 / (2 * v["stiffness"] * v["frequency"])
    solutions = [theory.Elliptic.of(dot, start) for dot, start in e.dots()]
    periods = np.array([s.period for s in solutions])
    swing = np.array([s.roots[1] - s.roots[0] for s in solutions])
    near = np.array([1 - s.parameter for s in solutions])
    known = np.where((swing > 1e-6) & (near > SEPARATRIX), 1.0, np.nan)
    step = (time[-1] - time[-2]) * np.array([s.speed for s in solutions]) / np.pi
    found = np.array([_period(time[:, k], weight[:, k]) for k in range(len(swing))])
    found = np.where(step < COARSE, found, np.nan)
    off = np.array([np.abs(weight[:, k] - s.weight(time[:, k])).max() for k, s in enumerate(solutions)])
    growing = 1 + time[-1] / periods  # the phase error grows with every swing
    ends = (("least", weight.min(axis=0), 0), ("largest", weight.max(axis=0), 1))
    return [
        e.finding(
            "period",
            "period of v², from its turning points",
            found,
            "time",
            np.where(np.isfinite(found), periods * known, np.nan),
            periods * (1e-6 / np.maximum(swing * near, 1e-6) + step**4),
            f"{SOURCE}: 2K(m)/Ω̃",
        ),
        e.finding(
            "formula",
            "largest distance of v² from its elliptic function",
            off,
            "",
            0.0 * known,
            KEPT * e.tolerance * growing / near,
            f"{SOURCE}: w1 + (w2 - w1) sn²",
        ),
        *(
            e.finding(
                f"{name}_weight",
                f"{name} v² in the record",
                value,
                "",
                np.where((time[-1] > periods) & (step < COARSE), [s.roots[k] for s in solutions], np.nan) * known,
                40 * step**2 * swing + KEPT * e.tolerance,
                f"{SOURCE}: w{k + 1}",
            )
            for name, value, k in ends
        ),
        _drift(
            e, "energy_drift", "largest change of the energy", energy, v["stiffness"] + np.abs(v["detuning"]), "energy"
        ),
        _drift(e, "charge_drift", "largest change of v² + |Δ|²/g²", charge, 1 + np.abs(charge[0])),
    ]


def _period(time: Any, weight: Any) -> float:
    """Twice the mean distance of two turning points; nan for fewer than three."""
    from scipy.interpolate import PPoly, make_interp_spline

    if np.ptp(weight) < 1e-9:
        return float("nan")
    even = np.linspace(time[0], time[-1], len(time))
    curve = PPoly.from_spline(make_interp_spline(time, weight, k=5))
    turning = curve.derivative().roots(extrapolate=False)
    turning = turning[(turning > even[1]) & (turning < even[-2])]
    if len(turning) < 3:
        return float("nan")
    pairs = 2 * ((len(turning) - 1) // 2)  # whole periods
    return float((turning[pairs] - turning[0]) / (pairs // 2))
