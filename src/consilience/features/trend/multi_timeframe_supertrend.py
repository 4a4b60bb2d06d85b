"""Supertrend on three timeframes."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, multiplier: float, fast: str, middle: str, slow: str) -> Any:
    """The mean of three directions."""
    short, medium, long = (ta.supertrend(bar.at(frame), period, multiplier).direction for frame in (fast, middle, slow))
    return short, medium, long, ((short + medium) + long) / 3.0


FEATURE = Feature(
    Spec(
        name="multi_timeframe_supertrend",
        summary="Supertrend direction of the last closed bar of three timeframes, +1 UP or -1 DOWN, and their "
        "confluence, the mean: +-1 where all agree, +-1/3 where one does not.",
        inputs=("high", "low", "close"),
        params=(
            period(10),
            ParamSpec("multiplier", 3.0, low=0.1, high=50.0, unit="x ATR"),
            ParamSpec("fast", "5m", unit="timeframe"),
            ParamSpec("middle", "15m", unit="timeframe"),
            ParamSpec("slow", "1h", unit="timeframe"),
        ),
        outputs=("fast", "middle", "slow", "confluence"),
        warm_up="period closed bars of each timeframe, the longest for confluence",
        convention="as supertrend; a timeframe may not be shorter than the bars themselves",
        source="https://www.tradingview.com/pine-script-reference/v5/#fun_ta.supertrend",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
