"""Kets, Krylov spaces, integrators and trajectories of `mesodyn.evolve` against plain QuTiP and against each other."""

from typing import Any

import numpy as np
import pytest
import qutip

import mesodyn as md
from mesodyn.systems.bose_junction import BoseJunction

TIGHT: dict[str, Any] = {"progress_bar": "", "atol": 1e-12, "rtol": 1e-12, "nsteps": 10**6, "method": "vern9"}
OBSERVED = ["z", "z_squared", "coherence"]


def junction(N, **parameters: Any) -> BoseJunction:
    return BoseJunction(particles=N, **({"interaction": 6.0 / N, "detuning": 0.4, "imbalance": 0.5} | parameters))


def start(system):
    _, kets = system.prepare("conserving", "ground", {k: np.atleast_1d(v) for k, v in system.values().items()})
    return qutip.Qobj(kets[0])


def plain(system, duration, moments, jumps=(), H=None):
    """The observables' means, by QuTiP."""
    times = np.linspace(0, duration, moments)
    e_ops = [system.observables()[name] for name in OBSERVED]
    H = system.hamiltonian() if H is None else H
    if jumps:
        return qutip.mesolve(H, start(system), times, c_ops=jumps, e_ops=e_ops, options=TIGHT).expect
    return qutip.sesolve(H, start(system), times, e_ops=e_ops, options=TIGHT).expect


def deviation(record, expected):
    scale = [1.0, 1.0, max(1.0, float(np.abs(expected[2]).max()))]
    pairs = zip(OBSERVED, expected, scale, strict=True)
    return max(float(np.abs(record[name].values - value).max()) / s for name, value, s in pairs)


@pytest.mark.parametrize("method", ["auto", "krylov", "ode"])
def test_a_bose_junction_moves_as_in_plain_qutip(method):
    system = junction(120)
    record = md.evolve(system, md.Protocol(md.Hold(duration=2.0)), method=method, moments=11, tolerance=1e-10)
    assert record.attrs["method"] == f"hold: {'exact' if method == 'auto' else method}"
    assert deviation(record, plain(system, 2.0, 11)) < 2e-9
    assert float(np.ptp(record.energy.values)) < 1e-7
    assert (float(record.error) > 0) == (method != "auto")


def test_a_complex_hop_is_as_exact_as_a_real_one():
    """The bands of H are made real by the phases of the basis states."""
    size = 61
    hop = np.sqrt(np.arange(1.0, size) * np.arange(size - 1.0, 0.0, -1))

    class Turned(BoseJunction):
        @property
        def operators(self):
            found = dict(super().operators)
            upper = qutip.qdiags(hop * np.exp(1j * np.linspace(0, 3, size - 1)), 1)
            return found | {"link": -(upper + upper.dag())}

    system = Turned(particles=size - 1, interaction=0.1, detuning=0.3, imbalance=0.4)
    record = md.evolve(system, md.Protocol(md.Hold(duration=1.5)), moments=7)
    assert deviation(record, plain(system, 1.5, 7)) < 1e-9


def test_a_driven_large_basis_is_integrated_as_in_plain_qutip():
    system, T = junction(90), 1.5
    record = md.evolve(system, md.Protocol(md.Ramp(duration=T, tunnelling=0.2, detuning=1.0)), moments=7)
    assert record.attrs["method"] == "ramp: ode"
    assert float(record.error) <= 1e-9

    def come(t):
        return t / T - np.sin(2 * np.pi * t / T) / (2 * np.pi)

    parts = system.operators
    fixed = (6.0 / 90) * parts["interaction"]
    drive = [[parts["link"], lambda t: 1 - 0.8 * come(t)], [parts["imbalance"], lambda t: 0.4 + 0.6 * come(t)]]
    assert deviation(record, plain(system, T, 7, H=qutip.QobjEvo([fixed, *drive]))) < 5e-9


