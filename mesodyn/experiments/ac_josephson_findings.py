"""What is measured on a junction under bias, beside what theory expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import ac_josephson_theory as theory
from mesodyn.experiments.ac_josephson_fed import LOCKED
from mesodyn.experiments.ac_josephson_record import SAMPLES, STEPS, betas, levels_of
from mesodyn.experiments.finding import Finding

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.ac_josephson import AcJosephson

PRESENT = 0.1
"""A line belongs to the period if its amplitude is more than this share of the whole alternating current's."""
ERRORS = 4.5
"""Means of trajectories may be off by so many standard errors."""
FORMULA = 0.1
"""A formula that may be off by more is not compared with."""
FEW = 20
"""Fewer jumps than this in all trajectories don't show their spread."""
NEVER = 0.01
"""So many jumps in a record count as none."""
SOURCE = "PHYSICS 3e, DEFINITIONS 6.8"


def findings(experiment: AcJosephson, record: xarray.Dataset) -> list[Finding]:
    """All findings."""
    if experiment.values["drive"] == "current":
        return _fed(experiment, record)
    if experiment.values["drive"] == "voltage":
        return _driven(experiment, record)
    if experiment.dynamics == "levels":
        return _levels(experiment, record)
    return _lead(experiment, record)


def _each(experiment: AcJosephson, theory_of: Any) -> Any:
    """A number of theory for each point."""
    return np.array([theory_of(v) for v in experiment.points()], float)


def _undisturbed(v: dict[str, Any]) -> bool:
    return bool(v["relaxation"] == 0 and v["poisoning"] == 0)


# -- a direct voltage ------------------------------------------------------------------------------------------------


def _levels(e: AcJosephson, record: xarray.Dataset) -> list[Finding]:
    """The passage, the jumps, the harmonics, the lines."""
    staying = e.flat(record.passage_upper)[:, -1]
    off = np.abs(e.flat(record.passage_norm) - 1).max(axis=1)
    error = _each(e, lambda v: theory.passage_error(levels_of(v), 2 * v["voltage"]))
    found = [
        e.finding(
            "p_stay",
            "probability to stay on the branch in one passage, from the integrated two levels",
            staying,
            "",
            _each(e, lambda v: levels_of(v).stays(2 * v["voltage"])),
            np.where(error < FORMULA, error, np.nan),
            "PHYSICS 3e (ii): exp(-πW²/2ħv)",
        ),
        _jump_rate(e, record, staying),
        *_harmonics(e, record),
        *_lines(e, record, *_expected_lines(e, staying)),
        _period(e, record, _expected_period(e, staying)),
        _strongest(e, record),
        e.finding(
            "norm", "norm in the passage, furthest from 1", 1 + off, "", np.ones_like(off), 1e-6, "unitary evolution"
        ),
    ]
    return found


def _jump_rate(e: AcJosephson, record: xarray.Dataset, staying: Any) -> Finding:
    rates = e.flat(record.jump_rate)
    count = rates.shape[1]
    points = e.points()
    known = np.array(
        [
            2 * v["voltage"] / (2 * np.pi) * (1 - p) + v["poisoning"] * (v["model"] == "SD1S")
            if v["relaxation"] == 0 and (v["model"] == "SD1S" or v["poisoning"] == 0)
            else np.nan
            for v, p in zip(points, staying, strict=True)
        ]
    )
    turn = np.array([np.pi / v["voltage"] for v in points])
    length = turn * e.values["periods"]
    error = np.sqrt(np.maximum(known, 0) / (length * count)) * ERRORS
    per_turn = np.where(known * turn > 0, known * turn, 0.0)
    coarse = known * per_turn / 16 + (1 + 1 / e.values["periods"]) * known / e.values["periods"]
    return e.finding(
        "jump_rate",
        "changes of the branch in unit time, mean of the trajectories",
        rates.mean(axis=1),
        "rate",
        known,
        error + np.nan_to_num(coarse) + (known > 1e-9 / turn) * ERRORS / (length * count) + 1e-12 / turn,
        "PHYSICS 3e: (1 - P) 2eV/h + Γ_p",
    )


