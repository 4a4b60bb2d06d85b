"""Metrics by hand: what a trader can check on paper, and what is undefined."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from consilience.core.errors import DataError
from consilience.portfolio.metric_table import METRICS
from consilience.portfolio.metrics import Activity, Performance, performance, traded_value
from tests.portfolio.helpers import DAY, days, levels_of, trades_of
from tests.portfolio.toy import dollars


def judge(equity: list[float], **more: Any) -> Performance:
    levels = np.array(equity, np.float64)
    return performance(levels, days(len(levels)), periods_per_year=more.pop("year", 252.0), **more)


def nans(result: Performance) -> set[str]:
    return {name for name, value in result.values.items() if math.isnan(value)}


GROUPS = {group: {m.name for m in METRICS if m.group == group} for group in dict.fromkeys(m.group for m in METRICS)}


def test_the_table_is_whole() -> None:
    assert len(METRICS) == len({m.name for m in METRICS}) == sum(len(g) for g in GROUPS.values())
    assert {m.better for m in METRICS} == {"higher", "lower", "none"}
    assert {m.unit for m in METRICS} == {"fraction", "ratio", "bars", "days", "count", "base"}
    assert all(m.label and m.formula and m.source for m in METRICS)
    rows = list(judge([100.0, 110.0, 99.0]).rows())
    assert [m.name for m, _ in rows] == [m.name for m in METRICS]
    assert {type(value) for _, value in rows} == {float}


def test_a_rise_a_fall_and_a_recovery() -> None:
    result = judge([100, 120, 90, 108, 120, 132, 99])
    assert result["total_return"] == pytest.approx(-0.01)
    assert result["net_profit"] == -1.0
    assert result["cagr"] == pytest.approx(0.99**42 - 1)
    assert result["max_drawdown"] == -0.25  # twice; the first one counts for its recovery
    assert (result["max_drawdown_bars"], result["max_drawdown_days"], result["recovery_bars"]) == (3, 3, 2)
    assert result["time_under_water"] == pytest.approx(3 / 7)
    assert result["ulcer_index"] == pytest.approx(math.sqrt((0.25**2 + 0.1**2 + 0.25**2) / 7))
    assert result["calmar"] == pytest.approx(result["cagr"] / 0.25)
    assert result["recovery_factor"] == pytest.approx(-0.04)
    assert [result["best_day"], result["worst_day"]] == pytest.approx([0.2, -0.25])
    assert result["winning_days"] == pytest.approx(4 / 6)


def test_a_fall_without_end_has_no_recovery() -> None:
    result = judge([100, 90, 80, 85])
    assert result["max_drawdown"] == pytest.approx(-0.2)
    assert result["max_drawdown_bars"] == 3
    assert math.isnan(result["recovery_bars"])


def test_a_curve_that_only_rises() -> None:
    result = judge([100, 101, 103, 104])
    assert (result["max_drawdown"], result["time_under_water"], result["ulcer_index"]) == (0.0, 0.0, 0.0)
    assert nans(result) >= {"calmar", "recovery_factor", "sortino", "omega", "recovery_bars"}


@pytest.mark.parametrize("step", [0.0, 0.001, -0.02])
def test_a_curve_without_spread_has_no_ratio(step: float) -> None:
    result = performance(levels_of([step] * 50), days(51), periods_per_year=252.0, benchmark=levels_of([0.001] * 50))
    assert result["volatility"] == 0.0
    assert nans(result) >= {"sharpe", "probabilistic_sharpe", "skew", "kurtosis", "beta", "alpha", "correlation"}
    assert nans(result) >= {"treynor", "information_ratio"}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_short_curves_are_undefined_and_never_infinite(count: int) -> None:
    equity = np.array([100.0, 105.0, 101.0, 109.0])[:count]
    result = performance(equity, days(count), periods_per_year=252.0, benchmark=equity, activity=Activity(equity, 5.0))
    assert not any(math.isinf(v) for v in result.values.values())
    returned = set().union(*(GROUPS[g] for g in ("risk", "drawdown", "benchmark"))) | {"cagr", "best_day"}
    if count < 2:
        assert nans(result) >= returned
    if count < 3:
        assert nans(result) >= {"volatility", "sharpe", "skew"}
    assert math.isnan(result["kurtosis"]) or count > 4
    assert math.isnan(result["skew"]) == (count < 4)


def test_growth_beyond_any_float_is_no_forecast() -> None:
    assert math.isnan(judge([100.0, 900.0], year=98_280.0)["cagr"])


def test_ruin() -> None:
    result = judge([100, 50, -10], activity=Activity(gross=np.ones(3)))
    assert result["total_return"] == pytest.approx(-1.1)
    assert [result["cagr"], result["max_drawdown"]] == pytest.approx([-1.0, -1.1])
    assert math.isnan(result["exposure_gross"])
    later = judge([100, 0, 10])
    assert later["total_return"] == pytest.approx(-0.9)
    assert nans(later) >= GROUPS["risk"] | GROUPS["drawdown"] | {"cagr"}
    assert math.isnan(judge([0, 10])["total_return"])


def test_the_probabilistic_sharpe_may_have_no_spread() -> None:
    # one return of m + 4d and four of m - d have skew 1.5, kurtosis 3.25; with s = 4/3 the spread is 1 - 2 + 1
    d = 0.01
    m = 4 * math.sqrt(5) / 3 * d
    result = judge(levels_of([m + 4 * d, m - d, m - d, m - d, m - d]).tolist())
    assert result["sharpe"] == pytest.approx(4 / 3 * math.sqrt(252))
    assert math.isnan(result["probabilistic_sharpe"])
    assert judge([100, 110, 115])["probabilistic_sharpe"] > 0.9


def test_warm_up_rows_are_not_judged() -> None:
    whole = [50.0, 500.0, 100.0, 120.0, 90.0]
    late = performance(np.array(whole), days(5), periods_per_year=252.0, warm_up_rows=2, benchmark=np.array(whole))
    assert late["total_return"] == pytest.approx(-0.1)
    assert late["max_drawdown"] == pytest.approx(-0.25)
    assert late["benchmark_return"] == pytest.approx(-0.1)


def test_exposure_and_turnover() -> None:
    gross = np.array([0.0, 50.0, 0.0, 110.0])
    result = judge([100, 100, 100, 110], activity=Activity(gross, traded=205.0))
    assert (result["exposure_time"], result["exposure_gross"]) == (0.5, 0.375)
    assert result["turnover"] == pytest.approx(205 / 102.5 * 252 / 3)


def test_days_are_sessions() -> None:
    ts = (np.arange(6, dtype=np.int64) + 1) * (DAY // 2)  # two bars a day, the second one at midnight
    equity = np.array([100.0, 102.0, 90.0, 51.0, 60.0, 102.0])
    by_day = performance(equity, ts, periods_per_year=504.0)
    assert [by_day["best_day"], by_day["worst_day"]] == pytest.approx([1.0, -0.5])
    sessions = np.array([1, 2, 2, 2, 3, 3], np.int64)  # the first row is a session by itself: no return
    given = performance(equity, ts, periods_per_year=504.0, activity=Activity(sessions=sessions))
    assert [given["best_day"], given["worst_day"]] == pytest.approx([1.0, -0.49])
    alone = performance(equity[:2], ts[:2], periods_per_year=504.0, activity=Activity(sessions=np.array([1, 1])))
    assert alone["best_day"] == pytest.approx(0.02)


def test_a_benchmark_with_holes_is_compared_where_it_is_known() -> None:
    equity = [100.0, 102.0, 101.0, 105.0, 104.0, 108.0]
    other = np.array([math.nan, 50.0, 50.5, math.nan, 51.0, 52.0])
    result = judge(equity, benchmark=other)
    own, theirs = [101 / 102 - 1, 108 / 104 - 1], [50.5 / 50 - 1, 52 / 51 - 1]
    assert result["beta"] == pytest.approx((own[1] - own[0]) / (theirs[1] - theirs[0]))
    assert result["correlation"] == pytest.approx(1.0)
    assert result["benchmark_return"] == pytest.approx(0.04)
    assert nans(judge(equity, benchmark=np.full(6, math.nan))) >= GROUPS["benchmark"]


# net cents, invested cents, bars, mae, mfe
TRADES = [
    (10_000, 100_000, 4, -0.02, 0.15),
    (5_000, 100_000, 2, -0.01, 0.08),
    (-4_000, 50_000, 6, -0.1, 0.01),
    (0, 50_000, 1, 0.0, 0.0),
    (-2_000, 50_000, 3, -0.05, 0.02),
    (-1_000, 50_000, 2, -0.03, 0.02),
    (4_000, 100_000, 3, -0.02, 0.06),
]


def test_trades_by_hand() -> None:
    names = ("net", "invested", "bars", "mae", "mfe")
    rows = [dict(zip(names, row, strict=True)) | {"fees": 100, "slippage": 50, "dividends": 5} for row in TRADES]
    rows.append({"net": 999, "still_open": 1, "fees": 100})
    result = judge([100.0, 101.0], trades=trades_of(rows))
    expected = {
        "trades": 7,
        "open_trades": 1,
        "win_rate": 3 / 7,
        "profit_factor": 190 / 70,
        "expectancy": 120 / 7,
        "average_trade": (0.1 + 0.05 - 0.08 + 0 - 0.04 - 0.02 + 0.04) / 7,
        "average_win": 190 / 3,
        "average_loss": -70 / 3,
        "payoff_ratio": 190 / 70,
        "best_trade": 100,
        "worst_trade": -40,
        "longest_wins": 2,
        "longest_losses": 2,
        "average_bars": 3,
        "average_days": 4,
        "kelly_fraction": 3 / 7 - 4 / 7 / (190 / 70),
        "average_mae": -0.23 / 7,
        "average_mfe": 0.34 / 7,
        "fees": 8.0,
        "slippage": 3.5,
        "dividends": 0.35,
    }
    for name, value in expected.items():
        assert result[name] == pytest.approx(value), name
    net = np.array([r[0] for r in TRADES]) / 100
    assert result["sqn"] == pytest.approx(math.sqrt(7) * net.mean() / net.std(ddof=1))


def test_only_wins_leave_ratios_undefined() -> None:
    result = judge([100.0, 101.0], trades=trades_of([{"net": 5, "invested": 10}]))
    assert (result["win_rate"], result["longest_wins"], result["longest_losses"]) == (1.0, 1, 0)
    assert nans(result) >= {"profit_factor", "payoff_ratio", "average_loss", "sqn", "kelly_fraction"}


def test_no_trades() -> None:
    result = judge([100.0, 101.0], trades=trades_of([]))
    assert (result["trades"], result["open_trades"], result["fees"]) == (0, 0, 0)
    assert nans(result) >= GROUPS["trades"] - {"trades", "open_trades"}


def test_traded_value_is_that_of_the_fills_before_fees() -> None:
    venue = dollars(3)
    venue.fill(0, 0, 1, 10, 100, fee=7)
    venue.dividend(1, 0, 3)
    venue.fill(2, 0, -1, 10, 90, fee=7)
    assert traded_value(venue.fill_records(), 2) == 19.0


BAD = [
    ({"equity": np.array([1.0, math.nan]), "ts": days(2)}, "not finite"),
    ({"equity": np.ones(3), "ts": days(2)}, "one length"),
    ({"equity": np.ones(2), "ts": days(2), "benchmark": np.ones(3)}, "one length"),
    ({"equity": np.ones(2), "ts": days(2), "periods_per_year": 0.0}, "periods_per_year must be positive"),
    ({"equity": np.ones(2), "ts": days(2), "risk_free": -1.0}, "risk_free must be above -1"),
]


@pytest.mark.parametrize(("given", "text"), BAD, ids=[text for _, text in BAD])
def test_input_that_makes_no_sense_is_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError, match=text):
        performance(**({"periods_per_year": 252.0} | given))
