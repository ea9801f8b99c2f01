"""A plan: what a lab will see, what would look the same, how many shots it takes, and what to improve first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import archive, checks
from mesodyn.errors import InputError, UnfinishedError, one_line
from mesodyn.experiments.description import versions
from mesodyn.planning import deciding, settings, timeline
from mesodyn.planning.budget import Budget, budget
from mesodyn.planning.covering import Covered, covered
from mesodyn.planning.deciding import Demand, Pair
from mesodyn.planning.lab import Lab
from mesodyn.planning.optimise import Optimum, Window, optimum, window
from mesodyn.planning.settings import Input
from mesodyn.planning.signals.base import Seen, Signal
from mesodyn.planning.tolerance import Sobol, Tolerance, sobol, tolerances

if TYPE_CHECKING:
    from mesodyn.figures.style import Figure

CAMPAIGNS = 2000
"""How many campaigns are simulated."""
TOML, LAB, JSON, CSV = "plan.toml", "lab", "plan.json", "timeline.csv"
"""The files of a plan's folder, beside its report."""


@dataclass(frozen=True, repr=False)
class Plan:
    """What `mesodyn.plan` returns.

    Attributes
    ----------
    signal, lab, demand
        What is measured, where, and what is asked of it.
    inputs
        Every number that went in, with its source and confidence.
    seen
        What each account and each null predicts.
    pairs
        Which of them the measurement tells apart, and by how many kept shots.
    needs
        What each rival of the truth asks for, exactly and by the Gaussian rule.
    shots
        Kept shots at each setting that decide against all rivals; None where nothing can be told apart.
    runs, time
        All shots with those that are not kept, and how long they take (base units).
    rates
        Simulated campaigns of so many shots: how many decide rightly, and what is promised.
    coverage
        Simulated analyses of so many shots: how often their interval has the true contrast inside.
    information
        Fisher information of one kept shot, and the quantum limit.
    budget, tolerances, sobol, window, optimum, timeline
        What spoils the signal, how far it may go, what to improve, and what is done when.
    seed
        Of all random numbers.
    given
        The settings, as they were given.
    """

    signal: Signal
    lab: Lab
    demand: Demand
    inputs: tuple[Input, ...]
    seen: Mapping[str, Seen]
    pairs: tuple[Pair, ...]
    needs: tuple[Mapping[str, Any], ...]
    shots: int | None
    runs: int | None
    time: float | None
    rates: tuple[Mapping[str, Any], ...]
    coverage: tuple[Covered, ...]
    information: Mapping[str, float]
    budget: Budget
    tolerances: tuple[Tolerance, ...]
    sobol: Sobol | None
    window: Window | None
    optimum: Optimum | None
    timeline: tuple[timeline.Line, ...]
    seed: int
    given: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Plan({self.signal.experiment}, {self.lab.name}: {self.summary})"

    @property
    def feasible(self) -> bool:
        """Whether the target is met within the time of the plan."""
        return self.time is not None and self.time <= self.demand.time

    @property
    def summary(self) -> str:
        """One sentence: the decision."""
        return self.signal.summary(self)

    def duration(self, value: float | None) -> str:
        """A time as text."""
        if value is None or not math.isfinite(value):
            return "never"
        if self.lab.natural:
            return f"{value:.4g}"
        for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
            if value >= 2 * size or (unit == "h" and value >= size):
                return f"{value / size:.3g} {unit}"
        return f"{value:.3g} s"

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data; numbers in base units, None for what is not finite."""
        values = {name: {"value": s.value[:, 0], "kept": s.kept[:, 0]} for name, s in self.seen.items()}
        values |= {n: {**values[n], "noise": s.noise[:, 0]} for n, s in self.seen.items() if s.noise is not None}
        found = {
            "experiment": self.signal.experiment,
            "lab": self.lab.as_json(),
            "summary": self.summary,
            "target_sigma": self.demand.sigma,
            "feasible": self.feasible,
            "observable": self.signal.observable,
            "settings": self.signal.settings,
            "inputs": self.inputs,
            "accounts_compared": {
                case.name: {"meaning": case.meaning, "null": case.null, **values[case.name]}
                for case in self.signal.cases
            },
            "pairs": self.pairs,
            "statement": self.signal.statement,
            "shots": {"per_setting": self.shots, "all": self.runs, "time": self.time, "needs": self.needs},
            "campaigns": self.rates,
            "simulated_analyses": self.coverage,
            "information": self.information,
            "budget": self.budget,
            "tolerances": self.tolerances,
            "sobol": self.sobol,
            "window": self.window,
            "optimum": self.optimum,
            "timeline": self.timeline,
            "units": "rad/s (energies over ħ), s, rad, 1/s, T" if not self.lab.natural else "natural, ħ = 1",
            "seed": self.seed,
            "versions": versions(),
        }
        plain: dict[str, Any] = _plain(found)
        return plain

    def figures(self) -> dict[str, Figure]:
        """The figures of the report by name."""
        from mesodyn.planning import plan_report

        return {name: figure for name, (figure, _) in plan_report.figures(self).items()}

    def described(self) -> dict[str, Any]:
        """What was planned, as `plan.toml` holds it."""
        found = {"plan": self.signal.experiment, "lab": f"{LAB}/{self.lab.name}.toml", "seed": self.seed}
        return {**found, "target_sigma": self.demand.sigma, "settings": dict(self.given), "versions": versions()}

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the folder, whole or not at all: report, JSON, timeline, figures, and what it takes to plan again.

        Raises
        ------
        InputError
            When the folder exists (without `force`) or can't be written.
        """
        from mesodyn.planning import plan_report

        with archive.new_folder(Path(folder), force=force) as place:
            archive.write_toml(self.described(), place / TOML)
            (place / LAB).mkdir()
            (place / LAB / f"{self.lab.name}.toml").write_text(self.lab.text, encoding="utf-8")
            archive.write_json(self.as_json(), place / JSON)
            timeline.write_csv(self.timeline, place / CSV)
            plan_report.write(self, place)
        return Path(folder)


