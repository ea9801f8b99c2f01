"""What every evolution obeys, whatever its parameters."""

from typing import Any

import numpy as np
import pytest
import qutip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mesodyn as md

FEW = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
KINDS: list[dict[str, Any]] = [
    {"kind": "fermion", "n_c": 0},
    {"kind": "fermion", "n_c": 1},
    {"kind": "pair", "n_c": 0},
    {"kind": "pair", "n_c": 1},
    {"kind": "boson", "n_c": 2, "spin": 1},
]
SCALARS = ["energy", "heat", "norm", "n_A", "n_B", "imbalance", "shared"]

kinds = st.sampled_from(KINDS)
energies = st.floats(-2.0, 2.0)
fields = st.floats(0.5, 8.0)
angles = st.floats(0.0, np.pi)
rates = st.floats(0.01, 0.6)
times = st.floats(0.1, 2.0)


def segment(draw):
    name = draw(st.sampled_from(["hold", "rotate", "connect", "disconnect", "ramp", "relax"]))
    duration = draw(times)
    if name == "rotate":
        shape, trap = draw(st.sampled_from(["smooth", "uniform"])), draw(st.sampled_from("AB"))
        return md.Rotate(duration=duration, turns=draw(st.floats(-1.5, 1.5)), shape=shape, trap=trap)
    if name == "ramp":
        return md.Ramp(duration=duration, tunnelling=draw(energies), detuning=draw(energies))
    if name == "relax":
        return md.Relax(duration=duration, rate=draw(rates), temperature=draw(st.sampled_from([0.0, 0.1, 0.7, 2.0])))
    if name == "hold":
        return md.Hold(duration=duration)
    switch = md.Connect if name == "connect" else md.Disconnect
    return switch(duration=draw(st.sampled_from([0.0, 0.5])))


@st.composite
def protocols(draw, most=4):
    return md.Protocol(*[segment(draw) for _ in range(draw(st.integers(1, most)))])


def system(what, J=1.0, zeeman=4.0, angle=1.1, **more):
    return md.TrapPair(tunnelling=J, zeeman=zeeman, field_angle=angle, **what, **more)


def total(record):
    return record.n_A + record.n_B


@settings(FEW, max_examples=8)
@given(
    what=kinds,
    protocol=protocols(),
    account=st.sampled_from(["conserving", "superposition", "mixture"]),
    data=st.data(),
)
def test_norm_positivity_and_total_number_are_kept(what, protocol, account, data):
    pair = system(what, data.draw(energies), data.draw(fields), data.draw(angles), weight=0.4, phases=(0.3, 1.0))
    record = md.evolve(pair, protocol, account=account, moments=3, states=True)
    assert float(abs(record.norm - 1).max()) < 1e-9
    assert float(np.ptp(total(record).values)) < 1e-9
    for edge in range(record.sizes["edge"]):
        rho = record.state.isel(edge=edge).values
        assert np.abs(rho - rho.conj().T).max() < 1e-11
        assert np.linalg.eigvalsh(rho).min() > -1e-9


@settings(FEW, max_examples=5)
@given(what=st.sampled_from(KINDS[:3]), protocol=protocols(3), gamma=rates, loss=rates, data=st.data())
def test_norm_positivity_and_losses_under_a_bath(what, protocol, gamma, loss, data):
    pair = system(what, data.draw(energies), data.draw(fields), data.draw(angles))
    record = md.evolve(pair, protocol, bath=md.Bath(dephasing=gamma, loss=loss), moments=3, states=True)
    assert float(abs(record.norm - 1).max()) < 1e-9
    kept = np.exp(-loss * record.time)
    assert float(abs(record.shared - kept).max()) < 1e-9
    assert float(abs(total(record) - pair.shared_total + pair.step * (1 - kept)).max()) < 1e-8
    for edge in range(record.sizes["edge"]):
        assert np.linalg.eigvalsh(record.state.isel(edge=edge).values).min() > -1e-9


@FEW
@given(
    first=st.floats(-3, 3),
    second=st.floats(-3, 3),
    shift=st.floats(-3, 3),
    weight=st.floats(0.05, 0.95),
    what=kinds,
    data=st.data(),
)
def test_only_the_difference_of_two_phases_is_seen(first, second, shift, weight, what, data):
    protocol = md.Protocol(
        md.Disconnect(),
        md.Rotate(duration=2.0, turns=data.draw(st.floats(-2, 2)), shape="smooth"),
        md.Connect(),
        md.Hold(duration=1.0),
    )
    pairs = [
        system(what, 0.7, 5.0, 0.8, weight=weight, phases=p) for p in ((first, second), (first + shift, second + shift))
    ]
    one, two = (md.evolve(p, protocol, account="superposition", moments=4) for p in pairs)
    for name in (*SCALARS, "coherence"):
        assert np.abs(one[name].values - two[name].values).max() < 1e-11


