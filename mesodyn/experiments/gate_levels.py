"""A gate sweep of a dot on a finite fermion lead, level by level: how it comes to the arctan, or to a jump (4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import polygamma

from mesodyn.axes import axis
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import curves
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter
from mesodyn.systems.lead_models import Filling, wide_band
from mesodyn.systems.microscopic import resonant_level
from mesodyn.systems.microscopic.filling import SAME
from mesodyn.systems.microscopic.lead import Lead
from mesodyn.systems.microscopic.limits import Limit
from mesodyn.systems.microscopic.wide_band import SIZES, flat_band_number, many_levels, wide_band_number

if TYPE_CHECKING:
    from mesodyn.experiments.gate_sweep import GateSweep

MOST = 200
"""The most levels of a lead: a curve diagonalises it 801 times."""
BLOCK_POINTS = 32
"""How many points a block of a large run has: a few seconds' work."""
COARSE = 80
"""Points among which a jump is looked for, none of them at detuning 0."""
CLOSEST = 1e-9
"""How near a jump its height is measured, in the scale of the gate."""
CLOSE = 0.01
"""How far from detuning 0 its slope is measured, in widths."""
BENT = 0.8 * (4 * CLOSE) ** 4
"""What the fifth power in the series of an arctan adds to it."""


def _own(v: Mapping[str, Any], value: Any) -> Any:
    return value if v["model"] == "levels" else None


def _band(v: Mapping[str, Any]) -> Any:
    return _own(v, 5 * v["width"] if v["gap"] is None else 2 * v["gap"])


PARAMETERS = (
    Parameter(
        "lead_levels",
        "count",
        lambda v: _own(v, 40),
        "L, levels of the fermion lead (model='levels')",
        low=1,
        follows="40 (levels)",
    ),
    Parameter("gap", "energy", None, "no level so near to the Fermi level; left out: a flat band", above=0),
    Parameter("bandwidth", "energy", _band, "D: levels from -D to D", above=0, follows="5 width, or 2 gap (levels)"),
    Parameter(
        "total",
        "choice",
        lambda v: _own(v, "free"),
        "the total number: what costs least, or half of all places",
        choices=("free", "fixed"),
        follows="free (levels)",
    ),
)


def check(experiment: GateSweep) -> None:
    """Refuse what a finite lead doesn't have, and its parameters for other leads."""
    v = experiment.values
    if v["model"] != "levels":
        for parameter in PARAMETERS:
            if v.given.get(parameter.name) is not None:
                raise InputError(
                    parameter.name, "left out unless model='levels'", Shown("given"), "leave it out or change the model"
                )
        return
    if experiment.step == 2:
        raise InputError("model", "'mean-field' or 'conserving' for step 2", "levels", "a pair is a boson")
    if v.given.get("lead") == "boson":
        raise InputError("lead", "'fermion' for model='levels'", "boson", "use model='conserving'")
    if v["lead_levels"] > MOST:
        raise InputError("lead_levels", f"at most {MOST}", v["lead_levels"], "limits are extrapolated anyway")
    if v["gap"] is None:
        return
    if v.given.get("width") is not None:
        raise InputError("width", "left out with a gap", Shown("given"), "stiffness says how strongly it is linked")
    if v["lead_levels"] % 2:
        raise InputError("lead_levels", "an even number with a gap", v["lead_levels"], "half are above the gap")
    if np.any(np.asarray(v["bandwidth"] - v["gap"]) < 0):
        raise InputError("bandwidth", "at least the gap", Shown("below it"), "levels stand between the two")


def leads(experiment: GateSweep, v: Mapping[str, Any]) -> list[tuple[Lead, Any]]:
    """The different leads, each with the points (indices) that have it."""
    count = int(experiment.values["lead_levels"])
    gapped = experiment.values["gap"] is not None
    names = ("gap", "bandwidth", "stiffness") if gapped else ("bandwidth", "width")
    keys, which = np.unique(np.stack([v[name] for name in names], axis=1), axis=0, return_inverse=True)
    make = Lead.gapped if gapped else Lead.flat_band
    return [(make(count, *map(float, key)), np.flatnonzero(which.ravel() == k)) for k, key in enumerate(keys)]


def filling(experiment: GateSweep, v: Mapping[str, Any]) -> Filling:
    """The number on the dot and the free energy, from the filled sea, at every point."""
    weight, free = np.empty(len(v["detuning"])), np.empty(len(v["detuning"]))
    fixed = experiment.values["total"] == "fixed"
    number = (int(experiment.values["lead_levels"]) + 1) // 2 if fixed else None
    for lead, here in leads(experiment, v):
        found = resonant_level.filling(lead, v["detuning"][here], v["temperature"][here], number)[0]
        weight[here], free[here] = found.weight, found.free_energy
    return Filling(weight, free)


# -- what is measured -----------------------------------------------------------------------------------------------


