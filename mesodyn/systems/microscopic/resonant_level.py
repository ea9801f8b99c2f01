"""A level on a lead of free fermions, exactly, for any number of lead levels (PHYSICS 4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix
from mesodyn.systems.microscopic.filling import Filled, filled
from mesodyn.systems.microscopic.lead import Lead

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

BLOCK = 4_000_000
"""Elements of one-particle matrices that are diagonalised at a time."""
MEMORY = 4e9
"""Bytes of a result above which it is refused."""


@dataclass(frozen=True, kw_only=True)
class ResonantLevel:
    r"""Free fermions on a dot and the levels of a lead; no mean field, no limit.

    .. math:: H = 2\xi\,d^\dagger d + \sum_k\varepsilon_k c_k^\dagger c_k + \sum_k(t_k c_k^\dagger d + h.c.)

    Everything follows from the one-particle matrix: its levels :math:`E_\lambda` are filled, and the correlation matrix
    :math:`\langle a_i^\dagger a_j\rangle` (dot first) holds all there is to measure. Energies count from the empty dot
    beside the filled sea of the lead, :math:`\sum_{\varepsilon<0}\varepsilon`.

    Parameters
    ----------
    detuning
        :math:`\xi`, half the energy of the dot's level: a number or an axis.
    lead
        A `Lead`, star or chain.
    temperature
        k_B T, at least 0: a number or an axis.
    number
        The total number of fermions, from 0 to L + 1; None for as many as cost least at the chemical potential 0.

    Raises
    ------
    InputError
        For a value out of range.

    Notes
    -----
    Without interaction: a dot that holds two electrons is `InteractingDot`. A finite lead is no wide band: see
    `mesodyn.systems.microscopic.wide_band`.

    Examples
    --------
    The published case: twenty levels outside a gap, weakly linked. Both parities gain twice what the mean field does.

    >>> import numpy as np
    >>> above = np.linspace(1, 2, 10)
    >>> dot = ResonantLevel(lead=Lead([*-above, *above], [0.02] * 20))
    >>> [round(float(energy), 12) for energy in dot.sector_energies()[10:12]]
    [-0.002795301193, -0.002795301193]
    >>> round(dot.lead.stiffness, 12)
    0.002798103367
    """

    detuning: Any = 0.0
    lead: Lead = field(default_factory=lambda: Lead((0.0,), (1.0,)))
    temperature: Any = 0.0
    number: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "detuning", checks.number("detuning", self.detuning))
        object.__setattr__(self, "temperature", checks.number("temperature", self.temperature, low=0))
        if not isinstance(self.lead, Lead):
            raise InputError("lead", "a Lead", self.lead, "make one with Lead.flat_band or Lead.gapped")
        if self.number is not None:
            checks.whole("number", self.number, high=self.lead.size + 1)

    # -- levels -----------------------------------------------------------------------------------------------------

    def _grid(self) -> dict[str, xarray.DataArray]:
        return axes.broadcast_axes({"detuning": self.detuning, "temperature": self.temperature})

    def levels(self) -> tuple[Array, Matrix]:
        r"""One-particle energies :math:`E_\lambda` (..., L + 1), ascending, and states (..., L + 1, L + 1) in columns.

        The leading dims are those of `detuning`.
        """
        return _levels(self.lead, np.asarray(self.detuning, float))

    def sector_energies(self) -> Array:
        """The ground energies E(N) of every total N = 0 ... L + 1: (..., L + 2)."""
        energies = _energies(self.lead, np.asarray(self.detuning, float))
        start = np.zeros((*energies.shape[:-1], 1))
        return np.concatenate([start, np.cumsum(energies, axis=-1)], axis=-1) - self.lead.sea

    def parity_energies(self) -> Array:
        """The lowest energies with an even and with an odd total number: (..., 2)."""
        found = self.sector_energies()
        return np.stack([found[..., 0::2].min(axis=-1), found[..., 1::2].min(axis=-1)], axis=-1)

    # -- equilibrium ------------------------------------------------------------------------------------------------

    def equilibrium(self) -> xarray.Dataset:
        r"""Thermal equilibrium; at temperature 0 the ground state, degenerate levels shared evenly.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy`` and ``free_energy`` (without a fixed number the grand potential at
            chemical potential 0), ``n_mean`` of the dot, ``total_number``; and with the dim ``lead_level``
            ``correlation``, :math:`\langle d^\dagger c_k\rangle`, complex if a coupling is.

        Raises
        ------
        InputError
            When the result would take more than 4 GB.
        """
        import xarray

        grid = self._grid()
        xi, cold = (axes.flatten(value, grid) for value in (self.detuning, self.temperature))
        if 16.0 * xi.size * self.lead.size > MEMORY:
            was = Shown(f"{xi.size} points with {self.lead.size} levels")
            raise InputError("detuning and temperature", "fewer points for so many levels", was, "use `filling`")
        found, rows = filling(self.lead, xi, cold, self.number, rows=True)
        names = ("energy", "free_energy", "n_mean", "total_number")
        kinds = ("energy", "energy", "1", "1")
        parts = (found.energy, found.free_energy, found.weight, found.total)
        variables: dict[str, Any] = {
            name: (tuple(grid), axes.unflatten(part, grid), {"units": kind})
            for name, part, kind in zip(names, parts, kinds, strict=True)
        }
        variables["correlation"] = ((*grid, "lead_level"), axes.unflatten(rows[:, 1:], grid), {"units": "1"})
        return xarray.Dataset(variables, dict(grid) | {"lead_level": np.arange(self.lead.size)})

    def correlation(self) -> Matrix:
        r"""The correlation matrix :math:`\langle a_i^\dagger a_j\rangle`, dot first: (points, L + 1, L + 1).

        Its eigenvalues are occupations: none is above 1, so no fermion field is ever macroscopic.
        """
        grid = self._grid()
        xi, cold = (axes.flatten(value, grid) for value in (self.detuning, self.temperature))
        energies, states = _levels(self.lead, xi)
        occupied = filled(energies, cold, self.number).occupation
        return np.asarray((states.conj() * occupied[:, None, :]) @ states.swapaxes(-1, -2))

    # -- in time ----------------------------------------------------------------------------------------------------

    def apart(self, *, dot: float = 0.0) -> Matrix:
        """The correlation matrix (L + 1, L + 1) of a dot that was never linked, beside the lead in equilibrium.

        `dot` is the number on it, 0 to 1; the lead has the temperature and, with the dot, the total number given.
        """
        checks.number("dot", dot, low=0, high=1)
        cold = np.asarray(self.temperature, float).reshape(-1)[:1]
        energies, states = np.linalg.eigh(self.lead.matrix)
        left = None if self.number is None else self.number - round(dot)
        occupied = filled(energies[None], cold, left).occupation[0]
        total = np.zeros((self.lead.size + 1,) * 2, self.lead.vector.dtype)
        total[0, 0] = dot
        total[1:, 1:] = (states.conj() * occupied) @ states.T
        return total

    def evolve(self, times: Any, start: Matrix) -> Matrix:
        r"""The correlation matrices (points, times, L + 1, L + 1) after the link is switched on at time 0, exactly.

        :math:`\langle a_i^\dagger a_j\rangle(t) = [U^*C\,U^T]_{ij}` with :math:`U = e^{-iht/\hbar}`.

        Parameters
        ----------
        times
            (times,), in units of hbar over the energy.
        start
            The correlation matrix at time 0; see `apart`.
        """
        moments = np.asarray(times, float)
        energies, states = _levels(self.lead, np.atleast_1d(np.asarray(self.detuning, float)))
        size = 16.0 * energies.size * moments.size * (self.lead.size + 1)
        if size > MEMORY:
            raise InputError(
                "times", f"few enough for {MEMORY / 1e9:g} GB", Shown(f"{size / 1e9:.3g} GB"), "take fewer"
            )
        inside = states.swapaxes(-1, -2) @ start @ states.conj()
        phase = np.exp(1j * energies[:, None, :] * moments[:, None])
        turned = inside[:, None] * phase[..., :, None] * phase.conj()[..., None, :]
        outer = states[:, None]
        return np.asarray(outer.conj() @ turned @ outer.swapaxes(-1, -2))


def filling(
    lead: Lead, detuning: Any, temperature: Any, number: int | None = None, *, rows: bool = False
) -> tuple[Filled, Matrix]:
    """Dot number, energies and total of a dot on a lead for arrays of one shape (points,).

    Each detuning is diagonalised once. With `rows` the second result is ``<d† a_j>``, (points, L + 1).
    """
    xi, cold = np.broadcast_arrays(np.atleast_1d(np.asarray(detuning, float)), np.asarray(temperature, float))
    different, which = np.unique(xi, return_inverse=True)
    step = max(1, BLOCK // (lead.size + 1) ** 2)
    parts: list[Filled] = []
    order: list[NDArray[np.int64]] = []
    lines: list[Any] = []
    for begin in range(0, different.size, step):
        energies, states = _levels(lead, different[begin : begin + step])
        here = np.flatnonzero((which >= begin) & (which < begin + step))
        at = which[here] - begin
        found = filled(energies[at], cold[here], number)
        weights = found.occupation * np.abs(states[at, 0]) ** 2
        parts.append(
            found._replace(
                weight=weights.sum(axis=1), energy=found.energy - lead.sea, free_energy=found.free_energy - lead.sea
            )
        )
        order.append(here)
        if rows:
            lines.append(np.einsum("pk,pk,pjk->pj", states[at, 0].conj(), found.occupation, states[at]))
    back = np.argsort(np.concatenate(order), kind="stable")
    whole = Filled(*(np.concatenate(part)[back] for part in zip(*parts, strict=True)))
    return whole, np.concatenate(lines)[back] if rows else np.zeros((xi.size, 0), complex)


def _levels(lead: Lead, detuning: Array) -> tuple[Array, Matrix]:
    energies, states = np.linalg.eigh(lead.with_dot(detuning))
    return np.asarray(energies, float), states


def _energies(lead: Lead, detuning: Array) -> Array:
    return np.asarray(np.linalg.eigvalsh(lead.with_dot(detuning)), float)
