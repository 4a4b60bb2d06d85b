"""Timeframes and times as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.errors import ConfigError, DataError
from consilience.core.time import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Timeframe,
    format_time,
    from_datetime,
    parse_time,
    to_datetime,
)


@pytest.mark.parametrize(
    ("text", "ns"),
    [("1s", SECOND), ("15m", 15 * MINUTE), ("1H", HOUR), ("1d", DAY), (" 2w ", 14 * DAY)],
)
def test_timeframes_read_as_written(text: str, ns: int) -> None:
    frame = Timeframe.parse(text)
    assert frame.duration_ns == ns
    assert Timeframe.parse(str(frame)) == frame


@pytest.mark.parametrize("text", ["", "m15", "0m", "15 min", "1y", "-1h"])
def test_other_texts_are_config_errors_that_show_the_form(text: str) -> None:
    with pytest.raises(ConfigError, match="write it like 1m"):
        Timeframe.parse(text)


def test_a_timeframe_knows_whether_it_is_intraday_and_prints_odd_lengths() -> None:
    assert Timeframe.parse("4h").is_intraday
    assert not Timeframe.parse("1d").is_intraday
    assert str(Timeframe(1_500)) == "1500ns"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2012-06-30", datetime(2012, 6, 30, tzinfo=UTC)),
        ("20120630", datetime(2012, 6, 30, tzinfo=UTC)),
        ("2012-06-30T14:30", datetime(2012, 6, 30, 14, 30, tzinfo=UTC)),
        ("2012-06-30T14:30+02:00", datetime(2012, 6, 30, 12, 30, tzinfo=UTC)),
    ],
)
def test_times_without_a_zone_are_utc(text: str, moment: datetime) -> None:
    assert to_datetime(parse_time(text)) == moment


def test_a_text_that_is_no_time_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="'yesterday' is not a date"):
        parse_time("yesterday")


def test_a_naive_datetime_is_refused_and_an_aware_one_converted() -> None:
    with pytest.raises(DataError, match="no time zone"):
        from_datetime(datetime(2020, 1, 1))  # noqa: DTZ001  (the naive one is the point)
    there = datetime(2020, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert from_datetime(there) == from_datetime(datetime(2020, 1, 1, tzinfo=UTC))


@given(st.integers(-(2**61), 2**61))
def test_format_and_parse_are_inverse_to_the_microsecond(ns: int) -> None:
    ns -= ns % 1000
    assert parse_time(format_time(ns)) == ns


def test_midnight_prints_as_a_date_and_fractions_without_trailing_zeros() -> None:
    assert format_time(parse_time("2005-02-28")) == "2005-02-28"
    assert format_time(parse_time("2005-02-28T14:30")) == "2005-02-28T14:30:00Z"
    assert format_time(parse_time("2005-02-28T14:30") + 1_500_000) == "2005-02-28T14:30:00.0015Z"
