"""The statistics of shots: how many it takes to tell, what they cost, and what they teach (DEFINITIONS 6.10)."""

from __future__ import annotations

import math
from typing import Any

from mesodyn import checks
from mesodyn.planning.analysis import Analysis, fringe_analysis
from mesodyn.planning.binomial import ALPHA_5, Shots, exact_shots, sigmas, tail, worst_error
from mesodyn.planning.differences import Difference, difference_shots
from mesodyn.planning.information import effective_shots, fisher_information, quantum_limit
from mesodyn.planning.readout import Readout
from mesodyn.planning.scores import Share, campaigns, shots_against

__all__ = [
    "ALPHA_5",
    "Analysis",
    "Difference",
    "Readout",
    "Share",
    "Shots",
    "against_half",
    "campaigns",
    "difference_shots",
    "effective_shots",
    "exact_shots",
    "fisher_information",
    "fringe_analysis",
    "gaussian_shots",
    "hours",
    "quantum_limit",
    "shots_against",
    "sigmas",
    "tail",
    "worst_error",
]


def gaussian_shots(contrast: float, sigma: float = 5.0) -> float:
    r"""The rule :math:`N^2(1-C^2)/C^2` for deciding 0 against pi, :math:`p=\tfrac12(1\pm C)` (DEFINITIONS 6.10).

    It takes binomial tails for Gaussian ones. At high contrast it asks for too few shots: at C = 0.8 its 15 shots err
    at 3.99 sigma, not 5. `exact_shots` gives the number to use.

    Parameters
    ----------
    contrast
        C in [-1, 1].
    sigma
        N, both one-sided errors in standard deviations.

    Returns
    -------
    float
        Not rounded; inf without contrast.

    Examples
    --------
    >>> [round(gaussian_shots(c), 4) for c in (0.8, 0.5, 0.2, 0.05)]
    [14.0625, 75.0, 600.0, 9975.0]
    """
    checks.number("contrast", contrast, low=-1, high=1)
    checks.number("sigma", sigma, above=0)
    return math.inf if contrast == 0 else sigma**2 * (1 - contrast**2) / contrast**2


def against_half(contrast: float, sigma: float = 5.0, power: float = 0.5) -> Shots:
    r"""How many shots exclude p = 1/2 (the mixture) when :math:`p=\tfrac12(1+C)` is true.

    Parameters
    ----------
    contrast
        C in [-1, 1].
    sigma
        The one-sided error of excluding 1/2 where it is true.
    power
        The chance of excluding it where it is false, in (0, 1): 1/2 asks this of the median campaign only.

    Examples
    --------
    >>> against_half(0.8).first, against_half(0.8, power=0.9).first
    (35, 52)
    """
    checks.number("contrast", contrast, low=-1, high=1)
    checks.number("sigma", sigma, above=0)
    checks.number("power", power, above=0, high=1 - 1e-12)
    return exact_shots((1 + contrast) / 2, 0.5, tail(sigma), 1 - power)


def hours(shots: Any, cycle_time: float, kept_fraction: float = 1.0) -> Any:
    """How long the shots take.

    Parameters
    ----------
    shots
        Those that count in the end; None where there is no number.
    cycle_time
        Of one try, in seconds, positive.
    kept_fraction
        The share of the tries that count (after loss and post-selection), in (0, 1].

    Returns
    -------
    float or None
        Hours, on average; None without a shot number.

    Examples
    --------
    >>> hours(27, 20.0, 0.5)
    0.3
    """
    checks.number("cycle_time", cycle_time, above=0)
    checks.number("kept_fraction", kept_fraction, above=0, high=1)
    return None if shots is None else shots * cycle_time / kept_fraction / 3600
