r"""
Ytterbium: a window that nearly closes
======================================

**The question.** The nuclear spin of ytterbium-171 keeps its coherence for seconds. Is it the better atom for the 2π
rotation? It is slow: its splitting is 750 Hz at 1 G, and while the field is turned slowly enough, the detuning of the
two tweezers turns the phase.
"""

# %%
# How slow is slow
# ----------------
# The cranking phase of the exact levels says how long a turn has to take for a phase error of 0.05 rad:
import mesodyn as md
from mesodyn.planning import atoms

# sphinx_gallery_thumbnail_number = 1
for gauss in (1, 5, 10):
    time = atoms.rotation_time("yb171", gauss * 1e-4, phase_error=0.05)
    print(f"{gauss:2} G: {1e3 * time:.1f} ms")

# %%
# The same two plans
# ------------------
# At 5 G, as in the lab, and at 1 G. Shots are counted against the mixture and against no change of sign.
lab = md.Lab.load("yb171-tweezer")
strong = md.plan("two-pi-rotation", lab)
print(strong.summary)

# %%
# The map: how long the measurement takes for each rotation time and field. To the left and below, the spin does not
# follow; to the right the phase is lost; white means that it can't be done.
window = strong.figures()["window"]

# %%
# What limits it is no longer the spin but the position of the atom:
worst = strong.budget.worst
print(f"{worst.knob}, {worst.value}: costs {strong.budget.ideal - worst.alone:.2f} of the contrast alone")

# %%
# And the best that this lab could choose:
best = strong.optimum
for name, value in best.best.items():
    print(f"{name:16} {strong.signal.shown(name, best.start[name], 3):10} -> {strong.signal.shown(name, value, 3)}")
print(f"contrast {best.contrast_before:.3f} -> {best.contrast_after:.3f}")
