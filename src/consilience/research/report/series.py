"""Curves behind the charts: daily sampling, drawdowns, monthly returns, rolling Sharpe, histograms."""

from __future__ import annotations

import math

import numpy as np

from consilience.core.time import DAY
from consilience.research.report.data import Floats, Record, Times

ROLLING_WINDOWS = (126, 63, 21)  # days; the longest that leaves at least half of the days with a value
MAX_BINS = 60


class Drawdown(Record, frozen=True, kw_only=True, eq=False):
    """One fall from a peak. recovered_ns is 0 while the old peak is not regained; lengths in days."""

    peak_ns: int
    trough_ns: int
    recovered_ns: int
    depth: float  # fraction of the peak, < 0
    money: float  # < 0
    days_down: float
    days_total: float


class MonthRow(Record, frozen=True, kw_only=True, eq=False):
    """One year: twelve returns (NaN outside the run) and the year's return."""

    year: int
    months: tuple[float, ...]
    total: float


class Rolling(Record, frozen=True, kw_only=True, eq=False):
    """Rolling Sharpe ratio. window: daily returns in each value, 0 when the run is too short for any."""

    window: int
    ts: Times
    values: Floats


class Histogram(Record, frozen=True, kw_only=True, eq=False):
    """Counts between edges (one more edge than counts); zero is always an edge, so no bin mixes signs."""

    edges: Floats
    counts: Floats


def daily(ts: Times, values: Floats) -> tuple[Times, Floats]:
    """Last value of each UTC day that has one, stamped as it was."""
    if len(ts) == 0:
        return ts, values
    days = (ts - 1) // DAY  # a bar that closes at midnight belongs to the day before
    last = np.append(days[1:] != days[:-1], True)
    return ts[last], values[last]


def returns_of(values: Floats) -> Floats:
    """Simple returns between neighbours; NaN where the earlier value is not positive."""
    if len(values) < 2:
        return np.empty(0)
    before = np.where(values[:-1] > 0.0, values[:-1], np.nan)
    return np.asarray(values[1:] / before - 1.0, dtype=np.float64)


def underwater(values: Floats) -> Floats:
    """Fall below the highest value so far, as a fraction <= 0; NaN while no positive peak exists."""
    if len(values) == 0:
        return np.empty(0)
    peak = np.maximum.accumulate(values)
    return np.asarray(values / np.where(peak > 0.0, peak, np.nan) - 1.0, dtype=np.float64)