def findings(one: GateSweep, v: Mapping[str, Any], gate: Any, number: Any) -> list[Finding]:
    """What only a lead of single levels has; `number` is the curve over `gate`."""
    found = [*_jump(one, v), _curvature(one, gate, number)]
    return found + (_band_limits(one, v, gate, number) if one.values["gap"] is None else _parities(one, v))


def _jump(one: GateSweep, v: Mapping[str, Any]) -> list[Finding]:
    """Where and by how much the number jumps, because the total number does."""
    gapped = one.values["gap"] is not None
    scale = v["stiffness"] if gapped else np.pi / 8 * v["width"]  # a band's own: stiffness is free beside width
    gate = np.linspace(-2, 2, COARSE)

    def again(places: Any) -> Any:
        flat = {name: None if a is None else np.repeat(a, places.shape[1]) for name, a in _arrays(v).items()}
        flat["detuning"] = (places * scale[:, None]).ravel()
        return filling(one, flat).weight.reshape(places.shape)

    curve = again(np.tile(gate, (len(scale), 1)))
    place, height = curves.breaks(gate, curve, again, 1)
    even = one.values["lead_levels"] % 2 == 0 and one.values["total"] == "free"
    due = 1 / (1 + np.array([_seen(lead) for lead in _each(one, v)]))
    beside = np.abs(curve[:, COARSE // 2 + 1] - curve[:, COARSE // 2])  # a smaller jump is lost in the slope
    # Closer in, a level near 0 and one at 0 are the same to rounding: no side of so small a jump is left.
    tied = (due > 0) & (SAME * (scale + v["bandwidth"]) >= CLOSEST * scale * due)
    place, height = (np.where(tied[:, None], np.nan, found) for found in (place, height))
    sharp = np.where((v["temperature"] == 0) & even & ~tied & (due > beside), 1.0, np.nan)
    return [
        one.finding(
            "jump_detuning",
            "where the number jumps, as the total passes from one parity to the other",
            place[:, 0] * scale,
            "energy",
            0 * scale * sharp,
            1e-6 * scale,
            "PHYSICS 4.2",
        ),
        one.finding(
            "jump",
            "by how much it jumps there: the share of the dot in the level that is being filled",
            height[:, 0],
            "",
            sharp * due,
            np.minimum(1e-5 * (1 + scale / (v["bandwidth"] / one.values["lead_levels"])), 0.1 * due),
            "1/(1 + Σt²/ε²)",
        ),
    ]


def _curvature(one: GateSweep, gate: Any, number: Any) -> Finding:
    """The sharpest bend: on a kink it grows without limit as the grid gets finer, here it doesn't."""
    step = gate[1] - gate[0]
    bend = np.abs(number[:, 2:] - 2 * number[:, 1:-1] + number[:, :-2]) / step**2
    middle = np.abs(gate[1:-1]) < 1.5 * step
    return one.finding(
        "curvature",
        "largest second derivative of the number, away from a jump, times ξ0²",
        bend[:, ~middle].max(axis=1),
    )


def _band_limits(one: GateSweep, v: Mapping[str, Any], gate: Any, number: Any) -> list[Finding]:
    """How far the curve is from the wide band's, and what extrapolation makes of it at ξ = Γ/4."""
    xi = gate * v["stiffness"][:, None]
    smooth = wide_band(xi, v["width"][:, None], v["temperature"][:, None]).weight
    points = [tuple(float(v[name][k]) for name in ("width", "bandwidth", "temperature")) for k in range(len(xi))]
    measured = [_limits(*point) for point in points]
    same_band, wide, slope = (Limit(*np.array([limits[k] for limits in measured])[:, :2].T) for k in range(3))
    expected = [flat_band_number(w / 4, w, d) if t == 0 else np.nan for w, d, t in points]
    known = np.where(np.isfinite(same_band.value), 1.0, np.nan)
    exact = wide_band(v["width"] / 4, v["width"], v["temperature"]).weight
    power = np.array([limits[1][2] for limits in measured])
    cold = np.where(v["temperature"] == 0, 1.0, np.nan)
    return [
        one.finding(
            "arctan_distance",
            "largest distance of the number from a wide band's (an arctan at temperature 0), with this many levels",
            np.abs(number - smooth).max(axis=1),
        ),
        *_with_error(
            one,
            "band_limit",
            "number at ξ = Γ/4, extrapolated to endlessly many levels in this band",
            same_band,
            np.array(expected) * known,
            "integral of the level's spectrum",
        ),
        *_with_error(
            one,
            "wide_limit",
            "the same, extrapolated to endlessly many levels in an endless band",
            wide,
            exact,
            "PHYSICS 4.2: ½ - arctan(4ξ/Γ)/π",
        ),
        one.finding(
            "wide_slope",
            "slope at ξ = 0 in that limit, times ξ0: heat flattens it, where the mean field's line stays",
            slope.value * v["stiffness"],
            "",
            _slope(v["width"], v["temperature"]) * v["stiffness"],
            (slope.error + BENT * 4 / (np.pi * v["width"])) * v["stiffness"],
            "PHYSICS 4.2",
        ),
        one.finding(
            "size_exponent",
            "power of 1/L by which the distance from that limit falls",
            power,
            "",
            cold,
            0.1,
            "a level spacing",
        ),
    ]


def _with_error(one: GateSweep, name: str, text: str, limit: Limit, expected: Any, equation: str) -> list[Finding]:
    """A limit, and its error as a finding of its own."""
    moves = "error of it: the most by which it moves without the smallest leads or the largest"
    return [
        one.finding(name, text, limit.value, "", expected, limit.error, equation),
        one.finding(f"{name}_error", moves, limit.error),
    ]


@lru_cache(maxsize=4096)
def _limits(width: float, half_width: float, temperature: float) -> tuple[tuple[float, ...], ...]:
    """In this band: value and error. In an endless one: value, error, power of 1/L; slope at 0 and its error."""
    near = many_levels(width / 4, width, half_width, temperature)
    step = CLOSE * width
    places = np.array([width / 4, step, 2 * step])
    wide = wide_band_number(places, width, temperature)
    off = []
    for size in SIZES[-2:]:
        half = (size + 1) // 2 if temperature == 0 else None
        found = resonant_level.filling(Lead.widening_band(size, width), places[0], temperature, half)[0].weight
        off.append(abs(float(found.item() - wide.value[0])))
    shown = off[1] > 10 * wide.error[0]
    power = np.log(off[0] / off[1]) / np.log(SIZES[-1] / SIZES[-2]) if shown else np.nan
    rise = 8 * (wide.value[1] - 0.5) - (wide.value[2] - 0.5)  # the number is odd about the middle
    slope = rise / (6 * step), (8 * wide.error[1] + wide.error[2]) / (6 * step)
    return (near.value.item(), near.error.item()), (float(wide.value[0]), float(wide.error[0]), float(power)), slope


def _slope(width: Any, temperature: Any) -> Any:
    """The slope of a wide band's number at detuning 0."""
    warm = np.where(temperature > 0, temperature, 1.0)
    hot = -polygamma(1, 0.5 + width / (4 * np.pi * warm)) / (np.pi**2 * warm)
    return np.where(temperature > 0, hot, -4 / (np.pi * width))


def _parities(one: GateSweep, v: Mapping[str, Any]) -> list[Finding]:
    """The energies of both parities in the middle: an entangled pair gains twice what the mean field does."""
    rigid = v["stiffness"]
    every = _each(one, v)
    level = resonant_level.ResonantLevel
    pairs = np.array([level(detuning=0.0, lead=lead).parity_energies() for lead in every])
    seen = np.array([_seen(lead) for lead in every])
    weak = np.where(seen < 0.5, 1.0, np.nan)
    found = [
        one.finding(
            f"energy_{parity}",
            f"ground energy at ξ = 0 with an {parity} total number",
            pairs[:, k],
            "energy",
            -rigid * weak,
            rigid * seen,
            "PHYSICS 4.2: -ξ0",
        )
        for k, parity in enumerate(("even", "odd"))
    ]
    return [
        *found,
        one.finding(
            "energy_gain",
            "ground energy at ξ = 0 over that of the mean field, -ξ0/2",
            pairs.min(axis=1) / (-rigid / 2),
            "",
            2 * weak,
            2 * seen,
            "PHYSICS 4.2",
        ),
    ]


def _each(one: GateSweep, v: Mapping[str, Any]) -> list[Lead]:
    """The lead of every point."""
    found: dict[int, Lead] = {}
    for lead, here in leads(one, v):
        found |= dict.fromkeys(here.tolist(), lead)
    return [found[k] for k in range(len(v["stiffness"]))]


def _seen(lead: Lead) -> float:
    """Σ t²/ε²; endless with a level at 0."""
    weights, energies = np.abs(lead.vector) ** 2, np.asarray(lead.levels)
    return float(np.sum(weights / energies**2)) if np.all(energies != 0) else np.inf


def _arrays(v: Mapping[str, Any]) -> dict[str, Any]:
    return {name: v[name] for name in ("stiffness", "temperature", "width", "bandwidth", "gap")}


def shown_curves(one: GateSweep, xi: Any) -> dict[str, Any]:
    """The number with half and with twice as many levels, for the figure."""
    count = int(one.values["lead_levels"])
    gate = axis("curve_gate", xi)
    found = {}
    for levels in (max(2, count // 4 // 2 * 2 + count % 2), count):
        name = f"lead of {levels} levels, exact"
        found[name] = one.alone(detuning=gate, lead_levels=levels).equilibrium().n_mean.values
    return found
