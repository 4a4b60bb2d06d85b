"""``data import --ticks``: trades and quotes in, bars in the catalogue, or one line and nothing stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from consilience.adapters.storage.parquet_catalogue import ParquetCatalogue
from consilience.apps import wiring
from consilience.apps.config import DataConfig
from consilience.core.time import parse_time
from tests.apps.conftest import Command


def trades(minutes: int = 90) -> list[str]:
    """Three trades a minute from the New York open of 2012-01-03 on."""
    rows = ["ts,price,size"]
    for k in range(minutes * 3):
        hour, minute, second = 14 + (30 + k // 3) // 60, (30 + k // 3) % 60, k % 3 * 20
        rows.append(f"2012-01-03T{hour}:{minute:02d}:{second:02d}Z,{100 + (k * 7 % 11) / 100:.2f},{10 + k % 5}")
    return rows


def put(folder: Path, lines: list[str], name: str = "aapl.csv") -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def stored_files(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "data").rglob("*") if p.is_file() and p.name != ".lock")


def test_trades_become_bars_that_can_be_checked_and_backtested(cli: Command, tmp_path: Path) -> None:
    put(tmp_path, trades())
    done = cli("data", "import", "aapl.csv", "--ticks", "trades", "--timeframe", "1m")
    assert done.code == 0, done.err
    assert "trades of AAPL: 270 rows, 270 kept; no flags" in done.out
    assert "AAPL: 89 rows, 89 kept; no flags" in done.out
    assert "stored AAPL 1m trade: 89 bars, 2012-01-03T14:31:00Z to 2012-01-03T15:59:00Z" in done.out
    assert "the last 3 trades, from 2012-01-03T15:59:00Z on, are of a bar not known to be whole: left out" in done.err
    assert cli("data", "check").code == 0
    words = ("--data", "catalogue", "--timeframe", "5m", "--param", "fast=2", "--param", "slow=4")
    assert cli("backtest", *words, "--strategy", "moving_average_cross", "--quiet").code == 0
    (entry,) = ParquetCatalogue(tmp_path / "data").entries()
    assert "bars of 1m made from 270 trades" in entry.notes and entry.source == "aapl.csv"


def test_flags_of_the_ticks_are_counted_in_the_document(cli: Command, tmp_path: Path) -> None:
    lines = trades(30)
    lines[7] = lines[7].replace("T14", "T05")  # before the open
    lines[9] = lines[9].split(",")[0] + ",,5"  # no price
    put(tmp_path, lines)
    done = cli("data", "import", "aapl.csv", "--ticks", "trades", "--timeframe", "5m", "--json")
    assert done.code == 0, done.err
    found = done.json["ticks_quality"]["symbols"][0]
    assert found["flags"] == {"not_a_number": 1, "out_of_order": 1, "outside_session": 1, "stale": 1}
    assert (found["rows"], found["kept"], found["dropped"]) == (90, 88, 2)
    assert done.json["quality"]["symbols"][0]["rows"] == done.json["stored"][0]["bars"] == 5


def test_the_next_file_is_appended_and_the_same_one_is_refused(cli: Command, tmp_path: Path) -> None:
    put(tmp_path, trades())
    put(tmp_path, [line.replace("01-03", "01-04") for line in trades()], "next.csv")
    words = ("--ticks", "trades", "--timeframe", "1m", "--symbol", "AAPL")
    assert cli("data", "import", "aapl.csv", *words).code == 0
    again = cli("data", "import", "aapl.csv", *words)
    assert (again.code, "is stored already" in again.error) == (4, True)
    assert cli("data", "import", "next.csv", *words, "--append").code == 0
    assert cli("data", "list", "--json").json["histories"][0]["bars"] == 178


BAD = [
    ("no timeframe", [], ["--ticks", "trades"], 4,
     "give the length of the bars to make from the trades, such as --timeframe 1m"),
    ("an unknown kind", [], ["--ticks", "deals", "--timeframe", "1m"], 2, "unknown kind of ticks 'deals'"),
    ("quotes in a file of trades", [], ["--ticks", "quotes", "--timeframe", "1m"], 4,
     "aapl.csv has no column for 'bid' (it has ts, price, size)"),
    ("a bar longer than the data", [], ["--ticks", "trades", "--timeframe", "1d"], 4, "make no whole bar of 1d"),
    ("an odd length", [], ["--ticks", "trades", "--timeframe", "3d"], 4, "bars of 3d are not made here"),
    ("a corrupt row", ["2012-01-03T16:10:00Z,abc,1"], ["--ticks", "trades", "--timeframe", "1m"], 4,
     "aapl.csv, line 272: price 'abc' is not a number; mend"),
    ("a stamp", [], ["--ticks", "trades", "--timeframe", "1m", "--stamp", "open"], 4, "--stamp is about bars"),
    ("trades taken for bars", [], [], 4, "aapl.csv has no column for 'open'"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "more", "words", "code", "message"), BAD, ids=[b[0] for b in BAD])
def test_a_bad_file_stores_nothing(
    cli: Command, tmp_path: Path, what: str, more: list[str], words: list[str], code: int, message: str
) -> None:
    put(tmp_path, [*trades(), *more])
    done = cli("data", "import", "aapl.csv", *words)
    assert (done.code, stored_files(tmp_path)) == (code, [])
    assert message in done.error


def test_a_file_that_is_not_there(cli: Command) -> None:
    assert cli("data", "import", "no.csv", "--ticks", "trades", "--timeframe", "1m").code == 2


# file, words, side, bars, quality of the bars
RECORDED = {
    "trades of a share": ("ibm_trades_20131007_08.parquet", ["trades", "1m"], "trade", 780, {}),
    "quotes of a share": ("ibm_quotes_20131007_08.parquet", ["quotes", "5m"], "quote", 156, {}),
    "trades of a coin": (
        "binance_spot_btcusdt_trades_20210108.parquet", ["trades", "1s", "--symbol", "BTC", "--kind", "crypto_spot"],
        "trade", 46, {},
    ),
    "quotes of a coin": (
        "binance_spot_btcusdt_quotes_20210108.parquet", ["quotes", "1s", "--kind", "crypto_spot"], "quote", 45, {},
    ),
    "quotes of a currency pair, as text": (
        "truefx_usdjpy_ticks_20130101.csv.gz",
        ["quotes", "1m", "--symbol", "USDJPY", "--kind", "fx_pair", "--currency", "JPY"], "quote", 33, {"gap": 2},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_ticks(cli: Command, shared_data: Path, name: str) -> None:
    file, (kind, timeframe, *more), side, bars, flags = RECORDED[name]
    words = ("--ticks", kind, "--timeframe", timeframe, *more)
    done = cli("data", "import", str(shared_data / "ticks" / file), *words, "--json")
    assert done.code == 0, done.err
    assert done.json["stored"][0]["bars"] == bars and done.json["stored"][0]["side"] == side
    assert done.json["quality"]["symbols"][0]["flags"] == flags


def test_trades_make_the_minutes_that_their_vendor_made(cli: Command, shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "ticks/spy_trades_20131007.parquet"
    assert cli("data", "import", str(path), "--ticks", "trades", "--timeframe", "1m").code == 0
    ours = ParquetCatalogue(tmp_path / "data").bars(["SPY"])[0]
    minutes = str(shared_data / "intraday/us_minute_trade_bars_spy_aig_aapl.parquet")
    theirs = wiring.frame_bars(minutes, DataConfig(stamp="open", symbols=("SPY",)))[0]
    _, left, right = np.intersect1d(ours.ts, theirs.ts, return_indices=True)
    assert len(left) == len(ours) == 390 and ours.ts[0] == parse_time("2013-10-07T13:31:00Z")
    # the vendor leaves out trades of special conditions; those set no more than a few prices and no volume to speak of
    assert np.abs(ours.trade.close[left] - theirs.trade.close[right]).max() < 0.031
    assert np.mean(ours.trade.close[left] == theirs.trade.close[right]) > 0.85
    assert np.mean(ours.volume[left] == theirs.volume[right]) > 0.99
