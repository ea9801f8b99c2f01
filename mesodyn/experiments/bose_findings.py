"""What is measured on the record of a Bose junction, beside what theory expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.experiments.bose_motion import Motion, fitted, motion
from mesodyn.experiments.bose_runs import LIGHT, thermal_contrast
from mesodyn.experiments.bose_solvers import Point
from mesodyn.experiments.finding import Finding
from mesodyn.systems.bose_mean_field import Orbit, critical_imbalance, critical_strength, orbit

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.bose_junction import BoseJunctionExperiment

Array = NDArray[Any]

SMALL = 0.15
"""Up to this angle a mean field swings like a linear oscillator, but for its square."""
COARSE = 2.0
"""By how much the phase of the fastest swing may turn from one moment to the next."""
NARROW = 0.02
"""This close to |Λ| = 1 the separatrix is left so slowly that a threshold is found to a thousandth only."""
SOURCE = "DEFINITIONS 6.7"
SMERZI = "Smerzi et al., PRL 79, 4950"


def findings(experiment: BoseJunctionExperiment, record: xarray.Dataset) -> list[Finding]:
    """All findings."""
    points = experiment.points()
    time, z = experiment.flat(record.time), experiment.flat(record.z)
    moved = [_motion(point, time[:, k], z[:, k]) for k, point in enumerate(points)]
    known = [_known(point) for point in points]
    return [
        *_oscillation(experiment, points, moved, known),
        *_trapping(experiment, record, points, moved, known),
        *_thresholds(experiment, record, points),
        *_fringes(experiment, record, points),
        *_losses(experiment, record, points, moved),
        *_kept(experiment, record, points),
    ]


def _motion(point: Point, time: Array, z: Array) -> Motion:
    """The oscillation of the imbalance; that of a noisy record by a fit; none of one that is too coarse."""
    mean = float(np.trapezoid(z, time) / (time[-1] - time[0]))
    biased = abs(point.interaction * (point.particles - 1)) * np.abs(z).max() + abs(point.detuning)
    if np.hypot(point.plasma, biased) * (time[1] - time[0]) > COARSE:
        return Motion(np.nan, 0, 0.0, mean, np.nan, np.nan)
    if not (point.dephasing and point.trajectories):
        return motion(time, z)
    period, decay = fitted(time, z)
    return Motion(period, 0, 0.0, mean, decay, np.nan)


def _known(point: Point) -> tuple[Orbit, float] | None:
    """The orbit of the mean field and the error of its frequency at finite N; None where there is no such orbit.

    A coherent state fills a spot of radius 1/sqrt(N) on the sphere: the frequency may be any of those of the orbits in
    a spot of twice that radius. One that reaches over a separatrix has none.
    """
    damped = point.damping or point.phase_damping or point.dephasing
    if damped or not np.isinf(point.sharpness):
        return None
    if point.model == "mean-field" and point.account == "superposition":
        return None
    bias = point.detuning / (2 * point.tunnelling)
    middle = orbit(point.imbalance, point.phase, point.strength, bias)
    if not np.isfinite(middle.period):
        return None
    if point.model == "mean-field":
        return middle, 1e-6
    across = np.sqrt(1 - point.imbalance**2)
    if across == 0:
        return None
    radius = 2 / np.sqrt(point.particles)
    spot = [
        (point.imbalance + radius * across * np.sin(a), radius / across * np.cos(a)) for a in np.arange(8) * np.pi / 4
    ]
    strengths = [point.strength]
    if point.account == "superposition":
        strengths = [point.strength * (1 + sign * radius) for sign in (-1, 1)]
    near = [
        orbit(float(np.clip(z, -1, 1)), point.phase + turned, strength, bias)
        for z, turned in spot
        for strength in strengths
    ]
    winding = {each.winding for each in near} | {middle.winding}
    if not all(np.isfinite(each.period) for each in near) or len(winding) > 1:
        return None
    if len({each.trapped for each in near}) > 1 and middle.trapped:
        return None
    return middle, float(np.max([abs(middle.period / each.period - 1) for each in near])) + 1 / point.particles


def _over(known: list[Any], value: Any) -> Array:
    """A number of each point that has an orbit, else nan."""
    return np.array([np.nan if each is None else value(*each) for each in known])


def _oscillation(e: Any, points: list[Point], moved: list[Motion], known: list[Any]) -> list[Finding]:
    """Period and frequency of the imbalance."""
    scale = np.array([2 * point.tunnelling for point in points])
    period = np.array([each.period for each in moved])
    expected = _over(known, lambda o, _: o.period) / scale
    share = _over(known, lambda _, error: error)
    measured = np.where(np.isfinite(period), 1.0, np.nan)
    text = "DEFINITIONS 6.7; the period of the mean field's orbit by quadrature (Raghavan et al., PRA 59, 620)"
    frequency = 2 * np.pi / np.where(np.isfinite(period), period, np.nan)
    return [
        e.finding(
            "period",
            "period of the imbalance, from the record",
            period,
            "time",
            expected * measured,
            expected * share / np.maximum(1 - share, 0.1),
            text,
        ),
        e.finding(
            "frequency",
            "its angular frequency; for small swings 2J√(1+Λ) about φ = 0 and 2J√(1-Λ) about π",
            frequency,
            "energy",
            2 * np.pi / expected * measured,
            2 * np.pi / expected * share,
            text,
        ),
    ]


def _trapping(e: Any, record: Any, points: list[Point], moved: list[Motion], known: list[Any]) -> list[Finding]:
    """Mean imbalance, whether it keeps its sign, and how the phase runs."""
    z, time = e.flat(record.z), e.flat(record.time)
    start = np.array([point.imbalance for point in points])
    kept = np.where(start == 0, np.nan, np.all(z * start > 0, axis=0).astype(float))
    field = np.array([1.0 if point.model == "mean-field" else np.nan for point in points])
    long = np.array([1.0 if each.periods else np.nan for each in moved])
    angle = np.unwrap(-np.angle(e.flat(record.coherence)), axis=0)
    turned = (angle[-1] - angle[0]) / (time[-1] - time[0])
    per = turned * np.array([each.period for each in moved]) / (2 * np.pi)
    cycles = (time[-1] - time[0]) / np.array([each.period for each in moved])
    winding = _over(known, lambda o, _: o.winding)
    return [
        e.finding(
            "imbalance_mean",
            "mean of z over whole periods of the record (all of it, if it shows none)",
            np.array([each.mean for each in moved]),
            "",
            _over(known, lambda o, _: o.mean) * field * long,
            1e-6,
            SOURCE,
        ),
        e.finding(
            "trapped",
            "1 where z keeps its sign throughout the record, else 0",
            kept,
            "",
            _over(known, lambda o, _: float(o.trapped)) * field * long,
            0.0,
            SMERZI,
        ),
        e.finding(
            "phase_turns",
            "turns of the phase per period: ±1 where it runs away, 0 where it swings",
            per,
            "",
            winding * field,
            1 / np.maximum(cycles, 1),
            SOURCE,
        ),
    ]


def _thresholds(e: Any, record: Any, points: list[Point]) -> list[Finding]:
    """Where self-trapping begins, on evolved mean fields; the lowest gap of N particles."""
    even = np.array([1.0 if point.detuning == 0 else np.nan for point in points])
    strength = np.array([point.strength for point in points])
    sign = np.where(strength < 0, -1.0, 1.0)
    z, phase = (np.array([getattr(point, name) for point in points]) for name in ("imbalance", "phase"))
    found = e.flat(record.threshold_Lambda)
    size = sign * critical_strength(z, phase + np.where(sign < 0, np.pi, 0.0))
    edge = e.flat(record.threshold_imbalance)
    aligned = np.where(np.abs(np.sin(phase)) < 1e-9, 1.0, np.nan)
    limit = critical_imbalance(sign * strength) * np.where(np.isfinite(edge), 1.0, np.nan)
    plasma = np.array([2 * point.tunnelling * np.sqrt(max(1 + point.strength, 0)) for point in points])
    many = np.array([1.0 if -0.5 < p.strength < p.particles else np.nan for p in points])
    charging = np.array([abs(p.interaction) / 4 for p in points])
    return [
        e.finding(
            "threshold_Lambda",
            "Λ from which this start is self-trapped, on the mean field's equations",
            found,
            "",
            size * even * np.where(np.isfinite(found), 1.0, np.nan),
            np.where(np.abs(np.abs(size) - 1) < NARROW, 1e-3, 1e-5) * np.abs(size),
            SMERZI + ": 2(1+√(1-z²)cosφ)/z²",
        ),
        e.finding(
            "threshold_imbalance",
            "imbalance at which self-trapping begins at this Λ (about φ = π: ends), on the mean field's equations",
            edge,
            "",
            limit * even * aligned,
            1e-5,
            "Albiez et al., PRL 95, 010402: 2√(Λ-1)/Λ",
        ),
        e.finding(
            "gap",
            "lowest gap of N particles; the plasma frequency 2J√(1+Λ) is its limit at large N",
            e.flat(record.gap),
            "energy",
            plasma * even * many,
            charging + 1e-9 * plasma,
            SOURCE,
        ),
    ]


def _fringes(e: Any, record: Any, points: list[Point]) -> list[Finding]:
    """Contrast of one run's fringe, and of the fringe averaged over runs."""
    across = np.array([np.sqrt(1 - point.imbalance**2) for point in points])
    sharp = np.array([thermal_contrast(point.sharpness) for point in points])
    mean = np.abs(e.flat(record.coherence))
    run = e.flat(record.coherence_run)
    error = 5 * np.abs(e.flat(record.coherence_error))[0]
    empty = np.array([0.0 if p.account == "conserving" else np.exp(-float(p.particles)) for p in points])
    drawn = np.array([1 / p.trajectories if p.trajectories else 0.0 for p in points])
    doubt = 5 * np.sqrt(empty * drawn) + np.where(empty > LIGHT, drawn, 0.0)  # of how many runs have no particle
    both = [
        ("contrast", "contrast 2|⟨a†b⟩|/N of the fringe averaged over runs", mean, across * sharp, 1e-6 + error),
        ("contrast_run", "contrast of the fringe of one run, on average", run, across * (1 - empty), 1e-6 + doubt),
    ]
    found = []
    for name, text, value, expected, tolerance in both:
        known = expected * np.where(np.isfinite(value[0]), 1.0, np.nan)
        found.append(e.finding(f"{name}_start", f"{text}, at the start", value[0], "", known, tolerance, SOURCE))
        found.append(e.finding(f"{name}_end", f"{text}, at the end", value[-1]))
    angle = np.angle(np.exp(-1j * np.angle(e.flat(record.coherence)[-1])))
    found.append(e.finding("phase_end", "φ at the end, in (-π, π]", angle, "angle", period=2 * np.pi))
    return found


