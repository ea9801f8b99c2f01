"""The number of particles against the gate: kinks of the mean field, and leads that make none."""

import json
from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn import cli
from mesodyn.errors import InputError
from mesodyn.experiments import curves

NAME = "gate-sweep"
LEADS: list[dict[str, Any]] = [{}, {"model": "conserving"}, {"model": "conserving", "lead": "boson"}]
LEVELS: list[dict[str, Any]] = [
    {"model": "levels", "lead_levels": 9},
    {"model": "levels", "gap": 3.0, "lead_levels": 4},
]


def run(**given: Any) -> Any:
    return md.experiment(NAME, **given).run()


def value(found: Any, name: str) -> float:
    return float(found.findings[name].value)


def command(*words):
    with pytest.raises(SystemExit) as stop:
        cli.main([str(word) for word in words])
    return stop.value.code


@pytest.mark.parametrize("step", [1, 2])
def test_the_mean_field_falls_along_a_line_between_two_kinks(step):
    found = run(step=step, stiffness=0.7, n_c=3)
    assert value(found, "lower_edge") == pytest.approx(-0.7, abs=0.004)
    assert value(found, "upper_edge") == pytest.approx(0.7, abs=0.004)
    assert value(found, "slope") == pytest.approx(-0.5, abs=1e-9)
    assert value(found, "n_mean_in_the_middle") == 3 + step / 2
    assert found.passed


@pytest.mark.parametrize(("temperature", "edge"), [(0.5, 0.957504), (0.9, 0.525430)])
def test_heat_moves_the_kinks_and_not_the_line(temperature, edge):
    found = run(temperature=temperature)
    assert value(found, "upper_edge") == pytest.approx(edge, abs=0.005)
    assert value(found, "slope") == pytest.approx(-0.5, abs=1e-9)
    assert found.findings["upper_edge"].passed


@pytest.mark.parametrize(
    "given", [{"temperature": 1.1}, {"model": "conserving"}, {"model": "conserving", "temperature": 0.1}]
)
def test_without_order_there_is_no_kink(given):
    found = run(**given)
    assert np.isnan(value(found, "lower_edge")) and np.isnan(value(found, "upper_edge"))
    assert found.passed


@pytest.mark.parametrize(
    ("xi", "kT"), [(0.0, 1.0), (0.6 / 1.3, 1.201768004902223 / 1.3), (-0.8 / 0.9, 0.5647297981836178 / 0.9)]
)
def test_order_ends_at_the_published_temperature(xi, kT):
    assert value(run(detuning=xi), "critical_temperature") == pytest.approx(kT, abs=1e-9)


def test_a_fermion_lead_gives_an_arctangent_and_a_boson_lead_nearly_the_mean_field():
    found = run(model="conserving", width=1.5)
    exact = 0.5 - np.arctan(4 * found.record.detuning.values / 1.5) / np.pi
    assert found.record.n_mean.values == pytest.approx(exact, abs=1e-14)
    off = [value(run(model="conserving", lead="boson", lead_frequency=w), "mean_field_distance") for w in (0.2, 0.02)]
    assert off[1] < 0.02 and 5 < off[0] / off[1] < 15
    published = run(model="conserving", lead="boson", lead_frequency=0.002, detuning=0.3).record
    assert float(published.n_mean) == pytest.approx(0.3506046148387828, abs=1e-12)


def test_a_pair_fills_a_boson_lead_unless_told():
    assert md.experiment(NAME, step=2, model="conserving").values["lead"] == "boson"
    assert md.experiment(NAME, model="conserving").values["lead"] == "fermion"


@pytest.mark.parametrize("seed", range(4))
def test_no_finding_fails_on_random_dots(seed):
    rng = np.random.default_rng(seed)
    heat = md.axis("temperature", np.sort(rng.uniform(0, 1.5, 5)))
    for given in LEADS:
        found = run(stiffness=rng.uniform(0.2, 2), temperature=heat, **given)
        assert found.passed, [f.name for f in found.findings.values() if f.passed is False]


