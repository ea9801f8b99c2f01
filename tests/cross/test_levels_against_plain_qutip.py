"""Dots on leads against plain QuTiP in the whole Fock space: Jordan-Wigner modes, no sectors, no matrix of one."""

import numpy as np
import pytest
import qutip

from mesodyn.systems.microscopic.collective import collective
from mesodyn.systems.microscopic.interacting_dot import InteractingDot
from mesodyn.systems.microscopic.lead import Lead
from mesodyn.systems.microscopic.product_state import product_state
from mesodyn.systems.microscopic.resonant_level import ResonantLevel

LEAD = Lead((-1.3, -0.4, 0.7), (0.3, 0.5, -0.2))


def modes(count):
    return [qutip.fdestroy(count, k) for k in range(count)]


def hamiltonian(c, lead, detuning):
    """Dot first, then the lead."""
    d, lead_modes = c[0], c[1:]
    h = 2 * detuning * d.dag() @ d
    for energy, coupling, mode in zip(lead.levels, lead.couplings, lead_modes, strict=True):
        hop = coupling * mode.dag() @ d
        h = h + energy * mode.dag() @ mode + hop + hop.dag()
    return h


@pytest.mark.parametrize("temperature", [0.0, 0.2])
@pytest.mark.parametrize("number", [None, 0, 1, 2, 3, 4])
def test_a_resonant_level_is_its_fock_space(temperature, number):
    c = modes(4)
    h = hamiltonian(c, LEAD, 0.23)
    count = sum(a.dag() @ a for a in c).diag().round()
    kept = np.arange(16) if number is None else np.flatnonzero(count == number)
    energies, vectors = np.linalg.eigh(h.full()[np.ix_(kept, kept)])
    weights = np.exp(-(energies - energies[0]) / temperature) if temperature else (np.arange(len(kept)) == 0) * 1.0
    weights = weights / weights.sum()
    state = (vectors * weights) @ vectors.conj().T

    def mean(operator):
        return np.trace(operator.full()[np.ix_(kept, kept)] @ state)

    dot = ResonantLevel(detuning=0.23, temperature=temperature, lead=LEAD, number=number)
    found = dot.equilibrium()
    sea = -1.7
    assert float(found.energy) == pytest.approx(weights @ energies - sea, abs=1e-12)
    assert float(found.n_mean) == pytest.approx(mean(c[0].dag() @ c[0]).real, abs=1e-12)
    assert float(found.total_number) == pytest.approx((weights @ (np.abs(vectors.T) ** 2 @ count[kept])), abs=1e-12)
    free = energies[0] - temperature * np.log(
        np.exp(-(energies - energies[0]) / temperature).sum() if temperature else 1
    )
    assert float(found.free_energy) == pytest.approx(free - sea, abs=1e-12)
    matrix = [[mean(a.dag() @ b) for b in c] for a in c]
    assert np.abs(dot.correlation()[0] - np.array(matrix)).max() < 1e-12
    assert np.abs(found.correlation.values - np.array(matrix)[0, 1:]).max() < 1e-12


def test_a_switched_link_moves_the_correlation_matrix_as_the_fock_state():
    c = modes(4)
    h = hamiltonian(c, LEAD, 0.23)
    vacuum = qutip.basis([2] * 4, [0] * 4)
    start = (c[1].dag() @ c[0].dag() @ vacuum).unit()  # the dot and the lowest level are filled
    times = np.linspace(0, 7, 5)
    states = [(-1j * h * t).expm() @ start for t in times]
    dot = ResonantLevel(detuning=0.23, lead=LEAD, number=2)
    found = dot.evolve(times, np.diag([1.0, 1.0, 0.0, 0.0]))[0]
    for k, state in enumerate(states):
        matrix = [[qutip.expect(a.dag() @ b, state) for b in c] for a in c]
        assert np.abs(found[k] - np.array(matrix)).max() < 1e-12


