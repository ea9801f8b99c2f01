"""What every experiment is: parameters, accounts, a protocol, a record, findings, drawings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mesodyn import axes, checks, units
from mesodyn.accounts import ACCOUNTS, check_account
from mesodyn.errors import InputError
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter, Values, resolve
from mesodyn.experiments.reserved import RESERVED

if TYPE_CHECKING:
    import xarray

    from mesodyn.dynamics.protocol import Protocol
    from mesodyn.experiments.run import Run
    from mesodyn.figures.style import Figure
    from mesodyn.systems.base import System

MOMENTS = 101
FRAMES = 120
FROZEN = 0.2
"""The largest share of the level spacing at which a dot counts as frozen in one orbital state."""
KEEP = ("findings", "record")


@dataclass(frozen=True)
class Scale:
    """How numbers of one kind are drawn: divide by `factor`, write `label` at the axis."""

    factor: float
    label: str


class Experiment(ABC):
    """A question with its parameters; `run` answers it.

    Make one by `mesodyn.experiment`. A subclass says what its parameters and accounts are, what is evolved, what is
    measured, and how it is drawn.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    meaning: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    accounts: ClassVar[tuple[str, ...]] = tuple(ACCOUNTS)
    account_reason: ClassVar[str] = ""
    scale: ClassVar[str] = "tunnelling"
    """The energy that the defaults are multiples of when values carry units."""
    animated: ClassVar[bool] = True
    """Whether something moves."""
    frame_axis: ClassVar[tuple[str, float]] = ("", 0.0)
    """Which axis an animation takes a point from, and the value it looks for."""

    block_points: ClassVar[int] = 8192
    """At most how many points a block of a large run has: a few seconds' work."""

    keep: str = "findings"
    """``findings``: a run with axes records the ends of the segments only; ``record``: every moment."""
    method: str = "auto"
    """How the record is solved; what it can be depends on the experiment."""
    tolerance: float = 1e-9
    """Largest error of the record's solvers."""
    whole: Experiment | None = None
    """The run that this is a part of, if it is."""
    _places: NDArray[np.int64] | None = None
    sector: int | str | None = None
    """``each``: the start is taken apart by its total number and each part evolved by itself; a number: that part."""
    second_method: ClassVar[str | None] = None
    """Another method for the record, by which a certificate checks the first; None where nothing is integrated."""

    def __init__(self, given: Mapping[str, Any], *, seed: int = 0, quick: bool = False) -> None:
        if not self.accounts and "account" in given:
            raise InputError("account", "left out here", given["account"], self.account_reason)
        self.values: Values = resolve(self.parameters, given, self.scale)
        self.account = self.values.resolved.get("account", "")
        if self.accounts:
            check_account(self.account, self.accounts, self.account_reason)
        self.seed = checks.whole("seed", seed)
        if not isinstance(quick, bool):
            raise InputError("quick", "True or False", quick)
        self.quick = quick
        self._check_names()
        self.check()

    def _check_names(self) -> None:
        """Refuse an axis that is called as something in a record."""
        own = {parameter.name for parameter in self.parameters}
        for name in self.axes():
            if name in RESERVED - own:
                must = "called otherwise than what a record holds"
                raise InputError("axis", must, name, "give the axis another name")

    def check(self) -> None:  # noqa: B027 (most experiments have nothing to add)
        """Refuse combinations of values that make no sense, before any solving."""

    @abstractmethod
    def record(self) -> xarray.Dataset:
        """Evolve, and return what was recorded."""

    @abstractmethod
    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """Measure the record."""

    @abstractmethod
    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """Draw the record: figures with their captions, by name."""

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """What `mesodyn.figures.animation.animate` needs: panels, frames, captions."""
        raise InputError("experiment", "one in which something moves", self.name, "look at its figures")

    @abstractmethod
    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence that says what was found."""

    def run(
        self,
        out: Any = None,
        *,
        workers: int = 1,
        cluster: str | None = None,
        resume: bool = False,
        keep: str | None = None,
        force: bool = False,
    ) -> Run:
        """Run the experiment.

        Many points are done in blocks of the axes. The blocks do not depend on the workers, and no result does.

        Parameters
        ----------
        out
            A folder to save the run in; it must not exist unless `force` or `resume`.
        workers
            How many processes share the blocks.
        cluster
            ``"local"``, or the address of a Dask scheduler that has the blocks done.
        resume
            Whether a run of blocks that was interrupted in `out` is gone on with; damaged blocks are made again.
        keep
            ``"findings"`` (the default): with axes, the record holds the ends of the segments only (in blocks: one
            point), and figures and animations evolve the point that they show anew; ``"record"``: every moment of
            every point.
        force
            Whether a folder that exists is replaced.

        Returns
        -------
        Run
            With ``.record``, ``.findings``, ``.figures()``, ``.animate(path)``, ``.save(folder)``.

        Raises
        ------
        InputError
            For a number of workers below 1, `resume` without `out`, or a folder that can't be used.
        UnfinishedError
            When blocks could not be computed; the others stay in `out`.
        """
        from mesodyn.experiments.running import Job, run

        return run(Job(self.keeping(keep or self.keep), workers, cluster), out, resume=resume, force=force)

    def keeping(self, keep: str) -> Experiment:
        """The same experiment, keeping ``"findings"`` or the whole ``"record"``."""
        found = self.changed()
        found.keep = checks.choice("keep", keep, KEEP)
        return found

    def solving(self, method: str | None = None, tolerance: float | None = None) -> Experiment:
        """The same experiment, its record solved by another method or to another tolerance."""
        found = self.changed()
        found.method, found.tolerance = method or self.method, tolerance or self.tolerance
        return found

    def in_sector(self, sector: int | str | None) -> Experiment:
        """The same experiment, its start taken apart by the total number (``each``) or projected on one."""
        found = self.changed()
        found.sector = sector
        return found

    def evolved(self, system: System, protocol: Protocol, **options: Any) -> xarray.Dataset:
        """What `mesodyn.evolve` returns, or the same by sectors of the total number."""
        from mesodyn.dynamics.evolve import evolve
        from mesodyn.dynamics.sectors import evolve_in_sectors

        if self.sector is None:
            return evolve(system, protocol, **options)
        total = self.sector if isinstance(self.sector, int) else None
        return evolve_in_sectors(system, protocol, total=total, **options)

    def evolution(self) -> tuple[System, Protocol, Mapping[str, Any]] | None:
        """What `mesodyn.evolve` is given for the record: system, protocol, options; None where it is not asked.

        A certificate looks at what this evolution has to conserve.
        """
        return None

    def enlarged(self) -> Experiment | None:
        """The same experiment with more basis states, where its basis is cut off; None where it is complete."""
        return None

    def comparable(self, record: xarray.Dataset) -> xarray.Dataset:
        """What a certificate compares of two records: all of it, unless a list of outcomes may be cut otherwise."""
        return record

    def uncut(self) -> tuple[str, ...]:
        """The axes that findings are measured along: no block ends on them."""
        return ()

    def axes(self) -> dict[str, xarray.DataArray]:
        """The axes of all parameters, by name."""
        flat: dict[str, Any] = {}
        for name, value in self.values.resolved.items():
            parts = value if isinstance(value, tuple) else (value,)
            flat |= {f"{name} {k}" if k else name: part for k, part in enumerate(parts) if hasattr(part, "dims")}
        return axes.broadcast_axes(flat)

    def at(self, point: Mapping[str, float]) -> tuple[Experiment, dict[str, float]]:
        """The experiment at one point of its axes, and where that is.

        On each axis the value nearest to that of `point` is taken, else to that of `frame_axis`, else the middle.
        """
        place: dict[str, float] = {}
        chosen: dict[str, Any] = {}
        known = self.axes()
        for name in point:
            if name not in known:
                was = ", ".join(known) or "none: no parameter is an axis"
                raise InputError("frame-at", f"the name of an axis ({was})", name, "leave it out, or name an axis")
        for name, coordinate in known.items():
            wanted = point.get(name, self.frame_axis[1] if name == self.frame_axis[0] else None)
            values = coordinate.values
            chosen[name] = len(values) // 2 if wanted is None else int(abs(values - wanted).argmin())
            place[name] = float(values[chosen[name]])
        return self.taking(chosen), place

    def taking(self, chosen: Mapping[str, Any]) -> Experiment:
        """The experiment at some places of its axes: an index, which ends the axis, or a slice of it.

        It knows which points of the whole run these are; see `places`.
        """
        found = self.changed(**{name: _at(value, chosen) for name, value in self.values.resolved.items()})
        found.whole = self.whole or self
        sizes = [len(coordinate) for coordinate in self.axes().values()]
        index = self.places().reshape(sizes)[tuple(chosen.get(name, slice(None)) for name in self.axes())]
        found._places = index.ravel()
        return found

    def places(self) -> NDArray[np.int64]:
        """The index (points,) of each point in the whole run: what random numbers are drawn by."""
        count = int(np.prod([len(coordinate) for coordinate in self.axes().values()], dtype=int))
        known = self._places
        return known if known is not None and len(known) == count else np.arange(count)

    def labelled_places(self) -> xarray.DataArray:
        """The same along the axes."""
        import xarray

        grid = self.axes()
        return xarray.DataArray(axes.unflatten(self.places(), grid), grid, tuple(grid))

    def anywhere(self, name: str) -> bool:
        """Whether a number is other than 0 at any point of the whole run: what all points have to have in common."""
        return bool(np.any(np.asarray((self.whole or self).values[name]) != 0))

    def flat_values(self) -> dict[str, Any]:
        """The values by name: numbers as arrays over all points (of length 1 without axes), choices as they are."""
        grid = self.axes()

        def flat(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(flat(part) for part in value)
            return value if value is None or isinstance(value, str) else axes.flatten(value, grid)

        return {name: flat(value) for name, value in self.values.resolved.items()}

    def flat(self, variable: xarray.DataArray) -> Any:
        """A variable of the record as an array (moment, points, ...) or (points, ...)."""
        grid = self.axes()
        front = [name for name in ("moment",) if name in variable.dims]
        missing = {name: values for name, values in grid.items() if name not in variable.dims}
        array = variable.expand_dims(missing).transpose(*front, *grid, ...).values
        kept = array.shape[: len(front)]
        return array.reshape(*kept, -1, *array.shape[len(front) + len(grid) :])

    def finding(
        self,
        name: str,
        meaning: str,
        value: Any,
        unit: str = "",
        expected: Any = None,
        tolerance: Any = 0.0,
        equation: str = "",
        period: float | None = None,
    ) -> Finding:
        """A finding from arrays over the points."""
        import xarray

        grid = self.axes()

        def labelled(array: Any) -> xarray.DataArray:
            full = np.broadcast_to(np.asarray(array, float), np.shape(value))
            return xarray.DataArray(axes.unflatten(full, grid), dims=tuple(grid), coords=grid)

        if period is not None and expected is not None:
            expected = value + (expected - value + period / 2) % period - period / 2
        theory = None if expected is None else labelled(np.where(np.isfinite(tolerance), expected, np.nan))
        return Finding(name, meaning, labelled(value), unit, theory, labelled(tolerance), equation, period)

    def frozen(self, share: Any) -> Finding:
        """How far the trap is from the paper's defining condition: T and T_c far below the level spacing."""
        text = f"the larger of kT and the system's own scale over the level spacing; above {FROZEN} the model fails"
        return self.finding("frozen", text, share, "", np.zeros_like(share), FROZEN, "T, T_c ≪ δε (Sec. 2)")

    def norm(self, record: xarray.Dataset, rounding: Any = 0.0) -> Finding:
        """The norm of an evolution, which every record is checked for."""
        trace = 1 + np.abs(self.flat(record.norm) - 1).max(axis=0)
        text = "trace of the state, furthest from 1"
        return self.finding("norm", text, trace, "", np.ones_like(trace), 1e-9 + rounding, "trace")

    def changed(self, **changes: Any) -> Experiment:
        """The same experiment with some resolved values replaced (for nulls and comparisons)."""
        found = object.__new__(type(self))
        found.__dict__.update(self.__dict__)
        found.values = Values({**self.values.resolved, **changes}, self.values.given, self.values.natural)
        found.account = found.values.resolved.get("account", "")
        found.whole = self.whole and self.whole.changed(**changes)
        return found

    @property
    def moments(self) -> int:
        """How many moments a segment has."""
        return (MOMENTS - 1) // 4 + 1 if self.quick else MOMENTS

    @property
    def ends_only(self) -> bool:
        """Whether only the ends of the segments are recorded."""
        return self.keep == "findings" and bool(self.axes())

    @property
    def frames(self) -> int:
        """How many frames an animation has."""
        return FRAMES // 4 if self.quick else FRAMES

    def scaled(self, kind: str, symbol: str, sample: float) -> Scale:
        """How to draw numbers of a kind, chosen for values of about the size of `sample`."""
        if kind == "angle":
            return Scale(1.0, f"{symbol} (rad)")
        if self.is_natural(kind):
            return Scale(1.0, symbol)
        text = units.show(abs(sample) or 1.0, kind, natural=False)
        unit = text.split(" ", 1)[1]
        over = "/h" if kind == "energy" else ""
        return Scale(units.quantity(f"1 {unit}", kind), f"{symbol}{over} ({unit})")

    def shown(self, kind: str, value: float) -> str:
        """A number of a kind as text, with its unit."""
        if kind in units.KINDS:
            return units.show(value, kind, natural=self.is_natural(kind))
        return f"{value:.10g}"

    def unit(self, kind: str) -> str:
        """The unit in which numbers of a kind stand in records and findings."""
        if kind == "angle":
            return "rad"
        if kind not in units.KINDS:
            return "1"
        return "natural" if self.is_natural(kind) else str(units.KINDS[kind].base)

    def is_natural(self, kind: str) -> bool:
        """Whether numbers of a kind are in natural units: never angles, and what else has a unit of its own."""
        return self.values.natural and kind not in units.NEVER_NATURAL


def _at(value: Any, chosen: Mapping[str, Any]) -> Any:
    """A value at some places of its axes; a number where no axis is left."""
    if isinstance(value, tuple):
        return tuple(_at(part, chosen) for part in value)
    if not hasattr(value, "dims"):
        return value
    found = value.isel({name: where for name, where in chosen.items() if name in value.dims})
    return found if found.dims else found.item()
