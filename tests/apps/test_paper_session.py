"""``paper --state``: stopped by a signal or killed, the session goes on and ends as the backtest does."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apps.conftest import Command

WHAT = ("-s", "trend_following", "--symbols", "AAPL,IBM", "--timerange", "20080101-20081231")


def paper(folder: Path, *more: str) -> subprocess.Popen[str]:
    """A process of its own."""
    command = [sys.executable, "-m", "consilience", "paper", *WHAT, "--state", "state", *more]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )


def stop_when_it_trades(process: subprocess.Popen[str], how: int) -> tuple[str, str]:
    """Signal the process once it has told a decision."""
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(how)
    out, err = process.communicate(timeout=120)
    return first + out, err


def test_stopped_and_killed_it_ends_as_the_backtest(cli: Command, tmp_path: Path) -> None:
    plain = cli("backtest", *WHAT)
    slow = ("--speed", str(86_400 * 20))  # twenty days a second
    _, err = stop_when_it_trades(paper(tmp_path, *slow), signal.SIGINT)
    assert "stopped after bar" in err and "goes on from here" in err, err
    second = paper(tmp_path, *slow)
    stop_when_it_trades(second, signal.SIGKILL)
    assert second.returncode == -signal.SIGKILL
    ended = cli("paper", *WHAT, "--state", "state")
    assert "ended without a word" in ended.err
    whole = cli("journal", "verify", "state", "--json").json
    assert whole["kinds"]["slice"] == whole["kinds"]["close"] > 200 and whole["kinds"]["resume"] == 2
    assert "process" in cli("journal", "tail", "state", "--limit", "3").out
    with sqlite3.connect(tmp_path / "state" / "journal.db") as connection:
        connection.execute("update journal set ts = ts + 1 where sequence = 40")
    assert "journal record 40 was altered" in cli("journal", "verify", "state").error
    assert figures(plain.out) == figures(ended.out)


def figures(out: str) -> list[str]:
    """The lines from Return to End value."""
    lines = [line for line in out.splitlines() if line.strip()]
    start = next(k for k, line in enumerate(lines) if line.startswith("Return "))
    return lines[start : start + 9]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--speed", "fast"), "is no speed"),
        (("--speed", "-1"), "is no speed"),
        (("--state", "taken"), "'taken': a file stands where a folder is wanted; name another folder"),
    ],
)
def test_bad_input(cli: Command, tmp_path: Path, more: tuple[str, ...], text: str) -> None:
    (tmp_path / "taken").touch()
    done = cli("paper", *WHAT, "--state", "state", *more)
    assert done.code == 4 and text in done.error


def test_a_speed_is_of_a_session_that_keeps_its_state(cli: Command) -> None:
    done = cli("paper", *WHAT, "--speed", "60")
    assert (done.code, done.error) == (4, "--speed paces a session that keeps its state; give --state FOLDER too")


def test_no_session(cli: Command) -> None:
    done = cli("journal", "verify", "nowhere")
    assert done.code == 2 and "there is no session state in 'nowhere'" in done.error


def test_another_configuration(cli: Command, tmp_path: Path) -> None:
    cli("paper", *WHAT, "--state", "state", "-q")
    assert "every bar was traded" in cli("paper", *WHAT, "--state", "state").err
    done = cli("paper", "-s", "macd_cross", *WHAT[2:], "--state", "state")
    assert done.code == 4 and "use the same configuration" in done.err
