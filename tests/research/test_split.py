"""A real split inside a held position: Apple, two for one on 2005-02-28."""

from __future__ import annotations

import re

import numpy as np
import pytest

from consilience.core.codes import Reason
from consilience.core.time import DAY, parse_time
from consilience.engine.fused import Fused
from consilience.engine.settings import Settings
from consilience.research.backtest import backtest
from consilience.research.why import why
from consilience.signals.fusion.terms import FusionProfile, SourceUse
from consilience.strategies.catalog import find_strategy


@pytest.fixture(scope="module")
def runs(demo):
    """The same run up to the bar before the split, and up to the split's own bar."""
    row = int(np.searchsorted(demo.panel.ts, parse_time("2005-02-28")))
    part = demo.panel
    strategy = find_strategy("moving_average_cross")
    return [backtest(part.rows(0, until), strategy) for until in (row, row + 1)], row


def test_position_doubles_and_the_stop_halves(demo, runs):
    (before, after), _ = runs
    column = demo.panel.symbols.index("AAPL")
    lots = [run.output.lanes["lots"][column] for run in (before, after)]
    assert lots[0] > 0 and lots[1] == 2 * lots[0]
    stops = [_stop(run) for run in (before, after)]
    assert [stop["stop"] for stop in stops] == [28.9, 14.45]  # halved, and a price in whole cents
    assert stops[1]["quantity"] == 2 * stops[0]["quantity"] == lots[1]


def _stop(run):
    orders = run.orders
    (stop,) = orders.filter(
        (orders["symbol"] == "AAPL") & (orders["role"] == "stop loss") & (orders["status"] == "accepted")
    ).to_dicts()
    return stop


def test_equity_moves_by_the_market_only(demo, runs):
    (before, after), row = runs
    held = after.output.lanes["lots"]
    moves = 0.0
    for column, symbol in enumerate(demo.panel.symbols):
        close = demo.panel.bid.close[:, column] * 1e-4
        ratio = 2.0 if symbol == "AAPL" else 1.0
        moves += held[column] * (close[row] - close[row - 1] / ratio)
    assert after.equity_curve[row] - before.equity_curve[row - 1] == pytest.approx(moves, abs=1e-6)
    assert after.cash_curve[row] == before.cash_curve[row - 1]


def test_no_signal_and_no_trade_come_of_it(runs):
    (before, after), row = runs
    new = after.output.fills[len(before.output.fills) :]
    assert new["reason"].tolist() == [Reason.SPLIT] and new["row"].tolist() == [row] and new["cash"].tolist() == [0]
    at_split = after.output.records[after.output.records["row"] == row]
    apple = after.panel.symbols.index("AAPL")
    assert (at_split["lane"] == apple).sum() == 0
    assert after.manifest.books.dividends == before.manifest.books.dividends


def test_the_report_shows_the_price_that_was_traded(demo):
    run = backtest(demo, find_strategy("moving_average_cross"))
    entry = parse_time("2004-08-25T20:00")
    (trade,) = [t for t in run.report_data().trades if t.symbol == "AAPL" and t.entry_ns == entry]
    fills = run.fills.filter(run.fills["symbol"] == "AAPL")
    (sold,) = fills.filter(fills["time"].cast(int) == trade.exit_ns)["price"]
    assert trade.exit_price == pytest.approx(sold)
    frame = run.trades.filter(run.trades["symbol"] == "AAPL")
    assert frame.filter(frame["entry_time"].cast(int) == entry)["exit_price"][0] == pytest.approx(2 * sold)


LOUD = FusionProfile(
    "loud", {"volume_profile": SourceUse(0.6), "fibonacci_expansion": SourceUse(0.4)}, coverage_minimum=0.1
)
QUOTES = (r"point of control at ([\d.]+)", r"next target ([\d.]+)")
# day, F there, prices of that time: Apple stood at about 90 before the split and at 45 after it
AROUND = [("2005-02-25", 2.0, (50.0, 120.0)), ("2005-03-08", 4.0, (25.0, 60.0))]


@pytest.mark.parametrize(("day", "factor", "prices"), AROUND)
def test_reasons_quote_the_prices_of_the_day(demo, day, factor, prices):
    """Features see prices that are multiplied by F; people read those of the tape."""
    panel = demo.panel
    row = int(np.searchsorted(panel.ts, parse_time(day) + DAY)) - 1
    assert panel.factor[row, panel.symbols.index("AAPL")] == factor
    run = backtest(panel.rows(row - 300, row + 1), Fused(LOUD), settings=Settings(record="full"))
    (told,) = why(run, "AAPL")
    quoted = [float(found[1]) for pattern in QUOTES if (found := re.search(pattern, "\n".join(told.lines)))]
    assert quoted and all(prices[0] < price < prices[1] for price in quoted), told.lines
