"""The slow solution of two levels: its bound holds, it needs no steps, and it gives way where nothing is slow."""

from typing import Any

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

import mesodyn as md
from mesodyn.dynamics import bath, precession, spins, unitary
from mesodyn.dynamics.unitary import Driven

SPIN = {
    "x": np.array([[0, 1], [1, 0]], complex) / 2,
    "y": np.array([[0, -1j], [1j, 0]]) / 2,
    "z": np.diag([0.5, -0.5]).astype(complex),
    "one": np.eye(2, dtype=complex),
}
MOMENTS = np.array([0.2, 0.55, 1.0])


def turning(strength: Any, rate: Any, tilt: float = 0.6) -> Driven:
    """A field of a given strength in the x-y plane, about whose z axis a frame turns smoothly."""
    b, w = np.atleast_1d(strength).astype(float)[:, None], np.atleast_1d(rate).astype(float)[:, None]

    def drive(f: Any) -> Any:
        fixed = {"x": -b * np.cos(tilt), "y": b * np.sin(tilt)}
        return fixed | {"z": -w * (1 - np.cos(2 * np.pi * f)), "one": 0.3 * w * f**2}

    return Driven(SPIN, drive, np.ones(len(b)))


@given(st.floats(5.0, 500.0), st.floats(-20.0, 20.0), st.sampled_from(precession.DEGREES))
@settings(max_examples=20, deadline=None)
def test_the_distance_from_magnus_steps_is_within_the_bound(strength, rate, degree):
    driven = turning(strength, rate)
    found, bound = precession.slow(driven, MOMENTS, 1e-10, degree)
    known, error = unitary.magnus(driven, MOMENTS, 1e-11)
    assert np.abs(found - known)[0].max() <= bound[0] + error[0] + 1e-11
    one = found @ found.conj().swapaxes(-1, -2)
    assert np.abs(one - np.eye(2)).max() < 1e-13


def test_a_slow_rotation_needs_no_steps(monkeypatch):
    def none(*_: Any) -> Any:
        raise AssertionError("steps were taken")

    driven = turning([1000.0, 1000.0, 5000.0], [0.0, 25.0, 25.0])
    known = unitary.magnus(driven, MOMENTS, 1e-10)[0]
    monkeypatch.setattr(unitary, "magnus", none)
    found, error = precession.propagators(driven, MOMENTS, 1e-10)
    assert error.max() < 1e-10
    assert np.abs(found - known).max() < 2e-10


def test_each_order_gains_what_the_slowness_allows():
    """From one field to twice the field the error of the best order falls by far more than a fixed power would."""
    bounds = precession.slow(turning([40.0, 80.0, 160.0], [6.0] * 3), MOMENTS, 1e-14)[1]
    assert bounds[1] < bounds[0] / 2**6


@pytest.mark.parametrize("strength", [0.0, 1e-200, 3.0, 1e200])
def test_where_nothing_is_slow_steps_are_taken_instead(strength):
    driven = turning(strength, 5.0)
    assert precession.slow(driven, MOMENTS, 1e-9)[1][0] > 1e-9
    if strength < 10:
        found, error = precession.propagators(driven, MOMENTS, 1e-9)
        known = unitary.magnus(driven, MOMENTS, 1e-9)
        assert np.array_equal(found, known[0]) and np.array_equal(error, known[1])


def test_a_field_that_is_reversed_is_left_to_steps():
    def drive(f: Any) -> Any:
        return {"z": 400 * np.cos(np.pi * f)[None], "x": np.full((1, 1), 60.0)}

    driven = Driven({"x": SPIN["x"], "z": SPIN["z"]}, drive, np.ones(1))
    assert np.isinf(precession.slow(driven, MOMENTS, 1e-9)[1][0])


