"""What one shot teaches: Fisher information, its quantum limit, and how many shots dependent events are worth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mesodyn import checks
from mesodyn.errors import InputError

EMPTY = 1e-12
"""Two levels with less population than this together add nothing."""


def fisher_information(probabilities: ArrayLike, derivatives: ArrayLike) -> Any:
    r"""The Fisher information of one shot, :math:`\sum_i (\partial p_i)^2/p_i`.

    Parameters
    ----------
    probabilities
        Of the outcomes (..., outcome).
    derivatives
        By one parameter, of the same shape; or by several, (..., parameter, outcome).

    Returns
    -------
    float or array
        (...), or the matrix (..., parameter, parameter). An outcome that never comes and does not begin to adds
        nothing; one that never comes but begins to gives inf.

    Examples
    --------
    A phase at mid-fringe with contrast 0.8, and at the top, where counts hardly move:

    >>> import numpy as np
    >>> def phase(chi, contrast=0.8):
    ...     left, slope = (1 + contrast * np.cos(chi)) / 2, -contrast * np.sin(chi) / 2
    ...     return float(fisher_information([left, 1 - left], [slope, -slope]))
    >>> round(phase(np.pi / 2), 9), round(phase(0.0), 9)
    (0.64, 0.0)
    """
    p, slopes = np.asarray(probabilities, float), np.asarray(derivatives, float)
    several = slopes.ndim == p.ndim + 1
    if slopes.shape[-1] != p.shape[-1] or not (several or slopes.ndim == p.ndim):
        raise InputError("derivatives", "as many as there are outcomes", slopes.tolist())
    rows = slopes if several else slopes[..., None, :]
    never = p[..., None, :] <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(never & (rows == 0), 0.0, rows / np.sqrt(np.clip(p, 0, None))[..., None, :])
        found = np.einsum("...ik,...jk->...ij", parts, parts)
    return found if several else found[..., 0, 0]


def quantum_limit(state: ArrayLike, turning: ArrayLike) -> float:
    r"""The most Fisher information that any measurement of one shot can have of a phase (quantum Fisher information).

    Parameters
    ----------
    state
        Density matrix (n, n).
    turning
        The Hermitian G that writes the phase, :math:`\rho\to e^{-i\chi G}\rho e^{i\chi G}` (n, n).

    Returns
    -------
    float
        :math:`2\sum_{kl}(\lambda_k-\lambda_l)^2|G_{kl}|^2/(\lambda_k+\lambda_l)`.

    Notes
    -----
    For one particle in two traps with equal weight and coherence C/2 it is :math:`C^2`, which the counts after a
    quarter pulse reach at mid-fringe; the mixture of the accounts has 0.

    Examples
    --------
    >>> round(quantum_limit([[0.5, 0.4], [0.4, 0.5]], [[0.5, 0], [0, -0.5]]), 9)
    0.64
    """
    rho, g = np.asarray(state, complex), np.asarray(turning, complex)
    if rho.ndim != 2 or rho.shape[0] != rho.shape[1] or rho.shape != g.shape:
        raise InputError("turning", "a matrix like the state", g.tolist())
    for name, matrix in (("state", rho), ("turning", g)):
        if np.abs(matrix - matrix.conj().T).max() > 1e-9 * max(1.0, np.abs(matrix).max()):
            raise InputError(name, "Hermitian", matrix.tolist())
    checks.number("trace of the state", float(rho.trace().real), low=1 - 1e-6, high=1 + 1e-6)
    weights, vectors = np.linalg.eigh(rho)
    weights = np.clip(weights, 0, None)
    inside = np.abs(vectors.conj().T @ g @ vectors) ** 2
    both = weights[:, None] + weights[None, :]
    apart = np.where(both > EMPTY, (weights[:, None] - weights[None, :]) ** 2 / np.where(both > EMPTY, both, 1.0), 0.0)
    return float(2 * (apart * inside).sum())


def effective_shots(events: int, exchange: float) -> float:
    """How many independent shots a run of resolved photons from one trap is worth (DEFINITIONS 6.9).

    The first photon projects the number, and the others repeat it until the trap has exchanged a particle: counting
    each photon as a shot makes error bars up to sqrt(events) too small.

    Parameters
    ----------
    events
        K, the photons of one run, at least 1.
    exchange
        p_x, the chance that the number is drawn anew between two of them, in [0, 1].

    Returns
    -------
    float
        1 at p_x = 0, K at p_x = 1; whatever the weights of the lines.

    Examples
    --------
    >>> round(effective_shots(20, 0.1), 6), effective_shots(20, 0.0), effective_shots(20, 1.0)
    (1.802746, 1.0, 20.0)
    """
    from mesodyn.experiments.light_runs import variance

    events = checks.whole("events", events, low=1)
    checks.number("exchange", exchange, low=0, high=1)
    return events**2 * 0.25 / variance(0.5, events, exchange)
