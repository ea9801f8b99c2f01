"""A dot between superconducting leads of a finite gap, level by level: how its atomic limit (PHYSICS 4.4) arises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mesodyn import checks
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix
from mesodyn.systems.lanczos import lowest
from mesodyn.systems.mean_field import dataset, spread
from mesodyn.systems.microscopic.limits import Limit, extrapolated
from mesodyn.systems.microscopic.one_spin import OneSpin

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

DENSE = 300
"""Up to this many states a sector is diagonalised as a plain matrix."""
MOST = 60_000
"""The most states of a sector with an interaction on the dot."""
GAPS = (20.0, 40.0, 80.0, 160.0)
"""The gaps that `atomic_limit` extrapolates from, in units of the largest energy of the dot."""
OBSERVED = ("crossing", "splitting", "current_even", "current_odd")


@dataclass(frozen=True, kw_only=True)
class SuperconductingDot:
    r"""One level between two leads of `levels` levels each, which keep the parity of the number.

    .. math:: H = \epsilon\,n + U n_\uparrow n_\downarrow - \tfrac12E_Z(n_\uparrow - n_\downarrow)
              + \sum_{a,k}\Big[\epsilon_k n_{ak}
              + (\Delta_g e^{i\varphi_a}c^\dagger_{ak\uparrow}c^\dagger_{ak\downarrow}
              + t_{ak}\sum_\sigma c^\dagger_{ak\sigma}d_\sigma + h.c.)\Big],\qquad \varphi_{R,L} = \pm\theta/2

    The levels are :math:`\epsilon_k = \Delta_g\tan\phi_k` with :math:`\phi_k` in the middle of K equal parts of
    :math:`(-\pi/2, \pi/2)` and :math:`t_{ak}^2 = |\Delta_a|(\epsilon_k^2 + \Delta_g^2)/K\Delta_g`: a flat wide band,
    whose self-energy K levels give with an error that falls exponentially with K. As the gap :math:`\Delta_g` grows,
    the dot becomes `parity_dot`, with an error of the order :math:`(|\Delta_L| + |\Delta_R|)/\Delta_g`.

    In :math:`(c_\uparrow, c_\downarrow^\dagger)` H conserves a number, which is the spin: the lowest state of spin 0
    is the even one, that of spin 1/2 along the field the odd one. Without U both come from one-particle levels
    (Bogoliubov and de Gennes), with U from a diagonalisation of each sector. The leads are mean fields, so the total
    number is not conserved, but its parity is; `pair_ladder` has leads that keep count.

    Parameters
    ----------
    detuning
        :math:`\xi = \epsilon + U/2`.
    delta_left, delta_right
        What the leads induce on the dot, :math:`|\Delta_L|, |\Delta_R|`, as in `parity_dot`: half of the level's
        width to each lead if that were normal. Energies of at least 0.
    charging_energy, zeeman
        U and :math:`E_Z`: energies of at least 0; the field is on the dot only.
    phase_difference
        :math:`\theta` [rad].
    gap
        :math:`\Delta_g` of both leads, above 0.
    levels
        K, at least 1. With U the sector may have `MOST` states: 4 levels.

    Raises
    ------
    InputError
        For a value out of range, or an interaction with too many levels.

    Examples
    --------
    >>> dot = SuperconductingDot(detuning=0.4, zeeman=1.3, gap=1e4, phase_difference=1.0)
    >>> round(float(dot.equilibrium().current), 3)
    0.436
    """

    detuning: Any = 0.0
    delta_left: Any = 0.5
    delta_right: Any = 0.5
    charging_energy: Any = 0.0
    zeeman: Any = 0.0
    phase_difference: Any = 0.0
    gap: Any = 100.0
    levels: int = 1

    def __post_init__(self) -> None:
        for name in ("detuning", "phase_difference"):
            checks.number(name, getattr(self, name))
        for name in ("delta_left", "delta_right", "charging_energy", "zeeman"):
            checks.number(name, getattr(self, name), low=0)
        checks.number("gap", self.gap, above=0)
        checks.whole("levels", self.levels, low=1)
        modes = 2 * (1 + 2 * self.levels)
        states = comb(modes, modes // 2)
        if states > MOST and np.any(np.asarray(self.charging_energy) > 0):
            was = Shown(f"{self.levels}, {states} states")
            raise InputError("levels", f"few enough for {MOST} states with a charging_energy", was, "take 4 or fewer")

    def values(self) -> dict[str, Any]:
        """The parameters by name that may be axes."""
        return {name: value for name, value in vars(self).items() if name != "levels"}

    def equilibrium(self) -> xarray.Dataset:
        """The lowest state of each parity, and the ground state.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy_even``, ``energy_odd``, from the energy of the leads alone (both go down
            as more levels widen the band, their difference settles); ``current_even``, ``current_odd`` in units of e
            times energy over hbar; ``energy`` and ``current`` of the lower one, and ``odd``, 1 where that is the odd
            one (where both tie, the mean is given).
        """
        grid, v = spread(self.values())
        every = dict(zip(v, np.broadcast_arrays(*v.values()), strict=True))
        shape = np.shape(every["gap"])
        found = [self._solved({name: float(value[at]) for name, value in every.items()}) for at in np.ndindex(shape)]
        even, odd = np.array(found).reshape(*shape, 2, 2).transpose(-2, *range(len(shape)), -1)
        tie = np.abs(even[..., 0] - odd[..., 0]) <= 1e-12 * np.abs(even[..., 0])
        share = np.where(tie, 0.5, odd[..., 0] < even[..., 0])
        mixed = (1 - share)[..., None] * even + share[..., None] * odd
        units = ("energy", "e energy/hbar")
        results: dict[str, tuple[Any, str]] = {"odd": (share, "1")}
        for k, name in enumerate(("energy", "current")):
            results |= {name: (mixed[..., k], units[k]), f"{name}_even": (even[..., k], units[k])}
            results[f"{name}_odd"] = (odd[..., k], units[k])
        return dataset(grid, results)

    def splitting(self) -> xarray.DataArray:
        """The energy of the odd state above the even one; without leads of finite gap, R - (U + E_Z)/2."""
        found = self.equilibrium()
        return (found.energy_odd - found.energy_even).assign_attrs(found.energy.attrs)

    def crossing(self) -> float:
        r"""The phase difference in :math:`(0, \pi)` at which the ground state changes its parity; nan if it doesn't.

        Only for parameters without axes; `phase_difference` is not looked at. Without U it is that of the atomic limit
        for any gap: there a level is at zero energy, where the leads do nothing but pair.
        """
        from scipy.optimize import brentq

        if any(np.ndim(value) for value in self.values().values()):
            raise InputError("crossing", "asked of single numbers", Shown("an axis"), "loop over its values")

        def split(theta: float) -> float:
            return float(replace(self, phase_difference=theta).splitting())

        if split(0.0) * split(np.pi) > 0:
            return float("nan")
        return float(brentq(split, 0.0, np.pi, xtol=1e-13, rtol=1e-13))

    # -- one point -----------------------------------------------------------------------------------------------------

    def _solved(self, v: dict[str, float]) -> list[tuple[float, float]]:
        """(energy, current) of the even and of the odd state."""
        one, slope, constant = self._one(v)
        half = 1 + 2 * self.levels
        found = []
        for filled in (half, half + 1):
            if v["charging_energy"] == 0:
                levels, kets = np.linalg.eigh(one)
                inside = kets[:, :filled]
                energy, current = levels[:filled].sum(), np.einsum("ia,ij,ja->", inside.conj(), slope, inside).real
            else:
                energy, current = _interacting(one, slope, v["charging_energy"], filled)
            found.append((float(energy + constant), 2 * float(current)))
        return found

    def _one(self, v: dict[str, float]) -> tuple[Matrix, Matrix, float]:
        """The one-particle matrix in (up, holes of down), its derivative by the phase, and the constant beside it."""
        parts = np.pi * ((np.arange(self.levels) + 0.5) / self.levels - 0.5)
        gap, level = v["gap"], v["gap"] * np.tan(parts)
        width = 1 + 2 * self.levels
        kinetic = np.zeros((width, width))
        pairing, turned = np.zeros((width, width), complex), np.zeros((width, width), complex)
        for side, (sign, induced) in enumerate(((-1, v["delta_left"]), (1, v["delta_right"]))):
            at = 1 + side * self.levels + np.arange(self.levels)
            kinetic[at, at] = level
            kinetic[0, at] = kinetic[at, 0] = np.sqrt(induced * (level**2 + gap**2) / (self.levels * gap))
            pairing[at, at] = gap * np.exp(0.5j * sign * v["phase_difference"])
            turned[at, at] = 0.5j * sign * pairing[at, at]
        energy = v["detuning"] - v["charging_energy"] / 2
        kinetic[0, 0] = energy
        zeeman = np.zeros((width, width))
        zeeman[0, 0] = v["zeeman"] / 2
        one = np.block([[kinetic - zeeman, pairing], [pairing.conj().T, -(kinetic + zeeman)]])
        nothing = np.zeros_like(turned)
        slope = np.block([[nothing, turned], [turned.conj().T, nothing]])
        alone = -2 * np.sqrt(level**2 + gap**2).sum()  # two leads; their sum of levels vanishes
        return one, slope, energy + v["zeeman"] / 2 - alone


def _interacting(one: Matrix, slope: Matrix, repulsion: float, filled: int) -> tuple[float, float]:
    """The lowest energy of some filled modes and the mean of `slope`, with U n_up (1 - n_hole) on the dot."""
    states = _modes(len(one), filled)
    up, hole = states.occupied[0], states.occupied[len(one) // 2]
    total = _lifted(one, states)
    total.setdiag(total.diagonal() + repulsion * up * (1 - hole))
    if states.size <= DENSE:
        energies, kets = np.linalg.eigh(total.toarray())
        energy, ket = energies[0], kets[:, 0]
    else:
        energies, kets = lowest(total, remedy="take fewer levels")
        energy, ket = energies[0], kets[:, 0]
    return float(energy), float((ket.conj() @ (_lifted(slope, states) @ ket)).real)


@lru_cache(maxsize=16)
def _modes(modes: int, filled: int) -> OneSpin:
    return OneSpin(modes, filled)


def _lifted(matrix: Matrix, states: OneSpin) -> csr_array:
    """A Hermitian one-particle matrix on states of many."""
    every = np.arange(states.size)
    parts: list[tuple[Any, Any, Any]] = [(every, every, np.diag(matrix).real @ states.occupied + 0j)]
    for target, source in np.argwhere(np.triu(matrix, 1)):
        rows, columns, signs = states.hop(int(source), int(target))
        parts += [(rows, columns, matrix[target, source] * signs), (columns, rows, matrix[source, target] * signs)]
    rows, columns, values = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return csr_array((values, (rows, columns)), shape=(states.size,) * 2)


def atomic_limit(dot: SuperconductingDot, of: str = "crossing", gaps: Sequence[float] = GAPS) -> Limit:
    r"""A number of the dot as the gap of its leads grows without end: what `parity_dot` has.

    Parameters
    ----------
    dot
        Parameters without axes; its own `gap` is not looked at.
    of
        ``"crossing"``, ``"splitting"``, ``"current_even"`` or ``"current_odd"``.
    gaps
        At least three, growing, in units of the dot's largest energy.

    Returns
    -------
    Limit
        Extrapolated in powers of 1/gap.

    Examples
    --------
    >>> dot = SuperconductingDot(detuning=0.4, zeeman=1.3, phase_difference=1.0)
    >>> found = atomic_limit(dot, "current_even")
    >>> bool(abs(found.value - 0.43624693170698914) < found.error < 1e-4)
    True
    """
    checks.choice("of", of, OBSERVED)
    unit = max(
        abs(float(getattr(dot, name)))
        for name in ("detuning", "delta_left", "delta_right", "charging_energy", "zeeman")
    )
    found = []
    for ratio in gaps:
        one = replace(dot, gap=checks.number("gaps", ratio, above=0) * unit)
        if of == "crossing":
            found.append(one.crossing())
        else:
            found.append(float(one.splitting()) if of == "splitting" else float(one.equilibrium()[of]))
    if np.isnan(found).any():
        raise InputError("of", "something that the dot has", of, "its ground state does not change its parity")
    return extrapolated([1 / ratio for ratio in gaps], found)
