"""An experiment under every account it has: run, taken apart, compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mesodyn.audit import controls, models, verdicts
from mesodyn.audit.compare import SAME, Side, left_out, rows
from mesodyn.audit.knowledge import CHECKS, KNOWN, Knowledge
from mesodyn.audit.reference import SIZES, growing
from mesodyn.audit.result import Audit, Row
from mesodyn.dynamics.sectors import shares
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import kind_of
from mesodyn.experiments.base import Experiment


def audited(
    experiment: str | Experiment, parameters: Mapping[str, Any], seed: int | None = None, quick: bool | None = None
) -> Audit:
    """See `mesodyn.audit`."""
    kind, given, seed, quick = _asked(experiment, parameters, seed, quick)
    if not kind.accounts:
        return models.compared(kind, given, seed, quick)
    made, refused = _made(kind, given, seed, quick)
    if len(made) < 2:
        only = f"Only the account {next(iter(made))} can be run with these parameters: there is nothing to compare."
        return Audit(kind.name, tuple(made), (), (only,), refused=refused)
    sides = {account: Side.of(one) for account, one in made.items()}
    known = KNOWN.get(kind.name, Knowledge())
    totals = _taken_apart(sides, known)
    found = tuple(rows(sides, known))
    off = [row.sectors_off for row in found if row.kind != "diagnostic" and not math.isnan(row.sectors_off)]
    theorem = max(off, default=math.nan) if known.ruled else _of_operators(found)
    chances = controls.controls(made, known)
    references = growing(_weight(made), _sizes(quick)) if known.reference else ()
    facts = verdicts.Facts(kind, tuple(made), found, totals, theorem, references, known, _evidence(sides, known))
    return Audit(
        experiment=kind.name,
        accounts=tuple(made),
        rows=found,
        sentences=tuple(text for text in (*verdicts.sentences(facts), controls.sentence(chances)) if text),
        totals=totals,
        theorem=theorem,
        bound=SAME,
        controls=chances,
        references=references,
        refused=refused,
        left_out=_left_out(sides, known),
    )


def _asked(
    experiment: str | Experiment, parameters: Mapping[str, Any], seed: int | None, quick: bool | None
) -> tuple[type[Experiment], dict[str, Any], int, bool]:
    """The kind of experiment and its parameters without the account."""
    if "account" in parameters:
        raise InputError("account", "left out: an audit compares all", parameters["account"])
    if isinstance(experiment, Experiment):
        given = {name: value for name, value in experiment.values.given.items() if name != "account"}
        seed, quick = experiment.seed if seed is None else seed, experiment.quick if quick is None else quick
        return type(experiment), {**given, **parameters}, seed, quick
    return kind_of(experiment), dict(parameters), seed or 0, bool(quick)


def _made(
    kind: type[Experiment], given: Mapping[str, Any], seed: int, quick: bool
) -> tuple[dict[str, Experiment], dict[str, str]]:
    """The experiment under each account, and why not under others."""
    made: dict[str, Experiment] = {}
    errors: dict[str, InputError] = {}
    for account in kind.accounts:
        try:
            made[account] = kind({**given, "account": account}, seed=seed, quick=quick)
        except InputError as error:
            errors[account] = error
    if not made:
        raise next(iter(errors.values()))
    first = next(iter(made.values()))
    for name in first.axes():
        if name not in first.uncut():
            raise InputError(name, "a single value in an audit", Shown("an axis"), "audit its points one by one")
    return made, {account: str(error) for account, error in errors.items()}


def _taken_apart(sides: dict[str, Side], known: Knowledge) -> dict[int, float]:
    """Add the superposition by sectors, and post-selected; return how its total number is distributed."""
    if not known.parts or "superposition" not in sides:
        return {}
    pure = sides["superposition"].experiment
    spread = shares(pure.system(), "superposition")  # type: ignore[attr-defined]
    totals = {int(total): float(spread.sel(total=total)) for total in spread.total}
    sides["sectors"] = Side.of(pure.in_sector("each"))
    if "conserving" in sides:
        fixed = shares(sides["conserving"].experiment.system(), "conserving").total  # type: ignore[attr-defined]
        if known.ruled and fixed.size == 1 and int(fixed[0]) in totals:
            sides["post-selected"] = Side.of(pure.in_sector(int(fixed[0])))
    return totals


def _of_operators(found: tuple[Row, ...]) -> float:
    """The deviation over what is known to conserve the total by its operator."""
    return max((row.sectors_off for row in found if row.conserves), default=math.nan)


def _weight(made: Mapping[str, Experiment]) -> float:
    """v**2 of the trap; 0 where it is not given."""
    values = next(iter(made.values())).values.resolved
    return float(values["weight"]) if values.get("start", "given") == "given" else 0.0


def _sizes(quick: bool) -> tuple[int, ...]:
    return SIZES[:-1] if quick else SIZES


def _left_out(sides: Mapping[str, Side], known: Knowledge) -> str:
    """Names that are no rows, and why."""
    first = next(iter(sides.values()))
    found = [n for n in dict.fromkeys([*map(str, first.record.data_vars), *first.findings]) if left_out(n, known)]
    plain = [name for name in found if name in CHECKS]
    rest = [name for name in found if name not in plain]
    texts = [f"Left out as checks: {', '.join(plain)}."] if plain else []
    texts += [f"Left out because {known.aside_reason}: {', '.join(rest)}."] if rest else []
    every = {name: account for account, side in sides.items() for name in (*map(str, side.record), *side.findings)}
    some = [
        name
        for name in every
        if not left_out(name, known) and not all(name in s.record or name in s.findings for s in sides.values())
    ]
    texts += [f"Not recorded in all: {', '.join(some)}."] if some else []
    return " ".join(texts)


def _evidence(sides: Mapping[str, Side], known: Knowledge) -> dict[str, float]:
    """Findings by which the account `conserving` was solved by itself."""
    found = sides["conserving"].findings if "conserving" in sides else {}
    return {name: float(abs(found[name].value).max()) for name in known.evidence if name in found}
