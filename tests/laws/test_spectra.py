"""Spectra of open systems: sums of lines, whatever the way to find them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mesodyn.dynamics import spectra
from mesodyn.dynamics.liouville import Sites, blocks
from mesodyn.errors import InputError, UnfinishedError

W = np.linspace(-8, 8, 201)


def lowering(size):
    return np.diag(np.sqrt(np.arange(1.0, size)), 1)


def random_system(seed, size):
    random = np.random.default_rng(seed)
    parts = random.normal(size=(4, size, size)) + 1j * random.normal(size=(4, size, size))
    return parts[0] + parts[0].conj().T, [0.4 * parts[1], 0.3 * parts[2]], parts[3]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5), st.floats(0, 1))
@example(0, 2, 6e-8)  # what rounding leaves of the stationary state would be a line of this width
def test_modes_resolvent_and_krylov_give_one_spectrum(seed, size, resolution):
    h, jumps, a = random_system(seed, size)
    one, two, three = (
        spectra.spectrum(h, jumps, a, a.conj().T, W, resolution=resolution, method=method)
        for method in ("modes", "resolvent", "krylov")
    )
    assert np.abs(one - two).max() < 1e-9 * np.abs(one).max()
    assert np.abs(one - three).max() < 1e-8 * np.abs(one).max()
    assert one.min() > -1e-10 * one.max()  # of B = A^dagger


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 4))
def test_the_correlation_begins_at_its_covariance_and_its_lines_add_up_to_it(seed, size):
    h, jumps, a = random_system(seed, size)
    state = spectra.stationary(h, jumps)
    found = spectra.modes(h, jumps, a, a.conj().T, state)
    covariance = np.trace(a @ a.conj().T @ state) - np.trace(a @ state) * np.trace(a.conj().T @ state)
    assert complex(found.correlation([0.0])[0, 0]) == pytest.approx(complex(covariance), rel=1e-9)
    x = np.linspace(-np.pi / 2, np.pi / 2, 4002)[1:-1]
    wide = spectra.spectrum(h, jumps, a, a.conj().T, 5 * np.tan(x), state)
    area = np.sum(wide * 5 / np.cos(x) ** 2) * (x[1] - x[0])
    assert area == pytest.approx(covariance.real, rel=2e-3)


def test_a_detector_adds_its_width_to_a_line():
    e, lower = np.diag([0.0, 2.0]), lowering(2)
    found = spectra.spectrum(e, [np.sqrt(0.3) * lower], lower, lower.T, W, np.diag([1, 0]), resolution=0.2)
    assert found == pytest.approx(0.25 / np.pi / ((W - 2) ** 2 + 0.25**2), abs=1e-14)


def test_one_point_has_the_same_bits_alone_and_among_others():
    h, jumps, a = random_system(1, 4)
    many = np.stack([h + k * np.diag([0, 1, 2, 3]) for k in range(5)])
    together = spectra.spectrum(many, jumps, a, a.conj().T, W)
    for k in (0, 3):
        alone = spectra.spectrum(many[k : k + 1], jumps, a, a.conj().T, W)
        assert alone[0].tobytes() == together[k].tobytes()


@pytest.mark.parametrize("off", [0.0, 1e-9])
def test_an_exceptional_point_has_no_modes_and_still_a_spectrum(off):
    hop, loss = 0.25, 1.0  # two levels that decay into a third, one only: they merge at hop = loss / 4
    h = np.zeros((3, 3))
    h[1, 2] = h[2, 1] = hop + off
    jump = np.zeros((3, 3))
    jump[0, 1] = np.sqrt(loss)
    seen = np.zeros((3, 3))
    seen[0, 1] = 1
    dark = np.diag([1.0, 0, 0])
    one = spectra.spectrum(h, [jump], seen, seen.T, W, dark)
    two = spectra.spectrum(h, [jump], seen, seen.T, W, dark, method="resolvent")
    known = (1 / (0.5 - 1j * W + hop**2 / (-1j * W + 1e-300))).real / np.pi
    assert np.abs(one - two).max() < 1e-8
    away = W != 0
    assert np.abs(one - known)[away].max() < 1e-7


def test_only_what_is_reached_and_seen_is_solved():
    size = 12
    a = lowering(size)
    h, state = np.diag(np.arange(size) * 1.0), np.diag(np.eye(size)[0])
    sites = Sites.of(h.astype(complex), [a.astype(complex)])
    start, seen = (np.asarray(x != 0).reshape(-1) for x in (a.T @ state, a.T))
    assert [len(block) for block in blocks(sites, start, seen)] == [1]  # of 144 elements
    found = spectra.modes(h, [a], a, a.T, state)
    assert found.rates[0] == pytest.approx([-0.5 - 1j])


def test_the_line_without_width_is_left_out():
    drive, lower = 0.7, lowering(2)
    h, jumps = drive * (lower + lower.T), [lower]
    state = spectra.stationary(h, jumps)
    assert abs(state[0, 1]) > 0.1  # coherently scattered light
    near = spectra.spectrum(h, jumps, lower.T, lower, np.array([-1e-9, 0.0, 1e-9]))
    assert np.ptp(near) < 1e-12 and near[1] < 1


def test_an_expectation_decays_from_any_start():
    lower = lowering(2)
    times = np.linspace(0, 5, 7)
    found = spectra.transient(np.diag([0, 1.0]), [lower], lower.T @ lower, np.diag([0, 1]))
    assert found.correlation(times)[0].real == pytest.approx(np.exp(-times), abs=1e-13)


@pytest.mark.parametrize("size", [3, 10])
def test_two_stationary_states_have_to_be_told_apart(size):
    with pytest.raises(InputError, match="more than one stationary state"):
        spectra.stationary(np.diag(np.arange(size) * 1.0), [np.diag(np.arange(size) * 0.1)])


def test_a_state_that_moves_is_refused():
    lower = lowering(2)
    with pytest.raises(InputError, match="stationary density matrix"):
        spectra.spectrum(np.diag([0, 1.0]), [lower], lower.T, lower, W, np.diag([0.5, 0.5]))


def test_shapes_and_methods_are_checked():
    lower = lowering(2)
    with pytest.raises(InputError, match="jump 0 must be of shape"):
        spectra.spectrum(np.eye(2), [np.eye(3)], lower, lower.T, W)
    with pytest.raises(InputError, match="method"):
        spectra.spectrum(np.eye(2), [lower], lower, lower.T, W, method="fourier")


def test_krylov_says_when_it_has_not_settled(monkeypatch):
    from mesodyn.dynamics import resolvent

    monkeypatch.setattr(resolvent, "MOST", 5)
    h, jumps, a = random_system(4, 5)
    with pytest.raises(UnfinishedError, match="larger tolerance"):
        spectra.spectrum(h, jumps, a, a.conj().T, W, method="krylov")
