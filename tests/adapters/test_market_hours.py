"""Calendars: half days, daylight saving, the FX week, the far future."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.adapters.calendars import market_hours
from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import NEVER
from consilience.core.time import DAY, HOUR, MINUTE, format_time, parse_time
from consilience.market.sessions import periods_per_year, session_ids, session_opens, trading_hours


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


# calendar, moment (UTC), minutes since trading began, minutes until it stops; -1 while the venue is shut
HOURS = [
    ("XNYS", "2012-11-21T20:50", 380, 10),
    ("XNYS", "2012-11-23T17:50", 200, 10),  # half a day: shut at 13:00 in New York
    ("XNYS", "2012-11-23T18:00", -1, -1),
    ("XNYS", "2012-11-23T20:50", -1, -1),
    ("XNYS", "2012-03-09T20:50", 380, 10),  # winter time
    ("XNYS", "2012-03-12T19:50", 380, 10),  # summer time
    ("XNYS", "2012-03-12T13:29", -1, -1),
    ("XNYS", "2012-11-22T16:00", -1, -1),  # Thanksgiving
    ("XHKG", "2023-06-15T03:59", 149, 241),  # lunch from 04:00 to 05:00
    ("XHKG", "2023-06-15T04:30", -1, -1),
    ("XHKG", "2023-06-15T05:00", 210, 180),
    ("24/5", "2024-03-03T22:00", 0, 5 * 1440),  # Sunday 17:00 in New York
    ("24/5", "2024-03-05T22:00", 2 * 1440, 3 * 1440),  # the turn of the day is no close
    ("24/5", "2024-03-08T21:55", 5 * 1440 - 5, 5),
    ("24/5", "2024-03-08T22:00", -1, -1),
    ("24/5", "2024-03-10T21:00", 0, 5 * 1440),  # summer time
    ("24/7", "2024-03-10T00:00", None, NEVER // MINUTE),
    ("24/7", "2024-03-10T12:34", None, NEVER // MINUTE),
]


@pytest.mark.parametrize(("code", "moment", "since", "until"), HOURS)
def test_hours_of_real_venues(code, moment, since, until):
    ts = parse_time(moment)
    began, stops = (
        int(column[0]) // MINUTE for column in trading_hours(market_hours.schedule(code, ts, ts), np.array([ts]))
    )
    assert stops == until
    assert began == since if since is not None else began > 30 * 1440


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
