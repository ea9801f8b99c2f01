"""The 2 pi rotation as a measurement: left and right counts, or heats, after odd and after even turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import units
from mesodyn.errors import InputError
from mesodyn.planning import formulas
from mesodyn.planning.deciding import Rival
from mesodyn.planning.lab import Lab
from mesodyn.planning.power import fisher_information, quantum_limit
from mesodyn.planning.signals import noises
from mesodyn.planning.signals.base import SETTING, Array, Case, Knob, Seen, Signal, Step
from mesodyn.planning.signals.rotation_cases import CASES, GROWING, KNOBS, WORDS
from mesodyn.planning.slider import slider
from mesodyn.report import Table

if TYPE_CHECKING:
    from mesodyn.planning.plan import Plan

FAST = 1e4
"""How much faster than all else the traps are brought to one phase before the link is cut (superposition)."""
LONG = 30.0
"""Over how many times 1/rate."""
HASTE = 100.0
"""A spin splitting larger by this factor stands for a rotation without haste."""

ANGLES = 25
SHADES = ("#1845fb", "#ff5e02", "#515151")
"""Of the accounts in the slider; each curve is dashed in its own way too."""
LARGEST_SPIN = 1.5
"""Two traps of a larger spin have too many states to relax in each total number while other baths act."""
CLEAR = 0.005
"""Below this a difference of counts is shown as 0."""
WIDE = 20.0
"""How far from the lab's own rotation time a better one is looked for."""


