r"""
Is a lead's field a field?
==========================

**The question.** The paper gives a normal lead a field ⟨Ψ(R)⟩, as a condensate has one, and finds a dot in a
superposition of N and N + 1 beside it. When is that right? Here the total number is kept, everything is solved exactly,
and the best state without entanglement between dot and lead stands beside it.

Energies are in units of the stiffness ξ0 of the lead.
"""

# %%
# By hand
# -------
# A dot linked to twenty fermion levels on both sides of a gap, by the levels of one particle alone. The mean field of
# (17) to (19) gains ξ0/2.
import mesodyn as md
from mesodyn.systems.microscopic.lead import Lead
from mesodyn.systems.microscopic.product_state import product_state
from mesodyn.systems.microscopic.resonant_level import ResonantLevel

lead = Lead.gapped(20, gap=20.0, half_width=40.0, stiffness=1.0)
energies = ResonantLevel(detuning=0.0, lead=lead).sector_energies()
print("number   E(N)/ξ0")
for number in range(9, 13):
    print(f"{number:6d} {energies[number]:9.4f}")

# %%
# Two numbers share the ground energy, an even and an odd one, and it is near -ξ0. The best product of a dot and a lead,
# with the lead solved exactly under the dot as a source, gains half of that:
product = product_state(lead, 0.0)
print(
    f"product state: E = {product.energy:.4f}, |<c>|² summed over the lead = {sum(product.field**2):.4f} (at most 1/4)"
)

# %%
# Fermions: never
# ---------------
# The experiment does this for leads of 2, 4, 8, ... levels with the same stiffness. No size brings the two together.
run = md.experiment("mean-field-or-not").run()
print(run.summary)
for name in ("energy_gain", "energy_limit", "eigenvalue", "growth", "field_quanta"):
    finding = run.findings[name]
    expected = "" if finding.passed is None else f" (expected {float(finding.expected):.4f})"
    print(f"{name:14} {float(finding.value):9.5f}{expected}")
fermions = run.figures()

# %%
# Bosons: if the quanta are small
# -------------------------------
# A boson lead of energy ω per quantum holds about ξ0/2ω of them in one mode: the largest eigenvalue of the density
# matrix grows as their number (Penrose and Onsager), and the product misses half a quantum of energy.
for quantum in (0.2, 0.02, 0.002):
    bosons = md.experiment("mean-field-or-not", lead="boson", detuning=0.3, lead_frequency=quantum).run()
    found = {name: float(bosons.findings[name].value) for name in ("energy", "product_energy", "eigenvalue")}
    print(f"ω = {quantum:5}: E = {found['energy']:.5f}, product {found['product_energy']:.5f}, ", end="")
    print(f"fullest mode {found['eigenvalue']:.1f}")
figures = bosons.figures()

# %%
# Pairs: if there is room
# -----------------------
# A pair level holds one pair. With far more levels than quanta, pairs do as bosons do (Yang); with few they don't.
for levels in (4, 64, 1024, 16384):
    pairs = md.experiment("mean-field-or-not", lead="pair", lead_levels=levels).run()
    gain, crowd = (float(pairs.findings[name].value) for name in ("energy_gain", "eigenvalue"))
    print(f"{levels:6d} levels: the exact state gains {gain:.3f} times the product's energy, fullest mode {crowd:.2f}")

# %%
# What to take home
# -----------------
# A field needs a macroscopic mode. Single fermions have none, so for a normal metal the order parameter of ND1N is not
# an approximation to be improved: the entangled state has twice the energy, no phase, and a number that jumps. See
# `gate-sweep` with ``model="levels"`` for how that looks against a gate voltage.
