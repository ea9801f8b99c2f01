"""Units at the border: what a text with a unit means, that it comes back, and what is refused."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import constants

from mesodyn import units
from mesodyn.errors import InputError
from mesodyn.units import KINDS, base_text, is_number, measure, quantity, show

finite = st.floats(allow_nan=False, allow_infinity=False)
kinds = st.sampled_from(sorted(KINDS))


@pytest.fixture(scope="module", autouse=True)
def registry() -> None:
    quantity("1 s", "time")  # reads pint's registry once, outside the timed tests


@given(finite, kinds)
@example(-0.0, "energy")
@example(5e-324, "time")
def test_a_number_in_the_base_unit_comes_back_bit_for_bit(value, kind):
    back = quantity(base_text(value, kind), kind)
    assert back.hex() == value.hex()


@given(st.floats(1e-12, 1e12), kinds)
def test_a_shown_number_reads_back_to_its_digits(value, kind):
    assert quantity(show(value, kind, natural=False), kind) == pytest.approx(value, rel=1e-5)


@given(st.integers(1, 10**6), st.sampled_from(["ns", "us", "ms", "s"]))
def test_a_prefix_only_moves_the_decimal_point(count, unit):
    power = {"ns": -9, "us": -6, "ms": -3, "s": 0}[unit]
    assert quantity(f"{count} {unit}", "time") == float(f"{count}e{power}")


@pytest.mark.parametrize("text", ["120 Hz", "0.12 kHz", "120e3 mHz", "h*120 Hz", "h * 0.12kHz", "+120 Hz", "120 h*Hz"])
def test_a_frequency_given_for_an_energy_is_h_times_f(text):
    assert quantity(text, "energy") == 2 * math.pi * 120


@pytest.mark.parametrize("text", ["5 rad/s", "hbar*5 rad/s", "5 hbar*rad/s", "5e3 mrad/s", "ħ*5 rad/s"])
def test_an_angular_frequency_given_for_an_energy_is_the_number_itself(text):
    assert quantity(text, "energy") == 5.0


@pytest.mark.parametrize(
    ("text", "joule"),
    [
        ("2e-30 J", 2e-30),
        ("1.5 µeV", 1.5e-6 * constants.e),
        ("1.5 μeV", 1.5e-6 * constants.e),
        ("1.5 ueV", 1.5e-6 * constants.e),
        ("3 meV", 3e-3 * constants.e),
        ("-3 eV", -3 * constants.e),
        ("50 nK", 50e-9 * constants.k),
        ("k_B*50 nK", 50e-9 * constants.k),
        ("2 µK", 2e-6 * constants.k),
        ("2 mK", 2e-3 * constants.k),
        ("1 GHz", constants.h * 1e9),
        ("1 e*V", constants.e),
        ("mu_B*1 T", constants.physical_constants["Bohr magneton"][0]),
    ],
)
@pytest.mark.parametrize("kind", ["energy", "temperature"])
def test_energies_and_temperatures_are_angular_frequencies(text, joule, kind):
    assert quantity(text, kind) == pytest.approx(joule / constants.hbar, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5 ms", "time", 0.005),
        ("2 hour", "time", 7200.0),
        ("180 deg", "angle", math.pi),
        ("90°", "angle", math.pi / 2),
        ("1 turn", "angle", 2 * math.pi),
        ("-0.5", "angle", -0.5),
        ("3 1/s", "rate", 3.0),
        ("3/ms", "rate", 3000.0),
        ("6 s^-1", "rate", 6.0),
        ("6 s**-1", "rate", 6.0),
        ("6 1/min", "rate", 0.1),
        ("20 mG", "magnetic field", 2e-6),
        ("3 gauss", "magnetic field", 3e-4),
        ("3 G", "magnetic field", 3e-4),
        ("7 mT", "magnetic field", 7e-3),
        ("1.445 angstrom", "length", 1.445e-10),
        ("1.82 Å", "length", 1.82e-10),
        ("5 um", "length", 5e-6),
        ("187.743 G*cm", "field integral", 187.743e-6),
        ("2 mT m", "field integral", 2e-3),
    ],
)
def test_each_kind_reads_its_units(text, kind, value):
    assert quantity(text, kind) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("text", ["87 u*um**2", "87 u um^2", "87 u*(um*um)", "87*u*um**2"])
def test_an_inertia_is_divided_by_hbar(text):
    expected = 87 * constants.physical_constants["unified atomic mass unit"][0] * 1e-12 / constants.hbar
    assert quantity(text, "inertia") == pytest.approx(expected, rel=1e-8)
    assert quantity("1e-40 kg*m**2", "inertia") == pytest.approx(1e-40 / constants.hbar, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("1/s", "energy", r"write Hz \(h\*f\) or rad/s \(hbar\*omega\)"),
        ("5 1/s", "temperature", r"write Hz \(h\*f\) or rad/s"),
        ("5 Hz", "rate", "Hz is ambiguous for a rate: write 1/s"),
        ("5 rad/s", "rate", "rad/s is ambiguous for a rate: write 1/s"),
        ("5 Bq", "rate", "of dimension"),
        ("20 degC", "temperature", "doesn't count from zero"),
        ("20 degF", "temperature", "doesn't count from zero"),
        ("20 delta_degC", "temperature", "doesn't count from zero"),
        ("3 kg", "time", "this is a mass, not a time"),
        ("3 m", "field integral", "this is a length, not a field integral; write one of the units T\\*m or G\\*cm"),
        ("3 T*m", "magnetic field", "this is a field integral, not a magnetic field"),
        ("3 h", "time", "write 'hour'"),
        ("3 J*rad", "energy", "of dimension"),
        ("3 lightyearz", "time", "no unit 'lightyearz'; did you mean .*light_?year"),
        ("3 khz", "energy", "did you mean kHz"),
        ("3", "time", "it has no unit; add one: s, ms"),
        ("3 s/s", "time", "cancel"),
        ("5 percent", "angle", "isn't a unit that can be used"),
        ("5 dimensionless", "time", "isn't a unit that can be used"),
        ("nan", "time", "begin with one finite number"),
        ("inf s", "time", "begin with one finite number"),
        ("-nan rad/s", "energy", "begin with one finite number"),
        ("1e400 s", "time", "too large or too small"),
        ("1e400", "angle", "too large or too small"),
        ("1e-400 s", "time", "too large or too small"),
        ("1e308 hour", "time", "too large or too small"),
        ("1e-320 ns", "time", "too large or too small"),
        ("", "time", "it is empty"),
        (" \t\n", "time", "it is empty"),
        ("s", "time", "begin with one finite number"),
        ("9**9**9 Hz", "energy", "doesn't fit"),
        ("5 s**9**9", "time", "doesn't fit"),
        ("5 s**99", "time", "doesn't fit"),
        ("5 * (3", "time", "doesn't fit"),
        ("5 (s", "time", "breaks off"),
        ("5 s)", "time", "doesn't fit"),
        ("5 s*", "time", "breaks off"),
        ("5 ()", "time", "doesn't fit"),
        ("__import__('os')", "time", "begin with one finite number"),
        ("5 __import__('os')", "time", "doesn't fit"),
        ("5 s; 3", "time", "doesn't fit"),
        ("120 Hz 3", "energy", "doesn't fit"),
        ("--5 Hz", "energy", "begin with one finite number"),
        ("☃ Hz", "energy", "begin with one finite number"),
        ("１２ Hz", "energy", "begin with one finite number"),
        ("12 Hz\x00", "energy", "doesn't fit"),
        ("1_000 Hz", "energy", "doesn't fit"),
        ("7" * 101, "time", "a text of 101 characters; write at most 100 characters"),
        (True, "time", "but was True; write it as text"),
        (None, "time", "but was None; write it as text"),
        (3, "time", "but was 3; write it as text"),
        (b"3 s", "time", "write it as text"),
    ],
)
def test_a_refusal_names_argument_demand_value_and_remedy_in_one_line(text, kind, message):
    with pytest.raises(InputError, match=message) as caught:
        quantity(text, kind, argument="hold")
    line = str(caught.value)
    article = "an" if kind[0] in "aei" else "a"
    assert line.startswith(f"hold must be {article} {kind} with a unit, such as {KINDS[kind].example!r}, but was ")
    assert "\n" not in line
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "call", [lambda: quantity("1 s", "tim"), lambda: base_text(1, "tim"), lambda: show(1, "tim", True)]
)
def test_an_unknown_kind_lists_the_nearest(call):
    with pytest.raises(InputError, match="did you mean time"):
        call()


scraps = st.lists(
    st.sampled_from(
        [*"0123456789.eE+-*/^() ;:'\"µμ°", "**", "Hz", "rad", "s", "kg", "h*", "nan", "inf", "ms", "degC", "e9", "1/"]
    )
    | st.characters(),
    max_size=40,
).map("".join)


@settings(deadline=500, max_examples=500)
@given(st.text() | scraps | scraps.map("3 {}".format), kinds)
@example("0e999999999 ms", "time")
@example("0." + "0" * 80 + "1e99 s", "time")
@example("1e-99999999 s", "time")
def test_any_text_is_a_number_or_refused_and_quickly(text, kind):
    try:
        assert math.isfinite(quantity(text, kind))
    except InputError as error:
        assert "\n" not in str(error)


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.lists(st.text()), kinds)
def test_anything_but_text_is_refused(value, kind):
    with pytest.raises(InputError, match="write it as text"):
        quantity(value, kind)


def test_every_kind_reads_its_own_example():
    for kind, (_, text) in KINDS.items():
        assert quantity(text, kind) > 0


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (2 * math.pi * 120, "energy", "120 Hz"),
        (2 * math.pi * 1500, "energy", "1.5 kHz"),
        (2 * math.pi * 999.9999999, "energy", "1 kHz"),
        (0.0, "energy", "0 Hz"),
        (-2 * math.pi * 0.25, "energy", "-250 mHz"),
        (50e-9 * constants.k / constants.hbar, "temperature", "50 nK"),
        (5e-5, "time", "50 µs"),
        (7200.0, "time", "7200 s"),
        (math.pi, "angle", "180 deg"),
        (3.0, "rate", "3 1/s"),
        (2e-6, "magnetic field", "20 mG"),
        (0.3, "magnetic field", "300 mT"),
        (1.445e-10, "length", "1.445 angstrom"),
        (0.01, "length", "10 mm"),
        (187.743e-6, "field integral", "187.743 G*cm"),
        (math.nan, "time", "nan s"),
        (math.inf, "energy", "inf Hz"),
    ],
)
def test_shown_numbers_have_units_of_readable_size(value, kind, text):
    assert show(value, kind, natural=False) == text
    assert show(value, kind, natural=True) == f"{value:.10g}"


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("0.05 ms", None, (0.05, "ms")),
        ("3", None, (3.0, "")),
        ("2 s", "ms", (2000.0, "ms")),
        ("5/s", None, (5.0, "1/s")),
        ("h*3 kHz", None, (3.0, "h*kHz")),
        ("5 kg m^2 / s^2", None, (5.0, "kg*m**2/s**2")),
    ],
)
def test_a_measure_is_a_number_and_a_unit_that_reads_back(text, unit, expected):
    assert measure(text, unit) == expected
    assert measure(f"{expected[0]!r} {expected[1]}") == expected


def test_a_measure_converts_only_within_a_dimension():
    with pytest.raises(InputError, match=r"^t must be a number with a unit that converts to ms.*a mass, not a time"):
        measure("3 kg", "ms", argument="t")
    with pytest.raises(InputError, match="no unit 'mz'"):
        measure("3 ms", "mz")


@given(finite)
def test_a_plain_number_is_told_from_a_quantity(value):
    assert is_number(repr(value))
    assert not is_number(f"{value!r} s")
    assert not is_number("nan")


def test_importing_units_imports_neither_pint_nor_numpy():
    code = "import sys, mesodyn.units; print(sorted({'pint', 'numpy', 'xarray'} & set(sys.modules)))"
    assert _python(code) == "[]"


@pytest.mark.parametrize("broken", ["no folder", "garbage in it"])
def test_a_broken_cache_costs_only_time(tmp_path, broken):
    code = "from mesodyn.units import quantity; print(quantity('5 ms', 'time'))"
    if broken == "no folder":
        (tmp_path / "file").touch()
        assert _python(code, XDG_CACHE_HOME=str(tmp_path / "file")) == "0.005"
        return
    assert _python(code, XDG_CACHE_HOME=str(tmp_path)) == "0.005"
    for path in tmp_path.rglob("*.pickle"):
        path.write_bytes(b"garbage")
    assert _python(code, XDG_CACHE_HOME=str(tmp_path)) == "0.005"


def test_reading_many_quantities_is_quick():
    begin = time.perf_counter()
    for i in range(1000):
        quantity(f"{i} ms", "time")
    assert time.perf_counter() - begin < 1


def _python(code: str, **environment: str) -> str:
    root = Path(units.__file__).parents[1]
    variables = {**os.environ, "PYTHONPATH": str(root), **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=variables, check=True)
    return done.stdout.strip()
