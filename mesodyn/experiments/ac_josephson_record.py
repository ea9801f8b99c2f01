"""How a junction under bias is evolved, one point of the parameters at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics import biased
from mesodyn.experiments import ac_josephson_theory as theory
from mesodyn.systems.branch_levels import BranchLevels

if TYPE_CHECKING:
    from mesodyn.experiments.ac_josephson import AcJosephson

Array = NDArray[np.float64]
Part = tuple[tuple[str, ...], Any]
"""Dims and values."""

SAMPLES = 64
"""Moments in one turn of the phase difference."""
HIGHEST_LINE = 4
"""The spectrum ends at this multiple of 2eV/h."""
STARTS = 48
"""Starting phases at which the height of a Shapiro step is looked for."""
STEPS = (1, 2)
"""The steps that are measured."""
FINER = 1e-2
"""By how much more exactly the order parameter is followed: small deviations grow."""


class Point:
    """One point: the values, the junction, and what becomes of it.

    Parameters
    ----------
    experiment
        The experiment.
    values
        Its values at this point, plain numbers.
    place
        Which point of the whole run it is.
    known
        What points share that differ in the voltage only.
    """

    def __init__(self, experiment: AcJosephson, values: dict[str, Any], place: int, known: dict[Any, Any]) -> None:
        self.e, self.v, self.place, self.known = experiment, values, place, known
        self.options: dict[str, Any] = {"tolerance": experiment.tolerance, "method": experiment.method}
        self.samples = SAMPLES // 4 if experiment.quick else SAMPLES

    def evolve(self) -> dict[str, Part]:
        """What the record holds of this point."""
        return self.under_bias() if self.v["drive"] == "none" else self.shapiro()

    # -- junctions ---------------------------------------------------------------------------------------------------

    @property
    def levels(self) -> BranchLevels:
        """The two branches."""
        return levels_of(self.v)

    @property
    def jumps(self) -> biased.Jumps:
        """What else changes the branch."""
        return biased.Jumps(self.v["relaxation"], self.v["poisoning"], self.v["model"] != "SD1S")

    def generators(self, purpose: int) -> list[np.random.Generator]:
        """One for each trajectory."""
        from mesodyn.seeds import generator

        return [generator(self.e.seed, self.place, purpose, k) for k in range(self.v["trajectories"])]

    def start(self) -> int:
        """The lower branch at the start: 1 or -1."""
        return int(self.levels.lowest(self.v["start_phase"]))

    # -- levels ------------------------------------------------------------------------------------------------------

    def passage(self) -> dict[str, Part]:
        """One passage through the crossing, from 0 to 2 pi."""
        speed, levels = 2 * self.v["voltage"], self.levels
        times = np.linspace(0, 2 * np.pi / speed, 2 * self.samples + 1)
        psi = biased.passage(lambda t: levels.field(speed * t), times, **self.options)
        share = biased.share_of_upper(psi, levels.field(speed * times))
        norm = (np.abs(psi) ** 2).sum(axis=1)
        return {
            "passage_phase": (("passage",), speed * times),
            "passage_upper": (("passage",), share),
            "passage_norm": (("passage",), norm),
        }

    def under_bias(self) -> dict[str, Part]:
        """A direct voltage: the passage, then trajectories over many turns of the phase difference."""
        v, levels = self.v, self.levels
        found = self.passage()
        staying = float(np.clip(found["passage_upper"][1][-1], 0, 1))
        count = self.samples * v["periods"]
        turned = (np.arange(count) + 0.5) * 2 * np.pi / self.samples
        phase, times = v["start_phase"] + turned, turned / (2 * v["voltage"])
        first = biased.PLUS if self.start() > 0 else biased.MINUS
        states = biased.telegraph(
            phase, times, lambda s: np.full(s.shape, staying), self.jumps, first, self.generators(0)
        )
        current = biased.current_of(levels, phase, states)
        found |= self.spectrum(phase, times, current)
        sines = np.stack([np.sin(m * phase / 2) for m in range(1, theory.HARMONICS + 1)])
        found["harmonics"] = (("harmonic",), 2 / count * (sines @ current.mean(axis=0)))
        changed = (np.diff(states, axis=1) != 0).sum(axis=1) / (times[-1] - times[0])
        found["jump_rate"] = (("trajectory",), changed)
        return found | self.traces(times, phase, current, states)

    def spectrum(self, phase: Array, times: Array, current: Array) -> dict[str, Part]:
        """The power of the current in each line, over all trajectories, and the amplitudes of the two lines."""
        periods, count = self.v["periods"], current.shape[1]
        lines = 2 / count * np.fft.rfft(current, axis=1)[:, 1 : HIGHEST_LINE * periods + 1]
        power = np.abs(lines) ** 2
        frequency = np.arange(1, power.shape[1] + 1) * 2 * np.pi / (times[1] - times[0]) / count
        pair = power[:, [periods // 2 - 1, periods - 1]]
        error = pair.std(axis=0) / np.sqrt(max(len(pair) - 1, 1))
        return {
            "frequency": (("line",), frequency),
            "power": (("line",), power.mean(axis=0)),
            "line_power": (("which",), pair.mean(axis=0)),
            "line_error": (("which",), error),
            "current_power": ((), np.float64(2 * current.var())),
        }

    def traces(self, times: Array, phase: Array, current: Array, states: Any) -> dict[str, Part]:
        """The trajectories themselves, unless only what was measured is kept."""
        if self.e.ends_only:
            return {}
        return {
            "time": (("moment",), times),
            "phase": (("moment",), phase),
            "current": (("trajectory", "moment"), current),
            "branch": (("trajectory", "moment"), states),
        }

    def swung(self, start: Any, drive_phase: Array) -> Array:
        """The phase difference at phases of the drive, under a direct and an alternating voltage."""
        v = self.v
        step = 2 * v["voltage"] / v["frequency"]
        return np.asarray(start + step * drive_phase + 2 * v["ac_amplitude"] * np.sin(drive_phase))

    def shapiro(self) -> dict[str, Part]:
        """A direct and an alternating voltage: the direct current."""
        v, levels = self.v, self.levels
        clock = self.drive_clock(v["periods"])
        phase, times = self.swung(v["start_phase"], clock), clock / v["frequency"]
        first = biased.PLUS if self.start() > 0 else biased.MINUS
        states = biased.telegraph(phase, times, levels.stays, self.jumps, first, self.generators(0))
        current = biased.current_of(levels, phase, states)
        starts, direct = self.step_curve()
        found: dict[str, Part] = {
            "dc_current": (("trajectory",), current.mean(axis=1)),
            "start": (("start_number",), starts),
            "step_current": (("start_number",), direct),
        }
        return found | self.traces(times, phase, current, states)

    def drive_clock(self, periods: int) -> Array:
        """Phases of the drive over some periods, dense enough for all turns of the phase difference."""
        turns = int(np.ceil(2 * self.v["voltage"] / self.v["frequency"] + 2 * self.v["ac_amplitude"])) + 1
        return (np.arange(SAMPLES * turns * periods) + 0.5) * 2 * np.pi / (SAMPLES * turns)

    def step_curve(self) -> tuple[Array, Array]:
        """The direct current of a branch against the phase difference at the start."""
        starts, clock = np.linspace(0, 4 * np.pi, STARTS, endpoint=False), self.drive_clock(2)
        return starts, np.array([self.levels.current(self.swung(x, clock), 1).mean() for x in starts])


def levels_of(v: dict[str, Any]) -> BranchLevels:
    """The two branches of a junction with these values."""
    own = {
        "SD1S": ("detuning", "alpha", "beta"),
        "SD2S": ("detuning", "delta_left", "delta_right"),
        "parity-dot": ("detuning", "delta_left", "delta_right"),
        "contact": ("gap", "transmission"),
    }[v["model"]]
    extra = {"coupling": v["branch_coupling"]} if v["model"] == "SD1S" else {}
    return BranchLevels(model=v["model"], **{name: v[name] for name in own}, **extra)


def betas(v: dict[str, Any]) -> tuple[float, float]:
    """Left and right."""
    return (v["beta_left"], v["beta_right"]) if v["beta"] is None else (v["beta"], v["beta"])
