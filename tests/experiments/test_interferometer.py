"""The 2 pi experiment read by an interferometer, its dummy, and traps that are brought to one phase first."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments.interferometer_theory import bloch, fringe, pulse_in_field

TURNS = md.axis("turns", [0, 0.25, 0.5, 0.75, 1, 1.5, 2])
SLOW: dict[str, Any] = {"rotation_time": 1e6, "ramp": "uniform"}


def run(readout="interferometer", **given):
    return md.experiment("two-pi-rotation", readout=readout, **given).run()


def value(name, **given):
    return run(**given).findings[name].value.values


# -- DEFINITIONS 6.4 and 6.5, through the experiment ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "published", "close"),
    [
        ({"rotation_time": 1e5}, [1, 0.853553390593, 0.5, 0.146446609407, 0, 0.5, 1], 1e-9),
        ({"pulse_field": "on", "pulse_tunnelling": 6e5, **SLOW}, [1, 0.8535534, 0.5, 0.1464466, 0, 0.5, 1], 1e-6),
        (
            {"pulse_field": "on", "pulse_tunnelling": 1e-3, **SLOW},
            [1, 0.948009467964, 0.5, 0.051990532037, 0, 0.5, 1],
            1e-6,
        ),
        (
            {"pulse_field": "on", "rotation_time": 1e5},
            [1, 0.947816270988, 0.5, 0.052183729012, 0, 0.5, 1],
            1e-8,
        ),
    ],
)
def test_left_is_counted_as_published_for_every_pulse(given, published, close):
    found = run(turns=TURNS, **given).findings["left_probability"]
    assert np.abs(found.value.values - published).max() < close
    assert found.passed


def test_the_smooth_rotation_counts_left_as_published_and_heats_as_much():
    turns = md.axis("turns", [1, 2])
    left = value("left_probability", turns=turns)
    assert left == pytest.approx([3.804911778e-5, 0.999391402903], abs=1e-9)
    heat = value("heat_released", readout="heat", turns=turns)
    assert left == pytest.approx(1 - heat / 2, abs=1e-10)  # no flip: one minus half the heat over J


def test_the_dummy_heats_as_published_and_counts_left_at_all_angles():
    turns = md.axis("turns", [1, 2, 3, 4])
    found = run(readout="heat", control="dummy", turns=turns).findings
    published = [7.61024433e-5, 0.00121726108, 0.00615607613, 0.01940768614]
    assert found["heat_released"].value.values == pytest.approx(published, abs=2e-11)
    assert found["heat_released"].passed and found["geometric_phase"].passed
    left = value("left_probability", control="dummy", turns=turns)
    assert left == pytest.approx(1 - np.array(published) / 2, abs=1e-9)
    angles = value("left_probability", control="dummy", turns=TURNS)
    assert angles.min() > 0.999


@pytest.mark.parametrize(("angle", "odd"), [(np.pi / 2, 0.0), (0.6, 2.8e-5), (1.1, 3.9e-5)])
def test_rotation_less_dummy_is_the_berry_phase_and_a_term_odd_in_the_rate(angle, odd):
    found = run(control="dummy", field_angle=angle).findings["geometric_phase"]
    assert found.passed
    berry = np.pi * (1 - np.cos(angle))
    assert float(found.value) - berry == pytest.approx(odd, abs=1e-6)
    cube = 2.5 * (2 * np.pi) ** 3 / 20.0**2  # the integral of the cubed rate
    assert odd == pytest.approx(0.5 * np.cos(angle) * np.sin(angle) ** 2 * cube / (2 * 60.0**2), abs=3e-6)
    assert float(found.expected) == pytest.approx(float(found.value), abs=4e-7)


def test_without_a_bias_pulse_no_turn_and_one_turn_count_the_same():
    left = value("left_probability", bias_phase=0.0, turns=md.axis("turns", [0, 1]), **SLOW)
    assert left == pytest.approx([0.5, 0.5], abs=1e-6)
    # the imaginary part alone is seen: at 60 degrees and half a turn it is not 0
    given: dict[str, Any] = {"turns": 0.5, "field_angle": np.pi / 3, **SLOW}
    c = -1j * 0.5 * np.exp(0.5j * np.pi * 0.5)  # [cos - i cos(60) sin] exp(i theta s cos(60)) at theta = pi
    assert value("left_probability", bias_phase=0.0, **given) == pytest.approx(0.5 * (1 - c.imag), abs=1e-6)


# -- laws -------------------------------------------------------------------------------------------------------------


def test_what_has_no_sign_counts_left_and_a_mixture_counts_half():
    whole = md.axis("turns", [0, 1, 2, 3])
    for what in ({"kind": "pair"}, {"kind": "boson", "spin": 0}, {"field_angle": 0.0}):
        assert value("left_probability", turns=TURNS, **what) == pytest.approx(1.0, abs=1e-9)
    assert value("left_probability", turns=whole, kind="boson", spin=1, **SLOW) == pytest.approx(1.0, abs=1e-9)
    mixed = run(turns=TURNS, account="mixture").findings
    assert mixed["left_probability"].value.values == pytest.approx(0.5, abs=1e-9)
    assert np.isnan(mixed["phase_shift"].value.values).all()


@pytest.mark.parametrize("weight", [0.5, 0.2])
def test_accounts_differ_in_what_is_kept_and_not_in_what_is_counted(weight):
    given: dict[str, Any] = {"turns": TURNS, "weight": weight, "loss": 0.0}
    one, many = run(**given).findings, run(account="superposition", **given).findings
    assert one["kept_fraction"].value.values == pytest.approx(1.0, abs=1e-9)
    assert many["kept_fraction"].value.values == pytest.approx(2 * weight * (1 - weight), abs=1e-9)
    first, second = one["left_probability"].value.values, many["left_probability"].value.values
    assert first == pytest.approx(second, abs=1e-9)


def test_lost_particles_are_not_kept_and_leave_the_counts_as_they_were():
    given: dict[str, Any] = {"turns": 1, "field_angle": 1.0}
    length = 20.0 + 0.5 + np.pi / 4
    lossy, whole = run(loss=0.03, **given).findings, run(**given).findings
    assert float(lossy["kept_fraction"].value) == pytest.approx(np.exp(-0.03 * length), abs=1e-8)
    assert float(lossy["left_probability"].value) == pytest.approx(float(whole["left_probability"].value), abs=1e-8)


@pytest.mark.parametrize("J", [1.0, -0.6])
@pytest.mark.parametrize("pulse", [0.5, -2.0])
def test_the_sign_of_link_and_pulse_exchanges_left_and_right(J, pulse):
    left = value("left_probability", tunnelling=J, pulse_tunnelling=pulse, turns=2, **SLOW)
    assert left == pytest.approx(float(J * pulse > 0), abs=1e-6)


def test_heat_and_dephasing_take_contrast_and_a_drift_shifts_the_fringe():
    found = run(
        bias_phase=md.axis("beta", np.arange(8) * np.pi / 4),
        temperature=0.9,
        dephasing=0.02,
        detuning=md.axis("detuning", [0.0, 0.07]),
        control="dummy",
    ).findings
    contrast, offset = found["contrast"], found["fringe_offset"]
    assert contrast.value.dims == offset.value.dims == ("detuning",)
    assert contrast.passed and offset.passed
    assert contrast.value.values == pytest.approx(np.tanh(1 / 0.9) * np.exp(-0.02 * 20.5), rel=0.01)
    drift = np.diff(offset.value.values)[0]
    assert drift == pytest.approx(0.07 * 20.5, abs=1e-7)


def test_the_shift_between_the_fringes_of_rotation_and_dummy_is_the_berry_phase():
    beta = md.axis("beta", np.arange(6) * np.pi / 3)
    for angle in (np.pi / 2, 1.1):
        given: dict[str, Any] = {"bias_phase": beta, "field_angle": angle, "detuning": 0.05}
        full, dummy = (value("fringe_offset", control=control, **given) for control in ("none", "dummy"))
        shift = (dummy - full) % (2 * np.pi)
        assert shift == pytest.approx(np.pi * (1 - np.cos(angle)), abs=5e-5)


def test_too_few_or_equal_phases_give_no_fringe():
    for beta in ([0.0, 1.0], [0.0, np.pi, 2 * np.pi], [0.3, 0.3001, 0.3002]):
        assert "contrast" not in run(bias_phase=md.axis("beta", beta), ramp="uniform").findings
    together = md.axis("turns", [0.0, 1.0, 2.0])
    assert "contrast" not in run(turns=together, bias_phase=together, ramp="uniform").findings


def test_a_mixture_has_no_fringe():
    found = run(bias_phase=md.axis("beta", [0.0, 1.0, 2.0, 4.0]), account="mixture").findings
    assert float(found["contrast"].value) < 1e-9
    assert np.isnan(found["fringe_offset"].value)


# -- two phases that become one ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("phi", [0.4, 1.5, 3.0])
def test_linked_traps_come_to_one_phase_and_then_give_the_signal(phi):
    given: dict[str, Any] = {"account": "superposition", "phases": (phi, 0.0), "preparation_time": 3.0, "weight": 0.3}
    found = run(readout="heat", relaxation_rate=2.0, **given).findings
    shared, left = 2 * 0.3 * 0.7, np.exp(-2.0 * 3.0)
    coherence = shared / 2 * (1 - (1 - np.cos(phi)) * left - 1j * np.sin(phi) * np.cos(2 * 3.0) * np.sqrt(left))
    assert float(found["phase_before"].value) == pytest.approx(phi, abs=1e-9)
    assert float(found["phase_after"].value) == pytest.approx(-np.angle(coherence), abs=1e-8)
    assert abs(float(found["phase_after"].value)) < 0.06
    energy = shared * (1 - np.cos(phi)) * (1 - left)
    assert float(found["equalisation_energy"].value) == pytest.approx(energy, abs=1e-8)
    released = shared * (1 - (1 - np.cos(phi)) * left) + shared
    assert float(found["heat_released"].value) == pytest.approx(released, abs=1e-3)
    assert float(found["heat_in_record"].value) == pytest.approx(float(found["heat_released"].value), abs=1e-7)
    assert all(finding.passed is not False for finding in found.values())


def test_never_equalised_phases_average_the_signal_away():
    phases = (md.axis("phi", 2 * np.pi * np.arange(8) / 8), 0.0)
    for prepared, mean in ((0.0, 0.5), (12.0, 0.0)):
        left = value("left_probability", account="superposition", phases=phases, preparation_time=prepared)
        assert left.mean() == pytest.approx(mean, abs=1e-4)


def test_a_mixture_that_relaxes_while_linked_is_none_any_more():
    time = md.axis("preparation_time", [0.0, 0.5, 8.0])
    found = run(account="mixture", preparation_time=time, turns=2, **SLOW).findings
    assert found["left_probability"].value.values == pytest.approx(1 - 0.5 * np.exp(-time.values), abs=1e-6)
    assert found["equalisation_energy"].value.values == pytest.approx(0.5 * (1 - np.exp(-time.values)), abs=1e-8)


def test_a_conserving_start_is_not_changed_by_its_preparation():
    for temperature in (0.0, 0.7):
        found = run(temperature=temperature, preparation_time=5.0, connected_detuning=0.4).findings
        plain = run(temperature=temperature, connected_detuning=0.4).findings
        for name in ("left_probability", "phase_shift"):
            assert float(found[name].value) == pytest.approx(float(plain[name].value), abs=1e-8)
        assert float(found["equalisation_energy"].value) == pytest.approx(0.0, abs=1e-9)


# -- what it is made of ------------------------------------------------------------------------------------------------


def test_a_ramp_of_no_duration_is_the_limit_of_short_ones_and_segments_have_names():
    pair = md.TrapPair(zeeman=7.0, field_angle=1.0)

    def after(duration):
        ramp = md.Ramp(duration=duration, detuning=0.8, zeeman=0.0, name="jump")
        steps = (md.Disconnect(), md.Rotate(duration=1.0, turns=0.3), ramp, md.Hold(duration=0.5), md.Connect())
        return md.evolve(pair, md.Protocol(*steps, md.Hold(duration=0.4, name="pulse")), moments=3)

    jump = after(0)
    assert jump.segment.values.tolist()[4:] == ["jump", "hold", "hold", "connect", "pulse", "pulse"]
    errors = [abs(float(after(time).n_A[-1] - jump.n_A[-1])) for time in (1e-3, 1e-4)]
    assert errors[1] < 1e-4
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.05)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 3), st.floats(0, 9), st.floats(0, 1), st.floats(0, 4), st.floats(-1, 1))
def test_a_pulse_on_turned_fields_is_the_one_of_four_levels(tunnelling, zeeman, near, time, lean):
    x, z, one = np.array([[0, 1], [1, 0]]), np.diag([1, -1]), np.eye(2)
    across = np.sqrt(1 - near**2)
    field = near * np.kron(one, z) + across * np.kron(z, x)
    energies, vectors = np.linalg.eigh(-tunnelling * np.kron(x, one) - 0.5 * zeeman * field)
    later = vectors @ np.diag(np.exp(-1j * energies * time)) @ vectors.T
    c, s = np.sqrt((1 + near) / 2), np.sqrt((1 - near) / 2)
    phase = 0.7
    left, right = np.sqrt((1 + lean) / 2), np.sqrt((1 - lean) / 2)
    start = left * np.kron([1, 0], [c, s]) + right * np.exp(1j * phase) * np.kron([0, 1], [c, -s])
    end = later @ start
    imbalance = float(np.real(end.conj() @ np.kron(z, one) @ end))
    q = pulse_in_field(tunnelling, zeeman, near, time)
    assert imbalance == pytest.approx(lean * q.real - np.sqrt(1 - lean**2) * np.sin(phase) * q.imag, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 1), st.floats(0, 2 * np.pi - 1e-3))
def test_a_fringe_gives_back_its_contrast_and_offset(contrast, offset):
    phases = np.array([0.1, 0.9, 2.5, 4.0, 5.5])
    found = fringe(phases, 0.5 * (1 - contrast * np.sin(phases + offset)))
    assert found[0] == pytest.approx(contrast, abs=1e-12)
    assert np.exp(1j * found[1]) == pytest.approx(np.exp(1j * offset), abs=1e-11)


def test_the_vector_of_a_shared_step_relaxes_to_its_equilibrium():
    for j, lean, cold in ((1.0, 0.0, 0.0), (-0.7, 0.5, 0.6)):
        energy = np.hypot(j, lean / 2)
        order = np.tanh(energy / cold) if cold else 1.0
        end = bloch((0.2, -0.5, 0.3), j, lean, 40.0, rate=1.0, temperature=cold)
        assert np.array(end) == pytest.approx(np.array([j, 0, -lean / 2]) / energy * order, abs=1e-8)


# -- any parameters ---------------------------------------------------------------------------------------------------

POINTS = st.fixed_dictionaries(
    {
        "account": st.sampled_from(["superposition", "conserving", "mixture"]),
        "kind": st.sampled_from(["fermion", "fermion", "pair"]),
        "n_c": st.integers(0, 2),
        "control": st.sampled_from(["none", "dummy"]),
        "turns": st.sampled_from([0.0, 0.3, 1.0, 2.0, -1.0]),
        "zeeman": st.floats(20, 80),
        "field_angle": st.floats(0, np.pi),
        "tunnelling": st.sampled_from([1.0, -0.7]),
        "temperature": st.sampled_from([0.0, 0.5]),
        "detuning": st.floats(-0.3, 0.3),
        "dephasing": st.sampled_from([0.0, 0.03]),
        "loss": st.sampled_from([0.0, 0.02]),
        "weight": st.floats(0.1, 0.9),
        "phases": st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
        "preparation_time": st.sampled_from([0.0, 0.7]),
    }
)
PULSES = st.fixed_dictionaries(
    {
        "bias_phase": st.floats(-3, 3),
        "bias_time": st.floats(0.1, 2),
        "pulse_tunnelling": st.sampled_from([1.0, -1.0, 0.3, 4.0]),
        "pulse_field": st.sampled_from(["off", "on"]),
    }
)


@settings(max_examples=15, deadline=None)
@given(POINTS, PULSES, st.sampled_from(["heat", "interferometer"]))
def test_every_option_works_with_every_other_and_is_as_expected(point, pulses, readout):
    found = run(readout=readout, **point, **(pulses if readout == "interferometer" else {}))
    for name, finding in found.findings.items():
        assert finding.passed is not False, (name, finding.value.values, finding.expected)
    counted = (found.record.left + found.record.right - found.record.shared).values
    assert np.abs(counted).max() < 1e-12


@pytest.mark.parametrize("readout", ["heat", "interferometer"])
def test_a_second_method_gives_the_same_record(readout):
    made = md.experiment(
        "two-pi-rotation", readout=readout, zeeman=8.0, rotation_time=3.0, preparation_time=0.5, dephasing=0.1
    )
    one, other = made.record(), made.solving(made.second_method, 1e-10).record()
    assert one.attrs["method"] != other.attrs["method"]
    for name in ("energy", "imbalance", "coherence", "left"):
        assert np.abs(one[name].values - other[name].values).max() < 1e-8, name


def test_a_sweep_of_readouts_is_its_single_runs_bit_for_bit():
    beta, time = [0.0, 2.0, 4.0], [0.0, 0.6]
    given: dict[str, Any] = {"control": "dummy", "account": "superposition", "phases": (0.3, 1.0), "loss": 0.01}
    make: dict[str, Any] = {"readout": "interferometer", **given}
    swept: dict[str, Any] = {"bias_phase": md.axis("beta", beta), "preparation_time": md.axis("wait", time)}
    whole = md.experiment("two-pi-rotation", **make, **swept).run(keep="record")
    for phase in beta:
        one = md.experiment("two-pi-rotation", **make, bias_phase=phase, preparation_time=0.6).run()
        for name in ("left_probability", "kept_fraction", "phase_shift", "geometric_phase", "phase_after"):
            there = whole.findings[name].value.sel(beta=phase, wait=0.6).values
            assert there.tobytes() == one.findings[name].value.values.tobytes(), name


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"control": "dummy", "ramp": "uniform"}, "ramp must be smooth with control=dummy.*flips the spin"),
        ({"bias_phase": 1.0}, "bias_phase must be left out with readout=heat"),
        ({"pulse_field": "on"}, "pulse_field must be left out with readout=heat"),
        ({"readout": "interferometer", "relaxation_time": 3.0}, "relaxation_time must be left out"),
        ({"readout": "interferometer", "pulse_tunnelling": 0.0}, "pulse_tunnelling must be other than 0"),
        ({"readout": "interferometer", "bias_time": 0.0}, "bias_time must be .* above 0"),
        ({"preparation_time": -1.0}, "preparation_time must be .* at least 0"),
        ({"readout": "eye"}, "readout must be one of"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        md.experiment("two-pi-rotation", **given)


def test_numbers_with_units_give_pulses_with_units():
    found = run(tunnelling="120 Hz", zeeman="0.5 MHz", rotation_time="5 ms", bias_phase="-90 deg", turns=1)
    assert found.passed
    assert found.experiment.values["bias_time"] == pytest.approx(0.5 / (2 * np.pi * 120))
    assert float(found.findings["left_probability"].value) < 1e-3


@pytest.mark.parametrize("given", [{}, {"control": "dummy", "account": "mixture"}, {"preparation_time": 1.0}])
def test_figures_and_animation_are_drawn(given, tmp_path):
    found = md.experiment("two-pi-rotation", readout="interferometer", quick=True, **given).run()
    assert set(found.figures()) == {"protocol", "pulses", "left_against_angle", "fringe"}
    film = found.experiment.animation(found.record, {})
    assert len(film["captions"]) == film["frames"] == len(film["panels"][-1].at)
    assert "left" in found.summary


def test_a_fringe_is_drawn_against_its_own_axis():
    found = md.experiment("two-pi-rotation", readout="interferometer", quick=True, bias_phase="0:6:7").run()
    assert "left_against_parameters" in found.figures()
