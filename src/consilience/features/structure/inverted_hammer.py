"""Inverted hammer."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """Bought up and sold back, below the last body."""
    now, before = Candle(ta, bar), Candle(ta, bar, 1)
    shape = (now.body < now.usual_body) & (now.upper > now.body) & (now.lower < now.small_shadow)
    return shape & (now.top < before.bottom)


FEATURE = Feature(
    Spec(
        name="inverted_hammer",
        summary="Bullish: 1 where a short body below the last bar's body (a gap of bodies) carries an upper shadow "
        "longer than itself and next to no lower one; else 0.",
        inputs=("open", "high", "low", "close"),
        warm_up="10 bars",
        convention="TA-Lib CDLINVERTEDHAMMER with its default candle settings; 1 where it says 100; the first value a "
        "bar earlier",
        source="Nison, Japanese Candlestick Charting Techniques (1991); "
        "https://ta-lib.org/functions/cdlinvertedhammer/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
