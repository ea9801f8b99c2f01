"""What is measured of scattered light, and what theory says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import doublet_fit, light_costs, light_measured
from mesodyn.experiments.finding import Finding
from mesodyn.systems.light_scatterer import LINES, occupation

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.light_scattering import LightScattering

SIGMAS = 5.0
"""How many standard errors a number drawn at random may be off."""
ROUNDING = 1e-9
TOLD = 0.1
"""Two lines can be told apart if no fit's centre need be off by more than this share of their distance or width."""
UNEVEN = 100.0
"""A fit is not looked at where one line is so many times as wide as the other: no bins suit both."""


def findings(one: LightScattering, record: xarray.Dataset) -> list[Finding]:
    """All findings."""
    v, points = one.flat_values(), light_measured.values(one)
    return [
        *_nulls(one, record, v),
        *_spectrum(one, record, v),
        *_fitted(one, record, v, points),
        *_beats(one, record, v),
        *light_costs.findings(one, record, v, points),
    ]


def _apart(v: dict[str, Any]) -> Any:
    return v["excitation_high"] - v["excitation_low"]


def _excited(v: dict[str, Any], line: str) -> Any:
    """The chance of e in warm light."""
    photons = occupation(v[f"excitation_{line}"], v["temperature"])
    return photons / (1 + 2 * photons)


def strengths(v: dict[str, Any], back: bool = False) -> Any:
    """``p_N |M_N|^2`` times the chance of g, or of e for light that is given `back` (2, points)."""
    shares = [_excited(v, line) if back else 1 - _excited(v, line) for line in LINES]
    numbers = (1 - v["weight"], v["weight"])
    found = [p * v[f"amplitude_{n}"] ** 2 * share for n, p, share in zip(LINES, numbers, shares, strict=True)]
    return np.asarray(found)


def formula(v: dict[str, Any], frequencies: Any) -> Any:
    """S(w) of PHYSICS 3b (points, frequencies)."""
    total = 0.0
    for line, height, width in zip(LINES, strengths(v), light_measured.line_widths(v), strict=True):
        away = frequencies - np.asarray(v[f"excitation_{line}"])[:, None]
        total = total + (height * width)[:, None] / (2 * np.pi) / (away**2 + (width**2)[:, None] / 4)
    return total


def _nulls(one: Any, record: xarray.Dataset, v: dict[str, Any]) -> list[Finding]:
    """No light tells the accounts apart; an observable that changes the number does."""
    parts = [one.flat(record[f"{name}_difference"]) for name in ("spectrum", "field", "count_rate", "number")]
    found = [
        one.finding(
            "account_difference",
            "largest difference of spectra, beats, counts and runs between superposition, conserving and mixture",
            np.max(parts, axis=0),
            "",
            np.zeros(len(parts[0])),
            ROUNDING,
            "PHYSICS 3b, DEFINITIONS 6.1: no pair is told apart",
        )
    ]
    low, high = (_excited(v, line) for line in LINES)
    shared = np.sqrt(low * high) + np.sqrt((1 - low) * (1 - high))
    uv = np.sqrt(v["weight"] * (1 - v["weight"])) * shared
    texts = {
        "order_parameter": ("superposition", "|⟨Ψ⟩| of the trap alone: no light measures it"),
        "correlation": ("conserving", "|⟨Ψ_out†Ψ⟩| with the outside: what a second system would see"),
    }
    for name, (account, text) in texts.items():
        known = uv * (one.account == account)
        value = one.flat(record[f"{name}_modulus"])
        found.append(one.finding(name, text, value, "", known, ROUNDING, "PHYSICS 3a: the discriminator"))
    return found


