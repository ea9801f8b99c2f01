"""Panels of moving pictures with curves: dots that run along fixed curves, and curves that change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from mesodyn.figures import style
from mesodyn.figures.animation import MovingPanel


class DotsPanel(MovingPanel):
    """Fixed curves, and dots that move over them.

    Parameters
    ----------
    title : str
        Over the panel.
    x : array, shape (points,)
        Of the curves.
    curves : mapping of label to array, shape (points,)
        What stays.
    dots : mapping of label to array, shape (frames, 2)
        What moves; nan where there is none.
    xlabel, ylabel : str
        With units.
    xticks : mapping of float to label, optional
        The ticks.
    """

    def __init__(
        self,
        title: str,
        x: ArrayLike,
        curves: Mapping[str, ArrayLike],
        dots: Mapping[str, ArrayLike],
        xlabel: str,
        ylabel: str,
        xticks: Mapping[float, str] | None = None,
    ) -> None:
        self.x = np.asarray(x, float)
        self.curves = {label: np.asarray(y, float) for label, y in curves.items()}
        self.paths = {label: style.vectors(f"dots {label!r}", path, 2) for label, path in dots.items()}
        super().__init__(title, *self.paths.values())
        self.xlabel, self.ylabel, self.xticks = xlabel, ylabel, xticks

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the curves; the dots move."""
        colours = style.colours(len(self.curves) + len(self.paths))
        for (label, y), colour in zip(self.curves.items(), colours, strict=False):
            ax.plot(self.x, y, color=colour, linewidth=1.6, label=label)
        self.dots: list[Line2D] = []
        for label, shade in zip(self.paths, (style.INK, style.MUTED) * len(self.paths), strict=False):
            self.dots += ax.plot([], [], "o", color=shade, markersize=8.0, label=label, zorder=5, clip_on=False)
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        ax.margins(y=0.12)
        if self.xticks is not None:
            ax.set_xticks(list(self.xticks), list(self.xticks.values()))
        ax.legend(
            loc="lower center",
            bbox_to_anchor=(0.5, 0.98),
            handletextpad=0.4,
            ncols=4,
            handlelength=1.0,
            columnspacing=0.8,
        )
        ax.set_title(self.title, pad=2.6 * style.SMALL)
        return list(self.dots)

    def settle(self) -> None:
        """Lift the title above the legend."""
        self.dots[0].axes.set_title(self.title, pad=2.6 * style.SMALL)  # type: ignore[union-attr]

    def update(self, frame: int) -> None:
        """Move the dots."""
        for dot, path in zip(self.dots, self.paths.values(), strict=True):
            dot.set_data([path[frame, 0]], [path[frame, 1]])


class GrowingPanel(MovingPanel):
    """One curve that changes from frame to frame, over places that are pointed out.

    Parameters
    ----------
    title : str
        Over the panel.
    x : array, shape (points,)
        Where the curve is.
    heights : array, shape (frames, points)
        The curve of each frame.
    xlabel, ylabel : str
        With units.
    marks : mapping of label to float
        Places on the horizontal axis.
    """

    def __init__(
        self, title: str, x: ArrayLike, heights: ArrayLike, xlabel: str, ylabel: str, marks: Mapping[str, float]
    ) -> None:
        self.x, self.heights = np.asarray(x, float), np.asarray(heights, float)
        super().__init__(title, self.heights)
        self.xlabel, self.ylabel, self.marks = xlabel, ylabel, marks

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the marks; the curve moves."""
        late = self.heights[len(self.heights) // 3 :]  # the first spectra are of too little to set the scale
        top = 1.12 * float(np.nanmax(late)) or 1.0
        for place in self.marks.values():
            ax.axvline(place, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        ax.set_xticks(list(self.marks.values()), list(self.marks))
        (self.line,) = ax.plot([], [], color=style.colours(1)[0], linewidth=1.8, zorder=4)
        ax.set(xlim=(float(self.x[0]), float(self.x[-1])), ylim=(0.0, top), xlabel=self.xlabel, ylabel=self.ylabel)
        return [self.line]

    def update(self, frame: int) -> None:
        """Bring the curve to this frame."""
        self.line.set_data(self.x, self.heights[frame])
