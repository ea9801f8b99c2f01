"""Pictures of a plan: what each imperfection costs, which matters, and where the window is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter
from numpy.typing import ArrayLike

from mesodyn.figures import plots, style

HATCH = "////"


@style.styled()
def lying_bars(
    names: Sequence[str], series: Mapping[str, ArrayLike], xlabel: str, marks: Mapping[str, float] | None = None
) -> Figure:
    """Draw bars that lie, one group per name from top to bottom.

    Parameters
    ----------
    names : sequence of str
        Of the groups.
    series : mapping of label to array, shape (names,)
        Bars of one colour.
    xlabel : str
        With the unit.
    marks : mapping of label to float, optional
        Places to point out, as dashed lines.
    """
    count = len(series)
    drawing, grid = style.figure(height=1.0 + 0.16 * len(names) * (count + 0.8), width=5.4)
    ax: Axes = grid[0, 0]
    rows = np.arange(len(names), dtype=float)
    thick = 0.8 / count
    for k, ((label, values), colour) in enumerate(zip(series.items(), style.colours(count), strict=True)):
        array = np.asarray(values, float)
        plots.same_shape(f"series {label!r}", array, rows)
        ax.barh(rows + (k - (count - 1) / 2) * thick, array, thick * 0.9, color=colour, label=label)
    for (label, place), dashes in zip((marks or {}).items(), ("--", ":", "-."), strict=False):
        ax.axvline(place, color=style.INK, linewidth=0.9, linestyle=dashes, label=label)
    ax.set_yticks(rows, list(names))
    ax.invert_yaxis()
    ax.axvline(0.0, color=style.MUTED, linewidth=0.8)
    ax.set_xlabel(xlabel)
    ax.margins(x=0.04)
    handles, labels = ax.get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside lower center", ncols=2)
    return drawing


@style.styled()
def window(
    x: ArrayLike,
    y: ArrayLike,
    time: ArrayLike,
    most: float,
    here: tuple[float, float],
    best: tuple[float, float] | None,
    xlabel: str,
    ylabel: str,
    zlabel: str,
) -> Figure:
    """Draw how long a measurement takes over two numbers on logarithmic scales; where it takes too long, hatched.

    Parameters
    ----------
    x, y : array, shapes (columns,) and (rows,)
        Centres of the cells.
    time : array, shape (rows, columns)
        inf where it can't be done: left white.
    most : float
        The longest that is allowed.
    here, best : pair of float
        The plan, and the best point (or None).
    xlabel, ylabel, zlabel : str
        With units.
    """
    columns, rows, values = (np.asarray(a, dtype=float) for a in (x, y, time))
    shown = np.where(np.isfinite(values), values, np.nan)
    drawing, grid = style.figure(width=5.0, height=3.7)
    ax: Axes = grid[0, 0]
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    if columns[-1] > 50 * columns[0]:
        ax.xaxis.set_minor_formatter(NullFormatter())
    elif columns[-1] > 5 * columns[0]:
        ax.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
        for formatter in (ax.xaxis.set_major_formatter, ax.xaxis.set_minor_formatter):
            formatter(FormatStrFormatter("%g"))
    if rows[-1] < 3 * rows[0]:
        ax.yaxis.set_major_formatter(FormatStrFormatter("%g"))
        ax.yaxis.set_minor_formatter(FormatStrFormatter("%g"))
    if np.isfinite(shown).any():
        low = float(np.nanmin(shown))
        norm = LogNorm(low, max(float(np.nanpercentile(shown, 90)), 10 * low))
        cells = ax.pcolormesh(columns, rows, shown, shading="nearest", cmap="viridis_r", norm=norm, rasterized=True)
        drawing.colorbar(cells, ax=ax, label=zlabel, extend="max").outline.set_visible(False)
    too_long = ~(values <= most)
    if too_long.any():
        closed, clear = np.ma.masked_array(too_long.astype(float), ~too_long), ListedColormap(["none"])
        ax.pcolor(columns, rows, closed, shading="nearest", cmap=clear, hatch=HATCH).set(
            edgecolor=style.INK, linewidth=0.0
        )
    mark: dict[str, Any] = {
        "color": "white",
        "markeredgecolor": style.INK,
        "linestyle": "none",
        "clip_on": False,
        "zorder": 5,
    }
    ax.plot(*here, "o", markersize=7.0, label="this plan", **mark)
    if best is not None:
        ax.plot(*best, "*", markersize=12.0, label="best", **mark)
    ax.set(xlim=(columns[0], columns[-1]), ylim=(rows[0], rows[-1]))
    drawing.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return drawing
