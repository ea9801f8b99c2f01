r"""
A ring of traps, one of which is turned
=======================================

**The question.** At the end of its section 2 the paper links traps to a ring and turns one of them by 2π. An odd trap
changes its sign. Does the ring notice? A current that flows round a ring tells.

The number of particles is fixed here, and no mean field is used: this is ordinary quantum mechanics.
"""

# %%
# By hand: a persistent current
# -----------------------------
# Six traps share three extra fermions. A flux Φ through the ring gives each hop the phase Φ/6. The ground state carries
# a current, -dE/dΦ, round the ring.
import math
import time

import numpy as np
import qutip

import mesodyn as md

flux = md.axis("flux", 0.3, 5.9, 8)
found = md.TrapRing(traps=6, number=3, flux=flux).equilibrium()
for phi, energy, current in zip(flux.values, found.energy.values, found.current.values, strict=True):
    print(f"Φ = {phi:.2f}: energy {energy:.6f}, current {current:+.6f}")

# %%
# Between Φ = 2.7 and 3.5 the current jumps: two ground states cross at π. With four fermions they cross at 0 instead:
# the sign comes from a fermion that goes round past all the others. Hard-core bosons have no such sign. Pairs have half
# the period.
rest = md.experiment("trap-ring", turn="none").run()
print(rest.summary)
for kind, number in (("fermion", 3), ("fermion", 4), ("boson", 4), ("pair", 3)):
    one = md.experiment("trap-ring", turn="none", kind=kind, number=number).run().findings
    place, jump = (float(one[name].value) for name in ("jump_flux", "jump"))
    print(f"{number} x {kind:8} jump of {jump:.6f} at Φ = {place / math.pi:+.4f} π")
curves = rest.figures()

# %%
# One trap is turned
# ------------------
# The links are cut, the field of trap 1 turns by 2π, its spin follows, the links are made again. The sign is not put
# in: it comes out of the motion of the spin. Two currents are reversed. But the levels of the ring are what they were,
# so this is not the ground state: heat is given off, -4E₀/M, and the old current is back.
run = md.experiment("trap-ring").run()
print(run.summary)
for name in ("reversal", "heat_released", "spectrum_change", "final_current"):
    print(f"{name:16} {float(run.findings[name].value):.9g}")

# %%
pictures = {name: run.figures()[name] for name in ("links", "turn")}

# %%
# Turning one trap is a change of gauge. If the links stay on and the turn is slow for the ring, the state follows and
# no heat is released at all.
for duration in (0.2, 2.0, 20.0):
    slow = md.experiment("trap-ring", traps=3, number=1, links="on", rotation_time=duration, zeeman=1200 / duration)
    print(f"links on, turned in {duration:4}: heat {float(slow.run().findings['heat_released'].value):.4f}")

# %%
# All fields wind around the ring
# -------------------------------
# What the ring can't take for a gauge is a texture: trap k is turned by 2πk/M, so that the fields wind once around.
# Then the link that closes the ring has the other sign by itself. For spin ½ with the fields perpendicular to the axis
# this is half a flux quantum: the current that stays is another one.
wound = md.experiment("trap-ring", turn="texture", traps=4, number=2).run()
print(wound.summary)
print(f"flux of the texture: {float(wound.findings['berry_flux'].value) / math.pi:.9f} π")
winding = wound.figures()["links"]

# %%
# Nulls: pairs and bosons without spin have nothing that follows a field.
for kind in ("pair", "boson"):
    null = md.experiment("trap-ring", kind=kind, traps=4, number=2).run().findings
    print(f"{kind:6} heat {float(null['heat_released'].value):.1e}, reversal {float(null['reversal'].value):+.6f}")

# %%
# How large a ring
# ----------------
# In the sector of N the states of M traps are bit strings: time and memory grow with their number, not with 2 to the M,
# and the memory is known before anything is built. Beside it QuTiP's ground state in the whole Fock space.


def whole_fock_space(traps: int, phi: float) -> float:
    """The ground energy at half filling in all of Fock space, by QuTiP alone."""
    c = [qutip.fdestroy(traps, k) for k in range(traps)]
    hop = qutip.qzero_like(c[0])
    number = hop - traps // 2
    for k in range(traps):
        hop += np.exp(1j * phi / traps) * c[(k + 1) % traps].dag() @ c[k]
        number += c[k].dag() @ c[k]
    return float((-hop - hop.dag() + 50 * number @ number).groundstate()[0])


print("traps  states  memory stated  time      energy          QuTiP, whole space")
for traps in (6, 8, 10, 12, 14):
    begin = time.perf_counter()
    ring = md.TrapRing(traps=traps, number=traps // 2, flux=1.1)
    energy = float(ring.equilibrium().energy)
    line = (
        f"{traps:5} {ring.space.size:7} {ring.memory / 1e6:10.1f} MB {time.perf_counter() - begin:7.3f} s {energy:.9f}"
    )
    if traps <= 10:
        begin = time.perf_counter()
        other = whole_fock_space(traps, 1.1)
        line += f"   {2**traps} states, {time.perf_counter() - begin:.3f} s, {abs(other - energy):.0e} apart"
    print(line)

# %%
# The current does not show a superposition of particle numbers: every observable of the ring conserves N, so a
# superposition of N and N + 1 carries the weighted mean of the two currents, and so does a mixture.
