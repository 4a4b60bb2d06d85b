"""Performance of an equity curve and its trades. Every number is defined once, in ``metric_table``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from consilience.core.errors import DataError
from consilience.core.panel import Floats, Ints, Records
from consilience.core.time import DAY
from consilience.portfolio.metric_table import METRICS, Metric
from consilience.portfolio.periods import session_rows
from consilience.portfolio.stats_nb import (
    DRAWDOWN_DTYPE,
    ZERO_SPREAD,
    comoment_nb,
    deviation_nb,
    drawdowns_nb,
    mean_nb,
    mean_up_to_nb,
    moments_nb,
    partial_nb,
    quantile_nb,
    returns_nb,
    streaks_nb,
    sum_nb,
)
from consilience.portfolio.trades import Trades

NAN = math.nan
_Values = dict[str, float]


@dataclass(frozen=True)
class Activity:
    """What an equity curve does not show. gross: float64 [T], sum of |position values|; traded: value of all fills,
    both in base currency. sessions: int64 [T], session of each row (UTC days where absent).
    """

    gross: Floats | None = None
    traded: float = NAN
    sessions: Ints | None = None


@dataclass(frozen=True)
class Performance:
    """A number for every metric of the table, NaN where it is undefined or its input was not given."""

    values: dict[str, float]

    def __getitem__(self, name: str) -> float:
        return self.values[name]

    def rows(self) -> Iterator[tuple[Metric, float]]:
        """Each metric with its number, in the table's order."""
        return ((metric, self.values[metric.name]) for metric in METRICS)


@dataclass(frozen=True)
class _Curve:
    """The judged part of a run: levels [n + 1], returns and excess returns [n], NaN-free or undefined as a whole."""

    equity: Floats
    ts: Ints
    returns: Floats
    excess: Floats
    periods: float
    free: float


def traded_value(fills: Records, exponent: int) -> float:
    """Value of all fills in base currency, before fees; for ``Activity.traded``."""
    real = fills[fills["side"] != 0]
    total: int = sum(np.abs(real["cash"] + real["fee_base"]).tolist())
    return float(total) / float(10**exponent)


# many parameters: one call states everything that a report was computed from
def performance(
    equity: Floats,
    ts: Ints,
    *,
    periods_per_year: float,
    trades: Trades | None = None,
    benchmark: Floats | None = None,
    risk_free: float = 0.0,
    activity: Activity | None = None,
    warm_up_rows: int = 0,
) -> Performance:
    """Every metric of ``METRICS`` for an equity curve.

    equity: float64 [T] in base currency, finite. ts: int64 [T], ascending. periods_per_year: rows in a year of the
    instrument's own calendar, > 0. trades: round trips. benchmark: float64 [T] levels; rows where it is NaN are left
    out of the comparison. risk_free: a yearly rate, > -1. warm_up_rows: leading rows that are not judged.
    Metrics of returns are NaN when the equity was ever at or below zero before its last row.
    Raises DataError for shapes that do not match, values that are not finite, or rates out of range.
    """
    _check(equity, ts, benchmark, periods_per_year, risk_free)
    free = math.pow(1.0 + risk_free, 1.0 / periods_per_year) - 1.0
    levels = np.ascontiguousarray(equity[warm_up_rows:], np.float64)
    returns = returns_nb(levels)
    curve = _Curve(levels, ts[warm_up_rows:], returns, returns - free, periods_per_year, free)
    more = activity or Activity()
    values: _Values = {metric.name: NAN for metric in METRICS}
    if len(levels):
        values["net_profit"] = float(levels[-1] - levels[0])
        values["total_return"] = _ratio(values["net_profit"], float(levels[0])) if levels[0] > 0 else NAN
    if len(returns) and not np.isnan(returns).any():
        values |= _growth(curve, None if more.sessions is None else more.sessions[warm_up_rows:])
        values |= _risk(curve)
        values |= _distribution(curve)
        values |= _drawdown(curve, values)
        values |= _activity(curve, more, warm_up_rows)
        if benchmark is not None:
            values |= _benchmark(curve, np.ascontiguousarray(benchmark[warm_up_rows:], np.float64))
    if trades is not None:
        values |= _costs(trades)
        values |= _trades(trades)
    return Performance({name: float(value) for name, value in values.items()})


