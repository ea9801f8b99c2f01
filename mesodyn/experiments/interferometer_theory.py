r"""Closed formulas for left and right counts after a quarter pulse: what the simulation is checked against (6.4).

One shared step is a vector (x, y, z): :math:`x+iy=2\langle\Psi_A^\dagger\Psi_B\rangle`, z the imbalance between the
traps. All arguments are numbers or arrays over points. Nothing here enters a simulation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics import unitary

if TYPE_CHECKING:
    from mesodyn.experiments.rotation_theory import Expected

Vector = tuple[Any, Any, Any]

APART = 0.05
"""The smallest singular value of the three waves at which a fringe is fitted."""
WEAK, STRONG = 0.1, 0.01
"""A pulse is weak below this ratio of link to field, and blind to spin below this phase of the field meanwhile."""


def bloch(
    vector: Vector,
    tunnelling: Any,
    detuning: Any,
    time: Any,
    *,
    dephasing: Any = 0.0,
    rate: Any = 0.0,
    temperature: Any = 0.0,
) -> Vector:
    r"""The vector of one shared step after some time with the link on: the linear equations of two levels.

    .. math:: \dot x = -\delta y - \gamma x,\quad \dot y = \delta x + 2Jz - \gamma y,\quad \dot z = -2Jy

    A bath adds the rate to what is along :math:`n=(J, 0, -\delta/2)/\epsilon`, towards :math:`\tanh(\epsilon/kT)`, and
    half of it to what is across.
    """
    x, y, z, j, lean, time, damping, rate, cold = np.broadcast_arrays(
        *vector, tunnelling, detuning, time, dephasing, rate, temperature
    )
    energy = np.hypot(j, lean / 2)
    along = np.stack([j, 0 * j, -lean / 2], axis=-1) / np.where(energy > 0, energy, 1.0)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.where(cold > 0, np.tanh(energy / np.where(cold > 0, cold, 1.0)), 1.0 * (energy > 0))
    generator = np.zeros((*x.shape, 4, 4))
    for row, column, value in ((0, 1, -lean), (1, 0, lean), (1, 2, 2 * j), (2, 1, -2 * j)):
        generator[..., row, column] = value
    across = np.eye(3) - along[..., :, None] * along[..., None, :]
    generator[..., :3, :3] -= rate[..., None, None] * (np.eye(3) - 0.5 * across)
    generator[..., 0, 0] -= damping
    generator[..., 1, 1] -= damping
    generator[..., :3, 3] = (rate * order)[..., None] * along
    start = np.stack([x, y, z, np.ones_like(x)], axis=-1)
    end = unitary.expm(generator * time[..., None, None]) @ start[..., None]
    return end[..., 0, 0], end[..., 1, 0], end[..., 2, 0]


def pulse_in_field(tunnelling: Any, zeeman: Any, near: Any, time: Any) -> Any:
    r"""How a pulse acts on spins one half whose fields stand at an angle: exact.

    Returns q; the imbalance z becomes :math:`z\,\mathrm{Re}\,q-y\,\mathrm{Im}\,q` (y without the spins' overlap).
    `near` is the cosine of half that angle. With the frame between the two fields, :math:`H=-J\tau_x-\tfrac12E_Z
    (\cos\sigma_z+\sin\tau_z\sigma_x)` keeps :math:`\tau_x\sigma_z`, so that it is two problems of two levels.
    """
    across = np.sqrt(np.clip(1 - near**2, 0, 1))
    cosine, sine = np.sqrt((1 + near) / 2), np.sqrt((1 - near) / 2)

    def turned(along: Any, first: Any, second: Any) -> tuple[Any, Any]:
        """Two levels after ``exp(+i t (along sigma_z + side sigma_x))``."""
        side = 0.5 * zeeman * across
        rate = np.hypot(along, side)
        c, s = np.cos(rate * time), 1j * np.sin(rate * time) / np.where(rate > 0, rate, 1.0)
        return (c + s * along) * first + s * side * second, s * side * first + (c - s * along) * second

    even = turned(tunnelling + 0.5 * zeeman * near, cosine, sine)
    odd = turned(tunnelling - 0.5 * zeeman * near, sine, cosine)
    return np.conj(odd[0]) * even[1] + np.conj(odd[1]) * even[0]


class Counts:
    """What theory says about the counts; nan where no formula is valid.

    Attributes
    ----------
    left, left_error
        Probability of the left trap among the runs that are kept, and the bound of what it neglects.
    kept
        Share of the runs with exactly one shared step.
    """

    def __init__(self, expected: Expected) -> None:
        self.e, self.v = expected, expected.v
        v = self.v
        self.quarter = np.pi / 4 / abs(v["pulse_tunnelling"])
        with np.errstate(all="ignore"):
            length = v["preparation_time"] + v["rotation_time"] + v["bias_time"] + self.quarter
            left_over = np.exp(-v["loss"] * length)
            whole = expected.shared * left_over
            spilt = 0.0 if expected.conserving else 2 * v["weight"] ** 2 * left_over * (1 - left_over)
            self.kept = np.where(expected.spoiled, np.nan, whole + spilt)
            coherent = whole / np.where(self.kept > 0, self.kept, np.nan)
            imbalance, error = self._imbalance()
            self.left = 0.5 + 0.5 * coherent * imbalance
            lost = expected.spilled * left_over / np.where(self.kept > 0, self.kept, np.nan)
            self.left_error = 0.5 * coherent * error + lost

    def _imbalance(self) -> tuple[Any, Any]:
        """The imbalance of what was shared from the start, after rotation, bias and pulse."""
        e, v = self.e, self.v
        damping = v["dephasing"] * e.step**2
        x, y, z = e.vector
        phase = v["bias_phase"] + v["detuning"] * v["bias_time"]
        apart = np.exp(1j * phase - damping * (v["rotation_time"] + v["bias_time"]))
        came = (x + 1j * y) * apart
        # a flipped spin goes on precessing while B is raised, and is seen unless the fields are equal
        across = np.sqrt(np.clip(1 - e.near**2, 0, 1)) * (e.near < 1 - 1e-12)
        flip = (e.half.flip + e.half.flip_error) * (not e.both)
        loose = 4 * e.spin * (across * np.sqrt(flip) + flip * (across > 0))
        error = np.hypot(x, y) * (e.coherence_error + loose) + e.vector_error
        turned = came * e.coherence
        blind = self._blind((turned.real, turned.imag, z), damping)
        if not e.spin or e.both or v["pulse_field"] == "off":
            return blind, error
        crossed, spread = self._crossed(came, z, damping)
        home = e.near > 1 - 1e-12
        return np.where(home, blind, crossed), np.where(home, error, spread + 2 * loose + e.vector_error)

    def _crossed(self, came: Any, z: Any, damping: Any) -> tuple[Any, Any]:
        """A pulse on fields that stand at an angle, and the bound of what is neglected."""
        e, v = self.e, self.v
        field = v["pulse_tunnelling"], v["zeeman"], e.near
        seen, neglected = self._seen(*field) if e.spin == 0.5 else self._limits(*field, e.spin)
        unit = e.coherence / np.where(abs(e.coherence) > 0, abs(e.coherence), 1.0)
        found = z * seen.real - np.imag(came * unit) * seen.imag
        vague = e.coherence_error / np.where(e.near > 0, e.near, 1.0) ** round(2 * e.spin)
        spread = (abs(came) + abs(z)) * neglected + abs(came) * abs(seen.imag) * np.minimum(vague, 2.0)
        tilted = np.where(v["connected_detuning"] == 0, 0.0, np.nan)
        return found, spread + damping * self.quarter + tilted + 2 * e.outside

    def _blind(self, vector: Vector, damping: Any) -> Any:
        """A pulse that does not see the spin."""
        v = self.v
        return bloch(vector, v["pulse_tunnelling"], v["connected_detuning"], self.quarter, dephasing=damping)[2]

    def _seen(self, tunnelling: Any, zeeman: Any, near: Any) -> tuple[Any, Any]:
        """Spin one half: exact."""
        return pulse_in_field(tunnelling, zeeman, near, self.quarter), 0.0

    def _limits(self, tunnelling: Any, zeeman: Any, near: Any, spin: float) -> tuple[Any, Any]:
        """Any spin: a weak pulse's link is J_p c, a strong one is blind; between them nothing."""
        sign, close, size = np.sign(tunnelling), near ** round(2 * spin), round(2 * spin)
        ratio = abs(tunnelling) / np.where(zeeman > 0, zeeman, 1e-300)
        phase = size * zeeman * self.quarter
        weak, strong = ratio * size < WEAK, phase < STRONG
        found = np.where(weak, np.exp(0.5j * np.pi * sign * close), 1j * sign * close)
        neglected = np.where(weak, 4 * (size * ratio) ** 2, np.where(strong, 2 * phase, np.nan))
        return found, neglected


def resolved(phases: Any) -> bool:
    """Whether bias phases (n,) are different enough, modulo a turn, for a fringe to be fitted."""
    return bool(np.linalg.matrix_rank(_waves(phases), tol=APART) == 3)


def fringe(phases: Any, probabilities: Any) -> tuple[Any, Any]:
    r"""Contrast and offset of :math:`P=\tfrac12[a-C\sin(\beta+\chi)]` by least squares over the last dim of P.

    `phases` are the bias phases (n,), which are `resolved`. The offset is in :math:`[0, 2\pi)`.
    """
    weights = np.linalg.pinv(_waves(phases))[1:]
    sine, cosine = (probabilities * row for row in weights)
    wave = -2 * (sine.sum(axis=-1) + 1j * cosine.sum(axis=-1))
    return np.abs(wave), np.angle(wave) % (2 * np.pi)


def _waves(phases: Any) -> Any:
    """A constant, a sine and a cosine (n, 3)."""
    return np.stack([np.ones_like(phases), np.sin(phases), np.cos(phases)], axis=-1)
