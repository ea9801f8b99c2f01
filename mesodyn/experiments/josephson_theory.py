"""What theory expects of a current-phase curve; nan where it has no formula. Arrays over the curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mesodyn.systems.mean_field import gap
from mesodyn.systems.sd2s import critical_current

METHODS = {
    "SD2S": "two pair levels, closed form (25), (26)",
    "SD1S": "mean field: stationarity condition (27)-(31)",
    "parity-dot": "four levels of the dot between leads of infinite gap",
    "contact": "two levels of one channel",
}
SOURCES = {
    "SD2S": "PHYSICS 1.6 (25), (26)",
    "SD1S": "PHYSICS 1.7 (29)-(31)",
    "parity-dot": "PHYSICS 4.4",
    "contact": "DEFINITIONS 6.8",
}
NEAR = 1e-5
"""A break rounded over less than this (in radians) may look like one."""


def pairs(*, detuning: Any, delta_left: Any, delta_right: Any, phase: Any) -> tuple[Any, Any]:
    """Energy (25) and current (26) at temperature 0."""
    squared = delta_left**2 + delta_right**2 + 2 * delta_left * delta_right * np.cos(phase)
    radius = np.sqrt(np.maximum(squared, 0) + detuning**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        current = np.where(radius > 0, 2 * delta_left * delta_right * np.sin(phase) / radius, 0.0)
    return detuning - radius, current


def expected(model: str, v: Mapping[str, Any], branch: str) -> dict[str, Any]:
    """``critical_current``, ``breaks`` in 4 pi, ``position`` of the first, ``fall`` there, ``slope`` at pi."""
    made = {"SD2S": _pairs, "SD1S": _singles, "parity-dot": _parity, "contact": _contact}[model]
    found = made(v, branch)
    nothing = found["breaks"] == 0
    for name in ("position", "fall"):
        found[name] = np.where(nothing | np.isnan(found["breaks"]), np.nan, found[name])
    found["slope"] = np.where(nothing, found["slope"], np.nan)
    return found


def _pairs(v: Mapping[str, Any], branch: str) -> dict[str, Any]:
    left, right, off, cold = (v[name] for name in ("delta_left", "delta_right", "detuning", "temperature"))
    return _two_level(left * right, np.hypot(off, left - right), np.hypot(off, left + right), cold) | {
        "critical_current": critical_current(off, left, right, cold)
    }


def _contact(v: Mapping[str, Any], branch: str) -> dict[str, Any]:
    """The contact's levels are those of SD2S; each is a quasiparticle's, so 2kT stands for kT."""
    size, through, cold = v["gap"], v["transmission"], v["temperature"]
    low = size * np.sqrt(1 - through)
    return _two_level(size**2 * through / 4, low, size, 2 * cold) | {
        "critical_current": np.where(cold > 0, np.nan, size - low)
    }


def _two_level(product: Any, low: Any, high: Any, cold: Any) -> dict[str, Any]:
    """Levels at -R and R, R from `high` at 0 to `low` at pi; the current is 2 `product` sin(theta) tanh(R/kT)/R."""
    flat = product == 0
    width = np.maximum(low, cold) / np.where(flat, 1.0, high)
    found = np.where((width == 0) & ~flat, 2.0, 0.0)
    safe = np.where(low > 0, low, 1.0)
    warm = np.tanh(np.minimum(safe / np.where(cold > 0, cold, safe / 400), 400)) / safe
    warm = np.where(low > 0, warm, 1 / np.where(cold > 0, cold, np.inf))
    return {
        "breaks": np.where((width > 0) & (width < NEAR) & ~flat, np.nan, found),
        "position": np.pi + 0 * width,
        "fall": 4 * np.sqrt(product),
        "slope": -2 * product * warm,
        "rounding": np.where(flat, np.inf, 2 * width),
    }


def _singles(v: Mapping[str, Any], branch: str) -> dict[str, Any]:
    """The mean-field model; its largest current has a short formula at detuning 0 and temperature 0 only."""
    pair = v["beta"] is None
    left, right = (v["beta_left"], v["beta_right"]) if pair else (v["beta"], v["beta"])
    alpha, off, cold = v["alpha"], np.abs(v["detuning"]), v["temperature"]
    apart, mean = np.abs(left - right), np.abs(left + right) / 2
    one = np.where(mean > 0, mean, 1.0)
    cosine = (np.sqrt(alpha**2 + 8 * mean**2) - alpha) / (2 * one)
    largest = mean / 2 * np.sqrt(np.maximum(1 - cosine**2, 0)) / (alpha - mean * cosine) ** 2
    ordered = gap(1 / alpha, cold)
    fall = mean * (ordered**2 - off**2)
    follows = branch == "adiabatic"
    count = np.where((apart == 0) & (fall > 0) & (not follows), 2.0, 0.0)
    weak = (np.abs(fall) < 1e-2 * mean / alpha**2) & (mean > 0)
    rounded = gap(1 / (alpha - apart / 2), cold)
    steep = np.where(apart > 0, left * right / (2 * np.where(apart > 0, apart, 1.0)), 0.0)
    slope = np.where(apart > 0, -steep * np.maximum(rounded**2 - off**2, 0), 0.0)
    cont = np.where(cold > 0, np.nan, -(mean**2) / (2 * alpha**3))
    return {
        "critical_current": np.where((off == 0) & (cold == 0) & (apart == 0), largest, np.nan),
        "breaks": np.where(((apart > 0) & (apart < NEAR * mean)) | (weak & (not follows)), np.nan, count),
        "position": np.pi + 0 * fall,
        "fall": fall,
        "slope": cont if follows else slope,
        "rounding": np.where(apart > 0, apart / one, np.inf),
    }


def _parity(v: Mapping[str, Any], branch: str) -> dict[str, Any]:
    """The even states are those of SD2S; the odd one takes over where R is smaller than W."""
    left, right, off, cold = (v[name] for name in ("delta_left", "delta_right", "detuning", "temperature"))
    odd = (v["charging_energy"] + v["zeeman"]) / 2
    low, high = np.hypot(off, left - right), np.hypot(off, left + right)
    even = _pairs({**v, "temperature": 0 * cold}, branch)
    crossing = (odd > low) & (odd < high)
    cosine = (odd**2 - off**2 - left**2 - right**2) / (2 * np.where(left * right > 0, left * right, 1.0))
    place = np.arccos(np.clip(cosine, -1, 1))
    fall = 2 * left * right * np.sin(place) / np.where(odd > 0, odd, 1.0)
    whole = np.where(odd <= np.sqrt(low * high), even["critical_current"], np.where(crossing, fall, 0.0))
    close = (np.minimum(np.pi - place, place) < 0.1) & crossing
    close |= (np.abs(odd - low) < 1e-4 * high) | (np.abs(odd - high) < 1e-4 * high)
    return {
        "critical_current": np.where(cold > 0, np.nan, whole),
        "breaks": np.where(
            cold > 0, np.nan, np.where(close, np.nan, np.where(crossing, 4.0, even["breaks"] * (odd < low)))
        ),
        "position": place,
        "fall": fall,
        "slope": np.full(np.shape(fall), np.nan),
        "rounding": np.full(np.shape(fall), np.inf),
    }
