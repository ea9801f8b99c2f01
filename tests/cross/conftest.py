"""Two traps written down a second time, from real fermion modes, for plain QuTiP: nothing here uses mesodyn."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import qutip

EXACT = {"atol": 1e-13, "rtol": 1e-11, "nsteps": 10**7, "progress_bar": "", "method": "dop853"}
"""Options of the plain integrators."""


def smooth(tau: Any) -> Any:
    """The smooth ramp of PHYSICS 3c."""
    return tau - np.sin(2 * np.pi * tau) / (2 * np.pi)


class TwoTraps:
    """Operators of two traps on their allowed states (A on the left), and the Hamiltonian at any instant.

    `fields[X]` are the modes that the link moves, `spins[X]` the spin components, `extras[X]` the number of steps.
    """

    def __init__(self, fields: Any, spins: Any, extras: Any, totals: Any, **parameters: float) -> None:
        self.fields, self.spins, self.extras = fields, spins, extras
        self.totals = np.asarray(totals)
        self.J, self.EZ, self.angle = (parameters.pop(k, d) for k, d in (("J", 1.0), ("EZ", 0.0), ("angle", np.pi / 2)))
        self.off, self.on = parameters.pop("off", 0.0), parameters.pop("on", 0.0)
        assert not parameters
        self.coherence = sum(a.dag() @ b for a, b in zip(fields["A"], fields["B"], strict=True))
        self.hop = self.coherence + self.coherence.dag()
        self.imbalance = extras["A"] - extras["B"]

    def zeeman(self, trap: str, angle: float = 0.0) -> qutip.Qobj:
        """-E_Z n.S of a trap whose field is turned by `angle`."""
        x, y, z = self.spins[trap]
        across, along = np.sin(self.angle), np.cos(self.angle)
        return -self.EZ * (across * (np.cos(angle) * x + np.sin(angle) * y) + along * z)

    def H(self, link: float = 1.0, angle: float = 0.0, J: float | None = None, off: float | None = None) -> qutip.Qobj:
        """The Hamiltonian with the link at `link` and B's field turned by `angle`."""
        J, off = self.J if J is None else J, self.off if off is None else off
        bias = (1 - link) * off + link * self.on
        return -J * link * self.hop + self.zeeman("A") + self.zeeman("B", angle) + 0.5 * bias * self.imbalance

    def turning(self, angle: Callable[[float], float], link: float = 0.0) -> qutip.QobjEvo:
        """The Hamiltonian in the laboratory while B's field turns."""
        x, y, _ = self.spins["B"]
        fixed = self.H(link) - self.zeeman("B") - self.EZ * np.cos(self.angle) * self.spins["B"][2]
        across = -self.EZ * np.sin(self.angle)
        return qutip.QobjEvo(
            [fixed, [across * x, lambda t: np.cos(angle(t))], [across * y, lambda t: np.sin(angle(t))]]
        )

    def sector(self, total: int) -> np.ndarray:
        return np.flatnonzero(self.totals == total)

    def thermal(self, total: int, kT: float = 0.0) -> qutip.Qobj:
        """The Gibbs state of the connected traps in one sector, on the whole space."""
        kept = self.sector(total)
        energies, vectors = np.linalg.eigh(self.H().full()[np.ix_(kept, kept)])
        weights = np.exp(-(energies - energies[0]) / kT) if kT else np.isclose(energies, energies[0], atol=1e-12) * 1.0
        full = np.zeros((len(self.totals),) * 2, complex)
        full[np.ix_(kept, kept)] = (vectors * weights / weights.sum()) @ vectors.conj().T
        return qutip.Qobj(full)

    def ground(self, total: int) -> qutip.Qobj:
        """The ground state of the connected traps in one sector, as a ket."""
        kept = self.sector(total)
        full = np.zeros(len(self.totals), complex)
        full[kept] = np.linalg.eigh(self.H().full()[np.ix_(kept, kept)])[1][:, 0]
        return qutip.Qobj(full)

    def alone(self, weight: float, phases: Sequence[float]) -> qutip.Qobj:
        """Each trap in u|0> + v exp(i phase)|1, spin along the field>: created from the empty traps, A first."""
        state = qutip.basis(len(self.totals), 0)
        up = (np.cos(self.angle / 2), np.sin(self.angle / 2))
        for trap, phase in (("B", phases[1]), ("A", phases[0])):
            create = sum(c * f.dag() for c, f in zip(up, self.fields[trap], strict=True))
            state = np.sqrt(1 - weight) * state + np.sqrt(weight) * np.exp(1j * phase) * (create @ state)
        return state

    def dephasing(self, rate: float, step: int = 1) -> list[qutip.Qobj]:
        return [np.sqrt(rate / 2) * step * self.imbalance]

    def losses(self, rate: float) -> list[qutip.Qobj]:
        """Each mode of each trap is lost at `rate` (one occupied mode in a full trap)."""
        return [np.sqrt(rate) * f for trap in "AB" for f in self.fields[trap]]

    def relaxation(self, H: qutip.Qobj, rate: float, kT: float) -> list[qutip.Qobj]:
        """sqrt(rate_ij)|i><j| between eigenstates of one total, detailed balance, both directions adding to `rate`."""
        energies, vectors, totals = [], [], []
        for total in np.unique(self.totals):
            kept = self.sector(total)
            values, columns = np.linalg.eigh(H.full()[np.ix_(kept, kept)])
            for energy, column in zip(values, columns.T, strict=True):
                full = np.zeros(len(self.totals), complex)
                full[kept] = column
                energies.append(energy)
                vectors.append(qutip.Qobj(full))
                totals.append(total)
        jumps = []
        for i, j in np.ndindex(len(energies), len(energies)):
            step = energies[i] - energies[j]
            if i == j or totals[i] != totals[j]:
                continue
            down = 0.5 if abs(step) < 1e-10 else float(step < 0)
            share = 1 / (1 + np.exp(step / kT)) if kT else down
            if share * rate > 0:
                jumps.append(np.sqrt(rate * share) * vectors[i] @ vectors[j].dag())
        return jumps


