"""The Bose junction against plain QuTiP, and its own methods against each other."""

from typing import Any

import numpy as np
import pytest
import qutip

import mesodyn as md

NAME = "bose-junction"


def plain(n, j, u, bias, z, phase, times, dephasing=0.0, kets=None):
    """Imbalance and 2<a^dagger b>/N from two truncated oscillators: nothing here uses mesodyn."""
    a, b = qutip.tensor(qutip.destroy(n + 1), qutip.qeye(n + 1)), qutip.tensor(qutip.qeye(n + 1), qutip.destroy(n + 1))
    na, nb = a.dag() @ a, b.dag() @ b
    hamiltonian = -j * (a.dag() @ b + b.dag() @ a) + 0.5 * u * (na @ na - na + nb @ nb - nb) + 0.5 * bias * (na - nb)
    c = np.sqrt((1 + z) / 2) * np.exp(1j * phase) * a.dag() + np.sqrt((1 - z) / 2) * b.dag()
    start = ((c**n) @ qutip.basis([n + 1, n + 1], [0, 0])).unit()
    observed = [(na - nb) / n, 2 * a.dag() @ b / n]
    options = {"atol": 1e-12, "rtol": 1e-10, "nsteps": 10**6, "progress_bar": ""}
    jumps = [np.sqrt(dephasing / 2) * (na - nb)] if dephasing else []
    return qutip.mesolve(hamiltonian, start, times, jumps, e_ops=observed, options=options).expect


@pytest.mark.parametrize("dephasing", [0.0, 0.3])
def test_imbalance_and_coherence_follow_plain_qutip(dephasing):
    given: dict[str, Any] = {
        "particles": 5,
        "tunnelling": 0.8,
        "interaction": 0.6,
        "detuning": 0.3,
        "imbalance": 0.4,
        "phase": 1.2,
    }
    run = md.experiment(NAME, **given, dephasing=dephasing, duration=4.0, quick=True).run()
    z, coherence = plain(5, 0.8, 0.6, 0.3, 0.4, 1.2, run.record.time.values, dephasing)
    assert run.record.z.values == pytest.approx(np.real(z), abs=1e-7)
    assert run.record.coherence.values == pytest.approx(np.asarray(coherence), abs=1e-7)


def test_evolve_gives_the_experiments_record():
    given: dict[str, Any] = {"particles": 60, "interaction": 0.2, "detuning": 0.3, "imbalance": 0.4, "phase": 1.2}
    run = md.experiment(NAME, **given, duration=4.0, quick=True).run().record
    fractions = (run.time.values[1:] / 4.0).tolist()
    found = md.evolve(md.BoseJunction(**given), md.Protocol(md.Hold(duration=4.0)), moments=fractions)
    for name in ("z", "z_squared", "energy"):
        assert found[name].values == pytest.approx(run[name].values, abs=1e-9, rel=1e-11)
    assert found.coherence.values / 30 == pytest.approx(run.coherence.values, abs=1e-9)


def test_a_superposition_is_the_poisson_sum_of_its_totals():
    given: dict[str, Any] = {"particles": 4, "interaction": 0.4, "imbalance": 0.3, "phase": 0.4}
    run = md.experiment(NAME, **given, duration=3.0, account="superposition", quick=True).run().record
    junction = md.BoseJunction(**given, spread=18)
    fractions = (run.time.values[1:] / 3.0).tolist()
    hold = md.Protocol(md.Hold(duration=3.0))
    found = md.evolve(junction, hold, account="superposition", moments=fractions)
    assert found.z.values == pytest.approx(run.z.values, abs=2e-5)
    assert found.coherence.values / 2 == pytest.approx(run.coherence.values, abs=2e-5)


def test_a_mixture_is_the_mean_over_phases():
    given: dict[str, Any] = {
        "particles": 6,
        "interaction": 0.5,
        "imbalance": 0.3,
        "duration": 3.0,
        "quick": True,
        "thresholds": "no",
    }
    mixed = md.experiment(NAME, **given, account="mixture").run().record
    phases = md.axis("phase", 0, 2 * np.pi * 63 / 64, 64)
    each = md.experiment(NAME, **given, account="superposition", phase=phases).record()
    assert mixed.z.values == pytest.approx(each.z.mean("phase").values, abs=5e-5)
    assert mixed.coherence.values == pytest.approx(each.coherence.mean("phase").values, abs=5e-5)


def test_drawn_noise_agrees_with_the_master_equation():
    given: dict[str, Any] = {"particles": 12, "Lambda": 6.0, "dephasing": 0.3, "duration": 3.0, "quick": True}
    exact = md.experiment(NAME, **given).run().record
    drawn = md.experiment(NAME, **given, trajectories=600).run().record
    for name in ("z", "coherence"):
        away = np.abs(drawn[name].values - exact[name].values)
        assert (away <= 4.5 * np.abs(drawn[f"{name}_error"].values) + 1e-3).all()


def test_drawn_runs_agree_with_weighted_sums():
    given: dict[str, Any] = {"particles": 30, "Lambda": 4.0, "temperature": 20.0, "quick": True, "duration": 3.0}
    exact = md.experiment(NAME, **given, account="superposition").run().record
    drawn = md.experiment(NAME, **given, account="superposition", trajectories=400).run().record
    for name in ("z", "coherence"):
        away = np.abs(drawn[name].values - exact[name].values)
        assert (away <= 4.5 * np.abs(drawn[f"{name}_error"].values) + 1e-3).all()


@pytest.mark.parametrize("model", ["quantum", "mean-field"])
def test_a_second_method_gives_the_same_record(model):
    one = md.experiment(NAME, model=model, particles=40, detuning=0.4, phase=0.3, quick=True)
    first, second = one.record(), one.solving("direct").record()
    assert first.attrs["method"] != second.attrs["method"]
    for name in ("z", "coherence"):
        assert np.abs(first[name] - second[name]).max() < 1e-6
