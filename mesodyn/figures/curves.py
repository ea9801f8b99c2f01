"""Curves of which some only stand behind the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from mesodyn.errors import InputError, Shown
from mesodyn.figures import plots, style

LOOKS: Sequence[dict[str, Any]] = (
    {"linewidth": 2.2, "linestyle": "-"},
    {"linewidth": 1.4, "linestyle": (0, (5, 2))},
    {"linewidth": 1.2, "linestyle": (0, (1, 1.5))},
)


@style.styled()
def over_lines(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    curves: Mapping[str, ArrayLike],
    xlabel: str,
    ylabel: str,
    marks: Mapping[str, float] | None = None,
) -> Figure:
    """Draw a few bold curves over a family of faint lines, each of which is named where it ends inside the picture.

    Parameters
    ----------
    x : array, shape (points,)
        The parameter.
    lines : mapping of label to array, shape (points,)
        They may run out of the picture, whose height the bold curves set.
    curves : mapping of label to array, shape (points,)
        One to three; nan where there is none.
    xlabel, ylabel : str
        With units.
    marks : mapping of label to float, optional
        Places on the horizontal axis to point out.

    Raises
    ------
    InputError
        A curve's length is not that of `x`, or there is no curve.
    """
    points = np.asarray(x, dtype=float)
    if not 1 <= len(curves) <= len(LOOKS):
        raise InputError("curves", f"one to {len(LOOKS)}", Shown(f"{len(curves)} of them"))
    drawing, grid = style.figure(height=3.6)
    ax: Axes = grid[0, 0]
    named = {label: np.asarray(y, dtype=float) for label, y in {**lines, **curves}.items()}
    for label, y in named.items():
        plots.same_shape(f"curve {label!r}", y, points)
    everything = np.concatenate([named[label] for label in curves])
    low, high = float(np.nanmin(everything)), float(np.nanmax(everything))
    room = 0.08 * (high - low) or 1.0
    ax.set_ylim(low - room, high + room)
    plots.limit_x(ax, points)
    for label in lines:
        ax.plot(points, named[label], color=style.FAINT, linewidth=0.9, zorder=1)
        _name_at_the_end(ax, points, named[label], label)
    for label, look, colour in zip(curves, LOOKS, style.colours(len(LOOKS)), strict=False):
        ax.plot(points, named[label], color=colour, label=label, zorder=3, **look)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    spans = [plots.Span(place, place, label) for label, place in (marks or {}).items()]
    plots.shade(ax, spans)
    drawing.legend(loc="outside lower center", ncols=len(curves))
    plots.name_spans(ax, spans)
    return drawing


def _name_at_the_end(ax: Axes, x: np.ndarray, y: np.ndarray, label: str) -> None:
    """Write a line's name at the first or the last of its points in the picture, whichever is higher."""
    low, high = ax.get_ylim()
    inside = np.flatnonzero((y >= low) & (y <= high))
    if not inside.size:
        return
    first, last = inside[0], inside[-1]
    k = last if y[last] > y[first] else first
    top = y[k] > high - 0.05 * (high - low)
    # At the top a name leans to the side that its line comes from: lines that cross there keep theirs apart.
    right = (k == last) and last != first
    shift = (-2.0 if right else 2.0, 2.0 if top else 1.0)
    look: dict[str, Any] = {"fontsize": style.SMALL, "color": style.MUTED, "annotation_clip": False}
    ax.annotate(
        label, (x[k], y[k]), shift, textcoords="offset points", ha="right" if right else "left", va="bottom", **look
    )
