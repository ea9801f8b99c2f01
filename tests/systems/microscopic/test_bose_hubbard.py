"""A few sites of bosons: the two-site junction, free and insulating atoms, the answer of a ring to a flux, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.microscopic.bose_hubbard import BoseHubbard
from mesodyn.systems.microscopic.boson_space import BosonSpace


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 12), u=st.floats(-1, 3), tilt=st.floats(-2, 2), cold=st.sampled_from([0.0, 0.3]))
def test_two_sites_are_the_bose_junction(n, u, tilt, cold):
    given_ = {"particles": n, "interaction": u, "temperature": cold}
    ours = BoseHubbard(wells=2, tilt=tilt, **given_)
    junction = md.BoseJunction(detuning=tilt, **given_)
    assert np.abs(ours.hamiltonian().full() - junction.hamiltonian().full()).max() < 1e-12
    one, other = ours.equilibrium(), junction.equilibrium()
    assert float(one.energy) == pytest.approx(float(other.energy), abs=1e-11)
    assert 2 * float(one.density_matrix[0, 1]) / n == pytest.approx(float(other.coherence), abs=1e-7)


def test_two_sites_move_as_the_bose_junction():
    steps = {"chain": md.Ramp(duration=2.0, tilt=3.0), "pair": md.Ramp(duration=2.0, detuning=3.0)}
    ours = md.evolve(
        BoseHubbard(wells=2, particles=5, interaction=1.0),
        md.Protocol(steps["chain"], md.Hold(duration=1.0)),
        moments=9,
    )
    other = md.evolve(
        md.BoseJunction(particles=5, interaction=1.0), md.Protocol(steps["pair"], md.Hold(duration=1.0)), moments=9
    )
    assert ((ours.number_0 - ours.number_1) / 5).values == pytest.approx(other.z.values, abs=1e-10)


@given(wells=st.integers(2, 5), particles=st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_every_state_has_its_place(wells, particles):
    space = BosonSpace(wells=wells, particles=particles)
    assert len(space.numbers) == space.size
    assert space.rank(space.numbers).tolist() == list(range(space.size))
    assert np.all(space.numbers.sum(axis=1) == particles)
    assert len(space.labels) == len(set(space.labels)) == space.size


def test_free_atoms_all_condense_and_all_flow():
    ring = BoseHubbard(wells=5, particles=4, shape="ring", flux=0.8)
    found = ring.equilibrium()
    assert float(found.condensate_fraction) == pytest.approx(1, abs=1e-12)
    assert float(found.energy) == pytest.approx(-8 * np.cos(0.8 / 5), abs=1e-12)
    assert float(found.current) == pytest.approx(-4 * 2 / 5 * np.sin(0.8 / 5), abs=1e-12)
    assert float(ring.superfluid_fraction()) == pytest.approx(1, abs=1e-12)


def test_an_insulator_has_neither_condensate_nor_flow_and_no_fluctuations():
    u = 200.0
    found = BoseHubbard(wells=5, particles=5, shape="ring", interaction=u)
    rest = found.equilibrium()
    assert float(rest.condensate_fraction) == pytest.approx(0.2, abs=0.02)
    assert float(found.superfluid_fraction()) < 1e-3
    # two neighbours lend each other an atom: amplitude sqrt(2) J / U each
    assert rest.number_variance.values == pytest.approx(8 / u**2, rel=1e-2)
    assert float(rest.energy) == pytest.approx(-20 / u, rel=1e-2)


@pytest.mark.parametrize(("wells", "particles"), [(5, 5), (4, 7), (6, 6)])
def test_the_superfluid_fraction_is_the_slope_of_the_current(wells, particles):
    given_ = {"wells": wells, "particles": particles, "shape": "ring", "interaction": 4.0}
    ring = BoseHubbard(**given_)
    slopes = []
    for h in (0.02, 0.01):
        current = [float(BoseHubbard(**given_, flux=f).equilibrium().current) for f in (-h, h)]
        slopes.append(-(current[1] - current[0]) / (2 * h))
    limit = (4 * slopes[1] - slopes[0]) / 3
    assert float(ring.superfluid_fraction()) == pytest.approx(limit * wells**2 / (2 * particles), abs=1e-8)


def test_the_current_is_the_slope_of_the_energy_and_vanishes_with_the_flux():
    flux = md.axis("flux", [0.0, 0.999, 1.0, 1.001])
    found = BoseHubbard(wells=4, particles=5, shape="ring", interaction=1.5, flux=flux).equilibrium()
    energy = found.energy.values
    assert float(found.current[0]) == pytest.approx(0, abs=1e-12)
    assert -(energy[3] - energy[1]) / 0.002 == pytest.approx(float(found.current[2]), abs=1e-6)


def test_the_density_matrix_holds_all_atoms():
    found = BoseHubbard(wells=4, particles=6, shape="ring", interaction=2.0, flux=0.5, temperature=0.7).equilibrium()
    values = np.linalg.eigvalsh(found.density_matrix.values)
    assert values.sum() == pytest.approx(6, abs=1e-10)
    assert values.min() > 0
    assert values.max() / 6 == pytest.approx(float(found.condensate_fraction))


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"wells": 1}, "wells"),
        ({"wells": 2, "shape": "ring"}, "wells"),
        ({"shape": "star"}, "shape"),
        ({"particles": 0}, "particles"),
        ({"flux": 0.3}, "gauge"),
        ({"wells": 3, "shape": "ring", "tilt": 0.1}, "closes"),
        ({"temperature": -1}, "temperature"),
        ({"wells": 12, "particles": 24}, "417225900 states"),
    ],
)
def test_bad_input_stops_before_solving(given_, words):
    with pytest.raises(InputError, match=words):
        BoseHubbard(**given_)


def test_what_does_not_apply_is_refused_with_a_reason():
    chain = BoseHubbard(wells=3, particles=3)
    with pytest.raises(InputError, match="ring"):
        chain.superfluid_fraction()
    with pytest.raises(InputError, match="mean of the totals"):
        md.evolve(chain, md.Protocol(md.Hold(duration=1.0)), account="superposition")
    frustrated = BoseHubbard(wells=3, particles=1, shape="ring", tunnelling=-1.0)
    with pytest.raises(InputError, match="two ground states"):
        md.evolve(frustrated, md.Protocol(md.Hold(duration=1.0)))
    with pytest.raises(InputError, match="frustrated"):
        frustrated.superfluid_fraction()
    with pytest.raises(InputError, match="states"):
        BoseHubbard(wells=8, particles=8, temperature=0.1).equilibrium()
