"""Section 6: tunnelling of particles and of pairs, equations (11)-(14) and (21)-(23)."""

from __future__ import annotations

import numpy as np

from mesodyn.verify import fock
from mesodyn.verify.section import CONDITION, Draw, Equation, Found, Numbers, Section

DOT, LEAD = 3, 2


def draw(rng: np.random.Generator, sets: int) -> Draw:
    """An interacting dot; kernels K(R, r), K2(R, R', r, r'); states of the lead's two levels."""
    mixed, paired = (fock.complex_normal(rng, sets, 2, 2), fock.complex_normal(rng, sets, 2))
    d = fock.draw_dot(rng, sets) | {
        "kernel": fock.complex_normal(rng, sets, LEAD, DOT),
        "pair_kernel": fock.complex_normal(rng, sets, LEAD, LEAD, DOT, DOT),
        "bosons": mixed / np.linalg.norm(mixed, axis=2, keepdims=True),
        "pair": paired / np.linalg.norm(paired, axis=1, keepdims=True),
    }
    return d | fock.by_hand(d)


# -- the paper --------------------------------------------------------------------------------------------------------


def paper(d: Draw) -> Found:
    """(11), (21) by counting exchanges; (12)-(14), (22), (23) from eta, F(r) and F(r, r')."""
    eta = d["bosons"][:, :, 0].conj() * d["bosons"][:, :, 1]
    source = np.einsum("pRr,pR->pr", d["kernel"], eta.conj())
    anomalous = _anomalous(d["pair"])
    return {
        "one_body": _moved(d["kernel"], _hops()),
        "two_body": _moved(d["pair_kernel"], _pair_hops()),
        "mean_field": _hermitian(np.einsum("pr,rij->pij", source, _single_boson())),
        "delta": -np.einsum("pRr,pR,pr->p", d["kernel"].conj(), eta, d["F"].conj()),
        "overlap": d["F"],
        "pair_overlap": d["F2"],
        "pair_delta": -np.einsum("pRSrs,pRS,prs->p", d["pair_kernel"], anomalous.conj(), d["F2"]).conj(),
    }


def printed(d: Draw) -> Found:
    """(12) for fermions as if eta were a number; (22) with F(R, R') taken as <Psi(R) Psi(R')>."""
    eta = d["bosons"][:, :, 0].conj() * d["bosons"][:, :, 1]
    source = np.einsum("pRr,pR->pr", d["kernel"], eta.conj())
    swapped = _anomalous(d["pair"]).swapaxes(1, 2)
    return {
        "fermion_mean_field": _hermitian(np.einsum("pr,rij->pij", source, fock.lowering(DOT))),
        "pair_delta": -np.einsum("pRSrs,pRS,prs->p", d["pair_kernel"], swapped.conj(), d["F2"]).conj(),
    }


def _anomalous(pair: Numbers) -> Numbers:
    """F(R, R') = <Psi(R') Psi(R)> of the lead state a|0> + b c_1^+ c_2^+|0>."""
    amplitude = pair[:, 0].conj() * pair[:, 1]
    zero = 0 * amplitude
    return np.stack([zero, amplitude, -amplitude, zero], axis=1).reshape(-1, LEAD, LEAD)


def _moved(kernel: Numbers, elements: Numbers) -> Numbers:
    return _hermitian((kernel.reshape(len(kernel), -1) @ elements.reshape(len(elements), -1)).reshape(-1, 32, 32))


def _hermitian(half: Numbers) -> Numbers:
    return half + fock.dagger(half)


def _hops() -> Numbers:
    return np.array([_counted([DOT + to], [of]) for to in range(LEAD) for of in range(DOT)])


def _pair_hops() -> Numbers:
    places = np.ndindex(LEAD, LEAD, DOT, DOT)
    return np.array([_counted([DOT + a, DOT + b], [r, s]) for a, b, r, s in places])


def _counted(made: list[int], taken: list[int]) -> Numbers:
    """The matrix of made^+ ... taken ... between occupations: each step changes sign per particle on its left."""
    modes = DOT + LEAD
    found = np.zeros((2**modes, 2**modes))
    for start in range(2**modes):
        filled, sign = [bool(start >> (modes - 1 - k) & 1) for k in range(modes)], 1
        for wanted, place in [(True, k) for k in reversed(taken)] + [(False, k) for k in reversed(made)]:
            sign *= (filled[place] == wanted) * (-1) ** sum(filled[:place])
            filled[place] = not wanted
        if sign:
            end = sum(bit << (modes - 1 - k) for k, bit in enumerate(filled))
            found[end, start] += sign
    return found


def _single_boson() -> Numbers:
    """Hard-core bosons on the dot's orbitals: operators of different places commute."""
    c = fock.lowering(DOT)
    return np.abs(c)


# -- the package ------------------------------------------------------------------------------------------------------


