"""The hierarchy against exact integrals, free fermions, rates and QuTiP's own steady state."""

from typing import Any

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from qutip.core.environment import LorentzianEnvironment
from qutip.solver.heom import FermionicBath, HEOMSolver

import mesodyn as md
from mesodyn.dynamics import hierarchy, sequential
from mesodyn.dynamics.raising import raised
from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot, landauer


def between(levels, U=0.0, bias=1.0, **lead: Any) -> LeadDot:
    shared = {"coupling": 0.5, "bandwidth": 2.0, "temperature": 0.5} | lead
    sides = [BandLead(chemical_potential=m, **shared) for m in (bias / 2, -bias / 2)]
    return LeadDot(levels=levels, interaction=U, leads=sides)


@pytest.mark.parametrize("centre", [None, 0.3])
def test_without_interaction_the_hierarchy_is_the_landauer_integral(centre):
    left = BandLead(coupling=0.8, bandwidth=2.0, chemical_potential=0.7, temperature=0.4, centre=centre)
    right = BandLead(coupling=0.3, bandwidth=1.5, chemical_potential=-0.4, temperature=0.7)
    dot = LeadDot(levels=(0.25,), leads=(left, right))
    found, exact = hierarchy.steady_state(dot=dot, tolerance=1e-6), landauer(dot)
    np.testing.assert_allclose(found.current, exact.current, rtol=1e-4)
    assert abs(found.populations[1] - exact.occupation[0]) < 1e-6
    assert np.abs(found.current - exact.current).max() / 0.8 < found.error < 1e-6


@given(st.floats(-2, 2), st.floats(0, 3), st.floats(0.1, 1), st.floats(0.1, 1.5), st.floats(1, 4))
@settings(max_examples=5, deadline=None)
def test_the_stated_error_holds(level, bias, coupling, temperature, bandwidth):
    dot = between((level,), bias=bias, coupling=coupling, temperature=temperature, bandwidth=bandwidth)
    found, exact = hierarchy.steady_state(dot=dot, tolerance=1e-3), landauer(dot)
    assert np.abs(found.current - exact.current).max() / coupling < found.error + 1e-9
    assert abs(found.populations[1] - exact.occupation[0]) < found.error + 1e-9


def test_levels_that_do_not_interact_know_nothing_of_each_other():
    """Depth 4 for two is depth 2 for each, to rounding: the hierarchy ends there."""
    sides = [(0.5, (0.5, 0.2)), (-0.5, (0.3, 0.6))]

    def dot(*levels):
        leads = [
            BandLead(coupling=[c[j] for j in levels], bandwidth=2.0, chemical_potential=m, temperature=1.0)
            for m, c in sides
        ]
        return LeadDot(levels=[(0.2, -0.6)[j] for j in levels], leads=leads)

    both = hierarchy.truncated(dot=dot(0, 1), depth=4, exponents=1)
    first, second = (hierarchy.truncated(dot=dot(j), depth=2, exponents=1) for j in (0, 1))
    np.testing.assert_allclose(both.current, np.hstack([first.current, second.current]), atol=1e-10)
    np.testing.assert_allclose(both.populations, np.outer(first.populations, second.populations), atol=1e-10)


def test_a_steady_state_conserves_the_current():
    found = hierarchy.truncated(dot=between((-1.0, -1.0), 3.0), depth=2, exponents=2)
    assert np.abs(found.current.sum(axis=0)).max() < 1e-10
    assert abs(found.populations.sum() - 1) < 1e-12


def test_the_block_holds_what_the_whole_hierarchy_of_qutip_gives():
    dot = between((-0.7, -0.2), 2.0)
    baths = [
        FermionicBath.from_environment(LorentzianEnvironment(0.5, potential, 0.5, 2.0).approx_by_pade(2), lower)
        for potential in (0.5, -0.5)
        for lower in dot.lowering()
    ]
    solver = HEOMSolver(dot.hamiltonian(), baths, 2, options={"progress_bar": ""})
    state, _ = solver.steady_state(use_mkl=False)
    ours = hierarchy.truncated(dot=dot, depth=2, exponents=2)
    np.testing.assert_allclose(ours.populations.ravel(), state.diag().real, atol=1e-9)
    assert ours.auxiliaries == len(solver.ados.labels) == hierarchy.size(dot=dot, depth=2, exponents=2).auxiliaries


def free_fermions(dot, start, times, count):
    """Occupation of one level: every lead as `count` levels, dense where its band is high, and <d_t^dagger d_t>."""
    energies, hops, filled = [dot.levels[0]], [], [start]
    edges = np.tan(np.linspace(-1, 1, count + 1) * np.arctan(60.0))
    for lead in dot.leads:
        middle = lead.middle + lead.bandwidth * 0.5 * (edges[1:] + edges[:-1])
        energies += middle.tolist()
        hops += np.sqrt(lead.width(middle) * lead.bandwidth * np.diff(edges) / (2 * np.pi)).tolist()
        filled += lead.filling(middle).tolist()
    matrix = np.diag(energies)
    matrix[0, 1:] = matrix[1:, 0] = hops
    values, vectors = np.linalg.eigh(matrix)
    moved = (vectors[0] * np.exp(-1j * np.outer(times, values))) @ vectors.T
    return np.abs(moved) ** 2 @ np.array(filled)


def test_a_level_fills_as_free_fermions_do():
    left = BandLead(coupling=0.6, bandwidth=2.0, chemical_potential=0.5, temperature=0.5)
    right = BandLead(coupling=0.4, bandwidth=3.0, chemical_potential=-0.5, temperature=0.5)
    dot, times = LeadDot(levels=(0.3,), leads=(left, right)), np.linspace(0, 6, 13)
    found = hierarchy.transient(dot=dot, times=times, filled=(0,), tolerance=1e-5)
    rough, exact = (free_fermions(dot, 1.0, times, count) for count in (300, 600))
    assert np.abs(rough - exact).max() < 1e-4
    np.testing.assert_allclose(found.populations[:, 1], exact, atol=1e-4)


