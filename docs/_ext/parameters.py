"""The experiments page's list: what moves in each, and its parameters as `mesodyn show` prints them."""

from __future__ import annotations

import re
from pathlib import Path

from gallery import ORDER
from reference import write

from mesodyn.experiments import experiments, kind_of
from mesodyn.experiments.base import Experiment

HEAD = "| parameter | kind | range | default | meaning |\n|---|---|---|---|---|\n"


def plain(text: str) -> str:
    """A text whose signs mean nothing in a MyST table."""
    return re.sub(r"([\\|*_<>\[\]$])", r"\\\1", text)


def moving() -> list[str]:
    """The experiments that have an animation."""
    return [name for name in experiments() if kind_of(name).animated]


def section(name: str, kind: type[Experiment]) -> str:
    """One experiment: its accounts, its animation and its parameters."""
    rows = [(f"`{p.name}`", *map(plain, (p.kind, p.range, p.default_text, p.meaning))) for p in kind.parameters]
    accounts = ", ".join(f"`{account}`" for account in kind.accounts) or f"none: {plain(kind.account_reason)}"
    table = HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)
    film = f"![{kind.title}](_generated/{name}.gif)\n\n" if kind.animated else ""
    return f"### {name}\n\n{kind.title}. Accounts: {accounts}.\n\n{film}{table}"


def write_parameters(folder: Path) -> None:
    """Write the tables as MyST text, in the order of the gallery."""
    places = {file.removesuffix(".py").replace("_", "-"): place for place, file in enumerate(ORDER)}
    names = sorted(experiments(), key=lambda name: places.get(name, len(places)))
    write("\n".join(section(name, kind_of(name)) for name in names), folder / "parameters.md")
