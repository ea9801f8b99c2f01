"""How far an evolution can be trusted: invariants, a tighter tolerance, a second method, a larger basis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
import scipy.sparse

from mesodyn.dynamics.certificate import TINY, Certificate, Row, change, missing
from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Hold, Protocol
from mesodyn.errors import InputError, UnfinishedError
from mesodyn.systems.base import Setting, System, flat_values

if TYPE_CHECKING:
    import xarray

SLACK = 1000
"""The largest change of a record in units of the tolerance, which bounds an element of one driven propagator."""
LOST = 1e-9
"""The largest loss of norm, negative eigenvalue, or drift of what is conserved (relative)."""
EPSILON = float(np.finfo(float).eps)
ROUNDED = 64
"""How many times the rounding of the largest phase is granted."""
SECOND = ("ode", "liouvillian", "magnus", "krylov", "exact", "auto")
"""Methods that are tried for a second opinion, cheapest first."""
DRAWN = "trajectories"
STANDARD_ERRORS = 5.0
"""How far a mean over trajectories may be from the second method."""
LONG = 1e4
"""Beyond this largest phase [rad] no method is tried that follows each turn (ode)."""
FEW_MOMENTS = (0.25, 0.5, 0.75, 1.0)
"""Where a segment is looked at when only its end is asked for."""
MOST_POINTS = 16
"""At how many points, evenly spread, the Hamiltonian itself is looked at."""
TOTAL = "certified_total"


def certify(system: System, protocol: Protocol, *, strict: bool = True, **options: Any) -> Certificate:
    """Say with numbers how far `mesodyn.evolve` of the same arguments can be trusted.

    Norm, positivity, the energy where nothing drives the system, the total number where nothing takes it away; the
    whole record again with half the tolerance, by a second method, and in a larger basis where the system's is cut off.

    Parameters
    ----------
    system, protocol, **options
        As for `mesodyn.evolve`.
    strict
        Whether a certificate that fails is an error.

    Returns
    -------
    Certificate
        With ``.passed``, ``.rows``, ``.table()``, ``.as_json()``.

    Raises
    ------
    InputError
        As `mesodyn.evolve`.
    UnfinishedError
        When the certificate fails (unless ``strict=False``), with what failed.

    Examples
    --------
    >>> import mesodyn as md
    >>> pair = md.TrapPair(tunnelling=1.0, zeeman=5.0)
    >>> turn = md.Protocol(md.Disconnect(), md.Rotate(duration=2.0, turns=1, shape="smooth"))
    >>> found = md.certify(pair, turn, moments=3)
    >>> found.passed, found["second method"].passed
    (True, True)
    """
    try:
        rows = [*invariants(system, protocol, **options)[0], *_again(system, protocol, options)]
    except UnfinishedError as error:
        if strict:
            raise
        rows = [Row("record", np.inf, 0.0, f"it could not be finished: {error}")]
    found = Certificate(f"{type(system).__name__}, {', '.join(s.label for s in protocol)}", tuple(rows))
    return checked(found) if strict else found


def checked(certificate: Certificate) -> Certificate:
    """The certificate, if it passes.

    Raises
    ------
    UnfinishedError
        When it fails.
    """
    if not certificate.passed:
        failed = "; ".join(f"{row.name} {row.cells()[1]}, bound {row.cells()[2]}" for row in certificate.failed)
        raise UnfinishedError(
            f"the certificate of {certificate.subject} failed ({failed or 'nothing could be asked'}): "
            "the record is not to be trusted; strict=False returns the whole table"
        )
    return certificate


def invariants(system: System, protocol: Protocol, **options: Any) -> tuple[list[Row], float]:
    """The rows that one evolution gives: what has to stay as it is, and the estimated error.

    Returns
    -------
    tuple
        The rows, and a bound of the largest phase of the record [rad], for `granted`.
    """
    chosen = dict(options)
    if np.ndim(chosen.get("moments", 101)) and len(chosen["moments"]) < 2:
        chosen["moments"] = FEW_MOMENTS
    chosen["observables"] = {**(chosen.get("observables") or system.observables()), TOTAL: _total(system)}
    record = evolve(system, protocol, **(chosen | {"states": True}))
    phase = _phase(system, record)
    slack = granted(phase)
    named = f"largest estimated error of the steps (methods {record.attrs['method']})"
    rows = [
        Row("Hermitian", _skew(system, record), 1e-12, "largest part of the Hamiltonian that is not Hermitian"),
        Row("norm", float(np.abs(record.norm.values - 1).max()), LOST + slack, "trace of the state, furthest from 1"),
        _positive(record, slack),
        _energy(protocol, record, slack, options),
        _number(system, record, slack, options),
        Row("estimated error", float(record.error.max()), float(options.get("tolerance", 1e-9)), named),
    ]
    return rows, phase


def granted(phase: float) -> float:
    """What a record is granted for rounding: the digits that its largest phase [rad] costs any method."""
    return ROUNDED * EPSILON * (1 + phase)


def _again(system: System, protocol: Protocol, options: Mapping[str, Any]) -> list[Row]:
    """The rows that compare the record with others of the same thing."""
    first = evolve(system, protocol, **options)
    tolerance = float(options.get("tolerance", 1e-9))
    bound = SLACK * tolerance + granted(_phase(system, first))
    halved = change(first, evolve(system, protocol, **(dict(options) | {"tolerance": tolerance / 2})))
    rows = [Row("half the tolerance", halved[0], bound, f"largest change of the record, in {halved[1]}")]
    rows.append(_second(system, protocol, first, options, bound))
    return [*rows, larger(system, protocol, options, bound)]


def _second(system: System, protocol: Protocol, first: xarray.Dataset, options: Mapping[str, Any], bound: float) -> Row:
    """Another method: of those that fit, the one that solves most segments otherwise, the cheapest of equals."""
    used = first.attrs["method"].split("; ")
    best: tuple[int, str, xarray.Dataset] | None = None
    moving = sum(not part.endswith(": sudden") for part in used)
    for method in SECOND:
        if method == options.get("method", "auto") or (best and best[0] >= moving):
            continue
        if method == "ode" and _phase(system, first) > LONG:
            continue
        try:
            found = evolve(system, protocol, **(dict(options) | {"method": method}))
        except (InputError, UnfinishedError):
            continue
        other = sum(a != b for a, b in zip(used, found.attrs["method"].split("; "), strict=True))
        if other and (best is None or other > best[0]):
            best = other, method, found
    if best is None:
        return missing("second method", "no other method fits these segments")
    how = f"by method {best[1]} ({best[0]} of {moving} segments otherwise)"
    if options.get("method") == DRAWN:
        value, name = _in_errors(first, best[2], int(options.get("trajectories", 1000)))
        return Row("second method", value, STANDARD_ERRORS, f"largest change {how} in standard errors, in {name}")
    value, name = change(first, best[2])
    return Row("second method", value, bound, f"largest change of the record {how}, in {name}")


def _in_errors(drawn: xarray.Dataset, exact: xarray.Dataset, trajectories: int) -> tuple[float, str]:
    """The largest difference of a mean over trajectories in units of its standard error, and of what one may miss."""
    found = {}
    for name in exact.data_vars:
        if f"{name}_error" in drawn:
            missed = float(np.abs(exact[name].values).max()) / trajectories
            error = drawn[f"{name}_error"].values + missed + TINY
            found[str(name)] = float((np.abs(drawn[name].values - exact[name].values) / error).max())
    worst = max(found, key=lambda name: found[name])
    return found[worst], worst


def larger(system: System, protocol: Protocol, options: Mapping[str, Any], bound: float) -> Row:
    """The row that compares an evolution with that in a larger basis."""
    enlarged = system.enlarged()
    if enlarged is None:
        return missing("larger basis", "the basis is complete")
    if isinstance(options.get("initial"), qutip.Qobj) or options.get("observables") or options.get("states"):
        return missing("larger basis", "the operators or states that are asked for are those of the smaller basis")
    value, name = change(evolve(system, protocol, **options), evolve(enlarged, protocol, **options))
    sizes = f"{enlarged.space.size} states instead of {system.space.size}"
    return Row("larger basis", value, bound, f"largest change of the record with {sizes}, in {name}")


def _total(system: System) -> qutip.Qobj:
    """The operator of the total number."""
    dims = system.space.dims
    return qutip.Qobj(scipy.sparse.diags_array(system.space.totals.astype(complex)).tocsr(), dims=[dims, dims])


def _phase(system: System, record: xarray.Dataset) -> float:
    """A bound of the largest phase of a record [rad]."""
    largest = max(float(abs(h).sum(axis=1).max()) for h in _hamiltonians(system, record))
    return largest * float(np.abs(record.time.values).max())


def _hamiltonians(system: System, record: xarray.Dataset) -> Iterator[Any]:
    """The Hamiltonian at the start, sparse, at up to `MOST_POINTS` points of the record's axes."""
    grid = {str(name): record[name] for name in record.time.dims if name != "moment"}
    coefficients = system.coefficients(flat_values(system, grid), Setting())
    points = max((np.size(c) for c in coefficients.values()), default=1)
    for point in np.unique(np.linspace(0, points - 1, MOST_POINTS).astype(int)):
        here = {name: np.broadcast_to(np.asarray(c).ravel(), (points,))[point] for name, c in coefficients.items()}
        yield sum(c * _sparse(system.operators[name]) for name, c in here.items())


