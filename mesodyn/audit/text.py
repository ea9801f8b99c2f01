"""An audit as text, Markdown and HTML."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from mesodyn.accounts import ACCOUNTS
from mesodyn.audit.result import KINDS, LINK, METER, NEVER, ONE
from mesodyn.columns import aligned

if TYPE_CHECKING:
    from mesodyn.audit.result import Audit, Difference

Cells = list[tuple[str, ...]]


def number(value: complex, digits: int = 6) -> str:
    """A number in few digits; what is rounding beside 1 is 0."""
    if isinstance(value, complex):
        if abs(value.imag) > 1e-9 * max(abs(value), 1e-3):
            return f"{value.real + 0.0:.4g}{value.imag:+.4g}i"
        value = value.real
    if math.isnan(value):
        return "none"
    return f"{0.0 if abs(value) < 1e-12 else value:.{digits}g}"


def _apart(found: Difference) -> str:
    if not found.differs:
        return "same"
    size = "one has none" if math.isinf(found.size) else f"{found.size:.3g}"
    return f"differs by {size}" if math.isfinite(found.size) else size


def _shots(found: Difference) -> str:
    if not found.differs:
        return ""
    return f"{found.shots}" if found.shots else found.reason.partition(":")[0]


def differing(audit: Audit) -> Cells:
    """The rows that differ: a line for each pair of accounts that does."""
    columns = [c for c in (*audit.accounts, "sectors", "post-selected") if any(c in r.values for r in audit.rows)]
    cells: Cells = [("observable", "kind", *columns, "pair", "difference", "shots (5σ)")]
    for row in audit.rows:
        if not row.differs:
            continue
        values = tuple(number(row.values[c]) if c in row.values else "" for c in columns)
        head: tuple[str, ...] = (row.name, row.kind if _accounts(audit) else "", *values)
        most = max(row.differences.values(), key=lambda found: found.size)
        for pair, found in row.differences.items():
            if found.differs and (_accounts(audit) or found is most):
                cells.append((*head, pair, _apart(found), _shots(found)))
                head = ("",) * len(head)
    return cells


def brief(audit: Audit) -> Cells:
    """The same on one line for each observable: what it is under each account, and the shots of each pair."""
    pairs = list(next(iter(audit.rows)).differences)
    initials = ["/".join(name[0] for name in pair.split(" / ")) for pair in pairs]
    cells: Cells = [("observable", "kind", *audit.accounts, *(initials if _accounts(audit) else pairs))]
    for row in {row.name: row for row in reversed(audit.rows) if row.differs}.values():
        values = (number(row.values[account], 4) for account in audit.accounts)
        kind = row.kind if _accounts(audit) else ""
        cells.append((row.name, kind, *values, *(_shots(d) or "same" for d in row.differences.values())))
    return [cells[0], *reversed(cells[1:])]


def _accounts(audit: Audit) -> bool:
    """Whether accounts are compared: of models only the two that differ most are shown in each row."""
    return set(audit.accounts) <= set(ACCOUNTS)


def alike(audit: Audit) -> str:
    """The observables that agree, in one sentence."""
    by: dict[str, list[str]] = {}
    apart = {row.name for row in audit.rows if row.differs}
    for row in audit.rows:
        if row.name not in apart:
            by.setdefault(row.kind, []).append(row.name)
    same = [name for found in by.values() for name in dict.fromkeys(found)]
    return f"The same to rounding: {', '.join(same)}." if same and len(audit.accounts) > 1 else ""


def controls(audit: Audit) -> Cells:
    """The chances of the signal in the control runs."""
    if not audit.controls:
        return []
    columns = list(next(iter(audit.controls.values())))
    body = [(s, *(f"{c.get(name, math.nan):.6f}" for name in columns)) for s, c in audit.controls.items()]
    return [("chance of the signal", *columns), *body]


def references(audit: Audit) -> Cells:
    """The reference of growing size."""
    if not audit.references:
        return []
    head = ("mean number in the reference", "trap alone", "relative to it", "1 - 1/8n", "n(1 - relative)")
    cells: Cells = [(*head, "counted after a pulse", "mixture", "shots (5σ)")]
    for one in audit.references:
        numbers = (one.alone, one.relative, one.expected, one.deficit, one.counted, one.mixture)
        cells.append((str(one.size), *(f"{0.0 if abs(x) < 1e-12 else x:.6f}" for x in numbers), str(one.shots or "")))
    return cells


def kinds(audit: Audit) -> list[str]:
    """What the kinds of the rows that differ mean."""
    used = {row.kind for row in audit.rows if row.differs} if _accounts(audit) else set()
    found = [f"{name}: {text}." for name, text in KINDS.items() if name in used]
    shown = {d.reason for row in audit.rows for d in row.differences.values() if d.differs and ":" in d.reason}
    return found + [f"{reason}." for reason in (LINK, METER, NEVER, ONE) if reason in shown]


def table(audit: Audit) -> str:
    """All of it as text."""
    found: list[str] = ["\n".join(audit.sentences)]
    if any(row.differs for row in audit.rows):
        found.append("\n".join([aligned(differing(audit)), *kinds(audit)]))
    found += [text for text in (alike(audit), audit.left_out) if text]
    found += [aligned(cells) for cells in (controls(audit), references(audit)) if cells]
    found += [f"{name}: not with these parameters: {why}" for name, why in audit.refused.items()]
    return "\n\n".join(found)


def markdown(audit: Audit) -> str:
    """All of it for a page."""
    found = ["\n".join(f"- {sentence}" for sentence in audit.sentences)]
    if any(row.differs for row in audit.rows):
        short = "s/c, s/m, c/m: the shots (5σ) that tell superposition, conserving and mixture apart, or why none do."
        found += [_pipes(brief(audit)), *([short] if _accounts(audit) else []), *kinds(audit)]
    found += [text for text in (alike(audit), audit.left_out) if text]
    found += [_pipes(cells) for cells in (controls(audit), references(audit)) if cells]
    found += [f"{name}: not with these parameters: {why}" for name, why in audit.refused.items()]
    return "\n\n".join(found) + "\n"


def _pipes(cells: Cells) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def as_html(audit: Audit) -> str:
    """All of it for notebooks."""
    found = ["".join(f"<p>{html.escape(sentence)}</p>" for sentence in audit.sentences)]
    for cells in (
        differing(audit) if any(row.differs for row in audit.rows) else [],
        controls(audit),
        references(audit),
    ):
        if cells:
            head = "".join(f"<th>{html.escape(cell)}</th>" for cell in cells[0])
            body = "".join(
                "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in cells[1:]
            )
            found.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    return "".join([*found, f"<p>{html.escape(alike(audit))}</p>"])
