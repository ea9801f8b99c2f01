"""Pictures and tables of a page, from the very code that stands on it (and that the tests run)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from reference import write

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write_pictures(page: Path, folder: Path) -> None:
    """Run a page's Python; save its figures as PAGE-NAME.png and its audits as audit-EXPERIMENT.md."""
    from mesodyn.audit.result import Audit  # not above: it would take the place of the function mesodyn.audit

    namespace: dict[str, Any] = {"__name__": "__main__"}
    for number, code in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), start=1):
        exec(compile(code, f"{page.name}, block {number}", "exec"), namespace)
    folder.mkdir(exist_ok=True)
    for name, value in namespace.items():
        if isinstance(value, Figure):
            value.savefig(folder / f"{page.stem}-{name}.png", dpi=160)
        elif isinstance(value, Audit):
            write(value.markdown(), folder / f"audit-{value.experiment}.md")
