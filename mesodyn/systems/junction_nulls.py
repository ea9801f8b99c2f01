"""Junctions to compare with: a transparent contact, a dot that keeps its parity, SD2S with leads that keep count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mesodyn import checks
from mesodyn.systems.base import boltzmann
from mesodyn.systems.mean_field import Array, Limits, dataset, half_angle, over, spread, two_leads, two_level

if TYPE_CHECKING:
    import xarray

CELLS = 24
TWIST = 2 * np.pi / 3
"""The phase at the ends of the ladder: with it no state at theta has a partner of the same energy at -theta."""


def contact(
    *, gap: Any, transmission: Any = 1.0, phase_difference: Any = 0.0, temperature: Any = 0.0
) -> xarray.Dataset:
    r"""A point contact of one channel between superconductors, for comparison.

    .. math:: J = \frac{e\Delta}{2\hbar}\,\frac{\tau\sin\theta}{\sqrt{1 - \tau\sin^2(\theta/2)}}
              \tanh\frac{E}{2kT},\quad E = \Delta\sqrt{1 - \tau\sin^2(\theta/2)}

    Parameters
    ----------
    gap : float or xarray.DataArray
        :math:`\Delta` of both leads, an energy of at least 0.
    transmission : float or xarray.DataArray
        :math:`\tau` from 0 to 1; at 1 and temperature 0 the current breaks at odd multiples of pi.
    phase_difference : float or xarray.DataArray
        :math:`\theta` [rad].
    temperature : float or xarray.DataArray
        k_B T, an energy of at least 0.

    Returns
    -------
    xarray.Dataset
        Over the parameters' dims: ``free_energy``, ``energy``, and ``current`` in units of e times energy over hbar.

    Raises
    ------
    InputError
        For a value out of range.

    Examples
    --------
    >>> round(float(contact(gap=1.0, phase_difference=3.0).current), 12)
    0.997494986604
    """
    given = {"gap": gap, "transmission": transmission}
    given |= {"phase_difference": phase_difference, "temperature": temperature}
    limits: Limits = {"gap": {"low": 0}, "transmission": {"low": 0, "high": 1}, "temperature": {"low": 0}}
    grid, v = spread({name: checks.number(name, value, **limits.get(name, {})) for name, value in given.items()})
    cosine, sine = half_angle(v["phase_difference"])
    level = v["gap"] * np.sqrt(cosine**2 + (1 - v["transmission"]) * sine**2)
    half = two_level(level / 2, v["temperature"])
    numerator = v["gap"] ** 2 * v["transmission"] * sine * cosine * half.polarisation
    results: dict[str, tuple[Any, str]] = {
        "energy": (-level * half.polarisation, "energy"),
        "free_energy": (-level - 2 * half.thermal_part, "energy"),
        "current": (over(numerator, level), "e energy/hbar"),
    }
    return dataset(grid, results)


def parity_dot(
    *,
    detuning: Any,
    delta_left: Any,
    delta_right: Any,
    charging_energy: Any = 0.0,
    zeeman: Any = 0.0,
    phase_difference: Any = 0.0,
    temperature: Any = 0.0,
    n_c: int = 0,
) -> xarray.Dataset:
    r"""A dot between leads of infinite gap, which keep its number parity (PHYSICS 4.4).

    .. math:: H = \epsilon\,n + U n_\uparrow n_\downarrow - \tfrac12E_Z(n_\uparrow - n_\downarrow)
              + (\Delta\,d_\uparrow^\dagger d_\downarrow^\dagger + h.c.),\quad
              \Delta = |\Delta_L|e^{-i\theta/2} + |\Delta_R|e^{i\theta/2}

    Its even states are those of `SD2S` with :math:`\xi = \epsilon + U/2`. The lower odd state lies at
    :math:`\xi - W`, :math:`W = (U + E_Z)/2`, and carries no current: where :math:`R(\theta)` falls below W, the ground
    state changes its parity and the current jumps to 0 (for equal leads
    :math:`\cos^2(\theta_x/2) = (W^2 - \xi^2)/4|\Delta_L|^2`). There is no superposition of parities.

    Parameters
    ----------
    detuning : float or xarray.DataArray
        :math:`\xi`, half the energy to bring a pair in.
    delta_left, delta_right : float or xarray.DataArray
        :math:`|\Delta_L|, |\Delta_R|`: energies, at least 0 (:math:`\Gamma = 2|\Delta_L|` for equal leads).
    charging_energy, zeeman : float or xarray.DataArray
        U and :math:`E_Z`: energies, at least 0.
    phase_difference : float or xarray.DataArray
        :math:`\theta` [rad].
    temperature : float or xarray.DataArray
        k_B T of all four states: parities equilibrate, slowly.
    n_c : int
        Particles that take no part.

    Returns
    -------
    xarray.Dataset
        Over the parameters' dims: ``energy``, ``free_energy``, ``n_mean``, ``current`` in units of e times energy over
        hbar, and ``odd_weight``, the probability of an odd number. Where both parities tie, the mean is given.

    Raises
    ------
    InputError
        For a value out of range.

    Examples
    --------
    >>> import mesodyn as md
    >>> theta = md.axis("theta", [1.9, 2.2])
    >>> parity_dot(
    ...     detuning=0.4, delta_left=0.5, delta_right=0.5, zeeman=1.3, phase_difference=theta
    ... ).odd_weight.values.tolist()
    [0.0, 1.0]
    """
    given = {"detuning": detuning, "delta_left": delta_left, "delta_right": delta_right}
    given |= {"charging_energy": charging_energy, "zeeman": zeeman}
    given |= {"phase_difference": phase_difference, "temperature": temperature}
    free = ("detuning", "phase_difference")
    limits: Limits = {name: {"low": 0.0} for name in given if name not in free}
    grid, v = spread({name: checks.number(name, value, **limits.get(name, {})) for name, value in given.items()})
    real, imaginary = two_leads(v["delta_left"], v["delta_right"], v["phase_difference"])
    xi, radius = v["detuning"], np.hypot(np.hypot(real, imaginary), v["detuning"])
    odd, split = xi - v["charging_energy"] / 2, v["zeeman"] / 2
    levels = np.stack(np.broadcast_arrays(xi - radius, xi + radius, odd - split, odd + split), axis=-1)
    weights = boltzmann(levels, v["temperature"])
    cold = np.where(v["temperature"] > 0, v["temperature"], 1.0)
    lowest = levels.min(axis=-1)
    total = np.exp(-np.minimum((levels - lowest[..., None]) / np.asarray(cold)[..., None], 745.0)).sum(axis=-1)
    polarisation, alone = weights[..., 0] - weights[..., 1], weights[..., 2] + weights[..., 3]
    cosine, sine = half_angle(v["phase_difference"])
    passing = 4 * v["delta_left"] * v["delta_right"] * sine * cosine
    results: dict[str, tuple[Any, str]] = {
        "energy": ((levels * weights).sum(axis=-1), "energy"),
        "free_energy": (lowest - np.where(v["temperature"] > 0, cold * np.log(total), 0.0), "energy"),
        "n_mean": (checks.whole("n_c", n_c) + 1 - over(xi * polarisation, radius), "1"),
        "current": (passing * over(polarisation, radius), "e energy/hbar"),
        "odd_weight": (alone, "1"),
    }
    return dataset(grid, results)


class Ladder(NamedTuple):
    """The states of `pair_ladder`, of the lower band unless said: arrays (points, cells)."""

    phase: Array
    """The phase difference of each state, from its translation along the ladder [rad]; nan in a flat band."""
    energy: Array
    upper: Array
    """The energies of the upper band, in no order of phases."""
    current: Array
    coherence: Array
    """Modulus of the off-diagonal element of the dot's reduced state."""
    weight: Array
    """Weight of the larger number in the dot."""


