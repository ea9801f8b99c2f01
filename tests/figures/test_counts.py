"""Pictures of counts show the numbers they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mesodyn.errors import InputError
from mesodyn.figures import animation, arrivals, counts

X, WIDTH = np.linspace(0.5, 9.5, 10), np.full(10, 1.0)
COUNTS = np.array([0, 1, 4, 9, 16, 9, 4, 1, 0, 0])


def test_a_spectrum_shows_counts_per_unit_and_what_is_left_over() -> None:
    piece = counts.Stretch(X, 2 * WIDTH, COUNTS, COUNTS + 1.0, COUNTS)
    drawing = counts.spectrum([piece, piece], "x", "counts")
    assert len(drawing.axes) == 4
    upper, lower = drawing.axes[0], drawing.axes[2]
    shown = [line.get_ydata() for line in upper.lines]
    assert any(np.allclose(y, COUNTS / 2) for y in shown) and any(np.allclose(y, (COUNTS + 1) / 2) for y in shown)
    assert np.allclose(lower.lines[0].get_ydata(), -1 / np.sqrt(COUNTS + 1))
    with pytest.raises(InputError, match="at least one Stretch"):
        counts.spectrum([], "x", "counts")


def test_occurrences_are_bars_with_what_is_expected() -> None:
    drawing = counts.occurrences(np.arange(10), COUNTS, {"theory": COUNTS + 2}, "n", "runs")
    drawn: list[Any] = list(drawing.axes[0].patches)
    heights = [patch.get_height() for patch in drawn]
    assert heights == COUNTS.tolist()
    assert np.allclose(drawing.axes[0].lines[0].get_ydata(), COUNTS + 2)
    with pytest.raises(InputError):
        counts.occurrences(np.arange(9), COUNTS, {}, "n", "runs")


def test_bars_grow_and_marks_appear(tmp_path) -> None:
    heights = np.outer(np.arange(4), COUNTS)
    bars = arrivals.GrowingBars("bars", X, WIDTH, heights, "x", "y", 3.0 * COUNTS)
    marks = arrivals.Marks("marks", X, X % 2, [0, 2, 5, 10], (-1, 2), {0.0: "low", 1.0: "high"}, "x")
    path = animation.animate([bars, marks], tmp_path / "film.gif", frames=4)
    assert path.stat().st_size > 1000
    paths: list[Any] = list(bars.bars.get_paths())
    tops = [part.vertices[:, 1].max() for part in paths]
    assert np.allclose(tops, 3 * COUNTS)
    assert np.size(marks.old.get_xdata()) == 10
