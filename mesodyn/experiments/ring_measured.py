"""The record of a ring as arrays, and what the spins of a turn do by theory: for all findings of a ring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import ring_theory as theory
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.rotation_theory import smooth, uniform

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.trap_ring import TrapRingExperiment

SOURCE = "DEFINITIONS 6.6"
PLACED = 1e-7
"""What fluxes that are searched for may be off."""


class Measured:
    """The record as arrays over the points, and what theory says of them; nan where no formula is valid."""

    def __init__(self, experiment: TrapRingExperiment, record: xarray.Dataset) -> None:
        self.experiment, self.record = experiment, record
        self.v = v = experiment.flat_values()
        self.traps, self.number = (int(experiment.values[name]) for name in ("traps", "number"))
        self.kind, self.spin = str(v["kind"]), experiment.spin
        self.t = np.broadcast_to(v["tunnelling"], self.flat("ground_energy").shape)
        self.cold = np.where(v["temperature"] == 0, 1.0, np.nan) + 0 * self.t
        self.off_jump = np.where(self.flat("gap") > 1e-7 * self.t, 1.0, np.nan)
        self.energy = theory.energy(self.traps, self.number, self.kind, v["tunnelling"], v["flux"])
        self.current = theory.current(self.traps, self.number, self.kind, v["tunnelling"], v["flux"])

    def flat(self, name: str) -> Any:
        """A variable of the record."""
        return self.experiment.flat(self.record[name])

    def finding(
        self,
        name: str,
        meaning: str,
        value: Any,
        unit: str = "",
        expected: Any = None,
        tolerance: Any = 0.0,
        equation: str = SOURCE,
        period: float | None = None,
    ) -> Finding:
        """A finding, as `Experiment.finding` makes it."""
        return self.experiment.finding(name, meaning, value, unit, expected, tolerance, equation, period)

    def at_end_of(self, segment: str) -> int:
        """The last moment of a segment."""
        return int(np.flatnonzero(self.record.segment.values == segment)[-1])


def rounding(m: Measured) -> Any:
    """What is lost to rounding and to the solver's tolerance."""
    scale = np.abs(m.flat("energy")).max(axis=0) + m.t
    return (1e-9 + 100 * m.experiment.tolerance) * m.t + 1e-12 * scale


def follow(m: Measured) -> tuple[Any, Any, Any, Any]:
    """Of one spin that follows its turned field: overlap with where it was, flips, and the errors of the two."""
    v = m.v
    if m.spin == 0:
        return 1.0 + 0 * m.t, 0 * m.t, 0 * m.t, 0 * m.t
    form = uniform if v["ramp"] == "uniform" else smooth
    half = form(v["zeeman"], v["field_angle"], v["turns"], v["rotation_time"])
    power = 2 * m.spin
    return half.overlap**power, power * half.flip, power * half.phase_error, power * half.flip_error


def ideal(m: Measured) -> Any:
    """1 where a turn has a formula: in the cold, away from a crossing, whole, with the links off; else nan."""
    v = m.v
    whole = np.abs(v["turns"] - np.round(v["turns"])) < 1e-12
    return np.where(whole & (v["links"] == "off"), 1.0, np.nan) * m.cold * m.off_jump


def over(part: Any, whole: Any, scale: Any) -> Any:
    """A ratio; nan where the denominator is nothing."""
    return part / np.where(np.abs(whole) > 1e-9 * scale, whole, np.nan)
