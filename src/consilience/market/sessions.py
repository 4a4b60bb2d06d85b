"""Lookups in a session schedule: which session a bar belongs to, what comes next, how many bars make a year.

A bar is stamped at its close and belongs to the session it closes in: session k covers (open, close]. A time
outside all sessions (extended hours, a crypto bar's time seen from a stock calendar) counts to the session whose
edge is nearer, so after-hours bars go with the day they follow and pre-market bars with the day they lead into.
"""

from __future__ import annotations

import numpy as np

from consilience.core.columns import SessionSchedule
from consilience.core.errors import DataError
from consilience.core.panel import NEVER, Bools, Ints
from consilience.core.time import DAY, WEEK, format_time

YEAR_DAYS = 365.2425  # mean Gregorian year


def session_index(schedule: SessionSchedule, ts: Ints) -> Ints:
    """Index into ``schedule`` of the session of each time [N]; ascending where ``ts`` is.

    Raises DataError for a time outside the schedule.
    """
    _require_covered(schedule, ts)
    index = np.searchsorted(schedule.close_ns, ts, side="left")  # first session that closes at or after ts
    index = np.minimum(index, len(schedule) - 1)
    before = np.maximum(index - 1, 0)
    since_close = ts - schedule.close_ns[before]
    until_open = schedule.open_ns[index] - ts
    # ts == open is the last instant before the session; a tie goes to the earlier session
    outside = (until_open >= 0) & (before < index)
    result: Ints = np.where(outside & (since_close <= until_open), before, index).astype(np.int64)
    return result


def session_ids(schedule: SessionSchedule, ts: Ints) -> Ints:
    """Session id (days from 1970-01-01 to the session's date) of each time [N]. Raises DataError outside."""
    result: Ints = schedule.session_id[session_index(schedule, ts)]
    return result


def session_opens(schedule: SessionSchedule, ts: Ints) -> Ints:
    """Open (UTC ns) of the session of each time [N]; later than the time itself for pre-market bars."""
    result: Ints = schedule.open_ns[session_index(schedule, ts)]
    return result


def inside_session(schedule: SessionSchedule, ts: Ints) -> Bools:
    """Whether each time [N] lies in a session's (open, close], and not in its midday break."""
    index = session_index(schedule, ts)
    inside = (ts > schedule.open_ns[index]) & (ts <= schedule.close_ns[index])
    pause = (ts > schedule.break_start_ns[index]) & (ts <= schedule.break_end_ns[index])
    result: Bools = inside & ~pause
    return result


def trading_hours(schedule: SessionSchedule, ts: Ints) -> tuple[Ints, Ints]:
    """(ns since trading began, ns until it stops) at each time [N], -1 both while the venue is shut.

    For an order that is sent at ``ts``: trading goes on in [open, close) without the midday break, so the instant of
    the close is outside (``inside_session`` counts the bar that ends then as inside). Sessions that follow each other
    without a pause are one: the FX week ends on Friday, and 24/7 never does (NEVER).
    """
    joined = schedule.open_ns[1:] == schedule.close_ns[:-1]
    begins, ends = np.concatenate([[True], ~joined]), np.concatenate([~joined, [True]])
    began = schedule.open_ns[begins][np.cumsum(begins) - 1]  # integer
    stops = schedule.close_ns[ends][np.cumsum(ends) - ends]  # integer
    index = np.minimum(np.searchsorted(schedule.close_ns, ts, side="right"), len(schedule) - 1)
    trades = (ts >= schedule.open_ns[index]) & (ts < schedule.close_ns[index])
    trades &= ~((ts >= schedule.break_start_ns[index]) & (ts < schedule.break_end_ns[index]))
    left = np.full(len(ts), NEVER) if schedule.always_open else stops[index] - ts
    since: Ints = np.where(trades, ts - began[index], -1)
    until: Ints = np.where(trades, left, -1)
    return since, until


def next_session(schedule: SessionSchedule, ts: int) -> int:
    """Index of the first session that opens at or after ``ts``. Raises DataError beyond the schedule."""
    index = int(np.searchsorted(schedule.open_ns, ts, side="left"))
    if index == len(schedule):
        raise DataError(f"calendar {schedule.code} has no session after {format_time(ts)}; ask for a longer range")
    return index


def previous_session(schedule: SessionSchedule, ts: int) -> int:
    """Index of the last session that closed at or before ``ts``. Raises DataError before the schedule."""
    index = int(np.searchsorted(schedule.close_ns, ts, side="right")) - 1
    if index < 0:
        raise DataError(f"calendar {schedule.code} has no session before {format_time(ts)}; ask for an earlier start")
    return index


def session_nanoseconds(schedule: SessionSchedule) -> Ints:
    """Trading time of each session [K], the midday break left out."""
    return schedule.close_ns - schedule.open_ns - (schedule.break_end_ns - schedule.break_start_ns)


def periods_per_year(schedule: SessionSchedule, duration_ns: int) -> float:
    """Bars of ``duration_ns`` in a mean year of this calendar, counted from the schedule itself.

    Days count as sessions, weeks and longer as calendar time; an intraday bar cut short by the session's close
    counts as one, which is how resampling makes it. A schedule under a year is scaled up as it is.
    """
    if duration_ns <= 0:
        raise DataError("the bar length must be positive to annualise; give --timeframe")
    if duration_ns >= WEEK:
        return YEAR_DAYS * DAY / duration_ns
    days = int(schedule.session_id[-1] - schedule.session_id[0]) + 1
    if duration_ns >= DAY:
        return len(schedule) / days * YEAR_DAYS / (duration_ns // DAY)
    bars = -(-session_nanoseconds(schedule) // duration_ns)
    return int(bars.sum()) / days * YEAR_DAYS  # integer


def bar_ordinals(schedule: SessionSchedule, ts: Ints, duration_ns: int) -> Ints:
    """Running number of the bar that closes at each time [N], counting only bars the calendar has room for.

    Consecutive bars differ by one, across nights, weekends, half days and breaks; a larger step is a gap.
    Bars of a week and more count calendar time.
    """
    if duration_ns >= WEEK:
        weeks: Ints = (ts - 1) // duration_ns
        return weeks
    index = session_index(schedule, ts)
    if duration_ns >= DAY:
        return index // (duration_ns // DAY)
    bars = -(-session_nanoseconds(schedule) // duration_ns)
    first = np.cumsum(bars) - bars  # integer
    pause = schedule.break_end_ns[index] - schedule.break_start_ns[index]
    after_break = (pause > 0) & (ts > schedule.break_end_ns[index])
    traded = ts - schedule.open_ns[index] - np.where(after_break, pause, 0)
    within = np.clip(-(-traded // duration_ns) - 1, 0, bars[index] - 1)
    result: Ints = first[index] + within
    return result


def _require_covered(schedule: SessionSchedule, ts: Ints) -> None:
    if len(ts) == 0:
        return
    low, high = int(ts.min()), int(ts.max())
    if low <= schedule.open_ns[0] or high > schedule.close_ns[-1]:
        outside = low if low <= schedule.open_ns[0] else high
        raise DataError(
            f"{format_time(outside)} is outside the schedule of {schedule.code}, which runs from "
            f"{format_time(int(schedule.open_ns[0]))} to {format_time(int(schedule.close_ns[-1]))}; widen it"
        )
