"""Curves behind the charts: daily sampling, drawdowns, monthly returns, rolling Sharpe, histograms."""

from __future__ import annotations

import math

import numpy as np

from consilience.core.time import DAY
from consilience.portfolio import periods
from consilience.portfolio.stats_nb import returns_nb
from consilience.research.report.data import EquityCurve, Floats, Record, Times

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


def underwater(values: Floats) -> Floats:
    """Fall below the highest value so far, as a fraction <= 0; NaN while no positive peak exists."""
    if len(values) == 0:
        return np.empty(0)
    peak = np.maximum.accumulate(values)
    return np.asarray(values / np.where(peak > 0.0, peak, np.nan) - 1.0, dtype=np.float64)


def worst_drawdowns(ts: Times, equity: Floats, count: int = 5) -> tuple[Drawdown, ...]:
    """The deepest ``count`` falls, deepest first; equal depths in order of time. None where it starts at or below 0."""
    if len(equity) == 0 or not equity[0] > 0.0:
        return ()
    falls = []
    for fall in periods.worst_drawdowns(equity, ts, count):
        until = fall.end_ts or int(ts[-1])
        falls.append(
            Drawdown(
                peak_ns=fall.peak_ts,
                trough_ns=fall.trough_ts,
                recovered_ns=fall.end_ts,
                depth=fall.depth,
                money=float(equity[fall.trough_row] - equity[fall.peak_row]),
                days_down=(fall.trough_ts - fall.peak_ts) / DAY,
                days_total=(until - fall.peak_ts) / DAY,
            )
        )
    return tuple(falls)


def monthly(ts: Times, equity: Floats) -> tuple[MonthRow, ...]:
    """Returns by UTC calendar month and year; NaN for those without a bar, or without a level to start from."""
    if len(ts) < 2:
        return ()
    table = periods.monthly_table(equity, ts)
    rows = zip(table.years, table.months, table.totals, strict=True)
    return tuple(MonthRow(year=year, months=tuple(months.tolist()), total=float(total)) for year, months, total in rows)


def daily_returns(curve: EquityCurve) -> Floats:
    """Returns from session to session (UTC days where the curve tells no sessions)."""
    return returns_nb(np.ascontiguousarray(periods.session_equity(curve.equity, curve.ts, curve.sessions)[0]))


def rolling_sharpe(curve: EquityCurve, equity: Floats, risk_free: float, days_per_year: float) -> Rolling:
    """Annualised Sharpe of daily excess returns of ``equity`` over the longest window that fits.

    ``equity``: at the curve's times, whose sessions count as days. NaN where returns do not vary or are not known.
    """
    values, ts = periods.session_equity(equity, curve.ts, curve.sessions)
    window = next((w for w in ROLLING_WINDOWS if len(values) - 1 >= 2 * w), 0)
    if window == 0:
        return Rolling(window=0, ts=np.empty(0, dtype=np.int64), values=np.empty(0))
    ratios = periods.rolling_sharpe(np.ascontiguousarray(values), window, days_per_year, risk_free)
    return Rolling(window=window, ts=ts[window:], values=ratios[window:])


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


def _round_width(width: float) -> float:
    """Next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * power >= width * (1 - 1e-9))
