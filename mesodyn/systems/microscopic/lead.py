"""The levels of a normal lead and what links them to a dot: a star, or the same lead as a chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix

Array = NDArray[np.float64]

MOST_LEVELS = 4000
"""A one-particle matrix of more levels is refused: it takes 128 MB, and a minute to diagonalise."""
EXHAUSTED = 1e-13
"""A chain ends where the next hop is below this share of the largest energy: the dot sees no more of the lead."""


@dataclass(frozen=True)
class Lead:
    r"""One-particle levels outside a dot.

    .. math:: H = \sum_k\varepsilon_k c_k^\dagger c_k + \sum_k h_k(c_{k+1}^\dagger c_k + h.c.)
              + \sum_k(t_k c_k^\dagger d + h.c.)

    Parameters
    ----------
    levels
        :math:`\varepsilon_k`, counted from the Fermi level: at least one.
    couplings
        :math:`t_k` to the dot, as many, complex allowed.
    hops
        :math:`h_k` between neighbours, one fewer; none for a star.

    Raises
    ------
    InputError
        For values that aren't finite, lengths that don't fit, or more than 4000 levels.

    Examples
    --------
    >>> lead = Lead((-1.0, 1.0), (0.1, 0.1))
    >>> round(lead.stiffness, 12)
    0.01
    >>> round(lead.chain().star().stiffness, 12)
    0.01
    """

    levels: Sequence[float]
    couplings: Sequence[complex]
    hops: Sequence[float] = ()

    def __post_init__(self) -> None:
        for name, kind in (("levels", "iuf"), ("couplings", "iufc"), ("hops", "iuf")):
            array = np.asarray(getattr(self, name))
            if array.ndim != 1 or (array.size and (array.dtype.kind not in kind or not np.isfinite(array).all())):
                raise InputError(name, "a list of finite numbers", Shown(f"{getattr(self, name)!r}"[:80]))
            object.__setattr__(self, name, tuple(array.tolist()))
        count = len(self.levels)
        if not 1 <= count <= MOST_LEVELS:
            raise InputError("levels", f"1 to {MOST_LEVELS} of them", Shown(f"{count}"), "take fewer")
        if len(self.couplings) != count or len(self.hops) not in (0, count - 1):
            was = Shown(f"{count} levels, {len(self.couplings)} couplings and {len(self.hops)} hops")
            raise InputError("couplings and hops", "as many as levels, and one fewer or none", was)

    @classmethod
    def flat_band(cls, count: int, half_width: float, width: float) -> Lead:
        r"""A star of evenly spaced levels in the middles of their shares of -D to D.

        :math:`t^2 = \Gamma\,\delta/2\pi` with the spacing :math:`\delta = 2D/L`, so :math:`\Gamma = 2\pi\rho t^2`.

        Parameters
        ----------
        count, half_width, width
            L, D > 0 and :math:`\Gamma\ge0`. An odd L has a level at the Fermi level.
        """
        count = checks.whole("lead_levels", count, low=1, high=MOST_LEVELS)
        half = checks.number("bandwidth", half_width, above=0)
        spacing = 2 * half / count
        strength = np.sqrt(checks.number("width", width, low=0) * spacing / (2 * np.pi))
        levels = (np.arange(count) - (count - 1) / 2) * spacing
        return cls(levels.tolist(), [strength] * count)

    @classmethod
    def widening_band(cls, count: int, width: float) -> Lead:
        r"""A star whose band widens as its levels become more: :math:`\varepsilon_k = \Gamma\tan\theta_k`.

        The :math:`\theta_k` are even; :math:`t_k^2 = (\Gamma^2/2L)\sec^2\theta_k` keeps the width of the dot's level.
        Between the levels around 0 there is :math:`\pi\Gamma/L`, and the outermost stand at about
        :math:`\pm2\Gamma L/\pi`: one extrapolation in 1/L takes both to their limits.

        Parameters
        ----------
        count, width
            L and :math:`\Gamma > 0`.
        """
        count = checks.whole("lead_levels", count, low=1, high=MOST_LEVELS)
        wide = checks.number("width", width, above=0)
        angle = np.pi * (np.arange(count) - (count - 1) / 2) / count
        return cls((wide * np.tan(angle)).tolist(), (wide / np.sqrt(2 * count) / np.cos(angle)).tolist())

    @classmethod
    def gapped(cls, count: int, gap: float, half_width: float, stiffness: float) -> Lead:
        r"""A star with no level within `gap` of the Fermi level, linked evenly and so strongly that it has a stiffness.

        Half of the levels stand evenly from `gap` to `half_width`, ends included, the others mirrored below.

        Parameters
        ----------
        count, gap, half_width, stiffness
            L (even), the gap > 0, the outermost level, and :math:`\xi_0 = \tfrac12\sum t_k^2/|\varepsilon_k| \ge 0`.
        """
        count = checks.whole("lead_levels", count, low=2, high=MOST_LEVELS)
        if count % 2:
            raise InputError("lead_levels", "an even number for a lead with a gap", count, "half are above the gap")
        low = checks.number("gap", gap, above=0)
        half = checks.number("bandwidth", half_width, low=low)
        above = np.linspace(low, half, count // 2) if count > 2 else np.array([low])
        levels = np.concatenate([-above[::-1], above])
        strength = np.sqrt(2 * checks.number("stiffness", stiffness, low=0) / np.sum(1 / np.abs(levels)))
        return cls(levels.tolist(), [strength] * count)

    @property
    def size(self) -> int:
        """L."""
        return len(self.levels)

    @property
    def matrix(self) -> Array:
        """The lead alone, (L, L)."""
        return np.diag(np.asarray(self.levels, float)) + (
            np.diag(self.hops, 1) + np.diag(self.hops, -1) if self.hops else 0.0
        )

    @property
    def vector(self) -> NDArray[Any]:
        """The couplings, (L,); real unless one of them isn't."""
        return np.asarray(self.couplings)

    @property
    def stiffness(self) -> float:
        r""":math:`\xi_0 = \tfrac12\sum_k|t_k|^2/|\varepsilon_k|` (PHYSICS 1.4); infinite with a level at 0."""
        star = self.star()
        weights, energies = np.abs(star.vector) ** 2, np.abs(star.levels)
        if np.any((energies == 0) & (weights > 0)):
            return float("inf")
        return float(0.5 * np.sum(weights[weights > 0] / energies[weights > 0]))

    @property
    def sea(self) -> float:
        """The energy of the lead alone, all its levels below 0 filled."""
        energies = np.asarray(self.star().levels)
        return float(energies[energies < 0].sum())

    def star(self) -> Lead:
        """The same lead with levels that don't touch each other."""
        if not self.hops:
            return self
        energies, vectors = np.linalg.eigh(self.matrix)
        return Lead(energies.tolist(), (vectors.T @ self.vector).tolist())

    def chain(self) -> Lead:
        """The same lead as a chain whose first site alone is linked to the dot (Lanczos, orthogonalised twice).

        Levels that the dot doesn't see, such as all but one combination of degenerate ones, are left out.
        """
        matrix, vector = self.matrix, self.vector
        first = float(np.linalg.norm(vector))
        if first == 0:
            raise InputError("couplings", "not all 0 for a chain", Shown("all 0"))
        scale = max(float(np.abs(self.levels).max()), first)
        basis = [vector / first]
        energies: list[float] = []
        hops: list[float] = []
        while True:
            image = matrix @ basis[-1]
            energies.append(float(np.vdot(basis[-1], image).real))
            known = np.array(basis)
            for _ in range(2):
                image = image - known.T @ (known.conj() @ image)
            size = float(np.linalg.norm(image))
            if len(basis) == self.size or size <= EXHAUSTED * scale:
                break
            hops.append(size)
            basis.append(image / size)
        return Lead(energies, [first] + [0.0] * (len(energies) - 1), hops)

    def with_dot(self, detuning: Any) -> Matrix:
        """The one-particle matrices (..., L + 1, L + 1) with the dot's level ``2 detuning`` first."""
        level = np.asarray(detuning, float)
        total = np.zeros((*level.shape, self.size + 1, self.size + 1), self.vector.dtype)
        total[..., 1:, 1:] = self.matrix
        total[..., 1:, 0] = self.vector
        total[..., 0, 1:] = self.vector.conj()
        total[..., 0, 0] = 2 * level
        return total
