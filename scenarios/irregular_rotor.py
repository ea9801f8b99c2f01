r"""
A body with a non-integer angular momentum
==========================================

**The question.** A body on a fixed axis has the angular momentum mħ, with a whole m. In u\|m⟩ + v exp(iφ)\|m+1⟩ its
mean lies between two multiples of ħ. Can one see that? The paper compares its superpositions of particle numbers with
this one: M is to the angle what N is to the phase. But here no rule forbids the superposition, and one can look.

The unit of the moment of inertia is chosen; energies are in units of ħ² over it, times in the inverse.
"""

# %%
# By hand: two angular momenta
# ----------------------------
# E = M²/2I. The step from m to m + 1 costs ħω_c. The density on the ring has the Fourier component ⟨exp(-iα)⟩; its
# phase is where the figure points.
import cmath
import math

import mesodyn as md

rotor = md.IrregularRotor(moment_of_inertia=2.3, m_c=7, weight=0.4)
critical = float(rotor.critical_rate())
wait = md.Protocol(md.Hold(duration=2 * math.pi / critical))
record = md.evolve(rotor, wait, account="superposition", moments=9)

print("time      ⟨M⟩/ħ    the figure points to")
for moment in range(9):
    direction = -cmath.phase(complex(record.order_parameter[moment])) % (2 * math.pi)
    print(
        f"{float(record.time[moment]):.4f}    {float(record.momentum[moment]):.2f}     {math.degrees(direction):6.1f}°"
    )

# %%
# It goes round once in 2π/ω_c, although ⟨M⟩/I would be another angular velocity. Only a body that is at rest in a frame
# that turns at ω_c has two lowest states there: the staircase ⟨M⟩(ω) has its step at ω_c.
omega = md.axis("omega", critical - 0.3, critical + 0.3, 7)
stairs = md.IrregularRotor(moment_of_inertia=2.3, m_c=7, frame_rate=omega).equilibrium()
for rate, mean in zip(omega.values, stairs.momentum.values, strict=True):
    print(f"ω = {rate:.3f}: ⟨M⟩ = {mean:g} ħ")

# %%
# The experiment
# --------------
# It measures how fast the figure turns, from the density alone, and compares. The rate is the same for every mean.
run = md.experiment("irregular-rotor", moment_of_inertia=2.3).run()
print(run.summary)
sweep = md.experiment("irregular-rotor", moment_of_inertia=2.3, weight="0.1:0.9:5").run()
for name in ("momentum", "contrast", "angular_velocity"):
    print(f"{name:17}", sweep.findings[name].value.values.round(6).tolist())

# %%
figures = run.figures()

# %%
# Mixture or superposition
# ------------------------
# A mixture of m and m + 1 has the same ⟨M⟩ and no figure. If the total angular momentum is conserved, and what the
# rotor lacks is in a body outside, the rotor alone has no figure either: but the angle *between* the two turns. Looking
# at the rotor tells a superposition from both; looking at both bodies tells an entangled pair from a mixture.
for account in ("superposition", "conserving", "mixture"):
    found = md.experiment("irregular-rotor", moment_of_inertia=2.3, account=account, outside_rate=1.0).run()
    print(f"{account:13} {found.summary}")

# %%
# More arms, and a packet
# -----------------------
# A three-fold symmetric body of identical bosons has steps of 3 only: its figure has three arms and is again itself
# three times as often. A packet of many angular momenta points somewhere, as bodies do; it turns at ⟨M⟩/I, and spreads.
arms = md.experiment("irregular-rotor", moment_of_inertia=2.3, fold=3).run()
packet = md.experiment("irregular-rotor", moment_of_inertia=2.3, spread=1.2).run()
for name, found in {"three arms": arms, "packet": packet}.items():
    rate, change = (float(found.findings[key].value) for key in ("angular_velocity", "shape_change"))
    print(f"{name:11} turns at {rate:.6f}, and its shape changes by {change:.1g}")
pictures = {name: found.figures()["density"] for name, found in {"arms": arms, "packet": packet}.items()}

# %%
# What a rotor shows so plainly is what a trap of atoms can't show by itself: a phase between N and N + 1 has nothing to
# point to but another phase. The rotor's figure points at the laboratory.
