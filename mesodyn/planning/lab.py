"""A lab: the numbers of one apparatus, each with its unit, its source and how sure it is, and what it can't do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesodyn.columns import aligned
from mesodyn.errors import InputError, Shown, unknown_name
from mesodyn.planning import lab_file, quantities
from mesodyn.planning.entries import Entry, Limit

PEAK = {"uniform": 1.0, "smooth": 2.0}
"""How much faster than its mean a ramp is at its fastest."""
KINDS = {"rotation_time": "time", "turns": "number", "ramp": "choice"}
ROUNDING = 1e-12
"""A value at its limit is within it."""


def labs() -> list[str]:
    """The names of the labs that come with mesodyn.

    Examples
    --------
    >>> labs()
    ['al-insb-junction', 'al-nanoparticle', 'k40-double-well', 'li6-double-well', 'natural', 'rb87-junction',
     'yb171-tweezer']
    """
    return sorted(lab_file.shipped())


@dataclass(frozen=True, repr=False)
class Lab:
    """A preset of one apparatus: its numbers, where each is from, and its limits.

    Attributes
    ----------
    name
        That of the preset, or of the file without its ending.
    title, about
        One line, and some.
    experiments
        The experiments that it suits.
    entries
        Its numbers by name: parameters of those experiments and numbers of the apparatus (`cycle_time`,
        `readout_error`, ...). ``EXPERIMENT.NAME`` is meant for that experiment alone and goes before ``NAME``.
    limits
        By parameter: the range that it can reach; `turning_rate` is how fast its field can be turned.
    text
        The file it was read from.

    Examples
    --------
    >>> import mesodyn as md
    >>> lab = md.Lab.load("li6-double-well")
    >>> lab.entries["magnetic_field"].value, lab.entries["zeeman"].confidence
    ('1 G', 'derived')
    >>> md.experiment("two-pi-rotation", **lab.parameters("two-pi-rotation")).values.natural
    False
    """

    name: str
    title: str
    about: str
    experiments: tuple[str, ...]
    entries: Mapping[str, Entry]
    limits: Mapping[str, Limit]
    text: str = ""

    @classmethod
    def load(cls, name: str | Path) -> Lab:
        """A lab by the name of a preset, or from a TOML file.

        Raises
        ------
        InputError
            When there is no such lab, or its file is not exactly what a lab's file is: an unknown key, a value of
            another kind or out of range, a number without a source, a confidence that is none, a value beyond its
            own limits.
        """
        found, text = lab_file.find(name)
        content = lab_file.read(found, text)
        lab = cls(found.stem, text=text, **content)
        lab._make_each(str(name))
        return lab

    def __repr__(self) -> str:
        return f"Lab({self.name}: {self.title}, {len(self.entries)} numbers)"

    @property
    def natural(self) -> bool:
        """Whether its numbers are plain (hbar = 1)."""
        return any(quantities.is_natural(entry.kind, entry.value) for entry in self.entries.values())

    def entry(self, name: str, experiment: str = "") -> Entry | None:
        """The entry of a parameter for an experiment, None where the lab has none."""
        return self.entries.get(f"{experiment}.{name}") or self.entries.get(name)

    def value(self, name: str, default: Any = None, experiment: str = "") -> Any:
        """A number of the apparatus in base units (s, rad/s, T, m, ohm), or `default` where the lab has none."""
        entry = self.entry(name, experiment)
        return default if entry is None else entry.number

    def parameters(self, experiment: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What an experiment is made with: those of the lab's numbers that are its parameters.

        Parameters
        ----------
        experiment
            One of `experiments`.
        changes
            What is set otherwise: it goes before the lab's numbers, and those that are not meant for its choices
            (of a model, say) are left out.

        Raises
        ------
        InputError
            When the lab doesn't suit that experiment.

        Examples
        --------
        >>> Lab.load("natural").parameters("two-pi-rotation")
        {'rotation_time': 20.0, 'zeeman': 60.0, 'tunnelling': 1.0}
        """
        if experiment not in self.experiments:
            raise unknown_name(f"experiment of the lab {self.name}", experiment, self.experiments)
        parameters = quantities.of_experiment(experiment)
        own = {name: entry for name in parameters if (entry := self.entry(name, experiment)) is not None}
        choices = {name: parameter.default for name, parameter in parameters.items() if parameter.kind == "choice"}
        choices |= {name: entry.value for name, entry in own.items() if name in choices} | dict(changes or {})
        return {name: e.value for name, e in own.items() if e.meant_for(choices)} | dict(changes or {})

    def check(self, values: Mapping[str, Any]) -> None:
        """Refuse what the lab can't do.

        Parameters
        ----------
        values
            Parameters by name: texts with units, numbers in base units (as `Experiment.values` holds them) or labelled
            axes. What is not given is as in the lab. Names without a limit are not looked at.

        Raises
        ------
        InputError
            With the numbers, when a value is beyond a limit, or a rotation is faster than the field can turn.

        Examples
        --------
        >>> Lab.load("li6-double-well").check({"rotation_time": "1 us"})
        Traceback (most recent call last):
            ...
        mesodyn.errors.InputError: rotation_time must be at least 100 µs in the lab li6-double-well ...
        """
        for name, limit in self.limits.items():
            if name in values and values[name] is not None:
                self._within(limit, values[name])
        if "turning_rate" in self.limits and {"rotation_time", "turns"} & set(values):
            self._turnable(values)

    def rows(self) -> list[tuple[str, ...]]:
        """Name, value, confidence, source and note of each number and each limit, under a row of headings."""
        rows: list[tuple[str, ...]] = [("name", "value", "confidence", "source", "note")]
        for key, entry in self.entries.items():
            meant = [f"for {name} = {' or '.join(options)}" for name, options in entry.when.items()]
            note = "; ".join(part for part in (*meant, entry.note) if part)
            rows.append((key, entry.shown, entry.confidence, entry.source, note))
        for name, limit in self.limits.items():
            rows.append((f"limit of {name}", limit.shown, limit.confidence, limit.source, limit.note))
        return rows

    def table(self) -> str:
        """The rows as text."""
        rows = [(*row[:3], "; ".join(part for part in row[3:] if part)) for row in self.rows()]
        rows[0] = (*rows[0][:3], "source")
        return aligned(rows, ruled=False)

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data; `number` is in base units."""
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about,
            "experiments": list(self.experiments),
            "entries": {key: entry.as_json() for key, entry in self.entries.items()},
            "limits": {name: limit.as_json() for name, limit in self.limits.items()},
        }

    def _within(self, limit: Limit, value: Any) -> None:
        import numpy as np

        found = np.asarray(quantities.in_base(limit.name, limit.kind, value), dtype=float)
        low, high = limit.range
        if low is not None and found.min() < low - ROUNDING * abs(low):
            raise self._beyond(limit, float(found.min()))
        if high is not None and found.max() > high + ROUNDING * abs(high):
            raise self._beyond(limit, float(found.max()))

    def _beyond(self, limit: Limit, number: float) -> InputError:
        was = Shown(quantities.shown_number(limit.kind, number, self.natural))
        return InputError(limit.name, f"{limit.shown} in the lab {self.name}", was, self._remedy(limit))

    def _remedy(self, limit: Limit) -> str:
        return f"that limit is {limit.confidence} ({limit.source}); change it in a file of your own"

    def _turnable(self, values: Mapping[str, Any]) -> None:
        """Refuse a rotation that is faster, at its fastest, than the field can turn."""
        import numpy as np

        limit = self.limits["turning_rate"]
        defaults = {"rotation_time": None, "turns": 1.0, "ramp": "smooth"}
        given = {name: self._given(name, values, default) for name, default in defaults.items()}
        time, turns = given["rotation_time"], abs(given["turns"])
        if time is None or np.min(np.asarray(time)) <= 0 or given["ramp"] not in PEAK:
            return  # for the experiment to refuse
        rate = PEAK[given["ramp"]] * 2 * np.pi * turns / time
        fastest, high = float(np.max(np.asarray(rate))), limit.range[1]
        if high is not None and fastest > high * (1 + ROUNDING):
            shortest = float(np.max(np.asarray(time * rate / high)))
            most = f"{float(np.max(np.asarray(turns))):g}"
            plural = "turn" if most == "1" else "turns"
            demand = (
                f"at least {quantities.shown_number('time', shortest, self.natural)} in the lab {self.name} "
                f"(its field turns at most at {limit.high}, and a {given['ramp']} ramp of {most} {plural} is "
                f"{PEAK[given['ramp']]:g} times as fast as its mean at its fastest)"
            )
            was = Shown(quantities.shown_number("time", float(np.min(np.asarray(time))), self.natural))
            raise InputError("rotation_time", demand, was, self._remedy(limit))

    def _given(self, name: str, values: Mapping[str, Any], default: Any) -> Any:
        """A parameter of a rotation in base units: as it is asked for, else as in the lab, else the default."""
        entry = self.entry(name, "two-pi-rotation")
        value = values.get(name)
        if value is None:
            value = default if entry is None else entry.value
        return value if value is None else quantities.in_base(name, KINDS[name], value)

    def _make_each(self, source: str) -> None:
        """Make each experiment from the lab's numbers, and hold these against the lab's own limits."""
        from mesodyn.experiments import kind_of

        for experiment in self.experiments:
            try:
                self.check(kind_of(experiment)(self.parameters(experiment)).values.resolved)
            except InputError as error:
                argument, must, was = error.parts
                raise InputError(f"{argument} of {experiment} in {source}", must, was, error.remedy) from None
        self.check({entry.name: entry.value for entry in self.entries.values() if not entry.experiment})
