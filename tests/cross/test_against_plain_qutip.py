"""`mesodyn.evolve` against plain QuTiP on operators made from Jordan-Wigner modes, with nothing in common."""

from typing import Any

import numpy as np
import pytest
import qutip

import mesodyn as md

FRACTIONS = [0.13, 0.5, 0.77, 1.0]
TILT = 1.1


def test_smooth_two_pi_rotation_is_the_laboratory_schroedinger_equation(plain, deviation):
    EZ, T, turns = 14.0, 6.0, 1.0
    traps = plain.traps(J=0.9, EZ=EZ, angle=TILT, off=0.21, on=0.3)
    system = md.TrapPair(tunnelling=0.9, zeeman=EZ, field_angle=TILT, detuning=0.21, connected_detuning=0.3)
    protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=T, turns=turns, shape="smooth"), md.Connect())
    record = md.evolve(system, protocol, moments=FRACTIONS, states=True, tolerance=1e-11)

    def angle(t):
        return 2 * np.pi * turns * plain.smooth(t / T)

    times = T * np.array([0, *FRACTIONS])
    states = plain.evolve(traps.turning(angle), traps.ground(1), times, max_step=0.05)[1:]
    found = deviation(record, 2, states, traps, lambda k: traps.H(0.0, angle(times[k + 1])), system)
    assert found < 2e-9
    assert abs(float(record.energy[-1]) - qutip.expect(traps.H(1.0, angle(T)), states[-1])) < 2e-9


def test_uniform_rotation_by_any_angle_is_the_laboratory_schroedinger_equation(plain, deviation):
    EZ, T, turns = 9.0, 4.0, 1.37
    traps = plain.traps(J=-1.2, EZ=EZ, angle=0.7)
    system = md.TrapPair(tunnelling=-1.2, zeeman=EZ, field_angle=0.7)
    protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=T, turns=turns, shape="uniform"), md.Connect())
    record = md.evolve(system, protocol, moments=FRACTIONS, states=True)

    def angle(t):
        return 2 * np.pi * turns * t / T

    times = T * np.array([0, *FRACTIONS])
    states = plain.evolve(traps.turning(angle), traps.ground(1), times, max_step=0.05)[1:]
    assert deviation(record, 2, states, traps, lambda k: traps.H(0.0, angle(times[k + 1])), system) < 2e-9
    assert abs(float(record.energy[-1]) - qutip.expect(traps.H(1.0, angle(T)), states[-1])) < 2e-9


@pytest.mark.parametrize(("gamma", "loss"), [(0.17, 0.0), (0.0, 0.23), (0.11, 0.07)])
@pytest.mark.parametrize("account", ["conserving", "superposition"])
def test_rotation_with_dephasing_and_loss_is_the_laboratory_master_equation(plain, deviation, gamma, loss, account):
    EZ, T = 8.0, 2.5
    traps = plain.traps(J=0.8, EZ=EZ, angle=TILT, off=-0.3)
    system = md.TrapPair(tunnelling=0.8, zeeman=EZ, field_angle=TILT, detuning=-0.3, weight=0.37, phases=(0.4, -1.3))
    protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=T, turns=1.0, shape="smooth"), md.Connect())
    bath = md.Bath(dephasing=gamma, loss=loss)
    record = md.evolve(system, protocol, account=account, bath=bath, moments=FRACTIONS, states=True, tolerance=1e-11)

    def angle(t):
        return 2 * np.pi * plain.smooth(t / T)

    start = traps.ground(1) if account == "conserving" else traps.alone(0.37, (0.4, -1.3))
    jumps = (traps.dephasing(gamma) if gamma else []) + (traps.losses(loss) if loss else [])
    times = T * np.array([0, *FRACTIONS])
    states = plain.evolve(traps.turning(angle), start, times, jumps, max_step=0.05)[1:]
    assert deviation(record, 2, states, traps, lambda k: traps.H(0.0, angle(times[k + 1])), system) < 2e-9


