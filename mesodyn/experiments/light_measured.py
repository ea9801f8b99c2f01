"""What is recorded at one point of a light-scattering experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.accounts import ACCOUNTS
from mesodyn.dynamics import detection, spectra
from mesodyn.dynamics.sectors import projected
from mesodyn.experiments import doublet_fit, light_runs
from mesodyn.experiments.lines import lines as pencil
from mesodyn.seeds import generator
from mesodyn.systems.light_scatterer import LINES, LightScatterer, occupation

if TYPE_CHECKING:
    from mesodyn.experiments.light_scattering import LightScattering

MOST_EVENTS = 1_000_000
"""Events of all runs that are held at once."""
REPEATS = 48
"""How many times the whole experiment is repeated, to see how fits really scatter."""
AGAIN, COUNTS, FILM = 1, 2, 3
"""Branches of the tree of seeds besides the runs themselves: 0, run."""
ASIDE = 0.25
"""A fit begins this share of a width outside the lines, with widths and a background that are too large."""
GONE = 10.0
"""What decays so many times from one moment to the next leaves no record of a beat."""
KINDS = {
    **dict.fromkeys(("time",), "time"),
    **dict.fromkeys(("frequency", "fit_centre", "fit_centre_error", "beat_frequency", "threshold"), "energy"),
    **dict.fromkeys(("bin_width", "fit_width", "fit_width_error"), "rate"),
    "spectrum": "time",
}


class Matter:
    """The states of an account as plain matrices, for one point (leading dimension 1); all four, or of one total."""

    def __init__(self, system: LightScatterer, account: str, total: int | None = None) -> None:
        values = {name: np.atleast_1d(value) for name, value in system.values().items()}
        self.kept, self.rho = system.prepare(account, "thermal", values)
        self.share = 1.0
        if total is not None:
            self.kept, self.rho, share = projected(system.space.totals, self.kept, self.rho, total)
            self.share = float(share[0])
        cut = np.ix_(self.kept, self.kept)
        hamiltonian = system.hamiltonian().full()
        self.hamiltonian = hamiltonian[cut]
        self.still = (hamiltonian - system.chemical_potential * system.operators["chemical_potential"].full())[cut]
        self.jumps = [jump[0][cut] for jump in system.jumps(values)]
        self.resolved = [jump[0][cut] for jump in system.jumps(values, resolved=True)]
        self.scattering = system.scattering()[cut]
        observed = system.observables()
        parts = {name: observed[name].full()[cut] for name in ("order_parameter", "correlation")}  # type: ignore[union-attr]
        self.upper = float(np.diag(self.rho[0])[self.kept >= system.space.size // 2].real.sum())
        self.means = {name: complex(np.trace(self.rho[0] @ part)) for name, part in parts.items()}

    def absorbed(self) -> spectra.Modes:
        """``<D(t) D^dagger(0)>``."""
        d = self.scattering
        return spectra.modes(self.hamiltonian, self.jumps, d, d.conj().T, self.rho)

    def spectrum(self, frequencies: Any, resolution: float, method: str) -> Any:
        """The spectrum (frequencies,) of `absorbed`, solved as asked for."""
        d = self.scattering
        options: dict[str, Any] = {"resolution": resolution, "method": method}
        return spectra.spectrum(self.hamiltonian, self.jumps, d, d.conj().T, frequencies, self.rho, **options)[0]

    def given_back(self) -> spectra.Modes:
        """``<D^dagger(t) D(0)>``: anti-Stokes light, none in the cold."""
        d = self.scattering
        return spectra.modes(self.hamiltonian, self.jumps, d.conj().T, d, self.rho)

    def counted(self) -> spectra.Modes:
        """``<D^dagger D>(t)`` after a short weak pulse, as a share of its start."""
        d = self.scattering
        start = d.conj().T @ self.rho[0] @ d / self.brightness
        found = spectra.transient(self.hamiltonian, self.jumps, d.conj().T @ d, start)
        return found

    @property
    def brightness(self) -> float:
        """``<D^dagger D>`` just after the pulse."""
        d = self.scattering
        return float(np.trace(d.conj().T @ self.rho[0] @ d @ d.conj().T @ d).real)


class Sectors:
    """The same for a state that is taken apart by its total number: parts that are solved by themselves."""

    def __init__(self, system: LightScatterer, account: str) -> None:
        totals = sorted(set(system.space.totals.tolist()))
        known = set(system.space.totals[system.kept(account)].tolist())
        parts = (Matter(system, account, total) for total in totals if total in known)
        self.parts = [part for part in parts if part.share > 0]
        self.upper = sum(part.share * part.upper for part in self.parts)
        self.means = {name: sum(part.share * part.means[name] for part in self.parts) for name in self.parts[0].means}

    def absorbed(self) -> spectra.Modes:
        """See `Matter.absorbed`."""
        return _joined([(part.share, part.absorbed()) for part in self.parts])

    def spectrum(self, frequencies: Any, resolution: float, method: str) -> Any:
        """See `Matter.spectrum`."""
        return sum(part.share * part.spectrum(frequencies, resolution, method) for part in self.parts)

    def given_back(self) -> spectra.Modes:
        """See `Matter.given_back`."""
        return _joined([(part.share, part.given_back()) for part in self.parts])

    def counted(self) -> spectra.Modes:
        """See `Matter.counted`."""
        bright = [part.share * part.brightness for part in self.parts]
        return _joined([(b / sum(bright), part.counted()) for b, part in zip(bright, self.parts, strict=True)])


def _joined(parts: list[tuple[float, spectra.Modes]]) -> spectra.Modes:
    """The weighted sum of correlations."""
    rates = np.concatenate([modes.rates for _, modes in parts], axis=1)
    return spectra.Modes(rates, np.concatenate([share * modes.weights for share, modes in parts], axis=1))


def point(one: LightScattering, index: int, place: int) -> dict[str, Any]:
    """Everything that is recorded at a point, which has its random numbers from its place in the whole run."""
    v = values(one)[index]
    own = (*LightScatterer.broadcasting, "step", "kind")
    system = LightScatterer(n_c=v["n_c"], **{name: v[name] for name in own})
    matter = {account: Matter(system, account) for account in ACCOUNTS}
    state: Matter | Sectors = matter[one.account]
    if one.sector is not None:
        whole = one.sector == "each"
        state = Sectors(system, one.account) if whole else Matter(system, one.account, int(one.sector))
    found = _light(one, v, matter, state)
    found |= _beat(v, found)
    found |= _photons(one, v | {"weight": state.upper}, system, found, place)
    found |= _strengths(v, system)
    found |= _back_action(matter["superposition"], v, found)
    found["threshold"] = _threshold(v)
    return found


def values(one: LightScattering) -> list[dict[str, Any]]:
    """The values of every point, as plain numbers."""
    flat = one.flat_values()
    counts = {name: one.values[name] for name in ("n_c", "events", "runs")} | {"step": int(one.values["step"])}
    varied = {name: value for name, value in flat.items() if isinstance(value, np.ndarray)}
    points = max(len(value) for value in varied.values())
    return [flat | {name: float(value[k]) for name, value in varied.items()} | counts for k in range(points)]


def line_widths(v: dict[str, Any]) -> np.ndarray:
    """The full widths of both lines: emission, warm light, and the detector (2, ...)."""
    pairs = [v[f"width_{line}"] * (1 + 2 * occupation(v[f"excitation_{line}"], v["temperature"])) for line in LINES]
    return np.asarray(pairs) + np.asarray(v["resolution"])


def _light(one: Any, v: dict[str, Any], matter: dict[str, Matter], own: Matter | Sectors) -> dict[str, Any]:
    """Spectrum, field and counts of the account, and how much the other accounts differ."""
    middle, wide = doublet_fit.bins(np.array([v[f"excitation_{line}"] for line in LINES]), line_widths(v))
    time = np.linspace(0, v["duration"], one.moments)

    def curves(here: Matter | Sectors) -> dict[str, Any]:
        return {
            "spectrum": here.spectrum(middle, v["resolution"], one.method),
            "field": here.absorbed().correlation(time)[0],
            "count_rate": here.counted().correlation(time)[0].real,
        }

    mine = curves(own)
    others = [curves(here) for here in matter.values() if here is not own]
    uppers = [here.upper for here in (own, *matter.values())]
    apart = {"number_difference": max(uppers) - min(uppers)} | {
        f"{name}_difference": max(float(np.abs(c[name] - mine[name]).max()) for c in others)
        / float(np.abs(mine[name]).max())
        for name in mine
    }
    back, forth = (np.real(m.weights.sum()) for m in (own.given_back(), own.absorbed()))
    moduli = {f"{name}_modulus": abs(mean) for name, mean in own.means.items()}
    return {"frequency": middle, "bin_width": wide, "time": time, **mine, **apart, **moduli, "warm_ratio": back / forth}


def _beat(v: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Frequency and contrast of |field|^2 and of the counts, from the record by the matrix pencil."""
    step = float(found["time"][1])
    if float(line_widths(v).max()) * step > GONE:
        return dict.fromkeys(("beat_frequency", "beat_contrast", "count_contrast"), np.nan)
    power = np.abs(found["field"]) ** 2
    frequency, contrast = _contrast(step, power / power[0])
    counts = _contrast(step, found["count_rate"] / found["count_rate"][0])[1]
    return {"beat_frequency": frequency, "beat_contrast": contrast, "count_contrast": counts}


