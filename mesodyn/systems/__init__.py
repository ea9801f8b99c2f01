"""The paper's systems, one file each."""

from mesodyn.systems.reservoir_trap import ReservoirTrap
from mesodyn.systems.trap_pair import TrapPair

__all__ = ["ReservoirTrap", "TrapPair"]
