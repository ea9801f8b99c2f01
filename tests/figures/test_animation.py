"""Each frame shows its own moment, and the file holds what was asked for."""

import importlib.util
import re
import subprocess
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mesodyn.errors import InputError, UnfinishedError
from mesodyn.figures import animation, style
from mesodyn.figures.plots import Span

FRAMES = 12
ANGLE = np.linspace(0.0, 2.0 * np.pi, FRAMES)
SPIN = np.stack([np.sin(ANGLE), 0 * ANGLE, np.cos(ANGLE)], axis=1)
TIME = np.linspace(0.0, 10.0, 201)
AT = np.linspace(0.0, 10.0, FRAMES)


def trace(lines=None, **rest):
    return animation.TracePanel("energy", TIME, lines or {"E": TIME**2}, AT, **rest)


def wells(**rest):
    return animation.WellsPanel("wells", np.linspace(1, 0, FRAMES), np.linspace(0, 1, FRAMES), AT / 10, **rest)


def everything():
    sphere = animation.SpherePanel("sphere", {"field": SPIN, "spin": SPIN[::-1]})
    phasor = animation.PhasorPanel("phasor", {"A": np.exp(1j * ANGLE), "B": 0.5 * np.exp(-1j * ANGLE)})
    return [sphere, phasor, wells(spin_left=SPIN[:, :2]), trace(spans=[Span(0, 5, "hold"), Span(5, 5, "connect")])]


def set_up(panel):
    _, axes = style.figure()
    return axes[0, 0], panel.setup(axes[0, 0])


@pytest.mark.parametrize("frame", [0, 5, FRAMES - 1])
def test_the_cursor_stands_at_the_time_of_the_frame(frame):
    panel = trace()
    set_up(panel)
    panel.update(frame)
    assert panel.cursor.get_xdata() == [AT[frame], AT[frame]]
    (dot,), (bold,) = panel.dots, panel.bold
    assert dot.get_xdata() == [AT[frame]]
    np.testing.assert_allclose(dot.get_ydata(), [AT[frame] ** 2], atol=1e-3)
    assert bold.get_xdata()[-1] == AT[frame] and np.all(np.diff(bold.get_xdata()) >= 0)


def test_the_faint_line_is_the_whole_curve():
    axes, _ = set_up(trace())
    np.testing.assert_array_equal(axes.lines[1].get_xydata(), np.stack([TIME, TIME**2], axis=1))


def test_at_a_jump_the_dot_is_where_the_jump_ends():
    panel: Any = animation.TracePanel("energy", [0.0, 1.0, 1.0, 2.0], {"E": [0.0, 0.0, 5.0, 5.0]}, [0.9, 1.0, 1.1])
    set_up(panel)
    shown = []
    for frame in range(3):
        panel.update(frame)
        shown.append(float(panel.dots[0].get_ydata()[0]))
    assert shown == [0.0, 5.0, 5.0]


def test_arrows_end_at_the_projected_vector_and_trails_follow():
    panel = animation.SpherePanel("sphere", {"spin": SPIN})
    set_up(panel)
    panel.update(7)
    arrow, trail = panel.arrows["spin"]
    lines: Any = trail.lines
    np.testing.assert_allclose(arrow.head.get_xy()[0], panel.project(SPIN[7])[0])
    np.testing.assert_allclose(lines.get_segments()[-1][1], panel.paths["spin"][7])
    assert len(lines.get_segments()) == 7
    alphas = lines.get_color()[:, 3]
    assert np.all(np.diff(alphas) > 0)


def test_projection_keeps_lengths():
    flat, depth = animation.SpherePanel.project(SPIN)
    np.testing.assert_allclose(np.sum(flat**2, axis=1) + depth**2, 1.0)
    assert animation.SpherePanel.project([0, 0, 1])[0][1] > 0.9
    assert animation.SpherePanel.project([1, 0, 0])[1] > 0.0


def test_what_points_away_is_paler():
    panel = animation.SpherePanel("sphere", {"spin": [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]})
    set_up(panel)
    arrow = panel.arrows["spin"][0]
    panel.update(0)
    near = arrow.shaft.get_alpha()
    panel.update(1)
    assert near == 1.0 and arrow.shaft.get_alpha() == 0.5


def test_long_vectors_are_scaled_to_the_sphere_and_short_ones_are_not():
    panel = animation.SpherePanel("sphere", {"field": 3 * SPIN, "spin": 0.5 * SPIN})
    np.testing.assert_allclose(np.linalg.norm(panel.vectors["field"], axis=1), 1.0)
    np.testing.assert_array_equal(panel.vectors["spin"], 0.5 * SPIN)


def test_phasors_point_at_their_numbers():
    panel = animation.PhasorPanel("phasor", {"A": 2.0 * np.exp(1j * ANGLE)})
    axes, _ = set_up(panel)
    panel.update(4)
    np.testing.assert_allclose(
        panel.arrows["A"][0].head.get_xy()[0], 2.0 * np.array([np.cos(ANGLE[4]), np.sin(ANGLE[4])])
    )
    assert axes.get_xlim()[1] > 2.0


def test_discs_grow_in_area_with_the_population():
    panel = wells(spin_right=SPIN[:, :2])
    set_up(panel)
    panel.update(0)
    assert panel.discs["right"].radius == 0.0
    full = panel.discs["left"].radius
    panel.update(FRAMES - 1)
    assert panel.discs["right"].radius == full and panel.discs["left"].radius == 0.0
    assert set(panel.arrows) == {"right"}


