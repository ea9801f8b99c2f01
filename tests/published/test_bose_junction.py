"""The two-mode junction against published numbers: Smerzi, Raghavan, Albiez, and the dimer."""

from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn.experiments.bose_threshold import threshold_imbalance, threshold_strength


def test_the_dimer_has_its_three_levels():
    found = md.BoseJunction(particles=2, interaction=5.0).hamiltonian().eigenenergies()
    assert found == pytest.approx([-0.701562119, 5, 5.701562119], abs=5e-10)


def test_the_gap_at_finite_number_is_below_the_plasma_frequency():
    hundred = float(md.BoseJunction(particles=100, interaction=0.2).equilibrium().gap)
    thousand = float(md.BoseJunction(particles=1000, interaction=0.02).equilibrium().gap)
    assert hundred == pytest.approx(6.599483037, abs=5e-10)
    assert thousand == pytest.approx(6.629898304, abs=5e-10)
    assert hundred < 2 * np.sqrt(1 + 9.9) == pytest.approx(6.603029608, abs=5e-10)


@pytest.mark.slow
def test_self_trapping_begins_where_smerzi_says():
    assert threshold_strength(0.6, 0.0, fine=1e-9) == pytest.approx(10, abs=1e-7)
    assert threshold_strength(0.6, np.pi, fine=1e-9) == pytest.approx(10 / 9, abs=1e-7)


def test_the_imbalance_of_albiez_traps_itself_at_half():
    found = threshold_imbalance(0.0, 15.0, fine=1e-8)
    assert found == pytest.approx(0.498887652, abs=1e-8)
    assert abs(found - 0.50) < 0.05


@pytest.mark.parametrize(("phase", "sign"), [(0.0, 1), (np.pi, -1)])
def test_small_swings_have_the_plasma_frequency(phase, sign):
    strength = 0.64
    given = {"model": "mean-field", "Lambda": strength, "imbalance": 0.01, "phase": phase, "tunnelling": 1.3}
    found = md.experiment("bose-junction", **given, duration=20.0).run().findings["frequency"]
    assert float(found.value) == pytest.approx(2.6 * np.sqrt(1 + sign * strength), rel=2e-4)


def test_both_sides_of_the_published_threshold_look_different():
    given: dict[str, Any] = {"model": "mean-field", "imbalance": 0.6, "duration": 20.0}
    below, above = (md.experiment("bose-junction", **given, Lambda=v).run().findings for v in (9.9, 10.1))
    assert (float(below["trapped"].value), float(above["trapped"].value)) == (0, 1)
    assert float(below["phase_turns"].value) == pytest.approx(0, abs=0.3)
    assert float(above["phase_turns"].value) == pytest.approx(-1, abs=0.3)
    assert float(above["imbalance_mean"].value) > 0.2
