"""A run in blocks is the same run: whoever does them, in whatever order, interrupted or not."""

import math
from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments import block_run, blocks
from mesodyn.experiments.blocks import Partition
from mesodyn.experiments.run import Run
from tests.experiments.test_run import bits

TURNS = {"turns": "0:2:7", "ramp": "uniform", "dephasing": "[0, 0.01]"}
NOISY = {
    "model": "mean-field",
    "dephasing": "[0, 0.02]",
    "trajectories": 3,
    "duration": 5.0,
    "phase_difference": "[2, 3]",
}
QUICK: dict[str, tuple[str, dict[str, Any]]] = {
    "conserving": ("two-pi-rotation", TURNS),
    "interferometer": ("two-pi-rotation", {"readout": "interferometer", "bias_phase": "0:6:5", "zeeman": "[20, 60]"}),
    "prepared": ("two-pi-rotation", {"preparation_time": "[0, 1]", "account": "superposition"}),
    "beat": ("beating", {"chemical_potential": "1:30:3", "tunnelling": "[0, 0.1]"}),
    "beat that is moved": ("beating", {"gate_shift": "[0, 0.1]", "tunnelling": "[0, 0.1]", "switch": "on"}),
    "current": ("josephson-current", {"temperature": "[0.01, 0.1, 0.2]", "phase_difference": "0:12.5:101"}),
    "gate": ("gate-sweep", {"temperature": "[0.01, 0.1]"}),
    "magnet": ("magnetization", {"temperature": "[0.02, 0.1]"}),
    "staircase": ("staircase", {"temperature": "[0.02, 0.1]", "charging_energy": "[1, 5]"}),
    "linked traps": ("phase-equalization", {"phase_difference": "0:3:3"}),
    "noisy mean field": ("phase-equalization", NOISY),
    "quench": ("self-consistent", {"weight": "[0.2, 0.6]", "duration": 5.0}),
    "bosons": ("bose-junction", {"particles": 8, "Lambda": "[1, 3]", "dephasing": "[0, 0.1]", "trajectories": 3}),
    "telegraph": ("ac-josephson", {"branch_coupling": "0:0.003:3", "trajectories": 3, "periods": 4}),
    "rotor": ("irregular-rotor", {"weight": "[0.1, 0.7]", "moment_of_inertia": "[1, 5]"}),
    "neutrons": ("spinor-interferometer", {"neutrons": 50, "contrast": [0.3, 0.6], "wavelength_spread": [0, 0.1]}),
    "light": ("light-scattering", {"excitation_high": "5.3:6:2", "events": 3, "runs": 5}),
}


def make(case):
    name, given = QUICK[case]
    return md.experiment(name, seed=3, quick=True, **given)


def cut(experiment, most, **options):
    return block_run.compute(experiment, blocks.cut(experiment, most), block_run.Store(), **options)


def findings_bits(run):
    """All findings to the last bit."""
    return {
        name: [bits(part) for part in (f.value, np.nan if f.expected is None else f.expected, f.tolerance)]
        for name, f in run.findings.items()
    }


@pytest.mark.parametrize("case", QUICK)
def test_another_block_size_changes_nothing(case):
    """Random numbers, moments and tolerances belong to the whole run, and not to a block of it."""
    experiment = make(case)
    one, other = Run.of(experiment), cut(experiment, 1)
    assert other.division.count > 1
    assert set(one.findings) == set(other.findings)
    for name, finding in one.findings.items():
        again = other.findings[name]
        assert finding.value.dims == again.value.dims
        assert (finding.unit, finding.period, finding.passed) == (again.unit, again.period, again.passed)
        assert_close(finding.value, again.value)
        if finding.expected is not None:
            assert again.expected is not None
            assert_close(finding.expected, again.expected)
            known = finding.expected.notnull()
            assert_close(
                finding.tolerance + 0 * finding.value.where(known), again.tolerance + 0 * again.value.where(known)
            )
    assert one.passed == other.passed and one.summary == other.summary


