"""A rotor in several angular momenta: its basis, its energies, its staircase, and what it refuses."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError, UnfinishedError


def turned(rotor, duration, account="superposition", **options):
    return md.evolve(rotor, md.Protocol(md.Hold(duration=duration)), account=account, **options)


def test_a_rotor_has_the_matrix_of_its_energies():
    rotor = md.IrregularRotor(moment_of_inertia=2.0, distortion=1e-4, m_c=3, fold=2)
    m = np.array([3.0, 5.0])
    assert np.allclose(rotor.hamiltonian().full(), np.diag(m**2 / 4 - 1e-4 * m**4), atol=1e-14)
    assert list(rotor.states()) == ["rotor:3", "rotor:5"]
    table = md.IrregularRotor(energies=(m[0] + np.arange(4) ** 2).tolist(), first=3, m_c=4, frame_rate=0.7)
    assert np.allclose(table.hamiltonian().full(), np.diag([4.0, 7.0]), atol=1e-14)


@given(
    inertia=st.floats(0.3, 30),
    m=st.integers(-20, 20),
    fold=st.integers(1, 5),
    weight=st.floats(0.01, 0.99),
    phase=st.floats(-3, 3),
    omega=st.floats(-5, 5),
)
@settings(max_examples=15, deadline=None)
def test_the_density_is_the_published_cosine_in_both_frames(inertia, m, fold, weight, phase, omega):
    rotor = md.IrregularRotor(moment_of_inertia=inertia, m_c=m, fold=fold, weight=weight, phase=phase, frame_rate=omega)
    critical, uv = (2 * m + fold) / (2 * inertia), np.sqrt(weight * (1 - weight))
    for frame, rate in (("lab", critical), ("rotating", critical - omega)):
        record = turned(rotor, 3.0, frame=frame, moments=13)
        expected = uv * np.exp(1j * (phase - fold * rate * record.time.values))
        assert np.allclose(record.order_parameter.values, expected, atol=1e-11)
        assert np.allclose(record.momentum, m + fold * weight, atol=1e-12)


def test_a_fast_rotor_loses_no_digits():
    m = 10**6
    rotor = md.IrregularRotor(moment_of_inertia=1.0, m_c=m)
    period = 2 * np.pi / (m + 0.5)
    record = turned(rotor, 8 * period, moments=[0.125, 1.0])
    assert np.allclose(record.order_parameter.values, 0.5, atol=1e-12)


def test_with_the_total_conserved_only_the_angle_between_the_bodies_is_known():
    rotor = md.IrregularRotor(moment_of_inertia=2.0, m_c=4, weight=0.3, outside=True, outside_rate=0.8)
    record = turned(rotor, 2.0, "conserving")
    assert np.abs(record.order_parameter).max() == 0
    apart = rotor.critical_rate() - 0.8
    expected = np.sqrt(0.21) * np.exp(-1j * apart * record.time.values)
    assert np.allclose(record.correlation.values, expected, atol=1e-12)
    alone = turned(rotor, 2.0)  # the same rotor alone in its superposition: the body outside is idle
    assert np.allclose(np.abs(alone.order_parameter), np.sqrt(0.21), atol=1e-12)
    assert np.abs(alone.correlation).max() == 0


def test_kicks_take_the_coherence_of_two_angular_momenta_at_their_rate():
    rotor = md.IrregularRotor(moment_of_inertia=2.0, m_c=4, fold=3)
    kicked = turned(rotor, 2.0, bath=md.Bath(dephasing=0.4))
    free = turned(rotor, 2.0)
    fallen = np.exp(-0.4 * free.time.values)
    assert np.allclose(kicked.order_parameter.values, free.order_parameter.values * fallen, atol=1e-12)
    assert np.allclose(kicked.momentum, free.momentum, atol=1e-12)


def test_harmonics_of_a_packet_are_the_fourier_components_of_its_density():
    rotor = md.IrregularRotor(moment_of_inertia=1.0, m_c=5, spread=0.9, weight=0.3, phase=0.4)
    waves = {f"h{k}": wave for k, wave in enumerate(rotor.harmonics(), 1)}
    record = turned(rotor, 1.3, observables=waves, moments=[1.0], states=True)
    rho = record.state.sel(edge="hold").values
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    psi = np.exp(1j * np.outer(angles, rotor.momenta))
    density = np.einsum("am,mn,an->a", psi, rho, psi.conj()).real
    for k in (1, 2, 5):
        component = (density * np.exp(-1j * k * angles)).mean()
        assert complex(record[f"h{k}"][-1]) == pytest.approx(component, abs=1e-12)


@given(inertia=st.floats(0.5, 8), fold=st.integers(1, 3), rate=st.floats(-4, 4), warm=st.sampled_from([0.0, 0.4, 6.0]))
@settings(max_examples=15, deadline=None)
def test_equilibrium_is_the_boltzmann_mean_over_all_angular_momenta(inertia, fold, rate, warm):
    found = md.IrregularRotor(moment_of_inertia=inertia, fold=fold, frame_rate=rate, temperature=warm).equilibrium()
    m = fold * np.arange(-400, 401)
    lines = m**2 / (2 * inertia) - rate * m
    weights = np.exp(-(lines - lines.min()) / warm) if warm else (lines <= lines.min() + 1e-12).astype(float)
    assert float(found.momentum) == pytest.approx((weights * m).sum() / weights.sum(), abs=1e-9)
    assert float(found.energy) == pytest.approx(lines.min(), abs=1e-12)
    if warm:
        free = lines.min() - warm * np.log(weights.sum())
        assert float(found.free_energy) == pytest.approx(free, rel=1e-9, abs=1e-9)


def test_the_staircase_steps_at_the_critical_rates():
    inertia, fold = 2.3, 2
    rotor = md.IrregularRotor(moment_of_inertia=inertia, m_c=6, fold=fold)
    critical = float(rotor.critical_rate())
    rate = md.axis("omega", [critical - 1e-9, critical, critical + 1e-9])
    below, at, above = (
        md.IrregularRotor(moment_of_inertia=inertia, fold=fold, frame_rate=rate).equilibrium().momentum.values
    )
    assert (below, above) == (6, 8)
    assert 6 <= at <= 8


def test_a_table_and_a_distorted_body_end_where_the_convex_range_does():
    energies = [0.5 * m * m for m in range(6)]
    table = md.IrregularRotor(energies=energies, m_c=2, frame_rate=3.2)
    assert float(table.equilibrium().momentum) == 3
    with pytest.raises(UnfinishedError, match="ends at M = 5"):
        table.with_(frame_rate=6.0).equilibrium()
    soft = md.IrregularRotor(moment_of_inertia=1.0, distortion=1e-3, m_c=2, frame_rate=2.0)
    m = np.arange(10)
    lines = 0.5 * m**2 - 1e-3 * m**4 - 2.0 * m
    assert float(soft.equilibrium().momentum) == lines.argmin()
    with pytest.raises(UnfinishedError, match="ends at M"):
        soft.with_(frame_rate=9.0).equilibrium()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no energy": ({}, "moment_of_inertia or energies must be given, exactly one of them"),
    "both": ({"moment_of_inertia": 1.0, "energies": [0, 1, 3]}, "exactly one of them, but was both"),
    "no inertia": ({"moment_of_inertia": 0}, "moment_of_inertia must be a finite real number and above 0"),
    "not convex": (
        {"energies": [0, 1, 1.5, 3], "m_c": 1},
        "E is convex, .*but was not at M = 1; .*lowest state",
    ),
    "soft": ({"moment_of_inertia": 1.0, "distortion": 0.01, "m_c": 7}, r"distortion must be such that E is convex"),
    "short": ({"energies": [0, 1, 3], "m_c": 2}, "known for the angular momenta 2 to 3 of the state"),
    "both kinds": ({"energies": [0, 1, 3], "distortion": 0.1}, "put it into the energies"),
    "wide": ({"moment_of_inertia": 1.0, "spread": 2.0}, "spread must be at most 1.286 for 20 levels"),
    "wide outside": (
        {"moment_of_inertia": 1.0, "spread": 2.0, "outside": True},
        "the most levels are 20 with a body outside",
    ),
    "weight": ({"moment_of_inertia": 1.0, "weight": 1.2}, "weight must be .*at most 1"),
    "fold": ({"moment_of_inertia": 1.0, "fold": 0}, "fold must be a whole number of at least 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case):
    given_, message = REFUSED[case]
    with pytest.raises(InputError, match=message):
        md.IrregularRotor(**given_)


def test_the_conserving_account_needs_a_body_outside():
    with pytest.raises(InputError, match="outside must be True for account='conserving'"):
        turned(md.IrregularRotor(moment_of_inertia=1.0), 1.0, "conserving")
    with pytest.raises(InputError, match=r"equilibrium\(\) has the thermal one"):
        turned(md.IrregularRotor(moment_of_inertia=1.0), 1.0, initial="thermal")
