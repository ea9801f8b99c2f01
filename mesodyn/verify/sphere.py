"""Section 7: the direction of the moment in a field, equations (40)-(44), and the moment of states (2) and (3)."""

from __future__ import annotations

import numpy as np

from mesodyn.verify import fock, numerics
from mesodyn.verify.section import CONDITION, MISPRINT, Draw, Equation, Found, Numbers, Section, labelled

WEAK, STRONG = numerics.nodes(0.05), numerics.nodes(0.06)
STARTS = np.array([v for v in np.ndindex(3, 3, 3) if v != (1, 1, 1)]) - 1.0
KINDS = ((0, 1), (1, 1), (0, 2), (1, 2))
"""(N_c, step) of the states whose moment is found."""


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """mu_B, B_0, B, a symmetric tensor; the same in the gauge a_zz = a_za = 0; the lead's kappa; a weight."""
    general = rng.normal(size=(sets, 3, 3))
    hard = np.linalg.qr(rng.normal(size=(sets, 2, 2)))[0]
    gauged = np.zeros((sets, 3, 3))
    gauged[:, :2, :2] = np.einsum("pik,pk,pjk->pij", hard, rng.uniform(0.6, 1.5, (sets, 2)), hard)
    return {
        "magneton": rng.uniform(0.6, 1.4, sets),
        "exchange": rng.uniform(0.5, 1.5, sets),
        "field": _signs(rng, sets) * rng.uniform(0.3, 0.9, (sets, 3)),
        "anisotropy": 0.5 * (general + general.swapaxes(1, 2)),
        "gauged": gauged,
        "weight": rng.uniform(0.05, 0.95, sets),
        "trial": _unit(rng.normal(size=(sets, 3))),
    }


def _signs(rng: np.random.Generator, sets: int) -> Numbers:
    """Signs of B; B_z has either of them in any two sets."""
    signs = rng.choice([-1.0, 1.0], (sets, 3))
    signs[:, 2] = (-1.0) ** np.arange(sets)
    return signs


def _unit(vectors: Numbers) -> Numbers:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


# -- the paper --------------------------------------------------------------------------------------------------------


def paper(d: Draw) -> Found:
    """(40) as the lead's stiffness makes it; the coefficients of the expansions (41)-(44) in B and in 1/B."""
    magneton, field = d["magneton"], d["field"]
    bent, size = _bent(d), np.linalg.norm(field, axis=1)
    pole = np.sign(field[:, 2:]) * np.array([0.0, 0.0, 1.0])
    h = field / size[:, None]
    pull = np.einsum("pik,pk->pi", d["anisotropy"], h)
    along = (pull * h).sum(axis=1)
    across = pull - along[:, None] * h
    second = -0.5 * magneton * (bent * field).sum(axis=1)
    return {
        "stiffness": 0.5 * np.einsum("pi,pik,pk->p", d["trial"], d["anisotropy"], d["trial"]),
        "weak_energy": np.stack([0 * size, -magneton * np.abs(field[:, 2]), second], axis=1),
        "weak_moment": np.stack([pole, bent], axis=-1) * magneton[:, None, None],
        "strong_energy": 0.5 * along,
        "strong_next": -(across**2).sum(axis=1) / (2 * magneton),
        "strong_moment": np.stack([magneton[:, None] * h, -across], axis=-1),
        "moments": np.stack([_share(d["weight"], *kind)[:, None] * d["trial"] for kind in KINDS]),
    }


def _bent(d: Draw) -> Numbers:
    """mu_B (a^-1)_ab B_b, in the plane."""
    found = np.zeros(d["field"].shape)
    found[:, :2] = np.linalg.solve(d["gauged"][:, :2, :2], d["field"][:, :2, None])[..., 0]
    return found * d["magneton"][:, None]


def _share(weight: Numbers, core: int, step: int) -> Numbers:
    odd = core % 2
    return weight * 0 + odd if step == 2 else (1 - weight if odd else weight)


def printed(d: Draw) -> Found:
    """(41) with -mu_B n.B for -mu_B n_0.B; (42) with n_0 = (0, 0, 1) whatever the sign of B_z."""
    bent, magneton = _bent(d), d["magneton"]
    second = -1.5 * magneton * (bent * d["field"]).sum(axis=1)
    up = np.broadcast_to([0.0, 0.0, 1.0], bent.shape)
    return {
        "weak_energy": np.stack([0 * second, -magneton * np.abs(d["field"][:, 2]), second], axis=1),
        "weak_moment": np.stack([up, bent], axis=-1) * magneton[:, None, None],
    }


# -- the package ------------------------------------------------------------------------------------------------------


