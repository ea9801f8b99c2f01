"""What follows from the rows of an audit, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mesodyn.audit.compare import SAME
from mesodyn.audit.knowledge import Knowledge
from mesodyn.audit.reference import Reference
from mesodyn.audit.result import PAIRS, Row, names
from mesodyn.experiments.base import Experiment

FEW = 6
"""So many totals are named one by one."""


@dataclass(frozen=True)
class Facts:
    """What the sentences are made of."""

    kind: type[Experiment]
    accounts: tuple[str, ...]
    rows: Sequence[Row]
    totals: Mapping[int, float]
    theorem: float
    references: Sequence[Reference]
    known: Knowledge
    evidence: Mapping[str, float]


def sentences(facts: Facts) -> list[str]:
    """All of them."""
    return [_theorem(facts), _evidence(facts), *_pairs(facts), _reference(facts)]


def _theorem(facts: Facts) -> str:
    """Whether the superposition is the sum of its sectors."""
    if not facts.totals:
        why = f": {facts.known.alike}" if len(facts.accounts) > 1 else ""
        return f"The superposition was not taken apart by the total number{why}."
    word = "total number" if facts.known.ruled else "total angular momentum"
    shares = _spread(facts.totals)
    kept = [row for row in facts.rows if row.kind != "diagnostic" and (facts.known.ruled or row.conserves)]
    if facts.theorem > SAME:
        off = [row for row in kept if row.sectors_off > SAME]
        return f"The superposition is NOT the sum of its sectors of the {word}: {names(off)} differ."
    lost = [row for row in facts.rows if row.sectors_off > SAME]
    rest = f"; only {names(lost)} differ, which do not conserve it" if lost else ""
    return (
        f"Superposition = sum of the sectors of the {word} ({shares}), each evolved by itself: the {len(kept)} "
        f"observables that conserve it agree to {facts.theorem:.1g}{rest}."
    )


def _spread(totals: Mapping[int, float]) -> str:
    """The distribution of the total number: all of it, or its mean and spread where it is long."""
    if len(totals) <= FEW:
        return ", ".join(f"{total}: {share:.4g}" for total, share in totals.items())
    mean = sum(total * share for total, share in totals.items())
    wide = sum((total - mean) ** 2 * share for total, share in totals.items()) ** 0.5
    return f"{mean:.4g} on average, standard deviation {wide:.4g}"


def _evidence(facts: Facts) -> str:
    """How far the account `conserving`, solved by itself, is from the superposition."""
    if not facts.evidence:
        return ""
    texts = ", ".join(f"{name} {value:.1g}" for name, value in facts.evidence.items())
    return f"With a reference that counts, solved by itself, the largest distances are: {texts}."


def _pairs(facts: Facts) -> list[str]:
    """A verdict for each pair of accounts."""
    found = []
    for one, other in PAIRS:
        if {one, other} <= set(facts.accounts):
            found.append(f"{one} / {other}: {verdict(facts, one, other)}.")
    if found and all("no measurement" in text for text in found):
        found.append(f"{facts.kind.name}: no pair of accounts is told apart by anything that it measures.")
    return found


def verdict(facts: Facts, one: str, other: str) -> str:
    """What tells two accounts apart."""
    pair = f"{one} / {other}"
    apart = [row for row in facts.rows if pair in row.differences and row.differences[pair].differs]
    seen = [row for row in apart if row.kind == "measurement"]
    both = [row for row in apart if row.kind == "relational"]
    never = [row for row in apart if row.kind == "diagnostic"]
    if not apart:
        return "no measurement tells them apart; all is the same to rounding"
    post = [row.post_off for row in (*seen, *both)]
    ruled = facts.known.ruled and {one, other} == {"superposition", "conserving"}
    if ruled and seen and all(off <= SAME for off in post):
        return (
            f"only the distribution of the total number differs (seen in {names(seen)}); post-selected on one "
            f"total they agree to {max(post):.1g}"
        )
    if ruled and facts.known.summed:
        return f"only the distribution of the total number differs (seen in {names(seen)})"
    if seen:
        more = ""
        if ruled and any(off > SAME for off in post):
            more = (
                "; post-selected on one total they still differ: they start with other phases, or another temperature"
            )
        return f"told apart by {names(seen)}{_fewest(seen, pair)}{more}"
    if both:
        return f"no measurement on the trap tells them apart; with a second system in hand, {names(both)}"
    return f"no measurement tells them apart; only {names(never)} differ, which nothing measures"


def _fewest(seen: Sequence[Row], pair: str) -> str:
    """The row that takes the fewest shots."""
    counted = {row.name: row.differences[pair].shots for row in seen}
    known = {name: shots for name, shots in counted.items() if shots}
    if not known:
        return ""
    name = min(known, key=lambda key: known[key])
    return f"; {name} takes {known[name]} shots at 5σ"


def _reference(facts: Facts) -> str:
    """What a second system of growing size changes."""
    if not facts.references:
        return ""
    first, last = facts.references[0], facts.references[-1]
    alone = max(one.alone for one in facts.references)
    shots = f"; {last.shots} shots of an ideal pulse then show it against the mixture" if last.shots else ""
    return (
        f"Beside a reference with {first.size} to {last.size} particles on average, the total conserved, the trap "
        f"alone keeps an order parameter of {alone:.1g}; relative to the reference it has {first.relative:.4f} to "
        f"{last.relative:.4f} of uv (1 - {last.deficit:.4f}/n){shots}."
    )
