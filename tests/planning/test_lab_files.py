"""A lab's file of one's own, and the commands: what is not exactly right stops with one line."""

import json
import tomllib

import pytest

import mesodyn as md
from mesodyn import units
from mesodyn.planning import atoms
from mesodyn.planning.lab import labs
from tests.commandline import assert_refused, command

OWN = """\
title = "A lab of my own"
about = "For tests."
experiments = ["two-pi-rotation"]

[parameters.atom]
value = "li6"
source = "chosen: a test"
confidence = "assumed"

[parameters.state]
value = 1
source = "chosen: a test"
confidence = "assumed"

[parameters.magnetic_field]
value = "2 G"
source = "chosen: a test"
confidence = "assumed"

[parameters.zeeman]
formula = "breit_rabi(atom, magnetic_field, state)"

[parameters.tunnelling]
value = "90 Hz"
source = "Someone, J. Phys. Test 1, 2 (2020)"
confidence = "published"
note = "figure 3"

[parameters.rotation_time]
value = "1 ms"
source = "chosen: a test"
confidence = "assumed"

[limits.turning_rate]
high = "5 kHz"
source = "chosen: a test"
confidence = "assumed"
"""

SOURCE = 'source = "chosen: a test"\nconfidence = "assumed"\n'
WRONG = {
    "no toml": ("title", "title title", "lab must be a valid TOML file"),
    "no title": ('title = "A lab of my own"\n', "", "title of own.toml must be a text, but was missing"),
    "no experiments": ('experiments = ["two-pi-rotation"]', "experiments = []", "must be a list of experiments"),
    "unknown experiment": ("two-pi-rotation", "two-pi-rotations", "did you mean two-pi-rotation"),
    "unknown key": ('note = "figure 3"', 'notes = "figure 3"', "a key of [parameters.tunnelling] must be"),
    "unknown parameter": ("parameters.tunnelling", "parameters.tunneling", "did you mean tunnelling"),
    "unknown section": ("[limits.turning_rate]", "[limit.turning_rate]", "a key of own.toml must be"),
    "unknown limit": ("limits.turning_rate", "limits.turn_rate", "did you mean turning_rate"),
    "no source": ('source = "Someone, J. Phys. Test 1, 2 (2020)"\n', "", "source of [parameters.tunnelling] must be"),
    "empty source": ('"Someone, J. Phys. Test 1, 2 (2020)"', '""', "authors, year and journal"),
    "no year": ("1, 2 (2020)", "1, 2", "authors, journal and year of a published number"),
    "no confidence": ('confidence = "published"\n', "", "confidence of [parameters.tunnelling] must be one of"),
    "other confidence": ('"published"', '"certain"', "must be one of assumed, derived, published, but was 'certain'"),
    "wrong unit": ('"90 Hz"', '"90 s"', "value of [parameters.tunnelling] must be an energy with a unit"),
    "wrong kind": ('"90 Hz"', "true", "one number, or one text with a unit"),
    "an axis": ('"90 Hz"', '"0 Hz:90 Hz:3"', "must be one number, not an axis"),
    "a list": ('"90 Hz"', "[1, 2]", "must be one number, or one text with a unit"),
    "not finite": ('"90 Hz"', "nan", "must be a finite real number"),
    "out of range": ('"1 ms"', '"-1 ms"', "value of [parameters.rotation_time] must be", "above 0", "'-1 ms'"),
    "plain beside units": ('"90 Hz"', "90.0", "must be both with units or both plain numbers"),
    "no such atom": ('"li6"', '"cs133"', "must be one of k40, li6, rb87, yb171"),
    "value and formula": ('value = "90 Hz"', 'value = "90 Hz"\nformula = "equal(zeeman)"', "either value or formula"),
    "neither": ('value = "90 Hz"\n', "", "must be given by either value or formula, but was neither"),
    "no such formula": ("breit_rabi(", "breit_rabbi(", "did you mean breit_rabi"),
    "no call": ('"breit_rabi(atom, magnetic_field, state)"', '"atom"', "one call of names, such as"),
    "code": (
        '"breit_rabi(atom, magnetic_field, state)"',
        "\"__import__('os')\"",
        "formula of [parameters.zeeman] must be",
    ),
    "too few names": ("(atom, magnetic_field, state)", "(atom)", "must be given 3 names"),
    "unknown name": ("(atom, magnetic_field, state)", "(atom, field, state)", "a name in the formula of"),
    "wrong argument": ("(atom, magnetic_field, state)", "(atom, tunnelling, state)", "must be given a magnetic field"),
    "wrong result": (
        'formula = "breit_rabi(atom, magnetic_field, state)"',
        'formula = "one_over(rotation_time)"',
        "one whose result is of the kind energy",
    ),
    "a circle": ("breit_rabi(atom, magnetic_field, state)", "equal(zeeman)", "zeeman -> zeeman"),
    "source of a formula": ('state)"\n', 'state)"\nsource = "me"\n', "source of [parameters.zeeman] must be left out"),
    "limit without an end": ('high = "5 kHz"\n', "", "[limits.turning_rate] must be given a high end"),
    "limit of no source": ('high = "5 kHz"\n' + SOURCE, 'high = "5 kHz"\n', "source of [limits.turning_rate] must be"),
    "beyond its limits": (
        'high = "5 kHz"',
        'high = "1 kHz"',
        "rotation_time of two-pi-rotation in own.toml must be at least 2 ms",
    ),
    "when of no choice": ('note = "figure 3"', 'when = { turns = "1" }', "a choice in when of [parameters.tunnelling]"),
    "when of no option": ('note = "figure 3"', 'when = { kind = "fermions" }', "did you mean fermion"),
    "no table": (
        "[parameters.tunnelling]\nvalue",
        "[parameters]\ntunnelling",
        "tunnelling in [parameters] must be a table",
    ),
    "an experiment refuses": (
        'note = "figure 3"',
        '[parameters.bias_time]\nvalue = "1 ms"\n' + SOURCE,
        "bias_time of two-pi-rotation in own.toml must be left out",
    ),
    "another's parameter": (
        "[limits",
        '[staircase.charging_energy]\nvalue = "1 meV"\n' + SOURCE + "\n[limits",
        "a key of own.toml must be",
    ),
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(home, undrawn):
    """Each command is given in an empty folder."""


@pytest.fixture
def own(home):
    """A right lab of one's own."""
    path = home / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_a_lab_of_ones_own_is_read(own, capsys):
    lab = md.Lab.load(own)
    assert (lab.name, lab.title, lab.experiments) == ("own", "A lab of my own", ("two-pi-rotation",))
    assert lab.entries["tunnelling"].note == "figure 3"
    splitting = units.show(atoms.splitting("li6", 2e-4), "energy", False)
    code, out, err = command(capsys, "labs", "show", "own.toml")
    assert (code, err) == (0, "")
    assert "A lab of my own" in out and splitting in out and "Someone" in out and "at most 5 kHz" in out


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_not_exactly_a_lab_is_refused(own, capsys, what):
    before, after, *parts = WRONG[what]
    assert before in OWN
    own.write_text(OWN.replace(before, after, 1), encoding="utf-8")
    assert_refused(command(capsys, "labs", "show", "own.toml"), *parts)
    assert_refused(command(capsys, "run", "two-pi-rotation", "--lab", "own.toml", "--no-animation"), *parts)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("labs", "show", "li6-double-wel"), ("lab must be", "did you mean li6-double-well")),
        (("labs", "show", "none.toml"), ("lab must be a file that can be read", "No such file")),
        (("labs", "show", "."), ("lab must be",)),
        (("labs", "show", "a/b"), ("lab must be a file that can be read",)),
        (("labs", "copy", "natural", "mine.txt"), ("FILE must be a path that ends in .toml",)),
        (("labs", "copy", "natural", "none/mine.toml"), ("FILE must be in a folder that exists",)),
        (("labs", "copy", "nature", "mine.toml"), ("did you mean natural",)),
        (("labs", "shew"), ("shew",)),
        (("run", "staircase", "--lab", "li6-double-well"), ("experiment of the lab li6-double-well must be one of",)),
        (("run", "own.toml", "--lab", "natural"), ("--lab must be given with the name of an experiment",)),
        (("run", "two-pi-rotation", "--lab", "li6-double-well", "--set", "rotation_time=20 us"), ("at least 100 µs",)),
        (("run", "two-pi-rotation", "--lab", "li6-double-well", "--set", "temperature=0"), ("at least 1 nK", "0 K")),
        (("run", "two-pi-rotation", "--lab", "li6-double-well", "--set", "tunnelling=1"), ("both with units or both",)),
        (
            ("run", "two-pi-rotation", "--lab", "li6-double-well", "--set", "tuneling=1 Hz"),
            ("did you mean tunnelling",),
        ),
        (("run", "two-pi-rotation", "--lab", "natural", "--set", "tunnelling=120 Hz"), ("both with units or both",)),
    ],
)
def test_what_is_asked_wrongly_of_labs_stops_with_one_line(home, capsys, words, parts):
    assert_refused(command(capsys, *words), *parts)
    assert not list(home.iterdir())


