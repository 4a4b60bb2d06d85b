"""Composite features on histories small enough to check by eye, and a probability that comes true."""

import numpy as np
import polars as pl
import pytest

from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar, ta

NAN = np.nan


def block_of(close, open_=None, session=None, volume=None, spread=0.0) -> FeatureBlock:
    close = np.array(close, np.float64)[:, None]
    open_ = close if open_ is None else np.array(open_, np.float64)[:, None]
    high, low = np.maximum(open_, close) + spread, np.minimum(open_, close) - spread
    volume = np.ones_like(close) if volume is None else np.array(volume, np.float64)[:, None]
    rows = len(close)
    session = np.zeros((rows, 1), np.int64) if session is None else np.array(session, np.int64)[:, None]
    ts = np.arange(1, rows + 1, dtype=np.int64)
    return FeatureBlock(ts, FloatBars(open_, high, low, close, volume), session >= 0, session)


def values(nodes, block: FeatureBlock) -> list[np.ndarray]:
    nodes = tuple(nodes)
    evaluator = Evaluator(nodes, 1, block=len(block.ts))
    evaluator.push(block)
    return [evaluator.value(node)[:, 0].copy() for node in nodes]


def test_a_straight_line_is_efficient_and_a_still_one_is_not():
    line, still = block_of(np.arange(10.0)), block_of(np.full(10, 3.0))
    saw = block_of([1, 2, 1, 2, 1, 2, 1, 2, 1, 2])
    node = ta.efficiency_ratio(bar.close, 4)
    assert values([node], line)[0][4:].tolist() == [1.0] * 6
    assert values([node], still)[0][4:].tolist() == [0.0] * 6
    assert values([node], saw)[0][4:].tolist() == [0.0] * 6


def test_a_rise_trends_a_saw_ranges_and_a_jump_breaks_out():
    score, regime, confidence, direction = ta.market_structure_index(bar, 5, 7, 1.2)
    nodes = (score, regime, confidence, direction)
    rise = [v[-1] for v in values(nodes, block_of(100 * 1.01 ** np.arange(80), spread=0.1))]
    assert rise == pytest.approx([100, 1, 1, 1])
    saw = block_of(100 + np.tile([0.0, 1.0, 0.0, -1.0], 30), spread=0.5)
    last = [v[-1] for v in values(nodes, saw)]
    assert last[1] == 0 and last[0] < 50
    jump = block_of([*(100 + np.tile([0.0, 0.1, 0.0, -0.1], 30)), 101.0], spread=0.05)
    last = [v[-1] for v in values(nodes, jump)]
    assert last[1] == 2 and last[2] == 1 and last[3] == 1


def test_oscillators_agree_on_a_curve_and_not_on_noise():
    up = 100 + np.arange(80.0) ** 2 / 100
    alignment, strength, direction = (v[-1] for v in values(ta.momentum_convergence(bar, 10), block_of(up)))
    assert (alignment, strength, direction) == (1.0, 2.0, 1.0)
    turned = np.concatenate((up, up[-1] - np.arange(1, 15) ** 2))
    alignment, strength, direction = (v[-1] for v in values(ta.momentum_convergence(bar, 10), block_of(turned)))
    assert (alignment, strength, direction) == (1.0, 2.0, -1.0)
    still = (v[-1] for v in values(ta.momentum_convergence(bar, 10), block_of(np.full(80, 7.0))))
    assert tuple(still) == (0.0, 0.0, 0.0)


def test_an_exit_is_told_when_its_horizon_has_passed():
    close = [5, 5, 7, 3, 5, 5, 5, 5, 2]
    node = ta.range_exit(bar.close, 0 * bar.close + 6, 0 * bar.close + 4, 3)
    # from bar 0: 5, 7, 3: above on the second; from bar 1: 7; from bar 2: 3; from bar 5: 2 on the third
    np.testing.assert_array_equal(values([node], block_of(close))[0], [NAN, NAN, NAN, 2, 1, -1, 0, 0, -3])


