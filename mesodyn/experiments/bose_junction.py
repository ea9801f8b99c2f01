"""A condensate in a double well: plasma oscillation, pi modes, self-trapping, phase relaxation (DEFINITIONS 6.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import bose_runs as runs
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.bose_solvers import Point
from mesodyn.experiments.bose_threshold import threshold_imbalance, threshold_strength
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter, account_parameter
from mesodyn.systems.bose_junction import BoseJunction

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

PERIODS = 8
"""How many plasma periods are recorded unless a duration is given."""
PER_PERIOD = 100
"""Moments per plasma period, at the default duration."""
LARGEST_MASTER = 60
"""The most particles for which dephasing is solved by the master equation: the Liouvillian has (N + 1)**2 rows."""
STRENGTH = 10.0


class BoseJunctionExperiment(Experiment):
    """Let N bosons start with an imbalance and a phase, and watch both."""

    name = "bose-junction"
    title = "The Josephson junction of a condensate in a double well"
    meaning = (
        "N bosons in two wells start with an imbalance z and a phase difference φ. While the interaction Λ is weak "
        "they swing at the plasma frequency 2J√(1+Λ) about φ = 0, or as a π mode about φ = π; above Λ_c the phase runs "
        "away and the imbalance is trapped. The thresholds belong to the mean field, where they are measured here: at "
        "finite N the state spreads over both sides and the oscillation collapses. The relative phase is a matter "
        "between the two wells, so its fringe needs no uncertain total: a superposition of totals differs from a fixed "
        "one only by the Poisson spread of N, as atom-number noise does. In a mixture every run still shows a fringe, "
        "at a random phase; only the average over runs vanishes. With damping the two condensates equalise their phase."
    )
    scale = "tunnelling"
    second_method = "direct"
    block_points = 16
    parameters = (
        Parameter(
            "model",
            "choice",
            "quantum",
            "exact in the sector of N, or its mean field",
            choices=("quantum", "mean-field"),
        ),
        Parameter("particles", "count", 100, "N (the mean total, where the account spreads it)", low=1),
        Parameter("tunnelling", "energy", 1.0, "J: one particle has the splitting 2J", above=0),
        Parameter("interaction", "energy", None, "U; instead of Lambda"),
        Parameter(
            "Lambda",
            "number",
            lambda v: STRENGTH if v["interaction"] is None else None,
            "Λ = U(N-1)/2J",
            follows=f"{STRENGTH:g}, unless interaction is given",
        ),
        Parameter("detuning", "energy", 0.0, "ΔE: energy of 'in a' minus 'in b'"),
        Parameter("imbalance", "number", 0.3, "z at the start, (n_a - n_b)/N", low=-1, high=1),
        Parameter("phase", "angle", 0.0, "φ at the start, φ_a - φ_b"),
        Parameter("temperature", "temperature", 0.0, "k_B T of the phase at the start", low=0),
        Parameter("dephasing", "rate", 0.0, "γ, at which noise of the detuning takes the coherence", low=0),
        Parameter("damping", "number", 0.0, "η: ohmic current beside the link (mean field only)", low=0),
        Parameter("phase_damping", "number", 0.0, "κ: friction of the phase (mean field only)", low=0),
        Parameter("trajectories", "count", 0, "drawn runs that are averaged; 0: no draw, weighted sums", low=0),
        Parameter(
            "thresholds", "choice", "yes", "whether those of self-trapping are looked for", choices=("yes", "no")
        ),
        Parameter(
            "duration",
            "time",
            lambda v: PERIODS * np.pi / (v["tunnelling"] * np.sqrt(1 + abs(_strength(v)))),
            "how long it is watched",
            above=0,
            follows=f"{PERIODS} plasma periods",
        ),
        account_parameter("conserving"),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse two forms of the interaction, baths that a model does not have, and averages that need draws."""
        v = self.values
        if v["interaction"] is not None and v["Lambda"] is not None:
            raise InputError("interaction and Lambda", "exactly one of them", Shown("both"), "leave one out")
        if v["particles"] == 1 and v["Lambda"] is not None and np.any(np.asarray(v["Lambda"]) != 0):
            raise InputError("Lambda", "0 for one particle (Λ = U(N-1)/2J)", v["Lambda"], "give interaction instead")
        for name in ("damping", "phase_damping"):
            if self.model == "quantum" and np.any(np.asarray(v[name]) > 0):
                way = "use dephasing, or model='mean-field'"
                raise InputError(
                    name, "0 for model='quantum': it is friction in the mean field's equations", v[name], way
                )
        if np.any(np.asarray(v["dephasing"]) > 0) and v["trajectories"] == 0:
            reach = v["particles"] + (0 if self.account == "conserving" else runs.reach(v["particles"]))
            if self.model == "mean-field":
                raise InputError("trajectories", "above 0 for a mean field with noise", 0, "say trajectories=64")
            if reach > LARGEST_MASTER:
                was = Shown(f"0 with up to {reach} particles")
                must = f"above 0 for noise on more than {LARGEST_MASTER} particles"
                raise InputError("trajectories", must, was, "the master equation is too large; say trajectories=64")
        if v["trajectories"] == 1:
            raise InputError("trajectories", "0, or at least 2 for an error", 1, "say trajectories=64")
        self.system()

    @property
    def model(self) -> str:
        """``quantum`` or ``mean-field``."""
        return str(self.values["model"])

    def system(self) -> BoseJunction:
        """The junction."""
        v = self.values
        names = ("particles", "tunnelling", "detuning", "imbalance", "phase", "temperature")
        return BoseJunction(interaction=_interaction(v), **{name: v[name] for name in names})

    @property
    def moments(self) -> int:
        """More than elsewhere: frequencies are measured from the record."""
        return (PERIODS * PER_PERIOD) // (4 if self.quick else 1) + 1

    def points(self) -> list[Point]:
        """One after the other what each point of the axes is."""
        grid = self.axes()
        v: dict[str, Any] = dict(self.values.resolved) | {"interaction": _interaction(self.values)}
        names = (
            *("tunnelling", "interaction", "detuning", "imbalance", "phase", "temperature"),
            *("dephasing", "damping", "phase_damping", "duration"),
        )
        flat = {name: axes.flatten(v[name], grid) for name in names}
        fixed: dict[str, Any] = {"model": self.model, "account": self.account, "particles": v["particles"]}
        fixed |= {"trajectories": v["trajectories"], "seed": self.seed}
        fixed |= {"method": self.method, "tolerance": self.tolerance}
        places, found = self.places().tolist(), []
        for k in range(len(flat["duration"])):
            here: dict[str, Any] = {name: float(values[k]) for name, values in flat.items()}
            times = np.linspace(0, here.pop("duration"), self.moments)
            found.append(Point(times=times, index=places[k], **fixed, **here))
        return found

    def record(self) -> xarray.Dataset:
        """Imbalance and coherence at all moments; where self-trapping begins; the lowest gap."""
        import xarray

        grid, points = self.axes(), self.points()
        solved = [runs.solve(point) for point in points]
        variables: dict[str, Any] = {"time": np.stack([point.times for point in points])}
        for name in (n for n in solved[0] if n != "runs"):  # the parameter called imbalance is z at the start
            variables[name] = np.stack([run[name] for run in solved])
        found: dict[str, Any] = {
            name: (("moment", *grid), np.moveaxis(axes.unflatten(value, grid), len(grid), 0))
            for name, value in variables.items()
        }
        single = {"runs": [float(run["runs"]) for run in solved]}
        names = ("threshold_Lambda", "threshold_imbalance")
        single |= dict(zip(names, np.transpose([self._threshold(p) for p in points]), strict=True))
        found |= {name: (tuple(grid), axes.unflatten(np.array(value), grid)) for name, value in single.items()}
        cold = self.system().with_(temperature=0.0, imbalance=0.0, phase=0.0)
        found["gap"] = cold.equilibrium().gap.broadcast_like(xarray.DataArray(0.0, coords=dict(grid), dims=tuple(grid)))
        record = xarray.Dataset(found, dict(grid))
        for name, kind in (("time", "time"), ("energy", "energy"), ("gap", "energy")):
            record[name].attrs["units"] = self.unit(kind)
        return record.assign_attrs(method=runs.method_of(points[0]), account=self.account, tolerance=self.tolerance)

    def _threshold(self, point: Point) -> tuple[float, float]:
        """The Lambda and the imbalance at which the undamped mean field is trapped."""
        if self.values["thresholds"] == "no":
            return np.nan, np.nan
        strength, bias = point.strength, point.detuning / (2 * point.tunnelling)
        method = "auto" if self.method == "auto" else "multistep"
        sign = -1.0 if strength < 0 else 1.0
        size, turned = point.imbalance, point.phase % (2 * np.pi)
        return (
            threshold_strength(size, turned, sign, bias, method),
            threshold_imbalance(turned, strength, bias, method),
        )

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Frequencies, thresholds, fringes and what is conserved."""
        from mesodyn.experiments import bose_findings

        return {finding.name: finding for finding in bose_findings.findings(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        trapped, frequency = findings["trapped"].value, findings["frequency"].value
        if trapped.ndim:
            share = float(trapped.mean())
            return f"{trapped.size} points in the {self.account} account; in {share:.0%} of them z kept its sign."
        kept = "kept its sign" if float(trapped) else "changed its sign"
        if float(trapped) and self.account != "mixture":
            kept += ": self-trapped"
        turns = "no oscillation was measured"
        if np.isfinite(float(frequency)):
            turns = f"it oscillated at {self.shown('energy', float(frequency))}"
        start, end = (float(findings[name].value) for name in ("contrast_start", "contrast_end"))
        return f"The imbalance {kept}; {turns}; the averaged fringe went from {start:.3f} to {end:.3f}."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """Imbalance, phase portrait, thresholds, fringes, number distribution."""
        from mesodyn.experiments import bose_drawing

        return bose_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """Wells, phase portrait and imbalance, moving together."""
        from mesodyn.experiments import bose_drawing

        return bose_drawing.animation(self, record, at)


def _interaction(v: Any) -> Any:
    """U, from whichever form was given."""
    if v["interaction"] is not None:
        return v["interaction"]
    return 2 * v["tunnelling"] * v["Lambda"] / max(1, v["particles"] - 1)


def _strength(v: Any) -> Any:
    """Lambda, from whichever form was given."""
    if v["interaction"] is None:
        return v["Lambda"]
    return v["interaction"] * (v["particles"] - 1) / (2 * v["tunnelling"])
