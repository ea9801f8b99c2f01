"""Two wells of which one can be raised."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from mesodyn.figures.animation import WellsPanel

HEIGHT = 0.42
"""How far a well goes up at a tilt of 1."""


class TiltedWellsPanel(WellsPanel):
    """Two wells as in `WellsPanel`; the right one is raised (or lowered) by its tilt.

    Parameters
    ----------
    title, left, right, barrier, spin_left, spin_right
        As for `WellsPanel`.
    tilt : array, shape (frames,)
        From -1 to 1: the energy of the right well over its largest modulus.
    """

    def __init__(
        self, title: str, left: ArrayLike, right: ArrayLike, barrier: ArrayLike, tilt: ArrayLike, **spins: Any
    ):
        super().__init__(title, left, right, barrier, **spins)
        self.tilt = HEIGHT * np.clip(np.asarray(tilt, dtype=float), -1.0, 1.0)
        self.share = 0.5 + 0.5 * np.tanh(4.0 * self.x)

    def setup(self, ax: Axes) -> list[Artist]:
        """Name the wells; the discs, the potential and the spins move."""
        moving = super().setup(ax)
        self.home = dict(self.centres)
        return moving

    def update(self, frame: int) -> None:
        """Move the barrier and the right well, fill the wells, turn the spins."""
        lift = float(self.tilt[frame])
        self.centres = self.home | {"right": self.home["right"] + np.array([0.0, lift])}
        self.discs["right"].center = tuple(self.centres["right"])
        super().update(frame)
        self.curve.set_ydata(self.potential(float(self.tracks["barrier"][frame])) + lift * self.share)