def _losses(e: Any, record: Any, points: list[Point], moved: list[Motion]) -> list[Finding]:
    """Damping of the oscillation, its collapse, and the relaxation of the phase."""
    decay = np.array([each.decay for each in moved])
    expected = np.array([_damping(point) for point in points])
    granted = np.array([_damping_error(point) for point in points])
    free = np.array([1.0 if p.strength == 0 and p.detuning == 0 and p.dephasing else np.nan for p in points])
    rate = np.array([point.dephasing for point in points])
    lost, doubt = np.array([_phase_rate(e, record, k, point) for k, point in enumerate(points)]).T
    return [
        e.finding(
            "decay_rate",
            "rate at which the swings of the imbalance shrink, from an exponential fit",
            decay,
            "energy",
            expected * np.where(np.isfinite(decay), 1.0, np.nan),
            granted,
            "linear: J[η(1+Λ)+κ]; γ/2 for free particles",
        ),
        e.finding(
            "collapse_time",
            "when the swings have fallen to 1/e (finite N: they collapse without any noise)",
            np.array([each.collapse for each in moved]),
            "time",
        ),
        e.finding(
            "phase_relaxation",
            "rate at which noise takes Re⟨a†b⟩, from a fit of its logarithm",
            lost,
            "energy",
            rate * free,
            1e-6 * rate + 5 * np.nan_to_num(doubt),
            "Lindblad, DEFINITIONS 6.7: γ for free particles",
        ),
    ]


