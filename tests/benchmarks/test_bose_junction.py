"""The Bose junction in its sector against QuTiP at its best: `sesolve` with ``method="diag"`` in the same sector."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
import qutip

import mesodyn as md
from mesodyn.dynamics.tridiagonal import Spectrum
from mesodyn.systems.bose_junction import coherent

STRENGTH, IMBALANCE, DURATION, OUTPUTS = 10.0, 0.5, 5.0, 101


def junction(number: int) -> md.BoseJunction:
    return md.BoseJunction(particles=number, interaction=2 * STRENGTH / (number - 1), imbalance=IMBALANCE)


def spectral(number: int, times: Any) -> Any:
    """Imbalance and <a^dagger b> from scratch: matrix, spectrum, kets, observables."""
    system = junction(number)
    terms = system.diagonals
    levels = Spectrum(system.interaction * terms["interaction"][1], terms["link"][1])
    kets = levels.moved(coherent(number, IMBALANCE, 0.0), times)
    z = (kets.real**2 + kets.imag**2) @ (2 * np.arange(number + 1) / number - 1)
    return z, (kets[:, 1:].conj() * kets[:, :-1]) @ system.space.hop


def best_of(count: int, job: Any) -> tuple[float, Any]:
    spent = []
    for _ in range(count):
        begin = time.perf_counter()
        found = job()
        spent.append(time.perf_counter() - begin)
    return min(spent), found


@pytest.mark.parametrize("route", ["spectrum", "evolve"])
def test_316_bosons_in_their_sector(benchmark: Any, route: str) -> None:
    times = np.linspace(0, DURATION, OUTPUTS)
    system = junction(316)
    fractions = (times[1:] / DURATION).tolist()
    hold = md.Protocol(md.Hold(duration=DURATION))
    jobs = {
        "spectrum": lambda: spectral(316, times),
        "evolve": lambda: md.evolve(junction(316), hold, moments=fractions),
    }
    found = benchmark(jobs[route])
    z, coherence = found if route == "spectrum" else (found.z.values, found.coherence.values)
    observed = [system.observables()[name] for name in ("z", "coherence")]
    problem: Any = system.hamiltonian(), qutip.Qobj(coherent(316, IMBALANCE, 0.0)), times
    options = {"method": "diag", "progress_bar": ""}
    seconds, theirs = best_of(5, lambda: qutip.sesolve(*problem, e_ops=observed, options=options))
    ratio = seconds / benchmark.stats.stats.min
    away = np.abs(theirs.expect[0] - z).max(), np.abs(theirs.expect[1] - coherence).max() / 316
    benchmark.extra_info |= {"qutip_diag_seconds": seconds, "times_faster": ratio, "deviation": float(max(away))}
    print(f"\n{route}: QuTiP diag {seconds:.4f} s, {ratio:.1f} times slower; deviation {max(away):.1e}")
    assert max(away) < 1e-9
    assert ratio > (10 if route == "spectrum" else 4)


def test_1000_bosons_take_less_than_a_second(benchmark: Any) -> None:
    hold = md.Protocol(md.Hold(duration=DURATION))
    record = benchmark(lambda: md.evolve(junction(1000), hold))
    assert np.abs(record.norm - 1).max() < 1e-10
    assert benchmark.stats.stats.min < 1.0


def test_the_record_of_1000_bosons_takes_less_than_a_second(benchmark: Any) -> None:
    one = md.experiment("bose-junction", particles=1000, thresholds="no")
    record = benchmark(one.record)
    assert np.abs(record.norm - 1).max() < 1e-10
    assert benchmark.stats.stats.min < 1.0
