"""The ring of traps against plain QuTiP: Jordan-Wigner fermions of the whole Fock space, spins written out."""

import numpy as np
import pytest
import qutip

import mesodyn as md


def fock(traps):
    """The field operators of `traps` spinless modes."""
    return [qutip.fdestroy(traps, k) for k in range(traps)]


def plain(traps, flux, c, step=1):
    """``H`` and ``-dH/dflux`` of modes c."""
    phase = np.exp(1j * step * flux / traps)
    hops = [c[(k + 1) % traps].dag() @ c[k] for k in range(traps)]
    h = -sum(phase * hop + phase.conjugate() * hop.dag() for hop in hops)
    slope = 1j * step / traps * sum(phase * hop - phase.conjugate() * hop.dag() for hop in hops)
    return h, slope


def in_sector(operator, number, total):
    """The matrix on the states with `total` particles."""
    kept = np.flatnonzero(np.abs(number.diag() - total) < 1e-9)
    return operator.full()[np.ix_(kept, kept)]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("flux", [0.4, 2.0])
def test_four_traps_are_four_fermion_modes(number, flux):
    c = fock(4)
    count = sum(a.dag() @ a for a in c)
    h, slope = (in_sector(part, count, number) for part in plain(4, flux, c))
    energies, vectors = np.linalg.eigh(h)
    ring = md.TrapRing(traps=4, number=number, flux=flux)
    assert np.abs(np.linalg.eigvalsh(ring.hamiltonian().full()) - energies).max() < 1e-13
    ground = vectors[:, 0]
    assert abs((ground.conj() @ slope @ ground).real - float(ring.equilibrium().current)) < 1e-13


@pytest.mark.parametrize(("kind", "step"), [("boson", 1), ("pair", 2)])
def test_hard_core_bosons_are_spins_one_half(kind, step):
    lower = [qutip.tensor([qutip.sigmap() if k == j else qutip.qeye(2) for k in range(4)]) for j in range(4)]
    count = sum(a.dag() @ a for a in lower)
    for number in (1, 2, 3):
        h, slope = (in_sector(part, count, number) for part in plain(4, 0.7, lower, step))
        energies, vectors = np.linalg.eigh(h)
        ring = md.TrapRing(traps=4, number=number, flux=0.7, kind=kind)
        assert np.abs(np.linalg.eigvalsh(ring.hamiltonian().full()) - energies).max() < 1e-13
        ground = vectors[:, 0]
        assert abs((ground.conj() @ slope @ ground).real - float(ring.equilibrium().current)) < 1e-12


def spinful(traps, number, flux, zeeman, angles):
    """H of traps with two spin modes each, fields in the plane at `angles`; double occupancy is shut out."""
    c = [[qutip.fdestroy(2 * traps, 2 * k + s) for s in range(2)] for k in range(traps)]
    phase = np.exp(1j * flux / traps)
    hop = sum(c[(k + 1) % traps][s].dag() @ c[k][s] for k in range(traps) for s in range(2))
    h = -(phase * hop + phase.conjugate() * hop.dag())
    for k, angle in enumerate(angles):
        flip = c[k][0].dag() @ c[k][1]
        h = h - zeeman * 0.5 * (np.exp(-1j * angle) * flip + np.exp(1j * angle) * flip.dag())
    held = [up.dag() @ up + down.dag() @ down for up, down in c]
    count = sum(held[1:], start=held[0])
    single = np.max([h.diag().real for h in held], axis=0) < 1.5
    kept = np.flatnonzero(single & (np.abs(count.diag() - number) < 1e-9))
    return h.full()[np.ix_(kept, kept)]


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("texture", [0.0, 0.37, 1.0])
def test_spins_in_a_texture_are_fermion_modes_without_double_occupancy(number, texture):
    angles = 2 * np.pi * texture * np.arange(4) / 4
    expected = np.linalg.eigvalsh(spinful(4, number, 1.1, 7.0, angles))
    ring = md.TrapRing(traps=4, number=number, flux=1.1, spin=0.5, zeeman=7.0, texture=texture)
    assert np.abs(np.linalg.eigvalsh(ring.hamiltonian().full()) - expected).max() < 1e-12


def test_a_turn_with_the_links_on_is_the_schroedinger_equation_of_fermion_modes():
    """One particle, one trap turned while it tunnels: energies along the way against plain sesolve."""
    duration, zeeman = 3.0, 6.0
    ring = md.TrapRing(traps=3, number=1, flux=1.1, spin=0.5, zeeman=zeeman)
    turn = md.Protocol(md.Rotate(duration=duration, turns=1.0, trap="1"))
    record = md.evolve(ring, turn, moments=7)
    fixed = qutip.Qobj(spinful(3, 1, 1.1, zeeman, [0.0, 0.0, 0.0]))
    parts = [spinful(3, 1, 1.1, zeeman, [0.0, a, 0.0]) for a in (np.pi / 2, np.pi)]
    # H is linear in the cosine and the sine of the angle
    across, along = parts[0], 0.5 * (fixed.full() - parts[1])
    middle = 0.5 * (fixed.full() + parts[1])
    rate = 2 * np.pi / duration
    h = [
        qutip.Qobj(middle),
        [qutip.Qobj(along), lambda t: np.cos(rate * t)],
        [qutip.Qobj(across - middle), lambda t: np.sin(rate * t)],
    ]
    _, vectors = np.linalg.eigh(fixed.full())
    options = {"progress_bar": "", "atol": 1e-11, "rtol": 1e-10, "method": "vern9", "store_states": True}
    solved = qutip.sesolve(h, qutip.Qobj(vectors[:, 0]), np.linspace(0, duration, 7), options=options)
    for time, state, energy in zip(solved.times, solved.states, record.energy.values, strict=True):
        now = middle + along * np.cos(rate * time) + (across - middle) * np.sin(rate * time)
        ket = state.full()[:, 0]
        assert abs((ket.conj() @ now @ ket).real - energy) < 1e-7


def test_a_superposition_of_numbers_carries_the_weighted_mean_as_a_mixture_does():
    c = fock(4)
    count = sum(a.dag() @ a for a in c)
    h, slope = plain(4, 1.1, c)
    kets = []
    for number in (1, 2):
        inside = (count - number) @ (count - number)
        kets.append((h + 100.0 * inside).groundstate()[1])
    weight = 0.3
    both = np.sqrt(1 - weight) * kets[0] + np.exp(0.8j) * np.sqrt(weight) * kets[1]
    mixed = (1 - weight) * kets[0].proj() + weight * kets[1].proj()
    currents = [float(md.TrapRing(traps=4, number=n, flux=1.1).equilibrium().current) for n in (1, 2)]
    mean = (1 - weight) * currents[0] + weight * currents[1]
    assert abs(qutip.expect(slope, both) - mean) < 1e-11
    assert abs(qutip.expect(slope, mixed) - mean) < 1e-11
