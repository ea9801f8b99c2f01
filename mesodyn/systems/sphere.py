r"""The moment that minimises a mean-field energy, by the secular equation (PHYSICS 1.8, 3h): plain arrays over points.

In the eigenbasis of the anisotropy, with the gaps :math:`d_1 = 0 \le d_2 \le d_3` above its smallest eigenvalue and
the drive :math:`b = \mu_B B`, every extremum of the energy obeys

.. math:: (d_i + \nu)\,m_i = b_i, \qquad |m| = m(\nu),

where :math:`m = \tanh[m(\nu + \mu_B B_0)/kT]`, which is 1 at T = 0. The minimum has the largest root, ν >= 0; the other
local minimum, if there is one, has the largest root in :math:`-d_2 < \nu < 0`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROUNDING = 8 * np.finfo(float).eps
STEPS = 200
"""More than any root below needs; each point stops by itself."""


def spontaneous(ratio: Array) -> Array:
    """The largest m with ``m = tanh(m * ratio)``: 0 for ratio <= 1, 1 for an infinite one.

    Newton's iteration from the right of the root y of ``y = ratio * tanh(y)``, whose left side minus right is convex.

    Examples
    --------
    >>> spontaneous(np.array([0.5, 1.0, 2.0, np.inf])).round(6).tolist()
    [0.0, 0.0, 0.957504, 1.0]
    """
    ordered = ratio > 1
    t = np.where(ordered, np.minimum(ratio, 30.0), 2.0)  # tanh(30) is 1
    y = np.minimum(t, np.sqrt((t - 1) * (t + 2)))
    for _ in range(8):
        # f = y - t tanh(y), slope 1 - t / cosh(y)**2
        slope = 1 - t / np.cosh(y) ** 2
        y = np.where(slope > 0, y - (y - t * np.tanh(y)) / np.where(slope > 0, slope, 1.0), y)
    return np.where(ordered, np.tanh(y), 0.0)


@dataclass(frozen=True)
class Moment:
    """What the secular equation is about, for all points.

    Parameters
    ----------
    gaps
        (points, 3): d, ascending, the first 0.
    drive
        (points, 3): b, in the same basis.
    exchange
        (points,): mu_B B_0.
    temperature
        (points,): kT.
    """

    gaps: Array
    drive: Array
    exchange: Array
    temperature: Array

    def length(self, nu: Array) -> Array:
        """``m(nu)``: how long the thermal mean of sigma is."""
        above, cold = nu + self.exchange, self.temperature <= 0
        with np.errstate(over="ignore"):
            ratio = np.where(above > 0, above / np.where(cold, 1.0, self.temperature), 0.0)
        return np.where(cold, np.where(above > 0, 1.0, 0.0), spontaneous(ratio))

    def length_slope(self, nu: Array, length: Array) -> Array:
        """``d(m**2)/d(nu)``, 0 where m is 0 or 1."""
        cold = self.temperature <= 0
        warm = np.where(cold, 1.0, self.temperature)
        rest = 1 - length**2
        curb = 1 - (nu + self.exchange) / warm * rest
        alive = ~cold & (length > 0) & (curb > 0)
        return np.where(alive, 2 * length**2 * rest / (warm * np.where(alive, curb, 1.0)), 0.0)

    def vector(self, nu: Array) -> Array:
        """``m_i = b_i / (d_i + nu)``, 0 where the drive is."""
        stiffness = self.gaps + nu[:, None]
        driven = self.drive != 0
        return np.where(driven, self.drive / np.where(driven & (stiffness != 0), stiffness, 1.0), 0.0)

    def square_slope(self, nu: Array, vector: Array) -> Array:
        """``d|m|**2/d(nu) = -2 sum b_i**2 / (d_i + nu)**3``."""
        stiffness = self.gaps + nu[:, None]
        alive = (vector != 0) & (stiffness != 0)
        return -2 * np.where(alive, vector**2 / np.where(alive, stiffness, 1.0), 0.0).sum(axis=1)

    @property
    def soft(self) -> NDArray[np.bool_]:
        """(points, 3): the directions of the smallest stiffness."""
        return np.asarray(self.gaps == 0)

    def equilibrium(self) -> tuple[Array, Array]:
        """The global minimum: (nu, vector). A tie is broken towards the positive first axis."""
        start = np.zeros(len(self.gaps))
        across = self.vector(start)
        missing = self.length(start) ** 2 - (across**2).sum(axis=1)
        free = np.all(~self.soft | (self.drive == 0), axis=1)
        hard = free & (missing >= 0)
        nu = np.where(hard, 0.0, self._largest_root(hard))
        found = self.vector(nu)
        found[:, 0] = np.where(hard, np.sqrt(np.maximum(missing, 0.0)), found[:, 0])
        return nu, self._on_the_sphere(nu, found)

    def _largest_root(self, known: NDArray[np.bool_]) -> Array:
        """The root nu > 0 of ``m(nu) / |vector(nu)| = 1``, which grows with nu: bracketed Newton, point by point."""
        size = np.sqrt((self.drive**2).sum(axis=1))
        low = np.maximum((np.abs(self.drive) - self.gaps).max(axis=1), self.temperature - self.exchange)
        low = np.maximum(low, 0.0)
        high = np.maximum(np.where(self.temperature > 0, 2 * np.maximum(size, self.temperature), size), low)
        nu, done = np.where(low > 0, low, high), known.copy()
        for _ in range(STEPS):
            vector, length = self.vector(nu), self.length(nu)
            square = (vector**2).sum(axis=1)
            norm = np.sqrt(np.where(square > 0, square, 1.0))
            off = length / norm - 1
            half = self.length_slope(nu, length) / (2 * np.where(length > 0, length, 1.0))
            slope = half / norm - length * self.square_slope(nu, vector) / (2 * norm**3)
            low, high = np.where(off < 0, nu, low), np.where(off >= 0, nu, high)
            step = nu - off / np.where(slope > 0, slope, 1.0)
            trusted = (slope > 0) & (step > low) & (step < high)
            new = np.where(trusted, step, 0.5 * (low + high))
            close = (np.abs(new - nu) <= ROUNDING * nu) | (off == 0) | (high - low <= ROUNDING * high)
            nu = np.where(done | (off == 0), nu, new)
            done |= close
            if done.all():
                break
        return nu

    def metastable(self) -> tuple[Array, Array, NDArray[np.bool_]]:
        """The other local minimum: (nu, vector, where it exists); elsewhere the equilibrium."""
        nu, vector = self.equilibrium()
        mirrored = (self.drive[:, 0] == 0) & (self.gaps[:, 1] > 0) & (nu == 0) & (vector[:, 0] > 0)
        root, exists = self._largest_negative_root()
        other = self._on_the_sphere(root, self.vector(root))
        mirror = vector * np.array([-1.0, 1.0, 1.0])
        found = np.where(mirrored[:, None], mirror, np.where(exists[:, None], other, vector))
        return np.where(exists, root, nu), found, mirrored | exists

    def floor(self) -> Array:
        """Below which negative nu no minimum can be: the next stiffness, or the loss of the moment itself."""
        return np.maximum(-self.gaps[:, 1], self.temperature - self.exchange)

    def _largest_negative_root(self) -> tuple[Array, NDArray[np.bool_]]:
        """The largest root of the convex ``|vector|**2 - m**2`` below 0, by Newton from its right, and whether it is.

        At ``nu = -|b_1|`` the function isn't negative, and to the right of it there is no root.
        """
        floor = self.floor()
        nu = -np.abs(self.drive[:, 0])
        alive, done = (nu < 0) & (nu > floor), np.zeros(len(nu), bool)
        for _ in range(STEPS):
            vector, length = self.vector(nu), self.length(nu)
            off = (vector**2).sum(axis=1) - length**2
            slope = self.square_slope(nu, vector) - self.length_slope(nu, length)
            alive &= done | (slope > 0)
            new = nu - off / np.where(slope > 0, slope, 1.0)
            settled = (off <= 0) | (nu - new <= ROUNDING * np.abs(nu))
            new = np.where(done | settled | ~alive, nu, new)
            alive &= done | (new > floor)
            done |= settled
            nu = np.where(alive, new, nu)
            if (done | ~alive).all():
                break
        return nu, alive & done

    def _on_the_sphere(self, nu: Array, vector: Array) -> Array:
        """At T = 0 the vector with the length 1 (or 0), free of the last rounding; a warm one as it is.

        A small warm m follows from the drive more exactly than from its own length.
        """
        norm = np.sqrt((vector**2).sum(axis=1))
        cold = (self.temperature <= 0) & (norm > 0)
        return vector * np.where(cold, self.length(nu) / np.where(norm > 0, norm, 1.0), 1.0)[:, None]

    def switching(self) -> Array:
        """By which factor the drive may grow until the other local minimum vanishes.

        It exists as long as ``factor**2 * |vector|**2 < m**2`` for some nu above `floor`, so the factor is the largest
        ``m / |vector|`` there, which has one maximum: halving on the sign of its slope.
        """
        low, high = self.floor(), np.zeros(len(self.gaps))
        for _ in range(100):
            nu = 0.5 * (low + high)
            vector, length = self.vector(nu), self.length(nu)
            square = (vector**2).sum(axis=1)
            rising = self.length_slope(nu, length) * square > length**2 * self.square_slope(nu, vector)
            inside = nu > low
            low, high = np.where(rising, nu, low), np.where(inside & ~rising, nu, high)
        nu = np.where(self.drive[:, 0] == 0, 0.0, high)  # never the floor, where a cold m vanishes
        norm = np.sqrt((self.vector(nu) ** 2).sum(axis=1))
        open_ = (self.gaps[:, 1] > 0) & (self.floor() < 0)
        return np.where(open_, self.length(nu) / np.where(norm > 0, norm, 1.0), 0.0)
