"""An isolated system with a number of particles set by a chemical potential: Fig. 1, with parity and temperature."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown, UnfinishedError

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]

NEGLECTED = 1e-15
"""The largest weight of the numbers that a thermal sum leaves out, where E(N) is known for all N."""
TRUNCATED = 1e-12
"""The same where E(N) is a list that ends."""
BLOCK = 2_000_000
"""How many (point, N) pairs are held at once."""
_NO_PLATEAU = "without it no plateau of an integer N exists (PHYSICS 1.1), as for attractive bosons"


@dataclass(frozen=True, kw_only=True)
class Staircase:
    r"""The energies E(N) of a system with N >= 0 particles, and its steps as the chemical potential grows (Fig. 1).

    .. math:: E'(N; \mu) = E(N) - \mu N, \qquad
              E(N) = \tfrac12 E_c (N - N_0)^2 + \delta\,[N\ \mathrm{odd}]

    or any list of energies. The lower broken line is :math:`E'_1(\mu) = \min_N E'`, :math:`\langle N\rangle =
    -\partial E'_1/\partial\mu`; the number steps from N to N' at :math:`\mu_c = [E(N') - E(N)]/(N' - N)`. Where
    :math:`\delta \ge E_c/2` the odd plateaus are gone (:math:`\delta \le -E_c/2`: the even ones) and the steps are of
    two. At a step every state and every mixture of both numbers has the same energy: nothing here selects state (2) or
    (3), or a weight in it.

    Nothing evolves here: N is conserved, so this is no `System`.

    Parameters
    ----------
    charging_energy
        :math:`E_c > 0`. This or `energies` must be given.
    offset
        :math:`N_0`. The number can't fall below 0, so steps of an offset near 0 end there.
    parity_shift
        :math:`\delta`, the energy of an odd fermion; 0 for bosons.
    energies
        E(first), E(first + 1), ...: at least two. They have to be convex, :math:`E(N+1) + E(N-1) - 2E(N) > 0`; for
        fermions single numbers may break that (their plateaus vanish), neighbours may not.
    first
        The number that the first of `energies` belongs to. 0 is a bound of N; another is where the list begins.
    chemical_potential
        :math:`\mu`.
    temperature
        kT >= 0.
    kind
        ``"fermion"`` or ``"boson"``.
    level_spacing
        Spacing of the levels, > 0; then `equilibrium` reports ``frozen``, kT over it, which should be below 0.2.

    Raises
    ------
    InputError
        For a value out of range, both forms or neither, or energies that have no order of plateaus.

    Examples
    --------
    >>> import mesodyn as md
    >>> from mesodyn.systems.staircase import Staircase
    >>> system = Staircase(charging_energy=1.0, offset=100.0, chemical_potential=md.axis("mu", [-0.2, 0.7]))
    >>> system.equilibrium().n_mean.values.tolist()
    [100.0, 101.0]
    >>> Staircase(energies=[0.0, 1.5, 1.0, 4.5, 4.0]).transitions()
    [(0, 2, 0.5), (2, 4, 1.5)]
    """

    charging_energy: Any = None
    offset: Any = 0.0
    parity_shift: Any = 0.0
    chemical_potential: Any = 0.0
    temperature: Any = 0.0
    energies: Any = None
    first: int = 0
    kind: str = "fermion"
    level_spacing: Any = None

    broadcasting = (
        *("charging_energy", "offset", "parity_shift", "chemical_potential", "temperature", "level_spacing"),
    )

    def __post_init__(self) -> None:
        checks.choice("kind", self.kind, ("fermion", "boson"))
        checks.whole("first", self.first)
        for name in ("offset", "parity_shift", "chemical_potential"):
            checks.number(name, getattr(self, name))
        checks.number("temperature", self.temperature, low=0)
        if self.level_spacing is not None:
            checks.number("level_spacing", self.level_spacing, above=0)
        if (self.charging_energy is None) == (self.energies is None):
            was = Shown("neither" if self.energies is None else "both")
            raise InputError("charging_energy or energies", "given, exactly one of them", was)
        if self.energies is None:
            self._check_parabola()
        else:
            self._check_list()

    def _check_parabola(self) -> None:
        if np.any(np.asarray(checks.number("charging_energy", self.charging_energy)) <= 0):
            raise InputError("charging_energy", "above 0", Shown("0 or less"), _NO_PLATEAU)
        if self.kind == "boson" and np.any(np.asarray(self.parity_shift) != 0):
            raise InputError("parity_shift", "0 for kind='boson'", Shown("another"), "only fermions know the parity")
        if self.first != 0:
            raise InputError("first", "0 without energies", self.first)

    def _check_list(self) -> None:
        for name in ("offset", "parity_shift"):
            if np.any(np.asarray(getattr(self, name)) != 0):
                raise InputError(name, "0 beside energies", Shown("another"), "put it into the energies")
        if not isinstance(self.energies, Sequence | np.ndarray) or isinstance(self.energies, str):
            raise InputError("energies", "a list of numbers, E(first), E(first + 1), ...", self.energies)
        energies = tuple(float(checks.number("energies", value)) for value in self.energies)
        if len(energies) < 2:
            raise InputError("energies", "at least two numbers", self.energies)
        object.__setattr__(self, "energies", energies)
        plateaus = _hull(np.array(energies))
        widest = int(np.diff(plateaus).max())
        if widest > (2 if self.kind == "fermion" else 1):
            low = self.first + int(plateaus[np.diff(plateaus).argmax()])
            was = Shown(f"such that N = {low} is followed by {low + widest}")
            must = "convex, E(N+1) + E(N-1) - 2 E(N) > 0"
            if self.kind == "fermion":
                must += ", but for single numbers whose plateaus parity takes away"
            raise InputError("energies", must, was, _NO_PLATEAU)

    # -- the public face of a system ---------------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """The parameters by name; a missing charging energy stands as nan, a missing level spacing as inf."""
        found = {name: getattr(self, name) for name in self.broadcasting}
        missing = {"charging_energy": np.nan, "level_spacing": np.inf}
        return {name: missing[name] if value is None else value for name, value in found.items()}

    def equilibrium(self) -> xarray.Dataset:
        r"""The broken lines of Fig. 1 and the grand-canonical means.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``number``, N of the lowest line (the smaller one at a step); ``energy``,
            :math:`E'_1`, and ``metastable_energy``, :math:`E'_2`: the lines of the next plateau up or down, whichever
            is lower (inf if there is none); at the temperature ``n_mean`` (at T = 0 and a step the mean of the two) and
            ``free_energy``, :math:`-kT\ln\sum_N e^{-E'/kT}`; with a level spacing ``frozen``.

        Raises
        ------
        UnfinishedError
            When `energies` end where the number would go on.
        """
        import xarray

        grid = axes.broadcast_axes(self.values())
        values = {name: axes.flatten(value, grid) for name, value in self.values().items()}
        points = len(values["temperature"])
        block = max(1, BLOCK // (2 * self._reach(values) + 1))
        parts = [
            self._solve({name: value[k : k + block] for name, value in values.items()}) for k in range(0, points, block)
        ]
        found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        if self.level_spacing is not None:
            found["frozen"] = values["temperature"] / values["level_spacing"]
        units = {name: "energy" if name.endswith("energy") else "1" for name in found}
        variables = {k: (tuple(grid), axes.unflatten(v, grid), {"units": units[k]}) for k, v in found.items()}
        return xarray.Dataset(variables, dict(grid))

    def transitions(self, low: int | None = None, high: int | None = None) -> list[tuple[int, int, float]]:
        """The steps (N, N', mu) between `low` and `high`, in the order of mu.

        Parameters
        ----------
        low, high
            The numbers between which steps are listed; three plateaus each side of the offset, or all `energies`.

        Raises
        ------
        InputError
            When E(N) depends on an axis, or the numbers aren't in the list.
        """
        self._single("charging_energy", "offset", "parity_shift")
        numbers = self.window(low, high)
        energies = self._energies(numbers)
        if self.energies is None:
            kept = _stands(numbers, *(np.asarray(v, float) for v in (self.charging_energy, self.parity_shift)))
        else:
            kept = np.isin(numbers - self.first, _hull(np.array(self.energies)))
        at = np.flatnonzero(kept)
        rises = np.diff(energies[at]) / np.diff(at)
        return [(int(numbers[a]), int(numbers[b]), float(mu)) for a, b, mu in zip(at[:-1], at[1:], rises, strict=True)]

    def lines(self, mu: Any = None, low: int | None = None, high: int | None = None) -> xarray.DataArray:
        """The straight lines E'(N; mu) of Fig. 1.

        Parameters
        ----------
        mu
            The chemical potential, a number or labelled axis; the system's own unless given.
        low, high
            The numbers of the lines, as in `transitions`.

        Returns
        -------
        xarray.DataArray
            Over ``number`` and the parameters' dims.
        """
        import xarray

        if mu is not None:
            checks.number("mu", mu)
        given = {**self.values(), "chemical_potential": self.chemical_potential if mu is None else mu}
        grid = axes.broadcast_axes(given)
        numbers = xarray.DataArray(self.window(low, high), dims="number")
        numbers = numbers.assign_coords(number=numbers)
        found = self._energies(numbers) - given["chemical_potential"] * numbers
        return found.transpose("number", ...).assign_coords(grid).rename("energy").assign_attrs(units="energy")

    def window(self, low: int | None = None, high: int | None = None) -> NDArray[np.int64]:
        """The numbers that `transitions`, `lines`, `terms` and `states` are about."""
        if self.energies is not None:
            start, end = self.first, self.first + len(self.energies) - 1
            limit = end
        else:
            middle = np.asarray(self.offset)
            start, end = max(0, math.floor(middle.min()) - 3), max(4, math.ceil(middle.max()) + 3)
            limit = None
        start = start if low is None else checks.whole("low", low, low=start if limit is not None else 0, high=limit)
        end = end if high is None else checks.whole("high", high, low=start + 1, high=limit)
        if end <= start:
            raise InputError("high", f"above the lowest number, {start}", end)
        return np.arange(start, end + 1)

    def terms(self, low: int | None = None, high: int | None = None) -> list[tuple[Any, qutip.Qobj]]:
        """H' = E(N) - mu N over `window`, as (coefficient, operator)."""
        numbers = self.window(low, high)

        def diagonal(values: Any) -> qutip.Qobj:
            return qutip.Qobj(np.diag(np.asarray(values, complex)))

        if self.energies is not None:
            return [(1.0, diagonal(self._energies(numbers))), (-self.chemical_potential, diagonal(numbers))]
        from_middle = numbers - numbers[0]
        shift = self.offset - int(numbers[0])
        return [
            (0.5 * self.charging_energy, diagonal(from_middle**2)),
            (-self.charging_energy * shift, diagonal(from_middle)),
            (0.5 * self.charging_energy * shift**2, qutip.qeye(len(numbers))),
            (self.parity_shift, diagonal(numbers % 2)),
            (-self.chemical_potential, diagonal(numbers)),
        ]

    def hamiltonian(self, low: int | None = None, high: int | None = None) -> qutip.Qobj:
        """The sum of `terms`, for parameters without axes: diagonal, over `window`.

        Raises
        ------
        InputError
            When a parameter is an axis.
        """
        self._single("charging_energy", "offset", "parity_shift", "chemical_potential")
        terms = self.terms(low, high)
        return sum((float(value) * operator for value, operator in terms), start=0 * terms[0][1])

    def states(self, low: int | None = None, high: int | None = None) -> dict[str, qutip.Qobj]:
        """The states of fixed N over `window`, by N."""
        numbers = self.window(low, high)
        return {str(n): qutip.basis(len(numbers), k) for k, n in enumerate(numbers)}

    # -- solving -----------------------------------------------------------------------------------------------------

    def _energies(self, numbers: Any) -> Any:
        if self.energies is not None:
            known = np.array(self.energies)[np.asarray(numbers) - self.first]
            return known if isinstance(numbers, np.ndarray) else numbers.copy(data=known)
        return 0.5 * self.charging_energy * (numbers - self.offset) ** 2 + self.parity_shift * (numbers % 2)

    def _single(self, *names: str) -> None:
        for name in names:
            if np.ndim(getattr(self, name)) > 0:
                raise InputError(name, "a single number here", Shown("an axis"), "use .equilibrium() or .lines()")

    def _reach(self, values: Mapping[str, Array]) -> int:
        """How far from the middle of the parabola numbers have a weight above NEGLECTED, at any point."""
        if self.energies is not None:
            return len(self.energies)
        exponent = 20 - math.log(NEGLECTED)  # 20 for how many they are: up to 1e8
        return math.ceil(np.sqrt(2 * exponent * values["temperature"] / values["charging_energy"]).max()) + 5

    def _solve(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """All results over points, from the lines near the lowest: (points, N)."""
        mu, cold = values["chemical_potential"][:, None], values["temperature"]
        if self.energies is None:
            charging, shift = values["charging_energy"][:, None], values["parity_shift"][:, None]
            offset, reach = values["offset"][:, None], self._reach(values)
            middle = np.maximum(np.rint(offset + mu / charging), 0)
            away = np.arange(-reach, reach + 1.0)
            numbers = middle + away
            lines = away * (charging * (0.5 * away + middle - offset) - mu) + shift * (numbers % 2)
            lines = np.where(numbers < 0, np.inf, lines)
            base = (0.5 * charging * (middle - offset) ** 2 - mu * middle)[:, 0]
            plateaus = _stands(numbers, charging, shift) & (numbers >= 0)
            fuzz = charging * (1 + np.abs(offset)) + np.abs(mu) + np.abs(shift)
        else:
            numbers = np.broadcast_to(self.window().astype(float), (len(mu), len(self.energies)))
            known = np.array(self.energies)
            lines = known - mu * numbers
            base = np.zeros(len(mu))
            plateaus = np.isin(numbers[0] - self.first, _hull(known)) & np.ones_like(numbers, bool)
            fuzz = np.abs(known).max() + np.abs(mu) * numbers.max()
        found = _means(numbers, lines, plateaus, cold, 1e-13 * fuzz)
        if self.energies is not None:
            self._check_ends(found.pop("first_weight"), found.pop("last_weight"))
        return {name: v + base if name.endswith("energy") else v for name, v in found.items() if "weight" not in name}

    def _check_ends(self, first: Array, last: Array) -> None:
        """Refuse results that the ends of the list of energies would change."""
        for weight, end, free in (
            (first, self.first, self.first > 0),
            (last, self.first + len(self.energies) - 1, True),
        ):
            if free and weight.max() > TRUNCATED:
                text = f"the energies end at N = {end}, which has a weight of up to {weight.max():.3g}"
                raise UnfinishedError(f"{text}; give energies of more numbers, or keep mu and kT away from that end")


def _stands(numbers: Any, charging: Any, shift: Any) -> NDArray[np.bool_]:
    """Which plateaus exist: all, or those of the favoured parity; N = 0 always ends the staircase."""
    odd = numbers % 2 == 1
    return np.asarray(~np.where(odd, shift >= 0.5 * charging, shift <= -0.5 * charging) | (numbers == 0))


def _hull(energies: Array) -> NDArray[np.int64]:
    """The positions of the corners of the lower convex hull; those of zero width are none."""
    fuzz = 1e-13 * float(np.abs(energies).max())
    kept: list[int] = []
    for k in range(len(energies)):
        while len(kept) > 1:
            a, b = kept[-2:]
            chord = energies[a] + (energies[k] - energies[a]) * (b - a) / (k - a)
            if energies[b] < chord - fuzz:
                break
            kept.pop()
        kept.append(k)
    return np.array(kept)


def _means(numbers: Array, lines: Array, plateaus: NDArray[np.bool_], cold: Array, fuzz: Array) -> dict[str, Array]:
    """The lowest and the neighbouring line, and the thermal means, from (points, N) lines."""
    lowest = np.where(plateaus, lines, np.inf)
    energy = lowest.min(axis=1)
    level = lowest <= energy[:, None] + fuzz
    at = level.argmax(axis=1)
    here = np.arange(lines.shape[1])
    others = np.where(plateaus & (here != at[:, None]), lines, np.inf)
    warm = np.where(cold > 0, cold, 1.0)[:, None]
    weights = np.where(cold[:, None] > 0, np.exp(-(lines - energy[:, None]) / warm), level)
    total = weights.sum(axis=1)
    shares = weights / total[:, None]
    number = np.take_along_axis(numbers, at[:, None], axis=1)[:, 0]
    return {
        "number": number,
        "energy": energy,
        "metastable_energy": others.min(axis=1),
        "n_mean": number + (shares * (numbers - number[:, None])).sum(axis=1),
        "free_energy": energy - np.where(cold > 0, cold * np.log(total), 0.0),
        "first_weight": shares[:, 0],
        "last_weight": shares[:, -1],
    }
