"""Kets under a Hamiltonian that is real and tridiagonal: all levels at once, exact at any time.

Dense methods cost a thousand times more at a thousand levels, and Krylov steps go wrong without a sign of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]


class Spectrum:
    """The levels of a real symmetric tridiagonal Hamiltonian.

    Parameters
    ----------
    diagonal, beside
        Its elements (n,) and those next to the diagonal (n - 1,).

    Examples
    --------
    >>> import numpy as np
    >>> two = Spectrum(np.zeros(2), np.array([-1.0]))
    >>> abs(two.moved(np.array([1.0, 0.0]), np.array([np.pi / 2]))[0]).round(12).tolist()
    [0.0, 1.0]
    """

    def __init__(self, diagonal: Array, beside: Array) -> None:
        self.energies, self.vectors = eigh_tridiagonal(diagonal, beside)
        self.rows = np.ascontiguousarray(self.vectors.T)

    def moved(self, ket: Complex, times: Array) -> Complex:
        """``exp(-i H t) ket`` for a ket (n,) at times (moments,): array (moments, n)."""
        amplitudes = _product(ket, self.vectors)
        return _product(amplitudes * np.exp(-1j * np.multiply.outer(times, self.energies)), self.rows)

    def step(self, kets: Complex, time: float) -> Complex:
        """``exp(-i H time)`` on kets (runs, n)."""
        return _product(_product(kets, self.vectors) * np.exp(-1j * self.energies * time), self.rows)

    def means(self, state: Complex, operators: Mapping[str, Array], times: Array) -> dict[str, Complex]:
        """Expectations (moments,) of real operators (n, n) from a density matrix (n, n) at time 0."""
        inner = self.rows @ state @ self.vectors
        turned = np.exp(-1j * np.multiply.outer(times, self.energies))
        found = {}
        for name, operator in operators.items():
            both = inner * (self.rows @ operator @ self.vectors).T
            found[name] = ((turned @ both) * turned.conj()).sum(axis=1)
        return found

    def kicked(self, kets: Complex, generator: Array, kicks: Array, width: float) -> Iterator[Complex]:
        """Take kets through free stretches with a phase kick in the middle of each.

        Parameters
        ----------
        kets
            The states (runs, n).
        generator
            The diagonal (n,) of what a kick rotates by: it multiplies with ``exp(-i kick generator)``.
        kicks
            Angles (moments, stretches, runs).
        width
            The duration of one stretch.

        Yields
        ------
        array, shape (runs, n)
            The states after each moment's stretches.
        """
        for moment in kicks:
            for k, angles in enumerate(moment):
                kets = self.step(kets, width / 2 if k == 0 else width)
                kets = kets * np.exp(-1j * angles[:, None] * generator)
            kets = self.step(kets, width / 2)
            yield kets


def _product(states: Complex, matrix: Array) -> Complex:
    """States (..., n) times a real matrix (n, n), real and imaginary parts apart: half the work."""
    states = np.asarray(states, complex)
    found = np.empty(states.shape, complex)
    found.real = states.real @ matrix
    found.imag = states.imag @ matrix
    return found
