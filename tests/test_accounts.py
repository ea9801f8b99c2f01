"""There are three accounts, and one that an experiment lacks is refused with the reason."""

import re

import pytest

import mesodyn as md
from mesodyn.accounts import ACCOUNTS, check_account
from mesodyn.errors import InputError
from mesodyn.experiments import kind_of


def test_there_are_three_accounts_each_with_its_meaning():
    assert list(ACCOUNTS) == ["superposition", "conserving", "mixture"]
    assert all(ACCOUNTS.values())
    assert [check_account(name) for name in ACCOUNTS] == list(ACCOUNTS)


@pytest.mark.parametrize("name", ["", "Mixture", "superpositions", "pure"])
def test_an_unknown_account_is_refused_with_the_three(name):
    with pytest.raises(InputError, match=r"^account must be one of conserving, mixture, superposition, but was "):
        check_account(name)


def test_an_account_that_is_not_there_is_refused_with_the_reason():
    with pytest.raises(InputError, match=r"^account must be one of mixture here, but was 'conserving'; no reference$"):
        check_account("conserving", ("mixture",), "no reference")


@pytest.mark.parametrize("name", md.experiments())
@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_experiment_starts_in_every_account_that_it_declares_and_refuses_the_others(name, account):
    kind = kind_of(name)
    if account in kind.accounts:
        assert md.experiment(name, account=account).account == account
    else:
        with pytest.raises(InputError, match=r"^account must be .*" + re.escape(kind.account_reason[-20:])):
            md.experiment(name, account=account)


def test_experiments_that_evolve_a_state_have_all_three_accounts():
    for name in ("two-pi-rotation", "beating", "josephson-current"):
        assert set(kind_of(name).accounts) == set(ACCOUNTS)
