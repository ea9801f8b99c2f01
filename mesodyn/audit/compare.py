"""Records and findings of several runs side by side: what differs, by how much, and how many shots show it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.audit.knowledge import CHECKS, SET, Knowledge
from mesodyn.audit.result import LINK, METER, NEVER, ONE, PAIRS, Difference, Row
from mesodyn.planning.binomial import NOT_DISTINGUISHABLE, exact_shots
from mesodyn.planning.scores import shots_against

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.base import Experiment
    from mesodyn.experiments.finding import Finding
    from mesodyn.systems.base import System

SAME = 1e-8
"""Differences up to this share of the scale (1 for pure numbers) are rounding and the solvers' tolerance."""
Numbers = NDArray[Any]


@dataclass(frozen=True)
class Side:
    """One run: its record and its findings."""

    experiment: Experiment
    record: xarray.Dataset
    findings: Mapping[str, Finding]

    @classmethod
    def of(cls, experiment: Experiment) -> Side:
        """Run an experiment, every moment kept."""
        one = experiment.keeping("record")
        record = one.record()
        return cls(one, record, one.findings(record))

    def unit(self, name: str, source: str) -> str:
        """The unit of something."""
        if source == "record":
            return str(self.record[name].attrs.get("units", "1"))
        return self.experiment.unit(self.findings[name].unit)

    def value(self, name: str, source: str) -> xarray.DataArray:
        """The numbers of something."""
        return self.record[name] if source == "record" else self.findings[name].value


def rows(sides: Mapping[str, Side], known: Knowledge, pairs: Any = PAIRS) -> list[Row]:
    """A row for all that the sides have in common."""
    first = next(iter(sides.values()))
    scales = _scales(sides)
    found = []
    for source in ("finding", "record"):
        here = first.findings if source == "finding" else first.record.data_vars
        for name in map(str, here):
            if left_out(name, known) or (source == "record" and name in SET):
                continue
            if source == "record" and name in first.findings and not first.record[name].dims:
                continue
            if not all(_has(side, name, source) for side in sides.values()) or not _alike(sides, name, source):
                continue
            found.append(_row(name, source, sides, scales[first.unit(name, source)], known, pairs))
    return sorted(found, key=lambda row: not row.differs)


def left_out(name: str, known: Knowledge) -> bool:
    """Whether something is a check, or does not follow from the account's state."""
    return name in CHECKS or name.startswith(known.aside)


def _scales(sides: Mapping[str, Side]) -> dict[str, float]:
    """The largest number of each unit; 1 for pure numbers and angles."""
    found: dict[str, float] = {}
    for side in sides.values():
        for source, here in (("record", side.record.data_vars), ("finding", side.findings)):
            for name in map(str, here):
                unit = side.unit(name, source)
                values = np.asarray(side.value(name, source))
                finite = np.abs(values[np.isfinite(values)])
                found[unit] = max(found.get(unit, 0.0), float(finite.max(initial=0.0)))
    return {unit: 1.0 if unit in ("1", "rad") else size or 1.0 for unit, size in found.items()}


def _row(name: str, source: str, sides: Mapping[str, Side], scale: float, known: Knowledge, pairs: Any) -> Row:
    """One row."""
    first = next(iter(sides.values()))
    values = {account: side.value(name, source) for account, side in sides.items()}
    heats = source == "finding" and "part" in first.findings[name].value.dims
    period = first.findings[name].period if source == "finding" else None
    bound = SAME if heats else SAME * scale

    def apart(one: str, other: str) -> tuple[float, Any]:
        if one not in values or other not in values:
            return math.nan, ()
        if heats:
            return _total_variation(values[one], values[other], SAME * scale), ()
        a, b = np.asarray(values[one]), np.asarray(values[other].transpose(*values[one].dims))
        return largest(a, b, period)

    sizes = {(one, other): apart(one, other) for one, other in pairs if one in values and other in values}
    off, post = apart("superposition", "sectors")[0], apart("conserving", "post-selected")[0]
    conserves, local = operator_facts(name, first.experiment)
    kind = "measurement"
    if name.startswith(known.never) or (known.ruled and conserves is False):
        kind = "diagnostic"
    elif conserves and not local:
        kind = "relational"
    place = max(sizes.values(), key=lambda found: found[0], default=(0.0, ()))[1]
    shown = {account: _shown(value, place, heats) for account, value in values.items()}
    about = first.findings[name].meaning if source == "finding" else ""
    differences = {
        f"{one} / {other}": _difference(
            size, bound, (values[one], values[other]), (shown[one], shown[other]), name, kind, known, heats
        )
        for (one, other), (size, _) in sizes.items()
    }
    return Row(
        name, source, about, first.unit(name, source), kind, shown, differences, off / scale, post / scale, conserves
    )


def _has(side: Side, name: str, source: str) -> bool:
    return name in (side.record if source == "record" else side.findings)


