"""Hull moving average."""

from __future__ import annotations

import math
from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int) -> Any:
    """A half window is led by a full one, and the lead is smoothed over the root of the window."""
    lead = 2.0 * ta.wma(x, period // 2) - ta.wma(x, period)
    return ta.wma(lead, math.isqrt(period))


FEATURE = Feature(
    Spec(
        name="hma",
        summary="Hull moving average: WMA over floor(sqrt(period)) of 2 WMA(floor(period / 2)) - WMA(period).",
        inputs=("x",),
        params=(period(16, low=2),),
        warm_up="period + floor(sqrt(period)) - 2 bars",
        convention="Hull, TradingView ta.hma (halves and roots are rounded down)",
        source="https://alanhull.com/hull-moving-average",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
