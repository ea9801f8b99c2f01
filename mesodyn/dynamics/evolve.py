"""Take a system through a protocol, and record what happens: the one place where solvers are called."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from mesodyn import axes, checks
from mesodyn.accounts import check_account
from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.protocol import Protocol
from mesodyn.dynamics.solver import METHODS, Solver, expectation
from mesodyn.dynamics.stages import stages
from mesodyn.errors import InputError, Shown, UnfinishedError
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import Setting, System, matrices

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]
Observables = Mapping[str, qutip.Qobj | Sequence[qutip.Qobj]]

RESERVED = frozenset(
    {
        *("moment", "segment", "time", "energy", "heat", "norm", "error"),
        *("state", "edge", "row", "column", "trap", "outcome", "part"),
    }
)
"""Names of dimensions and variables of records, which no axis can have."""
CHUNK = 4_000_000
"""How many complex numbers of states are held at once."""
NORM_TOLERANCE = 1e-7
"""The largest loss of norm at which a record is handed out."""


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
    states: bool = False,
) -> xarray.Dataset:
    r"""Evolve a system through a protocol and record what happens.

    Static segments and uniform rotations are solved exactly by batched spectral decomposition, relaxation by its rate
    equation, driven segments by commutator-free Magnus steps in the co-rotating frame; all points of the parameters'
    axes are solved together.

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
        See `mesodyn.dynamics.solver.METHODS`. The record's ``method`` says what was used, segment by segment.
    tolerance
        Largest error of a driven propagator's element; the error is estimated and recorded.
    seed
        For methods that draw random numbers; those above draw none.
    states
        Whether to keep the density matrix at the end of each segment (variable ``state``).

    Returns
    -------
    xarray.Dataset
        Dims ``moment`` and the parameters' axes. Variables: ``time`` (moment, axes), ``energy``, ``heat`` (given to the
        baths of `Relax` segments so far), ``norm``, the observables, ``error`` (axes); ``segment`` (moment) labels the
        moments. Units are those of the parameters.

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
        observables or system.observables(),
        _fractions(moments),
        system.frame_term if frame == "rotating" else None,
        method,
        tolerance,
    )
    grid = axes.broadcast_axes(system.values() | protocol.parameters() | vars(problem.bath))
    for name in grid:
        if name in RESERVED:
            raise InputError("axis", "called otherwise than what a record holds", name, "give the axis another name")
    kept, start = _closed(problem, *_initial(system, initial, account, grid))
    points = math.prod(len(values) for values in grid.values())
    chunk = max(1, CHUNK // (len(kept) ** 2 * len(problem.fractions)))
    with _threads().limit(limits=1):
        parts = [
            _evolve_points(problem, grid, kept, start, slice(low, min(points, low + chunk)))
            for low in range(0, points, chunk)
        ]
    found = _dataset(problem, grid, parts, [system.space.labels[k] for k in kept] if states else None)
    return found.assign_attrs(account=account, frame=frame, tolerance=tolerance, seed=seed)


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
    observables: Observables
    fractions: Array
    dropped: str | None
    method: str
    tolerance: float


@dataclass
class _Part:
    """The record of some points: by name, arrays (points, moments, ...) one after the other in time."""

    values: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    edges: list[Matrix] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    error: Any = 0.0


def _initial(system: System, initial: Any, account: str, grid: Mapping[str, Any]) -> tuple[NDArray[np.int64], Matrix]:
    """The basis states that the initial density matrices live on, and these (points or 1, n, n)."""
    if not isinstance(initial, qutip.Qobj):
        checks.choice("initial", initial, ("ground", "thermal"))
        return system.prepare(account, initial, {n: axes.flatten(v, grid) for n, v in system.values().items()})
    full = (initial.proj() if initial.isket else initial).full()
    if full.shape != (system.space.size,) * 2:
        raise InputError("initial", f"a state of {system.space.size} levels", Shown(f"one of {full.shape[0]}"))
    if abs(np.trace(full) - 1) > 1e-9 or np.abs(full - full.conj().T).max() > 1e-9:
        raise InputError("initial", "Hermitian and of trace 1", Shown(f"one of trace {np.trace(full):.6g}"))
    kept = np.flatnonzero(np.abs(full).sum(axis=0) > 0)
    return kept, full[np.ix_(kept, kept)][None]


def _closed(problem: _Problem, kept: NDArray[np.int64], start: Matrix) -> tuple[NDArray[np.int64], Matrix]:
    """Enlarge the basis to all states that the terms and the losses reach."""
    reach = list(problem.system.operators.values())
    if "loss" in problem.bath.parts:
        reach += problem.system.losses()
    pattern = sum((np.abs(operator.full()) > 0).astype(int) for operator in reach)
    found = np.zeros(problem.system.space.size, bool)
    found[kept] = True
    while not np.array_equal(grown := found | (pattern @ found > 0), found):
        found = grown
    closed = np.flatnonzero(found)
    place = np.searchsorted(closed, kept)
    larger = np.zeros((len(start), len(closed), len(closed)), complex)
    larger[:, place[:, None], place[None, :]] = start
    return closed, larger


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


def _evolve_points(
    problem: _Problem, grid: Mapping[str, Any], kept: NDArray[np.int64], start: Matrix, chosen: slice
) -> _Part:
    """Take some of the points through all stages."""

    def flatten(value: Any) -> NDArray[Any]:
        return axes.flatten(value, grid)[chosen]

    system = problem.system
    solver = Solver(
        system,
        problem.bath,
        kept,
        flatten,
        dropped=problem.dropped,
        method=problem.method,
        tolerance=problem.tolerance,
    )
    watch = _Watch(problem, solver.operators, kept)
    now = flatten(0.0)
    state = start[chosen] if len(start) > 1 else np.repeat(start, len(now), axis=0)
    part = _Part(edges=[state], segments=["start"])
    values = {name: flatten(value)[:, None] for name, value in system.values().items()}
    before = system.coefficients(values, Setting())
    given = np.zeros((len(now), 1))
    watch.observe(part, state[:, None], {name: np.atleast_2d(c) for name, c in before.items()}, now[:, None], given)
    for stage in stages(system, problem.protocol, flatten, solver.operators):
        at, method, found, flow = np.array([1.0]), "sudden", state[:, None], np.zeros((len(now), 1))
        if not stage.segment.instant:
            at = problem.fractions
            method, found, flow = solver.solve(stage, state, at)
        times = now[:, None] + stage.duration[:, None] * at
        heat = given + flow
        watch.observe(part, found, stage.lab(at), times, heat)
        state, now, given = found[:, -1], times[:, -1], heat[:, -1:]
        part.edges.append(state)
        part.segments += [stage.segment.label] * len(at)
        part.methods.append(f"{stage.segment.label}: {method}")
    part.error = np.broadcast_to(solver.error, now.shape)
    return part


class _Watch:
    """Turns states into the record's variables."""

    def __init__(self, problem: _Problem, operators: Mapping[str, Matrix], kept: NDArray[np.int64]) -> None:
        self.terms, self.dropped = operators, problem.dropped
        self.scalars: dict[str, tuple[Matrix, bool]] = {}
        self.vectors: dict[str, list[Matrix]] = {}
        for name, found in problem.observables.items():
            if isinstance(found, qutip.Qobj):
                self.scalars[name] = matrices({name: found}, kept)[name], bool(found.isherm)
            else:
                self.vectors[name] = [part.full()[np.ix_(kept, kept)] for part in found]

    def observe(
        self, part: _Part, states: Matrix, coefficients: Mapping[str, Array], times: Array, heat: Array
    ) -> None:
        """Add the observables of some moments (points, moments) to `part`."""
        energy = sum(
            (
                c * expectation(states, self.terms[name]).real
                for name, c in coefficients.items()
                if name != self.dropped
            ),
            start=np.zeros(times.shape),
        )
        found = {"time": times, "energy": energy, "heat": heat, "norm": np.einsum("pmii->pm", states).real}
        for name, (operator, hermitian) in self.scalars.items():
            value = expectation(states, operator)
            found[name] = value.real if hermitian else value
        for name, parts in self.vectors.items():
            found[name] = np.stack([expectation(states, each).real for each in parts], axis=-1)
        for name, value in found.items():
            part.values.setdefault(name, []).append(value)


def _dataset(
    problem: _Problem, grid: Mapping[str, Any], parts: list[_Part], labels: list[str] | None
) -> xarray.Dataset:
    """The record of all points."""
    import xarray

    first = parts[0]
    names = tuple(grid)
    variables: dict[str, Any] = {}
    for name in first.values:
        found = np.concatenate([np.concatenate(part.values[name], axis=1) for part in parts])
        shaped = np.moveaxis(axes.unflatten(found, grid), len(names), 0)
        components = ("component",) if name in problem.observables and found.ndim == 3 else ()
        variables[name] = (("moment", *names, *components), shaped)
    variables["error"] = (names, axes.unflatten(np.concatenate([part.error for part in parts]), grid))
    coordinates = dict(grid) | {"segment": ("moment", first.segments)}
    if any("component" in dims for dims, _ in variables.values()):
        coordinates["component"] = ["x", "y", "z"]
    if labels is not None:
        edges = np.concatenate([np.stack(part.edges, axis=1) for part in parts])
        shaped = np.moveaxis(axes.unflatten(edges, grid), len(names), 0)
        variables["state"] = (("edge", *names, "row", "column"), shaped)
        coordinates |= {"edge": ["start", *(s.label for s in problem.protocol)], "row": labels, "column": labels}
    record = xarray.Dataset(variables, coordinates, {"method": "; ".join(first.methods)})
    lost = float(np.abs(record.norm.values - 1).max())
    if not lost <= NORM_TOLERANCE:
        raise UnfinishedError(
            f"the norm was lost by {lost:.1e} (methods {record.attrs['method']}): no result is handed out; "
            "bring energies and durations closer together, or ask for a smaller tolerance"
        )
    return record
