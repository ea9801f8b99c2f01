"""What the irregular-rotor experiment measures: how the figure turns, and under which accounts there is none."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.units import HBAR


def run(**given_):
    return md.experiment("irregular-rotor", **given_).run()


def value(found, name):
    return float(found.findings[name].value)


def test_a_run_without_options_shows_a_figure_that_turns_rigidly_at_a_mean_that_is_no_integer():
    found = run()
    assert found.passed and [f.passed for f in found.findings.values()] == [True] * 8
    assert value(found, "momentum") == pytest.approx(7.4)
    assert value(found, "angular_velocity") == pytest.approx(7.5, rel=1e-11)
    assert value(found, "shape_change") < 1e-9
    assert "turns at 7.5" in found.summary


def test_the_figure_turns_at_one_rate_whatever_the_mean():
    weight = md.axis("weight", [0.01, 0.3, 0.5, 0.99])
    found = run(weight=weight, moment_of_inertia=2.3)
    assert found.passed
    assert np.allclose(found.findings["angular_velocity"].value, 15 / 4.6, rtol=1e-11)
    assert np.allclose(found.findings["momentum"].value, 7 + weight.values, atol=1e-12)
    assert np.allclose(found.findings["contrast"].value, 2 * np.sqrt(weight.values * (1 - weight.values)), atol=1e-12)


@pytest.mark.parametrize("fold", [1, 2, 5])
def test_a_body_of_more_arms_is_again_itself_sooner(fold):
    found = run(fold=fold, moment_of_inertia=3.0, m_c=4, frame_rate=1.0)
    critical = (8 + fold) / 6
    assert found.passed
    assert value(found, "period") == pytest.approx(2 * np.pi / (fold * critical), rel=1e-11)
    assert value(found, "residual_velocity") == pytest.approx(critical - 1, rel=1e-10)
    ring = found.record.density.isel(moment=0).values
    if ring.size % fold == 0:
        assert np.allclose(ring, np.roll(ring, ring.size // fold), atol=1e-12)


def test_no_figure_without_a_superposition_of_the_rotor_alone():
    pure, mixed, shared = (
        run(account=account, outside_rate=2.0) for account in ("superposition", "mixture", "conserving")
    )
    assert all(found.passed for found in (pure, mixed, shared))
    for found in (mixed, shared):
        assert np.allclose(found.record.density, 1.0, atol=1e-14)
        assert value(found, "contrast") == 0 and np.isnan(value(found, "period"))
        assert value(found, "momentum") == pytest.approx(value(pure, "momentum"))
    assert np.ptp(pure.record.density.values) > 1.9
    assert value(shared, "correlation") == pytest.approx(np.sqrt(0.24))
    assert value(shared, "correlation_period") == pytest.approx(2 * np.pi / 5.5, rel=1e-11)
    assert "correlation" not in mixed.record
    assert "angle to the body outside turns" in shared.summary and "nothing is seen" in mixed.summary


def test_a_correlation_between_bodies_that_turn_alike_stands_still():
    found = run(account="conserving", outside_rate=7.5)
    assert found.passed and np.isnan(value(found, "correlation_period"))
    assert "stands still" in found.summary


def test_a_packet_turns_at_the_mean_and_spreads():
    found = run(spread=1.2, weight=0.4)
    assert found.passed
    assert value(found, "angular_velocity") == pytest.approx(7.4, rel=1e-8)
    assert value(found, "spreading_time") == pytest.approx(1 / 1.2, rel=1e-7)
    assert value(found, "shape_change") > 1
    assert found.findings["shape_change"].passed is None


def test_a_packet_of_few_angular_momenta_has_no_formula_but_is_measured():
    found = run(spread=0.3)
    assert found.passed and found.findings["angular_velocity"].passed is None
    assert np.isfinite(value(found, "angular_velocity"))


def test_kicks_take_the_contrast_and_leave_the_rate():
    found = run(dephasing=0.3, duration=4.0)
    assert found.passed
    assert value(found, "contrast_left") == pytest.approx(2 * np.sqrt(0.24) * np.exp(-1.2), abs=1e-9)
    assert value(found, "angular_velocity") == pytest.approx(7.5, rel=1e-10)


@given(
    inertia=st.floats(0.3, 20),
    give=st.floats(-1, 1),
    m=st.integers(0, 12),
    fold=st.integers(1, 4),
    weight=st.floats(0.02, 0.98),
    omega=st.floats(-3, 3),
)
@settings(max_examples=12, deadline=None)
def test_every_convex_body_passes(inertia, give, m, fold, weight, omega):
    most = 1 / (inertia * (12 * (m + fold) ** 2 + 2 * fold**2))
    found = run(
        moment_of_inertia=inertia,
        distortion=0.9 * give * most,
        m_c=m,
        fold=fold,
        weight=weight,
        frame_rate=omega,
        quick=True,
    )
    assert found.passed, [n for n, f in found.findings.items() if f.passed is False]


def test_units_scale_everything():
    inertia = 1e-40
    found = run(moment_of_inertia=f"{inertia} kg*m**2", outside_rate="3 kHz", account="conserving")
    critical = 15 * HBAR / (2 * inertia)
    assert found.passed
    expected = 2 * np.pi / (critical - 2 * np.pi * 3e3)
    assert value(found, "correlation_period") == pytest.approx(expected, rel=1e-9)
    assert found.record.time.attrs["units"] == "s"


@pytest.mark.parametrize("account", ["superposition", "conserving"])
@pytest.mark.parametrize("more", [{}, {"dephasing": 0.2}, {"spread": 1.0}])
def test_an_axis_is_its_single_runs(account, more):
    axis = md.axis("moment_of_inertia", [0.7, 1.9])
    whole = md.experiment("irregular-rotor", account=account, moment_of_inertia=axis, **more).run(keep="record")
    for k, inertia in enumerate(axis.values):
        one = md.experiment("irregular-rotor", account=account, moment_of_inertia=inertia, **more).run()
        for name in ("time", "component", "density", "momentum"):
            part = whole.record[name].isel(moment_of_inertia=k, drop=True).transpose(*one.record[name].dims)
            assert part.values.tobytes() == one.record[name].values.tobytes(), name
        for name, finding in one.findings.items():
            assert whole.findings[name].value.values[k].tobytes() == finding.value.values.tobytes(), name


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "soft": ({"distortion": 0.1}, "E is convex"),
    "an axis of the record": ({"weight": md.axis("harmonic", [0.1, 0.5])}, "axis must be called otherwise"),
    "wide": ({"spread": 2.0, "account": "conserving"}, "spread must be at most"),
    "mixed units": ({"moment_of_inertia": "1e-40 kg*m**2", "duration": 1.0}, "both with units or both plain"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case):
    given_, message = REFUSED[case]
    with pytest.raises(InputError, match=message):
        md.experiment("irregular-rotor", **given_)


@pytest.mark.parametrize("given_", [{"account": "conserving", "fold": 3}, {"spread": 2.0, "levels": 40}])
def test_figures_and_animation_are_drawn(given_, tmp_path):
    found = run(quick=True, weight=[0.2, 0.5], **given_)
    assert {"density", "figure", "staircase"} == set(found.figures())
    assert found.animate(tmp_path / "film.gif", at={"weight": 0.2}).read_bytes().startswith(b"GIF89a")


def test_a_soft_body_is_drawn_without_plateaus_that_it_has_not():
    found = run(quick=True, distortion=0.9 / (12 * 64 + 2))
    assert found.passed and set(found.figures()) == {"density", "figure"}


def test_the_record_is_certified_by_a_second_method():
    assert run(quick=True).certify().passed


@pytest.mark.parametrize("given", [{"spread": 1e-3, "duration": 0.7}, {"m_c": 0, "fold": 2, "dephasing": 1e6}])
def test_no_finding_fails_at_the_ends_of_the_parameters(given):
    assert md.experiment("irregular-rotor", quick=True, **given).run().passed
