"""What is measured on a beat: moduli, periods, lines, and what a mixture shows as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments.finding import Finding
from mesodyn.experiments.lines import frequency, lines

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.beating import Beating

SHORT = 0.1
"""With tunnelling, the period is measured on lags up to this share of hbar/R."""
WEAK = 1e-7
"""Lines below this are rounding."""


@dataclass(frozen=True)
class Stage:
    """A stretch of the record in which nothing changes, and what holds in it (arrays over the points).

    `tag` ends the names of its findings; `first` and `last` are its moments.
    """

    tag: str
    first: int
    last: int
    detuning: Any
    tunnelling: Any
    beat: Any

    @property
    def alone(self) -> Any:
        """Where no tunnelling disturbs the trap."""
        return self.tunnelling == 0

    @property
    def half_splitting(self) -> Any:
        """R, the square root of detuning squared and tunnelling squared."""
        return np.hypot(self.detuning, self.tunnelling)

    def of(self, flat: Any) -> Any:
        """The stage's moments, from its start on, of an array (moments, points)."""
        return flat[self.first : self.last + 1]


def stages(experiment: Beating, record: xarray.Dataset) -> list[Stage]:
    """Before and after the change; only one where there is none."""
    v, labels = experiment.flat_values(), list(record.segment.values)
    beat, linked = experiment.step * v["chemical_potential"], v["tunnelling"]
    first = linked * (v["switch"] != "on")
    held = [k for k, label in enumerate(labels) if label == "hold"]
    if not experiment.changes:
        return [Stage("", held[0] - 1, held[-1], v["detuning"], first, beat)]
    middle = next(k for k in held if labels[k + 1] != "hold")
    later = next(k for k in held if k > middle)
    shift = v["gate_shift"]
    return [
        Stage("", held[0] - 1, middle, v["detuning"], first, beat),
        Stage("_after", later - 1, held[-1], v["detuning"] + shift, linked * (v["switch"] != "off"), beat + 2 * shift),
    ]


def measured(experiment: Beating, record: xarray.Dataset) -> list[Finding]:
    """All findings."""
    found = _moduli(experiment, record)
    for stage in stages(experiment, record):
        found += _turning(experiment, record, stage)
        found += _lines(experiment, record, stage)
        found += _outside(experiment, record, stage)
        found += _number(experiment, record, stage)
    found.append(_told_apart(experiment, record))
    found.append(experiment.norm(record))
    return found


def _moduli(experiment: Beating, record: xarray.Dataset) -> list[Finding]:
    """How large <Psi> and the correlation with the outside become."""
    v = experiment.flat_values()
    given, lead = v["start"] == "given", v["reference"] == "lead"
    uv = np.sqrt(v["weight"] * (1 - v["weight"])) if given else np.full_like(v["detuning"], np.nan)
    alone = np.where(v["tunnelling"] == 0, 1.0, np.nan)
    pure, shared = (float(experiment.account == name) for name in ("superposition", "conserving"))
    together = uv * alone if shared or (pure and lead) else 0.0 * alone
    return [
        experiment.finding(
            "order_parameter",
            "largest |⟨Ψ⟩| of the trap by itself",
            np.abs(experiment.flat(record.order_parameter)).max(axis=0),
            expected=uv * alone if pure else 0.0 * v["detuning"],
            tolerance=1e-9,
            equation="PHYSICS 3a, (2), (3)",
        ),
        experiment.finding(
            "correlation",
            "largest |⟨Ψ_out† Ψ⟩| with the outside (for a lead, over the root of its number)",
            np.abs(experiment.flat(record.correlation)).max(axis=0),
            expected=together,
            tolerance=1e-9,
            equation="PHYSICS 1.2",
        ),
    ]


