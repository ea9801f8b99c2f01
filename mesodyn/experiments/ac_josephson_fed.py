"""A junction under a given current, at one point of the parameters: its voltage, and the Shapiro steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesodyn.dynamics import current_drive
from mesodyn.experiments import curves
from mesodyn.experiments.ac_josephson_record import FINER, STEPS, Array, Part, Point
from mesodyn.systems.branch_levels import BranchLevels

BIASES = 121
"""Points of the current-voltage curve; a quarter of them with noise."""
LARGEST_BIAS = 3.0
"""Its end, in critical currents."""
LOCKED, NOISY_LOCKED = 1e-4, 0.05
"""The phase counts as locked to the drive if its turns a period are whole but for this much."""


class FedPoint(Point):
    """One point of a junction that a current drives; see `Point`."""

    def evolve(self) -> dict[str, Part]:
        """What the record holds of this point."""
        return self.fed()

    def fed(self) -> dict[str, Part]:
        """A direct and an alternating current: the current-voltage curve and its steps."""
        v, levels = self.v, self.levels
        most = _largest(levels)
        follows = self.follows_lowest(most)
        noisy = self.noisy(follows)

        def relation(phase: Array) -> Array:
            return levels.current(phase, levels.lowest(phase) if follows else 1) / most

        speed = 2 * v["characteristic_voltage"] / v["frequency"]
        drive = current_drive.CurrentDrive(relation=relation, speed=speed, ac_current=v["ac_current"], noise=v["noise"])
        settle = v["periods"] // 2
        top = LARGEST_BIAS + v["ac_current"]
        found: dict[str, Part] = {"critical_current": ((), np.float64(most))}
        if noisy:
            bias = np.linspace(0, top, BIASES // 4 + 1)
            turned, jumps = drive.noisy_turns(
                bias, self.jump(levels, drive.steps), self.generators(1), periods=v["periods"], settle=settle
            )
            turns = turned.mean(axis=0)
            edges = current_drive.step_edges(lambda b: np.interp(b, bias, turns), bias, turns, STEPS, NOISY_LOCKED)
            found["jumps"] = (("bias_number",), jumps.mean(axis=0))
        else:
            bias = np.linspace(0, top, BIASES // (2 if self.e.quick else 1))
            options = {**self.options, "periods": v["periods"], "settle": settle}

            def measured(b: Array) -> Array:
                return drive.turns(b, **options)

            turns = measured(bias)
            found["jumps"] = (("bias_number",), np.full(len(bias), np.nan))
            edges = current_drive.step_edges(measured, bias, turns, STEPS, LOCKED)
        volt = v["frequency"] / 2
        middle = edges.mean(axis=1)
        inside = np.interp(np.nan_to_num(middle), bias, turns)
        if not noisy and np.isfinite(middle).any():
            inside = measured(np.nan_to_num(middle))
        found |= {
            "bias": (("bias_number",), bias),
            "mean_voltage": (("bias_number",), volt * turns),
            "step_edges": (("step", "edge"), edges),
            "step_voltage": (("step",), np.where(np.isfinite(middle), volt * inside, np.nan)),
        }
        return found | self.run_of_phase(drive)

    def follows_lowest(self, most: float) -> bool:
        """Whether the gap is so large that no passage keeps the branch, however fast a voltage of 3 RI_c makes it."""
        fastest = 2 * self.v["characteristic_voltage"] * (LARGEST_BIAS + 1 + self.v["ac_current"])
        return bool(self.levels.stays(fastest) < 1e-6)

    def noisy(self, follows: bool) -> bool:
        """Whether chance plays a part."""
        v = self.v
        crosses = not follows and self.levels.splitting > 0
        return bool(v["noise"] > 0 or v["relaxation"] > 0 or v["poisoning"] > 0 or crosses)

    def jump(self, levels: BranchLevels, steps: int) -> Any:
        """The rule for `CurrentDrive.noisy_turns`."""
        v = self.v
        width = 2 * np.pi / steps / v["frequency"]
        relax, poison = (-np.expm1(-v[name] * width) for name in ("relaxation", "poisoning"))
        odd = self.jumps.through_odd

        def rule(branch: Any, before: Array, after: Array, draws: Array) -> Any:
            passed = np.floor((before + np.pi) / (2 * np.pi)) != np.floor((after + np.pi) / (2 * np.pi))
            left = passed & (draws[0] >= levels.stays((after - before) / width))
            branch = np.where(left, -branch, branch)
            lowest = levels.lowest(after)
            branch = np.where((branch == -lowest) & (draws[1] < relax), lowest, branch)
            changed = np.where(branch == 0, lowest, 0 if odd else -branch)
            return np.where(draws[2] < poison, changed, branch).astype(np.int8)

        return rule

    def run_of_phase(self, drive: current_drive.CurrentDrive) -> dict[str, Part]:
        """The phase at one bias, without noise."""
        if self.e.ends_only:
            return {}
        clock = np.linspace(0, 16 * np.pi, 16 * self.samples + 1)
        closer = {**self.options, "tolerance": FINER * self.e.tolerance}
        phase = drive.follow(np.array([self.v["bias_current"]]), clock, **closer)[:, 0]
        return {
            "time": (("moment",), clock / self.v["frequency"]),
            "phase": (("moment",), phase),
            "current": (("moment",), drive.relation(phase)),
        }


def _largest(levels: BranchLevels) -> float:
    """The largest current of a branch."""
    phase = (np.arange(2000) + 0.5) * 4 * np.pi / 2000
    again = lambda x: levels.current(x, 1)  # noqa: E731
    return float(curves.peak(phase, levels.current(phase, 1)[None], again)[1][0])
