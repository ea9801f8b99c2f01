"""How the interferometer's counts are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.axes import axis
from mesodyn.experiments import two_pi_drawing as common
from mesodyn.figures import plots

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

DUMMY: Mapping[str, Mapping[str, Any]] = {
    "dummy, there and back": {"control": "dummy"},
    "turned at once": {"control": "none"},
}
"""Each beside the other; the run's own is not drawn twice."""
FRINGE: Mapping[float, str] = {k * np.pi / 2: text for k, text in enumerate(("0", "π/2", "π", "3π/2", "2π"))}
"""Ticks of the bias phase."""
FAINT = 0.02
"""Below this share of its largest modulus the phase of the coherence is not drawn."""


def figures(one: Any, point: xarray.Dataset, here: str) -> dict[str, tuple[Figure, str]]:
    """All that belongs to the counts."""
    late = point.isel(moment=np.isin(point.segment.values, ("bias", "pulse", "count")))
    return {
        "protocol": (_protocol(one, point), f"What is applied along the protocol, and what follows from it{here}."),
        "pulses": (
            _protocol(one, late),
            f"The read-out alone{here}. The bias pulse turns the phase by a quarter; in the tunnelling quarter-pulse "
            "what was bonding goes to one side and what was antibonding to the other.",
        ),
        "left_against_angle": (
            common.against_angle(one, "left_probability", 1.0, "left probability", _nulls(one)),
            f"Probability of counting left, among the runs with exactly one shared step, against the angle{here}, "
            "evolved for each angle: this run's traps, and what should show no sign. A fermion is found right after "
            "one turn and left after two. A mixture always gives one half. At angles that are no whole turns the "
            "field of B stays turned, so that any spin shows something.",
        ),
        "fringe": (
            _fringe(one),
            f"Probability of counting left against the phase of the bias pulse{here}. The contrast is that of the "
            "traps' coherence, the shift between the fringes of the rotation and of its dummy is the Berry phase, "
            "and what the dummy has itself is the dynamic phase and the drift. The mixture has no fringe.",
        ),
    }


def _nulls(one: Any) -> dict[str, Mapping[str, Any]]:
    """The nulls, and the dummy where there is one (or, beside a dummy, the rotation)."""
    return {**common.NULLS, **(DUMMY if one.values["ramp"] == "smooth" else {})}


def _protocol(one: Any, point: xarray.Dataset) -> Figure:
    """What is applied, where the particle is, and the phase."""
    v, labels = one.values, point.segment.values
    energy, clock = common.energy_scale(one), one.scaled("time", "time", float(point.time.max()))
    pulsed = labels == "pulse"
    pulsed &= np.cumsum(pulsed) > 1  # at its first moment only the parameters jump
    link = np.where(np.isin(labels, ("start", "prepare")), v["tunnelling"], np.where(pulsed, v["pulse_tunnelling"], 0))
    raised = np.where(labels == "bias", -v["bias_phase"] / v["bias_time"], 0.0)
    strong = np.abs(point.coherence) > FAINT * max(float(np.abs(point.coherence).max()), 1e-6)
    phase = np.where(strong, np.angle(point.coherence) / np.pi, np.nan)
    panels = [
        plots.Panel(energy.label, {"link": link / energy.factor, "B raised by": raised / energy.factor}),
        plots.Panel("probability", {"left (A)": point.left.values, "right (B)": point.right.values}),
        plots.Panel(r"phase $\chi/\pi$", {"of A relative to B": -common.unwrapped(phase)}),
    ]
    return plots.along_protocol(
        point.time.values / clock.factor, panels, common.spans(point, clock.factor), clock.label
    )


def _fringe(one: Any) -> Figure:
    """Left counts against the phase of the bias pulse: this run, no rotation, the dummy, a mixture."""
    phases = axis("bias_phase", 0, 2 * np.pi, 17 if one.quick else 65)
    here = one.changed(bias_phase=phases)
    curves = {_turned(one): common.curve(here, "left_probability")}
    others: dict[str, Mapping[str, Any]] = {"not turned": {"turns": 0.0}}
    nulls = _nulls(one)
    others |= {name: nulls[name] for name in (*DUMMY, "mixture") if name in nulls}
    for name, changes in others.items():
        if any(one.values[key] != value for key, value in changes.items()):
            curves[name] = common.curve(here.changed(**changes), "left_probability", expected=False)
    return plots.against(phases.values, curves, "phase of the bias pulse", "left probability", xticks=FRINGE)


def _turned(one: Any) -> str:
    """How far it was turned, in words."""
    turns = float(one.values["turns"])
    way = ", there and back" if one.values["control"] == "dummy" else ""
    return f"{turns:g} turn{'s' * (turns != 1)}{way}"
