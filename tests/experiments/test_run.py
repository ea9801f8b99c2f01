"""A run can be repeated bit for bit from what it leaves, and what it shows is honest."""

import json
import math
import re
import shutil
import subprocess
import tomllib
from typing import Any

import numpy as np
import pytest
import tomli_w
import xarray

import mesodyn as md
from mesodyn import cli
from mesodyn.errors import InputError
from mesodyn.experiments import kind_of
from mesodyn.experiments.description import from_description
from mesodyn.experiments.finding import LARGEST_LIST, Finding, listed
from mesodyn.experiments.run import Run

UNITS = {"tunnelling": "120 Hz", "rotation_time": "50 ms", "zeeman": "3 kHz", "temperature": "1 nK", "loss": "0.3 1/s"}
TIME = md.axis("rotation_time", "10 ms", "50 ms", 3)
PLAIN_TIME = md.axis("rotation_time", 5, 20, 3)

CASES = {
    "defaults": ("two-pi-rotation", {}),
    "interferometer": ("two-pi-rotation", {"readout": "interferometer", "bias_phase": "0:6:4", "preparation_time": 1}),
    "dummy": ("two-pi-rotation", {"control": "dummy", "readout": "interferometer", **UNITS, "pulse_field": "on"}),
    "beat": ("beating", {}),
    "telegraph": ("ac-josephson", {"branch_coupling": "0:0.003:3", "trajectories": 3, "periods": 4}),
    "telegraph in units": ("ac-josephson", {"gap": "200 ueV", "poisoning": "1e7 1/s", "trajectories": 2, "periods": 4}),
    "beat with changes": ("beating", {"tunnelling": 0.1, "switch": "on", "gate_shift": 0.1, "start": "ground"}),
    "beat on a lead": ("beating", {"reference": "lead", "lead_number": 2, "account": "conserving"}),
    "bosons": ("bose-junction", {"particles": 12, "Lambda": 3.0, "dephasing": 0.1, "trajectories": 3}),
    "bosons of a field": ("bose-junction", {"model": "mean-field", "tunnelling": "9 Hz", "account": "superposition"}),
    "quantum lead": ("magnetization", {"lead": "quantum", "field": "0:0.1:3", "temperature": 0.02}),
    "texts": ("two-pi-rotation", {"turns": "0.1", "tunnelling": "-0.7", "n_c": "1", "dephasing": "1e-3"}),
    "odd": ("two-pi-rotation", {"n_c": 3, "kind": "pair", "detuning": 0.1 + 0.2, "inertia_change": 1 / 3}),
    "boson": ("two-pi-rotation", {"kind": "boson", "spin": 1, "field_angle": "60 deg"}),
    "units": ("two-pi-rotation", UNITS),
    "scaled defaults": ("two-pi-rotation", {"tunnelling": "0.1 uK"}),
    "zero with units": ("two-pi-rotation", {"tunnelling": "33 Hz", "detuning": 0, "loss": "0"}),
    "beat in units": ("beating", {"chemical_potential": "1.1 kHz", "detuning": "7 Hz", "step": 2}),
    "axes": ("two-pi-rotation", {"turns": "0:1:4", "ramp": "uniform", "tunnelling": "[-1, 0.3]"}),
    "lists": ("two-pi-rotation", {"turns": [0.1, 1], "field_angle": ["10 deg", "80 deg"]}),
    "axis of units": ("two-pi-rotation", {**UNITS, "rotation_time": "1 ms:7 ms:3"}),
    "scale on an axis": ("two-pi-rotation", {"tunnelling": "50 Hz:150 Hz:3"}),
    "beat on axes": ("beating", {"chemical_potential": "1:3:3", "weight": "[0.1, 0.5]"}),
    "phases": ("two-pi-rotation", {"account": "superposition", "phases": "[0.1, 90 deg]", "weight": 0.3}),
    "phases on an axis": ("two-pi-rotation", {"account": "superposition", "phases": (0.1, md.axis("phi", 0, 2, 3))}),
    "mixture": ("two-pi-rotation", {"account": "mixture", "weight": md.axis("weight", 0.1, 0.9, 2)}),
    "axis from Python": ("two-pi-rotation", {"turns": md.axis("turns", [0.1, 0.7, 1])}),
    "together": ("two-pi-rotation", {"rotation_time": PLAIN_TIME, "zeeman": 600 / PLAIN_TIME, "turns": [0.5, 1]}),
    "together in units": ("two-pi-rotation", {**UNITS, "rotation_time": TIME, "relaxation_time": TIME * 3}),
    "on another axis": ("two-pi-rotation", {"turns": xarray.DataArray([0.1, 1], dims="x", coords={"x": [1, 2]})}),
    "numpy": ("two-pi-rotation", {"turns": np.float32(0.1), "zeeman": np.int64(50), "weight": np.float64(0.1)}),
    "complex": ("two-pi-rotation", {"tunnelling": 0.9 + 0j}),
    "a rate on an axis": ("two-pi-rotation", {"relaxation_rate": "1:2:2"}),
    "rotor": ("irregular-rotor", {"account": "conserving", "weight": [0.1, 0.7], "moment_of_inertia": "1e-40 kg*m^2"}),
    "packet": ("irregular-rotor", {"spread": 0.7, "fold": 2, "dephasing": 0.1}),
    "neutrons": ("spinor-interferometer", {"neutrons": 50, "contrast": [0.3, 0.6], "wavelength": "1.82 angstrom"}),
    "linked traps": ("phase-equalization", {"phase_difference": "0:3:2", "tunnelling": "9 Hz", "account": "mixture"}),
    "noisy mean field": (
        "phase-equalization",
        {"model": "mean-field", "dephasing": 0.01, "trajectories": 3, "duration": 5.0, "phase_difference": "[2, 3]"},
    ),
    "quench": ("self-consistent", {"stiffness": "100 Hz", "weight": "[0.2, 0.6]", "duration": "5 ms"}),
    "light": ("light-scattering", {"events": 5, "runs": 20, "account": "conserving", "exchange": 0.2}),
    "light on an axis": ("light-scattering", {"excitation_high": "5.3:6:2", "events": 3, "runs": 5, "step": 2}),
    "ring": ("trap-ring", {"traps": 4, "number": 2, "turns": "[0.5, 1]", "tunnelling": "50 Hz"}),
    "ring at rest": ("trap-ring", {"turn": "none", "flux": "0.1:3:4", "kind": "pair"}),
    "finite lead": ("gate-sweep", {"model": "levels", "lead_levels": 4, "gap": "[2, 3]", "detuning": 0.1}),
    "lead's field": ("mean-field-or-not", {"lead_levels": 4, "stiffness": "50 Hz:100 Hz:2"}),
    "whole record": ("two-pi-rotation", {"turns": [0.5, 1], "keep": "record"}),
}


