"""A ring's ground state against the flux: where it lies lowest, where two ground states cross, by how much I jumps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mesodyn.experiments import ring_theory as theory
from mesodyn.systems.trap_ring import TrapRing

SAMPLES = 8
"""Fluxes of a period at which the current is looked at first."""
OFFSET = 0.3819660113
"""Where in a step between two of them the first lies: at no place of a symmetry."""
CLOSE = 1e-3
"""Distance from a jump at which the currents on either side are measured."""
STENCIL = 0.02
"""Distance between the fluxes of which a derivative is made."""
FAINT = 1e-12
"""A current below this share of the tunnelling is none."""


@dataclass(frozen=True)
class Curve:
    """The ground state of one ring, whatever its flux."""

    ring: TrapRing

    def at(self, flux: float) -> tuple[float, float]:
        """Energy and current."""
        found = self.ring.settled(self.ring.values() | {"flux": float(flux), "temperature": np.zeros(())})
        return float(found["energy"]), float(found["link_current"].mean())

    @cached_property
    def _samples(self) -> list[tuple[float, float, float]]:
        width = theory.period(self.ring.kind) / SAMPLES
        places = (np.arange(SAMPLES + 1) + OFFSET) * width
        return [(flux, *self.at(flux)) for flux in places.tolist()]

    def _between(self, falling: bool) -> tuple[float, float] | None:
        """Two neighbouring samples between which the current changes its sign, the lowest (highest) in energy."""
        faint = FAINT * abs(float(self.ring.tunnelling))
        pairs = list(zip(self._samples[:-1], self._samples[1:], strict=True))
        sign = 1 if falling else -1
        found = [p for p in pairs if sign * p[0][2] > faint and -sign * p[1][2] > faint]
        if not found:
            return None
        best = min(found, key=lambda p: sign * (p[0][1] + p[1][1]))
        return best[0][0], best[1][0]

    def minimum(self) -> float:
        """The flux of the lowest energy, where the current passes through zero; nan where there is no current."""
        from scipy.optimize import brentq

        ends = self._between(falling=True)
        return np.nan if ends is None else float(brentq(lambda flux: self.at(flux)[1], *ends, xtol=1e-11))

    def jump(self) -> tuple[float, float]:
        """The flux of the highest energy, and by how much the current jumps there."""
        ends = self._between(falling=False)
        if ends is None:
            return np.nan, np.nan
        place = self._crossing(*ends)
        above, below = (
            3 * self.at(place + s)[1] - 3 * self.at(place + 2 * s)[1] + self.at(place + 3 * s)[1]
            for s in (CLOSE, -CLOSE)
        )
        return place, above - below

    def _crossing(self, low: float, high: float) -> float:
        """Where the tangents from either side meet, again and again; where they don't, by halving."""
        from scipy.optimize import brentq

        left, right = (low, *self.at(low)), (high, *self.at(high))
        before = np.inf
        for _ in range(10):
            # E = -I x + b on either side
            place = (left[1] + left[2] * left[0] - right[1] - right[2] * right[0]) / (left[2] - right[2])
            if not left[0] < place < right[0]:
                break
            if abs(place - before) < 1e-9:
                return place
            here, before = (place, *self.at(place)), place
            left, right = (here, right) if here[2] < 0 else (left, here)
        return float(brentq(lambda flux: self.at(flux)[1], left[0], right[0], xtol=1e-9))


def derivative(ring: TrapRing) -> float:
    """``-dF/dflux`` from five fluxes around the ring's own; nan where two ground states cross among them."""
    values = {name: np.asarray(value) for name, value in ring.values().items()}
    energies = [
        float(ring.settled(values | {"flux": values["flux"] + k * STENCIL})["free_energy"]) for k in (-2, -1, 1, 2)
    ]
    wide, near = (energies[3] - energies[0]) / (4 * STENCIL), (energies[2] - energies[1]) / (2 * STENCIL)
    if abs(wide - near) > 0.02 * STENCIL * abs(float(ring.tunnelling)):
        return np.nan
    return -(4 * near - wide) / 3
