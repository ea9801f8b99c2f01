"""Pairs on doubly degenerate levels that attract each other: by the Lanczos method and by Richardson's equations."""

from __future__ import annotations

from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse import coo_array, csr_array, diags_array

from mesodyn.errors import InputError, Shown, UnfinishedError
from mesodyn.systems.lanczos import lowest
from mesodyn.systems.ring_space import configurations

Array = NDArray[np.float64]

MEMORY = 4e9
"""Bytes above which the sector of pairs is refused before anything is built."""
DENSE = 300
"""Up to this many states the matrix is diagonalised as a plain one."""
CLOSE = (0.1, 0.03, 0.01)
"""A step of the continuation is halved until Newton's method ends within this share of the way from where the tangent
led; the next one is tried where that ends at no solution, or not at a ground state's."""
ROUNDING = 1e-6
"""How far occupations may be from what they have to be."""


class Pairs(NamedTuple):
    """A ground state of pairs: its energy, how often each level holds a pair, and how exactly the equations hold."""

    energy: float
    occupations: Array
    residual: float


def size(levels: int, pairs: int) -> int:
    """The number of states of pairs on levels."""
    return comb(levels, pairs)


def memory(levels: int, pairs: int) -> float:
    """Bytes that the Lanczos method needs, known in advance."""
    states = size(levels, pairs)
    return 80.0 * states * (1 + pairs * (levels - pairs)) + 8.0 * 30 * states


def matrix(levels: Array, coupling: float, pairs: int) -> csr_array:
    r""":math:`\sum_j 2\epsilon_j n_j - \lambda\sum_{ij}b_i^\dagger b_j` on all ways to place hard-core pairs.

    Raises
    ------
    InputError
        When it needs more than `MEMORY` bytes.
    """
    count = len(levels)
    needed = memory(count, pairs)
    if needed > MEMORY:
        must = f"at most {MEMORY / 1e9:g} GB for method='lanczos'"
        was = Shown(f"{pairs} pairs on {count} levels: {size(count, pairs)} states, {needed / 1e9:.3g} GB")
        raise InputError("levels", must, was, "take method='richardson'")
    strings = configurations(count, pairs)
    held = np.array([strings >> j & 1 for j in range(count)], float)
    rows, columns = [], []
    for i in range(count):
        for j in range(i):
            here = np.flatnonzero((strings >> i & 1) != (strings >> j & 1))
            rows.append(np.searchsorted(strings, strings[here] ^ (1 << i) ^ (1 << j)))
            columns.append(here)
    at = (np.concatenate([*rows, []]).astype(np.int64), np.concatenate([*columns, []]).astype(np.int64))
    hops = coo_array((np.full(len(at[0]), -float(coupling)), at), shape=(len(strings),) * 2)
    return csr_array(hops + diags_array(2 * np.asarray(levels) @ held - coupling * pairs))


def lanczos(levels: Array, coupling: float, pairs: int) -> Pairs:
    """The ground state in the space of all ways to place the pairs; degenerate levels are welcome.

    Raises
    ------
    InputError
        When it needs more than `MEMORY` bytes.
    """
    total = matrix(levels, coupling, pairs)
    if total.shape[0] <= DENSE:
        energies, vectors = np.linalg.eigh(total.toarray())
        energy, ket = float(energies[0]), vectors[:, 0]
    else:
        found, vectors = lowest(total)
        energy, ket = float(found[0]), vectors[:, 0]
    strings = configurations(len(levels), pairs)
    held = np.array([strings >> j & 1 for j in range(len(levels))], float)
    residual = float(np.abs(total @ ket - energy * ket).max())
    return Pairs(energy, held @ ket**2, residual)


