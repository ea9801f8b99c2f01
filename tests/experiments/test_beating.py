"""What beats in the laboratory, at what frequency, under which account, and what a mixture shows as well."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments.lines import frequency, lines

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))


def run(**parameters):
    """The findings of a beat."""
    return md.experiment("beating", **parameters).run().findings


def value(findings, name):
    """A finding's number."""
    return float(findings[name].value)


def failing(findings):
    """The names of the findings that fail."""
    return [name for name, finding in findings.items() if finding.passed is False]


ENERGY = st.floats(0.05, 3.0)


@settings(max_examples=12, deadline=None)
@given(
    mu=st.floats(0.5, 50.0), xi=ENERGY, weight=st.floats(0.05, 0.95), phase=st.floats(-3, 3), step=st.sampled_from("12")
)
def test_the_period_is_two_pi_over_the_difference_of_energies(mu, xi, weight, phase, step):
    found = run(chemical_potential=mu, detuning=xi, weight=weight, phase=phase, step=step)
    assert value(found, "period") == pytest.approx(2 * np.pi / (int(step) * mu), rel=1e-12)
    assert value(found, "order_parameter") == pytest.approx(np.sqrt(weight * (1 - weight)), abs=1e-12)
    assert not failing(found)


@pytest.mark.parametrize("case", REFERENCE["beating"])
def test_the_beat_of_the_reference(case):
    """Energy, weight and phase at one moment: Re and Im of ⟨Ψ⟩ or ⟨ΨΨ⟩."""
    given_ = case["inputs"]
    if "t" not in given_:
        pytest.skip("another entry of the list")
    trap = md.ReservoirTrap(
        trap_energy=given_["E_Nc"], outside_energy=given_["dE"], weight=1 - given_["u2"], phase=given_["phi"]
    )
    record = md.evolve(trap, md.Protocol(md.Hold(duration=given_["t"])), account="superposition", moments=2)
    found = complex(record.order_parameter[-1])
    assert found == pytest.approx(complex(case["outputs"]["re"], case["outputs"]["im"]), abs=1e-12)


def test_only_the_superposition_has_an_order_parameter_of_its_own():
    sizes = {
        a: value(run(account=a, weight=0.3), "order_parameter") for a in ("superposition", "conserving", "mixture")
    }
    assert sizes["superposition"] == pytest.approx(np.sqrt(0.21))
    assert sizes["conserving"] == sizes["mixture"] == 0.0


@pytest.mark.parametrize("reference", ["outside", "lead"])
def test_with_the_total_conserved_the_correlation_beats_at_the_difference_of_the_potentials(reference):
    found = run(account="conserving", detuning=0.2, reference=reference, chemical_potential=3.0)
    assert value(found, "correlation_period") == pytest.approx(2 * np.pi / 0.4, rel=1e-9)
    assert not failing(found)


def test_a_lead_with_a_phase_of_its_own_beats_beside_the_trap():
    found = run(reference="lead", lead_number=4, detuning=0.3, chemical_potential=2.0)
    assert value(found, "lead_frequency") == pytest.approx(2.0 - 0.6, rel=1e-9)
    assert value(found, "correlation_period") == pytest.approx(2 * np.pi / 0.6, rel=1e-9)
    for account in ("conserving", "mixture"):
        assert np.isnan(value(run(reference="lead", lead_number=4, account=account), "lead_frequency"))


@settings(max_examples=8, deadline=None)
@given(xi=st.floats(-1, 1), delta=ENERGY, mu=st.floats(2.0, 1e6))
def test_with_tunnelling_the_beat_has_two_lines_that_are_the_levels(xi, delta, mu):
    found = run(chemical_potential=mu, detuning=xi, tunnelling=delta)
    middle, half = mu - xi, np.hypot(xi, delta)
    for name, place in (("lower_line", middle - half), ("upper_line", middle + half)):
        if np.isfinite(value(found, name)):
            assert value(found, name) == pytest.approx(place, abs=1e-6 * half + 1e-12 * mu)
    assert value(found, "number_frequency") == pytest.approx(2 * half, rel=1e-6)
    assert not failing(found)


def test_the_ground_state_with_tunnelling_is_constant():
    found = run(account="conserving", tunnelling=0.3, start="ground")
    assert value(found, "number_swing") < 1e-12
    assert np.isnan(value(found, "number_frequency"))
    warm = run(account="conserving", tunnelling=0.3, start="ground", temperature=0.2)
    assert value(warm, "number_swing") < 1e-12


def test_the_number_beats_in_a_mixture_exactly_as_in_a_superposition():
    """The twirl theorem: an observable that conserves N can't tell them apart."""
    for account in ("superposition", "mixture"):
        found = run(account=account, tunnelling=0.3, weight=0.4)
        assert value(found, "number_swing") > 0.1
        assert value(found, "number_against_mixture") < 1e-12
    assert value(run(account="conserving", tunnelling=0.3, weight=0.4, phase=1.0), "number_against_mixture") > 0.05


