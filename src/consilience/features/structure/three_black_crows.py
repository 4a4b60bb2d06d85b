"""Three black crows."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """Three steps down from a white bar."""
    now, middle, first, white = (Candle(ta, bar, back) for back in range(4))
    found = white.white & (white.high > first.close)
    for candle in (first, middle, now):
        found = found & candle.black & (candle.lower < candle.small_shadow)
    for earlier, later in ((first, middle), (middle, now)):
        opens = (later.open < earlier.open) & (later.open > earlier.close)
        found = found & opens & (later.close < earlier.close)
    return 0.0 - found


FEATURE = Feature(
    Spec(
        name="three_black_crows",
        summary="Bearish: -1 where, after a white bar, three black ones close lower each time with next to no lower "
        "shadows, the first below the white bar's high, each of the others opening within the body before it; else 0.",
        inputs=("open", "high", "low", "close"),
        warm_up="12 bars",
        convention="TA-Lib CDL3BLACKCROWS with its default candle settings; -1 where it says -100; the first value a "
        "bar earlier",
        source="Nison, Japanese Candlestick Charting Techniques (1991); https://ta-lib.org/functions/cdl3blackcrows/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
