"""The proofs: every equation of the paper against a route that knows neither the formula nor the package.

One file per section of the paper, each with four functions of the same random parameter sets: what the `paper` says,
what the `package` gives, what the independent `route` finds, and, where the paper slips, what is `printed`. Only
`package` imports mesodyn's systems.
"""

from __future__ import annotations

import sys
from types import ModuleType

from mesodyn import checks
from mesodyn.verify import (
    exchange,
    gate,
    gauge,
    leads,
    normal_lead,
    outside,
    pairs,
    singles,
    sphere,
    staircase,
    tunnelling,
)
from mesodyn.verify.result import Row, Verification

SECTIONS = tuple(
    module.SECTION
    for module in (gauge, staircase, outside, gate, tunnelling, normal_lead, leads, pairs, singles, exchange, sphere)
)


def verify(sets: int = 200, seed: int = 0) -> Verification:
    """Prove every equation of the paper, (1)-(44), against an independent numerical route.

    Parameters
    ----------
    sets
        How many random parameter sets, at least 2.
    seed
        Of the random numbers; the same sets for the same seed.

    Returns
    -------
    Verification
        A row per equation, and some of what the paper says between them: what was computed, by which route, the
        largest difference, the verdict. ``.passed`` says whether all agree and every misprint is shown to fail.

    Raises
    ------
    InputError
        For a number of sets below 2, or a seed below 0.

    Examples
    --------
    >>> import mesodyn as md
    >>> found = md.verify(sets=5)
    >>> found.passed, found.rows[0].equation
    (True, '1')
    """
    sets, seed = checks.whole("sets", sets, low=2), checks.whole("seed", seed)
    rows = [row for k, section in enumerate(SECTIONS) for row in section.rows(sets, (seed, k))]
    return Verification(tuple(_in_order(rows)), sets, seed)


def _in_order(rows: list[Row]) -> list[Row]:
    """By the number of the equation; a statement without one stays behind the number that it follows."""
    placed, last = [], 0.0
    for row in rows:
        last = float(row.equation) if row.equation.isdigit() else int(last) + 0.5
        placed.append((last, row))
    return [row for _, row in sorted(placed, key=lambda pair: pair[0])]


class _Callable(ModuleType):
    """Lets ``mesodyn.verify()`` work though this package has the same name as the public function."""

    def __call__(self, sets: int = 200, seed: int = 0) -> Verification:
        return verify(sets, seed)


sys.modules[__name__].__class__ = _Callable
