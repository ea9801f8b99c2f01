"""The moving picture of a junction under bias: levels or phase, current, and a spectrum that grows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.ac_josephson_drawing import SHOWN, current_scale
from mesodyn.experiments.ac_josephson_record import HIGHEST_LINE, levels_of
from mesodyn.figures import moving_curves, plots
from mesodyn.figures.animation import TracePanel

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.ac_josephson import AcJosephson

LINES = 241
"""Points of the spectrum."""


def animation(e: AcJosephson, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """Panels, frames and captions."""
    one, place = e.at(at)
    assert isinstance(one, type(e))
    if place:
        record = one.keeping("record").record()
    drive = one.values["drive"]
    unit = one.values["frequency"] / 2 if drive != "none" else one.values["voltage"]
    last = (SHOWN if drive == "none" else 2 * SHOWN) * np.pi / float(unit)
    kept = record.time.values <= last
    time, theta = record.time.values[kept], record.phase.values[kept]
    current = record.current.values[..., kept]
    line = current if current.ndim == 1 else current[0]
    frames = np.linspace(0, len(time) - 1, one.frames).astype(int)
    clock, scale = one.scaled("time", "time", float(time[-1])), current_scale(one, line)
    trace = TracePanel(
        "the current",
        time / clock.factor,
        {"current": line / scale.factor},
        time[frames] / clock.factor,
        ylabel=scale.label,
        xlabel=clock.label,
    )
    first = _levels(one, record, kept, frames) if one.dynamics == "levels" else _minima(one, record, kept, frames)
    panels = [first, _spectrum(one, time, line, float(unit), frames, scale.factor), trace]
    return {"panels": panels, "frames": one.frames, "captions": _captions(one, theta[frames], record, kept, frames)}


def _levels(e: AcJosephson, record: xarray.Dataset, kept: Any, frames: Any) -> Any:
    """The branches over 4 pi, and where the junction is."""
    levels = levels_of(e.points()[0])
    x = np.linspace(0, 4 * np.pi, 201)
    theta = record.phase.values[kept][frames]
    branch = _branch(record, kept, frames)
    energy = e.scaled("energy", "energy", float(np.abs(levels.level(x, 1)).max()))
    height = np.where(branch == 0, np.nan, levels.level(theta, np.where(branch == 0, 1, branch)))
    dot = np.stack([theta % (4 * np.pi), height / energy.factor], axis=1)
    curves = {f"branch {name}": levels.level(x, s) / energy.factor for name, s in (("+", 1), ("-", -1))}
    ticks = plots.turn_ticks(2)
    return moving_curves.DotsPanel(
        "levels", x, curves, {"junction": dot}, r"phase difference $\theta$", energy.label, ticks
    )


def _branch(record: xarray.Dataset, kept: Any, frames: Any) -> Any:
    """1, -1, or 0 for an odd particle."""
    if "branch" not in record:
        return np.ones(len(frames))
    return np.array([1, -1, 0])[record.branch.values[0, kept][frames]]


def _minima(e: AcJosephson, record: xarray.Dataset, kept: Any, frames: Any) -> Any:
    """The energy of the order parameter's phase: as the phase difference runs, the minimum becomes a maximum."""
    v = record.order_parameter.values[:, kept][:, frames]
    start = float(np.angle(record.order_parameter.values[0, 0]))
    x = np.linspace(-0.5, 0.5, 101)
    dots = {}
    pull = np.cos(record.phase.values[kept][frames] / 2)
    for name, k in (("one", 0), ("another", 1))[: len(v)]:
        phase = np.angle(v[k] * np.exp(-1j * (start - np.pi / 4))) / np.pi - 0.25
        phase = (phase + 0.5) % 1.0 - 0.5
        dots[name] = np.stack([phase, -pull * np.cos(2 * np.pi * phase)], axis=1)
    curves = {r"$\theta = 0$": -np.cos(2 * np.pi * x), r"$\theta = 2\pi$": np.cos(2 * np.pi * x)}
    return moving_curves.DotsPanel(
        "energy of the phase", x, curves, dots, r"$(\varphi - \varphi_0)/\pi$", "relative energy"
    )


def _spectrum(e: AcJosephson, time: Any, line: Any, unit: float, frames: Any, factor: float) -> Any:
    """The spectrum of the current up to each frame, with a window that ends there."""
    x = np.linspace(0.1, HIGHEST_LINE, LINES)
    waves = np.exp(-1j * np.outer(x * unit, time))
    heights = np.zeros((len(frames), LINES))
    for k, end in enumerate(frames):
        window = np.hanning(end + 3)[1:-1]
        heights[k] = 2 * np.abs(waves[:, : end + 1] @ (line[: end + 1] * window)) / window.sum()
    heights[: max(len(frames) // 16, 1)] = 0.0  # too short for a spectrum
    names = {"eV/h": 1.0, "2eV/h": 2.0, "3eV/h": 3.0, "4eV/h": 4.0}
    if e.values["drive"] != "none":
        names = {"½f": 1.0, "f": 2.0, "3f/2": 3.0, "2f": 4.0}
    return moving_curves.GrowingPanel("its spectrum so far", x, heights / factor, "frequency", "amplitude", names)


def _captions(e: AcJosephson, theta: Any, record: xarray.Dataset, kept: Any, frames: Any) -> list[str]:
    """What happens in each frame."""
    if e.values["drive"] == "current":
        return [
            "The current drives the phase difference over the hills; on a step it keeps time with the drive."
        ] * len(theta)
    if e.dynamics != "levels":
        texts = {
            True: "The minimum has become a maximum: a deviation of the phase grows.",
            False: "The old minimum is one again: deviations of the phase shrink.",
        }
        return [texts[bool(np.cos(angle / 2) < 0)] for angle in theta]
    levels, branch = levels_of(e.points()[0]), _branch(record, kept, frames)
    lowest = levels.lowest(theta)
    said = []
    for k, angle in enumerate(theta):
        near = abs(angle / np.pi % 2 - 1) < 0.2
        if branch[k] == 0:
            said.append("A single particle has come in from outside: no current flows.")
        elif near:
            said.append("The levels pass each other: the junction stays on its branch with probability P.")
        elif branch[k] == lowest[k]:
            said.append("On the lower level.")
        else:
            said.append("On the upper level: it stayed on its branch, and after 4π it will be back.")
    return said
