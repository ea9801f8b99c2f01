"""Phases of two linked traps become equal, in the quantum model and in the mean field."""

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError

NAME = "phase-equalization"


def run(**given):
    made = md.experiment(NAME, **given).run()
    for finding in made.findings.values():
        assert finding.passed is not False, (finding.name, finding.value.values, finding.expected)
    return made


def followed(**given: Any) -> Any:
    """The record without its findings."""
    made: Any = md.experiment(NAME, **given)
    return made.followed()


def value(made, name):
    return np.asarray(made.findings[name].value)[()]


def passed(made, *names):
    return all(made.findings[name].passed for name in names)


@pytest.mark.parametrize("account", ["superposition", "conserving", "mixture"])
@pytest.mark.parametrize("phase", [0.7, np.pi / 2, 3.0, np.pi])
def test_the_energy_settles_at_the_rate_of_the_bath_whatever_the_phase(account, phase):
    found = run(phase_difference=phase, rate=0.4, account=account, weight=0.3, quick=True)
    assert value(found, "equalisation_time") == pytest.approx(2.5, rel=1e-9)
    assert abs(value(found, "divergence")) < 1e-9
    assert passed(found, "formula", "heat", "energy_end", "energy_rise")


def test_the_swinging_lives_twice_as_long_and_turns_at_twice_J():
    found = run(tunnelling=1.7, rate=0.01, phase_difference=1.1)
    assert value(found, "oscillation_time") == pytest.approx(200, rel=1e-9)
    assert value(found, "frequency") == pytest.approx(3.4, rel=1e-9)  # thousands of turns, fewer moments than turns


def test_both_order_parameters_end_at_the_mean_phase_shrunk_by_the_cosine_of_half_the_difference():
    difference = md.axis("phase_difference", [0.5, 2.0, 3.0, 4.0, 6.0])
    found = run(phase_difference=difference, phase=0.3, weight=0.2, quick=True)
    assert np.allclose(value(found, "amplitude"), 0.4 * abs(np.cos(difference.values / 2)), atol=1e-12)
    ends = 0.3 + np.where(difference.values > np.pi, np.pi, 0.0)
    assert np.allclose(np.exp(1j * (value(found, "common_phase") - ends)), 1, atol=1e-9)
    gone = run(phase_difference=np.pi, quick=True)
    assert value(gone, "amplitude") < 1e-15 and np.isnan(value(gone, "common_phase"))


def test_both_traps_show_the_same_order_parameter_in_the_end_only_when_the_local_operator_is_asked():
    made: Any = md.experiment(NAME, weight=0.3, rate=1.0, duration=40.0, quick=True)
    record = made.run().record
    last = record.isel(moment=-1)
    assert abs(last.order_parameter_A - last.order_parameter_B) < 1e-8
    ordered = md.evolve(made.system(), md.Protocol(md.Relax(duration=40.0, rate=1.0)), account="superposition")
    assert abs(ordered.ordered_B[-1] - last.order_parameter_A) > 0.1
    assert complex(ordered.ordered_B[0]) == pytest.approx(np.sqrt(0.21) * 0.4 * np.exp(-1j), abs=1e-12)  # uv(u²-v²)


def test_the_accounts_differ_by_the_weight_of_one_shared_step_and_the_mixture_has_no_current():
    pure, fixed, mixed = (run(account=a, weight=0.3) for a in ("superposition", "conserving", "mixture"))
    share = 2 * 0.3 * 0.7
    assert np.allclose(pure.record.energy, share * fixed.record.energy, atol=1e-12)
    assert np.allclose(pure.record.coherence, share * fixed.record.coherence, atol=1e-12)
    assert np.abs(mixed.record.current).max() < 1e-15
    time = mixed.record.time.values
    assert np.allclose(mixed.record.energy, -share * (1 - np.exp(-0.25 * time)), atol=1e-12)
    assert value(pure, "equalisation_time") == pytest.approx(value(mixed, "equalisation_time"))


