"""The API page's list, written from `mesodyn.__all__`: what is public is documented, under its floor of the house."""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType

GROUPS = {
    "mesodyn.experiments": "Experiments and runs",
    "mesodyn.systems": "Systems",
    "mesodyn.dynamics": "Protocols and evolution",
    "mesodyn.planning": "Labs and plans",
    "mesodyn.verify": "Proofs",
    "mesodyn.audit": "Proofs",
    "mesodyn.units": "Quantities and axes",
    "mesodyn.axes": "Quantities and axes",
    "mesodyn.errors": "Errors",
}
OTHER = "More"
# What public functions return, and what the page on methods names: not names of `mesodyn` itself.
RETURNED = {
    "Experiments and runs": ("mesodyn.experiments.base.Experiment", "mesodyn.experiments.finding.Finding"),
    "Labs and plans": (
        "mesodyn.planning.lab.labs",
        "mesodyn.planning.entries.Entry",
        "mesodyn.planning.entries.Limit",
        "mesodyn.planning.plan.Plan",
        "mesodyn.planning.plan.load",
    ),
    "Proofs": (
        *("mesodyn.verify.result.Verification", "mesodyn.verify.result.Row"),
        *("mesodyn.audit.result.Audit", "mesodyn.audit.result.Row", "mesodyn.audit.result.Difference"),
        "mesodyn.audit.reference.Reference",
    ),
    "Protocols and evolution": ("mesodyn.dynamics.certificate.Certificate", "mesodyn.dynamics.certificate.Row"),
}
MEMBERS = {
    "mesodyn.Lab": "load, natural, entry, value, parameters, check, rows, table, as_json",
    "mesodyn.planning.entries.Entry": "number, shown",
    "mesodyn.planning.plan.Plan": "summary, feasible, duration, figures, as_json, save",
    "mesodyn.planning.binomial.Shots": "number, decide, as_json",
    "mesodyn.planning.scores.Share": "value, error, chance",
    "mesodyn.planning.readout.Readout": "applied, kept, slope, contrast, draw, drawn",
    "mesodyn.planning.analysis.Analysis": "ratios, draw, calibrated, interval, coverage",
    "mesodyn.planning.entries.Limit": "range, shown",
    "mesodyn.experiments.base.Experiment": "run, keeping",
    "mesodyn.verify.result.Verification": "passed, summary, table, as_json",
    "mesodyn.audit.result.Audit": "passed, summary, row, telling, figures, save, table, as_json",
    "mesodyn.audit.result.Row": "differs",
    "mesodyn.dynamics.certificate.Certificate": "passed, failed, summary, table, as_json",
    "mesodyn.Run": "figures, animate, save, certify, passed, summary, rows, as_json",
    "mesodyn.ReservoirTrap": "terms, hamiltonian, states, equilibrium, observables",
    "mesodyn.LeadTrap": "terms, hamiltonian, states, equilibrium, observables, spread",
    "mesodyn.IrregularRotor": "terms, hamiltonian, states, equilibrium, observables, critical_rate, harmonics",
    "mesodyn.BoseJunction": "Lambda, terms, hamiltonian, states, equilibrium, observables, smeared",
    "mesodyn.systems.bose_mean_field.Field": "slope, energy",
    "mesodyn.dynamics.tridiagonal.Spectrum": "moved, step, means, kicked",
    "mesodyn.systems.microscopic.richardson.PairedGrain": (
        "picket_fence, ground, energy, energies, parity_effect, staircase, plateaus, hamiltonian"
    ),
    "mesodyn.systems.microscopic.bose_hubbard.BoseHubbard": (
        "terms, hamiltonian, states, equilibrium, observables, superfluid_fraction, current, memory"
    ),
    "mesodyn.systems.microscopic.superconducting_dot.SuperconductingDot": "equilibrium, splitting, crossing",
    "mesodyn.systems.microscopic.exchange_dot.ExchangeDot": "equilibrium, doublet, hamiltonian, classical",
    "mesodyn.systems.microscopic.kondo_dot.KondoDot": "equilibrium",
    "mesodyn.LightScatterer": "terms, hamiltonian, states, equilibrium, observables, scattering, jumps, lowering",
    "mesodyn.dynamics.spectra.Modes": "correlation, spectrum",
    "mesodyn.experiments.block_run.BlockRun": "missing, record, certify, drawn, animate",
    "mesodyn.experiments.block_run.Estimate": "text",
    "mesodyn.experiments.blocks.Partition": "points, blocks, count",
    "mesodyn.experiments.light_runs.Chain": "runs, populations, distribution, one_line, moments",
    "mesodyn.experiments.doublet_fit.Fit": "error, share, share_error",
    "mesodyn.systems.microscopic.lead_dot.BandLead": "width, shift, filling, vacancy, middle",
    "mesodyn.systems.microscopic.lead_dot.LeadDot": "occupations, energies, shape, hamiltonian, lowering",
    "mesodyn.dynamics.hierarchy.Hierarchy": "table",
    "mesodyn.systems.microscopic.lead.Lead": "flat_band, widening_band, gapped, stiffness, star, chain",
    "mesodyn.systems.microscopic.resonant_level.ResonantLevel": "levels, sector_energies, parity_energies, "
    "equilibrium, correlation, apart, evolve",
    "mesodyn.systems.microscopic.interacting_dot.InteractingDot": "states, memory, hamiltonian, equilibrium, "
    "correlation",
    "mesodyn.TrapPair": "terms, hamiltonian, states, equilibrium, observables",
}
INSIDE = (
    "mesodyn.planning.power.gaussian_shots",
    "mesodyn.planning.power.against_half",
    "mesodyn.planning.power.hours",
    "mesodyn.planning.binomial.exact_shots",
    "mesodyn.planning.binomial.Shots",
    "mesodyn.planning.binomial.worst_error",
    "mesodyn.planning.binomial.sigmas",
    "mesodyn.planning.binomial.tail",
    "mesodyn.planning.scores.shots_against",
    "mesodyn.planning.scores.campaigns",
    "mesodyn.planning.scores.Share",
    "mesodyn.planning.differences.difference_shots",
    "mesodyn.planning.differences.Difference",
    "mesodyn.planning.readout.Readout",
    "mesodyn.planning.readout.confused",
    "mesodyn.planning.information.fisher_information",
    "mesodyn.planning.information.quantum_limit",
    "mesodyn.planning.information.effective_shots",
    "mesodyn.planning.analysis.Analysis",
    "mesodyn.planning.analysis.fringe_analysis",
    "mesodyn.planning.atoms.ATOMS",
    "mesodyn.planning.atoms.Atom",
    "mesodyn.planning.atoms.Levels",
    "mesodyn.planning.atoms.levels",
    "mesodyn.planning.atoms.splitting",
    "mesodyn.planning.atoms.effective_splitting",
    "mesodyn.planning.atoms.inertia",
    "mesodyn.planning.atoms.cranking_phase",
    "mesodyn.planning.atoms.rotation_time",
    "mesodyn.planning.atoms.axis_phase",
    "mesodyn.planning.formulas.Formula",
    "mesodyn.systems.base.Setting",
    "mesodyn.numberspace.NumberSpace",
    "mesodyn.numberspace.Site",
    "mesodyn.numberspace.Ladder",
    "mesodyn.numberspace.reduced",
    "mesodyn.ordering.gauge",
    "mesodyn.ordering.rotation",
    "mesodyn.ordering.time_reversal",
    "mesodyn.ordering.ordering",
    "mesodyn.ordering.Ordering",
    "mesodyn.systems.spinor_paths.SpinorPaths",
    "mesodyn.systems.magnet_nulls.isolated_doublet",
    "mesodyn.systems.magnet_nulls.anisotropic_doublet",
    "mesodyn.systems.magnet_nulls.screened_doublet",
    "mesodyn.systems.magnet_nulls.anisotropic_spin",
    "mesodyn.systems.lead_models.wide_band",
    "mesodyn.systems.lead_models.boson_lead",
    "mesodyn.systems.microscopic.richardson.PairedGrain",
    "mesodyn.systems.microscopic.richardson.bulk_gap",
    "mesodyn.systems.microscopic.richardson.bulk_limit",
    "mesodyn.systems.microscopic.pairing.Pairs",
    "mesodyn.systems.microscopic.pairing.lanczos",
    "mesodyn.systems.microscopic.pairing.richardson",
    "mesodyn.systems.microscopic.limits.Limit",
    "mesodyn.systems.microscopic.limits.extrapolated",
    "mesodyn.systems.microscopic.bose_hubbard.BoseHubbard",
    "mesodyn.systems.microscopic.boson_space.BosonSpace",
    "mesodyn.systems.microscopic.superconducting_dot.SuperconductingDot",
    "mesodyn.systems.microscopic.superconducting_dot.atomic_limit",
    "mesodyn.systems.microscopic.exchange_dot.ExchangeDot",
    "mesodyn.systems.microscopic.kondo_dot.KondoDot",
    "mesodyn.systems.microscopic.kondo_dot.screening",
    "mesodyn.systems.junction_nulls.contact",
    "mesodyn.systems.junction_nulls.parity_dot",
    "mesodyn.systems.junction_nulls.pair_ladder",
    "mesodyn.systems.branch_levels.BranchLevels",
    "mesodyn.dynamics.biased.passage",
    "mesodyn.dynamics.biased.telegraph",
    "mesodyn.dynamics.biased.Chain",
    "mesodyn.dynamics.moving_lead.MovingLead",
    "mesodyn.dynamics.current_drive.CurrentDrive",
    "mesodyn.systems.ring_space.RingSpace",
    "mesodyn.systems.free_ring.FreeRing",
    "mesodyn.experiments.ring_curve.Curve",
    "mesodyn.experiments.ring_curve.derivative",
    "mesodyn.systems.bose_junction.coherent",
    "mesodyn.systems.bose_junction.smeared",
    "mesodyn.systems.bose_mean_field.Field",
    "mesodyn.systems.bose_mean_field.orbit",
    "mesodyn.systems.bose_mean_field.Orbit",
    "mesodyn.dynamics.tridiagonal.Spectrum",
    "mesodyn.experiments.bose_threshold.threshold_strength",
    "mesodyn.experiments.bose_threshold.threshold_imbalance",
    "mesodyn.dynamics.sectors.evolve_in_sectors",
    "mesodyn.dynamics.sectors.shares",
    "mesodyn.dynamics.sectors.in_sector",
    "mesodyn.dynamics.sectors.projected",
    "mesodyn.audit.reference.growing",
    "mesodyn.dynamics.solver.METHODS",
    "mesodyn.dynamics.unitary.exponential",
    "mesodyn.dynamics.unitary.magnus",
    "mesodyn.dynamics.precession.slow",
    "mesodyn.dynamics.spins.turned",
    "mesodyn.benchmark.benchmark",
    "mesodyn.benchmark.Benchmark",
    "mesodyn.benchmark.measure.Row",
    "mesodyn.dynamics.ode.integrated",
    "mesodyn.dynamics.ode.krylov",
    "mesodyn.dynamics.ode.Motion",
    "mesodyn.dynamics.relaxing.Relaxing",
    "mesodyn.dynamics.bath.transition_rates",
    "mesodyn.dynamics.pieces.split",
    "mesodyn.dynamics.spectra.spectrum",
    "mesodyn.dynamics.spectra.modes",
    "mesodyn.dynamics.spectra.transient",
    "mesodyn.dynamics.spectra.Modes",
    "mesodyn.dynamics.spectra.stationary",
    "mesodyn.dynamics.detection.at_times",
    "mesodyn.dynamics.detection.at_frequencies",
    "mesodyn.dynamics.detection.averaged",
    "mesodyn.experiments.block_run.BlockRun",
    "mesodyn.experiments.block_run.Estimate",
    "mesodyn.experiments.blocks.Partition",
    "mesodyn.executor.each",
    "mesodyn.experiments.light_runs.Chain",
    "mesodyn.experiments.light_runs.variance",
    "mesodyn.experiments.doublet_fit.fit",
    "mesodyn.experiments.doublet_fit.Fit",
    "mesodyn.dynamics.heat.two_point",
    "mesodyn.dynamics.trajectories.jumps",
    "mesodyn.dynamics.trajectories.sampled",
    "mesodyn.dynamics.trajectories.Jumps",
    "mesodyn.dynamics.channels.Channels",
    "mesodyn.dynamics.certify.invariants",
    "mesodyn.systems.linked_traps.LinkedTraps",
    "mesodyn.systems.microscopic.lead.Lead",
    "mesodyn.systems.microscopic.resonant_level.ResonantLevel",
    "mesodyn.systems.microscopic.resonant_level.filling",
    "mesodyn.systems.microscopic.filling.Filled",
    "mesodyn.systems.microscopic.wide_band.many_levels",
    "mesodyn.systems.microscopic.wide_band.wide_band_number",
    "mesodyn.systems.microscopic.wide_band.flat_band_number",
    "mesodyn.systems.microscopic.interacting_dot.InteractingDot",
    "mesodyn.systems.microscopic.product_state.product_state",
    "mesodyn.systems.microscopic.product_state.Product",
    "mesodyn.systems.microscopic.collective.collective",
    "mesodyn.systems.microscopic.collective.Ground",
    "mesodyn.systems.microscopic.lead_dot.BandLead",
    "mesodyn.systems.microscopic.lead_dot.LeadDot",
    "mesodyn.systems.microscopic.lead_dot.Landauer",
    "mesodyn.systems.microscopic.lead_dot.landauer",
    "mesodyn.dynamics.sequential.steady_state",
    "mesodyn.dynamics.sequential.Sequential",
    "mesodyn.dynamics.sequential.counting",
    "mesodyn.dynamics.sequential.Counting",
    "mesodyn.dynamics.sequential.distribution",
    "mesodyn.dynamics.sequential.Counts",
    "mesodyn.dynamics.hierarchy.steady_state",
    "mesodyn.dynamics.hierarchy.transient",
    "mesodyn.dynamics.hierarchy.Hierarchy",
    "mesodyn.dynamics.hierarchy.truncated",
    "mesodyn.dynamics.hierarchy.Rung",
    "mesodyn.dynamics.hierarchy.size",
    "mesodyn.dynamics.hierarchy.Size",
    "mesodyn.dynamics.raising.raised",
    "mesodyn.dynamics.raising.Raised",
    "mesodyn.dynamics.flow.flow",
    "mesodyn.dynamics.flow.noisy_flow",
    "mesodyn.dynamics.meanfield.LinkedPhases",
    "mesodyn.dynamics.meanfield.DotAndField",
    "mesodyn.experiments.quench_theory.Elliptic",
    "mesodyn.experiments.fringes.fit",
    "mesodyn.experiments.rotation_theory.SpinHalf",
    "mesodyn.experiments.rotation_theory.uniform",
    "mesodyn.experiments.rotation_theory.smooth",
    "mesodyn.experiments.rotation_theory.dummy",
    "mesodyn.experiments.rotation_theory.binding",
    "mesodyn.experiments.rotation_theory.turned_ground_energy",
    "mesodyn.experiments.rotation_theory.closeness",
    "mesodyn.experiments.rotation_theory.Expected",
    "mesodyn.experiments.interferometer_theory.bloch",
    "mesodyn.experiments.interferometer_theory.pulse_in_field",
    "mesodyn.experiments.interferometer_theory.fringe",
    "mesodyn.experiments.interferometer_theory.Counts",
)