def test_a_level_may_have_a_lead_of_its_own():
    """Two leads, one level each: no electron passes, and each level is in equilibrium with its lead."""
    own = [
        BandLead(coupling=c, bandwidth=2.0, chemical_potential=m, temperature=1.0)
        for c, m in (((0.5, 0.0), 0.5), ((0.0, 0.3), -0.5))
    ]
    dot = LeadDot(levels=(0.2, -0.6), leads=own)
    found, exact = hierarchy.truncated(dot=dot, depth=4, exponents=3), landauer(dot)
    assert np.abs(found.current).max() < 1e-10
    np.testing.assert_allclose(found.populations.sum(axis=1)[1], exact.occupation[0], atol=1e-3)
    np.testing.assert_allclose(found.populations.sum(axis=0)[1], exact.occupation[1], atol=1e-3)


def test_what_comes_in_is_what_is_there():
    times = np.linspace(0, 3, 61)
    found = hierarchy.transient(dot=between((0.3,)), times=times, tolerance=1e-3)
    flow = found.current.sum(axis=(1, 2))
    passed = np.concatenate([[0.0], np.cumsum(0.5 * (flow[1:] + flow[:-1]) * np.diff(times))])
    np.testing.assert_allclose(found.populations[:, 1], passed, atol=3e-4)


def test_at_weak_coupling_the_interacting_dot_follows_its_rates():
    """What the rates leave out is of first order in the coupling over the temperature."""
    misses = []
    for coupling in (0.04, 0.02):
        dot = between((-0.5, -0.5), 3.0, coupling=coupling, bandwidth=20.0, temperature=1.0)
        exact = hierarchy.truncated(dot=dot, depth=2, exponents=5).current[0, 0]
        misses.append(exact / sequential.steady_state(dot=dot).current[0, 0] - 1)
    assert abs(misses[1]) < 0.004
    assert 1.9 < misses[0] / misses[1] < 2.2


def test_what_does_not_stand_still_is_refused_with_its_numbers():
    U = 3 * np.pi
    dot = LeadDot(levels=(-U / 2,) * 2, interaction=U, leads=(BandLead(coupling=2.0, bandwidth=2.5, temperature=0.2),))
    with pytest.raises(
        md.UnfinishedError, match=r"does not stand still within 0.001 in 1e\+06 bytes.*\(2, 2\) 0.10623"
    ):
        hierarchy.steady_state(dot=dot, tolerance=1e-3, memory=1e6)


def test_a_hierarchy_too_large_is_refused_before_it_is_built():
    with pytest.raises(md.InputError, match=r"memory must be enough for depth 9 and 9 exponents, but was"):
        hierarchy.truncated(dot=between((0.0, 0.0), 1.0), depth=9, exponents=9)


@pytest.mark.parametrize("off", [1.0, 1.0 + 1e-4])
def test_a_band_on_a_pade_frequency_is_refused_and_never_wrong(off):
    """Two exponentials of one rate cancel, and the more so the deeper."""
    pade = LorentzianEnvironment(0.5, 0.0, 1.0, 1.0).approx_by_pade(2).exponents[1].exponent.real
    lead = BandLead(coupling=0.5, bandwidth=pade * off, temperature=0.5)
    with pytest.raises(md.UnfinishedError, match="coincides with a Padé frequency"):
        hierarchy.truncated(dot=LeadDot(levels=(0.1, 0.1), interaction=2.0, leads=(lead,)), depth=4, exponents=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bandwidth": None}, "bandwidth must be a number for the hierarchy, but was None"),
        ({"coupling": (0.5, 0.0)}, "coupling must be above 0 for one lead of each level"),
        ({"temperature": 0.0}, "temperature must be a finite real number and above 0"),
        ({"coupling": (1.0, 2.0, 3.0)}, "coupling must be one number, or one for each level, but was 3 for 2 levels"),
    ],
)
def test_bad_leads_are_named(change, message):
    with pytest.raises(md.InputError, match=message):
        hierarchy.steady_state(dot=between((0.0, 0.0), **change))


def test_bad_times_are_named():
    dot = between((0.0,))
    for times, message in (([], "a list of finite"), ([2.0, 1.0], "times must be ascending"), ([-1.0], "at least 0")):
        with pytest.raises(md.InputError, match=message):
            hierarchy.transient(dot=dot, times=times)
    with pytest.raises(md.InputError, match="filled must be a whole number of at least 0 and at most 0"):
        hierarchy.transient(dot=dot, times=[1.0], filled=(1,))


def test_raises_in_both_directions_are_seen():
    """A function whose second direction matters only after the first was raised."""

    def f(d, k):
        return np.array([1 - 0.5**d - 0.5**k - 5 * 0.4 ** (d + k)])

    found = raised(f, lambda d, k: d * k, first=(1, 1), tolerance=1e-4, most=1e3, said=str)
    assert abs(found.value[0] - 1) < 3 * found.error < 3e-4
    with pytest.raises(md.UnfinishedError):
        raised(f, lambda d, k: d * k, first=(1, 1), tolerance=1e-4, most=10, said=str)


def test_the_lowering_operators_are_qutips_fermions():
    first, second = between((0.0, 0.0)).lowering()
    assert (first @ second + second @ first).norm() == 0
    assert (first @ first.dag() + first.dag() @ first - qutip.qeye([2, 2])).norm() == 0
