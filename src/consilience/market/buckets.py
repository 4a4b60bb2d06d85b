"""Which bar a moment falls into: bucket ends anchored to the session open, cut at the session's close.

A bucket covers (start, end]; the last one of a session ends at its close, however short that makes it. Where trading
never stops (``24/7``) the sessions are UTC days, so buckets are anchored to UTC.
"""

from __future__ import annotations

import numpy as np

from consilience.core.columns import SessionSchedule
from consilience.core.errors import ConfigError
from consilience.core.panel import Ints
from consilience.core.time import DAY, WEEK, Timeframe
from consilience.market.sessions import session_index

_MONDAY = 3  # 1970-01-01 was a Thursday, so day -3 starts the week of day 0


def bucket_ends(schedule: SessionSchedule, ts: Ints, timeframe: Timeframe) -> Ints:
    """End (UTC ns) of the bucket that each time [N] falls into; never before the time itself.

    Intraday buckets count from the session's open; times outside the session's hours continue the same grid. A day is
    one session, a week the sessions of an ISO week. Raises ConfigError for other lengths of a day or more.
    """
    length = timeframe.duration_ns
    index = session_index(schedule, ts)
    if length < DAY:
        opened, closed = schedule.open_ns[index], schedule.close_ns[index]
        ends = opened - (-(ts - opened) // length) * length  # next grid point at or after ts
        result: Ints = np.where((ts <= closed) & (ends > closed), closed, ends)
        return result
    if length == DAY:
        days: Ints = np.maximum(schedule.close_ns[index], ts)
        return days
    if length % WEEK:
        raise ConfigError(f"bars of {timeframe} are not made here; use a length below a day, 1d, or whole weeks")
    group = (schedule.session_id + _MONDAY) // (length // DAY)
    last = np.searchsorted(group, group[index], side="right") - 1
    weeks: Ints = np.maximum(schedule.close_ns[last], ts)
    return weeks


def tick_bucket_ends(schedule: SessionSchedule, ts: Ints, timeframe: Timeframe) -> Ints:
    """The same for trades and quotes: one at the very start of a bucket belongs to it, one at its end to the next."""
    return bucket_ends(schedule, ts + 1, timeframe)
