"""Figures and the animation of the Bose junction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics.flow import flow
from mesodyn.experiments import bose_runs as runs
from mesodyn.experiments.bose_solvers import Point, Record, ket_record
from mesodyn.systems.bose_junction import coherent
from mesodyn.systems.bose_mean_field import Field, critical_strength, on_sphere

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.bose_junction import BoseJunctionExperiment
    from mesodyn.figures.style import Figure

Drawn = dict[str, tuple["Figure", str]]
FEW, SOME, MANY = 10, 40, 300
"""Particles in figures that compare: few, those of another account, and at most so many of those of the run."""
FIELD = "mean field"
PHI, Z = r"$\varphi$ (rad)", "z"


def figures(experiment: BoseJunctionExperiment, record: xarray.Dataset, at: Mapping[str, float]) -> Drawn:
    """All figures of one point."""
    one, place = _one(experiment, at)
    point = one.points()[0]
    own = record if not place else one.record()
    found = {
        "imbalance": _imbalance(one, point, own),
        "portrait": _portrait(point, own),
        "threshold": _threshold(point),
        "accounts": _accounts(one, point, own),
    }
    if point.model == "quantum":
        found["distribution"] = _distribution(one, point)
    return found


def _one(experiment: BoseJunctionExperiment, at: Mapping[str, float]) -> tuple[BoseJunctionExperiment, Any]:
    one, place = experiment.at(at)
    assert isinstance(one, type(experiment))
    return one, place


def _plain(point: Point, **changes: Any) -> Point:
    """The point with one sharp phase, one total, no noise and no draws."""
    bare: dict[str, Any] = {"account": "conserving", "temperature": 0.0, "dephasing": 0.0, "trajectories": 0}
    return replace(point, **(bare | changes))


def _field(point: Point, **changes: Any) -> Record:
    return runs.solve(_plain(point, model="mean-field", **changes))


def _quantum(point: Point, particles: int) -> Point:
    """The clean quantum run with another number of particles and the same Lambda."""
    interaction = 2 * point.tunnelling * point.strength / max(1, particles - 1)
    frictionless = {"damping": 0.0, "phase_damping": 0.0}
    return _plain(point, model="quantum", particles=particles, interaction=interaction, **frictionless)


def _phase(run: Any) -> Any:
    return np.unwrap(-np.angle(np.asarray(run["coherence"])))


def _name(point: Point) -> str:
    return FIELD if point.model == "mean-field" else f"N = {point.particles}"


def _imbalance(one: BoseJunctionExperiment, point: Point, own: xarray.Dataset) -> tuple[Figure, str]:
    from mesodyn.figures import plots

    clock = one.scaled("time", "time", float(point.times[-1]))
    field, few = _field(point), runs.solve(_quantum(point, FEW))
    mine = f"this run, {_name(point)}"
    panels = [
        plots.Panel(Z, {mine: own.z.values, FIELD: field["z"], f"N = {FEW}": few["z"]}),
        plots.Panel(r"$\varphi/\pi$", {mine: _phase(own) / np.pi, FIELD: _phase(field) / np.pi}),
        plots.Panel(
            "fringe contrast",
            {"averaged over runs": np.abs(own.coherence.values), "of one run": own.coherence_run.values},
        ),
    ]
    if np.isnan(own.coherence_run.values).all():
        panels[-1] = plots.Panel("fringe contrast", {"averaged": np.abs(own.coherence.values)})
    text = (
        "Imbalance, phase and fringe. The mean field (without noise) goes on for ever; a finite number of bosons "
        "spreads over orbits of different periods, so that oscillation and fringe collapse, the sooner the fewer they "
        "are."
    )
    return plots.along_protocol(point.times / clock.factor, panels, [], clock.label), text


def _map(point: Point) -> tuple[Any, Any, Any, list[float]]:
    """The mean field's energy over phase and imbalance, and that of its separatrix."""
    phi, z = np.linspace(-np.pi, np.pi, 181), np.linspace(-0.999, 0.999, 141)
    if np.cos(point.phase) < 0:
        phi = phi + np.pi
    field = Field(point.strength, point.detuning / (2 * point.tunnelling))
    energy = field.energy(on_sphere(z[:, None], phi[None, :]))
    saddles = []
    for turned in (0.0, np.pi):
        line = field.energy(on_sphere(z, turned))
        inner = np.flatnonzero(np.diff(np.sign(np.diff(line)))) + 1
        # along z a saddle is a minimum where the phase makes a maximum, and the other way round
        bends = (line[inner + 1] - 2 * line[inner] + line[inner - 1]) > 0
        saddles += [float(line[k]) for k, up in zip(inner, bends, strict=True) if up == (turned != 0)]
    return phi, z, energy, saddles


