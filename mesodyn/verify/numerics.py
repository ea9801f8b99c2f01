"""Minima, derivatives and expansion coefficients by brute force, for many parameter sets at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mesodyn.verify.section import Numbers

OFFSETS = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
WEIGHTS = np.array([-1.0, 9.0, -45.0, 45.0, -9.0, 1.0]) / 60


def derivative(function: Callable[[Any], Numbers], at: Any, step: float = 2e-3) -> Numbers:
    """The derivative by central differences of sixth order."""
    return np.asarray(sum(w * function(at + o * step) for o, w in zip(OFFSETS, WEIGHTS, strict=True)) / step)


def bisected(rising: Callable[[Numbers], Numbers], low: Numbers, high: Numbers, steps: int = 60) -> Numbers:
    """Where `rising` turns positive between `low` and `high`, for each set."""
    for _ in range(steps):
        middle = 0.5 * (low + high)
        above = rising(middle) > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return 0.5 * (low + high)


def nodes(largest: float, count: int = 10) -> Numbers:
    """Chebyshev points in (0, largest)."""
    return 0.5 * largest * (1 - np.cos(np.pi * (np.arange(count) + 0.5) / count))


def coefficients(values: Numbers, at: Numbers, count: int) -> Numbers:
    """The first Taylor coefficients at 0 of a smooth function known at the points `at` (the last index)."""
    scale = at.max()
    powers = np.vander(at / scale, increasing=True)
    found = np.linalg.solve(powers, np.moveaxis(values, -1, 0).reshape(len(at), -1))
    shaped = found[:count].reshape(count, *values.shape[:-1]) / scale ** np.arange(count).reshape(
        -1, *(1,) * (values.ndim - 1)
    )
    return np.moveaxis(shaped, 0, -1)


def two_states(detuning: Numbers, order: Numbers) -> Numbers:
    """The matrix of (9) and (4) for the order parameter: rows |N_c>, |N_c + k>."""
    detuning, order = np.broadcast_arrays(detuning, order)
    zero = np.zeros(order.shape, complex)
    rows = np.array([[zero, -np.conj(order)], [-order, zero + 2 * detuning]])
    return np.moveaxis(rows, (0, 1), (-2, -1))


def gibbs(hamiltonian: Numbers, temperature: Numbers | float) -> tuple[Numbers, Numbers, Numbers]:
    """Free energy, mean energy and state of a matrix at kT, by diagonalising it; the lowest level at kT = 0."""
    levels, kets = np.linalg.eigh(hamiltonian)
    cold = np.broadcast_to(np.asarray(temperature, float), levels.shape[:-1])[..., None]
    above = levels - levels[..., :1]
    ground = np.zeros(levels.shape)
    ground[..., 0] = 1
    weights = np.where(cold > 0, np.exp(-above / np.where(cold > 0, cold, 1.0)), ground)
    total = weights.sum(axis=-1, keepdims=True)
    free = levels[..., 0] - np.where(cold > 0, cold * np.log(total), 0.0)[..., 0]
    shares = weights / total
    state = (kets * shares[..., None, :]) @ kets.conj().swapaxes(-1, -2)
    return free, np.asarray((levels * shares).sum(axis=-1)), state