@FEW
@given(
    what=kinds,
    a=times,
    b=times,
    gamma=st.sampled_from([0.0, 0.2]),
    kT=st.sampled_from([0.0, 0.05, 0.4, 2.0]),
    data=st.data(),
)
def test_two_segments_in_a_row_are_one(what, a, b, gamma, kT, data):
    """Hold, uniform Rotate and Relax: no memory, no origin of time."""
    pair = system(what, data.draw(energies), data.draw(fields), data.draw(angles), detuning=0.4)
    turns = data.draw(st.floats(-2, 2))
    split = a / (a + b)
    steps = [
        lambda share: md.Hold(duration=share * (a + b)),
        lambda share: md.Rotate(duration=share * (a + b), turns=share * turns),
        lambda share: md.Relax(duration=share * (a + b), rate=0.7, temperature=kT),
    ]
    for step in steps:
        before = [md.Disconnect()] if isinstance(step(1.0), md.Rotate) else []
        whole = md.Protocol(*before, step(1.0))
        halves = md.Protocol(*before, step(split), step(1 - split))
        options: dict[str, Any] = {"bath": md.Bath(dephasing=gamma), "moments": 2, "initial": start_of(pair)}
        one, two = (md.evolve(pair, p, **options).isel(moment=-1) for p in (whole, halves))
        for name in (*SCALARS, "coherence"):
            assert np.abs(one[name].values - two[name].values).max() < 2e-10


def start_of(pair):
    """Some pure state of the shared sector that is an eigenstate of nothing."""
    kept = pair.space.sector(pair.shared_total)
    amplitudes = np.zeros(pair.space.size, complex)
    amplitudes[kept] = np.exp(1j * np.arange(len(kept)) ** 2) * (1 + np.arange(len(kept)))
    return qutip.Qobj(amplitudes, dims=[pair.space.dims, [1] * len(pair.space.dims)]).unit()


@FEW
@given(what=kinds, account=st.sampled_from(["superposition", "mixture"]), protocol=protocols(3), data=st.data())
def test_a_superposition_of_totals_is_the_sum_over_its_sectors(what, account, protocol, data):
    """The theorem of DEFINITIONS 6.1, for all observables that keep the total number (there are no others here)."""
    protocol = md.Protocol(*[s for s in protocol if not isinstance(s, md.Relax)], md.Hold(duration=0.3))
    pair = system(what, 0.9, 3.0, 1.2, weight=data.draw(st.floats(0.1, 0.9)), phases=(0.2, -0.9))
    whole = md.evolve(pair, protocol, account=account, moments=3, states=True)
    start = np.zeros((pair.space.size,) * 2, complex)
    at = [list(pair.space.labels).index(label) for label in whole.row.values]
    start[np.ix_(at, at)] = whole.state.isel(edge=0).values
    sums = dict.fromkeys((*SCALARS[:1], *SCALARS[2:], "coherence"), 0.0)
    weights = []
    for number in sorted(set(pair.space.totals.tolist())):
        inside = np.diag((pair.space.totals == number).astype(float))
        part = inside @ start @ inside
        weight = np.trace(part).real
        weights.append(weight)
        sector = qutip.Qobj(part / weight, dims=[pair.space.dims] * 2)
        record = md.evolve(pair, protocol, initial=sector, moments=3)
        sums = {name: value + weight * record[name].values for name, value in sums.items()}
    v2 = pair.weight
    assert np.allclose(weights, [(1 - v2) ** 2, 2 * v2 * (1 - v2), v2**2], atol=1e-13)
    for name, value in sums.items():
        assert np.abs(whole[name].values - value).max() < 1e-9


@FEW
@given(
    what=kinds,
    kT=st.floats(0.1, 3.0),
    J=st.floats(0.2, 2.0),
    zeeman=fields,
    turns=st.floats(0, 1),
    gap=st.sampled_from([0.0, 0.8]),
)
def test_relaxing_ends_in_boltzmann_weights_of_each_sector(what, kT, J, zeeman, turns, gap):
    pair = system(what, J, zeeman, 1.1, connected_detuning=gap)
    protocol = md.Protocol(
        md.Disconnect(),
        md.Rotate(duration=0.7, turns=turns),
        md.Connect(),
        md.Relax(duration=60.0, rate=1.0, temperature=kT),
    )
    record = md.evolve(pair, protocol, initial=start_of(pair), moments=2, states=True)
    from mesodyn.systems.base import Setting

    H = pair.hamiltonian(setting=Setting(1.0, {"B": 2 * np.pi * turns})).full()
    at = [list(pair.space.labels).index(label) for label in record.row.values]
    H = H[np.ix_(at, at)]
    energies, vectors = np.linalg.eigh(H)
    weights = np.exp(-(energies - energies[0]) / kT)
    gibbs = (vectors * weights / weights.sum()) @ vectors.conj().T
    assert np.abs(record.state.isel(edge=-1).values - gibbs).max() < 1e-9
    assert (
        abs(
            float(record.heat[-1] - record.heat[0])
            - float(record.energy.sel(moment=record.segment == "connect")[-1] - record.energy[-1])
        )
        < 1e-10
    )


