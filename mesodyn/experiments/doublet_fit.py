"""Two lines fitted to counts by maximum likelihood, with the errors that a fit reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BINS = 400
REACH = 8.0
"""How far the bins go beyond a line's centre, in full widths."""
STEPS = 80
"""How many steps a fit may take."""
FEWEST = 5.0
"""Photons that a line must have."""
SETTLED = 1e-6
"""A fit is done when the next step is this share of the errors."""
NAMES = ("centre_low", "centre_high", "width_low", "width_high", "photons_low", "photons_high", "background")


def bins(centres: Array, widths: Array) -> tuple[Array, Array]:
    """Centres and widths (`BINS`,) of frequency bins: half of them around each line, as fine as it is narrow."""
    reach = REACH * np.asarray(widths)
    edges = [np.linspace(c - r, c + r, BINS // 2 + 1) for c, r in zip(centres, reach, strict=True)]
    every = np.sort(np.concatenate(edges))
    left, right = every[:-1], every[1:]
    # Where the two stretches do not meet, what is between them is no bin; else the last is left out.
    outside = np.all([(left < e[0]) | (right > e[-1]) for e in edges], axis=0)
    dropped = int(np.argmax(outside)) if outside.any() else len(left) - 1
    return np.delete((left + right) / 2, dropped), np.delete(right - left, dropped)


@dataclass(frozen=True)
class Fit:
    """Fitted values and their errors (data sets, `NAMES`); nan where the lines could not be told apart."""

    values: Array
    errors: Array

    def __getitem__(self, name: str) -> Array:
        return self.values[:, NAMES.index(name)]

    def error(self, name: str) -> Array:
        """What the fit says of its own error (data sets,)."""
        return self.errors[:, NAMES.index(name)]

    @property
    def share(self) -> Array:
        """The upper line's share of the photons (data sets,)."""
        low, high = self["photons_low"], self["photons_high"]
        return np.asarray(high / (low + high))

    @property
    def share_error(self) -> Array:
        """The error of `share` if every photon went its own way."""
        total = self["photons_low"] + self["photons_high"]
        parts = self.error("photons_low") * self.share, self.error("photons_high") * (1 - self.share)
        return np.asarray(np.hypot(*parts) / total)


def fit(counts: Array, middle: Array, wide: Array, start: Array) -> Fit:
    """Fit two Lorentzian lines on a flat background to counts (data sets, bins).

    Fisher scoring with a damping that grows when a step makes it worse; every data set by itself.

    Parameters
    ----------
    counts
        (data sets, bins).
    middle, wide
        The bins (bins,).
    start
        Where to begin, in the order of `NAMES`; a background of 0 stays 0.
    """
    dark = start[-1] > 0
    free = len(NAMES) if dark else len(NAMES) - 1
    theta = np.tile(_inner(start), (len(counts), 1))
    damping = np.full(len(counts), 1e-3)
    model, slopes = _model(theta, middle, wide, dark)
    likely = _likelihood(counts, model)
    done = np.zeros(len(counts), bool)
    for _ in range(STEPS):
        push, information = _scores(counts, model, slopes[:free])
        scale = np.einsum("dii->di", information)
        step = _solve(information + damping[:, None, None] * scale[:, None, :] * np.eye(free), push)
        trial = theta.copy()
        trial[:, :free] += np.clip(step, -1e300, 1e300)
        trial[:, 2:] = np.clip(trial[:, 2:], -60, 60)
        better = _likelihood(counts, _model(trial, middle, wide, dark)[0])
        good = (better >= likely) & ~done
        small = (step**2 * scale).max(axis=1) < SETTLED**2
        theta = np.where(good[:, None], trial, theta)
        likely = np.where(good, better, likely)
        damping = np.clip(np.where(good, damping / 5, damping * 4), 1e-12, 1e12)
        done |= small
        if done.all():
            break
        model, slopes = _model(theta, middle, wide, dark)
    return _result(theta, information, done, dark)


def expected(values: Array, middle: Array, wide: Array) -> Array:
    """The counts (bins,) that lines with these values (`NAMES`) give on average."""
    return np.asarray(_model(_inner(values)[None], middle, wide, values[-1] > 0)[0][0])


def errors(values: Array, middle: Array, wide: Array) -> Array:
    """The smallest possible errors (`NAMES`) of lines with these values (Cramer and Rao)."""
    dark = values[-1] > 0
    theta = _inner(values)[None]
    model, slopes = _model(theta, middle, wide, dark)
    free = len(NAMES) if dark else len(NAMES) - 1
    information = _scores(model, model, slopes[:free])[1]
    return _result(theta, information, np.ones(1, bool), dark).errors[0]


def _inner(values: Array) -> Array:
    """Centres as they are, what is positive as logarithms."""
    values = np.asarray(values, float)
    return np.concatenate([values[:2], np.log(np.maximum(values[2:], 1e-26))])


def _model(theta: Array, middle: Array, wide: Array, dark: bool) -> tuple[Array, Array]:
    """Expected counts (data sets, bins) and their derivatives (parameters, data sets, bins)."""
    centre, half = theta[:, :2, None], np.exp(theta[:, 2:4, None]) / 2
    photons = np.exp(theta[:, 4:6, None])
    away = middle - centre
    below = away**2 + half**2
    lines = photons * wide * half / np.pi / below
    flat = np.exp(theta[:, 6:7]) * wide / wide.sum() * dark
    by_centre = lines * 2 * away / below
    by_width = lines * (1 - 2 * half**2 / below)
    slopes = np.stack(
        [by_centre[:, 0], by_centre[:, 1], by_width[:, 0], by_width[:, 1], lines[:, 0], lines[:, 1], flat]
    )
    return np.maximum(lines.sum(axis=1) + flat, 1e-300), slopes


def _likelihood(counts: Array, model: Array) -> Array:
    return np.asarray((counts * np.log(model) - model).sum(axis=1))


def _scores(counts: Array, model: Array, slopes: Array) -> tuple[Array, Array]:
    """The slope of the likelihood (data sets, parameters) and Fisher's information (data sets, p, p)."""
    per = slopes / model
    push = np.einsum("pdb,db->dp", per, counts - model)
    return push, np.einsum("pdb,qdb->dpq", per, slopes)


def _solve(matrix: Array, vector: Array) -> Array:
    size = np.sqrt(np.einsum("dii->di", matrix)) + 1e-140
    scaled = matrix / size[:, :, None] / size[:, None, :] + 1e-13 * np.eye(matrix.shape[-1])
    return np.asarray(np.linalg.solve(scaled, (vector / size)[..., None])[..., 0] / size)


def _result(theta: Array, information: Array, done: Any, dark: bool) -> Fit:
    """Values and errors; nan where the fit has not settled or an error is as large as the lines' distance."""
    values = np.concatenate([theta[:, :2], np.exp(theta[:, 2:])], axis=1)
    if not dark:
        values[:, -1] = 0.0
    found = np.zeros_like(values)
    free = information.shape[-1]
    spread = np.sqrt(np.maximum(np.einsum("dii->di", np.linalg.pinv(information, hermitian=True)), 0.0))
    found[:, :free] = spread
    found[:, 2:free] *= values[:, 2:free]
    apart = np.abs(values[:, 1] - values[:, 0])
    good = done & np.all(found[:, :2] < apart[:, None] / 2, axis=1) & np.all(spread[:, 2:6] < 1, axis=1)
    good &= np.all(values[:, 4:6] > FEWEST, axis=1)
    return Fit(np.where(good[:, None], values, np.nan), np.where(good[:, None], found, np.nan))