def _portrait(point: Point, own: xarray.Dataset) -> tuple[Figure, str]:
    from mesodyn.figures.portrait import portrait

    phi, z, energy, edges = _map(point)
    field = _field(point)
    paths = {FIELD: (_phase(field), field["z"])}
    cloud, more = None, ""
    if point.account != "mixture" and (point.model == "quantum" or point.trajectories):
        name = f"mean of N = {point.particles}" if point.model == "quantum" else "mean over runs"
        paths = {name: (_phase(own), own.z.values)} | paths
    if point.model == "quantum":
        cloud = husimi(ket_record(_plain(point))[-1], phi, z)
        more = " The shading is where N bosons without noise are at the end (Husimi function)."
    text = (
        "Phase portrait. Thin lines are orbits of the mean field; the dashed one, the separatrix, parts swinging from "
        "trapped motion." + more
    )
    return portrait(phi, z, energy, paths, PHI, Z, edges, cloud), text


def husimi(ket: Any, phi: Any, z: Any) -> Any:
    """``|<z, phi|ket>|**2`` on a grid (z, phi)."""
    n = np.arange(len(ket))
    return np.abs((coherent(len(ket) - 1, z, 0.0) * ket) @ np.exp(-1j * np.multiply.outer(n, phi))) ** 2


def _threshold(point: Point) -> tuple[Figure, str]:
    from mesodyn.figures import plots

    edge = float(critical_strength(point.imbalance, point.phase))
    middle = edge if np.isfinite(edge) and 0 < edge < 1e3 else max(abs(point.strength), 1.0)
    strengths = np.linspace(0.3 * middle, 1.8 * middle, 41)
    times = np.linspace(0, 20 * np.pi, 401)
    numbers = sorted({FEW, min(MANY, max(2, point.particles))})

    def mean(particles: int, strength: float) -> float:
        here = replace(point, interaction=2 * point.tunnelling * strength / max(1, point.particles - 1))
        still = replace(_quantum(here, particles), times=times / (2 * point.tunnelling))
        return float(runs.solve(still)["z"].mean())

    curves = {f"N = {n}": plots.Curve([mean(n, float(s)) for s in strengths], style="line") for n in numbers}
    start = on_sphere(np.full(len(strengths), point.imbalance), point.phase).T.ravel()
    path = flow(Field(strengths, point.detuning / (2 * point.tunnelling)).slope, start, times)
    curves[FIELD] = plots.Curve(path.reshape(len(times), 3, -1)[:, 2].mean(axis=0), style="line")
    marks = {r"$\Lambda_c$": edge} if strengths[0] < edge < strengths[-1] and point.detuning == 0 else {}
    text = (
        "Mean imbalance over ten free Rabi periods against the interaction. The threshold of self-trapping is one of "
        "the mean field; finite numbers cross it smoothly, and a trapped imbalance decays in the end."
    )
    return plots.against(strengths, curves, r"$\Lambda$", "mean of z", marks), text


