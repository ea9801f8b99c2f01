"""A small superconducting grain with a fixed number of electrons: E(N) of the reduced BCS model, exact for every N."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown
from mesodyn.systems.microscopic import pairing
from mesodyn.systems.microscopic.limits import Limit, extrapolated
from mesodyn.systems.staircase import Staircase

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

METHODS = ("auto", "lanczos", "richardson")
SMALL = 5_000
"""Up to this many states ``"auto"`` diagonalises; above it solves Richardson's equations."""
SIZES = (16, 32, 64, 128)
"""The numbers of levels that `bulk_limit` extrapolates from."""


@dataclass(frozen=True, kw_only=True)
class PairedGrain:
    r"""Electrons on doubly degenerate levels that attract each other as pairs: a superconducting grain of fixed N.

    .. math:: H = \sum_{j\sigma}\epsilon_j c^\dagger_{j\sigma}c_{j\sigma} - \lambda\sum_{ij}P_i^\dagger P_j,\qquad
              P_j = c_{j\downarrow}c_{j\uparrow}

    The sum holds i = j, so a pair alone on its level gains :math:`\lambda`; others write :math:`\lambda = g/2`
    (Lecture Notes in Physics 936, ch. 10) or call :math:`\lambda` the level spacing times a number (von Delft and
    Ralph, Phys. Rep. 345, 61). There is no order parameter here: :math:`\langle c\,c\rangle = 0` for every N.

    A level with one electron is blocked: no pair enters or leaves it. The ground state of an odd N has one blocked
    level, the one that costs least. Nothing evolves: N is conserved, so this is no `System`; its E(N) feeds a
    `Staircase`, which says where states (2) and (3) may exist.

    Parameters
    ----------
    levels
        :math:`\epsilon_j`: a list of numbers in any order, two electrons to each. Equal ones need ``"lanczos"``.
    coupling
        :math:`\lambda`: attraction above 0, repulsion below; a number or labelled axis.
    method
        ``"lanczos"``: in the space of all ways to place the pairs, up to `pairing.MEMORY` bytes. ``"richardson"``:
        Richardson's equations, for hundreds of levels. ``"auto"``: the first up to `SMALL` states or where levels are
        equal. Either checks the other.

    Raises
    ------
    InputError
        For no list of finite numbers, an unknown method, equal levels with ``"richardson"``, or too many states for
        ``"lanczos"``.

    Examples
    --------
    >>> from mesodyn.systems.microscopic.richardson import PairedGrain
    >>> grain = PairedGrain(levels=[0, 1, 2, 3], coupling=0.5)
    >>> round(grain.energy(4), 9)
    0.635548474
    >>> round(PairedGrain.picket_fence(8, coupling=0.5).parity_effect().item(), 6)
    0.793766
    """

    levels: Any
    coupling: Any = 0.0
    method: str = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.levels, Sequence | np.ndarray) or isinstance(self.levels, str) or not len(self.levels):
            raise InputError("levels", "a list of numbers", self.levels)
        for level in self.levels:
            if np.ndim(checks.number("levels", level)):
                raise InputError("levels", "a list of numbers", Shown("an axis among them"))
        object.__setattr__(self, "levels", tuple(sorted(float(level) for level in self.levels)))
        checks.number("coupling", self.coupling)
        checks.choice("method", self.method, METHODS)
        if self.method == "richardson" and np.any(np.diff(self.levels) == 0):
            raise InputError("levels", "all different for method='richardson'", Shown("two equal"))

    @classmethod
    def picket_fence(
        cls, count: int, *, spacing: float = 1.0, coupling: Any = 0.0, method: str = "auto"
    ) -> PairedGrain:
        """Levels at 1, 2, ..., `count` spacings.

        Examples
        --------
        >>> PairedGrain.picket_fence(3, spacing=0.5).levels
        (0.5, 1.0, 1.5)
        """
        checks.whole("count", count, low=1)
        checks.number("spacing", spacing, above=0)
        return cls(levels=[spacing * k for k in range(1, count + 1)], coupling=coupling, method=method)

    @property
    def most(self) -> int:
        """How many electrons there is room for."""
        return 2 * len(self.levels)

    @cached_property
    def spacing(self) -> float:
        """The smallest spacing of the levels; inf for one level."""
        return float(np.diff(self.levels).min(initial=np.inf))

    # -- energies ----------------------------------------------------------------------------------------------------

    def solver(self, number: int) -> str:
        """Which method N electrons are solved by."""
        if self.method != "auto":
            return self.method
        states = pairing.size(len(self.levels) - number % 2, number // 2)
        return "lanczos" if states <= SMALL or self.spacing == 0 else "richardson"

    def ground(self, number: int, blocked: int | None = None) -> pairing.Pairs:
        """The ground state of N electrons, for a coupling without axes.

        Parameters
        ----------
        number
            N, from 0 to 2 for each level.
        blocked
            For an odd N: which level (from 0, ascending) the lone electron is on. The least costly, all tried, unless
            given.

        Returns
        -------
        pairing.Pairs
            ``energy``; ``occupations``, how often each level holds a pair (a blocked one: half); ``residual``.

        Examples
        --------
        >>> PairedGrain.picket_fence(4, coupling=0.0).ground(3).occupations.tolist()
        [1.0, 0.5, 0.0, 0.0]
        """
        checks.whole("number", number, high=self.most)
        if (number, blocked) not in self._known:
            self._known[number, blocked] = self._solved(number, blocked)
        return self._known[number, blocked]

    @cached_property
    def _known(self) -> dict[tuple[int, int | None], pairing.Pairs]:
        """What was solved already."""
        return {}

    def _solved(self, number: int, blocked: int | None) -> pairing.Pairs:
        strength = self._strength()
        if number % 2 == 0:
            if blocked is not None:
                raise InputError("blocked", "left out for an even number", blocked)
            return self._pairs(np.array(self.levels), strength, number)
        tried = (
            range(len(self.levels))
            if blocked is None
            else [checks.whole("blocked", blocked, high=len(self.levels) - 1)]
        )
        return min((self._odd(number, strength, k) for k in tried), key=lambda found: found.energy)

    def _odd(self, number: int, strength: float, blocked: int) -> pairing.Pairs:
        found = self._pairs(np.delete(self.levels, blocked), strength, number)
        return pairing.Pairs(
            found.energy + self.levels[blocked], np.insert(found.occupations, blocked, 0.5), found.residual
        )

    def _pairs(self, levels: Array, strength: float, number: int) -> pairing.Pairs:
        if not len(levels):
            return pairing.Pairs(0.0, np.zeros(0), 0.0)
        solve = pairing.lanczos if self.solver(number) == "lanczos" else pairing.richardson
        return solve(levels, strength, number // 2)

    def energy(self, number: int, blocked: int | None = None) -> float:
        """E(N); see `ground`."""
        return self.ground(number, blocked).energy

    def energies(self, low: int = 0, high: int | None = None, blocked: int | None = None) -> xarray.DataArray:
        """E(N) for all N from `low` to `high` (all there is room for), over ``number`` and the coupling's dims.

        `blocked` is the level of the lone electron of odd N, as in `ground`.
        """
        import xarray

        last = self.most if high is None else high
        checks.whole("low", low, high=self.most - 1)
        numbers = np.arange(low, checks.whole("high", last, low=low + 1, high=self.most) + 1)
        grid = axes.broadcast_axes({"coupling": self.coupling})
        found = [[one.energy(int(n), blocked if n % 2 else None) for n in numbers] for one in self._points(grid)]
        return xarray.DataArray(
            axes.unflatten(np.array(found), grid), {**grid, "number": numbers}, (*grid, "number"), "energy"
        ).transpose("number", ...)

    def _points(self, grid: Any) -> list[PairedGrain]:
        if not grid:
            return [self]
        couplings = axes.flatten(self.coupling, grid)
        return [PairedGrain(levels=self.levels, coupling=float(one), method=self.method) for one in couplings]

    def _strength(self) -> float:
        if np.ndim(self.coupling):
            raise InputError("coupling", "a single number here", Shown("an axis"), "use .energies() for axes")
        return float(self.coupling)

    def parity_effect(self, number: int | None = None, blocked: int | None = None) -> xarray.DataArray:
        r"""What an odd electron costs: :math:`\Delta_P = E(N+1) - \tfrac12[E(N) + E(N+2)]`.

        :math:`\lambda/2` for a weak coupling; the gap, less half a level spacing, for a strong one.

        Parameters
        ----------
        number
            N, even; half filling unless given.
        blocked
            As in `ground`.

        Returns
        -------
        xarray.DataArray
            Over the coupling's dims.
        """
        half = len(self.levels) // 2 * 2
        n = checks.whole("number", min(half, self.most - 2) if number is None else number, high=self.most - 2)
        if n % 2:
            raise InputError("number", "even", n)
        found = self.energies(n, n + 2, blocked).values
        return axes_like(found[1] - 0.5 * (found[0] + found[2]), axes.broadcast_axes({"coupling": self.coupling}))

    # -- the staircase -------------------------------------------------------------------------------------------------

    def staircase(
        self,
        *,
        charging_energy: float = 0.0,
        offset: float = 0.0,
        low: int = 0,
        high: int | None = None,
        **options: Any,
    ) -> Staircase:
        r"""The steps of N in a chemical potential, of :math:`E(N) + \tfrac12E_c(N - N_0)^2`.

        Its ``transitions()`` are steps of one, where state (2) may exist, or of two, state (3): those where the odd
        plateau is gone.

        Parameters
        ----------
        charging_energy, offset
            :math:`E_c \ge 0` and :math:`N_0`.
        low, high
            The numbers whose energies are worked out; all there is room for unless given.
        options
            Further parameters of `Staircase`: ``chemical_potential``, ``temperature``. The smallest spacing is its
            ``level_spacing``: excited states are left out, so kT has to stay far below.

        Raises
        ------
        InputError
            For an axis in the coupling, or energies without an order of plateaus.

        Examples
        --------
        >>> grain = PairedGrain.picket_fence(4, coupling=0.5)
        >>> [(a, b) for a, b, _ in grain.staircase().transitions()]
        [(0, 2), (2, 4), (4, 6), (6, 8)]
        >>> [(a, b) for a, b, _ in grain.staircase(charging_energy=3.0).transitions(2, 6)]
        [(2, 3), (3, 4), (4, 5), (5, 6)]
        """
        checks.number("charging_energy", charging_energy, low=0)
        checks.number("offset", offset)
        self._strength()
        found = self.energies(low, high)
        total = found.values + 0.5 * charging_energy * (found.number.values - offset) ** 2
        spacing = self.spacing if 0 < self.spacing < np.inf else None
        return Staircase(energies=total.tolist(), first=low, level_spacing=spacing, **options)

    def plateaus(self, *, charging_energy: float = 0.0, low: int = 0, high: int | None = None) -> xarray.Dataset:
        r"""Which numbers have a plateau, how wide it is, and which state its upper step may hold.

        Returns
        -------
        xarray.Dataset
            Over ``number``, its first and last left out: ``width`` of the plateau, 0 where it is gone; ``step``, 1
            where the step at its upper end is to N + 1, state (2), 2 for N + 2, state (3), 0 for no plateau; and
            ``needed``, the charging energy at which a plateau of this N appears, :math:`2E(N) - E(N+1) - E(N-1)`, or 0:
            for an odd N twice the parity effect.

        Examples
        --------
        >>> found = PairedGrain.picket_fence(4, coupling=0.5).plateaus()
        >>> found.step.values.tolist()
        [0, 2, 0, 2, 0, 2, 0]
        """
        import xarray

        stairs = self.staircase(charging_energy=charging_energy, low=low, high=high)
        bare = self.energies(low, high).values
        steps = stairs.transitions()
        ends = {a: (mu, b - a) for a, b, mu in steps}
        starts = {b: mu for _, b, mu in steps}
        numbers = stairs.window()[1:-1]
        width = [ends[n][0] - starts[n] if n in ends else 0.0 for n in numbers.tolist()]
        kind = [ends[n][1] if n in ends else 0 for n in numbers.tolist()]
        needed = np.maximum(2 * bare[1:-1] - bare[2:] - bare[:-2], 0.0)
        return xarray.Dataset(
            {"width": ("number", width), "step": ("number", kind), "needed": ("number", needed)}, {"number": numbers}
        )

    def hamiltonian(self, pairs: int) -> qutip.Qobj:
        """H of some pairs on all levels, none blocked, as a sparse `Qobj`: bit strings of pairs, ascending."""
        checks.whole("pairs", pairs, high=len(self.levels))
        found = pairing.matrix(np.array(self.levels), self._strength(), pairs)
        return qutip.Qobj(csr_matrix(found.astype(complex)))


def axes_like(values: Array, grid: Any) -> xarray.DataArray:
    """Values in the shape of a grid as a labelled array."""
    import xarray

    return xarray.DataArray(values, dict(grid), tuple(grid))


def bulk_gap(ratio: Any, bandwidth: float = 1.0) -> Any:
    r"""The gap of many levels in a band at half filling: :math:`\Delta = \tfrac12W/\sinh(d/\lambda)` for spacing d.

    Parameters
    ----------
    ratio
        :math:`\lambda/d > 0`, the dimensionless coupling.
    bandwidth
        W.
    """
    checks.number("ratio", ratio, above=0)
    checks.number("bandwidth", bandwidth, above=0)
    return 0.5 * bandwidth / np.sinh(1 / ratio)


def bulk_limit(ratio: float, *, bandwidth: float = 1.0, sizes: Sequence[int] = SIZES) -> Limit:
    """The parity effect of ever more levels in one band, at the same coupling in level spacings: it becomes `bulk_gap`.

    Parameters
    ----------
    ratio, bandwidth
        As in `bulk_gap`. The smallest size has to have a spacing below the gap, or the error is large.
    sizes
        Even numbers of levels, growing, at least three.

    Returns
    -------
    Limit
        Extrapolated in powers of 1/size.

    Examples
    --------
    >>> found = bulk_limit(0.7, sizes=(16, 32, 64))
    >>> bool(abs(found.value - bulk_gap(0.7)) < found.error < 0.01)
    True
    """
    checks.number("ratio", ratio, above=0)
    checks.number("bandwidth", bandwidth, above=0)
    for size in sizes:
        if checks.whole("sizes", size, low=2) % 2:
            raise InputError("sizes", "even numbers", size)
    found = []
    for size in sizes:
        spacing = bandwidth / size
        grain = PairedGrain.picket_fence(size, spacing=spacing, coupling=ratio * spacing)
        found.append(grain.parity_effect(blocked=size // 2).item())  # by symmetry the level above the filled half
    return extrapolated([1 / size for size in sizes], found)
