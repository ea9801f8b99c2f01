"""The certificate of a run: its record solved again, to a tighter tolerance, by a second method, in a larger basis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from mesodyn.dynamics.certificate import Certificate, Row, change, missing
from mesodyn.errors import InputError, UnfinishedError

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.base import Experiment
    from mesodyn.experiments.run import Run

FEW = 16
"""Up to this many points are all solved again; of more, the first, the middle and the last."""
SAME = 1e-11
"""The largest change of a record that is solved again as it was (another processor, other blocks)."""
SCALE_FLOOR = 1e-9
"""Energies below this fraction of the experiment's scale are compared absolutely."""

Solved = list[tuple["Experiment", "xarray.Dataset"]]
"""Experiments, and their records."""


def certificate(run: Run) -> Certificate:
    """All rows of a run's certificate; see `mesodyn.Run.certify`."""
    from mesodyn.dynamics.certify import SLACK, granted

    experiment = run.experiment
    repeated, solved, where = _repeated(run)
    rows = [repeated]
    if "norm" in run.record:
        rows.append(Row("norm", float(np.abs(run.record.norm.values - 1).max()), 1e-9, "furthest from 1"))
    unchanging, phase = _invariants(solved)
    slack = granted(phase)
    bound = SLACK * experiment.tolerance + slack
    rows = [*_with_slack(rows, slack), *(row for row in unchanging if row.name != "norm" or "norm" not in run.record)]
    if _at_rest(run):
        why = "nothing is integrated; mesodyn verify proves the equations"
        rows += [missing(name, why) for name in ("half the tolerance", "second method")]
    else:
        rows += [_halved(solved, where, bound), _second(solved, where, bound, phase)]
    rows += [_larger(solved, where, bound), _findings(run)]
    return Certificate(experiment.name, tuple(rows))


def _at_rest(run: Run) -> bool:
    """Whether the record is not one of something that moves."""
    return run.experiment.second_method is None and "moment" not in run.record.dims


def _with_slack(rows: list[Row], slack: float) -> list[Row]:
    """The norm may be off by what rounding of a fast phase costs."""
    return [Row(r.name, r.value, r.bound + slack, r.meaning) if r.name == "norm" and r.bound else r for r in rows]


def _repeated(run: Run) -> tuple[Row, Solved, str]:
    """The record once more, as it was; with what was solved for it, and at which points that is."""
    experiment, grid = run.experiment, run.experiment.axes()
    points = math.prod(len(values) for values in grid.values())
    if points <= FEW or _at_rest(run):
        again = experiment.record()
        where = f"at all {points} points" if grid else "at the one point"
        return _same([(run.record, again)], experiment, where), [(experiment, again)], where
    where = f"at 3 of {points} points: first, middle, last"
    solved: Solved = []
    parts = []
    for share in (0.0, 0.5, 1.0):
        first = {name: round(share * (len(values) - 1)) for name, values in grid.items()}
        place = {name: slice(k, k + 1) for name, k in first.items()}
        part = experiment.taking(place)
        solved.append((part, part.record()))
        stored = run.record.isel({name: at for name, at in place.items() if name in run.record.dims})
        parts.append((experiment.comparable(stored), part.comparable(solved[-1][1])))
    row = _same(parts, experiment, where)
    if row.passed:
        return row, solved, where
    # Moments may be chosen, and random numbers drawn, by where a point stands among all: then all are solved again.
    whole = _same([(run.record, experiment.record())], experiment, f"at all {points} points")
    return whole, solved, where


def _same(pairs: list[tuple[xarray.Dataset, xarray.Dataset]], experiment: Experiment, where: str) -> Row:
    value, name = max(change(one, other, _floors(experiment)) for one, other in pairs)
    text = "bit for bit" if value == 0 else f"largest change in {name}"
    return Row("solved again", value, SAME, f"the record as run.toml describes it, {where}: {text}")


