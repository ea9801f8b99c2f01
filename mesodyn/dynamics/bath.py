"""Open dynamics: relaxation between eigenstates, dephasing, loss (PHYSICS 3c)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mesodyn import checks
from mesodyn.dynamics import unitary
from mesodyn.dynamics.pieces import split
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import System

Array = NDArray[np.float64]

DEGENERATE = 1e-12
"""Levels whose distance is below this fraction of the largest energy are one level."""
LARGEST_LIOUVILLIAN = 500
"""The largest dimension squared for which dense Liouvillians are made."""


@dataclass(frozen=True, kw_only=True)
class Bath:
    r"""What acts on the system all the time, in every segment.

    Parameters
    ----------
    dephasing
        Rate :math:`\gamma` of the Lindblad operator :math:`\sqrt{\gamma/2}\,(N_A - N_B)`, at least 0.
    loss
        Total rate at which an extra step is lost, at least 0.

    Examples
    --------
    >>> import mesodyn as md
    >>> md.Bath(dephasing=0.03)
    Bath(dephasing=0.03, loss=0.0)
    """

    dephasing: Any = 0.0
    loss: Any = 0.0

    def __post_init__(self) -> None:
        checks.number("dephasing", self.dephasing, low=0)
        checks.number("loss", self.loss, low=0)

    @property
    def parts(self) -> list[str]:
        """The parts that are present: those that are not a plain zero."""
        return [name for name in ("dephasing", "loss") if np.ndim(getattr(self, name)) or getattr(self, name) != 0]

    def jumps(self, system: System) -> dict[str, list[qutip.Qobj]]:
        """The jump operators of unit rate of each part that is present."""
        made = {"dephasing": lambda: [system.dephasing()], "loss": system.losses}
        return {name: made[name]() for name in self.parts}


def commutator(hamiltonian: Matrix) -> Matrix:
    """``-i [H, rho]`` as a matrix on row-stacked density matrices, for stacked H (..., n, n)."""
    size = hamiltonian.shape[-1]
    one = np.eye(size)
    left = hamiltonian[..., :, None, :, None] * one[:, None, :]
    right = one[:, None, :, None] * hamiltonian.swapaxes(-1, -2)[..., None, :, None, :]
    shape = (*hamiltonian.shape[:-2], size * size, size * size)
    return np.asarray(-1j * (left.reshape(shape) - right.reshape(shape)))


def check_size(size: int, what: str) -> None:
    """Refuse a dense Liouvillian that would not fit."""
    if size * size > LARGEST_LIOUVILLIAN:
        was = Shown(f"{what} on {size} states (a Liouvillian of {size * size} rows)")
        raise InputError(
            "bath",
            f"on at most {int(LARGEST_LIOUVILLIAN**0.5)} states",
            was,
            "use a smaller spin, method='ode' (sparse) or 'trajectories' (kets), or leave the bath out",
        )


class Decay:
    """A bath part that commutes with the Hamiltonian of a segment: it acts by itself, exactly, at any time."""

    def __init__(self, superoperator: csr_array, rate: Array) -> None:
        self.superoperator, self.rate = superoperator, rate
        pieces = split({"": superoperator})
        self.spectra = [(*np.linalg.eig(piece.parts[""]), piece.places) for piece in pieces]
        """Eigenvalues (k,), eigenvectors (k, k) and elements (copies, k) of each piece."""

    @cached_property
    def sound(self) -> bool:
        """Whether it has a basis of eigenvectors."""
        return all(np.linalg.cond(vectors) < 1e6 for _, vectors, _ in self.spectra)

    def commutes(self, generator: csr_array) -> bool:
        """Whether it commutes with another superoperator."""
        own = self.superoperator
        return bool(abs(generator @ own - own @ generator).max() <= 1e-12 * abs(own).max())

    def apply(self, states: Matrix, times: Array) -> Matrix:
        """Act on states (points, moments, n, n) at times (points, moments) after the segment's start."""
        flat = states.reshape(*states.shape[:2], -1)
        found = np.empty_like(flat)
        time = (self.rate[:, None] * times)[..., None]
        for values, vectors, places in self.spectra:
            if len(values) == 1:
                found[..., places[:, 0]] = flat[..., places[:, 0]] * np.exp(values * time)
            else:
                inner = np.linalg.inv(vectors) @ flat[..., places].swapaxes(-1, -2)
                changed = vectors @ (np.exp(values * time)[..., None] * inner)
                found[..., places] = changed.swapaxes(-1, -2)
        return found.reshape(states.shape)


