"""Signs of fermions: exchange, reductions, and the operation that this package exists to avoid."""

import itertools

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

from mesodyn.numberspace import NumberSpace, Site, reduced


def modes(n):
    return NumberSpace(tuple(Site("ABCDE"[k], fermionic=True) for k in range(n)))


def anticommutator(a, b):
    return (a @ b + b @ a).full()


def random_state(space, seed, pure):
    rng = np.random.default_rng(seed)
    rank = 1 if pure else 3
    kets = rng.normal(size=(rank, space.size)) + 1j * rng.normal(size=(rank, space.size))
    rho = np.einsum("ri,rj->ij", kets, kets.conj())
    return qutip.Qobj(rho / np.trace(rho), dims=[space.dims, space.dims])


def test_ptrace_of_jordan_wigner_modes_turns_a_sign_and_reduced_does_not():
    """Three modes, the middle one filled: <c1^dagger c3> = +1/2 (PEERS)."""
    c = [qutip.fdestroy(3, k) for k in range(3)]
    empty = qutip.basis([2, 2, 2], [0, 0, 0])
    state = c[1].dag() @ (c[0].dag() + c[2].dag()) @ empty
    state = state.unit()
    assert qutip.expect(c[0].dag() @ c[2], state) == pytest.approx(0.5, abs=1e-14)
    d = [qutip.fdestroy(2, k) for k in range(2)]
    kept = d[0].dag() @ d[1]
    assert qutip.expect(kept, state.ptrace([0, 2])) == pytest.approx(-0.5, abs=1e-14)
    assert qutip.expect(kept, reduced(state, [np.array([0, 1])] * 3, [0, 2])) == pytest.approx(0.5, abs=1e-14)
    assert qutip.expect(kept, modes(3).reduced(state, ["A", "C"])) == pytest.approx(0.5, abs=1e-14)


def test_fields_of_spinless_modes_are_those_of_qutip():
    space = modes(4)
    for k in range(4):
        assert np.abs(space.field("ABCD"[k])[0].full() - qutip.fdestroy(4, k).full()).max() == 0


@settings(max_examples=20, deadline=None)
@given(data=st.data(), n=st.integers(3, 5), seed=st.integers(0, 2**32 - 1), pure=st.booleans())
def test_reduction_keeps_every_even_and_odd_expectation_of_what_is_kept(data, n, seed, pure):
    space = modes(n)
    keep = sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=1, max_size=min(3, n - 1))))
    state = random_state(space, seed, pure)
    small = space.reduced(state, ["ABCDE"[k] for k in keep])
    assert abs(small.tr() - 1) < 1e-13
    assert small.eigenenergies().min() > -1e-13
    whole = [space.field("ABCDE"[k])[0] for k in keep]
    alone = [field[0] for field in (modes(len(keep)).field("ABCDE"[k]) for k in range(len(keep)))]
    for powers in itertools.product(range(4), repeat=len(keep)):  # every product of c and c^dagger: a basis
        first, second = qutip.qeye(space.dims), qutip.qeye([2] * len(keep))
        for power, c, d in zip(powers, whole, alone, strict=True):
            for bit, dagger in ((1, False), (2, True)):
                if power & bit:
                    first, second = first @ (c.dag() if dagger else c), second @ (d.dag() if dagger else d)
        assert abs((first @ state).tr() - (second @ small).tr()) < 1e-12


@settings(max_examples=15, deadline=None)
@given(
    data=st.data(),
    spins=st.lists(st.sampled_from([(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.0, 1.5)]), min_size=3, max_size=3),
    seed=st.integers(0, 2**32 - 1),
)
def test_reduction_keeps_expectations_of_sites_with_spin(data, spins, seed):
    space = NumberSpace(tuple(Site(name, spins=s, fermionic=True) for name, s in zip("ABC", spins, strict=True)))
    keep = data.draw(st.sampled_from(["A", "B", "C", "AB", "AC", "BC"]))
    state = random_state(space, seed, False)
    small = space.reduced(state, list(keep))
    alone = NumberSpace(tuple(space.sites[space.position(name)] for name in keep))
    whole = [f for name in keep for f in space.field(name)]
    parts = [f for name in keep for f in alone.field(name)]
    for a, b in zip(whole, parts, strict=True):
        assert abs((a @ state).tr() - (b @ small).tr()) < 1e-12
        for c, d in zip(whole, parts, strict=True):
            assert abs((a.dag() @ c @ state).tr() - (b.dag() @ d @ small).tr()) < 1e-12
            assert abs((a @ c @ state).tr() - (b @ d @ small).tr()) < 1e-12
            for e, f in zip(whole, parts, strict=True):
                assert abs((a.dag() @ c @ e @ state).tr() - (b.dag() @ d @ f @ small).tr()) < 1e-12


@settings(max_examples=15, deadline=None)
@given(
    spins=st.lists(st.sampled_from([(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.0, 1.5)]), min_size=2, max_size=4),
    n_c=st.integers(0, 3),
)
def test_fields_of_different_sites_anticommute(spins, n_c):
    space = NumberSpace(tuple(Site(name, n_c, 1, s, True) for name, s in zip("ABCD", spins, strict=False)))
    names = [site.name for site in space.sites]
    for a, b in itertools.combinations(names, 2):
        for first in space.field(a):
            for second in space.field(b):
                assert np.abs(anticommutator(first, second)).max() == 0
                assert np.abs(anticommutator(first, second.dag())).max() == 0
    for site in space.sites:
        fields = space.field(site.name)
        for first in fields:
            assert np.abs((first @ first).full()).max() == 0
        if site.spins == (0.0, 0.0):  # one orbital without spin: the whole algebra
            assert np.abs(anticommutator(fields[0], fields[0].dag()) - np.eye(space.size)).max() == 0


@pytest.mark.parametrize("site", [Site("A", 0, 2, fermionic=True), Site("A", 3, 1, (0.0, 1.0))])
def test_fields_of_pairs_and_bosons_commute(site):
    other = Site("B", site.n_c, site.step, site.spins, site.fermionic)
    space = NumberSpace((site, other))
    for first in space.field("A"):
        for second in space.field("B"):
            for one in (second, second.dag()):
                assert np.abs((first @ one - one @ first).full()).max() == 0


@pytest.mark.parametrize("spins", [(0.0, 0.5), (0.5, 0.0), (0.0, 1.0), (0.0, 1.5), (2.5, 0.0), (0.5, 0.5)])
def test_hopping_between_two_sites_turns_with_both_spins(spins):
    """[sum_m Psi_A^dagger Psi_B, S_A + S_B] = 0."""
    fermionic = spins != (0.0, 1.0)
    step = 2 if spins[0] == spins[1] else 1
    space = NumberSpace(tuple(Site(name, 0, step, spins, fermionic) for name in "AB"))
    hop = space.correlation("A", "B")
    for a, b in zip(space.spin("A"), space.spin("B"), strict=True):
        assert np.abs((hop @ (a + b) - (a + b) @ hop).full()).max() < 1e-13
