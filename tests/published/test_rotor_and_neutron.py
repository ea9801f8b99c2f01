"""Published numbers of what turns: the rotor of reference.json, and the periods of neutron interferometry."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import constants

import mesodyn as md

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", REFERENCE["rotor"], ids=lambda entry: entry["equations"])
def test_the_figure_of_a_rotor_turns_with_the_published_period(entry):
    given, out = entry["inputs"], entry["outputs"]
    run = md.experiment("irregular-rotor", moment_of_inertia=given["I"], m_c=given["m"], weight=given["v2"]).run()
    found = {name: float(finding.value) for name, finding in run.findings.items()}
    assert run.passed
    assert found["angular_velocity"] == pytest.approx(out["omega_c"], rel=1e-11)
    assert found["period"] == pytest.approx(out["period"], rel=1e-11)
    assert found["momentum"] == pytest.approx(out["M_mean"], abs=1e-12)


@pytest.mark.parametrize(("wavelength", "integral"), [(1.445, 187.743), (1.82, 149.060)])
def test_two_full_turns_of_a_neutron_need_the_published_field_integral(wavelength, integral):
    run = md.experiment("spinor-interferometer", wavelength=f"{wavelength} angstrom").run()
    period = float(run.findings["period"].value)
    assert period / 1e-6 == pytest.approx(integral, abs=0.0006)
    gamma, mass = constants.physical_constants["neutron gyromag. ratio"][0], constants.neutron_mass
    assert period == pytest.approx(4 * np.pi * constants.h / (gamma * mass * wavelength * 1e-10), rel=1e-8)


def test_the_measured_periods_of_1975_and_1978_agree_with_two_turns_and_not_with_one():
    half, whole = (md.experiment("spinor-interferometer", spin=spin).run().findings for spin in ("1/2", "1"))
    for name, error in (("from_rauch_1975", 38.0), ("from_rauch_1978", 3.8)):
        assert 0 < float(half[name].value) < 1
        assert float(whole[name].value) == pytest.approx(float(half[name].value) - 360 / error, abs=1e-6)
        assert float(whole[name].value) < -9


def test_a_count_as_good_as_that_of_1978_tells_two_turns_from_one():
    run = md.experiment("spinor-interferometer", neutrons=300, contrast=0.4, samples=61).run()
    angle, error = (np.degrees(float(run.findings[f"counted_{name}"].value)) for name in ("angle", "error"))
    assert error < 3.8
    assert abs(angle - 720) < 5 * error
    assert abs(angle - 360) > 50 * error
