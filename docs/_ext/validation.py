"""The validation page's table, made by the build from `mesodyn.verify`; a build whose table has a failure stops."""

from __future__ import annotations

from pathlib import Path

from reference import write
from sphinx.errors import ExtensionError

import mesodyn


def write_validation(folder: Path) -> None:
    """Write the table as MyST text."""
    found = mesodyn.verify()
    if not found.passed:
        raise ExtensionError(found.summary)
    write(found.markdown() + "\n", folder / "validation.md")
