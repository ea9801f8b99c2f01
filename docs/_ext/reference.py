"""The API page's list, written from `mesodyn.__all__`: what is public is documented, under its floor of the house."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType

GROUPS = {
    "mesodyn.experiments": "Experiments and runs",
    "mesodyn.systems": "Systems",
    "mesodyn.dynamics": "Protocols and evolution",
    "mesodyn.verify": "Proofs",
    "mesodyn.units": "Quantities and axes",
    "mesodyn.axes": "Quantities and axes",
    "mesodyn.errors": "Errors",
}
OTHER = "More"
# What public functions return, and what the page on methods names: not names of `mesodyn` itself.
RETURNED = {
    "Experiments and runs": ("mesodyn.experiments.base.Experiment", "mesodyn.experiments.finding.Finding"),
    "Proofs": ("mesodyn.verify.result.Verification", "mesodyn.verify.result.Row"),
}
MEMBERS = {
    "mesodyn.experiments.base.Experiment": "run, keeping",
    "mesodyn.verify.result.Verification": "passed, summary, table, as_json",
    "mesodyn.Run": "figures, animate, save, passed, summary, rows, as_json",
    "mesodyn.ReservoirTrap": "terms, hamiltonian, states, equilibrium, observables",
    "mesodyn.TrapPair": "terms, hamiltonian, states, equilibrium, observables",
}
INSIDE = (
    "mesodyn.systems.base.Setting",
    "mesodyn.numberspace.NumberSpace",
    "mesodyn.numberspace.Site",
    "mesodyn.numberspace.reduced",
    "mesodyn.ordering.gauge",
    "mesodyn.ordering.rotation",
    "mesodyn.ordering.time_reversal",
    "mesodyn.ordering.ordering",
    "mesodyn.ordering.Ordering",
    "mesodyn.systems.magnet_nulls.isolated_doublet",
    "mesodyn.systems.magnet_nulls.anisotropic_doublet",
    "mesodyn.systems.magnet_nulls.anisotropic_spin",
    "mesodyn.systems.lead_models.wide_band",
    "mesodyn.systems.lead_models.boson_lead",
    "mesodyn.systems.junction_nulls.contact",
    "mesodyn.systems.junction_nulls.parity_dot",
    "mesodyn.systems.junction_nulls.pair_ladder",
    "mesodyn.dynamics.solver.METHODS",
    "mesodyn.dynamics.unitary.exponential",
    "mesodyn.dynamics.unitary.magnus",
    "mesodyn.dynamics.bath.relaxed",
    "mesodyn.dynamics.bath.transition_rates",
    "mesodyn.dynamics.bath.dissipator",
    "mesodyn.dynamics.heat.two_point",
    "mesodyn.experiments.rotation_theory.SpinHalf",
    "mesodyn.experiments.rotation_theory.uniform",
    "mesodyn.experiments.rotation_theory.smooth",
    "mesodyn.experiments.rotation_theory.binding",
    "mesodyn.experiments.rotation_theory.turned_ground_energy",
    "mesodyn.experiments.rotation_theory.closeness",
    "mesodyn.experiments.rotation_theory.Expected",
)


def group(thing: object) -> str:
    """The heading under which a public thing stands."""
    home = thing.__name__ if inspect.ismodule(thing) else getattr(thing, "__module__", "")
    return next((title for start, title in GROUPS.items() if home.startswith(start)), OTHER)


def directive(name: str, thing: object) -> str:
    """The autodoc directive of a thing by its full name."""
    if inspect.ismodule(thing) and callable(thing):  # md.experiments: a package that is a function as well
        own = getattr(thing, name.rpartition(".")[2])
        return f".. py:function:: {name}()\n\n   {(inspect.getdoc(own) or '').splitlines()[0]}"
    if inspect.isclass(thing):
        return f".. autoclass:: {name}\n   :members: {MEMBERS.get(name, '')}".rstrip()
    if inspect.isfunction(thing):
        return f".. autofunction:: {name}"
    return f".. autodata:: {name}\n   :no-value:"


def found(name: str) -> object:
    """The thing that a full name stands for."""
    module, _, own = name.rpartition(".")
    return getattr(__import__(module, fromlist=[own]), own)


def page(title: str, names: list[str]) -> str:
    """A heading and its entries."""
    entries = [f"```{{eval-rst}}\n{directive(name, found(name))}\n```\n" for name in names]
    return f"## {title}\n\n" + "\n".join(entries)


def write(text: str, path: Path) -> None:
    """Write a page; a file that would not change stays untouched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_reference(package: ModuleType, folder: Path) -> None:
    """Write the lists of what is public and of what is inside as MyST text."""
    names: dict[str, list[str]] = {title: [] for title in (*dict.fromkeys(GROUPS.values()), OTHER)}
    for name in sorted(name for name in package.__all__ if not name.startswith("__")):
        names[group(getattr(package, name))].append(f"{package.__name__}.{name}")
    for title, more in RETURNED.items():
        names[title] += more
    write("\n".join(page(title, own) for title, own in names.items() if own), folder / "reference.md")
    write(page("Inside", list(INSIDE)), folder / "inside.md")
