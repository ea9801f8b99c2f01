"""The junction under bias: periods, crossover, Shapiro steps, impostors, and what it refuses."""

import math
from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments import ac_josephson_theory as theory

NAME = "ac-josephson"
DEFINED = {"alpha": 1.2, "beta": 0.5, "detuning": 0.3}
HALF_SINE = {"alpha": 1.0, "beta": 1e-4, "detuning": 0.0}
LEAD = {"alpha": 1.0, "beta": 0.2, "detuning": 0.0, "relaxation_time": 8.0}


def run(**given: Any) -> Any:
    given.setdefault("trajectories", 16)
    return md.experiment(NAME, quick=True, **given).run()


def value(found: Any, name: str) -> float:
    return float(found.findings[name].value)


# -- a direct voltage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("voltage", "coupling", "stays"),
    [(0.07, 0.1, 0.470487436), (0.02, 0.03, 0.791405353), (0.001, 0.005, 0.878150208)],
)
def test_the_integrated_passage_stays_as_published(voltage, coupling, stays):
    found = run(**DEFINED, voltage=voltage, branch_coupling=coupling, trajectories=1, periods=2)
    assert value(found, "p_stay") == pytest.approx(stays, abs=2e-9)
    assert found.findings["p_stay"].passed


def test_a_branch_has_the_published_harmonics_and_the_period_4_pi():
    found = run(**DEFINED, voltage=0.07)
    for m, part in enumerate((0.177576392868, 0.087336377474, 0.028592739207), 1):
        assert value(found, f"harmonic_{m}") == pytest.approx(part, abs=1e-12)
    assert value(found, "period") == pytest.approx(4 * math.pi)
    assert value(found, "strongest_line") == pytest.approx(1)
    assert value(found, "line_4pi") == pytest.approx(0.177576392868, abs=1e-9)
    assert found.passed


def test_a_slow_passage_with_a_gap_leaves_the_period_2_pi():
    found = run(**DEFINED, voltage=0.02, branch_coupling=0.25)
    assert value(found, "p_stay") < 1e-4
    assert value(found, "period") == pytest.approx(2 * math.pi)
    assert value(found, "strongest_line") == pytest.approx(2)
    assert value(found, "line_4pi") < 0.02 * value(found, "line_2pi")
    assert found.passed


def test_in_between_the_jumps_and_the_lines_are_those_of_a_telegraph():
    found = run(**DEFINED, voltage=0.02, branch_coupling=0.03, trajectories=400, periods=64)
    for name in ("jump_rate", "line_4pi", "line_2pi"):
        finding = found.findings[name]
        assert finding.passed
        assert float(finding.tolerance) < 0.15 * float(finding.expected)


@pytest.mark.parametrize("model", ["SD1S", "contact", "parity-dot"])
def test_poisoning_takes_the_line_at_ev_away(model):
    given = {"parity-dot": {"detuning": 0.0}, "contact": {"voltage": 0.01, "gap": 1.0}}.get(model, {})
    clean = value(run(model=model, **given), "line_4pi")
    dirty = value(run(model=model, poisoning=given.get("voltage", 0.002), **given), "line_4pi")
    assert dirty < 0.45 * clean


def test_relaxation_takes_the_line_at_ev_away():
    assert value(run(relaxation=0.01), "line_4pi") < 0.1 * value(run(), "line_4pi")


def test_impostors_have_the_line_at_ev_too():
    for given in ({"model": "contact", "voltage": 0.01}, {"model": "parity-dot", "detuning": 0.0}):
        found = run(**given)
        assert value(found, "period") == pytest.approx(4 * math.pi)
        assert value(found, "strongest_line") == pytest.approx(1)
        assert value(found, "line_2pi") < 1e-9  # nothing but sin(theta/2)
        assert found.passed


def test_pairs_off_resonance_have_none():
    found = run(model="SD2S", detuning=0.2)
    assert value(found, "period") == pytest.approx(2 * math.pi)
    assert value(found, "strongest_line") == pytest.approx(2)
    assert found.passed


