"""Which session a moment belongs to, and how many bars make a year."""

from __future__ import annotations

import numpy as np
import pytest

from consilience.core.columns import SessionSchedule
from consilience.core.errors import DataError
from consilience.core.panel import NEVER
from consilience.core.time import DAY, HOUR, MINUTE, WEEK, Timeframe
from consilience.market import sessions
from consilience.market.buckets import bucket_ends, tick_bucket_ends
from tests.market.helpers import CLOSE, MONDAY, OPEN, always, schedule

TUESDAY = (MONDAY + 1) * DAY


@pytest.mark.parametrize(
    ("clock", "day", "inside"),
    [
        (OPEN + 1, 1, True),  # the first instant after the open
        (OPEN + MINUTE, 1, True),
        (CLOSE, 1, True),  # a bar stamped at the close belongs to the session it closes in
        (CLOSE + 1, 1, False),  # after hours go with the day they follow
        (CLOSE + 2 * HOUR, 1, False),
        (9 * HOUR, 1, False),  # before the open go with the day they lead into
        (OPEN, 1, False),
        (1 * HOUR, 0, False),  # the night is nearer to yesterday's close
    ],
)
def test_session_of_a_moment(clock, day, inside):
    s = schedule()
    ts = np.array([TUESDAY + clock])
    assert sessions.session_ids(s, ts).tolist() == [MONDAY + day]
    assert sessions.session_opens(s, ts).tolist() == [(MONDAY + day) * DAY + OPEN]
    assert sessions.inside_session(s, ts).tolist() == [inside]


def test_weekend_is_split_between_friday_and_monday():
    s = schedule()
    saturday, late_sunday = (MONDAY + 5) * DAY + 12 * HOUR, (MONDAY + 6) * DAY + 20 * HOUR
    assert sessions.session_ids(s, np.array([saturday, late_sunday])).tolist() == [MONDAY + 4, MONDAY + 7]


def test_break_is_outside():
    s = schedule(lunch=True)
    ts = TUESDAY + np.array([17 * HOUR, 17 * HOUR + 1, 18 * HOUR, 18 * HOUR + 1])
    assert sessions.inside_session(s, ts).tolist() == [True, False, False, True]


# a weekday's clock, minutes since trading began and until it stops; -1 while the venue is shut
HOURS = [
    (OPEN - 1, -1, -1),
    (OPEN, 0, 390),  # an order that is sent at the open meets the market
    (OPEN + MINUTE, 1, 389),
    (17 * HOUR - 1, 149, 240),
    (17 * HOUR, -1, -1),  # lunch
    (18 * HOUR - 1, -1, -1),
    (18 * HOUR, 210, 180),
    (CLOSE - MINUTE, 389, 1),
    (CLOSE, -1, -1),  # the last bar closes with the venue
    (CLOSE + HOUR, -1, -1),
]


