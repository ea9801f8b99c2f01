"""What a measurement is: its settings, the accounts and nulls that predict it, and what can spoil it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mesodyn import units
from mesodyn.errors import unknown_name
from mesodyn.experiments import experiment, kind_of
from mesodyn.experiments.base import Experiment, Scale
from mesodyn.experiments.parameters import DIMENSIONAL, Parameter
from mesodyn.planning import quantities
from mesodyn.report import Table

if TYPE_CHECKING:
    from mesodyn.planning.deciding import Rival
    from mesodyn.planning.lab import Lab
    from mesodyn.planning.plan import Plan

Array = NDArray[np.float64]
SAME = 1e-4
"""Predictions closer than this share of the largest possible signal count as the same."""
POINT, SETTING = "plan_point", "plan_setting"
"""The axes that a plan adds to an experiment."""


@dataclass(frozen=True)
class Case:
    """One thing that may be true: an account, or a null.

    Parameters
    ----------
    name, meaning
        As tables show it.
    changes
        The experiment's parameters that differ from the plan's.
    null
        Whether it is no account.
    """

    name: str
    meaning: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    null: bool = False


@dataclass(frozen=True)
class Knob:
    """One thing that may be worse in the laboratory than it should be.

    Parameters
    ----------
    name, kind, meaning
        `kind` as in `units.KINDS`, or ``number``.
    step
        The step of the protocol that it spoils.
    ideal
        What it would be at best; None where no value is the best.
    own
        Whether it is the plan's and not the experiment's.
    """

    name: str
    kind: str
    meaning: str
    step: str
    ideal: float | None = 0.0
    own: bool = False


@dataclass(frozen=True)
class Seen:
    """What a case predicts: arrays (settings, points).

    Attributes
    ----------
    value
        Mean of what one kept shot gives: a probability, or a reading.
    kept
        The share of the shots that are kept.
    noise
        Standard deviation of one reading; None for probabilities.
    others
        What rivals predict for the same changes (settings, points), where `Signal.rivals` needs it.
    others_noise
        The noise of one reading if they are true, in the same way.
    """

    value: Array
    kept: Array
    noise: Array | None = None
    others: Mapping[str, Array] = field(default_factory=dict)
    others_noise: Mapping[str, Array] = field(default_factory=dict)

    def at(self, point: int) -> Seen:
        """One point (settings,)."""
        noise = None if self.noise is None else self.noise[:, point]
        return Seen(self.value[:, point], self.kept[:, point], noise)


class Later(Mapping[str, Array]):
    """Predictions that are made when they are asked for: maps of the contrast alone need none of the rivals."""

    def __init__(self, make: Callable[[], Mapping[str, Array]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, Array]:
        return self._make()

    def __getitem__(self, name: str) -> Array:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


@dataclass(frozen=True)
class Step:
    """One step of a shot: what is done, for how long (base units), and what to check."""

    what: str
    duration: float
    check: str


class Signal(ABC):
    """What one experiment measures, in the units of a laboratory.

    Parameters
    ----------
    given
        Parameters of the experiment, as texts with units or plain numbers.
    own
        The plan's own numbers: noises and errors, in base units.
    lab
        Where the experiment is done.
    """

    experiment: ClassVar[str]
    observable: ClassVar[str]
    """What is measured, in words."""
    settings: tuple[str, ...]
    """The settings between which the apparatus changes."""
    truth: ClassVar[str]
    """The case that the plan is made for."""
    apparatus: ClassVar[tuple[str, ...]]
    """The numbers of `quantities.APPARATUS` that it uses."""
    cases: tuple[Case, ...]
    knobs: tuple[Knob, ...]
    largest: float = 1.0
    """The size of a full signal."""
    coarse: bool = False
    """Whether noises are averaged over fewer values: for maps and searches."""
    statement: ClassVar[tuple[str, ...]]
    """What a positive result would and would not prove, in sentences."""
    begin: ClassVar[tuple[str, str]] = (
        "load and cool",
        "the number of particles, by a shot now and then that is counted at once",
    )
    """What fills the rest of the cycle, before the steps of a shot, and what to check."""
    untold: ClassVar[str] = ""
    """Why no account differs from another here, where none of them is among the cases."""
    difference: ClassVar[tuple[int, int] | None] = None
    """The settings whose difference is the signal; None for those that differ most."""
    edges: ClassVar[str] = ""
    """What closes the window on its sides, in sentences."""
    chosen: Mapping[str, str] = {}
    """Parameters that the plan sets where nobody else does, and how."""

    def __init__(self, given: Mapping[str, Any], own: Mapping[str, float], lab: Lab) -> None:
        self.given, self.own, self.lab = dict(given), dict(own), lab
        self.kinds = {p.name: p for p in kind_of(self.experiment).parameters}
        made = experiment(self.experiment, **self.given)
        self.made, self.natural = made, made.values.natural
        self.base = {k.name: self.number(k.name) for k in self.knobs}

    def number(self, name: str) -> float:
        """A plan's number in base units: the plan's own, or the experiment's."""
        return float(self.own[name] if name in self.own else self.made.values[name])

    @contextmanager
    def coarsely(self) -> Iterator[None]:
        """Average over noises with fewer values, for a while."""
        self.coarse = True
        try:
            yield
        finally:
            self.coarse = False

    def input(self, name: str) -> Any:
        """The value of a parameter of the experiment that the plan uses; None where it uses none."""
        return self.made.values[name]

    def free(self, name: str) -> float:
        """A number that the lab may choose, as it is planned."""
        return self.number(name)

    def reach(self) -> dict[str, tuple[float, float]]:
        """The range of each number that the lab may choose, in base units."""
        return {}

    def alternatives(self) -> list[tuple[str, str]]:
        """Other choices to compare with that of the plan: parameter and value."""
        return []

    def altered(self, changes: Mapping[str, Any]) -> Signal:
        """The same measurement with some parameters changed.

        Raises
        ------
        InputError
            When they don't fit the rest.
        """
        return type(self)(self.given | dict(changes), self.own, self.lab)

    def case(self, name: str) -> Case:
        """A case by its name.

        Raises
        ------
        InputError
            When there is none of that name.
        """
        known = {case.name: case for case in self.cases}
        if name not in known:
            raise unknown_name("case", name, known)
        return known[name]

    @abstractmethod
    def see(self, case: Case, changes: Mapping[str, Any]) -> Seen:
        """What a case predicts when some numbers are changed: floats, or arrays (points,) in base units."""

    @abstractmethod
    def rivals(self, seen: Seen, known: Mapping[str, Seen]) -> list[Rival]:
        """What the truth, as it is `seen`, has to be told from; `known` holds all cases at the plan's own numbers."""

    def ideal(self, knob: Knob) -> float:
        """A knob at its best."""
        return self.base[knob.name] if knob.ideal is None else knob.ideal

    @abstractmethod
    def worst(self, knob: Knob) -> float:
        """A value of a knob at which nothing of the signal is left, or that no apparatus is as bad as."""

    @classmethod
    def asked(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the settings ask of the lab beyond what is given; refuses what a plan sets by itself."""
        return {}

    def mapped(self) -> tuple[str, str]:
        """The two numbers of the window; empty where there is none."""
        return "", ""

    def information(self) -> dict[str, float]:
        """Fisher information of one kept shot and its quantum limit, where there is one."""
        return {}

    def informed(self, found: Mapping[str, float]) -> str:
        """`information` in words."""
        return ""

    def widget(self) -> Table | None:
        """A section of the report that can be moved, if there is one."""
        return None

    def scale(self, name: str, sample: float) -> Scale:
        """How to draw a number."""
        return self.made.scaled(self._kind(name), name.replace("_", " "), sample)

    def within(self, name: str) -> str:
        """The range in which a better number was looked for, as text."""
        low, high = self.reach()[name]
        return f"{self.shown(name, low, 3)} to {self.shown(name, high, 3)}"

    @abstractmethod
    def summary(self, plan: Plan) -> str:
        """One sentence: the decision."""

    @abstractmethod
    def steps(self) -> list[Step]:
        """The steps of one shot in order, without loading and cooling."""

    @abstractmethod
    def contrast(self, seen: Seen) -> Array:
        """How strong the signal is, 0 to 1 (points,)."""

    @abstractmethod
    def apart(self, one: Case, other: Case) -> str:
        """Why two cases can't be told apart though they predict something else; '' if they can."""

    def build(self, changes: Mapping[str, Any]) -> Experiment:
        """The experiment with some parameters changed: texts, base-unit numbers, or arrays (points,)."""
        given = self.given | {name: self._written(self.kinds[name], value) for name, value in changes.items()}
        return experiment(self.experiment, **{name: value for name, value in given.items() if value is not None})

    def _written(self, parameter: Parameter, value: Any) -> Any:
        """A parameter as the experiment takes it."""
        import xarray

        if value is None or isinstance(value, (str, int)) or parameter.kind not in units.KINDS:
            plain = value
        elif np.ndim(value) == 0 and self._bare(parameter):
            plain = float(value)
        elif np.ndim(value) == 0:
            return units.base_text(float(value), parameter.kind)
        else:
            plain = value
        if np.ndim(plain) == 0 or plain is None:
            return plain
        labelled = plain if hasattr(plain, "dims") else xarray.DataArray(np.asarray(plain, float), dims=POINT)
        labelled = labelled.assign_coords({dim: np.arange(labelled.sizes[dim], dtype=float) for dim in labelled.dims})
        if parameter.kind in units.KINDS and not self._bare(parameter):
            labelled.attrs["units"] = units.KINDS[parameter.kind].base
        return labelled

    def _bare(self, parameter: Parameter) -> bool:
        """Whether a plain number is what the experiment takes."""
        return parameter.kind == "angle" or (self.natural and parameter.kind in DIMENSIONAL)

    def shown(self, name: str, value: float, digits: int = 6) -> str:
        """A number as text with its unit."""
        kind = self._kind(name)
        if kind in quantities.OTHER_UNITS:
            return quantities.shown_number(kind, float(f"{value:.{digits}g}"), self.natural)
        text = self.made.shown(kind, value)
        number, blank, unit = text.partition(" ")
        return f"{float(number):.{digits}g}{blank}{unit}"

    def _kind(self, name: str) -> str:
        """What kind of quantity a number is."""
        known = {knob.name: knob.kind for knob in self.knobs}
        entry = self.lab.entry(name, self.experiment)
        return known.get(name) or (self.kinds[name].kind if name in self.kinds else entry.kind if entry else "number")
