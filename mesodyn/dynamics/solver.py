"""One segment at a time: the cheapest exact method that fits it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics import kets, unitary
from mesodyn.dynamics.channels import Channels
from mesodyn.dynamics.mixed import Mixed
from mesodyn.dynamics.pure import Pure
from mesodyn.dynamics.relaxing import Relaxing
from mesodyn.dynamics.stages import Stage
from mesodyn.errors import InputError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import stack

Array = NDArray[np.float64]

METHODS = {
    "auto": "the cheapest exact method that fits each segment",
    "exact": "spectral decomposition, rate equations, matrix exponentials: no segment may be driven",
    "magnus": "commutator-free Magnus steps in every segment without a bath, static ones included",
    "liouvillian": "the whole Liouvillian in every segment, as a plain matrix",
    "krylov": "Krylov spaces, for kets of large bases: no segment may be driven or have a bath",
    "ode": "Runge-Kutta steps on kets, or on density matrices with a sparse Liouvillian: fits everything",
    "trajectories": "quantum jumps, counted: there must be a bath, and no segment may be driven",
}
ONE_BY_ONE = ("krylov", "ode", "trajectories")
"""Methods that go from point to point."""


class Solver(Pure, Mixed):
    """Chooses the way for each stage."""

    def solve(self, stage: Stage, state: Matrix, fractions: Array) -> tuple[str, Matrix | Relaxing, Array]:
        """Take states through a stage.

        Returns
        -------
        tuple
            The method's name, the states in the laboratory at `fractions` of the stage (kets (points, moments, n) where
            `state` holds kets and no bath acts, else density matrices (points, moments, n, n) or a `Relaxing` that
            stands for them), and the heat (points, moments) that a relaxing stage has given to its bath so far.
        """
        heat = np.zeros((len(state), len(fractions)))
        driven = self._driven(stage)
        if state.ndim == 2 and (self._opened(stage) or self.method == "liouvillian"):
            state = kets.density(state)
        if state.ndim == 2:
            method, found = self._kets(stage, state, fractions)
        elif self.method == "ode":
            method, (found, heat) = "ode", self._integrated(stage, state, fractions)
        elif stage.bath is not None and not self.jumps and self.method != "liouvillian":
            relaxing = self._relax(stage, state, fractions)
            return "rate equation", relaxing, relaxing.heat
        elif self.method == "liouvillian" or stage.bath is not None or (commuting := self._commuting(stage)) is None:
            method, found, heat = self._liouvillian(stage, state, fractions, driven)
        else:
            method = "magnus" if driven or self.method == "magnus" else "exact"
            propagator = self._propagator(stage, fractions)
            found = propagator @ state[:, None] @ propagator.conj().swapaxes(-1, -2)
            for decay in commuting:
                found = decay.apply(found, stage.duration[:, None] * fractions)
        if stage.turned is not None:
            method += ", co-rotating"
        return method, self.to_lab(stage, found, fractions), heat

    def _opened(self, stage: Stage) -> bool:
        """Whether a bath acts."""
        return bool(self.jumps) or stage.bath is not None

    def check(self, stage: Stage, mixed: bool) -> None:
        """Refuse a method that does not fit a stage, or a state that is mixed."""
        label, open_ = stage.segment.label, self._opened(stage)
        if self._driven(stage) and self.method in ("exact", "krylov", "trajectories"):
            way = "use method='auto' or 'magnus', or a uniform rotation of a disconnected trap"
            must = f"'magnus', 'ode' or 'liouvillian' for a driven {label}"
            raise InputError("method", must, self.method, way)
        if self.method == "krylov" and (open_ or mixed):
            what = f"a {label} with a bath" if open_ else "a state that is not pure"
            must = f"'exact', 'ode' or 'liouvillian' for {what} (krylov is for kets)"
            raise InputError("method", must, "krylov", "use method='auto'")

    def unravelled(self, stage: Stage) -> tuple[Matrix, Channels, Array]:
        """H (n, n) of the one point in the frame that is solved in, its jumps, and the heat of each channel."""
        coefficients = {name: c[0, 0] for name, c in self._coefficients(stage, np.array([0.5])).items()}
        hamiltonian = stack(coefficients, self.terms.arrays())
        size = self.terms.size
        parts, released = [Channels.of(np.zeros((0, size, size)))], np.zeros(0)
        if stage.bath is not None:
            energies, vectors = self._eigenstates(stage)
            parts.append(Channels.relaxation(self._rates(stage, energies)[0], vectors[0]))
            released = (energies[0] - energies[0][:, None]).reshape(-1)  # channel f n + i gives E_i - E_f
        for name, found in self.jumps.items():
            root = np.sqrt(self.rates[name][0])
            parts.append(Channels.of([root * unitary.array(jump) for jump in found]))
        channels = Channels.joined(parts)
        return hamiltonian, channels, np.concatenate([released, np.zeros(channels.count - len(released))])
