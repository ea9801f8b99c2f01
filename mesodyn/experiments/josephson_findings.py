"""What is measured on the current-phase curves, beside what theory expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import curves
from mesodyn.experiments import josephson_theory as theory
from mesodyn.experiments.finding import Finding

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.josephson_current import JosephsonCurrent

RESOLVED = 2e-3
"""Beyond this, differences along the curve don't follow it."""


def findings(experiment: JosephsonCurrent, record: xarray.Dataset) -> list[Finding]:
    """All findings, over the axes of the curves; ``frozen`` over all axes."""
    one = experiment.alone()
    v = one.flat_values()
    dead = experiment.account == "mixture"
    known = theory.expected(experiment.model, v, str(v["branch"]))
    if dead:
        zero = np.zeros_like(known["breaks"])
        known |= {"critical_current": zero, "breaks": zero, "slope": zero}
    theta = record.curve_phase.values
    found = [*_peak_and_breaks(one, record, known), _slope(one, record, known, theta)]
    if experiment.model == "SD1S" and not dead:
        found.append(_threshold(one, record, theta))
    found += [_period(one, record, v), _balance(one, record, theta)]
    if "ladder_energy" in record:
        found += _counting(one, record, v)
    if "frozen" in record:
        found.append(experiment.frozen(experiment.flat(record.frozen)))
    return found


def _peak_and_breaks(one: Any, record: xarray.Dataset, known: Any) -> list[Finding]:
    """The largest current, and how many breaks there are, where, and how high."""
    places, falls = one.flat(record.break_position), one.flat(record.break_fall)
    largest = one.flat(record.peak_current)
    granted = 1e-6 * np.maximum(largest, np.finfo(float).tiny)
    away = np.abs(places / np.pi % 2 - 1) * np.pi
    far = np.where(np.isfinite(places).any(axis=1), np.fmax.reduce(away, axis=1), np.nan)
    apart = np.where(known["breaks"] > 0, np.abs(np.pi - known["position"]), np.nan)
    count = np.isfinite(places).sum(axis=1).astype(float)
    rows: list[tuple[str, str, Any, str, Any, Any]] = [
        ("critical_current", "largest ħ|J|/e over all phases", largest, "energy", known["critical_current"], granted),
        ("breaks", "how often the current breaks in 4π", count, "", known["breaks"], 0.0),
        ("break_position", "phase difference of the first break", places[:, 0], "angle", known["position"], 1e-7),
        ("break_distance", "largest distance of a break from the nearest odd multiple of π", far, "angle", apart, 1e-7),
        ("current_step", "by how much ħJ/e falls at the first break", falls[:, 0], "energy", known["fall"], granted),
    ]
    return [one.finding(*row, theory.SOURCES[one.model]) for row in rows]


def _slope(one: Any, record: xarray.Dataset, known: Any, theta: Any) -> Finding:
    """The slope of the current at pi, by differences over the four nearest points; none at a break."""
    y = one.flat(record.curve_current)
    k = int(np.searchsorted(theta, np.pi))
    step = theta[1] - theta[0]
    near, far = (y[:, k] - y[:, k - 1]) / step, (y[:, k + 1] - y[:, k - 2]) / (3 * step)
    value = (9 * near - far) / 8
    resolved = known["rounding"] > 2 * step
    broken = np.isfinite(one.flat(record.break_position)).any(axis=1)
    size = one.flat(record.peak_current)
    return one.finding(
        "slope_at_pi",
        "d(ħJ/e)/dθ at π, where there is no break: the sharper the step, the steeper",
        np.where(broken, np.nan, value),
        "energy",
        np.where(resolved & ~broken, known["slope"], np.nan),
        np.abs(value - near) + 1e-9 * size,
        theory.SOURCES[one.model],
    )


def _threshold(one: Any, record: xarray.Dataset, theta: Any) -> Finding:
    """The phase in (0, pi) at which the order ends: between the last point that has it and the first that hasn't."""
    inside = theta < np.pi
    ordered = one.flat(record.curve_order_parameter)[:, inside] > 0
    ends = ordered[:, 0] & ~ordered[:, -1]
    last = np.argmin(ordered, axis=1)
    step = theta[1] - theta[0]
    value = np.where(ends, theta[inside][last] - step / 2, np.nan)
    place = one.flat(record.critical_phase.isel(phase_difference=0, missing_dims="ignore"))
    clear = (place > step) & (place < np.pi - step)
    return one.finding(
        "critical_phase",
        "phase difference at which the order, and the current, ends before π",
        value,
        "angle",
        np.where(clear, place, np.nan),
        0.51 * step,
        "PHYSICS 1.7: θ_c",
    )


def _period(one: Any, record: xarray.Dataset, v: Any) -> Finding:
    """The period in the phase difference, from the Fourier components."""
    value = curves.period(one.flat(record.curve_current), 4 * np.pi)
    whole = 4 * np.pi if v["branch"] == "adiabatic" and one.model == "SD1S" else 2 * np.pi
    return one.finding(
        "period",
        "period of the current in θ, from its Fourier components",
        value,
        "angle",
        np.where(np.isfinite(value), whole, np.nan),
        1e-9,
        "DEFINITIONS 6.8",
    )


def _balance(one: Any, record: xarray.Dataset, theta: Any) -> Finding:
    """The current against the slope of the free energy, away from breaks."""
    energy, current = one.flat(record.curve_free_energy), one.flat(record.curve_current)
    slope, rough = curves.slope(theta, energy)
    inner, step = theta[2:-2], theta[1] - theta[0]
    places = one.flat(record.break_position)
    close = np.abs(inner[None, :, None] - places[:, None, :]) < 3 * step
    kept = ~close.any(axis=-1)
    if one.model == "SD1S" and one.account != "mixture":  # nor next to where the order ends: F has a kink of its slope
        ordered = (one.flat(record.curve_order_parameter) > 0).astype(float)
        kept &= np.stack([ordered[:, k : k + inner.size] for k in range(5)]).std(axis=0) == 0
    size = np.maximum(one.flat(record.peak_current), np.finfo(float).tiny)
    off = np.where(kept, np.abs(2 * slope - current[:, 2:-2]), 0.0).max(axis=1) / size
    rough = np.where(kept, rough, 0.0).max(axis=1) / size
    granted = 4 * rough + 1e-9 + 8 * np.finfo(float).eps * np.abs(energy).max(axis=1) / step / size
    return one.finding(
        "current_balance",
        "largest distance of J from (2e/ħ)∂F/∂θ by differences, over the largest J",
        np.where(size > 1e-300, off, np.nan),
        "",
        np.where(np.isfinite(off) & (size > 1e-300) & (rough < RESOLVED), 0.0, np.nan),
        granted,
        "PHYSICS 1.6 (26)",
    )


def _counting(one: Any, record: xarray.Dataset, v: Any) -> list[Finding]:
    """Leads that count their pairs: the same levels and currents, a dot without phase."""
    size = np.abs(v["detuning"]) + v["delta_left"] + v["delta_right"]
    texts = {
        "ladder_energy": ("largest distance of a level of the whole ladder from (25)", "energy", 1e-12 * size),
        "ladder_current": ("largest distance of ħJ/e of a state of the ladder from (26)", "energy", 1e-10 * size),
        "ladder_coherence": ("largest coherence of the dot alone: its state is diagonal", "", 1e-12),
    }
    return [
        one.finding(name, text, one.flat(record[name]), kind, 0.0 * size, granted, "DEFINITIONS 6.1")
        for name, (text, kind, granted) in texts.items()
    ]