@settings(max_examples=8, deadline=None)
@given(
    phase=st.floats(-6, 6),
    common=st.floats(-3, 3),
    weight=st.floats(0.05, 0.95),
    detuning=st.floats(-2, 2),
    heat=st.floats(0, 2),
    account=st.sampled_from(["superposition", "conserving", "mixture"]),
)
def test_the_record_is_the_closed_formula_and_only_the_difference_of_phases_matters(
    phase, common, weight, detuning, heat, account
):
    given = {"phase_difference": phase, "weight": weight, "detuning": detuning, "temperature": heat}
    one, other = (run(phase=p, account=account, quick=True, **given) for p in (common, 0.0))
    assert one.findings["formula"].passed
    for name in ("energy", "imbalance", "coherence", "current", "heat"):
        assert np.allclose(one.record[name], other.record[name], atol=1e-12), name


def test_dephasing_takes_part_of_the_binding_and_speeds_the_energy_up():
    for kind in ("fermion", "boson", "pair"):
        found = run(dephasing=0.1, rate=0.25, kind=kind, quick=True)
        assert passed(found, "equalisation_time", "energy_end")
        assert value(found, "equalisation_time") == pytest.approx(1 / 0.35, rel=1e-6)


def test_a_second_method_gives_the_same_record():
    for options in ({"detuning": 0.3, "temperature": 0.4}, {"model": "mean-field", "start_imbalance": 0.2}):
        made: Any = md.experiment(NAME, quick=True, **options)
        one, other = made.followed(), made.solving("independent").followed()
        assert one.attrs["method"] != other.attrs["method"]
        for name in ("energy", "imbalance", "coherence"):
            assert np.abs(one[name] - other[name]).max() < 2e-7, name


# -- the mean field ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("g", "kappa"), [(0.05, 0.2), (0.3, 0.1), (0, 1.0), (1, 4), (0, 8)])
def test_the_last_part_of_the_way_is_the_linear_one(g, kappa):
    found = run(model="mean-field", number_damping=g, phase_damping=kappa)
    assert found.findings["rate"].passed
    if 2 * (1 + g * kappa) > (2 * g + kappa / 4) ** 2:
        assert value(found, "rate") == pytest.approx(2 * g + kappa / 4, rel=1e-4)
        assert found.findings["frequency"].passed


def test_undamped_the_mean_field_swings_at_root_two_and_the_quantum_pair_at_two():
    small = run(model="mean-field", number_damping=0, phase_damping=0, phase_difference=0.005)
    assert value(small, "frequency") == pytest.approx(np.sqrt(2), rel=1e-5)
    assert value(run(phase_difference=0.005), "frequency") == pytest.approx(2, rel=1e-9)
    assert np.isposinf(value(small, "equalisation_time"))


@pytest.mark.parametrize(("g", "kappa"), [(0.05, 0.2), (0.05, 0.4), (0.3, 0.1)])
def test_the_delay_near_pi_grows_with_the_logarithm_of_the_distance(g, kappa):
    found = run(model="mean-field", number_damping=g, phase_damping=kappa, quick=True)
    assert value(found, "divergence") == pytest.approx(1 / (2 * g + kappa / 4), rel=1e-3)


def test_at_pi_nothing_moves_until_there_is_noise():
    still = run(model="mean-field", phase_difference=np.pi, quick=True)
    assert value(still, "start_speed") == 0 and np.isposinf(value(still, "equalisation_time"))
    assert np.all(still.record.energy == still.record.energy[0])
    options = {"model": "mean-field", "phase_difference": np.pi, "trajectories": 30, "quick": True}
    weak, strong = (run(dephasing=d, **options) for d in (1e-6, 1e-3))
    assert np.isfinite(weak.record.equalised).all()
    # kicks of size sqrt(γ) grow at 2g + κ/4 = 0.15: a thousand times less noise is ln(1000)/2/0.15 = 23 later
    errors = [float(r.record.equalised.std() / np.sqrt(30)) for r in (weak, strong)]
    later = value(weak, "equalisation_time") - value(strong, "equalisation_time")
    assert later == pytest.approx(np.log(1000) / 2 / 0.15, abs=4 * np.hypot(errors[0], errors[1]))
    assert abs(float(weak.record.imbalance.mean())) < 0.1  # to either side


def test_without_phase_damping_a_start_above_zero_ends_in_a_number_state():
    found = run(model="mean-field", phase_damping=0, phase_difference=2.0)
    assert value(found, "number_state") > 0.999 and np.isposinf(value(found, "equalisation_time"))
    assert float(found.record.energy[-1]) > 0
    free = run(model="mean-field", phase_damping=0, phase_difference=1.0, number_damping=0.2)
    assert value(free, "number_state") < 0.9 and np.isfinite(value(free, "equalisation_time"))


