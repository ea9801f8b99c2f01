"""Protocols and their evolution."""

from mesodyn.dynamics.bath import Bath
from mesodyn.dynamics.evolve import evolve
from mesodyn.dynamics.protocol import Connect, Disconnect, Hold, Protocol, Ramp, Relax, Rotate, Segment

__all__ = ["Bath", "Connect", "Disconnect", "Hold", "Protocol", "Ramp", "Relax", "Rotate", "Segment", "evolve"]