def pair_ladder(detuning: Array, delta_left: Array, delta_right: Array, cells: int = CELLS) -> Ladder:
    r"""SD2S with leads that keep count: the dot holds 0 or 1 pairs, the leads n_L and n_R, and the total is fixed.

    .. math:: H = 2\xi\,n - |\Delta_L|\sum|1;n_L{-}1,n_R\rangle\langle0;n_L,n_R|
              - |\Delta_R|\sum|1;n_L,n_R{-}1\rangle\langle0;n_L,n_R| + h.c.

    The states |0; n_L, n_R> and |1; n_L - 1, n_R> make one cell; a pair that goes through moves one cell on. The ladder
    is closed to a ring of `cells` and diagonalised whole, without use of its symmetry; the phase difference comes out
    as the quasi-momentum of each state.

    Parameters
    ----------
    detuning, delta_left, delta_right : array, shape (points,)
        As of `SD2S`.
    cells : int
        The length of the ring.

    Examples
    --------
    >>> found = pair_ladder(*np.array([[0.3], [1.0], [0.5]]))
    >>> R = np.sqrt(0.3**2 + 1.25 + np.cos(found.phase))
    >>> bool(np.abs(found.energy - (0.3 - R)).max() < 1e-13)
    True
    """
    xi, left, right = (np.asarray(a, float) for a in (detuning, delta_left, delta_right))
    empty, full = np.arange(0, 2 * cells, 2), np.arange(1, 2 * cells, 2)
    after = np.roll(empty, -1)
    wrap = np.where(np.arange(cells) == cells - 1, np.exp(1j * TWIST), 1.0)
    hamiltonian = np.zeros((xi.size, 2 * cells, 2 * cells), complex)
    hamiltonian[:, full, full] = 2 * xi[:, None]
    hamiltonian[:, full, empty] -= left[:, None]
    hamiltonian[:, empty, full] -= left[:, None]
    hamiltonian[:, after, full] -= right[:, None] * wrap
    hamiltonian[:, full, after] -= right[:, None] * wrap.conj()
    energies, vectors = np.linalg.eigh(hamiltonian)
    low = vectors[:, :, :cells].swapaxes(1, 2)
    without, within = low[..., empty], low[..., full]
    moved = (
        wrap * (within.conj() * np.roll(within, -1, axis=-1) + without.conj() * np.roll(without, -1, axis=-1)).conj()
    )
    step = moved.sum(axis=-1)
    pairs = np.arange(cells)  # passed to the right, of 2 * cells in all
    beside_empty = np.stack([2 * cells - pairs, pairs], axis=-1)
    beside_full = np.stack([2 * cells - pairs - 1, pairs], axis=-1)
    same = (beside_empty[:, None] == beside_full).all(axis=-1)  # leads that a trace over them would join
    inward = (within.conj() * without).sum(axis=-1)  # <1; n_L - 1| and |0; n_L>: from the left lead into the dot
    return Ladder(
        np.where(np.abs(step) > 1 - 1e-9, np.angle(step), np.nan),
        energies[:, :cells],
        energies[:, cells:],
        4 * (left[:, None] * inward).imag,
        np.abs(np.einsum("psi,ij,psj->ps", without, same, within.conj())),
        (np.abs(within) ** 2).sum(axis=-1),
    )
