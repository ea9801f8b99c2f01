"""`mesodyn verify`: it passes, its routes stand alone, and it notices what is wrong in any system."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn import cli
from mesodyn.errors import InputError
from mesodyn.systems import kramers_dot, mean_field, normal_lead, reservoir_trap, sd1s, sd2s, sphere, staircase
from mesodyn.verify import SECTIONS
from mesodyn.verify.result import FINITE, HEADER, Verification

FEW = 4
PACKAGE = sys.modules["mesodyn.verify"]
HERE = Path(str(PACKAGE.__file__)).parent
VERDICTS = {"right", "right with a condition", "misprint"}


@pytest.fixture(scope="module")
def found() -> Verification:
    return md.verify(sets=20, seed=1)


def test_every_equation_agrees_with_its_independent_route(found: Verification) -> None:
    assert found.passed, found.table()
    assert {row.equation for row in found.rows} >= {str(k) for k in range(1, 45)}


def test_rows_stand_in_the_order_of_the_paper(found: Verification) -> None:
    numbers = [int(row.equation) for row in found.rows if row.equation.isdigit()]
    assert numbers == list(range(1, 45))
    assert len({row.equation for row in found.rows}) == len(found.rows)


def test_misprints_and_missing_conditions_fail_by_a_finite_amount(found: Verification) -> None:
    rows = {row.equation: row for row in found.rows}
    for equation in ("after (7)", "10", "12", "22", "30", "31", "after (31)", "unequal leads", "33", "41", "42"):
        missed = rows[equation].printed_difference
        assert missed is not None and missed > 10 * FINITE, equation
        assert rows[equation].verdict != "right"
    assert all(row.printed_difference is not None for row in found.rows if row.verdict == "misprint")
    assert all(row.printed_difference is None for row in found.rows if row.verdict == "right")


def test_other_seeds_and_the_smallest_number_of_sets_pass() -> None:
    for seed in (2, 3):
        assert md.verify(sets=2, seed=seed).passed


def test_the_same_seed_gives_the_same_rows_and_another_does_not() -> None:
    first, again, other = (SECTIONS[0].rows(FEW, (seed, 0)) for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_sets_pass(seed: int) -> None:
    assert md.verify(sets=400, seed=seed).passed


# -- routes stand alone -----------------------------------------------------------------------------------------------


def imports(node: ast.AST) -> set[str]:
    parts = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
    return {n.module or "" if isinstance(n, ast.ImportFrom) else n.names[0].name for n in parts}


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.stem)
def test_only_the_package_side_imports_what_is_verified(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        used = {name for name in imports(node) if name.startswith("mesodyn.") and "verify" not in name}
        name = getattr(node, "name", "")
        package_side = name == "package" or name in PACKAGE_HELPERS
        assert package_side or not used, f"{path.name}: {name} imports {used}"
        if name in ("route", "paper", "printed", "draw"):
            calls = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
            assert not calls & {"package", "paper" if name == "route" else "route", *PACKAGE_HELPERS}


PACKAGE_HELPERS = {"_prepared", "_sign_of_double_reversal"}


def test_papers_and_routes_run_without_the_package() -> None:
    code = """
import sys
from mesodyn.verify import SECTIONS
import numpy as np
for name in ("systems", "numberspace", "ordering", "dynamics", "experiments"):
    sys.modules[f"mesodyn.{name}"] = None
sys.modules["qutip"] = None
for section in SECTIONS:
    draw = section.draw(np.random.default_rng(0), 2)
    for side in (section.paper, section.route, section.printed):
        side(draw)
    try:
        section.package(draw)
    except ImportError:
        pass
    else:
        assert section.title == "Tunnelling", section.title
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_quantity_of_a_row_is_found_by_its_route_and_said_by_somebody() -> None:
    for section in SECTIONS:
        draw = section.draw(np.random.default_rng(0), 2)
        route, said = section.route(draw), section.paper(draw).keys() | section.package(draw).keys()
        wrong = section.printed(draw).keys()
        for equation in section.equations:
            assert set(equation.quantities) <= set(route)
            assert set(equation.quantities) <= said | wrong
            assert set(equation.quantities) & said
        used = {name for equation in section.equations for name in equation.quantities}
        assert said | wrong | set(route) <= used, f"{section.title}: {(said | wrong | set(route)) - used} is in no row"


# -- sabotage ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sections() -> tuple[Any, ...]:
    """The sections with all but the package's side computed once."""

    def once(section: Any) -> Any:
        draw = section.draw(np.random.default_rng(0), FEW)
        known = {name: getattr(section, name)(draw) for name in ("paper", "route", "printed")}
        sides = {name: lambda _, value=value: value for name, value in known.items()}
        return replace(section, draw=lambda *_: draw, **sides)

    return tuple(once(section) for section in SECTIONS)


