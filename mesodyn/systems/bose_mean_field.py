"""The mean field of the two-mode Bose junction: a point on a sphere, and the orbits it can move on (DEFINITIONS 6.7).

The unit of time is hbar/2J here, that of energy NJ: ``H = Lambda z**2/2 - sqrt(1 - z**2) cos(phi) + epsilon z`` with
``epsilon = Delta E/2J``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NODES = 4096
"""Of the quadrature over half an orbit."""
AGREED = 1e-9
"""How closely half as many nodes must agree; closer to the separatrix there is no period."""


@dataclass(frozen=True)
class Field:
    r"""The equations of motion of imbalance and phase.

    .. math:: \dot z = H_\varphi - \eta(1-z^2)H_z,\qquad \dot\varphi = -H_z - \kappa H_\varphi/(1-z^2)

    written for :math:`(x, y, z)` with :math:`x + iy = \sqrt{1-z^2}\,e^{i\varphi}`: without damping nothing is singular.

    Parameters
    ----------
    strength, bias
        Lambda and epsilon.
    damping, phase_damping
        eta (a resistance beside the link) and kappa (friction of the phase): 2g and kappa/2 of PHYSICS 3d. Equal, they
        are the damping of Landau and Lifshitz. Each makes the energy fall.
    """

    strength: Any = 0.0
    bias: Any = 0.0
    damping: Any = 0.0
    phase_damping: Any = 0.0

    def slope(self, _: float, state: Array) -> Array:
        """The rate of change of stacked points: state (3 runs,), first all x, then y, then z."""
        x, y, z = state.reshape(3, -1)
        pull = self.strength * z + self.bias
        dx, dy, dz = y * pull, -z - x * pull, y
        if self.damping or self.phase_damping:
            across = np.maximum(x * x + y * y, 1e-300)
            loss = self.damping * (pull + z * x / across)
            drag = self.phase_damping * y / across
            dx, dy, dz = dx + loss * z * x + drag * y, dy + loss * z * y - drag * x, dz - loss * across
        return np.concatenate([dx, dy, dz])

    def energy(self, state: Array) -> Array:
        """H of points (..., 3), in units of NJ."""
        return np.asarray(0.5 * self.strength * state[..., 2] ** 2 - state[..., 0] + self.bias * state[..., 2])


def on_sphere(imbalance: Any, phase: Any) -> Array:
    """The point (..., 3) of an imbalance and a phase."""
    z, phase = np.broadcast_arrays(np.asarray(imbalance, float), np.asarray(phase, float))
    across = np.sqrt(1 - z**2)
    return np.stack([across * np.cos(phase), across * np.sin(phase), z], axis=-1)


@dataclass(frozen=True)
class Orbit:
    """A closed orbit without damping.

    Parameters
    ----------
    lowest, highest
        Its turning points in z.
    period, mean
        In units of hbar/2J, and the mean of z over it.
    winding
        By how many turns the phase has run on after a period: 0 for an oscillation, 1 or -1 for a running phase.
    """

    lowest: float
    highest: float
    period: float
    mean: float
    winding: float

    @property
    def trapped(self) -> bool:
        """Whether the imbalance keeps its sign."""
        return self.lowest * self.highest > 0


def orbit(imbalance: float, phase: float, strength: float, bias: float = 0.0) -> Orbit:
    """The orbit through a point, by quadrature: ``(dz/dt)**2`` is a polynomial of fourth order in z.

    The same as the elliptic functions of Raghavan et al., Phys. Rev. A 59, 620 (1999), for any bias. On the separatrix,
    at a fixed point and closer to one than the quadrature resolves, period, mean and winding are nan.

    Examples
    --------
    Small oscillations at Lambda = 8 have the frequency sqrt(1 + 8):

    >>> round(2 * np.pi / orbit(1e-4, 0.0, 8.0).period, 6)
    3.0
    """
    x, _, z = on_sphere(imbalance, phase)
    h = float(0.5 * strength * z**2 - x + bias * z)
    square = np.array([-(strength**2) / 4, -strength * bias, h * strength - bias**2 - 1, 2 * h * bias, 1 - h**2])
    square = np.where(np.abs(square) > 1e-15 * np.abs(square).max(), square, 0.0)
    low, high = _turning_points(square, float(imbalance), bool(abs(np.sin(phase)) < 1e-6))
    whole, half = (_around(square, low, high, h, strength, bias, n) for n in (NODES, NODES // 2))
    if not np.all(np.abs(whole - half) <= AGREED * np.abs(whole[0])):
        return Orbit(low, high, np.nan, np.nan, np.nan)
    period, mean, winding = whole
    return Orbit(low, high, float(period), float(mean), float(np.round(winding)))


def _turning_points(square: Array, z: float, turning: bool) -> tuple[float, float]:
    """The roots of the polynomial on both sides of z; z itself is one if the orbit turns there."""
    slope, bend = np.polyder(square), np.polyder(square, 2)
    roots = np.roots(square)
    real = np.sort(roots[np.abs(roots.imag) < 1e-6].real)
    for _ in range(3):
        steep = np.polyval(slope, real)
        real = real - np.where(np.abs(steep) > 1e-9, np.polyval(square, real) / np.where(steep == 0, 1, steep), 0)
    if not turning:
        below, above = real[real <= z], real[real >= z]
        return (float(below.max()) if below.size else z), (float(above.min()) if above.size else z)
    direction = float(np.polyval(slope, z))
    if abs(direction) < 1e-13 * max(1.0, abs(float(np.polyval(bend, z)))):
        return z, z
    others = real[(np.abs(real - z) > 1e-12) & ((real < z) == (direction < 0)) & (np.abs(real) <= 1 + 1e-9)]
    if not others.size:
        return z, z
    other = float(others.max() if direction < 0 else others.min())
    return min(z, other), max(z, other)


def _around(square: Array, low: float, high: float, h: float, strength: float, bias: float, nodes: int) -> Array:
    """Period, mean of z and winding of an orbit between two turning points."""
    if not high > low:
        return np.full(3, np.nan)
    middle, half = 0.5 * (high + low), 0.5 * (high - low)
    z = middle + half * np.cos((np.arange(nodes) + 0.5) * np.pi / nodes)
    rest = np.polydiv(np.polydiv(square, [1.0, -low])[0], [-1.0, high])[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        time = 2 * np.pi / nodes / np.sqrt(np.polyval(rest, z))
        across = 1 - z**2
        turn = -(strength * z + bias + z * (0.5 * strength * z**2 + bias * z - h) / across)
    period = time.sum()
    return np.array([period, (z * time).sum() / period, (turn * time).sum() / (2 * np.pi)])


def critical_strength(imbalance: Any, phase: Any) -> Any:
    """``2 (1 + sqrt(1 - z**2) cos(phi))/z**2``: above this Lambda an imbalance is trapped (Smerzi et al.)."""
    z = np.asarray(imbalance, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(z == 0, np.nan, 2 * (1 + np.sqrt(1 - z**2) * np.cos(phase)) / z**2)


def critical_imbalance(strength: Any) -> Any:
    """``2 sqrt(Lambda - 1)/Lambda`` for Lambda > 1: from this imbalance phase 0 traps, up to it phase pi."""
    strength = np.asarray(strength, float)
    inside = strength > 1
    return np.where(inside, 2 * np.sqrt(np.where(inside, strength - 1, 0)) / np.where(inside, strength, 1), np.nan)
