"""Pictures of a rotor: the density that turns around the ring, its first Fourier component, the staircase."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.errors import InputError, UnfinishedError

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.irregular_rotor import Irregular
    from mesodyn.figures.style import Figure

STEPS = 2.6
"""How many steps of the staircase are drawn on either side."""


def figures(experiment: Irregular, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
    """The density around the ring in time, its Fourier component in three accounts, the staircase."""
    from mesodyn.figures import plots

    one, runs = _runs(experiment, record, at)
    point = runs[one.account]
    clock = one.scaled("time", "time", float(point.time.max()))
    time, even = point.time.values / clock.factor, _even(point)
    density = plots.image(
        time[even],
        point.angle.values,
        point.density.transpose("angle", "moment").values[:, even],
        clock.label,
        "angle α (rad)",
        r"$2\pi|\psi(\alpha)|^2$",
    )
    name = f"exp(-{one.system().fold}iα)" if one.system().fold > 1 else "exp(-iα)"
    first = {account: run.component.isel(harmonic=0) for account, run in runs.items()}
    panels = [
        plots.Panel(f"Re ⟨{name}⟩", {account: z.real.values[even] for account, z in first.items()}),
        plots.Panel(
            f"Re ⟨{name}⟩",
            {
                f"{one.account}, lab": first[one.account].real.values[even],
                "turning frame": point.component_rotating.isel(harmonic=0).real.values[even],
            },
        ),
    ]
    if "conserving" in runs:
        shared = runs["conserving"].correlation.real.values[even]
        panels.append(plots.Panel("correlation", {"with the outside": shared}))
    found = {
        "density": (density, _DENSITY[one.account]),
        "figure": (
            plots.along_protocol(time[even], panels, [], clock.label),
            "The first Fourier component of the density. Only a superposition has one. In the frame that turns at ω "
            "the rest ω_c - ω is left. With the total conserved (bottom) the angle to the body outside turns instead.",
        ),
    }
    with suppress(UnfinishedError):  # a body that gives way has no plateaus beyond its convex range
        found["staircase"] = _staircase(one)
    return found


_DENSITY = {
    "superposition": "The density around the ring against time: stripes of one slope are a figure that turns rigidly. "
    "Stripes that fade or bend (a wave packet) are a figure that changes its shape.",
    "conserving": "The density around the ring against time: flat. The angle of the rotor alone is unknown; only that "
    "to the body outside is known.",
    "mixture": "The density around the ring against time: flat. A mixture of angular momenta has no figure.",
}


def _staircase(one: Irregular) -> tuple[Figure, str]:
    """<M> of equilibrium against the angular velocity, with the step that the state stands on."""
    from mesodyn.figures import plots

    system, v = one.system(), one.values
    bare = replace(system, spread=None, levels=2, outside=False)
    critical, width = float(bare.critical_rate()), system.fold / float(v["moment_of_inertia"])
    rate = np.linspace(critical - STEPS * width, critical + STEPS * width, 521)
    stairs = replace(bare, frame_rate=axes.axis("frame_rate", rate)).equilibrium()
    scale = one.scaled("energy", "ħω", critical)
    mean = system.m_c + system.fold * float(v["weight"])
    drawing = plots.against(
        rate / scale.factor,
        {
            "equilibrium at ω": plots.Curve(stairs.momentum.values, style="line"),
            "this state": plots.Curve(np.full(rate.shape, mean), style="line"),
        },
        scale.label,
        "⟨M⟩ / ħ",
        marks={r"$\omega_c$": critical / scale.factor},
    )
    return drawing, (
        "Equilibrium of a body that is turned at ω: ⟨M⟩ climbs in steps, as the number of particles does with the "
        "chemical potential. A mean between two steps exists at ω_c only: that is where the state is at rest in the "
        "turning frame, and how fast its figure turns in the laboratory."
    )


def animation(experiment: Irregular, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """The density on its ring beside that of a mixture, the phasor, and the trace of the Fourier component."""
    from mesodyn.figures import animation as moving
    from mesodyn.figures.ring import RingPanel

    one, runs = _runs(experiment, record, at)
    point, null = runs[one.account], "mixture" if one.account != "mixture" else "superposition"
    clock = one.scaled("time", "time", float(point.time.max()))
    even = _even(point)
    time = point.time.values[even] / clock.factor
    frames = np.linspace(time[0], time[-1], one.frames)

    def film(variable: Any) -> Any:
        """Values at the frames, by linear interpolation between the (denser) moments."""
        values = variable.transpose("moment", ...).values[even]
        k = np.clip(np.searchsorted(time, frames, side="right") - 1, 0, len(time) - 2)
        share = ((frames - time[k]) / (time[k + 1] - time[k])).reshape(-1, *[1] * (values.ndim - 1))
        return values[k] * (1 - share) + values[k + 1] * share

    fold = one.system().fold
    name = f"exp(-{fold}iα)" if fold > 1 else "exp(-iα)"
    first = {account: run.component.isel(harmonic=0) for account, run in runs.items()}
    paths = {"laboratory": first[one.account], "turning frame": point.component_rotating.isel(harmonic=0)}
    other, beside = null, runs[null].density
    if one.account == "conserving" and one.values["spread"] is None:
        other, beside = "angle to the outside", one.density(point.correlation.expand_dims(harmonic=[fold]))
    if one.account == "conserving":
        paths = {"rotor alone": first[one.account], "with the outside": point.correlation}
        first["with the outside"] = point.correlation
    hand = film(first[one.account]).conj() * 2 if fold == 1 else None
    panels: list[Any] = [
        RingPanel(f"density: {one.account}", film(point.density), hand),
        RingPanel(f"density: {other}", film(beside)),
        moving.PhasorPanel(
            "phasors" if one.account == "conserving" else f"⟨{name}⟩",
            {label: film(z) for label, z in paths.items()},
            0.5,
        ),
        moving.TracePanel(
            "as time goes on",
            time,
            {account: z.real.values[even] for account, z in first.items()},
            frames,
            (),
            f"Re ⟨{name}⟩",
            clock.label,
        ),
    ]
    return {"panels": panels, "frames": one.frames, "captions": _captions(one, point)}


def _captions(one: Irregular, point: xarray.Dataset) -> list[str]:
    """What is seen, in four steps."""
    mean = float(point.momentum[0])
    texts = {
        "superposition": [
            f"A body in two angular momenta at once: ⟨M⟩ = {mean:.3g} ħ is no multiple of ħ.",
            "Its density stands off the ring unevenly: a figure. The figure turns.",
            "It turns at the critical angular velocity ω_c, whatever the mean.",
            "In the frame that turns at ω_c it stands still. A mixture with the same ⟨M⟩ has no figure.",
        ],
        "conserving": [
            f"⟨M⟩ = {mean:.3g} ħ, and what the rotor lacks is in a body outside: the total is fixed.",
            "The rotor's own density is flat: its angle alone means nothing.",
            "It can't be told from a mixture by looking at the rotor.",
            "Only the angle between the two bodies is known, and only that turns.",
        ],
        "mixture": [
            f"⟨M⟩ = {mean:.3g} ħ: one angular momentum or the other, at random.",
            "The density is flat around the ring.",
            "Nothing is seen to turn, though the body has an angular momentum.",
            "A superposition with the same ⟨M⟩ has a figure that turns.",
        ],
    }[one.account]
    if one.system().spread is not None and one.account == "superposition":
        texts = [
            f"A packet of many angular momenta about ⟨M⟩ = {mean:.3g} ħ: the body points somewhere.",
            "It turns at dE/dM, as a body in mechanics does.",
            "It is not rigid: each pair of neighbours turns at a rate of its own, and the packet spreads.",
            "Two angular momenta alone would keep their shape for ever.",
        ]
    return [texts[min(len(texts) * k // one.frames, len(texts) - 1)] for k in range(one.frames)]


def _runs(
    experiment: Irregular, record: xarray.Dataset, at: Mapping[str, float]
) -> tuple[Irregular, dict[str, xarray.Dataset]]:
    """One point in every account, with the density of each."""
    one, place = experiment.at(at)
    assert isinstance(one, type(experiment))
    runs = {}
    for account in one.accounts:
        own = account == one.account and not place
        with suppress(InputError):  # a packet too wide to be shared with a body outside
            runs[account] = record if own else one.changed(account=account).record()
    return one, runs


def _even(point: xarray.Dataset) -> Any:
    """Which moments are evenly spaced over the whole, the first included."""
    time = point.time.values
    step = np.diff(time)[-1]
    return np.flatnonzero(np.abs(time / step - np.round(time / step)) < 1e-6)
