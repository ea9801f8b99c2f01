"""Moving pictures: panels that share one clock, drawn over a background that is drawn once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from numpy.typing import ArrayLike, NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.figures import style
from mesodyn.figures.plots import Span, complex_guides, limit_x, name_spans, same_shape, shade

Floats = NDArray[np.float64]


class MovingPanel(ABC):
    """One plot of an animation: `setup` draws what stays and returns what moves, `update` moves it."""

    wide = False  # a wide panel has a row for itself

    def __init__(self, title: str, *tracks: NDArray[Any]) -> None:
        lengths = sorted({len(track) for track in tracks})
        if len(lengths) != 1:
            raise InputError(f"panel {title!r}", "made of arrays of one number of frames", Shown(f"of {lengths}"))
        self.title, self.frames = title, lengths[0]

    @abstractmethod
    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the fixed parts into `ax` and create the moving ones."""

    @abstractmethod
    def update(self, frame: int) -> None:
        """Bring the moving parts to `frame`."""

    def settle(self) -> None:  # noqa: B027 (most panels have nothing to do)
        """Place what can only be placed once the layout of the whole picture is known."""


class _ArrowsPanel(MovingPanel):
    """Arrows from the middle of a plane with fading trails; `guides` draws what they are measured against."""

    def __init__(self, title: str, paths: Mapping[str, Floats], alphas: Mapping[str, Floats] | None = None) -> None:
        super().__init__(title, *paths.values())
        self.paths = paths
        self.alphas = alphas or {label: np.ones(self.frames) for label in paths}
        self.arrows: dict[str, tuple[style.Arrow, style.Trail]] = {}

    @abstractmethod
    def guides(self, ax: Axes) -> float:
        """Draw the fixed parts; give the length of an arrow's head."""

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the guides and the legend; arrows and trails move."""
        head = self.guides(ax)
        ax.set_aspect("equal")
        ax.set_axis_off()
        moving: list[Artist] = []
        for (label, path), colour in zip(self.paths.items(), style.colours(len(self.paths)), strict=True):
            arrow, trail = style.Arrow(ax, colour, head, label), style.Trail(ax, path, colour)
            self.arrows[label] = arrow, trail
            moving += [trail.lines, *arrow.artists]
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=3, handlelength=1.2, columnspacing=1.2)
        return moving

    def update(self, frame: int) -> None:
        """Point the arrows at this frame's vectors."""
        for label, (arrow, trail) in self.arrows.items():
            trail.follow(frame)
            arrow.point(np.zeros(2), self.paths[label][frame], float(self.alphas[label][frame]))


class SpherePanel(_ArrowsPanel):
    """Arrows on a sphere seen from the front, projected to the plane; what points away from the viewer is paler.

    Parameters
    ----------
    title : str
        Over the sphere.
    vectors : mapping of label to array, shape (frames, 3)
        Components x, y, z with the sphere's radius as unit; one that is ever longer is scaled to touch the sphere.
    axis_label : str, optional
        Name of the upward axis (default z).
    """

    azimuth, elevation = np.radians(35.0), np.radians(20.0)

    def __init__(self, title: str, vectors: Mapping[str, ArrayLike], axis_label: str | None = None) -> None:
        given = {label: style.vectors("vectors", v, 3) for label, v in vectors.items()}
        self.vectors = {label: v / np.max(np.linalg.norm(v, axis=1), initial=1.0) for label, v in given.items()}
        flat = {label: self.project(v) for label, v in self.vectors.items()}
        alphas = {label: 0.75 + 0.25 * np.clip(2.0 * depth, -1.0, 1.0) for label, (_, depth) in flat.items()}
        super().__init__(title, {label: path for label, (path, _) in flat.items()}, alphas)
        self.up = axis_label or "z"

    @classmethod
    def project(cls, vector: ArrayLike) -> tuple[Floats, Floats]:
        """Project (..., 3) to the plane (..., 2) and to the depth towards the viewer (...)."""
        (ca, sa), (ce, se) = ((np.cos(a), np.sin(a)) for a in (cls.azimuth, cls.elevation))
        v = np.asarray(vector, dtype=float)
        plane = np.array([[-sa, ca, 0.0], [-se * ca, -se * sa, ce]])
        return v @ plane.T, v @ np.array([ce * ca, ce * sa, se])

    def guides(self, ax: Axes) -> float:
        """Draw the outline, three great circles (dotted behind) and the axes."""
        ax.set(xlim=(-1.3, 1.3), ylim=(-1.22, 1.34))
        ax.add_patch(Circle((0, 0), 1.0, facecolor=style.TINTS[1], edgecolor=style.MUTED, linewidth=1.0, zorder=0))
        turn = np.linspace(0.0, 2.0 * np.pi, 181)
        c, s, zero = np.cos(turn), np.sin(turn), np.zeros_like(turn)
        for circle in ((c, s, zero), (c, zero, s), (zero, c, s)):
            flat, depth = self.project(np.stack(circle, axis=1))
            for side, look in ((depth >= 0.0, "-"), (depth <= 0.0, (0, (2, 3)))):
                shown = np.where(side[:, None], flat, np.nan)
                ax.plot(*shown.T, color=style.FAINT, linewidth=0.8, linestyle=look, zorder=1)
        for name, end in zip(("x", "y", self.up), np.eye(3), strict=True):
            flat, _ = self.project(end)
            ax.plot([0, flat[0]], [0, flat[1]], color=style.MUTED, linewidth=0.8, zorder=1)
            away = 1.34 * flat
            ax.text(away[0], away[1], name, ha="center", va="center", fontsize=style.SMALL + 0.5, color=style.MUTED)
        return 0.17


