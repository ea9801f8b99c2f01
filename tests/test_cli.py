"""The command line: what goes in wrong stops with one line, what comes out is whole, and exit codes tell which."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mesodyn as md
from mesodyn import cli, units
from mesodyn.experiments import finding, kind_of
from mesodyn.experiments.beating import Beating
from mesodyn.experiments.finding import Finding
from tests.commandline import BEAT, assert_refused, command, listing, outside

TURN = ("run", "two-pi-rotation", "--quick", "--no-animation")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(home):
    """Each command is given in an empty folder."""


SETTINGS = {
    "tunneling=1": ("parameter must be a known name", "'tunneling'", "did you mean tunnelling"),
    "zeeman=-5": ("zeeman must be", "at least 0", "'-5'"),
    "rotation_time=3 kg": ("rotation_time must be a time", "a mass, not a time", "ms"),
    "rotation_time=3 floops": ("rotation_time must be a time", "no unit 'floops'"),
    "relaxation_rate=3 Hz": ("relaxation_rate must be a rate", "Hz is ambiguous", "1/s"),
    "zeeman=3 1/s": ("zeeman must be an energy", "1/s is ambiguous", "rad/s"),
    "field_angle=1 s": ("field_angle must be an angle", "deg"),
    "turns=nan": ("turns must be a plain finite number", "'nan'", "such as"),
    "turns=inf": ("turns must be a plain finite number", "'inf'", "such as"),
    "turns=1 s": ("turns must be a plain finite number", "no unit", "'1 s'"),
    "turns=": ("turns must be a plain finite number", "''", "such as"),
    "turns=[0, nan]": ("turns must be", "nan"),
    "zeeman=nan": ("zeeman must be an energy", "'nan'", "'120 Hz'"),
    "zeeman=-inf": ("zeeman must be an energy", "'-inf'", "'120 Hz'"),
    "zeeman=1e400": ("zeeman must be a finite real number", "'1e400'"),
    "zeeman=1e400 Hz": ("zeeman must be an energy", "finite"),
    "turns": ("--set must be NAME=VALUE", "write --set turns=1"),
    "=3": ("--set must be NAME=VALUE", "write --set turns=1"),
    "account=foo": ("account must be one of conserving, mixture, superposition", "'foo'"),
    "kind=fermions": ("kind must be one of boson, fermion, pair", "did you mean fermion"),
    "ramp=": ("ramp must be one of smooth, uniform",),
    "dephasing=-0.1": ("dephasing must be", "at least 0"),
    "loss=-0.1": ("loss must be", "at least 0"),
    "relaxation_rate=0": ("relaxation_rate must be", "above 0"),
    "relaxation_rate=-1": ("relaxation_rate must be", "above 0"),
    "rotation_time=0": ("rotation_time must be", "above 0"),
    "temperature=-1": ("temperature must be", "at least 0"),
    "n_c=1.5": ("n_c must be a whole number", "1.5"),
    "n_c=-1": ("n_c must be a whole number", "at least 0"),
    "n_c=two": ("n_c must be a whole number", "'two'"),
    "n_c=0:4:5": ("n_c must be a whole number", "'0:4:5'"),
    "spin=0.7": ("spin must be half-integer", "1/2, 3/2", "0.7"),
    "spin=-0.5": ("spin must be", "-0.5"),
    "weight=1.5": ("weight must be", "at most 1", "1.5"),
    "weight=-0.1": ("weight must be", "at least 0"),
    "rotation_time=5 ms:1 ms:0": ("rotation_time must be an axis", "0 points", "START:STOP:COUNT"),
    "turns=0:4": ("turns must be a range", "START:STOP:COUNT"),
    "turns=0:4:2.5": ("turns must be a range", "whole number of points"),
    "turns=1:1:4": ("turns must be an axis", "4 points from", "START:STOP:COUNT"),
    "turns=[1, 1]": ("turns must be an axis that has each value once", "1.0 more than once"),
    "turns=[]": ("turns must be an axis of one or more values",),
    "turns=[1": ("turns must be a range", "'[1, 2, 4]'"),
    "turns=[1, 2 s]": ("turns must be an axis of numbers only or of texts with units only",),
    "zeeman=[-1, 2]": ("zeeman must be", "at least 0", "-1"),
    "phases=1": ("phases must be two angles", "'[0, 1.57]'"),
    "phases=[1]": ("phases must be two angles",),
    "phases=[1, 2, 3]": ("phases must be two angles",),
    "phases=[1, 2 kg]": ("phases must be an angle", "a mass"),
    "phases=[nan, 2]": ("phases must be an angle", "nan"),
    "seed=3": ("parameter must be a known name", "'seed'"),
    "quick=1": ("parameter must be one of", "'quick'"),
    "name=1": ("parameter must be a known name", "'name'"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_wrong_setting_stops_with_one_line_that_names_it_and_the_way_out(setting, capsys, home):
    found = command(capsys, *TURN, "--set", setting)
    assert_refused(found, *SETTINGS[setting])
    assert listing(home) == {}


COMBINATIONS = [
    (("--set", "zeeman=60 Hz", "--set", "tunnelling=1"), ("tunnelling and zeeman must be both with units or both",)),
    (("--set", "zeeman=60 Hz", "--set", "rotation_time=0.1:1:3"), ("rotation_time and zeeman must be both", "a unit")),
    (("--set", "zeeman=60", "--set", "rotation_time=1 ms:2 ms:3"), ("zeeman and rotation_time must be both",)),
    (("--set", "temperature=50 nK"), ("tunnelling must be given with a unit", "--set tunnelling='100 Hz'")),
    (("--set", "tunnelling=0 Hz"), ("tunnelling must be other than 0", "give a unit to rotation_time")),
    (("--set", "tunnelling=-1 Hz:1 Hz:3"), ("tunnelling must be other than 0", "give a unit to rotation_time")),
    (("--set", "spin=0.5", "--set", "kind=boson"), ("spin must be a whole number", "0.5")),
    (("--set", "spin=1", "--set", "kind=fermion"), ("spin must be half-integer", "1.0")),
    (("--set", "turns=1", "--set", "turns=2"), ("turns must be set once", "'1' and '2'")),
    (("--set", "account=mixture", "--account", "conserving"), ("account must be set once", "leave one out")),
    (("--account", "foo"), ("account must be one of conserving, mixture, superposition", "'foo'")),
    (("--account", ""), ("account must be one of",)),
    (("--account", "superposition", "--set", "connected_detuning=1"), ("connected_detuning must be 0", "conserving")),
    (("--account", "mixture", "--set", "connected_detuning=0:1:2"), ("connected_detuning must be 0", "conserving")),
    (("--seed", "-1"), ("seed must be a whole number of at least 0", "-1")),
    (("--seed", "1.5"), ("--seed", "not a valid integer")),
    (("--keep", "all"), ("keep must be one of findings, record", "'all'")),
    (("--frame-at", "turns"), ("--frame-at must be NAME=VALUE",)),
    (("--frame-at", "turns=x"), ("--frame-at turns must be a plain number", "'x'")),
    (("--frame-at", "turns=1"), ("frame-at must be the name of an axis", "'turns'", "leave it out")),
    (("--set", "turns=0:1:3", "--frame-at", "moment=1"), ("frame-at must be the name of an axis (turns)", "'moment'")),
    (("--quik",), ("No such option", "--quik", "--quick")),
    (("--set",), ("--set", "requires an argument")),
    (("--out",), ("--out", "requires an argument")),
    (("surplus",), ("unexpected extra argument", "surplus")),
]


@pytest.mark.parametrize(("words", "parts"), COMBINATIONS, ids=lambda value: " ".join(value)[:60])
def test_what_does_not_fit_together_stops_with_one_line(words, parts, capsys, home):
    assert_refused(command(capsys, *TURN, *words), *parts)
    assert listing(home) == {}


COMMANDS = [
    (("frobnicate",), ("No such command 'frobnicate'", "--help")),
    (("--frobnicate",), ("--frobnicate", "--help")),
    (("run",), ("WHAT", "--help")),
    (("run", "two-pi-rotatoin"), ("experiment must be", "did you mean two-pi-rotation")),
    (("run", "nosuch.toml"), ("'nosuch.toml'", "no such file")),
    (("run", "runs/beating-007"), ("'runs/beating-007'", "no such file")),
    (("show",), ("NAME", "--help")),
    (("show", "beeting"), ("experiment must be", "did you mean beating")),
    (("show", "beeting", "--toml"), ("experiment must be", "did you mean beating")),
    (("animate", "nowhere"), ("TOML file or a run folder", "nowhere", "no such file")),
    (("report", "nowhere"), ("TOML file or a run folder", "nowhere", "no such file")),
    (("animate",), ("FOLDER",)),
    (("list", "surplus"), ("unexpected extra argument",)),
    (("run", "beating", "--set", "turns=1"), ("parameter must be one of", "'turns'")),
    (("run", "beating", "--set", "step=3"), ("step must be one of 1, 2", "'3'")),
    (("run", "beating", "--set", "chemical_potential=0"), ("chemical_potential must be", "above 0")),
    (("run", "beating", "--set", "detuning=3 Hz"), ("chemical_potential must be given with a unit",)),
]


@pytest.mark.parametrize(("words", "parts"), COMMANDS, ids=lambda value: " ".join(value)[:60])
def test_a_wrong_command_stops_with_one_line(words, parts, capsys, home):
    assert_refused(command(capsys, *words), *parts)
    assert listing(home) == {}


# -- where a run goes -----------------------------------------------------------------------------------------------


def test_a_folder_that_can_not_be_written_is_refused_before_any_solving(capsys, home, monkeypatch):
    def solve(self):
        raise AssertionError("it was solved")

    monkeypatch.setattr(Beating, "record", solve)
    (home / "file").write_text("mine")
    (home / "folder").mkdir()
    (home / "folder" / "thesis.txt").write_text("mine")
    before = listing(home)
    for out, parts in {
        "folder": ("out must be a folder that does not exist yet", "--force"),
        "file": ("out must be a folder", "that is a file"),
        "file/below": ("out must be a writable folder", "file/below"),
        "file/far/below": ("out must be a writable folder", "file/far/below"),
        "/proc/mesodyn": ("out must be a writable folder", "/proc/mesodyn"),
        "/proc/mesodyn/below": ("out must be a writable folder", "/proc/mesodyn/below"),
        "a" * 300: ("out must be a writable folder", "too long"),
        "new/" + "a" * 250: ("out must be a writable folder", "too long"),
        ".": ("out must be",),
    }.items():
        assert_refused(command(capsys, *BEAT, "--out", out), *parts)
    for out in ("file", "folder"):
        assert_refused(command(capsys, *BEAT, "--out", out, "--force"), "out must be", "choose another")
    assert listing(home) == before


def test_what_is_too_large_for_a_bath_leaves_nothing(capsys, home):
    words = ("--account", "superposition", "--set", "spin=4.5", "--set", "loss=0.1")
    for out in ((), ("--out", "a/b/c")):
        assert_refused(command(capsys, *TURN, *words, *out), "bath must be", "states", "use a smaller spin")
    assert listing(home) == {}


# -- exit codes -----------------------------------------------------------------------------------------------------


def test_a_run_that_is_done_ends_with_0_and_says_where_it_is(capsys, home):
    code, out, err = command(capsys, *BEAT, "--out", "o")
    assert (code, err) == (0, "")
    assert "⟨Ψ⟩ has the modulus 0.5" in out and "o: " in out
    assert "animation" not in out and not (home / "o/animation.gif").exists()
    names = {"run.toml", "record.nc", "findings.nc", "findings.json", "report.html", "figures", "checksums.txt"}
    assert {path.name for path in (home / "o").iterdir()} == names
    pictures = {path.suffix for path in (home / "o/figures").iterdir()}
    assert pictures == {".png", ".svg"}
    assert sorted(path.name for path in home.iterdir()) == ["o"]


def test_a_finding_that_fails_ends_with_3_and_the_run_is_kept(capsys, home, monkeypatch, undrawn):
    honest = Beating.findings

    def wrong(self, record):
        found = honest(self, record)
        found["norm"] = Finding("norm", "", found["norm"].value, "", found["norm"].value + 1, 1e-9)
        return found

    monkeypatch.setattr(Beating, "findings", wrong)
    code, out, err = command(capsys, *BEAT, "--out", "o")
    assert (code, err) == (3, "") and "FAIL" in out
    assert md.load(home / "o").passed is False
    code, out, err = command(capsys, *BEAT, "--out", "p", "--json")
    assert (code, err) == (3, "")
    assert {row["name"]: row["passed"] for row in json.loads(out)["findings"]}["norm"] is False


def test_memory_that_runs_out_ends_with_1(capsys, home, monkeypatch):
    def much(self):
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr(Beating, "record", much)
    code, _, err = command(capsys, *BEAT)
    assert code == 1 and "could not finish: Unable to allocate 9 TiB" in err and listing(home) == {}


def test_wrong_input_is_refused_in_a_process_of_its_own(home):
    for words, parts in {
        ("run", "two-pi-rotation", "--set", "tunneling=1"): ("did you mean tunnelling",),
        ("run", "two-pi-rotation", "--set", "rotation_time=3 kg"): ("a mass, not a time",),
        ("run", "beating", "--out", "/proc/beat"): ("out must be a writable folder",),
        ("show", "beeting"): ("did you mean beating",),
    }.items():
        assert_refused(outside(*words), *parts)
    assert listing(home) == {}


# -- JSON -----------------------------------------------------------------------------------------------------------

KEYS = {"name", "value", "unit", "expected", "tolerance", "passed", "equation"}


def no_nan(text):
    """JSON that holds nothing that JSON has no word for."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("account", ["superposition", "conserving", "mixture"])
