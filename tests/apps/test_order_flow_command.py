"""``order-flow``: the table and the document of recorded quotes, and one line where they cannot be studied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apps.conftest import Command


def quotes(rows: int = 700, size: str = "5") -> str:
    """A quote a second from 10:00 New York on, bid and ask in a small dance."""
    lines = ["ts,bid,ask,bid_size,ask_size"]
    for k in range(rows):
        bid = 100 + (k * 7 % 11) // 4 * 0.01
        lines.append(f"2012-01-03T15:{k // 60:02d}:{k % 60:02d}Z,{bid:.2f},{bid + 0.01:.2f},{k * 13 % 17 + 1},{size}")
    return "\n".join(lines) + "\n"


def test_a_table_of_sessions(cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "aapl.csv").write_text(quotes(), encoding="utf-8")
    done = cli("order-flow", "aapl.csv", "--window", "2s")
    assert done.code == 0, done.err
    assert "AAPL    2012-01-03 15:00-15:11 " in done.out and " 349  " in done.out
    assert "Cont, Kukanov and Stoikov (2014) found 0.65" in done.out
    assert "note: quotes of AAPL: 700 rows, 700 kept; no flags" in done.err
    document = cli("order-flow", "aapl.csv", "--window", "2s", "--json").json
    (one,) = document["sessions"]
    assert one["n"] == 349 and 0.0 <= one["low"] <= one["r2"] <= one["high"] <= 1.0
    again = cli("order-flow", "aapl.csv", "--window", "2s", "--json", "--seed", "1").json["sessions"][0]
    assert again["r2"] == one["r2"] and again["low"] != one["low"]
    ticked = cli("order-flow", "aapl.csv", "--window", "2s", "--json", "--price-increment", "0.005").json["sessions"][0]
    assert ticked["slope"] == pytest.approx(2 * one["slope"])


BAD = [
    ("too short", quotes(50), [], 4, "AAPL: no session holds 30 windows of 10 s"),
    ("no sizes", quotes(700, "0"), [], 4, "AAPL: its quotes have no sizes; order flow is counted in sizes"),
    ("a window that is none", quotes(), ["--window", "ten"], 4, "'ten' is not a timeframe"),
    ("a tick that is none", quotes(), ["--price-increment", "x"], 4, "--price-increment 'x' is not a positive number"),
    ("a column without a name", quotes(), ["--columns", "bid"], 4, "--columns 'bid' is not FIELD=COLUMN"),
    ("trades", "ts,price,size\n2012-01-03T15:00:00Z,1,1\n", [], 4, "has no column for 'bid'"),
]


@pytest.mark.parametrize(("what", "text", "words", "code", "message"), BAD, ids=[b[0] for b in BAD])
def test_what_cannot_be_studied(
    cli: Command, tmp_path: Path, what: str, text: str, words: list[str], code: int, message: str
) -> None:
    (tmp_path / "aapl.csv").write_text(text, encoding="utf-8")
    done = cli("order-flow", "aapl.csv", *words)
    assert (done.code, message in done.error) == (code, True), done.err


def test_recorded_messages(cli: Command, shared_data: Path) -> None:
    path = shared_data / "ticks/binance_coinm_btcusd_perp_20240808_raw.gz"
    done = cli("order-flow", str(path), "--kind", "crypto_perpetual", "--json")
    (one,) = done.json["sessions"]
    assert one["n"] == 34 and one["r2"] == pytest.approx(0.564, abs=0.001)
