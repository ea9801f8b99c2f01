"""What spoils a count of left and right: preparation, loss and a detector that takes one side for the other."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mesodyn import checks
from mesodyn.errors import InputError

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Readout:
    r"""A map from the probability of left, :math:`P`, to that of reading left among the shots that are kept.

    In this order: a shot is prepared wrong with a chance, and then shows left with another probability; the particle is
    lost with a chance that may depend on its side, and the shot is dropped; one side is read as the other.

    Parameters
    ----------
    false_left
        The chance of reading left where it was right, in [0, 1].
    false_right
        The chance of reading right where it was left.
    preparation
        The chance of a wrong preparation.
    wrong
        The probability of left after a wrong preparation; without it 1 - P (the other level, the opposite fringe).
    loss_left, loss_right
        The chance of losing the particle on a side (post-selection drops the shot). Equal losses cost shots only.

    Examples
    --------
    >>> detector = Readout(false_left=0.02, false_right=0.04, preparation=0.05, loss_left=0.1, loss_right=0.1)
    >>> float(round(detector.applied(1.0), 6)), round(detector.kept(1.0), 6), round(detector.contrast, 6)
    (0.913, 0.9, 0.846)
    """

    false_left: float = 0.0
    false_right: float = 0.0
    preparation: float = 0.0
    wrong: float | None = None
    loss_left: float = 0.0
    loss_right: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) is not None:
                checks.number(field.name, getattr(self, field.name), low=0, high=1)
        if self.loss_left == 1 and self.loss_right == 1:
            raise InputError("loss_left", "below 1 where loss_right is 1", 1.0, "no shot would be kept")

    def _prepared(self, left: Any) -> Any:
        """The probability of left before anything is lost."""
        other = 1 - left if self.wrong is None else self.wrong
        return (1 - self.preparation) * left + self.preparation * other

    def kept(self, left: Any) -> Any:
        """The share of the shots that is kept, for a probability of left (number or array)."""
        p = self._prepared(left)
        return p * (1 - self.loss_left) + (1 - p) * (1 - self.loss_right)

    def applied(self, left: Any) -> Any:
        """The probability of reading left among the shots that are kept; nan where none is."""
        p = self._prepared(left)
        with np.errstate(invalid="ignore", divide="ignore"):
            there = np.divide(p * (1 - self.loss_left), self.kept(left))
        return (there * (1 - self.false_right - self.false_left) + self.false_left)[()]

    def slope(self, left: Any) -> Any:
        """The derivative of `applied` by the probability of left, for `fisher_information`."""
        moved = 1 - self.preparation * (2 if self.wrong is None else 1)
        lost = (1 - self.loss_left) * (1 - self.loss_right) / self.kept(left) ** 2
        return moved * lost * (1 - self.false_right - self.false_left)

    @property
    def contrast(self) -> float:
        """What is left of a full contrast: the difference between certain left and certain right, as they are read."""
        return float(self.applied(1.0) - self.applied(0.0))

    def draw(self, left: float, numbers: np.random.Generator, shots: int, count: int = 1) -> Whole:
        """Counts of left and right (count, 2) of so many kept shots, every chance drawn for itself.

        Nothing of `applied` enters: this is what checks it.
        """
        return self.drawn(left, numbers, shots, count)[0]

    def drawn(self, left: float, numbers: np.random.Generator, shots: int, count: int = 1) -> tuple[Whole, Whole]:
        """The same, and the tries that it took (count)."""
        found, tries, missing = np.zeros((count, 2), np.int64), np.zeros(count, np.int64), np.full(count, shots)
        kept = float(self.kept(left))
        checks.number("kept share", kept, above=0)
        while missing.any():  # tries one after the other: those after the last shot needed are not made
            block = int(np.clip(1.2 * missing.max() / kept + 8, 8, 2**22 // count + 8))
            read, alive = self._shots(left, numbers, (count, block))
            order = np.cumsum(alive, axis=1)
            used = alive & (order <= missing[:, None])
            found[:, 0] += (used & read).sum(axis=1)
            found[:, 1] += (used & ~read).sum(axis=1)
            done = order[:, -1] >= missing
            last = np.where(missing > 0, np.argmax(order >= missing[:, None], axis=1) + 1, 0)
            tries += np.where(done, last, block)
            missing = np.where(done, 0, missing - order[:, -1])
        return found, tries

    def _shots(
        self, left: float, numbers: np.random.Generator, shape: tuple[int, int]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Single shots: whether left is read, and whether the shot is kept."""
        bad = numbers.random(shape) < self.preparation
        chance = np.where(bad, 1 - left if self.wrong is None else self.wrong, left)
        true = numbers.random(shape) < chance
        alive = numbers.random(shape) >= np.where(true, self.loss_left, self.loss_right)
        mistaken = numbers.random(shape) < np.where(true, self.false_right, self.false_left)
        return true ^ mistaken, alive


def confused(distribution: ArrayLike, matrix: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """A distribution over several outcomes as it is read, and the share of the shots that is kept.

    Parameters
    ----------
    distribution
        Probabilities of the true outcomes (outcome).
    matrix
        Chance ``[read, true]`` of reading one for the other; what a column lacks of 1 is lost.

    Examples
    --------
    >>> read, kept = confused([0.8, 0.2], [[0.8, 0.0], [0.1, 0.9]])
    >>> read.round(4).tolist(), round(kept, 4)
    ([0.7111, 0.2889], 0.9)
    """
    table = np.asarray(matrix, float)
    if table.ndim != 2 or table.min() < 0 or table.sum(axis=0).max() > 1 + 1e-9:
        raise InputError("matrix", "chances [read, true] with columns that add up to 1 at most", table.tolist())
    seen = table @ np.asarray(distribution, float)
    kept = float(seen.sum())
    checks.number("kept share", kept, above=0)
    return seen / kept, kept
