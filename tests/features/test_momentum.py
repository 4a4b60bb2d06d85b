"""Momentum features where a table says more than an answers file: swings, limits of still markets, scores."""

import numpy as np
import pytest

from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar, ta

MINUTE = 60_000_000_000
NAN = float("nan")


def block(close, oscillator=None, spread=0.0) -> FeatureBlock:
    """One-minute bars of one symbol; the second series goes in as the volume."""
    c = np.array(close, np.float64)[:, None]
    v = np.ones_like(c) if oscillator is None else np.array(oscillator, np.float64)[:, None]
    zeros = np.zeros(c.shape, np.int64)
    ts = (np.arange(len(c)) + 1) * MINUTE
    return FeatureBlock(ts, FloatBars(c, c + spread, c - spread, c, v), zeros == 0, zeros)


def values(nodes, history) -> list[list[float]]:
    evaluator = Evaluator(list(nodes), 1)
    evaluator.push(history)
    return [evaluator.value(node)[:, 0].tolist() for node in nodes]


# swing lows of the oscillator at rows 4 and 10, one swing high at row 6
SWINGS = [20, 18, 16, 13, 10, 14, 17, 16, 15, 13, 12, 15, 18, 20, 22]


def flags(price, oscillator, *settings) -> dict[str, list[int]]:
    """Rows on which each output is 1."""
    found = ta.divergence(bar.close, bar.volume, *settings)
    names = ("bullish", "bearish", "hidden_bullish", "hidden_bearish")
    columns = values(found, block(price, oscillator))
    return {name: [n for n, v in enumerate(column) if v == 1.0] for name, column in zip(names, columns, strict=True)}


def price_with(points: dict[int, float]) -> list[float]:
    return [points.get(n, 110.0) for n in range(len(SWINGS))]


NOTHING: dict[str, list[int]] = {"bullish": [], "bearish": [], "hidden_bullish": [], "hidden_bearish": []}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (100.0, 98.0, {"bullish": [12]}),  # a lower price on a higher low, known two bars after row 10
        (98.0, 100.0, {}),  # both higher: they agree
        (100.0, 100.0, {}),
    ],
)
def test_a_regular_divergence_at_lows_counts_on_the_bar_that_confirms_it(first, second, expected):
    assert flags(price_with({4: first, 10: second}), SWINGS, 2, 2, 60) == {**NOTHING, **expected}


def test_a_hidden_divergence_at_lows_is_a_higher_price_on_a_lower_oscillator():
    lower = [v - 5 if n >= 8 else v for n, v in enumerate(SWINGS)]
    assert flags(price_with({4: 98.0, 10: 100.0}), lower, 2, 2, 60) == {**NOTHING, "hidden_bullish": [12]}


def test_highs_are_the_mirror_of_lows():
    mirror = [-v for v in SWINGS]
    assert flags(price_with({4: 120.0, 10: 125.0}), mirror, 2, 2, 60) == {**NOTHING, "bearish": [12]}
    lower = [v + 5 if n >= 8 else v for n, v in enumerate(mirror)]
    assert flags(price_with({4: 125.0, 10: 120.0}), lower, 2, 2, 60) == {**NOTHING, "hidden_bearish": [12]}


def test_pivots_too_far_apart_are_not_compared():
    price = price_with({4: 100.0, 10: 98.0})
    assert flags(price, SWINGS, 2, 2, 6)["bullish"] == [12]
    assert flags(price, SWINGS, 2, 2, 5) == NOTHING


def test_the_last_bar_of_a_flat_low_is_the_pivot():
    flat = [20, 18, 10, 10, 14, 17, 18, 16, 12, 15, 18, 19]  # lows on rows 3 and 8
    price = [110.0] * 12
    price[3], price[8] = 100.0, 98.0
    assert flags(price, flat, 2, 2, 60) == {**NOTHING, "bullish": [10]}
    price[3], price[2] = 97.0, 100.0
    assert flags(price, flat, 2, 2, 60) == NOTHING


def test_the_price_may_name_the_pivots():
    price = [float(v) for v in SWINGS]  # its second low is higher
    oscillator = [50.0] * len(price)
    oscillator[4], oscillator[10], oscillator[11] = 40.0, 30.0, 20.0  # its own second low is a bar later
    assert flags(price, oscillator, 2, 2, 60, "price") == {**NOTHING, "hidden_bullish": [12]}
    assert flags(price, oscillator, 2, 2, 60, "oscillator") == {**NOTHING, "hidden_bullish": [13]}


