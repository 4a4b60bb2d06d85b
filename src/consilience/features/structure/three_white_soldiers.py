"""Three white soldiers."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """Three steps up."""
    now, middle, first = Candle(ta, bar), Candle(ta, bar, 1), Candle(ta, bar, 2)
    found = now.body > now.usual_body
    for candle in (first, middle, now):
        found = found & candle.white & (candle.upper < candle.small_shadow)
    for earlier, later in ((first, middle), (middle, now)):
        opens = (later.open > earlier.open) & (later.open <= earlier.close + earlier.near)
        found = found & opens & (later.close > earlier.close) & (later.body > earlier.body - earlier.far)
    return found


FEATURE = Feature(
    Spec(
        name="three_white_soldiers",
        summary="Bullish: 1 where three white bars close higher each time with next to no upper shadows, each opens "
        "within or near the body before it and is not far smaller, and the last is not short; else 0.",
        inputs=("open", "high", "low", "close"),
        warm_up="12 bars",
        convention="TA-Lib CDL3WHITESOLDIERS with its default candle settings; 1 where it says 100",
        source="Nison, Japanese Candlestick Charting Techniques (1991); "
        "https://ta-lib.org/functions/cdl3whitesoldiers/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
