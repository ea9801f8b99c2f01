"""What each imperfection costs: the measurement simulated with that one alone, without it, and with all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mesodyn.planning.signals.base import Knob, Signal

COUNTED = 1e-6
"""Knobs that change nothing by more than this are not listed as costs."""


@dataclass(frozen=True)
class Cost:
    """What one imperfection costs.

    Attributes
    ----------
    step, knob, meaning, value
        Where it acts, its name, what it is, and its number with unit.
    alone
        The contrast with this imperfection and no other.
    without
        The contrast with all others.
    kept
        The share of the shots that is kept with this imperfection and no other.
    """

    step: str
    knob: str
    meaning: str
    value: str
    alone: float
    without: float
    kept: float


@dataclass(frozen=True)
class Budget:
    """All costs, and the contrast with none and with all of the imperfections."""

    ideal: float
    everything: float
    kept: float
    costs: tuple[Cost, ...]

    @property
    def worst(self) -> Cost | None:
        """The imperfection that costs most alone; None where nothing costs anything."""
        found = max(self.costs, key=lambda cost: self.ideal - cost.alone, default=None)
        return found if found and self.ideal - found.alone > COUNTED else None


def budget(signal: Signal) -> Budget:
    """Simulate the truth with each imperfection alone, with all but each, with none and with all: one batch."""
    knobs, truth = signal.knobs, signal.case(signal.truth)
    ideal = {knob.name: signal.ideal(knob) for knob in knobs}
    rows: list[Mapping[str, float]] = [ideal, signal.base]
    rows += [ideal | {knob.name: signal.base[knob.name]} for knob in knobs]
    rows += [signal.base | {knob.name: ideal[knob.name]} for knob in knobs]
    seen = signal.see(truth, {name: np.array([row[name] for row in rows]) for name in ideal})
    contrast, kept = signal.contrast(seen), seen.kept.mean(axis=0)
    count = len(knobs)

    def cost(k: int, knob: Knob) -> Cost:
        value = signal.shown(knob.name, signal.base[knob.name])
        alone, without = float(contrast[2 + k]), float(contrast[2 + count + k])
        return Cost(knob.step, knob.name, knob.meaning, value, alone, without, float(kept[2 + k]))

    costs = tuple(cost(k, knob) for k, knob in enumerate(knobs))
    return Budget(float(contrast[0]), float(contrast[1]), float(kept[1]), costs)
