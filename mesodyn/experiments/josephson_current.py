"""The supercurrent through a small dot against the phase difference of its leads (1.6, 1.7, 4.4, 6.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.axes import axis
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import curves
from mesodyn.experiments import josephson_theory as theory
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.currents import current_text
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter, account_parameter
from mesodyn.systems.junction_nulls import contact, pair_ladder, parity_dot
from mesodyn.systems.mean_field import MeanFieldTrap
from mesodyn.systems.sd1s import BRANCHES, SD1S
from mesodyn.systems.sd2s import SD2S

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

INVERSE_ENERGY = "time"
"""The kind of alpha and beta: with hbar = 1 an inverse energy is a time."""
POINTS = 800
"""Points of the curve of every set of parameters, over 4 pi; none is a multiple of pi."""
MOST = 4
"""Breaks that are looked for in 4 pi."""
CURVE, BREAK = "curve_phase", "break_number"

LEADS = ("delta_left", "delta_right")
OWN = {
    "SD2S": ("detuning", *LEADS, "n_c", "level_spacing", "account"),
    "SD1S": ("detuning", "alpha", "beta", "beta_left", "beta_right", "branch", "n_c", "level_spacing", "account"),
    "parity-dot": ("detuning", *LEADS, "charging_energy", "zeeman", "n_c"),
    "contact": ("transmission",),
}
"""What each model has besides the phase difference, the temperature, and the gap that is the unit of the defaults."""


def _of_gap(factor: float) -> Any:
    return lambda v: factor * v["gap"]


class JosephsonCurrent(Experiment):
    """Turn the phase difference of two superconductors on a dot, and see where the current breaks."""

    name = "josephson-current"
    title = "The supercurrent through a dot that takes pairs or single particles"
    meaning = (
        "A small dot between two superconductors is in a superposition of N and N + 2 particles (SD2S) or of N and "
        "N + 1 (SD1S). Its energy depends on the phase difference θ of the leads, so a current J = (2e/ħ)∂E/∂θ flows. "
        "For pairs it is smooth, and sharpest at resonance. For single particles in the mean-field model the state "
        "changes at every odd multiple of π, and the current breaks there, at the same phase for every gate voltage "
        "up to a threshold. A break proves little by itself: a transparent contact has one at π too, and a dot that "
        "conserves its number parity has one where the parity of its ground state changes, at a phase that moves with "
        "the gate. The account does not tell: leads that count their pairs give the same current as a superposition."
    )
    scale = "gap"
    animated = False
    account_reason = "SD1S in which the number parity is kept is another model, not an account: set model='parity-dot'"
    block_points = 32768
    parameters = (
        Parameter("model", "choice", "SD2S", "what the junction is", choices=tuple(OWN)),
        Parameter("gap", "energy", 1.0, "gap of the leads: that of the contact, and the unit of the defaults", above=0),
        Parameter(
            "phase_difference",
            "angle",
            lambda v: axis("phase_difference", 0, 4 * np.pi, 401),
            "θ = φ_R - φ_L",
            follows="0 to 4π, 401 values",
        ),
        Parameter("detuning", "energy", _of_gap(0.03), "ξ: half the energy to bring the step in", follows="0.03 gap"),
        Parameter("delta_left", "energy", _of_gap(0.1), "|Δ_L| (SD2S, parity-dot)", low=0, follows="0.1 gap"),
        Parameter("delta_right", "energy", _of_gap(0.1), "|Δ_R| (SD2S, parity-dot)", low=0, follows="0.1 gap"),
        Parameter("alpha", INVERSE_ENERGY, lambda v: 12 / v["gap"], "α of SD1S, as ħα", above=0, follows="12 / gap"),
        Parameter("beta_left", INVERSE_ENERGY, None, "β_L of SD1S, as ħβ_L; with beta_right instead of beta"),
        Parameter("beta_right", INVERSE_ENERGY, None, "β_R of SD1S, as ħβ_R; with beta_left instead of beta"),
        Parameter(
            "beta",
            INVERSE_ENERGY,
            lambda v: 5 / v["gap"] if v["beta_left"] is None and v["beta_right"] is None else None,
            "β of SD1S, as ħβ, of two equal leads",
            follows="5 / gap, unless beta_left and beta_right are given",
        ),
        Parameter(
            "branch",
            "choice",
            lambda v: "equilibrium",
            "SD1S: the lowest state at each phase, or one state followed",
            choices=tuple(BRANCHES),
            follows="equilibrium",
        ),
        Parameter("charging_energy", "energy", _of_gap(0.0), "U of two electrons (parity-dot)", low=0, follows="0 gap"),
        Parameter("zeeman", "energy", _of_gap(0.2), "E_Z of the odd state (parity-dot)", low=0, follows="0.2 gap"),
        Parameter("transmission", "number", lambda v: 1.0, "τ (contact)", low=0, high=1, follows="1"),
        Parameter("temperature", "temperature", 0.0, "k_B T", low=0),
        Parameter("n_c", "count", 0, "the smaller number of particles", low=0),
        Parameter("level_spacing", "energy", None, "δε of the dot: asks for the finding 'frozen'", above=0),
        account_parameter("superposition", "what is assumed of the dot (SD2S: all; SD1S: superposition, mixture)"),
    )

    # -- what is computed -------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse parameters of another model and accounts that it doesn't have; build the system."""
        own = OWN[self.model]
        foreign = {name for names in OWN.values() for name in names} - set(own) - {"n_c", "account"}
        for name, value in self.values.given.items():
            if name in foreign and value is not None:
                must = f"left out for model={self.model!r}"
                raise InputError(name, must, Shown("given"), f"that model has {', '.join(own)}")
        if self.account == "conserving" and self.model == "SD1S":
            raise InputError("account", "superposition or mixture for model='SD1S'", self.account, self.account_reason)
        if self.account != "superposition" and "account" not in own:
            must = f"left out for model={self.model!r}"
            raise InputError("account", must, self.account, "it has no superposition to assume or deny")
        for name in (CURVE, BREAK):
            if name in self.axes():
                raise InputError("an axis", "of a name that the record doesn't use", name, "rename the axis")
        self.equilibrium()

    @property
    def model(self) -> str:
        """Which junction."""
        return str(self.values["model"])

    def system(self) -> MeanFieldTrap:
        """The dot of the paper."""
        v = self.values
        common = ("detuning", "phase_difference", "temperature", "n_c", "level_spacing")
        given: dict[str, Any] = {name: v[name] for name in common}
        if self.model == "SD2S":
            return SD2S(**given, delta_left=v["delta_left"], delta_right=v["delta_right"])
        names = ("alpha", "beta", "beta_left", "beta_right", "branch")
        return SD1S(**given, **{name: v[name] for name in names})

    def equilibrium(self) -> xarray.Dataset:
        """Equilibrium over all the axes, in this account."""
        import xarray

        v = self.values
        phase = {"phase_difference": v["phase_difference"], "temperature": v["temperature"]}
        if self.model == "contact":
            found = contact(gap=v["gap"], transmission=v["transmission"], **phase)
        elif self.model == "parity-dot":
            found = parity_dot(**{name: v[name] for name in OWN["parity-dot"]}, **phase)
        else:
            found = self._paper()
        grid = self.axes()
        whole = xarray.DataArray(np.zeros([c.size for c in grid.values()]), dims=tuple(grid), coords=grid)
        return found.broadcast_like(whole, exclude=["minimum"]).transpose(*grid, ...)

    def _paper(self) -> xarray.Dataset:
        """SD2S or SD1S; without its coherence for the account ``mixture``, which is no equilibrium."""
        system = self.system()
        found = system.equilibrium()
        if self.account == "mixture":
            stored = 2 * system.detuning * (found.n_mean - system.n_c) / system.step
            nothing = {name: 0.0 * found.current for name in ("current", "order_parameter")}
            return found.assign(**nothing, free_energy=np.nan * found.current, energy=stored + 0.0 * found.current)
        return found

    def record(self) -> xarray.Dataset:
        """Equilibrium at the given phases, the whole curve of every set of parameters, its breaks and its peak."""
        found = self.equilibrium()
        count = POINTS // 4 if self.quick else POINTS
        theta = (np.arange(count) + 0.5) * 4 * np.pi / count
        one = self.at_phase(axis(CURVE, theta))
        curve, grid = one.equilibrium(), self.alone().axes()
        names = ("current", "free_energy", *(["order_parameter"] if "order_parameter" in curve else []))
        for name in names:
            found[f"curve_{name}"] = curve[name].transpose(*grid, CURVE)
        y = found.curve_current.values.reshape(-1, count)
        place, fall = curves.breaks(theta, y, self._current, MOST)
        top, size = curves.peak(theta, y, self._current)
        sizes = [c.size for c in grid.values()]
        found["break_position"] = ((*grid, BREAK), place.reshape(*sizes, MOST))
        found["break_fall"] = ((*grid, BREAK), fall.reshape(*sizes, MOST))
        found["peak_position"], found["peak_current"] = ((tuple(grid), a.reshape(sizes)) for a in (top, size))
        if self.model == "SD2S" and self.account == "conserving":
            found = found.assign(self._ladder())
        return self._with_units(found)

    def alone(self) -> JosephsonCurrent:
        """The same junction at one phase difference: its axes are those of the curves."""
        return self.at_phase(0.0)

    def at_phase(self, phase: Any) -> JosephsonCurrent:
        """The same junction at other phase differences."""
        made = self.changed(phase_difference=phase)
        assert isinstance(made, JosephsonCurrent)
        return made

    def _current(self, phase: Any) -> Any:
        """The current of every curve (curves, places) at other phases."""
        import xarray

        grid = self.alone().axes()
        shape = [c.size for c in grid.values()]
        coords = {**grid, CURVE: np.arange(phase.shape[1])}
        given = xarray.DataArray(phase.reshape(*shape, -1), dims=(*grid, CURVE), coords=coords)
        current = self.at_phase(given).equilibrium().current
        return current.transpose(*grid, CURVE).values.reshape(phase.shape)

    def _ladder(self) -> dict[str, Any]:
        """Leads that count: how far the states of the whole ladder are from (25), (26) at their phases."""
        one = self.alone()
        v, grid = one.flat_values(), one.axes()
        states = pair_ladder(v["detuning"], v["delta_left"], v["delta_right"])
        cold = {name: v[name][:, None] for name in ("detuning", *LEADS)}
        energy, current = theory.pairs(**cold, phase=states.phase)
        both = np.concatenate([states.energy, states.upper], axis=1)
        bands = np.sort(np.concatenate([energy, 2 * cold["detuning"] - energy], axis=1), axis=1)
        off = {
            "ladder_energy": np.abs(np.sort(both, axis=1) - bands).max(axis=1),
            "ladder_current": np.abs(states.current - current).max(axis=1),
            "ladder_coherence": states.coherence.max(axis=1),
        }
        shape = [c.size for c in grid.values()]
        return {name: (tuple(grid), value.reshape(shape)) for name, value in off.items()}

    def _with_units(self, record: xarray.Dataset) -> xarray.Dataset:
        kinds = {"energy": self.unit("energy"), "e energy/hbar": "e " + self.unit("energy"), "rad": "rad"}
        more = {f"curve_{name}": record[name].attrs.get("units", "1") for name in record if f"curve_{name}" in record}
        more |= {"break_position": "rad", "peak_position": "rad"}
        more |= dict.fromkeys(("break_fall", "peak_current", "ladder_current"), "e energy/hbar")
        for name, variable in record.data_vars.items():
            unit = more.get(str(name), variable.attrs.get("units", "1"))
            variable.attrs["units"] = kinds.get(unit, unit)
        return record.assign_attrs(method=theory.METHODS[self.model], account=self.account, model=self.model)

    def uncut(self) -> tuple[str, ...]:
        """Breaks are found along the phase."""
        return tuple(str(dim) for dim in getattr(self.values["phase_difference"], "dims", ()))

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Critical current, breaks, threshold, period, and two checks; measured from the curves."""
        from mesodyn.experiments import josephson_findings

        return {finding.name: finding for finding in josephson_findings.findings(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        largest, count = findings["critical_current"].value, findings["breaks"].value
        if largest.ndim:
            low, high = (current_text(self, float(end)) for end in (largest.min(), largest.max()))
            return f"Over {largest.size} sets of parameters the largest current runs from {low} to {high}."
        if float(largest) == 0:
            return f"{self.model} carries no current ({self.account})."
        text = f"{self.model} carries at most {current_text(self, float(largest))}"
        if not float(count):
            return f"{text}; its current has no break."
        place = float(findings["break_position"].value) / np.pi
        return f"{text}; its current breaks {float(count):g} times in 4π, first at θ = {place:.4f} π."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.josephson_drawing`."""
        from mesodyn.experiments import josephson_drawing

        return josephson_drawing.figures(self, record, at)
