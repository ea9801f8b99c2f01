"""Photons that arrive one by one, run after run: the film of light scattering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.experiments import light_measured
from mesodyn.experiments.light_drawing import frequency
from mesodyn.seeds import generator
from mesodyn.systems.light_scatterer import LINES

if TYPE_CHECKING:
    import xarray

FIRST = 0.35
"""The share of the film that the first run takes, photon by photon."""
SLOW = 6
"""Photons of the first run that come slowly, so that one sees what each does to the coherence."""
_TITLES = {
    "superposition": "coherence of N and N + k",
    "conserving": "coherence with the outside",
    "mixture": "coherence: none",
}
BARS = 60
"""Bars of the spectrum."""


def animation(one: Any, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
    """Panels: the photons of the first run, the spectrum, photons per run, the coherence."""
    from mesodyn.figures import animation as moving
    from mesodyn.figures import arrivals

    point = one.at(at)[0]
    v = light_measured.values(point)[0]
    light = point.record()
    _, low, high = light_measured.walks(point.seed, v, int(point.places()[0]))
    clock = _Clock(point.frames, v["events"], v["runs"])
    scale = frequency(point)
    u = scale.factor
    x, width, heights, outlook = _spectrum(point, v, light, low, high, clock)
    heaps = _heaps(low, high, clock)
    number = v["n_c"]
    first = np.where(high[0] + low[0] > 0, high[0], -1.0) * v["step"] + number
    seen = high[0] + low[0] > 0
    panels = [
        arrivals.Marks(
            "first run: which line?",
            np.arange(1, v["events"] + 1),
            np.where(seen, first, np.nan),
            clock.events,
            (number - 0.6 * v["step"], number + 1.6 * v["step"]),
            {number: "lower", number + v["step"]: "upper"},
            "event",
        ),
        moving.PhasorPanel(_TITLES[point.account], _phasors(point, v, light, clock), 1.0),
        arrivals.GrowingBars(
            "photons on the upper line", np.arange(v["events"] + 1), 0.8, heaps, "photons of a run", "runs"
        ),
        arrivals.GrowingBars(
            "the spectrum, photon by photon",
            x / u,
            width / u,
            heights,
            scale.label,
            "photons",
            outlook,
        ),
    ]
    panels[-1].wide = True
    return {"panels": panels, "frames": point.frames, "captions": clock.captions(point.account)}


class _Clock:
    """How many events of the first run, and how many runs, each frame has seen."""

    def __init__(self, frames: int, events: int, runs: int) -> None:
        part = np.arange(frames) / max(frames - 1, 1)
        self.frames = frames
        slow = min(SLOW, events)
        begun = np.interp(part / FIRST, [0.0, 0.75, 1.0], [0.0, slow, events])
        self.events = np.floor(begun + 1e-9).astype(int)
        self.slow = np.minimum(begun, slow)
        later = np.clip((part - FIRST) / (0.92 - FIRST), 0, 1)
        self.runs = np.where(self.events < events, 0, np.floor(1 + later**2 * (runs - 1))).astype(int)

    def captions(self, account: str) -> list[str]:
        """What happens in each frame."""
        texts = (
            "Light falls on a trap with N or N + k particles: photons come back one by one.",
            "No particle goes in or out: all photons of one run are on one line.",
            "A photon whose time is known turns the phase; if nothing is known, the coherence is gone.",
            "Run after run: two lines grow, a run on this one or on that.",
            "Two heaps, not one: the heights of the lines scatter far more than Poisson.",
            f"This was '{account}'. Superposition, conserving, mixture: the same light.",
        )
        steps = (0.0, 0.1, 0.22, FIRST, 0.6, 0.84)
        part = np.arange(self.frames) / max(self.frames - 1, 1)
        return [texts[int(np.searchsorted(steps, p, side="right")) - 1] for p in part]


def _spectrum(one: Any, v: dict[str, Any], light: Any, low: Any, high: Any, clock: _Clock) -> tuple[Any, Any, Any, Any]:
    """Bars of the spectrum for each frame: each photon gets a frequency drawn from its own line."""
    random = generator(one.seed, int(one.places()[0]), light_measured.FILM)
    shapes = light_measured.shapes_of(
        one.system(), v, {"frequency": light.frequency.values, "bin_width": light.bin_width.values}
    )
    left = light.frequency.values - light.bin_width.values / 2
    edges = np.linspace(left.min(), (left + light.bin_width.values).max(), BARS + 1)
    bar = np.clip(np.searchsorted(edges, light.frequency.values) - 1, 0, BARS - 1)
    bar = np.append(bar, BARS)  # outside all bins
    cumulative = [np.cumsum(shape / shape.sum()) for shape in shapes]
    draws = random.random((2, *low.shape))
    places = [bar[np.minimum(np.searchsorted(c, d), len(bar) - 1)] for c, d in zip(cumulative, draws, strict=True)]
    heights = np.zeros((clock.frames, BARS))
    for f in range(clock.frames):
        for seen, where in zip((low, high), places, strict=True):
            here = np.zeros(low.shape, bool)
            here[: clock.runs[f]] = True
            here[0, : clock.events[f]] = True
            heights[f] = heights[f] + np.bincount(where[here & (seen > 0)], minlength=BARS + 1)[:BARS]
    pairs = zip(shapes, (low, high), strict=True)
    totals = [np.bincount(bar, shape, BARS + 1)[:BARS] * part.sum() for shape, part in pairs]
    return (edges[1:] + edges[:-1]) / 2, np.diff(edges), heights, np.sum(totals, axis=0)


def _heaps(low: Any, high: Any, clock: _Clock) -> Any:
    """How many of the runs so far had each number of photons on the upper line (frames, events + 1)."""
    count = high.sum(axis=1)
    size = high.shape[1] + 1
    return np.stack([np.bincount(count[:n], minlength=size) for n in clock.runs])


def _phasors(one: Any, v: dict[str, Any], light: Any, clock: _Clock) -> dict[str, Any]:
    """The coherence while the first photons come: its phase turns until each is detected; on average it dies.

    As a share of what it was; of the trap alone or, for `conserving`, with the outside; a mixture has none.
    """
    rates = [v[f"width_{line}"] for line in LINES]
    waits = generator(one.seed, int(one.places()[0]), light_measured.FILM, 1).exponential(2 / sum(rates), SLOW)
    apart = v["excitation_high"] - v["excitation_low"]
    begin = np.exp(1j * v["phase"]) * (one.account != "mixture")
    turned = np.interp(clock.slow, np.arange(SLOW + 1), np.append(0.0, np.cumsum(waits)))
    left = complex(np.nan_to_num(light.coherence_averaged))
    unknown = begin * np.abs(left) ** clock.slow * np.exp(1j * np.angle(left) * clock.slow)
    return {"times known": begin * np.exp(-1j * apart * turned), "nothing known": unknown}
