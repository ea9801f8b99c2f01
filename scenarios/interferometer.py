r"""
Left or right: the sign without a calorimeter
=============================================

**The question.** A trap that was turned once comes back with the other sign, and the linked pair then gives 2\|J\| of
heat. The heat of *one* atom is not measured by a calorimeter. What can be measured is where the atom is. How does the
sign become a number of atoms on the left and on the right?

Energies are in units of the tunnelling J, times in ħ/J.
"""

# %%
# Two pulses by hand
# ------------------
# While the traps are apart, the relative phase is invisible: half of the atoms are left, half are right. Two short
# pulses bring it out. *Bias*: trap B is raised for a moment, until its amplitude has turned by -π/2. *Link*: the
# tunnelling is on for a quarter of its period. What was bonding is then on the left, what was antibonding on the
# right.
import math

import mesodyn as md

pair = md.TrapPair(tunnelling=1.0, zeeman=60.0)
protocol = md.Protocol(
    md.Disconnect(),
    md.Rotate(duration=20.0, turns=md.axis("turns", [0, 1, 2]), shape="smooth"),
    md.Ramp(duration=0, detuning=-math.pi, name="bias"),
    md.Hold(duration=0.5, name="bias"),
    md.Ramp(duration=0, detuning=0.0, zeeman=0.0, name="pulse"),
    md.Connect(name="pulse"),
    md.Hold(duration=math.pi / 4, name="pulse"),
)
record = md.evolve(pair, protocol)
for turns in (0, 1, 2):
    print(f"turns = {turns}: left with probability {float(record.n_A.sel(turns=turns)[-1]):.9f}")

# %%
# The same as an experiment
# -------------------------
# ``readout="interferometer"`` does just that, and counts only the runs with exactly one extra particle.
# ``left_probability`` is measured from the evolved state and compared with ½[1 - C sin(β + arg c)\|c\|].
run = md.experiment("two-pi-rotation", turns=1, readout="interferometer").run()
print(run.summary)
figures = run.figures()

# %%
# Without the bias pulse there is no signal
# -----------------------------------------
# The tunnelling pulse sees the imaginary part of the coherence only, and after whole turns that is nearly zero.
for turns in (0, 1, 2):
    found = md.experiment("two-pi-rotation", turns=turns, readout="interferometer", bias_phase=0.0).run().findings
    print(f"no bias, turns = {turns}: left {float(found['left_probability'].value):.4f}")

# %%
# A fringe, and the dummy
# -----------------------
# In a laboratory the traps drift: an energy δ between them gives the phase δT, and warmth and noise take contrast. A
# scan of the bias phase measures both, and does it twice: with the rotation, and with a *dummy*, half of the angle
# there and back in the same time. The dummy has the same drift and no Berry phase. The difference is what was looked
# for.
lab = {"detuning": 0.04, "temperature": 0.7, "dephasing": 0.02, "field_angle": 1.1}
scan = md.axis("beta", [k * math.pi / 4 for k in range(8)])
offsets = {}
for control in ("none", "dummy"):
    fringe = md.experiment("two-pi-rotation", readout="interferometer", control=control, bias_phase=scan, **lab).run()
    contrast, offsets[control] = (float(fringe.findings[name].value) for name in ("contrast", "fringe_offset"))
    print(f"control = {control:5}: contrast {contrast:.4f}, offset {offsets[control]:.4f} rad")
difference = (offsets["dummy"] - offsets["none"]) % (2 * math.pi)
print(f"difference {difference:.5f} rad; 2πns(1 - cos ϑ) = {math.pi * (1 - math.cos(1.1)):.5f} rad")

# %%
# The small rest is a dynamic phase that is odd in the rate of the turn. It does not cancel, and it is expected: the
# finding ``geometric_phase`` of a dummy run holds it against theory.
#
# Traps that start with phases of their own
# -----------------------------------------
# Two traps that were never linked have any phase between them, and the mean over many runs shows nothing. A link and
# a cold bath bring the two phases to one, before the experiment begins.
for wait in (0.0, 1.0, 5.0):
    phases = (md.axis("phase_of_A", [2 * math.pi * k / 8 for k in range(8)]), 0.0)
    many = md.experiment(
        "two-pi-rotation", account="superposition", phases=phases, readout="interferometer", preparation_time=wait
    ).run()
    print(f"linked for {wait}: left {float(many.findings['left_probability'].value.mean()):.4f} on average")

# %%
# What it proves
# --------------
# The *mixture* counts ½ at every angle, so a fringe rules it out. But not if it was prepared in this way: in the
# linked pair the bath itself makes the bonding state, out of a mixture as well as out of anything else.
for wait in (0.0, 5.0):
    mixture = md.experiment(
        "two-pi-rotation", account="mixture", turns=2, readout="interferometer", preparation_time=wait
    ).run()
    print(f"mixture, linked for {wait}: left {float(mixture.findings['left_probability'].value):.4f}")

# %%
# ``conserving`` and ``superposition`` count the same. They differ in how many runs are kept (all, or 2u²v² of them),
# which noise of the atom number imitates.
for account in ("conserving", "superposition"):
    found = md.experiment("two-pi-rotation", account=account, readout="interferometer").run().findings
    kept, left = float(found["kept_fraction"].value), float(found["left_probability"].value)
    print(f"{account:13}: kept {kept:.3f}, of these left {left:.6f}")
