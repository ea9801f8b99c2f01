"""The record of a ring: at rest, through its turn, and at rest again as it is then."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.dynamics.evolve import evolve
from mesodyn.experiments.ring_curve import Curve, derivative
from mesodyn.systems.base import Setting
from mesodyn.systems.free_ring import FreeRing
from mesodyn.systems.trap_ring import TrapRing

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.trap_ring import TrapRingExperiment

EXACT = "levels of the many-body Hamiltonian in the sector of N"
FREE = "levels of one particle, filled (correlation matrix)"
KINDS = {
    "energy": ("energy", "heat", "ground_energy", "gap", "textured_energy", "spectrum_change"),
    "time": ("time",),
    "angle": ("minimum_flux", "jump_flux", "textured_minimum"),
}
"""Kinds of the variables."""
CURRENTS = ("current", "ground_current", "derivative", "jump", "textured_current")


def record(experiment: TrapRingExperiment) -> xarray.Dataset:
    """Everything that the experiment measures."""
    import xarray

    grid = experiment.axes()
    found = xarray.Dataset(_at_rest(experiment), {**grid, "link": np.arange(experiment.values["traps"])})
    warm = np.any(np.asarray(experiment.values["temperature"]) > 0)
    method = EXACT if experiment.method == "auto" or warm else FREE
    if experiment.turn != "none":
        evolved = _evolved(experiment)
        method = f"{method}; {evolved.attrs['method']}"
        found = found.merge(evolved, combine_attrs="drop").assign(_afterwards(experiment))
    for kind, names in KINDS.items():
        for name in names:
            if name in found:
                found[name].attrs["units"] = experiment.unit(kind)
    for name in CURRENTS:
        if name in found:
            found[name].attrs["units"] = _current_unit(experiment)
    return found.assign_attrs(method=method, tolerance=experiment.tolerance)


def _current_unit(experiment: TrapRingExperiment) -> str:
    """Particles per time: an energy over hbar."""
    unit = experiment.unit("energy")
    return unit if unit == "natural" else "1/s"


def _points(experiment: TrapRingExperiment, names: tuple[str, ...]) -> list[tuple[float, ...]]:
    """The values of some parameters, point by point."""
    flat = experiment.flat_values()
    count = int(np.prod([c.size for c in experiment.axes().values()], dtype=int))
    return [tuple(float(flat[name][k]) for name in names) for k in range(count)]


def _each(
    experiment: TrapRingExperiment, names: tuple[str, ...], measure: Callable[..., tuple[Any, ...]]
) -> list[np.ndarray]:
    """What is measured at every point; once for points that differ in nothing that matters."""
    known = lru_cache(maxsize=None)(measure)
    columns = zip(*(known(*point) for point in _points(experiment, names)), strict=True)
    return [np.array(column) for column in columns]


def _at_rest(experiment: TrapRingExperiment) -> dict[str, Any]:
    """The ring with frozen spins: ground state (or equilibrium), derivative, zero and jump of its current."""
    one, grid = experiment.polarised(), experiment.axes()
    names = ("tunnelling", "flux", "temperature")

    def levels(tunnelling: float, flux: float, temperature: float) -> tuple[Any, ...]:
        here = one.with_(tunnelling=tunnelling, flux=flux, temperature=temperature)
        assert isinstance(here, TrapRing)
        slope = derivative(here)
        if experiment.method != "auto" and temperature == 0:
            free = FreeRing(here.traps, here.number, tunnelling, flux, here.kind)
            return free.energy, free.gap, free.currents(), slope
        found = here.settled({name: np.asarray(value) for name, value in here.values().items()})
        return found["energy"], found["gap"], found["link_current"], slope

    def shape(tunnelling: float) -> tuple[float, ...]:
        if experiment.values["jump"] == "no":
            return np.nan, np.nan, np.nan
        curve = Curve(one.with_(tunnelling=tunnelling, flux=0.0, temperature=0.0))  # type: ignore[arg-type]
        return curve.minimum(), *curve.jump()

    energy, gap, currents, slope = _each(experiment, names, levels)
    minimum, place, height = _each(experiment, ("tunnelling",), shape)
    found = {"ground_energy": energy, "gap": gap, "derivative": slope}
    found |= {"minimum_flux": minimum, "jump_flux": place, "jump": height}
    variables = {name: (tuple(grid), axes.unflatten(value, grid)) for name, value in found.items()}
    return variables | {"ground_current": ((*grid, "link"), axes.unflatten(currents, grid))}


def _evolved(experiment: TrapRingExperiment) -> xarray.Dataset:
    """The evolution: energy, heat, and what every link and trap does."""
    import xarray

    what = experiment.evolution()
    assert what is not None
    ring, protocol, options = what
    raw = evolve(ring, protocol, **options, moments=[1.0] if experiment.ends_only else experiment.moments)
    found = raw[["time", "energy", "heat", "norm", "error"]]
    traps = range(ring.traps)
    hops = xarray.concat([raw[f"hop_{k}"] for k in traps], dim="link").transpose(..., "link")
    found["current"] = ring.currents(hops, vars(ring))
    found["occupied"] = xarray.concat([raw[f"occupied_{k}"] for k in traps], dim="dot").transpose(..., "dot")
    if ring.spin:
        found["spin"] = xarray.concat([raw[f"spin_{k}"] for k in traps], dim="dot").transpose(..., "dot", "component")
    return found.assign_coords(dot=np.arange(ring.traps)).assign_attrs(method=raw.attrs["method"])


def _afterwards(experiment: TrapRingExperiment) -> dict[str, Any]:
    """The linked ring after the turn: how its levels differ from those before, and what a texture does at rest."""
    grid, texture = experiment.axes(), experiment.turn == "texture"
    names = ("tunnelling", "flux", "zeeman", "field_angle", "turns")
    plain, dot = experiment.ring(), str(experiment.values["dot"])

    def change(*point: float) -> tuple[float, ...]:
        values = dict(zip(names, point, strict=True)) | {"texture": 0.0}
        turned, setting = values, Setting(1.0, {dot: 2 * np.pi * values["turns"]})
        if texture:
            turned, setting = values | {"texture": values["turns"]}, Setting()
        before, after = plain.matrix(values), plain.matrix(turned, setting)
        moved = [np.linalg.eigvalsh(matrix.toarray()) for matrix in (before, after)]
        if not texture:
            return (float(np.abs(moved[1] - moved[0]).max()),)
        values = turned.copy()
        del values["turns"]
        found = plain.with_(**values, temperature=0.0).equilibrium()
        return float(np.abs(moved[1] - moved[0]).max()), float(found.energy), float(found.current)

    def shape(tunnelling: float, zeeman: float, field_angle: float, turns: float) -> tuple[float, ...]:
        if experiment.values["jump"] == "no":
            return (np.nan,)
        given = {"tunnelling": tunnelling, "zeeman": zeeman, "field_angle": field_angle, "texture": turns}
        return (Curve(plain.with_(**given, flux=0.0, temperature=0.0)).minimum(),)  # type: ignore[arg-type]

    measured = ("spectrum_change", "textured_energy", "textured_current")[: 3 if texture else 1]
    found = dict(zip(measured, _each(experiment, names, change), strict=True))
    if texture:
        found["textured_minimum"] = _each(experiment, ("tunnelling", *names[2:]), shape)[0]
    return {name: (tuple(grid), axes.unflatten(value, grid)) for name, value in found.items()}
