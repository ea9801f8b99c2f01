"""One segment at a time: the cheapest exact method that fits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn.dynamics import bath as baths
from mesodyn.dynamics import unitary
from mesodyn.dynamics.bath import Bath, Decay
from mesodyn.dynamics.stages import Flatten, Stage
from mesodyn.errors import InputError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import System, matrices, stack

Array = NDArray[np.float64]

METHODS = {
    "auto": "the cheapest exact method that fits each segment",
    "exact": "spectral decomposition, rate equations, matrix exponentials: no segment may be driven",
    "magnus": "commutator-free Magnus steps in every segment without a bath, static ones included",
    "liouvillian": "the whole Liouvillian in every segment",
}


class Solver:
    """Solves stages on some basis states, for some points.

    Parameters
    ----------
    system, bath
        Their operators make the terms and the jumps.
    kept
        The basis states in use.
    flatten
        From a number or labelled axis to an array over the points.
    dropped
        The term that a rotating frame takes away, or None.
    method, tolerance
        See `METHODS`; the largest error of a driven propagator's element.
    """

    def __init__(
        self,
        system: System,
        bath: Bath,
        kept: NDArray[np.int64],
        flatten: Flatten,
        *,
        dropped: str | None,
        method: str,
        tolerance: float,
    ) -> None:
        self.kept, self.dropped, self.method, self.tolerance = kept, dropped, method, tolerance
        self.operators = matrices(system.operators, kept)
        self.totals = system.space.totals[kept]
        self.error: Any = 0.0
        jumps: dict[str, list[qutip.Qobj]] = {}
        if "dephasing" in bath.parts:
            jumps["dephasing"] = [system.dephasing()]
        if "loss" in bath.parts:
            jumps["loss"] = system.losses()
        if jumps:
            baths.check_size(len(kept), " and ".join(jumps))
        self.rates = {name: flatten(getattr(bath, name)) for name in jumps}
        self.jumps = {
            name: baths.dissipator([jump.full()[np.ix_(kept, kept)] for jump in found]) for name, found in jumps.items()
        }

    def solve(self, stage: Stage, state: Matrix, fractions: Array) -> tuple[str, Matrix, Array]:
        """Take states through a stage.

        Returns
        -------
        tuple
            The method's name, the states (points, moments, n, n) in the laboratory at `fractions` of the stage, and
            the heat (points, moments) that a relaxing stage has given to its bath so far.
        """
        heat = np.zeros((len(state), len(fractions)))
        driven = self._driven(stage)
        if driven and self.method == "exact":
            way = "use method='auto' or 'magnus', or a uniform rotation of a disconnected trap"
            raise InputError("method", f"'magnus' or 'liouvillian' for a driven {stage.segment.label}", "exact", way)
        commuting = self._commuting(stage)
        if stage.bath is not None and not self.jumps and self.method != "liouvillian":
            method = "rate equation"
            found, heat = self._relax(stage, state, fractions)
        elif stage.bath is not None or commuting is None or self.method == "liouvillian":
            method, found, heat = self._liouvillian(stage, state, fractions, driven)
        else:
            method = "magnus" if driven or self.method == "magnus" else "exact"
            propagator = self._propagator(stage, fractions)
            found = propagator @ state[:, None] @ propagator.conj().swapaxes(-1, -2)
            for decay in commuting:
                found = decay.apply(found, stage.duration[:, None] * fractions)
        if stage.turned is not None:
            method += ", co-rotating"
            found = self._to_lab(stage, found, fractions)
        return method, found, heat

    def _coefficients(self, stage: Stage, fractions: Array) -> dict[str, Array]:
        """The coefficients in the frame that is solved in."""
        return {name: c for name, c in stage.drive(fractions).items() if name != self.dropped}

    def _driven(self, stage: Stage) -> bool:
        """Whether any coefficient changes in time."""
        probe = np.array([0.25, 0.5])
        return any(c.shape[-1] > 1 for c in self._coefficients(stage, probe).values())

    def _commuting(self, stage: Stage) -> list[Decay] | None:
        """The bath as decays that commute with all that the stage does; None where it does not."""
        if not self.jumps:
            return []
        names = list(self._coefficients(stage, np.array([0.5])))
        terms = [self.operators[name] for name in names]
        if not all(Decay.fits(jump, terms) for jump in self.jumps.values()):
            return None
        return [Decay(jump, self.rates[name]) for name, jump in self.jumps.items()]

    def _propagator(self, stage: Stage, fractions: Array) -> Matrix:
        """The propagators (points, moments, n, n): the product over commuting groups of terms."""
        names = list(self._coefficients(stage, np.array([0.5])))
        used = {name: self.operators[name] for name in names}
        diagonal = [name for name in names if not np.any(used[name] - np.diag(np.diag(used[name])))]
        phases = np.ones((len(stage.duration), len(fractions), len(self.kept)), complex)
        total: Matrix | None = None
        for group in unitary.commuting_groups(used):
            part = self._group(stage, group, fractions)
            if all(name in diagonal for name in group):
                phases = phases * np.einsum("pmii->pmi", part)
            else:
                total = part if total is None else total @ part
        return np.asarray(phases[..., None] * (np.eye(len(self.kept)) if total is None else total))

    def _group(self, stage: Stage, group: list[str], fractions: Array) -> Matrix:
        """The propagators of one group, block by block."""
        size = len(self.kept)
        total = np.zeros((len(stage.duration), len(fractions), size, size), complex)
        probe = self._coefficients(stage, np.array([0.25, 0.5]))
        static = all(probe[name].shape[-1] == 1 for name in group)
        for block in unitary.blocks(group, self.operators):
            if static and self.method != "magnus":
                small = self._spectral(block, probe, stage.duration[:, None] * fractions)
            else:
                drive = unitary.Driven(block.operators, lambda at: self._coefficients(stage, at), stage.duration)
                small, error = unitary.magnus(drive, fractions, self.tolerance)
                self.error = np.maximum(self.error, error)
            unitary.assemble(block, small, total)
        return total

    @staticmethod
    def _spectral(block: unitary.Block, coefficients: Mapping[str, Array], times: Array) -> Matrix:
        return unitary.exponential(stack({n: coefficients[n] for n in block.operators}, block.operators), times)

    def _relax(self, stage: Stage, state: Matrix, fractions: Array) -> tuple[Matrix, Array]:
        """Secular relaxation between the eigenstates of the stage's Hamiltonian, and the heat it gives."""
        energies, vectors = self._eigenstates(stage)
        rates = self._rates(stage, energies)
        inner = vectors.conj().swapaxes(-1, -2) @ state @ vectors
        found = baths.relaxed(inner, energies, rates, stage.duration, fractions)
        lost = np.einsum("pii->pi", inner).real[:, None] - np.einsum("pmii->pmi", found).real
        heat = (lost * energies[:, None]).sum(axis=-1)
        return vectors[:, None] @ found @ vectors.conj().swapaxes(-1, -2)[:, None], heat

    def _eigenstates(self, stage: Stage) -> tuple[Array, Matrix]:
        """Eigenvalues and eigenvectors of a static stage, sector by sector."""
        coefficients = self._coefficients(stage, np.array([0.5]))
        hamiltonian = stack({name: c[:, 0] for name, c in coefficients.items()}, self.operators)
        return baths.eigenstates(hamiltonian, self.totals)

    def _rates(self, stage: Stage, energies: Array) -> Array:
        """Transition rates between the eigenstates of a relaxing stage."""
        assert stage.bath is not None
        linked = self.totals[:, None] == self.totals[None, :]
        return baths.transition_rates(energies, stage.bath["rate"], stage.bath["temperature"], linked)

    def _liouvillian(self, stage: Stage, state: Matrix, fractions: Array, driven: bool) -> tuple[str, Matrix, Array]:
        """Density matrices by exponentials of the whole Liouvillian."""
        baths.check_size(len(self.kept), f"segment {stage.segment.label!r}")
        if not driven:
            return "liouvillian", *self._static_liouvillian(stage, state, fractions)
        operators = {
            name: baths.commutator(self.operators[name]) for name in self._coefficients(stage, np.array([0.5]))
        }
        drive = unitary.Driven(operators, lambda at: self._coefficients(stage, at), stage.duration, self._dissipation())
        propagator, error = unitary.magnus(drive, fractions, self.tolerance)
        self.error = np.maximum(self.error, error)
        flat = (propagator @ state.reshape(len(state), 1, -1, 1))[..., 0]
        return "liouvillian magnus", flat.reshape(*flat.shape[:2], *state.shape[1:]), np.zeros(flat.shape[:2])

    def _static_liouvillian(self, stage: Stage, state: Matrix, fractions: Array) -> tuple[Matrix, Array]:
        """In the eigenbasis of the Hamiltonian, with one more row that adds up the heat."""
        energies, vectors = self._eigenstates(stage)
        points, size = energies.shape
        change = np.stack([np.kron(v, v.conj()) for v in vectors])
        generator = np.zeros((points, size * size + 1, size * size + 1), complex)
        generator[:, :-1, :-1] = change.conj().swapaxes(-1, -2) @ self._dissipation() @ change
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

    def _dissipation(self) -> Matrix:
        """Dephasing and loss (points, n^2, n^2)."""
        points, size = len(next(iter(self.rates.values()), [0.0])), len(self.kept) ** 2
        start = np.zeros((points, size, size), complex)
        return sum((self.rates[name][:, None, None] * jump for name, jump in self.jumps.items()), start=start)

    def _to_lab(self, stage: Stage, states: Matrix, fractions: Array) -> Matrix:
        """Undo the co-rotating frame: it is diagonal, since the rotation axis is z."""
        assert stage.turned is not None
        projection = np.diag(self.operators[f"{stage.site}.z"]).real
        phases = np.exp(-1j * stage.turned(fractions)[..., None] * projection)
        return np.asarray(phases[..., :, None] * states * phases.conj()[..., None, :])


def expectation(states: Matrix, operator: Matrix) -> NDArray[np.complex128]:
    """``Tr(rho O)`` for stacked density matrices (..., n, n)."""
    rows, columns = np.nonzero(operator)
    total = np.zeros(states.shape[:-2], complex)
    for row, column in zip(rows, columns, strict=True):
        total += states[..., column, row] * operator[row, column]
    return total


__all__: Sequence[str] = ["METHODS", "Solver", "expectation"]
