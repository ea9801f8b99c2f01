"""Sequential tunnelling: the rate equation of a dot between leads, and how many electrons pass in a time.

Electrons hop one at a time, each with the golden rule's rate. That is the limit of weak coupling, Γ far below k_B T;
broadened levels, cotunnelling and correlations with the leads are left out (`mesodyn.dynamics.hierarchy` has them).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.errors import InputError, Shown, UnfinishedError
from mesodyn.systems.microscopic.lead_dot import LeadDot

Array = NDArray[Any]

MOST_COUNTED = 4096
"""The most electrons that a distribution is drawn up for."""


class Jumps:
    """The golden rule's rates of a dot: ``inward[lead, level]`` and ``outward`` are matrices [final, initial]."""

    def __init__(self, dot: LeadDot) -> None:
        self.dot = dot
        shape = (len(dot.leads), len(dot.levels), *(len(dot.energies),) * 2)
        self.inward, self.outward = np.zeros(shape), np.zeros(shape)
        for level in range(len(dot.levels)):
            empty = np.flatnonzero(dot.occupations[:, level] == 0)
            full = empty + 2 ** (len(dot.levels) - 1 - level)
            energy = dot.energies[full] - dot.energies[empty]
            for k, lead in enumerate(dot.leads):
                width = lead.width(energy, level)
                self.inward[k, level, full, empty] = width * lead.filling(energy)
                self.outward[k, level, empty, full] = width * lead.vacancy(energy)

    @cached_property
    def rates(self) -> Array:
        """All jumps together (states, states)."""
        return np.asarray((self.inward + self.outward).sum(axis=(0, 1)))

    @cached_property
    def generator(self) -> Array:
        """What moves the populations: columns add up to 0."""
        return np.asarray(self.rates - np.diag(self.rates.sum(axis=0)))

    @cached_property
    def steady(self) -> Array:
        """The stationary populations (states,), each to its own rounding: nothing is subtracted on the way.

        Grassmann, Taksar and Heyman, Oper. Res. 33, 1107 (1985): states are taken out one by one, and what passed
        through them goes straight.
        """
        flow = self.rates.T.copy()  # from the row to the column
        for last in range(len(flow) - 1, 0, -1):
            leaving = flow[last, :last].sum()
            if leaving == 0:
                raise UnfinishedError(
                    "the rate equation has no single steady state: some state of the dot is never left; "
                    "couple every level to a lead, or raise the temperature"
                )
            flow[:last, last] /= leaving
            flow[:last, :last] += np.outer(flow[:last, last], flow[last, :last])
        weights = np.zeros(len(flow))
        weights[0] = 1.0
        for state in range(1, len(flow)):
            weights[state] = weights[:state] @ flow[:state, state]
        return np.asarray(weights / weights.sum())

    def net(self, lead: int) -> Array:
        """Electrons from one lead count +1, electrons into it -1 (states, states)."""
        return np.asarray((self.inward[lead] - self.outward[lead]).sum(axis=0))


class Sequential(NamedTuple):
    """What `steady_state` gives.

    Attributes
    ----------
    populations
        An axis of two for each level: ``populations[1, 0]`` has the first of two levels filled.
    current
        Electrons per time from each lead into each level (leads, levels).
    """

    populations: Array
    current: Array


class Counting(NamedTuple):
    """What `counting` gives.

    Attributes
    ----------
    current
        Mean number of electrons per time from each lead into the dot (leads,).
    noise
        Zero-frequency noise (leads, leads): covariances of the counted numbers per time, in a long time.
    fano
        Noise over the modulus of the current, of each lead (leads,); nan where no current flows.
    """

    current: Array
    noise: Array
    fano: Array


class Counts(NamedTuple):
    """What `distribution` gives: whole numbers, and the probability of each."""

    number: NDArray[np.int64]
    probability: Array


def steady_state(*, dot: LeadDot) -> Sequential:
    r"""The stationary state of the rate equation, and the current of each lead and level.

    .. math:: \Gamma^{in}_{lj} = \Gamma_{lj}(E)f_l(E),\quad \Gamma^{out}_{lj} = \Gamma_{lj}(E)[1-f_l(E)],\quad
              \Gamma = 2\pi|t|^2\nu

    with E the energy that the electron brings along: the level's, and U for each electron that is there already.

    Parameters
    ----------
    dot
        A `LeadDot`.

    Returns
    -------
    Sequential

    Raises
    ------
    UnfinishedError
        When a level is coupled to no lead.

    Examples
    --------
    >>> from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot
    >>> leads = [BandLead(coupling=g, chemical_potential=m, temperature=1.0) for g, m in ((0.1, 90.0), (0.5, -90.0))]
    >>> found = steady_state(dot=LeadDot(levels=(0.0,), leads=leads))
    >>> round(float(found.current[0, 0]), 6)
    0.083333
    """
    jumps = Jumps(dot)
    inward, outward = (each @ jumps.steady for each in (jumps.inward, jumps.outward))
    return Sequential(jumps.steady.reshape(dot.shape), np.asarray((inward - outward).sum(axis=-1)))


