"""The ring without a many-body basis: levels of one particle, filled up. The independent route to `TrapRing`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mesodyn.numberspace import Matrix


@dataclass(frozen=True)
class FreeRing:
    r"""The ground state of spin-polarised particles on a ring, from the levels of one.

    Fermions fill the lowest N levels. Hard-core bosons and pairs do as well, with the phase :math:`(-1)^{N-1}` of
    Jordan and Wigner on the link that closes the ring.

    Parameters
    ----------
    traps, number, kind, tunnelling, flux
        As those of `TrapRing`.

    Examples
    --------
    >>> round(FreeRing(traps=20, number=10, tunnelling=1.0, flux=1.5707963267948966).energy, 12)
    -12.745494843182
    """

    traps: int
    number: int
    tunnelling: float
    flux: float
    kind: str = "fermion"

    @property
    def step(self) -> int:
        """Particles per step."""
        return 2 if self.kind == "pair" else 1

    @property
    def amplitude(self) -> complex:
        """What stands before a hop."""
        return complex(self.tunnelling * np.exp(1j * self.step * self.flux / self.traps))

    def _closing(self) -> NDArray[np.float64]:
        """1 for every link, but for the sign of the one that closes the ring."""
        signs = np.ones(self.traps)
        if self.kind != "fermion":
            signs[-1] = (-1.0) ** (self.number - 1)
        return signs

    def levels(self) -> tuple[NDArray[np.float64], Matrix]:
        """Energies and states (trap, level) of one particle, from the lowest up."""
        matrix = np.zeros((self.traps,) * 2, complex)
        here = np.arange(self.traps)
        np.add.at(matrix, ((here + 1) % self.traps, here), -self.amplitude * self._closing())
        return np.linalg.eigh(matrix + matrix.conj().T)

    @property
    def energy(self) -> float:
        """The sum of the lowest N levels."""
        return float(self.levels()[0][: self.number].sum())

    @property
    def gap(self) -> float:
        """What it costs to lift the highest particle to the next level."""
        energies = self.levels()[0]
        return float(energies[self.number] - energies[self.number - 1])

    def currents(self) -> NDArray[np.float64]:
        """The current of every link, from the correlation matrix <c_i^dagger c_j>."""
        filled = self.levels()[1][:, : self.number]
        correlation = filled.conj() @ filled.T
        here = np.arange(self.traps)
        hops = correlation[(here + 1) % self.traps, here] * self._closing()
        return np.asarray(-2 * self.step * np.imag(self.amplitude * hops))
