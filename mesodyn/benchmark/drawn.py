"""The same animation by mesodyn and by matplotlib's own means."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from mesodyn.benchmark.measure import Job, Problem
from mesodyn.experiments import experiment

SIZE = (8.0, 4.0)


def _animation() -> Problem:
    """The animation of `two-pi-rotation`: 121 frames of 800 x 400 pixels."""
    from matplotlib.animation import FuncAnimation, PillowWriter
    from matplotlib.figure import Figure

    from mesodyn.figures import style
    from mesodyn.figures.animation import animate

    one = experiment("two-pi-rotation")
    folder = tempfile.TemporaryDirectory()
    fast, slow = (Path(folder.name) / f"{name}.gif" for name in ("mesodyn", "plain"))
    made: dict[str, Any] = one.animation(one.run().record, {})

    def ours() -> int:
        animate(made["panels"], fast, frames=made["frames"], captions=made.get("captions"), size=SIZE)
        return fast.stat().st_size

    @style.styled()
    def plain(_: int) -> float:
        panels, captions = made["panels"], made.get("captions")
        figure = Figure(figsize=SIZE, dpi=100, layout="constrained")
        for panel, ax in zip(panels, style.rows_of_axes(figure, [p.wide for p in panels], None), strict=True):
            panel.setup(ax)
            ax.set_title(panel.title)
        for panel in panels:
            panel.settle()
        caption = figure.supxlabel(" ", fontsize=10.5)

        def update(frame: int) -> None:
            for panel in panels:
                panel.update(frame)
            if captions is not None:
                caption.set_text(captions[frame])

        FuncAnimation(figure, update, frames=made["frames"]).save(slow, writer=PillowWriter(fps=20), dpi=100)
        return slow.stat().st_size

    def note() -> str:
        ours_, theirs = fast.stat().st_size, slow.stat().st_size
        return f"the file has {ours_ / 1e3:.0f} kB, that of PillowWriter {theirs / 1e3:.0f} kB"

    return Problem(ours, lambda found, _: found, plain, off=lambda one, other: one / other, note=note, keep=folder)


JOBS = (
    Job(
        "animation",
        "an animation, 121 frames of 800 x 400 (deviation: ratio of the files' sizes)",
        "`FuncAnimation` with `PillowWriter`",
        "none",
        8,
        0.1,
        _animation,
    ),
)
