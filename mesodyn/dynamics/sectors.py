"""A state taken apart by its total number, each part evolved by itself: the twirl theorem at work (PHYSICS 3a)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mesodyn import axes
from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Protocol
from mesodyn.errors import InputError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import System, Values, flat_values

if TYPE_CHECKING:
    import xarray

S = TypeVar("S", bound=System)
Kept = NDArray[np.int64]


def projected(totals: NDArray[np.int64], kept: Kept, state: Matrix, total: int) -> tuple[Kept, Matrix, Any]:
    """Density matrices (or kets) on the basis states `kept`, projected on a total number and normalised.

    Parameters
    ----------
    totals
        Of all basis states of the space.
    kept, state, total
        As `System.prepare` returns them, and the number.

    Returns
    -------
    tuple
        The basis states of that total among `kept`, the states on them, and the weight that each had (points,). Where
        that is 0, the state is any of that total.
    """
    inside = totals[kept] == total
    if not inside.any():
        raise InputError("sector", "a total number that the account's state has", total)
    cut = state[:, inside] if state.ndim == 2 else state[:, inside][:, :, inside]
    square = cut if state.ndim == 3 else cut[:, :, None] * cut[:, None, :].conj()
    share = np.einsum("pii->p", square).real
    found = cut / (share if state.ndim == 3 else np.sqrt(share)).reshape(-1, *(1,) * (cut.ndim - 1)).clip(1e-300)
    if np.any(share == 0):
        found[share == 0] = 0
        found[(share == 0, *(0,) * (cut.ndim - 1))] = 1
    return kept[inside], found, share


def in_sector(system: S, total: int) -> S:
    """The same system, whose initial states are projected on a total number of particles."""
    found = copy.copy(system)

    def prepare(account: str, initial: str, values: Values) -> tuple[Kept, Matrix]:
        kept, state, _ = projected(system.space.totals, *system.prepare(account, initial, values), total)
        return kept, state

    object.__setattr__(found, "prepare", prepare)
    return found


def shares(system: System, account: str = "superposition", initial: str = "ground") -> xarray.DataArray:
    r"""How the total number is distributed at the start: :math:`P(N_{tot})`.

    Parameters
    ----------
    system, account, initial
        As of `evolve`.

    Returns
    -------
    xarray.DataArray
        Over ``total`` and the parameters' axes; it adds up to 1.

    Examples
    --------
    >>> import mesodyn as md
    >>> found = shares(md.TrapPair(weight=0.3))
    >>> dict(zip(found.total.values.tolist(), found.values.round(12).tolist()))
    {0: 0.49, 1: 0.42, 2: 0.09}
    """
    import xarray

    grid = axes.broadcast_axes(system.values())
    kept, state = system.prepare(account, initial, flat_values(system, grid))
    known = sorted(set(system.space.totals[kept].tolist()))
    each = {total: projected(system.space.totals, kept, state, total)[2] for total in known}
    points = int(np.prod([values.size for values in grid.values()], dtype=int))
    found = {total: np.broadcast_to(share, points) for total, share in each.items() if np.any(share > 0)}
    rows = [axes.unflatten(share, grid) for share in found.values()]
    return xarray.DataArray(np.stack(rows), {"total": list(found), **grid}, ("total", *grid))


def evolve_in_sectors(
    system: System, protocol: Protocol, *, total: int | None = None, account: str = "superposition", **options: Any
) -> xarray.Dataset:
    r"""Project the start on each total number, evolve each part by itself, and add them up with their weights.

    .. math:: \rho \to \sum_N P(N)\,\mathcal{E}(\rho_N), \qquad P(N)\,\rho_N = P_N\rho P_N

    This has no coherence between different totals at any time. By the twirl theorem (PHYSICS 3a) whatever conserves the
    total number is the same as in the state itself, also with loss, which is phase-covariant.

    Parameters
    ----------
    system, protocol, account
        As of `evolve`.
    total
        One total number: that part alone, normalised, as after a post-selection.
    **options
        As of `evolve`; ``initial`` as text.

    Returns
    -------
    xarray.Dataset
        As `evolve` does.

    Raises
    ------
    InputError
        When the account has no part with `total`.

    Examples
    --------
    >>> import mesodyn as md
    >>> pair = md.TrapPair(weight=0.3)
    >>> turn = md.Protocol(md.Disconnect(), md.Rotate(duration=20.0, turns=1), md.Connect())
    >>> whole, parts = md.evolve(pair, turn, account="superposition"), evolve_in_sectors(pair, turn)
    >>> bool(abs(whole.energy - parts.energy).max() < 1e-12)
    True
    """
    if total is not None:
        return evolve(in_sector(system, total), protocol, account=account, **options)
    weights = shares(system, account, options.get("initial", "ground"))
    numbers = [int(n) for n in weights.total]
    found = [evolve(in_sector(system, n), protocol, account=account, **options) for n in numbers]
    return summed(found, [weights.sel(total=n, drop=True) for n in numbers])


def summed(records: Sequence[xarray.Dataset], weights: Sequence[Any]) -> xarray.Dataset:
    """Records of the same moments, added up with weights."""
    first = records[0]
    known = [record.row.values.tolist() for record in records if "row" in record.coords]
    labels = list(dict.fromkeys(label for each in known for label in each))
    variables: dict[str, Any] = {}
    for name, variable in first.data_vars.items():
        every = [record[name] for record in records]
        if name == "time":
            variables[str(name)] = variable
        elif name == "error":
            variables[str(name)] = np.maximum.reduce(every)
        else:
            if name == "state":
                every = [_density(one).reindex(row=labels, column=labels, fill_value=0) for one in every]
            parts = [weight * one for weight, one in zip(weights, every, strict=True)]
            total = sum(parts[1:], start=parts[0])
            variables[str(name)] = total.transpose(*variable.dims, ...).assign_attrs(variable.attrs)
    found = first.drop_vars([*first.data_vars, *({"row", "column"} & set(first.coords))]).assign(variables)
    return found.assign_attrs(first.attrs, method=f"by sectors of the total number: {first.attrs['method']}")


def _density(state: xarray.DataArray) -> xarray.DataArray:
    """Density matrices, of kets as well."""
    return state if "column" in state.dims else state * state.rename(row="column").conj()
