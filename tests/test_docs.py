"""What the pages say is true: their Python runs; the commands, files and tests they name exist; scenarios run alone."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.py"))
BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALL = "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e"
README_COMMANDS = (
    f"{INSTALL} . && .venv/bin/mesodyn run two-pi-rotation",
    f"{INSTALL} '.[test]' && .venv/bin/python -m pytest",
)


def blocks(page: Path, *languages: str) -> list[str]:
    """The page's code blocks in these languages."""
    return [code for language, code in BLOCK.findall(page.read_text(encoding="utf-8")) if language in languages]


def commands(page: Path) -> Iterator[list[str]]:
    """The words of each `mesodyn` command in the page's shell blocks."""
    for block in blocks(page, "", "console", "sh", "bash"):
        for line in block.splitlines():
            for part in line.removeprefix("$ ").split("&&"):
                words = shlex.split(part, comments=True)
                if words and Path(words[0]).name == "mesodyn":
                    yield words[1:]


def command_line() -> click.Group:
    """The group behind `mesodyn`."""
    from mesodyn import cli

    return next(thing for thing in vars(cli).values() if isinstance(thing, click.Group))


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_the_python_on_a_page_runs_from_top_to_bottom(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for number, code in enumerate(blocks(page, "python"), start=1):
        exec(compile(code, f"{page.name}, block {number}", "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_and_options_on_a_page_exist(page: Path) -> None:
    group = command_line()
    with click.Context(group) as context:
        for name, *words in (words for words in commands(page) if words):
            if name.startswith("-"):
                continue
            command = group.get_command(context, name)
            while isinstance(command, click.Group) and words and not words[0].startswith("-"):
                name, command = f"{name} {words[0]}", command.get_command(context, words.pop(0))
            assert command is not None, f"{page.name} names 'mesodyn {name}'"
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            known.add("--help")
            named = {word.split("=", 1)[0] for word in words if word.startswith("--")}
            assert named <= known, f"{page.name} names {sorted(named - known)} of 'mesodyn {name}'"


def test_the_readme_has_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("python3 -m venv")] == list(README_COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_pictures_of_a_page_lead_to_files(page: Path) -> None:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" in target or target.startswith(("_generated/", "gallery/")):
            continue
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_anchors_on_a_page_lead_to_headings(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([\w/.]*\.md)#([^)]+)\)", page.read_text(encoding="utf-8")):
        headings = re.findall(r"^#+ (.*)$", (page.parent / target).read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in [heading.lower().replace(" ", "-") for heading in headings], f"{target}#{anchor}"


@pytest.mark.parametrize("page", ["README.md", "docs/experiments.md"])
def test_every_experiment_has_a_row_in_the_tables(page: str) -> None:
    import mesodyn as md

    rows = re.findall(r"^\| \[?`([\w-]+)`", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert set(md.experiments()) <= set(rows)


def test_the_tests_that_the_theory_map_names_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")))
    files = (ROOT / "tests").rglob("test_*.py")
    known = {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)}
    assert named and named <= known, f"theory.md names {sorted(named - known)}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_runs_alone_in_any_folder_and_is_short(scenario: Path, tmp_path: Path) -> None:
    assert len(scenario.read_text(encoding="utf-8").splitlines()) <= 120
    command = [sys.executable, "-W", "error", str(scenario)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not any(tmp_path.iterdir())


def test_the_picture_in_the_readme_is_small() -> None:
    assert (ROOT / "docs" / "_static" / "two-pi-rotation.png").stat().st_size < 120_000
