"""Published and exact numbers of junctions under bias: PHYSICS 3e, DEFINITIONS 6.8, reference.json."""

import json
from pathlib import Path

import numpy as np
import pytest

import mesodyn as md
from mesodyn.dynamics.biased import passage, share_of_upper
from mesodyn.dynamics.moving_lead import MovingLead
from mesodyn.experiments import ac_josephson_theory as theory
from mesodyn.systems.branch_levels import BranchLevels

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))


def crossing(t):
    """The plain Landau-Zener problem, both its constants 1."""
    return np.array([t / 2, 0.5, 0.0])


@pytest.mark.parametrize(
    ("end", "stays"), [(60.0, 0.207878451), pytest.param(200.0, 0.207879488, marks=pytest.mark.slow)]
)
def test_landau_zener_in_the_instantaneous_basis(end, stays):
    psi = passage(crossing, np.array([-end, end]))[-1]
    assert float(share_of_upper(psi, crossing(end))) == pytest.approx(stays, abs=2e-9)
    assert stays == pytest.approx(np.exp(-np.pi / 2), abs=2e-6)


@pytest.mark.slow
def test_landau_zener_in_the_bare_basis_is_not_there_yet_at_300():
    psi = passage(crossing, np.array([-300.0, 300.0]), start=np.array([1.0, 0.0]))[-1]
    assert float(np.abs(psi[0]) ** 2) == pytest.approx(0.205461, abs=1e-6)
    assert abs(float(np.abs(psi[0]) ** 2) - np.exp(-np.pi / 2)) > 1e-3


def test_reference_growth_of_the_phase():
    (entry,) = REFERENCE["sd1s_bias_phase"]
    given, out = entry["inputs"], entry["outputs"]
    lead = MovingLead(
        alpha=given["alpha"],
        beta_left=given["beta"],
        beta_right=given["beta"],
        detuning=0.0,
        relaxation_time=given["tau"],
        phase_only=True,
    )
    times = np.array([0.0, 1.5 * np.pi / given["eV"]])
    start = lead.rest(0.0, np.array([given["phi0"]]))
    path = lead.follow(lambda t: 2 * given["eV"] * t, start, times, tolerance=1e-12)
    assert np.angle(path[-1, 0, 0]) == pytest.approx(out["phi_at_3pi"], abs=1e-9)
    assert theory.growth(given["alpha"], given["beta"], given["tau"], given["eV"]) == pytest.approx(out["Lambda"])
    star = 4 * given["beta"] / (given["alpha"] * given["tau"] * np.log(1 / given["phi0"]))
    assert star == pytest.approx(out["eV_star"], rel=1e-12)


def test_the_whole_order_parameter_ends_where_the_reference_does_up_to_the_lag_of_the_dot():
    (entry,) = REFERENCE["sd1s_bias_phase"]
    given = entry["inputs"]
    lead = MovingLead(alpha=1.0, beta_left=0.2, beta_right=0.2, detuning=0.0, relaxation_time=8.0)
    times = np.array([0.0, 1.5 * np.pi / given["eV"]])
    path = lead.follow(lambda t: 2 * given["eV"] * t, lead.rest(0.0, np.array([given["phi0"]])), times, tolerance=1e-12)
    share = theory.inertia(1.0, 0.2, 8.0)
    assert np.angle(path[-1, 0, 0]) == pytest.approx(entry["outputs"]["phi_at_3pi"], rel=1.3 * 5 * share)


def test_reference_formula_of_the_passage():
    (entry,) = REFERENCE["sd1s_bias"]
    given, out = entry["inputs"], entry["outputs"]
    levels = BranchLevels(
        model="SD1S", alpha=given["alpha"], beta=given["beta"], detuning=given["xi"], coupling=given["W"]
    )
    assert 2 * float(levels.slope(np.pi)[0]) * 2 * given["eV"] == pytest.approx(out["v"], rel=1e-12)
    assert float(levels.stays(2 * given["eV"])) == pytest.approx(out["P_LZ_stay"], rel=1e-12)
    shared = {"alpha": given["alpha"], "beta": given["beta"], "detuning": given["xi"]}
    run = md.experiment("ac-josephson", **shared, voltage=given["eV"], trajectories=1, quick=True).run()
    lines = run.record.frequency.values
    best = lines[run.record.power.values.argmax()]
    assert best == pytest.approx(out["f4pi_angular"], rel=1e-9)
    assert 2 * best == pytest.approx(out["f2pi_angular"], rel=1e-9)


def test_slow_junctions_have_the_harmonics_of_a_jump():
    # PHYSICS 3e: b_k -> (-1)^(k+1) dJ/(pi k) for P << 1
    levels = BranchLevels(model="SD1S", alpha=1.2, beta=0.5, detuning=0.3)
    theta = (np.arange(20000) + 0.5) * 2 * np.pi / 20000
    lowest = levels.current(theta, levels.lowest(theta))
    jump = 0.5 * (1 / 1.2**2 - 0.3**2)
    for k in (20, 21, 40):
        part = 2 * np.mean(lowest * np.sin(k * theta))
        assert part == pytest.approx((-1) ** (k + 1) * jump / (np.pi * k), rel=0.01)


def test_harmonics_and_direct_currents_are_those_of_the_definitions():
    parts = theory.harmonics(1.2, 0.5, 0.3, 200)
    assert parts[:3] == pytest.approx([0.177576392868, 0.087336377474, 0.028592739207], abs=1e-12)
    direct = [float(theory.shapiro(parts, k, 0.9, 0.8)) for k in (1, 2, 3)]
    assert direct == pytest.approx([-0.032846439668, -0.014173408751, -0.005950256202], abs=1e-12)
