"""Persistent current around a ring of traps, one of which is turned, or all of them (paper, end of Sec. 2)."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.dynamics.protocol import Connect, Disconnect, Protocol, Ramp, Relax, Rotate, Segment
from mesodyn.errors import InputError, Shown
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import DIMENSIONAL, Parameter
from mesodyn.systems.trap_ring import ACCOUNT, KINDS, TrapRing

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

TURNS = ("none", "one-dot", "texture")
TURNING = (
    *("turns", "dot", "links", "spin", "zeeman", "field_angle", "rotation_time", "ramp"),
    *("relaxation_rate", "relaxation_time"),
)
"""Parameters of a turn."""
LARGEST_TURNED = 500
"""The most states, spins included, of a ring that is turned and relaxes."""
LARGEST_LINKED = 32
"""The same while its links are on."""
SEARCHED = 20_000
"""Up to this many states the jump of the current is looked for unless told otherwise."""


def _own(name: str, kind: str, default: Any, meaning: str, **more: Any) -> Parameter:
    """A parameter of the turn: without one it is no part of a description. Its default is a multiple of the link's."""
    power = DIMENSIONAL.get(kind, 0)
    words = "pi/2" if kind == "angle" else f"{default:g}" if isinstance(default, (int, float)) else default
    words = {1: f"{words} tunnelling", -1: f"{words} / tunnelling"}.get(power, words).removeprefix("1 ")

    def found(values: Mapping[str, Any]) -> Any:
        return default * values["tunnelling"] ** power if power else default

    return Parameter(name, kind, found, meaning, follows=words, **more)


