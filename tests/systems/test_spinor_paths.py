"""One particle in two paths: populations, precession and what the system refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.spinor_paths import SpinorPaths

SPLITTER = md.Hold(duration=np.pi / 4)
THROUGH = md.Protocol(md.Connect(), SPLITTER, md.Disconnect(), md.Hold(duration=1.0), md.Connect(), SPLITTER)


@given(
    spin=st.sampled_from([0.0, 0.5, 1.0]),
    angle=st.floats(-12, 12),
    shift=st.floats(-3, 3),
    share=st.floats(0, 1),
    tilt=st.floats(0, 3),
)
@settings(max_examples=20, deadline=None)
def test_the_beams_are_those_of_rotation_matrices(spin, angle, shift, share, tilt):
    paths = SpinorPaths(spin=spin, larmor=angle, phase_rate=shift, polarization=share, polarization_angle=tilt)
    record = md.evolve(paths, THROUGH, moments=[1.0])
    m = spin - np.arange(round(2 * spin) + 1)
    weights = paths.populations(share, tilt)
    expected = 0.5 * (1 + (weights * np.cos(shift + angle * m)).sum())
    assert float(record.n_B[-1]) == pytest.approx(expected, abs=1e-12)
    assert float(record.n_A[-1] + record.n_B[-1]) == pytest.approx(1, abs=1e-12)
    before = record.spin_A[0] + record.spin_B[0]
    assert np.allclose(before, spin * share * np.array([np.sin(tilt), 0, np.cos(tilt)]), atol=1e-12)


def test_the_spin_precesses_about_the_field_with_its_length():
    paths = SpinorPaths(larmor=2.3, polarization=1.0, polarization_angle=np.pi / 2)
    record = md.evolve(paths, THROUGH, moments=11)
    flight = np.flatnonzero(record.segment.values == "hold")[10:20]
    spin = 2 * record.spin_B.values[flight]
    angle = -2.3 * np.linspace(0.1, 1, 10)
    assert np.allclose(spin, 0.5 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1), atol=1e-12)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(InputError, match=r"spin must be 0, 0.5 or 1, but was 1.5"):
        SpinorPaths(spin=1.5)
    with pytest.raises(InputError, match=r"polarization must be .*at most 1"):
        SpinorPaths(polarization=1.1)
    with pytest.raises(InputError, match="sudden switches"):
        md.evolve(SpinorPaths(), md.Protocol(md.Disconnect(duration=1.0)))
    with pytest.raises(InputError, match="that of a beam"):
        SpinorPaths().equilibrium()