def _turning(experiment: Beating, record: xarray.Dataset, stage: Stage) -> list[Finding]:
    """The beat of <Psi> in the laboratory, what is left of it in the rotating frame, and how even it is."""
    v, time = experiment.flat_values(), stage.of(experiment.flat(record.time))
    beat, alone = stage.beat, stage.alone
    lag = np.where(alone, np.inf, SHORT / np.maximum(stage.half_splitting, 1e-300))
    link = np.where(alone, 0.0, stage.tunnelling)
    bend = np.where(alone, 0.0, np.abs(stage.detuning) * (link * np.where(alone, 0.0, lag)) ** 2 / beat)
    turning, bent = frequency(time, stage.of(experiment.flat(record.order_parameter)), lag)
    still, _ = frequency(time, stage.of(experiment.flat(record.order_parameter_rotating)), lag)
    # With tunnelling the bound holds while the outside is empty: from the start of the run, with one outside state.
    empty = (v["reference"] == "outside") and not stage.tag
    known = np.where(np.isfinite(turning) & (empty | alone), 1.0, np.nan)
    rounding = 8 * experiment.flat(record.phase_rounding)
    loose = 1e-12 + bend + rounding / (np.abs(beat) * (time[-1] - time[0]))
    where = " after the change" if stage.tag else ""
    return [
        experiment.finding(
            f"period{stage.tag}",
            f"period of ⟨Ψ⟩ (of ⟨ΨΨ⟩ for step 2) in the laboratory{where}, from the record",
            _inverse(turning),
            "time",
            2 * np.pi / beat * known,
            np.abs(2 * np.pi / beat) * loose,
            "PHYSICS 3a: 2πħ/ΔE",
        ),
        experiment.finding(
            f"residual_frequency{stage.tag}",
            f"angular frequency of the same in the frame that rotates at frame_potential{where}",
            still,
            "energy",
            (beat - experiment.step * v["frame_potential"]) * known,
            np.abs(beat) * loose,
            "PHYSICS 3a: (ΔE - kμ)/ħ",
        ),
        experiment.finding(
            f"phase_straightness{stage.tag}",
            f"largest distance of the phase of ⟨Ψ⟩ from a straight line in time{where}",
            bent,
            "angle",
            0.0 * known * np.where(alone, 1.0, np.nan),
            rounding + 1e-9,
            "PHYSICS 3a",
        ),
    ]


def _even(experiment: Beating, record: xarray.Dataset, stage: Stage) -> tuple[Any, Any]:
    """The moments of a stage that are evenly spaced over the whole of it, and their distance (points,)."""
    time = stage.of(experiment.flat(record.time))
    share = (time[:, 0] - time[0, 0]) / (time[-1, 0] - time[0, 0])
    chosen = np.abs(share[:, None] - np.linspace(0, 1, experiment.moments)).argmin(axis=0)
    return chosen, (time[-1] - time[0]) / (experiment.moments - 1)


def _readable(stage: Stage, step: Any, moments: int) -> Any:
    """Where the tunnelling is neither too fast for the strobes nor too slow for the stage."""
    phase = stage.half_splitting * step
    return ~stage.alone & (2 * phase < 0.9 * np.pi) & (phase * (moments - 1) > 0.5 * np.pi)


def _lines(experiment: Beating, record: xarray.Dataset, stage: Stage) -> list[Finding]:
    """With tunnelling <Psi> has two lines: found in the phase that is left when the measured beat is taken out."""
    lead = experiment.values["reference"] == "lead"
    if np.all(stage.alone) or lead or experiment.account != "superposition":
        return []
    time = stage.of(experiment.flat(record.time))
    z = stage.of(experiment.flat(record.order_parameter))
    coarse, _ = frequency(time, z, SHORT / np.maximum(stage.half_splitting, 1e-300))
    chosen, step = _even(experiment, record, stage)
    known = _readable(stage, step, experiment.moments) & np.isfinite(coarse)
    pair = np.full((2, len(coarse)), np.nan)
    for k in np.flatnonzero(known):
        slow = z[chosen, k] * np.exp(1j * coarse[k] * (time[chosen, k] - time[0, k]))
        places, heights = lines(step[k], slow, 2)
        strong = np.abs(heights) > WEAK
        pair[: strong.sum(), k] = coarse[k] + places[strong]
    middle = stage.beat - stage.detuning
    rounding = 64 * experiment.flat(record.phase_rounding) / np.maximum(time[-1] - time[0], 1e-300)
    return [
        experiment.finding(
            f"{name}_line{stage.tag}",
            f"the {name} of the two angular frequencies in ⟨Ψ⟩ with tunnelling, in the laboratory",
            found,
            "energy",
            np.where(np.isfinite(found), middle + sign * stage.half_splitting, np.nan),
            1e-7 * stage.half_splitting + rounding,
            "(7): kμ_c - ξ ± R",
        )
        for name, found, sign in (("lower", pair[0], -1), ("upper", pair[1], 1))
    ]


