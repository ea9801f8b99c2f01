"""Simulated analyses of a plan's length: how often their interval of the contrast has the true one inside."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mesodyn.planning.analysis import TRIAL, Analysis
from mesodyn.planning.scores import Share
from mesodyn.planning.signals.base import Seen, Signal
from mesodyn.seeds import generator

LEVEL = 0.95
"""How often the interval should have the truth inside."""
ANALYSES = 2000
"""How many are simulated, and as many for the limit."""
VALUES, MIDDLES = 61, 31
"""Differences and mean levels of the grid of likelihoods (odd: the truth is in the middle)."""
WIDE = 5.0
"""The grid ends so many standard errors away."""


@dataclass(frozen=True)
class Covered:
    """How often one kind of interval had the truth inside.

    Attributes
    ----------
    interval
        Which.
    of
        What it is an interval of.
    promised, covered, error
        The level; the share that had the truth inside, and its standard error.
    half_width
        Half of its median width.
    """

    interval: str
    of: str
    promised: float
    covered: float
    error: float
    half_width: float


def covered(signal: Signal, seen: Seen, shots: int | None, seed: int) -> list[Covered]:
    """The interval of the difference of two settings, from the recommended number of kept shots in each.

    Of counts it is the likelihood interval, whatever their common level is: with the usual limit, and with a larger one
    where simulated counts ask for it. Of readings it is that of the normal distribution with the noise of the plan.
    """
    if shots is None:
        return []
    high, low = _settings(signal, seen)
    name = f"{signal.settings[high]} - {signal.settings[low]}"
    a, b = (float(seen.value[k, 0]) for k in (high, low))
    if seen.noise is not None:
        spread = math.hypot(*(float(seen.noise[k, 0]) for k in (high, low))) / math.sqrt(shots)
        return [_of_readings(name, a - b, spread, seed)]
    return _of_counts(name, min(max(a, 0.0), 1.0), min(max(b, 0.0), 1.0), shots, seed)


def _settings(signal: Signal, seen: Seen) -> tuple[int, int]:
    """The two settings whose difference is the signal."""
    values = seen.value[:, 0]
    one, other = signal.difference or (int(np.argmax(values)), int(np.argmin(values)))
    return (one, other) if values[one] >= values[other] else (other, one)


def _of_readings(name: str, difference: float, spread: float, seed: int) -> Covered:
    from scipy.special import ndtri

    half = float(ndtri(0.5 + LEVEL / 2)) * spread
    drawn = generator(seed, TRIAL).normal(difference, spread, ANALYSES)
    share = Share(int((np.abs(drawn - difference) <= half).sum()), ANALYSES)
    return Covered("normal noise", name, LEVEL, share.value, share.error, half)


def _of_counts(name: str, a: float, b: float, shots: int, seed: int) -> list[Covered]:
    from scipy.special import chdtri

    analysis, true, middle = difference_analysis(a, b, shots)
    usual = float(chdtri(1, 1 - LEVEL))
    limits = np.maximum(analysis.calibrated(LEVEL, ANALYSES, seed, [true]), usual)
    counts = analysis.draw(generator(seed, TRIAL, true, middle), ANALYSES, true, middle)
    found = []
    for interval, limit in (("likelihood, usual limit", None), ("likelihood, calibrated", limits)):
        share = analysis.coverage(LEVEL, true, middle, limits=limit, count=ANALYSES, seed=seed)
        every = np.full(len(analysis.values), usual if limit is None else limits[true])
        low, high = analysis.interval(counts, LEVEL, every)
        half = float(np.nanmedian(high - low)) / 2
        found.append(Covered(interval, name, LEVEL, share.value, share.error, half))
    return found


def difference_analysis(a: float, b: float, shots: int) -> tuple[Analysis, int, int]:
    """The analysis of the difference of two settings, their mean level unknown; the places of a - b and of (a + b)/2.

    The nuisance runs from where the smaller probability is 0 to where the larger one is 1.

    Examples
    --------
    >>> analysis, true, middle = difference_analysis(0.9, 0.2, 40)
    >>> float(analysis.values[true].round(12)), analysis.table[true, middle, :, 0].round(12).tolist()
    (0.7, [0.9, 0.2])
    """
    error = math.sqrt(max(a * (1 - a) + b * (1 - b), 1 / shots) / shots)
    difference, room = a - b, 1 - (a - b)
    ends = max(-1.0, difference - WIDE * error), min(1.0, difference + WIDE * error)
    values, true = _around(difference, *ends, VALUES)
    share, reach = (b / room if room > 0 else 0.5), WIDE * error / max(room, error)
    shares, middle = _around(share, max(0.0, share - reach), min(1.0, share + reach), MIDDLES)
    size = np.abs(values)[:, None]
    least = shares * (1 - size)
    one = np.where(values[:, None] >= 0, least + size, least)
    other = np.where(values[:, None] >= 0, least, least + size)
    left = np.clip(np.stack([one, other], axis=-1), 0, 1)
    return Analysis(values, np.stack([left, 1 - left], axis=-1), np.array([shots, shots])), true, middle


def _around(place: float, low: float, high: float, count: int) -> tuple[np.ndarray, int]:
    """Rising numbers from low to high, one of which is exactly the given place; and its index."""
    below = np.linspace(low, place, count // 2, endpoint=False) if low < place else np.empty(0)
    above = np.linspace(place, high, count // 2 + 1)[1:] if high > place else np.empty(0)
    return np.concatenate([below, [place], above]), len(below)
