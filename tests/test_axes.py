"""Labelled axes: what makes one, its text form, its conversion to base numbers, and the layout of points."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mesodyn.axes import axis, broadcast_axes, flatten, parse_axis, to_kind, unflatten
from mesodyn.errors import InputError
from mesodyn.units import quantity

finite = st.floats(-1e100, 1e100).map(lambda value: value + 0.0)
several = st.lists(finite, min_size=1, max_size=20, unique=True)


@given(several)
def test_an_axis_holds_its_values_and_labels_them_with_themselves(values):
    made = axis("detuning", values)
    assert made.dims == ("detuning",)
    assert made.name == "detuning"
    assert made.values.tolist() == values
    assert made.coords["detuning"].values.tolist() == values
    assert made.attrs == {}


@given(finite, finite, st.integers(2, 50))
def test_an_even_axis_is_linspace(start, stop, n):
    assume(abs(start - stop) > 1e-9 * max(abs(start), abs(stop)))
    assert axis("x", start, stop, n).values.tolist() == np.linspace(start, stop, n).tolist()


def test_one_point_may_be_an_axis():
    assert axis("x", 2, 2, 1).values.tolist() == [2.0]
    assert axis("x", [2]).values.tolist() == [2.0]


def test_an_axis_may_descend_be_complex_and_come_from_any_iterable():
    assert axis("x", 4, 0, n=3).values.tolist() == [4.0, 2.0, 0.0]
    assert axis("x", [1j, 2]).values.tolist() == [1j, 2 + 0j]
    assert axis("x", (i for i in range(3))).values.tolist() == [0.0, 1.0, 2.0]
    assert axis("x", np.arange(3)).dtype == float
    assert axis("x", 0, 1, np.int64(2)).size == 2


def test_an_axis_of_texts_is_in_the_unit_of_the_first():
    spaced = axis("rotation_time", "0.05 ms", "5 ms", 50)
    assert spaced.attrs["units"] == spaced.coords["rotation_time"].attrs["units"] == "ms"
    assert spaced.values.tolist() == np.linspace(0.05, 5, 50).tolist()
    assert axis("x", ["500 us", "5 ms"]).values.tolist() == [500.0, 5000.0]


def test_an_axis_made_anew_keeps_its_unit():
    again = axis("y", axis("x", ["1 ms", "2 ms"]))
    assert again.attrs["units"] == "ms"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a b", [1]), "the axis name must be an identifier"),
        ((3, [1]), "the axis name must be an identifier"),
        (("x", 0, 1, 0), "x must be an axis of 1 to .* points, but was one of 0 points"),
        (("x", 0, 1, -1), "one of -1 points"),
        (("x", 0, 1, True), "one of True points"),
        (("x", 0, 1, 2.0), r"one of 2\.0 points"),
        (("x", 0, 1, "3"), "one of '3' points"),
        (("x", 0, 1), "one of None points"),
        (("x", 0, 1, 10**9), "one of 1000000000 points"),
        (("x", 0, 1, 1), "an axis of one point, or of more .* was 1 point from 0 to 1"),
        (("x", 1, 1, 2), "was 2 points from 1 to 1"),
        (("x", 0, 1j, 2), "from one real number to another"),
        (("x", 0, math.inf, 3), "finite"),
        (("x", -1.7e308, 1.7e308, 3), "finite"),
        (("x", 1, 1 + 3e-16, 9), "each value once"),
        (("x", []), "one or more values"),
        (("x", "1 ms"), "one or more values, but was '1 ms'"),
        (("x", 3), "one or more values, but was 3"),
        (("x", {1, 2}), "one or more values"),
        (("x", [1, math.nan]), "finite"),
        (("x", [10**400]), "finite"),
        (("x", [complex(0, math.inf)]), "finite"),
        (("x", [1, 2, 1]), r"each value once, but was one with 1\.0 more than once"),
        (("x", [0.0, -0.0]), "each value once"),
        (("x", [[1, 2]]), "in one dimension"),
        (("x", np.ones((2, 2))), "in one dimension"),
        (("x", [1, True]), "one with True"),
        (("x", [np.True_]), "one with True"),
        (("x", [None]), "one with None"),
        (("x", ["1 ms", 2]), "numbers only or of texts with units only, but was '1 ms' with 2"),
        (("x", [2, "1 ms"]), "numbers only or of texts with units only"),
        (("x", ["1 ms", "2"]), "numbers only or of texts with units only"),
        (("x", 0, "5 ms", 3), "numbers only or of texts with units only"),
        (("x", ["1 ms", "1 kg"]), "a unit that converts to ms.*a mass, not a time"),
        (("x", ["1 ms", "soon"]), "begin with one finite number"),
        (("x", ["1 ms", "1000 us"]), "each value once"),
    ],
)
def test_what_is_no_axis_is_refused_with_the_right_form(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        axis(*arguments)
    assert str(caught.value).endswith('write axis("turns", 0, 4, 401) or axis("turns", [1, 2, 4])')


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("0:4:5", [0, 1, 2, 3, 4], None),
        (" 4 : 0 : 3 ", [4, 2, 0], None),
        ("0.05 ms:5 ms:3", [0.05, 2.525, 5], "ms"),
        ("[1, 2, 4]", [1, 2, 4], None),
        ("[1,]", [1], None),
        ("[1 ms, 2 s]", [1, 2000], "ms"),
        ("[1+2j, -1e-1j, 3]", [1 + 2j, -0.1j, 3], None),
    ],
)
def test_the_text_form_of_an_axis_reads_as_the_axis(text, values, unit):
    made = parse_axis("turns", text)
    assert made is not None
    assert made.values.tolist() == pytest.approx(values, rel=1e-15)
    assert made.attrs.get("units") == unit
    assert made.dims == ("turns",)


@given(several)
def test_a_list_of_numbers_reads_back_bit_for_bit(values):
    made = parse_axis("x", str(values))
    assert made is not None
    assert made.values.tolist() == values


@pytest.mark.parametrize("text", ["4", "5 ms", "-1e-3", "", "smooth", "h*120 Hz"])
def test_a_plain_scalar_is_no_axis(text):
    assert parse_axis("turns", text) is None


RANGES = "0:4|0:4:x|0:4:0|0:4:-3|0:4:2.5|0:4:1e3|0:4:999999999|0:4:9999999999|::|:4:3|0:1:2:3|1:1:3|1:2:1"
RANGES_OF_TEXTS = "0:5 ms:3|0 s:5 kg:3|nan:1:3|0:1e400:3|0 lightyearz:1 lightyearz:3"
LISTS = "[]|[ ]|[,]|[1, nan]|[1, 2|1, 2]|[|]|[[1, 2]]|[0:4:3]|[1, 1]|[1, 2 ms]|[1j+]"


@pytest.mark.parametrize("text", [*RANGES.split("|"), *RANGES_OF_TEXTS.split("|"), *LISTS.split("|")])
def test_a_wrong_text_form_names_the_parameter_and_the_right_form(text):
    with pytest.raises(InputError, match=r"^turns must be .*START:STOP:COUNT, such as '0:4:401'.*\[1, 2, 4\]"):
        parse_axis("turns", text)


scraps = st.lists(st.sampled_from([*"0123456789.eE+-j,:[] ", "ms", "Hz", "nan", "inf"]) | st.characters(), max_size=30)


@settings(deadline=2000)
@given(st.text() | scraps.map("".join) | scraps.map(lambda parts: f"[{''.join(parts)}]"))
@example("0:4:" + "9" * 5000)
def test_any_text_is_an_axis_a_scalar_or_refused_and_quickly(text):
    try:
        made = parse_axis("x", text)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert made is None or np.isfinite(made.values).all()


@given(
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=10, unique=True),
    st.sampled_from(
        [("ms", "time"), ("kHz", "energy"), ("nK", "temperature"), ("G", "magnetic field"), ("deg", "angle")]
    ),
)
def test_an_axis_converts_bit_for_bit_as_each_of_its_quantities(values, unit_and_kind):
    unit, kind = unit_and_kind
    converted = to_kind(axis("x", [f"{value!r} {unit}" for value in values]), kind, "x")
    expected = [quantity(f"{value!r} {unit}", kind) for value in values]
    assert converted.values.tolist() == expected
    assert converted.coords["x"].values.tolist() == expected
    assert "units" not in converted.attrs | converted.coords["x"].attrs
    assert converted.dims == ("x",)


def test_conversion_leaves_plain_numbers_and_other_coordinates_alone():
    plain = axis("x", [1, 2])
    assert to_kind(plain, "time", "x") is plain
    along = xr.DataArray([1.0, 2.0], dims="run", coords={"run": [10, 20]}, attrs={"units": "ms", "note": "kept"})
    converted = to_kind(along, "time", "x")
    assert converted.values.tolist() == [0.001, 0.002]
    assert converted.coords["run"].values.tolist() == [10, 20]
    assert converted.attrs == {"note": "kept"}
    assert along.attrs["units"] == "ms"


def test_a_complex_axis_converts_both_parts():
    data = axis("tunnelling", [1 + 2j, 3]).assign_attrs(units="kHz")
    one = quantity("1 kHz", "energy")
    np.testing.assert_allclose(to_kind(data, "energy", "tunnelling").values, [one * (1 + 2j), 3 * one], rtol=1e-15)


def test_conversion_to_another_kind_is_refused_by_name():
    with pytest.raises(InputError, match=r"hold must be a time .* was '1\.0 kg'; this is a mass"):
        to_kind(axis("x", ["1 kg", "2 kg"]), "time", "hold")


def test_axes_come_in_order_of_first_appearance():
    a, b = axis("a", [1, 2]), axis("b", [1, 2, 3])
    axes = broadcast_axes({"one": b, "two": 0.5, "three": a * b, "four": b + 1})
    assert list(axes) == ["b", "a"]
    assert axes["b"].values.tolist() == [1.0, 2.0, 3.0]
    assert broadcast_axes({"one": 1.0, "two": 2j}) == {}


@pytest.mark.parametrize("other", [[1, 2, 3], [1, 3], [2, 1]])
def test_one_axis_name_has_one_set_of_values(other):
    message = rf"^left and right must be .*'gap'.*one axis name, two sets of values \(2 and {len(other)} of them\)"
    with pytest.raises(InputError, match=message):
        broadcast_axes({"left": axis("gap", [1, 2]), "right": axis("gap", other)})


def test_an_axis_without_a_coordinate_is_refused():
    with pytest.raises(InputError, match="field must be labelled along its dimension 'x'"):
        broadcast_axes({"field": xr.DataArray([1.0, 2.0], dims="x")})


@given(st.lists(st.integers(1, 4), max_size=3), st.randoms())
def test_flatten_and_unflatten_follow_xarrays_own_broadcasting(lengths, random):
    axes = {name: axis(name, range(1, n + 1)) for name, n in zip("abc", lengths, strict=False)}
    own = random.sample(sorted(axes), k=random.randint(0, len(axes)))
    value = math.prod((axes[name] ** (i + 1) for i, name in enumerate(own)), start=xr.DataArray(0.5))
    flat = flatten(value if own else 0.5, axes)
    assert flat.shape == (math.prod(lengths),)
    expected = xr.broadcast(value, *axes.values())[0].transpose(*axes).values
    np.testing.assert_array_equal(unflatten(flat, axes), expected)
    assert unflatten(np.zeros((math.prod(lengths), 7)), axes).shape == (*lengths, 7)


def test_no_axes_make_one_point():
    assert flatten(3, {}).tolist() == [3.0]
    assert flatten(1j, {}).tolist() == [1j]
    assert unflatten(np.zeros((1, 5)), {}).shape == (5,)


def test_components_follow_the_points():
    a = axis("a", [1, 2])
    field = xr.DataArray([0.0, 0.0, 1.0], dims="component") * a
    axes = broadcast_axes({"field": field, "a": a})
    assert list(axes) == ["a"]
    assert flatten(field, axes).tolist() == [[0, 0, 1], [0, 0, 2]]
    assert flatten(np.array([1, 2, 3]), axes).tolist() == [[1, 2, 3], [1, 2, 3]]


def test_a_flat_parameter_is_a_writable_copy():
    a = axis("a", [1, 2])
    flat = flatten(a, {"a": a})
    flat[:] = 0
    assert a.values.tolist() == [1.0, 2.0]


def test_a_parameter_on_an_axis_that_is_not_there_is_refused():
    with pytest.raises(InputError, match=r"on the axes \(none\), but was on 'a' too"):
        flatten(axis("a", [1, 2]), {})
