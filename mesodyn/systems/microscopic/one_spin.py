"""The states of some electrons of one spin in a few orbitals, as bit strings; bit 0 is the first orbital."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mesodyn.systems.ring_space import configurations

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class OneSpin:
    """All ways to put `count` fermions into `orbitals`, in ascending order of their bit strings.

    Examples
    --------
    >>> OneSpin(3, 2).size
    3
    """

    orbitals: int
    count: int

    @cached_property
    def strings(self) -> Whole:
        """The bit strings."""
        return configurations(self.orbitals, self.count)

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.strings)

    @cached_property
    def occupied(self) -> Array:
        """1 where an orbital is filled, else 0: (orbitals, states)."""
        return (self.strings >> np.arange(self.orbitals)[:, None] & 1).astype(float)

    def hop(self, source: int, target: int) -> tuple[Whole, Whole, Array]:
        """Rows, columns and signs of ``a_target^dagger a_source``, two different orbitals."""
        columns = np.flatnonzero((self.strings >> source & 1 == 1) & (self.strings >> target & 1 == 0))
        before = self.strings[columns]
        rows = np.searchsorted(self.strings, before ^ (1 << source) ^ (1 << target))
        low, high = sorted((source, target))
        passed = np.bitwise_count(before & ((1 << high) - (1 << low + 1)))
        return rows, columns, 1.0 - 2.0 * (passed % 2)

    def lifted(self, matrix: Array) -> csr_array:
        """A real symmetric one-particle matrix on these states."""
        every = np.arange(self.size)
        parts = [(every, every, np.diag(matrix) @ self.occupied)]
        for target, source in np.argwhere(np.triu(matrix, 1)):
            rows, columns, signs = self.hop(int(source), int(target))
            values = matrix[target, source] * signs
            parts += [(rows, columns, values), (columns, rows, values)]
        rows, columns, values = (np.concatenate([part[k] for part in parts]) for k in range(3))
        return csr_array((values, (rows, columns)), shape=(self.size, self.size))

    def correlation(self, wave: Array) -> Array:
        """``<a_i^dagger a_j>`` of a real wave (states, others)."""
        found = np.diag(self.occupied @ (np.abs(wave) ** 2).sum(axis=1))
        for i in range(self.orbitals):
            for j in range(i):
                rows, columns, signs = self.hop(j, i)
                found[i, j] = found[j, i] = np.einsum("k,ka,ka->", signs, wave[rows], wave[columns])
        return found