def test_the_labs_are_listed_and_shown(capsys):
    code, out, _ = command(capsys, "labs")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == labs()
    code, out, _ = command(capsys, "labs", "show", "yb171-tweezer", "--json")
    data = json.loads(out)
    assert code == 0
    assert data["entries"]["preparation_error"]["confidence"] == "published"
    assert data["limits"]["turning_rate"]["range"][1] == pytest.approx(2 * 3.141592653589793 * 1e4)


@pytest.mark.parametrize("name", ["natural", "li6-double-well"])
def test_a_copy_is_a_lab_and_is_never_written_over(home, capsys, name):
    code, out, _ = command(capsys, "labs", "copy", name, "my.toml")
    assert code == 0 and "my.toml" in out
    assert md.Lab.load("my.toml").entries == md.Lab.load(name).entries
    (home / "my.toml").write_text("mine", encoding="utf-8")
    assert_refused(command(capsys, "labs", "copy", name, "my.toml"), "FILE must be a new one", "left as it is")
    assert (home / "my.toml").read_text(encoding="utf-8") == "mine"


def test_a_run_in_a_lab_holds_its_parameters_and_runs_again_without_it(own, home, capsys):
    words = ("--quick", "--no-animation", "--out")
    code, *_ = command(
        capsys,
        "run",
        "two-pi-rotation",
        "--lab",
        "own.toml",
        "--set",
        "turns=2",
        "--set",
        "rotation_time=2 ms",
        *words,
        "one",
    )
    assert code == 0
    held = tomllib.loads((home / "one" / "run.toml").read_text(encoding="utf-8"))["parameters"]
    assert (held["tunnelling"], held["rotation_time"], held["turns"]) == ("90 Hz", "2 ms", "2")
    assert md.quantity(held["zeeman"], "energy") == md.Lab.load(own).value("zeeman")
    own.unlink()
    assert command(capsys, "run", "one", *words, "two")[0] == 0
    first, second = (md.load(home / folder).record for folder in ("one", "two"))
    assert first.identical(second.assign_attrs(first.attrs))
