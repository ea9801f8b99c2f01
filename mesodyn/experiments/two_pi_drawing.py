"""How the 2 pi experiment is drawn: what is common to its read-outs, and heat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray

from mesodyn import units
from mesodyn.axes import axis
from mesodyn.experiments.base import Scale
from mesodyn.figures import plots

if TYPE_CHECKING:
    from mesodyn.experiments.two_pi_rotation import TwoPiRotation
    from mesodyn.figures.style import Figure

SHOWN_RELAXATIONS = 8.0
"""How many relaxation times are drawn after connecting."""
FULL_TURNS = 4
"""Heat is drawn for up to this number of turns: 8 pi."""
NULLS: Mapping[str, Mapping[str, Any]] = {
    "field along the axis": {"field_angle": 0.0},
    "pairs": {"kind": "pair", "n_c": 0, "spin": None},
    "bosons, spin 1": {"kind": "boson", "n_c": 0, "spin": 1},
    "mixture": {"account": "mixture", "connected_detuning": 0.0, "preparation_time": 0.0},
}
STEPS = ("prepare", "disconnect", "rotate", "back", "connect", "relax", "bias", "pulse", "count")


def figures(
    experiment: TwoPiRotation, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    from mesodyn.experiments import two_pi_counts

    found_at: tuple[Any, dict[str, float]] = experiment.at(at)
    one, place = found_at
    point = record if not place else one.record()
    here = f" at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())}" if place else ""
    found = two_pi_counts.figures(one, point, here) if one.counting else _heat_figures(one, point, here)
    return found | along_axes(experiment, record, place)


def _heat_figures(one: Any, point: xarray.Dataset, here: str) -> dict[str, tuple[Figure, str]]:
    """What belongs to the heat."""
    angle = "Heat released against the angle of rotation, evolved for each angle"
    meaning = (
        "A sign that came back wrong shows as heat 2|J|; the mixture has none to lose and gives the same at every "
        "whole turn; a boson of spin 1 gives none at 90 degrees."
    )
    if one.values["control"] == "dummy":
        meaning = (
            "Half of the angle is turned there and back: the Berry phase cancels, what stays is the dynamic phase."
        )
    return {
        "protocol": (_protocol(one, point), f"What happens along the protocol{here}."),
        "heat_against_angle": (_against_angle(one), f"{angle}{here}: this run's traps, and nulls. {meaning}"),
        "heat_distribution": (
            _distribution(one, point),
            f"What two projective energy measurements would give{here}: the mean is the heat released.",
        ),
    }


def _protocol(experiment: Any, point: xarray.Dataset) -> Figure:
    """Energy and heat, populations, phase along the protocol."""
    point = point.isel(moment=drawn(experiment, point))
    energy, clock = energy_scale(experiment), experiment.scaled("time", "time", float(point.time.max()))
    since = point.energy.values - float(point.energy[0])
    phase = np.where(np.abs(point.coherence) > 1e-6, np.angle(point.coherence) / np.pi, np.nan)
    heats = {
        "energy since the start": since / energy.factor,
        "heat given to the bath": point.heat.values / energy.factor,
    }
    panels = [
        plots.Panel(energy.label, heats),
        plots.Panel("population", {"bonding": point.bonding.values, "antibonding": point.antibonding.values}),
        plots.Panel(r"phase $\chi/\pi$", {"of A relative to B": -unwrapped(phase)}),
    ]
    return plots.along_protocol(point.time.values / clock.factor, panels, spans(point, clock.factor), clock.label)


def unwrapped(phase: np.ndarray) -> np.ndarray:
    """The phase over pi without jumps by 2, as far as it is defined; sign such that chi grows."""
    known = np.isfinite(phase)
    out = np.full_like(phase, np.nan)
    out[known] = np.unwrap(phase[known], period=2.0)
    return out


def drawn(experiment: Any, point: xarray.Dataset) -> np.ndarray:
    """The moments that are drawn: the relaxation's tail is left out."""
    if experiment.counting:
        return np.arange(point.sizes["moment"])
    relaxing = point.time.values[point.segment.values == "relax"]
    last = point.time.values[point.segment.values == "connect"][-1]
    shown = point.time.values <= max(last + SHOWN_RELAXATIONS / experiment.values["relaxation_rate"], relaxing[0])
    return np.flatnonzero(shown)


def spans(point: xarray.Dataset, factor: float) -> list[plots.Span]:
    """The protocol's segments as they are shaded."""
    time, labels = point.time.values / factor, point.segment.values
    found, begin = [], time[0]
    for name in STEPS:
        own = np.flatnonzero(labels == name)
        if len(own):
            found.append(plots.Span(float(begin), float(time[own[-1]]), name))
            begin = time[own[-1]]
    return found


