"""A run in blocks that is there to be stopped, damaged and gone on with, and what it must be in the end."""

import subprocess
import sys
from typing import Any

import mesodyn as md
from mesodyn.experiments.block_run import BlockRun
from tests.experiments.test_run import bits

TURNS = 24
GIVEN: dict[str, Any] = {"turns": f"0:2:{TURNS}", "zeeman": "[20, 60]", "ramp": "uniform"}
TOML = f"""experiment = "two-pi-rotation"
quick = true
[parameters]
ramp = "uniform"
turns = "0:2:{TURNS}"
zeeman = "[20, 60]"
[blocks]
turns = 4
zeeman = 1
"""
BLOCKS = TURNS // 4 * 2


def assert_same(one, other):
    """Every finding of two run folders to the last bit, and what is printed of them."""
    first, second = md.load(one), md.load(other)
    assert isinstance(first, BlockRun) and isinstance(second, BlockRun)
    assert first.missing == second.missing == []
    assert first.division == second.division
    assert list(first.findings) == list(second.findings)
    for name, finding in first.findings.items():
        again = second.findings[name]
        assert bits(finding.value) == bits(again.value), name
        assert bits(finding.tolerance) == bits(again.tolerance), name
        assert (finding.expected is None) == (again.expected is None)
        assert finding.expected is None or again.expected is None or bits(finding.expected) == bits(again.expected), (
            name
        )
    assert (one / "findings.json").read_bytes() == (other / "findings.json").read_bytes()
    assert (one / "run.toml").read_bytes() == (other / "run.toml").read_bytes()
    assert (other / "checksums.txt").is_file() and (other / "report.html").is_file()
    assert not [path for path in other.rglob(".*") if path.is_file()]


def finished(*words, **options):
    """A command in a process of its own: its exit code, and what it says on standard error."""
    command = [sys.executable, "-m", "mesodyn", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, **options)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr
