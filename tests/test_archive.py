"""Run folders are whole or not there, and what is damaged is named."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mesodyn as md
from mesodyn import archive
from mesodyn.errors import InputError, UnfinishedError
from mesodyn.experiments.beating import Beating
from tests.commandline import BEAT, assert_refused, command, listing


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run folder."""
    place = tmp_path_factory.mktemp("runs") / "beat"
    return md.experiment("beating", quick=True).run().save(place, animation=False)


@pytest.fixture
def run(whole, tmp_path):
    """A copy of a run folder, to be damaged."""
    return shutil.copytree(whole, tmp_path / "beat")


def test_a_whole_folder_gives_back_what_was_run(whole):
    found = md.load(whole)
    again = md.experiment("beating", quick=True).run()
    assert found.experiment.name == "beating" and found.experiment.quick
    assert set(found.findings) == set(again.findings)
    for name in again.record.data_vars:
        assert found.record[name].identical(again.record[name]), name
    for name, finding in again.findings.items():
        assert found.findings[name].value.equals(finding.value), name
        assert found.findings[name].passed == finding.passed


@pytest.mark.parametrize("name", ["record.nc", "findings.nc", "run.toml"])
@pytest.mark.parametrize("harm", ["cut", "emptied", "one bit", "longer"])
def test_a_damaged_file_is_named(name, harm, run):
    path = run / name
    data = bytearray(path.read_bytes())
    if harm == "one bit":
        data[len(data) // 2] ^= 1
    path.write_bytes({"cut": data[: len(data) // 2], "emptied": b"", "one bit": data, "longer": data + b"\n"}[harm])
    with pytest.raises(InputError, match=name) as refused:
        md.load(run)
    assert str(run) in str(refused.value)


@pytest.mark.parametrize("name", ["record.nc", "findings.nc", "run.toml", "checksums.txt"])
def test_a_missing_file_is_named(name, run):
    (run / name).unlink()
    with pytest.raises(InputError, match=name):
        md.load(run)
    (run / name).mkdir()
    with pytest.raises(InputError, match=rf"{name}|can be read"):
        md.load(run)


@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", b"nothing  of\nthe kind", b"  \n  record.nc\n"])
def test_damaged_checksums_are_not_believed(text, run):
    (run / "checksums.txt").write_bytes(text)
    with pytest.raises(InputError, match="must be undamaged"):
        md.load(run)


def test_what_is_no_run_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    for place, reason in {"file": "can be read", "empty": "no such file", "nothing": "no such file"}.items():
        with pytest.raises(InputError, match=rf"{place}.*{reason}"):
            md.load(tmp_path / place)


def test_a_parameter_changed_afterwards_is_not_taken_for_what_was_run(run):
    text = (run / "run.toml").read_text()
    (run / "run.toml").write_text(text.replace("detuning = 0.25", "detuning = 0.35"))
    with pytest.raises(InputError, match=r"run\.toml must be undamaged.*changed in.*run it again"):
        md.load(run)


# -- making a folder ------------------------------------------------------------------------------------------------


def fill(place, **options):
    with archive.new_folder(place, **options) as partial:
        (partial / "run.toml").write_text(str(place))
        assert not place.exists() or options.get("force")


def names(place):
    return sorted(path.name for path in place.iterdir())


def test_a_folder_appears_when_it_is_whole(tmp_path):
    fill(tmp_path / "deep" / "er" / "run")
    assert names(tmp_path / "deep" / "er") == ["run"]
    assert names(tmp_path / "deep" / "er" / "run") == ["checksums.txt", "run.toml"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, InputError("a", "b", "c")])
def test_what_goes_wrong_leaves_nothing_not_even_the_folders_above(error, tmp_path):
    with pytest.raises(BaseException) as raised, archive.new_folder(tmp_path / "deep" / "er" / "run") as partial:
        (partial / "half").write_text("")
        raise error
    assert raised.value is error or raised.type is error
    assert names(tmp_path) == []


def test_an_old_folder_is_kept_when_the_new_one_fails(tmp_path):
    fill(tmp_path / "run")
    with pytest.raises(ValueError), archive.new_folder(tmp_path / "run", force=True):
        raise ValueError
    assert names(tmp_path) == ["run"] and names(tmp_path / "run") == ["checksums.txt", "run.toml"]


def test_an_old_folder_is_put_back_when_the_disk_refuses_the_new_one(tmp_path, monkeypatch):
    fill(tmp_path / "run")
    (tmp_path / "run" / "mine").write_text("")
    honest = os.replace

    def refuse(source, target):
        if ".partial-" in str(source):
            raise OSError(28, "No space left on device")
        honest(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UnfinishedError, match=r"run could not be written .No space left"):
        fill(tmp_path / "run", force=True)
    assert names(tmp_path) == ["run"] and "mine" in names(tmp_path / "run")


def test_force_replaces_runs_and_empty_folders_and_nothing_else(tmp_path):
    (tmp_path / "empty").mkdir()
    fill(tmp_path / "empty", force=True)
    fill(tmp_path / "empty", force=True)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("mine")
    with pytest.raises(InputError, match=r"out must be a run folder or an empty one.*other things are in it"):
        fill(tmp_path / "thesis", force=True)
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "mine"
    assert names(tmp_path) == ["empty", "thesis"]


def test_a_link_leads_to_the_folder_that_is_replaced(tmp_path):
    fill(tmp_path / "run")
    (tmp_path / "run" / "old").write_text("")
    (tmp_path / "link").symlink_to("run")
    fill(tmp_path / "link", force=True)
    assert names(tmp_path) == ["link", "run"] and (tmp_path / "link").is_symlink()
    assert names(tmp_path / "run") == ["checksums.txt", "run.toml"]


def test_what_killed_runs_left_is_cleared_by_the_next_and_what_lives_is_not(tmp_path):
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    for name in ("run[1]", "run1"):
        for kind in ("partial", "replaced"):
            (tmp_path / f".{name}.{kind}-{done.pid}").mkdir()
    (tmp_path / f".run[1].partial-{os.getppid()}").mkdir()
    fill(tmp_path / "run[1]")
    left = {f".run1.partial-{done.pid}", f".run1.replaced-{done.pid}", f".run[1].partial-{os.getppid()}"}
    assert set(names(tmp_path)) == left | {"run[1]"}


def test_the_next_free_name_is_not_one_that_another_process_is_making(tmp_path):
    assert archive.next_free(tmp_path / "runs", "beat") == tmp_path / "runs" / "beat-001"
    fill(tmp_path / "beat-001")
    (tmp_path / f".beat-002.partial-{os.getppid()}").mkdir()
    assert archive.next_free(tmp_path, "beat") == tmp_path / "beat-003"


def test_a_run_killed_at_any_moment_never_leaves_what_is_taken_for_whole(tmp_path):
    words = [sys.executable, "-m", "mesodyn", "run", "beating", "--quick", "--no-animation", "--force", "--out"]
    begin = time.monotonic()
    subprocess.run([*words, "whole"], cwd=tmp_path, check=True, capture_output=True)
    full = time.monotonic() - begin
    chance, late = random.Random(1), 0
    for moment in [*(chance.uniform(0.3, 1.0) * full for _ in range(2)), None, None]:
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        process = subprocess.Popen([*words, "run"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if moment is None:  # as soon as something is being written, and a little later
            while process.poll() is None and not list(tmp_path.glob(".run.partial-*/record.nc")):
                time.sleep(0.001)
            time.sleep(0.1 * late)
            late += 1
        else:
            time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for place in [tmp_path / "run", *tmp_path.glob(".run.*")]:
            if place.exists() and not (place.name == "run" and (place / "checksums.txt").exists()):
                with pytest.raises(InputError):
                    md.load(place)
    if (tmp_path / "run").exists():
        md.load(tmp_path / "run")
    subprocess.run([*words, "run"], cwd=tmp_path, check=True, capture_output=True)
    md.load(tmp_path / "run")
    assert names(tmp_path) == ["run", "whole"]


# -- through the command line ------------------------------------------------------------------------------------------

TOMLS = {
    "": ("experiment must be named at the top",),
    'experiment = "beeting"': ("experiment must be", "did you mean beating"),
    "experiment = 3": ("experiment must be named at the top", "3"),
    'experiment = "beating"\nexperiment = "beating"': ("valid TOML", "Cannot overwrite"),
    'experiment = "beating"\nseed == 1\n': ("valid TOML", "line 2"),
    'experiment = "beating': ("valid TOML", "Unterminated"),
    'experiment = "beating"\nsed = 1': ("a key of f.toml must be one of", "did you mean seed"),
    'experiment = "beating"\nseed = "1"': ("seed must be a whole number", "'1'"),
    'experiment = "beating"\nseed = 1.5': ("seed must be a whole number", "1.5"),
    'experiment = "beating"\nseed = true': ("seed must be a whole number", "True"),
    'experiment = "beating"\nseed = -1': ("seed must be a whole number", "-1"),
    'experiment = "beating"\nseed = nan': ("seed must be a whole number", "nan"),
    'experiment = "beating"\nquick = 1': ("quick must be true or false", "1"),
    'experiment = "beating"\nkeep = 1': ("keep must be one of findings, record",),
    'experiment = "beating"\naccount = 1': ("account must be one of",),
    'experiment = "beating"\naccount = "foo"': ("account must be one of", "'foo'"),
    'experiment = "beating"\naccount = "mixture"\n[parameters]\naccount = "conserving"': (
        "account must be given once",
    ),
    'experiment = "beating"\nparameters = 3': ("parameters must be a table", "[parameters]"),
    'experiment = "beating"\n[[parameters]]\nweight = 1': ("parameters must be a table", "[parameters]"),
    'experiment = "beating"\n[parameters]\nwieght = 1': ("parameter must be a known name", "did you mean weight"),
    'experiment = "beating"\n[parameters]\nseed = 1': ("parameter must be", "'seed'"),
    'experiment = "beating"\n[parameters]\nweight = true': ("weight must be", "True"),
    'experiment = "beating"\n[parameters]\nweight = nan': ("weight must be", "nan"),
    'experiment = "beating"\n[parameters]\nweight = inf': ("weight must be", "inf"),
    'experiment = "beating"\n[parameters]\nweight = 1979-05-27': ("weight must be", "1979"),
    'experiment = "beating"\n[parameters]\nweight = []': ("weight must be an axis of one or more values",),
    'experiment = "beating"\n[parameters]\nweight = [[0, 1]]': ("weight must be",),
    'experiment = "beating"\n[parameters]\nkind = ["boson"]': ("kind must be one of boson, fermion",),
    'experiment = "beating"\n[parameters.weight]\nvalues = [0, 1]': ("weight must be", "'axes' and 'values'"),
    'experiment = "beating"\n[parameters.weight]\naxes = {a = [1, 2]}\nvalues = [1]': ("weight must be", "'axes'"),
    'experiment = "beating"\n[parameters.weight]\naxes = {a = []}\nvalues = []': ("weight must be", "'axes'"),
    'experiment = "beating"\n[parameters.weight]\naxes = {a = [1, 1]}\nvalues = [0, 1]': ("weight must be labelled",),
    'experiment = "beating"\n[parameters.weight]\naxes = {a = ["x", "y"]}\nvalues = [0, 1]': ("weight must be",),
    'experiment = "beating"\n[parameters.weight]\naxes = {a = [1, nan]}\nvalues = [0, 1]': ("weight must be labelled",),
    'experiment = "beating"\n[parameters.weight]\naxes = 3\nvalues = 1': ("weight must be", "'axes'"),
    "a = " + "[" * 100_000: ("valid TOML",),
}


@pytest.mark.parametrize("text", TOMLS, ids=lambda text: text[-50:].replace("\n", ";"))
def test_a_damaged_toml_stops_with_one_line(text, capsys, home):
    (home / "f.toml").write_text(text, encoding="utf-8")
    before = listing(home)
    assert_refused(command(capsys, "run", "f.toml", "--out", "o"), *TOMLS[text])
    assert listing(home) == before


def test_a_file_that_is_no_text_stops_with_one_line(capsys, home):
    (home / "f.toml").write_bytes(bytes(range(256)) * 8)
    assert_refused(command(capsys, "run", "f.toml"), "valid TOML file", "f.toml")
    (home / "empty").mkdir()
    for words in (("run", "empty"), ("animate", "empty"), ("report", "empty")):
        assert_refused(command(capsys, *words), "empty/run.toml", "no such file")
    assert sorted(listing(home)) == ["empty", "f.toml"]


def test_a_toml_from_an_editor_that_marks_utf_8_is_read(capsys, home, undrawn):
    (home / "f.toml").write_text('experiment = "beating"\nquick = true\n', encoding="utf-8-sig")
    assert command(capsys, "run", "f.toml", "--no-animation")[0] == 0


@pytest.mark.parametrize("broken", [(os, "replace"), (os, "fsync"), (Path, "write_text"), (archive, "_digest")])
def test_a_disk_that_refuses_ends_with_1_and_leaves_nothing(broken, capsys, home, monkeypatch, undrawn):
    def full(*words, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*broken, full)
    code, out, err = command(capsys, *BEAT, "--out", "a/b")
    monkeypatch.undo()
    assert (code, out) == (1, "") and len(err.splitlines()) == 1
    assert "a/b could not be written (No space left on device)" in err and "nothing was left" in err
    assert not list(home.rglob("*"))


@pytest.mark.parametrize("blocks", [4, 24, 72])
def test_a_real_limit_of_the_disk_ends_with_1_and_leaves_nothing(blocks, home):
    limited = f"ulimit -f {blocks}; exec {sys.executable} -m mesodyn {' '.join(BEAT)} --out o"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert "could not be written" in done.stderr and len(done.stderr.splitlines()) == 1
    assert listing(home) == {}


def test_runs_are_numbered_and_only_force_replaces_one(capsys, home, undrawn):
    for number in ("001", "002"):
        code, out, err = command(capsys, *BEAT)
        assert (code, err) == (0, "") and f"runs/beating-{number}: " in out
    assert_refused(command(capsys, *BEAT, "--out", "runs/beating-001"), "out must be", "--force")
    (home / "runs/beating-001/old").write_text("")
    assert command(capsys, *BEAT, "--out", "runs/beating-001", "--force", "--set", "weight=0.25")[0] == 0
    assert not (home / "runs/beating-001/old").exists()
    assert float(md.load("runs/beating-001").experiment.values["weight"]) == 0.25
    assert sorted(path.name for path in (home / "runs").iterdir()) == ["beating-001", "beating-002"]


def test_an_interrupted_run_ends_with_130_and_leaves_nothing(capsys, home, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Beating, "record", interrupted)
    for words in ((), ("--out", "a/b")):
        code, out, err = command(capsys, *BEAT, *words)
        assert (code, out) == (130, "") and "interrupted" in err
        assert len(err.split("\n")) == 3  # the first ends the line with the ^C of the terminal
    assert listing(home) == {}
