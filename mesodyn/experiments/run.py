"""The result of running an experiment: record, findings, figures; a folder that can be run again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesodyn import archive, units
from mesodyn.errors import InputError, Shown, unknown_name
from mesodyn.experiments import kind_of
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import DIMENSIONAL, Parameter

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure


class Run:
    """What `Experiment.run` returns and `mesodyn.load` reads.

    Attributes
    ----------
    experiment
        What was run.
    record
        The evolution, an `xarray.Dataset`.
    findings
        The measured numbers by name; each has ``value``, ``expected``, ``tolerance``, ``passed``.
    """

    def __init__(self, experiment: Experiment, record: xarray.Dataset, findings: Mapping[str, Finding]) -> None:
        self.experiment, self.record, self.findings = experiment, record, dict(findings)

    @classmethod
    def of(cls, experiment: Experiment) -> Run:
        """Run an experiment."""
        record = experiment.record()
        return cls(experiment, record, experiment.findings(record))

    @property
    def passed(self) -> bool:
        """Whether no finding fails."""
        return all(finding.passed is not False for finding in self.findings.values())

    @property
    def summary(self) -> str:
        """One sentence."""
        return self.experiment.summary(self.findings)

    def figures(self, at: Mapping[str, float] | None = None) -> dict[str, Figure]:
        """The figures by name; `at` picks the point of the axes that figures along the protocol show."""
        drawn = self.experiment.figures(self.record, at or {})
        return {name: figure for name, (figure, _) in drawn.items()}

    def animate(self, path: str | Path, at: Mapping[str, float] | None = None) -> Path:
        """Write the animation, a ``.gif`` or (with the extra ``video``) an ``.mp4``, and return its path."""
        from mesodyn.figures.animation import animate

        return animate(path=Path(path), **self.experiment.animation(self.record, at or {}))

    def save(
        self,
        folder: str | Path,
        *,
        force: bool = False,
        animation: bool = True,
        at: Mapping[str, float] | None = None,
    ) -> Path:
        """Write the run folder, whole or not at all, and return its path.

        Parameters
        ----------
        folder
            Must not exist, unless `force`.
        force
            Replace it.
        animation
            Whether to make the animation, which takes longest.
        at
            The point of the axes that figures and animation show.

        Raises
        ------
        InputError
            When the folder exists or can't be written.
        """
        with archive.new_folder(Path(folder), force=force) as place:
            self.fill(place, animation=animation, at=at)
        return Path(folder)

    def fill(self, place: Path, *, animation: bool = True, at: Mapping[str, float] | None = None) -> None:
        """Write all files of the run into an existing empty folder."""
        import tomli_w

        (place / "run.toml").write_text(tomli_w.dumps(self.described()), encoding="utf-8")
        archive.write_dataset(self.record.assign_attrs(experiment=self.experiment.name), place / "record.nc")
        archive.write_dataset(self._findings_as_dataset(), place / "findings.nc")
        archive.write_json(self.as_json(), place / "findings.json")
        if animation and self.experiment.animated:
            self.animate(place / "animation.gif", at)
        self.redraw(place, at)

    def redraw(self, place: Path, at: Mapping[str, float] | None = None) -> Path:
        """Write the figures and ``report.html`` into a folder, and return the report's path."""
        from mesodyn.figures import style

        (place / "figures").mkdir(exist_ok=True)
        captions = {}
        for name, (figure, caption) in self.experiment.figures(self.record, at or {}).items():
            style.save(figure, place / "figures" / name)
            captions[name] = caption
        return self._report(place, captions)

    def _report(self, place: Path, captions: Mapping[str, str]) -> Path:
        """Write ``report.html`` from the pictures in a folder."""
        from mesodyn import report

        e = self.experiment
        pictures = []
        moving = place / "animation.gif"
        if moving.exists():
            text = "What happens, moment by moment."
            pictures.append(report.Picture("Animation", text, moving.read_bytes(), "image/gif"))
        for name, caption in captions.items():
            title = name.replace("_", " ").capitalize()
            data = (place / "figures" / f"{name}.svg").read_bytes()
            pictures.append(report.Picture(title, caption, data, "image/svg+xml"))
        page = report.Page(
            title=e.title,
            summary=self.summary,
            meaning=[e.meaning],
            findings=self.rows(),
            parameters=[
                {"name": p.name, "value": self._shown(p), "meaning": p.meaning}
                for p in e.parameters
                if p.name != "account"
            ],
            figures=pictures,
            provenance=[{"name": k, "value": v} for k, v in self._provenance().items()],
        )
        report.write(place / "report.html", page)
        return place / "report.html"

    # -- as plain data ----------------------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """``{"findings": [...]}`` as the command line prints it."""
        return {"findings": [f.as_dict(self.experiment.unit(f.unit)) for f in self.findings.values()]}

    def rows(self) -> list[dict[str, Any]]:
        """The findings as text, a row each: name, value, unit, expected, tolerance, passed, equation, meaning."""
        return [self._row(finding) for finding in self.findings.values()]

    def described(self) -> dict[str, Any]:
        """What was run, as `run.toml` holds it."""
        e = self.experiment
        found: dict[str, Any] = {
            "experiment": e.name,
            "account": e.account,
            "seed": e.seed,
            "quick": e.quick,
            "keep": e.keep,
        }
        if not e.account:
            del found["account"]
        parameters = {p.name: self._written(p) for p in e.parameters if p.name != "account"}
        found["parameters"] = {name: value for name, value in parameters.items() if value is not None}
        return found | {"versions": _versions()}

    def _row(self, finding: Finding) -> dict[str, Any]:
        import numpy as np

        e = self.experiment
        unit = "" if finding.unit in units.KINDS else e.unit(finding.unit)
        row: dict[str, Any] = {"name": finding.name, "unit": "" if unit == "1" else unit, "passed": finding.passed}
        row |= {"equation": finding.equation, "meaning": finding.meaning, "expected": "", "tolerance": ""}
        if finding.value.ndim:
            return row | self._many(finding)
        if not np.isfinite(float(finding.value)):
            return row | {"value": "undefined"}
        row["value"] = e.shown(finding.unit, float(finding.value))
        if finding.passed is not None:
            row["expected"] = e.shown(finding.unit, float(finding.expected))  # type: ignore[arg-type]
            row["tolerance"] = e.shown(finding.unit, float(f"{float(finding.tolerance):.2g}"))
        return row

    def _many(self, finding: Finding) -> dict[str, str]:
        """Many values in a few words, and the largest deviation from what is expected."""
        e, value = self.experiment, finding.value
        if set(value.dims) == {"part", "outcome"}:
            pairs = zip(value.sel(part="heat").values, value.sel(part="weight").values, strict=True)
            texts = (f"{e.shown(finding.unit, float(h))} with probability {w:.4g}" for h, w in pairs if w > 0)
            return {"value": ", ".join(texts)}
        if "part" in value.dims:
            return {"value": f"{value.sizes['outcome']} outcomes for each point"}
        if not bool(value.notnull().any()):
            return {"value": f"undefined ({value.size} points)"}
        low, high = (e.shown(finding.unit, float(end)) for end in (value.min(), value.max()))
        row = {"value": f"{low} to {high} ({value.size} point{'s' * (value.size != 1)})"}
        if finding.passed is not None:
            row["expected"] = f"off by {e.shown(finding.unit, float(f'{float(finding.deviation.max()):.2g}'))} at most"  # type: ignore[union-attr]
        return row

    def _shown(self, parameter: Parameter) -> str:
        value = self.experiment.values[parameter.name]
        if hasattr(value, "dims"):
            ends = (self.experiment.shown(parameter.kind, float(end)) for end in (value.min(), value.max()))
            return f"{' to '.join(ends)} ({value.size} values along {', '.join(map(str, value.dims))})"
        if isinstance(value, tuple):
            return ", ".join("an axis" if hasattr(v, "dims") else self.experiment.shown("angle", v) for v in value)
        if value is None or isinstance(value, (str, int)):
            return str(value)
        return self.experiment.shown(parameter.kind, float(value))

    def _written(self, parameter: Parameter) -> Any:
        """A parameter as TOML: as it was given, or its resolved value."""
        given = self.experiment.values.given.get(parameter.name)
        if given is None and parameter.follows:
            return None
        value = self.experiment.values[parameter.name] if given is None else given
        if isinstance(value, (tuple, list)):
            return [_plain(part, "") for part in value]
        natural = self.experiment.values.natural or parameter.kind not in DIMENSIONAL
        unit = "" if natural or given is not None else str(units.KINDS[parameter.kind].base)
        if value is None or isinstance(value, (str, bool)):
            return value
        if not hasattr(value, "dims") and unit:
            return units.base_text(float(value), parameter.kind)
        return _plain(value, unit)

    def _provenance(self) -> dict[str, str]:
        e = self.experiment
        found = {"experiment": e.name, "account": e.account, "seed": str(e.seed), "method": self.record.attrs["method"]}
        return found | {f"{name} version": version for name, version in _versions().items()}

    def _findings_as_dataset(self) -> xarray.Dataset:
        import xarray

        found = xarray.Dataset()
        for name, finding in self.findings.items():
            found[name] = finding.value.assign_attrs(units=self.experiment.unit(finding.unit), meaning=finding.meaning)
            if finding.expected is not None:
                found[f"{name}.expected"] = finding.expected
                found[f"{name}.tolerance"] = xarray.zeros_like(finding.expected) + finding.tolerance
        return found

    def __repr__(self) -> str:
        return f"<Run of {self.experiment.name}: {self.summary}>"

    def _repr_html_(self) -> str:
        names = ("name", "value", "unit", "expected", "passed")
        head = "".join(f"<th>{name}</th>" for name in names)
        words = {True: "pass", False: "FAIL", None: ""}
        rows = [dict(row, passed=words[row["passed"]]) for row in self.rows()]
        body = "".join("<tr>" + "".join(f"<td>{escape(str(row[n]))}</td>" for n in names) + "</tr>" for row in rows)
        return f"<p>{escape(self.summary)}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def load(folder: str | Path) -> Run:
    """Read a run folder.

    Raises
    ------
    InputError
        When the folder is not a whole run folder, or a file in it is damaged.

    Examples
    --------
    >>> import mesodyn as md, tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "beat"
    >>> saved = md.experiment("beating", quick=True).run().save(place, animation=False)
    >>> md.load(place).experiment.name
    'beating'
    """
    place = Path(folder)
    described = archive.read_toml(place / "run.toml")
    made = from_description(described, str(archive.verified(place, "run.toml")))
    record = archive.read_dataset(place, "record.nc")
    archive.read_dataset(place, "findings.nc")
    return Run(made, record, made.findings(record))


