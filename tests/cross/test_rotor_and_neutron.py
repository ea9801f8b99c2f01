"""A rotor and a spinor interferometer against plain QuTiP, which is told the matrices only."""

import numpy as np
import pytest
import qutip

import mesodyn as md


def test_a_packet_on_a_ring_is_the_schroedinger_equation_on_a_grid():
    """The same packet moved by the kinetic energy on a grid of angles: no angular momentum is named."""
    inertia, points, duration = 1.7, 64, 2.3
    run = md.experiment("irregular-rotor", moment_of_inertia=inertia, m_c=3, spread=0.8, duration=duration).run()
    system = md.IrregularRotor(moment_of_inertia=inertia, m_c=3, spread=0.8, weight=0.4)
    values = {name: np.atleast_1d(value) for name, value in system.values().items()}
    alpha = 2 * np.pi * np.arange(points) / points
    start = np.exp(1j * np.outer(alpha, system.momenta)) @ system.amplitudes(values)[0] / np.sqrt(points)
    waves = np.exp(1j * np.outer(alpha, np.arange(-points // 2, points // 2))) / np.sqrt(points)
    kinetic = waves @ np.diag(np.arange(-points // 2, points // 2) ** 2 / (2 * inertia)) @ waves.conj().T
    times = np.linspace(0, duration, 5)
    solved = qutip.sesolve(
        qutip.Qobj(kinetic), qutip.Qobj(start), times, options={"atol": 1e-11, "rtol": 1e-9, "nsteps": 10**5}
    )
    for time, state in zip(times, solved.states, strict=True):
        density = points * np.abs(state.full()[:, 0]) ** 2
        moment = int(np.argmin(abs(run.record.time.values - time)))
        assert run.record.time.values[moment] == pytest.approx(time, abs=1e-12)
        ours = run.record.density.isel(moment=moment).values  # at 96 angles, of which every third is on the grid
        assert np.allclose(ours[::3], density[::2], atol=1e-6)


def test_kicks_of_a_rotor_are_the_master_equation():
    rotor = md.IrregularRotor(moment_of_inertia=0.9, m_c=2, fold=2, weight=0.3, outside=True, outside_rate=0.4)
    record = md.evolve(rotor, md.Protocol(md.Hold(duration=3.0)), bath=md.Bath(dephasing=0.25), moments=7)
    levels = [2, 4]
    h = qutip.tensor(qutip.Qobj(np.diag(np.square(levels) / 1.8)), qutip.qeye(2))
    h = h + 0.4 * qutip.tensor(qutip.qeye(2), qutip.Qobj(np.diag([0.0, 2.0])))
    low, high = (qutip.tensor(qutip.basis(2, k), qutip.basis(2, 1 - k)) for k in (0, 1))
    psi = np.sqrt(0.7) * low + np.sqrt(0.3) * high
    kick = np.sqrt(0.25 * 2) / 2 * qutip.tensor(qutip.Qobj(np.diag(levels).astype(complex)), qutip.qeye(2))
    solved = qutip.mesolve(
        h, psi, record.time.values, [kick], e_ops=[low @ high.dag()], options={"atol": 1e-12, "rtol": 1e-10}
    )
    assert np.allclose(record.correlation.values, solved.expect[0], atol=1e-8)


@pytest.mark.parametrize("polarised", [0.0, 0.8])
def test_the_beams_behind_an_interferometer_are_those_of_plain_qutip(polarised):
    tilt, shift, length = 0.7, 0.4, 0.01
    run = md.experiment(
        "spinor-interferometer",
        polarization=polarised,
        polarization_angle=tilt,
        phase_shift=shift,
        samples=31,
        contrast=0.9,
    ).run()
    speed = 6.62607015e-34 / 1.67492750e-27 / 1.445e-10
    time, sigma = length / speed, [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]
    path_b, flip = qutip.tensor(qutip.ket2dm(qutip.basis(2, 1)), qutip.qeye(2)), qutip.tensor(sigma[0], qutip.qeye(2))
    splitter = (1j * np.pi / 4 * flip).expm()
    spin = 0.5 * (qutip.qeye(2) + polarised * (np.sin(tilt) * sigma[0] + np.cos(tilt) * sigma[2]))
    start = qutip.tensor(qutip.ket2dm(qutip.basis(2, 0)), spin)
    for share, ours in zip(run.record.scan.values, run.record.intensity.sel(exit="O").values, strict=True):
        field = share * 600e-6 / length
        moment = -9.6623653e-27  # J/T
        precession = -moment * field / 1.054571817e-34 * qutip.tensor(qutip.ket2dm(qutip.basis(2, 1)), sigma[2])
        flight = (-1j * time * precession + 1j * shift * path_b).expm()
        whole = splitter @ flight @ splitter
        beam = qutip.expect(path_b, whole @ start @ whole.dag())
        assert ours == pytest.approx(0.9 * beam + 0.05, abs=1e-6)