def richardson(levels: Array, coupling: float, pairs: int) -> Pairs:
    r"""The same by Richardson's equations, for any number of levels that all differ.

    With the pair energies :math:`E_\nu` of :math:`1/\lambda = \sum_j(2\epsilon_j - E_\nu)^{-1} - \sum_{\mu\ne\nu}
    2/(E_\mu - E_\nu)` the sums :math:`y_j = \lambda\sum_\nu(2\epsilon_j - E_\nu)^{-1}` obey

    .. math:: y_i^2 = y_i + \lambda\sum_{j\ne i}\frac{y_i - y_j}{2\epsilon_i - 2\epsilon_j},\quad \sum_j y_j = M,\qquad
              E = \sum_j 2\epsilon_jy_j - \lambda M(L - M + 1)

    which have no singularity where pair energies meet. They are followed from the Fermi sea, y = 1 or 0, at no
    coupling by Newton's method; the sum is held by least squares, without which the equations become singular as
    the coupling grows. The occupations are :math:`\partial E/\partial(2\epsilon_j)`.

    Raises
    ------
    InputError
        When two levels are equal.
    UnfinishedError
        When the solution is lost on the way.

    References
    ----------
    Faribault et al., Phys. Rev. B 83, 235124 (2011).
    """
    count = len(levels)
    middle = 2 * float(np.mean(levels))
    energies = 2 * np.asarray(levels, float) - middle
    apart = energies[:, None] - energies[None, :]
    np.fill_diagonal(apart, np.inf)
    if np.any(apart == 0):
        raise InputError("levels", "all different for method='richardson'", Shown("two equal"), "take method='lanczos'")
    equations = _Equations(1 / apart, pairs)
    start = np.zeros(count)
    start[np.argsort(energies, kind="stable")[:pairs]] = 1.0
    order = np.argsort(energies, kind="stable")
    for close in CLOSE:
        y = equations.followed(start, float(coupling), close)
        if y is None:
            continue
        occupations = equations.occupations(y, coupling, energies)
        residual = float(np.abs(equations.misses(y, coupling)).max())
        if abs(y.sum() - pairs) < 1e-8 and residual < 1e-8 and _of_ground(occupations[order], y[order], coupling):
            energy = energies @ y - coupling * pairs * (count - pairs + 1) + middle * pairs
            return Pairs(float(energy), occupations, residual)
    raise UnfinishedError("Richardson's equations lost the ground state on the way; take method='lanczos'")


def _of_ground(occupations: Array, y: Array, coupling: float) -> bool:
    """Whether the levels are filled as in a ground state.

    No level holds more than one below it, else exchanging the two would lower the energy. With attraction y
    falls from level to level as well: so it does in all that were diagonalised, and not on neighbouring branches.
    """
    inside = occupations.min(initial=0.0) > -ROUNDING and occupations.max(initial=0.0) < 1 + ROUNDING
    falling = bool(coupling <= 0 or np.all(np.diff(y) < ROUNDING))
    return bool(inside and falling and np.all(np.diff(occupations) < ROUNDING))


class _Equations:
    """The quadratic equations for some levels and pairs."""

    def __init__(self, inverse: Array, pairs: int) -> None:
        self.inverse, self.total, self.pairs = inverse, inverse.sum(axis=1), pairs

    def misses(self, y: Array, coupling: float) -> Array:
        """Left minus right."""
        return np.asarray(y * y - y - coupling * (self.total * y - self.inverse @ y))

    def slopes(self, y: Array, coupling: float) -> Array:
        """The derivatives of `misses` by y."""
        return np.asarray(np.diag(2 * y - 1 - coupling * self.total) + coupling * self.inverse)

    def step(self, y: Array, coupling: float, wanted: Array, sum_wanted: float) -> Array:
        """The change of y that changes `misses` and the sum by what is wanted, by least squares."""
        slopes = self.slopes(y, coupling)
        return np.asarray(cho_solve(cho_factor(slopes.T @ slopes + 1.0), slopes.T @ wanted + sum_wanted))

    def occupations(self, y: Array, coupling: float, energies: Array) -> Array:
        """The derivatives of the energy by those of the levels, by one adjoint solution."""
        slopes = self.slopes(y, coupling)
        adjoint = slopes @ cho_solve(cho_factor(slopes.T @ slopes + 1.0), energies)
        pulled = coupling * (y[:, None] - y[None, :]) * self.inverse**2  # -df_i/de_k off the diagonal
        return np.asarray(y + pulled.T @ adjoint - adjoint * pulled.sum(axis=1))

    def corrected(self, y: Array, coupling: float) -> Array | None:
        """Newton's method from y; None where it does not settle."""
        before = np.inf
        for _ in range(12):
            try:
                change = self.step(y, coupling, -self.misses(y, coupling), self.pairs - y.sum())
            except (LinAlgError, ValueError):
                return None
            y, moved = y + change, float(np.abs(change).max())
            if moved < 1e-12 or (moved < 1e-9 and moved > 0.5 * before):
                return y
            if moved > 0.7 * before:
                return None
            before = moved
        return None

    def followed(self, y: Array, coupling: float, close: float) -> Array | None:
        """The solution at a coupling that y, the one at none, turns into; None where it is lost."""
        now, ahead = 0.0, coupling / 4
        while now != coupling:
            slope = self.step(y, now, self.total * y - self.inverse @ y, 0.0)
            after = now + ahead if abs(coupling - now) > 1.0001 * abs(ahead) else coupling
            guess = y + (after - now) * slope
            found = self.corrected(guess, after)
            if found is not None and np.abs(found - guess).max() < close * np.abs(found - y).max() + 1e-8:
                y, now, ahead = found, after, 2 * (after - now)
                continue
            ahead = (after - now) / 2
            if abs(ahead) < 1e-9 * abs(coupling):
                return None
        return y
