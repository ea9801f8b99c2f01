r"""
Kinks in a gate sweep
=====================

**The question.** A gate takes a dot on a normal lead from N to N + 1 particles. If the dot goes through
superpositions of the two, held by an order parameter in the lead, how would the mean number against the gate voltage
look, and what else looks like that?

Energies are in units of the stiffness ξ0 of the lead; the gate moves the detuning ξ.
"""

# %%
# By hand
# -------
# In the mean field ⟨N⟩ falls along a straight line while \|ξ\| < ξ0 and is flat outside.
import math

import mesodyn as md

gate = md.axis("detuning", [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5])
found = md.ND1N(detuning=gate, stiffness=1.0).equilibrium()
print("  ξ/ξ0   ⟨N⟩    |Δ|")
for xi, number, order in zip(gate.values, found.n_mean.values, found.order_parameter.values, strict=True):
    print(f"{xi:6.2f}  {number:.3f}  {order:.3f}")

# %%
# The experiment
# --------------
# It finds the two kinks in the curve, measures the slope between them, and the temperature at which the order ends for
# every gate voltage.
run = md.experiment("gate-sweep").run()
print(run.summary)
for name in ("lower_edge", "upper_edge", "slope", "number_balance"):
    finding = run.findings[name]
    print(f"{name:15} {float(finding.value):.5f}, expected {float(finding.expected):.5f}: passed {finding.passed}")
figures = run.figures()

# %%
# Heat moves the kinks, not the line
# ----------------------------------
# Within the ordered range the number does not depend on temperature at all; the range shrinks.
for temperature in (0.0, 0.5, 0.9, 1.1):
    warm = md.experiment("gate-sweep", temperature=temperature).run().findings
    edge, slope = (float(warm[name].value) for name in ("upper_edge", "slope"))
    print(f"kT = {temperature}: kink at ξ = {edge:.3f}, slope at 0 = {slope:.4f}")

# %%
# Does the lead really do this?
# -----------------------------
# A lead of fermions can be solved exactly when its band is wide: ⟨N⟩ is an arctangent, with no kink and no transition,
# whatever the stiffness. A lead of bosons that keeps the count comes close to the mean field when its quanta are small.
exact = md.experiment("gate-sweep", model="conserving").run()
print(f"fermion lead: {exact.summary}")
for quantum in (0.2, 0.02, 0.002):
    bosons = md.experiment("gate-sweep", model="conserving", lead="boson", lead_frequency=quantum).run()
    print(f"boson lead, ω/ξ0 = {quantum}: off by {float(bosons.findings['mean_field_distance'].value):.4f} at most")

# %%
# Level by level
# --------------
# A lead of a finite number of fermion levels can be followed one by one. In a band the number jumps a little where the
# total passes from one parity to the other, by the less the more levels there are; the arctangent is what extrapolation
# gives. Outside a gap the levels leave a jump of nearly one, and the energy is twice the mean field's -ξ0/2.
for levels in (10, 20, 40):
    band = md.experiment("gate-sweep", model="levels", lead_levels=levels).run().findings
    print(f"{levels:3d} levels: a jump of {float(band['jump'].value):.4f}")
limit, error = (float(band[name].value) for name in ("wide_limit", "wide_limit_error"))
print(f"no end of levels: ⟨N⟩ = {limit:.9f} ± {error:.0e} at ξ = Γ/4, where the arctangent is 1/4")
gapped = md.experiment("gate-sweep", model="levels", gap=20.0, lead_levels=20).run()
print(f"{gapped.summary} Its energy is {float(gapped.findings['energy_gain'].value):.3f} times that of the mean field.")
jumps = gapped.figures()["number"]

# %%
# Pairs
# -----
# With two particles at a time the step is twice as high; one gate voltage moves ξ twice as far.
pairs = md.experiment("gate-sweep", step=2).run()
print(pairs.summary)
for system in (md.ND1N, md.ND2N):
    dot = system.from_gate(
        gate_voltage=1.0, lever_arm=0.1, critical_potential=0.0, chemical_potential=0.0, stiffness=1.0
    )
    print(f"{system.__name__}: a gate of 1 V moves ξ to {dot.detuning:g}")

# %%
# When the dot is not small enough
# --------------------------------
# The theory takes one orbital state of the dot: kT and kT_c must be far below its level spacing. A run that is told the
# spacing says so.
coarse = md.experiment("gate-sweep", detuning=0.0, level_spacing=3.0).run()
frozen = coarse.findings["frozen"]
print(f"kT_c over the level spacing: {float(frozen.value):.3f}; passed {frozen.passed}")
assert math.isclose(float(frozen.value), 1 / 3)

# %%
# A smooth step says nothing: one outside level, heat, or a broad band all make one, with the same slope in the
# middle. A straight line between two kinks that move together with temperature would be the mark of the mean field.
