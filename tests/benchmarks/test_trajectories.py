"""1000 trajectories of a relaxing 16-level system, 200 outputs, against `qutip.mcsolve` on one core in one process.

Two relaxations with about ten jumps in a trajectory: an oscillator with one jump operator, which is the cheapest that
`mcsolve` can have, and a ladder with one for each step. Both means are compared with the master equation.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import qutip

from mesodyn.dynamics.trajectories import jumps
from mesodyn.seeds import generator

LEVELS, TRAJECTORIES, OUTPUTS = 16, 1000, 200
LOWER = np.diag(np.sqrt(np.arange(1.0, LEVELS)), 1)
STEPS = [np.outer(np.eye(LEVELS)[k], np.eye(LEVELS)[k + 1]) for k in range(LEVELS - 1)]
CASES = {"oscillator": (0.1, [LOWER], 1.2), "ladder": (0.3, STEPS, 12.0)}
NUMBER = np.arange(LEVELS)


@pytest.mark.parametrize("case", CASES)
def test_1000_trajectories_of_a_relaxation(benchmark: Any, case: str) -> None:
    drive, operators, duration = CASES[case]
    hamiltonian = np.diag(NUMBER * 1.0) + drive * (LOWER + LOWER.T)
    ket, fractions = np.eye(LEVELS)[-1], np.linspace(0, 1, OUTPUTS)

    def ours() -> Any:
        draws = [generator(0, 0, k) for k in range(TRAJECTORIES)]
        found = jumps(hamiltonian, operators, np.tile(ket, (TRAJECTORIES, 1)), duration, fractions, draws)
        return found, np.abs(found.states) ** 2 @ NUMBER

    found, numbers = benchmark(ours)
    problem: Any = qutip.Qobj(hamiltonian), qutip.Qobj(ket), duration * fractions, [qutip.Qobj(o) for o in operators]
    options = {"progress_bar": "", "map": "serial"}
    begin = time.perf_counter()
    theirs = qutip.mcsolve(*problem, e_ops=[qutip.num(LEVELS)], ntraj=TRAJECTORIES, options=options, seeds=1)
    seconds = time.perf_counter() - begin
    exact = qutip.mesolve(*problem, e_ops=[qutip.num(LEVELS)]).expect[0]
    error = numbers.std(axis=0) / np.sqrt(TRAJECTORIES) + 1e-4
    ratio = seconds / benchmark.stats.stats.median
    benchmark.extra_info |= {
        "mcsolve_seconds": seconds,
        "times_faster": ratio,
        "jumps": float(found.counts.mean()),
        "largest_deviation": float(np.abs(numbers.mean(axis=0) - exact).max()),
        "largest_in_standard_errors": float((np.abs(numbers.mean(axis=0) - exact) / error).max()),
        "mcsolve_largest_deviation": float(np.abs(np.asarray(theirs.expect[0]) - exact).max()),
    }
    print(f"\n{case}: mcsolve {seconds:.2f} s, {ratio:.0f} times slower", benchmark.extra_info)
    assert benchmark.extra_info["largest_in_standard_errors"] < 4
    assert ratio > 10
