"""What is measured on the curves of number against gate voltage, beside what theory expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.axes import axis
from mesodyn.experiments import curves, gate_levels
from mesodyn.experiments.finding import Finding
from mesodyn.systems.mean_field import critical_temperature, gap

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.gate_sweep import GateSweep

CURVE = "curve_gate"
SHARP = 4
"""A kink is looked for where its change of slope exceeds this many times the smooth change over one point."""


def findings(experiment: GateSweep, record: xarray.Dataset) -> list[Finding]:
    """All findings; those of curves over the axes other than the detuning's."""
    one = experiment.at_detuning(0.0)
    v = one.flat_values()
    gate, number = record.curve_gate.values, one.flat(record.curve_n_mean)
    found = [
        *_edges(one, v, gate, number),
        _slope(one, v, gate, number),
        _middle(one, gate, number),
        _balance(one, v, record, gate, number),
    ]
    if one.keeps_count:
        found.append(_distance(one, gate, number))
    if one.finite:
        found += gate_levels.findings(one, v, gate, number)
    if "onset" in record:
        found.append(_onset(experiment, record))
    if "frozen" in record:
        found.append(experiment.frozen(experiment.flat(record.frozen)))
    return found


def _edges(one: Any, v: Any, gate: Any, number: Any) -> list[Finding]:
    """The two kinks, each the largest second difference of its half; nan where the curve only bends."""
    rigid, cold, step = v["stiffness"], v["temperature"], gate[1] - gate[0]
    sharp = curves.kinks(number)
    if one.finite:
        sharp[:, np.abs(gate[1:-1]) < 3.5 * step] = 0.0  # a jump in the middle is no kink
    radius = gap(rigid, cold)
    warm = np.where(cold > 0, cold, 1.0)
    outside = np.where(cold > 0, np.cosh(np.minimum(radius / warm, 300)) ** -2 / warm, 0.0)
    bend = 2 * np.tanh(radius / warm) * outside * rigid * step / warm
    plain = (1 / rigid - outside > SHARP * bend) & (radius > 4 * step * rigid)
    expected = np.where(plain, radius, np.nan) if not one.keeps_count else np.full_like(radius, np.nan)
    found = []
    for name, sign in (("lower_edge", -1), ("upper_edge", 1)):
        half = np.where(sign * gate[1:-1] > 0, sharp, 0.0)
        place = gate[1:-1][half.argmax(axis=1)] * rigid
        value = np.where(half.max(axis=1) > 0, place, np.nan)
        found.append(
            one.finding(
                name,
                f"{'lower' if sign < 0 else 'upper'} kink of the number against ξ, by second differences",
                value,
                "energy",
                sign * expected,
                1.01 * step * rigid,
                "PHYSICS 1.4 (18), 3h: |ξ| = R",
            )
        )
    return found


def _slope(one: Any, v: Any, gate: Any, number: Any) -> Finding:
    """The slope of the number at detuning 0."""
    k, step = gate.size // 2, (gate[1] - gate[0]) * v["stiffness"]
    near, far = ((number[:, k + j] - number[:, k - j]) / (2 * j * step) for j in (1, 2))
    value = (4 * near - far) / 3 * v["stiffness"] / one.step
    rigid, cold = v["stiffness"], v["temperature"]
    if one.finite:
        value = np.where(np.abs(near - far) > 0.2 * np.abs(near), np.nan, value)  # a jump has no slope
    if not one.keeps_count:
        expected = -rigid / (2 * np.maximum(cold, rigid))
    elif one.lead == "fermion" and not one.finite:
        expected = np.where(cold > 0, np.nan, -4 * rigid / (np.pi * v["width"]))
    else:
        expected = np.full_like(rigid, np.nan)
    return one.finding(
        "slope",
        "slope of the number at ξ = 0, times ξ0/k",
        value,
        "",
        expected,
        np.abs(near - far) * rigid / one.step + 1e-9,
        "PHYSICS 4.2" if one.keeps_count else "PHYSICS 1.4 (19), (24), 3h",
    )


def _middle(one: Any, gate: Any, number: Any) -> Finding:
    value = number[:, gate.size // 2]
    uneven = one.finite and one.values["total"] == "fixed" and one.values["lead_levels"] % 2 == 0
    exact = not (one.keeps_count and one.lead == "boson") and not uneven
    half = one.values["n_c"] + one.step / 2 + 0 * value
    return one.finding(
        "n_mean_in_the_middle",
        "mean number at ξ = 0",
        value,
        "",
        half if exact else np.nan * half,
        1e-12 * (1 + np.abs(half)),
        "PHYSICS 1.4 (19)",
    )


def _balance(one: Any, v: Any, record: xarray.Dataset, gate: Any, number: Any) -> Finding:
    """The number against the slope of the free energy."""
    energy = one.flat(record.curve_free_energy) / v["stiffness"][:, None]
    slope, rough = curves.slope(gate, energy)
    off = np.abs(one.values["n_c"] + one.step / 2 * slope - number[:, 2:-2]).max(axis=1)
    return one.finding(
        "number_balance",
        "largest distance of the number from N_c + (k/2)∂F/∂ξ by differences",
        off,
        "",
        np.zeros_like(off),
        4 * one.step * rough.max(axis=1) + 1e-9,
        "PHYSICS 1.3 (10)",
    )


def _distance(one: Any, gate: Any, number: Any) -> Finding:
    """How far the exact curve is from the mean field's at the same stiffness and temperature."""
    field = one.alone(model="mean-field", detuning=axis(CURVE, gate) * one.values["stiffness"]).equilibrium()
    line = one.flat(field.n_mean.transpose(*one.axes(), CURVE))
    return one.finding(
        "mean_field_distance",
        "largest distance of the number from the mean field's line, over k",
        np.abs(number - line).max(axis=1) / one.step,
        "",
        None,
        0.0,
        "PHYSICS 4.2",
    )


def _onset(experiment: Any, record: xarray.Dataset) -> Finding:
    cold = experiment.alone(temperature=0.0)
    v = cold.flat_values()
    value = cold.flat(record.onset)
    short = 1 - np.abs(v["detuning"]) / v["stiffness"]
    clear = (short <= 0) | (short > 1e-9)  # at the very edge rounding decides
    return cold.finding(
        "critical_temperature",
        "temperature above which the order parameter is 0, found by halving",
        value,
        "temperature",
        np.where(clear, critical_temperature(v["detuning"], v["stiffness"]), np.nan),
        1e-9 * v["stiffness"],
        "PHYSICS 3h",
    )
