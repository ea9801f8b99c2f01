"""Take a system through a protocol, and record what happens: the one place where solvers are called."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from mesodyn import axes, checks
from mesodyn.accounts import check_account
from mesodyn.dynamics import kets
from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.ensembles import Ensemble, Trajectories
from mesodyn.dynamics.protocol import Protocol, Relax
from mesodyn.dynamics.record import Observables, Part, Watch, dataset
from mesodyn.dynamics.solver import METHODS, ONE_BY_ONE, Solver
from mesodyn.dynamics.stages import Flatten, stages
from mesodyn.dynamics.terms import Terms, closed
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import Setting, System

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

RESERVED = frozenset(
    {
        *("moment", "segment", "time", "energy", "heat", "norm", "error", "jumps"),
        *("state", "edge", "row", "column", "trap", "outcome", "part"),
    }
)
"""Names of dimensions and variables of records, which no axis can have."""
CHUNK = 4_000_000
"""How many complex numbers of states are held at once."""
MOST = 30_000_000
"""The largest number of complex numbers that the density matrices of one point and segment may take."""


def evolve(
    system: System,
    protocol: Protocol,
    *,
    initial: str | qutip.Qobj = "ground",
    account: str = "conserving",
    observables: Observables | None = None,
    moments: int | Sequence[float] = 101,
    frame: str = "lab",
    bath: Bath | None = None,
    method: str = "auto",
    tolerance: float = 1e-9,
    seed: int = 0,
    trajectories: int = 1000,
    states: bool = False,
    places: xarray.DataArray | None = None,
) -> xarray.Dataset:
    r"""Evolve a system through a protocol and record what happens.

    A state that is pure and meets no bath is a ket, any other a density matrix. Static segments and uniform rotations
    are solved exactly by batched spectral decomposition, relaxation by its rate equation, driven segments in the
    co-rotating frame by the slow solution of two levels or by commutator-free Magnus steps; all points of the
    parameters' axes are solved together.

    Parameters
    ----------
    system, protocol
        What is evolved, and what is done to it.
    initial
        ``"ground"``, ``"thermal"`` (at the system's temperature), or a ket or density matrix of the system's space.
    account
        ``"superposition"``, ``"conserving"`` or ``"mixture"``: which initial state (DEFINITIONS 6.1).
    observables
        Operators by name; a sequence of three is a vector. Default: the system's own.
    moments
        How many moments each segment of finite duration has, both ends included; or the fractions of a segment,
        ascending in (0, 1]. An instantaneous switch has one moment, just after it.
    frame
        ``"lab"``, or ``"rotating"``: without the system's chemical-potential term.
    bath
        Dephasing and loss that act all the time.
    method
        One of `mesodyn.dynamics.solver.METHODS`. The record's ``method`` says what was used, segment by segment.
    tolerance
        Largest error of a driven propagator's element, or of an integrated state's; it is estimated and recorded.
    seed, trajectories
        For ``method="trajectories"``: trajectory k of point p (see `places`) draws from
        ``mesodyn.seeds.generator(seed, p, k)``, k below `trajectories` (at least 2). Nothing else draws numbers.
    states
        Whether to keep the state at the end of each segment (variable ``state``): kets (edge, axes, row) where the
        initial states are given as kets (a ket `initial`, a system that prepares kets) and stay pure throughout, else
        density matrices (edge, axes, row, column).
    places
        The index of each point in the run that this call is a part of, along its axes; counted over all axes of this
        call by default.

    Returns
    -------
    xarray.Dataset
        Dims ``moment`` and the parameters' axes. Variables: ``time`` (moment, axes), ``energy``, ``heat`` (given to the
        baths of `Relax` segments so far), ``norm``, the observables, ``error`` (axes); ``segment`` (moment) labels the
        moments. Units are those of the parameters. Of trajectories these are means; ``NAME_error`` is the standard
        error of each (of a complex one, of its distance from the mean), and ``jumps`` the mean number of jumps so far.

    Raises
    ------
    InputError
        For a name that is not known, an account, frame or method that does not fit, a basis too large for the bath.
    UnfinishedError
        When the tolerance is not reached or the norm is lost.

    Examples
    --------
    >>> import mesodyn as md
    >>> pair = md.TrapPair(tunnelling=1.0, zeeman=60.0)
    >>> turn = md.Protocol(md.Disconnect(), md.Rotate(duration=20.0, turns=md.axis("turns", [0, 1, 2])), md.Connect())
    >>> record = md.evolve(pair, turn)
    >>> (record.energy[-1] - record.energy[0]).round(3).values.tolist()
    [0.0, 2.0, 0.001]
    """
    check_account(account)
    checks.choice("frame", frame, ("lab", "rotating"))
    checks.choice("method", method, METHODS)
    checks.number("tolerance", tolerance, above=0)
    checks.whole("seed", seed)
    problem = _Problem(
        system,
        protocol,
        bath or Bath(),
        observables,
        _fractions(moments),
        system.frame_term if frame == "rotating" else None,
        method,
        tolerance,
        checks.whole("trajectories", trajectories, low=2),
        seed,
        places,
    )
    problem.check()
    grid = axes.broadcast_axes(system.values() | protocol.parameters() | vars(problem.bath))
    for name in grid:
        if name in RESERVED:
            raise InputError("axis", "called otherwise than what a record holds", name, "give the axis another name")
    kept, start = _initial(system, initial, account, grid)
    terms = Terms.of(system, closed(system, kept, "loss" in problem.bath.parts))
    state = _enlarged(start, kept, terms.kept)
    points = math.prod(len(values) for values in grid.values())
    if method != "auto":
        _check_method(problem, grid, terms, mixed=state.ndim == 3 and not kets.pure(state).all())
    with _threads().limit(limits=1):
        parts = [
            _evolve_points(problem, grid, terms, now, chosen)
            for chosen, now in _blocks(problem, terms.size, state, points)
        ]
    labels = [system.space.labels[k] for k in terms.kept] if states else None
    found = dataset(grid, parts, [segment.label for segment in protocol], labels, start.ndim == 2)
    found.attrs.update(account=account, frame=frame, tolerance=tolerance, seed=seed)
    if method == "trajectories":
        found.attrs["trajectories"] = trajectories
    return found


@lru_cache(maxsize=1)
def _threads() -> ThreadpoolController:
    """Holds BLAS to one thread: small matrices are faster so, and the bits do not depend on the machine's load."""
    return ThreadpoolController()


