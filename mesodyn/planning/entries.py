"""One number of a lab, and one of its limits: never without source and confidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mesodyn.planning import quantities

CONFIDENCE = ("published", "derived", "assumed")
"""How sure a number is: in a publication that is named, computed by a formula that is named, or neither."""


@dataclass(frozen=True)
class Entry:
    """One number of a lab.

    Attributes
    ----------
    name
        An experiment's parameter, or a number of the apparatus.
    value
        As an experiment takes it: a text with a unit, a plain number, or a choice.
    source
        Authors, year and journal; the formula; or why it is assumed.
    confidence
        ``published``, ``derived`` or ``assumed``.
    note
        What else is to be known.
    kind
        Of which kind the quantity is, as `mesodyn show` says.
    experiment
        The experiment that it is meant for; empty for all.
    formula
        The call by which it was computed; empty where it was given.
    when
        The choices that it is meant for, such as ``{"model": ("parity-dot",)}``; empty for all.
    """

    name: str
    value: Any
    source: str
    confidence: str
    note: str = ""
    kind: str = "number"
    experiment: str = ""
    formula: str = ""
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def meant_for(self, choices: Mapping[str, Any]) -> bool:
        """Whether it is meant for an experiment with these choices."""
        return all(str(choices.get(name)) in options for name, options in self.when.items())

    @property
    def number(self) -> Any:
        """In base units (rad/s, s, T, m, ohm, F, for currents e rad/s); a text for a choice."""
        return quantities.in_base(self.name, self.kind, self.value)

    @property
    def shown(self) -> str:
        """For people: in a unit of readable size."""
        return quantities.shown(self.kind, self.value)

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "value": self.value,
            "shown": self.shown,
            "number": self.number,
            "kind": self.kind,
            "source": self.source,
            "confidence": self.confidence,
            "note": self.note,
            "formula": self.formula,
            "when": {name: list(options) for name, options in self.when.items()},
        }


@dataclass(frozen=True)
class Limit:
    """The range that a lab can reach, both ends included; None for an open end."""

    name: str
    low: Any
    high: Any
    source: str
    confidence: str
    note: str = ""
    kind: str = "number"

    @property
    def range(self) -> tuple[float | None, float | None]:
        """Both ends in base units."""
        low, high = (None if end is None else quantities.in_base(self.name, self.kind, end) for end in self.ends)
        return low, high

    @property
    def ends(self) -> tuple[Any, Any]:
        """Both ends as they are written."""
        return self.low, self.high

    @property
    def shown(self) -> str:
        """The range in words."""
        ends = [("at least", self.low), ("at most", self.high)]
        return ", ".join(f"{word} {quantities.shown(self.kind, end)}" for word, end in ends if end is not None)

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        low, high = self.range
        return {
            "low": self.low,
            "high": self.high,
            "range": [low, high],
            "kind": self.kind,
            "source": self.source,
            "confidence": self.confidence,
            "note": self.note,
        }
