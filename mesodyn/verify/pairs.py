"""Section 6: a trap of pairs between two superconductors, equations (25) and (26)."""

from __future__ import annotations

import numpy as np

from mesodyn.verify import fock, numerics
from mesodyn.verify.section import Draw, Equation, Found, Numbers, Section, labelled, matrix

LADDER = 9
"""Numbers of pairs that each lead can hold in the route that conserves their total."""


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """Detunings, two order parameters, phase differences, kT."""
    return {
        "detuning": rng.uniform(-1.2, 1.2, sets),
        "left": rng.uniform(0.1, 1.2, sets),
        "right": rng.uniform(0.1, 1.2, sets),
        "theta": rng.uniform(-2 * np.pi, 2 * np.pi, sets),
        "temperature": rng.uniform(0.1, 1.5, sets),
    }


def paper(d: Draw) -> Found:
    """(25), (26) with |Delta|**2 = L**2 + R**2 + 2 L R cos(theta); warm: times tanh(R/kT)."""
    xi, left, right, theta, kT = (d[name] for name in ("detuning", "left", "right", "theta", "temperature"))
    radius = np.sqrt(left**2 + right**2 + 2 * left * right * np.cos(theta) + xi**2)
    current = 2 * left * right * np.sin(theta) / radius
    order = left * np.exp(-0.5j * theta) + right * np.exp(0.5j * theta)
    return {
        "order": order,
        "matrix": numerics.two_states(xi, order),
        "energy": xi - radius,
        "number": 1 - xi / radius,
        "current": current,
        "out_current": current,
        "energy_slope": current,
        "largest": np.sqrt(xi**2 + (left + right) ** 2) - np.sqrt(xi**2 + (left - right) ** 2),
        "warm_number": 1 - xi / radius * np.tanh(radius / kT),
        "warm_current": current * np.tanh(radius / kT),
        "warm_free_energy": xi - kT * np.log(2 * np.cosh(radius / kT)),
    }


def package(d: Draw) -> Found:
    """`SD2S`, cold and warm."""
    from mesodyn.systems.sd2s import SD2S

    names = {"detuning": "detuning", "delta_left": "left", "delta_right": "right", "phase_difference": "theta"}
    given = {name: labelled(d[key]) for name, key in names.items()}
    junction = SD2S(n_c=2, **given)
    cold = junction.equilibrium()
    warm = SD2S(n_c=2, **given, temperature=labelled(d["temperature"])).equilibrium()
    return {
        "order": cold.order_parameter.values * np.exp(1j * cold.phase.values),
        "matrix": matrix(junction.terms()),
        "energy": cold.energy.values,
        "number": cold.n_mean.values - 2,
        "current": cold.current.values,
        "out_current": cold.current.values,
        "energy_slope": cold.current.values,
        "ladder_energy": cold.energy.values,
        "largest": cold.critical_current.values,
        "warm_number": warm.n_mean.values - 2,
        "warm_current": warm.current.values,
        "warm_free_energy": warm.free_energy.values,
        "warm_largest": warm.critical_current.values,
    }


# -- the route --------------------------------------------------------------------------------------------------------


def route(d: Draw) -> Found:
    """Numerical eigenstates, the current operators i[H_L, N] and i[N, H_R], derivatives of eigenvalues."""
    theta, kT = d["theta"], d["temperature"]
    _, energy, state = numerics.gibbs(_hamiltonian(d, theta), 0.0)
    free, _, warm = numerics.gibbs(_hamiltonian(d, theta), kT)
    number = np.diag([0.0, 2.0])
    inwards = _current(numerics.two_states(0.0 * d["left"], _side(d["left"], -theta)), number)
    outwards = -_current(numerics.two_states(0.0 * d["left"], _side(d["right"], theta)), number)
    hamiltonian = _hamiltonian(d, theta)
    return {
        "order": -hamiltonian[:, 1, 0],
        "matrix": hamiltonian,
        "energy": energy,
        "number": _mean(state, number),
        "current": _mean(state, inwards),
        "out_current": _mean(state, outwards),
        "energy_slope": 2 * numerics.derivative(lambda x: np.linalg.eigvalsh(_hamiltonian(d, theta + x))[:, 0], 0.0),
        "ladder_energy": _ladder(d),
        "largest": _largest(d, 0.0),
        "warm_number": _mean(warm, number),
        "warm_current": _mean(warm, inwards),
        "warm_free_energy": free,
        "warm_largest": _largest(d, kT),
    }


