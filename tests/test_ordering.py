"""The paper's definition of order, by acting on states: gauge, full turns, reversal of time."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

from mesodyn.errors import InputError
from mesodyn.numberspace import NumberSpace, Site
from mesodyn.ordering import gauge, ordering, rotation, time_reversal

angles = st.floats(-20, 20)
seeds = st.integers(0, 2**32 - 1)
SPINS = [(0.0, 0.5), (0.5, 0.0), (0.0, 1.5), (1.5, 0.0)]


def fermion(name, spins):
    """A site whose spin is that of its number of fermions."""
    return Site(name, n_c=int(2 * spins[0]) % 2, spins=spins, fermionic=True)


KINDS = {
    "fermion": NumberSpace((fermion("A", (0.0, 0.5)),)),
    "fermion on an odd core": NumberSpace((fermion("A", (1.5, 0.0)),)),
    "two fermions": NumberSpace((fermion("A", (0.5, 0.0)), fermion("B", (0.0, 0.5)))),
    "pair on an odd core": NumberSpace((Site("A", 3, 2, (0.5, 0.5), fermionic=True),)),
    "boson with spin": NumberSpace((Site("A", 4, 1, (0.0, 1.0)),)),
    "spinless boson": NumberSpace((Site("A"), Site("B", n_c=1))),
}
spaces = st.sampled_from(list(KINDS.values()))
fermions = st.sampled_from([space for space in KINDS.values() if all(site.fermionic for site in space.sites)])


def random_ket(space, seed):
    rng = np.random.default_rng(seed)
    return qutip.Qobj(rng.normal(size=space.size) + 1j * rng.normal(size=space.size), dims=[space.dims, [1]]).unit()


def same(one, other, within=1e-12):
    return np.abs((one - other).full()).max() < within


def superposition(space, low, high, weight=0.3, phase=0.7):
    """u |low> + v exp(i phase) |high>, by the labels of the basis."""
    one = f"{space.sites[0].name}:" if len(space.sites) == 1 else ""
    place = [space.labels.index(one + label) for label in (low, high)]
    ket = np.zeros(space.size, complex)
    ket[place] = np.sqrt(1 - weight), np.sqrt(weight) * np.exp(1j * phase)
    return qutip.Qobj(ket, dims=[space.dims, [1]])


# -- the operations --------------------------------------------------------------------------------------------------


@given(space=spaces, f=angles, g=angles)
@settings(max_examples=30, deadline=None)
def test_gauge_transformations_turn_every_field_by_their_angle_and_combine(space, f, g):
    u = gauge(space, f)
    assert same(u @ gauge(space, g), gauge(space, f + g), 1e-10)
    for site in space.sites:
        for psi in space.field(site.name):
            assert same(u.dag() @ psi @ u, np.exp(1j * site.step * f) * psi, 1e-10)


@given(space=spaces, alpha=angles, seed=seeds)
@settings(max_examples=30, deadline=None)
def test_rotations_turn_the_spin_as_a_vector(space, alpha, seed):
    axis = np.random.default_rng(seed).normal(size=3)
    unit = axis / np.linalg.norm(axis)
    cross = np.cross(unit, np.eye(3)).T
    matrix = np.cos(alpha) * np.eye(3) + np.sin(alpha) * cross + (1 - np.cos(alpha)) * np.outer(unit, unit)
    u = rotation(space, alpha, list(axis))
    for site in space.sites:
        spin = space.spin(site.name)
        for k in range(3):
            turned = sum(matrix[k, j] * spin[j] for j in range(3))
            assert same(u.dag() @ spin[k] @ u, turned, 1e-11)


@given(space=fermions, axis=st.sampled_from("xyz"))
@settings(max_examples=30, deadline=None)
def test_a_full_turn_and_the_square_of_time_reversal_are_the_parity_of_the_number(space, axis):
    parity = gauge(space, np.pi)
    turn = rotation(space, 2 * np.pi, axis)
    assert same(turn, parity)
    state = random_ket(space, 1)
    twice = time_reversal(space, time_reversal(space, state))
    assert same(twice, parity @ state)
    assert same(turn @ twice, state)


def test_a_full_turn_of_bosons_is_nothing():
    for name in ("boson with spin", "spinless boson"):
        space = KINDS[name]
        assert same(rotation(space, 2 * np.pi, "x"), qutip.qeye(space.dims))
        state = random_ket(space, 2)
        assert same(time_reversal(space, time_reversal(space, state)), state)


def test_one_site_can_be_turned_alone():
    space = KINDS["two fermions"]
    both = rotation(space, 0.8, "y", site="A") @ rotation(space, 0.8, "y", site="B")
    assert same(both, rotation(space, 0.8, "y"))
    parity = qutip.Qobj(np.diag((-1.0) ** space.number("B").diag()), dims=[space.dims] * 2)
    assert same(rotation(space, 2 * np.pi, site="B"), parity)


@given(space=spaces, seed=seeds)
@settings(max_examples=30, deadline=None)
def test_time_reversal_is_antiunitary_and_turns_spins_over(space, seed):
    one, other = random_ket(space, seed), random_ket(space, seed + 1)
    first, second = time_reversal(space, one), time_reversal(space, other)
    assert first.overlap(second) == pytest.approx(np.conj(one.overlap(other)), abs=1e-13)
    assert same(time_reversal(space, 1j * one), -1j * first)
    assert same(time_reversal(space, one.proj()), first.proj())
    for site in space.sites:
        for part in space.spin(site.name):
            assert qutip.expect(part, first) == pytest.approx(-qutip.expect(part, one), abs=1e-13)


@pytest.mark.parametrize("spins", SPINS)
def test_fields_reversed_in_time_are_fields_of_the_other_spin(spins):
    """T Psi_m T^-1 = (-1)**(s - m) Psi_-m for a spin that is lost and one that is left behind."""
    space = NumberSpace((fermion("A", (0.0, 0.5)), fermion("B", spins)))
    parity = gauge(space, np.pi)

    def conjugated(operator):
        columns = []
        for k in range(space.size):
            ket = qutip.Qobj(np.eye(space.size)[k], dims=[space.dims, [1]])
            back = parity @ time_reversal(space, ket)  # T^-1 = (-1)**N T
            columns.append(time_reversal(space, operator @ back).full().ravel())
        return np.array(columns).T

    fields, s = space.field("B"), max(spins)
    for k, psi in enumerate(fields):
        expected = (-1) ** k * fields[round(2 * s) - k]
        assert conjugated(psi) == pytest.approx(expected.full(), abs=1e-14)


@given(space=spaces, alpha=angles, seed=seeds)
@settings(max_examples=20, deadline=None)
def test_time_reversal_commutes_with_rotations(space, alpha, seed):
    state, u = random_ket(space, seed), rotation(space, alpha, "x") @ rotation(space, 0.3, "z")
    assert same(time_reversal(space, u @ state), u @ time_reversal(space, state), 1e-11)


def test_a_superposition_of_n_and_n_plus_one_changes_its_phase_by_pi_under_either_full_operation():
    space = KINDS["fermion"]
    state, moved = (superposition(space, "0", "1,+1/2", phase=phase) for phase in (0.7, 0.7 + np.pi))
    assert (rotation(space, 2 * np.pi) @ state - moved).norm() < 1e-14
    assert (time_reversal(space, time_reversal(space, state)) - moved).norm() < 1e-14
    odd = KINDS["fermion on an odd core"]
    turned = rotation(odd, 2 * np.pi) @ superposition(odd, "1,+3/2", "2")
    assert (turned + superposition(odd, "1,+3/2", "2", phase=0.7 + np.pi)).norm() < 1e-14


# -- which order -----------------------------------------------------------------------------------------------------


def test_state_2_is_superfluid_and_breaks_the_full_turn():
    space = NumberSpace((Site("trap", n_c=4, fermionic=True),))
    found = ordering(space, superposition(space, "4", "5"))
    assert (found.superfluid, found.superconducting, found.magnetic) == (True, False, False)
    uv = np.sqrt(0.3 * 0.7)
    assert found.field == {"trap": pytest.approx(uv, abs=1e-14)}
    assert found.broken["rotation(2 pi)"] == pytest.approx(2 * uv, abs=1e-14)
    assert found.broken["gauge"] == found.broken["gauge(pi)"] == pytest.approx(2 * uv, abs=1e-14)
    assert found.pair_field == {}


@pytest.mark.parametrize("n_c", [2, 3])
def test_state_3_is_superconducting_and_keeps_the_full_turn(n_c):
    space = NumberSpace((Site("trap", n_c=n_c, step=2, fermionic=True),))
    found = ordering(space, superposition(space, str(n_c), str(n_c + 2)))
    assert (found.superfluid, found.superconducting, found.magnetic) == (False, True, False)
    assert found.pair_field == {"trap": pytest.approx(np.sqrt(0.21), abs=1e-14)}
    assert found.field == {}
    assert max(found.broken["rotation(2 pi)"], found.broken["gauge(pi)"]) < 1e-15
    assert found.broken["gauge"] == pytest.approx(2 * np.sqrt(0.21), abs=1e-14)


def test_state_3_on_an_odd_core_is_magnetic_as_well():
    space = KINDS["pair on an odd core"]
    found = ordering(space, superposition(space, "3,+1/2", "5,+1/2"))
    assert (found.superfluid, found.superconducting, found.magnetic) == (False, True, True)
    assert found.broken["time_reversal"] == pytest.approx(1, abs=1e-14)
    assert found.spin["A"] == pytest.approx((0, 0, 0.5), abs=1e-14)


def test_superfluid_bosons_keep_the_full_turn():
    found = ordering(KINDS["boson with spin"], superposition(KINDS["boson with spin"], "4", "5,+0"))
    assert (found.superfluid, found.superconducting, found.magnetic) == (True, False, False)
    assert found.broken["rotation(2 pi)"] == 0


def test_a_spin_along_a_field_is_magnetic_by_the_weight_of_the_odd_number():
    space = KINDS["fermion"]
    state = rotation(space, 1.1, "y") @ superposition(space, "0", "1,+1/2")
    found = ordering(space, state)
    assert (found.superfluid, found.magnetic) == (True, True)
    assert found.broken["time_reversal"] == pytest.approx(0.3, abs=1e-14)
    assert found.spin["A"] == pytest.approx((0.15 * np.sin(1.1), 0, 0.15 * np.cos(1.1)), abs=1e-14)


def test_mixtures_and_shared_particles_break_nothing():
    space = NumberSpace((Site("A", fermionic=True), Site("B", fermionic=True)))
    shared = superposition(space, "A:1 B:0", "A:0 B:1", weight=0.4)
    for state in (shared, shared.proj(), qutip.qeye(space.dims) / 4):
        found = ordering(space, state)
        assert not (found.superfluid or found.superconducting or found.magnetic)
        assert found.broken["gauge"] < 1e-14
    alone = NumberSpace((Site("A", fermionic=True),))
    assert not ordering(alone, space.reduced(shared, ["A"])).superfluid


def test_two_independent_traps_are_superfluid_each():
    space = NumberSpace((Site("A", fermionic=True), Site("B", fermionic=True)))
    ket = qutip.tensor(qutip.Qobj([[0.6], [0.8j]]), qutip.Qobj([[0.8], [0.6]]))
    found = ordering(space, ket)
    assert found.superfluid
    assert found.field == pytest.approx({"A": 0.48, "B": 0.48}, abs=1e-14)
    assert found.pair_field == {"A B": pytest.approx(0.48**2, abs=1e-14)}


def test_a_pair_spread_over_two_sites_is_superconducting():
    space = NumberSpace((fermion("A", (0.0, 0.5)), fermion("B", (0.0, 0.5))))
    singlet = superposition(space, "A:1,+1/2 B:1,-1/2", "A:1,-1/2 B:1,+1/2", weight=0.5, phase=np.pi)
    empty = superposition(space, "A:0 B:0", "A:0 B:0", weight=0.5, phase=0.0)
    found = ordering(space, (empty.unit() + np.exp(0.4j) * singlet).unit())
    assert (found.superfluid, found.superconducting, found.magnetic) == (False, True, False)
    assert found.pair_field["A B"] == pytest.approx(0.5, abs=1e-14)
    assert found.broken["rotation(2 pi)"] < 1e-14


def test_three_independent_steps_at_once_are_no_superconductor():
    space = NumberSpace((Site("A"), Site("B"), Site("C")))
    found = ordering(space, superposition(space, "A:0 B:0 C:0", "A:1 B:1 C:1"))
    assert found.superfluid
    assert not found.superconducting
    assert max(found.field.values()) == 0


@given(seed=seeds, space=spaces, f=angles)
@settings(max_examples=30, deadline=None)
def test_order_does_not_depend_on_the_choice_of_gauge(seed, space, f):
    state = random_ket(space, seed)
    one, other = ordering(space, state), ordering(space, gauge(space, f) @ state)
    assert one.broken == pytest.approx(other.broken, abs=1e-11)
    assert one.field == pytest.approx(other.field, abs=1e-11)


@given(seed=seeds, name=st.sampled_from(["fermion", "pair on an odd core", "boson with spin"]))
@settings(max_examples=30, deadline=None)
def test_trace_distances_of_pure_states_are_those_of_the_fidelity(seed, name):
    space = KINDS[name]
    state = random_ket(space, seed)
    fidelity = abs(state.overlap(gauge(space, np.pi) @ state)) ** 2
    assert ordering(space, state).broken["gauge(pi)"] == pytest.approx(np.sqrt(max(0, 1 - fidelity)), abs=1e-7)


def test_a_fading_coherence_is_seen_until_the_tolerance():
    space = NumberSpace((Site("A", fermionic=True),))
    for coherence, seen in ((1e-3, True), (1e-8, True), (1e-11, False)):
        matrix = qutip.Qobj([[0.5, coherence], [coherence, 0.5]])
        assert ordering(space, matrix).superfluid is seen


# -- refusals --------------------------------------------------------------------------------------------------------


def test_a_spin_that_a_field_holds_can_only_be_turned_whole():
    space = NumberSpace((Site("A", n_c=2, fermionic=True),))
    assert same(rotation(space, 4 * np.pi, "x"), qutip.qeye([2]))
    assert same(rotation(space, -2 * np.pi, "x"), gauge(space, np.pi))
    with pytest.raises(InputError, match="angle must be full turns: the spin of site A isn't part of the space"):
        rotation(space, 1.0)
    with pytest.raises(InputError, match="the spin of site A must be part of the space for the reversal of time"):
        time_reversal(space, qutip.basis(2, 0))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda space, state: rotation(space, 1.0, "w"), "axis must be one of x, y, z"),
        (lambda space, state: rotation(space, 1.0, (0, 0, 0)), "axis must be 'x', 'y', 'z' or three numbers"),
        (lambda space, state: rotation(space, 1.0, (0, 1)), "axis must be 'x', 'y', 'z' or three numbers"),
        (lambda space, state: rotation(space, 1.0, site="B"), "site must be one of A"),
        (lambda space, state: rotation(space, 1j), "angle must be a finite real number"),  # type: ignore[arg-type]
        (lambda space, state: gauge(space, "pi"), "angle must be a finite real number"),  # type: ignore[arg-type]
        (lambda space, state: ordering(space, 2 * state), "state must be normalised, but was of trace 4"),
        (lambda space, state: ordering(space, qutip.basis(2, 0)), r"of dims \[3\], but was one of dims \[2\]"),
        (lambda space, state: ordering(space, state.full()), "state must be a ket or density matrix"),
        (lambda space, state: time_reversal(space, state.dag()), "state must be a ket or density matrix"),
    ],
)
def test_what_is_no_state_or_no_rotation_is_refused(call, message):
    space = KINDS["fermion"]
    with pytest.raises(InputError, match=message):
        call(space, superposition(space, "0", "1,+1/2"))
