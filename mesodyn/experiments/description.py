"""What was run, as a TOML file holds it, and back."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from mesodyn import units
from mesodyn.errors import InputError, Shown, unknown_name
from mesodyn.experiments import kind_of
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.parameters import DIMENSIONAL, Parameter


def described(experiment: Experiment) -> dict[str, Any]:
    """An experiment as `run.toml` holds it."""
    found: dict[str, Any] = {
        "experiment": experiment.name,
        "account": experiment.account,
        "seed": experiment.seed,
        "quick": experiment.quick,
        "keep": experiment.keep,
    }
    if not experiment.account:
        del found["account"]
    parameters = {p.name: _written(experiment, p) for p in experiment.parameters if p.name != "account"}
    found["parameters"] = {name: value for name, value in parameters.items() if value is not None}
    return found | {"versions": versions()}


def _written(experiment: Experiment, parameter: Parameter) -> Any:
    """A parameter as TOML: as it was given, or its resolved value."""
    given = experiment.values.given.get(parameter.name)
    if given is None and parameter.follows:
        return None
    value = experiment.values[parameter.name] if given is None else given
    if isinstance(value, (tuple, list)):
        return [_plain(part, "") for part in value]
    own = parameter.kind in units.NEVER_NATURAL - {"angle"}
    natural = not own and (experiment.values.natural or parameter.kind not in DIMENSIONAL)
    unit = "" if natural or given is not None else str(units.KINDS[parameter.kind].base)
    if value is None or isinstance(value, (str, bool)):
        return value
    if not hasattr(value, "dims") and unit:
        return units.base_text(float(value), parameter.kind)
    return _plain(value, unit)


def from_description(
    data: Mapping[str, Any],
    source: str,
    *,
    changes: Mapping[str, Any] | None = None,
    seed: int | None = None,
    quick: bool | None = None,
    keep: str | None = None,
) -> Experiment:
    """The experiment that a TOML file describes, with some parameters changed.

    Raises
    ------
    InputError
        For a key that is not known, a missing name, or a wrong value.
    """
    known = {"experiment", "account", "seed", "quick", "keep", "parameters", "blocks", "versions"}
    for key in data:
        if key not in known:
            raise unknown_name(f"a key of {source}", key, known)
    name, parameters = data.get("experiment"), data.get("parameters", {})
    if not isinstance(name, str):
        raise InputError("experiment", f"named at the top of {source}", name, 'write experiment = "two-pi-rotation"')
    kind_of(name)
    if not isinstance(parameters, dict):
        raise InputError("parameters", f"a table in {source}", parameters, "write [parameters]")
    given = {key: _from_toml(key, value) for key, value in parameters.items()}
    if "account" in data:
        if "account" in given:
            raise InputError("account", f"given once in {source}", Shown("given twice"), "delete one of them")
        given["account"] = data["account"]
    found = data.get("seed", 0) if seed is None else seed
    short = data.get("quick", False) if quick is None else quick
    if not isinstance(short, bool):
        raise InputError("quick", "true or false", short)
    made = kind_of(name)(given | dict(changes or {}), seed=found, quick=short)
    return made.keeping(keep or data.get("keep", "findings"))


def _from_toml(name: str, value: Any) -> Any:
    """A parameter from TOML: a labelled axis from its table, else the value."""
    if not isinstance(value, dict):
        return [_from_toml(name, part) for part in value] if isinstance(value, list) else value
    import numpy as np
    import xarray

    try:
        axes = {str(key): np.asarray(numbers, float) for key, numbers in value["axes"].items()}
        values = np.asarray(value["values"], float)
        if not axes or not values.size:
            raise ValueError("no axis")
        found = xarray.DataArray(values, dims=tuple(axes), coords=axes)
    except (KeyError, AttributeError, ValueError, TypeError):
        must = "a number, a text, a list, or a table with 'axes' and 'values'"
        raise InputError(name, must, Shown("another table"), "write it as md.axis would print it") from None
    if value.get("units"):
        found.attrs["units"] = value["units"]
    return found


def _plain(value: Any, unit: str) -> Any:
    """A number as itself, a labelled axis as a table."""
    value = getattr(value, "real", value)
    if not hasattr(value, "dims"):
        return value.item() if hasattr(value, "item") else value
    table: dict[str, Any] = {"axes": {str(n): value[n].values.tolist() for n in value.dims}}
    table["values"] = value.values.tolist()
    unit = value.attrs.get("units", unit)
    return table | ({"units": unit} if unit else {})


def versions() -> dict[str, str]:
    """The versions of all that a result can depend on."""
    from importlib.metadata import version

    names = ("mesodyn", "qutip", "numpy", "scipy", "xarray", "netCDF4")
    return {"python": sys.version.split()[0]} | {name: version(name) for name in names}
