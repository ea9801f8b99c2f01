"""Still pictures of plain arrays. Nothing here knows which experiment the numbers come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.text import Annotation
from numpy.typing import ArrayLike, NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.figures import style

FEW = 24
"""Up to this many points a curve is drawn as markers."""

_THEORY = "expected"
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


@dataclass(frozen=True)
class Panel:
    """One of several plots stacked over the same time: a label of its axis, and named lines."""

    ylabel: str
    lines: Mapping[str, ArrayLike]


@dataclass(frozen=True)
class Span:
    """A named stretch of the horizontal axis; an instant when `start` equals `stop`."""

    start: float
    stop: float
    label: str


@dataclass(frozen=True)
class Curve:
    """What was measured and what was expected there, on the same points.

    `expected` may be one number. `style` is ``"line"``, ``"markers"`` or ``"auto"`` (markers up to 24 points).
    """

    y: ArrayLike
    expected: ArrayLike | None = None
    style: Literal["auto", "line", "markers"] = "auto"


@style.styled()
def along_protocol(
    time: ArrayLike, panels: Sequence[Panel], segments: Sequence[Span] = (), xlabel: str = "time"
) -> Figure:
    """Draw stacked panels over one time axis, with the protocol's segments shaded and named on top.

    Parameters
    ----------
    time : array, shape (samples,)
        Not decreasing.
    panels : sequence of Panel
        At least one, from top to bottom; lines have shape (samples,). Those of two or more get a legend.
    segments : sequence of Span
        Instantaneous ones are thin dashed lines.
    xlabel : str
        With the unit.

    Raises
    ------
    InputError
        A line's length is not that of `time`, or there is no panel.
    """
    t = np.asarray(time, dtype=float)
    if not panels:
        raise InputError("panels", "at least one Panel", Shown("empty"))
    drawing, grid = style.figure(height=0.9 + 1.25 * len(panels), rows=len(panels), sharex=True)
    axes: list[Axes] = list(grid[:, 0])
    for ax, panel in zip(axes, panels, strict=True):
        named = {label: Curve(y, style="line") for label, y in panel.lines.items()}
        _draw_curves(ax, t, named)
        ax.set_ylabel(panel.ylabel)
        shade(ax, segments)
        if len(named) > 1:
            ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), borderaxespad=0.0, handlelength=2.4)
    limit_x(axes[-1], t)
    axes[-1].set_xlabel(xlabel)
    drawing.align_ylabels(axes)
    name_spans(axes[0], segments)
    return drawing


@style.styled()
def against(
    x: ArrayLike,
    curves: Mapping[str, ArrayLike | Curve],
    xlabel: str,
    ylabel: str,
    marks: Mapping[str, float] | None = None,
    xticks: Mapping[float, str] | None = None,
) -> Figure:
    """Draw measured curves and what theory expects of them against one parameter.

    Curves that coincide over a stretch are dashed one over the other, so that each shows in the gaps of the next.

    Parameters
    ----------
    x : array, shape (points,)
        The parameter.
    curves : mapping of label to Curve or array, shape (points,)
        The expected values are a thin dotted black line over the measured ones.
    xlabel, ylabel : str
        With units.
    marks : mapping of label to float, optional
        Places on the horizontal axis to point out, as thin dashed lines.
    xticks : mapping of float to label, optional
        The ticks, such as `turn_ticks(4)`.

    Raises
    ------
    InputError
        A curve's length is not that of `x`, or there is no curve.
    """
    points = np.asarray(x, dtype=float)
    if not curves:
        raise InputError("curves", "at least one curve", Shown("empty"))
    named = {label: c if isinstance(c, Curve) else Curve(c) for label, c in curves.items()}
    drawing, grid = style.figure(height=3.3)
    ax: Axes = grid[0, 0]
    _draw_curves(ax, points, named)
    limit_x(ax, points)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if xticks is not None:
        ax.set_xticks(list(xticks), list(xticks.values()))
    spans = [Span(place, place, label) for label, place in (marks or {}).items()]
    shade(ax, spans)
    if len(named) > 1 or any(curve.expected is not None for curve in named.values()):
        _legend_below(drawing)
    name_spans(ax, spans)
    return drawing


@style.styled()
def bars(values: ArrayLike, weights: ArrayLike, xlabel: str, ylabel: str = "probability") -> Figure:
    """Draw a discrete distribution: one stem per outcome, its weight written on top when there are few.

    Parameters
    ----------
    values, weights : array, shape (outcomes,)
        Where the stems stand and how high they are.
    xlabel, ylabel : str
        With units.
    """
    x, w = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    same_shape("weights", w, x)
    drawing, grid = style.figure(height=2.8)
    ax: Axes = grid[0, 0]
    colour = style.colours(1)[0]
    ax.vlines(x, 0.0, w, color=colour, linewidth=2.4)
    ax.plot(x, w, "o", color=colour, markersize=6.0, clip_on=False)
    ax.axhline(0.0, color=style.MUTED, linewidth=0.8)
    if x.size <= 8:
        for place, weight in zip(x, w, strict=True):
            ax.annotate(
                f"{weight:.3g}", (place, weight), (0, 6), textcoords="offset points", ha="center", fontsize=style.SMALL
            )
        ax.set_xticks(np.unique(x))
    ax.margins(x=0.12)
    ax.set_ylim(min(0.0, 1.1 * float(np.min(w, initial=0.0))), 1.15 * float(np.max(w, initial=0.0)) or 1.0)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return drawing


@style.styled()
def phasor(z_curves: Mapping[str, ArrayLike], radius: float = 1.0, xlabel: str = "Re", ylabel: str = "Im") -> Figure:
    """Draw paths in the complex plane; a ring marks where each starts, an arrow from 0 where it ends.

    Parameters
    ----------
    z_curves : mapping of label to complex array, shape (samples,)
        The paths.
    radius : float
        Of the dashed guide circle; another has half of it.
    xlabel, ylabel : str
        Labels of the axes.
    """
    if not z_curves:
        raise InputError("z_curves", "at least one path", Shown("empty"))
    drawing, grid = style.figure(width=3.9, height=3.9)
    ax: Axes = grid[0, 0]
    extent = 1.12 * max(radius, *(float(np.nanmax(np.abs(z), initial=0.0)) for z in z_curves.values()))
    complex_guides(ax, radius, extent)
    for (label, path), colour in zip(z_curves.items(), style.colours(len(z_curves)), strict=True):
        z = np.asarray(path, dtype=complex)
        ax.plot(z.real, z.imag, color=colour, label=label)
        if z.size:
            ax.plot(z.real[0], z.imag[0], "o", color=colour, markersize=5.0, markerfacecolor="white", zorder=3)
            arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkA": 0.0, "shrinkB": 0.0}
            ax.annotate("", (z.real[-1], z.imag[-1]), (0.0, 0.0), arrowprops=arrow)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if len(z_curves) > 1:
        _legend_below(drawing)
    return drawing


@style.styled()
def image(x: ArrayLike, y: ArrayLike, z: ArrayLike, xlabel: str, ylabel: str, zlabel: str) -> Figure:
    """Draw a map of z(x, y); colours diverge from white at 0 when z has both signs.

    Parameters
    ----------
    x, y : array, shapes (columns,) and (rows,)
        Centres of the cells, monotonic.
    z : array, shape (rows, columns)
        The values.
    xlabel, ylabel, zlabel : str
        With units.
    """
    columns, rows, values = (np.asarray(a, dtype=float) for a in (x, y, z))
    if values.shape != (rows.size, columns.size):
        raise InputError("z", f"an array of shape {(rows.size, columns.size)}", Shown(f"of shape {values.shape}"))
    drawing, grid = style.figure(width=4.6, height=3.4)
    ax: Axes = grid[0, 0]
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    palette = "viridis"
    if min(-low, high) > 1e-3 * max(-low, high):
        palette, high = "RdBu_r", max(-low, high)
        low = -high
    cells = ax.pcolormesh(columns, rows, values, shading="nearest", cmap=palette, vmin=low, vmax=high, rasterized=True)
    bar = drawing.colorbar(cells, ax=ax, label=zlabel)
    bar.outline.set_visible(False)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return drawing


def turn_ticks(turns: int) -> dict[float, str]:
    r"""Give ticks at 0, 2π, 4π, ... for `turns` full turns.

    Examples
    --------
    >>> list(turn_ticks(2).values())
    ['0', '$2\\pi$', '$4\\pi$']
    """
    return {2.0 * np.pi * n: f"${2 * n}\\pi$" if n else "0" for n in range(turns + 1)}


def shade(ax: Axes, spans: Sequence[Span]) -> None:
    """Tint the spans lightly, in turn; instants become thin dashed lines."""
    stretches = [span for span in spans if span.stop > span.start]
    for i, span in enumerate(stretches):
        ax.axvspan(span.start, span.stop, color=style.TINTS[i % 2], linewidth=0, zorder=0)
    for span in spans:
        if span.stop == span.start:
            ax.axvline(span.start, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)


def name_spans(ax: Axes, spans: Sequence[Span]) -> list[Annotation]:
    """Write the spans' labels above `ax` such that none collides; lays the figure out to measure them."""
    if not spans:
        return []
    drawing = ax.get_figure(root=True)
    assert drawing is not None
    kind: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    kind["bbox"] = {"facecolor": "white", "linewidth": 0.0, "pad": 0.5}  # so that no leader crosses a word
    texts = [ax.annotate(s.label, (0, 1), (0, 3), **kind, fontsize=style.SMALL, va="bottom") for s in spans]
    drawing.draw_without_rendering()
    left, right = ax.get_xlim()
    widths = [(text.get_window_extent().width + 7.0) / ax.bbox.width for text in texts]
    places = [((s.start - left) / (right - left), (s.stop - left) / (right - left)) for s in spans]
    for text, place, width, (edge, row) in zip(texts, places, widths, place_labels(places, widths), strict=True):
        height = 3.0 + 1.45 * style.SMALL * row
        text.xy, text.xyann = (edge + width / 2, 1.0), (0.0, height)
        text.set_horizontalalignment("center")
        if row:
            leader = {"arrowstyle": "-", "color": style.FAINT, "linewidth": 0.8, "shrinkA": 0.0, "shrinkB": 0.0}
            ax.annotate("", (sum(place) / 2, 1.0), (0.0, height), **kind, arrowprops=leader, zorder=2)
    return texts


