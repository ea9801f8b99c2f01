"""The shots that are given do what is promised: summed directly, against brute force, and in simulated campaigns."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import mesodyn as md
from mesodyn.planning.binomial import MOST, room
from mesodyn.planning.power import (
    ALPHA_5,
    against_half,
    campaigns,
    exact_shots,
    gaussian_shots,
    hours,
    shots_against,
    sigmas,
    tail,
    worst_error,
)
from mesodyn.planning.scores import Share, summed, whole_scores

chances = st.floats(0.02, 0.98)
BINOMIAL, MULTINOMIAL = (getattr(stats, name) for name in ("binom", "multinomial"))  # without annotations
rates = st.sampled_from([0.2, 0.05, 1e-2, 1e-4])


def works(n, p, q, alpha, beta):
    """Whether any threshold of n shots does, by plain sums (p > q)."""
    t = np.arange(n + 2)
    return bool(np.any((BINOMIAL.cdf(t - 1, n, p) < beta) & (BINOMIAL.sf(t - 1, n, q) < alpha)))


def brute(n, a, b, scores):
    """Both distributions of the sum of scores, by every way in which n shots can come out."""
    ways = np.array([w for w in itertools.product(range(n + 1), repeat=len(a)) if sum(w) == n])
    return ways @ scores, MULTINOMIAL.pmf(ways, n, a), MULTINOMIAL.pmf(ways, n, b)


@settings(max_examples=25, deadline=None)
@given(chances, chances, rates, st.sampled_from([0.49, 0.1, 1e-3]))  # at 0.5 a fair coin is a tie of rounding
def test_first_and_every_are_those_of_a_search_through_all_numbers(p, q, alpha, beta):
    if abs(p - q) < 0.15:
        return
    found = exact_shots(p, q, alpha, beta)
    high, low = (p, q) if p > q else (1 - p, 1 - q)
    tried = [works(n, high, low, alpha, beta) for n in range(1, found.number + 60)]
    assert tried.index(True) + 1 == found.first
    assert all(tried[found.number - 1 :])
    assert found.number == 1 or found.number == found.first or not tried[found.number - 2]


@settings(max_examples=25, deadline=None)
@given(chances, chances, rates)
def test_errors_are_below_what_was_asked_for_by_direct_sums(p, q, alpha):
    found = exact_shots(p, q, alpha)
    if abs(p - q) < 1e-3:
        return
    k = np.arange(found.number + 1)
    says_a = found.decide(np.stack([k, found.number - k], axis=-1))
    error_a = BINOMIAL.pmf(k, found.number, p)[~says_a].sum()
    error_b = BINOMIAL.pmf(k, found.number, q)[says_a].sum()
    assert max(error_a, error_b) < alpha
    assert (found.error_a, found.error_b) == pytest.approx((error_a, error_b), rel=1e-7, abs=1e-15)


@settings(max_examples=15, deadline=None)
@given(chances, chances, rates, rates)
def test_left_and_right_or_a_and_b_may_be_exchanged(p, q, alpha, beta):
    one, mirrored, exchanged = (
        exact_shots(p, q, alpha, beta),
        exact_shots(1 - p, 1 - q, alpha, beta),
        exact_shots(q, p, beta, alpha),
    )
    assert (one.first, one.every) == (mirrored.first, mirrored.every) == (exchanged.first, exchanged.every)


def test_where_there_is_room_for_a_whole_step_every_later_number_works():
    for p, q in ((0.9, 0.1), (0.6, 0.5), (0.45, 0.25), (0.07, 0.01)):
        found = room(np.arange(1, 1200), p, q, ALPHA_5, 0.1)
        assert np.all(found[np.argmax(found >= 1) :] >= 0)
        assert np.all(found[: np.flatnonzero(found <= -2).max(initial=-1) + 1] < 0)


def test_better_contrast_and_looser_errors_never_need_more_shots():
    by_contrast = [exact_shots((1 + c) / 2, (1 - c) / 2).number for c in np.linspace(0.05, 1, 20)]
    assert by_contrast == sorted(by_contrast, reverse=True)
    by_error = [exact_shots(0.7, 0.4, alpha).number for alpha in (1e-9, ALPHA_5, 1e-3, 0.05)]
    assert by_error == sorted(by_error, reverse=True)


def test_certain_outcomes_need_one_shot_and_half_certain_ones_what_halves():
    assert exact_shots(1, 0).number == 1
    assert exact_shots(1, 0.5).number == exact_shots(0, 0.5).number == math.ceil(math.log2(1 / ALPHA_5))


def test_a_million_shots_are_as_gaussian_as_the_central_limit_says():
    found = exact_shots(0.5025, 0.4975)
    assert found.number == pytest.approx(found.gaussian, rel=1e-3)
    assert sigmas(worst_error(found.number, 0.5025, 0.4975)) == pytest.approx(5, abs=1e-3)


@pytest.mark.parametrize("found", [exact_shots(0.3, 0.3), shots_against([0.2, 0.8], [0.2, 0.8]), against_half(0.0)])
def test_what_is_equal_has_no_shot_number(found):
    assert (found.first, found.every, found.reason) == (None, None, "not distinguishable")
    assert found.as_json()["error_a"] is None and found.gaussian == math.inf
    assert hours(found.every, 10.0) is None
    for use in (lambda: found.decide([3, 4]), lambda: found.number):
        with pytest.raises(md.InputError, match="not distinguishable"):
            use()


def test_beyond_what_anyone_takes_there_is_a_reason_instead_of_a_number():
    for found in (exact_shots(0.5, 0.50001), shots_against([0.3, 0.3, 0.4], [0.30001, 0.3, 0.39999])):
        assert found.every is None and found.gaussian > MOST and "more than 1e+09" in found.reason


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 4), st.integers(1, 9))
def test_sums_of_scores_have_the_distribution_of_every_way_counted(seed, outcomes, n):
    a, b = np.random.default_rng(seed).dirichlet(np.ones(outcomes), 2)
    scores = whole_scores(a, b)
    sums, under_a, _ = brute(n, a, b, scores)
    low, found = summed(n, a, scores)
    expected = np.bincount(sums - low, under_a, minlength=len(found))
    assert found == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0.854, 0.140, 0.006], [0.463, 0.493, 0.044]),
        ([0.0, 0.5, 0.5], [0.5, 0.3, 0.2]),
        ([0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]),
    ],
)
def test_several_outcomes_are_decided_below_the_errors_at_every_later_number(a, b):
    found = shots_against(a, b, 1e-2, 1e-2)
    scores = np.array(found.scores)
    for n in range(found.number, found.number + 3):
        sums, under_a, under_b = brute(n, a, b, scores)
        best = min(max(under_a[sums < t].sum(), under_b[sums >= t].sum()) for t in np.unique(sums))
        assert best < 1e-2
    sums, under_a, under_b = brute(found.number, a, b, scores)
    said = sums >= found.threshold
    assert found.error_a == pytest.approx(under_a[~said].sum(), rel=1e-6, abs=1e-12)
    assert found.error_b == pytest.approx(under_b[said].sum(), rel=1e-6, abs=1e-12)


def test_rounded_scores_are_as_good_as_exact_likelihood_ratios():
    """No threshold of the unrounded ratio does with fewer shots than the first number that is given."""
    a, b = np.array([0.6, 0.3, 0.1]), np.array([0.2, 0.3, 0.5])
    found = shots_against(a, b, 1e-3, 1e-3)
    assert found.first
    for n in range(max(1, found.first - 3), found.first):
        sums, under_a, under_b = brute(n, a, b, np.log(a / b).round(9))
        best = min(max(under_a[sums < t].sum(), under_b[sums >= t].sum()) for t in np.unique(sums))
        assert best >= 1e-3


def test_outcomes_with_the_same_ratio_are_one_outcome():
    whole, split = exact_shots(0.5, 0.2), shots_against([0.5, 0.25, 0.25], [0.2, 0.4, 0.4])
    assert (whole.first, whole.number) == (split.first, split.number)
    assert split.method == "binomial" and split.scores == (1.0, 0.0, 0.0)


def test_dropping_an_outcome_never_saves_shots():
    full = shots_against([0.854, 0.140, 0.006], [0.463, 0.493, 0.044])
    assert full.number <= exact_shots(0.854, 0.463).number


@pytest.mark.parametrize("truth", [True, False])
@pytest.mark.parametrize("contrast", [0.8, 0.5, 0.2])
def test_2000_campaigns_decide_rightly_at_the_promised_rate(contrast, truth):
    p = (1 + contrast) / 2
    sure, loose = exact_shots(p, 1 - p), exact_shots(p, 1 - p, 0.05, 0.1)
    left = p if truth else 1 - p
    assert campaigns([left, 1 - left], sure, sure.number, 2000, truth=truth).hits == 2000
    promised = 1 - (loose.error_a if truth else loose.error_b)
    found = campaigns([left, 1 - left], loose, loose.number, 2000, truth=truth, seed=3)
    assert found.chance(promised) > 1e-3 and abs(found.value - promised) < 4 * found.error


def test_campaigns_of_several_outcomes_keep_their_promise_too():
    a, b = [0.854, 0.140, 0.006], [0.463, 0.493, 0.044]
    rule = shots_against(a, b, 0.05, 0.1)
    for true, error, truth in ((a, rule.error_a, True), (b, rule.error_b, False)):
        assert campaigns(true, rule, rule.number, 2000, truth=truth, seed=5).chance(1 - error) > 1e-3


def test_campaigns_against_the_mixture_succeed_with_the_power_asked_for():
    rule = against_half(0.5, sigma=3, power=0.9)
    found = campaigns([0.75, 0.25], rule, rule.number, 2000, seed=1)
    assert found.value > 0.9 - 4 * found.error
    alarms = campaigns([0.5, 0.5], rule, rule.number, 2000, truth=False, seed=2)
    assert alarms.chance(1 - rule.error_b) > 1e-3 and rule.error_b < tail(3)


def test_too_few_shots_break_the_promise_and_the_campaigns_show_it():
    rule = exact_shots(0.75, 0.25, 0.01)
    few = campaigns([0.75, 0.25], lambda counts: counts[:, 0] > counts[:, 1], rule.number // 3, 2000)
    assert few.chance(0.99) < 1e-6


def test_the_same_seed_gives_the_same_campaigns():
    rule = exact_shots(0.6, 0.4, 0.1)
    again = [campaigns([0.6, 0.4], rule, rule.number, 500, seed=s) for s in (1, 1, 2)]
    assert again[0] == again[1] != again[2]


def test_a_share_has_an_error_even_where_all_came_out():
    assert Share(2000, 2000).error == pytest.approx(1 / 2002, rel=0.01)


def test_the_rule_and_hours_at_their_ends():
    assert gaussian_shots(0) == math.inf and gaussian_shots(1) == 0
    assert hours(3600, 1.0, 0.5) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exact_shots(1.1, 0.5), "p must be .* at most 1, but was 1.1"),
        (lambda: exact_shots(0.4, 0.5, 0.7), "alpha must be .* at most 0.5"),
        (lambda: shots_against([0.5, 0.5], [0.5, 0.4]), "distribution_b must be probabilities that add up to 1"),
        (lambda: shots_against([0.5, 0.5], [1.0]), "distribution_b must be a list of as many"),
        (lambda: gaussian_shots(2), "contrast must be"),
        (lambda: hours(3, 1, 0), "kept_fraction must be .* above 0"),
        (lambda: campaigns([0.5, 0.5], exact_shots(0.9, 0.1), 0), "shots must be a whole number of at least 1"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(md.InputError, match=message):
        call()