class PhasorPanel(_ArrowsPanel):
    """Arrows in the complex plane with fading trails, inside a dashed circle.

    Parameters
    ----------
    title : str
        Over the panel.
    curves : mapping of label to complex array, shape (frames,)
        The numbers.
    radius : float
        Of the dashed circle.
    """

    def __init__(self, title: str, curves: Mapping[str, ArrayLike], radius: float = 1.0) -> None:
        complexes = {label: np.asarray(z, dtype=complex) for label, z in curves.items()}
        super().__init__(title, {label: np.stack([z.real, z.imag], axis=-1) for label, z in complexes.items()})
        self.radius = radius

    def guides(self, ax: Axes) -> float:
        """Draw the dashed circles and name the axes."""
        extent = 1.3 * max(self.radius, *(float(np.max(np.hypot(*path.T))) for path in self.paths.values()))
        complex_guides(ax, self.radius, extent)
        ax.text(extent, -0.04 * extent, "Re", ha="right", va="top", fontsize=style.SMALL, color=style.MUTED)
        ax.text(-0.04 * extent, extent, "Im", ha="right", va="top", fontsize=style.SMALL, color=style.MUTED)
        return 0.13 * extent


class TracePanel(MovingPanel):
    """Curves over time: the whole of each faintly, what has passed boldly, and a cursor that moves along.

    Parameters
    ----------
    title : str
        Over the panel.
    time : array, shape (samples,)
        Not decreasing.
    lines : mapping of label to array, shape (samples,)
        The curves.
    at : array, shape (frames,)
        Where on the time axis each frame is.
    spans : sequence of Span
        Shaded and named stretches of time.
    ylabel, xlabel : str
        With units.
    """

    wide = True

    def __init__(
        self,
        title: str,
        time: ArrayLike,
        lines: Mapping[str, ArrayLike],
        at: ArrayLike,
        spans: Sequence[Span] = (),
        ylabel: str = "",
        xlabel: str = "time",
    ) -> None:
        self.time = np.asarray(time, dtype=float)
        self.lines = {label: np.asarray(y, dtype=float) for label, y in lines.items()}
        for label, y in self.lines.items():
            same_shape(f"line {label!r}", y, self.time)
        self.at = np.asarray(at, dtype=float)
        super().__init__(title, self.at)
        self.spans, self.ylabel, self.xlabel = spans, ylabel, xlabel

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the faint curves and the spans; the cursor, the bold lines and the dots move."""
        self.ax = ax
        self.cursor = ax.axvline(float(self.at[0]), color=style.INK, linewidth=0.9, zorder=3)
        self.bold: list[Line2D] = []
        self.dots: list[Line2D] = []
        for (label, y), colour in zip(self.lines.items(), style.colours(len(self.lines)), strict=True):
            ax.plot(self.time, y, color=colour, alpha=0.35, linewidth=1.2)
            self.bold += ax.plot([], [], color=colour, linewidth=2.2, label=label, zorder=4)
            self.dots += ax.plot([], [], "o", color=colour, markersize=6, zorder=5, clip_on=False)
        limit_x(ax, self.time)
        ax.margins(y=0.12)
        style.steady(ax)
        ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
        shade(ax, self.spans)
        if len(self.lines) > 1:
            ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), borderaxespad=0.0, handlelength=1.4)
        return [self.cursor, *self.bold, *self.dots]

    def settle(self) -> None:
        """Name the spans, and lift the title above the names."""
        names = name_spans(self.ax, self.spans)
        if names:
            self.ax.set_title(self.title, pad=max(name.xyann[1] for name in names) + 1.9 * style.SMALL)

    def update(self, frame: int) -> None:
        """Move the cursor to the frame's time."""
        now = float(self.at[frame])
        past = int(np.searchsorted(self.time, now, side="right"))
        self.cursor.set_xdata([now, now])
        for y, bold, dot in zip(self.lines.values(), self.bold, self.dots, strict=True):
            # A sample at this very instant counts as reached, so that at a jump the dot is where the jump ends.
            here = y[past - 1] if past and self.time[past - 1] == now else np.interp(now, self.time, y)
            bold.set_data(np.append(self.time[:past], now), np.append(y[:past], here))
            dot.set_data([now], [here])


