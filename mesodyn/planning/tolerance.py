"""How far each number may go before the target is missed, and which of them matters most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesodyn import seeds
from mesodyn.planning.budget import Budget
from mesodyn.planning.deciding import Demand, rough_duration
from mesodyn.planning.signals.base import Array, Knob, Seen, Signal

STEPS = 10
"""Halvings of the interval in which a tolerance is looked for."""
SAMPLES = 64
"""Samples of the Sobol indices (a power of two), for each of the numbers and twice more."""
SMALL = 1e-3
SOBOL = 7
"""The place of these draws in the tree of seeds."""


@dataclass(frozen=True)
class Tolerance:
    """How far one number may go, all others as planned.

    Attributes
    ----------
    knob
        Its name.
    planned, limit
        As texts with units; where nothing that was tried spoils the plan, `limit` says up to where.
    room
        `limit` over `planned`; nan where one of them is 0 or there is no limit.
    value
        The limit in base units; nan where there is none.
    """

    knob: str
    planned: str
    limit: str
    room: float
    value: float


def tolerances(signal: Signal, known: Mapping[str, Seen], demand: Demand, time: float | None) -> list[Tolerance]:
    """Bisect each number between what is planned and far too bad, all numbers in one batch.

    Times are those of the normal approximation; `time` is the exact one of the plan. The target is missed when the
    shots that it takes no longer fit into the time of the plan. There is no limit where the worst value still meets
    the target, and where the plan itself misses it.
    """
    names = [knob.name for knob in signal.knobs]
    good = np.array([signal.base[name] for name in names])
    bad = np.array([signal.worst(knob) for knob in signal.knobs])

    def times(values: Array) -> Array:
        """How long it takes with the k-th number alone changed to the k-th value."""
        rows = {n: np.where(np.arange(len(names)) == k, values[k], good[k]) for k, n in enumerate(names)}
        seen = signal.see(signal.case(signal.truth), rows)
        return rough_duration(seen, signal.rivals(seen, known), demand)

    with signal.coarsely():
        met, limited = time is not None and time <= demand.time, ~(times(bad) <= demand.time)
        by_ratio = good * bad > 0
        low, high = good.copy(), bad.copy()
        for _ in range(STEPS if met else 0):
            middle = np.where(by_ratio, np.sqrt(np.abs(low * high)) * np.sign(high), (low + high) / 2)
            fine = times(middle) <= demand.time
            low, high = np.where(fine, middle, low), np.where(fine, high, middle)
    return [
        _tolerance(signal, names[k], good[k], low[k], bad[k], met and bool(limited[k]), met) for k in range(len(names))
    ]


def _tolerance(
    signal: Signal, name: str, planned: float, limit: float, worst: float, limited: bool, met: bool
) -> Tolerance:
    tried = f"beyond {signal.shown(name, worst, 3)}" if met else "none: the plan itself misses the target"
    shown = signal.shown(name, limit, 3) if limited else tried
    room = limit / planned if limited and planned else np.nan
    value = limit if limited else np.nan
    return Tolerance(name, signal.shown(name, float(planned)), shown, float(room), float(value))


@dataclass(frozen=True)
class Sobol:
    """How much of the spread of the contrast comes from each number, alone and with all others."""

    knobs: tuple[str, ...]
    ranges: tuple[tuple[str, str], ...]
    first: tuple[float, ...]
    total: tuple[float, ...]
    spread: float


def sobol(signal: Signal, found_costs: Budget, seed: int, factor: float = 2.0) -> Sobol | None:
    """Sobol indices of the contrast, imperfections being anywhere from their best to `factor` times the plan.

    Those that cost less than `SMALL` of the contrast alone are left as they are. None where fewer than two vary.
    """
    from scipy import stats

    alone = {cost.knob: found_costs.ideal - cost.alone for cost in found_costs.costs}
    knobs = [k for k in signal.knobs if _varies(signal, k) and abs(alone[k.name]) > SMALL * found_costs.ideal]
    if len(knobs) < 2:
        return None
    ends = [_range(signal, knob, factor) for knob in knobs]
    truth = signal.case(signal.truth)

    def contrast(x: Any) -> Any:
        flat = np.asarray(x).reshape(len(knobs), -1)
        seen = signal.see(truth, {knob.name: flat[k] for k, knob in enumerate(knobs)})
        return signal.contrast(seen).reshape(1, *np.asarray(x).shape[1:])

    dists = [stats.uniform(loc=low, scale=high - low) for low, high in ends]  # type: ignore[attr-defined]
    with signal.coarsely():
        found = stats.sobol_indices(func=contrast, n=SAMPLES, dists=dists, rng=seeds.generator(seed, SOBOL))
    shown = tuple(
        (signal.shown(k.name, a, 3), signal.shown(k.name, b, 3)) for k, (a, b) in zip(knobs, ends, strict=True)
    )
    first, total = (tuple(float(v) for v in np.ravel(x)) for x in (found.first_order, found.total_order))
    values = contrast(np.stack([d.ppf(np.linspace(0.02, 0.98, 16)) for d in dists]))
    return Sobol(tuple(k.name for k in knobs), shown, first, total, float(np.ptp(values)))


def _varies(signal: Signal, knob: Knob) -> bool:
    return knob.ideal is not None and signal.base[knob.name] != knob.ideal


def _range(signal: Signal, knob: Knob, factor: float) -> tuple[float, float]:
    best = signal.ideal(knob)
    far = best + factor * (signal.base[knob.name] - best)
    return min(best, far), max(best, far)
