"""A dot that magnetises: (37)-(44) against minimisers that know no secular equation, and against its nulls."""

import json
from pathlib import Path

import numpy as np
import pytest
import qutip
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import mesodyn as md
from mesodyn.errors import InputError
from mesodyn.systems.kramers_dot import KramersDot
from mesodyn.systems.magnet_nulls import anisotropic_doublet, anisotropic_spin, isolated_doublet

REFERENCE = json.loads((Path(__file__).parents[1] / "published" / "reference.json").read_text(encoding="utf-8"))

seeds = st.integers(0, 2**32 - 1)


def sphere_grid(n=4000):
    k = np.arange(n) + 0.5
    z, turn = 1 - 2 * k / n, np.pi * (1 + 5**0.5) * k
    return np.stack([np.sqrt(1 - z**2) * np.cos(turn), np.sqrt(1 - z**2) * np.sin(turn), z], axis=1)


GRID = sphere_grid()


def orientation(n, b, a):
    return -n @ b + 0.5 * np.einsum("...i,ij,...j", n, a, n)


def slide(n, b, a, steps=400):
    """Down the sphere from n to the nearest minimum: Riemannian Newton where it is convex, gradient elsewhere."""
    size = np.linalg.norm(a) + np.linalg.norm(b)
    for _ in range(steps):
        force = b - a @ n
        along = n @ force
        tangent = np.linalg.svd(n[None])[2][1:]
        gradient = -tangent @ force
        hessian = tangent @ a @ tangent.T + along * np.eye(2)
        low = np.linalg.eigvalsh(hessian)[0]
        shift = 0.0 if low > 1e-9 * size else 1e-3 * size - low
        move = -np.linalg.solve(hessian + shift * np.eye(2), gradient)
        move *= min(1.0, 0.3 / max(np.linalg.norm(move), 1e-300))
        n = n + move @ tangent
        n /= np.linalg.norm(n)
        if np.linalg.norm(gradient) < 1e-15 * size:
            break
    return n


def minima(b, a):
    """All local minima of (40), each once, the lowest first."""
    starts = GRID[::40]
    found = []
    for start in [GRID[orientation(GRID, b, a).argmin()], *starts]:
        n = slide(start, b, a)
        if not any(np.linalg.norm(n - other) < 1e-5 for other in found):
            found.append(n)
    return sorted(found, key=lambda n: orientation(n, b, a))


def random_case(seed, strength=None):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(3, 3))
    a = (a + a.T) / 2
    size = 10 ** rng.uniform(-2, 1.5) if strength is None else strength
    b = rng.normal(size=3)
    return size * b / np.linalg.norm(b), a, rng.uniform(0.3, 2)


# -- the published numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", REFERENCE["mean_field_magnet"], ids=lambda entry: str(entry["inputs"]["mu"]))
def test_mean_field_and_its_energy_are_the_published_ones(entry):
    given_, out = entry["inputs"], entry["outputs"]
    cold = KramersDot(moment=given_["mu"], exchange_field=given_["B0"])
    warm = KramersDot(moment=given_["mu"], exchange_field=given_["B0"], temperature=given_["kT"]).equilibrium()
    assert float(cold.equilibrium().mean_field) == pytest.approx(out["absBi"], abs=1e-12)
    assert float(cold.equilibrium().energy) == pytest.approx(out["Eg"], abs=1e-12)
    assert float(warm.mean_field) == pytest.approx(out["absBi_T"], abs=1e-12)
    assert float(warm.mean_field) == pytest.approx(entry["independent_numeric"]["absBi_T"], abs=1e-12)
    assert float(warm.critical_temperature) == pytest.approx(out["kTc"], abs=1e-12)


