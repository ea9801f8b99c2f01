"""How fermions fill one-particle levels: at temperature 0 or above, with a free or a fixed total number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[np.float64]

SAME = 1e-12
"""Levels closer than this, relative to the largest, are one."""
HALVINGS = 200


class Filled(NamedTuple):
    """Occupations of levels and what follows from them, over points."""

    occupation: Array
    """(points, levels)."""
    energy: Array
    free_energy: Array
    """With a free number the grand potential at chemical potential 0."""
    total: Array
    weight: Array
    """What a caller makes of it: the number on the dot."""


def filled(energies: Array, temperature: Array, number: int | None) -> Filled:
    """Equilibrium on ascending levels (points, levels) at temperatures (points,), the number exact if it is given.

    At temperature 0 degenerate levels at the edge are shared evenly.
    """
    cold = filled_cold(energies, number)
    warm = np.flatnonzero(temperature > 0)
    if not warm.size:
        return cold
    hot = (
        _grand(energies[warm], temperature[warm])
        if number is None
        else _fixed(energies[warm], temperature[warm], number)
    )
    for whole, part in zip(cold, hot, strict=True):
        whole[warm] = part
    return cold


def filled_cold(energies: Array, number: int | None) -> Filled:
    """The ground state: levels below 0, or the lowest ones."""
    scale = SAME * np.abs(energies).max(axis=1, keepdims=True)
    count = energies.shape[1]
    if number is None:
        edge = np.zeros((len(energies), 1))
        share = np.full((len(energies), 1), 0.5)
    else:
        edge = energies[:, [min(max(number - 1, 0), count - 1)]]
        below = (energies < edge - scale).sum(axis=1, keepdims=True)
        share = (number - below) / np.maximum((np.abs(energies - edge) <= scale).sum(axis=1, keepdims=True), 1)
    occupation = np.where(energies < edge - scale, 1.0, np.where(energies <= edge + scale, share, 0.0))
    energy = (occupation * energies).sum(axis=1)
    return Filled(occupation, energy, energy.copy(), occupation.sum(axis=1), np.zeros(len(energies)))


def _grand(energies: Array, temperature: Array) -> Filled:
    x = energies / temperature[:, None]
    occupation = expit(-x)
    free = -temperature * np.logaddexp(0.0, -x).sum(axis=1)
    energy = (occupation * energies).sum(axis=1)
    return Filled(occupation, energy, free, occupation.sum(axis=1), np.zeros(len(x)))


def _fixed(energies: Array, temperature: Array, number: int) -> Filled:
    r"""A fixed number, by projection: P(N) is a Fourier sum of :math:`\prod_\lambda(1 - f + fe^{i\varphi})`.

    The chemical potential that centres the distribution is only a help: the result doesn't depend on it.
    """
    points, count = energies.shape
    if number in (0, count):
        occupation = np.full(energies.shape, float(number > 0))
        energy = (occupation * energies).sum(axis=1)
        return Filled(occupation, energy, energy.copy(), np.full(points, float(number)), np.zeros(points))
    cold = temperature[:, None]
    middle = _centred(energies, cold, number)
    share = expit((middle - energies) / cold)
    angles = 2 * np.pi * np.arange(count + 2 - count % 2) / (count + 2 - count % 2)  # an odd number: never pi
    turned = np.exp(1j * angles)
    factors = 1 - share[:, None, :] + share[:, None, :] * turned[:, None]
    product = np.exp(np.log(factors).sum(axis=2))
    chance = (product * turned.conj() ** number).mean(axis=1).real
    reduced = product[:, :, None] / factors
    occupation = share * np.einsum("paj,a->pj", reduced, turned.conj() ** (number - 1)).real / len(angles)
    occupation /= chance[:, None]
    grand = -temperature * np.logaddexp(0.0, (middle - energies) / cold).sum(axis=1)
    free = grand + middle[:, 0] * number - temperature * np.log(chance)
    energy = (occupation * energies).sum(axis=1)
    return Filled(occupation, energy, free, occupation.sum(axis=1), np.zeros(points))


def _centred(energies: Array, cold: Array, number: int) -> Array:
    """The chemical potentials (points, 1) at which the mean number is the one wanted, by halving."""
    low = energies[:, :1] - 50 * cold
    high = energies[:, -1:] + 50 * cold
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        over = expit((middle - energies) / cold).sum(axis=1, keepdims=True) > number
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return np.asarray((low + high) / 2)
