"""Bars that grow in a film: what is counted as it arrives."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import ArrayLike

from mesodyn.figures import style
from mesodyn.figures.animation import MovingPanel
from mesodyn.figures.plots import same_shape


class GrowingBars(MovingPanel):
    """Bars side by side that grow from frame to frame, over what they are expected to become.

    Parameters
    ----------
    title : str
        Over the panel.
    x, width : array, shape (bars,)
        Centres and widths of the bars.
    heights : array, shape (frames, bars)
        Their heights.
    xlabel, ylabel : str
        With units.
    outlook : array, shape (bars,), optional
        A faint line, at the heights of the last frame if all went as expected.
    """

    def __init__(
        self,
        title: str,
        x: ArrayLike,
        width: ArrayLike,
        heights: ArrayLike,
        xlabel: str,
        ylabel: str,
        outlook: ArrayLike | None = None,
    ) -> None:
        self.x, self.heights = np.asarray(x, float), np.asarray(heights, float)
        self.width = np.broadcast_to(np.asarray(width, float), self.x.shape)
        super().__init__(title, self.heights)
        same_shape("heights of a frame", self.heights[0], self.x)
        self.outlook = None if outlook is None else np.asarray(outlook, float)
        self.labels = xlabel, ylabel

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the outlook; the bars move."""
        self.bars = PolyCollection([], facecolor=style.colours(1)[0], linewidth=0, zorder=3)
        ax.add_collection(self.bars, autolim=False)
        top = float(self.heights.max(initial=0.0))
        if self.outlook is not None:
            ax.plot(self.x, self.outlook, color=style.MUTED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=4)
            top = max(top, float(self.outlook.max()))
        ax.set_xlim(float((self.x - self.width / 2).min()), float((self.x + self.width / 2).max()))
        ax.set_ylim(0, 1.1 * top or 1.0)
        ax.set(xlabel=self.labels[0], ylabel=self.labels[1])
        return [self.bars]

    def update(self, frame: int) -> None:
        """Give the bars the heights of this frame."""
        left, right, zero = self.x - self.width / 2, self.x + self.width / 2, np.zeros_like(self.x)
        top = self.heights[frame]
        corners = [(left, zero), (left, top), (right, top), (right, zero)]
        self.bars.set_verts(np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1))  # type: ignore[arg-type]


class Marks(MovingPanel):
    """Marks that appear one by one in a plane, the newest one larger.

    Parameters
    ----------
    title : str
        Over the panel.
    x, y : array, shape (marks,)
        Where they are.
    shown : array of int, shape (frames,)
        How many there are in each frame.
    limits : (float, float)
        Of the vertical axis.
    ticks : mapping of float to str
        Of the vertical axis.
    xlabel : str
        Label of the horizontal axis.
    """

    def __init__(
        self,
        title: str,
        x: ArrayLike,
        y: ArrayLike,
        shown: ArrayLike,
        limits: tuple[float, float],
        ticks: dict[float, str],
        xlabel: str,
    ) -> None:
        self.x, self.y, self.shown = np.asarray(x, float), np.asarray(y, float), np.asarray(shown, int)
        super().__init__(title, self.shown)
        self.limits, self.ticks, self.xlabel = limits, ticks, xlabel

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the levels; the marks move."""
        for level in self.ticks:
            ax.axhline(level, color=style.FAINT, linewidth=0.9, zorder=0)
        ax.set_yticks(list(self.ticks), list(self.ticks.values()))
        ax.set(xlim=(0, float(self.x.max(initial=1.0)) + 1), ylim=self.limits, xlabel=self.xlabel)
        colour, other = style.colours(2)
        (self.old,) = ax.plot([], [], "o", color=colour, markersize=4.0, zorder=3)
        (self.new,) = ax.plot([], [], "o", color=other, markersize=8.0, zorder=4)
        return [self.old, self.new]

    def update(self, frame: int) -> None:
        """Show as many as have come."""
        n = int(self.shown[frame])
        self.old.set_data(self.x[:n], self.y[:n])
        self.new.set_data(self.x[max(n - 1, 0) : n], self.y[max(n - 1, 0) : n])
