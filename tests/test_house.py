"""The house stands: floors import downwards, importing mesodyn is cheap, files stay small, versions are pinned."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
FOLDERS = ("mesodyn", "tests", "scenarios", "docs")
PYTHONS = ("3.11", "3.12", "3.13")
LONGEST = 400


def python_files() -> list[Path]:
    """All Python files of the project, without what builds have made."""
    made = {"_build", "_generated", "gallery"}
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return [path for path in files if not made & set(path.relative_to(ROOT).parts)]


def environment(python: str) -> dict[str, str]:
    """The marker environment of this machine under another version of Python."""
    return {**default_environment(), "python_version": python, "python_full_version": f"{python}.9"}  # type: ignore[dict-item]


def requirements() -> dict[str, list[Requirement]]:
    """What `pyproject.toml` asks for, by extra; "" is the package itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: [Requirement(line) for line in lines] for extra, lines in groups.items()}


def constraints() -> list[Requirement]:
    """The lines of `constraints.txt`."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def test_each_floor_imports_only_from_floors_below() -> None:
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None))"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_mesodyn_loads_nothing_heavy() -> None:
    heavy = ("qutip", "matplotlib", "xarray", "pint", "numpy", "scipy", "netCDF4", "distributed", "click")
    code = f"import sys, mesodyn; print(*[name for name in {heavy!r} if name in sys.modules])"
    # Coverage and the like start themselves in child processes through the environment and may load numpy.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV_CORE")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean)
    loaded = set(done.stdout.split())
    assert not loaded & {"qutip", "matplotlib", "xarray", "pint", "scipy", "netCDF4", "distributed"}


def test_every_file_is_short_enough_to_hold_one_idea() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert lengths
    assert not {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > LONGEST}


@pytest.mark.parametrize("python", PYTHONS)
def test_constraints_allow_what_pyproject_asks_for(python: str) -> None:
    here = environment(python)
    pinned = {
        canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("=="))
        for pin in constraints()
        if pin.marker is None or pin.marker.evaluate(here)
    }
    wrong = []
    for extra, wanted in requirements().items():
        for need in wanted:
            if need.marker is not None and not need.marker.evaluate({**here, "extra": extra}):
                continue
            version = pinned.get(canonicalize_name(need.name))
            if version is None or not need.specifier.contains(version, prereleases=True):
                wrong.append(f"{need} against {version}")
    assert not wrong, f"make constraints.txt anew (docs/contributing.md): {wrong}"


def test_constraints_hold_names_versions_and_markers_only() -> None:
    for pin in constraints():
        assert pin.url is None
        assert not pin.extras
        assert [specifier.operator for specifier in pin.specifier] == ["=="]


def test_supported_pythons_are_the_ones_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {line.rsplit(" ", 1)[1] for line in project["classifiers"] if "Python :: 3." in line}
    assert named == set(PYTHONS)
