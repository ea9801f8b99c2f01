r"""
The beat of N and N + 1
=======================

**The question.** A trap in the state u\|N⟩ + v exp(iφ)\|N+1⟩ has an order parameter ⟨Ψ⟩. In the laboratory its two
parts differ in energy by the chemical potential μ, so ⟨Ψ⟩ has to turn with the period 2πħ/μ. What is it that beats,
and against what could one see it?

Energies are in units of one energy, times in ħ over it.
"""

# %%
# By hand: one trap, two frames
# -----------------------------
# A trap and a level outside it. The step from N to N + 1 costs μ = ``outside_energy`` + 2 ``detuning``; ``weight`` is
# v². With no tunnelling the trap is alone. We only wait, for four periods.
import math

import mesodyn as md

mu, xi = 1.0, 0.25
trap = md.ReservoirTrap(detuning=xi, outside_energy=mu - 2 * xi, weight=0.5)
wait = md.Protocol(md.Hold(duration=4 * 2 * math.pi / mu))
lab = md.evolve(trap, wait, account="superposition")
rotating = md.evolve(trap, wait, account="superposition", frame="rotating")

print("time      ⟨Ψ⟩ in the laboratory    in the rotating frame")
for moment in (0, 5, 10, 15, 20, 25):
    turning, still = (complex(r.order_parameter[moment]) for r in (lab, rotating))
    print(f"{float(lab.time[moment]):.4f}    {turning:<z25.4f}{still:z.4f}")

# %%
# In the frame that turns with μ it stands still: whether it turns is a matter of where energies are counted from. No
# measurement on this trap alone can tell.
#
# The experiment
# --------------
# It measures the period from the record, without knowing μ, and compares.
run = md.experiment("beating", chemical_potential=mu, detuning=xi).run()
print(run.summary)

# %%
# Three accounts: the superposition beats, the mixture does not. If the total number is fixed, the trap is entangled
# with the level outside and has no ⟨Ψ⟩ of its own; its correlation ⟨Ψ_out† Ψ⟩ with the outside beats instead, at the
# *difference* 2ξ of the two chemical potentials. That, and only that, can be measured.
figures = run.figures()
for account in ("superposition", "conserving", "mixture"):
    other = md.experiment("beating", chemical_potential=mu, detuning=xi, account=account)
    found = other.run().findings
    own, shared = (float(found[name].value) for name in ("order_parameter", "correlation"))
    print(f"{account:13} |⟨Ψ⟩| = {own:.3f}, |⟨Ψ_out† Ψ⟩| = {shared:.3f}")

# %%
# Pairs
# -----
# For u\|N⟩ + v exp(iφ)\|N+2⟩ there is no ⟨Ψ⟩; ⟨ΨΨ⟩ beats, twice as fast for the same μ per particle.
pairs = md.experiment("beating", step="2", chemical_potential=mu).run()
one, two = (float(r.findings["period"].value) for r in (run, pairs))
print(f"period of ⟨Ψ⟩ {one:.6f}, of ⟨ΨΨ⟩ {two:.6f}")

# %%
# A million to one
# ----------------
# A real μ is huge beside the tunnelling Δ, and a step-by-step solver in the laboratory frame would have to follow every
# turn. Here a static segment is solved exactly at any time, so it does not matter how fast the phase is. Ten slow
# oscillations with μ/Δ = 10⁶, and, without the tunnelling, a period that is right to the last digits:
delta, fast = 1.0, 1e6
slow = math.pi / math.hypot(delta, xi)
link = md.ReservoirTrap(detuning=xi, tunnelling=delta, outside_energy=fast - 2 * xi, weight=0.5)
wait = md.Protocol(md.Hold(duration=10 * slow))
record = md.evolve(link, wait, account="superposition", moments=601)
free = md.experiment("beating", chemical_potential=fast, detuning=xi, duration=10 * slow).run()
turns = fast * 10 * slow / (2 * math.pi)
ratio = float(free.findings["period"].value) / (2 * math.pi / fast)
print(f"{turns:.3g} turns of ⟨Ψ⟩; measured period / (2πħ/μ) = {ratio:.13f}")

# %%
# The particle goes out and comes back, and the modulus of ⟨Ψ⟩ with it; the phase turns a million times faster.
from matplotlib.figure import Figure

drawing = Figure(figsize=(7, 2.8), layout="constrained")
ax = drawing.subplots()
ax.plot(record.time, abs(record.order_parameter), label="|⟨Ψ⟩|")
ax.plot(record.time, record.n_mean, label="⟨n⟩: particles in the trap")
ax.set(xlabel="time (ħ/Δ)", ylim=(0, 0.7), xlim=(0, float(record.time[-1])))
ax.legend(frameon=False, ncols=2, loc="upper right")

# %%
# With tunnelling the beat has two lines, kμ - ξ ± R, and the number in the trap swings at their distance 2R. The number
# conserves the total, so it swings in a mixture too, exactly as much: counting particles proves no superposition.
swing = {}
for account in ("superposition", "mixture"):
    swing[account] = md.experiment("beating", tunnelling=0.3, account=account).run().findings
lines = [float(swing["superposition"][name].value) for name in ("lower_line", "upper_line", "number_frequency")]
print("lines of ⟨Ψ⟩ {:.6f} and {:.6f}; the number swings at {:.6f}".format(*lines))
print(f"⟨N⟩ differs from that of the mixture by {float(swing['superposition']['number_against_mixture'].value):.1g}")

# %%
# A gate that moves
# -----------------
# Halfway the gate is moved, and the trap's chemical potential with it: the period changes at once.
moved = md.experiment("beating", gate_shift=0.25, gate_time=2.0).run()
before, after = (float(moved.findings[name].value) for name in ("period", "period_after"))
print(f"period {before:.6f} before, {after:.6f} after")
pictures = moved.figures()

# %%
# A beat therefore tells a difference of energies, not that one trap by itself is in a superposition of N and N + 1.
# To see a phase between N and N + 1 one needs a second system, such as the other trap when one of two is turned.
