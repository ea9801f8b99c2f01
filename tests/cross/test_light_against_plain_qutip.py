"""Spectra, correlations and back-action against plain QuTiP, on the whole space and by integration."""

from __future__ import annotations

import numpy as np
import pytest
import qutip

import mesodyn as md
from mesodyn.dynamics import detection, spectra

EXACT = {"atol": 1e-13, "rtol": 1e-11, "nsteps": 10**6, "progress_bar": ""}
E0, E1, G0, G1, MU = 5.0, 5.6, 0.1, 0.3, 0.7


@pytest.mark.parametrize("size", [2, 4, 8])
def test_the_spectrum_is_qutips(size):
    h, a = qutip.rand_herm(size, seed=size), qutip.destroy(size)
    jumps, w = [0.5 * a, 0.2 * qutip.rand_herm(size, seed=3)], np.linspace(-3, 3, 101)
    known = qutip.spectrum(h, -w, jumps, a, a.dag(), solver="es") / (2 * np.pi)
    for method in ("modes", "resolvent"):
        found = spectra.spectrum(h, jumps, a, a.dag(), w, method=method)
        assert np.abs(found - known).max() < 1e-9 * np.abs(known).max()


def whole(resolved: bool = False):
    """The four levels (N, g), (N, e), (N + 1, g), (N + 1, e), written down by hand."""
    ket = [qutip.basis(4, k) for k in range(4)]
    h = E0 * ket[1].proj() + MU * ket[2].proj() + (MU + E1) * ket[3].proj()
    low, high = ket[0] @ ket[1].dag(), ket[2] @ ket[3].dag()
    jumps = [np.sqrt(G0) * low, np.sqrt(G1) * high] if resolved else [np.sqrt(G0) * low + np.sqrt(G1) * high]
    return ket, h, low + 0.9 * high, jumps


@pytest.mark.parametrize("account", ["superposition", "mixture"])
@pytest.mark.parametrize("resolved", [False, True])
def test_field_and_counts_are_integrated_correlations_in_every_account(account, resolved):
    ket, h, d, jumps = whole(resolved)
    psi = np.sqrt(0.65) * ket[0] + np.sqrt(0.35) * np.exp(0.4j) * ket[2]
    rho = psi.proj() if account == "superposition" else 0.65 * ket[0].proj() + 0.35 * ket[2].proj()
    times = np.linspace(0, 30, 31)
    field = np.asarray(qutip.correlation_2op_1t(h, rho, times, jumps, d, d.dag(), options=EXACT))
    kicked = d.dag() @ rho @ d
    start = kicked / (d.dag() @ d @ kicked).tr()
    counts = qutip.mesolve(h, start, times, jumps, e_ops=[d.dag() @ d], options=EXACT).expect
    counts = np.asarray(counts)[0]
    one = md.experiment(
        "light-scattering", excitation_low=E0, excitation_high=E1, width_low=G0, width_high=G1, phase=0.4,
        amplitude_high=0.9, chemical_potential=MU, account=account, duration=30.0, runs=2, events=1,
    )  # fmt: skip
    record = one.run().record
    every = slice(None, None, 10)
    assert np.abs(record.field.values[every] - field[::3]).max() < 1e-8
    assert np.abs(record.count_rate.values[every] - counts[::3]).max() < 1e-8


@pytest.mark.parametrize("resolved", [False, True])
def test_the_coherence_that_light_leaves_is_the_integrated_one(resolved):
    ket, h, _, jumps = whole(resolved)
    psi = (ket[1] + ket[3]).unit()
    times = np.array([0.0, 300.0])
    seen = 2 * ket[0] @ ket[2].dag()
    solved = qutip.mesolve(h, psi, times, jumps, e_ops=[seen], options=EXACT)
    left = np.asarray(solved.expect)[0, -1] * np.exp(1j * MU * times[-1])
    formula = 0 if resolved else np.sqrt(G0 * G1) / ((G0 + G1) / 2 + 1j * (E1 - E0))
    assert abs(left - formula) < 1e-8
    run = md.experiment("light-scattering", excitation_low=E0, excitation_high=E1, width_low=G0, width_high=G1).run()
    name = "coherence_known_line" if resolved else "coherence_left"
    assert float(run.findings[name].value) == pytest.approx(abs(left), abs=1e-8)


def test_detection_times_and_frequencies_add_up_to_the_same_state():
    ket, h, _, jumps = whole()
    psi = (ket[1] + ket[3]).unit()
    jump = jumps[0].full()
    waiting = detection.effective(h.full(), [jump])
    state = psi.proj().full()
    summed = detection.averaged(waiting, jump, state)
    x = np.linspace(-np.pi / 2, np.pi / 2, 20002)[1:-1]
    w = 5.3 + 0.3 * np.tan(x)
    tuned = detection.at_frequencies(waiting, jump, state, w)
    weights = 0.3 / np.cos(x) ** 2 * (x[1] - x[0])
    # (N + 1, g) has the energy MU: told apart by the photon's frequency from (N, g) only through its own phase
    assert summed is not None
    assert np.trace(summed).real == pytest.approx(1, abs=1e-9)
    assert np.einsum("w,wii->", weights, tuned).real == pytest.approx(1, abs=1e-3)
    still = detection.effective((h - MU * (ket[2].proj() + ket[3].proj())).full(), [jump])
    same = np.einsum("w,wij->ij", weights, detection.at_frequencies(still, jump, state, w))
    timed = detection.averaged(still, jump, state)
    assert timed is not None
    assert np.abs(same - timed).max() < 1e-3


def test_jumps_drawn_by_mcsolve_keep_the_coherence_of_each_and_lose_that_of_all():
    ket, h, _, jumps = whole()
    rotating = h - MU * (ket[2].proj() + ket[3].proj())
    psi = (ket[1] + ket[3]).unit()
    options = {"keep_runs_results": True, "progress_bar": "", "store_final_state": True}
    found = qutip.mcsolve(rotating, psi, [0, 150.0], jumps, ntraj=200, seeds=7, options=options)
    parts = np.array([(ket[0].overlap(s), ket[2].overlap(s)) for s in found.runs_final_states])
    assert np.abs(np.abs(parts) ** 2 @ np.ones(2) - 1).max() < 1e-6  # every one is pure
    each = 2 * parts[:, 1] * parts[:, 0].conj()
    formula = np.sqrt(G0 * G1) / ((G0 + G1) / 2 + 1j * (E1 - E0))
    spread = np.std(each.real) / np.sqrt(len(each)), np.std(each.imag) / np.sqrt(len(each))
    assert abs((each.mean() - formula).real) < 5 * spread[0] and abs((each.mean() - formula).imag) < 5 * spread[1]
