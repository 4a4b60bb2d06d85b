"""``data continuous``: contracts in the catalogue become one series that trades through its rolls."""

from __future__ import annotations

from pathlib import Path

import pytest

from consilience.adapters.storage.parquet_catalogue import ParquetCatalogue
from tests.apps.conftest import Command, csv_lines

DATES = [line.split(",")[0] for line in csv_lines(38)[1:]]
Z, H = "ESZ12", "ESH13"


def put_contracts(folder: Path, overlap: tuple[int, int] = (12, 24), rows: int = 36) -> None:
    """Two contracts ten points apart: the first until ``overlap`` ends, the second from where it begins."""
    lines = ["contract,date,open,high,low,close,volume"]
    for k, day in enumerate(DATES[:rows]):
        price = 1300 + (k * 7) % 13
        if k < overlap[1]:
            lines.append(f"{Z},{day},{price}.25,{price + 2}.00,{price - 1}.00,{price}.50,{5000 - 200 * k}")
        if k >= overlap[0]:
            higher = price + 10
            lines.append(f"{H},{day},{higher}.25,{higher + 2}.00,{higher - 1}.00,{higher}.50,{100 * k}")
    (folder / "es.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def contracts(cli: Command, tmp_path: Path) -> Command:
    """A catalogue with both contracts."""
    put_contracts(tmp_path)
    done = cli("data", "import", "es.csv", "--kind", "future", "--session", "XNYS", "--multiplier", "50")
    assert done.code == 0, done.err
    return cli


def series(*words: str) -> tuple[str, ...]:
    return ("data", "continuous", "ES", "--contracts", f"{Z},{H}", *words)


def test_a_series_by_volume_is_stored_with_its_rule_and_rolls(contracts: Command, tmp_path: Path) -> None:
    done = contracts(*series())
    assert done.code == 0, done.err
    # 5000 - 200 k < 100 k first holds for k = 17, so H leads from the 19th bar on
    assert f"roll after {DATES[17]}T21:00:00Z: {Z} to {H}, 1302.50 to 1312.50" in done.out
    assert "rolled when the next contract's volume was the larger in the session before" in done.out
    assert "prices are those of the contracts" in done.out and "no past value changes" in done.out
    assert "stored ES 1d trade: 36 bars" in done.out
    (entry,) = [e for e in ParquetCatalogue(tmp_path / "data").entries() if e.symbol == "ES"]
    assert [a.new_symbol for a in entry.actions] == [H] and entry.source == f"continuous of {Z}, {H}"
    assert f"continuous futures of {Z}, {H}" in entry.notes
    assert ParquetCatalogue(tmp_path / "data").instruments()[0].multiplier == 50
    assert f"from continuous of {Z}, {H}" in contracts("data", "list").out
    assert "no flags" in contracts("data", "check", "--symbols", "ES").out  # a roll is no outlier


def test_a_backtest_trades_through_the_roll(contracts: Command, tmp_path: Path) -> None:
    code = (
        "from consilience.strategies import Entry, Strategy, ta\n\n\n"
        "class Always(Strategy):\n"
        "    def define(self, bar):\n"
        "        return Entry(long=bar.close > 0, reason='always in')\n"
    )
    (tmp_path / "always.py").write_text(code, encoding="utf-8")
    assert contracts(*series()).code == 0
    words = ("--data", "catalogue", "--symbols", "ES", "--cash", "1000000", "--fee", "none", "--slippage", "none")
    done = contracts("backtest", "--strategy", "always.py", *words, "--json", "--quiet")
    assert done.code == 0, done.err
    first, second = done.json["trades"]
    assert (first["open"], second["open"]) == (False, True)
    assert first["exit_price"] == 1302.5 and second["entry_price"] == 1312.5
    assert contracts("replay").code == 0


def test_a_longer_history_keeps_the_past(contracts: Command, tmp_path: Path) -> None:
    put_contracts(tmp_path, rows=25)
    words = ("--kind", "future", "--session", "XNYS", "--multiplier", "50")
    assert contracts("data", "import", "es.csv", *words, "--folder", "short").code == 0
    assert contracts(*series("--folder", "short")).code == 0
    assert contracts(*series()).code == 0
    (short,) = ParquetCatalogue(tmp_path / "short").bars(["ES"])
    (whole,) = ParquetCatalogue(tmp_path / "data").bars(["ES"])
    assert len(short) == 25 and short.trade.close.tolist() == whole.trade.close[:25].tolist()
    assert short.actions == whole.actions


def test_a_series_by_expiry_as_a_document(contracts: Command) -> None:
    words = ("--by", "expiry", "--days", "0", "--expiry", f"{Z}={DATES[20]}", "--json")
    done = contracts(*series(*words))
    assert done.code == 0, done.err
    assert done.json["stored"] == {"symbol": "ES", "timeframe": "1d", "side": "trade", "bars": 36}
    assert done.json["contracts"] == [Z, H]
    assert done.json["rolls"] == [
        {"after": f"{DATES[20]}T21:00:00Z", "to": H, "old_close": "1310.50", "new_close": "1320.50"}
    ]
    assert "rolled at a contract's expiry" in done.json["notes"]


def put_interest(folder: Path, lines: list[str]) -> tuple[str, ...]:
    (folder / "oi.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return series("--by", "open_interest", "--open-interest", "oi.csv")


def test_open_interest_of_a_date_is_known_at_the_next_close(contracts: Command, tmp_path: Path) -> None:
    lines = ["contract,date,open_interest"]
    for k, day in enumerate(DATES):
        lines += [f"{Z},{day},100", f"{H},{day},{50 if k < 15 else 150}"]
    done = contracts(*put_interest(tmp_path, lines))
    assert done.code == 0, done.err
    # the larger number is that of bar 15, known at the close of bar 16: bar 17 is the first of the next contract
    assert f"roll after {DATES[16]}T21:00:00Z: {Z} to {H}" in done.out
    assert "rolled when the next contract's open interest was the larger in the session before" in done.out


def test_open_interest_with_moments_is_known_at_them(contracts: Command, tmp_path: Path) -> None:
    lines = ["symbol,time,oi", f"{Z},2012-01-03T08:00:00Z,100", f"{H},2012-01-03T08:00:00Z,50",
             f"{H},{DATES[15]}T20:59:00Z,150"]  # fmt: skip
    done = contracts(*put_interest(tmp_path, lines))
    assert done.code == 0, done.err
    assert f"roll after {DATES[15]}T21:00:00Z: {Z} to {H}" in done.out


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["contract,date,open_interest", f"{Z},2012-01-03,100"], f"{H} has no open interest to roll by"),
        (["contract,date,open_interest", f"{Z},2012-01-03,x"], "oi.csv, line 2: open_interest 'x' is not a number"),
        (["contract,date,open_interest", f"{Z},2012-01-03,1", f"{Z},soon,1"], "line 3: date 'soon' is not a time"),
        (["contract,date,interest", f"{Z},2012-01-03,1"], "oi.csv has no column 'open_interest' (it has contract"),
        (["date,open_interest", "2012-01-03,1"], "oi.csv has no column 'contract'"),
    ],
)
def test_bad_open_interest(contracts: Command, tmp_path: Path, lines: list[str], message: str) -> None:
    done = contracts(*put_interest(tmp_path, lines))
    assert (done.code, message in done.error) == (4, True), done.err


