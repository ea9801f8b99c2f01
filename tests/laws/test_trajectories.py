"""Quantum trajectories: means are the master equation, their waiting times those of the norm, their bits alone."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import kstest

import mesodyn as md
from mesodyn.dynamics import bath, heat, trajectories
from mesodyn.dynamics.channels import Channels
from mesodyn.dynamics.relaxing import Relaxing
from mesodyn.dynamics.trajectories import jumps, sampled
from mesodyn.seeds import generator

DOWN = np.array([[0, 1], [0, 0]], complex)
UP = np.array([0, 1], complex)


def generators(count, seed=0):
    return [generator(seed, 0, k) for k in range(count)]


def random_problem(size, channels, seed):
    rng = np.random.default_rng(seed)
    h, *operators = rng.normal(size=(channels + 1, size, size)) + 1j * rng.normal(size=(channels + 1, size, size))
    ket = rng.normal(size=size) + 1j * rng.normal(size=size)
    return h + h.conj().T, [0.5 * operator for operator in operators], ket / np.linalg.norm(ket)


def norm_left(h, operators, ket, time):
    """The squared norm without a jump, by SciPy's matrix exponential."""
    effective = h - 0.5j * sum(operator.conj().T @ operator for operator in operators)
    return np.linalg.norm(expm(-1j * effective * time) @ ket) ** 2