def transition_rates(energies: Array, rate: Array, temperature: Array, linked: NDArray[np.bool_]) -> Array:
    """Rates ``[final, initial]`` (points, n, n) between the eigenstates that are `linked` (n, n), in detailed balance.

    ``rate / (1 + exp((E_final - E_initial) / kT))``: the two directions add up to `rate`; at zero temperature only
    downwards. Among states of equal energy it is half of `rate` each way, and from each state to itself too: then
    nothing depends on which eigenvectors a degenerate level happens to be given.
    """
    step = energies[:, :, None] - energies[:, None, :]
    scale = np.abs(energies).max(axis=-1)[:, None, None]
    cold = temperature[:, None, None]
    equal = np.abs(step) <= DEGENERATE * scale
    step = np.where(equal, 0.0, step)
    with np.errstate(over="ignore"):
        warm = 1 / (1 + np.exp(np.clip(step / np.where(cold > 0, cold, 1.0), -700, 700)))
    share = np.where(cold > 0, warm, 0.5 - 0.5 * np.sign(step)) * linked
    itself = np.eye(energies.shape[-1], dtype=bool)
    alone = (equal & linked).sum(axis=-1, keepdims=True) == 1
    return np.asarray(rate[:, None, None] * np.where(itself & alone, 0.0, share))


def eigenstates(hamiltonian: Matrix, totals: NDArray[np.int64]) -> tuple[Array, Matrix]:
    """Eigenvalues and eigenvectors (points, n, n) sector by sector, so that none mixes two totals."""
    energies = np.zeros(hamiltonian.shape[:2])
    vectors = np.zeros_like(hamiltonian)
    for total in sorted(set(totals.tolist())):
        kept = np.flatnonzero(totals == total)
        block = np.ix_(np.arange(len(hamiltonian)), kept, kept)
        energies[:, kept], vectors[block] = np.linalg.eigh(hamiltonian[block])
    return energies, vectors


def secular(rates: Array) -> Matrix:
    """Jumps between eigenstates, ``rates[final, initial]`` (points, n, n), as matrices (points, n^2, n^2)."""
    points, size, _ = rates.shape
    leaving = rates.sum(axis=1)
    found = np.zeros((points, size * size, size * size), complex)
    populations, every = np.arange(size) * (size + 1), np.arange(size * size)
    found[:, populations[:, None], populations[None, :]] = rates
    found[:, every, every] -= 0.5 * (leaving[:, :, None] + leaving[:, None, :]).reshape(points, -1)
    return found


def block_means(generator: Matrix) -> Matrix:
    """The mean phase rate (points, n), imaginary, of the block that each row of a generator belongs to.

    Taken out of an exponential, it leaves the slow differences: a fast Larmor phase costs no digits. Decay stays in:
    without it what is left could grow beyond all bounds.
    """
    size = generator.shape[-1]
    one = np.eye(size, dtype=bool)
    strength = np.where(one, 0.0, np.abs(generator))
    linked = (strength > 1e-13 * strength.max(axis=(1, 2), keepdims=True)) | one
    linked = (linked | linked.swapaxes(-1, -2)).astype(float)
    for _ in range(int(np.ceil(np.log2(size)))):
        linked = np.minimum(linked @ linked, 1.0)
    diagonal = np.einsum("pii->pi", generator)
    return np.asarray(1j * (linked @ diagonal.imag[..., None])[..., 0] / linked.sum(axis=-1))


def even(fractions: Array) -> bool:
    """Whether moments follow each other at one distance, the first at this distance from 0."""
    gaps = np.diff(fractions, prepend=0.0)
    return bool(np.all(np.abs(gaps - gaps[0]) <= 1e-13))


def walk(generator: Any, start: Any, duration: Array, fractions: Array, means: Any = 0.0) -> Any:
    """``exp(G t) x`` (points, moments, n) for static generators, one exponential per distinct gap of `fractions`.

    Even moments are reached by doubling: what takes the first k to the next k is squared for the next. `means` are
    numbers (points, n) that can be taken out of the exponential, as those of `block_means`.
    """
    rest = generator - np.asarray(means)[..., None] * np.eye(start.shape[-1])
    found = np.zeros((len(duration), start.shape[-1], len(fractions)), np.result_type(generator, start))
    gaps = np.diff(fractions, prepend=0.0)
    if even(fractions):
        # The means come back before anything is squared: rounding that links two blocks must not grow with one of them.
        time = (gaps[0] * duration)[:, None]
        inner = np.exp(means * time)[..., None] * unitary.expm(rest * time[..., None])
        found[:, :, :1] = np.matmul(inner, start[..., None])
        done = 1
        while done < len(fractions):
            further = min(done, len(fractions) - done)
            found[:, :, done : done + further] = np.matmul(inner, found[:, :, :further])
            done += further
            inner = inner @ inner if done < len(fractions) else inner
        return found.swapaxes(1, 2)
    propagator: Any = np.eye(start.shape[-1])
    last, state = -1.0, start
    for k, gap in enumerate(gaps):
        if abs(gap - last) > 1e-13:
            time = (gap * duration)[:, None]
            propagator, last = np.exp(means * time)[..., None] * unitary.expm(rest * time[..., None]), gap
        state = np.matmul(propagator, state[..., None])[..., 0]
        found[:, :, k] = state
    return found.swapaxes(1, 2)
