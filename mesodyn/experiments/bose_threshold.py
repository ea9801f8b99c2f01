"""Where self-trapping begins, found by cutting down a bracket on evolved mean fields (DEFINITIONS 6.7)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.flow import flow
from mesodyn.systems.bose_mean_field import Field, on_sphere

Array = NDArray[np.float64]
Trapped = NDArray[np.bool_]

STRONGEST = 1e4
"""The largest |Lambda| that is looked at."""
FINE = 2e-7
"""To which share of itself a threshold is found."""
BUSIEST = 5000.0
"""The most radians that mean fields are followed: with more bias or interaction no threshold is looked for."""
PARTS = 48
"""Into how many parts a bracket is cut at once."""


def are_trapped(
    imbalance: Any, phase: float, strength: Any, bias: float = 0.0, method: str = "auto", fine: float = FINE
) -> Trapped:
    """Whether the imbalance of evolved mean fields keeps its sign; imbalances and strengths (runs,) side by side.

    They are watched for longer than an orbit takes that comes within `fine` of the separatrix.

    Examples
    --------
    >>> are_trapped(0.6, 0.0, np.array([9.9, 10.1])).tolist()
    [False, True]
    """
    imbalance, strength = np.broadcast_arrays(np.asarray(imbalance, float), np.asarray(strength, float))
    watched, fast = _watched(imbalance, strength, bias, fine)
    times = np.linspace(0, watched, int(3 * watched * fast) + 2)
    start = on_sphere(imbalance, phase).T.ravel()
    found = flow(Field(strength, bias).slope, start, times, tolerance=1e-3 * fine, method=method)
    z = found.reshape(len(times), 3, -1)[:, 2]
    return np.asarray(np.all(z * imbalance > 0, axis=0))


def _watched(imbalance: Any, strength: Any, bias: float, fine: float) -> tuple[float, float]:
    """For how long mean fields are followed, and their fastest rate."""
    slow = np.sqrt(np.maximum(np.abs(np.abs(strength) - 1), 0.01)).min()
    fast = (np.sqrt(1 + np.abs(strength)) + np.abs(strength * imbalance)).max() + abs(bias)
    return float(5 + (4 - np.log(fine)) / slow), float(fast)


@lru_cache(maxsize=4096)
def threshold_strength(
    imbalance: float, phase: float, sign: float = 1.0, bias: float = 0.0, method: str = "auto", fine: float = FINE
) -> float:
    """The Lambda (of the given sign) from which an imbalance is trapped; nan when there is none.

    Examples
    --------
    >>> round(threshold_strength(0.6, 0.0), 6)
    10.0
    """
    if imbalance == 0 or _busy(imbalance, 2.0, bias, fine):
        return np.nan

    def trapped(strength: Array) -> Trapped:
        return are_trapped(imbalance, phase, sign * strength, bias, method, fine)

    low, high = 0.0, 2.0
    if trapped(np.zeros(1))[0]:
        return np.nan
    while not trapped(np.array([high]))[0]:
        low, high = high, 4 * high
        if high > STRONGEST or _busy(imbalance, high, bias, fine):
            return np.nan
    return sign * _cut_down(trapped, low, high, fine)


@lru_cache(maxsize=4096)
def threshold_imbalance(
    phase: float, strength: float, bias: float = 0.0, method: str = "auto", fine: float = FINE
) -> float:
    """The imbalance at which trapping begins or ends; nan when all or none are trapped.

    Examples
    --------
    >>> round(threshold_imbalance(0.0, 15.0), 6)
    0.498888
    """

    def trapped(imbalance: Array) -> Trapped:
        return are_trapped(imbalance, phase, strength, bias, method, fine)

    if _busy(1.0, strength, bias, fine):
        return np.nan
    low, high = 1e-3, 1 - 1e-6
    first, last = trapped(np.array([low, high]))
    return np.nan if first == last else _cut_down(lambda z: trapped(z) != first, low, high, fine)


def _busy(imbalance: float, strength: float, bias: float, fine: float) -> bool:
    """Whether that many turns are too many to follow."""
    return math.prod(_watched(imbalance, strength, bias, fine)) > BUSIEST


def _cut_down(beyond: Callable[[Array], Trapped], low: float, high: float, fine: float) -> float:
    """Where a statement becomes true between two values: `PARTS` at a time are tried side by side."""
    while high - low > fine * high:
        tried = np.linspace(low, high, PARTS + 1)
        first = int(np.argmax(np.append(beyond(tried[1:-1]), True))) + 1
        low, high = float(tried[first - 1]), float(tried[first])
    return 0.5 * (low + high)