@pytest.mark.parametrize("account", ["superposition", "mixture"])
def test_a_product_of_two_traps_rotates_as_its_fermion_state(plain, deviation, account):
    EZ, T = 10.0, 3.0
    traps = plain.traps(J=1.0, EZ=EZ, angle=0.9)
    system = md.TrapPair(tunnelling=1.0, zeeman=EZ, field_angle=0.9, weight=0.6, phases=(1.0, 0.2))
    protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=T, turns=2.0, shape="smooth"), md.Connect())
    record = md.evolve(system, protocol, account=account, moments=FRACTIONS, states=True, tolerance=1e-11)
    start = traps.alone(0.6, (1.0, 0.2))
    if account == "mixture":  # the mean over both phases
        parts = [traps.alone(0.6, (a, b)).proj() for a in (0, np.pi) for b in (0, np.pi)]
        start = sum(parts) / len(parts)

    def angle(t):
        return 4 * np.pi * plain.smooth(t / T)

    times = T * np.array([0, *FRACTIONS])
    states = plain.evolve(traps.turning(angle), start, times, max_step=0.05)[1:]
    assert deviation(record, 2, states, traps, lambda k: traps.H(0.0, angle(times[k + 1])), system) < 3e-9


@pytest.mark.parametrize("shape", ["smooth", "uniform"])
@pytest.mark.parametrize("gamma", [0.0, 0.12])
def test_rotation_while_the_link_is_on_is_driven_in_the_laboratory(plain, deviation, shape, gamma):
    EZ, T, turns = 7.0, 3.0, 1.3
    traps = plain.traps(J=1.3, EZ=EZ, angle=TILT, on=0.4)
    system = md.TrapPair(tunnelling=1.3, zeeman=EZ, field_angle=TILT, connected_detuning=0.4)
    protocol = md.Protocol(md.Rotate(duration=T, turns=turns, shape=shape))
    record = md.evolve(system, protocol, bath=md.Bath(dephasing=gamma), moments=FRACTIONS, states=True, tolerance=1e-10)

    def angle(t):
        return 2 * np.pi * turns * (plain.smooth(t / T) if shape == "smooth" else t / T)

    times = T * np.array([0, *FRACTIONS])
    jumps = traps.dephasing(gamma) if gamma else []
    states = plain.evolve(traps.turning(angle, link=1.0), traps.ground(1), times, jumps, max_step=0.05)[1:]
    assert deviation(record, 1, states, traps, lambda k: traps.H(1.0, angle(times[k + 1])), system) < 2e-9


@pytest.mark.parametrize("shape", ["smooth", "uniform"])
@pytest.mark.parametrize("gamma", [0.0, 0.2])
def test_ramps_of_tunnelling_and_detuning_are_driven(plain, deviation, shape, gamma):
    T = 3.0
    traps = plain.traps(J=1.0, EZ=5.0, angle=TILT, on=2.0)
    system = md.TrapPair(tunnelling=1.0, zeeman=5.0, field_angle=TILT, connected_detuning=2.0)
    ramp = md.Ramp(duration=T, shape=shape, tunnelling=0.2, connected_detuning=-3.0)
    record = md.evolve(
        system, md.Protocol(ramp), bath=md.Bath(dephasing=gamma), moments=FRACTIONS, states=True, tolerance=1e-10
    )

    def come(t):
        return plain.smooth(t / T) if shape == "smooth" else t / T

    def at(t):
        spin = traps.zeeman("A") + traps.zeeman("B")
        return spin - (1.0 - 0.8 * come(t)) * traps.hop + 0.5 * (2.0 - 5.0 * come(t)) * traps.imbalance

    H = qutip.QobjEvo(
        [
            traps.zeeman("A") + traps.zeeman("B"),
            [traps.hop, lambda t: -(1.0 - 0.8 * come(t))],
            [traps.imbalance, lambda t: 0.5 * (2.0 - 5.0 * come(t))],
        ]
    )
    times = T * np.array([0, *FRACTIONS])
    jumps = traps.dephasing(gamma) if gamma else []
    states = plain.evolve(H, traps.ground(1), times, jumps, max_step=0.05)[1:]
    assert deviation(record, 1, states, traps, lambda k: at(times[k + 1]), system) < 2e-9


