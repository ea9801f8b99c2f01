"""What all ways through a stage have in common: operators, coefficients, and the way back to the laboratory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mesodyn.dynamics import ode, precession, unitary
from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.stages import Flatten, Stage
from mesodyn.dynamics.terms import Terms, sparse
from mesodyn.dynamics.unitary import Driven
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import System

Array = NDArray[np.float64]


class Ways:
    """Stages on some basis states, for some points.

    Parameters
    ----------
    system, bath
        Their operators make the jumps.
    terms
        The terms of the Hamiltonian on the basis states in use.
    flatten
        From a number or labelled axis to an array over the points.
    dropped
        The term that a rotating frame takes away, or None.
    method, tolerance
        See `METHODS`; the largest error of a driven propagator's element, or of an integrated state's.
    """

    def __init__(
        self,
        system: System,
        bath: Bath,
        terms: Terms,
        flatten: Flatten,
        *,
        dropped: str | None,
        method: str,
        tolerance: float,
    ) -> None:
        self.terms, self.flatten, self.dropped, self.method, self.tolerance = terms, flatten, dropped, method, tolerance
        self.error: Any = 0.0
        self.jumps = {name: [sparse(jump, terms.kept) for jump in found] for name, found in bath.jumps(system).items()}
        self.rates = {name: flatten(getattr(bath, name)) for name in self.jumps}

    def _coefficients(self, stage: Stage, fractions: Array) -> dict[str, Array]:
        """The coefficients in the frame that is solved in."""
        return {name: c for name, c in stage.drive(fractions).items() if name != self.dropped}

    def _driven(self, stage: Stage) -> bool:
        """Whether any coefficient changes in time."""
        probe = np.array([0.25, 0.5])
        return any(c.shape[-1] > 1 for c in self._coefficients(stage, probe).values())

    def _moving(self, driven: Driven, fractions: Array) -> tuple[Matrix, Array]:
        """The propagators of a driven block and their error; Magnus steps alone where they are asked for."""
        solve = unitary.magnus if self.method == "magnus" else precession.propagators
        return solve(driven, fractions, self.tolerance)

    def _motion(self, stage: Stage, operators: Mapping[str, csr_array], point: int, **fixed: complex) -> ode.Motion:
        """What an integrator needs for one point; `fixed` are coefficients that are not the stage's."""

        def coefficients(fraction: float) -> dict[str, complex]:
            given = self._coefficients(stage, np.array([fraction]))
            return {name: fixed[name] if name in fixed else float(given[name][point, 0]) for name in operators}

        return ode.Motion(operators, coefficients, float(stage.duration[point]), self._driven(stage))

    def _note(self, error: float, point: int, points: int) -> None:
        """Remember the largest error of each point."""
        errors = np.broadcast_to(np.asarray(self.error, float), (points,)).copy()
        errors[point] = max(errors[point], error)
        self.error = errors

    def to_lab(self, stage: Stage, states: Matrix, fractions: Array) -> Matrix:
        """Undo the co-rotating frame, if there is one: it is diagonal, since the rotation axis is z."""
        if stage.turned is None:
            return states
        projection = self.terms.operators[f"{stage.site}.z"].diagonal().real
        phases = np.exp(-1j * stage.turned(fractions)[..., None] * projection)
        if states.ndim == 3:
            return np.asarray(phases * states)
        return np.asarray(phases[..., :, None] * states * phases.conj()[..., None, :])