def test_a_driven_gate_of_an_unlinked_junction_is_an_integral():
    system, T = junction(90), 1.5
    ramp = md.Protocol(md.Disconnect(), md.Ramp(duration=T, detuning=2.0, shape="uniform"))
    record = md.evolve(system, ramp, moments=[1.0])
    assert record.attrs["method"] == "disconnect: sudden; ramp: magnus"
    turned = system.operators["interaction"] * (6.0 / 90 * T) + system.operators["imbalance"] * (1.2 * T)
    after: qutip.Qobj = (-1j * turned).expm() @ start(system)
    coherence = qutip.Qobj(system.observables()["coherence"])
    assert abs(complex(record.coherence[-1]) - complex(qutip.expect(coherence, after))) < 1e-9


def test_a_bath_on_more_states_than_a_dense_liouvillian_holds():
    system, gamma = junction(29), 0.06
    bath, wait = md.Bath(dephasing=gamma), md.Protocol(md.Hold(duration=1.0))
    with pytest.raises(md.InputError, match=r"at most 22 states.*method='ode'.*'trajectories'"):
        md.evolve(system, wait, bath=bath)
    expected = plain(system, 1.0, 5, [np.sqrt(gamma) * system.dephasing()])
    record = md.evolve(system, wait, bath=bath, method="ode", moments=5)
    assert record.attrs["method"] == "hold: ode"
    assert deviation(record, expected) < 5e-9
    counted = md.evolve(system, wait, bath=bath, method="trajectories", trajectories=400, moments=5)
    for name, value in zip(OBSERVED, expected, strict=True):
        distance = np.abs(counted[name].values - value)[1:]
        assert (distance < 4.5 * counted[f"{name}_error"].values[1:] + 1e-9).all()
        assert (counted[f"{name}_error"].values[1:] > 0).all()
    assert float(counted.jumps[-1]) > 1


def test_a_bath_is_integrated_with_what_relaxes_and_turns():
    """Loss, dephasing, relaxation and a driven rotation in one protocol: sparse integration against exponentials."""
    pair = md.TrapPair(tunnelling=0.8, zeeman=4.0, field_angle=1.2, detuning=0.3)
    protocol = md.Protocol(
        md.Disconnect(),
        md.Rotate(duration=1.0, turns=0.7, shape="smooth"),
        md.Connect(duration=0.4),
        md.Relax(duration=1.5, rate=0.7, temperature=0.4),
    )
    for bath in (md.Bath(), md.Bath(dephasing=0.1, loss=0.2)):
        one, two = (md.evolve(pair, protocol, bath=bath, moments=4, method=m) for m in ("auto", "ode"))
        for name in ("energy", "heat", "coherence", "imbalance", "shared", "spin_B", "norm"):
            assert np.abs(one[name].values - two[name].values).max() < 1e-8, name


@pytest.mark.parametrize("bath", [{}, {"dephasing": 0.2}, {"dephasing": 0.1, "loss": 0.2}])
@pytest.mark.parametrize("account", ["conserving", "mixture"])
def test_trajectories_have_the_means_of_the_master_equation(bath, account):
    pair = md.TrapPair(tunnelling=0.8, zeeman=6.0, field_angle=1.2, phases=(0.2, 0.9))
    protocol = md.Protocol(
        md.Disconnect(),
        md.Rotate(duration=2.0, turns=0.8),
        md.Connect(),
        md.Hold(duration=0.6),
        md.Relax(duration=1.5, rate=0.7, temperature=0.4),
    )
    options: dict[str, Any] = {"bath": md.Bath(**bath), "moments": 4, "account": account}
    exact = md.evolve(pair, protocol, **options)
    record = md.evolve(pair, protocol, method="trajectories", trajectories=1000, states=True, **options)
    assert "rotate: trajectories, co-rotating" in record.attrs["method"]
    for name in ("energy", "heat", "imbalance", "coherence", "shared", "spin_B"):
        distance = np.abs(record[name].values - exact[name].values)
        assert (distance < 4.5 * record[f"{name}_error"].values + 1e-9).all(), name
    assert float(abs(record.norm - 1).max()) < 1e-9
    assert abs(np.trace(record.state.isel(edge=-1).values) - 1) < 1e-9


