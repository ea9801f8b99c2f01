"""The record of an experiment at rest as curves along one swept parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn import axes, units
from mesodyn.axes import axis
from mesodyn.experiments.finding import Finding

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.base import Experiment, Scale

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sweep:
    """Curves along the axis of one parameter; the other axes, in their order, count the curves.

    Attributes
    ----------
    experiment, parameter
        What was swept.
    dim
        The axis along which only that parameter varies, each value once; "" if there is none: then every point is a
        curve of one point.
    x
        (curves, points): the swept parameter, increasing.
    """

    experiment: Experiment
    parameter: str
    dim: str
    x: Array
    order: NDArray[np.int64]

    @classmethod
    def of(cls, experiment: Experiment, parameter: str) -> Sweep:
        """The curves of an experiment along a parameter."""
        dim = _axis_of(experiment, parameter)
        plain = cls(experiment, parameter, dim, np.zeros((0, 0)), np.zeros((0, 0), int))
        x = plain._shaped(experiment.values[parameter])
        order = np.argsort(x, axis=1, kind="stable")
        return cls(experiment, parameter, dim, np.take_along_axis(x, order, axis=1), order)

    @property
    def rest(self) -> dict[str, xarray.DataArray]:
        """The axes that count the curves."""
        return {name: values for name, values in self.experiment.axes().items() if name != self.dim}

    def curves(self, variable: xarray.DataArray) -> Array:
        """A variable of the record, (curves, points, ...), in the order of `x`."""
        found = self._shaped(variable)
        order = self.order.reshape(self.order.shape + (1,) * (found.ndim - 2))
        return np.take_along_axis(found, np.broadcast_to(order, order.shape[:2] + found.shape[2:]), axis=1)

    def each(self, parameter: str) -> Array:
        """(curves,): another parameter, for each curve."""
        return np.asarray(axes.flatten(self.experiment.values[parameter], self.rest))

    def finding(
        self,
        name: str,
        meaning: str,
        value: Any,
        unit: str = "",
        expected: Any = None,
        tolerance: Any = 0.0,
        equation: str = "",
        along: str = "",
    ) -> Finding:
        """A finding from one number for each curve, or from several along a new axis."""
        import xarray

        rest = self.rest
        dims = (*rest, along) if along else tuple(rest)

        def labelled(array: Any) -> xarray.DataArray:
            full = np.broadcast_to(np.asarray(array, float), np.shape(value))
            return xarray.DataArray(axes.unflatten(full, rest), rest, dims)

        theory = None if expected is None else labelled(expected)
        return Finding(name, meaning, labelled(value), unit, theory, labelled(tolerance), equation)

    def one(self, at: Mapping[str, float]) -> tuple[Experiment, dict[str, float]]:
        """The experiment with a single curve, and where that is on the other axes."""
        single, place = self.experiment.at({name: value for name, value in at.items() if name != self.dim})
        if not self.dim:
            return single, place
        place.pop(self.dim)
        value = self.experiment.values[self.parameter]
        kept = value.sel({name: place[name] for name in value.dims if name != self.dim}).values
        return single.changed(**{self.parameter: axis(self.parameter, kept)}), place

    def _shaped(self, variable: Any) -> Array:
        """(curves, points, ...) of a parameter or a variable of the record."""
        grid = self.experiment.axes()
        ordered = {**self.rest, **({self.dim: grid[self.dim]} if self.dim else {})}
        flat = axes.flatten(variable, ordered)
        return np.asarray(flat).reshape(-1, grid[self.dim].size if self.dim else 1, *flat.shape[1:])


def axis_scale(experiment: Experiment, name: str, values: Any, symbol: str = "") -> Scale:
    """How an axis is drawn: with the unit of the parameter of its name, if there is one."""
    from mesodyn.experiments.base import Scale

    kinds = {parameter.name: parameter.kind for parameter in experiment.parameters}
    kind, words = kinds.get(name, ""), symbol or name.replace("_", " ")
    if kind not in units.KINDS:
        return Scale(1.0, words)
    return experiment.scaled(kind, words, float(np.abs(np.asarray(values)).max()))


def _axis_of(experiment: Experiment, parameter: str) -> str:
    """The axis along which this parameter and no other varies, taking each value once."""
    value = experiment.values[parameter]
    others = [v for name, v in experiment.values.resolved.items() if name != parameter]
    taken = {dim for other in others for dim in getattr(other, "dims", ())}
    for dim in sorted(getattr(value, "dims", ()), key=lambda dim: dim != parameter):
        steps = np.diff(np.sort(value.transpose(..., dim).values, axis=-1), axis=-1)
        if dim not in taken and np.all(steps > 0):
            return str(dim)
    return ""
