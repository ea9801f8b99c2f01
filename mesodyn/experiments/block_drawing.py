"""What a run of many points shows at a glance: its findings against its axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.sweeps import axis_scale

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.finding import Finding
    from mesodyn.experiments.run import Run
    from mesodyn.figures.style import Figure

SHOWN = 3
"""How many findings are drawn."""
DRAWN = {1: 2000, 2: 400}
"""At most so many values of an axis are drawn: of one axis, of each of two."""
CHECKS = ("norm", "error", "frozen", "energy_balance")
"""Findings that check a record and say nothing of the physics."""


def overview(run: Run, place: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
    """The first findings against one axis, or as maps over the first two; the other axes stand at `place`."""
    found: dict[str, tuple[Figure, str]] = {}
    for name in run.findings:
        if name not in CHECKS and len(found) < SHOWN:
            finding = run.findings[name]
            if set(finding.value.dims) <= set(place) and finding.value.ndim and bool(finding.value.notnull().any()):
                found[f"{name}_overview"] = _drawn(run, finding, place)
    return found


def _drawn(run: Run, finding: Finding, place: Mapping[str, float]) -> tuple[Figure, str]:
    from mesodyn.figures import plots

    experiment = run.experiment
    dims = [str(dim) for dim in finding.value.dims]
    ends, fixed = dims[:2], {name: place[name] for name in dims[2:]}
    every = {name: max(1, -(-finding.value.sizes[name] // DRAWN[len(ends)])) for name in ends}

    def shown(values: xarray.DataArray) -> xarray.DataArray:
        """In ascending order, thinned."""
        return values.sel(fixed).sortby(ends).isel({name: slice(None, None, step) for name, step in every.items()})

    value = shown(finding.value)
    title = finding.name.replace("_", " ")
    scale = experiment.scaled(finding.unit, title, float(np.nanmax(np.abs(finding.value.values))))
    along = [axis_scale(experiment, name, value[name].values) for name in ends]
    x, *y = (value[name].values / end.factor for name, end in zip(ends, along, strict=True))
    notes = [f", at {name} = {at:.6g}" for name, at in fixed.items()]
    notes += [f"; one in {step} values of {name} is drawn" for name, step in every.items() if step > 1]
    text = f"{finding.meaning[:1].upper()}{finding.meaning[1:]}{''.join(notes)}."
    if y:
        return plots.image(x, y[0], value.values.T / scale.factor, along[0].label, along[1].label, scale.label), text
    expected: Any = None if finding.expected is None else shown(finding.expected).values / scale.factor
    curve = plots.Curve(value.values / scale.factor, expected)
    return plots.against(x, {title: curve}, along[0].label, scale.label), text


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
