"""How long the command line takes to say what it can do."""

import statistics
import subprocess
import sys
import time

RUNS = 9
FACTOR, MORE = 3.0, 0.15


def median_time(*words):
    """The median time of a process [s]."""
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def test_help_starts_within_three_times_bare_python_and_015_seconds():
    bare, full = median_time("-c", "pass"), median_time("-m", "mesodyn", "--help")
    assert full <= FACTOR * bare + MORE
