"""From an experiment to its run: in one piece, or in blocks that can be shared and gone on with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesodyn import archive, checks
from mesodyn.errors import InputError, Shown
from mesodyn.experiments import block_run, blocks
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.blocks import Partition
from mesodyn.experiments.description import described, from_description, versions
from mesodyn.experiments.run import Run, load


@dataclass(frozen=True)
class Job:
    """What is run, on how many workers, and what of it is drawn.

    Parameters
    ----------
    experiment
        With its `keep`.
    workers, cluster
        See `Experiment.run`.
    division
        The blocks, where they are known already.
    progress
        Told how many blocks are done, and of how many.
    animation, at
        See `Run.save`.
    """

    experiment: Experiment
    workers: int = 1
    cluster: str | None = None
    division: Partition | None = None
    progress: block_run.Progress | None = None
    animation: bool = True
    at: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks.whole("workers", self.workers, low=1)

    def fill(self, run: Run, place: Path) -> None:
        """Write the run's files into a folder."""
        run.fill(place, animation=self.animation, at=self.at)

    def compute(self, division: Partition, store: block_run.Store) -> block_run.BlockRun:
        """Compute the blocks that `store` lacks."""
        return block_run.compute(
            self.experiment, division, store, workers=self.workers, cluster=self.cluster, progress=self.progress
        )


def run(job: Job, out: Any = None, *, resume: bool = False, force: bool = False) -> Run:
    """Run a job; see `Experiment.run`."""
    folder = None if out is None else Path(out)
    if resume and folder is None:
        raise InputError("out", "given with resume", Shown("not given"), "name the folder of the run")
    if resume and folder is not None and (folder / archive.TOML).is_file():
        return _gone_on(job, folder)
    division = job.division or block_run.partition(job.experiment)
    if division.count > 1:
        return _in_blocks(job, division, folder, force=force, resume=resume)
    if folder is None:
        return Run.of(job.experiment)
    with archive.new_folder(folder, force=force) as place:
        found = Run.of(job.experiment)
        job.fill(found, place)
    return found


def _in_blocks(job: Job, division: Partition, folder: Path | None, *, force: bool, resume: bool) -> Run:
    """Compute all blocks, in memory or in a folder that keeps what is done."""
    if folder is None:
        return job.compute(division, block_run.Store())
    with archive.growing_folder(folder, force=force, resume=resume) as place:
        text = described(job.experiment) | {"blocks": dict(division.lengths)}
        archive.write_whole(place / archive.TOML, lambda path: archive.write_toml(text, path))
        return _finished(job, division, place)


def _finished(job: Job, division: Partition, place: Path) -> Run:
    """Compute what is missing in a folder, and make it whole."""
    (place / archive.CHECKSUMS).unlink(missing_ok=True)
    found = job.compute(division, block_run.Store(place))
    job.fill(found, place)
    archive.seal(place)
    return found


def _gone_on(job: Job, folder: Path) -> Run:
    """Go on with the run in a folder, if it is the same run."""
    data = archive.read_toml(folder / archive.TOML)
    there = from_description(data, str(folder / archive.TOML))
    for what, mine, other in _told_apart(job.experiment, there):
        must = f"the {what} of the run that is gone on with ({_brief(other)} in {folder})"
        raise InputError(what, must, Shown(_brief(mine)), "name another folder with --out")
    if not (folder / archive.BLOCKS).is_dir():
        return load(folder)
    division = blocks.read(there, data.get("blocks"))
    if (folder / archive.CHECKSUMS).is_file() and not block_run.missing(folder, division):
        return load(folder)
    for name, version in versions().items():
        if (old := data.get("versions", {}).get(name, version)) != version:
            must = f"{old}, with which {folder} was begun: other versions may give other bits"
            raise InputError(f"the version of {name}", must, Shown(version), "install that, or use another folder")
    with archive.growing_folder(folder, resume=True) as place:
        return _finished(job, division, place)


def _told_apart(mine: Experiment, there: Experiment) -> Iterator[tuple[str, Any, Any]]:
    """What differs between two experiments: its name, and both values."""
    for what in ("name", "account", "seed", "quick", "keep"):
        if getattr(mine, what) != getattr(there, what):
            yield "experiment" if what == "name" else what, getattr(mine, what), getattr(there, what)
            return
    for name, value in mine.values.resolved.items():
        if not _same(value, there.values[name]):
            yield name, value, there.values[name]
            return


def _same(one: Any, other: Any) -> bool:
    """Whether two values of a parameter are the same, their axes too."""
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return all(map(_same, one, other))
    if hasattr(one, "equals") and hasattr(other, "equals"):
        return bool(one.equals(other))
    return not hasattr(one, "equals") and not hasattr(other, "equals") and bool(one == other)


def _brief(value: Any) -> str:
    if hasattr(value, "dims"):
        return f"{value.size} values from {float(value.min()):.6g} to {float(value.max()):.6g}"
    return str(value)
