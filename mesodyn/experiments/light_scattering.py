"""Light scattered by a trap in a superposition of N and N + step: a doublet, its beat, and what photons cost (3b)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import checks
from mesodyn.accounts import ACCOUNTS
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import light_findings, light_measured
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter
from mesodyn.systems.light_scatterer import LightScatterer

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

PERIODS = 5
"""How many beat periods are watched where the lines are far apart."""
LIFETIMES = 10
"""How many lifetimes where they are close."""
DIMS = {
    **{name: ("moment",) for name in ("time", "field", "count_rate", "kept_at_time", "coherence_at_time")},
    **{name: ("bin",) for name in ("frequency", "bin_width", "spectrum", "counts", "fitted", "coherence_at_frequency")},
    **{name: ("run",) for name in ("photons_low", "photons_high")},
    **{name: ("event",) for name in ("runs_low", "runs_high", "runs_other", "line_strength")},
    **{name: ("line",) for name in ("fit_centre", "fit_width", "fit_centre_error", "fit_width_error", "detected")},
}
"""The own dims of what is recorded at each point; all else is a number."""


def _watched(v: Mapping[str, Any]) -> Any:
    """A few beats, or a few lifetimes, whichever is shorter."""
    apart = abs(v["excitation_high"] - v["excitation_low"])
    return 1 / (apart / (2 * np.pi * PERIODS) + (v["width_low"] + v["width_high"]) / (2 * LIFETIMES))


class LightScattering(Experiment):
    """Shine light on the trap, and see what its photons can tell."""

    name = "light-scattering"
    title = "The doublet in light scattered by a superposition of particle numbers"
    meaning = (
        "A trap with N or N + k particles is excited at an energy that depends on the number. The light that it "
        "scatters has two lines, its field beats at their distance after a short pulse, and the paper takes the "
        "doublet as a sign of the superposition u|N> + v exp(iφ)|N + k>. It is none: light conserves the number, "
        "so a trap that holds one number or the other at random gives the same spectrum, the same beat and the "
        "same counts, and so does a trap entangled with particles outside. What light does see is whether "
        "particles are exchanged: if not, all photons of one run fall on one line, and line heights scatter far "
        "more than Poisson. A photon whose line is known takes the coherence of the two numbers with it; cooling "
        "that costs particles ends the doublet after some events. Only an observable that changes the number, and "
        "so a second system, tells the accounts apart."
    )
    scale = "excitation_low"
    second_method = "resolvent"
    block_points = 32
    parameters = (
        Parameter("excitation_low", "energy", 5.0, "ε(N): energy of the excitation with N particles", above=0),
        Parameter("excitation_high", "energy", 5.6, "ε(N + k)", above=0),
        Parameter("width_low", "rate", 0.1, "γ of N: its line's full width, the rate at which it emits", above=0),
        Parameter("width_high", "rate", 0.12, "γ of N + k", above=0),
        Parameter("amplitude_low", "number", 1.0, "M of N: scattering amplitude", above=0),
        Parameter("amplitude_high", "number", 1.0, "M of N + k", above=0),
        Parameter("weight", "number", 0.35, "v², weight of the larger number", low=0, high=1),
        Parameter("phase", "angle", 0.0, "φ of the larger number"),
        Parameter("chemical_potential", "energy", 1.0, "[E(N + k) - E(N)]/k: no light shows it"),
        Parameter("temperature", "temperature", 0.0, "kT of the light around", low=0),
        Parameter("n_c", "count", 1, "N, the smaller number: an empty trap scatters nothing", low=1),
        Parameter("step", "choice", "1", "particles between the two numbers", choices=("1", "2")),
        Parameter("kind", "choice", "fermion", "what the particles are", choices=("fermion", "boson")),
        Parameter("resolution", "rate", 0.0, "κ: full width of the detector's own line", low=0),
        Parameter("background", "number", 0.05, "background counts for each photon", low=0, high=1000),
        Parameter("events", "count", 20, "K: scattering events in one run", low=1),
        Parameter("runs", "count", 300, "runs of one experiment", low=2),
        Parameter("loss_per_event", "number", 0.02, "δ_c: chance that an event costs a particle", low=0, high=1),
        Parameter("exchange", "number", 0.0, "p_x: chance of an exchange of particles between events", low=0, high=1),
        Parameter(
            "duration",
            "time",
            _watched,
            "how long field and counts are watched after a pulse",
            above=0,
            follows=f"{PERIODS} beats, or {LIFETIMES} lifetimes where that is shorter",
        ),
        Parameter("account", "choice", "superposition", "what is assumed of the number", choices=tuple(ACCOUNTS)),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what the samples could not show, and what has too many runs to hold."""
        v = self.flat_values()
        apart = np.abs(v["excitation_high"] - v["excitation_low"])
        longest = np.pi * 0.9 * (self.moments - 1) / np.maximum(apart, 1e-300)
        if np.any(v["duration"] > longest):
            most = self.shown("time", float(longest[v["duration"] > longest].min()))
            was = Shown(self.shown("time", float(v["duration"].max())))
            raise InputError("duration", f"at most {most}: else beats are missed", was, "leave it out")
        if self.values["runs"] * self.values["events"] > light_measured.MOST_EVENTS:
            was = Shown(f"{self.values['runs']} runs of {self.values['events']} events")
            must = f"few enough: runs x events at most {light_measured.MOST_EVENTS}"
            raise InputError("runs", must, was, "for smaller errors repeat with other seeds")
        self.system()

    def system(self) -> LightScatterer:
        """The trap."""
        v = self.values
        own = (*LightScatterer.broadcasting, "n_c", "kind")
        return LightScatterer(step=int(v["step"]), **{name: v[name] for name in own})

    def record(self) -> xarray.Dataset:
        """Spectra, fields and counts in all accounts, fits, runs, and what a photon does, point by point."""
        import xarray

        grid = self.axes()
        found = [light_measured.point(self, k, int(place)) for k, place in enumerate(self.places())]
        kept = [name for name in found[0] if not (self.ends_only and DIMS.get(name, ("line",)) != ("line",))]
        shape = tuple(c.size for c in grid.values())
        variables = {}
        for name in kept:
            stacked = np.stack([np.asarray(one[name]) for one in found])
            own = DIMS.get(name, ())
            values = (
                np.moveaxis(stacked.reshape((*shape, *stacked.shape[1:])), -1, 0) if own else stacked.reshape(shape)
            )
            variables[name] = ((*own, *grid), values, {"units": self.unit(light_measured.KINDS.get(name, ""))})
        record = xarray.Dataset(variables, {**grid, "line": ["low", "high"]})
        method = f"spectra: {self._solved()}; fits: maximum likelihood; runs: drawn at random"
        return record.assign_attrs(method=method)

    def _solved(self) -> str:
        """How spectra are found."""
        return checks.choice("method", "modes" if self.method == "auto" else self.method, ("modes", "resolvent"))

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Lines, beats, statistics, back-action, and the differences between the accounts."""
        return {found.name: found for found in light_findings.findings(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        apart = findings["account_difference"].value
        same = (
            f"Light from the trap alone does not tell the accounts apart (largest difference of spectra, beats and "
            f"counts: {float(apart.max()):.1g})"
        )
        if apart.ndim:
            return f"{same} at any of {apart.size} points."
        low, high = (float(findings[f"centre_{line}"].value) for line in ("low", "high"))
        if not np.isfinite(low + high):
            return f"{same}; the two lines could not be told apart by a fit."
        lines = " and ".join(self.shown("energy", float(f"{x:.6g}")) for x in (low, high))
        ratio = float(findings["height_error_ratio"].value)
        rest = f", and heights that scatter {ratio:.2g} times as much as their fit says" if np.isfinite(ratio) else ""
        return f"{same}: two lines at {lines}{rest}."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """The doublet, its beat, the photons of runs, what they cost."""
        from mesodyn.experiments import light_drawing

        return light_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """Photons that arrive one by one, run after run."""
        from mesodyn.experiments import light_film

        return light_film.animation(self, record, at)
