"""Relative strength index on three timeframes."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, fast: str, middle: str, slow: str) -> Any:
    """Three indices that agree on a side of 50 are at most 50 apart, so their spread is measured in that."""
    short, medium, long = (ta.rsi(bar.at(frame).close, period) for frame in (fast, middle, slow))
    top = ta.maximum(ta.maximum(short, medium), long)
    bottom = ta.minimum(ta.minimum(short, medium), long)
    side = (bottom > 50.0) - (top < 50.0)
    return short, medium, long, side * (1.0 - (top - bottom) / 50.0)


FEATURE = Feature(
    Spec(
        name="multi_timeframe_rsi",
        summary="RSI of the last closed bar of three timeframes, 0..100, and their convergence, -1..1: "
        "side x (1 - (highest - lowest) / 50), where side is +1 when all are above 50, -1 when all are below, else 0. "
        "It is +-1 when the three are equal and falls to 0 as they part.",
        inputs=("close",),
        params=(
            period(14, low=2),
            ParamSpec("fast", "5m", unit="timeframe"),
            ParamSpec("middle", "15m", unit="timeframe"),
            ParamSpec("slow", "1h", unit="timeframe"),
        ),
        outputs=("fast", "middle", "slow", "convergence"),
        warm_up="period closed bars of each timeframe, the longest for convergence",
        convention="the house's own score of Wilder's RSI; a timeframe may not be shorter than the bars themselves",
        source="Wilder, New Concepts in Technical Trading Systems (1978), for the RSI",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
