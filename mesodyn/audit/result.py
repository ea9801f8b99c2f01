"""What an audit returns: a row for each observable, and what follows from all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesodyn.audit.reference import Reference
    from mesodyn.figures.style import Figure

KINDS: Mapping[str, str] = {
    "measurement": "can be measured on what the experiment has",
    "relational": "compares the phases of two systems: both have to be in hand",
    "diagnostic": "does not conserve the total number: nothing measures it",
}
NEVER = "never: nothing measures it"
LINK = "link: a link to the second system first has to turn it into a count"
METER = "meter: it is no probability of one outcome, so the noise of its meter decides (mesodyn plan)"
ONE = "one: only one of the two has it"
PAIRS = (("superposition", "conserving"), ("superposition", "mixture"), ("conserving", "mixture"))


@dataclass(frozen=True)
class Difference:
    """How far an observable is apart under two accounts.

    Attributes
    ----------
    size
        The largest difference over everything that is recorded; infinite where only one of them has the observable.
    differs
        Whether that is more than rounding.
    shots
        How many shots tell them apart at five standard deviations, both errors; None where there is no number.
    reason
        Why there is none.
    """

    size: float
    differs: bool
    shots: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """One observable of the record, or one finding.

    Attributes
    ----------
    name, source, meaning, unit
        `source` is ``record`` or ``finding``.
    kind
        One of `KINDS`.
    values
        By account (and ``sectors``, ``post-selected``), where the accounts differ most; nan where there is none.
    differences
        By pair of accounts, ``superposition / conserving``.
    sectors_off
        How far the superposition is from its own sectors; nan where it can't be taken apart.
    post_off
        How far the superposition, post-selected on the total of the account ``conserving``, is from that account.
    conserves
        Whether its operator conserves the total number; None where the record does not say which operator it is.
    """

    name: str
    source: str
    meaning: str
    unit: str
    kind: str
    values: Mapping[str, complex]
    differences: Mapping[str, Difference]
    sectors_off: float = math.nan
    post_off: float = math.nan
    conserves: bool | None = None

    @property
    def differs(self) -> bool:
        """Whether any two accounts differ."""
        return any(found.differs for found in self.differences.values())

    def as_dict(self) -> dict[str, Any]:
        """The row as plain data."""
        values = {name: _plain(value) for name, value in self.values.items()}
        apart = {name: asdict(d) | {"size": _plain(d.size)} for name, d in self.differences.items()}
        rest = {"sectors_off": _plain(self.sectors_off), "post_off": _plain(self.post_off)}
        return asdict(self) | {"values": values, "differences": apart, "differs": self.differs} | rest


@dataclass(frozen=True)
class Audit:
    """Every observable of an experiment under every account that it has.

    Attributes
    ----------
    experiment, accounts
        What was run, and under which accounts (or models).
    rows
        See `Row`; those that differ come first.
    totals
        How the total number of the superposition is distributed; empty where it can't be taken apart.
    theorem
        The largest difference of the superposition from its own sectors, over all that conserves the total number.
    sentences
        What follows, derived from the numbers.
    controls
        Chances of the signal under accounts and rivals, by setting.
    references
        The same trap beside a reference of growing size.
    refused
        Accounts or models that these parameters don't allow, and why.
    left_out
        What is no row, and why.
    """

    experiment: str
    accounts: tuple[str, ...]
    rows: tuple[Row, ...]
    sentences: tuple[str, ...]
    totals: Mapping[int, float] = field(default_factory=dict)
    theorem: float = math.nan
    bound: float = math.nan
    controls: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    left_out: str = ""

    @property
    def passed(self) -> bool:
        """Whether the superposition is the sum of its sectors for all that conserves the total number, to rounding."""
        return not self.theorem > self.bound

    @property
    def summary(self) -> str:
        """All sentences."""
        return " ".join(self.sentences)

    def row(self, name: str, source: str = "") -> Row:
        """The row of an observable or finding; of two of one name that of the finding, unless `source` is said."""
        from mesodyn.errors import unknown_name

        found = [row for row in self.rows if row.name == name and source in ("", row.source)]
        if not found:
            raise unknown_name("observable", name, [row.name for row in self.rows])
        return next((row for row in found if row.source == "finding"), found[0])

    def telling(self, one: str, other: str, *kinds: str) -> list[Row]:
        """The rows in which two accounts differ; only of some `kinds`, if any are named."""
        pair = f"{one} / {other}"
        return [
            row
            for row in self.rows
            if pair in row.differences and row.differences[pair].differs and (not kinds or row.kind in kinds)
        ]

    def figures(self) -> dict[str, Figure]:
        """The reference of growing size, where the trap stands alone."""
        from mesodyn.audit.reference import drawn

        return {"reference": drawn(self.references)} if self.references else {}

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "experiment": self.experiment,
            "accounts": list(self.accounts),
            "passed": self.passed,
            "sentences": list(self.sentences),
            "totals": {str(total): share for total, share in self.totals.items()},
            "theorem": _plain(self.theorem),
            "controls": {name: dict(chances) for name, chances in self.controls.items()},
            "references": [asdict(reference) for reference in self.references],
            "refused": dict(self.refused),
            "left_out": self.left_out,
            "rows": [row.as_dict() for row in self.rows],
        }

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write ``audit.md``, ``audit.json`` and figures into a new folder, whole or not at all; return its path."""
        from mesodyn import archive
        from mesodyn.figures import style

        with archive.new_folder(Path(folder), force=force) as place:
            (place / "audit.md").write_text(self.markdown(), encoding="utf-8")
            archive.write_json(self.as_json(), place / "audit.json")
            for name, figure in self.figures().items():
                style.save(figure, place / name)
            archive.seal(place)
        return Path(folder)

    def table(self) -> str:
        """All of it as text."""
        from mesodyn.audit.text import table

        return table(self)

    def markdown(self) -> str:
        """All of it for a page."""
        from mesodyn.audit.text import markdown

        return markdown(self)

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from mesodyn.audit.text import as_html

        return as_html(self)


def _plain(value: Any) -> Any:
    """A number, a pair for a complex one, None for what is not finite."""
    if isinstance(value, complex):
        return [_plain(value.real), _plain(value.imag)] if value.imag else _plain(value.real)
    return float(value) if math.isfinite(value) else None


def names(rows: Sequence[Row], most: int = 4) -> str:
    """The first names of some rows, each once."""
    found = list(dict.fromkeys(row.name for row in rows))
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + rest
