"""The benchmark's machinery on its quickest jobs: it compares, and says how far. Times are asserted nowhere."""

import json
from typing import Any

import pytest

from mesodyn import benchmark
from mesodyn.benchmark.measure import Job, Problem, measure, spread
from mesodyn.cli import main
from mesodyn.errors import InputError


def test_qutip_gives_the_same_ground_states(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["benchmark", "--quick", "--only", "ground-states", "--json"])
    assert not stop.value.code
    found = json.loads(capsys.readouterr().out)
    (row,) = found["rows"]
    assert row["off_plain"] < 1e-12 and row["off_tuned"] < 1e-12
    assert (row["sampled"], row["points"]) == (3, 10_000)
    assert row["ratio"] == row["plain_seconds"] / row["seconds"]


def test_a_wrong_result_is_not_exact():
    def job(error: float) -> Job:
        numbers: Any = list(range(10))
        problem = Problem(lambda: numbers, lambda found, k: found[k], lambda k: k + error * (k == 9), None, 10, 4)
        return Job("sum", "a sum", "a", "b", 1.0, 1e-9, lambda: problem)

    assert measure(job(0.0)).exact
    row = measure(job(1e-3))
    assert not row.exact and not row.passed and abs(row.off_plain - 1e-3) < 1e-12


def test_the_points_that_are_timed_hold_both_ends():
    assert spread(1000, 3) == [0, 500, 999]
    assert spread(1, 5) == [0]


def test_an_unknown_job_is_refused_with_the_names_that_there_are():
    with pytest.raises(InputError, match="ground-states"):
        benchmark.benchmark(["ground-state"])
