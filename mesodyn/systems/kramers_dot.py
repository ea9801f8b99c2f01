"""A dot with a Kramers doublet that magnetises by exchange with its leads: equations (32)-(44)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import qutip

from mesodyn import axes, checks
from mesodyn.errors import InputError, Shown
from mesodyn.systems.sphere import ROUNDING, Array, Moment

if TYPE_CHECKING:
    import xarray

COMPONENTS = ("component", "component_2")
BRANCHES = {"equilibrium": "the global minimum", "metastable": "the other local minimum, as long as there is one"}
_REMEDY = {
    1: "write (0, 0, 1); an entry may be a labelled axis, as in (B * np.cos(angle), 0, B * np.sin(angle))",
    2: "write ((0, 0, 0), (0, 0.1, 0), (0, 0, 0.2)); an entry may be a labelled axis",
}


def tensor(argument: str, value: Any, rank: int) -> xarray.DataArray:
    """Three numbers or labelled axes (rank 1), or three times three (rank 2), as one real and finite array.

    Its last dims are ``component`` and, for rank 2, ``component_2``.

    Raises
    ------
    InputError
        When the shape isn't that, or an entry is no finite real number.

    Examples
    --------
    >>> import mesodyn as md
    >>> tensor("field", (md.axis("B", [1, 2]), 0, 0.5), 1).values.tolist()
    [[1.0, 0.0, 0.5], [2.0, 0.0, 0.5]]
    """
    import xarray

    names, shape = COMPONENTS[:rank], (3,) * rank
    demand = f"{' times '.join('3' * rank)} numbers, or an array with the last dims {', '.join(names)}"
    if isinstance(value, xarray.DataArray):
        if value.dims[-rank:] != names or value.shape[-rank:] != shape:
            raise InputError(argument, demand, Shown(f"one with dims {dict(value.sizes)}"), _REMEDY[rank])
        found = checks.number(argument, value).astype(float)
        return found.drop_vars([name for name in names if name in found.coords])
    rows = list(value) if isinstance(value, list | tuple | np.ndarray) else []
    if rank == 2:
        nested = all(isinstance(row, list | tuple | np.ndarray) and len(row) == 3 for row in rows)
        rows = [entry for row in rows for entry in row] if nested else []
    if len(rows) != 3**rank:
        raise InputError(argument, demand, value, _REMEDY[rank])
    entries = {f"{argument}[{k}]": checks.number(argument, entry) for k, entry in enumerate(rows)}
    grid = axes.broadcast_axes(entries)
    flat = np.stack([axes.flatten(entry, grid) for entry in entries.values()], axis=-1)
    return xarray.DataArray(axes.unflatten(flat.reshape(-1, *shape), grid), dict(grid), (*grid, *names))


def labelled(found: Mapping[str, Any], grid: Mapping[str, Any], units: Mapping[str, str]) -> xarray.Dataset:
    """Arrays over points (and components) as a dataset over the axes of `grid`."""
    import xarray

    variables = {
        name: ((*grid, *COMPONENTS[: array.ndim - 1]), axes.unflatten(array, grid), {"units": units[name]})
        for name, array in found.items()
    }
    return xarray.Dataset(variables, {**grid, "component": list("xyz")})


@dataclass(frozen=True, kw_only=True)
class KramersDot:
    r"""A spin-1/2 level between leads whose exchange field follows it: (37)-(40), with temperature (3h).

    The quadratic lead, once it has followed, leaves a free energy of the thermal mean :math:`\mathbf m =
    \langle\sigma\rangle`, the direction of the moment times its length, 0 to 1:

    .. math:: F = -\tfrac12\mu_B B_0 m^2 - \mu_B\,\mathbf m\cdot\mathbf B
              + \tfrac12(a_{ik} - a_{min}\delta_{ik})\,m_i m_k + \tfrac12 a_{min} - kT\,S(m)

    with the entropy S of a doublet. At T = 0, m = 1: (39) plus (40) in any field. Without field :math:`m =
    \tanh(\mu_B|B_i|/kT)`, :math:`|B_i| = B_0 m`, :math:`kT_c = \mu_B B_0`. The minimum is the exact one,
    :math:`(a + \lambda)\mathbf m = \mu_B\mathbf B` with the largest root, for B = 0 and B across the soft axis as well.
    Where directions are degenerate, one is chosen: z, or the one whose largest component is positive.

    This is the paper's model, in which a classical lead selects a direction. With a quantum lead the ground level
    stays a doublet and its energy is lower by up to 3 times (39) (PHYSICS 4.5). It is no `System`: its field isn't a
    constant, so no linear evolution belongs to it.

    Parameters
    ----------
    moment
        :math:`\mu_B > 0` [energy/field]: a number or labelled axis, like all scalars here.
    exchange_field
        :math:`B_0 \ge 0`; 0 leaves an isolated doublet.
    anisotropy
        :math:`a_{ik}` [energy], symmetric: (3, 3), or an array whose last dims are ``component``, ``component_2``. It
        comes from the leads, so it should stay well below :math:`\mu_B B_0`.
    field
        :math:`\mathbf B`: three numbers or axes, or an array whose last dim is ``component``. The quadratic model holds
        for any; real leads ask for :math:`B \ll B_0`.
    temperature
        kT >= 0. :math:`B_0` and a are taken to be independent of it.
    level_spacing
        Spacing of the dot's levels, > 0; then `equilibrium` reports ``frozen``.

    Raises
    ------
    InputError
        For a value out of range, a vector or tensor of another shape, complex entries, or an anisotropy that isn't
        symmetric.

    Examples
    --------
    >>> from mesodyn.systems.kramers_dot import KramersDot
    >>> dot = KramersDot(anisotropy=((0.1, 0, 0), (0, 0.2, 0), (0, 0, 0)), field=(0.05, 0, 0))
    >>> found = dot.equilibrium()
    >>> found.magnetization.values.round(3).tolist()
    [0.5, 0.0, 0.866]
    >>> round(float(found.energy), 4)
    -0.5125
    """

    moment: Any = 1.0
    exchange_field: Any = 1.0
    anisotropy: Any = ((0.0, 0.0, 0.0),) * 3
    field: Any = (0.0, 0.0, 0.0)
    temperature: Any = 0.0
    level_spacing: Any = None

    broadcasting = ("moment", "exchange_field", "anisotropy", "field", "temperature", "level_spacing")

    def __post_init__(self) -> None:
        checks.number("moment", self.moment, above=0)
        checks.number("exchange_field", self.exchange_field, low=0)
        checks.number("temperature", self.temperature, low=0)
        if self.level_spacing is not None:
            checks.number("level_spacing", self.level_spacing, above=0)
        object.__setattr__(self, "field", tensor("field", self.field, 1))
        given = tensor("anisotropy", self.anisotropy, 2)
        skew = np.abs(given.values - given.values.swapaxes(-1, -2))
        if np.any(skew > 1e-12 * np.abs(given.values).max(axis=(-1, -2), keepdims=True)):
            raise InputError("anisotropy", "symmetric", Shown(f"one with a_ik - a_ki up to {skew.max():g}"))
        object.__setattr__(self, "anisotropy", given)

    # -- the public face of a system ---------------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """The parameters by name; a missing level spacing stands as inf."""
        found = {name: getattr(self, name) for name in self.broadcasting}
        return found | {"level_spacing": np.inf if self.level_spacing is None else self.level_spacing}

    def equilibrium(self, branch: str = "equilibrium") -> xarray.Dataset:
        """The mean moment and its energy: (37)-(40), 3h.

        Parameters
        ----------
        branch
            ``"equilibrium"``, the global minimum, or ``"metastable"``, the other local minimum: where a field turned
            against the moment leaves it. Where that has vanished the moment has fallen into the equilibrium.

        Returns
        -------
        xarray.Dataset
            Over the parameters' dims: ``magnetization`` (component), ``direction`` (component; 0 where the moment is),
            ``mean_field`` (|B_i| = B_0 m), ``energy``, ``orientation_energy`` (what (40) counts), ``free_energy``,
            ``critical_temperature``; for the metastable branch ``exists``; with a level spacing ``frozen``, which
            is max(kT, kT_c) over it, and should be below 0.2.
        """
        checks.choice("branch", branch, BRANCHES)
        state = self._solved
        vector, exists = (state.moment.metastable()[1:]) if branch == "metastable" else (state.lowest, None)
        found = {**state.measured(vector), "critical_temperature": state.moment.exchange}
        if exists is not None:
            found["exists"] = exists
        if self.level_spacing is not None:
            found["frozen"] = np.maximum(state.moment.exchange, state.moment.temperature) / state.level_spacing
        return labelled(found, state.grid, _UNITS)

    def switching_field(self) -> xarray.DataArray:
        """The size of a field along `field` at which the metastable branch ends: the edge of the hysteresis.

        Returns
        -------
        xarray.DataArray
            Over the parameters' dims [field]; 0 where there is none at any field: an easy plane, or kT >= kT_c.

        Raises
        ------
        InputError
            Where `field` is zero and so has no direction.
        """
        state = self._solved
        size = state.field_size("field")
        return labelled({"field": size * state.moment.switching()}, state.grid, _UNITS)["field"]

    def weak_field(self) -> xarray.Dataset:
        r"""The expansion in a weak field at T = 0, (41) with :math:`\mathbf n_0` for the misprinted n, and (42).

        .. math:: E = -\mu_B\mathbf n_0\cdot\mathbf B - \tfrac12\mu_B^2(a^{-1})_{\alpha\beta}B_\alpha B_\beta,\quad
                  \mathbf M = \mu_B\mathbf n_0 + \mu_B^2(a^{-1})_{\alpha\beta}B_\beta\mathbf e_\alpha

        in the gauge :math:`a_{zz} = 0` with z the soft axis, :math:`\mathbf n_0 = \mathrm{sgn}(B_z)\hat z`. The next
        terms are smaller by :math:`\mu_B B/a`.

        Returns
        -------
        xarray.Dataset
            ``orientation_energy`` (with the constant :math:`\tfrac12 a_{min}`) and ``magnetization``.

        Raises
        ------
        InputError
            At a temperature above 0, or where the soft axis isn't single.
        """
        state = self._at_zero("weak")
        gaps, drive = state.moment.gaps, state.moment.drive
        if np.any(gaps[:, 1] == 0):
            raise InputError("anisotropy", "one with a single soft axis for (41)-(42)", Shown("degenerate"))
        sign = np.where(drive[:, :1] < 0, -1.0, 1.0)
        bent = np.concatenate([sign, drive[:, 1:] / gaps[:, 1:]], axis=1)
        energy = 0.5 * state.softest - np.abs(drive[:, 0]) - 0.5 * (drive[:, 1:] ** 2 / gaps[:, 1:]).sum(axis=1)
        found = {"orientation_energy": energy, "magnetization": state.in_space(bent) * state.magneton[:, None]}
        return labelled(found, state.grid, _UNITS)

    def strong_field(self) -> xarray.Dataset:
        r"""The expansion in a strong field at T = 0, (43)-(44), with :math:`\mathbf h = \mathbf B/B`.

        .. math:: E = -\mu_B B + \tfrac12 a_{ik}h_i h_k,\quad
                  \mathbf M = \mu_B\mathbf h - [a_{ik}h_k - h_i h_l a_{lk} h_k]/B

        The next terms are :math:`-|(a h)_\perp|^2/(2\mu_B B)` and of the order :math:`a^2/(\mu_B B^2)`.

        Returns
        -------
        xarray.Dataset
            ``orientation_energy`` and ``magnetization``.

        Raises
        ------
        InputError
            At a temperature above 0, or in no field.
        """
        state = self._at_zero("strong")
        size = state.field_size("field")
        h = state.moment.drive / (size * state.magneton)[:, None]
        torque = state.moment.gaps * h
        along = (torque * h).sum(axis=1)
        moment = state.magneton[:, None] * h - (torque - along[:, None] * h) / size[:, None]
        energy = -state.magneton * size + 0.5 * (along + state.softest)
        found = {"orientation_energy": energy, "magnetization": state.in_space(moment)}
        return labelled(found, state.grid, _UNITS)

    def moment_of_state(self, *, n_c: int, step: int, weight: Any = 1.0) -> xarray.DataArray:
        r"""The moment of state (2) (`step` 1) or (3) (`step` 2): the share of odd numbers times the magnetisation.

        With :math:`v^2` the `weight` of the larger number: :math:`\mu_B v^2\mathbf n` for an even `n_c` and
        :math:`\mu_B u^2\mathbf n` for an odd one; of (3) :math:`\mu_B\mathbf n` for an odd `n_c` and 0 for an even one.

        Examples
        --------
        >>> from mesodyn.systems.kramers_dot import KramersDot
        >>> KramersDot(field=(0, 0, 1)).moment_of_state(n_c=3, step=1, weight=0.3).values.tolist()
        [0.0, 0.0, 0.7]
        """
        core, size = checks.whole("n_c", n_c), checks.whole("step", step, low=1, high=2)
        checks.number("weight", weight, low=0, high=1)
        odd = core % 2
        share = odd if size == 2 else (1 - weight if odd else weight)
        axes.broadcast_axes({**self.values(), "weight": weight})
        moment = self.equilibrium().magnetization
        return (share * moment).transpose(..., "component").assign_attrs(moment.attrs)

    def terms(self) -> list[tuple[Any, qutip.Qobj]]:
        r"""(37) at the equilibrium's field, as (coefficient, operator): :math:`-\mathbf f\cdot\sigma + C`.

        :math:`\mathbf f = -\partial(F + kTS)/\partial\mathbf m`, parallel to m as (38) says. Its thermal state has the
        equilibrium's moment, energy and free energy.
        """
        state = self._solved
        nu, _ = state.moment.equilibrium()
        force = (nu + state.moment.exchange)[:, None] * state.lowest
        stored = 0.5 * (state.moment.exchange * (state.lowest**2).sum(axis=1) + state.softest)
        stored = stored - 0.5 * (state.moment.gaps * state.lowest**2).sum(axis=1)
        found = labelled({"force": -state.in_space(force), "constant": stored}, state.grid, _UNITS)
        parts = [(found.force.isel(component=k), o) for k, o in enumerate((qutip.sigmax(), qutip.sigmay()))]
        return [*parts, (found.force.isel(component=2), qutip.sigmaz()), (found.constant, qutip.qeye(2))]

    def hamiltonian(self) -> qutip.Qobj:
        """The sum of `terms`, for parameters without axes.

        Raises
        ------
        InputError
            When a parameter is an axis.
        """
        if self._solved.grid:
            raise InputError(next(iter(self._solved.grid)), "a single number for a Qobj", Shown("an axis"))
        return sum((float(value) * operator for value, operator in self.terms()), start=qutip.qzero(2))

    def states(self) -> dict[str, qutip.Qobj]:
        """The doublet: the projections of sigma/2 on z."""
        return {"+1/2": qutip.basis(2, 0), "-1/2": qutip.basis(2, 1)}

    # -- solving -----------------------------------------------------------------------------------------------------

    @cached_property
    def _solved(self) -> _Solved:
        given = self.values()
        grid = axes.broadcast_axes(given)
        return _Solved(grid, **{name: axes.flatten(value, grid) for name, value in given.items()})

    def _at_zero(self, which: str) -> _Solved:
        if np.any(self._solved.moment.temperature > 0):
            raise InputError("temperature", f"0 for the {which}-field expansion", Shown("above 0 somewhere"))
        return self._solved


_UNITS = {
    **dict.fromkeys(("energy", "orientation_energy", "free_energy", "critical_temperature"), "energy"),
    **dict.fromkeys(("force", "constant"), "energy"),
    **dict.fromkeys(("direction", "exists", "frozen"), "1"),
    **dict.fromkeys(("mean_field", "field"), "field"),
    "magnetization": "energy/field",
}


class _Solved:
    """The problem over points, in the eigenbasis of each anisotropy, the soft axis first; largest entries positive."""

    def __init__(self, grid: Mapping[str, Any], **values: Array) -> None:
        self.grid, self.magneton, self.level_spacing = grid, values["moment"], values["level_spacing"]
        stiffness, basis = np.linalg.eigh(values["anisotropy"])
        gaps = stiffness - stiffness[:, :1]
        gaps[gaps <= 1e-13 * np.abs(stiffness).max(axis=1, keepdims=True)] = 0.0
        round_ = (gaps == 0).all(axis=1)
        basis[round_] = np.eye(3)[:, ::-1]
        largest = np.take_along_axis(basis, np.abs(basis).argmax(axis=1)[:, None], axis=1)
        self.basis, self.softest = basis * np.where(largest < 0, -1.0, 1.0), stiffness[:, 0]
        drive = np.einsum("pki,pk->pi", self.basis, self.magneton[:, None] * values["field"])
        size = np.sqrt((drive**2).sum(axis=1))
        drive[np.abs(drive) <= np.maximum(ROUNDING * size[:, None], 1e-290)] = 0.0
        exchange = self.magneton * values["exchange_field"]
        self.moment = Moment(gaps, drive, exchange, values["temperature"])

    @cached_property
    def lowest(self) -> Array:
        """The vector m of the equilibrium."""
        return self.moment.equilibrium()[1]

    def in_space(self, vector: Array) -> Array:
        """A vector of the eigenbasis, in x, y, z."""
        return np.einsum("pki,pi->pk", self.basis, vector)

    def field_size(self, argument: str) -> Array:
        """|B|, which may not be zero."""
        size = np.sqrt((self.moment.drive**2).sum(axis=1)) / self.magneton
        if np.any(size == 0):
            raise InputError(argument, "a field with a direction", Shown("zero somewhere"))
        return size

    def measured(self, vector: Array) -> dict[str, Any]:
        """Moment, field and energies of one minimum."""
        moment = self.moment
        square = (vector**2).sum(axis=1)
        length = np.sqrt(square)
        turned = -(moment.drive * vector).sum(axis=1) + 0.5 * (moment.gaps * vector**2).sum(axis=1)
        turned = turned + 0.5 * self.softest
        energy = turned - 0.5 * moment.exchange * square
        up, down = 0.5 * (1 + length), np.maximum(0.5 * (1 - length), np.finfo(float).tiny)
        entropy = np.where(length >= 1, 0.0, -up * np.log(up) - down * np.log(down))
        aligned = vector / np.where(length > 0, length, 1.0)[:, None]
        return {
            "magnetization": self.in_space(vector) * self.magneton[:, None],
            "direction": self.in_space(aligned),
            "mean_field": length * moment.exchange / self.magneton,
            "energy": energy,
            "orientation_energy": turned,
            "free_energy": energy - moment.temperature * entropy,
        }
