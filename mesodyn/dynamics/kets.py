"""Pure states as kets: one vector where a density matrix is a square."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal

from mesodyn.dynamics import unitary
from mesodyn.dynamics.unitary import Block, Drive, Driven
from mesodyn.errors import UnfinishedError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import stack

Array = NDArray[np.float64]

PURE = 1e-13
"""A density matrix whose purity is nearer to 1 than this is carried as a ket."""
LARGE = 24
"""From this dimension on a block is solved point by point, in real numbers and by its bands where it can be."""
NODES = 16
"""Gauss-Legendre nodes between two moments, at first."""
MOST_PARTS = 1024
"""Into how many parts an interval between two moments is cut at most."""


def density(states: Matrix) -> Matrix:
    """Density matrices (..., n, n) of kets (..., n)."""
    return np.asarray(states[..., :, None] * states[..., None, :].conj())


def pure(states: Matrix) -> NDArray[np.bool_]:
    """Which density matrices (points, n, n) are those of kets (points,)."""
    return np.asarray(np.abs((states.real**2 + states.imag**2).sum(axis=(1, 2)) - 1) < PURE)


def amplitudes(states: Matrix) -> Matrix:
    """The kets (points, n) of pure density matrices (points, n, n): the column with the largest weight."""
    weights = np.einsum("pii->pi", states).real
    best = weights.argmax(axis=1)
    every = np.arange(len(states))
    kets = states[every, :, best] / np.sqrt(weights[every, best])[:, None]
    return np.asarray(kets / np.sqrt((kets.real**2 + kets.imag**2).sum(axis=1, keepdims=True)))


def turned(diagonals: Mapping[str, Array], angles: Mapping[str, Array], kets: Matrix) -> Matrix:
    """Kets after diagonal terms have acted for the time integrals `angles` (points, moments) of their coefficients."""
    total = sum((angles[name][..., None] * d for name, d in diagonals.items()), start=np.zeros(()))
    return np.asarray(kets * np.exp(-1j * total))


def static(block: Block, coefficients: Mapping[str, Array], kets: Matrix, times: Array) -> Matrix:
    """Kets under a constant Hamiltonian, by spectral decomposition.

    Parameters
    ----------
    block
        The terms on the states of a block.
    coefficients
        Of each term (points, 1).
    kets
        At the start (points, 1 or moments, n).
    times
        (points, moments).

    Returns
    -------
    array, shape (points, moments, n)
    """
    if block.size >= LARGE:
        return _one_by_one(block, coefficients, kets, times)
    hamiltonian = stack({name: coefficients[name] for name in block.operators}, block.operators)
    if block.size <= 2:
        return moved(unitary.exponential(hamiltonian, times), kets)
    energies, vectors = np.linalg.eigh(hamiltonian[:, 0])
    inner = np.matmul(kets, vectors.conj()) * np.exp(-1j * energies[:, None] * times[..., None])
    return np.asarray(np.matmul(inner, vectors.swapaxes(-1, -2)))


def moved(propagators: Matrix, kets: Matrix) -> Matrix:
    """Propagators (points, moments, n, n) on kets (points, 1 or moments, n)."""
    if propagators.shape[-1] > 2:
        return np.asarray(np.matmul(propagators, kets[..., None])[..., 0])
    return np.asarray(sum(propagators[..., k] * kets[..., k, None] for k in range(propagators.shape[-1])))


def _one_by_one(block: Block, coefficients: Mapping[str, Array], kets: Matrix, times: Array) -> Matrix:
    """`static` for a large block: the moments of one point are one product of matrices."""
    found = np.empty((*times.shape, block.size), complex)
    for point, (ket, time) in enumerate(zip(kets, times, strict=True)):
        energies, vectors, gauge = _levels(block, {name: float(coefficients[name][point, 0]) for name in block.parts})
        inner = _times(vectors.conj().T, (gauge.conj() * ket).T) * np.exp(-1j * energies[:, None] * time)
        found[point] = gauge * _times(vectors, inner).T
    return found


def _levels(block: Block, coefficients: Mapping[str, float]) -> tuple[Array, NDArray[Any], Matrix]:
    """Energies, eigenvectors, and the phases of the basis states in which these are real if they can be."""
    if block.bands is not None:
        main = sum((c * block.bands[name][0] for name, c in coefficients.items()), start=np.zeros(block.size))
        beside = sum((c * block.bands[name][1] for name, c in coefficients.items()), start=np.zeros(block.size - 1))
        size = np.abs(beside)
        steps = np.where(size > 0, beside.conj() / np.where(size > 0, size, 1.0), 1.0)
        energies, vectors = eigh_tridiagonal(main, size)
        return energies, vectors, np.concatenate([[1.0], np.cumprod(steps)])
    total = sum((c * block.parts[name] for name, c in coefficients.items()), start=0 * next(iter(block.parts.values())))
    hamiltonian = unitary.array(total)
    real = hamiltonian if np.any(hamiltonian.imag) else hamiltonian.real
    return *np.linalg.eigh(real), np.ones(block.size, complex)


def _times(matrix: NDArray[Any], vectors: Matrix) -> Matrix:
    """``matrix @ vectors`` for complex columns; a real matrix is not made complex for it."""
    if np.iscomplexobj(matrix):
        return np.asarray(matrix @ vectors)
    columns = np.ascontiguousarray(vectors)
    return np.asarray((matrix @ columns.view(float)).view(complex))


def driven(
    block: Block, drive: Drive, duration: Array, kets: Matrix, fractions: Array, tolerance: float
) -> tuple[Matrix, Array]:
    """Kets under a Hamiltonian that changes, by Magnus steps, and the estimated error (points,)."""
    propagators, error = unitary.magnus(Driven(block.operators, drive, duration), fractions, tolerance)
    return moved(propagators, kets), error


def angles(
    drive: Callable[[Array], Mapping[str, Array]], sizes: Mapping[str, Array], fractions: Array, tolerance: float
) -> tuple[dict[str, Array], Array]:
    """Integrals of coefficients over the fractions of a segment, by Gauss-Legendre quadrature.

    Each interval between two moments is halved, point by point, until the integrals times `sizes` (points,) change by
    less than `tolerance`.

    Returns
    -------
    tuple
        By name (points, moments), and the last change (points,).
    """
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    edges = np.concatenate([[0.0], fractions])
    found: dict[str, Array] = {}
    error, open_ = np.zeros(0), np.zeros(0, bool)
    parts = 1
    while parts <= MOST_PARTS:
        shares = (np.arange(parts)[:, None] + 0.5 * (1 + nodes)) / parts
        at = (edges[:-1, None, None] + np.diff(edges)[:, None, None] * shares).reshape(-1)
        width = (np.diff(edges)[:, None] / (2 * parts) * np.tile(weights, parts)).reshape(-1)
        new = {}
        for name, c in drive(at).items():
            pieces = (c * width).reshape(len(c), len(fractions), -1).sum(axis=-1)
            new[name] = np.cumsum(pieces, axis=1)
        if found:
            change = np.max([sizes[name] * np.abs(new[name] - found[name]).max(axis=1) for name in new], axis=0)
            for name, old in found.items():
                found[name] = np.where(open_[:, None], new[name], old)
            error = np.where(open_, change, error)
            open_ = open_ & (change > tolerance)
            if not open_.any():
                return found, error
        else:
            found, open_ = new, np.ones(len(next(iter(new.values()))), bool)
            error = np.full(len(open_), np.inf)
        parts *= 2
    raise UnfinishedError(f"the phases of a driven segment did not reach tolerance {tolerance:g}; ask for more moments")
