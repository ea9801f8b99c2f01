"""A trap on the condensate of a lead is a trap with one state outside, once the total is fixed."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError

ENERGY = st.floats(-2, 2).filter(lambda x: abs(x) > 1e-6)


@settings(max_examples=15, deadline=None)
@given(xi=ENERGY, delta=ENERGY, energy=ENERGY, n=st.integers(1, 30), step=st.sampled_from([1, 2]))
def test_at_a_fixed_total_it_is_the_trap_with_one_state_outside(xi, delta, energy, n, step):
    lead = md.LeadTrap(detuning=xi, tunnelling=delta, lead_energy=energy, lead_number=n, step=step)
    state = md.ReservoirTrap(detuning=xi, tunnelling=delta, outside_energy=energy, step=step)
    one, other = lead.equilibrium(), state.equilibrium()
    shift = energy  # the outside state is filled where the lead holds n: there the lead's energy is counted from
    assert float(one.energy) + shift == pytest.approx(float(other.energy), abs=1e-9)
    for name in ("n_mean", "correlation"):
        assert complex(one[name]) == pytest.approx(complex(other[name]), abs=1e-9)


def test_the_coherent_lead_has_unit_amplitude_and_the_product_state_correlates():
    trap = md.LeadTrap(lead_number=12, weight=0.3, phase=0.7)
    record = md.evolve(trap, md.Protocol(md.Hold(duration=1.0)), account="superposition", moments=2)
    assert complex(record.lead_field[0]) == pytest.approx(1.0, abs=1e-12)
    assert complex(record.correlation[0]) == pytest.approx(np.sqrt(0.21) * np.exp(0.7j), abs=1e-12)


def test_the_evolution_is_that_of_plain_qutip():
    trap = md.LeadTrap(detuning=0.3, tunnelling=0.5, lead_energy=0.4, lead_number=2, weight=0.6, tail=1e-8)
    record = md.evolve(trap, md.Protocol(md.Hold(duration=3.0)), account="superposition", moments=4)
    low, high = trap.window
    a = qutip.Qobj(np.diag(np.sqrt(np.arange(low + 1, high + 1)), 1))
    n = qutip.qdiags([np.arange(low, high + 1.0)], [0])
    lower = qutip.basis(2, 0) @ qutip.basis(2, 1).dag()
    hop = qutip.tensor(lower.dag(), a)
    inside = qutip.tensor(qutip.num(2), qutip.qeye_like(n))
    hamiltonian = (0.4 + 0.6) * inside + 0.4 * qutip.tensor(qutip.qeye(2), n - 2) - 0.5 / np.sqrt(2) * (hop + hop.dag())
    coherent = qutip.Qobj(
        np.sqrt([np.exp(-2) * 2**k / float(np.prod(np.arange(1, k + 1))) for k in range(low, high + 1)])
    )
    start = qutip.tensor(qutip.Qobj([np.sqrt(0.4), np.sqrt(0.6)]), coherent.unit())
    done = qutip.sesolve(
        hamiltonian,
        start,
        record.time.values,
        e_ops=[qutip.tensor(lower, qutip.qeye_like(n))],
        options={"rtol": 1e-10, "atol": 1e-12},
    )
    assert record.order_parameter.values == pytest.approx(done.expect[0], abs=1e-8)


def test_the_window_is_closed_under_hops():
    trap = md.LeadTrap(detuning=0.3, tunnelling=0.5, lead_number=6, weight=0.5)
    wider = md.LeadTrap(detuning=0.3, tunnelling=0.5, lead_number=6, weight=0.5, tail=1e-18)
    assert wider.space.size > trap.space.size
    one, other = (
        md.evolve(t, md.Protocol(md.Hold(duration=20.0)), account="superposition", moments=9) for t in (trap, wider)
    )
    assert one.order_parameter.values == pytest.approx(other.order_parameter.values, abs=1e-10)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"lead_number": 0}, "lead_number must be"),
        ({"lead_number": 201}, "lead_number must be"),
        ({"weight": 1.2}, "weight must be"),
        ({"step": 3}, "step must be"),
        ({"detuning": float("nan")}, "detuning must be"),
    ],
)
def test_bad_input_is_refused(given_, words):
    with pytest.raises(InputError, match=words):
        md.LeadTrap(**given_)


def test_an_account_with_a_phase_needs_a_weight():
    with pytest.raises(InputError, match="weight must be given"):
        md.evolve(md.LeadTrap(), md.Protocol(md.Hold(duration=1.0)), account="superposition")
