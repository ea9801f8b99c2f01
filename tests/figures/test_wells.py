"""A well that is raised goes up with what is in it, and the other one stays."""

import numpy as np
import pytest

from mesodyn.figures import style
from mesodyn.figures.wells import HEIGHT, TiltedWellsPanel


def test_the_right_well_is_lifted_with_its_particle_and_its_spin():
    full, level = np.ones(3), np.array([0.0, 1.0, -1.0])
    spin = np.tile([0.0, 1.0], (3, 1))
    panel = TiltedWellsPanel("wells", full, full, full, level, spin_left=spin, spin_right=spin)
    _, axes = style.figure()
    panel.setup(axes[0, 0])
    heights = []
    for frame in range(3):
        panel.update(frame)
        heights.append((panel.discs["left"].center[1], panel.discs["right"].center[1]))
    left, right = np.array(heights).T
    assert np.ptp(left) == 0
    assert right - right[0] == pytest.approx(HEIGHT * level)
    curve = np.asarray(panel.curve.get_ydata())
    assert curve[panel.x > 0.9].min() == pytest.approx(-HEIGHT, abs=0.02)
    assert curve[panel.x < -0.9][np.abs(panel.x[panel.x < -0.9] + 1) < 0.02].min() == pytest.approx(0.0, abs=0.01)
