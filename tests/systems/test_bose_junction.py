"""Bosons in two modes: spectrum, accounts, symmetries, and its mean field."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.dynamics.flow import flow
from mesodyn.dynamics.tridiagonal import Spectrum
from mesodyn.errors import InputError
from mesodyn.systems.bose_junction import TwoModes, coherent, poisson, smeared
from mesodyn.systems.bose_mean_field import Field, critical_imbalance, critical_strength, on_sphere, orbit

NUMBER = st.floats(-2, 2)


def spectrum(junction: md.BoseJunction) -> np.ndarray:
    return np.asarray(junction.hamiltonian().eigenenergies())


def test_one_particle_is_split_by_twice_the_tunnelling():
    assert spectrum(md.BoseJunction(particles=1, tunnelling=0.7, interaction=9.0)) == pytest.approx([-0.7, 0.7])


def test_operators_are_sparse_and_large_numbers_are_cheap():
    junction = md.BoseJunction(particles=1000, interaction=0.02)
    dense = qutip.data.Dense  # type: ignore[attr-defined]
    assert all(not isinstance(each.data, dense) for each in junction.operators.values())
    assert junction.hamiltonian().isherm
    assert len(junction.space.labels) == junction.space.size == 1001


@settings(max_examples=15, deadline=None)
@given(j=st.floats(0.1, 2), u=NUMBER, bias=NUMBER, n=st.integers(1, 7))
def test_the_hamiltonian_is_that_of_two_oscillators(j, u, bias, n):
    found = spectrum(md.BoseJunction(particles=n, tunnelling=j, interaction=u, detuning=bias))
    a, b = qutip.tensor(qutip.destroy(n + 1), qutip.qeye(n + 1)), qutip.tensor(qutip.qeye(n + 1), qutip.destroy(n + 1))
    na, nb = a.dag() @ a, b.dag() @ b
    full = -j * (a.dag() @ b + b.dag() @ a) + 0.5 * u * (na @ (na - 1) + nb @ (nb - 1)) + 0.5 * bias * (na - nb)
    kept = [k * (n + 1) + (n - k) for k in range(n + 1)]
    assert found == pytest.approx(np.linalg.eigvalsh(full.full()[np.ix_(kept, kept)]), abs=1e-10)


@settings(max_examples=15, deadline=None)
@given(z=st.floats(-1, 1), phase=st.floats(-4, 4), n=st.integers(1, 300))
def test_a_coherent_state_has_its_imbalance_and_phase(z, phase, n):
    ket = coherent(n, z, phase)
    junction = md.BoseJunction(particles=n).observables()
    state = qutip.Qobj(ket)
    assert state.norm() == pytest.approx(1, abs=1e-11)
    assert qutip.expect(junction["z"], state) == pytest.approx(z, abs=1e-10)
    assert qutip.expect(junction["z_squared"], state) == pytest.approx(z**2 + (1 - z**2) / n, abs=1e-10)
    expected = 0.5 * n * np.sqrt(1 - z**2) * np.exp(-1j * phase)
    assert qutip.expect(junction["coherence"], state) == pytest.approx(expected, abs=1e-9 * n)


def test_a_phase_that_is_not_sharp_is_an_average_of_sharp_ones():
    away = 2 * np.pi * np.arange(64) / 64
    weights = np.exp(3.0 * (np.cos(away) - 1))
    kets = coherent(7, np.full(64, 0.4), 0.3 + away)
    mean = np.einsum("p,pi,pj->ij", weights / weights.sum(), kets, kets.conj())
    assert smeared(7, 0.4, 0.3, 3.0) == pytest.approx(mean, abs=1e-12)
    assert smeared(7, 0.4, 0.3, 0.0) == pytest.approx(np.diag(np.abs(coherent(7, 0.4, 0.3)) ** 2), abs=1e-14)


def test_accounts_differ_by_the_spread_of_totals_and_the_phase():
    junction = md.BoseJunction(particles=3, interaction=0.4, imbalance=0.2, phase=0.5, spread=15)
    values = {name: np.atleast_1d(value) for name, value in junction.values().items()}
    kept, ket = junction.prepare("superposition", "ground", values)
    state = qutip.Qobj(ket[0])
    a, b = junction.losses()
    alpha, beta = np.sqrt(3 * 0.6) * np.exp(0.5j), np.sqrt(3 * 0.4)
    assert len(kept) == junction.space.size
    assert qutip.expect(a, state) == pytest.approx(alpha, abs=1e-6)
    assert qutip.expect(b, state) == pytest.approx(beta, abs=1e-6)
    sector = junction.space.sector(3)
    inside = ket[0][sector]
    assert np.vdot(inside, inside).real == pytest.approx(poisson(3, np.array(3)), abs=1e-7)
    assert inside / np.linalg.norm(inside) == pytest.approx(coherent(3, 0.2, 0.5), abs=1e-9)
    _, mixed = junction.prepare("mixture", "ground", values)
    assert np.abs(mixed[0] - np.diag(np.diag(mixed[0]))).max() == 0
    _, alone = junction.prepare("conserving", "ground", values)
    assert alone[0] == pytest.approx(coherent(3, 0.2, 0.5))


def test_modes_commute_as_bosons_do():
    junction = md.BoseJunction(particles=4, spread=2)
    a, b = junction.losses()
    space = junction.space
    inner = np.flatnonzero((space.totals > 3) & (space.totals < 6))
    one = (a @ a.dag() - a.dag() @ a).full()[np.ix_(inner, inner)]
    assert one == pytest.approx(np.eye(len(inner)))
    assert np.abs((a @ b.dag() - b.dag() @ a).full()[np.ix_(inner, inner)]).max() < 1e-12


def test_equilibrium_has_the_ground_states_fluctuations_and_heats_up():
    cold = md.BoseJunction(particles=40, interaction=0.5).equilibrium()
    strength = 0.5 * 39 / 2
    assert float(cold.coherence) == pytest.approx(1, abs=0.1)
    assert 40 * float(cold.z_squared) == pytest.approx(1 / np.sqrt(1 + strength), rel=0.05)
    warm = md.BoseJunction(particles=40, interaction=0.5, temperature=30.0).equilibrium()
    assert float(warm.energy) > float(cold.energy)
    assert float(warm.coherence) < float(cold.coherence)
    swept = md.BoseJunction(particles=40, interaction=md.axis("interaction", [0.0, 0.5])).equilibrium()
    assert float(swept.gap[1]) == float(cold.gap)


def test_thermal_states_are_gibbs_states():
    junction = md.BoseJunction(particles=5, interaction=0.5, detuning=0.3, temperature=2.0)
    _, state = junction.prepare(
        "conserving", "thermal", {k: np.array([np.nan if v is None else v]) for k, v in junction.values().items()}
    )
    gibbs = (-junction.hamiltonian() / 2.0).expm()
    assert state[0] == pytest.approx((gibbs / gibbs.tr()).full(), abs=1e-12)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"particles": 0}, "particles"),
        ({"imbalance": 1.2}, "imbalance"),
        ({"interaction": 1j}, "interaction"),
        ({"spread": -1}, "spread"),
        ({"temperature": -1.0}, "temperature"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        md.BoseJunction(**wrong)


def test_accounts_that_need_more_totals_say_so():
    hold = md.Protocol(md.Hold(duration=1.0))
    with pytest.raises(InputError, match="spread"):
        md.evolve(md.BoseJunction(particles=3, imbalance=0.1), hold, account="superposition")
    with pytest.raises(InputError, match="imbalance"):
        md.evolve(md.BoseJunction(particles=3, spread=20), hold, account="mixture")
    with pytest.raises(InputError, match="spread"):
        md.evolve(md.BoseJunction(particles=3, imbalance=0.1), hold, bath=md.Bath(loss=0.1))
    with pytest.raises(InputError, match="spread"):
        md.BoseJunction(spread=2).smeared()


def test_spaces_name_their_states():
    assert TwoModes(totals_held=(1, 2)).labels == ["a:0 b:1", "a:1 b:0", "a:0 b:2", "a:1 b:1", "a:2 b:0"]
    assert TwoModes(totals_held=(1, 2)).dims == [5]


# -- the mean field -------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(z=st.floats(-0.95, 0.95), phase=st.floats(-3.1, 3.1), strength=st.floats(-15, 15), bias=NUMBER)
def test_orbits_by_quadrature_are_those_of_the_equations(z, phase, strength, bias):
    known = orbit(z, phase, strength, bias)
    if not np.isfinite(known.period) or known.period > 50:
        return
    time = np.linspace(0, known.period, 801)
    path = flow(Field(strength, bias).slope, on_sphere(z, phase), time, tolerance=1e-12)
    assert path[-1] == pytest.approx(path[0], abs=2e-6)
    assert path[:, 2].min() >= known.lowest - 1e-6
    assert path[:, 2].max() <= known.highest + 1e-6
    assert np.ptp(Field(strength, bias).energy(path)) < 1e-8


@settings(max_examples=10, deadline=None)
@given(
    z=st.floats(-0.9, 0.9),
    phase=st.floats(-3, 3),
    strength=st.floats(0, 9),
    loss=st.floats(0, 0.3),
    drag=st.floats(0, 0.3),
)
def test_friction_keeps_the_sphere_and_takes_energy(z, phase, strength, loss, drag):
    field = Field(strength, 0.2, loss, drag)
    path = flow(field.slope, on_sphere(z, phase), np.linspace(0, 3, 50), tolerance=1e-10)
    assert np.linalg.norm(path, axis=1) == pytest.approx(1, abs=1e-7)
    assert np.diff(field.energy(path)).max() < 1e-8


def test_equal_frictions_are_those_of_landau_and_lifshitz():
    field, point = Field(3.0, 0.4, 0.2, 0.2), on_sphere(0.3, 1.1)
    pull = np.array([1.0, 0.0, -(3.0 * 0.3 + 0.4)])  # minus the gradient of H
    free = Field(3.0, 0.4).slope(0.0, point)
    assert field.slope(0.0, point) - free == pytest.approx(0.2 * (pull - point * (point @ pull)), abs=1e-12)


def test_critical_values_are_each_others_inverse():
    assert critical_strength(critical_imbalance(15.0), 0.0) == pytest.approx(15)
    assert np.isnan(critical_imbalance(0.9))
    assert np.isnan(critical_strength(0.0, 0.0))


# -- kets -----------------------------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(u=NUMBER, bias=NUMBER, z=st.floats(-0.9, 0.9), phase=st.floats(-3, 3))
def test_kets_keep_their_norm_and_do_not_care_when_they_start(u, bias, z, phase):
    junction = md.BoseJunction(particles=30, interaction=u, detuning=bias)
    terms = junction.diagonals
    levels = Spectrum(u * terms["interaction"][1] + bias * terms["imbalance"][1], terms["link"][1])
    start = coherent(30, z, phase)
    once, twice = levels.moved(start, np.array([0.7, 1.6]))
    assert np.linalg.norm(twice) == pytest.approx(1, abs=1e-12)
    assert levels.moved(once, np.array([0.9]))[0] == pytest.approx(twice, abs=1e-11)
    assert levels.step(start[None], 1.6)[0] == pytest.approx(twice, abs=1e-11)


def test_noise_without_tunnelling_takes_the_coherence_at_its_rate():
    n, rate, width, runs = 6, 0.8, 0.05, 4000
    levels = Spectrum(np.zeros(n + 1), np.zeros(n))
    kicks = np.sqrt(2 * rate * width) * np.random.default_rng(1).standard_normal((1, 20, runs))
    (kets,) = levels.kicked(coherent(n, np.zeros(runs), 0.0), np.asarray(np.arange(n + 1) - n / 2, float), kicks, width)
    hop = np.sqrt(np.arange(1.0, n + 1) * np.arange(n, 0.0, -1)) * 2 / n
    left = (kets[:, 1:].conj() * kets[:, :-1] * hop).sum(axis=1)
    assert abs(left.mean() - np.exp(-rate)) < 4 * left.std() / np.sqrt(runs)


def test_the_start_can_be_an_axis():
    junction = md.BoseJunction(particles=4, imbalance=md.axis("imbalance", [0.1, 0.2]))
    assert junction.equilibrium().z.values == pytest.approx(0, abs=1e-12)
    record = md.evolve(junction, md.Protocol(md.Hold(duration=1.0)), moments=2)
    assert record.z[0].values == pytest.approx([0.1, 0.2])
