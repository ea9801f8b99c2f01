"""What a still picture shows is what was put in, and it is the same file each time."""

import itertools
import threading
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex

from mesodyn.errors import InputError
from mesodyn.figures import plots, style

TIME = np.linspace(0.0, 10.0, 101)
SPANS = [plots.Span(0, 4, "hold"), plots.Span(4, 4, "disconnect"), plots.Span(4, 10, "rotate")]


def boxes(figure):
    figure.draw_without_rendering()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    return [text.get_window_extent() for text in texts]


def overlap(one, two):
    return one.x0 < two.x1 and two.x0 < one.x1 and one.y0 < two.y1 and two.y0 < one.y1


def test_the_last_digits_of_a_constant_are_not_magnified():
    rounded, moving = 0.5 + 1e-16 * np.sin(TIME), 0.5 + 1e-6 * np.sin(TIME)
    figure: Any = plots.along_protocol(TIME, [plots.Panel("n", {"n": y}) for y in (rounded, moving)])
    heights = [float(np.ptp(ax.get_ylim())) for ax in figure.axes]
    assert heights[0] == pytest.approx(0.1) and heights[1] < 1e-5


def test_each_panel_shows_its_own_lines_over_the_same_time():
    panels = [plots.Panel("energy", {"E": np.cos(TIME)}), plots.Panel("spin", {"x": np.sin(TIME), "y": TIME})]
    figure: Any = plots.along_protocol(TIME, panels, SPANS, "time (s)")
    first, second = figure.axes
    np.testing.assert_array_equal(first.lines[0].get_xydata(), np.stack([TIME, np.cos(TIME)], axis=1))
    np.testing.assert_array_equal(second.lines[1].get_ydata(), TIME)
    assert first.get_xlim() == second.get_xlim() == (0.0, 10.0)
    assert (first.get_ylabel(), second.get_xlabel()) == ("energy", "time (s)")
    assert first.get_legend() is None
    assert [text.get_text() for text in second.get_legend().get_texts()] == ["x", "y"]


def test_segments_are_shaded_and_instants_are_lines():
    figure = plots.along_protocol(TIME, [plots.Panel("energy", {"E": TIME})], SPANS)
    axes = figure.axes[0]
    shaded = [patch.get_window_extent().transformed(axes.transData.inverted()) for patch in axes.patches]
    assert [(round(box.x0, 9), round(box.x1, 9)) for box in shaded] == [(0, 4), (4, 10)]
    assert [line.get_xdata() for line in axes.lines[1:]] == [[4, 4]]
    assert [text.get_text() for text in axes.texts if text.get_text()] == ["hold", "disconnect", "rotate"]


@pytest.mark.parametrize("seed", range(12))
def test_labels_of_segments_never_collide(seed):
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.choice(np.linspace(0, 10, 60), size=9, replace=True))
    spans = [
        plots.Span(a, b, "segment " * int(rng.integers(1, 3)) + str(i))
        for i, (a, b) in enumerate(itertools.pairwise(edges))
    ]
    figure = plots.along_protocol(TIME, [plots.Panel("energy", {"E": TIME})], spans)
    found = boxes(figure)
    assert len(found) == len(spans)
    assert not [(i, j) for i in range(len(found)) for j in range(i) if overlap(found[i], found[j])]
    assert min(box.x0 for box in found) >= 0 and max(box.x1 for box in found) <= figure.bbox.x1
    assert max(box.y1 for box in found) <= figure.bbox.y1


def test_measured_lines_lie_under_the_dotted_expectation():
    figure = plots.against(TIME, {"odd": plots.Curve(TIME**2, expected=TIME**2)}, "x", "y")
    measured, expected = figure.axes[0].lines
    np.testing.assert_array_equal(measured.get_ydata(), TIME**2)
    np.testing.assert_array_equal(expected.get_ydata(), TIME**2)
    assert expected.get_zorder() > measured.get_zorder()
    assert expected.get_color() == "black"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["odd", "expected"]


def test_each_of_coinciding_curves_shows_in_the_gaps_of_the_next():
    odd = np.sin(TIME) ** 2
    nulls = [np.zeros_like(TIME)] * 4
    ranks = plots.nested([odd, *nulls])
    assert ranks == [(0, 1), (0, 4), (1, 4), (2, 4), (3, 4)]
    patterns: Any = [plots.dashes(rank, 4)[1] for rank in (1, 2, 3)]
    period = {sum(pattern) for pattern in patterns}
    shown = [pattern[0] for pattern in patterns]
    assert len(period) == 1 and shown == sorted(shown, reverse=True) and len(set(shown)) == 3
    assert plots.dashes(0, 4) == "-"


def test_curves_that_only_cross_are_both_solid():
    figure = plots.against(TIME, {"up": TIME, "down": 10 - TIME}, "x", "y")
    assert [line.get_linestyle() for line in figure.axes[0].lines] == ["-", "-"]