def test_a_point_has_the_same_bits_beside_others():
    strength, rate = np.array([20.0, 50.0, 120.0, 1000.0, 0.0]), np.array([6.0, 9.0, 12.0, 25.0, 1.0])
    whole = precession.propagators(turning(strength, rate), MOMENTS, 1e-9)
    for k in range(len(strength)):
        alone = precession.propagators(turning(strength[k], rate[k]), MOMENTS, 1e-9)
        assert alone[0].tobytes() == whole[0][k : k + 1].tobytes()
        assert alone[1].tobytes() == whole[1][k : k + 1].tobytes()


def test_even_moments_of_a_static_generator_are_those_of_one_exponential_each():
    random = np.random.default_rng(3)
    generator: Any = random.normal(size=(2, 6, 6)) + 1j * random.normal(size=(2, 6, 6)) - 3 * np.eye(6)
    start, duration, fractions = random.normal(size=(2, 6)) + 0j, np.array([0.7, 1.9]), np.linspace(0, 1, 38)[1:]
    means = bath.block_means(generator.astype(complex))
    found = bath.walk(generator, start, duration, fractions, means)
    for k in (0, 1, 2, 15, 16, 17, 31, 36):
        one = unitary.expm(generator * (duration * fractions[k])[:, None, None]) @ start[..., None]
        assert np.abs(found[:, k] - one[..., 0]).max() < 1e-12 * np.abs(one).max()


@pytest.mark.parametrize("moments", [40, [0.03, 0.2, 0.21, 0.9]])
@pytest.mark.parametrize("account", ["conserving", "superposition"])
def test_a_relaxation_read_from_its_modes_is_the_one_of_the_whole_liouvillian(moments, account):
    pair: Any = md.TrapPair(zeeman=md.axis("zeeman", [0.4, 2.0, 7.0]), field_angle=1.1, n_c=1)
    lowering = pair.observables()["coherence"]
    seen = pair.observables() | {"twisted": 1j * lowering + pair.observables()["n_A"]}
    protocol = md.Protocol(
        md.Disconnect(), md.Rotate(duration=0.9, turns=0.3), md.Connect(), md.Relax(duration=2.0, temperature=0.3)
    )
    options: Any = {"moments": moments, "account": account, "observables": seen, "states": True}
    modes, whole = md.evolve(pair, protocol, **options), md.evolve(pair, protocol, method="liouvillian", **options)
    for name in modes.data_vars:
        if name != "error":
            assert float(abs(modes[name] - whole[name]).max()) < 1e-11, name


@given(st.integers(1, 10), st.lists(st.floats(-9, 9), min_size=3, max_size=3))
@settings(max_examples=40, deadline=None)
def test_a_turn_of_any_spin_is_made_of_that_of_spin_one_half(size, vector):
    half, own = (expm(-1j * np.einsum("k,kij->ij", vector, spins.matrices(n))) for n in (2, size))
    assert np.abs(spins.turned(half, size) - own).max() < 1e-13


def test_the_components_of_a_spin_are_those_of_qutip():
    for size in range(2, 11):
        known = [component.full() for component in qutip.spin_J_set((size - 1) / 2)]
        assert np.abs(spins.matrices(size) - known).max() < 1e-14


@pytest.mark.parametrize("size", [3, 4, 10])
def test_a_larger_spin_in_a_slow_field_needs_no_steps(size, monkeypatch):
    driven = turning([400.0], [2.0])
    operators = dict(zip("xyz", spins.matrices(size), strict=True))

    def drive(fractions: Any) -> Any:
        return {name: c for name, c in driven.drive(fractions).items() if name in operators}

    larger = Driven(operators, drive, driven.duration)
    known, steps = unitary.magnus(larger, MOMENTS, 1e-11)
    monkeypatch.setattr(unitary, "magnus", None)
    found, error = precession.propagators(larger, MOMENTS, 1e-10)
    assert error.max() <= 1e-10
    assert np.abs(found - known).max() <= error.max() + steps.max() + 1e-11


def test_what_is_no_spin_is_not_taken_for_one():
    operators = dict(zip("xyz", spins.matrices(3), strict=True)) | {
        "square": spins.matrices(3)[2] @ spins.matrices(3)[2]
    }
    assert spins.halved(Driven(operators, lambda f: {}, np.ones(1))) is None
