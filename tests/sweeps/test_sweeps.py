"""A large run may be stopped, killed and damaged: it goes on where it was, and comes out the same to the last bit."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mesodyn as md
from mesodyn import archive, cli
from mesodyn.errors import InputError
from mesodyn.experiments.block_run import BlockRun
from tests.commandline import assert_refused, command, listing
from tests.experiments.test_run import bits
from tests.sweeps.sweep import BLOCKS, GIVEN, TOML, TURNS, assert_same

# -- what comes out ---------------------------------------------------------------------------------------------------


def test_a_sweep_is_stored_in_the_blocks_that_its_file_asks_for(whole):
    found = md.load(whole)
    assert isinstance(found, BlockRun)
    assert found.division.lengths == {"turns": 4, "zeeman": 1} and found.division.count == BLOCKS
    assert len(list((whole / "blocks").glob("*.nc"))) == BLOCKS
    alone = md.experiment("two-pi-rotation", quick=True, **GIVEN).run()
    assert not isinstance(alone, BlockRun)
    for name, finding in alone.findings.items():
        assert finding.value.dims == found.findings[name].value.dims
        np.testing.assert_allclose(found.findings[name].value, finding.value, rtol=1e-11, atol=1e-11, err_msg=name)
    assert found.passed and found.summary == alone.summary


def test_a_run_again_has_the_same_blocks_and_the_same_bits(run, tmp_path, capsys):
    assert command(capsys, "run", run, "--out", tmp_path / "again", "--no-animation", "--workers", 2)[0] == 0
    assert_same(run, tmp_path / "again")


def test_a_run_that_is_saved_elsewhere_is_the_same_run(run, tmp_path):
    assert_same(run, md.load(run).save(tmp_path / "copy", animation=False))


def test_other_axes_have_blocks_of_their_own(run, tmp_path, capsys):
    words = ["--set", "turns=0:1:3", "--set", "zeeman=20", "--out", tmp_path / "few", "--no-animation"]
    assert command(capsys, "run", run, *words)[0] == 0
    assert not (tmp_path / "few" / "blocks").exists()


def test_a_report_shows_the_findings_against_the_axes_and_one_point(drawn, run, capsys):
    shutil.rmtree(run / "figures")
    assert command(capsys, "report", run, "--frame-at", "turns=1")[0] == 0
    names = {path.stem for path in (run / "figures").glob("*.svg")}
    assert {"heat_released_overview", "phase_shift_overview", "heat_against_angle"} <= names
    page = (run / "report.html").read_text(encoding="utf-8")
    assert f"{2 * TURNS} points" in page and "At turns = " in page


def test_a_film_shows_one_point_and_the_report_shows_the_film(drawn, run, capsys):
    assert "image/gif" not in (run / "report.html").read_text(encoding="utf-8")
    assert command(capsys, "animate", run, "--frame-at", "turns=1")[0] == 0
    assert "image/gif" in (run / "report.html").read_text(encoding="utf-8")
    assert archive.verified(run, "report.html") and archive.verified(run, "animation.gif")


def test_one_point_of_a_sweep_is_certified(run):
    certificate = md.load(run).certify()
    assert certificate.passed


# -- going on ---------------------------------------------------------------------------------------------------------


def lost(run, *numbers):
    """Lose blocks, and what is made of all of them, as a run does that is killed."""
    for number in numbers:
        (run / "blocks" / f"{number:06d}.nc").unlink()
        (run / "blocks" / f"{number:06d}.sha256").unlink()
    for name in ("checksums.txt", "findings.json", "report.html"):
        (run / name).unlink()


def test_a_part_of_a_run_can_be_read_and_says_what_is_missing(run):
    lost(run, 1, 3)
    found = md.load(run)
    assert isinstance(found, BlockRun) and found.missing == [1, 3]
    assert f"{BLOCKS - 2} of {BLOCKS} blocks are there; missing: 1, 3. Go on with --resume" in repr(found)
    assert found.findings["heat_released"].value.isnull().sum() == 8


def test_only_what_is_missing_is_computed(run, whole, file, capsys):
    lost(run, 1, 3)
    before = listing(run / "blocks")
    code, out, err = command(capsys, "run", file, "--out", run, "--resume", "--no-animation")
    assert code == 0 and "block 12 of 12" in err and "heat_released" in out
    assert_same(whole, run)
    assert before.items() <= listing(run / "blocks").items()


def test_a_run_goes_on_from_its_folder_alone(run, whole, capsys):
    lost(run, 0)
    code, out, _ = command(capsys, "run", run, "--resume", "--no-animation", "--json")
    assert code == 0 and json.loads(out)["findings"]
    assert_same(whole, run)


def test_a_run_that_is_whole_is_shown_and_left_alone(run, capsys):
    before = listing(run)
    code, out, err = command(capsys, "run", run, "--resume")
    assert code == 0 and "heat_released" in out and err == ""
    assert listing(run) == before


def test_nothing_to_go_on_with_is_a_start(whole, file, tmp_path, capsys):
    assert command(capsys, "run", file, "--out", tmp_path / "new", "--resume", "--no-animation")[0] == 0
    assert_same(whole, tmp_path / "new")


@pytest.mark.parametrize("harm", ["cut", "emptied", "one bit", "no checksum", "gone"])
def test_a_damaged_block_is_made_again_and_nothing_else(harm, run, whole, capsys):
    before = listing(run / "blocks")
    block = run / "blocks" / "000005.nc"
    data = bytearray(block.read_bytes())
    if harm == "one bit":
        data[len(data) // 2] ^= 1
    if harm == "no checksum":
        block.with_suffix(".sha256").unlink()
    elif harm == "gone":
        block.unlink()
    else:
        block.write_bytes({"cut": data[: len(data) // 2], "emptied": b"", "one bit": data}[harm])
    found = md.load(run)
    assert isinstance(found, BlockRun) and found.missing == [5]
    assert command(capsys, "run", run, "--resume", "--no-animation")[0] == 0
    assert_same(whole, run)
    after = listing(run / "blocks")
    assert {name for name in after if after[name] != before.get(name)} == {"000005.nc", "000005.sha256"}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("beating",), ("experiment must be", "two-pi-rotation")),
        (("two-pi-rotation", "--quick", "--set", "turns=0:2:25"), ("turns must be", "24 values from 0 to 2", "was 25")),
        (("two-pi-rotation", "--set", "turns=0:2:24"), ("quick must be",)),
        (("FILE", "--seed", "1"), ("seed must be the seed of the run that is gone on with (0 in", "was 1")),
        (("FILE", "--account", "mixture"), ("account must be", "conserving", "was mixture")),
        (("FILE", "--set", "tunnelling=2"), ("tunnelling must be", "(1.0 in", "was 2.0", "another folder")),
        (("FILE", "--keep", "record"), ("keep must be",)),
    ],
    ids=str,
)
def test_another_run_is_not_gone_on_with(words, parts, run, file, capsys):
    lost(run, 1)
    before = listing(run)
    words = [str(file) if word == "FILE" else word for word in words]
    assert_refused(command(capsys, "run", *words, "--out", run, "--resume"), *parts)
    assert listing(run) == before


def test_other_versions_are_named_before_they_mix(run, capsys):
    lost(run, 1)
    text = (run / "run.toml").read_text()
    (run / "run.toml").write_text(text.replace(f'numpy = "{np.__version__}"', 'numpy = "1.0.0"'))
    assert_refused(command(capsys, "run", run, "--resume"), "the version of numpy must be 1.0.0", "may give other bits")


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("--workers", 0), ("workers must be",)),
        (("--resume",), ("--out must be given with --resume",)),
        (("--cluster", "nowhere"), ("cluster must be 'local' or the address of a Dask scheduler", "nowhere")),
        (("--cluster", "tcp://127.0.0.1:1", "--out", "x"), ("cluster must be 'local' or the address",)),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(words, parts, file, home, capsys, monkeypatch):
    monkeypatch.setattr("mesodyn.executor.PATIENCE", 1)
    assert_refused(command(capsys, "run", file, *words), *parts)


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ("turn = 4\nzeeman = 1", ("a key of blocks must be one of", "did you mean turns")),
        ("turns = 4", ("blocks must be with a length for the axis zeeman", "delete the table")),
        ("turns = 99\nzeeman = 1", ("blocks.turns must be", "99")),
    ],
)
def test_blocks_that_do_not_fit_are_refused(table, parts, home, capsys):
    Path("mine.toml").write_text(TOML.partition("[blocks]")[0] + "[blocks]\n" + table + "\n")
    assert_refused(command(capsys, "run", "mine.toml"), *parts)
    assert not Path("runs").exists()


def test_two_processes_do_not_write_one_folder(run, capsys):
    lost(run, 1)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (run / f".writing-{other.pid}").touch()
        words = ("out must be a folder that no other process writes", str(other.pid))
        assert_refused(command(capsys, "run", run, "--resume"), *words)
        assert_refused(command(capsys, "run", run, "--out", run, "--force"), *words)
    finally:
        other.kill()
        other.wait()
    assert command(capsys, "run", run, "--resume", "--no-animation")[0] == 0


def test_a_folder_with_other_things_is_not_gone_on_with(home, file, capsys):
    Path("mine").mkdir()
    Path("mine/thesis.tex").touch()
    assert_refused(command(capsys, "run", file, "--out", "mine", "--resume"), "other things are in it")
    assert_refused(command(capsys, "run", file, "--out", "mine", "--force"), "other things are in it")
    assert os.listdir("mine") == ["thesis.tex"]


def test_a_sweep_replaces_a_run_folder_only_by_force(run, whole, file, capsys):
    (run / "blocks" / "000099.nc").touch()
    assert_refused(command(capsys, "run", file, "--out", run), "does not exist yet", "--force")
    assert command(capsys, "run", file, "--out", run, "--force", "--no-animation")[0] == 0
    assert_same(whole, run)
    assert not (run / "blocks" / "000099.nc").exists()


# -- what is said -----------------------------------------------------------------------------------------------------


def test_an_estimate_says_what_a_run_takes_and_leaves_nothing(home, file, capsys):
    code, out, err = command(capsys, "run", file, "--estimate", "--workers", 2)
    assert code == 0 and err == "" and not list(home.iterdir())
    assert [line.split()[0] for line in out.splitlines()] == ["points", "blocks", "time", "memory", "disk"]
    assert f"points   {2 * TURNS}" in out and f"blocks   {BLOCKS}" in out and "with 2 workers" in out


def test_lines_when_piped_a_bar_on_a_terminal_and_clean_json(home, file, capsys, monkeypatch):
    monkeypatch.setattr(cli, "EVERY", 0.0)
    code, out, err = command(capsys, "run", file, "--json", "--no-animation")
    assert code == 0 and json.loads(out)
    assert "block 1 of 12" in err and "blocks/s, about" in err and err.splitlines()[-1].startswith("block 12 of 12")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    code, out, err = command(capsys, "run", file, "--json", "--no-animation")
    assert code == 0 and json.loads(out) and "12/12" in err and "block/s" in err
    code, out, err = command(capsys, "run", "beating", "--quick", "--no-animation", "--json")
    assert (code, err) == (0, "")  # nothing to tell of a single block


# -- in Python --------------------------------------------------------------------------------------------------------


def test_the_same_in_python(drawn, tmp_path, monkeypatch):
    kind = type(md.experiment("two-pi-rotation"))
    monkeypatch.setattr(kind, "block_points", 8)
    sweep = md.experiment("two-pi-rotation", quick=True, **GIVEN)
    found = sweep.run(tmp_path / "sweep")
    assert isinstance(found, BlockRun) and found.division.count > 2
    shutil.rmtree(tmp_path / "sweep" / "figures")
    (tmp_path / "sweep" / "blocks" / "000001.nc").unlink()
    again = sweep.run(tmp_path / "sweep", resume=True)
    assert bits(again.findings["heat_released"].value) == bits(found.findings["heat_released"].value)
    assert (tmp_path / "sweep" / "figures").is_dir()
    with pytest.raises(InputError, match="out must be given with resume"):
        sweep.run(resume=True)
    with pytest.raises(InputError, match="workers must be"):
        sweep.run(workers=0)
    with pytest.raises(InputError, match="a folder that does not exist yet"):
        sweep.run(tmp_path / "sweep")
