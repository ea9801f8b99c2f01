"""Liouvillians in pieces: which elements of a density matrix reach which, and the generator of one connected block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.numberspace import Matrix

FEW = 24
"""Up to so many levels patterns are full matrices."""
REAL_FROM = 8
"""From so many rows a block that holds the transpose of each element is decomposed in real numbers."""


@dataclass(frozen=True)
class Sites:
    """Hamiltonian and jump operators (points, n, n) of an open system."""

    hamiltonian: Matrix
    jumps: tuple[Matrix, ...]

    @classmethod
    def of(cls, hamiltonian: Matrix, jumps: Sequence[Matrix]) -> Sites:
        """From arrays (n, n) or (points, n, n)."""
        points = max([len(x) for x in (hamiltonian, *jumps) if x.ndim == 3], default=1)
        size = hamiltonian.shape[-1]
        wide = [np.broadcast_to(x, (points, size, size)) for x in (hamiltonian, *jumps)]
        return cls(wide[0], tuple(wide[1:]))

    def over(self, points: int) -> Sites:
        """The same, for so many points."""
        if points == self.points:
            return self
        size = self.hamiltonian.shape[-1]
        shape = (points, size, size)
        return Sites(np.broadcast_to(self.hamiltonian, shape), tuple(np.broadcast_to(j, shape) for j in self.jumps))

    def take(self, which: Any) -> Sites:
        """The system at some of the points."""
        if isinstance(which, slice) and which == slice(None):
            return self
        return Sites(self.hamiltonian[which], tuple(jump[which] for jump in self.jumps))

    @property
    def points(self) -> int:
        """How many points."""
        return len(self.hamiltonian)

    @property
    def size(self) -> int:
        """How many levels."""
        return int(self.hamiltonian.shape[-1])

    @cached_property
    def effective(self) -> Matrix:
        """``-i H - sum L^dagger L / 2`` (points, n, n): what acts from the left between jumps."""
        total = -1j * self.hamiltonian
        for jump in self.jumps:
            total = total - 0.5 * jump.conj().swapaxes(-1, -2) @ jump
        return np.asarray(total)

    def apply(self, rho: Matrix) -> Matrix:
        """The rate of change of density matrices (points, n, n)."""
        total = self.effective @ rho + rho @ self.effective.conj().swapaxes(-1, -2)
        for jump in self.jumps:
            total = total + jump @ rho @ jump.conj().swapaxes(-1, -2)
        return np.asarray(total)

    def speed(self) -> NDArray[np.float64]:
        """The size of the fastest rates (points,), never 0."""
        return np.asarray(2 * np.abs(self.effective).max(axis=(-1, -2)) + np.finfo(float).tiny)

    def sparse(self, point: int) -> Any:
        """The Liouvillian of one point on row-stacked density matrices, as a sparse matrix."""
        import scipy.sparse as sp

        one = sp.identity(self.size, format="csr")
        k = sp.csr_matrix(self.effective[point])
        total = sp.kron(k, one) + sp.kron(one, k.conj())
        for jump in self.jumps:
            part = sp.csr_matrix(jump[point])
            total = total + sp.kron(part, part.conj())
        return total.tocsr()

    @cached_property
    def pattern(self) -> Any:
        """Which element of a density matrix feeds which: true at (fed, feeding) for any point, n^2 rows."""
        import scipy.sparse as sp

        one = np.eye(self.size, dtype=bool)
        k = np.any(self.effective, axis=0)
        parts = [(k, one), (one, k), *((j, j) for j in (np.any(jump, axis=0) for jump in self.jumps))]
        if self.size <= FEW:
            rows = self.size**2
            return np.any([x[:, None, :, None] & y[None, :, None, :] for x, y in parts], axis=0).reshape(rows, rows)
        return sum(sp.kron(sp.csr_matrix(x, dtype=float), sp.csr_matrix(y, dtype=float)) for x, y in parts).tocsr()


@dataclass(frozen=True, eq=False)
class Block:
    """Elements of the density matrix (rows of the Liouvillian of n levels) that only feed each other."""

    rows: NDArray[np.int64]
    size: int

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def mirror(self) -> NDArray[np.int64] | None:
        """For each row the place of its transpose in the block; None when some are outside."""
        left, right = np.divmod(self.rows, self.size)
        other = right * self.size + left
        places = np.searchsorted(self.rows, other)
        inside = places < len(self.rows)
        if not np.all(inside) or not np.array_equal(self.rows[places], other):
            return None
        return places

    def eigen(self, generator: Matrix, start: Matrix, seen: Matrix) -> tuple[Matrix, Matrix]:
        """Eigenvalues (points, m) and what each contributes to the correlation (points, m)."""
        if len(self) == 1:
            return generator[:, 0], start * seen
        if len(self) >= REAL_FROM and self.mirror is not None:
            change = self._hermitian()
            back = change.conj().T
            real = np.stack([(back @ g @ change).real for g in generator])
            values, vectors = np.linalg.eig(real)
            start = np.stack([back @ s for s in start])
            seen = seen @ change
        else:
            values, vectors = np.linalg.eig(generator)
        try:
            amplitudes = np.linalg.solve(vectors, start[..., None])[..., 0]
        except np.linalg.LinAlgError:  # a defective block: the caller sees that the moments are missed
            amplitudes = np.full(start.shape, np.inf)
        with np.errstate(invalid="ignore"):
            heights = np.einsum("j,pjk->pk", seen, vectors) * amplitudes
        return values.astype(complex), np.asarray(heights, complex)

    def _hermitian(self) -> Matrix:
        """The unitary change to Hermitian combinations, in which a Liouvillian is real."""
        assert self.mirror is not None
        change = np.zeros((len(self), len(self)), complex)
        own = np.arange(len(self))
        same, first = own[own == self.mirror], own[own < self.mirror]
        other = self.mirror[first]
        change[same, same] = 1
        change[first, first] = change[other, first] = np.sqrt(0.5)
        change[first, other], change[other, other] = -1j * np.sqrt(0.5), 1j * np.sqrt(0.5)
        return change


def blocks(sites: Sites, start: NDArray[np.bool_], seen: NDArray[np.bool_]) -> list[Block]:
    """The connected blocks of what `start` reaches and `seen` sees (both over n^2 elements)."""
    pattern = sites.pattern
    kept = np.flatnonzero(_reached(pattern, start) & _reached(pattern.T, seen))
    inner = pattern[kept][:, kept]
    links = inner | inner.T if sites.size <= FEW else inner + inner.T
    found = []
    left = np.ones(len(kept), bool)
    while np.any(left):
        first = np.zeros(len(kept), bool)
        first[np.flatnonzero(left)[0]] = True
        whole = _reached(links, first)
        left &= ~whole
        found.append(Block(kept[whole], sites.size))
    return found


def _reached(pattern: Any, start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Everything that is fed, directly or not, by `start`."""
    matrix = pattern.astype(np.float32)
    now = start.astype(np.float32)
    while True:
        more = np.minimum(now + matrix @ now, 1).astype(np.float32)
        more = (more > 0).astype(np.float32)
        if np.array_equal(more, now):
            return np.asarray(now > 0)
        now = more


def dense(sites: Sites, block: Block) -> Matrix:
    """The generator (points, m, m) of a block."""
    a, b = np.divmod(block.rows, sites.size)
    row, column = (a[:, None], b[:, None]), (a[None, :], b[None, :])
    k = sites.effective
    found = k[:, row[0], column[0]] * (row[1] == column[1])
    found = found + k.conj()[:, row[1], column[1]] * (row[0] == column[0])
    for jump in sites.jumps:
        found = found + jump[:, row[0], column[0]] * jump.conj()[:, row[1], column[1]]
    return np.asarray(found)
