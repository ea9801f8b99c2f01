"""A dot that holds two electrons which repel each other, on a lead: exact diagonalisation in number sectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import comb
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, diags_array, eye_array, kron

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown
from mesodyn.systems.lanczos import lowest
from mesodyn.systems.microscopic import many_body
from mesodyn.systems.microscopic.lead import Lead
from mesodyn.systems.microscopic.one_spin import OneSpin
from mesodyn.systems.trap_ring import _threads

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

METHODS = ("auto", "lanczos", "quspin")
DENSE = 200
"""Up to this many states a sector is diagonalised as a plain matrix."""
LARGEST = 100_000
"""Above this many states of a sector ``auto`` goes to QuSpin."""
LARGEST_WARM = 1000
"""The most states of a sector at a temperature above 0."""
LANCZOS = 40
"""How many vectors the Lanczos method holds."""
MEMORY = 8e9
"""Bytes above which a dot is refused before anything is built."""
SAME = 1e-10
"""Levels closer than this, relative to the largest, are one."""


class Level(NamedTuple):
    """One eigenstate of one sector, as far as it is measured."""

    energy: float
    dot: tuple[float, float]
    """The numbers of both spins on the dot."""
    double: float
    correlation: Array
    """<a_i^dagger a_j>, summed over spins."""
    total: int


@dataclass(frozen=True, kw_only=True)
class InteractingDot:
    r"""A spinful dot with a repulsion, on a lead with a finite number of levels (Anderson's model).

    .. math:: H = \sum_\sigma\left[(2\xi - \sigma\tfrac{E_Z}{2})\,d_\sigma^\dagger d_\sigma + H_{lead,\sigma}\right]
              + U\,n_\uparrow n_\downarrow

    The lead is that of `ResonantLevel`, the same for both spins. The numbers of up and down spins are conserved: each
    pair is one sector, of :math:`\binom{L+1}{N_\uparrow}\binom{L+1}{N_\downarrow}` states. The Hamiltonian of a sector
    is never built as a whole: the two spins act from left and right on a matrix. Energies count from the empty dot
    beside the filled sea. Without interaction it is two `ResonantLevel`.

    Parameters
    ----------
    detuning, interaction, zeeman
        :math:`\xi`, U, :math:`E_Z`: numbers or axes.
    temperature
        k_B T, at least 0, number or axis; above 0 for sectors of up to 1000 states.
    lead
        A `Lead` with real couplings.
    number
        The total number of electrons, 0 to 2 L + 2; None for as many as cost least at the chemical potential 0.
    method
        ``"lanczos"``; ``"quspin"`` (the extra ``manybody``); ``"auto"`` takes QuSpin above 100000 states.

    Raises
    ------
    InputError
        For a value out of range, a sector that needs more than 8 GB, and one of more than 100000 states where QuSpin is
        not installed.

    Examples
    --------
    >>> dot = InteractingDot(detuning=-0.5, interaction=2.0, lead=Lead.flat_band(3, 1.0, 0.3), number=4)
    >>> dot.states
    36
    >>> found = dot.equilibrium()
    >>> round(float(found.n_mean), 9)  # half filled, by symmetry
    1.0
    """

    detuning: Any = 0.0
    interaction: Any = 0.0
    zeeman: Any = 0.0
    temperature: Any = 0.0
    lead: Lead = field(default_factory=lambda: Lead((0.0,), (1.0,)))
    number: int | None = None
    method: str = "auto"

    def __post_init__(self) -> None:
        for name in ("detuning", "interaction", "zeeman"):
            object.__setattr__(self, name, checks.number(name, getattr(self, name)))
        object.__setattr__(self, "temperature", checks.number("temperature", self.temperature, low=0))
        checks.choice("method", self.method, METHODS)
        if not isinstance(self.lead, Lead):
            raise InputError("lead", "a Lead", self.lead, "make one with Lead.flat_band or Lead.gapped")
        if self.lead.vector.dtype.kind == "c":
            raise InputError("lead", "one with real couplings", Shown("complex"), "a star's phases change nothing")
        if self.number is not None:
            checks.whole("number", self.number, high=2 * self.lead.size + 2)
        if self.memory > MEMORY:
            was = Shown(f"one of {self.states} states that needs {self.memory / 1e9:.3g} GB")
            raise InputError("lead and number", f"a sector that fits in {MEMORY / 1e9:g} GB", was, "take fewer levels")
        if np.any(np.asarray(self.temperature) > 0) and self.states > LARGEST_WARM:
            was = Shown(f"a sector of {self.states} states")
            raise InputError("temperature", f"0 for more than {LARGEST_WARM} states", was, "take fewer levels")
        if self.states > LARGEST and self.method == "auto" and not many_body.installed("quspin"):
            must = f"of at most {LARGEST} states without QuSpin"
            was = Shown(f"one of {self.states} ({self.memory / 1e9:.2g} GB)")
            raise InputError("the largest sector", must, was, "pip install 'mesodyn[manybody]', or method='lanczos'")

    # -- sectors ----------------------------------------------------------------------------------------------------

    @property
    def orbitals(self) -> int:
        """L + 1."""
        return self.lead.size + 1

    def sectors(self) -> list[tuple[int, int]]:
        """The (up, down) numbers that belong to `number`, without mirror images where no field tells them apart."""
        every = range(self.orbitals + 1)
        both = [(up, down) for up in every for down in every if self.number in (None, up + down)]
        return [pair for pair in both if pair[0] >= pair[1]] if self._mirrored else both

    @property
    def _mirrored(self) -> bool:
        return not np.any(np.asarray(self.zeeman))

    @property
    def states(self) -> int:
        """The number of states of the largest sector."""
        return max(comb(self.orbitals, up) * comb(self.orbitals, down) for up, down in self.sectors())

    @property
    def memory(self) -> float:
        """Bytes that the largest sector needs at most, known in advance: the vectors of the solver."""
        if self.states <= max(DENSE, LARGEST_WARM if np.any(np.asarray(self.temperature) > 0) else 0):
            return 32.0 * self.states**2
        one = max(comb(self.orbitals, up) for pair in self.sectors() for up in pair)
        return 8.0 * (LANCZOS + 12) * self.states + 16.0 * one * self.orbitals**2

    @cached_property
    def _spins(self) -> dict[int, OneSpin]:
        return {}

    def one_spin(self, count: int) -> OneSpin:
        """The states of `count` electrons of one spin."""
        if count not in self._spins:
            self._spins[count] = OneSpin(self.orbitals, count)
        return self._spins[count]

    def hamiltonian(self, up: int, down: int) -> qutip.Qobj:
        """The Hamiltonian of one sector as a sparse `Qobj`, spin up slower, for scalar parameters."""
        for name in ("detuning", "interaction", "zeeman"):
            if np.ndim(getattr(self, name)):
                raise InputError(name, "a single number for a Qobj", Shown("an axis"), "use .equilibrium() for axes")
        left, right, repulsion = self._parts(up, down, self._point(0))
        whole = kron(left, eye_array(right.shape[0])) + kron(eye_array(left.shape[0]), right)
        return qutip.Qobj(csr_matrix((whole + diags_array(repulsion.ravel())).astype(complex)))

    def _parts(self, up: int, down: int, point: dict[str, float]) -> tuple[csr_array, csr_array, Array]:
        """The matrices of both spins, and the repulsion of each pair of states."""
        found = []
        for count, sign in ((up, -0.5), (down, 0.5)):
            level = point["detuning"] + sign * point["zeeman"] / 2
            found.append(self.one_spin(count).lifted(np.real(self.lead.with_dot(level))))
        held = [self.one_spin(count).occupied[0] for count in (up, down)]
        return found[0], found[1], point["interaction"] * held[0][:, None] * held[1]

    # -- eigenstates ------------------------------------------------------------------------------------------------

    def eigenstates(self, up: int, down: int, point: dict[str, float], count: int | None) -> tuple[Array, Array]:
        """The lowest energies of a sector and its states (dim, count), all of them without `count`."""
        left, right, repulsion = self._parts(up, down, point)
        shape = repulsion.shape
        if count is None or repulsion.size <= DENSE:
            whole = kron(left, eye_array(shape[1])) + kron(eye_array(shape[0]), right)
            energies, vectors = np.linalg.eigh(whole.toarray() + np.diag(repulsion.ravel()))
            return energies[:count], vectors[:, :count]
        if self.method == "quspin" or (self.method == "auto" and repulsion.size > LARGEST):
            one = np.real(self.lead.with_dot(point["detuning"]))
            return many_body.quspin_lowest(one, (up, down), point["interaction"], point["zeeman"], count)
        return _lanczos(left, right, repulsion, count)

    def equilibrium(self) -> xarray.Dataset:
        r"""Thermal equilibrium; at temperature 0 the ground state, degenerate ones counting alike.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``, ``free_energy``, ``n_mean`` of the dot, ``spin``
            (:math:`\tfrac12\langle n_\uparrow - n_\downarrow\rangle`), ``double``
            (:math:`\langle n_\uparrow n_\downarrow\rangle`), ``total_number``; and with ``lead_level`` as well
            ``correlation``, :math:`\sum_\sigma\langle d_\sigma^\dagger c_{k\sigma}\rangle`.

        Raises
        ------
        UnfinishedError
            When the Lanczos method doesn't settle.
        """
        import xarray

        grid = self._grid()
        found = [self._settled(self._point(k)) for k in range(int(np.prod([c.size for c in grid.values()], dtype=int)))]
        units = {"energy": "energy", "free_energy": "energy"}
        variables: dict[str, Any] = {
            name: (
                (*grid, *(["lead_level"] if name == "correlation" else [])),
                axes.unflatten(np.array([point[name] for point in found]), grid),
                {"units": units.get(name, "1")},
            )
            for name in found[0]
            if name != "matrix"
        }
        return xarray.Dataset(variables, dict(grid) | {"lead_level": np.arange(self.lead.size)})

    def correlation(self) -> Array:
        r"""The correlation matrices :math:`\sum_\sigma\langle a_{i\sigma}^\dagger a_{j\sigma}\rangle`, dot first.

        Shape (points, L + 1, L + 1). No eigenvalue is above 2, one for each spin.
        """
        points = int(np.prod([c.size for c in self._grid().values()], dtype=int))
        return np.array([self._settled(self._point(k))["matrix"] for k in range(points)])

    def _grid(self) -> dict[str, xarray.DataArray]:
        return axes.broadcast_axes({name: getattr(self, name) for name in _POINT})

    def _point(self, k: int) -> dict[str, float]:
        grid = self._grid()
        return {name: float(axes.flatten(getattr(self, name), grid)[k]) for name in _POINT}

    def _settled(self, point: dict[str, float]) -> dict[str, Any]:
        cold = point["temperature"]
        levels = list(self._levels(point, None if cold > 0 else 2))
        energies = np.array([level.energy for level in levels])
        above = energies - energies.min()
        if cold > 0:
            weights = np.exp(-np.minimum(above / cold, 745.0))
            free = energies.min() - cold * np.log(weights.sum())
        else:
            weights = (above <= SAME * max(np.abs(energies).max(), 1e-300)).astype(float)
            free = energies.min()
        weights /= weights.sum()
        sea = 2 * self.lead.sea
        matrix = sum(w * level.correlation for w, level in zip(weights, levels, strict=True))
        dots = weights @ np.array([level.dot for level in levels])
        return {
            "energy": weights @ energies - sea,
            "free_energy": free - sea,
            "n_mean": dots.sum(),
            "spin": (dots[0] - dots[1]) / 2,
            "double": weights @ np.array([level.double for level in levels]),
            "total_number": weights @ np.array([level.total for level in levels]),
            "correlation": np.asarray(matrix)[0, 1:],
            "matrix": matrix,
        }

    def _levels(self, point: dict[str, float], count: int | None) -> Iterator[Level]:
        """The levels of all sectors, mirror images included."""
        for up, down in self.sectors():
            energies, vectors = self.eigenstates(up, down, point, count)
            left, right = self.one_spin(up), self.one_spin(down)
            for energy, vector in zip(energies, vectors.T, strict=True):
                wave = vector.reshape(left.size, right.size)
                matrix = left.correlation(wave) + right.correlation(wave.T)
                share = np.abs(wave) ** 2
                held = left.occupied[0], right.occupied[0]
                dot = float(held[0] @ share.sum(axis=1)), float(share.sum(axis=0) @ held[1])
                level = Level(float(energy), dot, float(held[0] @ share @ held[1]), matrix, up + down)
                yield level
                if self._mirrored and up != down:
                    yield level._replace(dot=dot[::-1])


_POINT = ("detuning", "interaction", "zeeman", "temperature")


def _lanczos(left: csr_array, right: csr_array, repulsion: Array, count: int) -> tuple[Array, Array]:
    """The lowest levels of one sector; the Hamiltonian acts on waves (up states, down states)."""
    from scipy.sparse.linalg import LinearOperator

    shape = repulsion.shape

    def applied(vector: Array) -> Array:
        wave = vector.reshape(shape)
        return np.asarray(left @ wave + (right @ wave.T).T + repulsion * wave).ravel()

    operator = LinearOperator((repulsion.size,) * 2, matvec=applied, dtype=float)  # type: ignore[call-arg,misc]
    with _threads().limit(limits=1):
        return lowest(operator, count, space=LANCZOS, remedy="move the detuning")