def _accounts(one: BoseJunctionExperiment, point: Point, own: xarray.Dataset) -> tuple[Figure, str]:
    from mesodyn.figures import plots

    clock = one.scaled("time", "time", float(point.times[-1]))
    draws = point.trajectories or (64 if point.model == "mean-field" or point.dephasing else 0)
    found: dict[tuple[str, str], Any] = {}
    many = point.particles > SOME and point.model == "quantum"
    for account in one.accounts:
        mine = account == point.account and not many and not np.isnan(own.coherence_run).any()
        small = replace(point, account=account, trajectories=draws)
        if not point.dephasing:
            small = replace(small, times=point.times[:: max(1, len(point.times) // 200)])
        if many:
            small = _fewer(small)
        run = own if mine else runs.solve(small)
        time = point.times if mine else small.times
        for name in ("coherence", "coherence_run"):
            found[account, name] = np.interp(point.times, time, np.abs(np.asarray(run[name])))
    panels = [
        plots.Panel("average fringe", {account: found[account, "coherence"] for account in one.accounts}),
        plots.Panel("fringe of one run", {account: found[account, "coherence_run"] for account in one.accounts}),
    ]
    text = (
        "Contrast of the fringe under the three accounts. A superposition of totals is a fixed total with atom-number "
        "noise. A mixture starts with a fringe of the same contrast in every run, at a random phase: only the average "
        "tells."
    )
    if many:
        text += f" All are drawn for N = {SOME}, since a superposition needs many totals."
    return plots.along_protocol(point.times / clock.factor, panels, [], clock.label), text


def _fewer(point: Point) -> Point:
    """The same with `SOME` particles and the same Lambda and kT/NJ, for accounts that need many totals."""
    interaction, cold = 2 * point.tunnelling * point.strength / (SOME - 1), point.temperature * SOME / point.particles
    return replace(point, particles=SOME, interaction=interaction, temperature=cold)


def _distribution(one: BoseJunctionExperiment, point: Point) -> tuple[Figure, str]:
    from mesodyn.figures import plots

    clock = one.scaled("time", "time", float(point.times[-1]))
    step = max(1, len(point.times) // 300)
    kets = ket_record(_plain(point))[::step]
    weights = np.abs(kets.T) ** 2
    n = np.arange(point.particles + 1)
    rows = slice(None, None, max(1, len(n) // 400))
    text = (
        "How many bosons are in well a, in time, for one total and one phase and without noise: the packet swings, "
        "spreads over the wells, and interferes with itself."
    )
    drawing = plots.image(
        point.times[::step] / clock.factor, n[rows], weights[rows], clock.label, "$n_a$", "probability"
    )
    return drawing, text


# -- the animation -------------------------------------------------------------------------------------------------


def animation(experiment: BoseJunctionExperiment, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """Wells that fill and empty, the point on the phase portrait, the distribution of n_a, and the imbalance."""
    from mesodyn.figures import animation as moving
    from mesodyn.figures.portrait import PortraitPanel, ProfilePanel

    one, place = _one(experiment, at)
    point = one.points()[0]
    own = record if not place else one.record()
    clock = one.scaled("time", "time", float(point.times[-1]))
    time = point.times / clock.factor
    frames = np.linspace(0, time[-1], experiment.frames)
    field = _field(point)
    quantum = point.model == "quantum"
    z = np.interp(frames, time, own.z.values)
    phi, height, energy, edges = _map(point)

    lines = {_name(point): own.z.values} | ({FIELD: field["z"]} if quantum else {})
    phases = {_name(point): _phase(own)} | ({FIELD: _phase(field)} if quantum else {})
    paths = {name: (np.interp(frames, time, phases[name]), np.interp(frames, time, lines[name])) for name in lines}
    panels: list[Any] = [
        moving.WellsPanel("wells a (A) and b (B)", (1 + z) / 2, (1 - z) / 2, np.full(len(frames), 0.15)),
        PortraitPanel("phase portrait", phi, height, energy, paths, PHI, Z, edges),
    ]
    if quantum:
        seen = np.linspace(0, len(point.times) - 1, len(frames)).round().astype(int)
        weights = np.abs(ket_record(_plain(point))[seen]) ** 2
        clean = np.isinf(point.sharpness) and not point.dephasing and point.account == "conserving"
        title = "bosons in a" if clean else "bosons in a, one clean run"
        panels.append(ProfilePanel(title, np.arange(point.particles + 1), weights, "$n_a$"))
    panels.append(moving.TracePanel("imbalance", time, lines, frames, (), Z, clock.label))
    return {"panels": panels, "frames": len(frames), "captions": _captions(point, own, len(frames)), "size": (9.0, 5.2)}


def _captions(point: Point, own: xarray.Dataset, frames: int) -> list[str]:
    """What to look at, in four steps."""
    trapped = bool(np.all(own.z.values * point.imbalance > 0)) and point.imbalance != 0
    contrast = np.abs(own.coherence.values)
    fades = contrast[-1] < 0.9 * contrast[0]
    moved = "The phase runs away; the link's current turns round before a well is empty: self-trapped."
    if not trapped:
        moved = "A phase difference drives a current, the imbalance turns the phase back: a plasma oscillation."
    if trapped and np.ptp(_phase(own)) < np.pi:
        moved = "The phase swings while the imbalance stays on one side: a trapped π mode, or a bias."
    end = "The fringe stays: the two condensates keep one relative phase."
    if fades:
        end = f"The averaged fringe has gone from {contrast[0]:.2f} to {contrast[-1]:.2f}: the phase is spreading."
    if point.damping or point.phase_damping:
        end = "Friction takes the energy: the two condensates come to rest with equal phases."
    story = [
        f"Two condensates of {point.particles} bosons: imbalance {point.imbalance:.2g}, phase {point.phase:.3g} rad.",
        moved,
        "The dashed line parts trapped motion from motion that visits both wells; a turn is one period.",
        end,
    ]
    if point.model == "quantum" and fades:
        story[2] = "The mean field stays on its line; bosons fill a spot that shears over neighbouring lines: collapse."
    return [story[min(3, 4 * k // frames)] for k in range(frames)]
