"""Mean fields that follow what they act on: two linked traps as one spin (3d), a dot and its lead's field (3f)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LinkedPhases:
    r"""Two traps as a product state with one shared particle: their phase difference and their imbalance (3d).

    With :math:`m = (n_A - n_B)/2`, :math:`\varphi = \varphi_A - \varphi_B`,
    :math:`E = -2J(\tfrac14 - m^2)\cos\varphi + \delta m`,

    .. math:: \hbar\dot m = E_\varphi - g\,(1 - 4m^2)\,E_m, \qquad
              \hbar\dot\varphi = -E_m - \kappa\,E_\varphi/(1 - 4m^2)

    so that :math:`\dot E \le 0`. The state is the vector :math:`s = (\rho\cos\varphi, \rho\sin\varphi, m)` with
    :math:`\rho^2 = \tfrac14 - m^2`: it has no poles, where :math:`\varphi` means nothing. At :math:`\kappa = 4g` this
    is the Landau-Lifshitz equation :math:`\dot s = s\times\nabla E + 4g\,s\times(s\times\nabla E)`.

    Parameters
    ----------
    tunnelling
        J > 0.
    detuning
        :math:`\delta`, the energy of the particle in A minus in B.
    number_damping, phase_damping
        g and :math:`\kappa`, at least 0, without dimension.

    Examples
    --------
    >>> traps = LinkedPhases(tunnelling=1.0)
    >>> s = traps.state(phase=0.5, imbalance=0.2)
    >>> round(float(traps.energy(s)), 6), round(float(np.linalg.norm(s)), 6)
    (-0.42124, 0.5)
    """

    tunnelling: float = 1.0
    detuning: float = 0.0
    number_damping: float = 0.0
    phase_damping: float = 0.0

    @staticmethod
    def state(phase: float, imbalance: float = 0.0) -> Array:
        """The vector (3,) at a phase difference and an imbalance n_A - n_B from -1 to 1.

        A phase within rounding of a multiple of pi is one: its sine is exactly 0.
        """
        sine = float(np.sin(phase))
        sine = 0.0 if abs(sine) <= 4e-16 * max(1.0, abs(phase)) else sine
        across = 0.5 * float(np.sqrt(max(0.0, 1 - imbalance**2)))
        return np.array([across * float(np.cos(phase)), across * sine, 0.5 * imbalance])

    def energy(self, spin: Array) -> Array:
        """E of vectors (..., 3)."""
        x, y, m = np.moveaxis(np.asarray(spin, float), -1, 0)
        return np.asarray(-2 * self.tunnelling * np.hypot(x, y) * x + self.detuning * m)

    def least_energy(self) -> float:
        """The lowest energy there is, at equal phases (at a pole for ``abs(detuning) >= 2 tunnelling``)."""
        m = float(np.clip(-self.detuning / (4 * self.tunnelling), -0.5, 0.5))
        return float(-2 * self.tunnelling * (0.25 - m**2) + self.detuning * m)

    def slope(self, time: float, spin: Array) -> Array:
        """The rate of change of vectors (..., 3), for `mesodyn.dynamics.flow.flow`."""
        found = np.empty(np.shape(spin))
        found[..., 0], found[..., 1], found[..., 2] = self._moved(spin[..., 0], spin[..., 1], spin[..., 2])
        return found

    def turned_slope(self, time: float, state: Array) -> Array:
        """The same seen from axes that are turned by ``state[..., 3]``, for `mesodyn.dynamics.flow.noisy_flow`.

        Phase noise turns the axes and nothing else: it is then additive, and the vector keeps its length.
        """
        x, y, m, angle = (state[..., k] for k in range(4))
        c, s = np.cos(angle), np.sin(angle)
        dx, dy, dm = self._moved(c * x - s * y, s * x + c * y, m)
        found = np.zeros_like(state)
        found[..., 0], found[..., 1], found[..., 2] = c * dx + s * dy, c * dy - s * dx, dm
        return found

    def _moved(self, x: Any, y: Any, m: Any) -> tuple[Any, Any, Any]:
        across = np.sqrt(x * x + y * y)
        pole = across == 0  # there every phase is the same: 0 is taken
        c, s = x / (across + pole) + pole, y / (across + pole)
        by_number = 4 * self.tunnelling * m * c + self.detuning
        turn = -by_number - 0.5 * self.phase_damping * self.tunnelling * s
        flow = across * (2 * self.tunnelling * s - 4 * self.number_damping * by_number)  # m-dot over rho
        return -turn * across * s - m * flow * c, turn * across * c - m * flow * s, across * flow

    def linear_rates(self) -> tuple[complex, complex]:
        r"""The two s of deviations :math:`e^{st}` from equal phases and numbers (no detuning).

        :math:`s^2 + (4g + \kappa/2)(J/\hbar)s + 2(1 + g\kappa)(J/\hbar)^2 = 0`; near :math:`\varphi = \pi` they are the
        same with the opposite sign.
        """
        g, kappa, j = self.number_damping, self.phase_damping, self.tunnelling
        half = (2 * g + kappa / 4) * j
        root = np.sqrt(complex(half**2 - 2 * (1 + g * kappa) * j**2))
        return complex(-half + root), complex(-half - root)


@dataclass(frozen=True, kw_only=True)
class DotAndField:
    r"""A dot in :math:`a|N_c\rangle + b|N_c+1\rangle` and the field :math:`\Delta` of its normal lead (PHYSICS 3f).

    .. math:: i\hbar\dot a = -\Delta^* b, \quad i\hbar\dot b = 2\xi b - \Delta a, \quad
              \dot\Delta = -(1/\tau + i\omega/\hbar)(\Delta - 2\xi_0 a^* b)

    with the energy :math:`E = |\Delta|^2/2\xi_0 + 2\xi|b|^2 - 2\,\mathrm{Re}(\Delta^* a^* b)` of (15). An instantaneous
    lead has :math:`\Delta = 2\xi_0 a^* b` at every moment.

    Parameters
    ----------
    stiffness, detuning
        :math:`\xi_0 > 0` and :math:`\xi`.
    rate, frequency
        :math:`1/\tau` and :math:`\omega` of the lead; both 0 for an instantaneous one.

    Examples
    --------
    >>> dot = DotAndField(stiffness=1.2, detuning=0.35)
    >>> round(float(dot.energy(dot.state(weight=0.3, phase=0.4))), 12)
    -0.294
    """

    stiffness: float = 1.0
    detuning: float = 0.0
    rate: float = 0.0
    frequency: float = 0.0

    @property
    def instantaneous(self) -> bool:
        """Whether the field follows without delay."""
        return self.rate == 0 and self.frequency == 0

    def state(self, weight: float, phase: float = 0.0, field: complex | None = None) -> Array:
        """(Re and Im of a, b, field): v**2, the phase of b, and the field, by itself that which the dot makes."""
        a, b = np.sqrt(1 - weight), np.sqrt(weight) * np.exp(1j * phase)
        made = 2 * self.stiffness * a * b if field is None else field
        return np.array([a, b, made], complex).view(float)

    def parts(self, state: Array) -> tuple[Any, Any, Any]:
        """a, b and the field of states (..., 6)."""
        found = np.ascontiguousarray(state).view(complex)
        a, b = found[..., 0], found[..., 1]
        return a, b, 2 * self.stiffness * a.conj() * b if self.instantaneous else found[..., 2]

    def energy(self, state: Array) -> Array:
        """E of states (..., 6)."""
        a, b, field = self.parts(state)
        bound = 2 * (field.conj() * a.conj() * b).real
        return np.asarray(np.abs(field) ** 2 / (2 * self.stiffness) + 2 * self.detuning * np.abs(b) ** 2 - bound)

    def slope(self, time: float, state: Array) -> Array:
        """The rate of change of one state (6,), for `mesodyn.dynamics.flow.flow`."""
        a, b, field = self.parts(state)
        moved = -(self.rate + 1j * self.frequency) * (field - 2 * self.stiffness * a.conjugate() * b)
        if self.instantaneous:
            moved = 0j
        found = [1j * field.conjugate() * b, -1j * (2 * self.detuning * b - field * a), moved]
        return np.array(found, complex).view(float)

    def dissipation(self, state: Array) -> Array:
        r"""The power :math:`|\Delta - 2\xi_0 a^* b|^2/\tau\xi_0` that states (..., 6) lose to a relaxing lead."""
        a, b, field = self.parts(state)
        away = np.abs(field - 2 * self.stiffness * a.conj() * b)
        return np.asarray(away**2 * self.rate / self.stiffness)

    def growth(self) -> tuple[complex, complex]:
        r"""The two rates of a small field at :math:`|N_c\rangle`, the one that grows most first.

        :math:`(i\hbar\lambda - 2\xi)(\lambda + \kappa) + 2\xi_0\kappa = 0` with
        :math:`\kappa = 1/\tau + i\omega/\hbar`: unstable for a relaxing lead iff :math:`\xi < \xi_0`, never for a
        Hamiltonian one.
        """
        kappa = self.rate + 1j * self.frequency
        roots = np.roots([1j, 1j * kappa - 2 * self.detuning, 2 * kappa * (self.stiffness - self.detuning)])
        first, second = sorted(roots, key=lambda root: -root.real)
        return complex(first), complex(second)
