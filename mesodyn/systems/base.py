"""What every system offers: a basis, a Hamiltonian as a short list of (coefficient, operator), named states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import axes
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix, NumberSpace

if TYPE_CHECKING:
    import xarray

Values = Mapping[str, Any]
"""A system's parameters by name: numbers, labelled axes, or arrays over points."""


@dataclass(frozen=True)
class Setting:
    """What the apparatus does to a system at one instant.

    Parameters
    ----------
    link
        0 disconnected, 1 connected, between them while the link is switched.
    angles
        By how much the field of a site is turned about the rotation axis [rad]; sites not named stand at 0.
    """

    link: Any = 1.0
    angles: Mapping[str, Any] = field(default_factory=dict)

    @property
    def disconnected(self) -> bool:
        """Whether the link is absent, not just small."""
        return isinstance(self.link, float) and self.link == 0.0


class System(ABC):
    """A frozen description of a thing. It knows its basis, Hamiltonian and equilibrium; it evolves nothing.

    A subclass is a frozen dataclass whose fields are its parameters; `broadcasting` names those that may be labelled
    axes.
    """

    broadcasting: ClassVar[tuple[str, ...]] = ()
    frame_term: ClassVar[str | None] = None
    """The term that a rotating frame takes away, if there is one; it commutes with all the others."""
    preparing: ClassVar[tuple[str, ...]] = ()
    """The parameters that only fix the initial state: a `Ramp` of them would do nothing."""
    turning_sites: ClassVar[tuple[str, ...]] = ()
    """The sites that `Rotate` can turn."""

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """What solvers found out about the operators: once for all systems that differ in `broadcasting` only."""
        try:
            names = [each.name for each in fields(self)]  # type: ignore[arg-type]
            fixed = tuple(getattr(self, name) for name in names if name not in self.broadcasting)
            return _worked_out(type(self), self.space, fixed)
        except TypeError:  # no dataclass, or a parameter that can't be looked up, such as an axis in a tuple
            return {}

    @cached_property
    @abstractmethod
    def space(self) -> NumberSpace:
        """The basis."""

    @cached_property
    @abstractmethod
    def operators(self) -> dict[str, qutip.Qobj]:
        """The operators of the terms, by name; like the observables they depend on no parameter that may be an axis."""

    @abstractmethod
    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """The coefficient of each term that is present in `setting`, for parameter `values` of any one shape."""

    @abstractmethod
    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """What a record holds unless it is asked for something else; a sequence of three is a vector."""

    @abstractmethod
    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The basis states in use, and the initial kets (points, n) or density matrices (points, n, n) on them."""

    def turning(self, site: str, values: Values, rate: Any) -> dict[str, Any]:
        """What turning a site at `rate` adds to the coefficients, apart from the frame."""
        raise InputError("trap", f"a site of {type(self).__name__} that can turn (it has none)", site)

    def dephasing(self) -> qutip.Qobj:
        """The jump operator of unit dephasing rate: diagonal in the basis."""
        raise InputError("dephasing", f"0 for {type(self).__name__}", Shown("a rate"), "it has no second site")

    def losses(self) -> list[qutip.Qobj]:
        """The jump operators of unit loss rate."""
        raise InputError("loss", f"0 for {type(self).__name__}", Shown("a rate"), "its reference keeps the count")

    def enlarged(self) -> System | None:
        """The same system with more basis states, where its basis is cut off; None where it is complete."""
        return None

    # -- what all systems share -------------------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """The broadcasting parameters by name; one that is left out stands as nan."""
        found = {name: getattr(self, name) for name in self.broadcasting}
        return {name: np.nan if value is None else value for name, value in found.items()}

    def with_(self, **changes: Any) -> System:
        """The same system with some parameters changed."""
        return replace(self, **changes)  # type: ignore[type-var]

    def terms(self, setting: Setting | None = None) -> list[tuple[Any, qutip.Qobj]]:
        """The Hamiltonian as (coefficient, operator) pairs; coefficients are numbers or labelled axes."""
        found = self.coefficients(self.values(), setting or Setting())
        return [(value, self.operators[name]) for name, value in found.items()]

    def hamiltonian(self, sector: int | None = None, setting: Setting | None = None) -> qutip.Qobj:
        """The Hamiltonian as a `Qobj`, for scalar parameters.

        Parameters
        ----------
        sector
            A total number of particles: the matrix of that sector alone.
        setting
            The state of the apparatus; connected, nothing turned, unless given.

        Raises
        ------
        InputError
            When a parameter is an axis, or the sector doesn't exist.
        """
        terms = self.terms(setting)
        for name, value in self.values().items():
            if np.ndim(value) > 0:
                raise InputError(name, "a single number for a Qobj", Shown("an axis"), "use .terms() for axes")
        total = sum((complex(np.asarray(value)) * operator for value, operator in terms), start=0 * terms[0][1])
        if sector is None:
            return total
        kept = self.space.sector(sector)
        return qutip.Qobj(total.full()[np.ix_(kept, kept)])

    def states(self, sector: int | None = None) -> dict[str, qutip.Qobj]:
        """The basis states by label, of the whole space or of one sector (as kets of the whole space)."""
        kept = range(self.space.size) if sector is None else self.space.sector(sector)
        sizes = self.space.dims
        return {self.space.labels[k]: qutip.basis(sizes, list(np.unravel_index(k, sizes))) for k in kept}

    @abstractmethod
    def equilibrium(self) -> xarray.Dataset:
        """Equilibrium over the parameters' dims."""


