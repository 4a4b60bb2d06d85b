"""The metrics by name: unit, direction, formula, source. Reports, pages and the CLI loop over this table.

r are simple returns of the equity, one a bar after the warm-up; f = (1 + risk_free)**(1/P) - 1 the risk-free return
of a bar; P = periods_per_year; mean and std over bars (std with n - 1); E the equity; q5 the 5 % quantile of r,
linear. Trade metrics take closed trades and net profit (after fees); a win is above zero, a loss below.
Undefined is NaN, never infinite: too few values, no spread, nothing lost, a level at or below zero.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """One metric. unit: fraction, ratio, bars, days, count or base (currency). better: higher, lower or none."""

    group: str
    name: str
    label: str
    unit: str
    better: str
    formula: str
    source: str


_SHARPE = "Sharpe, The Sharpe Ratio, Journal of Portfolio Management, 1994"
_SORTINO = "Sortino and Price, Performance Measurement in a Downside Risk Framework, 1994"
_BAILEY = "Bailey and Lopez de Prado, The Sharpe Ratio Efficient Frontier, 2012"
_MARTIN = "Martin and McCann, The Investor's Guide to Fidelity Funds, 1989"
_BACON = "Bacon, Practical Portfolio Performance Measurement and Attribution, 2008"
_TOMASINI = "Tomasini and Jaekle, Trading Systems, 2009"
_HOUSE = "house definition"

_ROWS: dict[str, tuple[tuple[str, ...], ...]] = {
    "growth": (
        ("total_return", "Total return", "fraction", "higher", "E[last] / E[first] - 1", _BACON),
        ("cagr", "Annual growth (CAGR)", "fraction", "higher", "(E[last] / E[first])**(P / n) - 1; -1 at ruin", _BACON),
        ("net_profit", "Net profit", "base", "higher", "E[last] - E[first]", _HOUSE),
        ("best_day", "Best day", "fraction", "higher", "largest return of a session", _HOUSE),
        ("worst_day", "Worst day", "fraction", "higher", "smallest return of a session", _HOUSE),
        ("winning_days", "Winning days", "fraction", "higher", "sessions with r > 0 / sessions", _HOUSE),
    ),
    "risk": (
        ("volatility", "Volatility", "fraction", "lower", "std(r) sqrt(P)", _BACON),
        ("sharpe", "Sharpe ratio", "ratio", "higher", "mean(r - f) / std(r - f) sqrt(P)", _SHARPE),
        ("sortino", "Sortino ratio", "ratio", "higher", "mean(r - f) / sqrt(mean(min(r - f, 0)**2)) sqrt(P)", _SORTINO),
        ("calmar", "Calmar ratio", "ratio", "higher", "cagr / |max_drawdown|", "Young, Futures Magazine, 1991"),
        (
            "omega", "Omega ratio", "ratio", "higher", "sum(max(r - f, 0)) / sum(max(f - r, 0))",
            "Keating and Shadwick, A Universal Performance Measure, 2002",
        ),
        (
            "probabilistic_sharpe", "Probabilistic Sharpe ratio", "fraction", "higher",
            "Phi(s sqrt(n - 1) / sqrt(1 - g3 s + (g4 - 1) / 4 s**2)), s = mean/std of r - f, g3, g4 population moments",
            _BAILEY,
        ),
        (
            "value_at_risk", "Value at risk, 95 %", "fraction", "higher", "q5, of one bar, historical",
            "Jorion, Value at Risk, 2006",
        ),
        (
            "expected_shortfall", "Expected shortfall, 95 %", "fraction", "higher", "mean of r <= q5",
            "Acerbi and Tasche, On the coherence of expected shortfall, 2002",
        ),
        ("tail_ratio", "Tail ratio", "ratio", "higher", "|q95| / |q5|", "empyrical"),
        ("skew", "Skew", "ratio", "higher", "sample skewness G1 of r", "Joanes and Gill, The Statistician, 1998"),
        ("kurtosis", "Excess kurtosis", "ratio", "lower", "sample excess kurtosis G2 of r", "Joanes and Gill, 1998"),
    ),
    "drawdown": (
        ("max_drawdown", "Deepest drawdown", "fraction", "higher", "min(E / running max(E) - 1)", _BACON),
        ("max_drawdown_bars", "Longest drawdown", "bars", "lower", "most bars from peak to recovery or end", _HOUSE),
        ("max_drawdown_days", "Longest drawdown, days", "days", "lower", "most days from a peak back to it", _HOUSE),
        ("recovery_bars", "Recovery of the deepest", "bars", "lower", "bars from its trough back to the peak", _HOUSE),
        ("time_under_water", "Time under water", "fraction", "lower", "bars below the running peak / bars", _HOUSE),
        ("ulcer_index", "Ulcer index", "fraction", "lower", "sqrt(mean(drawdown**2))", _MARTIN),
        ("recovery_factor", "Recovery factor", "ratio", "higher", "total_return / |max_drawdown|", _TOMASINI),
    ),
    "activity": (
        ("exposure_time", "Time in the market", "fraction", "none", "bars with gross exposure / bars", _HOUSE),
        ("exposure_gross", "Gross exposure", "fraction", "none", "mean(gross / E)", _HOUSE),
        ("turnover", "Turnover a year", "ratio", "lower", "value traded / mean(E) P / n", _BACON),
        ("fees", "Fees", "base", "lower", "sum over trades, open ones too", _HOUSE),
        ("slippage", "Slippage", "base", "lower", "sum over trades, open ones too", _HOUSE),
        ("dividends", "Dividends", "base", "higher", "sum over trades, open ones too", _HOUSE),
    ),
    "benchmark": (
        ("benchmark_return", "Benchmark return", "fraction", "none", "B[last] / B[first] - 1", _BACON),
        ("alpha", "Alpha", "fraction", "higher", "(mean(r - f) - beta mean(b - f)) P", "Jensen, J. of Finance, 1968"),
        ("beta", "Beta", "ratio", "none", "cov(r, b) / var(b)", "Sharpe, Journal of Finance, 1964"),
        ("correlation", "Correlation", "ratio", "none", "cov(r, b) / (std(r) std(b))", _BACON),
        ("tracking_error", "Tracking error", "fraction", "lower", "std(r - b) sqrt(P)", _BACON),
        ("information_ratio", "Information ratio", "ratio", "higher", "mean(r - b) / std(r - b) sqrt(P)", _BACON),
        ("treynor", "Treynor ratio", "ratio", "higher", "mean(r - f) P / beta", "Treynor, HBR, 1965"),
    ),
    "trades": (
        ("trades", "Closed trades", "count", "none", "round trips that ended", _HOUSE),
        ("open_trades", "Open trades", "count", "none", "round trips still open", _HOUSE),
        ("win_rate", "Win rate", "fraction", "higher", "wins / trades", _TOMASINI),
        ("profit_factor", "Profit factor", "ratio", "higher", "sum of wins / |sum of losses|", _TOMASINI),
        ("expectancy", "Expectancy", "base", "higher", "mean net profit", _TOMASINI),
        ("average_trade", "Average trade", "fraction", "higher", "mean of net profit / value of opening fills", _HOUSE),
        ("payoff_ratio", "Payoff ratio", "ratio", "higher", "average_win / |average_loss|", _TOMASINI),
        ("average_win", "Average win", "base", "higher", "mean of wins", _TOMASINI),
        ("average_loss", "Average loss", "base", "higher", "mean of losses", _TOMASINI),
        ("best_trade", "Best trade", "base", "higher", "largest net profit", _HOUSE),
        ("worst_trade", "Worst trade", "base", "higher", "smallest net profit", _HOUSE),
        ("longest_wins", "Longest run of wins", "count", "higher", "wins in a row, by exit", _HOUSE),
        ("longest_losses", "Longest run of losses", "count", "lower", "losses in a row, by exit", _HOUSE),
        ("average_bars", "Average holding", "bars", "none", "mean of exit row - entry row", _HOUSE),
        ("average_days", "Average holding, days", "days", "none", "mean of exit time - entry time", _HOUSE),
        ("sqn", "System quality number", "ratio", "higher", "sqrt(n) mean(net) / std(net)", "Tharp, 2008"),
        (
            "kelly_fraction", "Kelly fraction", "fraction", "higher", "win_rate - (1 - win_rate) / payoff_ratio",
            "Kelly, Bell System Technical Journal, 1956",
        ),
        ("average_mae", "Average adverse excursion", "fraction", "higher", "mean of mae", "Sweeney, 1996"),
        ("average_mfe", "Average favourable excursion", "fraction", "higher", "mean of mfe", "Sweeney, 1996"),
    ),
}  # fmt: skip

METRICS: tuple[Metric, ...] = tuple(Metric(group, *row) for group, rows in _ROWS.items() for row in rows)
