"""Symmetries as operations on states, and the paper's definition of order: which of them a state breaks.

The operations are those of sections 3, 4 and 7: the gauge transformation (1), rotations of the spin, among them the one
by a full turn, and the reversal of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import qutip

from mesodyn import checks
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix, NumberSpace, Site

AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


def gauge(space: NumberSpace, angle: float) -> qutip.Qobj:
    r"""The gauge transformation (1): :math:`e^{i\hat N f}`, under which :math:`\Psi \to e^{if}\Psi`.

    Parameters
    ----------
    space
        The sites.
    angle
        f [rad].

    Returns
    -------
    qutip.Qobj
        A diagonal unitary, with N the number of particles of all sites, cores included.

    Examples
    --------
    >>> from mesodyn.numberspace import NumberSpace, Site
    >>> gauge(NumberSpace((Site("A", n_c=2),)), np.pi).diag().real.round(12).tolist()
    [1.0, -1.0]
    """
    checks.number("angle", angle)
    return qutip.Qobj(np.diag(np.exp(1j * angle * space.totals)), dims=[space.dims, space.dims])


def rotation(
    space: NumberSpace, angle: float, axis: str | Sequence[float] = "z", site: str | None = None
) -> qutip.Qobj:
    r"""The rotation of the spins: :math:`R(\alpha) = e^{-i\alpha\,\mathbf e\cdot\mathbf S}`, of all sites or one.

    A full turn is :math:`R(2\pi) = (-1)^{\hat N}` for fermions (3i). A fermionic site whose spin isn't part of the
    space, because a strong field holds it, can be turned by full turns only.

    Parameters
    ----------
    space
        The sites.
    angle
        :math:`\alpha` [rad].
    axis
        ``"x"``, ``"y"``, ``"z"`` or three numbers, of any length but 0.
    site
        The name of the only site to turn; all are, unless given.

    Returns
    -------
    qutip.Qobj
        A unitary of the whole space.

    Raises
    ------
    InputError
        For an unknown site or axis, or a part of a turn of a spin that isn't part of the space.

    Examples
    --------
    >>> from mesodyn.numberspace import NumberSpace, Site
    >>> trap = NumberSpace((Site("A", n_c=2, spins=(0, 0.5), fermionic=True),))
    >>> rotation(trap, 2 * np.pi, "x").diag().real.round(12).tolist()
    [1.0, -1.0, -1.0]
    """
    checks.number("angle", angle)
    unit = _unit(axis)
    turned = range(len(space.sites)) if site is None else [space.position(site)]
    factors = [qutip.qeye(d) for d in space.dims]
    for k in turned:
        factors[k] = qutip.Qobj(_turn(space.sites[k], angle, unit))
    return qutip.tensor(factors)


def time_reversal(space: NumberSpace, state: qutip.Qobj) -> qutip.Qobj:
    r"""The time-reversed state: :math:`T = e^{-i\pi S_y}K`, with K the complex conjugation in the basis of the space.

    :math:`T|s, m\rangle = (-1)^{s-m}|s, -m\rangle`, so that :math:`T\Psi_m T^{-1} = (-1)^{s-m}\Psi_{-m}` for the field
    operators of `Site.lowering`, and :math:`T^2 = (-1)^{\hat N}` for fermions. T is antiunitary: it is no operator that
    could be handed out, and the phase of a superposition of N changes sign.

    Parameters
    ----------
    space
        The sites.
    state
        A ket or a density matrix of the space.

    Returns
    -------
    qutip.Qobj
        Of the kind of `state`.

    Raises
    ------
    InputError
        For a state of another space, or for a fermionic site whose spin is held by a field and isn't part of the space.

    Examples
    --------
    >>> from mesodyn.numberspace import NumberSpace, Site
    >>> trap = NumberSpace((Site("A", spins=(0, 0.5), fermionic=True),))
    >>> time_reversal(trap, 1j * qutip.basis([3], [1])).full().ravel().tolist()
    [0j, 0j, -1j]
    """
    for site in space.sites:
        if _held(site):
            was = Shown("held by a field outside the space")
            raise InputError(f"the spin of site {site.name}", "part of the space for the reversal of time", was)
    return _reversed(space, _checked(space, state))


@dataclass(frozen=True)
class Ordering:
    """Which symmetries a state breaks, and by how much.

    Attributes
    ----------
    superfluid
        The gauge transformation by pi, (-1)**N, changes the state: no gauge transformation is left. Fermions then
        break R(2 pi) as well.
    superconducting
        Gauge transformations change the state, but the one by pi doesn't: Z2 is left, R(2 pi) is kept.
    magnetic
        The reversal of time changes what the state says about spins.
    broken
        The trace distance between the state and its image, 0 (the same) to 1 (told apart at once; for pure states
        sqrt(1 - fidelity)): under ``gauge`` (the worst of all angles tried), ``gauge(pi)``, ``rotation(2 pi)`` and
        ``time_reversal``.
    field, pair_field
        ``|<Psi>|`` of each site with steps of one particle, ``|<Psi Psi>|`` of each site with steps of two and of each
        pair of sites with steps of one (``"A B"``), summed in squares over spin.
    spin
        <S> of each site.
    """

    superfluid: bool
    superconducting: bool
    magnetic: bool
    broken: dict[str, float]
    field: dict[str, float]
    pair_field: dict[str, float]
    spin: dict[str, tuple[float, float, float]]


def ordering(space: NumberSpace, state: qutip.Qobj, tolerance: float = 1e-9) -> Ordering:
    """The order of a state, by acting on it with each symmetry and comparing: the paper's definition, executable.

    Time is reversed after averaging over the phases of all sites, since these are a choice of gauge and mean no
    magnetism. Spins that aren't part of the space, because a strong field holds them, aren't seen.

    Parameters
    ----------
    space
        The sites.
    state
        A ket or a density matrix of the space, of norm or trace 1.
    tolerance
        The trace distance up to which two states count as the same.

    Returns
    -------
    Ordering
        The verdicts and the measured amounts.

    Raises
    ------
    InputError
        For a state of another space, or one that isn't normalised.

    Examples
    --------
    >>> from mesodyn.numberspace import NumberSpace, Site
    >>> trap = NumberSpace((Site("A", n_c=2, fermionic=True),))
    >>> state_2 = (qutip.basis([2], 0) + 1j * qutip.basis([2], 1)).unit()
    >>> found = ordering(trap, state_2)
    >>> found.superfluid, found.superconducting, found.field["A"].__round__(6)
    (True, False, 0.5)
    >>> ordering(trap, qutip.qeye([2]) / 2).superfluid
    False
    """
    matrix = _checked(space, state)
    matrix = matrix.proj() if matrix.isket else matrix
    if abs(matrix.tr() - 1) > 1e-7:
        raise InputError("state", "normalised", Shown(f"of trace {matrix.tr():.6g}"))
    largest = int(np.ptp(space.totals))
    gauges = [_distance(matrix, gauge(space, np.pi / k)) for k in range(1, largest + 1)] or [0.0]
    broken = {
        "gauge": max(gauges),
        "gauge(pi)": gauges[0],
        "rotation(2 pi)": _distance(matrix, rotation(space, 2 * np.pi)),
        "time_reversal": _reversal_distance(space, matrix),
    }
    single = gauges[0] > tolerance
    field, pair_field = _fields(space, matrix)
    spin = {site.name: _means(space.spin(site.name), matrix) for site in space.sites}
    return Ordering(
        superfluid=single,
        superconducting=broken["gauge"] > tolerance and not single,
        magnetic=broken["time_reversal"] > tolerance,
        broken=broken,
        field=field,
        pair_field=pair_field,
        spin={name: (x.real, y.real, z.real) for name, (x, y, z) in spin.items()},
    )


def _held(site: Site) -> bool:
    """Whether the site's fermions have a spin that isn't part of the space."""
    numbers = (site.n_c, site.n_c + site.step)
    return site.fermionic and any((n - round(2 * s)) % 2 for n, s in zip(numbers, site.spins, strict=True))


def _unit(axis: str | Sequence[float]) -> tuple[float, float, float]:
    if isinstance(axis, str):
        x, y, z = AXES[checks.choice("axis", axis, AXES)]
        return x, y, z
    parts = [float(checks.number("axis", part)) for part in axis]
    size = float(np.linalg.norm(parts))
    if len(parts) != 3 or size == 0:
        raise InputError("axis", "'x', 'y', 'z' or three numbers that aren't all 0", list(axis))
    x, y, z = parts
    return x / size, y / size, z / size


def _turn(site: Site, angle: float, unit: tuple[float, float, float]) -> Matrix:
    """One site's rotation; a spin that is held has full turns only, each (-1)**N."""
    if _held(site):
        turns = round(angle / (2 * np.pi))
        if abs(angle - 2 * np.pi * turns) > 1e-12 * max(1.0, abs(angle)):
            was = Shown(f"{angle!r}")
            raise InputError("angle", f"full turns: the spin of site {site.name} isn't part of the space", was)
        numbers = np.array([site.n_c + site.step * extra for extra, _ in site.levels])
        return np.diag((-1.0 + 0j) ** (turns * numbers))
    generator = sum(e * s for e, s in zip(unit, site.spin(), strict=True))
    levels, kets = np.linalg.eigh(generator)
    return np.asarray((kets * np.exp(-1j * angle * levels)) @ kets.conj().T)