def test_axes_are_single_runs():
    heat = md.axis("temperature", [0.0, 0.4, 1.2])
    for given in LEADS + LEVELS:
        many = run(detuning=0.3, temperature=heat, **given)
        for k, kT in enumerate(heat.values):
            one = run(detuning=0.3, temperature=float(kT), **given)
            assert float(many.record.n_mean[k]) == pytest.approx(float(one.record.n_mean), abs=1e-14)
            for name, finding in one.findings.items():
                again = many.findings[name].value
                again = again[k] if again.ndim else again
                assert float(again) == pytest.approx(float(finding.value), rel=1e-9, abs=1e-12, nan_ok=True), name


def test_a_gapped_lead_jumps_where_the_parity_changes_and_gains_twice_the_mean_field():
    found = run(model="levels", gap=20.0, lead_levels=20)
    assert found.passed
    assert value(found, "jump_detuning") == pytest.approx(0, abs=1e-6)
    assert 0.9 < value(found, "jump") < 1
    for name in ("energy_even", "energy_odd"):
        assert value(found, name) == pytest.approx(-1, abs=0.03)
    assert value(found, "energy_gain") == pytest.approx(2, abs=0.05)
    published = run(model="levels", gap=1.0, bandwidth=2.0, lead_levels=20, stiffness=0.0027981033672210146)
    assert value(published, "energy_even") == pytest.approx(-0.0027953011928811833, abs=1e-12)
    assert value(published, "energy_odd") == pytest.approx(-0.0027953011928811833, abs=1e-12)


def test_a_finite_band_comes_to_the_arctangent_by_its_spacing():
    few, more = (run(model="levels", lead_levels=n) for n in (20, 80))
    assert few.passed and more.passed
    assert value(few, "jump") / value(more, "jump") == pytest.approx(4, rel=0.2)
    assert value(few, "arctan_distance") > value(more, "arctan_distance") > 0
    assert value(more, "wide_limit") == pytest.approx(0.25, abs=1e-7)
    assert value(more, "size_exponent") == pytest.approx(1, abs=0.05)
    odd = run(model="levels", lead_levels=41, total="fixed")  # a level at the Fermi level: nothing jumps
    assert odd.passed and np.isnan(value(odd, "jump")) and value(odd, "curvature") < 1


def test_heat_flattens_the_step_of_a_band_and_not_the_mean_fields_line():
    slopes = [value(run(model="levels", temperature=heat, lead_levels=41), "wide_slope") for heat in (0.0, 0.2, 0.6)]
    assert pytest.approx(slopes[0], abs=1e-4) == -0.5 and slopes[0] < slopes[1] < slopes[2] < -0.2
    lines = [value(run(temperature=heat), "slope") for heat in (0.0, 0.2, 0.6)]
    assert lines == pytest.approx([-0.5] * 3, abs=1e-9)


def test_units_scale_the_natural_run():
    found = run(stiffness="120 Hz", temperature="1 nK", model="mean-field")
    assert found.passed
    assert value(found, "upper_edge") == pytest.approx(md.quantity("120 Hz", "energy"), rel=0.01)
    assert "Hz" in found.summary


