"""Scattered light as a measurement: two lines or one. It tells no account from another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import doublet_fit, light_measured
from mesodyn.experiments.light_scattering import LightScattering
from mesodyn.planning.deciding import Rival
from mesodyn.planning.signals.base import Array, Case, Knob, Seen, Signal, Step
from mesodyn.systems.light_scatterer import LightScatterer

if TYPE_CHECKING:
    from mesodyn.planning.plan import Plan

CASES = (
    Case("superposition", "the trap by itself in a superposition of N and N + k", {"account": "superposition"}),
    Case("conserving", "the trap entangled with particles outside", {"account": "conserving"}),
    Case("mixture", "one number or the other, at random", {"account": "mixture"}),
    Case("N for certain", "an isolated number: one line", {"weight": 0.0}, null=True),
    Case("N + k for certain", "an isolated number: the other line", {"weight": 1.0}, null=True),
)
KNOBS = (
    Knob("excitation_high", "energy", "distance of the lines: that of N is where it is", "excite", None),
    Knob("resolution", "rate", "the detector's own line", "detect"),
    Knob("background", "number", "background counts for each photon", "detect"),
    Knob("temperature", "temperature", "of the light around", "excite"),
)


class LightSignal(Signal):
    """The doublet, against one line; the settings are the trap in question, and two of a known number beside it."""

    experiment = "light-scattering"
    settings = ("the trap", "N prepared", "N + k prepared")
    truth = "superposition"
    observable = "probability that the photon counted in a run lies above the middle of the two lines"
    apparatus = ("cycle_time",)
    cases = CASES
    knobs = KNOBS
    statement = (
        "Light from one trap separates nothing: it conserves the number, so the trap in a superposition, the one that "
        "is entangled with the outside and the one that holds either number at random give the same light. No number "
        "of shots tells any two accounts apart.",
        "What it does show is a doublet: either number is there. The shots below resolve it.",
        "All photons of a run fall on one line unless particles are exchanged, so a run counts as one shot, however "
        "many photons it has.",
    )

    def see(self, case: Case, changes: Mapping[str, Any]) -> Seen:
        """See `Signal.see`: the spectrum of the experiment, in the account's own state, on both sides of the middle."""
        values = {name: np.atleast_1d(value) for name, value in (self.base | dict(changes)).items()}
        columns = dict(zip(values, np.broadcast_arrays(*values.values()), strict=True))
        rows, place = np.unique(np.stack(list(columns.values()), axis=1), axis=0, return_inverse=True)
        fixed = dict(case.changes)
        weight, account = fixed.pop("weight", None), fixed.pop("account", self.truth)
        found = []
        for known in (weight, 0.0, 1.0):
            given: dict[str, Any] = dict(zip(columns, rows.T, strict=True))
            given |= {"runs": 2, "events": 1} | ({} if known is None else {"weight": known})
            made = self.build(given)
            assert isinstance(made, LightScattering)
            found.append([_above(point, account) for point in light_measured.values(made)])
        value = np.array(found)[:, place.ravel()]
        return Seen(value, np.ones_like(value))

    def rivals(self, seen: Seen, known: Mapping[str, Seen]) -> list[Rival]:
        """One line or the other."""
        return [
            Rival("one line, of N", 0, seen.value[1], above=True),
            Rival("one line, of N + k", 0, seen.value[2], above=False),
        ]

    def worst(self, knob: Knob) -> float:
        """See `Signal.worst`: lines that fall together, a detector or a background that hides them."""
        v = self.made.values
        low, apart = float(v["excitation_low"]), abs(float(v["excitation_high"]) - float(v["excitation_low"]))
        near = low + 1e-4 * (float(v["excitation_high"]) - low)
        return {"excitation_high": near, "resolution": 100 * apart, "background": 1000.0, "temperature": low}[knob.name]

    def contrast(self, seen: Seen) -> Array:
        """How well a known number is read: the difference of the two prepared ones."""
        return np.abs(seen.value[2] - seen.value[1])

    def apart(self, one: Case, other: Case) -> str:
        """See `Signal.apart`."""
        if not (one.null or other.null):
            return (
                "light conserves the number: no light from the trap alone differs; it would take an observable that "
                "changes the number, and so a second system"
            )
        return ""

    def steps(self) -> list[Step]:
        """See `Signal.steps`."""
        v = self.made.values
        watched = float(v["duration"]) * int(v["events"])
        return [
            Step("excite and count, event by event", watched, "both lines, with traps of a known number"),
            Step("count the particles", 0.0, "the number has not changed during the run"),
        ]

    def summary(self, plan: Plan) -> str:
        """See `Signal.summary`."""
        begin = "Light from one trap tells no account from another, however many shots are taken"
        if plan.shots is None or plan.time is None:
            return f"{begin}; here it does not resolve the doublet either."
        long = f"{plan.shots} runs of the trap, and as many with each known number, {plan.duration(plan.time)} in all"
        word = "" if plan.feasible else f", more than the {plan.duration(plan.demand.time)} of the plan"
        return f"{begin}; to tell its doublet from one line at {plan.demand.sigma:g}σ takes {long}{word}."


def _above(v: Mapping[str, Any], account: str) -> float:
    """The share of the counts above the middle of the lines, background included."""
    own = (*LightScatterer.broadcasting, "step", "kind")
    system = LightScatterer(n_c=v["n_c"], **{name: v[name] for name in own})
    centres = np.array([v["excitation_low"], v["excitation_high"]])
    middle, wide = doublet_fit.bins(centres, light_measured.line_widths(dict(v)))
    weights = light_measured.Matter(system, account).spectrum(middle, v["resolution"], "modes") * wide
    upper = middle > centres.mean()
    signal, flat = weights[upper].sum() / weights.sum(), wide[upper].sum() / wide.sum()
    return float((signal + v["background"] * flat) / (1 + v["background"]))