def from_description(
    data: Mapping[str, Any],
    source: str,
    *,
    changes: Mapping[str, Any] | None = None,
    seed: int | None = None,
    quick: bool | None = None,
    keep: str | None = None,
) -> Experiment:
    """The experiment that a TOML file describes, with some parameters changed.

    Raises
    ------
    InputError
        For a key that is not known, a missing name, or a wrong value.
    """
    known = {"experiment", "account", "seed", "quick", "keep", "parameters", "versions"}
    for key in data:
        if key not in known:
            raise unknown_name(f"a key of {source}", key, known)
    name, parameters = data.get("experiment"), data.get("parameters", {})
    if not isinstance(name, str):
        raise InputError("experiment", f"named at the top of {source}", name, 'write experiment = "two-pi-rotation"')
    kind_of(name)
    if not isinstance(parameters, dict):
        raise InputError("parameters", f"a table in {source}", parameters, "write [parameters]")
    given = {key: _from_toml(key, value) for key, value in parameters.items()}
    if "account" in data:
        if "account" in given:
            raise InputError("account", f"given once in {source}", Shown("given twice"), "delete one of them")
        given["account"] = data["account"]
    found = data.get("seed", 0) if seed is None else seed
    short = data.get("quick", False) if quick is None else quick
    if not isinstance(short, bool):
        raise InputError("quick", "true or false", short)
    made = kind_of(name)(given | dict(changes or {}), seed=found, quick=short)
    return made.keeping(keep or data.get("keep", "findings"))


