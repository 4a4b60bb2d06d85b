"""Swings, levels, Fibonacci ratios and candles on bars small enough to check by eye."""

import numpy as np
import pytest

from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar, ta
from consilience.features.catalog import FEATURES
from tests.features.support import history, run, small_params

NAN = np.nan


def bars(high, low=None, close=None, open_=None) -> FeatureBlock:
    low = [h - 1 for h in high] if low is None else low
    close = [(h + l) / 2 for h, l in zip(high, low, strict=True)] if close is None else close  # noqa: E741
    open_ = close if open_ is None else open_
    columns = [np.array(c, np.float64)[:, None] for c in (open_, high, low, close, [1.0] * len(high))]
    rows = len(high)
    zeros = np.zeros((rows, 1), np.int64)
    return FeatureBlock(np.arange(1, rows + 1, dtype=np.int64), FloatBars(*columns), zeros == 0, zeros)


def values(node, block: FeatureBlock):
    evaluator = Evaluator([node], 1)
    evaluator.push(block)
    return evaluator.value(node)[:, 0].tolist()


def check(node, block: FeatureBlock, want) -> None:
    np.testing.assert_allclose(values(node, block), want, rtol=1e-12, err_msg=repr(node))


def test_a_top_is_known_only_when_its_right_side_is_there():
    high = [1, 2, 5, 3, 4, 1, 6, 2, 3, 9]
    top = ta.pivot_high(bar.high, 2, 2)
    check(top.value, bars(high), [NAN, NAN, NAN, NAN, 5, 5, 5, 5, 6, 6])
    check(top.confirmed, bars(high), [NAN, NAN, NAN, NAN, 1, 0, 0, 0, 1, 0])
    check(top.bars_since, bars(high), [NAN, NAN, NAN, NAN, 2, 3, 4, 5, 2, 3])


def test_a_plateau_is_one_top_or_none():
    high = [1, 2, 5, 5, 3, 1, 1]
    check(ta.pivot_high(bar.high, 2, 2).confirmed, bars(high), [NAN, NAN, NAN, NAN, 1, 0, 0])
    check(ta.pivot_high(bar.high, 2, 2, "none").confirmed, bars(high), [NAN, NAN, NAN, NAN, 0, 0, 0])
    later = [1, 5, 2, 5, 3, 1, 1]  # the second 5 has an equal to its left
    check(ta.pivot_high(bar.high, 2, 2).confirmed, bars(later), [NAN, NAN, NAN, NAN, 0, 0, 0])


def test_one_bar_that_is_top_and_bottom_tells_the_bottom_a_bar_later():
    block = bars([5, 5, 9, 5, 5, 5, 5], [4, 4, 1, 4, 4, 4, 4])
    swing = ta.swing(bar, 2, 2)
    runs = ta.swing_sequence(swing.high, swing.high_confirmed, swing.low, swing.low_confirmed)
    check(swing.low, block, [NAN, NAN, NAN, NAN, 1, 1, 1])
    check(runs.pivot, block, [NAN, NAN, NAN, NAN, 9, 1, NAN])


ZIGZAG = [10, 14, 12, 17, 13, 19, 11, 16, 9, 15, 8, 15, 7, 12]


