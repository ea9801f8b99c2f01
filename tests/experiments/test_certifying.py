"""`Run.certify` and `mesodyn certify`: every experiment has a certificate, and a record that is wrong fails."""

import json

import numpy as np
import pytest

import mesodyn as md
from mesodyn import archive
from mesodyn.experiments import certifying, kind_of
from mesodyn.experiments.beating import Beating
from mesodyn.experiments.run import load
from tests.commandline import BEAT, assert_refused, command, listing


def beat(**parameters):
    return md.experiment("beating", quick=True, **parameters).run()


@pytest.mark.parametrize("name", md.experiments())
def test_every_experiment_has_a_certificate_that_passes(name):
    found = md.experiment(name, quick=True).run().certify()
    assert found["solved again"].value == 0 and found["findings"].passed
    if kind_of(name).second_method is not None:
        assert found["half the tolerance"].passed and found["second method"].passed, found.table()


@pytest.mark.parametrize("name", ["staircase", "magnetization", "josephson-current", "gate-sweep"])
def test_of_what_is_at_rest_nothing_is_integrated(name):
    found = md.experiment(name, quick=True).run().certify()
    for question in ("half the tolerance", "second method"):
        assert found[question].passed is None and "mesodyn verify" in found[question].meaning


def test_an_evolution_shows_its_invariants():
    found = beat(account="conserving", tunnelling=0.5).certify()
    for question in ("Hermitian", "norm", "positivity", "energy drift", "number drift", "estimated error"):
        assert found[question].passed, question
    assert found["larger basis"].meaning == "the basis is complete"


def test_a_lead_that_is_cut_off_is_compared_with_more_of_it():
    found = beat(reference="lead", lead_number=9).certify()
    assert found["larger basis"].passed and "states instead of" in found["larger basis"].meaning


def test_few_points_are_all_solved_again_and_many_at_three():
    few = beat(weight=md.axis("weight", 0.2, 0.8, 3)).certify()
    assert "at all 3 points" in few["solved again"].meaning
    many = md.experiment("two-pi-rotation", quick=True, ramp="uniform", turns="0:4:17").run().certify()
    for question in ("solved again", "half the tolerance", "second method"):
        assert "at 3 of 17 points" in many[question].meaning and many[question].passed
    assert many["solved again"].value == 0


class Placed(Beating):
    """A beat with numbers that depend on where a point stands, as those drawn at random do."""

    def record(self):
        found = super().record()
        found["drawn"] = "weight", np.arange(found.sizes["weight"], dtype=float)
        return found


def test_what_depends_on_the_place_among_all_points_is_solved_again_at_all():
    found = Placed({"weight": md.axis("weight", 0.1, 0.9, 17)}, quick=True).run().certify()
    assert found["solved again"].value == 0 and "at all 17 points" in found["solved again"].meaning
    assert "at 3 of 17 points" in found["half the tolerance"].meaning


# -- records that are wrong -----------------------------------------------------------------------------------------


class Wrong(Beating):
    """A beat that is off by what the method, the tolerance or the hour is."""

    by: str = ""
    hour = 0

    def record(self):
        found = super().record()
        type(self).hour += 1
        off = {
            "tolerance": 1e5 * self.tolerance,
            "method": 1e-4 * (self.method != "auto"),
            "hour": 1e-9 * self.hour,
            "norm": 0.0,
        }[self.by]
        found["correlation"] = found.correlation + off
        return found.assign(norm=found.norm + 1e-6) if self.by == "norm" else found


@pytest.mark.parametrize(
    ("by", "question"),
    [("tolerance", "half the tolerance"), ("method", "second method"), ("hour", "solved again"), ("norm", "norm")],
)
def test_a_sabotaged_record_fails(by, question, monkeypatch):
    monkeypatch.setattr(Wrong, "by", by)
    run = Wrong({}, quick=True).run()
    found = run.certify(strict=False)
    assert question in [row.name for row in found.failed], found.table()
    with pytest.raises(md.UnfinishedError, match=question):
        run.certify()


