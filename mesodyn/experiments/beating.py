"""A superposition of N and N + step beats in the laboratory frame, period 2 pi hbar / mu_c (paper, Sec. 4; 3a)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Hold, Protocol
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter
from mesodyn.systems.reservoir_trap import ReservoirTrap

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

PERIODS = 10
"""How many periods are recorded unless a duration is given."""
BURST = 4
"""How many periods are sampled densely, at the start."""
OCTAVES = 52
"""Moments at T/2, T/4, ...: enough that the first lags are short beside any period, so that nothing aliases."""
FAINT = 1e-9
"""Below this modulus a phase means nothing."""
SHORT = 0.1
"""With tunnelling, the period is measured on lags up to this share of hbar/R."""


class Beating(Experiment):
    """Watch the order parameter of a trap in the laboratory frame."""

    name = "beating"
    title = "The beat of a superposition of particle numbers"
    meaning = (
        "A trap in the state u|N> + v exp(iφ)|N + k> has an order parameter ⟨Ψ⟩ (or ⟨ΨΨ⟩ for k = 2) that turns in the "
        "laboratory frame with the period 2πħ/(E(N+k) - E(N)); in a frame that rotates at the chemical potential it "
        "stands still. A mixture of the two numbers has none. If the total number is conserved and the trap is "
        "entangled with a state outside, the trap alone has none either; what beats is the correlation with the "
        "outside, at the difference of the two chemical potentials. Only a second system makes the phase visible."
    )
    scale = "chemical_potential"
    parameters = (
        Parameter("chemical_potential", "energy", 1.0, "μ_c of the trap per particle", above=0),
        Parameter("detuning", "energy", 0.25, "ξ: half the energy to bring the step in from outside"),
        Parameter("tunnelling", "energy", 0.0, "Δ to the outside state"),
        Parameter("n_c", "count", 0, "the smaller number of particles", low=0),
        Parameter("step", "choice", "1", "particles between the two numbers", choices=("1", "2")),
        Parameter("kind", "choice", "fermion", "what the particles are", choices=("fermion", "boson")),
        Parameter("weight", "number", 0.5, "v², weight of the larger number", low=0, high=1),
        Parameter("phase", "angle", 0.0, "φ of the larger number"),
        Parameter(
            "duration",
            "time",
            lambda v: PERIODS * 2 * np.pi / (int(v["step"]) * v["chemical_potential"]),
            "how long it is watched",
            above=0,
            follows=f"{PERIODS} periods",
        ),
        Parameter(
            "account",
            "choice",
            "superposition",
            "what is assumed of the start",
            choices=("superposition", "conserving", "mixture"),
        ),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Build the system, so that what does not fit is refused now."""
        self.system()

    @property
    def step(self) -> int:
        """1 for state (2), 2 for state (3)."""
        return int(self.values["step"])

    def system(self) -> ReservoirTrap:
        """The trap and its outside state."""
        v = self.values
        outside = self.step * v["chemical_potential"] - 2 * v["detuning"]
        names = ("detuning", "tunnelling", "n_c", "kind", "weight", "phase")
        return ReservoirTrap(outside_energy=outside, step=self.step, **{name: v[name] for name in names})

    def record(self) -> xarray.Dataset:
        """The evolution in the laboratory and in the frame that rotates at mu_c."""
        import xarray

        v = self.values
        options: dict[str, Any] = {"account": self.account, "moments": self._fractions()}
        protocol = Protocol(Hold(duration=v["duration"]))
        lab, turning = (evolve(self.system(), protocol, frame=f, **options) for f in ("lab", "rotating"))
        names = ["time", "energy", "norm", "n_mean", "order_parameter", "correlation"]
        record = lab[names].assign_attrs(lab.attrs)
        record["order_parameter_rotating"] = turning.order_parameter
        record["phase_rounding"] = xarray.zeros_like(lab.error) + self.frequency * v["duration"] * 2.0**-52
        for name, kind in (("time", "time"), ("energy", "energy")):
            record[name].attrs["units"] = self.unit(kind)
        return record

    @property
    def frequency(self) -> Any:
        """E(N + step) - E(N), as an angular frequency."""
        return self.step * self.values["chemical_potential"]

    def _fractions(self) -> list[float]:
        """Moments: a ladder of octaves, a dense burst of a few periods, and even strobes over the whole."""
        cycles = np.min(np.asarray(self.values["duration"] * self.frequency)) / (2 * np.pi)
        burst = np.linspace(0, min(1.0, BURST / cycles), 2 * (self.moments - 1) + 1)
        strobes = np.linspace(0, 1, self.moments)
        found = np.unique(np.concatenate([2.0 ** -np.arange(OCTAVES), burst, strobes]))
        return [float(f) for f in found if f > 0]

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Moduli and periods of what beats, and of what does not."""
        found = [*self._moduli(record), *self._periods(record), *self._outside(record), self.norm(record)]
        return {finding.name: finding for finding in found}

    @property
    def _alone(self) -> Any:
        """1 where no tunnelling disturbs the trap, else nan."""
        return np.where(self.flat_values()["tunnelling"] == 0, 1.0, np.nan)

    def _moduli(self, record: xarray.Dataset) -> list[Finding]:
        """How large <Psi> and the correlation with the outside become."""
        weight = self.flat_values()["weight"]
        uv = np.sqrt(weight * (1 - weight))
        pure, shared = (float(self.account == name) for name in ("superposition", "conserving"))
        return [
            self.finding(
                "order_parameter",
                "largest |⟨Ψ⟩| of the trap by itself",
                np.abs(self.flat(record.order_parameter)).max(axis=0),
                expected=pure * uv * (self._alone if pure else 1.0),
                tolerance=1e-9,
                equation="PHYSICS 3a, (2), (3)",
            ),
            self.finding(
                "correlation",
                "largest |⟨Ψ_out† Ψ⟩| with the outside",
                np.abs(self.flat(record.correlation)).max(axis=0),
                expected=shared * uv * self._alone,
                tolerance=1e-9,
                equation="PHYSICS 1.2",
            ),
        ]

    def _periods(self, record: xarray.Dataset) -> list[Finding]:
        """The beat of <Psi> in the laboratory, what is left of it in the rotating frame, and how even it is."""
        v, time = self.flat_values(), self.flat(record.time)
        beat, alone = self.step * v["chemical_potential"], v["tunnelling"] == 0
        lag = np.where(alone, np.inf, SHORT / np.maximum(np.hypot(v["tunnelling"], v["detuning"]), 1e-300))
        bend = np.abs(v["detuning"]) * (v["tunnelling"] * np.where(alone, 0.0, lag)) ** 2 / beat
        turning, bent = _frequency(time, self.flat(record.order_parameter), lag)
        still, _ = _frequency(time, self.flat(record.order_parameter_rotating), lag)
        known = np.where(np.isfinite(turning), 1.0, np.nan)
        return [
            self.finding(
                "period",
                "period of ⟨Ψ⟩ (of ⟨ΨΨ⟩ for step 2) in the laboratory, from the record",
                _inverse(turning),
                "time",
                2 * np.pi / beat * known,
                2 * np.pi / beat * (1e-12 + bend),
                "PHYSICS 3a: 2πħ/ΔE",
            ),
            self.finding(
                "residual_frequency",
                "angular frequency of the same in the frame that rotates at μ_c",
                still,
                "energy",
                0.0 * known,
                beat * (1e-12 + bend),
                "PHYSICS 3a",
            ),
            self.finding(
                "phase_straightness",
                "largest distance of the phase of ⟨Ψ⟩ from a straight line in time",
                bent,
                "angle",
                0.0 * known * self._alone,
                8 * self.flat(record.phase_rounding) + 1e-9,
                "PHYSICS 3a",
            ),
        ]

    def _outside(self, record: xarray.Dataset) -> list[Finding]:
        """The beat of the correlation with the outside."""
        v = self.flat_values()
        apart = np.where(v["detuning"] != 0, 2 * v["detuning"], np.nan)
        correlation = self.flat(record.correlation)
        slow = _frequency(self.flat(record.time), correlation, np.full_like(apart, np.inf))[0] * self._alone
        return [
            self.finding(
                "correlation_period",
                "period of the correlation with the outside, from the record (with tunnelling it has no single one)",
                _inverse(slow),
                "time",
                2 * np.pi / apart * np.where(np.isfinite(slow), 1.0, np.nan),
                np.abs(2 * np.pi / apart) * 1e-9,
                "DEFINITIONS 6.9: 2πħ/2ξ",
            )
        ]

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
        return f"{name} of the trap alone is zero in the {self.account} account: nothing beats."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """The beat under the three accounts, and the path in the complex plane."""
        from mesodyn.figures import plots

        runs = self._accounts(record, at)
        point = runs[self.account]
        clock = self.scaled("time", "time", float(point.time.max()))
        name = r"$\langle\Psi\rangle$" if self.step == 1 else r"$\langle\Psi\Psi\rangle$"
        panels = [
            plots.Panel(f"Re {name}, laboratory", {a: r.order_parameter.real.values for a, r in runs.items()}),
            plots.Panel(
                f"{name}, {self.account}",
                {
                    "laboratory": point.order_parameter.real.values,
                    r"rotating at $\mu_c$": point.order_parameter_rotating.real.values,
                },
            ),
            plots.Panel(
                r"Re $\langle\Psi_{out}^\dagger\Psi\rangle$", {a: r.correlation.real.values for a, r in runs.items()}
            ),
        ]
        beat = plots.along_protocol(point.time.values / clock.factor, panels, [], clock.label)
        paths = {
            "laboratory": point.order_parameter.values,
            r"rotating at $\mu_c$": point.order_parameter_rotating.values,
        }
        return {
            "beat": (
                beat,
                "The first periods. Only the superposition has an order parameter of its own; with the total number "
                "conserved the correlation with the outside beats instead, at the difference of chemical potentials.",
            ),
            "phasor": (
                plots.phasor(paths, radius=0.5),
                "The order parameter in the complex plane: turning in the laboratory, still in the rotating frame.",
            ),
        }

    def _accounts(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, xarray.Dataset]:
        """The densely sampled start of one point, in every account."""
        one, place = self.at(at)
        own = {self.account: record} if not place else {}
        runs = {a: own[a] if a in own else one.changed(account=a).record() for a in self.accounts}
        last = BURST * 2 * np.pi / (int(one.values["step"]) * one.values["chemical_potential"])
        time = runs[self.account].time.values
        even = np.flatnonzero((time <= last * (1 + 1e-9)) & ((time == 0) | (time > last * 2e-3)))
        return {account: run.isel(moment=even) for account, run in runs.items()}

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """Phasors in both frames beside the real part against time."""
        from mesodyn.figures import animation as moving

        runs = self._accounts(record, at)
        point = runs[self.account]
        clock = self.scaled("time", "time", float(point.time.max()))
        time = point.time.values / clock.factor
        at_frames = np.linspace(time[0], time[-1], self.frames)
        name = r"$\langle\Psi\rangle$" if self.step == 1 else r"$\langle\Psi\Psi\rangle$"

        def film(z: Any) -> np.ndarray:
            values = np.asarray(z)
            return np.interp(at_frames, time, values.real) + 1j * np.interp(at_frames, time, values.imag)

        panels = [
            moving.PhasorPanel(f"{name}, laboratory", {"lab": film(point.order_parameter)}, 0.5),
            moving.PhasorPanel(f"{name}, rotating", {"rotating": film(point.order_parameter_rotating)}, 0.5),
            moving.PhasorPanel("with the outside", {"correlation": film(point.correlation)}, 0.5),
            moving.TracePanel(
                f"Re {name} in the laboratory",
                time,
                {account: run.order_parameter.real.values for account, run in runs.items()},
                at_frames,
                (),
                f"Re {name}",
                clock.label,
            ),
        ]
        texts = {
            "superposition": "A superposition of N and N + k: its order parameter turns in the laboratory.",
            "conserving": "Total number conserved: the trap alone shows nothing, its correlation outside beats.",
            "mixture": "A mixture of N and N + k: nothing beats.",
        }
        return {"panels": panels, "frames": self.frames, "captions": [texts[self.account]] * self.frames}


def _frequency(time: Any, z: Any, longest: Any) -> tuple[Any, Any]:
    """The frequency w of phases that turn as exp(-i w t), and their distance from a straight line, for each point.

    The phase is followed from lag to lag, each time from where the frequency so far puts it: the first lags are shorter
    than any period and grow by at most two, so no turn is lost. Lags up to `longest` are used. nan where there is no
    coherence.
    """
    relative = z * z[0].conj()
    measured, used = -np.angle(relative), (np.abs(relative) > FAINT**2) & (time > 0) & (time <= longest)
    rate = np.zeros(z.shape[1:])
    followed = np.zeros(z.shape)
    for k, (now, here) in enumerate(zip(time, measured, strict=True)):
        guess = rate * now
        followed[k] = guess + (here - guess + np.pi) % (2 * np.pi) - np.pi
        rate = np.where(used[k], followed[k] / np.where(now > 0, now, 1.0), rate)
    bent = np.where(used, np.abs(followed - rate * time), 0.0).max(axis=0)
    strong = np.abs(z[0]) > FAINT
    return np.where(strong, rate, np.nan), np.where(strong, bent, np.nan)


def _inverse(rate: Any) -> Any:
    """The period that belongs to an angular frequency; nan for none."""
    return 2 * np.pi / np.where(rate != 0, rate, np.nan)