def package(d: Draw) -> Found:
    """The tunnelling operators of `NumberSpace`: fermions with their strings; pairs as single steps of two."""
    from mesodyn.numberspace import NumberSpace, Site

    names = [f"{k}" for k in range(DOT + LEAD)]
    space = NumberSpace(tuple(Site(name, fermionic=True) for name in names))
    dot, lead = names[:DOT], names[DOT:]
    hops = np.array([space.correlation(to, of).full() for to in lead for of in dot])
    fields = [space.field(name)[0] for name in names]
    pairs = np.array(
        [
            (fields[DOT + a].dag() @ fields[DOT + b].dag() @ fields[r] @ fields[s]).full()
            for a, b, r, s in np.ndindex(LEAD, LEAD, DOT, DOT)
        ]
    )
    return {"one_body": _moved(d["kernel"], hops), "two_body": _moved(d["pair_kernel"], pairs)}


# -- the route --------------------------------------------------------------------------------------------------------


def route(d: Draw) -> Found:
    """Products of explicit operators; means in explicit states of the lead; elements between the dot's levels."""
    c = fock.lowering(DOT + LEAD)
    dot, lead = c[:DOT], c[DOT:]
    hops = np.einsum("Rji,rjk->Rrik", lead, dot)
    pairs = np.einsum("Rji,Slj,rlm,smn->RSrsin", lead, lead, dot, dot, optimize=True)
    bosons = np.einsum("Rji,rjk->Rrik", np.abs(lead), np.abs(dot))
    kernel, two_body = d["kernel"], _assembled(d["pair_kernel"], pairs)
    product = np.einsum("pa,pb->pab", *d["bosons"].swapaxes(0, 1)).reshape(-1, 4)
    paired = np.zeros((len(kernel), 4), complex)
    paired[:, 0], paired[:, 3] = d["pair"].T
    (_, one), (_, two), (_, three) = (fock.lowest(fock.dot_hamiltonian(d), fock.counts(DOT), n) for n in (1, 2, 3))
    own = fock.lowering(DOT)
    averaged = _averaged(_assembled(kernel, bosons), product)
    with_strings = _assembled(kernel, np.abs(lead).swapaxes(1, 2)[:, None] @ dot[None])
    mean_field = _averaged(with_strings, product)
    return {
        "one_body": _assembled(kernel, hops),
        "two_body": two_body,
        "mean_field": averaged,
        "fermion_mean_field": _averaged(_assembled(kernel, hops), product),
        "delta": -np.einsum("pi,pij,pj->p", two.conj(), mean_field, one, optimize=True),
        "overlap": np.einsum("pi,rij,pj->pr", one.conj(), own, two, optimize=True),
        "pair_overlap": np.einsum("pi,rij,sjk,pk->prs", one.conj(), own, own, three, optimize=True),
        "pair_delta": -np.einsum("pi,pij,pj->p", three.conj(), _averaged(two_body, paired), one, optimize=True),
    }


def _assembled(kernel: Numbers, operators: Numbers) -> Numbers:
    size = operators.shape[-1]
    return _hermitian((kernel.reshape(len(kernel), -1) @ operators.reshape(-1, size * size)).reshape(-1, size, size))


def _averaged(operator: Numbers, lead: Numbers) -> Numbers:
    """The partial mean over the lead's state: what is left acts on the dot."""
    parts = operator.reshape(-1, 2**DOT, 2**LEAD, 2**DOT, 2**LEAD)
    return np.einsum("pa,piajb,pb->pij", lead.conj(), parts, lead, optimize=True)


BRUTE = "products of explicit operators of 3 + 2 modes"
MEAN = "partial mean of the full operator in an explicit state of the lead"
LEVELS = "elements between the lowest levels of an interacting dot in Fock space"

SECTION = Section(
    title="Tunnelling",
    draw=draw,
    paper=paper,
    package=package,
    route=route,
    printed=printed,
    equations=(
        Equation("11", "the tunnelling operator, signs included", BRUTE, ("one_body",), "Right."),
        Equation(
            "12",
            "its mean in the lead, for bosons",
            MEAN,
            ("mean_field", "fermion_mean_field"),
            "Right for bosons. For fermions eta would be a number standing for what anticommutes: the mean carries the "
            "dot's parity, and the number in its place fails.",
            CONDITION,
        ),
        Equation("13", "Delta as an element of the mean field", f"{MEAN}; {LEVELS}", ("delta",), "Right."),
        Equation("14", "F(r), and Delta from it", LEVELS, ("overlap", "delta"), "Right."),
        Equation("21", "the tunnelling operator of pairs, signs included", BRUTE, ("two_body",), "Right."),
        Equation(
            "22",
            "Delta of a pair, from a paired lead",
            f"{MEAN}; {LEVELS}",
            ("pair_delta",),
            "Right with F(R, R') = <Psi(R') Psi(R)>, that is F* = <Psi^+(R) Psi^+(R')>: in the other order of the "
            "fermions its sign is wrong.",
            CONDITION,
        ),
        Equation("23", "F(r, r')", LEVELS, ("pair_overlap",), "Right."),
    ),
)