def bits(array):
    """What an array is, to the last bit."""
    values = np.asarray(array)
    return values.shape, values.dtype.str, values.tobytes()


def assert_same_bits(one, other):
    """Every variable of record and findings."""
    assert set(one.record.variables) == set(other.record.variables)
    for name, variable in one.record.variables.items():
        assert variable.dims == other.record[name].dims
        assert bits(variable) == bits(other.record[name]), name
    assert list(one.findings) == list(other.findings)
    for name, finding in one.findings.items():
        again = other.findings[name]
        assert bits(finding.value) == bits(again.value), name
        assert (finding.expected is None) == (again.expected is None)
        assert finding.expected is None or bits(finding.expected) == bits(again.expected), name
        assert bits(finding.tolerance) == bits(again.tolerance), name
        assert finding.passed == again.passed


def make(name, given):
    given = dict(given)
    keep = given.pop("keep", "findings")
    return md.experiment(name, seed=3, quick=True, **given).keeping(keep)


@pytest.mark.parametrize("case", CASES)
def test_a_run_described_in_toml_gives_the_same_bits(case):
    one = make(*CASES[case]).run()
    described = tomllib.loads(tomli_w.dumps(one.described()))
    other = from_description(described, "run.toml")
    assert_same_bits(one, other.run())
    assert (other.seed, other.quick, other.keep) == (3, True, one.experiment.keep)
    again = from_description(tomllib.loads(tomli_w.dumps(other.run().described())), "run.toml").run()
    assert_same_bits(one, again)  # and a run of a run


