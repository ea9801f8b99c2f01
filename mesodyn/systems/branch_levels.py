"""Two branches of a junction that cross at a phase difference of pi: levels, currents, and what a passage does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.systems.mean_field import Array, half_angle, over

KINDS = ("SD1S", "SD2S", "parity-dot", "contact")


@dataclass(frozen=True, kw_only=True)
class BranchLevels:
    r"""The two levels of one junction against its phase difference :math:`\theta`.

    .. math:: H(\theta) = \bar E(\theta) + h(\theta)\cdot\sigma,\qquad E = \bar E \pm |h|

    On branch :math:`s = \pm1` the state keeps its character through :math:`\theta = \pi`, where the first component
    of h changes its sign: it is the lower level for :math:`|\theta| < \pi` on branch +1 and the upper on -1. The other
    components open a gap.

    - ``SD1S``: :math:`E_\pm = -(\xi_0^\pm - \xi)^2/2\xi_0^\pm`, :math:`1/\xi_0^\pm = \alpha \mp |\beta|\cos(\theta/2)`,
      coupled by W: :math:`H = \tfrac12[[E_+ - E_-, W], [W, E_- - E_+]]` (PHYSICS 3e, DEFINITIONS 6.8).
    - ``SD2S``, ``parity-dot``: the even levels :math:`\pm\sqrt{\xi^2 + |\Delta|^2}`,
      :math:`\Delta = |\Delta_L|e^{-i\theta/2} + |\Delta_R|e^{i\theta/2}` ((25); PHYSICS 4.4 with
      :math:`\eta = \xi`, :math:`\Gamma = 2|\Delta_L|`).
    - ``contact``: :math:`\pm\Delta\sqrt{1 - \tau\sin^2(\theta/2)}` (DEFINITIONS 6.8).

    Parameters
    ----------
    model : str
        One of `KINDS`.
    detuning, alpha, beta, coupling : float
        :math:`\xi, \alpha, \beta` and W. SD1S needs :math:`\alpha > |\beta| > 0` and order on both branches at all
        phases, :math:`|\xi| < 1/(\alpha + |\beta|)`.
    delta_left, delta_right : float
        :math:`|\Delta_L|, |\Delta_R|`, both above 0 (SD2S, parity-dot).
    gap, transmission : float
        :math:`\Delta` and :math:`\tau` (contact), both above 0.

    Raises
    ------
    InputError
        Where there are no two branches to follow.

    Examples
    --------
    >>> junction = BranchLevels(model="SD1S", alpha=1.2, beta=0.5, detuning=0.3, coupling=0.1)
    >>> round(float(junction.stays(0.14)), 9)
    0.475923447
    """

    model: str
    detuning: float = 0.0
    alpha: float = 1.0
    beta: float = 0.5
    coupling: float = 0.0
    delta_left: float = 1.0
    delta_right: float = 1.0
    gap: float = 1.0
    transmission: float = 1.0

    def __post_init__(self) -> None:
        if self.model == "SD1S":
            if self.beta == 0:
                raise InputError("beta", "other than 0", 0.0, "without it no current flows and no branches cross")
            if self.alpha <= abs(self.beta):
                raise InputError("alpha", f"above |beta| = {abs(self.beta):g}", self.alpha)
            least = 1 / (self.alpha + abs(self.beta))
            if abs(self.detuning) >= least:
                must = f"below 1/(alpha + |beta|) = {least:.6g} in modulus"
                raise InputError("detuning", must, self.detuning, "beyond it a branch loses its order near 2π")
        elif self.model == "contact":
            if self.transmission <= 0 or self.gap <= 0:
                was = Shown(f"{self.transmission:g} and {self.gap:g}")
                raise InputError("transmission and gap", "above 0", was, "a closed contact carries no current")
        elif self.delta_left <= 0 or self.delta_right <= 0:
            was = Shown(f"{self.delta_left:g} and {self.delta_right:g}")
            raise InputError("delta_left and delta_right", "above 0", was, "with one lead no current flows")

    def field(self, phase: ArrayLike) -> Array:
        """The vector h, (3, ...)."""
        cosine, sine = half_angle(phase)
        zero = np.zeros_like(sine)
        if self.model == "SD1S":
            plus, minus = (_energy(x, self.detuning) for x in self._stiffness(cosine))
            return np.stack([(plus - minus) / 2, zero + self.coupling / 2, zero])
        if self.model == "contact":
            return np.stack([-self.gap * cosine, self.gap * np.sqrt(1 - self.transmission) * sine, zero])
        left, right = self.delta_left, self.delta_right
        return np.stack([-(left + right) * cosine, (right - left) * sine, zero + self.detuning])

    def slope(self, phase: ArrayLike) -> Array:
        """The derivative of h by the phase difference, (3, ...)."""
        cosine, sine = half_angle(phase)
        zero = np.zeros_like(sine)
        if self.model == "SD1S":
            plus, minus = self._torques(cosine, sine)
            return np.stack([(plus - minus) / 4, zero, zero])
        if self.model == "contact":
            return np.stack([self.gap * sine, self.gap * np.sqrt(1 - self.transmission) * cosine, zero]) / 2
        left, right = self.delta_left, self.delta_right
        return np.stack([(left + right) * sine, (right - left) * cosine, zero]) / 2

    def mean(self, phase: ArrayLike) -> Array:
        """The energy half-way between the levels."""
        cosine, _ = half_angle(phase)
        if self.model == "SD1S":
            plus, minus = (_energy(x, self.detuning) for x in self._stiffness(cosine))
            return np.asarray((plus + minus) / 2)
        return np.zeros_like(cosine) + (0.0 if self.model == "contact" else self.detuning)

    def _stiffness(self, cosine: Array) -> tuple[Array, Array]:
        return 1 / (self.alpha - abs(self.beta) * cosine), 1 / (self.alpha + abs(self.beta) * cosine)

    def _torques(self, cosine: Array, sine: Array) -> tuple[Array, Array]:
        """2 dE/dtheta of both branches without their coupling (30)."""
        plus, minus = self._stiffness(cosine)
        prefactor = abs(self.beta) / 2 * sine
        return prefactor * (plus**2 - self.detuning**2), -prefactor * (minus**2 - self.detuning**2)

    def level(self, phase: ArrayLike, branch: ArrayLike) -> Array:
        """The energy on a branch (1 or -1)."""
        return np.asarray(self.mean(phase) + np.asarray(branch) * _side(phase) * _length(self.field(phase)))

    def current(self, phase: ArrayLike, branch: ArrayLike) -> Array:
        """The current on a branch (1 or -1), 2 dE/dtheta, in units of e times energy over hbar."""
        cosine, sine = half_angle(phase)
        field, slope = self.field(phase), self.slope(phase)
        length = _length(field)
        turning = np.where(length > 0, _side(phase) * over((field * slope).sum(axis=0), length), slope[0])
        shared = np.zeros_like(sine)
        if self.model == "SD1S":
            plus, minus = self._torques(cosine, sine)
            shared = (plus + minus) / 2
        return np.asarray(shared + 2 * np.asarray(branch) * turning)

    def lowest(self, phase: ArrayLike) -> NDArray[np.int64]:
        """The branch (1 or -1) that is the lower level there."""
        return -_side(phase).astype(np.int64)

    @property
    def splitting(self) -> float:
        """The gap between the levels at a phase difference of pi."""
        return float(2 * _length(self.field(np.pi)[1:]))

    def stays(self, speed: ArrayLike) -> Array:
        r"""The Landau-Zener formula for staying on a branch, :math:`\exp(-\pi W^2/2\hbar v)`.

        W is the gap at :math:`\theta = \pi`, v the speed at which the levels without it cross, and `speed`
        :math:`|\dot\theta|`.
        """
        gap = self.splitting
        rate = 2 * np.abs(self.slope(np.pi)[0]) * np.abs(np.asarray(speed, float))
        return np.exp(-np.minimum(np.where(gap > 0, np.pi * gap**2 / 2 / np.maximum(rate, 1e-300), 0.0), 745.0))


def _energy(stiffness: Array, detuning: float) -> Array:
    return -((stiffness - detuning) ** 2) / (2 * stiffness)


def _length(field: Array) -> Array:
    return np.sqrt((field**2).sum(axis=0))


def _side(phase: ArrayLike) -> Array:
    """-1 where branch +1 is the lower level."""
    return np.where(np.cos(np.asarray(phase, float) / 2) >= 0, -1.0, 1.0)
