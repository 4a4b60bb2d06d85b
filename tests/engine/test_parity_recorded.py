"""One pipeline on prices of real markets: loop, callbacks and live steps agree to the integer.

The days come from the demo's data package; minutes, hours and bid/ask bars from recorded files, skipped where absent.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from consilience.adapters.calendars import market_hours
from consilience.adapters.embedded import market_data
from consilience.adapters.storage.bar_import import import_bars
from consilience.adapters.storage.import_options import ImportOptions
from consilience.core.instruments import InstrumentKind
from consilience.engine.as_callbacks import AsCallbacks
from consilience.engine.session import Session
from consilience.engine.settings import Settings
from consilience.market.pipeline import build_panel
from consilience.strategies.base import CallbackStrategy
from consilience.strategies.catalog import STRATEGIES
from tests.engine.markets import PARAMETERS, markets_of, play, same, stepped, strategy

pytestmark = pytest.mark.compiled
needs_demo = pytest.mark.skipif(not market_data.available(), reason="bokeh_sampledata is not installed")

SETTINGS = Settings(cash=30_000.0, fraction=0.3)
COIN: dict[str, Any] = {"session": "24/7", "stamp": "open", "lot": Decimal("0.00001")}
FX: dict[str, Any] = {"kind": InstrumentKind.FX_PAIR, "session": "24/5", "stamp": "open"}
# file -> import options, is it bid/ask, slices for the whole runs
FILES: dict[str, tuple[dict[str, Any], bool, int]] = {
    "us_minute_trade_bars_spy_aig_aapl.parquet": ({"stamp": "open"}, False, 3_900),
    "coinbase_minute_trade_btcusd_ethusd.parquet": ({**COIN, "kind": InstrumentKind.CRYPTO_SPOT}, False, 9_000),
    "btc_perp_1m_202201.parquet": (
        {**COIN, "kind": InstrumentKind.CRYPTO_PERPETUAL, "symbol": "BTC-PERP", "tz": "UTC"}, False, 9_000,
    ),
    "us_minute_quote_bars_spy_aig_aapl.parquet": ({"stamp": "open"}, True, 3_900),
    "fxcm_gbpusd_1m_bid_ask_2012.parquet": ({**FX, "symbol": "GBPUSD"}, True, 9_000),
    "oanda_fx_hour_eurusd.parquet": (FX, True, 9_000),
}  # fmt: skip
STEPS = 1_500
# a minute moves little: the limit lies at the close, the stop near the band
QUICK = {
    **PARAMETERS,
    "bollinger_mean_reversion": {
        **PARAMETERS["bollinger_mean_reversion"], "limit_offset": 0.0, "stop_offset": 0.002, "period": 4,
    },
}  # fmt: skip


@cache
def days():
    """Five stocks, 3,270 sessions, with their splits and dividends."""
    return build_panel(market_data.bars(), market_hours.schedule).panel


# on these every file of recorded bars is run; the others share their kernels and trade rarely
FIRST = ("moving_average_cross", "macd_cross", "rsi_mean_reversion", "bollinger_mean_reversion")
# with strategies that send orders ahead of, between and behind them
MIXED = ("cointegrated_pairs", *FIRST[:2], "cross_sectional_momentum", *FIRST[2:], "cross_sectional_reversal")


@cache
def recorded(path):
    """The first slices of a recorded file."""
    options, quoted, rows = FILES[path.name]
    panel = build_panel(import_bars(path, ImportOptions(**options)).bars, market_hours.schedule).panel
    assert panel.is_bid_ask == quoted
    return panel.rows(0, min(rows, panel.shape[0]))


def quick(name, *, callbacks=False):
    made = STRATEGIES[name](**QUICK.get(name, {}))
    return AsCallbacks(made) if callbacks and not isinstance(made, CallbackStrategy) else made


def ran(panel, strategies):
    session = Session(panel, strategies, SETTINGS)
    session.run(panel)
    return session.output()


@needs_demo
@pytest.mark.parametrize("name", [s for s in STRATEGIES if "daily" in markets_of(s)])
def test_real_days(name):
    reference = play(days(), name, settings=SETTINGS)
    assert len(reference.fills) >= (200 if name in FIRST else 40)
    same(reference, play(days(), name, callbacks=True, settings=SETTINGS))
    same(reference, play(days(), name, blocks=(1, 13, 400), settings=SETTINGS))


@needs_demo
@pytest.mark.parametrize("callbacks", [False, True])
@pytest.mark.parametrize("name", FIRST)
def test_live_steps_over_real_days(name, callbacks):
    same(play(days(), name, settings=SETTINGS), stepped(days(), [strategy(name, callbacks=callbacks)], SETTINGS))


@needs_demo
@pytest.mark.parametrize("callbacks", [False, True])
def test_live_steps_over_real_days_with_all_strategies_in_one_account(callbacks):
    names = [s for s in STRATEGIES if "daily" in markets_of(s)]
    reference = ran(days(), [strategy(name) for name in names])
    traded = {lane // len(days().symbols) for lane in reference.fills["lane"].tolist()}
    assert traded == set(range(len(names)))
    same(reference, stepped(days(), [strategy(name, callbacks=callbacks) for name in names], SETTINGS))


@pytest.mark.parametrize("name", FIRST)
@pytest.mark.parametrize("file", FILES)
def test_recorded_bars(file, name, shared_data):
    panel = recorded(shared_data / "intraday" / file)
    reference = ran(panel, [quick(name)])
    assert len(reference.fills) >= 200
    same(reference, ran(panel, [quick(name, callbacks=True)]))
    first = panel.rows(0, STEPS)
    wanted = ran(first, [quick(name)])
    assert len(wanted.fills) >= 20
    same(wanted, stepped(first, [quick(name)], SETTINGS))
    same(wanted, stepped(first, [quick(name, callbacks=True)], SETTINGS))


@pytest.mark.parametrize("file", FILES)
def test_recorded_bars_with_several_strategies_in_one_account(file, shared_data):
    panel = recorded(shared_data / "intraday" / file)
    reference = ran(panel, [quick(name) for name in MIXED])
    same(reference, ran(panel, [quick(name, callbacks=True) for name in MIXED]))
    same(reference, stepped(panel, [quick(name) for name in MIXED], SETTINGS))
