"""A density around a ring: how far the curve stands off its circle."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon
from numpy.typing import ArrayLike, NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.figures import style
from mesodyn.figures.animation import MovingPanel

Floats = NDArray[np.float64]
HEIGHT = 0.42
"""How far from the circle the mean density is drawn, in radii."""


class RingPanel(MovingPanel):
    """A density on a ring that changes in time, drawn outwards from the ring; a hand points to its first moment.

    Parameters
    ----------
    title : str
        Over the ring.
    density : array, shape (frames, angles)
        At equally spaced angles from 0, not negative.
    hand : complex array, shape (frames,), optional
        An arrow from the middle, of length 1 at most: for example the mean of exp(i angle).
    """

    def __init__(self, title: str, density: ArrayLike, hand: ArrayLike | None = None) -> None:
        self.density = np.asarray(density, dtype=float)
        if self.density.ndim != 2:
            raise InputError("density", "an array of shape (frames, angles)", Shown(f"of shape {self.density.shape}"))
        self.hand = None if hand is None else np.asarray(hand, dtype=complex)
        super().__init__(title, self.density, *([] if self.hand is None else [self.hand]))
        # the highest curve ends where a mean density of 2 would
        self.unit = HEIGHT * min(1.0, 2.0 * float(self.density.mean()) / max(float(self.density.max()), 1e-300))
        self.unit /= float(self.density.mean()) or 1.0
        self.angle = 2 * np.pi * np.arange(self.density.shape[1]) / self.density.shape[1]

    def outline(self, frame: int) -> Floats:
        """The closed curve of a frame, (angles, 2)."""
        radius = 1.0 + self.unit * self.density[frame]
        return np.stack([radius * np.cos(self.angle), radius * np.sin(self.angle)], axis=1)

    def setup(self, ax: Axes) -> list[Artist]:
        """Draw the ring and where the mean density would be; the density and the hand move."""
        ax.set(xlim=(-1.95, 1.95), ylim=(-1.95, 1.95))
        ax.set_aspect("equal")
        ax.set_axis_off()
        mean = 1.0 + self.unit * float(self.density.mean())
        guide: dict[str, Any] = {"fill": False, "edgecolor": style.FAINT, "linestyle": (0, (4, 3)), "linewidth": 0.8}
        ax.add_patch(Circle((0, 0), mean, **guide, zorder=3))
        colour = style.colours(1)[0]
        self.shape = Polygon(self.outline(0), closed=True, facecolor=colour, alpha=0.55, linewidth=0, zorder=1)
        ax.add_patch(self.shape)
        (self.rim,) = ax.plot([], [], color=colour, linewidth=1.8, zorder=4)
        body = Circle((0, 0), 1.0, facecolor="white", edgecolor=style.MUTED, linewidth=1.0, zorder=2)
        ax.add_patch(body)
        names: list[Artist] = []
        for name, at in (("0", 0.0), ("π/2", np.pi / 2), ("π", np.pi), ("3π/2", 3 * np.pi / 2)):
            x, y = 0.78 * np.array([np.cos(at), np.sin(at)])
            names.append(
                ax.text(x, y, name, ha="center", va="center", fontsize=style.SMALL, color=style.MUTED, zorder=6)
            )
        self.arrow = style.Arrow(ax, style.INK, 0.14, width=2.0)
        return [self.shape, body, self.rim, *names, *(self.arrow.artists if self.hand is not None else [])]

    def update(self, frame: int) -> None:
        """Bring the density and the hand to a frame."""
        points = self.outline(frame)
        self.shape.set_xy(points)
        closed = np.concatenate([points, points[:1]])
        self.rim.set_data(closed[:, 0], closed[:, 1])
        if self.hand is not None:
            z = 0.58 * complex(self.hand[frame])
            self.arrow.point(np.zeros(2), np.array([z.real, z.imag]))
