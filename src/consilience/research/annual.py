"""How many bars make a year, counted from the panel's own sessions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.panel import Ints, Panel
from consilience.core.time import DAY, WEEK

YEAR_DAYS = 365.2425  # mean Gregorian year
TRADING_DAYS = 252.0
SHORTEST_COUNT = 60 * DAY  # a shorter span says too little about weekends and holidays to be counted


class YearCount(NamedTuple):
    """periods: bars in a year. sessions: sessions in a year. how: the rule, in words."""

    periods: float
    sessions: float
    how: str


def common_sessions(panel: Panel) -> Ints | None:
    """Session id of each row, int64 [T], where all symbols keep the same calendar; else None (UTC days are used)."""
    ids = panel.session
    if ids.shape[1] > 1 and not bool((ids == ids[:, :1]).all()):
        return None
    return np.ascontiguousarray(ids[:, 0])


def count_year(panel: Panel) -> YearCount:
    """Bars and sessions in a year.

    Bars a session times sessions a year, both counted: whole sessions give the bars, the time from the first
    session's end to the last one's gives the sessions. Under 60 days the sessions are 365.2425 when one of them ends
    on a weekend, else 252. Bars of a week and longer count calendar time.
    """
    if panel.duration_ns >= WEEK:
        periods = YEAR_DAYS * DAY / panel.duration_ns
        return YearCount(periods, periods, "calendar time over the bar length")
    ids = common_sessions(panel)
    if ids is None:
        ids = (panel.ts - 1) // DAY
    last = np.flatnonzero(np.append(ids[1:] != ids[:-1], True))
    counts = np.diff(np.concatenate(([-1], last)))
    inner = counts[1:-1] if len(counts) > 2 else counts
    bars = float(inner.mean())
    ends = panel.ts[last]
    span = int(ends[-1] - ends[0])
    if span >= SHORTEST_COUNT:
        sessions = (len(ends) - 1) * YEAR_DAYS * DAY / span
        how = f"{_bars(bars)} a session x {sessions:.6g} sessions a year, counted from {len(ends)} sessions"
    else:
        # 1970-01-01 was a Thursday: day numbers 2 and 3 (mod 7) are Saturday and Sunday
        weekend = bool(np.isin(((ends - 1) // DAY) % 7, (2, 3)).any())
        sessions = YEAR_DAYS if weekend else TRADING_DAYS
        how = f"{_bars(bars)} a session x {sessions:.6g} sessions a year, assumed: the data spans under 60 days"
    return YearCount(bars * sessions, sessions, how)


def _bars(count: float) -> str:
    return f"{count:.6g} bar{'' if count == 1.0 else 's'}"
