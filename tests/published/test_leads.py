"""Others' numbers for dots between leads: QmeQ, QuTiP's tests and pull requests, and one that had not converged."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import least_squares

import mesodyn as md
from mesodyn.dynamics import hierarchy, sequential
from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot, landauer


def test_qmeqs_pauli_current_through_a_spinful_orbital():
    """QmeQ 1.1, test_builder.py: U = 300, T = 50, V = 5, amplitudes 2 and 1, density of states 1."""
    leads = [
        BandLead(coupling=2 * np.pi * amplitude**2, chemical_potential=potential, temperature=50.0)
        for amplitude, potential in ((2.0, 2.5), (1.0, -2.5))
    ]
    found = sequential.steady_state(dot=LeadDot(levels=(0.0, 0.0), interaction=300.0, leads=leads))
    published = [[0.08368833245372147] * 2, [-0.08368833245372037] * 2]
    np.testing.assert_allclose(found.current, published, atol=1e-13)


def test_qmeqs_number_by_hand():
    """Three occupations and four Fermi functions, without any code of ours."""
    rates = {"L": 2 * np.pi * 4, "R": 2 * np.pi}
    f = {(k, e): 1 / (np.exp((e - mu) / 50) + 1) for k, mu in (("L", 2.5), ("R", -2.5)) for e in (0, 300)}
    enter = {e: sum(rates[k] * f[k, e] for k in rates) for e in (0, 300)}
    leave = {e: sum(rates[k] * (1 - f[k, e]) for k in rates) for e in (0, 300)}
    empty = 1 / (1 + 2 * enter[0] / leave[0] + enter[0] / leave[0] * enter[300] / leave[300])
    one = empty * enter[0] / leave[0]  # of each spin
    two = one * enter[300] / leave[300]
    current = rates["L"] * (f["L", 0] * empty + f["L", 300] * one - (1 - f["L", 0]) * one - (1 - f["L", 300]) * two)
    assert current == pytest.approx(0.08368833245, abs=1e-11)


def test_counting_statistics_of_one_resonance():
    """QuTiP pull request 2435: Gamma_L = 0.1, Gamma_R = 0.5."""
    leads = [BandLead(coupling=g, chemical_potential=m, temperature=1.0) for g, m in ((0.1, 99.0), (0.5, -99.0))]
    found = sequential.counting(dot=LeadDot(levels=(0.0,), leads=leads))
    assert found.current[0] == pytest.approx(0.083333, abs=5e-7)
    assert found.noise[0, 0] == pytest.approx(0.060185, abs=5e-7)
    assert found.fano[0] == pytest.approx((0.1**2 + 0.5**2) / 0.6**2, rel=1e-12)


def qutips_level():
    """QuTiP, test_bofin_solvers.py: the discrete level."""
    leads = [BandLead(coupling=0.01, bandwidth=1.0, chemical_potential=m, temperature=0.025851991) for m in (1.0, -1.0)]
    return LeadDot(levels=(1.0,), leads=leads)


def test_the_hierarchy_meets_the_landauer_integral_to_1e_4():
    """The integral written out once more, over the window of QuTiP's own test and far beyond it."""
    G, W, T = 0.01, 1.0, 0.025851991

    def passed(x):
        widths = [G * W**2 / ((x - m) ** 2 + W**2) for m in (1.0, -1.0)]
        push = sum((x - m) * g / (2 * W) for m, g in zip((1.0, -1.0), widths, strict=True))
        bias = sum(s / (np.exp(np.clip((x - m) / T, -500, 500)) + 1) for m, s in ((1.0, 1), (-1.0, -1)))
        return widths[0] * widths[1] * bias / (2 * np.pi) / ((x - 1 - push) ** 2 + sum(widths) ** 2 / 4)

    exact, _ = quad(passed, -40, 40, points=[-1, 0.9, 0.99, 1, 1.01, 1.1], limit=2000, epsabs=1e-15, epsrel=1e-12)
    assert exact == pytest.approx(0.00081307, abs=5e-9)
    assert landauer(qutips_level()).current[0, 0] == pytest.approx(exact, rel=1e-9)
    ten = hierarchy.truncated(dot=qutips_level(), depth=2, exponents=10)
    assert ten.current[0, 0] == pytest.approx(0.000813, abs=5e-7)
    found = hierarchy.steady_state(dot=qutips_level(), tolerance=1e-5)
    assert found.current[0, 0] == pytest.approx(exact, rel=1e-5)
    assert np.abs(found.current[:, 0] / 0.01 - np.array([exact, -exact]) / 0.01).max() < found.error


def anderson():
    """QuTiP, test_bofin_solvers.py, test_parity: two spins, each on a lead, U = 3 pi, half filled."""
    U = 3 * np.pi
    lead = BandLead(coupling=2.0, bandwidth=2.5, temperature=0.2)
    return LeadDot(levels=(-U / 2, -U / 2), interaction=U, leads=(lead,))