@pytest.mark.parametrize("entry", REFERENCE["anisotropy"], ids=lambda e: f"{e['inputs']['regime']} {e['inputs']['mu']}")
def test_moment_in_a_field_and_both_expansions_are_the_published_ones(entry):
    given_, out = entry["inputs"], entry["outputs"]
    dot = KramersDot(moment=given_["mu"], anisotropy=given_["a"], field=given_["B"])
    found, weak, strong = dot.equilibrium(), dot.weak_field(), dot.strong_field()
    assert float(found.orientation_energy) == pytest.approx(out["Eg"], abs=1e-12)
    assert float(found.orientation_energy) == pytest.approx(entry["independent_numeric"]["Eg"], abs=1e-12)
    assert found.direction.values == pytest.approx(out["n"], abs=1e-12)
    assert found.direction.values == pytest.approx(entry["independent_numeric"]["n"], abs=1e-12)
    assert found.magnetization.values == pytest.approx(out["M"], abs=1e-12)
    assert float(weak.orientation_energy) == pytest.approx(out["eq41_Eg"], rel=1e-12, abs=1e-12)
    assert weak.magnetization.values == pytest.approx(out["eq42_M"], rel=1e-12, abs=1e-12)
    assert float(strong.orientation_energy) == pytest.approx(out["eq43_Eg"], rel=1e-12, abs=1e-12)
    assert strong.magnetization.values == pytest.approx(out["eq44_M"], rel=1e-12, abs=1e-12)


def test_quantum_lead_gains_nearly_three_times_the_mean_field():
    """4.5: the classical lead of (39) is this model's; three quantum oscillators win by 3."""
    (entry,) = REFERENCE["contested_magnet"]
    given_, out = entry["inputs"], entry["outputs"]
    dot = KramersDot(moment=1.0, exchange_field=2 * given_["g"] ** 2 / given_["omega"])
    assert float(dot.equilibrium().energy) == pytest.approx(out["E_meanfield"], abs=1e-12)
    n = given_["nmax"] + 1
    sigma = [qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()]
    total = 0
    for k in range(3):
        parts = [qutip.qeye(n)] * 3
        parts[k] = qutip.destroy(n)
        lead = qutip.tensor(qutip.qeye(2), *parts)
        spin = qutip.tensor(sigma[k], *[qutip.qeye(n)] * 3)
        total = total + given_["omega"] * lead.dag() @ lead + given_["g"] * spin @ (lead + lead.dag())
    assert total.eigenenergies(eigvals=1, sparse=True)[0] == pytest.approx(out["E_exact"], abs=1e-9)


# -- independent routes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_both_branches_are_the_local_minima_that_a_search_of_the_sphere_finds(seed):
    b, a, moment = random_case(seed, 10 ** np.random.default_rng(seed + 99).uniform(-1.5, 0.5))
    found = minima(b, a)
    assert len(found) in (1, 2)
    dot = KramersDot(moment=moment, exchange_field=100.0, anisotropy=a, field=b / moment)
    best = dot.equilibrium()
    assert best.direction.values == pytest.approx(found[0], abs=1e-11)
    assert float(best.orientation_energy) == pytest.approx(orientation(found[0], b, a), abs=1e-12)
    other = dot.equilibrium(branch="metastable")
    assert bool(other.exists) == (len(found) == 2)
    assert other.direction.values == pytest.approx(found[-1], abs=1e-11)
    assert float(dot.switching_field()) * moment / np.linalg.norm(b) > 1 or len(found) == 1


def test_search_finds_one_and_two_minima_among_those_cases():
    counts = []
    for seed in range(30):
        b, a, _ = random_case(seed, 10 ** np.random.default_rng(seed + 99).uniform(-1.5, 0.5))
        counts.append(bool(KramersDot(anisotropy=a, field=b, exchange_field=100.0).equilibrium("metastable").exists))
    assert 5 < sum(counts) < 25


def free_energy(m, b, a, exchange, kT):
    length = min(np.linalg.norm(m), 1 - 1e-15)
    up, down = (1 + length) / 2, (1 - length) / 2
    entropy = -(up * np.log(up) + down * np.log(down))
    soft = np.linalg.eigvalsh(a)[0]
    return -0.5 * exchange * m @ m - m @ b + 0.5 * m @ (a - soft * np.eye(3)) @ m + 0.5 * soft - kT * entropy


