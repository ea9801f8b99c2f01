"""How scattered light is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.accounts import ACCOUNTS
from mesodyn.experiments import doublet_fit, light_measured
from mesodyn.experiments.base import Scale
from mesodyn.figures import counts, plots

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

SHOWN = 90
"""Bins of a stretch that are drawn: the fit has more."""
ALONG = {
    "coherence_left": "coherence left by a photon",
    "height_error_ratio": "true error of line heights over the fit's",
    "beat_contrast": "contrast of the field's beat",
    "centre_high_error": "error of the upper line's centre",
    "high_after": "runs that still have the upper line",
}
"""What is drawn against the user's axes, the first that varies along them."""


def figures(one: Any, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
    """All figures with their captions."""
    point, place = one.at(at)
    here = f" at {', '.join(f'{name} = {value:.5g}' for name, value in place.items())}" if place else ""
    shown = point.record()
    found = {
        "doublet": _doublet(point, shown, here),
        "beat": _beat(point, here),
        "runs": _runs(point, shown, here),
        "photon_costs": _costs(point, shown, here),
        "cooling": _cooling(point, shown, here),
    }
    extra = _along_axes(one, record)
    return found | ({"against_parameters": extra} if extra else {})


def frequency(one: Any) -> Scale:
    """How frequencies are drawn."""
    label = r"frequency $\omega$" if one.values.natural else r"$\omega$"
    return one.scaled("energy", label, float(one.values["excitation_high"]))


def stretches(one: Any, record: xarray.Dataset) -> list[counts.Stretch]:
    """The counts in fewer bins, in one piece or in two where the lines are far apart."""
    v, scale = light_measured.values(one)[0], frequency(one)
    left = record.frequency.values - record.bin_width.values / 2
    right = record.frequency.values + record.bin_width.values / 2
    breaks = np.flatnonzero(left[1:] > right[:-1] + 1e-9 * (right[-1] - left[0])) + 1
    truth = light_measured.fit_truth(v, light_measured.chain(v))
    total = record.photons_low.values.sum() + record.photons_high.values.sum()
    scaled = truth.copy()
    scaled[4:6], scaled[6] = truth[4:6] * total / max(truth[4:6].sum(), 1e-300), v["background"] * total
    true = doublet_fit.expected(scaled, record.frequency.values, record.bin_width.values)
    found = []
    for part in np.split(np.arange(len(left)), breaks):
        count = SHOWN // (1 + len(breaks))
        edges = np.linspace(left[part[0]], right[part[-1]], count + 1)
        where = np.clip(np.searchsorted(edges, record.frequency.values[part]) - 1, 0, count - 1)
        sums = [np.bincount(where, y[part], count) for y in (record.counts.values, record.fitted.values, true)]
        middle = (edges[1:] + edges[:-1]) / 2 / scale.factor
        found.append(counts.Stretch(middle, np.diff(edges) / scale.factor, *sums))
    return found


def _doublet(one: Any, record: xarray.Dataset, here: str) -> tuple[Figure, str]:
    """Noisy counts, fit, residuals."""
    scale = frequency(one)
    unit = "unit frequency" if one.values.natural else scale.label.split("(")[-1].rstrip(")")
    drawing = counts.spectrum(stretches(one, record), scale.label, f"counts per {unit}")
    share, said = float(record.fit_share), float(record.fit_share_error)
    v = one.values
    text = (
        f"Photons of {v['runs']} runs of {v['events']} events{here}, counted with noise, and the fit of two lines. The "
        f"fit reports {share:.3f} ± {said:.3f} for the upper line's share; repeated experiments scatter by "
        f"{float(record.share_scatter):.3f}, because photons of one run come from the same line."
        if np.isfinite(share)
        else f"Photons{here}, counted with noise: the two lines could not be told apart by a fit."
    )
    return drawing, text


def _beat(one: Any, here: str) -> tuple[Figure, str]:
    """Field and counts after a pulse, in all accounts."""
    records = {account: one.changed(account=account).record() for account in ACCOUNTS}
    first = next(iter(records.values()))
    clock = one.scaled("time", "time", float(first.time[-1]))
    power = {account: np.abs(r.field.values) ** 2 / np.abs(r.field.values[0]) ** 2 for account, r in records.items()}
    panels = [
        plots.Panel(r"field $|A(t)|^2$", power),
        plots.Panel("photon counts", {a: r.count_rate.values / r.count_rate.values[0] for a, r in records.items()}),
    ]
    text = (
        f"After a short weak pulse{here} the intensity of the field that is compared with another laser beats at the "
        "distance of the lines; the rate of photons alone only decays. All three accounts give the same curves: "
        "neither the doublet nor the beat is a sign of the superposition."
    )
    return plots.along_protocol(first.time.values / clock.factor, panels, [], clock.label), text


def _runs(one: Any, record: xarray.Dataset, here: str) -> tuple[Figure, str]:
    """How many photons of a run are on the upper line."""
    from scipy.special import bdtr

    v = light_measured.values(one)[0]
    events, runs = v["events"], v["runs"]
    what = light_measured.chain(v)
    places = np.arange(events + 1)
    seen = np.bincount(record.photons_high.values.astype(int), minlength=events + 1)
    below = bdtr(places, events, what.distribution(events) @ places / events)
    alone = np.diff(below, prepend=0.0)
    others = {"the chain, enumerated": runs * what.distribution(events), "binomial": runs * alone}
    drawing = counts.occurrences(places, seen, others, "photons of a run on the upper line", "runs")
    text = (
        f"Photons of {events} events on the upper line, in {runs} runs{here}. While no particle is exchanged a run has "
        "all its photons on one line: two heaps, not the one of independent photons. This is so for a superposition, "
        "for a trap entangled with the outside and for a mixture; it measures exchange, not coherence."
    )
    return drawing, text


def _costs(one: Any, record: xarray.Dataset, here: str) -> tuple[Figure, str]:
    """What a photon of known frequency leaves of the coherence."""
    scale = frequency(one)
    order = np.argsort(record.frequency.values)
    order = order[np.r_[True, np.diff(record.frequency.values[order]) > 0]]
    x = record.frequency.values[order] / scale.factor
    gap = np.diff(x) > 3 * record.bin_width.values.max() / scale.factor
    left = np.full(x.shape, abs(complex(record.coherence_averaged)))
    curves = {
        "frequency known": np.abs(record.coherence_at_frequency.values[order]),
        "time known": np.full(x.shape, float(record.kept_least)),
        "nothing known": left,
        "line known": np.full(x.shape, float(record.coherence_known_line)),
    }
    height = record.spectrum.values[order]
    hole = np.flatnonzero(gap) + 1
    x = np.insert(x, hole, (x[hole - 1] + x[hole]) / 2)
    curves = {name: np.insert(y, hole, np.nan if name == "frequency known" else y[0]) for name, y in curves.items()}
    shape = np.insert(height / height.max(), hole, np.nan)
    panels = [plots.Panel("S / max S", {"S": shape}), plots.Panel("coherence left", curves)]
    text = (
        f"The coherence of the two numbers after one photon{here}, over what the populations then allow (frequency, "
        "time) or over what it was. A photon of known time only turns its phase, one of known frequency keeps it "
        "between the lines and spoils it on them; averaged, √(γ₀γ₁)/|½(γ₀+γ₁)+iΔε| is left in either case, and nothing "
        "if each line goes its own way."
    )
    return plots.along_protocol(x, panels, [], scale.label), text


def _cooling(one: Any, record: xarray.Dataset, here: str) -> tuple[Figure, str]:
    """Numbers after each event."""
    v = light_measured.values(one)[0]
    known = light_measured.chain(v).populations(v["events"])
    j = np.arange(v["events"] + 1.0)
    mean = record.line_strength.values / float(record.line_strength[0] or 1.0) * v["weight"]
    curves = {
        "larger number": plots.Curve(record.runs_high.values, known[0]),
        "smaller number": plots.Curve(record.runs_low.values, known[1]),
        "other numbers": plots.Curve(record.runs_other.values, known[2]),
        "$v^2$ if the mean falls evenly": plots.Curve(mean, style="line"),
    }
    text = (
        f"Runs with each number of particles after so many events{here}, each of which costs a particle with the "
        f"chance δ_c = {v['loss_per_event']:.3g}: the upper line fades, new lines come up below. If the mean number "
        "fell evenly instead, the upper line would end after v²/δ_c events."
    )
    ticks = {float(k): str(k) for k in range(0, v["events"] + 1, max(1, -(-v["events"] // 8)))}
    return plots.against(j, curves, "events", "share of runs", xticks=ticks), text


def _along_axes(one: Any, record: xarray.Dataset) -> tuple[Figure, str] | None:
    """A finding that varies along the user's axes, where there are one or two."""
    grid = one.axes()
    if not 1 <= len(grid) <= 2 or any(c.size < 2 for c in grid.values()):
        return None
    findings = one.findings(record)
    changing = [name for name in ALONG if np.nanstd(findings[name].value.values) > 1e-6]
    if not changing:
        return None
    finding, label = findings[changing[0]], ALONG[changing[0]]
    kinds = {p.name: p.kind for p in one.parameters}
    scales = [
        one.scaled(kinds[name], name.replace("_", " "), float(np.abs(c).max()))
        if kinds.get(name) in ("energy", "temperature", "angle", "time", "rate")
        else Scale(1.0, name.replace("_", " "))
        for name, c in grid.items()
    ]
    height = one.scaled(finding.unit, label, float(np.nanmax(finding.value))) if finding.unit else Scale(1.0, label)
    points = [c.values / s.factor for c, s in zip(grid.values(), scales, strict=True)]
    values = finding.value.values / height.factor
    text = f"{label.capitalize()} against {' and '.join(grid)} ({finding.equation})."
    if len(grid) == 1:
        known = None if finding.passed is None else finding.expected.values / height.factor
        curve = {"measured": plots.Curve(values, expected=known)}
        return plots.against(points[0], curve, scales[0].label, height.label), text
    return plots.image(points[1], points[0], values, scales[1].label, scales[0].label, height.label), text
