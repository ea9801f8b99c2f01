"""A junction of two branches under a voltage or a current: its period, its crossover, its Shapiro steps (3e, 6.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.errors import InputError, Shown
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.currents import current_text
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.ac_josephson_record import Point
    from mesodyn.figures.style import Figure

INVERSE_ENERGY = "time"
"""The kind of alpha and beta: with hbar = 1 an inverse energy is a time."""
DYNAMICS = ("levels", "order-parameter", "phase")
DRIVES = ("none", "voltage", "current")

PAIRS = ("detuning", "delta_left", "delta_right", "relaxation")
MODELS = {
    "SD1S": ("detuning", "alpha", "beta", "beta_left", "beta_right", "branch_coupling", "relaxation", "poisoning"),
    "SD2S": PAIRS,
    "parity-dot": (*PAIRS, "poisoning"),
    "contact": ("transmission", "relaxation", "poisoning"),
}
"""What each model has of its own."""
OF_DYNAMICS = {
    "levels": ("branch_coupling", "relaxation", "poisoning"),
    "order-parameter": ("beta_left", "beta_right", "relaxation_time", "phase_offset", "phase_noise"),
    "phase": ("beta_left", "beta_right", "relaxation_time", "phase_offset", "phase_noise"),
}
OF_DRIVE = {
    "none": ("voltage", "start_phase"),
    "voltage": ("voltage", "start_phase", "ac_amplitude", "frequency"),
    "current": ("bias_current", "ac_current", "frequency", "characteristic_voltage", "noise"),
}
UNITS = {
    **dict.fromkeys(("time",), "time"),
    **dict.fromkeys(("frequency", "mean_voltage", "step_voltage", "voltages", "crossover"), "energy"),
    **dict.fromkeys(("phase", "start", "passage_phase", "seed_phase"), "angle"),
    **dict.fromkeys(("jump_rate",), "rate"),
}
COARSE = ("mean_voltage", "step_edges", "step_voltage", "crossover")
FASTEST = 200.0
"""The most radians that a phase under a given current may run in one period of the drive."""
SLOWEST = 1e4
"""The most radians that two levels may turn in one passage."""
LONGEST = 2e5
"""The longest record of an order parameter, in the fastest of its times."""
MOST_READINGS = 2e7
"""The most readings of the current, of all trajectories of a point together."""
CURRENTS = ("current", "harmonics", "dc_current", "step_current", "critical_current")


def _of_gap(factor: float) -> Any:
    return lambda v: factor * v["gap"]


def _per_gap(factor: float) -> Any:
    return lambda v: factor / v["gap"]


def _two_betas(v: Mapping[str, Any]) -> Any:
    return 5 / v["gap"] if v["beta_left"] is None and v["beta_right"] is None else None


def _detuning(v: Mapping[str, Any]) -> Any:
    return (0.03 if v["dynamics"] == "levels" else 0.0) * v["gap"]


class AcJosephson(Experiment):
    """Put a voltage on a junction whose branches cross, and look for lines at eV/h and 2eV/h."""

    name = "ac-josephson"
    title = "The alternating current of a junction whose branches cross"
    meaning = (
        "Under a voltage V the phase difference of two superconductors runs, ħθ' = 2eV, and the current of an ordinary "
        "junction oscillates at 2eV/h. In the mean-field model of a dot that takes single particles (SD1S) two "
        "branches cross at θ = π. If the junction stays on its branch, its current has the period 4π and a line at "
        "eV/h, and odd Shapiro steps shrink, though they don't vanish. It leaves the branch if it has time to: the "
        "levels repel each other (Landau-Zener, coupling W), or the order parameter turns to the new minimum (growth "
        "exponent Λ = 4βħ/ατeV), so below a crossover voltage the period is 2π. A line at eV/h does not prove a "
        "superposition of N and N + 1: a transparent contact has it, and so does a dot that keeps its number parity "
        "near resonance; and a missing line disproves nothing: particles from outside, relaxation and slow passages "
        "take it away."
    )
    scale = "gap"
    accounts = ()
    account_reason = (
        "a mixture has no phase and carries no current, and leads that count their pairs give the same currents: only "
        "models can be told apart here. For a dot that keeps its number parity set model='parity-dot'"
    )
    second_method = "multistep"
    block_points = 32
    parameters = (
        Parameter("model", "choice", "SD1S", "what the junction is", choices=tuple(MODELS)),
        Parameter(
            "dynamics",
            "choice",
            "levels",
            "what moves: two levels with jumps, or (SD1S) the order parameter of the lead, or its phase alone",
            choices=DYNAMICS,
        ),
        Parameter("drive", "choice", "none", "what is added to the direct bias", choices=DRIVES),
        Parameter("gap", "energy", 1.0, "gap of the leads: that of the contact, and the unit of the defaults", above=0),
        Parameter("voltage", "energy", _of_gap(0.002), "eV", above=0, follows="0.002 gap"),
        Parameter("detuning", "energy", _detuning, "ξ, or η = ε + U/2", follows="0.03 gap; 0 unless levels move"),
        Parameter("alpha", INVERSE_ENERGY, _per_gap(12), "α of SD1S, as ħα", above=0, follows="12 / gap"),
        Parameter("beta_left", INVERSE_ENERGY, None, "β_L, as ħβ_L; with beta_right instead of beta"),
        Parameter("beta_right", INVERSE_ENERGY, None, "β_R, as ħβ_R; with beta_left instead of beta"),
        Parameter(
            "beta",
            INVERSE_ENERGY,
            _two_betas,
            "β of SD1S, as ħβ, of two equal leads",
            follows="5 / gap, unless beta_left and beta_right are given",
        ),
        Parameter("delta_left", "energy", _of_gap(0.1), "|Δ_L| (SD2S, parity-dot)", low=0, follows="0.1 gap"),
        Parameter("delta_right", "energy", _of_gap(0.1), "|Δ_R| (SD2S, parity-dot)", low=0, follows="0.1 gap"),
        Parameter("transmission", "number", lambda v: 1.0, "τ (contact)", low=0, high=1, follows="1"),
        Parameter("branch_coupling", "energy", lambda v: 0.0, "W, the gap at θ = π (SD1S)", low=0, follows="0"),
        Parameter("relaxation", "rate", lambda v: 0.0, "from the upper to the lower level", low=0, follows="0"),
        Parameter("poisoning", "rate", lambda v: 0.0, "of single particles from outside", low=0, follows="0"),
        Parameter("relaxation_time", "time", _per_gap(200), "τ of the order parameter", above=0, follows="200 / gap"),
        Parameter("phase_offset", "angle", lambda v: 1e-3, "φ at the start, from its minimum", follows="0.001"),
        Parameter(
            "phase_noise", "number", lambda v: 0.03, "σ of φ at each passage", low=0, high=0.5, follows="0.03 rad"
        ),
        Parameter("start_phase", "angle", lambda v: 0.0, "θ at the start", follows="0"),
        Parameter("frequency", "energy", _of_gap(0.004), "ħω of the drive", above=0, follows="0.004 gap"),
        Parameter("ac_amplitude", "number", lambda v: 1.0, "a = eV_ac/ħω", low=0, follows="1"),
        Parameter("bias_current", "number", lambda v: 1.3, "I/I_c whose motion is shown", low=0, follows="1.3"),
        Parameter("ac_current", "number", lambda v: 1.0, "I_ac/I_c", low=0, follows="1"),
        Parameter(
            "characteristic_voltage", "energy", _of_gap(0.004), "eI_cR of the resistor", above=0, follows="0.004 gap"
        ),
        Parameter("noise", "number", lambda v: 0.0, "kT over ħI_c/2e, of the resistor", low=0, follows="0"),
        Parameter("periods", "count", 32, "turns of θ, or periods of the drive, in the record; even", low=2),
        Parameter("trajectories", "count", 64, "how many are followed", low=1),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what another model, dynamics or drive has, and junctions without two branches."""
        self._check_own()
        if self.values["periods"] % 2:
            raise InputError("periods", "even, so that a period of 4π fits", self.values["periods"])
        if self.dynamics != "levels" and self.values["drive"] == "current":
            must = "'none' or 'voltage' while the order parameter moves"
            raise InputError("drive", must, "current", "under a given current set dynamics='levels'")
        if self.values["model"] == "SD1S":
            self._check_betas()
        for values in self._points():
            self._check_point(values)

    def _check_own(self) -> None:
        """What was given must belong to the model, the dynamics and the drive."""
        v = self.values
        if v["model"] != "SD1S" and v["dynamics"] != "levels":
            must = "'levels' unless model='SD1S'"
            raise InputError(
                "dynamics", must, v["dynamics"], "no other junction here has an order parameter that moves"
            )
        for table, choice in ((MODELS, "model"), (OF_DYNAMICS, "dynamics"), (OF_DRIVE, "drive")):
            own = table[v[choice]]
            foreign = {name for names in table.values() for name in names} - set(own)
            for name, value in v.given.items():
                shared = choice == "dynamics" and name.startswith("beta_")
                if name in foreign and value is not None and not shared:
                    must = f"left out for {choice}={v[choice]!r}"
                    raise InputError(name, must, Shown("given"), f"that has {', '.join(own)}")

    def _check_betas(self) -> None:
        v = self.values
        pair = [name for name in ("beta_left", "beta_right") if v[name] is not None]
        if len(pair) != (2 if v["beta"] is None else 0):
            given = " and ".join([*([] if v["beta"] is None else ["beta"]), *pair]) or "none of them"
            raise InputError("beta", "given by itself, or beta_left and beta_right without it", Shown(given))
        if pair and self.dynamics == "levels":
            must = "left out while levels move: unequal leads have no crossing to pass"
            remedy = "set dynamics='order-parameter', or give beta and the gap as branch_coupling"
            raise InputError("beta_left and beta_right", must, Shown("given"), remedy)

    def _check_point(self, v: dict[str, Any]) -> None:
        """Build the junction of one point."""
        from mesodyn.experiments.ac_josephson_record import SAMPLES, levels_of

        turns = 1.0 if v["drive"] == "none" else 2 * v["voltage"] / v["frequency"] + 2 * v["ac_amplitude"] + 2
        if v["drive"] == "current":
            turns = 1.0
            fastest = 2 * v["characteristic_voltage"] / v["frequency"] * (3 + 2 * v["ac_current"])
            if fastest > FASTEST:
                must = (
                    f"such that the phase runs at most {FASTEST:g} in a period of the drive, 2eRI_c/ħω (3 + 2 I_ac/I_c)"
                )
                remedy = "raise frequency, or lower characteristic_voltage or ac_current"
                raise InputError("frequency", must, Shown(f"{fastest:.4g}"), remedy)
        readings = SAMPLES * turns * v["periods"] * v["trajectories"]
        if readings > MOST_READINGS:
            must = f"few enough for {MOST_READINGS:.0e} readings of turns, periods and trajectories"
            remedy = "raise frequency, or lower voltage, ac_amplitude, periods or trajectories"
            raise InputError("periods", must, Shown(f"{v['periods']} with {readings:.3g} readings"), remedy)
        if self.dynamics == "levels":
            levels = levels_of(v)
            size = float(np.linalg.norm(levels.field(np.linspace(0, 2 * np.pi, 9)), axis=0).max())
            least = size * np.pi / SLOWEST
            if v["drive"] == "none" and v["voltage"] < least:
                must = f"at least {least:.4g}: in a slower passage the levels turn too often to be followed"
                raise InputError("voltage", must, v["voltage"], "raise it; slower passages follow the lower level")
            return
        left, right = (v["beta_left"], v["beta_right"]) if v["beta"] is None else (v["beta"], v["beta"])
        bound = (abs(left) + abs(right)) / 2
        if v["alpha"] <= bound:
            raise InputError("alpha", f"above |beta| = {bound:g}", v["alpha"])
        if left * right <= 0:
            was = Shown(f"{left:g} and {right:g}")
            raise InputError("the betas", "of one sign, and not 0", was, "without them the phase is free")
        turn = 2 * np.pi / (v["frequency"] if v["drive"] == "voltage" else 2 * v["voltage"])
        length = v["periods"] * turn * (1 / v["relaxation_time"] + 1 / (v["alpha"] - bound))
        if length > LONGEST:
            must = f"so many that the record is at most {LONGEST:g} relaxation times and 1/(alpha - |beta|) long"
            remedy = "raise voltage (or frequency), relaxation_time or alpha"
            raise InputError("periods", must, Shown(f"{v['periods']} with {length:.3g} of them"), remedy)
        if abs(v["detuning"]) >= 1 / (v["alpha"] + bound):
            must = f"below 1/(alpha + |beta|) = {1 / (v['alpha'] + bound):.6g} in modulus"
            raise InputError("detuning", must, v["detuning"], "beyond it the order is lost on the way")

    @property
    def dynamics(self) -> str:
        """What moves."""
        return str(self.values["dynamics"])

    def _points(self) -> list[dict[str, Any]]:
        """The values of every point as plain numbers."""
        flat = self.flat_values()
        count = max([1, *(v.size for v in flat.values() if hasattr(v, "size"))])
        single = {name: value for name, value in self.values.resolved.items() if not hasattr(flat[name], "size")}
        counts = ("periods", "trajectories")
        return [
            {
                name: int(self.values[name]) if name in counts else float(flat[name][k])
                for name in flat
                if name not in single
            }
            | single
            for k in range(count)
        ]

    def _kind(self) -> type[Point]:
        """What evolves a point."""
        from mesodyn.experiments.ac_josephson_fed import FedPoint
        from mesodyn.experiments.ac_josephson_lead import LeadPoint
        from mesodyn.experiments.ac_josephson_record import Point

        if self.dynamics != "levels":
            return LeadPoint
        return FedPoint if self.values["drive"] == "current" else Point

    def record(self) -> xarray.Dataset:
        """Every point, one after the other."""
        import xarray

        kind = self._kind()
        grid = self.axes()
        known: dict[Any, Any] = {}
        points = zip(self._points(), self.places(), strict=True)
        found = [kind(self, values, int(place), known).evolve() for values, place in points]
        longest = {name: max(np.shape(part[name][1])[-1:] or (0,) for part in found)[0:1] for name in found[0]}
        variables = {}
        for name, (dims, _) in found[0].items():
            arrays = [np.asarray(part[name][1]) for part in found]
            if dims and any(a.shape != arrays[0].shape for a in arrays):
                arrays = [_padded(a, longest[name][0]) for a in arrays]
            variables[name] = ((*grid, *dims), axes.unflatten(np.stack(arrays), grid))
        made = xarray.Dataset(variables, dict(grid))
        for name in map(str, made.data_vars):
            unit = "e " + self.unit("energy") if name in CURRENTS else self.unit(UNITS.get(name, ""))
            made[name].attrs["units"] = unit
        return made.assign_attrs(
            method=self.how(), model=self.values["model"], dynamics=self.dynamics, drive=self.values["drive"]
        )

    def comparable(self, record: xarray.Dataset) -> xarray.Dataset:
        """What a certificate compares: not the steps, which are looked for to a ten-thousandth only."""
        return record.drop_vars([name for name in COARSE if name in record])

    def how(self) -> str:
        """How the record is solved."""
        solver = f"{self.method} integration (flow)"
        if self.dynamics != "levels":
            return f"order parameter of the lead: {solver}"
        if self.values["drive"] == "current":
            return f"phase beside a resistor: {solver}; with noise or jumps the stochastic Heun scheme"
        return f"passage: {solver}; jumps by their exact probabilities between moments"

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.ac_josephson_findings`."""
        from mesodyn.experiments import ac_josephson_findings

        return {finding.name: finding for finding in ac_josephson_findings.findings(self, record)}

    def points(self) -> list[dict[str, Any]]:
        """The values of every point, in the order of `flat`."""
        return self._points()

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        first = next(iter(findings.values()))
        name = f"{self.values['model']} ({self.dynamics})"
        if first.value.ndim:
            return f"{name} was followed at {first.value.size} points."
        if "step_width_1" in findings:
            widths = [float(findings[f"step_width_{k}"].value) for k in (1, 2)]
            return f"{name}: the first and the second Shapiro step are {widths[0]:.4f} and {widths[1]:.4f} I_c wide."
        if "step_height" in findings:
            value = float(findings["step_height"].value)
            return f"{name}: the Shapiro step of one branch is {current_text(self, value)} high."
        if "dc_current" in findings:
            value = float(findings["dc_current"].value)
            return f"{name} carries a direct current of {current_text(self, value)} at this starting phase."
        turns = float(findings["period"].value) / np.pi
        one, two = (float(findings[name].value) for name in ("line_4pi", "line_2pi"))
        share = f"its line at eV/h is {one / max(two, 1e-300):.3g} times as strong as that at 2eV/h"
        if two < 1e-6 * one or one < 1e-6 * two:
            share = (
                f"it has a line at {'eV/h' if one > two else '2eV/h'} and none at {'2eV/h' if one > two else 'eV/h'}"
            )
        return f"{name}: the current has the period {turns:.0f}π; {share}."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.ac_josephson_drawing`."""
        from mesodyn.experiments import ac_josephson_drawing

        return ac_josephson_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.ac_josephson_film`."""
        from mesodyn.experiments import ac_josephson_film

        return ac_josephson_film.animation(self, record, at)


def _padded(array: Any, size: int) -> Any:
    """An array with its last dim filled up by nan."""
    full = np.full((*array.shape[:-1], size), np.nan)
    full[..., : array.shape[-1]] = array
    return full
