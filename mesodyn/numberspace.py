"""Windows of particle number: sites that hold one of two charges, with their operators and safe reductions.

A site (a trap, a dot, a lead level) has two charge states and nothing else. The sites of a space stand from left to
right; fermionic operators carry the parity string of the sites to their left, counted in extra particles (the parity
of the core, N_c, is the same everywhere and is a choice of gauge). This is the only module that knows about strings:
nobody calls `ptrace` on Jordan-Wigner modes (see `reduced`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.errors import InputError, unknown_name

Matrix = NDArray[np.complex128]


@dataclass(frozen=True)
class Site:
    """A thing that holds `n_c` or `n_c + step` particles, with a spin for each of the two charge states.

    Parameters
    ----------
    name
        For example ``"A"``.
    n_c
        The smaller number of particles.
    step
        1 (a particle) or 2 (a pair).
    spins
        The spin of the two charge states: multiples of one half.
    fermionic
        Whether exchanging two of its particles changes sign.
    """

    name: str
    n_c: int = 0
    step: int = 1
    spins: tuple[float, float] = (0.0, 0.0)
    fermionic: bool = False

    def __post_init__(self) -> None:
        checks.whole("n_c", self.n_c)
        checks.whole("step", self.step, low=1, high=2)
        for spin in self.spins:
            if 2 * spin != int(2 * spin) or spin < 0:
                raise InputError("spin", "a multiple of one half, 0 or more", spin)
        low, high = self.spins
        if low != high and 0 not in self.spins:
            raise InputError("spins", "equal, or one of them 0", self.spins)

    @cached_property
    def levels(self) -> tuple[tuple[int, float], ...]:
        """The basis: (extra, m), extra = 0 or 1 steps above n_c, m from +spin down to -spin."""
        return tuple((extra, spin - k) for extra, spin in enumerate(self.spins) for k in range(round(2 * spin) + 1))

    @property
    def odd(self) -> bool:
        """Whether the field operator of this site changes the fermion parity."""
        return self.fermionic and self.step % 2 == 1

    @property
    def spinful(self) -> float:
        """The larger of the two spins."""
        return max(self.spins)

    def label(self, level: int) -> str:
        """The level's name, for example ``1,+1/2``: number of particles and, with spin, the projection m."""
        extra, m = self.levels[level]
        charge = f"{self.n_c + self.step * extra}"
        if self.spins[extra] == 0:
            return charge
        twice = round(2 * m)
        return f"{charge},{twice // 2:+d}" if twice % 2 == 0 else f"{charge},{twice:+d}/2"

    def extra(self) -> Matrix:
        """0 or 1: how many steps above n_c."""
        return np.diag([complex(extra) for extra, _ in self.levels])

    def spin(self) -> tuple[Matrix, Matrix, Matrix]:
        """S_x, S_y, S_z (z is the axis that m is counted along), block by block of charge."""
        parts: list[Matrix] = [np.zeros((len(self.levels),) * 2, complex) for _ in range(3)]
        start = 0
        for spin in self.spins:
            size = round(2 * spin) + 1
            if spin > 0:
                for part, matrix in zip(parts, qutip.spin_J_set(spin), strict=True):
                    part[start : start + size, start : start + size] = matrix.full()
            start += size
        return parts[0], parts[1], parts[2]

    def lowering(self) -> list[Matrix]:
        """The local field operators: each takes one step off; with a spin that is made or lost, one for each m.

        Losing the step from a spin-s state leaves spin 0: ``|n_c + step, m> -> |n_c>``. From a closed shell it leaves
        spin s: ``|n_c + step> -> (-1)**(s - m) |n_c, -m>``, the one rotation-invariant choice. With equal spins the
        step is a singlet and m stays.
        """
        place = {level: k for k, level in enumerate(self.levels)}
        size = len(self.levels)
        low, high = self.spins
        spin = self.spinful
        projections = [spin - k for k in range(round(2 * spin) + 1)]
        if low == high:
            operator = np.zeros((size, size), complex)
            for m in projections:
                operator[place[0, m], place[1, m]] = 1
            return [operator]
        operators = []
        for m in projections:
            operator = np.zeros((size, size), complex)
            if high > 0:
                operator[place[0, 0.0], place[1, m]] = 1
            else:
                operator[place[0, -m], place[1, 0.0]] = (-1) ** round(spin - m)
            operators.append(operator)
        return operators


