"""How many shots decide between two probabilities of one outcome: binomial tails, summed exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesodyn import checks
from mesodyn.errors import InputError, Shown

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Rooms = Callable[[Any], Any]

ALPHA_5 = 2.866515718791933e-07
"""The one-sided tail of a normal distribution beyond five standard deviations."""
SAME = 1e-9
"""Probabilities that differ by less are taken as equal: the simulation does not know them better."""
MOST = 10**9
"""No shot number beyond this is given."""
NOT_DISTINGUISHABLE = "not distinguishable"


@dataclass(frozen=True)
class Shots:
    """How many shots decide between a and b, and by which rule.

    The rule: add up a score for each outcome that was seen; it was a when the sum is at least `threshold`, b otherwise.

    Attributes
    ----------
    first
        The smallest number of shots at which both errors are below what was asked for. None where there is none.
    every
        The number of shots from which on they always are (the discreteness of counts makes single numbers above `first`
        fail). None where there is none. This is the one to use.
    threshold
        Of the sum of scores, at `every` shots.
    scores
        Of the outcomes, in their order.
    error_a, error_b
        The exact chances, at `every` shots, of calling a b and of calling b an a.
    gaussian
        What the normal approximation says, not rounded; inf where a and b are equal.
    method
        "binomial", "scores", or "scores, not every number tried": then `first` and `every` are numbers that work, and
        from `every` on there is room for a whole score, but a smaller one may work as well.
    reason
        Why there is no number; empty where there is one.
    """

    first: int | None
    every: int | None
    threshold: int | None
    scores: tuple[float, ...]
    error_a: float
    error_b: float
    gaussian: float
    method: str = "binomial"
    reason: str = ""

    @property
    def number(self) -> int:
        """`every`; an `InputError` with the reason where there is none."""
        if self.every is None:
            raise InputError("a and b", "distinguishable by these outcomes", Shown(self.reason))
        return self.every

    def decide(self, counts: ArrayLike) -> Any:
        """Whether counts ``[..., outcome]`` of `every` shots say a: True or False, or an array (...)."""
        if self.threshold is None:
            raise InputError("counts", "of a measurement that can decide", Shown(self.reason))
        total = np.asarray(counts) @ np.asarray(self.scores)
        return total >= self.threshold - 0.5

    def as_json(self) -> dict[str, Any]:
        """As numbers, texts and lists; None stands for what is not finite."""
        found = asdict(self)
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in found.items()}


def nothing(reason: str, gaussian: float = math.inf, method: str = "binomial") -> Shots:
    """No shot number, and why."""
    return Shots(None, None, None, (), math.nan, math.nan, gaussian, method, reason)


def sigmas(error: float) -> float:
    """How many standard deviations a one-sided error is.

    Examples
    --------
    >>> round(sigmas(ALPHA_5), 6)
    5.0
    """
    from scipy.special import ndtri

    return float(-ndtri(error))


def tail(sigma: float) -> float:
    """The one-sided error of so many standard deviations."""
    from scipy.special import ndtr

    return float(ndtr(-sigma))


def at_least(count: ArrayLike, shots: ArrayLike, probability: float) -> Array:
    """The chance of at least `count` successes in `shots`; 1 below one success, 0 above `shots`."""
    from scipy.special import betainc

    k, n = np.broadcast_arrays(np.asarray(count, float), np.asarray(shots, float))
    inside = (k >= 1) & (k <= n)
    found = betainc(np.where(inside, k, 1.0), np.where(inside, n - k + 1, 1.0), probability)
    return np.asarray(np.where(k < 1, 1.0, np.where(k > n, 0.0, found)))


def least_count(shots: ArrayLike, probability: float, alpha: float) -> Whole:
    """The smallest count that is reached with a chance below `alpha`; at most shots + 1."""
    n = np.asarray(shots, np.int64)
    low, high = np.zeros_like(n), n + 1
    while np.any(high - low > 1):
        middle = (low + high) // 2
        rare = at_least(middle, n, probability) < alpha
        low, high = np.where(rare, low, middle), np.where(rare, middle, high)
    return high


def room(shots: ArrayLike, p: float, q: float, alpha: float, beta: float) -> Whole:
    """How many thresholds decide p > q with q called p at most alpha and p called q at most beta, less one."""
    n = np.asarray(shots, np.int64)
    return np.asarray(n + 1 - least_count(n, 1 - p, beta) - least_count(n, q, alpha))


def exact_shots(p: float, q: float, alpha: float = ALPHA_5, beta: float | None = None) -> Shots:
    r"""How many shots tell the probability p of an outcome from q, by exact binomial tails (DEFINITIONS 6.10).

    Parameters
    ----------
    p, q
        Probabilities of one outcome under the two hypotheses a and b, in [0, 1].
    alpha
        The largest chance of calling q a p, in (0, 1/2].
    beta
        The largest chance of calling p a q, in (0, 1); without it `alpha`. 1/2 asks for the median only.

    Returns
    -------
    Shots
        Its outcomes are (the outcome, anything else). Without a number where p and q are equal ("not
        distinguishable") or where more than `MOST` shots are needed.

    Raises
    ------
    InputError
        When an argument is out of range.

    Notes
    -----
    For real thresholds the room between the smallest that keeps alpha and the largest that keeps beta grows with n from
    where it is not negative. A whole threshold fits for certain where the room is at least 1, and for certain not where
    it is negative: between these every n is tried.

    Examples
    --------
    >>> found = exact_shots(0.9, 0.1)
    >>> found.first, found.every, found.threshold, round(found.gaussian, 4)
    (25, 27, 14, 14.0625)
    """
    checks.number("p", p, low=0, high=1)
    checks.number("q", q, low=0, high=1)
    checks.number("alpha", alpha, above=0, high=0.5)
    beta = alpha if beta is None else beta
    checks.number("beta", beta, above=0, high=1 - 1e-12)
    rough = rough_shots(p, q, alpha, beta)
    if abs(p - q) < SAME:
        return nothing(NOT_DISTINGUISHABLE)
    if rough > MOST:
        return nothing(f"more than {MOST:.0e} shots", rough)
    scores = (1.0, 0.0) if p > q else (0.0, 1.0)
    high, low = (p, q) if p > q else (1 - p, 1 - q)
    first, every = tried(lambda n: room(n, high, low, alpha, beta), rough)
    threshold = balanced(every, high, low, alpha, beta)
    errors = float(at_least(every - threshold + 1, every, 1 - high)), float(at_least(threshold, every, low))
    return Shots(first, every, threshold, scores, *errors, rough)


def rough_shots(p: float, q: float, alpha: float, beta: float) -> float:
    """The same in the normal approximation; inf where p and q are equal."""
    if abs(p - q) < SAME:
        return math.inf
    spread = sigmas(alpha) * math.sqrt(q * (1 - q)) + sigmas(beta) * math.sqrt(p * (1 - p))
    return (max(spread, 0.0) / (p - q)) ** 2


def balanced(shots: int, p: float, q: float, alpha: float, beta: float) -> int:
    """Of the thresholds that keep both errors (p > q), the one whose larger error, in units of its limit, is least."""
    lowest = int(least_count(shots, q, alpha))
    tried = np.arange(lowest, lowest + int(room(shots, p, q, alpha, beta)) + 1)
    errors = at_least(shots - tried + 1, shots, 1 - p) / beta, at_least(tried, shots, q) / alpha
    return int(tried[np.argmin(np.maximum(*errors))])


def worst_error(shots: int, p: float, q: float) -> float:
    """The larger of the two errors at the threshold that makes it least.

    Examples
    --------
    >>> error = worst_error(15, 0.9, 0.1)
    >>> f"{error:.2e}", round(sigmas(error), 2)
    ('3.36e-05', 3.99)
    """
    high, low = max(p, q), min(p, q)

    def errors(t: int) -> tuple[float, float]:
        return float(at_least(shots - t + 1, shots, 1 - high)), float(at_least(t, shots, low))

    crossing = _turn(lambda t: errors(t)[0] >= errors(t)[1], 0, shots + 1)
    return min(max(errors(t)) for t in (crossing - 1, crossing))


def tried(rooms: Rooms, rough: float, wide: int = 1, most: int = MOST) -> tuple[int, int]:
    """The first number of shots with room, and that from which on there always is.

    `wide` is what one shot may add. No more than `most` numbers are tried on either side of one with just enough room.
    """
    enough = turning(rooms, rough, wide)
    none = _turn(lambda n: int(rooms(n)) > -2 * wide, 0, enough)
    if enough - none > 2 * most:
        about = turning(rooms, rough, 0)
        none, enough = max(none, about - most), min(enough, about + most)
    numbers = np.arange(none, enough + 1)
    works = rooms(numbers) >= 0
    failing = np.flatnonzero(~works)
    every = numbers[failing[-1] + 1] if len(failing) else numbers[0]
    return int(numbers[np.argmax(works)]), int(every)


def turning(rooms: Rooms, rough: float, least: int) -> int:
    """A number of shots with at least so much room, while one less has not."""
    enough = max(1, math.ceil(rough))
    while int(rooms(enough)) < least:
        enough += max(1, enough // 8)
    return _turn(lambda n: int(rooms(n)) >= least, 0, enough)


def _turn(true: Callable[[int], bool], low: int, high: int) -> int:
    """A number above `low` at which `true` holds, though not just below; it holds at `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if true(middle) else (middle, high)
    return high
