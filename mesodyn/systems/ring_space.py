"""Particles on a ring of traps, at most one extra in each: the states of one total, as bit strings with spins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mesodyn.numberspace import Matrix, NumberSpace, Site

Whole = NDArray[np.int64]


def configurations(traps: int, steps: int) -> Whole:
    """All bit strings of `traps` bits of which `steps` are 1, ascending; bit k is trap k.

    Examples
    --------
    >>> [format(c, "04b") for c in configurations(4, 2)]
    ['0011', '0101', '0110', '1001', '1010', '1100']
    """
    row: list[Whole] = [np.zeros(1, np.int64), *(np.zeros(0, np.int64) for _ in range(steps))]
    for bit in range(traps):
        row = [row[0], *(np.concatenate([row[n], row[n - 1] | (1 << bit)]) for n in range(1, steps + 1))]
    return row[steps]


@dataclass(frozen=True)
class RingSpace(NumberSpace):
    """One total of extra steps on a ring: bit strings ascending, and for each the spins, leftmost trap slowest.

    Trap 0 stands leftmost in the order of fermion modes; within a trap there is at most one extra particle, whatever
    its spin.

    Parameters
    ----------
    traps, steps
        M, and how many of the traps hold a step more than the others.
    levels
        How many spin states an occupied trap has: 1 where the spins are frozen.
    fermionic
        Whether exchanging two steps changes sign.
    step
        Particles per step: 1, or 2 for pairs.

    Examples
    --------
    >>> RingSpace(traps=3, steps=1, levels=2).labels
    ['0:0', '0:1', '1:0', '1:1', '2:0', '2:1']
    """

    sites: tuple[Site, ...] = ()
    traps: int = 3
    steps: int = 1
    levels: int = 1
    fermionic: bool = True
    step: int = 1

    @property
    def dims(self) -> list[int]:
        """One factor: within a total the traps are no product."""
        return [self.size]

    @property
    def spins(self) -> int:
        """How many spin states there are for each bit string."""
        return int(self.levels**self.steps)

    @property
    def size(self) -> int:
        """The dimension: (M over N) times the spin states."""
        return comb(self.traps, self.steps) * self.spins

    @cached_property
    def totals(self) -> Whole:
        """The number of extra particles of each basis state."""
        return np.full(self.size, self.step * self.steps)

    @cached_property
    def configurations(self) -> Whole:
        """The bit strings."""
        return configurations(self.traps, self.steps)

    @cached_property
    def labels(self) -> list[str]:
        """The basis states in order: the occupied traps, with spin each with its level from 0 (m = s) on."""
        found = []
        for string in self.configurations.tolist():
            held = [k for k in range(self.traps) if string >> k & 1]
            for spins in np.ndindex(*(self.levels,) * self.steps):
                pairs = zip(held, spins, strict=True)
                found.append(" ".join(str(k) if self.levels == 1 else f"{k}:{m}" for k, m in pairs))
        return found

    def hop_elements(self, link: int) -> tuple[Whole, Whole, NDArray[np.float64]]:
        r"""Rows, columns and values of :math:`\sum_\sigma c^\dagger_{j+1,\sigma}c_{j\sigma}`, j + 1 modulo M.

        The value is the sign of the fermions between the two traps in the order of the modes: for the link that
        closes the ring these are all the others.
        """
        source, target = link, (link + 1) % self.traps
        strings = self.configurations
        columns = np.flatnonzero((strings >> source & 1 == 1) & (strings >> target & 1 == 0))
        before = strings[columns]
        after = before ^ (1 << source) ^ (1 << target)
        rows = np.searchsorted(strings, after)
        low, high = sorted((source, target))
        passed = np.bitwise_count(before & ((1 << high) - (1 << low + 1)))
        sign = 1.0 - 2.0 * (passed % 2) if self.fermionic else np.ones(len(columns))
        if self.levels == 1:
            return rows, columns, sign
        spins = np.arange(self.spins)
        # the particle that leaves the last trap for the first takes its spin to the front of the list
        moved = spins if target > source else spins % self.levels * (self.spins // self.levels) + spins // self.levels
        wide = [(part[:, None] * self.spins + at).ravel() for part, at in ((rows, moved), (columns, spins))]
        return wide[0], wide[1], np.repeat(sign, self.spins)

    def hop(self, link: int | None = None) -> csr_array:
        """The hop over one link, or over all of them, as a sparse real matrix."""
        parts = [self.hop_elements(k) for k in (range(self.traps) if link is None else [link])]
        rows, columns, values = (np.concatenate([part[k] for part in parts]) for k in range(3))
        return csr_array((values, (rows, columns)), shape=(self.size, self.size))

    def occupied(self, trap: int) -> NDArray[np.float64]:
        """1 where the trap holds a step, else 0: a diagonal."""
        return np.repeat((self.configurations >> trap & 1).astype(float), self.spins)

    def spin_of(self, trap: int, local: Matrix) -> csr_array:
        """A matrix (levels, levels) that acts on the spin of one trap, 0 where it is empty."""
        held = np.flatnonzero(self.configurations >> trap & 1)
        rank = np.bitwise_count(self.configurations[held] & ((1 << trap) - 1)).astype(np.int64)
        weight = self.levels ** (self.steps - 1 - rank)
        state = held[:, None] * self.spins + np.arange(self.spins)
        level = np.arange(self.spins) // weight[:, None] % self.levels
        parts: list[tuple[Any, Any, Any]] = []
        for high, low in np.argwhere(local):
            here = level == low
            column = state[here]
            row = column + np.broadcast_to((high - low) * weight[:, None], state.shape)[here]
            parts.append((row, column, np.full(len(column), local[high, low])))
        rows, columns, values = (np.concatenate([part[k] for part in parts]) for k in range(3))
        return csr_array((values, (rows, columns)), shape=(self.size, self.size))