def test_a_dot_that_keeps_its_parity_stays_by_the_formula_of_the_gate():
    voltage, eta, gamma = 0.002, 0.006, 0.2
    found = run(model="parity-dot", voltage=voltage, detuning=eta)
    assert value(found, "p_stay") == pytest.approx(math.exp(-math.pi * eta**2 / (gamma * voltage)), rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_no_finding_fails_on_random_junctions(seed):
    rng = np.random.default_rng(seed)
    for model in ("SD1S", "SD2S", "parity-dot", "contact"):
        given: dict[str, Any] = {"model": model, "voltage": rng.uniform(0.002, 0.01), "start_phase": rng.uniform(0, 9)}
        if model == "SD1S":
            given |= {"beta": rng.uniform(-8, 8), "branch_coupling": rng.uniform(0, 0.004)}
        if model in ("SD2S", "parity-dot"):
            given |= {"detuning": rng.uniform(-0.02, 0.02), "delta_left": rng.uniform(0.09, 0.1)}
        if model == "contact":
            given |= {"transmission": rng.uniform(0.99, 1)}
        found = md.experiment(NAME, quick=True, seed=seed, **given).run()
        assert found.passed, [(f.name, f.value, f.expected) for f in found.findings.values() if f.passed is False]


# -- a moving order parameter ----------------------------------------------------------------------------------------


def test_a_deviation_grows_as_published():
    slow = run(**LEAD, dynamics="phase", voltage=0.02, trajectories=1, periods=2)
    assert value(slow, "growth") == pytest.approx(5.0, abs=1e-6)
    whole = run(**LEAD, dynamics="order-parameter", voltage=0.02, trajectories=1, periods=2)
    assert value(whole, "growth") == pytest.approx(5.0, rel=3e-3)
    assert value(whole, "growth") != pytest.approx(5.0, abs=1e-4)  # the dot lags behind
    assert slow.passed and whole.passed


def test_fast_is_4_pi_and_slow_is_2_pi():
    given = {**LEAD, "dynamics": "phase", "phase_noise": 0.03, "periods": 16}
    fast, slow = run(voltage=0.1, **given), run(voltage=0.004, **given)
    assert value(fast, "kept") == 1 and value(slow, "kept") == 0
    assert value(fast, "period") == pytest.approx(4 * math.pi)
    assert value(slow, "period") == pytest.approx(2 * math.pi)
    assert value(slow, "line_4pi") < 0.1 * value(slow, "line_2pi")


def test_the_crossover_voltage_follows_the_logarithm_of_the_noise():
    found = run(**LEAD, dynamics="phase", phase_noise=md.axis("phase_noise", [0.001, 0.1]), trajectories=400, periods=2)
    crossover = found.findings["crossover_voltage"]
    assert crossover.passed
    assert np.all(crossover.tolerance / crossover.expected < 0.15)
    low, high = crossover.value.values
    assert high / low == pytest.approx(np.log(0.000674) / np.log(0.0674), rel=0.1)


@pytest.mark.slow
def test_the_whole_order_parameter_crosses_over_at_the_same_voltage():
    found = run(**LEAD, dynamics="order-parameter", phase_noise=0.03, trajectories=64, periods=2)
    assert found.findings["crossover_voltage"].passed and found.findings["kept"].passed


def test_away_from_resonance_the_drive_seeds_the_phase_by_itself():
    given = {**LEAD, "dynamics": "order-parameter", "voltage": 0.02, "trajectories": 1, "periods": 2}
    given |= {"phase_offset": 0.0, "phase_noise": 0.0}
    still, driven = (run(**{**given, "detuning": xi}) for xi in (0.0, 0.1))
    assert value(still, "seed_phase") < 1e-9 < 1e-5 < value(driven, "seed_phase")
    assert driven.findings["seed_phase"].passed is None


def test_unequal_leads_push_the_phase_to_one_side():
    given = {"dynamics": "phase", "alpha": 1.0, "relaxation_time": 8.0, "voltage": 0.004, "phase_noise": 0.0}
    found = run(**given, beta_left=0.2, beta_right=0.18, trajectories=1, periods=16)
    assert value(found, "seed_phase") > 1e-3
    assert value(found, "period") == pytest.approx(2 * math.pi)
    assert np.ptp(found.record.order_parameter.values.imag) > 1  # it turns on, by pi in each turn


# -- Shapiro steps ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "direct"), [(1, -0.032846439668), (2, -0.014173408751), (3, -0.005950256202)])
def test_direct_currents_of_the_steps_are_as_published(step, direct):
    given = {"drive": "voltage", "frequency": 0.01, "voltage": 0.005 * step, "ac_amplitude": 0.9, "start_phase": 0.8}
    found = run(**DEFINED, **given, periods=4)
    assert value(found, "dc_current") == pytest.approx(direct, abs=1e-11)
    assert value(found, "step_height") > 0.01
    assert found.passed


def test_odd_steps_vanish_for_half_a_sine_only():
    given = {"drive": "voltage", "frequency": 0.004, "voltage": 0.002}
    assert value(run(model="contact", **given), "step_height") < 1e-12
    assert value(run(**given), "step_height") > 1e-3


def test_fast_poisoning_leaves_the_even_harmonics_of_a_step_only():
    given = {"drive": "voltage", "frequency": 0.004, "voltage": 0.004, "start_phase": 1.0}
    found = run(poisoning=0.1, **given)
    parts = theory.harmonics(12.0, 5.0, 0.03, 100)
    even = float(theory.shapiro(np.where(np.arange(100) % 2, parts, 0.0), 2, 1.0, 1.0))
    whole = float(theory.shapiro(parts, 2, 1.0, 1.0))
    direct = found.record.dc_current.values
    error = direct.std() / np.sqrt(direct.size)
    assert abs(value(found, "dc_current") - even) < 5 * error < 0.3 * abs(whole - even)


@pytest.mark.parametrize(
    ("given", "widths", "published"),
    [
        ({"model": "SD2S", "detuning": 300.0}, (0.643, 0.431), (0.645, 0.420)),
        (HALF_SINE, (0.0, 0.654), (0.0, 0.605)),
        ({"alpha": 1.0, "beta": 0.5, "detuning": 0.0}, (0.139, 0.627), (0.140, 0.615)),
    ],
)
def test_steps_under_a_current_are_as_wide_as_by_another_integrator(given, widths, published):
    # widths: by a fixed-step Runge-Kutta integration; the published second steps end at 1.605 I_c, where they go on
    found = run(**given, drive="current", frequency=1.0, characteristic_voltage=1.0)
    for k, width in enumerate(widths, 1):
        assert value(found, f"step_width_{k}") == pytest.approx(width, abs=0.003)
    assert value(found, "step_width_1") == pytest.approx(published[0], abs=0.005)
    assert 1.605 - float(found.record.step_edges[1, 0]) == pytest.approx(published[1], abs=0.005)
    assert value(found, "step_voltage_2") == pytest.approx(1.0, abs=1e-4)
    assert found.passed


@pytest.mark.slow
def test_noise_and_poisoning_blur_the_steps():
    given = {"drive": "current", "alpha": 1.0, "beta": 0.5, "detuning": 0.0, "frequency": 1.0}
    given |= {"characteristic_voltage": 1.0, "trajectories": 4, "periods": 16}
    clean, noisy, dirty = (run(**given, **more) for more in ({}, {"noise": 0.1}, {"poisoning": 0.3}))
    assert value(noisy, "step_width_2") < 0.8 * value(clean, "step_width_2")
    assert float(dirty.record.jumps.max()) > 0
    assert (
        float(
            np.abs(
                dirty.record.mean_voltage - np.interp(dirty.record.bias, clean.record.bias, clean.record.mean_voltage)
            ).max()
        )
        > 0.01
    )


def test_steps_stand_at_the_published_voltages():
    given = {"gap": "200 ueV", "drive": "current", "frequency": "3 GHz", "characteristic_voltage": "12 ueV"}
    found = run(**given)
    for k, volts in enumerate(("6.2035 ueV", "12.407 ueV"), 1):
        assert value(found, f"step_voltage_{k}") == pytest.approx(md.quantity(volts, "energy"), rel=1e-4)


# -- the run ---------------------------------------------------------------------------------------------------------


def test_a_point_of_a_sweep_is_the_single_run():
    coupling = md.axis("branch_coupling", [0.0, 0.001, 0.003])
    many = run(branch_coupling=coupling, periods=8)
    one, _ = many.experiment.at({"branch_coupling": 0.001})
    again = one.record()
    assert np.array_equal(many.record.line_power[1].values, again.line_power.values)
    assert np.array_equal(many.record.passage_upper[1].values, again.passage_upper.values)


def test_more_trajectories_leave_the_first_as_they_were():
    few, many = (run(branch_coupling=0.002, periods=8, trajectories=n) for n in (3, 5))
    assert np.array_equal(few.record.branch.values, many.record.branch.values[:3])


def test_units_scale_the_natural_run():
    one, other = run(branch_coupling=0.001), run(branch_coupling="0.2 ueV", gap="200 ueV")
    gap = md.quantity("200 ueV", "energy")
    assert value(other, "p_stay") == pytest.approx(value(one, "p_stay"), abs=1e-8)
    assert value(other, "line_2pi") == pytest.approx(gap * value(one, "line_2pi"), rel=1e-6)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, {"current", "spectrum", "passage", "impostors"}),
        ({"dynamics": "phase", "periods": 8}, {"current", "spectrum", "crossover"}),
        ({"drive": "voltage", "periods": 4}, {"motion", "direct_current", "step_heights"}),
        ({"drive": "current", "periods": 8}, {"current_voltage", "motion"}),
    ],
)
def test_figures_and_films_are_drawn(given, names, tmp_path):
    found = run(**given, trajectories=2)
    assert set(found.figures()) == names
    film = found.experiment.animation(found.record, {})
    assert {panel.frames for panel in film["panels"]} == {film["frames"]} == {len(film["captions"])}


