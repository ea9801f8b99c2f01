"""How the moment of a Kramers dot is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray

from mesodyn.axes import axis
from mesodyn.experiments.base import Scale
from mesodyn.experiments.magnetization_findings import NAMES, between
from mesodyn.experiments.sweeps import Sweep, axis_scale
from mesodyn.figures import plots
from mesodyn.systems.magnet_nulls import anisotropic_doublet, anisotropic_spin, isolated_doublet

if TYPE_CHECKING:
    from mesodyn.experiments.magnetization import Magnetization
    from mesodyn.figures.style import Figure

SPIN = 10
"""Of the null with an anisotropy of its own: large enough to turn as a classical one, up to 1/S."""
LOOP = 801
SHOWN_LOOP = 1.6
"""The loop is drawn to so many switching fields."""
SHOWN_LIMITS = 8.0
"""The weak and strong fields are compared up to so many times the smallest anisotropy."""
SAME_CURVE = (
    f"A spin {SPIN} with an anisotropy D S_z² of its own follows the same curve in a principal plane, that "
    "of Stoner and Wohlfarth: this figure can't tell the two apart."
)
QUANTUM = (
    "With a quantum lead the ground level is a doublet of a smaller moment: M is there only while the field is, it "
    "doesn't turn as the field grows, and nothing switches. The classical lead of the paper holds a moment of full "
    "size along its soft axis."
)
WARM_SPIN = (
    f"At T = 0 a spin {SPIN} with an anisotropy D S_z² of its own follows the curve of the dot; warm and in "
    "equilibrium it is a paramagnet with no moment in a weak field, while the mean field of the leads keeps the moment "
    "up to kT_c = μ_B B₀."
)


def figures(
    experiment: Magnetization, record: xarray.Dataset, at: Mapping[str, float]
) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    rotating = experiment.values["sweep"] == "rotating"
    sweep = Sweep.of(experiment, "polar" if rotating else "field")
    one, place = sweep.one(at)
    if not sweep.dim:
        one = one.changed(**_default_sweep(one))
    here = f" at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())}" if place else ""
    moving = "turns" if rotating else "grows"
    curves = _models(one)
    spin = "" if len(curves) < 4 else WARM_SPIN if float(one.values["temperature"]) else SAME_CURVE
    said = _said_of_nulls(rotating)
    nulls = ", and the nulls: a doublet without leads, one with an anisotropic g. " if spin else ". "
    if one.values["lead"] == "quantum":
        nulls, said, spin = ". ", "", QUANTUM
    found = {
        "components": (
            _components(one, curves),
            f"The components of M while the field {moving}{here}{nulls}{spin}",
        ),
        "angle_to_field": (
            _angles(one, curves),
            f"The angle between M and B while the field {moving}{here}. {said}{spin}",
        ),
    }
    if one.values["lead"] == "mean-field":
        found |= _hysteresis(one, here)
        found |= {} if rotating or float(one.values["temperature"]) else _limits(one, here)
    extra = _along_axes(experiment, sweep, record, place)
    return found | ({"along_axes": extra} if extra else {})


def _default_sweep(one: Any) -> dict[str, Any]:
    """The sweep that is drawn where the run has none."""
    from mesodyn.experiments.magnetization import _field, _polar

    name, made = ("polar", _polar) if one.values["sweep"] == "rotating" else ("field", _field)
    return {name: made(one.values.resolved)}


def _said_of_nulls(rotating: bool) -> str:
    if rotating:
        return "Without leads M is along B; with an anisotropic g the angle is the same at any strength. "
    return "In neither doublet does M turn as B grows; with leads it turns from the soft axis towards B. "


# -- the dot and its nulls ---------------------------------------------------------------------------------------------


def _models(one: Any) -> dict[str, xarray.DataArray]:
    """M over its moment along the sweep: of the dot and of everything else that turns."""
    v, moment = one.values, float(one.values["moment"])
    field = xarray.concat([v["field"] * part + 0.0 * v["polar"] for part in one.direction()], "component")
    field = field.transpose(..., "component")
    own = "quantum lead" if v["lead"] == "quantum" else "dot"
    found = {f"{own}, this run": one.record().magnetization / moment}
    # A cold doublet or spin without a field along its axis points nowhere.
    size = np.sqrt((field**2).sum("component"))
    cold = float(v["temperature"])
    if v["lead"] == "mean-field":
        found["isolated doublet"] = isolated_doublet(field=field, temperature=cold).where((size > 0) | (cold > 0))
    stiff = _stiffness(one)
    if v["lead"] == "quantum":
        found["classical lead"] = one.changed(lead="mean-field").record().magnetization / moment
        found["isolated doublet"] = isolated_doublet(field=field, temperature=cold).where((size > 0) | (cold > 0))
    if v["lead"] != "mean-field" or stiff.max() == 0:
        return found
    g = 2 - stiff / stiff.max()
    tilted = anisotropic_doublet(g=np.diag(g), field=field)
    seen = np.sqrt(((field * xarray.DataArray(g, dims="component")) ** 2).sum("component"))
    thermal = np.tanh(0.5 * seen / cold) if cold else xarray.where(seen > 0, 1.0, np.nan)
    found[f"g = ({', '.join(f'{part:.3g}' for part in g)})"] = tilted * thermal
    found[f"spin {SPIN} with D S_z²"] = _spin(field, stiff, cold)
    return found


def _stiffness(one: Any) -> np.ndarray:
    """The principal values of the anisotropy above the smallest."""
    stiff = np.array([float(one.values[name]) for name in NAMES])
    return np.asarray(stiff - stiff.min())


def _spin(field: xarray.DataArray, stiff: np.ndarray, cold: float) -> xarray.DataArray:
    """A spin whose soft axis is that of the dot, as stiff as the dot in the plane of the field."""
    soft = int(stiff.argmin())
    order = [k for k in range(3) if k != soft] + [soft]
    turned = field.isel(component=order).drop_vars("component", errors="ignore")
    weight = (turned.values.reshape(-1, 3)[:, :2] ** 2).sum(axis=0)
    here = stiff[order[:2]]
    stiffness = float((weight * here).sum() / weight.sum()) if weight.sum() > 0 else float(here.min())
    own = -stiffness / (2 * SPIN * (SPIN - 0.5))
    found = anisotropic_spin(spin=SPIN, anisotropy=own, field=turned, temperature=cold)
    back = [order.index(k) for k in range(3)]
    told = (np.abs(turned.isel(component=2)) > 1e-9 * np.sqrt((turned**2).sum("component"))) | (cold > 0)
    return found.isel(component=back).assign_coords(component=list("xyz")).where(told)


def _sweep_of(one: Any) -> tuple[np.ndarray, Scale, Any]:
    """The swept values, sorted, how they are drawn, and their order."""
    name, symbol = ("polar", "polar angle of B") if one.values["sweep"] == "rotating" else ("field", r"$\mu_B B$")
    values = one.values[name].values
    order = np.argsort(values)
    return values[order], axis_scale(one, name, values, symbol), order


def _ticks(x: np.ndarray, rotating: bool) -> dict[float, str] | None:
    """Quarter turns, for a sweep of an angle over half a turn or more, up to two turns."""
    if not rotating or not np.pi <= np.ptp(x) <= 4 * np.pi:
        return None
    first, last = int(np.ceil(x[0] / (np.pi / 2) - 1e-9)), int(np.floor(x[-1] / (np.pi / 2) + 1e-9))
    return {k * np.pi / 2: f"{90 * k}°" for k in range(first, last + 1)}


def _components(one: Any, models: Mapping[str, xarray.DataArray]) -> Figure:
    x, across, order = _sweep_of(one)
    panels = []
    for k, letter in enumerate("xyz"):
        lines = {name: m.values[order, k] for name, m in models.items()}
        if max(float(np.nanmax(np.abs(line), initial=0.0)) for line in lines.values()) > 1e-6:
            panels.append(plots.Panel(rf"$M_{letter}/\mu_B$", lines))
    if not panels:
        panels = [plots.Panel(r"$M_z/\mu_B$", {"dot, this run": 0.0 * x})]
    if one.values["sweep"] == "rotating":
        across = Scale(np.pi / 180, across.label.replace("(rad)", "(degrees)"))
    return plots.along_protocol(x / across.factor, panels, (), across.label)


def _angles(one: Any, models: Mapping[str, xarray.DataArray]) -> Figure:
    x, across, order = _sweep_of(one)
    record = one.record()
    h, field = record.field_direction.values[order], np.broadcast_to(one.values["field"], record.energy.shape)[order]
    lines = {}
    for name, m in models.items():
        there = (field > 0) & (np.sqrt((m.values[order] ** 2).sum(axis=-1)) > 1e-9)
        angle = np.where(there, np.round(np.degrees(between(m.values[order], h)), 6), np.nan)
        lines[name] = plots.Curve(angle, style="line")
    ticks = _ticks(x, one.values["sweep"] == "rotating")
    label = across.label.replace(" (rad)", "") if ticks else across.label
    return plots.against(x / across.factor, lines, label, "angle between M and B (degrees)", xticks=ticks)


# -- hysteresis and limits ---------------------------------------------------------------------------------------------


def _hysteresis(one: Any, here: str) -> dict[str, tuple[Figure, str]]:
    """M along B while the field goes there and back, in the direction of the sweep or at the frame's angle."""
    fixed = one
    if one.values["sweep"] == "rotating":
        fixed = one.changed(polar=np.pi / 3)
        here = " at a polar angle of 60 degrees" + here.replace(" at ", ", ", 1)
    unit = fixed.changed(field=1.0)
    switching = float(unit.system().switching_field()) * float(one.values["moment"])
    if not switching > 0:
        return {}
    field = axis("field", 0, SHOWN_LOOP * switching, LOOP)
    there = fixed.changed(field=field, branch="equilibrium").record()
    h, moment = there.field_direction.values, float(one.values["moment"])
    stable = (there.magnetization.values * h).sum(axis=-1) / moment
    held = (there.metastable.values * h).sum(axis=-1) / moment
    start = 1 if held[0] >= 0 else 0
    held[:start], stable[:start] = -np.abs(held[:start]), np.abs(stable[:start])
    up = np.concatenate([-stable[:0:-1], held])
    x = np.concatenate([-field.values[:0:-1], field.values])
    scale = one.scaled("energy", r"$\mu_B B$", switching)
    curves = {"growing": plots.Curve(up, style="line"), "falling": plots.Curve(-up[::-1], style="line")}
    marks = {r"$-B_{sw}$": -switching / scale.factor, r"$B_{sw}$": switching / scale.factor}
    figure = plots.against(x / scale.factor, curves, scale.label, r"$M\cdot h/\mu_B$", marks)
    where = one.shown("energy", float(f"{switching:.5g}"))
    text = (
        f"M along the direction of the field{here} while the field grows from one side to the other, and falls back: M "
        f"stays in the minimum in which it is until this vanishes, at μ_B B = {where}, then it falls into the other."
    )
    return {"hysteresis": (figure, text)}


