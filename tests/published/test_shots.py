"""The numbers of DEFINITIONS 6.10: shots and their errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from mesodyn.planning.binomial import room
from mesodyn.planning.power import (
    ALPHA_5,
    against_half,
    effective_shots,
    exact_shots,
    gaussian_shots,
    shots_against,
    sigmas,
    worst_error,
)

# contrast: Gaussian, exact error there, its sigmas, exact first and every, against 1/2: median, power 0.9
TABLE = {
    0.8: (15, 3.36e-5, 3.99, 25, 27, 35, 52),
    0.5: (75, 1.57e-6, 4.66, 87, 91, 98, 150),
    0.2: (600, 4.55e-7, 4.91, 613, 621, 626, 977),
    0.05: (9975, 2.91e-7, 5.00, 9987, 10027, None, None),
}


def test_five_sigma_is_the_published_error():
    for published in (2.866515719e-7, ndtr(-5)):
        assert pytest.approx(published, rel=1e-9) == ALPHA_5


@pytest.mark.parametrize("contrast", TABLE)
def test_shots_are_those_of_the_table(contrast):
    gaussian, error, sigma, first, every, median, nine = TABLE[contrast]
    p = (1 + contrast) / 2
    assert math.ceil(gaussian_shots(contrast) - 1e-9) == gaussian
    found = worst_error(gaussian, p, 1 - p)
    assert found == pytest.approx(error, rel=3e-3) and sigmas(found) == pytest.approx(sigma, abs=0.005)
    exact = exact_shots(p, 1 - p)
    assert (exact.first, exact.every) == (first, every)
    if median:
        assert (against_half(contrast).first, against_half(contrast, power=0.9).first) == (median, nine)


def test_against_one_half_at_the_smallest_contrast():
    """The published 10028 (median) and about 15800 do; the first numbers that do are 10001 and 15777."""
    median, nine = against_half(0.05), against_half(0.05, power=0.9)
    assert (median.first, nine.first) == (10001, 15777)
    assert median.first and nine.first
    assert median.first < 10028 < median.number and room(10028, 0.525, 0.5, ALPHA_5, 0.5) >= 0
    assert nine.first < 15800 < nine.number
    formula = (5 + ndtri(0.9) * np.sqrt(1 - 0.05**2)) ** 2 / 0.05**2
    assert nine.gaussian == pytest.approx(formula) and median.gaussian == pytest.approx(25 / 0.05**2)


def test_from_these_on_every_number_excludes_one_half_in_the_median():
    assert [against_half(c).every for c in TABLE] == [39, 100, 635, 10059]


def test_accounts_by_their_heat_take_the_published_shots():
    contrast, shared = 0.8, 0.25
    conserving, superposition, mixture = (1 + contrast) / 2, shared * (1 + contrast), shared
    assert exact_shots(conserving, superposition).every == 92
    assert exact_shots(superposition, mixture).every == 560
    split = shots_against([superposition, 1 - superposition], [mixture, 1 - mixture])
    assert split.every == 560


def test_resolved_photons_have_the_published_spread():
    counts = {0.0: 84.0, 0.1: 46.595597544, 1.0: 4.2}
    for exchange, variance in counts.items():
        assert 20**2 * 0.3 * 0.7 / effective_shots(20, exchange) == pytest.approx(variance, rel=1e-9)