def test_a_sweep_of_the_voltage_shows_the_line_at_ev_come_up():
    voltage = md.axis("voltage", [0.0005, 0.004])
    found = run(dynamics="phase", voltage=voltage, periods=8)
    one, two = (found.findings[name].value.values for name in ("line_4pi", "line_2pi"))
    assert one[0] < 0.1 * two[0] and one[1] > two[1]
    assert "against_parameters" in found.figures(at={"voltage": 0.004})
    assert found.passed


def test_a_certificate_solves_a_passage_again_by_a_second_method():
    certificate = run(branch_coupling=0.002, periods=4, trajectories=4).certify()
    assert certificate.passed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"account": "mixture"}, "account must be left out here"),
        ({"model": "contact", "alpha": 1.0}, "alpha must be left out for model='contact'"),
        ({"model": "contact", "dynamics": "phase"}, "dynamics must be 'levels' unless model='SD1S'"),
        ({"model": "SD2S", "poisoning": 0.1}, "poisoning must be left out for model='SD2S'"),
        ({"dynamics": "phase", "poisoning": 0.1}, "poisoning must be left out for dynamics='phase'"),
        ({"phase_noise": 0.1}, "phase_noise must be left out for dynamics='levels'"),
        ({"dynamics": "phase", "drive": "current"}, "drive must be 'none' or 'voltage'"),
        ({"frequency": 1.0}, "frequency must be left out for drive='none'"),
        ({"drive": "current", "voltage": 1.0}, "voltage must be left out for drive='current'"),
        ({"beta_left": 5.0, "beta_right": 4.0}, "beta_left and beta_right must be left out while levels move"),
        ({"beta_left": 5.0}, "beta must be given by itself"),
        ({"beta": 0.0}, "beta must be other than 0"),
        ({"alpha": 4.0}, "alpha must be above"),
        ({"detuning": 0.07}, "detuning must be below 1/"),
        ({"dynamics": "phase", "detuning": 0.07}, "detuning must be below 1/"),
        ({"dynamics": "phase", "beta_left": 5.0, "beta_right": -1.0}, "the betas must be of one sign"),
        ({"model": "contact", "transmission": 0.0}, "transmission and gap must be above 0"),
        ({"model": "parity-dot", "delta_left": 0.0}, "delta_left and delta_right must be above 0"),
        ({"periods": 3}, "periods must be even"),
        ({"voltage": 0.0}, "voltage must be .* above 0"),
        ({"phase_noise": 0.7, "dynamics": "phase"}, "phase_noise must be .* at most 0.5"),
    ],
)
def test_wrong_input_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        md.experiment(NAME, **given)


def test_noisy_and_quiet_points_share_an_axis():
    given: dict[str, Any] = {"drive": "current", "periods": 4, "trajectories": 4, "quick": True}
    assert md.experiment("ac-josephson", poisoning=[0.0, 1.0], **given).run().passed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"voltage": 1e-9}, "voltage must be at least"),
        ({"drive": "voltage", "frequency": 1e-9}, "periods must be few enough"),
        ({"drive": "current", "ac_current": 1e6}, "frequency must be such that the phase runs at most"),
        ({"dynamics": "phase", "relaxation_time": 1e-3}, "periods must be so many"),
    ],
)
def test_what_would_take_hours_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        md.experiment("ac-josephson", **given)
