"""How a beat is drawn: its first periods, the slow story, the spectrum, phasors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.beating import BURST

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.beating import Beating
    from mesodyn.figures.plots import Span
    from mesodyn.figures.style import Figure

SHOWN_WHOLE = 24
"""Up to this many periods the fast beat is shown from beginning to end, when something changes on the way."""
SAMPLES = 4
"""How many times as densely as the record's moments each stage is sampled in a drawing."""


class Views:
    """One point of an experiment, evolved for drawing in every account."""

    def __init__(self, experiment: Beating, at: Mapping[str, float]) -> None:
        found, _ = experiment.at(at)
        self.one: Beating = found  # type: ignore[assignment]
        self.name = r"$\langle\Psi\rangle$" if self.one.step == 1 else r"$\langle\Psi\Psi\rangle$"
        self.ground = self.one.values["start"] == "ground"

    def runs(self, whole: bool) -> dict[str, xarray.Dataset]:
        """Even samples in each account: of the whole run, or of its first periods where it is long."""
        beat = float(self.one.frequency)
        cycles = beat * float(self.one.values["duration"]) / (2 * np.pi)
        shown = self.one
        if not whole and cycles > (SHOWN_WHOLE if self.one.changes else BURST):
            changes = {"duration": BURST * 2 * np.pi / beat, "gate_shift": 0.0, "switch": "none"}
            if self.one.values["switch"] == "on":
                changes["tunnelling"] = 0.0
            shown = self.one.changed(**changes)  # type: ignore[assignment]
        even = np.linspace(0, 1, SAMPLES * (self.one.moments - 1) + 1)[1:].tolist()
        hot = float(self.one.values["temperature"]) > 0
        accounts = [a for a in self.one.accounts if not hot or a == self.one.account]
        return {a: shown.changed(account=a).sampled(even) for a in accounts}  # type: ignore[attr-defined]

    def clock(self, run: xarray.Dataset) -> Any:
        """How times are drawn."""
        return self.one.scaled("time", "time", float(run.time.max()))


