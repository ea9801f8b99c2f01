"""What is measured of a dot and its lead as the lead grows, beside the mean field where that is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.finding import Finding
from mesodyn.systems.lead_models import boson_lead
from mesodyn.systems.microscopic.limits import extrapolated

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.mean_field_or_not import MeanFieldOrNot

WEAK = 0.3
"""Up to this Σt²/ε² a fermion lead counts as weakly linked."""
MANY = 50
"""Pair levels are many if there are 100 times more of them than quanta."""


class _Measured:
    """The record as arrays (points, sizes), the parameters as arrays (points,)."""

    def __init__(self, experiment: MeanFieldOrNot, record: xarray.Dataset) -> None:
        self.experiment, self.v = experiment, experiment.flat_values()
        self.all = {str(name): experiment.flat(record[name]) for name in record.data_vars}
        self.last = {name: array[:, -1] for name, array in self.all.items()}
        self.rigid, self.xi = self.v["stiffness"], self.v["detuning"]
        self.ordered = np.where(np.abs(self.xi) < self.rigid, 1.0, np.nan)
        self.filling = (self.rigid - self.xi) / (2 * self.rigid)

    def finding(self, *given: Any) -> Finding:
        return self.experiment.finding(*given)


def findings(experiment: MeanFieldOrNot, record: xarray.Dataset) -> list[Finding]:
    """All findings, at the largest lead unless they say otherwise."""
    m = _Measured(experiment, record)
    return [*_energies(m), *_density_matrix(m), *_dot(m), *(_bounds(m) if experiment.lead == "fermion" else [])]


def _energies(m: _Measured) -> list[Finding]:
    rigid, energy, product = m.rigid, m.last["energy"], m.last["product_energy"]
    expected, error = _theory(m)
    gain = np.divide(energy, product, out=np.full(energy.shape, np.nan), where=np.abs(product) > 1e-9 * rigid)
    limit = _limit(m)
    return [
        m.finding(
            "energy", "exact, with the number kept", energy, "energy", expected["energy"], error["energy"], "4.2"
        ),
        m.finding(
            "product_energy",
            "of the best state that does not entangle dot and lead",
            product,
            "energy",
            m.last["mean_field_energy"] * expected["product"],
            error["product"],
            "PHYSICS 1.4 (19)",
        ),
        m.finding(
            "energy_gain", "exact energy over that of the product", gain, "", expected["gain"], error["gain"], "4.2"
        ),
        m.finding(
            "energy_limit",
            "exact energy, extrapolated to an endless lead",
            limit[0],
            "energy",
            expected["limit"],
            error["limit"] + limit[1],
            "4.2",
        ),
        m.finding(
            "energy_limit_error",
            "error of it: by how much it moves without the smallest leads or the largest",
            limit[1],
            "energy",
        ),
        m.finding(
            "sector_gap",
            "what the next total number costs: a field with a phase needs it to be nothing",
            m.last["sector_gap"],
            "energy",
            *_gap(m),
            "4.2",
        ),
    ]


def _limit(m: _Measured) -> tuple[Any, Any]:
    """The energy at endless size: by 1/L, or by the energy of a quantum."""
    count = m.all["energy"].shape[1]
    if count < 3:
        nothing = np.full(len(m.rigid), np.nan)
        return nothing, nothing
    if m.experiment.lead == "fermion":
        found = extrapolated(1 / m.all["lead_size"][0], m.all["energy"].T)
        return found.value, found.error
    # The best number of quanta jumps from size to size: two leads and a straight line, the third for the error.
    e = m.all["energy"]
    return 2 * e[:, -1] - e[:, -2], np.abs(e[:, -1] - 1.5 * e[:, -2] + 0.5 * e[:, -3])


def _theory(m: _Measured) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is expected of energies, and the bounds of what that neglects."""
    rigid, xi, ordered = m.rigid, m.xi, m.ordered
    nothing = np.full(len(rigid), np.nan)
    expected: dict[str, Any] = dict.fromkeys(("energy", "product", "gain", "limit"), nothing)
    error: dict[str, Any] = dict.fromkeys(expected, np.zeros(len(rigid)))
    if m.experiment.lead == "fermion":
        gap, seen = m.last["quantum"], m.last["nonlinearity"]
        nearest = gap - 2 * np.abs(xi)
        reach = seen * (gap / np.where(nearest > 0, nearest, np.nan)) ** 2
        weak = np.where(reach < WEAK, 1.0, np.nan)
        middle = np.where(xi == 0, 1.0, np.nan)  # both halves of d bind alike: exact at any strength
        spread = (np.abs(xi) + rigid) * reach  # second order at ξ, and the fourth
        expected |= {
            "energy": (np.minimum(2 * xi, 0) - rigid) * weak,
            "product": weak,
            "gain": 2 * middle,
            "limit": (np.minimum(2 * xi, 0) - rigid) * weak,
        }
        error |= {"energy": spread, "product": rigid * reach, "gain": 1e-9, "limit": spread}
    elif m.experiment.lead == "boson":
        quantum = m.last["quantum"]
        small = np.where(quantum < 0.2 * (rigid - np.abs(xi)), ordered, np.nan)
        shift = -0.5 * quantum * (1 - xi / rigid)
        bend = quantum**2 / rigid
        mean = m.last["mean_field_energy"]
        scale = np.where(mean == 0, np.nan, np.abs(mean))
        expected |= {
            "energy": (mean + shift) * small,
            "product": np.ones(len(rigid)),
            "gain": (1 - shift / scale) * small,
            "limit": mean * small,
        }
        error |= {"energy": bend / 2, "product": 1e-9 * rigid, "gain": bend / 2 / scale, "limit": 2 * bend}
    else:
        quantum, many = m.last["quantum"], np.where(m.last["lead_size"] * m.last["quantum"] > MANY * rigid, 1.0, np.nan)
        expected["limit"] = boson_lead(xi, rigid, quantum).free_energy * many
        error["limit"] = 1e-9 * rigid
    return expected, error


