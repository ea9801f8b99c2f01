"""What is measured of a rotor: how its figure turns, how strong it is, whether it keeps its shape (PHYSICS 3j)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mesodyn import axes
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.lines import frequency
from mesodyn.systems.irregular_rotor import REACH

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.irregular_rotor import Irregular

Array = NDArray[np.float64]

FAINT = 1e-9
"""Below this contrast there is no figure."""
FOLLOWED = 1.0
"""For how many spreading times the figure of a packet is followed."""
COARSE = 0.05
"""A packet of fewer angular momenta than this error stands for has no formula."""
SHOWN = 64
"""How many angles a change of the shape is looked for at."""


class Theory:
    """What 3j says of these values: of two angular momenta exactly, of a packet up to `coarse`."""

    def __init__(self, experiment: Irregular) -> None:
        self.v = v = experiment.flat_values()
        self.system = system = experiment.system()
        self.fold, self.packet = system.fold, system.spread is not None
        self.pure = experiment.account == "superposition"
        count = len(v["weight"])
        self.rate = np.asarray(axes.flatten(system.critical_rate(), experiment.axes()), float)
        self.weight = np.asarray(v["weight"])
        self.contrast = 2 * np.sqrt(self.weight * (1 - self.weight))
        self.coarse, self.bent, self.uneven, self.spreading = (np.full(count, x) for x in (0.0, 0.0, 0.0, np.inf))
        if self.packet:
            spread, stiff = v["spread"], np.where(v["distortion"] == 0, 1.0, np.nan)
            self.rate = (system.m_c + self.fold * self.weight) / v["moment_of_inertia"] * stiff
            self.contrast = 2 * np.exp(-1 / (8 * spread**2))
            self.spreading = v["moment_of_inertia"] / (self.fold**2 * spread)
            # that M is discrete is felt at the start, and more so after one spreading time
            start, then = (4 * np.exp(-2 * (np.pi * spread) ** 2 + lag * np.pi * spread) for lag in (0.0, 2 * FOLLOWED))
            self.coarse, self.bent = (self._granted(found) for found in (3 * start, then))
            self.uneven = 4 * self.coarse * (1 + spread**2)

    @staticmethod
    def _granted(coarse: Array) -> Array:
        """An error with that of the packet's ends; inf where it is too large for a formula."""
        return np.where(coarse < COARSE, coarse + 10 * np.exp(-(REACH**2) / 2) + 1e-9, np.inf)

    def rounding(self, time: Array) -> Array:
        """The phase that is lost to rounding at times (moments, points)."""
        m = self.system.momenta
        size = np.ptp(m) * np.abs(m).max() / self.v["moment_of_inertia"] + np.abs(self.v["frame_rate"] * m[-1])
        return np.asarray(2.0**-50 * (1 + size * time[-1]))

    def slack(self, time: Array) -> Array:
        """How far a frequency of the first Fourier component may be off."""
        seen = -np.log(FAINT) / np.maximum(self.v["dephasing"], 1e-300)  # after that no figure is left
        reach = np.minimum(np.minimum(time[-1], FOLLOWED * self.spreading), seen)
        return np.asarray(1e-12 * self.fold * np.abs(self.rate) + (8 * self.rounding(time) + self.bent) / reach)


def findings(experiment: Irregular, record: xarray.Dataset) -> list[Finding]:
    """All findings."""
    theory = Theory(experiment)
    wave = experiment.flat(record.component)
    found = [*_turning(experiment, record, theory), *_sizes(experiment, record, theory, wave)]
    if theory.packet:
        found.append(_spreading(experiment, record, theory, wave))
    if "correlation" in record:
        found += _outside(experiment, record, theory)
    return [*found, experiment.norm(record)]


def _turning(experiment: Irregular, record: xarray.Dataset, theory: Theory) -> list[Finding]:
    """How fast the figure turns, from the phase of the density's first Fourier component."""
    time, p = experiment.flat(record.time), theory.fold
    longest = FOLLOWED * theory.spreading
    lab, turned = (
        frequency(time, np.where(np.abs(z) > FAINT, z, 0.0), longest)[0] / p
        for z in (experiment.flat(record[name])[..., 0] for name in ("component", "component_rotating"))
    )
    seen = np.where(np.isfinite(lab), 1.0, np.nan)
    close = theory.slack(time) / p
    words = "at ω_c, whatever the mean" if not theory.packet else "at dE/dM of the mean"
    period = 2 * np.pi / (p * np.where(lab != 0, np.abs(lab), np.nan))
    return [
        experiment.finding(
            "angular_velocity",
            f"angular velocity of the figure in the laboratory ({words})",
            lab,
            "energy",
            theory.rate * seen,
            close,
            "PHYSICS 3j: ω_c",
        ),
        experiment.finding(
            "period",
            "time after which the figure is where it was",
            period,
            "time",
            2 * np.pi / (p * theory.rate) * seen,
            2 * np.pi / (p * theory.rate**2) * close * 1.01,
            "PHYSICS 3j: 2π/(p ω_c)",
        ),
        experiment.finding(
            "residual_velocity",
            "angular velocity of the figure in the frame that turns at ω",
            turned,
            "energy",
            (theory.rate - theory.v["frame_rate"]) * np.where(np.isfinite(turned), 1.0, np.nan),
            close,
            "PHYSICS 3j: ω_c - ω",
        ),
    ]