def _contrast(step: float, series: Any) -> tuple[float, float]:
    """The frequency of what oscillates (nan for nothing), and its amplitude over that of what does not."""
    turns, heights = pencil(step, series.astype(complex), 4)
    moving = np.abs(turns) * step > 1e-6
    swing = float(np.abs(heights[moving]).sum())
    if swing < 1e-9:
        return np.nan, 0.0
    loudest = np.argmax(np.where(moving, np.abs(heights), 0.0))
    return float(abs(turns[loudest])), swing / float(np.real(heights[~moving]).sum() or np.nan)


def chain(v: dict[str, Any]) -> light_runs.Chain:
    """What happens to the number between events."""
    seen = np.array([float(v[f"amplitude_{line}"]) ** 2 for line in LINES])
    low, high = seen / seen.max()
    loss, exchange = v["loss_per_event"], v["exchange"]
    return light_runs.Chain(v["weight"], loss, exchange, float(low), float(high), v["step"], v["n_c"])


def walks(seed: int, v: dict[str, Any], place: int) -> Any:
    """The runs of the experiment, each from its own place in the tree of seeds; see `light_runs.Chain.runs`."""
    single = [generator(seed, place, 0, run) for run in range(v["runs"])]
    return chain(v).runs(light_runs.draw(single, 1, v["events"]))


