"""What goes through the stages of a protocol: states, or the trajectories that they are the mean of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.record import Watch
from mesodyn.dynamics.relaxing import Relaxing
from mesodyn.dynamics.solver import Solver
from mesodyn.dynamics.stages import Stage
from mesodyn.dynamics.trajectories import Jumps, jumps, sampled
from mesodyn.numberspace import Matrix
from mesodyn.seeds import generator

Array = NDArray[np.float64]
Values = dict[str, NDArray[Any]]

HELD = 2_000_000
"""How many complex numbers of kets are held at once."""


class Ensemble:
    """Kets (points, n) or density matrices (points, n, n), solved by the cheapest method that fits."""

    def __init__(self, solver: Solver, watch: Watch, state: Matrix) -> None:
        self.solver, self.watch, self.state = solver, watch, state
        self.heat = np.zeros((len(state), 1))

    def start(self, coefficients: Mapping[str, Array]) -> Values:
        """The record's variables (points, 1) before the first stage."""
        return self.watch.values(self.state[:, None], coefficients) | {"heat": self.heat}

    def go(self, stage: Stage, fractions: Array) -> tuple[str, Values]:
        """Through a stage: the method and the record's variables (points, moments)."""
        if stage.segment.instant:
            return "sudden", self.start(stage.lab(fractions))
        method, found, flow = self.solver.solve(stage, self.state, fractions)
        heat = self.heat + flow
        self.state = found.last if isinstance(found, Relaxing) else found[:, -1]
        self.heat = heat[:, -1:]
        return method, self.watch.values(found, stage.lab(fractions)) | {"heat": heat}


class Trajectories:
    """Kets of one point that jump, each with a generator of its own; the variables are their means.

    Parameters
    ----------
    solver, watch
        For the stages' operators, and for the variables.
    state
        Where the point starts: a ket (1, n), or a density matrix (1, n, n) that kets are drawn from.
    seed, point, count
        Trajectory k of `count` draws from ``mesodyn.seeds.generator(seed, point, k)``.
    """

    def __init__(self, solver: Solver, watch: Watch, state: Matrix, seed: int, point: int, count: int) -> None:
        self.solver, self.watch = solver, watch
        self.generators = [generator(seed, point, k) for k in range(count)]
        self.kets = np.repeat(state, count, axis=0) if state.ndim == 2 else sampled(state[0], self.generators)
        self.heat, self.jumped = np.zeros((count, 1)), np.zeros((count, 1))

    @property
    def state(self) -> Matrix:
        """The mean density matrix (1, n, n)."""
        return np.asarray(np.einsum("ti,tj->ij", self.kets, self.kets.conj()) / len(self.kets))[None]

    def start(self, coefficients: Mapping[str, Array]) -> Values:
        """The record's variables (1, 1) before the first stage."""
        each = self.watch.values(self.kets[:, None], coefficients)
        return _means(each | {"heat": self.heat, "jumps": self.jumped})

    def go(self, stage: Stage, fractions: Array) -> tuple[str, Values]:
        """Through a stage: the method and the record's variables (1, moments), with their standard errors."""
        if stage.segment.instant:
            return "sudden", self.start(stage.lab(fractions))
        hamiltonian, channels, released = self.solver.unravelled(stage)
        block = max(1, HELD // (self.solver.terms.size * len(fractions)))
        parts: list[Values] = []
        for low in range(0, len(self.kets), block):
            some = slice(low, low + block)
            found = jumps(
                hamiltonian, channels, self.kets[some], float(stage.duration[0]), fractions, self.generators[some]
            )
            states = self.solver.to_lab(stage, found.states, fractions)
            count, heat = _counted(found, released, stage.duration[0] * fractions)
            values = self.watch.values(states, stage.lab(fractions))
            parts.append(values | {"heat": self.heat[some] + heat, "jumps": self.jumped[some] + count})
            self.kets[some] = states[:, -1]
        each = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        self.heat, self.jumped = each["heat"][:, -1:], each["jumps"][:, -1:]
        name = "trajectories" if stage.turned is None else "trajectories, co-rotating"
        return name, _means(each)


def _counted(found: Jumps, released: Array, times: Array) -> tuple[Array, Array]:
    """How often each trajectory has jumped by the moments (trajectories, moments), and the heat that this gave."""
    before = found.times[:, :, None] <= times  # not a number: never
    heats = np.where(found.channels >= 0, released[found.channels], 0.0)
    return before.sum(axis=1).astype(float), (before * heats[:, :, None]).sum(axis=1)


def _means(each: Values) -> Values:
    """Means over trajectories and their standard errors, (1, moments, ...)."""
    found: Values = {}
    for name, values in each.items():
        mean = values.mean(axis=0, keepdims=True)
        found[name] = mean
        if name != "norm":
            spread = (np.abs(values - mean) ** 2).sum(axis=0, keepdims=True) / (len(values) - 1)
            found[f"{name}_error"] = np.sqrt(spread / len(values))
    return found
