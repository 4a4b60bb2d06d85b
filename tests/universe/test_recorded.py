"""A recorded market: four coins in bitcoin by five minutes. Figures against plain sums; slices against the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from consilience.apps import wiring
from consilience.apps.config import DataConfig
from consilience.core.jit import JIT_ENABLED
from consilience.engine.settings import Settings
from consilience.market.pipeline import BuiltPanel
from consilience.research.backtest import backtest
from consilience.research.paper import paper
from consilience.strategies.catalog import STRATEGIES
from consilience.universe.catalog import make_profile
from consilience.universe.screener import Screener

ROWS = 3_000 if JIT_ENABLED else 700
PROFILE = make_profile(
    "crypto",
    {
        "filters": {"volume": {"minimum": 500.0}, "age": {"minimum": 0.5}, "volatility": {"maximum": 0.05}},
        "missing": "pass",
        "top": 2,
        "max_correlation": 0.9,
    },
)


@pytest.fixture(scope="module")
def coins(shared_data: Path) -> tuple[Path, BuiltPanel]:
    """The file, and the first rows of its panel."""
    path = shared_data / "intraday" / "altcoin_btc_5m_201801.parquet"
    source = DataConfig.model_validate(
        {"source": str(path), "kind": "crypto_spot", "currency": "BTC", "columns": {"symbol": "pair"}, "stamp": "open"}
    )
    built = wiring.load_data(source, "BTC")
    return path, built._replace(panel=built.panel.rows(0, ROWS), session_open=built.session_open[:ROWS])


def test_turnover_is_the_sum_of_the_day_before(coins: tuple[Path, BuiltPanel]) -> None:
    path, built = coins
    screener = Screener(PROFILE, built.panel)
    turnover = screener.push(built.panel, 0, ROWS, built.session_open).measures["turnover"]
    frame = pl.read_parquet(path).with_columns(
        closes=pl.col("time_utc").dt.epoch("ns") + 300_000_000_000, worth=pl.col("close") * pl.col("volume")
    )
    for row in (300, ROWS - 1):
        at = int(built.panel.ts[row])
        day = frame.filter((pl.col("closes") > at - 86_400_000_000_000) & (pl.col("closes") <= at))
        sums = {pair: float(group["worth"].sum()) for (pair,), group in day.group_by("pair")}
        for column, symbol in enumerate(built.panel.symbols):
            assert turnover[row, column] == pytest.approx(sums[symbol], abs=1e-3)


def test_slices_trade_as_the_whole_does(coins: tuple[Path, BuiltPanel]) -> None:
    built = coins[1]
    asked: Any = {"settings": Settings(cash=100.0, fraction=0.2, universe=PROFILE, record="full")}
    cross = STRATEGIES["moving_average_cross"]
    results = [run(built, [cross(fast=5, slow=15)], **asked) for run in (backtest, paper)]
    assert results[0].manifest.digests == results[1].manifest.digests
    reasons = set(results[0].output.records["reason"].tolist())
    assert {119, 110} <= reasons  # outranked, listed too recently
    assert np.count_nonzero(results[0].output.fills["lots"]) > 4


def test_symbols_traded_lately_make_room(coins: tuple[Path, BuiltPanel]) -> None:
    built = coins[1]
    outcomes = []
    for minutes in (30.0, 0.0):
        profile = make_profile("all", {"top": 1, "decay_minutes": minutes, "missing": "pass"})
        settings = Settings(cash=100.0, fraction=0.2, universe=profile, record="full")
        result = backtest(built, STRATEGIES["rsi_mean_reversion"](period=5), settings=settings)
        outcomes.append(result.manifest.digests["decisions"])
    assert outcomes[0] != outcomes[1]
