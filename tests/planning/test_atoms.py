"""Atoms in a field that is turned, against plain QuTiP and against evolved states."""

import math

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

from mesodyn.errors import InputError
from mesodyn.planning import atoms
from mesodyn.units import HBAR

FIELDS = [1e-4, 30e-4, 832.18e-4]


def spins(s):
    """S_x, S_y, S_z of a spin; of no spin at all, 0."""
    return (qutip.jmat(s, "x"), qutip.jmat(s, "y"), qutip.jmat(s, "z")) if s else 3 * (qutip.qzero(1),)


def plain(atom, field):
    """Hamiltonian (rad/s) and F_y of the same atom, by QuTiP's own spins."""
    own = atoms.ATOMS[atom]
    electron = 0.5 if own.g_electron else 0.0
    ones = [qutip.qeye(round(2 * s + 1)) for s in (own.nuclear_spin, electron)]
    nuclear = [qutip.tensor(part, ones[1]) for part in spins(own.nuclear_spin)]
    electronic = [qutip.tensor(ones[0], part) for part in spins(electron)]
    coupling = sum(i * j for i, j in zip(nuclear, electronic, strict=True))
    moment = own.g_electron * electronic[2] + own.g_nucleus * nuclear[2]
    hamiltonian = 2 * np.pi * own.hyperfine * coupling + atoms.MU_B / HBAR * field * moment
    return hamiltonian, nuclear[1] + electronic[1]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("atom", atoms.ATOMS)
def test_levels_are_those_that_qutip_finds(atom, field):
    hamiltonian, _ = plain(atom, field)
    found = atoms.levels(atom, field).energies
    assert found == pytest.approx(hamiltonian.eigenenergies(), abs=1e-12 * np.ptp(found))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("atom", atoms.ATOMS)
def test_the_inertia_is_how_the_level_bends_in_the_turning_frame(atom, field):
    hamiltonian, across = plain(atom, field)
    rate = 1e-4 * atoms.splitting(atom, field)
    low, rest, high = ((hamiltonian - turned * across).eigenenergies()[0] for turned in (-rate, 0.0, rate))
    noise = 8 * np.finfo(float).eps * np.ptp(hamiltonian.eigenenergies()) / rate**2
    assert -(low + high - 2 * rest) / rate**2 == pytest.approx(atoms.inertia(atom, field), rel=1e-6, abs=noise)


@pytest.mark.parametrize(("atom", "field", "state"), [("li6", 1e-4, 1), ("li6", 832.18e-4, 2), ("k40", 202.1e-4, 1)])
def test_an_evolved_state_gets_the_cranking_phase(atom, field, state):
    hamiltonian, across = plain(atom, field)
    energies, vectors = np.linalg.eigh(hamiltonian.full())
    time = 400 / (energies[1] - energies[0])
    steps = (np.arange(4000) + 0.5) / 4000
    rates = 2 * np.pi / time * (1 - np.cos(2 * np.pi * steps))
    own, frames = np.linalg.eigh(hamiltonian.full() - rates[:, None, None] * across.full())
    start = vectors[:, state - 1]
    moved = start
    for values, frame in zip(own - energies[state - 1], frames, strict=True):
        moved = frame @ (np.exp(-1j * values * time / len(steps)) * (frame.conj().T @ moved))
    kept = np.vdot(start, moved)
    wanted = atoms.cranking_phase(atom, field, time=time, state=state, ramp="smooth")
    assert abs(kept) == pytest.approx(1, abs=1e-4)
    assert np.angle(kept * np.exp(-1j * wanted)) == pytest.approx(0, abs=0.003 * abs(wanted))


@given(field=st.floats(1e-7, 0.2), turns=st.floats(0.1, 8), error=st.floats(1e-4, 1))
@settings(max_examples=25, deadline=None)
def test_the_time_goes_with_the_square_of_the_turns_and_the_ramp(field, turns, error):
    one = atoms.rotation_time("li6", field, phase_error=error)
    assert atoms.rotation_time("li6", field, phase_error=error, turns=turns) == pytest.approx(one * turns**2)
    assert atoms.rotation_time("li6", field, phase_error=error, ramp="smooth") == pytest.approx(1.5 * one)
    assert atoms.cranking_phase("li6", field, time=one) == pytest.approx(error)


@pytest.mark.parametrize(("atom", "field"), [("li6", 1e-6), ("k40", 1e-6), ("rb87", 1e-6), ("yb171", 1.0)])
def test_a_weak_field_makes_an_atom_a_plain_spin(atom, field):
    assert atoms.effective_splitting(atom, field) == pytest.approx(atoms.splitting(atom, field), rel=1e-4)


def test_a_plain_spin_with_the_effective_splitting_has_the_phase_of_the_atom():
    field, time, spin = 202.1e-4, 1e-5, atoms.ATOMS["k40"].spin
    plain_phase = spin * (2 * np.pi) ** 2 / time / (2 * atoms.effective_splitting("k40", field))
    assert plain_phase == pytest.approx(atoms.cranking_phase("k40", field, time=time))


def test_a_field_along_the_axis_leaves_no_inertia():
    assert atoms.inertia("li6", 1e-4, angle=0.0) == pytest.approx(0, abs=1e-9 * atoms.inertia("li6", 1e-4))
    half = atoms.inertia("li6", 1e-4, angle=math.pi / 4)
    assert half == pytest.approx(atoms.inertia("li6", 1e-4) / 2, rel=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: atoms.levels("cs133", 1e-4), "atom must be one of"),
        (lambda: atoms.levels("li6", -1e-4), "field must be a finite real number and at least 0"),
        (lambda: atoms.inertia("li6", 0.0), "field must be one that splits the levels"),
        (lambda: atoms.inertia("yb171", 0.0), "field must be one that splits the levels"),
        (lambda: atoms.splitting("li6", 1e-4, 9), "state must be a whole number"),
        (lambda: atoms.effective_splitting("li6", 832.18e-4, 2), "state must be one whose moment of inertia is pos"),
        (lambda: atoms.rotation_time("li6", 1e-4, phase_error=0), "phase_error must be"),
        (lambda: atoms.rotation_time("li6", 1e-4, phase_error=0.1, ramp="soft"), "ramp must be one of"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
