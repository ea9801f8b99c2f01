"""What the 2 pi experiment measures in its record, beside what theory expects of these very parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.interferometer_theory import Counts, fringe, resolved
from mesodyn.experiments.rotation_theory import Expected

if TYPE_CHECKING:
    import xarray

    from mesodyn.experiments.two_pi_rotation import TwoPiRotation

ROUNDING = 1e-8
"""What is granted to rounding and to the estimated error of the evolution, relative to the largest energy."""
FAINT = 1e-9
"""Below this modulus of the coherence its phase means nothing."""


def findings(experiment: TwoPiRotation, record: xarray.Dataset) -> dict[str, Finding]:
    """Heat and its distribution or counts and their fringe, the phases, the flips, and checks."""
    values = experiment.flat_values()
    expected = Expected(values, experiment.account, experiment.system())
    measured = _Measured(experiment, record, values, expected)
    found = [*measured.preparation(), *(measured.counts() if experiment.counting else measured.heats())]
    found += [*measured.phases(), *measured.checks()]
    if experiment.values["level_spacing"] is not None:
        found.append(experiment.frozen(values["temperature"] / values["level_spacing"]))
    return {finding.name: finding for finding in found}


class _Measured:
    """The findings of one record."""

    def __init__(
        self, experiment: TwoPiRotation, record: xarray.Dataset, values: dict[str, Any], expected: Expected
    ) -> None:
        self.experiment, self.record, self.v, self.expected = experiment, record, values, expected
        self.energy = experiment.flat(record.energy)
        self.coherence = experiment.flat(record.coherence)
        self.granted = ROUNDING * np.abs(self.energy).max(axis=0)
        self.cut, self.turned = _last(record, "disconnect"), _last(record, "rotate", "back")

    def heats(self) -> list[Finding]:
        """The heat that connecting frees, what of it has flowed when the record ends, and its distribution."""
        experiment, v, expected = self.experiment, self.v, self.expected
        connect = _last(self.record, "connect")
        released = self.released = self.energy[connect] - experiment.flat(self.record.equilibrium)
        flowed = experiment.flat(self.record.heat)
        left = 4 * (np.abs(v["tunnelling"]) + np.abs(released)) * np.exp(-v["relaxation_rate"] * v["relaxation_time"])
        noisy = (v["dephasing"] > 0) | (v["loss"] > 0)
        return [
            experiment.finding(
                "heat_released",
                "mean energy just after connecting, minus that of equilibrium in each conserved sector",
                released,
                "energy",
                expected.heat,
                expected.heat_error + self.granted,
                "PHYSICS 3c, DEFINITIONS 6.2",
            ),
            experiment.finding(
                "heat_in_record",
                "heat that has flowed to the bath since then when the record ends",
                flowed[-1] - flowed[connect],
                "energy",
                np.where(noisy, np.nan, expected.heat),
                expected.heat_error + self.granted + left,
                "PHYSICS 3c",
            ),
            Finding(
                "heat_distribution", "heats of two projective energy measurements", _outcomes(self.record), "energy"
            ),
        ]

    def counts(self) -> list[Finding]:
        """Left and right among the runs that are kept, and the fringe if the bias phase is an axis."""
        experiment, v = self.experiment, self.v
        theory = Counts(self.expected)
        kept = experiment.flat(self.record.shared)[-1]
        left = experiment.flat(self.record.left)[-1] / np.where(kept > FAINT, kept, np.nan)
        rounding = ROUNDING + 16 * np.finfo(float).eps * v["zeeman"] * v["rotation_time"]
        close = theory.left_error + rounding
        return [
            experiment.finding(
                "left_probability",
                "probability of the left trap (A), given exactly one shared step",
                left,
                "",
                theory.left * np.where(np.isfinite(left), 1.0, np.nan),
                close,
                "DEFINITIONS 6.4",
            ),
            experiment.finding(
                "kept_fraction",
                "share of the runs that are kept: those with exactly one shared step",
                kept,
                "",
                theory.kept,
                rounding,
                "DEFINITIONS 6.4",
            ),
            *self._fringe(left, theory.left, close),
        ]

    def _fringe(self, left: Any, expected: Any, close: Any) -> list[Finding]:
        """Contrast and offset, where the bias phase has an axis for itself."""
        import xarray

        phases, grid = self.experiment.values["bias_phase"], self.experiment.axes()
        name = fringe_axis(self.experiment)
        if name is None:
            return []
        shape = tuple(len(values) for values in grid.values())
        place = list(grid).index(name)
        rest = {k: values for k, values in grid.items() if k != name}

        def along(flat: Any) -> Any:
            return np.moveaxis(np.broadcast_to(flat, left.shape).reshape(shape), place, -1)

        def labelled(array: Any) -> xarray.DataArray:
            return xarray.DataArray(array, dims=tuple(rest), coords=rest)

        contrast, offset = fringe(phases.values, along(left))
        known, direction = fringe(phases.values, along(expected))
        error = 4 * along(close).max(axis=-1)
        visible = contrast > 1e-6
        vague = error / np.maximum(known, 1e-12)
        ahead = np.where(visible & (vague < np.pi), offset + _centred(direction - offset), np.nan)
        return [
            Finding(
                "contrast",
                "contrast C |c| of the fringe of left counts against the bias phase, fitted",
                labelled(contrast),
                "",
                labelled(np.where(np.isfinite(error), known, np.nan)),
                labelled(error),
                "DEFINITIONS 6.4",
            ),
            Finding(
                "fringe_offset",
                "offset of the fringe, P = [1 - C sin(bias phase + offset)]/2: arg c and the drift",
                labelled(np.where(visible, offset, np.nan)),
                "angle",
                labelled(ahead),
                labelled(vague),
                "DEFINITIONS 6.4",
                2 * np.pi,
            ),
        ]

    def preparation(self) -> list[Finding]:
        """Two phases that become one before the link is cut, and the energy that this gives."""
        v, e = self.v, self.expected
        if not self.experiment.anywhere("preparation_time"):
            return []
        ready = _last(self.record, "prepare")
        gain = e.shared * v["tunnelling"] * (e.vector[0] - e.start[0])
        gain = gain + 0.5 * e.shared * v["connected_detuning"] * (e.start[2] - e.vector[2])
        close = e.shared * abs(v["tunnelling"]) * e.vector_error + self.granted
        close = close + v["zeeman"] * round(2 * e.spin) * (2 * e.vector_error + 2 * e.flips * (not e.conserving))
        return [
            self._difference("phase_before", "phase of A relative to B before the preparation", 0, e.start, 0.0),
            self._difference(
                "phase_after", "phase of A relative to B when the link is cut", ready, e.vector, e.vector_error
            ),
            self.experiment.finding(
                "equalisation_energy",
                "energy that the pair has given up while its phases became one",
                self.energy[0] - self.energy[ready],
                "energy",
                np.where(v["loss"] > 0, np.nan, gain),
                close,
                "PHYSICS 3d, DEFINITIONS 6.9",
            ),
        ]

    def _difference(self, name: str, text: str, moment: int, vector: Any, error: Any) -> Finding:
        """The phase difference of the traps at one moment."""
        found = self.coherence[moment]
        x, y, _ = vector
        size = np.hypot(x, y)
        shown = np.where(np.abs(found) > FAINT, -np.angle(found), np.nan)
        close = (error + ROUNDING) / np.maximum(size, FAINT)
        pure = (self.v["loss"] == 0) | self.expected.conserving | (moment == 0)
        known = np.where(np.isfinite(shown) & (close < np.pi) & pure, -np.arctan2(y, x), np.nan)
        return self.experiment.finding(name, text, shown, "angle", known, close, "PHYSICS 3d", period=2 * np.pi)

    def phases(self) -> list[Finding]:
        """What the rotation has done to the coherence and to the spin."""
        e, end = self.expected, self.coherence[self.turned]
        found = [
            self._shift(
                "phase_shift",
                "change of the phase of A relative to B, from the evolved amplitude",
                _phase(end, self.coherence[self.cut]),
                e.phase,
                e.phase_error + ROUNDING / np.maximum(np.abs(end), FAINT),
                "PHYSICS 3c",
            )
        ]
        if "full_coherence" in self.record:
            found.append(self._geometric(end))
        if "flip" in self.record:
            flipped = self.experiment.flat(self.record.flip)[self.turned]
            known = np.where(np.isfinite(flipped), e.flip, np.nan)
            text = "share of B's spin that does not follow its field"
            close = e.flip_error + ROUNDING
            found.append(self.experiment.finding("spin_flip", text, flipped, "", known, close, "PHYSICS 3c"))
        return found

    def _geometric(self, end: Any) -> Finding:
        """The phase of the whole rotation, evolved as well, less that of its dummy.

        What is expected is 2 pi n s (1 - cos angle), and a small dynamic part that is odd in the rate: it does not
        cancel unless the field is at right angles to the axis.
        """
        experiment, e = self.experiment, self.expected
        whole = Expected(self.v | {"control": "none"}, experiment.account, experiment.system())
        full = experiment.flat(self.record.full_coherence)
        close = e.phase_error + whole.phase_error
        close = close + ROUNDING / np.maximum(np.minimum(np.abs(full), np.abs(end)), FAINT)
        text = "phase of the whole rotation less that of its dummy: the Berry phase"
        known = whole.phase - e.phase
        return self._shift("geometric_phase", text, _phase(full, end), known, close, "DEFINITIONS 6.5")

    def _shift(self, name: str, text: str, shift: Any, known: Any, vague: Any, equation: str) -> Finding:
        """A phase that is compared as far as it is known to a part of a turn."""
        known = np.where(np.isfinite(shift) & (vague < np.pi), known, np.nan)
        return self.experiment.finding(name, text, shift, "angle", known, vague, equation, period=2 * np.pi)

    def checks(self) -> list[Finding]:
        """Norm, and two routes to the mean heat."""
        experiment, record = self.experiment, self.record
        largest, length = np.abs(self.energy).max(axis=0), experiment.flat(record.time)[-1]
        norm = experiment.norm(record, 16 * np.finfo(float).eps * largest * length)
        if experiment.counting:
            return [norm]
        spread = np.nansum(experiment.flat(record.heat_values) * experiment.flat(record.heat_weights), axis=-1)
        return [
            norm,
            experiment.finding(
                "energy_balance",
                "mean of the heat distribution minus the heat released: two routes to one number",
                spread - self.released,
                "energy",
                np.zeros_like(self.released),
                self.granted,
                "DEFINITIONS 6.3",
            ),
        ]


def summary(experiment: TwoPiRotation, found: dict[str, Finding]) -> str:
    """One sentence."""
    name = "left_probability" if experiment.counting else "heat_released"
    main, shift = found[name].value, found["phase_shift"].value
    kind = "" if experiment.counting else "energy"
    if main.ndim:
        ends = " to ".join(experiment.shown(kind, float(end)) for end in (main.min(), main.max()))
        what = "probability of counting left" if experiment.counting else "heat released"
        return f"Over {main.size} points the {what} runs from {ends}."
    turns, phase = float(np.asarray(experiment.values["turns"])), float(shift)
    moved = "the coherence between the traps is zero, so it has no phase"
    if np.isfinite(phase):
        moved = f"the relative phase of the traps moves by {phase / np.pi:.4f} π"
    begin = f"After {turns:g} turn{'s' * (turns != 1)} {moved}"
    if experiment.values["control"] == "dummy":
        begin = f"After {turns / 2:g} turn{'s' * (turns != 2)} there and back {moved}"
    if not experiment.counting:
        return f"{begin}, and {experiment.shown(kind, float(main))} of heat is released on average."
    kept = float(found["kept_fraction"].value)
    return f"{begin}; {100 * kept:.4g} % of the runs are kept, and of these {float(main):.6g} count left."


def _last(record: xarray.Dataset, *segments: str) -> int:
    """The last moment of a segment, or of the last of several."""
    return int(np.flatnonzero(np.isin(record.segment.values, segments))[-1])


def _centred(angle: Any) -> Any:
    """The same angle in [-pi, pi)."""
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _single(values: dict[str, Any]) -> dict[str, Any]:
    """Values with the pairs taken apart."""
    pairs = {
        f"{name} {k}": part
        for name, value in values.items()
        if isinstance(value, tuple)
        for k, part in enumerate(value)
    }
    return {name: value for name, value in (values | pairs).items() if hasattr(value, "dims")}


def _phase(end: Any, start: Any) -> Any:
    """By how much the phase of A relative to B has moved, in [0, 2 pi); nan where there is no coherence."""
    strong = (np.abs(end) > FAINT) & (np.abs(start) > FAINT)
    return np.where(strong, -np.angle(end * start.conj()) % (2 * np.pi), np.nan)


def fringe_axis(experiment: TwoPiRotation) -> str | None:
    """The axis that the bias phase has for itself, if it resolves a fringe."""
    phases = experiment.values["bias_phase"]
    others = {k: value for k, value in experiment.values.resolved.items() if k != "bias_phase"}
    if np.ndim(phases) != 1 or not resolved(phases.values):
        return None
    name = str(phases.dims[0])
    return None if name in axes.broadcast_axes(_single(others)) else name


def _outcomes(record: xarray.Dataset) -> xarray.DataArray:
    """Heats and weights side by side; nan where a point has fewer of them than another."""
    import xarray

    parts = xarray.DataArray(["heat", "weight"], dims="part", name="part")
    return xarray.concat([record.heat_values, record.heat_weights.where(record.heat_weights > 0)], dim=parts)
