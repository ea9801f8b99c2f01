"""The interferometer and its dummy against plain QuTiP on operators made from Jordan-Wigner modes."""

from typing import Any

import numpy as np
import pytest
import qutip

import mesodyn as md

EZ, T, WAIT, TILT, J, PULSE, BETA = 9.0, 3.0, 0.4, 1.1, 0.9, 1.4, -1.2
FIELDS: dict[str, Any] = {"tunnelling": J, "zeeman": EZ, "field_angle": TILT, "detuning": 0.21}
TIMES: dict[str, Any] = {"rotation_time": T, "bias_time": WAIT, "bias_phase": BETA, "pulse_tunnelling": PULSE}


def counted(plain, traps, state, turns, jumps, control, field):
    """Left and right after rotation, bias and pulse, by plain QuTiP in the laboratory frame."""

    def angle(t):
        if control == "none":
            return 2 * np.pi * turns * plain.smooth(t / T)
        half = np.pi * turns
        return half * plain.smooth(min(t / (T / 2), 1.0)) - half * plain.smooth(max(t / (T / 2) - 1.0, 0.0))

    def after(H, start, time):
        return plain.evolve(H, start, [0, time / 2, time], jumps, max_step=0.02)[-1]

    state = after(traps.turning(angle), state, T)
    state = after(traps.H(0.0, angle(T), off=0.21 + BETA / WAIT), state, WAIT)
    pulse = traps.H(1.0, angle(T), J=PULSE)
    if field == "off":
        pulse = pulse - traps.zeeman("A") - traps.zeeman("B", angle(T))
    state = after(pulse, state, np.pi / 4 / PULSE)
    only = {"A": traps.extras["A"] * (1 - traps.extras["B"]), "B": traps.extras["B"] * (1 - traps.extras["A"])}
    return [float(qutip.expect(only[trap], state)) for trap in "AB"]


@pytest.mark.parametrize("field", ["off", "on"])
@pytest.mark.parametrize(("control", "turns"), [("none", 0.3), ("none", 1.0), ("dummy", 1.0)])
def test_left_and_right_are_those_of_the_laboratory_schroedinger_equation(plain, field, control, turns):
    traps = plain.traps(J=J, EZ=EZ, angle=TILT, off=0.21, on=0.3)
    made = md.experiment(
        "two-pi-rotation",
        readout="interferometer",
        control=control,
        turns=turns,
        pulse_field=field,
        connected_detuning=0.3,
        **FIELDS,
        **TIMES,
    )
    record = made.solving(tolerance=1e-11).record().isel(moment=-1)
    left, right = counted(plain, traps, traps.ground(1), turns, [], control, field)
    assert float(record.left) == pytest.approx(left, abs=2e-9)
    assert float(record.right) == pytest.approx(right, abs=2e-9)


@pytest.mark.parametrize("field", ["off", "on"])
def test_prepared_phases_with_dephasing_and_loss_are_counted_as_the_master_equation_says(plain, field):
    traps = plain.traps(J=J, EZ=EZ, angle=TILT, off=0.21)
    jumps = traps.dephasing(0.1) + traps.losses(0.07)
    made = md.experiment(
        "two-pi-rotation",
        readout="interferometer",
        account="superposition",
        phases=(0.4, -1.3),
        weight=0.37,
        turns=0.3,
        pulse_field=field,
        dephasing=0.1,
        loss=0.07,
        preparation_time=0.6,
        relaxation_rate=0.8,
        temperature=0.5,
        **FIELDS,
        **TIMES,
    )
    record = made.solving(tolerance=1e-11).record()
    bath = jumps + traps.relaxation(traps.H(), 0.8, 0.5)
    ready = plain.evolve(traps.H(), traps.alone(0.37, (0.4, -1.3)).proj(), [0, 0.3, 0.6], bath)[-1]
    left, right = counted(plain, traps, ready, 0.3, jumps, "none", field)
    end = record.isel(moment=-1)
    assert float(end.left) == pytest.approx(left, abs=2e-9)
    assert float(end.right) == pytest.approx(right, abs=2e-9)
    phase = complex(record.coherence.values[np.flatnonzero(record.segment.values == "prepare")[-1]])
    assert phase == pytest.approx(complex(qutip.expect(traps.coherence, ready)), abs=2e-9)
