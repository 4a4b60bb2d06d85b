"""Vortex indicator."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int) -> Any:
    """Reach from the last low to this high, and from the last high to this low, over the true range."""
    ranges = ta.rolling_sum(ta.true_range(bar), period)
    plus = ta.rolling_sum(abs(bar.high - bar.low[1]), period)
    minus = ta.rolling_sum(abs(bar.low - bar.high[1]), period)
    return plus / ranges, minus / ranges


FEATURE = Feature(
    Spec(
        name="vortex",
        summary="Sums of upward and of downward movement over the sum of true ranges, about 0.5..1.5; NaN where "
        "nothing moved.",
        inputs=("high", "low", "close"),
        params=(period(14, low=2),),
        outputs=("plus", "minus"),
        warm_up="period bars",
        convention="Botes and Siepman",
        source="Botes and Siepman, The Vortex Indicator, Stocks & Commodities 28:1 (2010)",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
