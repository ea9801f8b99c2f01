"""The difference between two settings where the contrast is not known: its exact error rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesodyn import checks
from mesodyn.errors import InputError
from mesodyn.planning.binomial import ALPHA_5, NOT_DISTINGUISHABLE, SAME, sigmas

Array = NDArray[np.float64]

COMMON = np.concatenate([[0.005, 0.01, 0.015, 0.02, 0.03], np.linspace(0.04, 0.5, 36)])
"""Equal probabilities at which false alarms are counted (by symmetry also 1 - p); between them 1 % more at most."""
EXACT = 5000
"""Up to so many shots in each setting the limit is made exact; beyond, it is that of the normal distribution."""
LARGEST = 1e6
"""No limit of z is looked for beyond this."""
SIGMAS = 10
"""Counts further than this from their mean are left out (a chance of 1e-20)."""
IN_A_ROW = 6
"""So many shot numbers must do, one after the other."""


@dataclass(frozen=True)
class Difference:
    """How many shots show that two settings differ, whatever their common level and contrast are.

    The rule: they differ when ``z >= limit``, the difference of the shares over its standard error, with the variances
    of the two not pooled.

    Attributes
    ----------
    total
        Shots of both settings together, half of them in each; None where there is no number.
    limit
        Of z.
    size
        The exact chance of a false alarm at that limit, the largest over all equal probabilities.
    plain_size
        The same if the limit were the nominal number of sigmas.
    power
        The exact chance of seeing the difference that was given.
    gaussian
        The total in the normal approximation, not rounded.
    reason
        Why there is no number.
    """

    total: int | None
    limit: float
    size: float
    plain_size: float
    power: float
    gaussian: float
    reason: str = ""


def statistic(one: ArrayLike, two: ArrayLike, shots: int) -> Array:
    """The difference of two counts out of `shots` each, over its unpooled standard error; infinite where that is 0."""
    a, b = np.broadcast_arrays(np.asarray(one, float) / shots, np.asarray(two, float) / shots)
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / shots)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(a == b, 0.0, (a - b) / error)


def rate(p_one: float, p_two: float, shots: int, limit: float) -> float:
    """The exact chance that z reaches the limit (positive), with `shots` in each setting."""
    return _reached(*_prepared(p_one, p_two, shots), shots, limit)


def worst_rate(shots: int, limit: float) -> float:
    """The largest chance of a false alarm over all equal probabilities."""
    return max(rate(p, p, shots, limit) for p in COMMON.tolist())


@lru_cache(maxsize=1024)
def exact_limit(shots: int, alpha: float) -> float:
    """The smallest limit of z (to 1e-6) with false alarms below `alpha` at every equal probability; inf without one."""
    ready = [_prepared(p, p, shots) for p in COMMON.tolist()]

    def keeps(limit: float) -> bool:
        return all(_reached(*one, shots, limit) < alpha for one in ready)

    low, high = 0.0, max(sigmas(alpha), 1.0)
    while not keeps(high):
        if high > LARGEST:
            return math.inf
        low, high = high, 2 * high
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if keeps(middle) else (middle, high)
    return high


def difference_shots(p_one: float, p_two: float, alpha: float = ALPHA_5, power: float = 0.5) -> Difference:
    """How many shots show that p_one > p_two, when neither is known beforehand.

    Parameters
    ----------
    p_one, p_two
        The true probabilities in the two settings, such as even and odd turns.
    alpha
        The largest chance of a false alarm, whatever the common probability is, in (0, 1/2].
    power
        The chance of seeing the difference, in (0, 1).

    Returns
    -------
    Difference
        Up to `EXACT` shots in each setting the limit of z is the exact one. Beyond, it is that of the normal
        distribution, and `size` says what that really means.

    Examples
    --------
    >>> found = difference_shots(0.9, 0.1)
    >>> found.total, found.size < ALPHA_5 < found.plain_size
    (36, True)
    """
    checks.number("p_one", p_one, low=0, high=1)
    checks.number("p_two", p_two, low=0, high=1)
    checks.number("alpha", alpha, above=0, high=0.5)
    checks.number("power", power, above=0, high=1 - 1e-12)
    if p_one - p_two < SAME:
        if p_two - p_one >= SAME:
            raise InputError("p_one", "at least p_two", p_one, "exchange the settings")
        return Difference(None, math.nan, math.nan, math.nan, math.nan, math.inf, NOT_DISTINGUISHABLE)
    nominal = sigmas(alpha)
    spread = p_one * (1 - p_one) + p_two * (1 - p_two)
    each = max(nominal - sigmas(power), 0.0) ** 2 * spread / (p_one - p_two) ** 2
    if each > EXACT:
        shots, limit = math.ceil(each), nominal
    else:
        shots = _enough(p_one, p_two, alpha, power, each)
        limit = exact_limit(shots, alpha)
    plain, seen = worst_rate(shots, nominal), rate(p_one, p_two, shots, limit)
    size = plain if limit == nominal else worst_rate(shots, limit)
    return Difference(2 * shots, limit, size, plain, seen, 2 * each)


def _enough(p_one: float, p_two: float, alpha: float, power: float, start: float) -> int:
    """The first shots in each setting that do, and the next as well."""

    def does(shots: int) -> bool:
        limit = exact_limit(shots, alpha)
        return limit < math.inf and rate(p_one, p_two, shots, limit) >= power

    low, high = 0, max(2, math.ceil(start))
    while not does(high):
        low, high = high, high + max(1, high // 8)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if does(middle) else (middle, high)
    row, shots = 0, high - 1
    while row < IN_A_ROW:
        shots += 1
        row = row + 1 if does(shots) else 0
    return shots - IN_A_ROW + 1


def _prepared(p_one: float, p_two: float, shots: int) -> tuple[Array, Array, int, Array]:
    """Counts of the first setting and their chances; the first count of the second, and the chances of at most that."""
    (k, one), (m, two) = _counts(p_one, shots), _counts(p_two, shots)
    return k, one, int(m[0]), np.concatenate([[0.0], np.cumsum(two)])


def _reached(k: Array, one: Array, first: int, below: Array, shots: int, limit: float) -> float:
    """The chance of z >= limit: for each count k of one setting, that of at most so many in the other.

    z >= limit up to the smaller root, in the second share, of a quadratic equation.
    """
    a, c = k / shots, limit**2 / shots
    half = 2 * a + c
    root = (half - np.sqrt(np.maximum(half**2 - 4 * (1 + c) * (a**2 - c * a * (1 - a)), 0.0))) / (2 * (1 + c))
    most = np.where(k > 0, np.floor(root * shots + 1e-7), -1).astype(np.int64)
    return float(one @ below[np.clip(most - first + 1, 0, len(below) - 1)])


def _counts(p: float, shots: int) -> tuple[Array, Array]:
    """The counts that may come, and their chances."""
    spread = SIGMAS * math.sqrt(shots * p * (1 - p)) + SIGMAS**2
    low, high = max(0, math.floor(shots * p - spread)), min(shots, math.ceil(shots * p + spread))
    k = np.arange(low, high + 1)
    return k.astype(float), _chances(k, p, shots)


def _chances(k: NDArray[np.int64], p: float, shots: int) -> Array:
    """Binomial chances."""
    from scipy.special import gammaln, xlog1py, xlogy

    ways = gammaln(shots + 1) - gammaln(k + 1) - gammaln(shots - k + 1)
    return np.asarray(np.exp(ways + xlogy(k, p) + xlog1py(shots - k, -p)))
