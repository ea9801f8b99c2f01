"""Junctions and leads to compare with: against QuTiP, differences of their energies, and published numbers."""

from typing import Any

import numpy as np
import pytest
import qutip
from hypothesis import given
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.junction_nulls import contact, pair_ladder, parity_dot
from mesodyn.systems.lead_models import boson_lead, outside_level, wide_band
from mesodyn.systems.sd2s import SD2S

part = st.floats(0.05, 2)
angle = st.floats(0.1, 6.2)
warmth = st.one_of(st.just(0.0), st.floats(0.05, 1))


@given(xi=st.floats(-1, 1), left=part, right=part, u=part, zeeman=part, theta=angle, kT=st.floats(0.05, 1))
def test_parity_dot_is_the_two_electron_modes_of_its_hamiltonian(xi, left, right, u, zeeman, theta, kT):
    modes: Any = [qutip.fdestroy(2, k) for k in (0, 1)]
    up, down = modes
    n_up, n_down = up.dag() @ up, down.dag() @ down
    order = left * np.exp(-0.5j * theta) + right * np.exp(0.5j * theta)
    pair = order * (up.dag() @ down.dag())
    level = xi - u / 2
    h = level * (n_up + n_down) + u * (n_up @ n_down) - zeeman / 2 * (n_up - n_down) + pair + pair.dag()
    state = (-h / kT).expm()
    state /= state.tr()
    slope = 0.5j * (right * np.exp(0.5j * theta) - left * np.exp(-0.5j * theta)) * (up.dag() @ down.dag())
    found = parity_dot(
        detuning=xi,
        delta_left=left,
        delta_right=right,
        charging_energy=u,
        zeeman=zeeman,
        phase_difference=theta,
        temperature=kT,
    )
    assert float(found.energy) == pytest.approx(qutip.expect(h, state), abs=1e-9)
    assert float(found.n_mean) == pytest.approx(qutip.expect(n_up + n_down, state), abs=1e-9)
    assert float(found.current) == pytest.approx(2 * qutip.expect(slope + slope.dag(), state), abs=1e-9)
    odd = n_up + n_down - 2 * (n_up @ n_down)
    assert float(found.odd_weight) == pytest.approx(qutip.expect(odd, state), abs=1e-9)
    free = -kT * np.log(np.exp(-h.eigenenergies() / kT).sum())
    assert float(found.free_energy) == pytest.approx(free, abs=1e-9)


def test_parity_dot_changes_parity_at_the_published_phase():
    given_: dict[str, Any] = {"detuning": 0.4, "delta_left": 0.5, "delta_right": 0.5, "zeeman": 1.3}
    crossing = 2.0657603585117914
    theta = md.axis("theta", [1.0, crossing - 1e-9, crossing + 1e-9])
    found = parity_dot(**given_, phase_difference=theta)
    assert float(found.current[0]) == pytest.approx(0.43624693170698914, abs=1e-14)
    assert found.odd_weight.values.tolist() == [0, 0, 1]
    assert float(found.current[2]) == 0


@given(theta=angle, kT=warmth, tau=st.floats(0, 1))
def test_contact_current_is_the_slope_of_its_free_energy(theta, kT, tau):
    near = md.axis("theta", theta + 1e-4 * np.array([-2, -1, 0, 1, 2]))
    found = contact(gap=1.3, transmission=tau, phase_difference=near, temperature=kT)
    a, b, _, c, d = found.free_energy.values
    if abs(theta - np.pi) > 0.05:
        assert float(found.current[2]) == pytest.approx(2 * (8 * (c - b) - (d - a)) / 12e-4, abs=1e-6)


def test_contact_is_the_pair_dot_with_other_names():
    theta = md.axis("theta", np.linspace(0, 6, 20))
    tau = 0.7
    dot = SD2S(
        detuning=np.sqrt(1 - tau), delta_left=np.sqrt(tau) / 2, delta_right=np.sqrt(tau) / 2, phase_difference=theta
    )
    found = contact(gap=1.0, transmission=tau, phase_difference=theta)
    assert found.current.values == pytest.approx(dot.equilibrium().current.values, abs=1e-14)


