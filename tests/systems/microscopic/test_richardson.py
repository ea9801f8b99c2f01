"""A superconducting grain of fixed number: two exact methods, the parity effect, the staircase, many levels."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.microscopic import pairing
from mesodyn.systems.microscopic.limits import extrapolated, order_of
from mesodyn.systems.microscopic.richardson import PairedGrain, bulk_gap, bulk_limit

gaps = st.lists(st.floats(0.05, 2.0), min_size=0, max_size=7)


@settings(max_examples=60, deadline=None)
@given(gaps=gaps, share=st.floats(0, 1), coupling=st.floats(-3, 3), start=st.floats(-2, 2))
def test_richardson_equations_give_the_lowest_state_of_the_matrix(gaps, share, coupling, start):
    levels = start + np.concatenate([[0.0], np.cumsum(gaps)])
    pairs = round(share * len(levels))
    plain, other = pairing.lanczos(levels, coupling, pairs), pairing.richardson(levels, coupling, pairs)
    assert other.energy == pytest.approx(plain.energy, abs=1e-9)
    assert other.occupations == pytest.approx(plain.occupations, abs=1e-6)
    assert other.occupations.sum() == pytest.approx(pairs, abs=1e-8)


def test_both_methods_agree_where_the_lanczos_method_iterates():
    grain = {method: PairedGrain.picket_fence(14, coupling=0.6, method=method) for method in ("lanczos", "richardson")}
    energies = [one.energy(14) for one in grain.values()]
    assert energies[0] == pytest.approx(energies[1], abs=1e-10)
    assert [one.solver(14) for one in grain.values()] == list(grain)


def test_no_more_memory_is_taken_than_was_said():
    tracemalloc.start()
    try:
        pairing.lanczos(np.arange(15.0), 0.5, 7)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0.3 * pairing.memory(15, 7) < peak < pairing.memory(15, 7)


def test_pairs_on_one_degenerate_level_have_the_closed_energy():
    """All levels equal: E = -lambda M (L - M + 1), which no equation of Richardson's form is needed for."""
    grain = PairedGrain(levels=[0.3] * 6, coupling=0.7)
    for pairs in range(7):
        assert grain.energy(2 * pairs) == pytest.approx(0.6 * pairs - 0.7 * pairs * (7 - pairs), abs=1e-12)
    assert grain.energy(3) == pytest.approx(0.9 - 0.7 * 5, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(coupling=st.floats(0.0, 3.0), shift=st.floats(-3, 3))
def test_energies_are_concave_in_the_coupling_and_move_with_the_levels(coupling, shift):
    levels = np.array([0.0, 0.7, 1.1, 2.5])
    energies = [PairedGrain(levels=levels, coupling=c).energy(4) for c in (coupling, coupling + 0.1, coupling + 0.2)]
    assert energies[1] >= 0.5 * (energies[0] + energies[2]) - 1e-12
    moved = PairedGrain(levels=levels + shift, coupling=coupling).energy(5)
    assert moved == pytest.approx(PairedGrain(levels=levels, coupling=coupling).energy(5) + 5 * shift, abs=1e-9)


def test_filling_is_symmetric_between_electrons_and_holes():
    """E(2L - N) - E(N) of a symmetric fence is the energy of the electrons added, for the sum with i = j."""
    grain = PairedGrain.picket_fence(6, coupling=0.4)
    found, middle = grain.energies().values, 3.5
    for n in range(7):
        # each electron more costs the middle of the fence less half a coupling
        assert found[12 - n] - found[n] == pytest.approx((12 - 2 * n) * (middle - 0.2), abs=1e-12)


def test_an_odd_electron_blocks_the_level_that_costs_least():
    grain = PairedGrain.picket_fence(6, coupling=0.5)
    each = [grain.energy(7, blocked=k) for k in range(6)]
    assert grain.energy(7) == min(each)
    assert int(np.argmin(each)) == 3
    assert grain.ground(7).occupations[3] == 0.5


def test_the_parity_effect_is_half_the_coupling_when_weak():
    found = PairedGrain.picket_fence(8, coupling=md.axis("coupling", [1e-3, 1e-4])).parity_effect()
    assert found.values / found.coupling.values == pytest.approx(0.5, rel=1e-2)
    assert found.values[1] / 1e-4 == pytest.approx(0.5, rel=1e-3)


def test_the_parity_effect_takes_the_odd_plateaus_until_the_charging_energy_is_twice_as_large():
    grain = PairedGrain.picket_fence(6, coupling=0.5)
    effect = grain.parity_effect(6).item()
    found = grain.plateaus()
    assert found.needed.sel(number=7).item() == pytest.approx(2 * effect, abs=1e-12)
    for charging, step in ((2 * effect - 1e-6, 2), (2 * effect + 1e-6, 1)):
        plateaus = grain.plateaus(charging_energy=charging)
        assert plateaus.step.sel(number=6).item() == step
        steps = grain.staircase(charging_energy=charging).transitions(6, 8)
        assert [(a, b) for a, b, _ in steps] == ([(6, 8)] if step == 2 else [(6, 7), (7, 8)])
    width = grain.plateaus(charging_energy=5.0).width.sel(number=7).item()
    assert width == pytest.approx(5.0 - 2 * effect, abs=1e-12)


def test_a_grain_steps_by_pairs_in_a_warm_staircase_too():
    grain = PairedGrain.picket_fence(4, coupling=0.8)
    mu = md.axis("mu", -3, 3, 1001)
    cold = grain.staircase(chemical_potential=mu).equilibrium()
    assert set(np.unique(cold.number)) == {0, 2, 4, 6}
    warm = grain.staircase(chemical_potential=0.5, temperature=0.05, high=6).equilibrium()
    assert float(warm.frozen) == pytest.approx(0.05)


def test_many_levels_have_the_gap_of_the_bulk_within_the_error():
    for ratio in (0.4, 0.7, 1.5):
        found = bulk_limit(ratio)
        assert abs(found.value - bulk_gap(ratio)) < found.error
    assert bulk_limit(1.5).error < 1e-4


def test_the_parity_effect_falls_short_of_the_gap_by_a_share_of_the_spacing():
    found = bulk_limit(1.5)
    short = (bulk_gap(1.5) - np.array(found.values)) / np.array(found.steps)
    assert order_of(found.steps, short * found.steps) == pytest.approx(1, abs=0.05)
    assert np.all((short > 0.1) & (short < 0.5))


def test_an_extrapolation_knows_its_error():
    steps = 0.5 ** np.arange(1, 6)
    found = extrapolated(steps.tolist(), np.exp(steps).tolist())
    assert abs(found.value - 1) < found.error < 1e-4
    with pytest.raises(InputError, match="fall"):
        extrapolated([0.1, 0.2, 0.3], [1, 1, 1])


def test_functions_extrapolated_together_are_as_if_alone():
    steps = 0.5 ** np.arange(1, 6)
    several = np.stack([np.exp(steps), 1 / (1 + steps), np.full(5, 1e6)], axis=1)
    together = extrapolated(steps, several)
    for k in range(3):
        alone = extrapolated(steps, several[:, k])
        assert (together.value[k], together.error[k]) == (alone.value, alone.error)  # the same bits
    assert np.all(np.abs(together.value - [1, 1, 1e6]) <= together.error)
    with pytest.raises(InputError, match="one for each value"):
        extrapolated(steps, several.T)


def test_an_extrapolation_whose_finest_step_is_off_says_so():
    steps = 0.5 ** np.arange(1, 6)
    values = np.exp(steps)
    values[-1] += 1e-3
    assert abs(extrapolated(steps, values).value - 1) < extrapolated(steps, values).error


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PairedGrain(levels=[]), "list of numbers"),
        (lambda: PairedGrain(levels=3.0), "list of numbers"),
        (lambda: PairedGrain(levels=[0, "1 meV"]), "levels"),
        (lambda: PairedGrain(levels=[1, 1], method="richardson"), "all different"),
        (lambda: PairedGrain(levels=[1, 2], method="dmrg"), "method"),
        (lambda: PairedGrain.picket_fence(40, coupling=1.0, method="lanczos").energy(40), "GB"),
        (lambda: PairedGrain.picket_fence(4).energy(9), "number"),
        (lambda: PairedGrain.picket_fence(4).energy(4, blocked=1), "even"),
        (lambda: PairedGrain.picket_fence(4).parity_effect(3), "even"),
        (lambda: PairedGrain.picket_fence(4, coupling=md.axis("g", [1, 2])).energy(4), "single number"),
        (lambda: PairedGrain.picket_fence(4).staircase(charging_energy=-1.0), "charging_energy"),
        (lambda: bulk_limit(0.5, sizes=(16, 17, 18)), "even"),
        (lambda: bulk_gap(0.0), "ratio"),
    ],
)
def test_bad_input_stops_before_solving(make, words):
    with pytest.raises(InputError, match=words):
        make()
