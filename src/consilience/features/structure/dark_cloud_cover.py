"""Dark cloud cover."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any, penetration: float) -> Any:
    """Much of the rise is taken back."""
    now, before = Candle(ta, bar), Candle(ta, bar, 1)
    reaches = (now.close > before.open) & (now.close < before.close - penetration * before.body)
    return 0.0 - (before.white & (before.body > before.usual_body) & now.black & (now.open > before.high) & reaches)


FEATURE = Feature(
    Spec(
        name="dark_cloud_cover",
        summary="Bearish: -1 where, after a long white bar, a black one opens above its high and closes within its "
        "body, `penetration` of it or more below its close; else 0.",
        inputs=("open", "high", "low", "close"),
        params=(ParamSpec("penetration", 0.5, low=0.0, high=5.0, unit="bodies", text="how deep into the white body"),),
        warm_up="11 bars",
        convention="TA-Lib CDLDARKCLOUDCOVER with its default candle settings; -1 where it says -100",
        source="Nison, Japanese Candlestick Charting Techniques (1991); "
        "https://ta-lib.org/functions/cdldarkcloudcover/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
