"""Accumulation, distribution and their divergence from the price."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, threshold: float) -> tuple[Any, Any]:
    """The line's change over the window is its money flow; measured in volume it has a scale of its own."""
    state = ta.chaikin_money_flow(bar, period, threshold).trend
    change = bar.close - bar.close[period]
    return state, ((change < 0.0) & (state > 0.0)) - ((change > 0.0) & (state < 0.0))


FEATURE = Feature(
    Spec(
        name="smart_money",
        summary="`state` from the accumulation/distribution line: +1 ACCUMULATING where it rose over `period` bars by "
        "more than `threshold` of the volume traded in them, -1 DISTRIBUTING where it fell by more, else 0 NEUTRAL; "
        "`divergence`: +1 where it accumulates while the close fell, -1 where it distributes while the close rose, "
        "else 0. NaN where nothing traded in the window.",
        inputs=("high", "low", "close", "volume"),
        params=(
            period(20),
            ParamSpec("threshold", 0.05, low=0.0, high=1.0, unit="fraction", text="of the window's volume"),
        ),
        outputs=("state", "divergence"),
        warm_up="period - 1 bars for state, period bars for divergence",
        convention="ours: Chaikin's reading of the line, with the size that he gives money flow",
        source="https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays/"
        "technical-indicators/accumulation-distribution-line",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
