"""A dot on one mode of the lead that many quanta share: bosons, or pairs in levels of one energy, sector by sector."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.systems.lead_models import MOST_QUANTA
from mesodyn.systems.microscopic.product_state import lowest

Array = NDArray[np.float64]


class Ground(NamedTuple):
    """The ground state of the sector that costs least, and the product state of least energy."""

    energy: float
    weight: float
    """The number of steps on the dot."""
    total: int
    """Q: steps in dot and lead."""
    gap: float
    """To the next sector: 0 if every phase costs the same."""
    eigenvalue: float
    """The largest one of the density matrix of one boson (Penrose, Onsager) or pair (Yang), the dot included."""
    correlation: float
    """|<A† d>| with the lead's mode A, normalised to one quantum."""
    product_energy: float
    product_weight: float
    product_field: float
    """<A>: its square is the number of quanta in the field."""


def collective(detuning: float, stiffness: float, frequency: float, levels: int | None = None) -> Ground:
    r"""A dot on a boson mode, or on `levels` pair levels of the same energy that hold one pair each.

    .. math:: H = 2\xi\,d^\dagger d + \omega\sum_k b_k^\dagger b_k - \tfrac{g}{\sqrt L}\sum_k(b_k^\dagger d + h.c.),
              \quad g^2 = 2\omega\xi_0

    The dot holds 0 or 1 step. Only the even combination A of the levels is linked, so a sector of total Q has two
    states: Q quanta in the lead, or Q - 1 and the dot filled. For endlessly many levels it is the boson mode (Jaynes
    and Cummings; PHYSICS 4.2).

    Parameters
    ----------
    detuning, stiffness, frequency
        :math:`\xi`, :math:`\xi_0 > 0`, :math:`\omega > 0`.
    levels
        L, at least 1; None for a boson mode.

    Raises
    ------
    InputError
        When more than 20000 quanta would matter.

    Examples
    --------
    >>> found = collective(0.3, 1.0, 0.002)
    >>> found.total, round(found.energy, 12)
    (228, -0.245700254822)
    """
    most = int(np.ceil(stiffness / (2 * frequency))) + 10
    if most > MOST_QUANTA:
        must = f"such that at most {MOST_QUANTA} quanta matter"
        raise InputError("lead_frequency", must, Shown(f"so low that {most} do"), "raise it")
    total = np.arange(1, (most if levels is None else min(most, levels + 1)) + 1)
    room = np.ones(total.size) if levels is None else (levels - total + 1) / levels
    link = np.sqrt(2 * frequency * stiffness * total * room)
    half = detuning - frequency / 2
    split = np.sqrt(half**2 + link**2)
    energies = np.concatenate([[0.0], total * frequency + half - split])
    best = int(energies.argmin())
    others = np.delete(energies, best)
    gap = float(others.min() - energies[best])
    product = _product(detuning, stiffness, frequency, levels)
    if best == 0:
        return Ground(0.0, 0.0, 0, gap, 0.0, 0.0, *product)
    index = best - 1
    weight = float(0.5 * (1 - half / split[index])) if split[index] > 0 else 0.5
    space = 1.0 if levels is None else float(levels)
    # <A†A> of n quanta is n (boson) or n (L - n + 1)/L (pairs)
    crowd = [n * (1.0 if levels is None else (space - n + 1) / space) for n in (best, best - 1)]
    quanta = (1 - weight) * crowd[0] + weight * crowd[1]
    between = float(np.sqrt(weight * (1 - weight) * best * room[index]))
    matrix = np.array([[quanta, between], [between, weight]])
    return Ground(float(energies[best]), weight, best, gap, float(np.linalg.eigvalsh(matrix)[-1]), between, *product)


def _product(detuning: float, stiffness: float, frequency: float, levels: int | None) -> tuple[float, float, float]:
    """Energy, weight and field of the best product state: coherent bosons, or each pair level turned alike."""
    g = np.sqrt(2 * frequency * stiffness)

    def lead(source: float) -> float:
        if levels is None:
            return float(-((g * source) ** 2) / frequency)
        return float(levels * (frequency / 2 - np.sqrt(frequency**2 / 4 + (g * source) ** 2 / levels)))

    def field(source: float) -> float:
        crowd = 0.0 if levels is None else (g * source) ** 2 / levels
        return float(g * source / np.sqrt(frequency**2 + 4 * crowd))

    def energy(angle: float) -> float:
        return float(2 * detuning * np.sin(angle) ** 2 + lead(np.sin(2 * angle) / 2))

    def slope(angle: float) -> float:
        source = float(np.sin(2 * angle) / 2)
        return float(2 * detuning * np.sin(2 * angle) - 2 * g * np.cos(2 * angle) * field(source))

    angle = lowest(energy, slope)
    return energy(angle), float(np.sin(angle) ** 2), field(float(np.sin(2 * angle) / 2))
