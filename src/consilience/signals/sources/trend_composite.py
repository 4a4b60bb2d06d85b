"""Trend: averages, regression and directional movement in one number."""

from __future__ import annotations

from consilience.core.spec import Spec
from consilience.features import ta
from consilience.features.bar import Bar
from consilience.features.feature import period
from consilience.signals.source import Numbers, Source, Voice
from consilience.signals.sources._voice import (
    average_gap,
    average_lag,
    in_ranges,
    in_walks,
    mean,
    require_order,
    side,
    speak,
)

STRONG_ADX = 40.0  # ta.dmi_strength calls a trend strong from there
STRAIGHT = 0.5  # an efficiency ratio that 20 bars seldom have: three steps forward for each one back


def define(bar: Bar, fast: int, slow: int, regression: int, adx: int, efficiency: int) -> Voice:
    """Three measures of direction, two of strength."""
    require_order("trend_composite", fast, slow)
    gap = average_gap(bar, fast, slow)
    slope = ta.linear_regression(bar.close, regression).slope
    movement = ta.adx(bar, adx)
    sum_of_both = movement.plus_di + movement.minus_di
    lean = ta.where(sum_of_both > 0.0, (movement.plus_di - movement.minus_di) / sum_of_both, 0.0)
    rise = in_walks(slope * float(regression), bar, regression)
    value = mean((in_walks(gap, bar, average_lag(fast, slow)), rise, lean))
    straight = ta.efficiency_ratio(bar.close, efficiency)
    # a product, because ADX stays where it was when a market stops
    confidence = ta.sqrt(ta.minimum(straight / STRAIGHT, 1.0) * ta.minimum(movement.adx / STRONG_ADX, 1.0))
    numbers = {
        "gap": in_ranges(gap, bar),
        "rise": 100.0 * slope / abs(bar.close),
        "adx": movement.adx,
        "efficiency": straight,
    }
    return speak(value, confidence, numbers)


def words(value: float, numbers: Numbers) -> str:
    """Direction, then the measures behind it."""
    return (
        f"{side(value, 'trend up', 'trend down', 'no trend')}: the fast average is {numbers['gap']:+.1f} ATR from the "
        f"slow one, the regression moves {numbers['rise']:+.2f} % a bar, ADX {numbers['adx']:.0f}"
    )


SOURCE = Source(
    Spec(
        name="trend_composite",
        summary="Mean of three measures of trend, each -1..1: the gap between two EMAs and the rise of a regression "
        "line over its period, as 2 w / (1 + 2 |w|) with w in ATR(14) x sqrt(bars), the reach of a random walk; and "
        "(+DI - -DI) / (+DI + -DI). Confidence: root of (efficiency ratio / 0.5) x (ADX / 40), each at most 1.",
        inputs=("high", "low", "close"),
        params=(
            period(20, low=1, name="fast"),
            period(50, low=2, name="slow"),
            period(20, low=2, name="regression"),
            period(14, low=2, name="adx"),
            period(20, name="efficiency"),
        ),
        outputs=("value", "confidence"),
        warm_up="the longest of slow - 1, regression - 1, 2 adx - 1 and efficiency bars",
        nan_rule="abstains",
        convention="ours; its parts are those of Wilder (ATR, ADX) and Kaufman (efficiency ratio)",
        source="document 000: trend composite; the formula above",
        family="technical",
    ),
    define,
    words,
    horizon=20,
)
