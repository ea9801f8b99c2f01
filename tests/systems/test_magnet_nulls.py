"""A dot that magnetises: its limits and its hysteresis, states (2) and (3), and what else turns with a field."""

import numpy as np
import pytest
import qutip
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.kramers_dot import KramersDot
from mesodyn.systems.magnet_nulls import anisotropic_doublet, anisotropic_spin, isolated_doublet

seeds = st.integers(0, 2**32 - 1)


def sphere_grid(n=4000):
    k = np.arange(n) + 0.5
    z, turn = 1 - 2 * k / n, np.pi * (1 + 5**0.5) * k
    return np.stack([np.sqrt(1 - z**2) * np.cos(turn), np.sqrt(1 - z**2) * np.sin(turn), z], axis=1)


GRID = sphere_grid(200)


def random_case(seed, strength=None):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(3, 3))
    a = (a + a.T) / 2
    size = 10 ** rng.uniform(-2, 1.5) if strength is None else strength
    b = rng.normal(size=3)
    return size * b / np.linalg.norm(b), a, rng.uniform(0.3, 2)


def free_energy(m, b, a, exchange, kT):
    length = min(float(np.linalg.norm(m)), 1 - 1e-15)
    up, down = (1 + length) / 2, (1 - length) / 2
    entropy = -(up * np.log(up) + down * np.log(down))
    soft = np.linalg.eigvalsh(a)[0]
    return -0.5 * exchange * m @ m - m @ b + 0.5 * m @ (a - soft * np.eye(3)) @ m + 0.5 * soft - kT * entropy


# -- limits, zeros, degenerate cases ---------------------------------------------------------------------------------


def test_moment_vanishes_at_the_critical_temperature_as_a_square_root():
    kT = md.axis("kT", [0.0, 0.5, 0.999, 0.999999, 1.0, 1.5])
    found = KramersDot(exchange_field=0.5, moment=2.0, temperature=kT).equilibrium()
    assert found.critical_temperature.values.tolist() == [1.0] * 6
    m = found.mean_field.values / 0.5
    assert m[0] == 1
    assert m[1] == pytest.approx(np.tanh(2 * m[1]), abs=1e-15)
    assert m[3] == pytest.approx(np.sqrt(3e-6), rel=1e-5)
    assert m[4:].tolist() == [0.0, 0.0]
    assert np.all(found.magnetization.values[4:] == 0)
    assert np.isfinite(found.to_array().values).all()


def test_warm_moment_in_a_field_follows_tanh_of_the_whole_field():
    """Isotropic: m = tanh(mu_B (B_0 m + B) / kT), above and below T_c."""
    for kT in (0.3, 1.0, 4.0):
        found = KramersDot(moment=0.7, exchange_field=1.5, field=(0, 0.12, 0.16), temperature=kT).equilibrium()
        m = found.magnetization.values / 0.7
        length = np.linalg.norm(m)
        assert m / length == pytest.approx([0, 0.6, 0.8], abs=1e-14)
        assert length == pytest.approx(np.tanh(0.7 * (1.5 * length + 0.2) / kT), abs=1e-14)


def test_a_field_across_the_soft_axis_bends_the_moment_until_it_lies_along_the_field():
    b = md.axis("B", [0.0, 0.05, 0.1, 0.1 + 1e-9, 0.3])
    found = KramersDot(anisotropy=np.diag([0.1, 0.3, 0.0]), field=(b, 0, 0)).equilibrium()
    along = np.array([0.0, 0.5, 1.0, 1.0, 1.0])
    assert found.magnetization.sel(component="x").values == pytest.approx(along, abs=1e-14)
    assert found.magnetization.sel(component="z").values == pytest.approx(np.sqrt(1 - along**2), abs=1e-7)
    other = KramersDot(anisotropy=np.diag([0.1, 0.3, 0.0]), field=(b, 0, 0)).equilibrium("metastable")
    assert other.exists.values.tolist() == [True, True, False, False, False]
    assert other.energy.values == pytest.approx(found.energy.values, abs=1e-15)
    assert other.magnetization.values[1] == pytest.approx([0.5, 0, -np.sqrt(0.75)], abs=1e-14)