def test_few_points_become_markers():
    figure = plots.against([0, 1, 2], {"a": [1, 2, 3], "b": plots.Curve([3, 2, 1], style="line")}, "x", "y")
    assert [line.get_marker() for line in figure.axes[0].lines] == ["o", "None"]


def test_angles_have_ticks_at_full_turns():
    angle = np.linspace(0, 8 * np.pi, 200)
    figure = plots.against(angle, {"Q": angle}, "angle", "heat", {"turn": 2 * np.pi}, plots.turn_ticks(4))
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0", "$2\\pi$", "$4\\pi$", "$6\\pi$", "$8\\pi$"]
    np.testing.assert_allclose(axes.get_xticks(), 2 * np.pi * np.arange(5))
    assert axes.lines[-1].get_xdata() == [2 * np.pi, 2 * np.pi]


def test_stems_stand_on_the_outcomes():
    figure: Any = plots.bars([0.0, 2.0], [0.25, 0.75], "heat")
    axes = figure.axes[0]
    stems = [segment.tolist() for segment in axes.collections[0].get_segments()]
    assert stems == [[[0.0, 0.0], [0.0, 0.25]], [[2.0, 0.0], [2.0, 0.75]]]
    assert [text.get_text() for text in axes.texts] == ["0.25", "0.75"]


def test_a_phasor_ends_at_the_last_number_inside_its_guides():
    path = np.exp(1j * TIME)
    figure: Any = plots.phasor({"odd": path})
    axes = figure.axes[0]
    np.testing.assert_array_equal(axes.lines[2].get_xdata(), path.real)
    assert axes.texts[0].xy == (path.real[-1], path.imag[-1])
    assert sorted(patch.radius for patch in axes.patches) == [0.5, 1.0]


def test_a_map_of_both_signs_has_white_at_zero():
    figure = plots.image([0, 1, 2], [0, 1], [[-1, 0, 3], [0, 0, 0]], "x", "y", "z")
    cells = figure.axes[0].collections[0]
    np.testing.assert_array_equal(cells.get_array(), [[-1, 0, 3], [0, 0, 0]])
    assert cells.get_clim() == (-3, 3)
    assert plots.image([0, 1], [0, 1], [[1, 2], [3, 4]], "x", "y", "z").axes[0].collections[0].get_clim() == (1, 4)


@pytest.mark.parametrize(
    ("draw", "argument"),
    [
        (lambda: plots.along_protocol(TIME, []), "panels"),
        (lambda: plots.along_protocol(TIME, [plots.Panel("energy", {"E": TIME[1:]})]), "curve 'E'"),
        (lambda: plots.against(TIME, {}, "x", "y"), "curves"),
        (
            lambda: plots.against(TIME, {"odd": plots.Curve(TIME, expected=TIME[1:])}, "x", "y"),
            "what is expected of 'odd'",
        ),
        (lambda: plots.bars([1, 2], [1], "x"), "weights"),
        (lambda: plots.phasor({}), "z_curves"),
        (lambda: plots.image([1, 2], [1], [[1]], "x", "y", "z"), "z"),
    ],
)
def test_data_that_do_not_match_are_refused_by_name(draw, argument):
    with pytest.raises(InputError) as refused:
        draw()
    assert refused.value.argument == argument


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    def draw(name):
        curves: dict[str, Any] = {"odd": plots.Curve(TIME, TIME), "even": 0 * TIME}
        return style.save(plots.against(TIME, curves, "x", "$E/\\Delta$"), tmp_path / name)

    one, two = draw("gap.2pi"), draw("again")
    assert [path.name for path in one] == ["gap.2pi.png", "gap.2pi.svg"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    svg = one[1].read_text(encoding="utf-8")
    assert "dc:date" not in svg and "font-family" not in svg
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.png", "again.svg", "gap.2pi.png", "gap.2pi.svg"]


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError), style.whole(tmp_path / "a.png") as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_the_users_own_settings_neither_change_nor_matter():
    with matplotlib.rc_context({"lines.linewidth": 17.0, "svg.fonttype": "none"}):
        figure = plots.against(TIME, {"odd": TIME}, "x", "y")
        assert matplotlib.rcParams["lines.linewidth"] == 17.0
    assert figure.axes[0].lines[0].get_linewidth() == style.STYLE["lines.linewidth"]


def test_threads_draw_side_by_side():
    before = dict(matplotlib.rcParams)
    made = []
    workers = [threading.Thread(target=lambda: made.append(plots.bars([0, 1], [1, 1], "x"))) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(made) == 6
    assert dict(matplotlib.rcParams) == before


def test_colours_are_those_made_for_the_colour_blind():
    assert style.colours(6) == [to_hex(colour) for colour in matplotlib.color_sequences["petroff6"]]
    assert len(set(style.colours(8))) == 8