def _damping(point: Point) -> float:
    """The decay of small swings; nan where swings are not small or no formula holds."""
    if point.detuning or not np.isinf(point.sharpness) or point.account != "conserving":
        return np.nan
    if point.model == "mean-field" and not point.dephasing:
        swing = np.hypot(point.imbalance * np.sqrt(max(1 + point.strength, 0)), np.angle(np.exp(1j * point.phase)))
        rate = point.tunnelling * (point.damping * (1 + point.strength) + point.phase_damping)
        return rate if swing <= SMALL and rate < point.plasma / 2 else np.nan
    if point.dephasing and point.strength == 0 and not point.trajectories and point.dephasing < point.tunnelling:
        return 0.5 * point.dephasing
    return np.nan


def _damping_error(point: Point) -> float:
    """Relative to the rate the square of the swing; for the fit of an undamped record a millionth of the frequency."""
    if point.model == "quantum":
        return 1e-3 * point.dephasing
    rate = point.tunnelling * (point.damping * (1 + abs(point.strength)) + point.phase_damping)
    return rate * SMALL**2 + 1e-6 * point.plasma


def _phase_rate(e: Any, record: Any, k: int, point: Point) -> tuple[float, float]:
    """Slope of ln Re(coherence) while it is clear of its error, and the error of the slope."""
    if not point.dephasing:
        return np.nan, np.nan
    time, real = e.flat(record.time)[:, k], e.flat(record.coherence)[:, k].real
    error = np.abs(e.flat(record.coherence_error)[:, k])
    floor = np.maximum(5 * error, 0.05 * np.abs(real[0])) + 1e-12
    clear = int(np.argmax(np.append(np.sign(real[0]) * real < floor, True)))
    if clear < 10:
        return np.nan, np.nan
    used = slice(0, clear)
    slope = np.polyfit(time[used], np.log(np.abs(real[used])), 1)[0]
    doubt = float(np.max(error[used] / np.abs(real[used])) / (time[clear - 1] - time[0]))
    return -float(slope), doubt


def _kept(e: Any, record: Any, points: list[Point]) -> list[Finding]:
    """Energy, which is kept without noise and damping, falls with damping; and the norm."""
    energy = e.flat(record.energy)
    size = np.array(
        [p.particles * p.tunnelling * (1 + abs(p.strength) + abs(p.detuning) / p.tunnelling) for p in points]
    )
    noisy = np.array([np.nan if point.dephasing else 1.0 for point in points])
    rise = np.maximum(np.diff(energy, axis=0).max(axis=0), 0.0) / size
    drift = np.abs(energy - energy[0]).max(axis=0) / size
    alone = np.array([np.nan if p.damping or p.phase_damping or p.dephasing else 1.0 for p in points])
    exact = 1e-7
    return [
        e.finding(
            "energy_drift", "largest change of the energy over its scale NJ(1+Λ)", drift, "", 0 * alone, exact, SOURCE
        ),
        e.finding(
            "energy_rise", "largest rise between two moments (friction takes energy)", rise, "", 0 * noisy, exact, "3d"
        ),
        e.norm(record, 1e-7),
    ]
