"""Two traps, connected and cooled, disconnected, one of them turned, connected again, relaxing (paper, Sec. 5; 3c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
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

    from mesodyn.figures.style import Figure

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
        "field of trap B is turned about an axis, and the link is made again. With a fermion and the field at right "
        "angles to the axis, one full turn changes the relative sign of the two halves of the state: the pair is then "
        "in its antibonding state and gives 2|J| of heat to the bath. The sign is not put in: it is the Berry phase "
        "that the spin collects while it follows its field. With the total number fixed this is ordinary quantum "
        "mechanics; the accounts differ in the distribution of the heat, not in its existence."
    )
    frame_axis = ("turns", 1.0)
    parameters = (
        Parameter("turns", "number", 1.0, "full turns of trap B's field; a non-integer leaves it turned"),
        Parameter("rotation_time", "time", 20.0, "how long the rotation takes", above=0),
        Parameter("ramp", "choice", "smooth", "how the angle grows in time", choices=("smooth", "uniform")),
        Parameter("field_angle", "angle", np.pi / 2, "angle between field and rotation axis", low=0, high=2 * np.pi),
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
        Parameter("level_spacing", "energy", None, "δε of a trap: asks for the finding 'frozen'", above=0),
        Parameter("kind", "choice", "fermion", "what is shared", choices=tuple(KINDS)),
        Parameter("n_c", "count", 0, "particles in the emptier trap", low=0),
        Parameter("spin", "number", None, "spin of the odd trap or the boson", low=0, follows="fermion 1/2, boson 0"),
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
        raw = evolve(
            system,
            self.protocol(),
            initial="thermal",
            account=self.account,
            moments=[1.0] if self.ends_only else self.moments,
            bath=Bath(dephasing=v["dephasing"], loss=v["loss"]),
            states=True,
        )
        record = raw[["time", "energy", "heat", "norm", "imbalance", "coherence", "error"]]
        dims = raw.time.dims
        sign = np.sign(v["tunnelling"]) * raw.coherence.real
        new = {"bonding": 0.5 * raw.shared + sign, "antibonding": 0.5 * raw.shared - sign}
        new["n_mean"] = (("trap", *dims), np.stack([raw.n_A.values, raw.n_B.values]))
        field = self._field(raw)
        new["field"] = ((*dims, "component"), field)
        if system.site.spinful:
            new["spin"] = (("trap", *dims, "component"), np.stack([raw.spin_A.values, raw.spin_B.values]))
            new["flip"] = (dims, _flip(system.site.spinful, field, raw.spin_B.values, raw.spinful_B.values))
        new |= self._heat(raw, system)
        coordinates = {"trap": ["A", "B"], "component": ["x", "y", "z"]}
        return self._with_units(record.assign(new).assign_coords(coordinates))

    def _field(self, raw: xarray.Dataset) -> Any:
        """The unit vector of trap B's field (moment, axes, component); that of A is its value at the start."""
        v = self.values
        begin = raw.time.isel(moment=_last(raw, "disconnect"), drop=True)
        fraction = ((raw.time - begin) / v["rotation_time"]).clip(0, 1)
        turned = 2 * np.pi * v["turns"] * progress(v["ramp"], fraction)
        shape, dims = raw.time.shape, raw.time.dims
        angle = turned.transpose(*dims).values
        tilt = np.broadcast_to((v["field_angle"] + 0 * raw.time).transpose(*dims).values, shape)
        across = np.sin(tilt)
        return np.stack([across * np.cos(angle), across * np.sin(angle), np.cos(tilt)], axis=-1)

    def _heat(self, raw: xarray.Dataset, system: TrapPair) -> dict[str, Any]:
        """The two-point distribution of the heat, and the energy of equilibrium in each conserved sector.

        Both belong to the moment just after connecting: the sectors keep the weights that they have then.
        """
        grid = {name: raw[name] for name in raw.time.dims if name != "moment"}
        labels = {label: k for k, label in enumerate(system.space.labels)}
        kept = np.array([labels[label] for label in raw.row.values])
        setting = Setting(1.0, {"B": axes.flatten(2 * np.pi * self.values["turns"], grid)})
        coefficients = system.coefficients(flat_values(system, grid), setting)
        hamiltonian = stack(coefficients, matrices(system.operators, kept))
        totals, cold = system.space.totals[kept], axes.flatten(self.values["temperature"], grid)
        states = raw.state.sel(edge="connect").values.reshape(-1, len(kept), len(kept))
        heats, weights = heat.two_point(states, hamiltonian, totals, cold)
        settled = heat.equilibrium_energy(hamiltonian, totals, heat.sector_weights(states, totals), cold)
        dims = (*grid, "outcome")
        return {
            "heat_values": (dims, axes.unflatten(heats, grid)),
            "heat_weights": (dims, axes.unflatten(weights, grid)),
            "equilibrium": (tuple(grid), axes.unflatten(settled, grid)),
        }

    def _with_units(self, record: xarray.Dataset) -> xarray.Dataset:
        kinds = dict.fromkeys(("energy", "heat", "heat_values", "equilibrium"), "energy") | {"time": "time"}
        for name, variable in record.data_vars.items():
            variable.attrs["units"] = self.unit(kinds.get(str(name), ""))
        return record

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Heat, its distribution, the phase and the flips, and two checks."""
        connect = _last(record, "connect")
        expected = theory.Expected(self.flat_values(), self.account, self.system())
        energy = self.flat(record.energy)
        released = energy[connect] - self.flat(record.equilibrium)
        granted = ROUNDING * np.abs(energy).max(axis=0)
        found = [
            *self._heats(record, released, expected, granted),
            *self._phases(record, connect, expected),
            Finding("heat_distribution", "heats of two projective energy measurements", _outcomes(record), "energy"),
            *self._checks(record, released, granted),
        ]
        if self.values["level_spacing"] is not None:
            v = self.flat_values()
            found.append(self.frozen(v["temperature"] / v["level_spacing"]))
        return {finding.name: finding for finding in found}

    def _heats(self, record: xarray.Dataset, released: Any, expected: theory.Expected, granted: Any) -> list[Finding]:
        """The heat that connecting frees, and what of it has flowed when the record ends."""
        v = self.flat_values()
        left = 4 * (np.abs(v["tunnelling"]) + np.abs(released)) * np.exp(-v["relaxation_rate"] * v["relaxation_time"])
        noisy = (v["dephasing"] > 0) | (v["loss"] > 0)
        return [
            self.finding(
                "heat_released",
                "mean energy just after connecting, minus that of equilibrium in each conserved sector",
                released,
                "energy",
                expected.heat,
                expected.heat_error + granted,
                "PHYSICS 3c, DEFINITIONS 6.2",
            ),
            self.finding(
                "heat_in_record",
                "heat that has flowed to the bath when the record ends",
                self.flat(record.heat)[-1],
                "energy",
                np.where(noisy, np.nan, expected.heat),
                expected.heat_error + granted + left,
                "PHYSICS 3c",
            ),
        ]

    def _phases(self, record: xarray.Dataset, connect: int, expected: theory.Expected) -> list[Finding]:
        """What the rotation has done to the coherence and to the spin."""
        coherence = self.flat(record.coherence)
        shift = _phase(coherence[connect], coherence[0])
        vague = expected.phase_error + ROUNDING / np.maximum(np.abs(coherence[connect]), FAINT)
        found = [
            self.finding(
                "phase_shift",
                "change of the phase of A relative to B, from the evolved amplitude",
                shift,
                "angle",
                np.where(np.isfinite(shift) & (vague < np.pi), expected.phase, np.nan),
                vague,
                "PHYSICS 3c",
                period=2 * np.pi,
            )
        ]
        if "flip" in record:
            flipped = self.flat(record.flip)[connect]
            flip = self.finding(
                "spin_flip",
                "share of B's spin that does not follow its field",
                flipped,
                "",
                np.where(np.isfinite(flipped), expected.flip, np.nan),
                expected.flip_error + ROUNDING,
                "PHYSICS 3c",
            )
            found.append(flip)
        return found

    def _checks(self, record: xarray.Dataset, released: Any, granted: Any) -> list[Finding]:
        """Norm, and two routes to the mean heat."""
        spread = np.nansum(self.flat(record.heat_values) * self.flat(record.heat_weights), axis=-1)
        largest, length = np.abs(self.flat(record.energy)).max(axis=0), self.flat(record.time)[-1]
        return [
            self.norm(record, 16 * np.finfo(float).eps * largest * length),
            self.finding(
                "energy_balance",
                "mean of the heat distribution minus the heat released: two routes to one number",
                spread - released,
                "energy",
                np.zeros_like(released),
                granted,
                "DEFINITIONS 6.3",
            ),
        ]

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


def _phase(end: Any, start: Any) -> Any:
    """By how much the phase of A relative to B has moved, in [0, 2 pi); nan where there is no coherence."""
    strong = (np.abs(end) > FAINT) & (np.abs(start) > FAINT)
    return np.where(strong, -np.angle(end * start.conj()) % (2 * np.pi), np.nan)


def _flip(spin: float, field: Any, vector: Any, occupied: Any) -> Any:
    """``(s - n S) / 2s`` of the spin in B when it is there, in its field n; nan when it never is."""
    along = (field * vector).sum(axis=-1)
    share = (spin * occupied - along) / (2 * spin * np.where(occupied > FAINT, occupied, np.nan))
    return np.clip(share, 0, 1)


def _outcomes(record: xarray.Dataset) -> xarray.DataArray:
    """Heats and weights side by side."""
    import xarray

    parts = xarray.DataArray(["heat", "weight"], dims="part", name="part")
    return xarray.concat([record.heat_values, record.heat_weights], dim=parts)
