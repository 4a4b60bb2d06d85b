"""Fibonacci retracement levels of the last swing leg."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period

RATIOS = (0.236, 0.382, 0.5, 0.618, 0.786)


def compose(ta: Any, bar: Any, left: int, right: int) -> Any:
    """The leg runs from the older of the last two swings to the younger one."""
    swing = ta.swing(bar, left, right)
    high_last = swing.bars_since_high <= swing.bars_since_low
    start, end = ta.where(high_last, swing.low, swing.high), ta.where(high_last, swing.high, swing.low)
    levels = tuple(end - ratio * (end - start) for ratio in RATIOS)
    return start, end, (end > start) - (end < start), *levels


PARAMS = (period(5, high=500, name="left"), period(5, high=500, name="right"))

FEATURE = Feature(
    Spec(
        name="fibonacci_retracement",
        summary="Prices at which 23.6, 38.2, 50, 61.8 and 78.6 % of the last leg are taken back. The leg runs between "
        "the last confirmed swing high and swing low, from the older (`start`) to the younger (`end`; the high where "
        "one bar is both); `direction` is 1 for a leg up, -1 for a leg down, 0 without length. A high that stays below "
        "the low before it ends a leg down. NaN until both swings exist.",
        inputs=("high", "low"),
        params=PARAMS,
        outputs=(
            "start",
            "end",
            "direction",
            "level_236",
            "level_382",
            "level_500",
            "level_618",
            "level_786",
        ),
        warm_up="left + right bars, and the first swing of each side",
        convention="level = end - ratio (end - start): high - ratio x range after a rise, low + ratio x range after a "
        "fall",
        source="Murphy, Technical Analysis of the Financial Markets (1999), chapter 13",
        family="structure",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    sparse=True,
)
