"""Quantum trajectories of a static segment: exact jump times, all trajectories side by side.

Between two jumps a ket follows the effective Hamiltonian ``K = H - i/2 sum_k L_k^dagger L_k``, whose spectrum gives it
at any time at once. Its squared norm is the probability that no jump has come yet; the time of the next jump is where
it has fallen to a uniform random number, and the channel is drawn by the weights ``|L_k psi|^2`` there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.dynamics import unitary
from mesodyn.dynamics.channels import Channels, applied, squared
from mesodyn.errors import InputError, Shown, UnfinishedError
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

SAME = 1e-12
"""The largest error of the logarithm of the squared norm at a jump."""
MOST_STEPS = 200
"""Newton and bisection steps at which the search for a jump time is given up."""
WORST_CONDITION = 1e6
"""Eigenvectors of an effective Hamiltonian with a larger condition number are not used."""
BITS = 52
"""Binary digits of a time, where there are no eigenvectors to use."""
BLOCK = 16
"""For how many jumps a trajectory draws its numbers at once."""
HELD = 50_000
"""How many complex numbers of states are worked on at once."""


@dataclass(frozen=True)
class Jumps:
    """What `jumps` returns.

    Attributes
    ----------
    states
        Normalised kets (trajectories, moments, n).
    times
        When each trajectory jumps (trajectories, most jumps), from the segment's start; nan after the last.
    channels
        The number of the jump operator (trajectories, most jumps); -1 after the last.
    """

    states: Matrix
    times: Array
    channels: Integers

    @property
    def counts(self) -> Integers:
        """How often each trajectory jumps (trajectories,)."""
        return (self.channels >= 0).sum(axis=1)


def jumps(
    hamiltonian: NDArray[Any],
    operators: Channels | Any,
    kets: NDArray[Any],
    duration: float,
    fractions: Any,
    generators: Sequence[np.random.Generator],
) -> Jumps:
    r"""Unravel a static segment into quantum trajectories.

    .. math:: \dot\rho = -i[H, \rho] + \sum_k L_k \rho L_k^\dagger - \tfrac12 \{L_k^\dagger L_k, \rho\}

    is the mean of :math:`|\psi\rangle\langle\psi|` over trajectories (Dalibard, Castin and Mølmer, PRL 68, 580, 1992).
    Jump times are exact to rounding: there is no time step. A trajectory depends on its ket and its generator alone,
    bit for bit, and not on how many others there are.

    Parameters
    ----------
    hamiltonian
        H (n, n), Hermitian.
    operators
        Jump operators (channels, n, n), or `Channels`.
    kets
        The normalised kets (trajectories, n) at the start (`sampled` draws them for a mixed state).
    duration
        Of the segment, at least 0.
    fractions
        The moments (moments,) as fractions of it, ascending in [0, 1].
    generators
        One for each trajectory: ``mesodyn.seeds.generator(seed, point, trajectory)``.

    Returns
    -------
    Jumps
        States at the moments, and times and channels of the jumps.

    Raises
    ------
    InputError
        When shapes don't fit, kets are not normalised, or moments don't ascend.
    UnfinishedError
        When a jump time can't be found.

    Examples
    --------
    A level that decays at rate 1: the mean number of jumps in a long time is one.

    >>> import numpy as np
    >>> from mesodyn.seeds import generator
    >>> lower, up = np.array([[0, 1], [0, 0]]), np.array([[0, 1]] * 100)
    >>> found = jumps(np.zeros((2, 2)), [lower], up, 50.0, [1.0], [generator(0, 0, k) for k in range(100)])
    >>> int(found.counts.sum()), round(float(np.nanmean(found.times)), 1)
    (100, 1.0)
    """
    channels = operators
    if not isinstance(channels, Channels):
        channels = Channels.of(channels if len(channels) else np.zeros((0, *np.shape(hamiltonian))))
    moments = _checked(hamiltonian, channels, kets, duration, fractions, generators)
    road = _road(np.asarray(hamiltonian, complex), channels, duration)
    story = _Story(road, channels, np.asarray(kets, complex), duration, generators)
    return Jumps(story.states(moments * duration), story.times, story.channels)


def sampled(state: NDArray[Any], generators: Sequence[np.random.Generator]) -> Matrix:
    """Kets (trajectories, n) drawn from the spectral decomposition of a density matrix (n, n), one for each generator.

    Examples
    --------
    >>> import numpy as np
    >>> from mesodyn.seeds import generator
    >>> kets = sampled(np.diag([0.25, 0.75]), [generator(0, 0, k) for k in range(1000)])
    >>> bool(abs((abs(kets[:, 1]) ** 2).mean() - 0.75) < 0.05)
    True
    """
    weights, vectors = np.linalg.eigh(np.asarray(state, complex))
    reached = np.cumsum(np.clip(weights, 0.0, None))
    draws = np.array([each.random() for each in generators]) * reached[-1]
    return np.asarray(vectors.T[np.searchsorted(reached, draws, side="right")])


def _checked(
    hamiltonian: Any, channels: Channels, kets: Any, duration: float, fractions: Any, generators: Sequence[Any]
) -> Array:
    """Refuse what does not fit; the moments as an array."""
    size = np.shape(hamiltonian)[0]
    if np.shape(hamiltonian) != (size, size) or np.abs(hamiltonian - np.conj(hamiltonian).T).max() > 1e-9 * max(
        1.0, np.abs(hamiltonian).max()
    ):
        raise InputError("hamiltonian", "Hermitian (n, n)", Shown(f"another matrix, {np.shape(hamiltonian)}"))
    if channels.rows.shape[1] != size:
        raise InputError("operators", f"on {size} states", Shown(f"on {channels.rows.shape[1]}"))
    if np.shape(kets) != (len(generators), size):
        raise InputError("kets", f"of shape {(len(generators), size)}", Shown(f"of shape {np.shape(kets)}"))
    if len(generators) and np.abs(squared(np.asarray(kets, complex)) - 1).max() > 1e-9:
        raise InputError("kets", "normalised", Shown("not"))
    checks.number("duration", duration, low=0)
    moments = np.asarray(fractions, float)
    if moments.ndim != 1 or np.any(np.diff(moments) < 0) or np.any((moments < 0) | (moments > 1)):
        raise InputError("fractions", "ascending in [0, 1]", fractions)
    return moments


class _Spectral:
    """Kets at any time from the eigenvectors of the effective Hamiltonian."""

    def __init__(self, values: Matrix, vectors: Matrix) -> None:
        self.decay, self.turning, self.vectors = values.imag.copy(), -1j * values.real, vectors.T
        self.inverse = np.linalg.inv(vectors).T

    def enter(self, kets: Matrix, starts: Array) -> Matrix:
        """The amplitudes (trajectories, n) that `at` goes on from: their phases turned back to time 0."""
        return applied(kets, self.inverse) * np.exp(-self.turning * starts[:, None])

    def at(self, entered: Matrix, starts: Array, times: Array) -> Matrix:
        """Kets (trajectories, moments, n), not normalised, from amplitudes of that shape and their starts.

        All trajectories have moments in common, so their phases are taken out of the product.
        """
        decayed = entered * np.exp(self.decay * (times - starts)[..., None])
        return np.asarray(np.matmul(decayed * np.exp(self.turning * times[..., None]), self.vectors))


class _Ladder:
    """Kets at any time where eigenvectors are (nearly) parallel: by propagators over the binary digits of the time."""

    def __init__(self, effective: Matrix, duration: float) -> None:
        self.duration = duration
        spans = duration * 2.0 ** -np.arange(BITS + 1)
        self.steps = unitary.expm(-1j * effective * spans[:, None, None]).swapaxes(-1, -2)

    def enter(self, kets: Matrix, starts: Array) -> Matrix:
        return kets

    def at(self, entered: Matrix, starts: Array, times: Array) -> Matrix:
        digits = np.rint((times - starts) / self.duration * 2.0**BITS).astype(np.int64)
        for k, step in enumerate(self.steps):
            here = ((digits >> (BITS - k)) & 1).astype(bool)
            if here.any():
                entered = np.where(here[..., None], np.matmul(entered, step), entered)
        return entered


def _road(hamiltonian: Matrix, channels: Channels, duration: float) -> _Spectral | _Ladder:
    """How kets move between jumps."""
    if not len(channels.rows):
        return _Spectral(*np.linalg.eigh(hamiltonian))
    effective = hamiltonian - 0.5j * channels.square
    values, vectors = np.linalg.eig(effective)
    if np.linalg.cond(vectors) > WORST_CONDITION and duration > 0:
        return _Ladder(effective, duration)
    return _Spectral(values, vectors)


class _Story:
    """All that happens to the kets, jump by jump: round k is the k-th jump of all trajectories that have one."""

    def __init__(
        self,
        road: _Spectral | _Ladder,
        channels: Channels,
        kets: Matrix,
        duration: float,
        generators: Sequence[np.random.Generator],
    ) -> None:
        self.road, self.bath, self.duration, self.generators = road, channels, duration, generators
        active, now = np.arange(len(kets)), np.zeros(len(kets))
        self.entered, self.starts, self.place = [road.enter(kets, now)], [now], [active]
        happened: list[tuple[Integers, Array, Integers]] = []
        while len(channels.rows) and len(active):
            draws = self._draws(len(happened), active)
            when, before = self._times(kets, np.log1p(-draws[:, 0]))
            jumping = np.isfinite(when)
            active, now = active[jumping], when[jumping]
            kets, chosen = channels.apply(before[jumping], draws[jumping, 1])
            happened.append((active, now, chosen))
            self.entered.append(road.enter(kets, now))
            self.starts.append(now)
            self.place.append(active)
        rounds = [part for part in happened if len(part[0])]
        self.times = np.full((len(generators), len(rounds)), np.nan)
        self.channels = np.full((len(generators), len(rounds)), -1)
        for k, (who, when, which) in enumerate(rounds):
            self.times[who, k], self.channels[who, k] = when, which

    def _draws(self, turn: int, active: Integers) -> Array:
        """Two uniform numbers (active, 2), each trajectory's from its own generator."""
        if turn % BLOCK == 0:
            self._block = np.empty((len(self.generators), BLOCK, 2))
            for k in active:
                self._block[k] = self.generators[k].random((BLOCK, 2))
        return np.asarray(self._block[active, turn % BLOCK])

    def _times(self, kets: Matrix, level: Array) -> tuple[Array, Matrix]:
        """When the logarithm of the squared norm falls to `level` (inf: not in this segment), and the kets then.

        Newton's steps inside a bracket, bisection where they leave it or don't shrink.
        """
        entered, starts, square = self.entered[-1], self.starts[-1], self.bath.square.T
        low, high, found = starts.copy(), np.full(len(level), self.duration), np.full(len(level), np.inf)
        ends = self._one(entered, starts, high)
        with np.errstate(divide="ignore"):
            who = np.flatnonzero(np.log(squared(ends)) < np.minimum(level, -SAME))
        slope = (kets.conj() * applied(kets, square)).real.sum(axis=1)
        last = high - low
        time = low + np.minimum(-level / np.maximum(slope, 1e-300), 0.5 * last)
        for _ in range(MOST_STEPS):
            if not len(who):
                return found, ends
            t = time[who]
            here = self._one(entered[who], starts[who], t)
            norm = squared(here)
            with np.errstate(divide="ignore", invalid="ignore"):
                over = np.log(norm) - level[who]
                new = t + over * norm / (here.conj() * applied(here, square)).real.sum(axis=1)
            low[who], high[who] = np.where(over > 0, t, low[who]), np.where(over > 0, high[who], t)
            good = (new > low[who]) & (new < high[who]) & (np.abs(new - t) <= 0.5 * np.abs(last[who]))
            new = np.where(good, new, 0.5 * (low[who] + high[who]))
            done = (np.abs(over) <= SAME) | (np.abs(new - t) <= 4e-16 * self.duration)
            found[who[done]], ends[who[done]] = t[done], here[done]
            last[who], time[who] = new - t, new
            who = who[~done]
        raise UnfinishedError("the time of a quantum jump was not found; ask for the master equation instead")

    def _one(self, entered: Matrix, starts: Array, times: Array) -> Matrix:
        """Kets (trajectories, n) at one time each."""
        return self.road.at(entered[:, None], starts[:, None], times[:, None])[:, 0]

    def states(self, moments: Array) -> Matrix:
        """Normalised kets (trajectories, moments, n) at times from the segment's start."""
        entered, starts = np.concatenate(self.entered), np.concatenate(self.starts)
        offsets = np.cumsum([0, *(len(part) for part in self.place)])
        where = np.zeros((len(self.generators), len(self.place)), np.int64)
        for k, who in enumerate(self.place):
            where[who, k] = offsets[k] + np.arange(len(who))
        size = entered.shape[1]
        found = np.empty((len(self.generators), len(moments), size), complex)
        chunk = max(1, HELD // (size * max(1, len(moments))))
        for begin in range(0, len(found), chunk):
            some = range(begin, min(len(found), begin + chunk))
            counts = [np.searchsorted(self.times[k], moments, side="right") for k in some]
            index = np.stack([where[k][count] for k, count in zip(some, counts, strict=True)])
            kets = self.road.at(entered[index], starts[index], moments)
            found[begin : some.stop] = kets / np.sqrt(squared(kets))[..., None]
        return found
