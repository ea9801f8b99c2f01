"""The command line: parse, call, print. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesodyn.audit import commands as auditing
from mesodyn.columns import aligned
from mesodyn.errors import InputError, MesodynError, Shown, one_line
from mesodyn.planning import commands as planning

if TYPE_CHECKING:
    from mesodyn.experiments.base import Experiment
    from mesodyn.experiments.blocks import Partition
    from mesodyn.experiments.run import Run

WIDTH = 100
"""Columns of a paragraph."""
EVERY = 10.0
"""Seconds between two lines on how far a run is."""
FAILED_CERTIFICATE = 1
FAILED_FINDING = 3
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mesodyn")
def program() -> None:
    """Simulate small systems in superpositions of particle numbers.

    What an apparatus shows, and what it would show if the superposition were not there.
    """


@program.command("list")
def list_experiments() -> None:
    """List the experiments."""
    from mesodyn.experiments import experiments, kind_of

    for name in experiments():
        click.echo(f"{name:22} {kind_of(name).title}")


@program.command()
@click.argument("name")
@click.option("--toml", is_flag=True, help="Print a file to edit and run.")
def show(name: str, toml: bool) -> None:
    """Show an experiment's parameters with unit, range, default and meaning."""
    from mesodyn.experiments import kind_of

    kind = kind_of(name)
    if toml:
        click.echo(_template(kind), nl=False)
        return
    click.echo(f"{kind.title}\n\n{click.wrap_text(kind.meaning, WIDTH)}\n")
    rows = [(p.name, p.kind, p.unit, p.range, p.default_text, p.meaning) for p in kind.parameters]
    click.echo(aligned([("parameter", "kind", "unit", "range", "default", "meaning"), *rows]))
    click.echo(f"\n{_about_units(kind)}")
    if not kind.accounts:
        click.echo(click.wrap_text(f"There is no account to choose: {kind.account_reason}.", WIDTH))


