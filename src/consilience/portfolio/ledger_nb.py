"""Kernels of the ledger: does every transaction balance, and what does each account hold."""

from __future__ import annotations

from consilience.core.jit import njit
from consilience.core.panel import Ints, Records

BALANCED, UNBALANCED, TOO_LARGE, OUT_OF_ORDER, NO_ACCOUNT = 0, 1, 2, 3, 4
_SAFE = 9.0e18


@njit
def check_transactions_nb(postings: Records, currency: Ints, sums: Ints, first: int) -> tuple[int, int]:
    """(code, posting index): the first posting that breaks a rule, or (BALANCED, number of postings).

    postings: POSTING_DTYPE rows, transactions contiguous and numbered from ``first`` without a gap.
    currency: [accounts] currency of each account. sums: [currencies] scratch, zeros on entry and on success.
    """
    count = len(postings)
    expected = first
    for i in range(count):
        transaction = postings[i]["transaction"]
        if transaction != expected and (i == 0 or transaction != expected + 1):
            return OUT_OF_ORDER, i
        expected = transaction
        account = postings[i]["account"]
        if account < 0 or account >= len(currency):
            return NO_ACCOUNT, i
        column = currency[account]
        amount = postings[i]["amount"]
        if abs(float(sums[column]) + float(amount)) >= _SAFE:
            return TOO_LARGE, i
        sums[column] += amount
        if i + 1 == count or postings[i + 1]["transaction"] != transaction:
            for c in range(len(sums)):
                if sums[c] != 0:
                    return UNBALANCED, i
    return BALANCED, count


@njit
def add_balances_nb(postings: Records, last_row: int, balances: Ints) -> int:
    """Add the amounts of postings with row <= last_row to ``balances`` [accounts]; index of an overflow, or -1."""
    for i in range(len(postings)):
        if postings[i]["row"] > last_row:
            continue
        account = postings[i]["account"]
        amount = postings[i]["amount"]
        if abs(float(balances[account]) + float(amount)) >= _SAFE:
            return i
        balances[account] += amount
    return -1