@pytest.mark.parametrize("account", ["conserving", "superposition"])
@pytest.mark.parametrize("bath", [(0.0, 0.0), (0.15, 0.1)])
def test_a_link_that_is_switched_slowly_is_driven(plain, deviation, account, bath):
    T = 1.7
    on = 0.5 if account == "conserving" else 0.0
    traps = plain.traps(J=1.1, EZ=4.0, angle=TILT, off=0.6, on=on)
    system = md.TrapPair(
        tunnelling=1.1, zeeman=4.0, field_angle=TILT, detuning=0.6, connected_detuning=on, phases=(0.3, 1.2)
    )
    protocol = md.Protocol(md.Disconnect(duration=T), md.Hold(duration=0.8), md.Connect(duration=T))
    record = md.evolve(
        system,
        protocol,
        account=account,
        bath=md.Bath(dephasing=bath[0], loss=bath[1]),
        moments=FRACTIONS,
        states=True,
        tolerance=1e-10,
    )
    start = traps.ground(1) if account == "conserving" else traps.alone(0.5, (0.3, 1.2))
    jumps = traps.dephasing(bath[0]) + traps.losses(bath[1]) if any(bath) else []
    base = traps.zeeman("A") + traps.zeeman("B")
    state = start
    for edge, (duration, link) in enumerate(
        ((T, lambda t: 1 - plain.smooth(t / T)), (0.8, lambda t: 0.0), (T, lambda t: plain.smooth(t / T))), 1
    ):
        H = qutip.QobjEvo(
            [
                base,
                [traps.hop, lambda t, link=link: -1.1 * link(t)],
                [traps.imbalance, lambda t, link=link: 0.5 * ((1 - link(t)) * 0.6 + link(t) * on)],
            ]
        )
        times = duration * np.array([0, *FRACTIONS])
        states = plain.evolve(H, state, times, jumps, max_step=0.05)[1:]
        at = [traps.H(link(t)) for t in times[1:]]
        assert deviation(record, edge, states, traps, lambda k, at=at: at[k], system) < 2e-9
        state = states[-1]


@pytest.mark.parametrize("kT", [0.0, 0.7])
@pytest.mark.parametrize("account", ["conserving", "superposition"])
def test_relaxation_is_the_master_equation_of_jumps_between_eigenstates(plain, deviation, kT, account):
    """The field of B stays turned by 0.3 of a turn, so that no two levels of a sector are equal."""
    T, rate, EZ = 2.2, 0.9, 6.0
    traps = plain.traps(J=1.0, EZ=EZ, angle=TILT)
    system = md.TrapPair(tunnelling=1.0, zeeman=EZ, field_angle=TILT, phases=(0.0, 2.0), weight=0.4)
    protocol = md.Protocol(
        md.Disconnect(),
        md.Rotate(duration=3.0, turns=0.3, shape="uniform"),
        md.Connect(),
        md.Relax(duration=T, rate=rate, temperature=kT),
    )
    record = md.evolve(system, protocol, account=account, moments=FRACTIONS, states=True)
    turned = 0.6 * np.pi
    start = traps.ground(1) if account == "conserving" else traps.alone(0.4, (0.0, 2.0))
    moved = plain.evolve(traps.turning(lambda t: turned * t / 3.0), start, [0, 3.0], max_step=0.05)[-1]
    H = traps.H(1.0, turned)
    if account == "superposition":  # the two spins of the doubly filled sector are degenerate: take it out
        one = qutip.Qobj(np.diag((traps.totals < 2).astype(complex)))
        moved = one @ moved
    jumps = traps.relaxation(H, rate, kT)
    states = plain.evolve(H, moved.proj(), T * np.array([0, *FRACTIONS]), jumps)[1:]
    if account == "superposition":
        kept = np.flatnonzero(traps.totals < 2)
        labels = [system.space.labels[k] for k in kept]
        ours = record.state.isel(edge=4).sel(row=labels, column=labels).values
        assert np.abs(ours - states[-1].full()[np.ix_(kept, kept)]).max() < 2e-9
    else:
        assert deviation(record, 4, states, traps, lambda k: H, system) < 2e-9
        heat = float(record.heat[-1])
        assert abs(heat - (qutip.expect(H, moved) - qutip.expect(H, states[-1]))) < 2e-9


