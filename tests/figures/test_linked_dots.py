"""A ring of dots shows how much flows, which way, and where the spins point."""

import numpy as np
import pytest

from mesodyn.errors import InputError
from mesodyn.figures import animation, style
from mesodyn.figures.linked_dots import LONGEST, LinkedDotsPanel, rings


def placed(panel, frame=0):
    _, grid = style.figure()
    panel.setup(grid[0, 0])
    panel.update(frame)
    return panel


def test_an_arrow_is_as_long_as_its_current_and_points_along_it():
    panel = placed(LinkedDotsPanel("ring", [[1.0, -0.5, 0.0, 1.0]]))
    spans = [
        np.array(arrow.head.get_xy()[0]) - [arrow.shaft.get_xdata()[0], arrow.shaft.get_ydata()[0]]
        for arrow in panel.flow
    ]
    along = [span @ step / np.linalg.norm(step) ** 2 for span, step in zip(spans, panel.along, strict=True)]
    assert np.allclose(along, LONGEST * np.array([1.0, -0.5, 0.0, 1.0]))
    assert panel.flow[0].shaft.get_color() != panel.flow[1].shaft.get_color()


def test_links_that_are_off_are_faint():
    panel = placed(LinkedDotsPanel("ring", np.ones((2, 3)), linked=[1.0, 0.0]), 1)
    assert panel.lines[0].get_alpha() < 0.2
    panel.update(0)
    assert panel.lines[0].get_alpha() == 1.0


def test_a_ring_moves_and_stands(tmp_path):
    spins = np.zeros((4, 5, 2))
    spins[..., 0] = 1.0
    panel = LinkedDotsPanel("ring", np.linspace(-1, 1, 20).reshape(4, 5), spins)
    assert animation.animate([panel], tmp_path / "ring.gif", frames=4).exists()
    assert len(rings({"before": ([1, 1, 1], None), "after": ([1, -1, 1], None)}).axes) == 2


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="currents must be of shape"):
        LinkedDotsPanel("ring", [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="spins must be of shape"):
        LinkedDotsPanel("ring", np.ones((2, 3)), np.ones((2, 4, 2)))
    with pytest.raises(InputError, match="states must be at least one ring"):
        rings({})
