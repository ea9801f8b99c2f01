"""What is measured of two traps whose phases become equal."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import equalization_theory as theory
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.settling import crossing, decay_rate, even, poles, settling_time, turning_rate

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.phase_equalization import PhaseEqualization

COARSE = 0.3
"""A delay that the moments of a record leave open by a larger share is not compared."""
FAINT = 1e-9
"""Below this share of its scale a quantity is nothing."""
LINEAR = 3e-3
"""Closer to equilibrium than this the mean field is linear, but for the square of it."""
SOURCE = "PHYSICS 3d"


def findings(experiment: PhaseEqualization, record: xarray.Dataset) -> dict[str, Finding]:
    """All findings of a record."""
    found = _quantum(experiment, record) if experiment.quantum else _mean_field(experiment, record)
    return {finding.name: finding for finding in found}


# -- the quantum model ------------------------------------------------------------------------------------------------


def _quantum(e: PhaseEqualization, record: xarray.Dataset) -> list[Finding]:
    v = e.flat_values()
    expected = theory.Shared(v, e.account)
    return [
        *_times(e, record, v, expected),
        *_link(e, record, v, expected),
        *_orders(e, record, v),
        _divergence(e, record, np.where(expected.weight > FAINT, 0.0, np.nan), 1e-6 / v["rate"]),
        e.norm(record),
    ]


def _times(e: PhaseEqualization, record: xarray.Dataset, v: Any, expected: theory.Shared) -> list[Finding]:
    """How fast the energy settles, and how fast the swinging turns and fades."""
    time = e.flat(record.time)
    settled = equalisation_times(e, record)
    coherence, z = e.flat(record.coherence), e.flat(record.imbalance)
    x, y = 2 * coherence.real, -2 * coherence.imag
    turning = y + 1j * (v["tunnelling"] * z + 0.5 * v["detuning"] * x) / expected.level
    alive = np.abs(turning[0]) > FAINT
    grid = even(time)
    fading = np.where(alive, decay_rate(time[grid], turning[grid]), np.nan)
    rate = np.where(alive, turning_rate(time, turning), np.nan)
    known = np.where(alive, expected.quiet, np.nan)
    return [
        e.finding(
            "equalisation_time",
            "time in which the energy's distance from its end falls to 1/e, fitted; undefined if it never moves",
            settled,
            "time",
            np.where(np.isfinite(settled), 1 / expected.energy_rate, np.nan),
            1e-6 / v["rate"],
            f"{SOURCE}: 1/Γ, whatever φ",
        ),
        e.finding(
            "oscillation_time",
            "time in which the swinging between the traps falls to 1/e",
            1 / fading,
            "time",
            2 / v["rate"] * known,
            (1e-6 + 1e-13 / (v["rate"] * time[-1])) / v["rate"],
            f"{SOURCE}: 2/Γ",
        ),
        e.finding(
            "frequency",
            "angular frequency of the swinging",
            rate,
            "energy",
            2 * expected.level * known,
            1e-6 * expected.level,
            f"{SOURCE}: 2J/ħ",
        ),
    ]


def _link(e: PhaseEqualization, record: xarray.Dataset, v: Any, expected: theory.Shared) -> list[Finding]:
    """Energies, current and the phase that the coherence has at the end."""
    time, energy, scale = e.flat(record.time), e.flat(record.energy), v["tunnelling"] + np.abs(v["detuning"])
    coherence, swing = e.flat(record.coherence), e.flat(record.imbalance)
    first, last = expected.energies
    left = np.exp(-(v["rate"] + v["dephasing"]) * time[-1])
    around, moved = expected.seen(time)
    away = np.maximum(np.abs(coherence - around).max(axis=0), np.abs(swing - moved).max(axis=0))
    rise = np.maximum(np.diff(energy, axis=0).max(axis=0), 0.0)
    cold = np.where((v["temperature"] == 0) & (v["dephasing"] == 0), 1.0, np.nan)
    angle = np.where(np.abs(coherence[-1]) > FAINT, -np.angle(coherence[-1]), np.nan)
    even_handed = np.where((v["detuning"] == 0) & (np.abs(coherence[-1]) > FAINT), 1.0, np.nan)
    swinging = expected.weight * np.exp(-0.5 * v["rate"] * time[-1])
    share = 0.5 * swinging / np.maximum(np.abs(coherence[-1]), FAINT)
    return [
        e.finding("energy_start", "energy of the link at the start", energy[0], "energy", first, 1e-9 * scale, SOURCE),
        e.finding(
            "energy_end",
            "energy of the link at the end",
            energy[-1],
            "energy",
            last + (first - last) * left,
            1e-9 * scale,
            f"{SOURCE}: -2Ju²v²",
        ),
        e.finding(
            "heat",
            "heat given to the bath",
            e.flat(record.heat)[-1],
            "energy",
            (first - last) * (1 - left) * expected.quiet,
            1e-9 * scale,
            SOURCE,
        ),
        e.finding(
            "current",
            "Josephson current into A at the start, in steps per time",
            e.flat(record.current)[0],
            "energy",
            v["tunnelling"] * expected.weight * expected.start[:, 1],
            1e-9 * scale,
            f"{SOURCE}: 2Ju²v² sin φ",
        ),
        e.finding(
            "final_phase_difference",
            "phase of A relative to B in the coherence of the two, at the end",
            angle,
            "angle",
            np.where(share < 1, 0.0 * even_handed, np.nan),
            np.arcsin(np.minimum(1.0, share)) + 1e-9,
            f"{SOURCE}: 0",
            2 * np.pi,
        ),
        e.finding(
            "formula",
            "largest distance of coherence and imbalance from their closed formulas, over the record",
            away,
            "",
            0.0 * expected.quiet,
            1e-9,
            f"{SOURCE}, DEFINITIONS 6.9",
        ),
        e.finding(
            "energy_rise", "largest rise of the energy between two moments", rise, "energy", 0.0 * cold, 1e-12 * scale
        ),
    ]


def _orders(e: PhaseEqualization, record: xarray.Dataset, v: Any) -> list[Finding]:
    """The order parameters of the traps when the swinging is over: a lock-in at the link's two frequencies."""
    time = e.flat(record.time)
    late = time[:, 0] >= 0.5 * time[-1, 0]
    both = 0.5 * (e.flat(record.order_parameter_A) + e.flat(record.order_parameter_B))[late]
    parts = []
    for k, level in enumerate(np.hypot(v["tunnelling"], v["detuning"] / 2)):
        waves = np.exp(1j * level * np.outer(time[late, k], [1, -1]))
        parts.append(np.linalg.lstsq(waves, both[:, k], rcond=None)[0])
    found = np.array(parts)
    size = np.abs(found).sum(axis=1)
    pure = float(e.account == "superposition")
    half, product = np.cos(v["phase_difference"] / 2), np.sqrt(v["weight"] * (1 - v["weight"]))
    ideal = (v["temperature"] == 0) & (v["detuning"] == 0) & (v["dephasing"] == 0)
    alive = size > FAINT
    mean = np.where(half >= 0, v["phase"], v["phase"] + np.pi)
    return [
        e.finding(
            "amplitude",
            "modulus of each trap's order parameter at the end, without its swinging",
            size,
            "",
            pure * product * np.abs(half) * np.where(ideal | (pure == 0), 1.0, np.nan),
            1e-9,
            f"{SOURCE}: uv|cos(φ/2)|",
        ),
        e.finding(
            "common_phase",
            "phase of both order parameters at the end",
            np.where(alive, np.angle(found.sum(axis=1)), np.nan),
            "angle",
            np.where(alive & ideal & (pure > 0), mean, np.nan),
            FAINT / np.maximum(size, FAINT) + 1e-9,
            f"{SOURCE}: the mean of φ_A and φ_B",
            2 * np.pi,
        ),
    ]


