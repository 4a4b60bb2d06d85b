"""Chaikin money flow."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, threshold: float) -> tuple[Any, Any, Any]:
    """Share of the window's volume that flowed in, its sign and its size."""
    flow = ta.rolling_sum(ta.money_flow_volume(bar), period) / ta.rolling_sum(bar.volume, period)
    return flow, (flow > threshold) - (flow < -threshold), ta.minimum(100.0 * abs(flow), 100.0)


FEATURE = Feature(
    Spec(
        name="chaikin_money_flow",
        summary="`flow` is the window's money_flow_volume / its volume, -1..1; `trend` is +1 POSITIVE above "
        "`threshold`, -1 NEGATIVE below minus it, else 0; `strength` is 100 |flow|, 0..100. NaN where nothing traded "
        "in the window.",
        inputs=("high", "low", "close", "volume"),
        params=(
            period(20),
            ParamSpec("threshold", 0.0, low=0.0, high=1.0, unit="fraction", text="of the volume; 0.05 is a usual one"),
        ),
        outputs=("flow", "trend", "strength"),
        warm_up="period - 1 bars",
        convention="Chaikin, 20 or 21 bars",
        source="https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays/"
        "technical-indicators/chaikin-money-flow-cmf",
        family="volume",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
