"""What else turns its moment with the field: the nulls of the magnetisation experiment (DEFINITIONS 6.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import qutip

from mesodyn import axes, checks
from mesodyn.errors import InputError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import boltzmann
from mesodyn.systems.kramers_dot import labelled, tensor
from mesodyn.systems.sphere import Array

if TYPE_CHECKING:
    import xarray

_UNIT = {"magnetization": "energy/field"}


def isolated_doublet(*, moment: Any = 1.0, field: Any, temperature: Any = 0.0) -> xarray.DataArray:
    r"""The magnetisation of a doublet without leads: :math:`\mu_B\tanh(\mu_B B/kT)`, along the field.

    Parameters
    ----------
    moment
        :math:`\mu_B > 0`.
    field
        Three numbers or labelled axes, or an array whose last dim is ``component``.
    temperature
        kT >= 0.

    Returns
    -------
    xarray.DataArray
        Over the parameters' dims and ``component``; 0 where the field is.

    Raises
    ------
    InputError
        For a value out of range or a field of another shape.

    Examples
    --------
    >>> isolated_doublet(moment=2.0, field=(0, 0, 3.0), temperature=6.0).values.round(6).tolist()
    [0.0, 0.0, 1.523188]
    """
    checks.number("moment", moment, above=0)
    checks.number("temperature", temperature, low=0)
    grid, (magneton, vector, cold) = _points(moment=moment, field=tensor("field", field, 1), temperature=temperature)
    size = np.sqrt((vector**2).sum(axis=1))
    frozen = cold <= 0
    ratio = np.where(frozen, np.inf, magneton * size / np.where(frozen, 1.0, cold))
    length = np.where(size > 0, magneton * np.tanh(ratio), 0.0)
    return _magnetization(length[:, None] * vector / np.where(size > 0, size, 1.0)[:, None], grid)


def anisotropic_doublet(*, g: Any, moment: Any = 1.0, field: Any, temperature: Any = 0.0) -> xarray.DataArray:
    r"""The magnetisation of a doublet with a g tensor, :math:`H = \tfrac12\mu_B\,\sigma\cdot gB`.

    .. math:: \mathbf M = \tfrac12\mu_B\,\frac{g^{T}g\mathbf B}{|g\mathbf B|}\tanh\frac{\mu_B|g\mathbf B|}{2kT}

    Its direction doesn't depend on the size of the field: nothing turns as the field grows.

    Parameters
    ----------
    g
        Three times three numbers or labelled axes, or an array whose last dims are ``component``, ``component_2``. It
        need not be symmetric.
    moment, field, temperature
        As in `isolated_doublet`.

    Returns
    -------
    xarray.DataArray
        Over the parameters' dims and ``component``; 0 where gB is.

    Examples
    --------
    >>> anisotropic_doublet(g=((1, 0, 0), (0, 2, 0), (0, 0, 2)), field=(3.0, 0, 3.0)).values.round(6).tolist()
    [0.223607, 0.0, 0.894427]
    """
    checks.number("moment", moment, above=0)
    checks.number("temperature", temperature, low=0)
    given = {"moment": moment, "g": tensor("g", g, 2), "field": tensor("field", field, 1), "temperature": temperature}
    grid, (magneton, matrix, vector, cold) = _points(**given)
    seen = np.einsum("pik,pk->pi", matrix, vector)
    size = np.sqrt((seen**2).sum(axis=1))
    turned = np.einsum("pik,pi->pk", matrix, seen)
    order = np.where(cold > 0, np.tanh(0.5 * magneton * size / np.where(cold > 0, cold, 1.0)), 1.0)
    return _magnetization((0.5 * magneton * order / np.where(size > 0, size, 1.0))[:, None] * turned, grid)


def screened_doublet(*, exchange: Any, moment: Any = 1.0, field: Any, temperature: Any = 0.0) -> xarray.DataArray:
    r"""The magnetisation of a doublet that an antiferromagnetic lead screens, the lead being one spin 1/2.

    .. math:: H = \tfrac14 K\,\sigma\cdot\tau - \mu_B\,\sigma\cdot\mathbf B

    by diagonalising four levels: the smallest stand-in for a Kondo singlet (PHYSICS 4.5). At T = 0
    :math:`M = \mu_B\,2\mu_BB/\sqrt{K^2 + 4\mu_B^2B^2}`, along the field; without one there is no moment.

    Parameters
    ----------
    exchange
        K >= 0, the distance of singlet and triplet: a number or labelled axis.
    moment, field, temperature
        As in `isolated_doublet`; the field acts on the dot alone.

    Returns
    -------
    xarray.DataArray
        Over the parameters' dims and ``component``.

    Examples
    --------
    >>> screened_doublet(exchange=2.0, field=(0, 0, 0.75)).values.round(6).tolist()
    [0.0, 0.0, 0.6]
    """
    checks.number("exchange", exchange, low=0)
    checks.number("moment", moment, above=0)
    checks.number("temperature", temperature, low=0)
    given = {"K": exchange, "moment": moment, "field": tensor("field", field, 1), "temperature": temperature}
    grid, (bond, magneton, vector, cold) = _points(**given)
    pauli: Matrix = np.stack([2 * part.full() for part in qutip.spin_J_set(0.5)])
    one, both = np.eye(2), np.einsum("kij,kab->iajb", pauli, pauli).reshape(4, 4)
    dot = np.stack([np.kron(part, one) for part in pauli])
    drive = magneton[:, None] * vector
    hamiltonian = 0.25 * bond[:, None, None] * both - np.einsum("pk,kij->pij", drive, dot)
    levels, kets = np.linalg.eigh(hamiltonian)
    means = np.einsum("pin,kij,pjn->pkn", kets.conj(), dot, kets).real
    found = (means * boltzmann(levels, cold)[:, None, :]).sum(axis=-1)
    return _magnetization(found * magneton[:, None], grid)


def anisotropic_spin(
    *, spin: float, anisotropy: Any, moment: Any = 1.0, field: Any, temperature: Any = 0.0
) -> xarray.DataArray:
    r"""The thermal magnetisation of a spin S >= 1 with an anisotropy of its own, by diagonalising 2S + 1 levels.

    .. math:: H = -(\mu_B/S)\,\mathbf S\cdot\mathbf B + D S_z^2

    In coherent states the anisotropy is (40) with :math:`a_{zz} = 2DS(S - \tfrac12)`: for large S the turning curve is
    that of Stoner and Wohlfarth, the same as a `KramersDot` has. It can't tell the two apart; the absence of a moment
    at even N and its 2S + 1 levels can.

    Parameters
    ----------
    spin
        S, a multiple of one half from 1 to 50.
    anisotropy
        D, of either sign: a number or labelled axis.
    moment
        The saturated moment.
    field, temperature
        As in `isolated_doublet`. At T = 0 the mean over degenerate ground levels.

    Returns
    -------
    xarray.DataArray
        Over the parameters' dims and ``component``.

    Raises
    ------
    InputError
        For a spin below 1 or no multiple of one half, or a value out of range.

    Examples
    --------
    >>> anisotropic_spin(spin=1, anisotropy=0.0, field=(0, 0, 1.0)).values.round(6).tolist()
    [0.0, 0.0, 1.0]
    """
    checks.number("spin", spin, low=1, high=50)
    if 2 * spin != round(2 * spin):
        raise InputError("spin", "a multiple of one half", spin)
    checks.number("anisotropy", anisotropy)
    checks.number("moment", moment, above=0)
    checks.number("temperature", temperature, low=0)
    given = {"moment": moment, "D": anisotropy, "field": tensor("field", field, 1), "temperature": temperature}
    grid, (magneton, own, vector, cold) = _points(**given)
    components: Matrix = np.stack([part.full() for part in qutip.spin_J_set(spin)])
    drive = vector * (magneton / spin)[:, None]
    hamiltonian = own[:, None, None] * (components[2] @ components[2]) - np.einsum("pk,kij->pij", drive, components)
    levels, kets = np.linalg.eigh(hamiltonian)
    means = np.einsum("pin,kij,pjn->pkn", kets.conj(), components, kets).real
    found = (means * boltzmann(levels, cold)[:, None, :]).sum(axis=-1)
    return _magnetization(found * (magneton / spin)[:, None], grid)


def _points(**given: Any) -> tuple[dict[str, Any], list[Array]]:
    grid = axes.broadcast_axes(given)
    return grid, [axes.flatten(value, grid) for value in given.values()]


def _magnetization(found: Array, grid: dict[str, Any]) -> xarray.DataArray:
    return labelled({"magnetization": found}, grid, _UNIT)["magnetization"]
