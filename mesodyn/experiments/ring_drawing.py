"""Pictures of a ring of traps: currents against the flux, links before and after a turn, the turn itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.ring_curve import Curve
from mesodyn.experiments.sweeps import axis_scale
from mesodyn.systems.free_ring import FreeRing
from mesodyn.systems.trap_ring import TrapRing

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.trap_ring import TrapRingExperiment
    from mesodyn.figures.style import Figure

FLUXES = 121
"""At how many fluxes a curve is drawn."""
COUNTED = 300
"""Up to this many states curves come from the many-body Hamiltonian, beyond from the levels of one particle."""
SHOWN = 8.0
"""How many relaxation times are drawn."""


def figures(
    experiment: TrapRingExperiment, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    one, place = experiment.at(at)
    assert isinstance(one, type(experiment))
    point = record if not place else one.record()
    found = {"current_against_flux": _curves(one)}
    if one.turn != "none":
        found |= {"links": _links(one, point), "turn": _through(one, point)}
    return found | _along_axes(experiment, record)


def _curves(one: TrapRingExperiment) -> tuple[Figure, str]:
    """The current against the flux: this ring, one particle more, bosons, pairs."""
    from mesodyn.figures import plots

    ring = one.polarised()
    more = ring.number + 1 if ring.number + 1 < ring.traps else ring.number - 1
    wanted = {
        f"{ring.number} fermions": ("fermion", ring.number),
        f"{more} fermions": ("fermion", more),
        f"{ring.number} hard-core bosons": ("boson", ring.number),
        f"{ring.number} pairs": ("pair", ring.number),
    }
    flux = np.linspace(-1.5 * np.pi, 1.5 * np.pi, FLUXES + 1)[:-1] + 1.5 * np.pi / FLUXES
    counted = ring.size <= COUNTED
    tunnelling = float(one.values["tunnelling"])
    lines = {}
    for label, (kind, number) in wanted.items():
        if counted:
            curve = Curve(TrapRing(traps=ring.traps, number=number, kind=kind, tunnelling=tunnelling))
            found = np.array([curve.at(each)[1] for each in flux])
        else:
            free = [FreeRing(ring.traps, number, tunnelling, each, kind) for each in flux.tolist()]
            found = np.array([each.currents().mean() for each in free])
        lines[label] = plots.Curve(found / tunnelling, style="line")
    here = (float(one.values["flux"]) / np.pi + 1.5) % 3 - 1.5
    drawing = plots.against(flux / np.pi, lines, "Φ / π", "current (t/ħ)", marks={"this run": here})
    source = "the many-body ground state at each flux" if counted else "the levels of one particle, filled up"
    return drawing, (
        f"Persistent current of {ring.traps} traps against the flux, from {source}. An odd number of fermions is "
        "diamagnetic at Φ = 0 and jumps at π; one more moves all by π. Hard-core bosons don't care for the parity. "
        "Pairs have half the period and twice the current per step."
    )


def _spins(one: TrapRingExperiment, point: xarray.Dataset) -> Any:
    """The spins in the plane (moment, dot, 2), of length 1 for a full spin; None without."""
    if "spin" not in point:
        return None
    size = one.spin * np.maximum(point.occupied.values, 1e-12)[..., None]
    return point.spin.values[..., :2] / size


def _moments(one: TrapRingExperiment, point: xarray.Dataset) -> dict[str, int]:
    """The moments that are drawn: before, just after the turn, at the end."""
    labels = point.segment.values
    return {"before": 0, "after the turn": int(np.flatnonzero(labels == "turn")[-1]), "relaxed": len(labels) - 1}


def _links(one: TrapRingExperiment, point: xarray.Dataset) -> tuple[Figure, str]:
    """The currents of all links before, after and at the end."""
    from mesodyn.figures.linked_dots import rings

    spins = _spins(one, point)
    states = {
        title: (point.current.values[k], None if spins is None else spins[k])
        for title, k in _moments(one, point).items()
    }
    what = (
        f"Trap {one.values['dot']} was turned by {one.values['turns']:g} turns. What a spin ½ does in a whole odd turn "
        "is a change of gauge: its two links carry the reversed current, which costs energy; it is given off, and the "
        "old current is back."
        if one.turn == "one-dot"
        else "The fields have been turned so that they wind around the ring. For a spin ½ the link that closes the "
        "ring has the other sign by itself: this is a flux, no change of gauge, and the ring ends with another current."
    )
    return rings(states), (
        f"{what} Arrows beside the links: particle currents, in one scale (orange: clockwise). "
        "Arrows in the traps: spins."
    )


def _through(one: TrapRingExperiment, point: xarray.Dataset) -> tuple[Figure, str]:
    """Currents and energy in time."""
    from mesodyn.figures import plots

    v, tunnelling = one.values, float(one.values["tunnelling"])
    kept = _drawn(one, point)
    point = point.isel(moment=kept)
    clock = one.scaled("time", "time", float(point.time.max()))
    time = point.time.values / clock.factor
    panels = [
        plots.Panel("current (t/ħ)", _tracks(one, point)),
        plots.Panel(
            "energy (t)",
            {
                "since the start": (point.energy.values - float(point.energy[0])) / tunnelling,
                "given to the bath": point.heat.values / tunnelling,
            },
        ),
    ]
    begin = 0.0
    spans = []
    for label in ("turn", "relax"):
        end = float(point.time.values[point.segment.values == label].max()) / clock.factor
        spans.append(plots.Span(begin, end, label))
        begin = end
    text = "Each link's current is what it carries while it is on" + (
        " (during the turn the links are off: what they would carry)." if v["links"] == "off" else "."
    )
    return plots.along_protocol(time, panels, spans, clock.label), f"Through the turn and the relaxation. {text}"


def _tracks(one: TrapRingExperiment, point: xarray.Dataset) -> dict[str, Any]:
    """Mean currents (moment,) of the links that differ, over the tunnelling."""
    last = int(one.values["traps"]) - 1
    own = [last]
    if one.turn == "one-dot":
        dot = int(one.values["dot"])
        own = [(dot - 1) % (last + 1), dot]
    links = point.current.values / float(one.values["tunnelling"])
    name = "link that closes the ring" if one.turn == "texture" else f"links of trap {one.values['dot']}"
    return {name: links[:, own].mean(axis=1), "other links": np.delete(links, own, axis=1).mean(axis=1)}


def _drawn(one: TrapRingExperiment, point: xarray.Dataset) -> Any:
    """Which moments are drawn: the first relaxation times are enough."""
    labels, time = point.segment.values, point.time.values
    begin = float(time[labels == "relax"].min())
    return np.flatnonzero((labels != "relax") | (time <= begin + SHOWN / float(one.values["relaxation_rate"])))


def _along_axes(experiment: TrapRingExperiment, record: xarray.Dataset) -> dict[str, tuple[Figure, str]]:
    """With one axis: the current at rest, and the heat, along it."""
    from mesodyn.figures import plots

    grid = experiment.axes()
    if len(grid) != 1:
        return {}
    ((name, values),) = grid.items()
    findings = experiment.findings(record)
    scale, tunnelling = axis_scale(experiment, name, values.values), np.asarray(experiment.values["tunnelling"])
    found = {}
    wanted = {
        "current": ("current (t/ħ)", "The current at rest"),
        "heat_released": ("heat (t)", "The heat of the turn"),
    }
    for key, (ylabel, words) in wanted.items():
        if key not in findings or (key == "current" and name in ("turns", "rotation_time", "zeeman", "field_angle")):
            continue
        finding = findings[key]
        theory = finding.expected
        known = theory is not None and bool(theory.notnull().all())  # a curve with gaps would show nothing
        curve = plots.Curve(
            finding.value.values / tunnelling, theory.values / tunnelling if known and theory is not None else None
        )
        drawing = plots.against(values.values / scale.factor, {"measured": curve}, scale.label, ylabel)
        found[f"{key}_along_{name}"] = drawing, f"{words} against {name.replace('_', ' ')}."
    return found


def animation(experiment: TrapRingExperiment, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """The ring with its currents and spins, the currents in time, the energy in time."""
    from mesodyn.errors import InputError
    from mesodyn.figures import animation as moving
    from mesodyn.figures.linked_dots import LinkedDotsPanel

    one, place = experiment.at(at)
    assert isinstance(one, type(experiment))
    if one.turn == "none":
        raise InputError("turn", "one-dot or texture for an animation", "none", "at rest nothing moves")
    point = record if not place else one.record()
    point = point.isel(moment=_drawn(one, point))
    clock = one.scaled("time", "time", float(point.time.max()))
    time, film = point.time.values / clock.factor, _film(one, point)
    energy = (point.energy.values - float(point.energy[0])) / float(one.values["tunnelling"])
    spins, frames = _spins(one, point), _between(time, film)
    off = (point.segment.values == "turn") & (one.values["links"] == "off")
    ring = LinkedDotsPanel(
        "currents and spins",
        _between(point.current.values, film),
        None if spins is None else _between(spins, film),
        1.0 - off[np.ceil(film).astype(int)],
    )
    traces = [
        moving.TracePanel("currents", time, _tracks(one, point), frames, (), "current (t/ħ)", clock.label),
        moving.TracePanel("energy since the start", time, {"": energy}, frames, (), "energy (t)", clock.label),
    ]
    traces[0].wide = False
    return {"panels": [ring, *traces], "frames": one.frames, "captions": _captions(one, point, film)}


def _film(one: TrapRingExperiment, point: xarray.Dataset) -> Any:
    """The moment, as a fraction between two, that every frame shows: a look at the start, the turn, the bath."""
    labels, count = point.segment.values, one.frames
    turned = np.flatnonzero(labels == "turn")
    relaxing = np.flatnonzero(labels == "relax")
    still, pause = max(1, count // 10), max(1, count // 12)
    turn = (count - still - pause) * 3 // 5
    bath = count - still - pause - turn
    return np.concatenate(
        [
            np.zeros(still),
            np.linspace(turned[0], turned[-1], turn),
            np.full(pause, relaxing[0] - 1),
            np.linspace(relaxing[0], relaxing[-1], bath),
        ]
    )


def _between(values: Any, film: Any) -> Any:
    """Values (moment, ...) at the frames."""
    low = np.minimum(film.astype(int), len(values) - 2)
    share = (film - low).reshape(-1, *[1] * (np.ndim(values) - 1))
    return values[low] * (1 - share) + values[low + 1] * share


def _captions(one: TrapRingExperiment, point: xarray.Dataset, film: Any) -> list[str]:
    """What is seen."""
    v, dot = one.values, one.values["dot"]
    labels = point.segment.values[np.ceil(film).astype(int)]
    start = f"{v['number']} particles on {v['traps']} traps; the flux Φ = {v['flux']:.3g} drives a current."
    off = " The links are off." if v["links"] == "off" else ""
    texts = {
        "start": start,
        "turn": f"The field of trap {dot} turns, and its spin follows.{off}",
        "connect": f"Links on: the two links of trap {dot} carry the other current. The ring's energies are as before.",
        "relax": "That was no ground state: heat flows to the bath, and the old current is back.",
    }
    if one.turn == "texture":
        texts["turn"] = f"All fields turn, each by its share, until they wind around the ring.{off}"
        texts["connect"] = "Links on: one link alone has another sign. That is a flux through the ring."
        texts["relax"] = "The ring relaxes to the ground state of this flux: another current stays."
    if one.spin == 0:
        texts["connect"], texts["relax"] = "Nothing has followed the turn: no spin, no sign.", "No heat is released."
    return [texts.get(str(label), texts["turn"]) for label in labels]