def _limits(one: Any, here: str) -> dict[str, tuple[Figure, str]]:
    """The part of M across B, exact and by (42) and (44)."""
    x, across, _ = _sweep_of(one)
    stiff = np.sort(_stiffness(one))
    if stiff[1] == 0 or not float(one.values["exchange_field"]) or one.values["branch"] == "metastable":
        return {}
    x = x[(x > 0) & (x <= SHOWN_LIMITS * stiff[1])]
    if len(x) < 3:
        return {}
    moment = float(one.values["moment"])
    part = one.changed(field=axis("field", x))
    dot, record = part.system(), part.record()
    h = record.field_direction.values

    def aside(m: xarray.DataArray) -> np.ndarray:
        found = np.sqrt((np.cross(m.values / moment, h) ** 2).sum(axis=-1))
        return np.where(found <= 1.25, found, np.nan)

    weak, strong = aside(dot.weak_field().magnetization), aside(dot.strong_field().magnetization)
    curves = {
        "exact": plots.Curve(aside(record.magnetization), style="line"),
        "(42), weak field": plots.Curve(np.where(x < stiff[1], weak, np.nan), style="line"),
        "(44), strong field": plots.Curve(np.where(x > stiff[1], strong, np.nan), style="line"),
    }
    figure = plots.against(x / across.factor, curves, across.label, r"$|M\times h|/\mu_B$")
    text = (
        f"The part of M across the field{here}: (42) holds far below the anisotropy, (44) far above it. The "
        "exact curve is the minimum for any field."
    )
    return {"weak_and_strong": (figure, text)}


def _along_axes(
    experiment: Magnetization, sweep: Sweep, record: xarray.Dataset, place: Mapping[str, float]
) -> tuple[Figure, str] | None:
    """M along B over the sweep and another axis, or over the axes there are."""
    names = [name for name in place if record.sizes[name] > 1]
    names = [sweep.dim, *names] if sweep.dim else names
    if not names or names == [sweep.dim]:
        return None
    rest = {name: value for name, value in place.items() if name not in names[:2]}
    moment = xarray.DataArray(experiment.values["moment"])
    along = ((record.magnetization * record.field_direction).sum("component") / moment).sel(rest)
    scales = [axis_scale(experiment, name, record[name]) for name in names[:2]]
    label = r"$M\cdot h/\mu_B$"
    x = record[names[0]].values / scales[0].factor
    if len(names) == 1:
        return plots.against(x, {"run": along.values}, scales[0].label, label), f"M along B against {names[0]}."
    y = record[names[1]].values / scales[1].factor
    figure = plots.image(x, y, along.transpose(names[1], names[0]).values, scales[0].label, scales[1].label, label)
    return figure, f"M along B against {names[0]} and {names[1]}."
