"""Morning star."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any, penetration: float) -> Any:
    """A fall, a pause below it, and a rise back into it."""
    now, star, first = Candle(ta, bar), Candle(ta, bar, 1), Candle(ta, bar, 2)
    sizes = (first.body > first.usual_body) & (star.body <= star.usual_body) & (now.body > now.usual_body)
    gap = star.top < first.bottom
    return first.black & now.white & sizes & gap & (now.close > first.close + penetration * first.body)


FEATURE = Feature(
    Spec(
        name="morning_star",
        summary="Bullish: 1 where a long black bar, then a short body below it (a gap of bodies), then a white bar "
        "that is not short closes `penetration` of the black body or more above its close; else 0.",
        inputs=("open", "high", "low", "close"),
        params=(ParamSpec("penetration", 0.3, low=0.0, high=5.0, unit="bodies", text="how deep into the black body"),),
        warm_up="12 bars",
        convention="TA-Lib CDLMORNINGSTAR with its default candle settings; 1 where it says 100",
        source="Nison, Japanese Candlestick Charting Techniques (1991); https://ta-lib.org/functions/cdlmorningstar/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
