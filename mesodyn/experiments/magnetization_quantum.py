"""The moment of a Kramers dot whose lead is a quantum system: solved, and what is measured on it (PHYSICS 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.errors import InputError, Shown
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.sweeps import Array, Sweep

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.magnetization import Magnetization
    from mesodyn.systems.microscopic.exchange_dot import ExchangeDot

AXES = ("anisotropy_x", "anisotropy_y", "anisotropy_z")
FAR = 0.2
"""Up to this part of the gap above the doublet, fields and kT leave it a doublet."""
FAST = 0.25
"""Up to this exchange energy over the lead's frequency the gain is compared with its value for a fast lead."""


def check(experiment: Magnetization) -> None:
    """Refuse what a quantum lead does not have."""
    v = experiment.values
    if v["lead"] != "quantum":
        if v.given.get("lead_frequency") is not None:
            raise InputError("lead_frequency", "left out", Shown("given"), "it belongs to lead='quantum'")
        return
    if v["branch"] == "metastable":
        why = "with a quantum lead the ground level stays a doublet: there is no other minimum and no hysteresis"
        raise InputError("branch", "'equilibrium' for lead='quantum'", "metastable", why)
    from mesodyn.systems.microscopic.exchange_dot import SLOW

    ratio = np.asarray(v["lead_frequency"] / np.where(np.asarray(v["exchange_field"]) > 0, v["exchange_field"], np.nan))
    if np.any(ratio < SLOW):
        must, why = (
            f"at least {SLOW:g} of exchange_field",
            "a slower lead holds too many quanta; its limit is lead='mean-field'",
        )
        raise InputError("lead_frequency", must, Shown(f"{np.nanmin(ratio):g} of it"), why)
    dot(experiment)


def dot(experiment: Magnetization, **changes: Any) -> ExchangeDot:
    """The dot with its three oscillators; the field in units in which the moment is that of the values."""
    from mesodyn.systems.microscopic.exchange_dot import ExchangeDot

    v, moment = experiment.values, experiment.values["moment"]
    stiff = [v[name] for name in AXES]
    given: dict[str, Any] = {
        "moment": moment,
        "exchange_field": v["exchange_field"] / moment,
        "anisotropy": ((stiff[0], 0.0, 0.0), (0.0, stiff[1], 0.0), (0.0, 0.0, stiff[2])),
        "field": tuple(v["field"] / moment * part for part in experiment.direction()),
        "temperature": v["temperature"],
        "frequency": v["lead_frequency"],
        "beyond": experiment.beyond,
    }
    return ExchangeDot(**given | changes)


def record(experiment: Magnetization) -> xarray.Dataset:
    """The moment and its energies in the field, and the doublet without it."""
    import xarray

    found = dot(experiment).equilibrium().drop_vars("quanta")
    bare = dot(experiment, field=(0.0, 0.0, 0.0), temperature=0.0).doublet()
    like = found.energy
    for name in ("gain", "splitting", "gap"):
        found[name] = (xarray.zeros_like(like) + bare[name]).assign_attrs(bare[name].attrs)
    tensor = bare.factor
    own = [tensor.isel(component=k, component_2=k) for k in range(3)]
    found["factor"] = xarray.zeros_like(found.magnetization) + xarray.concat(own, "component")
    found["factor"].attrs["units"] = "1"
    if experiment.values["level_spacing"] is not None:
        v = experiment.values
        found["frozen"] = like * 0 + np.maximum(v["exchange_field"], v["temperature"]) / v["level_spacing"]
    method = "dot and three oscillators diagonalised, quanta raised until nothing moves"
    return found.transpose(..., "component").assign_attrs(method=method)


