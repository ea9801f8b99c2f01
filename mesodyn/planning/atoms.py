r"""Ground states of atoms in a magnetic field, and what it costs to turn that field.

The levels are those of :math:`H=hA\,\mathbf I\cdot\mathbf J+\mu_B(g_JJ_z+g_II_z)B` with :math:`J=½` (Breit and Rabi,
Phys. Rev. 38, 2082 (1931)), or of a nuclear spin alone. The field is turned about an axis at an angle to it by
:math:`\alpha(t)`. That adds to level k the phase
:math:`\chi_\mathrm{dyn}=\frac{\mathcal I}{2\hbar}\int\dot\alpha^2dt`, with the moment of inertia of cranking
:math:`\mathcal I=2\sum_{l\ne k}|\langle l|F_m|k\rangle|^2/(E_l-E_k)` (DEFINITIONS 6.10).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mesodyn import checks
from mesodyn.errors import InputError
from mesodyn.units import HBAR

if TYPE_CHECKING:
    import numpy as np

MU_B = 9.2740100657e-24
"""J/T: Bohr magneton (CODATA 2022)."""
MU_N = 5.0507837393e-27
"""J/T: nuclear magneton (CODATA 2022)."""
RAMPS: Mapping[str, float] = MappingProxyType({"uniform": 1.0, "smooth": 1.5})
"""What multiplies the integral of the squared rate, beside that of a uniform rotation."""


@dataclass(frozen=True)
class Atom:
    """The ground state of an atom: an electron spin ½ and a nucleus, or a nucleus alone.

    Attributes
    ----------
    name
        Of the isotope.
    hyperfine
        A/h in Hz; 0 without an electronic moment.
    nuclear_spin
        I.
    g_electron, g_nucleus
        Both in Bohr magnetons: the energy of the moment is ``mu_B (g_J J_z + g_I I_z) B``; ``g_J`` is 0 without an
        electronic moment.
    spin
        F of the lowest level.
    source
        Where the numbers are from.
    """

    name: str
    hyperfine: float
    nuclear_spin: float
    g_electron: float
    g_nucleus: float
    spin: float
    source: str


_ARIMONDO = "Arimondo, Inguscio, Violino, Rev. Mod. Phys. 49, 31 (1977)"
_OLSCHEWSKI = (
    "Olschewski, Z. Phys. 249, 205 (1972): the moment 0.4919 mu_N that an atom shows, "
    "not corrected for the shielding by its electrons"
)
ATOMS: Mapping[str, Atom] = MappingProxyType(
    {
        "li6": Atom("6Li", 152.1368407e6, 1.0, 2.0023010, -0.0004476540, 0.5, _ARIMONDO),
        "k40": Atom("40K", -285.7308e6, 4.0, 2.00229421, 0.000176490, 4.5, _ARIMONDO),
        "rb87": Atom("87Rb", 3417.34130642e6, 1.5, 2.00233113, -0.0009951414, 1.0, _ARIMONDO),
        "yb171": Atom("171Yb", 0.0, 0.5, 0.0, -2 * 0.4919 * MU_N / MU_B, 0.5, _OLSCHEWSKI),
    }
)
"""The atoms that are known, by name."""


@dataclass(frozen=True)
class Levels:
    """Eigenstates of an atom's ground state in a field along z.

    Attributes
    ----------
    energies
        In rad/s (E/hbar), lowest first, shape (levels,).
    momentum
        Matrices of F_x, F_y, F_z between the eigenstates, shape (3, levels, levels), in hbar.
    """

    energies: np.ndarray
    momentum: np.ndarray


def levels(atom: str, field: float) -> Levels:
    """The exact levels of an atom's ground state in a magnetic field.

    Parameters
    ----------
    atom
        One of `ATOMS`.
    field
        In tesla, at least 0.

    Returns
    -------
    Levels

    Raises
    ------
    InputError
        For an atom that is not known or a field that is no number of at least 0.

    Examples
    --------
    >>> import math
    >>> found = levels("li6", 832.18e-4).energies
    >>> round(float(found[1] - found[0]) / (2 * math.pi * 1e6), 6)  # MHz
    76.267968
    """
    import numpy as np

    own = ATOMS[checks.choice("atom", atom, ATOMS)]
    field = float(checks.number("field", field, low=0))
    electron = 0.5 if own.g_electron else 0.0
    nuclear = [np.kron(part, np.eye(round(2 * electron + 1))) for part in _spin(own.nuclear_spin)]
    electronic = [np.kron(np.eye(round(2 * own.nuclear_spin + 1)), part) for part in _spin(electron)]
    hamiltonian = 2 * math.pi * own.hyperfine * sum(a @ b for a, b in zip(nuclear, electronic, strict=True))
    hamiltonian = hamiltonian + MU_B / HBAR * field * (own.g_electron * electronic[2] + own.g_nucleus * nuclear[2])
    energies, states = np.linalg.eigh(hamiltonian)
    turned = [states.conj().T @ (a + b) @ states for a, b in zip(nuclear, electronic, strict=True)]
    return Levels(energies, np.stack(turned))


def splitting(atom: str, field: float, state: int = 1) -> float:
    """Distance in rad/s of a level (1 is the lowest) to the next one up.

    Examples
    --------
    >>> import math
    >>> round(splitting("yb171", 1e-4) / (2 * math.pi), 1)  # Hz at 1 G
    749.9
    """
    found = levels(atom, field).energies
    state = checks.whole("state", state, low=1, high=len(found) - 1)
    return float(found[state] - found[state - 1])


def inertia(atom: str, field: float, state: int = 1, angle: float = math.pi / 2) -> float:
    """The moment of inertia of cranking of one level, over hbar: in seconds.

    Parameters
    ----------
    atom, field
        As for `levels`; the field must split the levels.
    state
        1 is the lowest level.
    angle
        Between field and rotation axis, in radians.

    Returns
    -------
    float
        Positive for the lowest level; a level with others closely below it may have a negative one.

    Raises
    ------
    InputError
        When the field leaves the level degenerate with another one that the rotation mixes in.
    """
    import numpy as np

    found = levels(atom, field)
    state = checks.whole("state", state, low=1, high=len(found.energies)) - 1
    along = math.sin(angle) * found.momentum[0] + math.cos(angle) * found.momentum[2]
    weight = np.abs(np.delete(along[:, state], state)) ** 2
    distance = np.delete(found.energies, state) - found.energies[state]
    mixed = weight > 1e-12
    if np.any(np.abs(distance[mixed]) < 1e-12 * np.ptp(found.energies)) or not np.ptp(found.energies):
        raise InputError("field", "one that splits the levels", field, "an adiabatic rotation needs a field")
    return float(2 * np.sum(weight[mixed] / distance[mixed]))


def effective_splitting(atom: str, field: float, state: int = 1) -> float:
    """The splitting in rad/s that gives a plain spin F the same moment of inertia: F over `inertia`.

    A simulation of a plain spin with this splitting has the right cranking phase at any field.

    Raises
    ------
    InputError
        When the moment of inertia is negative: no stretched spin has that.
    """
    found = inertia(atom, field, state)
    if found <= 0:
        raise InputError("state", "one whose moment of inertia is positive", state, "use the lowest state, 1")
    return ATOMS[atom].spin / found


def cranking_phase(
    atom: str, field: float, *, time: Any, turns: Any = 1.0, state: int = 1, ramp: str = "uniform"
) -> Any:
    """The phase that turning the field adds to a level, in radians; the axis is at right angles to the field.

    Parameters
    ----------
    time
        How long the rotation takes, in seconds; a number or an array.
    turns
        Full turns; a number or an array.
    ramp
        ``uniform`` or ``smooth``.
    """
    shape = RAMPS[checks.choice("ramp", ramp, RAMPS)]
    return inertia(atom, field, state) / 2 * shape * (2 * math.pi * turns) ** 2 / time


def rotation_time(
    atom: str, field: float, *, phase_error: float, turns: float = 1.0, state: int = 1, ramp: str = "uniform"
) -> float:
    """The time in seconds after which the cranking phase is only `phase_error` (radians).

    Examples
    --------
    >>> round(1e6 * rotation_time("li6", 1e-4, phase_error=0.05), 3)  # microseconds
    33.605
    """
    checks.number("phase_error", phase_error, above=0)
    return float(abs(cranking_phase(atom, field, time=1.0, turns=turns, state=state, ramp=ramp)) / phase_error)


def axis_phase(spin: float, error: Any, turns: Any = 1.0) -> Any:
    """The geometric phase in radians of a field that is off the right angle to the axis by `error` (radians).

    It is ``2 pi turns spin (1 - cos(pi/2 + error)) - 2 pi turns spin``; a slower rotation does not make it smaller.

    Examples
    --------
    >>> import math
    >>> round(float(axis_phase(0.5, math.radians(1))), 4)
    0.0548
    """
    import numpy as np

    return 2 * math.pi * turns * spin * np.sin(error)


def _spin(spin: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrices of a spin, from +s down."""
    import numpy as np

    m = np.arange(spin, -spin - 0.5, -1.0)
    up = np.diag(np.sqrt(spin * (spin + 1) - m[1:] * (m[1:] + 1)), 1)
    return (up + up.T) / 2, (up - up.T) / 2j, np.diag(m)