def _harmonics(e: AcJosephson, record: xarray.Dataset) -> list[Finding]:
    """The amplitudes of sin(m theta/2), for a junction that never leaves its branch."""
    parts = e.flat(record.harmonics)
    known = np.array([theory.branch_harmonics(levels_of(v), theory.HARMONICS) for v in e.points()])
    kept = np.array([_undisturbed(v) and levels_of(v).splitting == 0 for v in e.points()])
    sign = _each(e, lambda v: levels_of(v).lowest(v["start_phase"]))
    sample = 64 if not e.quick else 16
    rows = []
    for m in range(1, theory.HARMONICS + 1):
        folded = _each(e, lambda v, m=m: _folded(levels_of(v), m, sample))
        rows.append(
            e.finding(
                f"harmonic_{m}",
                f"amplitude of sin({m}θ/2) in ħJ/e, mean of the trajectories",
                parts[:, m - 1],
                "energy",
                np.where(kept, known[:, m - 1] * np.where(m % 2, sign, 1.0), np.nan),
                folded + 1e-12 * np.abs(parts).max(axis=1),
                "DEFINITIONS 6.8",
            )
        )
    return rows


def _folded(levels: Any, m: int, samples: int) -> float:
    """What the harmonics beyond the samples add to the m-th."""
    beyond = theory.branch_harmonics(levels, 4 * samples + m)
    return float(np.nansum(np.abs(beyond[2 * samples - m - 1 :])))


def _expected_lines(e: AcJosephson, staying: Any) -> tuple[Any, Any]:
    """The lines at eV/h and 2eV/h of a junction that jumps at passages only, and what chance does, (points, 2)."""
    samples = 64 if not e.quick else 16
    rows, chances = [], []
    for v, p in zip(e.points(), staying, strict=True):
        levels = levels_of(v)
        phase = v["start_phase"] + (np.arange(samples * v["periods"]) + 0.5) * 2 * np.pi / samples
        start = int(levels.lowest(v["start_phase"]))

        def both(chance: float, levels: Any = levels, phase: Any = phase, start: int = start) -> Any:
            return np.array([theory.line(levels, phase, h, chance, start) for h in (0.5, 1.0)])

        known = both(float(p))
        rows.append(known if _undisturbed(v) else np.full(2, np.nan))
        usual = 1.0 if p > 0.5 else 0.0
        events = max(abs(usual - p) * v["periods"] * v["trajectories"], 1e-12)
        chances.append(_rare(known, both(usual), events) if events < FEW else np.zeros(2))
    return np.array(rows), np.array(chances)


def _rare(known: Any, without: Any, events: float) -> Any:
    """How far lines may be off if so few events are expected that the trajectories don't show their spread."""
    most = (events + ERRORS * np.sqrt(events) + ERRORS) / events
    edge = np.sqrt(np.maximum(without**2 + (known**2 - without**2) * min(most, 1e12), 0.0))
    return np.maximum(np.abs(edge - known), np.abs(without - known))


def _lines(e: AcJosephson, record: xarray.Dataset, known: Any, chance: Any) -> list[Finding]:
    power, error = e.flat(record.line_power), e.flat(record.line_error)
    names = (("line_4pi", "eV/h"), ("line_2pi", "2eV/h"))
    rows = []
    for k, (name, place) in enumerate(names):
        size = np.sqrt(power[:, k])
        wide = ERRORS * error[:, k] / np.maximum(size + np.nan_to_num(known[:, k]), 1e-300)
        least = 1e-9 * np.sqrt(e.flat(record.current_power))
        rows.append(
            e.finding(
                name,
                f"root mean square amplitude of the line at {place} in ħJ/e",
                size,
                "energy",
                known[:, k],
                np.where(error[:, k] == 0, 0.0, wide) + least + np.nan_to_num(chance[:, k]),
                "PHYSICS 3e, DEFINITIONS 6.8",
            )
        )
    return rows


def _expected_period(e: AcJosephson, staying: Any) -> Any:
    """4 pi if it never leaves its branch in the record, 2 pi if it always does; else no formula."""
    count = e.values["periods"]
    rare = (1 - staying) * count < NEVER
    always = staying * count < NEVER
    kept = np.array([_undisturbed(v) for v in e.points()])
    return np.where(kept & rare, 4 * np.pi, np.where(kept & always, 2 * np.pi, np.nan))


