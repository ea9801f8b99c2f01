"""Counting statistics of the rate equation against QuTiP's, from the same dot as a Lindblad equation."""

from typing import Any

import numpy as np
import qutip

from mesodyn.dynamics import sequential
from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot


def lindblad(dot):
    """Jump operators of each lead: (inward, outward), every one between two occupations."""
    made = sequential.Jumps(dot)
    dims = [list(dot.shape)] * 2
    found = []
    for rates in zip(made.inward, made.outward, strict=True):
        pairs = []
        for block in rates:
            operators = []
            for final, initial in np.argwhere(block.sum(axis=0) > 0):
                full = np.zeros(block.shape[1:])
                full[final, initial] = np.sqrt(block.sum(axis=0)[final, initial])
                operators.append(qutip.Qobj(full, dims=dims))
            pairs.append(operators)
        found.append(pairs)
    return found


def test_current_and_noise_of_an_interacting_dot_are_those_of_qutip():
    sides = [
        BandLead(coupling=c, bandwidth=5.0, chemical_potential=m, temperature=0.8)
        for c, m in (((0.7, 0.2), 1.0), ((0.4, 0.9), -0.6))
    ]
    dot = LeadDot(levels=(0.3, -0.4), interaction=1.5, leads=sides)
    operators = lindblad(dot)
    every = [each for pair in operators for part in pair for each in part]
    liouvillian: Any = qutip.liouvillian(dot.hamiltonian(), every)  # type: ignore[call-overload]
    steady = qutip.steadystate(liouvillian)
    net, all_jumps = [], []
    for inward, outward in operators:
        into, out = (sum(qutip.sprepost(each, each.dag()) for each in part) for part in (inward, outward))
        net.append(into - out)
        all_jumps.append(into + out)
    current, noise, _ = qutip.countstat_current_noise(
        liouvillian, [], rhoss=steady, J_ops=all_jumps, I_ops=net, sparse=False, method="direct"
    )
    found = sequential.counting(dot=dot)
    np.testing.assert_allclose(found.current, current, atol=1e-10)
    np.testing.assert_allclose(found.noise, noise[:, :, 0], atol=1e-8)
    populations = sequential.steady_state(dot=dot).populations
    np.testing.assert_allclose(populations.ravel(), steady.diag().real, atol=1e-9)
