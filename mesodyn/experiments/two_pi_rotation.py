"""Two traps, connected and cooled, disconnected, one of them turned, connected again, relaxing (paper, Sec. 5; 3c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics import heat
from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Connect, Disconnect, Protocol, Relax, Rotate, progress
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import rotation_theory as theory
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter
from mesodyn.systems.base import Setting, flat_values, matrices, stack
from mesodyn.systems.trap_pair import KINDS, TrapPair

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

ROUNDING = 1e-8
"""What is granted to rounding and to the estimated error of the evolution, relative to the largest energy."""
FAINT = 1e-9
"""Below this modulus of the coherence its phase means nothing."""


class TwoPiRotation(Experiment):
    """Turn one of two linked traps by 2 pi and see what heat it releases."""

    name = "two-pi-rotation"
    title = "Turning one of two traps by 2π"
    meaning = (
        "Two equal traps share one extra particle and are cooled while a link connects them. The link is cut, the "
        "field of trap B is turned about an axis, and the link is made again. With a fermion and the field at right angles to "
        "the axis, one full turn changes the relative sign of the two halves of the state: the pair is then in its "
        "antibonding state and gives 2|J| of heat to the bath. The sign is not put in: it is the Berry phase that the "
        "spin collects while it follows its field. With the total number fixed this is ordinary quantum mechanics; the "
        "accounts differ in the distribution of the heat, not in its existence."
    )
    frame_axis = ("turns", 1.0)
    parameters = (
        Parameter("turns", "number", 1.0, "full turns of trap B's field; a non-integer leaves it turned"),
        Parameter("rotation_time", "time", 20.0, "how long the rotation takes", above=0),
        Parameter("ramp", "choice", "smooth", "how the angle grows in time", choices=("smooth", "uniform")),
        Parameter("field_angle", "angle", np.pi / 2, "angle between field and rotation axis"),
        Parameter("zeeman", "energy", 60.0, "splitting of adjacent spin levels", low=0),
        Parameter("tunnelling", "energy", 1.0, "J of the link; either sign"),
        Parameter("temperature", "temperature", 0.0, "k_B T of the bath (and of the conserving start)", low=0),
        Parameter("detuning", "energy", 0.0, "energy of 'particle in A' minus 'in B', disconnected"),
        Parameter("connected_detuning", "energy", 0.0, "the same while connected"),
        Parameter("dephasing", "rate", 0.0, "rate γ of √(γ/2)(N_A - N_B), all the time", low=0),
        Parameter("loss", "rate", 0.0, "total rate of losing the extra particle, all the time", low=0),
        Parameter("relaxation_rate", "rate", 1.0, "up plus down rate between eigenstates, once connected", above=0),
        Parameter(
            "relaxation_time",
            "time",
            lambda values: 30.0 / values["relaxation_rate"],
            "how long the relaxation is watched",
            above=0,
            follows="30 / relaxation_rate",
        ),
        Parameter("inertia_change", "inertia", 0.0, "orbital moment of inertia of the extra particle"),
        Parameter("kind", "choice", "fermion", "what is shared", choices=tuple(KINDS)),
        Parameter("n_c", "count", 0, "particles in the emptier trap", low=0),
        Parameter("spin", "number", None, "spin of the odd trap or boson (fermion 1/2, boson 0)", low=0),
        Parameter("weight", "number", 0.5, "v², weight of the larger number (superposition, mixture)", low=0, high=1),
        Parameter("phases", "angles", (0.0, 0.0), "phases of A and B (superposition)"),
        Parameter(
            "account",
            "choice",
            "conserving",
            "what is assumed of the start",
            choices=("superposition", "conserving", "mixture"),
        ),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Build the system, so that what does not fit is refused now."""
        self.system()
        if self.account != "conserving" and np.any(np.asarray(self.values["connected_detuning"]) != 0):
            raise InputError(
                "connected_detuning", f"0 in the {self.account} account", Shown("not 0"), "use account=conserving"
            )

    def system(self) -> TrapPair:
        """The two traps."""
        names = ("kind", "n_c", "spin", "tunnelling", "zeeman", "field_angle", "detuning", "connected_detuning")
        more = ("temperature", "weight", "phases", "inertia_change")
        return TrapPair(**{name: self.values[name] for name in (*names, *more)})

    def protocol(self) -> Protocol:
        """Disconnect, rotate B, connect, relax."""
        v = self.values
        return Protocol(
            Disconnect(),
            Rotate(duration=v["rotation_time"], turns=v["turns"], shape=v["ramp"]),
            Connect(),
            Relax(duration=v["relaxation_time"], rate=v["relaxation_rate"], temperature=v["temperature"]),
        )

    def record(self) -> xarray.Dataset:
        """The evolution, with the quantities that the experiment is about."""
        v, system = self.values, self.system()
        bath = Bath(dephasing=v["dephasing"], loss=v["loss"])
        raw = evolve(
            system,
            self.protocol(),
            initial="thermal",
            account=self.account,
            moments=self.moments,
            bath=bath,
            states=True,
        )
        record = self._described(raw, system)
        values, weights = self._heat(raw, system)
        record["heat_values"], record["heat_weights"] = values, weights
        record["equilibrium"] = self._equilibrium(raw, system)
        return self._with_units(record)

    def _described(self, raw: xarray.Dataset, system: TrapPair) -> xarray.Dataset:
        """Bonding populations, spins, field and flips beside what was evolved."""
        import xarray

        sign = np.sign(self.values["tunnelling"]) * raw.coherence.real
        record = raw[["time", "energy", "heat", "norm", "imbalance", "coherence", "error"]].copy()
        traps = xarray.DataArray(["A", "B"], dims="trap", name="trap")
        record["n_mean"] = xarray.concat([raw.n_A, raw.n_B], dim=traps)
        record["bonding"], record["antibonding"] = 0.5 * raw.shared + sign, 0.5 * raw.shared - sign
        record["field"] = self._field(raw)
        if system.site.spinful:
            record["spin"] = xarray.concat([raw.spin_A, raw.spin_B], dim=traps)
            s, full = system.site.spinful, raw.spinful_B
            along = (record.field * raw.spin_B).sum("component")
            record["flip"] = ((s * full - along) / (2 * s * full.where(full > FAINT))).clip(0, 1)
        return record.assign_attrs(raw.attrs)

    def _field(self, raw: xarray.Dataset) -> xarray.DataArray:
        """The unit vector of trap B's field; that of A is its value at the start."""
        import xarray

        v = self.values
        begin = raw.time.isel(moment=_last(raw, "disconnect"), drop=True)
        fraction = ((raw.time - begin) / v["rotation_time"]).clip(0, 1)
        angle = 2 * np.pi * v["turns"] * progress(v["ramp"], fraction)
        across, along = np.sin(v["field_angle"]), np.cos(v["field_angle"])
        parts = [across * np.cos(angle), across * np.sin(angle), along + 0 * angle]
        component = xarray.DataArray(["x", "y", "z"], dims="component", name="component")
        return xarray.concat(xarray.broadcast(*parts), dim=component).transpose("moment", ..., "component")

    def _linked(self, raw: xarray.Dataset, system: TrapPair) -> tuple[Any, ...]:
        """States just after connecting, the Hamiltonian then, totals, bath temperature, and the grid of points."""
        from mesodyn import axes

        grid = {name: raw[name] for name in raw.time.dims if name != "moment"}
        values = flat_values(system, grid)
        labels = {label: k for k, label in enumerate(system.space.labels)}
        kept = np.array([labels[label] for label in raw.row.values])
        angle = axes.flatten(2 * np.pi * self.values["turns"], grid)
        setting = Setting(1.0, {"B": angle})
        hamiltonian = stack(system.coefficients(values, setting), matrices(system.operators, kept))
        state = raw.state.sel(edge="connect").transpose(*grid, "row", "column").values
        states = state.reshape(-1, len(kept), len(kept))
        return states, hamiltonian, system.space.totals[kept], axes.flatten(self.values["temperature"], grid), grid

    def _heat(self, raw: xarray.Dataset, system: TrapPair) -> tuple[xarray.DataArray, xarray.DataArray]:
        """The two-point distribution of the heat."""
        import xarray

        from mesodyn import axes

        states, hamiltonian, totals, cold, grid = self._linked(raw, system)
        found = heat.two_point(states, hamiltonian, totals, cold)
        dims = (*grid, "outcome")
        first, second = (xarray.DataArray(axes.unflatten(part, grid), dims=dims, coords=grid) for part in found)
        return first, second

    def _equilibrium(self, raw: xarray.Dataset, system: TrapPair) -> xarray.DataArray:
        """The energy of thermal equilibrium in each conserved sector, at the sectors' weights just after connecting."""
        import xarray

        from mesodyn import axes

        states, hamiltonian, totals, cold, grid = self._linked(raw, system)
        weights = heat.sector_weights(states, totals)
        found = heat.equilibrium_energy(hamiltonian, totals, weights, cold)
        return xarray.DataArray(axes.unflatten(found, grid), dims=tuple(grid), coords=grid)

    def _with_units(self, record: xarray.Dataset) -> xarray.Dataset:
        kinds = dict.fromkeys(("energy", "heat", "heat_values", "equilibrium"), "energy") | {"time": "time"}
        for name, variable in record.data_vars.items():
            variable.attrs["units"] = self.unit(kinds.get(str(name), ""))
        return record

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Heat, its distribution, the phase and the flips, and two checks."""
        v = self.values
        connect = record.isel(moment=_last(record, "connect"), drop=True)
        start, end = record.isel(moment=0, drop=True), record.isel(moment=-1, drop=True)
        expected = theory.Expected(v, self.account, self.system())
        released = connect.energy - record.equilibrium
        granted = ROUNDING * abs(record.energy).max("moment") + 0 * released
        flowed = end.heat
        shift = _phase(connect.coherence, start.coherence)
        mean = (record.heat_values.fillna(0) * record.heat_weights).sum("outcome")
        left = 4 * (abs(v["tunnelling"]) + abs(released)) * np.exp(-v["relaxation_rate"] * v["relaxation_time"])
        quiet = 1.0 if np.all(np.asarray(v["dephasing"]) == 0) and np.all(np.asarray(v["loss"]) == 0) else np.nan
        found = [
            Finding(
                "heat_released",
                "mean energy just after connecting, minus that of equilibrium in each conserved sector",
                released,
                "energy",
                expected.heat + 0 * released,
                expected.heat_error + granted,
                "PHYSICS 3c, DEFINITIONS 6.2",
            ),
            Finding(
                "heat_in_record",
                "heat that has flowed to the bath when the record ends",
                flowed,
                "energy",
                (expected.heat + 0 * released) * quiet,
                expected.heat_error + granted + left,
                "PHYSICS 3c",
            ),
            Finding(
                "phase_shift",
                "change of the phase of A relative to B, from the evolved amplitude",
                shift,
                "angle",
                (expected.phase + 0 * shift).where(shift.notnull()) % (2 * np.pi),
                expected.phase_error + ROUNDING / abs(connect.coherence).where(shift.notnull()),
                "PHYSICS 3c",
                period=2 * np.pi,
            ),
            Finding("heat_distribution", "heats of two projective energy measurements", _outcomes(record), "energy"),
            Finding(
                "norm",
                "trace of the state, furthest from 1",
                1 + abs(record.norm - 1).max("moment"),
                expected=1 + 0 * released,
                tolerance=1e-9 + 0 * released,
                equation="trace",
            ),
            Finding(
                "energy_balance",
                "mean of the heat distribution minus the heat released: two routes to one number",
                mean - released,
                "energy",
                0 * released,
                granted,
                "DEFINITIONS 6.3",
            ),
        ]
        if "flip" in record:
            flip = connect.flip
            found.insert(
                3,
                Finding(
                    "spin_flip",
                    "share of B's spin that does not follow its field",
                    flip,
                    "",
                    expected.flip + 0 * flip,
                    expected.flip_error + ROUNDING,
                    "PHYSICS 3c",
                ),
            )
        return {finding.name: finding for finding in found}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        released, shift = findings["heat_released"], findings["phase_shift"]
        if released.value.ndim:
            low, high = float(released.value.min()), float(released.value.max())
            text = f"from {self.shown('energy', low)} to {self.shown('energy', high)}"
            return f"Over {released.value.size} points the heat released runs {text}."
        turns, phase = float(np.asarray(self.values["turns"])), float(shift.value)
        moved = "the coherence between the traps is zero, so it has no phase"
        if np.isfinite(phase):
            moved = f"the relative phase of the traps moves by {phase / np.pi:.4f} π"
        heat_text = self.shown("energy", float(released.value))
        return f"After {turns:g} turn{'s' * (turns != 1)} {moved}, and {heat_text} of heat is released on average."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.two_pi_drawing`."""
        from mesodyn.experiments import two_pi_drawing

        return two_pi_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.two_pi_drawing`."""
        from mesodyn.experiments import two_pi_drawing

        return two_pi_drawing.animation(self, record, at)


def _last(record: xarray.Dataset, segment: str) -> int:
    """The last moment of a segment."""
    return int(np.flatnonzero(record.segment.values == segment)[-1])


def _phase(end: xarray.DataArray, start: xarray.DataArray) -> xarray.DataArray:
    """By how much the phase of A relative to B has moved, in [0, 2 pi); nan where there is no coherence."""
    strong = (abs(end) > FAINT) & (abs(start) > FAINT)
    turned = (end * start.conj()).where(strong)
    return -xarray_angle(turned) % (2 * np.pi)


def xarray_angle(value: xarray.DataArray) -> xarray.DataArray:
    """The phase of a complex array, nan where it is nan."""
    return np.arctan2(value.imag, value.real)  # type: ignore[return-value]


def _outcomes(record: xarray.Dataset) -> xarray.DataArray:
    """Heats and weights side by side."""
    import xarray

    parts = xarray.DataArray(["heat", "weight"], dims="part", name="part")
    return xarray.concat([record.heat_values, record.heat_weights], dim=parts)
