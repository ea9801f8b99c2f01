"""Jump operators in rows: what a quantum jump does to many kets at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Channels:
    r"""Jump operators :math:`L_k = \sum_{j \in k} |c_j\rangle\langle r_j|` with orthonormal :math:`c_j` in each.

    So a jump between two states costs one row, not a matrix.

    Parameters
    ----------
    rows, columns
        :math:`\langle r_j|` and :math:`|c_j\rangle` (pairs, n).
    channel
        The number k of each pair (pairs,), ascending.
    count
        How many channels there are; those that do nothing have no pair.
    """

    rows: Matrix
    columns: Matrix
    channel: Integers
    count: int

    @classmethod
    def of(cls, operators: Any) -> Channels:
        """From jump operators (channels, n, n), rates included."""
        given = np.asarray(operators, complex)
        if given.ndim != 3 or given.shape[1] != given.shape[2]:
            raise InputError("operators", "square matrices (channels, n, n)", Shown(f"of shape {given.shape}"))
        columns, strengths, rows = np.linalg.svd(given)
        kept = strengths > 1e-14 * strengths.max(initial=0.0)
        channel = np.nonzero(kept)[0]
        return cls((strengths[..., None] * rows)[kept], columns.swapaxes(-1, -2)[kept], channel, len(given))

    @classmethod
    def relaxation(cls, rates: Array, vectors: Matrix) -> Channels:
        """Of `mesodyn.dynamics.relaxing.Relaxing`: ``sqrt(rate) |f><i|`` between eigenstates.

        Parameters
        ----------
        rates
            ``[final, initial]`` (n, n), as those of `mesodyn.dynamics.bath.transition_rates`.
        vectors
            The eigenstates as columns (n, n).

        Returns
        -------
        Channels
            The jump from i to f has the number ``f * n + i``.
        """
        final, initial = np.nonzero(rates)
        rows = np.sqrt(rates[final, initial])[:, None] * vectors.conj().T[initial]
        return cls(rows, vectors.T[final], final * len(rates) + initial, rates.size)

    @classmethod
    def joined(cls, parts: Sequence[Channels]) -> Channels:
        """Several baths: the channels of the first, then those of the second, and so on."""
        before = np.cumsum([0, *(part.count for part in parts)])
        return cls(
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.columns for part in parts]),
            np.concatenate([part.channel + start for part, start in zip(parts, before[:-1], strict=True)]),
            int(before[-1]),
        )

    @cached_property
    def square(self) -> Matrix:
        r""":math:`\sum_k L_k^\dagger L_k` (n, n)."""
        return np.asarray(self.rows.conj().T @ self.rows)

    def apply(self, kets: Matrix, draws: Array) -> tuple[Matrix, Integers]:
        """The kets (trajectories, n) after a jump, normalised, and the channels, drawn by uniform `draws`."""
        amplitudes = applied(kets, self.rows.T)
        reached = np.cumsum(amplitudes.real**2 + amplitudes.imag**2, axis=1)
        drawn = (reached <= (draws * reached[:, -1])[:, None]).sum(axis=1)
        last = (reached < reached[:, -1:]).sum(axis=1)
        chosen = self.channel[np.minimum(drawn, last)]
        after = applied(np.where(self.channel == chosen[:, None], amplitudes, 0.0), self.columns)
        return after / np.sqrt(squared(after))[:, None], chosen


def applied(vectors: Matrix, matrix: NDArray[Any]) -> Matrix:
    """``vectors @ matrix``, each vector by itself: the bits do not depend on how many there are."""
    return np.asarray(np.matmul(vectors[..., None, :], matrix)[..., 0, :])


def squared(kets: Matrix) -> Array:
    """The squared norm along the last axis."""
    return np.asarray((kets.real**2 + kets.imag**2).sum(axis=-1))
