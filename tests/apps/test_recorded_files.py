"""Recorded files of real markets, as a user would: import, check, backtest. Skipped where the data is absent."""

import pytest

# file, import options, symbols to trade, fills at least
FILES = {
    "minutes of shares": (
        "intraday/us_minute_trade_bars_spy_aig_aapl.parquet", ["--stamp", "open"], "SPY,AAPL", 20,
    ),
    "hours of shares": (
        "intraday/us_hour_spy_aapl_bac_1998_2021.parquet", ["--stamp", "open"], "SPY,AAPL,BAC", 200,
    ),
    "bid and ask minutes of a currency pair": (
        "intraday/fxcm_gbpusd_1m_bid_ask_2012.parquet",
        ["--symbol", "GBPUSD", "--kind", "fx_pair", "--session", "24/5", "--stamp", "open"], "GBPUSD", 200,
    ),
    "hours of a coin in dollars": (
        "intraday/binance_btcusdt_1h_2020_2022.parquet",
        ["--kind", "crypto_spot", "--session", "24/7", "--stamp", "open", "--lot", "0.00001"], "", 200,
    ),
    "days of 44 shares": ("daily/us_stocks_44_daily_2012_2017.parquet", [], "AAPL,KO,MSFT,VZ", 100),
    "days of a coin": (
        "daily/coinbase_btcusd_daily.csv.gz",
        ["--kind", "crypto_spot", "--session", "24/7", "--lot", "0.00001"], "", 20,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_recorded_file_is_imported_and_backtested(name, shared_data, cli):
    file, options, symbols, least = FILES[name]
    done = cli("data", "import", shared_data / file, *options)
    assert done.code == 0, done.err
    assert cli("data", "check").code == 0
    chosen = ["--symbols", symbols] if symbols else []
    done = cli("backtest", "--data", "catalogue", "--strategy", "macd_cross", *chosen, "--json", "--quiet")
    assert done.code == 0, done.err
    listed = cli("runs", "list", "--json").json
    assert len(listed["runs"] if isinstance(listed, dict) else listed) == 1
    assert fills_of(done.json) >= least


def fills_of(document):
    """Fills that the run's document tells of: two a closed trade at the least."""
    trades = document["trades"]
    return sum(1 if trade["open"] else 2 for trade in trades)
