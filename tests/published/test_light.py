"""Published numbers of scattered light: the doublet of `reference.json`, and Mollow's triplet (PEERS)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import mesodyn as md
from mesodyn.dynamics import spectra
from mesodyn.systems.light_scatterer import LightScatterer

ENTRY = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))["doublet"][0]
GIVEN, PUBLISHED = ENTRY["inputs"], ENTRY["outputs"]
LINES = {
    "excitation_low": GIVEN["eps_Nc"],
    "excitation_high": GIVEN["eps_Nc1"],
    "width_low": GIVEN["gamma_Nc"],
    "width_high": GIVEN["gamma_Nc1"],
    "amplitude_low": GIVEN["M_Nc"],
    "amplitude_high": GIVEN["M_Nc1"],
    "weight": GIVEN["v2"],
}


@pytest.mark.parametrize("account", ["superposition", "conserving", "mixture"])
@pytest.mark.parametrize("method", ["modes", "resolvent", "krylov"])
def test_the_spectrum_is_the_published_one_in_every_account(account, method):
    trap = LightScatterer(**LINES)
    kept, rho = trap.prepare(account, "ground", {k: np.atleast_1d(v) for k, v in trap.values().items()})
    cut = np.ix_(kept, kept)
    h, d, jump = trap.hamiltonian().full()[cut], trap.scattering()[cut], trap.jumps()[0][cut]
    found = spectra.spectrum(h, [jump], d, d.conj().T, [GIVEN["omega"]], rho, method=method)
    assert found.item() == pytest.approx(PUBLISHED["S_at_omega"], abs=1e-9)


def test_beat_cooling_and_coherence_are_the_published_ones():
    options = {**LINES, "loss_per_event": GIVEN["delta"], "events": GIVEN["K"]}
    found = md.experiment("light-scattering", **options).run().findings
    assert float(found["beat_period"].value) == pytest.approx(PUBLISHED["beat_period"], rel=1e-6)
    assert float(found["line_lost_after"].value) == pytest.approx(PUBLISHED["events_to_lose_upper_line_mean_field"])
    for name, known in (("high_after", "p_Nc1_after_K"), ("low_after", "p_Nc_after_K")):
        assert np.asarray(found[name].expected).item() == pytest.approx(PUBLISHED[known], abs=1e-9)
        assert found[name].passed
    equal = {**options, "width_high": 0.1}
    left = md.experiment("light-scattering", **equal).run().findings["coherence_left"]
    assert float(left.value) == pytest.approx(PUBLISHED["coherence_after_one_photon_equal_gamma"], abs=1e-9)


def test_resonance_fluorescence_has_mollows_numbers():
    drive, width = 2 * np.pi, 0.5
    lower = np.array([[0, 1], [0, 0]], complex)
    h, jumps = drive / 2 * (lower + lower.T), [np.sqrt(width) * lower]
    state = spectra.stationary(h, jumps)
    assert state[1, 1].real == pytest.approx(0.498421853, abs=5e-10)
    w = np.linspace(5.5, 7, 15001)
    side = spectra.spectrum(h, jumps, lower.T, lower, w)
    centre = spectra.spectrum(h, jumps, lower.T, lower, [0.0]).item()
    assert w[side.argmax()] == pytest.approx(6.2632, abs=1e-4)
    assert centre / side.max() == pytest.approx(3.0045, abs=5e-5)
