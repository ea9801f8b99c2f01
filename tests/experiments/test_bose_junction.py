"""A condensate in a double well: oscillations, trapping, collapse, noise, friction, under every account."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError, UnfinishedError
from mesodyn.experiments.bose_motion import fitted, motion

NAME = "bose-junction"
ACCOUNTS = ("superposition", "conserving", "mixture")


def run(**given: Any) -> Any:
    usual: dict[str, Any] = {"quick": True, "thresholds": "no"}
    return md.experiment(NAME, **(usual | given)).run()


def value(found: Any, name: str) -> float:
    return float(found.findings[name].value)


# -- laws -----------------------------------------------------------------------------------------------------------


def test_every_default_finding_is_as_expected():
    assert run(thresholds="yes").passed
    assert run(model="mean-field", thresholds="yes").passed


def test_small_oscillations_of_many_bosons_have_the_plasma_frequency():
    found = run(particles=400, Lambda=8.0, imbalance=0.05)
    assert value(found, "frequency") == pytest.approx(6.0, rel=0.01)
    assert found.findings["frequency"].passed


def test_trapping_is_smeared_at_finite_number():
    given = {"imbalance": 0.6, "duration": 10.0}

    def mean(strength, **more):
        return float(run(**given, **more, Lambda=strength).record.z.mean())

    below = [mean(9.0, particles=n) for n in (10, 100, 1000)]
    assert 0.25 > below[1] > below[2] > 0.03
    assert abs(mean(9.0, model="mean-field")) < 0.02
    above = [mean(12.0, particles=n) for n in (100, 1000)]
    assert 0.3 < above[0] < above[1] < mean(12.0, model="mean-field")


def test_oscillations_collapse_later_with_more_bosons():
    times = [value(run(particles=n, duration=25.0, imbalance=0.5), "collapse_time") for n in (100, 400)]
    assert times[1] / times[0] == pytest.approx(2, rel=0.25)


def test_swings_about_pi_and_running_phases_are_told_apart():
    swinging = run(model="mean-field", Lambda=1.3, imbalance=0.6, phase=np.pi, duration=25.0)
    assert value(swinging, "trapped") == 1
    assert value(swinging, "phase_turns") == pytest.approx(0, abs=0.1)
    running = run(model="mean-field", Lambda=13.0, imbalance=-0.6, duration=6.0)
    assert value(running, "trapped") == 1
    assert value(running, "phase_turns") == pytest.approx(1, abs=0.15)


def test_friction_damps_at_its_rate_and_equalises_the_phase():
    found = run(model="mean-field", imbalance=0.02, phase=0.05, damping=0.02, phase_damping=0.05, duration=25.0)
    assert found.findings["decay_rate"].passed
    assert value(found, "decay_rate") == pytest.approx(0.27, rel=0.02)
    assert abs(value(found, "phase_end")) < 1e-3
    assert value(found, "energy_rise") < 1e-9
    unequal = run(model="mean-field", Lambda=2.0, imbalance=0.0, phase=3.0, phase_damping=0.3, duration=30.0)
    assert abs(value(unequal, "phase_end")) < 0.01
    assert value(unequal, "contrast_end") == pytest.approx(1, abs=1e-3)


def test_friction_frees_what_was_trapped():
    given = {"model": "mean-field", "imbalance": 0.6, "Lambda": 12.0, "duration": 25.0}
    assert value(run(**given), "trapped") == 1
    assert value(run(**given, damping=0.01), "trapped") == 0


def test_noise_takes_the_phase_of_free_particles_at_its_rate():
    exact = run(particles=12, Lambda=0.0, dephasing=0.2, duration=10.0)
    assert value(exact, "phase_relaxation") == pytest.approx(0.2, rel=1e-6)
    assert value(exact, "decay_rate") == pytest.approx(0.1, rel=1e-3)
    drawn = run(particles=200, Lambda=0.0, dephasing=0.2, duration=10.0, trajectories=100)
    assert value(drawn, "phase_relaxation") == pytest.approx(0.2, rel=0.2)
    assert value(drawn, "contrast_run_end") > 2 * value(drawn, "contrast_end")


def test_heat_takes_a_known_share_of_the_fringe():
    found = run(temperature=100.0)
    assert found.findings["contrast_start"].passed
    assert value(found, "contrast_start") < 0.5 * value(found, "contrast_run_start")
    sharp = run(temperature=1e-3)
    assert value(sharp, "contrast_start") == pytest.approx(np.sqrt(1 - 0.09), abs=1e-4)


# -- accounts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["quantum", "mean-field"])
def test_a_fringe_of_one_run_does_not_tell_the_account(model):
    trajectories = 40 if model == "mean-field" else 0
    found = {a: run(model=model, account=a, particles=40, Lambda=3.0, trajectories=trajectories) for a in ACCOUNTS}
    assert all(value(each, "contrast_run_start") == pytest.approx(np.sqrt(1 - 0.09)) for each in found.values())
    assert all(each.passed for each in found.values())


def test_the_average_fringe_vanishes_in_a_mixture_only():
    found = {account: value(run(account=account, particles=40), "contrast_start") for account in ACCOUNTS}
    assert found["mixture"] < 1e-12
    assert found["superposition"] == pytest.approx(found["conserving"], abs=1e-8)


def test_free_particles_do_not_feel_the_spread_of_totals():
    one, other = (run(account=a, particles=40, Lambda=0.0).record for a in ("superposition", "conserving"))
    assert np.abs(one.z - other.z).max() < 1e-8
    assert np.abs(one.coherence - other.coherence).max() < 1e-8


# -- symmetries -----------------------------------------------------------------------------------------------------


@settings(max_examples=6, deadline=None)
@given(
    model=st.sampled_from(["quantum", "mean-field"]),
    z=st.floats(-0.9, 0.9),
    phase=st.floats(-3, 3),
    strength=st.floats(-5, 12),
    bias=st.floats(-2, 2),
)
def test_wells_may_be_renamed_and_phases_turned(model, z, phase, strength, bias):
    given = {"model": model, "particles": 15, "Lambda": strength, "duration": 2.0, "thresholds": "no"}
    here = md.experiment(NAME, **given, quick=True, imbalance=z, phase=phase, detuning=bias).record()
    there = md.experiment(NAME, **given, quick=True, imbalance=-z, phase=-phase, detuning=-bias).record()
    assert here.z.values == pytest.approx(-there.z.values, abs=1e-7)
    turned = md.experiment(NAME, **given, quick=True, imbalance=z, phase=phase + 2 * np.pi, detuning=bias).record()
    assert here.z.values == pytest.approx(turned.z.values, abs=1e-7)
    assert np.abs(here.norm - 1).max() < 1e-8
    scale = 15 * (1 + abs(strength) + abs(bias))
    assert np.ptp(here.energy.values) < 1e-7 * scale


def test_a_point_is_the_same_alone_and_in_a_sweep():
    strengths = md.axis("Lambda", [2.0, 8.0, 12.0])
    for more in ({}, {"model": "mean-field"}, {"account": "mixture", "particles": 15}):
        swept = run(Lambda=strengths, imbalance=0.6, **more).record.sel(Lambda=8.0)
        alone = run(Lambda=8.0, imbalance=0.6, duration=float(swept.time[-1]), **more).record
        for name in ("z", "coherence", "energy"):
            assert np.array_equal(swept[name], alone[name])


def test_interaction_and_strength_are_two_forms_of_one():
    one, other = run(interaction=0.2), run(Lambda=0.2 * 99 / 2)
    assert one.record.z.values == pytest.approx(other.record.z.values, abs=1e-9)


def test_units_change_the_numbers_only():
    plain, hertz = run(Lambda=5.0), run(Lambda=5.0, tunnelling="10 Hz")
    scale = 2 * np.pi * 10
    assert value(hertz, "frequency") == pytest.approx(scale * value(plain, "frequency"), rel=1e-9)


# -- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"interaction": 1.0, "Lambda": 1.0}, "exactly one"),
        ({"particles": 1, "Lambda": 1.0}, "one particle"),
        ({"damping": 0.1}, "quantum"),
        ({"phase_damping": 0.1}, "quantum"),
        ({"dephasing": 0.1}, "trajectories"),
        ({"dephasing": 0.1, "model": "mean-field"}, "trajectories"),
        ({"dephasing": 0.1, "particles": 30, "account": "superposition"}, "trajectories"),
        ({"trajectories": 1}, "at least 2"),
        ({"imbalance": 1.5}, "imbalance"),
        ({"tunnelling": 0.0}, "tunnelling"),
        ({"tunnelling": "3 Hz", "detuning": 1.0}, "units"),
    ],
)
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        md.experiment(NAME, **given)


def test_an_average_that_does_not_settle_is_no_result():
    with pytest.raises(UnfinishedError, match="trajectories"):
        run(model="mean-field", account="mixture", imbalance=0.6, Lambda=15.0)


# -- measuring ------------------------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(rate=st.floats(1, 6), decay=st.floats(0, 0.05), level=st.floats(-1, 1), phase=st.floats(0, 3))
def test_an_oscillation_is_measured_as_it_was_made(rate, decay, level, phase):
    time = np.linspace(0, 20, 401)
    signal = level + np.exp(-decay * time) * np.cos(rate * time + phase)
    found, fit = motion(time, signal), fitted(time, signal)
    assert 2 * np.pi / found.period == pytest.approx(rate, rel=3e-3)
    assert found.decay == pytest.approx(decay, abs=1e-3)
    assert (2 * np.pi / fit[0], fit[1]) == pytest.approx((rate, decay), abs=1e-4)


def test_what_stands_still_has_no_period():
    found = motion(np.linspace(0, 1, 50), np.ones(50))
    assert np.isnan(found.period)
    assert found.mean == pytest.approx(1)
    assert np.isnan(value(run(imbalance=0.0), "period"))


# -- drawing --------------------------------------------------------------------------------------------------------


def test_figures_show_what_was_recorded(tmp_path):
    found = run(particles=30, Lambda=4.0)
    drawn = found.figures()
    assert set(drawn) == {"imbalance", "portrait", "threshold", "accounts", "distribution"}
    lines = {line.get_label(): line for line in drawn["imbalance"].axes[0].lines}
    assert np.array_equal(lines["this run, N = 30"].get_ydata(), found.record.z.values)
    path = {line.get_label(): line for line in drawn["portrait"].axes[0].lines}["mean field"]
    inside = np.isfinite(path.get_ydata())
    assert np.abs(path.get_ydata()[inside]).max() == pytest.approx(0.3, abs=1e-3)
    assert found.animate(tmp_path / "a.gif").stat().st_size > 10_000


@pytest.mark.parametrize(
    "given",
    [
        {"model": "mean-field", "damping": 0.05, "tunnelling": "10 Hz"},
        {"particles": 12, "dephasing": 0.2, "Lambda": md.axis("Lambda", [1.0, 4.0])},
        {"particles": 12, "account": "mixture", "trajectories": 8, "dephasing": 0.1, "imbalance": 0.0},
    ],
)
def test_every_kind_of_run_can_be_drawn(given, tmp_path):
    found = run(**given, thresholds="no")
    assert "portrait" in found.figures()
    assert found.experiment.summary(found.findings)
    assert found.animate(tmp_path / "a.gif").exists()


def test_where_many_bosons_are_is_where_their_coherent_state_is():
    from mesodyn.experiments.bose_drawing import husimi
    from mesodyn.systems.bose_junction import coherent

    phi, z = np.linspace(-np.pi, np.pi, 181), np.linspace(-0.99, 0.99, 199)
    seen = husimi(coherent(200, 0.4, 1.0), phi, z)
    row, column = np.unravel_index(seen.argmax(), seen.shape)
    assert (z[row], phi[column]) == pytest.approx((0.4, 1.0), abs=0.02)
    assert seen.max() == pytest.approx(1, abs=0.05)


def test_the_imbalance_is_an_axis_as_any_other():
    found = run(imbalance=[0.1, 0.3], particles=10)
    assert found.passed and found.record.z.sizes["imbalance"] == 2
    alone = run(imbalance=0.3, particles=10)
    assert np.array_equal(found.record.z.sel(imbalance=0.3), alone.record.z)


@pytest.mark.parametrize(
    "given",
    [
        {"particles": 2, "account": "superposition"},
        {"model": "mean-field", "damping": 1.0, "duration": 0.5, "imbalance": 0.05},
        {"detuning": -0.1, "duration": 1e6},
        {"detuning": 1e6, "thresholds": "yes"},
    ],
)
def test_no_finding_fails_at_the_ends_of_the_parameters(given):
    assert run(**given).passed
