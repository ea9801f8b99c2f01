"""Runs of scattering events: on which line the photons of one run fall, and when the trap has lost its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DRAWS = 4
"""Random numbers for each event: is the photon seen, is a particle lost, does the trap exchange, with what result."""


@dataclass(frozen=True)
class Chain:
    """What happens to the number from event to event.

    Parameters
    ----------
    weight
        v**2: the chance of N_c + step at the start and after an exchange.
    loss
        The chance that an event costs one particle (DEFINITIONS: delta_c).
    exchange
        The chance p_x that the trap exchanges particles with a reservoir between two events.
    seen_low, seen_high
        The chance that an event on a line gives a photon: |M_N|**2 over the larger of the two.
    step, n_c
        The numbers are N_c and N_c + step, N_c >= 1.
    """

    weight: float
    loss: float
    exchange: float
    seen_low: float = 1.0
    seen_high: float = 1.0
    step: int = 1
    n_c: int = 1

    def runs(self, draws: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Follow runs through their events.

        Parameters
        ----------
        draws
            Numbers in [0, 1), (runs, 1 + `DRAWS` * events).

        Returns
        -------
        tuple of array
            Particles lost since N_c + step, at the start and after each event (runs, events + 1); photons on the lower
            and on the upper line (runs, events), 0 or 1.
        """
        events = (draws.shape[1] - 1) // DRAWS
        lost = np.where(draws[:, 0] < self.weight, 0, self.step)
        numbers = np.empty((len(draws), events + 1), np.int64)
        photons = np.zeros((2, len(draws), events), np.int64)
        numbers[:, 0] = lost
        for k in range(events):
            seen, costs, exchanged, result = draws[:, 1 + DRAWS * k : 1 + DRAWS * (k + 1)].T
            photons[0, :, k] = (lost == self.step) & (seen < self.seen_low)
            photons[1, :, k] = (lost == 0) & (seen < self.seen_high)
            lost = lost + ((costs < self.loss) & (lost < self.n_c + self.step))
            fresh = np.where(result < self.weight, 0, self.step)
            lost = np.where(exchanged < self.exchange, fresh, lost)
            numbers[:, k + 1] = lost
        return numbers, photons[0], photons[1]

    # -- the same without chance ------------------------------------------------------------------------------------

    @property
    def start(self) -> Array:
        """The chances of 0, 1, ... lost particles; the last is for all numbers below N_c."""
        found = np.zeros(self.step + 2)
        found[[0, self.step]] = self.weight, 1 - self.weight
        return found

    @property
    def transition(self) -> Array:
        """The chances ``[after, before]`` of one event."""
        size = self.step + 2
        losing = np.eye(size) * (1 - self.loss) + np.eye(size, k=-1) * self.loss
        losing[-1, -1] = 1.0
        return np.asarray((1 - self.exchange) * losing + self.exchange * self.start[:, None])

    def populations(self, events: int) -> Array:
        """The chances of N_c + step, N_c and any other number (3, events + 1), enumerated."""
        found = np.empty((3, events + 1))
        state, transition = self.start, self.transition
        for k in range(events + 1):
            found[:, k] = state[0], state[self.step], state.sum() - state[0] - state[self.step]
            state = transition @ state
        return found

    def distribution(self, events: int) -> Array:
        """The chances of 0, 1, ..., `events` photons of a run on the upper line, enumerated."""
        transition = self.transition
        state = np.zeros((self.step + 2, events + 1))
        state[:, 0] = self.start
        for _ in range(events):
            moved = state.copy()
            moved[0] = (1 - self.seen_high) * state[0]
            moved[0, 1:] += self.seen_high * state[0, :-1]
            state = transition @ moved
        return np.asarray(state.sum(axis=0))

    def one_line(self, events: int) -> float:
        """The chance that all photons of a run are on one line (or that it has none), enumerated."""
        transition, found = self.transition, 0.0
        for alone in (0, 1):
            quiet = np.ones(self.step + 2)
            quiet[(self.step, 0)[alone]] -= (self.seen_low, self.seen_high)[alone]
            state = self.start
            for _ in range(events):
                state = transition @ (quiet * state)
            found += float(state.sum())
        silent, state = np.ones(self.step + 2), self.start
        silent[[self.step, 0]] -= self.seen_low, self.seen_high
        for _ in range(events):
            state = transition @ (silent * state)
        return float(np.clip(found - state.sum(), 0.0, 1.0))

    def moments(self, events: int, low: float, high: float) -> tuple[float, float]:
        """Mean and mean square of a score that a photon adds to: `low` on the lower line, `high` on the upper."""
        score, square = np.zeros(self.step + 2), np.zeros(self.step + 2)
        for place, seen, value in ((self.step, self.seen_low, low), (0, self.seen_high, high)):
            score[place], square[place] = seen * value, seen * value**2
        transition, state = self.transition, self.start
        later = np.zeros((events, self.step + 2))
        for k in range(events - 2, -1, -1):
            later[k] = transition.T @ (score + later[k + 1])
        mean = total = 0.0
        for k in range(events):
            mean += float(state @ score)
            total += float(state @ (square + 2 * score * later[k]))
            state = transition @ state
        return mean, total


def variance(weight: float, events: int, exchange: float) -> float:
    """The variance of the photons on a line of that weight, without loss (DEFINITIONS 6.9)."""
    r = 1 - exchange
    if exchange == 0:
        return events**2 * weight * (1 - weight)
    return weight * (1 - weight) * (events * (1 + r) / (1 - r) - 2 * r * (1 - r**events) / (1 - r) ** 2)


def draw(generators: Sequence[np.random.Generator], runs: int, events: int) -> Array:
    """Random numbers of `runs` runs from each generator (generators * runs, 1 + DRAWS * events)."""
    return np.concatenate([g.random((runs, 1 + DRAWS * events)) for g in generators])
