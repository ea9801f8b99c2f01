"""What theory expects of a dot whose lead's field follows it (PHYSICS 3f)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mesodyn.dynamics.meanfield import DotAndField


@dataclass(frozen=True)
class Elliptic:
    r"""v²(t) beside a Hamiltonian lead: :math:`w = w_1 + (w_2 - w_1)\,\mathrm{sn}^2(\tilde\Omega t + z_0\,|\,m)`.

    Parameters
    ----------
    roots
        :math:`w_1 \le w_2 \le w_3` of the cubic.
    coupling
        :math:`g = \sqrt{2\xi_0\omega}`.
    start
        :math:`z_0`.
    """

    roots: tuple[float, float, float]
    coupling: float
    start: float

    @classmethod
    def of(cls, dot: DotAndField, state: Any) -> Elliptic:
        """The solution that goes through a state (6,)."""
        from scipy.special import ellipkinc

        a, b, field = dot.parts(state)
        w, energy = float(abs(b) ** 2), float(dot.energy(state))
        square = 2 * dot.stiffness * dot.frequency
        charge = w + float(abs(field) ** 2) / square
        off, tilt = dot.frequency * charge - energy, 2 * dot.detuning - dot.frequency
        cubic = np.polysub(4 * square * np.poly([0.0, 1.0, charge]), np.polymul([tilt, off], [tilt, off]))
        low, middle, high = (float(root) for root in np.sort(np.roots(cubic).real))
        share = np.clip((w - low) / max(middle - low, 1e-300), 0.0, 1.0)
        start = float(ellipkinc(np.arcsin(np.sqrt(share)), (middle - low) / (high - low)))
        rising = float(2 * (field * a * b.conjugate()).imag) >= 0
        return cls((low, middle, high), float(np.sqrt(square)), start if not rising else -start)

    @property
    def parameter(self) -> float:
        """The parameter m of the elliptic functions."""
        low, middle, high = self.roots
        return (middle - low) / (high - low)

    @property
    def speed(self) -> float:
        """The rate of the argument."""
        return float(self.coupling * np.sqrt(self.roots[2] - self.roots[0]))

    @property
    def period(self) -> float:
        """2K(m) over the speed."""
        from scipy.special import ellipk

        return float(2 * ellipk(self.parameter) / self.speed)

    def weight(self, time: Any) -> Any:
        """v² at times."""
        from scipy.special import ellipj

        low, middle, _ = self.roots
        return low + (middle - low) * ellipj(self.speed * np.asarray(time) + self.start, self.parameter)[0] ** 2


def precession(stiffness: Any, detuning: Any, weight: Any) -> Any:
    """The frequency at which the field of an instantaneous lead turns: 2[xi - xi0(u² - v²)]."""
    return 2 * (detuning - stiffness * (1 - 2 * weight))


def ground(stiffness: Any, detuning: Any) -> tuple[Any, Any, Any]:
    """Energy, v² and modulus of the field in the ground state, (18) to (20)."""
    weight = np.clip((stiffness - detuning) / (2 * stiffness), 0.0, 1.0)
    field = np.sqrt(np.maximum(stiffness**2 - detuning**2, 0.0))
    return 2 * detuning * weight - 2 * stiffness * weight * (1 - weight), weight, field
