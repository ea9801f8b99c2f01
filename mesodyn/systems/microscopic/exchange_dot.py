"""A Kramers dot whose lead is a quantum system too: spin 1/2 and three oscillators, solved exactly (PHYSICS 4.5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import comb
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown, UnfinishedError
from mesodyn.systems.base import boltzmann
from mesodyn.systems.kramers_dot import KramersDot, labelled

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

QUANTA = (4, 6, 8, 10, 12, 14, 17, 20, 23)
"""How many quanta the lead may hold in all, tried one after the other."""
TOLERANCE = 1e-8
"""How far the moment (in mu_B) and the energy (in units of the dot's largest) may move with the last step."""
FAINT = 1e-18
"""Levels of less weight are left out of the means."""
SLOW = 0.2
"""The lowest frequency of the lead, in units of the exchange energy."""
FAST = 1e7
"""The highest: beyond it the energies of the dot are lost in the rounding of the lead's."""
HOT = 0.6
"""The highest temperature in units of the frequency: beyond it the lead holds too many quanta."""


class Bare(NamedTuple):
    """The dot and its lead without a field: what depends on the lead and a number of quanta only."""

    energies: Array
    """All levels, ascending."""
    sigma: Array
    """(3, n, n): sigma_x, -i sigma_y and sigma_z between them, all real (sigma_y times a phase)."""
    sectors: tuple[float, float]
    """The lowest energy of either parity under a half turn about the soft axis, found apart."""


@dataclass(frozen=True, kw_only=True)
class ExchangeDot:
    r"""A spin 1/2 that three oscillators follow by exchange: `KramersDot` with a lead that is no classical field.

    .. math:: H = \sum_{k=1}^3\left[\omega\,b_k^\dagger b_k + g_k\sigma_k(b_k + b_k^\dagger)\right]
              - \mu_B\,\boldsymbol\sigma\cdot\mathbf B,\qquad
              2g_k^2/\omega = \mu_BB_0 - (a_k - a_{min})

    along the principal axes k of the anisotropy, so that a classical lead gains (39), (40). Time reversal makes every
    level without a field a doublet: no direction is selected. A fast lead (:math:`\omega \gg \mu_BB_0`) gains three
    times as much as (39) says, once for each component. The doublet has a smaller moment, :math:`\mu_BZ_k` along k,
    and in a field that of a doublet with a g tensor. As the lead grows slower, :math:`Z \to 1/3`, the levels above come
    down, and a field that exceeds their distance finds the full moment again: the classical lead of the paper.

    Parameters
    ----------
    moment, exchange_field, anisotropy, field, temperature
        As of `KramersDot`; :math:`a_k - a_{min} \le \mu_BB_0`.
    frequency
        :math:`\omega > 0`, an energy; at least `SLOW` times the exchange energy.
    quanta
        The most quanta in the lead. Raised along `QUANTA` until the results stand still unless given: then the change
        from two fewer is the error.
    beyond
        How many more steps of `QUANTA` are taken after that: a larger basis, to check with.

    Raises
    ------
    InputError
        For a value out of range.

    Examples
    --------
    >>> dot = ExchangeDot(exchange_field=0.0018, frequency=1.0)
    >>> found = dot.doublet()
    >>> round(float(found.energy), 12), round(float(found.gain), 6)
    (-0.002695160305, 2.994623)
    """

    moment: Any = 1.0
    exchange_field: Any = 1.0
    anisotropy: Any = ((0.0, 0.0, 0.0),) * 3
    field: Any = (0.0, 0.0, 0.0)
    temperature: Any = 0.0
    frequency: Any = 10.0
    quanta: int | None = None
    beyond: int = 0

    def __post_init__(self) -> None:
        checks.number("frequency", self.frequency, above=0)
        checks.number("temperature", self.temperature, low=0)
        classical = self.classical
        object.__setattr__(self, "field", classical.field)
        object.__setattr__(self, "anisotropy", classical.anisotropy)
        if self.quanta is not None:
            checks.whole("quanta", self.quanta, low=3, high=QUANTA[-1])
        checks.whole("beyond", self.beyond)
        points = self._points[1]
        if np.any(points.gaps > points.exchange[:, None]):
            raise InputError(
                "anisotropy", "at most the exchange energy", Shown(f"up to {points.gaps.max():g} above the least")
            )
        if np.any(points.frequency < SLOW * points.exchange):
            must = f"at least {SLOW:g} of the exchange energy"
            why = "a slower lead holds too many quanta; its limit is KramersDot"
            raise InputError("frequency", must, Shown(f"{(points.frequency / points.exchange).min():g} of it"), why)
        if np.any((points.exchange > 0) & (points.frequency > FAST * points.exchange)):
            raise InputError("frequency", f"at most {FAST:g} of the exchange energy", float(points.frequency.max()))
        if np.any(points.temperature > HOT * points.frequency):
            must, was = f"at most {HOT:g} of the lead's frequency", float(points.temperature.max())
            raise InputError("temperature", must, was, "a warmer lead holds too many quanta; take a faster one")

    @cached_property
    def classical(self) -> KramersDot:
        """The same dot with the classical lead of the paper."""
        return KramersDot(
            moment=self.moment,
            exchange_field=self.exchange_field,
            anisotropy=self.anisotropy,
            field=self.field,
            temperature=self.temperature + 0.0 * self.frequency,  # all axes in one grid
        )

    @cached_property
    def _points(self) -> tuple[dict[str, Any], _Points]:
        """The parameters over points, in the eigenbasis of each anisotropy, the soft axis first."""
        solved = self.classical._solved
        moment = solved.moment
        frequency = np.asarray(axes.flatten(self.frequency, solved.grid), float)
        inner = moment.gaps, moment.drive, moment.exchange, moment.temperature
        return dict(solved.grid), _Points(*inner, solved.basis, solved.softest, solved.magneton, frequency)

    # -- results -------------------------------------------------------------------------------------------------------

    def equilibrium(self) -> xarray.Dataset:
        r"""The thermal mean of the moment and its energy.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``magnetization`` (component), ``energy``, ``free_energy`` (from the lead's
            ground state alone, in the gauge of `KramersDot`), ``quanta`` that were needed, and ``truncation``, by how
            much the moment over :math:`\mu_B` moved with the last of them. At T = 0 without a field the two states of
            the doublet count alike, so the moment is 0.

        Raises
        ------
        UnfinishedError
            Where the results don't stand still: a lead too slow, or too warm.
        """
        grid, points = self._points
        found: dict[str, list[Any]] = {}
        for k in range(len(points.frequency)):
            for name, value in self._settled(points, k).items():
                found.setdefault(name, []).append(value)
        return labelled({name: np.array(value) for name, value in found.items()}, grid, _UNITS)

    def doublet(self) -> xarray.Dataset:
        r"""The ground level without a field.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``; ``gain``, over what the classical lead gains, :math:`\mu_BB_0/2`;
            ``splitting`` of its two states, solved for apart: 0 up to rounding; ``gap`` to the next level; ``factor``
            (component, component_2), the tensor Z of the moment :math:`\mu_BZ\tau` inside the doublet; ``quanta`` and
            ``truncation``, by how much the energy (in units of the exchange energy) and Z moved with the last of them.
        """
        grid, points = self._points
        found: dict[str, list[Any]] = {}
        for k in range(len(points.frequency)):
            for name, value in self._doublet(points, k).items():
                found.setdefault(name, []).append(value)
        arrays = {name: np.array(value) for name, value in found.items()}
        basis = points.basis
        arrays["factor"] = np.einsum("pik,pk,pjk->pij", basis, arrays["factor"], basis)
        return labelled(arrays, grid, _UNITS)

    def hamiltonian(self) -> qutip.Qobj:
        """H for parameters without axes, along the principal axes: spin, then oscillators of up to `quanta` quanta."""
        grid, points = self._points
        if grid:
            raise InputError(next(iter(grid)), "a single number for a Qobj", Shown("an axis"))
        number = self.quanta or QUANTA[2]
        oscillators, raising = _oscillators(number)
        total = points.frequency[0] * qutip.tensor(
            qutip.qeye(2), qutip.qdiags(oscillators.sum(axis=1).astype(float), 0)
        )
        sigma = (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())
        for k, g in enumerate(points.couplings[0]):
            rise = qutip.Qobj(csr_matrix(raising[k].astype(complex)))
            total += g * qutip.tensor(sigma[k], rise + rise.dag())
            total -= points.drive[0, k] * qutip.tensor(sigma[k], qutip.qeye(len(oscillators)))
        return total

    # -- one point -----------------------------------------------------------------------------------------------------

    def _tried(self) -> tuple[int, ...]:
        return QUANTA if self.quanta is None else (self.quanta - 2, self.quanta)

    def _settled(self, points: _Points, k: int) -> dict[str, Any]:
        """The equilibrium of one point with as many quanta as it needs."""
        lead = (*points.couplings[k].tolist(), float(points.frequency[k]))
        scale = points.scale(k)
        before, moved, stood = None, np.inf, 0
        enough = self._doublet(points, k)["quanta"]
        tried = [number for number in self._tried() if number >= enough]
        for number in [self._tried()[self._tried().index(tried[0]) - 1], *tried]:
            bare = _bare(*lead, number)
            now = _in_field(bare, points.drive[k], float(points.temperature[k]))
            if before is not None:
                moved = max(float(np.abs(now[0] - before[0]).max()), abs(now[2] - before[2]) / scale)
                stood += moved <= TOLERANCE
                if stood > self.beyond or self.quanta is not None:
                    break
            before = now
        if not stood and self.quanta is None:
            raise UnfinishedError(_lost(moved, points, k))
        share, energy, free = now
        shift = 0.5 * points.softest[k]
        return {
            "magnetization": points.basis[k] @ share * points.magneton[k],
            "energy": energy + shift,
            "free_energy": free + shift,
            "quanta": float(number),
            "truncation": moved,
        }

    def _doublet(self, points: _Points, k: int) -> dict[str, Any]:
        lead = (*points.couplings[k].tolist(), float(points.frequency[k]))
        exchange = points.exchange[k] or points.frequency[k]
        before, moved, stood = None, np.inf, 0
        for number in self._tried():
            bare = _bare(*lead, number)
            inside = bare.sigma[:, :2, :2]
            factor = np.sqrt(0.5 * (inside**2).sum(axis=(1, 2)))
            now = np.append(factor, bare.energies[0] / exchange)
            if before is not None:
                moved = float(np.abs(now - before).max())
                stood += moved <= TOLERANCE
                if stood > self.beyond or self.quanta is not None:
                    break
            before = now
        if not stood and self.quanta is None:
            raise UnfinishedError(_lost(moved, points, k))
        return {
            "energy": bare.energies[0] + 0.5 * points.softest[k],
            "gain": -2 * bare.energies[0] / points.exchange[k] if points.exchange[k] else np.nan,
            "splitting": abs(bare.sectors[0] - bare.sectors[1]),
            "gap": bare.energies[2] - bare.energies[0],
            "factor": factor,
            "quanta": float(number),
            "truncation": moved,
        }


_UNITS = {
    **dict.fromkeys(("energy", "free_energy", "splitting", "gap"), "energy"),
    **dict.fromkeys(("gain", "factor", "quanta", "truncation"), "1"),
    "magnetization": "energy/field",
}


@dataclass(frozen=True)
class _Points:
    """The parameters over points: fields and energies along the principal axes."""

    gaps: Array
    drive: Array
    exchange: Array
    temperature: Array
    basis: Array
    softest: Array
    magneton: Array
    frequency: Array

    @cached_property
    def couplings(self) -> Array:
        """G along the three axes."""
        return np.asarray(np.sqrt(0.5 * self.frequency[:, None] * np.maximum(self.exchange[:, None] - self.gaps, 0)))

    def scale(self, k: int) -> float:
        """The largest energy of the dot."""
        return max(float(self.exchange[k]), float(np.abs(self.drive[k]).max()), float(self.temperature[k]), 1e-300)


def _lost(moved: float, points: _Points, k: int) -> str:
    return (
        f"the moment of a dot with a quantum lead still moves by {moved:.1e} at {QUANTA[-1]} quanta (frequency "
        f"{points.frequency[k]:g}, exchange {points.exchange[k]:g}, kT {points.temperature[k]:g}); take a faster lead, "
        "a lower temperature, or the classical lead"
    )


# -- the lead as three oscillators -------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _oscillators(quanta: int) -> tuple[NDArray[np.int64], tuple[Array, Array, Array]]:
    """The numbers (states, 3) of up to some quanta in all, and what raises each."""
    found = [(x, y, z) for x in range(quanta + 1) for y in range(quanta + 1 - x) for z in range(quanta + 1 - x - y)]
    numbers = np.array(found)
    place = {state: k for k, state in enumerate(found)}
    assert len(found) == comb(quanta + 3, 3)
    raising = []
    for k in range(3):
        matrix = np.zeros((len(found),) * 2)
        for state, column in place.items():
            if sum(state) < quanta:
                above = (state[0] + (k == 0), state[1] + (k == 1), state[2] + (k == 2))
                matrix[place[above], column] = np.sqrt(state[k] + 1)
        raising.append(matrix)
    return numbers, (raising[0], raising[1], raising[2])


@lru_cache(maxsize=8)
def _bare(gx: float, gy: float, gz: float, frequency: float, quanta: int) -> Bare:
    r"""All levels without a field.

    With :math:`b_2 \to ib_2` the matrix is real. :math:`\sigma_3(-1)^{n_1 + n_2}` commutes with it and takes the two
    states of each doublet apart: either half is diagonalised by itself.
    """
    numbers, raising = _oscillators(quanta)
    spins = (np.array([[0.0, 1], [1, 0]]), np.array([[0.0, -1], [1, 0]]), np.diag([1.0, -1]))  # sigma_y as -i sigma_y
    total = np.kron(np.eye(2), np.diag(frequency * numbers.sum(axis=1)))
    for g, spin, rise, sign in zip((gx, gy, gz), spins, raising, (1, -1, 1), strict=True):
        # sigma_y (b + b^dagger) with b -> i b is (-i sigma_y)(b^dagger - b), both real
        total += g * np.kron(spin, rise + rise.T) if sign > 0 else g * np.kron(spin, rise - rise.T)
    even = np.where((numbers[:, 0] + numbers[:, 1]) % 2 == 0, 1, -1)
    kind = np.concatenate([even, -even])
    halves = [np.flatnonzero(kind == sign) for sign in (1, -1)]
    solved = [np.linalg.eigh(total[np.ix_(half, half)]) for half in halves]
    energies = np.concatenate([part[0] for part in solved])
    vectors = np.zeros((len(total), len(total)))
    for half, (_, kets), start in zip(halves, solved, (0, len(halves[0])), strict=True):
        vectors[half, start : start + len(half)] = kets
    order = np.argsort(energies, kind="stable")
    vectors = vectors[:, order]
    side = len(numbers)
    up, down = vectors[:side], vectors[side:]
    cross = up.T @ down
    sigma = np.stack([cross + cross.T, cross.T - cross, up.T @ up - down.T @ down])
    return Bare(energies[order], sigma, (float(solved[0][0][0]), float(solved[1][0][0])))


def _in_field(bare: Bare, drive: Array, temperature: float) -> tuple[Array, float, float]:
    """The means (sigma, energy, free energy) in a field."""
    sigma: list[Any] = [bare.sigma[0], 1j * bare.sigma[1], bare.sigma[2]]
    total = np.diag(bare.energies)
    for part, along in zip(sigma, drive, strict=True):
        total = total - along * part if along else total  # real unless the field has a part along the second axis
    energies, kets = np.linalg.eigh(total)
    weights = boltzmann(energies, np.asarray(temperature))
    inside, shares = kets[:, weights > FAINT], weights[weights > FAINT]
    means = np.array([((part @ inside) * inside.conj()).sum(axis=0).real @ shares for part in sigma])
    free = energies[0]
    if temperature > 0:
        free = free - temperature * np.log(np.exp(-np.minimum((energies - energies[0]) / temperature, 745.0)).sum())
    return means, float(weights @ energies), float(free)
