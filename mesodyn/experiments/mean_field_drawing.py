"""How a dot and its lead are drawn against the lead's size and against the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.lead_ground import VARIABLES, ground
from mesodyn.figures import plots

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.mean_field_or_not import MeanFieldOrNot
    from mesodyn.figures.style import Figure

ACROSS = 1.6
"""Curves over the gate run over this many stiffnesses to either side."""
FEW_LEVELS = 8
"""Of a fermion lead in those curves."""
SIZE = {"fermion": "levels of the lead", "boson": "quanta in dot and lead", "pair": "pair levels of the lead"}


def figures(
    experiment: MeanFieldOrNot, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    one: Any
    one, place = experiment.at(at)
    here = f" at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())}" if place else ""
    found = one.record() if place else record
    return {
        "energy": (_energy(one, found), _ENERGY.format(here=here) + _SAYS_ENERGY[experiment.lead]),
        "fullest_mode": (_mode(one, found), _MODE.format(here=here) + _SAYS_MODE[experiment.lead]),
        **_over_the_gate(one),
    }


_ENERGY = "Ground energy of dot and lead against the size of the lead{here}: exact, best product state, formula (19). "
_SAYS_ENERGY = {
    "fermion": "The entangled state gains more than the product by a factor (2 in the middle) that no size takes away.",
    "boson": "The exact energy comes to the mean field's as the quanta get smaller and more: the product is right.",
    "pair": "The product misses about half a quantum, once there are far more levels than quanta.",
}
_MODE = "How full the fullest mode of the density matrix is{here}, and the quanta in the field of the product state. "
_SAYS_MODE = {
    "fermion": "No mode holds more than one fermion, and no field of single fermions is above 1/4 of a quantum.",
    "boson": "Both grow as the number of quanta: the mode is macroscopic, and its field is a field.",
    "pair": "Both come to the number of quanta that the stiffness asks for, ξ0/2ω, as soon as there is room for them.",
}


def _size(one: Any, found: xarray.Dataset) -> tuple[Any, str]:
    return np.log10(np.maximum(found.lead_size.values, 1)), rf"$\log_{{10}}$ of the {SIZE[one.lead]}"


def _energy(one: Any, found: xarray.Dataset) -> Figure:
    rigid = float(one.values["stiffness"])
    x, label = _size(one, found)
    names = {"exact": "energy", "product state": "product_energy", "mean field (19)": "mean_field_energy"}
    curves = {text: plots.Curve(found[name].values / rigid, style="line") for text, name in names.items()}
    return plots.against(x, curves, label, r"$E/\xi_0$")


def _mode(one: Any, found: xarray.Dataset) -> Figure:
    x, label = _size(one, found)
    crowd, quanta = found.eigenvalue.values, found.field_quanta.values
    if one.lead == "fermion":
        curves = {"fullest mode, exact": crowd, "product state's field": quanta, "bound of a field, 1/4": 0 * x + 0.25}
        text = "occupation"
    else:
        with np.errstate(divide="ignore"):
            curves = {"fullest mode, exact": np.log10(crowd), "product state's field": np.log10(quanta)}
        curves = {name: np.where(np.isfinite(y), y, np.nan) for name, y in curves.items()}
        text = r"$\log_{10}$ of the occupation"
    return plots.against(x, {name: plots.Curve(y, style="line") for name, y in curves.items()}, label, text)


def _over_the_gate(one: Any) -> dict[str, tuple[Figure, str]]:
    """Number, energy and correlation over the detuning."""
    rigid = float(one.values["stiffness"])
    xi = np.linspace(-ACROSS, ACROSS, 41 if one.quick else 161) * rigid
    sizes = one.sizes()
    size = max([n for n in sizes if n <= FEW_LEVELS] or sizes[:1]) if one.lead == "fermion" else sizes[-1]
    values = {name: value for name, value in one.values.resolved.items()}
    table = np.array([ground(one.lead, values | {"detuning": place}, size) for place in xi])
    found = dict(zip(VARIABLES, table.T, strict=True))
    energy = one.scaled("energy", r"detuning $\xi$", ACROSS * rigid)
    x, marks = xi / energy.factor, {r"$-\xi_0$": -rigid / energy.factor, r"$\xi_0$": rigid / energy.factor}
    what = f"{size} levels" if one.lead != "boson" else f"quanta of {one.shown('energy', values['lead_frequency'])}"
    rows = {
        "number": (
            {"exact": "n_mean", "product state": "product_n_mean", "mean field (19)": "mean_field_n_mean"},
            r"$\langle N\rangle - N_c$",
            1.0,
            f"Number on the dot against the gate, for a lead of {what}. " + _SAYS_NUMBER[one.lead],
        ),
        "energy_over_the_gate": (
            {"exact": "energy", "product state": "product_energy", "mean field (19)": "mean_field_energy"},
            r"$E/\xi_0$",
            rigid,
            f"Ground energy against the gate, for a lead of {what}.",
        ),
        "correlation": (
            {"exact": "correlation", "product state": "product_correlation"},
            r"$|\langle\Psi^\dagger(R)\Psi(r)\rangle|$",
            1.0,
            f"Correlation of dot and lead, for a lead of {what}: with the number kept it takes the place of the order "
            "parameter. " + _SAYS_CORRELATION[one.lead],
        ),
    }
    return {
        name: (
            plots.against(x, {text: found[key] / unit for text, key in keys.items()}, energy.label, label, marks=marks),
            caption,
        )
        for name, (keys, label, unit, caption) in rows.items()
    }


_SAYS_NUMBER = {
    "fermion": "Exactly it jumps, where the total number changes by one; the product slopes.",
    "boson": "It follows the mean field's line, in as many small steps as there are quanta.",
    "pair": "It follows the line of the product state.",
}
_SAYS_CORRELATION = {
    "fermion": "It doesn't end at the edges of the ordered range: there is no transition.",
    "boson": "It ends where the mean field's order does.",
    "pair": "It ends near where the mean field's order does.",
}
