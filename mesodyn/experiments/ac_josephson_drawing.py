"""How a junction under bias is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import ac_josephson_theory as theory
from mesodyn.experiments import sweeps
from mesodyn.experiments.ac_josephson_findings import findings
from mesodyn.experiments.ac_josephson_record import Point, betas, levels_of
from mesodyn.experiments.base import Scale
from mesodyn.experiments.currents import ampere
from mesodyn.figures import plots

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.ac_josephson import AcJosephson
    from mesodyn.figures.style import Figure

SHOWN = 8
"""So many turns of the phase difference are drawn."""
MARKS = {"eV/h": 1.0, "2eV/h": 2.0, "4eV/h": 4.0}
NAMES = {
    "SD1S": "single particles (SD1S)",
    "contact": "transparent contact",
    "parity-dot": "parity kept, at resonance",
    "SD2S": "pairs (SD2S)",
}
WIDTHS = ("step_width_1", "step_width_2")
ALONG = (("line_4pi", "line_2pi"), WIDTHS, ("dc_current", "step_height"), ("dc_current",))
"""What is drawn against an axis: the first of these that was measured."""
Drawn = tuple["Figure", str]


def figures(e: AcJosephson, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Drawn]:
    """All figures with their captions."""
    one, place = e.at(at)
    assert isinstance(one, type(e))
    whole = record
    if place:
        record = one.keeping("record").record()
    where = f" at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())}" if place else ""
    return _of_point(one, record, where) | _along_an_axis(e, whole)


def _of_point(e: AcJosephson, record: xarray.Dataset, where: str) -> dict[str, Drawn]:
    """The figures of one point."""
    drive = e.values["drive"]
    if drive == "current":
        return {"current_voltage": _current_voltage(e, record, where), "motion": _motion(e, record, where)}
    if drive == "voltage":
        found = {"motion": _motion(e, record, where)}
        return found | (_steps(e, record, where) if e.dynamics == "levels" else {})
    found = {"current": _current(e, record, where), "spectrum": _spectrum(e, record, where)}
    if e.dynamics == "levels":
        return found | {"passage": _passages(e, where), "impostors": _impostors(e, where)}
    return found | ({"crossover": _crossover(e, record, where)} if e.values["phase_noise"] > 0 else {})


def _along_an_axis(e: AcJosephson, record: xarray.Dataset) -> dict[str, Drawn]:
    """What was measured, against the one axis that the parameters have."""
    grid = e.axes()
    if len(grid) != 1 or next(iter(grid.values())).size < 2:
        return {}
    ((name, place),) = grid.items()
    found = {finding.name: finding for finding in findings(e, record)}
    shown = next(names for names in ALONG if set(names) <= set(found))
    scale = sweeps.axis_scale(e, name, place)
    sizes = np.concatenate([found[each].value.values for each in shown])
    height = Scale(1.0, r"width over $I_c$") if shown[0] in WIDTHS else current_scale(e, sizes, "J")
    order = np.argsort(place.values)
    curves = {}
    for each in shown:
        known = found[each].expected
        theory_of = None if found[each].passed is None or known is None else known.values[order] / height.factor
        curves[each.replace("_", " ")] = plots.Curve(found[each].value.values[order] / height.factor, theory_of)
    picture = plots.against(place.values[order] / scale.factor, curves, scale.label, height.label)
    return {"against_parameters": (picture, f"What was measured against {name.replace('_', ' ')}.")}


def current_scale(e: AcJosephson, values: Any, symbol: str = "J") -> Scale:
    """How a current is drawn: as hbar J/e, or in ampere."""
    if e.values.natural:
        return Scale(1.0, rf"$\hbar {symbol}/e$")
    size, unit = ampere(float(np.max(np.abs(values), initial=0.0)))
    return Scale(size, f"${symbol}$ ({unit})")


def _current(e: AcJosephson, record: xarray.Dataset, where: str) -> Drawn:
    """The current and the branch against time."""
    shown = record.phase.values - record.phase.values[0] <= 2 * np.pi * min(SHOWN, e.values["periods"])
    clock = e.scaled("time", "time", float(record.time.values[shown][-1]))
    time = record.time.values[shown] / clock.factor
    theta, current = record.phase.values[shown], record.current.values[:, shown]
    scale = current_scale(e, current)
    lines = {"one trajectory": current[0] / scale.factor, "mean": current.mean(axis=0) / scale.factor}
    panels = [plots.Panel(scale.label, lines)]
    if e.dynamics == "levels":
        levels = levels_of(e.points()[0])
        branch = 1 - 2 * record.branch.values[0, shown].astype(float)
        energy = e.scaled("energy", "energy", float(np.abs(levels.level(theta, 1)).max()))
        here = np.where(np.abs(branch) == 1, levels.level(theta, np.clip(branch, -1, 1)), np.nan)
        three = {"branch +": levels.level(theta, 1), "branch -": levels.level(theta, -1), "occupied": here}
        panels.append(plots.Panel(energy.label, {name: y / energy.factor for name, y in three.items()}))
        text = "below it the two branches and the one that the trajectory is on"
    else:
        start = np.angle(record.order_parameter.values[0, 0])
        angle = np.angle(record.order_parameter.values[:, shown] * np.exp(-1j * start))
        turns = np.unwrap(angle, axis=1) / np.pi
        panels.append(plots.Panel(r"$(\varphi - \varphi_0)/\pi$", {"one trajectory": turns[0]}))
        if len(turns) > 1:
            panels[-1] = plots.Panel(panels[-1].ylabel, {"one trajectory": turns[0], "another": turns[1]})
        text = "below it the phase of the order parameter, which stays or turns by π/2 to the lower minimum"
    picture = plots.along_protocol(time, panels, [], clock.label)
    return picture, f"The current of one trajectory and the mean of all{where}; {text}."


def _spectrum(e: AcJosephson, record: xarray.Dataset, where: str) -> Drawn:
    """The lines of the current."""
    x = record.frequency.values / float(e.values["voltage"])
    size = np.sqrt(record.power.values)
    scale = current_scale(e, size)
    picture = plots.against(
        x,
        {"measured": plots.Curve(size / scale.factor, style="line")},
        "frequency over eV/h",
        f"amplitude of {scale.label}",
        marks=MARKS,
    )
    text = (
        f"Root mean square amplitude of each line, over all trajectories{where}. A junction that stays on its branch "
        "has a line at eV/h (period 4π), one that always changes it only those at 2eV/h and its multiples; jumps at "
        "random widen the line at eV/h."
    )
    return picture, text


def _passages(e: AcJosephson, where: str) -> Drawn:
    """The probability to stay against the voltage, integrated and by the formula."""
    levels = levels_of(e.points()[0])
    centre = float(e.values["voltage"])
    if levels.splitting > 0:
        half = np.pi * levels.splitting**2 / 2 / (4 * abs(float(levels.slope(np.pi)[0])))
        centre = half / np.log(2)
    voltages = centre * np.geomspace(0.25, 8, 7 if e.quick else 13)
    staying = []
    for voltage in voltages:
        values = {**e.points()[0], "voltage": float(voltage)}
        staying.append(float(Point(e, values, 0, {}).passage()["passage_upper"][1][-1]))
    energy = e.scaled("energy", "eV", centre)
    curve = plots.Curve(np.array(staying), levels.stays(2 * voltages), style="markers")
    picture = plots.against(voltages / energy.factor, {"integrated": curve}, energy.label, "probability to stay")
    text = (
        "The probability to stay on the branch in one passage against the voltage, from the integrated two levels, "
        f"and the Landau-Zener formula exp(-πW²/2ħv){where}: the faster, the more surely it stays."
    )
    return picture, text


def _impostors(e: AcJosephson, where: str) -> Drawn:
    """The spectra of other junctions."""
    v = e.values
    same: dict[str, Any] = {"beta_left": None, "beta_right": None, "start_phase": 0.0, "poisoning": 0.0}
    same |= {"relaxation": 0.0, "detuning": 0.0, "branch_coupling": 0.0, "transmission": 1.0}
    same |= {"alpha": 12 / v["gap"], "beta": 5 / v["gap"]} if v["model"] != "SD1S" else {}
    same |= {"delta_left": 0.1 * v["gap"], "delta_right": 0.1 * v["gap"], "periods": 16, "trajectories": 4}
    curves = {}
    x: Any = None
    for model, name in NAMES.items():
        pair = {"detuning": 0.1 * v["gap"]} if model == "SD2S" else {}
        record = e.changed(**{**same, **pair, "model": model}).record()
        x = record.frequency.values / float(v["voltage"])
        size = np.sqrt(record.power.values)
        curves[name] = plots.Curve(size / np.max(size), style="line")
    picture = plots.against(x, curves, "frequency over eV/h", "amplitude over the largest", marks=MARKS)
    text = (
        f"Who else has a line at eV/h{where}: without a gap at π, SD1S, a transparent contact and a dot that keeps its "
        "number parity at resonance all have it. Only the harmonics differ. Pairs off resonance have none."
    )
    return picture, text


def _crossover(e: AcJosephson, record: xarray.Dataset, where: str) -> Drawn:
    """Which share keeps its branch against the voltage."""
    v = e.points()[0]
    voltages, shares = record.voltages.values, record.kept_at.values
    energy = e.scaled("energy", "eV", float(voltages.mean()))
    exponent = theory.growth(v["alpha"], sum(betas(v)) / 2, v["relaxation_time"], voltages)
    equal = betas(v)[0] == betas(v)[1] and (v["detuning"] == 0 or e.dynamics == "phase")
    known = theory.kept(v["phase_noise"], exponent) if equal else None
    star = float(theory.growth(v["alpha"], sum(betas(v)) / 2, v["relaxation_time"], 1.0)) / -np.log(v["phase_noise"])
    picture = plots.against(
        voltages / energy.factor,
        {"measured": plots.Curve(shares, known, style="markers")},
        energy.label,
        "share that keeps its branch",
        marks={r"$V^*$ for one σ": star / energy.factor},
    )
    text = (
        "The share of the trajectories whose order parameter is still on its branch at 3π, after a kick of rms σ at π, "
        f"against the voltage{where}. Slow passages leave time to turn to the new minimum: period 2π; fast ones don't: "
        "4π. Expected: Gaussian kicks that grow by exp(4βħ/ατeV)."
    )
    return picture, text


def _motion(e: AcJosephson, record: xarray.Dataset, where: str) -> Drawn:
    """Phase and current over a few periods of the drive."""
    last = SHOWN * 2 * np.pi / float(e.values["frequency"])
    shown = record.time.values <= last
    clock = e.scaled("time", "time", last)
    current = record.current.values
    line = (current if current.ndim == 1 else current[0])[shown]
    scale = current_scale(e, line)
    panels = [
        plots.Panel(r"$\theta/2\pi$", {"phase": record.phase.values[shown] / (2 * np.pi)}),
        plots.Panel(scale.label, {"current": line / scale.factor}),
    ]
    picture = plots.along_protocol(record.time.values[shown] / clock.factor, panels, [], clock.label)
    return picture, f"The phase difference and the current over the first periods of the drive{where}."


def _steps(e: AcJosephson, record: xarray.Dataset, where: str) -> dict[str, Drawn]:
    """The direct current against the starting phase, and the height of the steps against the amplitude."""
    v = e.points()[0]
    levels = levels_of(v)
    starts, direct = record.start.values, record.step_current.values
    parts = theory.branch_harmonics(levels, theory.HIGHEST)
    step = 2 * v["voltage"] / v["frequency"]
    whole = abs(step - round(step)) < 1e-9 and levels.splitting == 0
    known = theory.shapiro(parts, round(step), v["ac_amplitude"], starts) if whole else None
    scale = current_scale(e, direct, "I")
    curve = plots.Curve(
        direct / scale.factor, None if known is None else np.asarray(known) / scale.factor, style="line"
    )
    ticks = plots.turn_ticks(2)
    first = plots.against(
        starts, {"measured": curve}, r"$\theta_0$", f"direct {scale.label}", xticks={k: t for k, t in ticks.items()}
    )
    swings = np.linspace(0, 4, 9 if e.quick else 25)
    curves = {}
    for k in (1, 2, 3):
        heights = []
        for swing in swings:
            values = {**v, "voltage": k * v["frequency"] / 2, "ac_amplitude": float(swing), "periods": 2}
            heights.append(np.ptp(Point(e.keeping("findings"), values, 0, {}).step_curve()[1]))  # type: ignore[arg-type]
        curves[f"step {k}"] = plots.Curve(np.array(heights) / scale.factor, style="line")
    second = plots.against(swings, curves, r"$a = eV_{ac}/\hbar\omega$", f"height of the step, {scale.label}")
    return {
        "direct_current": (
            first,
            f"The direct current on the step k = {step:.4g} against the phase difference at the start{where}; its "
            "range is the height of the step.",
        ),
        "step_heights": (
            second,
            "How high the first three Shapiro steps are against the amplitude of the alternating voltage. On a 4π "
            "branch the odd ones are small, but only a current of sin(θ/2) and nothing else has none.",
        ),
    }


def _current_voltage(e: AcJosephson, record: xarray.Dataset, where: str) -> Drawn:
    """The current-voltage curve with its steps."""
    unit = float(e.values["frequency"]) / 2
    curves = {"measured": plots.Curve(record.mean_voltage.values / unit, style="line")}
    edges = record.step_edges.values
    marks = {f"step {k + 1}": float(edge.mean()) for k, edge in enumerate(edges) if np.isfinite(edge).all()}
    picture = plots.against(record.bias.values, curves, r"$I/I_c$", r"$2eV/\hbar\omega$", marks=marks)
    text = (
        f"Voltage against current under an alternating current{where}. On a Shapiro step the phase runs an integer "
        "number of turns in each period of the drive. On a branch of period 4π odd steps are narrower."
    )
    return picture, text
