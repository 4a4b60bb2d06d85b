"""Files of external signals: opinions and series, their times, and mistakes told with their line."""

from __future__ import annotations

import polars as pl
import pytest

from consilience.adapters.storage.signals_file import PUBLISHED, read_signals
from consilience.core.errors import DataError, NotFound
from consilience.core.external import FeedKind
from consilience.core.time import DAY, HOUR, parse_time

OPINIONS = """time,known,source,symbol,value,confidence,horizon,detail
2024-01-02T09:30:00Z,2024-01-02T09:31:00Z,news,AAA,0.5,0.8,4h,earnings
2024-01-02T10:00:00Z,2024-01-02T10:00:05Z,whale,,-1,1,3600,
2024-01-02T11:00:00Z,2024-01-02T12:00:00Z,news,BBB,,,,
"""


def put(folder, text, name="mood.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(raw):
    return [
        (raw.feeds[f].name, raw.symbols[s], float(v), float(c))
        for f, s, v, c in zip(raw.feed, raw.symbol, raw.value, raw.confidence, strict=True)
    ]


def test_every_column_of_opinions(tmp_path):
    raw = read_signals(put(tmp_path, OPINIONS))
    told = rows(raw)
    assert told[:2] == [("news", "AAA", 0.5, 0.8), ("whale", "*", -1.0, 1.0)]
    assert told[2][:2] == ("news", "BBB")
    assert [v != v for v in told[2][2:]] == [True, True]  # left to the gate, which counts it
    assert not any(kind.number for kind in raw.feeds)
    assert raw.horizon.tolist() == [4 * HOUR, HOUR, 0]
    assert raw.ts_event[0] == parse_time("2024-01-02T09:30:00Z")
    assert (raw.ts_known - raw.ts_event).tolist() == [60_000_000_000, 5_000_000_000, HOUR]


def test_the_least_of_opinions_takes_its_name_from_the_file_or_from_what_is_given(tmp_path):
    path = put(tmp_path, "time,value\n2024-01-02,0.5\n")
    raw = read_signals(path)
    assert rows(raw) == [("mood", "*", 0.5, 1.0)]
    assert rows(read_signals(f"fear={path}")) == [("fear", "*", 0.5, 1.0)]
    day = parse_time("2024-01-02")
    assert (raw.ts_event.tolist(), raw.ts_known.tolist()) == ([day + DAY], [day + DAY + PUBLISHED])


def test_a_known_day_counts_from_its_end(tmp_path):
    raw = read_signals(put(tmp_path, "time,known,value\n2024-01-02,2024-01-05,0.5\n"))
    assert raw.ts_known.tolist() == [parse_time("2024-01-06")]


def test_a_moment_is_known_at_once(tmp_path):
    raw = read_signals(put(tmp_path, "time,value\n2024-01-02 10:00:00,0.5\n"), tz="America/New_York")
    assert raw.ts_event.tolist() == raw.ts_known.tolist() == [parse_time("2024-01-02T15:00:00Z")]


SERIES = "date,VIX,rate 10y\n2024-01-02,13.2,\n2024-01-03,14.0,3.9\n"


@pytest.mark.parametrize("parquet", [False, True])
def test_series_of_numbers(tmp_path, parquet):
    path = put(tmp_path, SERIES)
    if parquet:
        frame = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], "VIX": [13.2, 14.0], "rate 10y": [None, 3.9]})
        path = tmp_path / "macro.parquet"
        frame.write_parquet(path)
    raw = read_signals(path)
    assert raw.feeds == (FeedKind("VIX", number=True), FeedKind("rate_10y", number=True))
    assert rows(raw) == [("VIX", "*", 13.2, 1.0), ("VIX", "*", 14.0, 1.0), ("rate_10y", "*", 3.9, 1.0)]
    assert [k.name for k in read_signals(f"us={path}").feeds] == ["us.VIX", "us.rate_10y"]


def test_series_in_rows_and_by_symbol(tmp_path):
    long = read_signals(put(tmp_path, "time,series,symbol,value\n2024-01-02,funding,AAA,0.01\n"))
    assert (long.feeds, rows(long)) == ((FeedKind("funding", number=True),), [("funding", "AAA", 0.01, 1.0)])
    wide = read_signals(put(tmp_path, "time,symbol,funding\n2024-01-02,AAA,0.01\n2024-01-02,BBB,0.02\n"))
    assert rows(wide) == [("funding", "AAA", 0.01, 1.0), ("funding", "BBB", 0.02, 1.0)]
    path = put(tmp_path, "time,parameter,value\n2024-01-02,omega,0.01\n")
    fitted = read_signals(f"garch={path}")
    assert fitted.feeds == (FeedKind("garch.omega", number=True),)


def test_the_close_of_bars_is_the_value_of_their_name(tmp_path):
    path = put(tmp_path, "date,Open,High,Low,Close\n2024-01-02,13,15,12,14\n2024-01-03,14,16,13,\n")
    raw = read_signals(f"vix={path}")
    assert [k.name for k in raw.feeds] == ["vix.Open", "vix.High", "vix.Low", "vix.Close", "vix"]
    assert [row for row in rows(raw) if row[0] in ("vix", "vix.Close")] == [
        ("vix.Close", "*", 14.0, 1.0), ("vix", "*", 14.0, 1.0),
    ]  # fmt: skip
    assert [k.name for k in read_signals(path).feeds] == ["Open", "High", "Low", "Close"]


MISTAKES = [
    ("time,value\n2024-01-02,much\n", "mood.csv, line 2: value 'much' is not a number"),
    ("time,value\n2024-01-02,1\n2024-01-03,x\n2024-01-04,y\n", "line 3: value 'x' is not a number (2 such places)"),
    ("time,value\n2024-01-02,1\nsoon,1\n", "line 3: time 'soon' is not a time"),
    ("time,value\n2024-01-02,1,2\n2024-01-03,1\n", "line 2: 3 fields where the header has 2"),
    ("time,value,confidense\n2024-01-02,1,1\n", "column 'confidense' means nothing here; did you mean 'confidence'?"),
    ("time,value,horizon\n2024-01-02,1,soon\n", "line 2: horizon 'soon' is no length such as 4h"),
    ("time,value,source\n2024-01-02,1,the news\n", "line 2: source 'the news' is no name of a feed"),
    ("value\n1\n", "has no column 'time'"),
    ("time\n2024-01-02\n", "has neither a column 'value' nor any series"),
    ("time,a b,A-B,a_b\n2024-01-02,1,2,3\n", "two columns that read as one name"),
    ("time,vix\n2024-01-02,high\n", "line 2: vix 'high' is not a number"),
    ("time,value\n2024-01-02 10:00:00,1\n", "give --tz"),
]


@pytest.mark.parametrize(("text", "problem"), MISTAKES)
def test_mistakes_name_the_line(tmp_path, text, problem):
    with pytest.raises(DataError) as caught:
        read_signals(put(tmp_path, text))
    assert problem in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(NotFound, match=r"none\.csv"):
        read_signals(f"news={tmp_path / 'none.csv'}")