def _divergence(e: PhaseEqualization, record: xarray.Dataset, expected: Any, tolerance: Any) -> Finding:
    """By how much longer it takes, for each factor e by which the start is closer to pi."""
    steps = -np.log(record.closeness)
    steps = steps - steps.mean("start")
    slope = (record.time_near_pi * steps).sum("start", skipna=False) / (steps**2).sum("start")
    return e.finding(
        "divergence",
        "how much longer it takes for each factor e by which a start without noise is closer to φ = π",
        e.flat(slope),
        "time",
        expected,
        tolerance,
        f"{SOURCE}: 0 (quantum), ħ/(2g + κ/4)J (mean field)",
    )


# -- the mean field ---------------------------------------------------------------------------------------------------


def _mean_field(e: PhaseEqualization, record: xarray.Dataset) -> list[Finding]:
    v = e.flat_values()
    fields = theory.mean_fields(v)
    rates = np.array([field.linear_rates()[0] for field in fields])
    found = [_equalised(e, record), *_tail(e, record, v, fields, rates), *_ends(e, record, v, fields)]
    known = (v["detuning"] == 0) & (v["phase_damping"] > 0) & theory.clear(v)
    growth = np.array([-field.linear_rates()[1].real for field in fields])
    growth = np.where(known, growth, np.nan)
    overdamped = np.array([field.linear_rates()[0].imag == 0 for field in fields])  # a second, slower way down
    close = e.altered(
        phase_difference=np.pi - float(record.closeness.min()) + 0 * e.values["phase_difference"]
    ).flat_values()["duration"]
    off = np.where(overdamped, 0.05, 0.005) / growth + 0.05 * close / (record.sizes["moment"] - 1)
    return [*found, _divergence(e, record, np.where(off * growth < COARSE, 1 / growth, np.nan), off)]


