"""Donchian channel."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int) -> Any:
    """Extremes of the window, the bar at hand included."""
    upper, lower = ta.highest(bar.high, period), ta.lowest(bar.low, period)
    return upper, (upper + lower) / 2.0, lower


FEATURE = Feature(
    Spec(
        name="donchian",
        summary="Highest high, lowest low and their middle over the last `period` bars, the bar at hand included.",
        inputs=("high", "low"),
        params=(period(20),),
        outputs=("upper", "middle", "lower"),
        warm_up="period - 1 bars",
        convention="Donchian; TradingView (a breakout compares the close with upper[1])",
        source="https://www.tradingview.com/support/solutions/43000502253/",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
