"""A body that turns about a fixed axis, in a superposition of angular momenta: its figure turns (paper, Sec. 4; 3j)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown, UnfinishedError
from mesodyn.numberspace import Ladder, Matrix, NumberSpace
from mesodyn.systems.base import Setting, System, Values, boltzmann, flat_values

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

LEVELS = 20
"""How many angular momenta a packet has unless it is told."""
MOST = {False: 40, True: 20}
"""The most of them, without and with a body outside."""
REACH = 7.0
"""A packet keeps this many times its spread on either side."""
TRUNCATED = 1e-12
"""The largest weight at the end of what is known of E(M) that a thermal mean may have."""
_NO_PLATEAU = "without it no angular momentum is that of a lowest state (PHYSICS 1.1, 3j)"


@dataclass(frozen=True)
class Turning(Ladder):
    """A body whose angular momentum is `n_c`, `n_c` + `step`, ... (in hbar), of either sign."""

    def __post_init__(self) -> None:
        checks.whole("step", self.step, low=1)

    def lowering(self) -> list[Matrix]:
        """``exp(-i step angle)``, which takes `step` off the angular momentum; nothing below the window."""
        return [np.eye(self.most + 1, k=1, dtype=complex)]


@dataclass(frozen=True, kw_only=True)
class IrregularRotor(System):
    r"""A body on a fixed axis in a superposition of the angular momenta M and M + p (PHYSICS 3j).

    .. math:: H = E(M), \qquad E(M) = M^2/2I - D M^4, \qquad E'(M) = E(M) - \omega M

    or any list of energies, convex in M. In :math:`u|m\rangle + v e^{i\varphi}|m+p\rangle` the density on the ring,

    .. math:: |\psi(\alpha)|^2 = \frac{1}{2\pi}\{1 + 2uv\cos[p(\alpha - \omega_c t) + \varphi]\}, \qquad
              \omega_c = [E(m+p) - E(m)]/p\hbar

    turns at :math:`\omega_c`: M is to the angle what N is to the phase, :math:`\hbar\omega` is the chemical potential.
    No superselection rule forbids the superposition. With `spread` the state is a wave packet of several M, which
    turns at :math:`dE/dM` and spreads. A body outside takes what angular momentum the rotor has not (account
    ``conserving``).

    Parameters
    ----------
    moment_of_inertia
        I/hbar > 0. This or `energies` must be given.
    distortion
        D, how the body gives way as it turns.
    energies
        E(first), E(first + 1), ... in place of both.
    first
        The angular momentum that the first of `energies` belongs to.
    m_c
        m, the smaller of the two angular momenta, in hbar.
    fold
        p: a body of identical bosons that is p-fold symmetric has steps of p only.
    weight
        v**2; of a packet, where its middle lies between m (0) and m + p (1).
    phase
        :math:`\varphi` of each step [rad].
    spread
        Standard deviation of M in units of p, > 0: a wave packet in place of two angular momenta.
    levels
        How many angular momenta the space holds (default 2, for a packet 20).
    frame_rate
        :math:`\omega`: ``frame="rotating"`` turns with it, `equilibrium` is that of E'.
    outside
        Whether there is a body outside, which the account ``conserving`` needs.
    outside_rate
        Its energy per angular momentum.
    temperature
        k_B T of `equilibrium`.

    Raises
    ------
    InputError
        For a value out of range, both forms of the energy or neither, energies that are not convex or too few.

    Examples
    --------
    >>> import mesodyn as md
    >>> rotor = md.IrregularRotor(moment_of_inertia=2.3, m_c=7, weight=0.4)
    >>> round(float(rotor.critical_rate()), 10)
    3.2608695652
    >>> turn = md.evolve(rotor, md.Protocol(md.Hold(duration=1.0)), account="superposition")
    >>> round(float(turn.momentum[-1]), 10)
    7.4
    """

    moment_of_inertia: Any = None
    distortion: Any = 0.0
    energies: Any = None
    first: int = 0
    m_c: int = 0
    fold: int = 1
    weight: Any = 0.5
    phase: Any = 0.0
    spread: Any = None
    levels: int | None = None
    frame_rate: Any = 0.0
    outside: bool = False
    outside_rate: Any = 0.0
    temperature: Any = 0.0

    broadcasting = (
        *("moment_of_inertia", "distortion", "weight", "phase", "spread"),
        *("frame_rate", "outside_rate", "temperature"),
    )
    frame_term = "frame"
    preparing = ("weight", "phase", "spread", "temperature")

    def __post_init__(self) -> None:
        for name in ("m_c", "first"):
            checks.whole(name, getattr(self, name), low=-(10**9), high=10**9)
        checks.whole("fold", self.fold, low=1, high=1000)
        for name in ("distortion", "phase", "frame_rate", "outside_rate"):
            checks.number(name, getattr(self, name))
        checks.number("temperature", self.temperature, low=0)
        checks.number("weight", self.weight, low=0, high=1)
        if not isinstance(self.outside, bool):
            raise InputError("outside", "True or False", self.outside)
        self._check_window()
        if (self.moment_of_inertia is None) == (self.energies is None):
            was = Shown("neither" if self.energies is None else "both")
            raise InputError("moment_of_inertia or energies", "given, exactly one of them", was)
        if self.energies is None:
            checks.number("moment_of_inertia", self.moment_of_inertia, above=0)
        else:
            self._check_list()
        self._check_convex()

    def _check_window(self) -> None:
        most = MOST[self.outside]
        found = checks.whole(
            "levels", (2 if self.spread is None else LEVELS) if self.levels is None else self.levels, low=2, high=most
        )
        object.__setattr__(self, "levels", found)
        if self.spread is None:
            return
        largest = float(np.max(np.asarray(checks.number("spread", self.spread, above=0))))
        if REACH * largest > (found - 2) / 2:
            room = (found - 2) / 2 / REACH
            more = f"the most levels are {most}" + (" with a body outside" if self.outside else "")
            raise InputError("spread", f"at most {room:.4g} for {found} levels", largest, more)

    def _check_list(self) -> None:
        if np.any(np.asarray(self.distortion) != 0):
            raise InputError("distortion", "0 beside energies", Shown("another"), "put it into the energies")
        if not isinstance(self.energies, Sequence | np.ndarray) or isinstance(self.energies, str):
            raise InputError("energies", "a list of numbers, E(first), E(first + 1), ...", self.energies)
        object.__setattr__(self, "energies", tuple(float(checks.number("energies", e)) for e in self.energies))
        last = self.first + len(self.energies) - 1
        low, high = int(self.momenta[0]), int(self.momenta[-1])
        if low < self.first or high > last:
            must = f"known for the angular momenta {low} to {high} of the state"
            raise InputError("energies", must, Shown(f"known from {self.first} to {last}"))

    def _check_convex(self) -> None:
        """Refuse energies without an order of plateaus, on and next to the angular momenta in use."""
        p = self.fold
        if self.energies is not None:
            known = np.arange(self.first, self.first + len(self.energies))
            inner = known[(known - p >= known[0]) & (known + p <= known[-1]) & ((known - self.m_c) % p == 0)]
        else:
            inner = self.momenta
        bent = [self.energy(m + p) + self.energy(m - p) - 2 * self.energy(m) for m in inner.tolist()]
        wrong = [m for m, curvature in zip(inner.tolist(), bent, strict=True) if np.any(np.asarray(curvature) <= 0)]
        if wrong:
            name = "distortion" if self.energies is None else "energies"
            must = f"such that E is convex, E(M+{p}) + E(M-{p}) - 2 E(M) > 0"
            raise InputError(name, must, Shown(f"not at M = {wrong[0]}"), _NO_PLATEAU)

    # -- what is known of the energies ---------------------------------------------------------------------------------

    @property
    def momenta(self) -> NDArray[np.int64]:
        """The angular momenta of the basis, in hbar; m_c is the lower of the two in the middle."""
        assert self.levels is not None
        return self.m_c + self.fold * (np.arange(self.levels) - (self.levels - 2) // 2)

    def energy(self, momentum: int) -> Any:
        """E(M), a number or over the axes of the parameters."""
        if self.energies is not None:
            return self.energies[momentum - self.first]
        return 0.5 * momentum**2 / self.moment_of_inertia - self.distortion * float(momentum) ** 4

    def critical_rate(self) -> Any:
        r""":math:`\omega_c = [E(m+p) - E(m)]/p`, a number or over the axes of the parameters."""
        return (self.energy(self.m_c + self.fold) - self.energy(self.m_c)) / self.fold

    # -- the public face of a system -----------------------------------------------------------------------------------

    @cached_property
    def space(self) -> NumberSpace:
        """The rotor, and on its right the body outside, if there is one."""
        most = len(self.momenta) - 1
        sites = [Turning("rotor", int(self.momenta[0]), self.fold, most=most)]
        if self.outside:
            sites.append(Turning("outside", 0, self.fold, most=most))
        return NumberSpace(tuple(sites))

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """``rest``, ``inertia`` and ``distortion`` (or ``energies``), ``outside``, ``still`` and ``frame``.

        Energies are counted from that of m_c, which stands in ``rest``: a fast rotor loses no digits.
        """
        space, m = self.space, self.momenta.astype(float)
        total = sum((space.number(site.name) for site in space.sites[1:]), start=space.number("rotor"))
        found = {"rest": qutip.qeye_like(total), "still": -total, "frame": total}
        if self.energies is None:
            found["inertia"] = space.operator("rotor", np.diag((m - self.m_c) * (m + self.m_c) + 0j))
            found["distortion"] = space.operator("rotor", -np.diag(m**4 - float(self.m_c) ** 4 + 0j))
        else:
            above = [self.energy(k) - self.energy(self.m_c) for k in self.momenta.tolist()]
            found["energies"] = space.operator("rotor", np.diag(np.array(above, complex)))
        if self.outside:
            found["outside"] = space.number("outside")
        return found

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`; nothing is linked."""
        found = {"still": values["frame_rate"], "frame": values["frame_rate"]}
        if self.energies is None:
            found["inertia"], found["distortion"] = 0.5 / values["moment_of_inertia"], values["distortion"]
            found["rest"] = found["inertia"] * self.m_c**2 - found["distortion"] * float(self.m_c) ** 4
        else:
            found["energies"] = 1.0 + 0 * values["weight"]
            found["rest"] = self.energy(self.m_c) * found["energies"]
        if self.outside:
            found["outside"] = values["outside_rate"]
        return found

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """The rotor's ``momentum``, its ``order_parameter`` <exp(-ip alpha)> and the ``correlation`` with the outside.

        The correlation is <exp(-ip(alpha - beta))>, beta the angle of the body outside.
        """
        space = self.space
        lower = space.local_field("rotor")[0]
        found: dict[str, qutip.Qobj | Sequence[qutip.Qobj]] = {
            "momentum": space.number("rotor"),
            "order_parameter": lower,
        }
        if self.outside:
            found["correlation"] = lower @ space.local_field("outside")[0].dag()
        return found

    def harmonics(self) -> list[qutip.Qobj]:
        """exp(-ikp alpha) for k = 1, 2, ...: their means are the Fourier components of the density on the ring."""
        lower = self.space.local_field("rotor")[0]
        found = [lower]
        while len(found) < len(self.momenta) - 1:
            found.append(found[-1] @ lower)
        return found

    def dephasing(self) -> qutip.Qobj:
        """``sqrt(2) M/p``: random kicks of the angle, by which the coherence of M and M + p decays at unit rate."""
        return self.space.number("rotor") * (np.sqrt(2) / self.fold)

    def amplitudes(self, values: Values) -> Matrix:
        """The amplitudes (points, levels) of the state: two, or a packet."""
        steps = (self.momenta - self.m_c) // self.fold
        weight = values["weight"][:, None]
        sizes = np.where(steps == 0, np.sqrt(1 - weight), np.where(steps == 1, np.sqrt(weight), 0.0))
        if self.spread is not None:
            away = ((steps - weight) / (2 * values["spread"][:, None])) ** 2
            sizes = np.exp(away.min(axis=1, keepdims=True) - away)
            sizes = sizes / np.sqrt((sizes**2).sum(axis=1, keepdims=True))
        return np.asarray(sizes * np.exp(1j * values["phase"][:, None] * steps))

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The state of an account: alone, entangled with the body outside, or without coherence."""
        if initial == "thermal":
            raise InputError("initial", "'ground' or a state of your own", initial, "equilibrium() has the thermal one")
        if account == "conserving" and not self.outside:
            raise InputError("outside", "True for account='conserving'", False, "something must take what is left")
        kets = self.amplitudes(values)
        state = kets[:, :, None] * kets[:, None, :].conj()
        if account == "mixture":
            state = state * np.eye(kets.shape[1])
        levels = np.arange(kets.shape[1])
        if not self.outside:
            return levels, state
        other = levels[::-1] if account == "conserving" else np.zeros_like(levels)
        return levels * len(levels) + other, state

    def equilibrium(self) -> xarray.Dataset:
        r"""Equilibrium at the angular velocity `frame_rate`: the staircase :math:`\langle M\rangle(\omega)`.

        All angular momenta m_c + kp count, not only those of the state.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``number``, M of the lowest E' (the smaller at a step), ``energy``, its E',
            ``momentum``, the thermal mean, and ``free_energy``.

        Raises
        ------
        UnfinishedError
            When `energies` (or a distorted body's convex range) end where the angular momentum would go on.
        """
        import xarray

        grid = axes.broadcast_axes(self.values())
        values = flat_values(self, grid)
        parts = [
            self._settled({name: value[k : k + 1] for name, value in values.items()})
            for k in range(len(values["weight"]))
        ]
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        units = {name: "energy" if name.endswith("energy") else "1" for name in found}
        variables = {k: (tuple(grid), axes.unflatten(v, grid), {"units": units[k]}) for k, v in found.items()}
        return xarray.Dataset(variables, dict(grid))

    def _settled(self, values: dict[str, NDArray[Any]]) -> dict[str, Array]:
        """The equilibrium of one point."""
        known, ends = self._known(values)
        rate, cold = values["frame_rate"], values["temperature"]
        if self.energies is None:
            lines = 0.5 * known**2 / values["moment_of_inertia"] - values["distortion"] * known**4 - rate * known
        else:
            lines = np.array(self.energies)[(known - self.first).astype(int)] - rate * known
        weights = boltzmann(lines[None], cold)[0]
        at = int(lines.argmin())
        if max(ends * weights[[0, -1]]) > TRUNCATED:
            edge = int(known[0] if weights[0] > weights[-1] else known[-1])
            raise UnfinishedError(
                f"E(M) ends at M = {edge}, where the mean at frame_rate {rate[0]:.6g} still has a weight: "
                "give more energies, or a lower rate or temperature"
            )
        warm = np.where(cold > 0, cold, 1.0)
        free = -warm * np.log(np.exp(-np.minimum((lines - lines[at]) / warm, 745.0)).sum()) * (cold > 0)
        mean = known[at] + (weights * (known - known[at])).sum()
        return {
            "number": known[at : at + 1],
            "energy": lines[at : at + 1],
            "momentum": np.array([mean]),
            "free_energy": lines[at] + free,
        }

    def _known(self, values: dict[str, NDArray[Any]]) -> tuple[Array, Array]:
        """The angular momenta that equilibrium is sought among, and whether E(M) ends at the first and the last."""
        p, m = self.fold, float(self.m_c)
        if self.energies is not None:
            low, high = float(self.first), float(self.first + len(self.energies) - 1)
            ends = np.ones(2)
        else:
            inertia, give = float(values["moment_of_inertia"][0]), float(values["distortion"][0])
            middle = inertia * float(values["frame_rate"][0])
            reach = np.sqrt(2 * inertia * float(values["temperature"][0]) * 40) + 2 * p
            # a body that gives way turns faster than I omega; within its convex range at most 3/2 of it
            low, high = min(0.0, 1.5 * middle) - 1.5 * reach, max(0.0, 1.5 * middle) + 1.5 * reach
            ends = np.zeros(2)
            if give > 0:
                limit = np.sqrt((p**2 / inertia - 2 * give * p**4) / (12 * give * p**2))
                ends = np.array([low < -limit, high > limit], float)
                low, high = max(low, -limit), min(high, limit)
        first, last = np.ceil((low - m) / p), np.floor((high - m) / p)
        return m + p * np.arange(first, last + 1), ends
