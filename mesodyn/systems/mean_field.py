"""Two charge states in a lead's self-consistent field: the stationarity condition, its thermodynamics, the shared base.

All functions here work on arrays of shapes that broadcast; what depends on few parameters is solved on few points.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import qutip
from numpy.typing import NDArray

from mesodyn import axes, checks
from mesodyn.accounts import check_account
from mesodyn.errors import InputError, Shown
from mesodyn.numberspace import Matrix, NumberSpace, Site
from mesodyn.systems.base import Setting, System, Values

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]
Grid = Mapping[str, "xarray.DataArray"]
Limits = Mapping[str, dict[str, Any]]

COLDEST = 0.02  # of kT/xi0: below it tanh(R/kT) is 1 in double precision
COLDEST_LEVEL = 400.0  # of R/kT: above it the upper level is empty in double precision
NEWTON_STEPS = 6


# -- the physics ----------------------------------------------------------------------------------------------------


def gap(stiffness: Any, temperature: Any) -> Array:
    r"""The half splitting R > 0 that solves :math:`R = \xi_0\tanh(R/kT)`; 0 at :math:`kT \ge \xi_0`.

    Newton's method on the concave :math:`\tanh x - (kT/\xi_0)x`, from above: it can't overshoot.
    """
    stiffness, temperature = np.broadcast_arrays(np.asarray(stiffness, float), np.asarray(temperature, float))
    ratio = np.ones(stiffness.shape)
    np.divide(temperature, stiffness, out=ratio, where=temperature < stiffness)
    np.maximum(ratio, COLDEST, out=ratio)
    x = np.minimum(1 / ratio, np.sqrt(1.5 * (1 / ratio**2 - 1)))
    for _ in range(NEWTON_STEPS):
        tangent = np.tanh(x)
        slope = (1 - tangent) * (1 + tangent) - ratio
        x -= np.divide(tangent - ratio * x, slope, out=np.zeros_like(x), where=slope < 0)
    return np.asarray(stiffness * np.tanh(x))


def critical_temperature(detuning: Any, stiffness: Any) -> Array:
    r""":math:`kT_c = |\xi|/\operatorname{artanh}(|\xi|/\xi_0)`; 0 at :math:`|\xi| \ge \xi_0` (PHYSICS 3h)."""
    off, stiffness = np.broadcast_arrays(np.abs(np.asarray(detuning, float)), np.asarray(stiffness, float))
    shifted = (off < stiffness) & (off > 1e-9 * stiffness)  # below, the correction is under rounding
    found = np.where(off < stiffness, stiffness, 0.0)
    growth = np.log1p(2 * np.divide(off, stiffness - off, out=np.ones(off.shape), where=shifted))
    return np.divide(2 * off, growth, out=found, where=shifted)


class TwoLevel(NamedTuple):
    """Thermodynamics of two levels at -R and +R."""

    polarisation: Array
    """tanh(R/kT)."""
    thermal_part: Array
    """kT ln[1 + exp(-2R/kT)]: the free energy is -R minus this."""
    entropy: Array
    """In units of k_B."""
    specific_heat: Array
    """At a fixed R, in units of k_B."""


def two_level(radius: Array, temperature: Array) -> TwoLevel:
    """The thermodynamics of levels at -R and +R; at temperature 0 only the lower one, or both if R = 0."""
    coldest = np.maximum(radius / COLDEST_LEVEL, np.finfo(float).tiny)
    x = radius / np.maximum(temperature, coldest)
    upper = np.exp(-2 * x)
    share = upper / (1 + upper)
    tail = np.log1p(upper)
    heat = 4 * x * x * share * (1 - share)
    return TwoLevel(np.tanh(x), np.asarray(temperature * tail), tail + 2 * x * share, heat)


class Equilibrium(NamedTuple):
    """The minimum of the free energy over the order parameter's modulus; arrays of shapes that broadcast."""

    order_parameter: Array
    response: Array
    """tanh(R/kT)/R: the coherence is Delta/2 times this."""
    filling: Array
    """v**2, the weight of the larger number."""
    lead_energy: Array
    energy: Array
    free_energy: Array
    entropy: Array
    specific_heat: Array


