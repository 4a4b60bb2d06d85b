"""A double-entry ledger in integers, in any number of currencies. Append only; every transaction sums to zero.

Signs: what we own or have spent is positive (cash, positions at cost, fees), what we owe or have earned is
negative (capital, realised profit, dividends received). In each transaction the amounts of each currency sum
to zero exactly. A trade in a foreign currency passes through ``fx_clearing`` of both currencies, so each
currency balances by itself, and the two clearing balances are the trade at its rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import msgspec
import numpy as np

from consilience.core.errors import ReportBug
from consilience.core.panel import Ints, Records
from consilience.portfolio.ledger_nb import (
    BALANCED,
    NO_ACCOUNT,
    OUT_OF_ORDER,
    TOO_LARGE,
    add_balances_nb,
    check_transactions_nb,
)

# One leg of a transaction. Written by the ledger only.
POSTING_DTYPE = np.dtype(
    [
        ("transaction", "i8"),
        ("row", "i8"),  # slice
        ("ts", "i8"),
        ("amount", "i8"),  # units of the account's currency
        ("account", "i4"),
        ("kind", "i4"),  # EntryKind
    ],
    align=True,
)
EVERY_ROW = 2**62


class AccountKind(IntEnum):
    """What an account collects. Append only."""

    CASH = 0
    POSITION = 1  # at cost, in the instrument's currency
    REALISED = 2
    FEES = 3
    DIVIDENDS = 4
    FX_CLEARING = 5
    CAPITAL = 6
    INTEREST = 7
    FUNDING = 8
    BORROW = 9
    OTHER = 10


class EntryKind(IntEnum):
    """Why a transaction was made. Append only."""

    CAPITAL = 0
    FILL = 1
    CASH_IN_LIEU = 2
    DIVIDEND = 3
    TRANSFER = 4
    FX = 5
    INTEREST = 6
    FUNDING = 7
    BORROW = 8
    ADJUSTMENT = 9


class Account(msgspec.Struct, frozen=True):
    """One account: ``kind:currency``, or ``kind:owner:currency`` where the owner is a lane, a venue, a desk."""

    kind: AccountKind
    currency: str
    owner: str = ""

    @property
    def name(self) -> str:
        """``cash:USD``, ``position:AAPL#0:USD``."""
        parts = (self.kind.name.lower(), self.owner, self.currency)
        return ":".join(p for p in parts if p)


@dataclass(frozen=True)
class TrialBalance:
    """Balances of all accounts up to a row, and debits and credits of each currency (equal when the books balance).

    balances: account name to units. debits, credits: currency to the sum of positive, of negative balances (as a
    positive number). Unbounded integers.
    """

    balances: dict[str, int]
    debits: dict[str, int]
    credits: dict[str, int]

    @property
    def balanced(self) -> bool:
        """Whether debits equal credits in each currency."""
        return self.debits == self.credits