@pytest.mark.parametrize(("gamma", "loss", "kT"), [(0.3, 0.0, 0.0), (0.3, 0.0, 0.9), (0.1, 0.2, 0.5)])
def test_heat_is_the_integrated_current_into_the_relaxing_bath_alone(plain, deviation, gamma, loss, kT):
    """-Tr(H D_relax rho) integrated along plain mesolve; dephasing and loss change the energy as well, unheated."""
    T, rate = 2.0, 0.8
    traps = plain.traps(J=1.0, EZ=5.0, angle=TILT, off=0.4, on=0.6)
    system = md.TrapPair(tunnelling=1.0, zeeman=5.0, field_angle=TILT, connected_detuning=0.6, detuning=0.4)
    protocol = md.Protocol(
        md.Disconnect(),
        md.Rotate(duration=1.0, turns=0.4, shape="uniform"),
        md.Connect(),
        md.Relax(duration=T, rate=rate, temperature=kT),
    )
    bath = md.Bath(dephasing=gamma, loss=loss)
    record = md.evolve(system, protocol, bath=bath, moments=FRACTIONS, states=True)
    others = traps.dephasing(gamma) + (traps.losses(loss) if loss else [])
    turned = 0.8 * np.pi
    biased = traps.turning(lambda t: turned * t)
    start = plain.evolve(biased, traps.ground(1), [0, 1.0], others, max_step=0.05)[-1]
    H = traps.H(1.0, turned)
    jumps = traps.relaxation(H, rate, kT)
    fine = np.linspace(0, T, 2001)
    along = plain.evolve(H, start, fine, others + jumps)
    states = [along[round(2000 * f)] for f in FRACTIONS]
    assert deviation(record, 4, states, traps, lambda k: H, system) < 2e-9
    power = sum(jump.dag() @ (H @ jump - jump @ H) for jump in jumps)  # for these jumps: energy taken out is -power
    current = -np.array([qutip.expect(power, rho) for rho in along]).real
    weights = np.ones(2001)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    integrated = (weights * current).sum() * T / 2000 / 3
    assert abs(float(record.heat[-1]) - integrated) < 2e-9
    lost = qutip.expect(H, start) - qutip.expect(H, along[-1])
    assert abs(integrated - lost) > 1e-3  # the other baths do change the energy


