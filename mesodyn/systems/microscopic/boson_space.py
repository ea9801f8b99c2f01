"""Bosons on a few sites at a fixed total: the basis and the hops."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mesodyn.numberspace import NumberSpace, Site

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class BosonSpace(NumberSpace):
    """All ways to put `particles` bosons on `wells` sites, the number on site 0 ascending first, then that on site 1.

    Examples
    --------
    >>> BosonSpace(wells=2, particles=2).labels
    ['0:0 1:2', '0:1 1:1', '0:2 1:0']
    """

    sites: tuple[Site, ...] = ()
    wells: int = 2
    particles: int = 1

    @property
    def dims(self) -> list[int]:
        """One factor: within a total the sites are no product."""
        return [self.size]

    @property
    def size(self) -> int:
        """The dimension: (N + M - 1 over N)."""
        return comb(self.particles + self.wells - 1, self.particles)

    @cached_property
    def totals(self) -> Whole:
        """The number of particles of each basis state."""
        return np.full(self.size, self.particles)

    @cached_property
    def numbers(self) -> Whole:
        """The numbers on the sites: (states, wells)."""
        found = np.zeros((1, 0), np.int64)
        left = np.array([self.particles])
        for _ in range(self.wells - 1):
            choices = left + 1
            parent = np.repeat(np.arange(len(left)), choices)
            here = np.arange(len(parent)) - np.repeat(np.cumsum(choices) - choices, choices)
            found, left = np.column_stack([found[parent], here]), left[parent] - here
        return np.column_stack([found, left])

    @cached_property
    def labels(self) -> list[str]:
        """The basis states in order, for example ``0:3 1:7``."""
        return [" ".join(f"{k}:{n}" for k, n in enumerate(state)) for state in self.numbers.tolist()]

    def rank(self, numbers: Whole) -> Whole:
        """The places of some states (states, wells) in the basis."""
        left = np.full(len(numbers), self.particles)
        place = np.zeros(len(numbers), np.int64)
        for k in range(self.wells - 1):
            rest = self.wells - k - 1
            # states with fewer on this site: sum over n < n_k of (left - n + rest - 1 over rest - 1)
            place += _ways(left, rest + 1) - _ways(left - numbers[:, k], rest + 1)
            left = left - numbers[:, k]
        return place

    def hop(self, target: int, source: int) -> csr_array:
        r"""The real matrix of :math:`a_i^\dagger a_j`, i the target and j the source."""
        if target == source:
            every = np.arange(self.size)
            return csr_array((self.numbers[:, source].astype(float), (every, every)), shape=(self.size,) * 2)
        columns = np.flatnonzero(self.numbers[:, source] > 0)
        after = self.numbers[columns].copy()
        after[:, source] -= 1
        after[:, target] += 1
        values = np.sqrt(self.numbers[columns, source] * after[:, target].astype(float))
        return csr_array((values, (self.rank(after), columns)), shape=(self.size,) * 2)


def _ways(particles: Whole, wells: int) -> Whole:
    """(n + m - 1 over m - 1), the states of n on m sites, from a table."""
    table = np.array([comb(n + wells - 1, wells - 1) for n in range(int(particles.max(initial=0)) + 1)], np.int64)
    return table[particles]
