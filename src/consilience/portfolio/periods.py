"""Equity by calendar: sessions, months, years, the list of drawdowns, and rolling numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from consilience.core.errors import DataError
from consilience.core.panel import Floats, Ints
from consilience.core.time import DAY
from consilience.portfolio.stats_nb import DRAWDOWN_DTYPE, drawdowns_nb, returns_nb, rolling_ratio_nb

MONTHS = 12


@dataclass(frozen=True)
class MonthlyTable:
    """Returns by month and year: years ascending; months float64 [years, 12], NaN without a row; totals [years]."""

    years: tuple[int, ...]
    months: Floats
    totals: Floats


@dataclass(frozen=True)
class Drawdown:
    """One fall: rows and times of peak, trough and recovery (row -1 and time 0 while under water); depth <= 0."""

    depth: float
    peak_row: int
    trough_row: int
    end_row: int
    peak_ts: int
    trough_ts: int
    end_ts: int

    @property
    def recovered(self) -> bool:
        """Whether the peak was reached again."""
        return self.end_row >= 0


def session_rows(ts: Ints, sessions: Ints | None = None) -> Ints:
    """Last row of each session. ``sessions``: int64 [T] ids; absent, UTC days (a close at midnight ends its day)."""
    ids = (ts - 1) // DAY if sessions is None else sessions
    return np.flatnonzero(np.append(ids[1:] != ids[:-1], len(ids) > 0)).astype(np.int64)


def session_equity(equity: Floats, ts: Ints, sessions: Ints | None = None) -> tuple[Floats, Ints]:
    """(equity, times) at the end of each session: an intraday curve as a daily one."""
    rows = session_rows(ts, sessions)
    return equity[rows], ts[rows]


def monthly_table(equity: Floats, ts: Ints) -> MonthlyTable:
    """Returns of calendar months and years (UTC; a close at midnight belongs to the day before), chained.

    equity: float64 [T]; ts: int64 [T]. The first month starts from the first row's equity. A return is NaN where the
    equity it starts from is not positive.
    """
    months = (ts - 1).astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    if len(months) == 0:
        return MonthlyTable((), np.empty((0, MONTHS)), np.empty(0))
    first, last = int(months[0]) // MONTHS, int(months[-1]) // MONTHS
    table = np.full((last - first + 1, MONTHS), np.nan)
    rows = session_rows(ts, months)
    table.reshape(-1)[months[rows] - first * MONTHS] = _chained(equity, rows)
    years = months // MONTHS
    totals = np.full(last - first + 1, np.nan)
    rows = session_rows(ts, years)
    totals[years[rows] - first] = _chained(equity, rows)
    return MonthlyTable(tuple(range(1970 + first, 1970 + last + 1)), table, totals)


def worst_drawdowns(equity: Floats, ts: Ints, top: int = 5) -> tuple[Drawdown, ...]:
    """The ``top`` deepest drawdowns, deepest first. equity: float64 [T], positive but for its last row."""
    depth = np.zeros(len(equity))
    episodes = np.zeros(len(equity) // 2 + 1, DRAWDOWN_DTYPE)
    episodes = episodes[: drawdowns_nb(equity, depth, episodes)]
    order = np.argsort(episodes["depth"], kind="stable")[:top]
    result = []
    for row in episodes[order]:
        peak, trough, end = int(row["peak_row"]), int(row["trough_row"]), int(row["end_row"])
        back = int(ts[end]) if end >= 0 else 0
        result.append(Drawdown(float(row["depth"]), peak, trough, end, int(ts[peak]), int(ts[trough]), back))
    return tuple(result)


def rolling_sharpe(equity: Floats, window: int, periods_per_year: float, risk_free: float = 0.0) -> Floats:
    """Sharpe ratio of the last ``window`` returns, float64 [T], yearly; NaN for the first ``window`` rows.

    NaN too where the window has no spread or the equity was not positive. Raises DataError for window < 2.
    """
    if window < 2:
        raise DataError(f"a rolling Sharpe ratio needs a window of at least 2 returns, not {window}")
    free = math.pow(1.0 + risk_free, 1.0 / periods_per_year) - 1.0
    ratios = rolling_ratio_nb(returns_nb(equity) - free, window, math.sqrt(periods_per_year))
    return np.concatenate((np.full(min(1, len(equity)), np.nan), ratios))


def _chained(equity: Floats, rows: Ints) -> Floats:
    """Returns from the level before each period to its last row."""
    result: Floats = returns_nb(np.concatenate((equity[:1], equity[rows])))
    return result
