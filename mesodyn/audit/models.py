"""Where there is no account to choose: the models of an experiment side by side."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from mesodyn.audit.compare import Side, rows
from mesodyn.audit.knowledge import CHECKS, KNOWN, SET, Knowledge
from mesodyn.audit.result import Audit, names
from mesodyn.errors import InputError
from mesodyn.experiments.base import Experiment

CHOICES = ("model", "lead")
"""The parameters that choose another Hamiltonian."""


def compared(kind: type[Experiment], given: Mapping[str, Any], seed: int, quick: bool) -> Audit:
    """An experiment that has no accounts: its own reason, and its models."""
    reason = f"{kind.name} has no account to choose: {kind.account_reason}."
    parameter = next((p for p in kind.parameters if p.name in CHOICES and p.choices), None)
    if parameter is None:
        kind(given, seed=seed, quick=quick)
        return Audit(kind.name, (), (), (reason, "It has no other model either: there is nothing to compare."))
    sides: dict[str, Side] = {}
    refused: dict[str, str] = {}
    for choice in parameter.choices:
        try:
            sides[choice] = Side.of(kind({**given, parameter.name: choice}, seed=seed, quick=quick))
        except InputError as error:
            refused[choice] = str(error)
    if not sides:
        raise InputError("parameters", f"such that a {parameter.name} takes them", "; ".join(refused.values()))
    known = KNOWN.get(kind.name, Knowledge(ruled=False))
    pairs = tuple(combinations(sides, 2))
    found = rows(sides, known, pairs) if len(sides) > 1 else []
    audit = Audit(kind.name, tuple(sides), tuple(found), (), refused=refused)
    texts = [reason]
    for one, other in pairs:
        told = audit.telling(one, other)
        says = f"differ in {names(told)}" if told else "agree in all that both record"
        texts.append(f"The models {one} and {other} {says}.")
    some = sorted(
        {str(name) for side in sides.values() for name in side.record} - {row.name for row in found} - {*CHECKS, *SET}
    )
    only = (
        f"Not recorded by all models, or not at the same places: {', '.join(some)}." if some and len(sides) > 1 else ""
    )
    return Audit(kind.name, tuple(sides), tuple(found), tuple(texts), refused=refused, left_out=only)
