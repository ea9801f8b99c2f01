"""What is done to a system, in order: segments with durations. Their edges are knots that no solver steps over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.errors import InputError

Array = NDArray[np.float64]

SHAPES = {
    "uniform": "constant rate from edge to edge",
    "smooth": "tau - sin(2 pi tau)/(2 pi): rate and its slope vanish at both edges",
}


def progress(shape: str, fraction: Array) -> Array:
    """How far a ramp has come at a fraction of its time: 0 to 1."""
    return fraction if shape == "uniform" else fraction - np.sin(2 * np.pi * fraction) / (2 * np.pi)


def speed(shape: str, fraction: Array) -> Array:
    """The slope of `progress`: its mean over the segment is 1."""
    return np.ones_like(fraction) if shape == "uniform" else 1 - np.cos(2 * np.pi * fraction)


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One step of a protocol, lasting `duration`; `name` is what records and figures call it (else its kind)."""

    duration: Any = 0.0
    name: str = ""
    instant_allowed: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.instant_allowed:
            checks.number("duration", self.duration, low=0)
        else:
            checks.number("duration", self.duration, above=0)

    @property
    def label(self) -> str:
        """The segment's name in the record and in figures."""
        return self.name or type(self).__name__.lower()

    @property
    def instant(self) -> bool:
        """Whether the segment is a sudden switch: a plain duration of zero."""
        return np.ndim(self.duration) == 0 and float(self.duration) == 0.0

    def parameters(self) -> dict[str, Any]:
        """The segment's numbers that may be labelled axes."""
        return {"duration": self.duration}


@dataclass(frozen=True, kw_only=True)
class Hold(Segment):
    """Wait: nothing is changed.

    Parameters
    ----------
    duration
        Above 0.
    """


@dataclass(frozen=True, kw_only=True)
class Connect(Segment):
    """Switch the link on, suddenly (``duration=0``) or by a smooth ramp."""

    instant_allowed = True


@dataclass(frozen=True, kw_only=True)
class Disconnect(Segment):
    """Switch the link off, suddenly (``duration=0``) or by a smooth ramp."""

    instant_allowed = True


@dataclass(frozen=True, init=False)
class Ramp(Segment):
    """Bring parameters of the system to new values, which they keep afterwards.

    Parameters
    ----------
    duration
        At least 0; the values jump when it is a plain 0.
    shape
        ``"smooth"`` or ``"uniform"``.
    name
        What records and figures call it.
    **to
        The parameters' new values, for example ``tunnelling=0.2``.
    """

    shape: str = "smooth"
    to: tuple[tuple[str, Any], ...] = field(default=())
    instant_allowed = True

    def __init__(self, *, duration: Any, shape: str = "smooth", name: str = "", **to: Any) -> None:
        object.__setattr__(self, "duration", duration)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "shape", checks.choice("shape", shape, SHAPES))
        object.__setattr__(self, "to", tuple(to.items()))
        if not to:
            raise InputError("to", "one or more parameters with their new values", {}, "write Ramp(..., detuning=0.2)")
        for name, value in to.items():
            checks.number(name, value, complex_allowed=True)
        super().__post_init__()

    def parameters(self) -> dict[str, Any]:
        """The duration and the new values."""
        return super().parameters() | dict(self.to)


@dataclass(frozen=True, kw_only=True)
class Rotate(Segment):
    """Turn the field of one trap about the rotation axis; what is in the trap follows as it can.

    Parameters
    ----------
    duration
        Above 0.
    turns
        How many full turns; any real number.
    trap
        Which site is turned.
    shape
        ``"uniform"`` or ``"smooth"``.
    """

    turns: Any = 1.0
    trap: str = "B"
    shape: str = "uniform"

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number("turns", self.turns)
        checks.choice("shape", self.shape, SHAPES)

    def parameters(self) -> dict[str, Any]:
        """Duration and turns."""
        return super().parameters() | {"turns": self.turns}


@dataclass(frozen=True, kw_only=True)
class Relax(Segment):
    """Let a bath take the system to thermal equilibrium, without changing any conserved number.

    Parameters
    ----------
    duration
        At least 0.
    rate
        Sum of the up and down rates between any two eigenstates, at least 0.
    temperature
        k_B T of the bath, at least 0.
    """

    rate: Any = 1.0
    temperature: Any = 0.0
    instant_allowed = True

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.number("rate", self.rate, low=0)
        checks.number("temperature", self.temperature, low=0)

    def parameters(self) -> dict[str, Any]:
        """Duration, rate and temperature."""
        return super().parameters() | {"rate": self.rate, "temperature": self.temperature}


class Protocol:
    """An ordered list of segments.

    Parameters
    ----------
    *segments
        `Hold`, `Ramp`, `Rotate`, `Connect`, `Disconnect`, `Relax`, in the order in which they are done.

    Raises
    ------
    InputError
        When the list is empty or holds something else.

    Examples
    --------
    >>> import mesodyn as md
    >>> protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=20.0, turns=1), md.Connect())
    >>> [segment.label for segment in protocol]
    ['disconnect', 'rotate', 'connect']
    """

    def __init__(self, *segments: Segment) -> None:
        if len(segments) == 1 and isinstance(segments[0], (list, tuple)):
            segments = tuple(segments[0])
        if not segments:
            raise InputError("segments", "one or more segments", [], "write Protocol(Hold(duration=1.0))")
        for segment in segments:
            if not isinstance(segment, Segment):
                raise InputError("segments", "Hold, Ramp, Rotate, Connect, Disconnect or Relax objects", segment)
        self.segments = segments

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def __len__(self) -> int:
        return len(self.segments)

    def __repr__(self) -> str:
        return f"Protocol({', '.join(repr(segment) for segment in self.segments)})"

    def parameters(self) -> dict[str, Any]:
        """All segments' numbers, each under a name that says where it stands."""
        return {
            f"{segment.label} {k}: {name}": value
            for k, segment in enumerate(self.segments)
            for name, value in segment.parameters().items()
        }
