"""How the 2 pi experiment is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray

from mesodyn import units
from mesodyn.axes import axis
from mesodyn.experiments.base import Scale
from mesodyn.figures import animation as moving
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
    "mixture": {"account": "mixture", "connected_detuning": 0.0},
}


def figures(
    experiment: TwoPiRotation, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    one, place = experiment.at(at)
    point = record if not place else one.record()
    here = f" at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())}" if place else ""
    found = {
        "protocol": (_protocol(one, point), f"What happens along the protocol{here}."),
        "heat_against_angle": (
            _against_angle(one),
            f"Heat released against the angle of rotation, evolved for each angle{here}: this run's traps, and nulls. "
            "A sign that came back wrong shows as heat 2|J|; the mixture has none to lose and gives the same at every "
            "whole turn; a boson of spin 1 gives none at 90 degrees.",
        ),
        "heat_distribution": (
            _distribution(one, point),
            f"What two projective energy measurements would give{here}: the mean is the heat released.",
        ),
    }
    extra = _along_axes(experiment, record, place)
    return found | ({"heat_against_parameters": extra} if extra else {})


def _protocol(experiment: Any, point: xarray.Dataset) -> Figure:
    """Energy and heat, populations, phase along the protocol."""
    point = point.isel(moment=_drawn(experiment, point))
    energy, clock = _energy(experiment), experiment.scaled("time", "time", float(point.time.max()))
    since = point.energy.values - float(point.energy[0])
    phase = np.where(np.abs(point.coherence) > 1e-6, np.angle(point.coherence) / np.pi, np.nan)
    heats = {
        "energy since the start": since / energy.factor,
        "heat given to the bath": point.heat.values / energy.factor,
    }
    panels = [
        plots.Panel(energy.label, heats),
        plots.Panel("population", {"bonding": point.bonding.values, "antibonding": point.antibonding.values}),
        plots.Panel(r"phase $\chi/\pi$", {"of A relative to B": -_unwrapped(phase)}),
    ]
    return plots.along_protocol(point.time.values / clock.factor, panels, _spans(point, clock.factor), clock.label)


def _unwrapped(phase: np.ndarray) -> np.ndarray:
    """The phase over pi without jumps by 2, as far as it is defined; sign such that chi grows."""
    known = np.isfinite(phase)
    out = np.full_like(phase, np.nan)
    out[known] = np.unwrap(phase[known], period=2.0)
    return out


def _drawn(experiment: Any, point: xarray.Dataset) -> np.ndarray:
    """The moments that are drawn: the relaxation's tail is left out."""
    relaxing = point.time.values[point.segment.values == "relax"]
    last = point.time.values[point.segment.values == "connect"][-1]
    shown = point.time.values <= max(last + SHOWN_RELAXATIONS / experiment.values["relaxation_rate"], relaxing[0])
    return np.flatnonzero(shown)


def _spans(point: xarray.Dataset, factor: float) -> list[plots.Span]:
    """The protocol's segments as they are shaded."""
    time, labels = point.time.values / factor, point.segment.values
    found, begin = [], time[0]
    for name in ("disconnect", "rotate", "connect", "relax"):
        own = np.flatnonzero(labels == name)
        if len(own):
            found.append(plots.Span(float(begin), float(time[own[-1]]), name))
            begin = time[own[-1]]
    return found


def _energy(experiment: Any) -> Any:
    size = float(np.max(np.abs(experiment.values["tunnelling"])))
    return experiment.scaled("energy", "energy", size)


def _against_angle(experiment: Any) -> Figure:
    """Heat against angle from 0 to 8 pi, with the nulls."""
    count = FULL_TURNS * (4 if experiment.quick else 16) + 1
    turns = axis("turns", 0, FULL_TURNS, count)
    here, energy = experiment.changed(turns=turns), _energy(experiment)
    curves = {_label(experiment): _heat(here, energy.factor, expected=True)}
    for label, changes in NULLS.items():
        if any(experiment.values[name] != value for name, value in changes.items()):
            curves[label] = _heat(here.changed(**changes), energy.factor, expected=False)
    label = energy.label.replace("energy", "heat released", 1)
    return plots.against(
        2 * np.pi * turns.values, curves, "angle of rotation", label, xticks=plots.turn_ticks(FULL_TURNS)
    )


def _heat(experiment: Any, factor: float, expected: bool) -> plots.Curve:
    """The heat released, evolved for every angle, and what theory says."""
    finding = experiment.findings(experiment.record())["heat_released"]
    theory = finding.expected.values / factor if expected and finding.passed is not None else None
    return plots.Curve(finding.value.values / factor, expected=theory)


def _label(experiment: Any) -> str:
    """The label of the run's own curve."""
    system = experiment.system()
    spin = f", spin {system.spin:g}" if system.site.spinful and system.spin != 0.5 else ""
    return f"{experiment.values['kind']}{spin}, {experiment.account}"


def _distribution(experiment: Any, point: xarray.Dataset) -> Figure:
    """The heats and their probabilities."""
    energy = _energy(experiment)
    weights = point.heat_weights.values
    heats = point.heat_values.values[weights > 1e-6] / energy.factor
    label = energy.label.replace("energy", "heat", 1)
    return plots.bars(heats, weights[weights > 1e-6], label)


