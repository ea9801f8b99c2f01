"""Two traps, connected and cooled, disconnected, one of them turned, connected again, relaxing (paper, Sec. 5; 3c)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.dynamics import heat
from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.protocol import (
    Connect,
    Disconnect,
    Hold,
    Protocol,
    Ramp,
    Relax,
    Rotate,
    Segment,
    progress,
)
from mesodyn.errors import InputError, Shown
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter, account_parameter
from mesodyn.systems.base import Setting, flat_values, matrices, stack
from mesodyn.systems.trap_pair import KINDS, TrapPair

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

FAINT = 1e-9
"""Traps that are odd with less probability than this have no spin to speak of."""
ONLY = {
    "interferometer": ("bias_phase", "bias_time", "pulse_tunnelling", "pulse_field"),
    "heat": ("relaxation_time",),
}
"""The parameters that one read-out alone has."""


class TwoPiRotation(Experiment):
    """Turn one of two linked traps by 2 pi and see what heat it releases, or where the particle is then found."""

    name = "two-pi-rotation"
    title = "Turning one of two traps by 2π"
    meaning = (
        "Two equal traps share one extra particle and are cooled while a link connects them. The link is cut, the "
        "field of trap B is turned about an axis, and the link is made again. With a fermion and the field at right "
        "angles to the axis, one full turn changes the relative sign of the two halves of the state: the pair is then "
        "in its antibonding state and gives 2|J| of heat to the bath. An interferometer reads the same sign without a "
        "calorimeter: a bias pulse and a quarter of a tunnelling period, and the particle is counted left or right. "
        "The sign is not put in: it is the Berry phase that the spin collects while it follows its field. With the "
        "total number fixed this is ordinary quantum mechanics; the accounts differ in the distribution of the heat "
        "and of the total number, not in the sign."
    )
    frame_axis = ("turns", 1.0)
    second_method = "liouvillian"
    parameters = (
        Parameter("turns", "number", 1.0, "full turns of trap B's field; a non-integer leaves it turned"),
        Parameter("rotation_time", "time", 20.0, "how long the rotation takes", above=0),
        Parameter("ramp", "choice", "smooth", "how the angle grows in time", choices=("smooth", "uniform")),
        Parameter("control", "choice", "none", "dummy: half the angle there and back", choices=("none", "dummy")),
        Parameter("readout", "choice", "heat", "what is measured at the end", choices=("heat", "interferometer")),
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
        Parameter("preparation_time", "time", 0.0, "how long the linked traps relax before the link is cut", low=0),
        Parameter(
            "bias_phase",
            "angle",
            lambda _: -np.pi / 2,
            "phase that the bias pulse gives to B (interferometer)",
            follows="-pi/2",
        ),
        Parameter(
            "bias_time",
            "time",
            lambda values: 0.5 / (abs(values["tunnelling"]) + (values["tunnelling"] == 0)),
            "how long the bias pulse takes (interferometer)",
            above=0,
            follows="0.5 / |tunnelling|",
        ),
        Parameter(
            "pulse_tunnelling",
            "energy",
            lambda values: values["tunnelling"],
            "J_p of the link while it is pulsed for a quarter of its period (interferometer)",
            follows="tunnelling",
        ),
        Parameter(
            "pulse_field",
            "choice",
            lambda _: "off",
            "whether the fields are on during the pulse (interferometer)",
            choices=("off", "on"),
            follows="off",
        ),
        Parameter("inertia_change", "inertia", 0.0, "orbital moment of inertia of the extra particle"),
        Parameter("level_spacing", "energy", None, "δε of a trap: asks for the finding 'frozen'", above=0),
        Parameter("kind", "choice", "fermion", "what is shared", choices=tuple(KINDS)),
        Parameter("n_c", "count", 0, "particles in the emptier trap", low=0),
        Parameter("spin", "number", None, "spin of the odd trap or the boson", low=0, follows="fermion 1/2, boson 0"),
        Parameter("weight", "number", 0.5, "v², weight of the larger number (superposition, mixture)", low=0, high=1),
        Parameter("phases", "angles", (0.0, 0.0), "phases of A and B (superposition)"),
        account_parameter("conserving"),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Build the system and the protocol, so that what does not fit is refused now."""
        v = self.values
        if self.account != "conserving" and np.any(np.asarray(v["connected_detuning"]) != 0):
            raise InputError(
                "connected_detuning", f"0 in the {self.account} account", Shown("not 0"), "use account=conserving"
            )
        if v["control"] == "dummy" and v["ramp"] == "uniform":
            why = "the sudden reversal of a uniform rotation flips the spin, which would pass for a phase"
            raise InputError("ramp", "smooth with control=dummy", "uniform", why)
        for readout, names in ONLY.items():
            for name in names:
                if readout != v["readout"] and v.given.get(name) is not None:
                    must = f"left out with readout={v['readout']}"
                    raise InputError(name, must, Shown("given"), f"it belongs to readout={readout}")
        if self.counting and np.any(np.asarray(v["pulse_tunnelling"]) == 0):
            raise InputError("pulse_tunnelling", "other than 0", Shown("0"), "a pulse needs a link")
        self.system()
        self.protocol()

    @property
    def counting(self) -> bool:
        """Whether particles are counted, rather than heat."""
        return bool(self.values["readout"] == "interferometer")

    def system(self) -> TrapPair:
        """The two traps."""
        names = ("kind", "n_c", "spin", "tunnelling", "zeeman", "field_angle", "detuning", "connected_detuning")
        more = ("temperature", "weight", "phases", "inertia_change")
        return TrapPair(**{name: self.values[name] for name in (*names, *more)})

    def protocol(self) -> Protocol:
        """Prepare if asked to, disconnect, rotate B, read out."""
        return Protocol(*self._preparation(), *self._rotation(), *(self._pulses() if self.counting else self._bath()))

    def _preparation(self) -> list[Segment]:
        """The linked traps relax, so that their phases become one."""
        if not self.anywhere("preparation_time"):
            return []
        return [self._relax(self.values["preparation_time"], "prepare")]

    def _relax(self, duration: Any, name: str) -> Relax:
        v = self.values
        return Relax(duration=duration, rate=v["relaxation_rate"], temperature=v["temperature"], name=name)

    def _rotation(self, control: str | None = None) -> list[Segment]:
        """The link is cut, and B's field is turned: at once, or by half there and back."""
        time, turns, shape = (self.values[name] for name in ("rotation_time", "turns", "ramp"))
        if (control or self.values["control"]) == "none":
            return [Disconnect(), Rotate(duration=time, turns=turns, shape=shape)]
        back = Rotate(duration=time / 2, turns=-turns / 2, shape=shape, name="back")
        return [Disconnect(), Rotate(duration=time / 2, turns=turns / 2, shape=shape), back]

    def _bath(self) -> list[Segment]:
        """The link is made again, and the traps relax."""
        return [Connect(), self._relax(self.values["relaxation_time"], "")]

    def _pulses(self) -> list[Segment]:
        """B is raised for a while, the link is on for a quarter of its period, and left and right are counted."""
        v = self.values
        bias = v["detuning"] + v["bias_phase"] / v["bias_time"]
        link = {"tunnelling": v["pulse_tunnelling"]} | ({"zeeman": 0.0} if v["pulse_field"] == "off" else {})
        return [
            Ramp(duration=0, detuning=bias, name="bias"),
            Hold(duration=v["bias_time"], name="bias"),
            Ramp(duration=0, detuning=v["detuning"], **link, name="pulse"),
            Connect(name="pulse"),
            Hold(duration=np.pi / 4 / abs(v["pulse_tunnelling"]), name="pulse"),
            Disconnect(name="count"),
        ]

    def evolution(self) -> tuple[TrapPair, Protocol, dict[str, Any]]:
        """System, protocol and options of the evolution behind the record."""
        v = self.values
        options = {"initial": "thermal", "account": self.account, "method": self.method, "tolerance": self.tolerance}
        options |= {"bath": Bath(dephasing=v["dephasing"], loss=v["loss"]), "seed": self.seed}
        options |= {"places": self.labelled_places()}
        return self.system(), self.protocol(), options

    def comparable(self, record: xarray.Dataset) -> xarray.Dataset:
        """The mean stands for the list of heats: one method may leave out an outcome too faint for another."""
        if "heat_values" not in record:
            return record
        mean = (record.heat_values.fillna(0.0) * record.heat_weights).sum("outcome")
        return record.drop_vars(["heat_values", "heat_weights"]).assign(mean_heat=mean.assign_attrs(record.heat.attrs))

    def record(self) -> xarray.Dataset:
        """The evolution, with the quantities that the experiment is about."""
        system, protocol, options = self.evolution()
        moments = [1.0] if self.ends_only else self.moments
        raw = self.evolved(system, protocol, **options, moments=moments, states=not self.counting)
        record = raw[["time", "energy", "heat", "norm", "shared", "imbalance", "coherence", "error"]]
        dims = raw.time.dims
        sign = np.sign(self.values["tunnelling"]) * raw.coherence.real
        new = {"bonding": 0.5 * raw.shared + sign, "antibonding": 0.5 * raw.shared - sign}
        new |= {"left": 0.5 * (raw.shared + raw.imbalance / system.step)}
        new |= {"right": raw.shared - new["left"]}
        new["n_mean"] = (("trap", *dims), np.stack([raw.n_A.values, raw.n_B.values]))
        field = self._field(raw)
        new["field"] = ((*dims, "component"), field)
        if system.site.spinful:
            new["spin"] = (("trap", *dims, "component"), np.stack([raw.spin_A.values, raw.spin_B.values]))
            new["flip"] = (dims, _flip(system.site.spinful, field, raw.spin_B.values, raw.spinful_B.values))
        if self.values["control"] == "dummy":
            turned = Protocol(*self._preparation(), *self._rotation("none"))
            whole = self.evolved(system, turned, **options, moments=[1.0]).coherence[-1]
            new["full_coherence"] = whole.drop_vars("segment").broadcast_like(raw.error)
        if not self.counting:
            new |= self._heat(raw, system)
        coordinates = {"trap": ["A", "B"], "component": ["x", "y", "z"]}
        return self._with_units(record.assign(new).assign_coords(coordinates))

    def _field(self, raw: xarray.Dataset) -> Any:
        """The unit vector of trap B's field (moment, axes, component), 0 while it is off; A's is that at the start."""
        v, shape, dims = self.values, raw.time.shape, raw.time.dims
        begin: Any = 0.0
        turned: Any = 0.0
        for segment in (*self._preparation(), *self._rotation()):
            if isinstance(segment, Rotate):
                fraction = ((raw.time - begin) / segment.duration).clip(0, 1)
                turned = turned + 2 * np.pi * segment.turns * progress(segment.shape, fraction)
            begin = begin + segment.duration
        angle = turned.transpose(*dims).values
        tilt = np.broadcast_to((v["field_angle"] + 0 * raw.time).transpose(*dims).values, shape)
        across = np.sin(tilt)
        field = np.stack([across * np.cos(angle), across * np.sin(angle), np.cos(tilt)], axis=-1)
        if self.counting and v["pulse_field"] == "off":
            field[np.isin(raw.segment.values, ("pulse", "count"))] = 0.0
        return field

    def _heat(self, raw: xarray.Dataset, system: TrapPair) -> dict[str, Any]:
        """The two-point distribution of the heat, and the energy of equilibrium in each conserved sector.

        Both belong to the moment just after connecting: the sectors keep the weights that they have then.
        """
        grid = {name: raw[name] for name in raw.time.dims if name != "moment"}
        labels = {label: k for k, label in enumerate(system.space.labels)}
        kept = np.array([labels[label] for label in raw.row.values])
        turned = self.values["turns"] * float(self.values["control"] == "none")
        setting = Setting(1.0, {"B": axes.flatten(2 * np.pi * turned, grid)})
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

    def uncut(self) -> tuple[str, ...]:
        """The contrast is found along the bias phase."""
        from mesodyn.experiments.two_pi_findings import fringe_axis

        name = fringe_axis(self) if self.counting else None
        return () if name is None else (name,)

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.two_pi_findings`."""
        from mesodyn.experiments import two_pi_findings

        return two_pi_findings.findings(self, record)

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """See `mesodyn.experiments.two_pi_findings`."""
        from mesodyn.experiments import two_pi_findings

        return two_pi_findings.summary(self, dict(findings))

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.two_pi_drawing`."""
        from mesodyn.experiments import two_pi_drawing

        return two_pi_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.two_pi_animation`."""
        from mesodyn.experiments import two_pi_animation

        return two_pi_animation.animation(self, record, at)


def _flip(spin: float, field: Any, vector: Any, occupied: Any) -> Any:
    """``(s - n S) / 2s`` of the spin in B when it is there, in its field n; nan when it never is, or no field is."""
    along = (field * vector).sum(axis=-1)
    seen = np.where((occupied > FAINT) & field.any(axis=-1), occupied, np.nan)
    return np.clip((spin * occupied - along) / (2 * spin * seen), 0, 1)
