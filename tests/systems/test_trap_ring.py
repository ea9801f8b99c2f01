"""A ring of traps: states, signs, ground states, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.systems.free_ring import FreeRing
from mesodyn.systems.ring_space import RingSpace, configurations
from mesodyn.systems.trap_ring import MEMORY

KINDS = st.sampled_from(["fermion", "boson", "pair"])
AWAY = st.floats(0.3, 2.8)  # fluxes at which no two ground states cross


def ring(**given):
    return md.TrapRing(**given)


@settings(max_examples=25, deadline=None)
@given(traps=st.integers(3, 8), share=st.floats(0, 1), kind=KINDS, flux=AWAY, tunnelling=st.floats(0.2, 3))
def test_the_ring_is_its_free_particles(traps, share, kind, flux, tunnelling):
    number = 1 + int(share * (traps - 2))
    flux = flux / 2 if kind == "pair" else flux
    found = ring(traps=traps, number=number, kind=kind, flux=flux, tunnelling=tunnelling).equilibrium()
    free = FreeRing(traps, number, tunnelling, flux, kind)
    assert abs(float(found.energy) - free.energy) < 1e-11
    assert abs(float(found.gap) - free.gap) < 1e-11
    assert np.abs(found.link_current.values - free.currents()).max() < 1e-10


@settings(max_examples=15, deadline=None)
@given(traps=st.integers(3, 7), number=st.integers(1, 2), kind=KINDS, flux=st.floats(0.3, 1.2))
def test_the_current_is_minus_the_slope_of_the_energy(traps, number, kind, flux):
    width = 1e-3
    here = ring(traps=traps, number=number, kind=kind)
    low, high = (float(here.with_(flux=flux + s).equilibrium().energy) for s in (-width, width))
    current = float(here.with_(flux=flux).equilibrium().current)
    assert abs(current + (high - low) / (2 * width)) < 1e-6


def test_bit_strings_are_all_there_and_ascend():
    found = configurations(9, 4)
    assert len(found) == 126
    assert np.all(np.diff(found) > 0)
    assert set(np.bitwise_count(found).tolist()) == {4}


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_the_closing_link_has_the_sign_of_the_fermions_that_are_passed(steps):
    space = RingSpace(traps=5, steps=steps)
    for link in range(4):
        assert set(space.hop_elements(link)[2]) == {1.0}
    assert set(space.hop_elements(4)[2]) == {(-1.0) ** (steps - 1)}
    bosons = RingSpace(traps=5, steps=steps, fermionic=False)
    assert set(bosons.hop_elements(4)[2]) == {1.0}


def test_spins_are_spins_and_hops_do_not_turn_them():
    space = RingSpace(traps=4, steps=2, levels=2)
    x, y, z = (np.array(m) for m in ([[0, 0.5], [0.5, 0]], [[0, -0.5j], [0.5j, 0]], [[0.5, 0], [0, -0.5]]))
    parts = [[space.spin_of(k, m.astype(complex)).toarray() for m in (x, y, z)] for k in range(4)]
    for k, (a, b, c) in enumerate(parts):
        assert np.abs(a @ b - b @ a - 1j * c).max() < 1e-15
        assert np.abs(a @ a + b @ b + c @ c - 0.75 * np.diag(space.occupied(k))).max() < 1e-15
        assert np.abs(a @ parts[(k + 1) % 4][1] - parts[(k + 1) % 4][1] @ a).max() == 0
    total = [sum(part[axis] for part in parts) for axis in range(3)]
    for link in range(4):
        hop = space.hop(link).toarray()
        assert all(np.abs(hop @ spin - spin @ hop).max() < 1e-15 for spin in total)


@pytest.mark.parametrize("kind", ["fermion", "boson"])
def test_particles_with_spin_in_a_strong_common_field_are_the_polarised_ones(kind):
    spin = 0.5 if kind == "fermion" else 1.0
    plain = ring(traps=4, number=2, kind=kind, flux=0.9).equilibrium()
    spinful = ring(traps=4, number=2, kind=kind, flux=0.9, spin=spin, zeeman=50.0, field_angle=1.1).equilibrium()
    assert abs(float(spinful.energy) + 2 * spin * 50.0 - float(plain.energy)) < 1e-11
    assert abs(float(spinful.current) - float(plain.current)) < 1e-11


def test_lanczos_is_the_plain_matrix():
    given = {"traps": 11, "number": 4, "flux": 0.7}
    large = ring(**given)
    assert large.space.size == 330  # above the limit of plain matrices
    energies = np.linalg.eigvalsh(large.hamiltonian().full())
    found = large.equilibrium()
    assert abs(float(found.energy) - energies[0]) < 1e-12
    assert abs(float(found.gap) - (energies[1] - energies[0])) < 1e-11


def test_a_crossing_is_seen_and_its_two_states_count_alike():
    for traps, number in ((6, 2), (12, 4)):
        found = ring(traps=traps, number=number, flux=0.0).equilibrium()
        assert abs(float(found.gap)) < 1e-11
        assert abs(float(found.current)) < 1e-9


def test_a_warm_ring_carries_less_and_its_current_is_the_slope_of_the_free_energy():
    warm = ring(traps=6, number=3, flux=1.1, temperature=0.4)
    cold, found = warm.with_(temperature=0.0).equilibrium(), warm.equilibrium()
    slope = [float(warm.with_(flux=1.1 + s).equilibrium().free_energy) for s in (-1e-3, 1e-3)]
    assert 0 < float(found.current / cold.current) < 1
    assert abs(float(found.current) + (slope[1] - slope[0]) / 2e-3) < 1e-6
    assert float(found.free_energy) < float(cold.energy) < float(found.energy)


def test_axes_are_single_rings():
    flux = md.axis("flux", 0.2, 2.9, 4)
    swept = ring(traps=5, number=2, flux=flux).equilibrium()
    for k, value in enumerate(flux.values):
        one = ring(traps=5, number=2, flux=float(value)).equilibrium()
        assert float(one.energy) == float(swept.energy[k])
        assert np.array_equal(one.link_current.values, swept.link_current.values[k])


def test_a_ring_that_needs_too_much_memory_is_refused_before_it_is_built():
    with pytest.raises(md.InputError, match=r"traps and number must be a ring whose .* states fit in 8 GB"):
        ring(traps=40, number=20)
    assert ring(traps=20, number=10).memory < MEMORY


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"traps": 2}, "traps must be a whole number of at least 3"),
        ({"number": 6}, "number must be a whole number of at least 1 and at most 5"),
        ({"spin": 1.0}, "spin must be 0, or half-integer"),
        ({"kind": "pair", "spin": 0.5}, "a pair has none"),
        ({"kind": "anyon"}, "kind must be one of"),
        ({"zeeman": -1.0}, "zeeman must be a finite real number and at least 0"),
    ],
)
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(md.InputError, match=message):
        ring(**given)


def test_an_evolution_starts_from_one_ground_state_and_one_number():
    wait = md.Protocol(md.Hold(duration=1.0))
    with pytest.raises(md.InputError, match="flux must be a value with one ground state"):
        md.evolve(ring(number=2, flux=0.0), wait, moments=2)
    with pytest.raises(md.InputError, match="weighted, and so does a mixture"):
        md.evolve(ring(flux=1.0), wait, account="mixture", moments=2)


def test_a_ground_state_stays_and_its_currents_obey_continuity():
    start = ring(traps=5, number=2, flux=1.1)
    record = md.evolve(start, md.Protocol(md.Ramp(duration=0.0, flux=2.4), md.Hold(duration=2.0)), moments=401)
    hops = np.stack([record[f"hop_{k}"].values[2:] for k in range(5)], axis=1)
    currents = start.currents(hops, {"tunnelling": 1.0, "flux": 2.4})
    time = record.time.values[2:]
    for k in range(5):
        held = record[f"occupied_{k}"].values[2:]
        change = np.gradient(held, time)[1:-1]
        assert np.abs(change - (currents[:, k - 1] - currents[:, k])[1:-1]).max() < 1e-4
