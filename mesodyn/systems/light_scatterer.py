"""A trap whose excitation energy depends on its number of particles, in scattered light (paper, Sec. 8; PHYSICS 3b)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import axes, checks
from mesodyn.accounts import check_account
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix, NumberSpace, Site
from mesodyn.systems.base import Setting, System, Values, flat_values, matrices

if TYPE_CHECKING:
    import xarray

LINES = ("low", "high")
"""The two lines, by the number of particles that they belong to: N_c and N_c + step."""


@dataclass(frozen=True)
class Excitation(Site):
    """The inner state of a trap, g or e: two levels that hold no particles of their own.

    Examples
    --------
    >>> NumberSpace((Site("trap"), Excitation("inside"))).labels
    ['trap:0 inside:g', 'trap:0 inside:e', 'trap:1 inside:g', 'trap:1 inside:e']
    """

    @cached_property
    def levels(self) -> tuple[tuple[int, float], ...]:
        """The basis: no extra particles in either."""
        return ((0, 0.0), (0, 1.0))

    def label(self, level: int) -> str:
        """G or e."""
        return "ge"[level]

    def lowering(self) -> list[Matrix]:
        """From e to g."""
        return [np.array([[0, 1], [0, 0]], complex)]


@dataclass(frozen=True, kw_only=True)
class LightScatterer(System):
    r"""A trap with N_c or N_c + step particles that absorbs and emits light at a frequency that depends on the number.

    .. math::
        H = \sum_N E(N)\,|N\rangle\langle N| + \epsilon_N\,|N,e\rangle\langle N,e|,\qquad
        D = \sum_N M_N\,|N,g\rangle\langle N,e|

    (PHYSICS 3b). Energies are counted from the outside mode, which takes the step in the account ``conserving`` and is
    idle otherwise. Light goes out at the rates :math:`\gamma_N` (the full width of a line at half of its height).

    Parameters
    ----------
    excitation_low, excitation_high
        :math:`\epsilon_N` of N_c and of N_c + step, > 0.
    width_low, width_high
        :math:`\gamma_N`, > 0.
    amplitude_low, amplitude_high
        Scattering amplitudes M_N, complex allowed.
    chemical_potential
        :math:`[E(N_c+k)-E(N_c)]/k`.
    weight, phase
        v**2 and the phase of |N_c + step>.
    temperature
        k_B T of the light around: 0 for none. It widens the lines and makes anti-Stokes light.
    n_c, step
        The smaller number, at least 1 (an empty trap scatters nothing); 1 for state (2), 2 for state (3).
    kind
        ``"fermion"`` or ``"boson"``.

    Examples
    --------
    >>> import mesodyn as md
    >>> trap = md.LightScatterer(excitation_low=5.0, excitation_high=5.6, weight=0.35)
    >>> [round(float(e), 9) for e in trap.hamiltonian(sector=2).diag().real]
    [0.0, 5.0, 0.0, 5.6]
    """

    excitation_low: Any = 5.0
    excitation_high: Any = 5.6
    width_low: Any = 0.1
    width_high: Any = 0.1
    amplitude_low: Any = 1.0
    amplitude_high: Any = 1.0
    chemical_potential: Any = 0.0
    weight: Any = 0.5
    phase: Any = 0.0
    temperature: Any = 0.0
    n_c: int = 1
    step: int = 1
    kind: str = "fermion"

    broadcasting = (
        *("excitation_low", "excitation_high", "width_low", "width_high", "amplitude_low", "amplitude_high"),
        *("chemical_potential", "weight", "phase", "temperature"),
    )
    frame_term = "chemical_potential"
    preparing = ("weight", "phase", "temperature", "width_low", "width_high", "amplitude_low", "amplitude_high")

    def __post_init__(self) -> None:
        checks.whole("n_c", self.n_c, low=1)
        checks.whole("step", self.step, low=1, high=2)
        checks.choice("kind", self.kind, ("fermion", "boson"))
        for line in LINES:
            checks.number(f"excitation_{line}", getattr(self, f"excitation_{line}"), above=0)
            checks.number(f"width_{line}", getattr(self, f"width_{line}"), above=0)
            checks.number(f"amplitude_{line}", getattr(self, f"amplitude_{line}"), complex_allowed=True)
        for name in ("chemical_potential", "phase"):
            checks.number(name, getattr(self, name))
        checks.number("weight", self.weight, low=0, high=1)
        checks.number("temperature", self.temperature, low=0)

    @cached_property
    def space(self) -> NumberSpace:
        """The trap, its inner state, and the outside mode."""
        fermionic = self.kind == "fermion"
        trap = Site("trap", self.n_c, self.step, fermionic=fermionic)
        return NumberSpace((trap, Excitation("inside"), Site("outside", 0, self.step, fermionic=fermionic)))

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """``chemical_potential`` and the excited levels ``excitation_low``, ``excitation_high``."""
        return _operators(self.space)

    def lowering(self, line: str) -> qutip.Qobj:
        """``|N,g><N,e|`` of the lower (``"low"``) or the higher number (``"high"``)."""
        return _lowering(self.space)[checks.choice("line", line, LINES)]

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`; there is no link."""
        return {name: values[name] for name in self.operators}

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """Number, excitations on either line, ⟨Ψ⟩ of the trap, its correlation with the outside.

        All of them but the last two conserve the number.
        """
        return dict(_observables(self.space))

    def scattering(self, values: Values | None = None) -> Matrix:
        """The scattering operator D (points, n, n) on the whole space, for parameter values (default: the system's)."""
        v = self.values() if values is None else values
        return np.asarray(
            sum(np.asarray(v[f"amplitude_{line}"])[..., None, None] * self.lowering(line).full() for line in LINES)
        )

    def jumps(self, values: Values | None = None, *, resolved: bool = False) -> list[Matrix]:
        r"""Jump operators (points, n, n) on the whole space by which light goes out, and comes in if it is warm.

        Parameters
        ----------
        values
            Numbers or arrays (points,); default: the system's own, which must be numbers.
        resolved
            False: both lines go into one mode of the light, :math:`\sum_N\sqrt{\gamma_N}|N,g\rangle\langle N,e|`, as
            for :math:`\Delta\epsilon` not far above the widths. True: each line into a mode of its own, which tells
            the number at once. No light depends on it; the coherence of N_c and N_c + step does.
        """
        v = self.values() if values is None else values
        parts = {line: self.lowering(line).full() for line in LINES}
        found: list[Matrix] = []
        for quanta, turned in ((1, False), (0, True)):
            if turned and not np.any(v["temperature"]):
                continue
            pair = []
            for line in LINES:
                photons = occupation(v[f"excitation_{line}"], v["temperature"])
                rate = np.asarray(v[f"width_{line}"] * (quanta + photons), float)
                operator = parts[line].T if turned else parts[line]
                pair.append(np.sqrt(rate)[..., None, None] * operator)
            found += pair if resolved else [pair[0] + pair[1]]
        return found

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The account's state of the number, with the inside in g, or at the temperature of the light."""
        check_account(account)
        warm = values["temperature"] if initial == "thermal" else 0.0 * values["temperature"]
        photons = [occupation(values[f"excitation_{line}"], warm) for line in LINES]
        excited = [n / (1 + 2 * n) for n in photons]
        low = np.sqrt(1 - values["weight"]).astype(complex)
        high = np.sqrt(values["weight"]) * np.exp(1j * values["phase"])
        state: Any = np.zeros((len(low), 8, 8), complex)
        for inside in (0, 1):
            ket = np.zeros((len(low), 2, 2, 2), complex)
            for charge, amplitude in enumerate((low, high)):
                share = excited[charge] if inside else 1 - excited[charge]
                ket[:, charge, inside, int(account == "conserving" and not charge)] = amplitude * np.sqrt(share)
            flat = ket.reshape(len(low), 8)
            state += flat[:, :, None] * flat[:, None, :].conj()
        if account == "mixture":
            number = np.repeat([0, 1], 4)
            state = state * (number[:, None] == number)
        return self.kept(account), state[:, self.kept(account)][:, :, self.kept(account)]

    def kept(self, account: str) -> NDArray[np.int64]:
        """The four basis states that an account uses: (N_c, g), (N_c, e), (N_c + step, g), (N_c + step, e)."""
        return np.array([1, 3, 4, 6] if account == "conserving" else [0, 2, 4, 6])

    def equilibrium(self, account: str = "conserving") -> xarray.Dataset:
        """The trap at the temperature of the light, its number not in equilibrium with anything: v**2 is given.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``energy``, ``n_mean`` (n_c included), ``excited_low``, ``excited_high``,
            ``order_parameter``, ``correlation``.
        """
        import xarray

        grid = axes.broadcast_axes(self.values())
        values = flat_values(self, grid)
        kept, state = self.prepare(account, "thermal", values)
        observed = {name: op for name, op in self.observables().items() if isinstance(op, qutip.Qobj)}
        found = {name: np.einsum("pij,ji->p", state, m) for name, m in matrices(observed, kept).items()}
        terms = matrices(self.operators, kept)
        parts = [values[name] * np.einsum("pij,ji->p", state, terms[name]) for name in terms]
        found["energy"] = np.sum(parts, axis=0)
        real = {k: v if k in ("order_parameter", "correlation") else v.real for k, v in found.items()}
        units = {"energy": "energy"}
        variables = {k: (tuple(grid), axes.unflatten(v, grid), {"units": units.get(k, "1")}) for k, v in real.items()}
        return xarray.Dataset(variables, grid)

    def dephasing(self) -> qutip.Qobj:
        """None: there is no second trap."""
        raise InputError("dephasing", "0 for LightScatterer", Shown("a rate"), "light itself dephases it: see .jumps()")