def plan(
    experiment: str,
    lab: str | Path | Lab,
    target_sigma: float = 5.0,
    out: str | Path | None = None,
    *,
    seed: int = 0,
    force: bool = False,
    **given: Any,
) -> Plan:
    """Plan an experiment in a lab: will it be seen, what would look the same, and how many shots does it take.

    Every signal is simulated: the experiment is run in the lab's numbers under each account and each null.

    Parameters
    ----------
    experiment
        One of `mesodyn.planning.signals.signals()`.
    lab
        A `Lab`, the name of one that comes with mesodyn, or the path of a lab's file.
    target_sigma
        Standard deviations, one-sided, that a wrong claim must be away; 1 to 7.
    out
        A folder to save the plan in; it must not exist, unless `force`.
    seed
        Of the random numbers.
    **given
        The experiment's parameters, the numbers of the apparatus that the measurement uses (``cycle_time``,
        ``readout_error``, ...), and ``time`` (for how long shots can be taken, default 8 hours) and ``power`` (the
        chance of excluding a rival that can only be excluded, default 0.9); in the units of the lab.

    Returns
    -------
    Plan
        With ``.summary``, ``.shots``, ``.pairs``, ``.budget``, ...; ``.save(folder)``.

    Raises
    ------
    InputError
        For an experiment that can't be planned or that the lab doesn't suit, a wrong setting, or one that asks for
        more than the lab can do.
    UnfinishedError
        When the signal can't be computed at a setting; it is named.

    Examples
    --------
    >>> import mesodyn as md
    >>> found = md.plan("two-pi-rotation", "natural")
    >>> found.pairs[0].shots is None  # conserving and superposition
    True
    """
    checks.number("target_sigma", target_sigma, low=1, high=7)
    where = lab if isinstance(lab, Lab) else Lab.load(lab)
    if out is not None:
        archive.refuse_taken(Path(out), force)
    numbers = settings.gathered(experiment, where, target_sigma, given)
    whole = checks.whole("seed", seed)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # solvers check their results themselves
            found = _planned(numbers, where, whole, given)
    except (UnfinishedError, np.linalg.LinAlgError) as error:
        shown = ", ".join(f"{name} = {value}" for name, value in given.items()) or f"the numbers of {where.name}"
        raise UnfinishedError(one_line(f"{experiment} can't be planned with {shown}: {error}")) from None
    if out is not None:
        found.save(out, force=force)
    return found


def load(folder: str | Path) -> Plan:
    """Plan again what a plan's folder (or its ``plan.toml``) describes; every number is the same.

    Raises
    ------
    InputError
        When it is no plan's folder.
    """
    path = Path(folder)
    path = path / TOML if path.is_dir() else path
    data = archive.read_toml(path)
    if not isinstance(data.get("plan"), str) or not isinstance(data.get("lab"), str):
        raise InputError("plan", f"a folder of a plan, or its {TOML}", str(folder), "write plan and lab at its top")
    lab = path.parent / data["lab"] if (path.parent / data["lab"]).is_file() else data["lab"]
    return plan(data["plan"], lab, data.get("target_sigma", 5.0), seed=data.get("seed", 0), **data.get("settings", {}))


def _planned(numbers: settings.Planned, lab: Lab, seed: int, given: Mapping[str, Any]) -> Plan:
    signal, demand = numbers.signal, numbers.demand
    seen = {case.name: signal.see(case, {}) for case in signal.cases}
    truth = seen[signal.truth]
    for name, one in seen.items():
        if not np.isfinite(one.value).any():
            raise UnfinishedError(f"what {name} predicts is no finite number")
    rivals = signal.rivals(truth, seen)
    needs, shots = deciding.recommended(signal, truth, rivals, demand)
    runs = None if shots is None else int(sum(math.ceil(shots / share * (1 - 1e-12)) for share in truth.kept[:, 0]))
    time = None if runs is None else runs * demand.cycle_time
    x, y = signal.mapped()
    reach, costs = signal.reach(), budget(signal)
    ends = {name: (name, *reach[name]) for name in (x, y) if name in reach}
    return Plan(
        signal=signal,
        lab=lab,
        demand=demand,
        inputs=numbers.inputs,
        seen=seen,
        pairs=tuple(deciding.pairs(signal, seen, demand)),
        needs=tuple(needs),
        shots=shots,
        runs=runs,
        time=time,
        rates=tuple(deciding.rates(signal, truth, rivals, shots, demand, CAMPAIGNS, seed)),
        coverage=tuple(covered(signal, truth, shots, seed)),
        information=signal.information(),
        budget=costs,
        tolerances=tuple(tolerances(signal, seen, demand, time)),
        sobol=sobol(signal, costs, seed),
        window=window(signal, seen, demand, ends[x], ends[y]) if len(ends) == 2 else None,
        optimum=optimum(signal, seen, demand, reach, seed),
        timeline=tuple(timeline.timeline(signal, demand.cycle_time)),
        seed=seed,
        given=dict(given),
    )


def _plain(value: Any) -> Any:
    """Numbers, texts, lists and tables; None for what is not finite."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
