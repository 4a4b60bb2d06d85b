"""Headings of two levels, as yfinance.download writes them to CSV: bars of one symbol and of several."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.adapters.storage.bar_import import import_bars
from consilience.adapters.storage.import_options import ImportOptions
from consilience.core.errors import ConfigError, DataError
from consilience.core.time import parse_time

ONE = """Price,Close,High,Low,Open,Volume
Ticker,AAPL,AAPL,AAPL,AAPL,AAPL
Date,,,,,
2024-01-02,185.63999938964844,188.44000244140625,183.88999938964844,187.14999389648438,82488700
2024-01-03,184.25,185.8800048828125,183.42999267578125,184.22000122070312,58414500
"""
TWO = """Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume
Ticker,AAPL,NEW,AAPL,NEW,AAPL,NEW,AAPL,NEW,AAPL,NEW
Date,,,,,,,,,,
2024-01-02,185.5,,188.5,,183.5,,187.25,,1000,
2024-01-03,184.25,20.5,185.75,21,183.5,20,184,20.25,2000,300
"""
# group_by="ticker" turns the levels round
TURNED = """Ticker,AAPL,AAPL,AAPL,AAPL,AAPL,NEW,NEW,NEW,NEW,NEW
Price,Open,High,Low,Close,Volume,Open,High,Low,Close,Volume
Date,,,,,,,,,,
2024-01-02,187.25,188.5,183.5,185.5,1000,,,,,
2024-01-03,184,185.75,183.5,184.25,2000,20.25,21,20,20.5,300
"""
NO_INDEX_NAME = TWO.replace("Date,,,,,,,,,,\n", "")
NO_NAMES = NO_INDEX_NAME.replace("Price,", ",").replace("Ticker,", ",")


def read(tmp_path, text, **more):
    path = tmp_path / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return import_bars(path, ImportOptions(**more))


def test_one_symbol_in_single_precision_is_in_cents_again(tmp_path):
    result = read(tmp_path, ONE)
    (bars,) = result.bars
    assert (bars.symbol, len(bars)) == ("AAPL", 2)
    assert bars.trade.close.tolist() == [185.64, 184.25]
    assert (bars.trade.open[0], bars.trade.high[0], bars.trade.low[0]) == (187.15, 188.44, 183.89)
    assert bars.volume.tolist() == [82488700.0, 58414500.0]
    assert bars.ts[0] == parse_time("2024-01-02T21:00:00Z")
    assert str(bars.instrument.price_increment) == "0.01"
    notes = "\n".join(result.notes)
    assert "headings of two levels: 1 symbols" in notes and "single precision; they were rounded to 2" in notes


@pytest.mark.parametrize("text", [TWO, TURNED, NO_INDEX_NAME, NO_NAMES], ids=["price", "ticker", "index", "names"])
def test_several_symbols_with_the_levels_either_way(tmp_path, text):
    result = read(tmp_path, text)
    assert [(b.symbol, len(b)) for b in result.bars] == [("AAPL", 2), ("NEW", 1)]  # no price, no bar
    apple, new = result.bars
    assert [c.tolist() for c in apple.trade.all] == [[187.25, 184], [188.5, 185.75], [183.5, 183.5], [185.5, 184.25]]
    assert [c.tolist() for c in new.trade.all] == [[20.25], [21], [20], [20.5]]
    assert (apple.volume.tolist(), new.volume.tolist()) == ([1000, 2000], [300])
    assert new.ts[0] == apple.ts[1] and "1 empty rows are no bars" in result.notes
    assert [b.symbol for b in read(tmp_path, text, symbols=("NEW",)).bars] == ["NEW"]


def test_adjusted_prices_come_to_the_finest_grid(tmp_path):
    result = read(tmp_path, ONE.replace("185.63999938964844", "184.73481750488281"))
    assert result.bars[0].trade.close[0] == 184.7348175
    assert any("as adjusted ones do; they were rounded to 8" in note for note in result.notes)
    assert result.bars[0].instrument.tick_schedule == ()


def test_adjusted_closes_and_what_is_not_read(tmp_path):
    text = "\n".join(line + extra for line, extra in zip(
        ONE.splitlines(), [",Adj Close,Dividends", ",AAPL,AAPL", ",,", ",180.5,0.0", ",179.25,0.0"], strict=True,
    ))  # fmt: skip
    result = read(tmp_path, text)
    adjusted = result.bars[0].adj_close
    assert adjusted is not None and adjusted.tolist() == [180.5, 179.25]
    assert "columns not used: Dividends" in result.notes


def test_times_within_a_day_and_another_name_for_one_symbol(tmp_path):
    text = ONE.replace("Date", "Datetime").replace("2024-01-02,", "2024-01-03 14:30:00+00:00,")
    text = text.replace("2024-01-03,", "2024-01-03 14:35:00+00:00,")
    (bars,) = read(tmp_path, text, stamp="open", symbol="APPLE").bars
    assert (bars.symbol, bars.duration_ns) == ("APPLE", 300_000_000_000)
    assert bars.ts[0] == parse_time("2024-01-03T14:35:00Z")


def test_frames_of_two_levels_are_read_as_their_files():
    pandas = pytest.importorskip("pandas")
    index = pandas.DatetimeIndex(["2024-01-02", "2024-01-03"], name="Date")
    fields = ["Open", "High", "Low", "Close", "Volume"]
    levels = pandas.MultiIndex.from_product([fields, ["A", "B"]], names=["Price", "Ticker"])
    rows = [[1, 2, 1.5, 2.5, 1, 2, 1.25, 2.25, 10, 20], [1, np.nan, 1.5, np.nan, 1, np.nan, 1.25, np.nan, 10, np.nan]]
    for frame in (made := pandas.DataFrame(rows, index=index, columns=levels), made.swaplevel(axis=1)):
        result = import_bars(frame)
        assert {b.symbol: b.trade.close.tolist() for b in result.bars} == {"A": [1.25, 1.25], "B": [2.25]}


BAD = [
    ("--wide", TWO, {"wide": True}, ConfigError, "close under two levels of headings; leave out --wide"),
    ("one name for two", TWO, {"symbol": "X"}, ConfigError, "has 2 symbols (AAPL, NEW); choose by --symbols"),
    ("no field", TWO.replace("Close", "Klose"), {}, DataError, "neither level of its headings (Klose/AAPL, Klose/NEW"),
    ("a bad number", TWO.replace("20.5,", "x,"), {}, DataError, "prices.csv, line 5: Close 'x' is not a number; mend"),
    ("nothing in it", "\n".join([*TWO.splitlines()[:3], "2024-01-02" + "," * 10]), {}, DataError, "has no price in"),
    ("one column twice", TWO.replace("NEW", "AAPL"), {}, DataError, "has two columns of one name in its header"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "text", "options", "error", "message"), BAD, ids=[b[0] for b in BAD])
def test_what_cannot_be_read_is_told(tmp_path, what, text, options, error, message):
    with pytest.raises(error) as caught:
        read(tmp_path, text, **options)
    assert message in str(caught.value) and "\n" not in str(caught.value)