@given(seed=seeds)
@settings(max_examples=40, deadline=None)
def test_hard_case_in_any_frame_is_solved_and_chosen_by_the_largest_component(seed):
    rng = np.random.default_rng(seed)
    frame = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    gaps = np.array([0, *np.sort(rng.uniform(0.2, 1, 2))])
    b = np.array([0, *(gaps[1:] * rng.dirichlet([1, 1]) * 0.9)])
    found = KramersDot(anisotropy=(frame * gaps) @ frame.T - 0.4 * np.eye(3), field=frame @ b).equilibrium()
    across = b[1:] / gaps[1:]
    m = np.array([np.sqrt(1 - across @ across), *across])
    soft = frame[:, 0] * np.sign(frame[:, 0][np.abs(frame[:, 0]).argmax()])
    assert found.direction.values == pytest.approx(m[0] * soft + frame[:, 1:] @ m[1:], abs=1e-7)
    energy = -0.5 - b @ m + 0.5 * gaps @ m**2 - 0.2
    assert float(found.energy) == pytest.approx(energy, abs=1e-14)


@pytest.mark.parametrize("size", [0.0, 1e-320, 1e-250, 1e-100, 1e-17])
def test_a_vanishing_field_chooses_the_side_and_nothing_else(size):
    frame = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    soft = frame[:, 0] * np.sign(frame[:, 0][np.abs(frame[:, 0]).argmax()])
    for kT in (0.0, 0.4):
        found = KramersDot(
            anisotropy=(frame * [0, 0.1, 0.2]) @ frame.T, field=-size * soft, temperature=kT
        ).equilibrium()
        side = 1 if size < 1e-300 else -1
        assert found.direction.values == pytest.approx(side * soft, abs=1e-14)
        assert np.isfinite(found.to_array().values).all()


def test_states_are_the_two_projections_on_z():
    states = KramersDot().states()
    assert [qutip.expect(qutip.sigmaz(), state) for state in states.values()] == [1, -1]
    assert list(states) == ["+1/2", "-1/2"]


def test_no_field_and_no_anisotropy_point_along_z():
    assert KramersDot().equilibrium().magnetization.values.tolist() == [0, 0, 1]
    assert not bool(KramersDot().equilibrium("metastable").exists)
    assert float(KramersDot().equilibrium().energy) == -0.5


@given(seed=seeds, factor=st.floats(0.0, 10.0), shift=st.floats(-5, 5))
@settings(max_examples=40, deadline=None)
def test_a_constant_added_to_the_anisotropy_only_moves_the_energy(seed, factor, shift):
    b, a, _ = random_case(seed)
    for kT in (0.0, 0.5):
        plain = KramersDot(anisotropy=a, field=factor * b, temperature=kT, exchange_field=5.0).equilibrium()
        moved = KramersDot(
            anisotropy=a + shift * np.eye(3), field=factor * b, temperature=kT, exchange_field=5.0
        ).equilibrium()
        assert float(moved.energy - plain.energy) == pytest.approx(shift / 2, abs=1e-11)


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_expansions_miss_by_the_next_order_that_theory_gives(seed):
    rng = np.random.default_rng(seed)
    a = np.diag([0.0, *rng.uniform(0.5, 1.5, 2)])
    h = rng.normal(size=3)
    h /= np.linalg.norm(h)
    assume(abs(h[0]) > 0.2)
    for size, which in ((1e-3, "weak"), (1e3, "strong")):
        dot = KramersDot(anisotropy=a, field=size * h)
        exact, short = dot.equilibrium(), dot.weak_field() if which == "weak" else dot.strong_field()
        gap = float(exact.orientation_energy - short.orientation_energy)
        if which == "weak":
            bent = size * h[1:] / np.diag(a)[1:]
            expected = 0.5 * size * abs(h[0]) * bent @ bent
        else:
            torque = a @ h - (h @ a @ h) * h
            expected = -torque @ torque / (2 * size)
        assert gap == pytest.approx(expected, rel=0.1, abs=1e-12)
        turn = np.abs(exact.magnetization.values - short.magnetization.values).max()
        assert turn < (40 * size**2 if which == "weak" else 20 / size**2)


