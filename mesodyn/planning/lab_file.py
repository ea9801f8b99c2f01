"""A lab's TOML file: read strictly, so that no number goes without unit, source and confidence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from mesodyn import checks
from mesodyn.errors import InputError, Shown, unknown_name
from mesodyn.experiments import experiments
from mesodyn.experiments.parameters import Parameter
from mesodyn.planning import formulas, quantities
from mesodyn.planning.entries import CONFIDENCE, Entry, Limit

SUFFIX = ".toml"
_COMMON = "parameters"
_TOP = ("title", "about", "experiments")
_ENTRY = ("value", "formula", "source", "confidence", "note", "when")
_LIMIT = ("low", "high", "source", "confidence", "note")


def shipped() -> dict[str, Path]:
    """The files of the labs that come with mesodyn, by name."""
    folder = Path(str(resources.files("mesodyn.planning") / "labs"))
    return {path.stem: path for path in folder.glob(f"*{SUFFIX}")}


def find(name: str | Path) -> tuple[Path, str]:
    """The path and the text of a lab by the name of a preset, or by the path of a file.

    Raises
    ------
    InputError
        When there is none.
    """
    known = shipped()
    if str(name) in known:
        path = known[str(name)]
    else:
        path = Path(name)
        if path.suffix != SUFFIX and len(path.parts) < 2:
            raise unknown_name("lab", str(name), [*known, "a path that ends in .toml"])
    try:
        return path, path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text in UTF-8"
        raise InputError("lab", "a file that can be read", Shown(f"{path} ({reason})")) from None


def read(path: Path, text: str) -> dict[str, Any]:
    """The content of a lab's file, checked: what `Lab` is made of.

    Raises
    ------
    InputError
        For anything that doesn't belong there.
    """
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError("lab", "a valid TOML file", Shown(f"{path} ({error})"), "mend that line") from None
    source = path.name
    suits = _suits(data.get("experiments"), source)
    own = {key: value for key, value in data.items() if key not in (*_TOP, _COMMON, "limits")}
    for key in own:
        if key not in suits:
            raise unknown_name(f"a key of {source}", key, [*_TOP, _COMMON, "limits", *suits])
    for key in ("title", "about"):
        _text(data.get(key), f"{key} of {source}")
    known = quantities.known(suits)
    raw = {name: (_COMMON, "", table) for name, table in _tables(data.get(_COMMON, {}), f"[{_COMMON}]").items()}
    for experiment, tables in own.items():
        for name, table in _tables(tables, f"[{experiment}]").items():
            if name not in (allowed := quantities.of_experiment(experiment) | quantities.apparatus()):
                raise unknown_name(f"a name in [{experiment}]", name, allowed)
            raw[f"{experiment}.{name}"] = (experiment, experiment, table)
    limits = _tables(data.get("limits", {}), "[limits]")
    reader = _Reader(raw, known, source)
    entries = {key: reader.entry(key) for key in raw}
    reach = {name: _limit(name, table, known) for name, table in limits.items()}
    _one_kind_of_units(entries, reach, source)
    reach |= _derived_limits(entries, reach)
    return {"title": data["title"], "about": data["about"], "experiments": suits, "entries": entries, "limits": reach}


class _Reader:
    """Entries one by one; a derived one reads those it follows from first."""

    def __init__(
        self, raw: Mapping[str, tuple[str, str, Mapping[str, Any]]], known: Mapping[str, list[Parameter]], source: str
    ) -> None:
        self.raw, self.known, self.source = raw, known, source
        self.done: dict[str, Entry] = {}
        self.open: list[str] = []

    def entry(self, key: str) -> Entry:
        if key not in self.done:
            if key in self.open:
                chain = " -> ".join([*self.open, key])
                raise InputError(f"formula of {key}", "one that doesn't need its own result", Shown(chain))
            self.open.append(key)
            self.done[key] = self._read(key)
            self.open.pop()
        return self.done[key]

    def _read(self, key: str) -> Entry:
        place, experiment, table = self.raw[key]
        name = key.rpartition(".")[2]
        where = f"[{place}.{name}]"
        if name not in self.known:
            raise unknown_name(f"a name in [{place}]", name, self.known)
        parameters = self.known[name]
        if experiment:
            parameters = [(quantities.apparatus() | quantities.of_experiment(experiment))[name]]
        if any(p.kind == "angles" for p in parameters):
            raise InputError(f"a name in [{place}]", "a parameter of one value", name)
        _keys(table, _ENTRY, where)
        note = _text(table.get("note", " "), f"note of {where}").strip()
        if ("value" in table) == ("formula" in table):
            was = Shown("both" if "value" in table else "neither")
            raise InputError(where, "given by either value or formula", was)
        if "formula" in table:
            return self._derived(key, where, parameters, table, note)
        source, confidence = _known_from(table, where)
        value, *_ = (quantities.checked(p, table["value"], f"value of {where}") for p in parameters)
        when = self._when(table.get("when", {}), where)
        return Entry(name, value, source, confidence, note, parameters[0].kind, experiment, when=when)

    def _when(self, table: Any, where: str) -> dict[str, tuple[str, ...]]:
        """The choices that an entry is meant for."""
        if not isinstance(table, dict):
            raise InputError(f"when of {where}", "a table", table, "write when = { model = ['SD2S'] }")
        found = {}
        for name, options in table.items():
            known = [p for p in self.known.get(name, []) if p.kind == "choice"]
            if not known:
                choices = [key for key, own in self.known.items() if own[0].kind == "choice"]
                raise unknown_name(f"a choice in when of {where}", name, choices)
            allowed = {choice for parameter in known for choice in parameter.choices}
            listed = options if isinstance(options, list) else [options]
            found[name] = tuple(checks.choice(f"{name} in when of {where}", option, allowed) for option in listed)
        return found

    def _derived(self, key: str, where: str, parameters: list[Parameter], table: Mapping[str, Any], note: str) -> Entry:
        for extra in ("source", "confidence"):
            if extra in table and (extra, table[extra]) != ("confidence", "derived"):
                must = "left out beside a formula: the formula is the source, and the number is derived"
                raise InputError(f"{extra} of {where}", must, table[extra])
        formula, names = formulas.parse(table["formula"], f"formula of {where}")
        numbers = [self._argument(name, kind, where) for name, kind in zip(names, formula.takes, strict=True)]
        for parameter in parameters:
            if not formulas.same_kind(parameter.kind, formula.gives):
                raise InputError(
                    f"formula of {where}", f"one whose result is of the kind {parameter.kind}", table["formula"]
                )
        try:
            number = formula.compute(*numbers)
        except (ZeroDivisionError, OverflowError, ValueError) as error:
            must = "one that has a value for these numbers"
            raise InputError(f"formula of {where}", must, Shown(f"{table['formula']}: {error}")) from None
        value = quantities.written(parameters[0].kind, number)
        for parameter in parameters:
            quantities.checked(parameter, value, f"result of {where}")
        call = " ".join(table["formula"].split())
        source = f"{call}: {formula.text}"
        _, experiment, _ = self.raw[key]
        when = self._when(table.get("when", {}), where)
        name, kind = key.rpartition(".")[2], parameters[0].kind
        return Entry(name, value, source, "derived", note, kind, experiment, call, when)

    def _argument(self, name: str, kind: str, where: str) -> Any:
        if name not in self.raw:
            raise unknown_name(f"a name in the formula of {where}", name, [key for key in self.raw if "." not in key])
        found = self.entry(name)
        if not formulas.same_kind(found.kind, kind):
            raise InputError(f"formula of {where}", f"given a {kind} there", Shown(f"{name} ({found.kind})"))
        if quantities.is_natural(found.kind, found.value):
            raise InputError(name, f"with a unit: the formula of {where} needs it", found.value)
        return found.number


def _limit(name: str, table: Any, known: Mapping[str, list[Parameter]]) -> Limit:
    where = f"[limits.{name}]"
    limited = {**known, quantities.TURNING_RATE.name: [quantities.TURNING_RATE]}
    if name not in limited:
        raise unknown_name("a name in [limits]", name, limited)
    parameter = limited[name][0]
    if parameter.kind in ("choice", "angles"):
        raise InputError("a name in [limits]", "a parameter that is a number", name)
    _keys(table, _LIMIT, where)
    ends = [table.get(end) for end in ("low", "high")]
    if ends == [None, None] or (name == quantities.TURNING_RATE.name and ends[1] is None):
        raise InputError(where, "given a high end" if name == "turning_rate" else "given low or high", Shown("neither"))
    low, high = (end if end is None else quantities.checked(parameter, end, f"an end of {where}") for end in ends)
    source, confidence = _known_from(table, where)
    note = _text(table.get("note", " "), f"note of {where}").strip()
    found = Limit(name, low, high, source, confidence, note, parameter.kind)
    if low is not None and high is not None and found.range[0] > found.range[1]:  # type: ignore[operator]
        raise InputError(where, "low, then high", Shown(f"{low} and {high}"))
    return found


def _derived_limits(entries: Mapping[str, Entry], limits: Mapping[str, Limit]) -> dict[str, Limit]:
    """A derived number reaches as far as what it follows from: a splitting, say, as far as the field."""
    found = {}
    for entry in entries.values():
        if not entry.formula or entry.name in limits:
            continue
        formula, names = formulas.parse(entry.formula, entry.name)
        limited = [name for name in names if name in limits]
        if len(limited) != 1:
            continue
        given = {name: entries[name].number for name in names}
        ends: dict[str, Any] = {"low": None, "high": None}
        for side, end in zip(("low", "high"), limits[limited[0]].range, strict=True):
            if not end:
                continue
            number = formula.compute(*(given[name] if name != limited[0] else end for name in names))
            falls = (number < entry.number) if side == "high" else (number > entry.number)
            ends[{"low": "high", "high": "low"}[side] if falls else side] = quantities.written(entry.kind, number)
        source = f"{entry.formula}, {limited[0]} {limits[limited[0]].shown}"
        if ends != {"low": None, "high": None}:
            found[entry.name] = Limit(entry.name, ends["low"], ends["high"], source, "derived", kind=entry.kind)
    return found


def _known_from(table: Mapping[str, Any], where: str) -> tuple[str, str]:
    """Where a number is from and how sure it is."""
    must = "authors, year and journal, a formula, or a reason"
    source = _text(table.get("source"), f"source of {where}", must)
    confidence = checks.choice(f"confidence of {where}", table.get("confidence"), CONFIDENCE)
    if confidence == "published" and not re.search(r"\b(18|19|20)\d\d\b", source):
        hint = "a number without a publication is derived or assumed"
        raise InputError(f"source of {where}", "authors, journal and year of a published number", source, hint)
    return source, confidence


def _suits(value: Any, source: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise InputError(f"experiments of {source}", "a list of experiments", value, 'write ["two-pi-rotation"]')
    for name in value:
        checks.choice(f"an experiment of {source}", name, experiments())
    if len(set(value)) < len(value):
        raise InputError(f"experiments of {source}", "each named once", value)
    return tuple(value)


def _tables(value: Any, where: str) -> Mapping[str, Any]:
    """Tables by name."""
    if not isinstance(value, dict):
        raise InputError(where, "a table of tables", Shown(f"a {type(value).__name__}"))
    for name, table in value.items():
        if not isinstance(table, dict):
            example = f"[{where.strip('[]')}.{name}] with value, source and confidence"
            raise InputError(f"{name} in {where}", "a table", table, f"write {example}")
    return value


def _keys(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise unknown_name(f"a key of {where}", key, known)


def _text(value: Any, where: str, must: str = "a text") -> str:
    if not isinstance(value, str) or not value:
        raise InputError(where, must, Shown("missing") if value is None else value)
    return value


def _one_kind_of_units(entries: Mapping[str, Entry], limits: Mapping[str, Limit], source: str) -> None:
    """Refuse plain numbers beside numbers with units."""
    pairs = [(key, entry.kind, entry.value) for key, entry in entries.items()]
    pairs += [(f"limit of {name}", limit.kind, end) for name, limit in limits.items() for end in limit.ends]
    flags = {key: quantities.is_natural(kind, value) for key, kind, value in pairs if value is not None}
    plain = [key for key, flag in flags.items() if flag]
    with_unit = [key for key, flag in flags.items() if flag is False]
    if plain and with_unit:
        must = f"both with units or both plain numbers in {source}"
        raise InputError(f"{plain[0]} and {with_unit[0]}", must, Shown("one of each"), f"give {plain[0]} a unit")
