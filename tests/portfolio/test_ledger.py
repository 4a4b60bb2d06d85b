"""The ledger by itself: what it accepts, what it refuses, and what it can tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.errors import ReportBug
from consilience.portfolio.ledger import POSTING_DTYPE, AccountKind, EntryKind, Ledger
from tests.examples import examples


def funded() -> tuple[Ledger, int, int]:
    ledger = Ledger()
    cash = ledger.account(AccountKind.CASH, "USD")
    capital = ledger.account(AccountKind.CAPITAL, "USD")
    ledger.post(EntryKind.CAPITAL, 0, 10, [(cash, 1000), (capital, -1000)])
    return ledger, cash, capital


def test_an_account_is_opened_once() -> None:
    ledger, cash, _ = funded()
    assert ledger.account(AccountKind.CASH, "USD") == cash
    assert ledger.account(AccountKind.CASH, "USD", "broker") != cash
    assert [a.name for a in ledger.accounts] == ["cash:USD", "capital:USD", "cash:broker:USD"]


def test_balances_at_any_row() -> None:
    ledger, cash, _ = funded()
    fees = ledger.account(AccountKind.FEES, "USD")
    for row in range(1, 40):  # more postings than the first room
        ledger.post(EntryKind.ADJUSTMENT, row, 10 * row, [(fees, 1), (cash, -1)])
    assert [ledger.balance(cash, row) for row in (-1, 0, 1, 39)] == [0, 1000, 999, 961]
    assert ledger.balance(cash) == 961
    assert (ledger.transactions, len(ledger.postings)) == (40, 80)
    assert ledger.trial_balance().debits == {"USD": 1000} == ledger.trial_balance().credits


def test_postings_cannot_be_changed_from_outside() -> None:
    ledger, _, _ = funded()
    with pytest.raises(ValueError, match="read-only"):
        ledger.postings["amount"][0] = 7


def test_a_currency_exchange_balances_in_both_currencies() -> None:
    ledger, cash, _ = funded()
    euros = ledger.account(AccountKind.CASH, "EUR")
    out, into = (ledger.account(AccountKind.FX_CLEARING, c) for c in ("USD", "EUR"))
    ledger.post(EntryKind.FX, 1, 20, [(cash, -110), (out, 110), (into, -100), (euros, 100)])
    trial = ledger.trial_balance()
    assert trial.balanced
    assert trial.balances["fx_clearing:EUR"] == -100
    with pytest.raises(ReportBug, match=r"^transaction 2 does not balance: -110 USD, 100 EUR left over"):
        ledger.post(EntryKind.FX, 1, 20, [(cash, -110), (euros, 100)])


def test_a_refused_batch_leaves_no_trace() -> None:
    ledger, cash, capital = funded()
    with pytest.raises(ReportBug, match="does not balance: 5 USD left over"):
        ledger.post(EntryKind.ADJUSTMENT, 1, 20, [(cash, 5)])
    with pytest.raises(ReportBug, match="account 9, which does not exist"):
        ledger.post(EntryKind.ADJUSTMENT, 1, 20, [(cash, 5), (9, -5)])
    with pytest.raises(ReportBug, match="does not fit"):
        ledger.post(EntryKind.ADJUSTMENT, 1, 20, [(cash, 2**63), (capital, -(2**63))])
    with pytest.raises(ReportBug, match="does not fit"):
        ledger.post(EntryKind.ADJUSTMENT, 1, 20, [(cash, 2**62), (cash, 2**62), (capital, -(2**63) + 1)])
    batch = np.zeros(2, POSTING_DTYPE)
    batch["transaction"] = [1, 3]
    with pytest.raises(ReportBug, match="transaction 3 is out of order"):
        ledger.post_many(batch)
    ledger.post_many(batch[:0])
    assert (ledger.transactions, len(ledger.postings), ledger.balance(cash)) == (1, 2, 1000)


def test_a_balance_that_does_not_fit_is_named() -> None:
    ledger, cash, capital = funded()
    for _ in range(3):
        ledger.post(EntryKind.CAPITAL, 1, 20, [(cash, 2**62 - 1), (capital, 1 - 2**62)])
    with pytest.raises(ReportBug, match="balance of cash:USD does not fit"):
        ledger.balances()


def test_a_changed_posting_is_found_by_a_check() -> None:
    ledger, _, _ = funded()
    ledger.check()
    ledger._postings["amount"][1] += 1  # what a broken disk would do
    with pytest.raises(ReportBug, match="transaction 0 does not balance: 1 USD left over"):
        ledger.check()
    assert not ledger.trial_balance().balanced


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=5), max_size=30))
def test_whatever_is_posted_sums_to_zero(amounts: list[list[int]]) -> None:
    ledger = Ledger()
    accounts = [ledger.account(AccountKind.OTHER, "USD", str(i)) for i in range(6)]
    for row, parts in enumerate(amounts):
        legs = [*zip(accounts, parts, strict=False), (accounts[5], -sum(parts))]
        ledger.post(EntryKind.TRANSFER, row, row, legs)
    assert sum(int(b) for b in ledger.balances()) == 0
    assert ledger.balance(accounts[0]) == sum(parts[0] for parts in amounts)
    ledger.check()
