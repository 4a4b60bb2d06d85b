"""Bullish and bearish engulfing."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """The new body covers the last one and turns its colour."""
    now, before = Candle(ta, bar), Candle(ta, bar, 1)
    covers = (now.top >= before.top) & (now.bottom <= before.bottom)
    covers = covers & ~((now.top == before.top) & (now.bottom == before.bottom))
    return (now.white & before.black & covers) - (now.black & before.white & covers)


FEATURE = Feature(
    Spec(
        name="engulfing",
        summary="1 where a white body engulfs the black one before it (bullish), -1 where a black body engulfs a white "
        "one (bearish), else 0; one end of the bodies may be equal.",
        inputs=("open", "high", "low", "close"),
        warm_up="1 bar",
        convention="TA-Lib CDLENGULFING with its default candle settings; the sign of what it says (80 and 100 alike); "
        "the first value a bar earlier",
        source="Nison, Japanese Candlestick Charting Techniques (1991); https://ta-lib.org/functions/cdlengulfing/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
