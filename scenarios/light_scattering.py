r"""
The doublet in scattered light
==============================

**The question.** A trap in the state u\|N⟩ + v exp(iφ)\|N+1⟩ is excited at an energy that depends on the number, so
the light it scatters has two lines. Does the doublet show that the trap is in a superposition?

Energies are in units of one energy, rates in that over ħ.
"""

# %%
# By hand: one spectrum, three accounts
# -------------------------------------
# The trap has four states: N or N+1 particles, inside g or e. The light goes out at the rate of the width of each line.
# The spectrum comes from one decomposition of the Liouvillian, for the account's own density matrix.
import numpy as np

import mesodyn as md
from mesodyn.dynamics.spectra import spectrum

trap = md.LightScatterer(excitation_low=5.0, excitation_high=5.6, width_low=0.1, width_high=0.12, weight=0.35)
values = {name: np.atleast_1d(value) for name, value in trap.values().items()}
frequencies = np.linspace(4.5, 6.1, 401)
spectra = {}
for account in ("superposition", "conserving", "mixture"):
    kept, state = trap.prepare(account, "ground", values)
    block = np.ix_(kept, kept)
    h, jump, d = (x[block] for x in (trap.hamiltonian().full(), trap.jumps()[0], trap.scattering()))
    spectra[account] = spectrum(h, [jump], d, d.conj().T, frequencies, state)[0]
    peaks = frequencies[[spectra[account][:200].argmax(), 200 + spectra[account][200:].argmax()]]
    apart = abs(spectra[account] - spectra["superposition"]).max()
    print(f"{account:13} lines at {peaks[0]:.3f} and {peaks[1]:.3f}, differs from the superposition by {apart:.1e}")

# %%
# A superposition, a trap that is entangled with the particles outside, and a trap that holds one number or the other at
# random scatter the same light, to the last bit. The reason is simple: light does not change the number.
#
# The experiment
# --------------
# It counts photons, with noise, and fits the two lines.
run = md.experiment("light-scattering").run()
print(run.summary)
figures = run.figures()

# %%
# The field, compared with another laser, beats at the distance of the lines; the rate of the photons does not. Neither
# tells the accounts apart, and the run says so:
for name in ("beat_period", "beat_contrast", "count_contrast", "account_difference"):
    print(f"{name:20} {float(run.findings[name].value):.6g}")

# %%
# What light does tell
# --------------------
# While no particle goes in or out, all photons of one run fall on one line, in every account. The number of photons on
# the upper line then has two heaps, and its variance is far above that of independent photons. The errors that a fit
# reports for the heights of the lines are too small, by the root of the number of photons in a run. If the trap
# exchanges particles between events, this goes away:
print("exchange    variance of a run's photons    true error of a height / reported")
for exchange in (0.0, 0.1, 1.0):
    other = md.experiment("light-scattering", weight=0.3, loss_per_event=0, exchange=exchange, runs=500).run()
    found = [float(other.findings[name].value) for name in ("photons_variance", "height_error_ratio")]
    print(f"{exchange:<11g} {found[0]:<30.4g} {found[1]:.3g}")

# %%
# So what one measures in this way is the exchange of particles, not a superposition.
#
# What a photon costs
# -------------------
# A photon whose time is known turns the phase between N and N+1 and keeps the coherence. If nothing is known of it, an
# average over times is left, and if its line is known, nothing: a doublet that is resolved spoils the superposition
# that it was meant to show, at the first event.
for name in ("kept_at_time", "coherence_left", "coherence_on_line", "coherence_known_line"):
    print(f"{name:21} {float(run.findings[name].value):.4f}")
closer = md.experiment("light-scattering", excitation_high="5.05:6:12", runs=20, events=5).run()
picture = closer.figures()["against_parameters"]

# %%
# If cooling after an event costs a particle with the chance δ_c, the upper line is lost after v²/δ_c events on average:
print(f"line lost after {float(run.findings['line_lost_after'].value):.2f} events")

# %%
# What would tell the accounts apart is an observable that changes the number, and that needs a second system: here the
# correlation with what is outside, or the link to another trap.
for account in ("superposition", "conserving", "mixture"):
    alone = md.experiment("light-scattering", account=account, runs=2, events=1).run().findings
    own, shared = (float(alone[name].value) for name in ("order_parameter", "correlation"))
    print(f"{account:13} |⟨Ψ⟩| = {own:.3f}, |⟨Ψ_out† Ψ⟩| = {shared:.3f}")
