"""Two linked traps against plain QuTiP with Jordan-Wigner modes, and against other forms of the mean field."""

from typing import Any

import numpy as np
import pytest
import qutip
from scipy.integrate import solve_ivp  # type: ignore[attr-defined]

import mesodyn as md
from mesodyn.dynamics.flow import flow
from mesodyn.dynamics.meanfield import LinkedPhases


@pytest.mark.parametrize("account", ["superposition", "conserving", "mixture"])
def test_the_record_is_the_master_equation_of_two_fermion_modes(account):
    tunnelling, rate, weight, first, second = 1.3, 0.4, 0.35, 0.4, 2.3
    given = {"tunnelling": tunnelling, "rate": rate, "weight": weight, "account": account, "duration": 9.0}
    made: Any = md.experiment(
        "phase-equalization", phase_difference=first - second, phase=(first + second) / 2, **given
    )
    record = made.followed()
    a, b = qutip.fdestroy(2, 0), qutip.fdestroy(2, 1)
    empty = qutip.basis([2, 2], [0, 0])
    u, v = np.sqrt(1 - weight), np.sqrt(weight)
    start = (u + v * np.exp(1j * first) * a.dag()) @ ((u + v * np.exp(1j * second) * b.dag()) @ empty)
    if account == "conserving":
        start = (a.dag() @ empty + np.exp(-1j * (first - second)) * b.dag() @ empty).unit()
    start = start.proj()
    if account == "mixture":
        start = qutip.Qobj(np.diag(start.diag()), dims=start.dims)
    bonding, antibonding = ((a.dag() + sign * b.dag()) @ empty / np.sqrt(2) for sign in (1, -1))
    h = -tunnelling * (a.dag() @ b + b.dag() @ a)
    local = (1 - 2 * a.dag() @ a) @ b
    e_ops = [h, a.dag() @ a - b.dag() @ b, a.dag() @ b, a, local]
    options = {"atol": 1e-11, "rtol": 1e-11, "nsteps": 100000}
    jump = np.sqrt(rate) * bonding @ antibonding.dag()
    found = qutip.mesolve(h, start, record.time.values, [jump], e_ops=e_ops, options=options)
    names = ("energy", "imbalance", "coherence", "order_parameter_A", "order_parameter_B")
    for name, expected in zip(names, found.expect, strict=True):
        assert np.abs(record[name].values - expected).max() < 1e-8, name


def test_the_mean_field_is_its_canonical_equations():
    j, detuning, g, kappa = 1.3, 0.4, 0.12, 0.35
    traps = LinkedPhases(tunnelling=j, detuning=detuning, number_damping=g, phase_damping=kappa)
    time = np.linspace(0, 12, 61)
    spin = flow(traps.slope, traps.state(2.2, 0.3), time)

    def canonical(t, y):
        m, phase = y
        by_phase = 2 * j * (0.25 - m * m) * np.sin(phase)
        by_number = 4 * j * m * np.cos(phase) + detuning
        damped = kappa * by_phase / (1 - 4 * m * m)
        return [by_phase - g * (1 - 4 * m * m) * by_number, -by_number - damped]

    m, phase = solve_ivp(canonical, (0, 12), [0.15, 2.2], t_eval=time, rtol=1e-12, atol=1e-12).y
    assert np.abs(spin[:, 2] - m).max() < 1e-8
    assert np.abs(np.exp(1j * phase) - (spin[:, 0] + 1j * spin[:, 1]) / np.hypot(spin[:, 0], spin[:, 1])).max() < 1e-8


def test_even_damping_is_the_landau_lifshitz_equation():
    j, detuning, g = 0.9, -0.3, 0.2
    traps = LinkedPhases(tunnelling=j, detuning=detuning, number_damping=g, phase_damping=4 * g)
    time = np.linspace(0, 15, 61)
    spin = flow(traps.slope, traps.state(2.9, -0.6), time)

    def turning(t, s):
        x, y, _ = s
        across = np.hypot(x, y)
        torque = np.cross(s, [-2 * j * (across + x * x / across), -2 * j * x * y / across, detuning])
        return torque + 4 * g * np.cross(s, torque)

    other = solve_ivp(turning, (0, 15), traps.state(2.9, -0.6), t_eval=time, rtol=1e-12, atol=1e-12).y.T
    assert np.abs(spin - other).max() < 1e-8


def test_with_strong_phase_damping_alone_the_tangent_of_half_the_phase_decays():
    away = []
    for kappa in (40.0, 80.0, 160.0):
        traps, time = LinkedPhases(phase_damping=kappa), np.linspace(0, 12 / kappa, 50)
        spin = flow(traps.slope, traps.state(2.0), time)
        formula = 2 * np.arctan(np.tan(1.0) * np.exp(-kappa * time / 2))
        away.append(np.abs(np.arctan2(spin[:, 1], spin[:, 0]) - formula).max())
    assert away[2] < 1e-3  # the numbers move meanwhile by a part 1/κ, which acts back in the order 1/κ²
    assert np.log2(np.array(away[:-1]) / away[1:]) == pytest.approx([2, 2], abs=0.1)
