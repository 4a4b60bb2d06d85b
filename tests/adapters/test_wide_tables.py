"""Wide tables: a column of closes for each symbol becomes close-only bars, and what is not such a table is told."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from consilience.adapters.calendars import market_hours
from consilience.adapters.storage.bar_import import import_bars
from consilience.adapters.storage.import_options import ImportOptions
from consilience.core.errors import ConfigError, DataError, NotFound
from consilience.core.time import parse_time
from consilience.market.quality import QualityPolicies
from consilience.market.quality_bars import gate_bars

TEXT = """Date,AAPL,MSFT,NEW
2012-01-03,58.75,26.77,
2012-01-04,59.06,27.40,
2012-01-05,59.72,27.68,10.5
2012-01-06,,28.11,10.25
2012-01-09,60.25,27.74,10.75
"""


def put(folder, text=TEXT, name="closes.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def wide(source, **more):
    return import_bars(source, ImportOptions(wide=True, **more))


def test_each_column_becomes_bars_of_closes(tmp_path):
    result = wide(put(tmp_path))
    assert [b.symbol for b in result.bars] == ["AAPL", "MSFT", "NEW"]
    assert [len(b) for b in result.bars] == [4, 5, 3]  # an empty cell is no bar
    apple = result.bars[0]
    assert apple.trade.close.tolist() == [58.75, 59.06, 59.72, 60.25]
    for column in apple.trade.all:
        assert column.tolist() == apple.trade.close.tolist()
    assert np.isnan(apple.volume).all()
    assert result.bars[2].ts[0] == parse_time("2012-01-05T21:00:00Z")
    notes = "\n".join(result.notes)
    assert "a wide table: 3 columns of closes, each a symbol" in notes and "3 empty cells are no bars" in notes
    assert "prices within a bar are not known, so open, high and low are the close" in notes


def test_symbols_are_chosen_by_their_headings(tmp_path):
    assert [b.symbol for b in wide(put(tmp_path), symbols=("MSFT",)).bars] == ["MSFT"]
    with pytest.raises(NotFound, match="unknown symbol 'MSTF'; did you mean 'MSFT'"):
        wide(put(tmp_path), symbols=("MSTF",))


@pytest.mark.parametrize("heading", ["", '""'])
def test_an_index_without_a_heading_is_the_time(tmp_path, heading):
    result = wide(put(tmp_path, TEXT.replace("Date", heading)))
    assert [len(b) for b in result.bars] == [4, 5, 3]


def test_a_time_column_by_another_name_is_named(tmp_path):
    path = put(tmp_path, TEXT.replace("Date", "Session"))
    with pytest.raises(DataError, match=r"has no column of dates .*; give --columns time=NAME"):
        wide(path)
    assert len(wide(path, columns={"time": "Session"}).bars) == 3
    with pytest.raises(NotFound, match="unknown column 'Sesion'; did you mean 'Session'"):
        wide(path, columns={"time": "Sesion"})


def test_parquet_and_frames_with_whole_numbers(tmp_path):
    frame = pl.DataFrame({"date": ["2012-01-03", "2012-01-04"], "A": [1, 2], "B": [1.5, None]})
    path = tmp_path / "closes.parquet"
    frame.write_parquet(path)
    for source in (path, frame):
        result = wide(source)
        assert [b.trade.close.tolist() for b in result.bars] == [[1.0, 2.0], [1.5]]


def test_adjusted_closes_are_rounded_to_eight_decimals_and_keep_their_grid(tmp_path):
    result = wide(put(tmp_path, TEXT.replace("58.75", "0.26212933659553531")))
    assert result.bars[0].trade.close[0] == 0.26212934
    assert "1 prices have more than 8 decimals, as adjusted ones do; they were rounded to 8" in result.notes
    assert result.bars[0].instrument.tick_schedule == ()  # a tick of a cent would be a jump there


def test_pandas_frames_by_symbol_and_of_two_levels():
    pandas = pytest.importorskip("pandas")
    index = pandas.DatetimeIndex(["2012-01-03", "2012-01-04"], name="Date")
    levels = pandas.MultiIndex.from_product([["Close", "Open"], ["AAPL", "MSFT"]], names=["Price", "Ticker"])
    frame = pandas.DataFrame([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]], index=index, columns=levels)
    result = wide(frame["Close"])
    assert {b.symbol: b.trade.close.tolist() for b in result.bars} == {"AAPL": [1.0, 5.0], "MSFT": [2.0, 6.0]}
    with pytest.raises(ConfigError, match="under two levels of headings; leave out --wide"):
        wide(frame)


BAD = [
    ("a text that is no number", TEXT.replace("27.40", "n.a."), {}, DataError,
     "line 3: MSFT 'n.a.' is not a number; mend"),
    ("a closed day, once for all symbols", TEXT.replace("2012-01-04", "2012-01-07"), {}, DataError,
     "line 3: Date '2012-01-07' is not a date on which XNYS trades; mend"),
    ("bars of one symbol", "date,open,high,low,close\n2012-01-03,1,1,1,1\n", {}, DataError, "leave out --wide"),
    ("no prices", "date,A,B\n2012-01-03,,\n", {}, DataError, "has no price in any of its 2 columns"),
    ("no columns", "date\n2012-01-03\n", {}, DataError, "needs a heading over each column of prices"),
    ("a price without a heading", "date,A,\n2012-01-03,1,2\n", {}, DataError, "needs a heading over each column"),
    ("a name of one symbol", TEXT, {"symbol": "X"}, ConfigError, "leave out --symbol"),
    ("a field it has not", TEXT, {"columns": {"close": "AAPL"}}, ConfigError, "leave out --columns close="),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "options", "error", "message"), BAD, ids=[b[0] for b in BAD])
def test_what_is_no_wide_table_is_told(tmp_path, what, text, options, error, message):
    with pytest.raises(error) as caught:
        wide(put(tmp_path, text), **options)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_bad_cell_may_be_dropped_and_is_counted(tmp_path):
    result = wide(put(tmp_path, TEXT.replace("27.40", "n.a.")), on_bad_row="drop")
    assert result.dropped == ((3, "MSFT 'n.a.' is not a number"),)
    assert [len(b) for b in result.bars] == [4, 4, 3]


def test_nineteen_recorded_stocks(shared_data):
    result = wide(shared_data / "daily/us_19_stocks_adjclose_1990_2017.csv.gz")
    assert len(result.bars) == 19 and sum(map(len, result.bars)) == 19 * 7056 - 31461
    assert {b.symbol: len(b) for b in result.bars}["BABA"] == 827
    for bars in result.bars:
        schedule = market_hours.schedule("XNYS", int(bars.ts.min()), int(bars.ts.max()))
        assert gate_bars(bars, schedule, QualityPolicies())[1].counts["off_grid"] == 0
