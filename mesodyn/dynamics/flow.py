"""Equations of motion that are not linear: mean fields that follow what they act on, phases, noise.

What QuTiP solves is linear in the state; a self-consistent field is not. SciPy integrates these equations, one point at
a time, so that no point's steps depend on another's, and never over a knot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.errors import UnfinishedError

Array = NDArray[Any]
Slope = Callable[[float, Array], Array]
"""From time and state (variables,) to the state's rate of change."""

MOST = 2_000_000
"""How often one flow may ask for its slope: what would take hours is given up."""

FLOWS = {
    "auto": "DOP853",
    "explicit": "DOP853",
    "implicit": "Radau",
    "multistep": "LSODA",
}
"""Integrators of `scipy.integrate.solve_ivp` by the names they have here."""


def flow(
    slope: Slope,
    start: Array,
    times: Array,
    *,
    knots: Sequence[float] = (),
    tolerance: float = 1e-10,
    method: str = "auto",
) -> Array:
    """Integrate ``dy/dt = slope(t, y)`` for one point.

    Parameters
    ----------
    slope
        The equation of motion; real or complex, smooth between the knots.
    start
        The state (variables,) at ``times[0]``.
    times
        Ascending (moments,).
    knots
        Times where `slope` may jump: no step goes over one.
    tolerance
        Relative and absolute error of a step.
    method
        One of `FLOWS`.

    Returns
    -------
    array, shape (moments, variables)

    Raises
    ------
    InputError
        For a method that is not known or a tolerance that is not above 0.
    UnfinishedError
        When the integrator gives up or has taken `MOST` slopes, with the time it has reached.

    Examples
    --------
    >>> import numpy as np
    >>> found = flow(lambda t, y: -y, np.array([1.0]), np.linspace(0, 1, 3))
    >>> bool(abs(found[-1, 0] - np.exp(-1)) < 1e-9)
    True
    """
    from scipy.integrate import solve_ivp  # type: ignore[attr-defined]

    checks.choice("method", method, FLOWS)
    checks.number("tolerance", tolerance, above=0)
    times = np.asarray(times, float)
    inside = sorted({float(k) for k in knots if times[0] < k < times[-1]})
    edges = [float(times[0]), *inside, float(times[-1])]
    found = np.empty((len(times), len(start)), np.result_type(start, slope(edges[0], np.asarray(start))))
    found[0] = state = np.asarray(start, found.dtype)
    small = max(tolerance, 1e-13)
    counted = _Counted(slope, method)
    for begin, end in pairwise(edges):
        here = np.flatnonzero((times > begin) & (times <= end))
        wanted = np.append(times[here], end)
        readings = np.unique(wanted)
        with np.errstate(over="ignore", invalid="ignore"):  # a step that was tried too long is taken again
            done = solve_ivp(counted, (begin, end), state, FLOWS[method], t_eval=readings, rtol=small, atol=small)
        if not done.success or not np.all(np.isfinite(done.y)):
            reached = done.t[-1] if len(done.t) else begin
            raise UnfinishedError(
                f"the equations of motion (method {method}) could be followed to t = {reached:.6g} of {end:.6g} only: "
                f"{done.message}; ask for method='implicit', a larger tolerance or a shorter time"
            )
        found[here] = done.y.T[: len(here)]
        state = done.y[:, -1]
    return found


class _Counted:
    """A slope that is not asked for more than `MOST` times."""

    def __init__(self, slope: Slope, method: str) -> None:
        self.slope, self.method, self.asked = slope, method, 0

    def __call__(self, time: float, state: Array) -> Array:
        self.asked += 1
        if self.asked > MOST:
            raise UnfinishedError(
                f"the equations of motion (method {self.method}) were followed to t = {time:.6g} in {MOST} evaluations "
                "and not to the end: something is very fast beside the duration; bring rates and energies closer "
                "together, or ask for a shorter time"
            )
        return self.slope(time, state)


def noisy_flow(
    slope: Callable[[float, Array], Array],
    kick: Callable[[float, Array], Array],
    start: Array,
    times: Array,
    steps: int,
    generators: Sequence[np.random.Generator],
) -> Array:
    """Integrate ``dy = slope dt + kick dW`` in the sense of Stratonovich, all trajectories side by side.

    The stochastic Heun scheme with `steps` equal steps between two moments. Each trajectory draws from a generator
    of its own, so that it does not depend on how many others there are.

    Parameters
    ----------
    slope, kick
        Time and states (trajectories, variables) to their rates of change, and to what one unit of white noise
        (one number per variable) does to them.
    start
        The states (trajectories, variables) at ``times[0]``.
    times, steps
        Ascending moments (moments,), and how many steps there are between two of them.
    generators
        One for each trajectory (`mesodyn.seeds.generator`).

    Returns
    -------
    array, shape (trajectories, moments, variables)
    """
    state = np.array(start, float)
    found = np.empty((len(state), len(times), state.shape[1]))
    found[:, 0] = state
    for k, (begin, end) in enumerate(pairwise(times)):
        width = (end - begin) / steps
        draws = np.stack([g.standard_normal((steps, state.shape[1])) for g in generators], axis=1) * np.sqrt(width)
        for j in range(steps):
            now = begin + j * width
            first, push = slope(now, state), kick(now, state) * draws[j]
            guess = state + first * width + push
            state = state + 0.5 * (first + slope(now + width, guess)) * width
            state = state + 0.5 * (push + kick(now + width, guess) * draws[j])
        found[:, k + 1] = state
    return found