@pytest.mark.parametrize("name", md.experiments())
def test_the_file_to_edit_runs_and_is_the_default_run(name, capsys):
    with pytest.raises(SystemExit):
        cli.main(["show", name, "--toml"])
    text = capsys.readouterr().out
    assert_same_bits(md.experiment(name).run(), from_description(tomllib.loads(text), "f.toml").run())
    for parameter in kind_of(name).parameters:
        assert re.search(rf"^(# )?{parameter.name} = ", text, re.MULTILINE), parameter.name


def command(*words):
    with pytest.raises(SystemExit) as stop:
        cli.main([str(word) for word in words])
    return stop.value.code


@pytest.fixture
def undrawn(monkeypatch):
    """Runs without figures and report."""
    monkeypatch.setattr(Run, "redraw", lambda self, place, at=None: place / "report.html")


@pytest.mark.parametrize("name", md.experiments())
def test_a_run_folder_and_its_toml_run_again_to_the_same_bits(name, tmp_path, monkeypatch, undrawn):
    monkeypatch.chdir(tmp_path)
    words = ["--seed", "7", "--quick", "--no-animation"]
    if name in ("two-pi-rotation", "beating"):
        words += ["--set", "weight=[0.2, 0.5]", "--account", "mixture"]
    if name == "two-pi-rotation":
        words += ["--set", "tunnelling=120 Hz", "--set", "rotation_time=50 ms"]
    assert command("run", name, *words, "--out", "one") == 0
    assert command("run", "one", "--no-animation", "--out", "two") == 0
    shutil.copy("two/run.toml", "mine.toml")
    assert command("run", "mine.toml", "--no-animation", "--out", "three") == 0
    first = md.load("one")
    for place in ("two", "three"):
        assert_same_bits(first, md.load(place))
        stored = [xarray.load_dataset(tmp_path / p / "findings.nc") for p in ("one", place)]
        assert stored[0].identical(stored[1])
        assert (tmp_path / place / "run.toml").read_text() == (tmp_path / "one" / "run.toml").read_text()
        assert (tmp_path / place / "findings.json").read_text() == (tmp_path / "one" / "findings.json").read_text()


def test_what_is_set_changes_a_run_that_is_run_again(tmp_path, monkeypatch, undrawn):
    monkeypatch.chdir(tmp_path)
    assert command("run", "beating", "--quick", "--no-animation", "--out", "one", "--seed", "2") == 0
    again = ["run", "one", "--no-animation", "--out", "two", "--set", "weight=0.2", "--seed", "5"]
    assert command(*again, "--account", "conserving") == 0
    found = md.load("two").experiment
    assert (found.values["weight"], found.seed, found.account, found.quick) == (0.2, 5, "conserving", True)


@pytest.mark.parametrize(("open_rates", "close"), [((0.0, 0.0), 1e-9), ((0.01, 0.002), 1e-7)])
def test_results_in_units_are_the_natural_ones_scaled(open_rates, close):
    scale = 2 * math.pi * 120
    given = {"turns": 0.8, "temperature": 0.3, "dephasing": open_rates[0], "loss": open_rates[1], "detuning": 0.1}
    one = md.experiment("two-pi-rotation", quick=True, **given).run()
    words = {"energy": f"{scale!r} rad/s"}
    texts: dict[str, Any] = {
        "tunnelling": words["energy"],
        **{name: f"{given[name] * scale!r} rad/s" for name in ("temperature", "detuning")},
        **{name: f"{given[name] * scale!r} 1/s" for name in ("dephasing", "loss")},
    }
    other = md.experiment("two-pi-rotation", quick=True, turns=0.8, **texts).run()
    for name in ("energy", "heat", "time"):
        factor = 1 / scale if name == "time" else scale
        assert np.allclose(other.record[name], one.record[name] * factor, rtol=close, atol=close * factor), name
    for name in ("norm", "imbalance", "antibonding"):
        assert np.allclose(other.record[name], one.record[name], atol=close), name
    for name, finding in one.findings.items():
        scales: Any = scale if finding.unit == "energy" else 1.0
        if "part" in finding.value.dims:  # heats beside their weights
            scales = xarray.where(finding.value.part == "heat", scale, 1.0)
        again = other.findings[name].value / scales
        assert np.allclose(again, finding.value, atol=close, equal_nan=True), name
        assert other.findings[name].passed == finding.passed
    assert other.record.energy.attrs["units"] == "rad/s" and one.record.energy.attrs["units"] == "natural"


