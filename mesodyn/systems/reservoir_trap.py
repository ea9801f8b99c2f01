"""A trap or dot and one state outside it, linked by tunnelling: equations (4)-(7), and the beat of state (2) or (3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.special import entr

from mesodyn import axes, checks
from mesodyn.accounts import check_account
from mesodyn.errors import InputError
from mesodyn.numberspace import Matrix, NumberSpace, Site
from mesodyn.systems.base import Setting, System, Values, flat_values, matrices, quadratures, stack, strengths, thermal

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, kw_only=True)
class ReservoirTrap(System):
    r"""A trap with N_c or N_c + step particles and an outside state that takes the step (equation (4)).

    .. math:: H = E(N_c) + k\mu_c\,n + (k\mu_c - 2\xi)\,n_{out} - (\Delta\,\Psi^\dagger\Psi_{out} + h.c.)

    with n, n_out = 0 or 1 steps of k particles, :math:`k\mu_c = E(N_c + k) - E(N_c) = \varepsilon + 2\xi`. The total
    is conserved, so the laboratory frame is an exact frame change.

    Parameters
    ----------
    detuning
        :math:`\xi`, half the energy to bring the step in.
    tunnelling
        :math:`\Delta`, complex allowed.
    outside_energy
        :math:`\varepsilon`, the energy of the step outside.
    trap_energy
        :math:`E(N_c)`.
    n_c, step
        The smaller number; 1 for state (2), 2 for state (3).
    kind
        ``"fermion"`` or ``"boson"`` (a step of 2 is a boson in either case).
    weight, phase
        v**2 and the phase of |N_c + step>. Without a weight the account ``conserving`` starts in the ground state (5).
    temperature
        k_B T of the equilibrium, and of ``initial="thermal"``.
    level_spacing
        Spacing of the trap's levels, > 0; then `equilibrium` reports ``frozen``.

    Examples
    --------
    >>> import mesodyn as md
    >>> trap = md.ReservoirTrap(detuning=0.3, tunnelling=0.4)
    >>> round(float(trap.equilibrium().energy), 12)
    -0.2
    """

    detuning: Any = 0.0
    tunnelling: Any = 0.0
    outside_energy: Any = 0.0
    trap_energy: Any = 0.0
    n_c: int = 0
    step: int = 1
    kind: str = "fermion"
    weight: Any = None
    phase: Any = 0.0
    temperature: Any = 0.0
    level_spacing: Any = None

    broadcasting = (
        *("detuning", "tunnelling", "outside_energy", "trap_energy", "weight", "phase", "temperature"),
        "level_spacing",
    )
    frame_term = "chemical_potential"
    preparing = ("weight", "phase", "temperature", "level_spacing")

    def __post_init__(self) -> None:
        checks.whole("n_c", self.n_c)
        checks.whole("step", self.step, low=1, high=2)
        checks.choice("kind", self.kind, ("fermion", "boson"))
        for name in ("detuning", "outside_energy", "trap_energy", "phase"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name)))
        checks.number("tunnelling", self.tunnelling, complex_allowed=True)
        checks.number("temperature", self.temperature, low=0)
        if self.weight is not None:
            checks.number("weight", self.weight, low=0, high=1)
        if self.level_spacing is not None:
            checks.number("level_spacing", self.level_spacing, above=0)

    @cached_property
    def space(self) -> NumberSpace:
        """The trap on the left of the outside state."""
        fermionic = self.kind == "fermion"
        trap = Site("trap", self.n_c, self.step, fermionic=fermionic)
        return NumberSpace((trap, Site("outside", 0, self.step, fermionic=fermionic)))

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """``trap_energy``, ``chemical_potential``, ``detuning`` and the two quadratures of ``tunnelling``."""
        space = self.space
        trap, outside = space.extra("trap"), space.extra("outside")
        hop = space.correlation("trap", "outside")
        return {
            "trap_energy": qutip.qeye_like(trap),
            "chemical_potential": trap + outside,
            "detuning": -2 * outside,
        } | quadratures(hop)

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`; a switched link scales the tunnelling."""
        found = {
            "trap_energy": values["trap_energy"],
            "chemical_potential": values["outside_energy"] + 2 * values["detuning"],
            "detuning": values["detuning"],
        }
        return found | strengths(values["tunnelling"], setting)

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """The number in the trap, <Psi> (or <Psi Psi>) of the trap alone, and its correlation with the outside."""
        space = self.space
        return {
            "n_mean": space.number("trap"),
            "order_parameter": space.local_field("trap")[0],
            "correlation": space.correlation("outside", "trap"),
        }

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The state of an account: the trap alone with an empty outside, or entangled with it."""
        if account == "conserving" and (self.weight is None or initial == "thermal"):
            kept = self.space.sector(self.n_c + self.step)
            cold = values["temperature"] if initial == "thermal" else 0.0 * values["temperature"]
            return kept, thermal(stack(self.coefficients(values, Setting()), matrices(self.operators, kept)), cold)
        if self.weight is None:
            raise InputError("weight", f"given (0 to 1) for account={account!r}", None)
        low = np.sqrt(1 - values["weight"]).astype(complex)
        high = np.sqrt(values["weight"]) * np.exp(1j * values["phase"])
        with_step = 0 if account != "conserving" else 1
        ket = np.zeros((len(low), 4), complex)
        ket[:, with_step], ket[:, 2] = low, high
        state = ket[:, :, None] * ket[:, None, :].conj()
        if account == "mixture":
            state = state * np.eye(4)
        kept = self.space.sector(self.n_c + self.step) if account == "conserving" else np.arange(4)
        return kept, state[:, kept][:, :, kept]

    def equilibrium(self, account: str = "conserving") -> xarray.Dataset:
        r"""Equilibrium of the linked pair with one step shared: (5), (6), (7), and what the trap is by itself.

        The kets of (4) are :math:`|N_c\rangle|1_{out}\rangle` and :math:`|N_c+k\rangle|0_{out}\rangle`. With the total
        conserved the trap alone is the diagonal matrix diag(u^2, v^2), whatever the size of the outside; the sentence
        after (7) calls it the pure state (2) (PHYSICS 1.9, item 13).

        Parameters
        ----------
        account
            ``"superposition"``: the trap alone is in state (2), as the paper reads it. ``"conserving"``: it is reduced
            from the pair. ``"mixture"``: diagonal, and not correlated with the outside.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``, ``excited_energy``, ``free_energy``, ``n_mean`` (n_c included),
            ``order_parameter`` (:math:`\langle\Psi\rangle` of the trap alone, complex), ``correlation``
            (:math:`\langle\Psi_{out}^\dagger\Psi\rangle`), ``purity`` and ``entropy`` (nats) of the trap alone, and
            with a `level_spacing` ``frozen``, kT over it.

        Raises
        ------
        InputError
            For an account that does not exist.
        """
        check_account(account)
        grid = axes.broadcast_axes(self.values())
        values = flat_values(self, grid)
        kept = self.space.sector(self.n_c + self.step)
        hamiltonian = stack(self.coefficients(values, Setting()), matrices(self.operators, kept))
        state = thermal(hamiltonian, values["temperature"])
        energies = np.asarray(np.linalg.eigvalsh(hamiltonian), float)
        observed = matrices({name: op for name, op in self.observables().items() if isinstance(op, qutip.Qobj)}, kept)
        means = {name: np.einsum("pij,ji->p", state, observed[name]) for name in ("n_mean", "correlation")}
        weights = np.clip(np.linalg.eigvalsh(state * (1 if account == "superposition" else np.eye(2))), 0, 1)
        found = {
            "energy": np.einsum("pij,pji->p", state, hamiltonian).real,
            "excited_energy": energies[:, 1],
            "free_energy": _free_energy(energies, values["temperature"]),
            "n_mean": means["n_mean"].real,
            "order_parameter": means["correlation"] * (account == "superposition"),
            "correlation": means["correlation"] * (account != "mixture"),
            "purity": (weights**2).sum(axis=1),
            "entropy": entr(weights).sum(axis=1),
        }
        if self.level_spacing is not None:
            found["frozen"] = values["temperature"] / values["level_spacing"]
        return _dataset(found, grid)


def _free_energy(energies: NDArray[np.float64], temperature: NDArray[np.float64]) -> NDArray[np.float64]:
    """``-kT ln Z`` of two levels; the ground energy at zero temperature."""
    warm = np.where(temperature > 0, temperature, 1.0)
    gap = np.minimum((energies[:, 1] - energies[:, 0]) / warm, 700.0)
    return np.asarray(energies[:, 0] - np.where(temperature > 0, warm * np.log1p(np.exp(-gap)), 0.0))


def _dataset(found: dict[str, NDArray[Any]], grid: dict[str, Any]) -> xarray.Dataset:
    """Results over the axes, with units."""
    import xarray

    variables = {
        name: (tuple(grid), axes.unflatten(value, grid), {"units": "energy" if "energy" in name else "1"})
        for name, value in found.items()
    }
    return xarray.Dataset(variables, grid)
