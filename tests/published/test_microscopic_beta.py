"""Where the constant beta of (27) comes from: an explicit superconducting lead with a polarised source (PHYSICS 1.7 B).

A lead of three levels and two spins (six modes, 64 states) with pairing is given a c-number source that turns one spin
direction into the phase phi. Its energy depends on 2 phi only if nothing conserves the spin along the source.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import qutip

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text())["sd1s_microscopic_beta"]
REFERENCE = (REFERENCE[0] if isinstance(REFERENCE, list) else REFERENCE)["outputs"]
LEVELS, HOP, GAP, SOURCE = (-0.6, 0.1, 0.8), 0.35, 0.5, 0.02
MODES = [[qutip.fdestroy(6, 2 * level + spin) for spin in (0, 1)] for level in range(3)]
CASES = {
    "no_field": {},
    "collinear_field": {"along": 0.3},
    "perpendicular_field": {"across": 0.3},
    "spin_orbit": {"orbit": 0.25, "along": 0.3},
}


def lead(along=0.0, across=0.0, orbit=0.0):
    """The Hamiltonian of the lead: levels, hopping, pairing, a field along or across z, spin-orbit hopping about y.

    The levels form a ring: along an open chain every spin-orbit turn can be taken away level by level. The paper's
    Sections 3 to 6 assume a strong field; spin-orbit coupling without one leaves time reversal, and beta = 0.
    """
    h = 0 * MODES[0][0]
    for (up, down), energy in zip(MODES, LEVELS, strict=True):
        pair = GAP * (up.dag() @ down.dag())
        flip = -across / 2 * (up.dag() @ down)
        h += (energy - along / 2) * (up.dag() @ up) + (energy + along / 2) * (down.dag() @ down)
        h += pair + pair.dag() + flip + flip.dag()
    for first, second in ((0, 1), (1, 2), (2, 0)):
        (up, down), (next_up, next_down) = MODES[first], MODES[second]
        hop = -HOP * (next_up.dag() @ up + next_down.dag() @ down)
        turn = (orbit if second else 0.0) * (next_up.dag() @ down - next_down.dag() @ up)
        h += hop + hop.dag() + turn + turn.dag()
    return h


def second_harmonic(h):
    """The amplitude of cos 2 phi in the ground energy, per squared source."""
    angles = np.arange(8) * 2 * np.pi / 8
    up = MODES[0][0]
    energies = []
    for angle in angles:
        source = SOURCE * np.exp(1j * angle) * up.dag()
        energies.append((h + source + source.dag()).eigenenergies(eigvals=1)[0])
    return abs(2 * np.mean(np.array(energies) * np.exp(2j * angles))) / SOURCE**2


@pytest.mark.parametrize("case", CASES)
def test_beta_needs_a_lead_that_does_not_conserve_the_spin_along_the_source(case):
    found = second_harmonic(lead(**CASES[case]))
    if REFERENCE[case] < 1e-9:
        assert found < 1e-9
    else:
        assert found > 1e-3


def test_spin_orbit_coupling_alone_leaves_time_reversal_and_no_beta():
    assert second_harmonic(lead(orbit=0.25)) < 1e-9
