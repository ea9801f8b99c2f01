# mypy: disable-error-code="arg-type"
"""Dots on finite leads: laws of free fermions, stars and chains, limits, what is refused."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.lead_models import wide_band
from mesodyn.systems.microscopic import many_body
from mesodyn.systems.microscopic.interacting_dot import InteractingDot
from mesodyn.systems.microscopic.lead import Lead
from mesodyn.systems.microscopic.resonant_level import ResonantLevel
from mesodyn.systems.microscopic.wide_band import flat_band_number, many_levels, wide_band_number

NUMBERS = st.floats(-2, 2).map(lambda x: round(x, 3))
LEADS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6).map(
    lambda pairs: Lead([p[0] for p in pairs], [p[1] or 0.1 for p in pairs])
)


@settings(max_examples=25, deadline=None)
@given(lead=LEADS, xi=NUMBERS)
def test_the_ground_energy_of_free_fermions_is_convex_in_the_number(lead, xi):
    energies = ResonantLevel(detuning=xi, lead=lead).sector_energies()
    assert np.all(np.diff(energies, 2) >= -1e-12)


@settings(max_examples=25, deadline=None)
@given(lead=LEADS, xi=NUMBERS, heat=st.sampled_from([0.0, 0.05, 0.7]))
def test_occupations_lie_between_0_and_1_and_add_up(lead, xi, heat):
    for number in (None, (lead.size + 1) // 2):
        dot = ResonantLevel(detuning=xi, lead=lead, temperature=heat, number=number)
        matrix, found = dot.correlation()[0], dot.equilibrium()
        filled = np.linalg.eigvalsh(matrix)
        assert filled.min() > -1e-10 and filled.max() < 1 + 1e-10
        assert np.trace(matrix).real == pytest.approx(float(found.total_number), abs=1e-10)
        if number is not None:
            assert float(found.total_number) == pytest.approx(number, abs=1e-10)
        energy = np.sum(lead.with_dot(xi) * matrix).real - lead.sea
        assert energy == pytest.approx(float(found.energy), abs=1e-10)
        assert float(found.free_energy) <= float(found.energy) + 1e-10


@settings(max_examples=15, deadline=None)
@given(xi=NUMBERS, heat=st.sampled_from([0.0, 0.3]), size=st.integers(1, 4), strength=st.floats(0.05, 1))
def test_particles_and_holes_are_the_same_in_an_even_band(xi, heat, size, strength):
    lead = Lead.flat_band(2 * size, 1.0, strength)
    up, down = (ResonantLevel(detuning=x, lead=lead, temperature=heat).equilibrium() for x in (xi, -xi))
    assert float(up.n_mean + down.n_mean) == pytest.approx(1, abs=1e-12)
    assert float(up.energy - down.energy) == pytest.approx(2 * xi, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(lead=LEADS, xi=NUMBERS)
def test_a_star_and_its_chain_are_the_same_lead(lead, xi):
    chain = lead.chain()
    assert chain.couplings[1:] == (0.0,) * (chain.size - 1)
    for heat in (0.0, 0.2):
        star, other = (ResonantLevel(detuning=xi, lead=x, temperature=heat).equilibrium() for x in (lead, chain))
        assert float(star.n_mean) == pytest.approx(float(other.n_mean), abs=1e-9)
    again = chain.star()
    weight = {round(e, 6): 0.0 for e in lead.levels}
    for e, t in zip(lead.levels, lead.couplings, strict=True):
        weight[round(e, 6)] += abs(t) ** 2
    assert sorted(round(e, 5) for e in again.levels) == sorted(round(e, 5) for e in weight)
    assert np.sum(np.abs(again.vector) ** 2) == pytest.approx(sum(weight.values()))


def test_the_number_is_half_the_slope_of_the_energy():
    lead, step = Lead.flat_band(9, 1.0, 0.4), 1e-4
    for number, heat in ((None, 0.3), (5, 0.3), (5, 0.0)):
        low, here, high = (
            ResonantLevel(detuning=x, lead=lead, temperature=heat, number=number).equilibrium()
            for x in (0.2 - step, 0.2, 0.2 + step)
        )
        assert float(high.free_energy - low.free_energy) / (4 * step) == pytest.approx(float(here.n_mean), abs=1e-7)


def test_axes_are_single_dots():
    gate, heat = md.axis("gate", -1, 1, 5), md.axis("heat", [0.0, 0.1, 2.0])
    lead = Lead.flat_band(7, 1.0, 0.4)
    for number in (None, 3):
        many = ResonantLevel(detuning=gate, temperature=heat, lead=lead, number=number).equilibrium()
        for k, xi in enumerate(gate.values):
            for j, kT in enumerate(heat.values):
                one = ResonantLevel(detuning=float(xi), temperature=float(kT), lead=lead, number=number).equilibrium()
                for name in one:
                    assert np.array_equal(many[name].isel(gate=k, heat=j).values, one[name].values), name


def test_one_lead_level_is_the_outside_state_of_the_paper():
    pair = ResonantLevel(detuning=0.3, lead=Lead((0.0,), (0.4,)), number=1).equilibrium()
    assert float(pair.energy) == pytest.approx(0.3 - 0.5, abs=1e-14)
    assert float(pair.n_mean) == pytest.approx(0.5 * (1 - 0.6), abs=1e-14)
    assert float(abs(pair.correlation[0])) == pytest.approx(np.sqrt(0.2 * 0.8), abs=1e-14)


def test_a_released_electron_decays_at_the_width_of_the_level():
    lead = Lead.flat_band(401, 20.0, 1.0)
    times = np.linspace(0, 4, 9)
    dot = ResonantLevel(detuning=0.0, lead=lead)
    start = np.zeros((402, 402))
    start[0, 0] = 1.0  # the lead is empty
    left = dot.evolve(times, start)[0, :, 0, 0].real
    rate = -np.polyfit(times[2:], np.log(left[2:]), 1)[0]
    assert rate == pytest.approx(1.0, rel=0.02)  # the band's edges: Γ/πD
    assert np.trace(dot.evolve(times[-1:], start)[0, 0]).real == pytest.approx(1, abs=1e-12)


def test_a_dot_that_is_linked_at_once_comes_to_equilibrium():
    lead = Lead.flat_band(201, 10.0, 1.0)
    dot = ResonantLevel(detuning=0.3, lead=lead, temperature=0.2)
    settled = dot.evolve([25.0], dot.apart(dot=1.0))[0, 0, 0, 0].real
    assert settled == pytest.approx(float(dot.equilibrium().n_mean), abs=2e-3)


def test_a_band_comes_to_its_limit_within_the_error_that_is_given():
    xi = np.array([0.02, 0.1, 0.25, 1.0])
    for half_width in (2.0, 5.0, 10.0):
        found = many_levels(xi, 1.0, half_width)
        exact = [flat_band_number(x, 1.0, half_width) for x in xi]
        assert np.all(np.abs(found.value - exact) < found.error) and np.all(found.error < 1e-5)
    for heat in (0.0, 0.1, 0.5, 2.0):
        warm = wide_band_number(xi, 1.0, heat)
        assert np.all(np.abs(warm.value - wide_band(xi, 1.0, heat).weight) < warm.error), heat
        assert np.all(warm.error < 3e-5)
    assert np.all(np.isnan(wide_band_number(xi, 1.0, 1e-4).value))


# -- two electrons --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [4, 6, None])
@pytest.mark.parametrize("chain", [False, True])
def test_without_interaction_two_spins_are_two_resonant_levels(number, chain):
    lead = Lead.flat_band(5, 1.0, 0.4)
    lead = lead.chain() if chain else lead
    half = None if number is None else number // 2
    dot, level = (
        InteractingDot(detuning=0.2, lead=lead, number=number),
        ResonantLevel(detuning=0.2, lead=lead, number=half),
    )
    pair, one = dot.equilibrium(), level.equilibrium()
    for name in ("energy", "n_mean", "total_number"):
        assert float(pair[name]) == pytest.approx(2 * float(one[name]), abs=1e-12)
    assert np.abs(dot.correlation() - 2 * level.correlation()).max() < 1e-12
    assert float(pair.double) == pytest.approx(float(one.n_mean) ** 2, abs=1e-12)


def test_a_chain_and_a_star_hold_the_same_interacting_dot():
    star = Lead.gapped(6, 0.2, 1.0, 0.3)
    found = [
        InteractingDot(detuning=-0.6, interaction=1.5, lead=lead, number=7).equilibrium()
        for lead in (star, star.chain())
    ]
    for name in ("energy", "n_mean", "double"):
        assert float(found[0][name]) == pytest.approx(float(found[1][name]), abs=1e-11)


def test_repulsion_keeps_the_second_electron_out():
    lead = Lead.flat_band(3, 1.0, 0.2)
    repulsion = md.axis("repulsion", [0.0, 1.0, 5.0])
    found = InteractingDot(detuning=-0.5, interaction=repulsion, lead=lead, number=4).equilibrium()
    assert np.all(np.diff(found.double) < 0) and np.all(np.diff(found.energy) > 0)
    assert float(found.double[-1]) < 0.02
    field = InteractingDot(detuning=-1.0, interaction=2.0, zeeman=0.5, lead=lead, number=5).equilibrium()
    assert 0 < float(field.spin) <= 0.5


def test_a_sector_as_an_operator_has_the_same_ground_state():
    dot = InteractingDot(detuning=-0.3, interaction=1.1, zeeman=0.2, lead=Lead.flat_band(4, 1.0, 0.3), number=5)
    lowest = min(dot.hamiltonian(up, 5 - up).eigenenergies(sparse=False)[0] for up in range(6))
    assert float(dot.equilibrium().energy) == pytest.approx(lowest - 2 * dot.lead.sea, abs=1e-12)


def test_what_needs_a_library_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(many_body, "installed", lambda name: False)
    large = Lead.flat_band(11, 1.0, 0.3)
    with pytest.raises(InputError, match=r"853776.*pip install 'mesodyn\[manybody\]', or method='lanczos'"):
        InteractingDot(lead=large, number=12)
    assert InteractingDot(lead=large, number=12, method="lanczos").states == 853776
    small = InteractingDot(lead=Lead.flat_band(6, 1.0, 0.3), number=7, method="quspin")
    with pytest.raises(InputError, match=r"works without quspin.*mesodyn\[manybody\]"):
        small.equilibrium()


def test_quspin_finds_the_same_dot():
    pytest.importorskip("quspin", exc_type=ImportError)
    lead = Lead.gapped(6, 0.3, 1.0, 0.4)
    ours, theirs = (
        InteractingDot(detuning=0.2, interaction=1.3, zeeman=0.1, lead=lead, number=7, method=method).equilibrium()
        for method in ("lanczos", "quspin")
    )
    for name in ours:
        assert np.abs(ours[name] - theirs[name]).max() < 1e-12, name


def test_quspins_states_are_put_in_our_order():
    states = np.array([52, 50, 49, 44, 42, 41, 28, 26, 25])  # two up, one down in three orbitals, as QuSpin lists them
    places = many_body._places(states, 3)
    assert sys.getsizeof(places) and sorted(places.tolist()) == list(range(9))
    bits = [format(states[k], "06b") for k in places]
    ours = [(b[2::-1], b[:2:-1]) for b in bits]  # orbital 0 as the lowest bit
    assert ours == sorted(ours)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Lead((), ()), "levels must be 1 to 4000 of them"),
        (lambda: Lead((0.0, 1.0), (1.0,)), "couplings and hops must be as many as levels"),
        (lambda: Lead((0.0, np.nan), (1.0, 1.0)), "levels must be a list of finite numbers"),
        (lambda: Lead.gapped(3, 1.0, 2.0, 1.0), "lead_levels must be an even number"),
        (lambda: Lead.gapped(4, 2.0, 1.0, 1.0), "bandwidth must be"),
        (lambda: Lead((1.0,), (0.0,)).chain(), "couplings must be not all 0"),
        (lambda: ResonantLevel(lead=SimpleNamespace()), "lead must be a Lead"),
        (lambda: ResonantLevel(temperature=-1), "temperature must be"),
        (lambda: ResonantLevel(number=3), "number must be"),
        (lambda: InteractingDot(lead=Lead((0.0,), (1j,))), "lead must be one with real couplings"),
        (lambda: InteractingDot(lead=Lead.flat_band(15, 1.0, 1.0), number=16), "needs .* GB"),
        (lambda: InteractingDot(lead=Lead.flat_band(7, 1.0, 1.0), temperature=0.1), "temperature must be 0 for more"),
        (lambda: InteractingDot(detuning=md.axis("x", 0, 1, 2)).hamiltonian(1, 1), "detuning must be a single number"),
    ],
)
def test_wrong_leads_and_dots_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("heat", [0.02, 0.2, 1.0, 2.0])
def test_the_error_holds_where_leaving_out_either_end_alone_does_not_show_it(heat):
    found = wide_band_number([0.01, 0.02, 0.25, 1.0], 1.0, heat)
    assert np.all(np.abs(found.value - wide_band(np.array([0.01, 0.02, 0.25, 1.0]), 1.0, heat).weight) < found.error)