def _along_axes(
    experiment: TwoPiRotation, record: xarray.Dataset, place: Mapping[str, float]
) -> tuple[Figure, str] | None:
    """Heat against the run's own axes: a curve for one, a map for two (others at their chosen values)."""
    names = [name for name in place if record.sizes[name] > 1]
    if not names:
        return None
    heat = experiment.findings(record)["heat_released"]
    energy = _energy(experiment)
    label = energy.label.replace("energy", "heat released", 1)
    scales = [_axis_scale(experiment, name, record) for name in names]
    rest = {name: value for name, value in place.items() if name not in names[:2]}
    shown = heat.value.sel(rest) / energy.factor
    if len(names) == 1:
        theory = heat.expected.sel(rest).values / energy.factor if heat.passed is not None else None  # type: ignore[union-attr]
        curve = plots.Curve(shown.values, expected=theory)
        x = record[names[0]].values / scales[0].factor
        return plots.against(x, {"simulated": curve}, scales[0].label, label), f"Heat released against {names[0]}."
    x, y = (record[name].values / scale.factor for name, scale in zip(names[:2], scales[:2], strict=True))
    figure = plots.image(x, y, shown.transpose(names[1], names[0]).values, scales[0].label, scales[1].label, label)
    return figure, f"Heat released against {names[0]} and {names[1]}."


def _axis_scale(experiment: TwoPiRotation, name: str, record: xarray.Dataset) -> Scale:
    """How an axis is drawn: with the unit of the parameter of its name, if there is one."""
    kinds = {parameter.name: parameter.kind for parameter in experiment.parameters}
    kind, words = kinds.get(name, ""), name.replace("_", " ")
    if kind not in units.KINDS:
        return Scale(1.0, words)
    return experiment.scaled(kind, words, float(np.abs(record[name]).max()))


# -- the animation ----------------------------------------------------------------------------------------------------

CAPTIONS = {
    "start": "Two traps share one extra particle: linked and cooled, it is in the bonding state.",
    "disconnect": "The link is cut: each half of the state is on its own.",
    "rotate": "The field of trap B turns, and the spin in B follows it.",
    "connect": "The link is back: the phase that B collected now costs energy.",
    "relax": "The bath takes the energy away: this is the heat that is measured.",
}
SHARES = {"start": 0.08, "disconnect": 0.04, "rotate": 0.55, "connect": 0.08, "relax": 0.25}
"""What part of the frames each step of the protocol gets."""


def animation(experiment: TwoPiRotation, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """Panels, frames and captions of the animation of one point."""
    one, place = experiment.at(at)
    point = record if not place else one.record()
    point = point.isel(moment=_drawn(one, point))
    places, labels = _frames(point, experiment.frames)

    def film(values: Any) -> np.ndarray:
        return _between(np.asarray(values), places)

    energy, clock = _energy(one), one.scaled("time", "time", float(point.time.max()))
    time = point.time.values / clock.factor
    coherence = film(point.coherence.values)
    largest = max(float(np.abs(point.coherence).max()), 1e-3)
    since = (point.energy.values - float(point.energy[0])) / energy.factor
    panels: list[Any] = []
    wells: dict[str, Any] = {}
    if "spin" in point:
        spin = film(_directions(point.spin.sel(trap="B").values))
        panels.append(moving.SpherePanel("trap B", {"field": film(point.field.values), "spin": spin}, "axis"))
        arrows = {"A": film(_directions(point.spin.sel(trap="A").values)), "B": spin}
        wells = {
            f"spin_{side}": moving.SpherePanel.project(arrows[t])[0] for side, t in (("left", "A"), ("right", "B"))
        }
    panels.append(moving.PhasorPanel(r"$\langle\Psi_A^\dagger\Psi_B\rangle$", {"coherence": coherence}, largest))
    n_c, step = experiment.values["n_c"], experiment.system().step
    left, right = (film((point.n_mean.sel(trap=trap).values - n_c) / step) for trap in "AB")
    barrier = np.interp(places, np.arange(point.sizes["moment"]), _barrier(point.segment.values))
    panels.append(moving.WellsPanel("the two wells", left, right, barrier, **wells))
    panels.append(
        moving.TracePanel(
            "energy and heat",
            time,
            {"energy": since, "heat": point.heat.values / energy.factor},
            film(time),
            _spans(point, clock.factor),
            energy.label,
            clock.label,
        )
    )
    return {"panels": panels, "frames": len(places), "captions": [CAPTIONS[label] for label in labels]}


def _frames(point: xarray.Dataset, frames: int) -> tuple[np.ndarray, list[str]]:
    """For each frame the place between moments, and the segment it belongs to."""
    labels = point.segment.values
    places: list[float] = []
    names: list[str] = []
    for name, share in SHARES.items():
        own = np.flatnonzero(labels == name)
        if not len(own):
            continue
        count = max(2, round(share * frames))
        begin = own[0] - 1 if name in ("rotate", "relax") else own[0]
        places += list(np.linspace(begin, own[-1], count))
        names += [name] * count
    return np.array(places), names


def _between(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Linear interpolation along the first index."""
    low = np.floor(places).astype(int)
    high = np.minimum(low + 1, len(values) - 1)
    share = (places - low).reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray((1 - share) * values[low] + share * values[high])


def _directions(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors (zero where there is no spin)."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 1e-9, length, np.inf)


def _barrier(labels: np.ndarray) -> np.ndarray:
    """1 while the traps are apart."""
    return np.isin(labels, ("disconnect", "rotate")).astype(float)
