"""``regimes``: the table, the document, and mistakes in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.apps.conftest import Command

# late first fits, so that there are few
SOON = ("--symbols", "MSFT", "--start", "2009-01-01", "--first", "2900", "--every", "400", "--window", "260")


def test_the_detectors_are_compared(cli: Command, tmp_path: Path) -> None:
    lines = ["Date,Close", "2012-06-01,35.0", "2012-06-04,12.5"]
    (tmp_path / "fear.csv").write_text("\n".join(lines), encoding="utf-8")
    asked = ("--shock", "2012-06-01", "--calm", "2012-08-01..2012-08-31", "--judge", "fear.csv")
    done = cli("regimes", *SOON, *asked)
    assert done.code == 0, done.err
    assert "model regime_gmm: 1 fits due, 1 served" in done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("MSFT: ") and lines[2].split() == ["rule", "hmm", "gmm"]
    table = {line[:44].strip(): line[44:].split() for line in lines[3:-3]}
    for row in ("volatility ahead explained by the labels", "changes of the label a year"):
        assert len(table[row]) == 3
    assert "bars of delay after 2012-06-01" in done.out
    assert "false alarms 2012-08-01..2012-08-31" in done.out and "of 23" in done.out
    assert "told the volatility ahead apart best" in lines[-2] and "least surprising" in lines[-1]


def test_as_json(cli: Command) -> None:
    found = cli("regimes", *SOON, "--json", "--quiet").json
    assert [one["name"] for one in found["judged"]] == ["rule", "regime_hmm", "regime_gmm"]
    assert found["judged"][0]["log_likelihood"] is None and len(found["verdict"]) == 2


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ((), 4, "regimes are studied one market at a time; give --symbols AAPL"),
        (("--calm", "2004"), 4, "--calm '2004' is not FROM..TO, such as 2004-01-01..2006-12-31"),
        (("--shock", "someday"), 4, "'someday' is not a date"),
        (("--judge", "none.csv"), 2, "there is no file 'none.csv'; give a CSV with the columns date and close"),
        (("--symbols", "MSFT", "--end", "2000-09-01"), 4, "no bar is known to every detector"),
        (("--window", "-1"), 4, "--window"),
        (("--symbols", "MSFT", "--window", "5"), 4, "fewest=5 must lie between 15 and the window, 5"),
    ],
)
def test_mistakes_are_one_line(cli: Command, words: tuple[str, ...], code: int, text: str) -> None:
    done = cli("regimes", *words, "--quiet")
    assert done.code == code and text in done.error


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("day,close\n2012-01-03,5\n", "has the columns day, close; give one with date and close"),
        ("date,close\n2012-01-03,high\n", "give numbers in the column close"),
        ("date,close\nlater,5\n", "'later' is not a date"),
    ],
)
def test_a_fear_index_that_cannot_be_read_is_told(cli: Command, tmp_path: Path, content: str, text: str) -> None:
    (tmp_path / "fear.csv").write_text(content, encoding="utf-8")
    done = cli("regimes", "--judge", "fear.csv", "--quiet")
    assert done.code == 4 and text in done.error
