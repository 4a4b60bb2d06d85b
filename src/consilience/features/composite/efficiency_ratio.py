"""How straight a series has moved."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int) -> Any:
    """The net move as a share of the whole way; rounding may not lift it above 1."""
    way = ta.rolling_sum(abs(x - x[1]), period)
    return ta.where(way > 0, ta.minimum(abs(x - x[period]) / way, 1.0), 0.0)


FEATURE = Feature(
    Spec(
        name="efficiency_ratio",
        summary="Net change over `period` bars / sum of the absolute changes of each bar: 1 a straight line, near 0 "
        "noise, 0 where nothing moved.",
        inputs=("x",),
        params=(period(10),),
        warm_up="period bars",
        convention="Kaufman; 0 where nothing moved",
        source="Kaufman, Smarter Trading (1995)",
        family="composite",
        nan_rule="NaN while any of the last period + 1 values is NaN",
    ),
    compose,
    kind=Kind.COMPOSED,
)