def _allowed(operators: Any, keep: Sequence[int]) -> Any:
    """Operators (nested in dicts and lists) on the basis states `keep`."""
    if isinstance(operators, dict):
        return {name: _allowed(each, keep) for name, each in operators.items()}
    if isinstance(operators, (list, tuple)):
        return [_allowed(each, keep) for each in operators]
    return qutip.Qobj(operators.full()[np.ix_(keep, keep)])


def fermions(core: int = 0, **parameters: float) -> TwoTraps:
    """One orbital a trap: four Jordan-Wigner modes A up, A down, B up, B down, without what is not allowed.

    Core 0: no double occupancy. Core 1: no empty trap, so a hole moves; c_B -> -c_B then counts parity from the core.
    """
    c = {"A": [qutip.fdestroy(4, 0), qutip.fdestroy(4, 1)], "B": [qutip.fdestroy(4, 2), qutip.fdestroy(4, 3)]}
    if core == 1:
        c["B"] = [-mode for mode in c["B"]]
    spins, numbers = {}, {}
    for trap, (up, down) in c.items():
        spins[trap] = [
            0.5 * (up.dag() @ down + down.dag() @ up),
            -0.5j * (up.dag() @ down - down.dag() @ up),
            0.5 * (up.dag() @ up - down.dag() @ down),
        ]
        numbers[trap] = up.dag() @ up + down.dag() @ down
    # one trap: index 2 n_up + n_down; in the order empty, up, down, or up, down, full
    local = {0: [0, 2, 1], 1: [2, 1, 3]}[core]
    keep = [4 * a + b for a in local for b in local]
    total = (numbers["A"] + numbers["B"]).diag().real.round().astype(int)
    extras = {trap: number - core for trap, number in numbers.items()}
    return TwoTraps(_allowed(c, keep), _allowed(spins, keep), _allowed(extras, keep), total[keep], **parameters)


def fermions_on_a_full_shell(**parameters: float) -> TwoTraps:
    """Two orbitals a trap, eight modes; the lower orbital holds two fermions, the upper 0 or 1 (core 2)."""
    modes = [qutip.fdestroy(8, k) for k in range(8)]  # A: 0 1 lower, 2 3 upper; B: 4 5 lower, 6 7 upper
    c = {"A": modes[2:4], "B": modes[6:8]}
    spins, numbers = {}, {}
    for trap, first in (("A", 0), ("B", 4)):
        spins[trap] = [0 * modes[0]] * 3
        for up, down in ((modes[first], modes[first + 1]), (modes[first + 2], modes[first + 3])):
            parts = (
                0.5 * (up.dag() @ down + down.dag() @ up),
                -0.5j * (up.dag() @ down - down.dag() @ up),
                0.5 * (up.dag() @ up - down.dag() @ down),
            )
            spins[trap] = [old + new for old, new in zip(spins[trap], parts, strict=True)]
        numbers[trap] = sum(mode.dag() @ mode for mode in modes[first : first + 4])
    local = [12 + 0, 12 + 2, 12 + 1]
    keep = [16 * a + b for a in local for b in local]
    both: Any = numbers["A"] + numbers["B"]
    total = both.diag().real.round().astype(int)
    extras = {trap: number - 2 for trap, number in numbers.items()}
    return TwoTraps(_allowed(c, keep), _allowed(spins, keep), _allowed(extras, keep), total[keep], **parameters)


