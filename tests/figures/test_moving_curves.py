"""Dots on curves and curves that change, frame by frame."""

import numpy as np
import pytest

from mesodyn.errors import InputError
from mesodyn.figures import animation, moving_curves


def panels(frames=5):
    x = np.linspace(0, 1, 11)
    dots = np.stack([np.linspace(0, 1, frames), np.linspace(1, 0, frames)], axis=1)
    heights = np.linspace(0.2, 1, frames)[:, None] * np.exp(-x)
    return [
        moving_curves.DotsPanel("levels", x, {"up": x, "down": 1 - x}, {"state": dots}, "x", "y", {0.0: "0", 1.0: "1"}),
        moving_curves.GrowingPanel("spectrum", x, heights, "frequency", "height", {"line": 0.5}),
    ]


def test_each_frame_shows_its_own_dot_and_curve(tmp_path):
    dots, growing = panels()
    animation.animate([dots, growing], tmp_path / "film.gif", frames=5)
    assert (tmp_path / "film.gif").stat().st_size > 0
    for frame in (0, 3):
        dots.update(frame)
        growing.update(frame)
        assert dots.dots[0].get_xydata()[0] == pytest.approx(dots.paths["state"][frame])
        assert growing.line.get_ydata() == pytest.approx(growing.heights[frame])


def test_dots_are_points_of_the_plane():
    with pytest.raises(InputError, match=r"dots 'state' must be an array of shape \(frames, 2\)"):
        moving_curves.DotsPanel("levels", [0, 1], {}, {"state": np.zeros((4, 3))}, "x", "y")


def test_panels_have_one_number_of_frames(tmp_path):
    short, long = panels(4), panels(5)
    with pytest.raises(InputError):
        animation.animate([short[0], long[1]], tmp_path / "film.gif", frames=5)
