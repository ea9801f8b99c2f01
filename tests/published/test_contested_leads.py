"""The published numbers of the contested leads: fermions that no mean field describes, a boson mode that one does."""

import json
from pathlib import Path

import numpy as np
import pytest

from mesodyn.systems.lead_models import boson_lead
from mesodyn.systems.microscopic.collective import collective
from mesodyn.systems.microscopic.interacting_dot import InteractingDot
from mesodyn.systems.microscopic.lead import Lead
from mesodyn.systems.microscopic.product_state import product_state
from mesodyn.systems.microscopic.resonant_level import ResonantLevel
from mesodyn.systems.normal_lead import ND1N

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))


def test_a_gapped_fermion_lead_gains_twice_the_mean_field_in_both_parities():
    (entry,) = REFERENCE["contested_fermion_lead"]
    given, out = entry["inputs"], entry["outputs"]
    above = np.linspace(1, 2, given["L"] // 2)
    lead = Lead([*-above, *above], [given["t_k"]] * given["L"])
    dot = ResonantLevel(detuning=given["xi"], lead=lead)
    energies = dot.sector_energies()
    assert lead.stiffness == pytest.approx(out["xi0"], abs=1e-9)
    assert energies[10] == pytest.approx(out["E_exact_N"], abs=1e-12)
    assert energies[11] == pytest.approx(out["E_exact_Nplus1"], abs=1e-12)
    assert energies.min() == pytest.approx(out["E_exact_N"], abs=1e-12)
    assert float(ND1N(detuning=0.0, stiffness=lead.stiffness).equilibrium().energy) == pytest.approx(
        out["E_meanfield"], abs=1e-12
    )
    assert dot.parity_energies() == pytest.approx([out["E_exact_N"]] * 2, abs=1e-12)


def test_the_published_gapped_lead_by_many_body_states():
    above = np.linspace(1, 2, 3)
    lead = Lead([*-above, *above], [0.02] * 6)
    for number in (6, 8):
        pair = InteractingDot(lead=lead, number=number).equilibrium()
        alone = ResonantLevel(lead=lead, number=number // 2).equilibrium()
        assert float(pair.energy) == pytest.approx(2 * float(alone.energy), abs=1e-12)


def test_a_boson_mode_comes_to_the_mean_field_by_the_energy_of_a_quantum():
    (entry,) = REFERENCE["contested_boson_lead"]
    given, out = entry["inputs"], entry["outputs"]
    xi, rigid, omega = given["xi"], given["xi0"], given["omega"]
    found = collective(xi, rigid, omega)
    assert np.sqrt(2 * omega * rigid) == pytest.approx(out["g"], abs=1e-15)
    assert found.total == out["Qstar"]
    assert found.energy == pytest.approx(out["E_exact"], abs=1e-12)
    assert found.weight == pytest.approx(out["v2_exact"], abs=1e-12)
    assert found.product_energy == pytest.approx(out["E_MF"], abs=1e-12)
    assert float(boson_lead(xi, rigid, omega).free_energy) == pytest.approx(out["E_exact"], abs=1e-12)


@pytest.mark.parametrize(("omega", "energy"), [(0.2, -0.3165), (0.02, -0.25205), (0.002, -0.24570)])
def test_the_error_of_the_mean_field_is_of_the_order_of_a_quantum(omega, energy):
    found = collective(0.3, 1.0, omega).energy
    assert found == pytest.approx(energy, abs=2e-5)
    # half a quantum, less by the share ξ/ξ0, and up to one more order
    assert found + 0.245 == pytest.approx(-0.35 * omega, abs=omega**2 / 2)


def test_a_spinless_wide_band_has_no_transition():
    from mesodyn.systems.microscopic.wide_band import wide_band_number

    xi = np.array([-1.0, -0.25, 0.05, 0.4, 2.0])
    found = wide_band_number(xi, 1.0)
    exact = 0.5 - np.arctan(4 * xi) / np.pi
    assert np.all(np.abs(found.value - exact) < found.error)
    assert np.all(found.error < 1e-6)


def test_the_best_product_state_gains_half_and_its_field_is_bounded():
    above = np.linspace(1, 2, 10)
    lead = Lead([*-above, *above], [0.02] * 20)
    found = product_state(lead, 0.0)
    assert found.energy == pytest.approx(-lead.stiffness / 2, rel=5e-3)
    assert float(np.sum(found.field**2)) < 0.25
