"""How traps whose phases become equal are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import units
from mesodyn.axes import axis
from mesodyn.experiments.base import Scale
from mesodyn.experiments.phase_equalization import long_enough
from mesodyn.figures import animation as moving
from mesodyn.figures import plots

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.phase_equalization import PhaseEqualization
    from mesodyn.figures.style import Figure

QUANTUM = {"number_damping": None, "phase_damping": None, "start_imbalance": None, "trajectories": None}
MEAN_FIELD = {"rate": None, "temperature": None, "weight": None, "kind": "fermion", "account": "superposition"}
ANGLE = r"phase difference at the start $\varphi/\pi$"
TICKS = {0.0: "0", 0.5: "1/2", 1.0: "1", 1.5: "3/2", 2.0: "2"}


def figures(
    experiment: PhaseEqualization, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    one, place = _at(experiment, at)
    point = record if not place else one.record()
    here = f" (at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())})" if place else ""
    found = {"in_time": _in_time(one, point, here), "equalisation_time": _against_phase(one, here)}
    found["near_pi"] = _near_pi(one, here)
    if one.quantum and one.account == "superposition":
        found["order_parameter"] = _order(one, here)
    extra = _along_axes(experiment, record)
    return found | ({"against_parameters": extra} if extra else {})


def _at(experiment: PhaseEqualization, at: Mapping[str, float]) -> tuple[Any, dict[str, float]]:
    """The experiment at one point."""
    return experiment.at(at)


def models(one: Any) -> dict[str, Any]:
    """The same traps in both models, without noise; the bath of the other is as strong near equal phases."""
    v = one.values
    if one.quantum:
        damping = float(v["rate"]) / (6 * float(v["tunnelling"]))
        own = {"number_damping": damping, "phase_damping": 4 * damping, "start_imbalance": 0.0, "trajectories": 1}
        other = one.changed(model="mean-field", dephasing=0.0, **(MEAN_FIELD | own))
        return {"quantum": one, "mean field": other}
    rate = (4 * v["number_damping"] + v["phase_damping"] / 2) * v["tunnelling"]
    own = {"rate": max(rate, 0.1 * v["tunnelling"]), "temperature": 0.0, "weight": 0.5}
    return {"quantum": one.changed(model="quantum", dephasing=0.0, **(QUANTUM | own)), "mean field": one}


def _size(one: Any, symbol: str = "energy") -> Any:
    return one.scaled("energy", symbol, float(one.values["tunnelling"]))


def _clock(one: Any, sample: float, symbol: str = "time") -> Any:
    return one.scaled("time", symbol, sample)


def _in_time(one: Any, point: xarray.Dataset, here: str) -> tuple[Figure, str]:
    """Energy, imbalance and coherence against time; in every account, or beside the quantum model."""
    if one.quantum:
        runs = {a: point if a == one.account else one.changed(account=a).record() for a in one.accounts}
        text = "The three accounts side by side: the mixture settles as fast, without a current; with the total fixed "
        text += "everything is larger by 1/(2u²v²), for only one shared step feels the link."
    else:
        other = models(one)["quantum"].changed(duration=one.values["duration"])
        runs = {"mean field": point, "quantum": other.record()}
        text = "The mean field beside four quantum states with a bath that is as strong near equal phases: the mean "
        text += "field swings slower (√2 J instead of 2J) and starts late when φ is near π."
    energy, clock = _size(one), _clock(one, float(point.time[-1]))
    time = point.time.values

    def lines(read: Any) -> dict[str, Any]:
        return {name: np.interp(time, run.time.values, read(run)) for name, run in runs.items()}

    panels = [
        plots.Panel(energy.label, lines(lambda r: r.energy.values / energy.factor)),
        plots.Panel(r"$n_A-n_B$", lines(lambda r: r.imbalance.values)),
        plots.Panel(r"Re $\langle\Psi_A^\dagger\Psi_B\rangle$", lines(lambda r: r.coherence.real.values)),
        plots.Panel(r"Im $\langle\Psi_A^\dagger\Psi_B\rangle$", lines(lambda r: r.coherence.imag.values)),
    ]
    return plots.along_protocol(time / clock.factor, panels, [], clock.label), f"After the link is made{here}. {text}"


def _times(one: Any, phase: Any) -> Any:
    """The equalisation time at every phase of an axis."""
    made = one.altered(phase_difference=phase)
    return made.equalisation(made.followed())


def _typical(one: Any) -> float:
    """A time by which units are chosen."""
    return float(long_enough(one.values.resolved)) / 12


def _phases(one: Any) -> Any:
    """Even phases from 0 to 2 pi that miss 0 and pi."""
    count = 20 if one.quick else 40
    return axis("curve_phase", (np.arange(count) + 0.5) * 2 * np.pi / count)


def _against_phase(one: Any, here: str) -> tuple[Figure, str]:
    phase = _phases(one)
    curves = {name: _times(made, phase) for name, made in models(one).items()}
    clock = _clock(one, _typical(one), "equalisation time")
    lines = {name: plots.Curve(y / clock.factor, style="line") for name, y in curves.items()}
    figure = plots.against(phase.values / np.pi, lines, ANGLE, clock.label, {r"$\pi$": 1.0}, TICKS)
    text = f"The time in which the energy above its end falls to 1/e, evolved for every phase{here}. Four quantum "
    return figure, text + "states with a bath settle at the same rate from everywhere; the mean field stalls at π."


def _near_pi(one: Any, here: str) -> tuple[Figure, str]:
    decades = np.arange(0.5, 5.6, 0.5 if one.quick else 0.25)
    away = axis("curve_phase", np.pi - 10.0**-decades)
    both = models(one)
    curves = {name: _times(made, away) for name, made in both.items()}
    field = both["mean field"].values
    growth = (2 * field["number_damping"] + field["phase_damping"] / 4) * field["tunnelling"]
    clock = _clock(one, _typical(one), "equalisation time")
    lines = {"quantum": plots.Curve(curves["quantum"] / clock.factor, style="markers")}
    late = curves["mean field"]
    known = np.isfinite(late)
    theory = None
    if known.any() and growth > 0 and np.all(np.asarray(field["detuning"]) == 0) and field["phase_damping"] > 0:
        line = np.log(10.0) * decades / growth
        theory = (line + np.mean((late - line)[known])) / clock.factor
    lines["mean field"] = plots.Curve(late / clock.factor, expected=theory, style="markers")
    label = r"$\log_{10}\,1/(\pi-\varphi)$"
    text = f"The same close to π{here}: each step of the mean field towards the top of its pendulum costs another "
    text += "ħ ln 10/(2g + κ/4)J per decade (dotted: a line of this slope); the steps are its half turns. The quantum "
    return plots.against(decades, lines, label, clock.label), text + "time does not depend on φ."


def _order(one: Any, here: str) -> tuple[Figure, str]:
    phase = _phases(one)
    made = one.changed(phase_difference=phase)
    found = made.findings(made.record())["amplitude"]
    theory = found.expected.values if found.passed is not None else None
    curve = plots.Curve(found.value.values, expected=theory, style="markers")
    label = r"$|\langle\Psi_A\rangle|=|\langle\Psi_B\rangle|$ at the end"
    figure = plots.against(phase.values / np.pi, {"simulated": curve}, ANGLE, label, xticks=TICKS)
    text = f"What is left of each trap's order parameter when the phases are equal{here}: uv|cos(φ/2)|. At φ = π "
    return figure, text + "nothing is left: equal phases are bought with coherence."


def _along_axes(experiment: Any, record: xarray.Dataset) -> tuple[Figure, str] | None:
    """Equalisation time against the run's own axes: curves for one, a map for two."""
    names = [name for name, values in experiment.axes().items() if values.size > 1]
    if not names or len(names) > 2:
        return None
    value = experiment.findings(record)["equalisation_time"].value
    value = value.squeeze([d for d in value.dims if d not in names]).where(np.isfinite(value))
    if not bool(value.notnull().any()):
        return None
    clock = _clock(experiment, float(value.median()), "equalisation time")
    scales = [_axis_scale(experiment, name, record[name]) for name in names]
    text = f"Equalisation time against {' and '.join(name.replace('_', ' ') for name in names)}."
    x = record[names[0]].values / scales[0].factor
    if len(names) == 1:
        return plots.against(x, {"simulated": value.values / clock.factor}, scales[0].label, clock.label), text
    y = record[names[1]].values / scales[1].factor
    z = value.transpose(names[1], names[0]).values / clock.factor
    return plots.image(x, y, z, scales[0].label, scales[1].label, clock.label), text


