"""Heat as a distribution: two projective energy measurements, before and after the bath (DEFINITIONS 6.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.bath import eigenstates
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import boltzmann

Array = NDArray[np.float64]

SAME = 1e-12
"""Heats that differ by less than this fraction of the largest energy are one outcome."""
FAINT = 1e-12
"""Outcomes with less weight than this are left out where no point has more."""


def two_point(
    states: Matrix, hamiltonian: Matrix, totals: NDArray[np.int64], temperature: Array
) -> tuple[Array, Array]:
    r"""Heat given to a bath that brings each conserved sector to equilibrium.

    .. math:: P(Q) = \sum_{N} \sum_{kf \in N} \langle k|\rho|k\rangle\, b_f\, \delta(Q - E_k + E_f)

    Parameters
    ----------
    states, hamiltonian
        At the moment when the bath is let in (points, n, n).
    totals
        The conserved number of each basis state (n,).
    temperature
        k_B T of the bath (points,).

    Returns
    -------
    tuple
        Heats and weights (points, outcomes); heats ascend, equal ones are one outcome; unused places hold weight 0
        and heat nan.
    """
    energies, vectors = eigenstates(hamiltonian, totals)
    found = np.einsum("pik,pij,pjk->pk", vectors.conj(), states, vectors).real
    heats, weights = [], []
    for total in sorted(set(totals.tolist())):
        kept = np.flatnonzero(totals == total)
        settled = boltzmann(energies[:, kept], temperature)
        heats.append((energies[:, kept, None] - energies[:, None, kept]).reshape(len(states), -1))
        weights.append((found[:, kept, None] * settled[:, None, :]).reshape(len(states), -1))
    return _merged(np.concatenate(heats, axis=1), np.concatenate(weights, axis=1), np.abs(energies).max(axis=1))


def _merged(heats: Array, weights: Array, scale: Array) -> tuple[Array, Array]:
    """Add up the weights of equal heats."""
    order = np.argsort(heats, axis=1, kind="stable")
    heats, weights = np.take_along_axis(heats, order, 1), np.take_along_axis(weights, order, 1)
    new = np.diff(heats, axis=1, prepend=-np.inf) > SAME * scale[:, None]
    outcome = np.cumsum(new, axis=1) - 1
    total, mean = np.zeros_like(weights), np.full_like(heats, np.nan)
    points = np.broadcast_to(np.arange(len(heats))[:, None], heats.shape)
    np.add.at(total, (points, outcome), weights)
    mean[points[new], outcome[new]] = heats[new]
    mean = np.where(np.abs(mean) <= SAME * scale[:, None], 0.0, mean)
    return _trimmed(mean, total)


def _trimmed(heats: Array, weights: Array) -> tuple[Array, Array]:
    """Move the outcomes that matter to the front and drop the rest."""
    faint = ~(weights > FAINT)
    order = np.argsort(faint, axis=1, kind="stable")
    heats, weights = np.take_along_axis(heats, order, 1), np.take_along_axis(weights, order, 1)
    faint = np.take_along_axis(faint, order, 1)
    width = max(1, int((~faint).sum(axis=1).max()))
    heats = np.where(faint, np.nan, heats)
    return heats[:, :width], np.where(faint, 0.0, weights)[:, :width]


def equilibrium_energy(hamiltonian: Matrix, totals: NDArray[np.int64], weights: Array, temperature: Array) -> Array:
    """``sum_N P_N E_N`` (points,): the energy when each sector is in equilibrium at its weight (points, sectors)."""
    energies, _ = eigenstates(hamiltonian, totals)
    found = np.zeros(len(hamiltonian))
    for k, total in enumerate(sorted(set(totals.tolist()))):
        inside = energies[:, totals == total]
        found += weights[:, k] * (inside * boltzmann(inside, temperature)).sum(axis=1)
    return found


def sector_weights(states: Matrix, totals: NDArray[np.int64]) -> Array:
    """The probability of each total number (points, sectors), totals ascending."""
    populations = np.einsum("pii->pi", states).real
    return np.stack([populations[:, totals == total].sum(axis=1) for total in sorted(set(totals.tolist()))], axis=1)