def equalisation_times(e: PhaseEqualization, record: xarray.Dataset) -> Any:
    """The time in which the energy above its end falls to 1/e, for each point: inf for never, nan for not yet."""
    time, energy = e.flat(record.time), e.flat(record.energy)
    if e.quantum:
        return settling_time(time, energy)
    if e.noisy:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # no trajectory got there: nan
            return np.nanmean(e.flat(record.equalised), axis=-1)
    v = e.flat_values()
    fields = theory.mean_fields(v)
    took = np.array([crossing(time[:, k], energy[:, k] - f.least_energy()) for k, f in enumerate(fields)])
    idle = (v["number_damping"] == 0) & (v["phase_damping"] == 0)
    held = (v["phase_damping"] == 0) & (energy[0] > 0) & (v["detuning"] == 0)
    return np.where(idle | held, np.inf, took)


def _equalised(e: PhaseEqualization, record: xarray.Dataset) -> Finding:
    """When the energy above the lowest has fallen to 1/e."""
    text = "time in which the energy above the lowest falls to 1/e; infinite where it never does"
    if e.noisy:
        text = "mean time in which the energy above the lowest falls to 1/e, over the trajectories that got there"
    return e.finding("equalisation_time", text, equalisation_times(e, record), "time", equation=SOURCE)


