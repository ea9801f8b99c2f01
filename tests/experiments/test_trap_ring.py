"""The persistent current of a ring of traps, and what turning does to it."""

import math
import tomllib
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.experiments import ring_theory as theory
from mesodyn.experiments.description import from_description
from mesodyn.experiments.ring_curve import Curve, derivative

SMALL: dict[str, Any] = {"traps": 4, "number": 2}


def run(**given):
    return md.experiment("trap-ring", quick=True, **given).run()


def value(found, name):
    return float(found.findings[name].value)


def failed(found):
    return [name for name, finding in found.findings.items() if finding.passed is False]


CASES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "even number": SMALL,
    "one particle": {"traps": 3, "number": 1, "flux": 2.0},
    "uniform": {**SMALL, "ramp": "uniform", "rotation_time": 7.0},
    "two turns of a tilted field": {**SMALL, "turns": 2, "field_angle": "70 deg", "dot": 0},
    "spin 3/2": {"traps": 4, "number": 1, "spin": 1.5},
    "bosons with spin 1": {**SMALL, "kind": "boson", "spin": 1},
    "bosons": {**SMALL, "kind": "boson"},
    "pairs": {**SMALL, "kind": "pair"},
    "links on": {"traps": 3, "number": 1, "links": "on", "rotation_time": 5.0},
    "warm": {**SMALL, "temperature": 0.3},
    "units": {**SMALL, "tunnelling": "100 Hz"},
    "texture": {**SMALL, "turn": "texture"},
    "tilted texture": {"traps": 4, "number": 1, "turn": "texture", "field_angle": "60 deg", "zeeman": 300.0},
    "texture of spin 3/2": {"traps": 5, "number": 1, "turn": "texture", "spin": 1.5},
    "texture of pairs": {**SMALL, "turn": "texture", "kind": "pair"},
    "texture of bosons": {**SMALL, "turn": "texture", "kind": "boson", "spin": 1},
    "at rest": {**SMALL, "turn": "none"},
    "at rest on a flux axis": {"turn": "none", "flux": "-3:6:7"},
    "turns on an axis": {**SMALL, "turns": "[0, 0.5, 1, 2]"},
}


@pytest.mark.parametrize("case", CASES)
def test_everything_measured_is_what_theory_says(case):
    found = run(**CASES[case])
    assert not failed(found)
    assert found.summary


def test_one_turn_reverses_two_currents_releases_heat_and_leaves_the_old_current():
    found = run(**SMALL, flux=1.1, zeeman=600.0, rotation_time=60.0)
    energy, current = value(found, "energy"), value(found, "current")
    assert abs(value(found, "reversal") + 1) < 1e-6
    assert abs(value(found, "heat_released") + 4 * energy / 4) < 1e-6
    assert abs(value(found, "other_current") - current) < 1e-9
    assert abs(value(found, "final_current") - current) < 1e-9
    assert value(found, "spectrum_change") < 1e-11


def test_two_turns_do_nothing():
    found = run(**SMALL, turns=2, zeeman=600.0, rotation_time=60.0)
    assert abs(value(found, "reversal") - 1) < 1e-5
    assert abs(value(found, "heat_released")) < 1e-5


def test_half_a_turn_leaves_another_ring():
    found = run(**SMALL, turns=0.5)
    assert value(found, "spectrum_change") > 0.5
    assert abs(value(found, "final_current")) < 1e-6  # a spin turned over lets nothing through
    assert found.findings["heat_released"].passed is None


def test_a_turn_that_is_slow_for_the_ring_releases_nothing_when_the_links_are_on():
    """The change of gauge is followed: the faster the turn, the nearer to what separate links give."""
    linked = {"traps": 3, "number": 1, "links": "on"}
    slow, fast = run(**linked, rotation_time=60.0), run(**linked, rotation_time=0.02, zeeman=3e4)
    assert abs(value(slow, "heat_released")) < 0.01
    assert abs(value(fast, "heat_released") + 4 * value(fast, "energy") / 3) < 2e-3


def test_a_texture_is_a_flux_of_half_a_quantum_for_every_winding_of_a_spin_one_half():
    for winding in (1, 2):
        found = run(traps=5, number=1, turn="texture", turns=winding)
        expected = math.pi * (winding % 2)
        assert abs((value(found, "berry_flux") - expected + math.pi) % (2 * math.pi) - math.pi) < 1e-7
    narrow = run(traps=5, number=1, turn="texture", zeeman=1000.0, rotation_time=3.0)
    ratio = (value(narrow, "textured_energy") + 500.0) / theory.energy(5, 1, "fermion", 1.0, 1.1 + math.pi)
    assert abs(ratio - math.cos(math.pi / 5)) < 2e-3


def test_in_a_texture_one_link_has_the_other_sign():
    found = run(traps=6, number=1, turn="texture", zeeman=600.0, rotation_time=5.0)
    last = found.record.isel(moment=int(np.flatnonzero(found.record.segment == "turn")[-1])).current.values
    before = found.record.current.values[0]
    assert np.abs(last[:-1] / before[:-1] - math.cos(math.pi / 6)).max() < 0.02
    assert abs(last[-1] / before[-1] + math.cos(math.pi / 6)) < 0.02


