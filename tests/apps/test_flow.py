"""From an empty folder to an explained, repeated run: init, backtest, report, why, replay, compare, paper, sweep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

import consilience
from consilience.apps.runner import config_of
from consilience.core.errors import ConfigError, StrategyError
from consilience.strategies import Entry, Strategy
from tests.apps.conftest import Command, command, csv_lines


def runs_of(folder: Path) -> list[Path]:
    return sorted((folder / "runs").glob("*/*/manifest.json"))


def test_backtest_keeps_a_whole_run(project: Path) -> None:
    kept = runs_of(project)[0].parent
    names = {path.name for path in kept.iterdir()}
    assert {"manifest.json", "report.html", "report.json", "trades.parquet"} <= names
    assert not list((project / "runs").rglob("*.part"))
    listed = command(project, "runs", "list", "--json").json["runs"]
    assert kept.name in [run["id"] for run in listed]
    assert listed[0]["metrics"]["total_return"] is not None


def test_report_shows_the_run_and_copies_its_page(project: Path, tmp_path: Path) -> None:
    run = runs_of(project)[0].parent.name
    done = command(project, "report", run, "--html", str(tmp_path / "page.html"))
    assert done.code == 0, done.err
    assert "Sharpe ratio" in done.out
    assert (tmp_path / "page.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html")
    document = command(project, "report", run, "--json").json
    assert (document["schema"], document["run"]["id"]) == ("consilience.report", run)


def test_why_answers_for_a_day(project: Path) -> None:
    run = runs_of(project)[0].parent.name
    done = command(project, "why", "AAPL", "--at", "2010-10-11", "--run", run)
    assert done.code == 0, done.err
    assert done.out.startswith("example AAPL at 2010-10-11T20:00:00Z")
    answers = command(project, "why", "AAPL", "--at", "2010-10-11", "--run", run, "--json").json["answers"]
    assert answers[0]["strategy"] == "example"
    assert answers[0]["bar"] == "2010-10-11T20:00:00Z"
    unknown = command(project, "why", "APPL", "--run", run)
    assert (unknown.code, "did you mean 'AAPL'?" in unknown.error) == (2, True)
    assert command(project, "why", "AAPL", "--at", "1990-01-01", "--run", run).code == 4


def test_replay_is_the_same_bit_for_bit(project: Path) -> None:
    run = runs_of(project)[0].parent.name
    done = command(project, "replay", run)
    assert done.code == 0, done.out + done.err
    assert "the same, bit for bit" in done.out
    assert command(project, "replay", run, "--json").json["same"] is True


def test_a_run_gives_the_configuration_that_makes_it_again(cli: Command, tmp_path: Path) -> None:
    words = ("--cash", "5000", "--fee", "per_share", "--timerange", "20100101-20121231", "--symbols", "AAPL,IBM")
    first = cli("backtest", "-s", "macd_cross", "-s", "moving_average_cross", "-p", "fast=7", *words, "-q")
    assert first.code == 0, first.err
    shown = cli("runs", "show")
    assert "fee=per_share" in shown.out
    assert "source=demo, " in shown.out
    assert "start=20100101" in shown.out
    text = cli("runs", "show", "--toml").out
    (tmp_path / "again.toml").write_text(text, encoding="utf-8")
    again = cli("backtest", "--config", "again.toml", "-q")
    assert again.code == 0, again.err
    one, two = (json.loads(path.read_text(encoding="utf-8")) for path in runs_of(tmp_path))
    assert one["run_id"] != two["run_id"]
    for name in ("digests", "data_hash", "config_hash", "parameter_hash", "benchmark", "data_source"):
        assert one[name] == two[name], name
    assert cli("runs", "show", "--toml", "--json").code == 4


def test_a_run_of_a_program_says_that_it_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = consilience.backtest("macd_cross", symbols=["AAPL"], start="2012-01-01")
    odd = msgspec.structs.replace(run.manifest, data_source={}, warm_up=3)
    with pytest.raises(ConfigError, match="made by a program with bars that it handed in, its own warm-up; run that"):
        config_of(odd)


def test_replay_tells_a_changed_strategy(project: Path, tmp_path: Path) -> None:
    text = (project / "strategies" / "example.py").read_text(encoding="utf-8")
    (tmp_path / "strategies").mkdir()
    place = tmp_path / "strategies" / "example.py"
    place.write_text(text, encoding="utf-8")
    words = ("backtest", "--strategy", "example", "--symbols", "AAPL", "--start", "2010-01-01", "--quiet")
    assert command(tmp_path, *words).code == 0
    place.write_text(text.replace("- self.stop * atr", "- 0.5 * self.stop * atr"), encoding="utf-8")
    done = command(tmp_path, "replay")
    assert done.code == 1
    assert "not the same" in done.out
    assert "the text of example has changed" in done.out


def test_paper_trades_as_the_backtest_did(project: Path) -> None:
    options = ("--symbols", "AAPL", "--start", "2012-01-01", "--param", "slow=30")
    back = command(project, "backtest", *options, "--json", "--quiet")
    paper = command(project, "paper", *options, "--json", "--quiet")
    assert (back.code, paper.code) == (0, 0), paper.err
    assert (back.err, paper.err) == ("", "")
    assert back.json["trades"] == paper.json["trades"]
    assert (back.json["run"]["mode"], paper.json["run"]["mode"]) == ("backtest", "paper")
    spoken = command(project, "paper", *options)
    assert "example AAPL long" in spoken.out


def test_json_of_a_backtest_repeats_but_for_its_time(project: Path) -> None:
    words = ("backtest", "--symbols", "AAPL", "--start", "2012-01-01", "--json", "--quiet")
    first, second = command(project, *words).json, command(project, *words).json
    for document in (first, second):
        document["run"].pop("id")
        document["run"].pop("created")
    assert first == second


def test_runs_are_shown_and_compared(project: Path) -> None:
    words = ("backtest", "--symbols", "AAPL,MSFT", "--start", "2009-01-01", "--param", "slow=80", "--quiet")
    assert command(project, *words).code == 0
    ids = [path.parent.name for path in runs_of(project) if path.parent.parent.name == "backtest"][:2]
    done = command(project, "runs", "compare", *ids, "--json")
    assert done.code == 0, done.err
    assert done.json["schema"] == "consilience.comparison"
    assert command(project, "runs", "compare", *ids).code == 0
    shown = command(project, "runs", "show", ids[0])
    assert "data hash" in shown.out
    assert command(project, "runs", "show", ids[0], "--json").json["run_id"] == ids[0]
    assert command(project, "runs", "compare", ids[0]).code == 4
    assert command(project, "runs", "show", "nope").code == 2


def test_sweep_ranks_and_counts(project: Path, tmp_path: Path) -> None:
    words = ("sweep", "--symbols", "AAPL", "--start", "2010-01-01", "--param", "fast=5:15:5", "--param", "slow=10,40")
    done = command(project, *words, "--where", "fast < slow", "--json", "--out", str(tmp_path / "sets.csv"))
    assert done.code == 0, done.err
    assert (done.json["tried"], done.json["refused"]) == (4, 2)
    assert len((tmp_path / "sets.csv").read_text(encoding="utf-8").splitlines()) == 5
    best = done.json["best"][0]
    again = command(
        project, "backtest", "--symbols", "AAPL", "--start", "2010-01-01", "--json", "--quiet",
        "--param", f"fast={best['fast']}", "--param", f"slow={best['slow']}",
    ).json  # fmt: skip
    total = next(m["value"] for m in again["metrics"] if m["key"] == "total_return")
    assert total == pytest.approx(best["total_return"], abs=1e-12)
    assert "luck alone" in command(project, *words).out
    alone = command(project, "sweep", "--param", "fast=5", "--symbols", "AAPL", "--start", "2012-12-20", "--quiet")
    assert alone.code == 0, alone.err
    assert "best of 1 set by sharpe: fast=5 with " in alone.out
    assert "nan" not in alone.out
    assert "luck" not in alone.out


def test_bench_prints_rates(project: Path) -> None:
    done = command(project, "bench", "--scale", "0.01", "--json")
    assert done.code == 0, done.err
    assert all(m["bars_per_second"] > 0 for m in done.json["measures"])


FAULTY = """
from consilience.strategies import Entry, Strategy
class Faulty(Strategy):
    def define(self, bar):
        return Entry(long=bar.close > undefined_name)
