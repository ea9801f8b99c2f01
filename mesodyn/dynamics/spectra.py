"""Spectra and correlations of a static open system, from one decomposition of its Liouvillian (PHYSICS 3b)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.dynamics import resolvent
from mesodyn.dynamics.liouville import Block, Sites, blocks, dense
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

METHODS = ("auto", "modes", "resolvent", "krylov")
"""``modes``: one decomposition; ``resolvent``: a linear system for each frequency; ``krylov``: sparse, for many
levels."""
LARGEST_DENSE = 640
"""Rows of a block up to which it is decomposed as a full matrix."""
DEFECT = 1e-9
"""A decomposition that misses the first two moments by more, relatively, is not trusted."""
MOVED = 1e-8
"""A state is stationary if what `a` and `b` see of it changes by less than this share of the fastest rate."""
STILL = 1e-11
"""Modes slower than this share of the fastest do not decay: a line without width, which is left out."""
FAINT = 1e-12
"""A mode that stands still with less than this share of all weights is the stationary state, left over by rounding."""


@dataclass(frozen=True)
class Modes:
    r"""A correlation function as a sum of damped waves, for each point.

    .. math:: \langle A(t)B(0)\rangle = \sum_k r_k\,e^{\lambda_k t}

    Parameters
    ----------
    rates
        :math:`\lambda_k` (points, modes), real parts 0 or below.
    weights
        :math:`r_k` (points, modes).
    """

    rates: Matrix
    weights: Matrix

    def correlation(self, times: Any) -> Matrix:
        """The correlation (points, times) at ``times`` (times,) or (points, times), 0 or later."""
        t = np.broadcast_to(times, (len(self.rates), np.shape(times)[-1]))
        found = np.empty(t.shape, complex)
        for k in range(len(t)):
            found[k] = np.exp(self.rates[k] * t[k][:, None]) @ self.weights[k]
        return found

    def spectrum(self, frequencies: Any, resolution: Any = 0.0) -> Array:
        """The spectrum (points, frequencies), as `spectrum` returns it."""
        w = np.broadcast_to(frequencies, (len(self.rates), np.shape(frequencies)[-1]))
        half = np.broadcast_to(np.asarray(resolution, float) / 2, (len(self.rates),))
        least = STILL * np.abs(self.rates).max(axis=-1, keepdims=True)
        faint = np.abs(self.weights) <= FAINT * np.abs(self.weights).sum(axis=-1, keepdims=True)
        wide = np.where((np.abs(self.rates) <= least) & (faint | (half[:, None] <= least)), 0.0, self.weights)
        damping = half[:, None] - np.where(wide == 0, -1.0, self.rates.real)
        found = np.empty(w.shape)
        for k in range(len(w)):  # one point at a time: the same bits in a sweep as alone
            away = w[k][:, None] + self.rates[k].imag
            found[k] = _lines(away, damping[k], wide[k])
        return found


def _lines(away: Array, damping: Array, weights: Matrix) -> Array:
    """The sum of lines over (frequencies, modes), in real numbers."""
    spread = damping**2
    total = np.zeros(len(away))
    below = 1 / (away * away + spread)
    total += below @ (weights.real * damping)
    if np.any(weights.imag):
        total -= (away * below) @ weights.imag
    return total / np.pi


def modes(hamiltonian: Any, jumps: Sequence[Any], a: Any, b: Any, state: Any = None) -> Modes:
    r"""Decompose :math:`\langle A(t)B(0)\rangle-\langle A\rangle\langle B\rangle` of a stationary state into modes.

    Only the part of the Liouvillian is used that B rho reaches and that A sees, block by connected block.

    Parameters
    ----------
    hamiltonian, jumps, a, b
        `Qobj` or arrays (n, n); Hamiltonian and jump operators also (points, n, n), the rates' roots included.
    state
        The stationary density matrix (n, n) or (points, n, n); found if left out, where there is only one. Parts that
        A and B don't see may move, as the coherence between two numbers when both conserve the number.

    Raises
    ------
    InputError
        For shapes that do not fit, or a state that is not stationary.

    Examples
    --------
    A level of energy 2 that decays at the rate 0.3:

    >>> import numpy as np
    >>> lower, e = np.array([[0, 1], [0, 0]]), np.diag([0, 2])
    >>> found = modes(e, [np.sqrt(0.3) * lower], lower, lower.T, np.diag([1, 0]))
    >>> complex(found.rates[0, 0]), complex(found.weights[0, 0])
    ((-0.15-2j), (1+0j))
    """
    return _decompose(_Problem.of(hamiltonian, jumps, a, b, state))


def transient(hamiltonian: Any, jumps: Sequence[Any], observable: Any, start: Any) -> Modes:
    r"""Decompose :math:`\mathrm{Tr}(O\,e^{Lt}X)` into modes: how an expectation evolves from any matrix X.

    Parameters
    ----------
    hamiltonian, jumps
        See `modes`.
    observable
        O (n, n).
    start
        X (n, n) or (points, n, n), not necessarily a state.

    Examples
    --------
    >>> import numpy as np
    >>> lower = np.array([[0, 1], [0, 0]])
    >>> decay = transient(np.zeros((2, 2)), [np.sqrt(0.5) * lower], lower.T @ lower, np.diag([0, 1]))
    >>> decay.correlation([0, 2]).real.round(9).tolist()
    [[1.0, 0.367879441]]
    """
    h, ls, seen, x = _array(hamiltonian), [_array(jump) for jump in jumps], _array(observable), _array(start)
    _check_shapes({"hamiltonian": h, "observable": seen, "start": x}, ls)
    sites = Sites.of(h, ls)
    points = max(sites.points, len(x) if x.ndim == 3 else 1)
    flat = np.broadcast_to(x, (points, *x.shape[-2:])).reshape(points, -1)
    return _decompose(_Problem(sites.over(points), flat, seen.T.reshape(-1), True))


def spectrum(
    hamiltonian: Any,
    jumps: Sequence[Any],
    a: Any,
    b: Any,
    frequencies: Any,
    state: Any = None,
    *,
    resolution: Any = 0.0,
    method: str = "auto",
    tolerance: float = 1e-9,
) -> Array:
    r"""The spectrum of a correlation of a stationary state (PHYSICS 3b).

    .. math::
        S(\omega) = \frac{1}{\pi}\,\mathrm{Re}\int_0^\infty e^{i\omega t-\kappa t/2}
        \left[\langle A(t)B(0)\rangle-\langle A\rangle\langle B\rangle\right]dt

    Integrated over all frequencies it gives :math:`\mathrm{Re}\langle AB\rangle`, less the part without width.
    `qutip.spectrum` is 2 pi times this for :math:`B=A^\dagger`, at the negative frequency.

    Parameters
    ----------
    hamiltonian, jumps, a, b, state
        See `modes`.
    frequencies
        (frequencies,) or (points, frequencies).
    resolution
        :math:`\kappa\ge0`, the full width of the detector's own Lorentzian line; a number or (points,).
    method
        One of `METHODS`. ``auto``: modes, and ``krylov`` where the block has more than `LARGEST_DENSE` rows.
    tolerance
        Largest error of ``krylov``, over the largest value of the spectrum.

    Returns
    -------
    array, shape (frequencies,) or (points, frequencies)

    Raises
    ------
    InputError
        For shapes that do not fit, a state that is not stationary, or an unknown method.
    UnfinishedError
        When ``krylov`` does not reach the tolerance.
    """
    checks.choice("method", method, METHODS)
    checks.number("tolerance", tolerance, above=0)
    problem = _Problem.of(hamiltonian, jumps, a, b, state)
    w = np.broadcast_to(frequencies, (problem.points, np.shape(frequencies)[-1]))
    half = np.broadcast_to(np.asarray(resolution, float) / 2, (problem.points,))
    found = np.zeros(w.shape)
    parts = problem.blocks
    large = [part for part in parts if method == "krylov" or (method == "auto" and len(part) > LARGEST_DENSE)]
    for part in large:
        for k in range(problem.points):
            found[k] += resolvent.krylov(*problem.sparse(part, k), w[k], half[k], tolerance)
    small = [part for part in parts if part not in large]
    if method == "resolvent":
        for part in small:
            found += resolvent.direct(*problem.anchored(part), w, half)
    elif small:
        sums, trusted = _checked(problem, small)
        found += sums.spectrum(w, 2 * half)
        if not np.all(trusted):
            again = np.flatnonzero(~trusted)
            found[again] = sum(
                resolvent.direct(*problem.anchored(part, again), w[again], half[again]) for part in small
            )
    return found if problem.batched or np.ndim(frequencies) > 1 else found[0]


def stationary(hamiltonian: Any, jumps: Sequence[Any]) -> Matrix:
    """The stationary density matrix (n, n) of one open system, by inverse iteration.

    Raises
    ------
    InputError
        When there is more than one, as for blocks that do not mix: then the state has to be given.
    """
    h, ls = _array(hamiltonian), [_array(jump) for jump in jumps]
    return resolvent.null_state(Sites.of(h, ls))


def _decompose(problem: _Problem) -> Modes:
    return _checked(problem, problem.blocks)[0]


def _checked(problem: _Problem, parts: Sequence[Block]) -> tuple[Modes, NDArray[np.bool_]]:
    """The modes of all blocks, and for which points they reproduce the first two moments."""
    rates, weights = [], []
    trusted = np.ones(problem.points, bool)
    for part in parts:
        generator, start, seen = problem.dense(part)
        values, heights = part.eigen(generator, start, seen)
        zeroth, first = (start @ seen, np.einsum("pij,pj,i->p", generator, start, seen))
        size = np.abs(heights).sum(axis=-1) + np.finfo(float).tiny
        speed = np.abs(values).max(axis=-1) + np.finfo(float).tiny
        off = np.abs(heights.sum(axis=-1) - zeroth) / size
        off = np.maximum(off, np.abs((heights * values).sum(axis=-1) - first) / (size * speed))
        large = size > 1e6 * (np.linalg.norm(start, axis=-1) * np.linalg.norm(seen) + np.finfo(float).tiny)
        trusted &= (off < DEFECT) & ~large
        rates.append(values)
        weights.append(heights)
    if not parts:
        return Modes(-np.ones((problem.points, 1), complex), np.zeros((problem.points, 1), complex)), trusted
    return Modes(np.concatenate(rates, axis=-1), np.concatenate(weights, axis=-1)), trusted


@dataclass(frozen=True)
class _Problem:
    """One correlation function for all points."""

    sites: Sites
    start: Matrix
    seen: Matrix
    batched: bool
    rho: Matrix | None = None

    @classmethod
    def of(cls, hamiltonian: Any, jumps: Sequence[Any], a: Any, b: Any, state: Any) -> _Problem:
        h, ls, left, right = _array(hamiltonian), [_array(jump) for jump in jumps], _array(a), _array(b)
        _check_shapes({"hamiltonian": h, "a": left, "b": right}, ls)
        sites = Sites.of(h, ls)
        rho = resolvent.null_state(sites) if state is None else _array(state)
        batched = any(x.ndim == 3 for x in (h, rho, *ls))
        rho = np.broadcast_to(rho, (max(sites.points, len(rho) if rho.ndim == 3 else 1), *h.shape[-2:]))
        sites = sites.over(len(rho))
        kicked = right @ rho
        kicked = kicked - np.einsum("pii->p", kicked)[:, None, None] * rho
        found = cls(sites, kicked.reshape(len(rho), -1), left.T.reshape(-1), batched, rho.reshape(len(rho), -1))
        found.check_stationary(rho, right)
        return found

    @property
    def points(self) -> int:
        return len(self.start)

    def check_stationary(self, rho: Matrix, right: Matrix) -> None:
        """Refuse a state whose correlation would depend on when one begins to look."""
        moved = (right @ self.sites.apply(rho)).reshape(self.points, -1)
        speed = self.sites.speed() * np.abs(right).max()
        off = max([float((np.abs(moved[:, part.rows]).max(axis=-1) / speed).max()) for part in self.blocks], default=0)
        trace = float(np.abs(np.einsum("pii->p", rho) - 1).max())
        if off > MOVED or trace > MOVED:
            was = Shown(f"one that changes at {off:.2g} of the fastest rate" if off > MOVED else "one of another trace")
            raise InputError("state", "a stationary density matrix of trace 1", was, "leave it out to have it found")

    @cached_property
    def blocks(self) -> list[Block]:
        """What the start reaches and the observable sees."""
        return blocks(self.sites, np.any(self.start, axis=0), self.seen != 0)

    def dense(self, part: Block, which: Any = slice(None)) -> tuple[Matrix, Matrix, Matrix]:
        """Generator (points, m, m), start (points, m) and observable (m,) of a block."""
        return dense(self.sites.take(which), part), self._moving(part)[which], self.seen[part.rows]

    def _moving(self, part: Block) -> Matrix:
        """The start (points, m) on a block, less its stationary part: that would be a line without width."""
        start = self.start[:, part.rows]
        populations = part.rows % (self.sites.size + 1) == 0
        if self.rho is None or not np.any(populations):
            return start
        still = self.rho[:, part.rows]
        # In one layout whatever the number of points: the order of a sum, and so its last bit, depends on it.
        weight, moved = (np.ascontiguousarray(x[:, populations]).sum(axis=1, keepdims=True) for x in (still, start))
        share = moved / np.where(weight == 0, 1.0, weight)
        return np.asarray(start - np.where(weight == 0, 0.0, share) * still)

    def anchored(self, part: Block, which: Any = slice(None)) -> tuple[Matrix, Matrix, Matrix]:
        """As `dense`, with the stationary state made to decay: no frequency is singular, and no spectrum changes."""
        generator, start, seen = self.dense(part, which)
        populations = part.rows % (self.sites.size + 1) == 0
        if self.rho is not None and np.any(populations):
            still = self.rho[which][:, part.rows]
            speed = self.sites.take(which).speed()[:, None, None]
            generator = generator - speed * still[:, :, None] * populations
        return generator, start, seen

    def sparse(self, part: Block, point: int) -> tuple[Any, Matrix, Matrix]:
        """The same for one point, the generator as a sparse matrix."""
        generator = self.sites.sparse(point)[part.rows][:, part.rows]
        return generator.tocsc(), self._moving(part)[point], self.seen[part.rows]


def _check_shapes(matrices: dict[str, Matrix], jumps: Sequence[Matrix]) -> None:
    """Refuse operators of different sizes."""
    size = matrices["hamiltonian"].shape[-1]
    for name, matrix in (matrices | {f"jump {k}": jump for k, jump in enumerate(jumps)}).items():
        if matrix.ndim not in (2, 3) or matrix.shape[-2:] != (size, size):
            raise InputError(name, f"of shape ({size}, {size}) or (points, {size}, {size})", Shown(f"{matrix.shape}"))


def _array(operator: Any) -> Matrix:
    return np.asarray(operator.full() if isinstance(operator, qutip.Qobj) else operator, complex)
