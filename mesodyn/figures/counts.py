"""Pictures of what is counted: a spectrum with its fit and what is left over, and how often each number came up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from mesodyn.errors import InputError, Shown
from mesodyn.figures import plots, style

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """Neighbouring bins: their centres and widths, the counts in each, and how many a fit and the truth expect."""

    x: ArrayLike
    width: ArrayLike
    counts: ArrayLike
    fitted: ArrayLike
    true: ArrayLike

    def rate(self, name: str) -> Floats:
        """``counts``, ``fitted`` or ``true`` per unit of x."""
        return np.asarray(getattr(self, name), float) / np.asarray(self.width, float)


@style.styled()
def spectrum(stretches: Sequence[Stretch], xlabel: str, ylabel: str) -> Figure:
    """Draw counts with their Poisson errors over the fit and the truth, and below what is left over in sigmas.

    Parameters
    ----------
    stretches : sequence of Stretch
        Side by side, with one vertical scale.
    xlabel, ylabel : str
        With units; the vertical axis is counts per unit of x.
    """
    if not stretches:
        raise InputError("stretches", "at least one Stretch", Shown("empty"))
    drawing, grid = style.figure(height=3.8, rows=2, columns=len(stretches), sharex=True)
    drawing.axes[0].get_gridspec().set_height_ratios([2.6, 1.0])  # type: ignore[union-attr]
    colour, other = style.colours(2)
    top = max(float(np.max(piece.rate("counts"))) for piece in stretches)
    for k, piece in enumerate(stretches):
        upper, lower = grid[:, k]
        x, counts = np.asarray(piece.x, float), np.asarray(piece.counts, float)
        error = np.sqrt(np.maximum(counts, 1.0)) / np.asarray(piece.width, float)
        upper.errorbar(
            x, piece.rate("counts"), error, fmt="o", markersize=2.6, linewidth=0.8, color=style.MUTED, label="counts"
        )
        upper.plot(x, piece.rate("fitted"), color=other, label="fit")
        upper.plot(x, piece.rate("true"), color="black", linewidth=0.9, linestyle=(0, (1, 2)), label="noise-free")
        upper.set_ylim(0, 1.12 * top or 1.0)
        fitted = np.asarray(piece.fitted, float)
        left = (counts - fitted) / np.sqrt(np.maximum(fitted, 1.0))
        lower.plot(x, left, "o", markersize=2.2, color=colour)
        lower.axhline(0.0, color=style.MUTED, linewidth=0.8)
        lower.set_ylim(-5, 5)
        plots.limit_x(lower, x)
    grid[0, 0].set_ylabel(ylabel)
    grid[1, 0].set_ylabel(r"(counts - fit)/$\sigma$")
    for ax in grid[:, 1:].flat:
        ax.tick_params(labelleft=False)
    drawing.supxlabel(xlabel, fontsize=9.0)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside upper center", ncols=3)
    drawing.align_ylabels(grid[:, 0])
    return drawing


@style.styled()
def occurrences(
    values: ArrayLike, measured: ArrayLike, others: Mapping[str, ArrayLike], xlabel: str, ylabel: str
) -> Figure:
    """Draw how often each value came up, as bars, and what others expect, as steps with markers.

    Parameters
    ----------
    values, measured : array, shape (values,)
        Evenly spaced values, and how often each came up.
    others : mapping of label to array, shape (values,)
        What is expected.
    xlabel, ylabel : str
        Labels of the axes.
    """
    x, heights = np.asarray(values, float), np.asarray(measured, float)
    plots.same_shape("measured", heights, x)
    drawing, grid = style.figure(height=3.2)
    ax: Any = grid[0, 0]
    ax.bar(x, heights, width=0.8 * (x[1] - x[0] if x.size > 1 else 1.0), color=style.FAINT, label="runs")
    looks = zip(others.items(), style.colours(max(len(others), 2)), ("o", "s", "^", "D"), strict=False)
    for (label, y), colour, marker in looks:
        plots.same_shape(f"what {label!r} expects", np.asarray(y, float), x)
        ax.plot(
            x,
            y,
            marker,
            color=colour,
            label=label,
            markersize=4.5,
            markerfacecolor="none",
            linestyle=":",
            linewidth=1.0,
        )
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_ylim(bottom=0)
    ax.margins(x=0.03)
    ax.xaxis.get_major_locator().set_params(integer=True)
    drawing.legend(loc="outside lower center", ncols=1 + len(others))
    return drawing
