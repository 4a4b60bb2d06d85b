"""Ease of movement."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, divisor: float) -> Any:
    """Move of the bar's middle for the volume it took."""
    middle = (bar.high + bar.low) / 2.0
    ease = ta.where(bar.volume > 0.0, (bar.high - bar.low) / (bar.volume / divisor), 0.0)
    return ta.sma((middle - middle[1]) * ease, period)


FEATURE = Feature(
    Spec(
        name="ease_of_movement",
        summary="Average move of the bar's middle x its range / volume: far from 0 where price moves on little volume; "
        "a bar without volume counts as 0.",
        inputs=("high", "low", "volume"),
        params=(
            period(14),
            ParamSpec("divisor", 100_000_000.0, low=1.0, high=1e12, unit="units", text="of volume; it sets the scale"),
        ),
        warm_up="period bars",
        convention="Arms, divisor as at StockCharts",
        source="https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays/"
        "technical-indicators/ease-of-movement-emv",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
