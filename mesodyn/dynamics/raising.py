"""Two truncations raised until the answer stands still: each direction, twice in a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mesodyn.errors import UnfinishedError

Array = NDArray[Any]
Place = tuple[int, int]
"""The two truncations, as (depth, exponents)."""

NOTHING = 0.1
"""What is below this share of small may grow."""


class Raised(NamedTuple):
    """What `raised` gives: the answer, what it may still be off by, and all that was computed, cheapest first."""

    value: Array
    error: float
    table: dict[Place, Array]


def raised(
    evaluate: Callable[[int, int], Array],
    cost: Callable[[int, int], float],
    *,
    first: Place,
    tolerance: float,
    most: float,
    said: Callable[[dict[Place, Array]], str],
) -> Raised:
    r"""Raise two truncations until no raise matters, by the sparse grid that adapts itself.

    .. math:: f(\infty,\infty) = \sum_{d,k}\Delta_{dk},\quad
              \Delta_{dk} = f(d,k) - f(d-1,k) - f(d,k-1) + f(d-1,k-1)

    :math:`\Delta_{dk}` is what a raise of one does differently after a raise of the other. A row or column of them ends
    where two in a row are small and the second is not the larger one (Gerstner and Griebel, Computing 71, 65, 2003).
    The next ones are taken to be as large as the ones before them, and add up to the estimate of the error; what counts
    as small is halved until that is below the tolerance.

    Parameters
    ----------
    evaluate
        From the two truncations to the answer, an array of one shape.
    cost
        From the two truncations to what the evaluation costs, growing with both.
    first
        Where both start.
    tolerance
        The largest error of an element.
    most
        An evaluation that costs more is not done.
    said
        From what was computed to what the refusal says of it.

    Raises
    ------
    UnfinishedError
        When the answer still moves and the next evaluation costs more than `most`.

    Examples
    --------
    >>> import numpy as np
    >>> found = raised(lambda d, k: np.array([1 - 2.0**-d - 3.0**-k]), lambda d, k: d + k, first=(1, 1),
    ...                tolerance=1e-3, most=100, said=str)
    >>> bool(abs(found.value[0] - 1) < found.error < 1e-3)
    True
    """
    table: dict[Place, Array] = {}
    small = tolerance
    while True:
        while wanted := [place for place in _next(table, first) if not _small(table, place, small)]:
            place = min(wanted, key=lambda each: (cost(*each), each))
            if cost(*place) > most:
                raise UnfinishedError(said(table))
            table[place] = evaluate(*place)
        left = [_left(table, place, small) for place in _next(table, first)]
        error = float(np.max(np.sum(left, axis=0)))
        if error <= tolerance:
            value = np.sum([_surplus(table, place) for place in table], axis=0)
            return Raised(value, error, table)
        small /= 2


def _next(table: dict[Place, Array], first: Place) -> list[Place]:
    """What may be computed: all that comes before it is there."""
    if not table:
        return [first]
    ahead = {place for d, k in table for place in ((d + 1, k), (d, k + 1))} - set(table)
    return [p for p in ahead if all(b[0] < first[0] or b[1] < first[1] or b in table for b in _behind(p, 1))]


def _behind(place: Place, steps: int) -> tuple[Place, Place]:
    return (place[0] - steps, place[1]), (place[0], place[1] - steps)


def _small(table: dict[Place, Array], place: Place, small: float) -> list[Array]:
    """For each direction in which two in a row were small, and did not grow: the last of them."""
    pairs = zip(_behind(place, 1), _behind(place, 2), strict=True)
    rows = [[abs(_surplus(table, each)) for each in pair] for pair in pairs if pair[1] in table]
    return [
        one for one, two in rows if max(one.max(), two.max()) <= small and one.max() <= max(two.max(), NOTHING * small)
    ]


def _left(table: dict[Place, Array], place: Place, small: float) -> Array:
    """How much a place that is not computed might still bring: as much as the one before it, it is taken."""
    return np.asarray(np.min(_small(table, place, small), axis=0))


def _surplus(table: dict[Place, Array], place: Place) -> Array:
    depth, exponents = place
    zero = np.zeros_like(table[place])
    before = table.get((depth - 1, exponents), zero) + table.get((depth, exponents - 1), zero)
    return np.asarray(table[place] - before + table.get((depth - 1, exponents - 1), zero))
