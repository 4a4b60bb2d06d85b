"""Bars of a higher timeframe from the slices' bars, and their values back on the slices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.jit import njit
from consilience.core.time import DAY
from consilience.features.clock import Clock
from consilience.features.feature import Floats, Ints

COLUMNS = ("open", "high", "low", "close", "volume", "session")
_FIRST_MONDAY = 4 * DAY  # 1970-01-05: weeks start on a Monday


class Columns(NamedTuple):
    """The columns of COLUMNS, float64 [rows, S] each, compact."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    session: Floats


class Times(NamedTuple):
    """Of a block: close times [B], sessions [B, S], session opens [B, S], compact rows [B, S]."""

    ts: Ints
    session: Ints
    session_open: Ints
    place: Ints


class Building(NamedTuple):
    """The bar being built for each symbol: ``parts`` float64 [6, S] as COLUMNS; ``when`` int64 [3, S]: end of its
    bucket, its session, and 1 when there is one."""

    parts: Floats
    when: Ints


@njit
def bucket_end_nb(ts: int, session_open: int, anchored: int, length: int) -> int:
    """End of the bucket that a bar closing at ``ts`` belongs to; a bar closing at the end is inside."""
    inside = ts - 1
    if length > DAY:
        return inside - (inside - _FIRST_MONDAY) % length + length
    anchor = session_open if anchored and session_open <= inside else inside - inside % DAY
    end = anchor + ((inside - anchor) // length + 1) * length
    if anchored:
        return end
    return min(end, anchor + DAY)


@njit
def aggregate_nb(
    bars: Columns, times: Times, out: Columns, building: Building, closed: Ints, cursor: Ints, how: Ints
) -> None:
    """Build and close bars; ``closed`` [rows, S] gets how many have closed up to each bar of the block.

    how: bucket length in ns, 1 when anchored to the session open, 1 when no slice is masked. ``cursor`` is the one of
    the higher timeframe: its counts are set here.
    """
    length, anchored, dense = how[0], how[1], how[2]
    parts, when = building
    symbols = cursor.shape[1] - 2
    for s in range(symbols):
        cursor[1, s] = 0
    for t in range(times.ts.shape[0]):
        ts = times.ts[t]
        for s in range(symbols):
            k = t if dense else times.place[t, s]
            if k < 0:
                continue
            session = times.session[t, s]
            end = bucket_end_nb(ts, times.session_open[t, s], anchored, length)
            if when[2, s] == 1 and (end != when[0, s] or (length <= DAY and session != when[1, s])):
                close_bar_nb(out, parts, cursor, s)
                when[2, s] = 0
            if when[2, s] == 0:
                parts[0, s] = bars.open[k, s]
                parts[1, s] = bars.high[k, s]
                parts[2, s] = bars.low[k, s]
                parts[4, s] = 0.0
                when[0, s] = end
                when[1, s] = session
                when[2, s] = 1
            high, low = bars.high[k, s], bars.low[k, s]
            if not high <= parts[1, s]:  # also true for NaN, which then stays
                parts[1, s] = high if parts[1, s] == parts[1, s] else parts[1, s]
            if not low >= parts[2, s]:
                parts[2, s] = low if parts[2, s] == parts[2, s] else parts[2, s]
            parts[3, s] = bars.close[k, s]
            parts[4, s] += bars.volume[k, s]
            parts[5, s] = bars.session[k, s]
            if ts >= end:
                close_bar_nb(out, parts, cursor, s)
                when[2, s] = 0
            closed[k, s] = cursor[1, s]
    most = 0
    for s in range(symbols):
        most = max(most, cursor[1, s])
    cursor[1, symbols] = most


@njit
def close_bar_nb(out: Columns, parts: Floats, cursor: Ints, s: int) -> None:
    """Write the finished bar behind the symbol's others of this block."""
    n = cursor[1, s]
    out.open[n, s] = parts[0, s]
    out.high[n, s] = parts[1, s]
    out.low[n, s] = parts[2, s]
    out.close[n, s] = parts[3, s]
    out.volume[n, s] = parts[4, s]
    out.session[n, s] = parts[5, s]
    cursor[1, s] = n + 1


@njit
def align_nb(values: Floats, out: Floats, seen: Floats, closed: Ints, cursor: Ints) -> None:
    """Last closed value on each bar of the slices; ``seen`` float64 [1, S] carries it from block to block."""
    symbols = cursor.shape[1] - 2
    dense = cursor[1, symbols + 1]
    for s in range(symbols):
        bars = cursor[1, symbols] if dense else cursor[1, s]
        value = seen[0, s]
        for k in range(bars):
            n = closed[k, s]
            if n > 0:
                value = values[n - 1, s]
            out[0, k, s] = value
        seen[0, s] = value


class Frame:
    """One higher timeframe: its clock, the bars it builds and the count of closed bars on each slice."""

    def __init__(self, length: int, symbols: int, block: int) -> None:
        self.length = length
        self.clock = Clock(symbols)
        self.columns = Columns(*(np.full((block + 1, symbols), np.nan) for _ in COLUMNS))
        self.building = Building(np.full((len(COLUMNS), symbols), np.nan), np.zeros((3, symbols), np.int64))
        self.closed = np.zeros((block, symbols), np.int64)
        self.how = np.array([length, 0, 0], np.int64)

    def build(self, bars: Columns, times: Times, anchored: bool, dense: bool) -> int:
        """Take a block in; the most bars that closed for one symbol. The clock is then ready for their kernels."""
        self.how[1:] = anchored, dense
        aggregate_nb(bars, times, self.columns, self.building, self.closed, self.clock.cursor, self.how)
        most = int(self.clock.cursor[1, self.clock.symbols])
        self.clock.begin_masked(most)
        return most
