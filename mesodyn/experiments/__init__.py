"""The experiments by name."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from mesodyn.errors import unknown_name
from mesodyn.experiments.base import Experiment

_HOME = {
    "two-pi-rotation": ("mesodyn.experiments.two_pi_rotation", "TwoPiRotation"),
    "beating": ("mesodyn.experiments.beating", "Beating"),
    "staircase": ("mesodyn.experiments.staircase", "Staircase"),
    "magnetization": ("mesodyn.experiments.magnetization", "Magnetization"),
    "josephson-current": ("mesodyn.experiments.josephson_current", "JosephsonCurrent"),
    "phase-equalization": ("mesodyn.experiments.phase_equalization", "PhaseEqualization"),
    "ac-josephson": ("mesodyn.experiments.ac_josephson", "AcJosephson"),
    "bose-junction": ("mesodyn.experiments.bose_junction", "BoseJunctionExperiment"),
    "light-scattering": ("mesodyn.experiments.light_scattering", "LightScattering"),
    "self-consistent": ("mesodyn.experiments.self_consistent", "SelfConsistent"),
    "gate-sweep": ("mesodyn.experiments.gate_sweep", "GateSweep"),
    "mean-field-or-not": ("mesodyn.experiments.mean_field_or_not", "MeanFieldOrNot"),
    "spinor-interferometer": ("mesodyn.experiments.spinor_interferometer", "SpinorInterferometer"),
    "trap-ring": ("mesodyn.experiments.trap_ring", "TrapRingExperiment"),
    "irregular-rotor": ("mesodyn.experiments.irregular_rotor", "Irregular"),
}


def experiments() -> list[str]:
    """The names of all experiments.

    Examples
    --------
    >>> import mesodyn as md
    >>> "two-pi-rotation" in md.experiments()
    True
    """
    return list(_HOME)


def kind_of(name: str) -> type[Experiment]:
    """The class of an experiment.

    Raises
    ------
    InputError
        When there is none of that name; it lists the nearest.
    """
    if name not in _HOME:
        raise unknown_name("experiment", name, _HOME)
    module, cls = _HOME[name]
    found: type[Experiment] = getattr(importlib.import_module(module), cls)
    return found


def experiment(name: str, /, *, seed: int = 0, quick: bool = False, **parameters: Any) -> Experiment:
    """Make an experiment.

    Parameters
    ----------
    name
        One of `experiments()`.
    seed
        For what is drawn at random; at least 0.
    quick
        A quarter of the moments and frames, the same physics.
    **parameters
        Numbers (natural units), labelled axes (`mesodyn.axis`), or texts with units; either all plain or all with
        units. ``mesodyn show NAME`` lists them.

    Returns
    -------
    Experiment
        Its ``.run()`` gives a `Run`.

    Raises
    ------
    InputError
        For an unknown name or a value that is not what it must be.

    Examples
    --------
    >>> import mesodyn as md
    >>> run = md.experiment("two-pi-rotation", turns=1).run()
    >>> round(float(run.findings["heat_released"].value), 9)
    1.999923902
    """
    return kind_of(name)(parameters, seed=seed, quick=quick)


class _Callable(ModuleType):
    """Lets ``mesodyn.experiments()`` work though this package has the same name as the public function."""

    def __call__(self) -> list[str]:
        return experiments()


sys.modules[__name__].__class__ = _Callable
