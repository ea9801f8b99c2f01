"""How a section of the paper is verified: what it says, what the package gives, and what neither of them knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.verify.result import Row

if TYPE_CHECKING:
    import xarray

Numbers = NDArray[Any]
Draw = dict[str, Numbers]
Found = Mapping[str, Any]

RIGHT = "right"
CONDITION = "right with a condition"
MISPRINT = "misprint"


@dataclass(frozen=True)
class Equation:
    """One row to be: which of the section's quantities prove it."""

    number: str
    computed: str
    route: str
    quantities: tuple[str, ...]
    sentence: str
    verdict: str = RIGHT
    tolerance: float = 1e-10


def nothing(draw: Draw) -> Found:
    """No printed form fails."""
    return {}


@dataclass(frozen=True)
class Section:
    """One section of the paper, on random parameter sets.

    `paper`, `package` and `route` each give quantities by name, first index the parameter set (or shapes that
    broadcast). `paper` is the closed formula; `package` asks the public systems and is the only one that may import
    them; `route` knows neither: matrices, operators, brute minimisation, sums. `printed` is a form that fails.
    """

    title: str
    draw: Callable[[np.random.Generator, int], Draw]
    paper: Callable[[Draw], Found]
    package: Callable[[Draw], Found]
    route: Callable[[Draw], Found]
    equations: tuple[Equation, ...]
    printed: Callable[[Draw], Found] = nothing

    def rows(self, sets: int, seed: tuple[int, ...]) -> list[Row]:
        """The rows, all from the same parameter sets."""
        draw = self.draw(np.random.default_rng(seed), sets)
        route = self.route(draw)
        said = {"paper": self.paper(draw), "package": self.package(draw)}
        printed = self.printed(draw)
        return [self._row(equation, sets, route, said, printed) for equation in self.equations]

    def _row(self, it: Equation, sets: int, route: Found, said: Mapping[str, Found], printed: Found) -> Row:
        found = [
            (difference(values[name], route[name]), f"{name} of the {who}")
            for name in it.quantities
            for who, values in said.items()
            if name in values
        ]
        largest, worst = max(found)
        missed = [difference(printed[name], route[name]) for name in it.quantities if name in printed]
        return Row(
            equation=it.number,
            section=self.title,
            computed=it.computed,
            route=it.route,
            sets=sets,
            difference=largest,
            worst=worst,
            tolerance=it.tolerance,
            printed_difference=min(missed) if missed else None,
            verdict=it.verdict,
            sentence=it.sentence,
        )


def difference(one: Any, other: Any) -> float:
    """The largest difference between two arrays; infinite where one of them is no number and the other is."""
    one, other = np.broadcast_arrays(np.asarray(one), np.asarray(other))
    both = np.isnan(one) & np.isnan(other)
    apart = np.where(both, 0.0, np.abs(one - other))
    return float(np.where(np.isnan(apart), np.inf, apart).max())


def labelled(array: Numbers, *inner: str) -> xarray.DataArray:
    """An array over parameter sets as the axis that the systems take."""
    import xarray

    return xarray.DataArray(array, {"set": np.arange(len(array))}, ("set", *inner))


def matrix(terms: list[tuple[Any, Any]]) -> Numbers:
    """The Hamiltonian of a system's terms over the parameter sets, as plain arrays."""
    parts = [np.asarray(value)[..., None, None] * operator.full() for value, operator in terms]
    return np.asarray(sum(parts[1:], start=parts[0]))
