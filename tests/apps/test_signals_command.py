"""``--signals`` from file to fills: what was heard is said, traded, fingerprinted and replayed; never the same day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import consilience
from consilience.apps import wiring
from consilience.apps.config import DataConfig
from consilience.core.errors import ConfigError
from consilience.core.time import DAY
from consilience.market.slots import SlotMaker
from tests.apps.conftest import Command, command, csv_lines

FOLLOWER = """
from consilience.strategies import Entry, Strategy

class Follower(Strategy):
    '''Buys while the mood is good and the fear low.'''
    def define(self, bar):
        good = (bar.slot("mood.value") > 0.0) & (bar.slot("us.vix") < 20.0)
        return Entry(long=good, exit_long=~good)
"""
MOOD = """time,known,symbol,value,confidence
2012-01-04T14:00:00Z,2012-01-04T15:00:00Z,,0.5,0.9
2012-01-09T14:00:00Z,2012-01-09T15:00:00Z,,-0.5,0.9
2012-01-11T14:00:00Z,2012-01-11T15:00:00Z,,7,0.9
2012-01-11T14:00:00Z,2012-01-11T15:00:00Z,ZZZ,0.1,0.9
2012-01-12T14:00:00Z,2012-01-12T15:00:00Z,AAA,0.2,
2012-01-13T14:00:00Z,2012-01-13T15:00:00Z,AAA,,1
"""
VIX = "date,vix\n2012-01-03,18.5\n2012-01-06,25\n2012-01-10,19\n"
WORDS = ("backtest", "--data", "bars.csv", "--stamp", "close", "--strategy", "follower.py")
HEARD = ("--signals", "mood.csv", "--signals", "us=vix.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Bars of one stock, a strategy that listens, and two files to listen to."""
    lines = csv_lines(30)
    bars = "\n".join([f"symbol,{lines[0]}", *(f"AAA,{line}" for line in lines[1:])])
    files = {"bars.csv": bars, "follower.py": FOLLOWER, "mood.csv": MOOD, "vix.csv": VIX}
    for name, text in files.items():
        (tmp_path / name).write_text(text + "\n", encoding="utf-8")
    return tmp_path


def test_what_is_heard_is_counted_traded_and_replayed(folder: Path) -> None:
    done = command(folder, *WORDS, *HEARD)
    assert done.code == 0, done.err
    line = next(line for line in done.err.splitlines() if "feed mood" in line)
    assert line.removeprefix("data: ") == (
        "feed mood: 6 opinions, 2 accepted; 1 refused: the value is missing or not a finite number, 1 refused: the "
        "value is beyond -1..1, 1 refused: the confidence is not within 0..1, 1 refused: its symbol is not in this run"
    )
    assert "feed us.vix: 3 numbers, 3 accepted" in done.err
    trades = command(folder, *WORDS, *HEARD, "--json", "--quiet").json["trades"]
    # mood is good from the bar of 4 January on, but the index of 3 January only from the same one; bought the day after
    assert [(t["entry_time"][:10], t["exit_time"][:10]) for t in trades] == [("2012-01-05", "2012-01-10")]
    replayed = command(folder, "replay")
    assert (replayed.code, "the same, bit for bit" in replayed.out) == (0, True), replayed.out
    changed = (folder / "vix.csv").read_text(encoding="utf-8").replace("25", "26")
    (folder / "vix.csv").write_text(changed, encoding="utf-8")
    replayed = command(folder, "replay")
    assert "signals of us.vix" in replayed.out, replayed.out


def test_the_configuration_names_files_and_the_longest_delay(folder: Path) -> None:
    text = 'config_version = 1\n[data]\nsignals = ["mood.csv", "us=vix.csv"]\nsignal_delay = "30m"\n'
    (folder / "consilience.toml").write_text(text, encoding="utf-8")
    done = command(folder, *WORDS)
    assert done.code == 0, done.err
    assert "feed mood: 6 opinions, 0 accepted; " in done.err
    assert "2 refused: it came too long after it happened" in done.err
    assert "feed us.vix: 3 numbers, 3 accepted" in done.err  # numbers have no limit


def test_a_program_hands_in_files_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    given = ["mood.csv", "us=vix.csv"]
    built = consilience.load("bars.csv", stamp="close", signals=given)
    assert built.panel.feeds == ("mood", "us.vix")
    one = consilience.backtest("follower.py", built)
    other = consilience.backtest("follower.py", "bars.csv", stamp="close", signals=given)
    assert len(one.output.fills) == len(other.output.fills) == 2
    with pytest.raises(ConfigError, match=r"signals to consilience\.load"):
        consilience.backtest("follower.py", built, signals=given)


MISTAKES = [
    (("--signals", "none.csv"), "there is no file 'none.csv'"),
    ((), "no external series"),
    (("--signals", "mood.csv"), "no external series 'us.vix' is fed to this run"),
]


@pytest.mark.parametrize(("words", "text"), MISTAKES)
def test_mistakes(folder: Path, words: tuple[str, ...], text: str) -> None:
    done = command(folder, *WORDS, *words)
    assert text in done.error, done.err
    assert done.code != 0


