"""A dot of a few levels between normal leads, and what is exact about it without interaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.special import expit

from mesodyn import checks
from mesodyn.errors import InputError, Shown, UnfinishedError

Array = NDArray[Any]

MOST_LEVELS = 8
"""Levels above which a dot is refused: 256 states."""
TAIL = 300.0
"""Fermi functions stop falling at exp(-TAIL): no direction of a jump is ever quite forbidden."""


@dataclass(frozen=True, kw_only=True)
class BandLead:
    r"""A normal lead whose band is a Lorentzian.

    .. math:: \Gamma(\omega) = 2\pi\sum_k|t_k|^2\delta(\omega-\varepsilon_k)
              = \frac{\Gamma W^2}{(\omega-\omega_0)^2 + W^2}

    Parameters
    ----------
    coupling
        :math:`\Gamma = 2\pi|t|^2\nu`, at least 0: an energy, the rate (times :math:`\hbar`) at which a filled level
        empties into an empty lead. One number, or one for each level of the dot.
    bandwidth
        W, above 0: half the width of the band; None for a wide band.
    chemical_potential, temperature
        :math:`\mu`, and k_B T above 0.
    centre
        :math:`\omega_0`; None for a band that moves with the chemical potential.

    Raises
    ------
    InputError
        For a value out of range.

    Examples
    --------
    >>> lead = BandLead(coupling=0.1, bandwidth=2.0, temperature=0.5)
    >>> float(lead.width(2.0)), float(lead.filling(0.0))
    (0.05, 0.5)
    """

    coupling: float | Sequence[float]
    bandwidth: float | None = None
    chemical_potential: float = 0.0
    temperature: float
    centre: float | None = None

    def __post_init__(self) -> None:
        for each in np.atleast_1d(np.asarray(self.coupling, object)):
            _single("coupling", each, low=0)
        _single("chemical_potential", self.chemical_potential)
        _single("temperature", self.temperature, above=0)
        for name, value, above in (("bandwidth", self.bandwidth, 0.0), ("centre", self.centre, -np.inf)):
            if value is not None:
                _single(name, value, above=above)

    @property
    def middle(self) -> float:
        """Where the band has its maximum."""
        return self.chemical_potential if self.centre is None else self.centre

    def width(self, energy: Any, level: int = 0) -> Array:
        """The coupling of a level at an energy, of the shape of the energies."""
        full = float(np.ravel(self.coupling)[level if np.ndim(self.coupling) else 0])
        x = 0.0 if self.bandwidth is None else (np.asarray(energy, float) - self.middle) / self.bandwidth
        return np.asarray(full / (1 + np.square(x)) + 0 * np.asarray(energy, float))

    def shift(self, energy: Any, level: int = 0) -> Array:
        """The real part of the self-energy: how the band pushes a level at an energy."""
        if self.bandwidth is None:
            return np.zeros(np.shape(energy))
        off = (np.asarray(energy, float) - self.middle) / self.bandwidth
        return np.asarray(0.5 * self.width(energy, level) * off)

    def filling(self, energy: Any) -> Array:
        """The Fermi function at an energy."""
        return _fermi((np.asarray(energy, float) - self.chemical_potential) / self.temperature)

    def vacancy(self, energy: Any) -> Array:
        """One minus the Fermi function, exact where that is close to 1."""
        return _fermi((self.chemical_potential - np.asarray(energy, float)) / self.temperature)


@dataclass(frozen=True, kw_only=True)
class LeadDot:
    r"""A dot with a few levels, each of which has a channel of its own in every lead, as the two spins do.

    .. math:: H = \sum_j\varepsilon_j n_j + U\sum_{i<j}n_in_j
              + \sum_{lkj}\left(\varepsilon_{lk}c_{lkj}^\dagger c_{lkj} + t_{lkj}c_{lkj}^\dagger d_j + h.c.\right)

    The numbers of the levels commute with all but the tunnelling, and no coherence between levels arises.

    Parameters
    ----------
    levels
        :math:`\varepsilon_j`: 1 to 8 energies.
    interaction
        U of each pair of electrons on the dot.
    leads
        At least one `BandLead`.

    Raises
    ------
    InputError
        For a value out of range, or couplings that are not as many as levels.

    Examples
    --------
    >>> lead = BandLead(coupling=0.1, temperature=0.5)
    >>> dot = LeadDot(levels=(-1.0, -1.0), interaction=3.0, leads=(lead,))
    >>> dot.occupations.tolist(), dot.energies.tolist()
    ([[0, 0], [0, 1], [1, 0], [1, 1]], [0.0, -1.0, -1.0, 1.0])
    """

    levels: Sequence[float]
    interaction: float = 0.0
    leads: Sequence[BandLead]

    def __post_init__(self) -> None:
        count = len(self.levels)
        checks.whole("the number of levels", count, low=1, high=MOST_LEVELS)
        for level in self.levels:
            _single("levels", level)
        _single("interaction", self.interaction)
        if not self.leads:
            raise InputError("leads", "at least one BandLead", self.leads)
        for lead in self.leads:
            if np.ndim(lead.coupling) and np.size(lead.coupling) != count:
                was = Shown(f"{np.size(lead.coupling)} for {count} levels")
                raise InputError("coupling", "one number, or one for each level", was)
        if not any(np.any(np.asarray(lead.coupling) > 0) for lead in self.leads):
            raise InputError("coupling", "above 0 for one lead at least", 0.0)

    @cached_property
    def occupations(self) -> NDArray[np.int64]:
        """The states (2^levels, levels), in the order of the populations: the last level counts fastest."""
        return np.stack(np.unravel_index(np.arange(2 ** len(self.levels)), self.shape), axis=1).astype(np.int64)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of populations: an axis of two for each level."""
        return (2,) * len(self.levels)

    @cached_property
    def energies(self) -> Array:
        """The energies (2^levels,) without leads."""
        filled = self.occupations.sum(axis=1)
        return np.asarray(
            self.occupations @ np.asarray(self.levels, float) + self.interaction * filled * (filled - 1) / 2
        )

    def hamiltonian(self) -> qutip.Qobj:
        """The dot without leads; the first level stands leftmost."""
        return qutip.qdiags(self.energies, 0, dims=[list(self.shape)] * 2)

    def lowering(self) -> list[qutip.Qobj]:
        """What takes an electron out of each level, with the signs of fermions."""
        return [qutip.fdestroy(len(self.levels), level) for level in range(len(self.levels))]


