"""A trap on the condensate of a lead: one bosonic mode with many particles, against which a phase can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.special import gammaln

from mesodyn import axes, checks
from mesodyn.errors import InputError
from mesodyn.numberspace import Ladder, Matrix, NumberSpace, Site
from mesodyn.systems.base import Setting, System, Values, flat_values, matrices, quadratures, stack, strengths, thermal

if TYPE_CHECKING:
    import xarray

MOST_IN_LEAD = 50
"""The largest mean number of steps in the lead of an experiment: a larger one shows no more."""
LARGEST = 200
"""The largest of all."""


@dataclass(frozen=True, kw_only=True)
class LeadTrap(System):
    r"""A trap with N_c or N_c + step particles and one bosonic mode of a lead (PHYSICS 4.2, 4.3).

    .. math:: H = k\mu_c\,n + \varepsilon\,(n_{lead} - \bar n)
              - \frac{1}{\sqrt{\bar n}}(\Delta\,\Psi^\dagger a + h.c.),\quad \varepsilon = k\mu_c - 2\xi

    with n = 0 or 1 steps of k particles in the trap and :math:`n_{lead}` steps in the lead. With the total fixed it is
    `ReservoirTrap`, whatever :math:`\bar n`; what differs is that the lead can be in a state of its own with a phase.

    Parameters
    ----------
    detuning
        :math:`\xi`, half the energy to bring a step from the lead into the trap.
    tunnelling
        :math:`\Delta`, complex allowed: the matrix element at :math:`\bar n` steps in the lead.
    lead_energy
        :math:`\varepsilon`, the energy of a step in the lead: its chemical potential times k.
    lead_number
        :math:`\bar n`, the (mean) number of steps in the lead while the trap holds N_c: 1 to 200.
    n_c, step
        The smaller number of the trap; 1 for state (2), 2 for state (3).
    weight, phase
        v**2 and the phase of |N_c + step>. Without a weight the account ``conserving`` starts in its ground state.
    temperature
        k_B T of the thermal state of the ``conserving`` account.
    tail
        How much of the lead's number distribution is left out.

    Raises
    ------
    InputError
        For a value out of range, or an account without a weight.

    Examples
    --------
    >>> import mesodyn as md
    >>> trap = md.LeadTrap(detuning=0.3, tunnelling=0.4, lead_number=9)
    >>> round(float(trap.equilibrium().energy), 12)
    -0.2
    """

    detuning: Any = 0.0
    tunnelling: Any = 0.0
    lead_energy: Any = 0.0
    lead_number: int = 20
    n_c: int = 0
    step: int = 1
    weight: Any = None
    phase: Any = 0.0
    temperature: Any = 0.0
    tail: float = 1e-14

    broadcasting = ("detuning", "tunnelling", "lead_energy", "weight", "phase", "temperature")
    frame_term = "chemical_potential"
    preparing = ("weight", "phase", "temperature")

    def __post_init__(self) -> None:
        checks.whole("n_c", self.n_c)
        checks.whole("step", self.step, low=1, high=2)
        checks.whole("lead_number", self.lead_number, low=1, high=LARGEST)
        for name in ("detuning", "lead_energy", "phase"):
            checks.number(name, getattr(self, name))
        checks.number("tunnelling", self.tunnelling, complex_allowed=True)
        checks.number("temperature", self.temperature, low=0)
        checks.number("tail", self.tail, above=0, high=1e-6)
        if self.weight is not None:
            checks.number("weight", self.weight, low=0, high=1)

    @cached_property
    def window(self) -> tuple[int, int]:
        """The smallest and the largest number of steps that the lead's mode may hold."""
        numbers = np.arange(4 * self.lead_number + 100)
        weights = _poisson(numbers, self.lead_number)
        kept = np.flatnonzero((np.cumsum(weights) > self.tail / 2) & (np.cumsum(weights[::-1])[::-1] > self.tail / 2))
        return max(0, int(kept[0]) - 1), int(kept[-1]) + 1

    def enlarged(self) -> LeadTrap:
        """The same with more of the lead's number distribution."""
        return replace(self, tail=self.tail * 1e-3)

    @cached_property
    def space(self) -> NumberSpace:
        """The trap on the left of the lead."""
        low, high = self.window
        lead = Ladder("lead", low * self.step, self.step, most=high - low)
        return NumberSpace((Site("trap", self.n_c, self.step), lead))

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """``chemical_potential``, ``detuning`` and the two quadratures of ``tunnelling``."""
        space, low = self.space, self.window[0]
        lead = space.extra("lead") + (low - self.lead_number) * qutip.qeye_like(space.extra("lead"))
        hop = space.correlation("trap", "lead") / np.sqrt(self.lead_number)
        return {
            "chemical_potential": space.extra("trap") + lead,
            "detuning": -2 * lead,
        } | quadratures(hop)

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`; a switched link scales the tunnelling."""
        found = {
            "chemical_potential": values["lead_energy"] + 2 * values["detuning"],
            "detuning": values["detuning"],
        }
        return found | strengths(values["tunnelling"], setting)

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        r"""The number in the trap, its :math:`\langle\Psi\rangle`, the lead's, and the correlation of the two.

        The lead's field is in units of :math:`\sqrt{\bar n}`.
        """
        space, size = self.space, np.sqrt(self.lead_number)
        return {
            "n_mean": space.number("trap"),
            "order_parameter": space.local_field("trap")[0],
            "lead_field": space.local_field("lead")[0] / size,
            "correlation": space.correlation("lead", "trap") / size,
        }

    @property
    def shared_total(self) -> int:
        """The total number that the account ``conserving`` fixes."""
        return self.n_c + self.step * self.lead_number

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The state of an account (DEFINITIONS 6.1).

        ``conserving``: u |N_c, n> + v exp(i phase) |N_c + step, n - 1>, or without a weight the ground or thermal state
        of that total. ``superposition``: the trap in (2) or (3) beside a coherent state of the lead with phase 0.
        ``mixture``: the phases of both averaged away.
        """
        if account == "conserving" and (self.weight is None or initial == "thermal"):
            kept = self.space.sector(self.shared_total)
            cold = values["temperature"] if initial == "thermal" else 0.0 * values["temperature"]
            return kept, thermal(stack(self.coefficients(values, Setting()), matrices(self.operators, kept)), cold)
        if self.weight is None:
            raise InputError("weight", f"given (0 to 1) for account={account!r}", None)
        low = np.sqrt(1 - values["weight"]).astype(complex)
        high = np.sqrt(values["weight"]) * np.exp(1j * values["phase"])
        trap = np.stack([low, high], axis=1)
        if account == "conserving":
            kept = self.space.sector(self.shared_total)
            return kept, trap[:, :, None] * trap[:, None, :].conj()
        numbers = np.arange(self.window[0], self.window[1] + 1)
        amplitudes = np.sqrt(_poisson(numbers, self.lead_number))
        ket = (trap[:, :, None] * (amplitudes / np.linalg.norm(amplitudes))).reshape(len(low), -1)
        state = ket[:, :, None] * ket[:, None, :].conj()
        if account == "mixture":
            state = state * np.eye(self.space.size)
        return np.arange(self.space.size), state

    def spread(self, *, coherent: bool) -> qutip.Qobj:
        r"""The trap shares one of n steps with a lead whose n is spread like that of a coherent state of mean n̄.

        .. math:: \sum_n\sqrt{P_n}\,(u|N_c, n\rangle + v e^{i\varphi}|N_c + k, n - 1\rangle)

        With ``coherent`` this is one state: the totals have a phase. Without, each total is by itself, with the weight
        :math:`P_n`: nothing knows a phase, the total is conserved and merely not known. A lead without a step has none
        to share. Relative to the lead the trap has the coherence :math:`uv\sum_n\sqrt{P_nP_{n-1}} \approx
        uv(1 - 1/8\bar n)` in both (PHYSICS 4.1).

        Returns
        -------
        qutip.Qobj
            A ket, or a density matrix, of trap and lead.

        Raises
        ------
        InputError
            Without a weight, or when one of the parameters is an axis.
        """
        if self.weight is None or np.ndim(self.weight) or np.ndim(self.phase):
            raise InputError("weight", "a single number, like the phase", self.weight)
        numbers = np.arange(self.window[0], self.window[1] + 1)
        amplitudes = np.sqrt(_poisson(numbers, self.lead_number))
        kets = np.zeros((len(numbers), 2, len(numbers)), complex)
        for k, amplitude in enumerate(amplitudes):
            low = np.sqrt(1 - self.weight) if k else 1.0
            kets[k, 0, k] = low * amplitude
            kets[k, 1, k - 1] = 0.0 if not k else np.sqrt(self.weight) * np.exp(1j * self.phase) * amplitude
        flat = kets.reshape(len(numbers), -1)
        flat = flat / np.linalg.norm(flat)
        dims = self.space.dims
        if coherent:
            ket = flat.sum(axis=0)
            return qutip.Qobj(ket, dims=[dims, [1, 1]])
        return qutip.Qobj(flat.T @ flat.conj(), dims=[dims, dims])

    def equilibrium(self) -> xarray.Dataset:
        r"""Thermal equilibrium at the total :math:`N_c + k\bar n`.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``, ``n_mean`` of the trap (n_c included), ``correlation``
            (:math:`\langle a^\dagger\Psi\rangle/\sqrt{\bar n}`).
        """
        import xarray

        grid = axes.broadcast_axes(self.values())
        values = flat_values(self, grid)
        kept = self.space.sector(self.shared_total)
        hamiltonian = stack(self.coefficients(values, Setting()), matrices(self.operators, kept))
        state = thermal(hamiltonian, values["temperature"])
        observed = matrices({k: o for k, o in self.observables().items() if isinstance(o, qutip.Qobj)}, kept)
        found = {
            "energy": np.einsum("pij,pji->p", state, hamiltonian).real,
            "n_mean": np.einsum("pij,ji->p", state, observed["n_mean"]).real,
            "correlation": np.einsum("pij,ji->p", state, observed["correlation"]),
        }
        units = {"energy": "energy", "n_mean": "1", "correlation": "1"}
        variables = {k: (tuple(grid), axes.unflatten(v, grid), {"units": units[k]}) for k, v in found.items()}
        return xarray.Dataset(variables, dict(grid))


def _poisson(numbers: NDArray[np.int64], mean: float) -> NDArray[np.float64]:
    """The number distribution of a coherent state."""
    return np.asarray(np.exp(numbers * np.log(mean) - mean - gammaln(numbers + 1.0)))
