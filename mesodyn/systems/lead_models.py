"""A level on a lead without mean field: an exact wide band, a boson mode, one outside level (PHYSICS 4.2)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, loggamma

from mesodyn.errors import InputError, Shown
from mesodyn.systems.mean_field import Array

MOST_QUANTA = 20_000
BLOCK = 4_000_000


class Filling(NamedTuple):
    """Weight of the larger number, and the free energy; arrays of one shape."""

    weight: Array
    free_energy: Array


def wide_band(detuning: Any, width: Any, temperature: Any = 0.0) -> Filling:
    r"""A fermion level at 2 xi on a wide band of fermions, exactly: no transition.

    .. math:: v^2 = \tfrac12 - \tfrac1\pi\arctan\frac{4\xi}{\Gamma}\ (T = 0),\quad
              v^2 = \tfrac12 - \tfrac1\pi\operatorname{Im}\psi\!\left(\tfrac12 + \frac{\Gamma/2 + 2i\xi}{2\pi kT}\right)

    The free energy is counted from that at detuning 0: the rest depends on the band's edges.

    Parameters
    ----------
    detuning, width, temperature : float or array
        :math:`\xi`, :math:`\Gamma > 0` (full width of the level), k_B T.

    Examples
    --------
    >>> round(float(wide_band(0.25, 1.0).weight), 12)
    0.25
    """
    xi, wide, cold = np.broadcast_arrays(*(np.asarray(a, float) for a in (detuning, width, temperature)))
    angle = np.arctan(4 * xi / wide)
    free = xi - 2 / np.pi * (xi * angle - wide / 8 * np.log1p((4 * xi / wide) ** 2))
    warm = np.where(cold > 0, cold, 1.0)
    real = 0.5 + wide / (4 * np.pi * warm)
    z = real + 1j * xi / (np.pi * warm)
    thermal = xi + 2 * warm * (loggamma(z).real - loggamma(real + 0j).real)
    weight = 0.5 - np.where(cold > 0, digamma(z).imag, angle) / np.pi
    return Filling(weight, np.where(cold > 0, thermal, free))


def outside_level(detuning: Any, tunnelling: Any, temperature: Any = 0.0) -> Filling:
    r"""One outside level: :math:`v^2 = \tfrac12[1 - (\xi/R)\tanh(R/kT)]`, :math:`R = \sqrt{\xi^2 + |\Delta|^2}` (6).

    Without tunnelling it is the incoherent dot, :math:`\tfrac12[1 - \tanh(\xi/kT)]`.
    """
    xi, link, cold = np.broadcast_arrays(*(np.asarray(a, float) for a in (detuning, tunnelling, temperature)))
    radius = np.hypot(xi, link)
    x = radius / np.where(cold > 0, cold, np.maximum(radius, np.finfo(float).tiny) / 400)
    slanted = np.divide(xi, radius, out=np.zeros(xi.shape), where=radius > 0)
    return Filling(
        0.5 * (1 - slanted * np.tanh(x)), xi - radius - np.where(cold > 0, cold * np.log1p(np.exp(-2 * x)), 0)
    )


def boson_lead(detuning: Any, stiffness: Any, frequency: Any, temperature: Any = 0.0) -> Filling:
    r"""A level on one boson mode with the total Q conserved (Jaynes and Cummings; PHYSICS 4.2).

    .. math:: E_Q^\pm = Q\omega - \tfrac\omega2 + \xi \pm \sqrt{(\xi - \omega/2)^2 + g^2Q},\quad E_0 = 0,\quad
              g^2 = 2\omega\xi_0

    with Q free to take the value that costs least, or thermally. For :math:`\omega\ll\xi_0` it is (19) up to terms of
    order :math:`\omega`.

    Parameters
    ----------
    detuning, stiffness, frequency, temperature : float or array
        :math:`\xi`, :math:`\xi_0`, :math:`\omega > 0`, k_B T.

    Raises
    ------
    InputError
        When more than 20000 quanta would matter.

    Examples
    --------
    >>> round(float(boson_lead(0.3, 1.0, 0.002).weight), 12)
    0.350604614839
    """
    given = np.broadcast_arrays(*(np.asarray(a, float) for a in (detuning, stiffness, frequency, temperature)))
    shape = given[0].shape
    xi, rigid, omega, cold = (a.ravel() for a in given)
    reach = rigid / (2 * omega) + np.sqrt(80 * rigid * cold) / omega + 40 * cold / omega + 10
    most = float(np.max(reach, initial=0.0))
    if not most <= MOST_QUANTA:
        must = f"such that at most {MOST_QUANTA} quanta matter"
        raise InputError("lead_frequency", must, Shown(f"so low that {most:.3g} do"), "raise it")
    quanta = np.arange(1, int(np.ceil(most)) + 1)
    weight, free = np.empty(xi.size), np.empty(xi.size)
    size = max(1, BLOCK // quanta.size)
    for start in range(0, xi.size, size):
        part = slice(start, start + size)
        weight[part], free[part] = _jaynes_cummings(quanta, *(a[part, None] for a in (xi, rigid, omega, cold)))
    return Filling(weight.reshape(shape), free.reshape(shape))


def _jaynes_cummings(quanta: NDArray[np.int64], xi: Array, rigid: Array, omega: Array, cold: Array) -> Any:
    """Weight and free energy of (points, 1) parameters."""
    split = np.sqrt((xi - omega / 2) ** 2 + 2 * omega * rigid * quanta)
    middle = quanta * omega - omega / 2 + xi
    slant = 0.5 * (xi - omega / 2) / np.where(split > 0, split, 1.0)
    levels = np.concatenate([0 * xi, middle - split, middle + split], axis=1)
    filled = np.concatenate([0 * xi, 0.5 - slant, 0.5 + slant], axis=1)
    above = levels - levels.min(axis=1, keepdims=True)
    warm = np.where(cold > 0, cold, 1.0)
    weights = np.where(cold > 0, np.exp(-np.minimum(above / warm, 745.0)), above == 0)
    total = weights.sum(axis=1)
    free = levels.min(axis=1) - np.where(cold > 0, warm * np.log(total[:, None]), 0.0)[:, 0]
    return (weights * filled).sum(axis=1) / total, free
