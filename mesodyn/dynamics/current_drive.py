"""A junction under a given current, alternating part and noise included: how fast its phase runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.flow import flow, noisy_flow

Array = NDArray[np.float64]
COARSE = 1e2
"""By how much less exactly than a record the phase is followed: what is asked of it is how often it turns."""
TOGETHER = 4
"""Periods that are followed at a time: a phase that has run far is not as exact."""
STEPS = 48
"""Least number of steps of the noisy equation in one period of the drive."""
STRETCH = 0.27
"""Longest such step, in units of the time in which the resistor turns the phase by one at the critical current."""
SEGMENTS = 4096
"""Of the spline over 4 pi that stands for the current-phase relation."""


@dataclass(frozen=True, kw_only=True)
class CurrentDrive:
    r"""A junction beside a resistor, fed by a current (DEFINITIONS 6.8).

    .. math:: \frac{\hbar\dot\theta}{2eR} = I_{dc} + I_{ac}\sin\omega t - J(\theta) + \text{noise}

    in units of the largest current :math:`I_c` of the junction; the clock is :math:`\omega t`.

    Parameters
    ----------
    relation : callable
        The current on branch +1 over :math:`I_c`, of period 4 pi in the phase difference; branch -1 has it
        shifted by 2 pi.
    speed : float
        :math:`2eI_cR/\hbar\omega`.
    ac_current : float
        :math:`I_{ac}/I_c`.
    noise : float
        kT over :math:`\hbar I_c/2e`: the noise of the resistor.

    Examples
    --------
    >>> drive = CurrentDrive(relation=np.sin, speed=2.0, ac_current=0.0)
    >>> turns = drive.turns(np.array([0.5, 1.25]), periods=64, settle=32)  # speed * sqrt(i0**2 - 1)
    >>> np.abs(turns - np.array([0.0, 1.5])).max() < 0.01
    np.True_
    """

    relation: Callable[[Array], Array]
    speed: float
    ac_current: float
    noise: float = 0.0

    @property
    def steps(self) -> int:
        """Steps of the noisy equation in one period of the drive."""
        return max(STEPS, int(np.ceil(2 * np.pi * self.speed / STRETCH)))

    def follow(self, bias: Array, clock: Array, *, tolerance: float = 1e-9, method: str = "auto") -> Array:
        """The phase difference (readings, biases) at readings of the clock, from 0 on, without noise."""
        law = self._spline()

        def slope(t: float, phase: Array) -> Array:
            return np.asarray(self.speed * (bias + self.ac_current * np.sin(t) - law(phase)))

        return flow(slope, np.zeros(len(bias)), clock, tolerance=tolerance, method=method)

    def turns(self, bias: Array, *, periods: int, settle: int, tolerance: float = 1e-9, method: str = "auto") -> Array:
        """By how many turns of 2 pi the phase advances in a period of the drive, for each bias, after settling."""
        law, turned, phase = self._spline(), np.zeros(len(bias)), np.zeros(len(bias))

        def slope(t: float, phase: Array) -> Array:
            return np.asarray(self.speed * (bias + self.ac_current * np.sin(t) - law(phase)))

        for counted, span in ((0, settle), (1, periods)):
            for begun in range(0, span, TOGETHER):
                clock = 2 * np.pi * np.array([0.0, min(TOGETHER, span - begun)])
                after = flow(slope, phase, clock, tolerance=COARSE * tolerance, method=method)[-1]
                turned += counted * (after - phase)
                phase = after % (4 * np.pi)
        return np.asarray(turned / (2 * np.pi * periods))

    def noisy_turns(
        self,
        bias: Array,
        jump: Callable[[NDArray[np.int8], Array, Array, Array], NDArray[np.int8]],
        generators: Sequence[np.random.Generator],
        *,
        periods: int,
        settle: int,
    ) -> tuple[Array, Array]:
        """The same (trajectories, biases) with noise and jumps between branches, and the jumps in a turn of the drive.

        Parameters
        ----------
        jump
            From branches (1, -1; 0 for none), phases before and after a step, and numbers drawn between 0 and 1 for
            this step, (3, trajectories, biases), to the branches after it.
        generators
            One for each trajectory.
        """
        law = self._spline()
        push = float(np.sqrt(2 * self.noise * self.speed))
        shape = len(generators), len(bias)
        state, branch = np.zeros(shape), np.ones(shape, np.int8)
        steps = self.steps
        width, begun, jumps = 2 * np.pi / steps, np.zeros(shape), np.zeros(shape)

        def slope(t: float, phase: Array) -> Array:
            carried = np.where(branch == 0, 0.0, law(phase + np.pi * (1 - branch)))
            return np.asarray(self.speed * (bias + self.ac_current * np.sin(t) - carried))

        def kick(t: float, phase: Array) -> Array:
            return np.asarray(push)

        for period in range(settle + periods):
            draws = np.stack([g.random((steps, 3, len(bias))) for g in generators], axis=2)
            if period == settle:
                begun, jumps = state, np.zeros(shape)
            for k in range(steps):
                clock = width * np.array([k, k + 1.0])
                after = noisy_flow(slope, kick, state, clock, 1, generators)[:, 1]
                changed = jump(branch, state, after, draws[k])
                jumps += changed != branch
                state, branch = after, changed
        return (state - begun) / (2 * np.pi * periods), jumps / periods

    def _spline(self) -> Callable[[Array], Array]:
        """The current-phase relation, fast."""
        from scipy.interpolate import CubicSpline

        phases = np.linspace(0, 4 * np.pi, SEGMENTS + 1)
        values = self.relation(phases)
        values[-1] = values[0]
        spline: Any = CubicSpline(phases, values, bc_type="periodic")
        return lambda phase: np.asarray(spline(phase))


def step_edges(
    turns: Callable[[Array], Array], bias: Array, found: Array, steps: Sequence[int], locked: float, rounds: int = 2
) -> Array:
    """Between which biases the phase advances by a whole number of turns a period, and no more or less.

    Parameters
    ----------
    turns
        Measures the turns at other biases.
    bias, found
        Ascending biases (points,) and the turns there.
    steps
        The whole numbers.
    locked
        Turns that differ from one by no more count as equal.
    rounds
        How often the neighbourhood of each edge is divided into 16.

    Returns
    -------
    array, shape (steps, 2)
        Lower and upper edge; nan where a step is not whole inside `bias`.
    """
    edges = np.full((len(steps), 2), np.nan)
    limits = {}
    for row, step in enumerate(steps):
        for column, limit in enumerate((step - locked, step + locked)):
            above = found > limit
            if above.any() and not above.all():
                k = int(np.flatnonzero(~above)[-1]) if column == 0 else max(int(np.flatnonzero(above)[0]) - 1, 0)
                k = min(k, len(bias) - 2)
                limits[row, column] = limit, bias[k], bias[k + 1]
    for _ in range(rounds if limits else 0):
        near = np.stack([np.linspace(low, high, 17)[1:-1] for _, low, high in limits.values()])
        again = turns(near.ravel()).reshape(near.shape)
        for (place, (limit, low, high)), x, y in zip(list(limits.items()), near, again, strict=True):
            all_x = np.concatenate([[low], x, [high]])
            k = int((y <= limit).sum())  # turns grow with the bias
            limits[place] = limit, all_x[k], all_x[k + 1]
    for place, (_, low, high) in limits.items():
        edges[place] = (low + high) / 2
    return np.where(np.isfinite(edges).all(axis=1, keepdims=True), edges, np.nan)