def _doublet_modulus(v: Mapping[str, Any], gap: Any, factor: Any) -> tuple[Any, Any]:
    """|M| of a doublet with the factors Z, nan where higher levels matter, and how far they may move it."""
    field = v["field"][:, None] * np.stack([np.broadcast_to(p, v["field"].shape) for p in _direction(v)], axis=-1)
    seen = factor * field
    size = np.sqrt((seen**2).sum(axis=1))
    warm = np.where(v["temperature"] > 0, v["temperature"], 1.0)
    length = np.where(v["temperature"] > 0, np.tanh(size / warm), (size > 0) * 1.0)
    due = factor * seen * (length / np.where(size > 0, size, 1.0))[:, None]
    near = (v["field"] < FAR * gap) & (v["temperature"] < FAR * gap / 4)
    theory = np.where(near, v["moment"] * np.sqrt((due**2).sum(axis=1)), np.nan)
    mixed = (1 - (factor**2).min(axis=1)) * (4 * v["field"] / gap + 8 * np.exp(-gap / warm) * (v["temperature"] > 0))
    room = v["moment"] * (mixed + 1e-7)
    return theory, room


def of_points(experiment: Magnetization, record: xarray.Dataset) -> list[Finding]:
    """The moment against that of a doublet with a smaller factor, and the doublet itself."""
    v, m = experiment.flat_values(), experiment.flat(record.magnetization)
    gap, factor = experiment.flat(record.gap), experiment.flat(record.factor)
    theory, room = _doublet_modulus(v, gap, factor)
    scale = v["exchange_field"] + v["lead_frequency"]
    ratio = v["exchange_field"] / v["lead_frequency"]
    stiff = np.stack([v[name] for name in AXES], axis=-1)
    left = (v["exchange_field"][:, None] - (stiff - stiff.min(axis=1, keepdims=True))).sum(axis=1)
    fast = np.where((ratio <= FAST) & (ratio > 0), left / np.where(ratio > 0, v["exchange_field"], 1.0), np.nan)
    zero = np.zeros_like(gap)
    text = "|M|; expected for a doublet of the factors Z: μ_B|Z²B|/|ZB| tanh(|ZB|/kT)"
    found = [
        experiment.finding("modulus", text, np.sqrt((m**2).sum(axis=1)), "", theory, room, "4.5, 6.9"),
        experiment.finding(
            "doublet_splitting",
            "how far apart the two states are without a field, solved apart",
            experiment.flat(record.splitting),
            "energy",
            zero,
            1e-12 * scale,
            "4.5: Kramers",
        ),
        experiment.finding(
            "energy_gain",
            "what the lead gains without a field over μ_B B₀/2 of a classical one",
            experiment.flat(record.gain),
            "",
            fast,
            3.5 * ratio,
            "4.5: 3 for a fast lead",
        ),
        experiment.finding(
            "moment_factor",
            "the largest Z: the moment that a weak field finds, over μ_B",
            factor.max(axis=1),
            "",
            np.where(ratio > 0, np.nan, 1.0),
            1e-9,
            "4.5",
        ),
        experiment.finding(
            "truncation",
            "how far M/μ_B moves with the last quanta of the lead",
            experiment.flat(record.truncation),
            "",
            zero,
            1e-7,
            "4.5",
        ),
    ]
    if "frozen" in record:
        found.append(experiment.frozen(experiment.flat(record.frozen)))
    return found


def _direction(v: Any) -> tuple[Array, Array, Array]:
    return (
        np.sin(v["polar"]) * np.cos(v["azimuth"]),
        np.sin(v["polar"]) * np.sin(v["azimuth"]),
        np.cos(v["polar"]),
    )


def of_growth(sweep: Sweep, record: xarray.Dataset) -> list[Finding]:
    """That M does not turn, vanishes with the field when warm, and is the slope of the free energy."""
    from mesodyn.experiments import magnetization_findings as measured

    return [
        _lag(sweep, record),
        _turning(sweep, record),
        _curie(sweep, record),
        measured.energy_slope(sweep, record),
    ]


def _isotropic(sweep: Sweep) -> Array:
    stiff = np.stack([sweep.each(name) for name in AXES], axis=-1)
    return np.asarray(np.ptp(stiff, axis=1) == 0)


