"""A plan is simulated, says plainly what can't be told apart, and can be made again bit for bit."""

import csv
import json
import math
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn import cli
from mesodyn.errors import InputError
from mesodyn.planning import atoms, deciding
from mesodyn.planning import plan as planning
from mesodyn.planning.lab import Lab
from mesodyn.planning.settings import gathered
from mesodyn.planning.signals.rotation import RotationSignal

LITHIUM = "li6-double-well"


def rotation(lab: str = LITHIUM, **settings: Any) -> RotationSignal:
    """The measurement alone, without the plan around it."""
    found = gathered("two-pi-rotation", Lab.load(lab), 5.0, settings).signal
    assert isinstance(found, RotationSignal)
    return found


CLEAN: dict[str, Any] = {
    "temperature": "1 nK", "dephasing": "0 1/s", "loss": "0 1/s", "detuning_noise": "0 Hz",
    "axis_error": "0 deg", "preparation_error": 0, "readout_error": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def lithium(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A plan with every default, and its folder."""
    found = md.plan("two-pi-rotation", LITHIUM)
    return found, found.save(tmp_path_factory.mktemp("plans") / "lithium")


def test_superposition_and_conserving_get_no_shot_number(lithium: Any) -> None:
    found, _ = lithium
    pair = next(p for p in found.pairs if {p.one, p.other} == {"conserving", "superposition"})
    assert pair.shots is None
    assert "total number" in pair.reason
    assert found.seen["superposition"].kept[0, 0] == pytest.approx(0.5, abs=1e-3)
    apart = found.seen["superposition"].value - found.seen["conserving"].value
    assert abs(apart).max() < 1e-3


def test_a_noise_of_any_strength_is_averaged_as_drawn_ones_are() -> None:
    """Detuning against its Gaussian, the axis against drawn geometric phases of slow turns (DEFINITIONS 6.2)."""
    signal = rotation(**CLEAN)
    case = signal.case("conserving")
    apart = float(signal.made.values["rotation_time"]) + 0.5 / float(signal.made.values["tunnelling"])
    for rms in (100.0, 300.0, 600.0, 1e6):
        seen = signal.see(case, {"detuning_noise": np.array([2 * np.pi * rms])})
        assert float(signal.contrast(seen)[0]) == pytest.approx(np.exp(-((2 * np.pi * rms * apart) ** 2) / 2), abs=0.04)
    drawn = np.random.default_rng(0).normal(size=100_000)
    for degrees in (1, 8, 20, 40):
        seen = signal.see(case, {"axis_error": np.array([np.deg2rad(degrees)])})
        tilt = np.pi / 2 + np.deg2rad(degrees) * drawn
        for turns, value in zip((1, 2), seen.value[:, 0], strict=True):
            overlap = (np.cos(np.pi * turns) - 1j * np.cos(tilt) * np.sin(np.pi * turns)) * np.exp(
                1j * np.pi * turns * np.cos(tilt)
            )
            assert value == pytest.approx(0.5 + overlap.real.mean() / 2, abs=0.02)


def test_a_field_that_is_not_quite_across_can_be_planned() -> None:
    found = md.plan("two-pi-rotation", LITHIUM, field_angle="85 deg")
    assert found.sobol is not None and np.all(np.isfinite(found.sobol.total))


def test_a_large_spin_in_superpositions_is_taken_by_its_sectors_of_total_number(monkeypatch: Any) -> None:
    """Traps of a larger spin have too many states to relax: what holds for spin 1/2 is used (DEFINITIONS 6.1)."""
    case = rotation().case("superposition")
    whole = rotation(weight=0.3).see(case, {})
    monkeypatch.setattr("mesodyn.planning.signals.rotation.LARGEST_SPIN", 0.0)
    small = rotation(weight=0.3, spin=0.5)
    assert small.see(case, {}).value == pytest.approx(whole.value, abs=1e-3)
    assert small.see(case, {}).kept == pytest.approx(whole.kept, abs=1e-3)


@pytest.mark.slow
def test_potassium_shows_its_sign_and_pays_nine_times_for_an_error_of_the_axis() -> None:
    found = md.plan("two-pi-rotation", "k40-double-well")
    assert found.feasible
    tilt = {"axis_error": np.deg2rad(2.0)}
    costs = []
    for signal in (found.signal, rotation()):
        truth = signal.case("conserving")
        costs.append(float((signal.contrast(signal.see(truth, {})) / signal.contrast(signal.see(truth, tilt)))[0]))
    assert np.log(costs[0]) > 30 * np.log(costs[1]) > 0  # 81 times the square of the phase, a little less in the mean


def test_the_mixture_shows_one_half_after_odd_and_even_turns(lithium: Any) -> None:
    found, _ = lithium
    assert found.seen["mixture"].value[:, 0] == pytest.approx([0.5, 0.5], abs=1e-9)


def test_nulls_show_no_sign_after_one_turn(lithium: Any) -> None:
    found, _ = lithium
    for case in found.signal.cases:
        odd, even = found.seen[case.name].value[:, 0]
        assert (abs(odd - even) < 0.02) == (case.null or case.name == "mixture"), case.name


def test_simulated_campaigns_decide_rightly_at_the_promised_rate(lithium: Any) -> None:
    found, _ = lithium
    for row in found.rates:
        for name in ("right_if_true", "right_if_rival"):
            assert abs(row[name] - row[f"{name}_promised"]) < 4 * row[f"{name}_error"]
            assert row["campaigns"] == 2000
    assert min(row["right_if_true_promised"] for row in found.rates) >= found.demand.power


def test_recommended_shots_are_exact_and_more_than_the_gaussian_rule(lithium: Any) -> None:
    found, _ = lithium
    assert found.shots == max(need["shots"] for need in found.needs)
    assert all(need["shots"] > need["gaussian"] for need in found.needs)


def test_no_measurement_has_more_information_than_the_state_holds(lithium: Any) -> None:
    information = lithium[0].information
    assert 0 < information["fisher"] < information["quantum_limit"] < 1


def test_every_number_has_its_source_and_assumed_ones_say_so(lithium: Any) -> None:
    found, _ = lithium
    lab = found.lab
    for number in found.inputs:
        assert number.source, number.name
        entry = lab.entry(number.name, "two-pi-rotation")
        assert number.confidence == (entry.confidence if entry else "assumed"), number.name


def test_a_folder_holds_everything_and_plans_the_same_bits_again(lithium: Any, tmp_path: Any) -> None:
    first = md.plan("two-pi-rotation", "natural", seed=3, readout_error=0.1).save(tmp_path / "first")
    again = planning.load(first).save(tmp_path / "again")
    for name in ("plan.json", "timeline.csv", "report.html", "plan.toml", "checksums.txt"):
        assert (first / name).read_bytes() == (again / name).read_bytes(), name
    data = json.loads((lithium[1] / "plan.json").read_text(encoding="utf-8"))
    assert data["seed"] == 0
    assert data["versions"]["mesodyn"]
    assert data["lab"]["entries"]["tunnelling"]["source"]


def test_the_report_is_one_page_without_a_network_and_begins_with_the_decision(lithium: Any) -> None:
    found, folder = lithium

    class Links(HTMLParser):
        out: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            self.out += [v for n, v in attrs if n in ("src", "href") and v and not v.startswith(("data:", "#"))]

    page = (folder / "report.html").read_text(encoding="utf-8")
    parser = Links()
    parser.feed(page)
    assert not parser.out
    assert page.index(found.summary[:40]) < page.index("How many shots")
    assert 'type="range"' in page


def test_the_steps_of_a_shot_fill_the_cycle(lithium: Any) -> None:
    found, folder = lithium
    with (folder / "timeline.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(float(row["duration"]) for row in rows) == pytest.approx(found.demand.cycle_time, rel=1e-12)
    assert float(rows[2]["duration"]) == found.signal.made.values["rotation_time"]


def test_imperfections_cost_what_their_simulation_alone_says(lithium: Any) -> None:
    found, _ = lithium
    costs = {cost.knob: cost for cost in found.budget.costs}
    assert found.budget.ideal == pytest.approx(1, abs=1e-6)
    assert found.budget.ideal - costs["readout_error"].alone == pytest.approx(2 * 0.006, rel=1e-6)
    assert costs["detuning"].alone == pytest.approx(found.budget.ideal, abs=1e-12)
    assert found.budget.worst.knob == "preparation_error"
    assert all(cost.alone <= found.budget.ideal + 1e-9 for cost in found.budget.costs)


def test_a_tolerance_is_where_the_time_runs_out(lithium: Any) -> None:
    found, _ = lithium
    limit = next(t for t in found.tolerances if t.knob == "temperature")
    for factor, fits in ((0.99, True), (1.01, False)):
        seen = found.signal.see(found.signal.case("conserving"), {"temperature": factor * limit.value})
        time = deciding.rough_duration(seen, found.signal.rivals(seen, found.seen), found.demand)
        assert bool(time[0] <= found.demand.time) is fits


def test_the_best_choice_is_within_the_limits_and_not_worse(lithium: Any) -> None:
    found, _ = lithium
    assert found.optimum.gain >= 1
    for name, (low, high) in found.signal.reach().items():
        assert low * (1 - 1e-9) <= found.optimum.best[name] <= high * (1 + 1e-9)


def test_what_matters_most_is_what_costs_most(lithium: Any) -> None:
    found, _ = lithium
    largest = found.sobol.knobs[int(np.argmax(found.sobol.total))]
    assert largest == found.budget.worst.knob


def test_noise_from_shot_to_shot_is_averaged_like_many_single_shots() -> None:
    signal = rotation("yb171-tweezer")
    truth, noise = signal.case("conserving"), 2 * np.pi * np.array([10.0, 30.0])
    place = np.linspace(-6, 6, 601)
    weight = np.exp(-(place**2) / 2) / np.exp(-(place**2) / 2).sum()
    many = signal.see(truth, {"detuning": np.outer(noise, place).ravel(), "detuning_noise": 0.0, "axis_error": 0.0})
    brute = signal.contrast(many).reshape(2, -1) @ weight
    for coarse in (False, True):
        signal.coarse = coarse
        few = signal.contrast(signal.see(truth, {"detuning_noise": noise, "axis_error": 0.0}))
        assert few == pytest.approx(brute, abs=2e-5)


def test_detuning_below_9_549_hz_rms_keeps_the_phase_within_0_3_rad_in_5_ms() -> None:
    signal = rotation(**CLEAN, rotation_time="5 ms", zeeman="100 kHz", pulse_tunnelling="5 kHz", bias_time="1 us")
    noise = 0.3 / 5e-3
    assert noise / (2 * np.pi) == pytest.approx(9.549, abs=5e-4)
    still, moved = (
        signal.contrast(signal.see(signal.case("conserving"), {"detuning_noise": v}))[0] for v in (0, noise)
    )
    assert moved / still == pytest.approx(math.exp(-(0.3**2) / 2), abs=2e-3)


def test_one_degree_of_the_axis_costs_the_phase_of_the_published_number() -> None:
    signal = rotation(**CLEAN, rotation_time="5 ms", zeeman="1 MHz")
    assert float(atoms.axis_phase(0.5, math.radians(1))) == pytest.approx(0.0548, abs=1e-4)
    assert float(atoms.axis_phase(4.5, math.radians(1))) == pytest.approx(0.493, abs=1e-3)
    angles = np.radians([90.0, 89.0])
    off = signal.see(signal.case("conserving"), {"field_angle": angles, "bias_phase": 0.0})
    phases = np.arcsin(1 - 2 * off.value[0])
    assert abs(phases[0] - phases[1]) == pytest.approx(0.0548, abs=2e-4)


def test_fifty_nanokelvin_leave_little_of_120_hz() -> None:
    signal = rotation(**{**CLEAN, "temperature": "50 nK"}, rotation_time="5 ms", zeeman="1 MHz")
    seen = signal.see(signal.case("conserving"), {})
    assert signal.contrast(seen)[0] == pytest.approx(0.1147, abs=2e-4)


def test_heat_as_a_readout_halves_what_the_superposition_shows() -> None:
    signal = rotation(**CLEAN, readout="heat")
    whole, half = (signal.see(signal.case(name), {}).value[0, 0] for name in ("conserving", "superposition"))
    assert whole == pytest.approx(1, abs=1e-3)
    assert half == pytest.approx(0.5, abs=1e-3)


def test_ytterbium_at_one_gauss_has_no_window_at_the_noise_of_two_tweezers() -> None:
    found = gathered("two-pi-rotation", Lab.load("yb171-tweezer"), 5.0, {"magnetic_field": "1 G", "time": "1 min"})
    signal, demand = found.signal, found.demand
    assert signal.base["zeeman"] == pytest.approx(2 * np.pi * 749.9, rel=1e-4)
    seen = {case.name: signal.see(case, {}) for case in signal.cases[:3]}
    low, high = signal.reach()["rotation_time"]
    truth = signal.see(signal.case("conserving"), {"rotation_time": np.geomspace(low, high, 40)})
    assert not np.any(deciding.rough_duration(truth, signal.rivals(truth, seen), demand) <= demand.time)


def test_light_from_one_trap_gets_no_shot_number_for_any_two_accounts(tmp_path: Any) -> None:
    found = md.plan("light-scattering", LITHIUM, out=tmp_path / "light")
    accounts = {case.name for case in found.signal.cases if not case.null}
    between = [pair for pair in found.pairs if {pair.one, pair.other} <= accounts]
    assert len(between) == 3
    assert all(pair.shots is None and "second system" in pair.reason for pair in between)
    values = [found.seen[name].value[:, 0] for name in accounts]
    assert np.ptp(values, axis=0) == pytest.approx(0, abs=1e-9)
    assert found.shots is not None
    assert found.shots > max(need["gaussian"] for need in found.needs)
    assert "tells no account from another" in (tmp_path / "light" / "report.html").read_text(encoding="utf-8")


def test_a_doublet_without_width_is_read_as_its_weight() -> None:
    sharp = {"width_low": "1 1/s", "width_high": "1 1/s", "background": 0, "weight": 0.3}
    signal = gathered("light-scattering", Lab.load(LITHIUM), 5.0, sharp).signal
    seen = signal.see(signal.case("mixture"), {})
    assert seen.value[:, 0] == pytest.approx([0.3, 0, 1], abs=2e-3)


def test_the_shapes_of_a_charge_step_are_told_apart_by_readings() -> None:
    found = md.plan("gate-sweep", "al-nanoparticle")
    assert all(pair.shots for pair in found.pairs)
    assert found.shots is not None
    gaps = {n: abs(found.seen["mean field"].value - s.value).max() for n, s in found.seen.items()}
    assert 0 < gaps["lead that keeps the count"] < gaps["incoherent dot"]


def test_without_errors_the_mean_field_step_is_a_straight_line_with_kinks() -> None:
    clean = {"temperature": "15 mK", "readout_error": 0, "preparation_error": 0}
    signal = gathered("gate-sweep", Lab.load("al-nanoparticle"), 5.0, clean).signal
    seen = signal.see(signal.case("mean field"), {"temperature": 0.0})
    assert seen.value[:, 0] == pytest.approx([(1 - 0.25) / 2, (1 - 0.6) / 2, (1 - 0.95) / 2, 0], abs=1e-9)
    lead = signal.see(signal.case("lead that keeps the count"), {"temperature": 0.0})
    width = 8 / math.pi
    assert lead.value[2, 0] == pytest.approx(0.5 - math.atan(4 * 0.95 / width) / math.pi, abs=1e-6)


def test_gate_noise_rounds_the_step_as_many_gate_voltages_would() -> None:
    signal = gathered("gate-sweep", Lab.load("al-nanoparticle"), 5.0, {"detuning_noise": "5 ueV"}).signal
    rough = signal.see(signal.case("mean field"), {"temperature": 0.0, "readout_error": 0.0, "preparation_error": 0.0})
    gate, weight = np.linspace(-6, 6, 2001), np.exp(-(np.linspace(-6, 6, 2001) ** 2) / 2)
    line = np.clip((1 - (np.array([0.25, 0.6, 0.95, 1.4])[:, None] + 0.25 * gate)) / 2, 0, 1)
    assert rough.value[:, 0] == pytest.approx(line @ (weight / weight.sum()), abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"experiment": "beating", "lab": "natural"}, "experiment must be one of those that can be planned"),
        ({"lab": "rb87-junction"}, "kind must be fermion in a plan"),
        ({"lab": "k40-double-well", "readout": "heat"}, "spin must be at most 1.5 in a plan of heats"),
        ({"rotation_time": "1 us"}, r"rotation_time must be at least 200 µs in the lab"),
        ({"temperature": "0.1 nK"}, "temperature must be at least 1 nK in the lab"),
        ({"turns": 3}, "turns must be left out of a plan"),
        (
            {"cycle_time": "1 ms"},
            r"cycle_time must be at least 2\.\d+ ms, which the steps of one shot take, but was 1 ms",
        ),
        ({"preparation_time": "1 ms"}, "preparation_time must be left out of a plan"),
        ({"experiment": "gate-sweep", "lab": "natural", "model": "conserving"}, "model must be left out of a plan"),
        ({"account": "mixture"}, "account must be left out of a plan"),
        ({"tunnelling": md.axis("tunnelling", [1.0, 2.0])}, "tunnelling must be one value in a plan, but was an axis"),
        ({"cycle_time": 5}, "cycle_time must be given with a unit"),
        ({"nonsense": 5}, "setting must be"),
        ({"target_sigma": 20}, "target_sigma must be"),
        ({"power": 2}, "power must be"),
    ],
)
def test_a_plan_that_makes_no_sense_or_is_beyond_the_lab_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        md.plan(**{"experiment": "two-pi-rotation", "lab": LITHIUM, **arguments})


def test_the_command_line_refuses_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["plan", "two-pi-rotation", "--lab", LITHIUM, "--set", "rotation_time=1 us"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("mesodyn: rotation_time must be")
    assert error.count("\n") == 1