def _from_toml(name: str, value: Any) -> Any:
    """A parameter from TOML: a labelled axis from its table, else the value."""
    if not isinstance(value, dict):
        return [_from_toml(name, part) for part in value] if isinstance(value, list) else value
    import numpy as np
    import xarray

    try:
        axes = {str(key): np.asarray(numbers, float) for key, numbers in value["axes"].items()}
        values = np.asarray(value["values"], float)
        if not axes or not values.size:
            raise ValueError("no axis")
        found = xarray.DataArray(values, dims=tuple(axes), coords=axes)
    except (KeyError, AttributeError, ValueError, TypeError):
        must = "a number, a text, a list, or a table with 'axes' and 'values'"
        raise InputError(name, must, Shown("another table"), "write it as md.axis would print it") from None
    if value.get("units"):
        found.attrs["units"] = value["units"]
    return found


def _plain(value: Any, unit: str) -> Any:
    """A number as itself, a labelled axis as a table."""
    value = getattr(value, "real", value)
    if not hasattr(value, "dims"):
        return value.item() if hasattr(value, "item") else value
    table: dict[str, Any] = {"axes": {str(n): value[n].values.tolist() for n in value.dims}}
    table["values"] = value.values.tolist()
    unit = value.attrs.get("units", unit)
    return table | ({"units": unit} if unit else {})


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    names = ("mesodyn", "qutip", "numpy", "scipy", "xarray", "netCDF4")
    return {"python": sys.version.split()[0]} | {name: version(name) for name in names}