def _floors(experiment: Experiment) -> dict[str, float]:
    """The modulus from which on energies of a record are compared relatively."""
    scale = experiment.values.resolved.get(experiment.scale)
    if scale is None or isinstance(scale, str):
        return {}
    return {experiment.unit("energy"): SCALE_FLOOR * float(np.abs(np.asarray(scale)).max())}


def _invariants(solved: Solved) -> tuple[list[Row], float]:
    """The rows of `mesodyn.dynamics.certify.invariants`, the worst of all points, and the largest phase."""
    from mesodyn.dynamics.certify import invariants

    found: dict[str, Row] = {}
    phase = 0.0
    for experiment, _ in solved:
        what = experiment.evolution()
        if what is None:
            return [], 0.0
        system, protocol, options = what
        rows, turned = invariants(system, protocol, **(dict(options) | {"tolerance": experiment.tolerance}))
        phase = max(phase, turned)
        for row in rows:
            known = found.get(row.name)
            if known is None or known.value is None or (row.value is not None and row.value > known.value):
                found[row.name] = row
    return list(found.values()), phase


def _compared(solved: Solved, other: Callable[[Experiment], Experiment]) -> tuple[float, str, bool]:
    """The largest change against the records of other experiments, where it is, and whether a method differs."""
    found, differs = (0.0, "no variable"), False
    for experiment, record in solved:
        second = other(experiment).record()
        differs = differs or second.attrs.get("method") != record.attrs.get("method")
        one, two = experiment.comparable(record), experiment.comparable(second)
        found = max(found, change(one, two, _floors(experiment)))
    return *found, differs


def _halved(solved: Solved, where: str, bound: float) -> Row:
    """Half the tolerance."""
    try:
        value, name, _ = _compared(solved, lambda e: e.solving(tolerance=0.5 * e.tolerance))
    except UnfinishedError as error:
        return Row("half the tolerance", math.inf, bound, f"it could not be reached: {error}")
    return Row("half the tolerance", value, bound, f"largest change of the record {where}, in {name}")


def _second(solved: Solved, where: str, bound: float, phase: float) -> Row:
    """A second method; the whole Liouvillian only where a phase is too fast to be followed turn by turn."""
    from mesodyn.dynamics.certify import LONG

    method = solved[0][0].second_method
    if method == "liouvillian" and solved[0][0].evolution() is not None and phase <= LONG:
        method = "ode"
    if method is None:
        return missing("second method", "there is one way only to solve this record")
    if solved[0][0].method == method:
        method = "auto"
    try:
        value, name, differs = _compared(solved, lambda e: e.solving(method=method))
    except (InputError, UnfinishedError) as error:
        return missing("second method", f"{method} does not fit here: {error}")
    if not differs:
        return missing("second method", f"the record is solved the same way with method {method}")
    return Row("second method", value, bound, f"largest change of the record {where} by {method}, in {name}")


def _larger(solved: Solved, where: str, bound: float) -> Row:
    """A larger basis, of the experiment or of the system whose evolution is behind it."""
    from mesodyn.dynamics.certify import larger

    enlarged = [experiment.enlarged() for experiment, _ in solved]
    if any(each is None for each in enlarged):
        what = solved[0][0].evolution()
        return missing("larger basis", "the basis is complete") if what is None else larger(*what, bound)
    found = dict(zip(map(id, (experiment for experiment, _ in solved)), enlarged, strict=True))
    value, name, _ = _compared(solved, lambda e: found[id(e)] or e)
    return Row("larger basis", value, bound, f"largest change of the record {where}, in {name}")


def _findings(run: Run) -> Row:
    """How many findings fail."""
    failed = [name for name, finding in run.findings.items() if finding.passed is False]
    text = f"findings that are not what theory expects{': ' + ', '.join(failed) if failed else ''}"
    return Row("findings", float(len(failed)), 0.0, text)