def test_trajectories_are_the_same_in_any_blocks(monkeypatch):
    from mesodyn.dynamics import ensembles

    system = junction(12, detuning=md.axis("tilt", [0.0, 0.7]))
    options: dict[str, Any] = {"bath": md.Bath(dephasing=0.2), "method": "trajectories", "trajectories": 20, "seed": 4}
    protocol = md.Protocol(md.Hold(duration=1.0), md.Relax(duration=0.5, rate=0.3, temperature=1.0))
    one = md.evolve(system, protocol, moments=4, **options)
    monkeypatch.setattr(ensembles, "HELD", 200)
    assert one.identical(md.evolve(system, protocol, moments=4, **options))
    other = md.evolve(system, protocol, moments=4, **(options | {"seed": 5}))
    assert not one.equals(other)
    assert not np.array_equal(one.jumps.values[:, 0], one.jumps.values[:, 1])


METHODS = ["auto", "exact", "magnus", "liouvillian", "krylov", "ode", "trajectories"]


@pytest.mark.parametrize("method", METHODS)
def test_a_short_link_late_in_a_long_hold_is_not_stepped_over_by_any_method(method):
    """Half a unit of time with J = pi moves the particle from B to A; everything else is waiting."""
    wait, pair = 500.0, md.TrapPair(tunnelling=np.pi, zeeman=0.0)
    protocol = md.Protocol(
        md.Disconnect(),
        md.Hold(duration=wait),
        md.Connect(),
        md.Hold(duration=0.5),
        md.Disconnect(),
        md.Hold(duration=wait),
    )
    bath = md.Bath(loss=1e-5) if method == "trajectories" else None
    ket = pair.states()["A:0 B:1,+1/2"]
    record = md.evolve(pair, protocol, initial=ket, bath=bath, method=method, trajectories=50)
    if method == "trajectories":
        held = float(record.shared[-1])
        assert 0.9 < held <= 1
        assert abs(float(record.n_A[-1]) - held) < 1e-9
    else:
        assert abs(float(record.n_A[-1]) - 1) < 1e-8


@pytest.mark.parametrize("method", ["auto", "magnus", "liouvillian", "ode"])
def test_a_short_smooth_link_is_not_stepped_over_either(method):
    wait, width, pair = 500.0, 0.5, md.TrapPair(tunnelling=np.pi, zeeman=0.0)
    link = (md.Connect(duration=width), md.Disconnect(duration=width))
    protocol = md.Protocol(md.Disconnect(), md.Hold(duration=wait), *link, md.Hold(duration=wait))
    ket = pair.states()["A:0 B:1,+1/2"]
    record = md.evolve(pair, protocol, initial=ket, method=method, moments=5)
    assert abs(float(record.n_A[-1]) - 1) < 1e-8  # the area is pi times the width


@pytest.mark.parametrize("method", ["auto", "magnus", "ode", "liouvillian"])
def test_an_axis_of_durations_may_start_at_none(method):
    pair = md.TrapPair(tunnelling=0.8, zeeman=3.0, detuning=0.4)
    steps = [md.Disconnect(), md.Hold(duration=0.5)]
    ramp = md.Connect(duration=md.axis("ramp", [0.0, 0.6]))
    found = md.evolve(pair, md.Protocol(*steps, ramp), method=method, moments=3).isel(moment=-1)
    sudden = md.evolve(pair, md.Protocol(*steps, md.Connect()), moments=3).isel(moment=-1)
    smooth = md.evolve(pair, md.Protocol(*steps, md.Connect(duration=0.6)), moments=3).isel(moment=-1)
    for name in ("energy", "imbalance", "coherence"):
        assert abs(found[name].values - [sudden[name].values, smooth[name].values]).max() < 1e-8


