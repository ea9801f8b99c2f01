"""Up to thousands of bosons in two modes with a link: the two-mode Bose-Hubbard junction (DEFINITIONS 6.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.sparse import csr_matrix
from scipy.special import gammaln, ive, xlogy

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix, NumberSpace, Site
from mesodyn.systems.base import Setting, System, Values, boltzmann, flat_values

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

OUTSIDE = 1e-6
"""The largest weight of a Poisson distribution of totals that a space may leave out."""


@dataclass(frozen=True)
class TwoModes(NumberSpace):
    """Bosons in two modes, for some totals: the states |n_a, N - n_a>, total after total, n_a ascending.

    Examples
    --------
    >>> TwoModes(totals_held=(2,)).labels
    ['a:0 b:2', 'a:1 b:1', 'a:2 b:0']
    """

    sites: tuple[Site, ...] = ()
    totals_held: tuple[int, ...] = (1,)

    @property
    def dims(self) -> list[int]:
        """One factor: within a total the modes are no product."""
        return [self.size]

    @property
    def size(self) -> int:
        """The dimension: the sum of N + 1 over the totals."""
        return sum(total + 1 for total in self.totals_held)

    @cached_property
    def totals(self) -> NDArray[np.int64]:
        """The total number of particles of each basis state."""
        return np.repeat(self.totals_held, np.add(self.totals_held, 1))

    @cached_property
    def in_a(self) -> NDArray[np.int64]:
        """The number of particles in mode a of each basis state."""
        return np.concatenate([np.arange(total + 1) for total in self.totals_held])

    @cached_property
    def labels(self) -> list[str]:
        """The basis states in order, for example ``a:3 b:7``."""
        return [f"a:{n} b:{total - n}" for n, total in zip(self.in_a, self.totals, strict=True)]

    @cached_property
    def hop(self) -> Array:
        """``<n_a + 1| a^dagger b |n_a>``, the elements beside the diagonal; 0 between totals."""
        n, rest = self.in_a[:-1], (self.totals - self.in_a)[:-1]
        return np.sqrt((n + 1.0) * rest)


@dataclass(frozen=True, kw_only=True)
class BoseJunction(System):
    r"""N bosons in two modes a and b with a link: a condensate in a double well (DEFINITIONS 6.7).

    .. math:: H = -J(a^\dagger b + b^\dagger a) + \tfrac12 U \sum_m n_m(n_m - 1) + \tfrac12\Delta E\,(n_a - n_b)

    In one sector H is a real tridiagonal matrix of dimension N + 1. Its mean field has the parameter
    :math:`\Lambda = U(N-1)/2J` (`Lambda`), the imbalance :math:`z = (n_a - n_b)/N` and the phase
    :math:`\varphi = \varphi_a - \varphi_b = -\arg\langle a^\dagger b\rangle`.

    Parameters
    ----------
    particles
        N, at least 1; with `spread` the mean total.
    tunnelling
        J. One particle has the splitting 2J.
    interaction
        U, of either sign.
    detuning
        :math:`\Delta E`, the energy of 'in a' minus 'in b'.
    imbalance, phase
        z in [-1, 1] and :math:`\varphi` [rad] of the SU(2) coherent state that a run starts from. Without an imbalance
        the account ``conserving`` starts in the ground state.
    temperature
        k_B T of the equilibrium, and of ``initial="thermal"``.
    spread
        How many totals on either side of N the space holds. The accounts ``superposition``
        (:math:`|\alpha_a\rangle|\alpha_b\rangle`, Poisson in the total) and ``mixture`` (the same without phases) need
        enough of them: what they leave out must weigh less than `OUTSIDE`.

    Raises
    ------
    InputError
        For a value out of range, or an account that the spread is too small for.

    References
    ----------
    Smerzi et al., Phys. Rev. Lett. 79, 4950 (1997); Albiez et al., Phys. Rev. Lett. 95, 010402 (2005).

    Examples
    --------
    >>> import mesodyn as md
    >>> dimer = md.BoseJunction(particles=2, interaction=5.0)
    >>> dimer.hamiltonian().eigenenergies().round(6).tolist()
    [-0.701562, 5.0, 5.701562]
    """

    particles: int = 100
    tunnelling: Any = 1.0
    interaction: Any = 0.0
    detuning: Any = 0.0
    imbalance: Any = None
    phase: Any = 0.0
    temperature: Any = 0.0
    spread: int = 0

    broadcasting = ("tunnelling", "interaction", "detuning", "imbalance", "phase", "temperature")
    preparing = ("imbalance", "phase", "temperature")

    def __post_init__(self) -> None:
        checks.whole("particles", self.particles, low=1)
        checks.whole("spread", self.spread)
        for name in ("tunnelling", "interaction", "detuning", "phase"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name)))
        checks.number("temperature", self.temperature, low=0)
        if self.imbalance is not None:
            checks.number("imbalance", self.imbalance, low=-1, high=1)

    @property
    def Lambda(self) -> Any:
        """``U (N - 1) / 2J``, the strength of the interaction in the mean field."""
        return self.interaction * (self.particles - 1) / (2 * self.tunnelling)

    @cached_property
    def space(self) -> TwoModes:
        """The totals from N - spread (at least 0) to N + spread."""
        held = range(max(0, self.particles - self.spread), self.particles + self.spread + 1)
        return TwoModes(totals_held=tuple(held))

    @cached_property
    def diagonals(self) -> dict[str, tuple[int, Array]]:
        """The terms as (offset, elements): every one is real, and tridiagonal at most."""
        n, rest = self.space.in_a, self.space.totals - self.space.in_a
        return {
            "link": (1, -self.space.hop),
            "interaction": (0, 0.5 * (n * (n - 1.0) + rest * (rest - 1.0))),
            "imbalance": (0, 0.5 * (n - rest)),
        }

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """``link``, ``interaction`` and ``imbalance``, sparse."""
        found = {}
        for name, (offset, elements) in self.diagonals.items():
            found[name] = _banded(elements, offset) + _banded(elements, -offset) if offset else _banded(elements, 0)
        return found

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`; a switched link scales the tunnelling."""
        found = {"interaction": values["interaction"], "imbalance": values["detuning"]}
        if not setting.disconnected:
            found["link"] = setting.link * values["tunnelling"]
        return found

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """Imbalance z and its square, the coherence <a^dagger b>; with a spread also the number, <a> and <b>."""
        space = self.space
        z = (2.0 * space.in_a - space.totals) / self.particles
        found: dict[str, qutip.Qobj | Sequence[qutip.Qobj]] = {
            "z": _banded(z, 0),
            "z_squared": _banded(z**2, 0),
            "coherence": _banded(space.hop, -1),
        }
        if self.spread:
            found["number"] = _banded(space.totals.astype(float), 0)
            found["order_parameter_a"], found["order_parameter_b"] = self.losses()
        return found

    def dephasing(self) -> qutip.Qobj:
        """``(n_a - n_b) / sqrt(2)``: at unit rate <a^dagger b> decays as exp(-t)."""
        return _banded(np.sqrt(2.0) * self.diagonals["imbalance"][1], 0)

    def losses(self) -> list[qutip.Qobj]:
        """The field operators a and b; they need the totals below N."""
        if not self.spread:
            raise InputError("loss", "0 where the total is fixed", Shown("a rate"), "give the junction a spread")
        space = self.space
        down = {total: k for k, total in enumerate(space.totals_held)}
        starts = np.cumsum([0, *(total + 1 for total in space.totals_held)])
        held = np.flatnonzero(space.totals > space.totals_held[0])
        below = starts[[down[int(t) - 1] for t in space.totals[held]]]
        found = []
        for taken, left in ((space.in_a, 1), (space.totals - space.in_a, 0)):
            from_here = held[taken[held] > 0]
            rows = (below + space.in_a[held] - left)[taken[held] > 0]
            elements = (np.sqrt(taken[from_here]).astype(complex), (rows, from_here))
            found.append(qutip.Qobj(csr_matrix(elements, shape=(space.size, space.size))))
        return found

    # -- states -----------------------------------------------------------------------------------------------------

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The state of an account: kets (points, n), or density matrices (points, n, n) where it is not pure.

        ``conserving``: the SU(2) coherent state of N particles, or without an imbalance the ground state;
        ``initial="thermal"`` the thermal state. ``superposition``: coherent states of both modes, on the totals of the
        space. ``mixture``: the same, averaged over the phase of each mode.
        """
        kept = self.space.sector(self.particles)
        if account == "conserving":
            if initial == "thermal":
                return kept, self._thermal(values)
            if self.imbalance is None:
                return kept, np.stack([v[:, 0] for _, v in self._levels(values, 0)]).astype(complex)
            return kept, coherent(self.particles, values["imbalance"], values["phase"])
        if self.imbalance is None:
            raise InputError("imbalance", f"given (-1 to 1) for account={account!r}", None)
        kets = self._poisson(values)
        if account == "superposition":
            return np.arange(self.space.size), kets
        weights = np.abs(kets) ** 2
        return np.arange(self.space.size), (weights[:, :, None] * np.eye(self.space.size)).astype(complex)

    def smeared(self, sharpness: float = np.inf) -> qutip.Qobj:
        """The coherent state of scalar parameters with a phase that is not sharp, for ``evolve(initial=...)``."""
        if self.spread:
            raise InputError("spread", "0 here", self.spread, "take one total at a time")
        return qutip.Qobj(smeared(self.particles, self.imbalance or 0.0, self.phase, sharpness))

    def _poisson(self, values: Values) -> Matrix:
        """``|alpha_a>|alpha_b>`` on the totals of the space (points, n)."""
        held = np.array(self.space.totals_held)
        weights = poisson(self.particles, held)
        outside = 1 - weights.sum()
        if outside > OUTSIDE:
            must = f"enough to leave out less than {OUTSIDE:g} of the totals of {self.particles} on average"
            raise InputError("spread", must, Shown(f"{self.spread} (it leaves out {outside:.1e})"), "raise it")
        parts = [coherent(int(total), values["imbalance"], values["phase"]) for total in held]
        kets = [np.sqrt(w / weights.sum()) * part for w, part in zip(weights, parts, strict=True)]
        return np.concatenate(kets, axis=1)

    def _levels(self, values: Values, highest: int | None) -> list[tuple[Array, Array]]:
        """Energies and eigenvectors in the sector of N, up to a level or all, point by point."""
        at = self.space.sector(self.particles)
        found = []
        for j, u, e in zip(values["tunnelling"], values["interaction"], values["detuning"], strict=True):
            terms = self.diagonals
            diagonal = (u * terms["interaction"][1] + e * terms["imbalance"][1])[at]
            beside = (j * terms["link"][1])[at[:-1]]
            some = {} if highest is None else {"select": "i", "select_range": (0, min(highest, self.particles))}
            found.append(eigh_tridiagonal(diagonal, beside, **some))
        return found

    def _thermal(self, values: Values) -> Matrix:
        """The thermal states of the sector of N (points, n, n)."""
        states = []
        for (energies, vectors), cold in zip(self._levels(values, None), values["temperature"], strict=True):
            states.append((vectors * boltzmann(energies, cold)) @ vectors.T)
        return np.stack(states).astype(complex)

    def equilibrium(self) -> xarray.Dataset:
        r"""Thermal equilibrium of N particles; at zero temperature the ground state.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``, ``gap`` (of the two lowest levels), ``z`` (mean),
            ``z_squared``, and ``coherence``, :math:`2\langle a^\dagger b\rangle/N`.

        Examples
        --------
        >>> import mesodyn as md
        >>> round(float(md.BoseJunction(particles=100, interaction=0.2).equilibrium().gap), 9)
        6.599483037
        """
        import xarray

        grid = axes.broadcast_axes(self.values())
        values = flat_values(self, grid)
        warm = values["temperature"] > 0
        levels = self._levels(values, None if warm.any() else 1)
        z = 2 * np.arange(self.particles + 1) / self.particles - 1
        hop = np.sqrt(np.arange(1.0, self.particles + 1) * np.arange(self.particles, 0.0, -1)) * 2 / self.particles
        found: dict[str, list[float]] = {}
        for (energies, vectors), cold in zip(levels, values["temperature"], strict=True):
            weights = boltzmann(energies, cold)
            here = {
                "energy": weights @ energies,
                "gap": energies[1] - energies[0],
                "z": weights @ (z @ vectors**2),
                "z_squared": weights @ (z**2 @ vectors**2),
                "coherence": weights @ (hop @ (vectors[1:] * vectors[:-1])),
            }
            for name, value in here.items():
                found.setdefault(name, []).append(value)
        units = {"energy": "energy", "gap": "energy"}
        return xarray.Dataset(
            {
                name: (tuple(grid), axes.unflatten(np.array(value), grid), {"units": units.get(name, "1")})
                for name, value in found.items()
            },
            dict(grid),
        )


def coherent(particles: int, imbalance: Any, phase: Any) -> Matrix:
    r"""SU(2) coherent states: every particle in :math:`\sqrt{(1+z)/2}\,e^{i\varphi}|a\rangle+\sqrt{(1-z)/2}|b\rangle`.

    Parameters
    ----------
    particles
        N, at least 0.
    imbalance, phase
        z in [-1, 1] and :math:`\varphi` [rad], of any one shape (...).

    Returns
    -------
    array, shape (..., N + 1)
        Amplitudes of n_a = 0 ... N.

    Examples
    --------
    >>> coherent(2, 0.0, 0.0).real.round(6).tolist()
    [0.5, 0.707107, 0.5]
    """
    z, phase = np.asarray(imbalance, float)[..., None], np.asarray(phase, float)[..., None]
    n = np.arange(particles + 1)
    ways = gammaln(particles + 1) - gammaln(n + 1) - gammaln(particles - n + 1)
    logarithm = 0.5 * (ways + xlogy(n, (1 + z) / 2) + xlogy(particles - n, (1 - z) / 2))
    return np.asarray(np.exp(logarithm + 1j * n * phase))


def smeared(particles: int, imbalance: float, phase: float, sharpness: float) -> Matrix:
    r"""The density matrix (N + 1, N + 1) of a coherent state whose phase is not sharp.

    The phase is distributed as :math:`\exp(s\cos(\varphi' - \varphi))`, so that an element k off the diagonal keeps the
    share :math:`I_k(s)/I_0(s)`.

    Parameters
    ----------
    particles, imbalance, phase
        As in `coherent`.
    sharpness
        s: inf for one phase, 0 for any.
    """
    ket = coherent(particles, imbalance, phase)
    state = np.outer(ket, ket.conj())
    if np.isinf(sharpness):
        return state
    off = np.abs(np.subtract.outer(np.arange(particles + 1), np.arange(particles + 1)))
    return state * (ive(off, sharpness) / ive(0, sharpness))


def poisson(mean: float, totals: NDArray[np.int64]) -> Array:
    """The Poisson weights of some totals: those of two coherent states with `mean` particles together."""
    return np.asarray(np.exp(xlogy(totals, mean) - mean - gammaln(totals + 1)))


def _banded(elements: Array, offset: int) -> qutip.Qobj:
    """A sparse operator with one diagonal; `offset` counts from the main one."""
    return qutip.qdiags(elements, offset)
