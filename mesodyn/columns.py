"""Tables for a terminal."""

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], *, ruled: bool = True) -> str:
    """Rows of text in aligned columns; `ruled` puts a line under the first.

    Examples
    --------
    >>> print(aligned([("lab", "is"), ("natural", "no lab")]))
    lab      is
    -------  ------
    natural  no lab
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], *(["  ".join("-" * width for width in widths)] if ruled else []), *lines[1:]])
