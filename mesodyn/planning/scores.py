"""How many shots decide between two distributions of several outcomes: scores that add up, their sum exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesodyn import checks
from mesodyn.errors import InputError
from mesodyn.planning.binomial import (
    ALPHA_5,
    MOST,
    NOT_DISTINGUISHABLE,
    SAME,
    Shots,
    exact_shots,
    nothing,
    sigmas,
    tried,
)
from mesodyn.seeds import generator

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

FINE, COARSE = 32, 8
"""Scores are multiples of their standard deviation over this: they lose 1e-4 (1e-3) of the information at most."""
COUNTLESS = 100_000
"""Beyond about so many shots the scores are coarse."""
RARE = 1e-12
"""A probability below this counts as this one in a score (not in an error)."""
LOST = 1e-18
"""Chance that a sum of scores is outside of what is enumerated."""
MANY = 3000
"""Up to about so many shots single numbers are tried."""
AROUND = 50
"""So many numbers on either side of one that has just room: sums of scores are too fine for a gap further off."""


def shots_against(
    distribution_a: ArrayLike, distribution_b: ArrayLike, alpha: float = ALPHA_5, beta: float | None = None
) -> Shots:
    r"""How many shots tell two distributions of outcomes apart, by the sum of their log-likelihood ratios.

    Parameters
    ----------
    distribution_a, distribution_b
        Probabilities of the same outcomes under a and b, (outcome), each adding up to 1.
    alpha
        The largest chance of calling b an a, in [1e-12, 1/2].
    beta
        The largest chance of calling a b, in [1e-12, 1); without it `alpha`.

    Returns
    -------
    Shots
        With the scores of the outcomes. Without a number where the distributions are equal.

    Raises
    ------
    InputError
        When a distribution is none, they have different numbers of outcomes, or an error rate is out of range.

    Notes
    -----
    The score of an outcome is :math:`\ln(a_i/b_i)`, rounded to whole multiples of a small step. The rule is that of
    the rounded scores, and its errors are exact: the sum of n scores has the n-th power of the characteristic function
    of one. Where only two scores differ this is the binomial test of `exact_shots`.

    Examples
    --------
    Heat of 2|J|, 0 or -2|J| after one turn, from fixed total numbers or from the product of two traps' states:

    >>> found = shots_against([0.854, 0.140, 0.006], [0.463, 0.493, 0.044])
    >>> found.every, found.method
    (130, 'scores')
    """
    a, b = distributions(distribution_a, distribution_b)
    checks.number("alpha", alpha, low=RARE, high=0.5)
    beta = alpha if beta is None else beta
    checks.number("beta", beta, low=RARE, high=1 - RARE)
    if np.abs(a - b).max() < SAME:
        return nothing(NOT_DISTINGUISHABLE, method="scores")
    scores = whole_scores(a, b)
    if _rough(a, b, scores, alpha, beta) > COUNTLESS:
        scores = whole_scores(a, b, COARSE)
    values, place = np.unique(scores, return_inverse=True)
    if len(values) == 2:
        found = exact_shots(float(a @ place), float(b @ place), alpha, beta)
        return Shots(**{**vars(found), "scores": tuple(place.astype(float).tolist()) if found.scores else ()})
    rough = _rough(a, b, scores, alpha, beta)
    if rough > MOST:
        return nothing(f"more than {MOST:.0e} shots", rough, "scores")
    return _searched(a, b, scores, alpha, beta, rough)


def distributions(*given: ArrayLike) -> list[Array]:
    """Distributions over the same outcomes, checked, without rounding errors (adding up to 1, none negative)."""
    found = [np.asarray(one, float) for one in given]
    for name, one in zip("ab", found, strict=False):
        if one.ndim != 1 or one.shape != found[0].shape or len(one) < 2:
            raise InputError(f"distribution_{name}", "a list of as many probabilities as the other", one.tolist())
        if not np.all(np.isfinite(one)) or one.min() < -SAME or abs(one.sum() - 1) > 1e-6:
            raise InputError(f"distribution_{name}", "probabilities that add up to 1", one.tolist())
    clipped = [np.clip(one, 0, None) for one in found]
    return [one / one.sum() for one in clipped]


def whole_scores(a: Array, b: Array, fine: int = FINE) -> Whole:
    """Log-likelihood ratios as whole multiples of a small step, from 0 on, without a common factor.

    An outcome that neither a nor b shows has the ratio 1.
    """
    ratio = np.log(np.maximum(a, RARE) / np.maximum(b, RARE))
    ratio[np.maximum(a, b) < SAME] = 0.0
    spread = math.sqrt(float((a + b) @ ratio**2) / 2)
    found = np.rint(ratio / spread * fine).astype(np.int64)
    found -= found.min()
    return found // np.gcd.reduce(found)


def thresholds(shots: int, a: Array, b: Array, scores: Whole, alpha: float, beta: float) -> tuple[int, int]:
    """The smallest threshold that calls b an a with a chance below `alpha`, and the largest that keeps `beta`."""
    low_a, sum_a = summed(shots, a, scores)
    low_b, sum_b = summed(shots, b, scores)
    above = np.cumsum(sum_b[::-1])[::-1]  # of at least low_b + i
    smallest = low_b + int(np.argmax(above < alpha)) if above[-1] < alpha else low_b + len(sum_b)
    below = np.cumsum(sum_a)  # of at most low_a + i
    return smallest, low_a + int(np.searchsorted(below, beta))


def summed(shots: int, probabilities: Array, scores: Whole) -> tuple[int, Array]:
    """The distribution of the sum of the scores of `shots` shots: its first value, and the chances from there on.

    The n-th power of the characteristic function, from which chances come by a Fourier transform. Rounding leaves an
    error of about 1e-16 in each chance; what is left out has a chance of 1e-18 (Bernstein's bound).
    """
    from scipy import fft

    mean = float(probabilities @ scores)
    variance = float(probabilities @ (scores - mean) ** 2)
    width, far = float(np.ptp(scores)), -math.log(LOST / 2)
    reach = far * width / 3 + math.sqrt((far * width / 3) ** 2 + 2 * far * shots * variance)
    low = max(shots * int(scores.min()), math.floor(shots * mean - reach))
    high = min(shots * int(scores.max()), math.ceil(shots * mean + reach))
    length = fft.next_fast_len(high - low + 1, real=True)
    angles = 2 * np.pi / length * np.arange(length // 2 + 1)
    rest = np.zeros(len(angles), complex)  # the characteristic function about the mean, less 1: exact near angle 0
    for score, chance in zip((scores - mean).tolist(), probabilities.tolist(), strict=True):
        rest += chance * (-2 * np.sin(angles * score / 2) ** 2 - 1j * np.sin(angles * score))
    x, y = rest.real, rest.imag
    size = np.maximum(2 * x + x**2 + y**2, -1 + 1e-15)
    power = shots * (0.5 * np.log1p(size) + 1j * np.arctan2(y, 1 + x)) - 1j * angles * (shots * mean - low)
    found = fft.irfft(np.exp(power), length)[: high - low + 1]
    return low, np.clip(found, 0.0, None)


def _rough(a: Array, b: Array, scores: Whole, alpha: float, beta: float) -> float:
    """The shots that the normal approximation of the sum asks for."""
    gap = float((a - b) @ scores)
    spread = [math.sqrt(float(p @ (scores - p @ scores) ** 2)) for p in (a, b)]
    return (max(sigmas(alpha) * spread[1] + sigmas(beta) * spread[0], 0.0) / gap) ** 2


def _searched(a: Array, b: Array, scores: Whole, alpha: float, beta: float, rough: float) -> Shots:
    """The shots of scores with more than two values."""
    width = int(np.ptp(scores))

    def rooms(shots: Any) -> Any:
        found = [thresholds(int(n), a, b, scores, alpha, beta) for n in np.ravel(shots)]
        return np.reshape([high - low for low, high in found], np.shape(shots))

    if rough < MANY:
        method = "scores"
        first, every = tried(rooms, rough, width, AROUND)
    else:
        method = "scores, not every number tried"
        first, every = (_near(rooms, rough, room, float((a - b) @ scores) / 2) for room in (0, width))
    low, high = thresholds(every, a, b, scores, alpha, beta)
    threshold = (low + high) // 2
    errors = _errors(every, a, b, scores, threshold)
    return Shots(first, every, threshold, tuple(scores.astype(float).tolist()), *errors, rough, method)


def _near(rooms: Any, rough: float, room: int, slope: float) -> int:
    """A number of shots that has at least this room, and little more; the room grows by `slope` with each shot."""
    shots = math.ceil(rough)
    for _ in range(50):
        missing = room - int(rooms(shots))
        if -4 * slope - 1 < missing <= 0:
            break
        shots += math.ceil(missing / slope)
    while int(rooms(shots)) < room:
        shots += math.ceil(1 / slope)
    return shots


def _errors(shots: int, a: Array, b: Array, scores: Whole, threshold: int) -> tuple[float, float]:
    """The chances of calling a b and b an a."""
    low_a, sum_a = summed(shots, a, scores)
    low_b, sum_b = summed(shots, b, scores)
    return float(sum_a[: max(threshold - low_a, 0)].sum()), float(sum_b[max(threshold - low_b, 0) :].sum())


@dataclass(frozen=True)
class Share:
    """How many of simulated campaigns came out in some way.

    Attributes
    ----------
    hits, count
        Those that did, and all.
    """

    hits: int
    count: int

    @property
    def value(self) -> float:
        """The share."""
        return self.hits / self.count

    @property
    def error(self) -> float:
        """The standard error of the share (Laplace's rule, so that none or all has an error too)."""
        return math.sqrt((self.hits + 1) * (self.count - self.hits + 1) / (self.count + 3)) / (self.count + 2)

    def chance(self, promised: float) -> float:
        """How often a share at least as unlikely would come out if `promised` were true (exact, two-sided)."""
        from scipy import stats

        return float(stats.binomtest(self.hits, self.count, promised).pvalue)  # type: ignore[attr-defined]


def campaigns(
    probabilities: ArrayLike | Callable[[np.random.Generator, int, int], ArrayLike],
    rule: Shots | Callable[[Whole], ArrayLike],
    shots: int,
    count: int = 2000,
    *,
    truth: bool = True,
    seed: int = 0,
    place: int = 0,
) -> Share:
    """Simulate campaigns and count the right decisions.

    Parameters
    ----------
    probabilities
        Of the outcomes as they really are (outcome), or a function of (generator, shots, count) that draws counts
        (count, outcome), such as `Readout.draw` with its first argument given.
    rule
        From `exact_shots` or `shots_against`, or a function of the counts (count, outcome) that says True for a.
    shots
        Of one campaign, at least 1.
    count
        Campaigns.
    truth
        Whether a is true.
    seed, place
        Of the random numbers: the same give the same counts.

    Examples
    --------
    >>> rule = exact_shots(0.9, 0.1, alpha=0.05)
    >>> campaigns([0.9, 0.1], rule, rule.every, 200).hits > 180
    True
    """
    checks.whole("shots", shots, low=1)
    checks.whole("count", count, low=1)
    numbers = generator(seed, place)
    if callable(probabilities):
        counts = np.asarray(probabilities(numbers, shots, count))
    else:
        (true,) = distributions(probabilities)
        counts = numbers.multinomial(shots, true, size=count)
    said = np.asarray(rule.decide(counts) if isinstance(rule, Shots) else rule(counts), bool)
    return Share(int((said == truth).sum()), count)
