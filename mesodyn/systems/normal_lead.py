"""A trap on a normal lead that takes single particles (N D1 N) or pairs (N D2 N): equations (8)-(24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from mesodyn import axes, checks
from mesodyn.systems.mean_field import (
    Array,
    Field,
    Limits,
    MeanFieldTrap,
    critical_temperature,
    dataset,
    equilibrium,
    spread,
)

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, kw_only=True)
class NormalLead(MeanFieldTrap):
    """What `ND1N` and `ND2N` share: all but the number of particles in a step."""

    stiffness: Any
    phase: Any = 0.0

    broadcasting = ("detuning", "stiffness", "temperature", "phase", "level_spacing")
    limits: ClassVar[Limits] = {"stiffness": {"low": 0.0}}

    @classmethod
    def from_gate(
        cls, *, gate_voltage: Any, lever_arm: Any, critical_potential: Any, chemical_potential: Any, **others: Any
    ) -> Self:
        r"""The trap at a gate voltage: :math:`\xi = \tfrac{k}{2}(\mu_c + a V_G - \mu)`, (8) and (10).

        Pairs (k = 2) answer with twice the slope of single particles; the paper leaves that out of (10).

        Parameters
        ----------
        gate_voltage
            :math:`V_G`.
        lever_arm
            :math:`a`, of any sign: energy per unit of gate voltage and particle.
        critical_potential
            :math:`\mu_c = [E(N_c + k) - E(N_c)]/k`.
        chemical_potential
            :math:`\mu` of the lead.
        **others
            The other parameters of the trap.

        Raises
        ------
        InputError
            For a value that isn't a real number or an axis, and for two axes of one name with different values.

        Examples
        --------
        >>> from mesodyn.systems.normal_lead import ND1N, ND2N
        >>> gate = {"lever_arm": 0.1, "critical_potential": 1.0, "chemical_potential": 1.2}
        >>> for system in (ND1N, ND2N):
        ...     print(round(system.from_gate(gate_voltage=4.0, stiffness=1.0, **gate).detuning, 12))
        0.1
        0.2
        """
        given = {
            "gate_voltage": gate_voltage,
            "lever_arm": lever_arm,
            "critical_potential": critical_potential,
            "chemical_potential": chemical_potential,
        }
        voltage, arm, critical, outside = (checks.number(name, value) for name, value in given.items())
        axes.broadcast_axes(given)
        return cls(detuning=0.5 * cls.step * (critical + arm * voltage - outside), **others)

    def field(self, values: Mapping[str, Array]) -> Field:
        """See `MeanFieldTrap.field`."""
        found = equilibrium(values["detuning"], values["stiffness"], values["temperature"])
        return Field(self._turned(found.order_parameter, values), found.lead_energy, found.response)

    def _turned(self, modulus: Array, values: Mapping[str, Array]) -> Any:
        """The modulus times exp(i phase); real without a phase."""
        plain = np.ndim(self.phase) == 0 and not hasattr(self.phase, "dims") and self.phase == 0
        return modulus if plain else modulus * np.exp(1j * values["phase"])

    def equilibrium(self) -> xarray.Dataset:
        r"""The minimum of the free energy over the order parameter, (17)-(20) and 3h.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims:

            - ``energy``, the mean energy :math:`F + TS`, and ``free_energy``; both are (19) at temperature 0;
            - ``entropy`` and ``specific_heat`` (at constant detuning), in units of k_B. A degenerate pair of levels
              has the entropy ln 2 at temperature 0;
            - ``order_parameter``, :math:`|\Delta| = \sqrt{R^2 - \xi^2}`, exactly 0 outside the ordered range;
            - ``n_mean``, n_c included;
            - ``anomalous_average``, :math:`\langle\Psi\rangle/F = \Delta/2\xi_0` (or
              :math:`\langle\Psi\Psi\rangle/F`), complex if a phase is given;
            - ``critical_temperature``, :math:`kT_c = |\xi|/\operatorname{artanh}(|\xi|/\xi_0)`;
            - ``frozen``, the larger of kT and kT_c over the level spacing, if that is given.
        """
        grid, values = spread(self.values())
        detuning, stiffness = values["detuning"], values["stiffness"]
        found = equilibrium(detuning, stiffness, values["temperature"])
        onset = critical_temperature(detuning, stiffness)
        average = 0.5 * found.order_parameter * found.response
        results: dict[str, tuple[Any, str]] = {
            "energy": (found.energy, "energy"),
            "free_energy": (found.free_energy, "energy"),
            "entropy": (found.entropy, "k_B"),
            "order_parameter": (found.order_parameter, "energy"),
            "n_mean": (self.n_c + self.step * found.filling, "1"),
            "anomalous_average": (self._turned(average, values), "1"),
            "critical_temperature": (onset, "energy"),
            "specific_heat": (found.specific_heat, "k_B"),
        }
        return dataset(grid, results | self.frozen(values, onset))


@dataclass(frozen=True, kw_only=True)
class ND1N(NormalLead):
    r"""A trap with N_c or N_c + 1 particles on a normal lead (equations (8), (9), (11)-(20)).

    .. math:: H = \frac{|\Delta|^2}{2\xi_0} + 2\xi\,|N_c{+}1\rangle\langle N_c{+}1|
              - \Delta^*|N_c\rangle\langle N_c{+}1| - \Delta|N_c{+}1\rangle\langle N_c|

    minimised over :math:`\Delta`: at temperature 0 :math:`|\Delta| = \sqrt{\xi_0^2 - \xi^2}` (18),
    :math:`E = -(\xi_0 - \xi)^2/2\xi_0` and :math:`\langle N\rangle = N_c + (\xi_0 - \xi)/2\xi_0` (19) while
    :math:`|\xi| < \xi_0`; at any temperature :math:`|\Delta|^2 = R^2 - \xi^2` with :math:`R = \xi_0\tanh(R/kT)`.

    Parameters
    ----------
    detuning : float or xarray.DataArray
        :math:`\xi`, half the energy to bring the particle in: an energy, real, of any sign.
    stiffness : float or xarray.DataArray
        :math:`\xi_0 = \tfrac12\sum_k |t_k|^2/|\varepsilon_k|` of the lead: an energy, at least 0.
    temperature : float or xarray.DataArray
        k_B T, an energy, at least 0.
    phase : float or xarray.DataArray
        :math:`\varphi` of :math:`\Delta` [rad]; the energy doesn't depend on it.
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
    Mean field: lead and trap are not entangled. With a fermion lead the exact ground state gains twice the energy and
    has no transition (PHYSICS 4.2); a gapless lead makes :math:`\xi_0` depend logarithmically on a lower cut-off; the
    transition at T_c is a crossover in a finite system. It needs ``frozen`` well below 1.

    References
    ----------
    A. F. Andreev, Phys. Usp. (1998), section 6.

    Examples
    --------
    >>> import mesodyn as md
    >>> from mesodyn.systems.normal_lead import ND1N
    >>> found = ND1N(detuning=md.axis("detuning", [-2, 0, 0.6, 2]), stiffness=1.0).equilibrium()
    >>> found.order_parameter.values.round(12).tolist()
    [0.0, 1.0, 0.8, 0.0]
    >>> found.n_mean.values.round(12).tolist()
    [1.0, 0.5, 0.2, 0.0]
    """

    step = 1


@dataclass(frozen=True, kw_only=True)
class ND2N(NormalLead):
    r"""A trap with N_c or N_c + 2 particles on a normal lead (equations (10), (21)-(24)).

    .. math:: H = \frac{|\Delta|^2}{2\xi_0} + 2\xi\,|N_c{+}2\rangle\langle N_c{+}2|
              - \Delta^*|N_c\rangle\langle N_c{+}2| - \Delta|N_c{+}2\rangle\langle N_c|

    The energies are those of `ND1N`; :math:`\langle N\rangle = N_c + (\xi_0 - \xi)/\xi_0` while
    :math:`|\xi| < \xi_0`. The average that breaks the symmetry is :math:`\langle\Psi\Psi\rangle`, and
    :math:`\xi = \mu_c^{(2)} + \mu_{ext} - \mu` has twice the slope of (8) in the chemical potential.

    Parameters
    ----------
    detuning : float or xarray.DataArray
        :math:`\xi`, half the energy to bring the pair in: an energy, real, of any sign.
    stiffness : float or xarray.DataArray
        :math:`\xi_0`, the lead's response to a pair: an energy, at least 0.
    temperature : float or xarray.DataArray
        k_B T, an energy, at least 0.
    phase : float or xarray.DataArray
        :math:`\varphi` of :math:`\Delta` [rad].
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
    Mean field, as `ND1N`: valid where pairs in the lead are close to a classical field and ``frozen`` is well below 1.

    References
    ----------
    A. F. Andreev, Phys. Usp. (1998), section 6.

    Examples
    --------
    >>> from mesodyn.systems.normal_lead import ND2N
    >>> found = ND2N(detuning=0.5, stiffness=1.0, n_c=4).equilibrium()
    >>> float(found.n_mean), float(found.energy)
    (4.5, -0.125)
    """

    step = 2
