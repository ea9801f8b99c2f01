"""The staircase of Fig. 1 against counting over all N: steps, lines, means, and what has no steps."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import qutip
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError, UnfinishedError
from mesodyn.systems.staircase import Staircase

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))

charging, offsets = st.floats(0.1, 5), st.floats(-3, 200)
shifts, temperatures = st.floats(-4, 4), st.floats(1e-3, 20)


def parabola(n, charging_energy, offset, parity_shift):
    return 0.5 * charging_energy * (n - offset) ** 2 + parity_shift * (n % 2)


def counted(mu, kT, numbers, energies):
    """<N> and free energy by the sum over all given N."""
    lines = energies - mu * numbers
    weights = np.exp(-(lines - lines.min()) / kT)
    return (weights * numbers).sum() / weights.sum(), lines.min() - kT * np.log(weights.sum())


# -- the published numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", REFERENCE["staircase"], ids=lambda entry: str(entry["inputs"]["delta_odd"]))
def test_steps_and_widths_of_plateaus_are_the_published_ones(entry):
    given_, out = entry["inputs"], entry["outputs"]
    system = Staircase(charging_energy=given_["Ec"], offset=given_["N0"], parity_shift=given_["delta_odd"])
    published = [(step["N_from"], step["N_to"], step["mu"]) for step in out["transitions"]]
    found = system.transitions(low=published[0][0], high=published[-1][1])
    assert [step[:2] for step in found] == [step[:2] for step in published]
    assert [step[2] for step in found] == pytest.approx([step[2] for step in published], abs=1e-9)
    widths = {after[0]: after[2] - before[2] for before, after in itertools.pairwise(system.transitions(80, 120))}
    assert [widths.get(n, 0.0) for n in (99, 100)] == pytest.approx(
        [out["odd_plateau_width"], out["even_plateau_width"]], abs=1e-9
    )


@pytest.mark.parametrize("entry", REFERENCE["staircase"], ids=lambda entry: str(entry["inputs"]["delta_odd"]))
def test_plateaus_of_the_disfavoured_parity_vanish_at_the_published_threshold(entry):
    given_, sign = entry["inputs"], np.sign(entry["inputs"]["delta_odd"])
    edge = sign * entry["outputs"]["threshold_delta"]
    for factor, steps in ((1 - 1e-9, {1}), (1, {2}), (1 + 1e-9, {2})):
        system = Staircase(charging_energy=given_["Ec"], offset=given_["N0"], parity_shift=factor * edge)
        assert {b - a for a, b, _ in system.transitions(90, 110)[1:-1]} == steps


@pytest.mark.parametrize("entry", REFERENCE["staircase_thermal"])
def test_thermal_number_is_the_published_one(entry):
    given_ = entry["inputs"]
    found = Staircase(
        charging_energy=given_["Ec"],
        offset=given_["N0"],
        parity_shift=given_["delta_odd"],
        temperature=given_["kT"],
        chemical_potential=given_["mu"],
    ).equilibrium()
    assert float(found.n_mean) == pytest.approx(entry["outputs"]["N_mean"], abs=1e-9)


# -- independent routes ----------------------------------------------------------------------------------------------


@given(ec=charging, n0=offsets, delta=shifts, mu=st.floats(-20, 20))
@settings(max_examples=150, deadline=None)
def test_lowest_line_at_zero_temperature_is_the_least_of_all(ec, n0, delta, mu):
    system = Staircase(charging_energy=ec, offset=n0, parity_shift=delta, chemical_potential=mu)
    found = system.equilibrium()
    numbers = np.arange(0, 600)
    lines = parabola(numbers, ec, n0, delta) - mu * numbers
    order = np.sort(lines)
    size = 1 + np.abs(lines[:2]).max()
    assert float(found.energy) == pytest.approx(order[0], abs=1e-12 * size)
    assert float(found.free_energy) == float(found.energy)
    assume(order[1] - order[0] > 1e-9 * size)
    assert int(found.number) == lines.argmin()
    assert float(found.n_mean) == lines.argmin()
    assert float(found.metastable_energy) >= order[1] - 1e-12 * size
    if abs(delta) < ec / 2:
        assert float(found.metastable_energy) == pytest.approx(order[1], abs=1e-12 * size)


@given(ec=charging, n0=offsets, delta=shifts, mu=st.floats(-20, 20), kT=temperatures)
@settings(max_examples=150, deadline=None)
def test_thermal_means_are_the_sums_over_all_numbers(ec, n0, delta, mu, kT):
    found = Staircase(
        charging_energy=ec, offset=n0, parity_shift=delta, chemical_potential=mu, temperature=kT
    ).equilibrium()
    numbers = np.arange(0, 1500)
    n_mean, free = counted(mu, kT, numbers, parabola(numbers, ec, n0, delta))
    size = 1 + ec * n0**2 + abs(mu) * n_mean
    assert float(found.n_mean) == pytest.approx(n_mean, rel=1e-12, abs=1e-12 * (1 + size / kT))
    assert float(found.free_energy) == pytest.approx(free, abs=1e-13 * size)


@pytest.mark.parametrize("delta", [0.0, 0.3, 0.5, 0.9, -0.3, -0.8])
def test_number_on_a_fine_axis_steps_where_transitions_say(delta):
    mu = md.axis("mu", np.linspace(-4.0123, 4.0345, 4001))
    system = Staircase(charging_energy=1.0, offset=50.2, parity_shift=delta, chemical_potential=mu)
    number = system.equilibrium().number.values
    at = np.flatnonzero(np.diff(number))
    scanned = [(int(number[k]), int(number[k + 1])) for k in at]
    listed = [step for step in system.transitions(40, 60) if mu.values[0] < step[2] < mu.values[-1]]
    assert scanned == [step[:2] for step in listed]
    for k, step in zip(at, listed, strict=True):
        assert mu.values[k] <= step[2] <= mu.values[k + 1]


@given(ec=charging, n0=st.floats(20, 60), delta=shifts, mu=st.floats(-5, 5), kT=st.floats(0.05, 5))
@settings(max_examples=50, deadline=None)
def test_number_is_minus_the_slope_of_the_free_energy(ec, n0, delta, mu, kT):
    step = 1e-3 * min(kT, 1)
    axis = md.axis("mu", mu + step * np.arange(-2, 3))
    found = Staircase(
        charging_energy=ec, offset=n0, parity_shift=delta, chemical_potential=axis, temperature=kT
    ).equilibrium()
    f = found.free_energy.values
    slope = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * step)
    assert -slope == pytest.approx(float(found.n_mean[2]), abs=1e-7)


@given(seed=st.integers(0, 2**32 - 1), kT=st.sampled_from([0.0, 0.05]))
@settings(max_examples=60, deadline=None)
def test_any_convex_list_gives_the_same_as_its_sums(seed, kT):
    rng = np.random.default_rng(seed)
    rises = np.cumsum(rng.uniform(0.5, 2, 9))
    energies = np.concatenate([[0.3], 0.3 + np.cumsum(rises)])
    mu = rng.uniform(rises[0] - 3, rises[-1] - 3)
    found = Staircase(energies=energies, chemical_potential=mu, temperature=kT, kind="boson").equilibrium()
    lines = energies - mu * np.arange(10)
    assert float(found.energy) == pytest.approx(lines.min(), abs=1e-13)
    assert float(found.metastable_energy) == pytest.approx(np.sort(lines)[1], abs=1e-13)
    expected = counted(mu, kT or 1e-9, np.arange(10), energies)
    assert (float(found.n_mean), float(found.free_energy)) == pytest.approx(expected, abs=1e-7 if kT == 0 else 1e-12)


def test_a_list_of_the_parabola_is_the_parabola():
    mu = md.axis("mu", np.linspace(-1.9, 1.9, 39))
    for delta in (0.2, 0.8):
        made: dict[str, Any] = {"chemical_potential": mu, "temperature": 0.02}
        whole = Staircase(charging_energy=1.0, offset=30.3, parity_shift=delta, **made)
        listed = Staircase(energies=parabola(np.arange(26, 36), 1.0, 30.3, delta), first=26, **made)
        one, other = whole.equilibrium(), listed.equilibrium()
        for name in one:
            assert one[name].values == pytest.approx(other[name].values, abs=1e-11), name
        inner = [s for s in whole.transitions(20, 40) if s[0] > 27 and s[1] < 34]
        steps = {step[:2]: step[2] for step in listed.transitions()}
        assert [steps[step[:2]] for step in inner] == pytest.approx([step[2] for step in inner], abs=1e-12)


# -- the lines of Fig. 1 ---------------------------------------------------------------------------------------------


def test_broken_lines_are_the_lowest_and_the_next_of_the_straight_ones():
    mu = md.axis("mu", np.linspace(-1.2, 1.2, 97))
    system = Staircase(charging_energy=1.0, offset=10.0, chemical_potential=mu)
    lines, found = system.lines(), system.equilibrium()
    assert lines.dims == ("number", "mu")
    straight = np.diff(lines.values, 2, axis=1)
    assert np.abs(straight).max() < 1e-12
    ordered = np.sort(lines.values, axis=0)
    assert found.energy.values == pytest.approx(ordered[0], abs=1e-12)
    assert found.metastable_energy.values == pytest.approx(ordered[1], abs=1e-12)
    again = Staircase(charging_energy=1.0, offset=10.0).lines(mu)
    assert again.identical(lines)


def test_at_a_step_both_lines_meet_and_the_number_is_their_mean():
    for a, b, mu in Staircase(charging_energy=0.7, offset=40.3, parity_shift=0.6).transitions(30, 50)[2:-2]:
        assert b - a == 2
        found = Staircase(charging_energy=0.7, offset=40.3, parity_shift=0.6, chemical_potential=mu).equilibrium()
        assert int(found.number) == a
        assert float(found.n_mean) == a + 1
        assert float(found.energy) == pytest.approx(float(found.metastable_energy), abs=1e-12)


def test_the_number_never_falls_below_zero():
    mu = md.axis("mu", [-1e6, -30.0, -0.6, 0.6])
    for kT in (0.0, 0.01):
        found = Staircase(charging_energy=1.0, offset=0.0, chemical_potential=mu, temperature=kT).equilibrium()
        assert found.n_mean.values == pytest.approx([0, 0, 0, 1], abs=1e-4)
        assert found.energy.values == pytest.approx([0, 0, 0, -0.1], abs=1e-15)
    assert Staircase(charging_energy=1.0, offset=-5.0).transitions()[0] == (0, 1, 5.5)
    odd_only = Staircase(charging_energy=1.0, offset=0.0, parity_shift=-0.9).transitions(0, 5)
    assert [step[:2] for step in odd_only] == [(0, 1), (1, 3), (3, 5)]
    assert [step[2] for step in odd_only] == pytest.approx([-0.4, 2, 4], abs=1e-14)


def test_hot_staircase_is_a_straight_line():
    found = Staircase(
        charging_energy=1.0, offset=1e5, temperature=1e4, chemical_potential=md.axis("mu", [-100.0, 0.3, 700.0])
    ).equilibrium()
    assert found.n_mean.values == pytest.approx([1e5 - 100, 1e5 + 0.3, 1e5 + 700], abs=1e-6)


# -- Hamiltonian, axes, refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "made", [{"charging_energy": 1.3, "offset": 5.2, "parity_shift": 0.4}, {"energies": [0, 1, 4]}]
)
def test_hamiltonian_has_the_lines_on_its_diagonal(made):
    system = Staircase(chemical_potential=0.7, **made)
    h = system.hamiltonian()
    assert h.isherm
    lines = system.lines()
    assert h.diag() == pytest.approx(lines.values, abs=1e-13)
    assert list(system.states()) == [str(n) for n in lines.number.values]
    for (label, state), energy in zip(system.states().items(), lines.values, strict=True):
        assert qutip.expect(h, state) == pytest.approx(energy, abs=1e-13), label


def test_many_points_at_once_are_the_single_ones_bit_for_bit_whatever_the_blocks(monkeypatch):
    given_: dict[str, Any] = {
        "chemical_potential": md.axis("mu", np.linspace(-2, 2, 9)),
        "parity_shift": md.axis("delta", [-0.8, 0.0, 0.3]),
        "temperature": md.axis("kT", [0.0, 0.2]),
        "level_spacing": 3.0,
    }
    whole = Staircase(charging_energy=1.0, offset=20.3, **given_).equilibrium()
    assert set(whole.dims) == {"mu", "delta", "kT"}
    monkeypatch.setattr("mesodyn.systems.staircase.BLOCK", 40)
    blocks = Staircase(charging_energy=1.0, offset=20.3, **given_).equilibrium()
    assert blocks.identical(whole)
    for mu, delta, kT in itertools.product(*(given_[k].values for k in list(given_)[:3])):
        one = Staircase(
            charging_energy=1.0,
            offset=20.3,
            chemical_potential=mu,
            parity_shift=delta,
            temperature=kT,
            level_spacing=3.0,
        ).equilibrium()
        at = whole.sel(mu=mu, delta=delta, kT=kT)
        for name in whole:
            assert float(at[name]) == pytest.approx(float(one[name]), abs=1e-14), name
    assert whole.frozen.sel(kT=0.2).values.ravel()[0] == pytest.approx(0.2 / 3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "charging_energy or energies must be given, exactly one of them, but was neither"),
        ({"charging_energy": 1, "energies": [0, 1]}, "exactly one of them, but was both"),
        ({"charging_energy": 0}, "charging_energy must be above 0.*no plateau.*attractive bosons"),
        ({"charging_energy": -1, "kind": "boson"}, "charging_energy must be above 0.*no plateau.*attractive bosons"),
        ({"charging_energy": 1j}, "charging_energy must be a finite real number"),
        ({"charging_energy": md.axis("E", [1.0, -1.0])}, "charging_energy must be above 0"),
        ({"charging_energy": 1, "temperature": -0.1}, "temperature must be .* at least 0, but was -0.1"),
        ({"charging_energy": 1, "offset": "3"}, "offset must be a finite real number"),
        ({"charging_energy": 1, "kind": "anyon"}, "kind must be one of boson, fermion"),
        ({"charging_energy": 1, "kind": "boson", "parity_shift": 0.1}, "parity_shift must be 0 for kind='boson'"),
        ({"charging_energy": 1, "first": 2}, "first must be 0 without energies"),
        ({"charging_energy": 1, "level_spacing": 0}, "level_spacing must be .* above 0"),
        ({"energies": [0, 1, 3], "offset": 1}, "offset must be 0 beside energies"),
        ({"energies": [0]}, "energies must be at least two numbers"),
        ({"energies": 3.0}, "energies must be a list of numbers"),
        ({"energies": "123"}, "energies must be a list of numbers"),
        ({"energies": [0, 1j]}, "energies must be a finite real number, but was 1j"),
        ({"energies": [0, float("nan")]}, "energies must be a finite real number"),
        (
            {"energies": [0, -1, -4, -9], "kind": "boson"},
            "energies must be convex, .*N = 0 is followed by 3.*attractive",
        ),
        ({"energies": [0, 1, 2], "kind": "boson"}, r"energies must be convex, E\(N\+1\) .* but was such that N = 0 is"),
        ({"energies": [0, 1.5, 1, 4.5], "kind": "boson"}, "N = 0 is followed by 2"),
        (
            {"energies": [0, 9, 9, 4], "first": 7},
            "energies must be convex.*whose plateaus parity.*N = 7 is followed by 10",
        ),
    ],
)
def test_what_has_no_steps_is_refused_with_the_reason(wrong, message):
    with pytest.raises(InputError, match=message):
        Staircase(**wrong)


def test_results_that_the_end_of_the_list_would_change_are_refused():
    energies = [0.0, 1.0, 3.0]
    assert float(Staircase(energies=energies, chemical_potential=1.5).equilibrium().n_mean) == 1
    assert float(Staircase(energies=energies, chemical_potential=-9.0).equilibrium().n_mean) == 0
    with pytest.raises(UnfinishedError, match=r"the energies end at N = 2, which has a weight of up to 1; give"):
        Staircase(energies=energies, chemical_potential=2.5).equilibrium()
    with pytest.raises(UnfinishedError, match="the energies end at N = 2"):
        Staircase(energies=energies, chemical_potential=1.5, temperature=1.0).equilibrium()
    with pytest.raises(UnfinishedError, match="the energies end at N = 4"):
        Staircase(energies=energies, first=4, chemical_potential=0.5).equilibrium()


def test_single_numbers_are_asked_for_where_axes_make_no_sense():
    axis = md.axis("delta", [0.1, 0.2])
    with pytest.raises(InputError, match="parity_shift must be a single number here, but was an axis"):
        Staircase(charging_energy=1.0, parity_shift=axis).transitions()
    with pytest.raises(InputError, match="chemical_potential must be a single number"):
        Staircase(charging_energy=1.0, chemical_potential=axis).hamiltonian()
    assert len(Staircase(charging_energy=1.0, chemical_potential=axis).transitions()) == 4
    with pytest.raises(InputError, match="high must be a whole number of at least 4 and at most 6"):
        Staircase(energies=[0, 1, 4, 9], first=3).transitions(high=9)
    with pytest.raises(InputError, match="high must be above the lowest number, 90"):
        Staircase(charging_energy=1.0, offset=20.0).transitions(low=90)
