"""One market in two files, stamped at the open and at the close of each bar: the same trades, bit for bit."""

from __future__ import annotations

import numpy as np
import polars as pl

from consilience.adapters.calendars import market_hours
from consilience.adapters.storage.bar_import import import_bars
from consilience.adapters.storage.import_options import ImportOptions
from consilience.core.time import HOUR, parse_time
from consilience.market.pipeline import build_panel
from consilience.research.backtest import backtest
from tests.research.helpers import Crossing


def test_both_stamps_trade_alike(tmp_path):
    random = np.random.default_rng(11)
    close = 100.0 + np.cumsum(random.integers(-60, 63, 400)) / 100.0
    opens = parse_time("2024-03-01") + np.arange(400, dtype=np.int64) * HOUR
    runs = {}
    for stamp, ns in (("open", opens), ("close", opens + HOUR)):
        path = tmp_path / f"{stamp}.csv"
        pl.DataFrame(
            {
                "time": pl.Series(ns).cast(pl.Datetime("ns")).dt.strftime("%Y-%m-%d %H:%M:%S"),
                "open": np.round(close - 0.05, 2),
                "high": np.round(close + 0.30, 2),
                "low": np.round(close - 0.30, 2),
                "close": np.round(close, 2),
                "volume": 5_000.0,
            }
        ).write_csv(path)
        options = ImportOptions(symbol="AAA", stamp=stamp, tz="UTC", session="24/7")
        built = build_panel(import_bars(path, options).bars, market_hours.schedule)
        runs[stamp] = backtest(built, Crossing)
    assert runs["open"].manifest.digests == runs["close"].manifest.digests
    assert runs["open"].trades.equals(runs["close"].trades) and len(runs["open"].trades) > 20
    assert runs["open"].periods_per_year == runs["close"].periods_per_year