def test_frequencies_count_the_bars_of_the_same_bucket():
    # the close carries the bucket, the volume the outcome of the bar two before
    bucket = [0, 1, 0, 1, 0, 1, 0, 1]
    outcome = [NAN, NAN, 1, 0, 0, -2, 1, 0]
    past = ta.exit_frequency(bar.close, bar.volume, 2, 4)
    share, up, bars, samples = values(past, block_of(bucket, volume=outcome))
    # bar 7, bucket 1: outcomes of bars 3 and 5 are in the last four (bars 4..7): -2 and 0
    np.testing.assert_array_equal(samples, [0, 0, 1, 1, 2, 2, 2, 2])
    np.testing.assert_array_equal(share, [NAN, NAN, 1, 0, 0.5, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(up, [NAN, NAN, 1, NAN, 1, 0, 1, 0])
    np.testing.assert_array_equal(bars, [NAN, NAN, 1, NAN, 1, 2, 1, 2])


def wild(rows: int, seed: int):
    """A walk whose volatility comes in spells, so that the width of a range says something of what follows."""
    rng = np.random.default_rng(seed)
    spell = np.exp(np.cumsum(rng.standard_normal(rows) * 0.15) * 0.3)
    spell = np.clip(spell / np.median(spell), 0.2, 5.0)
    return 100 * np.exp(np.cumsum(rng.standard_normal(rows) * 0.002 * spell))


def test_the_breakout_probability_comes_true():
    block = block_of(wild(12_000, 3), spread=0.02)
    horizon = 10
    node = ta.volatility_breakout(bar, 20, horizon, 100, 10_000, 0.6)
    outcome = ta.range_exit(bar.close, ta.highest(bar.high, 20), ta.lowest(bar.low, 20), horizon)
    found = values([*node, outcome], block)
    probability, direction, expected, samples, mean_forecast, realised = found[:6]
    said, happened = probability[:-horizon], (found[6][horizon:] != 0).astype(np.float64)
    known = ~np.isnan(said)
    # the two means that it tells are those that an outsider counts
    assert mean_forecast[-1] == pytest.approx(said[known].mean())
    assert realised[-1] == pytest.approx(happened[known].mean())
    assert abs(mean_forecast[-1] - realised[-1]) < 0.02
    # and it holds for high and for low forecasts, not only on average
    seldom, often = known & (said < 0.7), known & (said >= 0.7)
    for part in (seldom, often):
        assert part.sum() > 4000 and abs(said[part].mean() - happened[part].mean()) < 0.03
    assert happened[often].mean() > happened[seldom].mean() + 0.05
    assert np.nanmin(samples[known.nonzero()[0]]) >= 20
    assert np.nanmin(expected) >= 1 and np.nanmax(expected) <= horizon
    assert set(np.unique(direction[~np.isnan(direction)])) <= {-1.0, 0.0, 1.0}


def test_forecasts_use_no_outcome_before_its_time():
    close = wild(700, 5)
    horizon, cut = 10, 500
    other = close.copy()
    other[cut:] *= 1.5  # every range around the cut is left upward
    node = ta.volatility_breakout(bar, 20, horizon, 60, 300, 0.6)
    before, after = values(node, block_of(close)), values(node, block_of(other))
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a[:cut], b[:cut])
    # bar cut - 1 is among the samples only when its horizon has passed
    assert before[4][cut - 1] == after[4][cut - 1] and before[5][cut + horizon] < after[5][cut + horizon]


def test_a_market_that_always_breaks_up_is_known_for_it():
    rise = block_of(100 * 1.001 ** np.arange(400))
    probability, direction, expected, _, said, realised = (
        v[-1] for v in values(ta.volatility_breakout(bar, 5, 4, 30, 100, 0.6), rise)
    )
    assert (probability, direction, expected, said, realised) == (1, 1, 1, 1, 1)


def test_smart_money_index_of_three_days():
    # four bars a day, intervals of two: the first day is not counted, its opening may be missing
    close = [10, 10, 10, 10, 11, 12, 12, 15, 15, 14, 14, 13, 20, 20, 20, 20]
    open_ = [10, 10, 10, 10, 10, 11, 12, 12, 16, 15, 14, 14, 13, 20, 20, 20]
    session = np.repeat([1, 2, 3, 4], 4)
    volume = np.arange(16.0)
    index, flow, confidence, traded = values(
        ta.smart_money_index(bar, 2, 1, "session", 0.6), block_of(close, open_, session, volume)
    )
    # day 2: opens 10, second close 12 (+2 early), 12 to 15 (+3 late); day 3: 16 to 14 (-2), 14 to 13 (-1)
    np.testing.assert_array_equal(index, [NAN] * 8 + [1] * 4 + [2] * 4)
    np.testing.assert_allclose(confidence, [NAN] * 8 + [0.6] * 4 + [2 / 3] * 4)
    np.testing.assert_array_equal(flow, [NAN] * 8 + [1] * 4 + [0] * 4)
    np.testing.assert_array_equal(traded, [NAN] * 8 + [13] * 4 + [21] * 4)


def test_half_days_are_left_out_and_unknown_volume_leaves_the_index_alone():
    close = [10, 10, 10, 10, 12, 15, 16, 11, 12, 13, 15, 20]
    session = [1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4]
    index, _, _, traded = values(
        ta.smart_money_index(bar, 2, 1, "session", 0.6), block_of(close, session=session, volume=[NAN] * 12)
    )
    # day 2 has three bars; day 3: 11 to 12 early, 12 to 15 late
    np.testing.assert_array_equal(index, [NAN] * 11 + [2])
    assert np.isnan(traded).all()


def test_the_daily_form_sets_the_day_against_the_night():
    index, flow, confidence, traded = values(
        ta.smart_money_index(bar, 30, 1, "bar", 0.6), block_of([10, 12, 11], [10, 11, 12], volume=[5, 6, 7])
    )
    np.testing.assert_array_equal(index, [NAN, 0, -1])
    np.testing.assert_array_equal(flow, [NAN, 0, -1])
    np.testing.assert_array_equal(confidence, [NAN, 0.5, 1])
    np.testing.assert_array_equal(traded, [5, 6, 7])


def test_the_breakout_probability_comes_true_on_recorded_days(shared_data):
    days = pl.read_csv(shared_data / "daily/index_sp500_ohlcv_1999_2018.csv.gz")
    columns = (days[name].cast(pl.Float64).to_numpy()[:, None] for name in ("Open", "High", "Low", "Close", "Volume"))
    rows = np.arange(len(days))
    session = rows[:, None].astype(np.int64)
    block = FeatureBlock(rows + 1, FloatBars(*(np.ascontiguousarray(c) for c in columns)), session >= 0, session)
    probability, _, _, _, mean_forecast, realised = values(ta.volatility_breakout(bar), block)
    assert (~np.isnan(probability)).sum() > 4000 and np.nanstd(probability) > 0.05
    assert abs(mean_forecast[-1] - realised[-1]) < 0.02  # 0.691 and 0.683
