"""Imports: what is recognised, what is proven, and one clear line for everything else."""

from __future__ import annotations

import gzip
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.adapters.storage.bar_import import import_bars
from consilience.adapters.storage.import_options import ImportOptions, plain
from consilience.core.errors import ConfigError, ConsilienceError, DataError, NotFound
from consilience.core.instruments import InstrumentKind
from consilience.core.time import HOUR, MINUTE, Timeframe, format_time, parse_time

HEADER = "Date,Open,High,Low,Close,Volume\n"
CRYPTO = {"session": "24/7", "kind": InstrumentKind.CRYPTO_SPOT}


def write(folder, text, name="aaa.csv"):
    path = folder / name
    path.write_text(text)
    return path


def daily(folder, days=("2024-07-02", "2024-07-03", "2024-07-05"), name="aaa.csv"):
    return write(folder, HEADER + "".join(f"{d},10.00,10.50,9.50,10.{k:02d},100\n" for k, d in enumerate(days)), name)


def minutes(start="2024-07-02 09:30", count=390, step=1, zone=None):
    times = pd.date_range(start, periods=count, freq=f"{step}min")
    price = np.round(100 + 0.01 * (np.arange(count) % 37), 2)
    frame = pd.DataFrame({"time": times, "open": price, "high": price, "low": price, "close": price, "volume": 5.0})
    return frame if zone is None else frame.assign(time=frame["time"].dt.tz_localize(zone))


def one(source, **options):
    result = import_bars(source, ImportOptions(**options))
    assert len(result.bars) == 1
    return result.bars[0], result


def test_daily_dates_become_session_closes_half_days_included(tmp_path):
    bars, result = one(daily(tmp_path))
    assert [format_time(int(t)) for t in bars.ts] == [
        "2024-07-02T20:00:00Z", "2024-07-03T17:00:00Z", "2024-07-05T20:00:00Z",
    ]  # fmt: skip
    assert bars.symbol == "AAA" and bars.instrument.price_increment == Decimal("0.01")
    assert "dates taken as sessions of XNYS, stamped at the session's close" in result.notes
    assert "equity in USD, hours of XNYS" in result.notes


def test_daily_crypto_dates_end_at_midnight(tmp_path):
    bars, _ = one(daily(tmp_path, ("2024-07-06", "2024-07-07")), **CRYPTO)
    assert [format_time(int(t)) for t in bars.ts] == ["2024-07-07", "2024-07-08"]


@pytest.mark.parametrize("form", ["%m/%d/%Y", "%d/%m/%Y", "%Y%m%d", "%d.%m.%Y", "%Y-%m-%d 00:00:00", "%Y-%m-%d"])
def test_forms_of_dates(tmp_path, form):
    days = pd.bdate_range("2024-05-28", "2024-06-14")
    bars, _ = one(daily(tmp_path, days.strftime(form)))
    assert format_time(int(bars.ts[-1])) == "2024-06-14T20:00:00Z" and len(bars) == len(days)


def test_ambiguous_dates_are_refused(tmp_path):
    with pytest.raises(DataError, match="may be day/month or month/day"):
        one(daily(tmp_path, ("02/07/2024", "03/07/2024")))


def test_zone_and_stamp_are_proven_by_session_hours():
    bars, result = one(minutes(), symbol="AAA")
    assert format_time(int(bars.ts[0])) == "2024-07-02T13:31:00Z"
    assert any("zone America/New_York inferred" in note for note in result.notes)
    assert any("bar's open, inferred" in note for note in result.notes)
    assert any("bar length 1m inferred" in note for note in result.notes)
    closes, result = one(minutes("2024-07-02 09:31"), symbol="AAA")
    assert any("bar's close, inferred" in note for note in result.notes)
    assert np.array_equal(closes.ts, bars.ts)


def test_both_stamps_give_equal_bars():
    left, _ = one(minutes(zone="America/New_York"), symbol="AAA", stamp="open")
    right, _ = one(minutes("2024-07-02 09:31", zone="America/New_York"), symbol="AAA", stamp="close")
    assert np.array_equal(left.ts, right.ts) and np.array_equal(left.trade.close, right.trade.close)
    # the last bar of a session ends with it, so hours from 15:30 are half as long
    hours, _ = one(minutes(count=7, step=60, zone="America/New_York"), symbol="AAA", stamp="open")
    assert format_time(int(hours.ts[-1])) == "2024-07-02T20:00:00Z" and hours.duration_ns == HOUR


