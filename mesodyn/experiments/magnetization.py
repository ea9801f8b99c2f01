"""How the moment of a Kramers dot follows a field that grows or turns (paper, Sec. 7; 1.8, 3h, DEFINITIONS 6.9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.axes import axis
from mesodyn.errors import InputError
from mesodyn.experiments import magnetization_findings as measured
from mesodyn.experiments import magnetization_quantum as quantum
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter
from mesodyn.experiments.sweeps import Sweep
from mesodyn.systems.kramers_dot import KramersDot

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

AXES = ("anisotropy_x", "anisotropy_y", "anisotropy_z")
LEADS = ("mean-field", "none", "quantum")
TURNED = 721
STRONG = 12.0
"""The default field grows to so many times the largest anisotropy."""
WEAK = 1e-4
"""It starts at this part of the smallest."""
FAST = 10.0
"""The default frequency of a quantum lead, in exchange energies."""


def gaps(values: Mapping[str, Any]) -> list[Any]:
    """The principal values of the anisotropy above the smallest, in increasing order."""
    parts = np.sort(np.stack(np.broadcast_arrays(*[np.max(np.asarray(values[name])) for name in AXES])))
    return [float(part) for part in parts[1:] - parts[0]]


def _of_lead(share: float) -> Any:
    """An anisotropy as part of the exchange energy; none without a lead."""
    return lambda v: 0.0 if v["lead"] == "none" else share * v["exchange_field"]


def _field(values: Mapping[str, Any]) -> Any:
    """A field that grows past everything that can be seen, or a weak one that turns."""
    exchange = float(np.max(np.asarray(values["exchange_field"])))
    second, third = gaps(values)
    second = second or third or 0.1 * exchange or 1.0
    third = third or second
    if values["sweep"] == "rotating":
        return 0.5 * second
    if values["lead"] == "quantum":  # a doublet: nothing happens at the anisotropy
        weak = WEAK * second
        return axis("field", np.concatenate([[weak, 2 * weak], np.linspace(0, STRONG * third, 41)[1:]]))
    fine, coarse = np.linspace(0, 1.2 * second, 241), np.linspace(1.2 * second, STRONG * third, 241)
    return axis("field", np.unique(np.concatenate([[WEAK * second, 2 * WEAK * second], fine, coarse])))


def _polar(values: Mapping[str, Any]) -> Any:
    """Once around, or 60 degrees."""
    if values["sweep"] != "rotating":
        return np.pi / 3
    return axis("polar", 0, 2 * np.pi, 73 if values["lead"] == "quantum" else TURNED)


def _frequency(values: Mapping[str, Any]) -> Any:
    """A fast lead."""
    if values["lead"] != "quantum":
        return None
    return FAST * float(np.max(np.asarray(values["exchange_field"]))) or 1.0


class Magnetization(Experiment):
    """Watch the moment of a dot with an odd particle while a field grows or turns."""

    name = "magnetization"
    title = "The moment of a Kramers dot in a field"
    meaning = (
        "A level with an odd particle magnetises by exchange with its leads; |M| = μ_B, and the anisotropy of the "
        "leads holds its direction. A weak field turns it a little, M = μ_B n₀ + μ_B² a⁻¹B (42); a strong one draws it "
        "along, with a rest that falls as 1/B (44); against the soft axis it holds until it switches, a hysteresis. A "
        "doublet without leads has M ∥ B and nothing turns as B grows; neither does it with an anisotropic g. A spin S "
        "≥ 1 with an anisotropy D S_z² of its own gives the same turning curve (Stoner and Wohlfarth): this curve "
        "alone does not prove magnetism of the paper's kind. Its levels and the absence of a moment for even numbers "
        "would. With a quantum lead (three oscillators) the ground level stays a doublet: it gains up to 3 times the "
        "energy, but its moment has no direction of its own, vanishes with the field, and does not turn."
    )
    scale = "exchange_field"
    accounts = ()
    account_reason = "not applicable: M commutes with N, so all three are identical; choose lead instead"
    animated = False
    block_points = 32768
    beyond = 0
    """How many more steps a quantum lead's quanta are raised by than needed."""
    parameters = (
        Parameter("sweep", "choice", "growing", "what the field does", choices=("growing", "rotating")),
        Parameter(
            "lead", "choice", "mean-field", "what is assumed of the leads", choices=("mean-field", "none", "quantum")
        ),
        Parameter("branch", "choice", "equilibrium", "which minimum", choices=("equilibrium", "metastable")),
        Parameter("moment", "number", 1.0, "μ_B of the dot: the size of a saturated M, in your unit", above=0),
        Parameter("exchange_field", "energy", 1.0, "μ_B B₀ of the leads, an energy; unused with lead = none", low=0),
        Parameter("anisotropy_x", "energy", _of_lead(0.02), "a_xx", follows="0.02 exchange_field; 0 for lead = none"),
        Parameter("anisotropy_y", "energy", _of_lead(0.05), "a_yy", follows="0.05 exchange_field; 0 for lead = none"),
        Parameter("anisotropy_z", "energy", _of_lead(0.0), "a_zz", follows="0"),
        Parameter(
            *("field", "energy", _field, "μ_B B, an energy: 1 T for a free electron is 14.0 GHz"),
            low=0,
            follows=f"growing: 0 to {STRONG:g} times the largest anisotropy; rotating: half of the second",
        ),
        Parameter(
            *("lead_frequency", "energy", _frequency, "ħω of a quantum lead's oscillators; only with lead = quantum"),
            above=0,
            follows=f"{FAST:g} exchange_field for lead = quantum",
        ),
        Parameter("polar", "angle", _polar, "of B from z", follows="growing: 60 deg; rotating: 0 to 2 pi"),
        Parameter("azimuth", "angle", 0.0, "of B from x"),
        Parameter("temperature", "temperature", 0.0, "kT", low=0),
        Parameter("level_spacing", "energy", None, "of the dot; kT and kT_c have to stay far below it", above=0),
    )

    # -- what is solved ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what does not belong to the lead, before any solving."""
        v = self.values
        if v["lead"] == "none":
            for name in AXES:
                if np.any(np.asarray(v[name]) != 0):
                    raise InputError(name, "0 for lead='none'", v.given[name], "the anisotropy comes from the leads")
            if v["branch"] == "metastable":
                raise InputError("branch", "'equilibrium' for lead='none'", "metastable", "without leads it has one")
        self.axes()
        self.system()
        quantum.check(self)

    @property
    def exchange(self) -> Any:
        """mu_B B_0 of the leads that there are."""
        return self.values["exchange_field"] if self.values["lead"] == "mean-field" else 0.0

    def direction(self) -> tuple[Any, Any, Any]:
        """The unit vector of the field."""
        polar, azimuth = self.values["polar"], self.values["azimuth"]
        return np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar) + 0.0 * azimuth

    def system(self) -> KramersDot:
        """The dot; the field in units in which the moment is that of the values."""
        v, moment = self.values, self.values["moment"]
        stiff = [v[name] for name in AXES]
        return KramersDot(
            moment=moment,
            exchange_field=self.exchange / moment,
            anisotropy=((stiff[0], 0.0, 0.0), (0.0, stiff[1], 0.0), (0.0, 0.0, stiff[2])),
            field=tuple(v["field"] / moment * part for part in self.direction()),
            temperature=v["temperature"],
            level_spacing=v["level_spacing"],
        )

    def record(self) -> xarray.Dataset:
        """The moment on the branch, and whether there is another one."""
        import xarray

        found = quantum.record(self) if self.values["lead"] == "quantum" else self._followed()
        found["field_direction"] = xarray.zeros_like(found.magnetization)
        parts = [xarray.zeros_like(found.energy) + part for part in self.direction()]
        found["field_direction"] = xarray.concat(parts, "component").transpose(..., "component")
        for name in ("energy", "orientation_energy", "free_energy", "splitting", "gap"):
            if name in found:
                found[name].attrs["units"] = self.unit("energy")
        for name in ("magnetization", "metastable"):
            if name in found:
                found[name].attrs["units"] = "as moment"
        return found

    def _followed(self) -> xarray.Dataset:
        """The moment with a lead that is a classical field, or with none."""
        dot = self.system()
        other = dot.equilibrium("metastable")
        found = other.drop_vars("exists") if self.values["branch"] == "metastable" else dot.equilibrium()
        found = found.drop_vars(["direction", "mean_field", "critical_temperature"])
        found["metastable"] = other.magnetization
        found["exists"] = other.exists.astype(float)
        return found.assign_attrs(method="largest root of the secular equation (a + λ)m = μ_B B, |m| = m(λ)")

    def enlarged(self) -> Magnetization | None:
        """The same with more quanta in a quantum lead."""
        if self.values["lead"] != "quantum":
            return None
        found = self.changed()
        found.beyond = self.beyond + 1  # type: ignore[attr-defined]
        return found  # type: ignore[return-value]

    def comparable(self, record: xarray.Dataset) -> xarray.Dataset:
        """All but how well it converged, and the splitting, which is rounding."""
        return record.drop_vars(["truncation", "splitting"], errors="ignore")

    def uncut(self) -> tuple[str, ...]:
        """Hysteresis and turning are found along the field."""
        return (Sweep.of(self, self._swept).dim,)

    @property
    def _swept(self) -> str:
        """The parameter that a curve runs along."""
        return "polar" if self.values["sweep"] == "rotating" else "field"

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Size and direction of the moment, point by point and along the sweep."""
        own = quantum if self.values["lead"] == "quantum" else measured
        found = own.of_points(self, record)
        sweep = Sweep.of(self, self._swept)
        found += (own.of_rotation if self._swept == "polar" else own.of_growth)(sweep, record)
        return {finding.name: finding for finding in found}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        size = findings["modulus"].value
        if size.ndim > 1 or findings["largest_lag"].value.ndim:
            return f"M was found for {size.size} fields."
        lag = np.degrees(float(findings["largest_lag"].value))
        text = f"M is up to {lag:.3g} degrees away from the field" if lag > 1e-4 else "M is along the field"
        gain = findings.get("energy_gain")
        if gain is not None and np.isfinite(float(gain.value.mean())):
            text += f"; its lead gains {float(gain.value.mean()):.3g} times as much energy as a classical one"
        switching = findings.get("switching_field")
        if switching is not None and np.isfinite(float(switching.value)) and float(switching.value) > 0:
            where = self.shown("energy", float(f"{float(switching.value):.4g}"))
            text += f"; against it, it holds until μ_B B = {where}"
        return text + "."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """The components and the angle along the sweep with the nulls, the hysteresis, the limits."""
        from mesodyn.experiments import magnetization_drawing

        return magnetization_drawing.figures(self, record, at)