class Ledger:
    """Accounts and their postings. Postings are never changed or removed; a mistake is posted back."""

    def __init__(self) -> None:
        self._accounts: list[Account] = []
        self._index: dict[Account, int] = {}
        self._currencies: list[str] = []
        self._currency_of: list[int] = []
        self._postings: Records = np.zeros(16, POSTING_DTYPE)
        self._used = 0
        self._transactions = 0

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Accounts in the order they were opened; a posting's ``account`` counts in it."""
        return tuple(self._accounts)

    @property
    def transactions(self) -> int:
        """Number of transactions; the next one gets this number."""
        return self._transactions

    @property
    def postings(self) -> Records:
        """POSTING_DTYPE rows so far, read-only."""
        view = self._postings[: self._used]
        view.flags.writeable = False
        return view

    def account(self, kind: AccountKind, currency: str, owner: str = "") -> int:
        """Number of an account, opened when it is new."""
        wanted = Account(kind, currency, owner)
        number = self._index.get(wanted)
        if number is None:
            number = len(self._accounts)
            self._accounts.append(wanted)
            self._index[wanted] = number
            if currency not in self._currencies:
                self._currencies.append(currency)
            self._currency_of.append(self._currencies.index(currency))
        return number

    def post(self, kind: EntryKind, row: int, ts: int, legs: Sequence[tuple[int, int]]) -> int:
        """Post one transaction of (account, amount) legs; its number. Raises ReportBug when it does not balance."""
        batch = np.zeros(len(legs), POSTING_DTYPE)
        for i, (account, amount) in enumerate(legs):
            if not -(2**63) < amount < 2**63:
                raise ReportBug(f"the amount {amount} does not fit the ledger")
            batch[i] = (self._transactions, row, ts, amount, account, kind)
        number = self._transactions
        self.post_many(batch)
        return number

    def post_many(self, batch: Records) -> None:
        """Post whole transactions, contiguous and numbered on from ``transactions``; all of them or none.

        Raises ReportBug that names the first posting which does not balance, overflows or has no account.
        """
        if len(batch) == 0:
            return
        currency = np.array(self._currency_of, np.int64)
        sums = np.zeros(len(self._currencies), np.int64)
        code, at = check_transactions_nb(batch, currency, sums, self._transactions)
        if code != BALANCED:
            raise ReportBug(self._fault(code, at, batch, sums))
        self._make_room(len(batch))
        self._postings[self._used : self._used + len(batch)] = batch
        self._used += len(batch)
        self._transactions = int(batch[-1]["transaction"]) + 1

    def balances(self, last_row: int = EVERY_ROW) -> Ints:
        """[accounts] units after all postings with row <= ``last_row``. Raises ReportBug on overflow."""
        result = np.zeros(len(self._accounts), np.int64)
        at = add_balances_nb(self._postings[: self._used], last_row, result)
        if at >= 0:
            name = self._accounts[int(self._postings[at]["account"])].name
            raise ReportBug(f"the balance of {name} does not fit the ledger at posting {at}")
        return result

    def balance(self, account: int, last_row: int = EVERY_ROW) -> int:
        """Units of one account after all postings with row <= ``last_row``."""
        return int(self.balances(last_row)[account])

    def trial_balance(self, last_row: int = EVERY_ROW) -> TrialBalance:
        """Every account's balance and the totals of each currency."""
        amounts = [int(a) for a in self.balances(last_row)]
        positive = dict.fromkeys(self._currencies, 0)
        negative = dict.fromkeys(self._currencies, 0)
        for account, amount in zip(self._accounts, amounts, strict=True):
            side = positive if amount > 0 else negative
            side[account.currency] += abs(amount)
        named = {a.name: amount for a, amount in zip(self._accounts, amounts, strict=True)}
        return TrialBalance(named, positive, negative)

    def check(self) -> None:
        """Prove again, from the first posting, that each transaction balances. Raises ReportBug otherwise."""
        currency = np.array(self._currency_of, np.int64)
        sums = np.zeros(len(self._currencies), np.int64)
        used = self._postings[: self._used]
        code, at = check_transactions_nb(used, currency, sums, 0)
        if code != BALANCED:
            raise ReportBug(self._fault(code, at, used, sums))

    def _make_room(self, more: int) -> None:
        if self._used + more > len(self._postings):
            grown = np.zeros(max(2 * len(self._postings), self._used + more), POSTING_DTYPE)
            grown[: self._used] = self._postings[: self._used]
            self._postings = grown

    def _fault(self, code: int, at: int, batch: Records, sums: Ints) -> str:
        transaction = int(batch[at]["transaction"])
        if code == OUT_OF_ORDER:
            return f"transaction {transaction} is out of order at posting {at}"
        if code == NO_ACCOUNT:
            return f"transaction {transaction} posts to account {int(batch[at]['account'])}, which does not exist"
        if code == TOO_LARGE:
            return f"transaction {transaction} does not fit the ledger at posting {at}"
        rest = ", ".join(f"{int(s)} {c}" for s, c in zip(sums, self._currencies, strict=True) if s)
        return f"transaction {transaction} does not balance: {rest} left over"
