"""The twirl theorem (PHYSICS 3a): averaging over the global phase changes nothing that conserves the total number."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

import mesodyn as md
from mesodyn.dynamics.sectors import evolve_in_sectors, shares
from mesodyn.numberspace import NumberSpace, Site
from mesodyn.systems.linked_traps import LinkedTraps

SEEDS = st.integers(0, 2**32 - 1)
SPACES = {
    "fermions": NumberSpace(tuple(Site(name, fermionic=True) for name in "ABC")),
    "a fermion with spin and pairs": NumberSpace((Site("A", spins=(0, 0.5), fermionic=True), Site("B", step=2))),
}


class Drawn:
    """A random conserving Hamiltonian, a random pure state, and its average over the global phase."""

    def __init__(self, space, seed):
        self.rng = np.random.default_rng(seed)
        self.totals, self.size = space.totals, space.size
        self.inside = self.totals[:, None] == self.totals[None, :]
        matrix = self.conserving()
        self.hamiltonian = matrix + matrix.conj().T
        ket = self.any()[0]
        ket /= np.linalg.norm(ket)
        self.pure = np.outer(ket, ket.conj())
        phases = 2 * np.pi * np.arange(8) / 8  # the totals differ by less than 8
        turned = [np.exp(1j * f * self.totals)[:, None] * self.pure * np.exp(-1j * f * self.totals) for f in phases]
        self.twirled = np.mean(turned, axis=0)

    def any(self):
        return self.rng.normal(size=(self.size,) * 2) + 1j * self.rng.normal(size=(self.size,) * 2)

    def conserving(self):
        return self.any() * self.inside

    def lowering(self):
        """A random operator that takes one particle away."""
        return self.any() * (self.totals[:, None] == self.totals[None, :] - 1)

    def correlator(self, state, a, b, t=0.7):
        turn = expm(-1j * t * self.hamiltonian)
        return np.trace(turn.conj().T @ a @ turn @ b @ state)


@settings(max_examples=15, deadline=None)
@given(name=st.sampled_from(sorted(SPACES)), seed=SEEDS)
def test_correlators_that_conserve_the_total_are_the_same_in_a_state_and_its_phase_average(name, seed):
    d = Drawn(SPACES[name], seed)
    assert np.abs(d.twirled - d.pure * d.inside).max() < 1e-14
    a, b = d.conserving(), d.conserving()
    scale = np.linalg.norm(a, 2) * np.linalg.norm(b, 2)
    assert abs(d.correlator(d.pure, a, b) - d.correlator(d.twirled, a, b)) < 1e-13 * scale
    a, b = d.any(), np.eye(d.size)
    assert abs(d.correlator(d.pure, a, b) - d.correlator(d.twirled, a, b)) > 1e-6  # the test can fail


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, strength=st.floats(0.1, 1.0))
def test_the_same_holds_with_loss_and_dephasing_but_not_with_a_bath_that_knows_a_phase(seed, strength):
    d = Drawn(SPACES["fermions"], seed)
    lost, seen = strength * d.lowering(), d.conserving()

    def apart(jumps):
        def slope(rho):
            found = -1j * (d.hamiltonian @ rho - rho @ d.hamiltonian)
            for jump in jumps:
                rate = jump.conj().T @ jump
                found += jump @ rho @ jump.conj().T - 0.5 * (rate @ rho + rho @ rate)
            return found

        units = np.eye(d.size**2).reshape(-1, d.size, d.size)
        lindblad = np.stack([slope(unit).ravel() for unit in units], axis=1)
        turned = [(expm(0.3 * lindblad) @ s.ravel()).reshape(s.shape) for s in (d.pure, d.twirled)]
        return abs(np.trace(seen @ (turned[0] - turned[1]))) / np.linalg.norm(seen, 2)

    assert apart([lost, strength * d.conserving()]) < 1e-12
    assert apart([lost + lost.conj().T]) > 1e-7


PAIRS = st.fixed_dictionaries(
    {
        "weight": st.floats(0.05, 0.95),
        "tunnelling": st.floats(0.3, 2.0),
        "zeeman": st.floats(5.0, 60.0),
        "field_angle": st.floats(0.0, np.pi),
        "phases": st.tuples(st.floats(-3, 3), st.floats(-3, 3)),
        "kind": st.sampled_from(["fermion", "pair", "boson"]),
        "n_c": st.integers(0, 1),
    }
)


@settings(max_examples=8, deadline=None)
@given(made=PAIRS, turns=st.floats(0, 2), loss=st.sampled_from([0.0, 0.04]), dephasing=st.sampled_from([0.0, 0.03]))
def test_two_traps_in_superpositions_are_a_sum_over_sectors_of_the_total_number(made, turns, loss, dephasing):
    pair = md.TrapPair(**made)
    turn, relax = (
        md.Rotate(duration=3.0, turns=turns, shape="uniform"),
        md.Relax(duration=2.0, rate=1.0, temperature=0.3),
    )
    protocol = md.Protocol(md.Disconnect(), turn, md.Connect(), relax)
    bath = md.Bath(loss=loss, dephasing=dephasing)
    options: Any = {"account": "superposition", "bath": bath, "moments": [0.5, 1.0]}
    whole, parts = md.evolve(pair, protocol, **options), evolve_in_sectors(pair, protocol, **options)
    for name in ("energy", "heat", "shared", "imbalance", "coherence", "n_A"):
        size = 1 + float(np.abs(whole[name]).max())
        assert float(np.abs(whole[name] - parts[name]).max()) < 1e-10 * size, name
    assert float(abs(shares(pair).sum() - 1)) < 1e-14


@settings(max_examples=6, deadline=None)
@given(weight=st.floats(0.1, 0.9), turns=st.sampled_from([0, 1, 2]), tunnelling=st.floats(0.5, 1.5))
def test_post_selected_on_one_shared_particle_superposition_and_conserving_do_not_differ(weight, turns, tunnelling):
    pair = md.TrapPair(weight=weight, tunnelling=tunnelling, phases=(0.4, 0.4))
    relax = md.Relax(duration=5.0, rate=1.0, temperature=0.0)
    protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=20.0, turns=turns), md.Connect(), relax)
    fixed = md.evolve(pair, protocol, account="conserving", moments=[1.0])
    chosen = evolve_in_sectors(pair, protocol, total=1, moments=[1.0])
    whole = md.evolve(pair, protocol, account="superposition", moments=[1.0])
    for name in ("energy", "heat", "coherence", "spin_B"):
        assert float(np.abs(fixed[name] - chosen[name]).max()) < 1e-9, name
    assert float(np.abs(fixed.coherence - whole.coherence).max()) > 0.1  # before it they do


def test_sectors_keep_axes_states_and_every_conserving_observable_but_no_order_parameter():
    traps = LinkedTraps(weight=md.axis("weight", [0.0, 0.3, 1.0]), phases=(0.5, -0.4))
    protocol = md.Protocol(md.Hold(duration=1.3))
    whole = md.evolve(traps, protocol, account="superposition", states=True)
    parts = evolve_in_sectors(traps, protocol, states=True)
    assert parts.coherence.dims == whole.coherence.dims
    assert float(np.abs(whole.coherence - parts.coherence).max()) < 1e-14
    assert float(np.abs(parts.order_parameter_A).max()) < 1e-15 < 0.4 < float(np.abs(whole.order_parameter_A).max())
    labels = traps.space.labels
    totals = dict(zip(labels, traps.space.totals, strict=True))
    inside = np.array([[totals[a] == totals[b] for b in labels] for a in labels])
    state, whole_state = (
        r.state.transpose(..., "row", "column").reindex(row=labels, column=labels).values for r in (parts, whole)
    )
    assert np.abs(state - whole_state * inside).max() < 1e-14


def test_coherent_states_in_two_wells_are_a_poisson_sum_of_fixed_totals():
    """States given as kets: the parts stay kets, their sum is a density matrix."""
    junction = md.BoseJunction(particles=3, spread=12, interaction=0.4, imbalance=0.3, phase=0.2)
    swing = md.Protocol(md.Hold(duration=2.0))
    whole = md.evolve(junction, swing, account="superposition", moments=[0.4, 1.0], states=True)
    parts = evolve_in_sectors(junction, swing, moments=[0.4, 1.0], states=True)
    for name in ("energy", "z", "z_squared", "coherence"):
        assert float(np.abs(whole[name] - parts[name]).max()) < 1e-12, name
    totals = shares(junction)
    ratio = totals.sel(total=4) / totals.sel(total=3)
    assert float(ratio) == pytest.approx(3 / 4, abs=1e-12)  # Poisson of mean 3
    assert "column" not in whole.state.dims and {"row", "column"} <= set(parts.state.dims)
    trace = parts.state.isel(edge=-1).values.trace()
    assert trace == pytest.approx(1, abs=1e-12)


def test_a_sector_that_a_state_has_not_is_refused():
    with pytest.raises(md.InputError, match="sector"):
        evolve_in_sectors(md.TrapPair(), md.Protocol(md.Hold(duration=1.0)), account="conserving", total=2)


# -- 4.3: fermion parity ----------------------------------------------------------------------------------------------


def test_an_odd_unitary_on_one_trap_would_flip_an_odd_observable_of_the_other_and_even_ones_do_nothing():
    """Signalling: so odd operators can't be local observables, and state (2) of a fermion can't be seen in one trap."""
    space = NumberSpace((Site("A", fermionic=True), Site("B", fermionic=True)))
    a, b = (space.field(name)[0].full() for name in "AB")
    odd_a, odd_b = a + a.conj().T, b + b.conj().T
    assert np.abs(odd_a @ odd_b @ odd_a + odd_b).max() < 1e-15
    u, v = np.sqrt(0.7), np.sqrt(0.3)
    state = LinkedTraps(weight=0.3).prepare("superposition", "ground", _values(LinkedTraps(weight=0.3)))[1][0]
    before = np.trace(odd_b @ state).real
    assert before == pytest.approx(2 * u * v * (u**2 - v**2), abs=1e-14)  # DEFINITIONS 6.1: the string is in it
    kick = expm(-1j * np.pi / 2 * odd_a)
    assert np.trace(odd_b @ kick @ state @ kick.conj().T).real == pytest.approx(-before, abs=1e-14)
    rng = np.random.default_rng(3)
    even = expm(-1j * np.diag(rng.normal(size=2)[[0, 0, 1, 1]]))  # any even unitary on A: a phase of each number
    for seen in (odd_b, b.conj().T @ b):
        assert np.trace(seen @ even @ state @ even.conj().T).real == pytest.approx(np.trace(seen @ state).real)


# -- 4.6: an equilibrium that turns --------------------------------------------------------------------------------


@pytest.mark.parametrize("difference", [0.0, 0.35, -0.8])
def test_of_two_dots_only_the_relative_phase_moves_at_the_difference_of_their_chemical_potentials(difference):
    pair = md.TrapPair(detuning=difference, zeeman=0.0)
    watched = md.evolve(pair, md.Protocol(md.Disconnect(), md.Hold(duration=3.0)), account="superposition")
    phase = np.unwrap(np.angle(watched.coherence.values[1:]))
    rate = np.polyfit(watched.time.values[1:], phase, 1)[0]
    assert rate == pytest.approx(difference, abs=1e-10)
    for name in ("energy", "n_A", "n_B", "imbalance"):
        assert float(watched[name][1:].std()) < 1e-14
    chemical = [1.0, 1.0 + difference]
    alone = [md.experiment("beating", chemical_potential=mu, frame_potential=mu) for mu in chemical]
    for one in alone:  # in the frame of its own chemical potential each stands still
        assert abs(float(one.run().findings["residual_frequency"].value)) < 1e-10


def _values(system):
    return {name: np.atleast_1d(value) for name, value in system.values().items()}
