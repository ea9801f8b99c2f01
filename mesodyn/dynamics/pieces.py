"""A superoperator in pieces: sets of elements of the density matrix that it connects, each solved by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from mesodyn.dynamics import unitary
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """Matrices (k, k) by name, and the elements they act on (copies, k): wherever the same matrices stand."""

    parts: Mapping[str, Matrix]
    places: NDArray[np.int64]

    @property
    def size(self) -> int:
        """How many elements one copy connects."""
        return int(self.places.shape[1])


def split(operators: Mapping[str, csr_array]) -> list[Piece]:
    """The different pieces of some superoperators (n, n) that act together."""
    names, size = list(operators), next(iter(operators.values())).shape[0]
    pattern = sum((abs(operator) for operator in operators.values()), start=csr_array((size, size)))
    _, which = connected_components(pattern, directed=False)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which)
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rank = np.empty(size, np.int64)
    rank[order] = np.arange(size) - begins[which[order]]
    found = []
    for length in np.unique(counts):
        chosen = np.flatnonzero(counts == length)
        number = np.full(len(counts), -1)
        number[chosen] = np.arange(len(chosen))
        dense = np.zeros((len(names), len(chosen), length, length), complex)
        for k, name in enumerate(names):
            entries = operators[name].tocoo()
            here = number[which[entries.row]]
            kept = here >= 0
            rows, columns = rank[entries.row[kept]], rank[entries.col[kept]]
            np.add.at(dense[k], (here[kept], rows, columns), entries.data[kept])
        places = order[begins[chosen][:, None] + np.arange(length)]
        flat = dense.swapaxes(0, 1).reshape(len(chosen), -1) + 0.0
        _, first, same = np.unique(flat, axis=0, return_index=True, return_inverse=True)
        for k, one in enumerate(first):
            parts = {name: dense[j, one] for j, name in enumerate(names)}
            found.append(Piece(parts, places[same.ravel() == k]))
    return found


def walk(pieces: list[Piece], rates: Mapping[str, Array], start: Matrix, duration: Array, fractions: Array) -> Matrix:
    """``exp(G t) x`` (points, moments, n) of ``G = sum_name rate * part`` for states x (points, n).

    Parameters
    ----------
    pieces
        Of the parts of G.
    rates
        Coefficients (points,) by name.
    start, duration, fractions
        The states, the time that they take (points,), and the moments (moments,) as fractions of it, ascending.
    """
    found = np.zeros((*start.shape[:1], len(fractions), start.shape[1]), complex)
    gaps = np.diff(fractions, prepend=0.0)
    for piece in pieces:
        places = piece.places[start[:, piece.places].any(axis=(0, 2))]  # what is nothing stays nothing
        if not len(places):
            continue
        generator = sum(rates[name][:, None, None] * part for name, part in piece.parts.items())
        state = start[:, places].swapaxes(1, 2)
        for k, gap in enumerate(gaps):
            if k == 0 or abs(gap - gaps[k - 1]) > 1e-13:
                step = _exponential(np.asarray(generator), gap * duration)
            state = step @ state
            found[:, k, places] = state.swapaxes(1, 2)
    return found


def _exponential(generator: Matrix, time: Array) -> Matrix:
    """Exponentials (points, k, k); the mean phase rate, which may be fast, is taken out."""
    mean = 1j * np.trace(generator, axis1=1, axis2=2).imag[:, None, None] / generator.shape[-1]
    long = time[:, None, None]
    return np.asarray(np.exp(mean * long) * unitary.expm((generator - mean * np.eye(generator.shape[-1])) * long))
