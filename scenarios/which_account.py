r"""
Which account is true? What a measurement can say
=================================================

**The question.** Three accounts describe two traps that share a fermion. Which of them can be told apart by the 2π
rotation, and which can't, however many shots are taken? Natural units and no imperfections: the physics alone.
"""

# %%
# Counting left and right
# -----------------------
import mesodyn as md

# sphinx_gallery_thumbnail_number = 1
plan = md.plan("two-pi-rotation", "natural")
for pair in plan.pairs[:3]:
    print(f"{pair.one} / {pair.other}: {pair.shots or 'no number: ' + pair.reason}")

# %%
# The signal is the same in both accounts that have coherence, once the shots with exactly one extra particle are kept.
# They differ in how many shots are kept, and ordinary noise of the atom number does the same:
for name in ("conserving", "superposition", "mixture"):
    seen = plan.seen[name]
    print(f"{name:14} left {seen.value[0, 0]:.4f} and {seen.value[1, 0]:.4f}, kept {seen.kept[0, 0]:.2f}")

# %%
# An odd turn alone is not enough
# -------------------------------
# The mixture gives one half after any whole turn. After one turn alone, one half is also what a coherent pair of
# unknown phase would give: only odd and even turns together exclude it.
#
# Reading the heat instead
# ------------------------
# If the level could be read by a projection, all shots would count. The superposition then heats in half of them.
# That is the distribution of the total number once more, not a sign of a coherence between different totals.
heat = md.plan("two-pi-rotation", "natural", readout="heat")
for name in ("conserving", "superposition", "mixture"):
    odd, even = heat.seen[name].value[:, 0]
    print(f"{name:14} hot after one turn {odd:.4f}, after two {even:.4f}")

# %%
# Every observable at once
# ------------------------
# An *audit* compares all that the experiment records. It also takes the superposition apart by the total number, and
# evolves each part by itself.
audit = md.audit("two-pi-rotation")
for sentence in audit.sentences:
    print(sentence)

# %%
# What a positive result proves
# -----------------------------
for sentence in plan.signal.statement:
    print(sentence)

# %%
# Over the angle, evolved (the report of a plan has it with a slider):
import numpy as np
from matplotlib.figure import Figure

turns = np.linspace(0, 2, 41)
drawing = Figure(figsize=(5, 3), layout="constrained")
ax = drawing.subplots()
for case in plan.signal.cases[:3]:
    ax.plot(
        turns,
        plan.signal.see(case, {}, turns=turns).value[:, 0],
        label=case.name,
        linestyle="--" if case.name == "superposition" else "-",
    )
ax.set(xlabel="turns", ylabel="probability of left")
ax.legend(frameon=False)