def worst_drawdowns(ts: Times, equity: Floats, count: int = 5) -> tuple[Drawdown, ...]:
    """The deepest ``count`` falls, deepest first; equal depths in order of time."""
    depth = underwater(equity)
    below = np.nan_to_num(depth) < 0.0
    if not bool(below.any()):
        return ()
    edge = np.diff(np.concatenate(([0], below.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)  # each fall is starts .. ends - 1
    bounds = np.column_stack((starts, ends)).ravel()  # the zero behind the last value makes every end an index
    lowest = np.minimum.reduceat(np.append(np.nan_to_num(depth), 0.0), bounds)[::2]
    order = np.argsort(lowest, kind="stable")[:count]
    falls = []
    for k in order:
        start, end = int(starts[k]), int(ends[k])
        trough = start + int(np.nanargmin(depth[start:end]))
        recovered = int(ts[end]) if end < len(ts) else 0
        peak_ns, until = int(ts[start - 1]), recovered or int(ts[-1])
        falls.append(
            Drawdown(
                peak_ns=peak_ns,
                trough_ns=int(ts[trough]),
                recovered_ns=recovered,
                depth=float(depth[trough]),
                money=float(equity[trough] - equity[start - 1]),
                days_down=(int(ts[trough]) - peak_ns) / DAY,
                days_total=(until - peak_ns) / DAY,
            )
        )
    return tuple(falls)


def monthly(ts: Times, equity: Floats) -> tuple[MonthRow, ...]:
    """Returns by UTC calendar month: last value of the month over the last before it (the first bar for the first)."""
    if len(ts) < 2:
        return ()
    # the bar of midnight closes the month before
    index = (ts - 1).astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    last = np.flatnonzero(np.append(index[1:] != index[:-1], True))
    ends = equity[last]
    begins = np.concatenate(([equity[0]], ends[:-1]))
    change = {int(index[i]): _ratio(float(e), float(b)) for i, e, b in zip(last, ends, begins, strict=True)}
    close = {int(index[i]): float(e) for i, e in zip(last, ends, strict=True)}
    rows = []
    before = float(equity[0])
    for year in range(1970 + min(change) // 12, 1970 + max(change) // 12 + 1):
        first = (year - 1970) * 12
        months = tuple(change.get(first + k, math.nan) for k in range(12))
        end = next((close[first + k] for k in range(11, -1, -1) if first + k in close), before)
        rows.append(MonthRow(year=year, months=months, total=_ratio(end, before)))
        before = end
    return tuple(rows)


def rolling_sharpe(ts: Times, equity: Floats, risk_free: float, days_per_year: float) -> Rolling:
    """Annualised Sharpe of daily excess returns over the longest window that fits; NaN where returns do not vary."""
    day_ts, day_values = daily(ts, equity)
    changes = returns_of(day_values) - risk_free / days_per_year
    window = next((w for w in ROLLING_WINDOWS if len(changes) >= 2 * w), 0)
    if window == 0:
        return Rolling(window=0, ts=np.empty(0, dtype=np.int64), values=np.empty(0))
    views = np.lib.stride_tricks.sliding_window_view(changes, window)
    mean, spread = views.mean(axis=1), views.std(axis=1, ddof=1)
    values = np.full(len(mean), np.nan)
    varies = spread > 1e-12
    values[varies] = mean[varies] / spread[varies] * math.sqrt(days_per_year)
    return Rolling(window=window, ts=day_ts[window:], values=values)


def histogram(values: Floats) -> Histogram:
    """Bins of a round width near Freedman-Diaconis, at most MAX_BINS, with zero as an edge. NaN is left out."""
    clean = values[np.isfinite(values)]
    if len(clean) == 0:
        return Histogram(edges=np.empty(0), counts=np.empty(0))
    low, high = float(clean.min()), float(clean.max())
    q1, q3 = np.percentile(clean, [25, 75])
    width = 2.0 * float(q3 - q1) / len(clean) ** (1 / 3)
    width = _round_width(max(width, (high - low) / MAX_BINS, max(abs(low), abs(high)) / 100, 1e-5))
    while math.floor(high / width) - math.floor(low / width) + 1 > MAX_BINS:
        width = _round_width(width * 1.5)
    first = math.floor(low / width)
    bins = np.floor(clean / width).astype(np.int64) - first
    counts = np.bincount(bins).astype(np.float64)
    edges = np.asarray((first + np.arange(len(counts) + 1)) * width, dtype=np.float64)
    return Histogram(edges=edges, counts=counts)


def rebase(values: Floats, first: float) -> Floats:
    """``values`` scaled so that the first finite positive one becomes ``first``."""
    usable = np.flatnonzero(np.isfinite(values) & (values > 0.0))
    if len(usable) == 0:
        return np.full(len(values), np.nan)
    return np.asarray(values * (first / values[usable[0]]), dtype=np.float64)


def sample_at(ts: Times, source_ts: Times, source: Floats) -> Floats:
    """Last known ``source`` value at each ``ts``; NaN before its first."""
    if len(source_ts) == 0:
        return np.full(len(ts), np.nan)
    at = np.searchsorted(source_ts, ts, side="right") - 1
    return np.asarray(np.where(at >= 0, source[np.maximum(at, 0)], np.nan), dtype=np.float64)


def _ratio(end: float, begin: float) -> float:
    return end / begin - 1.0 if begin > 0.0 else math.nan


def _round_width(width: float) -> float:
    """Next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * power >= width * (1 - 1e-9))
