"""The alternating current as a measurement: its lines under a voltage, and its Shapiro steps under microwaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics import biased
from mesodyn.errors import InputError
from mesodyn.experiments import curves
from mesodyn.experiments.ac_josephson import MODELS, OF_DRIVE, OF_DYNAMICS, SLOWEST
from mesodyn.experiments.ac_josephson_record import levels_of
from mesodyn.experiments.currents import current_text
from mesodyn.planning.lab import Lab
from mesodyn.planning.signals.base import Array, Case, Knob, Seen, Step
from mesodyn.planning.signals.junction import TRUE_MODEL, JunctionSignal, taking
from mesodyn.systems.branch_levels import BranchLevels

if TYPE_CHECKING:
    from mesodyn.planning.plan import Plan

SAMPLES = (32, 16)
"""Moments in a turn of the phase difference: in tables, and in maps and searches."""
STARTS, PERIODS = 6, 4
"""Phase differences at the start over which a step is averaged, and periods of the drive in a record of it."""
AT_ONCE = 1e3
"""How much faster than voltage and drive a junction relaxes that follows its lowest level."""
BESIDE, FEWEST = 2, 8
"""A line is compared with its neighbours so many places off, and needs records of so many turns."""
ROUNDING = 1e-12
"""Below this share of the square of the largest current a value is 0."""
EXACT = 1e-6
"""Of the passages."""
WIDE = 20.0
"""How far from the planned voltage a better one is looked for."""
LINES, FIRST = slice(0, 2), 2
"""The settings of the lines, and of the first step."""

CASES = (
    Case("branch kept", "the paper: the branches of SD1S cross, and it stays on one: a line at eV/h"),
    Case("lowest level", "the same branches, left at each crossing: the usual period of 2π"),
    Case("parity kept", "ordinary quantum mechanics: a dot whose levels repel at π", {"model": "parity-dot"}),
    Case(
        "nearly open contact",
        "it stays on a branch where the phase runs fast (Landau-Zener)",
        {"model": "contact"},
        True,
    ),
    Case("hidden first step", "the lowest level, its first step hidden by heat or hysteresis", null=True),
    Case("open contact", "no gap at π: it stays on its branch", {"model": "contact", "transmission": 1.0}, True),
)
RELAXED = ("lowest level", "hidden first step")
KNOBS = (
    Knob(
        "branch_coupling", "energy", "the gap of the branches at π: slow passages leave the branch", "apply the voltage"
    ),
    Knob("relaxation", "rate", "from the upper to the lower level", "apply the voltage"),
    Knob("poisoning", "rate", "particles from outside change the branch", "apply the voltage"),
    Knob("preparation_error", "number", "records without any current", "apply the voltage", own=True),
    Knob("current_noise", "current", "a line of this amplitude is one rms of a reading", "read", own=True),
)
RESERVED = {
    "model": "it compares all of them",
    "drive": "both a voltage alone and microwaves are planned",
    "dynamics": "it follows two levels; run the experiment for an order parameter that moves",
    "start_phase": "readings are averaged over it",
    "trajectories": "all of them are averaged, none is drawn",
    "beta_left": "unequal leads have no crossing to pass: give their gap as branch_coupling",
    "beta_right": "unequal leads have no crossing to pass: give their gap as branch_coupling",
}
USED = ("voltage", "ac_amplitude", "frequency", *OF_DYNAMICS["levels"])
UNUSED = {*RESERVED, *(n for table in (OF_DRIVE, OF_DYNAMICS) for own in table.values() for n in own)} - set(USED)


class LineSignal(JunctionSignal):
    """The line at eV/h that a junction has if it stays on its branch, and the first Shapiro step that it lacks."""

    experiment = "ac-josephson"
    settings = ("line at eV/h", "line at 2eV/h", "first step", "second step")
    truth = "branch kept"
    told = ("lowest level", "parity kept", "nearly open contact")
    apparatus = ("cycle_time", *(knob.name for knob in KNOBS if knob.own))
    cases = CASES
    knobs = KNOBS
    of_model = MODELS
    fixed = {"drive": "voltage"}  # noqa: RUF012
    unused = tuple(sorted(UNUSED))
    moved = ("voltage", "detuning")
    difference = (0, 1)
    fits, degree, deciding = False, 2, 1
    edges = (
        "At a low voltage particles from outside and relaxation take the line away; at a high one, and near resonance, "
        "ordinary junctions stay on their branches as well (Landau-Zener)."
    )
    statement = (
        "A line at eV/h shows that a junction stays on a branch of period 4π. It does not prove a superposition of N "
        "and N + 1: an open contact has it too, and no shot number tells these two apart.",
        "A missing first Shapiro step proves less: passages under microwaves are fast, so that a nearly open contact, "
        "or a dot that keeps its parity, stays on its branch there (Landau-Zener), and heat or hysteresis hides the "
        "step of any junction. What tells is the line at a low voltage.",
        "Accounts are not compared: a mixture has no phase, and leads that count their pairs carry the same currents. "
        "The models have different Hamiltonians; only models are told apart.",
        "Not in this plan: below a crossover voltage the order parameter itself turns to the lower branch "
        "(mesodyn run ac-josephson --set dynamics=order-parameter), and a line can be lost though no rival is true.",
    )

    def __init__(self, given: Mapping[str, Any], own: Mapping[str, float], lab: Lab) -> None:
        self.passages: dict[tuple[BranchLevels, float], float] = {}
        super().__init__(given, own, lab)

    @classmethod
    def asked(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """See `Signal.asked`."""
        cls.refuse(given, RESERVED, cls.experiment)
        if given.get("periods") is not None and int(given["periods"]) < FEWEST:
            why = "in shorter records a line does not stand out of its neighbours"
            raise InputError("periods", f"at least {FEWEST} in a plan of {cls.experiment}", given["periods"], why)
        return {}

    @property
    def observable(self) -> str:  # type: ignore[override]
        """What is measured."""
        return (
            "squared amplitude of the current in a line, above that beside it, or squared direct current on a step "
            f"(mean over its phase), over the squared largest current, ({current_text(self.made, self.unit)})²"
        )

    def _largest(self, case: Case) -> float:
        levels = levels_of(self._values(case, {}))
        phase = (np.arange(800) + 0.5) * 4 * np.pi / 800
        return float(curves.peak(phase, levels.current(phase, 1)[None], lambda x: levels.current(x, 1))[1][0])

    def _values(self, case: Case, changes: Mapping[str, float]) -> dict[str, Any]:
        """The values of a case, plain numbers."""
        v = self.models[case.changes.get("model", TRUE_MODEL)].points()[0] | dict(changes)  # type: ignore[attr-defined]
        if "transmission" in case.changes:
            v["transmission"] = float(case.changes["transmission"])
        if case.name in RELAXED:
            v["relaxation"] = AT_ONCE * max(v["voltage"], v["frequency"])
        return v

    def _read(self, case: Case, columns: Mapping[str, Array]) -> tuple[Array, Array]:
        """See `JunctionSignal._read`: the mean over all trajectories of each junction."""
        used = ("voltage", "detuning", "branch_coupling", "relaxation", "poisoning")
        rows, place = np.unique(np.stack([columns[name] for name in used], axis=1), axis=0, return_inverse=True)
        values = [self._values(case, dict(zip(used, map(float, row), strict=True))) for row in rows]
        found = np.concatenate([self._lines(values), *(self._step(values, k)[None] for k in (1, 2))])
        if case.name == "hidden first step":
            found[FIRST] = 0.0
        value = (
            np.where(np.abs(found) < ROUNDING * self.unit**2, 0.0, found)[:, place.ravel()]
            * (1 - columns["preparation_error"])
            / self.unit**2
        )
        return value, np.zeros_like(value)

    def _lines(self, values: list[dict[str, Any]]) -> Array:
        """By how much the squared amplitudes at eV/h and 2eV/h (2, junctions) stand out of a record's spectrum."""
        samples = SAMPLES[self.coarse]
        count = samples * int(values[0]["periods"])
        phase = (np.arange(count) + 0.5) * 2 * np.pi / samples
        levels = [levels_of(v) for v in values]
        stays = np.array([self._stays(one, v["voltage"]) for one, v in zip(levels, values, strict=True)])
        step = np.array([np.pi / samples / v["voltage"] for v in values])
        known = {one: np.stack([one.current(phase, s) for s in (1, -1)]) for one in set(levels)}
        chain = biased.Chain(np.repeat(phase[:, None], len(values), axis=1), step, [_jumps(v) for v in values])
        near = BESIDE / int(values[0]["periods"])
        places = [line + side for line in (0.5, 1.0) for side in (0.0, -near, near)]
        waves = (2 / count * np.exp(-1j * np.outer(places, phase))).astype(complex)
        current = np.stack([known[one] for one in levels], axis=2)
        found = chain.power(
            current, lambda speeds: np.broadcast_to(stays, speeds.shape), np.full(len(values), biased.PLUS), waves
        )
        return found[::3] - (found[1::3] + found[2::3]) / 2

    def _stays(self, levels: BranchLevels, voltage: float) -> float:
        """The chance to stay on a branch in one passage: integrated, or in maps and searches by Landau and Zener."""
        speed = 2 * voltage
        if levels.splitting == 0 or self.coarse:
            return float(levels.stays(speed))
        if (levels, voltage) not in self.passages:
            times = np.linspace(0, 2 * np.pi / speed, 3)
            psi = biased.passage(lambda t: levels.field(speed * t), times, tolerance=EXACT)
            share = biased.share_of_upper(psi, levels.field(speed * times))[-1]
            self.passages[levels, voltage] = float(np.clip(share, 0, 1))
        return self.passages[levels, voltage]

    def _step(self, values: list[dict[str, Any]], number: int) -> Array:
        """The mean square of the direct current (junctions,) on a Shapiro step, over the phases at the start."""
        swing = float(values[0]["ac_amplitude"])
        samples = SAMPLES[self.coarse] * (int(np.ceil(number + 2 * swing)) + 1)
        clock = (np.arange(samples * PERIODS) + 0.5) * 2 * np.pi / samples
        starts = (np.arange(STARTS) + 0.25) * 4 * np.pi / STARTS
        phase = starts + (number * clock + 2 * swing * np.sin(clock))[:, None]
        levels = [levels_of(v) for v in values]
        step = np.array([2 * np.pi / samples / v["frequency"] for v in values])
        known = {one: np.stack([one.current(phase, s) for s in (1, -1)]) for one in set(levels)}
        current = np.concatenate([known[one] for one in levels], axis=2)

        def staying(speeds: Array) -> Array:
            parts = np.split(speeds, len(levels), axis=1)
            return np.concatenate([one.stays(part) for one, part in zip(levels, parts, strict=True)], axis=1)

        jumps = [_jumps(v) for v in values for _ in range(STARTS)]
        chain = biased.Chain(np.tile(phase, len(values)), np.repeat(step, STARTS), jumps)
        begun = np.full(current.shape[2], biased.PLUS)  # over 4 pi: both levels, at every phase
        found = chain.power(current, staying, begun, np.full((1, len(clock)), 1 / len(clock), complex))
        return found[0].reshape(len(values), STARTS).mean(axis=1)

    def reach(self) -> dict[str, tuple[float, float]]:
        """See `Signal.reach`: voltages that can be followed, gates up to where a branch ends."""
        v = self.made.values
        low = max(self._slowest(), float(v["voltage"]) / WIDE)
        return {"voltage": (low, WIDE * float(v["voltage"])), "detuning": (0.05 * self._end(), 0.95 * self._end())}

    def _end(self) -> float:
        """The detuning at which a branch of SD1S loses its order."""
        return 1 / (float(self.made.values["alpha"]) + abs(float(self.made.values["beta"])))

    def _slowest(self) -> float:
        """The lowest voltage at which the levels of all models can be followed through a passage."""
        phases = np.linspace(0, 2 * np.pi, 9)
        sizes = [np.linalg.norm(levels_of(self._values(case, {})).field(phases), axis=0).max() for case in self.cases]
        return float(max(sizes)) * np.pi / SLOWEST

    def mapped(self) -> tuple[str, str]:
        """See `Signal.mapped`."""
        return "voltage", "detuning"

    def worst(self, knob: Knob) -> float:
        """See `Signal.worst`: a branch that is left at once, no current, or noise far beyond it."""
        fast = 10 * float(self.made.values["voltage"])
        ends = {"branch_coupling": self._end(), "relaxation": fast, "poisoning": fast}
        ends |= {"preparation_error": 1 - 1e-3, "current_noise": 1e2 * self.unit}
        return max(ends[knob.name], 2 * self.base[knob.name] if knob.name != "preparation_error" else 0.0)

    def contrast(self, seen: Seen) -> Array:
        """The amplitude of the line at eV/h, over the largest current."""
        return np.sqrt(np.maximum(seen.value[0], 0.0))

    def apart(self, one: Case, other: Case) -> str:
        """See `Signal.apart`."""
        if {one.name, other.name} == {self.truth, "open contact"}:
            return (
                "both stay on their branch and have the line at eV/h; they differ in the shape of the branch alone, "
                "by as little as β/α is small"
            )
        return ""

    def steps(self) -> list[Step]:
        """See `Signal.steps`."""
        v = self.made.values
        record = self.made.shown("time", float(v["periods"] * np.pi / v["voltage"]))
        lines = f"set the voltage for a line, read in records of {int(v['periods'])} turns ({record})"
        height = "the height of the steps against the amplitude; nothing without microwaves"
        return [
            Step(lines, 0.0, "both lines move with the voltage; none without it"),
            Step("or apply microwaves and go to a step", 0.0, height),
        ]

    def summary(self, plan: Plan) -> str:
        """See `Signal.summary`."""
        if plan.shots is None or plan.time is None:
            return "No number of readings tells a junction that stays on its branch from ordinary ones in this lab."
        return (
            "The line at eV/h of a junction that stays on its branch is told from one on its lowest level, from a dot "
            f"that keeps its parity and from a nearly open contact at {taking(plan)}. An open contact looks the same, "
            "and a missing first Shapiro step by itself tells nothing."
        )


def _jumps(v: Mapping[str, Any]) -> biased.Jumps:
    poisoning = 0.0 if v["model"] == "SD2S" else v["poisoning"]
    return biased.Jumps(v["relaxation"], poisoning, v["model"] != TRUE_MODEL)
