"""Persistent currents: the numbers of DEFINITIONS 6.6."""

import resource
import time

import numpy as np
import pytest

import mesodyn as md
from mesodyn.systems.free_ring import FreeRing

LARGE = [
    ("fermion", 10, -12.745494843182, 0.050154609924),
    ("boson", 10, -12.745494843182, -0.050154609924),
    ("fermion", 9, -12.588576651727, -0.049537123449),
]


def test_four_traps_with_two_fermions_are_the_published_ones():
    found = md.TrapRing(traps=4, number=2, flux=2.0).equilibrium()
    assert abs(float(found.energy) + 2.714016200989) < 1e-12
    assert abs(float(found.current) - 0.199078511643) < 1e-12


@pytest.mark.parametrize(("kind", "number", "energy", "current"), LARGE)
def test_twenty_traps_have_the_published_energy_and_current_from_free_levels(kind, number, energy, current):
    free = FreeRing(20, number, 1.0, np.pi / 2, kind)
    assert abs(free.energy - energy) < 1e-12
    assert np.abs(free.currents() - current).max() < 1e-12


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "number", "energy", "current"), LARGE)
def test_twenty_half_filled_traps_are_the_published_ones_within_the_memory_stated_in_advance(
    kind, number, energy, current
):
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    ring = md.TrapRing(traps=20, number=number, flux=np.pi / 2, kind=kind)
    found = ring.equilibrium()
    assert abs(float(found.energy) - energy) < 1e-9
    assert np.abs(found.link_current.values - current).max() < 1e-9
    assert time.perf_counter() - begin < 60
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert grown < ring.memory < 24e9


def test_the_jump_of_the_current_at_no_flux_is_a_fifth_of_the_tunnelling():
    """20 traps, 10 fermions: from the levels of one particle on either side of the crossing."""
    near = [FreeRing(20, 10, 1.0, flux).currents().mean() for flux in (-1e-9, 1e-9)]
    assert abs(near[1] - near[0] - 0.2) < 1e-9


def test_turning_one_of_eight_traps_releases_the_published_heat():
    """With spins whose field is turned; the links are off, so that slow for the spin is no time for the ring."""
    run = md.experiment("trap-ring", traps=8, number=3, flux=1.1, zeeman=3e4, rotation_time=100.0, quick=True)
    what = run.evolution()
    assert what is not None
    system, protocol, options = what
    assert isinstance(system, md.TrapRing)
    record = md.evolve(system, md.Protocol(*protocol.segments[:-1]), **options, moments=[1.0])
    assert abs(float(record.energy[-1] - record.energy[0]) - 2.391427633) < 1e-9
    hops = np.array([complex(record[f"hop_{k}"][-1]) for k in range(8)])
    currents = system.currents(hops, {"tunnelling": 1.0, "flux": 1.1})
    before = -0.0827273378
    assert np.abs(currents[:2] + before).max() < 1e-5  # the two links of trap 1, reversed
    assert np.abs(currents[2:] - before).max() < 1e-9
