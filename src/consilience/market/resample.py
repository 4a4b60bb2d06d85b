"""Bars to a higher timeframe: trade bars and bid/ask bars, buckets anchored to the session open, stamped at close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from consilience.core.columns import SessionSchedule
from consilience.core.errors import DataError
from consilience.core.events import CorporateAction
from consilience.core.jit import njit
from consilience.core.panel import Bools, Floats, Ints, PriceColumns
from consilience.core.time import Timeframe
from consilience.market.buckets import bucket_ends
from consilience.market.quality import Flags
from consilience.market.quality_bars import GatedBars


def resample(
    bars: GatedBars,
    schedule: SessionSchedule,
    timeframe: Timeframe,
    until_ns: int,
    actions: Sequence[CorporateAction] = (),
) -> GatedBars:
    """``bars`` at ``timeframe``.

    ``until_ns``: how far the history is known, in time; a bucket that ends later is not over yet and is left out, so
    cutting the future never changes a bar. Open is the first, close the last, volume the total (NaN when no bar knew
    it), flags those of all bars in it; trade sizes add up, bid and ask sizes are those at the close. ``actions``:
    splits and rolls of this symbol; where one takes effect inside a bucket, the bars before it are restated in the
    shares, or at the level of the contract, of the bucket's end.
    Raises DataError when ``timeframe`` is shorter than the bars or no multiple of them.
    """
    _require_multiple(bars, timeframe)
    if timeframe.duration_ns == bars.duration_ns or len(bars.ts) == 0:
        return replace(bars, duration_ns=timeframe.duration_ns)
    ends = bucket_ends(schedule, bars.ts, timeframe)
    bars = _in_end_units(bars, ends, actions)
    starts = np.flatnonzero(np.diff(ends, prepend=ends[0] - 1))
    stops = np.append(starts[1:], len(ends))
    over = ends[starts] <= until_ns
    starts, stops = starts[over], stops[over]
    groups = Groups(starts, stops)
    is_trade = bars.ask is bars.bid
    bid = _prices(bars.bid, groups)
    bid_size = _sizes(bars.bid_size, groups, is_trade)
    ts = ends[starts]
    return GatedBars(
        instrument=bars.instrument,
        ts=ts,
        ts_known=np.maximum(highest_nb(bars.ts_known, *groups), ts),
        bid=bid,
        ask=bid if is_trade else _prices(bars.ask, groups),
        bid_size=bid_size,
        ask_size=bid_size if is_trade else _sizes(bars.ask_size, groups, is_trade),
        volume=total_nb(bars.volume, *groups),
        flags=_all_flags(bars.flags, groups),
        source_row=bars.source_row[starts],
        dropped_ts=bars.dropped_ts,
        dropped_flags=bars.dropped_flags,
        duration_ns=timeframe.duration_ns,
    )


def _all_flags(flags: Flags, groups: Groups) -> Flags:
    if len(groups.start) == 0:
        return flags[:0]
    # cut first: reduceat's last group runs to the end, into a bucket that is not over
    combined: Flags = np.bitwise_or.reduceat(flags[: groups.stop[-1]], groups.start)
    return combined


def _in_end_units(bars: GatedBars, ends: Ints, actions: Sequence[CorporateAction]) -> GatedBars:
    """Bars that precede a split or roll inside their bucket, in the units that hold at the bucket's end."""
    for action in actions:
        before = (bars.ts <= action.ts_event) & (ends > action.ts_event)
        if not before.any():
            continue
        ratio = Fraction(action.numerator, action.denominator)
        sides = [PriceColumns(*(_scaled(c, before, 1 / ratio) for c in side)) for side in (bars.bid, bars.ask)]
        shares = Fraction(1) if action.kind == "roll" else ratio  # a contract stays one contract
        sizes = [_scaled(c, before, shares) for c in (bars.bid_size, bars.ask_size)]
        volume = bars.volume.copy()
        volume[before] *= float(shares)
        is_trade = bars.ask is bars.bid
        bars = replace(
            bars,
            bid=sides[0],
            ask=sides[0] if is_trade else sides[1],
            bid_size=sizes[0],
            ask_size=sizes[0] if is_trade else sizes[1],
            volume=volume,
        )
    return bars


def _scaled(column: Ints, rows: Bools, ratio: Fraction) -> Ints:
    """A copy with ``rows`` multiplied by ``ratio``, each rounded half to even once; few rows, so plain integers."""
    result = column.copy()
    result[rows] = [round(int(value) * ratio) for value in column[rows]]
    return result


class Groups(NamedTuple):
    """Rows of each bucket: ``start`` to ``stop``, exclusive, int64 [B]."""

    start: Ints
    stop: Ints


def _require_multiple(bars: GatedBars, timeframe: Timeframe) -> None:
    source, target = bars.duration_ns, timeframe.duration_ns
    if source == 0:
        raise DataError(f"{bars.instrument.symbol}: irregular bars cannot be resampled; import them with a timeframe")
    if target < source or target % source:
        raise DataError(
            f"{bars.instrument.symbol}: {timeframe} bars cannot be made from {Timeframe(source)} bars; "
            f"choose a multiple of {Timeframe(source)}"
        )


def _prices(side: PriceColumns, groups: Groups) -> PriceColumns:
    return PriceColumns(
        side.open[groups.start],
        highest_nb(side.high, *groups),
        lowest_nb(side.low, *groups),
        side.close[groups.stop - 1],
    )


def _sizes(sizes: Ints, groups: Groups, is_trade: bool) -> Ints:
    return total_lots_nb(sizes, *groups) if is_trade else sizes[groups.stop - 1]


@njit
def highest_nb(values: Ints, start: Ints, stop: Ints) -> Ints:
    """Largest of each group [B]."""
    result = np.empty(start.shape[0], np.int64)
    for group in range(start.shape[0]):
        best = values[start[group]]
        for i in range(start[group] + 1, stop[group]):
            best = max(best, values[i])
        result[group] = best
    return result


@njit
def lowest_nb(values: Ints, start: Ints, stop: Ints) -> Ints:
    """Smallest of each group [B]."""
    result = np.empty(start.shape[0], np.int64)
    for group in range(start.shape[0]):
        best = values[start[group]]
        for i in range(start[group] + 1, stop[group]):
            best = min(best, values[i])
        result[group] = best
    return result


@njit
def total_lots_nb(values: Ints, start: Ints, stop: Ints) -> Ints:
    """Sum of each group [B], capped at 2**62 so that it cannot wrap."""
    result = np.empty(start.shape[0], np.int64)
    for group in range(start.shape[0]):
        total = 0
        for i in range(start[group], stop[group]):
            total = min(total + min(values[i], 1 << 61), 1 << 62)
        result[group] = total
    return result


@njit
def total_nb(values: Floats, start: Ints, stop: Ints) -> Floats:
    """Sum of the known values of each group [B], in order; NaN where none is known."""
    result = np.empty(start.shape[0])
    for group in range(start.shape[0]):
        total = 0.0
        known = False
        for i in range(start[group], stop[group]):
            if values[i] == values[i]:
                total += values[i]
                known = True
        result[group] = total if known else np.nan
    return result
