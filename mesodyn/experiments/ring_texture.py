"""What is measured of a ring whose fields wind around it: the flux that this adds, and what is left of the links."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesodyn.experiments import ring_theory as theory
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.ring_measured import PLACED, Measured, follow, ideal, over, rounding


def findings(m: Measured) -> list[Finding]:
    """The flux that the texture adds, what it takes from the links, and where the current ends."""
    v, links = m.v, m.flat("current")
    after = m.at_end_of("turn")
    energy, current, error, flux = _at_rest(m)
    whole = np.where(np.abs(v["turns"] - np.round(v["turns"])) < 1e-12, 1.0, np.nan) * m.cold
    amplitude, overlap = _amplitude(m)
    first = over(links[after], links[0], m.t[:, None])
    found = [
        m.finding(
            "closing_link",
            "current of the link that closes the ring after the texture has grown, over that before",
            first[:, -1],
            "",
            over((amplitude * overlap[..., -1]).imag, amplitude.imag, m.t) * ideal(m),
            _lag(m),
        ),
        m.finding(
            "textured_energy",
            "of the ring at rest in the texture",
            m.flat("textured_energy"),
            "energy",
            energy * whole,
            error + rounding(m),
        ),
        m.finding(
            "final_current",
            "round the ring when it has relaxed in the texture (mean)",
            links[-1].mean(axis=-1),
            "energy",
            current * whole * m.off_jump,
            error
            + rounding(m)
            + 4 * np.abs(links[0]).max(axis=-1) * np.exp(-0.5 * v["relaxation_rate"] * v["relaxation_time"]),
        ),
        m.finding(
            "spectrum_change",
            "largest change of a level of the linked ring by the texture",
            m.flat("spectrum_change"),
            "energy",
        ),
    ]
    if m.experiment.values["jump"] == "yes":
        period = theory.period(m.kind)
        measured = (m.flat("minimum_flux") - m.flat("textured_minimum")) % period
        o = np.abs(theory.link_factor(m.spin, v["field_angle"], 2 * np.pi * v["turns"] / m.traps))
        close = m.traps * 2 * v["tunnelling"] * (1 - o**2) / (np.maximum(o, 1e-9) * v["zeeman"])
        exact = np.abs(np.cos(v["field_angle"])) < 1e-12
        found.append(
            m.finding(
                "berry_flux",
                "by how much the texture moves the flux of lowest energy",
                measured,
                "angle",
                flux * whole,
                np.where(exact, 0.0, close) + PLACED,
                period=period,
            )
        )
    return found


def _at_rest(m: Measured) -> tuple[Any, Any, Any, Any]:
    """Energy and current of the ring in its texture to lowest order, their error, and the flux that it adds."""
    v = m.v
    angle = 2 * np.pi * v["turns"] / m.traps
    o = np.abs(theory.link_factor(m.spin, v["field_angle"], angle))
    flux = theory.berry_flux(m.traps, m.spin, v["field_angle"], v["turns"])
    given = (m.traps, m.number, m.kind, v["tunnelling"] * o, v["flux"] + flux)
    # second order: a hop that flips the spin, there and on
    share = 4 * v["tunnelling"] ** 2 * (1 - o**2) / v["zeeman"] * (1 + 8 * v["tunnelling"] / v["zeeman"])
    polarised = theory.energy(*given) - m.number * m.spin * v["zeeman"]
    return polarised, theory.current(*given), share * m.number, flux


def energies(m: Measured) -> tuple[Any, Any, Any]:
    """Energies just after the texture has grown and at the end, and the bound of what they neglect."""
    v = m.v
    end, _, error, _ = _at_rest(m)
    amplitude, factor = _amplitude(m)
    after = -2 * (amplitude[..., None] * factor).real.sum(axis=-1) - m.number * m.spin * v["zeeman"]
    _, flip, phase_error, flip_error = follow(m)
    # the farthest trap turns almost as much as a trap that is turned alone
    rate = (1.0 if v["ramp"] == "uniform" else 1.5) * (2 * np.pi * v["turns"]) ** 2 / v["rotation_time"]
    lag = m.spin * np.sin(v["field_angle"]) ** 2 * rate / (2 * v["zeeman"]) + phase_error
    flips = (np.abs(flip) + flip_error) * m.number * v["zeeman"]
    return after, end, error + 4 * m.traps * np.abs(amplitude) * lag + flips


def _amplitude(m: Measured) -> tuple[Any, Any]:
    """``t exp(i flux/M) <c_{k+1}^dagger c_k>`` at the start, and what the texture multiplies it by at each link."""
    step = 2 if m.kind == "pair" else 1
    tilt, winding = (m.v[name] + 0 * m.t for name in ("field_angle", "turns"))
    factor = theory.overlaps(m.traps, m.spin, tilt, winding)
    return -m.energy / (2 * m.traps) - 0.5j * m.current / step, factor


def _lag(m: Measured) -> Any:
    """How far a spin lags behind its slow field at most, in phase; and what a current ratio makes of it."""
    v = m.v
    rate = (1.0 if v["ramp"] == "uniform" else 1.5) * (2 * np.pi * v["turns"]) ** 2 / v["rotation_time"]
    lag = m.spin * rate / (2 * v["zeeman"]) + np.nan_to_num(follow(m)[2], nan=np.inf)
    energy_over_current = np.abs(m.energy / m.traps) / np.maximum(np.abs(m.current), 1e-12 * m.t)
    return lag * (1 + energy_over_current) + rounding(m)
