"""Fewer points for the page without hiding extremes: every bucket keeps its first, last, lowest and highest row."""

from __future__ import annotations

import numpy as np

from consilience.research.report.data import Candles, Floats, Record, Times

MAX_CURVE_BUCKETS = 1_200  # up to 2 + 2 * columns rows of each are kept
MAX_CURVE_ROWS = 6_000
MAX_CANDLES = 24_000  # over all symbols
MIN_CANDLES = 400  # of one symbol, however many there are
MAX_CANDLE_SYMBOLS = 60


class CandleBuckets(Record, frozen=True, kw_only=True, eq=False):
    """Candles of one symbol, ``bars_each`` bars to a candle (1: as they were)."""

    symbol: str
    bars: int
    bars_each: int
    adjusted: bool
    ts: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    factor: Floats


def kept_rows(columns: list[Floats], rows: int, limit: int = MAX_CURVE_ROWS, buckets: int = MAX_CURVE_BUCKETS) -> Times:
    """Indices of the rows to draw: all of them up to ``limit``, else the first, last, min and max row per bucket.

    The extremes are those of every column, NaN ignored, so each curve keeps each bucket's range.
    """
    if rows <= limit:
        return np.arange(rows)
    edges = np.linspace(0, rows, buckets + 1).astype(np.int64)
    starts = edges[:-1]
    parts = [starts, edges[1:] - 1]
    for column in columns:
        parts.append(_extreme_rows(np.where(np.isnan(column), np.inf, column), edges))
        parts.append(_extreme_rows(np.where(np.isnan(column), np.inf, -column), edges))
    return np.unique(np.concatenate(parts))


def _extreme_rows(column: Floats, edges: Times) -> Times:
    """First row of each bucket that holds the bucket's minimum."""
    lowest = np.minimum.reduceat(column, edges[:-1])
    hits = np.flatnonzero(column == np.repeat(lowest, np.diff(edges)))
    owner = np.searchsorted(edges, hits, side="right") - 1
    first = np.append(True, owner[1:] != owner[:-1]) if len(owner) else np.empty(0, dtype=bool)
    return np.asarray(hits[first], dtype=np.int64)


def bucket_candles(candles: Candles, limit: int) -> CandleBuckets:
    """Candles merged so that at most ``limit`` remain: first open, highest high, lowest low, last close."""
    bars = len(candles.ts)
    each = max(1, -(-bars // limit))
    starts = np.arange(0, bars, each)
    ends = np.minimum(starts + each, bars) - 1
    factor = np.ones(bars) if candles.factor is None else candles.factor
    merge = bars > 0
    return CandleBuckets(
        symbol=candles.symbol,
        bars=bars,
        bars_each=each,
        adjusted=candles.factor is not None,
        ts=candles.ts[ends],
        open=candles.open[starts],
        high=np.fmax.reduceat(candles.high, starts) if merge else candles.high,
        low=np.fmin.reduceat(candles.low, starts) if merge else candles.low,
        close=candles.close[ends],
        factor=factor[ends],
    )


def choose_candles(candles: tuple[Candles, ...], traded: dict[str, int]) -> list[CandleBuckets]:
    """The symbols to chart, most traded first, and their candles within the page's allowance."""
    ranked = sorted(candles, key=lambda c: (-traded.get(c.symbol, 0), c.symbol))[:MAX_CANDLE_SYMBOLS]
    if not ranked:
        return []
    limit = max(MIN_CANDLES, MAX_CANDLES // len(ranked))
    return [bucket_candles(c, limit) for c in ranked]
