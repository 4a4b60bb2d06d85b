"""Calendars: half days, daylight saving, the FX week, the far future."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.adapters.calendars import market_hours
from consilience.core.errors import ConfigError, NotFound
from consilience.core.time import DAY, HOUR, MINUTE, format_time, parse_time
from consilience.market.sessions import periods_per_year, session_ids, session_opens


def sessions(code, start, end):
    schedule = market_hours.schedule(code, parse_time(start), parse_time(end))
    return schedule, {format_time(int(i) * DAY): k for k, i in enumerate(schedule.session_id)}


@pytest.mark.parametrize(
    ("day", "opens", "closes", "early"),
    [
        ("2012-11-21", "14:30", "21:00", False),
        ("2012-11-23", "14:30", "18:00", True),  # the day after Thanksgiving: 13:00 in New York
        ("2012-12-24", "14:30", "18:00", True),
        ("2012-07-03", "13:30", "17:00", True),
        ("2012-03-09", "14:30", "21:00", False),  # the last day of winter time
        ("2012-03-12", "13:30", "20:00", False),  # the first of summer time
        ("2012-11-02", "13:30", "20:00", False),
        ("2012-11-05", "14:30", "21:00", False),
    ],
)
def test_new_york(day, opens, closes, early):
    schedule, place = sessions("XNYS", "2012-01-01", "2012-12-31")
    k = place[day]
    assert format_time(int(schedule.open_ns[k])) == f"{day}T{opens}:00Z"
    assert format_time(int(schedule.close_ns[k])) == f"{day}T{closes}:00Z"
    assert bool(schedule.early_close[k]) is early


def test_closed_days_are_absent():
    _, place = sessions("XNYS", "2012-01-01", "2012-12-31")
    for day in (
        "2012-10-29",
        "2012-10-30",
        "2012-11-22",
        "2012-12-25",
        "2012-11-24",
    ):  # a hurricane, holidays, a Saturday
        assert day not in place


def test_hong_kong_has_a_lunch_break():
    schedule, place = sessions("XHKG", "2023-01-01", "2023-12-31")
    k = place["2023-06-15"]
    assert schedule.break_end_ns[k] - schedule.break_start_ns[k] == HOUR
    assert periods_per_year(schedule, MINUTE) == pytest.approx(330 * 246, rel=0.02)


def test_fx_week_over_both_dst_switches():
    schedule, place = sessions("24/5", "2024-01-01", "2024-12-31")
    opens = {day: format_time(int(schedule.open_ns[k])) for day, k in place.items()}
    # Monday's session opens on Sunday at 17:00 New York
    assert opens["2024-03-04"] == "2024-03-03T22:00:00Z"
    assert opens["2024-03-11"] == "2024-03-10T21:00:00Z"
    assert opens["2024-11-04"] == "2024-11-03T22:00:00Z"
    friday = place["2024-03-08"]
    assert format_time(int(schedule.close_ns[friday])) == "2024-03-08T22:00:00Z"
    assert periods_per_year(schedule, HOUR) == pytest.approx(24 * 261, rel=0.01)
    tuesday_evening = np.array([parse_time("2024-06-04T21:30")])
    assert format_time(int(session_ids(schedule, tuesday_evening)[0]) * DAY) == "2024-06-05"


def test_crypto_days_are_utc():
    schedule = market_hours.schedule("24/7", parse_time("2024-01-01"), parse_time("2024-02-01"))
    midnight = np.array([parse_time("2024-01-10")])
    assert session_ids(schedule, midnight)[0] == midnight[0] // DAY - 1
    assert session_opens(schedule, midnight)[0] == midnight[0] - DAY
    assert schedule.always_open and periods_per_year(schedule, DAY) == pytest.approx(365.2425)


def test_annualisation_comes_from_the_calendar():
    schedule = market_hours.schedule("XNYS", parse_time("2000-03-01"), parse_time("2013-03-01"))
    assert periods_per_year(schedule, DAY) == pytest.approx(251.7, abs=0.3)


def test_schedule_does_not_end_a_year_ahead():
    schedule = market_hours.schedule("XNYS", parse_time("2030-01-01"), parse_time("2033-03-01"))
    assert schedule.close_ns[-1] > parse_time("2033-04-01")


def test_one_entry_for_ranges_in_the_same_years():
    first = market_hours.schedule("XNYS", parse_time("2012-03-01"), parse_time("2012-06-01"))
    assert market_hours.schedule("XNYS", parse_time("2012-04-01"), parse_time("2012-07-01")) is first


def test_errors_say_what_to_do():
    when = parse_time("2012-03-01")
    with pytest.raises(NotFound, match=r"unknown trading calendar 'XNYSE'.*crypto: 24/7"):
        market_hours.schedule("XNYSE", when, when)
    with pytest.raises(ConfigError, match="swap the two dates"):
        market_hours.schedule("XNYS", when, when - 1)
    with pytest.raises(ConfigError, match="start in 1970"):
        market_hours.schedule("XNYS", -1, when)
    assert {"XNYS", "24/7", "24/5", "CMES"} <= set(market_hours.known_codes())


def test_zones():
    zones = {code: market_hours.timezone_of(code) for code in ("XNYS", "24/7", "24/5", "XTKS")}
    assert zones == {"XNYS": "America/New_York", "24/7": "UTC", "24/5": "America/New_York", "XTKS": "Asia/Tokyo"}