def _side(size: Numbers, twice_phase: Numbers) -> Numbers:
    return size * np.exp(0.5j * twice_phase)


def _hamiltonian(d: Draw, theta: Numbers) -> Numbers:
    return numerics.two_states(d["detuning"], _side(d["left"], -theta) + _side(d["right"], theta))


def _current(side: Numbers, number: Numbers) -> Numbers:
    """What one side brings into the dot: i[H_side, N]."""
    return 1j * (side @ number - number @ side)


def _mean(state: Numbers, operator: Numbers) -> Numbers:
    return np.einsum("pij,pji->p", state, np.broadcast_to(operator, state.shape)).real


def _largest(d: Draw, kT: Numbers | float) -> Numbers:
    """The largest current of all phases: a grid, then halving on the slope around the best point."""
    number = np.diag([0.0, 2.0])

    def current(theta: Numbers) -> Numbers:
        _, _, state = numerics.gibbs(_hamiltonian(d, theta), kT)
        side = numerics.two_states(0.0 * d["left"], _side(d["left"], -theta))
        return _mean(state, _current(side, number))

    grid = np.linspace(0.01, np.pi - 0.01, 120)
    values = np.array([current(np.full(len(d["left"]), angle)) for angle in grid])
    best, width = grid[values.argmax(axis=0)], grid[1] - grid[0]
    falling = numerics.bisected(lambda x: current(x - 1e-5) - current(x + 1e-5), best - width, best + width, 30)
    return np.maximum(current(falling), values.max(axis=0))


def _ladder(d: Draw) -> Numbers:
    """The lowest energy when leads are ladders of whole pairs, closed to rings, and the total is conserved.

    A state of the dot and n pairs on the left; the rest is on the right. The phase difference is the momentum of n.
    """
    shift = np.roll(np.eye(LADDER), 1, axis=0)
    total = np.zeros((len(d["left"]), 2 * LADDER, 2 * LADDER), complex)
    total[:, LADDER:, LADDER:] = 2 * d["detuning"][:, None, None] * np.eye(LADDER)
    momentum = np.exp(-1j * d["theta"])[:, None, None]  # a twist of the ring selects theta for n's momentum 0
    enter = -(d["left"][:, None, None] * momentum * shift.T + d["right"][:, None, None] * np.eye(LADDER))
    total[:, LADDER:, :LADDER], total[:, :LADDER, LADDER:] = enter, fock.dagger(enter)
    flat = np.ones(LADDER) / np.sqrt(LADDER)
    basis = np.kron(np.eye(2), flat[:, None])
    kept = np.einsum("ia,pij,jb->pab", basis, total, basis, optimize=True)
    return np.linalg.eigvalsh(kept)[:, 0]


ROUTE = "eigenstates of 2x2 matrices; current operators i[H_L, N] and i[N, H_R]; differences of sixth order"

SECTION = Section(
    title="Pairs between two superconductors",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    equations=(
        Equation(
            "25",
            "Delta, energy and <N>; the energy also with leads of whole pairs and a conserved total",
            "eigenstates of 2x2 matrices; number ladders for the leads",
            ("order", "matrix", "energy", "number", "ladder_energy", "warm_number", "warm_free_energy"),
            "Right, and the same with the total conserved: the energy does not tell the accounts apart. Warm: the two "
            "pair levels are occupied thermally.",
        ),
        Equation(
            "26",
            "the current in from the left and out to the right, its largest value",
            ROUTE,
            ("current", "out_current", "energy_slope", "largest", "warm_current", "warm_largest"),
            "Right, sign included. The critical current has the closed form sqrt(xi^2 + (L+R)^2) - sqrt(xi^2 + "
            "(L-R)^2). The text quotes [15] where it means [16].",
            tolerance=1e-8,
        ),
    ),
)
