"""Numbers that a truncation or a size is taken out of: the limit, and how far it may be off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mesodyn.errors import InputError, Shown


class Limit(NamedTuple):
    """A number extrapolated to vanishing steps.

    Attributes
    ----------
    value, error
        The limit, and the most by which it moves without the finest or the coarsest step, of five or more also without
        the two coarsest (at least the rounding): numbers, or arrays (...). Near a change of sign one end tells nothing.
    steps, values
        What it was found from, the coarsest step first: (n,) and (n, ...); empty if nothing was extrapolated.
    """

    value: Any
    error: Any
    steps: tuple[float, ...] = ()
    values: tuple[Any, ...] = ()


def extrapolated(steps: Any, values: Any) -> Limit:
    """The value at step 0 of a function that is smooth in the step: the polynomial through all points (Neville).

    Parameters
    ----------
    steps
        (n,), n > 2, positive and falling, such as 1/size.
    values
        The function at the steps: (n,), or (n, ...) for several functions, each as if it were alone.

    Raises
    ------
    InputError
        For fewer than three steps, steps that don't fall, or another number of values.

    Examples
    --------
    >>> found = extrapolated([0.5, 0.25, 0.125], [1.5, 1.25, 1.125])
    >>> found.value, bool(found.error < 1e-14)
    (1.0, True)
    """
    h, rows = np.asarray(steps, float), np.asarray(values, float)
    if h.ndim != 1 or rows.shape[:1] != h.shape or len(h) < 3 or not np.all(np.diff(h) < 0) or h[-1] <= 0:
        raise InputError("steps", "at least three positive numbers that fall, one for each value", Shown(f"{steps}"))
    column = before = rows
    growth = np.ones_like(h)  # how much the rounding of the values counts
    for k in range(1, len(h)):
        shorter, before = before[-1], column  # in the end: without the two coarsest; the two without one end
        ratio = h[k:] / (h[:-k] - h[k:])
        column = column[1:] + ratio.reshape(-1, *[1] * (rows.ndim - 1)) * (column[1:] - column[:-1])
        growth = growth[1:] * (1 + ratio) + ratio * growth[:-1]
    rounding = 4 * np.finfo(float).eps * growth[0] * np.abs(rows).max(axis=0)
    without = np.stack([*before, shorter] if len(h) > 4 else [*before])
    moved = np.abs(column[0] - without).max(axis=0)
    error = np.maximum(moved, rounding)
    if rows.ndim == 1:
        return Limit(float(column[0]), float(error), tuple(h.tolist()), tuple(rows.tolist()))
    return Limit(column[0], error, tuple(h.tolist()), tuple(rows))


def order_of(steps: Sequence[float], errors: Sequence[float]) -> float:
    """The power with which errors fall with the step: the slope between the two finest."""
    (far, near), (large, small) = np.abs(steps[-2:]), np.abs(errors[-2:])
    return float(np.log(large / small) / np.log(far / near))
