"""Closed formulas of a ring of traps (DEFINITIONS 6.6): what the simulation is checked against."""

from __future__ import annotations

from typing import Any

import numpy as np


def reduced(number: int, kind: str, flux: Any) -> Any:
    """The phase x of the formulas, in (-pi, pi]: the flux, less pi for an even number of fermions; 2 flux for pairs."""
    x = 2 * flux if kind == "pair" else flux - np.pi * (kind == "fermion" and number % 2 == 0)
    return np.pi - (np.pi - x) % (2 * np.pi)


def band(traps: int, number: int) -> float:
    """``sin(pi N/M) / sin(pi/M)``: how many links' worth of energy N particles have."""
    return float(np.sin(np.pi * number / traps) / np.sin(np.pi / traps))


def energy(traps: int, number: int, kind: str, tunnelling: Any, flux: Any) -> Any:
    """The ground state's energy."""
    return -2 * tunnelling * band(traps, number) * np.cos(reduced(number, kind, flux) / traps)


def current(traps: int, number: int, kind: str, tunnelling: Any, flux: Any) -> Any:
    """``-dE/dflux``."""
    step = 2 if kind == "pair" else 1
    return -step * 2 * tunnelling / traps * band(traps, number) * np.sin(reduced(number, kind, flux) / traps)


def jump(traps: int, number: int, kind: str, tunnelling: Any) -> Any:
    """By how much the current jumps where two ground states cross."""
    return (2 if kind == "pair" else 1) * 4 * tunnelling / traps * np.sin(np.pi * number / traps)


def minimum(number: int, kind: str) -> float:
    """The flux of lowest energy, modulo the period."""
    return float(np.pi * (kind == "fermion" and number % 2 == 0))


def period(kind: str) -> float:
    """Of the ground state's energy in the flux."""
    return float(np.pi if kind == "pair" else 2 * np.pi)


def link_factor(spin: float, field_angle: Any, angle: Any) -> Any:
    """What a link between two spins is worth whose fields differ by `angle` about the axis, without its gauge part."""
    return (np.cos(angle / 2) + 1j * np.cos(field_angle) * np.sin(angle / 2)) ** (2 * spin)


def berry_flux(traps: int, spin: float, field_angle: Any, winding: Any) -> Any:
    """The flux that a texture of whole winding adds: ``M arg o + 2 pi s w``."""
    o = link_factor(spin, field_angle, 2 * np.pi * winding / traps)
    # arg o is continued from spin to spin: 2s times that of spin 1/2
    single = np.angle(link_factor(0.5, field_angle, 2 * np.pi * winding / traps))
    return traps * np.where(np.abs(o) > 1e-9, 2 * spin * single, np.nan) + 2 * np.pi * spin * winding


def overlaps(traps: int, spin: float, field_angle: Any, winding: Any) -> Any:
    r"""``<s_{k+1}|s_k>`` of every link (..., traps) after a texture has grown slowly while the links were off.

    Each spin has been carried along by its own field, from 0 to ``2 pi k w / M``; the last link closes the ring.
    """
    k = np.arange(traps)
    turned = 2 * np.pi * np.asarray(winding)[..., None] / traps * (np.where(k == traps - 1, 0, k + 1) - k)
    tilt = np.asarray(field_angle)[..., None]
    return link_factor(spin, tilt, turned) * np.exp(-1j * turned * spin * np.cos(tilt))
