"""PHYSICS 3c written down a second time (not `rotation_theory`), against the evolution, for random parameters."""

import cmath
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mesodyn as md

FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))

couplings = st.floats(-2.0, 2.0).filter(lambda x: abs(x) > 0.05)


def released(**given):
    return float(md.experiment("two-pi-rotation", **given).run().findings["heat_released"].value)


def uniform(J, EZ, T, n, angle, s=0.5):
    """Q = |J|(1 - Re c) + E_Z 2s P_flip / 2 at whole turns, c = c_1/2 ** 2s."""
    omega = 2 * np.pi * n / T
    h = np.array([EZ * np.sin(angle), 0.0, EZ * np.cos(angle) + omega])
    length = np.linalg.norm(h)
    x = length * T / 2
    along = h @ np.array([np.sin(angle), 0.0, np.cos(angle)]) / length
    c = (-1) ** n * (np.cos(x) + 1j * along * np.sin(x)) * cmath.exp(-0.5j * EZ * T)
    flip = (omega * np.sin(angle) / length * np.sin(x)) ** 2
    return abs(J) * (1 - (c ** round(2 * s)).real) + 0.5 * EZ * round(2 * s) * flip


@FEW
@given(
    J=couplings,
    EZ=st.floats(2.0, 80.0),
    T=st.floats(0.5, 40.0),
    n=st.integers(1, 5),
    angle=st.floats(0.0, np.pi),
    n_c=st.sampled_from([0, 1]),
    s=st.sampled_from([0.5, 1.5]),
)
def test_uniform_rotation_releases_the_heat_of_its_closed_form(J, EZ, T, n, angle, n_c, s):
    """The relative phase of the accounts with an odd core is the negative: a hole; Re c is the same."""
    found = released(
        tunnelling=J, zeeman=EZ, rotation_time=T, turns=n, field_angle=angle, ramp="uniform", n_c=n_c, spin=s
    )
    ground = -abs(J) - s * EZ
    assert abs(found - uniform(J, EZ, T, n, angle, s)) < 1e-8 * max(1.0, abs(ground) / 20)


def smooth(J, EZ, T, n, angle, delta=0.0, delta_c=0.0, kT=0.0, gamma=0.0, loss=0.0):
    """Q = (J^2/e) tanh(e/kT) [1 - exp(-gamma T) cos chi] exp(-loss T), chi with 3/2 for the smooth ramp."""
    e = np.sqrt(J**2 + delta_c**2 / 4)
    factor = np.tanh(e / kT) if kT else 1.0
    chi = np.pi * n * (1 - np.cos(angle)) - 1.5 * np.pi**2 * n**2 * np.sin(angle) ** 2 / (EZ * T) - delta * T
    return J**2 / e * factor * (1 - np.exp(-gamma * T) * np.cos(chi)) * np.exp(-loss * T)


@FEW
@given(
    J=couplings,
    EZ=st.floats(60.0, 90.0),
    T=st.floats(20.0, 30.0),
    n=st.sampled_from([1, 2]),
    delta=st.floats(-0.2, 0.2),
    delta_c=st.floats(-1.5, 1.5),
    kT=st.sampled_from([0.0, 0.3, 0.8, 2.0]),
    gamma=st.sampled_from([0.0, 0.01, 0.06]),
    loss=st.sampled_from([0.0, 0.02]),
)
def test_detuning_heat_bath_dephasing_and_loss_follow_their_formula(J, EZ, T, n, delta, delta_c, kT, gamma, loss):
    """At right angles; what the formula leaves out is the cranking phase beyond its first order, 2e-6 |J| at n = 2."""
    given: dict[str, Any] = {"tunnelling": J, "zeeman": EZ, "rotation_time": T, "turns": n}
    found = released(**given, detuning=delta, connected_detuning=delta_c, temperature=kT, dephasing=gamma, loss=loss)
    expected = smooth(J, EZ, T, n, np.pi / 2, delta, delta_c, kT, gamma, loss)
    # chi's next order: (2 pi n)^4 (35/8) / (16 E_Z^3 T^3); its turning term (2 pi)^2 (2 pi n)^2 / (8 E_Z^3 T^3)
    phase = (2 * np.pi) ** 4 * (35 / 8 * n**4 / 16 + n**2 / 8) / (EZ * T) ** 3
    assert abs(found - expected) < max(1e-6, 1.5 * abs(J) * phase)


@FEW
@given(
    n=st.integers(1, 4), angle=st.floats(0.2, np.pi / 2), v2=st.floats(0.1, 0.9), J=couplings, phase=st.floats(-3, 3)
)
def test_a_superposition_gives_the_conserving_heat_of_its_shared_sector(n, angle, v2, J, phase):
    """2 u^2 v^2 (|J| - J Re(c exp(-i phi))) and, of a mixture, 2 u^2 v^2 |J|, adiabatic."""
    given: dict[str, Any] = {
        "tunnelling": J,
        "turns": n,
        "field_angle": angle,
        "weight": v2,
        "rotation_time": 1e6,
        "ramp": "uniform",
    }
    chi = np.pi * n * (1 - np.cos(angle))
    shared = 2 * v2 * (1 - v2)
    pure = released(**given, account="superposition", phases=(phase, 0.0))
    expected = shared * (abs(J) - J * np.cos(-chi - phase))
    drift = np.pi**2 * n**2 / 60e6 * 4
    assert abs(pure - expected) < 1e-8 + abs(J) * drift
    assert abs(released(**given, account="mixture") - shared * abs(J)) < 1e-8
