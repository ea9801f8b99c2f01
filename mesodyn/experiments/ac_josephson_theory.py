"""What theory says of a junction under bias: harmonics, Shapiro steps, lines of a telegraph, thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.systems.branch_levels import BranchLevels

Array = NDArray[np.float64]
HARMONICS = 3
"""How many harmonics are compared."""
HIGHEST = 400
"""Harmonics beyond this one are left out of sums."""
BEND, UNEVEN, FAR = 2.0, 2.5, 0.05
"""How far the Landau-Zener formula can be off: times the bend of the levels where they pass, times the change of the
squared gap over the level distance, times the cube of (gap + sqrt(speed)) over the level distance."""


def harmonics(alpha: float, beta: float, detuning: float, count: int) -> Array:
    r"""The amplitudes :math:`j_1, ..., j_n` of :math:`\sin(m\theta/2)` on an SD1S branch (DEFINITIONS 6.8).

    .. math:: j_m = \frac{m q^m}{\sqrt{\alpha^2 - \beta^2}} - \tfrac12\beta\xi^2\delta_{m1},\quad
              q = \frac{\alpha - \sqrt{\alpha^2 - \beta^2}}{\beta}

    Examples
    --------
    >>> [round(float(j), 12) for j in harmonics(1.2, 0.5, 0.3, 3)]
    [0.177576392868, 0.087336377474, 0.028592739207]
    """
    strength, m = abs(beta), np.arange(1, count + 1)
    root = np.sqrt((alpha - strength) * (alpha + strength))
    q = strength / (alpha + root)
    return np.asarray(m * q**m / root - np.where(m == 1, strength * detuning**2 / 2, 0.0))


def branch_harmonics(levels: BranchLevels, count: int) -> Array:
    """The same for any junction whose branches cross without a gap; nan with a gap."""
    if levels.splitting > 0:
        return np.full(count, np.nan)
    if levels.model == "SD1S":
        return harmonics(levels.alpha, levels.beta, levels.detuning, count)
    largest = levels.gap if levels.model == "contact" else 2 * levels.delta_left
    return np.where(np.arange(count) == 0, largest, 0.0)


def shapiro(parts: Array, step: float, swing: float, start: Any) -> Any:
    r"""The direct current of one branch on :math:`\theta = \theta_0 + k\omega t + 2a\sin\omega t` (DEFINITIONS 6.8).

    .. math:: I_{dc} = \frac e\hbar\sum_{mk\,even} j_m(-1)^{mk/2}J_{mk/2}(ma)\sin(m\theta_0/2)

    Examples
    --------
    >>> parts = harmonics(1.2, 0.5, 0.3, 200)
    >>> [round(float(shapiro(parts, k, 0.9, 0.8)), 12) for k in (1, 2, 3)]
    [-0.032846439668, -0.014173408751, -0.005950256202]
    """
    from scipy.special import jv

    total = 0.0 * np.asarray(start, float)
    for m, part in enumerate(parts, 1):
        order = m * step / 2
        if abs(order - round(order)) < 1e-9:
            whole = round(order)
            total = total + part * (-1.0) ** whole * jv(whole, m * swing) * np.sin(m * np.asarray(start) / 2)
    return total


def line(levels: BranchLevels, phase: Array, harmonic: float, staying: float, start: int) -> float:
    r"""The root mean square amplitude of a line of a junction that jumps at the passages only.

    The branch s changes its sign with probability 1 - P at each odd multiple of pi, so that
    :math:`\langle s_n s_m\rangle = (2P - 1)^{|n - m|}` for the stretches n, m in between, and
    :math:`J = \tfrac12(J_+ + J_-) + \tfrac12 s(J_+ - J_-)`.

    Parameters
    ----------
    levels
        The junction.
    phase
        The phase differences (moments,) of the record, over whole turns at even speed.
    harmonic
        The line is at this times 2eV/h: ½ for the one at eV/h.
    staying
        P.
    start
        The branch at first, 1 or -1.
    """
    plus, minus = levels.current(phase, 1), levels.current(phase, -1)
    wave = np.exp(-1j * harmonic * phase) * 2 / phase.size
    stretch = np.floor((phase + np.pi) / (2 * np.pi)).astype(int)
    stretch -= stretch[0]
    parts = np.zeros(stretch[-1] + 1, complex)
    np.add.at(parts, stretch, wave * (plus - minus) / 2)
    shared = (wave * (plus + minus) / 2).sum()
    n = np.arange(parts.size)
    kept = 2 * staying - 1
    first = start * (kept**n * parts).sum()
    both = kept ** np.abs(n[:, None] - n)
    power = abs(shared) ** 2 + 2 * (np.conj(shared) * first).real + (parts.conj() @ both @ parts).real
    return float(np.sqrt(max(power, 0.0)))


def passage_error(levels: BranchLevels, speed: float) -> float:
    """How far the Landau-Zener formula may be off: levels bend, are not infinitely far apart, and the gap changes."""
    gap, slope = levels.splitting, abs(float(levels.slope(np.pi)[0]))
    if gap == 0:
        return 1e-7
    apart = 2 * abs(float(levels.field(0.0)[0]))
    near = gap + np.sqrt(2 * slope * speed)
    reach = min(near / (2 * slope), np.pi)
    bend = abs(float(levels.field(np.pi + reach)[0]) / (slope * reach) - 1)
    uneven = abs(gap**2 - 4 * float((levels.field(0.0)[1:] ** 2).sum())) / apart**2
    staying = float(levels.stays(speed))
    turning = -staying * np.log(max(staying, 1e-300))
    return float((BEND * bend + UNEVEN * uneven) * turning + FAR * (near / apart) ** 3 + 1e-7)


def growth(alpha: float, beta: float, relaxation_time: float, voltage: Any) -> Any:
    r""":math:`\Lambda = 4\beta\hbar/\alpha\tau eV`: the growth exponent from pi to 3 pi (PHYSICS 3e)."""
    return 4 * abs(beta) / (alpha * relaxation_time * np.asarray(voltage))


def inertia(alpha: float, beta: float, relaxation_time: float) -> float:
    r"""By what share the dot, which lags behind, changes the growth: :math:`\lambda/4|\Delta|^2\tau`.

    :math:`\lambda = 2\beta/\alpha\tau` is the largest rate, and :math:`|\Delta| \ge 1/(\alpha + \beta)`.
    """
    rate = 2 * abs(beta) / (alpha * relaxation_time)
    return float(rate * (alpha + abs(beta)) ** 2 / (4 * relaxation_time))


def kept(spread: Any, exponent: Any) -> Any:
    r"""Which share of Gaussian deviations is still nearer to its branch after growing by :math:`e^\Lambda`.

    Those below :math:`\arctan e^{-\Lambda}` are.
    """
    from scipy.special import erf

    return erf(np.arctan(np.exp(-np.asarray(exponent, float))) / (np.sqrt(2) * spread))


def half_lost(spread: float) -> float:
    """The growth exponent at which half of the Gaussian deviations have left their branch.

    It is ln(1/spread), but for the median 0.674 of the modulus of a normal number.
    """
    return float(-np.log(np.tan(min(0.6744897501960817 * spread, 1.5))))