def counting(*, dot: LeadDot) -> Counting:
    r"""Full counting statistics to second order: mean current, zero-frequency noise, Fano factor.

    .. math:: S_{ll'} = \delta_{ll'}\langle A_l\rangle - \langle J_lRJ_{l'}\rangle - \langle J_{l'}RJ_l\rangle

    from the second derivative of the generator that counts: J_l is the net current, A_l all jumps at lead l, R the
    pseudo-inverse of the generator (Flindt, Novotny and Jauho, PRB 70, 205334, 2004). For one level far inside the
    window of the bias the Fano factor is :math:`(\Gamma_L^2+\Gamma_R^2)/(\Gamma_L+\Gamma_R)^2`.

    Parameters
    ----------
    dot
        A `LeadDot`.

    Returns
    -------
    Counting

    Raises
    ------
    UnfinishedError
        When there is no single steady state.

    Examples
    --------
    >>> from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot
    >>> leads = [BandLead(coupling=g, chemical_potential=m, temperature=1.0) for g, m in ((0.1, 90.0), (0.5, -90.0))]
    >>> found = counting(dot=LeadDot(levels=(0.0,), leads=leads))
    >>> round(float(found.noise[0, 0]), 6), round(float(found.fano[0]), 6)
    (0.060185, 0.722222)
    """
    jumps = Jumps(dot)
    steady, leads = jumps.steady, range(len(dot.leads))
    net = [jumps.net(lead) for lead in leads]
    current = np.array([(each @ steady).sum() for each in net])
    # generator - |steady><1| is the generator where probability is conserved, and can be inverted
    bordered = jumps.generator - jumps.rates.max() * np.outer(steady, np.ones(len(steady)))
    spread = [np.linalg.solve(bordered, each @ steady - mean * steady) for each, mean in zip(net, current, strict=True)]
    mixed = np.array([[(one @ other).sum() for other in spread] for one in net])
    every = np.array([((jumps.inward[k] + jumps.outward[k]) @ steady).sum() for k in leads])
    noise = np.diag(every) - mixed - mixed.T
    still = np.abs(current) <= 1e-13 * every
    fano = np.where(still, np.nan, np.diag(noise) / np.where(still, 1.0, np.abs(current)))
    return Counting(current, noise, fano)


def distribution(*, dot: LeadDot, lead: int, time: float, populations: Any = None) -> Counts:
    r"""How probable it is that n electrons net have come from a lead after a time.

    .. math:: P(n, t) = \frac1M\sum_k e^{-in\chi_k}\langle1|e^{W(\chi_k)t}|p_0\rangle,\quad \chi_k = 2\pi k/M

    where :math:`W(\chi)` is the generator with :math:`e^{\pm i\chi}` on jumps from and into the lead. M is so large
    that more jumps have no weight.

    Parameters
    ----------
    dot
        A `LeadDot`.
    lead
        The number of the lead, from 0.
    time
        At least 0.
    populations
        At the start, of the shape ``dot.shape``; None for the stationary ones.

    Returns
    -------
    Counts

    Raises
    ------
    InputError
        For populations that are none, a lead that isn't there, or a time in which more than 4096 electrons could jump.

    Examples
    --------
    >>> from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot
    >>> leads = [BandLead(coupling=1.0, chemical_potential=m, temperature=1.0) for m in (90.0, -90.0)]
    >>> found = distribution(dot=LeadDot(levels=(0.0,), leads=leads), lead=0, time=8.0)
    >>> round(float(found.number @ found.probability), 9)
    4.0
    """
    from scipy.linalg import expm

    checks.whole("lead", lead, high=len(dot.leads) - 1)
    checks.number("time", time, low=0)
    jumps = Jumps(dot)
    start = jumps.steady if populations is None else _populations(populations, dot)
    inward, outward = jumps.inward[lead].sum(axis=0), jumps.outward[lead].sum(axis=0)
    mean = float((inward + outward).sum(axis=0).max() * time)  # at least as many as a Poisson process brings
    most = int(mean + 12 * np.sqrt(mean) + 24)
    if 2 * most > MOST_COUNTED:
        was = Shown(f"{time!r}, in which up to {most} electrons jump")
        raise InputError("time", f"such that at most {MOST_COUNTED // 2} electrons jump", was, "use `counting`")
    phases = np.exp(2j * np.pi * np.arange(2 * most) / (2 * most))[:, None, None]
    tilted = jumps.generator + (phases - 1) * inward + (phases.conj() - 1) * outward
    heard = np.array([(expm(each * time) @ start).sum() for each in tilted])
    number = np.arange(-most, most)
    return Counts(number, np.maximum((np.fft.fft(heard) / (2 * most)).real[number], 0.0))


def _populations(given: Any, dot: LeadDot) -> Array:
    """Populations (states,) that are probabilities."""
    array = np.asarray(given, float)
    if array.shape != dot.shape or not np.all(array >= 0) or abs(array.sum() - 1) > 1e-9:
        was = Shown(f"of shape {array.shape} with the sum {array.sum():g}")
        raise InputError("populations", f"probabilities of shape {dot.shape} that add up to 1", was)
    return array.ravel()
