"""The generator of QuTiP's hierarchy for a dot on leads: built, cut to one block, solved."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qutip.core.environment import LorentzianEnvironment
from qutip.solver.heom import FermionicBath, HEOMSolver
from scipy.linalg import lu_factor, lu_solve
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import breadth_first_order
from scipy.sparse.linalg import LinearOperator, gmres

from mesodyn.dynamics.ode import Motion, integrated
from mesodyn.errors import UnfinishedError
from mesodyn.systems.microscopic.lead_dot import LeadDot

Array = NDArray[Any]

RESIDUAL = 1e-11
"""How exactly the steady state solves its equations, in units of the weakest coupling of a level."""
MOST_CYCLES = 40
"""Cycles of 60 steps at which the search for a steady state is given up."""

CLOSE = 0.02
"""Two exponents of a lead closer than this, relative to the band's, may cancel beyond the digits there are."""
COINCIDES = (
    "the width of a lead's band coincides with a Padé frequency of its temperature; change either by some per cent"
)


class Block:
    """The generator of QuTiP's hierarchy, cut to what the dot's populations are linked with.

    Each level's number and that of its channels are conserved together, so of an auxiliary matrix only the elements
    that make up for its exponents are ever filled: about one in fourteen for two levels.
    """

    def __init__(self, dot: LeadDot, depth: int, exponents: int) -> None:
        self.dot, self.apart = dot, np.inf
        lowering = dot.lowering()
        baths = []
        for k, lead in enumerate(dot.leads):
            strengths = np.broadcast_to(np.asarray(lead.coupling, float), len(dot.levels))
            for level in np.flatnonzero(strengths).tolist():
                shape = (float(strengths[level]), float(lead.bandwidth or 0.0), lead.middle)
                band = LorentzianEnvironment(lead.temperature, lead.chemical_potential, *shape)
                tagged = _expanded(band, exponents, (k, level))
                baths.append(FermionicBath.from_environment(tagged, lowering[level]))
                rates = np.array([each.exponent for each in tagged.exponents[: exponents + 1]])
                self.apart = min(self.apart, float(np.min(np.abs(rates[1:] / rates[0] - 1))))
        solver = HEOMSolver(dot.hamiltonian(), baths, depth, options={"progress_bar": ""})
        whole = csr_array(solver.rhs(0).to("CSR").data.as_scipy())
        count = len(dot.energies)
        pattern = csr_array((np.ones(whole.nnz, np.int8), whole.indices, whole.indptr), shape=whole.shape)
        self.kept = np.sort(breadth_first_order(pattern, 0, return_predecessors=False))
        self.matrix = csr_array(whole[self.kept][:, self.kept])
        self.diagonal = np.searchsorted(self.kept, np.arange(count) * (count + 1))
        tiers = np.array([sum(label) for label in solver.ados.labels])
        self.near = np.flatnonzero(tiers[self.kept // count**2] <= 1)
        self.reading = self._reading(solver)

    def _reading(self, solver: Any) -> csr_array:
        """From a vector of the block to populations, and currents over the largest coupling."""
        count = len(self.dot.energies)
        rows, columns = list(range(count)), self.diagonal.tolist()
        values: list[complex] = [1.0] * count
        for label in solver.ados.filter(level=1):
            exponent = solver.ados.exps(label)[0]
            k, level = exponent.tag
            outward = exponent.type == exponent.types["+"]
            operator = exponent.Q if outward else exponent.Q.dag()
            offset = solver.ados.idx(label) * count**2
            for index in np.flatnonzero(operator.full()):  # the trace of a product with a matrix kept by columns
                rows.append(count + k * len(self.dot.levels) + level)
                columns.append(int(np.searchsorted(self.kept, offset + index)))
                values.append((1j if outward else -1j) * operator.full().flat[index] / strongest(self.dot))
        shape = (count + len(self.dot.leads) * len(self.dot.levels), len(self.kept))
        return csr_array((values, (rows, columns)), shape=shape)

    def readings(self, states: Array) -> Array:
        """Populations and currents (moments, numbers) of vectors (moments, rows)."""
        return np.asarray((self.reading @ states.T).T.real)

    def steady(self) -> Array:
        """The vector that does not move: Krylov steps (GMRES) from the exact solution of the first two tiers."""
        rows, slowest = len(self.kept), weakest(self.dot)
        trace = csr_array((np.ones(len(self.diagonal)), (0 * self.diagonal, self.diagonal)), shape=(1, rows))
        matrix = csr_array(vstack([trace, self.matrix[1:] / slowest]))
        factors = lu_factor(matrix[self.near][:, self.near].toarray())
        weights = matrix.diagonal()
        weights[self.near] = 1.0

        def solved(vector: Array) -> Array:
            found = vector / weights
            found[self.near] = lu_solve(factors, vector[self.near])
            return found

        right = np.zeros(rows, complex)
        right[0] = 1.0
        near = LinearOperator((rows, rows), solved, dtype=complex)  # type: ignore[misc]
        found, failed = gmres(matrix, right, M=near, rtol=RESIDUAL, atol=0.0, restart=60, maxiter=MOST_CYCLES)
        if failed or not np.all(np.isfinite(found)):
            raise UnfinishedError(
                f"the steady state of a hierarchy was not found: {COINCIDES}"
                if self.apart < CLOSE
                else "the steady state of a hierarchy was not found: something is very slow beside the couplings; "
                "raise the temperature or the weakest coupling, or follow it in time by `transient`"
            )
        return np.asarray(found)

    def moved(self, filled: Any, times: Array, tolerance: float) -> Array:
        """Vectors (times, rows), from the dot with some levels filled."""
        start = np.zeros(len(self.kept), complex)
        state = np.zeros(len(self.dot.levels), int)
        state[list(filled)] = 1
        start[self.diagonal[np.ravel_multi_index(tuple(state), self.dot.shape)]] = 1.0
        end = float(times[-1])
        motion = Motion({"hierarchy": 1j * self.matrix}, lambda _: {"hierarchy": 1.0}, end, driven=False)
        later = times[times > 0]
        if not len(later):
            return start[None]
        found, _ = integrated(motion, start, later / end, tolerance)
        return found if len(later) == len(times) else np.concatenate([start[None], found])


def _expanded(band: LorentzianEnvironment, exponents: int, tag: tuple[int, int]) -> Any:
    """The lead's correlations as exponentials."""
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            found = band.approx_by_pade(exponents, tag=tag)
    except ZeroDivisionError:
        raise UnfinishedError(COINCIDES) from None
    if not np.all(np.isfinite([each.coefficient for each in found.exponents])):
        raise UnfinishedError(COINCIDES)
    return found


def weakest(dot: LeadDot) -> float:
    """The coupling of the level that is coupled least, to all leads together."""
    return float(np.min(np.sum([np.broadcast_to(lead.coupling, len(dot.levels)) for lead in dot.leads], axis=0)))


def strongest(dot: LeadDot) -> float:
    """The largest coupling."""
    return max(float(np.max(lead.coupling)) for lead in dot.leads)