def test_runs_of_higher_and_lower_swings():
    block = bars(ZIGZAG)
    found = ta.market_structure(bar, 1, 1)
    # tops 14, 17, 19, 16, 15, 15; bottoms (of high - 1) 11, 12, 10, 8, 7, 6
    check(found.higher_highs, block, [NAN, NAN, 0, 0, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0])
    check(found.lower_highs, block, [NAN, NAN, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 0, 0])
    check(found.higher_lows, block, [NAN, NAN, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    check(found.lower_lows, block, [NAN, NAN, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4])
    check(found.trend, block, [NAN, NAN, 0, 0, 0, 1, 1, 0, -1, -1, -1, -1, 0, 0])
    check(found.broken, block, [NAN, NAN, NAN, 1, 0, 1, -1, 0, -1, 0, -1, 0, -1, 0])


def test_close_swings_are_one_level_and_a_broken_resistance_is_a_support():
    high = [10, 20, 10, 20.1, 10.5, 30, 12, 25, 26, 12, 12]
    low = [5, 6, 4, 6, 4.1, 9, 7, 11, 11, 11, 11]
    close = [8, 15, 7, 15, 10.2, 18, 20.07, 24, 20.04, 11.5, 31]
    level = ta.support_resistance(bar, 1, 12, 1.0, "percent")
    block = bars(high, low, close)
    # tops 20, 20.1 and 30; bottoms 4, 4.1 and 7: a reach of 1 % of the close when the last one came
    found = np.array([values(node, block) for node in level]).T
    np.testing.assert_allclose(found[4], [4, 20.05, 1, 2, 0, 1])
    np.testing.assert_allclose(found[6], [20.05, 30, 2, 1, 1, 0])
    np.testing.assert_allclose(found[7], [20.05, 30, 2, 1, 1, 0])
    np.testing.assert_allclose(found[8], [7, 20.05, 1, 2, 0, 1])
    np.testing.assert_allclose(found[10], [30, NAN, 1, NAN, 0, NAN])
    distance = ta.level_distance(bar, 1, 12, 1.0, "percent")
    at = np.array([values(node, block) for node in distance]).T[7]
    np.testing.assert_allclose(at, [100 * 3.95 / 24, 100 * 6 / 24, 3.95 / 9.95])


def test_only_the_last_pivots_count():
    block = bars(ZIGZAG)
    level = ta.support_resistance(bar, 1, 2, 0.0, "percent")
    # at the end the last two swings are the top 15 and the bottom 6
    assert values(level.resistance, block)[-1] == 15
    assert values(level.support, block)[-1] == 6


def test_levels_of_a_rise_and_of_a_fall():
    rise = bars([12, 11, 13, 21, 20, 19, 18], [11, 10, 12, 20, 19, 18, 17])
    found = ta.fibonacci_retracement(bar, 1, 1)
    at = {name: values(node, rise)[4] for name, node in zip(RETRACED, found, strict=True)}
    want = {"start": 10, "end": 21, "direction": 1, "236": 18.404, "382": 16.798, "500": 15.5, "618": 14.202}
    assert at == pytest.approx(want | {"786": 12.354})
    fall = bars([20, 21, 15, 11, 12, 13, 14], [19, 20, 14, 10, 11, 12, 13])
    at = {name: values(node, fall)[4] for name, node in zip(RETRACED, found, strict=True)}
    want = {"start": 21, "end": 10, "direction": -1, "236": 12.596, "382": 14.202, "500": 15.5, "618": 16.798}
    assert at == pytest.approx(want | {"786": 18.646})
    targets = [values(node, rise)[6] for node in ta.fibonacci_extension(bar, 1, 1)]
    assert targets == pytest.approx([10 + 11 * r for r in (1.272, 1.414, 1.618, 2, 2.618)] + [17])
    targets = [values(node, rise)[6] for node in ta.fibonacci_extension(bar, 1, 1, "projection")]
    assert targets == pytest.approx([17 + 11 * r for r in (1.272, 1.414, 1.618, 2, 2.618)] + [17])
    targets = [values(node, fall)[6] for node in ta.fibonacci_extension(bar, 1, 1, "projection")]
    assert targets == pytest.approx([14 - 11 * r for r in (1.272, 1.414, 1.618, 2, 2.618)] + [14])


RETRACED = ("start", "end", "direction", "236", "382", "500", "618", "786")


def test_distance_to_the_nearest_retracement():
    rise = bars([12, 11, 13, 21, 20, 19, 18], [11, 10, 12, 20, 19, 18, 17])
    distance, ratio, level, retraced = (values(n, rise)[5] for n in ta.fibonacci_distance(bar, 1, 1))
    assert ratio == 0.236 and level == pytest.approx(18.404)
    assert distance == pytest.approx(100 * (18.5 - 18.404) / 18.5)
    assert retraced == pytest.approx(2.5 / 11)


def test_a_retracement_that_meets_a_level_counts():
    # a rise from 10 to 20; the bottom at 15.02 before it is near the half
    high = [18, 17, 18, 13, 16, 20, 19, 18]
    low = [17, 15.02, 16, 10, 12, 18, 17, 17]
    found = ta.fibonacci_confluence(bar, 1, 12, 0.5)
    assert values(found.count, bars(high, low))[6] == 1
    assert values(found.touches, bars(high, low))[6] == 1
    low[1] = 15.2
    assert values(found.count, bars(high, low))[6] == 0


def test_a_box_grows_and_drops_its_oldest_bars():
    high = [10, 10.5, 11, 11.4, 14, 14.2, 20]
    low = [9, 9.5, 9.2, 10, 13, 13.1, 14]
    box = ta.price_box(bar.high, bar.low, 2.3, 50)
    check(box.bars, bars(high, low), [1, 2, 3, 3, 1, 2, 0])
    check(box.top, bars(high, low), [10, 10.5, 11, 11.4, 14, 14.2, 20])
    check(box.bottom, bars(high, low), [9, 9, 9, 9.2, 13, 13, 14])


def test_a_still_market_consolidates_for_ever():
    block = bars([5.0] * 30, [5.0] * 30)
    found = ta.consolidation(bar, 3.0, 5, 10)
    assert values(found.bars, block)[5:] == list(range(1, 26))
    assert values(found.active, block)[-1] == 1
    assert np.isnan(values(found.height, block)).all()


USUAL = [(100.0, 101.2, 98.8, 101.0), (101.0, 102.2, 99.8, 100.0)] * 6  # bodies 1, ranges 2.4


def shape(node, *last):
    columns = np.array([*USUAL, *last]).T
    return values(node, bars(columns[1], columns[2], columns[3], columns[0]))[-1]


def test_shapes_on_literal_candles():
    assert shape(ta.doji(bar), (100, 101, 99, 100.2)) == 1
    assert shape(ta.doji(bar), (100, 101, 99, 100.3)) == 0
    assert shape(ta.hammer(bar), (100, 100.5, 98.5, 100.4)) == 1
    assert shape(ta.hammer(bar), (100, 100.5, 99.7, 100.4)) == 0
    assert shape(ta.hanging_man(bar), (102, 102.5, 100.5, 102.4)) == -1
    assert shape(ta.inverted_hammer(bar), (99.5, 101, 99.4, 99.8)) == 1
    assert shape(ta.shooting_star(bar), (101.5, 103, 101.4, 101.8)) == -1
    assert shape(ta.engulfing(bar), (99.5, 101.7, 99.4, 101.5)) == 1
    assert shape(ta.engulfing(bar), (100, 101.7, 99.4, 101)) == 0
    black, white = (101, 101.1, 98.9, 99), (99, 101.1, 98.9, 101)
    assert shape(ta.engulfing(bar), white, (101.5, 101.6, 98, 98.5)) == -1
    assert shape(ta.harami(bar), black, (99.5, 100.1, 99.4, 100)) == 1
    assert shape(ta.harami(bar), white, (99.5, 100.1, 99.4, 100)) == -1
    assert shape(ta.piercing_line(bar), black, (98.5, 100.5, 98.4, 100.2)) == 1
    assert shape(ta.piercing_line(bar), black, (98.5, 100.5, 98.4, 99.9)) == 0
    assert shape(ta.dark_cloud_cover(bar), white, (101.5, 101.6, 99.5, 99.8)) == -1
    assert shape(ta.dark_cloud_cover(bar, 0.9), white, (101.5, 101.6, 99.5, 99.8)) == 0
    star_below, star_above = (98.5, 98.8, 98.1, 98.3), (101.5, 101.9, 101.2, 101.7)
    assert shape(ta.morning_star(bar), black, star_below, (98.6, 100.5, 98.5, 100.3)) == 1
    assert shape(ta.morning_star(bar), black, star_above, (98.6, 100.5, 98.5, 100.3)) == 0
    assert shape(ta.evening_star(bar), white, star_above, (101.4, 101.5, 99.5, 99.7)) == -1
    up = [(100, 101.5, 99.8, 101.4), (101, 102.6, 100.9, 102.5), (102, 103.7, 101.9, 103.6)]
    assert shape(ta.three_white_soldiers(bar), *up) == 1
    assert shape(ta.three_white_soldiers(bar), up[0], up[1], (102, 104.5, 101.9, 103.6)) == 0
    down = [(100.8, 101, 99, 99.1), (100, 100.1, 98, 98.1), (99, 99.1, 97, 97.1)]
    assert shape(ta.three_black_crows(bar), white, *down) == -1
    assert shape(ta.three_black_crows(bar), black, *down) == 0


BUILT_ON_BARS = [n for n, f in FEATURES.items() if f.spec.family in ("structure", "composite") and f.takes_bar]


@pytest.mark.parametrize("name", BUILT_ON_BARS)
def test_on_a_higher_timeframe_it_is_what_it_is_on_those_bars(name):
    small = history(2400, 1, seed=12)
    five = bar.at("5m")
    prices = [five.open, five.high, five.low, five.close, five.volume, five.session]
    nodes = getattr(ta, name)(five, *small_params(FEATURES[name]))
    nodes = list(nodes) if len(FEATURES[name].outputs) > 1 else [nodes]
    *columns, session = (v[4::5] for v in run(prices, small, 2400))
    alone = FeatureBlock(small.ts[4::5], FloatBars(*columns), small.valid[4::5], session.astype(np.int64))
    own = getattr(ta, name)(bar, *small_params(FEATURES[name]))
    own = list(own) if len(FEATURES[name].outputs) > 1 else [own]
    for high, low in zip(run(nodes, small, 700), run(own, alone, 480), strict=True):
        np.testing.assert_array_equal(high[4::5], low)
        assert not np.isnan(low).all()
