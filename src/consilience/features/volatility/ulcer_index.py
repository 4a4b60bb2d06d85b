"""Ulcer index."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, x: Any, period: int) -> Any:
    """Root mean square of the falls from the window's highest value."""
    fall = 100.0 * (x / ta.highest(x, period) - 1.0)
    return ta.sqrt(ta.maximum(ta.sma(fall * fall, period), 0.0))


FEATURE = Feature(
    Spec(
        name="ulcer_index",
        summary="Depth and length of falls: root mean square of the percent below the highest of `period` bars; 0 "
        "where each bar is a new high.",
        inputs=("x",),
        params=(period(14),),
        warm_up="2 period - 2 bars",
        convention="StockCharts: each bar against the highest of the `period` bars that end with it",
        source="Martin and McCann, The Investor's Guide to Fidelity Funds (1989); "
        "https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays/"
        "technical-indicators/ulcer-index",
        family="volatility",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
)