class TrapRingExperiment(Experiment):
    """Turn one trap of a ring by 2 pi, or the fields of all, and watch the persistent current."""

    name = "trap-ring"
    title = "The persistent current around a ring of traps, and what a turned trap does to it"
    meaning = (
        "M linked traps share N extra particles; a flux Φ through the ring drives a persistent current I = -∂E/∂Φ. The "
        "number is fixed: nothing here assumes a superposition of numbers. An odd number of fermions likes Φ = 0, an "
        "even one Φ = π; hard-core bosons always 0; pairs have half the period. Turning one trap by 2π changes the "
        "sign of both its links: that is a change of gauge, and the ring's energies stay. But the state that was there "
        "before has its two currents reversed, releases -4E₀/M while it relaxes, and ends with the old current. The "
        "half flux quantum needs fields that wind around the ring: then one link alone has the other sign. The sign "
        "comes from spins that follow their fields; no sign is put in."
    )
    account_reason = ACCOUNT
    accounts = ()
    frame_axis = ("flux", 1.1)
    second_method = "magnus"
    block_points = 32
    parameters = (
        Parameter("turn", "choice", "one-dot", "what is turned: one trap, all in a texture, none", choices=TURNS),
        Parameter("traps", "count", 6, "M", low=3),
        Parameter("number", "count", 3, "N, extra particles (or pairs)", low=1),
        Parameter("kind", "choice", "fermion", "what is shared (boson: hard-core)", choices=tuple(KINDS)),
        Parameter("flux", "angle", 1.1, "Φ through the ring, as the phase of one particle"),
        Parameter("tunnelling", "energy", 1.0, "t of each link", above=0),
        Parameter("temperature", "temperature", 0.0, "k_B T of the bath, and of the start", low=0),
        Parameter(
            "jump",
            "choice",
            lambda v: "yes" if _states(v["traps"], v["number"]) <= SEARCHED else "no",
            "whether the current is searched for its jump and its zero",
            choices=("yes", "no"),
            follows=f"yes up to {SEARCHED} states",
        ),
        _own("turns", "number", 1.0, "full turns of the trap, or how often the texture winds around the ring"),
        _own("dot", "count", 1, "which trap is turned (one-dot)", low=0),
        _own("links", "choice", "off", "whether the links are on during the turn", choices=("off", "on")),
        Parameter("spin", "number", None, "of an extra particle", low=0, follows="fermion 1/2, boson 0, pair 0"),
        _own("zeeman", "energy", 60.0, "splitting of adjacent spin levels", above=0),
        _own("field_angle", "angle", np.pi / 2, "angle between field and rotation axis", low=0, high=2 * np.pi),
        _own("rotation_time", "time", 20.0, "how long the turn takes", above=0),
        _own("ramp", "choice", "smooth", "how the angles grow in time", choices=("smooth", "uniform")),
        _own("relaxation_rate", "rate", 1.0, "up plus down rate between eigenstates", above=0),
        Parameter(
            "relaxation_time",
            "time",
            lambda values: 30.0 / values["relaxation_rate"],
            "how long the relaxation is watched",
            above=0,
            follows="30 / relaxation_rate",
        ),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Refuse rings that are too large for a turn, and parameters of a turn without one."""
        v = self.values
        for name in TURNING if self.turn == "none" else (["dot"] if self.turn == "texture" else []):
            if v.given.get(name) is not None:
                remedy = "say turn=one-dot or texture" if self.turn == "none" else "a texture turns all of them"
                raise InputError(name, f"left out with turn={self.turn}", Shown("given"), remedy)
        self.polarised()
        if self.turn == "none":
            return
        self._check_ground()
        self._check_size()
        self.ring()
        if v["dot"] >= v["traps"]:
            raise InputError("dot", f"one of the traps 0 to {v['traps'] - 1}", v["dot"])

    def _check_size(self) -> None:
        """A turn moves density matrices, and with the links on kets that turn fast."""
        v = self.values
        most = LARGEST_TURNED if v["links"] == "off" else LARGEST_LINKED
        size = _states(v["traps"], v["number"]) * round(2 * self.spin + 1) ** v["number"]
        if size > most:
            must = f"a ring of at most {most} states (spins included) for turn={self.turn} with links={v['links']}"
            way = "take fewer, say turn=none" + (", or links=off" if v["links"] == "on" else "")
            raise InputError("traps and number", must, Shown(f"one of {size}"), way)

    def _check_ground(self) -> None:
        """A turn starts from one ground state."""
        from mesodyn.experiments.ring_theory import reduced

        v = self.flat_values()
        crossing = np.abs(np.abs(reduced(int(self.values["number"]), str(v["kind"]), v["flux"])) - np.pi) < 1e-9
        if np.any(crossing & (v["temperature"] == 0)):
            must = f"away from {'0' if v['kind'] == 'fermion' and self.values['number'] % 2 == 0 else 'π'}"
            must += " (modulo the period), where two ground states cross" if v["kind"] != "pair" else "/2 (modulo π)"
            raise InputError("flux", must, Shown("there"), "move it a little, or say turn=none")

    @property
    def turn(self) -> str:
        """``none``, ``one-dot`` or ``texture``."""
        return str(self.values["turn"])

    @property
    def spin(self) -> float:
        """Of an extra particle, as the turn sees it."""
        given = self.values["spin"]
        return (0.5 if self.values["kind"] == "fermion" else 0.0) if given is None else float(given)

    def polarised(self) -> TrapRing:
        """The ring with its spins frozen along a common field."""
        names = ("traps", "number", "kind", "tunnelling", "flux", "temperature")
        return TrapRing(**{name: self.values[name] for name in names})

    def ring(self, texture: Any = 0.0) -> TrapRing:
        """The ring with spins."""
        v = self.values
        names = ("traps", "number", "kind", "tunnelling", "flux", "temperature", "zeeman", "field_angle")
        return TrapRing(spin=self.spin, texture=texture, **{name: v[name] for name in names})

    def protocol(self) -> Protocol:
        """Links off (unless they stay on), the turn, links on, a bath."""
        v = self.values
        turn: Segment = Ramp(duration=v["rotation_time"], shape=v["ramp"], name="turn", texture=v["turns"])
        if self.turn == "one-dot":
            site = str(v["dot"])
            turn = Rotate(duration=v["rotation_time"], turns=v["turns"], trap=site, shape=v["ramp"], name="turn")
        relax = Relax(duration=v["relaxation_time"], rate=v["relaxation_rate"], temperature=v["temperature"])
        return Protocol(*([Disconnect(), turn, Connect()] if v["links"] == "off" else [turn]), relax)

    def evolution(self) -> tuple[TrapRing, Protocol, dict[str, Any]] | None:
        """System, protocol and options of the evolution behind the record; None without a turn."""
        if self.turn == "none":
            return None
        options = {"initial": "thermal", "method": self.method, "tolerance": self.tolerance}
        return self.ring(), self.protocol(), options

    def record(self) -> xarray.Dataset:
        """The ring at rest at every flux; with a turn also the evolution, and the ring as it is after the turn."""
        from mesodyn.experiments import ring_record

        return ring_record.record(self)

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.ring_findings`."""
        from mesodyn.experiments import ring_findings

        return {finding.name: finding for finding in ring_findings.findings(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        from mesodyn.experiments import ring_findings

        return ring_findings.summary(self, findings)

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.ring_drawing`."""
        from mesodyn.experiments import ring_drawing

        return ring_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.ring_drawing`."""
        from mesodyn.experiments import ring_drawing

        return ring_drawing.animation(self, record, at)


def _states(traps: int, number: int) -> int:
    return comb(traps, number) if traps < 64 else SEARCHED + 1
