"""How a dot and the field of its lead are drawn after a jump of the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.axes import axis
from mesodyn.experiments import quench_theory as theory
from mesodyn.figures import animation as moving
from mesodyn.figures import plots

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.self_consistent import SelfConsistent
    from mesodyn.figures.style import Figure

SHOWN = 24.0
"""Over how many hbar/stiffness the leads are compared."""


def figures(
    experiment: SelfConsistent, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    one, place = experiment.at(at)
    here = f" (at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())})" if place else ""
    runs = leads(one)
    found = {"leads": _in_time(one, runs, here), "field": _paths(one, runs, here), "precession": _precession(one, here)}
    return found | {"growth": _growth(one, here), "swing": _swing(one, here)}


def leads(one: Any) -> dict[str, xarray.Dataset]:
    """The same dot, from the equilibrium field of its start, on each of the three leads."""
    return {lead: _with(one, lead).record() for lead in ("instantaneous", "relaxing", "hamiltonian")}


def _with(one: Any, lead: str) -> Any:
    """The same dot on another lead, watched for `SHOWN`."""
    v = one.values
    size = float(v["stiffness"])
    own = {"relaxing": v["relaxation_rate"] or 0.5 * size, "hamiltonian": v["frequency"] or size}
    changes = {"lead": lead, "relaxation_rate": None, "frequency": None, "duration": SHOWN / size}
    if lead != "instantaneous":
        changes["relaxation_rate" if lead == "relaxing" else "frequency"] = own[lead]
    return one.changed(**changes)


def _clock(one: Any) -> Any:
    return one.scaled("time", "time", SHOWN / float(one.values["stiffness"]))


def _size(one: Any, symbol: str) -> Any:
    return one.scaled("energy", symbol, float(one.values["stiffness"]))


def _in_time(one: Any, runs: Mapping[str, xarray.Dataset], here: str) -> tuple[Figure, str]:
    clock, energy, order = _clock(one), _size(one, "energy"), _size(one, r"$|\Delta|$")
    real = _size(one, r"Re $\Delta$")
    time = next(iter(runs.values())).time.values / clock.factor

    def lines(read: Any) -> dict[str, Any]:
        return {name: read(run) for name, run in runs.items()}

    panels = [
        plots.Panel(r"$v^2$", lines(lambda r: r.number.values)),
        plots.Panel(order.label, lines(lambda r: np.abs(r.field.values) / order.factor)),
        plots.Panel(real.label, lines(lambda r: r.field.real.values / real.factor)),
        plots.Panel(energy.label, lines(lambda r: r.energy.values / energy.factor)),
    ]
    text = f"After the jump of the gate{here}, the same dot on three leads. Only the relaxing one takes energy; the "
    text += "instantaneous one keeps v² and turns; the Hamiltonian one swings."
    return plots.along_protocol(time, panels, [], clock.label), text


def _paths(one: Any, runs: Mapping[str, xarray.Dataset], here: str) -> tuple[Figure, str]:
    order = _size(one, r"$\Delta$")
    unit = order.label.replace(r"$\Delta$", "").strip()
    ground = float(theory.ground(one.values["stiffness"], one.values["detuning"])[2]) / order.factor
    paths = {name: run.field.values / order.factor for name, run in runs.items()}
    labels = (f"Re $\\Delta$ {unit}".strip(), f"Im $\\Delta$ {unit}".strip())
    radius = ground or 1.0
    text = f"The field in the complex plane{here}; the outer dashed circle has its modulus in the ground state."
    return plots.phasor(paths, radius, *labels), text


def _precession(one: Any, here: str) -> tuple[Figure, str]:
    count = 9 if one.quick else 19
    weight = axis("curve_weight", (np.arange(count) + 0.5) / count)
    size = one.values["stiffness"]
    given = {"order_parameter": 2 * size * np.sqrt(weight * (1 - weight)), "order_phase": one.values["phase"]}
    made = _with(one, "instantaneous").changed(weight=weight, **given)
    found = made.findings(made.record())["precession"]
    scale = _size(one, r"$\Omega$")
    curve = plots.Curve(found.value.values / scale.factor, expected=found.expected.values / scale.factor)
    rest = float(theory.ground(one.values["stiffness"], one.values["detuning"])[1])
    figure = plots.against(weight.values, {"simulated": curve}, r"$v^2$", scale.label, {"equilibrium": rest})
    return figure, f"An instantaneous lead{here}: the field turns, and stands still for the v² of equilibrium only."


def _growth(one: Any, here: str) -> tuple[Figure, str]:
    size = float(one.values["stiffness"])
    count = 10 if one.quick else 20
    detuning = axis("curve_detuning", size * np.linspace(-1.5, 1.98, count))
    made = _with(one, "relaxing").changed(detuning=detuning, duration=1.0 / size)
    found = made.findings(made.record())["growth"]
    scale, gate = _size(one, "growth rate"), _size(one, r"detuning $\xi$")
    curve = plots.Curve(found.value.values / scale.factor, expected=found.expected.values / scale.factor)
    marks = {r"$\xi_0$": size / gate.factor}
    figure = plots.against(detuning.values / gate.factor, {"simulated": curve}, gate.label, scale.label, marks)
    return figure, f"A relaxing lead{here}: a small field at |N> grows for ξ < ξ0 and fades beyond."


def _swing(one: Any, here: str) -> tuple[Figure, str]:
    made = _with(one, "hamiltonian")
    made = made.changed(duration=made.values["duration"] / 2)
    record = made.record()
    ((dot, start),) = made.dots()
    clock = _clock(one)
    curve = plots.Curve(record.number.values, theory.Elliptic.of(dot, start).weight(record.time.values), "line")
    figure = plots.against(record.time.values / clock.factor, {"simulated": curve}, clock.label, r"$v^2$")
    return figure, f"A Hamiltonian lead{here}: v² and the elliptic function that solves the equations."


# -- the animation ----------------------------------------------------------------------------------------------------

CAPTIONS = (
    "The gate has jumped. Number and field Δ are still those that fitted the old gate.",
    "Instantaneous: field and dot turn together, and nothing else changes.",
    "Relaxing: the field runs after the dot, and each step behind costs energy.",
    "Hamiltonian: the field has an inertia, number and field swing into each other.",
    "Only the relaxing lead has brought the dot to rest, in the ground state.",
)


def animation(experiment: SelfConsistent, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """The field and what the dot would make of it, on three leads, beside v² and the energy."""
    one, _ = experiment.at(at)
    runs = leads(one)
    clock, energy, order = _clock(one), _size(one, "energy"), _size(one, "")
    time = next(iter(runs.values())).time.values
    frames = np.linspace(0.0, float(time[-1]), one.frames)
    made = 2 * float(one.values["stiffness"]) / order.factor

    def film(values: Any) -> Any:
        return np.interp(frames, time, values.real) + 1j * np.interp(frames, time, values.imag)

    radius = max(float(np.abs(run.field).max()) / order.factor for run in runs.values())
    panels: list[Any] = []
    for name, run in runs.items():
        arrows = {r"$\Delta$": film(run.field.values / order.factor)}
        if name != "instantaneous":
            arrows[r"$2\xi_0a^*b$"] = film(made * run.coherence.values)
        panels.append(moving.PhasorPanel(name, arrows, radius))
    at_frames = frames / clock.factor
    weights = {name: run.number.values for name, run in runs.items()}
    energies = {name: run.energy.values / energy.factor for name, run in runs.items()}
    panels.append(moving.TracePanel("number", time / clock.factor, weights, at_frames, (), r"$v^2$", ""))
    panels.append(moving.TracePanel("energy", time / clock.factor, energies, at_frames, (), energy.label, clock.label))
    captions = [CAPTIONS[min(len(CAPTIONS) - 1, k * len(CAPTIONS) // len(frames))] for k in range(len(frames))]
    return {"panels": panels, "frames": one.frames, "captions": captions, "size": (8.0, 6.0)}
