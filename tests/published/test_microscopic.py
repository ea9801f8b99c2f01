"""Published numbers of microscopic models: Richardson's pairs, the picket fence, the dimer, what is contested."""

import json
from pathlib import Path

import pytest

import mesodyn as md
from mesodyn.systems.junction_nulls import parity_dot
from mesodyn.systems.microscopic.bose_hubbard import BoseHubbard
from mesodyn.systems.microscopic.exchange_dot import ExchangeDot
from mesodyn.systems.microscopic.richardson import PairedGrain
from mesodyn.systems.microscopic.superconducting_dot import SuperconductingDot, atomic_limit

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("method", ["lanczos", "richardson"])
@pytest.mark.parametrize(
    ("g", "energy"), [(1, 0.635548474), (0.5, 1.416774284), (-0.5, 2.436884259), (-1, 2.779870139)]
)
def test_four_levels_and_two_pairs_of_the_lecture_notes(method, g, energy):
    """Lecture Notes in Physics 936, ch. 10: levels 0, 1, 2, 3 and -(g/2) sum P_i^+ P_j."""
    assert PairedGrain(levels=range(4), coupling=g / 2, method=method).energy(4) == pytest.approx(energy, abs=5.1e-10)


@pytest.mark.parametrize("method", ["lanczos", "richardson"])
@pytest.mark.parametrize(
    ("count", "coupling", "effect"),
    [
        *((8, 0.224, 0.183973), (8, 0.5, 0.793766), (8, 1.0, 2.973576)),
        *((10, 0.224, 0.198849), (10, 0.5, 0.988953), (10, 1.0, 3.851974)),
    ],
)
def test_parity_effect_of_the_picket_fence(method, count, coupling, effect):
    grain = PairedGrain.picket_fence(count, coupling=coupling, method=method)
    assert grain.parity_effect().item() == pytest.approx(effect, abs=5.1e-7)


def test_two_atoms_on_two_sites():
    dimer = BoseHubbard(wells=2, particles=2, interaction=5.0)
    assert dimer.hamiltonian().eigenenergies() == pytest.approx([-0.701562119, 5, 5.701562119], abs=1e-9)
    assert md.BoseJunction(particles=2, interaction=5.0).hamiltonian().eigenenergies()[0] == pytest.approx(
        float(dimer.equilibrium().energy), abs=1e-13
    )


def test_a_quantum_lead_gains_nearly_three_times_the_mean_field():
    (entry,) = REFERENCE["contested_magnet"]
    given, out = entry["inputs"], entry["outputs"]
    exchange = 2 * given["g"] ** 2 / given["omega"]
    dot = ExchangeDot(exchange_field=exchange, frequency=given["omega"])
    found = dot.doublet()
    assert float(found.energy) == pytest.approx(out["E_exact"], abs=1e-12)
    assert float(found.gain) == pytest.approx(out["ratio"], abs=1e-9)
    assert float(dot.classical.equilibrium().energy) == pytest.approx(out["E_meanfield"], abs=1e-15)
    assert float(found.splitting) < 1e-14


def test_a_dot_between_superconductors_keeps_its_parity():
    (entry,) = REFERENCE["contested_sd1s"]
    given, out = entry["inputs"], entry["outputs"]
    half = given["Gamma"] / 2
    plain = {"detuning": given["eps"], "delta_left": half, "delta_right": half, "zeeman": given["EZ"]}
    theta = out["theta_cross"]
    below, above = (parity_dot(**plain, phase_difference=theta + shift) for shift in (-1e-9, 1e-9))
    assert [float(one.odd_weight) for one in (below, above)] == [0.0, 1.0]
    assert float(above.current) == out["J_odd"]
    finite = SuperconductingDot(**plain, phase_difference=1.0, levels=3)
    assert atomic_limit(finite).value == pytest.approx(theta, abs=1e-11)
    found = atomic_limit(finite, "current_even")
    assert abs(found.value - out["J_even_hbar_over_e_at_1"]) < found.error < 1e-4
    odd = atomic_limit(finite, "current_odd")
    assert abs(odd.value - out["J_odd"]) < odd.error < 1e-4