# -- hysteresis ------------------------------------------------------------------------------------------------------


def test_hysteresis_of_an_easy_axis_ends_on_the_astroid():
    """Stoner and Wohlfarth: (B_x / B_K)**(2/3) + (B_z / B_K)**(2/3) = 1."""
    angle = md.axis("angle", np.linspace(0.0, np.pi / 2, 19))
    size = KramersDot(moment=2.0, anisotropy=np.diag([0.4, 0.9, 0]), field=(np.sin(angle), 0, np.cos(angle)))
    astroid = 0.2 * (np.cos(angle.values) ** (2 / 3) + np.abs(np.sin(angle.values)) ** (2 / 3)) ** -1.5
    assert size.switching_field().values == pytest.approx(astroid, abs=1e-11)


@given(seed=seeds, kT=st.sampled_from([0.0, 0.1, 0.6]), stiff=st.sampled_from([0.2, 3.0]))
@settings(max_examples=60, deadline=None)
def test_metastable_branch_exists_just_below_the_switching_field_only(seed, kT, stiff):
    b, a, moment = random_case(seed, 1.0)
    made = {"moment": moment, "exchange_field": 1 / moment, "anisotropy": stiff * a, "temperature": kT}
    edge = float(KramersDot(field=b, **made).switching_field())
    near = edge * md.axis("factor", [0.0, 0.5, 1 - 1e-6, 1 + 1e-6, 2.0])
    both = KramersDot(field=[part * near for part in b / np.linalg.norm(b)], **made)
    other, best = both.equilibrium("metastable"), both.equilibrium()
    assert other.exists.values.tolist() == [True, True, True, False, False]
    assert np.all(other.free_energy.values[1:3] > best.free_energy.values[1:3])
    assert other.free_energy.values[3:].tolist() == best.free_energy.values[3:].tolist()
    assert other.magnetization.values[0] == pytest.approx(-best.magnetization.values[0], abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_warm_metastable_moment_is_a_local_minimum_in_the_ball(seed):
    b, a, moment = random_case(seed, 1.0)
    made = {"moment": moment, "exchange_field": 1 / moment, "anisotropy": 0.2 * a, "temperature": 0.5}
    field = 0.7 * float(KramersDot(field=b, **made).switching_field()) * b / np.linalg.norm(b)
    m = KramersDot(field=field, **made).equilibrium("metastable").magnetization.values / moment
    here = free_energy(m, moment * field, 0.2 * a, 1.0, 0.5)
    around = [free_energy(m + 1e-4 * n, moment * field, 0.2 * a, 1.0, 0.5) for n in GRID]
    assert min(around) > here


def test_easy_plane_has_no_hysteresis():
    dot = KramersDot(anisotropy=np.diag([0, 0, 0.5]), field=(0.1, 0.0, 0.2))
    assert float(dot.switching_field()) == 0
    assert not bool(dot.equilibrium("metastable").exists)
    with pytest.raises(InputError, match="single soft axis"):
        dot.weak_field()


# -- states (2) and (3), nulls ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_c", "step"), [(0, 1), (1, 1), (0, 2), (1, 2)])
def test_moment_of_a_superposition_is_that_of_its_odd_part(n_c, step):
    """Against <2S> of the state itself, built over its charge states."""
    from mesodyn.numberspace import NumberSpace, Site

    spins = tuple(0.5 * ((n_c + k) % 2) for k in (0, step))
    space = NumberSpace((Site("dot", n_c, step, spins, fermionic=True),))
    weight = 0.3
    up = [[lvl for lvl in space.sites[0].levels].index((k, spins[k])) for k in (0, 1)]
    state = np.sqrt(1 - weight) * qutip.basis([space.size], up[0]) + np.sqrt(weight) * qutip.basis([space.size], up[1])
    dot = KramersDot(moment=1.7, field=(0, 0, 0.1))
    found = dot.moment_of_state(n_c=n_c, step=step, weight=weight).values
    assert found == pytest.approx([3.4 * qutip.expect(s, state).real for s in space.spin("dot")], abs=1e-14)


def test_weight_of_a_state_may_be_an_axis():
    weight = md.axis("weight", [0, 0.25, 1])
    found = KramersDot().moment_of_state(n_c=2, step=1, weight=weight)
    assert found.dims == ("weight", "component")
    assert found.sel(component="z").values.tolist() == [0, 0.25, 1]


def test_without_exchange_the_dot_is_the_isolated_doublet():
    kT, b = md.axis("kT", [0, 0.1, 1.0]), md.axis("B", [0, 0.3, 5.0])
    field = (0.6 * b, 0, 0.8 * b)
    dot = KramersDot(moment=1.3, exchange_field=0.0, field=field, temperature=kT).equilibrium().magnetization
    null = isolated_doublet(moment=1.3, field=field, temperature=kT)
    assert dot.transpose(*null.dims).values == pytest.approx(null.values, abs=1e-14)


def test_isolated_doublet_is_the_thermal_mean_of_two_levels():
    h = -0.4 * (0.6 * qutip.sigmax() + 0.8 * qutip.sigmaz()) / 0.3
    state = (-h).expm() / (-h).expm().tr()
    null = isolated_doublet(moment=1.0, field=(0.24, 0, 0.32), temperature=0.3)
    expected = [qutip.expect(s, state) for s in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())]
    assert null.values == pytest.approx(expected, abs=1e-14)


