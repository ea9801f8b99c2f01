"""Currents for people: inside they are in e times an energy over hbar."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mesodyn.experiments.base import Experiment

ELEMENTARY = 1.602176634e-19  # coulomb


def ampere(value: float) -> tuple[float, str]:
    """The size in e rad/s of a readable unit of current, and the unit."""
    amount = abs(value) * ELEMENTARY
    for prefix, size in (("µ", 1e-6), ("n", 1e-9), ("p", 1e-12)):
        if amount >= size:
            return size / ELEMENTARY, f"{prefix}A"
    return 1e-15 / ELEMENTARY, "fA"


def current_text(experiment: Experiment, value: float) -> str:
    """A current in e times energy over hbar, or in ampere."""
    if experiment.values.natural:
        return f"{value:.6g} e·energy/ħ"
    size, unit = ampere(value)
    return f"{value / size:.6g} {unit}"
