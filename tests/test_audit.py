"""The superselection audit: what it says of each experiment, and that it notices what is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

import mesodyn as md
from mesodyn.audit.controls import sentence
from mesodyn.audit.reference import growing
from mesodyn.dynamics import sectors
from mesodyn.systems.light_scatterer import LightScatterer
from mesodyn.systems.trap_pair import TrapPair
from tests.commandline import assert_refused, command

THREE = [("superposition", "conserving"), ("superposition", "mixture"), ("conserving", "mixture")]


@pytest.fixture(scope="module")
def light():
    return md.audit("light-scattering", quick=True)


@pytest.fixture(scope="module")
def turned():
    return md.audit("two-pi-rotation", quick=True)


@pytest.fixture(scope="module")
def beat():
    return md.audit("beating", quick=True)


def values(row, *accounts):
    return [row.values[account] for account in accounts]


def test_no_light_tells_any_pair_of_accounts_apart(light):
    assert light.passed and light.theorem < 1e-12
    for pair in THREE:
        assert light.telling(*pair, "measurement") == []
    assert {row.name for row in light.telling(*THREE[2])} == {"correlation", "correlation_modulus"}
    assert {row.kind for row in light.telling(*THREE[1])} == {"diagnostic"}
    assert {"spectrum", "field", "count_rate", "counts", "one_line_runs"} <= {r.name for r in light.rows}
    assert "no pair of accounts is told apart" in light.summary
    assert light.totals == pytest.approx({1: 0.65, 2: 0.35})


def test_the_superposition_in_light_is_the_mixture_of_its_sectors(light):
    for row in light.rows:
        if row.kind != "diagnostic":
            assert row.sectors_off < 1e-12
            assert row.values["sectors"] == pytest.approx(row.values["superposition"], nan_ok=True, abs=1e-12)
    assert light.row("order_parameter").sectors_off == pytest.approx(np.sqrt(0.35 * 0.65), abs=1e-12)


def test_two_traps_superposition_and_conserving_differ_by_the_distribution_of_the_total_number_only(turned):
    assert turned.passed and turned.theorem < 1e-12
    assert turned.totals == pytest.approx({0: 0.25, 1: 0.5, 2: 0.25})
    apart = turned.telling("superposition", "conserving")
    assert {"heat_released", "heat_distribution", "shared", "coherence"} <= {row.name for row in apart}
    assert max(row.post_off for row in turned.rows) < 1e-9
    assert "superposition / conserving: only the distribution of the total number differs" in turned.summary
    heat = turned.row("heat_released")
    post, fixed, whole, parts = values(heat, "post-selected", "conserving", "superposition", "sectors")
    assert post == pytest.approx(fixed, abs=1e-9) and whole == pytest.approx(parts, abs=1e-12)
    assert whole == pytest.approx(0.5 * fixed, abs=1e-9)


def test_two_traps_the_mixture_is_told_apart_and_takes_odd_and_even_turns(turned):
    for pair in THREE[1:]:
        assert "heat_distribution" in {row.name for row in turned.telling(*pair, "measurement")}
    odd, even = turned.controls["turns=1"], turned.controls["turns=2"]
    assert odd["superposition"] == pytest.approx(odd["fixed total, dephased"], abs=1e-3)
    assert even["superposition"] == pytest.approx(even["no sign: a pair"], abs=1e-3)
    assert odd["mixture"] == even["mixture"] == pytest.approx(0.25, abs=1e-9)
    assert "turns=1 and turns=2 are both needed" in turned.summary


def test_shots_are_those_of_the_exact_tails(turned):
    from mesodyn.planning.binomial import exact_shots
    from mesodyn.planning.scores import shots_against

    found = turned.row("shared").differences["superposition / conserving"].shots
    assert found == exact_shots(1.0, 0.5).every == 22
    heat = turned.row("heat_distribution").differences["conserving / mixture"].shots
    hot = turned.controls["turns=1"]["conserving"]
    assert heat == shots_against([hot, 1 - hot], [0.25, 0.75]).every
    assert turned.row("heat_released").differences["conserving / mixture"].reason.startswith("meter")


def test_a_beat_is_seen_with_a_reference_only(beat):
    for pair in THREE:
        assert beat.telling(*pair, "measurement") == []
    assert {row.name for row in beat.telling(*THREE[0], "relational")} == {"correlation", "correlation_period"}
    assert beat.row("period").kind == beat.row("order_parameter").kind == "diagnostic"
    assert "order parameter of 0; relative to the reference" in beat.summary
    lead = md.audit("beating", reference="lead", tunnelling=0.2, lead_number=8, quick=True)
    assert "n_mean" in {row.name for row in lead.telling("conserving", "mixture", "measurement")}
    assert "n_mean" in {row.name for row in lead.telling("superposition", "mixture", "measurement")}
    assert lead.row("lead_field").kind == "diagnostic"
    assert "post-selected on one total they agree" in lead.summary


def test_a_rotor_has_no_superselection_rule_so_its_figure_is_a_measurement():
    found = md.audit("irregular-rotor", quick=True)
    assert {"density", "contrast"} <= {row.name for row in found.telling(*THREE[1], "measurement")}
    assert found.row("momentum").sectors_off < 1e-12 < 0.1 < found.row("contrast").sectors_off


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("two-pi-rotation", {"loss": 0.02, "dephasing": 0.03, "temperature": 0.4, "weight": 0.3}),
        ("two-pi-rotation", {"tunnelling": "120 Hz", "zeeman": "0.9 MHz", "rotation_time": "5 ms"}),
        ("phase-equalization", {"detuning": 0.3, "weight": 0.2, "kind": "pair", "temperature": 0.2}),
        ("beating", {"step": 2, "tunnelling": 0.2, "switch": "on", "gate_shift": 0.1}),
        ("light-scattering", {"step": 2, "temperature": 3.0, "kind": "boson", "weight": 0.0}),
        ("irregular-rotor", {"spread": 1.2, "dephasing": 0.02}),
    ],
)
def test_the_theorem_holds_with_loss_heat_units_pairs_and_packets(name, given):
    found = md.audit(name, quick=True, **given)
    assert found.passed and found.theorem < 1e-11
    assert found.table() and found.markdown() and json.dumps(found.as_json(), allow_nan=False)
    if given.get("loss"):
        assert "post-selected on one total they still differ" in found.summary


@pytest.mark.parametrize(("name", "model"), [("phase-equalization", "mean-field"), ("josephson-current", "contact")])
def test_where_only_one_account_can_be_run_there_is_nothing_to_compare(name, model):
    found = md.audit(name, model=model)
    assert "nothing to compare" in found.summary and len(found.accounts) == 1 and found.refused
    assert found.table() and found.markdown() and found._repr_html_()


def test_phases_that_become_equal_tell_the_mixture_only():
    found = md.audit("phase-equalization", quick=True, phase_difference=1.1)
    assert "current" in {row.name for row in found.telling("superposition", "mixture", "measurement")}
    assert "only the distribution of the total number differs" in found.summary
    assert found.row("order_parameter_A").kind == "diagnostic" and found.row("coherence").kind == "relational"
    assert found.row("final_phase_difference")


def test_the_supercurrent_of_leads_that_count_is_that_of_leads_with_a_phase():
    found = md.audit("josephson-current", quick=True)
    assert found.telling("superposition", "conserving") == []
    assert "ladder_current" in found.summary
    one = md.audit("josephson-current", model="SD1S", quick=True)
    assert one.accounts == ("superposition", "mixture") and "parity-dot" in one.refused["conserving"]


@pytest.mark.parametrize("name", ["staircase", "gate-sweep", "trap-ring", "spinor-interferometer"])
def test_an_experiment_without_accounts_says_why(name):
    from mesodyn.experiments import kind_of

    found = md.audit(name, quick=True)
    assert kind_of(name).account_reason in found.summary and found.passed
    if name == "gate-sweep":
        assert found.accounts[:2] == ("mean-field", "conserving")
        assert "n_mean" in {row.name for row in found.telling("mean-field", "conserving")}
    assert found.table() and json.dumps(found.as_json(), allow_nan=False)


# -- the reference ----------------------------------------------------------------------------------------------------


def test_a_trap_beside_a_reference_has_the_coherence_of_its_number_distribution():
    path = Path(__file__).parent / "published" / "reference.json"
    entry = json.loads(path.read_text(encoding="utf-8"))["contested_reference"][0]
    found = growing(0.5, (int(entry["inputs"]["nbar"]),))[0]
    assert found.relative == pytest.approx(entry["outputs"]["reduced_coherence_factor"], abs=1e-12)
    assert found.pure == pytest.approx(entry["outputs"]["shift_overlap"], abs=1e-12)
    assert found.alone == 0.0


def test_what_a_reference_lacks_falls_as_one_over_eight_times_its_size():
    found = growing(0.3, (10, 30, 100, 180))
    lacking = [1 - one.relative for one in found]
    slope = np.polyfit(np.log([one.size for one in found]), np.log(lacking), 1)[0]
    assert slope == pytest.approx(-1, abs=0.02)
    assert found[-1].deficit == pytest.approx(1 / 8, abs=5e-4)
    assert [one.alone for one in found] == [0.0] * 4
    shots = [one.shots or 0 for one in found]
    assert shots[0] > shots[-1] > 0  # a larger reference takes fewer


def test_the_figure_of_the_reference_shows_what_was_evolved(beat):
    figure = beat.figures()["reference"]
    lines = {line.get_label(): np.asarray(line.get_ydata()) for line in figure.axes[0].lines}
    assert lines["relative to the reference"].tolist() == [one.relative for one in beat.references]
    assert lines["trap alone"].tolist() == [0.0] * len(beat.references)
    assert figure.axes[0].get_xscale() == "log" and "total number conserved" in figure.get_label()


# -- it notices -------------------------------------------------------------------------------------------------------


def test_a_fake_difference_of_the_light_under_one_account_is_found(monkeypatch):
    honest = LightScatterer.prepare

    def faked(self, account, initial, values):
        changed = {**values, "weight": np.minimum(1, values["weight"] + 1e-4 * (account == "mixture"))}
        return honest(self, account, initial, changed)

    monkeypatch.setattr(LightScatterer, "prepare", faked)
    found = md.audit("light-scattering", quick=True)
    assert {"spectrum", "field"} <= {row.name for row in found.telling("superposition", "mixture", "measurement")}
    assert not found.telling("superposition", "conserving", "measurement")
    assert "no pair of accounts is told apart" not in found.summary


def test_a_fake_phase_of_the_conserving_account_is_not_the_distribution_of_the_total_number(monkeypatch):
    honest = TrapPair.prepare

    def faked(self, account, initial, values):
        kept, state = honest(self, account, initial, values)
        return kept, state.conj() * 0.999 + 0.001 * np.eye(len(kept)) / len(kept) if account == "conserving" else state

    monkeypatch.setattr(TrapPair, "prepare", faked)
    assert "superposition / conserving: told apart by" in md.audit("two-pi-rotation", quick=True).summary


def test_sectors_with_wrong_weights_fail_the_theorem(monkeypatch, capsys):
    honest = sectors.shares

    def faked(*given):
        found = honest(*given)
        return found.copy(data=found.values[::-1] * np.array([1.2, 0.9, 0.8]))

    monkeypatch.setattr(sectors, "shares", faked)
    found = md.audit("two-pi-rotation", weight=0.3, quick=True)
    assert not found.passed and "NOT the sum of its sectors" in found.summary
    assert command(capsys, "audit", "two-pi-rotation", "--quick", "--set", "weight=0.3")[0] == 3


def test_controls_say_when_no_setting_helps_or_one_is_enough():
    same = {"superposition": 0.5, "conserving": 1.0, "mixture": 0.5}
    assert "at no setting" in sentence({"a": same, "b": same})
    good = {"superposition": 0.0, "conserving": 0.0, "mixture": 0.5}
    assert "b alone tells" in sentence({"a": same, "b": good})
    assert sentence({}) == ""


# -- the face ---------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_table_json_and_a_folder(capsys, home, beat):
    code, out, _ = command(capsys, "audit", "beating", "--quick", "--out", "found")
    assert code == 0 and "diagnostic" in out and "found: audit.json" in out
    assert (home / "found" / "reference.png").exists()
    saved = json.loads((home / "found" / "audit.json").read_text(encoding="utf-8"))
    assert saved["experiment"] == "beating" and len(saved["rows"]) == len(beat.rows)
    code, out, _ = command(capsys, "audit", "beating", "--quick", "--json", "--set", "weight=0.2")
    assert code == 0 and json.loads(out)["totals"] == pytest.approx({"0": 0.8, "1": 0.2})
    assert_refused(command(capsys, "audit", "beating", "--quick", "--out", "found"), "does not exist yet")


def test_bad_questions_are_refused(capsys):
    for words, part in (
        (("nothing",), "experiment must be"),
        (("beating", "--set", "account=mixture"), "left out: an audit compares all"),
        (("beating", "--set", "weight=0:1:3"), "single value in an audit"),
        (("beating", "--set", "weight=2"), "weight must be"),
        (("beating", "--set", "weight"), "NAME=VALUE"),
        (("beating", "--set", "weight=1", "--set", "weight=1"), "set once"),
        (("staircase", "--set", "nothing=1"), "parameter must be"),
    ):
        assert_refused(command(capsys, "audit", *words), part)


def test_an_experiment_that_was_made_is_audited_as_it_is(beat):
    made = md.experiment("beating", account="mixture", weight=0.2, quick=True)
    found = md.audit(made)
    assert found.totals == pytest.approx({0: 0.8, 1: 0.2})
    assert md.audit(made, weight=0.5).totals == pytest.approx(beat.totals)
    with pytest.raises(md.InputError, match="observable"):
        found.row("nothing")
    assert "<table>" in found._repr_html_() and str(found) == found.table() and "| observable" in found.markdown()


def test_models_are_compared_only_where_both_have_the_same_places():
    found = md.audit("mean-field-or-not", quick=True)
    assert not any(np.isinf(d.size) for row in found.rows for d in row.differences.values())
    assert "lead_size" in found.left_out and "lead_size" not in {row.name for row in found.rows}
