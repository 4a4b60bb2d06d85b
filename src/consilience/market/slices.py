"""Slices: every symbol's bars of one close time, as one row of a panel. Batch from columns, live from a builder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.errors import DataError
from consilience.core.panel import Bools, Floats, Ints, PriceColumns
from consilience.market.quality_bars import GatedBars


class AlignedBars(NamedTuple):
    """Columns of S symbols over the union of their close times, as core.panel.Panel wants them.

    Masked cells hold zero ticks and sizes, NaN volume, and the flags of the row that the gate dropped there, if any.
    bid and ask are the same arrays when every symbol has trade bars.
    """

    ts: Ints
    ts_known: Ints
    bid: PriceColumns
    ask: PriceColumns
    bid_size: Ints
    ask_size: Ints
    volume: Floats
    valid: Bools
    flags: npt.NDArray[np.uint16]


def align(bars: Sequence[GatedBars]) -> AlignedBars:
    """One row for each close time that any symbol has, ascending. Raises DataError when there is no bar at all."""
    if not bars or not any(len(b.ts) for b in bars):
        raise DataError("no bar is left to build slices from; look at the quality report and the date range")
    ts = _union([b.ts for b in bars])
    rows = [np.searchsorted(ts, b.ts) for b in bars]
    shape = (len(ts), len(bars))
    valid, flags = np.zeros(shape, np.bool_), np.zeros(shape, np.uint16)
    volume = np.full(shape, np.nan)
    known = ts.copy()
    for symbol, (bar, row) in enumerate(zip(bars, rows, strict=True)):
        valid[row, symbol] = True
        volume[row, symbol] = bar.volume
        _flag_dropped(flags, ts, bar, symbol)
        flags[row, symbol] = bar.flags
        known[row] = np.maximum(known[row], bar.ts_known)

    def spread(columns: Sequence[Ints]) -> Ints:
        result = np.zeros(shape, np.int64)
        for symbol, (column, row) in enumerate(zip(columns, rows, strict=True)):
            result[row, symbol] = column
        return result

    bid = PriceColumns(*(spread([b.bid[k] for b in bars]) for k in range(4)))
    bid_size = spread([b.bid_size for b in bars])
    if all(b.ask is b.bid for b in bars):
        return AlignedBars(ts, known, bid, bid, bid_size, bid_size, volume, valid, flags)
    ask = PriceColumns(*(spread([b.ask[k] for b in bars]) for k in range(4)))
    ask_size = spread([b.ask_size for b in bars])
    return AlignedBars(ts, known, bid, ask, bid_size, ask_size, volume, valid, flags)


def _union(times: Sequence[Ints]) -> Ints:
    """All distinct times, ascending. A stable sort merges the ascending runs; np.unique would hash them."""
    first = times[0]
    if all(np.array_equal(first, other) for other in times[1:]):
        return first
    merged = np.sort(np.concatenate(times), kind="stable")
    result: Ints = merged[np.diff(merged, prepend=merged[0] - 1) > 0]
    return result


def _flag_dropped(flags: npt.NDArray[np.uint16], ts: Ints, bar: GatedBars, symbol: int) -> None:
    """Put the flags of dropped rows where a slice of that time exists."""
    row = np.minimum(np.searchsorted(ts, bar.dropped_ts), len(ts) - 1)
    there = ts[row] == bar.dropped_ts
    np.bitwise_or.at(flags[:, symbol], row[there], bar.dropped_flags[there])