def test_a_short_link_late_in_a_long_hold_is_not_stepped_over(plain):
    """A pulse of the link at t = 500 moves the particle from B to A; plain sesolve's default steps over it."""
    wait, width = 500.0, 0.5
    system = md.TrapPair(tunnelling=np.pi, zeeman=0.0)
    traps = plain.traps(J=np.pi)
    start = qutip.basis(9, 1)  # the extra fermion in B, spin up
    protocol = md.Protocol(
        md.Disconnect(),
        md.Hold(duration=wait),
        md.Connect(duration=width),
        md.Disconnect(duration=width),
        md.Hold(duration=wait),
    )
    ket = system.states()["A:0 B:1,+1/2"]
    record = md.evolve(system, protocol, initial=ket, tolerance=1e-11)

    def link(t):
        if t < wait or t > wait + 2 * width:
            return 0.0
        return plain.smooth((t - wait) / width) if t < wait + width else 1 - plain.smooth((t - wait - width) / width)

    H = qutip.QobjEvo([0 * traps.hop, [traps.hop, lambda t: -np.pi * link(t)]])
    times = [0.0, 2 * wait + 2 * width]
    right = plain.evolve(H, start, times, max_step=0.1)[-1]
    here = qutip.expect(traps.extras["A"], right)
    assert abs(here - 1.0) < 1e-8  # the area: pi * width
    default = qutip.sesolve(H, start, times, options={"progress_bar": ""}).states[-1]
    assert qutip.expect(traps.extras["A"], default) < 1e-9  # QuTiP 5.3; once this fails, QuTiP sees the pulse
    assert abs(float(record.n_A[-1]) - here) < 1e-8


MAKES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("fermions", {"core": 1}, {"kind": "fermion", "n_c": 1}),
    ("fermions on a full shell", {}, {"kind": "fermion", "n_c": 2}),
    ("pairs", {"core": 0}, {"kind": "pair", "n_c": 0}),
    ("pairs", {"core": 1}, {"kind": "pair", "n_c": 1}),
    ("bosons", {"spin": 1}, {"kind": "boson", "n_c": 4, "spin": 1}),
    ("bosons", {"spin": 0}, {"kind": "boson", "n_c": 0, "spin": 0}),
]


@pytest.mark.parametrize(("maker", "how", "what"), MAKES)
@pytest.mark.parametrize("bathed", [False, True])
def test_every_kind_of_trap_follows_its_microscopic_modes(plain, deviation, maker, how, what, bathed):
    EZ, T = 8.0, 2.0
    traps = plain.traps(maker, J=0.9, EZ=EZ, angle=TILT, off=0.3, on=-0.5, **how)
    system = md.TrapPair(tunnelling=0.9, zeeman=EZ, field_angle=TILT, detuning=0.3, connected_detuning=-0.5, **what)
    gamma = 0.2 if bathed else 0.0
    protocol = md.Protocol(
        md.Disconnect(), md.Rotate(duration=T, turns=1.2, shape="smooth"), md.Connect(), md.Hold(duration=1.0)
    )
    record = md.evolve(system, protocol, bath=md.Bath(dephasing=gamma), moments=FRACTIONS, states=True, tolerance=1e-11)
    shared = 2 * what["n_c"] + system.step
    total = shared if maker != "bosons" else 1
    kept = system.space.sector(shared)
    assert np.array_equal(kept, traps.sector(total))
    assert np.abs(system.hamiltonian(sector=shared).full() - traps.H().full()[np.ix_(kept, kept)]).max() < 1e-13
    jumps = traps.dephasing(gamma, system.step) if bathed else []

    def angle(t):
        return 2.4 * np.pi * plain.smooth(t / T)

    times = T * np.array([0, *FRACTIONS])
    states = plain.evolve(traps.turning(angle), traps.thermal(total), times, jumps, max_step=0.05)[1:]
    assert deviation(record, 2, states, traps, lambda k: traps.H(0.0, angle(times[k + 1])), system) < 2e-9
    after = plain.evolve(traps.H(1.0, angle(T)), states[-1], np.array([0, *FRACTIONS]), jumps)[1:]
    assert deviation(record, 4, after, traps, lambda k: traps.H(1.0, angle(T)), system) < 2e-9


