"""The charge step of a dot as a measurement: a sensor reads the number, shot by shot, at a few gate voltages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.errors import InputError
from mesodyn.planning.deciding import Rival
from mesodyn.planning.lab import Lab
from mesodyn.planning.signals.base import POINT, SETTING, Array, Case, Knob, Seen, Signal, Step

if TYPE_CHECKING:
    from mesodyn.planning.plan import Plan

GATES = (0.25, 0.6, 0.95, 1.4)
"""Gate voltages at which the number is read: ξ in units of the stiffness, from the middle of the step outwards."""
NOISE = "plan_noise"
NODES, FAR = 61, 5.0
"""Evenly spaced values of the gate noise, and how many rms away the last are: a step with kinks needs many."""
FINE, LOUD = 2.0, 50.0
"""Noise of so many stiffnesses needs more values in proportion, and of so many leaves nothing of the step."""
BARE = 1e-9
"""A lead that answers by so little of its stiffness leaves the dot incoherent."""
CASES = (
    Case("mean field", "the paper: the dot in a superposition, a straight step between two kinks"),
    Case("lead that keeps the count", "ordinary quantum mechanics: no kinks", {"model": "conserving"}),
    Case("incoherent dot", "no coherence: a step as wide as the temperature", {"stiffness": BARE}),
)
KNOBS = (
    Knob("temperature", "temperature", "rounds the step", "set the gate"),
    Knob("detuning_noise", "energy", "rms of the gate from shot to shot", "set the gate", own=True),
    Knob("preparation_error", "number", "a shot starts wrongly, and is then read at random", "set the gate", own=True),
    Knob("readout_error", "number", "the sensor reads the other number", "read the number", own=True),
)


class GateSignal(Signal):
    """How the dot fills: in a straight line with kinks, along an arctangent, or by heat alone."""

    experiment = "gate-sweep"
    settings = tuple(f"ξ = {gate:g} ξ0" for gate in GATES)
    truth = "mean field"
    observable = "probability that the sensor reads the larger number"
    apparatus = ("cycle_time", "preparation_error", "readout_error", "detuning_noise")
    cases = CASES
    knobs = KNOBS
    statement = (
        "The three are models with different Hamiltonians, not accounts of one: they differ in the shape of the step.",
        "A straight step with kinks would be new physics; an arctangent is what a level on an ordinary lead does. The "
        "width of the level is chosen here so that both have the same slope in the middle: it has to be known, or "
        "fitted, before a shape decides.",
        "No shape shows a superposition directly: it tests the mean-field model of the lead.",
    )

    def __init__(self, given: Mapping[str, Any], own: Mapping[str, float], lab: Lab) -> None:
        super().__init__(given, own, lab)
        for name in ("model", "detuning", "lead"):
            if self.given.get(name) is not None:
                raise InputError(name, "left out of a plan", self.given[name], "a plan compares models along the gate")
        if str(self.made.values["step"]) != "1":
            why = "for pairs the lead that keeps the count is bosonic and has no arctangent"
            raise InputError("step", "1 in a plan of gate-sweep", self.made.values["step"], why)

    def see(self, case: Case, changes: Mapping[str, Any]) -> Seen:
        """See `Signal.see`: the experiment's equilibrium at each gate voltage and each value of the gate noise."""
        values = {name: np.atleast_1d(np.asarray(v, float)) for name, v in (self.base | dict(changes)).items()}
        columns = dict(zip(values, np.broadcast_arrays(*values.values()), strict=True))
        value = self._read(case, columns)
        others = {c.name: self._read(c, columns) for c in self.cases if c.name != case.name}
        return Seen(value, np.ones_like(value), others=others if case.name == self.truth else {})

    def _read(self, case: Case, columns: Mapping[str, Array]) -> Array:
        """Probability of reading the larger number (settings, points)."""
        import xarray

        stiffness = float(self.made.values["stiffness"])
        noise, loud = columns["detuning_noise"], columns["detuning_noise"] > LOUD * stiffness
        noise = np.where(loud, 0.0, noise)
        count = NODES * max(1, int(np.ceil(noise.max() / (FINE * stiffness)))) if np.any(noise > 0) else 1
        place = np.linspace(-FAR, FAR, count) if count > 1 else np.zeros(1)
        weight = np.exp(-(place**2) / 2)
        gates = xarray.DataArray(stiffness * np.array(GATES), dims=SETTING)
        spread = xarray.DataArray(noise, dims=POINT)
        detuning = gates + spread * xarray.DataArray(place, dims=NOISE)
        fixed = dict(case.changes)
        if "stiffness" in fixed:
            fixed["stiffness"] = fixed["stiffness"] * stiffness
        made = self.build({"temperature": columns["temperature"], "detuning": detuning} | fixed)
        number = made.equilibrium().n_mean - float(made.values["n_c"])  # type: ignore[attr-defined]
        mean = number.transpose(SETTING, POINT, NOISE).values @ (weight / weight.sum())
        mean = np.where(loud, 0.5, mean)
        wrong, error = columns["preparation_error"], columns["readout_error"]
        value = mean * (1 - wrong) + wrong / 2
        return np.asarray(value * (1 - error) + (1 - value) * error)

    def rivals(self, seen: Seen, known: Mapping[str, Seen]) -> list[Rival]:
        """The other models, each at the gate voltage that tells most."""
        found = []
        for name, other in seen.others.items():
            k = int(np.argmax(np.abs(seen.value - other).mean(axis=1)))
            base = known[self.truth].value[k, 0] - known[name].value[k, 0]
            found.append(Rival(name, k, other[k], bool(base > 0)))
        return found

    def worst(self, knob: Knob) -> float:
        """See `Signal.worst`: a step that is all temperature or all noise."""
        scale = float(self.made.values["stiffness"])
        ends = {"readout_error": 0.5, "preparation_error": 1 - 1e-3, "detuning_noise": 2 * scale}
        return max(ends.get(knob.name, 10 * scale), 2 * self.base[knob.name] if knob.name == "detuning_noise" else 0.0)

    def contrast(self, seen: Seen) -> Array:
        """The largest difference from the lead that keeps the count."""
        other = seen.others["lead that keeps the count"]
        found: Array = np.abs(seen.value - other).max(axis=0)
        return found

    def apart(self, one: Case, other: Case) -> str:
        """See `Signal.apart`: models that predict something else can be told apart."""
        return ""

    def steps(self) -> list[Step]:
        """See `Signal.steps`."""
        check = "the lever arm of the gate; the sensor at both ends of the step"
        return [Step("set the gate and read the number", 0.0, check)]

    def summary(self, plan: Plan) -> str:
        """See `Signal.summary`."""
        if plan.shots is None or plan.time is None:
            same = " and the ".join(str(row["against"]) for row in plan.needs if row["shots"] is None)
            return f"No number of shots tells the mean field's straight step from the {same} in this lab."
        word = "" if plan.feasible else f", more than the {plan.duration(plan.demand.time)} of the plan"
        return (
            f"The straight step of the mean field is told from an arctangent of known width and an incoherent dot at "
            f"{plan.demand.sigma:g}σ with {plan.shots} readings at each of {len(GATES)} gate voltages, "
            f"{plan.duration(plan.time)} in all{word}; the shape tests the model of the lead, not a superposition."
        )
