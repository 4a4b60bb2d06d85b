"""Help, usage errors, exit codes, and the commands that only read: told in one line, or one JSON document."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consilience.apps.cli import shell
from consilience.apps.cli.main import app
from consilience.apps.cli.options import BARS, RUN, parse_params, split_range
from consilience.apps.cli.sweep import parse_grid, parse_where
from consilience.core.errors import ConfigError, NotRunning, TimedOut
from tests.apps.conftest import Command

COMMANDS = (
    "demo", "init", "doctor", "strategies", "features", "backtest", "sweep", "lookahead-check", "paper", "report",
    "why", "decisions", "replay", "bench", "screen", "data import", "data list", "data check", "data export",
    "runs list", "runs show", "runs compare", "config check",
)  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_help(cli: Command, words: str) -> None:
    done = cli(*words.split(), "--help")
    assert (done.code, done.err) == (0, "")
    assert words.split()[-1] in done.out
    assert "Usage: consilience" in done.out


@pytest.mark.parametrize("command", ["backtest", "paper", "sweep", "lookahead-check"])
def test_commands_that_run_strategies_share_their_options(cli: Command, command: str) -> None:
    listed = cli(command, "--help").out
    for option in (*RUN, *BARS):
        assert f"--{option} " in listed


USAGE = [
    (("backtset",), "no such command 'backtset'; did you mean 'backtest'?"),
    (("backtest", "--strateg", "x"), "no such option: --strateg; did you mean --strategy?"),
    (("backtest", "--cash"), "option '--cash' requires an argument."),
    (("backtest", "--cash", "much"), "invalid value for '--cash': it should be a valid number"),
    (("why",), "missing argument 'symbol'"),
    (("backtest", "--timerange", "2010-2012"), "--timerange '2010-2012' is not YYYYMMDD-YYYYMMDD"),
    (("backtest", "--timerange", "20100101-", "--start", "2010-01-01"),
     "give --timerange or --start and --end, not both"),
    (("backtest", "--strategy", "macd_cross", "--param", "fast"), "--param 'fast' is not NAME=VALUE"),
    (("backtest",), "no strategy was named; give --strategy NAME or [[strategies]] in the file"),
    (("backtest", "--strategy", "macd_cross", "--param", "fast=0"), "macd_cross: fast=0 is outside 2..200"),
    (("backtest", "--strategy", "macd_cross", "--cash", "-1"),
     "--cash: account.cash=-1.0: it should be greater than 0"),
    (("backtest", "-s", "macd_cross", "--capital", "macd_cross"),
     "--capital 'macd_cross' is not STRATEGY=SHARE, such as --capital macd_cross=0.3"),
    (("backtest", "-s", "macd_cross", "--capital", "macd_cros=0.3"), "did you mean 'macd_cross'?"),
    (("backtest", "-s", "macd_cross", "--capital", "macd_cross=2"), "macd_cross=2 must lie between 0 and 1"),
    (("backtest", "--strategy", "macd_cross", "--start", "soon"), "--start: 'soon' is not a date"),
    (("backtest", "--strategy", "macd_cross", "--start", "2012-05-01", "--end", "2012-04-01"), "lies after end"),
    (("backtest", "--strategy", "macd_cross", "--start", "2020-01-01"), "no bar closes after 2020-01-01"),
    (("bench", "--device", "tpu"), "there is no device 'tpu'; choose cpu or cuda"),
    (("backtest", "--strategy", "macd_cross", "--end", "1999-01-01"), "no bar in the asked range; its data runs from"),
    (("backtest", "--strategy", "macd_cross", "-s", "macd_cross"), "is named twice"),
    (("backtest", "--strategy", "macd_cross", "--timeframe", "1h"), "has 1d bars, which cannot be split into 1h"),
    (("sweep", "--strategy", "macd_cross"), "a sweep needs values, such as --param fast=5,10,20"),
    (("sweep", "--strategy", "macd_cross", "--param", "fast=9:5:1"), "is not LOW:HIGH:STEP"),
    (("sweep", "--strategy", "macd_cross", "-p", "fast=5", "--where", "fast<slow<x"), "is not a comparison"),
    (("paper", "--strategy", "macd_cross", "--record", "all"),
     "--record: record.level='all' is not allowed; use none, events"),
    (("data", "export", "AAPL", "x.csv", "--folder"), "option '--folder' requires an argument."),
    (("runs", "compare", "a", "--json", "--jsn"), "no such option: --jsn; did you mean --json?"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "message"), USAGE, ids=[" ".join(u[0]) for u in USAGE])
def test_a_usage_error_is_one_line_and_exit_4(
    cli: Command, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    done = cli(*words)
    assert done.code == 4, done.err
    assert message in done.error
    assert done.out == ""
    assert not (tmp_path / "runs").exists()


NOT_FOUND = [
    (("backtest", "--strategy", "macd_cros"), "unknown strategy 'macd_cros'; did you mean 'macd_cross'?"),
    (("backtest", "--strategy", "mine.py"), "there is no strategy file 'mine.py'"),
    (("backtest", "--strategy", "macd_cross", "--symbols", "APPL"), "unknown demo symbol 'APPL'; did you mean 'AAPL'?"),
    (("backtest", "--strategy", "macd_cross", "--param", "fsat=3"), "unknown parameter 'fsat'; did you mean 'fast'?"),
    (("backtest", "--strategy", "macd_cross", "--data", "dmo"), "unknown data source 'dmo'; did you mean 'demo'?"),
    (("backtest", "--strategy", "macd_cross", "--data", "no.csv"), "there is no file 'no.csv'"),
    (("backtest", "--strategy", "macd_cross", "--data", "catalogue"),
     "is empty; fill it with: consilience data import"),
    (("backtest", "--strategy", "macd_cross", "--config", "no.toml"), "make one with: consilience init"),
    (("backtest", "--strategy", "macd_cross", "--fee", "precent"), "did you mean 'percent'?"),
    (("report",), "there is no run in runs"),
    (("replay", "x"), "unknown run 'x'"),
    (("why", "AAPL"), "there is no run in runs"),
    (("strategies", "nope"), "unknown strategy 'nope'"),
    (("features", "rsii"), "unknown feature 'rsii'; did you mean 'rsi'?"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "message"), NOT_FOUND, ids=[" ".join(u[0]) for u in NOT_FOUND])
def test_what_does_not_exist_is_exit_2(cli: Command, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = cli(*words)
    assert done.code == 2, done.err
    assert message in done.error
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("words", "inside"), [(("data",), "\n  import "), ((), "\n  backtest ")])
def test_a_group_alone_prints_its_help(cli: Command, words: tuple[str, ...], inside: str) -> None:
    done = cli(*words)
    assert done.code == 4
    assert done.err.startswith("Usage: consilience")
    assert inside in done.err


def test_version_and_help_are_fine(cli: Command) -> None:
    assert cli("--version").out.startswith("consilience 0.")
    assert cli("--help").code == 0


@pytest.mark.parametrize(("error", "code"), [(NotRunning("no process"), 3), (TimedOut("no answer"), 5)])
def test_the_other_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("consilience.apps.cli.project.Output", fail)
    assert shell.run(app, ["init"]) == code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_an_unexpected_exception_is_one_line_and_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("consilience.apps.cli.project.Output", fail)
    assert shell.run(app, ["init"]) == 1
    line = capsys.readouterr().err
    assert line.startswith("error: unexpected ZeroDivisionError: planted; the traceback is in ")
    log = Path(line.split("the traceback is in ")[1].split(";")[0])
    assert "ZeroDivisionError: planted" in log.read_text(encoding="utf-8")
    assert log.is_relative_to(os.environ["XDG_STATE_HOME"])
    assert shell.run(app, ["init", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


FILE_FAULTS = [
    (PermissionError(13, "", "runs"), "permission denied: 'runs'; choose another place, or change who may use it"),
    (OSError(28, "", "runs/x"), "no space left on device: 'runs/x'; make room"),
    (NotADirectoryError(20, ""), "not a directory: on this machine; a file stands where a folder is wanted"),
]


@pytest.mark.parametrize(("error", "message"), FILE_FAULTS, ids=[message for _, message in FILE_FAULTS])
def test_a_fault_of_the_machine_is_nothing_to_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, message: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("consilience.apps.cli.project.Output", fail)
    assert shell.run(app, ["init"]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"error: {message}")
    assert "report it" not in line


def test_without_a_place_for_the_log_the_error_is_still_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("consilience.apps.cli.project.Output", fail)
    assert shell.run(app, ["init"]) == 1
    assert capsys.readouterr().err == (
        "error: unexpected ZeroDivisionError: planted; --debug shows where from; please report it\n"
    )


def test_a_file_where_the_runs_should_go(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("", encoding="utf-8")
    for command in ("backtest", "paper"):
        done = cli(command, "--strategy", "macd_cross", "--symbols", "FB")
        assert done.code == 1
        assert done.error == "not a directory: 'runs'; a file stands where a folder is wanted; choose another name"
        assert done.out == ""


def test_runs_that_cannot_be_kept_are_not_made(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    done = cli("backtest", "--strategy", "macd_cross", "--symbols", "FB")
    assert (done.code, done.out) == (1, "")
    assert done.error == "permission denied: 'runs'; choose another place, or change who may use it"


def test_no_place_for_the_kernel_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    words = [sys.executable, "-m", "consilience.apps.cli.main", "features"]
    environment = {**os.environ, "CONSILIENCE_CACHE_DIR": str(tmp_path / "file")}
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False, env=environment)
    assert (done.returncode, done.stdout) == (4, "")
    assert "cannot be made (Not a directory); set CONSILIENCE_CACHE_DIR to a folder you may write to" in done.stderr


def test_a_broken_file_of_strategies_is_told(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "mine.py").write_text("class A(\n", encoding="utf-8")
    done = cli("strategies")
    assert done.code == 0
    assert "mine.py cannot be read as Python and is left out" in done.err
    done = cli("backtest", "--strategy", "mine")
    assert (done.code, done.error) == (4, "strategies/mine.py, line 1: '(' was never closed; mend the file")


def test_json_of_the_reading_commands_parses_and_repeats(cli: Command) -> None:
    for words in (["strategies"], ["strategies", "macd_cross"], ["features"], ["features", "ema"], ["data", "list"],
                  ["config", "check"], ["runs", "list"]):  # fmt: skip
        first, second = cli(*words, "--json"), cli(*words, "--json")
        assert first.code == 0, first.err
        assert first.json == second.json


def test_tables_and_details_come_from_the_specs(cli: Command) -> None:
    assert "rsi_mean_reversion" in cli("strategies").out
    assert "2 .. 200" in cli("strategies", "macd_cross").out
    assert "ta.bollinger(" in cli("features", "ta.bollinger").out
    assert "rolling_std(" in cli("features").out


def test_doctor_says_ok_line_by_line(cli: Command, tmp_path: Path) -> None:
    done = cli("doctor", "--json")
    assert done.code == 0, done.out
    states = {line["name"]: line["state"] for line in done.json["checks"]}
    assert {"python", "packages", "extra demo", "kernel cache", "kernels", "calendars", "catalogue"} <= set(states)
    assert states["kernels"] == "ok"
    (tmp_path / "consilience.toml").write_text("x\ny = 1", encoding="utf-8")
    broken = cli("doctor")
    assert broken.code == 1
    assert "fail  configuration: consilience.toml, line 1: not TOML" in broken.out


def test_init_never_overwrites(cli: Command, tmp_path: Path) -> None:
    assert cli("init", "first").code == 0
    (tmp_path / "first" / "consilience.toml").write_text("mine", encoding="utf-8")
    done = cli("init", "first")
    assert done.code == 4
    assert "is there already" in done.error
    assert (tmp_path / "first" / "consilience.toml").read_text(encoding="utf-8") == "mine"
    assert cli("init", "first", "--force").code == 0
    assert (tmp_path / "first" / "consilience.toml").read_text(encoding="utf-8") != "mine"


def test_config_check_tells_where_each_value_comes_from(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("init")
    monkeypatch.setenv("CONSILIENCE__ACCOUNT__CASH", "777")
    done = cli("config", "check")
    assert done.code == 0, done.err
    assert "cash = 777.0" in done.out
    assert "# environment CONSILIENCE__ACCOUNT__CASH" in done.out
    assert "# consilience.toml, line " in done.out
    assert "\nseed = 0" in "\n" + done.out.replace("  seed", "seed")
    assert '[[strategies]]\n  name = "example"' in done.out
    assert "parameters = { fast = 20, slow = 100, stop = 3.0 }" in done.out


def test_the_script_works_as_a_process(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "consilience.apps.cli.main", "nonsense"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("error: no such command 'nonsense'")
    assert "Traceback" not in done.stderr


def test_ranges_parameters_and_grids() -> None:
    assert split_range("20100101-20121231") == ("20100101", "20121231")
    assert split_range("-20121231") == (None, "20121231")
    assert parse_params(["fast=5", "kind=sma", "x=1.5", "short=true"]) == {
        "fast": 5,
        "kind": "sma",
        "x": 1.5,
        "short": True,
    }
    assert parse_grid(["a=1,2", "b=0.1:0.3:0.1", "c=x,y"]) == {"a": [1, 2], "b": [0.1, 0.2, 0.3], "c": ["x", "y"]}
    keep = parse_where(["a < b", "b != 3"])
    assert keep is not None
    assert [keep({"a": 1, "b": b}) for b in (1, 2, 3)] == [False, True, False]
    with pytest.raises(ConfigError, match="which this sweep does not vary"):
        parse_where(["a < c"])({"a": 1, "b": 2})  # type: ignore[misc]


def test_the_library_is_listed_by_its_name(cli: Command) -> None:
    assert cli("init").code == 0
    everything, library = cli("strategies").out, cli("strategies", "library").out
    assert "yours, in strategies" in everything and "yours, in" not in library
    assert "macd_cross" in library and "consilience backtest --strategy library" in library