@pytest.mark.parametrize("seed", range(25))
def test_warm_moment_is_the_lowest_free_energy_in_the_ball(seed):
    rng = np.random.default_rng(seed)
    b, a, moment = random_case(seed, 10 ** rng.uniform(-2, 0.3))
    a, exchange, kT = 0.3 * a, rng.uniform(0.5, 2), rng.uniform(0.1, 2.5)
    found = KramersDot(
        moment=moment, exchange_field=exchange / moment, anisotropy=a, field=b / moment, temperature=kT
    ).equilibrium()

    def ball(x):
        return free_energy(np.tanh(np.linalg.norm(x)) * x / max(np.linalg.norm(x), 1e-300), b, a, exchange, kT)

    best = min(
        (
            minimize(ball, scale * start, method="BFGS", options={"gtol": 1e-9})
            for start in GRID[::800]
            for scale in (0.3, 2)
        ),
        key=lambda result: result.fun,
    )
    assert float(found.free_energy) == pytest.approx(best.fun, abs=1e-11)
    assert float(found.free_energy) <= best.fun + 1e-13
    length = np.linalg.norm(best.x)
    assert found.magnetization.values / moment == pytest.approx(np.tanh(length) * best.x / length, abs=2e-5)


@given(seed=seeds, kT=st.sampled_from([0.0, 0.05, 0.4, 1.3]))
@settings(max_examples=60, deadline=None)
def test_magnetisation_is_the_slope_of_the_free_energy_in_the_field(seed, kT):
    b, a, moment = random_case(seed)
    step = 1e-4 * np.linalg.norm(b) / moment
    axis = md.axis("step", [-2, -1, 0, 1, 2])
    for k in range(3):
        field = [b[j] / moment + (step * axis if j == k else 0.0) for j in range(3)]
        found = KramersDot(
            moment=moment, exchange_field=3.0, anisotropy=0.3 * a, field=field, temperature=kT
        ).equilibrium()
        f = found.free_energy.values
        slope = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * step)
        assume(np.ptp(found.magnetization.values, axis=0).max() < 0.01 * moment)
        assert -slope == pytest.approx(found.magnetization.values[2, k], abs=2e-7 * moment / min(1, np.linalg.norm(b)))


@given(seed=seeds, kT=st.sampled_from([0.0, 0.2, 0.9, 2.0]))
@settings(max_examples=50, deadline=None)
def test_thermal_state_of_the_hamiltonian_is_the_mean_field_itself(seed, kT):
    """Self-consistency through QuTiP: moment, energy and free energy of exp(-H/kT)."""
    b, a, moment = random_case(seed, 0.3)
    dot = KramersDot(moment=moment, exchange_field=1 / moment, anisotropy=0.2 * a, field=b / moment, temperature=kT)
    found, h = dot.equilibrium(), dot.hamiltonian()
    levels, kets = h.eigenstates()
    weights = np.exp(-(levels - levels[0]) / kT) if kT else np.array([1.0, 0.0])
    state = sum(w * ket.proj() for w, ket in zip(weights / weights.sum(), kets, strict=True))
    sigma = [qutip.expect(s, state) for s in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz())]
    assert moment * np.array(sigma) == pytest.approx(found.magnetization.values, abs=1e-12)
    assert qutip.expect(h, state) == pytest.approx(float(found.energy), abs=1e-12)
    assert levels[0] - kT * np.log(weights.sum()) == pytest.approx(float(found.free_energy), abs=1e-12)


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


@given(seed=seeds, kT=st.sampled_from([0.0, 0.1, 0.6]))
@settings(max_examples=50, deadline=None)
def test_metastable_branch_exists_just_below_the_switching_field_only(seed, kT):
    b, a, moment = random_case(seed, 1.0)
    made = {"moment": moment, "exchange_field": 1 / moment, "anisotropy": 0.2 * a, "temperature": kT}
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
    around = [free_energy(m + 1e-4 * n, moment * field, 0.2 * a, 1.0, 0.5) for n in GRID[::20]]
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


# -- axes, labels, refusals ------------------------------------------------------------------------------------------


