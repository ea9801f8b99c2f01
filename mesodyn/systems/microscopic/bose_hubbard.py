"""A few sites of bosons with a link between neighbours: the Bose-Hubbard model at a fixed number, exact."""

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
from mesodyn.errors import InputError, Shown, UnfinishedError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import Setting, System, Values, boltzmann, flat_values, quadratures, strengths
from mesodyn.systems.lanczos import lowest
from mesodyn.systems.microscopic.boson_space import BosonSpace

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

SHAPES = {"chain": "sites in a row", "ring": "the last site is linked to the first, and a flux goes through"}
DENSE = 256
"""Up to this many states the Hamiltonian is diagonalised as a plain matrix."""
LARGEST_WARM = 2000
"""The most states for which all levels are found, as a temperature needs them."""
MEMORY = 4e9
"""Bytes above which a basis is refused before anything is built."""
SAME = 1e-10
"""Levels closer than this, relative to the largest, are one."""
ACCOUNT = (
    "every observable here conserves the number, so a superposition of totals gives the mean of the totals, weighted, "
    "and so does a mixture: run them one by one, or take BoseJunction"
)


@dataclass(frozen=True, kw_only=True)
class BoseHubbard(System):
    r"""N bosons on M sites: what a condensate is when its number is fixed and its atoms repel each other.

    .. math:: H = -J\sum_{\langle k,k+1\rangle}\left(e^{i\Phi/M}a^\dagger_{k+1}a_k + h.c.\right)
              + \tfrac12U\sum_k n_k(n_k - 1) + \delta\sum_k\left(\tfrac{M-1}2 - k\right)n_k

    There is no order parameter: :math:`\langle a_k\rangle = 0`. What takes its place is the largest eigenvalue of
    :math:`\rho_{ij} = \langle a_i^\dagger a_j\rangle` (Penrose and Onsager), N for free atoms and N/M for a Mott state,
    and in a ring the answer to a flux, the superfluid fraction.

    Parameters
    ----------
    wells, particles
        M >= 2 and N >= 1: (N + M - 1 over N) states.
    shape
        ``"chain"`` or ``"ring"`` (M >= 3).
    tunnelling, interaction
        J and U, of any sign.
    tilt
        :math:`\delta`, by how much a site is above the next; in a chain only. In two sites it is the detuning of
        `BoseJunction`.
    flux
        :math:`\Phi` through a ring [rad], as the phase of one atom.
    temperature
        k_B T of `equilibrium`, and of ``initial="thermal"``.

    Raises
    ------
    InputError
        For a value out of range, a tilted ring, a flux through a chain, or more states than fit in `MEMORY` bytes.

    Examples
    --------
    >>> BoseHubbard(wells=2, particles=2, interaction=5.0).hamiltonian().eigenenergies().round(6).tolist()
    [-0.701562, 5.0, 5.701562]
    >>> found = BoseHubbard(wells=4, particles=4, shape="ring", interaction=2.0).equilibrium()
    >>> round(float(found.condensate_fraction), 3)
    0.953
    """

    wells: int = 2
    particles: int = 2
    shape: str = "chain"
    tunnelling: Any = 1.0
    interaction: Any = 0.0
    tilt: Any = 0.0
    flux: Any = 0.0
    temperature: Any = 0.0

    broadcasting = ("tunnelling", "interaction", "tilt", "flux", "temperature")
    preparing = ("temperature",)

    def __post_init__(self) -> None:
        checks.choice("shape", self.shape, SHAPES)
        checks.whole("wells", self.wells, low=3 if self.shape == "ring" else 2)
        checks.whole("particles", self.particles, low=1)
        for name in ("tunnelling", "interaction", "tilt", "flux"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name)))
        checks.number("temperature", self.temperature, low=0)
        for name, other, why in (
            ("tilt", "ring", "it would jump where the ring closes"),
            ("flux", "chain", "no loop surrounds it: a change of gauge takes it away"),
        ):
            if self.shape == other and np.any(np.asarray(getattr(self, name)) != 0):
                raise InputError(name, f"0 for shape={other!r}", Shown("another"), why)
        if self.memory > MEMORY:
            must = f"few enough for {MEMORY / 1e9:g} GB"
            was = Shown(f"{self.particles} on {self.wells} sites: {self.size} states, {self.memory / 1e9:.3g} GB")
            raise InputError("particles and wells", must, was, "take fewer, or BoseJunction for two wells")

    @property
    def size(self) -> int:
        """The number of states."""
        return comb(self.particles + self.wells - 1, self.particles)

    @property
    def memory(self) -> float:
        """Bytes that the ground state needs at most, known in advance."""
        return self.size * (8.0 * self.wells + 120.0 * self.links + 16.0 * 32)

    @property
    def links(self) -> int:
        """How many pairs of neighbours there are."""
        return self.wells - (self.shape == "chain")

    @cached_property
    def space(self) -> BosonSpace:
        """The states of N atoms."""
        return BosonSpace(wells=self.wells, particles=self.particles)

    # -- the Hamiltonian ---------------------------------------------------------------------------------------------

    @cached_property
    def _hop(self) -> csr_array:
        """All atoms one site on."""
        parts = (self.space.hop((k + 1) % self.wells, k) for k in range(self.links))
        return csr_array(sum(parts, start=csr_array((self.size, self.size))))

    @cached_property
    def _diagonals(self) -> dict[str, Array]:
        numbers = self.space.numbers.astype(float)
        return {
            "interaction": 0.5 * (numbers * (numbers - 1)).sum(axis=1),
            "tilt": numbers @ (0.5 * (self.wells - 1) - np.arange(self.wells)),
        }

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """The two quadratures of the hop, ``interaction`` and ``tilt``, sparse."""
        diagonal = {name: qutip.qdiags(values, 0) for name, values in self._diagonals.items()}
        return quadratures(qutip.Qobj(csr_matrix(self._hop.astype(complex)))) | diagonal

    def amplitude(self, values: Values) -> Any:
        """``J exp(i flux / M)``, what stands before a hop; real in a chain."""
        return values["tunnelling"] * (np.exp(1j * values["flux"] / self.wells) if self.shape == "ring" else 1.0)

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`; a switched link scales all links."""
        own = {"interaction": values["interaction"]} | ({"tilt": values["tilt"]} if self.shape == "chain" else {})
        return own | strengths(self.amplitude(values), setting)

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """``number_k`` of every site, its square, and ``hop_k`` of every link (see `current`)."""
        found: dict[str, qutip.Qobj | Sequence[qutip.Qobj]] = {}
        for k in range(self.wells):
            found[f"number_{k}"] = qutip.qdiags(self.space.numbers[:, k].astype(float), 0)
            found[f"number_squared_{k}"] = qutip.qdiags(self.space.numbers[:, k].astype(float) ** 2, 0)
        for k in range(self.links):
            found[f"hop_{k}"] = qutip.Qobj(csr_matrix(self.space.hop((k + 1) % self.wells, k).astype(complex)))
        return found

    def current(self, hop: Any, values: Values) -> Any:
        r"""The current over a link [energy/hbar], of its mean hop :math:`\langle a_{k+1}^\dagger a_k\rangle`."""
        return -2 * np.imag(self.amplitude(values) * hop)

    # -- states ------------------------------------------------------------------------------------------------------

    def matrix(self, values: Values) -> csr_array:
        """The Hamiltonian of scalar values as a sparse matrix, real without a flux."""
        amplitude = np.asarray(self.amplitude(values)).item()
        hops = csr_array(-(amplitude if amplitude.imag else amplitude.real) * self._hop)
        diagonal = values["interaction"] * self._diagonals["interaction"]
        if self.shape == "chain":
            diagonal = diagonal + values["tilt"] * self._diagonals["tilt"]
        return csr_array(hops + hops.conj().T + diags_array(diagonal))

    def levels(self, values: Values, count: int | None = None) -> tuple[Array, Matrix]:
        """Energies and eigenvectors (n, count) for scalar values, from the lowest up; all of them without `count`."""
        total = self.matrix(values)
        with _threads().limit(limits=1):
            if count is None or self.size <= max(DENSE, 2 * count + 2):
                if self.size > LARGEST_WARM:
                    must = f"0 for more than {LARGEST_WARM} states"
                    raise InputError("temperature", must, Shown(f"above, with {self.size} states"), "take fewer")
                energies, vectors = np.linalg.eigh(total.toarray())
                return energies[:count], vectors[:, :count]
            return lowest(total, count, space=max(24, 2 * count + 2))

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The ground state (kets) or the thermal state (density matrices); the number is fixed.

        Raises
        ------
        InputError
            For another account than ``conserving``.
        """
        if account != "conserving":
            raise InputError("account", "'conserving' for a fixed number", account, ACCOUNT)
        found = []
        for point in _scalars(values):
            warm = initial == "thermal" and point["temperature"] > 0
            energies, vectors = self.levels(point, None if warm else 2)
            weights = boltzmann(energies, point["temperature"] if warm else np.zeros(()))
            if initial == "ground" and energies[1] - energies[0] <= SAME * np.abs(energies).max():
                raise InputError(
                    "initial", "a state, as there are two ground states", initial, "give a Qobj, or 'thermal'"
                )
            found.append((vectors * weights) @ vectors.conj().T if initial == "thermal" else vectors[:, 0])
        return np.arange(self.size), np.stack(found).astype(complex)

    def density_matrix(self, kets: Matrix, weights: Array) -> Matrix:
        r"""The density matrix :math:`\langle a_i^\dagger a_j\rangle` (M, M) of kets (n, states) with weights."""
        found = np.zeros((self.wells,) * 2, complex)
        for i in range(self.wells):
            for j in range(i + 1):
                mean = (kets.conj() * (self.space.hop(i, j) @ kets)).sum(axis=0) @ weights
                found[i, j], found[j, i] = mean, np.conj(mean)
        return found

    def equilibrium(self) -> xarray.Dataset:
        r"""Thermal equilibrium of N atoms; at zero temperature the ground state.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``, ``free_energy``, ``gap``; ``density_matrix`` (site, site_2), real
            without a flux; ``condensate_fraction``, its largest eigenvalue over N; ``number_variance`` (site);
            ``current`` around a ring (mean over the links).
        """
        import xarray

        grid = axes.broadcast_axes(self.values())
        points = [self.settled(point) for point in _scalars(flat_values(self, grid))]
        dims = {"density_matrix": ["site", "site_2"], "number_variance": ["site"]}
        units = {"energy": "energy", "free_energy": "energy", "gap": "energy", "current": "energy/hbar"}
        found = {}
        for name in points[0]:
            values = axes.unflatten(np.array([point[name] for point in points]), grid)
            found[name] = ((*grid, *dims.get(name, [])), values, {"units": units.get(name, "1")})
        return xarray.Dataset(found, dict(grid))

    def settled(self, values: Values) -> dict[str, Any]:
        """`equilibrium` of scalar values as plain numbers and arrays."""
        cold = float(values["temperature"])
        energies, vectors = self.levels(values, None if cold > 0 else min(2, self.size))
        near = np.where(energies - energies[0] <= SAME * np.abs(energies).max(), energies[0], energies)
        weights = boltzmann(near, np.asarray(cold))
        density = self.density_matrix(vectors, weights)
        numbers = self.space.numbers.astype(float)
        shares = np.abs(vectors) ** 2 @ weights
        hops = [density[(k + 1) % self.wells, k] for k in range(self.links)]
        sums = np.log(np.exp(-(energies - energies[0]) / cold).sum()) if cold > 0 else 0.0
        return {
            "energy": weights @ energies,
            "free_energy": energies[0] - cold * sums,
            "gap": energies[1] - energies[0] if len(energies) > 1 else np.inf,
            "density_matrix": density.real if self.shape == "chain" else density,
            "condensate_fraction": np.linalg.eigvalsh(density)[-1] / self.particles,
            "number_variance": shares @ numbers**2 - (shares @ numbers) ** 2,
            "current": np.mean([self.current(hop, values) for hop in hops]),
        }

    def superfluid_fraction(self) -> xarray.DataArray:
        r"""How stiff a ring is against a flux: :math:`f_s = \frac{M^2}{2NJ}\,\partial^2E_0/\partial\Phi^2` at no flux.

        1 for free atoms. From second-order perturbation theory, :math:`E'' = \langle H''\rangle
        - 2\langle H'(H - E_0)^{-1}H'\rangle`, so without differences.

        Returns
        -------
        xarray.DataArray
            Over the parameters' dims, those of the flux and the temperature left out of account.

        Raises
        ------
        InputError
            For a chain, or J of 0 or less.
        """
        if self.shape != "ring":
            raise InputError("shape", "'ring' for a superfluid fraction", self.shape)
        if np.any(np.asarray(self.tunnelling) <= 0):
            must, why = "above 0 for a superfluid fraction", "else the atoms in a ring are frustrated, or don't move"
            raise InputError("tunnelling", must, Shown("0 or less"), why)
        import xarray

        grid = axes.broadcast_axes(self.values())
        found = [self._stiffness(point) for point in _scalars(flat_values(self, grid))]
        return xarray.DataArray(axes.unflatten(np.array(found), grid), dict(grid), tuple(grid))

    def _stiffness(self, values: Values) -> float:
        from scipy.sparse.linalg import minres

        still = {**values, "flux": 0.0}
        energies, vectors = self.levels(still, 1)
        ket, j = np.real(vectors[:, 0]), float(values["tunnelling"])
        forth, back = self._hop @ ket, self._hop.T @ ket
        pushed = j / self.wells * (forth - back)  # H' = -i times this
        kinetic = 2 * j / self.wells**2 * float(ket @ forth)
        shifted = csr_array(self.matrix(still).real - energies[0] * diags_array(np.ones(self.size)))
        if self.size <= DENSE:
            answer = np.linalg.lstsq(shifted.toarray(), pushed, rcond=1e-13)[0]
        else:
            answer, failed = minres(shifted, pushed, rtol=1e-13, maxiter=20 * self.wells * 500)
            if failed:
                raise UnfinishedError("the answer to a flux did not settle; take fewer sites")
        answer = answer - ket * (ket @ answer)
        curvature = kinetic - 2 * float(pushed @ answer)
        return curvature * self.wells**2 / (2 * self.particles * j)


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    """Holds BLAS to one thread: the bits do not depend on the machine's load."""
    return ThreadpoolController()


def _scalars(values: Values) -> list[dict[str, Any]]:
    """The values of one point after the other."""
    count = len(next(iter(values.values())))
    return [{name: value[k] for name, value in values.items()} for k in range(count)]