class WellsPanel(MovingPanel):
    """Two wells, A and B, with a barrier that rises; discs show how full they are, arrows their spins.

    Parameters
    ----------
    title : str
        Over the panel.
    left, right : array, shape (frames,)
        Populations between 0 and 1; a disc's area and opacity grow with them.
    barrier : array, shape (frames,)
        From 0 (connected) to 1 (separated).
    spin_left, spin_right : array, shape (frames, 2), optional
        Spins projected to the plane, at most 1 long.
    """

    def __init__(
        self,
        title: str,
        left: ArrayLike,
        right: ArrayLike,
        barrier: ArrayLike,
        spin_left: ArrayLike | None = None,
        spin_right: ArrayLike | None = None,
    ) -> None:
        tracks = {"left": left, "right": right, "barrier": barrier}
        self.tracks = {name: np.clip(np.asarray(a, dtype=float), 0.0, 1.0) for name, a in tracks.items()}
        spins = {"left": spin_left, "right": spin_right}
        self.spins = {name: style.vectors(f"spin_{name}", s, 2) for name, s in spins.items() if s is not None}
        super().__init__(title, *self.tracks.values(), *self.spins.values())
        self.x = np.linspace(-1.62, 1.62, 121)

    def potential(self, barrier: float) -> Floats:
        """Give the height of the walls and of the barrier over `x`; a low rim stays when the wells are connected."""
        inner = np.where(np.abs(self.x) < 1.0, 0.25 + 1.45 * barrier, 1.0)
        return np.asarray((self.x**2 - 1.0) ** 2 * inner)

    def setup(self, ax: Axes) -> list[Artist]:
        """Name the wells; the discs, the potential and the spins move."""
        ax.set(xlim=(-1.75, 1.75), ylim=(-0.5, 2.1))
        ax.set_aspect("equal")
        ax.set_axis_off()
        (self.curve,) = ax.plot(self.x, self.potential(0.0), color=style.INK, linewidth=1.8, zorder=3)
        self.centres = {"left": np.array([-1.0, 0.52]), "right": np.array([1.0, 0.52])}
        self.discs: dict[str, Circle] = {}
        self.arrows: dict[str, style.Arrow] = {}
        for (name, (x, y)), letter, colour in zip(self.centres.items(), "AB", style.colours(2), strict=True):
            self.discs[name] = Circle((x, y), 0.0, facecolor=colour, linewidth=0, zorder=2)
            ax.add_patch(self.discs[name])
            ax.text(x, -0.28, letter, ha="center", va="center", fontweight="bold", color=colour)
            if name in self.spins:
                self.arrows[name] = style.Arrow(ax, style.INK, 0.2, width=2.0)
        arrows = [artist for arrow in self.arrows.values() for artist in arrow.artists]
        return [*self.discs.values(), self.curve, *arrows]

    def update(self, frame: int) -> None:
        """Move the barrier, fill the wells, turn the spins."""
        self.curve.set_ydata(self.potential(float(self.tracks["barrier"][frame])))
        for name, disc in self.discs.items():
            share = float(self.tracks[name][frame])
            disc.set_radius(0.46 * share**0.5)
            disc.set_alpha(0.25 + 0.65 * share)
            if name in self.arrows:
                half = 0.42 * self.spins[name][frame]
                self.arrows[name].point(self.centres[name] - half, self.centres[name] + half, 0.2 + 0.8 * share)


