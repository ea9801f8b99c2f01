"""Noise from shot to shot, averaged over a few evolved values."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesodyn.planning.signals.base import POINT, SETTING, Array

REACH = (0.4, 1.0, 1.7, 2.4)
"""Detuning noise times the time apart, in radians, up to which so many values stand for it (Gauss-Hermite):"""
NODES = ((5, 7, 9, 11, 13), (3, 5, 7, 9, 11))
"""in tables, and in maps and searches."""
GONE = 3.2
"""At so many radians 0.6 per cent of the contrast are left; nothing is taken to be left by a stronger noise."""
TILTED = (*REACH, GONE, 4.5)
"""The same for the phase that a tilted axis costs in the larger number of turns, which goes up to twice `GONE`:"""
TILTS = ((3, 5, 7, 9, 11, 15, 25), (2, 3, 5, 7, 9, 13, 21))
NOISE = "plan_noise"


def along(value: Any) -> Any:
    """A number, or an array along the points."""
    import xarray

    return float(value) if np.ndim(value) == 0 else xarray.DataArray(np.asarray(value, float), dims=POINT)


def nodes(count: int, across: int) -> tuple[tuple[Array, Array], Array]:
    """Values of two normal noises (nodes,) in units of their rms, and their weights (nodes,): Gauss-Hermite."""
    (x, a), (y, b) = (np.polynomial.hermite_e.hermegauss(n) for n in (count, across))
    weights = np.outer(a, b).ravel()
    return (np.repeat(x, across), np.tile(y, count)), weights / weights.sum()


def averaged(array: Any, weights: Array) -> Any:
    """The mean over the noises."""
    import xarray

    return array.dot(xarray.DataArray(weights, dims=NOISE), dim=NOISE) if NOISE in array.dims else array


def ordered(array: Any) -> Array:
    """An array (settings, points)."""
    if POINT not in array.dims:
        array = array.expand_dims(POINT)
    found: Array = array.transpose(SETTING, POINT).values
    return found