def package(d: Draw) -> Found:
    """`KramersDot`: the exact minimum, the expansions at all the small fields, the moments of (2) and (3)."""
    from mesodyn.systems.kramers_dot import KramersDot

    given = {"moment": labelled(d["magneton"]), "exchange_field": labelled(d["exchange"])}
    tensor = labelled(d["anisotropy"], "component", "component_2")
    gauged = labelled(d["gauged"], "component", "component_2")
    field = labelled(d["field"], "component")
    exact = KramersDot(**given, anisotropy=tensor, field=field).equilibrium()
    small = [KramersDot(**given, anisotropy=gauged, field=s * field).weak_field() for s in WEAK]
    size = np.linalg.norm(d["field"], axis=1)
    large = [KramersDot(**given, anisotropy=tensor, field=field / labelled(size * s)).strong_field() for s in STRONG]
    left = [found.orientation_energy.values + d["magneton"] / s for found, s in zip(large, STRONG, strict=True)]
    aligned = KramersDot(field=labelled(d["trial"], "component"))
    states = [aligned.moment_of_state(n_c=c, step=k, weight=labelled(d["weight"])).values for c, k in KINDS]
    return {
        "direction": exact.direction.values,
        "energy": exact.orientation_energy.values,
        "whole_energy": exact.energy.values,
        "weak_energy": numerics.coefficients(_last([x.orientation_energy.values for x in small]), WEAK, 3),
        "weak_moment": numerics.coefficients(_last([x.magnetization.values for x in small]), WEAK, 2),
        "strong_energy": numerics.coefficients(_last(left), STRONG, 1)[..., 0],
        "strong_moment": numerics.coefficients(_last([x.magnetization.values for x in large]), STRONG, 2),
        "moments": np.stack(states),
    }


def _last(arrays: list[Numbers]) -> Numbers:
    return np.stack(arrays, axis=-1)


# -- the route --------------------------------------------------------------------------------------------------------


def route(d: Draw) -> Found:
    """A minimiser on the sphere (many starts, then Newton); expansions fitted to its minima; Fock states."""
    magneton, field = d["magneton"], d["field"]
    direction, energy = minimum(d["anisotropy"], magneton[:, None] * field)
    size = np.linalg.norm(field, axis=1)
    small = [minimum(d["gauged"], s * magneton[:, None] * field) for s in WEAK]
    large = [minimum(d["anisotropy"], (magneton / size / s)[:, None] * field) for s in STRONG]
    left = _last([found[1] + magneton / s for found, s in zip(large, STRONG, strict=True)])
    strong = numerics.coefficients(left, STRONG, 2)
    moments = magneton[:, None, None]
    return {
        "stiffness": _stiffness(d),
        "direction": direction,
        "energy": energy,
        "whole_energy": energy - 0.5 * magneton * d["exchange"],
        "weak_energy": numerics.coefficients(_last([e for _, e in small]), WEAK, 3),
        "weak_moment": numerics.coefficients(_last([n for n, _ in small]), WEAK, 2) * moments,
        "strong_energy": strong[:, 0],
        "strong_next": strong[:, 1],
        "strong_moment": numerics.coefficients(_last([n for n, _ in large]), STRONG, 2) * moments,
        "moments": np.stack([_moment(d, *kind) for kind in KINDS]),
    }


def minimum(tensor: Numbers, drive: Numbers) -> tuple[Numbers, Numbers]:
    """The direction n that minimises -drive.n + n.tensor.n/2, and the energy: many starts, downhill, Newton."""
    eye = np.eye(3)
    n = np.broadcast_to(_unit(STARTS)[:, None], (len(STARTS), *drive.shape))
    downhill = np.linalg.eigvalsh(tensor)[:, -1, None, None] * eye - tensor
    for _ in range(25):
        n = _unit(np.einsum("pik,spk->spi", downhill, n) + drive)

    def energy(at: Numbers) -> Numbers:
        return -(drive * at).sum(axis=-1) + 0.5 * np.einsum("...pi,pik,...pk->...p", at, tensor, at)

    best = energy(n).argmin(axis=0)
    n = np.take_along_axis(n, best[None, :, None], axis=0)[0]
    for _ in range(200):
        n = _unit(np.einsum("pik,pk->pi", downhill, n) + drive)
    for _ in range(6):
        slope = np.einsum("pik,pk->pi", tensor, n) - drive
        radial = (slope * n).sum(axis=1)
        plane = eye - n[:, :, None] * n[:, None, :]
        curve = plane @ (tensor - radial[:, None, None] * eye) @ plane + n[:, :, None] * n[:, None, :]
        n = _unit(n - np.linalg.solve(curve, np.einsum("pik,pk->pi", plane, slope)[..., None])[..., 0])
    return n, energy(n)


