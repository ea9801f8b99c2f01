"""A spin 1/2 with an exchange to a few electrons: which leads screen it, and which leave its doublet (PHYSICS 4.5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_array, diags_array, kron

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown
from mesodyn.systems.lanczos import lowest
from mesodyn.systems.mean_field import dataset
from mesodyn.systems.microscopic.limits import Limit, extrapolated
from mesodyn.systems.microscopic.one_spin import OneSpin

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

DENSE = 300
"""Up to this many states a sector is diagonalised as a plain matrix."""
MOST = 500_000
"""The most states of a sector."""
SAME = 1e-10
"""Levels closer than this, relative to the largest energy, are one."""


@dataclass(frozen=True, kw_only=True)
class KondoDot:
    r"""A spin on the first site of a chain of electrons, at a fixed number of them.

    .. math:: H = -t\sum_{k\sigma}(c^\dagger_{k+1,\sigma}c_{k\sigma} + h.c.) + J\,\mathbf S\cdot\mathbf s_0,\qquad
              \mathbf s_0 = \tfrac12\sum c^\dagger_{0\sigma}\boldsymbol\sigma_{\sigma\sigma'}c_{0\sigma'}

    With an odd number of electrons the whole has an even number of spins 1/2, and time reversal asks for no doublet:
    an antiferromagnetic lead (J > 0) makes a singlet, which has no moment; a ferromagnetic one (J < 0) leaves the
    moment, as part of a triplet. With an even number of electrons the ground level is a doublet for any J; as J
    grows past the spacing of the lead's levels (about :math:`2\pi t/M`) the moment moves from the dot into
    an antiferromagnetic lead.

    Parameters
    ----------
    sites
        M >= 1 of the lead.
    exchange
        J, of either sign: a number or labelled axis.
    tunnelling
        t.
    electrons
        In the lead; one for each site unless given.

    Raises
    ------
    InputError
        For a value out of range, or a sector of more than `MOST` states.

    Examples
    --------
    >>> found = KondoDot(sites=1, exchange=1.0).equilibrium()
    >>> [float(found[name]) for name in ("energy", "spin", "dot_moment")]
    [-0.75, 0.0, 0.0]
    >>> float(KondoDot(sites=1, exchange=-1.0).equilibrium().spin)
    1.0
    """

    sites: int = 5
    exchange: Any = 1.0
    tunnelling: float = 1.0
    electrons: int | None = None

    def __post_init__(self) -> None:
        checks.whole("sites", self.sites, low=1, high=60)
        checks.number("exchange", self.exchange)
        if np.ndim(checks.number("tunnelling", self.tunnelling)):
            raise InputError("tunnelling", "a single number", Shown("an axis"), "make the exchange an axis")
        if self.electrons is None:
            object.__setattr__(self, "electrons", self.sites)
        checks.whole("electrons", self.electrons, low=1, high=2 * self.sites - 1)
        states = max(self.size(up) for up in self._ups)
        if states > MOST:
            raise InputError(
                "sites", f"few enough for {MOST} states of one spin", Shown(f"{self.sites}, {states} states")
            )

    @property
    def _count(self) -> int:
        return int(self.electrons or 0)

    @property
    def _ups(self) -> range:
        """How many of all spins may point up, the dot's among them, for a projection of at least 0."""
        return range((self._count + 2) // 2, min(self._count, self.sites) + 2)

    def size(self, up: int) -> int:
        """The number of states in which `up` of all spins point up."""
        found = 0
        for dot in (1, 0):
            high, low = up - dot, self._count - up + dot
            if 0 <= high <= self.sites and 0 <= low <= self.sites:
                found += comb(self.sites, high) * comb(self.sites, low)
        return found

    def equilibrium(self) -> xarray.Dataset:
        r"""The ground level.

        Returns
        -------
        xarray.Dataset
            Over the dims of the exchange: ``energy``; ``spin``, S of the whole, and ``degeneracy``, 2S + 1, by how many
            projections have that energy; ``spread``, how far those energies lie apart (rounding); ``dot_moment``,
            :math:`\langle\sigma_z\rangle` of the dot in the state of the largest projection; ``correlation``,
            :math:`\langle\mathbf S\cdot\mathbf s_0\rangle`, -3/4 of a singlet, 1/4 of a triplet.
        """
        grid = axes.broadcast_axes({"exchange": self.exchange})
        found = [self._solved(float(j)) for j in axes.flatten(self.exchange, grid)]
        units = {"energy": "energy", "spread": "energy"}
        return dataset(
            grid,
            {
                name: (axes.unflatten(np.array([one[name] for one in found]), grid), units.get(name, "1"))
                for name in found[0]
            },
        )

    def _solved(self, exchange: float) -> dict[str, float]:
        levels = {up: self._lowest(up, exchange) for up in self._ups if self.size(up)}
        lowest = min(energy for energy, _ in levels.values())
        scale = abs(lowest) + abs(exchange) + abs(self.tunnelling)
        tied = {up: one for up, one in levels.items() if one[0] - lowest <= SAME * scale}
        highest = max(tied)
        spin = highest - 0.5 * (self._count + 1)
        ket = tied[highest][1]
        first = self._halves(highest)[0]
        moment = 2 * float((ket[: self._length(first)] ** 2).sum()) - 1
        return {
            "energy": lowest,
            "spin": spin,
            "degeneracy": 2 * spin + 1,
            "spread": max(one[0] for one in tied.values()) - lowest,
            "dot_moment": moment if spin > 0 else 0.0,
            "correlation": float(ket @ (self._matrix(highest, 1.0, 0.0) @ ket)),
        }

    # -- one projection ----------------------------------------------------------------------------------------------

    def _halves(self, up: int) -> list[tuple[int, int]]:
        """The electrons up and down beside a dot that is up, and beside one that is down."""
        return [(up - 1, self._count - up + 1), (up, self._count - up)]

    def _length(self, numbers: tuple[int, int]) -> int:
        return comb(self.sites, numbers[0]) * comb(self.sites, numbers[1]) if min(numbers) >= 0 else 0

    @cached_property
    def _chain(self) -> Array:
        return np.asarray(np.diag(np.ones(self.sites - 1), 1) + np.diag(np.ones(self.sites - 1), -1))

    def _matrix(self, up: int, exchange: float, hopping: float) -> csr_array:
        """H with ``J = exchange`` and ``t = hopping`` on the states of one projection, dot up first."""
        parts: list[tuple[OneSpin, OneSpin] | None] = []
        for numbers in self._halves(up):
            inside = self._length(numbers) > 0
            parts.append((OneSpin(self.sites, numbers[0]), OneSpin(self.sites, numbers[1])) if inside else None)
        blocks = []
        for part, sign in zip(parts, (1, -1), strict=True):
            if part is None:
                continue
            ups, downs = part
            one = [csr_array(-hopping * states.lifted(self._chain)) for states in (ups, downs)]
            total = kron(one[0], diags_array(np.ones(downs.size))) + kron(diags_array(np.ones(ups.size)), one[1])
            along = 0.5 * (ups.occupied[0][:, None] - downs.occupied[0][None, :]).ravel()
            blocks.append(csr_array(total + diags_array(0.5 * sign * exchange * along)))
        if len(blocks) == 1:
            return blocks[0]
        assert parts[0] is not None and parts[1] is not None
        flip = 0.5 * exchange * kron(_filled(parts[0][0], parts[1][0]), _filled(parts[1][1], parts[0][1]).T)
        return csr_array(block_array([[blocks[0], flip.T], [flip, blocks[1]]]))

    def _lowest(self, up: int, exchange: float) -> tuple[float, Array]:
        total = self._matrix(up, exchange, float(self.tunnelling))
        if total.shape[0] <= DENSE:
            energies, kets = np.linalg.eigh(total.toarray())
            return float(energies[0]), kets[:, 0]
        energies, kets = lowest(total, remedy="take fewer sites")
        return float(energies[0]), kets[:, 0]


def _filled(before: OneSpin, after: OneSpin) -> csr_array:
    """Site 0 filled, as a matrix; no sign, as site 0 is the first and one for all of a half is a gauge."""
    columns = np.flatnonzero(before.strings & 1 == 0)
    rows = np.searchsorted(after.strings, before.strings[columns] | 1)
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(after.size, before.size))


def screening(exchange: float, tunnelling: float = 1.0, sizes: tuple[int, ...] = (3, 5, 7, 9)) -> Limit:
    r""":math:`\langle\mathbf S\cdot\mathbf s_0\rangle` in a lead of ever more sites, one electron on each.

    Sizes are all odd or all even, at least three. The error is large where the lead's levels are further apart than the
    singlet's binding energy: a weak exchange is screened by long leads only.

    Examples
    --------
    >>> found = screening(4.0, sizes=(3, 5, 7))
    >>> bool(-0.75 < found.value < -0.6 and found.error < 0.01)
    True
    """
    if len({checks.whole("sizes", size, low=1) % 2 for size in sizes}) > 1:
        raise InputError("sizes", "all odd, or all even", sizes)
    found = [
        float(KondoDot(sites=m, exchange=exchange, tunnelling=tunnelling).equilibrium().correlation) for m in sizes
    ]
    return extrapolated([1 / m for m in sizes], found)