@pytest.mark.parametrize("zeeman", [0.0, 0.3])
@pytest.mark.parametrize("temperature", [0.0, 0.4])
def test_an_interacting_dot_is_its_fock_space(zeeman, temperature):
    lead = Lead((-0.6, 0.35), (0.3, 0.5))
    c = modes(6)  # up: dot, lead, lead; down the same
    spins = [c[:3], c[3:]]
    h = 1.7 * spins[0][0].dag() @ spins[0][0] @ spins[1][0].dag() @ spins[1][0]
    for which, sign in zip(spins, (-0.5, 0.5), strict=True):
        h = h + hamiltonian(which, lead, -0.4 + sign * zeeman / 2)
    energies, vectors = np.linalg.eigh(h.full())
    weights = np.exp(-(energies - energies[0]) / temperature) if temperature else energies < energies[0] + 1e-9
    weights = weights / weights.sum()
    state = (vectors * weights) @ vectors.conj().T

    def mean(operator):
        return np.trace(operator.full() @ state).real

    held = [which[0].dag() @ which[0] for which in spins]
    found = InteractingDot(
        detuning=-0.4, interaction=1.7, zeeman=zeeman, temperature=temperature, lead=lead
    ).equilibrium()
    assert float(found.energy) == pytest.approx(weights @ energies + 1.2, abs=1e-12)
    assert float(found.n_mean) == pytest.approx(mean(held[0] + held[1]), abs=1e-12)
    assert float(found.spin) == pytest.approx(mean(held[0] - held[1]) / 2, abs=1e-12)
    assert float(found.double) == pytest.approx(mean(held[0] @ held[1]), abs=1e-12)
    hops = [sum(mean(which[0].dag() @ which[k]) for which in spins) for k in (1, 2)]
    assert found.correlation.values == pytest.approx(hops, abs=1e-12)


def test_a_source_of_single_fermions_is_solved_exactly():
    from mesodyn.systems.microscopic.product_state import _sourced

    c = modes(3)
    for source in (0.1, 0.5):
        h = sum(e * a.dag() @ a for e, a in zip(LEAD.levels, c, strict=True))
        h = h + source * sum(t * (a + a.dag()) for t, a in zip(LEAD.couplings, c, strict=True))
        energy, state = h.groundstate()
        mine, field = _sourced(LEAD, source)
        assert mine == pytest.approx(energy, abs=1e-12)
        assert field == pytest.approx([qutip.expect(a, state).real for a in c], abs=1e-12)


def test_the_best_product_state_beats_random_ones():
    """Product states of a dot and a lead, in a tensor product: no better one is found, and none breaks the bound."""
    lead = Lead((-0.8, 0.8), (0.5, 0.5))
    c = modes(2)
    found = product_state(lead, 0.1)
    for angle in np.linspace(0, np.pi / 2, 41):
        source = np.sin(2 * angle) / 2
        h = sum(e * a.dag() @ a for e, a in zip(lead.levels, c, strict=True))
        h = h + source * sum(t * (a + a.dag()) for t, a in zip(lead.couplings, c, strict=True))
        assert 0.2 * np.sin(angle) ** 2 + h.groundstate()[0] + 0.8 >= found.energy - 1e-12
    rng = np.random.default_rng(1)
    for _ in range(50):
        ket = qutip.Qobj(rng.normal(size=4) + 1j * rng.normal(size=4), dims=[[2, 2], [1, 1]]).unit()
        assert sum(abs(qutip.expect(a, ket)) ** 2 for a in c) <= 0.25 + 1e-12


def test_pair_levels_are_spins_one_half():
    """Three pair levels and a dot as spins, written out; pairs are hard-core bosons."""
    levels, xi, rigid, omega = 3, 0.1, 0.8, 0.3
    lower = [qutip.tensor([qutip.sigmap() if k == j else qutip.qeye(2) for k in range(4)]) for j in range(4)]
    d, b = lower[0], lower[1:]
    g = np.sqrt(2 * omega * rigid / levels)
    h = 2 * xi * d.dag() @ d + sum(omega * a.dag() @ a - g * (a.dag() @ d + d.dag() @ a) for a in b)
    energy, state = h.groundstate()
    found = collective(xi, rigid, omega, levels)
    assert found.energy == pytest.approx(energy, abs=1e-12)
    matrix = np.array([[qutip.expect(p.dag() @ q, state) for q in lower] for p in lower])
    assert found.eigenvalue == pytest.approx(np.linalg.eigvalsh(matrix)[-1], abs=1e-12)
    assert found.weight == pytest.approx(matrix[0, 0].real, abs=1e-12)
    assert found.correlation == pytest.approx(np.linalg.norm(matrix[0, 1:]), abs=1e-12)
