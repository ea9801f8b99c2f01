"""What is measured on the moment of a Kramers dot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.experiments.finding import Finding
from mesodyn.experiments.sweeps import Array, Sweep
from mesodyn.systems.magnet_nulls import isolated_doublet

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.magnetization import Magnetization

NAMES = ("anisotropy_x", "anisotropy_y", "anisotropy_z")
WEAK_ENOUGH, STRONG_ENOUGH = 0.05, 10.0
"""Fields, in the smallest and in the largest gap of the anisotropy, for which (42) and (44) are compared."""
CLEAR = 1e-9
"""The part of B along the soft axis that decides the side of M."""


def of_points(experiment: Magnetization, record: xarray.Dataset) -> list[Finding]:
    """The size of the moment, and whether it is the one that its own field makes."""
    v, m = experiment.flat_values(), experiment.flat(record.magnetization)
    size = np.sqrt((m**2).sum(axis=-1))
    if experiment.values["lead"] == "none":
        field = tuple(experiment.values["field"] * part for part in experiment.direction())
        doublet = isolated_doublet(field=field, temperature=experiment.values["temperature"])
        due = v["moment"] * np.sqrt((_flat(experiment, doublet) ** 2).sum(axis=-1))
    else:
        # A cold moment has its full size wherever something holds it.
        held = (v["temperature"] == 0) & ((v["exchange_field"] > 0) | (v["field"] > 0))
        due = np.where(held, v["moment"], np.nan)
    found = [
        experiment.finding("modulus", "|M|", size, "", due, 1e-9 * v["moment"], "1.8: μ_B; 6.9: μ_B tanh(μ_B B/kT)"),
        _self_consistency(experiment, record, v, m),
    ]
    if "frozen" in record:
        found.append(experiment.frozen(experiment.flat(record.frozen)))
    return found


def _flat(experiment: Magnetization, found: xarray.DataArray) -> Array:
    """What may depend on some of the axes only, over all points."""
    from mesodyn import axes

    return np.asarray(axes.flatten(found, experiment.axes()))


def _self_consistency(experiment: Magnetization, record: xarray.Dataset, v: Any, m: Array) -> Finding:
    """How far the moment is from the thermal mean in the field that it feels, (36)-(38)."""
    field = v["field"][:, None] * experiment.flat(record.field_direction)
    stiff = np.stack([v[name] for name in NAMES], axis=-1)
    share = m / v["moment"][:, None]
    exchange = v["exchange_field"] if experiment.values["lead"] == "mean-field" else 0.0 * v["field"]
    felt = field + exchange[:, None] * share - (stiff - stiff.min(axis=-1, keepdims=True)) * share
    size = np.sqrt((felt**2).sum(axis=-1))
    warm = np.where(v["temperature"] > 0, v["temperature"], 1.0)
    length = np.where(v["temperature"] > 0, np.tanh(size / warm), (size > 0) * 1.0)
    due = length[:, None] * felt / np.where(size > 0, size, 1.0)[:, None]
    off = np.sqrt(((share - due) ** 2).sum(axis=-1))
    # Nothing points anywhere where the whole field cancels.
    known = np.where(size > 1e-9 * (v["field"] + exchange + stiff.max(axis=-1)), 0.0, np.nan)
    text = "how far M/μ_B is from the mean in the field it feels: exchange, anisotropy and B"
    return experiment.finding("self_consistency", text, off, "", known, 1e-8, "(36)-(38), 3h")


def _frame(sweep: Sweep) -> tuple[Array, NDArray[np.int64]]:
    """The gaps of the anisotropy (curves, 3), and the number of the soft axis (curves,)."""
    stiff = np.stack([sweep.each(name) for name in NAMES], axis=-1)
    return stiff - stiff.min(axis=-1, keepdims=True), stiff.argmin(axis=-1)


def _lag(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """The largest angle between M and B."""
    m, h = sweep.curves(record.magnetization), sweep.curves(record.field_direction)
    angle = np.where(_field(sweep) > 0, between(m, h), -1.0).max(axis=1)
    alone = sweep.experiment.values["lead"] == "none"
    due = np.where((angle >= 0) & alone, 0.0, np.nan)
    text = "largest angle between M and B"
    return sweep.finding("largest_lag", text, np.where(angle >= 0, angle, np.nan), "angle", due, 1e-7, "6.9: M ∥ B")


def _field(sweep: Sweep) -> Array:
    """The size of the field (curves, points)."""
    return sweep.curves(sweep.experiment.values["field"])


def between(one: Array, other: Array) -> Array:
    """The angle between vectors; 0 for no vector."""
    cross = np.sqrt((np.cross(one, other) ** 2).sum(axis=-1))
    return np.asarray(np.arctan2(cross, (one * other).sum(axis=-1)))


# -- a growing field ---------------------------------------------------------------------------------------------------


def of_growth(sweep: Sweep, record: xarray.Dataset) -> list[Finding]:
    """The turning of the moment, its slope at weak fields, its approach at strong ones, and where it switches."""
    return [
        _lag(sweep, record),
        _turning(sweep, record),
        _weak_slope(sweep, record),
        _strong_rest(sweep, record),
        _switching(sweep, record),
        energy_slope(sweep, record),
    ]


def _plain(sweep: Sweep) -> Array:
    """(curves,): 1 where the expansions of the paper hold: cold, with a lead, on the equilibrium branch; else nan."""
    values = sweep.experiment.values
    told = values["lead"] == "mean-field" and values["branch"] == "equilibrium"
    known = (sweep.each("temperature") == 0) & (sweep.each("exchange_field") > 0) & told
    return np.where(known & (sweep.x.shape[1] > 3), 1.0, np.nan)


def _turning(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """The angle between M in the weakest and in the strongest field."""
    m = sweep.curves(record.magnetization)
    first = (sweep.x > 0).argmax(axis=1)
    start = np.take_along_axis(m, first[:, None, None], axis=1)[:, 0]
    turned = np.where(sweep.x.shape[1] > 1, between(start, m[:, -1]), np.nan)
    due = np.where(sweep.experiment.values["lead"] == "none", turned * 0.0, np.nan)
    return sweep.finding("turning", "by what angle M turns as B grows", turned, "angle", due, 1e-7, "6.9: 0 for nulls")


def _weak_slope(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """dM/d(mu_B B) between the two weakest fields."""
    m, moment = sweep.curves(record.magnetization), sweep.each("moment")
    h = sweep.curves(record.field_direction)[:, 0]
    all_gaps, soft = _frame(sweep)
    across = np.arange(3) != soft[:, None]
    second = np.where(across, all_gaps, np.inf).min(axis=1)
    nothing = np.full(len(m), np.nan)
    text = "|dM/d(μ_B B)|/μ_B in the weakest fields, times the smallest anisotropy above the soft axis'"
    if sweep.x.shape[1] < 4:
        return sweep.finding("weak_slope", text, nothing, "", nothing, 0.0, "(42)")
    first = (sweep.x > 0).argmax(axis=1)[:, None]
    near, far = (np.take_along_axis(m, (first + k)[..., None], axis=1)[:, 0] for k in (0, 1))
    low, high = (np.take_along_axis(sweep.x, first + k, axis=1)[:, 0] for k in (0, 1))
    unit = np.where(np.isfinite(second) & (second > 0), second, np.nan)
    slope = np.sqrt(((far - near) ** 2).sum(axis=1)) / (high - low) / moment * unit
    bent = np.where(across, h * (unit[:, None] / np.where(all_gaps > 0, all_gaps, np.nan)), 0.0)
    due = np.sqrt((bent**2).sum(axis=1)) * _plain(sweep)
    due = np.where(high <= WEAK_ENOUGH * second, due, np.nan)
    room = 4 * high / unit * np.abs(due) + 1e-13 * unit / (high - low)
    return sweep.finding("weak_slope", text, slope, "", due, np.nan_to_num(room), "(42): μ_B² a⁻¹B")


def _strong_rest(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """mu_B B times what is left of M across the strongest field."""
    m, h = sweep.curves(record.magnetization)[:, -1], sweep.curves(record.field_direction)[:, -1]
    moment, field = sweep.each("moment"), sweep.x[:, -1]
    all_gaps, _ = _frame(sweep)
    rest = np.sqrt((np.cross(m, h) ** 2).sum(axis=1)) / moment * field
    torque = all_gaps * h
    due = np.sqrt(((torque - (torque * h).sum(axis=1)[:, None] * h) ** 2).sum(axis=1)) * _plain(sweep)
    largest = all_gaps.max(axis=1)
    due = np.where(field >= STRONG_ENOUGH * largest, due, np.nan)
    text = "μ_B B times the part of M/μ_B across the strongest field"
    room = np.where(field > 0, 4 * largest**2 / np.where(field > 0, field, 1.0), 0.0) + 1e-13 * field
    return sweep.finding("strong_field_rest", text, rest, "energy", due, room, "(44): |(a h)⊥|")


def _switching(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """The field between the last at which the other minimum was seen and the next."""
    exists, field = sweep.curves(record.exists) > 0.5, sweep.x
    gone = ~exists & (field > 0)
    first = gone.argmax(axis=1)[:, None]
    ended = gone.any(axis=1) & (field.shape[1] > 3)
    after, before = (np.take_along_axis(field, k, axis=1)[:, 0] for k in (first, np.maximum(first - 1, 0)))
    seen = np.where(ended, np.where(before > 0, 0.5 * (before + after), 0.0), np.nan)
    room = np.where(before > 0, 0.5 * (after - before), after) * (1 + 1e-9)
    due = np.full(len(field), np.nan)
    if sweep.experiment.values["lead"] == "mean-field" and ended.any():
        unit = sweep.experiment.changed(field=1.0)
        theory = unit.system().switching_field() * unit.values["moment"]  # type: ignore[attr-defined]
        from mesodyn import axes

        due = np.where(ended, axes.flatten(theory, sweep.rest), np.nan)
    text = "μ_B B at which the moment against the field falls over"
    return sweep.finding("switching_field", text, seen, "energy", due, room, "1.8: end of the metastable minimum")


def energy_slope(sweep: Sweep, record: xarray.Dataset) -> Finding:
    """How far -dF/dB is outside of M along B at the ends of each interval: F is concave in B."""
    m, h = sweep.curves(record.magnetization), sweep.curves(record.field_direction)
    free, moment = sweep.curves(record.free_energy), sweep.each("moment")[:, None]
    along, x = (m * h).sum(axis=-1) / moment, sweep.x
    text = "how far -∂F/∂(μ_B B) is from M/μ_B along B at the ends of each interval"
    if x.shape[1] < 2 or sweep.experiment.values["branch"] == "metastable":
        nothing = np.full(len(x), np.nan)
        return sweep.finding("slope_of_energy", text, nothing, "", nothing, 0.0, "1.8")
    spacing = np.diff(x, axis=1)
    mean = -np.diff(free, axis=1) / spacing
    low = np.where(x[:, :-1] > 0, along[:, :-1], -1.0)  # without a field M may point anywhere
    off = np.maximum(np.maximum(low - mean, mean - along[:, 1:]), 0.0).max(axis=1)
    exchange = sweep.each("exchange_field")
    room = 1e-9 + 16 * np.finfo(float).eps * (exchange + x[:, -1] + np.abs(free).max(axis=1)) / spacing.min(axis=1)
    return sweep.finding("slope_of_energy", text, off, "", np.zeros_like(off), room, "1.8: M = -∂F/∂B")


# -- a turning field ---------------------------------------------------------------------------------------------------


def of_rotation(sweep: Sweep, record: xarray.Dataset) -> list[Finding]:
    """Where the moment reverses along its soft axis, and by how much it jumps there."""
    m, h = sweep.curves(record.magnetization), sweep.curves(record.field_direction)
    field, moment, (all_gaps, soft) = _field(sweep)[:, 0], sweep.each("moment"), _frame(sweep)
    held = np.isfinite(_plain(sweep)) & ((all_gaps == 0).sum(axis=1) == 1) & (field > 0)
    found, due = [], []
    for r in range(len(m)):
        own = int(soft[r])
        # Where B is exactly across the soft axis M may point to either side.
        clear = (np.abs(h[r, :, own]) > CLEAR) & (field[r] > 0)
        found.append(_reversals(sweep.x[r, clear], m[r, clear], own, moment[r]))
        angles = _crossings(sweep.x[r], own) if held[r] else []
        jumps = [_jump(sweep, r, angle, all_gaps[r], own) * moment[r] for angle in angles]
        known = held[r] and len(angles) == len(found[-1])
        due.append([(angle, jump) if known else (np.nan, np.nan) for angle, jump in zip(angles, jumps, strict=True)])
    most = max([1, *map(len, found), *map(len, due)])
    place, jump, place_room, jump_room = np.array([[*f, *[[np.nan] * 4] * (most - len(f))] for f in found]).T.swapaxes(
        1, 2
    )
    due_place, due_jump = np.array([[*d, *[(np.nan, np.nan)] * (most - len(d))] for d in due]).T.swapaxes(1, 2)
    text = "angles of B at which M reverses along its soft axis"
    rooms = np.nan_to_num(place_room), np.nan_to_num(jump_room)
    return [
        _lag(sweep, record),
        sweep.finding("reversal", text, place, "angle", due_place, rooms[0], "(40): B ⟂ soft axis", "reversal_number"),
        sweep.finding(
            *("jump", "by how much M jumps there", jump, "", due_jump, rooms[1], "(40): 2μ_B√(1 - Σ(μ_B B_i/a_i)²)"),
            "reversal_number",
        ),
    ]


def _reversals(polar: Array, m: Array, soft: int, moment: float) -> list[list[float]]:
    """(where, jump, how exactly either is known) of each change of sign of M along the soft axis."""
    found = []
    for k in np.flatnonzero(np.diff(np.sign(m[:, soft]))):
        width = polar[k + 1] - polar[k]
        steps = [np.linalg.norm(m[i + 1] - m[i]) for i in (k - 1, k + 1) if 0 <= i < len(m) - 1]
        jump = float(np.linalg.norm(m[k + 1] - m[k]))
        where = 0.5 * (polar[k] + polar[k + 1])
        found.append([where, jump, 0.5 * width * (1 + 1e-9), 3 * float(sum(steps)) + 1e-9 * moment])
    return found


def _crossings(polar: Array, soft: int) -> list[float]:
    """Polar angles inside a range at which the field is across the soft axis."""
    shift = np.pi / 2 if soft == 2 else 0.0
    if len(polar) < 2:
        return []
    first, last = np.ceil((polar[0] - shift) / np.pi - 1e-9), np.floor((polar[-1] - shift) / np.pi + 1e-9)
    inside = [shift + np.pi * k for k in np.arange(first, last + 1)]
    return [a for a in inside if polar[0] + 1e-9 < a < polar[-1] - 1e-9]


def _jump(sweep: Sweep, row: int, polar: float, all_gaps: Array, soft: int) -> float:
    """The jump of the direction of M where the field is across the soft axis."""
    azimuth, field = sweep.each("azimuth")[row], sweep.each("field")[row]
    h = np.array([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)])
    across = np.arange(3) != soft
    square = ((field * h[across] / all_gaps[across]) ** 2).sum()
    return float(2 * np.sqrt(max(1 - square, 0.0)))
