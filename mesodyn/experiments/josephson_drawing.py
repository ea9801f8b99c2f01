"""How current-phase curves are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.axes import axis
from mesodyn.experiments import josephson_theory as theory
from mesodyn.experiments.base import Scale
from mesodyn.experiments.currents import ampere
from mesodyn.figures import plots

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.josephson_current import JosephsonCurrent
    from mesodyn.figures.style import Figure

ANGLE = r"phase difference $\theta/\pi$"
MODELS = {
    "SD2S": "pairs (SD2S)",
    "SD1S": "single particles (SD1S)",
    "parity-dot": "parity conserved",
    "contact": "transparent contact",
}


def figures(
    experiment: JosephsonCurrent, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    one, place = experiment.at(at)
    shown = {name: value for name, value in place.items() if name != "phase_difference"}
    here = f" at {', '.join(f'{name} = {value:.5g}' for name, value in shown.items())}" if shown else ""
    found = {
        "current_phase": _gates(one, here),
        "comparison": _comparison(one, here),
        "map": _map(one, here),
        "discriminators": _discriminators(one, here),
    }
    extra = _along_axes(experiment, record)
    return found | ({"against_parameters": extra} if extra else {})


def _natural_detuning(one: Any) -> float:
    """The detuning at which the current of this model has changed much: its scale in the gate voltage."""
    v = one.values
    if one.model == "SD1S":
        return float(1 / v["alpha"])
    if one.model == "contact":
        return float(v["gap"])
    return float(v["delta_left"] + v["delta_right"]) or float(v["gap"])


def _theta(one: Any, turns: float = 2.0) -> Any:
    """Even phases that miss the multiples of pi, so that a break is drawn as a step."""
    count = 150 if one.quick else 600
    return axis("curve_phase", (np.arange(count) + 0.5) * 2 * turns * np.pi / count)


def _curve(one: Any, **changes: Any) -> Any:
    """The current along a curve."""
    made = one.changed(phase_difference=_theta(one), **changes)
    return made.equilibrium().current.transpose("curve_phase", ...).values


def _scale(one: Any, values: Any, symbol: str = "J") -> Scale:
    """How a current is drawn: as hbar J/e, or in ampere."""
    if one.values.natural:
        return Scale(1.0, rf"$\hbar {symbol}/e$")
    size, unit = ampere(float(np.max(np.abs(values), initial=0.0)))
    return Scale(size, f"${symbol}$ ({unit})")


def _followed(one: Any) -> float:
    """The largest detuning at which the branch that is followed exists."""
    v = one.values
    return float(1 / (v["alpha"] + abs(v["beta"])))


def _gates(one: Any, here: str) -> tuple[Figure, str]:
    """Current-phase curves at several gate voltages."""
    theta = _theta(one).values / np.pi
    if one.model == "contact":
        curves = {f"τ = {tau:g}": _curve(one, transmission=tau) for tau in (1.0, 0.99, 0.9, 0.5)}
        text = "The contact's current for several transmissions"
    else:
        unit = _natural_detuning(one)
        follows = one.model == "SD1S" and one.values["branch"] == "adiabatic"
        factors = (0.0, 0.25, 0.5, 0.95) if follows else (0.0, 0.5, 0.9, 1.2)
        size = _followed(one) if follows else unit
        own = float(one.values["detuning"])
        values = sorted({own, *(f * size for f in factors)})
        energy = one.scaled("energy", "", unit)
        unit_text = "" if one.values.natural else " " + energy.label.strip(" /h()")
        curves = {rf"$\xi$ = {x / energy.factor:.3g}{unit_text}": _curve(one, detuning=x) for x in values}
        text = "The current against the phase difference at several gate voltages (detunings ξ)"
    current = _scale(one, list(curves.values()))
    lines = {name: y / current.factor for name, y in curves.items()}
    return plots.against(theta, lines, ANGLE, current.label), f"{text}{here}: {MODELS[one.model]}."


def _rivals(one: Any) -> dict[str, Any]:
    """The same junction under every model, in equilibrium."""
    same = {"account": "superposition", "branch": "equilibrium"}
    return {label: one.changed(model=model, **same) for model, label in MODELS.items()}


def _comparison(one: Any, here: str) -> tuple[Figure, str]:
    """The shapes of all models, each over its largest current, and the mixture."""
    theta = _theta(one).values / np.pi
    curves = {}
    own = {MODELS[one.model]: one} if one.account != "mixture" else {}
    for label, rival in (_rivals(one) | own).items():
        y = _curve(rival)
        curves[label] = y / (np.max(np.abs(y)) or 1.0)
    curves["mixture"] = np.zeros_like(theta)
    label = r"$J/J_{max}$"
    text = (
        f"The shape of the current under every model{here}, each over its own largest value. Single particles and a "
        "transparent contact both break at π; with the parity conserved the break is elsewhere; a mixture of particle "
        "numbers carries no current (and is no equilibrium)."
    )
    return plots.against(theta, curves, ANGLE, label), text


def _map(one: Any, here: str) -> tuple[Figure, str]:
    """J over phase difference and detuning (or transmission)."""
    theta = _theta(one)
    count = 31 if one.quick else 121
    if one.model == "contact":
        name, gate, ylabel, factor = "transmission", axis("gate_axis", 0, 1, count), "transmission τ", 1.0
    else:
        follows = one.model == "SD1S" and one.values["branch"] == "adiabatic"
        reach = 0.999 * _followed(one) if follows else 1.5 * _natural_detuning(one)
        energy = one.scaled("energy", r"detuning $\xi$", reach)
        name, gate, ylabel, factor = "detuning", axis("gate_axis", -reach, reach, count), energy.label, energy.factor
    found = one.changed(phase_difference=theta, **{name: gate}).equilibrium().current
    values = found.transpose("gate_axis", "curve_phase").values
    current = _scale(one, values)
    drawing = plots.image(
        theta.values / np.pi, gate.values / factor, values / current.factor, ANGLE, ylabel, current.label
    )
    what = "transmission" if one.model == "contact" else "detuning: what a sweep of phase and gate voltage would show"
    return drawing, f"The current over phase difference and {what}{here}."


def _discriminators(one: Any, here: str) -> tuple[Figure, str]:
    """Where the current breaks, how high the step is, and the largest current, against the gate, for every model."""
    rivals = {label: rival for label, rival in _rivals(one).items() if rival.model != "contact"}
    reach = 1.5 * max(_natural_detuning(rival) for rival in rivals.values())
    gate = axis("gate_axis", -reach, reach, 31 if one.quick else 121)
    places, steps, largest = {}, {}, {}
    for label, rival in rivals.items():
        record = rival.changed(detuning=gate, phase_difference=0.0).record()
        places[label] = record.break_position.values[:, 0] / np.pi
        steps[label] = np.nan_to_num(np.abs(record.break_fall.values[:, 0])) / record.peak_current.values.max()
        largest[label] = record.peak_current.values / record.peak_current.values.max()
    energy = one.scaled("energy", r"detuning $\xi$", reach)
    panels = [
        plots.Panel(r"first break $\theta/\pi$", places),
        plots.Panel(r"step / max $J$", steps),
        plots.Panel(r"$J_c$ / max $J_c$", largest),
    ]
    text = (
        f"What tells the models apart{here}: where the current first breaks (no line: nowhere), how high the step is, "
        "and the largest current, against the detuning. For single particles the break stays at π until it is gone; "
        "with the parity conserved it moves with the gate; for pairs there is none off resonance."
    )
    return plots.along_protocol(gate.values / energy.factor, panels, [], energy.label), text


def _along_axes(experiment: Any, record: xarray.Dataset) -> tuple[Figure, str] | None:
    """The largest current over the user's axes, where there are one or two besides the phase difference."""
    alone = experiment.alone()
    grid = alone.axes()
    kinds = {p.name: p.kind for p in experiment.parameters}
    if not 1 <= len(grid) <= 2 or any(c.size < 2 for c in grid.values()):
        return None
    finding = experiment.findings(record)["critical_current"]
    current = _scale(experiment, finding.value.values, "J_c")
    scales = [
        experiment.scaled(kinds.get(name, "number"), name.replace("_", " "), float(np.abs(c).max()))
        if kinds.get(name) in ("energy", "temperature", "angle", "time")
        else Scale(1.0, name.replace("_", " "))
        for name, c in grid.items()
    ]
    points = [c.values / s.factor for c, s in zip(grid.values(), scales, strict=True)]
    values = finding.value.values / current.factor
    text = f"The largest current over all phases against {' and '.join(grid)} ({theory.SOURCES[experiment.model]})."
    if len(grid) == 1:
        known = None if finding.passed is None else finding.expected.values / current.factor
        curve = {MODELS[experiment.model]: plots.Curve(values, expected=known)}
        return plots.against(points[0], curve, scales[0].label, current.label), text
    return plots.image(points[1], points[0], values, scales[1].label, scales[0].label, current.label), text
