"""A junction under a given bias: passages through a level crossing, and jumps between two branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.flow import flow
from mesodyn.systems.branch_levels import BranchLevels

Array = NDArray[np.float64]
PLUS, MINUS, ODD = 0, 1, 2
"""States of a trajectory: on one of the two branches, or with an odd particle that carries no current."""


def passage(
    field: Callable[[float], Array],
    times: Array,
    *,
    start: NDArray[np.complex128] | None = None,
    tolerance: float = 1e-9,
    method: str = "auto",
) -> NDArray[np.complex128]:
    r"""Integrate :math:`i\hbar\,d\psi/dt = h(t)\cdot\sigma\,\psi` of two levels.

    Parameters
    ----------
    field
        From the time to the vector h, shape (3,): energies.
    times
        Ascending (moments,).
    start
        The amplitudes (2,) at ``times[0]``; by default those of the lower level there.
    tolerance, method
        As of `mesodyn.dynamics.flow.flow`.

    Returns
    -------
    array, shape (moments, 2)
        The amplitudes; `share_of_upper` says how much of them is in the upper level at each time.

    Examples
    --------
    The crossing of H = ½[[vt, Δ], [Δ, -vt]] with v = Δ = 1, where exp(-π/2) = 0.20788 stays on its branch:

    >>> import numpy as np
    >>> crossing = lambda t: np.array([t / 2, 0.5, 0.0])
    >>> times = np.linspace(-60, 60, 3)
    >>> found = passage(crossing, times)
    >>> round(float(share_of_upper(found[-1], crossing(60.0))), 6)
    0.207878
    """
    begun = lower_level(field(float(times[0]))) if start is None else np.asarray(start, complex)

    def slope(t: float, parts: Array) -> Array:
        x, y, z = (float(part) for part in field(t))
        (a, b, c, d) = parts  # a + ib and c + id
        return np.array(
            [
                x * b + y * d - z * c,
                -x * a - y * c - z * d,
                y * b + z * a - x * d,
                -y * a + z * b + x * c,
            ]
        )

    found = flow(slope, begun.view(float), times, tolerance=0.1 * tolerance, method=method)
    return np.ascontiguousarray(found).view(complex)


def lower_level(field: Array) -> NDArray[np.complex128]:
    """The amplitudes (2,) of the lower level of h.sigma."""
    x, y, z = field
    return np.linalg.eigh(np.array([[x, y - 1j * z], [y + 1j * z, -x]]))[1][:, 0].astype(complex)


def share_of_upper(psi: NDArray[np.complex128], field: Array) -> Array:
    """Which share of the amplitudes (..., 2) is in the upper level of h, shape (3, ...); ½ where the levels meet."""
    x, y, z = field
    length = np.sqrt(x**2 + y**2 + z**2)
    cross = psi[..., 0].conj() * psi[..., 1]
    along = x * (np.abs(psi[..., 0]) ** 2 - np.abs(psi[..., 1]) ** 2) + 2 * (y * cross.real + z * cross.imag)
    whole = (np.abs(psi) ** 2).sum(axis=-1) * length
    return np.asarray(0.5 + 0.5 * np.divide(along, whole, out=np.zeros_like(along), where=whole > 0))


@dataclass(frozen=True)
class Jumps:
    """What makes a junction change its branch besides a passage.

    Parameters
    ----------
    relaxation
        Rate from the upper to the lower level.
    poisoning
        Rate of single particles.
    through_odd
        Whether such a particle leaves the junction in an odd state without current until the next one comes, which
        takes it to the lower level; else each changes the branch.
    """

    relaxation: float = 0.0
    poisoning: float = 0.0
    through_odd: bool = False

    def matrix(self, lower: int, time: float) -> Array:
        """The probabilities (from, to) over a time in which `lower` is the lower branch."""
        from scipy.linalg import expm

        upper = MINUS if lower == PLUS else PLUS
        rates = np.zeros((3, 3))
        rates[upper, lower] += self.relaxation
        if self.through_odd:
            rates[PLUS, ODD] = rates[MINUS, ODD] = rates[ODD, lower] = self.poisoning
        else:
            rates[upper, lower] += self.poisoning
            rates[lower, upper] += self.poisoning
        rates -= np.diag(rates.sum(axis=1))
        return np.asarray(expm(rates * time))


def telegraph(
    phase: Array,
    times: Array,
    staying: Callable[[Array], Array],
    jumps: Jumps,
    start: int,
    generators: Sequence[np.random.Generator],
) -> NDArray[np.int8]:
    """The branch of each trajectory while the phase difference runs as given.

    Between two moments the jumps follow their exact probabilities. Each time the phase passes an odd multiple of pi,
    upper and lower level change places and a trajectory leaves its branch unless it stays by `staying`.

    Parameters
    ----------
    phase, times
        The phase difference (moments,) at even times (moments,); none of it on an odd multiple of pi.
    staying
        From speeds (crossings,) to the probabilities of staying on the branch.
    jumps
        The other ways to change it.
    start
        `PLUS` or `MINUS`.
    generators
        One for each trajectory.

    Returns
    -------
    array, shape (trajectories, moments)
        `PLUS`, `MINUS` or `ODD`.
    """
    stretch = np.floor((phase + np.pi) / (2 * np.pi)).astype(int)
    lower = np.where(stretch % 2 == 0, PLUS, MINUS)
    step = float(times[1] - times[0])
    whole = np.stack([jumps.matrix(branch, step) for branch in (PLUS, MINUS)])
    half = np.stack([jumps.matrix(branch, step / 2) for branch in (PLUS, MINUS)])
    tables = whole[lower[:-1]]
    passed = np.flatnonzero(np.diff(stretch) % 2)
    if passed.size:
        stay = staying(np.abs(np.diff(phase)[passed] / step))
        tables[passed] = half[lower[passed]] @ leaving(stay) @ half[lower[passed + 1]]
    upto = tables.cumsum(axis=2)[:, :, :2]
    draws = np.stack([g.random(len(times) - 1) for g in generators], axis=1)
    found = np.empty((len(times), len(generators)), np.int8)
    found[0] = state = np.full(len(generators), start, np.int8)
    for k, drawn in enumerate(draws):
        state = (drawn[:, None] >= upto[k][state]).sum(axis=1, dtype=np.int8)
        found[k + 1] = state
    return found.T.copy()


@dataclass(frozen=True)
class Chain:
    """The chances of `telegraph` for many junctions at once: what all its trajectories do together.

    Parameters
    ----------
    phase
        The phase differences (moments, junctions); none of them on an odd multiple of pi.
    step
        From one moment to the next, (junctions,).
    jumps
        Of each junction.
    """

    phase: Array
    step: Array
    jumps: Sequence[Jumps]

    def power(
        self, current: Array, staying: Callable[[Array], Array], start: NDArray[np.int64], waves: NDArray[np.complex128]
    ) -> Array:
        r"""The mean over all trajectories of :math:`|\sum_n w_n I_n|^2`; none is drawn.

        Parameters
        ----------
        current
            On both branches (2, moments, junctions); the odd state carries none.
        staying
            From the speeds (passages, junctions) of each junction's passages to the probabilities of staying.
        start
            `PLUS` or `MINUS`, (junctions,).
        waves
            The weights w (lines, moments).

        Returns
        -------
        array, shape (lines, junctions)
        """
        which, tables = self._tables(staying)
        count = current.shape[2]
        each = np.arange(count)
        chance = np.zeros((count, 3))
        chance[each, start] = 1.0
        sums = np.zeros((count, len(waves), 3), complex)  # of w I, in each state, times its chance
        total = np.zeros((count, len(waves)))
        for n, carried in enumerate(current.transpose(1, 2, 0)):
            if n:
                table = tables[which[n - 1], each]
                chance = np.matmul(chance[:, None], table)[:, 0]
                sums = np.matmul(sums, table)
            added = waves[:, n, None] * carried[:, None]
            total += (2 * (sums[..., :2].conj() * added).real + np.abs(added) ** 2 * chance[:, None, :2]).sum(axis=-1)
            sums[..., :2] += added * chance[:, None, :2]
        return total.T.copy()

    def _tables(self, staying: Callable[[Array], Array]) -> tuple[NDArray[np.int64], Array]:
        """Which table (moments - 1, junctions) leads on from each moment, and the tables (kinds, junctions, 3, 3)."""
        stretch = np.floor((self.phase + np.pi) / (2 * np.pi)).astype(int)
        lower = np.where(stretch % 2 == 0, PLUS, MINUS)
        passed = np.diff(stretch, axis=0) % 2 == 1
        number = np.cumsum(passed, axis=0) - 1
        most = int(number[-1].max()) + 1
        known: dict[tuple[Jumps, float], Array] = {}
        for jump, time in zip(self.jumps, self.step.tolist(), strict=True):
            if (jump, time) not in known:
                known[jump, time] = np.array([[jump.matrix(b, time / k) for b in (PLUS, MINUS)] for k in (1, 2)])
        both = np.stack([known[jump, time] for jump, time in zip(self.jumps, self.step.tolist(), strict=True)], axis=2)
        whole, half = both
        moment, junction = np.nonzero(passed)
        place = number[moment, junction], junction
        speeds = np.ones((most, self.phase.shape[1]))  # also where a junction has fewer passages
        speeds[place] = np.abs(np.diff(self.phase, axis=0) / self.step)[moment, junction]
        stay = staying(speeds)[place]
        tables = np.concatenate([whole, np.zeros((most, *whole.shape[1:]))])
        before, after = (half[lower[at, junction], junction] for at in (moment, moment + 1))
        tables[2 + place[0], junction] = before @ leaving(stay) @ after
        return np.where(passed, 2 + number, lower[:-1]), tables


def leaving(stay: Array) -> Array:
    """What a passage does to the three states, (..., 3, 3), with the probabilities (...) of staying on the branch."""
    found = np.zeros((*np.shape(stay), 3, 3))
    found[..., PLUS, PLUS] = found[..., MINUS, MINUS] = stay
    found[..., PLUS, MINUS] = found[..., MINUS, PLUS] = 1 - np.asarray(stay)
    found[..., ODD, ODD] = 1.0
    return found


def current_of(levels: BranchLevels, phase: Array, states: NDArray[np.int8]) -> Array:
    """The current (trajectories, moments) of what `telegraph` returns."""
    table = np.stack([levels.current(phase, 1), levels.current(phase, -1), np.zeros_like(phase)])
    return np.asarray(table[states, np.arange(phase.size)])