# -- findings -------------------------------------------------------------------------------------------------------


def finding(value, expected=None, tolerance=0.1, **more):
    arrays = [
        None if part is None else xarray.DataArray(part, dims=["x"][: np.ndim(part)]) for part in (value, expected)
    ]
    found: Any = arrays
    return Finding("name", "meaning", found[0], "", found[1], tolerance, "", **more)


@pytest.mark.parametrize(
    ("value", "expected", "passed"),
    [
        (1.0, 1.05, True),
        (1.0, 1.2, False),
        (1.0, None, None),
        (1.0, math.nan, None),
        (math.nan, math.nan, None),
        (math.nan, 1.0, False),
        ([1.0, 2.0], [1.0, math.nan], True),
        ([1.0, math.nan], [1.0, 1.0], False),
        ([math.nan, math.nan], [1.0, math.nan], False),
    ],
)
def test_a_finding_passes_where_theory_says_something_and_agrees(value, expected, passed):
    assert finding(value, expected).passed is passed


def test_angles_are_compared_modulo_their_period():
    assert finding(0.01, 2 * math.pi - 0.01, period=2 * math.pi).passed is True
    assert finding(0.01, math.pi, period=2 * math.pi).passed is False


def test_long_lists_become_a_summary_and_nan_is_null():
    assert listed(math.nan) is None and listed([1.0, math.inf, -math.inf]) == [1.0, None, None]
    assert len(listed(np.ones(LARGEST_LIST))) == LARGEST_LIST
    many = np.arange(LARGEST_LIST + 1.0)
    assert listed(many) == {"points": 10001, "smallest": 0.0, "largest": 10000.0, "mean": 5000.0}
    many[0] = math.nan
    assert listed(many)["smallest"] == 1.0
    assert listed(many * math.nan) == {"points": 10001, "smallest": None, "largest": None, "mean": None}
    json.dumps(listed(many * math.nan), allow_nan=False)


# -- what is shown --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A whole folder of each experiment, with animation."""
    place = tmp_path_factory.mktemp("saved")
    return {n: md.experiment(n, quick=True).run().save(place / n) for n in md.experiments()}


def test_a_notebook_shows_escaped_text():
    run = md.experiment("beating", quick=True).run()
    nasty = '<script>alert("x")</script>'
    value = xarray.DataArray(1.0)
    run.findings[nasty] = Finding(nasty, nasty, value, "", value, 0.1, nasty)
    page = run._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert page.count("<tr>") == page.count("</tr>") == 1 + len(run.findings)
    assert "beating" in repr(run)


def test_figures_and_animations_are_made_from_a_run(tmp_path):
    run = md.experiment("beating", quick=True, weight=[0.2, 0.5]).run()
    assert {"beat", "phasor"} <= set(run.figures(at={"weight": 0.5}))
    with pytest.raises(InputError, match=r"frame-at must be the name of an axis .weight., but was 'phase'"):
        run.figures(at={"phase": 1})
    path = run.animate(tmp_path / "film.gif", at={"weight": 0.2})
    assert path.read_bytes().startswith(b"GIF89a")


