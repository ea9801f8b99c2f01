r"""
Plan the 2π rotation with lithium
=================================

**The question.** You have one lithium-6 atom in two tweezers. Will you see the sign of a full turn, what would look the
same, how many shots does it take, and what should you improve first?
"""

# %%
# A lab and a plan
# ----------------
# A *lab* is a file of numbers, each with its source. A *plan* runs the experiment in these numbers: under each account,
# under each null, with each imperfection alone and with all of them.
import mesodyn as md

# sphinx_gallery_thumbnail_number = 1
lab = md.Lab.load("li6-double-well")
plan = md.plan("two-pi-rotation", lab)
print(plan.summary)

# %%
# What would look the same
# ------------------------
# Two settings are needed, one turn and two. The mixture shows one half after both; everything without a half-integer
# spin shows no difference.
for case in plan.signal.cases:
    odd, even = plan.seen[case.name].value[:, 0]
    print(f"{case.name:22} left after 1 turn {odd:.4f}, after 2 turns {even:.4f}")

# %%
# Where nothing can be told apart, no shot number stands:
for pair in plan.pairs[:3]:
    print(f"{pair.one} / {pair.other}: {pair.shots or 'no number: ' + pair.reason}")

# %%
# How many shots
# --------------
# The Gaussian rule asks for too few; the exact number is the one to take.
for need in plan.needs:
    print(f"{need['against']:18} {need['setting']:8} exact {need['shots']:3}, Gaussian rule {need['gaussian']:.1f}")

# %%
# Simulated campaigns of that length decide as often as promised:
for row in plan.rates:
    said, promised = row["right_if_true"], row["right_if_true_promised"]
    error = row["right_if_true_error"]
    print(f"{row['against']:18} {row['setting']:8} right {said:.4f} ± {error:.4f}, promised {promised:.4f}")

# %%
# What spoils it, and what to improve first
# -----------------------------------------
figures = plan.figures()

# %%
# How far may each number go, all others as planned, until the shots don't fit into 8 hours?
for tolerance in plan.tolerances:
    print(f"{tolerance.knob:18} planned {tolerance.planned:12} -> {tolerance.limit}")

# %%
# ``plan.save("plans/lithium")`` writes ``report.html``, ``plan.json`` and ``timeline.csv``. Most of its numbers are
# *assumed*: copy it (``mesodyn labs copy li6-double-well mine.toml``), put in yours, and plan again.
count = sum(number.confidence == "assumed" for number in plan.inputs)
print(f"{count} of {len(plan.inputs)} numbers are assumed")