@settings(max_examples=8, deadline=None)
@given(
    phase=st.floats(-6, 6),
    imbalance=st.floats(-1, 1),
    g=st.floats(0, 1),
    kappa=st.floats(0, 2),
    detuning=st.floats(-3, 3),
)
def test_the_energy_of_the_mean_field_never_rises(phase, imbalance, g, kappa, detuning):
    given = {"number_damping": g, "phase_damping": kappa, "start_imbalance": imbalance, "detuning": detuning}
    record = followed(model="mean-field", phase_difference=phase, duration=20.0, quick=True, **given)
    assert np.diff(record.energy).max() < 1e-8 and np.abs(record.length - 1).max() < 1e-7


def test_trajectories_do_not_depend_on_how_many_there_are_or_on_other_points():
    given: dict[str, Any] = {"model": "mean-field", "dephasing": 1e-2, "quick": True, "duration": 10.0}
    few, many = (followed(trajectories=n, **given) for n in (3, 5))
    assert np.array_equal(few.equalised, many.equalised[:3], equal_nan=True)
    axis = md.axis("phase_difference", [2.0, 2.5])
    both = followed(trajectories=3, phase_difference=axis, **given)
    assert np.array_equal(both.energy.sel(phase_difference=2.0), few.energy)


def test_a_point_of_a_sweep_has_the_bits_of_a_single_run():
    for options in ({"model": "mean-field"}, {"temperature": 0.3, "weight": 0.2}):
        axis = md.axis("phase_difference", [0.5, 2.0, 3.1])
        many = md.experiment(NAME, phase_difference=axis, quick=True, **options).run()
        one = md.experiment(NAME, phase_difference=2.0, quick=True, **options).run()
        for name, finding in one.findings.items():
            there = many.findings[name].value.sel(phase_difference=2.0)
            assert np.array_equal(there, finding.value, equal_nan=True), name


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "number_damping": ({"number_damping": 0.1}, "left out in the quantum model"),
    "trajectories": ({"trajectories": 10}, "left out in the quantum model"),
    "rate": ({"model": "mean-field", "rate": 0.1}, "left out in the mean field"),
    "weight": ({"model": "mean-field", "weight": 0.5}, "left out in the mean field"),
    "account": ({"model": "mean-field", "account": "mixture"}, "each trap has a phase of its own"),
    "kind": ({"model": "mean-field", "kind": "boson"}, "left out in the mean field"),
    "start_imbalance": ({"model": "mean-field", "start_imbalance": 1.5}, "at most 1"),
    "tunnelling": ({"tunnelling": -1}, "above 0"),
    "rate of nothing": ({"rate": 0}, "above 0"),
    "model": ({"model": "classical"}, "mean-field"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_with_the_reason(case):
    given, text = REFUSED[case]
    with pytest.raises(InputError, match=text):
        md.experiment(NAME, **given)


@pytest.mark.parametrize("options", [{}, {"model": "mean-field", "phase_difference": np.pi}, {"phase": "0:3:3"}])
def test_it_is_drawn(options, tmp_path):
    made = md.experiment(NAME, quick=True, **options).run()
    figures, experiment = made.figures(), cast(Any, made.experiment)
    assert {"in_time", "equalisation_time", "near_pi"} <= set(figures)
    assert ("order_parameter" in figures) == (experiment.quantum and experiment.account == "superposition")
    if not made.experiment.axes():
        assert made.animate(tmp_path / "a.gif").stat().st_size > 10_000
    assert made.summary


@pytest.mark.parametrize(
    "given",
    [
        {"duration": 1.0},
        {"temperature": 2e-313},
        {"dephasing": 1e2},  # settled long before the second moment: no time is measured
        {"dephasing": 1e4},  # decay that was taken out of exponentials with the phases lost the norm
        {"model": "mean-field", "dephasing": 1.0, "duration": 20.0, "trajectories": 4},
        {"model": "mean-field", "start_imbalance": 1.0, "number_damping": 6.0, "tunnelling": "120 Hz"},
    ],
)
def test_no_finding_fails_at_the_ends_of_the_parameters(given):
    assert md.experiment("phase-equalization", quick=True, **given).run().passed
