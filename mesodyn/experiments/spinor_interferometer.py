"""A neutron in two paths, its spin turned in one of them: only two full turns bring it back (4-pi periodicity)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mesodyn import axes
from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Connect, Disconnect, Hold, Protocol
from mesodyn.errors import InputError, Shown
from mesodyn.experiments.base import Experiment
from mesodyn.experiments.finding import Finding
from mesodyn.experiments.parameters import Parameter
from mesodyn.seeds import generator
from mesodyn.systems.spinor_paths import SpinorPaths

if TYPE_CHECKING:
    import xarray

    from mesodyn.figures.style import Figure

SCAN = "scan"
"""The record's own axis: shares of the largest field integral."""
COLOURS = 61
"""How many wavelengths stand for a beam with a spread, evenly over `TAILS` standard deviations either side."""
TAILS = 6.0
PER_PERIOD = 8
"""The fewest settings within two full turns of a spin 1/2."""
SPINS = {"1/2": 0.5, "1": 1.0, "0": 0.0}
FLIGHT, EXIT = 4, 6
"""Moments of a run: start, splitter (connect, hold), disconnect, flight, connect, splitter."""
FEWEST = 20
"""The smallest mean number of neutrons at a setting that is counted."""


class SpinorInterferometer(Experiment):
    """Turn the spin of a neutron in one path of an interferometer."""

    name = "spinor-interferometer"
    title = "A spin turned by 2π in one of two paths: neutron interferometry"
    meaning = (
        "A neutron goes two ways at once; in one path its spin precesses in a magnetic field, and the paths are joined "
        "again. After a full turn the spin points where it did, but the intensities behind the interferometer are "
        "reversed: the amplitude has changed its sign, and only two full turns bring it back. The period of the "
        "intensity in ∫B dl is measured from the simulated record and compared with the published experiments. This is "
        "the one-particle case (N_c = 0) of turning one of two traps: the sign belongs to the half-integer spin. The "
        "path is in a superposition here, the number of particles is not: it says nothing about superpositions of "
        "particle numbers. Spin 1 and spin 0 are the nulls; the direction of the spin itself has the period 2π."
    )
    accounts = ()
    account_reason = (
        "one neutron is in two paths; its number is 1 in every state, so all accounts would be the same; see "
        "two-pi-rotation for traps whose number is in question"
    )
    second_method = "liouvillian"
    block_points = 64
    parameters = (
        Parameter("field_integral", "field integral", "600 G*cm", "∫B dl in path B, the largest of the scan", above=0),
        Parameter("samples", "count", 121, "settings of the field, evenly from 0", low=PER_PERIOD + 1),
        Parameter("wavelength", "length", "1.445 angstrom", "λ of the neutrons", above=0, high=1e-7),
        Parameter("wavelength_spread", "number", 0.0, "its standard deviation over λ (Gaussian)", low=0, high=0.15),
        Parameter("length", "length", "1 cm", "length of the field; only the integral counts", above=0, high=10),
        Parameter("polarization", "number", 0.0, "how far the beam is polarised", low=0, high=1),
        Parameter("polarization_angle", "angle", 0.0, "angle of the polarisation to the field"),
        Parameter("phase_shift", "angle", 0.0, "χ of a phase shifter in path B"),
        Parameter("contrast", "number", 1.0, "contrast of the empty interferometer", low=0, high=1),
        Parameter("spin", "choice", "1/2", "spin of the particle; 1 and 0 are nulls", choices=tuple(SPINS)),
        Parameter("neutrons", "count", 0, "mean number counted at each setting, both beams (0: no counting)"),
    )

    # -- what is evolved --------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Everything here has a unit; the scan must hold a whole period, finely enough."""
        self.values = replace(self.values, natural=False)
        v = self.values
        turns = np.asarray(v["field_integral"] * v["wavelength"] * turn_rate() / (4 * np.pi))
        if turns.min() < 1:
            must = "large enough for two full turns of the spin, 4πh/(|γ|mλ)"
            was = Shown(f"enough for {2 * float(turns.min()):.3g} turns")
            raise InputError("field_integral", must, was, "raise it")
        if v["samples"] - 1 < PER_PERIOD * turns.max():
            must = f"at least {int(np.ceil(PER_PERIOD * turns.max())) + 1}: {PER_PERIOD} for two full turns of the spin"
            raise InputError("samples", must, v["samples"], "or lower field_integral")
        if 0 < v["neutrons"] < FEWEST:
            raise InputError("neutrons", f"0 or at least {FEWEST}", v["neutrons"], "count longer")

    @property
    def spin(self) -> float:
        """The spin as a number."""
        return SPINS[self.values["spin"]]

    def settings(self) -> xarray.DataArray:
        """The field integrals (scan, axes)."""
        shares = np.linspace(0, 1, self.values["samples"])
        return axes.axis(SCAN, shares) * self.values["field_integral"]

    def record(self) -> xarray.Dataset:
        """Intensities and polarisations behind the interferometer; spin and coherence just before the paths join.

        ``spin`` is that in path B of a beam polarised across the field, ``path_phase`` the coherence of one polarised
        against the field.
        """
        import xarray

        v, found = self.values, {}
        beam = self._beam(v["polarization"], v["polarization_angle"])
        flight, last = (beam.isel(moment=k, drop=True) for k in (FLIGHT, EXIT))
        lost = 1 - v["contrast"]
        spin = 0.5 * lost * (flight.spin_A + flight.spin_B)
        ports = {"O": "B", "H": "A"}
        exits = xarray.DataArray(list(ports), dims="exit", name="exit")
        parts = [v["contrast"] * last[f"n_{path}"] + 0.5 * lost for path in ports.values()]
        found["intensity"] = xarray.concat(parts, exits)
        parts = [v["contrast"] * last[f"spin_{path}"] + spin for path in ports.values()]
        found["exit_spin"] = xarray.concat(parts, exits)
        found["coherence"] = 2 * v["contrast"] * flight.coherence
        across, against = (self._beam(1.0, angle).isel(moment=FLIGHT, drop=True) for angle in (np.pi / 2, np.pi))
        found["spin"], found["path_phase"] = 2 * across.spin_B, 2 * against.coherence
        found["norm"], found["setting"] = last.norm, self.settings()
        grid = self.axes()
        whole = xarray.DataArray(np.zeros([c.size for c in grid.values()]), dims=tuple(grid), coords=grid)
        for name, variable in found.items():
            full = variable.broadcast_like(whole, exclude=["exit", SCAN, "component"])
            order = [d for d in ("exit", SCAN, *grid, "component") if d in full.dims]
            found[name] = full.transpose(*order)
        if v["neutrons"]:
            found["counts"] = self._counted(found["intensity"])
        record = xarray.Dataset(found, attrs=beam.attrs)
        record["setting"].attrs["units"] = self.unit("field integral")
        return record.drop_vars("segment", errors="ignore")

    def _beam(self, polarization: Any, angle: Any) -> xarray.Dataset:
        """The evolution of a beam through the interferometer, averaged over its wavelengths."""
        import xarray

        v = self.values
        spread = xarray.DataArray(v["wavelength_spread"])
        some = self.anywhere("wavelength_spread")
        places = np.linspace(-TAILS, TAILS, COLOURS) if some else np.zeros(1)
        colour = (
            axes.axis("colour", places) if some else xarray.DataArray(places, dims="colour", coords={"colour": places})
        )
        time = v["length"] * v["wavelength"] * (1 + spread * colour) / velocity_times_length()
        middle = v["length"] * v["wavelength"] / velocity_times_length()
        system = SpinorPaths(
            spin=self.spin,
            tunnelling=1 / middle,
            larmor=gyromagnetic_ratio() * self.settings() / v["length"],
            phase_rate=v["phase_shift"] / time,
            polarization=polarization,
            polarization_angle=angle,
        )
        splitter = Hold(duration=0.25 * np.pi * middle)
        protocol = Protocol(Connect(), splitter, Disconnect(), Hold(duration=time), Connect(), splitter)
        run = evolve(
            system, protocol, account="superposition", moments=[1.0], method=self.method, tolerance=self.tolerance
        )
        bell = np.exp(-(colour**2) / 2)
        weight = xarray.where(spread > 0, bell / float(bell.sum()), 1.0 * (np.abs(colour) < 1e-9))
        names = ["n_A", "n_B", "spin_A", "spin_B", "coherence", "norm"]

        def mean(variable: xarray.DataArray) -> xarray.DataArray:
            """Over the colours, which stand last so that the order of the sum is always the same."""
            product = (variable * weight).transpose(..., "colour")
            return product.copy(data=np.ascontiguousarray(product.values)).sum("colour")

        return xarray.Dataset({name: mean(run[name]) for name in names}, attrs=run.attrs)

    def _counted(self, intensity: xarray.DataArray) -> xarray.DataArray:
        """Neutrons counted in both beams: Poisson numbers, drawn for each point by itself."""
        mean = self.values["neutrons"] * np.clip(intensity.values, 0, 1)
        flat = mean.reshape(*mean.shape[:2], -1)
        drawn = [_poisson(generator(self.seed, int(p)), flat[:, :, k]) for k, p in enumerate(self.places())]
        counts = np.stack(drawn, axis=2).reshape(mean.shape)
        return intensity.copy(data=counts.astype(float))

    # -- what is measured -------------------------------------------------------------------------------------------

    def findings(self, record: xarray.Dataset) -> dict[str, Finding]:
        """See `mesodyn.experiments.spinor_findings`."""
        from mesodyn.experiments import spinor_findings

        return {finding.name: finding for finding in spinor_findings.findings(self, record)}

    def summary(self, findings: Mapping[str, Finding]) -> str:
        """One sentence."""
        period, angle = findings["period"].value, findings["period_angle"].value
        if period.ndim:
            return f"The period of the intensity was measured for {period.size} points."
        if not np.isfinite(float(period)):
            return "The intensity does not depend on the field: there is no fringe."
        text = f"The intensity comes back after {self.shown('field integral', float(period))}"
        if np.isfinite(float(angle)):
            text += f", which is {np.degrees(float(angle)):.6g} degrees of precession"
        return text + "."

    # -- how it is drawn --------------------------------------------------------------------------------------------

    def figures(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, tuple[Figure, str]]:
        """See `mesodyn.experiments.spinor_drawing`."""
        from mesodyn.experiments import spinor_drawing

        return spinor_drawing.figures(self, record, at)

    def animation(self, record: xarray.Dataset, at: Mapping[str, float]) -> dict[str, Any]:
        """See `mesodyn.experiments.spinor_drawing`."""
        from mesodyn.experiments import spinor_drawing

        return spinor_drawing.animation(self, record, at)


def _poisson(source: np.random.Generator, mean: Any) -> Any:
    """Poisson numbers by the inverse of their distribution: they do not jump where a mean differs by rounding."""
    from scipy.special import pdtr, pdtrik

    share, some = source.random(mean.shape), mean > 0
    safe = np.where(some, mean, 1.0)
    above = np.ceil(np.maximum(pdtrik(share, safe), 0.0))
    below = np.maximum(above - 1, 0.0)
    return np.where(some, np.where(pdtr(below, safe) >= share, below, above), 0.0)


def gyromagnetic_ratio() -> float:
    """Twice the neutron's magnetic moment over hbar [rad/(s T)] (CODATA): negative."""
    from scipy.constants import hbar, physical_constants

    return float(2 * physical_constants["neutron mag. mom."][0] / hbar)


def velocity_times_length() -> float:
    """The neutron's speed times its wavelength, h/m [m^2/s] (CODATA)."""
    from scipy.constants import h, neutron_mass

    return float(h / neutron_mass)


def turn_rate() -> float:
    """Precession angle per field integral and wavelength, |gamma| m / h [rad/(T m^2)]."""
    return abs(gyromagnetic_ratio()) / velocity_times_length()
