"""What is measured of a spinor interferometer: the period of the intensity, that of the spin, and what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.experiments.finding import Finding
from mesodyn.experiments.fringes import FAINT, Fringe, fit
from mesodyn.experiments.lines import frequency
from mesodyn.experiments.spinor_interferometer import SCAN, turn_rate
from mesodyn.systems.spinor_paths import SpinorPaths

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.spinor_interferometer import SpinorInterferometer

Array = NDArray[np.float64]

PUBLISHED = {"rauch_1975": (704.0, 38.0), "rauch_1978": (716.8, 3.8)}
"""Measured periods in degrees with their standard errors: Phys. Lett. A 54, 425 (1975); Z. Phys. B 29, 281 (1978)."""
WASHED = 6.5
"""By so many radians (one deviation) the wavelengths may be apart at the end of a scan; then no spin is left."""
FITTED = 1e-9
"""What is granted to a fit of exact samples."""
BRIGHT = 0.01
"""The faintest beam whose polarisation is looked at."""
HEAD_ON = 1e-3
"""The smallest share of the fringe at zero field that its sign is told from."""
LOST = 20.0
"""A fringe counts as seen above this many errors of its amplitude."""
SIGMAS = 5.0
"""How many standard errors a period from counts may be off."""


class _Scan:
    """The record as arrays, the scan first, then the points; what theory says of the fringe."""

    def __init__(self, experiment: SpinorInterferometer, record: xarray.Dataset) -> None:
        self.experiment, self.record, self.spin = experiment, record, experiment.spin
        self.v = v = experiment.flat_values()
        self.x = self.of("setting")
        self.turn = 2 * np.pi / (turn_rate() * v["wavelength"])  # field integral of one turn of the spin
        self.weights = SpinorPaths(spin=self.spin).populations(v["polarization"], v["polarization_angle"])
        up, down = self.weights[:, 0], self.weights[:, -1]
        shift = np.exp(1j * v["phase_shift"])
        size = v["contrast"] * np.abs(up * shift + down / shift)
        self.size = size if self.spin else 0.0 * size
        self.visible = np.where(self.size > FAINT, 1.0, np.nan)
        self.fading = (2 * np.pi * self.spin * v["wavelength_spread"] / self.turn) ** 2

    def of(self, name: str, **which: Any) -> Array:
        """A variable of the record (scan, points, ...)."""
        grid = self.experiment.axes()
        array = self.record[name].sel(**which).transpose(SCAN, *grid, ...).values
        return np.asarray(array.reshape(array.shape[0], -1, *array.shape[1 + len(grid) :]))

    def fringes(self) -> list[Fringe]:
        """A fit for each point."""
        y = self.of("intensity", exit="O")
        return [fit(self.x[:, k], y[:, k]) for k in range(y.shape[1])]

    def counted(self) -> list[Fringe]:
        """A fit for each point to (O - H)/(O + H) of the counts, with the errors of counting."""
        o, h = self.of("counts", exit="O"), self.of("counts", exit="H")
        total = o + h
        y = (o - h) / np.maximum(total, 1)
        error = np.sqrt((1 - y**2 + 2 / np.maximum(total, 1)) / np.maximum(total, 1))
        return [fit(self.x[:, k], y[:, k], error[:, k]) for k in range(y.shape[1])]

    def exit_polarization(self) -> tuple[Array, Array]:
        """The largest polarisation of beam O along the field: measured, and of the formula at the same settings."""
        alpha = -2 * np.pi * self.x / self.turn  # the moment is negative
        m = self.spin - np.arange(self.weights.shape[1])
        fade = np.exp(-((self.v["wavelength_spread"] * alpha) ** 2)[..., None] * m**2 / 2)
        wave = np.cos(self.v["phase_shift"][:, None] + alpha[..., None] * m) * fade
        each = 0.5 * self.weights * (1 + self.v["contrast"][:, None] * wave)
        bright = self.of("intensity", exit="O")
        seen = bright > BRIGHT
        pairs = ((self.of("exit_spin", exit="O")[..., 2], bright), ((each * m).sum(-1), each.sum(-1)))
        found = [np.where(seen, np.abs(a) / np.where(seen, b, 1.0), 0.0).max(axis=0) / self.spin for a, b in pairs]
        return found[0], found[1]


def findings(experiment: SpinorInterferometer, record: xarray.Dataset) -> list[Finding]:
    """All findings."""
    scan = _Scan(experiment, record)
    fringes = scan.fringes()
    spin = scan.of("spin")
    turning = frequency(scan.x, spin[..., 0] + 1j * spin[..., 1])[0]
    turn = 2 * np.pi / np.abs(np.where(turning != 0, turning, np.nan))
    period = np.array([fringe.period for fringe in fringes])
    found = [*_periods(scan, period, turn), *_fringe(scan, fringes, turn)]
    if scan.spin:
        found.append(_polarization(scan))
    if "counts" in record:
        found += _counts(scan, turn)
    norm = 1 + np.abs(scan.of("norm") - 1).max(axis=0)
    text = "trace of the state, furthest from 1"
    return [*found, experiment.finding("norm", text, norm, "", np.ones_like(norm), 1e-9, "trace")]


def _periods(scan: _Scan, period: Array, turn: Array) -> list[Finding]:
    """The periods in the field integral and in the angle, and the published ones."""
    e = scan.experiment
    ideal = scan.turn / scan.spin * scan.visible if scan.spin else np.nan * scan.turn
    washed = 2 * np.pi * e.flat_values()["wavelength_spread"] * scan.x.max(axis=0) / scan.turn > WASHED
    spinning = np.where(np.isfinite(turn) & ~washed, 1.0, np.nan)
    angle = 2 * np.pi * period / turn
    found = [
        e.finding(
            "period",
            "field integral after which the intensity is what it was: fitted to beam O",
            period,
            "field integral",
            ideal,
            FITTED * scan.turn,
            "DEFINITIONS 6.10: 2πh/(s|γ|mλ)",
        ),
        e.finding(
            "precession_period",
            "field integral after which the spin in path B points where it did",
            turn,
            "field integral",
            scan.turn * spinning,
            FITTED * (1 + 100 * e.flat_values()["wavelength_spread"]) * scan.turn,
            "DEFINITIONS 6.10: 2πh/(|γ|mλ)",
        ),
        e.finding(
            "period_angle",
            "by what angle the spin turns in one period of the intensity: 4π for spin 1/2",
            angle,
            "angle",
            2 * np.pi / scan.spin * scan.visible * spinning if scan.spin else np.nan * angle,
            100 * FITTED,
            "2π/s",
        ),
    ]
    for name, (middle, error) in PUBLISHED.items():
        paper = name.replace("_", " ").title()
        text = f"period_angle minus the {middle:g}° of {paper}, in its errors of {error:g}°"
        found.append(e.finding(f"from_{name}", text, (np.degrees(angle) - middle) / error, equation=paper))
    return found


def _fringe(scan: _Scan, fringes: list[Fringe], turn: Array) -> list[Finding]:
    """The sign after one turn, the contrast and what is left of it."""
    e, end = scan.experiment, scan.x[-1]
    sign, size, left = (np.full(len(fringes), np.nan) for _ in range(3))
    for k, fringe in enumerate(fringes):
        if np.isfinite(fringe.period):
            size[k], left[k] = 2 * fringe.amplitude, 2 * fringe.amplitude * np.exp(-fringe.decay * end[k] ** 2 / 2)
            if abs(fringe.at(0.0)) > HEAD_ON * fringe.amplitude:
                sign[k] = fringe.at(turn[k]) / fringe.at(0.0)
        else:
            size[k] = left[k] = 0.0
    known = np.where(np.isfinite(sign), 1.0, np.nan)
    return [
        e.finding(
            "sign_after_turn",
            "the fringe after one full turn of the spin over the fringe without field: -1 is a reversed intensity",
            sign,
            "",
            (-1.0) ** round(2 * scan.spin) * np.exp(-scan.fading * scan.turn**2 / 2) * known,
            100 * FITTED / HEAD_ON,
            "(-1)^2s",
        ),
        e.finding(
            "contrast",
            "contrast of beam O near zero field, from the fit",
            size,
            "",
            scan.size,
            100 * FITTED,
            "C |w₊exp(iχ) + w₋exp(-iχ)|",
        ),
        e.finding(
            "contrast_left",
            "the same at the end of the scan: a spread of wavelengths fades the fringe",
            left,
            "",
            scan.size * np.exp(-scan.fading * end**2 / 2),
            100 * FITTED,
            "exp[-(s α δλ/λ)²/2]",
        ),
        e.finding(
            "beams_sum",
            "largest difference of the sum of both beams from 1",
            np.abs(scan.of("intensity", exit="O") + scan.of("intensity", exit="H") - 1).max(axis=0),
            "",
            np.zeros(len(fringes)),
            FITTED,
            "unitarity",
        ),
    ]


def _polarization(scan: _Scan) -> Finding:
    """What the interferometer does to the spin of the beam that leaves it."""
    measured, known = scan.exit_polarization()
    text = f"largest polarisation of beam O along the field, where its intensity is above {BRIGHT:g}"
    return scan.experiment.finding(
        "exit_polarization", text, measured, "", known, 1e-6, "Σ m w_m [1 + C cos(χ + mα)] / Σ w_m [...]"
    )


def _counts(scan: _Scan, turn: Array) -> list[Finding]:
    """The period from counted neutrons, with its error."""
    e, fringes = scan.experiment, scan.counted()
    period, error = (np.array([getattr(f, name) for f in fringes]) for name in ("period", "period_error"))
    ideal = scan.turn / scan.spin * scan.visible if scan.spin else np.nan * scan.turn
    # a fringe that is lost in the noise has no period to compare
    clear = np.array([f.amplitude for f in fringes]) > LOST / np.sqrt(scan.v["neutrons"] * len(scan.x))
    ideal, turned = ideal * np.where(clear, 1.0, np.nan), 2 * np.pi / turn
    return [
        e.finding(
            "counted_period",
            f"period of the intensity from counted neutrons, within {SIGMAS:g} standard errors",
            period,
            "field integral",
            ideal,
            SIGMAS * error,
            "DEFINITIONS 6.10",
        ),
        e.finding(
            "counted_angle",
            "the same as an angle of precession, to be held against 704° ± 38° and 716.8° ± 3.8°",
            period * turned,
            "angle",
            ideal * turned,
            SIGMAS * error * turned,
            "2π/s",
        ),
        e.finding("counted_error", "standard error of that angle", error * turned, "angle"),
    ]
