"""What is measured of a ring of traps: its current, and what a turn does to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import ring_texture as texture
from mesodyn.experiments import ring_theory as theory
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.ring_curve import STENCIL
from mesodyn.experiments.ring_measured import PLACED, Measured, follow, ideal, over, rounding

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.trap_ring import TrapRingExperiment

CLOSE = 1e-9
"""What levels and currents may be off, in units of the tunnelling."""


def findings(experiment: TrapRingExperiment, record: xarray.Dataset) -> list[Finding]:
    """All findings."""
    m = Measured(experiment, record)
    found = _at_rest(m)
    if experiment.turn != "none":
        found += _turned(m)
        found += texture.findings(m) if experiment.turn == "texture" else _one_dot(m)
        found.append(experiment.norm(record))
    return found


def _at_rest(m: Measured) -> list[Finding]:
    """Energy, current by two ways, gap, and the curve of the current against the flux."""
    t, period = m.t, theory.period(m.kind)
    valid = m.cold * m.off_jump
    distance = np.abs(np.abs(theory.reduced(m.number, m.kind, m.v["flux"])) - np.pi)
    smooth_here = np.where(distance > 3 * STENCIL * (2 if m.kind == "pair" else 1), 1.0, np.nan)
    current = m.flat("ground_current")
    found = [
        m.finding("energy", "of the ring at rest", m.flat("ground_energy"), "energy", m.energy * m.cold, CLOSE * t),
        m.finding(
            "current",
            "round the ring at rest, from the current operator (mean over the links)",
            current.mean(axis=-1),
            "energy",
            m.current * valid,
            CLOSE * t,
        ),
        m.finding(
            "current_derivative",
            "the same as -dE/dΦ, from energies at four fluxes beside",
            m.flat("derivative"),
            "energy",
            m.current * m.cold * smooth_here,
            CLOSE * t,
        ),
        m.finding(
            "uneven", "largest difference of two links' currents", np.ptp(current, axis=-1), "energy", 0 * t, 1e-8 * t
        ),
        m.finding("gap", "to the next level at the same number", m.flat("gap"), "energy"),
    ]
    if m.experiment.values["jump"] == "no":
        return found
    lowest = theory.minimum(m.number, m.kind)
    return [
        *found,
        m.finding(
            "minimum_flux",
            "where the energy is lowest and the current passes through zero",
            _near_zero(m.flat("minimum_flux"), period),
            "angle",
            lowest + 0 * t,
            PLACED,
            period=period,
        ),
        m.finding(
            "jump_flux",
            "where two ground states cross and the current jumps",
            _near_zero(m.flat("jump_flux"), period),
            "angle",
            lowest + period / 2 + 0 * t,
            PLACED,
            period=period,
        ),
        m.finding(
            "jump",
            "by how much it jumps there",
            m.flat("jump"),
            "energy",
            theory.jump(m.traps, m.number, m.kind, t),
            PLACED * t,
        ),
    ]


def _near_zero(flux: Any, period: float) -> Any:
    """A flux modulo its period, from a quarter below 0 on: neither 0 nor half a period lies at an end."""
    return (flux + period / 4) % period - period / 4


def _turned(m: Measured) -> list[Finding]:
    """What every turn is asked for: levels, heat, the end."""
    e, heat = m.flat("energy"), m.flat("heat")
    start = 0 if m.experiment.values["links"] == "on" else m.at_end_of("connect")
    start = m.at_end_of("turn") if m.experiment.values["links"] == "on" else start
    released = e[start] - e[-1]
    rest = 4 * np.abs(released) * np.exp(-m.v["relaxation_rate"] * m.v["relaxation_time"])
    expected, error = _heat(m)
    return [
        m.finding(
            "heat_released",
            "energy after the turn with all links on, less that at the end of the relaxation",
            released,
            "energy",
            expected,
            error + rest + rounding(m),
        ),
        m.finding(
            "heat_in_bath",
            "the same as it has flowed into the bath",
            heat[-1] - heat[start],
            "energy",
            released,
            rounding(m),
            equation="energy is conserved",
        ),
    ]


def _heat(m: Measured) -> tuple[Any, Any]:
    """What is expected to be released, and the bound of what that neglects."""
    overlap, flip, phase_error, flip_error = follow(m)
    if m.experiment.turn == "one-dot":
        zeeman = m.v["zeeman"] * m.number / m.traps
        heat = -2 * m.energy / m.traps * (1 - overlap.real) + zeeman * flip
        error = 2 * np.abs(m.energy) / m.traps * phase_error + zeeman * flip_error
        return heat * ideal(m), error
    after, end, error = texture.energies(m)
    return (after - end) * ideal(m), error


def _one_dot(m: Measured) -> list[Finding]:
    """The turned trap's two links beside the others, before, after and at the end."""
    dot, v = int(m.experiment.values["dot"]), m.v
    own = [(dot - 1) % m.traps, dot]
    others = [k for k in range(m.traps) if k not in own]
    links, after = m.flat("current"), m.at_end_of("turn")
    overlap, _, phase_error, _ = follow(m)
    slack = rounding(m)
    ends = np.abs(links[0]).max(axis=-1) * np.exp(-0.5 * v["relaxation_rate"] * v["relaxation_time"]) * 4
    whole = np.where(np.abs(v["turns"] - np.round(v["turns"])) < 1e-12, 1.0, np.nan)
    return [
        m.finding(
            "turned_current",
            "of the turned trap's two links after the turn (mean; what they carry when they are on)",
            links[after][:, own].mean(axis=-1),
            "energy",
            m.current * overlap.real * ideal(m),
            np.abs(m.current) * phase_error + slack,
        ),
        m.finding(
            "reversal",
            "the same over that before the turn: -1 is a reversal",
            over(links[after][:, own].mean(axis=-1), links[0].mean(axis=-1), m.t),
            "",
            overlap.real * ideal(m),
            phase_error + slack / np.maximum(np.abs(m.current), 1e-12 * m.t),
        ),
        m.finding(
            "other_current",
            "of the other links after the turn (mean)",
            links[after][:, others].mean(axis=-1),
            "energy",
            m.current * ideal(m),
            slack,
        ),
        m.finding(
            "final_current",
            "round the ring when it has relaxed (mean)",
            links[-1].mean(axis=-1),
            "energy",
            m.current * whole * m.cold * m.off_jump,
            ends + slack,
        ),
        m.finding(
            "spectrum_change",
            "largest change of a level of the linked ring by the turn",
            m.flat("spectrum_change"),
            "energy",
            0 * m.t * whole,
            1e-11 * (m.v["zeeman"] + m.t),
        ),
    ]


def summary(experiment: TrapRingExperiment, findings: Mapping[str, Finding]) -> str:
    """One sentence."""
    current = findings["current"].value
    if current.ndim:
        low, high = (_text(experiment, float(end)) for end in (current.min(), current.max()))
        return f"At {current.size} points the current round the ring runs from {low} to {high}."
    text = f"The ring carries {_text(experiment, float(current))}"
    if experiment.turn == "none":
        if "jump_flux" in findings:
            place = float(findings["jump_flux"].value) / np.pi
            return (
                f"{text}; its current jumps by {_text(experiment, float(findings['jump'].value))} at Φ = {place:.4f} π."
            )
        return f"{text}."
    heat = experiment.shown("energy", float(findings["heat_released"].value))
    end = _text(experiment, float(findings["final_current"].value))
    if experiment.turn == "texture":
        return f"{text}; with the texture {heat} is released and {end} is left."
    factor = float(findings["reversal"].value)
    return f"{text}; turning one trap multiplies it by {factor:.4f} on two links, {heat} is released, {end} is left."


def _text(experiment: TrapRingExperiment, current: float) -> str:
    """A current with its unit: particles per time."""
    return f"{current:.6g}" if experiment.values.natural else f"{current:.6g} /s"