Panels = Sequence[MovingPanel]
Captions = Sequence[str] | None


@style.styled()
def animate(
    panels: Panels,
    path: Path,
    *,
    frames: int,
    fps: int = 20,
    captions: Captions = None,
    size: tuple[float, float] = (8.0, 4.5),
    columns: int | None = None,
) -> Path:
    """Write an animation of synchronised panels; the same input gives the same bytes.

    Parameters
    ----------
    panels : sequence of MovingPanel
        At least one. Narrow ones share the first row, wide ones take the rows below.
    path : Path
        Ends in .gif, or in .mp4 when ``mesodyn[video]`` is installed.
    frames : int
        How many; each panel has as many.
    fps : int
        Frames per second, 1 to 50.
    captions : sequence of str, optional
        A line under the panels for each frame.
    size : (float, float)
        Width and height in inches, at 100 pixels per inch.
    columns : int, optional
        Lay the panels out in a plain grid of so many columns instead.

    Returns
    -------
    Path
        The file, in place only when it is whole.

    Raises
    ------
    InputError
        Another suffix, no panels, or numbers of frames that differ.
    """
    _check(panels, frames, captions)
    write = style.film_writer(path, fps)
    stage = _Stage(panels, captions, size, columns)
    with style.whole(path) as temporary:
        write(stage.picture, temporary, frames, fps)
    return path


class _Stage:
    """The picture: a background drawn once, over which each frame draws only what moves."""

    def __init__(self, panels: Panels, captions: Captions, size: tuple[float, float], columns: int | None) -> None:
        self.panels, self.captions = panels, captions
        self.figure = Figure(figsize=size, dpi=100)
        self.canvas = cast(Any, FigureCanvasAgg(self.figure))
        foot = 0.09 if captions is not None else 0.0
        self.figure.set_layout_engine("constrained", rect=(0.0, foot, 1.0, 1.0 - foot), w_pad=0.08, h_pad=0.06)
        self.caption = self.figure.text(0.5, 0.045, "", ha="center", va="center", fontsize=10.5)
        moving: list[Artist] = [self.caption]
        for panel, ax in zip(panels, style.rows_of_axes(self.figure, [p.wide for p in panels], columns), strict=True):
            moving += panel.setup(ax)
            ax.set_title(panel.title)
        self.moving = sorted(moving, key=lambda artist: artist.get_zorder())
        for artist in self.moving:
            artist.set_animated(True)
            artist.set_in_layout(False)
        for panel in panels:
            panel.settle()
        self.canvas.draw()
        self.figure.set_layout_engine("none")
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)

    def picture(self, frame: int) -> NDArray[np.uint8]:
        """Draw one frame: red, green and blue of each pixel."""
        self.canvas.restore_region(self.background)
        for panel in self.panels:
            panel.update(frame)
        if self.captions is not None:
            self.caption.set_text(self.captions[frame])
        for artist in self.moving:
            self.figure.draw_artist(artist)
        return np.asarray(self.canvas.buffer_rgba(), dtype=np.uint8)[..., :3].copy()


def _check(panels: Panels, frames: int, captions: Captions) -> None:
    if not panels:
        raise InputError("panels", "at least one panel", Shown("empty"))
    if frames < 1:
        raise InputError("frames", "at least 1", frames)
    lengths = {panel.title: panel.frames for panel in panels}
    if captions is not None:
        lengths["captions"] = len(captions)
    for name, length in lengths.items():
        if length != frames:
            raise InputError("frames", f"the number of frames of {name!r}, {length}", frames)
