"""Where a supercurrent breaks: measured on curves, under every model and account."""

import json
from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn import cli
from mesodyn.errors import InputError

NAME = "josephson-current"


def run(**given: Any) -> Any:
    return md.experiment(NAME, **given).run()


def value(found: Any, name: str) -> float:
    return float(found.findings[name].value)


def command(*words):
    with pytest.raises(SystemExit) as stop:
        cli.main([str(word) for word in words])
    return stop.value.code


# -- laws -----------------------------------------------------------------------------------------------------------


def test_single_particles_break_at_odd_multiples_of_pi_only():
    found = run(model="SD1S")
    assert value(found, "breaks") == 2
    places = found.record.break_position.values
    assert places[:2] == pytest.approx([np.pi, 3 * np.pi], abs=1e-8)
    assert np.isnan(places[2:]).all()
    assert value(found, "current_step") == pytest.approx(5 * (1 / 144 - 0.03**2), abs=1e-10)
    assert found.passed


def test_the_first_break_stays_with_the_gate_for_single_particles_and_moves_when_parity_is_kept():
    gate = md.axis("detuning", [0.0, 0.04, 0.07])
    stays = run(model="SD1S", detuning=gate).findings["break_position"].value
    moves = run(model="parity-dot", detuning=gate).findings["break_position"].value
    assert stays.values == pytest.approx(np.pi, abs=1e-8)
    assert moves.values == pytest.approx(2 * np.arccos(np.sqrt((0.01 - gate.values**2) / 0.04)), abs=1e-8)


def test_pairs_break_at_resonance_with_equal_leads_only():
    assert value(run(detuning=0), "breaks") == 2
    for given in ({"detuning": 0.001}, {"detuning": 0, "delta_left": 0.101}, {"detuning": 0, "temperature": 0.001}):
        assert value(run(**given), "breaks") == 0


def test_unequal_leads_round_the_break():
    found = run(model="SD1S", beta_left=5.0, beta_right=4.9)
    assert value(found, "breaks") == 0
    assert value(run(model="SD1S", beta_left=5.0, beta_right=4.0), "slope_at_pi") == pytest.approx(
        -(1 / (12 - 0.5) ** 2 - 0.03**2) * 5 * 4 / 2, rel=1e-4
    )


def test_the_followed_branch_has_twice_the_period_and_no_break():
    found = run(model="SD1S", branch="adiabatic")
    assert value(found, "period") == pytest.approx(4 * np.pi)
    assert value(found, "breaks") == 0
    assert found.passed


def test_beyond_the_threshold_the_current_ends_at_the_published_phase():
    found = run(model="SD1S", alpha=1.0, beta=0.5, detuning=1.4)
    step = 4 * np.pi / 800
    assert value(found, "critical_phase") == pytest.approx(1.9251014957693742, abs=step)
    assert value(found, "breaks") == 0 and found.passed


def test_a_mixture_carries_no_current_and_a_superposition_has_the_published_one():
    given = {"detuning": -0.291962, "delta_left": 0.937224, "delta_right": 0.223064, "phase_difference": 0.630658}
    assert float(run(account="mixture", **given).record.current) == 0
    assert value(run(account="mixture", **given), "critical_current") == 0
    for account in ("superposition", "conserving"):
        found = run(account=account, **given)
        assert float(found.record.current) == pytest.approx(0.2121172721176101, abs=1e-12)
        assert value(found, "critical_current") == pytest.approx(0.4249222542195086, abs=1e-9)


def test_leads_that_count_have_the_same_spectrum_to_1e_12():
    found = run(account="conserving", detuning=md.axis("detuning", -1, 1, 5), delta_left=0.7, delta_right=0.4)
    for name in ("ladder_energy", "ladder_current", "ladder_coherence"):
        assert found.findings[name].passed
        assert float(found.findings[name].value.max()) < 1e-12


