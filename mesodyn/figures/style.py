"""One look for every figure: colours, fonts, layout, and files that come out the same each time."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure as Figure
from matplotlib.patches import Polygon
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from mesodyn.errors import InputError, Shown, UnfinishedError, one_line

INK = "#1f2430"
MUTED = "#6b7280"
FAINT = "#c4c9d1"
TINTS = ("#eef2f8", "#f8f9fb")
"""Backgrounds of neighbouring segments, in turn."""

SMALL = 8.0
"""Size in points of tick labels, legends and segment labels."""

WIDTH = 5.0
"""Width of a figure in inches: one and a half columns; still legible when shrunk to one."""

COLOURS = 64
"""Size of the palette that all frames of a GIF share; its last entry, `CLEAR`, lets the frame before show through."""
CLEAR = COLOURS - 1

Draw = Callable[[int], NDArray[np.uint8]]

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.xmargin": 0.0,
    "axes.formatter.useoffset": False,
    "axes.formatter.limits": (-3, 4),
    "axes.formatter.use_mathtext": True,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.6,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "figure.dpi": 100.0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "mesodyn",
}

_LOCK = threading.RLock()


@contextmanager
def styled() -> Iterator[None]:
    """Draw in mesodyn's style, whatever the user's matplotlib settings; also a decorator.

    matplotlib keeps its settings in one global table, so only one thread at a time is inside.
    """
    with _LOCK, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def colours(count: int) -> list[str]:
    """Give `count` colours that the colour-blind can tell apart (Petroff's six or eight; more repeat).

    Examples
    --------
    >>> len(colours(5))
    5
    """
    known = [to_hex(colour) for colour in matplotlib.color_sequences["petroff6" if count <= 6 else "petroff8"]]
    return [known[i % len(known)] for i in range(count)]


@styled()
def figure(
    width: float = WIDTH, height: float = 3.1, rows: int = 1, columns: int = 1, *, sharex: bool = False
) -> tuple[Figure, NDArray[Any]]:
    """Start a figure with a grid of axes that never overlap (constrained layout).

    Parameters
    ----------
    width, height : float
        Size in inches.
    rows, columns : int
        Shape of the grid.
    sharex : bool
        Whether the axes of one column share their horizontal axis.

    Returns
    -------
    Figure
        Not known to pyplot, so nothing has to be closed.
    ndarray of Axes, shape (rows, columns)

    Examples
    --------
    >>> drawing, axes = figure(rows=2)
    >>> axes.shape
    (2, 1)
    """
    drawing = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(drawing)
    axes = drawing.subplots(rows, columns, squeeze=False, sharex="col" if sharex else False)
    return drawing, np.asarray(axes)


def rows_of_axes(drawing: Figure, wide: Sequence[bool], columns: int | None = None) -> list[Axes]:
    """Add axes, one per entry of `wide`: the narrow ones share the first row, each wide one has a row below.

    One narrow and one wide stand side by side. With `columns` they all stand in a plain grid of so many.
    """
    everything = range(len(wide))
    if columns is not None or sorted(wide) == [False, True]:
        rows = [list(everything[i : i + (columns or 2)]) for i in everything[:: columns or 2]]
    else:
        rows = [[i for i in everything if not wide[i]], *([i] for i in everything if wide[i])]
    rows = [row for row in rows if row]
    cells = int(np.lcm.reduce([len(row) for row in rows]))
    heights = [1.0 if all(wide[i] for i in row) else 1.5 for row in rows]
    grid = drawing.add_gridspec(len(rows), cells, height_ratios=heights)
    axes: dict[int, Axes] = {}
    for r, row in enumerate(rows):
        step = cells // len(row)
        for c, i in enumerate(row):
            axes[i] = drawing.add_subplot(grid[r, c * step : (c + 1) * step])
    return [axes[i] for i in everything]


def steady(ax: Axes) -> None:
    """Keep what is constant but for rounding a straight line: don't magnify its last digits."""
    low, high = (float(end) for end in ax.dataLim.intervaly)
    size = max(abs(low), abs(high))
    if np.isfinite(size) and 0.0 <= high - low < 1e-9 * size:
        ax.set_ylim(low - 0.1 * size, high + 0.1 * size)


def vectors(name: str, array: ArrayLike, components: int) -> NDArray[np.float64]:
    """Take an array of shape (frames, components), and no other."""
    given = np.asarray(array, dtype=float)
    if given.ndim != 2 or given.shape[1] != components:
        raise InputError(name, f"an array of shape (frames, {components})", Shown(f"of shape {given.shape}"))
    return given


class Arrow:
    """A line with a triangular head, in data units, that can be moved."""

    def __init__(self, ax: Axes, colour: str, head: float, label: str = "", width: float = 2.4) -> None:
        (self.shaft,) = ax.plot([], [], color=colour, linewidth=width, solid_capstyle="round", label=label, zorder=5)
        self.head = Polygon(np.zeros((3, 2)), closed=True, color=colour, linewidth=0, zorder=5)
        ax.add_patch(self.head)
        self.size = head

    @property
    def artists(self) -> list[Artist]:
        """What is drawn."""
        return [self.shaft, self.head]

    def point(self, start: NDArray[np.float64], tip: NDArray[np.float64], alpha: float = 1.0) -> None:
        """Place the arrow; one shorter than its head has a smaller head."""
        along = tip - start
        length = float(np.hypot(*along))
        size = min(self.size, length)
        ahead = along / length if length > 0.0 else np.zeros(2)
        neck = tip - size * ahead
        aside = 0.42 * size * np.array([-ahead[1], ahead[0]])
        self.shaft.set_data([start[0], neck[0]], [start[1], neck[1]])
        self.head.set_xy(np.array([tip, neck + aside, neck - aside]))
        for artist in self.artists:
            artist.set_alpha(alpha)


class Trail:
    """The path of a tip over the last frames, fading out; `path` has the shape (frames, 2)."""

    def __init__(self, ax: Axes, path: NDArray[np.float64], colour: str, length: int = 36) -> None:
        self.path, self.rgb, self.length = path, to_rgb(colour), length
        self.lines = LineCollection([], linewidths=1.8, zorder=4, capstyle="butt")
        ax.add_collection(self.lines, autolim=False)

    def follow(self, frame: int) -> None:
        """End the trail where `frame` is."""
        past = self.path[max(0, frame - self.length) : frame + 1]
        ages = np.arange(len(past) - 1, 0, -1)
        fading = [(*self.rgb, float(a)) for a in 0.65 * (1.0 - ages / (self.length + 1))]
        self.lines.set_segments(np.stack([past[:-1], past[1:]], axis=1))  # type: ignore[arg-type]
        self.lines.set_color(fading)


@styled()
def save(drawing: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG (200 dpi) and SVG; the same figure gives the same bytes.

    Parameters
    ----------
    drawing : Figure
        What to write.
    stem : Path
        Path without the suffix; its folder exists.

    Returns
    -------
    list of Path
        The PNG and the SVG.
    """
    # matplotlib would stamp its version into a PNG and the date into an SVG.
    stamps: dict[str, dict[str, None]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
    paths = []
    for kind, stamp in stamps.items():
        path = stem.with_name(f"{stem.name}.{kind}")
        with whole(path) as temporary:
            drawing.savefig(temporary, format=kind, dpi=200, metadata=stamp)
        paths.append(path)
    return paths


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its name only when the block ends well."""
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{threading.get_ident()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def film_writer(path: Path, fps: int) -> Callable[[Draw, Path, int, int], None]:
    """Choose how to write a film by its suffix: `save_gif`, or `save_mp4` where that is possible."""
    if not 1 <= fps <= 50:
        raise InputError("fps", "between 1 and 50", fps)
    writers = {".gif": save_gif}
    if importlib.util.find_spec("imageio_ffmpeg"):
        writers[".mp4"] = save_mp4
    if path.suffix.lower() not in writers:
        must = "a .gif file" if len(writers) == 1 else "a .gif or .mp4 file"
        raise InputError("path", must, str(path), "for .mp4: pip install 'mesodyn[video]'" if len(writers) == 1 else "")
    return writers[path.suffix.lower()]


def save_gif(draw: Draw, path: Path, frames: int, fps: int) -> None:
    """Write an endless GIF; all frames share one palette and hold only what changed.

    Parameters
    ----------
    draw : callable
        Gives the pixels of a frame, shape (height, width, 3), uint8.
    path : Path
        The file.
    frames, fps : int
        How many, and how many per second.
    """
    table = _palette([draw(i) for i in sorted({round(f * (frames - 1)) for f in (0.0, 0.25, 0.5, 0.75, 1.0)})])

    def changes() -> Iterator[Image.Image]:
        before = np.full((1, 1), CLEAR)
        for i in range(frames):
            pixels = draw(i)
            indices = np.asarray(Image.fromarray(pixels).quantize(palette=table, dither=Image.Dither.NONE))
            white = pixels[..., 0] & pixels[..., 1] & pixels[..., 2] == 255
            indices = np.where(white | (indices >= CLEAR), np.uint8(0), indices)
            picture = Image.fromarray(np.where(indices == before, np.uint8(CLEAR), indices)).convert("P")
            picture.putpalette((table.getpalette() or [])[: 3 * COLOURS])
            before = indices
            yield picture

    pictures = changes()
    kind: dict[str, Any] = {"format": "GIF", "save_all": True, "optimize": False, "transparency": CLEAR, "loop": 0}
    next(pictures).save(path, append_images=pictures, duration=round(100 / fps) * 10, **kind)


def _palette(samples: Sequence[NDArray[np.uint8]]) -> Image.Image:
    """Choose colours for all frames: white first, and rare ones (thin lines) count more than their area."""
    pixels = np.concatenate([sample.reshape(-1, 3) for sample in samples]).astype(np.uint32)
    codes, counts = np.unique(pixels @ np.array([65536, 256, 1], dtype=np.uint32), return_counts=True)
    weighted = np.repeat(codes, np.ceil(np.sqrt(counts)).astype(int))
    rgb = np.stack([weighted >> 16, weighted >> 8 & 255, weighted & 255], axis=-1).astype(np.uint8)
    chosen = Image.fromarray(rgb[None]).quantize(CLEAR - 1, method=Image.Quantize.MEDIANCUT).getpalette() or []
    table = [255, 255, 255, *chosen[: 3 * (CLEAR - 1)]]
    palette = Image.new("P", (1, 1))
    palette.putpalette(table + [255] * (768 - len(table)))
    return palette


def save_mp4(draw: Draw, path: Path, frames: int, fps: int) -> None:
    """Write an H.264 film (needs ``mesodyn[video]``); the parameters are those of `save_gif`."""
    program = importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    height, width = (n // 2 * 2 for n in draw(0).shape[:2])  # the codec wants even sizes
    given = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {fps} -i -"
    wanted = (
        "-c:v libx264 -threads 1 -crf 18 -pix_fmt yuv420p -fflags +bitexact -flags:v +bitexact -movflags +faststart"
    )
    command = [program, "-y", "-loglevel", "error", *given.split(), *wanted.split(), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as coder:
        assert coder.stdin and coder.stderr
        with suppress(BrokenPipeError):  # it gave up, and says why below
            for i in range(frames):
                coder.stdin.write(draw(i)[:height, :width].tobytes())
            coder.stdin.close()
        complaint = coder.stderr.read().decode(errors="replace")
    if coder.returncode:
        raise UnfinishedError(f"the film could not be written: {one_line(complaint)}")
