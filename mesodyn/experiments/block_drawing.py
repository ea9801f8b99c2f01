"""What a run of many points shows at a glance: its findings against its axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.sweeps import axis_scale

if TYPE_CHECKING:
    from mesodyn.experiments.finding import Finding
    from mesodyn.experiments.run import Run
    from mesodyn.figures.style import Figure

SHOWN = 3
"""How many findings are drawn."""
CHECKS = ("norm", "error", "frozen", "energy_balance")
"""Findings that check a record and say nothing of the physics."""


def overview(run: Run, place: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
    """The first findings against one axis, or as maps over the first two; the other axes stand at `place`."""
    axes = run.experiment.axes()
    found: dict[str, tuple[Figure, str]] = {}
    for name in run.findings:
        finding = run.findings[name]
        if len(found) == SHOWN:
            break
        if name in CHECKS or set(finding.value.dims) != set(axes) or not bool(finding.value.notnull().any()):
            continue
        found[f"{name}_overview"] = _drawn(run, finding, list(axes), place)
    return found


def _drawn(run: Run, finding: Finding, dims: list[str], place: Mapping[str, float]) -> tuple[Figure, str]:
    from mesodyn.figures import plots

    experiment = run.experiment
    fixed = {name: place[name] for name in dims[2:]}
    value = finding.value.sel(fixed)
    scale = experiment.scaled(finding.unit, finding.name.replace("_", " "), float(np.nanmax(np.abs(value.values))))
    ends = [axis_scale(experiment, name, value[name].values) for name in dims[:2]]
    where = "".join(f", at {name} = {x:.6g}" for name, x in fixed.items())
    text = f"{finding.meaning[:1].upper()}{finding.meaning[1:]}{where}."
    if len(dims) == 1:
        order = np.argsort(value[dims[0]].values)
        expected: Any = None if finding.expected is None else finding.expected.sel(fixed).values[order] / scale.factor
        curve = plots.Curve(value.values[order] / scale.factor, expected)
        x = value[dims[0]].values[order] / ends[0].factor
        return plots.against(x, {finding.name.replace("_", " "): curve}, ends[0].label, scale.label), text
    value = value.sortby(dims[:2]).transpose(dims[1], dims[0])
    x, y = (value[name].values / end.factor for name, end in zip(dims[:2], ends, strict=True))
    return plots.image(x, y, value.values / scale.factor, ends[0].label, ends[1].label, scale.label), text


def clock(seconds: float) -> str:
    """A time in words.

    Examples
    --------
    >>> clock(0.02), clock(75), clock(9000)
    ('0.02 s', '1 min 15 s', '2 h 30 min')
    """
    if seconds < 60:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(count: float) -> str:
    """A number of bytes in words.

    Examples
    --------
    >>> size(2.5e6)
    '2.5 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.3g} {unit}"
        count /= 1000
    return ""
