"""One run of the Bose junction: a ket, a density matrix or a mean field, taken through time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.flow import flow
from mesodyn.dynamics.protocol import Hold, Protocol
from mesodyn.dynamics.tridiagonal import Spectrum
from mesodyn.systems.bose_junction import BoseJunction, coherent, smeared
from mesodyn.systems.bose_mean_field import Field, on_sphere

Array = NDArray[Any]
Record = dict[str, Array]
"""What is measured, by name: (moments,) or (moments, runs)."""

STRETCH = 0.1
"""Longest stretch between two kicks of the noise, times the plasma frequency."""
DENSE = 20
"""Up to this many particles the master equation is solved by its whole Liouvillian of (N + 1)**2 rows."""
MEASURED = ("z", "z_squared", "coherence", "energy", "norm")


@dataclass(frozen=True)
class Point:
    """Everything that one point needs; see the experiment's parameters."""

    model: str
    account: str
    particles: int
    tunnelling: float
    interaction: float
    detuning: float
    imbalance: float
    phase: float
    temperature: float
    dephasing: float
    damping: float
    phase_damping: float
    trajectories: int
    times: Array
    seed: int = 0
    index: int = 0
    method: str = "auto"
    tolerance: float = 1e-9

    @property
    def sharpness(self) -> float:
        """How sharp the phase is at the start: E_J/kT, inf for one phase, 0 for any."""
        if self.account == "mixture":
            return 0.0
        across = self.particles * self.tunnelling * np.sqrt(1 - self.imbalance**2)
        return across / self.temperature if self.temperature > 0 else np.inf

    @property
    def strength(self) -> float:
        """Lambda."""
        return self.interaction * (self.particles - 1) / (2 * self.tunnelling)

    @property
    def plasma(self) -> float:
        """``2J sqrt(1 + |Lambda|)``: no small motion is much faster."""
        return float(2 * self.tunnelling * np.sqrt(1 + abs(self.strength)))

    @cached_property
    def kicks(self) -> int:
        """How many kicks stand between two moments."""
        return max(1, int(np.ceil((self.times[1] - self.times[0]) * self.plasma / STRETCH)))


# -- kets ------------------------------------------------------------------------------------------------------------


def pure(point: Point) -> Record:
    """A run with one total and one phase."""
    return ket_measured(point, ket_record(point))


def ket_record(point: Point) -> Array:
    """The ket (moments, N + 1) of one run."""
    ket = coherent(point.particles, point.imbalance, point.phase)
    diagonal, beside = _hamiltonian(point)
    if point.method == "auto":
        return Spectrum(diagonal, beside).moved(ket, point.times)
    middle = diagonal - diagonal.mean()

    def slope(_: float, state: Array) -> Array:
        found = middle * state
        found[1:] += beside * state[:-1]
        found[:-1] += beside * state[1:]
        return -1j * found

    return flow(slope, ket, point.times, tolerance=0.1 * point.tolerance, method="explicit")


def _hamiltonian(point: Point) -> tuple[Array, Array]:
    """Diagonal and the elements beside it, in the sector of N."""
    if point.particles == 0:
        return np.zeros(1), np.zeros(0)
    terms = _junction(point).diagonals
    diagonal = point.interaction * terms["interaction"][1] + point.detuning * terms["imbalance"][1]
    return diagonal, point.tunnelling * terms["link"][1]


def _junction(point: Point) -> BoseJunction:
    names = ("tunnelling", "interaction", "detuning", "imbalance", "phase")
    return BoseJunction(particles=point.particles, **{name: getattr(point, name) for name in names})


def _operators(point: Point) -> tuple[Array, Array]:
    """The imbalance of each state |n_a>, and the elements <n_a + 1|2 a^dagger b/N|n_a>."""
    n, count = np.arange(point.particles + 1), max(1, point.particles)
    return (2 * n - point.particles) / count, np.sqrt((n[:-1] + 1.0) * (point.particles - n[:-1])) * 2 / count


def ket_measured(point: Point, kets: Array) -> Record:
    """What is measured on kets (..., N + 1)."""
    z, hop = _operators(point)
    weights = kets.real**2 + kets.imag**2
    found = {
        "z": weights @ z,
        "z_squared": weights @ z**2,
        "coherence": (kets[..., 1:].conj() * kets[..., :-1] * hop).sum(axis=-1),
        "norm": weights.sum(axis=-1),
    }
    return _with_energy(point, point.particles, found)


def _with_energy(point: Point, totals: Any, found: Record) -> Record:
    """The energy, which follows from the imbalance, its square and the coherence."""
    interaction = 0.25 * point.interaction * (totals**2 * (found["norm"] + found["z_squared"]) - 2 * totals)
    linear = totals * (0.5 * point.detuning * found["z"] - point.tunnelling * found["coherence"].real)
    coherence_run = {"coherence_run": np.abs(found["coherence"])}
    return found | coherence_run | {"energy": interaction + linear}


