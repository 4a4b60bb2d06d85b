"""``lookahead-check``: honest strategies pass, a planted peek is named, exit codes tell."""

from __future__ import annotations

from pathlib import Path

from tests.apps.conftest import Command

SIGNALS = """
def honest(frame):
    return {"mean": frame["close"].rolling_mean(5)}

def peeking(frame):
    return {"next": frame["close"].shift(-1), "mean": frame["close"].rolling_mean(5)}
"""
WORDS = ("lookahead-check", "--symbols", "AAPL", "--start", "2012-01-01", "--end", "2012-12-31", "--cuts", "3")


def test_an_honest_strategy_passes(cli: Command) -> None:
    done = cli(*WORDS, "--strategy", "macd_cross", "--json")
    assert done.code == 0, done.err
    assert done.json["ok"] is True
    assert done.json["checks"][0]["peeks"] == []


def test_a_planted_peek_is_named(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "signals.py").write_text(SIGNALS, encoding="utf-8")
    assert cli(*WORDS, "--signals", "signals.py:honest").code == 0
    done = cli(*WORDS, "--signals", "signals.py:peeking")
    assert done.code == 1, done.err
    assert "peeking: looks ahead" in done.out
    assert "next: AAPL at" in done.out
    guilty = cli(*WORDS, "--signals", "signals.py:peeking", "--json").json["checks"][0]["peeks"]
    assert {peek["column"] for peek in guilty} == {"next"}


def test_what_it_refuses(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "signals.py").write_text(SIGNALS, encoding="utf-8")
    assert cli(*WORDS, "--signals", "signals.py:honst").code == 2
    assert cli(*WORDS, "--signals", "signals.py").code == 4
    assert cli(*WORDS, "--signals", "signals.py:honest", "--strategy", "macd_cross").code == 4
    assert cli(*WORDS, "--signals", "signals.py:honest", "--known", "never").code == 4
