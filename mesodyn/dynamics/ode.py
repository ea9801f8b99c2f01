"""Vectors of one point integrated by QuTiP: its Runge-Kutta steps where H changes in time, its Krylov steps else.

No call goes over an edge of a protocol, no step over a sixteenth of a driven segment, and the result stands only when
a second, tighter one agrees with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import qutip
from numpy.typing import NDArray
from qutip.solver.integrator import IntegratorException
from scipy.sparse import csr_array, csr_matrix

from mesodyn.errors import UnfinishedError
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

STEPS_IN_A_DRIVE = 16
"""No step is longer than this part of a segment that is driven."""
MOST_STEPS = 1_000_000
"""Steps between two moments at which an integration is given up."""
TIGHTENED = 6
"""How often the integrator's tolerance is lowered tenfold (Krylov: how often its space grows)."""
FINEST = 1e-14
"""The lowest tolerance that an integrator is asked for."""
KRYLOV = 24
"""The dimension of the first Krylov space, and by how much the next ones are larger."""


@dataclass(frozen=True)
class Motion:
    r"""``i dx/dt = (sum_k c_k(t) G_k) x`` for one point: a ket under H, or a row-stacked density matrix.

    Parameters
    ----------
    operators
        :math:`G_k` (n, n), sparse; Hermitian or not.
    coefficients
        From a fraction of the segment to the numbers :math:`c_k`, in the order of `operators`.
    duration
        Of the segment.
    driven
        Whether any coefficient changes.
    """

    operators: Mapping[str, csr_array]
    coefficients: Callable[[float], Mapping[str, complex]]
    duration: float
    driven: bool

    def generator(self) -> qutip.Qobj | qutip.QobjEvo:
        """As QuTiP wants it."""
        if self.driven:
            clock = _Clock(self)
            return qutip.QobjEvo([[_qobj(part), _Part(clock, name)] for name, part in self.operators.items()])
        fixed = self.coefficients(0.5)
        return _qobj(sum((fixed[name] * part for name, part in self.operators.items())))


class _Clock:
    """The coefficients at one time, which all terms ask for one after the other."""

    def __init__(self, motion: Motion) -> None:
        self.motion, self.time = motion, np.nan
        self.found: Mapping[str, complex] = {}

    def at(self, time: float) -> Mapping[str, complex]:
        if time != self.time:
            self.found, self.time = self.motion.coefficients(time / self.motion.duration), time
        return self.found


@dataclass
class _Part:
    """One coefficient."""

    clock: _Clock
    name: str

    def __call__(self, t: float) -> complex:
        return self.clock.at(t)[self.name]


def integrated(motion: Motion, start: Matrix, fractions: Array, tolerance: float) -> tuple[Matrix, float]:
    """The vector at some moments by Verner's Runge-Kutta steps of ninth order.

    Parameters
    ----------
    motion
        What moves it.
    start
        The vector (n,).
    fractions
        The moments (moments,), ascending, the first above 0.
    tolerance
        Largest error of an element.

    Returns
    -------
    tuple
        The vectors (moments, n), and how far they are from those with a tenfold larger tolerance.

    Raises
    ------
    UnfinishedError
        When no tolerance is small enough, or a step takes too many parts.
    """
    options = {"method": "vern9", "nsteps": MOST_STEPS, "interpolate": False}
    if motion.driven:
        options["max_step"] = motion.duration / STEPS_IN_A_DRIVE
    scale = max(1.0, float(np.abs(start).max()))
    ladder = [{"atol": scale * t, "rtol": t} for t in np.maximum(tolerance * 10.0 ** -np.arange(1, TIGHTENED), FINEST)]
    return _agreed(motion, start, fractions, tolerance, [options | each for each in ladder], "ode")


def krylov(motion: Motion, start: Matrix, fractions: Array, tolerance: float) -> tuple[Matrix, float]:
    """The same for a constant Hamiltonian and a ket, by Krylov spaces whose step is chosen anew every time.

    QuTiP chooses the step once, from the first state, unless it is told not to: then it is wrong without a word.
    """
    fixed = {"method": "krylov", "always_compute_step": True, "nsteps": MOST_STEPS}
    most = len(start)
    ladder = [
        {"krylov_dim": min(KRYLOV + 8 * k, most), "atol": max(tolerance * 10.0 ** -(k + 1), FINEST)}
        for k in range(TIGHTENED)
    ]
    return _agreed(motion, start, fractions, tolerance, [fixed | each for each in ladder], "krylov")


def _agreed(
    motion: Motion, start: Matrix, fractions: Array, tolerance: float, ladder: list[dict[str, Any]], name: str
) -> tuple[Matrix, float]:
    """Go down a ladder of options until two results in a row agree."""
    if motion.duration == 0:
        return np.repeat(start[None], len(fractions), axis=0), 0.0
    rough, error = None, np.inf
    for options in ladder:
        fine = _run(motion, start, fractions, options, name)
        if rough is not None:
            error = float(np.abs(fine - rough).max())
            if error <= tolerance:
                return fine, error
        rough = fine
    raise UnfinishedError(
        f"method {name} did not reach tolerance {tolerance:g} in a segment of duration {motion.duration:.6g} "
        f"(two results differ by {error:.1e}); ask for a larger tolerance or a shorter segment, or use method='exact'"
    )


def _run(motion: Motion, start: Matrix, fractions: Array, options: dict[str, Any], name: str) -> Matrix:
    """The vectors (moments, n) with one choice of options."""
    fixed = {"progress_bar": "", "store_states": True, "normalize_output": False}
    times = [0.0, *(motion.duration * fractions)]
    ket = qutip.Qobj(start[:, None])
    try:
        found = qutip.sesolve(motion.generator(), ket, times, options=fixed | options).states
    except IntegratorException as failure:
        raise UnfinishedError(
            f"method {name} took more than {MOST_STEPS} steps between two moments of a segment of duration "
            f"{motion.duration:.6g} ({failure}); ask for more moments, a larger tolerance, or method='auto'"
        ) from None
    vectors = np.stack([each.full()[:, 0] for each in found[1:]])
    if not np.all(np.isfinite(vectors)):
        raise UnfinishedError(f"method {name} overflowed; use method='auto'")
    return vectors


def _qobj(operator: csr_array) -> qutip.Qobj:
    return qutip.Qobj(csr_matrix(operator.astype(complex)))
