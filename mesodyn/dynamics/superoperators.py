"""Sparse matrices that act on row-stacked density matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array, eye_array, kron, vstack

from mesodyn.errors import InputError, Shown

MOST_ELEMENTS = 50_000_000
"""The largest number of elements that a sparse Liouvillian may have."""


def commutator(hamiltonian: csr_array) -> csr_array:
    """``[H, rho]`` (n^2, n^2)."""
    one = eye_array(hamiltonian.shape[0], format="csr")
    check(2 * hamiltonian.nnz * hamiltonian.shape[0])
    return csr_array(kron(hamiltonian, one) - kron(one, hamiltonian.T))


def dissipator(jumps: Sequence[tuple[float, csr_array]], size: int) -> csr_array:
    """``sum_k rate_k (L rho L^dagger - {L^dagger L, rho}/2)`` (n^2, n^2) of rates and jump operators."""
    one, total = eye_array(size, format="csr"), csr_array((size * size, size * size), dtype=complex)
    for rate, jump in jumps:
        check(jump.nnz**2)
        square = jump.conj().T @ jump
        total = total + rate * (kron(jump, jump.conj()) - 0.5 * (kron(square, one) + kron(one, square.T)))
    return csr_array(total)


def widened(operator: csr_array, flow: Any = None) -> csr_array:
    """With one more row (1, n^2), for a number that is added up beside the density matrix, and an empty column."""
    size = operator.shape[1]
    row = csr_array((1, size), dtype=complex) if flow is None else csr_array(np.asarray(flow, complex))
    found = csr_array(vstack([operator, row]))
    found.resize((size + 1, size + 1))
    return found


def check(elements: int) -> None:
    """Refuse a Liouvillian that would not fit."""
    if elements > MOST_ELEMENTS:
        was = Shown(f"one that makes a Liouvillian of {elements} elements")
        way = "use method='trajectories', which needs kets only, or fewer states"
        raise InputError("bath", "on a smaller space or with sparser operators", was, way)