@pytest.mark.parametrize(
    ("depth", "exponents", "empty"), [(2, 2, 0.10623), (2, 4, 0.0295), (3, 4, 0.0447), (2, 6, 0.0267)]
)
def test_the_published_anderson_dot_moves_with_the_truncation(depth, exponents, empty):
    found = hierarchy.truncated(dot=anderson(), depth=depth, exponents=exponents).populations
    assert found[0, 0] == pytest.approx(empty, abs=5e-5)
    assert found[1, 0] == pytest.approx(0.5 - found[0, 0], abs=1e-9)


def diagonalised(sites):
    """Double occupancy in equilibrium by exact diagonalisation: the lead as a few levels.

    An impurity knows its lead by the hybridisation at the Matsubara frequencies alone; that is what they are fitted to.
    """
    T, W, U, half = 0.2, 2.5, 3 * np.pi, sites // 2
    frequency = (2 * np.arange(400) + 1) * np.pi * T
    wanted = W / (frequency + W)

    def made(x):
        e, v = np.abs(x[:half]), x[half : 2 * half]
        pairs = (2 * v**2 * frequency[:, None] / (frequency[:, None] ** 2 + e**2)).sum(axis=1)
        return pairs + (x[-1] ** 2 / frequency if sites % 2 else 0.0)

    def off(x):
        return (made(x) - wanted) / np.sqrt(frequency)

    rng, fits = np.random.default_rng(1), []
    for _ in range(12):
        x = np.concatenate(
            [np.exp(rng.uniform(-2, 2, half)), rng.uniform(0.2, 1, half), rng.uniform(0.1, 1, sites % 2)]
        )
        fits.append(least_squares(off, x, xtol=1e-14, ftol=1e-14))  # type: ignore[operator]
    best = min(fits, key=lambda fit: fit.cost).x
    e, v = np.abs(best[:half]), np.abs(best[half : 2 * half])
    levels, hops = [0.0, *e, *-e, *[0.0] * (sites % 2)], [*v, *v, *np.abs(best[2 * half :])]
    spin = {}
    for count in range(sites + 2):
        states = [s for s in range(2 ** (sites + 1)) if s.bit_count() == count]
        place, matrix = {s: k for k, s in enumerate(states)}, np.zeros((len(states),) * 2)
        for s in states:
            matrix[place[s], place[s]] = sum(level for k, level in enumerate(levels) if s >> k & 1)
            for k in (k for k in range(1, sites + 1) if s >> k & 1 and not s & 1):
                row = place[s ^ (1 << k) ^ 1]
                matrix[row, place[s]] = matrix[place[s], row] = hops[k - 1] * (-1) ** (s & (1 << k) - 2).bit_count()
        spin[count] = matrix, np.array([s & 1 for s in states], float)
    spectra = []
    for (up, there), (down, here) in ((a, b) for a in spin.values() for b in spin.values()):
        both = np.kron(there, here)
        alone = np.kron(there, np.ones_like(here)) + np.kron(np.ones_like(there), here)
        matrix = np.kron(up, np.eye(len(down))) + np.kron(np.eye(len(up)), down) + np.diag(U * both - U / 2 * alone)
        values, vectors = np.linalg.eigh(matrix)
        spectra.append((values, vectors.T**2 @ both))
    lowest = min(values[0] for values, _ in spectra)
    weights = [np.exp((lowest - values) / T) for values, _ in spectra]
    return sum(w @ d for w, (_, d) in zip(weights, spectra, strict=True)) / sum(w.sum() for w in weights)


def test_the_published_anderson_dot_converges_to_exact_diagonalisation():
    """0.10623 was published; two independent ways agree on a third of it."""
    found = hierarchy.steady_state(dot=anderson(), tolerance=3e-3)
    four, five = diagonalised(4), diagonalised(5)
    assert abs(four - five) < 3e-5
    assert found.error < 3e-3
    assert found.populations[0, 0] == pytest.approx(five, abs=3e-5)
    assert abs(found.populations[0, 0] - 0.10623) > 50 * found.error


@pytest.mark.slow
def test_the_published_anderson_dot_to_five_digits():
    found = hierarchy.steady_state(dot=anderson(), tolerance=1e-4)
    assert found.error < 1e-4
    assert found.populations[0, 0] == pytest.approx(0.034744, abs=5e-6)


def test_the_published_anderson_dot_is_refused_where_it_cannot_converge():
    with pytest.raises(md.UnfinishedError, match=r"\(2, 2\) 0.10623.*\(2, 4\) 0.02949"):
        hierarchy.steady_state(dot=anderson(), tolerance=1e-3, memory=4e6)
