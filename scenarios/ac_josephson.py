r"""
A line at eV/h
==============

**The question.** A voltage V on a junction makes its current oscillate at 2eV/h. If two branches of the junction cross
at θ = π and it stays on its branch, the period is 4π and there is a line at eV/h: in the mean-field theory of a dot
that takes single particles (SD1S) that would be seen. When is it seen, when is it gone, and who else has it?

Energies are in units of the gap of the leads, with ħ = e = 1.
"""

# %%
# By hand: one passage
# --------------------
# Near θ = π the two branches are a two-level crossing. We integrate i dψ/dt = h(t)·σ ψ from θ = 0, in the lower level,
# to 2π, and look at how much ends in the upper one: that has stayed on its branch.
import numpy as np

import mesodyn as md
from mesodyn.dynamics.biased import passage, share_of_upper
from mesodyn.systems.branch_levels import BranchLevels

junction = BranchLevels(model="SD1S", alpha=12, beta=5, detuning=0.03, coupling=0.003)
for voltage in (0.0005, 0.002, 0.008):
    psi = passage(lambda t, v=voltage: junction.field(2 * v * t), np.array([0.0, np.pi / voltage]))[-1]
    stays = float(share_of_upper(psi, junction.field(2 * np.pi)))
    print(f"eV = {voltage}: stays with {stays:.6f}, Landau-Zener formula {float(junction.stays(2 * voltage)):.6f}")

# %%
# The experiment
# --------------
# Many passages, one after the other: at each the junction leaves its branch with probability 1 - P. The record holds
# the trajectories; period and lines come from the spectrum of their current.
for coupling in (0.0, 0.002, 0.02):
    run = md.experiment("ac-josephson", branch_coupling=coupling, trajectories=32).run()
    print(f"W = {coupling}:", run.summary)
run = md.experiment("ac-josephson", branch_coupling=0.002, trajectories=32).run()
figures = run.figures()

# %%
# The order parameter has to turn
# -------------------------------
# In the mean-field theory the lead's order parameter must turn by π/2 to get to the other branch. Beyond θ = π any
# deviation of its phase grows, by exp(4βħ/ατeV) up to 3π. So below a crossover voltage the period is 2π, above it 4π.
# The voltage depends on the noise σ by a logarithm only.
for noise in (0.001, 0.03):
    turning = md.experiment("ac-josephson", dynamics="phase", phase_noise=noise).run()
    found = turning.findings["crossover_voltage"]
    print(f"σ = {noise}: half leave below eV = {float(found.value):.5f}, expected {float(found.expected):.5f}")
figures = turning.figures()

# %%
# Who else has the line
# ---------------------
# A contact of transmission 1, and a dot that keeps its number parity, at resonance. In neither is anything in a
# superposition of N and N + 1.
for given in ({"model": "contact", "voltage": 0.01}, {"model": "parity-dot", "detuning": 0.0}, {"model": "SD2S"}):
    print(md.experiment("ac-josephson", trajectories=8, **given).run().summary)

# %%
# And who loses it
# ----------------
# Particles from outside, and relaxation to the lower level, take the line away. If it is missing, that proves nothing.
for given in ({}, {"poisoning": 0.002}, {"relaxation": 0.01}):
    line = md.experiment("ac-josephson", **given).run().findings["line_4pi"]
    print(given or "undisturbed", f"line at eV/h: {float(line.value):.5f}")

# %%
# Shapiro steps
# -------------
# With an alternating voltage, or current, the steps with odd numbers shrink; they vanish for a current of sin(θ/2) and
# nothing else. SD1S has higher harmonics, so its odd steps stay.
driven = md.experiment("ac-josephson", drive="voltage", start_phase=0.8, trajectories=1).run()
direct = driven.findings["dc_current"]
print(f"first step: direct current {float(direct.value):.12f}, expected {float(direct.expected):.12f}")
fed = md.experiment("ac-josephson", drive="current", detuning=0.0, quick=True).run()
print(fed.summary)
figures = fed.figures()
