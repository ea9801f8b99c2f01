"""Control runs: which settings are needed to tell the coherent accounts from all that imitates them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mesodyn.audit.knowledge import Knowledge
from mesodyn.errors import InputError
from mesodyn.experiments.base import Experiment

CLOSE = 0.01
"""Chances that differ by less are not told apart: no apparatus is known better, whatever the number of shots."""
COHERENT = ("superposition", "conserving")

Chances = Mapping[str, Mapping[str, float]]


def controls(made: Mapping[str, Experiment], known: Knowledge) -> Chances:
    """The chance of the signal by setting, and in each by account or rival; nothing where no control is known."""
    first = next(iter(made.values()))
    if not known.vary or set(made) != {*COHERENT, "mixture"} or np.ndim(first.values[known.vary]):
        return {}
    here = float(first.values[known.vary])
    found: dict[str, dict[str, float]] = {}
    for value in (here, here + 1):
        runs = {name: one.changed(**{known.vary: value}) for name, one in made.items()}
        for name, changes in known.rivals.items():
            rival = made["conserving"].changed(**{known.vary: value, **changes})
            if "dephasing" in changes:
                rival = rival.changed(dephasing=changes["dephasing"] / first.values["rotation_time"])
            try:
                rival.check()
            except InputError:
                continue
            runs[name] = rival
        found[f"{known.vary}={value:g}"] = {name: chance(one) for name, one in runs.items()}
    return found


def chance(one: Experiment) -> float:
    """The chance of counting left, or of a heat above half of what the link can give."""
    findings = one.findings(one.record())
    if "left_probability" in findings:
        return float(findings["left_probability"].value)
    outcomes = findings["heat_distribution"].value
    hot = outcomes.sel(part="heat") > abs(one.values["tunnelling"])
    return float(outcomes.sel(part="weight").where(hot).sum())


def told(p: float, q: float) -> bool:
    """Whether an apparatus tells two chances apart."""
    return abs(p - q) > CLOSE


def sentence(chances: Chances) -> str:
    """Which settings the coherent accounts need against all rivals."""
    if not chances:
        return ""
    confused: dict[str, set[tuple[str, str]]] = {}
    for setting, values in chances.items():
        rivals = [name for name in values if name not in COHERENT]
        pairs = {(a, b) for a in COHERENT for b in rivals if not told(values[a], values[b])}
        confused[setting] = pairs
    texts = [
        f"with {setting} alone {', '.join(f'{a} looks like {b!r}' for a, b in sorted(pairs))}"
        for setting, pairs in confused.items()
        if pairs
    ]
    left = set.intersection(*confused.values())
    if left:
        same = ", ".join(f"{a} and {b!r}" for a, b in sorted(left))
        return f"Controls: at no setting of {' and '.join(chances)} are these told apart: {same}."
    if len(texts) == len(chances):
        return f"Controls: {' and '.join(chances)} are both needed: {'; '.join(texts)}."
    free = [setting for setting, pairs in confused.items() if not pairs]
    rest = f" ({'; '.join(texts)})" if texts else ""
    return f"Controls: {' or '.join(free)} alone tells the coherent accounts from all rivals{rest}."
