"""The books of a run: transactions derived from its fills, corporate actions and FX, and the proof that they agree.

The engine keeps running balances in records; here the same history is posted a second time, independently, into a
double-entry ledger. Positions and profits are carried in the instrument's currency and pass through FX clearing
into base-currency cash at each fill's exact rate. What the engine must hold to (checked here):

- notional = ticks * lots by the instrument, fee_base = conv(fee), cash = -side * conv(notional) - conv(fee), with
  conv at the slice's FX, each rounded half to even once;
- each corporate action of a slice notes its effect on each open lane as a fill row with side 0, before the slice's
  fills: SPLIT (then CASH_IN_LIEU where a fraction of a lot is left), or DIVIDEND, conv(lots * dividend);
- a delisting closes its positions by fills; a roll closes them and opens them again by fills.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from consilience.core.errors import ReportBug
from consilience.core.panel import Ints, Panel, Records
from consilience.portfolio.books_nb import (
    BOOK_LANE_DTYPE,
    FAULT_TEXT,
    NO_FAULT,
    AccountNumbers,
    ActionTable,
    Rates,
    ReplayEnd,
    replay_nb,
)
from consilience.portfolio.ledger import POSTING_DTYPE, AccountKind, EntryKind, Ledger

_RECORD_FIELDS = ("lots", "cost", "realised", "fees", "dividends")


@dataclass(frozen=True)
class BookTerms:
    """What the books of a run need besides its fills and actions.

    capital: starting cash in base units. currencies: names, the base first. currency: int64 [S] column of each symbol.
    notional_num, notional_den: int64 [S], units = ticks * lots * num / den. fx_num: int64 [T, C], fx_den: int64 [C]
    as in a Panel. symbols: names for the accounts of positions. first_slice: the ``row`` of a fill in row 0 of fx_num.
    """

    capital: int
    currencies: tuple[str, ...]
    currency: Ints
    notional_num: Ints
    notional_den: Ints
    fx_num: Ints
    fx_den: Ints
    symbols: tuple[str, ...]
    first_slice: int = 0


@dataclass(frozen=True)
class Books:
    """A run's ledger, and each traded lane's end state (BOOK_LANE_DTYPE rows, lanes ascending)."""

    terms: BookTerms
    ledger: Ledger
    lanes: Records
    fills: int

    @property
    def cash(self) -> int:
        """Cash in base units by the ledger."""
        return self.ledger.balance(self.ledger.account(AccountKind.CASH, self.terms.currencies[0]))


@dataclass(frozen=True)
class Verification:
    """What ``verify`` proved: counts, and the totals in base units that ledger, fills and engine agree on."""

    fills: int
    lanes: int
    transactions: int
    postings: int
    capital: int
    cash: int
    open_cost: int
    realised: int
    fees: int
    dividends: int
    books: Books


def book_terms(panel: Panel, capital: int) -> BookTerms:
    """Terms of a run over ``panel`` that starts with ``capital`` base units of cash."""
    fractions = [i.notional_fraction() for i in panel.instruments]
    return BookTerms(
        capital=capital,
        currencies=panel.currencies,
        currency=np.array([panel.currencies.index(i.currency) for i in panel.instruments], np.int64),
        notional_num=np.array([f[0] for f in fractions], np.int64),
        notional_den=np.array([f[1] for f in fractions], np.int64),
        fx_num=panel.fx_num,
        fx_den=panel.fx_den,
        symbols=panel.symbols,
        first_slice=panel.first_row,
    )


def build_books(fills: Records, actions: Records, terms: BookTerms) -> Books:
    """Post the capital and every fill row, and return the ledger with the lanes' end states.

    fills: FILL_DTYPE in order of execution. actions: ACTION_DTYPE in (row, symbol) order, those that the run has
    passed; their rows count from 0. Raises ReportBug that names the first fill whose own columns contradict the replay.
    """
    lanes, table = _lane_table(fills, actions, len(terms.symbols))
    ledger = Ledger()
    cash = ledger.account(AccountKind.CASH, terms.currencies[0])
    capital = ledger.account(AccountKind.CAPITAL, terms.currencies[0])
    start = int(fills[0]["ts"]) if len(fills) else 0
    ledger.post(EntryKind.CAPITAL, terms.first_slice, start, [(cash, terms.capital), (capital, -terms.capital)])
    accounts = _open_accounts(ledger, lanes, terms)
    postings = np.zeros(6 * len(fills), POSTING_DTYPE)
    rates = Rates(
        np.ascontiguousarray(terms.fx_num),
        np.ascontiguousarray(terms.fx_den),
        terms.currency,
        terms.notional_num,
        terms.notional_den,
        terms.first_slice,
    )
    end = replay_nb(fills, table, rates, accounts, lanes, postings)
    if end.fault != NO_FAULT:
        raise ReportBug(_fault_text(end, fills, lanes))
    ledger.post_many(postings[: end.postings])
    return Books(terms, ledger, lanes, len(fills))


def verify(fills: Records, actions: Records, terms: BookTerms, account: Records, lanes: Records) -> Verification:
    """Prove a run's books. ``account``: the ACCOUNT_DTYPE row; ``lanes``: LANE_DTYPE [strategies * S].

    actions: all of the history; the account says how many the run has passed.
    Proved: every fill's columns follow from its side, lots, ticks and fee, the actions and the slice's FX; every
    transaction sums to zero in each currency; the ledger's cash == capital + all cash legs == the account's cash;
    each lane's lots, cost, realised, fees and dividends == its record; the account's totals == the lanes'; and
    capital + realised - fees + dividends - open cost == cash. Raises ReportBug naming the first difference.
    """
    books = build_books(fills, actions[: _field(account, "actions")], terms)
    _compare_lanes(books, lanes)
    totals = {name: _total(books.lanes[name]) for name in _RECORD_FIELDS}
    totals["slippage"] = _total(fills["slippage_base"])
    totals["fills"] = len(fills)
    totals["cash"] = books.cash
    legs = terms.capital + _total(fills["cash"])
    _same("cash", "capital and cash legs", legs, "the ledger", totals["cash"])
    sheet = terms.capital + totals["realised"] - totals["fees"] + totals["dividends"] - totals["cost"]
    _same("cash", "capital and profit less open cost", sheet, "the ledger", totals["cash"])
    for name in ("cash", "realised", "fees", "dividends", "slippage", "fills"):
        _same(name, "the account record", _field(account, name), "the books", totals[name])
    return Verification(
        fills=len(fills),
        lanes=len(books.lanes),
        transactions=books.ledger.transactions,
        postings=len(books.ledger.postings),
        capital=terms.capital,
        cash=totals["cash"],
        open_cost=totals["cost"],
        realised=totals["realised"],
        fees=totals["fees"],
        dividends=totals["dividends"],
        books=books,
    )


def _lane_table(fills: Records, actions: Records, symbols: int) -> tuple[Records, ActionTable]:
    numbers, first, of_fill = np.unique(fills["lane"], return_index=True, return_inverse=True)
    wrong = np.flatnonzero(fills["symbol"] != fills["lane"] % max(symbols, 1))
    if len(wrong):
        raise ReportBug(f"fill {wrong[0]}: lane {fills['lane'][wrong[0]]} is not of symbol {fills['symbol'][wrong[0]]}")
    order = np.argsort(actions["symbol"], kind="stable").astype(np.int64)
    start = np.searchsorted(actions["symbol"][order], np.arange(symbols + 1)).astype(np.int64)
    lanes = np.zeros(len(numbers), BOOK_LANE_DTYPE)
    lanes["lane"] = numbers
    lanes["symbol"] = fills["symbol"][first]
    lanes["action"] = start[lanes["symbol"]]
    return lanes, ActionTable(of_fill.astype(np.int64), start, order, actions)


def _open_accounts(ledger: Ledger, lanes: Records, terms: BookTerms) -> AccountNumbers:
    count = len(terms.symbols)
    position = np.zeros(len(lanes), np.int64)
    for k, (lane, symbol) in enumerate(zip(lanes["lane"].tolist(), lanes["symbol"].tolist(), strict=True)):
        currency = terms.currencies[terms.currency[symbol]]
        position[k] = ledger.account(AccountKind.POSITION, currency, f"{terms.symbols[symbol]}#{lane // count}")
    used = {0, *np.unique(terms.currency[lanes["symbol"]]).tolist()}

    def numbers(kind: AccountKind) -> Ints:
        columns = range(len(terms.currencies))
        return np.array([ledger.account(kind, terms.currencies[c]) if c in used else -1 for c in columns], np.int64)

    kinds = [AccountKind.REALISED, AccountKind.FEES, AccountKind.DIVIDENDS]
    if len(used) > 1:
        kinds.append(AccountKind.FX_CLEARING)
    opened = [numbers(kind) for kind in kinds]
    clearing = opened[3] if len(used) > 1 else np.full(len(terms.currencies), -1, np.int64)
    cash = np.array([ledger.account(AccountKind.CASH, terms.currencies[0])], np.int64)
    return AccountNumbers(position, cash, opened[0], opened[1], opened[2], clearing)


def _fault_text(end: ReplayEnd, fills: Records, lanes: Records) -> str:
    text = FAULT_TEXT[end.fault]
    if end.at < 0:
        return f"after the last fill, lane {lanes[-1 - end.at]['lane']}: {text}"
    fill = fills[end.at]
    values = f": {end.found}, the books say {end.expected}" if end.found != end.expected else ""
    return f"fill {end.at} (row {fill['row']}, lane {fill['lane']}): {text}{values}"


def _compare_lanes(books: Books, records: Records) -> None:
    traded = books.lanes["lane"]
    if len(traded) and int(traded[-1]) >= len(records):
        raise ReportBug(f"lane {traded[-1]} traded but has no record")
    for name in _RECORD_FIELDS:
        wanted = np.zeros(len(records), np.int64)
        wanted[traded] = books.lanes[name]
        wrong = np.flatnonzero(records[name] != wanted)
        if len(wrong):
            lane = int(wrong[0])
            found, expected = int(records[name][lane]), int(wanted[lane])
            raise ReportBug(f"lane {lane}: {name} is {found} in its record, {expected} in the books")


def _total(column: Ints) -> int:
    """Exact sum in unbounded integers."""
    return sum(column.tolist())


def _field(record: Records, name: str) -> int:
    return int(np.asarray(record[name]).reshape(-1)[0])


def _same(name: str, one: str, first: int, other: str, second: int) -> None:
    if first != second:
        raise ReportBug(f"{name} is {first} by {one}, {second} by {other}")
