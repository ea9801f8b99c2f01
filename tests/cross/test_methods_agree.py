"""The methods of `mesodyn.evolve` against each other: one physics, several roads."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mesodyn as md

NAMES = ["energy", "heat", "norm", "n_A", "n_B", "coherence", "spin_A", "spin_B", "shared"]


def worst(first, second, names=NAMES):
    return max(float(np.abs(first[name].values - second[name].values).max()) for name in names)


def protocol(relax):
    steps = [
        md.Hold(duration=0.4),
        md.Disconnect(duration=0.3),
        md.Rotate(duration=2.0, turns=0.8, shape="smooth"),
        md.Rotate(duration=1.0, turns=-0.3, trap="A"),
        md.Ramp(duration=0.7, detuning=0.5, tunnelling=0.6),
        md.Connect(),
        md.Hold(duration=0.6),
    ]
    return md.Protocol(*steps, *([md.Relax(duration=1.5, rate=0.7, temperature=0.4)] if relax else []))


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    J=st.floats(-1.5, 1.5),
    EZ=st.floats(1.0, 12.0),
    angle=st.floats(0.1, 3.0),
    account=st.sampled_from(["conserving", "superposition", "mixture"]),
)
def test_magnus_steps_everywhere_change_nothing(J, EZ, angle, account):
    system = md.TrapPair(tunnelling=J, zeeman=EZ, field_angle=angle, detuning=0.3, phases=(0.2, 0.9), weight=0.4)
    options: dict[str, Any] = {"account": account, "moments": 5, "tolerance": 1e-10}
    auto = md.evolve(system, protocol(False), **options)
    assert worst(auto, md.evolve(system, protocol(False), method="magnus", **options)) < 1e-7


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    J=st.floats(-1.5, 1.5),
    EZ=st.floats(1.0, 10.0),
    angle=st.floats(0.1, 3.0),
    bath=st.sampled_from([(0.0, 0.0), (0.2, 0.0), (0.0, 0.3), (0.1, 0.2)]),
)
def test_the_whole_liouvillian_changes_nothing(J, EZ, angle, bath):
    system = md.TrapPair(tunnelling=J, zeeman=EZ, field_angle=angle, detuning=0.3)
    options: dict[str, Any] = {"bath": md.Bath(dephasing=bath[0], loss=bath[1]), "moments": 3, "tolerance": 1e-10}
    auto = md.evolve(system, protocol(True), **options)
    assert worst(auto, md.evolve(system, protocol(True), method="liouvillian", **options)) < 1e-7


@pytest.mark.parametrize("account", ["conserving", "superposition", "mixture"])
@pytest.mark.parametrize("spin", [0.5, 1.5])
def test_a_liouvillian_in_pieces_is_the_whole_one(spin, account):
    system = md.TrapPair(tunnelling=0.8, zeeman=9.0, spin=spin, connected_detuning=0.0, weight=0.4, phases=(0.2, 0.9))
    steps = [md.Disconnect(), md.Rotate(duration=2.0, turns=0.8, shape="smooth"), md.Ramp(duration=0, zeeman=0.0)]
    link = md.Protocol(*steps, md.Connect(), md.Hold(duration=1.3, name="pulse"))
    options: dict[str, Any] = {"bath": md.Bath(dephasing=0.2, loss=0.3), "moments": 4, "account": account}
    auto = md.evolve(system, link, **options)
    assert ("in pieces" in auto.attrs["method"]) == (spin > 1 or account != "conserving")
    other = "liouvillian" if spin < 1 else "ode"
    assert worst(auto, md.evolve(system, link, method=other, tolerance=1e-10, **options)) < 1e-8


@pytest.mark.slow
@pytest.mark.parametrize("account", ["superposition", "mixture"])
def test_the_whole_liouvillian_changes_nothing_without_a_fixed_number(account):
    system = md.TrapPair(tunnelling=0.8, zeeman=6.0, field_angle=1.2, detuning=0.3, phases=(0.4, 2.0))
    options: dict[str, Any] = {
        "account": account,
        "bath": md.Bath(dephasing=0.1, loss=0.2),
        "moments": 2,
        "tolerance": 1e-9,
    }
    auto = md.evolve(system, protocol(False), **options)
    assert worst(auto, md.evolve(system, protocol(False), method="liouvillian", **options)) < 1e-7


@pytest.mark.parametrize("gamma", [0.0, 0.25])
def test_exact_and_auto_are_one_where_nothing_is_driven(gamma):
    system = md.TrapPair(tunnelling=0.8, zeeman=6.0, field_angle=1.2)
    steps = [md.Disconnect(), md.Rotate(duration=2.0, turns=1), md.Connect(), md.Hold(duration=1.0)]
    options: dict[str, Any] = {"bath": md.Bath(dephasing=gamma), "moments": 11}
    exact = md.evolve(system, md.Protocol(*steps), method="exact", **options)
    assert worst(exact, md.evolve(system, md.Protocol(*steps), **options)) == 0
