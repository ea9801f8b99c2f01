"""The wide-band limit of a finite lead, by extrapolation in the number of levels and the width of their band."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mesodyn import checks
from mesodyn.systems.microscopic.lead import MOST_LEVELS, Lead
from mesodyn.systems.microscopic.limits import Limit, extrapolated
from mesodyn.systems.microscopic.resonant_level import filling

SIZES = (11, 21, 41, 81, 161, 321)
"""Odd numbers of levels that limits are extrapolated from at temperature 0."""
CLOSE = 0.6
"""Above it levels stand closer than this times kT: then only powers of 1/L are left to extrapolate."""
WIDER = (1.0, 1.5, 2.0, 3.0, 4.0)
"""By how much leads grow from there."""
LARGEST = 1300
"""The most levels for that: in a colder lead nothing is extrapolated."""


def many_levels(detuning: Any, width: float, half_width: float, temperature: float = 0.0) -> Limit:
    r"""The number on a dot whose lead has a band from -D to D and endlessly many levels.

    At temperature 0 leads of an odd number of levels are half filled, dot included: there the number is a smooth
    function of 1/L; nan for a band so wide (D > 49 width) that 4000 levels are too few. Above it the total number is
    free; nan where it is so cold that 1300 levels are too few.

    Parameters
    ----------
    detuning
        :math:`\xi`, (points,).
    width, half_width
        :math:`\Gamma > 0` and D > 0.
    temperature
        k_B T, one number.
    """
    return _endlessly_many(
        detuning, lambda size: Lead.flat_band(size, half_width, width), 2 * half_width, temperature, width
    )


def wide_band_number(detuning: Any, width: Any, temperature: float = 0.0) -> Limit:
    r"""The number on a dot on an endless band of endlessly many levels, extrapolated from finite leads.

    As the number of levels grows the band widens: see `Lead.widening_band`. The exact limit is
    :math:`\tfrac12 - \pi^{-1}\arctan(4\xi/\Gamma)` (PHYSICS 4.2), which is not used here.

    Parameters
    ----------
    detuning, width
        :math:`\xi`, (points,); :math:`\Gamma > 0`, one number.
    temperature
        k_B T, one number.

    Returns
    -------
    Limit
        Numbers (points,) and their errors.

    Examples
    --------
    >>> found = wide_band_number([0.25], 1.0)
    >>> bool(abs(found.value - 0.25) < found.error < 1e-6)
    True
    """
    wide = float(checks.number("width", width, above=0))
    return _endlessly_many(detuning, lambda size: Lead.widening_band(size, wide), np.pi * wide, temperature, wide)


def flat_band_number(detuning: float, width: float, half_width: float) -> float:
    r"""The same as `many_levels` at temperature 0 without any levels, by an integral along the imaginary axis.

    .. math:: \tfrac12 - \frac1\pi\int_0^\infty\frac{2\xi\,d\omega}{4\xi^2 + [\omega + (\Gamma/\pi)\arctan(D/\omega)]^2}

    Examples
    --------
    >>> bool(abs(flat_band_number(0.25, 1.0, 5.0) - many_levels(0.25, 1.0, 5.0).value) < 1e-7)
    True
    """
    from scipy.integrate import quad

    def spectrum(turned: float) -> float:
        omega = width * np.tan(turned)
        slope = width / np.cos(turned) ** 2
        return float(
            slope * 2 * detuning / (4 * detuning**2 + (omega + width / np.pi * np.arctan2(half_width, omega)) ** 2)
        )

    area = quad(spectrum, 0.0, np.pi / 2, epsabs=1e-13, epsrel=1e-12, limit=400)[0]
    return float(0.5 - area / np.pi)


def _endlessly_many(
    detuning: Any, make: Callable[[int], Lead], spacing: float, temperature: float, width: float
) -> Limit:
    """Extrapolated over leads made for odd sizes, with levels `spacing`/L apart around the Fermi level."""
    xi = np.atleast_1d(np.asarray(detuning, float))
    if checks.number("temperature", temperature, low=0) == 0:
        sizes = [round(size * max(1.0, spacing / (8 * width))) | 1 for size in SIZES]
        if sizes[-1] > MOST_LEVELS:
            return Limit(np.full(xi.shape, np.nan), np.full(xi.shape, np.nan))
        halves = [filling(make(size), xi, 0.0, (size + 1) // 2)[0].weight for size in sizes]
        return extrapolated([1 / size for size in sizes], halves)
    least = max(21.0, spacing / (CLOSE * temperature), 16 * temperature / width)
    if least * WIDER[-1] > LARGEST:
        return Limit(np.full(xi.shape, np.nan), np.full(xi.shape, np.nan))
    sizes = [round(least * more) | 1 for more in WIDER]
    numbers = [filling(make(size), xi, temperature)[0].weight for size in sizes]
    return extrapolated([1 / size for size in sizes], numbers)
