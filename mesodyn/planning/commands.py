"""The commands `mesodyn labs ...` and `mesodyn plan`: parse, call, print."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from mesodyn import archive
from mesodyn.columns import aligned
from mesodyn.errors import InputError, Shown

WIDTH = 100


@click.group(invoke_without_command=True)
@click.pass_context
def labs(context: click.Context) -> None:
    """List the labs: presets of an apparatus, whose numbers have a source."""
    if context.invoked_subcommand is None:
        from mesodyn.planning.lab import Lab
        from mesodyn.planning.lab import labs as names

        for name in names():
            click.echo(f"{name:18} {Lab.load(name).title}")


def from_lab(lab: str, what: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an experiment in a lab, with changes that the lab can do."""
    from mesodyn.experiments import experiments, kind_of
    from mesodyn.planning.lab import Lab

    if what not in experiments():
        raise InputError("--lab", "given with the name of an experiment", Shown(f"given with {what}"), "leave it out")
    found = Lab.load(lab)
    given = found.parameters(what, changes)
    found.check(kind_of(what)(given).values.resolved)
    return given


@labs.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show the numbers of the lab NAME (or of a TOML file): value, confidence, source; and its limits."""
    from mesodyn.planning.lab import Lab

    found = Lab.load(name)
    if as_json:
        click.echo(json_module.dumps(found.as_json(), ensure_ascii=False))
        return
    click.echo(f"{found.title}\n\n{click.wrap_text(found.about, WIDTH)}\n")
    click.echo(f"For: {', '.join(found.experiments)}\n\n{found.table()}")


@labs.command("copy")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def copy(name: str, file: Path) -> None:
    """Copy the lab NAME to a TOML FILE of your own, to edit."""
    from mesodyn.planning.lab import Lab

    found = Lab.load(name)
    if file.suffix != ".toml":
        raise InputError("FILE", "a path that ends in .toml", str(file))
    if not file.parent.is_dir():
        raise InputError("FILE", "in a folder that exists", str(file))
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(found.text)
    except FileExistsError:
        raise InputError("FILE", "a new one", str(file), "it exists and is left as it is") from None
    click.echo(f"{file}: edit it, then try: mesodyn labs show {file}")


@labs.command("words")
def words() -> None:
    """List the words of a lab's file that no experiment has: numbers of the apparatus, and formulas."""
    from mesodyn.planning import formulas, quantities

    numbers = [(p.name, p.kind, p.meaning) for p in (*quantities.APPARATUS, quantities.TURNING_RATE)]
    click.echo(f"Numbers of the apparatus\n{aligned([('name', 'kind', 'meaning'), *numbers])}\n")
    known = [(f"{name}({', '.join(f.takes)})", f.gives, f.text) for name, f in formulas.FORMULAS.items()]
    click.echo(f"Formulas\n{aligned([('formula', 'gives', 'is'), *known])}")


@click.command("plan")
@click.argument("what")
@click.option("--lab", metavar="LAB", help="The lab: its name, or a TOML file (mesodyn labs).")
@click.option("--target-sigma", type=float, help="Standard deviations that a wrong claim must be away (default 5).")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A number of the experiment or the lab.")
@click.option("--out", type=click.Path(path_type=Path), help="A folder for the report, JSON and timeline.")
@click.option("--force", is_flag=True, help="Replace a folder that exists.")
@click.option("--seed", type=int, help="Seed of what is drawn at random (default 0).")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan(
    what: str,
    lab: str | None,
    target_sigma: float | None,
    settings: tuple[str, ...],
    out: Path | None,
    force: bool,
    seed: int | None,
    as_json: bool,
) -> None:
    """Plan the experiment WHAT in a lab, or plan again what a plan's folder holds.

    What will be seen, what would look the same, how many shots it takes, what spoils it, what to improve.
    """
    from mesodyn.planning import plan as planning
    from mesodyn.planning.plan_report import text

    if out is not None:
        archive.refuse_taken(out, force)
    given: dict[str, Any] = dict(_setting(pair) for pair in settings)
    if (path := Path(what)).is_dir() or path.suffix == ".toml":
        if lab is not None or given or target_sigma is not None or seed is not None:
            raise InputError("--lab, --set", "left out with a plan's folder", Shown("given"), "it holds them itself")
        found = planning.load(path)
    elif lab is None:
        raise InputError("--lab", "given", Shown("not given"), "see mesodyn labs")
    else:
        found = planning.plan(what, lab, 5.0 if target_sigma is None else target_sigma, seed=seed or 0, **given)
    if out is not None:
        found.save(out, force=force)
    click.echo(json_module.dumps(found.as_json(), ensure_ascii=False) if as_json else text(found))
    if out is None and not as_json:
        click.echo("\nNothing was saved: add --out FOLDER for the report, JSON and timeline.")
    if out is not None and not as_json:
        click.echo(f"\n{out}: {', '.join(sorted(path.name for path in out.iterdir()))}")


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError("--set", "NAME=VALUE", text, "write --set rotation_time='5 ms'")
    return name.strip(), value.strip()