@pytest.mark.parametrize(("maker", "how", "what"), [MAKES[0], MAKES[4], ("fermions", {}, {})])
def test_every_kind_of_trap_loses_its_extra_step_at_the_total_rate(plain, maker, how, what):
    """From the shared sector the extra step goes at rate `loss`, whichever kind; the emptied sector gets it."""
    system = md.TrapPair(tunnelling=0.9, zeeman=8.0, field_angle=TILT, **what)
    protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=1.5, turns=0.6))
    if maker == "fermions" and how.get("core") == 1:
        traps = plain.traps(maker, J=0.9, EZ=8.0, angle=TILT, **how)
        jumps = traps.losses(0.2)  # a full shell of two loses either: each mode at half the total rate, 0.4
    else:
        traps = plain.traps(maker, J=0.9, EZ=8.0, angle=TILT, **how)
        jumps = traps.losses(0.4)
    record = md.evolve(system, protocol, bath=md.Bath(loss=0.4), moments=FRACTIONS, states=True)
    total = traps.totals[system.space.sector(system.shared_total)[0]]
    H = traps.turning(lambda t: 1.2 * np.pi * t / 1.5)
    states = plain.evolve(H, traps.thermal(total), 1.5 * np.array([0, *FRACTIONS]), jumps, max_step=0.05)[1:]
    labels = list(system.space.labels)
    at = [labels.index(label) for label in record.row.values]
    full = np.zeros((len(labels),) * 2, complex)
    full[np.ix_(at, at)] = record.state.isel(edge=2).values
    assert np.abs(full - states[-1].full()).max() < 2e-9
    assert abs(float(record.shared[-1]) - np.exp(-0.4 * 1.5)) < 1e-12


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("shape", ["smooth", "uniform"])
def test_a_hole_shared_by_two_odd_traps_releases_the_heat_of_a_particle(plain, turns, shape):
    protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=7.0, turns=turns, shape=shape), md.Connect())
    heats = []
    for n_c in (0, 1, 2, 3):
        record = md.evolve(md.TrapPair(tunnelling=1.0, zeeman=20.0, n_c=n_c), protocol)
        heats.append(float(record.energy[-1] - record.energy[0]))
    assert np.ptp(heats) < 1e-8
    traps = plain.traps("fermions", core=1, J=1.0, EZ=20.0)

    def angle(t):
        return 2 * np.pi * turns * (plain.smooth(t / 7.0) if shape == "smooth" else t / 7.0)

    end = plain.evolve(traps.turning(angle), traps.ground(3), [0, 7.0], max_step=0.05)[-1]
    heat = qutip.expect(traps.H(1.0), end) - qutip.expect(traps.H(1.0), traps.ground(3))
    assert abs(heat - heats[1]) < 5e-9


@pytest.mark.parametrize("shape", ["smooth", "uniform"])
def test_a_moment_of_inertia_turns_the_phase_of_the_extra_particle(plain, deviation, shape):
    """-I rate^2 / 2 for the extra particle in the trap that turns (PHYSICS 3c: the orbital cranking phase)."""
    T, inertia = 3.0, 0.08
    traps = plain.traps(J=1.0, EZ=6.0, angle=TILT)
    system = md.TrapPair(tunnelling=1.0, zeeman=6.0, field_angle=TILT, inertia_change=inertia)
    protocol = md.Protocol(md.Disconnect(), md.Rotate(duration=T, turns=1.0, shape=shape))
    record = md.evolve(system, protocol, moments=FRACTIONS, states=True, tolerance=1e-11)

    def angle(t):
        return 2 * np.pi * (plain.smooth(t / T) if shape == "smooth" else t / T)

    def rate(t):
        return 2 * np.pi / T * (1 - np.cos(2 * np.pi * t / T) if shape == "smooth" else 1.0)

    number = traps.extras["B"]
    H = traps.turning(angle) + qutip.QobjEvo([0 * number, [number, lambda t: -0.5 * inertia * rate(t) ** 2]])
    times = T * np.array([0, *FRACTIONS])
    states = plain.evolve(H, traps.ground(1), times, max_step=0.05)[1:]
    at = [traps.H(0.0, angle(t)) - 0.5 * inertia * rate(t) ** 2 * number for t in times[1:]]
    assert deviation(record, 2, states, traps, lambda k: at[k], system) < 2e-9
