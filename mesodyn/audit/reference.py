"""A trap beside a reference of growing size: alone it has no phase, relative to the reference it has one (4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Hold, Protocol
from mesodyn.planning.binomial import exact_shots
from mesodyn.systems.lead_trap import LeadTrap

if TYPE_CHECKING:
    from mesodyn.figures.style import Figure

SIZES = (1, 3, 10, 30, 100)
"""Mean numbers of particles in the reference."""


@dataclass(frozen=True)
class Reference:
    """The trap and one reference, evolved with the total number conserved.

    Attributes
    ----------
    size
        The mean number of steps in the reference.
    alone
        The modulus of the trap's own order parameter, over uv: 0.
    relative
        That of the correlation with the reference, ``|<a^dagger Psi>|`` over the root of the size and uv.
    expected
        ``1 - 1/(8 size)``, the leading terms for a large one.
    deficit
        ``size (1 - relative)``, which tends to 1/8.
    pure
        The trap's own order parameter, over uv, if the totals had a phase as well.
    counted, mixture
        The chance to find the larger number after a quarter of a tunnelling period to the reference, for the best
        phase; and that of the mixture.
    shots
        How many shots tell these two apart at five standard deviations; None where there is no number.
    """

    size: int
    alone: float
    relative: float
    expected: float
    deficit: float
    pure: float
    counted: float
    mixture: float
    shots: int | None


def growing(weight: float, sizes: Sequence[int] = SIZES) -> tuple[Reference, ...]:
    """The trap in the state of weight v**2 beside references of several sizes.

    Examples
    --------
    >>> found = growing(0.5, (30,))[0]
    >>> found.alone, round(found.relative, 12), round(found.expected, 6)
    (0.0, 0.995769622643, 0.995833)
    """
    return tuple(_beside(int(size), weight) for size in sizes) if 0 < weight < 1 else ()


def _beside(size: int, weight: float) -> Reference:
    """One of them: the phases are those of free evolution; then the link is on for a quarter of its period."""
    trap = LeadTrap(lead_number=size, weight=weight, phase=np.pi / 2, tunnelling=1.0)
    pulse = Protocol(Hold(duration=np.pi / 4))
    states = {"fixed totals": trap.spread(coherent=False), "one state": trap.spread(coherent=True)}
    found = {name: evolve(trap, pulse, initial=state, moments=[1.0]) for name, state in states.items()}
    mixed = evolve(trap, pulse, account="mixture", moments=[1.0])
    uv = float(np.sqrt(weight * (1 - weight)))
    fixed, pure = found["fixed totals"], found["one state"]
    relative = abs(complex(fixed.correlation[0])) / uv
    counted, blind = float(fixed.n_mean[-1]), float(mixed.n_mean[-1])
    return Reference(
        size=size,
        alone=abs(complex(fixed.order_parameter[0])) / uv,
        relative=relative,
        expected=1 - 1 / (8 * size),
        deficit=size * (1 - relative),
        pure=abs(complex(pure.order_parameter[0])) / uv,
        counted=counted,
        mixture=blind,
        shots=exact_shots(min(counted, 1.0), blind).every,
    )


def drawn(references: Sequence[Reference]) -> Figure:
    """What is left of the coherence, against the size of the reference."""
    from mesodyn.figures import plots

    sizes = np.array([one.size for one in references], float)
    curves = {
        "relative to the reference": plots.Curve(
            [one.relative for one in references], [one.expected for one in references], style="markers"
        ),
        "trap alone": plots.Curve([one.alone for one in references], style="markers"),
    }
    figure = plots.against(sizes, curves, "mean number in the reference", "order parameter / uv")
    ax = figure.axes[0]
    ax.set_xscale("log")
    ax.set_xlim(sizes[0] / 1.3, sizes[-1] * 1.3)
    ax.set_ylim(-0.06, 1.1)
    ax.set_xticks(sizes, [f"{size:g}" for size in sizes])
    ax.minorticks_off()
    figure.set_label(
        "The order parameter of the trap alone and relative to a reference that shares its particles, the total number "
        "conserved. Dotted: 1 - 1/8n. The trap alone has none, whatever the size; relative to a large reference it "
        "has as much as state (2) is said to have by itself."
    )
    return figure
