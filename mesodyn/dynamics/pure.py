"""Ways of a pure state through a stage without a bath: as kets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import eye_array

from mesodyn.dynamics import kets, ode, unitary
from mesodyn.dynamics.stages import Stage
from mesodyn.dynamics.terms import Group
from mesodyn.dynamics.ways import Ways
from mesodyn.errors import InputError
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

LARGEST_DENSE = 4000
"""The largest block that is diagonalised."""
LARGEST_MAGNUS = 16
"""The largest driven block that `auto` takes Magnus steps in."""
MOST_MAGNUS = 512
"""The largest block that ``method="magnus"`` takes."""


class Pure(Ways):
    """Kets, group by group of terms that commute, block by block of states that they link."""

    def _kets(self, stage: Stage, state: Matrix, fractions: Array) -> tuple[str, Matrix]:
        """Kets (points, moments, n) without a bath, group by group of terms that commute."""
        probe = self._coefficients(stage, np.array([0.25, 0.5]))
        times = stage.duration[:, None] * fractions
        groups, method = self._road(self.terms.groups(probe), probe)
        now = state[:, None]
        for group in groups:
            moving = any(probe[name].shape[-1] > 1 for name in group.names)
            if group.diagonals is not None and not moving:
                now = kets.turned(group.diagonals, {name: probe[name] * times for name in group.names}, now)
            elif method in ("krylov", "ode"):
                now = self._vectors(stage, group, now[:, 0], fractions, method)
            elif group.diagonals is not None:
                now = self._turned(stage, group, now, fractions)
            else:
                now = self._blocks(stage, group, probe, now, fractions, moving)
        return method, now if now.shape[1] == len(fractions) else np.repeat(now, len(fractions), axis=1)

    def _road(self, groups: list[Group], probe: Mapping[str, Array]) -> tuple[list[Group], str]:
        """How kets go through a stage, and the groups of terms that go together."""
        moving = {g: any(probe[name].shape[-1] > 1 for name in g.names) for g in groups}
        largest = {g: 1 if g.diagonals is not None else max(b.size for b in g.blocks) for g in groups}
        method = self.method
        if method in ("auto", "exact", "magnus"):
            self._check_blocks(max((n for n in largest.values()), default=1))
            method = "magnus" if any(moving.values()) or method == "magnus" else "exact"
        if self.method == "auto":
            if any(n > LARGEST_MAGNUS for g, n in largest.items() if moving[g]):
                method = "ode"
            elif any(n > LARGEST_DENSE for n in largest.values()):
                method = "krylov"
        together = [g for g in groups if moving[g] or g.diagonals is None]
        if method not in ("krylov", "ode"):
            return groups, method
        if not together:
            return groups, "exact"
        joined = together[0].joined(together[1:])  # first: an integrator starts from one ket
        return [joined, *(g for g in groups if g not in together)], method

    def _check_blocks(self, size: int) -> None:
        """Refuse matrices that would take hours."""
        most = {"exact": LARGEST_DENSE, "magnus": MOST_MAGNUS}.get(self.method, size)
        if size > most:
            must = f"'krylov' (static) or 'ode' for {size} states that are all linked ({self.method}: at most {most})"
            raise InputError("method", must, self.method, "use method='auto'")

    def _turned(self, stage: Stage, group: Group, now: Matrix, fractions: Array) -> Matrix:
        """Kets under driven diagonal terms: only the integrals of the coefficients matter."""
        assert group.diagonals is not None
        names = group.names
        sizes = {name: stage.duration * np.abs(group.diagonals[name]).max() for name in names}
        found, error = kets.angles(
            lambda at: {name: c for name, c in self._coefficients(stage, at).items() if name in names},
            sizes,
            fractions,
            self.tolerance,
        )
        self.error = np.maximum(self.error, error)
        return kets.turned(group.diagonals, {n: stage.duration[:, None] * a for n, a in found.items()}, now)

    def _blocks(
        self, stage: Stage, group: Group, probe: Mapping[str, Array], now: Matrix, fractions: Array, moving: bool
    ) -> Matrix:
        """Kets under one group, block by block."""
        found = np.empty((len(now), len(fractions), self.terms.size), complex)
        times = stage.duration[:, None] * fractions
        for block in group.blocks:
            propagators = None
            if moving or self.method == "magnus":
                drive = unitary.Driven(block.operators, lambda at: self._coefficients(stage, at), stage.duration)
                propagators, error = self._moving(drive, fractions)
                self.error = np.maximum(self.error, error)
            for at in block.copies:
                part = now if len(at) == self.terms.size else now[..., at]
                if propagators is None:
                    found[..., at] = kets.static(block, probe, part, times)
                else:
                    found[..., at] = kets.moved(propagators, part)
        return found

    def _vectors(self, stage: Stage, group: Group, state: Matrix, fractions: Array, method: str) -> Matrix:
        """Kets (points, moments, n) under one group by an integrator, point by point."""
        solve = ode.krylov if method == "krylov" else ode.integrated
        operators = {name: self.terms.sparse[name] for name in group.names}
        middle = self._coefficients(stage, np.array([0.5]))
        operators["shift"] = eye_array(self.terms.size, format="csr")
        found = []
        for point, ket in enumerate(state):
            mean = sum(float(middle[n][point, 0]) * operators[n].trace().real for n in group.names) / self.terms.size
            motion = self._motion(stage, operators, point, shift=-mean)
            vectors, error = solve(motion, ket, fractions, self.tolerance)
            found.append(vectors * np.exp(-1j * mean * stage.duration[point] * fractions)[:, None])
            self._note(error, point, len(state))
        return np.stack(found)
