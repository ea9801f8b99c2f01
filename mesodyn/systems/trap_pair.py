"""Two traps that share one extra particle, pair or boson through a switchable link (PHYSICS 3c, DEFINITIONS 6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix, NumberSpace, Site
from mesodyn.systems.base import Setting, System, Values, flat_values, matrices, stack, thermal

if TYPE_CHECKING:
    import xarray

KINDS = {
    "fermion": "N_c and N_c + 1 fermions; the odd one of the two has the spin",
    "pair": "N_c and N_c + 2 fermions, linked by an effective pair hopping; an odd N_c leaves a spin in both",
    "boson": "N_c and N_c + 1 bosons; the extra one has the (integer) spin",
}


@dataclass(frozen=True, kw_only=True)
class TrapPair(System):
    r"""Two identical traps A and B, each with exactly two charge states.

    .. math:: H = -J \sum_m (\Psi^\dagger_{Am}\Psi_{Bm} + h.c.) - \omega_L \sum_X \hat n_X\cdot S_X
              + \tfrac12 \delta\,(N_A - N_B)/k

    with k particles per step; :math:`\delta` is `connected_detuning` while the link is on and `detuning` while it is
    off (PHYSICS 3c). There is no double occupancy: the link acts only when one trap holds the extra step and the other
    does not. The rotation axis is z; the field lies in the x-z plane at `field_angle` from it until a trap is turned.

    Parameters
    ----------
    kind
        ``"fermion"``, ``"pair"`` or ``"boson"``.
    n_c
        The smaller number of particles of a trap.
    spin
        Spin of the odd trap (fermions: 1/2, 3/2, ...), of the extra boson (0 or 1), unused for pairs on an even core.
    tunnelling
        J, real, of any sign. With the phases of the two traps equal, J > 0 binds.
    zeeman
        :math:`\omega_L \ge 0`, the splitting of adjacent spin levels.
    field_angle
        Angle between the field and the rotation axis [rad].
    detuning, connected_detuning
        Energy of 'extra step in A' minus 'in B', disconnected and connected.
    temperature
        k_B T of the thermal state of the ``conserving`` account.
    weight
        v**2, the weight of the larger number in each trap (``superposition`` and ``mixture``).
    phases
        :math:`(\varphi_A, \varphi_B)` of the ``superposition`` account [rad].
    inertia_change
        Change of the orbital cranking moment of inertia by the extra step, times 1/hbar.
    level_spacing
        Spacing of a trap's levels, > 0; then `equilibrium` reports ``frozen``.

    Raises
    ------
    InputError
        For a value out of range, a spin that does not fit the kind, or complex where real is needed.

    Examples
    --------
    >>> import mesodyn as md
    >>> pair = md.TrapPair(tunnelling=1.0, zeeman=60.0)
    >>> pair.hamiltonian(sector=1).shape
    (4, 4)
    >>> float(pair.equilibrium().energy)
    -31.0
    """

    kind: str = "fermion"
    n_c: int = 0
    spin: float | None = None
    tunnelling: Any = 1.0
    zeeman: Any = 60.0
    field_angle: Any = np.pi / 2
    detuning: Any = 0.0
    connected_detuning: Any = 0.0
    temperature: Any = 0.0
    weight: Any = 0.5
    phases: tuple[Any, Any] = (0.0, 0.0)
    inertia_change: Any = 0.0
    level_spacing: Any = None

    broadcasting = (
        *("tunnelling", "zeeman", "field_angle", "detuning", "connected_detuning", "temperature", "weight"),
        *("phase_A", "phase_B", "inertia_change", "level_spacing"),
    )
    turning_sites = ("A", "B")
    preparing = ("temperature", "weight", "phase_A", "phase_B", "level_spacing")

    def __post_init__(self) -> None:
        checks.choice("kind", self.kind, KINDS)
        checks.whole("n_c", self.n_c)
        if not isinstance(self.phases, (tuple, list)) or len(self.phases) != 2:
            raise InputError("phases", "two angles, (phase of A, phase of B)", self.phases)
        for name in ("tunnelling", "field_angle", "detuning", "connected_detuning", "inertia_change"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name)))
        for name in ("zeeman", "temperature"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name), low=0))
        object.__setattr__(self, "weight", checks.number("weight", self.weight, low=0, high=1))
        if self.level_spacing is not None:
            object.__setattr__(self, "level_spacing", checks.number("level_spacing", self.level_spacing, above=0))
        object.__setattr__(self, "phases", tuple(checks.number("phases", value) for value in self.phases))
        self._check_spin()

    def _check_spin(self) -> None:
        spin = {"fermion": 0.5, "pair": 0.5, "boson": 0.0}[self.kind] if self.spin is None else self.spin
        if self.kind == "boson":
            checks.whole("spin", spin, high=1)
        else:
            if np.ndim(spin):
                raise InputError("spin", "a single value", Shown("an axis"), "compare several runs instead")
            checks.number("spin", spin, low=0.5, high=9.5)
            if round(2 * spin) != 2 * spin or round(2 * spin) % 2 == 0:
                raise InputError("spin", f"half-integer (1/2, 3/2, ...) for kind={self.kind!r}", self.spin)
        object.__setattr__(self, "spin", float(spin))

    @property
    def phase_A(self) -> Any:
        """The phase of trap A."""
        return self.phases[0]

    @property
    def phase_B(self) -> Any:
        """The phase of trap B."""
        return self.phases[1]

    @property
    def step(self) -> int:
        """1, or 2 for pairs."""
        return 2 if self.kind == "pair" else 1

    @property
    def shared_total(self) -> int:
        """The total number at which one step is shared by the traps: 2 N_c + step."""
        return 2 * self.n_c + self.step

    @property
    def site(self) -> Site:
        """One of the two (equal) traps."""
        assert self.spin is not None
        odd = self.n_c % 2 == 1
        spins = {
            "fermion": (self.spin, 0.0) if odd else (0.0, self.spin),
            "pair": (self.spin, self.spin) if odd else (0.0, 0.0),
            "boson": (0.0, self.spin),
        }[self.kind]
        return Site("A", self.n_c, self.step, spins, fermionic=self.kind != "boson")

    @cached_property
    def space(self) -> NumberSpace:
        """Trap A on the left of trap B."""
        site = self.site
        return NumberSpace((site, Site("B", site.n_c, site.step, site.spins, site.fermionic)))

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """``link``, ``imbalance``, ``inertia.X`` and, with spin, ``X.x``, ``X.y``, ``X.z`` of both traps."""
        space = self.space
        hop = space.correlation("A", "B")
        found = {"link": -(hop + hop.dag()), "imbalance": 0.5 * (space.extra("A") - space.extra("B"))}
        for trap in self.turning_sites:
            found[f"inertia.{trap}"] = space.extra(trap)
            if self.site.spinful:
                found.update({f"{trap}.{axis}": s for axis, s in zip("xyz", space.spin(trap), strict=True)})
        return found

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`."""
        link = setting.link
        found = {"imbalance": (1 - link) * values["detuning"] + link * values["connected_detuning"]}
        if not setting.disconnected:
            found["link"] = link * values["tunnelling"]
        if self.site.spinful:
            across = -values["zeeman"] * np.sin(values["field_angle"])
            along = -values["zeeman"] * np.cos(values["field_angle"])
            for trap in self.turning_sites:
                angle = setting.angles.get(trap)
                found[f"{trap}.x"] = across if angle is None else across * np.cos(angle)
                found[f"{trap}.z"] = along
                if angle is not None:
                    found[f"{trap}.y"] = across * np.sin(angle)
        return found

    def turning(self, site: str, values: Values, rate: Any) -> dict[str, Any]:
        """The orbital cranking energy ``-I rate**2 / 2`` of the extra step (PHYSICS 3c)."""
        if np.ndim(self.inertia_change) == 0 and self.inertia_change == 0:
            return {}
        return {f"inertia.{site}": -0.5 * values["inertia_change"] * rate**2}

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """See `System.observables`."""
        space = self.space
        shared = np.diag((space.totals == self.shared_total).astype(complex))
        found: dict[str, qutip.Qobj | Sequence[qutip.Qobj]] = {
            "n_A": space.number("A"),
            "n_B": space.number("B"),
            "imbalance": space.number("A") - space.number("B"),
            "coherence": space.correlation("A", "B"),
            "shared": qutip.Qobj(shared, dims=space.number("A").dims),
        }
        if self.site.spinful:
            found["spin_A"], found["spin_B"] = space.spin("A"), space.spin("B")
            occupied = np.diag([complex(self.site.spins[extra] > 0) for extra, _ in self.site.levels])
            found["spinful_A"], found["spinful_B"] = space.operator("A", occupied), space.operator("B", occupied)
        return found

    def dephasing(self) -> qutip.Qobj:
        """``(N_A - N_B) / sqrt(2)``."""
        return (self.space.number("A") - self.space.number("B")) / np.sqrt(2)

    def losses(self) -> list[qutip.Qobj]:
        """The field operators of both traps, so normalised that an extra step is lost at unit rate."""
        share = np.sqrt(self.site.spins[0] * 2 + 1 if self.site.spins[1] == 0 else 1)
        return [operator / share for trap in self.turning_sites for operator in self.space.field(trap)]

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The state of an account (DEFINITIONS 6.1).

        ``conserving``: the thermal state (``initial="thermal"``) or the ground state of the connected pair with one
        shared step. ``superposition``: each trap in u |N_c> + v exp(i phase) |N_c + step>, spins along the field.
        ``mixture``: the same without phases.
        """
        if account == "conserving":
            kept = self.space.sector(self.shared_total)
            cold = values["temperature"] if initial == "thermal" else 0.0 * values["temperature"]
            coefficients = self.coefficients(values, Setting())
            return kept, thermal(stack(coefficients, matrices(self.operators, kept)), cold)
        if np.any(values["connected_detuning"] != 0):
            worst = float(np.abs(values["connected_detuning"]).max())
            raise InputError("connected_detuning", f"0 in the {account} account", worst, "use account='conserving'")
        parts = [self._alone(account, values, values[f"phase_{trap}"]) for trap in self.turning_sites]
        product = parts[0][:, :, None, :, None] * parts[1][:, None, :, None, :]
        return np.arange(self.space.size), product.reshape(len(product), self.space.size, self.space.size)

    def _alone(self, account: str, values: Values, phase: NDArray[np.float64]) -> Matrix:
        """The density matrix (points, n, n) of one trap by itself."""
        spins = self.site.spins
        stretched = [_stretched(spin, values["field_angle"]) for spin in spins]
        low = np.sqrt(1 - values["weight"])[:, None] * stretched[0]
        high = (np.sqrt(values["weight"]) * np.exp(1j * phase))[:, None] * stretched[1]
        nothing = [np.zeros_like(part) for part in (low, high)]
        kets = [np.concatenate([low, high], axis=1)]
        if account == "mixture":
            kets = [np.concatenate([low, nothing[1]], axis=1), np.concatenate([nothing[0], high], axis=1)]
        return np.asarray(sum(ket[:, :, None] * ket[:, None, :].conj() for ket in kets))

    def equilibrium(self) -> xarray.Dataset:
        r"""Thermal equilibrium of the connected pair with one shared step (total 2 N_c + step).

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``, ``imbalance`` (N_A - N_B) and ``coherence``
            (:math:`\langle\Psi_A^\dagger\Psi_B\rangle`), in the units of the parameters; with a `level_spacing`
            ``frozen``, kT over it.
        """
        import xarray

        grid = axes.broadcast_axes(self.values())
        values = flat_values(self, grid)
        kept, state = self.prepare("conserving", "thermal", values)
        hamiltonian = stack(self.coefficients(values, Setting()), matrices(self.operators, kept))
        found = {"energy": np.einsum("pij,pji->p", state, hamiltonian).real}
        observed = matrices({k: v for k, v in self.observables().items() if isinstance(v, qutip.Qobj)}, kept)
        found["imbalance"] = np.einsum("pij,ji->p", state, observed["imbalance"]).real
        found["coherence"] = np.einsum("pij,ji->p", state, observed["coherence"])
        if self.level_spacing is not None:
            found["frozen"] = values["temperature"] / values["level_spacing"]
        units = {"energy": "energy"} | dict.fromkeys(("imbalance", "coherence", "frozen"), "1")
        return xarray.Dataset(
            {k: (tuple(grid), axes.unflatten(v, grid), {"units": units[k]}) for k, v in found.items()}, dict(grid)
        )


def _stretched(spin: float, angle: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The spin state along a field in the x-z plane at `angle` from z, as amplitudes (points, 2 spin + 1)."""
    size = round(2 * spin)
    columns = [
        np.sqrt(comb(size, k)) * np.cos(angle / 2) ** (size - k) * np.sin(angle / 2) ** k for k in range(size + 1)
    ]
    return np.stack(columns, axis=1).astype(complex)