def place_labels(spans: Sequence[tuple[float, float]], widths: Sequence[float]) -> list[tuple[float, int]]:
    """Find a left edge and a row for each span's label such that no label covers another or its leader line.

    Labels that fit over their spans take the lowest row; the others go beside or above.

    Parameters
    ----------
    spans : sequence of (start, stop)
        In units of the axis' width.
    widths : sequence of float
        Of the labels, in the same units.

    Examples
    --------
    >>> place_labels([(0.0, 0.5), (0.5, 0.5), (0.5, 1.0)], [0.3, 0.3, 0.3])
    [(0.1, 0), (0.35, 1), (0.6, 0)]
    """
    centres = [(start + stop) / 2 for start, stop in spans]
    taken: list[tuple[float, float, int, float]] = []  # left, right, row, centre

    def free(left: float, right: float, row: int, centre: float) -> bool:
        for start, stop, level, middle in taken:
            beside = row != level or right <= start or stop <= left
            if not beside or (row < level and left < middle < right) or (row > level and start < centre < stop):
                return False
        return True

    fits = [width <= stop - start for width, (start, stop) in zip(widths, spans, strict=True)]
    order = sorted(range(len(spans)), key=lambda i: (not fits[i], centres[i]))
    found: dict[int, tuple[float, int]] = {}
    for n, i in enumerate(order):
        width, centre = widths[i], centres[i]
        edges = [max(0.0, min(edge, 1.0 - width)) for edge in (centre - width / 2, centre - width, centre)]
        room = [(e, row) for row in range(len(spans) + 1) for e in edges if free(e, e + width, row, centre)]
        # One that stands above another's place needs a row below it for that other's label.
        later = [centres[j] for j in order[n + 1 :] if not fits[j]]
        covered = {spot: sum(spot[0] < other < spot[0] + width for other in later) for spot in room}
        room.sort(key=lambda spot: (covered[spot] > 0, covered[spot] > spot[1], spot[1]))
        edge, row = room[0] if room else (edges[0], 1 + max(level for _, _, level, _ in taken))
        taken.append((edge, edge + width, row, centre))
        found[i] = edge, row
    return [found[i] for i in range(len(spans))]


