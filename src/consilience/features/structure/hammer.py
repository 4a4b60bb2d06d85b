"""Hammer."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """Sold down and bought back, at the bottom of the last bar."""
    now, before = Candle(ta, bar), Candle(ta, bar, 1)
    shape = (now.body < now.usual_body) & (now.lower > now.body) & (now.upper < now.small_shadow)
    return shape & (now.bottom <= before.low + before.near)


FEATURE = Feature(
    Spec(
        name="hammer",
        summary="Bullish: 1 where a short body near or below the last low carries a lower shadow longer than itself "
        "and next to no upper one; else 0.",
        inputs=("open", "high", "low", "close"),
        warm_up="10 bars",
        convention="TA-Lib CDLHAMMER with its default candle settings; 1 where it says 100; the first value a bar "
        "earlier",
        source="Nison, Japanese Candlestick Charting Techniques (1991); https://ta-lib.org/functions/cdlhammer/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
