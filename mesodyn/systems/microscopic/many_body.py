"""The optional libraries for many bodies, asked in one place (the extra ``manybody``)."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.errors import InputError, Shown

Array = NDArray[np.float64]


def installed(name: str) -> bool:
    """Whether a library is there."""
    return find_spec(name) is not None


def need(name: str) -> None:
    """Refuse what needs a library that is not installed."""
    if not installed(name):
        raise InputError("method", f"one that works without {name}", Shown(name), "pip install 'mesodyn[manybody]'")


def quspin_lowest(
    one: Array, numbers: tuple[int, int], interaction: float, zeeman: float, count: int
) -> tuple[Array, Array]:
    """The lowest levels of an `InteractingDot` by QuSpin, the states in our own order.

    Parameters
    ----------
    one
        The one-particle matrix (L + 1, L + 1), dot first, without the field.
    numbers
        Up and down.
    interaction, zeeman
        U and E_Z on the dot.
    count
        How many levels.
    """
    need("quspin")
    bases, operators = import_module("quspin.basis"), import_module("quspin.operators")
    size = len(one)
    basis = bases.spinful_fermion_basis_general(size, Nf=numbers)
    diagonal = [[float(one[k, k]), k] for k in range(size) if one[k, k]]
    hops = [[float(one[i, j]), int(i), int(j)] for i, j in np.argwhere(one - np.diag(np.diag(one)))]
    static: list[list[Any]] = [["n|", diagonal], ["|n", diagonal], ["+-|", hops], ["|+-", hops]]
    static += [["n|n", [[interaction, 0, 0]]], ["n|", [[-zeeman / 2, 0]]], ["|n", [[zeeman / 2, 0]]]]
    quiet = {"check_symm": False, "check_herm": False, "check_pcon": False}
    energies, vectors = operators.hamiltonian(static, [], basis=basis, dtype=np.float64, **quiet).eigsh(
        k=count, which="SA", v0=np.cos(np.arange(basis.Ns)), tol=0
    )
    order = np.argsort(energies)
    return energies[order], vectors[_places(np.asarray(basis.states), size)][:, order]


def _places(states: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Where our states stand in QuSpin's list, whose bit strings have orbital 0 as the highest bit of each spin."""
    bit = np.arange(size)
    up, down = ((states[:, None] >> shift + size - 1 - bit & 1).astype(np.int64) @ (1 << bit) for shift in (size, 0))
    return np.lexsort((down, up))
