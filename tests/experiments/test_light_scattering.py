"""Light scattered by a trap in a superposition of numbers: what it shows, and what it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.accounts import ACCOUNTS
from mesodyn.errors import InputError
from mesodyn.experiments import doublet_fit, light_runs

NAME = "light-scattering"


def run(seed=0, **options):
    """A run, all of whose findings are as expected where something is."""
    found = md.experiment(NAME, seed=seed, **options).run()
    failed = [name for name, finding in found.findings.items() if finding.passed is False]
    assert not failed, failed
    return found


def value(found, name):
    return float(found.findings[name].value)


CASES: dict[str, dict[str, Any]] = {
    "default": {},
    "pairs": {"step": 2, "n_c": 2, "loss_per_event": 0.1, "kind": "boson"},
    "exchange": {"exchange": 0.3, "loss_per_event": 0.05},
    "warm": {"temperature": 2.0, "amplitude_high": 0.8},
    "units": {"excitation_low": "5 kHz", "excitation_high": "5.6 kHz", "width_low": "600 1/s", "width_high": "700 1/s"},
    "detector": {"resolution": 0.1, "background": 0.3},
    "upside down": {"excitation_high": 4.3, "weight": 0.6},
    "one number only": {"weight": 0.0, "background": 0.0},
    "far apart": {"excitation_high": 60.0, "width_low": 0.004},
    "close": {"excitation_high": 5.03},
    "same": {"excitation_high": 5.0, "events": 1, "runs": 2},
    "restored": {"exchange": 1.0, "loss_per_event": 0.0},
}


@pytest.mark.parametrize("case", CASES)
def test_every_finding_is_as_expected(case):
    run(**CASES[case])


def test_no_light_tells_the_accounts_apart_and_the_run_says_so():
    runs = {account: run(account=account, duration=20.0, exchange=0.1) for account in ACCOUNTS}
    first = runs["superposition"].record
    for account, found in runs.items():
        for name in ("spectrum", "field", "count_rate", "photons_high", "counts", "runs_other"):
            assert np.abs(found.record[name].values - first[name].values).max() <= 1e-12, (account, name)
        assert value(found, "account_difference") < 1e-12
        assert "does not tell the accounts apart" in found.summary
    uv = np.sqrt(0.35 * 0.65)
    assert value(runs["superposition"], "order_parameter") == pytest.approx(uv)
    assert value(runs["conserving"], "correlation") == pytest.approx(uv)
    assert value(runs["mixture"], "order_parameter") == value(runs["mixture"], "correlation") == 0


@pytest.mark.parametrize(("exchange", "known"), [(0.0, 84.0), (0.1, 46.595597544), (1.0, 4.2)])
def test_photons_of_a_run_scatter_as_published(exchange, known):
    options = {"weight": 0.3, "events": 20, "exchange": exchange, "loss_per_event": 0.0, "runs": 4000}
    found = run(**options)
    expected = float(found.findings["photons_variance"].expected)
    assert expected == pytest.approx(known, abs=1e-9)
    assert light_runs.variance(0.3, 20, exchange) == pytest.approx(known, abs=1e-9)
    assert value(found, "photons_variance") == pytest.approx(known, rel=0.12)
    assert value(found, "photons_mean") == pytest.approx(6.0, abs=0.7)


def test_while_the_number_is_frozen_there_are_two_heaps_and_fits_are_wrong_about_heights():
    found = run(loss_per_event=0.0, events=25)
    assert set(found.record.photons_high.values.tolist()) == {0, 25}
    assert value(found, "one_line_runs") == 1
    assert value(found, "height_error_ratio") == pytest.approx(5.0, rel=0.4)  # sqrt(25)
    again = run(loss_per_event=0.0, events=25, exchange=1.0)
    assert value(again, "height_error_ratio") == pytest.approx(1.0, rel=0.4)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.01, 0.99), st.floats(0, 1), st.floats(0, 1), st.integers(1, 7),
    st.floats(0.1, 1), st.floats(0.1, 1), st.sampled_from((1, 2)),
)  # fmt: skip
def test_enumerated_runs_are_the_sum_over_all_histories(weight, loss, exchange, events, low, high, step):
    chain = light_runs.Chain(weight, loss, exchange, low, high, step)
    chances, count = chain.distribution(events), np.arange(events + 1)
    assert chances.sum() == pytest.approx(1) and chances.min() >= 0
    assert chain.populations(events).sum(axis=0) == pytest.approx(np.ones(events + 1))
    mean, square = chain.moments(events, 0.0, 1.0)
    assert mean == pytest.approx(chances @ count)
    assert square == pytest.approx(chances @ count**2)
    # one event after the other, as a walk over numbers and counts written out
    state = {(0, 0): weight, (step, 0): 1 - weight}
    for _ in range(events):
        after: dict[tuple[int, int], float] = {}
        for (lost, seen), chance in state.items():
            for more, p in ((1, high if lost == 0 else 0.0), (0, 1 - high if lost == 0 else 1.0)):
                for costs, q in ((1, loss), (0, 1 - loss)):
                    for fresh, r in (
                        (lost + costs, 1 - exchange),
                        (0, exchange * weight),
                        (step, exchange * (1 - weight)),
                    ):
                        key = (fresh, seen + more)
                        after[key] = after.get(key, 0.0) + chance * p * q * r
        state = after
    for k in count:
        assert sum(p for (_, seen), p in state.items() if seen == k) == pytest.approx(chances[k], abs=1e-12)


@pytest.mark.parametrize("exchange", [0.0, 0.1, 0.5, 1.0])
def test_the_enumerated_variance_is_the_closed_formula_without_loss(exchange):
    chain = light_runs.Chain(0.3, 0.0, exchange)
    mean, square = chain.moments(20, 0.0, 1.0)
    assert square - mean**2 == pytest.approx(light_runs.variance(0.3, 20, exchange), rel=1e-12)


def test_a_line_is_lost_after_the_weight_over_the_loss_and_in_runs_exponentially():
    found = run(weight=0.35, loss_per_event=0.02, events=60)
    assert value(found, "line_lost_after") == pytest.approx(17.5, rel=1e-9)
    assert value(found, "high_after") == pytest.approx(0.35 * 0.98**60, abs=0.1)
    assert float(found.findings["high_after"].expected) == pytest.approx(0.35 * 0.98**60, rel=1e-12)
    known = 0.65 * 0.98**60 + 0.35 * 60 * 0.02 * 0.98**59
    assert float(found.findings["low_after"].expected) == pytest.approx(known, rel=1e-12)


def test_two_equal_lines_are_resolved_from_their_width_over_root_three():
    for apart, maxima in ((0.95, 1), (1.05, 2)):
        distance = apart * 0.2 / np.sqrt(3)
        found = run(excitation_high=5 + distance, width_low=0.2, width_high=0.2, weight=0.5)
        limit = value(found, "resolved_from")
        assert limit == pytest.approx(0.2 / np.sqrt(3), rel=1e-4)
        order = np.argsort(found.record.frequency.values)
        curve = found.record.spectrum.values[order]
        curve = curve[np.r_[True, np.diff(found.record.frequency.values[order]) > 1e-6]]
        assert int(np.sum((curve[1:-1] > curve[:-2]) & (curve[1:-1] > curve[2:]))) == maxima


@settings(max_examples=6, deadline=None)
@given(st.floats(5.3, 9), st.floats(0.02, 0.25), st.floats(0.02, 0.25), st.floats(0.1, 0.9))
def test_beat_and_coherence_follow_the_distance_of_the_lines(high, width_low, width_high, weight):
    widths = {"width_low": width_low, "width_high": width_high}
    found = run(excitation_high=high, weight=weight, events=2, runs=20, **widths)
    assert value(found, "beat_period") == pytest.approx(2 * np.pi / (high - 5), rel=1e-5)
    assert value(found, "count_contrast") < 1e-6
    left = np.sqrt(width_low * width_high) / abs((width_low + width_high) / 2 + 1j * (high - 5))
    assert value(found, "coherence_left") == pytest.approx(left, abs=1e-8)
    assert value(found, "kept_at_time") == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fitted_lines_are_within_their_errors_for_other_seeds(seed):
    found = run(seed, events=10, runs=400)
    for line, centre, width in (("low", 5.0, 0.1), ("high", 5.6, 0.12)):
        assert abs(value(found, f"centre_{line}") - centre) < 5 * value(found, f"centre_{line}_error")
        assert value(found, f"width_{line}") == pytest.approx(width, rel=0.25)
    photons = float(found.record.photons_low.sum())
    assert value(found, "centre_low_error") == pytest.approx(0.1 / np.sqrt(2 * photons), rel=0.15)


def test_errors_that_a_fit_reports_are_those_of_its_scatter():
    middle, wide = doublet_fit.bins(np.array([5.0, 5.6]), np.array([0.1, 0.12]))
    truth = np.array([5.0, 5.6, 0.1, 0.12, 2000.0, 1000.0, 150.0])
    counts = np.random.default_rng(5).poisson(doublet_fit.expected(truth, middle, wide), (300, len(middle)))
    found = doublet_fit.fit(counts.astype(float), middle, wide, truth * np.array([1, 1, 1.4, 1.4, 1, 1, 2]))
    pulls = (found.values - truth) / found.errors
    assert np.isfinite(pulls).all()
    assert np.abs(pulls.mean(axis=0)).max() < 0.3
    assert np.abs(pulls.std(axis=0) - 1).max() < 0.17
    assert found.errors.mean(axis=0) == pytest.approx(doublet_fit.errors(truth, middle, wide), rel=0.05)
    assert found.share.mean() == pytest.approx(1 / 3, abs=0.003)


def test_lines_that_cannot_be_told_apart_are_not_reported():
    found = run(excitation_high=5.005)
    assert np.isnan(value(found, "centre_low")) and np.isnan(value(found, "height_share"))
    assert "could not be told apart" in found.summary


def test_a_point_of_a_sweep_has_the_bits_it_has_alone():
    swept = md.experiment(NAME, excitation_high="5.3:6:2", exchange="[0, 1]", runs=20)
    record = swept.keeping("record").record()
    for place in ({"excitation_high": 5.3, "exchange": 1.0}, {"excitation_high": 6.0, "exchange": 0.0}):
        alone = swept.at(place)[0].record()
        for name in ("counts", "photons_high", "spectrum", "fit_centre", "beat_contrast", "coherence_averaged"):
            assert alone[name].values.tobytes() == record[name].sel(place).values.tobytes(), name


def test_sweeps_keep_findings_and_draw_any_point():
    found = run(excitation_high="5.3:7:3", runs=20)
    assert "counts" not in found.record and found.findings["coherence_left"].value.dims == ("excitation_high",)
    figures = found.figures({"excitation_high": 6.0})
    assert set(figures) == {"doublet", "beat", "runs", "photon_costs", "cooling", "against_parameters"}


@pytest.mark.parametrize("case", ["far apart", "one number only"])
def test_figures_and_film_are_drawn(case, tmp_path):
    found = md.experiment(NAME, quick=True, account="conserving", **CASES[case]).run()
    assert len(found.figures()) == 5
    assert found.animate(tmp_path / "film.gif").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": 1e6}, "duration must be at most"),
        ({"runs": 10**6, "events": 10}, "runs must be few enough"),
        ({"n_c": 0}, "n_c must be"),
        ({"loss_per_event": 1.2}, "loss_per_event must be"),
        ({"excitation_high": "5 kHz", "excitation_low": 5}, "both with units or both plain numbers"),
        ({"account": "coherent"}, "account"),
        ({"width_low": 0}, "width_low must be"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        md.experiment(NAME, **options).run()


def test_both_ways_to_a_spectrum_agree():
    one = md.experiment(NAME, temperature=1.0)
    first, second = one.record(), one.solving("resolvent").record()
    assert np.abs(first.spectrum.values - second.spectrum.values).max() < 1e-12
    assert first.attrs["method"] != second.attrs["method"]
    with pytest.raises(InputError, match="method"):
        one.solving("ode").record()


@pytest.mark.parametrize(
    "given",
    [
        {"width_low": 1e-9},
        {"width_low": 1.0, "amplitude_low": 1000.0, "amplitude_high": 1e-9},
        {"excitation_high": 5.0, "width_low": 1e6, "duration": 12.0},
        {"weight": 0.0, "temperature": 1e6, "loss_per_event": 0.0},
        {"background": 20.0, "events": 4, "runs": 15, "exchange": 1.0},
    ],
)
def test_no_finding_fails_at_the_ends_of_the_parameters(given):
    assert md.experiment("light-scattering", quick=True, **given).run().passed
