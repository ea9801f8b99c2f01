"""Spectra as matrix elements of (i w - L)^-1: frequency by frequency, or by rational Krylov for many levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.liouville import Block, Sites, dense
from mesodyn.errors import InputError, Shown, UnfinishedError
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

MOST = 200
"""How many factorisations rational Krylov may take."""
FIRST, PROOFS = 8, 4
"""Shifts that are spread evenly before any other, and how many in turn must have been foretold at the end."""
STILL = 1e-11
"""A projected mode slower than this share of the fastest is the stationary state, which nothing excites."""
SMALL = 64
"""Rows of a Liouvillian up to which full matrices are faster than sparse ones."""
ASIDE = 1e-9
"""By what share of the fastest rate a shift stands off the axis, where a mode may not decay at all."""


def direct(generator: Matrix, start: Matrix, seen: Matrix, frequencies: Array, half: Array) -> Array:
    """Solve a linear system for every point and frequency: right for defective blocks too, and slow."""
    found = np.empty(frequencies.shape)
    one = np.eye(generator.shape[-1])
    for k in range(len(found)):
        shift = half[k] - 1j * frequencies[k]
        systems = shift[:, None, None] * one - generator[k]
        found[k] = (np.linalg.solve(systems, start[k][:, None])[..., 0] @ seen).real / np.pi
    return found


def krylov(generator: Any, start: Matrix, seen: Matrix, frequencies: Array, half: float, tolerance: float) -> Array:
    """Project on solutions at a few shifts, put where the last two results differ most and where none is near.

    A shift costs one sparse factorisation, which gives the right and the left solution: value and slope of the
    spectrum are exact there. It stops when several new shifts in turn were foretold, and no frequency moved, by
    `tolerance` of the largest value.
    """
    aside = ASIDE * float(abs(generator).max())
    right = left = np.empty((len(start), 0), complex)
    shifts = half - 1j * frequencies
    last = change = np.zeros(len(shifts))
    fine, taken = 0, np.zeros(len(shifts), bool)
    apart = np.abs(frequencies - frequencies.mean()) + 1.0  # how far each frequency is from the nearest shift
    for count in range(min(MOST, len(shifts))):
        # In turn where the result still moves, and where nobody has looked yet: a narrow line may hide there.
        wanted = change if count >= FIRST and count % 2 else apart
        where = int(np.argmax(np.where(taken, -1.0, wanted)))
        x, y = _both(generator, shifts[where] + aside, start, seen)
        largest = max(np.pi * np.abs(last).max(), np.finfo(float).tiny)
        foretold = _at(shifts[where] + aside, right, left, generator @ right, start, seen)
        fine = fine + 1 if abs((seen @ x - foretold).real) < tolerance * largest else 0
        right, left = _with(right, x), _with(left, y)
        now = np.real(_at(shifts, right, left, generator @ right, start, seen)) / np.pi
        change, last = np.abs(now - last), now
        near = np.abs(frequencies - frequencies[where])
        apart, taken[where] = near if count == 0 else np.minimum(apart, near), True
        settled = count >= FIRST and fine >= PROOFS and change.max() < tolerance * np.abs(now).max()
        if settled or right.shape[1] == len(start) or count + 1 == len(shifts):
            return np.asarray(now)
    raise UnfinishedError(f"the spectrum is not known to {tolerance:g} after {MOST} shifts: allow a larger tolerance")


def _both(generator: Any, shift: complex, start: Matrix, seen: Matrix) -> tuple[Matrix, Matrix]:
    """``(s - L)^-1 x`` and ``(s - L)^-dagger y``."""
    import scipy.sparse as sp
    from scipy.sparse.linalg import splu

    made = splu((shift * sp.identity(generator.shape[0], format="csc") - generator).tocsc(), permc_spec="COLAMD")
    return made.solve(start), made.solve(seen.conj(), trans="H")


def _with(basis: Matrix, vector: Matrix) -> Matrix:
    """An orthonormal basis with one more direction; without, if there is nothing new in it."""
    length = np.linalg.norm(vector)
    for _ in range(2):
        vector = vector - basis @ (basis.conj().T @ vector)
    return np.column_stack([basis, vector / (np.linalg.norm(vector) or 1.0)]) if length else basis


def _at(shifts: Any, right: Matrix, left: Matrix, pulled: Matrix, start: Matrix, seen: Matrix) -> Any:
    """The projected ``y (s - L)^-1 x`` at shifts, by the projected pencil's eigenvalues."""
    import scipy.linalg

    if not right.shape[1]:
        return np.zeros(np.shape(shifts), complex)
    overlap, moved = left.conj().T @ right, left.conj().T @ pulled
    inner = scipy.linalg.lstsq(overlap, np.column_stack([moved, left.conj().T @ start]))[0]
    values, vectors = np.linalg.eig(inner[:, :-1])
    heights = (seen @ right @ vectors) * np.linalg.solve(vectors, inner[:, -1])
    still = np.abs(values) <= STILL * np.abs(values).max()
    away = np.where(still, 1.0, np.asarray(shifts)[..., None] - values)
    return (np.where(still, 0.0, heights) / away).sum(axis=-1)


def null_state(sites: Sites) -> Matrix:
    """The one stationary density matrix (n, n), or (points, n, n), by inverse iteration."""
    found = np.stack([_null(sites, k) for k in range(sites.points)])
    return found[0] if sites.points == 1 else found


def _null(sites: Sites, point: int) -> Matrix:
    """Two starts that must end in the same state."""
    size = sites.size
    weights = np.array([np.ones(size), np.arange(1.0, size + 1)]).T
    states = np.zeros((size * size, 2), complex)
    states[:: size + 1] = weights / weights.sum(axis=0)
    solve = _solver(sites, point)
    for _ in range(3):
        states = solve(states)
        states = states / states[:: size + 1].sum(axis=0)
    if not np.abs(states[:, 0] - states[:, 1]).max() <= 1e-8:
        raise InputError("state", "given here", Shown("left out"), "the system has more than one stationary state")
    found = states[:, 0].reshape(size, size)
    return np.asarray((found + found.conj().T) / 2)


def _solver(sites: Sites, point: int) -> Any:
    """Solves ``(L - small) x = y``, which leaves what does not decay."""
    import scipy.sparse as sp
    from scipy.sparse.linalg import splu

    rows = sites.size**2
    aside = ASIDE * float(sites.speed()[point])
    if rows <= SMALL:
        matrix = dense(sites.take(slice(point, point + 1)), Block(np.arange(rows), sites.size))[0]
        inverse = np.linalg.inv(matrix - aside * np.eye(rows))
        return lambda x: inverse @ x
    return splu((sites.sparse(point) - aside * sp.identity(rows, format="csr")).tocsc()).solve
