"""Numbers of DEFINITIONS 6.10 and PEERS: splittings by Breit and Rabi, and how slowly a field has to be turned."""

import math

import numpy as np
import pytest
from scipy import constants

import mesodyn as md
from mesodyn.planning import atoms

GAUSS = 1e-4


@pytest.mark.parametrize(
    ("atom", "field", "megahertz", "places"),
    [
        ("li6", 1.0, 0.934929, 6),
        ("li6", 832.18, 76.267968, 6),
        ("li6", 832.18, 76.268, 3),
        ("k40", 202.1, 44.816346, 6),
        ("k40", 202.1, 44.82, 2),
        ("yb171", 1.0, 749.9e-6, 7),
    ],
)
def test_the_two_lowest_levels_are_apart_as_published(atom, field, megahertz, places):
    found = atoms.splitting(atom, field * GAUSS) / (2 * math.pi * 1e6)
    assert found == pytest.approx(megahertz, abs=0.5001 * 10**-places)


@pytest.mark.parametrize(
    ("atom", "field", "state", "turns", "microseconds", "places"),
    [
        ("li6", 1.0, 1, 1, 33.605, 3),
        ("li6", 1.0, 1, 2, 134.42, 2),
        ("li6", 832.18, 1, 1, 0.784, 3),
        ("li6", 832.18, 2, 1, 0.043, 3),
        ("k40", 202.1, 1, 1, 6.246, 3),
        ("yb171", 1.0, 1, 1, 41.9e3, -2),
    ],
)
def test_a_phase_error_of_a_twentieth_of_a_radian_needs_the_published_time(
    atom, field, state, turns, microseconds, places
):
    found = 1e6 * atoms.rotation_time(atom, field * GAUSS, phase_error=0.05, turns=turns, state=state)
    assert found == pytest.approx(microseconds, abs=0.5001 * 10**-places)


@pytest.mark.parametrize(("atom", "field", "wrong"), [("li6", 832.18, 0.412), ("k40", 202.1, 0.701)])
def test_the_formula_of_a_plain_spin_one_half_is_wrong_at_high_field(atom, field, wrong):
    plain = 1e6 * math.pi**2 / (atoms.splitting(atom, field * GAUSS) * 0.05)
    assert plain == pytest.approx(wrong, abs=0.0005)
    assert 1e6 * atoms.rotation_time(atom, field * GAUSS, phase_error=0.05) > 1.9 * plain


@pytest.mark.parametrize(("spin", "radians", "places"), [(0.5, 0.0548, 4), (4.5, 0.49348, 5)])
def test_one_degree_off_the_right_angle_costs_the_published_phase(spin, radians, places):
    degree = math.radians(1)
    geometric = 2 * math.pi * spin * ((1 - math.cos(math.pi / 2 + degree)) - 1)
    assert atoms.axis_phase(spin, degree) == pytest.approx(geometric, rel=1e-12)
    slope = atoms.axis_phase(spin, 1e-6) / 1e-6
    assert slope * degree == pytest.approx(radians, abs=0.5001 * 10**-places)


def test_fifty_nanokelvin_leave_a_doublet_of_120_hertz_little_order():
    warmth, link = md.quantity("50 nK", "temperature"), md.quantity("120 Hz", "energy")
    assert warmth / (2 * math.pi) == pytest.approx(1041.83, abs=0.005)
    assert math.tanh(link / warmth) == pytest.approx(0.1147, abs=0.00005)


def test_the_magnetons_are_those_of_codata():
    names = {"Bohr magneton": atoms.MU_B, "nuclear magneton": atoms.MU_N}
    for name, value in names.items():
        assert value == pytest.approx(constants.physical_constants[name][0], rel=1e-9)


@pytest.mark.parametrize(
    ("atom", "megahertz", "places"), [("li6", 228.205, 3), ("k40", 1285.79, 2), ("rb87", 6834.68261, 5)]
)
def test_the_hyperfine_splitting_without_a_field_is_the_published_one(atom, megahertz, places):
    energies = atoms.levels(atom, 0.0).energies / (2 * math.pi * 1e6)
    assert np.ptp(energies) == pytest.approx(megahertz, abs=0.5001 * 10**-places)
