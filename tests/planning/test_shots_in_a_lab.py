"""What spoils counts, what they teach and what an analysis claims: each against simulated shots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import bdtr, chdtri

import mesodyn as md
from mesodyn.experiments.light_runs import Chain
from mesodyn.planning.differences import difference_shots, exact_limit, rate, statistic
from mesodyn.planning.power import (
    ALPHA_5,
    Readout,
    campaigns,
    effective_shots,
    exact_shots,
    fisher_information,
    fringe_analysis,
    gaussian_shots,
    quantum_limit,
)
from mesodyn.planning.readout import confused
from mesodyn.seeds import generator

part = st.floats(0, 0.45)
spoiled = st.builds(Readout, part, part, part, st.none() | part, part, part)


@settings(max_examples=20, deadline=None)
@given(spoiled, st.floats(0, 1))
def test_the_map_of_a_readout_is_what_single_shots_do(readout, left):
    counts, tries = readout.drawn(left, generator(7), 4000, 2)
    assert np.all(counts.sum(axis=1) == 4000)
    p, kept = readout.applied(left), readout.kept(left)
    assert abs(counts[:, 0].sum() / 8000 - p) < 5 * np.sqrt(p * (1 - p) / 8000) + 1e-9
    assert abs(8000 / tries.sum() - kept) < 5 * kept * np.sqrt((1 - kept) / 8000) + 1e-9


@settings(max_examples=20, deadline=None)
@given(spoiled, st.floats(0.01, 0.99))
def test_the_slope_of_a_readout_is_its_derivative_and_never_above_one_with_equal_loss(readout, left):
    step = 1e-6
    numerical = (readout.applied(left + step) - readout.applied(left - step)) / (2 * step)
    assert readout.slope(left) == pytest.approx(numerical, abs=1e-7)
    if readout.loss_left == readout.loss_right:
        assert 0 <= readout.slope(left) <= 1 + 1e-12


def test_equal_loss_costs_shots_only_and_unequal_loss_imitates_a_signal():
    assert Readout(loss_left=0.3, loss_right=0.3).applied(0.9) == pytest.approx(0.9)
    assert Readout(loss_left=0.3, loss_right=0.3).kept(0.9) == pytest.approx(0.7)
    assert Readout(loss_left=0.5).applied(0.5) == pytest.approx(1 / 3)
    assert np.isnan(Readout(loss_left=1.0).applied(1.0))


def test_a_matrix_over_several_outcomes_contains_the_two_sided_readout():
    readout = Readout(0.1, 0.2, loss_left=0.3, loss_right=0.1)
    matrix = [[0.8 * 0.7, 0.1 * 0.9], [0.2 * 0.7, 0.9 * 0.9]]
    read, kept = confused([0.6, 0.4], matrix)
    assert read[0] == pytest.approx(readout.applied(0.6)) and kept == pytest.approx(readout.kept(0.6))


def test_campaigns_through_a_bad_detector_keep_the_promise_of_its_map():
    readout, p = Readout(0.03, 0.08, 0.05, None, 0.1, 0.2), 0.85
    rule = exact_shots(float(readout.applied(p)), float(readout.applied(1 - p)), 0.05)
    found = campaigns(lambda *draw: readout.draw(p, *draw), rule, rule.number, 2000)
    assert found.chance(1 - rule.error_a) > 1e-3
    blind = exact_shots(p, 1 - p, 0.05)
    assert campaigns(lambda *draw: readout.draw(p, *draw), blind, blind.number, 2000).chance(1 - blind.error_a) < 1e-3


@settings(max_examples=25, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(-np.pi, np.pi), spoiled)
def test_counts_never_teach_more_of_a_phase_than_the_quantum_limit(contrast, phase, readout):
    left, slope = (1 + contrast * np.cos(phase)) / 2, -contrast * np.sin(phase) / 2
    through = readout.applied(left), readout.slope(left) * slope
    state = [[0.5, 0.5 * contrast * np.exp(-1j * phase)], [0.5 * contrast * np.exp(1j * phase), 0.5]]
    limit = quantum_limit(state, [[0.5, 0], [0, -0.5]])
    plain = fisher_information([left, 1 - left], [slope, -slope])
    assert limit == pytest.approx(contrast**2)
    assert plain == pytest.approx(contrast**2 * np.sin(phase) ** 2 / (1 - contrast**2 * np.cos(phase) ** 2), rel=1e-9)
    assert plain <= limit * (1 + 1e-9)
    if readout.loss_left == readout.loss_right:
        spoilt = fisher_information([through[0], 1 - through[0]], [through[1], -through[1]])
        assert spoilt <= plain * (1 + 1e-9) + 1e-12


def test_the_quantum_limit_of_a_pure_state_is_four_times_the_variance():
    rng = np.random.default_rng(1)
    ket = rng.normal(size=5) + 1j * rng.normal(size=5)
    ket /= np.linalg.norm(ket)
    g = rng.normal(size=(5, 5)) + 1j * rng.normal(size=(5, 5))
    g = g + g.conj().T
    mean = (ket.conj() @ g @ ket).real
    assert quantum_limit(np.outer(ket, ket.conj()), g) == pytest.approx(4 * ((g @ ket).conj() @ g @ ket - mean**2).real)
    assert quantum_limit(np.eye(5) / 5, g) == pytest.approx(0, abs=1e-12)


def test_fisher_information_is_the_spread_of_the_best_estimate():
    """Contrast and level together: the matrix is the mean square of the scores of simulated shots."""
    p = np.array([0.2, 0.5, 0.3])
    slopes = np.array([[1.0, -0.4, -0.6], [-0.3, 0.1, 0.2]])
    shots = np.random.default_rng(2).choice(3, 200_000, p=p)
    score = (slopes / p)[:, shots]
    assert fisher_information(p, slopes) == pytest.approx(score @ score.T / 200_000, rel=0.02)
    assert fisher_information([0.0, 1.0], [1.0, -1.0]) == np.inf


@pytest.mark.parametrize("exchange", [0.0, 0.1, 0.5, 1.0])
def test_photons_of_a_run_are_worth_as_many_shots_as_their_spread_says(exchange):
    events, weight, runs = 20, 0.3, 4000
    draws = generator(4).random((runs, 1 + 4 * events))
    upper = Chain(weight, 0.0, exchange).runs(draws)[2].sum(axis=1) / events
    effective = weight * (1 - weight) / upper.var()
    assert effective_shots(events, exchange) == pytest.approx(effective, rel=0.1)


def test_the_exact_rate_of_a_difference_is_the_sum_over_all_counts():
    k = np.arange(31)
    for p, q, limit in ((0.8, 0.3, 2.01), (0.5, 0.5, 1.5), (0.97, 0.9, 1.0), (1.0, 0.2, 3.0)):
        z = statistic(k[:, None], k[None, :], 30)
        one, two = (np.diff(bdtr(k, 30, x), prepend=0.0) for x in (p, q))
        expected = one @ (z >= limit) @ two
        assert rate(p, q, 30, limit) == pytest.approx(expected, abs=1e-12)


def test_a_difference_of_unknown_contrast_needs_its_own_limit():
    """The rule with unpooled variances claims too often: its five sigma of 14 shots are three."""
    found = difference_shots(0.9, 0.1)
    assert found.gaussian == pytest.approx(gaussian_shots(0.8)) and found.total and found.total > found.gaussian
    assert found.plain_size > 10 * ALPHA_5 > ALPHA_5 > found.size and found.power >= 0.5
    for shots in (18, 75, 150):
        fine = max(rate(p, p, shots, exact_limit(shots, 0.01)) for p in np.linspace(0.002, 0.998, 400))
        assert fine < 0.0102
    with pytest.raises(md.InputError, match="exchange the settings"):
        difference_shots(0.1, 0.9)
    assert difference_shots(0.5, 0.5).reason == "not distinguishable"


def test_simulated_differences_are_claimed_at_the_exact_rate():
    found = difference_shots(0.7, 0.4, 0.02, 0.8)
    assert found.total
    half, numbers = found.total // 2, generator(9)
    for q, promised in ((0.4, found.power), (0.7, rate(0.7, 0.7, half, found.limit))):
        one, two = numbers.binomial(half, 0.7, 4000), numbers.binomial(half, q, 4000)
        hits = (statistic(one, two, half) >= found.limit).sum()
        assert abs(hits / 4000 - promised) < 4 * np.sqrt(promised * (1 - promised) / 4000)


def test_calibrated_intervals_cover_as_often_as_they_say_and_the_usual_ones_do_not():
    analysis = fringe_analysis("contrast", [-np.pi / 2, np.pi / 2], 20, contrasts=np.linspace(0, 1, 51))
    limits = analysis.calibrated(0.9, 1000)
    usual = [analysis.coverage(0.9, value, count=1000).value for value in range(0, 51, 5)]
    exact = [analysis.coverage(0.9, value, count=1000, limits=limits) for value in range(0, 51, 5)]
    assert min(usual) < 0.85
    assert all(share.value > 0.9 - 4 * np.hypot(share.error, share.error) for share in exact)


def test_many_shots_make_the_usual_interval_right_also_with_an_unknown_contrast():
    scan = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    contrasts, phases = np.linspace(0.3, 0.9, 31), np.linspace(0.3, 1.3, 101)
    analysis = fringe_analysis("phase", scan, 200, contrasts=contrasts, phases=phases)
    found = analysis.coverage(0.9, 50, 15, count=600)
    assert abs(found.value - 0.9) < 4 * found.error
    low, high = analysis.interval(analysis.draw(generator(1), 200, 50, 15), 0.9)
    left = 0.5 * (1 - 0.6 * np.sin(scan - 0.8))
    slopes = 0.5 * np.array([0.6 * np.cos(scan - 0.8), -np.sin(scan - 0.8)]).T
    p, d = np.stack([left, 1 - left], -1), np.stack([slopes, -slopes], -1)
    error = np.sqrt(np.linalg.inv(200 * fisher_information(p, d).sum(axis=0))[0, 0])
    assert np.mean(high - low) / 2 == pytest.approx(error * np.sqrt(chdtri(1, 0.1)), rel=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Readout(false_left=1.2), "false_left must be"),
        (lambda: Readout(loss_left=1, loss_right=1), "no shot would be kept"),
        (lambda: confused([0.5, 0.5], [[0.9, 0.5], [0.2, 0.5]]), "matrix must be chances"),
        (lambda: fringe_analysis("slope", [0], 5), "parameter must be one of contrast, phase"),
        (lambda: fringe_analysis("phase", [0], 5, contrasts=[1.5]), "contrasts must be from -1 to 1"),
        (lambda: quantum_limit([[1, 0], [0, 0]], [[0, 1], [0, 0]]), "turning must be Hermitian"),
        (lambda: fisher_information([0.5, 0.5], [0.1]), "derivatives must be"),
        (lambda: effective_shots(0, 0.1), "events must be"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(md.InputError, match=message):
        call()