class Landauer(NamedTuple):
    """What `landauer` gives.

    Attributes
    ----------
    current
        Electrons per time from each lead into each level (leads, levels).
    occupation
        Of each level (levels,).
    error
        The quadrature's own bound, the largest of all.
    """

    current: Array
    occupation: Array
    error: float


def landauer(dot: LeadDot) -> Landauer:
    r"""The exact steady state without interaction: electrons that pass one by one, coherently.

    .. math:: I_l = \sum_{l'}\int\frac{d\omega}{2\pi}\Gamma_l\Gamma_{l'}|G|^2(f_l-f_{l'}),\quad
              n = \sum_l\int\frac{d\omega}{2\pi}\Gamma_l|G|^2f_l,\quad
              G^{-1} = \omega-\varepsilon-\sum_l\left[\tfrac{(\omega-\omega_l)}{2W_l}-\tfrac i2\right]\Gamma_l(\omega)

    Parameters
    ----------
    dot
        A `LeadDot` with interaction 0.

    Returns
    -------
    Landauer
        Currents in energy over :math:`\hbar` (times e for charge).

    Raises
    ------
    InputError
        With an interaction: then no integral over one electron's energy is exact.
    UnfinishedError
        When the quadrature does not reach 1e-9 of the largest coupling.

    Examples
    --------
    >>> sides = [BandLead(coupling=0.1, chemical_potential=m, temperature=0.01) for m in (1.0, -1.0)]
    >>> found = landauer(LeadDot(levels=(0.0,), leads=sides))
    >>> round(float(found.current[0, 0]), 4), round(float(found.occupation[0]), 6)
    (0.0468, 0.5)
    """
    if dot.interaction != 0:
        raise InputError("interaction", "0 for the exact integral", dot.interaction, "use the hierarchy")
    found = [_passing(dot, level) for level in range(len(dot.levels))]
    error = max(each[2] for each in found)
    strongest = max(float(np.max(lead.coupling)) for lead in dot.leads)
    if error > 1e-9 * max(1.0, strongest):
        raise UnfinishedError(f"the integral over energy is known to {error:.1e} only; raise the temperature")
    return Landauer(np.stack([each[0] for each in found], axis=1), np.array([each[1] for each in found]), error)


def _passing(dot: LeadDot, level: int) -> tuple[Array, float, float]:
    """Currents (leads,) through one level, its occupation, and the error of both."""
    from scipy.integrate import quad_vec  # type: ignore[attr-defined]

    def integrand(x: float) -> Array:
        energy = scale * np.tan(x)
        widths = np.array([lead.width(energy, level) for lead in dot.leads])
        fillings = np.array([lead.filling(energy) for lead in dot.leads])
        push = sum(lead.shift(energy, level) for lead in dot.leads)
        passed = (
            scale / np.cos(x) ** 2 / (2 * np.pi) / ((energy - dot.levels[level] - push) ** 2 + widths.sum() ** 2 / 4)
        )
        through = widths * (widths.sum() * fillings - widths @ fillings)
        return np.asarray(passed * np.append(through, widths @ fillings))

    scale = 1.0 + abs(dot.levels[level]) + max(abs(lead.chemical_potential) for lead in dot.leads)
    special = [dot.levels[level]]
    for lead in dot.leads:
        special += [lead.chemical_potential + k * lead.temperature for k in (-30, -5, 0, 5, 30)]
    points = sorted(float(np.arctan(each / scale)) for each in special)
    found, error = quad_vec(integrand, -np.pi / 2, np.pi / 2, epsabs=1e-14, epsrel=1e-12, limit=20_000, points=points)
    return found[:-1], float(found[-1]), float(error)


def _fermi(x: Array) -> Array:
    return np.asarray(expit(-np.clip(x, -TAIL, TAIL)))


def _single(name: str, value: Any, low: float = -np.inf, above: float = -np.inf) -> None:
    """One plain number: these systems have no axes."""
    checks.number(name, value, low=low, above=above)
    if np.ndim(value):
        raise InputError(name, "a single number", value, "call it once for each point of the axis")