@dataclass(frozen=True)
class Ladder(Site):
    """A mode that holds from `n_c` particles up to `most` steps more: the condensate of a lead.

    Examples
    --------
    >>> Ladder("lead", n_c=4, step=2, most=1).lowering()[0].real.round(3).tolist()
    [[0.0, 1.732], [0.0, 0.0]]
    """

    most: int = 1

    @cached_property
    def levels(self) -> tuple[tuple[int, float], ...]:
        """The basis: (extra, 0) with 0 up to `most` steps above n_c."""
        return tuple((extra, 0.0) for extra in range(self.most + 1))

    def label(self, level: int) -> str:
        """The number of particles."""
        return f"{self.n_c + self.step * level}"

    def spin(self) -> tuple[Matrix, Matrix, Matrix]:
        """Zero: a mode has no spin."""
        nothing = np.zeros((len(self.levels),) * 2, complex)
        return nothing, nothing, nothing

    def lowering(self) -> list[Matrix]:
        """The boson operator that takes one step off: ``a|k> = sqrt(k)|k - 1>``, k counting steps from 0."""
        steps = self.n_c // self.step + np.arange(1, self.most + 1)
        return [np.diag(np.sqrt(steps), 1).astype(complex)]


@dataclass(frozen=True)
class NumberSpace:
    """Sites side by side: the product basis (rightmost site fastest) and the operators on it.

    Examples
    --------
    >>> space = NumberSpace((Site("A", spins=(0, 0.5), fermionic=True), Site("B", spins=(0, 0.5), fermionic=True)))
    >>> space.size
    9
    >>> [space.labels[k] for k in space.sector(1)]
    ['A:0 B:1,+1/2', 'A:0 B:1,-1/2', 'A:1,+1/2 B:0', 'A:1,-1/2 B:0']
    """

    sites: tuple[Site, ...]

    @property
    def dims(self) -> list[int]:
        """The number of levels of each site."""
        return [len(site.levels) for site in self.sites]

    @property
    def size(self) -> int:
        """The dimension of the space."""
        return int(np.prod(self.dims))

    @cached_property
    def labels(self) -> list[str]:
        """The basis states in order, for example ``A:0 B:1,+1/2``."""
        indices = np.ndindex(*self.dims)
        return [" ".join(f"{s.name}:{s.label(k)}" for s, k in zip(self.sites, at, strict=True)) for at in indices]

    @cached_property
    def totals(self) -> NDArray[np.int64]:
        """The total number of particles of each basis state."""
        counts = [np.array([s.n_c + s.step * extra for extra, _ in s.levels]) for s in self.sites]
        return np.array([sum(c[k] for c, k in zip(counts, at, strict=True)) for at in np.ndindex(*self.dims)])

    def sector(self, total: int) -> NDArray[np.int64]:
        """The indices of the basis states with `total` particles."""
        found = np.flatnonzero(self.totals == total)
        if not len(found):
            known = ", ".join(str(n) for n in sorted(set(self.totals.tolist())))
            raise InputError("sector", f"one of the totals {known}", total)
        return found

    def position(self, name: str) -> int:
        """Where the site of that name stands, from the left."""
        names = [site.name for site in self.sites]
        if name not in names:
            raise unknown_name("site", name, names)
        return names.index(name)

    def operator(self, name: str, local: Matrix, string: bool = False) -> qutip.Qobj:
        """A site's matrix as an operator of the whole space, with the parity string of the sites on its left."""
        where = self.position(name)
        factors = [qutip.qeye(d) for d in self.dims]
        factors[where] = qutip.Qobj(local)
        if string:
            for k, site in enumerate(self.sites[:where]):
                factors[k] = qutip.Qobj(np.diag((-1.0) ** _parity(site)))
        return qutip.tensor(factors)

    def number(self, name: str) -> qutip.Qobj:
        """The number of particles of a site, n_c included."""
        site = self.sites[self.position(name)]
        return self.operator(name, site.n_c * np.eye(len(site.levels)) + site.step * site.extra())

    def extra(self, name: str) -> qutip.Qobj:
        """0 or 1: how many steps a site holds above n_c."""
        return self.operator(name, self.sites[self.position(name)].extra())

    def spin(self, name: str) -> tuple[qutip.Qobj, qutip.Qobj, qutip.Qobj]:
        """The three components of a site's spin."""
        x, y, z = self.sites[self.position(name)].spin()
        return self.operator(name, x), self.operator(name, y), self.operator(name, z)

    def field(self, name: str) -> list[qutip.Qobj]:
        """The field operators of a site, one per spin component, with their parity strings: they anticommute."""
        site = self.sites[self.position(name)]
        return [self.operator(name, local, string=site.odd) for local in site.lowering()]

    def local_field(self, name: str) -> list[qutip.Qobj]:
        """The field operators without the string, ``(-1)**N_left Psi``: what the site alone would report."""
        return [self.operator(name, local) for local in self.sites[self.position(name)].lowering()]

    def correlation(self, left: str, right: str) -> qutip.Qobj:
        """The number-conserving coherence ``sum_m Psi_left,m^dagger Psi_right,m``."""
        parts = [a.dag() @ b for a, b in zip(self.field(left), self.field(right), strict=True)]
        return sum(parts[1:], start=parts[0])

    def reduced(self, state: qutip.Qobj, keep: Sequence[str]) -> qutip.Qobj:
        """The fermion-safe reduced density matrix of the sites in `keep`, in their order in the space."""
        parities = [_parity(site) for site in self.sites]
        return reduced(state, parities, [self.position(name) for name in keep])