def _sparse(operator: qutip.Qobj) -> Any:
    return scipy.sparse.csr_array(operator.to("CSR").data_as("csr_matrix"))


def _skew(system: System, record: xarray.Dataset) -> float:
    """The largest element of H - H^dagger, relative to that of H."""
    found = [(abs(h - h.conj().T).max(), abs(h).max()) for h in _hamiltonians(system, record)]
    return float(max(skew / max(size, 1e-300) for skew, size in found))


def _positive(record: xarray.Dataset, slack: float) -> Row:
    """The smallest eigenvalue of the states at the ends of the segments."""
    if "state" not in record:
        return missing("positivity", "this method hands out no states")
    states = record.state.values
    states = states.reshape(-1, *states.shape[-2:])
    below = max(0.0, -float(np.linalg.eigvalsh(states).min()))
    return Row("positivity", below, LOST + slack, "how far the smallest eigenvalue of the state is below 0")


def _energy(protocol: Protocol, record: xarray.Dataset, slack: float, options: Mapping[str, Any]) -> Row:
    """How far the energy moves in segments that hold still."""
    if options.get("bath") is not None and options["bath"].parts:
        return missing("energy drift", "n/a: a bath acts all the time")
    energy, held = record.energy.values, 0
    largest, worst, begin = max(float(np.abs(energy).max()), 1e-300), 0.0, 1
    several = (len(energy) - 1 - sum(s.instant for s in protocol)) // max(1, sum(not s.instant for s in protocol))
    for segment in protocol:
        end = begin + (1 if segment.instant else several)
        if isinstance(segment, Hold):
            worst, held = max(worst, float(np.ptp(energy[begin:end], axis=0).max()) / largest), held + 1
        begin = end
    if not held:
        return missing("energy drift", "n/a: every segment is driven, instantaneous or relaxes")
    return Row("energy drift", worst, LOST + slack, f"of the largest energy, in {held} segment(s) that hold still")


def _number(system: System, record: xarray.Dataset, slack: float, options: Mapping[str, Any]) -> Row:
    """How far the total number moves."""
    if options.get("bath") is not None and "loss" in options["bath"].parts:
        return missing("number drift", "n/a: the bath takes particles away")
    for name, operator in system.operators.items():
        found = _sparse(operator).tocoo()
        if (
            np.abs(found.data * (system.space.totals[found.row] != system.space.totals[found.col])).max(initial=0)
            > 1e-12
        ):
            return missing("number drift", f"n/a: the term {name} does not conserve the total number")
    total = record[TOTAL].values
    drift = float(np.ptp(total, axis=0).max() / max(1.0, np.abs(total).max()))
    return Row("number drift", drift, LOST + slack, "of the mean total number")
