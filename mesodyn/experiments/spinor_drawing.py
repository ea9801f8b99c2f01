"""Pictures of a spinor interferometer: the intensities, the spin beside them, and other spins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.spinor_interferometer import SPINS

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.spinor_interferometer import SpinorInterferometer
    from mesodyn.figures.style import Figure


def figures(
    experiment: SpinorInterferometer, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """Intensities, the spin beside them, other spins, and what was counted."""
    from mesodyn.figures import plots

    one, point = _point(experiment, record, at)
    scale = one.scaled("field integral", "∫B dl", float(point.setting.max()))
    x = point.setting.values / scale.factor
    marks = _turns(one, point, scale.factor)
    beams = {f"beam {name}": plots.Curve(point.intensity.sel(exit=name).values, style="line") for name in ("O", "H")}
    found = {
        "intensity": (
            plots.against(x, beams, scale.label, "share of the beam", marks=marks),
            "The two beams behind the interferometer. After one full turn of the spin (2π) they are reversed; only "
            "after two (4π) they are what they were.",
        )
    }
    if one.spin:
        spans = [plots.Span(place, place, name) for name, place in marks.items()]
        panels = [
            plots.Panel("spin in path B", {name: point.spin.sel(component=name).values for name in ("x", "y")}),
            plots.Panel("beam O", {"intensity": point.intensity.sel(exit="O").values}),
        ]
        text = (
            "The direction of the spin in path B (of a beam polarised across the field) and the intensity of beam O "
            "against the same field: the one has twice the period of the other for spin 1/2."
        )
        found["spin"] = (plots.along_protocol(x, panels, spans, scale.label), text)
    own = one.values["spin"]
    runs = {name: point if name == own else one.changed(spin=name, neutrons=0).record() for name in SPINS}
    curves = {
        f"spin {name}": plots.Curve(run.intensity.sel(exit="O").values, style="line") for name, run in runs.items()
    }
    found["nulls"] = (
        plots.against(x, curves, scale.label, "beam O", marks=marks),
        "The same with particles of another spin and the same gyromagnetic ratio: a spin 1 has the period 2π, as a "
        "classical vector has, and spin 0 does not feel the field.",
    )
    if "counts" in point:
        found["counts"] = (_counts(one, point, x, scale.label), "Neutrons counted at each setting, and their mean.")
    return found


def _counts(one: SpinorInterferometer, point: xarray.Dataset, x: Any, label: str) -> Figure:
    """What was counted, over the mean."""
    from mesodyn.figures import plots

    mean = one.values["neutrons"]
    curves = {
        f"beam {name}": plots.Curve(
            point.counts.sel(exit=name).values, point.intensity.sel(exit=name).values * mean, style="markers"
        )
        for name in ("O", "H")
    }
    return plots.against(x, curves, label, "neutrons")


def _turns(one: SpinorInterferometer, point: xarray.Dataset, factor: float) -> dict[str, float]:
    """Where the spin has made whole turns: from the record."""
    period = float(one.findings(point)["precession_period"].value) / factor
    if not np.isfinite(period):
        return {}
    last = float(point.setting.max()) / factor
    return {f"{2 * n}π": n * period for n in range(1, int(last / period) + 1)}


def animation(experiment: SpinorInterferometer, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """The spin on its sphere, its direction and the phase of the path in one plane, and the beams building up."""
    from mesodyn.figures import animation as moving
    from mesodyn.figures.plots import Span

    one, point = _point(experiment, record, at)
    scale = one.scaled("field integral", "∫B dl", float(point.setting.max()))
    x = point.setting.values / scale.factor
    frames = np.linspace(x[0], x[-1], one.frames)

    def film(values: Any) -> Any:
        array = np.asarray(values)
        flat = array.reshape(len(x), -1)
        parts = [np.interp(frames, x, part.real) + 1j * np.interp(frames, x, part.imag) for part in flat.T]
        found = np.stack(parts, axis=-1).reshape(len(frames), *array.shape[1:])
        return found if np.iscomplexobj(array) else found.real

    spin, path = (
        film(point.spin.transpose(..., "component")),
        film(point.path_phase / (1j * np.abs(point.path_phase[0]))),
    )
    hand = (spin[:, 0] + 1j * spin[:, 1]) / (one.spin or 1.0)
    marks = [Span(place, place, name) for name, place in _turns(one, point, scale.factor).items()]
    traces = {f"beam {name}": point.intensity.sel(exit=name).values for name in ("O", "H")}
    panels: list[Any] = [
        moving.SpherePanel("spin in path B", {"spin": spin / (one.spin or 1.0)}),
        moving.PhasorPanel("spin and path", {"direction of spin": 0.5 * hand, "path": path}),
        moving.TracePanel("behind the interferometer", x, traces, frames, marks, "share", scale.label),
    ]
    angle = np.unwrap(np.angle(hand)) if one.spin else np.zeros(len(frames))
    return {"panels": panels, "frames": one.frames, "captions": [_caption(one, abs(a)) for a in angle - angle[0]]}


def _caption(one: SpinorInterferometer, angle: float) -> str:
    """What has happened when the spin has turned by an angle."""
    turns = angle / (2 * np.pi)
    if one.spin == 0:
        return "Spin 0: nothing precesses, and nothing happens to the beams."
    if one.spin == 1:
        return "Spin 1: after one full turn (2π) spin and beams are what they were, as with a classical vector."
    if turns < 0.5:
        return "In path B the spin precesses about the field; the phase of the path turns half as fast."
    if turns < 1.15:
        return "After 2π the spin points where it did, but the path has changed its sign: the beams are reversed."
    if turns < 1.75:
        return "The spin goes round a second time."
    if turns < 2.3:
        return "After 4π, two full turns, the beams are what they were: that is a spin 1/2."
    return "The beams know how often the spin has turned: odd or even. The spin itself does not."


def _point(
    experiment: SpinorInterferometer, record: xarray.Dataset, at: Mapping[str, float]
) -> tuple[SpinorInterferometer, xarray.Dataset]:
    """One point and its record."""
    one, place = experiment.at(at)
    assert isinstance(one, type(experiment))
    return one, one.record() if place else record
