"""From a protocol's segments to what a solver needs: coefficients in time, a frame, and where the segment ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.dynamics import protocol as steps
from mesodyn.dynamics import unitary
from mesodyn.dynamics.protocol import Protocol, Relax, Rotate, Segment, progress, speed
from mesodyn.errors import InputError, Shown, unknown_name
from mesodyn.systems.base import Setting, System

Array = NDArray[np.float64]
Flatten = Callable[[Any], NDArray[Any]]


@dataclass(frozen=True)
class Stage:
    """A segment on an array of points.

    `drive` gives the coefficients (points, nodes), or (points, 1) where they don't change, at fractions (nodes,) of
    the segment in the frame that is solved in, `lab` those in the laboratory. `turned` is the angle through which
    that frame has turned, about the z axis of site `site`.
    """

    segment: Segment
    duration: Array
    drive: Callable[[Array], Mapping[str, Array]]
    lab: Callable[[Array], Mapping[str, Array]]
    site: str | None = None
    turned: Callable[[Array], Array] | None = None
    bath: Mapping[str, Array] | None = None


@dataclass
class _State:
    """The parameters and the apparatus where a segment starts."""

    values: dict[str, NDArray[Any]]
    link: float = 1.0
    angles: dict[str, Array] = field(default_factory=dict)

    def setting(self) -> Setting:
        return Setting(self.link, {name: angle[:, None] for name, angle in self.angles.items()})

    def columns(self) -> dict[str, NDArray[Any]]:
        return {name: value[:, None] for name, value in self.values.items()}


def stages(
    system: System, protocol: Protocol, flatten: Flatten, operators: Mapping[str, unitary.Operator]
) -> Iterator[Stage]:
    """The protocol's stages in order.

    Parameters
    ----------
    system, protocol
        What is done to what.
    flatten
        From a number or labelled axis to an array over the points.
    operators
        The system's operators on the states in use: they decide whether a co-rotating frame is exact.
    """
    state = _State({name: flatten(value) for name, value in system.values().items()})
    for segment in protocol:
        duration = flatten(segment.duration)
        if isinstance(segment, Rotate):
            yield _rotation(system, segment, duration, flatten(segment.turns), state, operators)
        elif isinstance(segment, steps.Ramp):
            yield _ramp(system, segment, duration, flatten, state)
        elif isinstance(segment, (steps.Connect, steps.Disconnect)):
            yield _switch(system, segment, duration, state)
        else:
            yield _static(system, segment, duration, flatten, state)


def _static(system: System, segment: Segment, duration: Array, flatten: Flatten, state: _State) -> Stage:
    found = _shaped(system.coefficients(state.columns(), state.setting()))
    bath = None
    if isinstance(segment, Relax):
        bath = {"rate": flatten(segment.rate), "temperature": flatten(segment.temperature)}
    return Stage(segment, duration, lambda _: found, lambda _: found, bath=bath)


def _switch(system: System, segment: Segment, duration: Array, state: _State) -> Stage:
    """The link goes to 1 or 0; suddenly when the duration is a plain zero."""
    begin, state.link = state.link, float(isinstance(segment, steps.Connect))
    end, columns, angles = state.link, state.columns(), state.setting().angles

    def lab(fractions: Array) -> Mapping[str, Array]:
        link: Any = end
        if not segment.instant and begin != end:
            link = (begin + (end - begin) * progress("smooth", fractions))[None, :]
        return _shaped(system.coefficients(columns, Setting(link, angles)))

    return Stage(segment, duration, lab, lab)


def _ramp(system: System, segment: steps.Ramp, duration: Array, flatten: Flatten, state: _State) -> Stage:
    """Named parameters of the system go to new values."""
    begin, setting = dict(state.values), state.setting()
    for name, value in segment.to:
        if name not in begin or name in system.preparing:
            raise unknown_name("to", name, [n for n in begin if n not in system.preparing])
        system.with_(**{name: value})  # refuses what the system can't have
        state.values[name] = flatten(value)
    end = dict(state.values)
    moved = [name for name, _ in segment.to]

    def lab(fractions: Array) -> Mapping[str, Array]:
        come = progress(segment.shape, fractions)
        values = {name: value[:, None] for name, value in begin.items()}
        for name in moved:
            values[name] = values[name] + (end[name] - begin[name])[:, None] * come
        return _shaped(system.coefficients(values, setting))

    return Stage(segment, duration, lab, lab)


def _rotation(
    system: System,
    segment: Rotate,
    duration: Array,
    turns: Array,
    state: _State,
    operators: Mapping[str, unitary.Operator],
) -> Stage:
    """A site's field turns: solved in the frame that turns with it wherever that is exact."""
    site = segment.trap
    if site not in system.turning_sites:
        if system.turning_sites:
            raise unknown_name("trap", site, system.turning_sites)
        name = type(system).__name__
        raise InputError("protocol", f"without Rotate for {name}", Shown("one with Rotate"), "it has no field to turn")
    angles = state.angles
    begin = angles.get(site, np.zeros_like(turns))
    whole = 2 * np.pi * turns
    columns, link = state.columns(), state.link
    others = {name: angle[:, None] for name, angle in angles.items() if name != site}
    state.angles = angles | {site: begin + whole}

    def turned(fractions: Array) -> Array:
        return whole[:, None] * progress(segment.shape, fractions)

    def rate(fractions: Array) -> Array:
        if segment.shape == "uniform":
            return (whole / duration)[:, None]
        return (whole / duration)[:, None] * speed(segment.shape, fractions)

    def at(angle: Array, fractions: Array) -> dict[str, Any]:
        found = system.coefficients(columns, Setting(link, others | {site: angle}))
        return found | system.turning(site, columns, rate(fractions))

    def lab(fractions: Array) -> Mapping[str, Array]:
        return _shaped(at(begin[:, None] + turned(fractions), fractions))

    def corotating(fractions: Array) -> Mapping[str, Array]:
        found = at(begin[:, None], fractions)
        if f"{site}.z" in found:
            found[f"{site}.z"] = found[f"{site}.z"] - rate(fractions)
        return _shaped(found)

    if f"{site}.z" not in operators:
        return Stage(segment, duration, corotating, lab)
    others_present = [operators[name] for name in corotating(np.array([0.5])) if not name.startswith(f"{site}.")]
    axis = operators[f"{site}.z"]
    if all(unitary.commute(axis, other) for other in others_present):
        return Stage(segment, duration, corotating, lab, site, turned)
    return Stage(segment, duration, lab, lab)


def _shaped(coefficients: Mapping[str, Any]) -> dict[str, Array]:
    """Coefficients as (points, nodes) or (points, 1)."""
    return {name: np.atleast_2d(value) for name, value in coefficients.items()}