def test_a_finding_that_fails_fails():
    run = beat()
    period = run.findings["period"]
    run.findings["period"] = type(period)(
        **(vars(period) | {"value": period.value * 1.01, "expected": period.expected})
    )
    found = run.certify(strict=False)
    assert [row.name for row in found.failed] == ["findings"] and "period" in found["findings"].meaning


class Deaf(Beating):
    """A beat that is solved the same way whatever is asked for."""

    def solving(self, method=None, tolerance=None):
        return super().solving(None, tolerance)


def test_a_second_method_that_is_the_first_proves_nothing():
    found = Deaf({}, quick=True).run().certify()
    assert found["second method"].passed is None and "the same way" in found["second method"].meaning


class CutOff(Beating):
    """A beat in a basis that is cut off."""

    change = 0.0

    def enlarged(self):
        return self.changed(detuning=self.values["detuning"] + self.change)


@pytest.mark.parametrize("change", [0.0, 1e-3])
def test_a_basis_that_is_cut_off_is_compared_with_a_larger_one(change, monkeypatch):
    monkeypatch.setattr(CutOff, "change", change)
    run = CutOff({"account": "conserving"}, quick=True).run()
    assert run.certify(strict=False)["larger basis"].passed is (change == 0)


# -- the command line -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(home, capsys, undrawn):
    """A run folder of a beat."""
    assert command(capsys, *BEAT, "--out", "o")[0] == 0
    return home / "o"


def test_a_run_folder_is_certified_and_stays_as_it_is(folder, capsys):
    before = listing(folder)
    code, out, err = command(capsys, "certify", folder)
    assert (code, err) == (0, "")
    assert "bit for bit" in out and "questions passed" in out and "FAIL" not in out
    code, out, err = command(capsys, "certify", folder, "--json")
    found = json.loads(out)
    assert (code, err, found["passed"], found["subject"]) == (0, "", True, "beating")
    assert {row["name"] for row in found["rows"]} >= {"solved again", "norm", "second method", "findings"}
    assert listing(folder) == before


def test_a_folder_whose_record_is_another_fails_with_1(folder, capsys):
    record = load(folder).record
    archive.write_dataset(record.assign(correlation=record.correlation + 1e-6), folder / "record.nc")
    archive.seal(folder)
    code, out, err = command(capsys, "certify", folder)
    assert (code, err) == (1, "")
    assert "FAILED: solved again" in out
    code, out, _ = command(capsys, "certify", folder, "--json")
    assert code == 1 and json.loads(out)["passed"] is False


def test_a_damaged_folder_is_refused(folder, capsys):
    (folder / "record.nc").write_bytes(b"not a record")
    assert_refused(command(capsys, "certify", folder), "record.nc must be undamaged", "run it again")
    (folder / "record.nc").unlink()
    assert_refused(command(capsys, "certify", folder), "run must be a whole run folder", "record.nc")


def test_what_is_not_a_run_folder_is_refused(home, capsys):
    (home / "empty").mkdir()
    (home / "file").write_text("mine")
    for what, parts in {
        "nowhere": ("run must be a TOML file or a run folder", "no such file"),
        "empty": ("run must be",),
        "file": ("run must be",),
    }.items():
        assert_refused(command(capsys, "certify", what), *parts)
    assert_refused(command(capsys, "certify"), "FOLDER")


def test_three_points_are_the_first_the_middle_and_the_last(monkeypatch):
    seen = []
    plain = Beating.record

    def watched(self):
        seen.append(np.ravel(self.values["weight"]))
        return plain(self)

    monkeypatch.setattr(Beating, "record", watched)
    monkeypatch.setattr(certifying, "FEW", 4)
    beat(weight=md.axis("weight", 0.1, 0.9, 5)).certify()
    assert [list(np.round(values, 9)) for values in seen if len(values) == 1][:3] == [[0.1], [0.5], [0.9]]
