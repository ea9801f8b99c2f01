r"""
Where a supercurrent breaks
===========================

**The question.** A small dot between two superconductors holds N or N + 2 particles, or N or N + 1. The mean-field
theory of the second case says that the current against the phase difference θ breaks at θ = π. A measured break would
be a striking thing. Would it prove that the dot is in a superposition of N and N + 1?

Energies are in units of the gap of the leads, currents in e·energy/ħ, with ħ = 1.
"""

# %%
# By hand: pairs
# --------------
# The dot takes pairs: two levels, coupled by \|Δ_L\| exp(-iθ/2) + \|Δ_R\| exp(iθ/2). Everything follows at once
# for a whole axis of phases. The current is smooth.
import math

import mesodyn as md

theta = md.axis("phase_difference", [0.5 * math.pi, 0.9 * math.pi, 1.1 * math.pi, 1.5 * math.pi])
pairs = md.SD2S(detuning=0.03, delta_left=0.1, delta_right=0.1, phase_difference=theta).equilibrium()
print("pairs, J at θ/π = 0.5, 0.9, 1.1, 1.5:", [f"{float(j):.4f}" for j in pairs.current])

# %%
# By hand: single particles
# -------------------------
# One particle at a time, with a lead energy (α/2)\|Δ\|² - (β/2)\|Δ\|² cos(θ/2) cos 2φ. The best phase φ of the order
# parameter changes at θ = π, and with it the sign of the current.
near = md.axis("phase_difference", [math.pi - 1e-6, math.pi + 1e-6])
single = md.SD1S(detuning=0.03, alpha=12, beta=5, phase_difference=near).equilibrium()
before, after = (float(j) for j in single.current)
print(f"single particles, J just before and after π: {before:.5f}, {after:.5f}")

# %%
# The experiment
# --------------
# It takes the whole curve over 4π, finds the breaks in it without knowing where they should be, follows each down to a
# few billionths of a radian, and compares with the theory: odd multiples of π only, step (e\|β\|/ħ)(1/α² - ξ²).
run = md.experiment("josephson-current", model="SD1S").run()
print(run.summary)
for name in ("breaks", "break_position", "current_step", "period"):
    found = run.findings[name]
    print(f"{name:15} {float(found.value):.9g}, expected {float(found.expected):.9g}: passed {found.passed}")
figures = run.figures()

# %%
# What else breaks
# ----------------
# A contact of transmission 1 breaks at π as well. A dot whose leads conserve its number parity breaks where the
# parity of its ground state changes. None of these is in a superposition of N and N + 1.
for model in ("SD2S", "SD1S", "parity-dot", "contact"):
    print(md.experiment("josephson-current", model=model).run().summary)

# %%
# The gate tells
# --------------
# So look at where the break goes when the gate moves the level.
gate = md.axis("detuning", [0.0, 0.03, 0.06, 0.09])
for model in ("SD1S", "parity-dot"):
    place = md.experiment("josephson-current", model=model, detuning=gate).run().findings["break_position"].value
    print(f"{model:11} breaks at θ/π =", [f"{float(p) / math.pi:.4f}" for p in place])

# %%
# In the mean-field model it stays at π until \|ξ\| = 1/α, and is gone (nan); with the parity kept it moves.
#
# Leads that are not equal
# ------------------------
# The break needs left and right to be the same exactly. A difference of a few per cent rounds it over as many per
# cent of a radian: what is left is the slope at π.
for share in (1.0, 0.98, 0.9):
    uneven = md.experiment("josephson-current", model="SD1S", beta_left=5.0, beta_right=5.0 * share).run().findings
    slope = float(uneven["slope_at_pi"].value)
    print(f"β_R/β_L = {share}: {float(uneven['breaks'].value):g} breaks, slope at π {slope:.4f}")

# %%
# The account does not tell
# -------------------------
# If the leads are not given a phase but count their pairs, dot and leads share a fixed number: a ladder of states,
# taken here as a whole. It has the same levels and carries the same current, though the dot alone has no coherence at
# all.
counting = md.experiment("josephson-current", account="conserving").run().findings
for name in ("ladder_energy", "ladder_current", "ladder_coherence"):
    print(f"{name:17} off by {float(counting[name].value):.1e}: passed {counting[name].passed}")

# %%
# A break in a current-phase curve therefore does not show a superposition of N and N + 1. What can be learnt is which
# model holds: from where the break is when the gate moves, and from whether it survives unequal leads.
