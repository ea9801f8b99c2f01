"""The moment of a dot as a measurement: a meter with noise reads one component, in no field and in a few fields."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn.errors import InputError, Shown
from mesodyn.experiments.magnetization import STRONG
from mesodyn.planning import atoms
from mesodyn.planning.deciding import Rival
from mesodyn.planning.lab import Lab
from mesodyn.planning.signals.base import POINT, SETTING, Array, Case, Knob, Later, Seen, Signal, Step
from mesodyn.planning.slider import slider
from mesodyn.report import Table
from mesodyn.systems.kramers_dot import KramersDot
from mesodyn.systems.magnet_nulls import anisotropic_doublet, isolated_doublet, screened_doublet
from mesodyn.units import HBAR

if TYPE_CHECKING:
    from mesodyn.planning.plan import Plan

NONE, AGAINST, ACROSS, FULL = range(4)
TILTS = (0.0, np.pi, np.pi / 2, np.pi / 2)
"""Angles of the settings' fields from the soft axis, towards the next one."""
READ = (0.0, 0.0, np.pi / 2, np.pi / 2)
"""Angles of the components that are read."""
HALF = 0.5
"""The plan's field, times the smallest anisotropy above the soft axis': half of what switches a cold moment."""
LEAST, MOST = 0.02, 0.98
"""Where a better one is looked for, in the same unit."""
NOISE = "plan_noise"
PAIRS = (151, 41)
"""Values of stray field and misalignment, each with its opposite (in tables, and in maps and searches)."""
LATTICE = (0.7548776662466927, 0.5698402909980532)
"""One and two powers of the root of x^3 + x^2 = 1: the steps of an even lattice. M may jump, so no polynomial fits."""
AWRY = 0.5
"""The largest misalignment that is looked at, radians."""
SHARE = 0.5
"""The g factor of the anisotropic doublet across the soft axis, over that along it."""
TINY = 1e-12
"""Less than this part of the moment is rounding."""
AXES = ("anisotropy_x", "anisotropy_y", "anisotropy_z")
STOPS = 33
SHADES = ("#1845fb", "#ff5e02", "#515151")

CASES = (
    Case("mean field", "the paper: exchange with the leads holds a moment without a field"),
    Case("isolated doublet", "no leads: M ∥ B, and none without a field", {"of": "doublet"}, null=True),
    Case("anisotropic doublet", "no leads, g half as large across the soft axis", {"of": "anisotropic"}, null=True),
    Case("quantum lead", "the doublet stays one, with a smaller factor; a steady field", {"of": "quantum"}, null=True),
    Case("screened moment", "leads that bind the spin into a singlet (Kondo)", {"of": "screened"}, null=True),
    Case("even number", "no odd particle: no moment", {"of": "even"}, null=True),
    Case("spin of its own", "S ≥ 1 with an anisotropy D S_z² (Stoner and Wohlfarth), cold", {"of": "own"}, null=True),
)
RIVALS = ("doublet", "anisotropic", "screened", "even")
"""What shots are counted against: a quantum lead shows less than a doublet, and takes seconds to solve."""
KNOBS = (
    Knob("temperature", "temperature", "shrinks the moment", "cool"),
    Knob("preparation_error", "number", "an even number, unnoticed: no moment", "set the number", own=True),
    Knob("stray_field", "energy", "rms of μ_B B along the soft axis, reading to reading", "set the field", own=True),
    Knob("axis_error", "angle", "rms of the angle of the field to its axis", "set the field", own=True),
    Knob(
        "moment_noise",
        "number",
        "rms of one reading, in μ_B: it costs readings alone",
        "read the moment",
        None,
        own=True,
    ),
)


