"""S D1 S at rest: the published numbers, brute minimisation, breaks and where they end, branches, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import mesodyn as md
from mesodyn.systems.sd1s import SD1S

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))
PLAIN = {"detuning": 0.3, "alpha": 1.2, "beta": 0.5, "phase_difference": 1.0}
signed, angle = st.floats(-1, 1), st.floats(-12, 12)
temperatures = st.one_of(st.just(0.0), st.floats(0.05, 1.5))


def at(**changes):
    return SD1S(**{**PLAIN, **changes})


def free_energy(delta, detuning, alpha, betas, theta, temperature=0.0):
    """(27) and (15), with the levels of the two-by-two matrix."""
    levels = np.linalg.eigvalsh(np.array([[0, -np.conj(delta)], [-delta, 2 * detuning]]))
    tail = temperature * np.log(np.exp(-(levels - levels[0]) / temperature).sum()) if temperature else 0.0
    twice = 2 * np.angle(delta)
    phases = (-theta / 2, theta / 2)
    torque = sum(b * np.cos(twice - p) for b, p in zip(betas, phases, strict=True))
    return abs(delta) ** 2 * (alpha / 2 - torque / 4) + levels[0] - tail


def brute(*arguments):
    """The lowest of several local minima over complex order parameters."""
    found = [
        minimize(
            lambda z: free_energy(complex(*z), *arguments),
            [start.real, start.imag],
            method="Nelder-Mead",
            options={"xatol": 1e-9, "fatol": 1e-15, "maxfev": 3000},
        )
        for start in (0.7 + 0.01j, 0.02 - 0.7j)
    ]
    best = min(found, key=lambda one: one.fun)
    return best.fun, complex(*best.x)


@pytest.mark.parametrize("entry", REFERENCE["sd1s"], ids=lambda entry: f"xi={entry['inputs']['xi']}")
def test_equilibria_are_the_published_ones(entry):
    given_ = entry["inputs"]
    theta = given_["theta"]
    numbers = {
        "detuning": given_["xi"],
        "alpha": given_["alpha"],
        "beta": given_["beta"],
        "phase_difference": theta,
        "mean_phase": given_["phiL"] + theta / 2,
    }
    cold, hot = (SD1S(**numbers, temperature=t).equilibrium() for t in (0.0, given_["kT"]))
    continued = SD1S(**{**numbers, "phase_difference": theta + 2 * np.pi}, branch="adiabatic").equilibrium()
    found = {
        "xi0": cold.stiffness,
        "absDelta": cold.order_parameter,
        "Eg": cold.energy,
        "N_minus_Nc": cold.n_mean,
        "J_hbar_over_e": cold.current,
        "DeltaJ_hbar_over_e": cold.current_step,
        "J_4pi_continued_at_theta_plus_2pi": continued.current,
        "J_T_hbar_over_e": hot.current,
        "absDelta_T": hot.order_parameter,
    }
    outputs = dict(entry["outputs"])
    np.testing.assert_allclose(
        np.sort(np.mod(cold.phase, 2 * np.pi)), np.sort(np.mod(outputs.pop("phi_minima"), 2 * np.pi)), atol=1e-9
    )
    assert found.keys() == outputs.keys()
    for values in (outputs, entry["independent_numeric"]):
        for name, value in values.items():
            assert float(found[name]) == pytest.approx(value, abs=1e-9), name


@pytest.mark.parametrize("entry", REFERENCE["sd1s_asymmetric"], ids=lambda entry: f"theta={entry['inputs']['theta']}")
def test_unequal_leads_are_the_published_ones(entry):
    given_ = entry["inputs"]
    betas = {"beta": None, "beta_left": given_["beta_L"], "beta_right": given_["beta_R"]}
    found = at(detuning=given_["xi"], alpha=given_["alpha"], phase_difference=given_["theta"], **betas).equilibrium()
    assert float(found.stiffness) == pytest.approx(entry["outputs"]["xi0"], abs=1e-9)
    for source in ("outputs", "independent_numeric"):
        assert float(found.energy) == pytest.approx(entry[source]["Eg"], abs=1e-9)
        assert float(found.current) == pytest.approx(entry[source]["J_hbar_over_e"], abs=1e-7)


def test_the_order_vanishes_at_the_published_threshold():
    (entry,) = REFERENCE["sd1s_threshold"]
    given_ = {"detuning": entry["inputs"]["xi"], "alpha": entry["inputs"]["alpha"], "beta": entry["inputs"]["beta"]}
    threshold = float(at(**given_).equilibrium().critical_phase)
    assert threshold == pytest.approx(entry["outputs"]["theta_c"], abs=1e-9)
    around = md.axis("phase_difference", [threshold - 1e-9, threshold + 1e-9, np.pi])
    found = at(**{**given_, "phase_difference": around}).equilibrium()
    assert (found.order_parameter.values > 0).tolist() == [True, False, False]
    assert found.current.values[1:].tolist() == [0, entry["outputs"]["J_at_pi"]]
    assert not found.breaks.any()
    assert not found.current_step.any()


@settings(max_examples=25, deadline=None)
@given(
    detuning=signed,
    alpha=st.floats(1.1, 2),
    left=st.floats(0.05, 1),
    right=st.floats(0.05, 1),
    theta=angle,
    temperature=temperatures,
)
def test_the_free_energy_is_the_brute_minimum_over_complex_order_parameters(
    detuning, alpha, left, right, theta, temperature
):
    betas = {"beta": None, "beta_left": left, "beta_right": right}
    junction = at(detuning=detuning, alpha=alpha, phase_difference=theta, temperature=temperature, **betas)
    found = junction.equilibrium()
    lowest, _ = brute(detuning, alpha, (left, right), theta, temperature)
    assert float(found.free_energy) == pytest.approx(lowest, abs=1e-10)
    for phase in found.phase.values[found.phase.notnull().values]:
        delta = float(found.order_parameter) * np.exp(1j * phase)
        here = free_energy(delta, detuning, alpha, (left, right), theta, temperature)
        assert here == pytest.approx(float(found.free_energy), abs=1e-12)


@pytest.mark.parametrize("theta", [-2.5, -0.4, 1.3, 2.9, 4.0])
@pytest.mark.parametrize("temperature", [0.0, 0.5])
@pytest.mark.parametrize("betas", [(0.5, 0.5), (-0.3, -0.3), (0.5, 0.2)])
def test_the_current_is_the_slope_of_the_brute_minimum_and_the_torque_of_the_leads(theta, temperature, betas):
    alpha, detuning, step = 1.2, 0.3, 1e-3
    found = at(
        beta=None, beta_left=betas[0], beta_right=betas[1], phase_difference=theta, temperature=temperature
    ).equilibrium()
    low, high = (brute(detuning, alpha, betas, theta + s, temperature)[0] for s in (-step, step))
    assert float(found.current) == pytest.approx((high - low) / step, abs=2e-6)
    _, delta = brute(detuning, alpha, betas, theta, temperature)
    pull = [
        b * abs(delta) ** 2 * np.sin(2 * np.angle(delta) - p)
        for b, p in zip(betas, (-theta / 2, theta / 2), strict=True)
    ]
    assert float(found.current) == pytest.approx((pull[0] - pull[1]) / 4, abs=2e-6)


@given(
    detuning=st.floats(-0.8, 0.8), beta=st.sampled_from([0.5, -0.3]), turns=st.integers(-3, 3), temperature=temperatures
)
def test_the_current_breaks_at_odd_multiples_of_pi_and_only_there(detuning, beta, turns, temperature):
    for multiple, broken in ((2 * turns + 1, True), (2 * turns, False)):
        sides = md.axis("phase_difference", [multiple * np.pi - 1e-7, multiple * np.pi + 1e-7])
        found = at(detuning=detuning, beta=beta, phase_difference=sides, temperature=temperature).equilibrium()
        fall = float(found.current[0] - found.current[1])
        if broken:
            assert fall == pytest.approx(float(found.current_step[0]), abs=1e-5)
            assert bool(found.breaks[0]) == (fall > 1e-5)
            assert np.ptp(found.energy.values) < 1e-12
        else:
            assert fall == pytest.approx(0, abs=1e-5)


@given(detuning=signed, beta=st.floats(-0.9, 0.9), theta=angle, temperature=temperatures)
def test_the_current_is_odd_and_periodic_in_the_phase_difference(detuning, beta, theta, temperature):
    if abs(np.cos(theta / 2)) < 1e-6:
        return
    here, mirrored, later = (
        float(at(detuning=detuning, beta=beta, phase_difference=t, temperature=temperature).equilibrium().current)
        for t in (theta, -theta, theta + 2 * np.pi)
    )
    assert mirrored == pytest.approx(-here, abs=1e-14)
    assert later == pytest.approx(here, abs=1e-9)


@given(detuning=signed.filter(lambda x: abs(x) > 1e-3), temperature=temperatures)
def test_the_order_vanishes_at_the_critical_phase_for_any_leads(detuning, temperature):
    for betas in ((0.5, 0.5), (0.6, 0.2)):
        leads = {"beta": None, "beta_left": betas[0], "beta_right": betas[1], "alpha": 0.9}
        system = at(detuning=detuning * 2, temperature=temperature, **leads)
        threshold = float(system.equilibrium().critical_phase)
        if threshold < 1e-3:
            continue
        sides = [0.0, np.pi] if np.isnan(threshold) else [threshold - 1e-6, threshold + 1e-6]
        found = system.with_(phase_difference=md.axis("phase_difference", sides)).equilibrium().ordered.values
        assert found[0] == found[1] if np.isnan(threshold) else (found[0] and not found[1])


def test_unequal_leads_round_the_break():
    phases = md.axis("phase_difference", np.pi - 0.5, np.pi + 0.5, 4001)
    found = at(beta=None, beta_left=0.51, beta_right=0.49, phase_difference=phases).equilibrium()
    current, theta = found.current.values, phases.values
    width = 2 * 0.02 / 1.0
    assert np.abs(np.diff(current)).max() < 0.03 * np.ptp(current)
    assert not found.breaks.any()
    assert not found.current_step.any()
    assert current[2000] == 0
    steepest = (current[1999] - current[2001]) / (theta[2001] - theta[1999])
    assert float(at().equilibrium().current_step) / steepest == pytest.approx(2 * width, rel=0.05)


def test_at_exactly_pi_all_phases_are_equal_and_no_current_flows():
    odd = md.axis("phase_difference", [-np.pi, np.pi, 3 * np.pi])
    found = at(phase_difference=odd, temperature=md.axis("temperature", [0.0, 0.3])).equilibrium()
    assert found.phase.isnull().all()
    assert not found.current.any()
    assert found.breaks.all()
    np.testing.assert_allclose(found.stiffness, 1 / 1.2, rtol=1e-15)


@given(theta=st.floats(-2 * np.pi, 2 * np.pi), detuning=st.floats(-0.5, 0.5), beta=st.sampled_from([0.5, -0.4]))
def test_the_adiabatic_branch_continues_the_equilibrium_with_period_four_pi(theta, detuning, beta):
    given_ = {"detuning": detuning, "beta": beta}
    here = at(**given_, phase_difference=theta, branch="adiabatic").equilibrium()
    later = at(**given_, phase_difference=theta + 4 * np.pi, branch="adiabatic").equilibrium()
    assert float(later.current) == pytest.approx(float(here.current), abs=1e-12)
    settled = at(**given_, phase_difference=theta).equilibrium()
    if abs(theta) < np.pi - 1e-6:
        for name in ("energy", "current", "order_parameter", "n_mean"):
            assert float(here[name]) == pytest.approx(float(settled[name]), abs=1e-12)
    assert float(here.energy) >= float(settled.energy) - 1e-12
    slope = [
        float(at(**given_, phase_difference=theta + s, branch="adiabatic").equilibrium().energy) for s in (-1e-4, 1e-4)
    ]
    assert float(here.current) == pytest.approx((slope[1] - slope[0]) / 1e-4, abs=1e-6)
    delta = complex(here.order_parameter * np.exp(1j * here.phase[0]))
    assert free_energy(delta, detuning, 1.2, (beta, beta), theta) == pytest.approx(float(here.energy), abs=1e-12)


def test_harmonics_of_the_continuation_are_the_published_ones():
    phases = md.axis("phase_difference", np.linspace(0, 4 * np.pi, 256, endpoint=False))
    current = at(phase_difference=phases, branch="adiabatic").equilibrium().current.values
    harmonics = -2 * np.fft.rfft(current).imag[1:4] / 256
    np.testing.assert_allclose(harmonics, [0.177576392868, 0.087336377474, 0.028592739207], atol=1e-11)


@given(detuning=signed, theta=angle, first=st.floats(0, 1.5), second=st.floats(0, 1.5))
def test_heating_lowers_the_free_energy_and_the_order(detuning, theta, first, second):
    cold, hot = (
        at(detuning=detuning, phase_difference=theta, temperature=t).equilibrium() for t in sorted((first, second))
    )
    assert float(hot.free_energy) <= float(cold.free_energy) + 1e-14
    assert float(hot.order_parameter) <= float(cold.order_parameter) + 1e-12


@given(detuning=signed, theta=angle, mean=angle, temperature=temperatures)
def test_the_hamiltonian_at_the_minimum_has_the_equilibrium_energy(detuning, theta, mean, temperature):
    system = at(detuning=detuning, phase_difference=theta, mean_phase=mean, temperature=temperature, level_spacing=9.0)
    found, matrix = system.equilibrium(), system.hamiltonian().full()
    levels = np.linalg.eigvalsh(matrix)
    weights = np.exp(-(levels - levels[0]) / temperature) if temperature else np.array([1.0, 0.0])
    assert float(found.energy) == pytest.approx((levels * weights).sum() / weights.sum(), abs=1e-11)
    assert float(found.frozen) == pytest.approx(max(temperature, float(found.critical_temperature)) / 9)


@pytest.mark.parametrize("detuning", [0.0, 1 / 1.2, 1 / 0.7, 1 / 1.7, 3.0])
@pytest.mark.parametrize("temperature", [0.0, 1 / 1.2, 1 / 0.7, 2.0])
@pytest.mark.parametrize("beta", [0.5, 0.0])
def test_nothing_but_undefined_phases_is_nan_at_the_edges(detuning, temperature, beta):
    phases = md.axis("phase_difference", [0.0, np.pi, 2 * np.pi])
    found = at(detuning=detuning, temperature=temperature, beta=beta, phase_difference=phases).equilibrium()
    assert all(found[name].notnull().all() for name in found if name not in ("phase", "critical_phase"))
    assert found.phase.notnull().values.tolist() == [
        [bool(ordered) and beta != 0 and k != 1] * 2 for k, ordered in enumerate(found.ordered.values)
    ]


def test_axes_are_single_calls():
    axes = {
        "detuning": md.axis("detuning", [-0.5, 0.0, 1.0]),
        "beta": md.axis("beta", [-0.5, 0.0, 0.7]),
        "phase_difference": md.axis("phase_difference", [0.0, 1.0, np.pi, 4.0]),
        "temperature": md.axis("temperature", [0.0, 0.4]),
        "mean_phase": md.axis("mean_phase", [0.0, 1.0]),
    }
    whole = at(**axes).equilibrium()
    for point in np.ndindex(*whole.energy.shape):
        place = dict(zip(whole.energy.dims, point, strict=True))
        one = at(**{name: float(whole[name][k]) for name, k in place.items()}).equilibrium()
        for name in whole:
            np.testing.assert_allclose(whole[name].isel(place), one[name], rtol=1e-13, atol=1e-15, err_msg=name)
    assert whole.phase.dims == (*whole.energy.dims, "minimum")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"beta": None}, "beta must be given by itself, or beta_left and beta_right without it, but was none of them"),
        ({"beta_left": 0.1, "beta_right": 0.1}, "beta must be given by itself, or beta_left and beta_right without it"),
        ({"beta": None, "beta_left": 0.1}, "beta must be given by itself, or beta_left and beta_right without it, but"),
        ({"alpha": 0.5}, "alpha must be above |beta| = 0.5, but was 0.5"),
        ({"alpha": -1.0}, "alpha must be a finite real number and above 0, but was -1.0"),
        ({"beta": md.axis("beta", [0.1, -1.5])}, "alpha must be above |beta| = 1.5, but was 1.2"),
        (
            {"beta": None, "beta_left": 2.0, "beta_right": 0.5},
            "alpha must be above (|beta_left| + |beta_right|)/2 = 1.25, but was 1.2",
        ),
        (
            {"beta": None, "beta_left": 0.2, "beta_right": -0.2},
            "beta_left and beta_right must be of one sign, but was of opposite signs; opposite signs are equal ones",
        ),
        ({"beta": 0.1j}, "beta must be a finite real number, but was 0.1j"),
        ({"temperature": -1.0}, "temperature must be a finite real number and at least 0, but was -1.0"),
        ({"branch": "adiabatc"}, "branch must be "),
        (
            {"branch": "adiabatic", "beta": None, "beta_left": 0.2, "beta_right": 0.3},
            "branch must be 'equilibrium' unless beta_left = beta_right (unequal leads have no crossing to follow)",
        ),
        (
            {"branch": "adiabatic", "detuning": 0.6},
            "branch must be 'equilibrium' unless |detuning| < 1/(alpha + |beta|)",
        ),
        (
            {"branch": "adiabatic", "temperature": 0.58},
            "branch must be 'equilibrium' unless |detuning| < 1/(alpha + |beta|)",
        ),
        (
            {"alpha": md.axis("x", 2.0, 3.0, 3), "beta": md.axis("x", 0, 1, 4)},
            "alpha and beta_left must be equal along the axis 'x'",
        ),
    ],
)
def test_wrong_input_stops_with_one_line(changes, message):
    with pytest.raises(md.InputError) as caught:
        at(**changes)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
