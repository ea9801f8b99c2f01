"""What the staircase experiment measures: steps, plateaus, slopes and the metastable branch, and what it refuses."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments import kind_of

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))


def found(**given_):
    return md.experiment("staircase", **given_).run().findings


def numbers(finding):
    return np.atleast_1d(finding.value.values)


@pytest.mark.parametrize("entry", REFERENCE["staircase"], ids=lambda entry: str(entry["inputs"]["delta_odd"]))
def test_measured_steps_and_widths_are_the_published_ones(entry):
    given_, out = entry["inputs"], entry["outputs"]
    places = [step["mu"] for step in out["transitions"]]
    mu = md.axis("chemical_potential", places[0] - 0.1, places[-1] + 0.1, 4001)
    measured = found(
        charging_energy=given_["Ec"], offset=given_["N0"], parity_shift=given_["delta_odd"], chemical_potential=mu
    )
    half = float(mu[1] - mu[0]) / 2
    assert numbers(measured["step_positions"]) == pytest.approx(places, abs=1.001 * half)
    assert float(measured["width_odd"].value) == pytest.approx(out["odd_plateau_width"], abs=2.01 * half)
    assert float(measured["width_even"].value) == pytest.approx(out["even_plateau_width"], abs=2.01 * half)
    assert all(finding.passed is not False for finding in measured.values())


def test_a_run_without_options_shows_steps_of_one_and_the_parity_of_plateaus():
    run = md.experiment("staircase").run()
    assert run.passed
    assert float(run.findings["steps"].value) == 4
    assert [f.passed for n, f in run.findings.items() if n not in ("n_mean", "steepest_slope")] == [True] * 8
    assert run.findings["steepest_slope"].passed is None
    assert "4 steps of one particle" in run.summary


@pytest.mark.parametrize(("shift", "odd", "even", "size"), [(0.0, 1, 1, 1), (0.3, 0.4, 1.6, 1), (0.7, 0, 2, 2)])
def test_parity_narrows_odd_plateaus_until_steps_are_of_two(shift, odd, even, size):
    for sign in (1, -1):
        measured = found(parity_shift=sign * shift, chemical_potential=md.axis("chemical_potential", -3.3, 3.4, 2001))
        widths = (measured["width_odd"], measured["width_even"])
        for finding, width in zip(widths, (odd, even)[::sign], strict=True):
            assert finding.passed
            assert float(finding.value) == pytest.approx(width, abs=0.008)
        assert float(measured["step_size"].value) == size
        assert measured["metastable_gap"].passed


@settings(max_examples=30, deadline=None)
@given(
    charging=st.floats(0.2, 5),
    offset=st.floats(0, 60),
    shift=st.floats(-0.9, 0.9),
    temperature=st.sampled_from([0.0, 0.02, 0.05, 0.1, 0.4, 3.0]),
)
def test_every_staircase_passes(charging, offset, shift, temperature):
    measured = found(
        charging_energy=charging, offset=offset, parity_shift=shift * charging, temperature=temperature * charging
    )
    assert [name for name, finding in measured.items() if finding.passed is False] == []


def test_the_slope_at_a_thermal_step_is_a_quarter_for_one_particle_and_one_for_two():
    mu = md.axis("chemical_potential", -1.4, 1.4, 4001)
    for shift, slope in ((0.0, 0.25), (0.9, 1.0)):
        measured = found(parity_shift=shift, temperature=0.02, chemical_potential=mu)["steepest_slope"]
        assert measured.passed
        assert float(measured.value) == pytest.approx(slope, abs=1e-3)


def test_bosons_have_no_parity_effect():
    measured = found(kind="boson", chemical_potential=md.axis("chemical_potential", -3, 3, 1201))
    assert float(measured["width_odd"].value) == pytest.approx(float(measured["width_even"].value), abs=0.011)
    assert measured["width_odd"].passed and measured["width_even"].passed


def test_a_coarse_axis_compares_nothing_that_it_cannot_see():
    coarse = found(chemical_potential=md.axis("chemical_potential", -3, 3, 13))
    assert coarse["steps"].passed is coarse["step_positions"].passed is coarse["width_odd"].passed is None
    assert coarse["largest_fall"].passed and coarse["slope_of_energy"].passed


def test_a_single_chemical_potential_has_a_number_and_no_steps():
    measured = found(chemical_potential=0.2, temperature=0.1, parity_shift=0.0)
    assert float(measured["n_mean"].value) == pytest.approx(10 + 1 / (1 + math.exp(3)), abs=2e-3)
    assert all(finding.passed is None for finding in measured.values())


def test_curves_on_other_axes_are_those_of_single_runs():
    shifts, energies = [0.0, 0.3, 0.8], [1.0, 2.0]
    mu = md.axis("chemical_potential", 3, -3, 901)
    many = found(parity_shift=md.axis("parity_shift", shifts), charging_energy=energies, chemical_potential=mu)
    for k, shift in enumerate(shifts):
        for j, energy in enumerate(energies):
            one = found(parity_shift=shift, charging_energy=energy, chemical_potential=mu)
            for name in ("steps", "width_odd", "width_even", "step_size", "metastable_gap", "largest_fall"):
                value = many[name].value.sel(parity_shift=shift, charging_energy=energy)
                assert float(value) == pytest.approx(float(one[name].value), nan_ok=True), (name, k, j)


def test_units_give_the_same_staircase_in_other_words():
    given_ = {"charging_energy": "10 GHz", "parity_shift": "3 GHz", "temperature": "0.02 K"}
    measured = found(**given_, chemical_potential="-30 GHz:30 GHz:1201")
    assert float(measured["width_odd"].value) == pytest.approx(md.quantity("4 GHz", "energy"), rel=0.03)
    assert all(finding.passed is not False for finding in measured.values())


def test_a_level_spacing_too_small_for_the_temperature_fails():
    assert found(temperature=0.1, level_spacing=1.0)["frozen"].passed is True
    assert found(temperature=0.3, level_spacing=1.0)["frozen"].passed is False


def test_figures_of_every_kind_of_run():
    names = {"lines", "temperatures", "parity"}
    quick: dict[str, Any] = {"chemical_potential": md.axis("chemical_potential", -2, 2, 101)}
    assert set(md.experiment("staircase", **quick).run().figures()) == names
    assert set(md.experiment("staircase", chemical_potential=0.3).run().figures()) == names
    axes = md.experiment("staircase", **quick, temperature=[0.1, 0.2], parity_shift=[0.1, 0.3, 0.7])
    assert set(axes.run().figures(at={"temperature": 0.2})) == names | {"along_axes"}
    gate = md.axis("gate", -1, 1, 51)
    assert "along_axes" in md.experiment("staircase", chemical_potential=gate, offset=gate + 5).run().figures()


def test_a_saved_run_is_loaded_with_the_same_findings(tmp_path):
    run = md.experiment("staircase", temperature="0.05", kind="boson").run(tmp_path / "run")
    again = md.load(tmp_path / "run")
    assert again.as_json() == run.as_json()
    assert not (tmp_path / "run" / "animation.gif").exists()


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"charging_energy": 0.0}, "charging_energy"),
        ({"charging_energy": -1.0}, "charging_energy"),
        ({"temperature": -0.1}, "temperature"),
        ({"kind": "boson", "parity_shift": 0.1}, "only fermions"),
        ({"kind": "anyon"}, "kind"),
        ({"account": "mixture"}, "conserves N"),
        ({"offset": "ten"}, "offset"),
        ({"offset": 1 + 1j}, "offset"),
        ({"chemical_potential": math.nan}, "chemical_potential"),
        ({"charging_energy": "1 GHz", "temperature": 0.1}, "units"),
        ({"level_spacing": 0.0}, "level_spacing"),
        ({"charging": 1.0}, "charging_energy"),
        ({"offset": md.axis("a", 0, 1, 3), "parity_shift": md.axis("a", 0, 1, 4)}, "share"),
    ],
)
def test_bad_input_stops_before_solving(given_, words):
    with pytest.raises(InputError, match=words):
        kind_of("staircase")(given_)
