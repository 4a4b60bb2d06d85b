"""Bullish and bearish harami."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """The new body fits into the last one; its own colour does not matter."""
    now, before = Candle(ta, bar), Candle(ta, bar, 1)
    sizes = (before.body > before.usual_body) & (now.body <= now.usual_body)
    within = (now.top <= before.top) & (now.bottom >= before.bottom)
    fits = sizes & within
    return (before.black & fits) - (before.white & fits)


FEATURE = Feature(
    Spec(
        name="harami",
        summary="1 where a short body lies within the long black one before it (bullish), -1 within a long white one "
        "(bearish), else 0; ends may be equal.",
        inputs=("open", "high", "low", "close"),
        warm_up="11 bars",
        convention="TA-Lib CDLHARAMI with its default candle settings; the sign of what it says (80 and 100 alike)",
        source="Nison, Japanese Candlestick Charting Techniques (1991); https://ta-lib.org/functions/cdlharami/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
