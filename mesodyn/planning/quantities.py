"""What a lab's numbers are: the experiments' parameters, and those of the apparatus that no experiment has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mesodyn import axes, checks, units
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import kind_of
from mesodyn.experiments.currents import ELEMENTARY, ampere
from mesodyn.experiments.parameters import DIMENSIONAL, Parameter
from mesodyn.planning.atoms import ATOMS

OTHER_UNITS: Mapping[str, str] = {"resistance": "ohm", "capacitance": "F", "current": "A"}
"""Kinds that only a lab has, and their unit."""

APPARATUS = (
    Parameter("atom", "choice", None, "whose levels the field splits", choices=tuple(ATOMS)),
    Parameter("state", "choice", None, "which level: 1 is the lowest in the field", choices=("1", "2")),
    Parameter("magnetic_field", "magnetic field", None, "the field whose direction is turned", low=0),
    Parameter("trap_frequency", "energy", None, "of a trap, along the line of the two (h nu)", above=0),
    Parameter("size", "length", None, "diameter of a grain, length of a dot", above=0),
    Parameter("effective_mass", "number", None, "of an electron in the dot, in electron masses", above=0),
    Parameter("g_factor", "number", None, "|g| of an electron in the dot", above=0),
    Parameter("fermi_wavelength", "length", None, "of the metal", above=0),
    Parameter("critical_temperature", "temperature", None, "T_c of the leads", above=0),
    Parameter("resistance", "resistance", None, "of one junction in the normal state", above=0),
    Parameter("capacitance", "capacitance", None, "of the dot to all around it", above=0),
    Parameter("coherence_time", "time", None, "in which coherence between the traps falls to 1/e", above=0),
    Parameter("lifetime", "time", None, "in which the particles left fall to 1/e", above=0),
    Parameter("plasma_period", "time", None, "of small oscillations of a condensate in a double well", above=0),
    Parameter("cycle_time", "time", None, "from one shot to the next", above=0),
    Parameter("preparation_error", "number", None, "chance that a shot starts wrongly", low=0, high=1),
    Parameter("readout_error", "number", None, "chance that a shot is read wrongly", low=0, high=0.5),
    Parameter("detuning_noise", "energy", None, "rms of the detuning from shot to shot", low=0),
    Parameter("axis_error", "angle", None, "rms of the angle between field and axis", low=0),
    Parameter("current_noise", "current", None, "rms of one reading of a current", above=0),
    Parameter("flux_noise", "angle", None, "rms of the phase difference across a junction, shot to shot", low=0),
    Parameter("lead_asymmetry", "number", None, "(left - right)/(left + right) of the leads", low=0, high=0.99),
    Parameter("imprint_error", "angle", None, "rms of the phase difference that is set, from shot to shot", low=0),
    Parameter("moment_noise", "number", None, "rms of one reading of a moment, in Bohr magnetons", above=0),
    Parameter("stray_field", "energy", None, "rms of the field along the soft axis, times the moment", low=0),
)
"""Numbers of an apparatus that plans use or formulas start from; any may be left out."""

TURNING_RATE = Parameter("turning_rate", "energy", None, "how fast the field can be turned, in Hz or rad/s", low=0)
"""A limit only: each rotation asks for some of it."""


def apparatus() -> dict[str, Parameter]:
    """`APPARATUS` by name."""
    return {parameter.name: parameter for parameter in APPARATUS}


def of_experiment(name: str) -> dict[str, Parameter]:
    """An experiment's parameters by name, without the account: that is no property of a lab."""
    return {parameter.name: parameter for parameter in kind_of(name).parameters if parameter.name != "account"}


def known(experiments: Iterable[str]) -> dict[str, list[Parameter]]:
    """All that a lab for these experiments may name; a name may stand for more than one parameter."""
    found: dict[str, list[Parameter]] = {name: [parameter] for name, parameter in apparatus().items()}
    for experiment in experiments:
        for name, parameter in of_experiment(experiment).items():
            found.setdefault(name, []).append(parameter)
    return found


def in_base(name: str, kind: str, value: Any) -> Any:
    """A value in base units (currents: e times rad/s): a number, a labelled axis, or the text of a choice.

    Plain numbers are in base units already.

    Raises
    ------
    InputError
        When it is not of that kind.
    """
    if kind in ("choice", "angles"):
        return value
    if isinstance(value, str):
        axis = axes.parse_axis(name, value)
        value = _single(name, kind, value) if axis is None else axis
    if hasattr(value, "dims") and value.attrs.get("units"):
        value = axes.to_kind(value, kind, name)
    return checks.number(name, value)


def checked(parameter: Parameter, value: Any, where: str) -> Any:
    """The value of a lab's file, if it is one of the parameter's kind and range.

    Raises
    ------
    InputError
        When it is not.
    """
    if parameter.kind == "choice":
        return checks.choice(where, str(value) if isinstance(value, int) else value, parameter.choices)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InputError(where, "one number, or one text with a unit", Shown(f"a {type(value).__name__}"))
    if parameter.kind == "count":
        return checks.whole(where, value, low=int(max(0, parameter.low)))
    number = in_base(where, parameter.kind, value)
    if hasattr(number, "dims"):
        raise InputError(where, "one number, not an axis", value, "scan it with --set")
    low, high, above = parameter.low, parameter.high, parameter.above
    checks.number(where, number, low=low, high=high, above=above, shown=Shown(repr(value)))
    return number if parameter.kind == "number" else value


def is_natural(kind: str, value: Any) -> bool | None:
    """Whether a value is a plain number of a kind that has a unit; None where it may be either."""
    if (kind not in DIMENSIONAL and kind != "current") or hasattr(value, "dims"):
        return None
    if isinstance(value, str) and not units.is_number(value):
        return False
    return None if float(value) == 0 else True


def written(kind: str, number: Any) -> Any:
    """A computed number as a lab holds it: with its base unit, to the last bit."""
    return units.base_text(number, kind) if kind in units.KINDS else number


def shown(kind: str, value: Any) -> str:
    """A value for people, in a unit of readable size."""
    if isinstance(value, str) and kind in units.KINDS and not units.is_number(value):
        return value if len(value) < 12 else units.show(in_base("value", kind, value), kind, False)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def shown_number(kind: str, number: float, natural: bool) -> str:
    """A number in base units for people; plain in natural units."""
    if kind in units.KINDS:
        return units.show(number, kind, natural and kind in DIMENSIONAL)
    if kind == "current" and not natural:
        size, unit = ampere(number)
        return f"{number / size:.6g} {unit}"
    if natural:
        return f"{number:.6g}"
    return f"{number:.6g} {OTHER_UNITS.get(kind, '')}".rstrip()


def _single(name: str, kind: str, text: str) -> float:
    """A text that is no axis."""
    if kind == "current" and not units.is_number(text):
        return units.measure(text, OTHER_UNITS[kind], argument=name)[0] / ELEMENTARY
    if kind in OTHER_UNITS and kind != "current":
        return units.measure(text, OTHER_UNITS[kind], argument=name)[0]
    if units.is_number(text):
        return float(text)
    if kind not in units.KINDS:
        raise InputError(name, "a plain finite number (it takes no unit)", text)
    return units.quantity(text, kind, argument=name)
