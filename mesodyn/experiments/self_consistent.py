"""A dot on a normal lead after its gate has jumped: the lead's field follows the dot (paper, Sec. 6; 3f)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.dynamics.flow import flow
from mesodyn.dynamics.meanfield import DotAndField
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import quench_findings as measured
from mesodyn.experiments import quench_theory as theory
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

LEADS = ("instantaneous", "relaxing", "hamiltonian")
FINE = 8
"""The record has so many times the moments of another."""
OCTAVES = 30
"""Moments at T/2, T/4, ...: a phase is followed from the start, however fast it turns."""
SMALL = 1e-3
"""The largest field at which the growth from |N_c> is still taken as linear, in stiffnesses."""
LONGEST = 2e5
"""The longest record, times all energies and rates."""
WATCHED = 6.0
"""For how long that growth is followed, in units of the faster of its two times."""


def _long_enough(v: Mapping[str, Any]) -> Any:
    """Many turns of a field that is only turned, or until a relaxing one has settled."""
    if v["lead"] != "relaxing":
        return 30 / v["stiffness"]
    slow = 1 / v["relaxation_rate"] + v["relaxation_rate"] / (4 * v["stiffness"] ** 2)
    return 30 * slow / np.maximum(abs(1 - abs(v["detuning"] / v["stiffness"])), 0.1)


class SelfConsistent(Experiment):
    """Move the gate of a dot on a normal lead at once, and watch dot and field find each other."""

    name = "self-consistent"
    title = "A quenched dot and the field of its lead"
    meaning = (
        "In the paper's mean field a dot in u|N> + v exp(iφ)|N+1> makes the field Δ of its normal lead, and the field "
        "acts back on the dot. After a jump of the gate the two no longer fit. If the field follows at once, nothing "
        "relaxes: u, v and the energy stay, and the field turns at Ω = 2[ξ - ξ0(u² - v²)], which is zero only in "
        "equilibrium. If the lead relaxes, the energy falls until the ground state is reached, from every start but "
        "Δ = a*b = 0. If the lead is itself a quantum of energy ω, v² swings for ever, as an elliptic function."
    )
    scale = "stiffness"
    accounts = ()
    account_reason = "the mean field is the superposition itself; leads that are solved exactly are in gate-sweep"
    second_method = "multistep"
    block_points = 16
    parameters = (
        Parameter("lead", "choice", "relaxing", "how the lead's field follows", choices=LEADS),
        Parameter("stiffness", "energy", 1.0, "ξ0 of the lead", above=0),
        Parameter("detuning", "energy", 0.3, "ξ after the jump of the gate"),
        Parameter("detuning_before", "energy", -0.4, "ξ before it: the start is the equilibrium there"),
        Parameter(
            "weight",
            "number",
            lambda v: theory.ground(v["stiffness"], v["detuning_before"])[1],
            "v² at the start",
            low=0,
            high=1,
            follows="that of equilibrium before the jump",
        ),
        Parameter("phase", "angle", 0.0, "φ of |N+1> at the start"),
        Parameter(
            "order_parameter",
            "energy",
            lambda v: _made(v),
            "|Δ| at the start (relaxing and hamiltonian lead)",
            low=0,
            follows="2 ξ0 uv",
        ),
        Parameter("order_phase", "angle", lambda v: v["phase"], "the phase of Δ at the start", follows="phase"),
        Parameter(
            "relaxation_rate",
            "rate",
            lambda v: 0.5 * v["stiffness"] if v["lead"] == "relaxing" else None,
            "1/τ of a relaxing lead",
            above=0,
            follows="stiffness / 2 (relaxing)",
        ),
        Parameter(
            "frequency",
            "energy",
            lambda v: v["stiffness"] if v["lead"] == "hamiltonian" else None,
            "ω of a hamiltonian lead",
            above=0,
            follows="stiffness (hamiltonian)",
        ),
        Parameter(
            "duration",
            "time",
            _long_enough,
            "how long it is watched",
            above=0,
            follows="30 / stiffness, or until a relaxing lead has settled",
        ),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what belongs to another lead."""
        v = self.values
        for name, lead in (("relaxation_rate", "relaxing"), ("frequency", "hamiltonian")):
            if v["lead"] != lead and v[name] is not None:
                raise InputError(name, f"left out with a lead that is {v['lead']}", Shown("given"), f"use lead={lead}")
        rates = (v[name] for name in ("stiffness", "detuning", "order_parameter", "relaxation_rate", "frequency"))
        fastest = sum(abs(rate) for rate in rates if rate is not None)
        if np.any(np.asarray(v["duration"] * fastest) > LONGEST):
            longest = float((LONGEST / np.asarray(fastest)).min())
            must = f"at most {self.shown('time', float(f'{longest:.4g}'))}: something else is so fast beside it"
            raise InputError(
                "duration", must, Shown("longer"), "give a shorter one, or bring the energies and rates closer"
            )
        if v["lead"] == "instantaneous":
            for name, made in (("order_parameter", _made(v.resolved)), ("order_phase", v["phase"])):
                if not np.allclose(v[name], made, rtol=1e-9, atol=0.0):
                    why = "a field that follows at once is what the dot makes: give weight and phase"
                    raise InputError(name, "left out with a lead that is instantaneous", Shown("given"), why)

    @property
    def lead(self) -> str:
        """Which lead it is."""
        return str(self.values["lead"])

    def dots(self) -> list[tuple[DotAndField, Any]]:
        """Dot and start of each point."""
        v = self.flat_values()
        found = []
        for k in range(len(v["stiffness"])):
            rate, frequency = (0.0 if v[n] is None else float(v[n][k]) for n in ("relaxation_rate", "frequency"))
            dot = DotAndField(
                stiffness=float(v["stiffness"][k]), detuning=float(v["detuning"][k]), rate=rate, frequency=frequency
            )
            field = complex(v["order_parameter"][k] * np.exp(1j * v["order_phase"][k]))
            found.append((dot, dot.state(float(v["weight"][k]), float(v["phase"][k]), field)))
        return found

    def record(self) -> xarray.Dataset:
        """Amplitudes, field and energy over time, and the growth of a small field."""
        import xarray

        grid, v = self.axes(), self.flat_values()
        shares = np.union1d(np.linspace(0, 1, FINE * (self.moments - 1) + 1), 2.0 ** -np.arange(OCTAVES))
        made = []
        for k, (dot, start) in enumerate(self.dots()):
            times = v["duration"][k] * shares
            found = flow(_counting(dot), np.append(start, 0.0), times, tolerance=self._fine, method=self.method)
            states = found[:, :6]
            a, b, field = dot.parts(states)
            made.append(
                {
                    "time": times,
                    "energy": dot.energy(states),
                    "dissipated": found[:, 6],
                    "number": np.abs(b) ** 2,
                    "field": field,
                    "coherence": a.conj() * b,
                    "length": np.abs(a) ** 2 + np.abs(b) ** 2,
                }
            )
        variables = {
            name: (("moment", *grid), np.moveaxis(axes.unflatten(np.stack([m[name] for m in made]), grid), -1, 0))
            for name in made[0]
        }
        variables["growth"] = (tuple(grid), axes.unflatten(np.array([self._growth(d) for d, _ in self.dots()]), grid))
        record = xarray.Dataset(variables, grid, {"method": f"flow: {self.method}", "tolerance": self._fine})
        kinds = {"time": "time"} | dict.fromkeys(("energy", "dissipated", "field", "growth"), "energy")
        for name, variable in record.data_vars.items():
            variable.attrs["units"] = self.unit(kinds.get(str(name), ""))
        return record

    @property
    def _fine(self) -> float:
        """The tolerance of a step: what is conserved is kept over many of them."""
        return max(1e-2 * self.tolerance, 1e-13)

    def _growth(self, dot: DotAndField) -> float:
        """The rate at which a small field at |N_c> grows (or fades), fitted; nan for leads that do not relax."""
        if dot.rate == 0:
            return float("nan")
        first, second = dot.growth()
        if abs(first - second) < 1e-2 * abs(first):
            return float("nan")
        length = WATCHED / max(abs(first), abs(second))
        seed = SMALL * dot.stiffness * np.exp(-max(first.real, 0.0) * length)
        times = np.linspace(0, length, 61)
        field = dot.parts(flow(dot.slope, dot.state(0.0, 0.0, seed), times, tolerance=1e-13, method=self.method))[2]
        steps = np.linalg.lstsq(np.stack([field[1:-1], field[:-2]], axis=1), field[2:], rcond=None)[0]
        return float(np.log(np.abs(np.roots([1.0, -steps[0], -steps[1]]))).max() / times[1])

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.quench_findings`."""
        return measured.findings(self, record)

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        if self.axes():
            return f"{self.lead} lead: {findings['energy_start'].value.size} points were followed."
        if self.lead == "instantaneous":
            turning = self.shown("energy", float(f"{float(findings['precession'].value):.6g}"))
            return f"Nothing relaxes: the field keeps its modulus and turns at {turning}."
        if float(findings["start_speed"].value) == 0:
            return "Nothing moves: without a field, in one number, the mean field has no way to begin."
        if self.lead == "relaxing":
            size = self.shown("energy", float(f"{float(findings['order_end'].value):.6g}"))
            return f"The energy falls until nothing changes; the order parameter ends at {size}."
        period = float(findings["period"].value)
        if not np.isfinite(period):
            return "v² does not swing."
        return f"v² swings with the period {self.shown('time', float(f'{period:.8g}'))}, and nothing settles."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.quench_drawing`."""
        from mesodyn.experiments import quench_drawing

        return quench_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.quench_drawing`."""
        from mesodyn.experiments import quench_drawing

        return quench_drawing.animation(self, record, at)


def _counting(dot: DotAndField) -> Any:
    """The equation of motion, with the energy that is lost as one more variable."""
    return lambda time, state: np.append(dot.slope(time, state[:6]), dot.dissipation(state[:6]))


def _made(v: Mapping[str, Any]) -> Any:
    """The modulus of the field that the dot makes."""
    return 2 * v["stiffness"] * np.sqrt(v["weight"] * (1 - v["weight"]))
