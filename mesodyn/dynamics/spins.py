"""A spin of any size in a moving field: what a spin 1/2 does there says it all."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.unitary import Driven
from mesodyn.numberspace import Matrix

ALIKE = 1e-13
"""Matrices that differ by no more than this share of the spin are the same."""


@lru_cache
def matrices(size: int) -> Matrix:
    """``(S_x, S_y, S_z)`` (3, size, size) of the spin with so many levels, the largest projection first."""
    spin = (size - 1) / 2
    projections = spin - np.arange(size)
    up = np.diag(np.sqrt(spin * (spin + 1) - projections[1:] * (projections[1:] + 1)), 1).astype(complex)
    return np.stack([(up + up.T) / 2, (up - up.T) / 2j, np.diag(projections)])


def halved(driven: Driven) -> Driven | None:
    """The spin 1/2 in the field of a larger spin; None where the operators are no components of one spin."""
    own, small = matrices(driven.size), matrices(2)
    square = (abs(own[2]) ** 2).sum()
    found: dict[str, Matrix] = {}
    for name, operator in driven.operators.items():
        along = np.einsum("kij,ij->k", own.conj(), operator).real / square
        if np.abs(operator - np.einsum("k,kij->ij", along, own)).max() > ALIKE * driven.size:
            return None
        found[name] = np.einsum("k,kij->ij", along, small)
    return Driven(found, driven.drive, driven.duration)


def turned(half: Matrix, size: int) -> Matrix:
    r"""What a turn of spin 1/2, a unitary (..., 2, 2) of determinant 1, is for a spin with `size` levels.

    With the Euler angles of the turn, :math:`e^{-i\alpha S_z}\, e^{-i\beta S_y}\, e^{-i\gamma S_z}`.

    Examples
    --------
    >>> full = -np.eye(2)  # a turn by 2 pi
    >>> turned(full, 3).real.round(12).diagonal().tolist(), turned(full, 4).real.round(12).diagonal().tolist()
    ([1.0, 1.0, 1.0], [-1.0, -1.0, -1.0, -1.0])
    """
    first, second = half[..., 0, 0], half[..., 1, 0]
    beta = 2 * np.arctan2(np.abs(second), np.abs(first))
    alpha, gamma = np.angle(second) - np.angle(first), -np.angle(first) - np.angle(second)
    projections, vectors = _tilt(size)
    middle = (vectors * np.exp(-1j * beta[..., None] * projections)[..., None, :]) @ vectors.conj().T
    after, before = (np.exp(-1j * angle[..., None] * projections) for angle in (alpha, gamma))
    return np.asarray(after[..., :, None] * middle * before[..., None, :])


@lru_cache
def _tilt(size: int) -> tuple[NDArray[np.float64], Matrix]:
    """The projections, largest first, and the eigenvectors of S_y in their order."""
    vectors = np.linalg.eigh(matrices(size)[1])[1][:, ::-1]
    return matrices(size)[2].diagonal().real, vectors
