"""Section 6: a trap of single particles between two superconductors, equations (27)-(31), and the text after (31)."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesodyn.verify import fock, numerics
from mesodyn.verify.section import CONDITION, MISPRINT, Draw, Equation, Found, Numbers, Section, labelled

ANGLES = np.linspace(0, 2 * np.pi, 16, endpoint=False)


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """Equal leads (alpha, beta of both signs), unequal ones, phases, detunings, kT; all ordered at every phase.

    ``far`` is a detuning beyond xi0(theta), ``middle`` one between 1/alpha and xi0(0).
    """
    alpha = rng.uniform(0.8, 1.5, sets)
    beta = rng.choice([-1, 1], sets) * rng.uniform(0.2, 0.5, sets)
    theta = rng.uniform(-0.95 * np.pi, 0.95 * np.pi, sets)
    spread = rng.uniform(0.1, 0.5, sets)
    return {
        "alpha": alpha,
        "beta": beta,
        "left": beta * (1 + spread),
        "right": beta * (1 - spread),
        "theta": theta,
        "mean_phase": rng.uniform(-np.pi, np.pi, sets),
        "detuning": rng.uniform(-0.8, 0.8, sets) / (alpha + np.abs(beta)),
        "far": rng.choice([-1, 1], sets) * 1.2 / (alpha - np.abs(beta * np.cos(theta / 2))),
        "middle": 1 / (alpha - rng.uniform(0.2, 0.8, sets) * np.abs(beta)),
        "temperature": rng.uniform(0.1, 0.5, sets) / (alpha + np.abs(beta)),
        "trial": fock.complex_normal(rng, sets),
    }


# -- the paper --------------------------------------------------------------------------------------------------------


def paper(d: Draw) -> Found:
    """(27)-(31) under their conditions, and what holds without them."""
    alpha, beta, theta, xi, trial = (d[name] for name in ("alpha", "beta", "theta", "detuning", "trial"))
    strength = np.abs(beta * np.cos(theta / 2))
    xi0 = 1 / (alpha - strength)
    doubled = d["mean_phase"] + np.where(beta > 0, 0.0, np.pi)  # cos(theta/2) > 0
    beat = np.sqrt(d["left"] ** 2 + d["right"] ** 2 + 2 * d["left"] * d["right"] * np.cos(theta))
    unequal = 1 / (alpha - beat / 2)
    return {
        "phase_energy": -0.5 * beta * np.real(trial**2 * np.exp(-1j * d["mean_phase"])) * np.cos(theta / 2),
        "minima": np.exp(1j * doubled),
        "lowest_phase_energy": -0.5 * strength,
        "slope": 0.0 * xi,
        "continued_slope": 0.0 * xi,
        "stiffness": xi0,
        "current": 0.5 * np.abs(beta) * (xi0**2 - xi**2) * np.sin(theta / 2),
        "far_current": 0.0 * xi,
        "step": -np.abs(beta) * (1 / alpha**2 - xi**2),
        "middle_step": 0.0 * xi,
        "step_at_two_pi": 0.0 * xi,
        "vanishing": 2 * np.arccos((alpha - 1 / d["middle"]) / np.abs(beta)),
        "unequal_current": (unequal**2 - xi**2) * d["left"] * d["right"] * np.sin(theta) / (2 * beat),
        "unequal_step": 0.0 * xi,
        "continued": 0.5 * np.abs(beta) * ((alpha + strength) ** -2 - xi**2) * np.sin(theta / 2 + np.pi),
    }


def printed(d: Draw) -> Found:
    """Without the conditions: (30) beyond xi0, (31) beyond 1/alpha, breaks at 2 pi and with unequal leads."""
    alpha, beta = d["alpha"], np.abs(d["beta"])
    xi0 = 1 / (alpha - np.abs(d["beta"] * np.cos(d["theta"] / 2)))
    step = -beta * (1 / alpha**2 - d["detuning"] ** 2)
    return {
        "far_current": 0.5 * beta * (xi0**2 - d["far"] ** 2) * np.sin(d["theta"] / 2),
        "middle_step": -beta * (1 / alpha**2 - d["middle"] ** 2),
        "step_at_two_pi": step,
        "unequal_step": step,
    }


# -- the package ------------------------------------------------------------------------------------------------------


def package(d: Draw) -> Found:
    """`SD1S` on both branches, with equal and unequal leads, cold and warm."""
    from mesodyn.systems.sd1s import SD1S

    leads: dict[str, Any] = {"alpha": labelled(d["alpha"]), "mean_phase": labelled(d["mean_phase"])}
    equal = leads | {"beta": labelled(d["beta"]), "phase_difference": labelled(d["theta"])}
    xi = labelled(d["detuning"])
    cold = SD1S(detuning=xi, **equal).equilibrium()
    warm = SD1S(detuning=xi, temperature=labelled(d["temperature"]), **equal).equilibrium()
    sides = leads | {"beta_left": labelled(d["left"]), "beta_right": labelled(d["right"])}
    unequal = SD1S(detuning=xi, **sides, phase_difference=labelled(d["theta"])).equilibrium()
    later = equal | {"phase_difference": labelled(d["theta"] + 2 * np.pi)}
    middle = SD1S(detuning=labelled(d["middle"]), **equal).equilibrium()
    return {
        "minima": np.exp(2j * cold.phase.values[:, 0]),
        "lowest_phase_energy": 0.5 * (1 / cold.stiffness.values - d["alpha"]),
        "stiffness": cold.stiffness.values,
        "energy": cold.energy.values,
        "current": cold.current.values,
        "far_current": SD1S(detuning=labelled(d["far"]), **equal).equilibrium().current.values,
        "step": -cold.current_step.values,
        "middle_step": -middle.current_step.values,
        "vanishing": middle.critical_phase.values,
        "unequal_current": unequal.current.values,
        "unequal_step": -unequal.current_step.values,
        "continued": SD1S(detuning=xi, branch="adiabatic", **later).equilibrium().current.values,
        "warm_free_energy": warm.free_energy.values,
        "warm_current": warm.current.values,
    }


# -- the route --------------------------------------------------------------------------------------------------------


def route(d: Draw) -> Found:
    """Brute minimisation over complex Delta, differences in theta, limits from both sides."""
    theta = d["theta"]
    _, angle, energy, slope = minimum(d, theta)
    own = -0.25 * _pull(d, theta)
    lowest = np.min([np.real(own * np.exp(2j * a)) for a in (*ANGLES, angle)], axis=0)
    far, warm = d | {"detuning": d["far"]}, d["temperature"]
    middle, unequal = d | {"detuning": d["middle"]}, _unequal(d)
    doubled = np.exp(2j * angle)
    return {
        "phase_energy": np.real(own * d["trial"] ** 2),
        "minima": doubled,
        "lowest_phase_energy": lowest,
        "stiffness": 1 / (d["alpha"] + 2 * np.real(own * doubled)),
        "energy": energy,
        "current": _current(d, theta),
        "far_current": _current(far, theta),
        "step": _step(d, np.pi),
        "middle_step": _step(middle, np.pi),
        "step_at_two_pi": _step(d, 2 * np.pi),
        "vanishing": _vanishing(middle),
        "unequal_current": _current(unequal, theta),
        "unequal_step": _step(unequal, np.pi, 0.01),
        "continued": _followed(d),
        "warm_free_energy": minimum(d, theta, warm)[2],
        "warm_current": _current(d, theta, warm),
        "slope": slope,
        "continued_slope": minimum(d, theta + 2 * np.pi, start=angle)[3],
    }


def _unequal(d: Draw) -> Draw:
    return d | {"beta_left": d["left"], "beta_right": d["right"]}


def _pull(d: Draw, theta: Numbers | float) -> Numbers:
    """beta_L exp(-i phi_L) + beta_R exp(-i phi_R): the phase energy is -Re(Delta**2 pull)/4."""
    left, right = d.get("beta_left", d["beta"]), d.get("beta_right", d["beta"])
    return (left * np.exp(0.5j * theta) + right * np.exp(-0.5j * theta)) * np.exp(-1j * d["mean_phase"])


def minimum(
    d: Draw, theta: Numbers | float, kT: Numbers | float = 0.0, start: Numbers | None = None
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """|Delta|, its phase, the free energy and the size of its slope in the plane, at the minimum over complex Delta.

    A polar grid, then halving along the circle and along the radius; with `start` that phase is kept.
    """
    xi, alpha, pull = d["detuning"], d["alpha"], _pull(d, theta)

    def free(size: Numbers, angle: Numbers) -> tuple[Numbers, Numbers]:
        delta = size * np.exp(1j * angle)
        value, _, state = numerics.gibbs(numerics.two_states(xi, delta), kT)
        slope = alpha * delta - 0.5 * np.conj(delta * pull) - 2 * state[:, 1, 0]  # 2 dF/d(Delta*)
        return value + 0.5 * alpha * size**2 - 0.25 * np.real(delta**2 * pull), slope * np.exp(-1j * angle)

    ceiling = 1.5 / (alpha - np.abs(d.get("beta_left", d["beta"])) / 2 - np.abs(d.get("beta_right", d["beta"])) / 2)
    one = np.ones(len(xi))
    angle, grid = start, np.full(len(xi), np.inf)
    if angle is None:
        values = np.array([[free(s * ceiling, a * one)[0] for s in (0.1, 0.3, 0.6, 0.9)] for a in ANGLES])
        angle, grid = ANGLES[values.min(axis=1).argmin(axis=0)], values.min(axis=(0, 1))
        around = angle - ANGLES[1], angle + ANGLES[1]
        angle = numerics.bisected(lambda a: free(0.3 * ceiling, a)[1].imag, *around, 50)
    tiny = 1e-6 * ceiling
    outwards = free(tiny, angle)[1].real < 0
    size = np.where(outwards, numerics.bisected(lambda s: free(s, angle)[1].real, tiny, ceiling, 50), 0.0)
    value, slope = free(size, angle)
    return size, angle, np.minimum(value, grid), np.abs(slope)


def _current(d: Draw, theta: Numbers | float, kT: Numbers | float = 0.0) -> Numbers:
    """2 dF/dtheta of the minimum, by differences."""
    return 2 * numerics.derivative(lambda x: minimum(d, theta + x, kT)[2], 0.0)


def _operator_current(d: Draw, theta: Numbers | float) -> Numbers:
    """2 <dH/dtheta> at the minimum: what follows from Delta alone."""
    size, angle, _, _ = minimum(d, theta)
    delta = size * np.exp(1j * angle)
    slope = numerics.derivative(lambda x: -0.25 * np.real(delta**2 * _pull(d, theta + x)), 0.0)
    return 2 * slope


def _step(d: Draw, at: float, reach: float = 0.08) -> Numbers:
    """The current just above a phase less the one just below, each extrapolated from its side."""
    near = numerics.nodes(reach, 6)
    sides = [np.stack([_operator_current(d, at + side * x) for x in near], axis=-1) for side in (-1, 1)]
    below, above = (numerics.coefficients(values, near, 1)[..., 0] for values in sides)
    return above - below


def _vanishing(d: Draw) -> Numbers:
    """The phase difference in (0, pi) at which Delta vanishes."""
    low, high = np.zeros(len(d["alpha"])), np.full(len(d["alpha"]), np.pi)
    return numerics.bisected(lambda x: 0.5 - (minimum(d, x)[0] > 0), low, high, 30)


def _followed(d: Draw) -> Numbers:
    """The current after theta has grown by 2 pi, the valley of Delta kept all the way."""
    angle = minimum(d, d["theta"])[1]

    def energy(x: Numbers) -> Numbers:
        return minimum(d, d["theta"] + 2 * np.pi + x, start=angle)[2]

    return 2 * numerics.derivative(energy, 0.0)


ROUTE = "brute minimisation over complex Delta (grid, then halving) of energies from diagonalised 2x2 matrices"

SECTION = Section(
    title="Single particles between two superconductors",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    printed=printed,
    equations=(
        Equation(
            "27",
            "the phase energy at any Delta; where its two minima are",
            ROUTE,
            ("phase_energy", "minima", "slope"),
            "Right with equal leads; at odd multiples of pi all phases are degenerate. beta is 0 if the spin along the "
            "dot's polarisation is conserved: it takes spin-orbit coupling or a non-collinear field.",
            CONDITION,
            1e-8,
        ),
        Equation("28", "the lowest phase energy", ROUTE, ("lowest_phase_energy",), "Right.", tolerance=1e-9),
        Equation("29", "xi0(theta), and the energy", ROUTE, ("stiffness", "energy"), "Right.", tolerance=1e-9),
        Equation(
            "30",
            "the current, cold and warm, and beyond xi0",
            f"{ROUTE}; differences in theta of sixth order",
            ("current", "far_current", "warm_current", "warm_free_energy"),
            "Right while |xi| < xi0(theta); beyond there is no order and no current, and the printed form fails.",
            CONDITION,
            1e-8,
        ),
        Equation(
            "31",
            "the step of the current at pi, and where the order vanishes before it",
            f"{ROUTE}; the current extrapolated to pi from both sides",
            ("step", "middle_step", "vanishing"),
            "Right in size; as theta grows the current falls. The step exists only for |xi| < 1/alpha; otherwise the "
            "order vanishes at 2 arccos[(alpha - 1/|xi|)/|beta|] and the printed form fails.",
            CONDITION,
            1e-6,
        ),
        Equation(
            "after (31)",
            "the step of the current at 2 pi",
            "the current extrapolated to 2 pi from both sides",
            ("step_at_two_pi",),
            "Misprint: breaks are at odd multiples of pi only (text: all multiples).",
            MISPRINT,
            1e-6,
        ),
        Equation(
            "4 pi period",
            "the current one turn later on the branch that is followed",
            "the phase of Delta kept while theta grows by 2 pi; differences in theta",
            ("continued", "continued_slope"),
            "Right if |xi| < 1/(alpha + |beta|): otherwise the order vanishes on the way.",
            CONDITION,
            1e-8,
        ),
        Equation(
            "unequal leads",
            "the current, and its step at pi",
            f"{ROUTE}; differences in theta; limits from both sides",
            ("unequal_current", "unequal_step"),
            "The symmetry of left and right is essential: unequal leads round the break off.",
            CONDITION,
            1e-6,
        ),
    ),
)
