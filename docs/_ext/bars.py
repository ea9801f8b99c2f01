"""Bars in docstrings are bars: `|c|` and `|N>` are physics, not the substitutions of reStructuredText."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

# A bar outside of literals, roles and names in backquotes.
BAR = re.compile(r"(``.*?``|:\w+:`[^`]*`|`[^`]*`)|(?<!\\)\|")
# Blocks that are taken as they stand, until a blank line ends them.
VERBATIM = (">>>", ".. math::")


def escape_bars(lines: list[str]) -> list[str]:
    """The lines with their bars escaped, except in formulas and examples."""
    found, verbatim = [], False
    for line in lines:
        verbatim = (verbatim and bool(line.strip())) or line.lstrip().startswith(VERBATIM)
        found.append(line if verbatim else BAR.sub(lambda m: m[1] or r"\|", line))
    return found


def process(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Do so for a docstring in place."""
    lines[:] = escape_bars(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register before numpydoc, which rearranges the lines."""
    app.connect("autodoc-process-docstring", process, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
