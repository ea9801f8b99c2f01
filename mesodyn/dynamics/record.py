"""What a record holds: states turned into variables, and the variables of all points put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from mesodyn import axes
from mesodyn.dynamics.kets import density
from mesodyn.dynamics.means import Means
from mesodyn.dynamics.relaxing import Relaxing
from mesodyn.dynamics.terms import Terms, sparse
from mesodyn.errors import UnfinishedError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import System

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]
Observables = Mapping[str, qutip.Qobj | Sequence[qutip.Qobj]]

NORM_TOLERANCE = 1e-7
"""The largest loss of norm at which a record is handed out."""
_TERM, _PART = "term of H: ", "component {} of {}"


@dataclass
class Part:
    """The record of some points: by name, arrays (points, moments, ...) one after the other in time."""

    points: NDArray[np.int64]
    values: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    edges: list[Matrix] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    error: Any = 0.0

    def add(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Append some moments."""
        for name, value in values.items():
            self.values.setdefault(name, []).append(value)


class Watch:
    """Turns states into the record's variables.

    Parameters
    ----------
    system, terms
        What is evolved, on which states.
    observables
        By name; None for the system's own.
    dropped
        The term that a rotating frame takes away: it is no part of the energy.
    """

    def __init__(self, system: System, terms: Terms, observables: Observables | None, dropped: str | None) -> None:
        self.dropped = dropped
        key = ("watch", terms.kept.tobytes())
        if observables is not None or key not in system.worked_out:
            made = _readout(terms, system.observables() if observables is None else observables)
            if observables is not None:
                self.means, self.hermitian, self.vectors = made
                return
            system.worked_out[key] = made
        self.means, self.hermitian, self.vectors = system.worked_out[key]

    @property
    def seen(self) -> dict[str, csr_array]:
        """The operators that are watched, without the terms of H."""
        return {name: found for name, found in self.means.operators.items() if not name.startswith(_TERM)}

    def values(self, states: Matrix | Relaxing, coefficients: Mapping[str, Array]) -> dict[str, NDArray[Any]]:
        """Energy, norm and observables (points, moments, ...) of states, where H has these coefficients."""
        if isinstance(states, Relaxing):
            means: Mapping[str, NDArray[Any]] = states.means(self.seen)
            energy = states.energy
        else:
            means = self.means(states)
            terms = (c * means[_TERM + name].real for name, c in coefficients.items() if name != self.dropped)
            energy = sum(terms, start=np.zeros(states.shape[:2]))
        found: dict[str, NDArray[Any]] = {"energy": energy, "norm": means["norm"].real}
        for name, hermitian in self.hermitian.items():
            found[name] = means[name].real if hermitian else means[name]
        for name, count in self.vectors.items():
            found[name] = np.stack([means[_PART.format(k, name)].real for k in range(count)], axis=-1)
        return found


def _readout(terms: Terms, observables: Observables) -> tuple[Means, dict[str, bool], dict[str, int]]:
    """All operators that are watched, which of them are Hermitian, and how many components the vectors have."""
    operators = {_TERM + name: operator for name, operator in terms.sparse.items()}
    operators["norm"] = eye_array(terms.size, format="csr")
    hermitian, vectors = {}, {}
    for name, found in observables.items():
        if isinstance(found, qutip.Qobj):
            operators[name], hermitian[name] = sparse(found, terms.kept), bool(found.isherm)
        else:
            vectors[name] = len(found)
            operators |= {_PART.format(k, name): sparse(part, terms.kept) for k, part in enumerate(found)}
    return Means(operators), hermitian, vectors


def dataset(
    grid: Mapping[str, Any], parts: Sequence[Part], edges: Sequence[str], labels: Sequence[str] | None, kets: bool
) -> xarray.Dataset:
    """The record of all points.

    Parameters
    ----------
    grid, parts
        The axes, and the points in any order.
    edges, labels
        Names of the protocol's edges and of the basis states, for the variable ``state``; no labels: there is none.
    kets
        Whether states that stayed pure are kets.
    """
    import xarray

    points = np.concatenate([part.points for part in parts])
    order = None if np.all(np.diff(points) > 0) else np.argsort(points)

    def joined(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
        found = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        return found if order is None else found[order]

    names = tuple(grid)
    variables: dict[str, Any] = {}
    for name in parts[0].values:
        found = joined([np.concatenate(part.values[name], axis=1) for part in parts])
        components = ("component",) if found.ndim == 3 else ()
        variables[name] = (("moment", *names, *components), _moments_first(found, grid))
    variables["error"] = (names, axes.unflatten(joined([part.error for part in parts]), grid))
    coordinates = dict(grid) | {"segment": ("moment", parts[0].segments)}
    if any("component" in dims for dims, _ in variables.values()):
        coordinates["component"] = ["x", "y", "z"]
    if labels is not None:
        rows = ("row",) if kets and all(edge.ndim == 2 for part in parts for edge in part.edges) else ("row", "column")
        stacked = [np.stack([_shaped(edge, len(rows)) for edge in part.edges], axis=1) for part in parts]
        variables["state"] = (("edge", *names, *rows), _moments_first(joined(stacked), grid))
        coordinates |= {"edge": ["start", *edges]} | dict.fromkeys(rows, labels)
    methods = [" or ".join(dict.fromkeys(each)) for each in zip(*(part.methods for part in parts), strict=True)]
    record = xarray.Dataset(variables, coordinates, {"method": "; ".join(methods)})
    lost = float(np.abs(record.norm.values - 1).max())
    if not lost <= NORM_TOLERANCE:
        raise UnfinishedError(
            f"the norm was lost by {lost:.1e} (methods {record.attrs['method']}): no result is handed out; "
            "bring energies and durations closer together, or ask for a smaller tolerance"
        )
    return record


def _moments_first(found: NDArray[Any], grid: Mapping[str, Any]) -> NDArray[Any]:
    """From (points, moments, ...) to (moments, axes, ...)."""
    return np.moveaxis(axes.unflatten(found, grid), len(grid), 0)


def _shaped(edge: Matrix, rows: int) -> Matrix:
    return density(edge) if edge.ndim == 2 and rows == 2 else edge