def complex_guides(ax: Axes, radius: float, extent: float) -> None:
    """Draw the cross of axes and dashed circles of `radius` and half of it in a square of the complex plane."""
    for size in (radius, radius / 2):
        ax.add_patch(Circle((0, 0), size, fill=False, edgecolor=style.FAINT, linestyle=(0, (4, 3)), linewidth=0.8))
    ax.axhline(0.0, color=style.FAINT, linewidth=0.8, zorder=0)
    ax.axvline(0.0, color=style.FAINT, linewidth=0.8, zorder=0)
    ax.set_aspect("equal")
    ax.set(xlim=(-extent, extent), ylim=(-extent, extent))
    ax.set_xticks([-radius, 0, radius])
    ax.set_yticks([-radius, 0, radius])


def nested(ys: Sequence[NDArray[np.float64]]) -> list[tuple[int, int]]:
    """Group curves that coincide over a tenth of their points; give each its rank in its group and the group's size."""
    everything = np.concatenate([y[np.isfinite(y)] for y in ys])
    close = 0.005 * float(np.ptp(everything)) if everything.size else 0.0
    groups: list[list[int]] = []
    for i, y in enumerate(ys):
        home = next((g for g in groups if any(np.mean(np.abs(ys[j] - y) <= close) >= 0.1 for j in g)), None)
        if home is None:
            groups.append([i])
        else:
            home.append(i)
    ranks = {i: (rank, len(group)) for group in groups for rank, i in enumerate(group)}
    return [ranks[i] for i in range(len(ys))]