def _spectrum(one: Any, record: xarray.Dataset, v: dict[str, Any]) -> list[Finding]:
    """The spectrum without noise, the least distance of two maxima, and anti-Stokes light."""
    width = light_measured.line_widths(v).mean(axis=0)
    limit = width / np.sqrt(3)
    found = [
        one.finding(
            "resolved_from",
            "distance from which two equal lines of the mean width have two maxima, from their spectra",
            one.flat(record.threshold),
            "energy",
            limit,
            1e-4 * limit,
            "PHYSICS 3b: γ/√3",
        ),
        one.finding(
            "warm_ratio",
            "anti-Stokes light over Stokes light, all frequencies",
            one.flat(record.warm_ratio),
            "",
            strengths(v, back=True).sum(axis=0) / strengths(v).sum(axis=0),
            ROUNDING,
            "detailed balance: exp(-ε/kT) for one line",
        ),
    ]
    if "spectrum" in record:
        frequencies = one.flat(record.frequency.transpose(..., "bin"))
        curve = one.flat(record.spectrum.transpose(..., "bin"))
        known = formula(v, frequencies)
        off = np.abs(curve - known).max(axis=1) / known.max(axis=1)
        text = "largest distance of the spectrum from the sum of two Lorentzian lines, over its largest value"
        found.append(one.finding("spectrum_distance", text, off, "", 0 * off, ROUNDING, "PHYSICS 3b: S(ω)"))
    return found


def _fitted(one: Any, record: xarray.Dataset, v: dict[str, Any], points: list[dict[str, Any]]) -> list[Finding]:
    """Centres and widths of the fit with their errors, and what those errors are worth."""
    found = []
    widths = light_measured.line_widths(v) - v["resolution"]
    photons = one.flat(record.detected.transpose(..., "line")).astype(float)
    best = np.array([_best_errors(point, n) for point, n in zip(points, photons, strict=True)])
    told = np.where(_told_apart(v, best), 1.0, np.nan)
    for k, line in enumerate(LINES):
        value, error = (one.flat(record[name].sel(line=line)) for name in ("fit_centre", "fit_centre_error"))
        text = f"centre of the line of the {'smaller' if line == 'low' else 'larger'} number, fitted to noisy counts"
        known = v[f"excitation_{line}"] * told
        found.append(one.finding(f"centre_{line}", text, value, "energy", known, SIGMAS * error, "PHYSICS 3b: ε_N"))
        simple = (widths[k] + v["resolution"]) / np.sqrt(2 * np.maximum(photons[:, k], 1e-300))
        enough = photons[:, k] > 100
        slack = np.abs(best[:, k] - simple) + SIGMAS * best[:, k] * np.sqrt(3 / np.maximum(photons[:, k], 1.0))
        found.append(
            one.finding(
                f"centre_{line}_error",
                "error of this centre as the fit reports it",
                error,
                "energy",
                np.where(enough, simple, np.nan) * told,
                slack,
                "DEFINITIONS 6.9: γ/√(2n)",
            )
        )
        value, error = (one.flat(record[name].sel(line=line)) for name in ("fit_width", "fit_width_error"))
        text = "full width of this line, fitted, without the detector's"
        found.append(
            one.finding(f"width_{line}", text, value, "rate", widths[k] * told, SIGMAS * error, "PHYSICS 3b: γ_N")
        )
    return [*found, *_heights(one, record, points, told)]


def _best_errors(v: dict[str, Any], photons: Any) -> Any:
    """The errors that no fit can go below for so many photons, with everything that γ/√(2n) neglects."""
    bins = doublet_fit.bins(np.array([v[f"excitation_{line}"] for line in LINES]), light_measured.line_widths(v))
    truth = light_measured.fit_truth(v, light_measured.chain(v))
    truth[4:6], truth[6] = photons, v["background"] * photons.sum()
    found = doublet_fit.errors(truth, *bins)[:2]
    return np.where(np.isfinite(found), found, np.inf)


def _told_apart(v: dict[str, Any], best: Any) -> Any:
    """Whether a fit can tell which line is which and has photons enough for its errors to mean something."""
    widths = light_measured.line_widths(v).T
    sharp = np.all(best < TOLD * widths, axis=1) & (widths.max(axis=1) < UNEVEN * widths.min(axis=1))
    return sharp & (best.max(axis=1) < TOLD * np.abs(_apart(v)))