@lru_cache(maxsize=16)
def _lowering(space: NumberSpace) -> dict[str, qutip.Qobj]:
    """See `LightScatterer.lowering`."""
    charge = space.extra("trap")
    places = {"low": qutip.qeye_like(charge) - charge, "high": charge}
    return {line: place @ space.field("inside")[0] for line, place in places.items()}


@lru_cache(maxsize=16)
def _operators(space: NumberSpace) -> dict[str, qutip.Qobj]:
    """See `LightScatterer.operators`."""
    excited = {f"excitation_{line}": lower.dag() @ lower for line, lower in _lowering(space).items()}
    return {"chemical_potential": space.sites[0].step * space.extra("trap"), **excited}


@lru_cache(maxsize=16)
def _observables(space: NumberSpace) -> dict[str, qutip.Qobj]:
    """See `LightScatterer.observables`."""
    return {
        "n_mean": space.number("trap"),
        **{f"excited_{line}": _operators(space)[f"excitation_{line}"] for line in LINES},
        "order_parameter": space.local_field("trap")[0],
        "correlation": space.correlation("outside", "trap"),
    }


def occupation(energy: Any, temperature: Any) -> Any:
    """The mean number of photons of a mode (Bose-Einstein); 0 at temperature 0."""
    cold = np.asarray(temperature, float)
    with np.errstate(over="ignore"):
        ratio = np.minimum(np.asarray(energy, float) / np.where(cold > 0, cold, 1.0), 700.0)
    return np.where(cold > 0, 1 / np.expm1(np.maximum(ratio, 1e-12)), 0.0)