def _reversed(space: NumberSpace, state: qutip.Qobj) -> qutip.Qobj:
    """``exp(-i pi S_y) K`` on the spins that are part of the space."""
    flips = []
    for site in space.sites:
        flip = np.zeros((len(site.levels),) * 2)
        place = {level: k for k, level in enumerate(site.levels)}
        for (extra, m), k in place.items():
            flip[place[extra, -m], k] = (-1) ** round(site.spins[extra] - m)
        flips.append(qutip.Qobj(flip))
    flipped = qutip.tensor(flips)
    return flipped @ state.conj() if state.isket else flipped @ state.conj() @ flipped.dag()


def _checked(space: NumberSpace, state: qutip.Qobj) -> qutip.Qobj:
    demand = f"a ket or density matrix of dims {space.dims}"
    if not isinstance(state, qutip.Qobj) or not (state.isket or state.isoper):
        raise InputError("state", demand, Shown(type(state).__name__))
    if state.dims[0] != space.dims:
        raise InputError("state", demand, Shown(f"one of dims {state.dims[0]}"))
    return state


def _distance(matrix: qutip.Qobj, unitary: qutip.Qobj) -> float:
    return _trace_distance(matrix, unitary @ matrix @ unitary.dag())


def _trace_distance(one: qutip.Qobj, other: qutip.Qobj) -> float:
    return float(0.5 * np.abs(np.linalg.eigvalsh((one - other).full())).sum())


