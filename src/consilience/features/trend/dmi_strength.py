"""Directional movement with the strength of the trend in words."""

from __future__ import annotations

from typing import Any

from consilience.core.spec import ParamSpec, Spec
from consilience.features.feature import Feature, Kind, period


def compose(ta: Any, bar: Any, period: int, moderate: float, strong: float) -> Any:
    """The index against two thresholds."""
    index, plus, minus = ta.adx(bar, period)
    direction = (plus > minus) - (plus < minus)
    return plus, minus, index, (index >= moderate) + (index >= strong), direction


FEATURE = Feature(
    Spec(
        name="dmi_strength",
        summary="Directional indicators and ADX, 0..100; `strength` is 0 WEAK below `moderate`, 1 MODERATE from it, "
        "2 STRONG from `strong` on; `direction` is +1 UP where plus_di is above minus_di, -1 DOWN where below, else 0.",
        inputs=("high", "low", "close"),
        params=(
            period(14, low=2),
            ParamSpec("moderate", 20.0, low=0.0, high=100.0, unit="ADX", text="below it the market has no trend"),
            ParamSpec("strong", 40.0, low=0.0, high=100.0, unit="ADX", text="where trends are mature"),
        ),
        outputs=("plus_di", "minus_di", "adx", "strength", "direction"),
        warm_up="2 period - 1 bars for adx and strength, period bars for the others",
        convention="Wilder's ADX as TA-Lib; 20 and 40 are the usual thresholds for no trend and a strong one",
        source="Wilder, New Concepts in Technical Trading Systems (1978); "
        "https://chartschool.stockcharts.com/table-of-contents/technical-indicators-and-overlays/"
        "technical-indicators/average-directional-index-adx",
        family="trend",
        nan_rule="as in its parts",
    ),
    compose,
    kind=Kind.COMPOSED,
    check=lambda _period, moderate, strong: (
        None if moderate <= strong else f"moderate={moderate} must not be above strong={strong}"
    ),
)
