"""The lowest levels of a large matrix: the Lanczos method, always from the same start."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mesodyn.errors import UnfinishedError
from mesodyn.seeds import generator


def lowest(
    operator: Any, count: int = 1, *, space: int | None = None, remedy: str = ""
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """The lowest energies (count,), ascending, and their states (n, count).

    Parameters
    ----------
    operator
        A Hermitian sparse matrix or linear operator (n, n) with a dtype.
    count
        How many levels, below n - 1.
    space
        The dimension of the Krylov space; what SciPy takes by default.
    remedy
        What to do if it does not settle.

    Raises
    ------
    UnfinishedError
        When it does not settle.
    """
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    start = generator(0).standard_normal(operator.shape[0]).astype(operator.dtype)
    try:
        energies, states = eigsh(operator, count, which="SA", v0=start, ncv=space, tol=0)
    except ArpackNoConvergence as failure:
        raise UnfinishedError(f"the Lanczos method did not settle: {failure}{remedy and '; ' + remedy}") from None
    order = np.argsort(energies)
    return energies[order], states[:, order]