def _photons(one: Any, v: dict[str, Any], system: LightScatterer, light: dict[str, Any], place: int) -> dict[str, Any]:
    """Runs of events drawn at random, counts drawn from the spectra, and fits to them."""
    runs, events, what = v["runs"], v["events"], chain(v)
    numbers, low, high = walks(one.seed, v, place)
    again = [generator(one.seed, place, AGAIN, repeat) for repeat in range(REPEATS)]
    repeated = [what.runs(light_runs.draw([g], runs, events))[1:] for g in again]
    totals = [(low.sum(), high.sum()), *((a.sum(), b.sum()) for a, b in repeated)]
    shapes, dark = shapes_of(system, v, light), v["background"] * light["bin_width"] / light["bin_width"].sum()
    counts = np.stack([_counts(generator(one.seed, place, COUNTS, k), shapes, t, dark) for k, t in enumerate(totals)])
    truth = fit_truth(v, what)
    start = truth * np.array([1, 1, 1.5, 1.5, 1, 1, 1.5])
    start[:2] += ASIDE * np.array([-1, 1]) * truth[2:4]
    fit = doublet_fit.fit(counts, light["frequency"], light["bin_width"], start)
    main = fit.values[0]
    model = doublet_fit.expected(main, light["frequency"], light["bin_width"]) if np.isfinite(main[0]) else np.nan
    state = [(numbers == v["step"]).mean(axis=0), (numbers == 0).mean(axis=0)]
    return {
        "counts": counts[0],
        "fitted": model * np.ones(len(counts[0])),
        "fit_centre": main[:2],
        "fit_width": main[2:4] - v["resolution"],
        "fit_centre_error": fit.errors[0, :2],
        "fit_width_error": fit.errors[0, 2:4],
        "fit_share": fit.share[0],
        "fit_share_error": fit.share_error[0],
        **_scatter(fit, truth),
        "detected": np.array([low.sum(), high.sum()]),
        "photons_low": low.sum(axis=1),
        "photons_high": high.sum(axis=1),
        "photons_mean": high.sum(axis=1).mean(),
        "photons_variance": high.sum(axis=1).var(ddof=1),
        "one_line_runs": ((low.sum(axis=1) == 0) | (high.sum(axis=1) == 0)).mean(),
        "runs_low": state[0],
        "runs_high": state[1],
        "runs_other": 1 - state[0] - state[1],
        "low_after": state[0][-1],
        "high_after": state[1][-1],
    }


