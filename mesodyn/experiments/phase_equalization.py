"""Two traps with different phases are linked and cooled: how their phases become equal (paper, Sec. 4; 3d)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes, seeds
from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.flow import flow, noisy_flow
from mesodyn.dynamics.meanfield import LinkedPhases
from mesodyn.dynamics.protocol import Protocol, Relax
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import equalization_findings as measured
from mesodyn.experiments import equalization_theory as theory
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter, account_parameter
from mesodyn.experiments.settling import crossing
from mesodyn.systems.linked_traps import LinkedTraps
from mesodyn.systems.trap_pair import KINDS

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

MODELS = ("quantum", "mean-field")
SOLVERS = {"quantum": {"independent": "liouvillian"}, "mean-field": {"independent": "multistep"}}
OCTAVES = 40
"""Moments at T/2, T/4, ... of the quantum record: so its phase is followed from the start, however fast it turns."""
FINE = 4
"""The mean-field record has so many times the moments of another."""
STARTS = 5
"""How many starts close to pi there are, from which the delay there is measured."""
CLOSEST = 1e-3
"""How far from pi the first of them is."""
STEP = 0.1
"""The steps of a noisy flow, in units of the fastest time in it."""
LONGEST, LONGEST_NOISY = 2e5, 2e4
"""The longest record of a mean field without and with noise, in units of the fastest time in it."""


def _of(model: str, default: float | int) -> Any:
    """A default that only one model has."""
    return lambda v: default if v["model"] == model else None


class PhaseEqualization(Experiment):
    """Link two traps whose phases differ, cool them, and watch the phases become equal."""

    name = "phase-equalization"
    title = "How the phases of two linked traps become equal"
    meaning = (
        "Two traps, each in a superposition of N and N + 1 with its own phase, are linked, and the pair is cooled. In "
        "quantum mechanics the energy settles at the bath's rate whatever the phase difference φ is; both traps end at "
        "the mean of their phases, and their order parameters have shrunk by |cos(φ/2)|: at φ = π nothing is left. In "
        "the mean field the traps are two phases and a difference of numbers: they keep their modulus, swing like a "
        "pendulum, and at φ = π stand on its top, where without noise nothing moves. The time it takes grows there as "
        "ln 1/(π - φ); in the quantum version it does not."
    )
    second_method = "independent"
    block_points = 8
    parameters = (
        Parameter("model", "choice", "quantum", "four quantum states and a bath, or mean field", choices=MODELS),
        Parameter("phase_difference", "angle", 2.0, "φ = φ_A - φ_B at the start"),
        Parameter("phase", "angle", 0.0, "(φ_A + φ_B)/2 at the start: quantum, superposition; else it means nothing"),
        Parameter("tunnelling", "energy", 1.0, "J of the link", above=0),
        Parameter("detuning", "energy", 0.0, "δ: energy of 'step in A' minus 'in B' while linked"),
        Parameter(
            "rate",
            "rate",
            lambda v: 0.25 * v["tunnelling"] if v["model"] == "quantum" else None,
            "Γ: up plus down rate between the eigenstates of the link (quantum)",
            above=0,
            follows="tunnelling / 4 (quantum)",
        ),
        Parameter(
            "temperature",
            "temperature",
            _of("quantum", 0.0),
            "k_B T of the bath (quantum)",
            low=0,
            follows="0 (quantum)",
        ),
        Parameter(
            "weight",
            "number",
            _of("quantum", 0.5),
            "v², weight of the larger number in each trap (quantum)",
            low=0,
            high=1,
            follows="1/2 (quantum)",
        ),
        Parameter("kind", "choice", "fermion", "what is shared (quantum); spins are frozen", choices=tuple(KINDS)),
        Parameter(
            "number_damping",
            "number",
            _of("mean-field", 0.05),
            "g: damping of the numbers (mean field)",
            low=0,
            follows="0.05 (mean field)",
        ),
        Parameter(
            "phase_damping",
            "number",
            _of("mean-field", 0.2),
            "κ: damping of the phases (mean field); κ = 4g is Landau-Lifshitz",
            low=0,
            follows="0.2 (mean field)",
        ),
        Parameter(
            "start_imbalance",
            "number",
            _of("mean-field", 0.0),
            "n_A - n_B at the start (mean field)",
            low=-1,
            high=1,
            follows="0 (mean field)",
        ),
        Parameter("dephasing", "rate", 0.0, "γ: noise of φ; takes the mean of exp(iφ) down at this rate", low=0),
        Parameter(
            "trajectories",
            "count",
            _of("mean-field", 100),
            "how many noisy runs there are (mean field with dephasing)",
            low=1,
            follows="100 (mean field)",
        ),
        Parameter(
            "duration",
            "time",
            lambda v: long_enough(v),
            "how long it is watched",
            above=0,
            follows="12 / rate, or until the mean field has settled",
        ),
        account_parameter("superposition"),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse what belongs to the other model."""
        v, quantum = self.values, self.quantum
        for name in ("number_damping", "phase_damping", "start_imbalance", "trajectories"):
            if quantum and v[name] is not None:
                way = "give rate for the bath of the quantum model, or model=mean-field"
                raise InputError(name, "left out in the quantum model", Shown("given"), way)
        for name in ("rate", "temperature", "weight"):
            if not quantum and v[name] is not None:
                way = "give number_damping and phase_damping, or model=quantum"
                raise InputError(name, "left out in the mean field (at T = 0, one shared step)", Shown("given"), way)
        if quantum:
            self.system()
        elif self.account != "superposition":
            why = "in the mean field each trap has a phase of its own; use model=quantum for the others"
            raise InputError("account", "'superposition' in the mean field", self.account, why)
        elif v["kind"] != "fermion":
            raise InputError("kind", "left out in the mean field", v["kind"], "it makes no difference there")
        else:
            self._check_length()

    def _check_length(self) -> None:
        """Refuse a mean field that would be followed for hours."""
        v = self.flat_values()
        speed = np.array([theory.pace(f, g) for f, g in zip(theory.mean_fields(v), v["dephasing"], strict=True)])
        most = (LONGEST_NOISY if self.noisy else LONGEST) / speed
        if np.any(v["duration"] > most):
            must = f"at most {self.shown('time', float(f'{most.min():.4g}'))}: something else is so fast beside it"
            raise InputError(
                "duration", must, Shown("longer"), "give a shorter one, or bring rates and energies closer"
            )

    @property
    def quantum(self) -> bool:
        """Whether the pair is four quantum states."""
        return bool(self.values["model"] == "quantum")

    @property
    def noisy(self) -> bool:
        """Whether the mean field is kicked."""
        return not self.quantum and self.anywhere("dephasing")

    def system(self) -> LinkedTraps:
        """The four states of the quantum model."""
        v, half = self.values, 0.5 * self.values["phase_difference"]
        return LinkedTraps(
            kind=v["kind"],
            tunnelling=v["tunnelling"],
            connected_detuning=v["detuning"],
            weight=v["weight"],
            phases=(v["phase"] + half, v["phase"] - half),
        )

    def record(self) -> xarray.Dataset:
        """The evolution, and how long it takes from starts close to pi."""
        record = self.followed()
        every = record.time.isel(moment=0, drop=True)
        near = {name: variable.broadcast_like(every) for name, variable in self._near_pi().items()}
        record = record.assign({name: variable.transpose(*every.dims, "start") for name, variable in near.items()})
        kinds = dict.fromkeys(("energy", "energy_error", "heat", "current"), "energy")
        kinds |= dict.fromkeys(("time", "time_near_pi", "equalised"), "time")
        for name, variable in record.data_vars.items():
            variable.attrs["units"] = self.unit(kinds.get(str(name), ""))
        return record

    def followed(self) -> xarray.Dataset:
        """What happens after the link is made, over time."""
        return self._quantum() if self.quantum else self._mean_field()

    def altered(self, **changes: Any) -> PhaseEqualization:
        """The same with some values changed, watched for as long as it then takes."""
        found = self.changed(**changes)
        assert isinstance(found, PhaseEqualization)
        long = found.changed(duration=long_enough(found.values.resolved))
        assert isinstance(long, PhaseEqualization)
        return long

    def equalisation(self, record: xarray.Dataset) -> Any:
        """The equalisation time of every point of a record, as an array over the axes."""
        found = measured.equalisation_times(self, record)
        return axes.unflatten(found, self.axes())

    def evolution(self) -> tuple[LinkedTraps, Protocol, Mapping[str, Any]] | None:
        """What is evolved in the quantum model."""
        if not self.quantum:
            return None
        v, system = self.values, self.system()
        even = np.linspace(0, 1, self.moments)
        options = {
            "account": self.account,
            "moments": [float(m) for m in np.union1d(even, 2.0 ** -np.arange(OCTAVES))[1:]],
            "bath": Bath(dephasing=v["dephasing"] / system.step**2),
            "method": self._method,
            "tolerance": self.tolerance,
        }
        return system, Protocol(Relax(duration=v["duration"], rate=v["rate"], temperature=v["temperature"])), options

    def comparable(self, record: xarray.Dataset) -> xarray.Dataset:
        """Without the delays from near pi: on the way down from there the solver's error grows as the distance does."""
        return record.drop_vars("time_near_pi") if not self.quantum else record

    def _quantum(self) -> xarray.Dataset:
        """The density matrix of the pair, by the master equation."""
        asked = self.evolution()
        assert asked is not None
        system, protocol, options = asked
        raw = self.evolved(system, protocol, **options)
        names = ["time", "energy", "heat", "norm", "imbalance", "coherence", "order_parameter_A", "order_parameter_B"]
        names += ["alone_A", "alone_B"]
        record = raw[names].assign_attrs(raw.attrs)
        record["imbalance"] = raw.imbalance / system.step
        record["current"] = -2 * self.values["tunnelling"] * raw.coherence.imag
        return record.transpose("moment", *self.axes())

    @property
    def _method(self) -> str:
        return SOLVERS[self.values["model"]].get(self.method, self.method)

    def _mean_field(self) -> xarray.Dataset:
        """The mean field of each point, alone or averaged over noisy trajectories."""
        import xarray

        v, grid = self.flat_values(), self.axes()
        fractions = np.linspace(0, 1, FINE * (self.moments - 1) + 1)
        made = []
        for k, (place, field) in enumerate(zip(self.places(), theory.mean_fields(v), strict=True)):
            start = field.state(v["phase_difference"][k], v["start_imbalance"][k])
            times = v["duration"][k] * fractions
            if self.noisy:
                spins = self._kicked(field, start, times, float(v["dephasing"][k]), int(place))
            else:
                spins = flow(field.slope, start, times, tolerance=self._finer(start), method=self._method)[None]
            made.append(_seen(field, spins, times))
        dims = dict.fromkeys(made[0], ("moment",)) | {"equalised": ("trajectory",)}
        variables = {}
        for name in made[0]:
            stacked = axes.unflatten(np.stack([one[name] for one in made]), grid)
            variables[name] = ((*grid, *dims[name]), stacked)
        noise = f"stochastic Heun, {self.values['trajectories']} trajectories"
        method = noise if self.noisy else f"flow: {self._method}"
        attrs = {"method": method, "account": self.account, "seed": self.seed, "tolerance": self.tolerance}
        record = xarray.Dataset(variables, grid, attrs)
        return record.transpose("moment", ..., "trajectory") if self.noisy else record.transpose("moment", ...)

    def _kicked(self, field: LinkedPhases, start: Any, times: Any, noise: float, point: int) -> Any:
        """Noisy trajectories (trajectories, moments, 3)."""
        count = self.values["trajectories"]
        steps = int(np.ceil((times[1] - times[0]) * theory.pace(field, noise) / STEP))
        push = np.array([0.0, 0.0, 0.0, np.sqrt(2 * noise)])
        found = noisy_flow(
            field.turned_slope,
            lambda t, y: np.broadcast_to(push, y.shape),
            np.tile(np.append(start, 0.0), (count, 1)),
            times,
            steps,
            [seeds.generator(self.seed, point, k) for k in range(count)],
        )
        x, y, m, angle = np.moveaxis(found, -1, 0)
        c, s = np.cos(angle), np.sin(angle)
        return np.stack([c * x - s * y, s * x + c * y, m], axis=-1)

    def _finer(self, start: Any) -> float:
        """A tolerance small beside the distance from the top of the pendulum, from which errors would grow."""
        away = float(np.hypot(start[1], start[2])) if start[0] < 0 else 1.0
        return float(max(min(self.tolerance, 1e-4 * away or self.tolerance), 1e-13))

    def _near_pi(self) -> xarray.Dataset:
        """How long it takes from phases ever closer to pi, with everything else as it is and no noise."""
        import xarray

        close = CLOSEST * np.exp(-theory.rung(self.values.resolved) * axes.axis("start", range(STARTS)))
        rest = {"phase_difference": np.pi - close, "dephasing": 0.0}
        one = self.altered(**(rest if self.quantum else rest | {"start_imbalance": 0.0}))
        grid = one.axes()
        flat = one.flat_values()
        away = flat["detuning"] == 0 if self.quantum else (flat["detuning"] == 0) & (flat["phase_damping"] > 0)
        found = np.full(len(away), np.nan)
        if self.quantum or np.any(away):
            found = np.where(away | self.quantum, one.equalisation(one.followed()).reshape(-1), np.nan)
        times = xarray.DataArray(axes.unflatten(found, grid), grid, tuple(grid))
        return xarray.Dataset({"time_near_pi": times, "closeness": close})

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.equalization_findings`."""
        return measured.findings(self, record)

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        took = findings["equalisation_time"].value
        if took.ndim:
            known = took.where(np.isfinite(took))
            if not bool(known.notnull().any()):
                return f"At none of {took.size} points do the phases become equal."
            low, high = (self.shown("time", float(end)) for end in (known.min(), known.max()))
            return f"Over {took.size} points the energy settles within {low} to {high}."
        if np.isposinf(float(took)):
            return "Nothing brings the phases together: the mean field stays where it is, or swings for ever."
        if np.isnan(float(took)):
            return "The energy does not settle within the record, or has nothing to settle."
        text = f"The energy settles within {self.shown('time', float(took))}"
        if "amplitude" in findings:
            size = float(findings["amplitude"].value)
            return f"{text}; each trap's order parameter ends with a modulus of {size:.4g}."
        return f"{text}; the traps keep their phases' modulus and end {self._apart(findings)} apart."

    def _apart(self, findings: Mapping[str, Finding]) -> str:
        return self.shown("angle", float(f"{float(findings['final_phase_difference'].value):.2g}"))

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.equalization_drawing`."""
        from mesodyn.experiments import equalization_drawing

        return equalization_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.equalization_drawing`."""
        from mesodyn.experiments import equalization_drawing

        return equalization_drawing.animation(self, record, at)