@lru_cache(maxsize=64)
def _worked_out(kind: type[System], space: NumberSpace, fixed: tuple[Any, ...]) -> dict[Any, Any]:
    return {}


def flat_values(system: System, grid: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The system's parameters as arrays over the points of `grid`."""
    return {name: axes.flatten(value, grid) for name, value in system.values().items()}


def matrices(operators: Mapping[str, qutip.Qobj], kept: NDArray[np.int64]) -> dict[str, Matrix]:
    """The operators on the basis states `kept`, as plain arrays."""
    return {name: operator.full()[np.ix_(kept, kept)] for name, operator in operators.items()}


def stack(coefficients: Mapping[str, Any], operators: Mapping[str, Matrix]) -> Matrix:
    """``H = sum_k c_k O_k`` for coefficients of any one shape: (..., n, n)."""
    size = next(iter(operators.values())).shape[0]
    shape = np.broadcast_shapes(*(np.shape(c) for c in coefficients.values())) if coefficients else ()
    total = np.zeros((*shape, size, size), complex)
    for name, value in coefficients.items():
        total = total + np.asarray(value)[..., None, None] * operators[name]
    return total


def boltzmann(energies: NDArray[np.float64], temperature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boltzmann weights along the last axis; at temperature 0 the ground level, shared if it is degenerate."""
    above = energies - energies.min(axis=-1, keepdims=True)
    scale = np.abs(energies).max(axis=-1, keepdims=True)
    cold = np.asarray(temperature)[..., None]
    safe = np.where(cold > 0, cold, 1.0)
    weights = np.where(cold > 0, np.exp(-np.minimum(above / safe, 745.0)), above <= 1e-12 * scale)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def thermal(hamiltonian: Matrix, temperature: NDArray[np.float64]) -> Matrix:
    """Gibbs states (..., n, n) of stacked Hamiltonians."""
    energies, vectors = np.linalg.eigh(hamiltonian)
    weights = boltzmann(energies, temperature)
    return np.asarray((vectors * weights[..., None, :]) @ vectors.conj().swapaxes(-1, -2))


def quadratures(hop: qutip.Qobj) -> dict[str, qutip.Qobj]:
    """The terms of a complex tunnelling ``-(t hop + h.c.)``: its real and its imaginary part."""
    return {"tunnelling.real": -(hop + hop.dag()), "tunnelling.imag": -1j * (hop - hop.dag())}


def strengths(tunnelling: Any, setting: Setting) -> dict[str, Any]:
    """The coefficients of `quadratures`, scaled by a switched link; none while it is absent."""
    if setting.disconnected:
        return {}
    found = {"tunnelling.real": setting.link * np.real(tunnelling)}
    if np.iscomplexobj(tunnelling):
        found["tunnelling.imag"] = setting.link * np.imag(tunnelling)
    return found