class RotationSignal(Signal):
    """Odd against even turns."""

    experiment = "two-pi-rotation"
    settings = ("1 turn", "2 turns")
    truth = "conserving"
    apparatus = ("cycle_time", "preparation_error", "readout_error", "detuning_noise", "axis_error", "magnetic_field")
    cases = CASES
    knobs = KNOBS
    turns = (1.0, 2.0)
    statement = (
        "A positive 2π signal at a fixed odd total number is ordinary quantum mechanics: with an empty core (n_c = 0) "
        "it is the neutron experiment again.",
        "The accounts superposition and conserving differ only in the distribution of the total number. Ordinary "
        "atom-number noise imitates that difference, and post-selection on one extra particle removes it: no number "
        "of shots tells them apart.",
        "Odd and even turns are both needed: after odd turns alone, a constant error of the phase or a detector that "
        "prefers one side would pass for the sign, and a loss of coherence for a superposition.",
    )
    edges = "Too fast a rotation in too weak a field leaves the spin behind; too slow a one loses the phase."

    def __init__(self, given: Mapping[str, Any], own: Mapping[str, float], lab: Lab) -> None:
        self.asked_for = dict(given), dict(own)
        numbers, entry = dict(own), lab.entry("zeeman", self.experiment)
        self.field = numbers.pop("magnetic_field")
        self.derived = entry.formula if entry is not None and given.get("zeeman") == entry.value else ""
        if self._of_field and self.field != lab.value("magnetic_field"):
            given = {**given, "zeeman": units.base_text(float(self._split(self.field, lab)), "energy")}
        super().__init__({"readout": "interferometer", **given}, numbers, lab)
        v = self.made.values
        if v["kind"] != "fermion":
            why = "nothing else changes its sign: it is one of the nulls of the plan for a fermion"
            raise InputError("kind", "fermion in a plan of two-pi-rotation", v["kind"], why)
        if not self.counting and self._large:
            why = "relaxing under dephasing and loss a larger spin has too many states; use readout=interferometer"
            raise InputError("spin", f"at most {LARGEST_SPIN:g} in a plan of heats", v["spin"], why)

    def free(self, name: str) -> float:
        """See `Signal.free`; the field is the lab's."""
        return float(self.field) if name == "magnetic_field" else super().free(name)

    def alternatives(self) -> list[tuple[str, str]]:
        """See `Signal.alternatives`: the other read-out."""
        return [("readout", "heat" if self.counting else "interferometer")]

    def altered(self, changes: Mapping[str, Any]) -> RotationSignal:
        """See `Signal.altered`."""
        given, own = self.asked_for
        return RotationSignal(given | dict(changes), own, self.lab)

    def reach(self) -> dict[str, tuple[float, float]]:
        """See `Signal.reach`: rotation time, field (or splitting) and link."""
        found = {}
        time, limit = self.free("rotation_time"), self.lab.limits.get("turning_rate")
        peak = 1 if self.made.values["ramp"] == "uniform" else 2
        low = peak * 2 * np.pi * max(self.turns) / limit.range[1] if limit and limit.range[1] else time / WIDE
        found["rotation_time"] = (low, WIDE * max(time, low))
        for name in ("magnetic_field" if self._of_field else "zeeman", "tunnelling"):
            limit = self.lab.limits.get(name)
            if limit is not None and limit.range[1]:
                found[name] = (limit.range[0] or limit.range[1] / WIDE**2, limit.range[1])
        return found

    @property
    def _of_field(self) -> bool:
        """Whether the splitting follows from the lab's field."""
        return self.derived.startswith(("breit_rabi(", "cranking("))

    def _split(self, field: Any, lab: Lab) -> Any:
        """The splitting at other fields (points,), by the lab's formula."""
        compute = formulas.parse(self.derived, "zeeman")[0].compute
        atom, state = lab.value("atom"), lab.value("state")
        return np.array([compute(atom, float(b), state) for b in np.ravel(field)]).reshape(np.shape(field))

    @property
    def counting(self) -> bool:
        """Whether particles are counted rather than heats."""
        return bool(self.made.values["readout"] == "interferometer")

    @property
    def observable(self) -> str:  # type: ignore[override]
        """What is measured."""
        if self.counting:
            return "probability of counting left, among the shots with exactly one extra particle"
        return "probability that a shot releases more heat than |J|"

    def see(self, case: Case, changes: Mapping[str, Any], turns: Array | None = None) -> Seen:
        """See `Signal.see`: the experiment, evolved at each setting and each value of the noises.

        Other `turns` than those of the settings may be asked for.
        """
        fixed = dict(case.changes)
        twice = fixed.pop("turns", 1.0)
        angles = np.asarray(self.turns if turns is None else turns)
        angles = np.minimum(twice * angles, angles.max()) if turns is None else twice * angles
        values = self.base | dict(changes) | {name: fixed.pop(name) for name in ("field_angle",) if name in fixed}
        if "magnetic_field" in values:
            values["zeeman"] = self._split(values.pop("magnetic_field"), self.lab)
        columns = dict(zip(values, np.broadcast_arrays(*map(np.atleast_1d, values.values())), strict=True))
        wrong, error = columns.pop("preparation_error"), columns.pop("readout_error")
        rows, place = np.unique(np.stack(list(columns.values()), axis=1), axis=0, return_inverse=True)
        different = dict(zip(columns, rows.T, strict=True))
        hit, kept = (array[:, place.ravel()] for array in self._noisy(different, fixed, angles))
        value = np.clip(hit / np.where(kept > 0, kept, np.nan), 0, 1) * (1 - wrong) + self.counting * wrong / 2
        return Seen(value * (1 - error) + (1 - value) * error, np.clip(kept, 0, 1))

    def _noisy(self, columns: Mapping[str, Array], fixed: Mapping[str, Any], angles: Array) -> tuple[Array, Array]:
        """Hits and kept shares (settings, points), averaged over the noises: more values for stronger noise."""
        time = columns.get("rotation_time", np.array(float(self.made.values["rotation_time"])))
        if self.counting:
            link = np.abs(columns.get("tunnelling", np.array(float(self.made.values["tunnelling"]))))
            time = time + 0.5 / link  # the bias pulse; while the link is on the traps are not apart
        noise, tilt = columns["detuning_noise"], columns["axis_error"]
        spread = np.minimum(noise, noises.GONE / time)
        few = self.coarse or fixed.get("spin") == 1
        counts = np.where(noise > 0, np.array(noises.NODES[few])[np.searchsorted(noises.REACH, spread * time)], 1)
        spin = fixed.get("spin", self.spin) or 0.0
        tilt = np.minimum(tilt, noises.GONE / (2 * np.pi * max(spin, 0.5)))
        phase = 2 * np.pi * spin * np.abs(angles).max() * tilt
        tilts = np.where(tilt > 0, np.array(noises.TILTS[few])[np.searchsorted(noises.TILTED, phase)], 1)
        hits, shares = (np.zeros((len(angles), len(counts))) for _ in range(2))
        for count, across in sorted(set(zip(counts.tolist(), tilts.tolist(), strict=True))):
            chosen = (counts == count) & (tilts == across)
            part = {name: column[chosen] for name, column in columns.items()} | {
                "detuning_noise": spread[chosen],
                "axis_error": tilt[chosen],
            }
            hits[:, chosen], shares[:, chosen] = self._evolved(part, fixed, angles, count, across)
        gone = (noise > spread) | (columns["axis_error"] > tilt)
        if gone.any():  # nothing is left of the phase: what the mixture shows
            part = {n: c[gone] * (n not in ("detuning_noise", "axis_error")) for n, c in columns.items()}
            hit, share = self._evolved(part, {**fixed, "account": "mixture"}, angles, 1, 1)
            hits[:, gone] = shares[:, gone] * hit / share
        return hits, shares

    def _evolved(
        self, columns: dict[str, Array], fixed: Mapping[str, Any], angles: Array, count: int, across: int
    ) -> tuple[Array, Array]:
        """The experiment at all points and all values of the noises, in one batch."""
        import xarray

        points = {n: noises.along(c) if np.ptp(c) else float(c[0]) for n, c in columns.items()}
        spread, tilt = points.pop("detuning_noise"), points.pop("axis_error")
        (x, y), weights = noises.nodes(count, across)
        if count > 1:
            points["detuning"] = points["detuning"] + spread * xarray.DataArray(x, dims=noises.NOISE)
        if across > 1:  # a field on the other side of the axis is turned like this one
            tilted = abs(points["field_angle"] + tilt * xarray.DataArray(y, dims=noises.NOISE))
            points["field_angle"] = tilted % (2 * np.pi)
        given = {name: value for name, value in points.items() if name in self.kinds} | dict(fixed)
        given |= {"turns": xarray.DataArray(angles, dims=SETTING)}
        if given.get("kind") in ("boson", "pair"):
            given |= {"n_c": 0}
        share = 1.0
        if given.get("account") == "superposition" and self._large:
            given["account"], share = "conserving", self._sharing(given)
        made = self.build(given | self._prepared(given))
        record = made.record().isel(moment=-1)
        found = self._counts(made, record) if self.counting else self._heats(made, record)
        shape = len(angles), len(columns["detuning"])
        hit, kept = (share * np.broadcast_to(noises.ordered(noises.averaged(array, weights)), shape) for array in found)
        return hit, kept

    @property
    def _large(self) -> bool:
        """Whether the superposition is taken sector by sector of the total number."""
        return self.spin > LARGEST_SPIN

    @property
    def spin(self) -> float:
        """Of the extra particle."""
        return float(self.made.system().spin)  # type: ignore[attr-defined]

    def _sharing(self, given: Mapping[str, Any]) -> float:
        """The probability 2 u^2 v^2 that traps in superpositions share one extra particle (DEFINITIONS 6.1).

        Cooled while they are linked, those of this total are where the other account has them; the others are not kept.
        """
        weight = float(given.get("weight", self.made.values["weight"]))
        return 2 * weight * (1 - weight)

    def _prepared(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Traps in superpositions are cooled while linked, as fast as it takes, like those of the other account."""
        if given.get("account") != "superposition":
            return {}
        names = ("tunnelling", "dephasing", "loss")
        largest = max(float(np.max(np.abs(given.get(name, self.made.values[name])))) for name in names)
        return {"relaxation_rate": FAST * largest, "preparation_time": LONG / (FAST * largest)}

    def _counts(self, made: Any, record: Any) -> tuple[Any, Any]:
        """Left, and all that are kept."""
        return record.left, record.shared

    def _heats(self, made: Any, record: Any) -> tuple[Any, Any]:
        """Heats above |J|; every shot is kept."""
        hot = (record.heat_weights * (record.heat_values > abs(made.values["tunnelling"]))).sum("outcome")
        return hot, 0.0 * hot + 1.0

    def steps(self) -> list[Step]:
        """See `Signal.steps`: the segments of the experiment's own protocol, after the larger number of turns."""
        made = self.build({"turns": max(self.turns)})
        found: list[Step] = []
        for segment in made.protocol():  # type: ignore[attr-defined]
            what, check = WORDS.get(segment.label, (segment.label, ""))
            length = float(segment.duration)
            if found and found[-1].what == what:
                found[-1] = Step(what, found[-1].duration + length, check)
            else:
                found.append(Step(what, length, check))
        return found

    @classmethod
    def asked(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """See `Signal.asked`: the larger number of turns has to fit into the rotation time."""
        if given.get("turns") is not None:
            must = "left out of a plan: it compares 1 turn with 2"
            raise InputError("turns", must, given["turns"], "run the experiment for other turns")
        if given.get("control", "none") != "none":
            raise InputError("control", "left out of a plan: the dummy is one of its nulls", given["control"])
        if given.get("preparation_time") is not None:
            why = "each account says itself what the traps are when the link is cut"
            raise InputError("preparation_time", "left out of a plan", given["preparation_time"], why)
        return {"turns": max(cls.turns)}

    def mapped(self) -> tuple[str, str]:
        """See `Signal.mapped`."""
        return "rotation_time", "magnetic_field" if self._of_field else "zeeman"

    def information(self) -> dict[str, float]:
        """Fisher information of one kept shot about the phase of the traps, at the best bias phase, and its limit."""
        if not self.counting:
            return {}
        phases = np.linspace(-np.pi / 2, np.pi / 2, 13)
        truth = self.case(self.truth)
        step = 1e-4
        ends = [self.see(truth, {"bias_phase": phases + sign * step}).value[1] for sign in (-1, 1)]
        middle = (ends[0] + ends[1]) / 2
        slope = (ends[1] - ends[0]) / (2 * step)
        found = fisher_information(np.stack([middle, 1 - middle], -1), np.stack([slope, -slope], -1))
        best = int(np.argmax(found))
        record = self.build({"account": "conserving", "turns": np.array([2.0])}).record()
        apart = record.isel(moment=np.flatnonzero(record.segment.values == "rotate")[-1])
        coherence = complex(apart.coherence.values.ravel()[0])
        kept, shift = float(apart.shared.values.ravel()[0]), float(apart.imbalance.values.ravel()[0])
        state = np.array([[kept + shift, 2 * coherence], [2 * np.conj(coherence), kept - shift]]) / (2 * kept)
        limit = quantum_limit(state, np.diag([0.5, -0.5]))
        return {"fisher": float(found[best]), "bias_phase": float(phases[best]), "quantum_limit": float(limit)}

    def informed(self, found: Mapping[str, float]) -> str:
        """See `Signal.informed`."""
        return (
            f"Fisher information of one kept shot about the phase between the traps: {found['fisher']:.4g} at the best "
            f"bias phase ({found['bias_phase']:.3g} rad); no measurement of the state has more than "
            f"{found['quantum_limit']:.4g}, that of perfect preparation and counting."
        )

    def widget(self) -> Table:
        """The three accounts over the angle, evolved at every eighth of a turn and finer."""
        turns = np.linspace(0, 2, ANGLES)
        curves = {}
        with self.coarsely():
            for case in self.cases[:3]:
                seen = self.see(case, {}, turns=turns)
                curves[case.name] = [float(v) for v in seen.value[:, 0]]
        shown = slider(
            turns.tolist(), curves, SHADES, label="turns", unit="", ylabel=self.observable, start=(ANGLES - 1) // 2
        )
        text = (
            "Move the angle. At angles that are no whole turns the field of B stays turned, so that any spin shows "
            "something; the sign of the fermion is what differs between 1 and 2 turns."
        )
        return Table("Over the angle", [text], widget=shown)

    def summary(self, plan: Plan) -> str:
        """See `Signal.summary`."""
        begin = f"With {plan.lab.title[0].lower()}{plan.lab.title[1:]}"
        apart = float(plan.budget.everything)
        contrast = f"the counts after odd and even turns differ by {abs(apart):.2f}"
        if plan.shots is None and apart < -CLEAR:
            return (
                f"{begin}, the sign of a full turn can't be claimed: {contrast}, but the wrong way round, because a "
                "constant phase (detuning, bias_phase or a tilted field) inverts the fringe. Set it right first."
            )
        if plan.shots is None or plan.time is None:
            return f"{begin}, the sign of a full turn can't be seen: {contrast}."
        long = plan.duration(plan.time)
        need = f"{plan.runs} shots ({plan.shots} kept at each of 1 and 2 turns), {long} in all"
        word = "" if plan.feasible else f", more than the {plan.duration(plan.demand.time)} of the plan"
        return (
            f"{begin}, a full turn shows its sign at {plan.demand.sigma:g}σ with {need}{word}; {contrast}. It excludes "
            "a mixture; it does not tell a superposition of numbers from ordinary quantum mechanics at fixed number."
        )

    def contrast(self, seen: Seen) -> Array:
        """Difference between even and odd turns."""
        return (seen.value[1] - seen.value[0]) * (1 if self.counting else -1)

    def rivals(self, seen: Seen, known: Mapping[str, Seen]) -> list[Rival]:
        """No change of sign, the mixture after odd turns, and the mixture after even turns."""
        mixed, up = known["mixture"].value, not self.counting
        return [
            Rival("no change of sign", 0, seen.value[1], up),
            Rival("mixture", 0, mixed[0], up, excluded=True),
            Rival("mixture", 1, mixed[1], not up, excluded=True),
        ]

    def worst(self, knob: Knob) -> float:
        """See `Signal.worst`: where the phase is a quarter turn off, or ten lifetimes have passed."""
        time, link = sum(step.duration for step in self.steps()), abs(float(self.made.values["tunnelling"]))
        ends = {
            "temperature": 100 * link,
            "zeeman": 1e-5 * self.base["zeeman"],
            "axis_error": noises.GONE / (2 * np.pi * self.spin),
        }
        ends |= dict.fromkeys(("dephasing", "loss"), 10 / time) | {"readout_error": 0.5, "preparation_error": 1 - 1e-3}
        ends |= {"detuning": np.pi / 2 / time, "detuning_noise": noises.GONE / time}
        ends["field_angle"] = np.arccos(1 / (6 * self.spin))  # cos 2χ = cos χ: even turns show what odd ones do
        return float(max(ends[knob.name], 2 * self.base[knob.name]) if knob.name in GROWING else ends[knob.name])

    def ideal(self, knob: Knob) -> float:
        """See `Signal.ideal`."""
        return HASTE * self.base["zeeman"] if knob.ideal is None else knob.ideal

    def apart(self, one: Case, other: Case) -> str:
        """See `Signal.apart`."""
        if {one.name, other.name} == {"superposition", "conserving"}:
            return (
                "they differ only in the distribution of the total number, which ordinary atom-number noise imitates; "
                "it would take an observable that is not phase-covariant"
            )
        return ""