@given(xi=st.floats(-1, 1), left=part, right=part)
def test_leads_that_count_give_the_levels_and_currents_of_a_phase(xi, left, right):
    found = pair_ladder(*np.array([[xi], [left], [right]]))
    dot = SD2S(
        detuning=xi, delta_left=left, delta_right=right, phase_difference=md.axis("theta", np.sort(found.phase[0]))
    )
    exact, order = dot.equilibrium(), np.argsort(found.phase[0])
    assert found.phase.size == np.unique(np.round(found.phase, 6)).size
    assert found.energy[0][order] == pytest.approx(exact.energy.values, abs=1e-12)
    assert found.current[0][order] == pytest.approx(exact.current.values, abs=1e-11)
    assert 2 * found.weight[0][order] == pytest.approx(exact.n_mean.values, abs=1e-11)
    assert found.coherence.max() == 0


@pytest.mark.parametrize("kT", [0.0, 0.2])
def test_fillings_are_slopes_of_their_free_energies(kT):
    x, h = np.linspace(-1.5, 1.5, 31) + 0.013, 1e-5
    for made in (
        lambda x: wide_band(x, 1.3, kT),
        lambda x: outside_level(x, 0.4, kT),
        lambda x: boson_lead(x, 1.0, 0.3, kT),
    ):
        slope = (made(x + h).free_energy - made(x - h).free_energy) / (4 * h)
        assert made(x).weight == pytest.approx(slope, abs=1e-8)


def test_wide_band_is_the_integral_over_its_level():
    energy = np.linspace(-4000, 4000, 4_000_001)
    for xi, kT in ((0.3, 0.2), (-0.7, 0.05)):
        level = 0.25 / np.pi / ((energy - 2 * xi) ** 2 + 0.0625)
        exact = np.trapezoid(level * 0.5 * (1 - np.tanh(energy / 2 / kT)), energy)
        assert float(wide_band(xi, 0.5, kT).weight) == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("kT", [0.0, 0.4])
def test_boson_lead_is_the_diagonalised_jaynes_cummings_model(kT):
    xi, rigid, omega, top = 0.2, 0.6, 0.5, 60
    a: Any = qutip.tensor(qutip.destroy(top), qutip.qeye(2))
    low: Any = qutip.basis(2, 0)
    lower, flip = (qutip.tensor(qutip.qeye(top), part) for part in (low.proj(), low * qutip.basis(2, 1).dag()))
    full = 1 - lower
    g = np.sqrt(2 * omega * rigid)
    h = omega * a.dag() @ a + 2 * xi * full - g * (a.dag() @ flip + a @ flip.dag())
    energies, states = h.eigenstates()
    weights = np.exp(-(energies - energies[0]) / (kT or 1e-3))
    exact = sum(w * qutip.expect(full, s) for w, s in zip(weights, states, strict=True)) / weights.sum()
    found = boson_lead(xi, rigid, omega, kT)
    assert float(found.weight) == pytest.approx(exact, abs=1e-9)
    if kT == 0:
        assert float(found.free_energy) == pytest.approx(energies[0], abs=1e-12)


def test_boson_lead_has_the_published_number_and_energy():
    found = boson_lead(0.3, 1.0, 0.002)
    assert float(found.weight) == pytest.approx(0.3506046148387828, abs=1e-12)
    assert float(found.free_energy) == pytest.approx(-0.2457002548215922, abs=1e-12)
    for ratio, energy in ((0.2, -0.3165), (0.02, -0.25205)):
        assert float(boson_lead(0.3, 1.0, ratio).free_energy) == pytest.approx(energy, abs=5e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: contact(gap=-1.0), "gap must be a finite real number and at least 0"),
        (lambda: contact(gap=1.0, transmission=1.1), "transmission must be a finite real number and at least 0 and at"),
        (lambda: parity_dot(detuning=0, delta_left=1, delta_right=1, zeeman=-1), "zeeman must be .* at least 0"),
        (lambda: boson_lead(0.0, 1.0, 1e-6), "lead_frequency must be such that at most 20000 quanta matter"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