def _stiffness(d: Draw) -> Numbers:
    """What a stiffness kappa of the lead adds to the energy of a moment along n, to first order in kappa.

    The cost is mu_B B_i.(1/B_0 + s kappa).B_i/2 with kappa = a/(mu_B B_0**2); |B_i| by halving on the slope, with
    <sigma> of the numerical ground state.
    """
    magneton, exchange, n = d["magneton"], d["exchange"], d["trial"]
    along = np.einsum("pi,pik,pk->p", n, d["anisotropy"], n) / (magneton * exchange**2)
    zeeman = -np.einsum("p,px,xij->pij", magneton, n, fock.PAULI)

    def lowest(s: float) -> Numbers:
        cost = magneton * (1 / exchange + s * along)

        def slope(size: Numbers) -> Numbers:
            state = numerics.gibbs(size[:, None, None] * zeeman, 0.0)[2]
            return size * cost + np.einsum("pij,pji->p", state, zeeman).real

        size = numerics.bisected(slope, 1e-3 * exchange, 3 * exchange)
        return 0.5 * cost * size**2 + np.linalg.eigvalsh(size[:, None, None] * zeeman)[:, 0]

    return numerics.derivative(lowest, 0.0)


def _moment(d: Draw, core: int, step: int) -> Numbers:
    """2 <S> of u|N_c> + v|N_c + step> in Fock space, the odd electron's spin along n, the others paired."""
    n, modes = d["trial"], 4
    zeeman = -np.einsum("px,xij->pij", n, fock.PAULI)
    spinor = np.linalg.eigh(zeeman)[1][:, :, 0]
    made = fock.lowering(modes).swapaxes(1, 2)
    single = np.einsum("ps,sij->pij", spinor, made[:2])
    empty = np.zeros((len(n), 2**modes), complex)
    empty[:, 0] = 1
    odd, closed = np.einsum("pij,pj->pi", single, empty), empty @ (made[0] @ made[1]).T
    more = odd @ (made[2] @ made[3]).T
    low, high = {(0, 1): (empty, odd), (1, 1): (odd, closed), (0, 2): (empty, closed), (1, 2): (odd, more)}[core, step]
    ket = np.sqrt(1 - d["weight"])[:, None] * low + np.sqrt(d["weight"])[:, None] * high
    return 2 * np.einsum("pi,xij,pj->px", ket.conj(), fock.spin(modes), ket, optimize=True).real


BRUTE = "minimiser on the sphere: 26 starts, downhill, Newton"
FIT = f"{BRUTE}; coefficients fitted to its minima at ten"

SECTION = Section(
    title="The moment in a field",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    printed=printed,
    equations=(
        Equation(
            "40",
            "the direction and energy in any field; a_ik from the lead's stiffness",
            f"{BRUTE}; minimisation over |B_i| with an anisotropic cost",
            ("direction", "energy", "whole_energy", "stiffness"),
            "Right if the anisotropy is the leads': a Kramers doublet has none of its own. a = mu_B B_0^2 kappa for a "
            "small stiffness kappa.",
            CONDITION,
            1e-9,
        ),
        Equation(
            "41",
            "the energy in a weak field, to second order",
            f"{FIT} small fields",
            ("weak_energy",),
            "Misprint: the first term must be -mu_B n_0.B. With n corrected by the field it counts the second term "
            "three times.",
            MISPRINT,
            1e-5,
        ),
        Equation(
            "42",
            "the moment in a weak field, to first order",
            f"{FIT} small fields",
            ("weak_moment",),
            "Right with n_0 = sgn(B_z) z; the printed n_0 = (0, 0, 1) needs B_z > 0, otherwise it is metastable.",
            CONDITION,
            1e-5,
        ),
        Equation(
            "43",
            "the energy in a strong field, with the next term -|(ah)_perp|^2/(2 mu_B B)",
            f"{FIT} large fields",
            ("strong_energy", "strong_next"),
            "Right.",
            tolerance=1e-5,
        ),
        Equation(
            "44",
            "the moment in a strong field, to order 1/B",
            f"{FIT} large fields",
            ("strong_moment",),
            "Right, sign included.",
            tolerance=1e-5,
        ),
        Equation(
            "(2), (3) with (40)",
            "the moment of states (2) and (3), N_c even and odd",
            "states of four spinful fermion modes and the operator of their spin",
            ("moments",),
            "mu_B v^2 n (N_c even) or mu_B u^2 n (odd) in (2); 0 (even) or mu_B n (odd) in (3).",
        ),
    ),
)
