"""The paper's systems, one file each."""

from mesodyn.systems.kramers_dot import KramersDot
from mesodyn.systems.normal_lead import ND1N, ND2N
from mesodyn.systems.reservoir_trap import ReservoirTrap
from mesodyn.systems.sd1s import SD1S
from mesodyn.systems.sd2s import SD2S
from mesodyn.systems.staircase import Staircase
from mesodyn.systems.trap_pair import TrapPair

__all__ = ["ND1N", "ND2N", "SD1S", "SD2S", "KramersDot", "ReservoirTrap", "Staircase", "TrapPair"]
