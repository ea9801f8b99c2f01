r"""
A grain that counts its electrons
=================================

**The question.** A superconducting grain has a definite number of electrons: ⟨ψψ⟩ = 0 in every one of its states. What
is left of superconductivity, and when does the number step by two, from N to N + 2, so that state (3) may exist at all?

Energies are in units of the level spacing d, but for the second part.
"""

# %%
# By hand: two ways to the same number
# ------------------------------------
# Electrons on doubly degenerate levels attract each other as pairs, -λ Σ P†P: the reduced BCS model. It can be
# diagonalised, or solved by Richardson's equations. Four levels, two pairs, λ = 1/2:
import numpy as np

import mesodyn as md
from mesodyn.figures import plots
from mesodyn.systems.microscopic.richardson import PairedGrain, bulk_gap, bulk_limit

for method in ("lanczos", "richardson"):
    grain = PairedGrain(levels=[0, 1, 2, 3], coupling=0.5, method=method)
    print(f"{method:10} E(4) = {grain.energy(4):.9f}")

# %%
# An odd electron
# ---------------
# It has no partner, and it blocks its level for the pairs. What it costs is the parity effect,
# Δ_P = E(N+1) - ½[E(N) + E(N+2)], a number that needs no order parameter. With more and more levels in the same band
# it becomes the gap of the bulk; the error of the extrapolation comes with it.
for ratio in (0.4, 0.7, 1.5):
    found = bulk_limit(ratio)
    print(f"λ/d = {ratio}: Δ_P/W -> {found.value:.5f} ± {found.error:.5f}, bulk gap {bulk_gap(ratio):.5f}")

# %%
# On the way there the parity effect is smaller than the gap by about half a level spacing; where the spacing exceeds
# the gap there is no condensate, and yet an odd electron costs energy (Matveev and Larkin, Phys. Rev. Lett. 78, 3749).
sizes = (4, 6, 8, 12, 16, 24, 32, 48, 64)
ratio, spacings, effects = 0.4, [], []
for size in sizes:
    crowd = PairedGrain.picket_fence(size, spacing=1 / size, coupling=ratio / size)
    spacings.append(1 / size / bulk_gap(ratio))
    effects.append(crowd.parity_effect(blocked=size // 2).item() / bulk_gap(ratio))
x = np.array(spacings)
curves = {
    "exact": plots.Curve(np.array(effects), style="auto"),
    "gap less half a spacing": plots.Curve(np.where(x < 1.2, 1 - x / 2, np.nan), style="line"),
}
crossover = plots.against(x, curves, "level spacing / bulk gap", "parity effect / bulk gap")
crossover.set_label("What an odd electron costs, from a crowd of levels (left) to a few (right), at one coupling.")

# %%
# The staircase
# -------------
# With a charging energy the grain's E(N) is a staircase. The odd plateaus are gone until E_c exceeds 2Δ_P: below it the
# steps are of two, and only state (3) may exist at them; above it they are of one, state (2).
grain = PairedGrain.picket_fence(8, coupling=0.5)
effect = grain.parity_effect().item()
print(f"Δ_P = {effect:.6f}")
for charging in (0.5, 1.5, 2.5):
    steps = grain.staircase(charging_energy=charging, offset=8).transitions(6, 10)
    print(f"E_c = {charging}: steps", ", ".join(f"{low} -> {high}" for low, high, _ in steps))
plateaus = grain.plateaus(charging_energy=2.5)
odd = plateaus.width.sel(number=9).item()
print(f"width of the plateau of 9 electrons at E_c = 2.5: {odd:.6f}, and E_c - 2Δ_P = {2.5 - 2 * effect:.6f}")

# %%
# Here are the three of them. Nothing in them tells a superposition from a mixture: a staircase shows where a state may
# exist.
mu = md.axis("mu", 0.0, 9.0, 1801)
lines = {}
for charging in (0.5, 1.5, 2.5):
    stairs = grain.staircase(charging_energy=charging, offset=8, chemical_potential=mu)
    lines[f"$E_c$ = {charging} d"] = plots.Curve(stairs.equilibrium().n_mean.values, style="line")
staircase = plots.against(mu.values, lines, r"$\mu/d$", r"$\langle N\rangle$")
staircase.set_label("The number of electrons against the chemical potential, for three charging energies.")

# %%
# What fails
# ----------
# A matrix of all ways to place twenty pairs on forty levels does not fit anywhere; Richardson's equations are forty.
try:
    PairedGrain.picket_fence(40, coupling=0.4, method="lanczos").energy(40)
except md.InputError as refusal:
    print(refusal)
print(f"E(40) = {PairedGrain.picket_fence(40, coupling=0.4, method='richardson').energy(40):.6f}")