def _tail(e: PhaseEqualization, record: xarray.Dataset, v: Any, fields: Any, rates: Any) -> list[Finding]:
    """Rate and frequency of the last, linear part of the way."""
    time, swing, coherence = (e.flat(record[name]) for name in ("time", "imbalance", "coherence"))
    phase = -np.angle(coherence)
    rest = np.clip(-v["detuning"] / (4 * v["tunnelling"]), -0.5, 0.5)
    away = np.hypot(phase / np.sqrt(8), swing / 2 - rest)
    found = np.full(len(fields), complex(np.nan, np.nan))
    for k in range(len(fields)):
        last = np.flatnonzero(away[:, k] > max(LINEAR, 1.01 * away[0, k] if away[0, k] < 2 * LINEAR else 0.0))
        begin = last[-1] + 1 if last.size else 0
        faint = np.flatnonzero(away[begin:, k] < 1e-6)
        end = begin + faint[0] if faint.size else len(time)
        if not e.noisy:
            found[k] = poles(time[begin:end, k], phase[begin:end, k])
    coarse = rates.imag * (time[1] - time[0]) > 2.5
    found = np.where(coarse, np.nan, found)
    near = (rates.imag == 0) & ~theory.clear(v)
    known = np.where(np.isfinite(found.real) & (v["detuning"] == 0) & ~near, 1.0, np.nan)
    swinging = np.where(rates.imag > 0, known, np.nan)
    return [
        e.finding(
            "rate",
            "rate of the last, linear part of the way, fitted",
            -found.real,
            "energy",
            -rates.real * known,
            1e-3 * np.abs(rates),
            f"{SOURCE}: (2g + κ/4)J/ħ where it swings",
        ),
        e.finding(
            "frequency",
            "angular frequency of the swinging there",
            np.where(rates.imag > 0, found.imag, np.nan),
            "energy",
            rates.imag * swinging,
            1e-3 * np.abs(rates),
            f"{SOURCE}: √2 J/ħ undamped",
        ),
    ]


def _ends(e: PhaseEqualization, record: xarray.Dataset, v: Any, fields: Any) -> list[Finding]:
    """Start and end, whether anything moves, and three checks."""
    energy, swing, coherence = (e.flat(record[name]) for name in ("energy", "imbalance", "coherence"))
    starts = [f.state(v["phase_difference"][k], v["start_imbalance"][k]) for k, f in enumerate(fields)]
    speed = np.array([float(np.linalg.norm(f.slope(0.0, s))) for f, s in zip(fields, starts, strict=True)])
    angle = np.where(np.abs(coherence[-1]) > FAINT, -np.angle(coherence[-1]), np.nan)
    settled = np.array([f.least_energy() for f in fields]) + 1e-6 * v["tunnelling"]
    arrived = np.where((energy[-1] < settled) & (np.abs(v["detuning"]) < 2 * v["tunnelling"]), 1.0, np.nan)
    quiet = np.full_like(speed, np.nan if e.noisy else 1.0)
    rise = np.maximum(np.diff(energy, axis=0).max(axis=0), 0.0)
    first = v["tunnelling"] * (1 - v["start_imbalance"] ** 2) * np.sin(v["phase_difference"]) / 2
    return [
        e.finding(
            "start_speed",
            "rate of change at the start; 0 is a fixed point, which only noise leaves",
            speed,
            "energy",
            equation=SOURCE,
        ),
        e.finding(
            "current",
            "Josephson current into A at the start, in steps per time",
            e.flat(record.current)[0],
            "energy",
            first,
            1e-9 * v["tunnelling"],
            f"{SOURCE}: E_φ",
        ),
        e.finding("energy_start", "energy of the link at the start", energy[0], "energy", equation=SOURCE),
        e.finding("energy_end", "energy of the link at the end", energy[-1], "energy", equation=SOURCE),
        e.finding(
            "final_phase_difference",
            "phase of A relative to B at the end (0 is expected where the energy has settled)",
            angle,
            "angle",
            0.0 * arrived * quiet,
            2 * np.sqrt(2e-6) + 1e-9,
            f"{SOURCE}: 0",
            2 * np.pi,
        ),
        e.finding(
            "number_state",
            "largest |n_A - n_B|: near 1 each trap holds a number and its phase means nothing",
            np.abs(swing).max(axis=0),
            equation=SOURCE,
        ),
        e.finding(
            "energy_rise",
            "largest rise of the energy between two moments",
            rise,
            "energy",
            0.0 * quiet,
            10 * e.tolerance * v["tunnelling"] + 1e-12 * v["tunnelling"],
            f"{SOURCE}: dE/dt ≤ 0",
        ),
        e.finding(
            "length",
            "length of the classical spin (times two), furthest from 1",
            1 + np.abs(e.flat(record.length) - 1).max(axis=0),
            "",
            np.ones_like(speed),
            2e-3 if e.noisy else 100 * e.tolerance,
            "m² + ρ² = 1/4",
        ),
    ]
