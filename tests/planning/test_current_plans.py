"""Plans of junctions: readings of a current decide between models, and between no two accounts."""

import json
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn import cli
from mesodyn.dynamics import biased
from mesodyn.errors import InputError
from mesodyn.experiments import ac_josephson_theory as theory
from mesodyn.experiments.ac_josephson_record import Point, levels_of
from mesodyn.planning import deciding
from mesodyn.planning import plan as planning
from mesodyn.planning.binomial import tail
from mesodyn.planning.lab import Lab
from mesodyn.planning.settings import gathered
from mesodyn.systems.junction_nulls import contact
from mesodyn.systems.sd1s import SD1S
from mesodyn.systems.sd2s import SD2S

INSB = "al-insb-junction"


def measurement(experiment: str = "josephson-current", lab: str = "natural", **settings: Any) -> Any:
    """The measurement alone, without the plan around it."""
    return gathered(experiment, Lab.load(lab), 5.0, settings).signal


@pytest.fixture(scope="module")
def curve(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A plan of the current-phase curve, made by the command line, at two sigma: its errors can be counted."""
    folder = tmp_path_factory.mktemp("plans") / "curve"
    words = ["plan", "josephson-current", "--lab", "natural", "--target-sigma", "2", "--out", str(folder)]
    with pytest.raises(SystemExit) as stop:
        cli.main([*words, "--set", "current_noise=0.004"])
    assert stop.value.code == 0
    return json.loads((folder / "plan.json").read_text(encoding="utf-8")), folder


@pytest.fixture(scope="module")
def lines() -> Any:
    """What a plan of the lines of the alternating current decides."""
    signal = measurement("ac-josephson", current_noise=0.02)
    seen = {case.name: signal.see(case, {}) for case in signal.cases}
    demand, rivals = deciding.Demand(2.0, 0.9, 1.0, 1.0), signal.rivals(seen[signal.truth], seen)
    needs, shots = deciding.recommended(signal, seen[signal.truth], rivals, demand)
    return SimpleNamespace(
        seen=seen,
        needs=needs,
        pairs=deciding.pairs(signal, seen, demand),
        rates=deciding.rates(signal, seen[signal.truth], rivals, shots, demand, 2000, 0),
    )


# -- readings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [(1.0, 1.0), (0.5, 2.0), (3.0, 0.1)])
@pytest.mark.parametrize("power", [0.5, 0.9, None])
def test_the_number_of_readings_is_exact_for_unequal_normal_noises(noise: Any, power: float | None) -> None:
    from scipy.special import ndtr

    gap, alpha = 0.2937, tail(3)
    beta = alpha if power is None else 1 - power
    exact = deciding.readings(gap, noise, alpha, beta)
    for count, enough in ((math.ceil(exact), True), (math.ceil(exact) - 1, False)):
        limit = 3 * noise[1] / math.sqrt(count)  # of the mean, from b
        missed = ndtr((limit - gap) * math.sqrt(count) / noise[0])
        assert bool(missed <= beta * (1 + 1e-9)) is enough
    assert deciding.readings(gap, (2 * noise[0], 2 * noise[1]), alpha, beta) == pytest.approx(4 * exact)
    assert deciding.readings(0.0, noise, alpha, beta) == math.inf


def test_four_times_the_noise_power_takes_four_times_the_readings() -> None:
    found, signal = {}, measurement()
    for noise in (0.003, 0.006):
        seen = {case.name: signal.see(case, {"current_noise": noise}) for case in signal.cases}
        truth = seen[signal.truth]
        demand = deciding.Demand(5.0, 0.9, 1.0, 1.0)
        found[noise] = deciding.recommended(signal, truth, signal.rivals(truth, seen), demand)[0]
    for once, twice in zip(*found.values(), strict=True):
        assert twice["gaussian"] == pytest.approx(4 * once["gaussian"], rel=1e-12)
        assert twice["shots"] == math.ceil(twice["gaussian"])


def test_campaigns_of_readings_decide_rightly_at_the_promised_rate(curve: Any, lines: Any) -> None:
    for rows in (curve[0]["campaigns"], lines.rates):
        assert rows
        for row in rows:
            for name in ("right_if_true", "right_if_rival"):
                assert abs(row[name] - row[f"{name}_promised"]) < 4.5 * row[f"{name}_error"]
            assert row["right_if_rival_promised"] == pytest.approx(1 - tail(2), abs=1e-12)
            assert row["right_if_true_promised"] >= 1 - tail(2)
    assert min(row["right_if_true_promised"] for row in curve[0]["campaigns"]) < 0.98


def test_a_reading_scatters_as_single_readings_with_all_noises_do() -> None:
    signal = measurement(lab=INSB, lead_asymmetry=0)
    seen = signal.see(signal.case("mean field"), {})
    numbers, count = np.random.default_rng(4), 20000
    base = signal.base
    drawn = signal._read(
        signal.case("mean field"),
        {
            **{name: np.full(count, value) for name, value in base.items()},
            "flux_noise": np.zeros(count),
            "detuning_noise": np.zeros(count),
            "preparation_error": np.zeros(count),
            "detuning": base["detuning"] + base["detuning_noise"] * numbers.normal(size=count),
            "phase_difference": base["phase_difference"] + base["flux_noise"] * numbers.normal(size=count),
        },
    )[0][2]
    kept = numbers.random(count) >= base["preparation_error"]
    read = drawn * kept + base["current_noise"] / signal.unit * numbers.normal(size=count)
    assert abs(read.mean() - seen.value[2, 0]) < 4.5 * read.std() / math.sqrt(count)
    assert read.std() == pytest.approx(seen.noise[2, 0], rel=4.5 / math.sqrt(2 * count))


# -- the current-phase curve -----------------------------------------------------------------------------------------


def test_a_break_proves_no_superposition() -> None:
    junction = SD1S(detuning=0.3, alpha=1.2, beta=0.5, phase_difference=2.9)
    found = junction.equilibrium()
    phases = found.phase.values  # (27): the current of each minimum by itself, at mean phase 0
    size = 0.5 * float(found.order_parameter) ** 2 / 4
    each = size * (np.sin(2 * phases + 2.9 / 2) - np.sin(2 * phases - 2.9 / 2))
    assert abs(np.diff(phases)) == pytest.approx(np.pi)
    assert each == pytest.approx(float(found.current) * np.ones(2), rel=1e-12)
    signal = measurement()
    one, other = (signal.see(signal.case(name), {}).value for name in ("mean field", "both minima"))
    assert np.array_equal(one, other)


def test_no_shot_number_stands_where_the_current_is_the_same(curve: Any) -> None:
    apart = {frozenset((pair["one"], pair["other"])): pair for pair in curve[0]["pairs"]}
    for names, reason in (
        (("mean field", "both minima"), "proves no superposition"),
        (("pairs", "pairs that are counted"), "same levels"),
        (("pairs", "contact"), "has the same curve"),
    ):
        pair = apart[frozenset(names)]
        assert pair["shots"] is None
        assert reason in pair["reason"]
    assert apart[frozenset(("mean field", "pairs"))]["shots"] > 0
    assert set(curve[0]["accounts_compared"]["no coherence"]["value"]) == {0}


def test_a_contact_of_the_right_transmission_has_the_curve_of_pairs() -> None:
    theta = md.axis("theta", 0.1, 6.0, 40)
    xi, left, right = 0.3, 0.4, 0.6
    pairs = SD2S(detuning=xi, delta_left=left, delta_right=right, phase_difference=theta).equilibrium()
    size = math.hypot(xi, left + right)
    same = contact(gap=size, transmission=4 * left * right / size**2, phase_difference=theta)
    assert pairs.current.values == pytest.approx(same.current.values, rel=1e-12)


def test_without_imperfections_the_readings_are_the_formula() -> None:
    signal = measurement(detuning=0.05, phase_difference=3.0)
    seen = signal.see(signal.case("mean field"), {})
    stiff = 1 / (12 - 5 * math.cos(1.5))
    known = [2.5 * (stiff**2 - xi**2) * math.sin(1.5) / signal.unit for xi in (0.0, 0.05)]  # (30)
    assert seen.value[:, 0] == pytest.approx([known[0], -known[0], known[1], -known[1]], rel=1e-12)
    fitted = signal.see(signal.case("contact"), {})
    assert fitted.value[0] == pytest.approx(seen.value[0], rel=1e-12)
    assert fitted.value[2] == pytest.approx(fitted.value[0], rel=1e-12)  # no gate moves it


def test_noise_of_the_flux_is_averaged_like_many_phase_differences() -> None:
    signal = measurement(zeeman=0.15)
    x = np.linspace(-6, 6, 24001)
    weight = np.exp(-(x**2) / 2) / np.exp(-(x**2) / 2).sum()
    for name in ("mean field", "pairs", "parity kept", "contact"):
        for noise in (0.05, 0.3, 0.6):
            columns = {key: np.full(x.size, float(value)) for key, value in signal.base.items()}
            columns["phase_difference"] = columns["phase_difference"] + noise * x
            brute = signal._read(signal.case(name), columns)[0] @ weight
            one = {key: np.array([float(value)]) for key, value in signal.base.items()} | {
                "flux_noise": np.array([noise])
            }
            assert signal._read(signal.case(name), one)[0][:, 0] == pytest.approx(brute, abs=3e-3 * abs(brute).max()), (
                name,
                noise,
            )


@pytest.mark.parametrize("experiment", ["josephson-current", "ac-josephson"])
def test_the_worse_an_imperfection_the_smaller_the_contrast(experiment: str) -> None:
    signal = measurement(experiment)
    truth = signal.case(signal.truth)
    for knob in signal.knobs:
        ends = signal.ideal(knob), min(signal.worst(knob), 0.1 if knob.kind == "rate" else math.inf)
        contrast = signal.contrast(signal.see(truth, {knob.name: np.linspace(*ends, 9)}))
        assert np.all(np.diff(contrast) <= 1e-6), knob.name
        assert (contrast[-1] < 0.7 * contrast[0]) == (knob.kind != "current"), knob.name


def test_unequal_leads_round_the_break_over_the_width_of_the_paper() -> None:
    signal = measurement(lead_asymmetry=0.1)
    columns = {name: np.full(2, float(value)) for name, value in signal.base.items()}
    columns["phase_difference"] = np.pi - np.array([0.02, 0.2])  # inside and outside of 2 * 0.1
    inside, outside = signal._read(signal.case("mean field"), columns)[0][0]
    assert inside < 0.25 * outside


def test_the_best_gate_and_phase_are_within_reach_and_not_worse(curve: Any) -> None:
    signal, best = measurement(current_noise=0.004), curve[0]["optimum"]
    assert best["after"] <= best["before"]
    for name, (low, high) in signal.reach().items():
        assert low <= best["best"][name] <= high
    assert best["best"]["detuning"] < 1 / 12  # the threshold


def test_a_plan_shows_what_each_model_was_given(curve: Any) -> None:
    inputs = {number["name"]: number for number in curve[0]["inputs"]}
    assert inputs["current_noise"]["shown"] == "0.004"
    assert inputs["phase_difference"]["source"].startswith("set by the plan")
    assert {"transmission", "zeeman", "delta_left", "alpha"} <= set(inputs)
    known = {number.name: number for number in gathered("josephson-current", Lab.load(INSB), 5.0, {}).inputs}
    assert known["current_noise"].shown == "500 pA"
    assert known["delta_left"].confidence == known["zeeman"].confidence == "derived"
    assert not {"branch", "beta_left", "model"} & set(known)


def test_the_folder_holds_the_report_and_the_timeline(curve: Any) -> None:
    page = (curve[1] / "report.html").read_text(encoding="utf-8")
    assert "proves no superposition" in page
    assert 'type="range"' in page
    assert (curve[1] / "figures" / "window.png").is_file()
    steps = (curve[1] / "timeline.csv").read_text(encoding="utf-8").splitlines()
    assert steps[1].startswith("1,read the current,0,100,")  # a reading lasts the whole cycle
    assert "other side of π" in steps[2]


# -- the alternating current -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["SD1S", "contact"])
def test_the_chances_of_a_chain_are_those_of_many_trajectories(model: str) -> None:
    own: dict[str, Any] = {"branch_coupling": 0.01} if model == "SD1S" else {"transmission": 0.999}
    rates: dict[str, Any] = {"relaxation": 2e-4, "poisoning": 1e-4}
    made: Any = md.experiment("ac-josephson", model=model, trajectories=512, periods=8, **own, **rates)
    record, point = made.record(), Point(made, made.points()[0], 0, {})
    phase = (np.arange(64 * 8) + 0.5) * 2 * np.pi / 64
    stay = float(record.passage_upper[-1])
    current = np.stack([point.levels.current(phase, s) for s in (1, -1)])[:, :, None]
    chain = biased.Chain(phase[:, None], np.array([np.pi / 64 / made.values["voltage"]]), [point.jumps])
    waves: Any = 2 / phase.size * np.exp(-1j * np.outer([0.5, 1.0], phase))
    found = chain.power(current, lambda v: np.full(v.shape, stay), np.array([biased.PLUS]), waves)[:, 0]
    assert 0.05 < stay < 0.95
    assert np.all(np.abs(found - record.line_power.values) < 4.5 * record.line_error.values)


def _always(chance: float) -> Any:
    """The chance of staying, whatever the voltage."""
    return lambda voltage: np.full(voltage.shape, chance)


def test_jumps_at_passages_alone_give_the_lines_of_the_formula() -> None:
    levels = levels_of(md.experiment("ac-josephson", branch_coupling=0.01).points()[0])  # type: ignore[attr-defined]
    phase = (np.arange(16 * 12) + 0.5) * 2 * np.pi / 16
    current = np.stack([levels.current(phase, s) for s in (1, -1)])[:, :, None]
    waves: Any = 2 / phase.size * np.exp(-1j * np.outer([0.5, 1.0], phase))
    chain = biased.Chain(phase[:, None], np.ones(1), [biased.Jumps()])
    for stay in (1.0, 0.7, 0.0):
        found = chain.power(current, _always(stay), np.array([biased.PLUS]), waves)[:, 0]
        known = [theory.line(levels, phase, harmonic, stay, 1) ** 2 for harmonic in (0.5, 1.0)]
        assert found == pytest.approx(known, rel=1e-10, abs=1e-18)


def test_a_kept_branch_has_the_lines_and_steps_of_its_harmonics() -> None:
    signal = measurement("ac-josephson")
    seen = signal.see(signal.case("branch kept"), {})
    parts = theory.harmonics(12.0, 5.0, 0.03, 200)
    starts = (np.arange(6) + 0.25) * 4 * np.pi / 6
    steps = [(theory.shapiro(parts, k, 1.0, starts) ** 2).mean() for k in (1, 2)]
    known = np.array([parts[0] ** 2, parts[1] ** 2, *steps]) / signal.unit**2
    assert seen.value[:, 0] == pytest.approx(known, rel=1e-9)


def test_only_a_branch_that_is_kept_has_the_line_at_half_the_frequency(lines: Any) -> None:
    seen = {name: values.value[:, 0] for name, values in lines.seen.items()}
    assert seen["lowest level"][0] == pytest.approx(0, abs=1e-9)
    assert abs(seen["nearly open contact"][0]) < 0.01
    assert seen["open contact"] == pytest.approx([1, 0, 0, seen["open contact"][3]], abs=1e-9)
    assert seen["branch kept"][0] > 0.5
    assert 0 < seen["branch kept"][2] < 0.2 * seen["lowest level"][2]  # small, and not missing
    pair = next(p for p in lines.pairs if {p.one, p.other} == {"branch kept", "open contact"})
    assert pair.shots is None
    assert "stay on their branch" in pair.reason
    assert all(need["setting"] == "line at eV/h" for need in lines.needs)


def test_a_fast_drive_makes_the_first_step_of_an_ordinary_contact_go_missing() -> None:
    shares = []
    for frequency in (0.0005, 0.004, 0.05):
        signal = measurement("ac-josephson", frequency=frequency, voltage=0.001)
        signal.coarse = True  # the chances of passages by Landau and Zener: no slow one is integrated
        trivial, usual = (signal.see(signal.case(n), {}).value[:, 0] for n in ("nearly open contact", "lowest level"))
        assert abs(trivial[0]) < 1e-4  # and yet it has no line at the low voltage
        shares.append(trivial[2] / usual[2])
    assert shares[0] > 0.2 > shares[2]
    assert np.all(np.diff(shares) < 0)


def test_voltages_too_high_make_ordinary_junctions_look_the_same() -> None:
    signal = measurement("ac-josephson")
    seen = signal.see(signal.case(signal.truth), {"voltage": np.array([0.002, 0.04])})
    line = seen.others["nearly open contact"][0]
    assert abs(line[0]) < 0.01
    assert line[1] > 0.1 * seen.value[0, 1]


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("experiment", "lab", "settings", "message"),
    [
        ("josephson-current", "natural", {"model": "contact"}, "model must be left out of a plan"),
        ("josephson-current", "natural", {"beta_left": 5.0}, "lead_asymmetry"),
        ("josephson-current", "natural", {"branch": "adiabatic"}, "branch must be left out of a plan"),
        ("josephson-current", "natural", {"phase_difference": 3.5}, "at least π/2 and below π"),
        ("josephson-current", "natural", {"phase_difference": "0:3:4"}, "one angle"),
        ("josephson-current", "natural", {"account": "mixture"}, "account must be left out"),
        ("josephson-current", "natural", {"current_noise": -1}, "current_noise must be"),
        ("josephson-current", "natural", {"current_noise": "1 nA"}, "current_noise must be a plain number"),
        ("josephson-current", INSB, {"current_noise": 0.1}, "current_noise must be given with a unit"),
        ("josephson-current", INSB, {"current_noise": "3 V"}, "current_noise must be"),
        ("josephson-current", INSB, {"current_noise": "-3 pA"}, "current_noise must be"),
        ("josephson-current", INSB, {"temperature": "1 mK"}, "temperature must be at least 15 mK"),
        ("josephson-current", "natural", {"lead_asymmetry": 1.5}, "lead_asymmetry must be"),
        ("josephson-current", "li6-double-well", {}, "experiment of the lab"),
        ("ac-josephson", "al-nanoparticle", {}, "experiment of the lab"),
        ("ac-josephson", "natural", {"drive": "current"}, "drive must be left out of a plan"),
        ("ac-josephson", "natural", {"dynamics": "phase"}, "dynamics must be left out of a plan"),
        ("ac-josephson", "natural", {"beta_left": 5.0}, "beta_left must be left out of a plan"),
        ("ac-josephson", "natural", {"noise": 0.1}, "noise must be left out"),
        ("ac-josephson", "natural", {"periods": 4}, "periods must be at least 8"),
        ("ac-josephson", "natural", {"detuning": 0.07}, "detuning must be below"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    experiment: str, lab: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        gathered(experiment, Lab.load(lab), 5.0, settings)


def test_the_command_line_refuses_a_negative_noise_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["plan", "josephson-current", "--lab", INSB, "--set", "current_noise=-3 pA"])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("mesodyn: current_noise must be")
    assert error.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("experiment", "lab"),
    [
        ("josephson-current", INSB),
        ("josephson-current", "al-nanoparticle"),
        ("ac-josephson", INSB),
        ("ac-josephson", "natural"),
    ],
)
def test_every_plan_of_a_junction_is_made_and_planned_again_to_the_last_bit(
    experiment: str, lab: str, tmp_path: Any
) -> None:
    found = md.plan(experiment, lab, out=tmp_path / "first")
    assert found.shots is not None
    assert found.feasible
    assert found.optimum is not None
    assert found.window is not None
    assert found.optimum.gain >= 1
    again = planning.load(tmp_path / "first").save(tmp_path / "again")
    for name in ("plan.json", "timeline.csv", "report.html", "plan.toml", "checksums.txt"):
        assert (tmp_path / "first" / name).read_bytes() == (again / name).read_bytes(), name


@pytest.mark.slow
def test_a_plan_in_natural_units_is_made_again_to_the_last_bit(curve: Any, tmp_path: Any) -> None:
    again = planning.load(curve[1]).save(tmp_path / "again")
    assert (curve[1] / "plan.json").read_bytes() == (again / "plan.json").read_bytes()
