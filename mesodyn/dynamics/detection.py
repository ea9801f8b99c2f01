"""What a detected photon does to the state that emitted it: told its time, its frequency, or nothing (PHYSICS 3b)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

LIFETIMES = 45.0
"""How many of the longest lifetimes an average over detection times covers."""
NODES = 8
"""Points of a Gauss rule in each piece of the average."""
MOST = 20_000
"""Pieces that an average may have."""


def effective(hamiltonian: Matrix, jumps: list[Matrix]) -> Matrix:
    """``-i H - sum L^dagger L / 2`` (n, n): how a state evolves while no photon comes."""
    return np.asarray(-1j * hamiltonian - 0.5 * sum(jump.conj().T @ jump for jump in jumps))


def at_times(generator: Matrix, jump: Matrix, state: Matrix, times: Array) -> Matrix:
    """The states (times, n, n) after a photon that was detected at each time, times its probability density.

    Parameters
    ----------
    generator, jump
        That of `effective`, and the operator of the detected light (n, n).
    state
        Density matrix (n, n) at time 0.
    times
        (times,).
    """
    values, vectors = np.linalg.eig(generator)
    waiting = (vectors * np.exp(values * times[:, None])[:, None, :]) @ np.linalg.inv(vectors)
    after = jump @ waiting
    return np.asarray(after @ state @ after.conj().swapaxes(-1, -2))


def at_frequencies(generator: Matrix, jump: Matrix, state: Matrix, frequencies: Array) -> Matrix:
    """The states (frequencies, n, n) after a photon of each frequency, times its probability density.

    The jump's amplitude is summed over all times with the light's phase; frequencies of detuned states are those of
    the energy that the system has lost when its final states have none.
    """
    one = np.eye(len(generator))
    waiting = np.linalg.inv(-1j * frequencies[:, None, None] * one - generator)
    after = jump @ waiting
    return np.asarray(after @ state @ after.conj().swapaxes(-1, -2) / (2 * np.pi))


def averaged(generator: Matrix, jump: Matrix, state: Matrix) -> Matrix | None:
    """The state (n, n) after one photon of unknown time: all detection times added up.

    None where so many periods would have to be added up that it would take `MOST` pieces.
    """
    values = np.linalg.eigvals(generator)
    alive = values[values.real < -1e-12 * np.abs(values).max()]
    if not len(alive):
        return None
    end = LIFETIMES / (2 * np.abs(alive.real).min())
    fastest = 2 * np.abs(alive.real).max() + np.ptp(alive.imag)
    pieces = int(np.ceil(end * fastest / 4))
    if pieces > MOST:
        return None
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    edges = np.linspace(0.0, end, pieces + 1)
    half = (edges[1] - edges[0]) / 2
    total: Any = np.zeros(state.shape, complex)
    for block in np.array_split(edges[:-1], max(1, pieces // 500)):
        times = (block[:, None] + half * (1 + nodes)).ravel()
        states = at_times(generator, jump, state, times)
        total += np.einsum("t,tij->ij", np.tile(half * weights, len(block)), states)
    return np.asarray(total)
