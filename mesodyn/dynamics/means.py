"""Expectation values of sparse operators in kets or density matrices, diagonal by diagonal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mesodyn.numberspace import Matrix


@dataclass(frozen=True)
class _Diagonal:
    """All operators' elements that stand `offset` from the main diagonal, above and below it, between two rows."""

    offset: int
    low: int
    high: int
    weights: NDArray[Any]
    above: NDArray[np.int64]
    below: NDArray[np.int64]


class Means:
    """``Tr(rho O)`` of several operators at once.

    No operator is made a full matrix: the elements of the state beside each diagonal in use are weighed once for all
    operators.

    Parameters
    ----------
    operators
        By name, square and sparse.
    """

    def __init__(self, operators: Mapping[str, csr_array]) -> None:
        self.operators = dict(operators)
        self.names = list(operators)
        parts = [operator.tocoo() for operator in operators.values()]
        rows = np.concatenate([part.row for part in parts])
        columns = np.concatenate([part.col for part in parts])
        values = np.concatenate([part.data for part in parts])
        which = np.repeat(np.arange(len(parts)), [part.nnz for part in parts])
        self.diagonals = []
        for offset in np.unique(np.abs(columns - rows)):
            here = np.abs(columns - rows) == offset
            row, up = np.minimum(rows, columns)[here], (columns >= rows)[here]
            self.diagonals.append(_diagonal(int(offset), row, up, which[here], values[here]))

    def __call__(self, states: Matrix) -> dict[str, NDArray[Any]]:
        """The means (points, moments) in kets (points, moments, n) or density matrices (points, moments, n, n).

        They are real where an operator is diagonal and real.
        """
        total: dict[int, NDArray[Any]] = {}
        for each in self.diagonals:
            weighed = np.matmul(each.weights, _elements(states, each).swapaxes(-1, -2))
            half = len(each.above)
            for column, k in enumerate((*each.above.tolist(), *each.below.tolist())):
                part = weighed[:, column] if column < half else weighed[:, column].conj()
                total[k] = total[k] + part if k in total else part
        none = np.zeros(states.shape[:2])
        return {name: total.get(k, none) for k, name in enumerate(self.names)}


def _diagonal(
    offset: int, row: NDArray[np.int64], up: NDArray[np.bool_], which: NDArray[np.int64], values: NDArray[Any]
) -> _Diagonal:
    """Sort elements into a matrix of weights: those above the diagonal, then the conjugates of those below."""
    low, high = int(row.min()), int(row.max()) + 1
    sides, weights = [], []
    for side, elements in ((up, values), (~up, values.conj())):
        operators, column = np.unique(which[side], return_inverse=True)
        found = np.zeros((high - low, len(operators)), complex)
        np.add.at(found, (row[side] - low, column), elements[side])
        sides.append(operators)
        weights.append(found)
    both = np.ascontiguousarray(np.concatenate(weights, axis=1).T)
    return _Diagonal(offset, low, high, both if np.any(both.imag) else both.real.copy(), *sides)


def _elements(states: Matrix, each: _Diagonal) -> NDArray[Any]:
    """``<i + offset|rho|i>`` for the rows i of a diagonal (points, moments, rows)."""
    if states.ndim == 4:
        found = np.diagonal(states, -each.offset, axis1=-2, axis2=-1)[..., each.low : each.high]
        return np.ascontiguousarray(found.real if each.offset == 0 else found)
    lower = states[..., each.low : each.high]
    if each.offset == 0:
        return np.asarray(lower.real**2 + lower.imag**2)
    return np.asarray(states[..., each.low + each.offset : each.high + each.offset] * lower.conj())