def reduced(state: qutip.Qobj, parities: Sequence[NDArray[np.int64]], keep: Sequence[int]) -> qutip.Qobj:
    """The reduced density matrix of some parts of a fermionic state, signs included.

    `ptrace` is wrong on Jordan-Wigner modes when a part that is traced out stands left of one that is kept: the string
    through it is lost. Here the kept parts are first moved to the left, with the sign of every exchange of two odd
    states; tracing out what then stands on the right is safe.

    Parameters
    ----------
    state
        A ket or a density matrix of the parts, ``dims`` as those of `parities`.
    parities
        For each part, the fermion parity (0 or 1) of each of its levels; ``[0, 1]`` for a Jordan-Wigner mode.
    keep
        Which parts are kept.

    Returns
    -------
    qutip.Qobj
        A density matrix of the kept parts, such that every operator on them, odd ones included, has the expectation
        it has in the full state.

    Examples
    --------
    Three modes, the middle one filled: ``<c_1^dagger c_3> = 1/2`` survives.

    >>> import qutip
    >>> from mesodyn.numberspace import reduced
    >>> state = (qutip.basis([2, 2, 2], [0, 1, 1]) - qutip.basis([2, 2, 2], [1, 1, 0])).unit()
    >>> c = [qutip.fdestroy(3, k) for k in range(3)]
    >>> round(qutip.expect(c[0].dag() @ c[2], state).real, 12)
    0.5
    >>> d = [qutip.fdestroy(2, k) for k in range(2)]
    >>> round(qutip.expect(d[0].dag() @ d[1], reduced(state, [[0, 1]] * 3, [0, 2])).real, 12)
    0.5
    """
    kept = sorted(set(keep))
    if not kept or len(kept) != len(list(keep)) or not 0 <= kept[0] <= kept[-1] < len(parities):
        raise InputError("keep", f"different positions from 0 to {len(parities) - 1}", list(keep))
    sizes = [len(p) for p in parities]
    matrix = state.proj() if state.isket else state
    if matrix.dims[0] != sizes:
        raise InputError("state", f"of dims {sizes}", matrix.dims[0])
    sign = np.ones(sizes)
    for moved in kept:
        for passed in range(moved):
            if passed not in kept:
                one = np.reshape(parities[moved], [-1 if k == moved else 1 for k in range(len(sizes))])
                other = np.reshape(parities[passed], [-1 if k == passed else 1 for k in range(len(sizes))])
                sign = sign * (-1.0) ** (one * other)
    swap = qutip.Qobj(np.diag(sign.ravel()), dims=[sizes, sizes])
    return (swap @ matrix @ swap).ptrace(kept)


@lru_cache(maxsize=64)
def _parity(site: Site) -> NDArray[np.int64]:
    """The fermion parity of a site's levels, counted in extra particles."""
    return np.array([extra if site.odd else 0 for extra, _ in site.levels])