def energy_scale(experiment: Any) -> Any:
    """How energies are drawn: as multiples of about the link's."""
    size = float(np.max(np.abs(experiment.values["tunnelling"])))
    return experiment.scaled("energy", "energy", size)


def _against_angle(experiment: Any) -> Figure:
    """Heat against angle from 0 to 8 pi, with the nulls."""
    energy = energy_scale(experiment)
    label = energy.label.replace("energy", "heat released", 1)
    beside = {**NULLS, "turned at once": {"control": "none"}}
    return against_angle(experiment, "heat_released", energy.factor, label, beside)


def against_angle(
    experiment: Any, name: str, factor: float, label: str, nulls: Mapping[str, Mapping[str, Any]]
) -> Figure:
    """A finding against the angle from 0 to 8 pi, with nulls."""
    count = FULL_TURNS * (4 if experiment.quick else 16) + 1
    turns = axis("turns", 0, FULL_TURNS, count)
    here = experiment.changed(turns=turns)
    curves = {label_of(experiment): curve(here, name, factor)}
    for null, changes in nulls.items():
        if any(experiment.values[key] != value for key, value in changes.items()):
            curves[null] = curve(here.changed(**changes), name, factor, expected=False)
    return plots.against(
        2 * np.pi * turns.values, curves, "angle of rotation", label, xticks=plots.turn_ticks(FULL_TURNS)
    )


def curve(experiment: Any, name: str, factor: float = 1.0, expected: bool = True) -> plots.Curve:
    """A finding, evolved for every point, and what theory says."""
    finding = experiment.findings(experiment.record())[name]
    theory = finding.expected.values / factor if expected and finding.passed is not None else None
    return plots.Curve(finding.value.values / factor, expected=theory)


def label_of(experiment: Any) -> str:
    """The label of the run's own curve."""
    system = experiment.system()
    spin = f", spin {system.spin:g}" if system.site.spinful and system.spin != 0.5 else ""
    return f"{experiment.values['kind']}{spin}, {experiment.account}"


def _distribution(experiment: Any, point: xarray.Dataset) -> Figure:
    """The heats and their probabilities."""
    energy = energy_scale(experiment)
    weights = point.heat_weights.values
    heats = point.heat_values.values[weights > 1e-6] / energy.factor
    label = energy.label.replace("energy", "heat", 1)
    return plots.bars(heats, weights[weights > 1e-6], label)


def along_axes(
    experiment: TwoPiRotation, record: xarray.Dataset, place: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """What is read out against the run's own axes: a curve for one, a map for two (others at their chosen values)."""
    names = [name for name in place if record.sizes[name] > 1]
    if not names:
        return {}
    finding, factor, label, what = _readout(experiment, record)
    scales = [_axis_scale(experiment, name, record) for name in names]
    rest = {name: value for name, value in place.items() if name not in names[:2]}
    shown = finding.value.sel(rest) / factor
    title = f"{what.split()[0].lower()}_against_parameters"
    if len(names) == 1:
        theory = finding.expected.sel(rest).values / factor if finding.passed is not None else None
        drawn_curve = plots.Curve(shown.values, expected=theory)
        x = record[names[0]].values / scales[0].factor
        figure = plots.against(x, {"simulated": drawn_curve}, scales[0].label, label)
        return {title: (figure, f"{what} against {names[0]}.")}
    x, y = (record[name].values / scale.factor for name, scale in zip(names[:2], scales[:2], strict=True))
    figure = plots.image(x, y, shown.transpose(names[1], names[0]).values, scales[0].label, scales[1].label, label)
    return {title: (figure, f"{what} against {names[0]} and {names[1]}.")}


def _readout(experiment: TwoPiRotation, record: xarray.Dataset) -> tuple[Any, float, str, str]:
    """The finding that is read out, its scale and label, and what it is in words."""
    found = experiment.findings(record)
    if experiment.counting:
        return found["left_probability"], 1.0, "left probability", "Left probability"
    energy = energy_scale(experiment)
    return found["heat_released"], energy.factor, energy.label.replace("energy", "heat released", 1), "Heat released"


def _axis_scale(experiment: TwoPiRotation, name: str, record: xarray.Dataset) -> Scale:
    """How an axis is drawn: with the unit of the parameter of its name, if there is one."""
    kinds = {parameter.name: parameter.kind for parameter in experiment.parameters}
    kind, words = kinds.get(name, ""), name.replace("_", " ")
    if kind not in units.KINDS:
        return Scale(1.0, words)
    return experiment.scaled(kind, words, float(np.abs(record[name]).max()))