def test_json_has_the_schema_and_never_nan(account, capsys, undrawn):
    code, out, err = command(capsys, *TURN, "--account", account, "--json", "--out", "o")
    assert (code, err) == (0, "")
    found = no_nan(out)
    assert list(found) == ["findings"] and all(set(row) >= KEYS for row in found["findings"])
    rows = {row["name"]: row for row in found["findings"]}
    assert isinstance(rows["heat_released"]["value"], float) and rows["heat_released"]["passed"] is True
    assert (rows["phase_shift"]["value"] is None) == (account == "mixture")
    assert rows["heat_distribution"]["passed"] is rows["heat_distribution"]["expected"] is None
    assert no_nan(Path("o/findings.json").read_text()) == found


def test_axes_make_nested_lists(capsys, undrawn):
    words = ("--set", "turns=0:1:3", "--set", "field_angle=[0, 0.7]", "--account", "mixture")
    code, out, _ = command(capsys, *TURN, *words, "--json", "--out", "o")
    rows = {row["name"]: row for row in no_nan(out)["findings"]}
    assert code == 0
    for key in ("value", "expected", "tolerance"):
        assert np.shape(rows["heat_released"][key]) == (3, 2)
    assert rows["phase_shift"]["value"] == [[None, None]] * 3


def test_json_of_more_points_than_fit_is_a_summary(capsys, undrawn, monkeypatch):
    assert finding.LARGEST_LIST == 10_000
    monkeypatch.setattr(finding, "LARGEST_LIST", 100)
    words = ("--set", "phase=0:1:11", "--set", "weight=0.1:0.9:11", "--account", "mixture", "--json")
    code, out, err = command(capsys, *BEAT, *words)
    assert (code, err) == (0, "")
    rows = {row["name"]: row for row in no_nan(out)["findings"]}
    assert rows["norm"]["value"]["points"] == 121 and rows["norm"]["value"]["mean"] == pytest.approx(1)
    assert rows["period"]["value"] == {"points": 121, "smallest": None, "largest": None, "mean": None}