def assert_close(one, other):
    np.testing.assert_allclose(np.asarray(other), np.asarray(one), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(
    "options",
    [
        {"workers": 2},
        {"workers": 2, "cluster": "local"},
        pytest.param({"workers": 3}, marks=pytest.mark.slow),
        pytest.param({"workers": 3, "cluster": "local"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_the_same_bits_whoever_does_the_blocks(options):
    experiment = make("conserving").keeping("record")
    alone, shared = cut(experiment, 4), cut(experiment, 4, **options)
    assert findings_bits(alone) == findings_bits(shared)
    assert set(alone.record.variables) == set(shared.record.variables)
    for name, variable in alone.record.variables.items():
        assert bits(variable) == bits(shared.record[name]), name
    assert alone.as_json() == shared.as_json()


def test_random_numbers_too():
    assert findings_bits(cut(make("neutrons"), 1)) == findings_bits(cut(make("neutrons"), 1, workers=2))


def test_a_whole_record_in_blocks_is_the_whole_record():
    experiment = make("conserving").keeping("record")
    one, other = Run.of(experiment).record, cut(experiment, 4).record
    assert set(one.variables) == set(other.variables)
    for name, variable in one.variables.items():
        assert variable.dims == other[name].dims
        if variable.dtype.kind in "fc":
            assert_close(variable, other[name])
        else:
            assert bits(variable) == bits(other[name])


def test_blocks_are_as_even_as_halving_makes_them_and_hold_every_point_once():
    experiment = md.experiment("two-pi-rotation", turns="0:4:401", zeeman="20:60:37")
    division = blocks.cut(experiment, 100)
    seen = np.zeros((37, 401) if list(division.sizes) == ["zeeman", "turns"] else (401, 37), int)
    for where in division.blocks:
        part = seen[tuple(where[name] for name in division.sizes)]
        part += 1
        assert 0 < part.size <= 100
    assert (seen == 1).all()
    assert len(division.blocks) == division.count and division.points == 401 * 37


def test_no_block_ends_on_an_axis_that_findings_are_measured_along():
    for case in ("current", "gate", "magnet", "staircase", "interferometer"):
        experiment = make(case)
        (along,) = experiment.uncut()
        division = blocks.cut(experiment, 1)
        assert division.lengths[along] == division.sizes[along] > 1
        assert division.count == math.prod(size for name, size in division.sizes.items() if name != along)
        with pytest.raises(
            InputError, match=rf"blocks\.{along} must be {division.sizes[along]}: findings are measured"
        ):
            blocks.read(experiment, {name: 1 for name in division.sizes})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"turn": 1}, "a key of blocks must be one of .*turns.*did you mean turns"),
        ({"turns": 3}, "blocks must be with a length for the axis dephasing"),
        ({"turns": 0, "dephasing": 1}, "blocks.turns must be"),
        ({"turns": 8, "dephasing": 1}, "blocks.turns must be"),
        ({"turns": 1.5, "dephasing": 1}, "blocks.turns must be"),
        (3, "blocks must be a table"),
    ],
)
def test_blocks_that_do_not_fit_the_axes_are_refused(table, message):
    with pytest.raises(InputError, match=message):
        blocks.read(make("conserving"), table)


def test_a_part_knows_its_points_in_the_whole_run():
    experiment = make("conserving")
    part = experiment.taking({"turns": slice(2, 4)}).taking({"dephasing": 1})
    sizes = [len(values) for values in experiment.axes().values()]
    places = np.arange(14).reshape(sizes)
    index: Any = tuple({"turns": slice(2, 4), "dephasing": 1}[name] for name in experiment.axes())
    assert part.places().tolist() == places[index].ravel().tolist()
    assert part.whole is experiment
    assert experiment.at({"turns": 2.0, "dephasing": 0.01})[0].places().tolist() == [13]


def test_what_a_sweep_has_anywhere_its_parts_have_too():
    experiment = make("noisy mean field")
    quiet = experiment.taking({"dephasing": 0})
    assert quiet.anywhere("dephasing") and not quiet.changed(dephasing=0.0).anywhere("dephasing")


def test_many_points_are_cut_by_themselves_and_few_are_not(monkeypatch):
    monkeypatch.setattr(type(make("conserving")), "block_points", 5)
    found = make("conserving").run()
    assert isinstance(found, block_run.BlockRun) and found.division.count > 2
    assert (
        found.findings["heat_released"].value.shape == Run.of(make("conserving")).findings["heat_released"].value.shape
    )
    monkeypatch.setattr(type(make("conserving")), "block_points", 14)
    assert not isinstance(make("conserving").run(), block_run.BlockRun)


def test_records_that_are_kept_make_blocks_small_enough_to_be_held(monkeypatch):
    experiment = make("conserving")
    each = experiment.keeping("record").taking({"turns": 0, "dephasing": 0}).record().nbytes
    monkeypatch.setattr(block_run, "MEMORY", 4 * each)
    assert block_run.partition(experiment).count == 1
    assert max(math.prod(block_run.partition(experiment.keeping("record")).lengths.values()), 4) == 4


def test_a_gap_is_never_taken_for_a_number():
    experiment = make("conserving").keeping("record")
    division = Partition({"turns": 7, "dephasing": 2}, {"turns": 3, "dephasing": 2})
    division = blocks.read(experiment, division.lengths)
    store = block_run.compute(experiment, division, block_run.Store()).store
    del store.parts[1]
    run = block_run.BlockRun(experiment, division, store)
    assert run.missing == [1] and "2 of 3 blocks are there; missing: 1" in run.summary
    for name, finding in run.findings.items():
        assert finding.value.isel(turns=slice(3, 6)).isnull().all(), name
    assert run.findings["heat_released"].value.isel(turns=[0, 1, 2, 6]).notnull().all()
    for key, variable in run.record.data_vars.items():
        if "turns" in variable.dims:
            assert variable.isel(turns=slice(3, 6)).isnull().all(), key


def test_a_finding_may_be_called_like_an_axis():
    found = cut(make("neutrons"), 1)
    alone = Run.of(make("neutrons"))
    assert found.findings["contrast"].value.identical(alone.findings["contrast"].value)


def test_what_it_takes_is_estimated_from_a_block():
    found = block_run.estimate(make("conserving"), blocks.cut(make("conserving"), 4))
    assert (found.points, found.blocks) == (14, 4)
    assert 0 < found.seconds < 60 and 1e3 < found.kept < 1e6
    text = found.text(3)
    assert "points   14\n" in text and "with 3 workers" in text and "measured" in text
    kept = block_run.estimate(make("conserving").keeping("record"))
    assert kept.kept > found.kept


def test_findings_read_from_a_folder_are_those_in_memory(tmp_path):
    found = cut(make("conserving"), 4)
    again = md.load(found.save(tmp_path / "sweep", animation=False))
    for name, finding in found.findings.items():
        other = again.findings[name]
        assert finding.value.identical(other.value), name
        assert (finding.expected is None) == (other.expected is None)
        assert finding.expected is None or finding.expected.equals(other.expected), name
        assert (finding.meaning, finding.unit, finding.equation, finding.period) == (
            other.meaning,
            other.unit,
            other.equation,
            other.period,
        )
    assert (found.method, found.summary) == (again.method, again.summary)
