"""What photons cost, and how they come: the statistics of runs, cooling, back-action (PHYSICS 3b, DEFINITIONS 6.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import light_measured
from mesodyn.experiments.finding import Finding
from mesodyn.systems.light_scatterer import LINES, occupation

if TYPE_CHECKING:
    import xarray

SIGMAS = 5.0
"""How many standard errors a number drawn at random may be off."""
ROUNDING = 1e-9


def findings(one: Any, record: xarray.Dataset, v: dict[str, Any], points: list[dict[str, Any]]) -> list[Finding]:
    """Photons of one run, numbers after all events, and the coherence that a photon leaves."""
    return [*_statistics(one, record, points), *_cooling(one, record, points), *_back_action(one, record, v)]


def _statistics(one: Any, record: xarray.Dataset, points: list[dict[str, Any]]) -> list[Finding]:
    """Photons of one run on the upper line: mean, variance, and how many runs show one line only."""
    exact = [_sequence(v) for v in points]
    mean, variance, slack, single = (np.array([e[k] for e in exact]) for k in range(4))
    runs, source = one.values["runs"], "DEFINITIONS 6.9 (without loss), enumeration"
    binomial = mean * (1 - mean / one.values["events"])
    value = one.flat(record.photons_variance)
    return [
        one.finding(
            "photons_mean",
            "photons of a run on the upper line",
            one.flat(record.photons_mean),
            "",
            mean,
            SIGMAS * np.sqrt(variance / runs) + 1e-12,
            source,
        ),
        one.finding(
            "photons_variance",
            "their variance over the runs",
            value,
            "",
            variance,
            SIGMAS * slack + 1e-12,
            source,
        ),
        one.finding(
            "variance_ratio",
            "this variance over the one of photons that fall on a line by themselves",
            value / np.where(binomial > 0, binomial, np.nan),
            "",
            variance / np.where(binomial > 0, binomial, np.nan),
            (SIGMAS * slack + 1e-12) / np.where(binomial > 0, binomial, 1.0),
            source,
        ),
        one.finding(
            "one_line_runs",
            "share of runs whose photons are all on one line",
            one.flat(record.one_line_runs),
            "",
            single,
            SIGMAS * np.sqrt(single * (1 - single) / runs) + 1 / runs,
            "enumeration",
        ),
    ]


def _sequence(v: dict[str, Any]) -> tuple[float, float, float, float]:
    """Mean and variance of the photons on the upper line, the error of a sampled variance, one-line runs."""
    what, k, runs = light_measured.chain(v), v["events"], v["runs"]
    chances, count = what.distribution(k), np.arange(k + 1)
    mean = float(chances @ count)
    variance, fourth = (float(chances @ (count - mean) ** power) for power in (2, 4))
    slack = np.sqrt(max(fourth - variance**2 * (runs - 3) / (runs - 1), 0.0) / runs)
    return mean, variance, slack, what.one_line(k)


def _cooling(one: Any, record: xarray.Dataset, points: list[dict[str, Any]]) -> list[Finding]:
    """How many events the upper line lasts, on average and in runs."""
    loss = np.array([p["loss_per_event"] for p in points])
    j = np.array([p["weight"] for p in points]) / np.where(loss > 0, loss, np.nan)
    ends = np.array([light_measured.chain(v).populations(v["events"])[:, -1] for v in points])
    runs = one.values["runs"]
    spread = SIGMAS * np.sqrt(ends * (1 - ends) / runs) + 1 / runs
    low, high = one.flat(record.low_after), one.flat(record.high_after)
    lost = one.flat(record.line_lost_after)
    source = "PHYSICS 3b (without exchange), enumeration"
    names = {
        "high_after": ("share of runs that still have the larger number after all events", high),
        "low_after": ("share of runs with the smaller number then", low),
        "other_after": ("share of runs with any other number: lines that were not there", 1 - low - high),
    }
    found = [
        one.finding(
            "line_lost_after",
            "events until the upper line is gone if each costs δ_c of the mean number, from its evolved strength",
            lost,
            "",
            np.where(np.isfinite(lost), j, np.nan),
            1e-6 * np.nan_to_num(j, posinf=0.0) + 1e-9,
            "PHYSICS 3b: v²/δ_c",
        )
    ]
    for k, (name, (text, value)) in enumerate(names.items()):
        place = (0, 1, 2)[k]
        found.append(one.finding(name, text, value, "", ends[:, place], spread[:, place], source))
    return found


def _back_action(one: Any, record: xarray.Dataset, v: dict[str, Any]) -> list[Finding]:
    """What a photon leaves of the coherence of the two numbers."""
    low, high = (v[f"width_{n}"] * (1 + occupation(v[f"excitation_{n}"], v["temperature"])) for n in LINES)
    apart = v["excitation_high"] - v["excitation_low"]
    left = np.sqrt(low * high) / ((low + high) / 2 + 1j * apart)
    place = one.flat(record.line_offset) * 1j
    seen = [np.sqrt(low) / (low / 2 - place - 1j * apart), np.sqrt(high) / (high / 2 - place)]
    on_line = np.abs(2 * seen[0] * seen[1]) / (np.abs(seen[0]) ** 2 + np.abs(seen[1]) ** 2)
    averaged, emitted = one.flat(record.coherence_averaged), one.flat(record.coherence_emitted)
    source = "DEFINITIONS 6.9: √(γ₀γ₁)/[½(γ₀+γ₁)+iΔε]"
    rows: list[tuple[str, str, Any, str, Any, Any, str]] = [
        (
            "kept_at_time",
            "coherence after a photon of known time over what its populations allow: the state stays pure",
            one.flat(record.kept_least),
            "",
            np.ones(len(low)),
            ROUNDING,
            "DEFINITIONS 6.9",
        ),
        (
            "coherence_left",
            "coherence left by a photon of unknown time: detection times added up",
            np.abs(averaged),
            "",
            np.where(np.isfinite(averaged), np.abs(left), np.nan),
            1e-8,
            source,
        ),
        ("coherence_phase", "its phase", np.angle(averaged), "angle", np.angle(left), 1e-7, source),
        (
            "coherence_emitted",
            "the same from the master equation of the light, when it has gone",
            np.abs(emitted),
            "",
            np.abs(left),
            1e-8,
            source,
        ),
        (
            "coherence_on_line",
            "coherence after a photon found at the centre of the upper line",
            one.flat(record.coherence_on_line),
            "",
            on_line,
            1e-8,
            "PHYSICS 3b: amplitudes of both lines there",
        ),
        (
            "coherence_known_line",
            "coherence after a photon whose line is known for certain",
            one.flat(record.coherence_known_line),
            "",
            0 * low,
            ROUNDING,
            "PHYSICS 3b",
        ),
    ]
    return [one.finding(*row, period=2 * np.pi if row[0] == "coherence_phase" else None) for row in rows]
