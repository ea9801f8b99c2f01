"""How the 2 pi experiment moves: the turning field, the phase, the wells, and what is read out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray

from mesodyn.experiments.two_pi_drawing import drawn, energy_scale, spans
from mesodyn.figures import animation as moving
from mesodyn.figures.wells import TiltedWellsPanel

if TYPE_CHECKING:
    from mesodyn.experiments.two_pi_rotation import TwoPiRotation

CAPTIONS = {
    "start": "Two traps share one extra particle: linked and cooled, it is in the bonding state.",
    "prepare": "Linked to each other and to a cold bath, the traps lose the difference of their phases.",
    "disconnect": "The link is cut: each half of the state is on its own.",
    "rotate": "The field of trap B turns, and the spin in B follows it.",
    "connect": "The link is back: the phase that B collected now costs energy.",
    "relax": "The bath takes the energy away: this is the heat that is measured.",
    "back": "The field turns back in the same time: the Berry phase goes, the dynamic phase stays.",
    "bias": "Trap B is raised for a moment: its amplitude gets the phase of the bias pulse.",
    "pulse": "The link is on for a quarter of its period: the relative phase becomes left or right.",
    "count": "The link is off, and the particle is counted: left or right.",
}
SHARES = {
    "start": 0.08,
    "prepare": 0.15,
    "disconnect": 0.04,
    "rotate": 0.55,
    "back": 0.35,
    "connect": 0.08,
    "relax": 0.25,
    "bias": 0.15,
    "pulse": 0.2,
    "count": 0.1,
}
"""What part of the frames each step of the protocol gets (before they are made to add up)."""
WORDS = {
    ("superposition", "start"): "Each trap by itself is in a superposition of two numbers, with a phase of its own.",
    ("mixture", "start"): "Each trap holds one number or the other: a mixture, without a phase.",
    ("mixture", "prepare"): "In the linked pair the bath itself makes the bonding state: the mixture becomes coherent.",
}
"""Captions that differ from account to account."""


def animation(experiment: TwoPiRotation, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """Panels, frames and captions of the animation of one point."""
    found_at: tuple[Any, dict[str, float]] = experiment.at(at)
    one, place = found_at
    point = record if not place else one.record()
    point = point.isel(moment=drawn(one, point))
    places, labels = _frames(point, one.frames)

    def film(values: Any) -> np.ndarray:
        return _between(np.asarray(values), places)

    panels: list[Any] = []
    arrows: dict[str, np.ndarray] = {}
    if "spin" in point:
        spin = film(_directions(point.spin.sel(trap="B").values))
        panels.append(moving.SpherePanel("trap B", {"field": film(point.field.values), "spin": spin}, "axis"))
        both = {"left": film(_directions(point.spin.sel(trap="A").values)), "right": spin}
        arrows = {f"spin_{side}": moving.SpherePanel.project(arrow)[0] for side, arrow in both.items()}
    largest = max(float(np.abs(point.coherence).max()), 1e-3)
    phase = {"coherence": film(point.coherence.values)}
    panels.append(moving.PhasorPanel(r"$\langle\Psi_A^\dagger\Psi_B\rangle$", phase, largest))
    panels += [_wells(one, point, film, places, arrows), _trace(one, point, film)]
    captions = [WORDS.get((one.account, label), CAPTIONS[label]) for label in labels]
    return {"panels": panels, "frames": len(places), "captions": captions}


def _wells(one: TwoPiRotation, point: xarray.Dataset, film: Any, places: np.ndarray, arrows: dict[str, Any]) -> Any:
    """The two wells: how full, how far apart, which is raised."""
    n_c, step = one.values["n_c"], one.system().step
    left, right = (film((point.n_mean.sel(trap=trap).values - n_c) / step) for trap in "AB")
    moments, labels = np.arange(point.sizes["moment"]), point.segment.values
    barrier = np.interp(places, moments, _barrier(labels))
    if not one.counting:
        return moving.WellsPanel("the two wells", left, right, barrier, **arrows)
    raised = -np.sign(one.values["bias_phase"]) * (labels == "bias")
    return TiltedWellsPanel("the two wells", left, right, barrier, np.interp(places, moments, raised), **arrows)


def _trace(one: TwoPiRotation, point: xarray.Dataset, film: Any) -> Any:
    """What is read out, over time; over the steps of the protocol where some would be too short to be seen."""
    if one.counting:
        steps = point.assign(time=("moment", _steps(point)))
        both = {"left": point.left.values, "right": point.right.values}
        done = steps.time.values
        return moving.TracePanel(
            "left and right", done, both, film(done), spans(steps, 1.0), "probability", "steps done (each as wide)"
        )
    clock, energy = one.scaled("time", "time", float(point.time.max())), energy_scale(one)
    time = point.time.values / clock.factor
    since = (point.energy.values - float(point.energy[0])) / energy.factor
    lines = {"energy": since, "heat": point.heat.values / energy.factor}
    shaded = spans(point, clock.factor)
    return moving.TracePanel("energy and heat", time, lines, film(time), shaded, energy.label, clock.label)


def _steps(point: xarray.Dataset) -> np.ndarray:
    """How many steps that take time are done, with fractions, at each moment."""
    labels, time = point.segment.values, point.time.values
    done, place = 0.0, np.zeros(len(time))
    for name in dict.fromkeys(labels):
        own = labels == name
        begin, end = time[own][0] if own[0] else time[np.flatnonzero(own)[0] - 1], time[own][-1]
        width = float(end > begin)
        place[own] = done + (time[own] - begin) / (end - begin if width else 1.0)
        done += width
    return place


def _frames(point: xarray.Dataset, frames: int) -> tuple[np.ndarray, list[str]]:
    """For each frame the place between moments, and the segment it belongs to."""
    labels = point.segment.values
    present = {name: share for name, share in SHARES.items() if name in labels}
    order = sorted(present, key=lambda name: int(np.flatnonzero(labels == name)[0]))
    places: list[float] = []
    names: list[str] = []
    for name in order:
        own = np.flatnonzero(labels == name)
        count = max(2, round(present[name] / sum(present.values()) * frames))
        begin = max(own[0] - 1, 0) if len(own) > 1 else own[0]
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
    return np.isin(labels, ("disconnect", "rotate", "back", "bias", "count")).astype(float)