class MomentSignal(Signal):
    """A moment magnetised along the soft axis, read without a field, against one, across it, and saturated."""

    experiment = "magnetization"
    settings = ("no field", "field against it", "field across", "strong field across")
    truth = "mean field"
    observable = "mean moment of one reading, in μ_B: along the soft axis, and across it in fields across"
    apparatus = ("cycle_time", "preparation_error", "stray_field", "axis_error", "moment_noise")
    cases = CASES
    knobs = KNOBS
    begin = (
        "magnetise along the soft axis, set the field, integrate the meter",
        "once more magnetised the other way; the noise of the meter and its zero; the angle of the field",
    )
    untold = "not applicable: M commutes with N, so that all three give the same readings, in every field"
    statement = (
        "The accounts superposition, conserving and mixture are all the same here: M commutes with N. No number of "
        "readings tells any two of them apart.",
        "A moment that stays without a field, and against one, excludes a doublet without leads, one that the leads "
        "screen, and an even number.",
        "It does not prove magnetism of the paper's kind: a spin S ≥ 1 with an anisotropy of its own turns and "
        "switches in the same way (Stoner and Wohlfarth). Its 2S + 1 levels would tell, and that the paper's dot has "
        "no moment at even numbers.",
        "The mean field holds a direction for ever. A quantum lead keeps the doublet, and one that jumps by heat or "
        "tunnelling between the two directions forgets: both read like the isolated doublet without a field.",
    )

    def __init__(self, given: Mapping[str, Any], own: Mapping[str, float], lab: Lab) -> None:
        for name, why in (
            ("lead", "a plan compares the mean field with what else there may be"),
            ("branch", "the moment is on the branch on which it was magnetised"),
            *((name, "a plan reads along the soft axis and across it") for name in ("sweep", "polar", "azimuth")),
        ):
            if given.get(name) is not None:
                raise InputError(name, "left out of a plan", given[name], why)
        free = given.get("field") is None
        super().__init__({**given, "field": 0.0} if free else given, own, lab)
        stiff = np.array([float(self.made.values[name]) for name in AXES])
        self.order = np.argsort(stiff, kind="stable")
        self.gaps = stiff[self.order] - stiff[self.order[0]]
        self.largest = float(self.made.values["moment"])
        if self.gaps[1] <= 0:
            why = "without one M is along B in every field, as without leads"
            raise InputError(
                "anisotropy_x, anisotropy_y, anisotropy_z", "such that one axis is soft", Shown("not"), why
            )
        if free:
            field = self._written(self.kinds["field"], HALF * float(self.gaps[1]))
            super().__init__({**given, "field": field}, own, lab)
            self.chosen = {"field": "half of the smallest anisotropy above that of the soft axis"}
        if not 0 < self.free("field") < self.gaps[1]:
            must = f"above 0 and below {self.shown('field', float(self.gaps[1]), 4)}"
            why = "there a cold moment switches"
            raise InputError("field", must, Shown(self.shown("field", self.free("field"), 4)), why)
        self._check_coil()

    def _check_coil(self) -> None:
        """Refuse a strong field that the lab does not reach."""
        limit = self.lab.limits.get("magnetic_field")
        if limit is not None:
            strong = STRONG * float(self.gaps[2]) * HBAR / (self.largest * atoms.MU_B)
            self.lab.check({"magnetic_field": strong})

    def reach(self) -> dict[str, tuple[float, float]]:
        """See `Signal.reach`: the field, and the temperature that the lab reaches."""
        found = {"field": (LEAST * float(self.gaps[1]), MOST * float(self.gaps[1]))}
        limit = self.lab.limits.get("temperature")
        if limit is not None and limit.range[0] and limit.range[0] < float(self.made.values["exchange_field"]):
            found["temperature"] = (limit.range[0], float(self.made.values["exchange_field"]))
        return found

    # -- what is simulated ------------------------------------------------------------------------------------------

    def see(self, case: Case, changes: Mapping[str, Any]) -> Seen:
        """See `Signal.see`: the equilibrium of each setting on the branch that was magnetised, and what else may be."""
        values = {
            n: np.atleast_1d(np.asarray(v, float)) for n, v in (self.base | {"field": self.free("field")}).items()
        }
        values |= {name: np.atleast_1d(np.asarray(v, float)) for name, v in changes.items()}
        columns = dict(zip(values, np.broadcast_arrays(*values.values()), strict=True))
        if case.changes.get("of") == "quantum":  # no jump to average over, and slow to solve
            columns |= {name: 0 * columns[name] for name in ("stray_field", "axis_error")}
        read, noise = self._read(str(case.changes.get("of", "")), columns)
        if case.name != self.truth:
            return Seen(read, np.ones_like(read), noise)

        @cache
        def told() -> dict[str, tuple[Array, Array]]:
            nulls = [c for c in self.cases if c.changes.get("of") in RIVALS]
            return {c.name: self._read(str(c.changes["of"]), columns) for c in nulls}

        others, spread = (Later(lambda k=k: {n: pair[k] for n, pair in told().items()}) for k in (0, 1))  # type: ignore[misc]
        return Seen(read, np.ones_like(read), noise, others, spread)

    def _read(self, what: str, columns: Mapping[str, Array]) -> tuple[Array, Array]:
        """Mean and noise of one reading (settings, points)."""
        acting = {name: column for name, column in columns.items() if name not in ("preparation_error", "moment_noise")}
        rows, place = np.unique(np.stack(list(acting.values()), axis=1), axis=0, return_inverse=True)
        first, second = self._averaged(what, dict(zip(acting, rows.T, strict=True)))
        share = 1 - columns["preparation_error"]
        mean, square = share * first[:, place.ravel()], share * second[:, place.ravel()]
        return mean, np.sqrt(columns["moment_noise"] ** 2 + np.maximum(square - mean**2, 0.0))

    def _averaged(self, what: str, columns: Mapping[str, Array]) -> tuple[Array, Array]:
        """The moment that is read, and its square, averaged over stray field and misalignment (settings, points)."""
        (stray, tilt), weights = self._nodes(columns)
        strong = np.full_like(columns["field"], STRONG * float(self.gaps[2]))
        size = np.stack([0 * strong, columns["field"], columns["field"], strong])[..., None]
        angle = np.array(TILTS)[:, None, None] + columns["axis_error"][:, None] * tilt
        along = size * _exact(np.cos(angle)) + columns["stray_field"][:, None] * stray
        across = size * _exact(np.sin(angle))
        found = self._moment(what, along, across, columns["temperature"])
        part = sum(f(np.array(READ))[:, None, None] * found[..., k] for k, f in enumerate((np.cos, np.sin)))
        part = np.where(np.abs(part) < TINY * self.largest, 0.0, part)
        mean = part @ weights
        return np.where(np.abs(mean) < TINY * self.largest, 0.0, mean), part**2 @ weights

    def _nodes(self, columns: Mapping[str, Array]) -> tuple[tuple[Array, Array], Array]:
        """Values of the stray field and the misalignment (nodes,) in units of their rms, and their weights (nodes,)."""
        from scipy.special import ndtri

        names = [name for name in ("stray_field", "axis_error") if np.any(columns[name] > 0)]
        count = PAIRS[self.coarse] if names else 1
        found = {name: np.zeros(2 * count) for name in ("stray_field", "axis_error")}
        for name, step in zip(names, LATTICE if len(names) > 1 else (1 / count,), strict=False):
            place = ndtri((0.5 * step + step * np.arange(count)) % 1)
            found[name] = np.concatenate([place, -place])
        return (found["stray_field"], found["axis_error"]), np.full(2 * count, 0.5 / count)

    def _moment(self, what: str, along: Array, across: Array, temperature: Array) -> Array:
        """M along the soft axis and the next one (settings, points, nodes, 2) in a field (settings, points, nodes)."""
        import xarray

        dims = (SETTING, POINT, NOISE)
        field: list[Any] = [xarray.DataArray(np.zeros(along.shape), dims=dims) for _ in AXES]
        for place, part in zip(self.order, (along, across), strict=False):
            field[place] = xarray.DataArray(part, dims=dims)
        cold: Any = xarray.DataArray(temperature, dims=POINT)
        grid = {dim: np.arange(size, dtype=float) for dim, size in zip(dims, along.shape, strict=True)}
        vector = tuple((part / self.largest).assign_coords(grid) for part in field)
        cold = cold.assign_coords({POINT: grid[POINT]})
        given: dict[str, Any] = {"moment": self.largest, "field": vector, "temperature": cold}
        if what == "even":
            return np.zeros((*along.shape, 2)) + KramersDot().moment_of_state(n_c=0, step=2).values[:2]
        if what == "doublet":
            found = isolated_doublet(**given)
        elif what == "anisotropic":
            g = np.diag(np.where(np.arange(3) == self.order[0], 2.0, 2.0 * SHARE))
            found = anisotropic_doublet(g=g, **given)
        elif what == "screened":
            found = screened_doublet(exchange=float(self.made.values["exchange_field"]), **given)
        else:
            found = self._simulated(field, 0.0 if what == "own" else cold, "quantum" if what == "quantum" else "")
        array = found.transpose(*dims, "component").values
        return np.asarray(array[..., self.order[:2]])

    def _simulated(self, field: list[Any], temperature: Any, lead: str) -> Any:
        """M of the experiment itself, on the branch on which it was magnetised as long as there is one."""
        size = np.sqrt(sum(part**2 for part in field))
        polar = np.arctan2(np.sqrt(field[0] ** 2 + field[1] ** 2), field[2])
        turned = {"field": size, "polar": polar, "azimuth": np.arctan2(field[1], field[0])}
        record = self.build(turned | {"temperature": temperature} | ({"lead": lead} if lead else {})).record()
        if lead:
            return record.magnetization
        return record.magnetization.where(field[self.order[0]] >= 0, record.metastable)

    # -- what follows from it ---------------------------------------------------------------------------------------

    def rivals(self, seen: Seen, known: Mapping[str, Seen]) -> list[Rival]:
        """What a reading can be told from, each in the field that tells most."""
        found = []
        for name, other in seen.others.items():
            base = known[self.truth].value[:, 0] - known[name].value[:, 0]
            k = int(np.argmax(np.abs(base)))
            found.append(Rival(name, k, other[k], bool(base[k] > 0), noise=seen.others_noise[name][k]))
        return found

    def worst(self, knob: Knob) -> float:
        """See `Signal.worst`: no moment is left, or the field no longer decides where it points."""
        ends = {"temperature": float(self.made.values["exchange_field"]), "preparation_error": 1 - 1e-3}
        ends |= {"stray_field": 3 * float(self.gaps[1]), "axis_error": AWRY}
        ends |= {"moment_noise": 1e6 * self.base["moment_noise"]}
        return max(ends[knob.name], 2 * self.base[knob.name] if knob.name != "preparation_error" else 0.0)

    def contrast(self, seen: Seen) -> Array:
        """The share of the moment that stays, without a field and against one."""
        return np.asarray((seen.value[NONE] + seen.value[AGAINST]) / (2 * self.largest))

    @staticmethod
    def _same(case: Case) -> bool:
        return case.changes.get("of") == "own"

    def apart(self, one: Case, other: Case) -> str:
        """See `Signal.apart`."""
        if self._same(one) or self._same(other):
            return (
                "the same turning and the same switching: it would take its 2S + 1 levels, or a moment at even numbers"
            )
        return ""

    def widget(self) -> Table:
        """What is read along a field across the soft axis."""
        reach = 2.0
        place = np.linspace(0, reach, STOPS)
        columns = {n: np.full(STOPS, v) for n, v in self.base.items()} | {"field": place * float(self.gaps[1])}
        curves = {}
        for name in ("mean field", "isolated doublet", "screened moment"):
            of = str(self.case(name).changes.get("of", ""))
            curves[name] = [float(v) for v in self._read(of, columns)[0][ACROSS]]
        label = "field across, in units of the anisotropy"
        ends = (0.0, self.largest)
        drawn = slider(place.tolist(), curves, SHADES, label=label, unit="", ylabel="moment (μ_B)", start=8, ends=ends)
        text = (
            "Move the field across the soft axis. The mean field's moment turns in a straight line until it is along "
            "the field, whatever the temperature; a doublet's grows with the field over the temperature."
        )
        return Table("Over the field", [text], widget=drawn)

    def steps(self) -> list[Step]:
        """See `Signal.steps`."""
        return [Step("note the reading", 0.0, "now and then an even number of particles: zero in every field")]

    def summary(self, plan: Plan) -> str:
        """See `Signal.summary`."""
        begin = f"With {plan.lab.title[0].lower()}{plan.lab.title[1:]}"
        if plan.shots is None or plan.time is None:
            return f"{begin}, no number of readings tells the moment of the mean field from other ones."
        word = "" if plan.feasible else f", more than the {plan.duration(plan.demand.time)} of the plan"
        return (
            f"{begin}, a moment that stays without a field and against one is told from a doublet at "
            f"{plan.demand.sigma:g}σ with {plan.shots} readings in each of {len(self.settings)} fields, "
            f"{plan.duration(plan.time)} in all{word}; it tells no account from another, and not the mean field from a "
            "spin with an anisotropy of its own."
        )


def _exact(part: Array) -> Array:
    """A sine or cosine without the rounding of a multiple of a right angle."""
    return np.where(np.abs(part) < 1e-15, 0.0, part)
