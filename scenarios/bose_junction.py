r"""
A condensate in a double well
=============================

**The question.** N bosons in two linked wells start with an imbalance z and a phase difference φ. When do they swing,
when are they trapped on one side, and what of this needs an uncertain number of particles?

Energies are in units of the tunnelling J, times in ħ/J.
"""

# %%
# By hand: a hundred bosons
# -------------------------
# The system knows its sector of N: a tridiagonal matrix of N + 1 rows, so that a thousand bosons are no trouble.
import math

import mesodyn as md

junction = md.BoseJunction(particles=1000, interaction=0.02, imbalance=0.1)
record = md.evolve(junction, md.Protocol(md.Hold(duration=2.0)))
gap = float(junction.equilibrium().gap)
print(f"Λ = {junction.Lambda:.2f}: gap {gap:.6f}, plasma frequency 2J√(1+Λ) = {2 * math.sqrt(1 + junction.Lambda):.6f}")
print("z at ħ/J = 0, 1, 2:", record.z.values[::50].round(4).tolist())

# %%
# The experiment
# --------------
# It measures period, phase and fringe from the record, and finds the thresholds of self-trapping by bringing down a
# bracket on evolved mean fields.
run = md.experiment("bose-junction").run()
print(run.summary)
for name in ("frequency", "threshold_Lambda", "threshold_imbalance", "collapse_time"):
    print(f"{name:20} {float(run.findings[name].value):.6f}")
figures = run.figures()

# %%
# The mean field swings for ever. A hundred bosons fill a spot of the phase portrait; its parts have different periods,
# so the swing collapses although nothing is lost. Four times as many swing twice as long.
#
# Self-trapping
# -------------
# At z = 0.6 the threshold is Λ = 10 for φ = 0 and 10/9 for φ = π (Smerzi et al. 1997). At Λ = 15 an imbalance is
# trapped from 0.4989 on; Albiez et al. (2005) measured 0.50(5).
for phase in (0.0, math.pi):
    found = md.experiment("bose-junction", model="mean-field", imbalance=0.6, Lambda=15.0, phase=phase).run().findings
    print(f"φ = {phase:.3f}: Λ_c = {float(found['threshold_Lambda'].value):.4f}")
    if phase == 0:
        print(f"at Λ = 15 trapped from z = {float(found['threshold_imbalance'].value):.4f}")

# %%
# The threshold is one of the mean field. At finite N there is none: the mean imbalance grows smoothly.
for number in (10, 100, 1000):
    given = {"particles": number, "imbalance": 0.6, "duration": 10.0, "thresholds": "no", "quick": True}
    means = [float(md.experiment("bose-junction", Lambda=v, **given).run().record.z.mean()) for v in (8, 12)]
    print(f"N = {number:4}: mean z = {means[0]:.3f} at Λ = 8, {means[1]:.3f} at Λ = 12")

# %%
# Which account?
# --------------
# A superposition of totals, \|α⟩\|α'⟩, is a fixed total with Poissonian atom-number noise: nothing measured here tells
# the two apart. In a mixture every single run still shows its fringe, at a random phase; only the average vanishes.
for account in ("superposition", "conserving", "mixture"):
    other = md.experiment("bose-junction", particles=40, Lambda=3.0, account=account, quick=True).run().findings
    one, mean = (float(other[name].value) for name in ("contrast_run_start", "contrast_start"))
    print(f"{account:13} fringe of one run {one:.3f}, of the average {mean:.3f}")

# %%
# Noise and friction
# ------------------
# Noise of the detuning takes the phase at its rate γ: drawn runs for many bosons, the master equation for few. Friction
# does the opposite: two linked condensates come to rest with equal phases.
noisy = md.experiment("bose-junction", particles=20, Lambda=0.0, dephasing=0.2, duration=10.0, quick=True).run()
damped = md.experiment("bose-junction", model="mean-field", Lambda=2.0, imbalance=0.0, phase=3.0, phase_damping=0.3)
print(f"phase relaxation at γ = 0.2: {float(noisy.findings['phase_relaxation'].value):.6f}")
calm = damped.run()
print(f"φ from 3 to {float(calm.findings['phase_end'].value):.4f} rad")
pictures = calm.figures()