def test_the_barrier_rises_and_the_wells_stay():
    panel = wells()
    set_up(panel)
    middle = len(panel.x) // 2
    panel.update(0)
    low = panel.curve.get_ydata()
    panel.update(FRAMES - 1)
    high = panel.curve.get_ydata()
    assert high[middle] > 4 * low[middle]
    np.testing.assert_array_equal(high[:20], low[:20])


def test_a_gif_has_all_frames_one_small_palette_and_loops(tmp_path):
    path = animation.animate(everything(), tmp_path / "a.gif", frames=FRAMES, captions=["now"] * FRAMES)
    gif: Any
    with Image.open(path) as gif:
        assert gif.n_frames == FRAMES
        assert gif.size == (800, 450)
        assert len(gif.getpalette()) // 3 <= 64
        assert gif.info["loop"] == 0 and gif.info["duration"] == 50
        assert gif.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


def test_frames_of_a_gif_match_what_was_drawn(tmp_path):
    panels = everything()
    path = animation.animate(panels, tmp_path / "a.gif", frames=FRAMES)
    with style.styled():
        drawn = animation._Stage(everything(), None, (8.0, 4.5), None).picture(8)
    with Image.open(path) as gif:
        gif.seek(8)
        shown = np.asarray(gif.convert("RGB")).astype(int)
    difference = np.abs(shown - drawn).max(axis=2)
    assert np.mean(difference) < 2.0
    assert np.mean(difference > 40) < 1e-3


def test_the_same_input_gives_the_same_bytes(tmp_path):
    one = animation.animate(everything(), tmp_path / "a.gif", frames=FRAMES).read_bytes()
    assert animation.animate(everything(), tmp_path / "b.gif", frames=FRAMES).read_bytes() == one


def test_a_still_scene_needs_few_bytes(tmp_path):
    still = animation.PhasorPanel("still", {"A": np.ones(50)})
    moving = animation.PhasorPanel("moving", {"A": np.exp(1j * np.linspace(0, 6, 50))})
    sizes = [animation.animate([p], tmp_path / "a.gif", frames=50).stat().st_size for p in (still, moving)]
    assert sizes[0] < sizes[1] / 5


def test_captions_change_with_the_frames(tmp_path):
    with style.styled():
        stage = animation._Stage([trace()], [str(i) for i in range(FRAMES)], (8.0, 4.5), None)
        stage.picture(3)
    assert stage.caption.get_text() == "3"


def test_wide_panels_stand_below_the_narrow_ones():
    with style.styled():
        stage = animation._Stage(everything(), None, (8.0, 4.5), None)
    sphere, phasor, double, energy = (axes.get_position() for axes in stage.figure.axes)
    assert energy.y1 < min(box.y0 for box in (sphere, phasor, double))
    assert energy.width > 2 * sphere.width
    assert sphere.x1 < phasor.x0 < phasor.x1 < double.x0


def test_text_of_the_panels_does_not_overlap():
    with style.styled():
        stage = animation._Stage(everything(), ["a caption"] * FRAMES, (8.0, 4.5), None)
        stage.picture(0)
    texts = [text for axes in stage.figure.axes for text in (axes.title, axes.xaxis.label, *axes.texts)]
    found = [text.get_window_extent() for text in (*texts, stage.caption) if text.get_text()]
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= 800 and box.y1 <= 450 for box in found)
    assert not [1 for i, a in enumerate(found) for b in found[:i] if a.overlaps(b)]


@pytest.mark.parametrize("name", ["a.avi", "a", "a.png", "a.mp4"])
def test_other_files_are_refused_with_the_way_out(tmp_path, name, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"path must be a \.gif file.*pip install 'mesodyn\[video\]'"):
        animation.animate([trace()], tmp_path / name, frames=FRAMES)


def test_a_film_has_even_sizes(tmp_path):
    film = pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg (the extra 'video') is not installed")
    path = animation.animate([trace()], tmp_path / "a.mp4", frames=FRAMES, size=(4.01, 3.03))
    counting = [film.get_ffmpeg_exe(), "-i", str(path), "-f", "null", "-"]
    told = subprocess.run(counting, capture_output=True, text=True, check=True, timeout=60).stderr
    assert "h264" in told and " 400x302" in told
    assert re.findall(r"frame= *(\d+)", told)[-1] == str(FRAMES)
    again = animation.animate([trace()], tmp_path / "b.mp4", frames=FRAMES, size=(4.01, 3.03))
    assert again.read_bytes() == path.read_bytes()


def test_a_film_that_can_not_be_written_is_unfinished_and_leaves_nothing(tmp_path):
    pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg (the extra 'video') is not installed")
    with pytest.raises(UnfinishedError, match="the film could not be written"):
        animation.animate([trace()], tmp_path / "missing" / "a.mp4", frames=FRAMES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "argument"),
    [({"frames": 5}, "frames"), ({"frames": 0}, "frames"), ({"fps": 0}, "fps"), ({"captions": ["one"]}, "frames")],
)
def test_numbers_that_do_not_match_are_refused(tmp_path, change, argument):
    with pytest.raises(InputError) as refused:
        animation.animate([trace()], tmp_path / "a.gif", **{"frames": FRAMES, **change})
    assert refused.value.argument == argument
    assert list(tmp_path.iterdir()) == []


def test_arrays_of_other_shapes_are_refused():
    with pytest.raises(InputError, match="vectors must be an array of shape"):
        animation.SpherePanel("sphere", {"spin": SPIN[:, :2]})
    with pytest.raises(InputError, match="line 'E' must be an array of shape"):
        trace({"E": TIME[1:]})
    with pytest.raises(InputError, match="one number of frames"):
        animation.PhasorPanel("phasor", {"A": ANGLE, "B": ANGLE[1:]})
