"""From what is written to what is computed with: units, defaults, ranges, axes."""

import math
from typing import Any, cast

import numpy as np
import pytest
import xarray

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.experiments import kind_of
from mesodyn.experiments.parameters import DIMENSIONAL, Parameter, resolve

ROTATION = kind_of("two-pi-rotation").parameters
BEATING = kind_of("beating").parameters
J = 2 * math.pi * 120  # 120 Hz as h*f


def rotation(**given):
    return resolve(ROTATION, given, "tunnelling")


def test_the_defaults_are_in_range_and_in_natural_units():
    for parameters, scale in ((ROTATION, "tunnelling"), (BEATING, "chemical_potential")):
        values = resolve(parameters, {}, scale)
        assert values.natural and set(values.resolved) == {parameter.name for parameter in parameters}


def test_defaults_with_units_scale_with_the_tunnelling():
    natural, scaled = rotation(), rotation(tunnelling="120 Hz")
    assert not scaled.natural and scaled["tunnelling"] == pytest.approx(J, rel=1e-15)
    for parameter in ROTATION:
        one, other = natural[parameter.name], scaled[parameter.name]
        if parameter.kind in DIMENSIONAL and one is not None:
            assert other == pytest.approx(one * J ** DIMENSIONAL[parameter.kind], rel=1e-14), parameter.name
        else:
            assert other == one, parameter.name


def test_a_scale_whose_own_default_is_not_one_keeps_the_proportions():
    parameters = kind_of("light-scattering").parameters
    natural, scaled = (resolve(parameters, given, "excitation_low") for given in ({}, {"excitation_low": "5 MHz"}))
    for name in ("excitation_high", "width_low", "width_high", "chemical_potential"):
        share = natural[name] / natural["excitation_low"]
        assert scaled[name] == pytest.approx(share * scaled["excitation_low"], rel=1e-14), name


def test_the_scale_is_the_modulus_of_the_tunnelling():
    assert rotation(tunnelling="-120 Hz")["zeeman"] == rotation(tunnelling="120 Hz")["zeeman"] > 0


def test_a_default_that_follows_another_value_follows_the_one_that_is_given():
    assert rotation(relaxation_rate=2.0)["relaxation_time"] == 15.0
    assert rotation(relaxation_rate="2 1/s", tunnelling="1 Hz")["relaxation_time"] == 15.0
    assert resolve(BEATING, {"step": "2"}, "chemical_potential")["duration"] == pytest.approx(10 * math.pi)


def test_texts_numbers_and_numpy_numbers_are_the_same_number():
    for value in ("0.25", 0.25, np.float64(0.25), np.float32(0.25), " 0.25 ", "2.5e-1"):
        found = rotation(turns=value)["turns"]
        assert found == 0.25 and type(found) is float
    assert type(rotation(turns=1)["turns"]) is float
    assert rotation(n_c="3")["n_c"] == rotation(n_c=3.0)["n_c"] == 3


@pytest.mark.parametrize("step", ["2", 2])
def test_a_choice_that_looks_like_a_number_may_be_one(step):
    assert resolve(BEATING, {"step": step}, "chemical_potential")["step"] == "2"


def test_integers_and_short_floats_are_computed_with_as_doubles():
    axis = xarray.DataArray(np.array([1, 2], np.int32), dims="turns", coords={"turns": [1, 2]})
    assert rotation(turns=axis)["turns"].dtype == rotation(turns=axis.astype("f4"))["turns"].dtype == float


def test_none_means_the_default():
    assert rotation(turns=None, spin=None, account=None).resolved == rotation().resolved


def test_zero_goes_with_both_systems_of_units():
    assert rotation(detuning=0, tunnelling="1 Hz")["detuning"] == 0
    assert rotation(detuning="0", zeeman="1 Hz", tunnelling="1 Hz")["detuning"] == 0
    assert rotation(detuning=0, tunnelling=2.0).natural