def _sizes(experiment: Irregular, record: xarray.Dataset, theory: Theory, wave: Any) -> list[Finding]:
    """The mean angular momentum, the contrast of the figure, and what the evolution does to the shape."""
    v = theory.v
    size = 2 * np.abs(wave[..., 0])
    exact = np.nan if theory.packet else 1.0
    kept = np.exp(-v["dephasing"] * experiment.flat(record.time)[-1])
    nothing = 0.0 * theory.weight
    return [
        experiment.finding(
            "momentum",
            "mean angular momentum in ħ, the same in all accounts",
            experiment.flat(record.momentum)[-1],
            "",
            theory.system.m_c + theory.fold * theory.weight,
            1e-12 * (1 + np.abs(theory.system.momenta).max()) + theory.uneven * theory.fold,
            "PHYSICS 3j: m + p v²",
        ),
        experiment.finding(
            "contrast",
            "contrast of the figure on the ring at the start: twice the first Fourier component of its density",
            size[0],
            "",
            theory.contrast if theory.pure else nothing,
            1e-12 + theory.coarse,
            "PHYSICS 3j: 2uv",
        ),
        experiment.finding(
            "contrast_left",
            "the same at the end",
            size[-1],
            "",
            exact * theory.contrast * kept if theory.pure else nothing,
            1e-9,
            "PHYSICS 3j: 2uv exp(-γT)",
        ),
        experiment.finding(
            "shape_change",
            "largest change of the density (times 2π) beside its turning: 0 for a rigid figure",
            _change(wave),
            "",
            exact * theory.contrast * (1 - kept) if theory.pure else nothing,
            1e-9 + 8 * theory.rounding(experiment.flat(record.time)),
            "PHYSICS 3j",
        ),
    ]


def _change(wave: Any) -> Array:
    """How far a density ever is from its first shape, turned to where its first Fourier component points."""
    numbers = np.arange(1, wave.shape[-1] + 1)
    own = wave * np.exp(-1j * np.angle(wave[..., :1]) * numbers)  # the density as seen by one who turns with it
    apart = own - own[0]
    alpha = 2 * np.pi * np.arange(SHOWN) / SHOWN
    waves = np.exp(1j * alpha[:, None] * numbers)
    found = np.zeros(wave.shape[1])
    for k in range(wave.shape[1]):  # a point at a time: the bits don't depend on the others
        found[k] = 2 * np.abs((apart[:, k] @ waves.T).real).max()
    return found


def _spreading(experiment: Irregular, record: xarray.Dataset, theory: Theory, wave: Any) -> Finding:
    """When the first Fourier component has fallen to exp(-1/2) of what it was."""
    time, size = experiment.flat(record.time), np.abs(wave[..., 0])
    found = np.full(size.shape[1], np.nan)
    for k in range(size.shape[1]):
        if size[0, k] > FAINT:
            fallen = -2 * np.log(np.maximum(size[:, k], 1e-300) / size[0, k])
            after = int(np.argmax(fallen >= 1))
            if fallen[after] >= 1:
                share = (1 - fallen[after - 1]) / (fallen[after] - fallen[after - 1])
                squares = time[after - 1 : after + 1, k] ** 2
                found[k] = np.sqrt(squares[0] + share * (squares[1] - squares[0]))
    alone = (theory.v["dephasing"] == 0) & (theory.v["distortion"] == 0) & np.isfinite(found)
    return experiment.finding(
        "spreading_time",
        "time after which the first Fourier component of a packet has fallen by exp(-1/2)",
        found,
        "time",
        np.where(alone, theory.spreading, np.nan),
        theory.spreading * (1e-9 + 4 * theory.bent),
        "PHYSICS 3j: I/(ħ p² spread)",
    )


def _outside(experiment: Irregular, record: xarray.Dataset, theory: Theory) -> list[Finding]:
    """What turns when the total is conserved: the angle between the rotor and the body outside."""
    z, time = experiment.flat(record.correlation), experiment.flat(record.time)
    longest = FOLLOWED * theory.spreading
    rate = frequency(time, np.where(np.abs(z) > FAINT, z, 0.0), longest)[0]
    known = theory.fold * (theory.rate - theory.v["outside_rate"]) * np.where(np.isfinite(rate), 1.0, np.nan)
    close = theory.slack(time)
    turns = np.abs(known) > 4 * close
    period, ideal = (2 * np.pi / np.where((r != 0) & turns, np.abs(r), np.nan) for r in (rate, known))
    return [
        experiment.finding(
            "correlation",
            "largest |⟨exp[-ip(α-β)]⟩| with the angle β of the body outside",
            np.abs(z).max(axis=0),
            "",
            theory.contrast / 2,
            1e-12 + theory.coarse,
            "PHYSICS 3j, DEFINITIONS 6.1",
        ),
        experiment.finding(
            "correlation_period",
            "time after which that correlation is what it was",
            period,
            "time",
            ideal,
            ideal**2 / (2 * np.pi) * close * 1.01,
            "PHYSICS 3j: 2π/p(ω_c - Ω)",
        ),
    ]
