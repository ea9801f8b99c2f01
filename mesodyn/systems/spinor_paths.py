"""One particle with a spin in two paths, with a field in one of them: a spinor interferometer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix, NumberSpace, Site
from mesodyn.systems.base import Setting, System, Values

if TYPE_CHECKING:
    import xarray

SPINS = (0.0, 0.5, 1.0)


@dataclass(frozen=True, kw_only=True)
class SpinorPaths(System):
    r"""A particle of spin s in path A or B; both meet at beam splitters, between which B goes through a field.

    .. math:: H_\text{splitter} = -J(|A\rangle\langle B| + h.c.), \qquad
              H_\text{flight} = -(\omega_L S_z + \chi')\,|B\rangle\langle B|

    A beam splitter is the link of a trap pair with N_c = 0, held for :math:`Jt = \pi/4`; the flight is a hold without
    link. The field is along z.

    Parameters
    ----------
    spin
        0, 1/2 or 1.
    tunnelling
        J of a beam splitter.
    larmor
        :math:`\omega_L` of the field in path B, of either sign.
    phase_rate
        :math:`\chi'`: how fast a phase shifter turns the phase of path B.
    polarization
        Share of the beam that is polarised, 0 to 1.
    polarization_angle
        Angle between that polarisation (in the x-z plane) and the field [rad].

    Raises
    ------
    InputError
        For a value out of range.

    Examples
    --------
    Half a turn of the phase between the paths sends the particle out the other way:

    >>> import numpy as np, mesodyn as md
    >>> from mesodyn.systems.spinor_paths import SpinorPaths
    >>> paths = SpinorPaths(larmor=0.0, phase_rate=np.pi)
    >>> splitter = md.Hold(duration=np.pi / 4)
    >>> flight = md.Protocol(splitter, md.Disconnect(), md.Hold(duration=1.0), md.Connect(), splitter)
    >>> round(float(md.evolve(paths, flight).n_A[-1]), 12)
    1.0
    """

    spin: float = 0.5
    tunnelling: Any = 1.0
    larmor: Any = 1.0
    phase_rate: Any = 0.0
    polarization: Any = 0.0
    polarization_angle: Any = 0.0

    broadcasting = ("tunnelling", "larmor", "phase_rate", "polarization", "polarization_angle")
    preparing = ("polarization", "polarization_angle")

    def __post_init__(self) -> None:
        if np.ndim(self.spin) or self.spin not in SPINS:
            raise InputError("spin", "0, 0.5 or 1", self.spin)
        for name in ("tunnelling", "larmor", "phase_rate", "polarization_angle"):
            checks.number(name, getattr(self, name))
        checks.number("polarization", self.polarization, low=0, high=1)

    @cached_property
    def space(self) -> NumberSpace:
        """Path A on the left of path B."""
        site = Site("A", 0, 1, (0.0, self.spin), fermionic=self.spin == 0.5)
        return NumberSpace((site, Site("B", 0, 1, site.spins, site.fermionic)))

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """``link``, ``phase`` and the precession ``B.z``."""
        hop = self.space.correlation("A", "B")
        return {"link": -(hop + hop.dag()), "phase": -self.space.extra("B"), "B.z": -self.space.spin("B")[2]}

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`: the splitter while linked, field and phase shifter while not."""
        if setting.disconnected:
            return {"phase": values["phase_rate"], "B.z": values["larmor"]}
        if not isinstance(setting.link, float) or setting.link != 1.0:
            raise InputError(
                "protocol", "with sudden switches of the link", Shown("a slow one"), "leave the duration 0"
            )
        return {"link": values["tunnelling"]}

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """The numbers in both paths, their spins, and the coherence of the paths."""
        space = self.space
        found: dict[str, qutip.Qobj | Sequence[qutip.Qobj]] = {f"n_{path}": space.number(path) for path in "AB"}
        found |= {f"spin_{path}": space.spin(path) for path in "AB"}
        return found | {"coherence": space.correlation("A", "B")}

    def populations(self, polarization: Any, angle: Any) -> NDArray[np.float64]:
        """The weights of the spin projections along the field, from +s down, (..., 2s + 1)."""
        size = round(2 * self.spin)
        half = np.asarray(angle) / 2
        along = [comb(size, k) * np.cos(half) ** (2 * (size - k)) * np.sin(half) ** (2 * k) for k in range(size + 1)]
        share = np.asarray(polarization)[..., None]
        return np.asarray(share * np.stack(along, axis=-1) + (1 - share) / (size + 1))

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The beam before the first splitter: in path A, its spin polarised as far as it is. All accounts are one."""
        kept = self.space.sector(1)
        in_b = round(2 * self.spin) + 1  # the states of the sector with the particle in B stand first
        size, tilt = in_b - 1, values["polarization_angle"] / 2
        columns = [comb(size, k) ** 0.5 * np.cos(tilt) ** (size - k) * np.sin(tilt) ** k for k in range(size + 1)]
        ket = np.stack(columns, axis=1)
        share = values["polarization"][:, None, None]
        spin = share * ket[:, :, None] * ket[:, None, :] + (1 - share) * np.eye(in_b) / in_b
        state = np.zeros((len(ket), len(kept), len(kept)), complex)
        state[:, in_b:, in_b:] = spin
        return kept, state

    def equilibrium(self) -> xarray.Dataset:
        """A beam has none.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError("equilibrium", "asked of a system at rest", Shown("that of a beam"), "use md.evolve")