@dataclass(frozen=True)
class _Problem:
    """What is asked, in one hand."""

    system: System
    protocol: Protocol
    bath: Bath
    observables: Observables | None
    fractions: Array
    dropped: str | None
    method: str
    tolerance: float
    trajectories: int
    seed: int
    places: xarray.DataArray | None

    @property
    def opened(self) -> bool:
        """Whether something makes states mixed."""
        return bool(self.bath.parts) or any(isinstance(segment, Relax) for segment in self.protocol)

    def check(self) -> None:
        """Refuse trajectories where nothing jumps."""
        if self.method == "trajectories" and not self.opened:
            was = Shown("'trajectories' without a bath or a Relax segment: nothing would jump")
            raise InputError("method", "'auto', 'exact', 'krylov' or 'ode' for a closed system", was)


def _initial(system: System, initial: Any, account: str, grid: Mapping[str, Any]) -> tuple[NDArray[np.int64], Matrix]:
    """The basis states that the initial states live on; kets (points or 1, n) or density matrices (..., n, n)."""
    if not isinstance(initial, qutip.Qobj):
        checks.choice("initial", initial, ("ground", "thermal"))
        return system.prepare(account, initial, {n: axes.flatten(v, grid) for n, v in system.values().items()})
    full = initial.full()
    if full.shape[0] != system.space.size:
        raise InputError("initial", f"a state of {system.space.size} levels", Shown(f"one of {full.shape[0]}"))
    if initial.isket:
        ket = full[:, 0]
        if abs(np.linalg.norm(ket) ** 2 - 1) > 1e-9:
            raise InputError("initial", "normalised", Shown(f"of norm {np.linalg.norm(ket):.6g}"), "use .unit()")
        kept = np.flatnonzero(ket)
        return kept, ket[kept][None]
    if full.shape != (system.space.size,) * 2:
        raise InputError("initial", "a ket or a density matrix", Shown(f"of shape {full.shape}"))
    if abs(np.trace(full) - 1) > 1e-9 or np.abs(full - full.conj().T).max() > 1e-9:
        raise InputError("initial", "Hermitian and of trace 1", Shown(f"one of trace {np.trace(full):.6g}"))
    kept = np.flatnonzero(np.abs(full).sum(axis=0) > 0)
    return kept, full[np.ix_(kept, kept)][None]


def _enlarged(start: Matrix, kept: NDArray[np.int64], basis: NDArray[np.int64]) -> Matrix:
    """States on the basis states `kept`, as states on more of them."""
    if len(kept) == len(basis):
        return start
    place = np.searchsorted(basis, kept)
    larger = np.zeros((len(start), *(len(basis),) * (start.ndim - 1)), complex)
    if start.ndim == 2:
        larger[:, place] = start
    else:
        larger[:, place[:, None], place[None, :]] = start
    return larger