@pytest.mark.parametrize(("clock", "since", "until"), HOURS)
def test_hours_for_an_order_that_is_sent_at_a_moment(clock, since, until):
    for day in (0, 1, 4):
        found = sessions.trading_hours(schedule(lunch=True), np.array([(MONDAY + day) * DAY + clock]))
        assert [int(column[0]) // MINUTE for column in found] == [since, until]
    saturday = np.array([(MONDAY + 5) * DAY + clock, (MONDAY + 600) * DAY + clock])
    assert [column.tolist() for column in sessions.trading_hours(schedule(), saturday)] == [[-1, -1], [-1, -1]]


def test_trading_that_never_stops_has_no_end():
    since, until = sessions.trading_hours(always(), (MONDAY + 3) * DAY + np.array([0, 5 * HOUR]))
    assert since.tolist() == [3 * DAY, 3 * DAY + 5 * HOUR]
    assert until.tolist() == [NEVER, NEVER]


def test_outside_the_schedule_says_what_to_do():
    with pytest.raises(DataError, match=r"outside the schedule of TEST.*widen it"):
        sessions.session_ids(schedule(), np.array([(MONDAY - 1) * DAY]))
    assert sessions.session_ids(schedule(), np.zeros(0, np.int64)).shape == (0,)


def test_next_and_previous_session():
    s = schedule()
    assert sessions.next_session(s, TUESDAY) == 1
    assert sessions.previous_session(s, TUESDAY) == 0
    assert sessions.previous_session(s, TUESDAY + CLOSE) == 1
    with pytest.raises(DataError, match="no session after"):
        sessions.next_session(s, int(s.close_ns[-1]))
    with pytest.raises(DataError, match="no session before"):
        sessions.previous_session(s, int(s.open_ns[0]))


def test_ordinals_run_on_over_nights_weekends_half_days_and_breaks():
    for s in (schedule(weeks=2, early_days=(3,)), schedule(weeks=2, lunch=True)):
        minute = 30 * MINUTE
        closes = []
        for k in range(len(s)):
            grid = np.arange(s.open_ns[k] + minute, s.close_ns[k] + 1, minute)
            closes.append(grid[sessions.inside_session(s, grid)])
        ordinals = sessions.bar_ordinals(s, np.concatenate(closes), minute)
        assert ordinals.tolist() == list(range(len(ordinals)))
    days = schedule(weeks=2)
    assert np.diff(sessions.bar_ordinals(days, days.close_ns, DAY)).tolist() == [1] * 9
    assert set(np.diff(sessions.bar_ordinals(days, days.close_ns[4::5], WEEK)).tolist()) == {1}


def test_periods_per_year_are_counted_from_the_calendar():
    year = always(days=366, first=MONDAY)
    assert sessions.periods_per_year(year, DAY) == pytest.approx(365.2425)
    assert sessions.periods_per_year(year, HOUR) == pytest.approx(365.2425 * 24)
    assert sessions.periods_per_year(year, WEEK) == pytest.approx(52.1775)
    weekdays = schedule(weeks=52)
    assert sessions.periods_per_year(weekdays, DAY) == pytest.approx(261, rel=0.01)
    # 6.5 hours make seven hourly bars, the last one half as long
    assert sessions.periods_per_year(weekdays, HOUR) == pytest.approx(7 * 261, rel=0.01)
    with pytest.raises(DataError, match="bar length must be positive"):
        sessions.periods_per_year(year, 0)


@pytest.mark.parametrize(
    ("clock", "timeframe", "end"),
    [
        (OPEN + 1, "1h", OPEN + HOUR),
        (OPEN + HOUR, "1h", OPEN + HOUR),
        (OPEN + HOUR + 1, "1h", OPEN + 2 * HOUR),
        (CLOSE - 1, "1h", CLOSE),  # the last bucket is half an hour long
        (CLOSE - 1, "4h", CLOSE),
        (OPEN + MINUTE, "1d", CLOSE),
        (9 * HOUR, "1h", 9 * HOUR + 30 * MINUTE),  # before the open the same grid goes on
        (CLOSE + 10 * MINUTE, "1h", CLOSE + 30 * MINUTE),
    ],
)
def test_buckets_are_anchored_to_the_open_and_end_with_the_session(clock, timeframe, end):
    found = bucket_ends(schedule(), np.array([TUESDAY + clock]), Timeframe.parse(timeframe))
    assert (found - TUESDAY).tolist() == [end]


def test_buckets_of_a_week_end_with_its_last_session():
    s = schedule(weeks=3)
    assert bucket_ends(s, s.close_ns[:6], Timeframe.parse("1w")).tolist() == [s.close_ns[4]] * 5 + [s.close_ns[9]]


def test_odd_lengths_are_refused():
    with pytest.raises(Exception, match="bars of 3d are not made here"):
        bucket_ends(schedule(), schedule().close_ns[:1], Timeframe.parse("3d"))


def test_tick_at_a_bucket_edge_opens_the_next_bar():
    ts = np.array([TUESDAY + OPEN, TUESDAY + OPEN + MINUTE - 1, TUESDAY + OPEN + MINUTE])
    ends = tick_bucket_ends(schedule(), ts, Timeframe.parse("1m"))
    assert ((ends - TUESDAY - OPEN) // MINUTE).tolist() == [1, 1, 2]


def test_schedules_refuse_nonsense():
    s = schedule()
    with pytest.raises(DataError, match="no session"):
        SessionSchedule("X", *(np.zeros(0, np.int64),) * 3, np.zeros(0, np.bool_), *(np.zeros(0, np.int64),) * 2)
    with pytest.raises(DataError, match="must not overlap"):
        SessionSchedule("X", s.session_id, s.close_ns, s.open_ns, s.early_close, s.break_start_ns, s.break_end_ns)
    with pytest.raises(DataError, match="ids must ascend"):
        SessionSchedule("X", s.session_id[::-1], s.open_ns, s.close_ns, s.early_close, s.break_start_ns, s.break_end_ns)
    assert always().always_open and not s.always_open and len(s) == 40
