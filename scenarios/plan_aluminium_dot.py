r"""
Plan a gate sweep of an aluminium grain
=======================================

**The question.** The mean-field theory says that a small dot on a lead fills in a straight line between two kinks,
because it is in a superposition of N and N + 1. A level on an ordinary lead fills along an arctangent. How many
readings of the number tell the two shapes apart, and what do they prove?
"""

# %%
# A plan
# ------
# A charge sensor reads the number, shot by shot, at a few gate voltages. Its errors and those of the preparation are in
# the lab; the answer of the lead, ξ0, is the parameter of the theory that nobody has measured.
import mesodyn as md

# sphinx_gallery_thumbnail_number = 1
plan = md.plan("gate-sweep", "al-nanoparticle")
print(plan.summary)

# %%
# The three shapes, as the sensor would see them:
for case in plan.signal.cases:
    values = "  ".join(f"{value:.3f}" for value in plan.seen[case.name].value[:, 0])
    print(f"{case.name:27} {values}")

# %%
# Which readings decide, exactly and by the Gaussian rule:
for need in plan.needs:
    print(f"{need['against']:27} at {need['setting']}: {need['shots']} readings (Gaussian rule {need['gaussian']:.0f})")

# %%
# What may be worse than planned, and what matters most:
for tolerance in plan.tolerances:
    print(f"{tolerance.knob:18} planned {tolerance.planned:8} -> {tolerance.limit}")
figures = plan.figures()

# %%
# What a positive result proves
# -----------------------------
for sentence in plan.signal.statement:
    print(sentence)
