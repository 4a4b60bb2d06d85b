"""Small markets, and what each source says on their last bar: value, confidence, words. Numbers are worked by hand.

``tape``: bars open at the last close and reach half a point beyond both, so a line of steps of 1 has a range of 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from consilience.core.errors import ConfigError
from consilience.features import FeatureBlock, bar
from consilience.signals.catalog import SOURCES
from tests.signals.voices import bars, last_words, tape

RISE, FALL, STILL = [100.0 + k for k in range(50)], [200.0 - k for k in range(50)], [100.0] * 50
ZIGZAG = [100.0, 101.0] * 10
SILENT = float("nan")

TREND = {"fast": 3, "slow": 7, "regression": 5, "adx": 3, "efficiency": 5}
MOMENTUM: dict[str, Any] = {}
PROFILE = {"period": 5, "bins": 5, "flow_period": 5}
RIBBON = {"shortest": 3, "spacing": 2, "count": 3}
SCORE = {"period": 10, "efficiency": 10}
FRAMES = {"measure": "rsi", "fast": 1, "slow": 2, "middle": "5m", "higher": "10m"}
BREAK = {"period": 3, "horizon": 2, "history": 5}

# a rise from 10 to 20, confirmed by the bar after it; the low of 15.02 before it is within 0.5 % of its half
HIGH, LOW = [18.0, 17, 18, 13, 16, 20, 19], [17.0, 15.02, 16, 10, 12, 18, 14.5]
LEVELS = {"swing": 1}


def pulled_back(close: float) -> FeatureBlock:
    """The rise, with the close of its last bar."""
    middle = [(high + low) / 2.0 for high, low in zip(HIGH, LOW, strict=True)]
    return bars(HIGH, LOW, [*middle[:-1], close])


def upside_down(block: FeatureBlock) -> FeatureBlock:
    """The mirror at 15: highs become lows."""
    _, high, low, close, _ = (column[:, 0] for column in block.bars[:5])
    return bars(30.0 - low, 30.0 - high, 30.0 - close)


SCENARIOS: dict[str, tuple[str, dict[str, Any], FeatureBlock, float, float, str]] = {
    # EMAs of a line are 2 apart = 1 ATR over 2 bars of lag: w 0.7071 gives 0.5858; slope w 5 / 2 / sqrt(5): 0.6910; +DI
    "a line up is all trend": (
        "trend_composite", TREND, tape(RISE), (0.585786 + 0.690983 + 1.0) / 3.0, 1.0,
        "trend up: the fast average is +1.0 ATR from the slow one, the regression moves +0.67 % a bar, ADX 100",
    ),
    "a line down is its mirror": (
        "trend_composite", TREND, tape(FALL), -(0.585786 + 0.690983 + 1.0) / 3.0, 1.0,
        "trend down: the fast average is -1.0 ATR from the slow one, the regression moves -0.66 % a bar, ADX 100",
    ),
    "a still market has no trend": (
        "trend_composite", TREND, tape(STILL), 0.0, 0.0,
        "no trend: the fast average is +0.0 ATR from the slow one, the regression moves +0.00 % a bar, ADX 0",
    ),
    "too few bars": ("trend_composite", TREND, tape(RISE[:10]), SILENT, SILENT, "its inputs are not known yet"),
    # RSI and TSI at their ends; of the five oscillators MACD stands still on its signal line
    "momentum of a line": (
        "momentum_divergence", MOMENTUM, tape([100.0 + k for k in range(60)]), (1.0 + 1.0 + 0.8) / 3.0, 0.8,
        "momentum up: RSI 100, TSI +100, 80 % net of five oscillators on one side",
    ),
    "no momentum": (
        "momentum_divergence", MOMENTUM, tape([100.0] * 60), 0.0, 0.0,
        "no momentum: RSI 50, TSI +0, 0 % net of five oscillators on one side",
    ),
    # bins of one point from 99.5: 4,600 of 7,000 in the first, so the area is two wide; close 4 above 100
    # money flow 3,000 x 0.8 / 7,000; on-balance volume 0 0 0 0 3,000 has an r squared of one half; 2.14 x the average
    "a breakout on volume": (
        "volume_profile", PROFILE, tape([100.0] * 8 + [104.0], volumes={8: 3000.0}), 2.5 / 3.0, 0.5 + 0.267857,
        "volume for a rise: the close is 2.0 value areas above the point of control at 100, money flow +0.34, "
        "volume 2.1 x its average",
    ),
    "the same down": (
        "volume_profile", PROFILE, tape([100.0] * 8 + [96.0], volumes={8: 3000.0}), -2.5 / 3.0, 0.5 + 0.267857,
        "volume for a fall: the close is 2.0 value areas below the point of control at 100, money flow -0.34, "
        "volume 2.1 x its average",
    ),
    "a market without volume": (
        "volume_profile", PROFILE, tape(RISE, volumes=dict.fromkeys(range(50), 0.0)), SILENT, SILENT,
        "nothing was traded lately: the market gives no volume",
    ),
    "a market with unknown volume": (
        "volume_profile", PROFILE, tape(RISE, volumes=dict.fromkeys(range(50), SILENT)), SILENT, SILENT,
        "the market gives no volume",
    ),
    "a profile that is not full yet": (
        "volume_profile", PROFILE, tape(RISE[:4]), SILENT, SILENT, "too few bars with volume yet",
    ),
    # EMAs of 3 and 7 bars 1 ATR apart over 2 bars: w 0.7071, 2 w / (1 + 2 w)
    "an ordered ribbon": (
        "ribbon_alignment", RIBBON, tape(RISE), 1.0, 0.585786, "the ribbon is in rising order (+1.00) and 1.0 ATR wide",
    ),
    "the ribbon of a fall": (
        "ribbon_alignment", RIBBON, tape(FALL), -1.0, 0.585786,
        "the ribbon is in falling order (-1.00) and 1.0 ATR wide",
    ),
    "a flat ribbon": (
        "ribbon_alignment", RIBBON, tape(STILL), 0.0, 0.0, "the ribbon is tangled (+0.00) and 0.0 ATR wide",
    ),
    # 0.03 above the half: 0.3992 tolerances, 1 / (1 + 0.0998); one swing, one confluent level: 1 / 3
    "the half of a leg up holds": (
        "fibonacci_confluence", LEVELS, pulled_back(15.03), 0.909262, 1.0 / 3.0,
        "the 50.0 % retracement of the leg up at 15 holds: the close is 0.20 % above it, confirmed by 1 swing",
    ),
    # 0.1 below: 1.3423 tolerances
    "the half of a leg up is broken": (
        "fibonacci_confluence", LEVELS, pulled_back(14.9), -0.748744, 1.0 / 3.0,
        "the 50.0 % retracement of the leg up at 15 is broken: the close is 0.67 % below it, confirmed by 1 swing",
    ),
    # half a tolerance below: neither
    "the half of a leg up is tested": (
        "fibonacci_confluence", LEVELS, pulled_back(15.0 / 1.0025), 0.0, 1.0 / 3.0,
        "the 50.0 % retracement of the leg up at 15 is being tested: the close is 0.25 % below it, "
        "confirmed by 1 swing",
    ),
    "no old swing near a level": (
        "fibonacci_confluence", LEVELS | {"tolerance": 0.1}, pulled_back(15.03), SILENT, SILENT,
        "no retracement lies within 0.1 % of an old swing",
    ),
    "no leg": ("fibonacci_confluence", LEVELS, tape(STILL), SILENT, SILENT, "there is no swing leg yet"),
    "no leg, no zone": ("fibonacci_expansion", LEVELS, tape(STILL), SILENT, SILENT, "there is no swing leg yet"),
    "three timeframes up": (
        "multi_timeframe_agreement", FRAMES, tape(RISE), 1.0, 1.0,
        "3 of 3 timeframes point up: +1.00 on the bars, +1.00 and +1.00 above them",
    ),
    # two steps down from bar 46 on: RSI(2) 100 x 0.25 / (0.25 + 0.75), the bars above do not know of them yet
    "a dip against both higher timeframes": (
        "multi_timeframe_agreement", FRAMES, tape([*RISE[:46], 144.0, 143.0]), 0.5, 0.6,
        "2 of 3 timeframes point up: -0.50 on the bars, +1.00 and +1.00 above them",
    ),
    "three timeframes that stand still": (
        "multi_timeframe_agreement", FRAMES, tape(STILL), 0.0, 0.0,
        "no side leads: +0.00 on the bars, +0.00 and +0.00 above them",
    ),
    "a higher timeframe that has not closed": (
        "multi_timeframe_agreement", FRAMES, tape(RISE[:25]), SILENT, SILENT,
        "not all three timeframes have enough closed bars yet",
    ),
    # mean 100.38, deviation 0.70682; 1.2 of the 11.2 that were gone
    "a drop out of a range": (
        "mean_reversion", SCORE, tape([*ZIGZAG, 98.8]), 2.23536 / 3.0, 1.0 - 1.2 / 11.2,
        "stretched down, a return is up: -2.2 standard deviations, %B -0.06, efficiency 0.11",
    ),
    # a straight line is a trend: its last value is 4.5 / 2.8723 deviations above the mean
    "a line is nothing to fade": (
        "mean_reversion", SCORE, tape(RISE), -1.566699 / 3.0, 0.0,
        "stretched up, a return is down: +1.6 standard deviations, %B 0.89, efficiency 1.00",
    ),
    "a price that stands still": (
        "mean_reversion", SCORE, tape(STILL), SILENT, SILENT, "the price stands still, nothing to return from",
    ),
    "a mean of too few": ("mean_reversion", SCORE, tape(ZIGZAG[:8]), SILENT, SILENT, "too few bars yet"),
    # every range of three bars was left upwards by the next close; bars 6 to 47 have a width of history and an outcome,
    # of which bar 6 is not as wide as the rest, because bar 0 has no close to open at
    "every range was left upwards": (
        "breakout_probability", BREAK, tape(RISE), 1.0, 41.0 / 91.0,
        "a break out of its range is 100 % likely, mostly upwards, after 1.0 bars on average "
        "(41 earlier ranges as wide)",
    ),
    "no range was ever left": (
        "breakout_probability", BREAK, tape(STILL), SILENT, SILENT,
        "none of 42 earlier ranges as wide was left in time",
    ),
    "ranges that are too rare": (
        "breakout_probability", BREAK, tape(RISE[:20]), SILENT, SILENT,
        "only 11 earlier ranges were as wide, 20 are needed",
    ),
    "nothing to compare with": (
        "breakout_probability", BREAK, tape(RISE[:5]), SILENT, SILENT, "too few bars to compare its range with",
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", SCENARIOS)
def test_scenarios(title):
    name, parameters, block, value, confidence, words = SCENARIOS[title]
    got = last_words(name, parameters, block)
    assert got[2] == words
    assert got[:2] == pytest.approx((value, confidence), abs=2e-5, nan_ok=True)


@pytest.mark.parametrize("close", [15.03, 14.98, 14.9])
def test_a_leg_down_is_the_mirror(close):
    up = last_words("fibonacci_confluence", LEVELS, pulled_back(close))
    down = last_words("fibonacci_confluence", LEVELS, upside_down(pulled_back(close)))
    assert down[0] == pytest.approx(-up[0], abs=0.01)  # percent of 15.03 and of 14.97
    assert "leg down at 15" in down[2] and ("above" in down[2]) == ("below" in up[2])


def leg_to(close: float) -> FeatureBlock:
    """Twenty bars of a range of 1, a swing low of 90, a swing high of 110, and three bars to ``close``."""
    high = [*[100.5] * 20, 95.0, 101.0, 110.0, 104.0, max(103.0, close)]
    low = [*[99.5] * 20, 90.0, 96.0, 102.0, 101.0, min(100.5, close)]
    middle = [(h + l) / 2.0 for h, l in zip(high, low, strict=True)]  # noqa: E741
    return bars(high, low, [*middle[:-1], close])


def wilder(block: FeatureBlock, period: int = 14) -> float:
    """The last average true range, as the book has it."""
    _, high, low, close, _ = (column[:, 0] for column in block.bars[:5])
    true = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    average = true[:period].mean()
    for each in true[period:]:
        average = (average * (period - 1) + each) / period
    return float(average)


ZONE_ROWS = [
    # close, value, words; the leg runs from 90 to 110
    (101.0, 0.2, "COMPRESSION up: 0.55 of the last leg, next target 110, size x 0.8"),
    (98.0, -0.2, "COMPRESSION down: 0.60 of the last leg, next target 90, size x 0.8"),
    (105.0, 0.6, "MID_EXPANSION up: 0.75 of the last leg, next target 110, size x 1.2"),
    (94.0, -0.6, "MID_EXPANSION down: 0.80 of the last leg, next target 90, size x 1.2"),
    (116.0, 0.8, "FULL_EXPANSION up: 1.30 of the last leg, next target 122.36, size x 1"),
    (124.0, 0.2, "OVER_EXTENSION up: 1.70 of the last leg, next target 130, size x 0.6"),
    (150.0, -0.5, "EXHAUSTION up: 3.00 of the last leg, few legs go on from here, next target 174.72, size x 0.3"),
    (50.0, 0.5, "EXHAUSTION down: 3.00 of the last leg, few legs go on from here, next target 25.28, size x 0.3"),
    (180.0, -0.5, "EXHAUSTION up: 4.50 of the last leg, few legs go on from here, size x 0.3"),
]


@pytest.mark.parametrize(("close", "value", "words"), ZONE_ROWS, ids=[str(row[0]) for row in ZONE_ROWS])
def test_zones_of_a_leg(close, value, words):
    block = leg_to(close)
    # no old swing is near a retracement: only the length of the leg, 20, counts
    length = 20.0 / wilder(block)
    got = last_words("fibonacci_expansion", {"swing": 1, "tolerance": 0.0}, block)
    assert got[2] == words
    assert got[:2] == pytest.approx((value, length / (length + 4.0)))


def test_confluence_makes_the_zone_surer():
    plain, met = (last_words("fibonacci_expansion", {"swing": 1, "tolerance": t}, leg_to(105.0)) for t in (0.0, 10.0))
    assert plain[0] == met[0] and plain[1] < met[1] <= plain[1] * 1.2 + 1e-12


# lows of 95 and 94 with less speed in the second fall: price makes a lower low, RSI a higher one
FALLS = [*[100.0, 100.5] * 15, 99, 97, 95, 96.5, 97.5, 98, 97.5, 97, 96.5, 96, 95.5, 95, 94.6, 94.4, 95.2, 96, 96.4]


def test_a_divergence_outweighs_momentum_and_fades():
    parameters = {"rsi_period": 5, "slow": 8, "fast": 5, "swing": 2, "memory": 4}
    ends = range(len(FALLS) - 2, len(FALLS) + 1)
    before, fresh, later = (last_words("momentum_divergence", parameters, tape(FALLS[:n])) for n in ends)
    assert before[2] == "momentum down: RSI 40, TSI -43, 80 % net of five oscillators on one side"
    assert fresh[2].endswith("20 % net of five oscillators on one side, bullish divergence of strength 1.00")
    assert later[2].endswith("60 % net of five oscillators on one side, bullish divergence of strength 0.75")
    # 0.6 of the value is the divergence; what is left of it is at most 0.4 of momentum
    assert before[0] < 0.0 and 0.2 <= fresh[0] <= 1.0 and later[0] < fresh[0]
    # votes of 0.2 at a TSI of -22 are 0.122, moved half way to 1; votes of 0.6 at -5 are 0.315, moved by 3/8 to 0.75
    assert (fresh[1], later[1]) == pytest.approx((0.561, 0.478), abs=2e-3)


def test_settings_that_do_not_fit_are_one_line():
    rows: list[tuple[str, dict[str, Any], str]] = [
        ("trend_composite", {"fast": 50}, "source trend_composite: fast=50 must be below slow=50"),
        ("multi_timeframe_agreement", {"middle": "1w"}, "middle=1w must be below higher=1w"),
        ("multi_timeframe_agreement", {"middle": "an hour"}, "multi_timeframe_agreement: 'an hour' is not a timeframe"),
        ("multi_timeframe_agreement", {"measure": "rsy"}, "measure='rsy' is not one of trend, rsi"),
    ]
    for name, parameters, line in rows:
        with pytest.raises(ConfigError, match=line):
            SOURCES[name].voice(bar, parameters)


def test_the_trend_of_three_timeframes():
    rising, falling = (
        last_words("multi_timeframe_agreement", {"middle": "2m", "higher": "3m", "fast": 2, "slow": 4}, tape(closes))
        for closes in ([100.0 + k for k in range(90)], [300.0 - k for k in range(90)])
    )
    assert rising[0] > 0.3 and rising[1] == 1.0 and rising[2].startswith("3 of 3 timeframes point up")
    assert falling[0] == pytest.approx(-rising[0]) and falling[2].startswith("3 of 3 timeframes point down")
