"""Plans with numbers that leave nothing to see: no shot number, and the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn.errors import InputError, UnfinishedError
from mesodyn.figures import planning as pictures
from mesodyn.planning import deciding
from mesodyn.planning.binomial import tail
from mesodyn.planning.lab import Lab
from mesodyn.planning.optimise import Window
from mesodyn.planning.plan_report import _opening
from mesodyn.planning.settings import gathered

LITHIUM, GRAIN = "li6-double-well", "al-nanoparticle"


def needs(experiment: str, lab: str, **given: Any) -> list[dict[str, Any]]:
    """What each rival asks for."""
    numbers = gathered(experiment, Lab.load(lab), 5.0, given)
    signal = numbers.signal
    seen = {case.name: signal.see(case, {}) for case in signal.cases}
    truth = seen[signal.truth]
    return deciding.recommended(signal, truth, signal.rivals(truth, seen), numbers.demand)[0]


@pytest.mark.parametrize(
    ("experiment", "lab", "given"),
    [
        ("two-pi-rotation", LITHIUM, {"detuning_noise": "1 MHz"}),
        ("two-pi-rotation", LITHIUM, {"axis_error": "3 rad"}),
        ("two-pi-rotation", LITHIUM, {"detuning_noise": "1 MHz", "readout": "heat"}),
        ("phase-equalization", LITHIUM, {"detuning_noise": "1 kHz"}),
        ("gate-sweep", GRAIN, {"detuning_noise": "1 THz"}),
        ("josephson-current", GRAIN, {"flux_noise": "4 rad"}),
        ("magnetization", GRAIN, {"moment_noise": 1e30}),
    ],
)
def test_a_noise_that_leaves_nothing_gets_no_number(experiment: str, lab: str, given: dict[str, Any]) -> None:
    for row in needs(experiment, lab, **given):
        assert row["shots"] is None and row["gaussian"] == np.inf and "the same, or more than" in row["reason"]


def test_more_noise_never_helps_a_phase_that_relaxes() -> None:
    """Few values of a strong noise would make a signal where there is none."""
    counts = [needs("phase-equalization", LITHIUM, detuning_noise=noise)[0]["shots"] for noise in ("5 Hz", "100 Hz")]
    assert counts == sorted(counts)


def test_a_fringe_that_a_detuning_inverts_is_no_sign() -> None:
    rows = needs("two-pi-rotation", LITHIUM, detuning="350 Hz")
    assert rows[0]["expected"] > 0.7 > 0.3 > rows[0]["rival"]
    assert all(row["shots"] is None and row["reason"] == "it lies on the other side" for row in rows)


def test_a_little_noise_of_the_flux_is_as_good_as_none() -> None:
    counts = [[row["shots"] for row in needs("josephson-current", GRAIN, flux_noise=x)] for x in ("0 rad", "1e-30 rad")]
    assert counts[0] == counts[1] and None not in counts[0]


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"temperature": "2 K"}, "temperature must be low enough that a current flows"),
        ({"detuning": "1 THz"}, "detuning must be below 3.6 GHz in modulus"),
        ({"detuning_noise": "1 THz"}, "detuning_noise must be at most 7.2 GHz"),
    ],
)
def test_a_junction_without_a_current_is_refused(given: dict[str, str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        gathered("josephson-current", Lab.load(GRAIN), 5.0, given)


def test_a_solver_that_fails_names_what_was_set() -> None:
    with pytest.raises(UnfinishedError, match="can't be planned with dephasing = 1e30 1/s: the norm was lost"):
        md.plan("two-pi-rotation", LITHIUM, dephasing="1e30 1/s")


def test_the_natural_lab_can_plan_what_it_lists() -> None:
    assert needs("light-scattering", "natural")[0]["shots"]


def test_readings_beyond_a_thousand_million_are_no_number() -> None:
    demand = deciding.Demand(5.0, 0.9, 1.0, 1.0)
    assert deciding.shots(1.0, 0.0, (1e4, 1e4), demand, False) == (None, np.inf)
    count, rough = deciding.shots(1.0, 0.0, (1.0, 1.0), demand, False)
    assert count in (100, 101) and np.isclose(rough, 100) and demand.alpha == tail(5)


def test_the_end_of_the_map_is_not_called_the_end_of_the_window() -> None:
    class Shows:
        def shown(self, name: str, value: float, digits: int) -> str:
            return f"{value:g} s"

    class One:
        signal = Shows()
        window: Window

    grid, plan = np.array([1.0, 2.0, 4.0]), One()
    said = []
    for ends in ((1.0, 4.0), (1.0, 2.0), (2.0, 4.0), (2.0, 2.0)):
        plan.window = Window("x", "y", grid, grid, np.ones((3, 3)), np.ones((3, 3)), True, *ends)
        said.append(_opening(plan))  # type: ignore[arg-type]
    whole = "open in the whole range of the map, 1 s to 4 s"
    assert said == [whole, "at least from 1 s to 2 s", "2 s to at least 4 s", "2 s to 2 s"]


def test_what_takes_too_long_is_hatched_cell_by_cell() -> None:
    time = np.array([[1.0, 20.0, np.inf], [1.0, 1.0, 20.0], [1.0, 1.0, 1.0]])
    x = [1.0, 2.0, 4.0]
    drawn = pictures.window(x, x, time, 10.0, (1.0, 1.0), (4.0, 4.0), "x", "y", "z")
    hatched = [c for c in drawn.axes[0].collections if c.get_hatch() == pictures.HATCH]
    assert len(hatched) == 1 and len(hatched[0].get_paths()) == 3
