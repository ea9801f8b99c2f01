"""From a lab and what is set to the numbers of a plan, each with where it is from and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mesodyn.errors import InputError, Shown, unknown_name
from mesodyn.experiments.parameters import Parameter
from mesodyn.planning import quantities
from mesodyn.planning.deciding import Demand
from mesodyn.planning.lab import Lab
from mesodyn.planning.signals import signal_of
from mesodyn.planning.signals.base import Signal

OWN = (
    Parameter("time", "time", "8 hour", "for how long shots can be taken; natural units: 1e5", above=0),
    Parameter("power", "number", 0.9, "chance of excluding a rival that can only be excluded", low=0.5, high=0.999999),
)
"""The plan's own settings, beside those of the apparatus that a signal uses and the experiment's parameters."""
NATURAL_TIME = 1e5
GIVEN, ASSUMED, ABSENT = "given with the plan", "assumed", "absent"


@dataclass(frozen=True)
class Input:
    """One number of a plan.

    Attributes
    ----------
    name, shown
        The value as text.
    number
        In base units; a text for a choice.
    source, confidence
        As in the lab; ``given`` for what was set with the plan, ``assumed`` for defaults.
    """

    name: str
    shown: str
    number: Any
    source: str
    confidence: str


@dataclass(frozen=True)
class Planned:
    """All numbers of a plan."""

    signal: Signal
    demand: Demand
    inputs: tuple[Input, ...]


def gathered(experiment: str, lab: Lab, target_sigma: float, settings: Mapping[str, Any]) -> Planned:
    """The signal and the demand of a plan, checked against the limits of the lab.

    Raises
    ------
    InputError
        For an experiment that can't be planned or that the lab doesn't suit, an unknown setting, a value that is not
        what it must be, or one that is beyond the lab.
    """
    kind = signal_of(experiment)
    own = {p.name: p for p in OWN} | {n: p for n, p in quantities.apparatus().items() if n in kind.apparatus}
    parameters = quantities.of_experiment(experiment)
    for name in settings:
        if name == "account":
            raise InputError("account", "left out of a plan", settings[name], "a plan compares all of them")
        if name not in own and name not in parameters:
            raise unknown_name("setting", name, [*own, *parameters])
        if hasattr(settings[name], "dims"):
            raise InputError(name, "one value in a plan", Shown("an axis"), "make a plan for each value")
    given = lab.parameters(experiment, {name: value for name, value in settings.items() if name in parameters})
    numbers = {name: _own(lab, parameter, settings.get(name), experiment) for name, parameter in own.items()}
    lab.check({**given, **kind.asked(given)})
    lab.check({name: settings[name] for name in settings if name in own and name in lab.limits})
    signal = kind(given, {n: numbers[n].number for n in kind.apparatus if n != "cycle_time"}, lab)
    demand = Demand(target_sigma, numbers["power"].number, numbers["cycle_time"].number, numbers["time"].number)
    needed = sum(step.duration for step in signal.steps())
    if demand.cycle_time < needed * (1 - 1e-9):
        shown = [quantities.shown_number("time", value, lab.natural) for value in (needed, demand.cycle_time)]
        raise InputError("cycle_time", f"at least {shown[0]}, which the steps of one shot take", Shown(shown[1]))
    known = [number for number in numbers.values() if number.confidence != ABSENT]
    return Planned(signal, demand, (*_experiments(signal, settings), *known))


def _own(lab: Lab, parameter: Parameter, value: Any, experiment: str) -> Input:
    """A number that the experiment doesn't have: set, from the lab, or assumed."""
    name, kind = parameter.name, parameter.kind
    entry = lab.entry(name, experiment)
    if value is not None:
        natural = quantities.is_natural(kind, value)
        if natural is not None and natural != lab.natural:
            must = "a plain number in this lab" if lab.natural else "given with a unit in this lab"
            raise InputError(name, must, value)
        checked = quantities.checked(parameter, value, name)
        source, confidence = GIVEN, "given"
    elif entry is not None:
        checked, source, confidence = entry.value, entry.source, entry.confidence
    elif name == "magnetic_field":
        return Input(name, "", 0.0, "", ABSENT)
    elif parameter.above >= 0 and not parameter.default:
        way = f"add --set {name}=..., {parameter.meaning}"
        raise InputError(name, f"known: the lab {lab.name} has none", Shown("not given"), way)
    else:
        checked = {"time": NATURAL_TIME if lab.natural else "8 hour"}.get(name, parameter.default or 0)
        source = "default of the plan" if parameter.default else "not in the lab: taken as 0"
        confidence = ASSUMED
    number = quantities.in_base(name, kind, checked)
    return Input(name, quantities.shown_number(kind, float(number), lab.natural), number, source, confidence)


def _experiments(signal: Signal, settings: Mapping[str, Any]) -> list[Input]:
    """The experiment's parameters."""
    found = []
    for parameter in signal.kinds.values():
        name, value = parameter.name, signal.input(parameter.name)
        if name in ("account", *signal.asked({})) or value is None:
            continue
        entry = signal.lab.entry(name, signal.experiment)
        if name in settings:
            source, confidence = GIVEN, "given"
        elif entry is not None:
            source, confidence = entry.source, entry.confidence
        elif name in signal.chosen:
            source, confidence = f"set by the plan: {signal.chosen[name]}", ASSUMED
        else:
            source, confidence = f"default of the experiment ({parameter.default_text})", ASSUMED
        plain = isinstance(value, (str, int, tuple)) or hasattr(value, "dims")
        shown = _many(value) if plain else signal.made.shown(parameter.kind, float(value))
        number = value if isinstance(value, (str, int)) else shown if plain else float(value)
        found.append(Input(name, shown, number, source, confidence))
    return found


def _many(value: Any) -> str:
    return f"{value.size} values" if hasattr(value, "dims") else str(value)