def _fractions(moments: int | Sequence[float]) -> Array:
    """The moments of a segment as fractions of it, without its start."""
    if isinstance(moments, (int, bool)):
        return np.linspace(0, 1, checks.whole("moments", moments, low=2))[1:]
    given = np.asarray(moments, float)
    if given.ndim != 1 or not len(given) or not np.all(np.isfinite(given)):
        raise InputError("moments", "a whole number or a list of fractions", moments)
    if np.any(np.diff(given) <= 0) or given[0] <= 0 or given[-1] > 1:
        raise InputError("moments", "fractions that ascend within (0, 1]", moments, "sort them and drop the 0")
    return given if given[-1] == 1 else np.append(given, 1.0)


def _blocks(problem: _Problem, size: int, start: Matrix, points: int) -> Iterator[tuple[NDArray[np.int64], Matrix]]:
    """Some points at a time with their initial states; density matrices that are pure go as kets.

    Whether a point's state is pure is asked of the point alone, so that its bits do not depend on the others.
    """
    every = np.arange(points)
    kinds = [(every, start)]
    if start.ndim == 3:
        pure = kets.pure(start)
        if len(start) == 1:
            kinds = [(every, kets.amplitudes(start) if pure[0] else start)]
        else:
            kinds = [(every[pure], kets.amplitudes(start[pure])), (every[~pure], start[~pure])]
    for chosen, states in kinds:
        mixed = states.ndim == 3 or problem.opened or problem.method == "liouvillian"
        held = size * (size if mixed else min(size, kets.LARGE)) * len(problem.fractions)
        if mixed and problem.method != "trajectories" and len(chosen) and held > MOST:
            was = Shown(f"{len(problem.fractions)} of density matrices of {size} states ({held * 16 / 1e9:.1f} GB)")
            raise InputError("moments", "fewer", was, "use moments=[1.0], fewer states, or method='trajectories'")
        chunk = 1 if problem.method in ONE_BY_ONE else max(1, CHUNK // held)
        for low in range(0, len(chosen), chunk):
            some = slice(low, low + chunk)
            yield chosen[some], states[some] if len(states) > 1 else np.repeat(states, len(chosen[some]), axis=0)


def _check_method(problem: _Problem, grid: Mapping[str, Any], terms: Terms, mixed: bool) -> None:
    """Refuse a method that does not fit one of the segments, before any is solved."""
    solver = _solver(problem, terms, lambda value: axes.flatten(value, grid)[:1])
    for stage in stages(problem.system, problem.protocol, solver.flatten, terms.operators):
        if not stage.segment.instant:
            solver.check(stage, mixed)


def _solver(problem: _Problem, terms: Terms, flatten: Flatten) -> Solver:
    return Solver(
        problem.system,
        problem.bath,
        terms,
        flatten,
        dropped=problem.dropped,
        method=problem.method,
        tolerance=problem.tolerance,
    )


def _single(flatten: Flatten, places: xarray.DataArray, grid: Mapping[str, Any]) -> float:
    """The first of some places, those along axes that nothing here depends on counted as one."""
    return float(flatten(places.isel({name: 0 for name in places.dims if name not in grid}))[0])


def _evolve_points(
    problem: _Problem, grid: Mapping[str, Any], terms: Terms, state: Matrix, chosen: NDArray[np.int64]
) -> Part:
    """Take some of the points through all stages."""

    def flatten(value: Any) -> NDArray[Any]:
        return axes.flatten(value, grid)[chosen]

    system, solver = problem.system, _solver(problem, terms, flatten)
    watch = Watch(system, terms, problem.observables, problem.dropped)
    moving: Ensemble | Trajectories = Ensemble(solver, watch, state)
    if problem.method == "trajectories":
        place = int(chosen[0]) if problem.places is None else int(_single(flatten, problem.places, grid))
        moving = Trajectories(solver, watch, state, problem.seed, place, problem.trajectories)
    now = np.zeros(len(chosen))
    part = Part(chosen, edges=[moving.state], segments=["start"])
    values = {name: flatten(value)[:, None] for name, value in system.values().items()}
    before = {name: np.atleast_2d(c) for name, c in system.coefficients(values, Setting()).items()}
    part.add({"time": now[:, None]} | moving.start(before))
    for stage in stages(system, problem.protocol, flatten, terms.operators):
        at = np.array([1.0]) if stage.segment.instant else problem.fractions
        times = now[:, None] + stage.duration[:, None] * at
        method, found = moving.go(stage, at)
        part.add({"time": times} | found)
        now = times[:, -1]
        part.edges.append(moving.state)
        part.segments += [stage.segment.label] * len(at)
        part.methods.append(f"{stage.segment.label}: {method}")
    part.error = np.broadcast_to(solver.error, now.shape)
    return part
