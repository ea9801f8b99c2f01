"""The page on labs: its tables of apparatus, formulas, and every lab, made by the build from the files."""

from __future__ import annotations

from pathlib import Path

from parameters import plain
from reference import write

from mesodyn.planning import formulas, quantities
from mesodyn.planning.lab import Lab, labs


def write_labs(folder: Path) -> None:
    """Write the three tables as MyST text."""
    named = [("name", "kind", "meaning")]
    named += [(f"`{p.name}`", p.kind, plain(p.meaning)) for p in (*quantities.APPARATUS, quantities.TURNING_RATE)]
    write(_table(named), folder / "apparatus.md")
    given = [("formula", "of", "gives", "is")]
    given += [(f"`{name}`", ", ".join(f.takes), f.gives, plain(f.text)) for name, f in formulas.FORMULAS.items()]
    write(_table(given), folder / "formulas.md")
    write("\n".join(_section(Lab.load(name)) for name in labs()), folder / "labs.md")


def _section(lab: Lab) -> str:
    suits = ", ".join(f"`{name}`" for name in lab.experiments)
    head, *found = lab.rows()
    rows = [head, *((f"`{row[0]}`", *map(plain, row[1:])) for row in found)]
    return f"### {lab.name}\n\n**{lab.title}.** {plain(lab.about)}\n\nFor {suits}.\n\n{_table(rows)}"


def _table(rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"
