r"""Closed formulas for two traps of which one is turned: what the simulation is checked against (PHYSICS 3c).

All arguments are numbers or arrays over points; all results broadcast. Nothing here enters a simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.interferometer_theory import bloch

if TYPE_CHECKING:
    from mesodyn.systems.trap_pair import TrapPair

NODES = 512
"""Nodes of the mean over a smooth ramp: its integrands are periodic, so this converges faster than any power."""


@dataclass(frozen=True)
class SpinHalf:
    r"""What becomes of one spin one half whose field is turned, beside one that is not.

    Attributes
    ----------
    overlap
        :math:`\langle s_A|s_B\rangle`, complex.
    flip
        Probability that it does not point along its own field.
    phase_error, flip_error
        Bounds of what `overlap` (its phase) and `flip` leave out; 0 where they are exact, nan where not valid.
    """

    overlap: Any
    flip: Any
    phase_error: Any
    flip_error: Any


def uniform(zeeman: Any, angle: Any, turns: Any, time: Any) -> SpinHalf:
    """Exact for a rotation at constant rate, for any angle between field and axis and any number of turns."""
    alpha = 2 * np.pi * turns
    rate = alpha / time
    across, along = zeeman * np.sin(angle), zeeman * np.cos(angle) + rate
    length = np.hypot(across, along)
    safe = _positive(length)
    x = length * time / 2
    aligned = (across * np.sin(angle) + along * np.cos(angle)) / safe
    a, b = np.cos(alpha / 2), np.sin(alpha / 2)
    inner = (
        a * np.cos(x) + b * np.sin(x) * along / safe + 1j * (a * np.sin(x) * aligned - b * np.cos(x) * np.cos(angle))
    )
    flip = (rate * np.sin(angle) / safe * np.sin(x)) ** 2
    exact = np.where(zeeman > 0, 0.0, np.nan)
    return SpinHalf(inner * np.exp(-0.5j * zeeman * time), flip, exact, exact)


def smooth(zeeman: Any, angle: Any, turns: Any, time: Any) -> SpinHalf:
    r"""Adiabatic, for the smooth ramp: the geometric part and the whole dynamic phase :math:`\int(|h|-\omega_L)/2`.

    Left out, and bounded: the turning of the effective field's direction (second order in its rate) and the flips
    that the ends of the ramp leave behind.
    """
    phase, error, kick = _dynamic(zeeman, angle, turns, time)
    half = np.pi * turns
    inner = np.cos(half) - 1j * np.cos(angle) * np.sin(half)
    return SpinHalf(inner * np.exp(1j * phase), 0 * phase, error, kick**2)


def dummy(zeeman: Any, angle: Any, turns: Any, time: Any) -> SpinHalf:
    """Half the angle there and back in the same time, by smooth ramps: the dynamic phase alone (DEFINITIONS 6.5).

    What is odd in the rate cancels with the geometric part.
    """
    there, back = (_dynamic(zeeman, angle, sign * turns / 2, time / 2) for sign in (1, -1))
    phase, error, kick = (a + b for a, b in zip(there, back, strict=True))
    return SpinHalf(np.exp(1j * phase), 0 * phase, error, 1.2 * kick**2)  # the four ends may add up


def _dynamic(zeeman: Any, angle: Any, turns: Any, time: Any) -> tuple[Any, Any, Any]:
    """Of one smooth ramp: the dynamic phase beside that of a field at rest, its error, the amplitude left by the ends.

    The last two are bounds, nan where they are not valid.
    """
    alpha = 2 * np.pi * turns
    zeeman, angle, alpha, time = (np.asarray(part, float)[..., None] for part in (zeeman, angle, alpha, time))
    tau = (np.arange(NODES) + 0.5) / NODES
    rate = alpha / time * (1 - np.cos(2 * np.pi * tau))
    change = alpha / time**2 * 2 * np.pi * np.sin(2 * np.pi * tau)
    length = np.hypot(zeeman * np.sin(angle), zeeman * np.cos(angle) + rate)
    turning = change * zeeman * np.sin(angle) / _positive(length) ** 2
    excess = (length - zeeman).mean(axis=-1)
    drift = (turning**2 / (2 * _positive(length))).mean(axis=-1)
    fastest = (np.abs(turning) / _positive(length)).max(axis=-1)
    zeeman, angle, alpha, time = (part[..., 0] for part in (zeeman, angle, alpha, time))
    kick = abs(alpha) / time**3 * (2 * np.pi) ** 2 * abs(np.sin(angle)) / _positive(zeeman) ** 3
    valid = np.where((fastest < 0.05) & (length.min(axis=-1) > 0.1 * zeeman) & (zeeman > 0), 1.0, np.nan)
    return 0.5 * excess * time, (2 * (drift * time / 2) + kick) * valid, kick * valid


def squared_rate(turns: Any, time: Any, shape: str) -> Any:
    """The integral of the squared rotation rate over the ramp."""
    return (1.0 if shape == "uniform" else 1.5) * (2 * np.pi * turns) ** 2 / time


def binding(tunnelling: Any, detuning: Any, temperature: Any) -> Any:
    """``(J^2/e) tanh(e/kT)``, ``e = sqrt(J^2 + detuning^2/4)``: what equal phases gain."""
    energy = binding_energy(tunnelling, detuning)
    return tunnelling**2 / energy * thermal_factor(energy, temperature)


def binding_energy(tunnelling: Any, detuning: Any) -> Any:
    """Half the splitting of bonding and antibonding state (1 where both arguments are 0)."""
    return _positive(np.hypot(tunnelling, detuning / 2))


def thermal_factor(energy: Any, temperature: Any) -> Any:
    """``tanh(energy / kT)``, 1 at zero temperature."""
    cold = _positive(temperature)
    return np.tanh(energy / cold) * (temperature > 0) + (1.0 - (temperature > 0))


def turned_ground_energy(zeeman: Any, tunnelling: Any, closeness: Any) -> Any:
    """Ground energy of the linked pair, spin one half, whose fields differ (DEFINITIONS 6.2); `closeness` is |c|."""
    return -np.sqrt(zeeman**2 / 4 + tunnelling**2 + zeeman * abs(tunnelling) * closeness)


def closeness(angle: Any, turns: Any) -> Any:
    """Cosine of half the angle between a field and the same field turned about the axis."""
    return np.sqrt(np.clip(1 - (np.sin(angle) * np.sin(np.pi * turns)) ** 2, 0, 1))


def depolarised(spin: float, zeeman: Any, temperature: Any) -> tuple[Any, Any]:
    """Of a spin in its field at kT: the weight outside its stretched state, and the mean number of flips."""
    outside: Any = 0.0
    flips: Any = 0.0
    norm: Any = 1.0
    for k in range(1, round(2 * spin) + 1):
        warm = np.exp(-np.minimum(k * zeeman / _positive(temperature), 700.0)) * (temperature > 0)
        weight = np.where(zeeman > 0, warm, 1.0)
        outside, flips, norm = outside + weight, flips + k * weight, norm + weight
    return outside / norm, flips / norm


def _positive(value: Any) -> Any:
    """The value, with 1 in place of 0 (where the result is not used)."""
    return value + (value == 0) * 1.0


class Expected:
    r"""What theory says for the parameters of a rotation; nan where no formula is valid.

    Attributes
    ----------
    heat, heat_error
        Mean heat released, and the bound of what it neglects.
    phase, phase_error
        Change of the phase of A relative to B [rad].
    flip, flip_error
        Share of B's spin that does not follow its field.
    start, vector, vector_error
        Before and after the preparation, per shared step: twice the real and the imaginary part of
        :math:`\langle\Psi_A^\dagger\Psi_B\rangle`, and the imbalance.
    coherence, coherence_error
        By which the rotation multiplies :math:`\langle\Psi_A^\dagger\Psi_B\rangle`, dephasing left out.
    shared
        Probability of exactly one shared step at the start.
    """

    def __init__(self, values: Any, account: str, system: TrapPair) -> None:
        v = values
        self.v, self.account, self.step = v, account, system.step
        self.conserving = account == "conserving"
        self.spin = system.site.spinful
        self.hole = system.kind == "fermion" and system.n_c % 2 == 1
        self.both = system.kind == "pair" and self.spin > 0
        self.home = v["control"] == "dummy"
        self.spoiled = (self.hole or self.both) & (v["loss"] > 0)
        form = dummy if self.home else uniform if v["ramp"] == "uniform" else smooth
        with np.errstate(all="ignore"):
            self.half = form(v["zeeman"], v["field_angle"], v["turns"], v["rotation_time"])
            self.outside, self.flips = depolarised(self.spin, v["zeeman"], v["temperature"])
            self.near = closeness(v["field_angle"], 0 * v["turns"] if self.home else v["turns"])
            self._prepare()
            self._phase()
            self._heat()

    def _prepare(self) -> None:
        """The state of the shared step when the link is cut."""
        v = self.v
        j, lean, cold = v["tunnelling"], v["connected_detuning"], v["temperature"]
        energy = binding_energy(j, lean)
        settled = thermal_factor(energy, cold) / energy
        if self.conserving:
            x, y, z = j * settled, 0 * j, -lean / 2 * settled
        else:
            first, second = v["phases"]
            coherent = 0.0 if self.account == "mixture" else 1.0
            x, y, z = (coherent * part + 0 * j for part in (np.cos(first - second), -np.sin(first - second), 0.0))
        self.start = (x, y, z)
        self.vector, self.vector_error = self.start, 0.0 * j
        self.shared = 1.0 if self.conserving else 2 * v["weight"] * (1 - v["weight"])
        self.spilled: Any = 0.0
        time = v["preparation_time"]
        if not np.any(time > 0):
            return
        damping = v["dephasing"] * self.step**2
        self.vector = bloch(self.start, j, lean, time, dephasing=damping, rate=v["relaxation_rate"], temperature=cold)
        if self.spin:  # the bath can flip a spin as well, once that takes less than the link gives
            room = np.exp(-np.minimum((v["zeeman"] - 2 * energy) / _positive(cold), 700.0))
            warm = np.where(v["zeeman"] > 2 * energy, room * (cold > 0), np.nan)
            steady = self.conserving & (v["dephasing"] == 0)
            moved = np.where((time > 0) & ~steady, 16 * self.spin * warm, 0.0)
            self.vector_error = np.where(moved < 0.2, moved, np.nan)
        if not self.conserving:
            self.spilled = 2 * v["weight"] ** 2 * (1 - np.exp(-v["loss"] * time))

    def _phase(self) -> None:
        """The coherence relative to its start, its phase, and the flips."""
        v, half = self.v, self.half
        follows = 0 if self.both else round(2 * self.spin)
        spin_part = half.overlap**follows
        drift = v["detuning"] * v["rotation_time"]
        drift = drift + 0.5 * v["inertia_change"] * squared_rate(v["turns"], v["rotation_time"], v["ramp"])
        self.coherence = (np.conj(spin_part) if self.hole else spin_part) * np.exp(1j * drift)
        self.phase = -np.angle(self.coherence)
        rounding = 16 * np.finfo(float).eps * v["zeeman"] * v["rotation_time"]
        self.coherence_error = follows * (half.phase_error + rounding) + 4 * self.outside if follows else 0.0
        unknown = self.hole & (self.spilled > 0)  # what a lost particle leaves behind has any spin
        self.coherence_error = np.where(unknown, np.nan, self.coherence_error)
        self.phase_error = self.coherence_error / np.maximum(abs(self.coherence), 1e-12)
        self.flip = np.where(self.hole & (v["loss"] > 0), np.nan, half.flip)
        self.flip_error = half.flip_error + 2 * self.outside + self.vector_error

    def _heat(self) -> None:
        """The mean heat (PHYSICS 3c with everything; DEFINITIONS 6.2 for turns that are not whole)."""
        v, j, cold = self.v, self.v["tunnelling"], self.v["temperature"]
        kept = np.exp(-v["loss"] * (v["preparation_time"] + v["rotation_time"]))
        level = binding(j, v["connected_detuning"], cold)
        gain = level + self._misaligned(level)
        damping = np.exp(-v["dephasing"] * self.step**2 * v["rotation_time"])
        x, y, z = self.vector
        leaned = 0.5 * v["connected_detuning"] * (z - self.start[2])
        found = self.shared * kept * (gain + leaned - j * damping * np.real((x + 1j * y) * self.coherence))
        size = self.shared * abs(j)
        self.heat_error = size * (np.hypot(x, y) * self.coherence_error + self.vector_error)
        self.heat_error = self.heat_error + 2 * abs(j) * kept * self.spilled
        if not self.conserving:
            found = found + 2 * v["weight"] ** 2 * kept * (1 - kept) * gain
        found, spins = found + self._spin_heat(kept), round(2 * self.spin)
        heavy = v["zeeman"] * spins * (2 * self.half.flip + self.flips + self.vector_error)
        self.heat_error = self.heat_error + 4 * self.outside * (abs(j) + heavy) + v["zeeman"] * spins * self.flip_error
        self.heat_error = self.heat_error + self._warmed()
        self.heat = np.where(self.spoiled, np.nan, found)

    def _spin_heat(self, kept: Any) -> Any:
        """Heat from spins that left the ground state of their field, by flips or (a pure start) by being too cold."""
        if not self.spin:
            return 0.0
        v = self.v
        in_b, spins = self._spins()
        size = v["zeeman"] * round(2 * self.spin)
        pure = 0.0 if self.conserving else v["zeeman"] * self.flips * spins * kept
        return size * self.half.flip * in_b * kept - pure

    def _spins(self) -> tuple[Any, Any]:
        """How many spins are in B when it is turned, and how many in both traps."""
        if self.both:
            return 1.0, 2.0
        mean = 0.5 if self.conserving else 1 - self.v["weight"] if self.hole else self.v["weight"]
        lean = 0.5 * self.shared * self.vector[2]
        return mean + (lean if self.hole else -lean), 2 * mean

    def _warmed(self) -> Any:
        """What the bath of a preparation may have given to spins that a pure start holds to be cold."""
        if self.conserving or not self.spin:
            return 0.0
        return np.where(self.v["preparation_time"] > 0, self.v["zeeman"] * self.flips * self._spins()[1], 0.0)

    def _misaligned(self, level: Any) -> Any:
        """What a field that stays turned takes from the binding; nan where that has no closed form."""
        v = self.v
        if not self.spin or self.both or self.home:
            return 0.0
        turned = abs(v["turns"] - np.round(v["turns"])) > 1e-12
        ground = -turned_ground_energy(v["zeeman"], v["tunnelling"], self.near) - v["zeeman"] / 2
        simple = (self.spin == 0.5) & (v["temperature"] == 0) & (v["connected_detuning"] == 0)
        change = ground - level
        return np.where(turned, np.where(simple, change, np.nan), 0.0)