"""


def test_a_fault_inside_a_strategy_names_its_line(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY, encoding="utf-8")
    done = cli("backtest", "--strategy", "faulty.py")
    assert done.code == 4
    assert done.error.startswith("faulty.py, line 5: NameError: name 'undefined_name' is not defined (in your strategy")
    assert not (tmp_path / "runs").exists()


def test_an_order_larger_than_cash_is_a_counted_refusal(cli: Command, tmp_path: Path) -> None:
    text = 'config_version = 1\n[account]\ncash = 50\nshrink_on_shortage = false\n[[strategies]]\nname = "macd_cross"\n'
    (tmp_path / "consilience.toml").write_text(text, encoding="utf-8")
    done = cli("backtest", "--symbols", "AAPL", "--start", "2011-01-01", "--json", "--quiet")
    assert done.code == 0, done.err
    reasons = {r["reason"]: r["count"] for r in done.json["rejections"]}
    assert sum(reasons.values()) > 0
    assert done.json["trades"] == []


def test_a_file_of_bars_runs_and_its_flags_are_told(cli: Command, tmp_path: Path) -> None:
    lines = csv_lines()
    lines.insert(4, lines[4])
    (tmp_path / "mine.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    words = ("backtest", "--data", "mine.csv", "--strategy", "moving_average_cross")
    done = cli(*words, "--param", "fast=2", "--param", "slow=4")
    assert done.code == 0, done.err
    assert "data: MINE: 31 rows, 30 kept; duplicate 1" in done.err
    short = cli(*words, "--param", "slow=400")
    assert (short.code, "bars to warm up and the data has 30" in short.error) == (4, True)


def test_from_python_by_name_class_and_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Riser(Strategy):
        """Buys a rise."""

        def define(self, bar):
            return Entry(long=bar.close > bar.close[1], exit_long=bar.close < bar.close[1])

    monkeypatch.chdir(tmp_path)
    same: dict[str, Any] = {"symbols": ["AAPL"], "start": "2012-01-01", "end": "2012-06-30", "cash": 50_000}
    by_class, by_object = consilience.backtest(Riser, **same), consilience.backtest(Riser(), **same)
    assert by_class.equity.equals(by_object.equity)
    assert by_class.panel.symbols == ("AAPL",)
    by_name = consilience.backtest("macd_cross", parameters={"fast": 5}, **same)
    assert by_name.strategies[0].parameters["fast"] == 5
    panel = consilience.load("demo", symbols="AAPL", end="2012-06-30")
    on_panel = consilience.backtest(Riser, panel, start="2012-01-01", cash=50_000)
    assert on_panel.equity.equals(by_class.equity)
    frame = _frame()
    on_frame = consilience.backtest("moving_average_cross", frame, parameters={"fast": 2, "slow": 4})
    assert on_frame.panel.shape == (30, 1)
    with pytest.raises(StrategyError, match=r"no parameter|unknown parameter|outside"):
        consilience.backtest("macd_cross", parameters={"fast": 0}, **same)
    with pytest.raises(ConfigError, match="is no strategy"):
        consilience.backtest([Riser, 5], **same)  # type: ignore[list-item]
    assert not list(tmp_path.iterdir())


def _frame():
    import polars as pl

    rows = [line.split(",") for line in csv_lines()]
    frame = pl.DataFrame(rows[1:], schema=rows[0], orient="row")
    return frame.with_columns(pl.col("date").str.to_date(), pl.exclude("date").cast(pl.Float64), symbol=pl.lit("X"))


def test_a_light_import_and_a_clear_refusal() -> None:
    assert "backtest" in dir(consilience)
    with pytest.raises(AttributeError, match="consilience has no 'nothing'"):
        consilience.nothing  # noqa: B018


def test_the_examples_configuration_is_valid(repository: Path) -> None:
    done = command(repository, "config", "check", "--config", "examples/backtest.toml", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["config"]["strategies"][2]["name"] == "examples/strategies/ema_trend.py"
