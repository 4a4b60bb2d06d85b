"""The demo data as a panel: what a first user sees."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from consilience.adapters.calendars import market_hours
from consilience.adapters.embedded import market_data
from consilience.core.codes import QualityFlag
from consilience.core.errors import NotFound
from consilience.core.schemas import ACTION_DIVIDEND, ACTION_SPLIT
from consilience.core.time import format_time, parse_time
from consilience.market.float_bars import float_bars
from consilience.market.pipeline import BuiltPanel, PanelRequest, build_panel


@pytest.fixture(scope="module")
def built() -> BuiltPanel:
    return build_panel(market_data.bars(), market_hours.schedule)


def test_rows_as_the_package_documents_them(built):
    rows = {finding.symbol: finding.rows for finding in built.report.symbols}
    assert rows == {"AAPL": 3270, "FB": 196, "GOOG": 2148, "IBM": 3270, "MSFT": 3270}
    assert built.panel.shape == (3270, 5)
    assert int(built.panel.valid.sum()) == 12_154


def test_nothing_is_lost_to_the_grid(built):
    assert built.report.count(QualityFlag.OFF_GRID) == 0
    assert sum(finding.off_order_tick for finding in built.report.symbols) == 1325
    bars = market_data.bars(["AAPL"])[0]
    close = float_bars(built.panel, 0, 40).close[:, 0]  # before the first action
    assert np.array_equal(close, bars.trade.close[:40])


def test_half_day_closes_at_one_in_new_york(built):
    closes = {format_time(int(ns)) for ns in built.panel.ts}
    assert "2012-11-23T18:00:00Z" in closes  # the day after Thanksgiving
    assert "2012-11-21T21:00:00Z" in closes
    assert "2012-06-29T20:00:00Z" in closes  # daylight saving


def test_known_splits_and_no_others(built):
    actions = built.panel.actions
    splits = actions[actions["kind"] == ACTION_SPLIT]
    found = [(built.panel.symbols[s["symbol"]], format_time(int(s["ts"]))[:10], int(s["numerator"])) for s in splits]
    assert found == [("AAPL", "2000-06-21", 2), ("MSFT", "2003-02-18", 2), ("AAPL", "2005-02-28", 2)]
    assert set(splits["denominator"].tolist()) == {1}


def test_dividends_are_the_amounts_that_were_paid(built):
    actions = built.panel.actions
    paid = actions[actions["kind"] == ACTION_DIVIDEND]
    by_symbol = {
        symbol: [Decimal(int(d)) / 1_000_000 for d in paid["dividend"][paid["symbol"] == k]]
        for k, symbol in enumerate(built.panel.symbols)
    }
    assert {symbol: len(amounts) for symbol, amounts in by_symbol.items()} == {
        "AAPL": 3, "FB": 0, "GOOG": 0, "IBM": 52, "MSFT": 37,
    }  # fmt: skip
    assert by_symbol["AAPL"] == [Decimal("2.65")] * 3
    assert by_symbol["MSFT"][3] == Decimal("3.08")  # 3.00 special and 0.08 on 2004-11-15
    assert by_symbol["IBM"][-4:] == [Decimal("0.85")] * 4


def test_factor_makes_the_adjusted_price_continuous_and_leaves_the_past(built):
    panel = built.panel
    assert panel.factor is not None and panel.split_factor is not None
    assert panel.factor[0].tolist() == [1.0] * 5
    assert panel.split_factor[-1].tolist() == [4.0, 1.0, 1.0, 1.0, 2.0]
    shorter = build_panel(
        market_data.bars(), market_hours.schedule, PanelRequest(end_ns=parse_time("2004-06-30"))
    ).panel
    rows = shorter.shape[0]
    kept = [panel.symbols.index(symbol) for symbol in ("AAPL", "IBM", "MSFT")]
    assert shorter.factor is not None
    assert np.array_equal(shorter.factor[:, kept], panel.factor[:rows][:, kept])


def test_asked_range_does_not_change_what_a_dividend_was(built):
    # one dividend alone would not show which close the source divides by
    request = PanelRequest(start_ns=parse_time("2012-07-01"), end_ns=parse_time("2012-09-01"))
    part = build_panel(market_data.bars(["AAPL"]), market_hours.schedule, request).panel
    assert part.actions["dividend"].tolist() == [2_650_000]


def test_unknown_symbol_names_the_nearest():
    with pytest.raises(NotFound, match="did you mean 'AAPL'"):
        market_data.bars(["APPL"])
