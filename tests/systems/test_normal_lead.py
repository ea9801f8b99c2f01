"""N D1 N and N D2 N at rest: the published numbers, brute minimisation, thermodynamics, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qutip
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

import mesodyn as md
from mesodyn.systems.base import Setting
from mesodyn.systems.normal_lead import ND1N, ND2N

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))
ENTRIES = [(system, entry) for name, system in (("nd1n", ND1N), ("nd2n", ND2N)) for entry in REFERENCE[name]]
SYSTEMS = pytest.mark.parametrize("system", [ND1N, ND2N])
signed = st.floats(-3, 3)
positive = st.floats(0.05, 3)
warm = st.floats(0.02, 3)


def free_energy(delta, detuning, stiffness, temperature):
    """From the eigenvalues of the two-by-two matrix."""
    levels = np.linalg.eigvalsh(np.array([[0, -np.conj(delta)], [-delta, 2 * detuning]]))
    tail = temperature * np.log(np.exp(-(levels - levels[0]) / temperature).sum()) if temperature else 0.0
    return abs(delta) ** 2 / (2 * stiffness) + levels[0] - tail


@pytest.mark.parametrize(("system", "entry"), ENTRIES)
def test_equilibria_are_the_published_ones(system, entry):
    given_, zero = entry["inputs"], {}
    for suffix, temperature in (("", 0.0), ("_T", given_["kT"])):
        found = system(detuning=given_["xi"], stiffness=given_["xi0"], temperature=temperature).equilibrium()
        names = {
            f"absDelta{suffix}": found.order_parameter,
            f"N_minus_Nc{suffix}": found.n_mean,
            f"psi_over_F{suffix}": found.anomalous_average,
            "Eg" if not suffix else "F_T": found.free_energy,
            "kTc_T": found.critical_temperature,
        }
        zero[suffix] = found
        for source in ("outputs", "independent_numeric"):
            for name in names.keys() & entry[source].keys():
                assert float(names[name]) == pytest.approx(entry[source][name], abs=1e-9), (source, name)
    assert float(zero[""].energy) == float(zero[""].free_energy)


@given(detuning=signed, stiffness=positive, temperature=st.one_of(st.just(0.0), warm))
def test_the_free_energy_is_the_brute_minimum_over_the_modulus(detuning, stiffness, temperature):
    found = ND1N(detuning=detuning, stiffness=stiffness, temperature=temperature).equilibrium()
    brute = minimize_scalar(
        free_energy,
        bounds=(0, 1.2 * stiffness),
        args=(detuning, stiffness, temperature),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert float(found.free_energy) == pytest.approx(brute.fun, abs=1e-11)
    at_found = free_energy(float(found.order_parameter), detuning, stiffness, temperature)
    assert float(found.free_energy) == pytest.approx(at_found, abs=1e-12)


@pytest.mark.parametrize("detuning", [-0.7, 0.2, 0.95, 1.4])
@pytest.mark.parametrize("temperature", [0.0, 0.4, 0.9])
def test_the_minimum_over_complex_order_parameters_is_a_circle(detuning, temperature):
    found = ND1N(detuning=detuning, stiffness=1.0, temperature=temperature).equilibrium()
    for start in (0.5 + 0.1j, -0.3 + 0.8j):
        brute = minimize(
            lambda z: free_energy(complex(*z), detuning, 1.0, temperature),
            [start.real, start.imag],
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-15, "maxfev": 2000},
        )
        assert float(found.free_energy) == pytest.approx(brute.fun, abs=1e-12)
        assert float(found.order_parameter) == pytest.approx(np.hypot(*brute.x), abs=3e-7)


@SYSTEMS
@given(detuning=signed, stiffness=positive, temperature=st.one_of(st.just(0.0), warm), phase=st.floats(0.1, 6))
def test_the_gibbs_state_of_the_hamiltonian_reproduces_its_own_field(system, detuning, stiffness, temperature, phase):
    trap = system(detuning=detuning, stiffness=stiffness, temperature=temperature, phase=phase, n_c=3)
    found, hamiltonian = trap.equilibrium(), trap.hamiltonian()
    state = _gibbs(hamiltonian, temperature)
    lowering = trap.observables()["anomalous_average"]
    delta = float(found.order_parameter) * np.exp(1j * phase)
    assert qutip.expect(lowering, state) == pytest.approx(delta / (2 * stiffness), abs=1e-7)
    assert complex(found.anomalous_average) == pytest.approx(delta / (2 * stiffness), abs=1e-13)
    assert float(found.energy) == pytest.approx(qutip.expect(hamiltonian, state), abs=1e-11)
    assert float(found.n_mean) == pytest.approx(qutip.expect(trap.observables()["n_mean"], state), abs=1e-7)
    assert float(found.entropy) == pytest.approx(qutip.entropy_vn(state), abs=1e-7)


def _gibbs(hamiltonian, temperature):
    energies, vectors = np.linalg.eigh(hamiltonian.full())
    above = energies - energies[0]
    weights = np.exp(-above / temperature) if temperature else (above < 1e-13) * 1.0
    matrix = (vectors * weights / weights.sum()) @ vectors.conj().T
    return qutip.Qobj(matrix, dims=hamiltonian.dims)


@SYSTEMS
@given(
    detuning=st.floats(-3, 3).filter(lambda x: abs(abs(x) - 1.0) > 0.01),
    temperature=st.one_of(st.just(0.0), st.floats(0.05, 2)),
)
def test_the_number_is_the_slope_of_the_energy(system, detuning, temperature):
    step = 1e-4
    near = md.axis("detuning", [detuning - step, detuning, detuning + step])
    found = system(detuning=near, stiffness=1.0, temperature=temperature, n_c=2).equilibrium()
    onsets = found.critical_temperature.values
    if np.any((onsets > temperature) != (onsets[0] > temperature)):
        return
    slope = (found.free_energy.values[2] - found.free_energy.values[0]) / (2 * step)
    assert found.n_mean.values[1] - 2 == pytest.approx(system.step * slope / 2, abs=1e-6)


@given(stiffness=positive, sign=st.sampled_from([-1, 1]))
def test_energy_is_continuous_and_order_is_zero_at_the_edge_of_the_ordered_range(stiffness, sign):
    edge = sign * stiffness
    around = md.axis("detuning", [np.nextafter(edge, -9), edge, np.nextafter(edge, 9)])
    found = ND1N(detuning=around, stiffness=stiffness).equilibrium()
    assert np.ptp(found.energy.values) <= 8 * np.finfo(float).eps * stiffness
    assert found.order_parameter.values[1] == 0
    assert found.critical_temperature.values[1] == 0
    assert found.n_mean.values[1] == (0 if sign > 0 else 1)
    assert float(found.energy[1]) == min(2 * edge, 0)


@given(detuning=signed, stiffness=positive, first=st.floats(0, 3), second=st.floats(0, 3))
def test_heating_lowers_the_free_energy_and_raises_entropy(detuning, stiffness, first, second):
    cold, hot = (
        ND1N(detuning=detuning, stiffness=stiffness, temperature=t).equilibrium() for t in sorted((first, second))
    )
    assert float(hot.free_energy) <= float(cold.free_energy) + 1e-14
    assert float(hot.entropy) >= float(cold.entropy) - 1e-12
    assert float(hot.order_parameter) <= float(cold.order_parameter) + 1e-12
    assert float(hot.energy) >= float(cold.energy) - 1e-12


@given(detuning=signed, stiffness=positive)
def test_entropy_and_specific_heat_vanish_at_temperature_zero(detuning, stiffness):
    for temperature in (0.0, 1e-3 * max(stiffness, abs(detuning))):
        found = ND1N(detuning=detuning, stiffness=stiffness, temperature=temperature).equilibrium()
        assert float(found.entropy) == 0
        assert float(found.specific_heat) == 0


@given(detuning=signed, temperature=st.floats(0.05, 2))
def test_entropy_and_specific_heat_are_derivatives_of_the_free_energy(detuning, temperature):
    step = 1e-4
    near = md.axis("temperature", [temperature - step, temperature, temperature + step])
    found = ND1N(detuning=detuning, stiffness=1.0, temperature=near).equilibrium()
    onset = float(found.critical_temperature[0])
    if abs(onset - temperature) < 20 * step:
        return
    free, energy = found.free_energy.values, found.energy.values
    assert found.entropy.values[1] == pytest.approx(-(free[2] - free[0]) / (2 * step), abs=1e-6)
    assert found.specific_heat.values[1] == pytest.approx((energy[2] - energy[0]) / (2 * step), abs=1e-4)
    assert energy[1] == pytest.approx(free[1] + temperature * found.entropy.values[1], abs=1e-13)


def test_the_specific_heat_jumps_by_three_halves_at_the_critical_temperature():
    found = ND1N(detuning=0.0, stiffness=1.0, temperature=md.axis("temperature", [1 - 1e-8, 1.0])).equilibrium()
    np.testing.assert_allclose(found.specific_heat, [1.5, 0], atol=1e-6)


@given(detuning=signed, stiffness=positive)
def test_order_exists_below_the_critical_temperature_and_not_above(detuning, stiffness):
    onset = float(ND1N(detuning=detuning, stiffness=stiffness).equilibrium().critical_temperature)
    above = ND1N(detuning=detuning, stiffness=stiffness, temperature=onset * (1 + 1e-9) + 1e-300).equilibrium()
    assert float(above.order_parameter) == 0
    below = ND1N(detuning=detuning, stiffness=stiffness, temperature=0.999 * onset).equilibrium()
    assert (float(below.order_parameter) > 0) == (onset > 0)


@given(detuning=st.floats(-0.9, 0.9), temperature=warm)
def test_in_the_ordered_phase_the_number_does_not_depend_on_temperature(detuning, temperature):
    found = ND2N(detuning=detuning, stiffness=1.0, temperature=temperature).equilibrium()
    ordered = float(found.order_parameter) > 0
    expected = 1 - detuning if ordered else 1 - np.tanh(detuning / temperature)
    assert float(found.n_mean) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("detuning", [0.0, 1.0, -1.0, 5e-324, 1e300])
@pytest.mark.parametrize("stiffness", [0.0, 1.0, 5e-324])
@pytest.mark.parametrize("temperature", [0.0, 1.0, 5e-324])
def test_nothing_is_nan_where_parameters_vanish(detuning, stiffness, temperature):
    found = ND1N(detuning=detuning, stiffness=stiffness, temperature=temperature).equilibrium()
    assert all(np.isfinite(found[name]).all() for name in found)
    assert 0 <= float(found.n_mean) <= 1


@SYSTEMS
def test_axes_are_single_calls(system):
    axes: dict[str, Any] = {
        "detuning": md.axis("detuning", -1.5, 1.5, 7),
        "stiffness": md.axis("stiffness", [0.0, 0.5, 1.0]),
        "temperature": md.axis("temperature", [0.0, 0.3, 1.0]),
        "phase": md.axis("phase", [0.4, 1.0]),
        "level_spacing": 20.0,
    }
    whole = system(**axes).equilibrium()
    assert whole.energy.dims == ("detuning", "stiffness", "temperature", "phase")
    for point in np.ndindex(*whole.energy.shape):
        at = dict(zip(whole.energy.dims, point, strict=True))
        numbers = {name: float(axes[name][k]) for name, k in at.items()}
        one = system(**numbers, level_spacing=20.0).equilibrium()
        assert one.energy.dims == ()
        for name in whole:
            np.testing.assert_allclose(whole[name].isel(at), one[name], rtol=1e-13, atol=1e-15, err_msg=name)
    assert {whole[name].attrs["units"] for name in whole} == {"energy", "k_B", "1"}


def test_two_parameters_on_one_axis_vary_together():
    shared = md.axis("scale", [0.5, 1.0, 2.0])
    found = ND1N(detuning=0.5 * shared, stiffness=shared).equilibrium()
    assert found.energy.dims == ("scale",)
    np.testing.assert_allclose(found.energy, -0.125 * shared, rtol=1e-14)


def test_pairs_answer_a_gate_with_twice_the_slope():
    volts = md.axis("gate_voltage", -3, 3, 5)
    gate = {"lever_arm": 0.2, "critical_potential": 1.0, "chemical_potential": 0.9, "stiffness": 1.0}
    for system, slope in ((ND1N, 0.1), (ND2N, 0.2)):
        trap = system.from_gate(gate_voltage=volts, **gate)
        np.testing.assert_allclose(trap.detuning, slope * volts + 0.05 * system.step, rtol=1e-13, atol=1e-15)
        assert trap.equilibrium().n_mean.dims == ("gate_voltage",)


def test_frozen_compares_the_larger_of_both_temperatures_with_the_level_spacing():
    for temperature, expected in ((0.1, 0.1), (2.0, 0.2)):
        trap = ND1N(detuning=0.0, stiffness=1.0, temperature=temperature, level_spacing=10.0)
        assert float(trap.equilibrium().frozen) == pytest.approx(expected)
    assert "frozen" not in ND1N(detuning=0.0, stiffness=1.0).equilibrium()


def test_a_phase_turns_the_average_and_none_leaves_it_real():
    assert ND1N(detuning=0.6, stiffness=1.0).equilibrium().anomalous_average.dtype == float
    turned = ND1N(detuning=0.6, stiffness=1.0, phase=np.pi / 2).equilibrium().anomalous_average
    assert complex(turned) == pytest.approx(0.4j)


def test_a_cut_link_leaves_the_trap_alone():
    trap = ND1N(detuning=0.3, stiffness=1.0)
    assert trap.hamiltonian(setting=Setting(link=0.0)).isherm
    assert abs(trap.hamiltonian(setting=Setting(link=0.0))[0, 1]) == 0
    assert list(trap.states()) == ["trap:0", "trap:1"]


def test_terms_on_axes_are_the_hamiltonians_of_the_points():
    detuning = md.axis("detuning", [-0.5, 0.2, 3.0])
    terms = ND1N(detuning=detuning, stiffness=1.0, phase=0.7).terms()
    for k, value in enumerate(detuning.values):
        at_point = sum((complex(c[k]) * operator for c, operator in terms[1:]), start=complex(terms[0][0][k]))
        assert at_point == ND1N(detuning=float(value), stiffness=1.0, phase=0.7).hamiltonian()


def test_the_states_of_the_accounts_are_pure_or_diagonal():
    trap = ND1N(detuning=0.3, stiffness=1.0, temperature=0.5, phase=1.0)
    values = {name: np.atleast_1d(value) for name, value in trap.values().items()}
    _, ground = trap.prepare("superposition", "ground", values)
    assert np.trace(ground[0] @ ground[0]).real == pytest.approx(1)
    hamiltonian = trap.with_(temperature=0.0).hamiltonian().full()
    assert np.trace(hamiltonian @ ground[0]).real == pytest.approx(np.linalg.eigvalsh(hamiltonian)[0])
    _, hot = trap.prepare("superposition", "thermal", values)
    np.testing.assert_allclose(hot[0], _gibbs(trap.hamiltonian(), 0.5).full(), atol=1e-12)
    _, mixed = trap.prepare("mixture", "thermal", values)
    np.testing.assert_allclose(mixed[0], np.diag(np.diag(hot[0])), atol=1e-15)
    with pytest.raises(md.InputError, match="account must be one of superposition, mixture here, but was 'conserving'"):
        trap.prepare("conserving", "ground", values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stiffness": -1.0}, "stiffness must be a finite real number and at least 0, but was -1.0"),
        ({"temperature": -0.1}, "temperature must be a finite real number and at least 0, but was -0.1"),
        ({"detuning": 1j}, "detuning must be a finite real number, but was 1j; drop the imaginary part"),
        ({"phase": float("nan")}, "phase must be a finite real number, but was nan"),
        ({"level_spacing": 0.0}, "level_spacing must be a finite real number and above 0, but was 0.0"),
        ({"n_c": -1}, "n_c must be a whole number of at least 0, but was -1"),
        ({"stiffness": None}, "stiffness must be a finite real number and at least 0, but was None; give a number"),
        ({"temperature": "1 K"}, "temperature must be a finite real number and at least 0, but was '1 K'; turn text"),
        (
            {"detuning": md.axis("x", 0, 1, 3), "stiffness": md.axis("x", 0, 1, 4)},
            "detuning and stiffness must be equal along the axis 'x' that they share, but was one axis name, two sets",
        ),
        (
            {"detuning": md.axis("x", 0, 1, 3).rename(x="component")},
            "detuning must be a number or a labelled axis, but was a vector",
        ),
    ],
)
def test_wrong_input_stops_with_one_line(changes, message):
    with pytest.raises(md.InputError) as caught:
        ND1N(**{"detuning": 0.0, "stiffness": 1.0, **changes})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_gate_on_two_axes_of_one_name_is_refused():
    with pytest.raises(md.InputError, match="gate_voltage and lever_arm must be equal along the axis 'x'"):
        ND1N.from_gate(
            gate_voltage=md.axis("x", 0, 1, 3),
            lever_arm=md.axis("x", 0, 1, 4),
            critical_potential=0.0,
            chemical_potential=0.0,
            stiffness=1.0,
        )


def test_a_hamiltonian_of_an_axis_is_refused():
    with pytest.raises(md.InputError, match=r"detuning must be a single number for a Qobj.*use .terms\(\)"):
        ND1N(detuning=md.axis("detuning", 0, 1, 3), stiffness=1.0).hamiltonian()