def test_angles_turns_and_counts_go_with_both_systems_of_units():
    for angle in (0.5, "0.5 rad", "28.64788975654116 deg"):
        assert rotation(field_angle=angle, turns=2, n_c=1).natural
        assert not rotation(field_angle=angle, turns=2, n_c=1, tunnelling="1 Hz").natural
    found = rotation(phases="[0, 90 deg]", tunnelling=2)
    assert found.natural and found["phases"] == (0, pytest.approx(math.pi / 2))
    assert rotation(phases=(0.1, "0.2"))["phases"] == (0.1, 0.2)


@pytest.mark.parametrize(
    ("plain", "with_unit"),
    [
        ({"zeeman": 5}, {"tunnelling": "1 Hz"}),
        ({"rotation_time": "5"}, {"zeeman": "1 Hz"}),
        ({"rotation_time": [1, 2]}, {"zeeman": "1 Hz"}),
        ({"rotation_time": md.axis("rotation_time", 1, 2, 2)}, {"zeeman": md.axis("zeeman", "1 Hz", "2 Hz", 2)}),
        ({"inertia_change": 1.0}, {"temperature": "1 nK"}),
    ],
)
def test_plain_numbers_mixed_with_units_are_refused_by_both_names(plain, with_unit):
    (one,), (other,) = plain, with_unit
    with pytest.raises(InputError, match=f"^{one} and {other} must be both with units or both plain.*{one} a unit too"):
        rotation(**plain, **with_unit)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"^parameter must be a known name, .*did you mean tunnelling"):
        rotation(tunneling=1)


def test_the_scale_must_be_there_when_defaults_are_multiples_of_it():
    with pytest.raises(InputError, match=r"^tunnelling must be given with a unit .*--set tunnelling='100 Hz'"):
        rotation(zeeman="1 kHz")
    needed = {"rotation_time": "1 s", "zeeman": "60 Hz", "relaxation_rate": "1 1/s"}
    assert rotation(**needed, tunnelling="0 Hz")["tunnelling"] == 0
    for zero in ("0 Hz", "[-1 Hz, 0 Hz]"):
        with pytest.raises(InputError, match=r"^tunnelling must be other than 0 .*give a unit to zeeman too"):
            rotation(**(needed | {"zeeman": None}), tunnelling=zero)


@pytest.mark.parametrize("name", [parameter.name for parameter in ROTATION if parameter.kind in ("energy", "number")])
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, True, "nan", "1 kg", 1j, b"1", {}, [], [[1, 2]], [1, 1], object()]
)
def test_no_parameter_takes_what_is_no_number(name, value):
    with pytest.raises(InputError, match=rf"^{name} must be ") as refused:
        rotation(**{name: value})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("parameter", [p for p in ROTATION if p.low > -math.inf or p.above > -math.inf])
def test_every_lower_end_is_kept_by_numbers_and_axes(parameter):
    below = -1 if parameter.low > -math.inf else 0
    for value in (below, str(below)) if parameter.kind == "count" else (below, str(below), [1, below]):
        with pytest.raises(InputError, match=f"^{parameter.name} must be "):
            rotation(**{parameter.name: value})


def test_a_rate_of_zero_is_refused_before_anything_is_divided_by_it():
    for value in (0, 0.0, [0, 1]):
        with pytest.raises(InputError, match=r"^relaxation_rate must be .*above 0"):
            rotation(relaxation_rate=value)
    with pytest.raises(InputError, match=r"^chemical_potential must be .*above 0"):
        resolve(BEATING, {"chemical_potential": 0}, "chemical_potential")


@pytest.mark.parametrize("labels", [None, [1, 1], [1.0, math.nan], ["a", "b"], [True, False]], ids=repr)
def test_an_axis_is_labelled_by_finite_numbers_each_once(labels):
    value = xarray.DataArray([0.0, 1.0], dims="x", coords=None if labels is None else {"x": labels})
    with pytest.raises(InputError, match=r"^turns must be labelled along 'x' by finite numbers.*md\.axis"):
        rotation(turns=value)


