"""A dot and the field of its lead after a jump of the gate."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp  # type: ignore[attr-defined]

import mesodyn as md
from mesodyn.dynamics.flow import flow
from mesodyn.dynamics.meanfield import DotAndField
from mesodyn.errors import InputError
from mesodyn.experiments.quench_theory import Elliptic

NAME = "self-consistent"
REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))


def run(**given):
    made = md.experiment(NAME, quick=True, **given).run()
    for finding in made.findings.values():
        assert finding.passed is not False, (finding.name, finding.value.values, finding.expected)
    return made


def value(made, name):
    return np.asarray(made.findings[name].value)[()]


def test_an_instantaneous_lead_is_the_published_one():
    for entry in REFERENCE["tdmf_instantaneous"]:
        i, out = entry["inputs"], entry["outputs"]
        given = {"stiffness": i["xi0"], "detuning": i["xi"], "weight": i["v2"], "phase": i["phi"]}
        found = run(lead="instantaneous", duration=i["t"], **given)
        last = complex(found.record.field[-1])
        assert last == pytest.approx(complex(out["Delta_re"], out["Delta_im"]), abs=1e-9)
        assert value(found, "precession") == pytest.approx(out["Omega"], abs=1e-9)
        assert value(found, "energy_start") == pytest.approx(out["E_MF"], abs=1e-12)


def test_a_hamiltonian_lead_is_the_published_one():
    for entry in REFERENCE["tdmf_hamiltonian"]:
        i, out = entry["inputs"], entry["outputs"]
        given = {"stiffness": i["xi0"], "detuning": i["xi"], "weight": i["v2"], "phase": i["phi"]}
        lead = {"lead": "hamiltonian", "frequency": i["omega"], "order_parameter": i["Delta0"], "order_phase": 0}
        found = md.experiment(NAME, **given, **lead).run()
        assert value(found, "period") == pytest.approx(out["period_v2"], abs=1e-6)
        assert value(found, "least_weight") == pytest.approx(out["w1"], abs=1e-4)
        assert value(found, "largest_weight") == pytest.approx(out["w2"], abs=1e-4)
        assert value(found, "energy_start") == pytest.approx(out["E"], abs=1e-12)
        ((dot, start),) = cast(Any, found.experiment).dots()
        exact = Elliptic.of(dot, start)
        assert np.allclose([*exact.roots, exact.parameter], [out[n] for n in ("w1", "w2", "w3", "m")], atol=1e-12)
        assert (exact.speed, exact.period) == pytest.approx((out["Omega"], out["period_v2"]), abs=1e-12)


@pytest.mark.parametrize("phase", [0.4, -0.4, 2.0, -2.5])
def test_the_number_beside_a_hamiltonian_lead_is_an_elliptic_function(phase):
    dot = DotAndField(stiffness=1.2, detuning=0.35, frequency=0.9)
    start, time = dot.state(0.3, phase, 0.8), np.linspace(0, 20, 201)
    states = flow(dot.slope, start, time, tolerance=1e-13)
    exact = Elliptic.of(dot, start)
    assert np.abs(states[:, 2] ** 2 + states[:, 3] ** 2 - exact.weight(time)).max() < 2e-11
    assert np.abs(exact.weight(time + exact.period) - exact.weight(time)).max() < 5e-12


def test_in_equilibrium_nothing_turns_and_off_it_a_wrong_number_never_relaxes():
    still = run(lead="instantaneous", detuning=0.3, detuning_before=0.3)
    assert abs(value(still, "precession")) < 1e-9
    weights = md.axis("weight", [0.1, 0.5, 0.9])
    off = run(lead="instantaneous", weight=weights, detuning=0.3)
    assert np.allclose(value(off, "precession"), 2 * (0.3 - (1 - 2 * weights.values)), atol=1e-8)
    assert off.findings["weight_drift"].passed and off.findings["energy_drift"].passed


@settings(max_examples=8, deadline=None)
@given(
    detuning=st.floats(-0.9, 0.9),
    weight=st.floats(0.02, 0.98),
    phase=st.floats(-3, 3),
    lag=st.floats(-3, 3),
    rate=st.floats(0.2, 3),
)
def test_a_relaxing_lead_only_loses_energy_and_ends_in_the_ground_state(detuning, weight, phase, lag, rate):
    given = {"detuning": detuning, "weight": weight, "phase": phase, "order_phase": phase + lag}
    found = run(relaxation_rate=rate, order_parameter=0.5, **given)
    assert found.findings["energy_rise"].passed and found.findings["energy_balance"].passed
    record = found.record.isel(moment=-1)
    if abs(record.field - 2 * record.coherence) < 1e-6:
        assert found.findings["energy_end"].passed and found.findings["order_end"].passed


def test_beyond_the_stiffness_the_dot_ends_in_one_number():
    found = run(detuning=1.5)
    assert value(found, "weight_end") < 1e-5 and found.findings["weight_end"].passed


def test_a_small_field_grows_at_its_rate_if_the_gate_is_below_the_stiffness():
    gates = md.axis("detuning", [-1.5, 0.0, 0.9, 1.1, 1.9])
    found = run(detuning=gates, relaxation_rate=md.axis("relaxation_rate", [0.1, 0.5, 3.0]), duration=1.0)
    grows = value(found, "growth") > 0
    assert found.findings["growth"].passed
    assert np.all(grows == (gates.values < 1)[:, None])
    slow = run(relaxation_rate=100.0, duration=1.0)  # small τ: 4 ξ0 τ (ξ0 - ξ)/(1 + 4 ξ0² τ²)
    assert value(slow, "growth") == pytest.approx(4 * 0.01 * 0.7 / (1 + 4e-4), rel=0.02)


def test_without_a_field_and_in_one_number_nothing_moves():
    found = run(detuning_before=1.5)
    assert value(found, "start_speed") == 0 and np.all(found.record.field == 0)


def test_the_flow_is_the_schroedinger_equation_in_a_field_that_follows():
    stiffness, detuning, rate = 1.3, 0.2, 0.7
    made = md.experiment(NAME, stiffness=stiffness, detuning=detuning, relaxation_rate=rate, phase=0.5, duration=8.0)
    record = made.run().record

    def bloch(t, y):  # the dot as a spin: coherence c = a*b and weight w, no amplitudes
        c, field, w = y[0] + 1j * y[1], y[2] + 1j * y[3], y[4]
        dc = -2j * detuning * c + 1j * field * (1 - 2 * w)
        dfield = -rate * (field - 2 * stiffness * c)
        return [dc.real, dc.imag, dfield.real, dfield.imag, 2 * (field.conjugate() * c).imag]

    first = record.isel(moment=0)
    c, field = complex(first.coherence), complex(first.field)
    start = [c.real, c.imag, field.real, field.imag, float(first.number)]
    found = solve_ivp(bloch, (0, 8), start, t_eval=record.time.values, rtol=1e-11, atol=1e-12).y
    assert np.abs(found[2] + 1j * found[3] - record.field.values).max() < 1e-8
    assert np.abs(found[4] - record.number.values).max() < 1e-8


def test_gauge_turns_the_field_and_nothing_else():
    for lead in ("instantaneous", "relaxing", "hamiltonian"):
        one, other = (run(lead=lead, phase=phase, duration=5.0).record for phase in (0.0, 1.2))
        assert np.allclose(other.field, one.field * np.exp(1.2j), atol=1e-8)
        assert np.allclose(other.number, one.number, atol=1e-8)


def test_a_point_of_a_sweep_has_the_bits_of_a_single_run():
    many = run(detuning=md.axis("detuning", [0.1, 0.3]), duration=5.0)
    one = run(detuning=0.3, duration=5.0)
    for name, finding in one.findings.items():
        there = many.findings[name].value.sel(detuning=0.3)
        assert np.array_equal(there, finding.value, equal_nan=True), name


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "rate": ({"lead": "hamiltonian", "relaxation_rate": 0.1}, "left out with a lead that is hamiltonian"),
    "frequency": ({"frequency": 0.1}, "left out with a lead that is relaxing"),
    "field": ({"lead": "instantaneous", "order_parameter": 0.1}, "follows at once"),
    "account": ({"account": "mixture"}, "gate-sweep"),
    "stiffness": ({"stiffness": 0}, "above 0"),
    "weight": ({"weight": 1.2}, "at most 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_with_the_reason(case):
    given, text = REFUSED[case]
    with pytest.raises(InputError, match=text):
        md.experiment(NAME, **given)


@pytest.mark.parametrize("options", [{}, {"lead": "instantaneous", "stiffness": "100 Hz"}])
def test_it_is_drawn(options, tmp_path):
    made = md.experiment(NAME, quick=True, **options).run()
    assert set(made.figures()) == {"leads", "field", "precession", "growth", "swing"}
    assert made.animate(tmp_path / "a.gif").stat().st_size > 10_000
    assert made.summary


@pytest.mark.parametrize(
    "given",
    [
        {"lead": "hamiltonian", "detuning": 0.0},
        {"lead": "hamiltonian", "detuning_before": -15.0, "order_parameter": 1e-9},
        {"detuning": -1000.0, "stiffness": 0.82, "order_parameter": 0.0, "duration": 10.0},
        {"duration": 1e-12},
    ],
)
def test_no_finding_fails_at_the_ends_of_the_parameters(given):
    assert md.experiment("self-consistent", quick=True, **given).run().passed


def test_a_record_that_would_take_hours_is_refused():
    with pytest.raises(InputError, match="duration must be at most"):
        md.experiment("self-consistent", duration=1e7)
