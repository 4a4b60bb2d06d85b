"""Derived curves against figures worked out by hand."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.errors import DataError
from consilience.core.time import DAY, parse_time
from consilience.research.report.data import EquityCurve, Metric
from consilience.research.report.series import (
    daily_returns,
    histogram,
    monthly,
    rebase,
    rolling_sharpe,
    sample_at,
    underwater,
    worst_drawdowns,
)
from tests.research.report.sample import START, curve, tiny

values_of = st.lists(st.floats(min_value=1.0, max_value=1e6), min_size=1, max_size=60)


def test_drawdown_by_hand():
    c = curve([1000.0, 1100.0, 990.0, 1210.0, 1089.0, 968.0])
    first, second = worst_drawdowns(c.ts, c.equity)
    assert [first.depth, first.money] == pytest.approx([-0.2, -242.0])
    assert (first.peak_ns, first.trough_ns, first.recovered_ns) == (START + 3 * DAY, START + 5 * DAY, 0)
    assert [second.depth, second.days_down, second.days_total] == pytest.approx([-0.1, 1.0, 2.0])
    assert second.recovered_ns == START + 3 * DAY


@given(values_of)
def test_the_deepest_drawdown_is_the_lowest_point_under_water(values):
    c = curve(values)
    falls = worst_drawdowns(c.ts, c.equity)
    lowest = min(v / max(values[: k + 1]) - 1 for k, v in enumerate(values))
    assert (falls[0].depth if falls else 0.0) == pytest.approx(lowest)
    assert [f.depth for f in falls] == sorted(f.depth for f in falls)


def test_months_and_years_chain():
    run = tiny()
    (row,) = monthly(run.equity.ts, run.equity.equity)
    assert row.year == 2024
    assert list(row.months[:2]) == pytest.approx([0.1, 0.1])
    assert all(math.isnan(m) for m in row.months[2:])
    assert row.total == pytest.approx(0.21)


def test_a_bar_that_closes_at_midnight_belongs_to_the_day_before():
    ts = np.asarray([parse_time("2024-01-31"), parse_time("2024-02-01"), parse_time("2024-02-02")])
    (row,) = monthly(ts, np.asarray([100.0, 110.0, 121.0]))
    assert list(row.months[:2]) == pytest.approx([0.1, 0.1])
    ones = np.ones(3)
    assert len(daily_returns(EquityCurve(ts=ts, equity=ones, cash=ones, gross=ones))) == 2


def test_an_empty_year_between_two_has_no_return_of_its_own():
    ts = np.asarray([parse_time("2020-06-01T20:00"), parse_time("2022-06-01T20:00")])
    rows = monthly(ts, np.asarray([100.0, 150.0]))
    assert [r.year for r in rows] == [2020, 2021, 2022]
    assert [r.total for r in rows] == pytest.approx([0.0, math.nan, 0.5], nan_ok=True)


def test_daily_takes_the_last_bar_of_each_day():
    c = curve([1.0, 2.0, 3.0], step=DAY // 2)
    assert daily_returns(c).tolist() == [2.0]


def test_days_are_the_sessions_where_they_are_told():
    c = curve([1.0, 2.0, 3.0, 6.0], step=DAY // 2)
    assert daily_returns(msgspec.structs.replace(c, sessions=np.asarray([7, 7, 7, 8]))).tolist() == [1.0]


def test_rolling_sharpe_by_hand():
    steps = [0.01, -0.005] * 40
    c = curve([100.0 * math.prod(1 + s for s in steps[:k]) for k in range(len(steps) + 1)])
    rolling = rolling_sharpe(c, c.equity, risk_free=0.0, days_per_year=252.0)
    assert rolling.window == 21
    window = steps[:21]
    mean = sum(window) / 21
    spread = math.sqrt(sum((s - mean) ** 2 for s in window) / 20)
    assert rolling.values[0] == pytest.approx(mean / spread * math.sqrt(252))
    assert len(rolling.values) == len(rolling.ts) == 80 - 21 + 1


def test_rolling_sharpe_of_a_flat_account_is_not_a_number():
    c = curve([100.0] * 300)
    assert np.isnan(rolling_sharpe(c, c.equity, 0.0, 252.0).values).all()
    short = curve([100.0] * 5)
    assert rolling_sharpe(short, short.equity, 0.0, 252.0).window == 0


@given(st.lists(st.floats(min_value=-0.9, max_value=5.0), min_size=1, max_size=200))
def test_histogram_counts_everything_and_keeps_signs_apart(values):
    h = histogram(np.asarray(values))
    assert h.counts.sum() == len(values)
    assert len(h.edges) == len(h.counts) + 1 <= 62
    below = sum(1 for v in values if v < 0)
    assert h.counts[h.edges[:-1] < -1e-12].sum() == below


def test_rebase_and_sampling_start_where_the_source_does():
    ts = np.arange(4, dtype=np.int64)
    got = sample_at(ts, np.asarray([1, 3]), np.asarray([5.0, 10.0]))
    assert math.isnan(got[0])
    assert rebase(got, 100.0)[1:].tolist() == [100.0, 100.0, 200.0]
    assert np.isnan(rebase(np.zeros(2), 1.0)).all()


def test_under_water_of_a_lost_account_stays_defined():
    assert underwater(np.asarray([10.0, 0.0, -5.0])).tolist() == [0.0, -1.0, -1.5]
    assert np.isnan(underwater(np.asarray([-1.0, -2.0]))).all()


def test_input_that_does_not_fit_together_is_refused():
    one, two = np.asarray([1.0]), np.asarray([1, 2])
    with pytest.raises(DataError, match="cash has 1 values for 2 times"):
        EquityCurve(ts=two, equity=np.ones(2), cash=one, gross=np.ones(2))
    with pytest.raises(DataError, match="ascend"):
        EquityCurve(ts=two[::-1], equity=np.ones(2), cash=np.ones(2), gross=np.ones(2))
    with pytest.raises(DataError, match="unit 'parsec'"):
        Metric(key="x", group="g", name="x", value=1.0, unit="parsec")
