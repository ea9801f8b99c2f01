"""A certificate passes what is right, and each of its questions can fail."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest
import xarray
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.dynamics import certify as certifying
from mesodyn.dynamics.certificate import HEADER, Certificate, Row, change, missing

PAIR = md.TrapPair(tunnelling=1.0, zeeman=4.0, detuning=0.2, phases=(0.1, 0.8), weight=0.4, temperature=0.5)
STEPS = [md.Hold(duration=0.5), md.Disconnect(), md.Rotate(duration=2.0, turns=0.7, shape="smooth"), md.Connect()]
QUESTIONS = ["Hermitian", "norm", "positivity", "energy drift", "number drift", "estimated error"]
AGAIN = ["half the tolerance", "second method", "larger basis"]


@settings(max_examples=6, deadline=None)
@given(
    J=st.floats(-1.5, 1.5),
    angle=st.floats(0.1, 3.0),
    account=st.sampled_from(["conserving", "superposition", "mixture"]),
    relax=st.booleans(),
)
def test_what_evolve_gives_passes(J, angle, account, relax):
    last = [md.Relax(duration=1.0, rate=0.7, temperature=0.4)] if relax else []
    found = md.certify(
        PAIR.with_(tunnelling=J, field_angle=angle), md.Protocol(*STEPS, *last), account=account, moments=3
    )
    assert [row.name for row in found.rows] == [*QUESTIONS, *AGAIN]
    assert [row.passed for row in found.rows] == [True] * 8 + [None]
    assert found["larger basis"].meaning == "the basis is complete"
    assert found["energy drift"].value is not None and found["energy drift"].value < 1e-13


def test_what_is_not_conserved_is_not_asked_for():
    noisy: dict[str, Any] = {"bath": md.Bath(loss=0.1), "moments": [1.0]}
    found = md.certify(PAIR, md.Protocol(*STEPS), **noisy)
    assert {row.name for row in found.rows if row.passed is None} == {"energy drift", "number drift", "larger basis"}
    driven = md.certify(PAIR, md.Protocol(*STEPS[1:]), moments=3)
    assert driven["energy drift"].value is None and driven["number drift"].passed
    dephased = md.certify(PAIR, md.Protocol(*STEPS), bath=md.Bath(dephasing=0.1), moments=3)
    assert dephased["number drift"].passed and dephased["energy drift"].passed is None


def test_the_second_method_solves_every_segment_another_way():
    found = md.certify(PAIR, md.Protocol(*STEPS), moments=3)
    assert "2 of 2 segments otherwise" in found["second method"].meaning


def test_the_mean_over_trajectories_is_compared_in_its_standard_errors(monkeypatch):
    protocol = md.Protocol(*STEPS[:2], md.Connect(), md.Relax(duration=1.0, rate=0.7, temperature=0.4))
    options: dict[str, Any] = {"method": "trajectories", "trajectories": 300, "moments": 3, "initial": "thermal"}
    found = md.certify(PAIR, protocol, **options)
    assert found["second method"].bound == certifying.STANDARD_ERRORS
    monkeypatch.setattr(certifying, "evolve", lambda *a, **o: md.evolve(*a, **o).pipe(spoil_drawn))
    assert [row.name for row in md.certify(PAIR, protocol, **options, strict=False).failed] == ["second method"]


def spoil_drawn(record):
    return record.assign(n_A=record.n_A + 0.3) if "n_A_error" in record else record


def test_a_fast_phase_is_granted_its_rounding_and_no_more():
    trap = md.ReservoirTrap(outside_energy=1e6, detuning=0.3, tunnelling=1.0, weight=0.5)
    found = md.certify(trap, md.Protocol(md.Hold(duration=60.0)), account="superposition", moments=9)
    assert found.passed
    bound = found["norm"].bound
    assert bound is not None and 1e-7 < bound < 1e-5


@dataclass(frozen=True, kw_only=True)
class Leaky(md.TrapPair):
    """A pair whose link goes one way better than the other."""

    @cached_property
    def operators(self):
        found = dict(super().operators)
        found["link"] = found["link"] + 0.2 * self.space.correlation("A", "B")
        return found


def test_a_hamiltonian_that_is_not_hermitian_fails():
    leaky, protocol = Leaky(tunnelling=1.0, zeeman=4.0), md.Protocol(*STEPS)
    assert "link" in leaky.operators
    with pytest.raises(md.UnfinishedError, match=r"certificate of Leaky.* failed|norm was lost"):
        md.certify(leaky, protocol, moments=3)
    found = md.certify(leaky, protocol, moments=3, strict=False)
    assert not found.passed
    assert {row.name for row in found.failed} & {"Hermitian", "record"}


def spoil_norm(record):
    return record.assign(norm=record.norm + 1e-8)


def spoil_state(record):
    if "state" not in record:
        return record
    values = record.state.values.copy()
    values[-1, 0, 0] -= 1.1
    return record.assign(state=(record.state.dims, values))


def spoil_energy(record):
    return record.assign(energy=record.energy + 1e-6 * record.time)


def spoil_number(record):
    name = certifying.TOTAL
    return record.assign({name: record[name] * (1 + 1e-6 * record.time)}) if name in record else record


def spoil_error(record):
    return record.assign(error=record.error + 1e-5)


def spoil_tolerance(record):
    return record.assign(coherence=record.coherence + 1e7 * (record.attrs["tolerance"] - 1e-9))


def spoil_method(record):
    return record.assign(coherence=record.coherence + 1e-5 * ("ode" in record.attrs["method"]))


SPOILT = {
    "norm": spoil_norm,
    "positivity": spoil_state,
    "energy drift": spoil_energy,
    "number drift": spoil_number,
    "estimated error": spoil_error,
    "half the tolerance": spoil_tolerance,
    "second method": spoil_method,
}


@pytest.mark.parametrize("question", SPOILT)
def test_each_question_fails_on_what_it_asks_about(question, monkeypatch):
    monkeypatch.setattr(certifying, "evolve", lambda *a, **options: SPOILT[question](md.evolve(*a, **options)))
    found = md.certify(PAIR, md.Protocol(*STEPS), moments=3, strict=False)
    assert [row.name for row in found.failed] == [question]
    assert f"FAILED: {question}" in found.summary
    with pytest.raises(md.UnfinishedError, match=f"certificate of TrapPair.* failed .{question}.*strict=False"):
        md.certify(PAIR, md.Protocol(*STEPS), moments=3)


@dataclass(frozen=True, kw_only=True)
class CutOff(md.ReservoirTrap):
    """A trap that claims to have a larger basis, in which something may move."""

    shift: float = 0.0

    def enlarged(self):
        return self.with_(detuning=self.detuning + self.shift)


@pytest.mark.parametrize("shift", [0.0, 1e-4])
def test_a_basis_that_is_cut_off_is_compared_with_a_larger_one(shift):
    trap, protocol = CutOff(detuning=0.3, tunnelling=1.0, weight=0.5, shift=shift), md.Protocol(md.Hold(duration=3.0))
    found = md.certify(trap, protocol, account="superposition", moments=5, strict=False)
    assert found["larger basis"].passed is (shift == 0)


def test_a_record_that_can_not_be_finished_fails(monkeypatch):
    def stop(*_args: Any, **_options: Any) -> None:
        raise md.UnfinishedError("the norm was lost by 1e-3")

    monkeypatch.setattr(certifying, "evolve", stop)
    with pytest.raises(md.UnfinishedError, match="norm was lost"):
        md.certify(PAIR, md.Protocol(*STEPS))
    found = md.certify(PAIR, md.Protocol(*STEPS), strict=False)
    assert not found.passed and found.rows[0].name == "record" and "norm was lost" in found.rows[0].meaning


def test_wrong_arguments_are_refused_as_by_evolve():
    with pytest.raises(md.InputError, match="account must be"):
        md.certify(PAIR, md.Protocol(*STEPS), account="foo", strict=False)


# -- how records are compared ---------------------------------------------------------------------------------------


def dataset(**values):
    return xarray.Dataset({name: ("moment", np.array(v)) for name, v in values.items()})


def test_a_change_counts_relative_to_the_largest_of_its_unit():
    first, second = dataset(energy=[10.0, 0.0], heat=[0.0, 1e-3]), dataset(energy=[10.0, 0.0], heat=[0.0, 2e-3])
    assert change(first, second)[0] == pytest.approx(1e-4)
    for name, unit in (("energy", "rad/s"), ("heat", "s")):
        first[name].attrs["units"] = unit
    assert change(first, second)[0] == pytest.approx(1.0)
    value, name = change(first, second, {"s": 1.0})
    assert value == pytest.approx(1e-3) and name == "heat"


def test_what_is_tiny_is_compared_absolutely():
    assert change(dataset(a=[1e-17, 0.0]), dataset(a=[-1e-17, 0.0]))[0] == pytest.approx(2e-11)


def test_complex_numbers_undefined_ones_and_labels_are_compared():
    nan = float("nan")
    assert change(dataset(a=[1j, nan]), dataset(a=[1.0, nan]))[0] == pytest.approx(np.sqrt(2))
    assert change(dataset(a=[1.0, nan]), dataset(a=[1.0, nan])) == (0.0, "no variable")
    assert change(dataset(a=[1.0, nan]), dataset(a=[1.0, 0.0]))[0] == np.inf
    assert change(dataset(a=[1.0]), dataset(a=[1.0, 2.0]))[0] == np.inf
    assert change(dataset(a=[1.0]), dataset(b=[1.0]))[0] == np.inf
    assert change(dataset(a=[1.0]), dataset(a=[1.0], b=[1.0])) == (np.inf, "b")
    assert change(dataset(a=["x"]), dataset(a=["x"]))[0] == np.inf  # nothing to compare proves nothing


# -- what it looks like ---------------------------------------------------------------------------------------------


def test_a_certificate_is_data_text_and_html():
    found = Certificate("a <thing>", (Row("norm", 2e-12, 1e-9, "is | so"), missing("basis", "complete")))
    text = str(found)
    assert all(word in text for word in (*HEADER, "2.0e-12", "1.0e-09", "pass", "n/a", "a <thing>: 1 of 1"))
    assert found.as_json()["rows"][1] == {
        "name": "basis",
        "value": None,
        "bound": None,
        "passed": None,
        "meaning": "complete",
    }
    assert "a &lt;thing&gt;" in found._repr_html_() and "<td>norm</td>" in found._repr_html_()
    worse = replace(found, rows=(*found.rows, Row("other", float("inf"), 1.0, "")))
    assert json.loads(json.dumps(worse.as_json(), allow_nan=False))["rows"][2]["value"] is None
    assert (found.passed, worse.passed, worse.summary) == (
        True,
        False,
        "a <thing>: 1 of 2 questions passed; FAILED: other",
    )


def test_nothing_asked_is_nothing_passed():
    assert not Certificate("empty", (missing("basis", "complete"),)).passed
    assert Row("x", float("nan"), 1.0, "").passed is False
