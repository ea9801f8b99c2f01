"""Both traps turned, one after the other, against plain QuTiP on operators made from Jordan-Wigner modes."""

import numpy as np
import qutip

import mesodyn as md

FRACTIONS = [0.13, 0.5, 0.77, 1.0]
TILT = 1.1


def test_both_traps_may_turn_one_after_the_other(plain, deviation):
    """Turning B, then A, each with the field that the other one has by then, and relaxing in both."""
    traps = plain.traps(J=1.0, EZ=6.0, angle=TILT)
    system = md.TrapPair(tunnelling=1.0, zeeman=6.0, field_angle=TILT)
    steps = [
        md.Disconnect(),
        md.Rotate(duration=2.0, turns=0.4, shape="smooth"),
        md.Rotate(duration=1.5, turns=-0.7, trap="A"),
        md.Connect(),
        md.Relax(duration=1.0, rate=0.8, temperature=0.3),
    ]
    record = md.evolve(system, md.Protocol(*steps), moments=FRACTIONS, states=True, tolerance=1e-11)
    turned = 0.8 * np.pi
    first = plain.evolve(
        traps.turning(lambda t: turned * plain.smooth(t / 2.0)), traps.ground(1), [0, 2.0], max_step=0.05
    )[-1]
    x, y, _ = traps.spins["A"]
    across, rate = -6.0 * np.sin(TILT), -1.4 * np.pi / 1.5
    H = qutip.QobjEvo(
        [
            traps.H(0.0, turned) - across * x,
            [across * x, lambda t: np.cos(rate * t)],
            [across * y, lambda t: np.sin(rate * t)],
        ]
    )
    second = plain.evolve(H, first, [0, 1.5], max_step=0.05)[-1]
    end = traps.H(1.0, turned) - across * x + across * (np.cos(1.5 * rate) * x + np.sin(1.5 * rate) * y)
    states = plain.evolve(end, second.proj(), [0, *FRACTIONS], traps.relaxation(end, 0.8, 0.3))[1:]
    assert deviation(record, 5, states, traps, lambda k: end, system) < 2e-9