def dashes(rank: int, size: int) -> str | tuple[float, tuple[float, float]]:
    """Give the line style of the `rank`-th of `size` coinciding curves: each shows the ones below in its gaps."""
    return (0.0, (2.2 * (size - rank), 2.2 * rank)) if rank else "-"


def _draw_curves(ax: Axes, x: NDArray[np.float64], curves: Mapping[str, Curve]) -> None:
    ys = [np.asarray(curve.y, dtype=float) for curve in curves.values()]
    for label, y in zip(curves, ys, strict=True):
        same_shape(f"curve {label!r}", y, x)
    theory, looks = _THEORY, zip(style.colours(len(ys)), nested(ys), _MARKERS * len(ys), strict=False)
    for (label, curve), y, (colour, (rank, size), marker) in zip(curves.items(), ys, looks, strict=False):
        if curve.style == "markers" or (curve.style == "auto" and x.size <= FEW):
            grown = 4.0 + 1.8 * (size - 1 - rank)
            ax.plot(x, y, marker, color=colour, label=label, markersize=grown, markerfacecolor="none", clip_on=False)
        else:
            ax.plot(x, y, color=colour, label=label, linestyle=dashes(rank, size), dash_capstyle="butt")
        if curve.expected is not None:
            given = np.asarray(curve.expected, dtype=float)
            expected = given if given.ndim else np.full(x.shape, given)
            same_shape(f"what is expected of {label!r}", expected, x)
            ax.plot(x, expected, color="black", label=theory, linewidth=0.9, linestyle=(0, (1, 2)), zorder=4)
            theory = "_expected"
    style.steady(ax)


def _legend_below(drawing: Figure) -> None:
    """Put the legend of the first axes under the picture, in as many columns as its width holds."""
    handles, labels = drawing.axes[0].get_legend_handles_labels()
    entries = sorted(zip(handles, labels, strict=True), key=lambda entry: entry[1] == _THEORY)
    handles, labels = [h for h, _ in entries], [label for _, label in entries]
    for columns in range(min(len(labels), 4), 0, -1):
        legend = drawing.legend(handles, labels, loc="outside lower center", ncols=columns, columnspacing=1.4)
        if columns == 1 or legend.get_window_extent().width <= 0.97 * drawing.bbox.width:
            return
        legend.remove()


def limit_x(ax: Axes, x: NDArray[np.float64]) -> None:
    """End the horizontal axis where the data end."""
    if x.size and np.ptp(x) > 0.0:
        ax.set_xlim(float(np.min(x)), float(np.max(x)))


def same_shape(name: str, was: NDArray[Any], like: NDArray[Any]) -> None:
    """Refuse an array that isn't a list of as many numbers as `like` is."""
    if was.shape != like.shape or was.ndim != 1:
        raise InputError(name, f"an array of shape {like.shape}", Shown(f"of shape {was.shape}"))
