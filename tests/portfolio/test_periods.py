"""Calendar tables, drawdown lists, rolling numbers, and the statistics under them."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.core.errors import DataError
from consilience.core.time import parse_time
from consilience.portfolio.periods import (
    monthly_table,
    rolling_sharpe,
    session_equity,
    session_rows,
    worst_drawdowns,
)
from consilience.portfolio.stats_nb import (
    DRAWDOWN_DTYPE,
    comoment_nb,
    deviation_nb,
    drawdowns_nb,
    mean_nb,
    mean_up_to_nb,
    moments_nb,
    quantile_nb,
    streaks_nb,
    sum_nb,
)
from tests.examples import examples
from tests.portfolio.helpers import DAY, days, levels_of

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


def test_months_chain_to_years() -> None:
    closes = ["2019-11-29T21:00", "2019-12-30T21:00", "2019-12-31T21:00", "2020-01-31T21:00", "2020-03-31T20:00"]
    equity = np.array([100.0, 110.0, 121.0, 60.5, 121.0])
    table = monthly_table(equity, np.array([parse_time(c) for c in closes], np.int64))
    assert table.years == (2019, 2020)
    expected = np.full((2, 12), np.nan)
    expected[0, 10], expected[0, 11], expected[1, 0], expected[1, 2] = 0.0, 0.21, -0.5, 1.0
    np.testing.assert_allclose(table.months, expected)
    np.testing.assert_allclose(table.totals, [0.21, 0.0])


def test_a_close_at_midnight_belongs_to_the_day_before() -> None:
    ts = np.array([parse_time("2020-01-31"), parse_time("2020-02-01"), parse_time("2020-02-02")], np.int64)
    table = monthly_table(np.array([100.0, 110.0, 99.0]), ts)
    np.testing.assert_allclose(table.months[0, :2], [0.1, -0.1])


def test_tables_of_nothing() -> None:
    none, times = np.empty(0), np.empty(0, np.int64)
    assert monthly_table(none, times).years == ()
    assert session_rows(times).tolist() == []
    assert worst_drawdowns(none, times) == ()
    assert rolling_sharpe(none, 5, 252.0).tolist() == []


def test_intraday_equity_by_session() -> None:
    ts = (np.arange(6, dtype=np.int64) + 1) * (DAY // 2)
    equity, times = session_equity(np.arange(6.0), ts)
    assert equity.tolist() == [1.0, 3.0, 5.0]
    assert times.tolist() == [DAY, 2 * DAY, 3 * DAY]
    assert session_rows(ts, np.array([4, 4, 4, 5, 5, 5])).tolist() == [2, 5]


def test_the_worst_drawdowns_come_deepest_first() -> None:
    equity = np.array([100.0, 95.0, 100.0, 120.0, 60.0, 90.0, 130.0, 117.0, 120.0])
    found = worst_drawdowns(equity, days(9))
    assert [(round(d.depth, 9), d.peak_row, d.trough_row, d.end_row, d.recovered) for d in found] == [
        (-0.5, 3, 4, 6, True),
        (-0.1, 6, 7, -1, False),
        (-0.05, 0, 1, 2, True),
    ]
    assert (found[0].peak_ts, found[0].trough_ts, found[0].end_ts) == tuple(days(9)[[3, 4, 6]].tolist())
    assert found[1].end_ts == 0
    assert len(worst_drawdowns(equity, days(9), top=1)) == 1


def test_rolling_sharpe_is_that_of_each_window() -> None:
    returns = [0.01, -0.02, 0.03, 0.0, 0.02, 0.02, 0.02]
    result = rolling_sharpe(levels_of(returns), 3, 252.0)
    assert np.isnan(result[:3]).all()
    for row in range(3, 7):
        window = returns[row - 3 : row]
        assert result[row] == pytest.approx(statistics.mean(window) / statistics.stdev(window) * math.sqrt(252))
    assert math.isnan(result[7])  # no spread
    with pytest.raises(DataError, match="at least 2"):
        rolling_sharpe(levels_of(returns), 1, 252.0)


@settings(max_examples=examples(200))
@given(numbers)
def test_statistics_against_exact_ones(values: list[float]) -> None:
    array = np.array(values)
    assert sum_nb(array) == pytest.approx(math.fsum(values), rel=1e-14, abs=1e-9)
    assert mean_nb(array) == pytest.approx(math.fsum(values) / len(values), rel=1e-14, abs=1e-9)
    if len(values) > 1:
        assert deviation_nb(array) == pytest.approx(statistics.stdev(values), rel=1e-9, abs=1e-6)
        assert comoment_nb(array, array) == pytest.approx(moments_nb(array)[1], rel=1e-9, abs=1e-6)


def test_a_sum_keeps_what_a_plain_loop_loses() -> None:
    assert sum_nb(np.array([1e16, 1.0, -1e16])) == 1.0
    assert sum_nb(np.array([1.0, 1e16, 1.0, -1e16])) == 2.0


@settings(max_examples=examples(200))
@given(numbers, st.floats(0, 1))
def test_quantiles_are_numpys(values: list[float], q: float) -> None:
    array = np.sort(np.array(values))
    assert quantile_nb(array, q) == pytest.approx(float(np.quantile(array, q)), rel=1e-12, abs=1e-9)
    below = [v for v in values if v <= array[0]]
    assert mean_up_to_nb(array, array[0]) == pytest.approx(math.fsum(below) / len(below))


def test_statistics_of_nothing() -> None:
    none = np.empty(0)
    assert sum_nb(none) == 0.0
    assert math.isnan(mean_nb(none))
    assert math.isnan(deviation_nb(none))
    assert math.isnan(quantile_nb(none, 0.5))
    assert streaks_nb(np.empty(0, np.int64)) == (0, 0)


def test_streaks_end_at_zero() -> None:
    assert streaks_nb(np.array([1, 1, 0, 1, -1, -1, -1, 0, -1])) == (2, 3)


@settings(max_examples=examples(200))
@given(st.lists(st.floats(0.5, 1.5), min_size=1, max_size=60))
def test_drawdowns_against_the_definition(steps: list[float]) -> None:
    levels = np.array([math.prod(steps[: i + 1]) for i in range(len(steps))])
    depth, episodes = np.zeros(len(levels)), np.zeros(len(levels) // 2 + 1, DRAWDOWN_DTYPE)
    count = drawdowns_nb(levels, depth, episodes)
    np.testing.assert_array_equal(depth, levels / np.maximum.accumulate(levels) - 1.0)
    under = depth < 0
    starts = int(np.count_nonzero(under[1:] & ~under[:-1])) + int(under[0])
    assert count == starts
    for row in episodes[:count]:
        assert row["depth"] == depth[row["trough_row"]]
        assert row["end_row"] == -1 or depth[row["end_row"]] == 0.0
