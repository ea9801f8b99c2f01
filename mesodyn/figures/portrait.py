"""Phase portraits: the lines on which a motion runs, and the point that runs on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.figures import style
from mesodyn.figures.animation import MovingPanel

Floats = NDArray[np.float64]
CLOUD = LinearSegmentedColormap.from_list("cloud", ["#ffffff", "#c9dcf2", "#7fa8d6"])
"""From nothing to much, pale enough to draw lines on."""
TICKS = {-1: "$-\\pi$", 0: "0", 1: "$\\pi$", 2: "$2\\pi$"}
"""The names of multiples of pi."""


def broken(angle: ArrayLike, height: ArrayLike, first: float = -np.pi) -> tuple[Floats, Floats]:
    """An angle in the turn from `first` on and a height along it, with gaps (nan) where the angle jumps over its edge.

    Examples
    --------
    >>> broken([3.0, 3.5], [0.1, 0.2])[0].round(3).tolist()
    [3.0, nan, -2.783]
    """
    turned = (np.asarray(angle, float) - first) % (2 * np.pi) + first
    at = np.flatnonzero(np.abs(np.diff(turned)) > np.pi) + 1
    return np.insert(turned, at, np.nan), np.insert(np.asarray(height, float), at, np.nan)


@style.styled()
def portrait(
    x: ArrayLike,
    y: ArrayLike,
    energy: ArrayLike,
    paths: Mapping[str, tuple[ArrayLike, ArrayLike]],
    xlabel: str,
    ylabel: str,
    edges: Sequence[float] = (),
    cloud: ArrayLike | None = None,
) -> Figure:
    """Draw lines of equal energy over an angle, and paths among them; a ring marks where each path starts.

    Parameters
    ----------
    x, y : array, shapes (columns,) and (rows,)
        The angle over one turn, from -pi or 0, and what is conjugate to it.
    energy : array, shape (rows, columns)
        Its lines are drawn thin; those at `edges` (separatrices) dashed.
    paths : mapping of label to (x, y), each of shape (samples,)
        The angle of a path may run on beyond the turn.
    xlabel, ylabel : str
        With units.
    cloud : array, shape (rows, columns), optional
        A density behind the lines.
    """
    drawing, grid = style.figure(width=4.6, height=3.6)
    ax: Axes = grid[0, 0]
    _background(ax, x, y, energy, edges, cloud)
    for (label, (angle, height)), colour in zip(paths.items(), style.colours(len(paths)), strict=True):
        there, high = broken(angle, height, float(np.asarray(x)[0]))
        ax.plot(there, high, color=colour, label=label)
        ax.plot(there[0], high[0], "o", color=colour, markerfacecolor="white", markersize=6, zorder=5)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    drawing.legend(loc="outside lower center", ncols=3, columnspacing=1.4)
    return drawing


def _background(
    ax: Axes, x: ArrayLike, y: ArrayLike, energy: ArrayLike, edges: Sequence[float], cloud: ArrayLike | None
) -> None:
    columns, rows, values = (np.asarray(a, float) for a in (x, y, energy))
    if values.shape != (rows.size, columns.size):
        raise InputError("energy", f"an array of shape {(rows.size, columns.size)}", Shown(f"of shape {values.shape}"))
    if cloud is not None:
        ax.pcolormesh(columns, rows, np.asarray(cloud, float), cmap=CLOUD, shading="nearest", rasterized=True, zorder=0)
    levels = np.linspace(values.min(), values.max(), 14)[1:-1]
    ax.contour(columns, rows, values, levels=levels, colors=style.FAINT, linewidths=0.8, linestyles="-", zorder=1)
    if len(edges):
        ax.contour(columns, rows, values, levels=sorted(edges), colors=style.MUTED, linewidths=1.2, linestyles="--")
    ax.set(xlim=(columns[0], columns[-1]), ylim=(rows[0], rows[-1]))
    shown = {np.pi * k: name for k, name in TICKS.items() if columns[0] - 1e-9 <= np.pi * k <= columns[-1] + 1e-9}
    ax.set_xticks(list(shown), list(shown.values()))


class PortraitPanel(MovingPanel):
    """A phase portrait with points that run on it and the trails that they leave.

    Parameters
    ----------
    title : str
        Over the panel.
    x, y, energy, edges, xlabel, ylabel
        As for `portrait`.
    paths : mapping of label to (x, y), each of shape (frames,)
        The points.
    """

    def __init__(
        self,
        title: str,
        x: ArrayLike,
        y: ArrayLike,
        energy: ArrayLike,
        paths: Mapping[str, tuple[ArrayLike, ArrayLike]],
        xlabel: str,
        ylabel: str,
        edges: Sequence[float] = (),
    ) -> None:
        self.paths = {label: (np.asarray(a, float), np.asarray(b, float)) for label, (a, b) in paths.items()}
        super().__init__(title, *(part for pair in self.paths.values() for part in pair))
        self.map, self.edges, self.labels = (x, y, energy), edges, (xlabel, ylabel)

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the lines; points and trails move."""
        _background(ax, *self.map, self.edges, None)
        ax.set(xlabel=self.labels[0], ylabel=self.labels[1])
        self.points: list[Any] = []
        self.trails: list[Any] = []
        for label, colour in zip(self.paths, style.colours(len(self.paths)), strict=True):
            self.trails += ax.plot([], [], color=colour, linewidth=1.6, alpha=0.7, zorder=3)
            self.points += ax.plot([], [], "o", color=colour, markersize=8, label=label, zorder=4)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, handlelength=1.0, columnspacing=1.2)
        return [*self.trails, *self.points]

    def update(self, frame: int) -> None:
        """Bring points and trails to a frame."""
        for (angle, height), point, trail in zip(self.paths.values(), self.points, self.trails, strict=True):
            x, y = broken(angle[: frame + 1], height[: frame + 1], float(np.asarray(self.map[0])[0]))
            trail.set_data(x, y)
            point.set_data(x[-1:], y[-1:])


class ProfilePanel(MovingPanel):
    """A distribution that changes in time, as a filled curve.

    Parameters
    ----------
    title : str
        Over the panel.
    x : array, shape (places,)
        Ascending.
    weights : array, shape (frames, places)
        Not negative.
    xlabel, ylabel : str
        With units.
    """

    def __init__(self, title: str, x: ArrayLike, weights: ArrayLike, xlabel: str, ylabel: str = "probability") -> None:
        self.x, self.weights = np.asarray(x, float), np.asarray(weights, float)
        super().__init__(title, self.weights)
        self.xlabel, self.ylabel = xlabel, ylabel

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the axes; the curve moves."""
        colour = style.colours(1)[0]
        ax.set(xlim=(self.x[0], self.x[-1]), ylim=(0, 1.08 * float(self.weights.max())))
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        self.body = PolyCollection([self._outline(0)], facecolor=colour, alpha=0.35, linewidth=0)
        ax.add_collection(self.body)
        (self.rim,) = ax.plot(self.x, self.weights[0], color=colour, linewidth=1.4)
        return [self.body, self.rim]

    def _outline(self, frame: int) -> Floats:
        ends = [[self.x[-1], 0.0], [self.x[0], 0.0]]
        return np.concatenate([np.stack([self.x, self.weights[frame]], axis=1), ends])

    def update(self, frame: int) -> None:
        """Bring the curve to a frame."""
        self.body.set_verts([self._outline(frame)])
        self.rim.set_ydata(self.weights[frame])
