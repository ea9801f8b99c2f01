"""A dot that magnetises: (37)-(44) against minimisers that know no secular equation, and against its nulls."""

import json
from pathlib import Path
from typing import Any

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
from mesodyn.systems.magnet_nulls import anisotropic_spin

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
    size = float(np.linalg.norm(a) + np.linalg.norm(b))
    for _ in range(steps):
        force = b - a @ n
        along = n @ force
        tangent = np.linalg.svd(n[None])[2][1:]
        gradient = -tangent @ force
        hessian = tangent @ a @ tangent.T + along * np.eye(2)
        low = np.linalg.eigvalsh(hessian)[0]
        shift = 0.0 if low > 1e-9 * size else 1e-3 * size - low
        move = -np.linalg.solve(hessian + shift * np.eye(2), gradient)
        move *= min(1.0, 0.3 / max(float(np.linalg.norm(move)), 1e-300))
        n = n + move @ tangent
        n /= np.linalg.norm(n)
        if np.linalg.norm(gradient) < 1e-15 * size:
            break
    return n


def minima(b, a):
    """All local minima of (40), each once, the lowest first."""
    starts = GRID[::40]
    found: list[Any] = []
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
    total: Any = 0
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
    length = min(float(np.linalg.norm(m)), 1 - 1e-15)
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
        return free_energy(np.tanh(np.linalg.norm(x)) * x / max(float(np.linalg.norm(x)), 1e-300), b, a, exchange, kT)

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