def pairs(core: int = 0, **parameters: float) -> TwoTraps:
    """Pairs of real fermions in one orbital a trap; with core 1 a second orbital holds the odd fermion's spin."""
    n = 4 if core == 0 else 8
    modes = [qutip.fdestroy(n, k) for k in range(n)]
    per = n // 2
    fields, spins, extras = {}, {}, {}
    for trap, first in (("A", 0), ("B", per)):
        up, down = modes[first + per - 2], modes[first + per - 1]
        fields[trap] = [down @ up]
        extras[trap] = 0.5 * (up.dag() @ up + down.dag() @ down)
        lower_up, lower_down = modes[first], modes[first + 1]
        spins[trap] = [
            0.5 * (lower_up.dag() @ lower_down + lower_down.dag() @ lower_up),
            -0.5j * (lower_up.dag() @ lower_down - lower_down.dag() @ lower_up),
            0.5 * (lower_up.dag() @ lower_up - lower_down.dag() @ lower_down),
        ]
    if core == 0:
        keep = [4 * a + b for a in (0, 3) for b in (0, 3)]
        spins = {trap: [0 * parts[0]] * 3 for trap, parts in spins.items()}
    else:
        local = [8, 4, 11, 7]  # (up, empty), (down, empty), (up, pair), (down, pair)
        keep = [16 * a + b for a in local for b in local]
    both: Any = extras["A"] + extras["B"]
    total = (2 * core + 2 * both).diag().real.round().astype(int)
    return TwoTraps(_allowed(fields, keep), _allowed(spins, keep), _allowed(extras, keep), total[keep], **parameters)


def bosons(spin: int = 1, **parameters: float) -> TwoTraps:
    """At most one boson a trap, with 2 spin + 1 components."""
    m = 2 * spin + 1
    one, size = qutip.qeye(m + 1), m + 1
    local = [qutip.basis(size, 0) @ qutip.basis(size, 1 + k).dag() for k in range(m)]
    parts = [part.full() for part in qutip.spin_J_set(spin)] if spin else [np.zeros((1, 1))] * 3
    jmat = [sum(j[a, b] * local[a].dag() @ local[b] for a in range(m) for b in range(m)) for j in parts]
    number = sum(b.dag() @ b for b in local)

    def both(part: Any) -> dict[str, Any]:
        return {"A": qutip.tensor(part, one), "B": qutip.tensor(one, part)}

    fields = {trap: [both(b)[trap] for b in local] for trap in "AB"}
    spins = {trap: [both(s)[trap] for s in jmat] for trap in "AB"}
    everything = list(range(size**2))
    extras = both(number)
    total = (extras["A"] + extras["B"]).diag().real.round().astype(int)
    made: Any = [_allowed(part, everything) for part in (fields, spins, extras)]
    return TwoTraps(made[0], made[1], made[2], total, **parameters)


MAKERS: dict[str, Callable[..., TwoTraps]] = {
    "fermions": fermions,
    "fermions on a full shell": fermions_on_a_full_shell,
    "pairs": pairs,
    "bosons": bosons,
}


class Plain:
    """Plain QuTiP, tight."""

    smooth = staticmethod(smooth)

    @staticmethod
    def traps(maker: str = "fermions", **parameters: Any) -> TwoTraps:
        return MAKERS[maker](**parameters)

    @staticmethod
    def evolve(H: Any, start: qutip.Qobj, times: Any, jumps: Sequence[qutip.Qobj] = (), **options: Any) -> list[Any]:
        """States at `times` from qutip.sesolve, or qutip.mesolve with jumps or a density matrix."""
        chosen = EXACT | options
        if start.isket and not jumps:
            return qutip.sesolve(H, start, times, options=chosen).states
        return qutip.mesolve(H, start, times, c_ops=list(jumps), options=chosen).states


@pytest.fixture
def plain() -> type[Plain]:
    return Plain


def _embedded(record: Any, labels: Sequence[str], edge: int) -> np.ndarray:
    """A record's density matrix at an edge of its protocol, on the whole space."""
    at = [list(labels).index(label) for label in record.row.values]
    full = np.zeros((len(labels),) * 2, complex)
    full[np.ix_(at, at)] = record.state.isel(edge=edge).values
    return full


@pytest.fixture
def deviation() -> Callable[..., float]:
    """The worst difference of one segment of a record (observables at all moments, state at its end) from plain."""

    def worst(record: Any, edge: int, states: Sequence[Any], traps: TwoTraps, H: Any, system: Any) -> float:
        """`states` at the segment's moments; H(k) the Hamiltonian at moment k."""
        names = record.attrs["method"].split("; ")
        widths = [int(not name.endswith("sudden")) for name in names]
        moments = len(states)
        first = 1 + sum(moments if w else 1 for w in widths[: edge - 1])
        found = [0.0]
        for k, state in enumerate(states):
            now = record.isel(moment=first + k)
            found.append(abs(complex(now.coherence) - qutip.expect(traps.coherence, state)))
            step = system.step
            found.append(abs(float(now.imbalance) - step * qutip.expect(traps.imbalance, state)))
            found.append(abs(float(now.energy) - qutip.expect(H(k), state)))
            found.append(abs(float(now.norm) - 1))
            if "spin_A" in now:
                for trap in "AB":
                    for value, part in zip(now[f"spin_{trap}"].values, traps.spins[trap], strict=True):
                        found.append(abs(value - qutip.expect(part, state)))
        last = states[-1]
        full = (last.proj() if last.isket else last).full()
        found.append(np.abs(full - _embedded(record, system.space.labels, edge)).max())
        return float(max(found))

    return worst