def averaged(point: Point) -> Record:
    """A density matrix: the phase at the start averaged over its distribution."""
    z, hop = _operators(point)
    state = smeared(point.particles, point.imbalance, point.phase, point.sharpness)
    spectrum = Spectrum(*_hamiltonian(point))
    operators = {"z": np.diag(z), "z_squared": np.diag(z**2), "coherence": np.diag(hop, -1)}
    means = spectrum.means(state, operators, point.times)
    found: Record = {name: value.real for name, value in means.items()} | {"coherence": means["coherence"]}
    return _with_energy(point, point.particles, found | {"norm": np.full(len(point.times), np.trace(state).real)})


def master(point: Point) -> Record:
    """The Lindblad equation of dephasing, by `mesodyn.evolve`; it knows no single runs."""
    if point.particles == 0:
        return pure(point)
    junction = _junction(point)
    fractions = (point.times[1:] / point.times[-1]).tolist()
    record = evolve(
        junction,
        Protocol(Hold(duration=float(point.times[-1]))),
        initial=junction.smeared(point.sharpness),
        bath=Bath(dephasing=point.dephasing),
        moments=fractions,
        method=master_method(point),
    )
    found: Record = {name: record[name].values for name in MEASURED}
    found["coherence"] = 2 * found["coherence"] / point.particles
    return found | {"coherence_run": np.full(len(point.times), np.nan)}


def master_method(point: Point) -> str:
    """The whole Liouvillian while it is small, else integration with a sparse one."""
    return "auto" if point.method == "auto" and point.particles <= DENSE else "ode"


# -- mean fields -----------------------------------------------------------------------------------------------------


def field_flow(point: Point, totals: Array, phases: Array, times: Array) -> Array:
    """The points on the sphere (moments, 3, runs)."""
    start = on_sphere(point.imbalance, phases).T
    return _field_moved(point, totals, start, times)


def _field_moved(point: Point, totals: Array, start: Array, times: Array) -> Array:
    method = "auto" if point.method == "auto" else "implicit"
    scaled, tolerance = 2 * point.tunnelling * times, 0.02 * point.tolerance
    found = flow(_field(point, totals).slope, start.ravel(), scaled, tolerance=tolerance, method=method)
    return found.reshape(len(times), 3, -1)


def _field(point: Point, totals: Array) -> Field:
    scale = 2 * point.tunnelling
    strength = point.interaction * (totals - 1) / scale
    return Field(strength, point.detuning / scale, point.damping, point.phase_damping)


def field_measured(point: Point, totals: Array, states: Array) -> Record:
    """What is measured on points (moments, 3, runs): that of product states, but for the fluctuations of z."""
    x, y, z = states.swapaxes(0, 1)
    found = {"z": z, "z_squared": z**2, "coherence": x - 1j * y, "norm": np.sqrt(x * x + y * y + z * z)}
    constant = 0.25 * point.interaction * totals * (totals - 1)
    energy = totals * point.tunnelling * _field(point, totals).energy(states.swapaxes(1, 2)) + constant
    return found | {"coherence_run": np.abs(found["coherence"]), "energy": energy}


# -- noise -----------------------------------------------------------------------------------------------------------


def quantum_kicked(point: Point, phases: Array, angles: Array) -> Iterator[Record]:
    """Moment by moment what is measured on kets with kicks: angles (moments - 1, kicks, runs)."""
    spectrum = Spectrum(*_hamiltonian(point))
    kets = coherent(point.particles, np.full(len(phases), point.imbalance), phases)
    yield ket_measured(point, kets)
    if not point.dephasing:
        for time in point.times[1:]:
            yield ket_measured(point, spectrum.step(kets, float(time)))
        return
    half: Array = np.arange(point.particles + 1) - 0.5 * point.particles
    for moved in spectrum.kicked(kets, half, angles, (point.times[1] - point.times[0]) / point.kicks):
        yield ket_measured(point, moved)


def field_kicked(point: Point, totals: Array, phases: Array, angles: Array) -> Array:
    """The points (moments, 3, runs) with kicks."""
    if not point.dephasing:
        return field_flow(point, totals, phases, point.times)
    state = on_sphere(point.imbalance, phases).T
    width, found = (point.times[1] - point.times[0]) / point.kicks, [state]

    def free(here: Array, time: float) -> Array:
        return np.asarray(_field_moved(point, totals, here, np.array([0.0, time]))[-1])

    for moment in angles:
        for k, kick in enumerate(moment):
            x, y, z = free(state, width / 2 if k == 0 else width)
            turned = (x + 1j * y) * np.exp(-1j * kick)
            state = np.stack([turned.real, turned.imag, z])
        state = free(state, width / 2)
        found.append(state)
    return np.stack(found)
