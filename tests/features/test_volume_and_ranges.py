"""Volume and volatility features by hand: levels, profiles, flags, and what nothing traded or moved gives."""

import math

import numpy as np
import pytest

from consilience.core.errors import StrategyError
from consilience.core.jit import JIT_ENABLED
from consilience.core.panel import FloatBars
from consilience.features import Evaluator, FeatureBlock, bar, ta

NAN = np.nan


def block(close, high=None, low=None, volume=None, session=None) -> FeatureBlock:
    """One symbol; high and low are the close, the volume 1 and the session 0 when not given."""
    close = np.array(close, np.float64)[:, None]

    def column(values, instead):
        return instead if values is None else np.array(values, np.float64)[:, None]

    days = np.zeros(close.shape, np.int64) if session is None else np.array(session, np.int64)[:, None]
    bars = FloatBars(close, column(high, close), column(low, close), close, column(volume, np.ones_like(close)))
    ts = np.arange(1, len(close) + 1, dtype=np.int64) * 60_000_000_000
    return FeatureBlock(ts, bars, np.ones(close.shape, np.bool_), days)


def values(made, given: FeatureBlock) -> list[list[float]]:
    nodes = list(made) if hasattr(made, "__iter__") and made.__iter__ else [made]
    evaluator = Evaluator(nodes, 1)
    evaluator.push(given)
    return [evaluator.value(node)[:, 0].tolist() for node in nodes]


def last(made, given: FeatureBlock) -> list[float]:
    return [column[-1] for column in values(made, given)]


def test_a_profile_of_two_bars_by_hand():
    # 10..14 in four bins of 1: 400 spread over all, 300 over the two in the middle
    given = block([12, 12], high=[14, 13], low=[10, 11], volume=[400, 300])
    assert last(ta.volume_at_price(bar.low, bar.high, bar.volume, 2, 4, 0.7), given) == pytest.approx(
        [11.5, 13.0, 11.0, (2 * (1 / 7) ** 2 + 2 * (2.5 / 7) ** 2 - 0.25) / 0.75]
    )
    # seven tenths of 700 are 490: the two middle bins hold 500; for nine tenths the upper neighbour comes first
    assert last(ta.volume_at_price(bar.low, bar.high, bar.volume, 2, 4, 0.8), given)[1:3] == [14.0, 11.0]
    assert last(ta.volume_at_price(bar.low, bar.high, bar.volume, 2, 4, 1.0), given)[1:3] == [14.0, 10.0]


def test_a_profile_of_typical_prices_and_its_edges():
    # 10, 11, 12, 14 in four bins: a price on an edge belongs above, the highest to the last bin
    given = block([10, 11, 12, 14], volume=[1, 2, 8, 1])
    poc, high, low, crowd = last(ta.volume_profile(bar, 4, 4, 0.6, "typical"), given)
    assert (poc, high, low) == (12.5, 13.0, 12.0)
    assert crowd == pytest.approx(((1 + 4 + 64 + 1) / 144 - 0.25) / 0.75)
    shares = last(ta.volume_distribution(bar, 4), given)
    assert shares == pytest.approx([1 / 12, 0, 2 / 12, 0, 0, 8 / 12, 0, 0, 0, 1 / 12])


def test_wide_bars_side_by_side_and_one_over_all():
    # tenths of 10..20: 10..14 has 400, 16..20 has 800, and 10..20 has 1; nothing else between 14 and 16
    given = block([12, 18, 15], high=[14, 20, 20], low=[10, 16, 10], volume=[400, 800, 1])
    thin = 0.1
    wanted = [100 + thin] * 4 + [thin] * 2 + [200 + thin] * 4
    assert last(ta.volume_distribution(bar, 3), given) == pytest.approx([w / 1201 for w in wanted], rel=1e-12)
    # without the bar over all, the gap holds nothing at all, also after volumes that no sum forgets
    for volume in ([400, 800, 0], [1e17, 0.3, 0]):
        given = block([12, 18, 15], high=[14, 20, 20], low=[10, 16, 10], volume=volume)
        shares = last(ta.volume_distribution(bar, 3), given)
        assert min(shares) >= 0.0 and shares[4:6] == [0.0, 0.0]
        assert sum(shares) == pytest.approx(1.0, rel=1e-12)


def test_profiles_of_one_price_and_of_no_volume():
    assert last(ta.volume_profile(bar, 3, 10), block([5, 5, 5])) == [5.0, 5.0, 5.0, 1.0]
    assert np.isnan(last(ta.volume_profile(bar, 3, 10), block([5, 6, 7], volume=[0, 0, 0]))).all()
    assert last(ta.volume_distribution(bar, 3), block([5, 5, 5])) == [1.0] + [0.0] * 9
    assert np.isnan(last(ta.volume_distribution(bar, 3), block([5, 6, 7], volume=[0, 0, 0]))).all()