def test_axes_keep_their_values_and_units_become_seconds():
    assert rotation(turns="0:4:5")["turns"].values.tolist() == [0, 1, 2, 3, 4]
    found = rotation(rotation_time="1 ms:2 ms:2", tunnelling="1 Hz")["rotation_time"]
    assert found.values.tolist() == found.rotation_time.values.tolist() == [0.001, 0.002]
    assert "units" not in found.attrs


def test_a_plain_kind_takes_no_unit():
    with pytest.raises(InputError, match=r"^turns must be .*drop the unit|it takes no unit"):
        rotation(turns=md.axis("turns", "1 s", "2 s", 2))
    with pytest.raises(InputError, match=r"^weight must be a plain finite number .it takes no unit."):
        rotation(weight="1 Hz")


@pytest.mark.parametrize("value", [1, "1", "[1]", [1], (1, 2, 3), "1, 2", None, (None, 0), ("1 kg", 0), (math.nan, 0)])
def test_phases_are_two_angles(value):
    if value is None:
        assert rotation(phases=None)["phases"] == (0, 0)
        return
    with pytest.raises(InputError, match=r"^phases must be "):
        rotation(phases=value)


def test_what_a_table_shows_is_what_is_checked():
    assert Parameter("a", "energy", 1.0, "", low=0, high=2).range == ">= 0, <= 2"
    assert Parameter("a", "energy", 1.0, "", above=0).range == "> 0"
    assert Parameter("a", "energy", 1.0, "").range == "any"
    assert Parameter("a", "choice", "x", "", choices=("x", "y")).range == "x | y"
    assert Parameter("a", "energy", 1.0, "").unit == "rad/s" and Parameter("a", "number", 1.0, "").unit == ""
    assert Parameter("a", "number", None, "").default_text == "none"
    assert Parameter("a", "number", lambda values: 1, "", follows="2 b").default_text == "2 b"


def test_two_parameters_with_units_vary_together_on_one_axis():
    time = md.axis("rotation_time", "10 ms", "50 ms", 3)
    run = md.experiment(
        "two-pi-rotation", rotation_time=time, relaxation_time=time * 3, tunnelling="100 Hz", quick=True
    )
    assert run.axes()["rotation_time"].size == 3


def test_a_kind_that_is_never_natural_has_defaults_with_a_unit_and_a_hint_that_names_it():
    waves = Parameter("wavelength", "length", "1.445 angstrom", "", above=0, high=1e-7)
    assert resolve((waves,), {}, "wavelength")["wavelength"] == 1.445e-10
    assert waves.default_text == "1.445 angstrom"
    with pytest.raises(InputError, match=r"at most 1e-07, but was 1\.445; m is meant; write '1\.8 angstrom'"):
        resolve((waves,), {"wavelength": 1.445}, "wavelength")


def test_an_inertia_can_be_the_scale():
    both = (Parameter("inertia", "inertia", 1.0, ""), Parameter("gap", "energy", 3.0, ""))
    values = resolve(both, {"inertia": "2 hbar*s"}, "inertia")
    assert values["gap"] == pytest.approx(1.5)
    with pytest.raises(InputError, match=r"add --set inertia='1e-40 kg\*m\*\*2'"):
        resolve(both, {"gap": "3 Hz"}, "inertia")


@pytest.mark.parametrize("name", ["bose-junction", "self-consistent", "ac-josephson", "irregular-rotor"])
@pytest.mark.parametrize("axis", ["moment", "trajectory", "run", "current"])
def test_no_axis_is_called_as_something_in_a_record(name, axis):
    parameter = kind_of(name).scale if name != "irregular-rotor" else "moment_of_inertia"
    with pytest.raises(InputError, match="axis must be called otherwise"):
        md.experiment(name, **cast(Any, {parameter: md.axis(axis, [1.0, 2.0])}))
