"""Sequential tunnelling and the counting of electrons: laws, and drawn jumps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtrc

import mesodyn as md
from mesodyn.dynamics import sequential
from mesodyn.dynamics.trajectories import jumps, sampled
from mesodyn.seeds import generator
from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot

FAR = 200.0

couplings = st.floats(1e-3, 10.0)
energies = st.floats(-5.0, 5.0)
temperatures = st.floats(0.2, 5.0)
leads = st.builds(
    BandLead,
    coupling=couplings,
    chemical_potential=energies,
    temperature=temperatures,
    bandwidth=st.one_of(st.none(), st.floats(0.5, 10.0)),
)
dots = st.builds(
    LeadDot,
    levels=st.lists(energies, min_size=1, max_size=3),
    interaction=st.floats(-2.0, 5.0),
    leads=st.lists(leads, min_size=1, max_size=3),
)


def one_way(left, right, levels=(0.0,), U=0.0):
    """Electrons come from the left and leave to the right only."""
    sides = ((left, FAR), (right, -FAR))
    made = [BandLead(coupling=g, chemical_potential=m, temperature=1.0) for g, m in sides]
    return LeadDot(levels=levels, interaction=U, leads=made)


@given(dots)
@settings(max_examples=40, deadline=None)
def test_populations_are_probabilities_and_no_current_is_lost(dot):
    found = sequential.steady_state(dot=dot)
    assert found.populations.min() >= 0
    assert abs(found.populations.sum() - 1) < 1e-12
    largest = max(lead.coupling for lead in dot.leads)
    assert np.abs(found.current.sum(axis=0)).max() < 1e-12 * largest


@given(dots, energies, temperatures)
@settings(max_examples=40, deadline=None)
def test_in_equilibrium_there_is_the_gibbs_state_and_no_current(dot, potential, temperature):
    same = [
        BandLead(
            coupling=lead.coupling, bandwidth=lead.bandwidth, chemical_potential=potential, temperature=temperature
        )
        for lead in dot.leads
    ]
    dot = LeadDot(levels=dot.levels, interaction=dot.interaction, leads=same)
    found = sequential.steady_state(dot=dot)
    cost = (dot.energies - potential * dot.occupations.sum(axis=1)) / temperature
    weights = np.exp(cost.min() - cost)
    np.testing.assert_allclose(found.populations.ravel(), weights / weights.sum(), rtol=1e-9)
    assert np.abs(found.current).max() < 1e-13 * max(lead.coupling for lead in dot.leads)


@given(dots)
@settings(max_examples=30, deadline=None)
def test_the_noise_of_all_leads_together_vanishes_and_none_is_negative(dot):
    found = sequential.counting(dot=dot)
    small = 1e-9 * max(lead.coupling for lead in dot.leads)
    assert np.abs(found.noise.sum(axis=0)).max() < small
    assert np.linalg.eigvalsh(found.noise).min() > -small
    np.testing.assert_allclose(found.current, sequential.steady_state(dot=dot).current.sum(axis=1), atol=1e-12 * 30)


@given(couplings, couplings)
@settings(max_examples=30, deadline=None)
def test_one_resonance_has_a_fano_factor_between_a_half_and_one(left, right):
    found = sequential.counting(dot=one_way(left, right))
    assert found.current[0] == pytest.approx(left * right / (left + right), rel=1e-12)
    assert found.fano[0] == pytest.approx((left**2 + right**2) / (left + right) ** 2, rel=1e-9)
    assert 0.5 - 1e-9 <= found.fano[0] <= 1


@given(energies, st.floats(-8.0, 8.0), temperatures, couplings, couplings)
@settings(max_examples=30, deadline=None)
def test_counting_obeys_the_fluctuation_theorem(level, bias, temperature, left, right):
    """n electrons against the bias are exp(n V / kT) times rarer: the growth rate has the same value at two fields."""
    sides = [
        BandLead(coupling=g, chemical_potential=m * temperature, temperature=temperature)
        for g, m in ((left, bias / 2), (right, -bias / 2))
    ]
    made = sequential.Jumps(LeadDot(levels=(level,), leads=sides))
    inward, outward = made.inward[0].sum(axis=0), made.outward[0].sum(axis=0)

    def growth(field):
        tilted = made.generator + np.expm1(field) * inward + np.expm1(-field) * outward
        return np.linalg.eigvals(tilted).real.max()

    assert growth(0.3) == pytest.approx(growth(-0.3 - bias), abs=1e-9 * (left + right))


def test_cumulants_are_those_of_the_distribution():
    dot = one_way(0.4, 0.9, levels=(0.0, 0.3), U=2.0)
    found, times = sequential.counting(dot=dot), (40.0, 60.0)
    means, spreads = [], []
    for time in times:
        n, p = sequential.distribution(dot=dot, lead=0, time=time)
        assert abs(p.sum() - 1) < 1e-10
        means.append(n @ p)
        spreads.append(n**2 @ p - means[-1] ** 2)
    assert means[0] == pytest.approx(found.current[0] * times[0], rel=1e-9)
    assert np.diff(spreads)[0] / np.diff(times)[0] == pytest.approx(found.noise[0, 0], rel=1e-8)


def test_a_poisson_process_is_one_slow_barrier():
    n, p = sequential.distribution(dot=one_way(1e-3, 10.0), lead=0, time=2000.0, populations=[1.0, 0.0])
    mean = 2000.0 * 1e-3 * 10 / 10.001
    k = np.arange(12)
    poisson = np.exp(-mean) * mean**k / np.cumprod([1, *k[1:]])
    np.testing.assert_allclose(p[np.searchsorted(n, k)], poisson, atol=2e-4)


def test_counts_are_those_of_drawn_jumps():
    """Quantum jumps of the same dot as a master equation: how often electrons leave to the right, by chi squared."""
    dot, time, runs = one_way(0.8, 0.5), 12.0, 1500
    lower = dot.lowering()[0].full()
    generators = [generator(5, 0, k) for k in range(runs)]
    kets = sampled(np.diag(sequential.steady_state(dot=dot).populations).astype(complex), generators)
    operators = [np.sqrt(0.8) * lower.T, np.sqrt(0.5) * lower]
    found = jumps(dot.hamiltonian().full(), operators, kets, time, [1.0], generators)
    seen = np.bincount((found.channels == 1).sum(axis=1), minlength=20)
    n, p = sequential.distribution(dot=dot, lead=1, time=time)
    expected = runs * p[np.searchsorted(n, -np.arange(len(seen)))]
    kept = expected > 5
    statistic = ((seen - expected)[kept] ** 2 / expected[kept]).sum()
    assert kept.sum() > 5
    assert chdtrc(kept.sum() - 1, statistic) > 1e-3


def test_a_dot_that_nothing_leaves_has_no_single_steady_state():
    lone = BandLead(coupling=(1.0, 0.0), temperature=1.0)
    with pytest.raises(md.UnfinishedError, match="no single steady state"):
        sequential.steady_state(dot=LeadDot(levels=(0.0, 0.0), leads=(lone,)))


def test_cold_dots_are_filled_or_empty():
    for level, filled in ((-1.0, 1.0), (1.0, 0.0)):
        lead = BandLead(coupling=1.0, temperature=1e-4)
        assert sequential.steady_state(dot=LeadDot(levels=(level,), leads=(lead,))).populations[1] == pytest.approx(
            filled, abs=1e-100
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"lead": 2, "time": 1.0}, "lead must be a whole number of at least 0 and at most 1"),
        ({"lead": 0, "time": -1.0}, "time must be a finite real number and at least 0"),
        ({"lead": 0, "time": 1e6}, "time must be such that at most 2048 electrons jump"),
        ({"lead": 0, "time": 1.0, "populations": [1.0, 1.0]}, "populations must be probabilities"),
    ],
)
def test_what_cannot_be_counted_is_named(arguments, message):
    with pytest.raises(md.InputError, match=message):
        sequential.distribution(dot=one_way(1.0, 1.0), **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"levels": ()}, "number of levels must be"),
        ({"leads": ()}, "leads must be at least one BandLead"),
        ({"interaction": "1"}, "interaction must be a finite real number"),
        ({"levels": (md.axis("x", 0, 1, 3),)}, "levels must be a single number"),
    ],
)
def test_bad_dots_are_named(arguments, message):
    lead = BandLead(coupling=1.0, temperature=1.0)
    with pytest.raises(md.InputError, match=message):
        LeadDot(**({"levels": (0.0,), "leads": (lead,)} | arguments))