@program.command()
@click.argument("what")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A number, '5 ms', or an axis 0:4:401.")
@click.option("--lab", metavar="LAB", help="Take parameters from a lab: its name, or a TOML file; --set goes before.")
@click.option("--account", help="superposition, conserving or mixture.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder (default runs/NAME-001, next free).")
@click.option("--force", is_flag=True, help="Replace a folder that exists.")
@click.option("--quick", is_flag=True, help="A quarter of the moments and frames.")
@click.option("--seed", type=int, help="Seed of what is drawn at random (default 0).")
@click.option("--keep", help="findings (default): axes keep the ends of segments; record: every moment.")
@click.option("--workers", type=int, default=1, show_default=True, help="How many processes share the blocks.")
@click.option("--cluster", metavar="ADDRESS", help="'local', or the address of a Dask scheduler.")
@click.option("--resume", is_flag=True, help="Go on with the run of blocks in --out (or in the run folder WHAT).")
@click.option("--estimate", is_flag=True, help="Compute one block and say what the run will take; nothing is kept.")
@click.option("--no-animation", is_flag=True, help="Leave the animation out.")
@click.option("--frame-at", multiple=True, metavar="NAME=VALUE", help="The point of the axes that figures show.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def run(
    what: str,
    settings: tuple[str, ...],
    lab: str | None,
    account: str | None,
    out: Path | None,
    force: bool,
    quick: bool,
    seed: int | None,
    keep: str | None,
    workers: int,
    cluster: str | None,
    resume: bool,
    estimate: bool,
    no_animation: bool,
    frame_at: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run an experiment by NAME, from a TOML file, or a run folder again."""
    from mesodyn import archive
    from mesodyn.experiments import block_run, running

    changes = _changes(settings, account)
    given = changes if lab is None else planning.from_lab(lab, what, changes)
    made = _experiment(what, changes=given, seed=seed, quick=True if quick else None, keep=keep)
    point = _point(frame_at, made)
    made.at(point)
    division = _division(what, made, changes)
    job = running.Job(made, workers, cluster, division, _progress(), not no_animation, point)
    if estimate:
        click.echo(block_run.estimate(made, division).text(workers))
        return
    if resume and out is None and not Path(what).is_dir():
        raise InputError("--out", "given with --resume", Shown("not given"), "name the folder of the run")
    folder = out or (Path(what) if resume else archive.next_free(Path("runs"), made.name))
    try:
        found = running.run(job, folder, resume=resume, force=force)
    except KeyboardInterrupt:
        if not (folder / archive.BLOCKS).is_dir():
            raise
        click.echo(f"mesodyn: interrupted; go on with: mesodyn run {folder} --resume", err=True)
        raise SystemExit(INTERRUPTED) from None
    _print_run(found, folder, as_json)
    if not found.passed:
        raise SystemExit(FAILED_FINDING)


@program.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path), help="The file (default FOLDER/animation.gif); .gif or .mp4.")
@click.option("--frame-at", multiple=True, metavar="NAME=VALUE", help="The point of the axes that is shown.")
def animate(folder: Path, to: Path | None, frame_at: tuple[str, ...]) -> None:
    """Make the animation of a run folder."""
    from mesodyn import archive
    from mesodyn.experiments.run import load

    path = to or folder / "animation.gif"
    if to is not None and not path.parent.is_dir():
        raise InputError("--to", "a file in a folder that exists", str(path))
    found = load(folder)
    point = _point(frame_at, found.experiment)
    click.echo(str(found.animate(path, point)))
    if to is None:
        found.redraw(folder, point)
        archive.seal(folder)


@program.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--frame-at", multiple=True, metavar="NAME=VALUE", help="The point of the axes that figures show.")
def report(folder: Path, frame_at: tuple[str, ...]) -> None:
    """Make figures and report of a run folder anew."""
    from mesodyn import archive
    from mesodyn.experiments.run import load

    found = load(folder)
    click.echo(str(found.redraw(folder, _point(frame_at, found.experiment))))
    archive.seal(folder)


@program.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the certificate as JSON.")
def certify(folder: Path, as_json: bool) -> None:
    """Solve the record of a run folder again, in other ways; the folder stays as it is."""
    from mesodyn.experiments.run import load

    found = load(folder).certify(strict=False)
    click.echo(json_module.dumps(found.as_json(), ensure_ascii=False) if as_json else found.table())
    if not found.passed:
        raise SystemExit(FAILED_CERTIFICATE)


@program.command()
@click.option("--sets", type=int, default=200, show_default=True, help="How many random parameter sets.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random numbers.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def verify(sets: int, seed: int, as_json: bool) -> None:
    """Prove each equation of the paper against an independent numerical route."""
    from mesodyn.verify import verify as prove

    found = prove(sets, seed)
    click.echo(json_module.dumps(found.as_json(), ensure_ascii=False) if as_json else found.table())
    if not found.passed:
        raise SystemExit(FAILED_FINDING)


@program.command()
@click.option("--quick", is_flag=True, help="QuTiP solves at most three points of each job.")
@click.option("--only", multiple=True, metavar="NAME", help="One job (again for more).")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def benchmark(quick: bool, only: tuple[str, ...], as_json: bool) -> None:
    """Measure mesodyn against a plain and a well-tuned QuTiP loop, in one process."""
    from mesodyn import benchmark as measuring

    def tell(row: measuring.Row) -> None:
        if not as_json:
            click.echo(f"{row.title}: {row.ratio:.0f} times faster than the plain loop", err=True)

    found = measuring.benchmark(only, quick, tell)
    if as_json:
        click.echo(json_module.dumps(found.as_json(), ensure_ascii=False))
        return
    click.echo(aligned(found.cells()) + "\n\n" + "\n".join(found.remarks()))


program.add_command(planning.labs)
program.add_command(planning.plan)
program.add_command(auditing.command)


def _progress() -> Callable[[int, int], None]:
    """Tell how far the blocks are: a bar on a terminal, a line now and then elsewhere."""
    import time

    from tqdm import tqdm

    begin = last = time.monotonic()
    first: int | None = None
    bar: Any = None

    def tell(done: int, count: int) -> None:
        nonlocal first, last, bar
        if first is None:
            first = done
            if sys.stderr.isatty():
                bar = tqdm(total=count, initial=done, unit="block", file=sys.stderr)
        if bar is not None:
            bar.update(done - bar.n)
            if done == count:
                bar.close()
        elif (now := time.monotonic()) - last > EVERY or done == count > first:
            rate = (done - first) / (now - begin)
            left = f", about {(count - done) / rate:.0f} s left" if rate and done < count else ""
            click.echo(f"block {done} of {count}, {now - begin:.0f} s, {rate:.3g} blocks/s{left}", err=True)
            last = now

    return tell


def _experiment(what: str, **options: Any) -> Experiment:
    """The experiment that WHAT stands for: a name, a TOML file, or a run folder."""
    from mesodyn import archive
    from mesodyn.experiments import experiments
    from mesodyn.experiments.description import from_description

    path = Path(what)
    if what not in experiments() and (path.suffix == ".toml" or len(path.parts) > 1 or path.exists()):
        path = path / "run.toml" if path.is_dir() else path
        return from_description(archive.read_toml(path), str(path), **options)
    return from_description({"experiment": what}, what, **options)


def _division(what: str, made: Experiment, changes: Mapping[str, str]) -> Partition | None:
    """The blocks that a TOML file or run folder asks for; None when it does not, or its axes were changed."""
    from mesodyn import archive
    from mesodyn.experiments import blocks, experiments

    path = Path(what)
    path = path / archive.TOML if path.is_dir() else path
    if what in experiments() or "blocks" not in (data := archive.read_toml(path)):
        return None
    if changes and _sizes(made) != _sizes(_experiment(what)):
        return None
    return blocks.read(made, data["blocks"])


def _sizes(experiment: Experiment) -> dict[str, int]:
    return {name: values.size for name, values in experiment.axes().items()}


def _changes(settings: tuple[str, ...], account: str | None) -> dict[str, str]:
    """The values of --set and --account, each name once."""
    changes: dict[str, str] = {}
    chosen = [] if account is None else [("account", account)]
    for name, value in [*(_pair(text, "--set") for text in settings), *chosen]:
        if name in changes:
            raise InputError(name, "set once", Shown(f"{changes[name]!r} and {value!r}"), "leave one out")
        changes[name] = value
    return changes


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(option, "NAME=VALUE", text, f"write {option} turns=1")
    return name.strip(), value.strip()


def _point(texts: tuple[str, ...], experiment: Experiment) -> dict[str, float]:
    """The values of --frame-at, with units where the axis' parameter has them."""
    from mesodyn import units

    kinds = {parameter.name: parameter.kind for parameter in experiment.parameters}
    point = {}
    for text in texts:
        name, value = _pair(text, "--frame-at")
        kind = kinds.get(name, "")
        if units.is_number(value):
            point[name] = float(value)
        elif kind in units.KINDS:
            point[name] = units.quantity(value, kind, argument=f"--frame-at {name}")
        else:
            raise InputError(f"--frame-at {name}", "a plain number", value)
    return point


def _print_run(found: Run, folder: Path, as_json: bool) -> None:
    """The findings as a table or JSON, and where everything is."""
    if as_json:
        click.echo(json_module.dumps(found.as_json(), ensure_ascii=False))
        return
    words = {True: "pass", False: "FAIL", None: "-"}
    names = ("name", "value", "unit", "expected", "tolerance")
    rows = [(*(str(row[name]) for name in names), words[row["passed"]]) for row in found.rows()]
    click.echo(f"{found.summary}\n")
    click.echo(aligned([("finding", "value", "unit", "expected", "tolerance", "passed"), *rows]))
    made = ", ".join(sorted(path.name for path in folder.iterdir()))
    click.echo(f"\n{folder}: {made}")


def _about_units(kind: Any) -> str:
    """What plain numbers and defaults of an experiment mean."""
    from mesodyn.experiments.parameters import DIMENSIONAL

    if not any(parameter.kind in DIMENSIONAL for parameter in kind.parameters):
        return "Plain numbers are in the units of the table; or give texts: '1.8 angstrom', '150 G*cm', '90 deg'."
    text = "Plain numbers are in natural units (hbar = k_B = 1); or give all with units: '120 Hz', '50 nK', '5 ms'.\n"
    starred = [p.name for p in kind.parameters if p.default_text.endswith("*") and p.name != kind.scale]
    own = next((p.default for p in kind.parameters if p.name == kind.scale), 1.0)
    one = f"|{kind.scale}|" if own == 1 else f"|{kind.scale}|/{own:g}"
    multiple = f"; when values have units, a multiple of {one} (times: of 1 over that)"
    return f"{text}* in natural units{multiple if starred else ''}"


def _template(kind: Any) -> str:
    """A TOML file with every parameter at its default."""
    lines = [f"# {kind.title}", f'experiment = "{kind.name}"']
    parameters = {parameter.name: parameter for parameter in kind.parameters}
    if "account" in parameters:
        lines.append(f'account = "{parameters["account"].default}"  # {parameters["account"].range}')
    lines += ["seed = 0", ""]
    lines += [f"# {_about_units(kind).splitlines()[0]}", "[parameters]"]
    for parameter in kind.parameters:
        if parameter.name == "account":
            continue
        note = f"{parameter.meaning} ({parameter.kind}; {parameter.range})"
        if parameter.follows or parameter.default is None:
            lines.append(f"# {parameter.name} = ...  # {note}; default {parameter.default_text}")
        elif isinstance(parameter.default, str):
            lines.append(f'{parameter.name} = "{parameter.default}"  # {note}')
        else:
            value = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
            mark = "# " if parameter.default_text.endswith("*") else ""
            lines.append(f"{mark}{parameter.name} = {value}  # {note}")
    return "\n".join(lines) + "\n"


def _stop(message: str, code: int) -> int:
    click.echo(f"mesodyn: {one_line(message)}", err=True)
    return code


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code: 0 done, 1 not finished, 2 bad input, 3 a finding fails."""
    command: Callable[..., Any] = program.main
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = command(words or ["--help"], prog_name="mesodyn", standalone_mode=False) or 0
    except MesodynError as error:
        code = _stop(str(error), error.exit_code)
    except click.ClickException as error:
        code = _stop(f"{error.format_message()} (see mesodyn --help)", 2)
    except (click.exceptions.Abort, KeyboardInterrupt):
        code = _stop("interrupted; nothing was left half-written", INTERRUPTED)
    except ArithmeticError as error:
        code = _stop(f"could not finish: a value is too large or too small to compute with ({error})", 1)
    except (OSError, MemoryError) as error:
        code = _stop(f"could not finish: {error}", 1)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    sys.exit(code)


if __name__ == "__main__":
    main()