@pytest.fixture
def failed(sections: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> Callable[[], set[str]]:
    """What fails now."""
    monkeypatch.setattr(PACKAGE, "SECTIONS", sections)

    def rows() -> set[str]:
        with np.errstate(all="ignore"):
            return {row.equation for row in md.verify(sets=FEW).rows if not row.passed}

    return rows


def test_nothing_fails_without_sabotage(failed: Callable[[], set[str]]) -> None:
    assert failed() == set()


Patch = Callable[[pytest.MonkeyPatch], None]


def result_changed(cls: type, name: str, change: Callable[[Any], Any]) -> Patch:
    """One variable of a system's equilibrium changed."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        own = cls.equilibrium  # type: ignore[attr-defined]

        def wrong(self: Any, *args: Any) -> Any:
            found = own(self, *args)
            return found.assign({name: change(found[name])})

        patch.setattr(cls, "equilibrium", wrong)

    return apply


def function_changed(module: Any, name: str, change: Callable[[Any], Any]) -> Patch:
    """What a function of a module returns, changed."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        own = getattr(module, name)
        patch.setattr(module, name, lambda *args, **options: change(own(*args, **options)))

    return apply


def coefficient_changed(cls: type, name: str, factor: float) -> Patch:
    """One coefficient of a Hamiltonian times a factor."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        own = cls.coefficients  # type: ignore[attr-defined]

        def wrong(self: Any, values: Any, setting: Any) -> Any:
            found = own(self, values, setting)
            return found | {name: factor * found[name]}

        patch.setattr(cls, "coefficients", wrong)

    return apply


def half(value: Any) -> Any:
    return 0.5 * value


def minus(value: Any) -> Any:
    return -value


TRAP, ND1N, ND2N = reservoir_trap.ReservoirTrap, normal_lead.ND1N, normal_lead.ND2N
SABOTAGE: dict[str, tuple[Patch, set[str]]] = {
    "sign of a detuning": (coefficient_changed(TRAP, "detuning", -1), {"4", "7"}),
    "sign of the tunnelling": (coefficient_changed(TRAP, "tunnelling.real", -1), {"4", "5"}),
    "factor in the tunnelling": (coefficient_changed(TRAP, "tunnelling.imag", 2), {"4", "6", "7"}),
    "dropped energy of the trap": (coefficient_changed(TRAP, "trap_energy", 0), {"4", "7"}),
    "half a gap": (function_changed(mean_field, "gap", half), {"16", "18", "19", "29", "30"}),
    "level at kT instead of kT/2": (
        function_changed(mean_field, "two_level", lambda x: x._replace(thermal_part=2 * x.thermal_part)),
        {"18-20 at T > 0"},
    ),
    "dropped softening": (function_changed(mean_field, "_softening", lambda x: 0 * x + 1), {"entropy and heat"}),
    "kT_c of another gap": (function_changed(normal_lead, "critical_temperature", half), {"18-20 at T > 0"}),
    "sign of the number": (result_changed(ND1N, "n_mean", lambda n: 1 - n), {"19"}),
    "single steps for pairs": (result_changed(ND2N, "n_mean", lambda n: 4 + (n - 4) / 2), {"24"}),
    "twice the anomalous average": (result_changed(ND1N, "anomalous_average", lambda x: 2 * x), {"20"}),
    "dropped lead energy": (
        function_changed(normal_lead, "equilibrium", lambda x: x._replace(energy=x.energy - x.lead_energy)),
        {"15", "17", "19"},
    ),
    "the slope of (8) for pairs": (
        lambda patch: patch.setattr(ND2N, "step", 1),
        {"10"},
    ),
    "sign of the pair current": (result_changed(sd2s.SD2S, "current", minus), {"26"}),
    "factor of the pair current": (result_changed(sd2s.SD2S, "current", half), {"26"}),
    "critical current": (result_changed(sd2s.SD2S, "critical_current", lambda x: 1.001 * x), {"26"}),
    "phase of one lead": (
        function_changed(sd2s, "two_leads", lambda x: (x[1], x[0])),
        {"25"},
    ),
    "beta without its half": (function_changed(sd1s, "two_leads", lambda x: (2 * x[0], 2 * x[1])), {"29", "30"}),
    "current of a single": (result_changed(sd1s.SD1S, "current", lambda x: 2 * x), {"30", "unequal leads"}),
    "height of the break": (result_changed(sd1s.SD1S, "current_step", lambda x: x + 0.01), {"31"}),
    "phase of the minima": (result_changed(sd1s.SD1S, "phase", lambda x: x + 0.01), {"27"}),
    "sign of the weak field": (function_changed(sphere.Moment, "vector", minus), {"40"}),
    "energy of the lead's field": (result_changed(kramers_dot.KramersDot, "energy", half), {"39", "40"}),
    "mean field": (result_changed(kramers_dot.KramersDot, "mean_field", half), {"39", "37-39 at T > 0"}),
    "thermal length": (function_changed(sphere, "spontaneous", lambda x: x**2), {"37-39 at T > 0"}),
    "chemical potential": (function_changed(staircase, "_stands", lambda x: x | True), {"Fig. 1"}),
}


@pytest.mark.parametrize("name", SABOTAGE)
def test_a_wrong_formula_is_noticed_in_the_rows_about_it(
    name: str, failed: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage, rows = SABOTAGE[name]
    sabotage(monkeypatch)
    assert failed() >= rows


def expansion_changed(method: str, name: str, change: Callable[[Any], Any]) -> Patch:
    def apply(patch: pytest.MonkeyPatch) -> None:
        own = getattr(kramers_dot.KramersDot, method)

        def wrong(self: Any) -> Any:
            found = own(self)
            return found.assign({name: change(found[name])})

        patch.setattr(kramers_dot.KramersDot, method, wrong)

    return apply


@pytest.mark.parametrize(
    ("method", "name", "equation"),
    [
        ("weak_field", "orientation_energy", "41"),
        ("weak_field", "magnetization", "42"),
        ("strong_field", "orientation_energy", "43"),
        ("strong_field", "magnetization", "44"),
    ],
)
def test_a_wrong_expansion_is_noticed(
    method: str, name: str, equation: str, failed: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    expansion_changed(method, name, lambda x: 1.01 * x)(monkeypatch)
    assert failed() == {equation}


def test_wrong_fermion_signs_are_noticed(failed: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    from mesodyn.numberspace import NumberSpace

    monkeypatch.setattr(NumberSpace, "field", NumberSpace.local_field)
    assert failed() >= {"1", "11", "21"}


def test_a_wrong_gauge_turn_and_a_wrong_full_turn_are_noticed(
    failed: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mesodyn import ordering

    own = ordering.gauge
    monkeypatch.setattr(ordering, "gauge", lambda space, angle: own(space, -angle))
    monkeypatch.setattr(ordering, "rotation", lambda space, angle, axis="z": own(space, angle))
    assert failed() >= {"1", "2", "3"}


def test_a_number_that_is_none_fails_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    result_changed(ND1N, "energy", lambda x: x * np.nan)(monkeypatch)
    found = md.verify(sets=FEW)
    assert not found.passed
    json.dumps(found.as_json(), allow_nan=False)


# -- what comes out ---------------------------------------------------------------------------------------------------


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        cli.main(["verify", *arguments])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_the_command_prints_all_equations_and_what_there_is_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(["--sets", f"{FEW}"], capsys)
    starts = [line.split("  ")[0] for line in out.splitlines()]
    assert code == 0
    assert {str(k) for k in range(1, 45)} <= set(starts)
    assert "misprint" in out and "n_0" in out


def test_the_command_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(["--sets", f"{FEW}", "--seed", "7", "--json"], capsys)
    found = json.loads(out)
    assert code == 0
    assert set(found) == {"passed", "sets", "seed", "rows"} and found["passed"] is True
    assert (found["sets"], found["seed"]) == (FEW, 7)
    kinds: dict[str, type] = dict.fromkeys(
        ("equation", "section", "computed", "route", "worst", "verdict", "sentence"), str
    )
    kinds |= {"sets": int, "difference": float, "tolerance": float, "passed": bool}
    for row in found["rows"]:
        assert set(row) == {*kinds, "printed_difference"}
        assert all(isinstance(row[name], kind) for name, kind in kinds.items())
        assert row["verdict"] in VERDICTS and row["sentence"].endswith(".")


def test_the_command_exits_with_3_when_a_row_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result_changed(sd2s.SD2S, "current", minus)(monkeypatch)
    code, out, _ = run(["--sets", f"{FEW}"], capsys)
    assert code == 3
    assert "FAILED: 26" in out


@pytest.mark.parametrize(("arguments", "name"), [(["--sets", "1"], "sets"), (["--seed", "-1"], "seed")])
def test_bad_input_stops_before_any_work(arguments: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(arguments, capsys)
    assert code == 2 and out == ""
    assert name in err and len(err.splitlines()) == 1


def test_bad_input_is_refused_in_python() -> None:
    for sets in (0, 1, 2.5, True, "many"):
        with pytest.raises(InputError, match="sets"):
            md.verify(sets=sets)  # type: ignore[arg-type]


def test_tables_for_pages_and_notebooks_hold_every_row(found: Verification) -> None:
    lines = found.markdown().splitlines()
    assert len([line for line in lines if line.startswith("|")]) == len(found.rows) + 2
    bars = {line.replace("\\|", "").count("|") for line in lines if line.startswith("|")}
    assert bars == {len(HEADER) + 3}
    assert found._repr_html_().count("<tr>") == len(found.rows) + 1
    assert str(found) == found.table()


def test_the_module_with_the_name_of_the_function_is_one() -> None:
    assert PACKAGE(sets=2).passed  # type: ignore[operator]
