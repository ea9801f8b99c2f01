"""A Kramers dot with a quantum lead: the doublet, its gain and moment, two limits; spins that are screened."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.microscopic.exchange_dot import ExchangeDot
from mesodyn.systems.microscopic.kondo_dot import KondoDot, screening


@settings(max_examples=8, deadline=None)
@given(frequency=st.floats(3.0, 30.0), x=st.floats(0, 0.9), y=st.floats(0, 0.9))
def test_without_a_field_the_ground_level_is_a_doublet_and_no_moment_is_left(frequency, x, y):
    dot = ExchangeDot(frequency=frequency, anisotropy=np.diag([x, y, 0.0]))
    found = dot.doublet()
    assert float(found.splitting) <= 1e-12 * frequency
    assert float(found.gap) > 0.1
    assert np.abs(dot.equilibrium().magnetization.values).max() < 1e-9
    assert float(found.truncation) < 1e-8


def test_a_fast_lead_gains_three_times_as_much_with_a_known_correction():
    """Fourth order in g: E = -3 g^2/w + 6 g^4/w^3, so the gain is 3 - 3 (exchange/frequency)."""
    frequency = md.axis("frequency", [50.0, 100.0, 200.0])
    gain = ExchangeDot(frequency=frequency).doublet().gain.values
    assert np.all(np.diff(gain) > 0) and gain[-1] < 3
    short = (3 - gain) * frequency.values
    assert 2 * short[2] - short[1] == pytest.approx(3, abs=0.01)


def test_one_component_alone_gains_once_and_keeps_its_moment():
    """Couplings along z only commute with sigma_z: the exact answer is a displaced oscillator."""
    x = 2.0
    found = ExchangeDot(frequency=2.0, anisotropy=np.diag([1.0, 1.0, 0.0])).doublet()
    assert float(found.gain) == pytest.approx(1, abs=1e-8)
    factors = np.diag(found.factor.values)
    assert factors[2] == pytest.approx(1, abs=1e-9)
    assert factors[:2] == pytest.approx(np.exp(-2 * 0.5 / x), abs=1e-8)


def test_a_slow_lead_has_a_third_of_the_moment_and_levels_that_come_down():
    found = ExchangeDot(frequency=md.axis("frequency", [2.0, 1.0, 0.5])).doublet()
    factor = found.factor.values[:, 0, 0]
    assert np.all(np.diff(factor) < 0) and np.all(factor > 1 / 3)
    assert np.all(np.diff(found.gap.values) < 0)
    assert np.all(np.diff(found.gain.values) < 0)


def test_a_strong_field_finds_the_full_moment_again():
    fields = md.axis("B", [1e-6, 0.3, 1.0, 10.0])
    found = ExchangeDot(frequency=1.0, field=(0, 0, fields)).equilibrium()
    size = found.magnetization.values[:, 2]
    assert size[0] == pytest.approx(float(ExchangeDot(frequency=1.0).doublet().factor[2, 2]), abs=1e-5)
    assert np.all(np.diff(size) > 0)
    assert size[3] > 0.99


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), cold=st.sampled_from([0.0, 0.2]))
def test_the_moment_is_the_slope_of_the_free_energy_in_any_frame(seed, cold):
    rng = np.random.default_rng(seed)
    frame = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    stiff = (frame * rng.uniform(0, 0.5, 3)) @ frame.T
    field, way, h = rng.normal(size=3) * 0.3, rng.normal(size=3), 1e-4

    def solved(b):
        return ExchangeDot(
            frequency=4.0, anisotropy=stiff, field=b, temperature=cold, moment=0.7, quanta=6
        ).equilibrium()

    slope = -float(solved(field + h * way).free_energy - solved(field - h * way).free_energy) / (2 * h)
    assert slope == pytest.approx(way @ solved(field).magnetization.values, abs=1e-6)


def test_a_rotated_dot_has_a_rotated_moment():
    frame = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    field, stiff = np.array([0.2, 0.1, 0.3]), np.diag([0.3, 0.1, 0.0])
    one = ExchangeDot(frequency=4.0, anisotropy=stiff, field=field, temperature=0.1, quanta=6).equilibrium()
    other = ExchangeDot(
        frequency=4.0, anisotropy=frame @ stiff @ frame.T, field=frame @ field, temperature=0.1, quanta=6
    ).equilibrium()
    assert other.magnetization.values == pytest.approx(frame @ one.magnetization.values, abs=1e-10)
    assert float(other.energy) == pytest.approx(float(one.energy), abs=1e-12)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"frequency": 1e9}, "frequency must be at most 1e"),
        ({"frequency": 4.0, "temperature": 100.0}, "temperature must be at most 0.6 of the lead's frequency"),
    ],
)
def test_a_lead_that_no_number_of_quanta_can_hold_is_refused_at_once(given: Any, words: str):
    with pytest.raises(InputError, match=words):
        ExchangeDot(anisotropy=np.diag([0.0, 0.1, 0.2]), **given)


def test_quanta_are_enough_or_the_dot_is_refused():
    coarse, fine = (ExchangeDot(frequency=2.0, quanta=q).doublet() for q in (5, 9))
    assert float(fine.truncation) < 0.1 * float(coarse.truncation)
    settled = ExchangeDot(frequency=2.0).doublet()
    assert abs(float(coarse.energy - settled.energy)) <= float(coarse.truncation)
    with pytest.raises(InputError, match="slower lead"):
        ExchangeDot(frequency=0.01)


def test_points_of_an_axis_have_the_bits_of_single_dots():
    fields = md.axis("B", [0.1, 0.4])
    many = ExchangeDot(frequency=5.0, field=(fields, 0, 0.2), temperature=0.1).equilibrium()
    for value in (0.1, 0.4):
        one = ExchangeDot(frequency=5.0, field=(value, 0, 0.2), temperature=0.1).equilibrium()
        assert many.magnetization.sel(B=value).values.tolist() == one.magnetization.values.tolist()


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"frequency": 0.0}, "frequency"),
        ({"anisotropy": np.diag([2.0, 0, 0])}, "at most the exchange"),
        ({"temperature": -1.0}, "temperature"),
        ({"field": (0, 1)}, "field"),
        ({"quanta": 2}, "quanta"),
    ],
)
def test_bad_input_stops_before_solving(given_, words):
    with pytest.raises(InputError, match=words):
        ExchangeDot(**given_)


# -- a lead of electrons -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sites", [1, 3, 5])
def test_an_antiferromagnetic_lead_of_odd_number_screens_and_a_ferromagnetic_one_does_not(sites):
    found = KondoDot(sites=sites, exchange=md.axis("J", [-1.0, 1.0])).equilibrium()
    assert found.spin.values.tolist() == [1.0, 0.0]
    assert found.degeneracy.values.tolist() == [3.0, 1.0]
    assert found.dot_moment.values[0] > 0.95 and found.dot_moment.values[1] == 0.0
    assert found.spread.max() < 1e-12


@pytest.mark.parametrize("sites", [2, 4])
def test_an_even_number_of_electrons_leaves_a_doublet_whose_moment_may_sit_in_the_lead(sites):
    found = KondoDot(sites=sites, exchange=md.axis("J", [-1.0, 1e-3, 30.0])).equilibrium()
    assert found.degeneracy.values.tolist() == [2.0, 2.0, 2.0]
    assert found.dot_moment.values[1] == pytest.approx(1, abs=1e-5)
    assert abs(found.dot_moment.values[2]) < 0.01


def test_a_strong_exchange_binds_a_singlet_of_any_lead():
    assert float(KondoDot(sites=5, exchange=200.0).equilibrium().correlation) == pytest.approx(-0.75, abs=1e-4)
    weak, strong = screening(0.5, sizes=(3, 5, 7)), screening(8.0, sizes=(3, 5, 7))
    assert weak.error > 30 * strong.error
    longer = float(KondoDot(sites=9, exchange=8.0).equilibrium().correlation)
    assert abs(strong.value - longer) < 1e-3


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"sites": 0}, "sites"),
        ({"sites": 13}, "states"),
        ({"sites": 3, "electrons": 6}, "electrons"),
        ({"tunnelling": md.axis("t", [1, 2])}, "single number"),
    ],
)
def test_bad_leads_stop_before_solving(given_, words):
    with pytest.raises(InputError, match=words):
        KondoDot(**given_)
