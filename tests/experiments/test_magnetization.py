"""What the magnetization experiment measures: size, turning, limits and hysteresis of M, the nulls, what it refuses."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments import kind_of
from mesodyn.experiments.magnetization_findings import between
from mesodyn.systems.magnet_nulls import anisotropic_spin

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))
AXES = ("anisotropy_x", "anisotropy_y", "anisotropy_z")


def run(**given_):
    return md.experiment("magnetization", **given_).run()


def failed(made):
    return [name for name, finding in made.findings.items() if finding.passed is False]


@pytest.mark.parametrize("entry", REFERENCE["anisotropy"], ids=lambda entry: f"{entry['inputs']['mu']:g}")
def test_the_moment_is_the_published_one(entry):
    given_, out = entry["inputs"], entry["outputs"]
    stiff, basis = np.linalg.eigh(np.array(given_["a"]))
    drive = basis.T @ np.array(given_["B"]) * given_["mu"]
    size = float(np.linalg.norm(drive))
    angles = {"polar": float(np.arccos(drive[2] / size)), "azimuth": float(np.arctan2(drive[1], drive[0]))}
    made = run(moment=given_["mu"], field=size, **angles, **dict(zip(AXES, map(float, stiff), strict=True)))
    assert basis @ made.record.magnetization.values == pytest.approx(out["M"], abs=1e-9)
    assert failed(made) == []


def test_a_run_without_options_shows_both_limits_and_the_hysteresis():
    made = run()
    compared = {name for name, finding in made.findings.items() if finding.passed}
    limits = {"weak_slope", "strong_field_rest", "switching_field", "slope_of_energy"}
    assert compared == {"modulus", "self_consistency"} | limits
    assert failed(made) == []
    assert float(made.findings["weak_slope"].value) == pytest.approx(math.sin(math.pi / 3), rel=1e-3)


@settings(max_examples=25, deadline=None)
@given(
    stiff=st.tuples(*[st.just(0.0) | st.floats(1e-6, 0.2)] * 3),
    polar=st.floats(0, math.pi),
    azimuth=st.floats(-3, 3),
    temperature=st.sampled_from([0.0, 0.05, 0.5, 1.5]),
    sweep=st.sampled_from(["growing", "rotating"]),
    branch=st.sampled_from(["equilibrium", "metastable"]),
    moment=st.floats(0.1, 10),
)
def test_every_dot_passes(stiff, polar, azimuth, temperature, sweep, branch, moment):
    given_ = dict(zip(AXES, stiff, strict=True)) | {"polar": polar} if sweep == "growing" else {}
    made = run(**given_, azimuth=azimuth, temperature=temperature, sweep=sweep, branch=branch, moment=moment)
    assert failed(made) == []


@pytest.mark.parametrize("angle", [5.0, 30.0, 45.0, 80.0])
def test_the_switching_field_in_the_soft_plane_is_on_the_astroid(angle):
    polar, gap = math.radians(angle), 0.03
    made = run(polar=polar, anisotropy_x=gap, anisotropy_y=0.1, field=md.axis("field", 0, gap, 3001))
    astroid = gap * (math.cos(polar) ** (2 / 3) + math.sin(polar) ** (2 / 3)) ** -1.5
    finding = made.findings["switching_field"]
    assert finding.passed
    assert float(finding.value) == pytest.approx(astroid, abs=0.51e-5)


def test_a_turning_field_reverses_the_moment_across_the_soft_axis():
    made = run(sweep="rotating", field=0.008)
    reversal, jump = made.findings["reversal"], made.findings["jump"]
    assert np.degrees(reversal.value.values) == pytest.approx([90, 270], abs=0.3)
    assert reversal.passed and jump.passed
    assert jump.value.values == pytest.approx(2 * math.sqrt(1 - 0.4**2), abs=0.01)
    for soft, places in ((0, [180]), (1, [180])):
        stiff = {name: 0.0 if k == soft else 0.1 for k, name in enumerate(AXES)}
        made = run(sweep="rotating", azimuth=0.4, **stiff)
        assert np.degrees(made.findings["reversal"].value.values) == pytest.approx(places, abs=0.3)
        assert failed(made) == []


def test_a_strong_turning_field_reverses_the_moment_without_a_jump():
    jump = run(sweep="rotating", field=1.0).findings["jump"]
    assert jump.expected.values == pytest.approx([0, 0])
    assert jump.passed


def test_without_leads_the_moment_is_along_the_field_as_tanh():
    made = run(lead="none", temperature=0.3, moment=2.0, field=[0.1, 0.6])
    assert made.findings["modulus"].value.values == pytest.approx([2 * math.tanh(1 / 3), 2 * math.tanh(2)])
    assert made.findings["turning"].passed and made.findings["largest_lag"].passed
    assert failed(made) == []


def test_a_spin_with_its_own_anisotropy_turns_in_the_same_way():
    spin, gap = 10, 0.02
    field = md.axis("field", 0.002, 0.2, 40)
    made = run(anisotropy_x=gap, anisotropy_y=gap, polar=1.0, field=field)
    drive = (field * math.sin(1.0), 0.0, field * math.cos(1.0))
    own = anisotropic_spin(spin=spin, anisotropy=-gap / (2 * spin * (spin - 0.5)), field=drive)
    apart = between(made.record.magnetization.values, own.values)
    assert np.degrees(apart.max()) < 1.0
    assert np.degrees(float(made.findings["turning"].value)) > 40


def test_a_warm_moment_loses_its_size_at_the_exchange_energy():
    made = run(field=0.0, anisotropy_x=0.0, anisotropy_y=0.0, temperature=md.axis("temperature", 0.1, 1.2, 12))
    size = made.record.magnetization.values[:, 2]
    warm = made.record.temperature.values
    assert size[warm >= 1] == pytest.approx(0)
    below = warm < 0.99
    assert size[below] == pytest.approx(np.tanh(size[below] / warm[below]))


def test_curves_on_other_axes_are_those_of_single_runs():
    polars = [0.3, 1.2]
    many = run(polar=md.axis("polar", polars), anisotropy_x=[0.02, 0.03], field=md.axis("field", 0.5, 0, 501))
    for polar in polars:
        for stiff in (0.02, 0.03):
            one = run(polar=polar, anisotropy_x=stiff, field=md.axis("field", 0, 0.5, 501))
            for name in ("turning", "weak_slope", "strong_field_rest", "switching_field", "largest_lag"):
                value = many.findings[name].value.sel(polar=polar, anisotropy_x=stiff)
                assert float(value) == pytest.approx(float(one.findings[name].value), nan_ok=True), name
    assert failed(many) == []


def test_units_give_the_same_moment_in_other_words():
    given_ = {"exchange_field": "20 GHz", "temperature": "10 mK", "polar": "45 deg", "field": "0 Hz:1 GHz:1001"}
    made = run(**given_)
    assert failed(made) == []
    own, thermal = (md.quantity(text, "energy") for text in ("400 MHz", "10 mK"))
    cold = run(polar=math.pi / 4, anisotropy_x=0.02, anisotropy_y=0.05, temperature=thermal / (own * 50))
    one, other = (float(r.findings["switching_field"].value) for r in (made, cold))
    assert one / own == pytest.approx(other / 0.02, abs=0.01)


def test_a_quantum_lead_leaves_a_doublet_that_gains_more_and_turns_nothing():
    field = md.axis("field", [1e-4, 0.01, 0.1, 0.3])
    made = run(lead="quantum", temperature=0.02, field=field, moment=2.0)
    assert failed(made) == []
    compared = {name for name, finding in made.findings.items() if finding.passed}
    limits = {"curie_constant", "turning", "slope_of_energy", "energy_gain"}
    assert compared == {"modulus", "doublet_splitting", "truncation"} | limits
    assert 2.5 < float(made.findings["energy_gain"].value[0]) < 3
    size = np.sqrt((made.record.magnetization**2).sum("component")).values / 2.0
    factor = float(made.findings["moment_factor"].value[0])
    assert size[0] < 0.01 and size[-1] == pytest.approx(factor, abs=0.02)
    assert np.degrees(float(made.findings["turning"].value)) < 0.1
    classical = run(temperature=0.02, field=field, moment=2.0)
    assert np.degrees(float(classical.findings["turning"].value)) > 40


@settings(max_examples=6, deadline=None)
@given(
    stiff=st.tuples(*[st.just(0.0) | st.floats(1e-3, 0.6)] * 3),
    polar=st.floats(0, math.pi),
    azimuth=st.floats(-3, 3),
    temperature=st.sampled_from([0.0, 0.05, 0.3]),
    frequency=st.floats(3.0, 30.0),
    sweep=st.sampled_from(["growing", "rotating"]),
)
def test_every_quantum_lead_passes(stiff, polar, azimuth, temperature, frequency, sweep):
    axis = {"polar": md.axis("polar", 0, 3, 4), "field": 0.1}
    growing = {"polar": polar, "field": md.axis("field", [0.0, 0.001, 0.1, 0.5])}
    chosen = growing if sweep == "growing" else axis
    given_ = dict(zip(AXES, stiff, strict=True)) | chosen | {"lead_frequency": frequency, "sweep": sweep}
    made = run(lead="quantum", azimuth=azimuth, temperature=temperature, **given_)
    assert failed(made) == []


def test_a_certificate_raises_the_quanta_of_the_lead():
    made = run(lead="quantum", field=0.05, lead_frequency=4.0)
    (row,) = [row for row in made.certify().rows if row.name == "larger basis"]
    assert row.passed and 0 < row.value < 1e-6


def test_a_round_quantum_lead_has_a_moment_along_the_field():
    none = dict.fromkeys(AXES, 0.0)
    made = run(lead="quantum", **none, field=md.axis("field", [0.0, 0.01, 0.2]), azimuth=0.5)
    assert failed(made) == [] and made.findings["largest_lag"].passed
    assert float(made.record.magnetization.isel(field=0).max()) == pytest.approx(0, abs=1e-9)
    turning = run(lead="quantum", sweep="rotating", polar=md.axis("polar", 0, 3, 7), **none)
    assert failed(turning) == [] and turning.findings["jump"].passed


def test_without_exchange_a_quantum_lead_is_none():
    none = dict.fromkeys(AXES, 0.0)
    given_ = {"field": md.axis("field", [0.1, 0.5]), "temperature": 0.3, **none}
    made, alone = run(lead="quantum", exchange_field=0.0, **given_), run(lead="none", **given_)
    assert made.record.magnetization.values == pytest.approx(alone.record.magnetization.values, abs=1e-12)
    assert failed(made) == []


def test_units_belong_to_the_frequency_of_a_quantum_lead():
    given_ = {"exchange_field": "20 GHz", "field": "1 GHz", "lead_frequency": "100 GHz", "temperature": "10 mK"}
    made = run(lead="quantum", anisotropy_x="0 Hz", anisotropy_y="0 Hz", **given_)
    thermal = md.quantity("10 mK", "energy") / md.quantity("20 GHz", "energy")
    none = dict.fromkeys(AXES, 0.0)
    plain = run(lead="quantum", field=0.05, lead_frequency=5.0, temperature=thermal, **none)
    assert made.record.magnetization.values == pytest.approx(plain.record.magnetization.values, abs=1e-8)
    assert failed(made) == []


def test_figures_of_every_kind_of_run():
    names = {"components", "angle_to_field"}
    quick = {"field": md.axis("field", 0, 0.2, 41)}
    assert set(run(**quick).figures()) == names | {"hysteresis", "weak_and_strong"}
    assert set(run(**quick, temperature=0.1).figures()) == names | {"hysteresis"}
    assert set(run(**quick, lead="none").figures()) == names
    assert set(run(field=md.axis("field", 0, 0.2, 5), lead="quantum").figures()) == names
    assert set(run(field=0.01, azimuth=[0.1, 0.5]).figures()) == names | {"hysteresis", "weak_and_strong", "along_axes"}
    turning = run(sweep="rotating", polar=md.axis("polar", -3, 3, 61), temperature=[0.1, 0.2])
    assert set(turning.figures(at={"temperature": 0.2})) == names | {"hysteresis", "along_axes"}
    round_ = dict.fromkeys(AXES, 0.1)
    assert set(run(**quick, **round_).figures()) == names


def test_a_saved_run_is_loaded_with_the_same_findings(tmp_path):
    made = md.experiment("magnetization", branch="metastable", temperature=0.1).run(tmp_path / "run")
    assert md.load(tmp_path / "run").as_json() == made.as_json()


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"moment": 0.0}, "moment"),
        ({"exchange_field": -1.0}, "exchange_field"),
        ({"field": -0.1}, "field"),
        ({"temperature": -0.1}, "temperature"),
        ({"anisotropy_x": 1j}, "anisotropy_x"),
        ({"lead": "quantum", "branch": "metastable"}, "doublet"),
        ({"lead": "quantum", "lead_frequency": 0.1}, "slower lead"),
        ({"lead": "quantum", "anisotropy_x": 2.0}, "at most the exchange"),
        ({"lead_frequency": 3.0}, "lead='quantum'"),
        ({"lead": "none", "anisotropy_x": 0.1}, "comes from the leads"),
        ({"lead": "none", "branch": "metastable"}, "without leads"),
        ({"sweep": "shrinking"}, "sweep"),
        ({"account": "conserving"}, "commutes with N"),
        ({"field": "0.2 T"}, "magnetic field"),
        ({"exchange_field": "1 GHz", "temperature": 0.1}, "units"),
        ({"anisotropy": 0.1}, "anisotropy_x"),
        ({"level_spacing": 0.0}, "level_spacing"),
        ({"field": md.axis("a", 0, 1, 3), "polar": md.axis("a", 0, 1, 4)}, "share"),
    ],
)
def test_bad_input_stops_before_solving(given_, words):
    with pytest.raises(InputError, match=words):
        kind_of("magnetization")(given_)
