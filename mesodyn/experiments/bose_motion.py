"""Frequency, damping and collapse of a recorded oscillation, from its extrema and crossings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FAINT = 1e-6
"""Swings smaller than this are none."""
STRONG = 0.3
"""Periods are taken from swings of at least this share of the first."""


@dataclass(frozen=True)
class Motion:
    """What a record of an oscillation shows; nan where it doesn't show it.

    Parameters
    ----------
    period
        From crossings of the middle in the same direction.
    periods
        How many of them were used, and `begin` where the first began.
    mean
        Over these periods; over the whole record if there are none.
    decay
        Rate of the exponential that fits the swings best.
    collapse
        When the swings have fallen to 1/e of the first.
    """

    period: float
    periods: int
    begin: float
    mean: float
    decay: float
    collapse: float


def motion(time: Array, signal: Array) -> Motion:
    """Measure an oscillation sampled evenly at `time` (moments,).

    Examples
    --------
    >>> t = np.linspace(0, 20, 2001)
    >>> found = motion(t, 0.3 + np.exp(-0.05 * t) * np.cos(2 * t))
    >>> round(2 * np.pi / found.period, 4), round(found.decay, 4)
    (2.0, 0.05)
    """
    from scipy.interpolate import make_interp_spline

    curve = make_interp_spline(time, signal, k=5)
    slope = curve.derivative()
    turns = _zeros(time, slope)
    if abs(slope(time[0])) < 1e-4 * np.abs(slope(time)).max(initial=0.0):
        turns = np.concatenate([time[:1], turns[turns > time[1]]])
    level = curve(turns)
    swings = 0.5 * np.abs(np.diff(level))
    whole = float(np.trapezoid(signal, time) / (time[-1] - time[0]))
    if len(swings) < 2 or swings[0] < FAINT:
        return Motion(np.nan, 0, float(time[0]), whole, np.nan, np.nan)
    weak = np.flatnonzero(swings < STRONG * swings[0])
    used = int(weak[0]) if len(weak) else len(swings)
    decay, collapse = _envelope(0.5 * (turns[1:] + turns[:-1]), swings, used)
    marks = _crossings(curve, turns, level, used)
    if len(marks) < 2:
        return Motion(np.nan, 0, float(time[0]), whole, decay, collapse)
    count = len(marks) - 1
    period = float((marks[-1] - marks[0]) / count)
    mean = float(curve.integrate(marks[0], marks[-1]) / (marks[-1] - marks[0]))
    return Motion(period, count, float(marks[0]), mean, decay, collapse)


def _envelope(at: Array, swings: Array, used: int) -> tuple[float, float]:
    """Rate of decay of the first swings, and when they have fallen to 1/e."""
    shares = np.log(swings / swings[0])
    decay = -float(np.polyfit(at[:used], shares[:used], 1)[0]) if used >= 3 else np.nan
    below = np.flatnonzero(shares < -1)
    if not len(below):
        return decay, np.nan
    k = int(below[0])
    share = (-1 - shares[k - 1]) / (shares[k] - shares[k - 1])
    return decay, float(at[k - 1] + share * (at[k] - at[k - 1]))


def _crossings(curve: Any, turns: Array, level: Array, used: int) -> Array:
    """Where the curve passes the middle of its first two swings in the same direction, while swings are strong."""
    from scipy.optimize import brentq

    middle = 0.25 * (level[0] + 2 * level[1] + level[2])
    found = []
    for k in range(0, used, 2):
        if (level[k] - middle) * (level[k + 1] - middle) < 0:
            found.append(brentq(lambda t: float(curve(t)) - middle, turns[k], turns[k + 1], xtol=1e-14))
    return np.array(found)


def _zeros(time: Array, curve: Any) -> Array:
    """Where a smooth curve changes sign, between samples."""
    from scipy.optimize import brentq

    values = curve(time)
    at = np.flatnonzero(values[:-1] * values[1:] < 0)
    return np.array([brentq(curve, time[k], time[k + 1], xtol=1e-14) for k in at])


def fitted(time: Array, signal: Array) -> tuple[float, float]:
    """Period and decay of a damped cosine that fits a noisy record best; nan when nothing turns."""
    from scipy.optimize import least_squares

    spread = signal - signal.mean()
    if np.abs(spread).max() < FAINT:
        return np.nan, np.nan
    span = time[-1] - time[0]
    power = np.abs(np.fft.rfft(spread * np.hanning(len(time)), 8 * len(time)))
    power[:8] = 0
    guess = 2 * np.pi * int(power.argmax()) / (8 * (time[1] - time[0]) * len(time))

    def rest(p: Array) -> Array:
        wave = np.exp(-p[1] * time)
        basis = np.stack([np.ones(len(time)), wave * np.cos(p[0] * time), wave * np.sin(p[0] * time)], axis=1)
        return np.asarray(signal - basis @ np.linalg.lstsq(basis, signal)[0])

    best = least_squares(rest, [guess, 1 / span], x_scale=[guess, 1 / span])  # type: ignore[operator]
    return float(2 * np.pi / abs(best.x[0])), float(best.x[1])