def _check(equity: Floats, ts: Ints, benchmark: Floats | None, periods: float, risk_free: float) -> None:
    if equity.ndim != 1 or equity.shape != ts.shape or (benchmark is not None and benchmark.shape != equity.shape):
        raise DataError("equity, times and benchmark must be one-dimensional and of one length")
    if not np.isfinite(equity).all():
        raise DataError("the equity curve has a value that is not finite")
    if not (periods > 0.0 and math.isfinite(periods)):
        raise DataError(f"periods_per_year must be positive, not {periods}")
    if not (risk_free > -1.0 and math.isfinite(risk_free)):
        raise DataError(f"risk_free must be above -1, not {risk_free}")


def _ratio(over: float, under: float) -> float:
    return over / under if under != 0.0 and math.isfinite(under) else NAN


def _power(base: float, exponent: float) -> float:
    """A few lucky bars to the power of a whole year may be beyond any float: that is no forecast, so NaN."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return NAN


def _growth(curve: _Curve, sessions: Ints | None) -> _Values:
    first, last = float(curve.equity[0]), float(curve.equity[-1])
    years = len(curve.returns) / curve.periods
    rows = session_rows(curve.ts, sessions)
    # the first level opens the first session; a level below zero can only be the last one here
    days = returns_nb(np.concatenate((curve.equity[:1], curve.equity[rows])))
    if rows[0] == 0:
        days = days[1:]
    return {
        "cagr": _power(last / first, 1.0 / years) - 1.0 if last > 0.0 else -1.0,
        "best_day": float(days.max()) if len(days) else NAN,
        "worst_day": float(days.min()) if len(days) else NAN,
        "winning_days": _ratio(float(np.count_nonzero(days > 0.0)), float(len(days))),
    }


def _risk(curve: _Curve) -> _Values:
    count, year = len(curve.returns), math.sqrt(curve.periods)
    mean, deviation = mean_nb(curve.excess), deviation_nb(curve.excess)
    gains, losses, squares = partial_nb(curve.excess, 0.0)
    sharpe = _ratio(mean, deviation)
    return {
        "volatility": deviation_nb(curve.returns) * year,
        "sharpe": sharpe * year,
        "sortino": _ratio(mean, math.sqrt(squares / count)) * year,
        "omega": _ratio(gains, losses),
        "probabilistic_sharpe": _probabilistic_sharpe(curve.excess, sharpe),
    }


def _probabilistic_sharpe(excess: Floats, sharpe: float) -> float:
    """Chance that the true Sharpe ratio is above zero, given skew and kurtosis (Bailey and Lopez de Prado, 2012)."""
    count = len(excess)
    if math.isnan(sharpe):
        return NAN
    _, m2, m3, m4 = moments_nb(excess)
    variance = m2 / count
    skew = m3 / count / (variance * math.sqrt(variance))
    kurtosis = m4 / count / (variance * variance)
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe
    if spread <= ZERO_SPREAD:  # never below zero; zero for some two-valued returns
        return NAN
    return 0.5 * math.erfc(-sharpe * math.sqrt(count - 1) / math.sqrt(spread) / math.sqrt(2.0))


def _distribution(curve: _Curve) -> _Values:
    n = len(curve.returns)
    ascending = np.sort(curve.returns)
    low, high = quantile_nb(ascending, 0.05), quantile_nb(ascending, 0.95)
    _, m2, m3, m4 = moments_nb(curve.returns)
    skew = kurtosis = NAN
    if m2 > 0.0 and n > 2:
        variance = m2 / n
        skew = m3 / n / (variance * math.sqrt(variance)) * math.sqrt(n * (n - 1)) / (n - 2)
    if m2 > 0.0 and n > 3:
        excess = n * m4 / (m2 * m2) - 3.0
        kurtosis = ((n + 1) * excess + 6.0) * (n - 1) / ((n - 2) * (n - 3))
    return {
        "value_at_risk": low,
        "expected_shortfall": mean_up_to_nb(ascending, low),
        "tail_ratio": _ratio(abs(high), abs(low)),
        "skew": skew,
        "kurtosis": kurtosis,
    }


def _drawdown(curve: _Curve, values: _Values) -> _Values:
    count = len(curve.equity)
    depth = np.zeros(count)
    episodes = np.zeros(count // 2 + 1, DRAWDOWN_DTYPE)
    episodes = episodes[: drawdowns_nb(curve.equity, depth, episodes)]
    if not len(episodes):
        water: _Values = {"max_drawdown": 0.0, "max_drawdown_bars": 0.0, "max_drawdown_days": 0.0}
        return {**water, "time_under_water": 0.0, "ulcer_index": 0.0}
    ends = np.where(episodes["end_row"] < 0, count - 1, episodes["end_row"])
    worst = episodes[int(np.argmin(episodes["depth"]))]
    deepest = float(worst["depth"])
    _, _, squares = partial_nb(depth, 0.0)
    return {
        "max_drawdown": deepest,
        "max_drawdown_bars": float((ends - episodes["peak_row"]).max()),
        "max_drawdown_days": float((curve.ts[ends] - curve.ts[episodes["peak_row"]]).max()) / DAY,
        "recovery_bars": float(worst["end_row"] - worst["trough_row"]) if worst["end_row"] >= 0 else NAN,
        "time_under_water": np.count_nonzero(depth < 0.0) / count,
        "ulcer_index": math.sqrt(squares / count),
        "calmar": values["cagr"] / -deepest,
        "recovery_factor": values["total_return"] / -deepest,
    }


def _activity(curve: _Curve, more: Activity, warm_up_rows: int) -> _Values:
    mean = mean_nb(curve.equity)
    result = {"turnover": _ratio(more.traded, mean) * curve.periods / len(curve.returns)}
    if more.gross is not None:
        gross = np.ascontiguousarray(more.gross[warm_up_rows:], np.float64)
        result["exposure_time"] = np.count_nonzero(gross > 0.0) / len(gross)
        if curve.equity[-1] > 0.0:
            result["exposure_gross"] = mean_nb(gross / curve.equity)
    return result


def _benchmark(curve: _Curve, levels: Floats) -> _Values:
    known = np.isfinite(levels) & (levels > 0.0)
    pairs = known[1:] & known[:-1]
    if not pairs.any():
        return {}
    rows = np.flatnonzero(known)
    own, other = curve.returns[pairs], returns_nb(levels)[pairs]
    excess = own - curve.free
    active = own - other
    spread, own_spread = moments_nb(other)[1], moments_nb(own)[1]
    together = comoment_nb(own, other)
    year = math.sqrt(curve.periods)
    beta = _ratio(together, spread)
    error = deviation_nb(active)
    return {
        "benchmark_return": float(levels[rows[-1]] / levels[rows[0]]) - 1.0,
        "beta": beta,
        "alpha": (mean_nb(excess) - beta * (mean_nb(other) - curve.free)) * curve.periods,
        "correlation": _ratio(together, math.sqrt(own_spread) * math.sqrt(spread)),
        "tracking_error": error * year,
        "information_ratio": _ratio(mean_nb(active), error) * year,
        "treynor": _ratio(mean_nb(excess) * curve.periods, beta),
    }


def _costs(trades: Trades) -> _Values:
    return {name: float(sum_nb(trades.money(name))) for name in ("fees", "slippage", "dividends")}


def _trades(trades: Trades) -> _Values:
    closed = trades.closed
    rows, net = trades.records[closed], trades.money("net")[closed]
    count = len(net)
    result: _Values = {"trades": float(count), "open_trades": float(len(trades) - count)}
    if count == 0:
        return result
    wins, losses = net[net > 0.0], net[net < 0.0]
    win, loss = mean_nb(wins), mean_nb(losses)
    rate = len(wins) / count
    payoff = _ratio(win, -loss)
    by_exit = np.argsort(rows["exit_ts"], kind="stable")
    up, down = streaks_nb(np.sign(rows["net"][by_exit]))
    returns, mae, mfe = trades.returns()[closed], rows["mae"], rows["mfe"]
    result |= {
        "win_rate": rate,
        "profit_factor": _ratio(sum_nb(wins), -sum_nb(losses)),
        "expectancy": mean_nb(net),
        "average_trade": mean_nb(returns),
        "payoff_ratio": payoff,
        "average_win": win,
        "average_loss": loss,
        "best_trade": float(net.max()),
        "worst_trade": float(net.min()),
        "longest_wins": float(up),
        "longest_losses": float(down),
        "average_bars": mean_nb(rows["bars"].astype(np.float64)),
        "average_days": mean_nb((rows["exit_ts"] - rows["entry_ts"]).astype(np.float64)) / DAY,
        "sqn": _ratio(math.sqrt(count) * mean_nb(net), deviation_nb(net)),
        "kelly_fraction": rate - (1.0 - rate) / payoff if payoff > 0.0 else NAN,
        "average_mae": mean_nb(np.ascontiguousarray(mae)),
        "average_mfe": mean_nb(np.ascontiguousarray(mfe)),
    }
    return result