def test_what_is_not_proven_is_asked_for():
    with pytest.raises(DataError, match="give --tz"):
        one(minutes(), symbol="BTC", **CRYPTO)
    with pytest.raises(DataError, match="give --stamp open or --stamp close"):
        one(minutes(), symbol="BTC", tz="UTC", **CRYPTO)
    with pytest.raises(DataError, match="give --stamp"):
        one(minutes("2024-07-02 10:00", count=60), symbol="AAA")  # either reading fits
    with pytest.raises(DataError, match="give --timeframe"):
        one(minutes(count=1), symbol="AAA", tz="UTC", stamp="open")
    with pytest.raises(DataError, match="no regular bar length"):
        frame = minutes(count=20)
        one(frame.iloc[[0, 7, 14]], symbol="AAA", tz="UTC", stamp="open")
    frame = minutes(count=60)
    with pytest.raises(DataError, match="also"):
        one(pd.concat([minutes(count=60, step=10), frame.iloc[1:4]]), symbol="AAA", tz="UTC", stamp="open")


def test_zone_given_or_named_by_the_column():
    given_zone, _ = one(minutes(count=30), symbol="BTC", tz="Europe/Berlin", stamp="open", **CRYPTO)
    assert format_time(int(given_zone.ts[0])) == "2024-07-02T07:31:00Z"
    named, result = one(minutes(count=30).rename(columns={"time": "open_time_utc"}), symbol="BTC", **CRYPTO)
    assert format_time(int(named.ts[0])) == "2024-07-02T09:31:00Z"
    assert any("by the name of column 'open_time_utc'" in note for note in result.notes)
    with pytest.raises(ConfigError, match="unknown time zone 'Mars/Base'"):
        one(minutes(), symbol="BTC", tz="Mars/Base", stamp="open", **CRYPTO)


def test_hours_that_exist_twice_or_never_are_bad_rows():
    spring = minutes("2024-03-10 01:00", count=180)
    with pytest.raises(DataError, match=r"row 61: time .* not a time that exists once in its zone \(60 such rows\)"):
        one(spring, symbol="X", tz="America/New_York", stamp="open", **CRYPTO)
    bars, result = one(spring, symbol="X", tz="America/New_York", stamp="open", on_bad_row="drop", **CRYPTO)
    assert len(bars) == 120 and len(result.dropped) == 60
    assert any(note.startswith("60 bad rows dropped, first row 61") for note in result.notes)