def test_a_series_is_made_again_only_by_a_word_and_takes_no_more_bars(contracts: Command, tmp_path: Path) -> None:
    assert contracts(*series()).code == 0
    again = contracts(*series("--confirm", "2"))
    assert (again.code, "is stored already" in again.error) == (4, True)
    assert contracts(*series("--confirm", "2", "--replace")).code == 0
    (tmp_path / "more.csv").write_text("\n".join(csv_lines()) + "\n", encoding="utf-8")
    more = ("--symbol", "ES", "--kind", "future", "--session", "XNYS", "--multiplier", "50", "--append")
    done = contracts("data", "import", "more.csv", *more)
    assert done.code == 4
    assert done.error == "ES is a continuous series, to which bars cannot be appended; make it again"
    exported = contracts("data", "export", "ES", "es-out.csv")
    assert exported.code == 0 and "its 1 rolls are not in the file" in exported.err


BAD = [
    ("an unknown contract", ["--contracts", f"{Z},ESH31"], 2, "unknown symbol 'ESH31'; did you mean 'ESH13'?"),
    ("one contract", ["--contracts", Z], 4, "--contracts needs two contracts at the least"),
    ("a contract twice", ["--contracts", f"{Z},{Z}"], 4, "ESZ12 is named twice"),
    ("the wrong order", ["--contracts", f"{H},{Z}"], 4, "ESH13 does not expire before ESZ12"),
    ("itself", ["--contracts", f"{Z},ES"], 4, "ES is one of the contracts; choose another name"),
    ("another rule", ["--by", "moon"], 4, "--by is 'volume', 'open_interest' or 'expiry', not 'moon'"),
    ("days by volume", ["--days", "3"], 4, "--days has no part in --by volume; leave it out"),
    ("confirmation by expiry", ["--by", "expiry", "--confirm", "3"], 4, "--confirm has no part in --by expiry"),
    ("open interest without any", ["--by", "open_interest"], 4, "needs its numbers; give --open-interest FILE"),
    ("open interest by volume", ["--open-interest", "oi.csv"], 4, "--open-interest has no part in --by volume"),
    ("no such file", ["--by", "open_interest", "--open-interest", "oi.csv"], 2, "there is no file 'oi.csv'"),
    ("no sessions", ["--confirm", "0"], 4, "needs days >= 0 and confirm >= 1"),
    ("no expiry", ["--by", "expiry"], 4, "the expiry of ESZ12 is not known; give --expiry ESZ12=DATE"),
    ("half an expiry", ["--expiry", "ESZ12"], 4, "--expiry 'ESZ12' is not CONTRACT=DATE"),
    ("no date", ["--expiry", "ESZ12=soon"], 4, "soon"),
    ("a Sunday", ["--expiry", "ESZ12=2012-01-15"], 4, "ESZ12 cannot expire on 2012-01-15: XNYS has no session then"),
    ("another contract's expiry", ["--expiry", "ESM13=2012-01-13"], 2, "unknown contract 'ESM13'"),
    ("another side", ["--side", "both"], 4, "--side is 'trade' or 'quote', not 'both'"),
    ("bars that are not there", ["--side", "quote"], 2, "ESZ12 has no quote bars stored; it has 1d trade"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "words", "code", "message"), BAD, ids=[b[0] for b in BAD])
