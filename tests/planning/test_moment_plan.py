"""Readings of a moment: what a meter with noise shows, what it can't tell apart, and what is refused."""

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

import mesodyn as md
from mesodyn import cli
from mesodyn.errors import InputError
from mesodyn.planning import atoms, deciding
from mesodyn.planning import plan as planning
from mesodyn.planning.budget import budget
from mesodyn.planning.lab import Lab
from mesodyn.planning.settings import gathered
from mesodyn.planning.signals.moment import ACROSS, AGAINST, FULL, NONE, MomentSignal
from mesodyn.systems.magnet_nulls import anisotropic_doublet, anisotropic_spin, isolated_doublet, screened_doublet

ACCOUNTS = {"superposition", "conserving", "mixture"}
GRAIN = "al-nanoparticle"


def moment(lab: str = "natural", **settings: Any) -> MomentSignal:
    """The measurement alone, without the plan around it."""
    found = gathered("magnetization", Lab.load(lab), 5.0, settings).signal
    assert isinstance(found, MomentSignal)
    return found


def read(signal: MomentSignal, name: str = "mean field", **changes: Any) -> Any:
    """Mean readings (settings,)."""
    return signal.see(signal.case(name), changes).value[:, 0]


@pytest.fixture(scope="module")
def grain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The folder that the command line leaves, and the plan that is made again from it."""
    folder = tmp_path_factory.mktemp("plans") / "grain"
    with pytest.raises(SystemExit) as stop:
        cli.main(["plan", "magnetization", "--lab", GRAIN, "--seed", "3", "--out", str(folder)])
    assert stop.value.code == 0
    return planning.load(folder), folder


def test_a_cold_mean_field_keeps_its_moment_without_a_field_and_against_one_and_turns_in_a_line() -> None:
    found = read(moment(field=0.3 * 0.02))
    assert found[:3] == pytest.approx([1, 1, 0.3], abs=1e-9)
    assert found[FULL] == pytest.approx(1, abs=1e-9)


def test_a_warm_mean_field_keeps_the_thermal_moment_of_its_own_field() -> None:
    kT, m = 0.6, 1.0
    for _ in range(500):
        m = math.tanh(m / kT)
    assert read(moment(temperature=kT))[NONE] == pytest.approx(m, abs=1e-9)
    assert read(moment(temperature=1.2))[NONE] == pytest.approx(0, abs=1e-9)


def test_doublets_have_no_moment_without_a_field_and_follow_one() -> None:
    signal = moment(temperature=0.01, field=0.008)
    assert read(signal, "isolated doublet")[:3] == pytest.approx([0, -math.tanh(0.8), math.tanh(0.8)], abs=1e-12)
    assert read(signal, "anisotropic doublet")[ACROSS] == pytest.approx(0.5 * math.tanh(0.4), abs=1e-12)
    assert read(signal, "even number") == pytest.approx([0] * 4, abs=0)
    assert read(signal, "screened moment", temperature=0.0)[ACROSS] == pytest.approx(
        2 * 0.008 / math.hypot(1, 2 * 0.008), abs=1e-9
    )


def test_a_quantum_lead_keeps_the_doublet_with_less_moment_and_no_memory() -> None:
    signal = moment(temperature=0.01, field=0.008)
    found, doublet = read(signal, "quantum lead"), read(signal, "isolated doublet")
    assert found[NONE] == pytest.approx(0, abs=1e-9)
    assert np.all(np.abs(found[1:]) < np.abs(doublet[1:]))
    assert np.all(found[1:] * doublet[1:] > 0)


def test_the_isolated_doublet_is_the_experiment_without_a_lead() -> None:
    signal = moment(temperature=0.01, field=0.008)
    made = md.experiment("magnetization", lead="none", field=0.008, polar=math.pi / 2, temperature=0.01)
    alone = made.record().magnetization.sel(component="x")
    assert read(signal, "isolated doublet")[ACROSS] == pytest.approx(float(alone), abs=1e-12)


def test_a_large_spin_with_an_anisotropy_of_its_own_turns_in_the_same_way_and_gets_no_number(grain: Any) -> None:
    spin, stiff = 40, 0.02
    own = anisotropic_spin(spin=spin, anisotropy=-stiff / (2 * spin * (spin - 0.5)), field=(0.01, 0, 1e-5))
    assert float(own[0]) == pytest.approx(read(moment(field=0.01))[ACROSS], abs=0.02)
    pair = next(p for p in grain[0].pairs if p.other == "spin of its own")
    assert pair.shots is None
    assert "2S + 1" in pair.reason


def test_no_account_is_told_from_another_and_the_plan_says_why(grain: Any) -> None:
    found, folder = grain
    between = [p for p in found.pairs if {p.one, p.other} <= ACCOUNTS]
    assert len(between) == 3
    assert all(p.shots is None and "M commutes with N" in p.reason for p in between)
    assert "M commutes with N" in (folder / "report.html").read_text(encoding="utf-8")
    stored = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert stored["accounts_compared"]["mean field"]["noise"][0] >= 2.7
    assert [p["values"] for p in stored["pairs"][:3]] == [[None, None]] * 3


def test_readings_are_as_many_as_the_normal_noise_asks_for(grain: Any) -> None:
    found, _ = grain
    for need in found.needs:
        assert need["shots"] == math.ceil(need["gaussian"])
    need = next(n for n in found.needs if n["against"] == "even number")
    noise = found.seen["mean field"].noise[NONE, 0]
    promised = ndtri(1 - found.demand.alpha) * (noise + 2.7) / need["expected"]
    assert need["gaussian"] == pytest.approx(promised**2, rel=1e-9)
    assert noise == pytest.approx(math.hypot(2.7, math.sqrt(0.05 * 0.95)), rel=1e-6)


def test_simulated_campaigns_decide_rightly_at_the_promised_rate() -> None:
    found = gathered("magnetization", Lab.load(GRAIN), 2.0, {"temperature": "100 mK"})
    signal = found.signal
    seen = {case.name: signal.see(case, {}) for case in signal.cases}
    truth = seen["mean field"]
    for rival in signal.rivals(truth, seen):
        (need,), shots = deciding.recommended(signal, truth, [rival], found.demand)
        (row,) = deciding.rates(signal, truth, [rival], shots, found.demand, 2000, 11)
        for name in ("right_if_true", "right_if_rival"):
            promised = row[f"{name}_promised"]
            assert abs(row[name] - promised) < 4 * math.sqrt(promised * (1 - promised) / 2000)
            assert promised >= need["power"] - 1e-12


def test_each_imperfection_costs_more_the_worse_it_is() -> None:
    signal = moment(GRAIN)
    for knob in signal.knobs:
        way = np.linspace(0 if knob.ideal == 0 else signal.base[knob.name], signal.worst(knob), 6)
        seen = signal.see(signal.case("mean field"), {knob.name: way})
        assert np.all(np.diff(signal.contrast(seen)) < 2e-3), knob.name
        assert seen.noise is not None
        assert np.all(np.diff(seen.noise[NONE]) > -1e-3) or knob.name in ("temperature", "preparation_error")
    costs = budget(signal)
    assert all(cost.alone <= costs.ideal + 1e-9 for cost in costs.costs)
    assert costs.ideal == pytest.approx(1, abs=1e-9)
    assert costs.worst is not None and costs.worst.knob == "preparation_error"


def test_noise_of_the_field_is_averaged_like_many_single_readings() -> None:
    rng = np.random.default_rng(5)
    stray, tilt = rng.standard_normal((2, 40000))
    signal = moment(field=0.012, stray_field=0.004, axis_error=0.1, temperature=0.05)
    along = -0.012 * np.cos(0.1 * tilt) + 0.004 * stray
    across = -0.012 * np.sin(0.1 * tilt)
    single = signal._moment("", along[None, None], across[None, None], np.array([0.05]))[0, 0, :, 0]
    assert read(signal)[AGAINST] == pytest.approx(single.mean(), abs=5 * single.std() / 200 + 0.02)


def test_the_moment_of_a_wire_is_that_of_its_g_factor_and_fields_are_those_of_its_coils() -> None:
    lab = Lab.load("al-insb-junction")
    signal = moment("al-insb-junction")
    assert signal.largest == 20
    strong = 12 * 0.05 * 20e-6 * 1.602176634e-19 / (20 * atoms.MU_B)
    assert strong < (lab.limits["magnetic_field"].range[1] or 0)
    with pytest.raises(InputError, match="magnetic_field must be at most 50 mT in the lab"):
        moment("al-insb-junction", exchange_field="200 ueV")


def test_another_soft_axis_gives_the_same_readings() -> None:
    one, other = moment(), moment(anisotropy_x=0.05, anisotropy_y=0.0, anisotropy_z=0.02)
    for name in ("mean field", "anisotropic doublet", "screened moment"):
        assert read(one, name) == pytest.approx(read(other, name), abs=1e-9)


def test_the_folder_of_the_command_line_plans_the_same_bits_again(grain: Any, tmp_path: Any) -> None:
    found, folder = grain
    again = found.save(tmp_path / "again")
    for file in ("plan.json", "timeline.csv", "report.html", "plan.toml", "checksums.txt"):
        assert (folder / file).read_bytes() == (again / file).read_bytes(), file
    assert "is told from a doublet at 5σ" in found.summary


def test_the_report_begins_with_the_decision_and_the_cycle_is_one_reading(grain: Any) -> None:
    found, folder = grain
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.index(found.summary[:40]) < page.index("How many shots")
    assert 'type="range"' in page
    assert sum(line.duration for line in found.timeline) == pytest.approx(found.demand.cycle_time, rel=1e-12)
    assert found.optimum.gain >= 1
    for name, (low, high) in found.signal.reach().items():
        assert low * (1 - 1e-9) <= found.optimum.best[name] <= high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lead": "none"}, "lead must be left out of a plan"),
        ({"branch": "metastable"}, "branch must be left out of a plan"),
        ({"polar": 1.0}, "polar must be left out of a plan"),
        ({"field": 0.03}, "field must be above 0 and below 0.02"),
        ({"anisotropy_x": 0}, "such that one axis is soft"),
        ({"moment_noise": 0}, "moment_noise must be"),
        ({"account": "mixture"}, "account must be left out of a plan"),
        ({"lab": GRAIN, "temperature": "5 mK"}, "temperature must be at least 15 mK in the lab"),
        ({"lab": "rb87-junction"}, "experiment of the lab rb87-junction must be"),
    ],
)
def test_a_plan_that_makes_no_sense_or_is_beyond_the_lab_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        md.plan(**{"experiment": "magnetization", "lab": "natural", **arguments})


def test_a_lab_without_a_meter_is_refused(tmp_path: Any) -> None:
    text = Lab.load("natural").text
    begin = text.index("[parameters.moment_noise]")
    end = text.find("\n[", begin)
    (tmp_path / "mine.toml").write_text(text[:begin] + (text[end:] if end > 0 else ""), encoding="utf-8")
    with pytest.raises(InputError, match=r"moment_noise must be known: the lab mine has none.*--set moment_noise"):
        md.plan("magnetization", tmp_path / "mine.toml")


def test_a_screened_doublet_has_the_moment_of_its_four_levels() -> None:
    field, bond, kT = 0.7, 1.3, 0.4
    split = math.hypot(bond, 2 * field)
    levels = np.array([-bond / 4 - split / 2, -bond / 4 + split / 2, bond / 4 - field, bond / 4 + field])
    moments = np.array([2 * field / split, -2 * field / split, 1, -1])
    weights = np.exp(-levels / kT) / np.exp(-levels / kT).sum()
    found = screened_doublet(exchange=bond, field=(field, 0, 0), temperature=kT).values
    assert found == pytest.approx([weights @ moments, 0, 0], abs=1e-12)
    free = screened_doublet(exchange=0.0, field=(0, field, 0), temperature=kT).values
    assert free == pytest.approx(isolated_doublet(field=(0, field, 0), temperature=kT).values, abs=1e-12)


def test_a_warm_anisotropic_doublet_is_the_slope_of_its_free_energy() -> None:
    g, kT = np.array([[1.2, 0.3, 0.0], [0.0, 2.0, -0.4], [0.1, 0.0, 0.7]]), 0.4

    def free(field: Any) -> float:
        return -kT * math.log(2 * math.cosh(0.5 * float(np.linalg.norm(g @ field)) / kT))

    at, step = np.array([0.3, -0.2, 0.5]), 1e-5
    slope = [-(free(at + step * e) - free(at - step * e)) / (2 * step) for e in np.eye(3)]
    found = anisotropic_doublet(g=g.tolist(), field=tuple(at.tolist()), temperature=kT)
    assert found.values == pytest.approx(slope, abs=1e-9)
