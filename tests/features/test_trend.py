"""Trend features: what the answers file alone does not show."""

from fractions import Fraction

import numpy as np
import pytest

from consilience.core.errors import StrategyError
from consilience.features import bar, ta
from tests.features.support import history, run
from tests.features.test_momentum import block, values


def test_a_market_that_stands_still_gives_the_stated_limits():
    x = bar.close
    names = ("dema", "tema", "hma", "kama", "alma", "vidya", "t3", "rma", "trima", "midpoint")
    averages = [getattr(ta, name)(x) for name in names]
    for node, column in zip(averages, values(averages, block([0.1] * 200)), strict=True):
        assert column[-1] == pytest.approx(0.1, rel=1e-14), repr(node)
    line = ta.linear_regression(x)
    limits = {
        line.value: 0.1,
        line.slope: 0.0,
        line.r_squared: 0.0,
        ta.ribbon_alignment(x, average="sma"): 0.0,
        ta.aroon(bar).oscillator: 0.0,
        ta.donchian(bar).middle: 0.1,
        ta.dmi_strength(bar).strength: 0.0,
        ta.dmi_strength(bar).direction: 0.0,
        ta.supertrend(bar).line: 0.1,
        ta.supertrend(bar).direction: -1.0,
        ta.ichimoku(bar).senkou_b: 0.1,
    }
    for node, column in zip(limits, values(limits, block([0.1] * 200)), strict=True):
        assert column[-1] == limits[node], repr(node)
    (plus,) = values([ta.vortex(bar).plus], block([0.1] * 40))
    assert np.isnan(plus).all()


def test_the_adaptive_averages_follow_a_straight_line_and_stand_still_in_noise():
    straight = 100.0 + np.arange(60.0)
    (kama,) = values([ta.kama(bar.close, 5, 2, 30)], block(straight))
    assert straight[-1] - kama[-1] == pytest.approx(1.25, rel=1e-6)  # (1 - s) / s bars behind with s = (2 / 3)^2
    to_and_fro = np.where(np.arange(60) % 2 == 0, 100.0, 101.0)
    (vidya,) = values([ta.vidya(bar.close, 5, 4)], block(to_and_fro))
    assert set(vidya[4:]) == {101.0}  # as many gains as losses in every window: it never moves


def test_supertrend_turns_only_when_the_close_breaks_the_line_and_never_gives_way_before():
    walk = history(400, 1, seed=5)
    line, direction, close = (v[:, 0] for v in run([*ta.supertrend(bar, 5, 1.5), bar.close], walk))
    assert {-1.0, 1.0} == set(direction[5:])
    for t in range(6, 400):
        up = direction[t] > 0
        if direction[t] == direction[t - 1]:
            assert line[t] >= line[t - 1] if up else line[t] <= line[t - 1]
        else:
            assert close[t] > line[t - 1] if up else close[t] < line[t - 1]
        assert close[t] >= line[t] if up else close[t] <= line[t]


def test_the_parabolic_level_lies_beyond_the_bar_and_speeds_up_with_each_new_extreme():
    walk = history(300, 1, seed=6)
    sar = [*ta.parabolic_sar(bar, 0.05, 0.15), bar.high, bar.low]
    level, trend, speed, high, low = (v[1:, 0] for v in run(sar, walk))
    assert (np.where(trend > 0, level <= low, level >= high)).all()
    turns = np.flatnonzero(np.diff(trend)) + 1
    assert len(turns) > 10
    assert (speed[turns] == 0.05).all() and set(np.round(speed, 10)) == {0.05, 0.1, 0.15}


def test_the_cloud_shows_what_was_computed_then():
    walk = history(200, 2, seed=7)
    cloud = ta.ichimoku(bar, 3, 7, 12, 9)
    tenkan, kijun, a, b, chikou, close = run([*cloud, bar.close], walk)
    np.testing.assert_array_equal(a[9:], ((tenkan + kijun) / 2)[:-9])
    (middle,) = run([ta.midprice(bar, 12)], walk)
    np.testing.assert_array_equal(b[9:], middle[:-9])
    np.testing.assert_array_equal(chikou, close)


def test_a_ribbon_in_order_scores_one():
    rising = block(100.0 + np.arange(80.0))
    falling = block(200.0 - np.arange(80.0))
    node = ta.ribbon_alignment(bar.close, 3, 4, 5)
    assert values([node], rising)[0][-1] == 1.0
    assert values([node], falling)[0][-1] == -1.0


def test_confluence_is_the_mean_of_three_directions():
    nodes = ta.multi_timeframe_supertrend(bar, 4, 1.0, "2m", "3m", "5m")
    *directions, confluence = run([*nodes], history(300, 2, seed=8))
    known = ~np.isnan(confluence)
    np.testing.assert_allclose(confluence[known], np.mean(directions, axis=0)[known])
    assert len(set(np.round(confluence[known], 6))) == 4


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e9])
def test_the_regression_stays_exact_far_from_zero_and_after_jumps(offset):
    closes = offset + np.round(np.random.default_rng(9).standard_normal(300) * 8) / 8
    closes[120:] += 4096.0
    closes[200:230] = closes[200]
    value, slope, explained = values(ta.linear_regression(bar.close, 12), block(closes))
    for t in range(11, 300):
        y = [Fraction(v) for v in closes[t - 11 : t + 1].tolist()]
        mean, middle = sum(y) / 12, Fraction(11, 2)
        moved = sum((n - middle) * v for n, v in enumerate(y))
        steep = moved / 143  # the squares of -5.5 .. 5.5 sum to 143
        spread = sum((v - mean) * (v - mean) for v in y)
        assert slope[t] == pytest.approx(float(steep), rel=1e-9, abs=1e-12 * (1 + offset * 1e-4))
        assert value[t] == pytest.approx(float(mean + steep * middle), rel=1e-12, abs=1e-12)
        share = float(moved * moved / 143 / spread) if spread else 0.0
        assert explained[t] == pytest.approx(share, rel=1e-8, abs=1e-12)


def test_parameters_that_contradict_each_other_are_refused():
    with pytest.raises(StrategyError, match=r"moderate=50.0 must not be above strong=40.0"):
        ta.dmi_strength(bar, 14, 50.0, 40.0)
    with pytest.raises(StrategyError, match="fast=9 must be below slow=9"):
        ta.ppo(bar.close, 9, 9)
    with pytest.raises(StrategyError, match="must rise"):
        ta.ultimate_oscillator(bar, 7, 7, 28)
    with pytest.raises(StrategyError, match=r"bar\.at"):
        ta.multi_timeframe_rsi(bar, 14, "5 minutes")
