"""A dot on leads with a memory, beyond rates: QuTiP's hierarchical equations of motion, raised until they stand still.

The leads' correlations are written as decaying exponentials (Padé), and each adds auxiliary matrices, tier by tier.
Where both are cut off is a choice with no bound on its error: here both are raised until the answer no longer moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.dynamics.auxiliaries import Block, strongest, weakest
from mesodyn.dynamics.raising import raised
from mesodyn.errors import InputError, Shown
from mesodyn.systems.microscopic.lead_dot import LeadDot

Array = NDArray[Any]

FIRST = (2, 1)
"""Depth and exponents of the first rung; without interaction nothing changes beyond depth 2."""


class Size(NamedTuple):
    """What a hierarchy costs, known in advance.

    Attributes
    ----------
    auxiliaries
        How many matrices it has.
    memory
        Bytes while it is built, as measured for one to three levels. A gigabyte takes about ten seconds.
    """

    auxiliaries: int
    memory: float


class Rung(NamedTuple):
    """One truncated hierarchy.

    Attributes
    ----------
    depth, exponents
        Tiers, and Padé exponents of each lead beside that of its band.
    auxiliaries
        How many matrices it has.
    populations, current
        As in `Hierarchy`.
    """

    depth: int
    exponents: int
    auxiliaries: int
    populations: Array
    current: Array


@dataclass(frozen=True)
class Hierarchy:
    """An answer that stands still.

    Attributes
    ----------
    populations
        An axis of two for each level: ``populations[1, 0]`` has the first of two levels filled. Of `transient` with
        the moments as first axis.
    current
        Electrons per time from each lead into each level (leads, levels), with the moments before.
    error
        An estimate of what is left to come, from the last raises: of a population, or of a current over the largest
        coupling.
    rungs
        All that was computed on the way.
    """

    populations: Array
    current: Array
    error: float
    rungs: tuple[Rung, ...]

    def table(self) -> str:
        """The rungs as text: depth, exponents, size and the populations (of the last moment)."""
        return _table(self.rungs)


def size(*, dot: LeadDot, depth: int, exponents: int) -> Size:
    """How many auxiliary matrices a hierarchy has, and how many bytes QuTiP takes to build it.

    Parameters
    ----------
    dot
        A `LeadDot`.
    depth, exponents
        Tiers (at least 1), and Padé exponents of each lead (at least 1).

    Examples
    --------
    >>> from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot
    >>> lead = BandLead(coupling=2.0, bandwidth=2.5, temperature=0.2)
    >>> size(dot=LeadDot(levels=(0.0, 0.0), leads=(lead,)), depth=2, exponents=2).auxiliaries
    79
    """
    checks.whole("depth", depth, low=1)
    checks.whole("exponents", exponents, low=1)
    channels = sum(np.count_nonzero(np.broadcast_to(lead.coupling, len(dot.levels))) for lead in dot.leads)
    modes = 2 * channels * (exponents + 1)
    elements = len(dot.energies) ** 2
    tiers = [comb(modes, tier) for tier in range(depth + 1)]
    links = sum(tier * count for tier, count in enumerate(tiers))
    return Size(sum(tiers), links * (700.0 + 195.0 * elements))


def truncated(*, dot: LeadDot, depth: int, exponents: int, memory: float = 2e9) -> Rung:
    """The steady state of one truncated hierarchy, however far it may be from the limit.

    Parameters
    ----------
    dot
        A `LeadDot` with bands of finite width.
    depth, exponents
        Tiers (at least 1), and Padé exponents of each lead (at least 1).
    memory
        Bytes that it may take.

    Returns
    -------
    Rung

    Raises
    ------
    InputError
        For a wide band, a level without a lead, or more than `memory`.
    UnfinishedError
        When no steady state is found.

    Examples
    --------
    A number that was published, and that is three times too large:

    >>> import numpy as np
    >>> from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot
    >>> lead, U = BandLead(coupling=2.0, bandwidth=2.5, temperature=0.2), 3 * np.pi
    >>> found = truncated(dot=LeadDot(levels=(-U / 2, -U / 2), interaction=U, leads=(lead,)), depth=2, exponents=2)
    >>> round(float(found.populations[0, 0]), 5)
    0.10623
    """
    _check(dot, memory)
    needed = size(dot=dot, depth=depth, exponents=exponents)
    if needed.memory > memory:
        was = Shown(f"{needed.auxiliaries} auxiliary matrices, {needed.memory:.2g} bytes")
        raise InputError(
            "memory", f"enough for depth {depth} and {exponents} exponents", was, "lower these or raise it"
        )
    block = Block(dot, depth, exponents)
    values = block.readings(block.steady()[None])[0]
    return Rung(depth, exponents, needed.auxiliaries, *_parted(values, dot))


def steady_state(*, dot: LeadDot, tolerance: float = 1e-4, memory: float = 2e9) -> Hierarchy:
    r"""The steady state of a dot on leads with Lorentzian bands, at any coupling and interaction.

    Depth and exponents are raised by the sparse grid of `mesodyn.dynamics.raising`, until raising either of them moves
    nothing, twice in a row.

    Parameters
    ----------
    dot
        A `LeadDot` with bands of finite width.
    tolerance
        The largest error of a population, and of a current over the largest coupling; above 0.
    memory
        Bytes that the largest hierarchy may take, known before it is built. A gigabyte takes about ten seconds.

    Returns
    -------
    Hierarchy

    Raises
    ------
    InputError
        For a wide band, or a level without a lead.
    UnfinishedError
        When the answer still moves and the next hierarchy would take more than `memory`, with the table so far.

    Notes
    -----
    Low temperatures need many exponents, strong interaction at a low temperature needs depth. A state that has not
    settled may have negative populations. That two raises in a row moved nothing is evidence, not a bound.

    References
    ----------
    Jin, Zheng and Yan, J. Chem. Phys. 128, 234703 (2008); Lambert et al., Phys. Rev. Research 5, 013181 (2023).

    Examples
    --------
    >>> from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot, landauer
    >>> sides = [BandLead(coupling=0.5, bandwidth=2.0, chemical_potential=m, temperature=0.5) for m in (0.5, -0.5)]
    >>> dot = LeadDot(levels=(0.2,), leads=sides)
    >>> found = steady_state(dot=dot, tolerance=1e-6)
    >>> bool(abs(found.current - landauer(dot).current).max() < 1e-6)
    True
    """
    return _raised(dot, None, (), tolerance, memory)


def transient(*, dot: LeadDot, times: Any, filled: Any = (), tolerance: float = 1e-4, memory: float = 2e8) -> Hierarchy:
    """How a dot comes to its steady state after it is connected to leads that are each in equilibrium.

    Parameters
    ----------
    dot
        A `LeadDot` with bands of finite width.
    times
        Ascending, the first at least 0.
    filled
        The numbers of the levels that are filled at time 0.
    tolerance, memory
        As for `steady_state`. The time grows with the times asked for as well.

    Returns
    -------
    Hierarchy
        Populations (times, 2, ...), and current (times, leads, levels).

    Raises
    ------
    InputError, UnfinishedError
        As `steady_state`; for times that don't ascend, or a level that isn't there.

    Examples
    --------
    >>> from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot
    >>> lead = BandLead(coupling=0.5, bandwidth=2.0, temperature=0.5)
    >>> found = transient(dot=LeadDot(levels=(0.0,), leads=(lead,)), times=[0.0, 40.0])
    >>> found.populations[:, 1].round(4).tolist()
    [0.0, 0.5]
    """
    moments = np.asarray(times, float)
    if moments.ndim != 1 or not len(moments) or not np.all(np.isfinite(moments)) or moments[0] < 0:
        raise InputError("times", "a list of finite numbers of at least 0", times)
    if not np.all(np.diff(moments) > 0):
        raise InputError("times", "ascending", Shown("not"))
    levels = [checks.whole("filled", level, high=len(dot.levels) - 1) for level in filled]
    return _raised(dot, moments, levels, tolerance, memory)


def _raised(dot: LeadDot, times: Array | None, filled: Any, tolerance: float, memory: float) -> Hierarchy:
    checks.number("tolerance", tolerance, above=0)
    _check(dot, memory)

    def evaluate(depth: int, exponents: int) -> Array:
        block = Block(dot, depth, exponents)
        states = block.steady()[None] if times is None else block.moved(filled, times, 0.1 * tolerance)
        return block.readings(states)

    def cost(depth: int, exponents: int) -> float:
        return size(dot=dot, depth=depth, exponents=exponents).memory

    def rungs(table: dict[tuple[int, int], Array]) -> tuple[Rung, ...]:
        made = ((*place, size(dot=dot, depth=place[0], exponents=place[1]).auxiliaries) for place in table)
        return tuple(Rung(*one, *_parted(values[-1], dot)) for one, values in zip(made, table.values(), strict=True))

    def said(table: dict[tuple[int, int], Array]) -> str:
        return (
            f"the hierarchy does not stand still within {tolerance:g} in {memory:.3g} bytes; (depth, exponents) and "
            f"the population of the empty dot: {_short(rungs(table))}; raise memory or tolerance, or the temperature"
        )

    found = raised(evaluate, cost, first=FIRST, tolerance=tolerance, most=memory, said=said)
    values = found.value if times is not None else found.value[0]
    return Hierarchy(*_parted(values, dot), found.error, rungs(found.table))


def _check(dot: LeadDot, memory: float) -> None:
    checks.number("memory", memory, above=0)
    for lead in dot.leads:
        if lead.bandwidth is None:
            raise InputError("bandwidth", "a number for the hierarchy", None, "give W, well above all other energies")
    if not weakest(dot) > 0:
        raise InputError("coupling", "above 0 for one lead of each level", Shown("0 for all"))


def _parted(values: Array, dot: LeadDot) -> tuple[Array, Array]:
    """Populations and currents from what `Block.readings` gives."""
    count, before = len(dot.energies), values.shape[:-1]
    populations = values[..., :count].reshape(*before, *dot.shape)
    return populations, strongest(dot) * values[..., count:].reshape(*before, len(dot.leads), len(dot.levels))


def _short(rungs: tuple[Rung, ...]) -> str:
    return ", ".join(f"({r.depth}, {r.exponents}) {r.populations.flat[0]:.5f}" for r in rungs)


def _table(rungs: tuple[Rung, ...]) -> str:
    lines = ["depth  exponents  auxiliaries  populations"]
    for rung in sorted(rungs, key=lambda each: each[:2]):
        shown = "  ".join(f"{p:.6f}" for p in rung.populations.flat)
        lines.append(f"{rung.depth:5d}  {rung.exponents:9d}  {rung.auxiliaries:11d}  {shown}")
    return "\n".join(lines)