@pytest.mark.parametrize(("unit", "factor"), [("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)])
def test_epoch_numbers(unit, factor):
    frame = minutes(count=30)
    frame["time"] = frame["time"].astype("datetime64[ns]").astype("int64") // factor
    bars, result = one(frame, symbol="BTC", stamp="close", **CRYPTO)
    assert format_time(int(bars.ts[0])) == "2024-07-02T09:30:00Z"
    assert any("since 1970" in note for note in result.notes)


def test_sources_of_every_kind_agree(tmp_path):
    frame = minutes(count=60, zone="UTC")
    text = frame.assign(time=frame["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_csv(index=False)
    plain_file = write(tmp_path, text)
    packed = tmp_path / "aaa.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    semicolons = write(tmp_path, "﻿# made by hand\n" + text.replace(",", ";").replace("\n", "\r\n"), "aaa.txt")
    polars_frame = pl.DataFrame(
        {name: frame[name].to_numpy() for name in frame.columns if name != "time"}
    ).with_columns(time=pl.Series(frame["time"].dt.tz_localize(None).to_numpy()).dt.replace_time_zone("UTC"))
    parquet = tmp_path / "aaa.parquet"
    polars_frame.write_parquet(parquet)
    indexed = frame.set_index("time")
    options = {"symbol": "AAA", "stamp": "open", **CRYPTO}
    expected, _ = one(frame, **options)
    for source in (
        plain_file,
        str(packed),
        semicolons,
        polars_frame,
        parquet,
        indexed,
        indexed.tz_convert("Asia/Tokyo"),
    ):
        bars, _ = one(source, **options)
        assert np.array_equal(bars.ts, expected.ts) and np.array_equal(bars.trade.close, expected.trade.close)


def test_columns_by_name_and_by_option(tmp_path):
    path = write(tmp_path, "day,o,h,l,Last Price,Vol\n2024-07-02,1.1,1.2,1.0,1.15,7\n")
    with pytest.raises(DataError, match=r"no column for 'time' \(it has day, o, h"):
        one(path)
    bars, _ = one(path, columns={"time": "day", "close": "Last Price"})
    assert bars.trade.close.tolist() == [1.15] and bars.volume.tolist() == [7.0]
    with pytest.raises(NotFound, match="unknown column 'dai'; did you mean 'day'"):
        one(path, columns={"time": "dai", "close": "Last Price"})
    with pytest.raises(NotFound, match="unknown field 'clos'; did you mean 'close'"):
        one(path, columns={"clos": "Last Price"})
    wrong = write(tmp_path, "date,open,high,low,clsoe\n2024-07-02,1,1,1,1\n", "b.csv")
    with pytest.raises(DataError, match=r"did you mean 'clsoe'\? Give --columns close=clsoe"):
        one(wrong)
    assert plain(" Adj  Close*") == "adj_close"


def test_unused_columns_are_told(tmp_path):
    path = write(tmp_path, "date,open,high,low,close,mood\n2024-07-02,1.1,1.2,1.0,1.15,7\n")
    assert "columns not used: mood" in one(path)[1].notes


def test_closes_only_needs_a_word(tmp_path):
    path = write(tmp_path, "date,close\n2024-07-02,1.15\n2024-07-03,1.16\n")
    with pytest.raises(DataError, match="give --close-only"):
        one(path)
    bars, result = one(path, close_only=True)
    assert bars.trade.open.tolist() == [1.15, 1.16]
    assert any(note.startswith("closes only") for note in result.notes)


def test_files_without_a_header(tmp_path):
    path = write(tmp_path, "2024-07-02,1.10,1.20,1.00,1.15,9\n2024-07-03,1.10,1.20,1.00,1.16,9\n")
    bars, _ = one(path, header=("time", "open", "high", "low", "close", "volume"))
    assert len(bars) == 2
    with pytest.raises(DataError, match="no header line"):
        one(write(tmp_path, "20240702,1.10,1.20,1.00,1.15\n", "c.csv"))


BAD = {
    "text in a number": ("2024-07-05,10,10,9,abc,5\n", r"line 4: Close 'abc' is not a number"),
    "too few fields": ("2024-07-05,10,10\n", r"line 4: 3 fields where the header has 6"),
    "too many fields": ("2024-07-05,10,10,9,10,5,6\n", r"line 4: 7 fields where the header has 6"),
    "no date": ("hello,10,10,9,10,5\n", r"line 4: Date 'hello' is not a date on which XNYS trades"),
    "a Saturday": ("2024-07-06,10,10,9,10,5\n", r"line 4: Date '2024-07-06' is not a date on which XNYS trades"),
}


@pytest.mark.parametrize("name", BAD)
def test_corrupt_rows_name_file_and_line_or_are_dropped_and_counted(tmp_path, name):
    row, message = BAD[name]
    path = daily(tmp_path, ("2024-07-02", "2024-07-03"))
    path.write_text(path.read_text() + row + "2024-07-08,10,10,9,10,5\n")
    with pytest.raises(DataError, match=rf"aaa\.csv, {message}.*--on-bad-row drop"):
        one(path)
    bars, result = one(path, on_bad_row="drop")
    assert len(bars) == 3 and [line for line, _ in result.dropped] == [4]


def test_empty_numbers_are_nan_and_left_to_the_gate(tmp_path):
    path = daily(tmp_path, ("2024-07-02", "2024-07-03"))
    path.write_text(path.read_text() + "2024-07-05,10,10,9,,\n")
    bars, result = one(path)
    assert np.isnan(bars.trade.close[2]) and np.isnan(bars.volume[2]) and result.dropped == ()


def test_doubles_stay_for_the_gate(tmp_path):
    bars, _ = one(daily(tmp_path, ("2024-07-02", "2024-07-02", "2024-07-01")))
    assert len(bars) == 3 and bars.ts[0] == bars.ts[1] > bars.ts[2]


def test_several_symbols():
    frame = pl.DataFrame(
        {"ticker": ["B", "A", "B"], "date": ["2024-07-02", "2024-07-02", "2024-07-03"],
         **{name: [1.25, 22.5, 1.5] for name in ("open", "high", "low", "close")}}
    )  # fmt: skip
    result = import_bars(frame)
    assert [(b.symbol, len(b)) for b in result.bars] == [("B", 2), ("A", 1)]
    assert [b.instrument.price_increment for b in result.bars] == [Decimal("0.01"), Decimal("0.1")]
    assert [b.symbol for b in import_bars(frame, ImportOptions(symbols=("A",))).bars] == ["A"]
    with pytest.raises(NotFound, match="unknown symbol 'C'"):
        import_bars(frame, ImportOptions(symbols=("C",)))


def test_grids_are_read_from_the_data():
    rng = np.random.default_rng(3)
    quarter = np.round(rng.integers(5000, 6000, 400) * 0.25, 2)
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2021, 2, 3), eager=True)
    prices = dict.fromkeys(("open", "high", "low", "close"), quarter)
    frame = pl.DataFrame({"date": days, **prices, "volume": np.round(rng.random(400), 3)})
    bars, _ = one(frame, symbol="ES", session="24/7", kind=InstrumentKind.FUTURE, multiplier=Decimal(50))
    assert bars.instrument.price_increment == Decimal("0.25") and bars.instrument.lot == 1
    coin, _ = one(frame, symbol="BTC", **CRYPTO)
    assert coin.instrument.lot == Decimal("0.001")
    fine, result = one(frame.with_columns(pl.col("close") + 0.0001), symbol="X", session="24/7")
    assert fine.instrument.tick_schedule[0].tick == Decimal("0.01") and "orders keep to 0.01" in fine.notes
    told, _ = one(frame, symbol="X", session="24/7", price_increment=Decimal("0.05"), lot=Decimal(10))
    assert told.instrument.price_increment == Decimal("0.05") and told.notes == ()
    assert result.bars[0].volume.shape == (400,)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(NotFound, match="there is no file"):
        one(tmp_path / "none.csv")
    cases = {
        "empty.csv": b"", "header.csv": b"date,open,high,low,close\n", "half.csv.gz": gzip.compress(b"x" * 999)[:20],
        "latin.csv": b"date,open\n2024-07-02,\xff\n", "double.csv": b"date,close,close\n1,2,3\n", "no.parquet": b"PAR1",
        "times.csv": b"date,open,high,low,close\nx,1,1,1,1\ny,1,1,1,1\n",
    }  # fmt: skip
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name.split(".")[0]) as caught:
            one(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="cannot import a int"):
        one(5)
    with pytest.raises(DataError, match="no symbol column"):
        one(minutes())
    with pytest.raises(DataError, match="not a time"):
        one(pl.DataFrame({"time": [True], **{name: [1.0] for name in ("open", "high", "low", "close")}}), symbol="X")


def test_bad_options():
    with pytest.raises(ConfigError, match="'open' or 'close'"):
        ImportOptions(stamp="middle")
    with pytest.raises(ConfigError, match="'error' or 'drop'"):
        ImportOptions(on_bad_row="skip")


def test_given_timeframe_wins():
    bars, _ = one(minutes(count=30), symbol="B", tz="UTC", stamp="open", timeframe=Timeframe(5 * MINUTE), **CRYPTO)
    assert bars.duration_ns == 5 * MINUTE and bars.ts[0] == parse_time("2024-07-02T09:35")


@given(st.binary(max_size=300))
def test_any_bytes_give_bars_or_one_clear_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(b"date,open,high,low,close\n2024-07-02,1.0,1.0,1.0,1.0\n" + content)
    try:
        assert import_bars(path, ImportOptions(on_bad_row="drop")).bars
    except ConsilienceError as error:
        assert "\n" not in str(error)
