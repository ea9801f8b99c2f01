"""mesodyn: time-dependent quantum dynamics of small systems in superpositions of particle number.

Everything below is loaded when it is first used: ``import mesodyn as md`` is fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesodyn.audit import audit
    from mesodyn.axes import axis
    from mesodyn.dynamics.bath import Bath
    from mesodyn.dynamics.certify import certify
    from mesodyn.dynamics.evolve import evolve
    from mesodyn.dynamics.protocol import Connect, Disconnect, Hold, Protocol, Ramp, Relax, Rotate
    from mesodyn.errors import InputError, MesodynError, UnfinishedError
    from mesodyn.experiments import experiment, experiments
    from mesodyn.experiments.run import Run, load
    from mesodyn.planning.lab import Lab
    from mesodyn.planning.plan import plan
    from mesodyn.systems.bose_junction import BoseJunction
    from mesodyn.systems.irregular_rotor import IrregularRotor
    from mesodyn.systems.kramers_dot import KramersDot
    from mesodyn.systems.lead_trap import LeadTrap
    from mesodyn.systems.light_scatterer import LightScatterer
    from mesodyn.systems.normal_lead import ND1N, ND2N
    from mesodyn.systems.reservoir_trap import ReservoirTrap
    from mesodyn.systems.sd1s import SD1S
    from mesodyn.systems.sd2s import SD2S
    from mesodyn.systems.staircase import Staircase
    from mesodyn.systems.trap_pair import TrapPair
    from mesodyn.systems.trap_ring import TrapRing
    from mesodyn.units import quantity
    from mesodyn.verify import verify

_HOME = {
    "axis": "mesodyn.axes",
    "quantity": "mesodyn.units",
    "ReservoirTrap": "mesodyn.systems.reservoir_trap",
    "LeadTrap": "mesodyn.systems.lead_trap",
    "TrapPair": "mesodyn.systems.trap_pair",
    "TrapRing": "mesodyn.systems.trap_ring",
    "KramersDot": "mesodyn.systems.kramers_dot",
    "Staircase": "mesodyn.systems.staircase",
    "IrregularRotor": "mesodyn.systems.irregular_rotor",
    "BoseJunction": "mesodyn.systems.bose_junction",
    "LightScatterer": "mesodyn.systems.light_scatterer",
    "ND1N": "mesodyn.systems.normal_lead",
    "ND2N": "mesodyn.systems.normal_lead",
    "SD1S": "mesodyn.systems.sd1s",
    "SD2S": "mesodyn.systems.sd2s",
    "Protocol": "mesodyn.dynamics.protocol",
    "Hold": "mesodyn.dynamics.protocol",
    "Ramp": "mesodyn.dynamics.protocol",
    "Rotate": "mesodyn.dynamics.protocol",
    "Connect": "mesodyn.dynamics.protocol",
    "Disconnect": "mesodyn.dynamics.protocol",
    "Relax": "mesodyn.dynamics.protocol",
    "Bath": "mesodyn.dynamics.bath",
    "evolve": "mesodyn.dynamics.evolve",
    "certify": "mesodyn.dynamics.certify",
    "experiment": "mesodyn.experiments",
    "experiments": "mesodyn.experiments",
    "Run": "mesodyn.experiments.run",
    "load": "mesodyn.experiments.run",
    "Lab": "mesodyn.planning.lab",
    "plan": "mesodyn.planning.plan",
    "verify": "mesodyn.verify",
    "audit": "mesodyn.audit",
    "MesodynError": "mesodyn.errors",
    "InputError": "mesodyn.errors",
    "UnfinishedError": "mesodyn.errors",
}

__all__ = [
    "ND1N",
    "ND2N",
    "SD1S",
    "SD2S",
    "Bath",
    "BoseJunction",
    "Connect",
    "Disconnect",
    "Hold",
    "InputError",
    "IrregularRotor",
    "KramersDot",
    "Lab",
    "LeadTrap",
    "LightScatterer",
    "MesodynError",
    "Protocol",
    "Ramp",
    "Relax",
    "ReservoirTrap",
    "Rotate",
    "Run",
    "Staircase",
    "TrapPair",
    "TrapRing",
    "UnfinishedError",
    "audit",
    "axis",
    "certify",
    "evolve",
    "experiment",
    "experiments",
    "load",
    "plan",
    "quantity",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mesodyn' has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
