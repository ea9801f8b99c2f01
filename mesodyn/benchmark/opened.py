"""Jobs with a bath: relaxations, spectra, trajectories."""

from __future__ import annotations

from typing import Any

import numpy as np
import qutip

from mesodyn.axes import axis
from mesodyn.benchmark.measure import Job, Problem, spread
from mesodyn.dynamics import spectra
from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Protocol, Relax
from mesodyn.dynamics.trajectories import jumps
from mesodyn.seeds import generator
from mesodyn.systems.trap_pair import TrapPair

SEEN = ("n_A", "n_B", "imbalance", "coherence", "shared", "spinful_A")
RATE, TEMPERATURE, DURATION, MOMENTS, POINTS = 1.0, 0.5, 8.0, 500, 1000
EQUAL = 1e-12
"""Levels nearer than this are one level."""
QUIET = {"progress_bar": ""}


def _relaxations(sector: bool) -> Problem:
    """Two linked traps that relax, at 1000 Zeeman splittings; six observables at 500 times.

    The state starts as a ket: of one particle for `sector`, else over all nine states, which then are all needed.
    """
    splittings = np.linspace(0.5, 5, POINTS)
    pair = TrapPair(tunnelling=1.0, zeeman=axis("zeeman", splittings), field_angle=1.1)
    size, totals = pair.space.size, pair.space.totals
    one = np.flatnonzero(totals == 1)
    amplitudes = np.zeros(size)
    amplitudes[one[:2] if sector else slice(None)] = 1.0
    ket = qutip.Qobj(amplitudes).unit()
    observables: Any = {name: pair.observables()[name] for name in SEEN}
    protocol = Protocol(Relax(duration=DURATION, rate=RATE, temperature=TEMPERATURE))
    times = np.linspace(0, DURATION, MOMENTS)

    def ours() -> Any:
        return evolve(pair, protocol, initial=ket, observables=observables, moments=MOMENTS)

    def problem(point: int, kept: Any) -> Any:
        H = TrapPair(tunnelling=1.0, zeeman=float(splittings[point]), field_angle=1.1).hamiltonian()
        part = np.ix_(kept, kept)
        return (
            _liouvillian(H.full()[part], totals[kept]),
            qutip.Qobj(ket.full()[kept]),
            [qutip.Qobj(observables[name].full()[part]) for name in SEEN],
        )

    def solved(given: Any, options: dict[str, Any]) -> Any:
        generator, start, e_ops = given
        return np.array(qutip.mesolve(generator, start, times, e_ops=e_ops, options=QUIET | options).expect)

    every = np.arange(size)
    problems = {k: (problem(k, every), problem(k, one if sector else every)) for k in spread(POINTS, 10)}
    return Problem(
        ours,
        lambda record, k: [record[name].values[:, k] for name in SEEN],
        lambda k: solved(problems[k][0], {}),
        lambda k: solved(problems[k][1], {"method": "diag"}),
        POINTS,
        10,
    )


def _liouvillian(H: Any, totals: Any) -> Any:
    """With ``sqrt(rate) |f><i|`` between the eigenstates of one total number, in detailed balance."""
    found: Any = []
    for total in np.unique(totals):
        kept = np.flatnonzero(totals == total)
        energies, vectors = np.linalg.eigh(H[np.ix_(kept, kept)])
        full = np.zeros((len(H), len(kept)), complex)
        full[kept] = vectors
        for f, i in np.ndindex(len(kept), len(kept)):
            step = energies[f] - energies[i]
            if f != i or (np.abs(energies - energies[i]) < EQUAL).sum() > 1:  # equal levels: to itself as well
                share = 1 / (1 + np.exp(step / TEMPERATURE))
                found.append(qutip.Qobj(np.sqrt(RATE * share) * np.outer(full[:, f], full[:, i].conj())))
    made: Any = qutip.liouvillian
    return made(qutip.Qobj(H), found)


def _spectra() -> Problem:
    """Spectra of 4 levels with one loss, at 1000 strengths of a second term, at 2000 frequencies."""
    lower, w = qutip.destroy(4), np.linspace(-10, 10, 2000)
    strengths = np.linspace(0, 1, POINTS)
    fixed, extra, loss = qutip.rand_herm(4, seed=1), qutip.num(4), 0.5 * lower
    stacked = fixed.full() + strengths[:, None, None] * extra.full()

    def ours() -> Any:
        return spectra.spectrum(stacked, [loss], lower, lower.dag(), -w)

    def plain(point: int) -> Any:
        H = fixed + strengths[point] * extra
        return qutip.spectrum(H, w, [loss], lower, lower.dag(), solver="es") / (2 * np.pi)

    return Problem(ours, lambda found, k: found[k], plain, None, POINTS, 10)


def _trajectories() -> Problem:
    """1000 trajectories of a driven oscillator of 16 levels that loses its quanta; the mean number at 200 times."""
    levels, count, moments, duration = 16, 1000, 200, 1.2
    lower = np.diag(np.sqrt(np.arange(1.0, levels)), 1)
    H = np.diag(np.arange(levels) * 1.0) + 0.1 * (lower + lower.T)
    ket, fractions = np.eye(levels)[-1], np.linspace(0, 1, moments)
    given: Any = qutip.Qobj(H), qutip.Qobj(ket), duration * fractions, [qutip.Qobj(lower)]
    seen = [qutip.num(levels)]

    def ours() -> Any:
        draws = [generator(0, 0, k) for k in range(count)]
        return jumps(H, [lower], np.tile(ket, (count, 1)), duration, fractions, draws)

    def theirs(**options: Any) -> Any:
        options = QUIET | {"map": "serial"} | options
        return np.array(qutip.mcsolve(*given, e_ops=seen, ntraj=count, options=options, seeds=1).expect[0])

    def at(found: Any, _: int) -> Any:
        numbers = np.abs(found.states) ** 2 @ np.arange(levels)
        return numbers.mean(axis=0), numbers.std(axis=0) * np.sqrt(2 / count) + 1e-3

    def off(one: Any, other: Any) -> float:
        return float((np.abs(one[0] - other) / one[1]).max())

    return Problem(ours, at, lambda _: theirs(), lambda _: theirs(method="vern7"), off=off)


JOBS = (
    Job(
        "relaxations",
        "1000 relaxations of two traps, 500 times, 6 observables, 9 levels",
        "`mesolve` with a ready Liouvillian",
        'the same, `method="diag"`',
        40,
        1e-10,
        lambda: _relaxations(sector=False),
    ),
    Job(
        "relaxations-sector",
        "the same with one particle: mesodyn and tuned QuTiP in its 4 levels",
        "`mesolve` with a ready Liouvillian of 9 levels",
        'the same of 4 levels, `method="diag"`',
        100,
        1e-10,
        lambda: _relaxations(sector=True),
    ),
    Job(
        "spectra",
        "1000 spectra of 4 levels, 2000 frequencies",
        '`spectrum`, `solver="es"`',
        "none: `es` is exact, the others go frequency by frequency",
        30,
        1e-9,
        _spectra,
    ),
    Job(
        "trajectories",
        "1000 trajectories of 16 levels, 200 times (deviations in standard errors)",
        "`mcsolve`",
        "`mcsolve`, `vern7`",
        10,
        5.0,
        _trajectories,
    ),
)