def _lag(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """The largest angle between M and B."""
    from mesodyn.experiments.magnetization_findings import between

    m, h = sweep.curves(record.magnetization), sweep.curves(record.field_direction)
    there = sweep.curves(sweep.experiment.values["field"] + 0.0 * record.energy) > 0
    angle = np.where(there, between(m, h), -1.0).max(axis=1)
    due = np.where((angle >= 0) & _isotropic(sweep), 0.0, np.nan)
    text = "largest angle between M and B"
    return sweep.finding("largest_lag", text, np.where(angle >= 0, angle, np.nan), "angle", due, 1e-6, "6.9: M ∥ B")


def _turning(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """The angle between M in the weakest and in the strongest field."""
    from mesodyn.experiments.magnetization_findings import between

    m = sweep.curves(record.magnetization)
    first = (sweep.x > 0).argmax(axis=1)
    start = np.take_along_axis(m, first[:, None, None], axis=1)[:, 0]
    turned = np.where(sweep.x.shape[1] > 1, between(start, m[:, -1]), np.nan)
    gap = sweep.curves(record.gap)[:, 0]
    share = sweep.x[:, -1] / gap
    stiff = np.stack([sweep.each(name) for name in AXES], axis=-1)
    room = 1e-6 + 4 * share * np.ptp(stiff, axis=1) / np.where(gap > 0, gap, 1.0)
    text = "by what angle M turns as B grows"
    due = np.where(np.isfinite(turned) & (share < FAR), 0.0, np.nan)
    return sweep.finding("turning", text, turned, "angle", due, room, "4.5: a doublet does not turn")


def _curie(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """KT |M| / (mu_B B) in the weakest field."""
    m, cold = sweep.curves(record.magnetization), sweep.each("temperature")
    h, factor = sweep.curves(record.field_direction), sweep.curves(record.factor)[:, 0]
    gap, moment = sweep.curves(record.gap)[:, 0], sweep.each("moment")
    first = (sweep.x > 0).argmax(axis=1)
    weak = np.take_along_axis(sweep.x, first[:, None], axis=1)[:, 0]
    size = np.sqrt((np.take_along_axis(m, first[:, None, None], axis=1)[:, 0] ** 2).sum(axis=1)) / moment
    known = (weak > 0) & (cold > 0)
    value = np.where(known, cold * size / np.where(known, weak, 1.0), np.nan)
    due = np.sqrt(((factor**2 * h[:, 0]) ** 2).sum(axis=1))
    near = known & (weak < 0.1 * cold) & (cold < FAR * gap / 4)
    warm = np.where(cold > 0, cold, 1.0)
    room = (weak / warm) ** 2 / 3 + (1 - (factor**2).min(axis=1)) * 4 * cold / gap + 8 * np.exp(-gap / warm) + 1e-7
    text = "kT M/(μ_B² B) in the weakest field: no moment is left without one"
    return sweep.finding("curie_constant", text, value, "", np.where(near, due, np.nan), room, "4.5: |Z²h|")


def of_rotation(sweep: Sweep, record: xarray.Dataset) -> list[Finding]:
    """The largest angle between M and B, and the largest step of M from one angle to the next."""
    m, moment = sweep.curves(record.magnetization), sweep.each("moment")
    if sweep.x.shape[1] < 2:
        nothing = np.full(len(m), np.nan)
        return [_lag(sweep, record), sweep.finding("jump", "", nothing, "", nothing, 0.0, "")]
    step = np.sqrt((np.diff(m, axis=1) ** 2).sum(axis=-1)).max(axis=1)
    factor = sweep.curves(record.factor)[:, 0]
    # M = Z(Zh)/|Zh| turns at most by the ratio of its factors times as fast as B.
    spread = factor.max(axis=1) ** 2 / factor.min(axis=1)
    room = moment * np.diff(sweep.x, axis=1).max(axis=1) * (spread * factor.max(axis=1) / factor.min(axis=1) + 1) + 1e-7
    text = "the largest step of M between two angles: 0 but for the turning itself"
    return [_lag(sweep, record), sweep.finding("jump", text, step, "", np.zeros_like(step), room, "4.5: no hysteresis")]
