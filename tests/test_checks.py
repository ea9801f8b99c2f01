"""Every demand on an argument is one line that names it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import mesodyn as md
from mesodyn import checks
from mesodyn.errors import InputError

AXIS = md.axis("turns", [0.0, 0.5, 2.0])


@pytest.mark.parametrize("value", [0, 1.5, np.float32(0.5), np.int64(2), AXIS, 1 + 0j, -0.0])
def test_a_finite_number_passes_as_it_is(value):
    assert np.array_equal(np.asarray(checks.number("turns", value)), np.asarray(value).real)


@pytest.mark.parametrize(
    "value",
    [
        "1",
        None,
        True,
        np.bool_(True),
        [1],
        (1,),
        {},
        b"1",
        pytest.param(object(), id="an object"),
        np.nan,
        np.inf,
        -np.inf,
        1j,
        Decimal(1),
        Fraction(1),
    ],
    ids=repr,
)
def test_what_is_no_finite_real_number_is_refused(value):
    with pytest.raises(InputError, match=r"^turns must be a finite real number, but was ") as refused:
        checks.number("turns", value)
    assert "\n" not in str(refused.value) and refused.value.argument == "turns"


@pytest.mark.parametrize("value", [np.nan, np.inf, 1j, -1.0])
def test_one_wrong_value_on_an_axis_is_found_and_shown(value):
    axis = AXIS.astype(complex) if value == 1j else AXIS.copy()
    axis[1] = value
    with pytest.raises(InputError, match=r"^turns must be a finite real number and at least 0, but was ") as refused:
        checks.number("turns", axis, low=0)
    assert str(value).strip("()") in str(refused.value)


def test_ranges_are_closed_but_above_is_open():
    checks.number("x", 0, low=0), checks.number("x", 1, high=1)
    cases: list[tuple[float, dict[str, Any], str]] = [
        (-1e-300, {"low": 0}, "at least 0"),
        (1.1, {"high": 1}, "at most 1"),
        (0, {"above": 0}, "above 0"),
    ]
    for value, limits, text in cases:
        with pytest.raises(InputError, match=text):
            checks.number("x", value, **limits)


def test_complex_is_taken_where_it_is_allowed():
    assert checks.number("x", 1j, complex_allowed=True) == 1j
    with pytest.raises(InputError, match="x must be a finite number"):
        checks.number("x", complex(0, np.nan), complex_allowed=True)


@pytest.mark.parametrize("value", [3, 3.0, np.int8(3), np.float64(3)])
def test_a_whole_number_passes_as_an_int(value):
    found = checks.whole("n_c", value)
    assert found == 3 and type(found) is int


@pytest.mark.parametrize("value", [-1, 1.5, np.nan, np.inf, True, "3", None, 1j, [3]], ids=repr)
def test_what_is_not_whole_is_refused(value):
    with pytest.raises(InputError, match=r"^n_c must be a whole number of at least 0, but was "):
        checks.whole("n_c", value)


def test_a_whole_number_has_two_ends():
    with pytest.raises(InputError, match="at least 0 and at most 1, but was 2"):
        checks.whole("spin", 2, high=1)
    assert checks.whole("spin", 1, high=1) == 1


@pytest.mark.parametrize("value", ["fermon", "", None, 1, ["fermion"], True])
def test_an_unknown_name_is_refused_with_all_that_are_known(value):
    with pytest.raises(InputError, match=r"^kind must be one of boson, fermion, but was ") as refused:
        checks.choice("kind", value, ("fermion", "boson"))
    assert ("did you mean fermion?" in str(refused.value)) == ("ferm" in str(value))
