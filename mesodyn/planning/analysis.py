"""An analysis by likelihood, tried on simulated counts: how often its interval covers the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesodyn import checks
from mesodyn.errors import InputError
from mesodyn.planning.readout import Readout
from mesodyn.planning.scores import Share
from mesodyn.seeds import generator

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

BLOCK = 4_000_000
"""Likelihoods held at once."""
SMALLEST = 1e-300
CALIBRATION, TRIAL = 0, 1
"""Places in the tree of seeds: limits are made from other numbers than those they are tried on."""


@dataclass(frozen=True, eq=False)
class Analysis:
    r"""The likelihood interval of one parameter, others unknown, from counts in several settings.

    Parameters
    ----------
    values
        The parameter's grid (value), rising.
    table
        Probabilities of the outcomes (value, nuisance, setting, outcome): `nuisance` runs over a grid of everything
        else that is not known.
    shots
        Of each setting (setting).

    Notes
    -----
    A value is inside when :math:`-2\ln(L/L_{max})`, L being the largest over the nuisance, is not above a limit. The
    usual limit is that of chi squared with one degree of freedom; for few shots, and near full contrast, it covers less
    often or more often than it says. `calibrated` has the limit from simulated counts at each value.
    """

    values: Array
    table: Array
    shots: Whole

    def __post_init__(self) -> None:
        shape = self.table.shape
        if self.table.ndim != 4 or shape[0] != len(self.values) or shape[2] != len(self.shots):
            raise InputError("table", "probabilities (value, nuisance, setting, outcome)", list(shape))
        if np.abs(self.table.sum(axis=-1) - 1).max() > 1e-9 or self.table.min() < -1e-12:
            raise InputError("table", "probabilities that add up to 1", list(shape))

    def ratios(self, counts: ArrayLike) -> Array:
        r""":math:`-2\ln(L/L_{max})` (analysis, value) for counts (analysis, setting, outcome)."""
        given = np.asarray(counts, float)
        given = given.reshape(len(given), -1)
        logs = np.log(np.maximum(self.table, SMALLEST))
        many, others = self.table.shape[:2]
        flat = logs.reshape(many * others, -1).T
        step = max(1, BLOCK // flat.shape[1])
        found = np.empty((len(given), many))
        for start in range(0, len(given), step):
            block = slice(start, start + step)
            found[block] = (given[block] @ flat).reshape(-1, many, others).max(axis=-1)
        return np.asarray(2 * (found.max(axis=-1, keepdims=True) - found))

    def draw(self, numbers: np.random.Generator, count: int, value: int, nuisance: int = 0) -> Whole:
        """Simulated counts (count, setting, outcome) at a place of the grid."""
        chances = np.clip(self.table[value, nuisance], 0, None)
        each = [numbers.multinomial(n, p / p.sum(), count) for n, p in zip(self.shots, chances, strict=True)]
        return np.stack(each, axis=1)

    def calibrated(self, level: float, count: int = 2000, seed: int = 0, places: Sequence[int] | None = None) -> Array:
        """The limit at each value that covers with `level`, from simulated counts (value).

        With a nuisance it is the largest over nine places of its grid. Where only some `places` of the values are asked
        for, the limits of the others are 0.
        """
        _level(level)
        others = np.unique(np.linspace(0, self.table.shape[1] - 1, min(9, self.table.shape[1])).round().astype(int))
        found = np.zeros(len(self.values))
        for value in range(len(self.values)) if places is None else places:
            for nuisance in others.tolist():
                counts = self.draw(generator(seed, CALIBRATION, value, nuisance), count, value, nuisance)
                ratio = self.ratios(counts)[:, value]
                found[value] = max(found[value], float(np.quantile(ratio, level, method="higher")))
        return found

    def interval(self, counts: ArrayLike, level: float, limits: Array | None = None) -> tuple[Array, Array]:
        """The lowest and the highest value inside (analysis); nan where none is."""
        inside = self._inside(counts, level, limits)
        low, high = self.values[inside.argmax(axis=1)], self.values[::-1][inside[:, ::-1].argmax(axis=1)]
        any_ = inside.any(axis=1)
        return np.where(any_, low, np.nan), np.where(any_, high, np.nan)

    def coverage(
        self,
        level: float,
        value: int,
        nuisance: int = 0,
        *,
        limits: Array | None = None,
        count: int = 2000,
        seed: int = 0,
    ) -> Share:
        """How often the interval has the true value inside, at a place of the grid, over simulated analyses.

        Examples
        --------
        >>> counts = fringe_analysis("contrast", [-np.pi / 2, np.pi / 2], 20, contrasts=np.linspace(0, 1, 101))
        >>> usual = counts.coverage(0.9, value=90)
        >>> exact = counts.coverage(0.9, value=90, limits=counts.calibrated(0.9))
        >>> usual.value < 0.85 < 0.9 < exact.value
        True
        """
        counts = self.draw(generator(seed, TRIAL, value, nuisance), count, value, nuisance)
        return Share(int(self._inside(counts, level, limits)[:, value].sum()), count)

    def _inside(self, counts: ArrayLike, level: float, limits: Array | None) -> NDArray[np.bool_]:
        """Which values are not excluded (analysis, value)."""
        from scipy.special import chdtri

        _level(level)
        limit = float(chdtri(1, 1 - level)) if limits is None else limits
        return np.asarray(self.ratios(counts) <= limit + 1e-9)


def fringe_analysis(
    parameter: str,
    bias_phases: ArrayLike,
    shots: int | ArrayLike,
    *,
    contrasts: ArrayLike = (1.0,),
    phases: ArrayLike = (0.0,),
    readout: Readout | None = None,
) -> Analysis:
    r"""The analysis of left and right counts, :math:`P_{left}=\tfrac12[1-C\sin(\beta-\chi)]` (DEFINITIONS 6.4).

    Parameters
    ----------
    parameter
        "contrast" (C) or "phase" (chi): what is wanted; the other is a nuisance, known where its grid has one value.
    bias_phases
        The settings of beta.
    shots
        Of each setting: one number, or as many as there are settings.
    contrasts, phases
        Their grids, rising, C in [-1, 1].
    readout
        What spoils the counts.
    """
    checks.choice("parameter", parameter, ("contrast", "phase"))
    size, chi = np.atleast_1d(np.asarray(contrasts, float)), np.atleast_1d(np.asarray(phases, float))
    beta = np.atleast_1d(np.asarray(bias_phases, float))
    if np.abs(size).max() > 1:
        raise InputError("contrasts", "from -1 to 1", float(size[np.abs(size).argmax()]))
    left = 0.5 * (1 - size[:, None, None] * np.sin(beta - chi[:, None]))
    if parameter == "phase":
        left = left.swapaxes(0, 1)
    left = (readout or Readout()).applied(left)
    each = np.broadcast_to(np.asarray(shots, np.int64), beta.shape)
    return Analysis(size if parameter == "contrast" else chi, np.stack([left, 1 - left], axis=-1), each)


def _level(level: float) -> None:
    """A level of confidence."""
    checks.number("level", level, above=0, high=1 - 1e-9)