def _reversal_distance(space: NumberSpace, matrix: qutip.Qobj) -> float:
    """How far T moves the state once the phases of all sites are averaged over."""
    charges = np.array(
        [[s.levels[k][0] for s, k in zip(space.sites, at, strict=True)] for at in np.ndindex(*space.dims)]
    )
    same = (charges[:, None] == charges[None]).all(axis=-1)
    averaged = qutip.Qobj(np.where(same, matrix.full(), 0), dims=matrix.dims)
    return _trace_distance(averaged, _reversed(space, averaged))


def _means(operators: Sequence[qutip.Qobj], matrix: qutip.Qobj) -> list[complex]:
    return [complex((operator @ matrix).tr()) for operator in operators]


def _fields(space: NumberSpace, matrix: qutip.Qobj) -> tuple[dict[str, float], dict[str, float]]:
    """The sizes of <Psi> and of <Psi Psi>."""

    def size(operators: Sequence[qutip.Qobj]) -> float:
        return float(np.linalg.norm(_means(operators, matrix)))

    local = {site.name: size(space.local_field(site.name)) for site in space.sites}
    single = [site.name for site in space.sites if site.step == 1]
    pairs = {name: value for name, value in local.items() if name not in single}
    for one, other in combinations(single, 2):
        pairs[f"{one} {other}"] = size([a @ b for a in space.field(one) for b in space.field(other)])
    return {name: local[name] for name in single}, pairs