def _period(e: AcJosephson, record: xarray.Dataset, known: Any) -> Finding:
    line = np.sqrt(e.flat(record.line_power)[:, 0])
    whole = np.sqrt(e.flat(record.current_power))
    return e.finding(
        "period",
        f"period of the current in θ: 4π if the line at eV/h has more than {PRESENT:g} of the alternating current",
        np.where(line > PRESENT * whole, 4 * np.pi, 2 * np.pi),
        "angle",
        known,
        1e-9,
        SOURCE,
    )


def _strongest(e: AcJosephson, record: xarray.Dataset) -> Finding:
    """Where the spectrum is highest."""
    power, frequency = e.flat(record.power), e.flat(record.frequency)
    best = np.nan_to_num(power).argmax(axis=1)[:, None]
    voltage = _each(e, lambda v: v["voltage"])
    return e.finding(
        "strongest_line",
        "frequency of the strongest line over eV/h: 1 for the period 4π, 2 for 2π, of a simple current",
        np.take_along_axis(frequency, best, axis=1)[:, 0] / voltage,
        "",
        equation=SOURCE,
    )


# -- a moving order parameter ----------------------------------------------------------------------------------------


def _lead(e: AcJosephson, record: xarray.Dataset) -> list[Finding]:
    """How a deviation grows, which share keeps its branch, the crossover, the lines."""
    points = e.points()
    equal = np.array([betas(v)[0] == betas(v)[1] for v in points])
    slow = equal & (np.array([v["detuning"] == 0 for v in points]) | (e.dynamics == "phase"))
    exponent = _each(e, lambda v: theory.growth(v["alpha"], betas(v)[0], v["relaxation_time"], v["voltage"]))
    lag = _each(e, lambda v: theory.inertia(v["alpha"], betas(v)[0], v["relaxation_time"]))
    share = 1.3 * lag * (e.dynamics != "phase")
    small = np.array([abs(np.sin(2 * (v["phase_offset"] or 1e-3))) / 2 for v in points])  # at π/2 it has no sign
    rounding = 1e-8 + 1e-10 * np.exp(np.minimum(exponent / 2, 300)) / np.maximum(small, 1e-300)
    valid = slow & (rounding < 0.1) & (share < 0.3)
    none = np.full((len(points), 2), np.nan)
    return [
        e.finding(
            "growth",
            "ln of the growth of a deviation from θ = π to 3π, without noise",
            e.flat(record.growth),
            "",
            np.where(valid, exponent, np.nan),
            exponent * share + rounding,
            "PHYSICS 3e (i): Λ = 4βħ/ατeV",
        ),
        e.finding(
            "seed_phase",
            "deviation at θ = π that the drive makes by itself: a floor of the noise",
            e.flat(record.seed_phase),
            "angle",
            np.where(slow, 0.0, np.nan),
            1e-6,
            "PHYSICS 3e (i)",
        ),
        *_crossover(e, record, slow & (share < 0.3), exponent, share),
        *_lines(e, record, none, none),
        _period(e, record, np.full(len(points), np.nan)),
        _strongest(e, record),
    ]


def _crossover(e: AcJosephson, record: xarray.Dataset, valid: Any, exponent: Any, share: Any) -> list[Finding]:
    points, count = e.points(), e.values["trajectories"]
    spread = np.array([v["phase_noise"] for v in points])
    noisy = valid & (spread > 0)
    usual = np.where(spread > 0, spread, 0.1)
    needed = np.array([theory.half_lost(float(s)) for s in usual])
    star = exponent * _each(e, lambda v: v["voltage"]) / needed
    kept = theory.kept(usual, exponent)
    steeper = np.abs(theory.kept(usual, exponent * (1 - share)) - kept)
    off = ERRORS * np.sqrt(kept * (1 - kept) / count) + 1.5 / count + steeper
    return [
        e.finding(
            "kept",
            "share of the trajectories that keeps its branch from π to 3π at this voltage",
            e.flat(record.kept),
            "",
            np.where(noisy, kept, np.nan),
            off,
            "PHYSICS 3e (i): kept while Λ < ln(1/σ)",
        ),
        e.finding(
            "crossover_voltage",
            "voltage at which half of the trajectories keep their branch from π to 3π",
            e.flat(record.crossover),
            "energy",
            np.where(noisy, star, np.nan),
            star * (share + ERRORS * 1.17 / np.sqrt(count) / needed + 0.01),
            "PHYSICS 3e (i): eV* = 4βħ/ατ ln(1/σ), 0.674 σ for the median",
        ),
    ]