@pytest.mark.parametrize("name", md.experiments())
def test_the_report_of_a_run_opens_in_a_browser_without_a_complaint_or_a_request(name, saved, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("Chromium is not installed; the report was not opened in a browser")
    page, log = saved[name] / "report.html", tmp_path / "net.json"
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:|#)", page.read_text(encoding="utf-8"))
    switches = "headless no-sandbox disable-gpu no-first-run disable-background-networking disable-component-update"
    command = [browser, *(f"--{switch}" for switch in switches.split()), "--disable-sync", "--dump-dom"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--v=0", f"--log-net-log={log}"]
    command += ["--virtual-time-budget=4000", "--host-resolver-rules=MAP * ~NOTFOUND"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "CONSOLE" not in done.stderr
    moving = kind_of(name).animated
    assert "</html>" in done.stdout and ('class="pause"' in done.stdout) == moving
    asked = set(re.findall(r'"url":"(?:https?|wss?|ftp)://([^/"]+)', log.read_text(encoding="utf-8")))
    own = ("google.com", "googleapis.com", "gvt1.com", "gstatic.com")  # what the browser asks for itself
    assert not {host for host in asked if not host.endswith(own)}


@pytest.mark.parametrize("name", md.experiments())
def test_a_saved_run_is_one_folder_with_everything(name, saved):
    place = saved[name]
    files = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}
    assert {"report.html", "run.toml", "record.nc", "findings.nc", "findings.json"} <= files
    assert ("animation.gif" in files) == kind_of(name).animated
    sums = dict(reversed(line.split("  ")) for line in (place / "checksums.txt").read_text().splitlines())
    assert set(sums) == files - {"checksums.txt"}
    versions = tomllib.loads((place / "run.toml").read_text())["versions"]
    assert {"python", "mesodyn", "qutip", "numpy"} <= set(versions)


def test_saving_over_a_folder_needs_force(saved, tmp_path):
    run = md.experiment("beating", quick=True).run()
    place = tmp_path / "beat"
    place.mkdir()
    with pytest.raises(InputError, match="out must be a folder that does not exist yet"):
        run.save(place, animation=False)
    assert run.save(place, animation=False, force=True) == place
    assert_same_bits(run, md.load(place))


SILENT: dict[str, dict[str, Any]] = {
    "a trap that never holds the spin has no flips": {"account": "superposition", "weight": 0},
    "the same on an axis": {"account": "superposition", "weight": [0, 0.5]},
    "without a field": {"zeeman": 0},
}


@pytest.mark.parametrize("case", SILENT)
def test_no_finding_fails_where_theory_has_nothing_to_say(case):
    assert md.experiment("two-pi-rotation", quick=True, **SILENT[case]).run().passed


def test_a_beat_on_two_axes_passes_as_its_points_do():
    axes: dict[str, Any] = {"chemical_potential": [1.0, 5.5, 10], "tunnelling": [0, 0.5, 1]}
    assert md.experiment("beating", quick=True, **axes).run().passed


@pytest.mark.parametrize("name", ["moment", "trap", "time", "energy", "edge", "outcome", "component"])
def test_an_axis_with_the_name_of_a_result_is_refused(name):
    with pytest.raises(InputError, match="axis"):
        md.experiment("two-pi-rotation", quick=True, turns=md.axis(name, 0, 1, 3)).run()


@pytest.mark.parametrize(
    "given", [{"spin": [0.5, 1.5]}, {"n_c": 10**400}, {"seed": 10**400}], ids=lambda g: next(iter(g))
)
def test_a_choice_of_one_value_refuses_an_axis_and_a_number_beyond_all_floats(given):
    with pytest.raises(InputError):
        md.experiment("two-pi-rotation", **given)


def test_a_trap_that_is_too_warm_for_its_levels_is_not_frozen():
    warm: dict[str, Any] = {"temperature": 0.5, "quick": True}
    assert md.experiment("two-pi-rotation", level_spacing=5.0, **warm).run().findings["frozen"].passed
    assert md.experiment("two-pi-rotation", level_spacing=2.0, **warm).run().findings["frozen"].passed is False
    assert "frozen" not in md.experiment("two-pi-rotation", **warm).run().findings
