"""Where the field of a lead is one: energies, density matrices and bounds against the lead's size."""

from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn.errors import InputError

NAME = "mean-field-or-not"
LEADS: list[dict[str, Any]] = [
    {"lead": "fermion", "lead_levels": 8},
    {"lead": "boson", "lead_frequency": 0.01},
    {"lead": "pair", "lead_levels": 512},
]


def run(**given: Any) -> Any:
    return md.experiment(NAME, **given).run()


def value(found: Any, name: str) -> float:
    return float(found.findings[name].value)


@pytest.mark.parametrize("gap", [0.3, 2.0, 50.0])
def test_an_entangled_fermion_lead_gains_exactly_twice_the_product_in_the_middle(gap):
    found = run(gap=gap, lead_levels=16)
    assert value(found, "energy_gain") == pytest.approx(2, abs=1e-9)
    assert value(found, "sector_gap") == pytest.approx(0, abs=1e-12)
    assert found.passed


def test_no_size_of_a_fermion_lead_makes_its_field_macroscopic():
    for gap in (0.01, 1.0, 20.0):
        found = run(gap=gap, lead_levels=64)
        record = found.record
        assert float(record.field_quanta.max()) <= 0.25 and float(record.eigenvalue.max()) <= 1 + 1e-12
        assert value(found, "growth") == pytest.approx(0, abs=1e-9)
        assert found.findings["field_over_bound"].passed and found.findings["eigenvalue_over_one"].passed
    assert value(run(gap=0.01, lead_levels=64), "field_quanta") > 0.24  # it comes close, and stays below


def test_a_weakly_linked_fermion_lead_gains_the_stiffness_in_both_parities():
    errors = [abs(value(run(gap=gap), "energy") + 1) for gap in (10, 20, 40)]
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1) and errors[1] / errors[2] == pytest.approx(2, rel=0.1)
    far = run(detuning=0.4, gap=100.0)
    assert far.passed and value(far, "energy") == pytest.approx(-1, abs=0.02)
    assert value(far, "n_mean") < 0.01 and value(far, "product_n_mean") == pytest.approx(0.3, abs=0.01)


def test_a_boson_lead_of_small_quanta_is_macroscopic_and_the_mean_field_right():
    found = run(lead="boson", detuning=0.3)
    assert found.passed
    assert value(found, "energy") == pytest.approx(-0.2457002548215922, abs=1e-9)
    assert value(found, "growth") == pytest.approx(1, abs=0.01)
    assert value(found, "eigenvalue") == pytest.approx(228, abs=1)
    assert value(found, "energy_gain") == pytest.approx(1, abs=0.004)
    assert value(found, "correlation_share") == pytest.approx(1, abs=0.002)


def test_pairs_need_more_levels_than_quanta():
    few, many = (run(lead="pair", lead_levels=n, lead_frequency=0.02) for n in (16, 65536))
    assert value(few, "energy_gain") > 1.05 > value(many, "energy_gain")
    assert value(few, "growth") > 0.3 and value(many, "growth") < 0.01
    assert many.findings["energy_limit"].passed and value(many, "eigenvalue") > 20


@pytest.mark.parametrize("seed", range(3))
def test_no_finding_fails_and_no_product_beats_the_exact_state(seed):
    rng = np.random.default_rng(seed)
    gate = md.axis("detuning", np.sort(rng.uniform(-1.5, 1.5, 4)))
    for given in LEADS:
        scale = rng.uniform(0.3, 3)
        scaled = given | ({"lead_frequency": 0.01 * scale} if given["lead"] != "fermion" else {})
        found = run(stiffness=scale, detuning=gate * scale, **scaled)
        assert found.passed, (given, [f.name for f in found.findings.values() if f.passed is False])
        assert float((found.record.energy - found.record.product_energy).max()) < 1e-12 * scale


def test_axes_are_single_runs():
    for given in LEADS:
        many = run(detuning=[-0.2, 0.0, 0.7], **given)
        for k, xi in enumerate((-0.2, 0.0, 0.7)):
            one = run(detuning=xi, **given)
            for name in one.record:
                assert np.array_equal(many.record[name][k].values, one.record[name].values, equal_nan=True), name
            for name, finding in one.findings.items():
                assert np.array_equal(many.findings[name].value[k].values, finding.value.values, equal_nan=True), name


def test_units_scale_the_natural_run():
    for given in ({"lead": "boson"}, {"lead_levels": 4}):
        natural, real = run(**given), run(stiffness="2 kHz", **given)
        factor = md.quantity("2 kHz", "energy")
        assert real.passed
        assert value(real, "energy") == pytest.approx(factor * value(natural, "energy"), rel=1e-9)


def test_figures_show_size_and_gate():
    for given in LEADS:
        found = md.experiment(NAME, quick=True, stiffness=[0.5, 1.0], **given).run()
        assert set(found.figures()) == {"energy", "fullest_mode", "number", "energy_over_the_gate", "correlation"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"account": "conserving"}, "account must be left out here"),
        ({"lead": "boson", "lead_levels": 4}, "lead_levels must be left out unless lead is fermion or pair"),
        ({"lead": "pair", "gap": 1.0}, "gap must be left out unless lead is fermion"),
        ({"lead_frequency": 0.1}, "lead_frequency must be left out unless lead is boson or pair"),
        ({"lead_levels": 7}, "lead_levels must be an even number"),
        ({"lead_levels": 512}, "lead_levels must be at most 256"),
        ({"bandwidth": 1.0}, "bandwidth must be at least the gap"),
        ({"stiffness": 0}, "stiffness must be"),
        ({"lead": "neutron"}, "lead"),
    ],
)
def test_wrong_input_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        md.experiment(NAME, **given)


def test_quanta_that_are_too_many_are_refused():
    with pytest.raises(InputError, match="lead_frequency must be such that"):
        run(lead="boson", lead_frequency=1e-6)


def test_one_size_has_no_growth():
    found = md.experiment("mean-field-or-not", lead="fermion", lead_levels=2).run().findings["growth"]
    assert np.isnan(float(found.value)) and found.passed is None
