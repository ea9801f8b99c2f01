"""A large run that is interrupted, killed, or out of room goes on where it was, to the same bits."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

import mesodyn as md
from mesodyn import archive
from mesodyn.errors import UnfinishedError
from mesodyn.experiments import block_run
from mesodyn.experiments.block_run import BlockRun
from tests.commandline import command
from tests.sweeps.sweep import BLOCKS, assert_same, finished


def started(*words):
    command = [sys.executable, "-m", "mesodyn", "run", *map(str, words), "--no-animation"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(there, limit=60.0):
    """Wait for a file, or so many of them."""
    end = time.monotonic() + limit
    while not there() and time.monotonic() < end:
        time.sleep(0.005)


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_stops_cleanly_and_says_how_to_go_on(workers, file, whole, tmp_path):
    out = tmp_path / "sweep"
    process = started(file, "--out", out, "--workers", workers)
    until(lambda: len(list(out.glob("blocks/*.sha256"))) >= 1)
    process.send_signal(signal.SIGINT)
    text, error = process.communicate(timeout=60)
    if process.returncode != 0:  # it was in time
        assert process.returncode == 130 and text == ""
        assert error.splitlines()[-1] == f"mesodyn: interrupted; go on with: mesodyn run {out} --resume"
        assert "Traceback" not in error and not list(out.glob(".*"))
    assert finished("run", out, "--resume", "--no-animation")[0] == 0
    assert_same(whole, out)


def killed_often(file, whole, place, kills, seed):
    """Kill a run at random moments, let it go on, and compare it with one that was left alone; how many were alive."""
    source = random.Random(seed)
    alive = 0
    for trial in range(kills):
        out, workers = place / f"killed-{trial}", source.choice([1, 2])
        process = started(file, "--out", out, "--workers", workers)
        some = source.randint(0, BLOCKS)
        until(lambda out=out, some=some: len(list(out.glob("blocks/*.nc"))) >= some or process.poll() is not None)  # noqa: B023
        time.sleep(source.uniform(0, 1.0 if some in (0, BLOCKS) else 0.1))
        process.kill()
        process.communicate(timeout=60)
        alive += process.returncode == -signal.SIGKILL
        code, error = finished("run", file, "--out", out, "--resume", "--no-animation", "--workers", workers)
        assert code == 0, error
        assert_same(whole, out)
        shutil.rmtree(out)
    return alive


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_a_run_that_is_killed_goes_on_to_the_same_bits(file, whole, tmp_path):
    assert killed_often(file, whole, tmp_path, 1, 0) == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_a_run_that_is_killed_at_twenty_moments_goes_on_to_the_same_bits_every_time(file, whole, tmp_path):
    assert killed_often(file, whole, tmp_path, 20, 1) >= 15


@pytest.mark.skipif(os.name == "nt", reason="limits of Unix")
@pytest.mark.parametrize("room", [20, 1])
def test_a_full_disk_is_named_and_what_was_written_stays(room, file, whole, tmp_path):
    out = tmp_path / "sweep"
    words = f"ulimit -f {room}; exec {sys.executable} -m mesodyn run {file} --out {out} --no-animation"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr, done.stderr
    assert "could not be written" in done.stderr and "--resume" in done.stderr
    assert finished("run", file, "--out", out, "--resume", "--no-animation")[0] == 0
    assert_same(whole, out)


def test_a_disk_that_fills_up_in_the_middle_loses_nothing_else(file, whole, tmp_path, monkeypatch, capsys):
    write = archive._write_groups

    def full(parts, path):
        if "000007" in path.name:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        write(parts, path)

    monkeypatch.setattr(archive, "_write_groups", full)
    out = tmp_path / "sweep"
    code, text, error = command(capsys, "run", file, "--out", out, "--no-animation")
    assert (code, text) == (1, "")
    assert "block 7 could not be written" in error and "No space left" in error and "--resume" in error
    assert archive.whole_blocks(out, BLOCKS) == list(range(7))
    monkeypatch.setattr(archive, "_write_groups", write)
    assert command(capsys, "run", out, "--resume", "--no-animation")[0] == 0
    assert_same(whole, out)


def test_a_block_that_cannot_be_computed_is_named_and_all_others_are_kept(file, whole, tmp_path, monkeypatch, capsys):
    solve = block_run.solve

    def failing(experiment, where):
        if where["turns"].start == 8 and where["zeeman"].start == 1:
            raise UnfinishedError("the norm is lost")
        return solve(experiment, where)

    monkeypatch.setattr(block_run, "solve", failing)
    out = tmp_path / "sweep"
    code, text, error = command(capsys, "run", file, "--out", out, "--no-animation")
    found = md.load(whole)
    assert isinstance(found, BlockRun)
    places = found.division.blocks
    number = next(n for n, where in enumerate(places) if (where["turns"].start, where["zeeman"].start) == (8, 1))
    assert (code, text) == (1, "") and f"block {number} could not be computed (the norm is lost)" in error
    assert archive.whole_blocks(out, BLOCKS) == [n for n in range(BLOCKS) if n != number]
