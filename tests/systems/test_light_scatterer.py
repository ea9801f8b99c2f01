"""A trap whose excitation energy depends on its number: what its light is made of, in every account."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.accounts import ACCOUNTS
from mesodyn.errors import InputError
from mesodyn.systems.light_scatterer import LightScatterer, occupation

TRAP: dict[str, Any] = {
    "excitation_low": 5.0,
    "excitation_high": 5.6,
    "weight": 0.35,
    "phase": 0.4,
    "chemical_potential": 1.3,
}


def prepared(trap: LightScatterer, account: str, initial: str = "thermal") -> np.ndarray:
    """The state on the whole space."""
    kept, state = trap.prepare(account, initial, {k: np.atleast_1d(v) for k, v in trap.values().items()})
    found = np.zeros((8, 8), complex)
    found[np.ix_(kept, kept)] = state[0]
    return found


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.floats(-4, 4), st.floats(0, 20), st.sampled_from((1, 2)))
def test_accounts_have_the_same_weights_of_number_and_inside(weight, phase, temperature, step):
    trap = LightScatterer(weight=weight, phase=phase, temperature=temperature, step=step)
    inside = []
    for account in ACCOUNTS:
        state = prepared(trap, account)
        assert np.trace(state).real == pytest.approx(1, abs=1e-12)
        assert np.linalg.eigvalsh(state).min() > -1e-12
        parts = qutip.Qobj(state, dims=[[2, 2, 2]] * 2).ptrace([0, 1]).full()
        inside.append(np.diag(parts).real)
        assert inside[-1][2:].sum() == pytest.approx(weight, abs=1e-12)
    assert np.allclose(inside, inside[0], atol=1e-13)


def test_only_an_observable_that_changes_the_number_tells_the_accounts_apart():
    trap, uv = md.LightScatterer(**TRAP), np.sqrt(0.35 * 0.65)
    found = {account: trap.equilibrium(account) for account in ACCOUNTS}
    assert abs(complex(found["superposition"].order_parameter)) == pytest.approx(uv, abs=1e-12)
    assert abs(complex(found["conserving"].correlation)) == pytest.approx(uv, abs=1e-12)
    for account, name in (("superposition", "correlation"), ("conserving", "order_parameter")):
        assert abs(complex(found[account][name])) < 1e-15
    assert abs(complex(found["mixture"].order_parameter)) + abs(complex(found["mixture"].correlation)) < 1e-15
    for name in ("energy", "n_mean", "excited_low", "excited_high"):
        assert len({round(float(f[name]), 12) for f in found.values()}) == 1


@pytest.mark.parametrize("step", [1, 2])
def test_the_order_parameter_turns_at_the_chemical_potential_whatever_the_excitations(step):
    trap = md.LightScatterer(**TRAP, step=step, n_c=3)
    record = md.evolve(trap, md.Protocol(md.Hold(duration=2.0)), account="superposition", moments=5)
    known = np.sqrt(0.35 * 0.65) * np.exp(0.4j - 1j * step * 1.3 * record.time.values)
    assert np.abs(record.order_parameter.values - known).max() < 1e-12
    assert np.abs(record.n_mean.values - 3 - 0.35 * step).max() < 1e-12


@pytest.mark.parametrize("resolved", [False, True])
@pytest.mark.parametrize("temperature", [0.0, 3.0])
def test_the_excited_level_of_either_number_empties_at_its_own_rate(resolved, temperature):
    trap = LightScatterer(width_low=0.1, width_high=0.3, temperature=temperature)
    down, up = np.zeros(2), np.zeros(2)
    for jump in trap.jumps(resolved=resolved):
        flow = np.abs(jump) ** 2
        down += [flow[0, 2], flow[4, 6]]
        up += [flow[2, 0], flow[6, 4]]
    photons = occupation(np.array([5.0, 5.6]), temperature)
    assert down == pytest.approx(np.array([0.1, 0.3]) * (1 + photons), rel=1e-12)
    assert up == pytest.approx(np.array([0.1, 0.3]) * photons, abs=1e-15)


def test_levels_are_as_given_and_light_conserves_the_number():
    trap = md.LightScatterer(**TRAP, n_c=4, step=2)
    number = trap.space.number("trap")
    for operator in (
        trap.hamiltonian(),
        *(qutip.Qobj(x, dims=number.dims) for x in (trap.scattering(), *trap.jumps())),
    ):
        assert (operator @ number - number @ operator).norm() < 1e-12
    levels = trap.hamiltonian().diag().real[[0, 2, 4, 6]]
    assert levels == pytest.approx([0, 5.0, 2.6, 8.2], abs=1e-12)


def test_the_parts_take_axes():
    trap = md.LightScatterer(excitation_high=md.axis("apart", 5, 6, 3), weight=0.5)
    assert trap.equilibrium("superposition").energy.dims == ("apart",)
    with pytest.raises(InputError, match="excitation_high must be a single number"):
        trap.hamiltonian()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_c": 0}, "n_c must be a whole number of at least 1"),
        ({"step": 3}, "step must be"),
        ({"weight": 1.5}, "weight must be a finite real number and at least 0 and at most 1"),
        ({"width_low": 0}, "width_low must be a finite real number and above 0"),
        ({"excitation_high": -1}, "excitation_high must be a finite real number and above 0"),
        ({"kind": "photon"}, "kind"),
    ],
)
def test_what_makes_no_sense_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        md.LightScatterer(**given)


def test_a_bath_of_number_dephasing_is_refused():
    with pytest.raises(InputError, match=r"jumps\(\)"):
        md.LightScatterer().dephasing()
