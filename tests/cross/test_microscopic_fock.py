"""Microscopic models against plain QuTiP: all of the Fock space, Jordan-Wigner modes, nothing conserved by hand."""

from typing import Any

import numpy as np
import pytest
import qutip

from mesodyn.systems.microscopic.bose_hubbard import BoseHubbard
from mesodyn.systems.microscopic.exchange_dot import ExchangeDot
from mesodyn.systems.microscopic.kondo_dot import KondoDot
from mesodyn.systems.microscopic.richardson import PairedGrain
from mesodyn.systems.microscopic.superconducting_dot import SuperconductingDot


def lowest(hamiltonian, number, total):
    """The lowest energy with a total number of particles."""
    kept = np.flatnonzero(np.abs(number.diag() - total) < 1e-9)
    return np.linalg.eigvalsh(hamiltonian.full()[np.ix_(kept, kept)])[0]


@pytest.mark.parametrize("coupling", [0.7, -0.4])
def test_a_grain_is_electrons_with_spin(coupling):
    levels = [0.0, 0.6, 1.7]
    c = [[qutip.fdestroy(6, 2 * j + s) for s in range(2)] for j in range(3)]
    number: Any = sum(a.dag() @ a for level in c for a in level)
    pairs = [down @ up for up, down in c]
    h = sum(e * (up.dag() @ up + down.dag() @ down) for e, (up, down) in zip(levels, c, strict=True))
    h = h - coupling * sum(one.dag() for one in pairs) @ sum(pairs[1:], start=pairs[0])
    grain = PairedGrain(levels=levels, coupling=coupling)
    found = grain.energies().values
    assert found == pytest.approx([lowest(h, number, n) for n in range(7)], abs=1e-12)


def test_bosons_on_a_ring_are_three_modes():
    n, flux = 3, 0.7
    a = [qutip.tensor([qutip.destroy(n + 1) if k == j else qutip.qeye(n + 1) for k in range(3)]) for j in range(3)]
    number: Any = sum(one.dag() @ one for one in a)
    hops = sum(a[(k + 1) % 3].dag() @ a[k] for k in range(3)) * np.exp(1j * flux / 3)
    h = -(hops + hops.dag()) + 0.5 * 1.3 * sum(one.dag() @ one.dag() @ one @ one for one in a)
    kept = np.flatnonzero(np.abs(number.diag() - n) < 1e-9)
    expected = np.linalg.eigvalsh(h.full()[np.ix_(kept, kept)])
    ring = BoseHubbard(wells=3, particles=n, shape="ring", interaction=1.3, flux=flux)
    assert ring.hamiltonian().eigenenergies() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("charging_energy", [0.0, 0.9])
def test_a_dot_between_superconductors_is_six_fermion_modes(charging_energy):
    xi, left, right, zeeman, theta, gap = 0.3, 0.4, 0.6, 0.5, 1.2, 1.7
    c = [[qutip.fdestroy(6, 2 * k + s) for s in range(2)] for k in range(3)]
    counts = [[a.dag() @ a for a in level] for level in c]
    epsilon = xi - charging_energy / 2
    h = epsilon * (counts[0][0] + counts[0][1]) - zeeman / 2 * (counts[0][0] - counts[0][1])
    h = h + charging_energy * counts[0][0] @ counts[0][1]
    for k, (induced, phase) in enumerate(((left, -theta / 2), (right, theta / 2)), start=1):
        pair = gap * np.exp(1j * phase) * c[k][0].dag() @ c[k][1].dag()
        hop = np.sqrt(induced * gap) * sum(c[k][s].dag() @ c[0][s] for s in range(2))
        h = h + pair + pair.dag() + hop + hop.dag()
    parity = np.array([bin(k).count("1") % 2 for k in range(64)])
    energies = [np.linalg.eigvalsh(h.full()[np.ix_(parity == p, parity == p)])[0] for p in (0, 1)]
    found = SuperconductingDot(
        detuning=xi,
        delta_left=left,
        delta_right=right,
        zeeman=zeeman,
        charging_energy=charging_energy,
        gap=gap,
        phase_difference=theta,
    ).equilibrium()
    alone = -2 * gap
    assert float(found.energy_even) == pytest.approx(energies[0] - alone, abs=1e-12)
    assert float(found.energy_odd) == pytest.approx(energies[1] - alone, abs=1e-12)


def test_a_quantum_lead_is_a_spin_and_three_oscillators():
    dot = ExchangeDot(
        frequency=3.0, anisotropy=np.diag([0.1, 0.3, 0.0]), field=(0.2, 0.1, 0.3), temperature=0.4, quanta=7
    )
    n, sigma = 8, [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]
    total: Any = 0
    for k, (stiff, drive) in enumerate(((0.1, 0.2), (0.3, 0.1), (0.0, 0.3))):
        parts = [qutip.qeye(n)] * 3
        parts[k] = qutip.destroy(n)
        b = qutip.tensor(qutip.qeye(2), *parts)
        spin = qutip.tensor(sigma[k], *[qutip.qeye(n)] * 3)
        total = total + 3.0 * b.dag() @ b + np.sqrt(1.5 * (1 - stiff)) * spin @ (b + b.dag()) - drive * spin
    energies, vectors = np.linalg.eigh(total.full())
    weights = np.exp(-(energies - energies[0]) / 0.4)
    weights /= weights.sum()
    found = dot.equilibrium()
    for k in range(3):
        matrix = qutip.tensor(sigma[k], *[qutip.qeye(n)] * 3).data_as("csr_matrix")
        mean = ((vectors.conj() * (matrix @ vectors)).sum(axis=0).real * weights).sum()
        assert float(found.magnetization[k]) == pytest.approx(mean, abs=1e-4)
    assert float(found.energy) == pytest.approx(float(weights @ energies), abs=1e-4)
    own = dot.hamiltonian()
    assert own.eigenenergies()[0] == pytest.approx(energies[0], abs=1e-4)


@pytest.mark.parametrize("exchange", [-1.0, 0.8])
@pytest.mark.parametrize("sites", [2, 3])
def test_a_screened_spin_is_a_spin_and_fermion_modes(sites, exchange):
    modes = 2 * sites
    c = [[qutip.tensor(qutip.qeye(2), qutip.fdestroy(modes, 2 * k + s)) for s in range(2)] for k in range(sites)]
    eye = qutip.tensor(qutip.qeye(2), qutip.qeye([2] * modes))
    flip = c[0][0].dag() @ c[0][1]
    up, down = (a.dag() @ a for a in c[0])
    first = [0.5 * (flip + flip.dag()), -0.5j * (flip - flip.dag()), 0.5 * (up - down)]
    spins = [qutip.tensor(0.5 * s, qutip.qeye([2] * modes)) for s in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())]
    h = exchange * sum((s @ t for s, t in zip(spins, first, strict=True)), start=0 * eye)
    for k in range(sites - 1):
        for s in range(2):
            hop = c[k + 1][s].dag() @ c[k][s]
            h = h - hop - hop.dag()
    number: Any = sum(a.dag() @ a for level in c for a in level)
    kept = np.flatnonzero(np.abs(number.diag() - sites) < 1e-9)
    energies = np.linalg.eigvalsh(h.full()[np.ix_(kept, kept)])
    found = KondoDot(sites=sites, exchange=exchange).equilibrium()
    assert float(found.energy) == pytest.approx(energies[0], abs=1e-12)
    assert int((energies - energies[0] < 1e-10).sum()) == int(found.degeneracy)