def test_a_coarse_dot_fails_the_finding_frozen(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["--set", "level_spacing=3", "--set", "detuning=0", "--json", "--quick"]
    assert command("run", NAME, *words, "--out", "one") == 3
    found = {f["name"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert found["frozen"]["passed"] is False and found["slope"]["passed"] is True


def test_a_saved_run_runs_again_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["--set", "model=conserving", "--set", "lead=boson", "--set", "stiffness=1 kHz", "--quick"]
    assert command("run", NAME, *words, "--out", "one") == 0
    assert command("run", "one", "--out", "two") == 0
    assert md.load("one").record.drop_attrs().identical(md.load("two").record.drop_attrs())
    assert not (tmp_path / "one" / "animation.gif").exists()


def test_figures_show_the_number_its_slope_the_order_and_the_heat():
    runs: list[dict[str, Any]] = [{}, {"step": 2, "model": "conserving"}, {"model": "conserving", "temperature": 1.5}]
    runs += LEVELS
    for given in runs:
        found = md.experiment(NAME, quick=True, **given).run()
        assert set(found.figures()) == {"number", "response", "order_parameter", "specific_heat"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"account": "conserving"}, "account must be left out here.*model='conserving'"),
        ({"stiffness": 0}, "stiffness must be .* above 0"),
        ({"stiffness": -1.0}, "stiffness must be .* above 0"),
        ({"temperature": -0.1}, "temperature must be .* at least 0"),
        ({"width": 1.0}, "width must be left out unless model='conserving' and lead='fermion'"),
        ({"lead": "boson"}, "lead must be left out unless model='conserving'"),
        ({"model": "conserving", "lead_frequency": 0.1}, "lead_frequency must be left out unless"),
        ({"model": "conserving", "step": 2, "lead": "fermion"}, "lead must be 'boson' for step 2"),
        ({"model": "conserving", "lead": "boson", "lead_frequency": 1e-7}, "lead_frequency must be such that"),
        ({"lead_levels": 4}, "lead_levels must be left out unless model='levels'"),
        ({"total": "fixed", "model": "conserving"}, "total must be left out unless model='levels'"),
        ({"model": "levels", "step": 2}, "model must be 'mean-field' or 'conserving' for step 2"),
        ({"model": "levels", "lead": "boson"}, "lead must be 'fermion' for model='levels'"),
        ({"model": "levels", "lead_levels": 201}, "lead_levels must be at most 200"),
        ({"model": "levels", "gap": 1.0, "lead_levels": 5}, "lead_levels must be an even number"),
        ({"model": "levels", "gap": 1.0, "width": 1.0}, "width must be left out with a gap"),
        ({"model": "levels", "gap": 1.0, "bandwidth": 0.5}, "bandwidth must be at least the gap"),
        ({"step": 3}, "step"),
        ({"detuning": 1j}, "detuning must be a finite real number"),
        ({"detuning": "1 Hz"}, "stiffness must be given with a unit"),
        ({"detuning": md.axis("curve_gate", 0, 1, 3)}, "axis must be called otherwise"),
    ],
)
def test_wrong_input_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        md.experiment(NAME, **given)


# -- what curves are measured with ----------------------------------------------------------------------------------


def test_breaks_are_told_from_steep_slopes():
    x = (np.arange(800) + 0.5) * 4 * np.pi / 800

    def step(p):
        return np.where(p < 2.0, np.sin(p), np.sin(p) - 0.3)

    place, fall = curves.breaks(x, step(x)[None], step, 4)
    assert place[0, 0] == pytest.approx(2.0, abs=1e-8) and fall[0, 0] == pytest.approx(0.3, abs=1e-8)
    assert np.isnan(place[0, 1:]).all()

    def steep(p):
        return np.sin(p) - 0.3 * np.tanh((p - 2) / 1e-3)

    assert np.isnan(curves.breaks(x, steep(x)[None], steep, 4)[0]).all()


def test_periods_and_peaks_are_measured():
    x = (np.arange(800) + 0.5) * 4 * np.pi / 800
    y = np.stack([np.sin(x), np.sin(x / 2) + np.sin(x), np.sin(2 * x), 0 * x])
    assert curves.period(y, 4 * np.pi)[:3] == pytest.approx([2 * np.pi, 4 * np.pi, np.pi])
    assert np.isnan(curves.period(y, 4 * np.pi)[3])
    place, size = curves.peak(x, y[:1], np.sin)
    assert size[0] == pytest.approx(1, abs=1e-14)
    assert abs(np.sin(place[0])) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("width", [1e-6, 0.5, 50.0])
def test_a_jump_is_that_of_the_band_whatever_the_scale_of_the_gate(width):
    found = md.experiment("gate-sweep", model="levels", width=width, quick=True).run().findings["jump"]
    assert found.passed and float(found.tolerance) < 1e-3
    assert float(found.value) == pytest.approx(0.138513, abs=1e-4)  # the band is 5 widths: the scale drops out


def test_a_jump_lost_in_the_slope_and_a_limit_out_of_reach_are_undefined():
    for band, name in ((0.01, "jump"), (1000.0, "band_limit")):
        run = md.experiment("gate-sweep", model="levels", bandwidth=band, quick=True).run()
        assert np.isnan(float(run.findings[name].value)) and run.findings[name].passed is None
