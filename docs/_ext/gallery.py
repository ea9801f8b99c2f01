"""The gallery's order, and the pictures taken from a scenario: every figure that a block makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

# The order in which a reader takes them; a new scenario comes last until it is given a place.
ORDER = (
    "two_pi_rotation.py",
    "spinor_interferometer.py",
    "interferometer.py",
    "beating.py",
    "irregular_rotor.py",
    "light_scattering.py",
    "staircase.py",
    "grain.py",
    "gate_sweep.py",
    "mean_field_or_not.py",
    "magnetization.py",
    "phase_equalization.py",
    "self_consistent.py",
    "bose_junction.py",
    "trap_ring.py",
    "leads.py",
    "josephson_current.py",
    "ac_josephson.py",
    "plan_lithium_double_well.py",
    "plan_ytterbium_tweezer.py",
    "plan_aluminium_dot.py",
    "which_account.py",
)


def order(filename: str) -> tuple[int, str]:
    """Sort key of a scenario's file name."""
    return (ORDER.index(filename) if filename in ORDER else len(ORDER), filename)


def figures(value: Any) -> Iterator[Figure]:
    """Figures in a value: itself, or the members of a dict, list or tuple."""
    if isinstance(value, Figure):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from figures(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from figures(member)


def scrape(block: tuple[Any, ...], block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures that appeared in the scenario's variables since the last block."""
    variables = block_vars["example_globals"]
    shown = variables.setdefault("__shown_figures__", [])
    new: list[Figure] = []
    for name, value in list(variables.items()):
        if name.startswith("__"):
            continue
        for figure in figures(value):
            if not any(figure is other for other in (*shown, *new)):
                new.append(figure)
    paths = [Path(next(block_vars["image_path_iterator"])) for _ in new]
    for figure, path in zip(new, paths, strict=True):
        figure.savefig(path, dpi=160)
    shown.extend(new)
    # One below the other, each as wide as the text: side by side they would be too small to read.
    return "".join(
        f"{figure_rst([str(path)], gallery_conf['src_dir'])}{caption(figure)}"
        for figure, path in zip(new, paths, strict=True)
    )


def caption(figure: Figure) -> str:
    """What a figure of a run says of itself, as a paragraph; nothing for others."""
    text = re.sub(r"([\\`*_|])", r"\\\1", str(figure.get_label()))
    return f"\n\n.. rst-class:: figure-caption\n\n{text}\n\n" if text else ""