def _heights(one: Any, record: xarray.Dataset, points: list[dict[str, Any]], told: Any) -> list[Finding]:
    """The upper line's share of the photons, how it scatters, and how the fit says that it does."""
    share, said = one.flat(record.fit_share), one.flat(record.fit_share_error)
    scatter, mean = one.flat(record.share_scatter), one.flat(record.share_error_mean)
    fits = one.flat(record.fits).astype(float)
    known, spread, alone = np.array([_share(v) for v in points]).T
    confusion = np.maximum(mean**2 - alone**2, 0.0)
    true = np.sqrt(spread**2 + confusion)
    rough = SIGMAS / np.sqrt(2 * np.maximum(fits - 1, 1))
    ratio = scatter / np.where(mean > 0, mean, np.nan)
    return [
        one.finding(
            "height_share",
            "upper line's share of the photons, fitted",
            share,
            "",
            np.where(np.isfinite(share), known, np.nan) * told,
            SIGMAS * true + 1e-12,
            "PHYSICS 3b: a_N",
        ),
        one.finding("height_error_fit", "error of this share as the fit reports it", said),
        one.finding(
            "height_error",
            "how this share scatters when the whole experiment is repeated",
            scatter,
            "",
            np.where(spread > 0, true, np.nan) * told,
            rough * true,
            "DEFINITIONS 6.9: √(w(1-w)/R)",
        ),
        one.finding(
            "height_error_ratio",
            "the true error of the share over the one that fits report: √K while the number is frozen",
            ratio,
            "",
            np.where(spread > 0, true / np.where(mean > 0, mean, np.nan), np.nan) * told,
            rough * true / np.where(mean > 0, mean, np.nan),
            "DEFINITIONS 6.9: Poisson errors are √K too small",
        ),
        one.finding(
            "pull",
            "rms distance of centres and widths from their true values, in units of reported errors, over repeats",
            one.flat(record.pull),
            "",
            np.where(fits * _least(points) > 4000, 1.0, np.nan) * told,
            SIGMAS / np.sqrt(8 * np.maximum(fits, 1)) + 0.02,
            "maximum likelihood",
        ),
    ]


def _least(points: list[dict[str, Any]]) -> Any:
    return np.array([light_measured.fit_truth(v, light_measured.chain(v))[4:6].min() for v in points])


def _share(v: dict[str, Any]) -> tuple[float, float, float]:
    """The upper line's share on average, its standard deviation for so many runs, and that if photons were alone."""
    what = light_measured.chain(v)
    (low, _), (high, _) = what.moments(v["events"], 1, 0), what.moments(v["events"], 0, 1)
    if low + high == 0:
        return np.nan, np.nan, np.nan
    share = high / (low + high)
    square = what.moments(v["events"], -share, 1 - share)[1]
    spread = np.sqrt(max(square, 0.0) / v["runs"]) / (low + high)
    return share, spread, np.sqrt(share * (1 - share) / (v["runs"] * (low + high)))


def _beats(one: Any, record: xarray.Dataset, v: dict[str, Any]) -> list[Finding]:
    """Period and contrast of |field|^2, and the counts, which have neither."""
    a, b = strengths(v)
    apart = np.abs(_apart(v))
    width = (light_measured.line_widths(v) - v["resolution"]).mean(axis=0)
    clear = (apart > width) & (a * b > 1e-6 * (a + b) ** 2) & (apart * v["duration"] > np.pi)
    turned = 2 * np.pi / one.flat(record.beat_frequency)
    known = np.where(clear & np.isfinite(turned), 2 * np.pi / np.where(apart > 0, apart, 1.0), np.nan)
    contrast = 2 * a * b / (a**2 + b**2)
    return [
        one.finding(
            "beat_period",
            "period of |⟨D(t)D†⟩|², the field after a short weak pulse, from the record",
            turned,
            "time",
            known,
            1e-5 * np.nan_to_num(known),
            "PHYSICS 3b: 2πħ/Δε",
        ),
        one.finding(
            "beat_contrast",
            "swing of this beat over its mean, decay taken out",
            one.flat(record.beat_contrast),
            "",
            np.where(np.isfinite(known), contrast, np.nan),
            1e-5 + 0 * contrast,
            "PHYSICS 3b: 2u²v²/(u⁴+v⁴) for equal amplitudes",
        ),
        one.finding(
            "count_contrast",
            "the same of the count rate ⟨D†D⟩(t): photons carry the number with them",
            one.flat(record.count_contrast),
            "",
            np.where(np.isfinite(one.flat(record.count_contrast)), np.zeros(len(a)), np.nan),
            1e-6,
            "PHYSICS 3b",
        ),
    ]
