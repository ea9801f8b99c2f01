"""The stationarity condition and the two-level thermodynamics behind all mean-field systems."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from mesodyn.systems.mean_field import critical_temperature, gap, half_angle, two_level

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))
energies = st.floats(1e-3, 1e3)


@given(stiffness=energies, ratio=st.floats(1e-3, 0.999))
def test_the_gap_is_the_positive_root_of_its_equation(stiffness, ratio):
    temperature = ratio * stiffness
    root = brentq(lambda r: r - np.tanh(r / ratio), np.sqrt(1 - ratio) / 2, 1, xtol=1e-15, rtol=1e-14)
    assert gap(stiffness, temperature) == pytest.approx(stiffness * root, rel=2e-13)


@given(stiffness=st.floats(0, 1e300), temperature=st.floats(0, 1e300))
def test_the_gap_lies_between_zero_and_the_stiffness_and_is_zero_from_the_critical_temperature_on(
    stiffness, temperature
):
    found = float(gap(stiffness, temperature))
    assert 0 <= found <= stiffness
    assert temperature < stiffness or found == 0
    if temperature == 0:
        assert found == stiffness


@given(distance=st.floats(1e-9, 1e-4))
def test_near_the_critical_temperature_the_gap_grows_as_a_square_root(distance):
    assert gap(1.0, 1 - distance) == pytest.approx(np.sqrt(3 * distance), rel=2 * distance + 1e-6)


@pytest.mark.parametrize("entry", REFERENCE["nd1n_Tc"], ids=lambda entry: str(entry["inputs"]))
def test_critical_temperatures_are_the_published_ones(entry):
    found = critical_temperature(entry["inputs"]["xi"], entry["inputs"]["xi0"])
    assert found == pytest.approx(entry["outputs"]["kTc"], abs=1e-9)
    assert found == pytest.approx(entry["independent_numeric"]["kTc"], abs=1e-9)


@given(stiffness=energies, share=st.floats(0.01, 0.999), sign=st.sampled_from([-1, 1]))
def test_at_the_critical_temperature_the_gap_equals_the_detuning(stiffness, share, sign):
    detuning = sign * share * stiffness
    onset = critical_temperature(detuning, stiffness)
    assert gap(stiffness, onset) == pytest.approx(abs(detuning), rel=1e-9)


@pytest.mark.parametrize(
    ("detuning", "stiffness", "expected"),
    [(0.0, 2.0, 2.0), (2.0, 2.0, 0.0), (-3.0, 2.0, 0.0), (0.0, 0.0, 0.0), (5e-324, 2.0, 2.0), (1e-12, 2.0, 2.0)],
)
def test_the_critical_temperature_is_exact_at_its_ends(detuning, stiffness, expected):
    assert critical_temperature(detuning, stiffness) == expected


@given(radius=energies, temperature=energies)
def test_two_levels_have_the_thermodynamics_of_their_partition_function(radius, temperature):
    levels = np.array([-radius, radius])
    weights = np.exp(-(levels + radius) / temperature)
    shares = weights / weights.sum()
    mean, square = (shares * levels).sum(), (shares * levels**2).sum()
    found = two_level(np.array(radius), np.array(temperature))
    scale = max(radius, temperature)
    assert found.polarisation == pytest.approx(-mean / radius, abs=1e-12)
    assert -radius - found.thermal_part == pytest.approx(-radius - temperature * np.log(weights.sum()), rel=1e-12)
    assert found.entropy == pytest.approx((mean + radius + found.thermal_part) / temperature, abs=1e-11 * scale)
    assert found.specific_heat == pytest.approx((square - mean**2) / temperature**2, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("radius", "entropy"), [(0.0, np.log(2)), (1.0, 0.0), (1e-290, 0.0), (1e300, 0.0)])
def test_at_temperature_zero_only_a_degenerate_pair_has_entropy(radius, entropy):
    found = two_level(np.array(radius), np.array(0.0))
    assert found.entropy == entropy
    assert found.thermal_part == 0
    assert found.specific_heat == 0


@given(turns=st.integers(-1000, 1000))
def test_half_angles_vanish_exactly_at_odd_multiples_of_pi_only(turns):
    assert half_angle((2 * turns + 1) * np.pi)[0] == 0
    assert abs(half_angle(2 * turns * np.pi)[0]) == pytest.approx(1)
    assert half_angle((2 * turns + 1) * np.pi + 1e-9)[0] != 0
