"""Middle of a window's range."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int) -> Any:
    """Half way between the extremes of one series."""
    return (ta.highest(x, period) + ta.lowest(x, period)) / 2.0


FEATURE = Feature(
    Spec(
        name="midpoint",
        summary="Half way between the highest and the lowest of the last `period` values.",
        inputs=("x",),
        params=(period(14),),
        warm_up="period - 1 bars",
        convention="TA-Lib MIDPOINT",
        source="https://ta-lib.org/functions/midpoint/",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
