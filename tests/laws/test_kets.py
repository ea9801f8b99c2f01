"""What pure states obey when they are carried as kets, by whatever method, whatever the parameters."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
import qutip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.systems.bose_junction import BoseJunction

FEW = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
CLOSED = ["exact", "magnus", "liouvillian", "krylov", "ode"]
PAIRS = [(a, b) for k, a in enumerate(CLOSED) for b in CLOSED[:k]]
energies = st.floats(-2.0, 2.0)
times = st.floats(0.1, 2.0)
phases = st.floats(-np.pi, np.pi)


def junction(N=6, **parameters: Any) -> BoseJunction:
    return BoseJunction(particles=N, **({"interaction": 0.4, "imbalance": 0.5, "phase": 0.7} | parameters))


def worst(first, second):
    names = [name for name in first.data_vars if name not in ("error", "state")]
    return max(float(np.abs(first[name].values - second[name].values).max()) for name in names)


def static(duration=1.0):
    steps = [md.Hold(duration=duration), md.Disconnect(), md.Hold(duration=0.4), md.Connect(), md.Hold(duration=0.7)]
    return md.Protocol(*steps)


@FEW
@given(U=energies, J=energies, tilt=energies, z=st.floats(-1, 1), phase=phases, method=st.sampled_from(CLOSED))
def test_every_method_keeps_norm_energy_and_positivity(U, J, tilt, z, phase, method):
    system = junction(tunnelling=J, interaction=U, detuning=tilt, imbalance=z, phase=phase)
    record = md.evolve(system, md.Protocol(md.Hold(duration=1.3)), method=method, moments=4, states=True)
    assert float(abs(record.norm - 1).max()) < 1e-8
    assert float(np.ptp(record.energy.values)) < 1e-7
    last = record.state.isel(edge=-1).values
    rho = last if last.ndim == 2 else np.outer(last, last.conj())
    assert np.linalg.eigvalsh(rho).min() > -1e-9


@FEW
@given(
    U=energies, J=energies, tilt=energies, time=times, pair=st.sampled_from([(a, b) for a in CLOSED for b in CLOSED])
)
def test_every_two_methods_agree_where_nothing_is_driven(U, J, tilt, time, pair):
    system = junction(tunnelling=J, interaction=U, detuning=tilt)
    one, two = (md.evolve(system, static(time), method=m, moments=4, tolerance=1e-10) for m in pair)
    assert worst(one, two) < 1e-8


@FEW
@given(J=energies, EZ=st.floats(0.5, 6.0), angle=st.floats(0.1, 3.0), what=st.sampled_from(["conserving", "mixture"]))
def test_runge_kutta_agrees_with_magnus_steps_where_something_is_driven(J, EZ, angle, what):
    system = md.TrapPair(tunnelling=J, zeeman=EZ, field_angle=angle, detuning=0.3)
    protocol = md.Protocol(
        md.Disconnect(duration=0.3),
        md.Rotate(duration=2.0, turns=0.8, shape="smooth"),
        md.Ramp(duration=0.7, detuning=0.5, tunnelling=0.6),
        md.Connect(duration=0.2),
    )
    options: dict[str, Any] = {"account": what, "moments": 4, "tolerance": 1e-10}
    assert worst(md.evolve(system, protocol, **options), md.evolve(system, protocol, method="ode", **options)) < 1e-8


@FEW
@given(a=times, b=times, method=st.sampled_from(CLOSED), frame=st.sampled_from(["lab", "rotating"]))
def test_a_hold_in_two_parts_is_one(a, b, method, frame):
    trap = md.ReservoirTrap(detuning=0.3, tunnelling=0.8, outside_energy=2.0, weight=0.4, phase=0.9)
    whole, halves = md.Protocol(md.Hold(duration=a + b)), md.Protocol(md.Hold(duration=a), md.Hold(duration=b))
    options: dict[str, Any] = {"account": "superposition", "method": method, "frame": frame, "moments": 2}
    one, two = (md.evolve(trap, p, **options).isel(moment=-1) for p in (whole, halves))
    assert worst(one, two) < 1e-8


@FEW
@given(phase=phases, shift=phases, method=st.sampled_from(CLOSED), hop=st.complex_numbers(max_magnitude=2.0))
def test_a_gauge_turns_only_what_breaks_the_symmetry(phase, shift, method, hop):
    """exp(i shift N_out) on the link and exp(-i shift) on the outside amplitude: the same physics."""
    options: dict[str, Any] = {"account": "conserving", "method": method, "moments": 3}
    traps = [
        md.ReservoirTrap(detuning=0.3, tunnelling=hop * np.exp(1j * s), weight=0.4, phase=phase + s)
        for s in (0.0, shift)
    ]
    one, two = (md.evolve(trap, md.Protocol(md.Hold(duration=1.1)), **options) for trap in traps)
    for name in ("energy", "n_mean"):
        assert np.abs(one[name].values - two[name].values).max() < 1e-8
    assert np.abs(two.correlation.values - one.correlation.values * np.exp(1j * shift)).max() < 1e-8


@pytest.mark.parametrize("method", ["exact", "krylov", "ode"])
def test_the_total_number_stays_in_a_superposition_of_totals(method):
    system = junction(N=3, spread=12, interaction=0.3)
    record = md.evolve(system, static(), account="superposition", method=method, moments=3, states=True)
    assert "column" not in record.state.dims
    weights = np.abs(record.state.values) ** 2
    totals = [sum(int(part.split(":")[1]) for part in str(label).split()) for label in record.row.values]
    for total in set(totals):
        inside = weights[:, np.array(totals) == total].sum(axis=1)
        assert np.abs(inside - inside[0]).max() < 1e-9
    assert np.abs(record.number.values - record.number.values[0]).max() < 1e-8


def test_kets_stay_kets_until_something_makes_them_mixed():
    ket = md.TrapPair(zeeman=3.0).states()["A:0 B:1,+1/2"]
    hold, relax = md.Hold(duration=1.0), md.Relax(duration=1.0, rate=0.3, temperature=0.5)
    pair = md.TrapPair(zeeman=3.0)

    def dims(start, *steps, **options):
        return md.evolve(pair, md.Protocol(*steps), initial=start, moments=2, states=True, **options).state.dims

    assert dims(ket, hold) == ("edge", "row")
    assert dims(ket.proj(), hold) == ("edge", "row", "column")
    assert dims(ket, hold, relax) == ("edge", "row", "column")
    assert dims(ket, hold, bath=md.Bath(dephasing=0.1)) == ("edge", "row", "column")
    assert dims("ground", hold) == ("edge", "row", "column")  # as the system gives it


def test_a_ket_and_its_density_matrix_give_one_record():
    pair = md.TrapPair(zeeman=3.0, tunnelling=0.7)
    ket = (pair.states()["A:0 B:1,+1/2"] + 1j * pair.states()["A:1,-1/2 B:0"]).unit()
    mixed = 0.6 * ket.proj() + 0.4 * pair.states()["A:0 B:1,-1/2"].proj()
    protocol = md.Protocol(md.Hold(duration=0.5), md.Disconnect(), md.Rotate(duration=2.0, turns=0.3, shape="smooth"))
    kets, squares = (md.evolve(pair, protocol, initial=s, moments=5) for s in (ket, ket.proj()))
    assert worst(kets, squares) < 1e-12
    other = md.evolve(pair, protocol, initial=pair.states()["A:0 B:1,-1/2"], moments=5)
    whole = md.evolve(pair, protocol, initial=mixed, moments=5)
    assert float(abs(whole.energy - 0.6 * kets.energy - 0.4 * other.energy).max()) < 1e-12


def test_pure_and_mixed_points_of_one_axis_are_their_single_runs():
    """Without a link the ground state is shared by two levels: mixed, between points that are pure."""
    links = [0.5, 0.0, 1.0]
    protocol = md.Protocol(md.Hold(duration=1.0), md.Ramp(duration=0.5, tunnelling=0.3))
    whole = md.evolve(md.TrapPair(tunnelling=md.axis("J", links), zeeman=3.0), protocol, moments=3)
    for k, J in enumerate(links):
        alone = md.evolve(md.TrapPair(tunnelling=J, zeeman=3.0), protocol, moments=3)
        for name in alone.data_vars:
            assert whole[name].isel(J=k).values.tobytes() == alone[name].values.tobytes(), name


@pytest.mark.parametrize("method", ["krylov", "ode", "trajectories", "exact"])
def test_an_axis_is_its_single_points_bit_for_bit_by_every_method(method):
    tilts = [0.0, 0.4, -0.3]
    options: dict[str, Any] = {"method": method, "moments": 3, "trajectories": 5}
    options |= {"bath": md.Bath(dephasing=0.3)} if method == "trajectories" else {}
    whole = md.evolve(junction(N=30, detuning=md.axis("tilt", tilts)), static(), **options)
    for k, tilt in enumerate(tilts):
        if method == "trajectories" and k > 0:
            continue  # another point of the run draws other numbers
        alone = md.evolve(junction(N=30, detuning=tilt), static(), **options)
        for name in alone.data_vars:
            assert whole[name].isel(tilt=k).values.tobytes() == alone[name].values.tobytes(), name


def test_operators_depend_on_no_parameter_that_may_be_an_axis():
    """What is worked out for a system is used for every other that differs in such parameters only."""
    for one, two in (
        (junction(), junction(tunnelling=3.0, interaction=1.0, imbalance=0.1)),
        (md.TrapPair(), md.TrapPair(zeeman=2.0, weight=0.1, detuning=0.3)),
        (md.ReservoirTrap(), md.ReservoirTrap(detuning=1.0, tunnelling=0.3j, outside_energy=4.0)),
    ):
        assert one.worked_out is two.worked_out
        for name, operator in one.operators.items():
            assert operator == two.operators[name]
    assert junction().worked_out is not junction(N=7).worked_out


def test_a_ket_that_is_not_normalised_is_refused():
    with pytest.raises(md.InputError, match=r"initial must be normalised.*norm 2.*unit"):
        md.evolve(md.TrapPair(), md.Protocol(md.Hold(duration=1.0)), initial=2 * md.TrapPair().states()["A:0 B:0"])
    with pytest.raises(md.InputError, match="initial must be a state of 9 levels"):
        md.evolve(md.TrapPair(), md.Protocol(md.Hold(duration=1.0)), initial=qutip.basis(4, 0))


@FEW
@given(size=st.integers(1, 9), filled=st.floats(0.05, 1.0), seed=st.integers(0, 2**32 - 1))
def test_means_taken_diagonal_by_diagonal_are_traces(size, filled, seed):
    from scipy.sparse import csr_array

    from mesodyn.dynamics.kets import amplitudes, density, pure
    from mesodyn.dynamics.means import Means

    draw = np.random.default_rng(seed)
    kets = draw.normal(size=(2, 3, size)) + 1j * draw.normal(size=(2, 3, size))
    kets /= np.linalg.norm(kets, axis=-1, keepdims=True)
    operators = {
        f"{k}": (draw.normal(size=(size, size)) + 1j * draw.normal(size=(size, size)))
        * (draw.random((size, size)) < filled)
        for k in range(4)
    }
    means = Means({name: csr_array(operator) for name, operator in operators.items()})
    squares = density(kets)
    for name, operator in operators.items():
        wanted = np.einsum("pmij,ji->pm", squares, operator)
        assert np.abs(means(kets)[name] - wanted).max() < 1e-12
        assert np.abs(means(squares)[name] - wanted).max() < 1e-12
    assert pure(squares[:, 0]).all()
    assert np.abs(density(amplitudes(squares[:, 0])) - squares[:, 0]).max() < 1e-13
    if size > 1:
        assert not pure(0.9 * squares[:, 0] + 0.1 * np.eye(size) / size).any()


def test_a_thousand_atoms_take_no_square_of_their_states():
    """One density matrix of 1001 states is 16 MB, 11 of them 176; the eigenvectors are 8."""
    system, wait = junction(N=1000, interaction=0.01), md.Protocol(md.Hold(duration=2.0))
    md.evolve(system, wait, moments=11)
    tracemalloc.start()
    record = md.evolve(system, wait, moments=11)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6
    assert float(abs(record.norm - 1).max()) < 1e-12
    assert float(np.ptp(record.energy.values)) < 1e-12 * float(abs(record.energy[0])) * 10
