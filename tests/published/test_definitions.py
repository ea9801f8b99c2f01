"""The tables of DEFINITIONS 6.2 to 6.5: heat, its distribution, the interferometer, nulls, under three accounts."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import mesodyn as md

SLOW: dict[str, Any] = {"rotation_time": 1e6, "ramp": "uniform"}
"""So slow a uniform rotation is solved exactly at no cost; its adiabatic error is below 1e-9 at whole turns.

The dynamic phase that is left, pi^2 n^2 / (E_Z T), is 1.6e-7 n^2.
"""
TURNS = [0, 0.25, 0.5, 0.75, 1, 1.5, 2]
HEAT = [0, 0.008140358812, 0.016662039607, 1.422353921185, 2, 0.016662039607, 0]


def heats(**given):
    return md.experiment("two-pi-rotation", **given).run().findings["heat_released"].value.values


def outcomes(**given):
    found = md.experiment("two-pi-rotation", **given).run().findings["heat_distribution"].value
    pairs = found.transpose("outcome", "part").values
    return {round(float(heat), 5): float(weight) for heat, weight in pairs if weight > 1e-9}


@pytest.mark.parametrize(("shape", "time"), [("smooth", 1e5), ("uniform", 1e8)])
def test_heat_of_quarter_turns_has_its_adiabatic_limit(shape, time):
    run = md.experiment("two-pi-rotation", turns=md.axis("turns", TURNS), rotation_time=time, ramp=shape).run(
        keep="record"
    )
    assert np.abs(run.findings["heat_released"].value.values - HEAT).max() < 1e-9


def test_heat_of_quarter_turns_tends_to_its_limit_as_one_over_the_time_squared():
    """Under the smooth ramp nothing else is left, no kick at the ends: two steps of Richardson reach the limit."""
    pair, found = md.TrapPair(tunnelling=1.0, zeeman=60.0), []
    for time in (400.0, 800.0, 1600.0):
        rotate = md.Rotate(duration=time, turns=md.axis("turns", TURNS), shape="smooth")
        record = md.evolve(pair, md.Protocol(md.Disconnect(), rotate, md.Connect()))
        angle = np.pi * np.array(TURNS)
        ground = -np.sqrt(30.0**2 + 1 + 60 * np.abs(np.cos(angle)))
        found.append(record.energy[-1].values - ground)
    once = [(4 * finer - coarse) / 3 for coarse, finer in pairwise(found)]
    assert np.abs(found[0] - HEAT).max() < 1e-5
    assert np.abs((16 * once[1] - once[0]) / 15 - HEAT).max() < 1e-10


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_heat_is_a_distribution_with_the_published_weights(temperature):
    odd = outcomes(turns=1, temperature=temperature, **SLOW)
    even = outcomes(turns=2, temperature=temperature, **SLOW)
    if temperature == 0:
        assert odd == pytest.approx({2.0: 1.0}, abs=1e-8)
        assert even == pytest.approx({0.0: 1.0}, abs=1e-8)
        return
    assert odd == pytest.approx({2.0: 0.854038103, 0.0: 0.140207433, -2.0: 0.005754463}, abs=1e-8)
    p = 1 / (1 + np.exp(-2 / 0.8))
    assert even == pytest.approx({2.0: p * (1 - p), 0.0: p**2 + (1 - p) ** 2, -2.0: p * (1 - p)}, abs=1e-8)
    assert float(heats(turns=1, temperature=0.8, **SLOW)) == pytest.approx(1.696567280, abs=2e-9)
    superposed = heats(turns=md.axis("turns", [1, 2]), temperature=0.8, account="superposition", **SLOW)
    assert superposed == pytest.approx([0.924141820, -0.075858180], abs=2e-9)


ACCOUNTS = {"conserving": (1.0, 0.0), "superposition": (0.5, 0.0), "mixture": (0.25, 0.25)}


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("J", [1.0, -0.6])
def test_accounts_differ_by_the_weight_of_2J(account, J):
    for turns in (0, 1, 2, 3, 4):
        weight = ACCOUNTS[account][turns % 2 == 0]
        if account == "superposition" and J < 0:  # equal phases are then antibonding: odd and even change places
            weight = ACCOUNTS[account][turns % 2 == 1]
        expected = {2 * abs(J): weight, 0.0: 1 - weight}
        found = outcomes(turns=turns, account=account, tunnelling=J, **SLOW)
        assert found == pytest.approx({q: w for q, w in expected.items() if w}, abs=1e-8)
        heat = float(heats(turns=turns, account=account, tunnelling=J, **SLOW))
        assert heat == pytest.approx(2 * abs(J) * weight, abs=1e-8)


@pytest.mark.parametrize("phase", [0.0, 0.9, 2.4])
@pytest.mark.parametrize("weight", [0.5, 0.2])
def test_weight_of_2J_follows_the_phase_of_a_superposition(phase, weight):
    """u^2 v^2 [1 - Re(c exp(-i phi))], c = -1, +1."""
    for turns, c in ((1, -1), (2, 1)):
        found = outcomes(turns=turns, account="superposition", weight=weight, phases=(phase, 0.0), **SLOW)
        assert found.get(2.0, 0.0) == pytest.approx(weight * (1 - weight) * (1 - c * np.cos(phase)), abs=2e-7)


def test_fully_dephased_traps_release_2J_in_half_of_the_runs_at_every_turn():
    for turns in (1, 2):
        found = outcomes(turns=turns, dephasing=1.0, **SLOW)
        assert found == pytest.approx({2.0: 0.5, 0.0: 0.5}, abs=1e-8)


def left(turns, pulse, pulse_field, T=20.0, shape="smooth", pair=None, dummy=False):
    """P_left of DEFINITIONS 6.4: rotation, a bias of -pi/2 on B, then the link for J t = pi/4; all by evolve."""
    pair = pair or md.TrapPair(tunnelling=1.0, zeeman=60.0)
    bias = [md.Ramp(duration=0.5, detuning=-np.pi), md.Ramp(duration=0.5, detuning=0.0)]
    dark = [] if pulse_field else [md.Ramp(duration=0.5, zeeman=0.0)]
    turn = [md.Rotate(duration=T, turns=turns, shape=shape)]
    if dummy:
        turn = [md.Rotate(duration=T / 2, turns=s * turns / 2, shape=shape) for s in (1, -1)]
    link = [md.Ramp(duration=0.1, tunnelling=pulse), md.Connect(), md.Hold(duration=np.pi / 4 / pulse)]
    record = md.evolve(pair, md.Protocol(md.Disconnect(), *turn, *bias, *dark, *link), moments=9)
    return record.n_A[-1].values - pair.n_c


PUBLISHED_LEFT = {
    "field off": (1.0, False, [1, 0.853553390593, 0.5, 0.146446609407, 0, 0.5, 1], 1e-9),
    "J_p = 1, field on": (1.0, True, [1, 0.947816270988, 0.5, 0.052183729012, 0, 0.5, 1], 1e-8),
}


@pytest.mark.parametrize("case", PUBLISHED_LEFT)
def test_the_interferometer_counts_left_as_published(case):
    pulse, field, published, close = PUBLISHED_LEFT[case]
    found = left(md.axis("turns", TURNS), pulse, field, T=1e5)
    assert np.abs(found - published).max() < close


def test_a_pulse_much_stronger_than_the_field_is_blind_to_spin_and_a_weak_one_sees_the_overlap():
    found = left(md.axis("turns", TURNS), 6e5, True, T=1e6, shape="uniform")
    assert np.abs(found - PUBLISHED_LEFT["field off"][2]).max() < 1e-6
    weak = [1, 0.948009467964, 0.5, 0.051990532037, 0, 0.5, 1]
    # the limit goes as (J_p / E_Z)^2, with terms that turn with the phase E_Z t of the pulse
    found = left(md.axis("turns", TURNS), 0.001, True, T=1e6, shape="uniform")
    assert np.abs(found - weak).max() < 1e-6


def test_the_smooth_rotation_counts_left_as_published():
    found = left(md.axis("turns", [1, 2]), 1.0, False)
    assert found == pytest.approx([3.804911778e-5, 0.999391402903], abs=1e-9)


def test_a_mixture_counts_half_on_the_left():
    pair = md.TrapPair(tunnelling=1.0, zeeman=60.0)
    steps = [md.Disconnect(), md.Rotate(duration=20.0, turns=md.axis("turns", [0, 1, 2]), shape="smooth")]
    steps += [md.Ramp(duration=0.5, detuning=-np.pi), md.Ramp(duration=0.5, detuning=0.0), md.Connect()]
    record = md.evolve(pair, md.Protocol(*steps, md.Hold(duration=np.pi / 4)), account="mixture", moments=5)
    assert np.abs(record.n_A[-1].values - 0.5).max() < 1e-9


SMOOTH_DUMMY = [7.61024433e-5, 0.00121726108, 0.00615607613, 0.01940768614]
UNIFORM_DUMMY = [0.003376161999, 0.013915936859, 0.032811698072, 0.061909014011]


@pytest.mark.parametrize(("shape", "published"), [("smooth", SMOOTH_DUMMY), ("uniform", UNIFORM_DUMMY)])
def test_a_rotation_there_and_back_leaves_only_the_dynamic_phase(shape, published):
    pair = md.TrapPair(tunnelling=1.0, zeeman=60.0)
    turns = md.axis("turns", [1, 2, 3, 4])
    steps = [md.Rotate(duration=10.0, turns=sign * turns / 2, shape=shape) for sign in (1, -1)]
    record = md.evolve(pair, md.Protocol(md.Disconnect(), *steps, md.Connect()))
    found = (record.energy[-1] - record.energy[0]).values
    assert found == pytest.approx(published, abs=2e-11 if shape == "smooth" else 1e-9)


@pytest.mark.parametrize(("turns", "close"), [(1, 4e-7), (2, 1.5e-6)])
def test_geometric_part_is_the_phase_of_a_rotation_less_that_of_its_dummy(turns, close):
    """arg c_full - arg c_dummy = -2 pi n s (1 - cos angle) to 3e-7, 1.4e-6 at right angles.

    At other angles a phase odd in the rate does not cancel: s cos sin^2 / (2 omega_L^2) times the integral of its cube.
    """
    angle = np.array([0.6, 1.1, np.pi / 2])
    pair = md.TrapPair(tunnelling=1.0, zeeman=60.0, field_angle=md.axis("field_angle", angle))
    full = [md.Rotate(duration=20.0, turns=turns, shape="smooth")]
    dummy = [md.Rotate(duration=10.0, turns=sign * turns / 2, shape="smooth") for sign in (1, -1)]
    found = [md.evolve(pair, md.Protocol(md.Disconnect(), *steps)).coherence[-1] for steps in (full, dummy)]
    difference = np.angle(found[0].values / found[1].values)
    cube = 2.5 * (2 * np.pi * turns) ** 3 / 20.0**2  # the mean of (1 - cos)^3 is 5/2
    odd = -0.5 * np.cos(angle) * np.sin(angle) ** 2 * cube / (2 * 60.0**2)
    wrong = np.angle(np.exp(1j * (difference + np.pi * turns * (1 - np.cos(angle)) - odd)))
    assert abs(wrong[-1]) < close
    assert np.abs(wrong).max() < 2 * close
    assert np.abs(odd[:2]).min() > 2e-5


def test_no_spin_gives_no_signal_at_any_angle():
    kinds: list[dict[str, Any]] = [{"kind": "pair"}, {"kind": "boson", "spin": 0}]
    for what in kinds:
        turns = md.axis("turns", TURNS)
        assert np.abs(heats(turns=turns, **what)).max() < 1e-12
        pair = md.TrapPair(tunnelling=1.0, zeeman=60.0, **what)
        record = md.evolve(
            pair,
            md.Protocol(
                md.Disconnect(),
                md.Rotate(duration=20.0, turns=turns, shape="smooth"),
                md.Ramp(duration=0.5, detuning=-np.pi),
                md.Ramp(duration=0.5, detuning=0.0),
                md.Connect(),
                md.Hold(duration=np.pi / 4),
            ),
            moments=5,
        )
        assert np.abs(record.n_A[-1].values / pair.step - 1).max() < 1e-9


def test_spin_one_bosons_count_left_by_the_cosine_of_half_the_angle():
    """c = cos^2(angle / 2): the field of B is not home at half a turn, but nothing changes sign."""
    pair = md.TrapPair(kind="boson", spin=1, tunnelling=1.0, zeeman=60.0)
    found = left(md.axis("turns", TURNS), 1.0, False, T=1e6, shape="uniform", pair=pair)
    assert found == pytest.approx(0.5 * (1 + np.cos(np.pi * np.array(TURNS)) ** 2), abs=1e-8)


def test_the_boson_null_holds_at_right_angles_only():
    given: dict[str, Any] = {"kind": "boson", "spin": 1, "zeeman": 60.0, "turns": 1}
    assert float(heats(field_angle=np.pi / 3, **given)) == pytest.approx(1.9998302640, abs=1e-9)
    assert float(heats(field_angle=np.pi / 3, **given, **SLOW)) == pytest.approx(2.0, abs=1e-8)
    assert abs(float(heats(field_angle=np.pi / 2, **given, **SLOW))) < 1e-9