def shapes_of(system: LightScatterer, v: dict[str, Any], light: dict[str, Any]) -> list[Any]:
    """For either number, the chance that its photon falls into each bin, from its own spectrum; the rest comes last."""
    found = []
    for weight in (0.0, 1.0):
        modes = Matter(system.with_(weight=weight), "mixture").absorbed()  # type: ignore[arg-type]
        chances = modes.spectrum(light["frequency"], v["resolution"])[0] * light["bin_width"]
        chances = chances / np.real(modes.weights.sum())
        found.append(np.append(chances, max(0.0, 1 - chances.sum())))
    return found


def _counts(random: np.random.Generator, shapes: list[Any], photons: Any, dark: Any) -> Any:
    """The counts in each bin: every photon of either line somewhere, and the background (for one photon)."""
    found = sum(random.multinomial(int(n), shape / shape.sum())[:-1] for n, shape in zip(photons, shapes, strict=True))
    return found + random.poisson(dark * sum(photons))


def fit_truth(v: dict[str, Any], what: light_runs.Chain) -> Any:
    """The values that a fit looks for (`doublet_fit.NAMES`), for the mean number of photons."""
    low, high = (what.moments(v["events"], *score)[0] * v["runs"] for score in ((1, 0), (0, 1)))
    centres = [v[f"excitation_{line}"] for line in LINES]
    return np.array([*centres, *line_widths(v), low, high, v["background"] * (low + high)], float)


def _scatter(fit: doublet_fit.Fit, truth: Any) -> dict[str, Any]:
    """How the repeated fits scatter: centres and widths in units of their errors, and the upper line's share."""
    good = np.isfinite(fit.values).all(axis=1)
    few = good.sum() < REPEATS // 2
    pulls = ((fit.values - truth) / np.where(fit.errors > 0, fit.errors, 1.0))[good][:, :4]
    share, error = fit.share[good], fit.share_error[good]
    return {
        "fits": good.sum(),
        "pull": np.nan if few else np.sqrt((pulls**2).mean()),
        "share_scatter": np.nan if few else share.std(ddof=1),
        "share_error_mean": np.nan if few else np.sqrt((error**2).mean()),
    }


def _strengths(v: dict[str, Any], system: LightScatterer) -> dict[str, Any]:
    """The strength of the upper line after each event, while the mean number falls by `loss_per_event` at each.

    The upper line's scattering is evolved by itself, for the states with ``v^2 - j delta_c``, none below 0.
    """
    weights = np.maximum(v["weight"] - v["loss_per_event"] * np.arange(v["events"] + 1), 0.0)
    values = {name: np.broadcast_to(value, weights.shape) for name, value in system.values().items()}
    values["weight"] = weights
    kept, rho = system.prepare("superposition", "thermal", values)
    cut = np.ix_(kept, kept)
    d = system.amplitude_high * system.lowering("high").full()[cut]
    matter = Matter(system, "superposition")
    strength = spectra.transient(matter.hamiltonian, matter.jumps, d, d.conj().T @ rho).weights.sum(axis=-1).real
    j = np.arange(len(strength))
    falling = strength > 0
    if v["loss_per_event"] == 0 or falling.sum() < 2:
        return {"line_strength": strength, "line_lost_after": np.nan}
    slope, begin = np.polyfit(j[falling], strength[falling], 1)
    return {"line_strength": strength, "line_lost_after": -begin / slope}


