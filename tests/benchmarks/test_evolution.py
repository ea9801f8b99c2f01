"""A beat against QuTiP's own spectral method in one process, the system made beforehand.

Both give the means of the same operators at the same moments. The laboratory phase of the beat turns 1.5e7 times as
often as the slow motion: its error is measured against the closed form with the phase taken in whole numbers.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import qutip

import mesodyn as md

FAST, DELTA, XI, MOMENTS = 1e6, 1.0, 0.25, 1000
TURN = 2 * Fraction(314159265358979323846264338327950288, 10**35)


def alternately(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """The median seconds of two functions that are called in turn, so that both see the same machine."""
    times: tuple[list[float], list[float]] = [], []
    for _ in range(rounds + 1):
        for function, found in zip((first, second), times, strict=True):
            begin = time.perf_counter()
            function()
            found.append(time.perf_counter() - begin)
    return statistics.median(times[0][1:]), statistics.median(times[1][1:])


def phase(rate: float, when: float) -> float:
    """``rate * when`` less whole turns, without rounding on the way."""
    angle = Fraction(rate) * Fraction(when)
    return float(angle - round(angle / TURN) * TURN)


def test_the_beat_in_the_laboratory_frame(benchmark: Any) -> None:
    rate = math.hypot(DELTA, XI)
    duration = 10 * math.pi / rate
    trap = md.ReservoirTrap(detuning=XI, tunnelling=DELTA, outside_energy=FAST - 2 * XI, weight=0.5)
    wait = md.Protocol(md.Hold(duration=duration))

    def ours() -> Any:
        return md.evolve(trap, wait, account="superposition", moments=MOMENTS)

    H, e_ops, times = trap.hamiltonian(), [*trap.observables().values()], np.linspace(0, duration, MOMENTS)
    ket = qutip.Qobj([[math.sqrt(0.5)], [0], [math.sqrt(0.5)], [0]], dims=[[2, 2], [1, 1]])

    def theirs() -> Any:
        return qutip.sesolve(H, ket, times, e_ops=[H, *e_ops], options={"method": "diag", "progress_bar": ""})

    record = benchmark(ours)
    seconds, plain = alternately(ours, theirs, 20)
    exact = [
        0.5 * np.exp(-1j * phase(FAST - XI, t)) * (math.cos(rate * t) - 1j * XI / rate * math.sin(rate * t))
        for t in record.time.values.tolist()
    ]
    error = float(np.abs(record.order_parameter.values - exact).max())
    benchmark.extra_info |= {"qutip_ms": 1e3 * plain, "times_faster": plain / seconds, "error": error}
    benchmark.extra_info["qutip_error"] = float(np.abs(theirs().expect[2] - exact).max())
    print(f"\nbeat: {1e3 * seconds:.2f} ms, sesolve {1e3 * plain:.2f} ms", benchmark.extra_info)
    assert error < 1e-8
    assert plain / seconds > 5
