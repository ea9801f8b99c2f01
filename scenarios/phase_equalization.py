r"""
Two phases become one
=====================

**The question.** Two traps, each in a superposition of N and N + 1 with a phase of its own, are linked, and the pair is
cooled. Do the phases become equal, how fast, and what is lost on the way? A mean field, in which each trap *is* a
phase, and four quantum states with a bath give different answers.

Energies are in units of the link's J, times in ħ/J.
"""

# %%
# By hand: four states and a bath
# -------------------------------
# `LinkedTraps` are the two traps with frozen spins, started with two phases. `Relax` lets the bath take them from the
# antibonding to the bonding state at the rate Γ.
import math

import mesodyn as md
from mesodyn.systems.linked_traps import LinkedTraps

rate = 0.25
pair = LinkedTraps(tunnelling=1.0, weight=0.5, phases=(1.0, -1.0))
record = md.evolve(pair, md.Protocol(md.Relax(duration=40.0, rate=rate)), account="superposition")
print("time   energy   n_A - n_B   current")
for moment in (0, 5, 10, 20, 50, 100):
    now = record.isel(moment=moment)
    current = -2 * float(now.coherence.imag)
    print(f"{float(now.time):5.1f}{float(now.energy):9.4f}{float(now.imbalance):11.4f}{current:11.4f}")

# %%
# The experiment
# --------------
# It fits the times, the frequency and the final phases to the record. The energy settles within 1/Γ, the swinging fades
# within 2/Γ and turns at 2J.
run = md.experiment("phase-equalization", phase_difference=2.0, phase=0.3, rate=rate).run()
print(run.summary)
for name in ("equalisation_time", "oscillation_time", "frequency", "common_phase", "amplitude"):
    finding = run.findings[name]
    print(f"{name:18} {float(finding.value):.9f}   expected {float(finding.expected):.9f}")

# %%
# Both order parameters end at the mean of the two phases, and with \|cos(φ/2)\| of their modulus: equal phases are paid
# for with coherence. At φ = π nothing is left, and the time is the same.
figures = run.figures()

# %%
# The accounts
# ------------
# What the link feels is the one shared step. The superposition has it with the probability 2u²v², the conserving
# account always: the records are the same but for this factor, the distribution of the total number. The mixture has no
# phase: it settles as fast and gives heat, but there is no current.
for account in ("superposition", "conserving", "mixture"):
    found = md.experiment("phase-equalization", phase_difference=2.0, account=account).run().findings
    values = [float(found[name].value) for name in ("equalisation_time", "heat", "current")]
    print(f"{account:13} time {values[0]:.4f}   heat {values[1]:.4f}   first current {values[2]:.4f}")

# %%
# The mean field
# --------------
# Two phases and a difference of numbers, with damping of both. Near φ = 0 it swings at √2 J, not at 2J. At φ = π it
# stands on the top of a pendulum, and from close to it the way down takes longer by ħ ln 10/(2g + κ/4)J for each
# decade.
for phase in (1.0, 2.0, 3.0, 3.14, math.pi):
    field = md.experiment("phase-equalization", model="mean-field", phase_difference=phase).run().findings
    print(f"φ = {phase:.5f}: equalisation time {float(field['equalisation_time'].value):.3f}")
slope = field["divergence"]
print(f"delay for each factor e: {float(slope.value):.5f}, expected {float(slope.expected):.5f}")

# %%
# Exactly at π nothing moves at all: a fixed point, which no damping leaves. Noise does, in each run at another moment
# and to either side:
kicked = md.experiment(
    "phase-equalization", model="mean-field", phase_difference=math.pi, dephasing=1e-4, trajectories=30
).run()
took = kicked.record.equalised
print(f"with noise: {float(took.mean()):.1f}, from {float(took.min()):.1f} to {float(took.max()):.1f}")

# %%
# Without the phase's own damping (κ = 0) a start with E > 0 can't come down: the traps end in number states, where
# there is no phase to become equal.
stuck = md.experiment("phase-equalization", model="mean-field", phase_damping=0, phase_difference=2.0).run().findings
for name in ("number_state", "energy_end"):
    print(f"{name}: {float(stuck[name].value):.3g}")

# %%
# A stall at φ = π is a mark of the mean field: of a condensate, many particles in one state. One shared particle has
# none. And that phases become equal doesn't show that each trap had one: with the total number fixed the same happens.
