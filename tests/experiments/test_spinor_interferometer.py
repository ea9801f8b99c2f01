"""What the spinor-interferometer experiment measures: 4-pi periodicity, its nulls, noise and colours."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments.fringes import fit


def run(**given_):
    return md.experiment("spinor-interferometer", **given_).run()


def value(found, name):
    return float(found.findings[name].value)


def test_a_run_without_options_shows_the_sign_of_a_full_turn():
    found = run()
    assert found.passed
    assert value(found, "period_angle") == pytest.approx(4 * np.pi, rel=1e-9)
    assert value(found, "sign_after_turn") == pytest.approx(-1, abs=1e-6)
    assert value(found, "period") == pytest.approx(2 * value(found, "precession_period"), rel=1e-9)
    assert "187.743 G*cm, which is 720 degrees" in found.summary
    half = found.record.intensity.sel(exit="O").interp(scan=value(found, "precession_period") / 6e-4)
    assert float(half) < 2e-3  # the beam is dark where the spin points as at the start


@pytest.mark.parametrize(("spin", "angle", "sign", "contrast"), [("1/2", 4, -1, 1), ("1", 2, 1, 2 / 3)])
def test_a_whole_spin_comes_back_after_one_turn(spin, angle, sign, contrast):
    found = run(spin=spin)
    assert found.passed
    assert value(found, "period_angle") == pytest.approx(angle * np.pi, rel=1e-8)
    assert value(found, "sign_after_turn") == pytest.approx(sign, abs=1e-6)
    assert value(found, "contrast") == pytest.approx(contrast, abs=1e-8)
    assert abs(value(found, "from_rauch_1978")) == pytest.approx(0.842 if spin == "1/2" else 93.9, abs=0.01)


def test_spin_0_does_not_feel_the_field():
    found = run(spin="0")
    assert found.passed and np.isnan(value(found, "period"))
    assert np.ptp(found.record.intensity.values, axis=1).max() < 1e-12
    assert "no fringe" in found.summary


@given(
    share=st.floats(0, 1),
    tilt=st.floats(0, 3),
    shift=st.floats(-3, 3),
    contrast=st.floats(0, 1),
    spread=st.sampled_from([0.0, 0.01, 0.1]),
    spin=st.sampled_from(["1/2", "1", "0"]),
    wavelength=st.floats(0.8, 5.0),
)
@settings(max_examples=8, deadline=None)
def test_every_beam_passes(share, tilt, shift, contrast, spread, spin, wavelength):
    found = run(
        polarization=share,
        polarization_angle=tilt,
        phase_shift=shift,
        contrast=contrast,
        wavelength_spread=spread,
        spin=spin,
        wavelength=f"{wavelength} angstrom",
        field_integral=f"{600 / wavelength} G*cm",
        samples=61,
    )
    assert found.passed, [n for n, f in found.findings.items() if f.passed is False]


def test_an_unpolarised_beam_leaves_polarised_when_the_phase_is_shifted():
    plain, shifted = run(), run(phase_shift=np.pi / 2)
    assert value(plain, "exit_polarization") < 1e-12
    assert value(shifted, "exit_polarization") == pytest.approx(1, abs=2e-3)
    assert shifted.passed and np.isnan(value(shifted, "period"))  # and then its intensity knows nothing of the field


def test_a_spread_of_wavelengths_fades_the_fringe_and_keeps_its_period():
    found = run(wavelength_spread=0.05)
    assert found.passed
    turns = 0.5 * 2 * np.pi * 6e-4 / value(found, "precession_period")
    assert value(found, "contrast_left") == pytest.approx(np.exp(-((0.05 * turns) ** 2) / 2), abs=1e-7)
    assert value(found, "period_angle") == pytest.approx(4 * np.pi, rel=1e-8)


def test_counts_are_poisson_and_their_error_is_right():
    found = [
        md.experiment("spinor-interferometer", neutrons=200, contrast=0.4, samples=61, seed=seed).run()
        for seed in range(8)
    ]
    assert all(one.passed for one in found)
    angle, error = (np.array([value(one, name) for one in found]) for name in ("counted_angle", "counted_error"))
    pulls = (angle - 4 * np.pi) / error
    assert 0.4 < np.sqrt((pulls**2).mean()) < 1.8
    counts = np.stack([one.record.counts.values for one in found])
    mean = 200 * found[0].record.intensity.values
    assert ((counts - mean) ** 2 / mean).mean() == pytest.approx(1, abs=0.15)
    again = md.experiment("spinor-interferometer", neutrons=200, contrast=0.4, samples=61, seed=3).run()
    assert (again.record.counts == found[3].record.counts).all()


def test_an_axis_is_its_single_runs():
    whole = md.experiment("spinor-interferometer", wavelength_spread=[0.0, 0.03], samples=41).run()
    for k, spread in enumerate((0.0, 0.03)):
        one = md.experiment("spinor-interferometer", wavelength_spread=spread, samples=41).run()
        for name in ("intensity", "spin", "path_phase", "exit_spin"):
            part = whole.record[name].isel(wavelength_spread=k, drop=True)
            assert part.values.tobytes() == one.record[name].values.tobytes(), name
        for name, finding in one.findings.items():
            assert whole.findings[name].value.values[k].tobytes() == finding.value.values.tobytes(), name


@given(period=st.floats(0.9, 5), level=st.floats(-2, 2), cosine=st.floats(0.1, 2), sine=st.floats(-2, 2))
@settings(max_examples=20, deadline=None)
def test_a_fringe_is_fitted_to_its_period(period, level, cosine, sine):
    x = np.linspace(0, 9, 73)
    k = 2 * np.pi / period
    y = level + (cosine * np.cos(k * x) + sine * np.sin(k * x)) * np.exp(-(x**2) * 0.004)
    found = fit(x, y)
    assert found.period == pytest.approx(period, rel=1e-9)
    assert (found.level, found.decay) == pytest.approx((level, 0.008), abs=1e-8)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "account": ({"account": "mixture"}, "account must be left out here.*one neutron is in two paths"),
    "metres": ({"wavelength": 1.445}, r"wavelength must be .*at most 1e-07.*m is meant; write '1.8 angstrom'"),
    "a field": ({"field_integral": "600 G"}, "this is a magnetic field, not a field integral"),
    "short": ({"field_integral": "100 G*cm"}, r"large enough for two full turns .*but was enough for 1.07 turns"),
    "coarse": ({"samples": 20}, "samples must be at least 27: 8 for two full turns of the spin"),
    "few": ({"neutrons": 3}, "neutrons must be 0 or at least 20"),
    "spin": ({"spin": "3/2"}, "spin must be one of"),
    "scan": ({"contrast": md.axis("scan", [0.1, 0.5])}, "axis must be called otherwise"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case):
    given_, message = REFUSED[case]
    with pytest.raises(InputError, match=message):
        md.experiment("spinor-interferometer", **given_)


@pytest.mark.parametrize("given_", [{"neutrons": 100}, {"spin": "0"}])
def test_figures_and_animation_are_drawn(given_, tmp_path):
    found = run(quick=True, contrast=[0.2, 0.9], **given_)
    names = {"intensity", "nulls"} | ({"spin"} if given_.get("spin") != "0" else set())
    assert set(found.figures()) == names | ({"counts"} if "neutrons" in given_ else set())
    assert found.animate(tmp_path / "film.gif", at={"contrast": 0.9}).read_bytes().startswith(b"GIF89a")


def test_the_record_is_certified_by_a_second_method():
    assert run(quick=True).certify().passed
