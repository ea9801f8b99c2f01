"""The best state of a dot and a fermion lead that are not entangled: the mean field without a linear response."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from mesodyn.systems.microscopic.lead import Lead

Array = NDArray[np.float64]

DIRECTIONS = 33
"""Directions of the dot's state among which the lowest is looked for before it is refined."""
NEAR = 1e-6
"""How near to |0> or |1> a mixed direction is still looked for."""


class Product(NamedTuple):
    """The product state of least energy."""

    energy: float
    """From the empty dot beside the filled sea."""
    weight: float
    """v**2, the number on the dot."""
    field: Array
    """<c_k> of the lead, up to one phase: real, (L,)."""


def product_state(lead: Lead, detuning: float) -> Product:
    r"""The lowest energy of :math:`(u|0\rangle + v|1\rangle)\otimes|\text{lead}\rangle`, both parts free.

    The lead feels the dot as a source, :math:`\sum_k(t_k uv\,c_k^\dagger + h.c.)`. A source of single fermions is made
    quadratic by a Majorana mode, and solved exactly: the answer of the lead is not assumed to be linear, as (15) does,
    and :math:`\sum_k|\langle c_k\rangle|^2\le\tfrac14` comes out by itself (PHYSICS 1.4).

    Parameters
    ----------
    lead
        A `Lead` with real couplings.
    detuning
        :math:`\xi`.

    Examples
    --------
    >>> found = product_state(Lead.gapped(8, 20.0, 40.0, 1.0), 0.0)
    >>> round(found.energy, 3), round(found.weight, 9)
    (-0.491, 0.5)
    """
    star = lead.star()

    def energy(angle: float) -> float:
        return float(2 * detuning * np.sin(angle) ** 2 + _sourced(star, np.sin(2 * angle) / 2)[0])

    def slope(angle: float) -> float:
        field = _sourced(star, np.sin(2 * angle) / 2)[1]
        return float(2 * detuning * np.sin(2 * angle) + 2 * np.cos(2 * angle) * (star.vector @ field))

    angle = lowest(energy, slope)
    field = _sourced(star, np.sin(2 * angle) / 2)[1]
    return Product(energy(angle) - star.sea, float(np.sin(angle) ** 2), field)


def lowest(energy: Callable[[float], float], slope: Callable[[float], float]) -> float:
    """The angle of least energy of a dot in cos|0> + sin|1>, 0 to pi/2: the best of a few, then where the slope is 0.

    Both ends have the slope 0 and are taken only where nothing in between is lower.
    """
    angles = np.linspace(0, np.pi / 2, DIRECTIONS)
    best = int(np.argmin([energy(angle) for angle in angles]))
    low, high = max(angles[max(best - 1, 0)], NEAR), min(angles[min(best + 1, DIRECTIONS - 1)], np.pi / 2 - NEAR)
    if not slope(low) < 0 < slope(high):
        return float(angles[best])
    return float(brentq(slope, low, high, xtol=1e-15, rtol=1e-14))


def _sourced(star: Lead, source: float) -> tuple[float, Array]:
    """Energy and <c_k> of a star under the source ``sum_k t_k source (c_k† + c_k)``.

    The source is multiplied by a Majorana mode f + f†, which squares to 1 and anticommutes with the lead.
    """
    count = star.size + 1
    normal = np.diag([*star.levels, 0.0])
    pairing = np.zeros((count, count))
    normal[-1, :-1] = normal[:-1, -1] = source * star.vector
    pairing[:-1, -1], pairing[-1, :-1] = source * star.vector, -source * star.vector
    energies, states = np.linalg.eigh(np.block([[normal, pairing], [-pairing, -normal]]))
    occupied = np.where(energies < 0, 1.0, 0.0)
    occupied[np.abs(energies) <= 1e-12 * np.abs(energies).max()] = 0.5
    found = (states * occupied) @ states.T
    energy = 0.5 * (np.trace(normal) + float((occupied * energies).sum()))
    return energy, np.asarray(found[: count - 1, count - 1] + found[: count - 1, -1])
