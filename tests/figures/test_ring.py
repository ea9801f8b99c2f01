"""A density around a ring stands where it is largest, and refuses what is no density in time."""

import numpy as np
import pytest

from mesodyn.errors import InputError
from mesodyn.figures.animation import animate
from mesodyn.figures.ring import RingPanel

ANGLE = 2 * np.pi * np.arange(48) / 48


def test_the_curve_stands_off_where_the_density_is():
    panel = RingPanel("ring", np.stack([1 + np.cos(ANGLE - turned) for turned in (0.0, np.pi / 2)]))
    for frame, direction in enumerate((0.0, np.pi / 2)):
        x, y = panel.outline(frame).T
        radius = np.hypot(x, y)
        assert radius.min() == pytest.approx(1.0)
        assert ANGLE[radius.argmax()] == pytest.approx(direction)
    flat = RingPanel("ring", np.ones((3, 48)))
    assert np.ptp(np.hypot(*flat.outline(1).T)) == pytest.approx(0, abs=1e-12)


def test_a_narrow_packet_stays_in_the_picture():
    narrow = np.exp(20 * (np.cos(ANGLE) - 1))[None]
    assert np.hypot(*RingPanel("ring", narrow / narrow.mean()).outline(0).T).max() < 1.9


def test_a_film_has_a_ring_with_a_hand(tmp_path):
    density = 1 + np.cos(ANGLE - np.linspace(0, 3, 4)[:, None])
    panel = RingPanel("ring", density, np.exp(1j * np.linspace(0, 3, 4)))
    assert animate([panel], tmp_path / "ring.gif", frames=4).stat().st_size > 1000
    with pytest.raises(InputError, match="number of frames"):
        RingPanel("ring", density, np.ones(3))
    with pytest.raises(InputError, match=r"an array of shape \(frames, angles\)"):
        RingPanel("ring", np.ones(5))
