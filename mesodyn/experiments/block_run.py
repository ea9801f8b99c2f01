"""A run in blocks: computed on one core, many, or a cluster; gone on with after an interruption; merged when asked."""

from __future__ import annotations

import math
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesodyn import archive, executor
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import blocks
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.blocks import Partition, Where
from mesodyn.experiments.description import from_description
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.run import VALUE, Run

if TYPE_CHECKING:
    import xarray

    from mesodyn.dynamics.certificate import Certificate
    from mesodyn.figures.style import Figure

MEMORY = 64_000_000
"""How many bytes the records of a block's points may hold."""
LISTED = 10
"""So many missing blocks are named."""
HELD = 2**25
"""How many bytes of joined findings are remembered."""

Progress = Callable[[int, int], None]
"""Told how many blocks are done, and of how many."""
Parts = dict[str, "xarray.Dataset"]
"""What a block holds: its findings, and its record if that is kept."""


def solve(experiment: Experiment, where: Where) -> Parts:
    """The findings at some of an experiment's points, and the record if that is kept."""
    run = Run.of(experiment.taking(where))
    found = {"findings": run.findings_as_dataset().assign_attrs(method=run.method)}
    return found | ({"record": run.record} if experiment.keep == "record" else {})


def partition(experiment: Experiment) -> Partition:
    """The blocks of a run: those of its experiment, or fewer points if their whole records would not fit `MEMORY`."""
    most = experiment.block_points
    if experiment.keep == "record" and len(experiment.places()) > 1:
        free = {name: slice(0, 1) for name in experiment.axes() if name not in experiment.uncut()}
        few = experiment.taking(free)
        most = min(most, int(MEMORY / max(few.record().nbytes, 1) * len(few.places())))
    return blocks.cut(experiment, max(most, 1))


class Store:
    """Where the blocks are: in memory, or in a run folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.parts: dict[int, Parts] = {}

    def put(self, number: int, parts: Parts) -> None:
        """Keep a block."""
        if self.folder is None:
            self.parts[number] = parts
        else:
            archive.write_block(self.folder, number, parts)

    def have(self, count: int) -> list[int]:
        """The blocks that are there, undamaged."""
        return sorted(self.parts) if self.folder is None else archive.whole_blocks(self.folder, count)

    def get(self, number: int, part: str, names: Collection[str] | None = None) -> xarray.Dataset:
        """Some variables, or all, of a block's findings or record."""
        if self.folder is None:
            found = self.parts[number][part]
            return found if names is None else found[[name for name in names if name in found]]
        if names is None:
            return archive.read_block(self.folder, number, part)
        return archive.glimpse(self.folder, number, part, names)

    def about(self, number: int) -> Mapping[str, Mapping[str, Any]]:
        """The attributes of a block's findings."""
        if self.folder is not None:
            return archive.about_block(self.folder, number, "findings")
        return {str(name): found.attrs for name, found in self.parts[number]["findings"].data_vars.items()}

    def all(self, number: int, keep: str) -> Parts:
        """A whole block, of a run that keeps findings or records."""
        return {part: self.get(number, part) for part in ("findings", *(["record"] if keep == "record" else []))}


class Findings(Mapping[str, Finding]):
    """The findings of all blocks, joined when one is asked for; nan where a block is missing."""

    def __init__(self, store: Store, division: Partition, have: list[int], axes: Mapping[str, Any]) -> None:
        self.store, self.division, self.have, self.axes = store, division, have, axes
        self.about: dict[str, Mapping[str, Any]] = {}
        for number in have:
            for name, about in store.about(number).items():
                if "kind" in about:
                    self.about.setdefault(name.removesuffix(VALUE), about)
        self._known: dict[str, Finding] = {}

    def __getitem__(self, name: str) -> Finding:
        if name not in self._known:
            found = self._joined(name)
            size = 3 * found.value.nbytes
            if size * (len(self._known) + 1) <= HELD:
                self._known[name] = found
            return found
        return self._known[name]

    def _joined(self, name: str) -> Finding:
        about = self.about[name]
        names = [f"{name}{VALUE}", name, f"{name}.expected", f"{name}.tolerance"]
        found = blocks.joined({n: self.store.get(n, "findings", names) for n in self.have}, self.division)
        found = found.assign_coords({dim: values for dim, values in self.axes.items() if dim in found.dims})
        value = found[names[0] if names[0] in found else name]
        theory = names[2] in found
        return Finding(
            name,
            about["meaning"],
            value.rename(None).drop_attrs(),
            about["kind"],
            found[names[2]] if theory else None,
            found[names[3]] if theory else 0.0,
            about["equation"],
            about.get("period"),
        )

    def __contains__(self, name: object) -> bool:
        return name in self.about

    def __iter__(self) -> Iterator[str]:
        return iter(self.about)

    def __len__(self) -> int:
        return len(self.about)


