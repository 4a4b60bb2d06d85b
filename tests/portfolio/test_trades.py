"""Round trips as a trader reads them, and their sums against the fills."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings

from consilience.core.codes import OrderRole, Reason
from consilience.core.errors import ReportBug
from consilience.core.instruments import Instrument
from consilience.core.panel import Panel, PriceColumns, trade_panel
from consilience.portfolio.trades import Trades, round_trips
from tests.examples import examples
from tests.portfolio.test_books import ROWS, SYMBOLS, events, play, rates
from tests.portfolio.toy import ToyVenue, dollars


def panel_of(bars: list[tuple[int, int, int]], symbols: int = 1, splits: list[float] | None = None) -> Panel:
    """Bars of (high, low, close) ticks; one ledger unit a tick a lot; the same bars for each symbol."""
    columns = [np.array([[b[i]] * symbols for b in bars], np.int64) for i in range(3)]
    instruments = [Instrument(symbol=f"S{i}", price_increment=Decimal("0.000001")) for i in range(symbols)]
    ts = (np.arange(len(bars), dtype=np.int64) + 1) * 1000
    prices = PriceColumns(columns[2], columns[0], columns[1], columns[2])
    panel = trade_panel(instruments, ts, prices, np.ones_like(columns[0]))
    if splits is not None:
        factor = np.array([[f] * symbols for f in splits])
        panel = replace(panel, factor=factor, split_factor=factor)
    return panel


BARS = [(110, 90, 100), (130, 95, 120), (125, 80, 90), (105, 85, 100), (140, 100, 130)]


def columns(trades: Trades, *names: str) -> list[tuple[float, ...]]:
    return [tuple(float(row[n]) for n in names) for row in trades.records]


def test_a_long_and_a_short_trade() -> None:
    venue = dollars(5)
    venue.fill(0, 0, 1, 10, 100, fee=3, slippage_base=2, reason=int(Reason.ENTRY_SIGNAL))
    venue.fill(
        2, 0, -1, 10, 90, fee=3, slippage_base=1, reason=int(Reason.STOP_LOSS_HIT), role=int(OrderRole.STOP_LOSS)
    )
    venue.fill(3, 0, -1, 5, 100, fee=1)
    venue.fill(4, 0, 1, 5, 110, fee=1, reason=int(Reason.EXIT_SIGNAL), role=int(OrderRole.EXIT))
    trades = round_trips(venue.fill_records(), panel_of(BARS))
    assert columns(trades, "side", "entry_row", "exit_row", "bars", "max_lots", "gross", "fees", "net", "slippage") == [
        (1, 0, 2, 2, 10, -100, 6, -106, 3),
        (-1, 3, 4, 1, 5, -50, 2, -52, 0),
    ]
    assert columns(trades, "entry_ts", "exit_ts", "entry_ticks", "exit_ticks", "fills", "still_open", "cost") == [
        (1000, 3000, 100, 90, 2, 0, 0),
        (4000, 5000, 100, 110, 2, 0, 0),
    ]
    assert columns(trades, "entry_reason", "exit_reason", "exit_role") == [
        (Reason.ENTRY_SIGNAL, Reason.STOP_LOSS_HIT, OrderRole.STOP_LOSS),
        (Reason.STRATEGY_ORDER, Reason.EXIT_SIGNAL, OrderRole.EXIT),
    ]
    # bars 0 and 1 saw 90..130; the exit's bar counts by its price alone. The short saw bar 3 and left at 110.
    assert columns(trades, "mae", "mfe") == [(-0.1, 0.3), (-0.1, 0.15)]
    assert trades.returns().tolist() == [-0.106, -0.104]
    assert trades.money("net").tolist() == [-0.000106, -0.000052]
    assert trades.closed.all()
    assert len(trades) == 2


def test_scaling_in_and_out_is_one_trade_at_average_prices() -> None:
    venue = dollars(5)
    venue.fill(0, 0, 1, 10, 100)
    venue.fill(1, 0, 1, 30, 120)
    venue.fill(2, 0, -1, 20, 90)
    venue.fill(4, 0, -1, 20, 130)
    trades = round_trips(venue.fill_records(), panel_of(BARS))
    assert columns(trades, "entry_ticks", "exit_ticks", "entry_lots", "max_lots", "realised", "invested") == [
        (115, 110, 40, 40, -200, 4600)
    ]
    assert trades.prices("entry_ticks")[0] == pytest.approx(115e-6)
    assert trades.quantities("max_lots").tolist() == [40.0]


def test_a_reversal_closes_one_trade_and_opens_the_next() -> None:
    venue = dollars(5)
    venue.fill(0, 0, 1, 10, 100, fee=1)
    venue.fill(2, 0, -1, 15, 90, fee=7, slippage_base=8, role=int(OrderRole.REVERSAL))
    trades = round_trips(venue.fill_records(), panel_of(BARS))
    # 5 of 15 lots open the short: fee 7 * 5/15 = 2.33 -> 2, slippage 8 * 5/15 = 2.67 -> 3
    assert columns(trades, "side", "fees", "slippage", "realised", "unrealised", "still_open", "invested") == [
        (1, 6, 5, -100, 0, 0, 1000),
        (-1, 2, 3, 0, -200, 1, 450),
    ]
    short = trades.records[1]
    assert (short["exit_row"], short["exit_ticks"], short["exit_reason"], short["cost"]) == (4, 130, 0, -450)
    assert trades.closed.tolist() == [True, False]


def test_a_split_in_a_trade_is_undone_in_prices_lots_and_excursions() -> None:
    bars = [(110, 90, 100), (60, 40, 50), (70, 45, 60)]
    venue = dollars(3)
    venue.fill(0, 0, 1, 10, 100)
    venue.split(1, 0, 2, 1, 50)
    venue.dividend(1, 0, 3)
    venue.fill(1, 0, 1, 20, 50)
    venue.fill(2, 0, -1, 40, 60)
    trades = round_trips(venue.fill_records(), panel_of(bars, splits=[1.0, 2.0, 2.0]))
    assert columns(trades, "entry_lots", "exit_lots", "entry_ticks", "exit_ticks", "max_lots", "dividends") == [
        (20, 20, 100, 120, 40, 60)
    ]
    assert columns(trades, "realised", "gross", "mae", "mfe") == [(400, 460, -0.2, 0.2)]


def test_a_reverse_split_may_end_a_trade() -> None:
    venue = dollars(3)
    venue.fill(0, 0, 1, 5, 100)
    venue.split(1, 0, 1, 10, 1100)
    trades = round_trips(venue.fill_records(), panel_of([(110, 90, 100)] * 3, splits=[1.0, 0.1, 0.1]))
    row = trades.records[0]
    assert (row["realised"], row["exit_reason"], row["still_open"]) == (50, Reason.CASH_IN_LIEU, 0)
    assert math.isnan(row["exit_ticks"])  # nothing was traded
    assert row["mfe"] == 0.1


def test_masked_bars_are_not_seen_and_marks_wait_for_a_valid_close() -> None:
    panel = panel_of(BARS)
    valid = np.array([[True], [False], [True], [True], [False]])
    venue = dollars(5)
    venue.fill(0, 0, 1, 1, 100)
    trades = round_trips(venue.fill_records(), replace(panel, valid=valid))
    assert columns(trades, "exit_row", "exit_ticks", "unrealised", "mae", "mfe") == [(4, 100, 0, -0.2, 0.25)]
    with pytest.raises(ReportBug, match="the open position in S0 has no price"):
        round_trips(venue.fill_records(), replace(panel, valid=np.zeros_like(valid)))


def test_a_mark_that_does_not_fit_is_named() -> None:
    venue = dollars(1)
    venue.fill(0, 0, 1, 4, 1)
    with pytest.raises(ReportBug, match="no price"):
        round_trips(venue.fill_records(), panel_of([(2**62, 2**62, 2**62)]))


def test_a_price_of_zero_has_no_excursion() -> None:
    venue = dollars(2)
    venue.fill(0, 0, 1, 4, 0)
    trades = round_trips(venue.fill_records(), panel_of(BARS[:2]))
    assert math.isnan(trades.records["mae"][0])
    assert math.isnan(trades.returns()[0])


def test_shorts_are_watched_and_marked_at_the_ask() -> None:
    panel = panel_of(BARS)
    panel = replace(panel, ask=PriceColumns(*(c + 2 for c in panel.bid)))
    venue = dollars(5)
    venue.fill(0, 0, -1, 1, 100)
    trades = round_trips(venue.fill_records(), panel)
    assert columns(trades, "exit_ticks", "unrealised", "mae", "mfe") == [(132, -32, -0.42, 0.18)]


def test_a_note_without_a_position_is_nobodys() -> None:
    venue = dollars(3)
    venue.fill(0, 0, 1, 10, 100)
    venue.dividend(1, 0, 1)
    alone = venue.fill_records()[1:]
    assert len(round_trips(alone, panel_of(BARS[:3]))) == 0


def test_no_fills_no_trades() -> None:
    trades = round_trips(dollars(2).fill_records(), panel_of(BARS[:2]))
    assert len(trades) == 0
    assert trades.returns().tolist() == []


def three_currency_panel(venue: ToyVenue) -> Panel:
    panel = panel_of([(110, 90, 100)] * ROWS, SYMBOLS)
    increments = (Decimal("0.000001"), Decimal("0.000001"), Decimal("0.00000001"))
    names = zip(increments, venue.currencies, strict=True)
    instruments = tuple(Instrument(symbol=f"S{i}", price_increment=p, currency=c) for i, (p, c) in enumerate(names))
    terms = venue.terms()
    return replace(
        panel, instruments=instruments, currencies=venue.currencies, fx_num=terms.fx_num, fx_den=terms.fx_den
    )


@settings(max_examples=examples(400))
@given(events, rates)
def test_trades_sum_to_the_fills(history: list[tuple[object, ...]], fx: list[tuple[int, int]]) -> None:
    venue = play(history, fx)
    fills = venue.fill_records()
    trades = round_trips(fills, three_currency_panel(venue))
    lanes = venue.lane_records()
    for name, expected in (
        ("realised", int(fills["realised"].sum())),
        ("fees", int(fills["fee_base"].sum())),
        ("slippage", int(fills["slippage_base"].sum())),
        ("dividends", int(lanes["dividends"].sum())),
        ("cost", int(lanes["cost"].sum())),
    ):
        assert int(trades.records[name].sum()) == expected
    marked = sum(venue.convert(ROWS - 1, number % SYMBOLS, lane.lots * 100) for number, lane in enumerate(venue.lanes))
    assert int(trades.records["net"].sum()) == venue.cash - venue.capital + marked
    assert int((trades.records["still_open"] == 1).sum()) == sum(lane.lots != 0 for lane in venue.lanes)
    assert (trades.records["cost"][trades.closed] == 0).all()
    assert (trades.records["max_lots"] > 0).all()