@FEW
@given(
    J=energies.filter(lambda x: abs(x) > 0.05),
    zeeman=st.floats(10.0, 60.0),
    angle=angles,
    turns=st.floats(-2, 2),
    kT=st.sampled_from([0.0, 0.3, 1.1]),
    what=kinds,
    account=st.sampled_from(["conserving", "superposition", "mixture"]),
)
def test_heats_are_a_distribution_whose_mean_is_the_heat_released(J, zeeman, angle, turns, kT, what, account):
    run = md.experiment(
        "two-pi-rotation",
        tunnelling=J,
        zeeman=zeeman,
        field_angle=angle,
        turns=turns,
        temperature=kT,
        rotation_time=3.0,
        ramp="uniform",
        account=account,
        **what,
    ).run()
    found = run.findings["heat_distribution"].value
    heat, weight = found.sel(part="heat").values, found.sel(part="weight").values
    assert abs(weight.sum() - 1) < 1e-9
    assert weight.min() >= 0
    mean = np.nansum(np.where(weight > 0, heat * weight, 0))
    assert abs(mean - float(run.findings["heat_released"].value)) < 1e-8
    assert abs(mean - float(run.findings["heat_in_record"].value)) < 1e-8
    for finding in run.findings.values():
        assert finding.passed is not False, finding.name


@FEW
@given(what=kinds, J=st.floats(0.2, 2.0), zeeman=fields, angle=angles, turns=st.floats(-2, 2), shift=st.floats(-9, 9))
def test_the_sign_of_the_link_and_a_common_turn_of_both_fields_do_not_matter(what, J, zeeman, angle, turns, shift):
    """H(-J) is H(J) seen with the gauge of B turned; two fields turned alike are one choice of axes."""
    steps = [md.Rotate(duration=1.0, turns=turns), md.Connect(), md.Hold(duration=0.4)]
    both = [md.Disconnect(), md.Rotate(duration=1e-9, turns=0.0), *steps]
    first = md.evolve(system(what, J, zeeman, angle), md.Protocol(*both), moments=3)
    second = md.evolve(system(what, -J, zeeman, angle), md.Protocol(*both), moments=3)
    assert np.abs(first.energy.values - second.energy.values).max() < 1e-10
    assert np.abs(first.coherence.values + second.coherence.values).max() < 1e-10


@pytest.mark.parametrize("what", KINDS)
def test_turning_about_the_field_does_nothing(what):
    run = md.experiment("two-pi-rotation", field_angle=0.0, turns=md.axis("turns", [0.3, 1, 2]), **what).run()
    assert float(abs(run.findings["heat_released"].value).max()) < 1e-10


@pytest.mark.parametrize("inverse", [False, True])
def test_a_slow_turn_there_and_back_is_no_turn(inverse):
    sign = -1 if inverse else 1
    steps = [
        md.Disconnect(),
        md.Rotate(duration=400.0, turns=0.7 * sign, shape="smooth"),
        md.Rotate(duration=400.0, turns=-0.7 * sign, shape="smooth"),
        md.Connect(),
    ]
    record = md.evolve(system(KINDS[0], 1.0, 40.0, 0.9), md.Protocol(*steps), moments=11)
    assert abs(float(record.energy[-1] - record.energy[0])) < 1e-5


@pytest.mark.parametrize("account", ["superposition", "mixture"])
def test_what_cannot_be_measured_is_not_compared(account):
    """No spin is ever in a trap."""
    run = md.experiment("two-pi-rotation", account=account, weight=0.0).run()
    assert all(finding.passed is not False for finding in run.findings.values())


def test_the_norm_is_kept_where_fast_and_slow_blocks_lose_and_relax_at_even_moments():
    """Rounding links blocks of a Liouvillian: it must not grow with one of them."""
    pair = md.TrapPair(kind="pair", n_c=1, zeeman=20.0, field_angle=1.0, weight=0.5, phases=(3.0, 0.0))
    relax = md.Protocol(md.Relax(duration=30.0, rate=1.0))
    record = md.evolve(pair, relax, account="superposition", bath=md.Bath(loss=0.02), moments=101)
    assert float(abs(record.norm - 1).max()) < 1e-12