def _back_action(matter: Matter, v: dict[str, Any], light: dict[str, Any]) -> dict[str, Any]:
    """What a photon leaves of the coherence of the two numbers, after a pulse that excites the trap for certain.

    The coherence is that of (N, g) with (N + step, g), in the frame that turns with its own energy; all are shares of
    the state's own uv, for an even superposition.
    """
    cold = [jump for jump in matter.jumps[:1]]
    lines = matter.resolved[:2]
    ket = np.zeros(4, complex)
    ket[[1, 3]] = np.sqrt(0.5)
    state = ket[:, None] * ket.conj()
    waiting = detection.effective(matter.still, cold)
    timed = detection.at_times(waiting, cold[0], state, light["time"])
    still = np.where(light["frequency"] == 0, 1e-9 * light["bin_width"], light["frequency"])  # 0 is the trap's own pole
    tuned = detection.at_frequencies(waiting, cold[0], state, still)
    mean = detection.averaged(waiting, cold[0], state)
    populations = np.sqrt(np.abs(timed[:, 0, 0] * timed[:, 2, 2]))
    whole = np.einsum("tii->t", timed).real
    kept = np.abs(timed[:, 2, 0]) / np.where(populations > 0, populations, np.nan)
    heights = 2 * tuned[:, 2, 0] / (tuned[:, 0, 0] + tuned[:, 2, 2]).real
    at_line = int(np.argmin(np.abs(light["frequency"] - v["excitation_high"])))
    return {
        "kept_at_time": kept,
        "kept_least": np.nanmin(kept),
        "coherence_at_time": np.where(whole > 0, 2 * timed[:, 2, 0] / np.where(whole > 0, whole, 1.0), np.nan),
        "coherence_at_frequency": heights,
        "coherence_on_line": abs(heights[at_line]),
        "line_offset": light["frequency"][at_line] - v["excitation_high"],
        "coherence_averaged": complex(np.nan) if mean is None else 2 * mean[2, 0],
        "coherence_emitted": _emitted(matter.still, cold, state),
        "coherence_known_line": abs(_emitted(matter.still, lines, state)),
    }


def _emitted(hamiltonian: Any, jumps: list[Any], state: Any) -> complex:
    """The coherence that the master equation leaves when the light has gone (what does not decay of it)."""
    seen = np.zeros((4, 4), complex)
    seen[0, 2] = 2.0
    found = spectra.transient(hamiltonian, jumps, seen, state)
    left = np.abs(found.rates[0]) < 1e-12 * np.abs(hamiltonian).max()
    return complex(found.weights[0][left].sum())


def _threshold(v: dict[str, Any]) -> float:
    """The distance from which two equal lines of the mean width have two maxima, from spectra at many distances."""
    width = float(np.mean(line_widths(v) - v["resolution"]))
    low, high = 0.0, 2.0 * (width + v["resolution"])
    for _ in range(4):
        apart = np.linspace(low, high, 17)
        dip = _dip(apart, width, v["resolution"])
        k = int(np.argmax(dip > 0))
        low, high = float(apart[max(k - 1, 0)]), float(apart[k])
    below, above = _dip(np.array([low, high]), width, v["resolution"])
    return float(low - below * (high - low) / (above - below))


def _dip(apart: Any, width: float, resolution: float) -> Any:
    """By how much two equal lines are higher just beside their middle than in it, over the height there."""
    middle = 50.0 * (width + resolution)
    trap = LightScatterer(width_low=width, width_high=width)
    values = {name: np.broadcast_to(value, apart.shape) for name, value in trap.values().items()}
    values |= {"excitation_low": middle - apart / 2, "excitation_high": middle + apart / 2}
    kept, rho = trap.prepare("mixture", "ground", values)
    cut = np.ix_(np.arange(len(apart)), kept, kept)
    parts = {name: op.full()[np.ix_(kept, kept)] for name, op in trap.operators.items()}
    hamiltonian = sum(values[name][:, None, None] * part for name, part in parts.items())
    d = trap.scattering()[np.ix_(kept, kept)]
    jumps = [jump[cut] for jump in trap.jumps(values)]
    beside = middle + np.array([0.0, 2e-3 * (width + resolution)])
    found = spectra.spectrum(hamiltonian, jumps, d, d.conj().T, beside, rho, resolution=resolution)
    return found[:, 1] / found[:, 0] - 1
