"""The report of a plan: the decision first, then the tables and figures it rests on."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import report
from mesodyn.columns import aligned
from mesodyn.experiments.description import versions
from mesodyn.planning.covering import ANALYSES
from mesodyn.planning.timeline import HEADS

if TYPE_CHECKING:
    from mesodyn.figures.style import Figure
    from mesodyn.planning.plan import Plan


def write(plan: Plan, place: Path) -> None:
    """Write ``figures/`` and ``report.html`` into a folder that exists."""
    from mesodyn.figures import style

    (place / "figures").mkdir(exist_ok=True)
    pictures = []
    for name, (figure, caption) in figures(plan).items():
        style.save(figure, place / "figures" / name)
        data = (place / "figures" / f"{name}.svg").read_bytes()
        pictures.append(report.Picture(name.replace("_", " ").capitalize(), caption, data, "image/svg+xml"))
    page = report.Page(
        title=f"Plan: {plan.signal.made.title[0].lower()}{plan.signal.made.title[1:]}",
        summary=plan.summary,
        meaning=[*plan.signal.statement, plan.lab.about],
        tables=tables(plan),
        figures=pictures,
        provenance=[{"name": k, "value": v} for k, v in _provenance(plan).items()],
    )
    report.write(place / "report.html", page)


def tables(plan: Plan) -> list[report.Table]:
    """All tables, in the order in which one decides."""
    made = [_shots(plan), _accounts(plan), _pairs(plan), plan.signal.widget(), _coverage(plan), _budget(plan)]
    made += [_tolerances(plan), _sobol(plan), _optimum(plan), _timeline(plan), _inputs(plan)]
    return [table for table in made if table is not None]


def _shots(plan: Plan) -> report.Table:
    rows = [
        (
            f"{need['against']}, {need['setting']}",
            f"{need['expected']:.4g}",
            f"{need['rival']:.4g}",
            _count(need["shots"]) + (f" ({need['reason']})" if need["reason"] else ""),
            _rough(need["gaussian"]),
            _rate(rate.get("right_if_true_promised", need["power"])),
            _share(rate, "right_if_true"),
            _share(rate, "right_if_rival"),
        )
        for need, rate in zip(plan.needs, plan.rates or [{}] * len(plan.needs), strict=True)
    ]
    heads = ["Against", "Expected", "Rival", "Kept shots", "Gaussian rule", "Promised"]
    heads += ["Right, simulated", "Right if the rival is true, simulated"]
    many = int(plan.rates[0]["campaigns"]) if plan.rates else 0
    text = [
        f"Measured: {plan.signal.observable}. Shot numbers are exact (binomial tails; for readings with noise, normal "
        f"ones); wrong claims are {plan.demand.sigma:g}σ away. The Gaussian rule beside them is rough for counts. "
        + (f"The last columns are {many} simulated campaigns of the recommended length." if many else "")
    ]
    if plan.shots is not None:
        settings = (" and " if len(plan.signal.settings) < 3 else "; ").join(plan.signal.settings)
        text.append(
            f"Recommended: {plan.shots} kept shots at each setting ({settings}), "
            f"{plan.runs} shots in all, {plan.duration(plan.time)}."
        )
    if plan.information:
        text.append(plan.signal.informed(plan.information))
    return report.Table("How many shots", text, heads, rows)


def _accounts(plan: Plan) -> report.Table:
    rows = [
        (
            case.name + (" (null)" if case.null else ""),
            case.meaning,
            *(f"{float(v):.4g}" for v in plan.seen[case.name].value[:, 0]),
            f"{float(plan.seen[case.name].kept[:, 0].mean()):.3g}",
        )
        for case in plan.signal.cases
    ]
    heads = ["Account or null", "Meaning", *plan.signal.settings, "Kept"]
    text, noise = f"Simulated: {plan.signal.observable}.", plan.seen[plan.signal.truth].noise
    if noise is not None:
        text += f" One reading scatters by {float(noise[:, 0].max()):.4g} (rms)."
    return report.Table("Accounts and nulls", [text], heads, rows)


def _pairs(plan: Plan) -> report.Table:
    rows = [
        (
            f"{p.one} / {p.other}",
            "no" if p.shots is None else "yes",
            p.setting if p.shots is not None else "",
            _count(p.shots),
            p.reason,
        )
        for p in plan.pairs
    ]
    heads = ["Pair", "Told apart", "Best setting", "Kept shots, both sides", "Why not"]
    text = ["No shot number stands where nothing can be told apart."]
    return report.Table("What it can tell apart", text, heads, rows)


def _coverage(plan: Plan) -> report.Table | None:
    if not plan.coverage:
        return None
    rows = [
        (c.interval, f"{c.promised:g}", f"{c.covered:.4g} ± {c.error:.1g}", f"± {c.half_width:.3g}")
        for c in plan.coverage
    ]
    text = [
        f"{ANALYSES} simulated analyses of the recommended length: how often the interval of the signal "
        f"({plan.coverage[0].of}) has the true one inside."
    ]
    return report.Table("Simulated analyses", text, ["Interval", "Promised", "Covers", "Half width"], rows)


def _budget(plan: Plan) -> report.Table | None:
    b = plan.budget
    if not b.costs:
        return None
    rows = [
        (c.step, c.knob, c.value, _cost(b.ideal - c.alone), _cost(c.without - b.everything), f"{c.kept:.4g}", c.meaning)
        for c in b.costs
    ]
    heads = ["Step", "Imperfection", "Value", "Costs alone", "Gained without it", "Kept alone", "What it is"]
    text = [
        f"The contrast is {b.ideal:.4g} with no imperfection and {b.everything:.4g} with all of them. Each row is a "
        "simulation with that one alone, and one with all the others."
    ]
    return report.Table("Budget", text, heads, rows)


def _tolerances(plan: Plan) -> report.Table | None:
    if not plan.tolerances:
        return None
    rows = [(t.knob, t.planned, t.limit, f"{t.room:.3g}" if math.isfinite(t.room) else "") for t in plan.tolerances]
    text = [
        f"How far each number may go, all others as planned, before the shots no longer fit into "
        f"{plan.duration(plan.demand.time)} (found by bisection on the simulation)."
    ]
    if not plan.feasible:
        text.append("The plan itself does not fit, so no number has room.")
    return report.Table("Tolerances", text, ["Number", "Planned", "May go to", "Factor"], rows)


def _sobol(plan: Plan) -> report.Table | None:
    s = plan.sobol
    if s is None:
        return None
    rows = [
        (name, f"{low} to {high}", f"{first:.2f}", f"{total:.2f}")
        for name, (low, high), first, total in zip(s.knobs, s.ranges, s.first, s.total, strict=True)
    ]
    text = [
        "Sobol indices of the contrast when every imperfection lies anywhere between its best and twice what is "
        "planned: the share of the variance due to each alone, and with all that it acts together with. They are "
        "estimates from few samples: read them to about 0.1. What costs less than 0.001 of the contrast is left out."
    ]
    return report.Table("What matters most", text, ["Number", "Range", "Alone", "In all"], rows)


def _optimum(plan: Plan) -> report.Table | None:
    o, signal = plan.optimum, plan.signal
    if o is None:
        return None
    rows = [
        (name, signal.shown(name, value, 4), signal.shown(name, o.best[name], 3), signal.within(name))
        for name, value in o.start.items()
    ]
    rows.append(("time, by the Gaussian rule", plan.duration(o.before), plan.duration(o.after), ""))
    rows.append(("contrast", f"{o.contrast_before:.4g}", f"{o.contrast_after:.4g}", ""))
    for c in o.choices:
        times = (plan.duration(c.before), plan.duration(c.after)) if not c.reason else ("", "")
        rows.append((f"time with {c.name} = {c.value}", *times, c.reason))
    gain = f"{o.gain:.3g} times as fast" if math.isfinite(o.gain) else "from impossible to possible"
    if not math.isfinite(o.after):
        gain = "no choice within the limits makes it possible"
    elif o.gain == 1:
        gain = "the plan is already as good as it gets"
    text = [f"The best numbers that the lab's limits allow: {gain}."]
    if o.better is not None:
        text.append(
            f"With {o.better.name} = {o.better.value} it would be {o.after / o.better.after:.3g} times as fast."
        )
    elif o.choices:
        text.append(f"Another {o.choices[0].name} is not faster.")
    return report.Table("What to choose", text, ["Number", "Planned", "Best", "Within"], rows)


def _timeline(plan: Plan) -> report.Table:
    rows = [(str(line.step), line.what, line.starts, line.lasts, line.check) for line in plan.timeline]
    return report.Table("One shot, step by step", [], [head.capitalize() for head in HEADS], rows)


def _inputs(plan: Plan) -> report.Table:
    rows = [(i.name, i.shown, i.confidence, i.source) for i in plan.inputs]
    count = sum(i.confidence == "assumed" for i in plan.inputs)
    text = [f"{count} of {len(rows)} numbers are assumed: replace them by your own before you trust the plan."]
    return report.Table("Inputs", text, ["Number", "Value", "Confidence", "Source"], rows)


def figures(plan: Plan) -> dict[str, tuple[Figure, str]]:
    """The figures with their captions."""
    from mesodyn.figures import planning

    found: dict[str, tuple[Figure, str]] = {}
    b = plan.budget
    if b.costs:
        names = [c.knob.replace("_", " ") for c in b.costs]
        series = {"costs alone": [b.ideal - c.alone for c in b.costs]}
        series["gained without it"] = [c.without - b.everything for c in b.costs]
        text = "Contrast that each imperfection costs alone, and that would be gained without it, from simulations."
        found["budget"] = planning.lying_bars(names, series, "contrast"), text
    if plan.sobol is not None:
        indices = {"alone": plan.sobol.first, "in all": plan.sobol.total}
        text = "Share of the variance of the contrast (Sobol indices): what to improve or to know better first."
        names = [name.replace("_", " ") for name in plan.sobol.knobs]
        found["what_matters"] = planning.lying_bars(names, indices, "share of the variance"), text
    if plan.window is not None:
        found["window"] = _window(plan)
    return found


def _window(plan: Plan) -> tuple[Figure, str]:
    from mesodyn.figures import planning

    w, signal = plan.window, plan.signal
    assert w is not None
    x, y = signal.scale(w.x_name, float(np.median(w.x))), signal.scale(w.y_name, float(np.median(w.y)))
    size = 1.0 if plan.lab.natural else 3600.0
    here = signal.free(w.x_name) / x.factor, signal.free(w.y_name) / y.factor
    o = plan.optimum
    best = None if o is None or w.y_name not in o.best else (o.best[w.x_name] / x.factor, o.best[w.y_name] / y.factor)
    drawn = planning.window(
        w.x / x.factor, w.y / y.factor, w.time / size, plan.demand.time / size, here, best,
        x.label, y.label, "time of the measurement" + ("" if plan.lab.natural else " (h)"),
    )  # fmt: skip
    text = (
        f"How long the measurement takes, all else as planned. {signal.edges} "
        "Hatched: more than the time of the plan; white: it can't be done."
    )
    if w.open_from is not None and w.open_to is not None:
        text = f"At the planned {w.y_name.replace('_', ' ')} the window is {_opening(plan)}. {text}"
    else:
        text = f"No window at the planned {w.y_name.replace('_', ' ')}. {text}"
    if not w.open:
        text = (
            f"No window: nowhere in this range does the measurement fit into {plan.duration(plan.demand.time)}. {text}"
        )
    return drawn, text


def _opening(plan: Plan) -> str:
    """Where the window is, as text; an end of the map is none of the window."""
    w, signal = plan.window, plan.signal
    assert w is not None and w.open_from is not None and w.open_to is not None
    low, high = signal.shown(w.x_name, w.open_from, 3), signal.shown(w.x_name, w.open_to, 3)
    first, last = bool(np.isclose(w.open_from, w.x[0])), bool(np.isclose(w.open_to, w.x[-1]))
    if first and last:
        return f"open in the whole range of the map, {low} to {high}"
    return f"{'at least from ' if first else ''}{low} to {'at least ' if last else ''}{high}"


def _provenance(plan: Plan) -> dict[str, str]:
    found = {"experiment": plan.signal.experiment, "lab": plan.lab.name, "seed": str(plan.seed)}
    found |= {"target": f"{plan.demand.sigma:g}σ"}
    return found | {f"{name} version": version for name, version in versions().items()}


def text(plan: Plan) -> str:
    """What the command line prints: the decision and the short tables."""
    return "\n\n".join([plan.summary, *map(_printed, [_shots(plan), _accounts(plan), _pairs(plan), *_short(plan)])])


def _short(plan: Plan) -> list[report.Table]:
    return [t for t in (_budget(plan), _tolerances(plan), _optimum(plan)) if t is not None]


def _printed(table: report.Table) -> str:
    rows = [[str(cell) for cell in row] for row in (table.heads, *table.rows)]
    return f"{table.title}\n{aligned(rows)}"


def _cost(value: float) -> str:
    return f"{value:.2g}" if abs(value) > 1e-9 else "0"


def _count(value: Any) -> str:
    return "none" if value is None else str(value)


def _rough(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "none"


def _rate(value: float) -> str:
    return f"{value:.4g}" if value < 0.9999 or value == 1 else f"1 - {1 - value:.1e}"


def _share(row: Any, name: str) -> str:
    return f"{row[name]:.4g} ± {row[f'{name}_error']:.1g}" if row else ""
