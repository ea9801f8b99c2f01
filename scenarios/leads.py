r"""
Does the lead matter? Sequential, exact, hierarchy
==================================================

**The question.** A level between two leads carries a current. Three ways to calculate it: a rate equation, in which
electrons hop one at a time and all is forgotten before the next hop; the exact integral over an electron's energy,
which knows no interaction; and QuTiP's hierarchical equations of motion, which know both, if they have converged.
"""

# %%
# One level, no interaction
# -------------------------
# The coupling to each lead is twice the temperature here, so the lead matters: the level is broader than the edge of
# the Fermi sea.
import numpy as np

from mesodyn.dynamics import hierarchy, sequential
from mesodyn.systems.microscopic.lead_dot import BandLead, LeadDot, landauer


def dot(bias, levels, interaction=0.0, coupling=0.3, temperature=0.15):
    """Levels between two leads, each with a band of half width 5."""
    sides = [
        BandLead(coupling=coupling, bandwidth=5.0, chemical_potential=mu, temperature=temperature)
        for mu in (bias / 2, -bias / 2)
    ]
    return LeadDot(levels=levels, interaction=interaction, leads=sides)


bias = np.linspace(0.0, 4.0, 41)
few = bias[6::8]
alone = [dot(V, (0.5,)) for V in bias]
rates = [sequential.steady_state(dot=each).current[0, 0] for each in alone]
exact = [landauer(each).current[0, 0] for each in alone]
settled = [hierarchy.steady_state(dot=dot(V, (0.5,)), tolerance=1e-3) for V in few]

# %%
# The rate equation has a step as sharp as the temperature; the true one is as wide as the level. The hierarchy finds
# that out without the integral. Each of its numbers has been raised in depth and in exponents until nothing moved:
misses = [abs(each.current[0, 0] - there) for each, there in zip(settled, exact[6::8], strict=True)]
print(f"off the integral by {max(misses):.1e}, by its own account {max(0.3 * each.error for each in settled):.1e}")
print(settled[-1].table())

# %%
# Two spins that repel each other
# -------------------------------
# Now no integral is exact. The temperature is as high as the coupling to each lead, and still the rates miss the
# current by up to a sixth. The hierarchy's error bar is what raising it further might bring.
pair = {"levels": (-0.5, -0.5), "interaction": 3.0, "temperature": 0.3}
blocked = [2 * sequential.steady_state(dot=dot(V, **pair)).current[0, 0] for V in bias]
some = (0.8, 2.2, 3.6)
both = [hierarchy.steady_state(dot=dot(V, **pair), tolerance=0.02) for V in some]
for V, each in zip(some, both, strict=True):
    rate = 2 * sequential.steady_state(dot=dot(V, **pair)).current[0, 0]
    print(f"bias {V}: rates {rate:.4f}, hierarchy {each.current[0].sum():.4f} within {0.6 * each.error:.4f}")

# %%
# What a measurement of the noise adds
# ------------------------------------
# The rate equation also counts. Its Fano factor falls from above 1, where thermal noise is all there is, to
# (Γ_L² + Γ_R²)/(Γ_L + Γ_R)², a half for equal leads: an electron has to wait until the one before it has left.
wide = sequential.counting(dot=dot(8.0, (0.5,)))
print(f"current {wide.current[0]:.4f}, noise {wide.noise[0, 0]:.4f}, Fano factor {wide.fano[0]:.4f}")

# %%
# Current against bias:
from matplotlib.figure import Figure

drawing = Figure(figsize=(6.4, 3.2), layout="constrained")
left, right = drawing.subplots(1, 2)
left.plot(bias, rates, "--", color="tab:orange", label="rate equation")
left.plot(bias, exact, color="tab:blue", label="exact integral")
left.plot(few, [each.current[0, 0] for each in settled], "o", color="black", fillstyle="none", label="hierarchy")
left.set(xlabel="bias $V$", ylabel=r"current (e/$\hbar$ × energy)", title="one level, no interaction")
right.plot(bias, blocked, "--", color="tab:orange", label="rate equation")
right.errorbar(
    some, [each.current[0].sum() for each in both], [0.6 * each.error for each in both], fmt="o", color="black",
    fillstyle="none", capsize=3, label="hierarchy"
)  # fmt: skip
right.set(xlabel="bias $V$", title="two spins, $U = 3$")
for ax in (left, right):
    ax.set(xlim=(0, 4.05), ylim=(0, None))
    ax.legend(frameon=False, loc="lower right", fontsize=8)
