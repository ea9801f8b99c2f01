"""A junction whose order parameter moves, at one point of the parameters: whether its phase turns with the minimum."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesodyn.dynamics import biased, current_drive
from mesodyn.dynamics.moving_lead import MovingLead
from mesodyn.experiments import ac_josephson_theory as theory
from mesodyn.experiments.ac_josephson_record import FINER, Array, Part, Point, betas
from mesodyn.seeds import generator

VOLTAGES, REACH = 13, 3.0
"""The crossover is looked for at so many voltages, up to this factor away from the formula's."""
BRANCH_KEPT = np.pi / 4
"""A phase that is further away is nearer to the other branch."""


class LeadPoint(Point):
    """One point of a junction whose order parameter moves; see `Point`."""

    def evolve(self) -> dict[str, Part]:
        """What the record holds of this point."""
        return self.moving()

    @property
    def lead(self) -> MovingLead:
        """The moving order parameter."""
        v = self.v
        names = ("alpha", "detuning", "relaxation_time")
        left, right = betas(v)
        phase_only = v["dynamics"] == "phase"
        return MovingLead(beta_left=left, beta_right=right, phase_only=phase_only, **{n: v[n] for n in names})

    def moving(self) -> dict[str, Part]:
        """The order parameter under a voltage, with a kick of its phase at each odd multiple of pi."""
        v, lead = self.v, self.lead
        swings = v["drive"] == "voltage"
        turn = 2 * np.pi / (v["frequency"] if swings else 2 * v["voltage"])
        count = self.samples * v["periods"]
        times = (np.arange(count) + 0.5) * turn / self.samples

        def phase_at(t: Any) -> Any:
            if swings:
                return self.swung(v["start_phase"], np.asarray(v["frequency"] * t))
            return v["start_phase"] + 2 * v["voltage"] * t

        phase = phase_at(times)
        state = lead.rest(v["start_phase"], np.full(v["trajectories"], v["phase_offset"]))
        states = self.kicked(lead, phase_at, times, state)
        current = lead.current(phase[:, None], states[:, 0]).T
        start = np.angle(lead.rest(0.0, np.zeros(1))[0])
        turned = _deviation(states[:, 0], start).T
        branch = np.where(np.abs(turned) < BRANCH_KEPT, biased.PLUS, biased.MINUS).astype(np.int8)
        found = self.traces(times, phase, current, branch)
        if found:
            found["order_parameter"] = (("trajectory", "moment"), states[:, 0].T)
        if swings:
            return found | {"dc_current": (("trajectory",), current.mean(axis=1))}
        return found | self.spectrum(phase, times, current) | self.grown(lead) | self.crossover(lead)

    def kicked(self, lead: MovingLead, phase_at: Any, times: Array, state: Any) -> Any:
        """Follow the states from a moment to the next; kicks lie between two of them."""
        v, generators = self.v, self.generators(0)
        phase = phase_at(times)
        stretch = np.floor((phase + np.pi) / (2 * np.pi)).astype(int)
        passed = np.flatnonzero(np.diff(stretch)) if v["phase_noise"] > 0 else np.zeros(0, int)
        found = np.empty((len(times), *state.shape), complex)
        closer = {**self.options, "tolerance": FINER * self.e.tolerance}
        now, begun = 0.0, 0
        for k in (*passed, None):
            ends = len(times) if k is None else int(k) + 1
            until = times[-1] if k is None else (times[k] + times[k + 1]) / 2
            here = np.unique([now, *times[begun:ends], until])
            path = lead.follow(phase_at, state, here, **closer)
            found[begun:ends] = path[np.searchsorted(here, times[begun:ends])]
            state, now, begun = path[-1], until, ends
            if k is not None:
                state = _turn(state, v["phase_noise"] * np.array([g.standard_normal() for g in generators]))
        return found

    def grown(self, lead: MovingLead) -> dict[str, Part]:
        """How a deviation, and what the drive itself makes, grow from pi to 3 pi without noise."""
        v = self.v
        offset = v["phase_offset"] or 1e-3
        closer = {**self.options, "tolerance": FINER * self.e.tolerance, "pace": 1 / (2 * v["voltage"])}
        begun, clock, turned = lead.rest(0.0, np.array([offset, 0.0])), 0.0, []
        for after in (np.pi, 3 * np.pi):  # both are ends: in between a solver's steps are less exact
            begun = lead.follow(lambda x: x, begun, np.array([clock, after]), **closer)[-1]
            turned.append(_deviation(begun[0], np.angle(lead.rest(0.0, np.zeros(1))[0])))
            clock = after
        grown = np.log(np.abs(np.tan(turned[1][0]) / np.tan(turned[0][0])))
        return {"growth": ((), grown), "seed_phase": ((), np.abs(turned[0][1]))}

    def crossover(self, lead: MovingLead) -> dict[str, Part]:
        """Which share of the trajectories keeps its branch from pi to 3 pi, against the voltage."""
        v = self.v
        if v["phase_noise"] == 0:
            empty = np.full(VOLTAGES, np.nan)
            return {
                "voltages": (("voltage_number",), empty),
                "kept_at": (("voltage_number",), empty),
                "crossover": ((), np.nan),
                "kept": ((), np.nan),
            }
        key = tuple(sorted((name, x) for name, x in v.items() if name not in ("voltage", "phase_offset")))
        if key not in self.known:
            beta = sum(betas(v)) / 2
            guess = float(theory.growth(v["alpha"], beta, v["relaxation_time"], 1.0)) / theory.half_lost(
                v["phase_noise"]
            )
            wide = guess * np.geomspace(1 / REACH, REACH, VOLTAGES)
            shares = self.kept_at(lead, wide)
            self.known[key] = wide, shares, self.half_way(lead, wide, shares)
        wide, shares, place = self.known[key]
        return {
            "voltages": (("voltage_number",), wide),
            "kept_at": (("voltage_number",), shares),
            "crossover": ((), place),
            "kept": ((), self.kept_at(lead, np.array([v["voltage"]]))[0]),
        }

    def half_way(self, lead: MovingLead, voltages: Array, shares: Array) -> float:
        """The voltage at which half the trajectories keep their branch; nan if there is none."""
        for again in (True, False):
            above = np.flatnonzero((shares[:-1] < 0.5) & (shares[1:] >= 0.5))
            if not above.size:
                return float("nan")
            k = int(above[0])
            low, high = np.log(voltages[k : k + 2])
            if again:
                voltages = np.exp(np.linspace(low, high, VOLTAGES))
                shares = self.kept_at(lead, voltages)
        return float(np.exp(low + (high - low) * (0.5 - shares[k]) / (shares[k + 1] - shares[k])))

    def kept_at(self, lead: MovingLead, voltages: Array) -> Array:
        """The share that keeps its branch, at each voltage, all side by side; the clock is the phase difference."""
        # the same kicks at every point, so that points that share a crossover find the same
        drawn = [generator(self.e.seed, 0, 2, k).standard_normal() for k in range(self.v["trajectories"])]
        kicks = self.v["phase_noise"] * np.array(drawn)
        pace = 1 / (2 * voltages)
        options = {**self.options, "tolerance": current_drive.COARSE * self.e.tolerance}  # which side is asked, no more
        still = lead.rest(0.0, np.zeros(voltages.size))
        here = lead.follow(lambda x: x, still, np.array([0, np.pi]), pace=pace, **self.options)[-1]
        begun = _turn(np.repeat(here, kicks.size, axis=1), np.tile(kicks, voltages.size))
        clock = np.array([np.pi, 3 * np.pi])
        ends = lead.follow(lambda x: x, begun, clock, pace=np.repeat(pace, kicks.size), **options)[-1]
        turned = _deviation(ends[0], np.angle(lead.rest(0.0, np.zeros(1))[0]))
        return np.asarray((np.abs(turned) < BRANCH_KEPT).reshape(voltages.size, -1).mean(axis=1))


def _turn(states: Any, angles: Array) -> Any:
    """Order parameter and dot, turned together."""
    turn = np.exp(1j * angles)
    return states * np.stack([turn, np.ones_like(turn), turn])


def _deviation(order_parameter: Any, start: Any) -> Array:
    """The phase from its branch, within -pi/2 and pi/2: the two minima of a branch are pi apart."""
    return np.asarray(np.angle((order_parameter * np.exp(-1j * start)) ** 2) / 2)
