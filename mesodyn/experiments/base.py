"""What every experiment is: parameters, accounts, a protocol, a record, findings, drawings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mesodyn import checks, units
from mesodyn.accounts import ACCOUNTS, check_account
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter, Values, resolve

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from mesodyn.experiments.run import Run

MOMENTS = 101
FRAMES = 120


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
    frame_axis: ClassVar[tuple[str, float]] = ("", 0.0)
    """Which axis an animation takes a point from, and the value it looks for."""

    def __init__(self, given: Mapping[str, Any], *, seed: int = 0, quick: bool = False) -> None:
        self.values: Values = resolve(self.parameters, given, self.scale)
        self.account = check_account(self.values["account"], self.accounts, self.account_reason)
        self.seed = checks.whole("seed", seed)
        self.quick = quick
        self.check()

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

    @abstractmethod
    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """What `mesodyn.figures.animation.animate` needs: panels, frames, captions."""

    @abstractmethod
    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence that says what was found."""

    def run(self, out: Any = None, force: bool = False) -> Run:
        """Run the experiment.

        Parameters
        ----------
        out
            A folder to save the run in; it must not exist unless `force`.
        force
            Whether a folder that exists is replaced.

        Returns
        -------
        Run
            With ``.record``, ``.findings``, ``.figures()``, ``.animate(path)``, ``.save(folder)``.
        """
        from mesodyn.experiments.run import Run

        run = Run.of(self)
        if out is not None:
            run.save(out, force=force)
        return run

    def changed(self, **changes: Any) -> Experiment:
        """The same experiment with some resolved values replaced (for nulls and comparisons)."""
        found = object.__new__(type(self))
        found.__dict__.update(self.__dict__)
        found.values = Values({**self.values.resolved, **changes}, self.values.given, self.values.natural)
        found.account = found.values["account"]
        return found

    @property
    def moments(self) -> int:
        """How many moments a segment has."""
        return (MOMENTS - 1) // 4 + 1 if self.quick else MOMENTS

    @property
    def frames(self) -> int:
        """How many frames an animation has."""
        return FRAMES // 4 if self.quick else FRAMES

    def scaled(self, kind: str, symbol: str, sample: float) -> Scale:
        """How to draw numbers of a kind, chosen for values of about the size of `sample`."""
        if kind == "angle":
            return Scale(1.0, f"{symbol} (rad)")
        if self.values.natural:
            return Scale(1.0, symbol)
        text = units.show(abs(sample) or 1.0, kind, natural=False)
        unit = text.split(" ", 1)[1]
        over = "/h" if kind == "energy" else ""
        return Scale(units.quantity(f"1 {unit}", kind), f"{symbol}{over} ({unit})")

    def shown(self, kind: str, value: float) -> str:
        """A number of a kind as text, with its unit."""
        if kind in units.KINDS:
            return units.show(value, kind, natural=self.values.natural and kind != "angle")
        return f"{value:.10g}"

    def unit(self, kind: str) -> str:
        """The unit in which numbers of a kind stand in records and findings."""
        if kind == "angle":
            return "rad"
        if kind not in units.KINDS:
            return "1"
        return "natural" if self.values.natural else str(units.KINDS[kind].base)


def chosen(record: xarray.Dataset, at: Mapping[str, float], prefer: tuple[str, float]) -> xarray.Dataset:
    """One point of a record: on each axis the value nearest to `at`, else to `prefer`, else the middle."""
    own = {"moment", "component", "trap", "row", "column", "edge", "outcome", "part"}
    point: dict[str, Any] = {}
    for name in record.dims:
        if name in own:
            continue
        values = record[name].values
        wanted = at.get(str(name), prefer[1] if name == prefer[0] else None)
        point[str(name)] = len(values) // 2 if wanted is None else int(abs(values - wanted).argmin())
    return record.isel(point)
