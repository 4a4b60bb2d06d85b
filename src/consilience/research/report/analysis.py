"""Everything the report derives from a run, computed once, so that page, JSON and terminal show the same figures."""

from __future__ import annotations

import math

import numpy as np

from consilience.research.report.aggregate import BY, Group, group_trades, total_of
from consilience.research.report.cautions import Caution, cautions_of
from consilience.research.report.data import Floats, Metric, Record, ReportData, find_metric
from consilience.research.report.series import (
    Drawdown,
    Histogram,
    MonthRow,
    Rolling,
    daily_returns,
    histogram,
    monthly,
    rebase,
    rolling_sharpe,
    sample_at,
    underwater,
    worst_drawdowns,
)


class Card(Record, frozen=True, kw_only=True, eq=False):
    """One headline figure. meaning: what it says, for someone who has never seen it."""

    label: str
    metric: Metric
    benchmark: Metric | None
    meaning: str


class Analysis(Record, frozen=True, kw_only=True, eq=False):
    """Derived parts of a report. benchmark_* are sampled at the run's times and rebased to its first equity."""

    total: Group
    groups: dict[str, tuple[Group, ...]]
    cautions: tuple[Caution, ...]
    cards: tuple[Card, ...]
    drawdowns: tuple[Drawdown, ...]
    months: tuple[MonthRow, ...]
    benchmark_months: tuple[MonthRow, ...]
    rolling: Rolling
    benchmark_rolling: Rolling | None
    daily_returns: Histogram
    trade_returns: Histogram
    underwater: Floats
    exposure: Floats
    benchmark_equity: Floats | None
    benchmark_underwater: Floats | None


# key of the metric, label, unit when the run did not supply it, meaning
_CARDS = (
    ("total_return", "Return", "return", "What the account gained or lost over the whole run, after costs."),
    ("cagr", "CAGR", "return", "The steady yearly growth rate that would give the same end value."),
    (
        "sharpe",
        "Sharpe",
        "ratio",
        "Yearly return above cash for each unit of its ups and downs. Above 1 is good, if real.",
    ),
    ("max_drawdown", "Max drawdown", "return", "The deepest fall from a peak: what you would have had to sit through."),
    ("win_rate", "Win rate", "fraction", "Share of closed trades that made money. Says nothing about how much."),
    ("profit_factor", "Profit factor", "ratio", "Money won for each unit of money lost. Below 1 loses money."),
    ("trades", "Trades", "count", "Closed round trips. Fewer than 30 prove little."),
    ("exposure_gross", "Exposure", "fraction", "Average value held in the market as a share of the account."),
)


def analyse(data: ReportData) -> Analysis:
    """Derive the report's parts. O(bars + trades); works on zero bars and zero trades."""
    curve = data.equity
    total = total_of(data.trades)
    rebased = _benchmark_equity(data)
    has_benchmark = rebased is not None
    sharpe = (data.risk_free, data.days_per_year)
    return Analysis(
        total=total,
        groups={by: group_trades(data.trades, by) for by in BY},
        cautions=cautions_of(data, total),
        cards=_cards(data),
        drawdowns=worst_drawdowns(curve.ts, curve.equity),
        months=monthly(curve.ts, curve.equity),
        benchmark_months=monthly(curve.ts, rebased) if rebased is not None else (),
        rolling=rolling_sharpe(curve, curve.equity, *sharpe),
        benchmark_rolling=rolling_sharpe(curve, rebased, *sharpe) if rebased is not None else None,
        daily_returns=histogram(daily_returns(curve)),
        trade_returns=histogram(
            np.asarray([t.return_fraction for t in data.trades if not t.is_open], dtype=np.float64)
        ),
        underwater=underwater(curve.equity),
        exposure=np.divide(curve.gross, curve.equity, out=np.full(len(curve.ts), np.nan), where=curve.equity > 0.0),
        benchmark_equity=rebased,
        benchmark_underwater=_underwater_with_gaps(rebased) if has_benchmark and rebased is not None else None,
    )


def _benchmark_equity(data: ReportData) -> Floats | None:
    if data.benchmark is None or len(data.equity.ts) == 0:
        return None
    return rebase(sample_at(data.equity.ts, data.benchmark.ts, data.benchmark.values), float(data.equity.equity[0]))


def _underwater_with_gaps(values: Floats) -> Floats:
    """Underwater curve of a benchmark that may start late: NaN before its first value."""
    known = np.flatnonzero(np.isfinite(values))
    out = np.full(len(values), np.nan)
    if len(known):
        out[known[0] :] = underwater(values[known[0] :])
    return out


def _cards(data: ReportData) -> tuple[Card, ...]:
    cards = []
    for key, label, unit, meaning in _CARDS:
        metric = data.metric(key) or Metric(
            key=key, group="", name=label, value=math.nan, unit=unit, nan_reason="this run did not supply it"
        )
        theirs = find_metric(data.benchmark.metrics, key) if data.benchmark else None
        cards.append(Card(label=label, metric=metric, benchmark=theirs, meaning=meaning))
    return tuple(cards)
