"""Labs: every number has a source, derived ones follow from others, and what a lab can't do is refused."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments import experiments, kind_of
from mesodyn.planning import atoms, formulas, quantities
from mesodyn.planning.lab import Lab, labs

PLANNED = {
    "two-pi-rotation",
    "light-scattering",
    "josephson-current",
    "ac-josephson",
    "gate-sweep",
    "magnetization",
    "phase-equalization",
}
NAMES = [
    "al-insb-junction",
    "al-nanoparticle",
    "k40-double-well",
    "li6-double-well",
    "natural",
    "rb87-junction",
    "yb171-tweezer",
]


@pytest.fixture(scope="module")
def shipped():
    """All labs that come with mesodyn."""
    return {name: Lab.load(name) for name in NAMES}


def test_the_labs_are_those_that_come_with_mesodyn():
    assert labs() == NAMES
    assert md.Lab is Lab


@pytest.mark.parametrize("name", NAMES)
def test_each_number_of_a_lab_has_a_source_and_a_confidence(shipped, name):
    lab = shipped[name]
    for found in (*lab.entries.values(), *lab.limits.values()):
        assert found.source and found.confidence in ("published", "derived", "assumed")
        if found.confidence == "published":
            assert re.search(r"\(\d{4}\)", found.source), found
        if found.confidence == "assumed":
            assert found.source.startswith(("chosen", "convention")), found
    assert all(
        entry.formula or "=" in entry.source or ":" in entry.source
        for entry in lab.entries.values()
        if entry.confidence == "derived"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_lab_makes_each_of_its_experiments(shipped, name):
    lab = shipped[name]
    for experiment in lab.experiments:
        given_ = lab.parameters(experiment)
        made = md.experiment(experiment, **given_)
        assert set(given_) <= {parameter.name for parameter in made.parameters}
        lab.check(made.values.resolved)
        own = [p.name for p in made.parameters if p.kind in ("energy", "time", "temperature") and p.name in given_]
        assert made.values.natural == (name == "natural") or not own


def test_every_experiment_that_can_be_planned_has_a_lab_and_the_natural_one_suits_all(shipped):
    real = {name for lab in shipped.values() if not lab.natural for name in lab.experiments}
    assert real >= PLANNED
    assert set(shipped["natural"].experiments) >= PLANNED
    assert all(lab.value("cycle_time") > 0 for lab in shipped.values())
    assert all(0 <= lab.value("readout_error") < 0.5 for lab in shipped.values())


def test_names_of_the_apparatus_are_not_names_of_parameters():
    named = {p.name for experiment in experiments() for p in kind_of(experiment).parameters}
    assert not named & {*quantities.apparatus(), quantities.TURNING_RATE.name}


def test_the_splitting_of_a_lab_is_that_of_its_atom_in_its_field(shipped):
    lithium, potassium = shipped["li6-double-well"], shipped["k40-double-well"]
    assert lithium.value("zeeman") == pytest.approx(atoms.splitting("li6", 1e-4), rel=1e-15)
    assert lithium.value("zeeman") / (2 * math.pi) == pytest.approx(934929, abs=0.5)
    assert potassium.value("zeeman") == pytest.approx(atoms.effective_splitting("k40", 20e-4), rel=1e-15)
    assert "Breit, Rabi" in lithium.entries["zeeman"].source
    assert lithium.entries["zeeman"].confidence == "derived"


def test_josephson_scales_follow_from_gap_and_resistance(shipped):
    lab = shipped["al-nanoparticle"]
    gap = 1.764 * constants.k * 1.175
    current = math.pi * gap / (2 * constants.e * 20e3)  # Ambegaokar-Baratoff
    josephson = constants.hbar * current / (2 * constants.e)
    found = lab.entry("delta_left", "josephson-current").number
    assert constants.hbar * found == pytest.approx(josephson / 2, rel=1e-9)
    assert constants.hbar * lab.value("gap") == pytest.approx(gap, rel=1e-9)
    voltage = shipped["al-insb-junction"].value("characteristic_voltage")
    assert constants.hbar * voltage == pytest.approx(math.pi * gap / 2, rel=1e-9)


def test_the_spacing_of_levels_follows_from_the_size(shipped):
    grain, wire = shipped["al-nanoparticle"], shipped["al-insb-junction"]
    wave, volume = 2 * math.pi / 3.59e-10, math.pi * (9e-9) ** 3 / 6
    fermi = (constants.hbar * wave) ** 2 / (2 * constants.m_e)
    electrons = wave**3 / (3 * math.pi**2) * volume
    spacing = 4 * fermi / (3 * electrons)  # Kubo: pairs of states at the Fermi energy
    assert constants.hbar * grain.value("level_spacing") == pytest.approx(spacing, rel=1e-9)
    mass = 0.0135 * constants.m_e
    box = [(n * constants.h / 150e-9) ** 2 / (8 * mass) for n in (1, 2)]
    assert constants.hbar * wire.value("level_spacing") == pytest.approx(box[1] - box[0], rel=1e-9)
    assert wire.entry("level_spacing", "josephson-current").number == wire.value("level_spacing")


def test_the_plasma_period_of_the_condensate_comes_back(shipped):
    found = md.experiment("bose-junction", **shipped["rb87-junction"].parameters("bose-junction")).values
    plasma = 2 * found["tunnelling"] * math.sqrt(1 + found["Lambda"])
    assert 2 * math.pi / plasma == pytest.approx(0.04, rel=1e-12)


def test_every_formula_gives_the_kind_that_it_says():
    sample = {"choice": "li6", "number": 2.0}
    for name, formula in formulas.FORMULAS.items():
        given_ = [sample.get(kind, 1e-3) for kind in formula.takes]
        if len(given_) == 3:
            given_[2] = "1"
        found = formula.compute(*given_)
        assert found > 0 and math.isfinite(found), name
        assert formula.text and formula.gives in ("energy", "rate", "number")


def test_changes_go_before_a_lab_and_numbers_for_other_choices_are_left_out(shipped):
    lab = shipped["al-insb-junction"]
    assert "delta_left" in lab.parameters("josephson-current")
    found = lab.parameters("josephson-current", {"model": "contact", "transmission": 0.5})
    assert "delta_left" not in found and found["transmission"] == 0.5
    for model in ("SD2S", "SD1S", "parity-dot", "contact"):
        md.experiment("josephson-current", **lab.parameters("josephson-current", {"model": model}))
    pairs = shipped["li6-double-well"].parameters("two-pi-rotation", {"kind": "pair"})
    assert "spin" not in pairs
    md.experiment("two-pi-rotation", **pairs)


def test_a_lab_that_does_not_suit_an_experiment_says_which_it_suits(shipped):
    with pytest.raises(InputError, match="experiment of the lab li6-double-well must be one of light-scattering"):
        shipped["li6-double-well"].parameters("staircase")


# -- a lab is a contract ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"rotation_time": "20 us"}, r"rotation_time must be at least 100 µs .*turns at most at 20 kHz.*but was 20 µs"),
        ({"rotation_time": "60 us", "ramp": "uniform", "turns": 2}, "at least 100 µs .*uniform ramp of 2 turns"),
        ({"turns": 30}, "rotation_time must be at least 3 ms .*but was 500 µs"),
        ({"turns": md.axis("turns", 0, 30, 31)}, "rotation_time must be at least 3 ms"),
        ({"rotation_time": md.axis("rotation_time", "10 us", "1 ms", 5)}, "at least 100 µs .*but was 10 µs"),
        ({"temperature": "0.5 nK"}, "temperature must be at least 1 nK in the lab li6-double-well, but was 500 pK"),
        ({"tunnelling": "1 kHz"}, "tunnelling must be at least 10 Hz, at most 500 Hz"),
        ({"tunnelling": md.axis("tunnelling", "1 Hz", "100 Hz", 5)}, "but was 1 Hz"),
        ({"tunnelling": 2 * math.pi * 600.0}, "but was 600 Hz"),
        ({"magnetic_field": "832.18 G"}, "magnetic_field must be at most 20 G"),
        ({"zeeman": "76 MHz"}, "zeeman must be at most 18.2149 MHz .*magnetic_field at most 20 G"),
    ],
)
def test_a_lab_refuses_what_it_can_not_do_with_the_numbers(shipped, asked, message):
    with pytest.raises(InputError, match=message):
        shipped["li6-double-well"].check(asked)


def test_a_lab_does_what_is_at_its_limits(shipped):
    lab = shipped["li6-double-well"]
    lab.check({"rotation_time": "100 us"})
    lab.check({"rotation_time": 5e-5, "ramp": "uniform"})
    lab.check({"rotation_time": "1 ms", "turns": md.axis("turns", -10, 10, 5)})
    lab.check({"temperature": "1 nK", "tunnelling": "500 Hz", "magnetic_field": "20 G", "detuning": "1 MHz"})
    lab.check({"temperature": None})


@given(turns=st.floats(-20, 20).filter(lambda n: abs(n) > 0.01), ramp=st.sampled_from(["smooth", "uniform"]))
@settings(max_examples=20, deadline=None)
def test_a_rotation_is_refused_exactly_when_its_fastest_moment_is_too_fast(turns, ramp):
    lab = Lab.load("yb171-tweezer")
    shortest = (2 if ramp == "smooth" else 1) * abs(turns) / 10e3
    lab.check({"turns": turns, "ramp": ramp, "rotation_time": shortest * 1.001})
    with pytest.raises(InputError, match="rotation_time must be at least"):
        lab.check({"turns": turns, "ramp": ramp, "rotation_time": shortest * 0.999})


def test_a_lab_as_data_holds_all_of_it(shipped):
    for name, lab in shipped.items():
        data = lab.as_json()
        assert (data["name"], set(data["entries"]), set(data["limits"])) == (name, set(lab.entries), set(lab.limits))
        text = lab.table()
        assert all(f"\n{key} " in text for key in lab.entries)
        assert len(lab.rows()) == 1 + len(lab.entries) + len(lab.limits)
    zeeman = shipped["li6-double-well"].as_json()["entries"]["zeeman"]
    assert (zeeman["formula"], zeeman["shown"]) == ("breit_rabi(atom, magnetic_field, state)", "934.929 kHz")
