"""Traps linked to a ring that a flux goes through: persistent currents at a fixed number (DEFINITIONS 6.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, diags_array
from threadpoolctl import ThreadpoolController

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import Setting, System, Values, boltzmann, flat_values, quadratures, strengths
from mesodyn.systems.lanczos import lowest
from mesodyn.systems.ring_space import RingSpace

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

KINDS = {
    "fermion": "N_c or N_c + 1 fermions in a trap",
    "boson": "N_c or N_c + 1 bosons in a trap: hard-core bosons",
    "pair": "N_c or N_c + 2 fermions in a trap, linked by an effective pair hopping",
}
DENSE = 256
"""Up to this many states the Hamiltonian is diagonalised as a plain matrix."""
LARGEST_WARM = 2000
"""The most states for which all levels are found, as a temperature needs them."""
LANCZOS = 40
"""How many vectors the Lanczos method holds."""
MEMORY = 8e9
"""Bytes above which a ring is refused before anything is built."""
SAME = 1e-10
"""Levels closer than this, relative to the largest, are one."""


@dataclass(frozen=True, kw_only=True)
class TrapRing(System):
    r"""M linked traps in a ring with N extra steps, a flux through it, and fields that can be turned trap by trap.

    .. math:: H = -t\sum_{j\sigma}\left(e^{ik\Phi/M}c^\dagger_{j+1,\sigma}c_{j\sigma} + h.c.\right)
              - \omega_L\sum_j \hat n_j\cdot\mathbf S_j

    with k particles per step and at most one extra step in a trap. The number is fixed: this is the number-conserving
    calculation, with no mean field in it. Fermion signs come from the order of the modes; the one of the link that
    closes the ring is :math:`(-1)^{N-1}`. The fields stand at `field_angle` from the z axis; that of trap j is turned
    about it by :math:`2\pi jw/M` (`texture` w) and by what `Rotate` adds.

    Parameters
    ----------
    traps
        M, at least 3; they are called ``"0"`` to ``"M-1"``.
    number
        N, from 1 to M - 1: extra steps.
    kind
        ``"fermion"``, ``"boson"`` (hard-core) or ``"pair"``. Odd and even N_c give the same ring.
    spin
        0: the spins are frozen along a common field (spin-polarised). Else the spin of an extra particle: half-integer
        for fermions, whole for bosons; the number of states grows by (2 spin + 1) for each of them.
    tunnelling
        t, real, of any sign.
    flux
        :math:`\Phi` [rad], in units of the flux that gives one particle the phase 1.
    zeeman, field_angle, texture
        :math:`\omega_L \ge 0`, the tilt of the fields [rad], and how often they wind around the ring; for a spin only.
    temperature
        k_B T of `equilibrium`, and of ``initial="thermal"``.

    Raises
    ------
    InputError
        For a value out of range, a spin that does not fit the kind, or a ring that needs more than `MEMORY` bytes.

    Examples
    --------
    >>> import mesodyn as md
    >>> ring = md.TrapRing(traps=8, number=3, flux=1.1)
    >>> ring.space.size
    56
    >>> round(float(-4 * ring.equilibrium().energy / 8), 9)  # what turning one trap by 2 pi releases
    2.391427633
    """

    traps: int = 6
    number: int = 3
    kind: str = "fermion"
    spin: float = 0.0
    tunnelling: Any = 1.0
    flux: Any = 0.0
    zeeman: Any = 60.0
    field_angle: Any = np.pi / 2
    texture: Any = 0.0
    temperature: Any = 0.0

    broadcasting = ("tunnelling", "flux", "zeeman", "field_angle", "texture", "temperature")
    preparing = ("temperature",)

    def __post_init__(self) -> None:
        checks.whole("traps", self.traps, low=3, high=60)
        checks.whole("number", self.number, low=1, high=self.traps - 1)
        checks.choice("kind", self.kind, KINDS)
        for name in ("tunnelling", "flux", "field_angle", "texture"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name)))
        for name in ("zeeman", "temperature"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name), low=0))
        self._check_spin()
        if self.memory > MEMORY:
            what = f"a ring whose {self.size} states fit in {MEMORY / 1e9:g} GB"
            raise InputError(
                "traps and number", what, Shown(f"one that needs {self.memory / 1e9:.3g} GB"), "take fewer"
            )

    def _check_spin(self) -> None:
        checks.number("spin", self.spin, low=0, high=4.5)
        if np.ndim(self.spin):
            raise InputError("spin", "a single value", Shown("an axis"), "compare several runs instead")
        twice = 2 * float(self.spin)
        fits = {"fermion": twice % 2 == 1, "boson": twice % 2 == 0, "pair": False}[self.kind]
        if twice and not fits:
            kinds = {"fermion": "half-integer (1/2, 3/2, ...)", "boson": "whole", "pair": "0: a pair has none"}
            raise InputError("spin", f"0, or {kinds[self.kind]} for kind={self.kind!r}", self.spin)
        object.__setattr__(self, "spin", float(self.spin))

    @property
    def step(self) -> int:
        """Particles per step: 1, or 2 for pairs."""
        return 2 if self.kind == "pair" else 1

    @property
    def turning_sites(self) -> tuple[str, ...]:  # type: ignore[override]
        """All traps."""
        return tuple(str(k) for k in range(self.traps))

    @property
    def size(self) -> int:
        """The number of states."""
        return comb(self.traps, self.number) * round(2 * self.spin + 1) ** self.number

    @property
    def memory(self) -> float:
        """Bytes that the ground state needs at most: the matrix and the vectors of the solver, known in advance."""
        if self.size <= DENSE or np.any(np.asarray(self.temperature) > 0):
            return 100.0 * self.size**2
        links = self.traps * comb(self.traps - 2, self.number - 1) * round(2 * self.spin + 1) ** self.number
        spins = 0 if self.spin == 0 else 3 * self.number * self.size * round(2 * self.spin + 1)
        return 150.0 * (links + spins) + 16.0 * (LANCZOS + 12) * self.size

    @cached_property
    def space(self) -> RingSpace:
        """The states of N steps."""
        levels = round(2 * self.spin + 1)
        return RingSpace((), self.traps, self.number, levels, self.kind == "fermion", self.step)

    # -- the Hamiltonian --------------------------------------------------------------------------------------------

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """The two quadratures of the hop around the ring and, with a spin, ``k.x``, ``k.y``, ``k.z`` of every trap."""
        return quadratures(_qobj(self.space.hop())) | {
            f"{k}.{axis}": part
            for k in (range(self.traps) if self.spin else ())
            for axis, part in zip("xyz", self.spins(k), strict=True)
        }

    def spins(self, trap: int) -> list[qutip.Qobj]:
        """The three components of a trap's spin."""
        return [_qobj(self.space.spin_of(trap, part.full())) for part in qutip.spin_J_set(self.spin)]

    def amplitude(self, values: Values) -> Any:
        """``t exp(i k flux / M)``, what stands before a hop."""
        return values["tunnelling"] * np.exp(1j * self.step * values["flux"] / self.traps)

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`; a switched link scales all links."""
        found = strengths(self.amplitude(values), setting)
        if self.spin:
            across = -values["zeeman"] * np.sin(values["field_angle"])
            along = -values["zeeman"] * np.cos(values["field_angle"])
            for k in range(self.traps):
                angle = 2 * np.pi * values["texture"] * k / self.traps + setting.angles.get(str(k), 0.0)
                found |= {f"{k}.x": across * np.cos(angle), f"{k}.y": across * np.sin(angle), f"{k}.z": along}
        return found

    def turning(self, site: str, values: Values, rate: Any) -> dict[str, Any]:
        """Nothing: the extra particle has no orbital moment of inertia here."""
        return {}

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """``hop_j`` of every link (see `currents`), ``occupied_k`` and with a spin ``spin_k`` of every trap."""
        space = self.space
        found: dict[str, qutip.Qobj | Sequence[qutip.Qobj]] = {}
        for k in range(self.traps):
            found[f"hop_{k}"] = _qobj(space.hop(k))
            found[f"occupied_{k}"] = _qobj(csr_array(diags_array(space.occupied(k))))
            if self.spin:
                found[f"spin_{k}"] = self.spins(k)
        return found

    def currents(self, hops: Any, values: Values) -> Any:
        r"""The particle current from trap j to j + 1 of the mean hops :math:`\langle c^\dagger_{j+1}c_j\rangle`.

        :math:`I_j = -2k\,\mathrm{Im}(te^{ik\Phi/M}\langle c^\dagger_{j+1}c_j\rangle)`: in the ground state
        :math:`-\partial E/\partial\Phi`, and at all times the change of numbers (units of `tunnelling` over hbar).
        """
        return -2 * self.step * np.imag(self.amplitude(values) * hops)

    # -- states -----------------------------------------------------------------------------------------------------

    def matrix(self, values: Values, setting: Setting | None = None) -> csr_array:
        """The Hamiltonian of scalar values as a sparse matrix."""
        found = self.coefficients(values, setting or Setting())
        amplitude = self.amplitude(values) * (setting or Setting()).link
        total: csr_array = csr_array(-amplitude * self._hop)
        total = total + total.conj().T
        for name, value in found.items():
            if not name.startswith("tunnelling"):
                total = total + complex(value) * self.operators[name].data_as("csr_matrix")
        return csr_array(total)

    @cached_property
    def _hop(self) -> csr_array:
        return self.space.hop()

    @cached_property
    def _elements(self) -> list[tuple[Any, Any, Any]]:
        return [self.space.hop_elements(k) for k in range(self.traps)]

    def hops(self, kets: Matrix, weights: Array) -> Matrix:
        """The mean hop of every link (M,) in states (n, states) with weights."""
        means = [
            (sign[:, None] * kets[rows].conj() * kets[columns]).sum(axis=0) for rows, columns, sign in self._elements
        ]
        return np.asarray(np.asarray(means) @ weights, complex)

    def levels(self, values: Values, count: int | None = None) -> tuple[Array, Matrix]:
        """Energies and eigenvectors (n, count) for scalar values, from the lowest up; all of them without `count`."""
        with _threads().limit(limits=1):
            return self._levels(values, count)

    def _levels(self, values: Values, count: int | None) -> tuple[Array, Matrix]:
        hamiltonian = self.matrix(values)
        if count is None or self.size <= max(DENSE, 2 * count + 2):
            if self.size > LARGEST_WARM:
                was = Shown(f"a ring of {self.size} states")
                raise InputError("temperature", f"0 for more than {LARGEST_WARM} states", was, "take a smaller ring")
            energies, vectors = np.linalg.eigh(hamiltonian.toarray())
            return energies[:count], vectors[:, :count]
        return lowest(hamiltonian, count, space=LANCZOS, remedy="take another flux")

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The ground state (kets) or the thermal state (density matrices) of the linked ring; the number is fixed.

        Raises
        ------
        InputError
            For another account than ``conserving``, and for a ground state that is degenerate.
        """
        if account != "conserving":
            raise InputError("account", "'conserving' for a ring", account, ACCOUNT)
        kept, found = np.arange(self.size), []
        for point in _scalars(values):
            warm = initial == "thermal" and point["temperature"] > 0
            energies, vectors = self.levels(point, None if warm else 2)
            weights = boltzmann(energies, point["temperature"] if warm else np.zeros(()))
            if not warm and energies[1] - energies[0] <= SAME * np.abs(energies).max():
                was = Shown(f"{float(point['flux']):.6g}, where two ground states cross")
                raise InputError("flux", "a value with one ground state", was, "move the flux a little")
            found.append((vectors * weights) @ vectors.conj().T if initial == "thermal" else vectors[:, 0])
        return kept, np.stack(found).astype(complex)

    def equilibrium(self) -> xarray.Dataset:
        r"""Thermal equilibrium of N steps; at zero temperature the ground state, by the Lanczos method.

        Where the ground state is degenerate both states count alike.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``, ``free_energy``, ``gap`` to the next level, ``current``
            (mean over the links, from the current operator) and, with the dim ``link`` as well,
            ``link_current``; in units of the parameters.

        Raises
        ------
        InputError
            For a temperature above 0 with more than `LARGEST_WARM` states.

        Examples
        --------
        >>> import mesodyn as md
        >>> found = md.TrapRing(traps=4, number=2, flux=2.0).equilibrium()
        >>> [round(float(found[name]), 9) for name in ("energy", "current")]
        [-2.714016201, 0.199078512]
        """
        import xarray

        grid = axes.broadcast_axes(self.values())
        points = [self.settled(point) for point in _scalars(flat_values(self, grid))]
        arrays = {name: np.array([point[name] for point in points]) for name in points[0]}
        arrays["current"] = arrays["link_current"].mean(axis=1)
        variables = {
            name: (
                (*grid, *(["link"] if value.ndim == 2 else [])),
                axes.unflatten(value, grid),
                {"units": "energy" if "current" not in name else "energy/hbar"},
            )
            for name, value in arrays.items()
        }
        return xarray.Dataset(variables, dict(grid) | {"link": np.arange(self.traps)})

    def settled(self, values: Values) -> dict[str, Any]:
        """`equilibrium` of scalar values as plain numbers; ``link_current`` is an array (M,)."""
        energies, vectors = self.levels(values, None if values["temperature"] > 0 else 2)
        near = np.where(energies - energies[0] <= SAME * np.abs(energies).max(), energies[0], energies)
        weights = boltzmann(near, values["temperature"])
        return {
            "energy": weights @ energies,
            "free_energy": energies[0] + _logarithm(energies - energies[0], float(values["temperature"])),
            "gap": energies[1] - energies[0],
            "link_current": self.currents(self.hops(vectors, weights), values),
        }


ACCOUNT = (
    "every observable of the ring conserves the number, so a superposition of N and N + 1 gives the mean of the two "
    "rings, weighted, and so does a mixture: run both numbers"
)


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    """Holds BLAS to one thread: a busy machine is ten times slower with more, and the bits would depend on it."""
    return ThreadpoolController()


def _scalars(values: Values) -> list[dict[str, Any]]:
    """The values of one point after the other."""
    count = len(next(iter(values.values())))
    return [{name: value[k] for name, value in values.items()} for k in range(count)]


def _logarithm(above: Array, temperature: float) -> float:
    """``-kT log sum exp(-E/kT)``, 0 in the cold."""
    return float(-temperature * np.log(np.exp(-above / temperature).sum())) if temperature > 0 else 0.0


def _qobj(matrix: csr_array) -> qutip.Qobj:
    return qutip.Qobj(csr_matrix(matrix.astype(complex)))
