"""Williams %R."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, smooth: int, left: int, right: int) -> Any:
    """Distance of the close from the top of the range; its pivots are compared with the close."""
    highest = ta.highest(bar.high, period)
    span = highest - ta.lowest(bar.low, period)
    current = ta.where(span > 0.0, -100.0 * ((highest - bar.close) / span), -50.0)
    found = ta.divergence(bar.close, current, left, right)
    return current, ta.ema(current, smooth), found.bullish - found.bearish


FEATURE = Feature(
    Spec(
        name="williams_r",
        summary="Distance of the close from the highest high in the range of the window, -100..0, -50 where the range "
        "is 0; its EMA; `divergence` is +1 on the bar that confirms a regular bullish one with the close, -1 bearish.",
        inputs=("high", "low", "close"),
        params=(
            period(14, low=2),
            period(9, name="smooth", text="EMA of the value"),
            period(5, name="left", high=500, text="see divergence"),
            period(5, name="right", high=500, text="see divergence"),
        ),
        outputs=("current", "smoothed", "divergence"),
        warm_up="period - 1 bars; smooth - 1 more for smoothed, left + right more for divergence",
        convention="TA-Lib WILLR (which says 0 where the range is 0); divergence as ta.divergence, 60 bars at most",
        source="https://ta-lib.org/functions/willr/",
        family="momentum",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
