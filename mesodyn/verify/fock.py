"""Fock space with explicit fermion operators, and a small interacting dot both ways: by hand and in Fock space."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from mesodyn.verify.section import Draw, Numbers


@cache
def lowering(modes: int) -> NDArray[np.float64]:
    """The fermion operators c_k (modes, 2**modes, 2**modes); c_1^dagger c_2^dagger |0> = +|11>."""
    string, step = np.diag([1.0, -1.0]), np.array([[0.0, 1.0], [0.0, 0.0]])
    found = []
    for k in range(modes):
        factors = [string] * k + [step] + [np.eye(2)] * (modes - k - 1)
        operator: Numbers = np.eye(1)
        for factor in factors:
            operator = np.kron(operator, factor)
        found.append(operator)
    return np.array(found)


def counts(modes: int) -> NDArray[np.float64]:
    """The number of particles of each basis state."""
    c = lowering(modes)
    return np.asarray(np.einsum("kji,kji->i", c, c))


def spin(modes: int) -> NDArray[np.complex128]:
    """Total S_x, S_y, S_z of modes (site 1 up, site 1 down, site 2 up, ...)."""
    return local_spin(modes).sum(axis=0)


@cache
def local_spin(modes: int) -> NDArray[np.complex128]:
    """s_x, s_y, s_z of each site: (sites, 3, 2**modes, 2**modes)."""
    c = lowering(modes).reshape(modes // 2, 2, 2**modes, 2**modes)
    return np.asarray(0.5 * np.einsum("xab,saji,sbjk->sxik", PAULI, c, c, optimize=True))


PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def dagger(operator: Numbers) -> Numbers:
    """The Hermitian conjugate."""
    return np.asarray(operator.conj().swapaxes(-1, -2))


def unitary(rng: np.random.Generator, sets: int, size: int) -> Numbers:
    """Random unitary matrices."""
    return np.linalg.qr(complex_normal(rng, sets, size, size))[0]


def complex_normal(rng: np.random.Generator, *shape: int) -> Numbers:
    """Independent complex normal numbers."""
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


# -- a dot of three orbitals with interactions ------------------------------------------------------------------------


def draw_dot(rng: np.random.Generator, sets: int) -> Draw:
    """Level matrix h and interaction U_ij n_i n_j of three orbitals."""
    h = complex_normal(rng, sets, 3, 3)
    return {"levels": h + dagger(h), "repulsion": np.triu(rng.uniform(0.5, 2.0, (sets, 3, 3)), 1)}


def by_hand(draw: Draw) -> Draw:
    """The lowest states with 1, 2 and 3 particles from their wave functions, without Fock space.

    ``one`` is psi(i); ``two`` the antisymmetric psi(i, j) with c_i^dagger c_j^dagger, i < j; F(r) and F(r, r') are the
    matrix elements (14), (23) between neighbouring numbers.
    """
    h, repulsion = draw["levels"], draw["repulsion"]
    pairs = ((0, 1), (0, 2), (1, 2))
    two = np.zeros((len(h), 3, 3), complex)
    for k, (i, j) in enumerate(pairs):
        for n, (p, q) in enumerate(pairs):
            hop = h[:, i, p] * (j == q) + h[:, j, q] * (i == p) - h[:, i, q] * (j == p) - h[:, j, p] * (i == q)
            two[:, k, n] = hop + (k == n) * repulsion[:, i, j]
    one_level, one = np.linalg.eigh(h)
    two_level, packed = np.linalg.eigh(two)
    psi, chi = phased(one[:, :, 0]), phased(packed[:, :, 0])
    spread = np.zeros((len(h), 3, 3), complex)
    for k, (i, j) in enumerate(pairs):
        spread[:, i, j], spread[:, j, i] = chi[:, k], -chi[:, k]
    cyclic = np.zeros((3, 3, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        cyclic[i, j, k], cyclic[j, i, k] = 1, -1
    energies = [one_level[:, 0], two_level[:, 0], np.einsum("pii->p", h).real + repulsion.sum(axis=(1, 2))]
    return {
        "energies": np.stack(energies, axis=1),
        "F": np.einsum("pj,prj->pr", psi.conj(), spread),
        "F2": -np.einsum("pk,rsk->prs", psi.conj(), cyclic),
    }


def dot_hamiltonian(draw: Draw, modes: int = 3, first: int = 0) -> Numbers:
    """The dot's Hamiltonian in the Fock space of `modes` modes, of which three from `first` on are the dot's."""
    c = lowering(modes)[first : first + 3]
    number = np.einsum("rji,rjk->rik", c, c)
    return np.asarray(
        np.einsum("prs,rji,sjk->pik", draw["levels"], c, c, optimize=True)
        + np.einsum("prs,rij,sjk->pik", draw["repulsion"], number, number, optimize=True)
    )


def lowest(hamiltonian: Numbers, number: Numbers, particles: int) -> tuple[Numbers, Numbers]:
    """Energy and state (with the phase of `phased`) of the lowest level with so many particles."""
    kept = np.flatnonzero(np.isclose(number, particles))[::-1]  # |100>, |010>, ...: the order of wave functions
    levels, kets = np.linalg.eigh(hamiltonian[:, kept][:, :, kept])
    state = np.zeros(hamiltonian.shape[:2], complex)
    state[:, kept] = phased(kets[:, :, 0])
    return levels[:, 0], state


def phased(kets: Numbers) -> Numbers:
    """Kets whose first component is positive: two calculations then choose the same phase."""
    return np.asarray(kets * (np.abs(kets[:, :1]) / kets[:, :1]))
