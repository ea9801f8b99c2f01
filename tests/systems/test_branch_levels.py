"""Two branches that cross: their currents are derivatives of their energies, and those of the equilibrium junctions."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.branch_levels import BranchLevels
from mesodyn.systems.junction_nulls import contact, parity_dot

JUNCTIONS: dict[str, dict[str, Any]] = {
    "SD1S": {"alpha": 1.2, "beta": 0.5, "detuning": 0.3},
    "SD1S with a gap": {"alpha": 1.2, "beta": -0.5, "detuning": -0.2, "coupling": 0.1},
    "SD2S": {"delta_left": 0.6, "delta_right": 0.4, "detuning": 0.2},
    "parity-dot": {"delta_left": 0.5, "delta_right": 0.5, "detuning": 0.1},
    "contact": {"gap": 1.3, "transmission": 0.9},
}


def junction(name):
    return BranchLevels(model=name.split(" ")[0], **JUNCTIONS[name])


@pytest.mark.parametrize("name", JUNCTIONS)
@settings(max_examples=20, deadline=None)
@given(phase=st.floats(-20, 20), branch=st.sampled_from([1, -1]))
def test_the_current_is_twice_the_slope_of_the_energy(name, phase, branch):
    levels, step = junction(name), 1e-5
    if abs(phase / np.pi % 2 - 1) < 1e-3:
        return  # at a crossing without a gap both are read from one side
    slope = (levels.level(phase + step, branch) - levels.level(phase - step, branch)) / (2 * step)
    assert float(levels.current(phase, branch)) == pytest.approx(2 * float(slope), abs=1e-7)


@pytest.mark.parametrize("name", JUNCTIONS)
def test_the_second_branch_is_the_first_two_pi_later(name):
    levels, theta = junction(name), np.linspace(0.1, 12, 40)
    for quantity in (levels.current, levels.level):
        assert quantity(theta, -1) == pytest.approx(quantity(theta + 2 * np.pi, 1), abs=1e-12)


@pytest.mark.parametrize("name", JUNCTIONS)
def test_the_slope_of_the_field_is_its_derivative(name):
    levels, theta, step = junction(name), np.linspace(0.1, 12, 40), 1e-5
    slope = (levels.field(theta + step) - levels.field(theta - step)) / (2 * step)
    assert levels.slope(theta) == pytest.approx(slope, abs=1e-8)


def test_the_lowest_branch_carries_the_current_in_equilibrium():
    theta = md.axis("theta", 0.1, 12, 60)
    rivals = {
        "SD1S": md.SD1S(**JUNCTIONS["SD1S"], phase_difference=theta).equilibrium().current,
        "SD2S": md.SD2S(**JUNCTIONS["SD2S"], phase_difference=theta).equilibrium().current,
        "parity-dot": parity_dot(**JUNCTIONS["parity-dot"], phase_difference=theta).current,
        "contact": contact(**JUNCTIONS["contact"], phase_difference=theta).current,
    }
    for name, current in rivals.items():
        levels = junction(name)
        mine = levels.current(theta.values, levels.lowest(theta.values))
        assert mine == pytest.approx(current.values, abs=1e-12), name


def test_the_followed_branch_is_the_adiabatic_one():
    theta = md.axis("theta", 0.1, 12, 60)
    given = JUNCTIONS["SD1S"]
    current = md.SD1S(**given, phase_difference=theta, branch="adiabatic").equilibrium().current
    assert junction("SD1S").current(theta.values, 1) == pytest.approx(current.values, abs=1e-12)


def test_formulas_of_staying_are_the_published_ones():
    voltage = 0.03
    eta, gamma = 0.1, 1.0
    assert float(junction("parity-dot").stays(2 * voltage)) == pytest.approx(
        np.exp(-np.pi * eta**2 / (gamma * voltage))
    )
    reflected = 1.3 * 0.1
    assert float(junction("contact").stays(2 * voltage)) == pytest.approx(np.exp(-np.pi * reflected / voltage))


def test_junctions_without_two_branches_are_refused():
    with pytest.raises(InputError, match="beta must be other than 0"):
        BranchLevels(model="SD1S", beta=0.0)
    with pytest.raises(InputError, match="detuning must be below"):
        BranchLevels(model="SD1S", alpha=1.0, beta=0.5, detuning=0.7)
