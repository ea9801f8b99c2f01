"""Jobs without a bath: a beat in the laboratory, ground states, slow rotations, a Bose junction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import qutip

from mesodyn.axes import axis
from mesodyn.benchmark.measure import Job, Problem
from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Connect, Disconnect, Hold, Protocol, Rotate
from mesodyn.systems.bose_junction import BoseJunction
from mesodyn.systems.reservoir_trap import ReservoirTrap
from mesodyn.systems.sd2s import SD2S
from mesodyn.systems.trap_pair import TrapPair

QUIET: dict[str, Any] = {"progress_bar": "", "nsteps": 10**7}
SPECTRAL: dict[str, Any] = {"progress_bar": "", "method": "diag"}
TIGHT = QUIET | {"method": "vern9", "atol": 1e-12, "rtol": 1e-11}


def _beat() -> Problem:
    """A superposition of N and N + 1 with mu = 1000 tunnelling amplitudes, seen in the laboratory."""
    potential, delta, xi, moments = 1e3, 1.0, 0.25, 1000
    duration = 10 * math.pi / math.hypot(delta, xi)
    trap = ReservoirTrap(detuning=xi, tunnelling=delta, outside_energy=potential - 2 * xi, weight=0.5)
    wait = Protocol(Hold(duration=duration))
    H, e_ops, times = trap.hamiltonian(), [*trap.observables().values()], np.linspace(0, duration, moments)
    ket = qutip.Qobj([[math.sqrt(0.5)], [0], [math.sqrt(0.5)], [0]], dims=[[2, 2], [1, 1]])
    which = 1 + list(trap.observables()).index("order_parameter")

    def ours() -> Any:
        return evolve(trap, wait, account="superposition", moments=moments)

    def theirs(options: dict[str, Any]) -> Any:
        return qutip.sesolve(H, ket, times, e_ops=[H, *e_ops], options=options).expect[which]

    return Problem(ours, lambda r, _: r.order_parameter.values, lambda _: theirs(QUIET), lambda _: theirs(SPECTRAL))


def _ground_states() -> Problem:
    """The ground state of a pair trap between two leads, and its current, at 10^4 phase differences."""
    points, xi, left, right = 10_000, 0.3, 0.7, 0.5
    phases = np.linspace(-6, 6, points)
    trap = SD2S(detuning=xi, delta_left=left, delta_right=right, phase_difference=axis("phase_difference", phases))

    def matrices(theta: float) -> tuple[Any, Any]:
        link = left * np.exp(-0.5j * theta) + right * np.exp(0.5j * theta)
        slope = 0.5j * (right * np.exp(0.5j * theta) - left * np.exp(-0.5j * theta))
        return (
            np.array([[0, -link], [-link.conjugate(), 2 * xi]]),
            np.array([[0, -2 * slope], [-2 * slope.conjugate(), 0]]),
        )

    def ours() -> Any:
        return trap.equilibrium()

    def at(found: Any, point: int) -> Any:
        return found.energy.values[point], found.current.values[point]

    def plain(point: int) -> Any:
        H, current = (qutip.Qobj(m) for m in matrices(phases[point]))
        energies, states = H.eigenstates()
        return energies[0], qutip.expect(current, states[0])

    def tuned(point: int) -> Any:
        H, current = (qutip.Qobj(m, isherm=True, copy=False) for m in matrices(phases[point]))
        energy, state = H.groundstate()
        return energy, qutip.expect(current, state)

    return Problem(ours, at, plain, tuned, points, sample=500)


def _rotations() -> Problem:
    """One of two traps turned by 0 to 4 turns, slowly (E_Z T = 1000) and smoothly; the coherence at the end."""
    points, zeeman = 1000, 60.0
    duration, turns = 1000 / zeeman, np.linspace(0, 4, points)
    pair = TrapPair(tunnelling=1.0, zeeman=zeeman)
    protocol = Protocol(Disconnect(), Rotate(duration=duration, turns=axis("turns", turns), shape="smooth"), Connect())
    kept = pair.space.sector(1)
    part = {name: qutip.Qobj(found.full()[np.ix_(kept, kept)]) for name, found in pair.operators.items()}
    coherence: Any = pair.observables()["coherence"]
    seen = qutip.Qobj(coherence.full()[np.ix_(kept, kept)])
    start = qutip.Qobj(np.full(4, 0.5))

    def angle(turned: float, t: float) -> float:
        s = 2 * np.pi * t / duration
        return float(turned * (s - np.sin(s)))

    def ours() -> Any:
        return evolve(pair, protocol, moments=[1.0])

    def plain(point: int) -> Any:
        whole = turns[point]
        field = [
            -zeeman * part["A.x"],
            [-zeeman * part["B.x"], lambda t: math.cos(angle(whole, t))],
            [-zeeman * part["B.y"], lambda t: math.sin(angle(whole, t))],
        ]
        found: Any = qutip.sesolve(field, start, [0, duration], e_ops=[seen], options=QUIET)
        return found.expect[0][-1]

    def tuned(point: int) -> Any:
        whole = turns[point]
        rate = 2 * np.pi * whole / duration
        moving = [
            -zeeman * (part["A.x"] + part["B.x"]),
            [part["B.z"], lambda t: rate * (math.cos(2 * np.pi * t / duration) - 1)],
        ]
        end: Any = qutip.sesolve(moving, start, [0, duration], options=TIGHT | {"max_step": duration / 20}).states[-1]
        back = np.exp(-2j * np.pi * whole * np.asarray(part["B.z"].diag()))
        return qutip.expect(seen, qutip.Qobj(back * end.full()[:, 0]))

    return Problem(ours, lambda r, k: r.coherence.values[-1, k], plain, tuned, points, sample=10)


def _bosons() -> Problem:
    """316 bosons in two modes, in the sector of their number."""
    junction, moments = BoseJunction(particles=316, interaction=10 / 316, imbalance=0.6), 101
    wait = Protocol(Hold(duration=10.0))
    H, e_ops = junction.hamiltonian(), [*junction.observables().values()]
    values = {name: np.atleast_1d(value) for name, value in junction.values().items()}
    ket, times = qutip.Qobj(junction.prepare("conserving", "ground", values)[1][0]), np.linspace(0, 10.0, moments)
    which = 1 + list(junction.observables()).index("z")

    def ours() -> Any:
        return evolve(junction, wait, moments=moments)

    def theirs(options: dict[str, Any]) -> Any:
        return qutip.sesolve(H, ket, times, e_ops=[H, *e_ops], options=options).expect[which]

    return Problem(ours, lambda r, _: r.z.values, lambda _: theirs(QUIET), lambda _: theirs(SPECTRAL))


JOBS = (
    Job(
        "beat",
        "beat in the laboratory, mu/Delta = 1e3, 1000 times",
        "`sesolve`",
        '`sesolve`, `method="diag"`',
        200,
        1e-9,
        _beat,
    ),
    Job(
        "ground-states",
        "10^4 ground states with their current, 2 levels",
        "`eigenstates`",
        "`groundstate`",
        200,
        1e-12,
        _ground_states,
    ),
    Job(
        "rotations",
        "1000 slow rotations, E_Z T = 1e3, 4 levels",
        "`sesolve` in the laboratory",
        "`sesolve` in the co-rotating frame, `vern9`, tight",
        150,
        1e-9,
        _rotations,
    ),
    Job(
        "bosons",
        "316 bosons in two modes, 101 times",
        "`sesolve`",
        '`sesolve`, `method="diag"`',
        10,
        1e-9,
        _bosons,
    ),
)
