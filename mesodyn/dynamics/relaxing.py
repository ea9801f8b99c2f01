"""A secular relaxation read without making its density matrices: populations and the coherences that are seen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics import bath as baths
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

HELD = 2**17
"""How many numbers are held at once for some of the points, so that they stay in the cache."""


class Relaxing:
    """Density matrices that relax between eigenstates, at the moments of a segment.

    Parameters
    ----------
    state
        At the start, in the basis (points, n, n).
    energies, vectors, rates
        Eigenvalues (points, n), eigenvectors (points, n, n), and ``rates[final, initial]`` (points, n, n).
    totals
        The total number in each basis state (n,); no eigenvector mixes two of them.
    duration, fractions
        (points,) and (moments,).
    """

    def __init__(
        self,
        state: Matrix,
        energies: Array,
        vectors: Matrix,
        rates: Array,
        totals: NDArray[np.int64],
        duration: Array,
        fractions: Array,
    ) -> None:
        self.energies, self.vectors, self.totals = energies, vectors, totals
        self.duration, self.fractions = duration, fractions
        self.inner = vectors.conj().swapaxes(-1, -2) @ state @ vectors
        leaving = rates.sum(axis=1)
        self.generator = rates - leaving[:, :, None] * np.eye(len(totals))
        self.decay = -0.5 * leaving - 1j * energies

    @cached_property
    def populations(self) -> Array:
        """Of the eigenstates (points, moments, n)."""
        start = np.einsum("pii->pi", self.inner).real
        return np.asarray(baths.walk(self.generator, start, self.duration, self.fractions))

    @property
    def last(self) -> Matrix:
        """The density matrices at the end, in the basis (points, n, n)."""
        factors = np.exp(self.decay * (self.duration * self.fractions[-1])[:, None])
        found = factors[:, :, None] * self.inner * factors.conj()[:, None, :]
        where = np.arange(len(self.totals))
        found[:, where, where] = self.populations[:, -1]
        return np.asarray(self.vectors @ found @ self.vectors.conj().swapaxes(-1, -2))

    @property
    def energy(self) -> Array:
        """Its mean (points, moments)."""
        return np.asarray(np.matmul(self.populations, self.energies[..., None])[..., 0])

    @property
    def heat(self) -> Array:
        """What the bath has been given so far (points, moments)."""
        start = np.einsum("pii->pi", self.inner).real
        return np.asarray(np.matmul(start[:, None] - self.populations, self.energies[..., None])[..., 0])

    def means(self, operators: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """The means (points, moments) of sparse operators in the basis: real for Hermitian ones.

        Coherences between two total numbers are left out where no operator links these numbers.
        """
        stacked = np.stack([operator.toarray() for operator in operators.values()])
        twisted = [k for k, o in enumerate(stacked) if not np.array_equal(o, o.conj().T)]
        pairs = self._pairs(stacked)
        count, numbers = len(stacked) + len(twisted), len(self.totals) + 2 * len(pairs[0])
        found = np.empty((len(self.duration), count, len(self.fractions)))
        chunk = max(1, HELD // (numbers * len(self.fractions)))
        for low in range(0, len(found), chunk):
            some = slice(low, low + chunk)
            weights = self._weights(some, stacked, twisted, pairs)
            np.matmul(weights, self._numbers(some, pairs), out=found[some])
        named: dict[str, NDArray[Any]] = {name: found[:, k] for k, name in enumerate(operators)}
        for k, which in enumerate(twisted):
            name = list(operators)[which]
            named[name] = named[name] + 1j * found[:, len(stacked) + k]
        return named

    def _pairs(self, operators: Matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The pairs of eigenstates whose coherence some operator may see."""
        pattern = np.any(operators != 0, axis=0)
        pattern = pattern | pattern.T
        one = self.totals[:, None] == np.unique(self.totals)  # (n, numbers)
        linked = (one @ (one.T.astype(int) @ pattern @ one > 0).astype(int) @ one.T) > 0
        first, second = np.nonzero(np.triu(linked, 1))
        return first, second

    def _numbers(self, some: slice, pairs: tuple[NDArray[np.int64], NDArray[np.int64]]) -> Array:
        """Populations, then real and imaginary parts of the coherences' factors (points, numbers, moments)."""
        first, second = pairs
        size, count = len(self.totals), len(first)
        populations = self.populations[some]
        found = np.empty((len(populations), size + 2 * count, len(self.fractions)))
        found[:, :size] = populations.swapaxes(1, 2)
        rates = (self.decay[some, first] + self.decay[some, second].conj()) * self.duration[some, None]
        factors = _factors(rates, self.fractions)
        found[:, size : size + count], found[:, size + count :] = factors.real, factors.imag
        return found

    def _weights(
        self, some: slice, operators: Matrix, twisted: list[int], pairs: tuple[NDArray[np.int64], NDArray[np.int64]]
    ) -> Array:
        """What each of `_numbers` counts in the operators' means, and in the imaginary parts of the twisted ones."""
        first, second = pairs
        vectors = self.vectors[some, None]
        turned = vectors.conj().swapaxes(-1, -2) @ operators @ vectors
        diagonal = np.einsum("poii->poi", turned)
        start = self.inner[some, None][..., first, second]
        above, below = start * turned[..., second, first], start.conj() * turned[..., first, second]
        real = [diagonal.real, above.real + below.real, below.imag - above.imag]
        imaginary = [diagonal.imag, above.imag + below.imag, above.real - below.real]
        found = np.concatenate(real, axis=-1)
        if not twisted:
            return found
        return np.concatenate([found, np.concatenate(imaginary, axis=-1)[:, twisted]], axis=1)


def _factors(rates: Matrix, fractions: Array) -> Matrix:
    """``exp(rates f)`` (points, pairs, moments); at even fractions each exponential doubles what is done."""
    if not baths.even(fractions):
        return np.asarray(np.exp(rates[..., None] * fractions))
    found = np.empty((*rates.shape, len(fractions)), complex)
    found[..., 0] = np.exp(rates * fractions[0])
    done = 1
    while done < len(fractions):
        further = min(done, len(fractions) - done)
        step = np.exp(rates * fractions[done - 1])
        np.multiply(found[..., :further], step[..., None], out=found[..., done : done + further])
        done += further
    return found
