"""Hanging man."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """A hammer at the top of the last bar."""
    now, before = Candle(ta, bar), Candle(ta, bar, 1)
    shape = (now.body < now.usual_body) & (now.lower > now.body) & (now.upper < now.small_shadow)
    return 0.0 - (shape & (now.bottom >= before.high - before.near))


FEATURE = Feature(
    Spec(
        name="hanging_man",
        summary="Bearish: -1 where the shape of a hammer (short body, long lower shadow, next to no upper one) stands "
        "near or above the last high; else 0.",
        inputs=("open", "high", "low", "close"),
        warm_up="10 bars",
        convention="TA-Lib CDLHANGINGMAN with its default candle settings; -1 where it says -100; the first value a "
        "bar earlier",
        source="Nison, Japanese Candlestick Charting Techniques (1991); https://ta-lib.org/functions/cdlhangingman/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
