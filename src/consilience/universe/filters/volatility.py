"""Filter ``volatility``: average true range within bounds."""

from __future__ import annotations

from consilience.core.codes import Reason
from consilience.core.spec import ParamSpec, Spec
from consilience.universe.filters._base import Filter, percent

FILTER = Filter(
    Spec(
        name="volatility",
        summary="Average true range of 14 bars as a fraction of the close lies within the bounds.",
        inputs=("high", "low", "close"),
        params=(
            ParamSpec("minimum", 0.0, low=0.0, high=10.0, unit="fraction"),
            ParamSpec("maximum", 0.0, low=0.0, high=10.0, unit="fraction", text="0 for no upper bound"),
        ),
        outputs=("member",),
        warm_up="13 bars",
        nan_rule="unknown while warming up; then `missing` decides",
        family="universe",
    ),
    measure="atr",
    reason=Reason.VOLATILITY_OUT_OF_RANGE,
    unknown=Reason.VOLATILITY_UNKNOWN,
    text=percent,
    minimum="minimum",
    maximum="maximum",
)
