r"""
A fermion that was turned once is not the same
==============================================

**The question.** A spin 1/2 changes its sign when it is turned by 2π. Can that sign be seen? Not with one trap: a
global sign is nothing. So let two traps share one fermion. While they are apart, only one of them is turned, and the
sign stands *between* the halves of the state. When the traps are linked again, it has become an energy.

All numbers here are in natural units: energies in units of the tunnelling J, times in ħ/J.
"""

# %%
# The protocol by hand
# --------------------
# Two equal traps, each with N or N + 1 particles; ``zeeman`` is the splitting of the odd trap's spin in its field. They
# start linked and cooled: the particle is in (\|A⟩ + \|B⟩)/√2. Then four steps are done to them. Trap B, with its
# field, is turned by no, one or two full turns. Nothing below knows about a sign: the spin follows its field.
import math

import mesodyn as md

# sphinx_gallery_thumbnail_number = 2
pair = md.TrapPair(kind="fermion", tunnelling=1.0, zeeman=60.0, field_angle=math.pi / 2)
protocol = md.Protocol(
    md.Disconnect(),
    md.Rotate(duration=20.0, turns=md.axis("turns", [0, 1, 2]), trap="B", shape="smooth"),
    md.Connect(),
    md.Relax(duration=30.0, rate=1.0, temperature=0.0),
)
record = md.evolve(pair, protocol)

for turns in (0, 1, 2):
    flowed = record.heat.sel(turns=turns).isel(moment=-1)
    print(f"turns = {turns}: the bath has taken {float(flowed):z.6f} J")

# %%
# The heat after one turn is 2\|J\|: the particle has come back in the *antibonding* state (\|A⟩ - \|B⟩)/√2. After two
# turns it is where it was. The small rest comes from the haste of the turn and falls as it is made slower.
#
# The record says how each segment was solved. No step size was chosen by hand:
print(record.attrs["method"])

# %%
# The same as an experiment
# -------------------------
# An *experiment* knows the protocol, measures the record, and puts beside each finding what theory says for these very
# parameters. The Berry phase χ = 2πns(1 - cos ϑ) is ``phase_shift``, measured from ⟨Ψ_A† Ψ_B⟩.
run = md.experiment("two-pi-rotation", turns=1).run()
print(run.summary)
for name in ("heat_released", "phase_shift", "spin_flip"):
    finding = run.findings[name]
    value, theory = float(finding.value), float(finding.expected)
    print(f"{name:14} {value:.9f}  theory {theory:.9f}  passed {finding.passed}")

# %%
# What happens meanwhile, and the same for all angles up to four turns, beside what should show nothing: a field *along*
# the axis (no Berry phase), pairs (no spin), bosons of spin 1 at 90°. The mixture is not dark: it has no coherence to
# lose and gives the same at every whole turn. So odd *and* even turns have to be measured.
figures = run.figures()

# %%
# A null that is none
# -------------------
# A boson of spin 1 is a null at 90°, but not at every angle: the signal is a geometric phase, and at 60° one turn gives
# a spin 1 the phase π, like a fermion at 90°. An axis that is off by a few degrees has to be in the budget.
for degrees in (90, 60):
    angle = math.radians(degrees)
    boson = md.experiment("two-pi-rotation", kind="boson", spin=1, field_angle=angle).run()
    heat = float(boson.findings["heat_released"].value)
    print(f"spin-1 boson, field at {degrees}° to the axis: heat {heat:.6f} J")

# %%
# Three accounts of one experiment
# --------------------------------
# An *account* is what one believes of the start: the total number is fixed (``conserving``), each trap by itself is in
# a superposition of N and N + 1 (``superposition``), or there is no coherence at all (``mixture``). All three give
# heat. They differ in how it is distributed from shot to shot.
accounts = ("conserving", "superposition", "mixture")
heats = {}
for account in accounts:
    for turns in (1, 2):
        found = md.experiment("two-pi-rotation", turns=turns, account=account).run().findings
        outcomes = found["heat_distribution"].value
        heats[account, turns] = outcomes.sel(part="heat").values, outcomes.sel(part="weight").values
        hot = float(outcomes.sel(part="weight").where(outcomes.sel(part="heat") > 1).sum())
        mean = float(found["heat_released"].value)
        print(f"{account:13}  turns = {turns}: mean heat {mean:.4f} J; 2J with probability {hot:.4f}")

# %%
from matplotlib.figure import Figure

drawing = Figure(figsize=(7, 2.6), layout="constrained")
for ax, account in zip(drawing.subplots(1, 3, sharey=True), accounts, strict=True):
    for turns, shift in ((1, -0.12), (2, 0.12)):
        values, weights = heats[account, turns]
        ax.bar(values + shift, weights, width=0.22, label=f"{turns} turn" + "s" * (turns > 1))
    ax.set(title=account, xlabel="heat (J)", xticks=[0, 1, 2])
drawing.axes[0].set_ylabel("probability")
drawing.axes[-1].legend(frameon=False)

# %%
# What a positive result proves, and what it doesn't
# --------------------------------------------------
# Heat at odd turns and none at even ones rules out the mixture: there *is* coherence between the traps, and it has
# changed its sign. It does not prove that each trap by itself is in a superposition of particle numbers. With the total
# number fixed, ordinary quantum mechanics gives the same sign. ``conserving`` and ``superposition`` differ only in how
# often the pair holds exactly one extra particle (always, or in half of the shots), and shot-to-shot noise of the atom
# number does the same.
#
# ``run.save("runs/my-run")`` keeps it all, with an animation and a report.
