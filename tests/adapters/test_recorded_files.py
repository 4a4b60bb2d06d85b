"""Recorded data of many formats, through ordinary import options, to panels. Skipped where the data is absent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pytest

from consilience.adapters.calendars import market_hours
from consilience.adapters.embedded import fx
from consilience.adapters.storage.bar_import import import_bars
from consilience.adapters.storage.import_options import ImportOptions
from consilience.core.columns import RawTicks
from consilience.core.errors import DataError
from consilience.core.instruments import Instrument, InstrumentKind
from consilience.core.panel import Floats
from consilience.core.time import HOUR, MINUTE, Timeframe, format_time, parse_time
from consilience.market.bars_from_ticks import TradeEvents, trade_bars
from consilience.market.buckets import tick_bucket_ends
from consilience.market.continuous import RollRule, continuous_series
from consilience.market.derive import derive_actions
from consilience.market.float_bars import float_bars
from consilience.market.pipeline import PanelRequest, build_panel
from consilience.market.quality import QualityPolicies
from consilience.market.quality_bars import gate_bars
from consilience.market.quality_ticks import gate_ticks
from consilience.market.sessions import session_opens

COIN: dict[str, Any] = {"kind": InstrumentKind.CRYPTO_SPOT, "session": "24/7", "stamp": "open"}
FX: dict[str, Any] = {"kind": InstrumentKind.FX_PAIR, "session": "24/5", "stamp": "open"}
ES: dict[str, Any] = {"kind": InstrumentKind.FUTURE, "session": "CMES", "stamp": "open", "multiplier": Decimal(50)}

# file -> options, symbols, rows, (flag counts over all symbols)
FILES: dict[str, tuple[dict[str, Any], int, int, dict[str, int] | None]] = {
    "daily/coinbase_btcusd_daily.csv.gz": ({**COIN, "stamp": None}, 1, 1318, {"gap": 8}),
    "daily/index_sp500_ohlcv_1999_2018.csv.gz": ({"symbol": "SPX", "kind": InstrumentKind.INDEX}, 1, 5031, {}),
    "daily/oanda_fx_daily_eurusd_gbpusd.parquet": (FX, 2, 7476, {"gap": 18}),
    "daily/sector_etf_adjclose_2005_2019.csv.gz": ({"close_only": True}, 11, 35079, {"gap": 13}),
    "daily/spy_daily_adjclose_2008_2018.csv.gz": ({"symbol": "SPY"}, 1, 2519, {"high_below_low": 2}),
    "daily/us_stocks_44_daily_2012_2017.parquet": ({}, 44, 53240, None),
    "daily/vix_daily_1990_2020.csv.gz": (
        {"symbol": "VIX", "kind": InstrumentKind.INDEX, "on_bad_row": "drop"},
        1, 7808, {"gap": 4, "high_below_low": 47, "outlier": 1},
    ),
    "intraday/altcoin_btc_5m_201801.parquet": ({**COIN, "currency": "BTC"}, 4, 23000, None),
    "intraday/binance_btcusdt_1h_2020_2022.parquet": ({**COIN, "currency": "USDT"}, 1, 16319, {"outlier": 2}),
    "intraday/bitvavo_btceur_1h_2020_2022.parquet": ({**COIN, "symbol": "BTC", "currency": "EUR"}, 1, 26296,
                                                     {"gap": 5, "outlier": 10}),
    "intraday/btc_perp_1m_202201.parquet": (
        {**COIN, "symbol": "P", "kind": InstrumentKind.CRYPTO_PERPETUAL, "tz": "UTC"}, 1, 45031, {},
    ),
    "intraday/btcusdt_1m_202604.csv.gz": ({**COIN, "symbol": "B", "currency": "USDT"}, 1, 3000, {}),
    "intraday/fxcm_gbpusd_1m_bid_ask_2012.parquet": ({**FX, "symbol": "GBPUSD"}, 1, 30117,
                                                     {"crossed": 1203, "gap": 850}),
    "intraday/oanda_fx_hour_eurusd.parquet": (FX, 1, 74439, {"gap": 28, "outlier": 1}),
    "intraday/us_hour_spy_aapl_bac_1998_2021.parquet": ({"stamp": "open"}, 3, 122481, None),
    "intraday/us_minute_quote_bars_spy_aig_aapl.parquet": ({"stamp": "open"}, 3, 11927, None),
}  # fmt: skip


def judged(bars):
    schedule = market_hours.schedule(bars.instrument.session, int(bars.ts.min()), int(bars.ts.max()))
    return gate_bars(bars, schedule, QualityPolicies())


@pytest.mark.parametrize("name", FILES)
def test_file_is_read_whole_and_judged(shared_data, name):
    options, symbols, rows, flags = FILES[name]
    result = import_bars(shared_data / name, ImportOptions(**options))
    assert len(result.bars) == symbols and sum(map(len, result.bars)) == rows
    findings = [judged(b)[1] for b in result.bars]
    assert all(f.rows == f.kept + f.dropped for f in findings)
    if flags is not None:
        total = {k: sum(f.counts[k] for f in findings) for k in findings[0].counts}
        assert {k: v for k, v in total.items() if v} == flags


def test_vix_has_one_date_without_trading(shared_data):
    with pytest.raises(DataError, match=r"line 3641: date '2004-06-11' is not a date on which XNYS trades"):
        import_bars(
            shared_data / "daily/vix_daily_1990_2020.csv.gz", ImportOptions(symbol="VIX", kind=InstrumentKind.INDEX)
        )


def test_unadjusted_files_lose_nothing_to_the_grid(shared_data):
    path = shared_data / "daily/us_etf_stock_daily_unadjusted_1998_2021.parquet"
    result = import_bars(path)
    assert sum(map(len, result.bars)) == 40093
    for bars in result.bars:
        _, finding = judged(bars)
        assert finding.counts["off_grid"] == 0 and bars.instrument.price_increment == Decimal("0.0001")


def test_yahoo_adjusted_closes_give_the_dividends_that_were_paid(shared_data):
    def derived(bars):
        schedule = market_hours.schedule("XNYS", int(bars.ts[0]), int(bars.ts[-1]))
        return derive_actions(bars.symbol, "USD", session_opens(schedule, bars.ts), bars.trade.close, bars.adj_close)

    (spy,) = import_bars(shared_data / "daily/spy_daily_adjclose_2008_2018.csv.gz", ImportOptions(symbol="SPY")).bars
    found = derived(spy)
    assert (found.splits, found.dividends, found.doubtful) == (0, 40, 0)  # ten years, four a year
    stocks = {
        b.symbol: derived(b) for b in import_bars(shared_data / "daily/us_stocks_44_daily_2012_2017.parquet").bars
    }
    assert sum(d.splits for d in stocks.values()) == 0  # these closes are split-adjusted already
    quarterly = ("AAPL", "CAT", "CSCO", "HD", "JNJ", "KO", "MA", "MSFT", "PFE", "T", "VZ", "WMT")
    assert {s: stocks[s].dividends for s in quarterly} == dict.fromkeys(quarterly, 20)
    paid = [a.dividend_units / 1e6 for a in stocks["VZ"].actions]
    assert paid == pytest.approx([0.515] * 4 + [0.53] * 4 + [0.55] * 4 + [0.565] * 4 + [0.5775] * 4, abs=0.0006)
    for symbol in ("AMZN", "BABA", "BRK-A", "PCLN"):
        assert stocks[symbol].actions == ()


def test_extended_hours_are_dropped_and_minutes_resample_to_the_regular_day(shared_data):
    path = shared_data / "intraday/us_minute_trade_bars_spy_aig_aapl.parquet"
    result = import_bars(path, ImportOptions(stamp="open", symbols=("AIG",)))
    request = PanelRequest(timeframe=Timeframe.parse("30m"), end_ns=parse_time("2013-10-12"))
    built = build_panel(result.bars, market_hours.schedule, request)
    assert built.report.count("outside_session") == 219
    assert built.panel.shape == (6 * 13, 1) and built.panel.dense
    first = built.panel.session[:, 0] == built.panel.session[0, 0]
    assert int(first.sum()) == 13
    assert format_time(int(built.panel.ts[12])) == "2013-10-04T20:00:00Z"


def test_hours_of_half_days_end_at_the_early_close(shared_data):
    path = shared_data / "intraday/us_hour_spy_aapl_bac_1998_2021.parquet"
    (spy,) = import_bars(path, ImportOptions(stamp="open", symbols=("SPY",))).bars
    day = (spy.ts > parse_time("2012-11-23")) & (spy.ts < parse_time("2012-11-24"))
    assert format_time(int(spy.ts[day][0])) == "2012-11-23T15:00:00Z"
    gated, _ = judged(spy)
    kept = gated.ts[(gated.ts > parse_time("2012-11-23")) & (gated.ts < parse_time("2012-11-24"))]
    assert format_time(int(kept[-1])) == "2012-11-23T18:00:00Z"
    # weeks in which the clocks change: the first hour ends at ten in New York on either side
    for date, utc in (
        ("2012-03-09", "15:00"),
        ("2012-03-12", "14:00"),
        ("2012-11-02", "14:00"),
        ("2012-11-05", "15:00"),
    ):
        morning = spy.ts[(spy.ts > parse_time(date))][0]
        assert format_time(int(morning)) == f"{date}T{utc}:00Z"


def test_hours_and_days_of_one_instrument_agree(shared_data):
    (hours,) = import_bars(
        shared_data / "intraday/us_hour_spy_aapl_bac_1998_2021.parquet", ImportOptions(stamp="open", symbols=("SPY",))
    ).bars
    (days,) = import_bars(
        shared_data / "daily/us_etf_stock_daily_unadjusted_1998_2021.parquet", ImportOptions(symbols=("SPY",))
    ).bars
    made = build_panel([hours], market_hours.schedule, PanelRequest(timeframe=Timeframe.parse("1d"))).panel
    read = build_panel([days], market_hours.schedule).panel
    shared, left, right = np.intersect1d(made.ts, read.ts, return_indices=True)
    assert len(shared) > 5800
    equal = made.bid.close[left, 0] == read.bid.close[right, 0]
    assert np.count_nonzero(equal) > 0.95 * len(shared)


def test_futures_roll_and_quotes(shared_data):
    path = shared_data / "intraday/es_futures_minute_trade_201310.parquet"
    contracts = sorted(import_bars(path, ImportOptions(**ES)).bars, key=lambda b: b.symbol)
    assert {b.instrument.price_increment for b in contracts} == {Decimal("0.25")}
    gated = [judged(b)[0] for b in contracts[:2]]
    hours = market_hours.schedule("CMES", int(contracts[0].ts[0]), int(contracts[0].ts[-1]))
    series = continuous_series("ES", gated, hours, RollRule())
    assert set(series.front.tolist()) == {0} and series.rolls == ()  # December leads all week
    quotes = import_bars(shared_data / "intraday/es_futures_minute_quote_201310.parquet", ImportOptions(**ES))
    findings = [judged(b)[1] for b in quotes.bars]
    assert sum(f.counts["not_a_number"] for f in findings) == 3180  # one side was empty
    assert sum(f.counts["crossed"] for f in findings) == 10


def test_euros_and_dollars_in_one_panel(shared_data):
    euro = import_bars(
        shared_data / "intraday/bitvavo_btceur_1h_2020_2022.parquet",
        ImportOptions(**COIN, symbol="BTC-EUR", currency="EUR"),
    )
    dollar = import_bars(
        shared_data / "intraday/binance_btcusdt_1h_2020_2022.parquet", ImportOptions(**COIN, currency="USD")
    )
    request = PanelRequest(start_ns=parse_time("2021-01-01"), end_ns=parse_time("2021-03-01"))
    panel = build_panel([*euro.bars, *dollar.bars], market_hours.schedule, request, fx=fx.rates(["EUR"])).panel
    assert panel.currencies == ("USD", "EUR") and panel.duration_ns == HOUR
    both = panel.valid.all(axis=1)
    close = float_bars(panel, 0, panel.shape[0]).close
    in_dollars = close[:, 0] * panel.fx_num[:, 1] / panel.fx_den[1]
    gap = np.abs(in_dollars / close[:, 1] - 1)[both]
    # one coin, one price: the rate is a day old at most, and Tether is not quite a dollar
    assert float(np.median(gap)) < 0.005


def test_trades_make_the_minute_bars_of_the_same_vendor(shared_data):
    ticks = pl.read_parquet(shared_data / "ticks/ibm_trades_20131007_08.parquet").filter(pl.col("suspicious") == 0)
    zone = ticks["time_ny"].cast(pl.Datetime("ns")).dt.replace_time_zone("America/New_York")
    ts = zone.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Int64).to_numpy()

    def floats(name: str) -> Floats:
        return np.ascontiguousarray(ticks[name].to_numpy(), dtype=np.float64)

    price, size = floats("price"), floats("size")
    ibm = Instrument(symbol="IBM", price_increment=Decimal("0.0001"))
    raw = RawTicks(ibm, ts, np.ones(len(ts), np.bool_), price, price, size, size, np.zeros(len(ts), np.int16))
    schedule = market_hours.schedule("XNYS", int(ts[0]), int(ts[-1]))
    rows, finding = gate_ticks(raw, schedule, QualityPolicies())
    assert finding.rows == len(ts) and finding.kept == finding.rows - finding.dropped > 30_000
    ends = tick_bucket_ends(schedule, rows["ts"], Timeframe(MINUTE))
    bars = trade_bars(TradeEvents(rows["ts"].copy(), rows["bid"].copy(), rows["bid_size"].copy(), ends), int(ends[-1]))
    assert len(bars) == 2 * 390
    assert np.all(np.diff(bars["end"]) > 0) and (bars["bid_low"] <= bars["bid_high"]).all()
    assert int(bars["volume"].sum()) == int(rows["bid_size"].sum())