class BlockRun(Run):
    """A run of several blocks, whole or not yet; what is read of it is joined when it is asked for."""

    def __init__(self, experiment: Experiment, division: Partition, store: Store) -> None:
        self.experiment, self.division, self.store = experiment, division, store
        self.have = store.have(division.count)
        if not self.have:
            raise InputError("run", "a run with at least one block", Shown("one without"), "go on with --resume")
        self.findings = Findings(store, division, self.have, experiment.axes())  # type: ignore[assignment]
        self._record: xarray.Dataset | None = None

    @property
    def missing(self) -> list[int]:
        """The numbers of the blocks that are not there."""
        return sorted(set(range(self.division.count)) - set(self.have))

    @property
    def record(self) -> xarray.Dataset:  # type: ignore[override]
        """The record of all points if it is kept, else that of the one point that figures show."""
        if self._record is None:
            self._record = self._joined() if self.experiment.keep == "record" else self.experiment.at({})[0].record()
        return self._record

    def _joined(self) -> xarray.Dataset:
        parts = {number: self.store.get(number, "record") for number in self.have}
        return blocks.joined(parts, self.division).assign_coords(self.experiment.axes())

    @property
    def method(self) -> str:
        """How the record was solved."""
        return str(self.store.get(self.have[0], "findings", ()).attrs["method"])

    @cached_property
    def summary(self) -> str:
        """One sentence, and what is missing."""
        lost = self.missing
        if not lost:
            return self.experiment.summary(self.findings)
        names = ", ".join(map(str, lost[:LISTED])) + (", ..." if len(lost) > LISTED else "")
        return f"{len(self.have)} of {self.division.count} blocks are there; missing: {names}. Go on with --resume."

    @cached_property
    def _told(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Every finding as data and as a row of text: read once, for that opens every block."""
        return [(self._data(finding), self._row(finding)) for finding in self.findings.values()]

    @property
    def passed(self) -> bool:
        """Whether no finding fails."""
        return all(row["passed"] is not False for _, row in self._told)

    def as_json(self) -> dict[str, Any]:
        """``{"findings": [...]}`` as the command line prints it."""
        return {"findings": [data for data, _ in self._told]}

    def rows(self) -> list[dict[str, Any]]:
        """The findings as text, a row each."""
        return [row for _, row in self._told]

    def certify(self, *, strict: bool = True) -> Certificate:
        """Certify the one point that figures show; see `Run.certify`."""
        return Run.of(self._one({})[0]).certify(strict=strict)

    def _one(self, at: Mapping[str, float] | None) -> tuple[Experiment, dict[str, float]]:
        """The point that figures show, with the whole of the axes that findings are measured along; where it is."""
        known, whole = self.experiment.axes(), self.experiment.uncut()
        place = self.experiment.at(at or {})[1]
        chosen = {n: int(abs(known[n].values - x).argmin()) for n, x in place.items() if n not in whole}
        return self.experiment.taking(chosen), place

    def drawn(self, at: Mapping[str, float] | None = None) -> dict[str, tuple[Figure, str]]:
        """Findings against the axes, and the figures of one point."""
        from mesodyn.experiments.block_drawing import overview

        one, place = self._one(at)
        where = ", ".join(f"{name} = {value:.6g}" for name, value in place.items() if name not in one.axes())
        single = one.figures(one.record(), {name: place[name] for name in one.axes()})
        return overview(self, place) | {
            name: (figure, f"At {where}: {text}") for name, (figure, text) in single.items()
        }

    def animate(self, path: str | Path, at: Mapping[str, float] | None = None) -> Path:
        """Write the animation of one point."""
        one, place = self._one(at)
        return Run(one, one.record(), {}).animate(path, {name: place[name] for name in one.axes()})

    def described(self) -> dict[str, Any]:
        """What was run, with the blocks."""
        return super().described() | {"blocks": dict(self.division.lengths)}

    def fill(self, place: Path, *, animation: bool = True, at: Mapping[str, float] | None = None) -> None:
        """Write what is made of the blocks into a folder, and the blocks and what was run, if it is a new one."""
        if self.store.folder != place:
            (place / archive.BLOCKS).mkdir()
            for number in self.have:
                archive.write_block(place, number, self.store.all(number, self.experiment.keep))
            archive.write_toml(self.described(), place / archive.TOML)
        archive.write_json(self.as_json(), place / "findings.json")
        if animation and self.experiment.animated:
            self.animate(place / archive.ANIMATION, at)
        self.redraw(place, at)


def compute(
    experiment: Experiment,
    division: Partition,
    store: Store,
    *,
    workers: int = 1,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> BlockRun:
    """Compute the blocks that are not there yet."""
    have = set(store.have(division.count))
    wanted = {number: where for number, where in enumerate(division.blocks) if number not in have}
    done = len(have)

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, division.count)

    def keep(number: int, parts: Parts) -> None:
        store.put(number, parts)
        tell(1)

    tell(0)
    executor.each(solve, experiment, wanted, keep, workers=workers, cluster=cluster)
    return BlockRun(experiment, division, store)


def missing(folder: Path, division: Partition) -> list[int]:
    """The blocks that a run folder lacks, or that are damaged."""
    return sorted(set(range(division.count)) - set(Store(folder).have(division.count)))


def opened(folder: Path, data: Mapping[str, Any]) -> BlockRun:
    """The run in a folder with blocks, whole or not yet; `data` is its description."""
    if (folder / archive.CHECKSUMS).is_file():
        archive.verified(folder, archive.TOML)
    experiment = from_description(data, str(folder / archive.TOML))
    return BlockRun(experiment, blocks.read(experiment, data.get("blocks", {})), Store(folder))


@dataclass(frozen=True)
class Estimate:
    """What a run will take, from one block of it that was computed.

    Attributes
    ----------
    points, blocks
        How many there are.
    seconds
        For one block.
    kept
        Bytes of one block on the disk.
    held
        Bytes of memory of one process; None where the system does not say.
    """

    points: int
    blocks: int
    seconds: float
    kept: int
    held: int | None

    def text(self, workers: int = 1) -> str:
        """A few lines."""
        from mesodyn.experiments.block_drawing import clock, size

        busy = min(workers, self.blocks)
        shared = f"{workers} workers" if workers > 1 else "1 worker"
        time_ = f"{clock(self.seconds * math.ceil(self.blocks / busy))} with {shared}"
        memory = "not known" if self.held is None else f"{size(self.held * (busy + (busy > 1)))}"
        each = "" if self.held is None else f" ({size(self.held)} a process, measured)"
        return "\n".join(
            [
                f"points   {self.points}",
                f"blocks   {self.blocks}",
                f"time     {time_} ({clock(self.seconds)} a block, measured), and the figures",
                f"memory   {memory}{each}",
                f"disk     {size(self.kept * self.blocks)} ({size(self.kept)} a block, measured)",
            ]
        )


def estimate(experiment: Experiment, division: Partition | None = None) -> Estimate:
    """Compute the first block of a run, and say what all of them will take."""
    division = division or partition(experiment)
    solve(experiment, {name: slice(0, 1) for name in division.sizes if name not in experiment.uncut()})  # warms up
    begin = time.perf_counter()
    parts = solve(experiment, division.blocks[0])
    seconds = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / archive.BLOCKS).mkdir()
        archive.write_block(place, 0, parts)
        kept = sum(path.stat().st_size for path in (place / archive.BLOCKS).iterdir())
    return Estimate(division.points, division.count, seconds, kept, _peak())


def _peak() -> int | None:
    """The most memory that this process has held, in bytes."""
    try:
        import resource
    except ImportError:  # there is none on Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
