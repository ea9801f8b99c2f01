"""Simulated analyses have the truth inside as often as they promise, and another read-out is compared."""

from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn.planning import covering
from mesodyn.planning.lab import Lab
from mesodyn.planning.optimise import Choice, Optimum, optimum
from mesodyn.planning.settings import gathered

LITHIUM = "li6-double-well"


@pytest.mark.parametrize(("a", "b", "shots"), [(0.94, 0.06, 45), (0.7, 0.5, 200), (0.55, 0.45, 3000), (1.0, 0.0, 40)])
def test_calibrated_intervals_have_the_true_contrast_inside_at_the_promised_rate(
    a: float, b: float, shots: int
) -> None:
    usual, calibrated = covering._of_counts("difference", a, b, shots, 4)
    assert calibrated.covered > calibrated.promised - 3 * calibrated.error
    assert calibrated.covered >= usual.covered
    assert calibrated.half_width >= usual.half_width > 0
    spread = np.sqrt((a * (1 - a) + b * (1 - b)) / shots)
    if shots >= 200:
        assert usual.half_width == pytest.approx(1.96 * spread, rel=0.1)


def test_the_grid_of_an_analysis_holds_the_truth() -> None:
    for a, b in ((0.9, 0.2), (1.0, 0.0), (0.5, 0.5), (0.3, 0.1)):
        analysis, true, middle = covering.difference_analysis(a, b, 50)
        assert analysis.table[true, middle, :, 0] == pytest.approx([a, b], abs=1e-12)
        assert np.all(np.diff(analysis.values) > 0)
        gaps = analysis.table[..., 0, 0] - analysis.table[..., 1, 0]
        assert gaps == pytest.approx(np.broadcast_to(analysis.values[:, None], gaps.shape), abs=1e-12)


def test_intervals_of_readings_cover_as_the_normal_distribution_does() -> None:
    found = covering._of_readings("difference", 0.7, 0.1, 3)
    assert abs(found.covered - 0.95) < 4 * found.error
    assert found.half_width == pytest.approx(0.196, abs=1e-4)


def test_a_plan_has_the_simulated_analyses_of_its_own_length(tmp_path: Any) -> None:
    found = md.plan("two-pi-rotation", "natural", readout_error=0.1, out=tmp_path / "plan")
    assert [c.of for c in found.coverage] == ["2 turns - 1 turn"] * 2
    assert found.as_json()["simulated_analyses"][1]["promised"] == covering.LEVEL
    page = (tmp_path / "plan" / "report.html").read_text(encoding="utf-8")
    assert "Simulated analyses" in page
    assert "time with readout = heat" in page


def test_nothing_is_analysed_where_nothing_can_be_seen() -> None:
    found = gathered("two-pi-rotation", Lab.load("natural"), 5.0, {})
    seen = found.signal.see(found.signal.case("conserving"), {})
    assert covering.covered(found.signal, seen, None, 0) == []


def test_another_read_out_takes_as_long_as_a_plan_with_it_says() -> None:
    planned = {}
    for readout in ("interferometer", "heat"):
        found = gathered("two-pi-rotation", Lab.load(LITHIUM), 5.0, {"readout": readout})
        signal = found.signal
        seen = {c.name: signal.see(c, {}) for c in signal.cases if not c.null}
        best = optimum(signal, seen, found.demand, {"rotation_time": (2e-4, 1e-3)}, 0)
        assert best is not None
        planned[readout] = best
    for mine, other in (("interferometer", "heat"), ("heat", "interferometer")):
        (choice,) = planned[mine].choices
        assert (choice.name, choice.value, choice.reason) == ("readout", other, "")
        assert choice.before == pytest.approx(planned[other].before, rel=0.02)
    assert planned["interferometer"].better is None
    better = planned["heat"].better
    assert better is not None and better.value == "interferometer"


def test_a_read_out_that_can_not_be_planned_says_why() -> None:
    signal = gathered("two-pi-rotation", Lab.load(LITHIUM), 5.0, {"pulse_field": "on"}).signal
    with pytest.raises(md.InputError, match="pulse_field must be left out with readout=heat"):
        signal.altered({"readout": "heat"})
    none = Optimum({}, {}, 1.0, 1.0, 1.0, 1.0, (Choice("readout", "heat", np.inf, np.inf, "why"),))
    assert none.better is None