def test_nothing_is_said_before_a_pivot_can_be_known():
    columns = values(ta.divergence(bar.close, bar.volume, 3, 2), block(range(8), range(8)))
    for column in columns:
        assert np.isnan(column[:5]).all() and column[5:] == [0.0, 0.0, 0.0]


def test_a_market_that_stands_still_gives_the_stated_limits():
    x = bar.close
    limits = {
        ta.stochastic(bar).k: 50.0,
        ta.stochastic(bar).d: 50.0,
        ta.stochastic_rsi(x).k: 50.0,
        ta.stochastic_rsi(x).momentum: 0.0,
        ta.williams_r(bar).current: -50.0,
        ta.williams_r(bar).divergence: 0.0,
        ta.cci(bar).current: 0.0,
        ta.cci(bar).extreme: 0.0,
        ta.cci(bar).trend: 0.0,
        ta.awesome(bar): 0.0,
        ta.tsi(x).tsi: 0.0,
        ta.cmo(x): 0.0,
        ta.cmo(x, 14, "sum"): 0.0,
        ta.ppo(x).histogram: 0.0,
        ta.apo(x): 0.0,
        ta.trix(x).trix: 0.0,
        ta.ultimate_oscillator(bar): 50.0,
        ta.momentum(x): 0.0,
    }
    for node, column in zip(limits, values(limits, block([0.1] * 120)), strict=True):
        assert column[-1] == pytest.approx(limits[node], abs=1e-12), repr(node)


def test_the_trend_of_the_channel_index_is_held_until_the_zero_line():
    close = [100.0] * 10 + [103.0, 103.0, 102.5, 100.0, 99.5, 96.0, 95.0, 98.0, 99.0, 101.0]
    index, extreme, trend = values(ta.cci(bar, 5, 80.0), block(close))
    held = 0.0
    for level, beyond, state in zip(index[4:], extreme[4:], trend[4:], strict=True):
        assert beyond == float(abs(level) > 80.0)
        if beyond:
            held = 1.0 if level > 0 else -1.0
        elif held * level <= 0:
            held = 0.0
        assert state == held
    assert {-1.0, 0.0, 1.0} <= set(trend[4:])
    assert any(s == 1.0 and not e for s, e in zip(trend, extreme, strict=True))


@pytest.mark.parametrize(("drift", "score"), [(1.0, 1.0), (-1.0, -1.0)])
def test_timeframes_that_all_run_one_way_converge(drift, score):
    history = block(1000.0 + drift * np.arange(40))
    *_, convergence = values(ta.multi_timeframe_rsi(bar, 3, "2m", "3m", "5m"), history)
    assert convergence[-1] == score


def test_convergence_is_a_side_of_fifty_less_the_spread():
    close = 100 + np.random.default_rng(5).standard_normal(400).cumsum()
    parts = np.array(values(ta.multi_timeframe_rsi(bar, 3, "2m", "5m", "15m"), block(close)))
    rsi, score = parts[:3, 80:], parts[3, 80:]
    agree = (rsi > 50).all(axis=0) | (rsi < 50).all(axis=0)
    assert (score[~agree] == 0).all() and agree.any() and (~agree).any()
    spread = rsi.max(axis=0) - rsi.min(axis=0)
    sign = np.where(rsi[0] > 50, 1, -1)
    np.testing.assert_allclose(score[agree], (sign * (1 - spread / 50))[agree], atol=1e-12)
    assert (np.abs(score) <= 1).all()


def test_a_market_that_stops_leaves_no_noise_of_rounding_behind():
    moving = 100 + np.random.default_rng(3).standard_normal(400).cumsum() / 7
    close = np.concatenate((moving, np.full(200, moving[-1])))
    x = bar.close
    limits = {
        ta.stochastic_rsi(x).k: 50.0,
        ta.stochastic_rsi(x).momentum: 0.0,
        ta.cci(bar).current: 0.0,
        ta.cmo(x, 14, "sum"): 0.0,
        ta.ultimate_oscillator(bar): 50.0,
        ta.ribbon_alignment(x, 3, 3, 4): 0.0,
        ta.linear_regression(x).r_squared: 0.0,
        ta.linear_regression(x).slope: 0.0,
    }
    for node, column in zip(limits, values(limits, block(close)), strict=True):
        assert column[-60:] == [limits[node]] * 60, repr(node)
    plus, kept = values([ta.vortex(bar).plus, ta.vidya(x)], block(close))
    assert np.isnan(plus[-60:]).all()
    assert len(set(kept[-60:])) == 1
