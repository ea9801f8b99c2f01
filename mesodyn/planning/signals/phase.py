"""Equal phases as a measurement: one particle counted left or right, before and after two linked traps are cooled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Connect, Disconnect, Hold, Protocol, Ramp, Segment
from mesodyn.errors import InputError
from mesodyn.experiments.parameters import Values
from mesodyn.experiments.phase_equalization import PhaseEqualization
from mesodyn.planning.deciding import Rival
from mesodyn.planning.lab import Lab
from mesodyn.planning.power import fisher_information, quantum_limit
from mesodyn.planning.signals.base import POINT, SETTING, Array, Case, Knob, Later, Seen, Signal, Step
from mesodyn.planning.slider import slider
from mesodyn.report import Table

if TYPE_CHECKING:
    from mesodyn.planning.plan import Plan

PHASES = (0.0, np.pi)
"""The phase differences that are set."""
EQUAL, OPPOSITE, RELAXED = range(3)
NODES = (11, 7)
"""Values of the detuning noise (Gauss-Hermite): in tables, and in maps and searches."""
GONE = 3.2
"""At so many radians 0.6 per cent of the phase are left; nothing is taken to be left by a stronger noise."""
NOISE = "plan_noise"
LONG = 5.0
"""The plan waits for so many times 1/rate: less than a per cent is left of what there was."""
WIDE = 20.0
"""How far from 1/rate a better time is looked for."""
BIAS = 0.5
"""Length of the bias pulse, times the link."""
HASTE = 10.0
"""A bath faster by this factor stands for one that leaves nothing."""
LOUD = 40.0
"""Noise so many times as fast as the wait, or as the bath, leaves nothing of the phases."""
STOPS = 21
"""Of the slider."""
SHADES = ("#1845fb", "#ff5e02", "#515151")

CASES = (
    Case("conserving", "total number fixed: ordinary quantum mechanics", {"account": "conserving"}),
    Case("superposition", "each trap in a superposition of N and N + 1", {"account": "superposition"}),
    Case("mixture", "no coherence between the traps when the link is made", {"account": "mixture"}),
    Case("no bath", "linked, but nothing takes the energy: opposite phases stay", {"wait": "no bath"}, null=True),
    Case("isolated traps", "not linked while waiting: each keeps its phase", {"wait": "isolated"}, null=True),
    Case("noise alone", "linked, but noise wipes out the phases and nothing cools", {"wait": "noise"}, null=True),
)
KNOBS = (
    Knob("imprint_error", "angle", "rms of the phase difference that is set, shot to shot", "set the phases", own=True),
    Knob(
        *("preparation_error", "number", "a shot starts wrongly, unnoticed: then left or right at random"),
        *("set the phases", 0.0, True),
    ),
    Knob("rate", "rate", "of the bath: a slow one has not finished", "relax", None),
    Knob("temperature", "temperature", "of the bath", "relax"),
    Knob("detuning", "energy", "a constant difference of the traps", "relax"),
    Knob("detuning_noise", "energy", "rms of that difference, shot to shot", "relax", own=True),
    Knob("dephasing", "rate", "fast noise of that difference", "relax"),
    Knob("readout_error", "number", "a particle is counted on the wrong side", "count", own=True),
)
ABOVE = ("imprint_error", "preparation_error", "readout_error")
"""What acts on the counts alone: nothing has to be evolved anew."""


class PhaseSignal(Signal):
    """Opposite phases are set, and read at once or after the linked traps have relaxed."""

    experiment = "phase-equalization"
    settings = ("equal phases, at once", "opposite phases, at once", "opposite phases, relaxed")
    truth = "conserving"
    observable = "probability of counting left, among the shots with exactly one extra particle"
    apparatus = ("cycle_time", "preparation_error", "readout_error", "detuning_noise", "imprint_error")
    cases = CASES
    knobs = KNOBS
    difference = (RELAXED, OPPOSITE)
    edges = (
        "Too short a time leaves the phases as they were; too weak a link loses to the temperature and to the noise "
        "of the detuning."
    )
    statement = (
        "Opposite phases that become equal show that one particle, linked and cooled, ends in the lower level: "
        "ordinary quantum mechanics at a fixed total number.",
        "The accounts superposition and conserving differ only in the distribution of the total number. Ordinary "
        "atom-number noise imitates that difference, and post-selection on one extra particle removes it: no number "
        "of shots tells them apart.",
        "The mixture is excluded by equal and opposite phases, both read at once. Read after the relaxing it shows "
        "the same as the others: cooling the linked traps makes a phase where there was none.",
        "In the mean field opposite phases of equal traps are a fixed point, which only noise leaves: its counts "
        "would stay where those without a bath are. It is a model of two classical phases and no account.",
        "One particle is shared: the many of a condensate are another experiment (bose-junction).",
    )

    def __init__(self, given: Mapping[str, Any], own: Mapping[str, float], lab: Lab) -> None:
        if given.get("model", "quantum") != "quantum":
            why = "two classical phases give no single counts; run the experiment for the mean field"
            raise InputError("model", "quantum in a plan of phase-equalization", given["model"], why)
        super().__init__(given, own, lab)
        if given.get("duration") is None:
            waiting = self._written(self.kinds["duration"], LONG / float(self.made.values["rate"]))
            super().__init__({**given, "duration": waiting}, own, lab)
            self.chosen = {"duration": f"{LONG:g} / rate"}
        weight = float(self.made.values["weight"])
        if not 0 < weight < 1:
            why = "a trap of a certain number has no phase, and no shot with one extra particle is kept"
            raise InputError("weight", "between 0 and 1 in a plan of phase-equalization", weight, why)

    @classmethod
    def asked(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """See `Signal.asked`: the phases are those of the settings."""
        if given.get("phase_difference") is not None:
            why = "it compares equal phases with opposite ones"
            raise InputError("phase_difference", "left out of a plan", given["phase_difference"], why)
        return {}

    def reach(self) -> dict[str, tuple[float, float]]:
        """See `Signal.reach`: how long the traps relax, within half the cycle time, and the link."""
        rate, cycle = float(self.made.values["rate"]), self.lab.value("cycle_time", np.inf, self.experiment)
        planned = self.free("duration")
        found = {"duration": (min(planned, 1 / (WIDE * rate)), max(planned, min(WIDE / rate, cycle / 2)))}
        limit = self.lab.limits.get("tunnelling")
        if limit is not None and limit.range[0] and limit.range[1]:
            found["tunnelling"] = (limit.range[0], limit.range[1])
        return found

    def mapped(self) -> tuple[str, str]:
        """See `Signal.mapped`."""
        return "duration", "tunnelling"

    # -- what is simulated ------------------------------------------------------------------------------------------

    def see(self, case: Case, changes: Mapping[str, Any]) -> Seen:
        """See `Signal.see`: the traps evolved from both phases, with pulses and counts at the end."""
        columns = self._columns(changes)
        fixed = dict(case.changes)
        wait, account = fixed.pop("wait", "bath"), fixed.pop("account", self.truth)
        value, kept, now = self._seen(account, wait, columns)
        if case.name != self.truth:
            return Seen(value, kept)
        others = Later(lambda: {"no bath": self._seen(account, "no bath", columns, now)[0]})
        return Seen(value, kept, others=others)

    def _columns(self, changes: Mapping[str, Any]) -> dict[str, Array]:
        """All knobs, the phase of the bias pulse, and changes, as arrays (points,)."""
        given = {"bias": -np.pi / 2} | self.base | dict(changes)
        values = {name: np.atleast_1d(np.asarray(v, float)) for name, v in given.items()}
        return dict(zip(values, np.broadcast_arrays(*values.values()), strict=True))

    def _seen(self, account: str, wait: str, columns: Mapping[str, Array], now: Any = None) -> Any:
        """Probabilities of left and kept shares (settings, points), with all errors; and what is read at once."""
        evolved = {name: column for name, column in columns.items() if name not in ABOVE}
        rows, place = np.unique(np.stack(list(evolved.values()), axis=1), axis=0, return_inverse=True)
        different = dict(zip(evolved, rows.T, strict=True))
        now = self._left(account, "", different) if now is None else now
        first, share = (array[:, place.ravel()] for array in now)
        later = self._left(account, wait, different)[0][:, place.ravel()]
        # The counts depend on the phase as cos and sin: noise of the imprint mixes a phase with the opposite one.
        order = np.exp(-(columns["imprint_error"] ** 2) / 2)
        first, later = ((1 + order) / 2 * x + (1 - order) / 2 * x[::-1] for x in (first, later))
        value = np.stack([first[0], first[1], later[1]])
        wrong, error = columns["preparation_error"], columns["readout_error"]
        value = np.clip(value, 0, 1) * (1 - wrong) + wrong / 2
        kept = np.clip(np.stack([share[0], share[1], share[1]]), 0, 1)
        return value * (1 - error) + (1 - value) * error, kept, now

    def _left(self, account: str, wait: str, columns: Mapping[str, Array]) -> tuple[Array, Array]:
        """Left among the kept shots, and the kept share, (phases, points), averaged over the detuning noise."""
        import xarray

        link = np.abs(columns.get("tunnelling", np.array(float(self.made.values["tunnelling"]))))
        gone = columns["detuning_noise"] > GONE * link / (BIAS + np.pi / 4) * (1 + 1e-9)
        columns = {**columns, "detuning_noise": np.where(gone, 0.0, columns["detuning_noise"])}
        points = {n: _along(c) if np.ptp(c) else float(c[0]) for n, c in columns.items()}
        noise, bias = points.pop("detuning_noise"), points.pop("bias")
        if wait == "noise":
            points["dephasing"] = LOUD / points.get("duration", float(self.made.values["duration"]))
        if wait != "noise" and np.any(columns["detuning_noise"] > 0):
            x, weights = np.polynomial.hermite_e.hermegauss(NODES[self.coarse])
            if wait == "isolated":
                time = points.get("duration", float(self.made.values["duration"]))
                noise = np.minimum(noise, GONE / time)
            points["detuning"] = points["detuning"] + noise * xarray.DataArray(x, dims=NOISE)
        else:
            weights = np.ones(1)
        phases = xarray.DataArray(np.array(PHASES), dims=SETTING)
        record = self._evolved(points | {"account": account, "phase_difference": phases}, wait, bias)
        count = len(columns["detuning"])
        sizes = {SETTING: len(PHASES), POINT: count, NOISE: len(weights)}
        full = xarray.DataArray(np.zeros(tuple(sizes.values())), dims=tuple(sizes))
        hit, kept = ((part + full).transpose(*sizes).values for part in record)
        shares = kept @ weights / weights.sum()
        return np.where(gone, 0.5, (hit @ weights / weights.sum()) / shares), shares

    def _evolved(self, changes: Mapping[str, Any], wait: str, bias: Any) -> tuple[Any, Any]:
        """Left and kept at the end: the experiment's traps, what they wait for, and the pulses that read them."""
        made = self.build(changes)
        assert isinstance(made, PhaseEqualization)
        asked = made.evolution()
        assert asked is not None
        pair, relaxing, options = asked
        v = made.values
        pair = replace(pair, detuning=v["detuning"])
        waits: dict[str, list[Segment]] = {
            "": [],
            "bath": list(relaxing),
            "no bath": [Hold(duration=v["duration"])],
            "noise": [Hold(duration=v["duration"])],
            "isolated": [Disconnect(), Hold(duration=v["duration"])],
        }
        end = {**options, "moments": [1.0]}
        record = evolve(pair, Protocol(*waits[wait], *self._pulses(v, bias)), **end).isel(moment=-1)
        return 0.5 * (record.shared + record.imbalance / pair.step), record.shared

    @staticmethod
    def _pulses(v: Values, bias: Any) -> list[Segment]:
        """B is raised for a while, the link is on for a quarter of its period, and left and right are counted."""
        raised = BIAS / v["tunnelling"]
        return [
            Disconnect(),
            Ramp(duration=0, detuning=v["detuning"] + bias / raised, name="bias"),
            Hold(duration=raised, name="bias"),
            Ramp(duration=0, detuning=v["detuning"], name="pulse"),
            Connect(name="pulse"),
            Hold(duration=np.pi / 4 / v["tunnelling"], name="pulse"),
            Disconnect(name="count"),
        ]

    # -- what follows from it ---------------------------------------------------------------------------------------

    def rivals(self, seen: Seen, known: Mapping[str, Seen]) -> list[Rival]:
        """Phases that stay as they are, phases that are lost, and the mixture at both phases."""
        mixed, lost = known["mixture"].value, known["noise alone"].value  # one half, whatever else is wrong
        return [
            Rival("no bath", RELAXED, seen.others["no bath"][RELAXED], above=True),
            Rival("noise alone", RELAXED, lost[RELAXED], above=True),
            Rival("mixture", EQUAL, mixed[EQUAL], above=True, excluded=True),
            Rival("mixture", OPPOSITE, mixed[OPPOSITE], above=False, excluded=True),
        ]

    def worst(self, knob: Knob) -> float:
        """See `Signal.worst`: where noise or heat leaves nothing of the phase, or the bath has hardly begun."""
        v = self.made.values
        link, time = float(v["tunnelling"]), float(v["duration"])
        ends = {"imprint_error": GONE, "preparation_error": 1 - 1e-3, "readout_error": 0.5, "rate": 1e-3 / time}
        ends |= {"temperature": 100 * link, "detuning": 2 * link, "dephasing": LOUD * float(v["rate"])}
        ends |= {"detuning_noise": GONE * link / (BIAS + np.pi / 4)}
        growing = ("temperature", "detuning_noise", "dephasing", "imprint_error")
        return float(max(ends[knob.name], 2 * self.base[knob.name]) if knob.name in growing else ends[knob.name])

    def ideal(self, knob: Knob) -> float:
        """See `Signal.ideal`."""
        return HASTE * self.base["rate"] if knob.ideal is None else knob.ideal

    def contrast(self, seen: Seen) -> Array:
        """By how much the counts of opposite phases move while the traps relax."""
        return np.asarray(seen.value[RELAXED] - seen.value[OPPOSITE])

    def apart(self, one: Case, other: Case) -> str:
        """See `Signal.apart`."""
        if {one.name, other.name} == {"superposition", "conserving"}:
            return (
                "they differ only in the distribution of the total number, which ordinary atom-number noise imitates; "
                "it would take an observable that is not phase-covariant"
            )
        return ""

    def information(self) -> dict[str, float]:
        """Fisher information of one kept shot about the phase that was set, at the best bias, and its limit."""
        biases, step = np.linspace(-np.pi / 2, np.pi / 2, 13), 1e-4
        both = self._columns({"bias": np.concatenate([biases - step, biases + step])})
        ends = self._seen(self.truth, "", both)[0][EQUAL].reshape(2, -1)
        middle, slope = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / (2 * step)
        found = fisher_information(np.stack([middle, 1 - middle], -1), np.stack([slope, -slope], -1))
        best = int(np.argmax(found))
        order = float(np.exp(-(self.base["imprint_error"] ** 2) / 2))
        limit = quantum_limit(np.array([[1, order], [order, 1]]) / 2, np.diag([0.5, -0.5]))
        return {"fisher": float(found[best]), "bias_phase": float(biases[best]), "quantum_limit": float(limit)}

    def informed(self, found: Mapping[str, float]) -> str:
        """See `Signal.informed`."""
        return (
            f"Fisher information of one kept shot about the phase that was set, read at once: {found['fisher']:.4g} at "
            f"the best bias phase ({found['bias_phase']:.3g} rad); no measurement of the state that is set has more "
            f"than {found['quantum_limit']:.4g}."
        )

    def widget(self) -> Table:
        """Opposite phases over the time of relaxing, under the three accounts."""
        rate = float(self.made.values["rate"])
        times = np.linspace(0, LONG, STOPS)
        curves = {}
        with self.coarsely():
            for case in self.cases[:3]:
                account = str(case.changes["account"])
                later = self._seen(account, "bath", self._columns({"duration": times[1:] / rate}))[0][RELAXED]
                now = self._seen(account, "", self._columns({}))[0][OPPOSITE]  # no wait at all
                curves[case.name] = [float(v) for v in (*now, *later)]
        shown = slider(
            times.tolist(), curves, SHADES, label="time × rate of the bath", unit="", ylabel=self.observable, start=0
        )
        text = (
            "Move the time for which traps with opposite phases relax. The mixture starts in the middle; all end where "
            "equal phases are."
        )
        return Table("While they relax", [text], widget=shown)

    def steps(self) -> list[Step]:
        """See `Signal.steps`: the longest shot."""
        link = float(self.made.values["tunnelling"])
        return [
            Step("set the phases", 0.0, "a fringe over the phase that is set: its contrast and its offset"),
            Step("link and let relax", self.number("duration"), "the same without the bath: opposite phases stay"),
            Step("cut the link and raise trap B", BIAS / link, "a fringe over the bias phase"),
            Step("link for a quarter of the tunnelling period", np.pi / 4 / link, "a particle put in A: half and half"),
            Step("cut the link and count left and right", 0.0, "the wrong sides, by particles put on a known side"),
        ]

    def summary(self, plan: Plan) -> str:
        """See `Signal.summary`."""
        begin = f"With {plan.lab.title[0].lower()}{plan.lab.title[1:]}"
        contrast = f"relaxing moves their counts by {float(plan.budget.everything):.2f}"
        if plan.shots is None or plan.time is None:
            return f"{begin}, it can't be seen that opposite phases become equal: {contrast}."
        need = f"{plan.runs} shots ({plan.shots} kept at each of {len(self.settings)} settings)"
        word = "" if plan.feasible else f", more than the {plan.duration(plan.demand.time)} of the plan"
        return (
            f"{begin}, opposite phases are seen to become equal at {plan.demand.sigma:g}σ with {need}, "
            f"{plan.duration(plan.time)} in all{word}; {contrast}. Read at once they exclude a mixture; nothing tells "
            "a superposition of numbers from ordinary quantum mechanics at fixed number."
        )


def _along(value: Array) -> Any:
    """An array along the points."""
    import xarray

    return xarray.DataArray(np.asarray(value, float), {POINT: np.arange(len(value), dtype=float)}, POINT)
