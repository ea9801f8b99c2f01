"""Which cases a measurement tells apart, and by how many shots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mesodyn import seeds
from mesodyn.accounts import ACCOUNTS
from mesodyn.planning.binomial import MOST, at_least, balanced, exact_shots, sigmas, tail
from mesodyn.planning.scores import Share
from mesodyn.planning.signals.base import SAME, Array, Seen, Signal

CAMPAIGN = 9
"""The place of simulated campaigns in the tree of seeds."""
Noise = tuple[float, float] | None
"""Of one reading, if a or if b is true; None for counts."""


@dataclass(frozen=True)
class Demand:
    """What is asked of a decision.

    Parameters
    ----------
    sigma
        Standard deviations, one-sided, of every wrong claim.
    power
        The chance with which a rival that can only be excluded (the mixture) is excluded.
    cycle_time
        From one shot to the next [s, or natural].
    time
        For how long shots can be taken.
    """

    sigma: float
    power: float
    cycle_time: float
    time: float

    @property
    def alpha(self) -> float:
        """The largest chance of a wrong claim."""
        return tail(self.sigma)

    def beta(self, excluded: bool) -> float:
        """The largest chance of missing what is true."""
        return 1 - self.power if excluded else self.alpha


@dataclass(frozen=True)
class Rival:
    """What the truth has to be told from, at one setting; values (points,).

    Attributes
    ----------
    name
        Of a case, or what it would mean.
    setting
        Index of the setting.
    value
        What it predicts there.
    above
        Whether the truth lies above it.
    excluded
        Whether it is only to be excluded (with the plan's power), rather than decided for.
    noise
        Standard deviation (points,) of one reading if it is true; None where it is that of the truth.
    """

    name: str
    setting: int
    value: Array
    above: bool
    excluded: bool = False
    noise: Array | None = None


@dataclass(frozen=True)
class Pair:
    """Two cases: whether the measurement tells them apart, at which setting, by how many kept shots there."""

    one: str
    other: str
    setting: str
    values: tuple[float, float]
    shots: int | None
    gaussian: float
    reason: str


def pairs(signal: Signal, seen: Mapping[str, Seen], demand: Demand) -> list[Pair]:
    """All pairs of cases, each at the setting that tells most; only accounts, and the truth against the nulls."""
    nothing = (math.nan, math.nan), None, math.inf, signal.untold
    accounts = [Pair(one, other, "", *nothing) for one, other in combinations(ACCOUNTS, 2)] if signal.untold else []
    return accounts + [
        pair(signal, one.name, other.name, seen, demand)
        for one, other in combinations(signal.cases, 2)
        if not (one.null and other.null) and not (other.null and one.name != signal.truth)
    ]


def pair(signal: Signal, one: str, other: str, seen: Mapping[str, Seen], demand: Demand) -> Pair:
    """One pair."""
    a, b = seen[one], seen[other]
    differences = np.abs(a.value[:, 0] - b.value[:, 0])
    clear = differences if a.noise is None or b.noise is None else differences / (a.noise + b.noise)[:, 0]
    k = int(np.nanargmax(clear))
    values = float(a.value[k, 0]), float(b.value[k, 0])
    why = signal.apart(signal.case(one), signal.case(other))
    if np.nanmax(differences) <= SAME * signal.largest:
        why = why or "they predict the same at every setting"
    if why:
        return Pair(one, other, signal.settings[k], values, None, math.inf, why)
    both = None if a.noise is None or b.noise is None else (float(a.noise[k, 0]), float(b.noise[k, 0]))
    count, rough = shots(values[0], values[1], both, demand, False)
    return Pair(one, other, signal.settings[k], values, count, rough, "" if count else "more shots than anyone takes")


def shots(a: float, b: float, noise: Noise, demand: Demand, excluded: bool) -> tuple[int | None, float]:
    """Kept shots that tell a from b: exactly, and in the normal approximation, which is exact for readings.

    None and inf where they are the same, or where it takes more than `MOST`.
    """
    alpha, beta = demand.alpha, demand.beta(excluded)
    if noise is None:
        found = exact_shots(min(max(a, 0.0), 1.0), min(max(b, 0.0), 1.0), alpha, beta)
        return found.every, found.gaussian if found.every is not None else math.inf
    rough = readings(abs(a - b), noise, alpha, beta)
    return (max(1, math.ceil(rough)), rough) if rough <= MOST else (None, math.inf)


def readings(gap: float, noise: tuple[float, float], alpha: float, beta: float) -> float:
    r"""Readings with normal noises :math:`\sigma_a, \sigma_b` that tell a from b, :math:`\Delta` away.

    .. math:: n = \left(\frac{z_\alpha\sigma_b + z_\beta\sigma_a}{\Delta}\right)^2

    Their mean is compared with :math:`z_\alpha\sigma_b/\sqrt n` beyond b. It is inf where a and b are equal.

    Examples
    --------
    >>> readings(0.5, (1.0, 1.0), tail(5), tail(5))
    400.0
    """
    if gap == 0:
        return math.inf
    return float(((sigmas(alpha) * noise[1] + max(sigmas(beta), 0.0) * noise[0]) / gap) ** 2)


def recommended(
    signal: Signal, seen: Seen, rivals: Sequence[Rival], demand: Demand
) -> tuple[list[dict[str, Any]], int | None]:
    """What each rival asks for, and the largest: the number of kept shots per setting."""
    rows: list[dict[str, Any]] = []
    for rival in rivals:
        k = rival.setting
        a, b = float(seen.value[k, 0]), float(rival.value[0])
        count, rough = shots(a, b, _noises(seen, rival), demand, rival.excluded)
        reason = "" if count is not None else f"the same, or more than {MOST:.0e} shots"
        if count is not None and (a > b) != rival.above:
            count, rough, reason = None, math.inf, "it lies on the other side"
        known = 1 - demand.beta(rival.excluded)
        row: dict[str, Any] = {
            "against": rival.name,
            "setting": signal.settings[k],
            "expected": a,
            "rival": b,
            "shots": count,
        }
        rows.append(row | {"gaussian": rough, "power": known, "reason": reason})
    counts: list[int | None] = [row["shots"] for row in rows]
    known_counts = [count for count in counts if count is not None]
    return rows, max(known_counts) if known_counts and len(known_counts) == len(counts) else None


def rates(
    signal: Signal, seen: Seen, rivals: Sequence[Rival], shots: int | None, demand: Demand, count: int, seed: int
) -> list[dict[str, Any]]:
    """Simulated campaigns of the recommended length: how many decide rightly if the truth, or if its rival, is true."""
    if shots is None:
        return []
    found = []
    for number, rival in enumerate(rivals):
        k, noise = rival.setting, _noises(seen, rival)
        a, b = float(seen.value[k, 0]), float(rival.value[0])
        if noise is None:
            a, b = (min(max(x, 0.0), 1.0) for x in (a, b))
        rule, promised = (
            _counts(a, b, shots, demand, rival.excluded) if noise is None else _means(a, b, noise, shots, demand)
        )
        row: dict[str, Any] = {"against": rival.name, "setting": signal.settings[k], "campaigns": count}
        for place, (name, truth) in enumerate((("right_if_true", a), ("right_if_rival", b))):
            numbers = seeds.generator(seed, CAMPAIGN, number, place)
            drawn = (
                numbers.binomial(shots, truth, count)
                if noise is None
                else numbers.normal(truth, noise[place] / math.sqrt(shots), count)
            )
            said = rule(drawn) if place == 0 else ~rule(drawn)
            share = Share(int(said.sum()), count)
            row |= {name: share.value, f"{name}_error": share.error, f"{name}_promised": promised[place]}
        found.append(row)
    return found


def _noises(seen: Seen, rival: Rival) -> Noise:
    """Of one reading at the rival's setting, if the truth or if the rival is true."""
    if seen.noise is None:
        return None
    own = float(seen.noise[rival.setting, 0])
    return own, own if rival.noise is None else float(rival.noise[0])


def _counts(a: float, b: float, shots: int, demand: Demand, excluded: bool) -> Any:
    """The rule for counts that says the truth, and its exact chances of being right."""
    high, low = (a, b) if a > b else (1 - a, 1 - b)
    threshold = balanced(shots, high, low, demand.alpha, demand.beta(excluded))
    promised = 1 - at_least(shots - threshold + 1, shots, 1 - high), 1 - at_least(threshold, shots, low)

    def rule(counts: Any) -> Any:
        return (counts if a > b else shots - counts) >= threshold

    return rule, tuple(float(p) for p in promised)


def _means(a: float, b: float, noise: tuple[float, float], shots: int, demand: Demand) -> Any:
    """The same for means of readings; the threshold keeps the wrong claims at the target."""
    from scipy.special import ndtr

    spread, sign = np.array(noise) / math.sqrt(shots), 1 if a > b else -1
    limit = b + sign * demand.sigma * spread[1]
    promised = float(ndtr(sign * (a - limit) / spread[0])), float(ndtr(demand.sigma))
    return (lambda means: sign * (means - limit) >= 0), promised


def duration(seen: Seen, count: float | Array, demand: Demand) -> Array:
    """How long it takes to keep `count` shots at every setting (points,)."""
    found: Array = demand.cycle_time * (np.asarray(count) / np.maximum(seen.kept, 1e-300)).sum(axis=0)
    return found


def rough_duration(seen: Seen, rivals: Sequence[Rival], demand: Demand) -> Array:
    """The same from the normal approximation, point by point: smooth, for maps and searches.

    It is inf where the truth lies on the wrong side of a rival.
    """
    most = np.ones(seen.value.shape[1])
    for rival in rivals:
        a, beta = seen.value[rival.setting], demand.beta(rival.excluded)
        b = np.broadcast_to(rival.value, a.shape)
        if seen.noise is None:
            spread = _binomial(a, b)
        else:
            own = seen.noise[rival.setting]
            spread = np.stack([own, own if rival.noise is None else np.broadcast_to(rival.noise, own.shape)])
        scatter = sigmas(demand.alpha) * spread[1] + max(sigmas(beta), 0.0) * spread[0]
        need = np.divide(scatter, a - b, out=np.full(a.shape, np.inf), where=a != b)
        right = np.isfinite(need) & (need > 0 if rival.above else need < 0)
        most = np.maximum(most, np.where(right, need**2, np.inf))
    return duration(seen, most, demand)


def _binomial(a: Array, b: Array) -> Array:
    """Standard deviations (2, points) of one yes or no."""
    p = np.clip(np.stack([a, b]), 0, 1)
    return np.sqrt(np.maximum(p * (1 - p), 1e-6))
