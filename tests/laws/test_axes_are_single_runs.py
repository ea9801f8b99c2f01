"""A run over an axis is its single runs, bit for bit, and its halves are too."""

import importlib
from typing import Any

import numpy as np
import pytest

import mesodyn as md

POINTS = [0.0, 0.31, 0.5, 1.0, 1.27, 2.0, 3.1]


def record(turns, bath=None, account="conserving", shape="smooth", method="auto", detuning=0.2, **more):
    pair = md.TrapPair(tunnelling=0.8, zeeman=7.0, field_angle=1.1, detuning=detuning, phases=(0.3, 0.8), **more)
    protocol = md.Protocol(
        md.Disconnect(duration=0.3),
        md.Rotate(duration=2.0, turns=turns, shape=shape),
        md.Connect(),
        md.Hold(duration=0.5),
        md.Ramp(duration=0.6, tunnelling=0.3),
        md.Relax(duration=1.0, rate=0.8, temperature=0.4),
    )
    return md.evolve(pair, protocol, account=account, bath=bath, moments=5, method=method, states=True)


def same_bits(first, second, skip=()):
    assert set(first.data_vars) == set(second.data_vars)
    for name in first.data_vars:
        if name in skip:
            continue
        a, b = first[name].values, second[name].transpose(*first[name].dims).values
        assert a.shape == b.shape, name
        assert a.tobytes() == b.tobytes(), (name, float(np.nanmax(np.abs(a - b))))


CASES: dict[str, dict[str, Any]] = {
    "conserving": {},
    "uniform": {"shape": "uniform"},
    "superposition": {"account": "superposition"},
    "mixture": {"account": "mixture", "n_c": 1},
    "dephasing": {"bath": {"dephasing": 0.2}},
    "loss": {"bath": {"loss": 0.2}},
    "magnus": {"method": "auto", "kind": "boson", "spin": 1},
    "pair": {"kind": "pair", "n_c": 1},
}


@pytest.mark.parametrize("case", CASES)
def test_an_axis_is_its_halves_and_its_single_points_bit_for_bit(case):
    options = dict(CASES[case])
    options["bath"] = md.Bath(**options["bath"]) if "bath" in options else None
    whole = record(md.axis("turns", POINTS), **options)
    for chosen in (slice(0, 3), slice(3, 7), slice(0, 7, 2), slice(6, 7)):
        part = record(md.axis("turns", POINTS[chosen]), **options)
        same_bits(whole.isel(turns=chosen), part)
    for k in (0, 2, 4):
        same_bits(whole.isel(turns=k, drop=True), record(POINTS[k], **options))


@pytest.mark.parametrize("bath", [{}, {"dephasing": 0.1}])
def test_two_axes_are_their_rows_and_columns_bit_for_bit(bath):
    given = [-0.4, 0.0, 0.9]
    detuning = md.axis("detuning", given)
    whole = record(md.axis("turns", POINTS[:4]), detuning=detuning, bath=md.Bath(**bath))
    for k, value in enumerate(given):
        one = record(md.axis("turns", POINTS[:4]), detuning=value, bath=md.Bath(**bath))
        same_bits(whole.isel(detuning=k, drop=True), one)
    for k in range(4):
        same_bits(whole.isel(turns=k, drop=True), record(POINTS[k], detuning=detuning, bath=md.Bath(**bath)))


def test_axes_of_bath_and_of_durations_are_single_runs():
    values = [0.0, 0.1, 0.3]
    gamma = md.axis("dephasing", values)
    whole = record(1.2, bath=md.Bath(dephasing=gamma, loss=0.1))
    for k, value in enumerate(values):
        one = record(1.2, bath=md.Bath(dephasing=value, loss=0.1))
        part = whole.isel(dephasing=k, drop=True)
        for name in part.data_vars:
            assert np.abs(part[name].values - one[name].values).max() < 1e-9, name
        if value > 0:
            same_bits(part, one)


@pytest.mark.parametrize(
    "axis",
    [("field_angle", [0.3, 1.0, 1.5707963267948966]), ("temperature", [0.0, 0.5]), ("rotation_time", [5.0, 9.0])],
)
@pytest.mark.parametrize("account", ["conserving", "superposition"])
def test_an_experiment_over_an_axis_is_its_single_runs(axis, account):
    name, values = axis
    given: dict[str, Any] = {name: md.axis(name, values)}
    whole = md.experiment("two-pi-rotation", account=account, **given).run(keep="record")
    for k, value in enumerate(values):
        one = md.experiment("two-pi-rotation", account=account, **{name: value}).run(keep="record")
        same_bits(
            whole.record.isel({name: k}, drop=True).drop_vars(["heat_values", "heat_weights"]),
            one.record.drop_vars(["heat_values", "heat_weights"]),
        )
        for finding in ("heat_released", "heat_in_record", "phase_shift", "spin_flip"):
            a = whole.findings[finding].value.isel({name: k}).values
            assert a.tobytes() == one.findings[finding].value.values.tobytes(), finding
        width = one.record.sizes["outcome"]
        for part in ("heat_values", "heat_weights"):
            a = whole.record[part].isel({name: k}).values
            assert a[:width].tobytes() == one.record[part].values.tobytes()


def test_blocks_of_any_size_give_the_same_bits(monkeypatch):
    module = importlib.import_module("mesodyn.dynamics.evolve")
    turns = md.axis("turns", POINTS)
    whole = record(turns)
    for size in (1, 200, 1500):
        monkeypatch.setattr(module, "CHUNK", size)
        same_bits(whole, record(turns))