def test_tunnelling_switched_on_or_off_starts_and_stops_the_swing():
    on, off = (run(tunnelling=0.4, switch=s) for s in ("on", "off"))
    assert "number_swing" not in on
    assert value(on, "number_swing_after") > 0.1
    assert value(on, "period") == pytest.approx(2 * np.pi, rel=1e-12)
    assert value(off, "number_swing") > 0.1
    assert "number_swing_after" not in off
    assert value(off, "period_after") == pytest.approx(2 * np.pi, rel=1e-9)
    assert not failing(on) and not failing(off)


@pytest.mark.parametrize("gate_time", [0.0, 2.5])
def test_a_gate_that_moves_changes_the_period(gate_time):
    found = run(gate_shift=0.3, gate_time=gate_time, step="2")
    assert value(found, "period") == pytest.approx(np.pi, rel=1e-12)
    assert value(found, "period_after") == pytest.approx(2 * np.pi / 2.6, rel=1e-9)
    assert not failing(found)


def test_a_frame_at_another_potential_leaves_the_difference():
    found = run(chemical_potential=1e6, frame_potential=1e6 - 0.25, step="2")
    assert value(found, "residual_frequency") == pytest.approx(0.5, abs=1e-6)
    assert not failing(found)


def test_a_million_turns_for_one_cost_no_digit():
    """The error of the record is the rounding of mu t, which it states."""
    made = md.experiment("beating", chemical_potential=1e6, tunnelling=1.0, detuning=0.4)
    record = made.run().record
    mu, xi, delta = (np.longdouble(made.values[n]) for n in ("chemical_potential", "detuning", "tunnelling"))
    half, t = np.hypot(xi, delta), record.time.values.astype(np.longdouble)
    inside = np.cos(half * t) - 1j * (xi / half) * np.sin(half * t)
    exact = 0.5 * np.exp(-1j * (mu - xi) * t) * inside
    error = np.abs(record.order_parameter.values - exact).max()
    assert error <= 2 * float(record.phase_rounding)
    assert float(record.phase_rounding) < 1e-8


def test_axes_are_single_runs():
    found = md.experiment("beating", tunnelling=[0.0, 0.2], chemical_potential=[1.0, 2.0], switch="on").run()
    for k, delta in enumerate((0.0, 0.2)):
        if delta == 0:
            continue
        duration = float(found.experiment.values["duration"].isel(tunnelling=k, chemical_potential=1))
        one = md.experiment("beating", tunnelling=delta, chemical_potential=2.0, switch="on", duration=duration).run()
        swing = one.findings["number_swing_after"].value
        assert float(found.findings["number_swing_after"].value[k, 1]) == pytest.approx(float(swing), rel=1e-9)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"switch": "on"}, "tunnelling must be other than 0 when it is switched"),
        ({"temperature": 0.1}, "temperature must be 0 for start=given"),
        ({"temperature": 0.1, "start": "ground"}, "temperature must be 0 in the superposition account"),
        ({"start": "ground", "weight": 0.3}, "weight must be left out for start=ground"),
        ({"lead_number": 3}, "lead_number must be left out unless reference=lead"),
        ({"lead_number": 300, "reference": "lead"}, "lead_number must be 1 to 50"),
        ({"gate_time": -1}, "gate_time must be"),
        ({"change_at": 1.0}, "change_at must be"),
    ],
)
def test_what_makes_no_sense_is_refused(given_, words):
    with pytest.raises(InputError, match=words):
        md.experiment("beating", **given_)


def test_every_figure_and_the_film_can_be_made(tmp_path):
    lead: dict[str, Any] = {
        "reference": "lead",
        "lead_number": 2,
        "tunnelling": 0.2,
        "switch": "off",
        "gate_shift": 0.1,
    }
    for extra in ({}, lead):
        done = md.experiment("beating", quick=True, chemical_potential=[1.0, 4.0], **extra).run()
        assert set(done.figures({"chemical_potential": 4.0})) == {"beat", "whole_run", "spectrum", "phasor"}
    assert done.animate(tmp_path / "beat.gif").stat().st_size > 10_000


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=3), st.integers(0, 2**31))
def test_lines_are_found_whatever_their_frequencies(places, seed):
    rng = np.random.default_rng(seed)
    places = sorted(places)
    if len(places) > 1 and min(np.diff(places)) < 0.3:
        return
    heights = rng.uniform(0.2, 1, len(places)) * np.exp(2j * np.pi * rng.random(len(places)))
    t = 0.9 * np.arange(60)
    z = sum(h * np.exp(-1j * w * t) for h, w in zip(heights, places, strict=True))
    found, sizes = lines(0.9, z, 5)
    assert found == pytest.approx(places, abs=1e-6)
    assert np.abs(sizes) == pytest.approx(np.abs(heights), abs=1e-5)


def test_silence_has_no_lines_and_no_frequency():
    nothing = np.zeros(40, complex)
    assert lines(0.1, nothing, 3)[0].size == 0
    rate, bent = frequency(np.linspace(0, 1, 40)[:, None], nothing[:, None])
    assert np.isnan(rate).all() and np.isnan(bent).all()


def test_a_parameter_that_some_variables_do_not_depend_on_may_be_an_axis():
    assert md.experiment("beating", quick=True, frame_potential=[-0.7, 0.6]).run().passed