# -- Shapiro steps ---------------------------------------------------------------------------------------------------


def _driven(e: AcJosephson, record: xarray.Dataset) -> list[Finding]:
    """The direct current on a step, and how high the step is."""
    direct = e.flat(record.dc_current)
    rows = []
    if e.dynamics == "levels":
        points = e.points()
        parts = [theory.branch_harmonics(levels_of(v), theory.HIGHEST) for v in points]
        steps = [2 * v["voltage"] / v["frequency"] for v in points]
        whole = np.array([abs(k - round(k)) < 1e-9 for k in steps])
        kept = np.array([_undisturbed(v) and levels_of(v).splitting == 0 for v in points]) & whole
        signs = _each(e, lambda v: levels_of(v).lowest(v["start_phase"]))
        starts = e.flat(record.start)
        known, curves = np.full(len(points), np.nan), np.full(starts.shape, np.nan)
        for k, v in enumerate(points):
            if kept[k]:
                shifted = v["start_phase"] + np.pi * (1 - signs[k])
                known[k] = theory.shapiro(parts[k], round(steps[k]), v["ac_amplitude"], shifted)
                curves[k] = theory.shapiro(parts[k], round(steps[k]), v["ac_amplitude"], starts[k])
        height = np.ptp(e.flat(record.step_current), axis=1)
        size = np.array([np.abs(np.nan_to_num(p)).sum() for p in parts])
        beyond = np.array([np.abs(np.nan_to_num(p[SAMPLES:])).sum() for p in parts])
        rows.append(
            e.finding(
                "step_height",
                "largest less smallest direct current ħI/e over all starting phases, of one branch",
                height,
                "energy",
                np.ptp(curves, axis=1),
                1e-9 * size + 2 * beyond,
                "DEFINITIONS 6.8",
            )
        )
    else:
        known, size, beyond = np.full(direct.shape[0], np.nan), np.ones(direct.shape[0]), np.zeros(direct.shape[0])
    first = e.finding(
        "dc_current",
        "direct current ħI/e at this starting phase, mean of the trajectories",
        direct.mean(axis=1),
        "energy",
        known,
        1e-9 * size + 2 * beyond,
        "DEFINITIONS 6.8",
    )
    return [first, *rows]


def _fed(e: AcJosephson, record: xarray.Dataset) -> list[Finding]:
    """How wide the steps of the current-voltage curve are, and at which voltage they stand."""
    edges, volts = e.flat(record.step_edges), e.flat(record.step_voltage)
    frequency = _each(e, lambda v: v["frequency"])
    quiet = np.isnan(e.flat(record.jumps)).all(axis=-1)  # chance blurs the steps of the others
    rows = []
    for k, step in enumerate(STEPS):
        width = edges[:, k, 1] - edges[:, k, 0]
        clear = (width > 20 * LOCKED) & quiet
        rows += [
            e.finding(
                f"step_width_{step}",
                f"width of Shapiro step {step} in critical currents (nan: beyond the curve)",
                width,
                equation="DEFINITIONS 6.8",
            ),
            e.finding(
                f"step_voltage_{step}",
                f"eV in the middle of Shapiro step {step}",
                volts[:, k],
                "energy",
                np.where(clear, step * frequency / 2, np.nan),
                frequency * LOCKED,
                "DEFINITIONS 6.8: V = kħω/2e",
            ),
        ]
    largest = e.flat(record.critical_current)
    rows.append(e.finding("critical_current", "largest ħ|J|/e of a branch", largest, "energy", equation="(30)"))
    return rows
