"""Spectra at 2000 frequencies against `qutip.spectrum(..., solver="es")` in the same process.

With 64 levels `es` takes minutes and 1.2 GB: there it is timed only when asked for (`-m "benchmark and slow"`); else a
quarter of the levels gives its time, which grows as the sixth power.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import qutip
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from mesodyn.dynamics import spectra
from mesodyn.dynamics.liouville import Sites

W = np.linspace(-10, 10, 2000)


def seconds(what: Callable[[], Any], times: int = 5) -> float:
    """The shortest of a few times."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        what()
        found.append(time.perf_counter() - begin)
    return min(found)


def dense(size: int) -> tuple[Any, list[Any], Any]:
    """A Hamiltonian without any symmetry, one loss."""
    a = qutip.destroy(size)
    return qutip.rand_herm(size, seed=1), [0.5 * a], a


def cavity(size: int) -> tuple[Any, list[Any], Any]:
    """A driven cavity with one atom (Jaynes-Cummings), half as many photons as levels."""
    a = qutip.tensor(qutip.destroy(size // 2), qutip.qeye(2))
    s = qutip.tensor(qutip.qeye(size // 2), qutip.destroy(2))
    h = 0.2 * a.dag() @ a + 0.1 * s.dag() @ s + 1.5 * (a.dag() @ s + a @ s.dag()) + a + a.dag()
    return h, [a, 0.3 * s], a


@pytest.mark.parametrize(("size", "times"), [(4, 20.0), (16, 2.0)])
def test_few_levels(benchmark: Any, size: int, times: float) -> None:
    h, jumps, a = dense(size)
    found = benchmark(lambda: spectra.spectrum(h, jumps, a, a.dag(), -W))
    known = qutip.spectrum(h, W, jumps, a, a.dag(), solver="es") / (2 * np.pi)
    es = seconds(lambda: qutip.spectrum(h, W, jumps, a, a.dag(), solver="es"), 3)
    ratio = es / benchmark.stats.stats.min
    benchmark.extra_info |= {"qutip_ms": 1e3 * es, "times_faster": ratio}
    assert np.abs(found - known).max() < 1e-9 * np.abs(known).max()
    assert ratio > times


def test_1000_doublets(benchmark: Any) -> None:
    from mesodyn.systems.light_scatterer import LightScatterer

    trap = LightScatterer()
    values = {name: np.broadcast_to(v, 1000) for name, v in trap.values().items()}
    values["excitation_high"] = np.linspace(5.1, 6, 1000)
    kept, rho = trap.prepare("superposition", "ground", values)
    cut = np.ix_(kept, kept)
    parts = {name: op.full()[cut] for name, op in trap.operators.items()}
    d, jump = trap.scattering()[cut], trap.jumps()[0][cut]
    h = sum(values[name][:, None, None] * part for name, part in parts.items())
    w = np.linspace(4, 7, 2000)
    found = benchmark(lambda: spectra.spectrum(h, [jump], d, d.conj().T, w, rho))
    other, losses, a = dense(4)  # `es` wants one stationary state, which a doublet has not
    es = seconds(lambda: qutip.spectrum(other, w, losses, a, a.dag(), solver="es"), 3)
    ratio = es / (benchmark.stats.stats.min / 1000)
    benchmark.extra_info |= {"ms_each": benchmark.stats.stats.min, "times_faster": ratio}
    assert found.shape == (1000, 2000)
    assert ratio > 30


@pytest.mark.parametrize("tolerance", [1e-7])
def test_64_levels(benchmark: Any, tolerance: float) -> None:
    h, jumps, a = cavity(64)
    state = spectra.stationary(h, jumps)
    run = lambda: spectra.spectrum(h, jumps, a, a.dag(), W, state, tolerance=tolerance)  # noqa: E731
    found = benchmark.pedantic(run, rounds=2)
    small, losses, b = cavity(16)
    es = seconds(lambda: qutip.spectrum(small, W, losses, b, b.dag(), solver="es"), 2) * (64 / 16) ** 6
    ratio = es / benchmark.stats.stats.min
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    benchmark.extra_info |= {"qutip_s_extrapolated": es, "times_faster": ratio, "peak_GB": memory}
    generator = Sites.of(h.full(), [jump.full() for jump in jumps]).sparse(0)
    kicked = (a.dag().full() @ state - np.trace(a.dag().full() @ state) * state).ravel()
    for k in (3, 700, 1130, 1999):
        shifted = -1j * W[k] * sp.identity(generator.shape[0], format="csr") - generator
        exact = (a.full().T.ravel() @ spsolve(shifted.tocsc(), kicked)).real / np.pi
        assert abs(found[k] - exact) < 1e-6 * found.max()
    assert ratio > 10
    assert memory < 1.0


@pytest.mark.slow
def test_64_levels_against_es_itself() -> None:
    h, jumps, a = cavity(64)
    ours = seconds(lambda: spectra.spectrum(h, jumps, a, a.dag(), -W, tolerance=1e-7), 1)
    found = spectra.spectrum(h, jumps, a, a.dag(), -W, tolerance=1e-7)
    begin = time.perf_counter()
    known = qutip.spectrum(h, W, jumps, a, a.dag(), solver="es") / (2 * np.pi)
    es = time.perf_counter() - begin
    print(f"\nes {es:.1f} s, mesodyn {ours:.2f} s")
    assert np.abs(found - known).max() < 1e-6 * np.abs(known).max()
    assert es > 10 * ours