@pytest.mark.parametrize("method", ["auto", "krylov", "ode", "magnus"])
def test_a_fast_phase_costs_no_method_anything(method):
    """Ten slow periods in the laboratory frame at mu/Delta = 1e6: 1.5e7 turns of <Psi>, none of them integrated."""
    fast, delta, xi = 1e6, 1.0, 0.25
    rate = np.hypot(delta, xi)
    trap = md.ReservoirTrap(detuning=xi, tunnelling=delta, outside_energy=fast - 2 * xi, weight=0.5)
    wait = md.Protocol(md.Hold(duration=10 * np.pi / rate))
    record = md.evolve(trap, wait, account="superposition", method=method, moments=21, tolerance=1e-10)
    time = record.time.values
    slow = 0.5 * np.exp(1j * xi * time) * (np.cos(rate * time) - 1j * xi / rate * np.sin(rate * time))
    assert np.abs(np.abs(record.order_parameter.values) - np.abs(slow)).max() < 1e-9
    assert np.abs(record.order_parameter.values - slow * np.exp(-1j * fast * time)).max() < 3e-8


HOLD = md.Protocol(md.Hold(duration=1.0))
RAMP = md.Protocol(md.Ramp(duration=1.0, tunnelling=0.3))
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("krylov", {"protocol": RAMP}, r"method must be 'magnus', 'ode' or 'liouvillian' for a driven ramp.*krylov"),
    ("exact", {"protocol": RAMP}, r"for a driven ramp.*exact"),
    ("trajectories", {"protocol": RAMP, "bath": md.Bath(dephasing=0.1)}, r"for a driven ramp.*trajectories"),
    (
        "krylov",
        {"bath": md.Bath(dephasing=0.1)},
        r"method must be 'exact', 'ode' or 'liouvillian' for a hold with a bath",
    ),
    ("krylov", {"account": "mixture"}, r"for a state that is not pure"),
    ("trajectories", {}, r"nothing would jump"),
    ("trajectories", {"trajectories": 1}, r"trajectories must be"),
    ("sideways", {}, r"method"),
]


@pytest.mark.parametrize(("method", "options", "message"), REFUSED)
def test_a_method_that_does_not_fit_is_refused_with_those_that_do(method, options, message):
    given = {"protocol": HOLD} | options
    with pytest.raises(md.InputError, match=message):
        md.evolve(md.TrapPair(), given.pop("protocol"), method=method, **given)


def test_a_method_that_does_not_fit_the_last_segment_is_refused_before_the_first_is_solved(monkeypatch):
    from mesodyn.dynamics.solver import Solver

    monkeypatch.setattr(Solver, "solve", lambda *_: pytest.fail("something was solved"))
    with pytest.raises(md.InputError, match="for a driven ramp"):
        md.evolve(md.TrapPair(), md.Protocol(*HOLD, *RAMP), method="krylov")


def test_matrices_that_would_take_hours_are_refused():
    with pytest.raises(md.InputError, match=r"'krylov' \(static\) or 'ode' for 701 states"):
        md.evolve(junction(700), HOLD, method="magnus")
    with pytest.raises(md.InputError, match="'auto' for a relax of 31 states"):
        md.evolve(junction(30), md.Protocol(md.Relax(duration=1.0)), method="ode")
    with pytest.raises(md.InputError, match=r"moments must be fewer.*density matrices of 1201 states"):
        md.evolve(junction(1200, temperature=1.0), HOLD, initial="thermal")


def test_an_integrator_that_does_not_reach_the_tolerance_is_no_result(monkeypatch):
    from mesodyn.dynamics import ode

    monkeypatch.setattr(ode, "MOST_STEPS", 3)
    with pytest.raises(md.UnfinishedError, match="ode took more than 3 steps"):
        md.evolve(junction(60), HOLD, method="ode", moments=2)
    monkeypatch.setattr(ode, "MOST_STEPS", 10**6)
    monkeypatch.setattr(ode, "TIGHTENED", 2)
    for method in ("ode", "krylov"):
        with pytest.raises(md.UnfinishedError, match=f"{method} did not reach tolerance 1e-17"):
            md.evolve(junction(60), HOLD, method=method, moments=2, tolerance=1e-17)
