"""What is measured on signals that settle: rates, frequencies, times."""

from __future__ import annotations

from typing import Any

import numpy as np

FAINT = 1e-9
"""Below this share of its scale a change is none."""
STEEP = 8.0
"""A decay of more exponents than this between two moments is too fast to be measured."""


def decay_rate(time: Any, values: Any) -> Any:
    """The rate of ``values ~ exp(-rate t)`` on an even grid (moments, points), strong values counting most."""
    size = np.ascontiguousarray(np.abs(values).T)  # summed point by point, so that no point's bits depend on others
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (size[:, 1:] * size[:, :-1]).sum(axis=1) / (size[:, :-1] ** 2).sum(axis=1)
        return -np.log(ratio) / (time[1] - time[0])


def even(time: Any) -> Any:
    """The moments of the even grid in a record that also has a ladder of octaves."""
    share = time[:, 0] / time[-1, 0]
    steps = round(1 / (share[-1] - share[-2]))
    return np.flatnonzero(np.abs(share * steps - np.round(share * steps)) < 1e-9 * steps * (share + 1e-16))


def settling_time(time: Any, energy: Any) -> Any:
    """The time in which the energy's distance from where it goes falls to 1/e, from its changes.

    It is nan where there is none, and where it is far shorter than the time between two moments.
    """
    grid = even(time)
    changes = np.diff(energy[grid], axis=0)
    rate = decay_rate(time[grid], changes)
    known = np.abs(changes).max(axis=0) > FAINT * np.abs(energy).max(axis=0)
    known &= (rate > 0) & (rate * np.diff(time[grid][:2], axis=0)[0] < STEEP)
    return np.where(known, 1 / np.where(rate > 0, rate, 1.0), np.nan)


def turning_rate(time: Any, z: Any) -> Any:
    """The angular frequency at which z (moments, points) turns, followed from lag to lag; nan where there is none.

    The first lags are shorter than any period and grow by at most two, so that no turn is lost.
    """
    relative = z * z[0].conj()
    strong = np.abs(relative) > 1e-8 * np.abs(z[0]) ** 2
    rate = np.zeros(z.shape[1:])
    for now, here, use in zip(time[1:], np.angle(relative)[1:], strong[1:], strict=True):
        followed = rate * now + (here - rate * now + np.pi) % (2 * np.pi) - np.pi
        rate = np.where(use, followed / now, rate)
    return rate


def crossing(time: Any, excess: Any) -> float:
    """When `excess` (moments,) has first fallen to 1/e of its start: inf if it never changes, nan if not yet."""
    from scipy.interpolate import CubicSpline

    if np.ptp(excess) <= FAINT * abs(excess[0]):
        return float("inf") if excess[0] > 0 else float("nan")
    below = np.flatnonzero(excess < excess[0] / np.e)
    if not below.size:
        return float("nan")
    near = slice(max(0, below[0] - 3), below[0] + 3)
    curve = CubicSpline(time[near], excess[near] - excess[0] / np.e)
    roots = curve.roots(extrapolate=False)
    inside = roots[(roots >= time[below[0] - 1]) & (roots <= time[below[0]])]
    return float(inside[0]) if inside.size else float(time[below[0]])


def poles(time: Any, y: Any) -> complex:
    """The slowest s of ``y ~ sum exp(s t)`` with one or two terms on an even grid (moments,); nan if too short."""
    if len(y) < 6:
        return complex(np.nan, np.nan)
    step = time[1] - time[0]
    if np.all(y > 0) or np.all(y < 0):
        return complex(-decay_rate(time, y[:, None])[0], 0.0)
    a, b = np.linalg.lstsq(np.stack([y[1:-1], y[:-2]], axis=1), y[2:], rcond=None)[0]
    roots = np.log(np.roots([1.0, -a, -b]).astype(complex)) / step
    slowest = roots[np.argmax(roots.real)]
    return complex(slowest.real, abs(slowest.imag))
