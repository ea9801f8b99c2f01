"""What is measured on curves: breaks, peaks, periods, slopes, kinks. Curves are arrays (curves, points)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Function = Callable[[Array], Array]
"""The curves at other places: (curves, places) -> (curves, places)."""

GOLDEN = 0.3819660112501051
"""Where intervals are divided: never at a place that means something, such as pi."""
TRIED = 3
"""Candidates for each break: a peak narrower than the grid makes some that are none."""
NARROW = 1e-7
"""To what share of its interval a break is followed."""
ABRUPT = 1e-3
"""A change over so narrow an interval is a break if it is more than this share of the one over the whole interval."""
FAINT = 1e-9
"""A change by less than this share of the largest value is rounding."""


def breaks(x: Array, y: Array, again: Function, most: int) -> tuple[Array, Array]:
    """The places where curves jump, and by how much they fall there.

    The candidates are the intervals over which extrapolations from left and right differ most. Each is divided again
    and again, always keeping the part over which the curve changes more: at a break the change stays, on
    a steep slope it goes to 0.

    Returns
    -------
    tuple of array, shapes (curves, most)
        In increasing order; nan where there are fewer breaks.
    """
    left, change = _candidates(y, TRIED * most)
    lower, upper = x[left], x[left + 1]
    values = [np.take_along_axis(y, left + k, axis=1) for k in (0, 1)]
    whole = np.abs(values[0] - values[1])
    for _ in range(int(np.log(NARROW) / np.log(1 - GOLDEN)) + 1):
        middle = lower + GOLDEN * (upper - lower)
        here = again(middle)
        first = np.abs(here - values[0]) > np.abs(values[1] - here)
        wide = upper - lower > NARROW * (x[1] - x[0])  # closer in, rounding would meet the place itself
        values[1], upper = (np.where(first & wide, a, b) for a, b in ((here, values[1]), (middle, upper)))
        values[0], lower = (np.where(~first & wide, a, b) for a, b in ((here, values[0]), (middle, lower)))
    fall = values[0] - values[1]
    least = np.maximum(ABRUPT * whole, FAINT * np.abs(y).max(axis=1, keepdims=True))
    found = (np.abs(fall) > least) & np.isfinite(change)
    place, fall = (np.where(found, a, np.nan) for a in ((lower + upper) / 2, fall))
    order = np.argsort(place, axis=1)
    return np.take_along_axis(place, order, axis=1)[:, :most], np.take_along_axis(fall, order, axis=1)[:, :most]


def _candidates(y: Array, most: int) -> tuple[NDArray[np.int64], Array]:
    """The intervals [i, i + 1] of the largest jumps for the curve's size there, none next to another.

    A jump is nan where there are no more.
    """
    inside = np.arange(2, y.shape[1] - 3)
    before = (15 * y[:, inside] - 10 * y[:, inside - 1] + 3 * y[:, inside - 2]) / 8
    after = (15 * y[:, inside + 1] - 10 * y[:, inside + 2] + 3 * y[:, inside + 3]) / 8
    around = np.abs(y[:, inside]) + np.abs(y[:, inside + 1]) + FAINT * np.abs(y).max(axis=1, keepdims=True)
    change = np.abs(y[:, inside + 1] - y[:, inside])
    jump = np.minimum(np.abs(after - before), change) / np.where(around > 0, around, 1.0)
    chosen, sizes = [], []
    for _ in range(most):
        best = jump.argmax(axis=1)
        size = np.take_along_axis(jump, best[:, None], axis=1)[:, 0]
        chosen.append(inside[best])
        sizes.append(np.where(size > 0, size, np.nan))
        jump = np.where(np.abs(np.arange(inside.size) - best[:, None]) <= 3, 0.0, jump)
    return np.stack(chosen, axis=1), np.stack(sizes, axis=1)


def peak(x: Array, y: Array, again: Function) -> tuple[Array, Array]:
    """Where curves are largest in modulus, and the modulus: the neighbourhood of the largest point, finer and finer."""
    best = np.clip(np.abs(y).argmax(axis=1), 1, x.size - 2)
    place, size = x[best], np.abs(np.take_along_axis(y, best[:, None], axis=1)[:, 0])
    width = x[1] - x[0]
    spread = np.linspace(-1, 1, 9)
    for _ in range(16):
        near = place[:, None] + width * spread
        found = np.abs(again(near))
        k = found.argmax(axis=1)[:, None]
        higher = np.take_along_axis(found, k, axis=1)[:, 0]
        better = higher > size
        place = np.where(better, np.take_along_axis(near, k, axis=1)[:, 0], place)
        size, width = np.where(better, higher, size), width / 3
    return place, size


def period(y: Array, whole: float, faint: float = 1e-6) -> Array:
    """The period of curves on an even grid over `whole`, from their Fourier components; nan for constants."""
    parts = np.abs(np.fft.rfft(y, axis=1))[:, 1:]
    strong = parts > faint * parts.max(axis=1, keepdims=True)
    numbers = np.arange(1, parts.shape[1] + 1)
    common = np.gcd.reduce(np.where(strong, numbers, 0), axis=1)
    alive = parts.max(axis=1) > 0
    return np.where(alive, whole / np.maximum(common, 1), np.nan)


def slope(x: Array, y: Array) -> tuple[Array, Array]:
    """The derivative of curves at ``x[2:-2]`` by differences of fourth order, and how far the second order is off."""
    step = x[1] - x[0]
    near, far = (y[:, 3:-1] - y[:, 1:-3]) / (2 * step), (y[:, 4:] - y[:, :-4]) / (4 * step)
    fourth = (4 * near - far) / 3
    return fourth, np.abs(fourth - near)


def kinks(y: Array) -> Array:
    """The modulus of the second differences at the inner points where they are a kink's, else 0.

    At a kink the second difference stands out of those three points to either side; on a smooth bend it doesn't.
    """
    second = np.abs(y[:, 2:] - 2 * y[:, 1:-1] + y[:, :-2])
    beside = np.zeros_like(second)
    beside[:, 3:-3] = np.maximum(second[:, :-6], second[:, 6:])
    beside[:, :3] = beside[:, -3:] = np.inf
    faint = 1e-9 * np.ptp(y, axis=1, keepdims=True)
    return np.where((second > 2 * beside) & (second > faint), second, 0.0)