def _alike(sides: Mapping[str, Side], name: str, source: str) -> bool:
    """Whether all sides have it at the same places; a list of heats may be of any length."""
    sizes = [dict(side.value(name, source).sizes) for side in sides.values()]
    return "part" in sizes[0] or all(one == sizes[0] for one in sizes)


def largest(one: Numbers, other: Numbers, period: float | None = None) -> tuple[float, tuple[int, ...]]:
    """The largest difference of two arrays, and where: infinite where only one of them is a number."""
    if one.shape != other.shape:
        return math.inf, ()
    if one.dtype.kind not in "fc":
        one, other = one.astype(float), other.astype(float)
    both = np.isnan(one) & np.isnan(other)
    difference = one - other
    if period is not None:
        difference = (difference + period / 2) % period - period / 2
    size = np.where(both, 0.0, np.abs(difference))
    size = np.where(np.isnan(size), np.inf, size)
    if not size.size:
        return 0.0, ()
    place = np.unravel_index(int(np.argmax(size)), size.shape) if size.max() > 0 else None
    if place is None:
        place = np.unravel_index(int(np.argmax(np.where(np.isnan(one), -1, np.abs(one)))), one.shape)
    return float(size.max()), tuple(int(k) for k in place)


def operator_facts(name: str, experiment: Experiment) -> tuple[bool | None, bool | None]:
    """Whether the operator behind a name conserves the total number, and the number of every site; None: unknown."""
    system: System | None = experiment.system() if hasattr(experiment, "system") else None
    known: Mapping[str, Any] = system.observables() if hasattr(system, "observables") else {}  # type: ignore[union-attr]
    fitting = [own for own in known if name == own or name.startswith(f"{own}_")]
    if system is None or not fitting or not system.space.sites:
        return None, None
    chosen = known[max(fitting, key=len)]
    parts = chosen if isinstance(chosen, (list, tuple)) else [chosen]
    space = system.space
    sites = np.stack([space.number(site.name).diag().real for site in space.sites])
    linked = np.any([np.abs(part.full()) > 0 for part in parts], axis=0)
    moved = [bool(np.any(linked & (count[:, None] != count[None, :]))) for count in (sites.sum(axis=0), *sites)]
    return not moved[0], not any(moved[1:])


# -- shots -----------------------------------------------------------------------------------------------------------


def _difference(
    size: float,
    bound: float,
    values: tuple[Any, Any],
    shown: tuple[complex, complex],
    name: str,
    kind: str,
    known: Knowledge,
    heats: bool,
) -> Difference:
    """A difference, with its shots."""
    if not size > bound:
        return Difference(size, False, None, NOT_DISTINGUISHABLE)
    if kind == "diagnostic":
        return Difference(size, True, None, NEVER)
    if heats:
        found = shots_against(*_on_one_list(*values, bound))
        return Difference(size, True, found.every, found.reason)
    if name in known.probabilities:
        p, q = (float(np.clip(value.real, 0.0, 1.0)) for value in shown)
        if math.isnan(p + q):
            return Difference(size, True, None, ONE)
        found = exact_shots(p, q)
        return Difference(size, True, found.every, found.reason)
    if kind == "relational":
        return Difference(size, True, None, LINK)
    return Difference(size, True, None, METER)


def _shown(value: Any, place: tuple[int, ...], heats: bool) -> complex:
    """The number at a place; of a list of heats the mean."""
    if heats:
        parts = value.sel(part="heat").fillna(0.0) * value.sel(part="weight").fillna(0.0)
        return float(parts.sum())
    array = np.asarray(value)
    if array.dtype.kind not in "fciub":
        return math.nan
    found = array[place] if len(place) == array.ndim else array.ravel()[0]
    return complex(found) if np.iscomplexobj(array) else float(found)


def _on_one_list(one: Any, other: Any, close: float) -> tuple[Numbers, Numbers]:
    """The weights of two lists of outcomes over the outcomes of both."""
    pairs = [(v.sel(part="heat").values.ravel(), v.sel(part="weight").fillna(0.0).values.ravel()) for v in (one, other)]
    every = np.sort(np.concatenate([heat[weight > 0] for heat, weight in pairs]))
    centres = every[np.concatenate([[True], np.diff(every) > max(close, 1e-6 * np.abs(every).max(initial=1.0))])]
    found = []
    for heat, weight in pairs:
        nearest = np.abs(np.nan_to_num(heat)[:, None] - centres[None, :]).argmin(axis=1)
        found.append(np.bincount(nearest, weight, len(centres)))
    if len(centres) == 1:
        found = [np.append(weight, 0.0) for weight in found]
    return found[0], found[1]


def _total_variation(one: Any, other: Any, close: float) -> float:
    """Half of the sum of the differences of the chances."""
    p, q = _on_one_list(one, other, close)
    return float(0.5 * np.abs(p - q).sum())