def test_many_points_at_once_are_the_single_ones_bit_for_bit():
    b, kT = md.axis("B", np.linspace(-2, 2, 7)), md.axis("kT", [0, 0.3, 3.0])
    moment = md.axis("magneton", [0.5, 1.5])
    a = np.array([[0.2, 0.1, 0.0], [0.1, -0.3, 0.05], [0.0, 0.05, 0.1]])
    for branch in ("equilibrium", "metastable"):
        made = KramersDot(moment=moment, anisotropy=a, field=(0.1, 0.2 * b, b), temperature=kT, level_spacing=30.0)
        whole = made.equilibrium(branch)
        assert dict(whole.energy.sizes) == {"magneton": 2, "B": 7, "kT": 3}
        assert whole.magnetization.dims[-1] == "component"
        for at in np.ndindex(2, 7, 3):
            values = [c.values[k].item() for c, k in zip((moment, b, kT), at, strict=True)]
            one = KramersDot(
                moment=values[0],
                anisotropy=a,
                field=(0.1, 0.2 * values[1], values[1]),
                temperature=values[2],
                level_spacing=30.0,
            ).equilibrium(branch)
            for name in whole:
                assert np.array_equal(whole[name].values[at], one[name].values), (name, at)


def test_field_and_anisotropy_may_be_arrays_with_component_dims():
    field = xr.DataArray(np.eye(3), dims=("case", "component"), coords={"case": [0, 1, 2]})
    a = xr.DataArray(np.diag([0.1, 0.2, 0.3]), dims=("component", "component_2"))
    found = KramersDot(field=field, anisotropy=a, level_spacing=10.0).equilibrium()
    assert found.magnetization.values == pytest.approx(np.eye(3), abs=1e-14)
    assert float(found.frozen.max()) == 0.1
    assert found.energy.attrs["units"] == "energy"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": -0.1}, "temperature must be a finite real number and at least 0, but was -0.1"),
        ({"temperature": 1j}, "temperature must be a finite real number .*, but was 1j"),
        ({"moment": 0}, "moment must be .* above 0"),
        ({"exchange_field": -1}, "exchange_field must be .* at least 0"),
        ({"level_spacing": 0}, "level_spacing must be .* above 0"),
        ({"field": (0, 1)}, r"field must be 3 numbers, or an array .* component, but was \(0, 1\); write \(0, 0, 1\)"),
        ({"field": 1.0}, "field must be 3 numbers"),
        ({"field": (0, 1j, 0)}, "field must be a finite real number, but was 1j"),
        ({"field": (0, float("nan"), 0)}, "field must be a finite real number"),
        ({"field": "z"}, "field must be 3 numbers"),
        ({"field": xr.DataArray([1.0, 2.0], dims="component")}, "field must be 3 numbers"),
        ({"anisotropy": ((0, 1, 0), (0, 0, 0), (0, 0, 0))}, "anisotropy must be symmetric"),
        ({"anisotropy": np.zeros((3, 2))}, "anisotropy must be 3 times 3 numbers"),
        ({"anisotropy": np.eye(3) * 1j}, "anisotropy must be a finite real number"),
        ({"field": (md.axis("B", [1, 2]), md.axis("B", [1, 2, 3]), 0)}, "one axis name, two sets of values"),
    ],
)
def test_what_is_no_dot_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        KramersDot(**wrong)


def test_questions_without_an_answer_are_refused():
    with pytest.raises(InputError, match=r"branch must be .*did you mean metastable"):
        KramersDot().equilibrium("metastabel")
    with pytest.raises(InputError, match="temperature must be 0 for the weak-field expansion"):
        KramersDot(temperature=0.1).weak_field()
    with pytest.raises(InputError, match="field must be a field with a direction"):
        KramersDot().strong_field()
    with pytest.raises(InputError, match="field must be a field with a direction"):
        KramersDot().switching_field()
    with pytest.raises(InputError, match="kT must be a single number for a Qobj, but was an axis"):
        KramersDot(temperature=md.axis("kT", [0, 1])).hamiltonian()
    with pytest.raises(InputError, match=r"weight must be .* at most 1"):
        KramersDot().moment_of_state(n_c=0, step=1, weight=1.2)
    with pytest.raises(InputError, match="spin must be a multiple of one half"):
        anisotropic_spin(spin=1.3, anisotropy=0, field=(0, 0, 1))
    with pytest.raises(InputError, match=r"spin must be .* at least 1"):
        anisotropic_spin(spin=0.5, anisotropy=0, field=(0, 0, 1))
