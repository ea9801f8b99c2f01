"""Commands given and what they say."""

import subprocess
import sys

import pytest

from mesodyn import cli

BEAT = ("run", "beating", "--quick", "--no-animation")


def command(capsys, *words):
    """Exit code, standard output and standard error of one command."""
    with pytest.raises(SystemExit) as stop:
        cli.main([str(word) for word in words])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


def outside(*words):
    """The same in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "mesodyn", *words], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def listing(place):
    """All that is in a folder, hidden files as well."""
    return {path.relative_to(place).as_posix(): path.lstat().st_mtime_ns for path in place.rglob("*")}


def assert_refused(found, *parts):
    """Exit code 2, nothing on standard output, one line on standard error with all `parts`."""
    code, out, err = found
    assert (code, out) == (2, "")
    assert err.startswith("mesodyn: ") and err.count("\n") == 1 and err.endswith("\n")
    assert "Traceback" not in err and len(err) < 800
    for part in parts:
        assert part in err
