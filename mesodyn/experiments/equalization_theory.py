"""What theory expects of two traps that are linked and cooled; nan where no formula is valid (PHYSICS 3d)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mesodyn.dynamics.meanfield import LinkedPhases

FINER = 50.0
"""By how much noise that is as fast as the mean field adds to its pace, squared."""


class Shared:
    r"""The one shared step as a spin 1/2 in a field, closed form at any detuning and temperature.

    Along the field the spin goes to :math:`\tanh(\epsilon/k_BT)` at the rate :math:`\Gamma`; across it turns at
    :math:`2\epsilon/\hbar` and decays at :math:`\Gamma/2`; :math:`\epsilon = \sqrt{J^2 + \delta^2/4}`. Without detuning
    at T = 0 these are the formulas of PHYSICS 3d, for a mixture those of DEFINITIONS 6.9. With dephasing only what it
    does at :math:`\delta = 0` to the energy is known here.

    Parameters
    ----------
    v
        The experiment's values, arrays over the points.
    account
        Sets the weight of the shared sector (2 u² v², or 1) and the start.
    """

    def __init__(self, v: Mapping[str, Any], account: str) -> None:
        self.tunnelling, self.detuning, self.rate = v["tunnelling"], v["detuning"], v["rate"]
        self.level = np.hypot(self.tunnelling, self.detuning / 2)
        cold = np.where(v["temperature"] > 0, v["temperature"], 1.0)
        self.order = np.where(v["temperature"] > 0, np.tanh(self.level / np.maximum(cold, 1e-3 * self.level)), 1.0)
        self.weight = 2 * v["weight"] * (1 - v["weight"]) if account != "conserving" else np.ones_like(v["weight"])
        coherent = float(account != "mixture")
        phase = v["phase_difference"]
        self.start = coherent * np.stack([np.cos(phase), np.sin(phase), np.zeros_like(phase)], axis=-1)
        zero = np.zeros_like(self.level)
        # E = -J x + (delta/2) z = -level * (field . s)
        self.field = np.stack([self.tunnelling, zero, -self.detuning / 2], axis=-1) / self.level[..., None]
        self.quiet = np.where(v["dephasing"] == 0, 1.0, np.nan)
        level = np.where(self.detuning == 0, 1.0, np.where(v["dephasing"] == 0, 1.0, np.nan))
        self.energy_rate = (self.rate + v["dephasing"]) * level
        self.held = self.rate / (self.rate + v["dephasing"]) * level
        """The share of its order that the link keeps against the dephasing."""

    @property
    def energies(self) -> tuple[Any, Any]:
        """The energy of the link at the start, and after a long time."""
        first = -self.level * self.weight * (self.field * self.start).sum(axis=-1)
        return first, -self.level * self.weight * self.order * self.held

    def spin(self, time: Any) -> Any:
        """The vector (moments, points, 3) at times (moments, points)."""
        along = (self.field * self.start).sum(axis=-1)
        across = self.start - along[..., None] * self.field
        turned = np.cross(self.field, across)
        settled = np.exp(-self.rate * time)
        parallel = self.order + (along - self.order) * settled
        angle, size = 2 * self.level * time, np.sqrt(settled)
        moved = np.cos(angle)[..., None] * across + np.sin(angle)[..., None] * turned
        return (parallel[..., None] * self.field + size[..., None] * moved) * self.quiet[:, None]

    def seen(self, time: Any) -> tuple[Any, Any]:
        """The coherence between the traps and n_A - n_B in steps, at times (moments, points)."""
        x, y, z = np.moveaxis(self.weight[:, None] * self.spin(time), -1, 0)
        return 0.5 * (x - 1j * y), z


def mean_fields(v: Mapping[str, Any]) -> list[LinkedPhases]:
    """The mean field of each point."""
    names = ("tunnelling", "detuning", "number_damping", "phase_damping")
    return [
        LinkedPhases(**dict(zip(names, map(float, values), strict=True)))
        for values in zip(*(v[n] for n in names), strict=True)
    ]


def rung(v: Mapping[str, Any]) -> Any:
    """By which factor e**rung starts near pi are apart, so that only their delay differs: about a decade.

    On its way from the top the mean field turns half a circle while it grows by a fixed factor; starts that differ by
    whole powers of it come down on the same path.
    """
    decade = float(np.log(10))
    if v["model"] == "quantum":
        return decade
    g, kappa = v["number_damping"], v["phase_damping"]
    half = 2 * g + kappa / 4
    swings = 2 * (1 + g * kappa) - half**2
    turn = np.pi * np.maximum(half, 1e-3) / np.sqrt(np.maximum(swings, 1e-12))
    whole = turn * np.maximum(np.round(decade / turn), 1.0)
    fits = (swings > 0) & (turn < 2 * decade)
    return whole * fits + decade * (1 - fits)


def clear(v: Mapping[str, Any]) -> Any:
    """Whether one of the two linear motions has died out long before the other, or both turn together and fast."""
    g, kappa = v["number_damping"], v["phase_damping"]
    half = 2 * g + kappa / 4
    swings = 2 * (1 + g * kappa) - half**2
    root = np.sqrt(np.maximum(-swings, 0.0))
    turns = swings * (2 * np.log(10)) ** 2 > (np.pi * half) ** 2
    return turns | ((swings < 0) & (half - root < 0.25 * (half + root)))


def pace(field: LinkedPhases, noise: float) -> float:
    """The fastest rate of a mean field, with what noise asks for in steps; faster noise averages itself out."""
    fastest = field.tunnelling * (4 + 4 * field.number_damping + field.phase_damping) + abs(field.detuning)
    return float(fastest * np.sqrt(1 + FINER * min(noise / fastest, 1.0)))