def equilibrium(detuning: Array, stiffness: Array, temperature: Array) -> Equilibrium:
    r"""The minimum over :math:`|\Delta|` of :math:`|\Delta|^2/2\xi_0 + \xi - kT\ln[2\cosh(R/kT)]`, (17)-(19) and 3h."""
    ordered_radius = gap(stiffness, temperature)
    softening = _softening(ordered_radius, stiffness, temperature)
    off = np.abs(detuning)
    radius = np.maximum(ordered_radius, off)
    level = two_level(radius, temperature)
    squared = (radius - off) * (radius + off)
    lead = over(squared, 2 * stiffness)
    free = (lead + detuning) - radius - level.thermal_part
    return Equilibrium(
        order_parameter=np.sqrt(squared),
        response=over(level.polarisation, radius),
        filling=0.5 * (1 - over(detuning * level.polarisation, radius)),
        lead_energy=lead,
        energy=(lead + detuning) - radius * level.polarisation,
        free_energy=free,
        entropy=level.entropy,
        specific_heat=level.specific_heat * np.where(squared > 0, softening, 1.0),
    )


def over(numerator: Any, denominator: Any) -> Array:
    """The quotient; 0 where the denominator is 0 (or the numerator, so that nothing overflows)."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), denominator)
    kept = (denominator > 0) & (numerator != 0)
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=kept)


def _softening(radius: Array, stiffness: Array, temperature: Array) -> Array:
    """What the change of R with temperature adds to the specific heat: the factor kT/[kT - xi0 sech(R/kT)**2]."""
    ordered = radius > 0
    tangent = np.divide(radius, stiffness, out=np.ones(radius.shape), where=ordered)
    stays = temperature - stiffness * (1 - tangent) * (1 + tangent)
    return np.divide(temperature, stays, out=np.ones(radius.shape), where=ordered & (stays > 0))


def two_leads(left: Any, right: Any, phase_difference: Any) -> tuple[Array, Array]:
    r"""Real and imaginary part of :math:`a_L e^{-i\theta/2} + a_R e^{i\theta/2}`, exact at odd multiples of pi.

    A phase within rounding of an odd multiple of pi counts as one.
    """
    cosine, sine = half_angle(phase_difference)
    return (left + right) * cosine, (right - left) * sine


def half_angle(phase_difference: Any) -> tuple[Array, Array]:
    """Cosine and sine of half a phase; the cosine is exactly 0 within rounding of odd multiples of pi."""
    half = np.asarray(phase_difference, float) / 2
    cosine = np.cos(half)
    rounding = 4 * np.finfo(float).eps * np.maximum(np.abs(half), 1)
    return np.where(np.abs(cosine) <= rounding, 0.0, cosine), np.sin(half)


# -- parameters in, results out -------------------------------------------------------------------------------------


def spread(values: Values) -> tuple[Grid, dict[str, Array]]:
    """The grid of all axes, and each parameter as an array of that many dims, of length 1 where it is constant."""
    grid = axes.broadcast_axes(values)
    found = {}
    for name, value in values.items():
        dims = [str(d) for d in getattr(value, "dims", ())]
        if not set(dims) <= set(grid):
            raise InputError(name, "a number or a labelled axis", Shown("a vector"))
        own = {d: coordinate for d, coordinate in grid.items() if d in dims}
        array = axes.flatten(value, own) if own else np.asarray(value, float)
        found[name] = array.reshape([c.size if d in own else 1 for d, c in grid.items()]) if grid else array
    return grid, found


def dataset(grid: Grid, found: Mapping[str, tuple[Any, str]]) -> xarray.Dataset:
    """Results by name, (array, unit), over all the dims of `grid`."""
    import xarray

    shape = tuple(coordinate.size for coordinate in grid.values())
    variables = {name: (tuple(grid), filled(array, shape), {"units": unit}) for name, (array, unit) in found.items()}
    return xarray.Dataset(variables, dict(grid))


def filled(array: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """The array in this shape, writable."""
    array = np.asarray(array)
    return array if array.shape == shape and array.flags.writeable else np.broadcast_to(array, shape).copy()


class Field(NamedTuple):
    """What the lead does to the two charge states."""

    order: NDArray[Any]
    """Delta, complex when its phase matters."""
    lead_energy: Array
    """What the lead pays for it."""
    response: Array
    """tanh(R/kT)/R."""


@dataclass(frozen=True, kw_only=True)
class MeanFieldTrap(System):
    r"""A trap with N_c or N_c + k particles in the self-consistent field of its leads (equations (15), (24)).

    .. math:: H = E_{lead} + 2\xi\,n - (\Delta^*\Psi + \Delta\Psi^\dagger)

    with n = 0 or 1 steps of k particles, :math:`\Psi = |N_c\rangle\langle N_c + k|`, and :math:`\Delta` the order
    parameter of equilibrium. A switched link scales :math:`\Delta` and leaves the lead's own field as it was.
    """

    detuning: Any
    temperature: Any = 0.0
    n_c: int = 0
    level_spacing: Any = None

    step: ClassVar[int] = 1
    limits: ClassVar[Limits] = {}
    """The ranges of the parameters, for `checks.number`; all of them are real."""
    optional: ClassVar[tuple[str, ...]] = ("level_spacing",)
    """The parameters that may be absent."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_c", checks.whole("n_c", self.n_c))
        limits: Limits = {"temperature": {"low": 0.0}, "level_spacing": {"above": 0.0}, **self.limits}
        for name in self.broadcasting:
            if getattr(self, name) is not None or name not in self.optional:
                object.__setattr__(self, name, checks.number(name, getattr(self, name), **limits.get(name, {})))
        spread(self.values())

    @abstractmethod
    def field(self, values: Mapping[str, Array]) -> Field:
        """The field of equilibrium, for parameters as arrays that broadcast."""

    @cached_property
    def space(self) -> NumberSpace:
        """The trap: N_c, then N_c + k."""
        return NumberSpace((Site("trap", self.n_c, self.step),))

    @cached_property
    def operators(self) -> dict[str, qutip.Qobj]:
        """``lead_energy`` (the identity), ``detuning`` and the two quadratures of ``order_parameter``."""
        extra, (lowering,) = self.space.extra("trap"), self.space.field("trap")
        return {
            "lead_energy": qutip.qeye_like(extra),
            "detuning": 2 * extra,
            "order_parameter.real": -(lowering + lowering.dag()),
            "order_parameter.imag": 1j * (lowering - lowering.dag()),
        }

    def coefficients(self, values: Values, setting: Setting) -> dict[str, Any]:
        """See `System.coefficients`; the order parameter is the one of equilibrium."""
        grid, arrays = spread(values)
        field = self.field(arrays)
        found = {"lead_energy": field.lead_energy, "detuning": arrays["detuning"]}
        if not setting.disconnected:
            found["order_parameter.real"] = np.real(field.order)
            if np.iscomplexobj(field.order):
                found["order_parameter.imag"] = np.imag(field.order)
        named = {name: _labelled(array, grid) for name, array in found.items()}
        return {name: setting.link * c if name.startswith("order") else c for name, c in named.items()}

    def observables(self) -> dict[str, qutip.Qobj | Sequence[qutip.Qobj]]:
        """The number in the trap, and <Psi> (or <Psi Psi>) over F."""
        return {"n_mean": self.space.number("trap"), "anomalous_average": self.space.field("trap")[0]}

    def prepare(self, account: str, initial: str, values: Values) -> tuple[NDArray[np.int64], Matrix]:
        """The equilibrium state (pure at temperature 0); without its coherence for the account ``mixture``."""
        reason = f"in {type(self).__name__} the lead's field fixes the phase; a lead that keeps the count is a model"
        check_account(account, ("superposition", "mixture"), reason)
        _, arrays = spread(values)
        if initial == "ground":
            arrays["temperature"] = 0.0 * arrays["temperature"]
        field = self.field(arrays)
        bias, coherence = arrays["detuning"] * field.response, field.order * field.response
        bias, coherence = np.broadcast_arrays(bias, 0.0 * coherence if account == "mixture" else coherence)
        rows: Matrix = np.array([[1 + bias, np.conj(coherence)], [coherence, 1 - bias]], complex)
        return np.arange(2), np.moveaxis(rows / 2, (0, 1), (-2, -1))

    def frozen(self, values: Mapping[str, Array], own_scale: Array) -> dict[str, tuple[Array, str]]:
        """``frozen``: the larger of kT and the system's own scale over the level spacing, if that is given."""
        if self.level_spacing is None:
            return {}
        return {"frozen": (np.maximum(values["temperature"], own_scale) / values["level_spacing"], "1")}


def _labelled(array: Any, grid: Grid) -> Any:
    """The array over its grid; without axes as it is."""
    if not grid:
        return array
    import xarray

    return xarray.DataArray(filled(array, tuple(c.size for c in grid.values())), dict(grid), tuple(grid))