def assert_within_four_errors(samples, exact):
    """Samples (trajectories, ...) have the mean `exact`."""
    error = samples.std(axis=0) / np.sqrt(len(samples))
    assert np.all(np.abs(samples.mean(axis=0) - exact) <= 4 * error + 1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_mean_over_trajectories_is_the_master_equation(seed):
    h, operators, ket = random_problem(4, 2, seed)
    times = np.linspace(0, 2.0, 7)
    found = jumps(h, operators, np.tile(ket, (4000, 1)), 2.0, times / 2, generators(4000, seed))
    exact = qutip.mesolve(qutip.Qobj(h), qutip.Qobj(ket), times, [qutip.Qobj(o) for o in operators]).states
    assert found.counts.mean() > 2
    for k in range(4):
        assert_within_four_errors(np.abs(found.states[..., k]) ** 2, [rho[k, k].real for rho in exact])
        coherence = found.states[..., k] * found.states[..., (k + 1) % 4].conj()
        assert_within_four_errors(coherence.real, [rho[k, (k + 1) % 4].real for rho in exact])
        assert_within_four_errors(coherence.imag, [rho[k, (k + 1) % 4].imag for rho in exact])


def relaxing(temperature=0.7, rate=1.0):
    """Four levels, two of them degenerate, in a basis that is not theirs."""
    levels, linked = np.array([0.0, 1.0, 1.0, 2.5]), np.ones((4, 4), bool)
    vectors = np.linalg.qr(random_problem(4, 0, 5)[0])[0]
    rates = bath.transition_rates(levels[None], np.array([rate]), np.array([temperature]), linked)[0]
    return levels, vectors, rates


def test_relaxation_by_trajectories_is_the_rate_equation_and_dephases_a_degenerate_level():
    levels, vectors, rates = relaxing()
    inner = np.array([0.5, 0.5, 0.5j, -0.5])
    fractions = np.linspace(0.1, 1, 5)
    start = np.outer(inner, inner.conj())[None]
    given = start, levels[None], np.eye(4, dtype=np.complex128)[None], rates[None], np.zeros(4, int), np.array([1.5])
    exact = np.concatenate([Relaxing(*given, fractions[: k + 1]).last for k in range(5)])
    h = (vectors * levels) @ vectors.conj().T
    kets = np.tile(vectors @ inner, (4000, 1))
    found = (
        jumps(h, Channels.relaxation(rates, vectors), kets, 1.5, fractions, generators(4000, 3)).states @ vectors.conj()
    )
    assert_within_four_errors(np.abs(found) ** 2, np.einsum("mii->mi", exact).real)
    assert_within_four_errors((found[..., 1] * found[..., 2].conj()).imag, exact[:, 1, 2].imag)
    dense = [np.sqrt(rates[f, i]) * np.outer(vectors[:, f], vectors[:, i].conj()) for f in range(4) for i in range(4)]
    again = jumps(h, dense, kets[:50], 1.5, fractions, generators(50, 3)).states @ vectors.conj()
    assert np.abs(np.abs(again) - np.abs(found[:50])).max() < 1e-9


def test_quanta_of_the_jumps_add_up_to_the_heat_of_two_energy_measurements():
    levels, vectors, rates = relaxing()
    state = vectors @ np.diag([0.1, 0.2, 0.2, 0.5]) @ vectors.conj().T
    h = (vectors * levels) @ vectors.conj().T
    draws = generators(4000, 4)
    found = jumps(h, Channels.relaxation(rates, vectors), sampled(state, draws), 30.0, [1.0], draws)
    final, initial = np.divmod(found.channels, 4)
    quanta = np.where(found.channels >= 0, levels[initial] - levels[final], 0.0).sum(axis=1)
    heats, weights = heat.two_point(state[None], h[None], np.zeros(4, int), np.array([0.7]))
    for value, weight in zip(heats[0], weights[0], strict=True):
        assert_within_four_errors((np.abs(quanta - value) < 1e-9).astype(float), weight)


def test_a_decay_waits_exponentially_and_happens_once():
    found = jumps(np.diag([0.0, 3.0]), [np.sqrt(0.7) * DOWN], np.tile(UP, (2000, 1)), 100.0, [1.0], generators(2000))
    assert found.times.shape == (2000, 1)
    assert kstest(found.times[:, 0], "expon", args=(0, 1 / 0.7)).pvalue > 0.01
    assert np.abs(found.states[:, 0]) == pytest.approx(np.tile([1.0, 0.0], (2000, 1)), abs=1e-12)


def test_dephasing_jumps_are_poissonian():
    found = jumps(
        np.zeros((2, 2)), [np.sqrt(3.0) * np.diag([1, -1])], np.tile(UP, (3000, 1)), 4.0, [1.0], generators(3000)
    )
    assert abs(found.counts.mean() - 12) < 4 * np.sqrt(12 / 3000)
    assert abs(found.counts.var() - 12) < 4 * 12 * np.sqrt(2.1 / 3000)
    assert np.all(np.diff(found.times, axis=1)[found.channels[:, 1:] >= 0] > 0)


@pytest.mark.parametrize("operators", [[], [np.zeros((4, 4))]])
def test_without_a_rate_a_trajectory_is_unitary(operators):
    h, _, ket = random_problem(4, 0, 8)
    found = jumps(h, operators, ket[None], 3.0, [0.5, 1.0], generators(1))
    assert found.counts.tolist() == [0]
    assert found.states[0, 0] == pytest.approx(expm(-1.5j * h) @ ket, abs=1e-12)


def test_a_segment_of_no_length_changes_nothing():
    h, operators, ket = random_problem(3, 2, 9)
    found = jumps(h, operators, ket[None], 0.0, [0.0, 1.0], generators(1))
    assert found.counts.tolist() == [0]
    assert found.states[0] == pytest.approx(np.tile(ket, (2, 1)), abs=1e-13)


@settings(max_examples=15, deadline=None)
@given(size=st.integers(2, 5), channels=st.integers(1, 3), seed=st.integers(0, 10**6))
def test_the_first_jump_comes_where_the_norm_has_fallen_to_the_draw(size, channels, seed):
    h, operators, ket = random_problem(size, channels, seed)
    found = jumps(h, operators, np.tile(ket, (6, 1)), 1.0, [0.3, 1.0], generators(6, seed))
    assert np.abs(np.linalg.norm(found.states, axis=-1) - 1).max() < 1e-12
    for k in range(6):
        left = 1 - generator(seed, 0, k).random()
        if found.counts[k]:
            assert norm_left(h, operators, ket, found.times[k, 0]) == pytest.approx(left, abs=1e-9)
        else:
            assert norm_left(h, operators, ket, 1.0) >= left


def exceptional(coupling):
    """A level coupled to one that decays: at 4 times the coupling the effective Hamiltonian is defective."""
    return np.array([[0, coupling], [coupling, 0]]), [np.sqrt(4.0) * DOWN]


def test_a_defective_effective_hamiltonian_is_followed_as_exactly():
    h, operators = exceptional(1.0)
    start, fractions = np.tile([1.0, 0.0], (40, 1)), np.linspace(0, 1, 9)
    found = jumps(h, operators, start, 5.0, fractions, generators(40))
    for k, time in enumerate(found.times[:, 0]):  # the solution at the exceptional point
        left = np.exp(-2 * time) * ((1 + time) ** 2 + time**2)
        if found.counts[k]:
            assert left == pytest.approx(1 - generator(0, 0, k).random(), abs=1e-12)
    h, operators = exceptional(1.0 + 1e-7)
    near = jumps(h, operators, start, 5.0, fractions, generators(40))
    assert found.counts.sum() > 40
    assert np.array_equal(found.channels, near.channels)
    assert np.nanmax(np.abs(found.times - near.times)) < 1e-5
    assert np.abs(found.states - near.states).max() < 1e-5


def test_both_ways_between_jumps_are_one(monkeypatch):
    h, operators, ket = random_problem(4, 2, 12)
    arguments = (h, operators, np.tile(ket, (20, 1)), 2.0, np.linspace(0, 1, 5))
    spectral = jumps(*arguments, generators=generators(20))
    monkeypatch.setattr(trajectories, "WORST_CONDITION", 0.0)
    binary = jumps(*arguments, generators=generators(20))
    assert np.array_equal(spectral.channels, binary.channels)
    assert np.nanmax(np.abs(spectral.times - binary.times)) < 1e-10
    assert np.abs(spectral.states - binary.states).max() < 1e-9


@pytest.mark.parametrize("defective", [False, True])
def test_a_trajectory_has_the_same_bits_in_any_company(defective):
    h, operators = exceptional(1.0) if defective else random_problem(5, 2, 13)[:2]
    kets = sampled(np.eye(len(h)) / len(h), generators(30, 1))
    every = generators(30)
    whole = jumps(h, operators, kets, 6.0, np.linspace(0, 1, 11), every)
    assert whole.counts.max() > 3
    for chosen in ([7], [3, 29, 11], list(range(17))):
        part = jumps(h, operators, kets[chosen], 6.0, np.linspace(0, 1, 11), [generator(0, 0, k) for k in chosen])
        width = part.times.shape[1]
        assert np.array_equal(part.states, whole.states[chosen])
        assert np.array_equal(part.times, whole.times[chosen, :width], equal_nan=True)
        assert np.array_equal(part.channels, whole.channels[chosen, :width])


def test_kets_drawn_from_a_mixed_state_have_it_as_their_mean():
    _, _, a = random_problem(3, 0, 21)
    b = np.array([a[1].conj(), -a[0].conj(), 0]) / np.hypot(abs(a[0]), abs(a[1]))
    state = 0.3 * np.outer(a, a.conj()) + 0.7 * np.outer(b, b.conj())
    kets = sampled(state, generators(4000))
    outer = kets[:, :, None] * kets[:, None, :].conj()
    assert_within_four_errors(outer.real, state.real)
    assert_within_four_errors(outer.imag, state.imag)


def test_channels_are_the_operators_they_were_made_of():
    _, operators, _ = random_problem(4, 2, 30)
    operators[1][:, 2:] = 0
    both = Channels.joined([Channels.of([operators[0], np.zeros((4, 4))]), Channels.of(operators[1:])])
    assert both.count == 3
    assert sorted(set(both.channel.tolist())) == [0, 2]
    for k, operator in ((0, operators[0]), (2, operators[1])):
        mine = both.channel == k
        assert both.columns[mine].T @ both.rows[mine] == pytest.approx(operator, abs=1e-12)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"hamiltonian": np.array([[0, 1], [0, 0]])}, "hamiltonian must be Hermitian"),
        ({"operators": np.eye(3)[None]}, "operators must be"),
        ({"operators": Channels.of([np.eye(3)])}, "operators must be on 2 states, but was on 3"),
        ({"kets": UP}, "kets must be of shape"),
        ({"kets": 2 * UP[None]}, "kets must be normalised"),
        ({"duration": -1.0}, "duration must be"),
        ({"fractions": [0.5, 0.2]}, "fractions must be ascending"),
        ({"fractions": [1.5]}, "fractions must be ascending"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    options = {"hamiltonian": np.zeros((2, 2)), "operators": [DOWN], "kets": UP[None], "duration": 1.0}
    with pytest.raises(md.InputError, match=message):
        jumps(**(options | {"fractions": [1.0], "generators": generators(1)} | changed))
