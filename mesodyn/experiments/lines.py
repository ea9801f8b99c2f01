"""What frequencies a record holds: one from phases followed along growing lags, several from even samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

FAINT = 1e-9
"""Below this modulus a phase means nothing, and a line is rounding."""


def frequency(time: Array, z: Complex, longest: Any = np.inf) -> tuple[Array, Array]:
    """The frequency w of phases that turn as exp(-i w t), and their distance from a straight line, for each point.

    The phase is followed from lag to lag, each time from where the frequency so far puts it: the first lags must be
    shorter than any period and grow by at most two, so that no turn is lost.

    Parameters
    ----------
    time, z
        (moments, points), the first moment being lag 0; `time` ascends.
    longest
        Lags up to this are used; (points,) or a number.

    Returns
    -------
    tuple of array, shapes (points,)
        nan where there is no coherence.
    """
    lag = time - time[0]
    relative = z * z[0].conj()
    measured, used = -np.angle(relative), (np.abs(relative) > FAINT**2) & (lag > 0) & (lag <= longest)
    rate = np.zeros(z.shape[1:])
    followed = np.zeros(z.shape)
    for k, (now, here) in enumerate(zip(lag, measured, strict=True)):
        guess = rate * now
        followed[k] = guess + (here - guess + np.pi) % (2 * np.pi) - np.pi
        rate = np.where(used[k], followed[k] / np.where(now > 0, now, 1.0), rate)
    bent = np.where(used, np.abs(followed - rate * lag), 0.0).max(axis=0)
    strong = np.abs(z[0]) > FAINT
    return np.where(strong, rate, np.nan), np.where(strong, bent, np.nan)


def lines(step: float, z: Complex, most: int) -> tuple[Array, Complex]:
    """The lines ``sum_k a_k exp(-i w_k t)`` of one even series, by the matrix pencil.

    The frequencies come from an eigenvalue problem of the samples, not from a grid.

    Parameters
    ----------
    step
        The time between samples; no frequency may be above pi / step.
    z
        The samples (n,), at least four times as many as lines.
    most
        How many lines are looked for; fewer are returned when the rest is rounding.

    Returns
    -------
    tuple of array, shapes (lines,)
        Frequencies, ascending, and amplitudes at the first sample.

    Examples
    --------
    >>> t = np.arange(64) * 0.1
    >>> found, height = lines(0.1, 0.3 * np.exp(-2.5j * t) + 0.1 * np.exp(1j * t), 4)
    >>> found.round(9).tolist(), np.abs(height).round(9).tolist()
    ([-1.0, 2.5], [0.1, 0.3])
    """
    half = len(z) // 2
    hankel = np.lib.stride_tricks.sliding_window_view(z, half)
    _, size, rows = np.linalg.svd(hankel, full_matrices=False)
    rank = min(most, int((size > FAINT * max(size[0], FAINT)).sum()))
    if rank == 0:
        return np.zeros(0), np.zeros(0, complex)
    space = rows[:rank].T
    poles = np.linalg.eigvals(np.linalg.lstsq(space[:-1], space[1:], rcond=None)[0])
    heights = np.linalg.lstsq(poles[None, :] ** np.arange(len(z))[:, None], z, rcond=None)[0]
    found = -np.angle(poles) / step
    order = np.argsort(found)
    return found[order], np.asarray(heights[order], complex)
