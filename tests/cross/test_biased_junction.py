"""Junctions under bias against plain QuTiP and against a master equation, with nothing in common."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

from mesodyn.dynamics.biased import MINUS, PLUS, Jumps, passage, share_of_upper, telegraph
from mesodyn.dynamics.current_drive import CurrentDrive
from mesodyn.dynamics.moving_lead import MovingLead
from mesodyn.seeds import generator
from mesodyn.systems.branch_levels import BranchLevels


@pytest.mark.parametrize("model", ["SD1S", "SD2S", "contact"])
def test_a_passage_is_that_of_qutip(model):
    own = {
        "SD1S": {"alpha": 1.2, "beta": 0.5, "detuning": 0.3, "coupling": 0.1},
        "SD2S": {"delta_left": 0.5, "delta_right": 0.45, "detuning": 0.1},
        "contact": {"transmission": 0.95},
    }[model]
    levels, speed = BranchLevels(model=model, **own), 0.2
    times = np.linspace(0, 2 * np.pi / speed, 9)
    mine = passage(lambda t: levels.field(speed * t), times)

    def component(k):
        return lambda t: float(levels.field(speed * t)[k])

    parts = [[sigma, component(k)] for k, sigma in enumerate((qutip.sigmaz(), qutip.sigmax(), qutip.sigmay()))]
    start = qutip.Qobj(mine[0][:, None])
    options = {"atol": 1e-11, "rtol": 1e-11, "nsteps": 10**6, "max_step": 0.2}
    theirs = qutip.sesolve(qutip.QobjEvo(parts), start, times, options=options).states
    for psi, state in zip(mine, theirs, strict=True):
        assert np.abs(psi - state.full()[:, 0]).max() < 1e-7


def test_the_mean_of_the_telegraph_is_the_solution_of_its_rate_equation():
    jumps, count = Jumps(relaxation=0.4, poisoning=0.25), 4000
    times = np.linspace(0, 3, 31)
    phase = np.full(31, 0.5)
    generators = [generator(3, 0, k) for k in range(count)]
    states = telegraph(phase, times, lambda s: np.ones(s.shape), jumps, MINUS, generators)
    share = (states == MINUS).mean(axis=0)
    up, down = 0.25, 0.65
    known = up / (up + down) + (1 - up / (up + down)) * np.exp(-(up + down) * times)
    assert np.abs(share - known).max() < 4.5 * 0.5 / np.sqrt(count)


def test_an_odd_particle_lets_go_into_the_lower_branch_only():
    jumps = Jumps(poisoning=1.0, through_odd=True)
    times = np.linspace(0, 40, 200)
    generators = [generator(5, 0, k) for k in range(50)]
    states = telegraph(np.full(200, 0.5), times, lambda s: np.ones(s.shape), jumps, MINUS, generators)
    assert set(np.unique(states)) == {0, 1, 2}
    assert not np.any((states[:, 1:] == MINUS) & (states[:, :-1] != MINUS))
    assert (states[:, -1] == PLUS).mean() == pytest.approx(0.5, abs=0.3)


def test_without_an_alternating_part_the_phase_turns_as_in_the_closed_formula():
    drive = CurrentDrive(relation=np.sin, speed=1.0, ac_current=0.0)
    bias = np.array([0.5, 1.1, 2.0])
    turns = drive.turns(bias, periods=200, settle=20)
    assert turns == pytest.approx(np.sqrt(np.maximum(bias**2 - 1, 0)), abs=4e-3)


def test_noise_drags_the_phase_as_in_the_fokker_planck_equation():
    """The mean speed of a noisy phase in a tilted cosine (Ambegaokar and Halperin), by quadrature."""
    noise, bias = 0.5, np.array([0.7])
    drive = CurrentDrive(relation=np.sin, speed=1.0, ac_current=0.0, noise=noise)
    generators = [generator(7, 0, k) for k in range(200)]
    still = lambda branch, before, after, draws: branch  # noqa: E731
    turns, _ = drive.noisy_turns(bias, still, generators, periods=40, settle=8)
    x = (np.arange(400) + 0.5) * 2 * np.pi / 400
    work = lambda y: (-bias[0] * y - np.cos(y)) / noise  # noqa: E731
    inner = np.array([np.exp(work(a + x) - work(a)).sum() for a in x]) * (x[1] - x[0])
    speed = 2 * np.pi * noise * (1 - np.exp(-2 * np.pi * bias[0] / noise)) / (inner.sum() * (x[1] - x[0]))
    error = turns.std() / np.sqrt(200)
    assert abs(turns.mean() - speed) < 4.5 * error < 0.1 * speed


@settings(max_examples=5, deadline=None)
@given(coupling=st.floats(0, 0.3), xi=st.floats(-0.4, 0.4), speed=st.floats(0.05, 1), turns=st.integers(-2, 2))
def test_a_passage_keeps_the_norm_and_is_the_same_by_two_methods_and_4_pi_later(coupling, xi, speed, turns):
    levels = BranchLevels(model="SD1S", alpha=1.2, beta=0.5, detuning=xi, coupling=coupling)
    times = np.linspace(0, 2 * np.pi / speed, 4)
    one = passage(lambda t: levels.field(speed * t), times)
    other = passage(lambda t: levels.field(speed * t), times, method="multistep")
    later = passage(lambda t: levels.field(speed * t + 4 * np.pi * turns), times)
    assert (np.abs(one) ** 2).sum(axis=1) == pytest.approx(1, abs=1e-7)
    shares = [share_of_upper(psi, levels.field(speed * times)) for psi in (one, other, later)]
    assert shares[1] == pytest.approx(shares[0], abs=1e-6)
    assert shares[2] == pytest.approx(shares[0], abs=1e-6)


@settings(max_examples=5, deadline=None)
@given(angle=st.floats(0.1, 6), offset=st.floats(-0.5, 0.5))
def test_a_common_turn_of_pi_and_a_mirror_change_nothing_in_a_moving_lead(angle, offset):
    """Order parameters that differ by a sign carry one current; mirrored phases carry it with equal leads."""
    lead = MovingLead(alpha=1.0, beta_left=0.3, beta_right=0.3, detuning=0.0, relaxation_time=5.0)
    times = np.linspace(0, 20, 5)
    start = np.concatenate([lead.rest(angle, np.array([x])) for x in (offset, offset + np.pi, -offset)], axis=1)
    path = lead.follow(lambda t: angle + 0.1 * t, start, times)
    current = lead.current((angle + 0.1 * times)[:, None], path[:, 0])
    assert current[:, 1] == pytest.approx(current[:, 0], abs=1e-7)
    assert current[:, 2] == pytest.approx(current[:, 0], abs=1e-7)
    norm = (np.abs(path[:, 1:]) ** 2).sum(axis=1)
    assert norm == pytest.approx(1, abs=1e-7)
