"""The number of particles in a dot on a normal lead against the gate voltage (paper, Sec. 6; 1.3-1.5, 3h, 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.axes import axis
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import gate_findings, gate_levels
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.gate_findings import CURVE
from mesodyn.experiments.parameters import Parameter
from mesodyn.systems.lead_models import Filling, boson_lead, wide_band
from mesodyn.systems.normal_lead import ND1N, ND2N, NormalLead

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

POINTS = 801
REACH = 2.0
"""The curve of every set of parameters runs over this many stiffnesses to either side."""
BISECTIONS = 60
SAME_SLOPE = 8 / np.pi
"""The width, in stiffnesses, of the level that fills as fast as the mean field at detuning 0."""
METHODS = {
    ("mean-field", ""): "mean field: stationarity condition (17)-(19), (24)",
    ("conserving", "fermion"): "exact wide band",
    ("conserving", "boson"): "Jaynes-Cummings levels, exact in each sector",
    ("levels", "fermion"): "free fermions, level by level, exact",
}


def _own_range(v: Mapping[str, Any]) -> Any:
    size = float(np.max(np.asarray(v["stiffness"]))) or 1.0
    return axis("detuning", -REACH * size, REACH * size, 401)


class GateSweep(Experiment):
    """Sweep the gate of a dot on a normal lead and see how the number of particles goes from N to N + k."""

    name = "gate-sweep"
    title = "A dot on a normal lead against its gate voltage"
    meaning = (
        "A gate voltage moves the energy 2ξ that k more particles cost in a dot. In the mean-field model (ND1N for "
        "k = 1, ND2N for pairs) the lead answers with an order parameter while |ξ| < ξ0, and the mean number falls "
        "along a straight line between two kinks, the edges of the plateaus; within the ordered range the line does "
        "not move with temperature. An exact calculation for a fermion lead, or a level coupled to one outside state, "
        "or heat alone, round the step with no kink at all; a boson lead that keeps the count comes close to the "
        "mean field when its quanta are small. Fermion levels followed one by one (model='levels') add a jump where "
        "the total changes parity: a small one in a band, nearly a whole step outside a gap. Kinks in a measured curve "
        "are what to look for."
    )
    scale = "stiffness"
    animated = False
    accounts = ()
    account_reason = "a lead that keeps the count has another Hamiltonian: set model='conserving'"
    block_points = 32768
    parameters = (
        Parameter("step", "choice", "1", "k: 1 for ND1N, 2 for ND2N (pairs)", choices=("1", "2")),
        Parameter("model", "choice", "mean-field", "what the lead is", choices=("mean-field", "conserving", "levels")),
        Parameter(
            "lead",
            "choice",
            lambda v: "fermion" if v["step"] == "1" else "boson",
            "the lead that keeps the count",
            choices=("fermion", "boson"),
            follows="fermion for step 1, boson for pairs",
        ),
        Parameter("stiffness", "energy", 1.0, "ξ0: response of the lead", above=0),
        Parameter(
            "detuning",
            "energy",
            _own_range,
            "ξ: half the energy to bring the step in, moved by the gate",
            follows="-2 to 2 stiffness, 401 values",
        ),
        Parameter("temperature", "temperature", 0.0, "k_B T", low=0),
        Parameter(
            "width",
            "energy",
            lambda v: SAME_SLOPE * v["stiffness"],
            "Γ of the level on a fermion lead",
            above=0,
            follows="8/π stiffness: the same slope",
        ),
        Parameter(
            "lead_frequency",
            "energy",
            lambda v: 0.02 * v["stiffness"],
            "ω of a quantum of the boson lead",
            above=0,
            follows="0.02 stiffness",
        ),
        *gate_levels.PARAMETERS,
        Parameter("n_c", "count", 0, "the smaller number of particles", low=0),
        Parameter("level_spacing", "energy", None, "δε of the dot: asks for the finding 'frozen'", above=0),
    )

    # -- what is computed -------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what the model doesn't have; build the system."""
        gate_levels.check(self)
        if self.finite:
            self.block_points = gate_levels.BLOCK_POINTS  # type: ignore[misc]
        own = {"width": "fermion", "lead_frequency": "boson", "lead": ""}
        for name, lead in own.items():
            if self.values.given.get(name) is not None and (not self.keeps_count or (lead and lead != self.lead)):
                must = "left out unless model='conserving'" + (f" and lead={lead!r}" if lead else "")
                raise InputError(name, must, Shown("given"), "leave it out or change the model")
        if self.keeps_count and self.lead == "fermion" and self.step == 2:
            raise InputError("lead", "'boson' for step 2", self.lead, "a pair is a boson")
        if CURVE in self.axes():
            raise InputError("an axis", "of a name that the record doesn't use", CURVE, "rename the axis")
        self.equilibrium()

    @property
    def step(self) -> int:
        """1 or 2 particles."""
        return int(self.values["step"])

    @property
    def keeps_count(self) -> bool:
        """Whether the lead keeps the count, instead of a mean field."""
        return bool(self.values["model"] != "mean-field")

    @property
    def finite(self) -> bool:
        """Whether the lead is a finite number of levels."""
        return bool(self.values["model"] == "levels")

    @property
    def lead(self) -> str:
        """What the lead that keeps the count is made of; "" in the mean field."""
        return "fermion" if self.finite else str(self.values["lead"]) if self.keeps_count else ""

    def system(self) -> NormalLead:
        """The dot in the mean field of its lead."""
        v, kind = self.values, ND1N if self.step == 1 else ND2N
        names = ("detuning", "stiffness", "temperature", "n_c", "level_spacing")
        return kind(**{name: v[name] for name in names})

    def equilibrium(self) -> xarray.Dataset:
        """Equilibrium over all the axes."""
        import xarray

        grid = self.axes()
        if not self.keeps_count:
            found = self.system().equilibrium().drop_vars("anomalous_average")
            whole = xarray.DataArray(np.zeros([c.size for c in grid.values()]), dims=tuple(grid), coords=grid)
            return found.broadcast_like(whole).transpose(*grid, ...)
        v = self.flat_values()
        filling = self.filling(v)
        number = self.values["n_c"] + self.step * filling.weight
        parts = {"n_mean": (number, "1"), "free_energy": (filling.free_energy, "energy")}
        variables = {name: (tuple(grid), axes.unflatten(a, grid), {"units": u}) for name, (a, u) in parts.items()}
        return xarray.Dataset(variables, dict(grid))

    def filling(self, v: Mapping[str, Any]) -> Filling:
        """The dot on a lead that keeps the count, for parameters as arrays."""
        if self.finite:
            return gate_levels.filling(self, v)
        if self.lead == "fermion":
            return wide_band(v["detuning"], v["width"], v["temperature"])
        return boson_lead(v["detuning"], v["stiffness"], v["lead_frequency"], v["temperature"])

    def record(self) -> xarray.Dataset:
        """Equilibrium at the given gate voltages, the whole curve of every set of parameters, the onset of order."""
        found = self.equilibrium()
        count = (POINTS - 1) // 4 + 1 if self.quick else POINTS
        gate = axis(CURVE, np.linspace(-REACH, REACH, count))
        one = self.at_detuning(0.0)
        curve = self.at_detuning(gate * one.values["stiffness"]).equilibrium()
        for kept in ("n_mean", "free_energy", "order_parameter"):
            if kept in curve:
                found[f"curve_{kept}"] = curve[kept].transpose(*one.axes(), CURVE)
        if not self.keeps_count:
            cold = self.alone(temperature=0.0)
            found["onset"] = (tuple(cold.axes()), axes.unflatten(_onset(cold.flat_values()), cold.axes()))
            found["onset"].attrs["units"] = "energy"
        for name, variable in found.data_vars.items():
            like = found.get(str(name).removeprefix("curve_"))
            unit = variable.attrs.get("units") or ("1" if like is None else like.attrs["units"])
            variable.attrs["units"] = self.unit("energy") if unit in ("energy", self.unit("energy")) else unit
        return found.assign_attrs(method=METHODS[self.values["model"], self.lead], model=self.values["model"])

    def at_detuning(self, detuning: Any) -> GateSweep:
        """The same dot at other detunings."""
        return self.alone(detuning=detuning)

    def alone(self, **changes: Any) -> GateSweep:
        """The same dot with some values replaced."""
        made = self.changed(**changes)
        assert isinstance(made, GateSweep)
        return made

    def uncut(self) -> tuple[str, ...]:
        """Kinks are found along the gate."""
        return tuple(str(dim) for dim in getattr(self.values["detuning"], "dims", ()))

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.gate_findings`."""
        return {finding.name: finding for finding in gate_findings.findings(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        slope = findings["slope"].value
        what = {"": f"ND{self.step}N", "fermion": "The dot on a fermion lead", "boson": "The dot on a boson lead"}
        if slope.ndim:
            return f"{what[self.lead]} was followed through its charge step for {slope.size} sets of parameters."
        low, high = (float(findings[name].value) for name in ("lower_edge", "upper_edge"))
        if self.finite and np.isfinite(float(findings["jump"].value)):
            return (
                f"The dot on {self.values['lead_levels']} levels jumps by {float(findings['jump'].value):.4g} at once."
            )
        if self.keeps_count:
            off = float(findings["mean_field_distance"].value)
            return f"{what[self.lead]} fills within {off:.3g} of a step of the mean field's line."
        if not np.isfinite(low + high):
            return f"{what[self.lead]} fills smoothly: the number has no kink against the gate voltage."
        ends = " and ".join(self.shown("energy", end) for end in (low, high))
        return f"{what[self.lead]} fills along a line between kinks at ξ = {ends}."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.gate_drawing`."""
        from mesodyn.experiments import gate_drawing

        return gate_drawing.figures(self, record, at)


def _onset(v: Mapping[str, Any]) -> Any:
    """The temperature below which there is order, by bisection on the order parameter itself; 0 if there is none."""
    from mesodyn.systems.mean_field import equilibrium

    low = np.zeros(np.shape(v["stiffness"]))
    high = 1.5 * v["stiffness"]
    ever = equilibrium(v["detuning"], v["stiffness"], low).order_parameter > 0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        ordered = equilibrium(v["detuning"], v["stiffness"], middle).order_parameter > 0
        low, high = np.where(ordered, middle, low), np.where(ordered, high, middle)
    return np.where(ever, (low + high) / 2, 0.0)
