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

from mesodyn.dynamics import spins, unitary
from mesodyn.dynamics.unitary import Driven
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

DEGREES = (24, 48)
"""Of the Chebyshev polynomials that are tried in turn."""
MOST_ORDERS = 16
"""How often the slow solution is improved at most."""
GAIN = 0.5
"""An improvement that leaves more than this share of what was left over is the last."""
AT_ONCE = 64
"""Points that are solved together, so that their arrays stay in the cache."""
WEAK = 1.0
"""A field that turns a spin by less than this in the whole segment is never slow."""
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
    coefficients: Array
    whole: Array

    def values(self, fractions: Array) -> Array:
        """The matrix that gives values at some fractions."""
        return np.asarray(chebyshev.chebvander(2 * fractions - 1, len(self.at) - 1) @ self.coefficients)

    def integrals(self, fractions: Array) -> Array:
        """The matrix that gives integrals from 0 to some fractions."""
        return np.asarray(chebyshev.chebvander(2 * fractions - 1, len(self.at)) @ self.whole)


@lru_cache
def _nodes(degree: int) -> _Nodes:
    x = -np.cos(np.pi * np.arange(degree + 1) / degree)
    coefficients: Array = np.asarray(np.linalg.inv(chebyshev.chebvander(x, degree)), float)
    slope = chebyshev.chebvander(x, degree - 1) @ chebyshev.chebder(np.eye(degree + 1), scl=2.0) @ coefficients
    places, weights = np.polynomial.legendre.leggauss(degree + degree // 2 + 1)
    to_checks: Array = np.asarray(chebyshev.chebvander(places, degree) @ coefficients)
    whole: Array = np.asarray(chebyshev.chebint(np.eye(degree + 1), lbnd=-1, scl=0.5) @ coefficients)
    return _Nodes(0.5 * (1 + x), slope, 0.5 * (1 + places), 0.5 * weights, to_checks, coefficients, whole)


def field(operators: Mapping[str, Matrix], coefficients: Mapping[str, Array]) -> Array:
    """``(a, B_x, B_y, B_z)`` as (points, 4, nodes) of Hamiltonians ``a + B.sigma/2`` of two levels."""
    total = np.zeros(())
    for name, o in operators.items():
        parts = [0.5 * (o[0, 0] + o[1, 1]), 2 * o[0, 1], 2j * o[0, 1], o[0, 0] - o[1, 1]]
        total = total + np.real(parts)[:, None] * coefficients[name][:, None, :]
    return np.asarray(total)


def propagators(driven: Driven, fractions: Array, tolerance: float) -> tuple[Matrix, Array]:
    """Propagators (points, moments, n, n) and the error (points,): `slow` where it is good enough, else Magnus steps.

    The components of one larger spin, and nothing else, are solved as those of a spin 1/2.

    Raises
    ------
    UnfinishedError
        See `unitary.magnus`.
    """
    shape = len(driven.duration), len(fractions), driven.size, driven.size
    if driven.static is None and not any(np.any(operator) for operator in driven.operators.values()):
        return np.broadcast_to(np.eye(driven.size, dtype=complex), shape), np.zeros(shape[0])
    if driven.size > 2 and driven.static is None and (half := spins.halved(driven)) is not None:
        steps = driven.size - 1
        small, error = propagators(half, fractions, tolerance / steps)
        return spins.turned(small, driven.size), steps * error
    if driven.size != 2 or driven.static is not None:
        return unitary.magnus(driven, fractions, tolerance)
    found = np.empty(shape, complex)
    error = np.full(len(found), np.inf)
    every = np.arange(len(found))
    for low in range(0, len(every), AT_ONCE):
        left = every[low : low + AT_ONCE]
        for degree in DEGREES:
            if len(left):
                found[left], error[left] = slow(driven.at(left), fractions, tolerance, degree)
                left = left[~(error[left] <= tolerance)]
    left = every[~(error <= tolerance)]
    if len(left):
        found[left], error[left] = unitary.magnus(driven.at(left), fractions, tolerance)
    return found, error


def slow(driven: Driven, fractions: Array, tolerance: float, degree: int = DEGREES[-1]) -> tuple[Matrix, Array]:
    r"""Propagators of two levels from the slow solution of :math:`n' = B \times n`.

    With ``q`` the shortest turn from n(0) to n(t), as a quaternion, and :math:`g = n(0)\cdot(n \times n')`,

    .. math:: U = e^{-i\int a}\, q\, e^{-i\varphi\, n(0)\cdot\sigma/2},\quad
              \varphi' = B\cdot n + g/(1 + n(0)\cdot n).

    Parameters
    ----------
    driven
        Of two levels, without `static`.
    fractions
        The moments (moments,).
    tolerance
        The slow solution is improved until the error is below it, or does not shrink any more.
    degree
        Of the Chebyshev polynomials, at least 4.

    Returns
    -------
    tuple
        Propagators (points, moments, 2, 2) and a bound of their error (points,): half the integral of the distance
        between B and the field that would make just these propagators. It is infinite where the field is weak or
        turns too far.
    """
    nodes = _nodes(degree)
    time = driven.duration[:, None, None]
    b = field(driven.operators, driven.drive(nodes.at)) * time
    with np.errstate(over="ignore"):
        strength = _dot(b[:, 1:], b[:, 1:])
    weak = ~((strength.min(axis=-1) > WEAK**2) & np.isfinite(strength.max(axis=-1)))
    b = np.broadcast_to(np.where(weak[:, None, None], 1.0, b), (len(time), 4, degree + 1))
    n = _slow_solution(b[:, 1:], nodes, tolerance)
    slope = np.matmul(n, nodes.slope.T)
    rate = _rate(b[:, 1:], n[:, :, :1], n, slope)
    checked = field(driven.operators, driven.drive(nodes.checks)) * time
    error = _left_over(np.where(weak[:, None, None], 1.0, checked), b[:, 0], n, slope, rate, nodes)
    error[weak] = np.inf
    whole = nodes.integrals(fractions).T
    turned, phase = 0.5 * np.matmul(rate[:, None], whole)[:, 0], np.matmul(b[:, :1], whole)[:, 0]
    begin, now = n[:, :, 0], np.matmul(n, nodes.values(fractions).T)
    scalar = 1 + _dot(begin[..., None], now)
    vector = _cross(begin[..., None], now)
    cosine, sine = np.cos(turned), np.sin(turned)[:, None] * begin[..., None]
    quaternion = np.stack(
        [
            scalar * cosine - _dot(vector, sine),
            *np.moveaxis(scalar[:, None] * sine + cosine[:, None] * vector + _cross(vector, sine), 1, 0),
        ]
    )
    quaternion = quaternion / np.sqrt((quaternion**2).sum(axis=0))
    return _matrix(quaternion, np.exp(-1j * phase)), error


def _slow_solution(b: Array, nodes: _Nodes, tolerance: float) -> Array:
    """Unit vectors (points, 3, nodes): ``n = B^ sqrt(1 - v^2) + v`` with ``v = -B x n'/B^2``, again and again."""
    square = _dot(b, b)
    along = b / np.sqrt(square)[:, None]
    n, best = along.copy(), np.full(len(b), np.inf)
    active, now = np.arange(len(b)), n
    for _ in range(MOST_ORDERS):
        slope = np.matmul(now, nodes.slope.T)
        away = slope - _cross(b[active], now)
        left = np.abs(away).sum(axis=1).max(axis=-1)
        better = left < best[active]
        n[active[better]] = now[better]
        further = better & (left < GAIN * best[active]) & (left > 0.1 * tolerance)
        best[active[better]] = left[better]
        active = active[further]
        if not len(active):
            break
        across = -_cross(b[active], slope[further]) / square[active][:, None]
        now = across + np.sqrt(np.maximum(1 - _dot(across, across), 0.0))[:, None] * along[active]
    return n


def _rate(b: Array, begin: Array, n: Array, slope: Array) -> Array:
    """How fast the phase about n grows."""
    turned = _dot(begin, _cross(n, slope)) / np.maximum(1 + _dot(begin, n), NEAR)
    return np.asarray(_dot(b, n) + turned)


def _left_over(b: Array, a: Array, n: Array, slope: Array, rate: Array, nodes: _Nodes) -> Array:
    """The bound of the error, from nodes between those of the solution."""
    held = np.concatenate([n, slope, rate[:, None], a[:, None]], axis=1)
    between = np.matmul(held, nodes.to_checks.T)
    there, its_slope = between[:, :3], between[:, 3:6]
    begin = n[:, :, :1]
    away = its_slope - _cross(b[:, 1:], there)
    rates = between[:, 6] - _rate(b[:, 1:], begin, there, its_slope), between[:, 7] - b[:, 0]
    density = 0.5 * np.sqrt(_dot(away, away)) + 0.5 * np.abs(rates[0]) + np.abs(rates[1])
    safe = (_dot(begin, n).min(axis=-1) > NEAR - 1) & (_dot(begin, there).min(axis=-1) > NEAR - 1)
    return np.where(safe, (density * nodes.weights).sum(axis=-1), np.inf)


def _dot(first: Array, second: Array) -> Array:
    return np.asarray(first[:, 0] * second[:, 0] + first[:, 1] * second[:, 1] + first[:, 2] * second[:, 2])


def _cross(first: Array, second: Array) -> Array:
    x, y, z = first[:, 0], first[:, 1], first[:, 2]
    u, v, w = second[:, 0], second[:, 1], second[:, 2]
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=1)


def _matrix(quaternion: Array, phase: Matrix) -> Matrix:
    """``phase (q_0 - i q.sigma)``."""
    scalar, x, y, z = quaternion
    found = np.empty((*scalar.shape, 2, 2), complex)
    found[..., 0, 0] = phase * (scalar - 1j * z)
    found[..., 1, 1] = phase * (scalar + 1j * z)
    found[..., 0, 1] = phase * (-1j * x - y)
    found[..., 1, 0] = phase * (-1j * x + y)
    return found
