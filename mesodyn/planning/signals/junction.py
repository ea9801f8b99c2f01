"""What the plans of both junction experiments share: models that are compared by readings of a current."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mesodyn.errors import InputError, Shown
from mesodyn.experiments import experiment
from mesodyn.experiments.currents import current_text
from mesodyn.planning.deciding import Rival
from mesodyn.planning.lab import Lab
from mesodyn.planning.signals.base import Array, Case, Seen, Signal

if TYPE_CHECKING:
    from mesodyn.planning.plan import Plan

TRUE_MODEL = "SD1S"
"""The model of the paper that the plans are made for."""
LITTLE = 0.05
"""A current below this share of the largest one is not fitted."""


class JunctionSignal(Signal):
    """Readings of a current, in units of the largest one of the junction.

    Each case is one model of the experiment, with those of the lab's numbers that are meant for that model. Nobody has
    computed how large the current of the mean-field model is, so the size of a rival's current is fitted: it is the
    same as the truth's at the first setting, or where a rival carries next to nothing there, in its largest value.
    """

    of_model: ClassVar[Mapping[str, tuple[str, ...]]]
    """What each model has of its own."""
    fixed: ClassVar[Mapping[str, Any]] = {}
    """Choices that the plan makes."""
    moved: ClassVar[tuple[str, ...]]
    """Parameters, besides the knobs, that the plan may change."""
    unused: ClassVar[tuple[str, ...]]
    """Parameters of the experiment that no case depends on."""
    fits: ClassVar[bool] = True
    """Whether the size of a rival's current is fitted at the first setting; else its largest one is the truth's."""
    degree: ClassVar[int] = 1
    """The power of the current that is read."""
    deciding: ClassVar[int | None] = None
    """How many of the settings decide, from the first on; None for all."""
    told: ClassVar[tuple[str, ...]]
    """The cases that the truth has to be told from."""
    begin = ("read the current", "the zero of the meter, and the noise of readings where no current flows")

    def __init__(self, given: Mapping[str, Any], own: Mapping[str, float], lab: Lab) -> None:
        mine = {model: self._of(model, given, lab) for model in self.of_model}
        made = {model: experiment(self.experiment, **parameters) for model, parameters in mine.items()}
        super().__init__(mine[TRUE_MODEL], own, lab)
        self.models, self.cases = made, tuple(self._whole(case, mine) for case in type(self).cases)
        self.base |= {name: self.number(name) for name in self.moved}
        self.unit = self._largest(self.case(self.truth))
        if not self.unit > 0:
            name = "temperature" if "temperature" in self.kinds else "detuning"
            was = Shown(self.shown(name, self.number(name), 3))
            raise InputError(name, f"low enough that a current flows in a plan of {self.experiment}", was)
        self.sizes = {case.name: self._largest(case) for case in self.cases}
        self.fitted = set(self._fitted() if self.fits else ())
        """The cases whose size is fitted at the first setting."""

    def _fitted(self) -> Iterator[str]:
        """The cases that carry a current worth fitting at the first setting."""
        columns = {name: np.atleast_1d(np.asarray(value, float)) for name, value in self.base.items()}
        for case in self.cases:
            if abs(float(self._read(case, columns)[0][0, 0])) * self.unit > LITTLE * self.sizes[case.name]:
                yield case.name

    def _of(self, model: str, given: Mapping[str, Any], lab: Lab) -> dict[str, Any]:
        """The parameters of one model: the lab's, and what is given."""
        foreign = {name for names in self.of_model.values() for name in names} - set(self.of_model[model])
        found = lab.parameters(self.experiment, {"model": model, **self.fixed}) | dict(given)
        return {name: v for name, v in found.items() if name not in foreign} | {"model": model, **self.fixed}

    def _whole(self, case: Case, mine: Mapping[str, Mapping[str, Any]]) -> Case:
        """A case with all the parameters of its model, and none of those of the truth."""
        model = case.changes.get("model", TRUE_MODEL)
        if model == TRUE_MODEL:
            return case
        nothing = dict.fromkeys(set(mine[TRUE_MODEL]) - set(mine[model]))
        return Case(case.name, case.meaning, {**nothing, **mine[model], **case.changes}, case.null)

    @abstractmethod
    def _largest(self, case: Case) -> float:
        """The largest current of a case in units of e times energy over hbar, all numbers as planned."""

    @abstractmethod
    def _read(self, case: Case, columns: Mapping[str, Array]) -> tuple[Array, Array]:
        """Mean and scatter of one reading (settings, points), without the meter's noise, in units of `unit`."""

    @property
    def observable(self) -> str:  # type: ignore[override]
        """What is measured."""
        return f"current, in units of the largest one at resonance ({current_text(self.made, self.unit)})"

    def input(self, name: str) -> Any:
        """See `Signal.input`: of the model that has the parameter."""
        for model, names in self.of_model.items():
            if name in names and name not in self.unused:
                return self.models[model].values[name]
        return None if name in ("model", *self.fixed, *self.unused) else self.made.values[name]

    def see(self, case: Case, changes: Mapping[str, Any]) -> Seen:
        """See `Signal.see`."""
        values = {name: np.atleast_1d(np.asarray(v, float)) for name, v in (self.base | dict(changes)).items()}
        columns = dict(zip(values, np.broadcast_arrays(*values.values()), strict=True))
        own = case.name == self.truth
        truth = self._read(self.case(self.truth), columns) if own or self.fits else None
        value, noise = self._seen(case, columns, truth)
        if not own:
            return Seen(value, np.ones_like(value), noise)
        others = {name: self._seen(self.case(name), columns, truth) for name in self.told}
        means, noises = ({name: pair[k] for name, pair in others.items()} for k in (0, 1))
        return Seen(value, np.ones_like(value), noise, means, noises)

    def _seen(self, case: Case, columns: Mapping[str, Array], truth: tuple[Array, Array] | None) -> tuple[Array, Array]:
        """Mean and noise of one reading (settings, points), with the meter's, its size fitted to that of the truth."""
        meter = (columns["current_noise"] / self.unit) ** self.degree
        value, scatter = truth if truth and case.name == self.truth else self._read(case, columns)
        scale = self.fit(case.name, truth[0][0] if truth else value[0], value[0])
        return scale * value, np.hypot(scale * scatter, meter)

    def fit(self, name: str, truth: Array, first: Array) -> Array:
        """By what the current of a case is multiplied (points,), from the readings at the first setting."""
        if name in self.fitted:
            return np.divide(truth, first, out=np.ones_like(first), where=first != 0)
        return np.full_like(first, (self.unit / self.sizes[name]) ** self.degree if self.sizes[name] > 0 else 1.0)

    def rivals(self, seen: Seen, known: Mapping[str, Seen]) -> list[Rival]:
        """The other models, each at the setting that tells most in the plan."""
        found, truth = [], known[self.truth]
        for name, other in seen.others.items():
            gap = truth.value[:, 0] - known[name].value[:, 0]
            clear = np.abs(gap) / (truth.noise + known[name].noise)[:, 0]  # type: ignore[operator]
            k = int(np.argmax(clear[: self.deciding]))
            found.append(Rival(name, k, other[k], bool(gap[k] > 0), noise=seen.others_noise[name][k]))
        return found

    @staticmethod
    def refuse(given: Mapping[str, Any], reasons: Mapping[str, str], what: str) -> None:
        """Refuse what the plan sets by itself."""
        for name, reason in reasons.items():
            if given.get(name) is not None:
                raise InputError(name, f"left out of a plan of {what}", given[name], reason)


def taking(plan: Plan) -> str:
    """What a decision takes, in words."""
    many = f"{plan.shots} reading{'s' if plan.shots != 1 else ''}"
    found = f"{plan.demand.sigma:g}σ with {many} at each of {len(plan.signal.settings)} settings"
    word = "" if plan.feasible else f", more than the {plan.duration(plan.demand.time)} of the plan"
    return f"{found}, {plan.duration(plan.time)} in all{word}"