def figures(experiment: Beating, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
    """The first periods, the whole run, the spectrum and the complex plane."""
    views = Views(experiment, at)
    fast, whole = views.runs(whole=False), views.runs(whole=True)
    return {"beat": _beat(views, fast), "whole_run": _whole(views, whole), "spectrum": _spectrum(views, fast)} | {
        "phasor": _phasor(views, fast)
    }


def _spans(run: xarray.Dataset, factor: float) -> list[Span]:
    """The protocol's segments, where there is more than one."""
    from mesodyn.figures.plots import Span

    labels, time = run.segment.values, run.time.values / factor
    edges = [k for k in range(1, len(labels)) if k + 1 == len(labels) or labels[k + 1] != labels[k]]
    first, found = 0, []
    for last in edges:
        found.append(Span(float(time[first]), float(time[last]), str(labels[last])))
        first = last
    return found if len(found) > 1 else []


def _beat(views: Views, runs: Mapping[str, xarray.Dataset]) -> tuple[Figure, str]:
    frames = runs.get("superposition", runs[views.one.account])
    shown = {
        f"Re {views.name}": {a: r.order_parameter.real for a, r in runs.items()},
        f"Re {views.name}, {frames.account}": {
            "laboratory": frames.order_parameter.real,
            "rotating": frames.order_parameter_rotating.real,
        },
        r"Re $\langle\Psi_{out}^\dagger\Psi\rangle$": {a: r.correlation.real for a, r in runs.items()},
    }
    text = (
        "The beat in the laboratory, and in the rotating frame. Only the superposition has an order parameter of its "
        "own; with the total number conserved the correlation with the outside beats instead, at the difference of "
        "the chemical potentials."
    )
    return _stacked(views, runs[views.one.account], shown), text


def _whole(views: Views, runs: Mapping[str, xarray.Dataset]) -> tuple[Figure, str]:
    shown = {
        f"|{views.name}|": {a: abs(r.order_parameter) for a, r in runs.items()},
        r"$\langle N\rangle$": {a: r.n_mean for a, r in runs.items()},
        r"|$\langle\Psi_{out}^\dagger\Psi\rangle$|": {a: abs(r.correlation) for a, r in runs.items()},
    }
    text = (
        "The whole run: what of the beat is slow. Where the number in the trap moves, it moves in the mixture as well "
        "(exactly as in the superposition, if the outside is one state): the total is conserved."
    )
    return _stacked(views, runs[views.one.account], shown), text


def _stacked(views: Views, point: xarray.Dataset, shown: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Panels over the time of a run, by their labels."""
    from mesodyn.figures import plots

    clock = views.clock(point)
    panels = [plots.Panel(label, {name: line.values for name, line in lines.items()}) for label, lines in shown.items()]
    return plots.along_protocol(point.time.values / clock.factor, panels, _spans(point, clock.factor), clock.label)


def _spectrum(views: Views, runs: Mapping[str, xarray.Dataset]) -> tuple[Figure, str]:
    """Fourier transforms of the first stretch in which nothing changes."""
    from mesodyn.figures import plots

    point = runs[views.one.account]
    first = [k for k, s in enumerate(_spans(point, 1.0)) if s.label == "hold"]
    stop = _spans(point, 1.0)[first[0]].stop if first else float(point.time[-1])
    time = point.time.values
    here = np.unique(time[time <= stop * (1 + 1e-12)], return_index=True)[1]
    step = float(time[here][1] - time[here][0])
    window = np.hanning(len(here))
    places = 2 * np.pi * np.fft.fftshift(np.fft.fftfreq(8 * len(here), step))
    beat = float(views.one.frequency)
    near = np.abs(places) < 3 * beat
    scale = views.one.scaled("energy", "angular frequency", 3 * beat)

    def strength(z: Any) -> Any:
        turned = np.fft.fftshift(np.fft.ifft(z.values[here] * window, 8 * len(here)))
        return (np.abs(turned) * 8 * len(here) / window.sum())[near]

    curves = {f"{views.name}, {a}": strength(r.order_parameter) for a, r in runs.items()}
    curves["correlation, conserving"] = strength(runs.get("conserving", point).correlation)
    text = (
        "Fourier amplitudes of the samples, up to the first change. The line of the order parameter stands at "
        "E(N+k) - E(N) in the superposition only; the correlation's stands at the difference of the two chemical "
        "potentials."
    )
    drawing = plots.against(
        places[near] / scale.factor, curves, scale.label, "amplitude", {r"$k\mu_c$": beat / scale.factor}
    )
    return drawing, text


def _phasor(views: Views, runs: Mapping[str, xarray.Dataset]) -> tuple[Figure, str]:
    from mesodyn.figures import plots

    point = runs[views.one.account]
    paths = {
        "laboratory": point.order_parameter.values,
        "rotating frame": point.order_parameter_rotating.values,
        "correlation": point.correlation.values,
    }
    text = (
        "The order parameter in the complex plane: it turns in the laboratory, and by what is left in the frame that "
        "rotates at frame_potential."
    )
    return plots.phasor(paths, radius=0.5), text


def animation(experiment: Beating, at: Mapping[str, float]) -> dict[str, Any]:
    """Phasors in both frames and of the correlation, beside the real part and the number against time."""
    from mesodyn.figures import animation as moving

    views = Views(experiment, at)
    runs = views.runs(whole=False)
    account = views.one.account
    point = runs[account]
    clock = views.clock(point)
    time = point.time.values / clock.factor
    frames = experiment.frames
    at_frames = np.linspace(time[0], time[-1], frames)
    name = views.name

    def film(z: Any) -> np.ndarray:
        values = np.asarray(z)
        return np.interp(at_frames, time, values.real) + 1j * np.interp(at_frames, time, values.imag)

    panels = [
        moving.PhasorPanel(f"{name}, laboratory", {"lab": film(point.order_parameter)}, 0.5),
        moving.PhasorPanel(f"{name}, rotating", {"rotating": film(point.order_parameter_rotating)}, 0.5),
        moving.PhasorPanel("with the outside", {"correlation": film(point.correlation)}, 0.5),
        moving.TracePanel(
            f"Re {name} in the laboratory",
            time,
            {a: run.order_parameter.real.values for a, run in runs.items()},
            at_frames,
            (),
            f"Re {name}",
            clock.label,
        ),
        moving.TracePanel(
            r"Number in the trap",
            time,
            {a: run.n_mean.values for a, run in runs.items()},
            at_frames,
            (),
            r"$\langle N\rangle$",
            clock.label,
        ),
    ]
    return {"panels": panels, "frames": frames, "captions": _captions(views, point, at_frames * clock.factor)}


def _captions(views: Views, point: xarray.Dataset, moments: Any) -> list[str]:
    """A sentence for each frame: the account first, then what has been changed."""
    texts = {
        "superposition": "A superposition of N and N + k: its order parameter turns in the laboratory.",
        "conserving": "Total number conserved: the trap alone shows nothing, its correlation outside beats.",
        "mixture": "A mixture of N and N + k: no phase beats.",
    }
    opening = texts[views.one.account]
    spans = [s for s in _spans(point, 1.0) if s.label == "hold"]
    if len(spans) < 2:
        return [opening] * len(moments)
    v = views.one.values
    done = []
    if v["switch"] != "none":
        done.append(f"the tunnelling is {v['switch']}")
    if views.one.moved:
        done.append("the gate has moved: another chemical potential, another period")
    later = "Now " + ", and ".join(done) + "."
    return [opening if t < spans[1].start else later for t in moments]
