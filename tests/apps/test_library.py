"""The whole library in one account, screened and ranked: every strategy trades, and their parts make the whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from consilience.core.jit import JIT_ENABLED
from consilience.strategies.catalog import STRATEGIES
from tests.apps.conftest import Command

pytestmark = pytest.mark.skipif(not JIT_ENABLED, reason="21 strategies over thousands of bars")

LEAST_FILLS = 500
LIBRARY = ("backtest", "--strategy", "library", "--universe", "equity", "--json", "--quiet")
COIN = ("--kind", "crypto_spot", "--session", "24/7", "--stamp", "open", "--lot", "0.00001")
COINS = {
    "BTC/USDT": ("binance_btcusdt_1h_2020_2022", "USD"),
    "ETH/USDT": ("binance_ethusdt_1h_2020_2022", "USD"),
    "BTC/EUR": ("bitvavo_btceur_1h_2020_2022", "EUR"),
    "ETH/EUR": ("bitvavo_etheur_1h", "EUR"),
}


def check(document: dict[str, Any]) -> None:
    """Each strategy has trades, is attributed, and the parts add up to the account's profit, to the unit."""
    trades, notes = document["trades"], {one["name"]: one for one in document["strategies"]}
    counts = Counter(trade["strategy"] for trade in trades)
    assert set(notes) == set(STRATEGIES)
    assert [name for name in STRATEGIES if counts[name] == 0] == []
    assert sum(1 if trade["open"] else 2 for trade in trades) >= LEAST_FILLS  # a closed trade is two fills at least
    assert any(stop["gate"] == "universe" and "better ranked" in stop["reason"] for stop in document["rejections"])
    exponent = 10 ** document["run"]["ledger_exponent"]
    whole = round(net_profit(document) * exponent)
    # a curve is a sum of floats, and an open position in foreign money is marked in one: a hundredth of a cent each
    curves = sum(net_profit(one) for one in notes.values())
    assert abs(curves * exponent - whole) < len(notes) * exponent * 1e-4
    for by in ("strategy", "symbol"):
        groups = document["trades_by"][by]
        assert sum(round((one["pnl"] + one["open_pnl"]) * exponent) for one in groups) == whole
    for group in document["trades_by"]["strategy"]:
        assert abs(net_profit(notes[group["key"]]) - group["pnl"] - group["open_pnl"]) < 0.005


def net_profit(note: dict[str, Any]) -> float:
    """Profit in base currency, of the account or of one strategy."""
    found = [float(metric["value"]) for metric in note["metrics"] if metric["key"] == "net_profit"]
    assert len(found) == 1
    return found[0]


def test_each_strategy_trades_on_the_embedded_days(cli: Command) -> None:
    done = cli(*LIBRARY, "--start", "2006-01-01")
    assert done.code == 0, done.err
    check(done.json)


def test_each_strategy_trades_on_hours_of_coins(cli: Command, shared_data: Path) -> None:
    for symbol, (file, currency) in COINS.items():
        path = str(shared_data / "intraday" / f"{file}.parquet")
        named = ("--symbol", symbol) if currency == "EUR" else ()
        done = cli("data", "import", path, *COIN, *named, "--currency", currency, "--quiet")
        assert done.code == 0, done.err
    done = cli(*LIBRARY, "--data", "catalogue")
    assert done.code == 0, done.err
    check(done.json)
