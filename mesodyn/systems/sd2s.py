"""A trap that takes pairs between two superconducting leads: S D2 S (equations (25), (26))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mesodyn.systems.mean_field import (
    Array,
    Field,
    Limits,
    MeanFieldTrap,
    dataset,
    half_angle,
    over,
    spread,
    two_leads,
    two_level,
)

if TYPE_CHECKING:
    import xarray

BISECTIONS = 30  # the current is flat at its maximum: 1e-9 of R is far under rounding


@dataclass(frozen=True, kw_only=True)
class SD2S(MeanFieldTrap):
    r"""A trap with N_c or N_c + 2 particles between two superconductors (equations (25), (26)).

    .. math:: H = 2\xi\,|N_c{+}2\rangle\langle N_c{+}2| - \Delta^*|N_c\rangle\langle N_c{+}2|
              - \Delta|N_c{+}2\rangle\langle N_c|,\quad
              \Delta = |\Delta_L|e^{-i\theta/2} + |\Delta_R|e^{i\theta/2}

    with the mean phase of the leads as the zero of phases. At temperature 0, with
    :math:`R = \sqrt{|\Delta|^2 + \xi^2}`: :math:`E = \xi - R`, :math:`\langle N\rangle = N_c + 1 - \xi/R` (25),
    :math:`J = (2e/\hbar)|\Delta_L||\Delta_R|\sin\theta/R` (26). At temperature T the two pair levels are occupied
    thermally.

    Parameters
    ----------
    detuning : float or xarray.DataArray
        :math:`\xi`, half the energy to bring the pair in: an energy, real, of any sign.
    delta_left, delta_right : float or xarray.DataArray
        :math:`|\Delta_L|, |\Delta_R|`: energies, at least 0.
    phase_difference : float or xarray.DataArray
        :math:`\theta = \varphi_R - \varphi_L` [rad], of any value.
    temperature : float or xarray.DataArray
        k_B T, an energy, at least 0.
    n_c : int
        The smaller number of particles, at least 0.
    level_spacing : float or xarray.DataArray, optional
        :math:`\delta\varepsilon` of the trap, above 0: asks for ``frozen``.

    Raises
    ------
    InputError
        For a value out of range or complex, and for two axes of one name with different values.

    Notes
    -----
    Valid while kT and the level splitting are small against the leads' gaps and the trap's level spacing;
    quasiparticles and the odd charge state in between are left out.

    References
    ----------
    A. F. Andreev, Phys. Usp. (1998), section 6.

    Examples
    --------
    >>> import numpy as np
    >>> from mesodyn.systems.sd2s import SD2S
    >>> found = SD2S(detuning=0.0, delta_left=1.0, delta_right=1.0, phase_difference=np.pi / 2).equilibrium()
    >>> round(float(found.current / np.sqrt(2)), 12), float(found.critical_current)
    (1.0, 2.0)
    """

    delta_left: Any
    delta_right: Any
    phase_difference: Any

    broadcasting = ("detuning", "delta_left", "delta_right", "phase_difference", "temperature", "level_spacing")
    limits: ClassVar[Limits] = {"delta_left": {"low": 0.0}, "delta_right": {"low": 0.0}}
    step = 2

    def field(self, values: Mapping[str, Array]) -> Field:
        """See `MeanFieldTrap.field`: the leads are rigid and pay nothing."""
        real, imaginary = two_leads(values["delta_left"], values["delta_right"], values["phase_difference"])
        radius = np.hypot(np.hypot(real, imaginary), values["detuning"])
        polarisation = two_level(radius, values["temperature"]).polarisation
        return Field(real + 1j * imaginary, np.zeros(radius.shape), over(polarisation, radius))

    def equilibrium(self) -> xarray.Dataset:
        r"""Equilibrium of the pair levels, (25), (26) and 3h.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims:

            - ``energy`` (the mean energy) and ``free_energy``; both are (25) at temperature 0;
            - ``n_mean``, n_c included;
            - ``current`` from left to right, in units of e times energy over hbar:
              :math:`2\,\partial F/\partial\theta`;
            - ``critical_current``, the largest current over all phase differences; at temperature 0
              :math:`\sqrt{\xi^2 + (|\Delta_L|+|\Delta_R|)^2} - \sqrt{\xi^2 + (|\Delta_L|-|\Delta_R|)^2}`;
            - ``order_parameter``, :math:`|\Delta|`, and ``phase`` of :math:`\Delta` from the mean phase of the leads
              [rad], nan where :math:`\Delta = 0`. At :math:`\xi = \Delta = 0` the current jumps; the mean, 0, is given;
            - ``frozen``, the larger of kT and :math:`|\Delta|` over the level spacing, if that is given.
        """
        grid, values = spread(self.values())
        detuning, temperature = values["detuning"], values["temperature"]
        left, right, theta = values["delta_left"], values["delta_right"], values["phase_difference"]
        real, imaginary = two_leads(left, right, theta)
        modulus = np.hypot(real, imaginary)
        phase = np.where(modulus > 0, np.arctan2(imaginary, real), np.nan)
        radius = np.hypot(modulus, detuning)
        level = two_level(radius, temperature)
        cosine, sine = half_angle(theta)
        results: dict[str, tuple[Any, str]] = {
            "energy": (detuning - radius * level.polarisation, "energy"),
            "free_energy": (detuning - radius - level.thermal_part, "energy"),
            "n_mean": (self.n_c + 1 - over(detuning * level.polarisation, radius), "1"),
            "current": (4 * left * right * sine * cosine * over(level.polarisation, radius), "e energy/hbar"),
            "critical_current": (critical_current(detuning, left, right, temperature), "e energy/hbar"),
            "order_parameter": (modulus, "energy"),
            "phase": (phase, "rad"),
        }
        return dataset(grid, results | self.frozen(values, modulus))


def critical_current(detuning: Array, left: Array, right: Array, temperature: Array) -> Array:
    r"""The largest :math:`2|\Delta_L||\Delta_R|\sin\theta\,\tanh(R/kT)/R` over :math:`\theta`.

    In :math:`y = R^2`, between :math:`y_0` at :math:`\theta = \pi` and :math:`y_1` at 0, the current squared is
    :math:`(y_1 - y)(1 - y_0/y)\tanh^2(R/kT)`: log-concave in y, so it has one maximum. That lies between the geometric
    mean of the ends (the maximum at temperature 0) and the arithmetic one (at high temperature).
    """
    low, high = np.hypot(detuning, left - right), np.hypot(detuning, left + right)
    closed = over(4 * left * right, low + high)
    if not np.any(temperature > 0):
        return closed
    low, high, temperature = np.broadcast_arrays(low, high, np.asarray(temperature))
    below, above = np.sqrt(low * high), np.sqrt((low**2 + high**2) / 2)
    for _ in range(BISECTIONS):
        middle = (below + above) / 2
        rising = _rises(middle, low, high, temperature)
        below, above = np.where(rising, middle, below), np.where(rising, above, middle)
    radius = (below + above) / 2
    squared = (high - radius) * (high + radius) * (radius - low) * (radius + low)
    polarisation = two_level(radius, temperature).polarisation
    found = over(np.sqrt(np.maximum(squared, 0)) * polarisation, radius)
    return np.where(temperature > 0, found, closed)


def _rises(radius: Array, low: Array, high: Array, temperature: Array) -> NDArray[np.bool_]:
    """Whether the current grows with R there: the sign of the logarithmic derivative, without its divisions."""
    z = np.clip(2 * radius / np.maximum(temperature, radius / 350 + np.finfo(float).tiny), 1e-8, None)
    thermal = z / np.sinh(z)
    above_low, below_high = (radius - low) * (radius + low), (high - radius) * (high + radius)
    return np.asarray((low**2 + thermal * above_low) * below_high > radius**2 * above_low)
