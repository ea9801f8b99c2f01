"""How gate sweeps are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.axes import axis
from mesodyn.experiments import gate_levels
from mesodyn.figures import plots
from mesodyn.systems.lead_models import outside_level, wide_band

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.gate_sweep import GateSweep
    from mesodyn.figures.style import Figure

ACROSS = 1.6
"""Figures run over this many stiffnesses to either side."""
JUMP = 0.05
"""A change of the number between two points of a figure above this is a jump, which has no slope."""
LEVELS = (
    " A lead of single levels jumps where its total number changes by one: by little in a band of many levels, by "
    "nearly 1 where the levels stand outside a gap."
)


def figures(experiment: GateSweep, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    one, place = experiment.at(at)
    shown = {name: value for name, value in place.items() if name != "detuning"}
    here = f" at {', '.join(f'{name} = {value:.5g}' for name, value in shown.items())}" if shown else ""
    return {
        "number": (
            _number(one, slope=False),
            f"Mean number against the gate (detuning ξ){here}, beside others without an order parameter that leave the "
            "middle with the same slope at temperature 0: one outside level, heat alone, a level broadened by a wide "
            "band. Only the mean field has kinks (and, nearly, a boson lead of small quanta)."
            + (LEVELS if experiment.finite else ""),
        ),
        "response": (
            _number(one, slope=True),
            f"The slope of the same curves{here}, as a capacitance measurement shows it: the mean field is a box with "
            "sharp edges, the others are peaks." + (" A jump is left out." if experiment.finite else ""),
        ),
        "order_parameter": (_order(one), "Mean field: the order parameter |Δ| over detuning and temperature."),
        "specific_heat": (
            _heat(one),
            "Mean field: the specific heat against temperature at several detunings; it jumps where the order ends, "
            "by 3/2 k_B at ξ = 0.",
        ),
    }


def _gate(one: Any) -> tuple[Any, Any]:
    """Detunings to draw at, and how to write them."""
    reach = ACROSS * float(one.values["stiffness"])
    count = 161 if one.quick else 641
    return np.linspace(-reach, reach, count), one.scaled("energy", r"detuning $\xi$", reach)


def _curves(one: Any, xi: Any) -> dict[str, Any]:
    """The number in the dot: this run's, and what it could be instead."""
    v, k = one.values, one.step
    base, cold, rigid = v["n_c"], float(v["temperature"]), float(v["stiffness"])
    gate = axis("curve_gate", xi)

    def number(**changes: Any) -> Any:
        return one.alone(detuning=gate, **changes).equilibrium().n_mean.values

    found = {f"mean field (ND{k}N)": number(model="mean-field")}
    if one.finite:
        found |= gate_levels.shown_curves(one, xi)
    elif one.keeps_count:
        found[f"{one.lead} lead, exact"] = number()
    found["one outside level"] = base + k * outside_level(xi, rigid, cold).weight
    heat = "heat alone" + (", kT = ξ0" if cold <= rigid else "")
    found[heat] = base + k * outside_level(xi, 0.0, max(cold, rigid)).weight
    if v["gap"] is None and (one.finite or one.lead != "fermion"):
        found["wide band (arctan)"] = base + k * wide_band(xi, v["width"], cold).weight
    return found


def _number(one: Any, *, slope: bool) -> Figure:
    xi, energy = _gate(one)
    curves = _curves(one, xi)
    edge = float(one.values["stiffness"]) / energy.factor
    marks = {r"$-\xi_0$": -edge, r"$\xi_0$": edge}
    if slope:
        step = (xi[1] - xi[0]) / float(one.values["stiffness"])
        falls = {name: -np.diff(y) for name, y in curves.items()}
        curves = {name: np.where(np.abs(y) < JUMP, y, np.nan) / step for name, y in falls.items()}
        xi = (xi[1:] + xi[:-1]) / 2
    label = r"$-\xi_0\,d\langle N\rangle/d\xi$" if slope else r"$\langle N\rangle$"
    return plots.against(xi / energy.factor, curves, energy.label, label, marks=marks)


def _order(one: Any) -> Figure:
    rigid = float(one.values["stiffness"])
    count = 41 if one.quick else 141
    xi, cold = np.linspace(-1.2 * rigid, 1.2 * rigid, count), np.linspace(0, 1.2 * rigid, count)
    given = {"detuning": axis("gate_axis", xi), "temperature": axis("heat_axis", cold)}
    found = one.alone(model="mean-field", **given).equilibrium().order_parameter
    energy, kind = one.scaled("energy", r"detuning $\xi$", rigid), one.scaled("temperature", "temperature", rigid)
    size = one.scaled("energy", r"$|\Delta|$", rigid)
    z = found.transpose("heat_axis", "gate_axis").values / size.factor
    return plots.image(xi / energy.factor, cold / kind.factor, z, energy.label, _warmth(one, kind), size.label)


def _heat(one: Any) -> Figure:
    rigid = float(one.values["stiffness"])
    cold = np.linspace(0, 1.6 * rigid, 161 if one.quick else 641)
    kind, energy = one.scaled("temperature", "temperature", rigid), one.scaled("energy", "", rigid)
    unit = "" if one.values.natural else " " + energy.label.split("(")[-1].rstrip(")")
    curves = {}
    for share in (0.0, 0.5, 0.9, 1.2):
        made = one.alone(model="mean-field", detuning=share * rigid, temperature=axis("heat_axis", cold))
        name = rf"$\xi$ = {share * rigid / energy.factor:.3g}{unit}"
        curves[name] = made.equilibrium().specific_heat.transpose("heat_axis", ...).values
    return plots.against(cold / kind.factor, curves, _warmth(one, kind), r"specific heat ($k_B$)")


def _warmth(one: Any, kind: Any) -> str:
    """The label of a temperature's axis."""
    return r"$k_BT$" if one.values.natural else str(kind.label)
