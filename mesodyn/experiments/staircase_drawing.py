"""How the staircase is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray

from mesodyn.axes import axis
from mesodyn.experiments.base import Scale
from mesodyn.experiments.sweeps import Sweep, axis_scale
from mesodyn.figures import curves, plots

if TYPE_CHECKING:
    from mesodyn.experiments.staircase import Staircase
    from mesodyn.figures.style import Figure

TEMPERATURES = (0.0, 0.05, 0.1, 0.25)
"""What is compared, in charging energies."""
SHIFTS = (0.0, 0.2, 0.4, 0.6)
LINES = 8
"""How many lines E'(N; mu) are drawn at most."""


def figures(experiment: Staircase, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    sweep = Sweep.of(experiment, "chemical_potential")
    one, place = sweep.one(at)
    if not sweep.dim:
        from mesodyn.experiments.staircase import default_axis

        one = one.changed(chemical_potential=default_axis(one.values.resolved))
    here = f" at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())}" if place else ""
    found = {"lines": (_lines(one), _lines_caption(one, here))}
    found["temperatures"] = (
        _compared(one, "temperature", TEMPERATURES, "kT", "$E_c$"),
        f"⟨N⟩ against the chemical potential{here}: at T = 0 steps, which a temperature rounds; at kT = E_c/4 little "
        "of the parity is left.",
    )
    if one.values["kind"] == "fermion":
        found["parity"] = (
            _compared(one, "parity_shift", SHIFTS, "δ", "$E_c$"),
            f"⟨N⟩ against the chemical potential{here} for several parity shifts. The null is δ = 0, no parity effect: "
            "all plateaus are equally wide. From δ = E_c/2 on odd numbers never appear and the steps are of two.",
        )
    extra = _along_axes(experiment, sweep, record, place)
    return found | ({"along_axes": extra} if extra else {})


def _mu(one: Any) -> tuple[np.ndarray, Scale]:
    """The chemical potential of a single curve, sorted, and how it is drawn."""
    mu = np.sort(one.values["chemical_potential"].values)
    return mu, axis_scale(one, "chemical_potential", mu, r"$\mu$")


def _lines(one: Any) -> Figure:
    """The lines E'(N; mu), the lower and the upper broken line (Fig. 1)."""
    mu, across = _mu(one)
    system = one.changed(chemical_potential=axis("chemical_potential", mu), temperature=0.0).system()
    found = system.equilibrium()
    low, high = int(found.number.min()), int(found.number.max())
    middle = round(0.5 * (low + high))
    first, last = max(0, low - 1, middle - LINES // 2), min(high + 1, middle + LINES // 2)
    drawn = system.lines(low=first, high=max(last, first + 1)) + mu * middle
    lower, upper = found.energy + mu * middle, found.metastable_energy + mu * middle
    up = one.scaled("energy", rf"$E' + {middle}\,\mu$" if middle else "$E'$", float(np.abs(lower).max()))
    bold = {
        "$E'_1$: the lowest": lower.values / up.factor,
        "$E'_2$: metastable": np.where(np.isfinite(upper), upper, np.nan) / up.factor,
    }
    lines = {f"{int(n)}": drawn.sel(number=n).values / up.factor for n in drawn.number.values}
    return curves.over_lines(mu / across.factor, lines, bold, across.label, up.label)


def _lines_caption(one: Any, here: str) -> str:
    low, high = (float(end) for end in (one.values["chemical_potential"].min(), one.values["chemical_potential"].max()))
    edges = f"from μ = {one.shown('energy', low)} to {one.shown('energy', high)}"
    return (
        f"Fig. 1 of the paper{here}, {edges}: the lines E'(N; μ) = E(N) - μN, named by N, drawn with μ times the "
        "middle number added so that they fan out. The lower broken line E'₁ is the equilibrium; its corners are the "
        "steps. On the upper one, E'₂, the number has not yet changed, or has changed too early."
    )


def _compared(one: Any, name: str, multiples: tuple[float, ...], symbol: str, unit: str) -> Figure:
    """<N>(mu) for several values of a parameter, the run's own among them."""
    mu, across = _mu(one)
    charging = float(one.values["charging_energy"])
    own = float(one.values[name]) / charging
    found = {}
    for multiple in sorted({*multiples, own}):
        changed = one.changed(**{name: multiple * charging, "chemical_potential": axis("chemical_potential", mu)})
        mark = " (this run)" if multiple == own else ""
        found[f"{symbol} = {multiple:.3g} {unit}{mark}"] = changed.system().equilibrium().n_mean.values
    lines = {label: plots.Curve(y, style="line") for label, y in found.items()}
    return plots.against(mu / across.factor, lines, across.label, r"$\langle N\rangle$")


def _along_axes(
    experiment: Staircase, sweep: Sweep, record: xarray.Dataset, place: Mapping[str, float]
) -> tuple[Figure, str] | None:
    """<N> over the chemical potential and another axis, or over the first axes there are."""
    names = [name for name in place if record.sizes[name] > 1]
    if sweep.dim:
        names = [sweep.dim, *names]
    if not names or (sweep.dim and len(names) == 1):
        return None
    rest = {name: value for name, value in place.items() if name not in names[:2]}
    shown = record.n_mean.sel(rest)
    scales = [axis_scale(experiment, name, record[name]) for name in names[:2]]
    if len(names) == 1:
        curve = plots.Curve(shown.values, style="auto")
        x = record[names[0]].values / scales[0].factor
        return plots.against(x, {"run": curve}, scales[0].label, r"$\langle N\rangle$"), f"⟨N⟩ against {names[0]}."
    x, y = (record[name].values / scale.factor for name, scale in zip(names[:2], scales, strict=True))
    z = shown.transpose(names[1], names[0]).values
    figure = plots.image(x, y, z, scales[0].label, scales[1].label, r"$\langle N\rangle$")
    return figure, f"⟨N⟩ against {names[0]} and {names[1]}."
