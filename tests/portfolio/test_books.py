"""The books balance: any history of fills, splits and dividends, in several lanes and currencies."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.codes import Reason
from consilience.core.errors import ReportBug
from consilience.core.instruments import Instrument
from consilience.core.panel import PriceColumns, trade_panel
from consilience.portfolio.books import book_terms, build_books, verify
from tests.examples import examples
from tests.portfolio.toy import ToyVenue, dollars

SYMBOLS, ROWS = 3, 12

events = st.lists(
    st.one_of(
        st.tuples(
            st.just("fill"), st.integers(0, 2 * SYMBOLS - 1), st.sampled_from([1, -1]), st.integers(1, 400),
            st.integers(1, 10**6), st.integers(-50, 5000),
        ),
        st.tuples(
            st.just("split"), st.integers(0, SYMBOLS - 1), st.integers(1, 7), st.integers(1, 7), st.integers(1, 10**6)
        ),
        st.tuples(st.just("dividend"), st.integers(0, SYMBOLS - 1), st.integers(0, 10**5)),
    ),
    max_size=40,
)  # fmt: skip
rates = st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)), min_size=ROWS, max_size=ROWS)


def play(history: list[tuple[Any, ...]], fx: list[tuple[int, int]]) -> ToyVenue:
    """Corporate actions first within a slice, as the design orders them."""
    venue = ToyVenue(("USD", "EUR", "BTC"), [0, 1, 2], [[1, *pair] for pair in fx], [1, 10**6, 3 * 10**5], 10**9)
    share = max(1, -(-len(history) // ROWS))
    for row in range(ROWS):
        chunk = history[row * share : (row + 1) * share]
        for kind, *rest in sorted(chunk, key=lambda e: e[0] == "fill"):
            if kind == "fill":
                venue.fill(row, *rest)
            elif kind == "split":
                venue.split(row, *rest)
            else:
                venue.dividend(row, *rest)
    return venue


@settings(max_examples=examples(1500), deadline=None)
@given(events, rates)
def test_any_history_balances(history: list[tuple[Any, ...]], fx: list[tuple[int, int]]) -> None:
    venue = play(history, fx)
    fills, actions = venue.fill_records(), venue.action_records()
    proof = verify(fills, actions, venue.terms(), venue.account_record(), venue.lane_records())
    assert proof.cash == venue.cash
    proof.books.ledger.check()
    trial = proof.books.ledger.trial_balance()
    assert trial.debits == trial.credits
    # profit is what cash and the value of the position gained, whatever the marks
    marks = [997 * (s + 1) for s in range(SYMBOLS)]
    value = unrealised = 0
    for number, lane in enumerate(venue.lanes):
        symbol = number % SYMBOLS
        worth = venue.convert(ROWS - 1, symbol, lane.lots * marks[symbol])
        value += worth
        unrealised += worth - lane.cost
    realised = proof.realised - proof.fees + proof.dividends
    assert realised + unrealised == venue.cash - venue.capital + value


@settings(max_examples=examples(500), deadline=None)
@given(events, rates, st.data())
def test_one_changed_unit_is_found(
    history: list[tuple[Any, ...]], fx: list[tuple[int, int]], data: st.DataObject
) -> None:
    venue = play(history, fx)
    fills, lanes, account = venue.fill_records(), venue.lane_records(), venue.account_record()
    places = [(account, 0, n) for n in ("cash", "realised", "fees", "dividends", "slippage", "fills")]
    places += [(lanes, i, n) for i in range(len(lanes)) for n in ("lots", "cost", "realised", "fees", "dividends")]
    names = ("cash", "fee_base", "realised", "position", "fx_num", "fx_den", "slippage_base")
    places += [(fills, i, n) for i in range(len(fills)) for n in names]
    array, at, name = data.draw(st.sampled_from(places))
    array[at][name] += data.draw(st.sampled_from([-1, 1]))
    with pytest.raises(ReportBug):
        verify(fills, venue.action_records(), venue.terms(), account, lanes)


def test_a_euro_trade_of_a_dollar_account_line_by_line() -> None:
    venue = ToyVenue(("USD", "EUR"), [1], [[1, 110], [1, 120], [1, 105]], [1, 100], 10_000, strategies=1)
    venue.fill(0, 0, 1, 10, 50, fee=5)  # 500 EUR at 1.10 = 550 USD, fee 5 EUR = 5.50 -> 6 USD (half to even)
    venue.dividend(1, 0, 2)  # 20 EUR at 1.20 = 24 USD
    venue.fill(2, 0, -1, 10, 60, fee=5)  # 600 EUR at 1.05 = 630 USD, fee 5.25 -> 5 USD
    proof = verify(
        venue.fill_records(), venue.action_records(), venue.terms(), venue.account_record(), venue.lane_records()
    )
    assert (proof.realised, proof.fees, proof.dividends, proof.cash) == (80, 11, 24, 10_093)
    assert proof.books.ledger.trial_balance().balances == {
        "cash:USD": 10_093,
        "capital:USD": -10_000,
        "position:S0#0:EUR": 0,
        "realised:USD": 0,
        "realised:EUR": -100,
        "fees:USD": 0,
        "fees:EUR": 10,
        "dividends:USD": 0,
        "dividends:EUR": -20,
        "fx_clearing:USD": -93,
        "fx_clearing:EUR": 110,
    }
    assert proof.books.ledger.trial_balance(last_row=0).balances["position:S0#0:EUR"] == 500
    assert (proof.fills, proof.lanes, proof.transactions) == (3, 1, 4)


def test_no_fills_at_all() -> None:
    venue = dollars(3)
    venue.split(1, 0, 3, 2, 100)
    proof = verify(
        venue.fill_records(), venue.action_records(), venue.terms(), venue.account_record(), venue.lane_records()
    )
    assert (proof.cash, proof.transactions, proof.postings) == (1_000_000, 1, 2)


def buy_then_split() -> ToyVenue:
    venue = dollars(4)
    venue.fill(0, 0, 1, 7, 100)
    venue.split(1, 0, 3, 2, 70)  # ten whole lots and a half
    venue.fill(2, 0, -1, 4, 80)
    return venue


def drop_lieu(fills: np.ndarray) -> np.ndarray:
    kept: np.ndarray = fills[fills["reason"] != Reason.CASH_IN_LIEU]
    return kept


def set_column(name: str, at: int, value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(fills: np.ndarray) -> np.ndarray:
        fills[name][at] = value
        return fills

    return change


def wrong_symbol(fills: np.ndarray) -> np.ndarray:
    fills["lane"][0] = 1
    fills["symbol"][0] = 2
    return fills


# fills 0: buy 7 at 100; 1: split 3 for 2; 2: half a share in cash; 3: sell 4 at 80
FAULTS: list[tuple[Callable[[np.ndarray], np.ndarray], str]] = [
    (drop_lieu, "fill 2 (row 2, lane 0): a split's fraction was never settled in cash"),
    (lambda f: drop_lieu(f)[:2], "after the last fill, lane 0: a split's fraction was never settled in cash"),
    (lambda f: f[:1], "after the last fill, lane 0: a corporate action was not applied to the open position"),
    (lambda f: f[[0, 3]], "fill 1 (row 2, lane 0): a corporate action was not applied to the open position"),
    (lambda f: f[[0, 1, 2, 2]], "fill 3 (row 1, lane 0): cash in lieu without a split's fraction"),
    (lambda f: f[[0, 1, 1]], "fill 2 (row 1, lane 0): a split's fraction was never settled in cash"),
    (lambda f: f[[0, 1, 2, 1]], "fill 3 (row 1, lane 0): there is no such corporate action in this slice"),
    (set_column("row", 1, 2), "fill 1 (row 2, lane 0): a corporate action was not applied to the open position"),
    (set_column("reason", 1, Reason.DIVIDEND), "fill 1 (row 1, lane 0): there is no such corporate action in this"),
    (set_column("lots", 0, 0), "fill 0 (row 0, lane 0): lots are not positive"),
    (set_column("notional", 0, 701), "fill 0 (row 0, lane 0): notional differs: 701, the books say 700"),
    (set_column("ticks", 2, 72), "fill 2 (row 1, lane 0): notional differs: 35, the books say 36"),
    (set_column("fx_den", 3, 2), "fill 3 (row 2, lane 0): fx_den is not the slice's: 2, the books say 1"),
    (set_column("row", 3, 0), "fill 3 (row 0, lane 0): row goes back: 0, the books say 1"),
    (wrong_symbol, "fill 0: lane 1 is not of symbol 2"),
]


@pytest.mark.parametrize(("break_it", "text"), FAULTS, ids=[text for _, text in FAULTS])
def test_the_first_difference_is_named(break_it: Callable[[np.ndarray], np.ndarray], text: str) -> None:
    venue = buy_then_split()
    with pytest.raises(ReportBug, match=r"^" + re.escape(text)):
        build_books(break_it(venue.fill_records()), venue.action_records(), venue.terms())


def test_differences_of_the_records_are_named() -> None:
    venue = buy_then_split()
    fills, actions, terms = venue.fill_records(), venue.action_records(), venue.terms()
    account, lanes = venue.account_record(), venue.lane_records()
    lanes["cost"][0] += 1
    with pytest.raises(ReportBug, match=r"^lane 0: cost is 401 in its record, 400 in the books"):
        verify(fills, actions, terms, account, lanes)
    with pytest.raises(ReportBug, match=r"^lane 0 traded but has no record"):
        verify(fills, actions, terms, account, lanes[:0])
    account["cash"] -= 1
    with pytest.raises(ReportBug, match=r"^cash is 999654 by the account record, 999655 by the books"):
        verify(fills, actions, terms, account, venue.lane_records())


@pytest.mark.parametrize(
    ("column", "value"), [("ticks", 2**62), ("ticks", 2**61), ("fee", 2**62)], ids=["price", "value", "fee"]
)
def test_amounts_that_do_not_fit_are_named(column: str, value: int) -> None:
    venue = ToyVenue(("USD", "EUR"), [1], [[1, 5]], [1, 1], 0, strategies=1)
    venue.fill(0, 0, 1, 2, 1)
    fills = venue.fill_records()
    fills[column] = value
    with pytest.raises(ReportBug, match=r"^fill 0 \(row 0, lane 0\): an amount does not fit"):
        build_books(fills, venue.action_records(), venue.terms())


@pytest.mark.parametrize(
    ("kind", "numerator", "dividend"), [(0, 2**62, 0), (1, 1, 2**62), (1, 1, 2**60)], ids=["split", "dividend", "fx"]
)
def test_actions_that_do_not_fit_are_named(kind: int, numerator: int, dividend: int) -> None:
    venue = ToyVenue(("USD", "EUR"), [1], [[1, 10**6]] * 2, [1, 1], 0, strategies=1)
    venue.fill(0, 0, 1, 3, 1)
    venue.actions.append((1, 2000, 0, kind, numerator, 1, dividend))
    venue.note(1, 0, 1, (0, 0, 0), Reason.DIVIDEND if kind else Reason.SPLIT)
    with pytest.raises(ReportBug, match=r"^fill 1 \(row 1, lane 0\): an amount does not fit"):
        build_books(venue.fill_records(), venue.action_records(), venue.terms())


def test_cash_in_lieu_that_does_not_fit_is_named() -> None:
    venue = buy_then_split()
    fills = venue.fill_records()
    fills["ticks"][2] = 2**62
    with pytest.raises(ReportBug, match=r"^fill 2 \(row 1, lane 0\): an amount does not fit"):
        build_books(fills, venue.action_records(), venue.terms())


def test_a_position_cost_that_does_not_fit_is_named() -> None:
    venue = dollars(2, capital=0)
    venue.fill(0, 0, 1, 1, 3 * 10**18)
    venue.fill(1, 0, 1, 1, 3 * 10**18)
    with pytest.raises(ReportBug, match=r"^fill 1 \(row 1, lane 0\): an amount does not fit"):
        build_books(venue.fill_records(), venue.action_records(), venue.terms())


def test_two_splits_and_a_dividend_in_one_slice() -> None:
    venue = dollars(2, strategies=2)
    venue.fill(0, 0, 1, 7, 100)
    venue.fill(0, 1, -1, 5, 100)
    venue.split(1, 0, 3, 2, 70)
    venue.dividend(1, 0, 2)
    venue.split(1, 0, 1, 3, 210)
    venue.actions.append((1, 2000, 0, 2, 1, 1, 0))  # delisted: its positions close by fills
    venue.fill(1, 0, -1, 3, 200, reason=int(Reason.DELISTED))
    proof = verify(
        venue.fill_records(), venue.action_records(), venue.terms(), venue.account_record(), venue.lane_records()
    )
    assert proof.dividends == 2 * 10 - 2 * 7
    assert [lane.lots for lane in venue.lanes] == [0, -2]


def test_a_run_over_part_of_a_history_counts_rows_from_its_first_slice() -> None:
    venue = buy_then_split()
    fills = venue.fill_records()
    fills["row"] += 100
    proof = verify(
        fills,
        venue.action_records(),
        replace(venue.terms(), first_slice=100),
        venue.account_record(),
        venue.lane_records(),
    )
    assert proof.cash == venue.cash


def test_terms_come_from_a_panel() -> None:
    ts = np.arange(1, 4, dtype=np.int64)
    column = np.full((3, 2), 100, np.int64)
    instruments = [Instrument(symbol="AAA"), Instrument(symbol="BBB", price_increment=Decimal("0.5"))]
    panel = trade_panel(instruments, ts, PriceColumns(column, column, column, column), column)
    terms = book_terms(panel.rows(1, 3), 5)
    assert (terms.symbols, terms.currencies, terms.first_slice, terms.capital) == (("AAA", "BBB"), ("USD",), 1, 5)
    assert terms.notional_num.tolist() == [10_000, 500_000]
    assert terms.currency.tolist() == [0, 0]
