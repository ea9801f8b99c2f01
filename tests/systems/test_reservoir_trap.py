"""The trap and one state outside it: (4) to (7), and what the trap is by itself."""

import json
from pathlib import Path

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text())["dot_lead"]
SMALL = st.floats(-3, 3, allow_nan=False)


def trap(entry, **more):
    given = entry["inputs"]
    delta = complex(given["Delta"]["re"], given["Delta"]["im"])
    energies = {"trap_energy": given["E_Nc"], "outside_energy": given["eps"]}
    return md.ReservoirTrap(detuning=given["xi"], tunnelling=delta, **energies, **more)


@pytest.mark.parametrize("entry", REFERENCE, ids=lambda e: f"xi={e['inputs']['xi']}")
def test_ground_state_and_reduced_state_are_those_of_the_reference(entry):
    expected = entry["outputs"]
    found = trap(entry).equilibrium()
    assert abs(float(found.energy) - expected["Eg"]) < 1e-12
    assert abs(float(found.excited_energy) - expected["Eexcited"]) < 1e-12
    assert abs(float(found.n_mean) - expected["N_minus_Nc"]) < 1e-12
    assert abs(complex(found.correlation) - expected["uv"] * np.exp(1j * expected["phase"])) < 1e-12
    assert abs(float(found.purity) - expected["purity_reduced_dot"]) < 1e-12
    assert abs(float(found.entropy) - expected["entropy_nats"]) < 1e-12
    warm = trap(entry, temperature=entry["inputs"]["kT"]).equilibrium()
    assert abs(float(warm.n_mean) - expected["N_minus_Nc_thermal"]) < 1e-12
    assert abs(float(warm.free_energy) - expected["F_thermal"]) < 1e-12


@given(SMALL, SMALL, SMALL)
@settings(max_examples=25, deadline=None)
def test_the_trap_alone_is_what_the_fermion_safe_reduction_leaves(detuning, real, imaginary):
    system = md.ReservoirTrap(detuning=detuning, tunnelling=complex(real, imaginary) + 0.1)
    _, ground = system.hamiltonian(sector=1).groundstate()
    full = qutip.Qobj(np.zeros((4, 1)), dims=[[2, 2], [1, 1]]).full()
    full[system.space.sector(1)] = ground.full()
    alone = system.space.reduced(qutip.Qobj(full, dims=[[2, 2], [1, 1]]), ["trap"])
    found = system.equilibrium()
    assert abs(float(found.purity) - alone.purity()) < 1e-10
    assert abs(float(found.entropy) - qutip.entropy_vn(alone)) < 1e-7
    assert abs(alone[0, 1]) < 1e-12 and complex(found.order_parameter) == 0


@given(SMALL, SMALL)
@settings(max_examples=25, deadline=None)
def test_the_paper_reads_a_pure_state_where_the_reduced_one_is_mixed(detuning, tunnelling):
    system = md.ReservoirTrap(detuning=detuning, tunnelling=tunnelling + 3.1)
    pure, reduced, mixed = (system.equilibrium(a) for a in ("superposition", "conserving", "mixture"))
    assert abs(float(pure.purity) - 1) < 1e-12 and abs(float(pure.entropy)) < 1e-9
    assert float(reduced.purity) == float(mixed.purity) < 1
    assert abs(complex(pure.order_parameter) - complex(reduced.correlation)) < 1e-14
    assert complex(mixed.correlation) == 0 and float(mixed.energy) == float(pure.energy)


def test_axes_are_single_equilibria():
    detuning, cold = md.axis("detuning", -2, 2, 5), md.axis("temperature", [0, 0.5])
    many = md.ReservoirTrap(detuning=detuning, temperature=cold, tunnelling=0.7, level_spacing=4.0).equilibrium()
    one = md.ReservoirTrap(detuning=1.0, temperature=0.5, tunnelling=0.7, level_spacing=4.0).equilibrium()
    assert many.sel(detuning=1.0, temperature=0.5).drop_vars(["detuning", "temperature"]).equals(one)
    assert float(one.frozen) == 0.125


def test_an_unknown_account_is_refused():
    with pytest.raises(InputError, match=r"account must be one of .*did you mean mixture"):
        md.ReservoirTrap().equilibrium("mixtur")
    with pytest.raises(InputError, match=r"level_spacing must be .* above 0"):
        md.ReservoirTrap(level_spacing=0)