FEARFUL = '''
from consilience.strategies import Entry, Strategy

class Fearful(Strategy):
    """Buys fear while coins leave the exchanges."""
    def define(self, bar):
        fear = (bar.slot("mood.value") < 0.2) & (bar.slot("mood.age") < 172800.0)
        leaving = bar.slot("whale.value") * bar.slot("whale.confidence") > 0.0
        return Entry(long=fear & leaving & (bar.slot("vix.close") < 60.0), exit_long=~fear)
'''
COIN = "intraday/binance_btcusdt_1h_2020_2022.parquet"
COIN_OPTIONS = (
    "--symbol", "BTCUSDT", "--kind", "crypto_spot", "--session", "24/7", "--stamp", "open", "--lot", "0.00001",
)  # fmt: skip


# ---- recorded series -------------------------------------------------------------------------------------------------
def recorded(shared: Path, folder: Path) -> list[str]:
    """Fear and greed as an opinion in -1..1, exchange flows as one of whales, and the index of fear as it stands."""
    fear = pl.read_csv(shared / "onchain/crypto_fear_greed_to_2023.csv.gz")
    fear.select("date", value=(pl.col("fng") - 50) / 50).write_csv(folder / "mood.csv")
    flows = pl.read_csv(shared / "onchain/btc_daily_exchange_flows_2020_2023.csv.gz")
    going_out, coming_in = pl.col("FlowOutExUSD"), pl.col("FlowInExUSD")
    whale = flows.select("time", symbol=pl.lit("BTCUSDT"), value=(going_out - coming_in) / (going_out + coming_in))
    whale.write_csv(folder / "whale.csv")
    return [f"{folder}/mood.csv", f"{folder}/whale.csv", f"vix={shared}/daily/vix_daily_1990_2020.csv.gz"]


def test_recorded_series_are_never_known_on_their_day(shared_data: Path, tmp_path: Path, cli: Command) -> None:
    assert cli("data", "import", shared_data / COIN, *COIN_OPTIONS).code == 0
    given = recorded(shared_data, tmp_path)
    folder = str(tmp_path / "data")
    built = wiring.load_data(DataConfig(source="catalogue", folder=folder, timeframe="1d", signals=tuple(given)))
    panel, rows = built.panel, len(built.panel.ts)
    names = ("mood.value", "whale.value", "vix.close", "mood.age", "vix.value")
    slots = SlotMaker(names, 1).push(panel, 0, rows)[:, :, 0]
    told = {
        "mood.value": of_days(tmp_path / "mood.csv", "date", "value"),
        "whale.value": of_days(tmp_path / "whale.csv", "time", "value"),
        "vix.close": of_days(shared_data / "daily/vix_daily_1990_2020.csv.gz", "date", "close"),
    }
    assert np.array_equal(slots[2], slots[4], equal_nan=True)
    seen = dict.fromkeys(told, 0)
    for row in range(rows):
        day = date(1970, 1, 1) + timedelta(days=int(panel.ts[row] // DAY) - 1)  # the bar of a day closes as it ends
        for k, name in enumerate(told):
            wanted = last_before(told[name], day)
            assert np.array_equal(slots[k, row], wanted, equal_nan=True), (name, day)
            seen[name] += int(wanted == wanted)
    assert min(seen.values()) > 150, seen
    assert set(slots[3][~np.isnan(slots[3])][:20].tolist()) == {18 * 3600.0}  # known at six, read at midnight
    found = {one.feed: (one.refused, one.events + one.later) for one in built.report.feeds}
    assert {name: found[name.removesuffix(".value")] for name in told} == {n: ({}, len(told[n])) for n in told}


def test_recorded_series_trade_alike_in_backtest_and_paper(shared_data: Path, tmp_path: Path, cli: Command) -> None:
    assert cli("data", "import", shared_data / COIN, *COIN_OPTIONS).code == 0
    (tmp_path / "fearful.py").write_text(FEARFUL, encoding="utf-8")
    words = ["--data", "catalogue", "--timeframe", "1d", "--strategy", "fearful.py", "--json", "--quiet"]
    words += [word for one in recorded(shared_data, tmp_path) for word in ("--signals", one)]
    back, paper = cli("backtest", *words), cli("paper", *words)
    assert (back.code, paper.code) == (0, 0), back.err + paper.err
    assert back.json["trades"] == paper.json["trades"]
    assert len(back.json["trades"]) >= 5
    assert cli("replay").code == 0


def of_days(path: Path, time: str, value: str) -> dict[date, float]:
    """A file's numbers by day, read without the code under test."""
    frame = pl.read_csv(path)
    return {
        date.fromisoformat(day): float(number)
        for day, number in frame.select(time, value).drop_nulls().iter_rows()
    }  # fmt: skip


def last_before(told: dict[date, float], day: date) -> float:
    """The number of the last day before ``day``."""
    if day - timedelta(days=1) < min(told):
        return float("nan")
    return next(told[day - timedelta(days=k)] for k in range(1, 4000) if day - timedelta(days=k) in told)
