"""Two levels whose field changes slowly: the spin that follows it, found to any order without steps.

A field B(t) turns a spin 1/2 by H = a + B.sigma/2. Among the solutions of n' = B x n one is slow: it stays near the
field. It is smooth, so few Chebyshev nodes hold it however often the other solutions turn meanwhile, and the propagator
is the turn from n(0) to n(t) times a phase about n(0). What is left over, n' - B x n, bounds the error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

DEGREES = (24, 48)
"""Of the Chebyshev polynomials that are tried in turn."""
MOST_ORDERS = 16
"""How often the slow solution is improved at most."""
NEAR = 0.2
"""Where 1 + n(0).n(t) falls below this, the turn from n(0) to n(t) is not well defined."""


@dataclass(frozen=True)
class _Nodes:
    """Chebyshev nodes on the fractions of a segment, and matrices on values there."""

    at: Array
    slope: Array
    checks: Array
    weights: Array
    to_checks: Array
    _coefficients: Array

    def values(self, fractions: Array) -> Array:
        """The matrix that gives values at some fractions."""
        return np.asarray(chebyshev.chebvander(2 * fractions - 1, len(self.at) - 1) @ self._coefficients)

    def integrals(self, fractions: Array) -> Array:
        """The matrix that gives integrals from 0 to some fractions."""
        whole = chebyshev.chebint(np.eye(len(self.at)), lbnd=-1, scl=0.5)
        return np.asarray(chebyshev.chebvander(2 * fractions - 1, len(self.at)) @ whole @ self._coefficients)


@lru_cache
def _nodes(degree: int) -> _Nodes:
    x = -np.cos(np.pi * np.arange(degree + 1) / degree)
    coefficients = np.linalg.inv(chebyshev.chebvander(x, degree))
    slope = chebyshev.chebvander(x, degree - 1) @ chebyshev.chebder(np.eye(degree + 1), scl=2.0) @ coefficients
    places, weights = np.polynomial.legendre.leggauss(degree + degree // 2 + 1)
    to_checks = chebyshev.chebvander(places, degree) @ coefficients
    return _Nodes(0.5 * (1 + x), slope, 0.5 * (1 + places), 0.5 * weights, to_checks, coefficients)


def field(operators: Mapping[str, Matrix], coefficients: Mapping[str, Array]) -> Array:
    """``(a, B_x, B_y, B_z)`` as (points, 4, nodes) of Hamiltonians ``a + B.sigma/2`` of two levels."""
    total = np.zeros(())
    for name, o in operators.items():
        parts = [0.5 * (o[0, 0] + o[1, 1]), 2 * o[0, 1], 2j * o[0, 1], o[0, 0] - o[1, 1]]
        total = total + np.real(parts)[:, None] * coefficients[name][:, None, :]
    return np.asarray(total)


def slow(operators: Mapping[str, Matrix], drive: object, duration: Array) -> None:
    raise NotImplementedError
