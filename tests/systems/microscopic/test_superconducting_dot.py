"""A dot between superconductors of a finite gap: its atomic limit, its convergence in levels, its parity."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.junction_nulls import parity_dot
from mesodyn.systems.microscopic.limits import order_of
from mesodyn.systems.microscopic.superconducting_dot import SuperconductingDot, atomic_limit

DOT: dict[str, Any] = {"detuning": 0.3, "delta_left": 0.5, "delta_right": 0.35, "zeeman": 0.2, "charging_energy": 1.1}


def atomic(theta, **given_):
    """Energies and current of both parities by four states, written out."""
    xi, left, right = given_["detuning"], given_["delta_left"], given_["delta_right"]
    u, field = given_.get("charging_energy", 0.0), given_.get("zeeman", 0.0)
    pull = left * np.exp(-0.5j * theta) + right * np.exp(0.5j * theta)
    epsilon = xi - u / 2
    matrix = np.diag([0.0, epsilon - field / 2, epsilon + field / 2, 2 * epsilon + u]).astype(complex)
    matrix[3, 0], matrix[0, 3] = pull, np.conj(pull)
    even = np.linalg.eigvalsh(matrix[np.ix_([0, 3], [0, 3])])[0]
    return even, epsilon - field / 2


@settings(max_examples=30, deadline=None)
@given(xi=st.floats(-1, 1), left=st.floats(0.1, 1), right=st.floats(0.1, 1), u=st.floats(0, 2), theta=st.floats(-3, 3))
def test_the_formula_is_the_four_states_of_the_dot(xi, left, right, u, theta):
    given_ = {"detuning": xi, "delta_left": left, "delta_right": right, "charging_energy": u, "zeeman": 0.3}
    even, odd = atomic(theta, **given_)
    assert float(parity_dot(**given_, phase_difference=theta).energy) == pytest.approx(min(even, odd), abs=1e-13)


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("charging_energy", [0.0, 1.1])
def test_a_growing_gap_gives_the_atomic_limit_within_the_error(levels, charging_energy):
    given_ = {**DOT, "charging_energy": charging_energy}
    dot = SuperconductingDot(**given_, phase_difference=2.0, levels=levels)
    even, odd = atomic(2.0, **given_)
    h = 1e-5
    slope = 2 * (atomic(2.0 + h, **given_)[0] - atomic(2.0 - h, **given_)[0]) / (2 * h)
    for of, value in (("splitting", odd - even), ("current_even", slope), ("current_odd", 0.0)):
        found = atomic_limit(dot, of)
        assert abs(found.value - value) < found.error + 1e-9
        assert found.error < 1e-3
        assert order_of(found.steps, (np.array(found.values) - value).tolist()) == pytest.approx(1, abs=0.05)


def test_the_error_of_the_atomic_limit_is_the_width_over_the_gap():
    dot = SuperconductingDot(detuning=0.4, zeeman=1.3, phase_difference=1.0)
    found = atomic_limit(dot, "splitting")
    even, odd = atomic(1.0, detuning=0.4, delta_left=0.5, delta_right=0.5, zeeman=1.3)
    share = (np.array(found.values) - (odd - even)) / (odd - even) / np.array(found.steps) * 1.3
    # energies of the dot, its field among them, shrink by 1 + (Delta_L + Delta_R)/gap
    assert share[-1] == pytest.approx(-1.0, rel=0.03)


def test_levels_of_the_leads_converge_exponentially():
    values = [
        float(SuperconductingDot(detuning=0.4, zeeman=0.3, gap=1.0, phase_difference=1.0, levels=k).splitting())
        for k in (1, 2, 4, 8, 16)
    ]
    errors = np.abs(np.array(values[:-1]) - values[-1])
    assert errors[1] < 0.1 * errors[0] and errors[2] < 1e-2 * errors[1] and errors[3] < 1e-9


def test_a_wide_band_of_finite_gap_has_the_known_bound_state():
    """Without U: w(1 + G/s) = +-sqrt(xi^2 + G^2 D^2 cos^2(theta/2)/s^2), s = sqrt(D^2 - w^2)."""
    from scipy.optimize import brentq

    gap, xi, theta, width = 1.5, 0.3, 1.2, 0.9
    dot = SuperconductingDot(detuning=xi, delta_left=0.45, delta_right=0.45, gap=gap, phase_difference=theta, levels=14)

    def condition(w):
        s = np.sqrt(gap**2 - w**2)
        return w * (1 + width / s) - np.hypot(xi, width * gap * np.cos(theta / 2) / s)

    assert float(dot.splitting()) == pytest.approx(brentq(condition, 1e-6, gap - 1e-9), abs=1e-10)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_one_particle_levels_and_the_whole_fock_space_agree(levels):
    given_ = {"detuning": 0.2, "delta_left": 0.4, "delta_right": 0.7, "zeeman": 0.5, "gap": 1.3, "levels": levels}
    plain = SuperconductingDot(**given_, phase_difference=1.1).equilibrium()
    full = SuperconductingDot(**given_, phase_difference=1.1, charging_energy=1e-14).equilibrium()
    for name in plain:
        assert float(plain[name]) == pytest.approx(float(full[name]), abs=1e-11)


def test_currents_are_the_slopes_of_the_energies():
    theta = md.axis("theta", [0.999, 1.0, 1.001])
    found = SuperconductingDot(**DOT, gap=1.5, phase_difference=theta).equilibrium()
    for parity in ("even", "odd"):
        energy = found[f"energy_{parity}"].values
        slope = 2 * (energy[2] - energy[0]) / 0.002
        assert slope == pytest.approx(float(found[f"current_{parity}"][1]), abs=1e-6)


def test_a_finite_gap_turns_the_odd_current_round():
    """A pi junction: the odd dot carries a small current backwards, which the atomic limit has lost."""
    found = SuperconductingDot(**{**DOT, "charging_energy": 3.0}, gap=2.0, phase_difference=1.0).equilibrium()
    assert float(found.current_odd) < -1e-3
    assert float(found.current_even) > 0
    assert float(found.odd) == 1


def test_axes_are_single_runs():
    gap = md.axis("gap", [1.0, 3.0])
    many = SuperconductingDot(**DOT, gap=gap, phase_difference=1.0).equilibrium()
    for value in (1.0, 3.0):
        one = SuperconductingDot(**DOT, gap=value, phase_difference=1.0).equilibrium()
        assert float(many.energy.sel(gap=value)) == float(one.energy)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SuperconductingDot(gap=0.0), "gap"),
        (lambda: SuperconductingDot(levels=0), "levels"),
        (lambda: SuperconductingDot(levels=5, charging_energy=1.0), "705432 states"),
        (lambda: SuperconductingDot(zeeman=-1.0), "zeeman"),
        (lambda: SuperconductingDot(gap=md.axis("gap", [1, 2])).crossing(), "axis"),
        (lambda: atomic_limit(SuperconductingDot()), "parity"),
        (lambda: atomic_limit(SuperconductingDot(), "charge"), "of"),
    ],
)
def test_bad_input_stops_before_solving(make, words):
    with pytest.raises(InputError, match=words):
        make()
