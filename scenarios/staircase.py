r"""
The staircase of particle numbers
=================================

**The question.** An isolated system has a definite number of particles. A chemical potential μ says how much a particle
is worth; how does the number follow it, and where could a superposition of two numbers exist at all?

Energies are in units of the charging energy E_c.
"""

# %%
# By hand: straight lines
# -----------------------
# For each N the energy E' = E(N) - μN is a straight line in μ, with E(N) = ½E_c(N - N₀)². The lowest line wins; where
# two cross the number steps. Each step is at μ = E(N+1) - E(N).
import mesodyn as md

plain = md.Staircase(charging_energy=1.0, offset=10.0)
for low, high, mu in plain.transitions(8, 12):
    print(f"{low} -> {high} at μ = {mu:+.2f}")

# %%
# A superposition of N and N + 1 has an energy between the two lines. It is an equilibrium only where they cross, and
# there every superposition and every mixture of the two has the same energy. A staircase shows *where* state (2) may
# exist, not that it does.
#
# The experiment
# --------------
# Without options it sweeps μ over a few plateaus of a system of fermions in which an odd particle costs δ = 0.2 E_c
# more. It finds the steps in ⟨N⟩(μ) and compares them with where the lines cross.
run = md.experiment("staircase").run()
print(run.summary)
for name in ("step_positions", "width_odd", "width_even", "metastable_gap"):
    finding = run.findings[name]
    print(f"{name:15} {finding.value.values.round(3)}  expected {finding.expected.values.round(3)}")

# %%
# Fig. 1 of the paper: the equilibrium is the lower broken line; the upper one is where the system is left if the
# number can't change. Odd plateaus are narrower, E_c - 2δ, and even ones wider, E_c + 2δ.
figures = run.figures()

# %%
# The null: no parity
# -------------------
# Bosons know no parity, and neither do fermions with δ = 0. All plateaus are equally wide, and no pairs are favoured.
null = md.experiment("staircase", parity_shift=0.0, chemical_potential=md.axis("chemical_potential", -3, 3, 1201)).run()
odd, even = (float(null.findings[name].value) for name in ("width_odd", "width_even"))
print(f"without parity: odd plateaus {odd:.3f}, even ones {even:.3f}")

# %%
# Steps of two
# ------------
# As δ grows the odd plateaus shrink; at δ = E_c/2 they are gone and particles come in pairs. There the number steps
# from N to N + 2, and what may exist at a step is state (3), not state (2).
shifts = md.axis("parity_shift", [0.0, 0.2, 0.4, 0.5, 0.6])
pairs = md.experiment("staircase", parity_shift=shifts).run()
print("δ      odd    even   particles in a step")
for shift in shifts.values:
    row = (
        float(pairs.findings[name].value.sel(parity_shift=shift)) for name in ("width_odd", "width_even", "step_size")
    )
    print("{:.1f}    {:.2f}   {:.2f}   {:.0f}".format(shift, *row))

# %%
# Temperature
# -----------
# At kT the steps are round: the slope at a step of one is 1/4kT, of two 1/kT, and it is the thermal variance of the
# number over kT. A step that is four times as steep as it should be for its temperature is a step of two.
for shift in (0.0, 0.9):
    warm = md.experiment("staircase", parity_shift=shift, temperature=0.02).run()
    slope = warm.findings["steepest_slope"]
    print(f"δ = {shift}: kT ∂⟨N⟩/∂μ = {float(slope.value):.4f}, expected {float(slope.expected):.4f}")

# %%
# What fails
# ----------
# No staircase exists without repulsion: for attractive particles E(N) isn't convex and all of them come at once.
try:
    md.Staircase(energies=[0.0, -1.0, -3.0, -6.0], kind="boson")
except md.InputError as refusal:
    print(refusal)
