r"""
A gate that jumps
=================

**The question.** In the paper a dot on a normal lead and the lead's field Δ hold each other: Δ = 2ξ₀⟨\|N⟩⟨N+1\|⟩. What
happens when the gate jumps, so that they no longer fit? It depends on how the field follows, which the paper leaves
open.

Energies are in units of the lead's stiffness ξ₀, times in ħ/ξ₀.
"""

# %%
# By hand: the equations of motion
# --------------------------------
# A field that relaxes at the rate 1/τ, and the dot that moves in it. The start is the equilibrium of the old gate.
import numpy as np

import mesodyn as md
from mesodyn.dynamics.flow import flow
from mesodyn.dynamics.meanfield import DotAndField

before, after = -0.4, 0.3
dot = DotAndField(stiffness=1.0, detuning=after, rate=0.5)
times = np.linspace(0, 24, 7)
states = flow(dot.slope, dot.state(weight=(1 - before) / 2), times)
for time, state in zip(times, states, strict=True):
    a, b, field = dot.parts(state)
    print(f"t = {time:4.1f}   v² = {abs(b) ** 2:.4f}   |Δ| = {abs(field):.4f}   E = {float(dot.energy(state)):.5f}")

# %%
# Number and field come to those of (18), (19): v² = 0.35, \|Δ\| = √(1 - 0.09), E = -0.245.
#
# Three leads
# -----------
# The experiment has three ways to follow. At once: then nothing relaxes. Relaxing: the ground state. With an inertia,
# as one quantum ω: v² swings for ever.
for lead in ("instantaneous", "relaxing", "hamiltonian"):
    run = md.experiment("self-consistent", lead=lead, detuning_before=before, detuning=after).run()
    print(f"{lead:13} {run.summary}")
    for name in ("precession", "energy_end", "period"):
        if name in run.findings:
            finding = run.findings[name]
            print(f"{'':13} {name}: {float(finding.value):.7f}, expected {float(finding.expected):.7f}")

# %%
# On the instantaneous lead a wrong v² stays for ever; what one sees of it is that Δ turns, at 2[ξ - ξ₀(u² - v²)]. So
# even the stationary field of (18) is stationary only because that is zero.
figures = run.figures()

# %%
# Where order begins
# ------------------
# From \|N⟩ a small field grows on a relaxing lead if ξ < ξ₀, the boundary of the ordered range, and fades beyond.
gate = md.axis("detuning", [-0.5, 0.5, 0.9, 1.1, 1.5])
growth = md.experiment("self-consistent", detuning=gate, duration=1.0).run().findings["growth"]
for xi, rate, theory in zip(gate.values, growth.value.values, growth.expected.values, strict=True):
    print(f"ξ = {xi:4.1f}: rate {rate:+.6f}, expected {theory:+.6f}")

# %%
# Without any field, and in one number, the mean field has no way to begin:
print(md.experiment("self-consistent", detuning_before=1.5, detuning=after).run().summary)

# %%
# All of this is inside the mean field, which takes the superposition for granted. What an exact lead does instead is in
# the scenario on the gate sweep.
