"""The superselection audit: every observable of an experiment under every account, and what could tell them apart."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesodyn.audit.result import Audit
    from mesodyn.experiments.base import Experiment


def audit(
    experiment: str | Experiment, /, *, seed: int | None = None, quick: bool | None = None, **parameters: Any
) -> Audit:
    r"""Run an experiment under every account it has, and compare everything that it records.

    Also compared are the superposition taken apart by the total number, each part evolved by itself
    (:math:`\sum_N P(N)\,\mathcal E(\rho_N)`, ``sectors``), and the superposition post-selected on the total of the
    account ``conserving``. What is equal in the superposition and its sectors conserves the total number; nothing else
    can be measured on particles (PHYSICS 3a, DEFINITIONS 6.1). Where the trap stands alone, it is put beside a
    reference of growing size. An experiment without accounts says why, and its models are compared.

    Parameters
    ----------
    experiment
        A name, or an experiment; its account does not matter.
    seed, quick
        As of `mesodyn.experiment`; of an experiment, its own unless given.
    **parameters
        As of `mesodyn.experiment`, without the account; single values, but for axes that findings are measured along.

    Returns
    -------
    Audit
        ``.rows``, ``.sentences``, ``.passed``, ``.table()``, ``.as_json()``, ``.figures()``.

    Raises
    ------
    InputError
        For an account, an axis, or a parameter that the experiment refuses under every account.

    Examples
    --------
    >>> import mesodyn as md
    >>> found = md.audit("light-scattering", quick=True)
    >>> [len(found.telling(*pair, "measurement")) for pair in (("superposition", "mixture"), ("conserving", "mixture"))]
    [0, 0]
    >>> found.row("order_parameter").kind
    'diagnostic'
    """
    from mesodyn.audit.audited import audited

    return audited(experiment, parameters, seed, quick)


class _Callable(ModuleType):
    """Lets ``mesodyn.audit()`` work though this package has the same name as the public function."""

    def __call__(self, experiment: str | Experiment, /, **options: Any) -> Audit:
        return audit(experiment, **options)


sys.modules[__name__].__class__ = _Callable
