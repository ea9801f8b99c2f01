"""The numbers of `reference.json`, from the experiments, within the tolerances of PHYSICS part 5."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mesodyn as md

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))
NAMES = {
    "J": "tunnelling",
    "EZ": "zeeman",
    "T_rot": "rotation_time",
    "n": "turns",
    "theta_axis": "field_angle",
    "kT": "temperature",
    "delta": "detuning",
    "gamma_phi": "dephasing",
    "spin": "spin",
}


def rotation(inputs, **more):
    """The heat released, and the run's findings."""
    given = {NAMES[name]: value for name, value in inputs.items() if name != "hbar"}
    run = md.experiment("two-pi-rotation", **{"tunnelling": 1.0, **given, **more}).run()
    for finding in run.findings.values():
        assert finding.passed is not False, finding.name
    return float(run.findings["heat_released"].value), run.findings


HEATS = [entry for entry in REFERENCE["two_traps"] if "Q_qutip" in entry.get("independent_numeric", {})]


@pytest.mark.parametrize(
    "entry", HEATS, ids=lambda entry: f"{entry['equations']} {sorted(entry['inputs'].items())[2:]}"
)
def test_heat_of_the_smooth_rotation_is_the_published_one(entry):
    heat, findings = rotation(entry["inputs"])
    assert heat == pytest.approx(entry["independent_numeric"]["Q_qutip"], abs=1e-8)
    assert heat == pytest.approx(entry["outputs"]["Q_formula"], abs=5e-5)
    if "gamma_phi" not in entry["inputs"]:
        assert float(findings["heat_in_record"].value) == pytest.approx(heat, abs=1e-8)


def test_all_two_trap_entries_are_held_against():
    assert len(REFERENCE["two_traps"]) == 15
    assert len(HEATS) == 13


def test_controls_of_an_odd_core_and_of_pairs_are_the_published_ones():
    (entry,) = [e for e in REFERENCE["two_traps"] if e["equations"] == "3c controls"]
    for turns, name in ((1, "Q_Nc_odd_n1"), (2, "Q_Nc_odd_n2")):
        heat, _ = rotation(entry["inputs"], turns=turns, n_c=1)
        assert heat == pytest.approx(entry["outputs"][name], abs=1e-8)
    heat, _ = rotation(entry["inputs"], turns=1, kind="pair")
    assert heat == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(("zeeman", "published"), [(60.0, 0.000304381), (30.0, 0.001217261)])
def test_spin_one_bosons_release_what_the_adiabatic_error_leaves(zeeman, published):
    """The entry's number was taken with omega_L = 30 (DEFINITIONS 6.2)."""
    heat, _ = rotation({"EZ": zeeman, "T_rot": 20.0, "n": 1}, kind="boson", spin=1)
    assert heat == pytest.approx(published, abs=6e-10)
    if zeeman == 30.0:
        (entry,) = [e for e in REFERENCE["two_traps"] if e["equations"] == "3c boson control"]
        assert heat == pytest.approx(entry["outputs"]["Q"], abs=1e-8)


@pytest.mark.parametrize("entry", REFERENCE["two_traps_uniform"], ids=lambda e: f"n={e['inputs']['n']}")
def test_heat_of_the_uniform_rotation_is_the_published_one(entry):
    heat, findings = rotation(entry["inputs"], ramp="uniform")
    assert heat == pytest.approx(entry["independent_numeric"]["Q"], abs=1e-8)
    assert heat == pytest.approx(entry["outputs"]["Q"], abs=1e-8)
    assert float(findings["spin_flip"].value) == pytest.approx(entry["outputs"]["P_flip"], abs=1e-8)
    c = complex(entry["outputs"]["c_parallel"]["re"], entry["outputs"]["c_parallel"]["im"])
    difference = float(findings["phase_shift"].value) + np.angle(c)  # chi = -arg c
    assert abs(np.angle(np.exp(1j * difference))) < 1e-8


def test_symmetry_broken_traps_release_half_of_it_in_half_of_the_runs():
    (entry,) = REFERENCE["two_traps_ssb"]
    published = entry["outputs"]
    slow = {"rotation_time": 1e6, "ramp": "uniform"}
    heat, findings = rotation({"J": entry["inputs"]["J"], "n": 1}, account="superposition", **slow)
    assert heat == pytest.approx(published["Q_odd_mean"], abs=1e-8)
    found = findings["heat_distribution"].value
    weights = {round(float(h), 6): float(w) for h, w in found.transpose("outcome", "part").values if w > 0}
    assert weights == pytest.approx({0.0: published["P_Q_is_0"], 2.0: published["P_Q_is_2J"]}, abs=1e-8)
    pair = md.TrapPair(tunnelling=1.0, weight=1 - entry["inputs"]["u2"])
    record = md.evolve(pair, md.Protocol(md.Hold(duration=1.0)), account="superposition", moments=2)
    link_energy = -2 * float(record.coherence.real[0])
    assert link_energy == pytest.approx(-published["E_J_amplitude"], abs=1e-12)


@pytest.mark.parametrize(("entry", "step"), list(zip(REFERENCE["beating"], (1, 2), strict=True)), ids=["(2)", "(3)"])
@pytest.mark.parametrize("kind", ["fermion", "boson"])
def test_an_order_parameter_beats_as_published(entry, step, kind):
    given, published = entry["inputs"], entry["outputs"]
    mu = given["dE"] / step
    options: dict[str, Any] = {"step": str(step), "weight": 1 - given["u2"], "phase": given["phi"], "kind": kind}
    run = md.experiment("beating", chemical_potential=mu, **options).run()
    for finding in run.findings.values():
        assert finding.passed is not False, finding.name
    assert float(run.findings["period"].value) == pytest.approx(published["period"], rel=1e-9)
    trap = md.ReservoirTrap(
        detuning=0.2,
        outside_energy=given["dE"] - 0.4,
        trap_energy=given["E_Nc"],
        step=step,
        kind=kind,
        weight=1 - given["u2"],
        phase=given["phi"],
    )
    record = md.evolve(trap, md.Protocol(md.Hold(duration=given["t"])), account="superposition", moments=2)
    assert complex(record.order_parameter[-1]) == pytest.approx(complex(published["re"], published["im"]), abs=1e-9)
