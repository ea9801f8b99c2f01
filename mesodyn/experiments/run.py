"""The result of running an experiment: record, findings, figures; a folder that can be run again."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesodyn import archive, units
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.description import described, from_description, versions
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter

if TYPE_CHECKING:
    import xarray

    from mesodyn.dynamics.certificate import Certificate
    from mesodyn.figures.style import Figure


VALUE = ".value"
"""What is added to the name of a finding that is called like its axis."""


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

    @property
    def method(self) -> str:
        """How the record was solved."""
        return str(self.record.attrs["method"])

    def figures(self, at: Mapping[str, float] | None = None) -> dict[str, Figure]:
        """The figures by name; `at` picks the point of the axes that figures along the protocol show.

        ``figure.get_label()`` is the caption of each.
        """
        drawn = self.drawn(at)
        for figure, caption in drawn.values():
            figure.set_label(caption)
        return {name: figure for name, (figure, _) in drawn.items()}

    def drawn(self, at: Mapping[str, float] | None = None) -> dict[str, tuple[Figure, str]]:
        """The figures with their captions."""
        return self.experiment.figures(self.record, at or {})

    def animate(self, path: str | Path, at: Mapping[str, float] | None = None) -> Path:
        """Write the animation, a ``.gif`` or (with the extra ``video``) an ``.mp4``, and return its path."""
        from mesodyn.figures.animation import animate

        return animate(path=Path(path), **self.experiment.animation(self.record, at or {}))

    def certify(self, *, strict: bool = True) -> Certificate:
        """Solve the record again in other ways, and say with numbers how far it can be trusted.

        Parameters
        ----------
        strict
            Whether a certificate that fails is an error.

        Raises
        ------
        UnfinishedError
            When the certificate fails (unless ``strict=False``).
        """
        from mesodyn.dynamics.certify import checked
        from mesodyn.experiments.certifying import certificate

        found = certificate(self)
        return checked(found) if strict else found

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
        archive.write_toml(self.described(), place / archive.TOML)
        archive.write_dataset(self.record.assign_attrs(experiment=self.experiment.name), place / "record.nc")
        archive.write_dataset(self.findings_as_dataset(), place / "findings.nc")
        archive.write_json(self.as_json(), place / "findings.json")
        if animation and self.experiment.animated:
            self.animate(place / archive.ANIMATION, at)
        self.redraw(place, at)

    def redraw(self, place: Path, at: Mapping[str, float] | None = None) -> Path:
        """Write the figures and ``report.html`` into a folder, and return the report's path."""
        from mesodyn.figures import style

        (place / "figures").mkdir(exist_ok=True)
        captions = {}
        for name, (figure, caption) in self.drawn(at).items():
            style.save(figure, place / "figures" / name)
            captions[name] = caption
        return self._report(place, captions)

    def _report(self, place: Path, captions: Mapping[str, str]) -> Path:
        """Write ``report.html`` from the pictures in a folder."""
        from mesodyn import report

        e = self.experiment
        pictures = []
        moving = place / archive.ANIMATION
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
        return {"findings": [self._data(finding) for finding in self.findings.values()]}

    def rows(self) -> list[dict[str, Any]]:
        """The findings as text, a row each: name, value, unit, expected, tolerance, passed, equation, meaning."""
        return [self._row(finding) for finding in self.findings.values()]

    def described(self) -> dict[str, Any]:
        """What was run, as `run.toml` holds it; a run in one piece is one block."""
        sizes = {name: int(values.size) for name, values in self.experiment.axes().items()}
        return described(self.experiment) | ({"blocks": sizes} if sizes else {})

    def _data(self, finding: Finding) -> dict[str, Any]:
        return finding.as_dict(self.experiment.unit(finding.unit))

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

    def _provenance(self) -> dict[str, str]:
        e = self.experiment
        found = {"experiment": e.name, "account": e.account, "seed": str(e.seed), "method": self.method}
        return found | {f"{name} version": version for name, version in versions().items()}

    def findings_as_dataset(self) -> xarray.Dataset:
        """The findings as ``NAME``, and where theory says something ``NAME.expected`` and ``NAME.tolerance``."""
        import xarray

        found = xarray.Dataset()
        for name, finding in self.findings.items():
            about: dict[str, Any] = {"units": self.experiment.unit(finding.unit), "meaning": finding.meaning}
            about |= {"kind": finding.unit, "equation": finding.equation}
            about |= {} if finding.period is None else {"period": finding.period}
            here = f"{name}{VALUE}" if name in finding.value.dims else name  # an axis may be called like a finding
            found[here] = finding.value.assign_attrs(about)
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
    data = archive.read_toml(place / archive.TOML)
    if (place / archive.BLOCKS).is_dir():
        from mesodyn.experiments.block_run import opened

        return opened(place, data)
    made = from_description(data, str(archive.verified(place, archive.TOML)))
    record = archive.read_dataset(place, "record.nc")
    archive.read_dataset(place, "findings.nc")
    return Run(made, record, made.findings(record))