def test_what_cannot_be_made_stores_nothing(
    contracts: Command, tmp_path: Path, what: str, words: list[str], code: int, message: str
) -> None:
    given = words if "--contracts" in words else ["--contracts", f"{Z},{H}", *words]
    before = (tmp_path / "data" / "manifest.json").read_bytes()
    done = contracts("data", "continuous", "ES", *given)
    assert done.code == code, done.err
    assert message in done.error
    assert (tmp_path / "data" / "manifest.json").read_bytes() == before


def test_contracts_that_never_met(cli: Command, tmp_path: Path) -> None:
    put_contracts(tmp_path, overlap=(20, 20))
    assert cli("data", "import", "es.csv", "--kind", "future", "--session", "XNYS").code == 0
    done = cli(*series("--by", "expiry", "--days", "0", "--expiry", f"{Z}={DATES[19]}"))
    assert (done.code, "never traded together before the roll" in done.error) == (4, True)


def test_a_series_of_series(contracts: Command) -> None:
    assert contracts(*series()).code == 0
    done = contracts("data", "continuous", "ES2", "--contracts", "ES,ESH13")
    assert (done.code, done.error) == (4, "ES is a continuous series itself; name contracts")


def test_recorded_minutes_of_two_contracts(cli: Command, shared_data: Path) -> None:
    path = str(shared_data / "intraday/es_futures_minute_trade_201310.parquet")
    words = ("--kind", "future", "--stamp", "open", "--multiplier", "50", "--symbols", "201312,201403")
    assert cli("data", "import", path, *words).code == 0
    whole = cli("data", "continuous", "ES", "--contracts", "201312,201403")
    assert whole.code == 0, whole.err
    assert "no roll: 201312 led all the time" in whole.out
    interest = (
        "--by",
        "open_interest",
        "--open-interest",
        shared_data / "intraday/es_futures_open_interest_201310.csv.gz",
    )
    done = cli("data", "continuous", "ES", "--contracts", "201312,201403", *map(str, interest), "--replace")
    assert done.code == 0, done.err
    assert "no roll: 201312 led all the time" in done.out
    # the recording holds no roll; leaving December early shows one on real prices
    early = ("--by", "expiry", "--days", "0", "--expiry", "201312=2013-10-09T14:00:00Z")
    done = cli("data", "continuous", "ES", "--contracts", "201312,201403", *early, "--replace")
    assert done.code == 0, done.err
    assert "roll after 2013-10-09T14:00:00Z: 201312 to 201403" in done.out
    run = ("backtest", "--data", "catalogue", "--symbols", "ES", "--cash", "1000000", "--strategy", "macd_cross")
    for timeframe in ("1m", "30m"):
        assert cli(*run, "--timeframe", timeframe, "--quiet").code == 0
    checked = cli("lookahead-check", "--data", "catalogue", "--symbols", "ES", "--strategy", "macd_cross")
    assert checked.code == 0, checked.err
