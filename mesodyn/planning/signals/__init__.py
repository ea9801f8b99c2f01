"""The measurements that can be planned, by experiment."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from mesodyn.errors import InputError, Shown
from mesodyn.experiments import kind_of
from mesodyn.planning.signals.base import Signal

_HOME: Mapping[str, tuple[str, str]] = {
    "two-pi-rotation": ("mesodyn.planning.signals.rotation", "RotationSignal"),
    "light-scattering": ("mesodyn.planning.signals.light", "LightSignal"),
    "gate-sweep": ("mesodyn.planning.signals.gate", "GateSignal"),
    "josephson-current": ("mesodyn.planning.signals.current", "CurrentSignal"),
    "ac-josephson": ("mesodyn.planning.signals.lines", "LineSignal"),
    "magnetization": ("mesodyn.planning.signals.moment", "MomentSignal"),
    "phase-equalization": ("mesodyn.planning.signals.phase", "PhaseSignal"),
}


def signals() -> list[str]:
    """The experiments that can be planned."""
    return list(_HOME)


def signal_of(experiment: str) -> type[Signal]:
    """The measurement of an experiment.

    Raises
    ------
    InputError
        When there is no such experiment, or it can't be planned.
    """
    kind_of(experiment)
    if experiment not in _HOME:
        must = f"one of those that can be planned ({', '.join(_HOME)})"
        run = f"run it in the lab's numbers instead: mesodyn run {experiment} --lab LAB"
        raise InputError("experiment", must, Shown(experiment), run)
    module, name = _HOME[experiment]
    found: type[Signal] = getattr(importlib.import_module(module), name)
    return found
