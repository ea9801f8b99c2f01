"""A body in a superposition of angular momenta: its figure turns, also at a non-integer mean (paper, Sec. 4; 3j)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.protocol import Hold, Protocol
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter, account_parameter
from mesodyn.systems.irregular_rotor import IrregularRotor

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

PERIODS = 4
"""How many periods are recorded unless a duration is given."""
OCTAVES = 52
"""Moments at T/2, T/4, ...: enough that the first lags are short beside any period, so that nothing aliases."""
ANGLES = 96
"""How many angles around the ring a density is recorded at."""


def _critical(values: Mapping[str, Any]) -> Any:
    """omega_c of the values."""
    names = ("moment_of_inertia", "distortion", "m_c", "fold")
    return IrregularRotor(**{name: values[name] for name in names}).critical_rate()


class Irregular(Experiment):
    """Watch the figure of a rotor that is in a superposition of angular momenta."""

    name = "irregular-rotor"
    title = "The figure of a body that turns with a non-integer angular momentum"
    meaning = (
        "A body on a fixed axis in the state u|m> + v exp(iφ)|m + p> has a density that is not even around the ring, "
        "and this figure turns: at the critical angular velocity ω_c = [E(m+p) - E(m)]/pħ, whatever the mean ⟨M⟩, "
        "which is no multiple of ħ. M is to the angle what N is to the phase, and ω to M what the chemical potential "
        "is to N; but no superselection rule forbids this superposition, and the figure is seen directly. So the "
        "rotor asks 'mixture or superposition?' alone, without the second question. A mixture has no figure. With the "
        "total angular momentum conserved and the rest in a body outside, the rotor alone has none either: what turns "
        "is the correlation of the two angles. A packet of several M is not rigid: it turns at dE/dM and spreads."
    )
    scale = "moment_of_inertia"
    second_method = "liouvillian"
    block_points = 512
    parameters = (
        Parameter("moment_of_inertia", "inertia", 1.0, "I of E = M²/2I - D M⁴", above=0),
        Parameter("distortion", "energy", 0.0, "D ħ⁴: how the body gives way as it turns (E has to stay convex)"),
        Parameter("m_c", "count", 7, "the smaller angular momentum, in ħ", low=0),
        Parameter("fold", "count", 1, "p: steps of p only, for a p-fold symmetric body of identical bosons", low=1),
        Parameter("weight", "number", 0.4, "v², weight of m + p (of a packet: where its middle lies)", low=0, high=1),
        Parameter("phase", "angle", 0.0, "φ of each step"),
        Parameter("spread", "number", None, "standard deviation of M/p: a wave packet instead of two", above=0),
        Parameter("levels", "count", None, "angular momenta that are held", low=2, follows="2, for a packet 20"),
        Parameter("dephasing", "rate", 0.0, "rate at which random kicks take the coherence of M and M + p", low=0),
        Parameter("outside_rate", "energy", 0.0, "ħ times the angular velocity of the body outside (conserving)"),
        Parameter("frame_rate", "energy", _critical, "ħω of the frame that turns", follows="ω_c"),
        Parameter(
            "duration",
            "time",
            lambda v: PERIODS * 2 * np.pi / (v["fold"] * _critical(v)),
            "how long it is watched",
            above=0,
            follows=f"{PERIODS} periods",
        ),
        account_parameter("superposition"),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Build the system, so that what does not fit is refused now."""
        self.system()

    def system(self) -> IrregularRotor:
        """The rotor, with a body outside in the account ``conserving``."""
        names = ("moment_of_inertia", "distortion", "m_c", "fold", "weight", "phase", "spread", "levels")
        more = ("frame_rate", "outside_rate")
        return IrregularRotor(
            outside=self.account == "conserving", **{name: self.values[name] for name in (*names, *more)}
        )

    def record(self) -> xarray.Dataset:
        """The evolution in the laboratory and in the frame that turns: Fourier components of the density, moments."""
        import xarray

        system, v = self.system(), self.values
        waves = {f"harmonic {k}": wave for k, wave in enumerate(system.harmonics(), 1)}
        options: dict[str, Any] = {
            "account": self.account,
            "observables": {**system.observables(), **waves},
            "moments": self._fractions(),
            "bath": Bath(dephasing=v["dephasing"]),
            "method": self.method,
            "tolerance": self.tolerance,
            "seed": self.seed,
            "places": self.labelled_places(),
        }
        protocol = Protocol(Hold(duration=v["duration"]))
        lab, turning = (self.evolved(system, protocol, frame=f, **options) for f in ("lab", "rotating"))
        names = ["time", "energy", "norm", "momentum", *(["correlation"] if system.outside else [])]
        record = lab[names].assign_attrs(lab.attrs)
        number = xarray.DataArray(system.fold * np.arange(1, len(waves) + 1), dims="harmonic", name="harmonic")
        for name, run in (("component", lab), ("component_rotating", turning)):
            record[name] = xarray.concat([run[wave] for wave in waves], dim=number).transpose(..., "harmonic")
        if not self.ends_only:
            record["density"] = self.density(record.component)
        for name, kind in (("time", "time"), ("energy", "energy")):
            record[name].attrs["units"] = self.unit(kind)
        return record

    @staticmethod
    def density(component: xarray.DataArray) -> xarray.DataArray:
        """The density over ``angle``, times 2 pi, from its Fourier components <exp(-i n alpha)> over ``harmonic``."""
        import xarray

        alpha = 2 * np.pi * np.arange(ANGLES) / ANGLES
        angle = xarray.DataArray(alpha, dims="angle", coords={"angle": alpha})
        return 1 + 2 * (component * np.exp(1j * component.harmonic * angle)).real.sum("harmonic")

    def _fractions(self) -> list[float]:
        """Moments: a ladder of octaves, and even ones over the whole."""
        even = np.linspace(0, 1, 2 * (self.moments - 1) + 1)
        found = np.unique(np.concatenate([2.0 ** -np.arange(OCTAVES), even]))
        return [float(f) for f in found if f > 0]

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.rotor_findings`."""
        from mesodyn.experiments import rotor_findings

        return {finding.name: finding for finding in rotor_findings.findings(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        period, mean = findings["period"].value, findings["momentum"].value
        if period.ndim:
            return f"The figure of the rotor was measured for {period.size} points in the {self.account} account."
        start = f"With the mean angular momentum {float(mean):.4g} ħ"
        if np.isfinite(float(period)):
            rate = self.shown("energy", float(findings["angular_velocity"].value))
            text = f"turns at {rate} and is again itself after {self.shown('time', float(period))}"
            return f"{start} the rotor has a figure of contrast {float(findings['contrast'].value):.4g}; it {text}."
        if self.account == "conserving":
            slow = float(findings["correlation_period"].value)
            text = f"turns with the period {self.shown('time', slow)}" if np.isfinite(slow) else "stands still"
            return f"{start} the rotor alone has no figure; its angle to the body outside {text}."
        return f"{start} the rotor has no figure: nothing is seen to turn."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.rotor_drawing`."""
        from mesodyn.experiments import rotor_drawing

        return rotor_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.rotor_drawing`."""
        from mesodyn.experiments import rotor_drawing

        return rotor_drawing.animation(self, record, at)
