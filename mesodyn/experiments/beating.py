"""A superposition of N and N + step beats in the laboratory frame, period 2 pi hbar / mu_c (paper, Sec. 4; 3a)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics.protocol import Connect, Disconnect, Hold, Protocol, Ramp, Segment
from mesodyn.errors import InputError, Shown
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter, account_parameter
from mesodyn.systems.lead_trap import MOST_IN_LEAD, LeadTrap
from mesodyn.systems.reservoir_trap import ReservoirTrap

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

PERIODS = 10
"""How many periods of the beat are recorded unless a duration is given."""
SLOW_PERIODS = 3
"""How many periods of the tunnelling, where there is any."""
LEAD_NUMBER = 20
"""How many steps a lead holds unless it is said."""
BURST = 4
"""How many periods are sampled densely, at the start."""
OCTAVES = 52
"""Moments at T/2, T/4, ...: enough that the first lags are short beside any period, so that nothing aliases."""


class Beating(Experiment):
    """Watch the order parameter of a trap in the laboratory frame."""

    name = "beating"
    title = "The beat of a superposition of particle numbers"
    meaning = (
        "A trap in the state u|N> + v exp(iφ)|N + k> has an order parameter ⟨Ψ⟩ (or ⟨ΨΨ⟩ for k = 2) that turns in the "
        "laboratory frame with the period 2πħ/(E(N+k) - E(N)); in a frame that rotates at the chemical potential it "
        "stands still. A mixture of the two numbers has none. If the total number is conserved and the trap is "
        "entangled with a state outside, or with the condensate of a lead, the trap alone has none either; what beats "
        "is the correlation with the outside, at the difference of the two chemical potentials. With tunnelling the "
        "number in the trap beats too, in a mixture as well: that proves no superposition. Only a second system makes "
        "the phase visible."
    )
    scale = "chemical_potential"
    second_method = "magnus"
    block_points = 128
    parameters = (
        Parameter("chemical_potential", "energy", 1.0, "μ_c of the trap per particle", above=0),
        Parameter("detuning", "energy", 0.25, "ξ: half the energy to bring the step in from outside"),
        Parameter("tunnelling", "energy", 0.0, "Δ to the outside"),
        Parameter(
            "reference", "choice", "outside", "one state, or the condensate of a lead", choices=("outside", "lead")
        ),
        Parameter(
            "lead_number",
            "count",
            lambda v: LEAD_NUMBER,
            "steps in the lead while the trap holds the smaller number",
            low=1,
            follows=f"{LEAD_NUMBER}, for reference=lead",
        ),
        Parameter("n_c", "count", 0, "the smaller number of particles", low=0),
        Parameter("step", "choice", "1", "particles between the two numbers", choices=("1", "2")),
        Parameter("kind", "choice", "fermion", "what the particles are", choices=("fermion", "boson")),
        Parameter(
            "start", "choice", "given", "state (2) with given weight and phase, or (5)", choices=("given", "ground")
        ),
        Parameter(
            "weight",
            "number",
            lambda v: 0.5,
            "v², weight of the larger number",
            low=0,
            high=1,
            follows="0.5, for start=given",
        ),
        Parameter("phase", "angle", lambda v: 0.0, "φ of the larger number", follows="0, for start=given"),
        Parameter("temperature", "temperature", 0.0, "k_B T of start=ground (conserving)", low=0),
        Parameter(
            "switch", "choice", "none", "the tunnelling is switched during the run", choices=("none", "on", "off")
        ),
        Parameter("gate_shift", "energy", 0.0, "by how much ξ is moved during the run: μ_c goes up by 2/k of it"),
        Parameter("gate_time", "time", 0.0, "how long the gate moves; 0 is sudden", low=0),
        Parameter("change_at", "number", 0.5, "share of the duration after which that happens", above=0, high=0.99),
        Parameter(
            "frame_potential",
            "energy",
            lambda v: v["chemical_potential"],
            "μ at which the rotating frame turns, per particle",
            follows="chemical_potential",
        ),
        Parameter(
            "duration",
            "time",
            lambda v: _long_enough(v),
            "how long it is watched, without the time the gate moves",
            above=0,
            follows=f"{PERIODS} beats, and {SLOW_PERIODS} periods of the tunnelling if there is any",
        ),
        account_parameter("superposition"),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Build the system, so that what does not fit is refused now."""
        v = self.values
        if v["switch"] != "none" and not np.any(np.asarray(v["tunnelling"]) != 0):
            raise InputError(
                "tunnelling", "other than 0 when it is switched", Shown("0"), "give it, or leave switch out"
            )
        if v["start"] == "given" and np.any(np.asarray(v["temperature"]) != 0):
            raise InputError("temperature", "0 for start=given", Shown("above 0"), "use start=ground")
        if v["start"] == "ground":
            if self.account != "conserving" and np.any(np.asarray(v["temperature"]) != 0):
                must = f"0 in the {self.account} account: a thermal trap is not in state (2)"
                raise InputError("temperature", must, Shown("above 0"), "use account=conserving")
            given = [name for name in ("weight", "phase") if name in self.values.given]
            if given:
                raise InputError(given[0], "left out for start=ground, which fixes it", Shown("given"), "leave it out")
        own = [name for name in ("lead_number",) if name in self.values.given and v["reference"] != "lead"]
        if own:
            raise InputError("lead_number", "left out unless reference=lead", v["lead_number"], "use reference=lead")
        if v["reference"] == "lead" and v["lead_number"] > MOST_IN_LEAD:
            raise InputError("lead_number", f"1 to {MOST_IN_LEAD}", v["lead_number"], "a larger lead shows no more")
        self.system()

    @property
    def step(self) -> int:
        """1 for state (2), 2 for state (3)."""
        return int(self.values["step"])

    @property
    def changes(self) -> bool:
        """Whether anything is switched or moved during the run."""
        return self.values["switch"] != "none" or self.moved

    @property
    def moved(self) -> bool:
        """Whether the gate is moved."""
        return self.anywhere("gate_shift")

    def system(self, frame_potential: Any = 0.0) -> ReservoirTrap | LeadTrap:
        """The trap and its outside, in a frame that rotates at a chemical potential (per particle)."""
        v = self.values
        energy = self.step * (v["chemical_potential"] - frame_potential) - 2 * v["detuning"]
        given: dict[str, Any] = {name: v[name] for name in ("detuning", "tunnelling", "n_c", "temperature")}
        given |= {"step": self.step} | self._start()
        if v["reference"] == "lead":
            return LeadTrap(lead_energy=energy, lead_number=v["lead_number"], **given)
        return ReservoirTrap(outside_energy=energy, kind=v["kind"], **given)

    def _start(self) -> dict[str, Any]:
        """Weight and phase of the initial state; none for the conserving ground state, which is found."""
        v = self.values
        if v["start"] == "given":
            return {"weight": v["weight"], "phase": v["phase"]}
        if self.account == "conserving":
            return {}
        rest = ReservoirTrap(detuning=v["detuning"], tunnelling=v["tunnelling"]).equilibrium()
        found = rest.n_mean.clip(0.0, 1.0), np.sign(v["tunnelling"])
        weight = found[0] if found[0].ndim else float(found[0])
        return {"weight": weight, "phase": np.pi * (found[1] < 0)}

    def protocol(self) -> Protocol:
        """Hold; then, if asked for, switch the tunnelling and move the gate; hold again."""
        v = self.values
        found: list[Segment] = [Disconnect()] if v["switch"] == "on" else []
        if not self.changes:
            return Protocol(*found, Hold(duration=v["duration"]))
        found.append(Hold(duration=v["duration"] * v["change_at"]))
        if v["switch"] != "none":
            found.append(Connect() if v["switch"] == "on" else Disconnect())
        if self.moved:
            found.append(Ramp(duration=v["gate_time"], detuning=v["detuning"] + v["gate_shift"]))
        return Protocol(*found, Hold(duration=v["duration"] * (1 - v["change_at"])))

    def evolution(self) -> tuple[ReservoirTrap | LeadTrap, Protocol, dict[str, Any]]:
        """System, protocol and options of the evolution in the laboratory."""
        initial = "thermal" if self.values["start"] == "ground" else "ground"
        return self.system(), self.protocol(), {"account": self.account, "initial": initial, "method": self.method}

    def record(self) -> xarray.Dataset:
        """The evolution in the laboratory and in a frame that rotates."""
        return self.sampled(self._fractions())

    def sampled(self, fractions: Sequence[float]) -> xarray.Dataset:
        """The evolution at some fractions of each stage."""
        import xarray

        v = self.values
        options: dict[str, Any] = {"account": self.account, "moments": list(fractions), "method": self.method}
        options |= {"tolerance": self.tolerance, "initial": "thermal" if v["start"] == "ground" else "ground"}
        lab, turning = (self.evolved(self.system(f), self.protocol(), **options) for f in (0.0, v["frame_potential"]))
        names = ["time", "energy", "norm", "n_mean", "order_parameter", "correlation", "error"]
        record = lab[[*names, *(["lead_field"] if "lead_field" in lab else [])]].assign_attrs(lab.attrs)
        record["order_parameter_rotating"] = turning.order_parameter
        record["phase_rounding"] = xarray.zeros_like(lab.error) + self._fastest * v["duration"] * 2.0**-52
        for name, kind in (("time", "time"), ("energy", "energy")):
            record[name].attrs["units"] = self.unit(kind)
        return record

    @property
    def frequency(self) -> Any:
        """E(N + step) - E(N), as an angular frequency."""
        return self.step * self.values["chemical_potential"]

    @property
    def _fastest(self) -> Any:
        """The fastest phase of the state's parts: of the lead's fullest number, where there is one."""
        system = self.system()
        return self.frequency * (system.window[1] - system.lead_number if isinstance(system, LeadTrap) else 1)

    def _fractions(self) -> list[float]:
        """Moments: a ladder of octaves, a dense burst of a few periods, and even strobes over the whole."""
        v = (self.whole or self).values
        cycles = np.min(np.asarray(v["duration"] * self.step * v["chemical_potential"])) / (2 * np.pi)
        burst = np.linspace(0, min(1.0, BURST / cycles), 2 * (self.moments - 1) + 1)
        strobes = np.linspace(0, 1, self.moments)
        found = np.unique(np.concatenate([2.0 ** -np.arange(OCTAVES), burst, strobes]))
        return [float(f) for f in found if f > 0]

    # -- what is measured, and how it is drawn ----------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.beating_findings`."""
        from mesodyn.experiments.beating_findings import measured

        return {finding.name: finding for finding in measured(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        period, size = findings["period"], findings["order_parameter"]
        name = "⟨Ψ⟩" if self.step == 1 else "⟨ΨΨ⟩"
        if period.value.ndim:
            return f"{name} was measured for {period.value.size} points in the {self.account} account."
        if np.isfinite(float(period.value)):
            text = self.shown("time", float(period.value))
            return f"{name} has the modulus {float(size.value):.4g} and turns in the laboratory with the period {text}."
        slow = findings["correlation_period"].value
        if np.isfinite(float(slow)):
            text = self.shown("time", abs(float(slow)))
            return f"{name} of the trap alone is zero; its correlation with the outside beats with the period {text}."
        return f"{name} of the trap alone is zero in the {self.account} account: no phase of it beats."

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.beating_drawing`."""
        from mesodyn.experiments import beating_drawing

        return beating_drawing.figures(self, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.beating_drawing`."""
        from mesodyn.experiments import beating_drawing

        return beating_drawing.animation(self, at)


def _long_enough(v: Mapping[str, Any]) -> Any:
    """Beats and periods of the tunnelling, for numbers or axes."""
    beats = PERIODS * 2 * np.pi / (int(v["step"]) * v["chemical_potential"])
    shift = abs(v["detuning"]) + abs(v["gate_shift"])
    half = np.hypot(v["tunnelling"], shift)
    slow = SLOW_PERIODS * np.pi * (v["tunnelling"] != 0) / (half + (half == 0))
    return np.maximum(beats, slow) if hasattr(beats + slow, "dims") else max(beats, slow)
