"""The command `mesodyn audit`: parse, call, print."""

from __future__ import annotations

import json as json_module
from pathlib import Path

import click

from mesodyn.errors import InputError, Shown

FAILED = 3


@click.command("audit")
@click.argument("name")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A number or '5 ms'.")
@click.option("--out", type=click.Path(path_type=Path), help="A new folder for the table, JSON and figures.")
@click.option("--force", is_flag=True, help="Replace a folder that exists.")
@click.option("--quick", is_flag=True, help="A quarter of the moments.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of what is drawn at random.")
@click.option("--json", "as_json", is_flag=True, help="Print the audit as JSON.")
def command(
    name: str, settings: tuple[str, ...], out: Path | None, force: bool, quick: bool, seed: int, as_json: bool
) -> None:
    """Compare every observable of the experiment NAME under every account: which differ, and what would show it."""
    from mesodyn.audit import audit

    given: dict[str, str] = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise InputError("--set", "NAME=VALUE", text, "write --set turns=1")
        if key.strip() in given:
            raise InputError(key.strip(), "set once", Shown("set twice"), "leave one out")
        given[key.strip()] = value.strip()
    found = audit(name, seed=seed, quick=quick, **given)
    if out is not None:
        found.save(out, force=force)
    click.echo(json_module.dumps(found.as_json(), ensure_ascii=False) if as_json else found.table())
    if out is not None and not as_json:
        click.echo(f"\n{out}: {', '.join(sorted(path.name for path in out.iterdir()))}")
    if not found.passed:
        raise SystemExit(FAILED)
