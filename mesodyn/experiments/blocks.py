"""A run with many points, cut into blocks of its axes: each is the same experiment at some of the points."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesodyn import checks
from mesodyn.errors import InputError, Shown, unknown_name

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.base import Experiment

Where = Mapping[str, slice]


@dataclass(frozen=True)
class Partition:
    """How long a block is along each axis.

    Parameters
    ----------
    sizes
        The number of points of each axis, in the order of the axes.
    lengths
        Those of a block, at least 1; the last along an axis may be shorter.

    Examples
    --------
    >>> found = Partition({"turns": 5, "zeeman": 2}, {"turns": 3, "zeeman": 2})
    >>> [where["turns"] for where in found.blocks]
    [slice(0, 3, None), slice(3, 5, None)]
    """

    sizes: Mapping[str, int]
    lengths: Mapping[str, int]

    @property
    def points(self) -> int:
        """How many points there are."""
        return math.prod(self.sizes.values())

    @property
    def blocks(self) -> list[Where]:
        """The blocks, the last axis fastest."""
        cuts = [
            [slice(low, min(low + self.lengths[name], size)) for low in range(0, size, self.lengths[name])]
            for name, size in self.sizes.items()
        ]
        return [dict(zip(self.sizes, where, strict=True)) for where in itertools.product(*cuts)]

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return math.prod(math.ceil(size / self.lengths[name]) for name, size in self.sizes.items())


def cut(experiment: Experiment, most: int) -> Partition:
    """Blocks of at most `most` points, as even as halving makes them; axes that are measured along stay whole.

    The longest of the axes that may be cut is halved again and again, the first of equals.
    """
    sizes = {name: int(coordinate.size) for name, coordinate in experiment.axes().items()}
    lengths = dict(sizes)
    free = [name for name in sizes if name not in experiment.uncut()]
    while math.prod(lengths.values()) > most and any(lengths[name] > 1 for name in free):
        longest = max(free, key=lambda name: lengths[name])
        lengths[longest] = -(-lengths[longest] // 2)
    return Partition(sizes, lengths)


def read(experiment: Experiment, given: Any) -> Partition:
    """The partition that a run's description holds.

    Raises
    ------
    InputError
        When it is not a table of whole numbers for the axes of the run.
    """
    sizes = {name: int(coordinate.size) for name, coordinate in experiment.axes().items()}
    if not isinstance(given, Mapping):
        raise InputError("blocks", "a table of the lengths of a block along each axis", given)
    for name in given:
        if name not in sizes:
            raise unknown_name("a key of blocks", name, sizes)
    missing = [name for name in sizes if name not in given]
    if missing:
        raise InputError("blocks", f"with a length for the axis {missing[0]}", Shown("without"), "delete the table")
    lengths = {name: checks.whole(f"blocks.{name}", given[name], low=1, high=sizes[name]) for name in sizes}
    for name in experiment.uncut():
        if lengths.get(name, 0) != sizes.get(name, 0):
            must = f"{sizes[name]}: findings are measured along the whole of that axis"
            raise InputError(f"blocks.{name}", must, lengths[name], "delete the table")
    return Partition(sizes, lengths)


def joined(parts: Mapping[int, xarray.Dataset], partition: Partition) -> xarray.Dataset:
    """One dataset from those of the blocks that are there; nan where one is missing, or lacks a variable.

    Variables without an axis are those of the first block. Lists may be longer in one block than in another.
    """
    import xarray

    first = parts[min(parts)]
    names = dict.fromkeys(str(name) for part in parts.values() for name in part.data_vars)
    found = {
        name: _laid({number: part[name] for number, part in parts.items() if name in part}, partition) for name in names
    }
    rest = {name: value for name, value in first.coords.items() if not set(value.dims) & set(partition.sizes)}
    fixed = {name: value for name, value in rest.items() if set(value.dims) <= {"moment", *_fixed(parts)}}
    return xarray.Dataset(found, fixed, first.attrs)


def _fixed(parts: Mapping[int, xarray.Dataset]) -> set[str]:
    """The dimensions that are as long in each of some datasets that have them."""
    sizes: dict[str, set[int]] = {}
    for part in parts.values():
        for dim, size in part.sizes.items():
            sizes.setdefault(str(dim), set()).add(size)
    return {dim for dim, seen in sizes.items() if len(seen) == 1}


def _laid(parts: Mapping[int, xarray.DataArray], partition: Partition) -> Any:
    """One variable, its blocks laid side by side."""
    import numpy as np

    first = next(iter(parts.values()))
    if not set(partition.sizes) & set(first.dims):
        return first.variable
    longest = {dim: max(part.sizes[dim] for part in parts.values()) for dim in first.dims}
    gap: Any = "" if first.dtype.kind in "UO" else np.nan
    whole = len(parts) == partition.count and all(part.shape == first.shape for part in parts.values())
    kind = first.dtype if whole or first.dtype.kind in "fcUO" else np.dtype(float)
    values = np.full([partition.sizes.get(str(dim), longest[dim]) for dim in first.dims], gap, kind)
    for number, where in enumerate(partition.blocks):
        if number in parts:
            part = parts[number]
            values[tuple(where.get(str(dim), slice(0, part.sizes[dim])) for dim in part.dims)] = part.values
    return first.dims, values, first.attrs
