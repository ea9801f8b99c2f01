"""The current-phase curve as a measurement: readings of the current on both sides of π, at two gate voltages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.errors import InputError, Shown
from mesodyn.experiments.josephson_current import OWN
from mesodyn.planning import quantities
from mesodyn.planning.lab import Lab
from mesodyn.planning.signals.base import POINT, SETTING, Array, Case, Knob, Seen, Step
from mesodyn.planning.signals.junction import TRUE_MODEL, JunctionSignal, taking
from mesodyn.planning.signals.noises import GONE
from mesodyn.planning.slider import slider
from mesodyn.report import Table

if TYPE_CHECKING:
    from mesodyn.planning.plan import Plan

FLUX, GATE = "plan_flux", "plan_gate"
NODES, FAR = ((61, 41), (41, 21)), 5.0
"""Evenly spaced values of the noises of flux and gate (in tables; in maps and searches), up to so many rms."""
STILL = 1e-6
"""Less noise of the flux, in radians, changes nothing."""
COARSE = 2.0
"""Noise of the gate beyond so many thresholds is too coarse for its values: it is refused."""
PHASE = 0.9 * np.pi
"""The phase difference below π, unless it is given."""
FARTHEST, NEAREST = 0.2 * np.pi, 0.01
"""How far below π a better phase difference is looked for."""
ANGLES = 73
CURVE = (np.arange(1000) + 0.5) * np.pi / 1000
"""Phase differences among which the largest current is looked for."""

CASES = (
    Case("mean field", "the paper: single particles, a break at π up to a threshold of the gate"),
    Case("both minima", "the same model averaged over φ and φ + π: the dot holds N or N + 1, no superposition"),
    Case("no coherence", "a dot without any phase: no current", {"account": "mixture"}),
    Case("pairs", "a dot that takes pairs (SD2S): no break off resonance", {"model": "SD2S"}),
    Case(
        "pairs that are counted",
        "the same with leads that count their pairs",
        {"model": "SD2S", "account": "conserving"},
    ),
    Case("parity kept", "ordinary quantum mechanics: a jump where the parity changes", {"model": "parity-dot"}),
    Case("contact", "an ordinary contact of one channel: a break at π that no gate moves", {"model": "contact"}),
)
KNOBS = (
    Knob("temperature", "temperature", "weakens the order", "cool"),
    Knob("lead_asymmetry", "number", "leads that are not equal: they round the break", "tune the leads", own=True),
    Knob("detuning_noise", "energy", "rms of the gate from reading to reading", "set the gate", own=True),
    Knob("flux_noise", "angle", "rms of the phase difference from reading to reading", "set the flux", own=True),
    Knob(
        "preparation_error", "number", "a particle from outside: no current in that reading", "set the flux", own=True
    ),
    Knob("current_noise", "current", "rms of one reading: it costs shots, no contrast", "read", own=True),
)
LEADS = ("beta", "beta_left", "beta_right", "delta_left", "delta_right")
SHADES = ("#1845fb", "#ff5e02", "#515151")
RESERVED = {
    "model": "it compares all of them",
    "branch": "in equilibrium the junction is in its lowest state",
    "beta_left": "give beta and lead_asymmetry",
    "beta_right": "give beta and lead_asymmetry",
}
PAIRED = ("pairs", "pairs that are counted")


class CurrentSignal(JunctionSignal):
    """The break of SD1S at π, which stays where it is when the gate is moved."""

    experiment = "josephson-current"
    truth = "mean field"
    told = ("no coherence", "pairs", "parity kept", "contact")
    apparatus = ("cycle_time", *(knob.name for knob in KNOBS if knob.own))
    cases = CASES
    knobs = KNOBS
    of_model = OWN
    unused = ("branch", "beta_left", "beta_right")
    moved = ("detuning", "phase_difference")
    difference = (2, 3)
    chosen = {"phase_difference": "both sides of π, at this distance"}  # noqa: RUF012
    edges = (
        "Near resonance pairs and contacts break at π as well; near the threshold 1/α little is left of the break; too "
        "near to π the noise of the flux covers it, and too far from it pairs lose as little to the gate as the break."
    )
    statement = (
        "A break at π does not prove a superposition of N and N + 1, even inside the mean-field model: averaged over φ "
        "and φ + π the dot holds one number or the other, and the current is the same. No shot number tells these two "
        "apart.",
        "Nor does a break prove the model: a transparent contact breaks at π too. What tells them apart is the gate: "
        "the break stays at π and shrinks (SD1S), it is rounded (pairs), it moves (parity kept), it doesn't change "
        "(contact). A contact that is open at every gate voltage and whose gap followed the gate would look the same.",
        "The size of the current at resonance is fitted in each model; nobody has computed α and β. With "
        "the spin along the dot's polarisation conserved, β is 0 and nothing of this is to be seen.",
        "Leads that count their pairs carry the same current as a superposition of numbers: no account is told from "
        "another by a current, but for the dot without any coherence.",
    )

    def __init__(self, given: Mapping[str, Any], own: Mapping[str, float], lab: Lab) -> None:
        super().__init__({"phase_difference": PHASE, **given}, own, lab)
        most = COARSE / float(self.made.values["alpha"])
        if self.base["detuning_noise"] > most:
            must, was = (self.shown("detuning_noise", x, 3) for x in (most, self.base["detuning_noise"]))
            why = "most readings would be beyond the threshold, where no current flows"
            raise InputError("detuning_noise", f"at most {must} in a plan of {self.experiment}", Shown(was), why)
        if abs(self.base["detuning"]) >= most / COARSE:
            must, was = (self.shown("detuning", x, 3) for x in (most / COARSE, self.base["detuning"]))
            why = "beyond this threshold no current flows, and there is no break"
            raise InputError("detuning", f"below {must} in modulus in a plan of {self.experiment}", Shown(was), why)
        gates = ("0", self.shown("detuning", self.base["detuning"], 3))
        place = self.base["phase_difference"] / np.pi
        self.settings = tuple(f"ξ = {gate}, θ = {x:.4g} π" for gate in gates for x in (place, 2 - place))

    @classmethod
    def asked(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """See `Signal.asked`: one phase difference below π."""
        cls.refuse(given, RESERVED, cls.experiment)
        phase = given.get("phase_difference")
        if phase is not None:
            number = quantities.in_base("phase_difference", "angle", phase)
            if hasattr(number, "dims") or not np.pi / 2 <= float(number) < np.pi:
                why = "the current is read there and on the other side of π"
                raise InputError("phase_difference", "one angle, at least π/2 and below π, in a plan", phase, why)
        return {}

    def _largest(self, case: Case) -> float:
        return float(np.abs(self._curve(case, CURVE, 0.0)).max())

    def _curve(self, case: Case, phases: Array, gate: float) -> Array:
        """The current (phases,) without noises, in units of e times energy over hbar."""
        import xarray

        columns = {name: np.atleast_1d(np.asarray(value, float)) for name, value in self.base.items()}
        found = self._equilibrium(case, columns, xarray.DataArray(phases, dims=FLUX), gate)
        return np.asarray(found.current.values.ravel())

    def _equilibrium(self, case: Case, columns: Mapping[str, Array], phase: Any, gate: Any) -> Any:
        """The equilibrium of a case at phase differences and gate voltages."""
        varied = {"temperature": columns["temperature"], "phase_difference": phase, "detuning": gate}
        if case.changes.get("model") == "contact":
            varied["detuning"] = None
        made = self.build({**case.changes, **varied, **self._leads(case, columns)})
        return made.equilibrium()  # type: ignore[attr-defined]

    def _leads(self, case: Case, columns: Mapping[str, Array]) -> dict[str, Any]:
        """The couplings of both leads (points,), unequal by the asymmetry."""
        model, off = case.changes.get("model", TRUE_MODEL), columns["lead_asymmetry"]
        if model == "contact":
            return dict.fromkeys(LEADS)
        v = self.models[model].values
        if model == TRUE_MODEL:
            return {"beta": None, "beta_left": v["beta"] * (1 + off), "beta_right": v["beta"] * (1 - off)}
        pair = {"delta_left": v["delta_left"] * (1 + off), "delta_right": v["delta_right"] * (1 - off)}
        return dict.fromkeys(LEADS) | pair

    def _read(self, case: Case, columns: Mapping[str, Array]) -> tuple[Array, Array]:
        r"""See `JunctionSignal._read`: equilibrium at every value of the noises.

        The mean over a noise of the phase is that of :math:`J = (2e/\hbar)\partial F/\partial\theta`, by parts, so that
        a break costs no accuracy.
        """
        import xarray

        noises = (columns["flux_noise"], columns["detuning_noise"])
        x, y = (
            np.linspace(-FAR, FAR, count) if np.any(rms > 0) else np.zeros(1)
            for rms, count in zip(noises, NODES[self.coarse], strict=True)
        )
        below, spread, off = (columns[n] for n in ("phase_difference", "flux_noise", "detuning"))
        phases = np.stack([below, 2 * np.pi - below] * 2)[:, :, None] + spread[None, :, None] * x
        gates = np.stack([0 * off, 0 * off, off, off])[:, :, None] + columns["detuning_noise"][None, :, None] * y
        theta = xarray.DataArray(phases, dims=(SETTING, POINT, FLUX))
        xi = xarray.DataArray(gates, dims=(SETTING, POINT, GATE))
        found = self._equilibrium(case, columns, theta, xi)
        whole = (found.current + 0 * theta + 0 * xi).transpose(SETTING, POINT, FLUX, GATE)
        current, energy = (
            found[name].broadcast_like(whole).transpose(*whole.dims).values / self.unit
            for name in ("current", "free_energy")
        )
        return self._averaged(current, energy, (x, y), columns)

    def _averaged(
        self, current: Array, energy: Array, nodes: tuple[Array, Array], columns: Mapping[str, Array]
    ) -> tuple[Array, Array]:
        """Mean and scatter (settings, points) over the noises and the particles from outside."""
        x, y = nodes
        wx, wy = (np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum() for z in (x, y))
        spread, wrong = columns["flux_noise"], columns["preparation_error"]
        still = current[:, :, x.size // 2] @ wy
        parts = 2 * np.einsum("spxy,x,y->sp", energy - energy[:, :, x.size // 2, None], wx * x, wy)
        moved = np.divide(parts, spread, out=np.zeros_like(parts), where=spread > STILL)
        dead = np.isnan(energy).any() and not current.any()
        mean = (1 - wrong) * np.where((spread > STILL) & (not dead), moved, still)
        mean = np.where(spread > GONE, 0.0, mean)
        square = (1 - wrong) * np.einsum("spxy,x,y->sp", current**2, wx, wy)
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def reach(self) -> dict[str, tuple[float, float]]:
        """See `Signal.reach`: the gate up to the threshold, and the phase differences below π."""
        threshold = 1 / float(self.made.values["alpha"])
        phases = (np.pi - FARTHEST, np.pi - NEAREST)
        return {"detuning": (0.05 * threshold, 0.95 * threshold), "phase_difference": phases}

    def mapped(self) -> tuple[str, str]:
        """See `Signal.mapped`."""
        return "detuning", "phase_difference"

    def worst(self, knob: Knob) -> float:
        """See `Signal.worst`: no order, no break, or noise far beyond the current."""
        v = self.made.values
        order = 1 / (v["alpha"] - abs(v["beta"]))
        ends = {"temperature": order, "detuning_noise": 1 / v["alpha"], "flux_noise": np.pi, "lead_asymmetry": 0.99}
        ends |= {"preparation_error": 1 - 1e-3, "current_noise": 1e4 * self.unit}
        grows = knob.name in ("detuning_noise", "current_noise")
        return float(max(ends[knob.name], 2 * self.base[knob.name] if grows else 0.0))

    def contrast(self, seen: Seen) -> Array:
        """Half of what the current falls by across π, off resonance."""
        return np.asarray((seen.value[2] - seen.value[3]) / 2)

    def apart(self, one: Case, other: Case) -> str:
        """See `Signal.apart`."""
        names = {one.name, other.name}
        if names == {"mean field", "both minima"}:
            return "φ and φ + π carry the same current: a break proves no superposition of N and N + 1"
        if names == set(PAIRED):
            return "leads that count their pairs have the same levels at each phase difference, and so the same current"
        if "contact" in names and names & set(PAIRED):
            return (
                "a contact with τ = 4Δ_LΔ_R/(ξ² + (Δ_L + Δ_R)²) has the same curve: if the gate may change its "
                "transmission and its gap, it is the same at every gate voltage"
            )
        return ""

    def steps(self) -> list[Step]:
        """See `Signal.steps`."""
        return [
            Step("set the flux to the other side of π", 0.0, "the period of the curve; its zeros at π and 2π"),
            Step("set the gate to the other voltage", 0.0, "resonance, where the current is largest; the lever arm"),
        ]

    def summary(self, plan: Plan) -> str:
        """See `Signal.summary`."""
        if plan.shots is None or plan.time is None:
            return "No number of readings tells the break of the mean field from the other models in this lab."
        return (
            "The break of the mean field at π is told from pairs, from a dot that keeps its parity, from a contact and "
            f"from no coherence at {taking(plan)}. It tests the model by what the gate does; a break proves no "
            "superposition."
        )

    def widget(self) -> Table:
        """The curves of three models off resonance."""
        angles = np.linspace(0, 2, ANGLES)
        curves, columns = {}, {key: np.atleast_1d(np.asarray(value, float)) for key, value in self.base.items()}
        truth = self._read(self.case(self.truth), columns)[0][0]
        for name in ("mean field", "parity kept", "contact"):
            case = self.case(name)
            scale = float(self.fit(name, truth, self._read(case, columns)[0][0])[0]) / self.unit
            curves[name] = (scale * self._curve(case, np.pi * angles, self.base["detuning"])).tolist()
        most = math.ceil(2 * max(max(map(abs, curve)) for curve in curves.values())) / 2
        shown = slider(
            angles.tolist(), curves, SHADES, label="θ", unit=" π", ylabel="current", start=33, ends=(-most, most)
        )
        text = (
            f"Currents at ξ = {self.shown('detuning', self.base['detuning'], 3)}, without noises, each fitted to the "
            "mean field at resonance. Pairs have the curve of the parity dot without its gap in the middle."
        )
        return Table("Over the phase difference", [text], widget=shown)
