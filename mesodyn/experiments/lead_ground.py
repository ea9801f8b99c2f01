"""The exact ground state of a dot and its lead beside the best product state, as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mesodyn.systems.mean_field import equilibrium
from mesodyn.systems.microscopic.collective import collective
from mesodyn.systems.microscopic.lead import Lead
from mesodyn.systems.microscopic.product_state import product_state
from mesodyn.systems.microscopic.resonant_level import ResonantLevel

VARIABLES = {
    "lead_size": "",
    "quantum": "energy",
    "energy": "energy",
    "product_energy": "energy",
    "mean_field_energy": "energy",
    "n_mean": "",
    "product_n_mean": "",
    "mean_field_n_mean": "",
    "eigenvalue": "",
    "correlation": "",
    "product_correlation": "",
    "field_quanta": "",
    "sector_gap": "energy",
    "nonlinearity": "",
}
"""What is recorded at every size, and the kind of its unit.

``lead_size`` is the number of levels, of bosons the number of quanta; ``quantum`` the energy of one; ``correlation`` is
|<Ψ†(R)Ψ(r)>| over all of the lead, exact and in the product state; ``field_quanta`` the product's sum of |<Ψ>|² over
the lead; ``sector_gap`` what another total number costs; ``nonlinearity`` is Σt²/ε² of a fermion lead.
"""
SAME = 1e-12
"""Sectors closer than this, relative to the largest energy, are degenerate: the smaller number is taken."""


def ground(lead: str, point: Mapping[str, Any], size: int) -> tuple[float, ...]:
    """The numbers of `VARIABLES`, in this order; `size` is as in `MeanFieldOrNot.sizes`."""
    xi, rigid = float(point["detuning"]), float(point["stiffness"])
    field = equilibrium(*(np.array(value) for value in (xi, rigid, 0.0)))
    mean = float(field.energy), float(field.filling)
    if lead == "fermion":
        return _fermions(Lead.gapped(size, float(point["gap"]), float(point["bandwidth"]), rigid), xi, mean)
    frequency = float(point["lead_frequency"]) * (size if lead == "boson" else 1)
    found = collective(xi, rigid, frequency, size if lead == "pair" else None)
    product = np.sqrt(found.product_weight * (1 - found.product_weight)) * found.product_field
    return (
        found.total if lead == "boson" else size,
        frequency,
        found.energy,
        found.product_energy,
        mean[0],
        found.weight,
        found.product_weight,
        mean[1],
        found.eigenvalue,
        found.correlation,
        product,
        found.product_field**2,
        found.gap,
        np.nan,
    )


def _fermions(lead: Lead, xi: float, mean: tuple[float, float]) -> tuple[float, ...]:
    energies = ResonantLevel(detuning=xi, lead=lead).sector_energies()
    lowest = energies.min()
    number = int(np.flatnonzero(energies <= lowest + SAME * np.abs(energies).max())[0])
    matrix = ResonantLevel(detuning=xi, lead=lead, number=number).correlation()[0]
    product = product_state(lead, xi)
    quanta = float(np.sum(product.field**2))
    seen = float(np.sum((lead.vector / np.asarray(lead.levels)) ** 2))
    return (
        lead.size,
        float(np.abs(lead.levels).min()),
        float(lowest),
        product.energy,
        mean[0],
        float(matrix[0, 0].real),
        product.weight,
        mean[1],
        float(np.linalg.eigvalsh(matrix)[-1]),
        float(np.linalg.norm(matrix[0, 1:])),
        float(np.sqrt(product.weight * (1 - product.weight) * quanta)),
        quanta,
        float(np.sort(energies)[1] - lowest),
        seen,
    )
