r"""
The moment of a dot in a field
==============================

**The question.** A dot with an odd particle between two leads has a moment μ_B whose direction the leads hold. How does
it follow a field, and what else would look the same?

All fields are energies, μ_B B; they and the anisotropy are in units of the exchange energy μ_B B₀.
"""

# %%
# By hand: a minimum on a sphere
# ------------------------------
# The energy is -M·B plus the anisotropy ½a_ik n_i n_k of the direction n of M. Here z is the soft axis, and x costs
# 0.02.
import math

import mesodyn as md

anisotropy = ((0.02, 0, 0), (0, 0.05, 0), (0, 0, 0))
for size in (0.0, 0.002, 0.02, 0.2):
    dot = md.KramersDot(anisotropy=anisotropy, field=(size * math.sin(1), 0, size * math.cos(1)))
    x, _, z = dot.equilibrium().magnetization.values
    print(f"μ_B B = {size:5.3f}: M = ({x:.3f}, 0, {z:.3f}), {math.degrees(math.atan2(x, z)):.1f} degrees from z")

# %%
# A field that grows
# ------------------
# The field is 60 degrees from the soft axis. M starts along the axis and turns towards the field. The experiment
# measures the slope at weak fields, equation (42), the 1/B of what is left at strong ones, equation (44), and the
# field at which a moment that points the wrong way falls over.
growing = md.experiment("magnetization").run()
print(growing.summary)
for name in ("weak_slope", "strong_field_rest", "switching_field"):
    finding = growing.findings[name]
    print(f"{name:18} {float(finding.value):.5f}  expected {float(finding.expected):.5f}")

# %%
# The size of M never changes. In the hysteresis loop M stays in its minimum until this vanishes: the astroid of
# Stoner and Wohlfarth, μ_B B = a(cos^⅔ + sin^⅔)^-3/2.
astroid = 0.02 * (math.cos(math.pi / 3) ** (2 / 3) + math.sin(math.pi / 3) ** (2 / 3)) ** -1.5
print(f"astroid {astroid:.5f}")
figures = growing.figures()

# %%
# A field that turns
# ------------------
# A weak field is turned once around. M swings a little and jumps to the other end of the axis whenever the field
# passes across it.
turning = md.experiment("magnetization", sweep="rotating").run()
angles = [round(math.degrees(angle), 2) for angle in turning.findings["reversal"].value.values]
print(f"M reverses at {angles} degrees, by {turning.findings['jump'].value.values.round(3)}")
turned = turning.figures()

# %%
# Nulls
# -----
# A doublet without leads has M along B, of the size μ_B tanh(μ_B B/kT): nothing turns.
alone = md.experiment("magnetization", lead="none", temperature=0.05, field=md.axis("field", 0, 0.2, 101)).run()
print(f"without leads M turns by {math.degrees(float(alone.findings['turning'].value)):.3f} degrees as B grows;")
print(f"with them by {math.degrees(float(growing.findings['turning'].value)):.1f}")

# %%
# A doublet with an anisotropic g has M away from B, but always by the same angle (red in the figures above). So a
# moment that turns as the field *grows* excludes both doublets.
#
# It does not prove the paper's magnetism. A spin S ≥ 1 with an anisotropy D S_z² of its own, such as a molecule,
# turns along the very same curve: the dashed line on top of the dot's.
from mesodyn.systems.magnet_nulls import anisotropic_spin

spin, gap = 10, 0.02
field = md.axis("field", [0.005, 0.01, 0.02, 0.04, 0.08])
drive = (field * math.sin(1), 0.0, field * math.cos(1))
own = anisotropic_spin(spin=spin, anisotropy=-gap / (2 * spin * (spin - 0.5)), field=drive)
lead = md.KramersDot(anisotropy=((gap, 0, 0), (0, gap, 0), (0, 0, 0)), field=drive).equilibrium().magnetization
print("μ_B B    M_x of the dot    of a spin 10")
for size in field.values:
    print(f"{size:.3f}    {float(lead.sel(field=size)[0]):.4f}            {float(own.sel(field=size)[0]):.4f}")

# %%
# What tells them apart is what a curve of M against B doesn't show: the dot has no moment with an even number of
# particles, and its ground level is a doublet, not 2S + 1 levels.
#
# A caution
# ---------
# That the leads select a direction at all is a mean field with a classical lead. Take three oscillators instead, as
# fast as you like, and solve them exactly: they gain up to three times the energy, but the ground level stays a
# doublet. Its moment is there only while a field or the cold holds it, along the field, and does not turn.
field = md.axis("field", [0.0001, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2])
quantum = md.experiment("magnetization", lead="quantum", temperature=0.02, field=field).run()
print(quantum.summary)
print("μ_B B    |M|/μ_B")
for size in (0.0001, 0.015, 0.15, 0.2):
    print(f"{size:<7g}  {float(quantum.findings['modulus'].value.sel(field=size)):.4f}")
for name in ("doublet_splitting", "energy_gain", "moment_factor", "turning"):
    print(f"{name:18} {quantum.findings[name].value.values.flat[0]:.4g}")
doublet = quantum.figures()["components"]
