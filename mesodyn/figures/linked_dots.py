"""A ring of dots with arrows: what flows over the links, and where the spins point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import ArrayLike, NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.figures import style
from mesodyn.figures.animation import MovingPanel

Floats = NDArray[np.float64]
DISC = 0.2
"""Radius of a dot; the ring's is 1."""
OUTSIDE = 0.22
"""How far outside its link the arrow of a current runs."""
LONGEST = 0.8
"""The length of the largest current's arrow, in links."""


class LinkedDotsPanel(MovingPanel):
    """Dots on a circle, counted counter-clockwise from the top; an arrow beside each link, one in each dot.

    Parameters
    ----------
    title : str
        Over the ring.
    currents : array, shape (frames, links)
        Link k is that from dot k to dot k + 1; the last one closes the ring. The longest arrow is the largest current.
    spins : array, shape (frames, dots, 2), optional
        In the plane of the ring, at most 1 long.
    linked : array, shape (frames,), optional
        1 while the links are on, 0 while they are off: then they are faint, and so are the arrows of what would flow.
    scale : float, optional
        The current of the longest arrow.
    """

    def __init__(
        self,
        title: str,
        currents: ArrayLike,
        spins: ArrayLike | None = None,
        linked: ArrayLike | None = None,
        scale: float | None = None,
    ) -> None:
        self.currents = np.asarray(currents, dtype=float)
        if self.currents.ndim != 2 or self.currents.shape[1] < 3:
            raise InputError("currents", "of shape (frames, 3 or more)", Shown(f"of shape {self.currents.shape}"))
        frames, self.count = self.currents.shape
        self.linked = np.ones(frames) if linked is None else np.asarray(linked, dtype=float)
        self.spins = None if spins is None else np.asarray(spins, dtype=float)
        if self.spins is not None and self.spins.shape[1:] != (self.count, 2):
            raise InputError("spins", f"of shape (frames, {self.count}, 2)", Shown(f"of shape {self.spins.shape}"))
        self.scale = scale or float(np.abs(self.currents).max()) or 1.0
        super().__init__(title, self.currents, self.linked, *([] if self.spins is None else [self.spins]))
        angle = np.pi / 2 + 2 * np.pi * np.arange(self.count) / self.count
        self.places = np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the dots and their numbers; links and arrows move."""
        ax.set(xlim=(-1.36, 1.36), ylim=(-1.36, 1.36))
        ax.set_aspect("equal")
        ax.set_axis_off()
        ahead = np.roll(self.places, -1, axis=0)
        self.lines = [
            ax.plot(*np.stack([here, there]).T, color=style.MUTED, linewidth=2.0, zorder=1)[0]
            for here, there in zip(self.places, ahead, strict=True)
        ]
        radius = min(DISC, 0.8 * np.sin(np.pi / self.count))
        discs: list[Artist] = []
        for k, (x, y) in enumerate(self.places):
            disc = Circle((x, y), radius, facecolor=style.TINTS[0], edgecolor=style.INK, linewidth=1.0, zorder=2)
            ax.add_patch(disc)
            name = ax.text(0.68 * x, 0.68 * y, str(k), ha="center", va="center", fontsize=style.SMALL)
            name.set_color(style.MUTED)
            discs += [disc, name]
        colours = style.colours(3)
        self.colours = {1: colours[0], -1: colours[1]}
        self.flow = [style.Arrow(ax, colours[0], 0.13, width=2.6) for _ in range(self.count)]
        self.pointers = [style.Arrow(ax, style.INK, 0.1, width=1.6) for _ in range(self.count)]
        self.radius = radius
        self.middle = 0.5 * (self.places + ahead)
        self.middle *= 1 + OUTSIDE / np.linalg.norm(self.middle, axis=1, keepdims=True)
        self.along = ahead - self.places
        arrows = [artist for arrow in self.flow for artist in arrow.artists]
        spins = [a for arrow in self.pointers for a in arrow.artists] if self.spins is not None else []
        return [*self.lines, *discs, *arrows, *spins]

    def update(self, frame: int) -> None:
        """Bring currents, links and spins to a frame."""
        on = float(self.linked[frame])
        for k, (line, arrow) in enumerate(zip(self.lines, self.flow, strict=True)):
            share = float(self.currents[frame, k]) / self.scale
            line.set_alpha(0.15 + 0.85 * on)
            half = 0.5 * LONGEST * share * self.along[k]
            colour = self.colours[1 if share >= 0 else -1]
            arrow.shaft.set_color(colour)
            arrow.head.set_color(colour)
            arrow.point(self.middle[k] - half, self.middle[k] + half, 0.35 + 0.65 * on)
        if self.spins is None:
            return
        for place, spin, arrow in zip(self.places, self.spins[frame], self.pointers, strict=True):
            arrow.point(place - 0.9 * self.radius * spin, place + 0.9 * self.radius * spin)


@style.styled()
def rings(states: Mapping[str, tuple[ArrayLike, ArrayLike | None]]) -> Figure:
    """Draw rings side by side: for each title the currents (links,) and the spins (dots, 2) or None.

    All have one scale: arrows of equal length are equal currents.
    """
    if not states:
        raise InputError("states", "at least one ring", Shown("empty"))
    drawing, grid = style.figure(width=2.3 * len(states), height=2.6, columns=len(states))
    scale = max(float(np.abs(np.asarray(currents)).max()) for currents, _ in states.values())
    for ax, (title, (currents, spins)) in zip(grid[0], states.items(), strict=True):
        given: Any = None if spins is None else np.asarray(spins, float)[None]
        panel = LinkedDotsPanel(title, np.asarray(currents, float)[None], given, scale=scale or 1.0)
        panel.setup(ax)
        panel.update(0)
        ax.set_title(title)
    return drawing
