"""Middle of the bars' range."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int) -> Any:
    """Half way between the highest high and the lowest low."""
    return (ta.highest(bar.high, period) + ta.lowest(bar.low, period)) / 2.0


FEATURE = Feature(
    Spec(
        name="midprice",
        summary="Half way between the highest high and the lowest low of the last `period` bars.",
        inputs=("high", "low"),
        params=(period(14),),
        warm_up="period - 1 bars",
        convention="TA-Lib MIDPRICE",
        source="https://ta-lib.org/functions/midprice/",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
