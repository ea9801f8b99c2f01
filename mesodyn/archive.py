"""Run folders: plain data in, whole folders out, and back."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesodyn.errors import InputError, Shown, UnfinishedError

if TYPE_CHECKING:
    import xarray

CHECKSUMS = "checksums.txt"
TOML = "run.toml"
ANIMATION = "animation.gif"
BLOCKS = "blocks"
"""The folder of the blocks in a run folder."""
WRITING = ".writing-"
"""What marks a folder as one that a process is writing; the process' number follows."""


def next_free(parent: Path, name: str) -> Path:
    """The first of ``parent/name-001``, ``-002``, ... that does not exist."""
    number = 1
    while (found := parent / f"{name}-{number:03d}").exists() or _being_made(found):
        number += 1
    return found


@contextlib.contextmanager
def new_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder that takes the place of `folder` when the block ends, whole or not at all.

    Raises
    ------
    InputError
        When `folder` exists (without `force`) or can't be made.
    UnfinishedError
        When the disk refuses while the block writes.
    """
    place, new = folder.resolve(), list[Path]()
    partial = place.parent / f".{place.name}.partial-{os.getpid()}"
    try:
        refuse_taken(folder, force)
        new = [parent for parent in place.parents if not parent.exists()]
        place.parent.mkdir(parents=True, exist_ok=True)
        _clear_stale(place)
        partial.mkdir()
    except OSError as error:
        _remove_empty(new)
        way = "choose a folder that can be written"
        raise InputError("out", "a writable folder", Shown(f"{folder} ({error.strerror})"), way) from None
    try:
        yield partial
        _put_in_place(partial, place)
    except OSError as error:
        why = error.strerror or error
        raise UnfinishedError(f"{folder} could not be written ({why}); nothing was left there") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _remove_empty(new)


def refuse_taken(folder: Path, force: bool) -> None:
    """Refuse a file, and a folder unless it may be replaced; one with other things in it is never replaced."""
    if folder.exists() and not folder.is_dir():
        raise InputError("out", "a folder", str(folder), "that is a file; choose another name")
    if folder.exists() and not force:
        raise InputError("out", "a folder that does not exist yet", str(folder), "choose another, or add --force")
    if folder.exists() and _others(folder) and not any((folder / name).exists() for name in (CHECKSUMS, TOML)):
        must = "a run folder or an empty one to be replaced"
        raise InputError("out", must, str(folder), "other things are in it; choose another")


def _others(folder: Path) -> list[Path]:
    """What is in a folder, but for what a run killed in its first moments may have left there."""
    return [path for path in folder.iterdir() if not path.name.startswith((WRITING, f".{TOML}.", BLOCKS))]


def _remove_empty(folders: list[Path]) -> None:
    """Remove the folders, innermost first, in which nothing is."""
    with contextlib.suppress(OSError):
        for folder in folders:
            folder.rmdir()


def _clear_stale(folder: Path) -> None:
    """Remove what killed runs have left beside `folder`."""
    for kind in ("partial", "replaced"):
        for left in folder.parent.glob(f".{glob.escape(folder.name)}.{kind}-*"):
            if not _of_living(left):
                shutil.rmtree(left, ignore_errors=True)


def _being_made(folder: Path) -> bool:
    """Whether another process is writing what will be `folder`."""
    return any(map(_of_living, folder.parent.glob(f".{glob.escape(folder.name)}.partial-*")))


def _of_living(partial: Path) -> bool:
    number = partial.name.rpartition("-")[2]
    return number.isdigit() and _alive(int(number))


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()


def seal(folder: Path) -> list[Path]:
    """Write the checksums of all files of a folder, and return the files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != CHECKSUMS)
    files = [path for path in files if not path.name.startswith(WRITING)]
    lines = [f"{_digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    write_whole(folder / CHECKSUMS, lambda path: path.write_text("".join(lines), encoding="utf-8"))
    return [*files, folder / CHECKSUMS]


def _put_in_place(partial: Path, folder: Path) -> None:
    """Write checksums, bring everything to the disk, and rename."""
    for path in [*seal(partial), partial]:
        _to_disk(path)
    if folder.exists():
        old = partial.with_name(partial.name.replace(".partial-", ".replaced-"))
        os.replace(folder, old)
        try:
            os.replace(partial, folder)
        except OSError:
            os.replace(old, folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.replace(partial, folder)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_dataset(dataset: xarray.Dataset, path: Path) -> None:
    """One NetCDF4 file; complex numbers are kept exactly."""
    try:
        dataset.to_netcdf(path, engine="netcdf4", auto_complex=True)
    except RuntimeError as error:  # what HDF5 says when the disk is full
        raise UnfinishedError(f"{path.name} could not be written ({error}); nothing was left there") from error


def write_json(data: Any, path: Path) -> None:
    """One JSON file."""
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_toml(data: Mapping[str, Any], path: Path) -> None:
    """One TOML file."""
    import tomli_w

    path.write_text(tomli_w.dumps(data), encoding="utf-8")


def verified(folder: Path, name: str) -> Path:
    """The path of a file of a run folder, its checksum verified.

    Raises
    ------
    InputError
        When the file is missing or damaged.
    """
    path, sums = folder / name, folder / CHECKSUMS
    for needed in (path, sums):
        if not needed.is_file():
            raise InputError("run", f"a whole run folder, with {needed.name}", str(folder), "run it again")
    lines = sums.read_text(encoding="utf-8", errors="replace").splitlines()
    known = {line.partition("  ")[2]: line.partition("  ")[0] for line in lines}
    if known.get(name) != _digest(path):
        way = f"its checksum is not the one in {CHECKSUMS}; run it again (mesodyn run {folder})"
        raise InputError(name, "undamaged", Shown(f"damaged or changed in {folder}"), way)
    return path


def read_dataset(folder: Path, name: str) -> xarray.Dataset:
    """A NetCDF file of a run folder, its checksum verified.

    Raises
    ------
    InputError
        When the file is missing or damaged.
    """
    import xarray

    path = verified(folder, name)
    with xarray.open_dataset(path, engine="netcdf4", auto_complex=True) as opened:
        return opened.load()


def read_toml(path: Path) -> Mapping[str, Any]:
    """A TOML file.

    Raises
    ------
    InputError
        When it is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError("run", "a TOML file or a run folder", str(path), "no such file") from None
    except OSError as error:
        raise InputError("run", "a file that can be read", Shown(f"{path} ({error.strerror})")) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("run", "a valid TOML file", Shown(f"{path} ({error})"), "mend or delete that line") from None


# -- blocks of a run that is too large for one piece ------------------------------------------------------------------


@contextlib.contextmanager
def growing_folder(folder: Path, *, force: bool = False, resume: bool = False) -> Iterator[Path]:
    """A run folder that grows block by block: it stays when the work is interrupted, and can be gone on with.

    Raises
    ------
    InputError
        When `folder` exists (without `force` or `resume`), can't be made, or another process is writing it.
    UnfinishedError
        When the disk refuses while the work goes on; what is there stays.
    """
    place = folder.resolve()
    mark = place / f"{WRITING}{os.getpid()}"
    try:
        refuse_taken(folder, force or resume)
        place.mkdir(parents=True, exist_ok=force or resume)
        _claim(place, mark)
        if not resume:
            _clear(place, mark)
        (place / BLOCKS).mkdir(exist_ok=True)
    except OSError as error:
        way = "choose a folder that can be written"
        raise InputError("out", "a writable folder", Shown(f"{folder} ({error.strerror})"), way) from None
    try:
        yield place
    except OSError as error:
        why = error.strerror or error
        raise UnfinishedError(f"{folder} could not be written ({why}); its blocks stay: go on with --resume") from error
    finally:
        mark.unlink(missing_ok=True)


def _claim(place: Path, mark: Path) -> None:
    """Say that this process writes the folder; refuse when another one that lives does. Clear what the dead left."""
    mark.write_text("", encoding="utf-8")
    for other in place.glob(f"{WRITING}*"):
        if _of_living(other):
            mark.unlink()
            was = Shown(f"{place}, which process {other.name.removeprefix(WRITING)} writes")
            raise InputError("out", "a folder that no other process writes", was, "wait, or choose another")
    for left in place.rglob(".*"):
        if left != mark and left.is_file():
            left.unlink()


def _clear(place: Path, mark: Path) -> None:
    for path in place.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != mark:
            path.unlink()


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write a file under another name, bring it to the disk, and rename it."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(partial)
        _to_disk(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _block(folder: Path, number: int) -> Path:
    return folder / BLOCKS / f"{number:06d}.nc"


def write_block(folder: Path, number: int, parts: Mapping[str, xarray.Dataset]) -> None:
    """Write the datasets of one block and then its checksum: it counts when both are there and agree.

    Raises
    ------
    UnfinishedError
        When the disk refuses.
    """
    path = _block(folder, number)
    try:
        write_whole(path, lambda where: _write_groups(parts, where))
        text = _digest(path) + "\n"
        write_whole(path.with_suffix(".sha256"), lambda where: where.write_text(text, encoding="utf-8"))
    except (OSError, RuntimeError) as error:  # a RuntimeError is what HDF5 says when the disk is full
        why = getattr(error, "strerror", None) or error
        raise UnfinishedError(
            f"block {number} could not be written into {folder} ({why}); those before it stay: go on with --resume"
        ) from error


def _write_groups(parts: Mapping[str, xarray.Dataset], path: Path) -> None:
    for name, part in parts.items():
        part.to_netcdf(path, mode="a" if path.exists() else "w", group=name, engine="netcdf4", auto_complex=True)


def whole_blocks(folder: Path, count: int) -> list[int]:
    """The numbers below `count` of the blocks that are there and undamaged."""
    return [number for number in range(count) if _is_whole(_block(folder, number))]


def _is_whole(path: Path) -> bool:
    noted = path.with_suffix(".sha256")
    if not path.is_file() or not noted.is_file():
        return False
    return noted.read_text(encoding="utf-8", errors="replace").strip() == _digest(path)


def read_block(folder: Path, number: int, part: str) -> xarray.Dataset:
    """One dataset of a block."""
    import xarray

    with xarray.open_dataset(_block(folder, number), group=part, engine="netcdf4", auto_complex=True) as opened:
        return opened.load()


def glimpse(folder: Path, number: int, part: str, names: Collection[str]) -> xarray.Dataset:
    """Some real variables of one dataset of a block, in a tenth of the time of `read_block`."""
    import netCDF4
    import xarray

    found: dict[str, Any] = {}
    with netCDF4.Dataset(_block(folder, number)) as opened:
        group = opened[part]
        group.set_auto_maskandscale(False)
        for name in names:
            if name in group.variables:
                labels = [dim for dim in group[name].dimensions if dim in group.variables]
                found |= {
                    each: (group[each].dimensions, group[each][...], _about(group[each])) for each in (name, *labels)
                }
        return xarray.Dataset(found, attrs=_about(group))


def about_block(folder: Path, number: int, part: str) -> dict[str, dict[str, Any]]:
    """The attributes of the variables of one dataset of a block."""
    import netCDF4

    with netCDF4.Dataset(_block(folder, number)) as opened:
        return {name: _about(variable) for name, variable in opened[part].variables.items()}


def _about(thing: Any) -> dict[str, Any]:
    return {key: thing.getncattr(key) for key in thing.ncattrs() if key != "_FillValue"}
