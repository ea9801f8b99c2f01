"""A trap beside an outside state, in the laboratory, against plain QuTiP on two Jordan-Wigner modes."""

import numpy as np
import pytest
import qutip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mesodyn as md

EXACT = {"atol": 1e-13, "rtol": 1e-11, "nsteps": 10**7, "progress_bar": "", "method": "dop853"}


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    xi=st.floats(-1.5, 1.5),
    size=st.floats(0.0, 1.5),
    phase=st.floats(-3, 3),
    outside=st.floats(-2, 2),
    weight=st.floats(0.05, 0.95),
    step=st.sampled_from([1, 2]),
    account=st.sampled_from(["superposition", "conserving", "mixture"]),
)
def test_order_parameter_and_correlation_follow_schroedinger(xi, size, phase, outside, weight, step, account):
    delta = size * np.exp(1j * phase)
    trap = md.ReservoirTrap(
        detuning=xi, tunnelling=delta, outside_energy=outside, trap_energy=0.4, weight=weight, phase=0.7, step=step
    )
    fractions = [0.2, 0.7, 1.0]
    lab = md.evolve(trap, md.Protocol(md.Hold(duration=3.0)), account=account, moments=fractions)
    turning = md.evolve(trap, md.Protocol(md.Hold(duration=3.0)), account=account, moments=fractions, frame="rotating")
    if step == 1:
        c, d = qutip.fdestroy(2, 0), qutip.fdestroy(2, 1)
    else:  # a pair is a hard-core boson
        c, d = qutip.tensor(qutip.destroy(2), qutip.qeye(2)), qutip.tensor(qutip.qeye(2), qutip.destroy(2))
    mu = outside + 2 * xi
    n, out = c.dag() @ c, d.dag() @ d
    H = 0.4 + mu * n + outside * out - (delta * c.dag() @ d + np.conj(delta) * d.dag() @ c)
    empty = qutip.basis([2, 2], [0, 0])
    u, v = np.sqrt(1 - weight), np.sqrt(weight) * np.exp(0.7j)
    other = d.dag() @ empty if account == "conserving" else empty
    start = (u * other + v * c.dag() @ empty).proj()
    if account == "mixture":
        start = (1 - weight) * empty.proj() + weight * (c.dag() @ empty).proj()
    states = qutip.mesolve(H, start, [0, *(3.0 * np.array(fractions))], options=EXACT).states
    for k, state in enumerate(states):
        for record, turn in ((lab, 0.0), (turning, mu * (0, *fractions)[k] * 3.0)):
            now = record.isel(moment=k)
            assert abs(complex(now.order_parameter) - np.exp(1j * turn) * qutip.expect(c, state)) < 1e-9
            assert abs(complex(now.correlation) - qutip.expect(d.dag() @ c, state)) < 1e-9
            assert abs(float(now.n_mean) - step * qutip.expect(n, state)) < 1e-9
        assert abs(float(lab.energy[k]) - qutip.expect(H, state)) < 1e-9
        assert abs(float(turning.energy[k]) - qutip.expect(H - mu * (n + out), state)) < 1e-9


@pytest.mark.parametrize("kT", [0.0, 0.6])
def test_equilibrium_is_that_of_one_shared_fermion(kT):
    trap = md.ReservoirTrap(detuning=0.3, tunnelling=0.4j - 0.2, outside_energy=-0.5, temperature=kT, n_c=2)
    H = np.array([[-0.5, -np.conj(0.4j - 0.2)], [-(0.4j - 0.2), -0.5 + 0.6]])
    energies, vectors = np.linalg.eigh(H)
    weights = np.exp(-(energies - energies[0]) / kT) if kT else np.array([1.0, 0.0])
    weights /= weights.sum()
    found = trap.equilibrium()
    assert abs(float(found.energy) - weights @ energies) < 1e-13
    assert abs(float(found.n_mean) - 2 - weights @ np.abs(vectors[1]) ** 2) < 1e-13
