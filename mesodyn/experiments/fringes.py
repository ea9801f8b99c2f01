"""The period of a fringe from its samples: a cosine that may fade, fitted by least squares, with its error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FAINT = 1e-9
"""Below this amplitude there is no fringe."""
FINEST = 0.05
"""Steps of the search, in turns over the whole scan."""
LEAST = 0.5
"""The fewest turns over the scan that are looked for."""


@dataclass(frozen=True)
class Fringe:
    """``level + (cosine cos kx + sine sin kx) exp(-decay x^2 / 2)``; all nan where there is no fringe.

    Attributes
    ----------
    level, cosine, sine, wavenumber, decay
        Of the fit.
    wavenumber_error
        Standard error, from the given errors of the samples (0 without).
    """

    level: float = np.nan
    cosine: float = np.nan
    sine: float = np.nan
    wavenumber: float = np.nan
    decay: float = np.nan
    wavenumber_error: float = np.nan

    @property
    def period(self) -> float:
        """2 pi over the wavenumber."""
        return 2 * np.pi / self.wavenumber

    @property
    def period_error(self) -> float:
        """The standard error of the period."""
        return self.period * self.wavenumber_error / self.wavenumber

    @property
    def amplitude(self) -> float:
        """At x = 0."""
        return float(np.hypot(self.cosine, self.sine))

    def at(self, x: float) -> float:
        """The fringe at x, without its level."""
        wave = self.cosine * np.cos(self.wavenumber * x) + self.sine * np.sin(self.wavenumber * x)
        return float(wave * np.exp(-self.decay * x**2 / 2))


def fit(x: Array, y: Array, error: Array | None = None) -> Fringe:
    """Fit a fringe to samples.

    The wavenumber is first looked for over all that the samples can tell apart, then refined with everything else.

    Parameters
    ----------
    x, y
        The samples, x even from 0.
    error
        Standard error of each.

    Examples
    --------
    >>> x = np.linspace(0, 10, 41)
    >>> float(round(fit(x, 1 + 0.5 * np.cos(2 * np.pi * x / 3.7)).period, 9))
    3.7
    """
    from scipy.optimize import least_squares

    if np.ptp(y) < FAINT:
        return Fringe()
    u, weight = x / x[-1], np.ones_like(y) if error is None else 1 / error
    start = _search(u, y * weight, weight)

    def model(q: Array) -> tuple[Array, Array]:
        """The fringe, and its derivatives by level, cosine, sine, wavenumber and decay."""
        level, cosine, sine, k, decay = q
        fade, c, s = np.exp(-decay * u**2 / 2), np.cos(k * u), np.sin(k * u)
        wave = (cosine * c + sine * s) * fade
        slopes = [np.ones_like(u), c * fade, s * fade, u * (sine * c - cosine * s) * fade, -(u**2) / 2 * wave]
        return level + wave, np.stack(slopes, axis=1)

    done = least_squares(  # type: ignore[operator]
        lambda q: (model(q)[0] - y) * weight,
        start,
        lambda q: model(q)[1] * weight[:, None],
        method="lm",
        x_scale="jac",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    level, cosine, sine, k, decay = done.x.tolist()
    if not np.hypot(cosine, sine) > FAINT:
        return Fringe()
    spread = 0.0
    if error is not None:
        spread = float(np.sqrt(np.linalg.pinv(done.jac.T @ done.jac)[3, 3]))
    return Fringe(level, cosine, sine, k / x[-1], decay / x[-1] ** 2, spread / x[-1])


def _search(u: Array, y: Array, weight: Array) -> Array:
    """The plain cosine that leaves least, over all wavenumbers that the samples can tell apart."""
    most = 0.9 * (len(u) - 1) / 2
    best = (np.inf, np.zeros(5))
    for turns in np.arange(LEAST, most, FINEST):
        k = 2 * np.pi * turns
        columns = np.stack([np.ones_like(u), np.cos(k * u), np.sin(k * u)], axis=1) * weight[:, None]
        parts = np.linalg.lstsq(columns, y, rcond=None)[0]
        left = float(((columns @ parts - y) ** 2).sum())
        if left < best[0]:
            best = left, np.array([*parts, k, 0.0])
    return best[1]