def _gap(m: _Measured) -> tuple[Any, Any]:
    """The next sector's distance that is expected, and its tolerance."""
    if m.experiment.lead == "fermion":
        expected = _theory(m)[0]["energy"]
        weak = np.where(np.isfinite(expected), 1.0, np.nan)
        return 2 * np.abs(m.xi) * weak, 2 * np.abs(m.xi) * 2 * m.last["nonlinearity"] + 1e-9 * m.rigid
    if m.experiment.lead == "boson":
        quantum = m.last["quantum"]
        small = np.where(quantum < 0.2 * (m.rigid - np.abs(m.xi)), m.ordered, np.nan)
        return 0 * m.xi * small, quantum**2 / (2 * m.rigid)
    return np.full(len(m.xi), np.nan), 0.0


def _density_matrix(m: _Measured) -> list[Finding]:
    """The fullest mode: Penrose and Onsager's criterion, Yang's for pairs."""
    rigid, quantum = m.rigid, m.last["quantum"]
    size, crowd = m.all["lead_size"], m.all["eigenvalue"]
    nothing = np.full(len(rigid), np.nan)
    expected, tolerance, growth, loose = nothing, 0.0, nothing, nothing
    if m.experiment.lead == "boson":
        small = np.where(quantum < 0.2 * (rigid - np.abs(m.xi)), m.ordered, np.nan)
        expected = (rigid**2 - m.xi**2) / (2 * quantum * rigid) * small
        tolerance, growth = 2.0, small
        loose = 4 / np.maximum(expected, 1.0)
    power = nothing
    if size.shape[1] > 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            power = np.log(crowd[:, -1] / crowd[:, -2]) / np.log(size[:, -1] / size[:, -2])
    if m.experiment.lead == "fermion" and size.shape[1] > 1:
        growth, loose = np.zeros(len(rigid)), 1 / size[:, -1]
    text = {"fermion": "one fermion", "boson": "one boson (Penrose-Onsager)", "pair": "one pair (Yang)"}
    return [
        m.finding(
            "eigenvalue",
            f"largest eigenvalue of the density matrix of {text[m.experiment.lead]}, dot included",
            crowd[:, -1],
            "",
            expected,
            tolerance,
            "(ξ0² - ξ²)/2ωξ0" if m.experiment.lead == "boson" else "4.2",
        ),
        m.finding(
            "growth",
            "power of the lead's size by which it grows: 1 for a macroscopic mode",
            np.where(np.isfinite(power), power, np.nan),
            "",
            growth,
            np.where(np.isfinite(loose), loose, 0.0),
            "4.2",
        ),
        m.finding(
            "field_quanta",
            "sum of |<Ψ(R)>|² over the lead in the product state: quanta in its field",
            m.last["field_quanta"],
            "",
            (m.rigid**2 - m.xi**2) / (2 * quantum * rigid) * m.ordered if m.experiment.lead == "boson" else nothing,
            1e-6 * (1 + rigid / quantum),
            "Δ²/g²",
        ),
    ]


def _dot(m: _Measured) -> list[Finding]:
    """The number on the dot, and its correlation with the lead."""
    product = m.last["product_correlation"]
    exact = m.last["correlation"]
    nothing = np.full(len(m.rigid), np.nan)
    share = np.divide(exact, product, out=nothing.copy(), where=product > 1e-9)
    room = np.where(np.isfinite(m.ordered), 1 - (m.xi / m.rigid) ** 2, 1.0)  # near the edges there are few quanta
    number, ratio, tolerance = nothing, nothing, np.zeros(len(m.rigid))
    if m.experiment.lead == "boson":
        quantum = m.last["quantum"]
        small = np.where(quantum < 0.2 * (m.rigid - np.abs(m.xi)), m.ordered, np.nan)
        number, ratio, tolerance = m.filling * small, small, quantum / m.rigid
    if m.experiment.lead == "fermion":
        weak = np.isfinite(_theory(m)[0]["energy"]) & (m.xi != 0)
        number = np.where(weak, (m.xi < 0).astype(float), np.nan)
        tolerance = m.last["nonlinearity"] * 2
    return [
        m.finding(
            "n_mean", "number on the dot beyond N_c, exact", m.last["n_mean"], "", number, tolerance, "4.2, (19)"
        ),
        m.finding(
            "product_n_mean",
            "the same in the product state",
            m.last["product_n_mean"],
            "",
            m.last["mean_field_n_mean"] if m.experiment.lead == "boson" else nothing,
            1e-7,
            "PHYSICS 1.4 (19)",
        ),
        m.finding(
            "correlation",
            "|<Ψ†(R)Ψ(r)>| of lead and dot, exact: the order parameter that keeps the number",
            exact,
        ),
        m.finding(
            "correlation_share",
            "the same over that of the product state",
            share,
            "",
            ratio,
            4 * tolerance / room,
            "(20): 1 where the mean field is right",
        ),
    ]


def _bounds(m: _Measured) -> list[Finding]:
    """What no state of fermions can pass, at any size."""
    zero = np.zeros(len(m.rigid))
    over = {
        "field_over_bound": ("field_quanta", 0.25, "by how much the product's |<Ψ>|² passes 1/4 at any size"),
        "eigenvalue_over_one": ("eigenvalue", 1.0, "by how much a mode holds more than one fermion at any size"),
    }
    return [
        m.finding(name, text, np.maximum(m.all[which] - most, 0).max(axis=1), "", zero, 1e-9, "PHYSICS 1.4, 4.2")
        for name, (which, most, text) in over.items()
    ]
