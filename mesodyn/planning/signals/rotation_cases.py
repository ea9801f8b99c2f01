"""What may be true of the 2 pi rotation, what may spoil it, and the words for its steps."""

from __future__ import annotations

import numpy as np

from mesodyn.planning.signals.base import Case, Knob

WORDS = {
    "prepare": ("keep linked and cool", "the ground doublet: the shots found in the upper level"),
    "disconnect": (
        "cut the link",
        "faster than h over the detuning of the traps, slower than h over the level spacing",
    ),
    "rotate": ("turn the field of trap B", "the field at B and at A, by a spin that is read; the dummy turn"),
    "back": ("turn it back", "the field is home"),
    "bias": ("raise trap B", "a fringe over the bias phase: its contrast and its offset"),
    "pulse": ("link for a quarter of the tunnelling period", "fields off; a particle put in A is found half and half"),
    "count": ("cut the link and count left and right", "the wrong sides, by particles put on a known side"),
    "connect": ("link again", "sudden beside h over J"),
    "relax": ("let the pair relax and read its level", "the level is read by a projection: a calorimeter can't"),
}
"""What the segments of the protocol are for the experimenter, and what to check."""
CASES = (
    Case("conserving", "total number fixed: ordinary quantum mechanics", {"account": "conserving"}),
    Case("superposition", "each trap in a superposition of N and N + 1", {"account": "superposition"}),
    Case("mixture", "no coherence between the traps when the link is cut", {"account": "mixture"}),
    Case("field along the axis", "nothing is turned: no Berry phase", {"field_angle": 0.0}, null=True),
    Case("4π instead of 2π", "two turns both times: the sign is back", {"turns": 2.0}, null=True),
    Case("pairs", "pairs of fermions: no spin", {"kind": "pair", "spin": None}, null=True),
    Case("spin-0 bosons", "no spin", {"kind": "boson", "spin": 0.0}, null=True),
    Case("spin-1 bosons", "an integer spin; a null at 90° only", {"kind": "boson", "spin": 1.0}, null=True),
    Case("dummy", "half the angle there and back: no Berry phase", {"control": "dummy"}, null=True),
)
KNOBS = (
    Knob("temperature", "temperature", "of the doublet ±J when the link is cut", "link and cool"),
    Knob(
        "preparation_error",
        "number",
        "a shot starts wrongly, unnoticed: then left or right at random, or no heat",
        "link and cool",
        own=True,
    ),
    Knob("zeeman", "energy", "haste: the spin lags behind a field that turns too fast", "turn", None),
    Knob("axis_error", "angle", "rms of the angle between field and axis, shot to shot", "turn", own=True),
    Knob("field_angle", "angle", "a field that is not at right angles to the axis", "turn", np.pi / 2),
    Knob("detuning", "energy", "a constant difference of the traps while apart", "turn"),
    Knob("detuning_noise", "energy", "rms of that difference, shot to shot", "turn", own=True),
    Knob("dephasing", "rate", "fast noise of that difference", "turn"),
    Knob("loss", "rate", "the extra particle is lost", "turn"),
    Knob("readout_error", "number", "a particle is counted on the wrong side", "count", own=True),
)
GROWING = ("temperature", "dephasing", "loss", "detuning_noise", "axis_error")
"""What may be planned worse than its end."""