def _axis_scale(experiment: Any, name: str, values: Any) -> Scale:
    """How an axis is drawn: with the unit of the parameter of its name, if there is one."""
    kinds = {parameter.name: parameter.kind for parameter in experiment.parameters}
    words = name.replace("_", " ")
    if kinds.get(name, "") not in units.KINDS:
        return Scale(1.0, words)
    return experiment.scaled(kinds[name], words, float(np.abs(values).max()))


# -- the animation ----------------------------------------------------------------------------------------------------


def animation(experiment: PhaseEqualization, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """Both models on one clock: the traps' order parameters, the numbers, the energy of the link."""
    one, _ = _at(experiment, at)
    last = _shown(one)
    runs = {name: made.changed(duration=last).followed() for name, made in models(one).items()}
    energy, clock = _size(one), _clock(one, last)
    at_frames = np.linspace(0.0, last, one.frames)

    def film(run: xarray.Dataset, values: Any) -> Any:
        y, time = np.asarray(values), run.time.values
        if np.iscomplexobj(y):
            return np.interp(at_frames, time, y.real) + 1j * np.interp(at_frames, time, y.imag)
        return np.interp(at_frames, time, y)

    quantum, field = runs["quantum"], runs["mean field"]
    arrows = {name: film(quantum, z) for name, z in _quantum_arrows(models(one)["quantum"], quantum).items()}
    half = 0.5 * np.unwrap(-np.angle(field.coherence.values))
    size = np.sqrt(np.maximum(1 - field.imbalance.values**2, 0.0))
    turned = {"A": film(field, size * np.exp(1j * half)), "B": film(field, size * np.exp(-1j * half))}
    own = runs["quantum" if one.quantum else "mean field"]
    share = 0.5 * (1 + film(own, own.imbalance.values))
    time = field.time.values / clock.factor
    lines = {
        name: np.interp(field.time.values, run.time.values, run.energy.values / energy.factor)
        for name, run in runs.items()
    }
    whose = "quantum" if one.quantum else "mean field"
    panels = [
        moving.PhasorPanel("quantum", arrows, 1.0),
        moving.PhasorPanel("mean field", turned, 1.0),
        moving.WellsPanel(f"numbers, {whose}", share, 1 - share, np.zeros(one.frames)),
        moving.TracePanel("energy of the link", time, lines, at_frames / clock.factor, (), energy.label, clock.label),
    ]
    return {"panels": panels, "frames": one.frames, "captions": _captions(one, arrows, turned, at_frames, runs)}


def _shown(one: Any) -> float:
    """How much of the time is shown: until the slower of the two models has nearly settled."""
    both = models(one).values()
    times = [float(made.equalisation(made.altered().followed())) for made in both]
    known = [t for t in times if np.isfinite(t)]
    return (
        min(max([*known, 0.0]) + 6 * float(min(known)), 4 * float(long_enough(one.values.resolved)))
        if known
        else float(one.values["duration"])
    )


def _quantum_arrows(one: Any, run: xarray.Dataset) -> dict[str, Any]:
    """The parts of the order parameters while the other trap is empty, without the link's turning."""
    v = one.values
    if one.account != "superposition" or not 0 < v["weight"] < 1:
        full = 2 * v["weight"] * (1 - v["weight"]) if one.account != "conserving" else 1.0
        return {"A against B": run.coherence.values.conj() * 2 / max(full, 1e-300)}
    level = float(np.hypot(v["tunnelling"], v["detuning"] / 2))
    still = np.exp(-1j * level * run.time.values) / ((1 - v["weight"]) * np.sqrt(v["weight"] * (1 - v["weight"])))
    return {"A": run.alone_A.values * still, "B": run.alone_B.values * still}


def _captions(one: Any, arrows: Any, turned: Any, frames: Any, runs: Any) -> list[str]:
    """What is seen, frame by frame."""
    phase = float(one.values["phase_difference"]) / np.pi
    quantum, field = runs["quantum"], runs["mean field"]
    settled = []
    for run in (quantum, field):
        energy = run.energy.values
        settled.append(np.interp(frames, run.time.values, (energy - energy.min()) / (np.ptp(energy) or 1.0)))
    found = []
    for k in range(len(frames)):
        fast, slow = settled[0][k] < 0.15, settled[1][k] < 0.15
        if k < 0.1 * len(frames):
            text = f"Two traps with phases {phase:.3g} π apart have just been linked: a current swings to and fro."
        elif not fast and not slow:
            text = "The bath takes the energy of the link. Quantum: the arrows spiral to their mean and shrink."
        elif fast and not slow:
            text = "Quantum: settled. The mean field keeps its modulus and still swings like a pendulum."
        elif slow and not fast:
            text = "The mean field has come down; the quantum pair settles at the rate of its bath."
        else:
            text = "Both have equal phases: the quantum arrows are shorter, by |cos(φ/2)|; the mean field's are not."
        found.append(text)
    return found
