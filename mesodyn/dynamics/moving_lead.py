"""The lead of a junction under bias while its order parameter moves: it must turn from one minimum to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.flow import flow

Array = NDArray[np.float64]
States = NDArray[np.complex128]
"""(3, n) or (moments, 3, n): the order parameter and the amplitudes a, b of N and N + 1 particles."""


@dataclass(frozen=True, kw_only=True)
class MovingLead:
    r"""SD1S while the order parameter of its leads moves (PHYSICS 3e (i)).

    .. math:: \partial_t\Delta = -\tau^{-1}\Bigl[\Delta - \frac{p(\theta)}{\alpha}\Delta^*
              - \frac2\alpha a^*b\Bigr],\quad
              i\hbar\dot a = -\Delta^*b,\quad i\hbar\dot b = 2\xi b - \Delta a,\quad
              p = \tfrac12(\beta_L e^{-i\theta/2} + \beta_R e^{i\theta/2})

    For equal leads :math:`p = \beta\cos(\theta/2)`. In the slow limit the modulus is in equilibrium and only the phase
    of :math:`\Delta` moves, :math:`\dot\varphi = -(\hbar/\alpha\tau)\,\mathrm{Im}(e^{2i\varphi}p^*)`; for equal leads
    :math:`-(\beta/\alpha\tau)\cos(\theta/2)\sin2\varphi`.

    Parameters
    ----------
    alpha, beta_left, beta_right : float
        :math:`\alpha, \beta_L, \beta_R`, 1/energy, as of `mesodyn.SD1S`.
    detuning : float
        :math:`\xi`.
    relaxation_time : float
        :math:`\tau`, above 0.
    phase_only : bool
        Whether only the phase moves.

    Examples
    --------
    A deviation of the phase shrinks up to a phase difference of pi and grows from there to 3 pi:

    >>> import numpy as np
    >>> lead = MovingLead(alpha=1.0, beta_left=0.2, beta_right=0.2, detuning=0.0, relaxation_time=8.0, phase_only=True)
    >>> end = lead.follow(lambda t: 0.04 * t, lead.rest(0.0, np.array([1e-3])), np.array([0.0, 75 * np.pi]))
    >>> round(float(np.angle(end[-1, 0, 0])), 6)
    0.012182
    """

    alpha: float
    beta_left: float
    beta_right: float
    detuning: float
    relaxation_time: float
    phase_only: bool = False

    def pull(self, phase: Any) -> Any:
        """The coefficient p of the conjugate order parameter."""
        return (self.beta_left * np.exp(-0.5j * phase) + self.beta_right * np.exp(0.5j * phase)) / 2

    def rest(self, phase: float, offsets: Array) -> States:
        """The states (3, n) in a minimum at a phase difference, turned by `offsets` (n,) with the dot."""
        return self.settled(phase, np.angle(self.pull(phase)) / 2 + offsets)

    def settled(self, phase: Any, turned: Array) -> States:
        """The states (3, ...) that are in equilibrium but for the phases `turned` of the order parameter."""
        inverse = self.alpha - (np.exp(2j * turned) * np.conj(self.pull(phase))).real
        modulus = np.sqrt(np.maximum(inverse**-2.0 - self.detuning**2, 0.0))
        radius = np.hypot(modulus, self.detuning)
        ratio = np.divide(self.detuning, radius, out=np.zeros_like(radius), where=radius > 0)
        a, b = np.sqrt((1 + ratio) / 2), np.sqrt((1 - ratio) / 2)
        turn = np.exp(1j * turned)
        return np.stack([modulus * turn, a + 0j, b * turn])

    def current(self, phase: Any, order_parameter: Any) -> Array:
        """The current in units of e times energy over hbar, the mean of both sides."""
        torque = self.beta_left * np.exp(0.5j * phase) - self.beta_right * np.exp(-0.5j * phase)
        return np.asarray((order_parameter**2 * torque).imag / 4)

    def follow(
        self,
        phase: Callable[[float], Any],
        start: States,
        times: Array,
        *,
        pace: Any = 1.0,
        tolerance: float = 1e-9,
        method: str = "auto",
    ) -> States:
        """The states (moments, 3, n) from `start` (3, n) on, n of them side by side.

        Parameters
        ----------
        phase
            From the clock to the phase difference, one number or (n,).
        start
            At ``times[0]``.
        times
            Ascending readings (moments,) of the clock.
        pace
            How much time passes in one unit of the clock, a number or (n,).
        tolerance, method
            As of `mesodyn.dynamics.flow.flow`.
        """
        if self.phase_only:
            return self._slide(phase, start, times, pace, tolerance, method)
        count = start.shape[1]
        decay, spin = pace / self.relaxation_time, 1j * pace / self.alpha
        unit = np.array([1 / self.alpha, 1.0, 1.0])[:, None]  # one tolerance for all: Delta in units of 1/alpha

        def slope(t: float, y: Array) -> Array:
            delta, a, b = y.view(complex).reshape(3, count)
            back = delta.conj()
            out = np.empty((3, count), complex)
            out[0] = decay * (self.pull(phase(t)) / self.alpha * back + 2 * a.conj() * b - delta)
            out[1] = spin * back * b
            out[2] = spin * (delta * a - 2 * self.alpha * self.detuning * b)
            return out.ravel().view(float)

        found = flow(slope, (start / unit).ravel().view(float), times, tolerance=tolerance, method=method)
        return np.ascontiguousarray(found).view(complex).reshape(len(times), 3, count) * unit

    def _slide(
        self, phase: Callable[[float], Any], start: States, times: Array, pace: Any, tolerance: float, method: str
    ) -> States:
        rate = -pace / (self.alpha * self.relaxation_time)

        def slope(t: float, turned: Array) -> Array:
            return np.asarray(rate * (np.exp(2j * turned) * np.conj(self.pull(phase(t)))).imag)

        turned = flow(slope, np.angle(start[0]), times, tolerance=tolerance, method=method)
        phases = np.stack([np.broadcast_to(phase(float(t)), turned.shape[1:]) for t in times])
        return self.settled(phases, turned).swapaxes(0, 1)
