"""The number of particles of an isolated system against its chemical potential (paper, Sec. 4, Fig. 1; 1.1, 3g)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.axes import axis
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter
from mesodyn.experiments.sweeps import Array, Sweep
from mesodyn.systems.staircase import Staircase as System

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

REACH = 2.6
"""The default axis ends so many charging energies below and above 0."""
POINTS = 1201
WELL_RESOLVED = 2
"""A plateau has to be so many spacings of the axis wide, or its steps can't be told apart."""
FAINT = 0.05
"""Above this weight of other numbers a step isn't one of two numbers."""


def default_axis(values: Mapping[str, Any]) -> xarray.DataArray:
    """The chemical potential over about five plateaus."""
    widest = REACH * float(np.max(np.asarray(values["charging_energy"])))
    return axis("chemical_potential", -widest, widest, POINTS)


class Staircase(Experiment):
    """Raise the chemical potential of an isolated system and count its particles."""

    name = "staircase"
    title = "The staircase of particle numbers"
    meaning = (
        "An isolated system with the energies E(N) = ½E_c(N - N₀)² + δ[N odd] takes the number that makes E' = E(N) - "
        "μN lowest: ⟨N⟩(μ) is a staircase whose steps are where two lines E'(N; μ) cross. Parity makes odd plateaus "
        "narrower (E_c - 2δ) and even ones wider (E_c + 2δ); from δ = E_c/2 on the odd ones are gone and the steps are "
        "of two. A temperature rounds the steps. At a step all superpositions and mixtures of the two numbers have "
        "the same energy: a staircase shows where states (2) and (3) may exist, not that they do."
    )
    scale = "charging_energy"
    accounts = ()
    account_reason = "none applies: the Hamiltonian conserves N, so ⟨N⟩ is the same in all of them"
    animated = False
    block_points = 32768
    parameters = (
        Parameter("charging_energy", "energy", 1.0, "E_c", above=0),
        Parameter("kind", "choice", "fermion", "what the particles are", choices=("fermion", "boson")),
        Parameter("offset", "number", 10.0, "N₀: the number at μ = 0, not rounded", low=-1e6, high=1e6),
        Parameter(
            "parity_shift",
            "energy",
            lambda v: 0.2 * v["charging_energy"] if v.get("kind", "fermion") == "fermion" else 0.0,
            "δ, the energy of an odd fermion; 0 for bosons",
            follows="0.2 charging_energy for fermions",
        ),
        Parameter(
            "chemical_potential",
            "energy",
            default_axis,
            "μ",
            follows=f"from -{REACH} to {REACH} charging_energy ({POINTS} values)",
        ),
        Parameter("temperature", "temperature", 0.0, "kT", low=0),
        Parameter("level_spacing", "energy", None, "spacing of the levels; kT has to stay far below it", above=0),
    )

    # -- what is solved ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Build the system, so that what does not fit is refused now."""
        self.system()
        self.axes()

    def system(self) -> System:
        """The staircase of these values."""
        return System(**self.values.resolved)

    def record(self) -> xarray.Dataset:
        """The broken lines and the thermal means, for every chemical potential."""
        found = self.system().equilibrium()
        for variable in found.values():
            if variable.attrs["units"] == "energy":
                variable.attrs["units"] = self.unit("energy")
        return found.assign_attrs(method="lowest of the lines E'(N); sum over all N with a weight above 1e-15")

    def uncut(self) -> tuple[str, ...]:
        """Steps are found along the chemical potential."""
        return (Sweep.of(self, "chemical_potential").dim,)

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Steps, plateaus and slopes of each curve."""
        sweep = Sweep.of(self, "chemical_potential")
        n_mean = self.finding("n_mean", "⟨N⟩", self.flat(record.n_mean))
        found = [n_mean, *self._steps(sweep, record), *self._slopes(sweep, record), self._gap(sweep, record)]
        if "frozen" in record:
            found.append(self.frozen(self.flat(record.frozen)))
        return {finding.name: finding for finding in found}

    def _steps(self, sweep: Sweep, record: xarray.Dataset) -> list[Finding]:
        """Where the steps are, how high, and how wide the plateaus between them."""
        number, n_mean = sweep.curves(record.number), sweep.curves(record.n_mean)
        seen = [measured_steps(*curve) for curve in zip(sweep.x, number, n_mean, strict=True)]
        theory, unsure = self._expected_steps(sweep, number)
        most = max([1, *(len(steps) for steps in (*seen, *theory))])
        place, low, high = (_padded([[step[k] for step in steps] for steps in seen], most) for k in (2, 0, 1))
        there = _padded([[step[2] for step in steps] for steps in theory], most)
        # The middle of a thermal step may lie beyond the end of the axis.
        inside = np.minimum(there - sweep.x[:, :1], sweep.x[:, -1:] - there) > unsure[:, None]
        there = np.where(inside | (sweep.each("temperature") == 0)[:, None], there, np.nan)
        counted = np.where(np.isnan(unsure), np.nan, 1.0)
        count, due = (np.array([float(len(steps)) for steps in many]) for many in (seen, theory))
        size, size_due = (
            np.array([max((s[1] - s[0] for s in steps), default=np.nan) for steps in many]) for many in (seen, theory)
        )
        places = "where ⟨N⟩ passes the middle of a step"
        found = [
            sweep.finding("steps", "how many steps there are", count, "", due * counted, 0.0, "3g"),
            sweep.finding(
                *("step_positions", places, place, "energy", there * counted[:, None]),
                np.broadcast_to(np.nan_to_num(unsure)[:, None], there.shape),
                "1.1: μ = [E(N') - E(N)]/(N' - N)",
                "step",
            ),
            sweep.finding("step_size", "particles in the largest step", size, "", size_due * counted, 0.0, "3g"),
        ]
        return found + self._widths(sweep, (place, low, high), unsure)

    def _widths(self, sweep: Sweep, steps: tuple[Array, Array, Array], unsure: Array) -> list[Finding]:
        """The mean width of the odd and of the even plateaus that lie between two steps."""
        place, low, high = steps
        charging, shift = sweep.each("charging_energy"), sweep.each("parity_shift")
        # The plateau after N = 0 may have another width: 0 stays where its parity is gone.
        cut = (low[:, :-1] == 0) & (shift <= -charging / 2)[:, None]
        found = []
        for name, odd, sign in (("odd", 1, -1), ("even", 0, 1)):
            own = (high[:, :-1] % 2 == odd) & np.isfinite(np.diff(place, axis=1)) & ~cut
            gone, alone = sign * shift <= -charging / 2, sign * shift >= charging / 2
            width = np.where(own, np.diff(place, axis=1), 0.0).sum(axis=1)
            measured = np.where(gone & ~own.any(axis=1), 0.0, _over(width, own.sum(axis=1)))
            theory = np.where(gone, 0.0, np.where(alone, 2 * charging, charging + 2 * sign * shift))
            theory = np.where(np.isfinite(measured + unsure), theory, np.nan)
            text = f"mean width of the {name} plateaus; 0 where parity has taken them away"
            law = "3g: 2E_c, 0" if np.all(gone | alone) else f"3g: E_c {'-+'[sign > 0]} 2δ"
            found.append(
                sweep.finding(f"width_{name}", text, measured, "energy", theory, 2 * np.nan_to_num(unsure), law)
            )
        return found

    def _expected_steps(self, sweep: Sweep, number: Array) -> tuple[list[list[Any]], Array]:
        """The steps of each curve, and how exactly they can be seen: nan where one step hides another."""
        charging, shift, offset = (sweep.each(name) for name in ("charging_energy", "parity_shift", "offset"))
        cold = sweep.each("temperature")
        steps: list[list[Any]] = []
        unsure = np.full(len(number), np.nan)
        for k, (mu, n) in enumerate(zip(sweep.x, number, strict=True)):
            one = System(charging_energy=charging[k], parity_shift=shift[k], offset=offset[k])
            known = one.transitions(max(0, int(n.min()) - 3), int(n.max()) + 3)
            fuzz = 1e-12 * (abs(mu).max() + charging[k] * (1 + abs(offset[k])))
            steps.append([s for s in known if mu[0] - fuzz <= s[2] < mu[-1] - fuzz])
            places = [s[2] for s in known]
            spacing = np.diff(mu).max(initial=0.0)
            if len(mu) > 1 and np.diff(places).min(initial=np.inf) >= WELL_RESOLVED * spacing:
                unsure[k] = _blur(one, steps[-1], cold[k]) + 0.5 * spacing * (1 if cold[k] == 0 else 2) + fuzz
        return steps, unsure

    def _slopes(self, sweep: Sweep, record: xarray.Dataset) -> list[Finding]:
        """How fast the number rises, that it never falls, and that it is the slope of the free energy."""
        mu, n, free = sweep.x, sweep.curves(record.n_mean), sweep.curves(record.free_energy)
        cold = sweep.each("temperature")
        size = 4 * np.finfo(float).eps * (np.abs(free).max(axis=1) + (np.abs(mu) * (1 + n)).max(axis=1))
        if mu.shape[1] < 3:
            nothing = np.full(len(mu), np.nan)
            steepest = fall = off = theory = unsure = nothing
        else:
            spacing = np.diff(mu, axis=1)
            slope = (n[:, 2:] - n[:, :-2]) / (mu[:, 2:] - mu[:, :-2])
            steepest = np.where(cold > 0, slope.max(axis=1) * cold, np.nan)
            theory, unsure = self._fluctuations(sweep, slope.argmax(axis=1) + 1)
            theory = np.where(spacing.max(axis=1) <= cold, theory, np.nan)
            fall = np.maximum(-np.diff(n, axis=1).min(axis=1), 0.0)
            mean = -np.diff(free, axis=1) / spacing
            off = np.maximum(np.maximum(n[:, :-1] - mean, mean - n[:, 1:]), 0.0).max(axis=1)
            size = size / spacing.min(axis=1) + 1e-12 * np.abs(n).max(axis=1)
        never = np.where(np.isnan(fall), np.nan, 0.0)
        return [
            sweep.finding(
                *(
                    "steepest_slope",
                    "largest kT ∂⟨N⟩/∂μ at T > 0; 1/4 at a sharp step of one, 1 of two",
                    steepest,
                    "",
                    theory,
                ),
                *(unsure, "3g: kT ∂⟨N⟩/∂μ = var(N)"),
            ),
            sweep.finding("largest_fall", "by how much ⟨N⟩ ever falls", fall, "", never, 1e-9, "1.1: ∂⟨N⟩/∂μ ≥ 0"),
            sweep.finding(
                *("slope_of_energy", "how far -∂F/∂μ is from ⟨N⟩ at the ends of each interval", off, "", never),
                *(size, "1.1: ⟨N⟩ = -∂F/∂μ"),
            ),
        ]

    def _fluctuations(self, sweep: Sweep, at: Any) -> tuple[Array, Array]:
        """The variance of N at a point of each curve, and its largest change to the neighbouring points."""
        charging, shift, offset, cold = (
            sweep.each(name)[:, None] for name in ("charging_energy", "parity_shift", "offset", "temperature")
        )
        mu = np.take_along_axis(sweep.x, at[:, None] + np.array([-1, 0, 1]), axis=1)
        reach = int(np.sqrt(80 * (cold / charging).max())) + 4
        away = np.arange(-reach, reach + 1)
        middle = np.maximum(np.rint(offset + mu / charging), 0)[..., None]
        line = away * (charging[..., None] * (0.5 * away + middle - offset[..., None]) - mu[..., None])
        line = np.where(middle + away >= 0, line + shift[..., None] * ((middle + away) % 2), np.inf)
        warm = np.where(cold > 0, cold, np.nan)
        weight = np.exp(-(line - line.min(axis=-1, keepdims=True)) / warm[..., None])
        total, first, second = (weight.sum(axis=-1), (weight * away).sum(axis=-1), (weight * away**2).sum(axis=-1))
        slope = second / total - (first / total) ** 2
        return slope[:, 1], np.abs(slope - slope[:, 1:2]).max(axis=1) + 1e-9 * np.abs(slope[:, 1])

    def _gap(self, sweep: Sweep, record: xarray.Dataset) -> Finding:
        """How far the metastable branch lies above on the widest plateau between two steps."""
        charging, shift = sweep.each("charging_energy"), sweep.each("parity_shift")
        number = sweep.curves(record.number)
        gap = sweep.curves(record.metastable_energy) - sweep.curves(record.energy)
        inner = (number > number.min(axis=1)[:, None]) & (number < number.max(axis=1)[:, None])
        parity = np.where(shift >= 0, 0, 1)[:, None]
        wide = inner & ((number % 2 == parity) | (shift == 0)[:, None])
        after_zero = (number <= 1) & (shift <= -charging / 2)[:, None]
        largest = np.where(wide & ~after_zero & np.isfinite(gap), gap, -np.inf).max(axis=1)
        known = np.isfinite(largest)
        theory = np.where(np.abs(shift) >= charging / 2, 2 * charging, charging / 2 + np.abs(shift))
        text = "how far E'₂ is above E'₁ in the middle of a widest plateau"
        spacing = np.diff(sweep.x, axis=1).max(axis=1, initial=0.0)
        return sweep.finding(
            *("metastable_gap", text, np.where(known, largest, np.nan), "energy", np.where(known, theory, np.nan)),
            *(spacing + 1e-9 * charging, "1.1, Fig. 1: E'₂ - E'₁"),
        )

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        steps, odd, even = (findings[name].value for name in ("steps", "width_odd", "width_even"))
        if steps.ndim:
            return f"{steps.size} staircases were measured."
        if not np.isfinite(float(odd) + float(even)):
            return f"{int(steps)} steps were seen."
        widths = " and ".join(self.shown("energy", float(f"{float(width):.6g}")) for width in (odd, even))
        size = int(findings["step_size"].value)
        high = "one particle" if size == 1 else f"up to {size} particles"
        return f"{int(steps)} steps of {high}; odd and even plateaus are {widths} wide."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """Fig. 1, the staircase at several temperatures and parity shifts, and what varies along other axes."""
        from mesodyn.experiments import staircase_drawing

        return staircase_drawing.figures(self, record, at)


def measured_steps(mu: Array, number: Array, n_mean: Array) -> list[tuple[float, float, float]]:
    """(N, N', mu) of one curve: where the lowest line changes, and where the mean passes the middle of it."""
    at = np.flatnonzero(np.diff(number))
    levels = 0.5 * (number[at] + number[at + 1])
    places = np.interp(levels, n_mean, mu, left=np.nan, right=np.nan)
    return [(float(number[k]), float(number[k + 1]), float(place)) for k, place in zip(at, places, strict=True)]


def _blur(system: System, steps: list[Any], cold: float) -> float:
    """By how much other numbers may shift the middle of a thermal step at most; nan where they are many."""
    if cold == 0 or not steps:
        return 0.0
    shifts = []
    for low, high, mu in steps:
        reach = int(np.sqrt(80 * cold / system.charging_energy)) + 4
        numbers = np.arange(max(0, low - reach), high + reach + 1)
        lines = system._energies(numbers) - mu * numbers
        weights = np.exp(-(lines - lines[numbers == low]) / cold)
        others = (weights * np.abs(numbers - 0.5 * (low + high)))[(numbers != low) & (numbers != high)].sum()
        shifts.append(4 * cold * others / (high - low) ** 2 if others < FAINT else np.nan)
    return float(np.max(shifts))


def _padded(rows: list[list[float]], width: int) -> Array:
    """Rows of several lengths as one array, filled up with nan."""
    return np.array([[*row, *[np.nan] * (width - len(row))] for row in rows])


def _over(total: Array, count: Array) -> Array:
    """A mean; nan of nothing."""
    return np.asarray(total / np.where(count > 0, count, np.nan))
