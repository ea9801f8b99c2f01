"""What theory is allowed to say: nothing where no formula is valid, and a tolerance that covers what it neglects."""

import numpy as np
import pytest

import mesodyn as md


def passed(**given):
    run = md.experiment("two-pi-rotation", **given).run()
    return {name: finding.passed for name, finding in run.findings.items() if finding.passed is not None}


def test_relaxation_of_equal_levels_knows_no_choice_of_basis():
    """With both traps filled, |up, down> and |down, up> have one energy; the spins must follow the field smoothly."""
    protocol = md.Protocol(
        md.Disconnect(),
        md.Rotate(duration=1.0, turns=1.0),
        md.Connect(),
        md.Relax(duration=0.5, rate=1.0, temperature=0.7),
    )
    fields = md.axis("zeeman", 5 * (1 + 1e-13 * np.arange(12)))
    record = md.evolve(md.TrapPair(zeeman=fields, weight=0.6), protocol, account="superposition", moments=3)
    assert np.ptp(record.energy.isel(moment=-1).values) < 1e-10
    assert np.ptp(record.spin_A.isel(moment=-1).values, axis=0).max() < 1e-10


@pytest.mark.parametrize("account", ["superposition", "mixture"])
@pytest.mark.parametrize("turns", [0.25, 0.5])
def test_heat_after_losses_is_expected_for_a_field_that_stays_turned(account, turns):
    assert all(passed(account=account, turns=turns, loss=0.05, ramp="uniform", rotation_time=5.0).values())


def test_no_flip_is_expected_without_a_field():
    assert all(passed(zeeman=0.0).values())


@pytest.mark.parametrize(("angle", "turns"), [(np.pi, 5.0), (0.0, -5.0)])
def test_turning_about_the_field_faster_than_it_precesses_is_expected_to_do_nothing(angle, turns):
    assert all(passed(field_angle=angle, turns=turns, rotation_time=0.1, zeeman=200.0).values())


def test_the_rounding_of_a_long_phase_is_granted():
    assert all(passed(rotation_time=1e8, ramp="uniform", field_angle=1.1).values())


def test_what_is_expected_of_a_point_does_not_depend_on_the_other_points():
    """An odd core that loses particles has no closed formula; beside it, the point without loss keeps its own."""
    run = md.experiment("two-pi-rotation", n_c=1, loss=md.axis("loss", [0.0, 0.02]), ramp="uniform").run()
    for name in ("heat_released", "spin_flip"):
        finding = run.findings[name]
        assert finding.expected is not None and finding.expected.isnull().values.tolist() == [False, True]
        assert finding.passed
