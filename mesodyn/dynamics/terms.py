"""A system's operators on the basis states in use, and how they split: worked out once, kept with the system."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order

from mesodyn.dynamics import superoperators, unitary
from mesodyn.dynamics.unitary import Block, Operator
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import System

SMALL = 64
"""Up to this many states operators are plain arrays, beyond sparse ones."""


def sparse(operator: qutip.Qobj, kept: NDArray[np.int64] | None = None) -> csr_array:
    """An operator, or its part on the basis states `kept`, as a sparse array."""
    found = csr_array(operator.to("CSR").data_as("csr_matrix"))
    found.eliminate_zeros()
    return found if kept is None or len(kept) == found.shape[0] else found[kept][:, kept]


def closed(system: System, kept: NDArray[np.int64], loss: bool) -> NDArray[np.int64]:
    """The basis states that the terms (and the losses) reach from those in `kept`, ascending."""
    key = ("closed", kept.tobytes(), loss)
    if key not in system.worked_out:
        pattern = sum((abs(sparse(o)) for o in system.operators.values()), start=csr_array((system.space.size,) * 2))
        for jump in system.losses() if loss else []:
            pattern = pattern + abs(sparse(jump))
        size, arrows = system.space.size, pattern.tocoo()
        rows = np.concatenate([arrows.row, kept])
        columns = np.concatenate([arrows.col, np.full(len(kept), size)])  # one more state leads to all that are kept
        ones = (np.ones(len(rows)), (columns, rows))
        reached = breadth_first_order(coo_array(ones, shape=(size + 1,) * 2).tocsr(), size)[0]
        system.worked_out[key] = np.sort(reached[1:]).astype(np.int64)
    return np.asarray(system.worked_out[key])


class Terms:
    """The terms of a Hamiltonian on some basis states.

    Parameters
    ----------
    system, kept
        Its operators, and the basis states in use.
    """

    def __init__(self, system: System, kept: NDArray[np.int64]) -> None:
        self.kept, self.totals = kept, system.space.totals[kept]
        self.sparse = {name: sparse(operator, kept) for name, operator in system.operators.items()}
        small = len(kept) <= SMALL
        self.operators: dict[str, Operator] = {
            name: found.toarray().astype(complex) if small else found for name, found in self.sparse.items()
        }
        self._groups: dict[tuple[str, ...], list[Group]] = {}
        self._commutators: dict[str, csr_array] = {}

    @classmethod
    def of(cls, system: System, kept: NDArray[np.int64]) -> Terms:
        """Those of a system, made at the first call."""
        key = ("terms", kept.tobytes())
        if key not in system.worked_out:
            system.worked_out[key] = cls(system, kept)
        found = system.worked_out[key]
        assert isinstance(found, Terms)
        return found

    @property
    def size(self) -> int:
        """How many basis states there are."""
        return len(self.kept)

    def arrays(self) -> dict[str, Matrix]:
        """All operators as plain arrays."""
        return {name: unitary.array(operator) for name, operator in self.operators.items()}

    def commutator(self, name: str) -> csr_array:
        """``[O, rho]`` of one operator (n^2, n^2), made at the first call."""
        if name not in self._commutators:
            self._commutators[name] = superoperators.commutator(self.sparse[name])
        return self._commutators[name]

    def groups(self, names: Mapping[str, object]) -> list[Group]:
        """The names in groups such that operators of different groups commute."""
        key = tuple(names)
        if key not in self._groups:
            used = {name: self.operators[name] for name in names}
            self._groups[key] = [Group(tuple(group), self) for group in unitary.commuting_groups(used)]
        return self._groups[key]


class Group:
    """Terms that are propagated together."""

    def __init__(self, names: tuple[str, ...], terms: Terms) -> None:
        self.names, self.terms = names, terms
        self.diagonals: Mapping[str, NDArray[np.float64]] | None = None
        parts = [terms.sparse[name].tocoo() for name in names]
        if all(np.array_equal(part.row, part.col) for part in parts):
            self.diagonals = {name: terms.sparse[name].diagonal().real for name in names}
        self._blocks: list[Block] | None = None

    @property
    def blocks(self) -> list[Block]:
        """The different blocks of states that the terms connect."""
        if self._blocks is None:
            self._blocks = unitary.blocks(self.names, self.terms.operators)
        return self._blocks

    def joined(self, others: list[Group]) -> Group:
        """One group made of this one and others."""
        return Group(tuple(name for group in (self, *others) for name in group.names), self.terms)