def test_without_a_spin_nothing_follows():
    for null in ({"kind": "pair"}, {"kind": "boson"}, {"field_angle": 0.0}):
        found = run(**SMALL, **null)
        assert abs(value(found, "reversal") - 1) < 1e-9
        assert abs(value(found, "heat_released")) < 1e-9
        texture = run(**SMALL, **null, turn="texture")
        assert abs(math.sin(value(texture, "berry_flux"))) < 1e-7
        assert abs(value(texture, "final_current") - value(texture, "current")) < 1e-7


@settings(max_examples=15, deadline=None)
@given(traps=st.integers(3, 7), share=st.floats(0, 1), kind=st.sampled_from(["fermion", "boson", "pair"]))
def test_the_current_jumps_where_and_by_what_theory_says(traps, share, kind):
    number = 1 + int(share * (traps - 2))
    curve = Curve(md.TrapRing(traps=traps, number=number, kind=kind))
    period = theory.period(kind)
    place, height = curve.jump()
    lowest = theory.minimum(number, kind)

    def apart(one, other):
        return abs((one - other + period / 2) % period - period / 2)

    assert apart(curve.minimum(), lowest) < 1e-9
    assert apart(place, lowest + period / 2) < 1e-7
    assert abs(height - theory.jump(traps, number, kind, 1.0)) < 1e-8


def test_a_derivative_over_a_crossing_is_no_number():
    assert math.isnan(derivative(md.TrapRing(traps=6, number=2, flux=0.005)))
    assert not math.isnan(derivative(md.TrapRing(traps=6, number=2, flux=0.05)))


def test_signs_on_both_links_of_a_trap_are_a_gauge_and_a_sign_on_one_is_a_flux():
    ring = md.TrapRing(traps=6, number=3, flux=1.1)
    phase = np.exp(1j * 1.1 / 6)

    def levels(signs):
        h = sum(-sign * phase * ring.space.hop(k).toarray() for k, sign in enumerate(signs))
        return np.linalg.eigvalsh(h + h.conj().T)

    plain = levels([1, 1, 1, 1, 1, 1])
    assert np.abs(levels([1, -1, -1, 1, 1, 1]) - plain).max() < 1e-13
    twisted = np.linalg.eigvalsh(ring.with_(flux=1.1 + math.pi).hamiltonian().full())
    assert np.abs(levels([1, 1, -1, 1, 1, 1]) - twisted).max() < 1e-13
    assert np.abs(twisted - plain).max() > 0.1


def test_a_second_method_and_a_tighter_tolerance_agree():
    found = md.experiment("trap-ring", **SMALL, quick=True).run()
    report = found.certify()
    assert report.passed, report
    assert report["second method"].value is not None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"number": 2, "flux": 0.0}, "flux must be away from 0"),
        ({"kind": "pair", "flux": math.pi / 2}, "flux must be away from π/2"),
        ({"traps": 20, "number": 10}, "at most 500 states .* say turn=none"),
        ({"links": "on"}, "at most 32 states .* or links=off"),
        ({"turn": "none", "turns": 2}, "turns must be left out with turn=none"),
        ({"turn": "texture", "dot": 2}, "dot must be left out with turn=texture"),
        ({"dot": 6}, "dot must be one of the traps 0 to 5"),
        ({"traps": 5, "spin": 1}, "spin must be 0, or half-integer"),
        ({"account": "mixture"}, "every observable of the ring conserves the number"),
        ({"flux": md.axis("link", 0.1, 1, 3)}, "give the axis another name"),
        ({"number": 6}, "number must be a whole number of at least 1 and at most 5"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(md.InputError, match=message):
        md.experiment("trap-ring", **given)


def test_a_large_ring_at_rest_needs_no_search():
    experiment = md.experiment("trap-ring", traps=18, number=9, turn="none")
    assert experiment.values["jump"] == "no"
    assert md.experiment("trap-ring", traps=10, number=5, turn="none").values["jump"] == "yes"


@pytest.mark.parametrize("turn", ["one-dot", "texture", "none"])
def test_it_is_drawn_and_moves(turn, tmp_path):
    found = run(**SMALL, turn=turn)
    figures = found.figures()
    assert set(figures) == {"current_against_flux"} | ({"links", "turn"} if turn != "none" else set())
    if turn == "none":
        with pytest.raises(md.InputError, match="at rest nothing moves"):
            found.animate(tmp_path / "ring.gif")
    else:
        assert found.animate(tmp_path / "ring.gif").stat().st_size > 1000


def test_a_sweep_of_turns_is_drawn():
    found = run(**SMALL, turns="0:2:5")
    assert "heat_released_along_turns" in found.figures()
    assert "current_along_turns" not in found.figures()


def test_a_description_gives_the_same_ring():
    others: list[dict[str, Any]] = [{"tunnelling": "100 Hz"}, {"turn": "texture"}, {"turn": "none"}]
    for other in others:
        experiment = md.experiment("trap-ring", **SMALL, **other, quick=True)
        found = experiment.run()
        again = from_description(tomllib.loads(tomli_w.dumps(found.described())), "run.toml").run()
        for name in found.record:
            assert np.array_equal(found.record[name].values, again.record[name].values), name
