"""Whether the field of a lead is one: energy, order parameter and density matrix against the lead's size (4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mesodyn import axes
from mesodyn.errors import InputError, Shown
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.lead_ground import VARIABLES, ground
from mesodyn.experiments.parameters import Parameter

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

LEADS = ("fermion", "boson", "pair")
HALVINGS = 8
"""The boson lead's quanta are halved so often on the way to the smallest ones."""
MOST_FERMIONS = 256
MOST_PAIRS = 2**20
METHODS = {
    "fermion": "free fermions, level by level, exact; product state with an exact lead",
    "boson": "Jaynes-Cummings sectors, exact; product state with a coherent lead",
    "pair": "collective sectors of pair levels, exact; product state with every level turned",
}


class MeanFieldOrNot(Experiment):
    """Compare the exact ground state of a dot and its lead with the best unentangled one, as the lead grows."""

    name = "mean-field-or-not"
    title = "Where a lead's field is a field, and where it is not"
    meaning = (
        "The paper gives a normal lead a classical field: a product of a dot in a superposition of numbers and a lead "
        "that breaks the symmetry. Here the total number is kept, and everything is solved exactly: the energy, the "
        "correlation of dot and lead that takes the place of an order parameter, and the largest eigenvalue of the "
        "density matrix of one particle (Penrose and Onsager) or pair (Yang), which says whether a mode is "
        "macroscopic. In a boson lead of small quanta it is, and the product is right up to the energy of one quantum. "
        "In a lead of pair levels it is if there are far more of them than quanta. In a fermion lead it never is: no "
        "mode holds more than one fermion, a field of single fermions is at most 1/2, and the entangled state gains "
        "twice the energy of the product, however many levels there are."
    )
    scale = "stiffness"
    animated = False
    accounts = ()
    account_reason = "this run compares the mean field's state with the one that keeps the number, in every finding"
    block_points = 64
    parameters = (
        Parameter("lead", "choice", "fermion", "what the lead is made of", choices=LEADS),
        Parameter("stiffness", "energy", 1.0, "ξ0: response of the lead, the same at every size", above=0),
        Parameter("detuning", "energy", 0.0, "ξ: half the energy to bring the step in"),
        Parameter(
            "lead_levels",
            "count",
            lambda v: {"fermion": 32, "pair": 4096, "boson": None}[v["lead"]],
            "levels of the largest lead (fermion, pair); the others have 1/2, 1/4, ... of them",
            low=2,
            follows="32 (fermion), 4096 (pair)",
        ),
        Parameter(
            "gap",
            "energy",
            lambda v: 20 * v["stiffness"] if v["lead"] == "fermion" else None,
            "no level of a fermion lead so near to the Fermi level",
            above=0,
            follows="20 stiffness (fermion)",
        ),
        Parameter(
            "bandwidth",
            "energy",
            lambda v: 2 * v["gap"] if v["lead"] == "fermion" else None,
            "outermost level of a fermion lead",
            above=0,
            follows="2 gap (fermion)",
        ),
        Parameter(
            "lead_frequency",
            "energy",
            lambda v: {"boson": 0.002, "pair": 0.05}[v["lead"]] * v["stiffness"] if v["lead"] != "fermion" else None,
            "ω of a quantum: of the largest boson lead, of every pair level",
            above=0,
            follows="0.002 stiffness (boson), 0.05 stiffness (pair)",
        ),
    )

    # -- what is computed -------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what belongs to another lead, and leads that are too large."""
        v = self.values
        own = {
            "lead_levels": ("fermion", "pair"),
            "gap": ("fermion",),
            "bandwidth": ("fermion",),
            "lead_frequency": ("boson", "pair"),
        }
        for name, leads in own.items():
            if self.lead not in leads and v.given.get(name) is not None:
                must = f"left out unless lead is {' or '.join(leads)}"
                raise InputError(name, must, Shown("given"), "leave it out or change the lead")
        if self.lead == "boson":
            return
        most = MOST_FERMIONS if self.lead == "fermion" else MOST_PAIRS
        if v["lead_levels"] > most:
            raise InputError("lead_levels", f"at most {most} for lead={self.lead}", v["lead_levels"], "take fewer")
        if self.lead == "fermion":
            if v["lead_levels"] % 2:
                raise InputError("lead_levels", "an even number of fermion levels", v["lead_levels"], "half are filled")
            if np.any(np.asarray(v["bandwidth"] - v["gap"]) < 0):
                raise InputError("bandwidth", "at least the gap", Shown("below it"), "levels stand between the two")

    @property
    def lead(self) -> str:
        """Which lead it is."""
        return str(self.values["lead"])

    def sizes(self) -> list[int]:
        """Numbers of levels, doubling up to the largest; for bosons by how much larger their quanta are, falling."""
        if self.lead == "boson":
            return [2**k for k in range(HALVINGS - 1, -1, -1)]
        found, size = [], int(self.values["lead_levels"])
        while size >= 2 and size % 2 == 0:
            found.append(size)
            size //= 2
        return (found or [int(self.values["lead_levels"])])[::-1]

    def record(self) -> xarray.Dataset:
        """Exact ground state and best product state at every size of the lead."""
        import xarray

        grid, v = self.axes(), self.flat_values()
        points = [
            {name: None if a is None or isinstance(a, str) else a[k] for name, a in v.items()}
            for k in range(len(v["stiffness"]))
        ]
        found = np.array([[ground(self.lead, point, size) for size in self.sizes()] for point in points], float)
        variables = {
            name: ((*grid, "doubling"), axes.unflatten(found[:, :, k], grid), {"units": self.unit(kind)})
            for k, (name, kind) in enumerate(VARIABLES.items())
        }
        coordinates = dict(grid) | {"doubling": np.arange(found.shape[1])}
        return xarray.Dataset(variables, coordinates, {"method": METHODS[self.lead], "lead": self.lead})

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.mean_field_findings`."""
        from mesodyn.experiments import mean_field_findings

        return {finding.name: finding for finding in mean_field_findings.findings(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        gain = findings["energy_gain"].value
        if gain.ndim:
            return f"{self.lead} lead: {gain.size} points were compared with their mean field."
        crowd = float(findings["eigenvalue"].value)
        if not np.isfinite(gain):
            return f"{self.lead} lead: outside the ordered range there is no field to compare with."
        return (
            f"{self.lead} lead: the exact ground state gains {float(gain):.4g} times the energy of the best product "
            f"state; the fullest mode holds {crowd:.4g} {'fermions' if self.lead == 'fermion' else 'quanta'}."
        )

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.mean_field_drawing`."""
        from mesodyn.experiments import mean_field_drawing

        return mean_field_drawing.figures(self, record, at)