def test_what_is_undefined_everywhere_is_called_so(capsys, undrawn):
    code, out, _ = command(capsys, *TURN, "--account", "mixture", "--set", "turns=0:1:3")
    assert code == 0 and "undefined (3 points)" in out and "nan" not in out


# -- what is shown --------------------------------------------------------------------------------------------------


def test_list_names_every_experiment(capsys):
    code, out, err = command(capsys, "list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == md.experiments()
    assert all(len(line.split()) > 2 for line in out.splitlines())


@pytest.mark.parametrize("name", ["two-pi-rotation", "beating"])
def test_show_gives_every_parameter_with_unit_range_default_and_meaning(name, capsys):
    code, out, err = command(capsys, "show", name)
    assert (code, err) == (0, "")
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    for parameter in kind_of(name).parameters:
        row = rows[parameter.name]
        for part in (parameter.kind, parameter.range, parameter.default_text, parameter.meaning):
            assert part in row
        if parameter.kind in units.KINDS:
            assert units.KINDS[parameter.kind].base in row


def test_help_of_every_command_says_what_it_does(capsys):
    assert command(capsys)[1] == command(capsys, "--help")[1] == command(capsys, "-h")[1]
    for name, one in cli.program.commands.items():
        code, out, _ = command(capsys, name, "--help")
        assert code == 0 and "Usage: mesodyn " + name in out and (one.help or "?").split()[0] in out
    assert command(capsys, "--version")[0] == 0


def test_animate_and_report_make_theirs_anew(capsys, home):
    assert command(capsys, *BEAT, "--out", "o", "--set", "weight=0.25:0.75:3", "--frame-at", "weight=0.5")[0] == 0
    assert command(capsys, "animate", "o", "--frame-at", "weight=0.3")[:2] == (0, "o/animation.gif\n")
    assert (home / "o/animation.gif").read_bytes().startswith(b"GIF89a")
    assert command(capsys, "animate", "o", "--to", "other.gif")[0] == 0
    assert (home / "other.gif").read_bytes().startswith(b"GIF89a")
    (home / "o/report.html").unlink()
    assert command(capsys, "report", "o")[:2] == (0, "o/report.html\n")
    assert "data:image/gif" in (home / "o/report.html").read_text()
    assert_refused(command(capsys, "animate", "o", "--to", "o.jpg"), "path must be", ".gif", "o.jpg")
    assert_refused(command(capsys, "animate", "o", "--frame-at", "phase=1"), "frame-at must be", "weight")
    md.load(home / "o")


def test_quick_is_a_quarter_of_the_moments_and_the_same_physics(capsys, undrawn):
    for name, words in {"quick": TURN, "whole": ("run", "two-pi-rotation", "--no-animation")}.items():
        assert command(capsys, *words, "--out", name)[0] == 0
    quick, whole = md.load("quick"), md.load("whole")
    assert quick.experiment.quick and not whole.experiment.quick
    assert whole.record.sizes["moment"] > 3.5 * quick.record.sizes["moment"]
    assert quick.experiment.frames == whole.experiment.frames // 4
    heats = (float(run.findings["heat_released"].value) for run in (quick, whole))
    assert next(heats) == pytest.approx(next(heats), abs=1e-8)


def test_help_loads_nothing_heavy():
    code = """
import sys, mesodyn.cli
try:
    mesodyn.cli.main(["--help"])
except SystemExit:
    pass
heavy = {"qutip", "matplotlib", "xarray", "numpy", "scipy", "pint", "netCDF4", "mesodyn.experiments"} & set(sys.modules)
sys.exit(" ".join(heavy) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
