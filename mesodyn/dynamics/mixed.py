"""Ways of a density matrix through a stage, with a bath or without."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mesodyn.dynamics import bath as baths
from mesodyn.dynamics import kets, ode, superoperators, unitary
from mesodyn.dynamics.bath import Decay
from mesodyn.dynamics.pieces import split, walk
from mesodyn.dynamics.relaxing import Relaxing
from mesodyn.dynamics.stages import Stage
from mesodyn.dynamics.terms import Group
from mesodyn.dynamics.ways import Ways
from mesodyn.errors import InputError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import stack

Array = NDArray[np.float64]

PIECE = 0.25
"""Up to this share of the whole Liouvillian, pieces are worth their while."""


class Mixed(Ways):
    """Density matrices: by propagators, by rate equations, by plain or sparse Liouvillians."""

    @cached_property
    def decays(self) -> dict[str, Decay]:
        """Dephasing and loss of unit rate as sparse matrices (n^2, n^2)."""
        size = self.terms.size
        found = {name: superoperators.dissipator([(1.0, o) for o in jumps], size) for name, jumps in self.jumps.items()}
        return {name: Decay(part, self.rates[name]) for name, part in found.items()}

    def _commuting(self, stage: Stage) -> list[Decay] | None:
        """The bath as decays that commute with all that the stage does; None where it does not."""
        names = list(self._coefficients(stage, np.array([0.5]))) if self.jumps else []
        if all(decay.sound and self._commutes(part, name) for part, decay in self.decays.items() for name in names):
            return list(self.decays.values())
        return None

    def _commutes(self, part: str, name: str) -> bool:
        """Whether a part of the bath commutes with a term; remembered."""
        if (part, name) not in self._known:
            self._known[part, name] = self.decays[part].commutes(self.terms.commutator(name))
        return self._known[part, name]

    @cached_property
    def _known(self) -> dict[tuple[str, str], bool]:
        return {}

    def _propagator(self, stage: Stage, fractions: Array) -> Matrix:
        """The propagators (points, moments, n, n): the product over commuting groups of terms."""
        names = list(self._coefficients(stage, np.array([0.5])))
        phases = np.ones((len(stage.duration), len(fractions), self.terms.size), complex)
        total: Matrix | None = None
        for group in self.terms.groups(dict.fromkeys(names)):
            part = self._group(stage, group, fractions)
            if group.diagonals is not None:
                phases = phases * np.einsum("pmii->pmi", part)
            else:
                total = part if total is None else total @ part
        return np.asarray(phases[..., None] * (np.eye(self.terms.size) if total is None else total))

    def _group(self, stage: Stage, group: Group, fractions: Array) -> Matrix:
        """The propagators of one group, block by block."""
        size = self.terms.size
        total = np.zeros((len(stage.duration), len(fractions), size, size), complex)
        probe = self._coefficients(stage, np.array([0.25, 0.5]))
        static = all(probe[name].shape[-1] == 1 for name in group.names)
        for block in group.blocks:
            if static and self.method != "magnus":
                small = self._spectral(block, probe, stage.duration[:, None] * fractions)
            else:
                drive = unitary.Driven(block.operators, lambda at: self._coefficients(stage, at), stage.duration)
                small, error = self._moving(drive, fractions)
                self.error = np.maximum(self.error, error)
            unitary.assemble(block, small, total)
        return total

    @staticmethod
    def _spectral(block: unitary.Block, coefficients: Mapping[str, Array], times: Array) -> Matrix:
        return unitary.exponential(stack({n: coefficients[n] for n in block.operators}, block.operators), times)

    def _relax(self, stage: Stage, state: Matrix, fractions: Array) -> Relaxing:
        """Secular relaxation between the eigenstates of the stage's Hamiltonian."""
        energies, vectors = self._eigenstates(stage)
        rates = self._rates(stage, energies)
        return Relaxing(state, energies, vectors, rates, self.terms.totals, stage.duration, fractions)

    def _eigenstates(self, stage: Stage) -> tuple[Array, Matrix]:
        """Eigenvalues and eigenvectors of a static stage, sector by sector."""
        coefficients = self._coefficients(stage, np.array([0.5]))
        hamiltonian = stack({name: c[:, 0] for name, c in coefficients.items()}, self.terms.arrays())
        return baths.eigenstates(hamiltonian, self.terms.totals)

    def _rates(self, stage: Stage, energies: Array) -> Array:
        """Transition rates between the eigenstates of a relaxing stage."""
        assert stage.bath is not None
        linked = self.terms.totals[:, None] == self.terms.totals[None, :]
        return baths.transition_rates(energies, stage.bath["rate"], stage.bath["temperature"], linked)

    def _liouvillian(self, stage: Stage, state: Matrix, fractions: Array, driven: bool) -> tuple[str, Matrix, Array]:
        """Density matrices by exponentials of the whole Liouvillian, or of its pieces where they are small."""
        if stage.bath is None and not driven and self.method != "liouvillian":
            found = self._in_pieces(stage, state, fractions)
            if found is not None:
                return "liouvillian in pieces", found, np.zeros(found.shape[:2])
        baths.check_size(self.terms.size, f"segment {stage.segment.label!r}")
        if not driven:
            return "liouvillian", *self._static_liouvillian(stage, state, fractions)
        operators = {
            name: baths.commutator(unitary.array(self.terms.operators[name]))
            for name in self._coefficients(stage, np.array([0.5]))
        }
        drive = unitary.Driven(
            operators, lambda at: self._coefficients(stage, at), stage.duration, self._dissipation(len(state))
        )
        propagator, error = unitary.magnus(drive, fractions, self.tolerance)
        self.error = np.maximum(self.error, error)
        flat = (propagator @ state.reshape(len(state), 1, -1, 1))[..., 0]
        return "liouvillian magnus", flat.reshape(*flat.shape[:2], *state.shape[1:]), np.zeros(flat.shape[:2])

    def _in_pieces(self, stage: Stage, state: Matrix, fractions: Array) -> Matrix | None:
        """A static stage without relaxation, piece by piece; None where one is as good as the whole."""
        given = {name: c[:, 0] for name, c in self._coefficients(stage, np.array([0.5])).items() if np.any(c)}
        bath = {name: decay.superoperator for name, decay in self.decays.items()}
        pieces = split({name: -1j * self.terms.commutator(name) for name in given} | bath)
        if max(piece.size for piece in pieces) > min(baths.LARGEST_LIOUVILLIAN, PIECE * self.terms.size**2):
            return None
        flat = walk(pieces, given | self.rates, state.reshape(len(state), -1), stage.duration, fractions)
        return flat.reshape(*flat.shape[:2], *state.shape[1:])

    def _static_liouvillian(self, stage: Stage, state: Matrix, fractions: Array) -> tuple[Matrix, Array]:
        """In the eigenbasis of the Hamiltonian, with one more row that adds up the heat."""
        energies, vectors = self._eigenstates(stage)
        points, size = energies.shape
        change = np.stack([np.kron(v, v.conj()) for v in vectors])
        generator = np.zeros((points, size * size + 1, size * size + 1), complex)
        generator[:, :-1, :-1] = change.conj().swapaxes(-1, -2) @ self._dissipation(points) @ change
        unit = np.abs(energies).max(axis=-1, keepdims=True) + 1e-300
        turning = (energies[:, :, None] - energies[:, None, :]).reshape(points, -1)
        every, populations = np.arange(size * size), np.arange(size) * (size + 1)
        generator[:, every, every] -= 1j * turning
        if stage.bath is not None:
            relaxation = baths.secular(self._rates(stage, energies))
            generator[:, :-1, :-1] += relaxation
            generator[:, -1, :-1] = -((energies / unit)[:, None, :] @ relaxation[:, populations])[:, 0]
        inner = (vectors.conj().swapaxes(-1, -2) @ state @ vectors).reshape(points, -1)
        start = np.concatenate([inner, np.zeros((points, 1))], axis=1)
        flat = baths.walk(generator, start, stage.duration, fractions, baths.block_means(generator))
        found = flat[..., :-1].reshape(points, len(fractions), size, size)
        return vectors[:, None] @ found @ vectors.conj().swapaxes(-1, -2)[:, None], flat[..., -1].real * unit

    def _dissipation(self, points: int) -> Matrix:
        """Dephasing and loss (points, n^2, n^2)."""
        size = self.terms.size**2
        start = np.zeros((points, size, size), complex)
        plain = {name: decay.superoperator.toarray() for name, decay in self.decays.items()}
        return sum((self.rates[name][:, None, None] * jump for name, jump in plain.items()), start=start)

    def _integrated(self, stage: Stage, state: Matrix, fractions: Array) -> tuple[Matrix, Array]:
        """Density matrices (points, moments, n, n) and heat by an integrator, point by point, Liouvillian sparse."""
        probe = self._coefficients(stage, np.array([0.25, 0.5]))
        fast = [g for g in self.terms.groups(probe) if self._passive(g, probe)]
        aside = {name for group in fast for name in group.names}
        operators = {name: self.terms.commutator(name) for name in probe if name not in aside}
        found, heat = [], []
        for point, start in enumerate(state):
            still, unit = self._dissipator(stage, point)
            parts = {name: superoperators.widened(part) for name, part in operators.items()} | {"bath": still}
            vector = np.append(start.reshape(-1), 0.0)
            motion = self._motion(stage, parts, point, bath=1.0)
            vectors, error = ode.integrated(motion, vector, fractions, self.tolerance)
            self._note(error, point, len(state))
            found.append(vectors[:, :-1].reshape(len(fractions), *start.shape))
            heat.append(vectors[:, -1].real * unit)
        states, times = np.stack(found), stage.duration[:, None] * fractions
        for group in fast:
            assert group.diagonals is not None
            phases = kets.turned(group.diagonals, {n: probe[n] * times for n in group.names}, np.ones((), complex))
            states = phases[..., :, None] * states * phases[..., None, :].conj()
        return states, np.stack(heat)

    def _passive(self, group: Group, probe: Mapping[str, Array]) -> bool:
        """Whether a group of terms only turns phases that no other term and no bath can see."""
        if group.diagonals is None or any(probe[name].shape[-1] > 1 for name in group.names):
            return False
        jumps = [jump.tocoo() for found in self.jumps.values() for jump in found]
        totals = self.terms.totals
        return all(
            all(np.ptp(d[totals == total]) == 0 for total in set(totals.tolist()))
            and all(np.ptp(d[jump.row] - d[jump.col]) < 1e-13 for jump in jumps if jump.nnz)
            for d in group.diagonals.values()
        )

    def _check_relaxing(self, stage: Stage) -> None:
        """Refuse relaxation by an integrator where every level relaxes to every other."""
        if self.terms.size**2 > baths.LARGEST_LIOUVILLIAN:
            must = (
                f"'{'trajectories' if self.jumps else 'auto'}' for a {stage.segment.label} of {self.terms.size} states"
            )
            raise InputError(
                "method", must, "ode", "leave the method out for the rate equation, which has no bath beside"
            )

    def _dissipator(self, stage: Stage, point: int) -> tuple[csr_array, float]:
        """``i`` times dephasing, loss and relaxation of one point, with a row that adds up the heat, and its unit."""
        weighed = [(float(self.rates[name][point]), jump) for name, found in self.jumps.items() for jump in found]
        still = superoperators.dissipator(weighed, self.terms.size)
        if stage.bath is None:
            return superoperators.widened(1j * still), 1.0
        self._check_relaxing(stage)
        energies, vectors = (part[point] for part in self._eigenstates(stage))
        change = np.kron(vectors, vectors.conj())
        relaxation = change @ baths.secular(self._rates(stage, energies[None]))[0] @ change.conj().T
        unit = float(np.abs(energies).max()) + 1e-300
        hamiltonian = (vectors * energies / unit) @ vectors.conj().T
        flow = -(hamiltonian.T.reshape(1, -1) @ relaxation)
        return superoperators.widened(1j * (still + csr_array(relaxation)), 1j * flow), unit
