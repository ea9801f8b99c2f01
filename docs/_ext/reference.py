"""The API page's list, written from `mesodyn.__all__`: what is public is documented, and nothing else."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType

GROUPS = ("Classes", "Functions", "Modules")


def directive(name: str, thing: object) -> tuple[str, str]:
    """Group and autodoc directive of a public name."""
    if inspect.isclass(thing):
        return "Classes", f".. autoclass:: mesodyn.{name}\n   :members:"
    if inspect.ismodule(thing):
        return "Modules", f".. automodule:: mesodyn.{name}\n   :members:"
    return "Functions", f".. autofunction:: mesodyn.{name}"


def write_reference(package: ModuleType, path: Path) -> None:
    """Write the list as MyST text; a file that would not change stays untouched."""
    entries: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name in sorted(name for name in package.__all__ if not name.startswith("__")):
        group, text = directive(name, getattr(package, name))
        entries[group].append(f"```{{eval-rst}}\n{text}\n```\n")
    text = "\n".join(f"## {group}\n\n" + "\n".join(entries[group]) for group in GROUPS if entries[group])
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
