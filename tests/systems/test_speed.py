"""A million points of equilibrium cost less than a second, and far less than diagonalising point by point."""

import time

import numpy as np
import pytest
import qutip

import mesodyn as md
from mesodyn.systems.normal_lead import ND1N
from mesodyn.systems.sd1s import SD1S
from mesodyn.systems.sd2s import SD2S

DETUNING = md.axis("detuning", -2, 2, 1000)
PHASES = md.axis("phase_difference", -6, 6, 1000)
MILLIONS = {
    "ND1N": lambda t: ND1N(detuning=DETUNING, stiffness=md.axis("stiffness", 0.1, 2, 1000), temperature=t),
    "SD2S": lambda t: SD2S(detuning=DETUNING, delta_left=0.7, delta_right=0.5, phase_difference=PHASES, temperature=t),
    "SD1S": lambda t: SD1S(detuning=DETUNING, alpha=1.2, beta=0.5, phase_difference=PHASES, temperature=t),
}


def shortest(action, times=3):
    """The shortest of several runs [s]."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        found.append(time.perf_counter() - start)
    return min(found)


@pytest.mark.parametrize("temperature", [0.0, 0.3])
@pytest.mark.parametrize("name", MILLIONS)
def test_a_million_points_of_equilibrium_take_under_a_second(name, temperature):
    system = MILLIONS[name](temperature)
    assert system.equilibrium().energy.size == 1_000_000
    assert shortest(lambda: system.equilibrium()) < 1.0


@pytest.mark.benchmark
def test_a_point_is_three_hundred_times_faster_than_a_loop_over_qutip_eigenstates():
    matrices = [np.array([[0, -1], [-1, 2 * x]]) for x in np.linspace(-2, 2, 300)]
    loop = shortest(lambda: [qutip.Qobj(matrix).eigenstates() for matrix in matrices]) / 300
    for name in ("ND1N", "SD2S"):
        system = MILLIONS[name](0.3)
        assert loop / (shortest(lambda: system.equilibrium()) / 1e6) > 300  # noqa: B023