def test_single_particles_carry_the_published_current():
    given = {"alpha": 0.910527, "beta": 0.430561, "detuning": 0.002978}
    found = run(model="SD1S", phase_difference=-2.221681, **given)
    assert float(found.record.current) == pytest.approx(-0.3727417588037346, abs=1e-12)
    assert value(found, "current_step") == pytest.approx(0.5193329031585874, abs=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_no_finding_fails_on_random_junctions(seed):
    rng = np.random.default_rng(seed)
    for model in ("SD2S", "SD1S", "parity-dot", "contact"):
        given: dict[str, Any] = {"temperature": float(rng.choice([0, rng.uniform(0, 0.3)]))}
        if model != "contact":
            given["detuning"] = md.axis("detuning", np.sort(rng.normal(size=4)))
        if model in ("SD2S", "parity-dot"):
            given |= {"delta_left": rng.uniform(0, 1), "delta_right": rng.uniform(0, 1)}
        if model == "SD1S":
            given |= {"alpha": 2.0, "beta": rng.uniform(-1.9, 1.9)}
        if model == "contact":
            given["transmission"] = md.axis("transmission", [0, 0.3, 0.9, 1])
        found = run(model=model, phase_difference=1.0, **given)
        assert found.passed, [f.name for f in found.findings.values() if f.passed is False]


def test_axes_are_single_runs():
    gate, theta = md.axis("detuning", [0.0, 0.03, 0.2]), md.axis("phase_difference", [0.5, 3.0])
    for model in ("SD2S", "SD1S", "parity-dot"):
        many = run(model=model, detuning=gate, phase_difference=theta)
        assert many.record.current.dims == ("phase_difference", "detuning")
        for k, xi in enumerate(gate.values):
            one = run(model=model, detuning=float(xi), phase_difference=3.0)
            assert float(many.record.current[1, k]) == pytest.approx(float(one.record.current), abs=1e-15)
            for name, finding in one.findings.items():
                again = many.findings[name].value[k]
                assert float(again) == pytest.approx(float(finding.value), rel=1e-9, abs=1e-12, nan_ok=True), name


def test_units_scale_the_natural_run():
    one, other = run(model="SD1S"), run(model="SD1S", gap="200 ueV")
    gap = md.quantity("200 ueV", "energy")
    assert value(other, "current_step") == pytest.approx(gap * value(one, "current_step"), rel=1e-9)
    assert other.passed
    assert "nA" in other.summary and "e·energy" in one.summary


def test_a_coarse_dot_fails_the_finding_frozen(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command("run", NAME, "--quick", "--json", "--set", "level_spacing=0.5", "--out", "one") == 3
    found = {f["name"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert found["frozen"]["passed"] is False and found["critical_current"]["passed"] is True


def test_a_saved_run_runs_again_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for k, words in enumerate(
        (["model=SD1S", "gap=1 meV", "beta_left=1e-12 s", "beta_right=2e-12 s"], ["model=contact", "temperature=0.1"])
    ):
        settings = [part for word in words for part in ("--set", word)]
        assert command("run", NAME, "--quick", *settings, "--out", f"one{k}") == 0
        assert command("run", f"one{k}", "--out", f"two{k}") == 0
        first, second = md.load(f"one{k}"), md.load(f"two{k}")
        assert first.record.drop_attrs().identical(second.record.drop_attrs())
        assert (tmp_path / f"one{k}" / "run.toml").read_text() == (tmp_path / f"two{k}" / "run.toml").read_text()
        assert not (tmp_path / f"one{k}" / "animation.gif").exists()


def test_figures_show_the_curves_the_map_and_what_tells_models_apart():
    kinds = {"current_phase", "comparison", "map", "discriminators"}
    for model in ("SD2S", "SD1S", "parity-dot", "contact"):
        made = md.experiment(NAME, quick=True, model=model)
        assert set(made.run().figures()) == kinds
    swept = md.experiment(NAME, quick=True, temperature=md.axis("temperature", [0, 0.1, 0.2])).run()
    assert set(swept.figures(at={"temperature": 0.1})) == kinds | {"against_parameters"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"alpha": 1.0}, "alpha must be left out for model='SD2S'"),
        ({"model": "SD1S", "delta_left": 1.0}, "delta_left must be left out for model='SD1S'"),
        ({"model": "SD1S", "account": "conserving"}, "account must be superposition or mixture .*model='parity-dot'"),
        ({"model": "contact", "account": "mixture"}, "account must be left out for model='contact'"),
        ({"model": "SD1S", "alpha": 1.0, "beta": 1.5}, "alpha must be above"),
        ({"model": "SD1S", "beta": 1.0, "beta_left": 1.0, "beta_right": 1.0}, "beta must be given by itself"),
        ({"model": "SD1S", "beta_left": 1.0}, "beta must be given by itself"),
        ({"model": "SD1S", "beta_left": 1.0, "beta_right": -1.0}, "beta_left and beta_right must be of one sign"),
        ({"model": "SD1S", "branch": "adiabatic", "detuning": 0.07}, "branch must be 'equilibrium' unless"),
        ({"model": "sd2s"}, "model"),
        ({"delta_left": -0.1}, "delta_left must be .* at least 0"),
        ({"temperature": -1}, "temperature must be .* at least 0"),
        ({"model": "contact", "transmission": 1.2}, "transmission must be .* at most 1"),
        ({"detuning": 1j}, "detuning must be a finite real number"),
        ({"detuning": "1 Hz", "gap": 1.0}, "both with units or both plain"),
        ({"detuning": "1 Hz"}, "gap must be given with a unit"),
        ({"detuning": md.axis("curve_phase", 0, 1, 3)}, "axis must be called otherwise"),
        ({"level_spacing": 0}, "level_spacing must be .* above 0"),
    ],
)
def test_wrong_input_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        md.experiment(NAME, **given)
