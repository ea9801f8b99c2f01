"""Whole records of `mesodyn.evolve` against QuTiP's own spectral method in one process, the systems made beforehand.

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
import pytest
import qutip

import mesodyn as md
from mesodyn.systems.bose_junction import BoseJunction

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


@pytest.mark.parametrize("particles", [316, 1000])
def test_a_bose_junction_in_its_sector(benchmark: Any, particles: int) -> None:
    junction = BoseJunction(particles=particles, interaction=10 / particles, imbalance=0.6)
    wait, moments = md.Protocol(md.Hold(duration=10.0)), 101

    def ours() -> Any:
        return md.evolve(junction, wait, moments=moments)

    record = benchmark(ours)
    if particles == 1000:
        assert benchmark.stats.stats.median < 1
        assert float(abs(record.norm - 1).max()) < 1e-12
        return
    H, e_ops = junction.hamiltonian(), [*junction.observables().values()]
    values = {name: np.atleast_1d(value) for name, value in junction.values().items()}
    ket, times = qutip.Qobj(junction.prepare("conserving", "ground", values)[1][0]), np.linspace(0, 10.0, moments)

    def theirs() -> Any:
        return qutip.sesolve(H, ket, times, e_ops=[H, *e_ops], options={"method": "diag", "progress_bar": ""})

    seconds, plain = alternately(ours, theirs, 9)
    deviation = float(np.abs(record.imbalance.values - theirs().expect[1]).max())
    benchmark.extra_info |= {"qutip_ms": 1e3 * plain, "times_faster": plain / seconds, "largest_deviation": deviation}
    print(f"\njunction: {1e3 * seconds:.2f} ms, sesolve {1e3 * plain:.1f} ms", benchmark.extra_info)
    assert deviation < 1e-9
    assert plain / seconds > 10
