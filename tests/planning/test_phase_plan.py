"""Opposite phases that become equal: what counts show of it, what they can't tell apart, and what is refused."""

import json
import math
from typing import Any

import numpy as np
import pytest
import qutip

import mesodyn as md
from mesodyn import cli
from mesodyn.errors import InputError
from mesodyn.planning import deciding
from mesodyn.planning import plan as planning
from mesodyn.planning.budget import budget
from mesodyn.planning.lab import Lab
from mesodyn.planning.settings import gathered
from mesodyn.planning.signals.phase import EQUAL, OPPOSITE, RELAXED, PhaseSignal


def phases(lab: str = "natural", **settings: Any) -> PhaseSignal:
    """The measurement alone, without the plan around it."""
    found = gathered("phase-equalization", Lab.load(lab), 5.0, settings).signal
    assert isinstance(found, PhaseSignal)
    return found


def left(signal: PhaseSignal, name: str = "conserving", **changes: Any) -> Any:
    """Probabilities of left (settings, points)."""
    return signal.see(signal.case(name), changes).value


@pytest.fixture(scope="module")
def rubidium(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder that the command line leaves, and the plan that is made again from it."""
    folder = tmp_path_factory.mktemp("plans") / "rubidium"
    with pytest.raises(SystemExit) as stop:
        cli.main(["plan", "phase-equalization", "--lab", "rb87-junction", "--seed", "3", "--out", str(folder)])
    assert stop.value.code == 0
    return planning.load(folder), folder


def test_opposite_phases_become_equal_at_the_rate_of_the_bath() -> None:
    times = np.array([1.0, 4.0, 10.0])
    found = left(phases(rate=0.25), duration=times)
    assert found[:2] == pytest.approx(np.array([[1.0] * 3, [0.0] * 3]), abs=1e-9)
    assert found[RELAXED] == pytest.approx(1 - np.exp(-0.25 * times), abs=1e-9)


def test_a_mixture_shows_one_half_at_once_and_is_cooled_like_the_others() -> None:
    found = left(phases(rate=0.25), "mixture", duration=np.array([4.0]))
    assert found[:2, 0] == pytest.approx([0.5, 0.5], abs=1e-12)
    assert found[RELAXED, 0] == pytest.approx(1 - 0.5 * math.exp(-1), abs=1e-9)


def test_superposition_and_conserving_show_the_same_in_every_setting_with_all_errors() -> None:
    signal = phases("li6-double-well", weight=0.3)
    both = [signal.see(signal.case(name), {}) for name in ("superposition", "conserving")]
    assert both[0].value == pytest.approx(both[1].value, abs=1e-9)
    assert both[0].kept[:, 0] == pytest.approx([2 * 0.3 * 0.7] * 3, abs=1e-9)
    assert both[1].kept[:, 0] == pytest.approx([1] * 3, abs=1e-9)


def test_without_a_bath_or_a_link_opposite_phases_stay() -> None:
    signal = phases()
    for name in ("no bath", "isolated traps"):
        assert left(signal, name)[:, 0] == pytest.approx([1, 0, 0], abs=1e-9)
    assert left(signal, "noise alone")[RELAXED, 0] == pytest.approx(0.5, abs=1e-9)


def test_counts_are_those_of_a_master_equation_in_plain_qutip() -> None:
    signal = phases(rate=0.25, temperature=0.7, dephasing=0.03, detuning=0.2, duration=3.0)
    link, tilt = -qutip.sigmax(), 0.1 * qutip.sigmaz()
    level, states = (link + tilt).eigenstates()
    gap = level[1] - level[0]
    share = 1 / (1 + math.exp(gap / 0.7))
    down = [math.sqrt(0.25 * (1 - share)) * states[0] * states[1].dag()]
    bath: list[Any] = [*down, math.sqrt(0.25 * share) * states[1] * states[0].dag()]
    noise: list[Any] = [math.sqrt(0.03 / 2) * qutip.sigmaz()]
    fine = {"rtol": 1e-11, "atol": 1e-12}
    start = (qutip.basis(2, 0) - qutip.basis(2, 1)).unit()
    state = qutip.mesolve(link + tilt, start, [0, 3.0], bath + noise, options=fine).states[-1]
    bias = tilt - 0.5 * math.pi * qutip.sigmaz()  # B is raised by pi/2 over the time 1/2
    state = qutip.mesolve(bias, state, [0, 0.5], noise, options=fine).states[-1]
    state = qutip.mesolve(link + tilt, state, [0, math.pi / 4], noise, options=fine).states[-1]
    assert left(signal)[RELAXED, 0] == pytest.approx(state.full()[0, 0].real, abs=1e-7)


def test_noise_from_shot_to_shot_is_averaged_like_many_single_shots() -> None:
    signal = phases(imprint_error=0.4, detuning_noise=0.3, duration=6.0)
    place = np.linspace(-8, 8, 401)
    weight = np.exp(-(place**2) / 2) / np.exp(-(place**2) / 2).sum()
    detuned = left(signal, detuning=0.3 * place, imprint_error=0.0, detuning_noise=0.0) @ weight
    assert left(signal, imprint_error=0.0)[:, 0] == pytest.approx(detuned, abs=1e-6)
    signal.coarse = True
    assert left(signal, imprint_error=0.0)[:, 0] == pytest.approx(detuned, abs=1e-4)
    made = signal.build({"account": "conserving", "phase_difference": 0.4 * place, "duration": 6.0})
    mean = (made.record().coherence.isel(moment=0) * weight).sum()
    assert left(signal, detuning_noise=0.0)[EQUAL, 0] == pytest.approx(0.5 + float(mean.real), abs=1e-9)


def test_no_shot_number_stands_where_nothing_can_be_told_apart(rubidium: Any) -> None:
    pairs = {(p.one, p.other): p for p in rubidium[0].pairs}
    same = pairs["conserving", "superposition"]
    assert same.shots is None
    assert "total number" in same.reason
    assert pairs["conserving", "mixture"].shots and pairs["superposition", "mixture"].shots
    assert pairs["conserving", "mixture"].setting in PhaseSignal.settings[:2]


def test_simulated_campaigns_decide_rightly_at_the_promised_rate() -> None:
    found = gathered("phase-equalization", Lab.load("li6-double-well"), 2.0, {"power": 0.8})
    signal, seen = found.signal, {}
    for case in found.signal.cases:
        seen[case.name] = signal.see(case, {})
    truth = seen["conserving"]
    rivals = signal.rivals(truth, seen)
    needs, _ = deciding.recommended(signal, truth, rivals, found.demand)
    for need, rival in zip(needs, rivals, strict=True):
        (row,) = deciding.rates(signal, truth, [rival], need["shots"], found.demand, 2000, 5)
        for name in ("right_if_true", "right_if_rival"):
            promised = row[f"{name}_promised"]
            assert abs(row[name] - promised) < 4 * math.sqrt(max(promised * (1 - promised), 1e-3) / 2000)
        assert row["right_if_true_promised"] >= need["power"]


def test_each_imperfection_costs_more_the_worse_it_is() -> None:
    signal = phases("li6-double-well")
    for knob in signal.knobs:
        good, bad = signal.ideal(knob), signal.worst(knob)
        way = np.geomspace(good, bad, 6) if good * bad > 0 else np.linspace(good, bad, 6)
        contrast = signal.contrast(signal.see(signal.case("conserving"), {knob.name: way}))
        assert np.all(np.diff(contrast) < 1e-6), knob.name
    costs = budget(signal)
    assert all(cost.alone <= costs.ideal + 1e-9 for cost in costs.costs)
    assert all(cost.without >= costs.everything - 1e-9 for cost in costs.costs)
    assert costs.ideal == pytest.approx(1, abs=1e-6)


def test_a_tolerance_is_where_the_time_runs_out(rubidium: Any) -> None:
    found, _ = rubidium
    limit = next(t for t in found.tolerances if t.knob == "rate")
    for factor, fits in ((1.02, True), (0.98, False)):
        seen = found.signal.see(found.signal.case("conserving"), {"rate": factor * limit.value})
        time = deciding.rough_duration(seen, found.signal.rivals(seen, found.seen), found.demand)
        assert bool(time[0] <= found.demand.time) is fits


def test_the_window_closes_for_short_waits_and_weak_links(rubidium: Any) -> None:
    found, _ = rubidium
    assert (found.window.x_name, found.window.y_name) == ("duration", "tunnelling")
    assert found.window.open_from < found.signal.free("duration") < found.window.open_to
    assert np.all(found.window.time[:, 0] > found.demand.time)
    assert found.window.time[0].min() > found.window.time[-1].min()
    low, high = found.signal.reach()["tunnelling"]
    assert low <= found.optimum.best["tunnelling"] <= high
    assert found.optimum.gain >= 1


def test_no_measurement_has_more_information_than_the_state_holds(rubidium: Any) -> None:
    information = rubidium[0].information
    assert 0.5 < information["fisher"] < information["quantum_limit"] < 1
    assert phases().information()["fisher"] == pytest.approx(1, abs=1e-6)


def test_the_folder_of_the_command_line_plans_the_same_bits_again(rubidium: Any, tmp_path: Any) -> None:
    found, folder = rubidium
    again = found.save(tmp_path / "again")
    for file in ("plan.json", "timeline.csv", "report.html", "plan.toml", "checksums.txt"):
        assert (folder / file).read_bytes() == (again / file).read_bytes(), file
    assert "opposite phases are seen to become equal at 5σ" in found.summary
    data = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert data["shots"]["all"] == 3 * data["shots"]["per_setting"]
    assert {row["name"]: row["source"] for row in data["inputs"]}["duration"] == "set by the plan: 5 / rate"


def test_the_report_says_what_cooling_does_to_a_mixture(rubidium: Any) -> None:
    found, folder = rubidium
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.index(found.summary[:40]) < page.index("How many shots")
    assert "cooling the linked traps makes a phase" in page
    assert 'type="range"' in page
    assert found.timeline[2].duration == found.signal.number("duration")
    assert sum(line.duration for line in found.timeline) == pytest.approx(found.demand.cycle_time, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "mean-field"}, "model must be quantum in a plan.*no single counts"),
        ({"phase_difference": 1.0}, "phase_difference must be left out of a plan"),
        ({"account": "mixture"}, "account must be left out of a plan"),
        ({"weight": 1.0}, "weight must be between 0 and 1 in a plan"),
        ({"lab": "li6-double-well", "temperature": "0.5 nK"}, "temperature must be at least 1 nK in the lab"),
        ({"lab": "li6-double-well", "tunnelling": "1 kHz"}, "tunnelling must be"),
        ({"lab": "rb87-junction", "experiment": "magnetization"}, "experiment of the lab rb87-junction must be"),
    ],
)
def test_a_plan_that_makes_no_sense_or_is_beyond_the_lab_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        md.plan(**{"experiment": "phase-equalization", "lab": "natural", **arguments})


@pytest.mark.slow
@pytest.mark.parametrize("lab", ["k40-double-well", "li6-double-well", "yb171-tweezer"])
def test_every_lab_with_two_traps_has_a_plan(lab: str) -> None:
    found = md.plan("phase-equalization", lab)
    assert found.shots
    assert found.feasible
    assert all(line.duration >= 0 for line in found.timeline)
    assert found.seen["conserving"].value[OPPOSITE, 0] < 0.2
