"""Piercing line."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """Half of the fall is taken back."""
    now, before = Candle(ta, bar), Candle(ta, bar, 1)
    sizes = (before.body > before.usual_body) & (now.body > now.usual_body)
    reaches = (now.open < before.low) & (now.close < before.open) & (now.close > before.close + 0.5 * before.body)
    return before.black & now.white & sizes & reaches


FEATURE = Feature(
    Spec(
        name="piercing_line",
        summary="Bullish: 1 where, after a long black bar, a long white one opens below its low and closes within its "
        "body above the middle; else 0.",
        inputs=("open", "high", "low", "close"),
        warm_up="11 bars",
        convention="TA-Lib CDLPIERCING with its default candle settings; 1 where it says 100",
        source="Nison, Japanese Candlestick Charting Techniques (1991); https://ta-lib.org/functions/cdlpiercing/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
