"""Exact propagators of batched small Hamiltonians, and commutator-free Magnus steps where H changes in time.

The terms of a Hamiltonian fall into groups that commute with each other, and each group into blocks of basis states
that it connects; a block that stands several times (a trap's spin beside each state of the other trap) is solved once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from mesodyn.errors import UnfinishedError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import stack

Array = NDArray[np.float64]
Drive = Callable[[Array], Mapping[str, Array]]
"""From fractions of a segment (nodes,) to coefficients (points, nodes) by name."""
Operator = Matrix | csr_array
"""A plain array for a few states, a sparse one for many."""

MOST_STEPS = 4096
"""Magnus steps between two moments (or parts) at which a run is given up."""
TAYLOR_NORM, TAYLOR_DEGREE = 0.5, 14
"""Up to this norm the Taylor series of this degree is exact to rounding."""
PARTS = 64
"""Into at least so many parts a driven segment is cut: they are stepped through side by side."""


@dataclass(frozen=True)
class Block:
    """Basis states that a group of terms connects, wherever the same matrices stand."""

    parts: Mapping[str, Operator]
    copies: tuple[NDArray[np.int64], ...]

    @property
    def size(self) -> int:
        """The dimension of the block."""
        return len(self.copies[0])

    @cached_property
    def operators(self) -> Mapping[str, Matrix]:
        """The terms as plain arrays."""
        return {name: array(part) for name, part in self.parts.items()}

    @cached_property
    def bands(self) -> Mapping[str, tuple[Array, Matrix]] | None:
        """The main diagonal of each term and the elements above it; None where a term has more than these."""
        found = {}
        for name, part in self.parts.items():
            sparse = coo_array(part)
            if np.abs(sparse.row - sparse.col).max(initial=0) > 1:
                return None
            found[name] = np.asarray(part.diagonal().real), np.asarray(part.diagonal(1), complex)
        return found


def array(operator: Operator) -> Matrix:
    """An operator as a plain complex array."""
    return np.asarray(operator if isinstance(operator, np.ndarray) else operator.toarray(), complex)


def commuting_groups(operators: Mapping[str, Operator]) -> list[list[str]]:
    """Split the names into groups such that operators of different groups commute."""
    names = list(operators)
    touches = np.zeros((len(names), len(names)), bool)
    for i, a in enumerate(names):
        for j, b in enumerate(names[:i]):
            left, right = operators[a], operators[b]
            touches[i, j] = not commute(left, right)
    count, which = connected_components(touches, directed=False)
    return [[name for name, k in zip(names, which, strict=True) if k == group] for group in range(count)]


def commute(left: Operator, right: Operator) -> bool:
    """Whether two operators commute, to rounding."""
    return bool(abs(left @ right - right @ left).max() <= 1e-13 * max(1.0, abs(left).max() * abs(right).max()))


def blocks(names: Iterable[str], operators: Mapping[str, Operator]) -> list[Block]:
    """The different blocks of a group of terms."""
    used = {name: operators[name] for name in names}
    count, which = connected_components(sum(abs(operator) for operator in used.values()), directed=False)
    if count == 1:
        return [Block(used, (np.arange(len(which)),))]
    found: dict[bytes, tuple[dict[str, Operator], list[NDArray[np.int64]]]] = {}
    for k in range(count):
        at = np.flatnonzero(which == k)
        parts = {name: operator[np.ix_(at, at)] for name, operator in used.items()}
        key = b"".join(np.ascontiguousarray(array(part) + 0.0).tobytes() for part in parts.values())
        found.setdefault(key, (parts, []))[1].append(at)
    return [Block(parts, tuple(copies)) for parts, copies in found.values()]


def exponential(hamiltonian: Matrix, time: Array) -> Matrix:
    """``exp(-i H t)`` for Hermitian H (..., n, n) and times that broadcast against its leading dims."""
    size = hamiltonian.shape[-1]
    if size == 1:
        return np.asarray(np.exp(-1j * hamiltonian.real * time[..., None, None]))
    if size == 2:
        return _exponential_of_two(hamiltonian, time)
    energies, vectors = np.linalg.eigh(hamiltonian)
    phases = np.exp(-1j * energies * time[..., None])
    return np.asarray((vectors * phases[..., None, :]) @ vectors.conj().swapaxes(-1, -2))


def _exponential_of_two(hamiltonian: Matrix, time: Array) -> Matrix:
    """The closed form ``exp(-i a t) (cos(w t) - i sin(w t)/w h)`` with H = a + h, h traceless."""
    mean = 0.5 * (hamiltonian[..., 0, 0] + hamiltonian[..., 1, 1]).real
    half = 0.5 * (hamiltonian[..., 0, 0] - hamiltonian[..., 1, 1]).real
    off = hamiltonian[..., 0, 1]
    rate = np.sqrt(half**2 + off.real**2 + off.imag**2)
    phase = np.exp(-1j * mean * time)
    cosine = phase * np.cos(rate * time)
    sine = -1j * phase * np.where(rate > 0, np.sin(rate * time) / np.where(rate > 0, rate, 1.0), time)
    found = np.empty((*np.shape(cosine), 2, 2), complex)
    found[..., 0, 0] = cosine + sine * half
    found[..., 1, 1] = cosine - sine * half
    found[..., 0, 1] = sine * off
    found[..., 1, 0] = sine * off.conj()
    return found


def expm(matrix: Matrix) -> Matrix:
    """Exponentials of stacked matrices (..., n, n) of any kind, by scaling, Taylor series and squaring.

    Every matrix is scaled by its own norm, so that none depends on what it is stacked with. `scipy.linalg.expm` takes
    the triangular generators of a cold bath one by one, which is twenty times slower.
    """
    norm = np.abs(matrix).sum(axis=-2).max(axis=-1)
    squarings = np.maximum(0, np.ceil(np.log2(np.maximum(norm, 1e-300) / TAYLOR_NORM)))[..., None, None]
    scaled = matrix * 2.0**-squarings
    one = np.eye(matrix.shape[-1])
    total = one + scaled / TAYLOR_DEGREE
    for k in range(TAYLOR_DEGREE - 1, 0, -1):
        total = one + scaled @ total / k
    for k in range(int(squarings.max(initial=0))):
        total = np.where(k < squarings, total @ total, total)
    return np.asarray(total)


@dataclass(frozen=True)
class Driven:
    """A generator that changes in time.

    Parameters
    ----------
    operators, drive
        Small matrices and their coefficients in time. Without `static` they make a Hamiltonian.
    duration
        Of the segment (points,).
    static
        The part of a Liouvillian that does not change (points, n, n); `operators` are then Liouvillians too.
    """

    operators: Mapping[str, Matrix]
    drive: Drive
    duration: Array
    static: Matrix | None = None

    @property
    def size(self) -> int:
        """The dimension of the matrices."""
        return int(next(iter(self.operators.values())).shape[0])

    def at(self, points: NDArray[np.int64]) -> Driven:
        """The same for some of the points."""
        static = None if self.static is None else self.static[points]
        return Driven(
            self.operators, lambda f: {k: c[points] for k, c in self.drive(f).items()}, self.duration[points], static
        )


def magnus(driven: Driven, fractions: Array, tolerance: float) -> tuple[Matrix, Array]:
    """Propagators by fourth-order commutator-free Magnus steps, extrapolated once.

    The number of steps between two moments is doubled, point by point, until two extrapolated results differ by less
    than `tolerance` at every moment.

    Parameters
    ----------
    driven
        The generator.
    fractions
        The moments (moments,), ascending, the first above 0.
    tolerance
        Largest error of a propagator's element.

    Returns
    -------
    tuple
        Propagators (points, moments, n, n) from the segment's start, and the estimated error (points,).

    Raises
    ------
    UnfinishedError
        When `MOST_STEPS` are not enough.
    """
    points = len(driven.duration)
    result = np.zeros((points, len(fractions), driven.size, driven.size), complex)
    error = np.full(points, np.inf)
    active = np.arange(points)
    plain, better, count = None, None, 2
    while len(active):
        if count > MOST_STEPS:
            raise UnfinishedError(
                f"a driven segment (method magnus) did not reach tolerance {tolerance:g} with {MOST_STEPS} steps "
                f"between two moments (error {error[active].max():.1e}); "
                "ask for more moments, a larger tolerance, or a shorter or uniform segment"
            )
        finer = _product(driven.at(active), fractions, count)
        if plain is not None:
            best = finer + (finer - plain) / 15
            if better is not None:
                error[active] = np.abs(best - better).max(axis=(1, 2, 3))
            done = error[active] <= tolerance
            result[active[done]] = best[done]
            finer, better, active = finer[~done], best[~done], active[~done]
        plain, count = finer, 2 * count
    return result, error


_NODE = np.sqrt(3) / 6
_NEAR, _FAR = 0.25 + _NODE, 0.25 - _NODE


def _step(driven: Driven, start: Array, width: Array, total: Matrix) -> Matrix:
    """One step (two exponentials) on propagators (points, intervals, n, n), from `start` to ``start + width``."""
    time = driven.duration[:, None] * width
    early, late = (driven.drive(start + at * width) for at in (0.5 - _NODE, 0.5 + _NODE))
    for near, far in ((_NEAR, _FAR), (_FAR, _NEAR)):
        mixed = stack({name: near * early[name] + far * late[name] for name in driven.operators}, driven.operators)
        if driven.static is None:
            total = exponential(mixed, time) @ total
        else:
            generator = (mixed + 0.5 * driven.static[:, None]) * time[..., None, None]
            total = expm(generator) @ total
    return total


def _product(driven: Driven, fractions: Array, count: int) -> Matrix:
    """Propagators at the moments from `count` steps in each interval; long intervals are first cut into parts."""
    cut = -(-PARTS // len(fractions))
    ends = np.interp(np.arange(1, cut * len(fractions) + 1) / cut, np.arange(len(fractions) + 1), [0.0, *fractions])
    starts = np.concatenate([[0.0], ends[:-1]])
    width = (ends - starts) / count
    one = np.eye(driven.size, dtype=complex)
    total = np.broadcast_to(one, (len(driven.duration), len(ends), driven.size, driven.size))
    for k in range(count):
        total = _step(driven, starts + k * width, width, total)
    found = np.empty((len(driven.duration), len(fractions), driven.size, driven.size), complex)
    running = np.broadcast_to(one, total.shape[:1] + total.shape[2:])
    for m in range(len(ends)):
        running = total[:, m] @ running
        found[:, m // cut] = running
    return found


def assemble(block: Block, small: Matrix, total: Matrix) -> None:
    """Write a block's propagators into all its copies in `total` (points, moments, d, d)."""
    for at in block.copies:
        total[:, :, at[:, None], at[None, :]] = small
