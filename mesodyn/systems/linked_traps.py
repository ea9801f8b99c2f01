"""Two traps with phases of their own, the moment they are linked (PHYSICS 3d, DEFINITIONS 6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.numberspace import Matrix
from mesodyn.systems.base import Values
from mesodyn.systems.trap_pair import KINDS, TrapPair

TRAPS = ("A", "B")


@dataclass(frozen=True, kw_only=True)
class LinkedTraps(TrapPair):
    r"""A `TrapPair` whose spins are frozen (polarised), so that four states are left, started with two phases.

    Every account starts as it is just after the link is made, not in equilibrium: ``superposition`` is the product of
    :math:`u|N_c\rangle + v e^{i\varphi_X}|N_c+k\rangle`; ``conserving`` is its projection on one shared step,
    :math:`(|10\rangle + e^{-i\varphi}|01\rangle)/\sqrt2` with :math:`\varphi = \varphi_A - \varphi_B`; ``mixture`` is
    the product without phases. A detuning is that of the linked pair.

    Parameters
    ----------
    kind, n_c, tunnelling, connected_detuning, weight, phases
        As in `TrapPair`; fermions and bosons differ only in the Jordan-Wigner sign of a field operator of B.

    Examples
    --------
    >>> pair = LinkedTraps(phases=(0.5, 0.0))
    >>> pair.space.size
    4
    >>> kept, state = pair.prepare("conserving", "ground", {k: np.atleast_1d(v) for k, v in pair.values().items()})
    >>> round(float(np.angle(state[0, 1, 0])), 12)  # <10|rho|01>
    0.5
    """

    turning_sites = ()  # type: ignore[assignment]  # a spin that is frozen cannot follow a field

    def _check_spin(self) -> None:
        checks.choice("kind", self.kind, KINDS)
        object.__setattr__(self, "spin", 0.0)

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The state of an account just after the link is made."""
        every = np.arange(self.space.size)
        low, high = np.sqrt(1 - values["weight"]), np.sqrt(values["weight"])
        if account == "mixture":
            alone = np.stack([1 - values["weight"], values["weight"]], axis=1)
            weights = (alone[:, :, None] * alone[:, None, :]).reshape(len(alone), -1)
            return every, (weights[:, :, None] * np.eye(self.space.size)).astype(complex)
        kets = [np.stack([low, high * np.exp(1j * values[f"phase_{trap}"])], axis=1) for trap in TRAPS]
        if account == "conserving":
            half = np.sqrt(0.5)
            shared = [half * np.exp(1j * values[f"phase_{trap}"]) for trap in reversed(TRAPS)]
            kept, ket = self.space.sector(self.shared_total), np.stack(shared, axis=1)
        else:
            kept, ket = every, (kets[0][:, :, None] * kets[1][:, None, :]).reshape(len(low), -1)
        return kept, ket[:, :, None] * ket[:, None, :].conj()

    def losses(self) -> list[qutip.Qobj]:
        """The field operators of both traps."""
        return [operator for trap in TRAPS for operator in self.space.field(trap)]

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        r"""Of the pair, and the order parameters of both traps.

        ``order_parameter_B`` is that of the local operator :math:`(-1)^{N_A}\Psi_B`; ``ordered_B`` that of the
        anticommuting :math:`\Psi_B`, which depends on the order in which the modes are written. ``alone_A`` is the
        part of A's while B is empty: it turns at one frequency, :math:`J/\hbar`.
        """
        space = self.space
        alone = {f"alone_{x}": space.local_field(x)[0] @ (1 - space.extra(y)) for x, y in zip("AB", "BA", strict=True)}
        return super().observables() | {
            "order_parameter_A": space.local_field("A")[0],
            "order_parameter_B": space.local_field("B")[0],
            "ordered_B": space.field("B")[0],
            **alone,
        }