def long_enough(v: Mapping[str, Any]) -> Any:
    """How long it takes until everything has settled, and longer where the start is close to the top."""
    if v["model"] == "quantum":
        return 12 / v["rate"]
    g, kappa = v["number_damping"], v["phase_damping"]
    half = 2 * g + kappa / 4
    root = np.sqrt(np.maximum(half**2 - 2 * (1 + g * kappa), 0.0))
    slow, fast = np.maximum(half - root, 0.05), np.maximum(half + root, 0.05)
    away = np.maximum(abs((v["phase_difference"] % (2 * np.pi)) - np.pi), 1e-12)
    return (16 / slow + np.log(np.pi / away) / fast) / v["tunnelling"]


def _seen(field: LinkedPhases, spins: Any, times: Any) -> dict[str, Any]:
    """What a record holds of trajectories (trajectories, moments, 3): means over them, and when each has settled."""
    x, y, m = np.moveaxis(spins, -1, 0)
    energy, count = field.energy(spins), len(spins)
    coherence = (np.hypot(x, y) * (x - 1j * y)).mean(axis=0)
    found = {
        "time": times,
        "energy": energy.mean(axis=0),
        "heat": energy[:, 0].mean() - energy.mean(axis=0),
        "imbalance": 2 * m.mean(axis=0),
        "coherence": coherence,
        "current": -2 * field.tunnelling * coherence.imag,
        "length": 2 * np.linalg.norm(spins, axis=-1).mean(axis=0),
    }
    if count > 1:
        settled = [crossing(times, one - field.least_energy()) for one in energy]
        found |= {"energy_error": energy.std(axis=0, ddof=1) / np.sqrt(count), "equalised": np.array(settled)}
    return found