def test_an_anchored_vwap_starts_with_its_anchor_and_again_with_the_next():
    given = block([10, 20, 30, 40, 60], volume=[1, 1, 3, 5, 5])
    vwap, deviation = values(ta.anchored_vwap(bar.close, bar.volume, (bar.close == 20) | (bar.close == 40)), given)
    np.testing.assert_allclose(vwap, [NAN, 20, 27.5, 40, 50])
    np.testing.assert_allclose(deviation, [NAN, 0, np.sqrt((7.5**2 + 3 * 2.5**2) / 4), 0, 10])


def test_an_anchor_without_volume_waits_for_some():
    given = block([10, 20, 30], volume=[0, 2, 2])
    vwap, deviation = values(ta.anchored_vwap(bar.close, bar.volume, bar.close == 10), given)
    np.testing.assert_allclose(vwap, [NAN, 20, 25])
    np.testing.assert_allclose(deviation, [NAN, 0, 5])


def test_vwap_bands_have_the_middle_of_vwap_and_begin_with_the_session():
    rng = np.random.default_rng(5)
    close = 100 + rng.standard_normal(60).cumsum()
    given = block(close, close + 1, close - 2, rng.random(60) * 9, np.arange(60) // 13)
    _, middle, _, score = values(ta.vwap_bands(bar), given)
    assert middle == values(ta.vwap(bar), given)[0]
    assert (np.flatnonzero(np.isnan(score)) == np.arange(0, 60, 13)).all()


def test_the_vwap_is_support_from_above_and_resistance_from_below():
    # one bar of huge volume pins the VWAP at 10; the range of each later bar is 2, so the ATR stays near it
    close = [10, 13, 12, 10.5, 9, 8.0, 9.8, 13]
    given = block(close, [10, *(c + 1 for c in close[1:])], [10, *(c - 1 for c in close[1:])], [1e12] + [1] * 7)
    support, resistance, distance = values(ta.vwap_levels(bar, 1, 0.25), given)
    # bar 3 comes down to 9.5 and closes above, bar 4 closes through it, bar 5 stays away, and bar 6 comes up to 10.8
    # and closes below
    assert support == [pytest.approx(NAN, nan_ok=True), 0, 0, 1, 0, 0, 0, 0]
    assert resistance == [pytest.approx(NAN, nan_ok=True), 0, 0, 0, 0, 0, 1, 0]
    # bar 3's true range goes from the close before, 12, to 9.5
    assert distance[3] == pytest.approx(0.5 / 2.5)


def test_smart_money_buys_a_falling_price_and_sells_a_rising_one():
    down, up = np.arange(20.0, 10.0, -1), np.arange(10.0, 20.0)
    at_high = block(down, down, down - 3)
    at_low = block(up, up + 3, up)
    assert last(ta.smart_money(bar, 5), at_high) == [1.0, 1.0]
    assert last(ta.smart_money(bar, 5), at_low) == [-1.0, -1.0]
    # closing in the middle says nothing, and so does a bar without a range
    assert last(ta.smart_money(bar, 5), block(up, up + 1, up - 1)) == [0.0, 0.0]
    assert last(ta.smart_money(bar, 5), block(up)) == [0.0, 0.0]
    assert last(ta.chaikin_money_flow(bar, 5), at_high) == [1.0, 1.0, 100.0]
    assert last(ta.chaikin_money_flow(bar, 5), at_low) == [-1.0, -1.0, 100.0]


def test_a_volume_surge_is_flagged_above_its_threshold_only():
    given = block(np.ones(6), volume=[1, 1, 1, 2, 1, 50])
    ratio, surge, score = values(ta.volume_surge(bar, 3, 2.0, "before"), given)
    assert ratio[3:] == [2.0, 0.75, 37.5]
    assert surge[3:] == [0.0, 0.0, 1.0]
    assert score[3:] == [50.0, 18.75, 100.0]
    assert np.isnan(last(ta.volume_surge(bar, 3), block(np.ones(4), volume=np.zeros(4)))).all()


def test_where_nothing_traded_flows_are_nan_or_their_stated_limit():
    fractions = np.concatenate((np.random.default_rng(2).random(30) * 0.37, np.zeros(10)))
    prices = np.linspace(5, 6, 40)
    given = block(prices, prices + 0.1, prices - 0.2, fractions)
    for node in (*ta.chaikin_money_flow(bar, 7), *ta.smart_money(bar, 7), ta.vwma(bar.close, bar.volume, 7)):
        column = values(node, given)[0]
        assert not np.isnan(column[7:36]).any()
        assert np.isnan(column[36:]).all()  # an empty window leaves nothing behind, whatever was in it
    assert values(ta.mfi(bar, 7), given)[0][36:] == [50.0] * 4
    assert values(ta.ease_of_movement(bar, 7), given)[0][36:] == [0.0] * 4


def test_a_price_that_does_not_move():
    still = block(np.full(20, 7.3))
    assert last(ta.mfi(bar, 5), still) == [50.0]
    assert last(ta.percent_rank(bar.close, 5), still) == [50.0]
    assert np.isnan(last(ta.rolling_zscore(bar.close, 5), still)).all()
    assert np.isnan(last(ta.percent_b(bar.close, 5), still)).all()
    assert last(ta.bandwidth(bar.close, 5), still) == [0.0]
    assert last(ta.ulcer_index(bar.close, 5), still) == [0.0]
    assert last(ta.natr(bar, 5), still) == [0.0]
    for method in ("close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"):
        assert last(ta.realised_volatility(bar, 5, method), still) == [0.0]
    assert last(ta.bollinger_squeeze(bar, 5, 2.0, "lowest", 5), still) == [1.0, 0.0]
    assert last(ta.bollinger_squeeze(bar, 5, 2.0, "decile", 5), still) == [0.0, 0.0]
    assert last(ta.bollinger_squeeze(bar, 5, 2.0, "keltner"), still) == [0.0, 0.0]


def test_bands_squeeze_as_moves_shrink_and_expand_as_they_grow():
    size = np.concatenate((np.linspace(2, 0.1, 30), np.linspace(0.1, 3, 30)))
    close = 50 + size * np.where(np.arange(60) % 2 == 0, 1.0, -1.0)
    given = block(close, close + size, close - size)
    for rule in ("lowest", "decile"):
        squeeze, expansion = values(ta.bollinger_squeeze(bar, 4, 2.0, rule, 12), given)
        assert (squeeze[29], expansion[29]) == (1.0, 0.0)
        assert (squeeze[59], expansion[59]) == (0.0, 1.0)


def test_the_keltner_rule_compares_the_bands_with_the_channels():
    # closes that hardly move inside wide bars are a squeeze; a run of closes with small bars is not
    quiet = 50 + 0.01 * (np.arange(30) % 2)
    run = np.linspace(50, 90, 30)
    assert last(ta.bollinger_squeeze(bar, 10, 2.0, "keltner"), block(quiet, quiet + 1, quiet - 1)) == [1.0, 0.0]
    assert last(ta.bollinger_squeeze(bar, 10, 2.0, "keltner"), block(run, run, run)) == [0.0, 1.0]


def test_implied_against_realised_abstains_without_an_implied_volatility():
    rng = np.random.default_rng(1)
    given = block(100 * np.exp(rng.standard_normal(60).cumsum() * 0.01))
    nodes = [*ta.implied_realised_ratio(bar.slot("implied_volatility"), bar.close, 20), ta.realised_volatility(bar, 20)]
    slot = np.full((1, 60, 1), NAN)
    slot[0, 50:] = 0.3
    evaluator = Evaluator(nodes, 1, slots=["implied_volatility"])
    evaluator.push(given._replace(slots=slot))
    ratio, premium, realised = (evaluator.value(node)[:, 0] for node in nodes)
    assert np.isnan(ratio[:50]).all() and np.isnan(premium[:50]).all()
    np.testing.assert_allclose(ratio[50:], 0.3 / realised[50:])
    np.testing.assert_allclose(premium[50:], 0.3 - realised[50:])


def test_ranks_of_daily_ranges_read_a_higher_timeframe():
    node = ta.atr_percentile(bar.at("5m"), 2, 4)
    rng = np.random.default_rng(3)
    close = 50 + rng.standard_normal(200).cumsum()
    found = np.array(values(node, block(close, close + 1, close - 1))[0])
    known = found[~np.isnan(found)]
    assert set(np.round(known, 6)) <= {0.0, 33.333333, 66.666667, 100.0}
    assert len(set(known)) > 2


def test_the_fast_average_of_the_oscillator_must_be_shorter():
    with pytest.raises(StrategyError, match="fast=10 must be below slow=3"):
        ta.chaikin_oscillator(bar, 10, 3)


def test_flows_and_averages_do_not_drift():
    rounds = 250 if JIT_ENABLED else 1
    rng = np.random.default_rng(8)
    close = 1e4 + rng.standard_normal(4096).cumsum()
    volume = rng.random(4096) * np.where(np.arange(4096) % 89 == 0, 1e9, 1.0)
    given = block(close, close + 1, close - 1.5, volume)
    flow, average = ta.mfi(bar, 20), ta.vwma(bar.close, bar.volume, 20)
    anchored = ta.anchored_vwap(bar.typical, bar.volume, bar.close == close[0])
    evaluator = Evaluator([flow, average, *anchored], 1)
    for _ in range(rounds):
        evaluator.push(given)
    typical = ((close + 1) + (close - 1.5) + close) / 3
    worth, change = (typical * volume)[-20:], np.diff(typical)[-20:]
    up, down = math.fsum(worth[change > 0]), math.fsum(worth[change < 0])
    assert evaluator.value(flow)[-1, 0] == pytest.approx(100 * up / (up + down), rel=1e-12)
    exact = math.fsum((close * volume)[-20:]) / math.fsum(volume[-20:])
    assert evaluator.value(average)[-1, 0] == pytest.approx(exact, rel=1e-12)
    centre = math.fsum(typical * volume) / math.fsum(volume)
    spread = math.sqrt(math.fsum((typical - centre) ** 2 * volume) / math.fsum(volume))
    vwap, deviation = (evaluator.value(node)[-1, 0] for node in anchored)
    assert vwap == pytest.approx(centre, rel=1e-14)
    assert deviation == pytest.approx(spread, rel=1e-11)
