"""Random numbers that depend on what is drawn, not on who draws it: one tree of seeds for everything."""

from __future__ import annotations

import numpy as np


def generator(seed: int, *place: int) -> np.random.Generator:
    """The generator of one place in the tree of seeds.

    Parameters
    ----------
    seed
        Of the run, at least 0.
    place
        Whole numbers, at least 0, that say what is drawn: the index of the point in the whole run, that of the
        trajectory, the shot. Different places are independent; the same place gives the same numbers in any block, on
        any worker.

    Examples
    --------
    >>> generator(0, 3, 1).random() == generator(0, 3, 1).random()
    True
    >>> generator(0, 3, 1).random() == generator(0, 3, 2).random()
    False
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=place))
