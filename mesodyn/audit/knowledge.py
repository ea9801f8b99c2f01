"""What an audit has to know about an experiment that no simulation can tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CHECKS = (
    *("norm", "error", "phase_rounding", "energy_balance", "energy_drift", "current_balance", "number_balance"),
    *("formula", "account_difference", "number_against_mixture", "spectrum_difference", "field_difference"),
    *("count_rate_difference", "number_difference", "runs", "z_error", "coherence_error", "line_error"),
)
"""How far a record can be trusted, or what compares the accounts itself."""
SET = ("time", "frequency", "bin_width", "closeness", "heat_values", "heat_weights", "equilibrium")
"""What the apparatus sets, and parts of a finding."""


@dataclass(frozen=True)
class Knowledge:
    """About one experiment.

    Parameters
    ----------
    parts
        Whether its start can be taken apart by the total number.
    ruled
        Whether what does not conserve the total is no measurement: a superselection rule. None forbids a superposition
        of angular momenta.
    probabilities
        What is the probability of one outcome that is counted.
    aside
        What does not follow from the account's state: names, or their beginnings, and why.
    reference
        Whether the trap stands alone, so that a second system has to be brought for its phase.
    vary, rivals
        The parameter by which a control run differs, by one; and what has to be told from the coherent accounts.
    never
        What is worked out from operators that do not conserve the total (the beginnings of names), beside what the
        system's own operators say.
    evidence
        Findings by which the account ``conserving`` was solved by itself.
    summed
        Whether the superposition is computed as a sum over totals.
    alike
        Why the start is not taken apart.
    """

    parts: bool = False
    ruled: bool = True
    probabilities: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    aside_reason: str = ""
    reference: bool = False
    vary: str = ""
    rivals: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    summed: bool = False
    alike: str = "nothing is evolved"


KNOWN: Mapping[str, Knowledge] = {
    "two-pi-rotation": Knowledge(
        parts=True,
        probabilities=("left_probability", "kept_fraction", "shared", "left", "right", "bonding", "antibonding"),
        vary="turns",
        rivals={
            "fixed total, dephased": {"account": "conserving", "dephasing": 40.0},
            "no sign: a pair": {"account": "conserving", "kind": "pair", "spin": None, "n_c": 0},
        },
    ),
    "phase-equalization": Knowledge(parts=True, never=("amplitude", "common_phase")),
    "beating": Knowledge(
        parts=True,
        probabilities=("n_mean",),
        never=("period", "residual_frequency", "phase_straightness", "lead_frequency", "lower_line", "upper_line"),
        aside=("energy",),
        aside_reason="it counts the particle outside, which the account conserving has and the others have not",
        reference=True,
    ),
    "light-scattering": Knowledge(
        parts=True,
        probabilities=("one_line_runs", "runs_low", "runs_high", "runs_other", "low_after", "high_after"),
        aside=("coherence_", "kept_", "line_strength", "line_lost", "line_offset", "threshold", "resolved_from"),
        aside_reason="they are computed for one state, whatever the account",
        reference=True,
    ),
    "josephson-current": Knowledge(
        never=("order_parameter", "curve_order_parameter"),
        evidence=("ladder_energy", "ladder_current", "ladder_coherence"),
        alike="it is an equilibrium",
    ),
    "irregular-rotor": Knowledge(parts=True, ruled=False),
    "bose-junction": Knowledge(
        summed=True,
        alike="it is computed as the sum over Poissonian totals of the account conserving, and could not differ",
    ),
}
