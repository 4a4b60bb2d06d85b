"""Doji."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.candles import Candle
from consilience.features.feature import Feature, Kind


def compose(ta: Any, bar: Any) -> Any:
    """A body of next to nothing."""
    now = Candle(ta, bar)
    return now.body <= now.doji_body


FEATURE = Feature(
    Spec(
        name="doji",
        summary="1 where open and close are so close that the body is at most a tenth of the average range of the 10 "
        "bars before; else 0.",
        inputs=("open", "high", "low", "close"),
        warm_up="10 bars",
        convention="TA-Lib CDLDOJI with its default candle settings; 1 where TA-Lib says 100",
        source="Nison, Japanese Candlestick Charting Techniques (1991); https://ta-lib.org/functions/cdldoji/",
        family="structure",
        nan_rule="NaN where any bar that it reads is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
