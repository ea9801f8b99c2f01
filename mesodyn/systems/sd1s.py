"""A trap that takes single particles between two superconducting leads: S D1 S (equations (27)-(31))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mesodyn import checks
from mesodyn.errors import InputError, Shown
from mesodyn.systems.mean_field import (
    COLDEST_LEVEL,
    Array,
    Field,
    Grid,
    Limits,
    MeanFieldTrap,
    critical_temperature,
    dataset,
    equilibrium,
    filled,
    gap,
    half_angle,
    over,
    spread,
    two_leads,
)

if TYPE_CHECKING:
    import xarray

BRANCHES = {
    "equilibrium": "the lowest minimum at each phase difference",
    "adiabatic": "the minimum at phase difference 0, followed through the crossings: period 4 pi",
}


@dataclass(frozen=True, kw_only=True)
class SD1S(MeanFieldTrap):
    r"""A trap with N_c or N_c + 1 particles between two superconductors (equations (27)-(31)).

    .. math:: H = \tfrac{\alpha}{2}|\Delta|^2 - \tfrac14|\Delta|^2[\beta_L\cos(2\varphi - \varphi_L)
              + \beta_R\cos(2\varphi - \varphi_R)] + 2\xi\,|N_c{+}1\rangle\langle N_c{+}1|
              - \Delta^*|N_c\rangle\langle N_c{+}1| - \Delta|N_c{+}1\rangle\langle N_c|

    minimised over the modulus and the phase :math:`\varphi` of :math:`\Delta`: `ND1N` with the stiffness
    :math:`\xi_0(\theta) = (\alpha - \tfrac12 B)^{-1}`,
    :math:`B = \sqrt{\beta_L^2 + \beta_R^2 + 2\beta_L\beta_R\cos\theta}`. For equal leads
    :math:`\tfrac12 B = |\beta\cos(\theta/2)|` (29) and
    :math:`J = (e|\beta|/2\hbar)(\xi_0^2 - \xi^2)\sin(\theta/2)` (30) for :math:`|\theta| < \pi` at temperature 0. The
    minimum changes at odd multiples of pi, and only there: J has a break (31). Unequal leads round it over
    :math:`2|\beta_L - \beta_R|/(\beta_L + \beta_R)`. Where :math:`|\xi|` reaches :math:`\xi_0(\theta)`, the order, and
    J with it, vanishes.

    Parameters
    ----------
    detuning : float or xarray.DataArray
        :math:`\xi`, half the energy to bring the particle in: an energy, real, of any sign.
    alpha : float or xarray.DataArray
        :math:`\alpha` (the paper's a), 1/energy, above :math:`(|\beta_L| + |\beta_R|)/2`.
    beta : float or xarray.DataArray, optional
        :math:`\beta` (the paper's b) of two equal leads, 1/energy, of any sign.
    beta_left, beta_right : float or xarray.DataArray, optional
        :math:`\beta_L, \beta_R` of one sign, both of them instead of `beta`.
    phase_difference : float or xarray.DataArray
        :math:`\theta = \varphi_R - \varphi_L` [rad], of any value.
    mean_phase : float or xarray.DataArray
        :math:`(\varphi_L + \varphi_R)/2` [rad]; only the phase of the minima depends on it.
    temperature : float or xarray.DataArray
        k_B T, an energy, at least 0.
    branch : str
        ``"equilibrium"``, or ``"adiabatic"``: :math:`\varphi` stays where it is at :math:`\theta = 0`, so
        :math:`\xi_0 = (\alpha - |\beta|\cos(\theta/2))^{-1}` and everything has the period 4 pi. It exists for equal
        leads with order at all phases: :math:`|\xi| < 1/(\alpha + |\beta|)` at temperature 0.
    n_c : int
        The smaller number of particles, at least 0.
    level_spacing : float or xarray.DataArray, optional
        :math:`\delta\varepsilon` of the trap, above 0: asks for ``frozen``.

    Raises
    ------
    InputError
        For a value out of range or complex, for no form of beta or two, for an adiabatic branch that doesn't exist, and
        for two axes of one name with different values.

    Notes
    -----
    Mean field, as `ND1N`, and :math:`|\Delta|` small against the leads' gaps. :math:`\beta` is 0 if the spin along the
    trap's polarisation is conserved: it takes spin-orbit coupling or a non-collinear field in the leads (PHYSICS 1.7).
    With the parity of particles kept, the current jumps at another phase (PHYSICS 4.4). Between :math:`\pi` and
    :math:`3\pi` the adiabatic branch is stationary, but no minimum, in :math:`\varphi`.

    References
    ----------
    A. F. Andreev, Phys. Usp. (1998), section 6.

    Examples
    --------
    >>> import numpy as np
    >>> from mesodyn.systems.sd1s import SD1S
    >>> junction = SD1S(detuning=0.3, alpha=1.2, beta=0.5, phase_difference=np.pi - 1e-9)
    >>> found = junction.equilibrium()
    >>> round(float(found.current / found.current_step), 6), bool(found.breaks)
    (0.5, True)
    >>> round(float(junction.with_(branch="adiabatic", phase_difference=3.5).equilibrium().current), 6)
    0.125887
    """

    alpha: Any
    beta: Any = None
    beta_left: Any = None
    beta_right: Any = None
    phase_difference: Any
    mean_phase: Any = 0.0
    branch: str = "equilibrium"

    broadcasting = (
        *("detuning", "alpha", "beta_left", "beta_right", "phase_difference", "mean_phase", "temperature"),
        "level_spacing",
    )
    limits: ClassVar[Limits] = {"alpha": {"above": 0.0}}
    optional = ("beta_left", "beta_right", "level_spacing")

    def __post_init__(self) -> None:
        checks.choice("branch", self.branch, BRANCHES)
        pair = [name for name in ("beta_left", "beta_right") if getattr(self, name) is not None]
        if len(pair) != (2 if self.beta is None else 0):
            given = " and ".join([*([] if self.beta is None else ["beta"]), *pair]) or "none of them"
            raise InputError("beta", "given by itself, or beta_left and beta_right without it", Shown(given))
        if self.beta is not None:
            object.__setattr__(self, "beta", checks.number("beta", self.beta))
        super().__post_init__()
        _, values = spread(self.values())
        self._check_leads(values)
        if self.branch == "adiabatic":
            self._check_branch(values)

    def _check_leads(self, values: Mapping[str, Array]) -> None:
        left, right = values["beta_left"], values["beta_right"]
        if np.any(np.sign(left) * np.sign(right) < 0):
            remedy = "opposite signs are equal ones with phase_difference shifted by pi"
            raise InputError("beta_left and beta_right", "of one sign", Shown("of opposite signs"), remedy)
        alpha, bound = np.broadcast_arrays(values["alpha"], (np.abs(left) + np.abs(right)) / 2)
        low = alpha <= bound
        if np.any(low):
            name = "|beta|" if self.beta is not None else "(|beta_left| + |beta_right|)/2"
            raise InputError("alpha", f"above {name} = {bound[low][0]:g}", Shown(f"{alpha[low][0]:g}"))

    def _check_branch(self, values: Mapping[str, Array]) -> None:
        """The 4 pi continuation needs equal leads and order at all phases."""
        way_out = "use branch='equilibrium'"
        if np.any(values["beta_left"] != values["beta_right"]):
            must = "'equilibrium' unless beta_left = beta_right (unequal leads have no crossing to follow)"
            raise InputError("branch", must, self.branch, way_out)
        if not np.all(_flags(values)["continues"]):
            must = "'equilibrium' unless |detuning| < 1/(alpha + |beta|) (colder than the critical temperature there)"
            raise InputError("branch", must, self.branch, way_out)

    def values(self) -> dict[str, Any]:
        """The broadcasting parameters, with the two betas in either form."""
        found = super().values()
        return found if self.beta is None else found | {"beta_left": self.beta, "beta_right": self.beta}

    def _couplings(self, values: Mapping[str, Array]) -> tuple[Array, Array, Array]:
        r""":math:`\xi_0(\theta)`, :math:`\partial(1/\xi_0)/\partial\theta` and the phase of the first minimum."""
        left, right, alpha = values["beta_left"], values["beta_right"], values["alpha"]
        cosine, sine = half_angle(values["phase_difference"])
        if self.branch == "adiabatic":
            strength = np.abs(left)
            turned = np.where(left != 0, np.where(left > 0, 0.0, np.pi), np.nan)
            return 1 / (alpha - strength * cosine), strength * sine / 2, (values["mean_phase"] + turned) / 2
        real, imaginary = two_leads(left, right, values["phase_difference"])
        beat = np.hypot(real, imaginary)
        lowest = alpha - (np.abs(left) + np.abs(right)) / 2
        turned = np.where(beat > 0, np.arctan2(imaginary, real), np.nan)
        slope = over(left, beat) * right * sine * cosine
        return 1 / np.maximum(alpha - beat / 2, lowest), slope, (values["mean_phase"] + turned) / 2

    def field(self, values: Mapping[str, Array]) -> Field:
        """See `MeanFieldTrap.field`; where all phases are equal, the mean phase is taken."""
        stiffness, _, phase = self._couplings(values)
        found = equilibrium(values["detuning"], stiffness, values["temperature"])
        phase = np.where(np.isnan(phase), values["mean_phase"] / 2, phase)
        return Field(found.order_parameter * np.exp(1j * phase), found.lead_energy, found.response)

    def equilibrium(self) -> xarray.Dataset:
        r"""The minimum of the free energy over modulus and phase of the order parameter, (28)-(31) and 3h.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims:

            - ``stiffness``, :math:`\xi_0(\theta)`; ``order_parameter``, :math:`|\Delta|`;
            - ``phase`` of :math:`\Delta` [rad] at the two minima (a last dim ``minimum``), which differ by pi; nan
              where all phases are equal;
            - ``energy`` (the mean energy), ``free_energy``, ``n_mean`` (n_c included);
            - ``current`` from left to right in units of e times energy over hbar: :math:`2\,\partial F/\partial\theta`.
              At a break it is the mean of both sides, 0;
            - ``current_step``, by how much the current falls at a break when :math:`\theta` increases (31): at
              temperature 0 :math:`|\beta|(1/\alpha^2 - \xi^2)`, 0 where there is no break;
            - ``critical_phase``, the phase in (0, pi) at which the order vanishes; nan where it doesn't;
            - ``critical_temperature``, as of `ND1N`, at this phase difference;
            - ``ordered`` (:math:`|\xi| < \xi_0(\theta)`), ``breaks`` (equal leads and :math:`|\xi| < 1/\alpha`) and
              ``continues`` (equal leads and :math:`|\xi| < 1/(\alpha + |\beta|)`), each at this temperature;
            - ``frozen``, the larger of kT and kT_c over the level spacing, if that is given.
        """
        grid, values = spread(self.values())
        detuning, temperature = values["detuning"], values["temperature"]
        stiffness, slope, phase = self._couplings(values)
        found = equilibrium(detuning, stiffness, temperature)
        onset = critical_temperature(detuning, stiffness)
        flags = _flags(values)
        results: dict[str, tuple[Any, str]] = {
            "stiffness": (stiffness, "energy"),
            "order_parameter": (found.order_parameter, "energy"),
            "energy": (found.energy, "energy"),
            "free_energy": (found.free_energy, "energy"),
            "n_mean": (self.n_c + found.filling, "1"),
            "current": (found.order_parameter**2 * slope, "e energy/hbar"),
            "current_step": (self._step(values), "e energy/hbar"),
            "critical_phase": (_critical_phase(values), "rad"),
            "critical_temperature": (onset, "energy"),
            "ordered": (found.order_parameter > 0, "1"),
            **{name: (flag, "1") for name, flag in flags.items()},
        }
        made = dataset(grid, results | self.frozen(values, onset))
        return made.assign(phase=_both_minima(grid, phase, found.order_parameter > 0))

    def _step(self, values: Mapping[str, Array]) -> Array:
        """The height of the break (31); the adiabatic branch has none."""
        breaks = _flags(values)["breaks"] if self.branch == "equilibrium" else np.False_
        ordered = gap(1 / values["alpha"], values["temperature"])
        off = np.abs(values["detuning"])
        return np.where(breaks, np.abs(values["beta_left"]) * (ordered - off) * (ordered + off), 0.0)


def _flags(values: Mapping[str, Array]) -> dict[str, NDArray[np.bool_]]:
    """Whether the current breaks at odd multiples of pi, and whether a branch can be followed through all phases."""
    left, right, alpha = values["beta_left"], values["beta_right"], values["alpha"]
    off, equal = np.abs(values["detuning"]), left == right
    at_break, at_two_pi = (gap(1 / a, values["temperature"]) for a in (alpha, alpha + np.abs(left)))
    return {"breaks": equal & (left != 0) & (off < at_break), "continues": equal & (off < at_two_pi)}


def _critical_phase(values: Mapping[str, Array]) -> Array:
    r"""Where the order vanishes: :math:`1/\xi_0(\theta) = \tanh(|\xi|/kT)/|\xi|` (1/kT at :math:`\xi = 0`)."""
    left, right = values["beta_left"], values["beta_right"]
    off = np.abs(values["detuning"])
    cold = np.maximum(values["temperature"], np.maximum(off / COLDEST_LEVEL, np.finfo(float).tiny))
    x = np.maximum(off / cold, 1e-9)
    needed = 2 * np.maximum(values["alpha"] - np.tanh(x) / x / cold, 0)
    inside = (needed > np.abs(left - right)) & (needed < np.abs(left + right))
    cosine = over(np.where(inside, needed**2 - left**2 - right**2, 0.0), 2 * left * right)
    return np.where(inside, np.arccos(np.clip(cosine, -1, 1)), np.nan)


def _both_minima(grid: Grid, phase: Array, ordered: NDArray[np.bool_]) -> tuple[tuple[str, ...], Array, dict[str, str]]:
    """The two minima as a last dim, within (-pi, pi]; nan without order."""
    pair = np.stack([phase, phase + np.pi], axis=-1)
    within = np.pi - np.mod(np.pi - pair, 2 * np.pi)
    shown = np.where(ordered[..., None], within, np.nan)
    return (*grid, "minimum"), filled(shown, (*(c.size for c in grid.values()), 2)), {"units": "rad"}