def group(thing: object) -> str:
    """The heading under which a public thing stands."""
    home = thing.__name__ if inspect.ismodule(thing) else getattr(thing, "__module__", "")
    return next((title for start, title in GROUPS.items() if home.startswith(start)), OTHER)


def directive(name: str, thing: object) -> str:
    """The autodoc directive of a thing by its full name."""
    if inspect.ismodule(thing) and callable(thing):  # md.experiments: a package that is a function as well
        own = getattr(thing, name.rpartition(".")[2])
        return f".. py:function:: {name}()\n\n   {(inspect.getdoc(own) or '').splitlines()[0]}"
    if inspect.isclass(thing):
        return f".. autoclass:: {name}\n   :members: {MEMBERS.get(name, '')}".rstrip()
    if inspect.isfunction(thing):
        return f".. autofunction:: {name}"
    return f".. autodata:: {name}\n   :no-value:"


def found(name: str) -> object:
    """The thing that a full name stands for."""
    module, _, own = name.rpartition(".")
    return getattr(__import__(module, fromlist=[own]), own)


def page(title: str, names: list[str]) -> str:
    """A heading and its entries."""
    entries = [f"```{{eval-rst}}\n{directive(name, found(name))}\n```\n" for name in names]
    return f"## {title}\n\n" + "\n".join(entries)


def write(text: str, path: Path) -> None:
    """Write a page; a file that would not change stays untouched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_reference(package: ModuleType, folder: Path) -> None:
    """Write the lists of what is public and of what is inside as MyST text."""
    names: dict[str, list[str]] = {title: [] for title in (*dict.fromkeys(GROUPS.values()), OTHER)}
    for name in sorted(name for name in package.__all__ if not name.startswith("__")):
        names[group(getattr(package, name))].append(f"{package.__name__}.{name}")
    for title, more in RETURNED.items():
        names[title] += more
    write("\n".join(page(title, own) for title, own in names.items() if own), folder / "reference.md")
    write(page("Inside", list(INSIDE)), folder / "inside.md")