def _outside(experiment: Beating, record: xarray.Dataset, stage: Stage) -> list[Finding]:
    """The beat of the correlation with the outside, and of the lead by itself."""
    time = stage.of(experiment.flat(record.time))
    apart = np.where(np.abs(stage.detuning) > 1e-12 * np.abs(stage.beat), 2 * stage.detuning, np.nan)
    correlation = stage.of(experiment.flat(record.correlation))
    slow = frequency(time, correlation)[0] * np.where(stage.alone, 1.0, np.nan)
    rounding = 8 * experiment.flat(record.phase_rounding) / (time[-1] - time[0]) / np.abs(apart)
    found = [
        experiment.finding(
            f"correlation_period{stage.tag}",
            "period of the correlation with the outside, from the record (with tunnelling it has no single one)",
            _inverse(slow),
            "time",
            2 * np.pi / apart * np.where(np.isfinite(slow), 1.0, np.nan),
            np.abs(2 * np.pi / apart) * (1e-9 + rounding),
            "DEFINITIONS 6.9: 2πħ/2ξ",
        )
    ]
    if "lead_field" in record:
        turning, _ = frequency(time, stage.of(experiment.flat(record.lead_field)))
        energy = stage.beat - 2 * stage.detuning
        found.append(
            experiment.finding(
                f"lead_frequency{stage.tag}",
                "angular frequency of the lead's own ⟨a⟩ in the laboratory (it has one in the superposition account)",
                turning,
                "energy",
                np.where(stage.alone & np.isfinite(turning), energy, np.nan),
                1e-9 * np.abs(stage.beat) + rounding * np.abs(apart),
                "PHYSICS 4.6",
            )
        )
    return found


def _number(experiment: Beating, record: xarray.Dataset, stage: Stage) -> list[Finding]:
    """The beat of the number in the trap: it conserves the total, so a mixture has it too."""
    if np.all(stage.alone):
        return []
    v, number = experiment.flat_values(), stage.of(experiment.flat(record.n_mean))
    chosen, step = _even(experiment, record, stage)
    known = _readable(stage, step, experiment.moments) & (np.ptp(number, axis=0) > WEAK)
    beat = np.full(len(known), np.nan)
    for k in np.flatnonzero(known):
        places, heights = lines(step[k], number[chosen, k].astype(complex), 8)
        moving = np.abs(places * step[k]) > 1e-4
        beat[k] = np.abs(places[moving][np.abs(heights[moving]).argmax()]) if moving.any() else np.nan
    still = (v["start"] == "ground") & (experiment.account == "conserving") & (stage.tag == "")
    return [
        experiment.finding(
            f"number_swing{stage.tag}",
            "how far the number in the trap swings, from its smallest to its largest",
            np.where(stage.alone, np.nan, np.ptp(number, axis=0) / experiment.step),
            expected=np.where(still & ~stage.alone, 0.0, np.nan),
            tolerance=1e-9,
            equation="DEFINITIONS 6.9: the ground state (5) is constant",
        ),
        experiment.finding(
            f"number_frequency{stage.tag}",
            "angular frequency of the number in the trap, from the record",
            beat,
            "energy",
            np.where(np.isfinite(beat) & (v["reference"] == "outside"), 2 * stage.half_splitting, np.nan),
            1e-6 * stage.half_splitting,
            "DEFINITIONS 6.9: 2R/ħ",
        ),
    ]


def _told_apart(experiment: Beating, record: xarray.Dataset) -> Finding:
    """How far the number in the trap is from what the mixture of the same weights shows."""
    v = experiment.flat_values()
    mixed = record
    if experiment.account != "mixture" and (experiment.account == "superposition" or v["start"] == "given"):
        mixed = experiment.changed(account="mixture").record()
    apart = np.abs(experiment.flat(record.n_mean) - experiment.flat(mixed.n_mean)).max(axis=0)
    same = (v["tunnelling"] == 0) | (experiment.account == "mixture")
    same = same | ((experiment.account == "superposition") & (v["reference"] == "outside"))
    if experiment.account == "conserving" and v["start"] == "ground":
        apart, same = np.full_like(apart, np.nan), np.zeros_like(same)
    return experiment.finding(
        "number_against_mixture",
        "largest distance of ⟨N⟩ of the trap from that of the mixture: 0 means that counting can't tell them apart",
        apart,
        expected=np.where(same, 0.0, np.nan),
        tolerance=1e-9,
        equation="PHYSICS 3a, twirl theorem",
    )


def _inverse(rate: Any) -> Any:
    """The period that belongs to an angular frequency; nan for none."""
    return 2 * np.pi / np.where(rate != 0, rate, np.nan)
