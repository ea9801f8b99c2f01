"""S D2 S at rest: the published numbers, currents from operators and slopes, the critical current, what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

import mesodyn as md
from mesodyn.systems.sd2s import SD2S

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))
signed, modulus, angle = st.floats(-3, 3), st.floats(0.01, 3), st.floats(-12, 12)
temperatures = st.one_of(st.just(0.0), st.floats(0.05, 3))


def junction(detuning, left, right, theta, temperature=0.0, **more):
    return SD2S(
        detuning=detuning,
        delta_left=left,
        delta_right=right,
        phase_difference=theta,
        temperature=temperature,
        **more,
    )


def gibbs(detuning, deltas, temperature):
    """Energy, free energy and density matrix by diagonalisation."""
    delta = sum(deltas)
    matrix = np.array([[0, -np.conj(delta)], [-delta, 2 * detuning]])
    levels, vectors = np.linalg.eigh(matrix)
    weights = np.exp(-(levels - levels[0]) / temperature) if temperature else np.array([1.0, 0.0])
    state = (vectors * weights / weights.sum()) @ vectors.conj().T
    tail = temperature * np.log(weights.sum()) if temperature else 0.0
    return np.trace(state @ matrix).real, levels[0] - tail, state


def leads(left, right, theta):
    return left * np.exp(-0.5j * theta), right * np.exp(0.5j * theta)


@pytest.mark.parametrize("entry", REFERENCE["sd2s"], ids=lambda entry: f"xi={entry['inputs']['xi']}")
def test_equilibria_are_the_published_ones(entry):
    at = entry["inputs"]
    theta = at["phiR"] - at["phiL"]
    cold, hot = (junction(at["xi"], at["abs_DL"], at["abs_DR"], theta, t).equilibrium() for t in (0.0, at["kT"]))
    found = {
        "absDelta": cold.order_parameter,
        "Eg": cold.energy,
        "N_minus_Nc": cold.n_mean,
        "J_hbar_over_e": cold.current,
        "J_T_hbar_over_e": hot.current,
        "Jc_hbar_over_e": cold.critical_current,
    }
    for source in ("outputs", "independent_numeric"):
        assert found.keys() == entry[source].keys()
        for name, value in found.items():
            assert float(value) == pytest.approx(entry[source][name], abs=1e-9), (source, name)


@given(detuning=signed, left=modulus, right=modulus, theta=angle, temperature=temperatures)
def test_energies_and_number_are_those_of_the_gibbs_state(detuning, left, right, theta, temperature):
    found = junction(detuning, left, right, theta, temperature, n_c=4).equilibrium()
    energy, free, state = gibbs(detuning, leads(left, right, theta), temperature)
    assert float(found.energy) == pytest.approx(energy, abs=1e-11)
    assert float(found.free_energy) == pytest.approx(free, abs=1e-11)
    if float(found.order_parameter) > 1e-3:
        assert float(found.n_mean) == pytest.approx(4 + 2 * state[1, 1].real, abs=1e-11)


@given(detuning=signed, left=modulus, right=modulus, theta=angle, temperature=temperatures)
def test_the_current_is_what_the_left_lead_feeds_in_and_the_right_one_takes(detuning, left, right, theta, temperature):
    found = junction(detuning, left, right, theta, temperature).equilibrium()
    deltas = leads(left, right, theta)
    if float(found.order_parameter) < 1e-3:
        return
    *_, state = gibbs(detuning, deltas, temperature)
    number = np.diag([0.0, 2.0])
    lead_left, lead_right = (np.array([[0, -np.conj(d)], [-d, 0]]) for d in deltas)
    inward = np.trace(state @ (1j * (lead_left @ number - number @ lead_left))).real
    outward = np.trace(state @ (1j * (number @ lead_right - lead_right @ number))).real
    assert float(found.current) == pytest.approx(inward, abs=1e-9)
    assert float(found.current) == pytest.approx(outward, abs=1e-9)


@given(detuning=st.floats(0.05, 3), left=modulus, right=modulus, theta=angle, temperature=temperatures)
def test_the_current_is_twice_the_slope_of_the_brute_free_energy(detuning, left, right, theta, temperature):
    step = 1e-4
    ends = [gibbs(detuning, leads(left, right, theta + s), temperature)[1] for s in (-step, step)]
    found = float(junction(detuning, left, right, theta, temperature).equilibrium().current)
    assert found == pytest.approx((ends[1] - ends[0]) / step, abs=1e-4)


@given(detuning=signed, left=modulus, right=modulus, theta=angle, temperature=temperatures)
def test_the_current_is_odd_and_periodic_in_the_phase_difference(detuning, left, right, theta, temperature):
    if abs(detuning) < 1e-3 and abs(left - right) < 1e-3:
        return
    at, mirrored, later = (
        float(junction(detuning, left, right, t, temperature).equilibrium().current)
        for t in (theta, -theta, theta + 2 * np.pi)
    )
    assert mirrored == pytest.approx(-at, abs=1e-14)
    assert later == pytest.approx(at, abs=1e-9)


@settings(max_examples=60)
@given(detuning=signed, left=modulus, right=modulus, temperature=temperatures)
def test_the_critical_current_is_the_largest_current(detuning, left, right, temperature):
    if abs(detuning) < 1e-3 and abs(left - right) < 1e-3:
        return
    phases = md.axis("phase_difference", 0.0, np.pi, 2001)
    curve = junction(detuning, left, right, phases, temperature).equilibrium()
    critical = float(curve.critical_current[0])
    assert float(curve.current.max()) <= critical * (1 + 1e-13)

    def opposite(theta):
        delta = leads(left, right, theta)
        *_, state = gibbs(detuning, delta, temperature)
        return -4 * (np.conj(delta[0]) * state[1, 0]).imag

    best = float(phases[int(np.argmax(curve.current.values))])
    width = np.pi / 2000
    brute = minimize_scalar(opposite, bounds=(best - width, best + width), method="bounded", options={"xatol": 1e-9})
    assert critical == pytest.approx(-brute.fun, rel=1e-9)


def test_the_critical_current_meets_its_closed_form_on_cooling():
    cold = md.axis("temperature", [0.0, 1e-300, 1e-6, 1e-3])
    for detuning, left, right in ((0.3, 0.5, 0.7), (0.0, 0.6, 0.6), (0.0, 0.4, 0.9), (0.2, 0.0, 1.0), (0.0, 0.0, 0.0)):
        found = junction(detuning, left, right, 1.0, cold).equilibrium().critical_current.values
        closed = np.hypot(detuning, left + right) - np.hypot(detuning, left - right)
        np.testing.assert_allclose(found[:3], closed, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(found[3], closed, rtol=1e-4, atol=1e-15)


@given(detuning=signed, left=modulus, right=modulus, theta=angle, first=st.floats(0, 3), second=st.floats(0, 3))
def test_heating_lowers_free_energy_and_current(detuning, left, right, theta, first, second):
    cold, hot = (junction(detuning, left, right, theta, t).equilibrium() for t in sorted((first, second)))
    assert float(hot.free_energy) <= float(cold.free_energy) + 1e-14
    assert abs(float(hot.current)) <= abs(float(cold.current)) + 1e-12
    assert float(hot.critical_current) <= float(cold.critical_current) + 1e-12


@given(theta=st.floats(-3, 3))
def test_the_phase_is_that_of_the_sum_of_the_leads(theta):
    found = junction(0.2, 0.5, 0.8, theta).equilibrium()
    total = sum(leads(0.5, 0.8, theta))
    assert complex(found.order_parameter * np.exp(1j * found.phase)) == pytest.approx(total, abs=1e-14)


@pytest.mark.parametrize("temperature", [0.0, 0.3])
def test_equal_leads_cancel_exactly_at_odd_multiples_of_pi(temperature):
    phases = md.axis("phase_difference", [-np.pi, np.pi, 3 * np.pi, 101 * np.pi])
    for detuning in (0.0, 0.4):
        found = junction(detuning, 1.0, 1.0, phases, temperature).equilibrium()
        assert not found.order_parameter.any()
        assert not found.current.any()
        assert found.phase.isnull().all()
        assert all(found[name].notnull().all() for name in found if name != "phase")
    above = junction(2.0, 1.0, 1.0, phases).equilibrium()
    assert not above.n_mean.any()


def test_axes_are_single_calls():
    axes: dict[str, Any] = {
        "detuning": md.axis("detuning", -1, 1, 5),
        "left": 0.6,
        "right": md.axis("right", [0.0, 0.6, 1.0]),
        "theta": md.axis("phase_difference", [0.0, 1.0, np.pi]),
        "temperature": md.axis("temperature", [0.0, 0.4]),
        "level_spacing": 5.0,
    }
    whole = junction(**axes).equilibrium()
    for point in np.ndindex(*whole.energy.shape):
        at = dict(zip(map(str, whole.energy.dims), point, strict=True))
        names = {"phase_difference": "theta"}
        numbers = {names.get(name, name): float(whole[name][k]) for name, k in at.items()}
        one = junction(**(axes | numbers)).equilibrium()
        for name in whole:
            np.testing.assert_allclose(whole[name].isel(at), one[name], rtol=1e-13, atol=1e-15, err_msg=name)


@given(detuning=signed, left=modulus, right=modulus, theta=angle)
def test_the_hamiltonian_has_the_energy_as_its_ground_level(detuning, left, right, theta):
    trap = junction(detuning, left, right, theta)
    found = trap.equilibrium()
    assert trap.hamiltonian().eigenenergies()[0] == pytest.approx(float(found.energy), abs=1e-12)
    assert list(trap.states()) == ["trap:0", "trap:2"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"left": -1.0}, "delta_left must be a finite real number and at least 0, but was -1.0"),
        ({"right": 0.5j}, "delta_right must be a finite real number and at least 0, but was 0.5j; drop the imaginary"),
        ({"temperature": -1.0}, "temperature must be a finite real number and at least 0, but was -1.0"),
        ({"theta": "pi"}, "phase_difference must be a finite real number, but was 'pi'; turn text"),
        (
            {"detuning": md.axis("x", 0, 1, 3), "theta": md.axis("x", 0, 1, 4)},
            "detuning and phase_difference must be equal along the axis 'x'",
        ),
    ],
)
def test_wrong_input_stops_with_one_line(changes, message):
    with pytest.raises(md.InputError) as caught:
        junction(**{"detuning": 0.0, "left": 1.0, "right": 1.0, "theta": 0.0, **changes})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