def test_anisotropic_doublet_has_the_moment_of_its_ground_state_and_never_turns_as_the_field_grows():
    rng = np.random.default_rng(3)
    g, h = rng.normal(size=(3, 3)), rng.normal(size=3)
    size = md.axis("size", [0.1, 1.0, 50.0])
    found = anisotropic_doublet(g=g, moment=0.8, field=[part * size for part in h])
    assert np.ptp(found.values, axis=0) == pytest.approx(np.zeros(3), abs=1e-14)
    sigma = np.stack([s.full() for s in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())])

    def energy(field):
        return np.linalg.eigvalsh(0.4 * np.einsum("i,iab->ab", g @ field, sigma))[0]

    slope = [-(energy(h + 1e-5 * e) - energy(h - 1e-5 * e)) / 2e-5 for e in np.eye(3)]
    assert found.values[0] == pytest.approx(slope, abs=1e-9)
    assert anisotropic_doublet(g=g, field=(0, 0, 0)).values.tolist() == [0, 0, 0]


def test_large_spin_with_its_own_anisotropy_turns_like_the_dot():
    """Stoner and Wohlfarth (DEFINITIONS 6.9): the curves agree to 1/S."""
    angle = md.axis("angle", np.linspace(0.1, 1.4, 6))
    field = (0.3 * np.sin(angle), 0, 0.3 * np.cos(angle))
    dot = KramersDot(anisotropy=np.diag([0, 0, -0.5]), field=field).equilibrium().magnetization
    gaps = []
    for spin in (5, 20):
        own = -0.5 / (2 * spin * (spin - 0.5))
        gaps.append(float(np.abs(anisotropic_spin(spin=spin, anisotropy=own, field=field) - dot).max()))
    assert gaps[1] < 0.012
    assert gaps[1] < 0.35 * gaps[0]


def test_spin_magnetisation_is_the_slope_of_its_free_energy():
    parts = np.stack([s.full() for s in qutip.spin_J_set(1.5)])

    def free(field):
        h = 0.3 * parts[2] @ parts[2] - np.einsum("i,iab->ab", field, parts) * 2 / 1.5
        return -0.4 * np.log(np.exp(-np.linalg.eigvalsh(h) / 0.4).sum())

    field = np.array([0.2, -0.1, 0.3])
    slope = [-(free(field + 1e-5 * e) - free(field - 1e-5 * e)) / 2e-5 for e in np.eye(3)]
    found = anisotropic_spin(spin=1.5, anisotropy=0.3, moment=2.0, field=field, temperature=0.4)
    assert found.values == pytest.approx(slope, abs=1e-9)
