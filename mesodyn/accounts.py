"""The three accounts: which physics is assumed of the state that a run starts from (DEFINITIONS 6.1).

An account fixes the initial state only. Hamiltonian, bath and read-out are the same in all three.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mesodyn.errors import InputError, unknown_name

ACCOUNTS: Mapping[str, str] = {
    "superposition": "the paper: each trap by itself is in a pure superposition of particle numbers",
    "conserving": "the total number is fixed: the trap is entangled with a reference",
    "mixture": "no coherence at all: each trap holds one number or the other, at random",
}


def check_account(account: str, allowed: Collection[str] = tuple(ACCOUNTS), reason: str = "") -> str:
    """Return `account` when it is one of `allowed`; say why not otherwise.

    Examples
    --------
    >>> check_account("mixture")
    'mixture'
    """
    if account not in ACCOUNTS:
        raise unknown_name("account", account, ACCOUNTS)
    if account not in allowed:
        raise InputError("account", f"one of {', '.join(allowed)} here", account, reason)
    return account
